//! Rules and schedules as rows.

use super::{Column, column, hidden, time};
use crate::model::schedule::{Schedule, Target};
use crate::model::{ReplicationArn, TaskName, Untrusted};
use jiff::Timestamp;
use serde_json::{Value, json};

/// What a task is called.
pub type Names<'a> = dyn Fn(&ReplicationArn) -> Option<&'a TaskName> + 'a;

/// Coming times that are told.
const NEXT: usize = 5;

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const COLUMNS: &[Column] = &[
    column("kind", "KIND"),
    column("group", "BUS OR GROUP"),
    column("name", "NAME"),
    hidden("arn"),
    column("state", "STATE"),
    hidden("managed_by"),
    hidden("expression"),
    hidden("event_pattern"),
    column("words", "WHEN"),
    hidden("time_zone"),
    hidden("start"),
    hidden("end"),
    hidden("flexible_minutes"),
    hidden("next"),
    hidden("next_local"),
    column("next_words", "NEXT"),
    hidden("no_next"),
    hidden("starts"),
    column("targets", "TARGETS"),
];

/// `name` is what a task is called, where that is known.
pub fn cells(schedule: &Schedule, name: &Names<'_>, now: Timestamp) -> Vec<Value> {
    let (next, why) = match schedule.next(now, NEXT) {
        Ok(next) => (next, None),
        Err(why) => (Vec::new(), Some(why.to_string())),
    };
    let local: Vec<String> = next.iter().map(|at| at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()).collect();
    let starts: Vec<&str> = schedule.deeds().filter(|(deed, _)| deed.starts()).map(|(_, arn)| arn.as_str()).collect();
    vec![
        json!(schedule.kind.word()),
        json!(schedule.group.raw()),
        json!(schedule.name.raw()),
        json!(schedule.arn.raw()),
        json!(schedule.state.raw()),
        text(schedule.managed_by.as_ref()),
        text(schedule.expression.as_ref()),
        json!(schedule.event_pattern),
        json!(schedule.words()),
        text(schedule.time_zone.as_ref()),
        time(schedule.start),
        time(schedule.end),
        json!(schedule.flexible_minutes),
        json!(next.iter().map(|at| at.timestamp().to_string()).collect::<Vec<_>>()),
        json!(local),
        json!(next.first().map(|at| schedule.both(at))),
        json!(why),
        json!(starts),
        schedule.targets.as_ref().map_or(Value::Null, |targets| targets.iter().map(|one| target(one, name)).collect()),
    ]
}

fn text(text: Option<&Untrusted>) -> Value {
    json!(text.map(Untrusted::raw))
}

fn target(target: &Target, name: &Names<'_>) -> Value {
    let mut message = target.words();
    let task = target.deed.as_ref().map(|(_, arn)| arn);
    let name = task.and_then(name);
    if let Some((deed, arn)) = &target.deed {
        let called = name.map_or_else(|| arn.as_str().into(), |name| name.shown());
        message = format!("{message}: {} {called}", deed.word());
    }
    json!({
        "arn": target.arn.raw(),
        "id": target.id.as_ref().map(Untrusted::raw),
        "task": task.map(ReplicationArn::as_str),
        "task_name": name.map(TaskName::raw),
        "does": target.deed.as_ref().map(|(deed, _)| deed.word()),
        "message": message,
    })
}
