//! DMS's own words, in its own line format: a thread number, a time of whole seconds, a component cut at fifteen
//! characters in a field of sixteen, a letter, the message, the place in the source. Section 4.2 of the facts.

use super::{Stream, push};
use crate::demo::world::metrics::{MINUTE, minute_of};
use crate::demo::world::task::Task;
use crate::demo::world::{World, events, seeded};
use crate::model::metric::MetricName;
use crate::model::task::{MigrationType, TaskStatus};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// Minutes written afterwards when nobody looked.
const CAUGHT_UP: i64 = 180;
/// Target latency from which changes find no row on the target now and then; seconds.
const LATE_FROM: f64 = 40.0;
const PAUSED: &str =
    "Reading from source is paused. Total storage used by swap files exceeded the limit 1048576000 bytes";

/// One line.
pub(super) fn line(at: Timestamp, component: &str, letter: char, message: &str, source: &str) -> String {
    let cut: String = component.chars().take(15).collect();
    let thread = seeded::place(component) % 90_000 + 10_000;
    let time = at.strftime("%Y-%m-%dT%H:%M:%S");
    format!("{thread:08}: {time} [{cut:<16}]{letter}:  {message}  ({source})")
}

fn say(task: &mut Task, at: Timestamp, component: &str, letter: char, message: &str, source: &str) {
    push(task, Stream::Task, at, line(at, component, letter, message, source));
}

fn milliseconds(n: i64) -> SignedDuration {
    SignedDuration::from_millis(n)
}

/// What a serverless replication's orchestrator says.
fn orchestrate(task: &mut Task, at: Timestamp, state: &str, message: &str) {
    if task.is_serverless() {
        let text = format!("{{'replication_state':'{state}', 'message': '{message}', 'time_stamp': '{at}'}}");
        push(task, Stream::Orchestrator, at, text);
    }
}

/// The task runs.
pub fn started(task: &mut Task, fresh: bool, at: Timestamp) {
    let kind = match task.def.migration_type {
        MigrationType::Cdc => "CDC only",
        MigrationType::FullLoad => "full load only",
        _ => "full load and CDC",
    };
    let id = task.resource_id();
    let mode = if fresh { "fresh start" } else { "resume" };
    orchestrate(task, at - milliseconds(2000), "initializing", "Initializing the replication workflow.");
    orchestrate(task, at - milliseconds(900), "running", "Replication is running.");
    say(task, at, "TASK_MANAGER", 'I', &format!("Start processing task '{id}'"), "replicationtask.c:1204");
    let message = format!("Task '{id}' running {kind} in {mode} mode");
    say(task, at + milliseconds(20), "TASK_MANAGER", 'I', &message, "replicationtask.c:1314");
    say(task, at + milliseconds(40), "METADATA_MANAGER", 'I', "Going to connect to server", "odbc_endpoint_imp.c:2471");
    say(
        task,
        at + milliseconds(60),
        "TASK_MANAGER",
        'I',
        "All stream components were initialized",
        "replicationtask.c:3937",
    );
    say(task, at + milliseconds(80), "SORTER", 'I', "Task is running", "sorter.c:712");
}

/// Somebody asked it to stop.
pub fn stop_requested(task: &mut Task, at: Timestamp) {
    say(task, at, "TASK_MANAGER", 'I', "Task stop was requested by the user", "replicationtask.c:2012");
}

/// It has stopped by itself or as asked. `reason` as DMS says it, with its prefix.
pub fn stopped(task: &mut Task, reason: &str, at: Timestamp) {
    let id = task.resource_id();
    say(task, at, "SORTER", 'I', "Final saved task state", "sorter.c:803");
    let message = format!("Task '{id}' stopped. {reason}");
    say(task, at + milliseconds(20), "TASK_MANAGER", 'I', &message, "replicationtask.c:3290");
    say(
        task,
        at + milliseconds(40),
        "TASK_MANAGER",
        'I',
        "Task management thread terminated",
        "replicationtask.c:4199",
    );
    orchestrate(task, at + milliseconds(900), "stopped", "Replication has stopped.");
}

