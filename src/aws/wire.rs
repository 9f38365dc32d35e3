//! How one request is sent: with checked credentials, through the limiter, counted, retried, classified.

use crate::aws::answer::Answer;
use crate::aws::connect::other_account;
use crate::aws::credentials::{Freshness, Held, Keeper, Source, problem as credentials_problem};
use crate::aws::failure::{self, Class};
use crate::aws::limiter::{Limiter, Urgency};
use crate::aws::service_clock::ServiceClock;
use crate::model::operation::Operation;
use crate::model::stamp::Stamp;
use crate::model::{AccountId, Problem, ProblemKind, Region, Scope, Untrusted};
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// A refusal with its class, which decides what a reader makes of it.
#[derive(Debug)]
pub(super) struct Refused {
    pub class: Class,
    pub problem: Box<Problem>,
    /// Of the answer that refused, where there was one.
    pub stamp: Option<Stamp>,
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        *refused.problem
    }
}

/// One decoded answer and the server's `Date`.
#[derive(Debug)]
pub(super) struct Reply<O> {
    pub value: O,
    pub stated: Option<Timestamp>,
    pub stamp: Option<Stamp>,
}

/// Notes the `Date` header of the answer, which neither the SDK's outputs nor its errors carry.
#[derive(Debug, Clone)]
pub(super) struct Witness {
    sent: Timestamp,
    stamp: Arc<Mutex<Option<Stamp>>>,
}

impl Witness {
    fn new(sent: Timestamp) -> Self {
        Self { sent, stamp: Arc::default() }
    }

    fn stamp(&self) -> Option<Stamp> {
        *self.stamp.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[dyn_dispatch_hint]
impl Intercept for Witness {
    fn name(&self) -> &'static str {
        "Witness"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").and_then(http_date);
        let stamp = date.map(|stated| Stamp { sent: self.sent, stated, received: Timestamp::now() });
        *self.stamp.lock().unwrap_or_else(PoisonError::into_inner) = stamp;
        Ok(())
    }
}

/// `Sun, 22 Nov 2026 14:03:22 GMT` (RFC 9110, section 5.6.7).
fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

/// Clients of the services.
#[derive(Debug, Clone)]
pub(super) struct Clients {
    sdk: SdkConfig,
    pub dms: aws_sdk_databasemigration::Client,
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    pub events: aws_sdk_eventbridge::Client,
    pub scheduler: aws_sdk_scheduler::Client,
    pub logs: aws_sdk_cloudwatchlogs::Client,
    pub sns: aws_sdk_sns::Client,
    pub secrets: aws_sdk_secretsmanager::Client,
    sts: aws_sdk_sts::Client,
}

/// Whose credentials they are.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub account: AccountId,
    pub arn: Untrusted,
}

impl Clients {
    pub(super) fn new(sdk: &SdkConfig) -> Self {
        Self {
            sdk: sdk.clone(),
            dms: aws_sdk_databasemigration::Client::new(sdk),
            cloudwatch: aws_sdk_cloudwatch::Client::new(sdk),
            events: aws_sdk_eventbridge::Client::new(sdk),
            scheduler: aws_sdk_scheduler::Client::new(sdk),
            logs: aws_sdk_cloudwatchlogs::Client::new(sdk),
            sns: aws_sdk_sns::Client::new(sdk),
            secrets: aws_sdk_secretsmanager::Client::new(sdk),
            sts: aws_sdk_sts::Client::new(sdk),
        }
    }

    /// The same clients over the same connections, signing with these credentials and no others.
    fn signing_with(&self, credentials: &Credentials) -> Self {
        let sdk = self.sdk.to_builder();
        Self::new(&sdk.credentials_provider(SharedCredentialsProvider::new(credentials.clone())).build())
    }

    /// Asks STS whose these credentials are; they need not be in use yet.
    pub(super) async fn who(
        &self,
        limiter: &Limiter,
        region: &Region,
        credentials: &Credentials,
    ) -> Result<Reply<Caller>, Refused> {
        let operation = Operation::GetCallerIdentity;
        let reply = attempts(limiter, region, operation, Urgency::Interactive, 0, ALL, |witness| {
            let with = aws_sdk_sts::config::Builder::new().credentials_provider(credentials.clone());
            self.sts.get_caller_identity().customize().config_override(with).interceptor(witness).send()
        })
        .await?;
        match (reply.value.account(), reply.value.arn()) {
            (Some(account), Some(arn)) => {
                let caller = Caller { account: AccountId(account.to_owned()), arn: Untrusted::new(arn) };
                Ok(Reply { value: caller, stated: reply.stated, stamp: reply.stamp })
            }
            _ => Err(unreadable(operation, region, "the answer names no account")),
        }
    }
}

