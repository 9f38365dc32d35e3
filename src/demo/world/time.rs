//! What time alone does: passing statuses end, minutes are published, statistics are refreshed, orders go out.

use super::fold;
use super::metrics::{Flow, MINUTE, Past, follows, minute_of};
use super::parts::Databases;
use super::task::{Route, Run, Table, Tables, Task};
use super::{Command, World, logs, troubles};
use crate::demo::mover::order::{Begin, Order};
use crate::model::metric::{MetricName, Point};
use crate::model::settings::{self, PrepMode};
use crate::model::table::TableState;
use crate::model::task::{MigrationType, StopReason, TaskStatus};
use crate::model::{Untrusted, mappings};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// `starting` lasts this long: long enough to be seen and to refuse a stop.
pub const STARTING: SignedDuration = SignedDuration::from_secs(3);
/// What a serverless replication passes through before it runs (section 2.6 of the facts, in that order). There it can take
/// forty minutes; here each is seen, and over soon.
pub const PROVISIONING: [&str; 7] = [
    "initializing",
    "preparing_metadata_resources",
    "testing_connection",
    "fetching_metadata",
    "calculating_capacity",
    "provisioning_capacity",
    "replication_starting",
];
const PROVISIONING_STEP: SignedDuration = SignedDuration::from_secs(1);
/// `stopping` lasts at least this long.
pub const STOPPING: SignedDuration = SignedDuration::from_secs(3);
/// A connection test takes this long.
pub const TESTING: SignedDuration = SignedDuration::from_secs(2);
/// Statistics of a running task are rewritten this often.
const REFRESH: SignedDuration = SignedDuration::from_secs(5);
/// A mover is told of a new delay only when it has changed by this much; milliseconds.
const DELAY_STEP: u64 = 1000;

pub fn advance(world: &mut World, now: Timestamp) {
    for index in 0..world.connections.len() {
        if world.connections[index].until.is_some_and(|until| until <= now) {
            tested(world, index);
        }
    }
    for index in 0..world.tasks.len() {
        let before = (world.tasks[index].status.clone(), world.tasks[index].refreshed);
        pass(world, index, now);
        let task = &mut world.tasks[index];
        // A fleet's rows are computed when asked for.
        let kept = matches!(task.tables, Tables::Kept(_));
        if kept && task.status == TaskStatus::Running && now.duration_since(task.refreshed) >= REFRESH {
            fold::refresh(task, now);
        }
        publish(world, index, now);
        logs::minutes(world, index, now);
        steer(world, index, now);
        let task = &world.tasks[index];
        if before != (task.status.clone(), task.refreshed) {
            world.revision += 1;
        }
    }
}

/// A test of a connection ends.
fn tested(world: &mut World, index: usize) {
    let of = &world.connections[index].endpoint;
    let endpoint = world.endpoints.iter().find(|endpoint| endpoint.arn == *of);
    let down = endpoint.filter(|endpoint| troubles::is_down(world, &endpoint.name));
    let failure = down.map(|endpoint| {
        format!(
            "Test Endpoint failed: Application-Status: 1020912, Application-Message: Cannot connect to {} server {}:{}",
            endpoint.engine.1, endpoint.host, endpoint.port
        )
    });
    let connection = &mut world.connections[index];
    connection.until = None;
    connection.status = if failure.is_some() { "failed" } else { "successful" };
    connection.failure = failure;
    world.revision += 1;
}

/// Statuses that end by themselves.
fn pass(world: &mut World, index: usize, now: Timestamp) {
    let task = &mut world.tasks[index];
    let due = task.until.is_some_and(|until| until <= now);
    match task.status {
        TaskStatus::Starting if due => running(world, index, now),
        TaskStatus::Other(ref step) if due => match provisioned(step.raw()) {
            Some(next) => {
                task.status = TaskStatus::Other(Untrusted::new(next));
                task.until = task.until.map(|end| end + PROVISIONING_STEP);
            }
            None => running(world, index, now),
        },
        TaskStatus::Stopping if due && task.run.is_none() => fold::stopped(task, StopReason::Normal, now),
        TaskStatus::Running => {
            if let Some(reason) = stop_position_reached(task, now) {
                task.stop_reason = None;
                halt(world, index);
                fold::stopped(&mut world.tasks[index], reason, now);
            } else {
                finish_fleet_load(task, now);
            }
        }
        _ => {}
    }
}

/// What follows a start.
pub fn first_status(task: &Task, now: Timestamp) -> (TaskStatus, Option<Timestamp>) {
    if task.is_serverless() {
        return (TaskStatus::Other(Untrusted::new(PROVISIONING[0])), Some(now + PROVISIONING_STEP));
    }
    (TaskStatus::Starting, Some(now + STARTING))
}

