//! How a task stands: its load and its latency, and the words for a judgement. What is wrong with it is a matter of the
//! rules in [`crate::model::alert`].
//!
//! `running` is not health and `stopped` is not failure: a full load that stopped with `FULL_LOAD_ONLY_FINISHED`
//! succeeded, a CDC task that stopped is an outage (section 0 of the DMS facts, points 2 to 7).

use crate::model::metric::{self, Point};
use crate::model::table::{TableRow, TableState};
use crate::model::task::{MigrationType, StopReason, Task, TaskStatus};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The judgement. Ordered so that sorting puts the worst last; `Unknown` is never better than `Warning`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    Ok,
    Warning,
    Unknown,
    Critical,
}

impl Health {
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Critical => "critical",
        }
    }
}

/// Seconds of target latency above which a CDC task is a warning, and critical, where nobody has said otherwise.
pub const LATENCY_WARNING: f64 = 60.0;
pub const LATENCY_CRITICAL: f64 = 900.0;

/// A running CDC task owes a data point once it has run this long (design: "running with CDC for over three minutes").
pub const POINT_DUE_AFTER: SignedDuration = SignedDuration::from_secs(180);

/// What the latency of a task can be said to be at `now`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Latency {
    /// None is due: full load only, not running, or never ran.
    NotDue,
    /// Not known: it has not run long enough, or no answer speaks of the time from which a point would be missing.
    NotYet,
    /// A fresh point.
    Fresh(Point),
    /// A point is due and there is none, or only an old one.
    Missing { newest: Option<Timestamp> },
}

/// How the load stands, judged by table states, never by the percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Load {
    /// This task does no full load.
    None,
    /// Never started.
    NotStarted,
    /// Under way; the percentage is DMS's own estimate.
    Loading { percent: Option<i32> },
    /// Every table through.
    Complete,
    /// DMS says it is over, and some tables are in error or were never loaded.
    Incomplete { errored: i32 },
}

/// Judges the load from counts DMS keeps per state. Percent 100 with errored tables is not a load.
pub fn load(task: &Task) -> Load {
    if !task.migration_type.has_full_load() {
        return Load::None;
    }
    let s = &task.stats;
    let unfinished = s.tables_loading + s.tables_queued;
    match (s.fresh_start, unfinished, s.tables_errored) {
        (None, ..) => Load::NotStarted,
        (_, n, _) if n > 0 => {
            if is_over(task) || skipped(task) {
                Load::Incomplete { errored: s.tables_errored }
            } else {
                Load::Loading { percent: s.full_load_progress_percent }
            }
        }
        (_, _, e) if e > 0 => Load::Incomplete { errored: e },
        _ if s.tables_loaded > 0 && s.full_load_finish.is_some() => Load::Complete,
        // All zero: common after a stop. Only DMS's own word for "finished" is believed.
        _ if task.stop_reason() == Some(StopReason::FullLoadOnlyFinished) => Load::Complete,
        _ if is_over(task) || skipped(task) => Load::Incomplete { errored: 0 },
        _ => Load::Loading { percent: s.full_load_progress_percent },
    }
}

/// A resume of a load that broke off goes on with the changes: what was not loaded never will be (facts, point 9).
fn skipped(task: &Task) -> bool {
    let s = &task.stats;
    let resumed = s.fresh_start.zip(s.start).is_some_and(|(fresh, start)| start > fresh);
    task.migration_type == MigrationType::FullLoadAndCdc && resumed && s.full_load_finish.is_none()
}

fn is_over(task: &Task) -> bool {
    matches!(task.status, TaskStatus::Stopped | TaskStatus::Failed)
}

/// Judges the latency of one task from the points of `CDCLatencyTarget`. `answered` is when the newest answer about
/// metrics came, if it still counts: it can say that a point is missing only as of that time, never as of `now`.
pub fn latency(task: &Task, points: &[Point], answered: Option<Timestamp>, now: Timestamp) -> Latency {
    if task.status != TaskStatus::Running || !task.migration_type.has_cdc() {
        return Latency::NotDue;
    }
    if let Some(point) = metric::fresh(points, now) {
        return Latency::Fresh(point);
    }
    let newest = points.last().map(|point| point.at);
    let cdc_since = match task.migration_type {
        // During the full load nothing is applied yet, so no point is owed. A resumed task starts after its load.
        MigrationType::FullLoadAndCdc => match task.stats.full_load_finish {
            None if !skipped(task) => return Latency::NotDue,
            finish => finish.max(task.stats.start),
        },
        _ => task.stats.start,
    };
    let (Some(since), Some(answered)) = (cdc_since, answered) else { return Latency::NotYet };
    let due = answered.duration_since(since) > POINT_DUE_AFTER;
    if due && metric::fresh(points, answered).is_none() { Latency::Missing { newest } } else { Latency::NotYet }
}

