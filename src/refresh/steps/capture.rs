//! Everything that will be taken away is written into the ledger first, read back, and compared with the catalogue; and what a
//! person can run without this program. Schedules and rights are written down by the steps that change them.

use super::kept::{self, Kept};
use crate::db::schema::keys::{Key, Presence};
use crate::db::schema::restore::{Header, restore};
use crate::db::schema::snapshot::{self, Snapshot};
use crate::db::schema::triggers::{State, Trigger};
use crate::model::refresh::{PlannedStep, StepKind};
use crate::model::untrusted::shown;
use crate::refresh::ledger::{self, Obj, ObjKind, ObjState};
use crate::refresh::plan::{Plan, drifted};
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;
use std::sync::Arc;

/// Name of the target's catalogue among the other things in the ledger.
const CATALOGUE: &str = "catalogue";
/// Most lines of a difference that are told.
const TOLD: usize = 5;

/// What stands around the rows at this moment.
struct Seen {
    keys: Vec<Key>,
    triggers: Vec<Trigger>,
    catalogue: Snapshot,
}

async fn look(work: &mut Work) -> Result<Seen, Trouble> {
    let scope = work.plan.scope();
    Ok(Seen {
        keys: kept::keys_now(work).await?,
        triggers: kept::triggers_now(work).await?,
        catalogue: snapshot::read(work.target.session()?, &scope).await?,
    })
}

/// The catalogue of the target as it was captured; `None` where nothing was.
pub(in crate::refresh) async fn catalogue(work: &mut Work) -> Result<Option<Snapshot>, Trouble> {
    let mut all = ledger::objs(&mut work.target, ObjKind::Other).await?;
    all.retain(|obj| obj.ident == CATALOGUE);
    let odd = |error: serde_json::Error| {
        Trouble::Refused(format!(
            "the ledger on the target has a catalogue that makes no sense to this program: {error}"
        ))
    };
    all.first().map(|obj| serde_json::from_str(&obj.json).map_err(odd)).transpose()
}

/// It is done again as a whole: it only writes down.
pub(super) async fn probe(work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    Ok(if catalogue(work).await?.is_some() { Probe::Partly } else { Probe::NotYet })
}

pub(super) async fn run(work: &mut Work, _step: &PlannedStep) -> Result<Came, Trouble> {
    let plan = Arc::clone(&work.plan);
    for kind in [ObjKind::Key, ObjKind::Trigger] {
        if ledger::objs(&mut work.target, kind).await?.iter().any(|obj| obj.state != ObjState::Present) {
            return Ok(Came::done("it was captured before anything was taken away"));
        }
    }
    let seen = look(work).await?;
    if let Some(what) = drifted(&plan, &seen.keys, &seen.triggers) {
        return Err(Trouble::Refused(shown(&what).into_owned()));
    }
    if seen.catalogue.fingerprint() != plan.catalogue {
        return Err(Trouble::refused(
            "the catalogue of the target is not what it was when this was planned: plan it again",
        ));
    }
    ledger::put(&mut work.target, &rows(&seen)?).await?;
    read_back(work).await?;
    let text = text(work, &plan, &seen);
    let path = work.keep_restore_sql(&text).await?;
    Ok(Came::done(format!(
        "{} keys, {} triggers and the catalogue are in the ledger; by hand: {}",
        seen.keys.len(),
        seen.triggers.len(),
        path.display()
    )))
}

fn rows(seen: &Seen) -> Result<Vec<Obj>, Trouble> {
    let mut rows = Vec::with_capacity(seen.keys.len() + seen.triggers.len() + 1);
    for (nth, key) in seen.keys.iter().enumerate() {
        let restore: Vec<String> = key.back().into_iter().chain(key.validate()).collect();
        rows.push(kept::obj((ObjKind::Key, nth), &key.ident, &restore, key)?);
    }
    for (nth, trigger) in seen.triggers.iter().enumerate() {
        rows.push(kept::obj((ObjKind::Trigger, nth), &trigger.ident, &trigger.back, trigger)?);
    }
    let json = serde_json::to_string(&seen.catalogue).map_err(|error| Trouble::refused(error.to_string()))?;
    rows.push(Obj {
        kind: ObjKind::Other,
        ident: CATALOGUE.to_owned(),
        restore: String::new(),
        json,
        state: ObjState::Present,
        error: None,
    });
    Ok(rows)
}

/// What stands in the ledger is what stands in the catalogue, at this moment: only then may something be taken away.
async fn read_back(work: &mut Work) -> Result<(), Trouble> {
    let keys: Vec<Key> = kept::read(work, ObjKind::Key).await?.into_iter().map(|kept| kept.what).collect();
    let triggers: Vec<Trigger> = kept::read(work, ObjKind::Trigger).await?.into_iter().map(|kept| kept.what).collect();
    let catalogue = catalogue(work).await?;
    let now = look(work).await?;
    if keys != now.keys || triggers != now.triggers || catalogue.as_ref() != Some(&now.catalogue) {
        return Err(Trouble::failed(
            "what was written into the ledger is not what the catalogue of the target says: somebody changes it at this moment",
        ));
    }
    Ok(())
}

/// Only what this plan takes away.
fn text(work: &Work, plan: &Plan, seen: &Seen) -> String {
    let place = &plan.target.place;
    let (host, database) = place.rsplit_once('/').unwrap_or(("", place));
    let header = Header {
        engine: plan.target_way.engine,
        host: host.to_owned(),
        database: database.to_owned(),
        run: work.id.0.clone(),
        at: work.now(),
    };
    let keys = if plan.takes_keys_away() { seen.keys.clone() } else { Vec::new() };
    let go = plan.steps.iter().any(|step| step.kind == StepKind::TriggersOff);
    let goes = |trigger: &&Trigger| go && (trigger.state != State::Disabled || !trigger.back.is_empty());
    let triggers: Vec<Trigger> = seen.triggers.iter().filter(goes).cloned().collect();
    restore(&header, &keys, &triggers)
}

/// What was written down is forgotten where all of it is there as it was; else it is needed.
pub(super) async fn undo(work: &mut Work, step: &PlannedStep) -> Result<String, Trouble> {
    let Some(before) = catalogue(work).await? else { return Ok("nothing was captured".to_owned()) };
    let keys: Vec<Kept<Key>> = kept::read(work, ObjKind::Key).await?;
    let triggers: Vec<Kept<Trigger>> = kept::read(work, ObjKind::Trigger).await?;
    let now = look(work).await?;
    let key = keys.iter().map(|kept| &kept.what).find(|key| key.presence(&now.keys) != Presence::Same);
    let is_there = |trigger: &&Trigger| !now.triggers.contains(trigger);
    let trigger = triggers.iter().map(|kept| &kept.what).find(is_there);
    let missing = key.map(|key| ("key", &key.ident)).or(trigger.map(|trigger| ("trigger", &trigger.ident)));
    if let Some((what, ident)) = missing {
        return Err(Trouble::Failed(format!(
            "the {what} {} is not as it was captured: the ledger keeps its definition",
            shown(ident)
        )));
    }
    let difference = before.difference(&now.catalogue);
    for line in difference.iter().take(TOLD) {
        work.warn(step, format!("not of this run, and other than at its beginning: {line}")).await?;
    }
    for kind in [ObjKind::Key, ObjKind::Trigger, ObjKind::Other] {
        ledger::forget(&mut work.target, kind).await?;
    }
    Ok("all keys and triggers are as they were".to_owned())
}
