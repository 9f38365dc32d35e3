//! Events, and who is told of them.

use super::tasks::PAGE;
use super::{Reader, none_if_not_found, pages};
use crate::aws::answer::Answer;
use crate::aws::convert;
use crate::model::Problem;
use crate::model::event::Event;
use crate::model::operation::Operation;
use crate::model::parts::EventSubscription;
use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// Milliseconds, as the service keeps them: the end of a range rounded down would lose what happened in its last one.
fn wire_time(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millisecond())
}

impl Reader {
    /// Events of every task and instance from `from` to `to`, as the service lists them: perhaps twice, perhaps late.
    /// Ask for ranges that overlap and fold the answers with [`crate::model::event::Window`].
    pub async fn events(&self, from: Timestamp, to: Timestamp) -> Result<Answer<Vec<Event>>, Problem> {
        let dms = &self.wire.clients.dms;
        let operation = Operation::DescribeEvents;
        let mut answer: Answer<Vec<Event>> = Answer::default();
        let result = pages!(
            self,
            operation,
            |marker| dms
                .describe_events()
                .start_time(wire_time(from))
                .end_time(wire_time(to))
                .max_records(PAGE)
                .set_marker(marker),
            |answer, page| {
                for raw in page.events() {
                    match convert::event(raw) {
                        Ok(event) => answer.value.push(event),
                        Err(why) => answer.missing.push(self.wire.unreadable(operation, &why)),
                    }
                }
            }
        );
        none_if_not_found(result)?;
        Ok(answer)
    }

    /// Who is told of events, and whether that still works.
    pub async fn event_subscriptions(&self) -> Result<Answer<Vec<EventSubscription>>, Problem> {
        let dms = &self.wire.clients.dms;
        let mut answer: Answer<Vec<EventSubscription>> = Answer::default();
        let result = pages!(
            self,
            Operation::DescribeEventSubscriptions,
            |marker| dms.describe_event_subscriptions().max_records(PAGE).set_marker(marker),
            |answer, page| answer.value.extend(page.event_subscriptions_list().iter().map(convert::subscription))
        );
        none_if_not_found(result)?;
        Ok(answer)
    }
}
