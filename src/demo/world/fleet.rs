//! Many tasks that exist only on the wire: `--fleet TASKSxTABLES`. Nothing really moves; every number is a function of
//! the seed, the place and the time, so that 60,000 tables cost nothing until somebody asks.

use super::metrics::{MINUTE, Past, minute_of};
use super::seeded;
use super::task::{Counts, Task};
use crate::model::Untrusted;
use crate::model::metric::{MetricName, Point};
use crate::model::table::{AppliedCounts, Counts as Changes, TableRow, TableState, ValidationState};
use crate::model::task::{MigrationType, TaskStatus};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Size of a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fleet {
    pub tasks: usize,
    pub tables: usize,
}

/// Not `TASKSxTABLES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected TASKSxTABLES, such as 600x100, with at most 600 tasks and 60,000 tables each")]
pub struct FleetError;

impl std::str::FromStr for Fleet {
    type Err = FleetError;

    /// 600 tasks per account and 60,000 tables per task are DMS's own limits (section 1.4 of the facts).
    fn from_str(text: &str) -> Result<Self, FleetError> {
        let (tasks, tables) = text.split_once('x').ok_or(FleetError)?;
        let fleet =
            Self { tasks: tasks.parse().map_err(|_| FleetError)?, tables: tables.parse().map_err(|_| FleetError)? };
        let fits = (1..=600).contains(&fleet.tasks) && (1..=60_000).contains(&fleet.tables);
        if fits { Ok(fleet) } else { Err(FleetError) }
    }
}

/// Tables loaded side by side (`MaxFullLoadSubTasks`, 8 in DMS).
const SUB_TASKS: usize = 8;
/// DMS rewrites statistics this often; seconds.
const REFRESH: i64 = 10;
/// A reload of one table takes this long; seconds.
const RELOAD: i64 = 15;

/// Names of tables, numbered through.
const NAMES: [&str; 12] = [
    "customer",
    "address",
    "category",
    "product",
    "stock",
    "orders",
    "order_item",
    "invoice",
    "invoice_line",
    "payment",
    "shipment",
    "document",
];

/// Tables of a fleet task.
#[derive(Debug, Clone)]
pub struct FleetTables {
    pub seed: u64,
    pub task: u64,
    pub count: usize,
    /// Tables that end in error, ascending.
    pub errored: Arc<[usize]>,
    /// How long a load takes; seconds.
    pub load_seconds: i64,
    /// Reloads asked for, and when.
    pub reloads: BTreeMap<usize, Timestamp>,
}

impl FleetTables {
    /// The instant up to which this task's counters have moved.
    fn moved_until(task: &Task, now: Timestamp) -> Timestamp {
        match (&task.status, task.times.stop) {
            (TaskStatus::Running | TaskStatus::Stopping, _) | (_, None) => now,
            (_, Some(stop)) => stop.min(now),
        }
    }

    /// Tables the load has dealt with at `now`.
    pub fn done(&self, task: &Task, now: Timestamp) -> usize {
        if !task.def.migration_type.has_full_load() || task.times.load_finish.is_some() {
            return self.count;
        }
        let Some(start) = task.times.load_start else { return 0 };
        let spent = Self::moved_until(task, now).duration_since(start).as_secs().max(0);
        let share = usize::try_from(spent).unwrap_or(0).saturating_mul(self.count);
        (share / usize::try_from(self.load_seconds).unwrap_or(1).max(1)).min(self.count)
    }

    pub fn state(&self, task: &Task, index: usize, now: Timestamp) -> TableState {
        if let Some(asked) = self.reloads.get(&index) {
            let reloading = now.duration_since(*asked).as_secs() < RELOAD;
            return if reloading { TableState::BeingReloaded } else { TableState::Completed };
        }
        let done = self.done(task, now);
        if index < done {
            let bad = self.errored.binary_search(&index).is_ok();
            return if bad { TableState::Error } else { TableState::Completed };
        }
        match task.status {
            TaskStatus::Running | TaskStatus::Stopping if index < done + SUB_TASKS => TableState::FullLoad,
            TaskStatus::Stopped | TaskStatus::Failed if index < done + SUB_TASKS => TableState::Cancelled,
            _ => TableState::BeforeLoad,
        }
    }

    pub fn counts(&self, task: &Task, now: Timestamp) -> Counts {
        let done = self.done(task, now);
        let size = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let open = (self.count - done).min(SUB_TASKS);
        let errored = self.errored[..self.errored.partition_point(|index| *index < done)]
            .iter()
            .filter(|index| !self.reloads.contains_key(index))
            .count();
        let reloading = self.reloads.keys().filter(|i| self.state(task, **i, now) == TableState::BeingReloaded).count();
        let loading = if matches!(task.status, TaskStatus::Running | TaskStatus::Stopping) { open } else { 0 };
        Counts {
            loaded: size(done - errored - reloading.min(done - errored)),
            loading: size(loading + reloading),
            queued: size(self.count - done - open),
            errored: size(errored),
        }
    }

    fn name(&self, index: usize) -> (String, String) {
        let schema = if self.count > 2000 { format!("shop_{:02}", index / 2000) } else { "shop".to_owned() };
        (schema, format!("{}_{index:05}", NAMES[index % NAMES.len()]))
    }

