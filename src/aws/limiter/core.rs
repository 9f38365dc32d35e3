//! The token buckets and who goes first. Pure: `now` is a parameter.

use crate::model::operation::Operation;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub(super) type Ticket = u64;

/// Who waits for the answer. Earlier goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// A person pressed a key or runs a command.
    Interactive,
    /// It is on screen.
    Visible,
    /// Everything else.
    Background,
}

/// Services with a quota of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Dms,
    CloudWatch,
    Sts,
    Rules,
    Schedules,
    Logs,
    /// SNS and Secrets Manager: asked a few times an hour.
    Seldom,
}

const LANES: usize = 7;
const URGENCIES: usize = 3;

impl Lane {
    pub(super) fn of(operation: Operation) -> Self {
        match operation.action().split(':').next() {
            Some("cloudwatch") => Self::CloudWatch,
            Some("sts") => Self::Sts,
            Some("events") => Self::Rules,
            Some("scheduler") => Self::Schedules,
            Some("logs") => Self::Logs,
            Some("sns" | "secretsmanager") => Self::Seldom,
            _ => Self::Dms,
        }
    }
}

/// Requests per second of the other services. `GetMetricData` allows 50 a second and account, `GetCallerIdentity` far
/// more; both are asked seldom, so these only stop a runaway.
const CLOUDWATCH_RATE: f64 = 5.0;
const STS_RATE: f64 = 1.0;
/// One request per rule, and one per schedule, is what reading them takes; both services document 50 a second or more.
const RULES_RATE: f64 = 10.0;
const SCHEDULES_RATE: f64 = 10.0;
const SELDOM_RATE: f64 = 5.0;
const OTHER_BURST: u32 = 20;
/// `FilterLogEvents` allows five a second in the older quota tables (section 4.4 of the DMS facts), shared with every
/// dashboard of the account: no burst above it either, and nothing on credit.
const LOGS_RATE: f64 = 4.0;
const LOGS_BURST: u32 = 5;

/// Requests an interactive caller may send on credit, paid back before polling goes on: opening a task of 12,000 tables
/// (24 pages) does not wait, and the account's documented burst of 100 to 200 stays far away.
const CREDIT: f64 = 16.0;

/// DMS requests per second that a person who waits gets beyond the rate of polling: both together are the refill that is
/// documented for the whole account, and only for as long as somebody waits.
const HURRY: f64 = 3.0;

/// Part of the burst that background work leaves alone, so that what is on screen finds a token.
const RESERVE: f64 = 0.25;

/// Time in which a slowed bucket gets back from a standstill to its full rate.
const RECOVERY: f64 = 60.0;

/// A slowed bucket never goes below this part of its rate.
const SLOWEST: f64 = 0.125;

#[derive(Debug)]
struct Bucket {
    base_rate: f64,
    rate: f64,
    burst: f64,
    credit: f64,
    tokens: f64,
    /// Tokens that only a person may take, and how many come a second.
    hurried: f64,
    hurry: f64,
    at: Instant,
}

impl Bucket {
    fn new(rate: f64, burst: u32, at: Instant) -> Self {
        let burst = f64::from(burst.max(1));
        Self { base_rate: rate, rate, burst, credit: CREDIT, tokens: burst, hurried: 0.0, hurry: 0.0, at }
    }

    fn with_hurry(self) -> Self {
        Self { hurry: HURRY, ..self }
    }

    fn without_credit(self) -> Self {
        Self { credit: 0.0, ..self }
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.tokens = (self.tokens + passed * self.rate).min(self.burst);
        self.hurried = (self.hurried + passed * self.hurry_now()).min(self.hurry);
        self.rate = (self.rate + passed * self.base_rate / RECOVERY).min(self.base_rate);
    }

    /// Slowed as the rest is.
    fn hurry_now(&self) -> f64 {
        self.hurry * self.rate / self.base_rate
    }

    /// Takes a token for a request of this urgency, where there is one.
    fn take(&mut self, urgency: Urgency) -> bool {
        if self.tokens >= self.needed(urgency) {
            self.tokens -= 1.0;
            return true;
        }
        let hurries = urgency == Urgency::Interactive && self.hurried >= 1.0;
        if hurries {
            self.hurried -= 1.0;
        }
        hurries
    }

