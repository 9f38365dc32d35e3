//! Triggers of loaded tables cannot fire during the load, and get their exact state back. PostgreSQL switches them; the MySQL
//! family and SQLite drop them and make them again in their order.

use super::deeds::{self, Deed, How, Refusal};
use super::kept::{self, Kept};
use crate::db::Engine;
use crate::db::schema::triggers::{State, Trigger};
use crate::model::refresh::{PlannedStep, StepKind};
use crate::model::untrusted::shown;
use crate::refresh::ledger::{self, ObjKind, ObjState};
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;

/// Whether it could fire, and so has to go.
fn fires(trigger: &Trigger) -> bool {
    trigger.state != State::Disabled && !trigger.away.is_empty()
}

/// What has become of a captured one.
#[derive(Debug, PartialEq, Eq)]
enum Now {
    Same,
    /// Switched off, or dropped.
    Away,
    /// Another one of this name, or in another state.
    Other(String),
}

fn now(was: &Trigger, all: &[Trigger]) -> Now {
    let Some(is) = all.iter().find(|one| one.ident == was.ident) else {
        return match was.engine {
            Engine::PostgreSql => Now::Other("it was dropped".to_owned()),
            Engine::MySql | Engine::Sqlite => Now::Away,
        };
    };
    if is.def != was.def || is.made_in != was.made_in {
        return Now::Other(format!("it was {} and is {}", shown(&was.def), shown(&is.def)));
    }
    match is.state {
        state if state == was.state => Now::Same,
        State::Disabled => Now::Away,
        _ => Now::Other("it is in another state".to_owned()),
    }
}

pub(super) async fn probe(work: &mut Work, step: &PlannedStep) -> Result<Probe, Trouble> {
    let wanted = if step.kind == StepKind::TriggersOff { Now::Away } else { Now::Same };
    let all = kept::triggers_now(work).await?;
    let captured = kept::read::<Trigger>(work, ObjKind::Trigger).await?;
    let (mut there, mut not) = (0, 0);
    for kept in captured.iter().filter(|kept| fires(&kept.what)) {
        let is_told = kept.state.is_away() == (wanted == Now::Away);
        if is_told && now(&kept.what, &all) == wanted { there += 1 } else { not += 1 }
    }
    Ok(match (there, not) {
        (0, 1..) => Probe::NotYet,
        (_, 0) => Probe::Done(format!("{there} triggers are so already")),
        _ => Probe::Partly,
    })
}

pub(super) async fn run_off(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    let all = kept::triggers_now(work).await?;
    let captured = kept::read::<Trigger>(work, ObjKind::Trigger).await?;
    let is_known = |one: &Trigger| captured.iter().any(|kept| kept.what.ident == one.ident);
    if let Some(stranger) = all.iter().find(|one| fires(one) && !is_known(one)) {
        return Err(Trouble::Refused(format!(
            "trigger {} was made after everything was captured: run it anew, with a new plan",
            shown(&stranger.ident)
        )));
    }
    let mut go = Vec::new();
    let firing: Vec<&Kept<Trigger>> = captured.iter().filter(|kept| fires(&kept.what)).collect();
    for kept in &firing {
        let Trigger { ident, stuck, .. } = &kept.what;
        let is_ours = kept.state != ObjState::Present;
        match (now(&kept.what, &all), stuck) {
            (_, Some(why)) => {
                return Err(Trouble::Refused(format!(
                    "trigger {}: it could not be put back the same: {why}",
                    shown(ident)
                )));
            }
            (Now::Same, None) => go.push(&kept.what),
            (Now::Away, None) if is_ours => go.push(&kept.what),
            (Now::Other(why), None) if is_ours => {
                work.warn(step, format!("trigger {} is another one now: {why}", shown(ident))).await?;
            }
            (Now::Away, None) => return Err(drift(ident, "somebody took it away meanwhile")),
            (Now::Other(why), None) => return Err(drift(ident, &why)),
        }
    }
    // The last to be put back is the first to go.
    go.reverse();
    if work.target.dialect().engine == Engine::MySql {
        for trigger in &go {
            work.good_moment()?;
            let key = (ObjKind::Trigger, trigger.ident.as_str());
            ledger::set(&mut work.target, key, ObjState::Dropping, None).await?;
            for statement in &trigger.away {
                deeds::alone(work, step, &trigger.ident, statement).await?;
            }
            ledger::set(&mut work.target, key, ObjState::Dropped, None).await?;
        }
    } else {
        let deeds: Vec<Deed> = go.iter().map(|one| deed(one, one.away.clone(), ObjState::Dropped)).collect();
        deeds::all(work, step, ObjKind::Trigger, &deeds, How::quick(Refusal::Stops, "trigger")).await?;
    }
    let all = kept::triggers_now(work).await?;
    if let Some(one) = all.iter().find(|one| fires(one)) {
        return Err(Trouble::Failed(format!("trigger {} still fires", shown(&one.ident))));
    }
    Ok(Came::done(format!("{} triggers cannot fire", go.len())))
}

