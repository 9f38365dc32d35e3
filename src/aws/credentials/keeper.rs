//! Keeps the credentials in use.
//!
//! The SDK's own cache cannot be told that a service refused what it holds, and reads files once. This one can, and does
//! not: it holds what was checked to belong to the account on screen, and `wire.rs` decides when to load again.

use super::chain::Source;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Renewed this long before they expire; a request under way then still finishes with valid ones.
const RENEW_BEFORE: Duration = Duration::from_mins(2);

/// Credentials without a stated end are looked at again this often (the SDK's own default for such).
const RELOAD_AFTER: Duration = Duration::from_mins(15);

/// After a failed or useless renewal the source is left alone for this long: it may be a program that asks a person.
const QUIET_AFTER_FAILURE: Duration = Duration::from_secs(10);

/// Loading is given up after this: a browser login that nobody finishes must not hold every feed.
const LOAD_LIMIT: Duration = Duration::from_mins(1);

/// Credentials in use.
#[derive(Debug, Clone)]
pub(in crate::aws) struct Held {
    pub credentials: Credentials,
    /// Changes whenever other credentials come into use.
    pub generation: u64,
    loaded: SystemTime,
}

/// What to do about held credentials at `now`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws) enum Freshness {
    Good,
    /// Better ones should be got; these still work.
    Renew,
    /// These no longer work.
    Gone,
}

/// Pure: from the stated end and the time of loading.
fn freshness(expiry: Option<SystemTime>, loaded: SystemTime, now: SystemTime) -> Freshness {
    match expiry {
        Some(expiry) if now >= expiry => Freshness::Gone,
        Some(expiry) if now + RENEW_BEFORE >= expiry => Freshness::Renew,
        None if now.duration_since(loaded).is_ok_and(|age| age >= RELOAD_AFTER) => Freshness::Renew,
        _ => Freshness::Good,
    }
}

impl Held {
    pub(in crate::aws) fn freshness(&self, now: SystemTime) -> Freshness {
        freshness(self.credentials.expiry(), self.loaded, now)
    }

    pub(in crate::aws) fn expires(&self) -> Option<jiff::Timestamp> {
        self.credentials.expiry().and_then(|at| jiff::Timestamp::try_from(at).ok())
    }

    /// The same keys, whatever their stated end.
    pub(in crate::aws) fn same_keys(&self, other: &Credentials) -> bool {
        let keys = |c: &Credentials| {
            (c.access_key_id().to_owned(), c.secret_access_key().to_owned(), c.session_token().map(str::to_owned))
        };
        keys(&self.credentials) == keys(other)
    }
}

#[derive(Debug)]
pub(in crate::aws) struct Keeper {
    source: Source,
    held: Mutex<Option<Held>>,
    quiet_until: Mutex<Option<SystemTime>>,
}

impl Keeper {
    pub(in crate::aws) fn new(source: Source) -> Self {
        Self { source, held: Mutex::new(None), quiet_until: Mutex::new(None) }
    }

    pub(in crate::aws) fn held(&self) -> Option<Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks the source; changes nothing here. The caller checks whose they are and then calls [`Keeper::hold`].
    pub(in crate::aws) async fn load(&self) -> Result<Credentials, CredentialsError> {
        match tokio::time::timeout(LOAD_LIMIT, self.source.load()).await {
            Ok(answer) => answer,
            Err(_) => Err(CredentialsError::provider_timed_out(LOAD_LIMIT)),
        }
    }

    /// Puts checked credentials to use.
    pub(in crate::aws) fn hold(&self, credentials: Credentials, now: SystemTime) -> Held {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = match held.as_ref() {
            Some(old) if old.same_keys(&credentials) => old.generation,
            old => old.map_or(1, |old| old.generation + 1),
        };
        *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner) = None;
        held.insert(Held { credentials, generation, loaded: now }).clone()
    }

    /// Whether the source may be asked again at `now`.
    pub(in crate::aws) fn may_ask(&self, now: SystemTime) -> bool {
        let until = *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_none_or(|until| now >= until || until > now + QUIET_AFTER_FAILURE)
    }

    /// Asking led nowhere.
    pub(in crate::aws) fn leave_alone(&self, now: SystemTime) {
        *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(now + QUIET_AFTER_FAILURE);
    }
}

/// What the SDK signs with: always what is held, never anything newer that nobody checked.
#[derive(Debug)]
pub(in crate::aws) struct Serving(pub Arc<Keeper>);

impl ProvideCredentials for Serving {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(
            self.0.held().map(|held| held.credentials).ok_or_else(|| CredentialsError::not_loaded("none held yet")),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(key: &str) -> Credentials {
        Credentials::new(key, "secret", None, None, "test")
    }

    #[test]
    fn credentials_are_renewed_before_they_end_and_looked_at_when_they_have_no_end() {
        let now = SystemTime::now();
        let at = |seconds: u64| Some(now + Duration::from_secs(seconds));
        for (expiry, loaded_before, want) in [
            (at(3600), 0, Freshness::Good),
            (at(121), 0, Freshness::Good),
            (at(119), 0, Freshness::Renew),
            (at(0), 0, Freshness::Gone),
            (None, 0, Freshness::Good),
            (None, 899, Freshness::Good),
            (None, 900, Freshness::Renew),
        ] {
            let loaded = now - Duration::from_secs(loaded_before);
            assert_eq!(freshness(expiry, loaded, now), want, "{expiry:?} {loaded_before}");
        }
    }

    #[test]
    fn only_other_keys_are_a_new_generation() {
        let keeper = Keeper::new(Source::Fixed(keys("A")));
        let now = SystemTime::now();
        assert_eq!(keeper.hold(keys("A"), now).generation, 1);
        assert_eq!(keeper.hold(keys("A"), now).generation, 1);
        assert_eq!(keeper.hold(keys("B"), now).generation, 2);
    }

    #[test]
    fn a_source_that_failed_is_left_alone_for_a_while_even_if_the_clock_goes_back() {
        let keeper = Keeper::new(Source::Fixed(keys("A")));
        let now = SystemTime::now();
        keeper.leave_alone(now);
        assert!(!keeper.may_ask(now + Duration::from_secs(9)));
        assert!(keeper.may_ask(now + Duration::from_secs(10)));
        assert!(keeper.may_ask(now - Duration::from_hours(1)));
    }
}
