//! Keys are dropped, some hundreds in one transaction with their rows in the ledger.

use super::Found;
use crate::db::schema::keys::Presence;
use crate::model::refresh::PlannedStep;
use crate::model::untrusted::shown;
use crate::refresh::ledger::{ObjKind, ObjState};
use crate::refresh::steps::deeds::{self, Deed, How, Refusal};
use crate::refresh::steps::kept;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;

pub(super) async fn probe(work: &mut Work) -> Result<Probe, Trouble> {
    if !super::go(&work.plan) {
        return Ok(Probe::NotYet);
    }
    let (found, strangers) = super::look(work).await?;
    let is_away = |one: &&Found| one.presence == Presence::Gone && one.state.is_away();
    let away = found.iter().filter(is_away).count();
    Ok(match away {
        0 => Probe::NotYet,
        _ if away == found.len() && strangers.is_empty() => Probe::Done(format!("{away} keys are away already")),
        _ => Probe::Partly,
    })
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    let (found, strangers) = super::look(work).await?;
    if let Some(stranger) = strangers.first() {
        return Err(Trouble::Refused(format!(
            "key {} was made after everything was captured: run it anew, with a new plan",
            shown(&stranger.ident)
        )));
    }
    for one in &found {
        // What this run never touched must be what was captured; what it put back before may lack a look at its rows.
        let why = match (&one.presence, one.state) {
            (Presence::Drifted(why), _) => why.clone(),
            (Presence::Same, _) => continue,
            (_, state) if state != ObjState::Present => continue,
            (Presence::Gone, _) => "somebody dropped it meanwhile".to_owned(),
            (Presence::Unvalidated, _) => "somebody put it back unvalidated".to_owned(),
            (Presence::Incomplete(why), _) => why.clone(),
        };
        return Err(Trouble::Refused(format!(
            "key {} is not as it was captured: {}",
            shown(&one.key.ident),
            shown(&why)
        )));
    }
    let all: Vec<&Found> = found.iter().collect();
    take_away(work, step, &all).await?;
    if let Some(key) = kept::keys_now(work).await?.first() {
        return Err(Trouble::Failed(format!("key {} is still there", shown(&key.ident))));
    }
    Ok(Came::done(format!("{} keys are away", found.len())))
}

/// Drops these, and what stands in for them on the parts of partitioned tables.
pub(super) async fn take_away(work: &mut Work, step: &PlannedStep, found: &[&Found]) -> Result<(), Trouble> {
    // What is put back first is the last to go.
    let deeds = found.iter().rev().map(|one| {
        let mut statements = one.key.away();
        if one.state != ObjState::Present {
            statements.extend(one.key.leaf_away());
        }
        let tables = vec![one.key.child.clone(), one.key.parent.clone()];
        Deed::new(&one.key.ident, tables, statements, ObjState::Dropped)
    });
    let deeds: Vec<Deed> = deeds.collect();
    deeds::all(work, step, ObjKind::Key, &deeds, How::quick(Refusal::Stops, "dropping key")).await.map(drop)
}
