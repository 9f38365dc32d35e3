//! What the mover says, folded into what DMS would show.

use super::World;
use super::logs;
use super::task::{Run, Table, Tables, Task};
use crate::demo::mover::order::{Checkpoint, Happened};
use crate::model::Untrusted;
use crate::model::table::{AppliedCounts, Counts, TableRow, TableState, ValidationState};
use crate::model::task::{MigrationType, StopReason, TaskStatus};
use jiff::Timestamp;
use std::sync::Arc;

/// Folds one report of a mover.
pub fn mover(world: &mut World, id: &str, run: u64, happened: Happened, now: Timestamp) {
    let Some(index) = world.by_resource_id(id) else { return };
    let task = &mut world.tasks[index];
    // A run that was replaced has nothing to say any more.
    let Some(seeding) = task.run.as_ref().filter(|current| current.number == run).map(|run| run.seeding) else {
        return;
    };
    match happened {
        Happened::Tables(names) => take_tables(task, &names, now),
        Happened::LoadStarted { schema, table } => load_started(task, &schema, &table, seeding, now),
        Happened::Loaded { schema, table, rows } => {
            let counts_load = task.def.migration_type.has_full_load();
            if let Some(table) = task.table(&schema, &table).filter(|table| counts_load && !hidden(seeding, table)) {
                table.live.full_load_rows += i64::try_from(rows).unwrap_or(i64::MAX);
                task.flow.loaded += rows;
            }
        }
        Happened::LoadEnded { schema, table: name } => {
            if let Some(table) = task.table(&schema, &name).filter(|table| !hidden(seeding, table)) {
                table.live.state = TableState::Completed;
                table.live.full_load_end = Some(now);
                table.shown = refreshed(&table.live, now);
                let rows = table.live.full_load_rows;
                logs::load_ended(task, &schema, &name, rows, now);
            }
            settle_load(task, now);
        }
        Happened::TableFailed { schema, table, why } => {
            logs::table_failed(task, &schema, &table, &why, now);
            if let Some(table) = task.table(&schema, &table) {
                table.live.state = TableState::Error;
                table.suspended = true;
                table.shown = refreshed(&table.live, now);
            }
            settle_load(task, now);
        }
        Happened::Captured { schema, table, inserts, updates, deletes, committed } => {
            task.flow.live = true;
            task.flow.captured_from = task.flow.captured_from.or(Some(committed));
            task.flow.captured += inserts + updates + deletes;
            task.flow.capture_lag = now.duration_since(committed).as_secs_f64().max(0.0);
            if let Some(table) = replicated(task, &schema, &table) {
                add(&mut table.live.captured, inserts, updates, deletes);
            }
        }
        Happened::Applied { schema, table, inserts, updates, deletes, committed } => {
            task.flow.applied += inserts + updates + deletes;
            task.flow.apply_lag = now.duration_since(committed).as_secs_f64().max(0.0);
            task.flow.applied_to = task.flow.applied_to.max(Some(committed));
            if let Some(table) = replicated(task, &schema, &table) {
                let TableRow { applied, captured, .. } = &mut table.live;
                // What was captured while the table was out was not counted, so its arrival is not either.
                let plus = |count: Option<i64>, more: u64, captured: i64| {
                    Some(captured.min(count.unwrap_or(0) + i64::try_from(more).unwrap_or(0)))
                };
                applied.inserts = plus(applied.inserts, inserts, captured.inserts);
                applied.updates = plus(applied.updates, updates, captured.updates);
                applied.deletes = plus(applied.deletes, deletes, captured.deletes);
            }
        }
        Happened::At(checkpoint) => task.checkpoint = Some(checkpoint),
        // Source latency falls to zero when a read finds nothing new.
        Happened::Idle(_) => task.flow.capture_lag = 0.0,
        Happened::LoadFinished => load_finished(task, seeding, now),
        Happened::Stopped => {
            task.run = None;
            if task.status != TaskStatus::Stopping && !seeding {
                stopped(task, StopReason::Normal, now);
            }
        }
        Happened::Failed { why } => {
            task.run = None;
            fail(world, index, &why, now);
        }
    }
}

/// The task is down: DMS's own wrapping around the database's own words.
pub fn fail(world: &mut World, index: usize, why: &str, now: Timestamp) {
    super::time::halt(world, index);
    let task = &mut world.tasks[index];
    task.status = TaskStatus::Failed;
    task.until = None;
    task.begin = None;
    task.times.stop = Some(now);
    task.stop_reason = Some("Stop Reason FATAL_ERROR Error Level FATAL".to_owned());
    let failure = format!(
        "Last Error  {why} Task error notification received from subtask 0, thread 0 [reptask/replicationtask.c:2883] \
         [1020101] Stop Reason FATAL_ERROR Error Level FATAL"
    );
    logs::failed(task, &failure, now);
    task.last_failure = Some(failure);
    refresh(task, now);
}

/// Takes a table out of replication, as an error does.
pub fn table_error(world: &mut World, name: &str, schema: &str, table: &str, now: Timestamp) {
    let Some(index) = world.by_name(name) else { return };
    if world.tasks[index].has_table(schema, table) {
        logs::table_error(world, index, schema, table, now);
    }
    let task = &mut world.tasks[index];
    if let Tables::Fleet(fleet) = &mut task.tables {
        if let Some(found) = fleet.find(schema, table) {
            let mut errored = fleet.errored.to_vec();
            errored.push(found);
            errored.sort_unstable();
            errored.dedup();
            fleet.errored = errored.into();
            fleet.reloads.remove(&found);
        }
    } else if let Some(table) = task.table(schema, table) {
        table.live.state = TableState::Error;
        table.suspended = true;
        table.shown = refreshed(&table.live, now);
    }
}