/// It broke down; `failure` is what `LastFailureMessage` says.
pub fn failed(task: &mut Task, failure: &str, at: Timestamp) {
    let id = task.resource_id();
    say(task, at, "TASK_MANAGER", 'E', failure, "replicationtask.c:3603");
    let message = format!("Task '{id}' encountered a fatal error");
    say(task, at + milliseconds(20), "TASK_MANAGER", 'E', &message, "repository.c:6088");
    say(
        task,
        at + milliseconds(40),
        "TASK_MANAGER",
        'I',
        "Task management thread terminated",
        "replicationtask.c:4199",
    );
    orchestrate(task, at + milliseconds(900), "failed", "Replication has failed.");
}

pub fn load_started(task: &mut Task, schema: &str, table: &str, at: Timestamp) {
    let message = format!("Start loading table '{schema}'.'{table}' by subtask 1");
    say(task, at, "TASK_MANAGER", 'I', &message, "replicationtask_util.c:755");
}

pub fn load_ended(task: &mut Task, schema: &str, table: &str, rows: i64, at: Timestamp) {
    let message = format!("Unload finished for table '{schema}'.'{table}'. {rows} rows sent.");
    say(task, at, "SOURCE_UNLOAD", 'I', &message, "streamcomponent.c:3543");
    let message = format!("Load finished for table '{schema}'.'{table}'. {rows} rows received. 0 rows skipped.");
    say(task, at + milliseconds(20), "TARGET_LOAD", 'I', &message, "streamcomponent.c:3826");
}

/// A table fell out of replication. `why` is the database's own text.
pub fn table_failed(task: &mut Task, schema: &str, table: &str, why: &str, at: Timestamp) {
    let loading = task.times.load_start.is_some() && task.times.load_finish.is_none();
    let component = if loading { "TARGET_LOAD" } else { "TARGET_APPLY" };
    let message = format!("Failed to execute statement on '{schema}'.'{table}':\n{why} [1022502]");
    say(task, at, component, 'E', &message, "ar_odbc_stmt.c:2753");
    // Some of it comes as events of their own, without a head.
    push(task, Stream::Task, at + milliseconds(1), format!("    table: {schema}.{table}; batch of 1 record"));
    let message = format!("Table '{schema}'.'{table}' (subtask 1 thread 1) is suspended [1020403]");
    say(task, at + milliseconds(20), "TASK_MANAGER", 'W', &message, "replicationtask.c:2711");
}

/// A table was thrown out by the fault: what the target would have said.
pub fn table_error(world: &mut World, index: usize, schema: &str, table: &str, at: Timestamp) {
    let task = &world.tasks[index];
    let target = world.endpoints.iter().find(|endpoint| endpoint.arn == task.def.target);
    let why = foreign_key(target.map_or("mysql", |endpoint| endpoint.engine.0), schema, table);
    table_failed(&mut world.tasks[index], schema, table, &why, at);
}

/// How an engine refuses a row whose parent is missing.
pub(super) fn foreign_key(engine: &str, schema: &str, table: &str) -> String {
    match engine {
        "postgres" => format!(
            "RetCode: SQL_ERROR  SqlState: 23503 NativeError: 1 Message: ERROR: insert or update on table \"{table}\" \
             violates foreign key constraint \"{table}_fk\";\nError while executing the query"
        ),
        _ => format!(
            "RetCode: SQL_ERROR  SqlState: 23000 NativeError: 1452 Message: Cannot add or update a child row: a foreign \
             key constraint fails (`{schema}`.`{table}`, CONSTRAINT `{table}_fk`)"
        ),
    }
}

/// The regular lines of every minute that has ended since the last time.
pub fn minutes(world: &mut World, index: usize, now: Timestamp) {
    let current = minute_of(now);
    let earliest = current - SignedDuration::from_mins(CAUGHT_UP);
    let mut minute = world.tasks[index].log.minute.unwrap_or(current).max(earliest);
    if world.tasks[index].log.minute == Some(current) {
        return;
    }
    while minute < current {
        if world.tasks[index].status == TaskStatus::Running && world.tasks[index].def.migration_type.has_cdc() {
            one_minute(world, index, minute, now);
        }
        minute += SignedDuration::from_secs(MINUTE);
    }
    Arc::make_mut(&mut world.tasks[index].log).minute = Some(current);
}

