//! When a comparison that is not asked for by hand begins: after the task has stopped, or every so often. Pure: what was
//! seen goes in, with the time.

use crate::model::task::{Task, TaskStatus};
use jiff::{SignedDuration, Timestamp};

/// Every so often since the beginning, however long each takes: it does not drift. A beat that comes while one still runs
/// is left out, so there are never two at once.
#[derive(Debug, Clone, Copy)]
pub struct Beat {
    first: Timestamp,
    every: SignedDuration,
}

impl Beat {
    /// `every` is longer than nothing.
    pub fn new(first: Timestamp, every: SignedDuration) -> Self {
        Self { first, every: every.max(SignedDuration::from_secs(1)) }
    }

    /// The first beat after `now`.
    pub fn next(&self, now: Timestamp) -> Timestamp {
        let passed = now.duration_since(self.first).as_nanos().max(0) / self.every.as_nanos();
        let beats = i32::try_from(passed + 1).unwrap_or(i32::MAX);
        self.first.saturating_add(self.every.saturating_mul(beats)).unwrap_or(Timestamp::MAX)
    }
}

/// Waits for a task to stop after a run that it saw, or whose traces it sees: a task that stands when it is looked at first
/// has to run before its stop counts.
#[derive(Debug, Clone, Default)]
pub struct Standstill {
    /// What the task said of its runs when it stood at the first look.
    first: Option<Times>,
    ran: bool,
}

type Times = [Option<Timestamp>; 3];

impl Standstill {
    /// Whether it has stopped.
    pub fn see(&mut self, task: &Task) -> bool {
        let times = [task.stats.start, task.stats.fresh_start, task.stats.stop];
        match task.status {
            TaskStatus::Stopped | TaskStatus::Failed | TaskStatus::FailedMove => {
                self.ran || *self.first.get_or_insert(times) != times
            }
            TaskStatus::Running | TaskStatus::Starting | TaskStatus::Stopping => {
                self.ran = true;
                false
            }
            // It neither runs nor has run.
            _ => {
                self.first.get_or_insert(times);
                false
            }
        }
    }

    /// What is waited for, in words.
    pub fn words(&self, task: &Task) -> String {
        let (name, status) = (task.name.shown(), task.status.raw());
        let status = crate::model::untrusted::shown(status);
        if self.ran {
            format!("{name} to stop; it is {status}")
        } else {
            format!("{name} to start and to stop; it is {status}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn beats_do_not_drift_and_those_that_are_missed_are_left_out() {
        let beat = Beat::new(at(0), SignedDuration::from_secs(1800));
        for (now, want) in [(0, 1800), (40, 1800), (1799, 1800), (1800, 3600), (5_500, 7200), (-50, 1800)] {
            assert_eq!(beat.next(at(now)), at(want), "{now}");
        }
        // Whatever is asked for, there is an end to a second.
        assert_eq!(Beat::new(at(0), SignedDuration::ZERO).next(at(5)), at(6));
    }

    fn task(status: &str, start: Option<i64>, stop: Option<i64>) -> Task {
        serde_json::from_value(json!({
            "arn": "arn:aws:dms:eu-west-1:123456789012:task:A", "name": "orders", "migration_type": "full-load",
            "status": status, "stop_reason": null, "last_failure": null, "source": "s", "target": "t",
            "instance": null,
            "stats": {"full_load_progress_percent": null, "elapsed_ms": null, "tables_loaded": 0, "tables_loading": 0,
                      "tables_queued": 0, "tables_errored": 0, "fresh_start": start.map(at), "start": start.map(at),
                      "stop": stop.map(at), "full_load_start": null, "full_load_finish": null},
            "table_mappings": null, "settings": null, "cdc_start_position": null, "cdc_stop_position": null,
            "recovery_checkpoint": null
        }))
        .unwrap()
    }

    #[test]
    fn a_stop_counts_after_a_run_that_was_seen_or_left_its_traces() {
        let stood = || task("stopped", Some(0), Some(50));
        for (looks, want) in [
            (vec![task("running", Some(0), None), task("stopping", Some(0), None), stood()], Some(2)),
            (vec![task("running", Some(0), None), task("failed", Some(0), None)], Some(1)),
            // It stood before anybody waited.
            (vec![stood(), stood(), stood()], None),
            (vec![stood(), task("starting", Some(0), Some(50)), task("stopped", Some(60), Some(70))], Some(2)),
            // It ran between two looks.
            (vec![stood(), task("stopped", Some(60), Some(70))], Some(1)),
            (vec![task("ready", None, None), task("stopped", Some(60), Some(70))], Some(1)),
            (vec![task("ready", None, None), task("testing", None, None), task("ready", None, None)], None),
        ] {
            let mut it = Standstill::default();
            assert_eq!(looks.iter().position(|task| it.see(task)), want, "{looks:?}");
        }
        let mut it = Standstill::default();
        it.see(&stood());
        assert_eq!(it.words(&stood()), "orders to start and to stop; it is stopped");
        it.see(&task("running", Some(0), None));
        assert_eq!(it.words(&task("running", Some(0), None)), "orders to stop; it is running");
    }
}