/// Every row as it is now becomes what DMS shows.
pub fn refresh(task: &mut Task, now: Timestamp) {
    task.refreshed = now;
    for table in task.kept() {
        table.shown = refreshed(&table.live, now);
    }
}

fn refreshed(live: &TableRow, now: Timestamp) -> TableRow {
    TableRow { last_update: Some(now), ..live.clone() }
}

/// The task has stopped by itself or as asked.
pub fn stopped(task: &mut Task, reason: StopReason, now: Timestamp) {
    task.status = TaskStatus::Stopped;
    task.until = None;
    task.times.stop = Some(now);
    let reason = format!("Stop Reason {}", reason.raw());
    logs::stopped(task, &reason, now);
    task.stop_reason = Some(reason);
    if task.runs == 0 && task.def.migration_type.has_cdc() {
        // Nothing moves here, so no mover says how far it has come.
        task.checkpoint = Some(Checkpoint(now.as_second()));
    }
    for table in task.kept() {
        if matches!(table.live.state, TableState::FullLoad | TableState::BeingReloaded) {
            table.live.state = TableState::Cancelled;
        }
    }
    refresh(task, now);
}

/// The row of a table that is in replication.
fn replicated<'a>(task: &'a mut Task, schema: &str, table: &str) -> Option<&'a mut Table> {
    task.table(schema, table).filter(|table| !table.live.state.is_bad())
}

fn add(counts: &mut Counts, inserts: u64, updates: u64, deletes: u64) {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    counts.inserts += number(inserts);
    counts.updates += number(updates);
    counts.deletes += number(deletes);
}

/// The rows become exactly the tables of the run, and those that are out since an earlier one.
fn take_tables(task: &mut Task, names: &[(String, String)], now: Timestamp) {
    let Tables::Kept(tables) = &mut task.tables else { return };
    let tables = Arc::make_mut(tables);
    let load = task.def.migration_type.has_full_load();
    let is = |t: &Table, name: &(String, String)| t.live.schema.raw() == name.0 && t.live.table.raw() == name.1;
    tables.retain(|table| table.suspended || names.iter().any(|name| is(table, name)));
    for name in names {
        if !tables.iter().any(|table| is(table, name)) {
            let state = if load { TableState::BeforeLoad } else { TableState::Completed };
            tables.push(table(&name.0, &name.1, state, now));
        }
    }
}

/// A row nothing has happened to yet.
pub fn table(schema: &str, table: &str, state: TableState, now: Timestamp) -> Table {
    let (captured, applied) = uncounted();
    let live = TableRow {
        schema: Untrusted::new(schema),
        table: Untrusted::new(table),
        state,
        captured,
        applied,
        full_load_rows: 0,
        full_load_start: None,
        full_load_end: None,
        full_load_reloaded: false,
        validation: Some(ValidationState::NotEnabled),
        validation_details: None,
        validation_pending: 0,
        validation_failed: 0,
        validation_suspended: 0,
        last_update: Some(now),
    };
    Table { shown: live.clone(), live, suspended: false }
}

/// Captured and applied before the first change.
pub fn uncounted() -> (Counts, AppliedCounts) {
    let zero = Some(0);
    (Counts::default(), AppliedCounts { inserts: zero, updates: zero, deletes: zero, ddls: zero })
}

/// Not to be seen: the first load of a seeding run, but not a reload somebody asks for later.
fn hidden(seeding: bool, table: &Table) -> bool {
    seeding && table.live.state != TableState::BeingReloaded
}

fn load_started(task: &mut Task, schema: &str, name: &str, seeding: bool, now: Timestamp) {
    let Some(table) = task.table(schema, name) else { return };
    if hidden(seeding, table) {
        return;
    }
    table.live.full_load_rows = 0;
    table.suspended = false;
    table.live.full_load_start = Some(now);
    table.live.full_load_end = None;
    if table.live.state != TableState::BeingReloaded {
        table.live.state = TableState::FullLoad;
    }
    table.shown = refreshed(&table.live, now);
    logs::load_started(task, schema, name, now);
}

/// The load is over once no table is waiting or under way, whether they came through or not.
fn settle_load(task: &mut Task, now: Timestamp) {
    let over = !task.kept().iter().any(|table| table.live.state.is_unfinished());
    if over && task.def.migration_type.has_full_load() && task.times.load_finish.is_none() {
        task.times.load_finish = Some(now);
    }
}

fn load_finished(task: &mut Task, seeding: bool, now: Timestamp) {
    task.run = None;
    if seeding || task.def.migration_type != MigrationType::FullLoad {
        return;
    }
    task.times.load_finish = task.times.load_finish.or(Some(now));
    // Finished is what DMS says even when tables are in error.
    stopped(task, StopReason::FullLoadOnlyFinished, now);
}

/// A run of this task, numbered.
pub fn new_run(task: &mut Task, seeding: bool, apply_delay_ms: u64) -> Run {
    task.runs += 1;
    let control = crate::demo::mover::order::Control { stop: false, reload: Vec::new(), apply_delay_ms };
    let run = Run { number: task.runs, seeding, control };
    task.run = Some(run.clone());
    run
}
