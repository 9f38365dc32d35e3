//! What CloudWatch knows of a task: points of whole minutes, stamped with the start of their minute.
//!
//! Points come from what the mover says ([`Flow`]), or, before it ever said anything and where nothing really moves, from
//! the task's [`Past`]. Six metrics are known that way; the others follow from them ([`follows`]).

use super::seeded;
use crate::model::metric::{MetricName, Point};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// Seconds of a CloudWatch minute.
pub const MINUTE: i64 = 60;
/// Minutes filled in before the world opened.
pub const BACKFILL_MINUTES: i64 = 180;
/// Minutes kept: a day.
const KEPT_MINUTES: usize = 1440;

/// How a task's metrics look where nothing really moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Past {
    /// Never published anything.
    Silent,
    /// Changes flow: target latency in seconds, rows per second.
    Steady { latency: f64, rows: f64 },
    /// Target latency climbs to `latency` seconds at the opening and goes on.
    Climbing { latency: f64, rows: f64 },
    /// A load that ran between two instants and is over.
    Burst { from: Timestamp, until: Timestamp, rows: f64 },
    /// A load that is under way.
    Loading { rows: f64 },
}

/// Climbing began this many minutes before the opening.
const CLIMB_MINUTES: f64 = 40.0;
/// No task of the opening set gets later than this, however long the demo is left alone; seconds.
const LATENCY_MAX: f64 = 1800.0;

impl Past {
    /// Target latency in seconds `minutes` after the opening (negative before), for those that have one.
    pub fn latency(self, minutes: f64) -> Option<f64> {
        match self {
            Self::Steady { latency, .. } => Some(latency),
            Self::Climbing { latency, .. } => {
                let climbed = ((minutes + CLIMB_MINUTES) / CLIMB_MINUTES).max(0.0);
                Some((3.0 + latency * climbed.powf(1.3)).min(LATENCY_MAX))
            }
            _ => None,
        }
    }

    /// The point of any metric for the minute that begins at `minute`.
    pub fn value(self, name: MetricName, seed: u64, task: u64, minute: Timestamp, opened: Timestamp) -> Option<f64> {
        let known = |name| self.known(name, seed, task, minute, opened);
        if MetricName::WATCHED.contains(&name) {
            return known(name);
        }
        let alive = MetricName::WATCHED.into_iter().any(|name| known(name).is_some());
        follows(name, alive, known)
    }

    fn known(self, name: MetricName, seed: u64, task: u64, minute: Timestamp, opened: Timestamp) -> Option<f64> {
        let noise = |salt: u64| seeded::unit(seed, &[task, salt, minute.as_second().cast_unsigned()]);
        if name == MetricName::FullLoadThroughputRowsTarget {
            return match self {
                Self::Burst { from, until, rows } if minute_of(from) <= minute && minute <= until => Some(rows.round()),
                Self::Loading { rows } => Some((rows * (0.8 + 0.4 * noise(1))).round()),
                _ => None,
            };
        }
        let (Self::Steady { rows, .. } | Self::Climbing { rows, .. }) = self else { return None };
        let minutes = minute.duration_since(opened).as_secs_f64() / 60.0;
        let target = self.latency(minutes)?;
        let target = (target * (0.8 + 0.4 * noise(2))).max(1.0).round();
        let rows = rows * (0.7 + 0.6 * noise(3));
        Some(match name {
            MetricName::CDCLatencyTarget => target,
            MetricName::CDCLatencySource => target.min((1.0 + 2.0 * noise(4)).round()),
            MetricName::CDCIncomingChanges => (rows * (target - 1.0)).max(0.0).round(),
            // What piles up is what does not arrive.
            MetricName::CDCThroughputRowsTarget if matches!(self, Self::Climbing { .. }) => (rows * 0.93).round(),
            _ => rows.round(),
        })
    }
}

/// Rows that the memory of a task holds before changes go to disk.
const ROWS_IN_MEMORY: f64 = 1_000.0;
/// Kilobytes of a row of the shop, about.
const ROW_KB: f64 = 0.4;