/// What follows this status; `None` after the last.
fn provisioned(status: &str) -> Option<&'static str> {
    let at = PROVISIONING.iter().position(|word| *word == status)?;
    PROVISIONING.get(at + 1).copied()
}

/// `CdcStopPosition`: `server_time:` by the clock, `commit_time:` by what has been applied.
fn stop_position_reached(task: &Task, now: Timestamp) -> Option<StopReason> {
    let (kind, time) = task.cdc_stop.as_deref()?.split_once(':')?;
    let time = time.trim_end_matches('Z');
    let until: Timestamp = format!("{time}Z").parse().ok()?;
    match kind {
        "server_time" => (now >= until).then_some(StopReason::StoppedAtServerTime),
        "commit_time" => (task.flow.applied_to? >= until).then_some(StopReason::StoppedAtCommitTime),
        _ => None,
    }
}

fn finish_fleet_load(task: &mut Task, now: Timestamp) {
    let Tables::Fleet(fleet) = &task.tables else { return };
    let loading = task.def.migration_type.has_full_load() && task.times.load_finish.is_none();
    if !loading || fleet.done(task, now) < fleet.count {
        return;
    }
    task.times.load_finish = Some(now);
    if task.def.migration_type == MigrationType::FullLoad {
        fold::stopped(task, StopReason::FullLoadOnlyFinished, now);
    }
}

/// `starting` is over.
fn running(world: &mut World, index: usize, now: Timestamp) {
    let task = &mut world.tasks[index];
    task.status = TaskStatus::Running;
    task.until = None;
    task.times.start = Some(now);
    let fresh = std::mem::take(&mut task.fresh) || task.times.fresh_start.is_none();
    if fresh {
        task.times.fresh_start = Some(now);
    }
    logs::started(task, fresh, now);
    let applied_to = task.flow.applied_to.filter(|_| !fresh);
    task.flow = Flow { applied_to, ..Flow::new(now) };
    let begin = task.begin.take().unwrap_or(Begin::Changes { from: None });
    begin_load(task, &begin, now);
    if matches!(begin, Begin::Changes { .. }) {
        begin_changes(task, fresh);
    }
    fold::refresh(task, now);
    launch(world, index, begin, false);
}

/// Rows that are going to be loaded wait again.
fn begin_load(task: &mut Task, begin: &Begin, now: Timestamp) {
    if let Tables::Fleet(fleet) = &mut task.tables {
        // What an interrupted load had done is not done again.
        let (start, stop) = (task.times.load_start, task.times.stop);
        let spent = start.zip(stop).map_or(SignedDuration::ZERO, |(start, stop)| stop.duration_since(start));
        match begin {
            Begin::LoadAll => {
                fleet.reloads.clear();
                (task.times.load_start, task.times.load_finish) = (Some(now), None);
            }
            Begin::LoadSome(_) if task.times.load_finish.is_none() => task.times.load_start = Some(now - spent),
            _ => {}
        }
        return;
    }
    if matches!(begin, Begin::Changes { .. }) {
        return;
    }
    (task.times.load_start, task.times.load_finish) = (Some(now), None);
    for table in task.kept() {
        let name = (table.live.schema.raw().to_owned(), table.live.table.raw().to_owned());
        let chosen = match begin {
            Begin::LoadSome(names) => names.contains(&name),
            _ => true,
        };
        if chosen {
            *table = fold::table(&name.0, &name.1, TableState::BeforeLoad, now);
        }
    }
}

/// What was captured and not applied is read again from the position, and counted then.
fn begin_changes(task: &mut Task, fresh: bool) {
    for Table { live, .. } in task.kept().iter_mut().filter(|table| !table.suspended) {
        if fresh {
            (live.captured, live.applied) = fold::uncounted();
        } else {
            let applied = live.applied;
            let settle = |count: &mut i64, applied: Option<i64>| *count = applied.unwrap_or(*count).min(*count);
            settle(&mut live.captured.inserts, applied.inserts);
            settle(&mut live.captured.updates, applied.updates);
            settle(&mut live.captured.deletes, applied.deletes);
        }
    }
}

/// Asks for a mover, where this task has databases.
pub fn launch(world: &mut World, index: usize, begin: Begin, seeding: bool) {
    let Some(databases) = world.setting.databases.clone() else { return };
    halt(world, index);
    let delay = delay(world, index, world.opened);
    let task = &mut world.tasks[index];
    let Some(order) = order(task, &databases, begin, seeding, world.setting.pace) else { return };
    let Run { number, control, .. } = fold::new_run(task, seeding, delay);
    let task = task.resource_id();
    world.commands.push(Command::Launch { task, run: number, order: Box::new(order), control });
}

