//! Everything this program reads from AWS. There is nothing here that changes anything.
//!
//! One file per group of operations; each method pages to the end and gives back an [`Answer`].

mod events;
mod logs;
mod metrics;
mod parts;
mod schedules;
mod secrets;
mod tables;
mod tags;
mod tasks;
mod topics;
mod trial;

pub use logs::LogQuery;
pub use metrics::{InstanceMetricQuery, MetricQuery};
pub use tables::WhichTables;
pub use tasks::{Serverless, TaskDetail};
pub use trial::{Ruling, Samples, Trial};

use crate::aws::answer::Answer;
use crate::aws::connect::other_account;
use crate::aws::failure::Class;
use crate::aws::limiter::{Traffic, Urgency};
use crate::aws::wire::{Refused, Wire};
use crate::model::operation::Operation;
use crate::model::parts::Identity;
use crate::model::{Problem, Scope};
use aws_sdk_databasemigration::types::Filter;
use jiff::Timestamp;
use std::sync::Arc;

/// Reads one account and region. Clones share credentials, connections and the limiter.
#[derive(Debug, Clone)]
pub struct Reader {
    wire: Arc<Wire>,
    urgency: Urgency,
}

impl Reader {
    pub(super) fn new(wire: Arc<Wire>, urgency: Urgency) -> Self {
        Self { wire, urgency }
    }

    /// The same reader, standing in another line of the limiter.
    #[must_use]
    pub fn at(&self, urgency: Urgency) -> Self {
        Self { wire: Arc::clone(&self.wire), urgency }
    }

    pub(super) fn wire(&self) -> &Arc<Wire> {
        &self.wire
    }

    pub fn scope(&self) -> &Scope {
        &self.wire.scope
    }

    /// What time it is for the service, when it is `now` for us.
    pub fn service_time(&self, now: Timestamp) -> Timestamp {
        self.wire.clock.at(now)
    }

    /// What was sent lately, by everybody who shares this account and region in this process.
    pub fn traffic(&self) -> Traffic {
        self.wire.limiter.traffic()
    }

    /// Who the credentials in use belong to. Also the way to find out whether expired ones have been replaced.
    pub async fn identity(&self) -> Result<Answer<Identity>, Problem> {
        let reply = self.wire.who().await?;
        let (caller, held) = reply.value;
        if caller.account != self.scope().account {
            return Err(other_account(self.scope(), &caller.account.0, &self.scope().region));
        }
        let value = Identity { account: caller.account, arn: caller.arn, expires: held.expires() };
        Ok(Answer { value, stated: reply.stated, pages: 1, missing: Vec::new() })
    }

    /// One filter, or none where there are no values.
    fn filter(&self, operation: Operation, name: &str, values: Vec<String>) -> Result<Option<Vec<Filter>>, Refused> {
        if values.is_empty() {
            return Ok(None);
        }
        let filter = Filter::builder().name(name).set_values(Some(values)).build();
        // A request without its filter would read something else, so this is an error and not a default.
        filter.map(|filter| Some(vec![filter])).map_err(|why| Refused {
            class: Class::Request,
            problem: Box::new(self.wire.unreadable(operation, &why.to_string())),
            stamp: None,
        })
    }
}

/// Reads all pages of one operation: builds a request per marker, sends it, hands each page on. DMS goes on with a
/// `marker`; for other services the field is named first.
macro_rules! pages {
    (@$next:ident $reader:expr, $operation:expr, |$marker:ident| $request:expr, |$answer:ident, $page:ident| $each:expr) => {{
        let reader = $reader;
        let operation = $operation;
        let mut marker: Option<String> = None;
        loop {
            let sent = reader
                .wire
                .send(operation, reader.urgency, 0, |witness| {
                    let $marker = marker.clone();
                    $request.customize().interceptor(witness).send()
                })
                .await;
            let reply = match sent {
                Ok(reply) => reply,
                Err(refused) => break Err(refused),
            };
            $answer.page(reply.stated);
            let $page = &reply.value;
            $each;
            match reader.wire.next_page(operation, &$answer, marker.as_deref(), $page.$next()) {
                Ok(Some(next)) => marker = Some(next),
                Ok(None) => break Ok(()),
                Err(problem) => {
                    break Err($crate::aws::wire::Refused {
                        class: $crate::aws::failure::Class::Undecodable,
                        problem: Box::new(problem),
                        stamp: None,
                    });
                }
            }
        }
    }};
    ($reader:expr, $($rest:tt)*) => {
        pages!(@marker $reader, $($rest)*)
    };
}
use pages;

/// Describe calls that match nothing are refused with "not found" instead of answering with an empty list (section 1 of
/// the DMS facts).
fn none_if_not_found(result: Result<(), Refused>) -> Result<(), Refused> {
    match result {
        Err(refused) if refused.class == Class::NotFound => Ok(()),
        other => other,
    }
}