/// An answer that came through and makes no sense.
pub(super) fn unreadable(operation: Operation, region: &Region, why: &str) -> Refused {
    let failure = failure::Failure { status: Some(200), message: why.to_owned(), ..failure::Failure::default() };
    let problem = Box::new(failure::problem(operation, region, &failure, Timestamp::now()));
    Refused { class: Class::Undecodable, problem, stamp: None }
}

/// As many attempts as the class of the failure is worth.
pub(super) const ALL: u32 = u32::MAX;

/// Sends until it works, is refused for good, or was tried often enough, at most `most` times. Every attempt passes the
/// limiter.
pub(super) async fn attempts<O, E, F, Fut>(
    limiter: &Limiter,
    region: &Region,
    operation: Operation,
    urgency: Urgency,
    metrics: u32,
    most: u32,
    send: F,
) -> Result<Reply<O>, Refused>
where
    F: Fn(Witness) -> Fut,
    Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let mut attempt = 1;
    loop {
        limiter.pass(operation, urgency, metrics).await;
        let witness = Witness::new(Timestamp::now());
        let result = send(witness.clone()).await;
        let stamp = witness.stamp();
        let error = match result {
            Ok(value) => return Ok(Reply { value, stated: stamp.map(|stamp| stamp.stated), stamp }),
            Err(error) => error,
        };
        let failure = failure::read(&error);
        let class = failure::classify(&failure);
        if class == Class::Throttled {
            limiter.throttled(operation);
        }
        attempt += 1;
        let Some(wait) = failure::retry_after(class, attempt, fastrand::f64()).filter(|_| attempt <= most) else {
            let problem = Box::new(failure::problem(operation, region, &failure, Timestamp::now()));
            return Err(Refused { class, problem, stamp });
        };
        tokio::time::sleep(wait).await;
    }
}

/// One account and region, as seen with the credentials in use.
#[derive(Debug)]
pub(super) struct Wire {
    pub clients: Clients,
    pub keeper: Arc<Keeper>,
    pub limiter: Arc<Limiter>,
    pub scope: Scope,
    /// Held while credentials are loaded and checked, so that it happens once.
    renewing: tokio::sync::Mutex<()>,
    pub clock: ServiceClock,
}

impl Wire {
    pub(super) fn new(clients: Clients, keeper: Arc<Keeper>, limiter: Arc<Limiter>, scope: Scope) -> Self {
        Self { clients, keeper, limiter, scope, renewing: tokio::sync::Mutex::new(()), clock: ServiceClock::default() }
    }

    /// The same account, region and limiter, and one snapshot of credentials that nothing ever replaces.
    pub(super) fn frozen(&self, credentials: &Credentials) -> Self {
        let keeper = Arc::new(Keeper::new(Source::Fixed(credentials.clone())));
        keeper.hold(credentials.clone(), SystemTime::now());
        let clients = self.clients.signing_with(credentials);
        Self::new(clients, keeper, Arc::clone(&self.limiter), self.scope.clone())
    }

