//! Keys that stay during the load: what was loaded without their checks is looked at afterwards.

use super::{Found, orphans};
use crate::db::Engine;
use crate::db::schema::keys::{Key, Presence};
use crate::db::schema::orphans::Policy;
use crate::model::refresh::PlannedStep;
use crate::model::untrusted::shown;
use crate::refresh::ledger::{self, ObjKind, ObjState};
use crate::refresh::steps::deeds::Pace;
use crate::refresh::steps::together;
use crate::refresh::trouble::{Came, Trouble};
use crate::refresh::work::Work;

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    let unchecked = work.target.dialect().engine == Engine::MySql;
    if unchecked {
        // Checks would refuse to delete a parent whose children are deleted next.
        let off = "SET @cutover_checks = @@SESSION.foreign_key_checks, SESSION foreign_key_checks = 0";
        work.target.session()?.script(off).await?;
    }
    let came = look(work, step).await;
    if unchecked && let Ok(session) = work.target.session() {
        // Where this fails the session is gone, and with it the setting.
        session.script("SET SESSION foreign_key_checks = @cutover_checks").await?;
    }
    came
}

async fn look(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    let (found, _) = super::look(work).await?;
    let mut told = Vec::new();
    for one in &found {
        let what = match &one.presence {
            Presence::Same | Presence::Unvalidated | Presence::Incomplete(_) => continue,
            Presence::Gone => "it is not there any more",
            Presence::Drifted(what) => what.as_str(),
        };
        told.push(Trouble::Refused(format!("key {}: {}", shown(&one.key.ident), shown(what))));
    }
    let there: Vec<&Found> =
        found.iter().filter(|one| !matches!(one.presence, Presence::Gone | Presence::Drifted(_))).collect();
    let keys: Vec<(&Key, Policy)> = there.iter().map(|one| (&one.key, one.policy)).collect();
    orphans::mend_all(work, step, &keys).await?;
    let (mut with_orphans, mut pace) = (0, Pace::new());
    for (nth, one) in there.iter().enumerate() {
        work.good_moment()?;
        pace.note(work, step, format!("looking at rows of key {} of {}", nth + 1, there.len())).await?;
        // What was not valid before is not asked to be so now.
        if !one.key.validated || orphans::count(work, &one.key).await? == 0 {
            ledger::set(&mut work.target, (ObjKind::Key, &one.key.ident), ObjState::Valid, None).await?;
            continue;
        }
        match orphans::told(work, step, &one.key, one.policy).await {
            Ok(()) => with_orphans += 1,
            Err(trouble @ (Trouble::Failed(_) | Trouble::Refused(_))) => told.push(trouble),
            Err(other) => return Err(other),
        }
    }
    together(&told)?;
    let words = format!("the rows of {} keys were looked at", there.len());
    Ok(Came::done(if with_orphans == 0 {
        format!("{words}: all have their parents")
    } else {
        format!("{words}: {with_orphans} keys have rows whose parent is not there")
    }))
}