/// A metric that follows from the six that are known; `alive` while the task runs at all. `None` for a metric that only
/// instances have.
pub fn follows(name: MetricName, alive: bool, known: impl Fn(MetricName) -> Option<f64>) -> Option<f64> {
    use MetricName as M;
    let hundredth = |value: f64| (value * 100.0).round() / 100.0;
    let waiting = || known(M::CDCIncomingChanges);
    let kilobytes = |name| known(name).map(|rows| hundredth(rows * ROW_KB));
    let rows = |name| known(name).unwrap_or(0.0);
    let work = || rows(M::CDCThroughputRowsTarget) + rows(M::FullLoadThroughputRowsTarget);
    match name {
        M::CDCChangesMemoryTarget => waiting().map(|rows| rows.min(ROWS_IN_MEMORY)),
        M::CDCChangesDiskTarget => waiting().map(|rows| (rows - ROWS_IN_MEMORY).max(0.0)),
        // The workload commits at once.
        M::CDCChangesMemorySource | M::CDCChangesDiskSource => waiting().map(|_| 0.0),
        M::CDCThroughputBandwidthSource => kilobytes(M::CDCThroughputRowsSource),
        M::CDCThroughputBandwidthTarget => kilobytes(M::CDCThroughputRowsTarget),
        M::FullLoadThroughputRowsSource => known(M::FullLoadThroughputRowsTarget),
        M::FullLoadThroughputBandwidthSource | M::FullLoadThroughputBandwidthTarget => {
            kilobytes(M::FullLoadThroughputRowsTarget)
        }
        M::RecoveryCount => alive.then_some(0.0),
        M::MemoryUsage => {
            let held = waiting().unwrap_or(0.0).min(ROWS_IN_MEMORY);
            alive.then(|| (180.0 + held * 0.06 + work() * 0.1).round())
        }
        M::CPUUtilization => alive.then(|| hundredth(1.5 + work() * 0.05)),
        _ => None,
    }
}

/// The start of the minute an instant lies in.
pub fn minute_of(at: Timestamp) -> Timestamp {
    at - SignedDuration::from_secs(at.as_second().rem_euclid(MINUTE)) - sub_second(at)
}

fn sub_second(at: Timestamp) -> SignedDuration {
    SignedDuration::from_nanos(i64::from(at.subsec_nanosecond()))
}

/// Published points, oldest first, a day of them.
#[derive(Debug, Clone, Default)]
pub struct Points(BTreeMap<MetricName, VecDeque<Point>>);

impl Points {
    /// Three hours of a past, up to the last whole minute before the opening.
    pub fn backfilled(past: Past, seed: u64, task: u64, opened: Timestamp) -> Self {
        let mut points = Self::default();
        let last = minute_of(opened);
        for back in (1..=BACKFILL_MINUTES).rev() {
            let minute = last - SignedDuration::from_secs(back * MINUTE);
            for name in MetricName::TASK {
                if let Some(value) = past.value(name, seed, task, minute, opened) {
                    points.push(name, Point { at: minute, value });
                }
            }
        }
        points
    }

    pub fn push(&mut self, name: MetricName, point: Point) {
        let series = self.0.entry(name).or_default();
        if series.len() == KEPT_MINUTES {
            series.pop_front();
        }
        series.push_back(point);
    }

    /// Points of one metric from `start` until before `end`, oldest first.
    pub fn range(&self, name: MetricName, start: Timestamp, end: Timestamp) -> Vec<Point> {
        let all = self.0.get(&name).into_iter().flatten();
        all.copied().filter(|point| start <= point.at && point.at < end).collect()
    }

    pub fn has(&self, name: MetricName) -> bool {
        self.0.contains_key(&name)
    }
}

/// What a run moved in the minute under way, and how late it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flow {
    /// The minute under way.
    pub minute: Timestamp,
    pub loaded: u64,
    pub captured: u64,
    pub applied: u64,
    /// Seconds between commit and capture of the newest captured change.
    pub capture_lag: f64,
    /// Seconds between commit and apply of the newest applied change.
    pub apply_lag: f64,
    /// Source commit time of the newest applied change of this run.
    pub applied_to: Option<Timestamp>,
    /// Source commit time of the first captured change of this run: what waits while nothing has been applied.
    pub captured_from: Option<Timestamp>,
    /// This run has captured something, so its points are its own.
    pub live: bool,
}

impl Flow {
    pub fn new(now: Timestamp) -> Self {
        Self {
            minute: minute_of(now),
            loaded: 0,
            captured: 0,
            applied: 0,
            capture_lag: 0.0,
            apply_lag: 0.0,
            applied_to: None,
            captured_from: None,
            live: false,
        }
    }

