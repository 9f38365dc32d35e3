//! Everything this program changes at AWS. Only `change` may name what is here, and that is checked.
//!
//! A [`Writer`] sends nothing itself. [`Writer::sign`] takes one snapshot of the credentials and asks whose they are; what
//! comes of it, [`Signed`], reads and writes with that snapshot and no other, so that nothing is sent as somebody else than
//! was asked about. A write is sent once: no retry of the SDK's, none of ours, one pass of the limiter.

mod publish;
mod switch;
mod tasks;

use crate::aws::connect::Connected;
use crate::aws::credentials::{Freshness, problem as credentials_problem};
use crate::aws::failure::Class;
use crate::aws::limiter::Urgency;
use crate::aws::reader::Reader;
use crate::aws::wire::{Refused, Reply, Wire, Witness, attempts};
use crate::model::operation::Operation;
use crate::model::parts::Identity;
use crate::model::{AccountId, Problem, ProblemKind, Scope};
use aws_sdk_databasemigration::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::SystemTime;

/// May change one account and region, when asked to.
#[derive(Debug)]
pub struct Writer {
    wire: Arc<Wire>,
    expect: AccountId,
}

/// A writer for where `connected` is, and for no other account than `expect`.
pub fn writer(connected: &Connected, expect: AccountId) -> Writer {
    Writer { wire: Arc::clone(connected.reader.wire()), expect }
}

/// One snapshot of credentials, and whose they are.
#[derive(Debug)]
pub struct Signed {
    wire: Arc<Wire>,
    caller: Identity,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    /// The service says it did it.
    Done { request_id: Option<String> },
    /// The service says no: nothing was changed.
    Refused(Problem),
    /// No answer, or none that says either: it may have been carried out, or may yet be.
    Unknown(Problem),
}

/// Why nothing can be sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Unsigned {
    /// The credentials are of another account than was meant.
    OtherAccount(Problem),
    /// There are none, they have expired, or nobody could be asked.
    CouldNot(Problem),
}

impl Writer {
    /// Takes the credentials as they are now and asks whose they are. Those of another account are refused.
    pub async fn sign(&self) -> Result<Signed, Unsigned> {
        let Scope { profile, account, region } = &self.wire.scope;
        let none = |error| Unsigned::CouldNot(credentials_problem(&error, profile, Timestamp::now()));
        // The source may be a program that asks a person; it is not asked again for what still works.
        let held = self.wire.keeper.held().filter(|held| held.freshness(SystemTime::now()) == Freshness::Good);
        let credentials = match held {
            Some(held) => held.credentials,
            None => self.wire.keeper.load().await.map_err(none)?,
        };
        let asked = self.wire.clients.who(&self.wire.limiter, region, &credentials).await;
        let caller = asked.map_err(|refused| Unsigned::CouldNot(refused.into()))?.value;
        if caller.account != *account || caller.account != self.expect {
            return Err(Unsigned::OtherAccount(Problem {
                kind: ProblemKind::AccessDenied,
                summary: format!("the credentials belong to account {}, not {}", caller.account.0, self.expect.0),
                detail: format!("profile {profile} in {}, as {}", region.0, caller.arn.shown()),
                hint: "Nothing was sent. Sign in to the right account and ask again.".to_owned(),
                request_id: None,
                at: Timestamp::now(),
            }));
        }
        let expires = credentials.expiry().and_then(|at| Timestamp::try_from(at).ok());
        let caller = Identity { account: caller.account, arn: caller.arn, expires };
        Ok(Signed { wire: Arc::new(self.wire.frozen(&credentials)), caller })
    }
}

impl Signed {
    pub fn caller(&self) -> &Identity {
        &self.caller
    }

    /// Reads with the same snapshot.
    pub fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.wire), Urgency::Interactive)
    }

    /// Sends once.
    async fn once<O, E, F, Fut>(&self, operation: Operation, send: F) -> Result<Reply<O>, Refused>
    where
        F: Fn(Witness) -> Fut,
        Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        attempts(&self.wire.limiter, &self.wire.scope.region, operation, Urgency::Interactive, 0, 1, send).await
    }
}

fn sent<O: RequestId>(result: Result<Reply<O>, Refused>) -> Sent {
    match result {
        Ok(reply) => Sent::Done { request_id: reply.value.request_id().map(str::to_owned) },
        Err(refused) => unanswered(refused),
    }
}

/// A refusal in the service's own words is a no. A failing service, a line that broke and an answer that makes no sense
/// say nothing about what was done.
fn unanswered(refused: Refused) -> Sent {
    match refused.class {
        Class::Fault | Class::Timeout | Class::Unreachable | Class::Undecodable => Sent::Unknown(refused.into()),
        Class::Throttled
        | Class::Expired
        | Class::Signature
        | Class::Denied
        | Class::NotFound
        | Class::State
        | Class::Request
        | Class::Unknown => Sent::Refused(refused.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_no_is_a_no() {
        let problem = Problem {
            kind: ProblemKind::Internal,
            summary: String::new(),
            detail: String::new(),
            hint: String::new(),
            request_id: None,
            at: Timestamp::UNIX_EPOCH,
        };
        for (class, known) in [
            (Class::Denied, true),
            (Class::Throttled, true),
            (Class::Expired, true),
            (Class::Unknown, true),
            (Class::Timeout, false),
            (Class::Unreachable, false),
            (Class::Fault, false),
            (Class::Undecodable, false),
        ] {
            let sent = unanswered(Refused { class, problem: Box::new(problem.clone()), stamp: None });
            assert_eq!(matches!(sent, Sent::Refused(_)), known, "{class:?}");
        }
    }
}
