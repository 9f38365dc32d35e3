//! Whether what a question is about still is as it was looked at, as far as the feeds know.
//!
//! Pure, from the world and the preview. It only ever closes a question early: what is sent is compared again by itself just
//! before. May touch `state::world` and `model`. Start at [`since`].

use crate::console::state::world::{Document, World};
use crate::model::change::{Destination, Precondition, Preview, Standing};
use crate::model::parts::Endpoint;
use crate::model::schedule::Schedule;
use crate::model::task::Task;
use crate::model::untrusted::shown;
use crate::model::{EndpointArn, Subject, Untrusted, settings};
use jiff::Timestamp;

/// What differs, after the name; `None` where nothing is known to.
pub fn since(world: &World, preview: &Preview, subject: &Subject) -> Option<String> {
    match (&preview.precondition, subject) {
        (Precondition::Schedule(then), Subject::Schedules) => schedule(world, then),
        (Precondition::Task(then), Subject::Tasks) => match world.task(&then.arn) {
            None => Some(GONE.to_owned()),
            Some(now) => task(then, now).or_else(|| rewritten(world, then, preview.made)),
        },
        (Precondition::Task(then), Subject::Definition(arn)) if *arn == then.arn => defined(world, then),
        (Precondition::Task(then), Subject::Endpoints) => moved(world, then),
        _ => None,
    }
}

const GONE: &str = "is not there any more";

fn state(then: &str, now: &str) -> Option<String> {
    let (was, is) = (shown(then).to_lowercase(), shown(now).to_lowercase());
    (then != now).then(|| format!("was {was} when it was looked at and is {is} now"))
}

fn other(what: &str) -> String {
    format!("has another {what} than when it was looked at")
}

fn schedule(world: &World, then: &Schedule) -> Option<String> {
    let same = |one: &&Schedule| (one.kind, &one.group, &one.name) == (then.kind, &then.group, &then.name);
    match world.schedules.iter().find(same) {
        None => Some(GONE.to_owned()),
        Some(now) => state(then.state.raw(), now.state.raw()),
    }
}

fn task(then: &Standing, now: &Task) -> Option<String> {
    let differs = [
        ("migration type", then.migration_type != now.migration_type),
        ("source", then.source != now.source),
        ("target", then.target != now.target),
        ("replication instance", then.instance != now.instance),
    ];
    let different = || differs.iter().find(|(_, differs)| *differs).map(|(what, _)| other(what));
    state(then.status.raw(), now.status.raw()).or_else(different)
}

/// A document that was seen to change after it was looked at, and not to what was found then. One that has not changed here
/// may be older than what was found.
fn rewritten(world: &World, then: &Standing, made: Timestamp) -> Option<String> {
    let mut late = world.definition_changes(&then.arn).iter().rev().filter(|change| change.seen >= made);
    late.find_map(|change| match change.what {
        Document::Mappings => mappings(then, Some(&change.after)),
        Document::Settings => preparation(then, Some(&change.after)),
    })
}

/// What the task is told to do was just read.
fn defined(world: &World, then: &Standing) -> Option<String> {
    let now = world.task(&then.arn)?;
    mappings(then, now.table_mappings.as_deref()).or_else(|| preparation(then, now.settings.as_deref()))
}

fn mappings(then: &Standing, now: Option<&str>) -> Option<String> {
    (then.mappings.as_deref()? != now?).then(|| "has other table mappings than when it was looked at".to_owned())
}

fn preparation(then: &Standing, now: Option<&str>) -> Option<String> {
    let now = settings::parse(now?).ok()?.prep_mode;
    (then.prep_mode.as_deref()? != now?.raw()).then(|| other("TargetTablePrepMode"))
}

/// An endpoint stands for another host or database than it did.
fn moved(world: &World, then: &Standing) -> Option<String> {
    let elsewhere = |arn: &EndpointArn, at: &Option<Destination>| {
        let now = world.endpoint(arn).and_then(place);
        at.is_some() && now.is_some() && now != *at
    };
    let differs = [
        ("host or database at its source", elsewhere(&then.source, &then.source_at)),
        ("host or database at its target", elsewhere(&then.target, &then.target_at)),
    ];
    differs.iter().find(|(_, differs)| *differs).map(|(what, _)| other(what))
}

/// Where it names it itself; one in a secret is not known here.
fn place(endpoint: &Endpoint) -> Option<Destination> {
    let host = endpoint.host.as_ref().filter(|host| !host.is_empty())?;
    Some(Destination::new(host.raw(), endpoint.database.as_ref().map(Untrusted::raw).unwrap_or_default()))
}
