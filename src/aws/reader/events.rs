//! Events, and who is told of them.

use super::tasks::PAGE;
use super::{Reader, none_if_not_found, pages};
use crate::aws::answer::Answer;
use crate::aws::convert;
use crate::aws::limiter::Urgency;
use crate::model::Problem;
use crate::model::event::Event;
use crate::model::operation::Operation;
use crate::model::parts::EventSubscription;
use crate::model::topic::Audience;
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use std::collections::BTreeMap;

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

    /// Who is told of events, and whether that still works. Where SNS may not be asked, whether anybody hears it stays
    /// unknown, and the reason is in [`Answer::missing`].
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
        let mut heard: BTreeMap<String, Audience> = BTreeMap::new();
        for at in 0..answer.value.len() {
            let topic = answer.value[at].topic.raw().to_owned();
            let audience = match heard.get(&topic) {
                Some(audience) => *audience,
                None => match self.at(Urgency::Background).audience(&topic, &mut answer).await {
                    Ok(audience) => audience,
                    // Not allowed, or not reached: the next topic would fare no better.
                    Err(refused) => {
                        answer.missing.push(refused.into());
                        break;
                    }
                },
            };
            heard.insert(topic, audience);
            answer.value[at].audience = audience;
        }
        Ok(answer)
    }
}
