//! Counting what was sent, and what it costs. Pure: `now` is a parameter.

use crate::model::operation::Operation;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Dollars for one metric in a `GetMetricData` request: $0.01 per 1,000 (CloudWatch pricing; section 3.4 of the DMS facts).
pub const DOLLARS_PER_METRIC: f64 = 0.01 / 1000.0;

/// The slowest metrics are asked every five minutes, so a shorter look would miss or overrate them.
const COST_WINDOW: Duration = Duration::from_mins(5);
const MINUTE: Duration = Duration::from_mins(1);

/// Summary for a header or a test.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Traffic {
    /// Attempts of every service in the last minute, retries included.
    pub requests_last_minute: u32,
    pub by_operation: BTreeMap<Operation, u32>,
    /// Estimated cost of `GetMetricData` if it goes on like in the last five minutes; `None` while nothing was asked and
    /// nothing can be said.
    pub dollars_per_day: Option<f64>,
}

#[derive(Debug)]
struct Sent {
    at: Instant,
    operation: Operation,
    metrics: u32,
}

#[derive(Debug)]
pub(super) struct Log {
    since: Instant,
    sent: VecDeque<Sent>,
}

impl Log {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, sent: VecDeque::new() }
    }

    pub(super) fn count(&mut self, operation: Operation, metrics: u32, now: Instant) {
        while self.sent.front().is_some_and(|sent| now.saturating_duration_since(sent.at) > COST_WINDOW) {
            self.sent.pop_front();
        }
        self.sent.push_back(Sent { at: now, operation, metrics });
    }

    pub(super) fn summary(&self, now: Instant) -> Traffic {
        let mut traffic = Traffic::default();
        let mut metrics = 0.0;
        for sent in &self.sent {
            let age = now.saturating_duration_since(sent.at);
            if age <= MINUTE {
                traffic.requests_last_minute += 1;
                *traffic.by_operation.entry(sent.operation).or_default() += 1;
            }
            if age <= COST_WINDOW {
                metrics += f64::from(sent.metrics);
            }
        }
        let watched = now.saturating_duration_since(self.since);
        if metrics > 0.0 || watched >= COST_WINDOW {
            let seconds = watched.clamp(MINUTE, COST_WINDOW).as_secs_f64();
            traffic.dollars_per_day = Some(metrics * DOLLARS_PER_METRIC * 86_400.0 / seconds);
        }
        traffic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_minute_is_counted_per_operation_and_metrics_are_priced() {
        let start = Instant::now();
        let mut log = Log::new(start);
        for minute in 0..10 {
            let now = start + MINUTE * minute;
            log.count(Operation::GetMetricData, 120, now);
            log.count(Operation::DescribeEndpoints, 0, now);
        }
        let traffic = log.summary(start + MINUTE * 9 + Duration::from_secs(30));
        assert_eq!(traffic.requests_last_minute, 2);
        assert_eq!(traffic.by_operation[&Operation::GetMetricData], 1);
        // 120 metrics each minute are $1.73 a day (section 3.4: $0.07 an hour).
        assert!((traffic.dollars_per_day.unwrap() - 1.728).abs() < 0.001, "{traffic:?}");
        assert!(log.sent.len() <= 12);
    }

    #[test]
    fn the_first_seconds_are_not_blown_up_to_a_fortune() {
        let start = Instant::now();
        let mut log = Log::new(start);
        log.count(Operation::GetMetricData, 1000, start);
        assert!((log.summary(start).dollars_per_day.unwrap() - 14.4).abs() < 0.001);
    }

    #[test]
    fn a_cost_that_was_not_measured_is_not_a_zero() {
        let start = Instant::now();
        let mut log = Log::new(start);
        log.count(Operation::DescribeReplicationTasks, 0, start);
        assert_eq!(log.summary(start + MINUTE).dollars_per_day, None);
        assert_eq!(
            log.summary(start + COST_WINDOW).dollars_per_day,
            Some(0.0),
            "five minutes without any cost nothing"
        );
    }
}