    /// Sends one read. `metrics` is what it costs (see [`Limiter::pass`]).
    pub(super) async fn send<O, E, F, Fut>(
        &self,
        operation: Operation,
        urgency: Urgency,
        metrics: u32,
        send: F,
    ) -> Result<Reply<O>, Refused>
    where
        F: Fn(Witness) -> Fut,
        Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        self.send_at_most(ALL, operation, urgency, metrics, send).await
    }

    /// The same, tried at most `most` times: for somebody who would rather know why than wait.
    pub(super) async fn send_at_most<O, E, F, Fut>(
        &self,
        most: u32,
        operation: Operation,
        urgency: Urgency,
        metrics: u32,
        send: F,
    ) -> Result<Reply<O>, Refused>
    where
        F: Fn(Witness) -> Fut,
        Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let region = &self.scope.region;
        let used = self.ready().await?;
        let first = attempts(&self.limiter, region, operation, urgency, metrics, most, &send).await;
        let reply = match first {
            Err(refused) if refused.class == Class::Expired => {
                // The service knows better than the stated end. Once, and only if there are other keys.
                match self.replace(&used).await {
                    Ok(true) => attempts(&self.limiter, region, operation, urgency, metrics, most, &send).await,
                    Ok(false) => Err(refused),
                    Err(worse) => Err(worse),
                }
            }
            other => other,
        };
        if let Ok(reply) = &reply {
            self.clock.saw(reply.stated, Timestamp::now());
        }
        reply
    }

    /// Who the credentials in use belong to, asked now.
    pub(super) async fn who(&self) -> Result<Reply<(Caller, Held)>, Refused> {
        let held = self.ready().await?;
        match self.clients.who(&self.limiter, &self.scope.region, &held.credentials).await {
            Ok(reply) => Ok(Reply { value: (reply.value, held), stated: reply.stated, stamp: reply.stamp }),
            Err(refused) if refused.class == Class::Expired && self.replace(&held).await? => {
                let held = self.ready().await?;
                let reply = self.clients.who(&self.limiter, &self.scope.region, &held.credentials).await?;
                Ok(Reply { value: (reply.value, held), stated: reply.stated, stamp: reply.stamp })
            }
            Err(refused) => Err(refused),
        }
    }

    /// Credentials that work as far as is known, renewed where it is time.
    async fn ready(&self) -> Result<Held, Refused> {
        if let Some(held) = self.keeper.held().filter(|held| held.freshness(SystemTime::now()) == Freshness::Good) {
            return Ok(held);
        }
        let _one_at_a_time = self.renewing.lock().await;
        let now = SystemTime::now();
        let held = self.keeper.held();
        let freshness = held.as_ref().map_or(Freshness::Gone, |held| held.freshness(now));
        match (held, freshness) {
            (Some(held), Freshness::Good) => Ok(held),
            (Some(held), Freshness::Renew) if !self.keeper.may_ask(now) => Ok(held),
            (Some(held), Freshness::Renew) => match self.renew(now).await {
                Ok(renewed) => Ok(renewed),
                // What is held still works: better than nothing until its end.
                Err(refused) if refused.class == Class::Expired => Ok(held),
                Err(refused) => Err(refused),
            },
            _ => self.renew(now).await,
        }
    }

    /// Looks for other keys after a service refused `used`. `true` when there are some, checked and in use.
    async fn replace(&self, used: &Held) -> Result<bool, Refused> {
        let _one_at_a_time = self.renewing.lock().await;
        let now = SystemTime::now();
        if self.keeper.held().is_some_and(|held| held.generation != used.generation) {
            return Ok(true);
        }
        if !self.keeper.may_ask(now) {
            return Ok(false);
        }
        let renewed = self.renew(now).await?;
        let changed = renewed.generation != used.generation;
        if !changed {
            self.keeper.leave_alone(now);
        }
        Ok(changed)
    }

    /// Loads, checks that they belong to the same account, and puts them to use.
    async fn renew(&self, now: SystemTime) -> Result<Held, Refused> {
        let loaded = match self.keeper.load().await {
            Ok(loaded) => loaded,
            Err(error) => {
                self.keeper.leave_alone(now);
                let problem = Box::new(credentials_problem(&error, &self.scope.profile, Timestamp::now()));
                let class = match problem.kind {
                    ProblemKind::ExpiredCredentials | ProblemKind::NoCredentials => Class::Expired,
                    ProblemKind::Timeout => Class::Timeout,
                    ProblemKind::Unreachable => Class::Unreachable,
                    _ => Class::Unknown,
                };
                return Err(Refused { class, problem, stamp: None });
            }
        };
        if !self.keeper.held().is_some_and(|held| held.same_keys(&loaded)) {
            let checked = self.clients.who(&self.limiter, &self.scope.region, &loaded).await;
            if checked.is_err() {
                self.keeper.leave_alone(now);
            }
            let caller = checked?.value;
            if caller.account != self.scope.account {
                self.keeper.leave_alone(now);
                let problem = Box::new(other_account(&self.scope, &caller.account.0, &self.scope.region));
                return Err(Refused { class: Class::Denied, problem, stamp: None });
            }
        }
        Ok(self.keeper.hold(loaded, now))
    }

    /// The problem for an answer, or a part of it, that makes no sense.
    pub(super) fn unreadable(&self, operation: Operation, why: &str) -> Problem {
        unreadable(operation, &self.scope.region, why).into()
    }

    /// Guards a loop over pages: a marker seen before would go on for ever.
    pub(super) fn next_page<T>(
        &self,
        operation: Operation,
        answer: &Answer<T>,
        last: Option<&str>,
        next: Option<&str>,
    ) -> Result<Option<String>, Problem> {
        match next.filter(|next| !next.is_empty()) {
            None => Ok(None),
            Some(next) if Some(next) == last || answer.pages >= MOST_PAGES => {
                Err(self.unreadable(operation, "the list of pages does not end"))
            }
            Some(next) => Ok(Some(next.to_owned())),
        }
    }
}

/// A task of 60,000 tables, the recommended ceiling, has 120 pages; 600 tasks have six.
const MOST_PAGES: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_header_is_read_and_nonsense_is_no_date() {
        assert_eq!(http_date("Sun, 22 Nov 2026 14:03:22 GMT"), "2026-11-22T14:03:22Z".parse().ok());
        assert_eq!(http_date("Sunday-ish"), None);
        assert_eq!(http_date(""), None);
    }
}
