//! A load that a person has done once more: what of it is missing, or all of it.
//!
//! All of it also where the load itself was well and somebody else has loaded since: then what came after it is done again, too,
//! with keys and triggers away as before.

use super::{ASKED, begin, started};
use crate::model::change::Verb;
use crate::model::refresh::{Load, PlannedStep, StepKind, StepName, StepSeen, StepState};
use crate::model::task::Task;
use crate::refresh::ledger;
use crate::refresh::runner::marks::EARLY;
use crate::refresh::steps::look;
use crate::refresh::trouble::Trouble;
use crate::refresh::work::Work;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const AGAIN: &str = "again";

/// What a person chose after a load that did not come to a good end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadAgain {
    /// `resume-processing`: tables that are not complete.
    Unfinished,
    /// `reload-target`: all of them.
    Whole,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Again {
    how: LoadAgain,
    /// The start whose load it is instead of.
    after: Timestamp,
}

/// Has the rest of a failed load, or all of it, loaded once more when the run goes on: as a person chose. All of it also where a later step
/// has failed: then what comes after the load is done once more, too.
///
/// # Errors
/// The run does not stand there; DMS cannot do that with this task; the ledger cannot be written.
pub async fn load_again(work: &mut Work, how: LoadAgain) -> Result<(), Trouble> {
    let over =
        |state: &StepState| matches!(state, StepState::Done | StepState::Skipped { .. } | StepState::PassedOver { .. });
    let steps = work.journal.steps().to_vec();
    let first = steps.iter().find(|seen| !over(&seen.state)).map(|seen| seen.kind);
    let at = steps.iter().position(|seen| seen.kind == StepKind::Load && over(&seen.state));
    let started = if at.is_some() && first.is_some() { started(work).await? } else { None };
    let (Some(at), Some(started)) = (at, started) else {
        return Err(Trouble::refused("this run is not in its load: there is nothing to load again"));
    };
    let is_later = first != Some(StepKind::Wait);
    let is_public =
        |seen: &StepSeen| matches!(seen.kind, StepKind::ScheduleBack | StepKind::Close) && over(&seen.state);
    if is_later && (how == LoadAgain::Unfinished || work.plan.load != Load::FullLoad || steps.iter().any(is_public)) {
        return Err(Trouble::refused(
            "the load of this run is complete: only all of a full load can be loaded again (--load-again), for as long as its \
             schedules are off",
        ));
    }
    if how == LoadAgain::Unfinished && work.plan.load != Load::FullLoad {
        return Err(Trouble::Refused(format!(
            "a task with changes goes on from its checkpoint and loads no table: load all of it again, or reload tables one by \
             one while it runs (cutover reload {} --table SCHEMA.TABLE) and resume then",
            work.plan.task.name.shown()
        )));
    }
    let name = StepName::from(StepKind::Load);
    // Together: who goes on must not take the failed load for the new one.
    work.target.begin().await?;
    ledger::unmark(&mut work.target, &name, ASKED).await?;
    look::keep(work, StepKind::Load, AGAIN, &Again { how, after: started.start }).await?;
    if is_later {
        for seen in &steps[at + 1..] {
            ledger::unmark_all(&mut work.target, &seen.name).await?;
        }
        // What has come back since then goes away once more before anything is sent.
        ledger::mark_anew(&mut work.target, &StepName::from(StepKind::KeysBack), EARLY, "").await?;
    }
    work.target.commit().await?;
    for nth in (at + 1..steps.len()).filter(|_| is_later) {
        let again = |seen: &mut StepSeen| {
            seen.state = StepState::Waiting;
            seen.note.clear();
        };
        work.journal.step(nth, again, Vec::new()).await?;
    }
    Ok(())
}

/// Carries out what was chosen, where something was.
pub(in crate::refresh::steps) async fn chosen(work: &mut Work, step: &PlannedStep) -> Result<(), Trouble> {
    let Some(again) = look::kept::<Again>(work, StepKind::Load, AGAIN).await? else { return Ok(()) };
    let is_done = started(work).await?.is_some_and(|started| started.start > again.after);
    if !is_done {
        let verb = move |_: &Task| {
            Ok(match again.how {
                LoadAgain::Unfinished => Verb::Resume { until: None },
                LoadAgain::Whole => Verb::Reload { until: None },
            })
        };
        begin(work, step, Some(again.after), &verb).await?;
    }
    ledger::unmark(&mut work.target, &StepName::from(StepKind::Load), AGAIN).await
}