    /// Seconds until there is one.
    fn wait(&self, urgency: Urgency) -> f64 {
        let usual = (self.needed(urgency) - self.tokens) / self.rate;
        match urgency {
            Urgency::Interactive if self.hurry > 0.0 => usual.min((1.0 - self.hurried) / self.hurry_now()),
            _ => usual,
        }
    }

    /// Tokens that must be there before a request of this urgency takes one.
    fn needed(&self, urgency: Urgency) -> f64 {
        match urgency {
            Urgency::Interactive => 1.0 - self.credit,
            Urgency::Visible => 1.0,
            Urgency::Background => (1.0 + self.burst * RESERVE).min(self.burst),
        }
    }

    fn slow_down(&mut self, now: Instant) {
        self.refill(now);
        self.rate = (self.rate / 2.0).max(self.base_rate * SLOWEST);
        self.tokens = self.tokens.min(0.0);
        self.hurried = 0.0;
    }
}

/// Buckets and lines.
#[derive(Debug)]
pub(super) struct Core {
    buckets: [Bucket; LANES],
    lines: [[VecDeque<Ticket>; URGENCIES]; LANES],
}

impl Core {
    pub(super) fn new(rate: f64, burst: u32, now: Instant) -> Self {
        let buckets = [
            Bucket::new(rate.clamp(0.1, 4.0), burst.clamp(1, 50), now).with_hurry(),
            Bucket::new(CLOUDWATCH_RATE, OTHER_BURST, now),
            Bucket::new(STS_RATE, OTHER_BURST, now),
            Bucket::new(RULES_RATE, OTHER_BURST, now),
            Bucket::new(SCHEDULES_RATE, OTHER_BURST, now),
            Bucket::new(LOGS_RATE, LOGS_BURST, now).without_credit(),
            Bucket::new(SELDOM_RATE, OTHER_BURST, now),
        ];
        Self { buckets, lines: Default::default() }
    }

    pub(super) fn ask(&mut self, lane: Lane, urgency: Urgency, ticket: Ticket) {
        self.lines[lane as usize][urgency as usize].push_back(ticket);
    }

    pub(super) fn forget(&mut self, ticket: Ticket) {
        for line in self.lines.iter_mut().flatten() {
            line.retain(|waiting| *waiting != ticket);
        }
    }

    /// Who may go now, and when the next one may.
    pub(super) fn pump(&mut self, now: Instant) -> (Vec<Ticket>, Option<Instant>) {
        let mut granted = Vec::new();
        let mut next: Option<Instant> = None;
        for (bucket, lines) in self.buckets.iter_mut().zip(&mut self.lines) {
            bucket.refill(now);
            for urgency in [Urgency::Interactive, Urgency::Visible, Urgency::Background] {
                let line = &mut lines[urgency as usize];
                while !line.is_empty() && bucket.take(urgency) {
                    granted.extend(line.pop_front());
                }
                if !line.is_empty() {
                    // Less urgent lines need more tokens, so they cannot be first.
                    let at = now + Duration::from_secs_f64(bucket.wait(urgency).clamp(0.001, 3600.0));
                    next = Some(next.map_or(at, |next| next.min(at)));
                    break;
                }
            }
        }
        (granted, next)
    }

