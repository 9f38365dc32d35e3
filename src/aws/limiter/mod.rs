//! One limiter per account and region: every attempt of every service passes here and is counted.
//!
//! `core.rs` decides (pure, `now` is a parameter), `traffic.rs` counts (pure), this file waits.

mod core;
mod traffic;

pub use self::core::Urgency;
pub use traffic::Traffic;

use self::core::{Core, Lane, Ticket};
use crate::model::operation::Operation;
use crate::model::{AccountId, Region};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// All limiters of this process, one per account and region. Kept by `app`; clones share.
#[derive(Debug, Clone, Default)]
pub struct Limiters(Arc<Mutex<ByAccount>>);

type ByAccount = HashMap<(AccountId, Region), Arc<Limiter>>;

impl Limiters {
    /// The limiter of this account and region; the first one to ask sets its rate.
    pub(super) fn of(&self, account: &AccountId, region: &Region, rate: f64, burst: u32) -> Arc<Limiter> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limiter = all.entry((account.clone(), region.clone()));
        Arc::clone(limiter.or_insert_with(|| Arc::new(Limiter::new(rate, burst))))
    }
}

#[derive(Debug)]
struct Inner {
    core: Core,
    waiting: HashMap<Ticket, oneshot::Sender<()>>,
    next_ticket: Ticket,
    traffic: traffic::Log,
}

/// Waits in line for one request at a time.
#[derive(Debug)]
pub struct Limiter {
    inner: Mutex<Inner>,
}

/// Gives the place in the line back when a waiting call is dropped.
struct Place<'a> {
    limiter: &'a Limiter,
    ticket: Ticket,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut inner = self.limiter.lock();
        if inner.waiting.remove(&self.ticket).is_some() {
            inner.core.forget(self.ticket);
        }
    }
}

impl Limiter {
    /// `rate` is sustained DMS requests per second, `burst` how many may go at once.
    pub(super) fn new(rate: f64, burst: u32) -> Self {
        let now = Instant::now();
        let inner = Inner {
            core: Core::new(rate, burst, now),
            waiting: HashMap::new(),
            next_ticket: 0,
            traffic: traffic::Log::new(now),
        };
        Self { inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until one request of `operation` may be sent, and counts it. `metrics` is how many metrics a
    /// `GetMetricData` request asks for (that is what it costs). Dropping the future gives the place back.
    pub(super) async fn pass(&self, operation: Operation, urgency: Urgency, metrics: u32) {
        let (sender, mut granted) = oneshot::channel();
        let ticket = {
            let mut inner = self.lock();
            inner.next_ticket += 1;
            let ticket = inner.next_ticket;
            inner.core.ask(Lane::of(operation), urgency, ticket);
            inner.waiting.insert(ticket, sender);
            ticket
        };
        let _place = Place { limiter: self, ticket };
        loop {
            let next = self.pump(Instant::now());
            tokio::select! {
                biased;
                _ = &mut granted => break,
                () = tokio::time::sleep_until(next.into()) => {}
            }
        }
        self.lock().traffic.count(operation, metrics, Instant::now());
    }

    /// Lets go whoever may go, and says when to look again.
    fn pump(&self, now: Instant) -> Instant {
        let mut inner = self.lock();
        let (granted, next) = inner.core.pump(now);
        for ticket in granted {
            // A receiver that is gone loses its token: harmless, and it cannot happen while `Place` lives.
            if let Some(sender) = inner.waiting.remove(&ticket) {
                let _ = sender.send(());
            }
        }
        next.unwrap_or(now + Duration::from_secs(1))
    }

    /// The service said "too many": slow down for everybody in this account and region.
    pub(super) fn throttled(&self, operation: Operation) {
        self.lock().core.throttled(Lane::of(operation), Instant::now());
    }

    /// Counts attempts made before the account, and so this limiter, was known.
    pub(super) fn count(&self, operation: Operation) {
        self.lock().traffic.count(operation, 0, Instant::now());
    }

    /// What was sent lately and what it costs.
    pub fn traffic(&self) -> Traffic {
        self.lock().traffic.summary(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dropped_wait_gives_its_place_back() {
        let limiter = Limiter::new(0.1, 1);
        limiter.pass(Operation::DescribeEndpoints, Urgency::Visible, 0).await;
        let waiting = limiter.pass(Operation::DescribeEndpoints, Urgency::Visible, 0);
        assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
        assert!(limiter.lock().waiting.is_empty());
        assert_eq!(limiter.traffic().requests_last_minute, 1);
    }

    #[tokio::test]
    async fn what_a_user_asks_for_does_not_wait_behind_polling() {
        let limiter = Arc::new(Limiter::new(0.1, 1));
        for _ in 0..20 {
            let limiter = Arc::clone(&limiter);
            tokio::spawn(async move { limiter.pass(Operation::DescribeEndpoints, Urgency::Background, 0).await });
        }
        tokio::task::yield_now().await;
        let asked = limiter.pass(Operation::DescribeReplicationTasks, Urgency::Interactive, 0);
        assert!(tokio::time::timeout(Duration::from_millis(200), asked).await.is_ok());
    }

    #[test]
    fn one_account_and_region_has_one_limiter() {
        let all = Limiters::default();
        let (a, b) = (AccountId("1".into()), AccountId("2".into()));
        let (eu, us) = (Region("eu-west-1".into()), Region("us-east-1".into()));
        let first = all.of(&a, &eu, 1.0, 8);
        assert!(Arc::ptr_eq(&first, &all.of(&a, &eu, 1.0, 8)));
        assert!(!Arc::ptr_eq(&first, &all.of(&a, &us, 1.0, 8)));
        assert!(!Arc::ptr_eq(&first, &all.of(&b, &eu, 1.0, 8)));
    }
}