/// Latency every minute, context logging every three, and what a late target brings with it.
pub(super) fn one_minute(world: &mut World, index: usize, minute: Timestamp, now: Timestamp) {
    let (seed, task) = (world.setting.seed, &world.tasks[index]);
    let place = seeded::place(task.def.arn.as_str());
    let until = minute + SignedDuration::from_secs(MINUTE - 1);
    let latency = |name| world.points(task, name, (minute, until), now.max(until)).first().map(|point| point.value);
    let target = latency(MetricName::CDCLatencyTarget);
    let source = latency(MetricName::CDCLatencySource);
    let number = minute.as_second() / MINUTE;
    let tables: Vec<(String, String)> = (0..task.table_count().min(8))
        .map(|row| task.table_row(row, now))
        .filter(|row| !row.state.is_bad())
        .map(|row| (row.schema.raw().to_owned(), row.table.raw().to_owned()))
        .collect();
    let at = |second: i64| minute + SignedDuration::from_secs(second);
    // What is told as an event stands in the log at the same moment.
    let before = minute - SignedDuration::from_secs(1);
    let said = events::pauses(task, seed, before, until);
    let pauses: Vec<(Timestamp, bool)> = said.map(|(at, (_, text))| (at, text.contains("paused"))).collect();
    let task = &mut world.tasks[index];
    if let Some((source, target)) = source.zip(target) {
        let handling = (target - source).max(0.0);
        let message = format!(
            "Source latency {source:.2} seconds, Target latency {target:.2} seconds, Handling latency {handling:.2} seconds"
        );
        say(task, at(2), "PERFORMANCE", 'I', &message, "replicationtask.c:3879");
    }
    if number % 3 == 0 {
        let message = "No records received to load or apply on target, waiting for data from upstream";
        say(task, at(20), "TARGET_APPLY", 'I', message, "streamcomponent.c:2021");
    }
    for (at, paused) in pauses {
        let resumed = ('I', "Reading from source is resumed", "sorter_transaction.c:158");
        let (level, message, place) = if paused { ('W', PAUSED, "sorter_transaction.c:110") } else { resumed };
        say(task, at, "SORTER", level, message, place);
    }
    let late = target.is_some_and(|latency| latency >= LATE_FROM);
    let last = i64::try_from(tables.len()).unwrap_or(0) - 1;
    let drawn = seeded::between(seed, &[place, number.cast_unsigned()], 0, last.max(0));
    if late
        && number % 5 == 1
        && let Some((schema, table)) = usize::try_from(drawn).ok().and_then(|drawn| tables.get(drawn))
    {
        let message = format!(
            "Some changes from the source database had no impact when applied to the target database ('{schema}'.'{table}'). \
             See the 'awsdms_apply_exceptions' table for details."
        );
        say(task, at(33), "TARGET_APPLY", 'W', &message, "endpointshell.c:7039");
    }
}

/// A column left out, said only at information level.
pub(super) fn column_dropped(task: &mut Task, schema: &str, table: &str, column: &str, at: Timestamp) {
    let message =
        format!("Column '{column}' is unsupported in table def '{schema}.{table}' since the LOB support is disabled");
    say(task, at, "METADATA_MANAGER", 'I', &message, "metadatamanager.c:1712");
}

/// A file of rows the target refused.
pub(super) fn csv_failed(task: &mut Task, schema: &str, table: &str, at: Timestamp) {
    say(task, at, "TARGET_LOAD", 'E', "Failed to load data from csv file [1020403]", "odbc_endpoint_imp.c:7811");
    let message = format!("Table '{schema}'.'{table}' (subtask 2 thread 1) is suspended [1020403]");
    say(task, at + milliseconds(20), "TASK_MANAGER", 'W', &message, "replicationtask.c:2711");
}