    pub(super) fn throttled(&mut self, lane: Lane, now: Instant) {
        self.buckets[lane as usize].slow_down(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pumps every 100 ms for `seconds` and returns how many went.
    fn run(core: &mut Core, from: Instant, seconds: u64) -> usize {
        (0..=seconds * 10).map(|i| core.pump(from + Duration::from_millis(i * 100)).0.len()).sum()
    }

    #[test]
    fn each_urgency_gets_burst_and_rate_as_promised() {
        for (urgency, at_once, in_a_minute) in [
            // 8 tokens and 16 on credit; then one a second, and three for who waits.
            (Urgency::Interactive, 24, 264),
            (Urgency::Visible, 8, 68),
            // Two tokens stay for what is on screen.
            (Urgency::Background, 6, 66),
        ] {
            let start = Instant::now();
            let mut core = Core::new(1.0, 8, start);
            (0..1000).for_each(|ticket| core.ask(Lane::Dms, urgency, ticket));
            assert_eq!(core.pump(start).0.len(), at_once, "{urgency:?}");
            // The last one may be a rounding error away.
            let went = at_once + run(&mut core, start, 60);
            let least = in_a_minute - in_a_minute / 50;
            assert!((least..=in_a_minute).contains(&went), "{urgency:?}: {went}");
        }
    }

    #[test]
    fn the_urgent_go_first_and_credit_is_paid_back_before_polling_goes_on() {
        let start = Instant::now();
        let mut core = Core::new(1.0, 1, start);
        core.ask(Lane::Dms, Urgency::Background, 1);
        core.ask(Lane::Dms, Urgency::Visible, 2);
        core.ask(Lane::Dms, Urgency::Interactive, 3);
        core.ask(Lane::Dms, Urgency::Interactive, 4);
        assert_eq!(core.pump(start).0, [3, 4]);
        let (none, next) = core.pump(start);
        assert!(none.is_empty());
        assert_eq!(next, Some(start + Duration::from_secs(2)));
        assert_eq!(core.pump(start + Duration::from_secs(2)).0, [2]);
        assert_eq!(core.pump(start + Duration::from_secs(3)).0, [1]);
    }

    #[test]
    fn throttling_halves_the_rate_and_a_quiet_minute_brings_it_back() {
        let start = Instant::now();
        let mut core = Core::new(1.0, 8, start);
        core.throttled(Lane::Dms, start);
        core.throttled(Lane::Dms, start);
        core.throttled(Lane::Dms, start);
        core.throttled(Lane::Dms, start);
        (0..1000).for_each(|ticket| core.ask(Lane::Dms, Urgency::Visible, ticket));
        // From an eighth of the rate up to the whole over the minute: about half of the usual.
        let slowed = run(&mut core, start, 60);
        assert!((25..45).contains(&slowed), "{slowed}");
        let after = run(&mut core, start + Duration::from_secs(61), 60);
        assert!((58..=62).contains(&after), "{after}");
    }

    #[test]
    fn one_service_does_not_wait_for_another() {
        let start = Instant::now();
        let mut core = Core::new(1.0, 1, start);
        core.ask(Lane::Dms, Urgency::Visible, 1);
        core.ask(Lane::Dms, Urgency::Visible, 2);
        core.ask(Lane::CloudWatch, Urgency::Visible, 3);
        assert_eq!(core.pump(start).0, [1, 3]);
    }

    #[test]
    fn a_forgotten_ticket_holds_nobody_up() {
        let start = Instant::now();
        let mut core = Core::new(1.0, 1, start);
        (1..=3).for_each(|ticket| core.ask(Lane::Dms, Urgency::Visible, ticket));
        core.forget(1);
        assert_eq!(core.pump(start).0, [2]);
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_changes_nothing() {
        let before = Instant::now();
        let start = before + Duration::from_secs(10);
        let mut core = Core::new(1.0, 1, start);
        core.ask(Lane::Dms, Urgency::Visible, 1);
        core.ask(Lane::Dms, Urgency::Visible, 2);
        assert_eq!(core.pump(start).0, [1]);
        assert!(core.pump(before).0.is_empty());
        assert_eq!(core.pump(start + Duration::from_secs(1)).0, [2]);
    }

    #[test]
    fn logs_keep_to_their_quota_however_urgent() {
        let start = Instant::now();
        let mut core = Core::new(1.0, 8, start);
        (0..100).for_each(|ticket| core.ask(Lane::Logs, Urgency::Interactive, ticket));
        assert_eq!(core.pump(start).0.len(), 5);
        let went = run(&mut core, start, 10);
        assert!((39..=40).contains(&went), "{went}");
    }

    #[test]
    fn operations_are_in_the_lane_of_their_service() {
        assert_eq!(Lane::of(Operation::GetMetricData), Lane::CloudWatch);
        assert_eq!(Lane::of(Operation::GetCallerIdentity), Lane::Sts);
        assert_eq!(Lane::of(Operation::ListTargetsByRule), Lane::Rules);
        assert_eq!(Lane::of(Operation::GetSchedule), Lane::Schedules);
        assert_eq!(Lane::of(Operation::FilterLogEvents), Lane::Logs);
        assert_eq!(Lane::of(Operation::GetTopicAttributes), Lane::Seldom);
        assert_eq!(Lane::of(Operation::DescribeTableStatistics), Lane::Dms);
    }
}