fn order(task: &Task, databases: &Databases, begin: Begin, seeding: bool, pace: Option<u32>) -> Option<Order> {
    let mut mappings = mappings::parse(&task.def.mappings).ok()?;
    // A table in error is out of the run; only a load of everything takes it in again. The opening run tries them all:
    // what fails there fails by the database's own word.
    let out = |table: &&Table| table.suspended;
    if let Tables::Kept(tables) = &task.tables
        && !seeding
        && matches!(begin, Begin::Changes { .. })
    {
        mappings.selections.extend(tables.iter().filter(out).map(|table| mappings::SelectionRule {
            id: "suspended".to_owned(),
            action: mappings::Selection::Exclude,
            schema: table.live.schema.raw().replace('_', "[_]"),
            table: table.live.table.raw().replace('_', "[_]"),
            filters: None,
        }));
    }
    let settings = settings::parse(&task.def.settings).unwrap_or_default();
    let target = match task.def.route? {
        Route::Migration => &databases.target,
        Route::Staging => &databases.staging,
    };
    Some(Order {
        source_url: databases.source.url.clone(),
        target_url: target.url.clone(),
        mappings,
        prep_mode: settings.prep_mode.unwrap_or(PrepMode::DropAndCreate),
        begin,
        changes_after_load: task.def.migration_type.has_cdc(),
        pace: pace.filter(|_| !seeding),
        sub_tasks: 8,
        // Every endpoint of the MySQL family here shows that init statement.
        checks_off: true,
        control_of: Some(task.resource_id()),
    })
}

/// Tells a running mover to stop, and listens to it no longer.
pub fn halt(world: &mut World, index: usize) {
    let task = &mut world.tasks[index];
    if let Some(mut run) = task.run.take() {
        run.control.stop = true;
        let task = task.resource_id();
        world.commands.push(Command::Steer { task, run: run.number, control: run.control });
    }
}

/// Publishes the minutes that have ended since the last time.
fn publish(world: &mut World, index: usize, now: Timestamp) {
    let current = minute_of(now);
    let (seed, opened) = (world.setting.seed, world.opened);
    let task = &mut world.tasks[index];
    if !matches!(task.tables, Tables::Kept(_)) {
        return;
    }
    let place = super::seeded::place(task.def.arn.as_str());
    while task.flow.minute < current {
        let minute = task.flow.minute;
        let end = minute + SignedDuration::from_secs(MINUTE);
        // Metrics stop being published when replication stops.
        let running = task.status == TaskStatus::Running;
        let backlog = task.backlog();
        let known = |name: MetricName| match () {
            () if name == MetricName::FullLoadThroughputRowsTarget => task.flow.value(name, backlog, end),
            () if !running || !task.def.migration_type.has_cdc() => None,
            // Until the first change has come through, latency is what it was.
            () => match task.flow.value(name, backlog, end) {
                None if task.times.start.is_none_or(|start| start <= opened) => {
                    task.def.past.value(name, seed, place, minute, opened)
                }
                value => value,
            },
        };
        let value =
            |name| if MetricName::WATCHED.contains(&name) { known(name) } else { follows(name, running, known) };
        let points: Vec<_> = MetricName::TASK.into_iter().filter_map(|name| Some((name, value(name)?))).collect();
        for (name, value) in points {
            Arc::make_mut(&mut task.points).push(name, Point { at: minute, value });
        }
        task.flow.turn(end);
    }
}

/// How long a mover shall hold back changes: what makes the climbing task climb. Milliseconds.
fn delay(world: &World, index: usize, now: Timestamp) -> u64 {
    let past = world.tasks[index].def.past;
    let minutes = now.duration_since(world.opened).as_secs_f64() / 60.0;
    let seconds = past.latency(minutes).filter(|_| matches!(past, Past::Climbing { .. })).unwrap_or(0.0);
    u64::try_from(SignedDuration::from_secs_f64(seconds).as_millis()).unwrap_or(0)
}

fn steer(world: &mut World, index: usize, now: Timestamp) {
    let wanted = delay(world, index, now);
    let task = &mut world.tasks[index];
    let id = task.resource_id();
    let Some(run) = task.run.as_mut().filter(|run| !run.control.stop) else { return };
    if run.control.apply_delay_ms.abs_diff(wanted) >= DELAY_STEP {
        run.control.apply_delay_ms = wanted;
        world.commands.push(Command::Steer { task: id, run: run.number, control: run.control.clone() });
    }
}
