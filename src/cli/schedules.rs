//! `cutover schedules`: the list. Enabling and disabling stand in `switch.rs`.

use super::print::{Column, Format, List, column, hidden};
use super::switch;
use super::tasks::time;
use crate::app::{Failure, ScheduleFacts, Setup, headless};
use crate::model::change::Switch;
use crate::model::schedule::{Deed, Schedule, ScheduleKind, Target};
use crate::model::{ReplicationArn, TaskName, Untrusted};
use clap::{Args, Subcommand};
use jiff::Zoned;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// How the list is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
    #[command(subcommand)]
    switch: Option<Switching>,
}

#[derive(Debug, Subcommand)]
enum Switching {
    /// Enable one rule or schedule, after a preview and a confirmation
    Enable(switch::Arguments),
    /// Disable one rule or schedule, after a preview and a confirmation
    Disable(switch::Arguments),
}

/// Coming times that are told.
const NEXT: usize = 5;

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
const COLUMNS: &[Column] = &[
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

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    match &arguments.switch {
        Some(Switching::Enable(arguments)) => return switch::run(setup, Switch::Enable, arguments),
        Some(Switching::Disable(arguments)) => return switch::run(setup, Switch::Disable, arguments),
        None => {}
    }
    let facts = headless::schedules(setup)?;
    list(&facts).print(arguments.output)?;
    facts.complete().map(|()| 0)
}

fn list(facts: &ScheduleFacts) -> List {
    let rows = facts.schedules.iter().map(|schedule| row(schedule, facts)).collect();
    List { columns: COLUMNS, rows }
}

fn row(schedule: &Schedule, facts: &ScheduleFacts) -> Vec<Value> {
    let (next, why) = match schedule.next(facts.now, NEXT) {
        Ok(next) => (next, None),
        Err(why) => (Vec::new(), Some(why.to_string())),
    };
    let local: Vec<String> = next.iter().map(|at| at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()).collect();
    let starts: Vec<&str> =
        schedule.deeds().filter(|(deed, _)| *deed == Deed::Starts).map(|(_, arn)| arn.as_str()).collect();
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
        json!(next.first().map(|at| both(at, schedule))),
        json!(why),
        json!(starts),
        schedule.targets.as_ref().map_or(Value::Null, |targets| targets.iter().map(|one| target(one, facts)).collect()),
    ]
}

/// Its own time and UTC, each with its day, which may differ.
fn both(at: &Zoned, schedule: &Schedule) -> String {
    let utc = at.timestamp().to_zoned(TimeZone::UTC);
    match schedule.time_zone.as_ref().map(Untrusted::shown) {
        Some(zone) if zone != "UTC" && schedule.kind == ScheduleKind::Schedule => {
            format!("{} {zone} ({} UTC)", at.strftime("%a %Y-%m-%d %H:%M"), utc.strftime("%a %H:%M"))
        }
        _ => format!("{} UTC", utc.strftime("%a %Y-%m-%d %H:%M")),
    }
}

fn text(text: Option<&Untrusted>) -> Value {
    json!(text.map(Untrusted::raw))
}

fn target(target: &Target, facts: &ScheduleFacts) -> Value {
    let mut message = target.words();
    let task = target.deed.as_ref().map(|(_, arn)| arn);
    let name = task.and_then(|arn| facts.name(arn));
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