/// Tables in error: rows where we have them all, else the task's own count; the larger, since either may be stale.
pub fn errored_tables(task: &Task, tables: Option<&[TableRow]>) -> usize {
    let rows = tables.into_iter().flatten().filter(|row| row.state == TableState::Error).count();
    rows.max(usize::try_from(task.stats.tables_errored).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EndpointArn, ReplicationArn, TaskName, Untrusted};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    fn task(kind: MigrationType, status: TaskStatus) -> Task {
        Task {
            arn: ReplicationArn::parse("arn:aws:dms:eu-west-1:123456789012:task:A").unwrap(),
            name: TaskName::new("orders"),
            migration_type: kind,
            status,
            stop_reason: None,
            last_failure: None,
            source: EndpointArn("s".into()),
            target: EndpointArn("t".into()),
            instance: None,
            stats: crate::model::task::TaskStats::default(),
            table_mappings: None,
            settings: None,
            cdc_start_position: None,
            cdc_stop_position: None,
            recovery_checkpoint: None,
        }
    }

    fn stopped(kind: MigrationType, reason: &str) -> Task {
        Task { stop_reason: Some(Untrusted::new(reason)), ..task(kind, TaskStatus::Stopped) }
    }

    #[test]
    fn a_hundred_percent_with_tables_in_error_is_not_a_load() {
        let mut task = stopped(MigrationType::FullLoad, "Stop Reason FULL_LOAD_ONLY_FINISHED");
        task.stats.fresh_start = Some(at(0));
        task.stats.full_load_progress_percent = Some(100);
        task.stats.tables_errored = 12;
        assert_eq!(load(&task), Load::Incomplete { errored: 12 });
    }

    #[test]
    fn the_load_is_judged_by_table_states() {
        let (loaded, loading, queued) = (3, 1, 2);
        let mut t = task(MigrationType::FullLoad, TaskStatus::Running);
        assert_eq!(load(&t), Load::NotStarted);
        t.stats.fresh_start = Some(at(0));
        t.stats.full_load_progress_percent = Some(100);
        (t.stats.tables_loaded, t.stats.tables_loading, t.stats.tables_queued) = (loaded, loading, queued);
        assert_eq!(load(&t), Load::Loading { percent: Some(100) });
        t.status = TaskStatus::Failed;
        assert_eq!(load(&t), Load::Incomplete { errored: 0 });
        (t.stats.tables_loading, t.stats.tables_queued) = (0, 0);
        t.stats.full_load_finish = Some(at(9));
        assert_eq!(load(&t), Load::Complete);
        assert_eq!(load(&task(MigrationType::Cdc, TaskStatus::Running)), Load::None);
    }

    #[test]
    fn zeros_after_a_stop_are_believed_only_with_the_stop_reason() {
        let mut t = stopped(MigrationType::FullLoad, "Stop Reason FULL_LOAD_ONLY_FINISHED");
        t.stats.fresh_start = Some(at(0));
        assert_eq!(load(&t), Load::Complete);
        t.stop_reason = None;
        assert_eq!(load(&t), Load::Incomplete { errored: 0 });
    }

    #[test]
    fn a_missing_point_is_critical_only_where_one_is_due() {
        let now = at(10_000);
        let point = |age: i64| vec![Point { at: at(10_000 - age), value: 2.0 }];
        let mut cdc = task(MigrationType::Cdc, TaskStatus::Running);
        cdc.stats.start = Some(at(0));
        let young = Task {
            stats: crate::model::task::TaskStats { start: Some(at(9_900)), ..cdc.stats.clone() },
            ..cdc.clone()
        };
        let due_since = Task {
            stats: crate::model::task::TaskStats { start: Some(at(9_700)), ..cdc.stats.clone() },
            ..cdc.clone()
        };
        let mut loading = Task { migration_type: MigrationType::FullLoadAndCdc, ..cdc.clone() };
        for (name, task, points, answered, want) in [
            ("fresh", &cdc, point(60), Some(now), Latency::Fresh(point(60)[0])),
            ("old", &cdc, point(400), Some(now), Latency::Missing { newest: Some(at(9_600)) }),
            ("old, and nobody answered since it was fresh", &cdc, point(400), Some(at(9_700)), Latency::NotYet),
            (
                "old already when answered",
                &cdc,
                point(400),
                Some(at(9_800)),
                Latency::Missing { newest: Some(at(9_600)) },
            ),
            ("due only since the answer", &due_since, vec![], Some(at(9_800)), Latency::NotYet),
            ("never", &cdc, vec![], Some(now), Latency::Missing { newest: None }),
            ("not asked yet", &cdc, vec![], None, Latency::NotYet),
            ("just started", &young, vec![], Some(now), Latency::NotYet),
            ("still loading", &loading, vec![], Some(now), Latency::NotDue),
            ("stopped", &stopped(MigrationType::Cdc, "x"), point(60), Some(now), Latency::NotDue),
            ("load only", &task(MigrationType::FullLoad, TaskStatus::Running), vec![], Some(now), Latency::NotDue),
        ] {
            assert_eq!(latency(task, &points, answered, now), want, "{name}");
        }
        loading.stats.full_load_finish = Some(at(1_000));
        assert_eq!(latency(&loading, &[], Some(now), now), Latency::Missing { newest: None });
    }
}