    /// The row with this name.
    pub fn find(&self, schema: &str, table: &str) -> Option<usize> {
        let index: usize = table.rsplit('_').next()?.parse().ok()?;
        (index < self.count && self.name(index) == (schema.to_owned(), table.to_owned())).then_some(index)
    }

    pub fn row(&self, task: &Task, index: usize, now: Timestamp) -> TableRow {
        let at = Self::moved_until(task, now);
        let place = index as u64;
        let pick = |salt: u64, low, high| seeded::between(self.seed, &[self.task, place, salt], low, high);
        let state = self.state(task, index, now);
        let (schema, table) = self.name(index);
        let size = pick(1, 20, 90_000);
        let full_load_rows = match (&state, task.def.migration_type.has_full_load()) {
            (_, false) | (TableState::BeforeLoad, _) => 0,
            (TableState::FullLoad | TableState::Cancelled, _) => size / 2,
            _ => size,
        };
        let refreshed = at.as_second() - at.as_second().rem_euclid(REFRESH) + pick(2, 0, REFRESH - 1) - REFRESH;
        let loaded = matches!(state, TableState::Completed | TableState::Error | TableState::BeingReloaded);
        let captured = self.captured(task, index, &state, at);
        let behind = Self::behind(task, captured, at);
        let validated = task.def.settings.contains("\"EnableValidation\":true") && state == TableState::Completed;
        TableRow {
            schema: Untrusted::new(schema),
            table: Untrusted::new(table),
            captured,
            applied: AppliedCounts {
                inserts: Some(captured.inserts - behind),
                updates: Some(captured.updates),
                deletes: Some(captured.deletes),
                ddls: Some(captured.ddls),
            },
            full_load_rows,
            full_load_start: (full_load_rows > 0).then_some(task.times.load_start).flatten(),
            full_load_end: (full_load_rows > 0 && loaded).then(|| task.times.load_finish.or(Some(at))).flatten(),
            full_load_reloaded: self.reloads.contains_key(&index),
            validation: Some(if validated { ValidationState::Validated } else { ValidationState::NotEnabled }),
            validation_details: None,
            validation_pending: 0,
            validation_failed: 0,
            validation_suspended: 0,
            last_update: Timestamp::from_second(refreshed).ok(),
            state,
        }
    }

    /// Four tables in five are quiet, the rest see up to five changes a second.
    fn captured(&self, task: &Task, index: usize, state: &TableState, at: Timestamp) -> Changes {
        let busy = index.is_multiple_of(5) && *state == TableState::Completed && task.def.migration_type.has_cdc();
        let Some(start) = task.times.start.filter(|_| busy) else { return Changes::default() };
        let rate = seeded::between(self.seed, &[self.task, index as u64, 3], 1, 5);
        let all = at.duration_since(start).as_secs().max(0) * rate;
        Changes { inserts: all / 2, updates: all / 3, deletes: all / 20, ddls: 0 }
    }

    fn behind(task: &Task, captured: Changes, at: Timestamp) -> i64 {
        match task.def.past {
            Past::Climbing { latency, .. } => {
                let start = task.times.start.unwrap_or(at);
                let seconds = at.duration_since(start).as_secs().max(1);
                let waiting = SignedDuration::from_secs_f64(latency).as_secs();
                (captured.inserts * waiting / seconds).min(captured.inserts)
            }
            _ => 0,
        }
    }
}

/// Points of a fleet task, computed for the minutes asked for.
pub fn points(
    task: &Task,
    name: MetricName,
    seed: u64,
    opened: Timestamp,
    range: (Timestamp, Timestamp),
) -> Vec<Point> {
    let Some(started) = task.times.start else { return Vec::new() };
    let running = matches!(task.status, TaskStatus::Running | TaskStatus::Stopping);
    let stopped = task.times.stop.filter(|_| !running).unwrap_or(Timestamp::MAX);
    let (start, end) = (range.0.max(minute_of(started)), range.1.min(stopped));
    let mut minute = minute_of(start);
    if minute < start {
        minute += SignedDuration::from_secs(MINUTE);
    }
    let place = seeded::place(task.def.arn.as_str());
    let mut out = Vec::new();
    while minute < end {
        let loading = task.times.load_finish.is_none_or(|finish| minute < finish)
            && task.times.load_start.is_some_and(|start| minute >= minute_of(start));
        let past = match (loading, &task.def.migration_type, task.def.past) {
            (true, MigrationType::FullLoad | MigrationType::FullLoadAndCdc, past) => {
                let (Past::Steady { rows, .. } | Past::Climbing { rows, .. } | Past::Loading { rows }) = past else {
                    return out;
                };
                Past::Loading { rows }
            }
            (false, MigrationType::FullLoad, _) => Past::Silent,
            (_, _, past) => past,
        };
        if let Some(value) = past.value(name, seed, place, minute, opened) {
            out.push(Point { at: minute, value });
        }
        minute += SignedDuration::from_secs(MINUTE);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_is_written_as_tasks_by_tables_within_dms_limits() {
        assert_eq!("600x100".parse(), Ok(Fleet { tasks: 600, tables: 100 }));
        assert_eq!("1x60000".parse(), Ok(Fleet { tasks: 1, tables: 60_000 }));
        for bad in ["600", "0x1", "601x1", "1x60001", "ax1", "-1x5", ""] {
            assert_eq!(bad.parse::<Fleet>(), Err(FleetError), "{bad}");
        }
    }
}