fn drift(ident: &str, why: &str) -> Trouble {
    Trouble::Refused(format!("trigger {} is not as it was captured: {why}", shown(ident)))
}

fn deed(trigger: &Trigger, statements: Vec<String>, state: ObjState) -> Deed {
    Deed::new(&trigger.ident, vec![trigger.table.clone()], statements, state)
}

pub(super) async fn run_on(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    Ok(Came::done(put_back(work, step).await?))
}

pub(super) async fn undo_off(work: &mut Work, step: &PlannedStep) -> Result<String, Trouble> {
    put_back(work, step).await
}

async fn put_back(work: &mut Work, step: &PlannedStep) -> Result<String, Trouble> {
    let captured = kept::read::<Trigger>(work, ObjKind::Trigger).await?;
    let all = kept::triggers_now(work).await?;
    let engine = work.target.dialect().engine;
    let differs = captured.iter().any(|kept| now(&kept.what, &all) != Now::Same);
    let mut told: Vec<Trouble> = Vec::new();
    let mut deeds = Vec::new();
    for kept in &captured {
        let trigger = &kept.what;
        match now(trigger, &all) {
            Now::Other(why) => told.push(drift(&trigger.ident, &why)),
            // Another one's coming back may have changed it: what hangs below a partitioned table follows that.
            Now::Same if engine == Engine::PostgreSql && differs => {
                deeds.push(deed(trigger, trigger.back.clone(), ObjState::Valid));
            }
            Now::Same if kept.state != ObjState::Present => deeds.push(deed(trigger, Vec::new(), ObjState::Valid)),
            Now::Same => {}
            Now::Away => deeds.push(deed(trigger, trigger.back.clone(), ObjState::Valid)),
        }
    }
    if engine == Engine::MySql {
        one_by_one(work, step, &deeds).await?;
    } else {
        let refused =
            deeds::all(work, step, ObjKind::Trigger, &deeds, How::quick(Refusal::IsToldLater, "trigger")).await?;
        told.extend(refused.into_iter().map(|(_, why)| why));
    }
    let all = kept::triggers_now(work).await?;
    for kept in &captured {
        if told.is_empty() && !all.contains(&kept.what) {
            told.push(Trouble::Failed(format!("trigger {} is back, and not as it was", shown(&kept.what.ident))));
        }
    }
    super::together(&told)?;
    Ok(format!("{} triggers are as before", captured.len()))
}

/// Definitions commit by themselves: first it is made, then the ledger says so.
async fn one_by_one(work: &mut Work, step: &PlannedStep, deeds: &[Deed]) -> Result<(), Trouble> {
    for deed in deeds {
        work.good_moment()?;
        for statement in &deed.statements {
            let Err(trouble) = deeds::alone(work, step, &deed.ident, statement).await else { continue };
            // It may be left in the modes of the trigger.
            work.target.drop_session();
            // Where that fails, the first use of the session says so.
            let _ = work.target.again().await;
            return Err(trouble);
        }
        ledger::set(&mut work.target, (ObjKind::Trigger, &deed.ident), deed.state, None).await?;
    }
    Ok(())
}