    /// A point of the minute that has just ended, of one of the six metrics, from what really moved; `backlog` in changes.
    /// `None` where this metric is not published: nothing was loaded, or nothing applied yet.
    #[allow(clippy::cast_precision_loss, reason = "counts of a demo stay far below 2^53")]
    pub fn value(&self, name: MetricName, backlog: i64, minute_end: Timestamp) -> Option<f64> {
        let per_second = |rows: u64| (rows as f64 / MINUTE as f64 * 100.0).round() / 100.0;
        let tenth = |seconds: f64| (seconds * 10.0).round() / 10.0;
        match name {
            MetricName::FullLoadThroughputRowsTarget => (self.loaded > 0).then(|| per_second(self.loaded)),
            _ if !self.live => None,
            MetricName::CDCLatencySource => Some(tenth(self.capture_lag)),
            // Definition in section 3.3 of the facts: now minus the commit time of what is not confirmed yet.
            MetricName::CDCLatencyTarget => {
                let to = self.applied_to.or(self.captured_from)?;
                let waiting = if backlog > 0 { minute_end.duration_since(to).as_secs_f64() } else { 0.0 };
                Some(tenth(self.apply_lag.max(waiting).max(self.capture_lag)))
            }
            MetricName::CDCIncomingChanges => Some(backlog as f64),
            MetricName::CDCThroughputRowsSource => Some(per_second(self.captured)),
            MetricName::CDCThroughputRowsTarget => Some(per_second(self.applied)),
            _ => None,
        }
    }

    /// The next minute begins; lags stay, counts start again.
    pub fn turn(&mut self, minute: Timestamp) {
        *self = Self { minute, loaded: 0, captured: 0, applied: 0, ..*self };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENED: Timestamp = crate::demo::clock::FROZEN_AT;

    #[test]
    fn three_hours_are_filled_to_the_last_whole_minute() {
        let points = Points::backfilled(Past::Steady { latency: 2.0, rows: 100.0 }, 1, 7, OPENED);
        let all = points.range(MetricName::CDCLatencyTarget, Timestamp::MIN, Timestamp::MAX);
        assert_eq!(all.len(), 180);
        assert_eq!(all.last().map(|p| p.at.to_string()).as_deref(), Some("2026-01-15T14:02:00Z"));
        assert!(points.range(MetricName::FullLoadThroughputRowsTarget, Timestamp::MIN, Timestamp::MAX).is_empty());
    }

    #[test]
    fn the_other_metrics_follow_from_what_waits_and_what_moves() {
        let known = |name| match name {
            MetricName::CDCIncomingChanges => Some(1_500.0),
            MetricName::CDCThroughputRowsSource => Some(30.0),
            MetricName::CDCThroughputRowsTarget => Some(20.0),
            _ => None,
        };
        for (name, want) in [
            (MetricName::CDCChangesMemoryTarget, Some(1_000.0)),
            (MetricName::CDCChangesDiskTarget, Some(500.0)),
            (MetricName::CDCThroughputBandwidthSource, Some(12.0)),
            (MetricName::FullLoadThroughputBandwidthTarget, None),
            (MetricName::CPUUtilization, Some(2.5)),
            (MetricName::RecoveryCount, Some(0.0)),
            (MetricName::FreeableMemory, None),
        ] {
            assert_eq!(follows(name, true, known), want, "{name:?}");
        }
        assert_eq!(follows(MetricName::CPUUtilization, false, |_| None), None, "what does not run publishes nothing");
    }

    #[test]
    fn a_climbing_past_climbs_and_goes_on_climbing() {
        let past = Past::Climbing { latency: 94.0, rows: 200.0 };
        let at = |minutes| past.latency(minutes).unwrap();
        assert!(
            at(-60.0) < 5.0 && at(-20.0) > 20.0 && at(0.0) > 90.0 && at(10.0) > at(0.0) && at(9000.0) <= LATENCY_MAX
        );
    }

    #[test]
    fn target_latency_grows_while_something_waits_and_never_undercuts_the_source() {
        let flow = Flow { applied_to: Some(OPENED), live: true, apply_lag: 2.0, capture_lag: 3.0, ..Flow::new(OPENED) };
        let later = OPENED + SignedDuration::from_secs(90);
        assert_eq!(flow.value(MetricName::CDCLatencyTarget, 5, later), Some(90.0));
        assert_eq!(flow.value(MetricName::CDCLatencyTarget, 0, later), Some(3.0));
        let first = Flow { captured_from: Some(OPENED), live: true, ..Flow::new(OPENED) };
        assert_eq!(
            first.value(MetricName::CDCLatencyTarget, 5, later),
            Some(90.0),
            "it waits before the first apply too"
        );
        assert_eq!(Flow::new(OPENED).value(MetricName::CDCLatencyTarget, 0, later), None, "nothing moved: no point");
    }
}
