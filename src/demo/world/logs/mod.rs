//! What the tasks write to CloudWatch Logs, and how it is read.
//!
//! `lines.rs` has DMS's words, `function.rs` those of a Lambda function, `past.rs` what was written before the world opened, `answers.rs` the operations,
//! `pattern.rs` the filter patterns. A line can be read some seconds after it was written, as on AWS.

mod answers;
mod function;
mod lines;
mod past;
mod pattern;

pub use answers::{filter_log_events, groups as describe_log_groups, streams as describe_log_streams};
pub use function::GROUP as FUNCTION_GROUP;
pub use lines::{
    failed, load_ended, load_started, minutes, started, stop_requested, stopped, table_error, table_failed,
};
pub use past::backfill;

use super::World;
use super::seeded;
use super::task::Task;
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;

/// Events kept of one task.
const KEPT: usize = 5_000;
/// Milliseconds until a line can be read, at least and at most.
const INGESTION: (i64, i64) = (400, 3_000);

/// Which stream of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// The engine's own log.
    Task,
    /// What provisions a serverless replication: lines like a Python dict.
    Orchestrator,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub stream: Stream,
    pub at: Timestamp,
    pub ingested: Timestamp,
    pub id: String,
    pub text: String,
}

/// Everything a task has written.
#[derive(Debug, Clone, Default)]
pub struct Log {
    events: VecDeque<Arc<Event>>,
    written: u64,
    /// Begin of the first minute whose regular lines are not written yet.
    minute: Option<Timestamp>,
    /// The role that DMS writes with is not there.
    unwritable: bool,
    /// How much later than usual a line can be read.
    late: SignedDuration,
}

impl Log {
    /// Oldest first.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().map(|event| &**event)
    }

    fn sort(&mut self) {
        self.events.make_contiguous().sort_by_key(|event| event.at);
    }
}

/// Does the task write a log at all?
fn is_on(task: &Task) -> bool {
    task.def.settings.contains("\"EnableLogging\":true")
}

/// Adds one event, unless DMS would drop it silently.
fn push(task: &mut Task, stream: Stream, at: Timestamp, text: String) {
    if !is_on(task) || task.log.unwritable {
        return;
    }
    let place = seeded::place(task.def.arn.as_str());
    let log = Arc::make_mut(&mut task.log);
    log.written += 1;
    let delay = seeded::between(place, &[log.written], INGESTION.0, INGESTION.1);
    let milliseconds = at.as_millisecond().max(0);
    let id = format!("{milliseconds:036}{:020}", place.wrapping_add(log.written));
    let ingested = at + SignedDuration::from_millis(delay) + log.late;
    log.events.push_back(Arc::new(Event { stream, at, ingested, id, text }));
    if log.events.len() > KEPT {
        log.events.pop_front();
    }
}

/// Group of a task, as DMS names it.
fn group(world: &World, task: &Task) -> String {
    match &task.def.instance {
        None => format!("dms-serverless-replication-{}", task.resource_id()),
        Some(arn) => {
            format!("dms-tasks-{}", world.instance(arn).map(|instance| instance.name.as_str()).unwrap_or_default())
        }
    }
}

/// Stream of an event of this task.
fn stream_name(task: &Task, stream: Stream) -> String {
    let id = task.resource_id();
    match (stream, task.is_serverless()) {
        (Stream::Orchestrator, _) => format!("dms-serverless-replication-orchestrator-{id}"),
        (Stream::Task, true) => format!("dms-serverless-serv-res-id-{}", seeded::place(&id) % 10_000_000_000_000),
        (Stream::Task, false) => format!("dms-task-{id}"),
    }
}

/// Switches logging in the settings of a task, or of all: the names go with it, as DMS fills them in.
pub fn switch(world: &mut World, name: Option<&str>, on: bool) {
    for index in 0..world.tasks.len() {
        let task = &world.tasks[index];
        if name.is_some_and(|name| name != task.def.name) || task.is_serverless() || is_on(task) == on {
            continue;
        }
        let Ok(mut settings) = serde_json::from_str::<serde_json::Value>(&task.def.settings) else { continue };
        let filled = |text: String| if on { serde_json::Value::String(text) } else { serde_json::Value::Null };
        settings["Logging"] = serde_json::json!({
            "EnableLogging": on,
            "CloudWatchLogGroup": filled(group(world, task)),
            "CloudWatchLogStream": filled(stream_name(task, Stream::Task)),
        });
        let mut def = super::task::Definition::clone(&task.def);
        def.settings = settings.to_string();
        world.tasks[index].def = Arc::new(def);
    }
}

/// Takes away the role that DMS writes logs with, or brings it back.
pub fn role(world: &mut World, missing: bool) {
    world.tasks.iter_mut().for_each(|task| Arc::make_mut(&mut task.log).unwritable = missing);
}

/// Lines can be read this much later than usual, a day at most.
pub fn late(world: &mut World, by: SignedDuration) {
    let by = by.min(SignedDuration::from_hours(24));
    world.tasks.iter_mut().for_each(|task| Arc::make_mut(&mut task.log).late = by);
}
