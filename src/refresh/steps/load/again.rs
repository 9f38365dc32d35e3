//! A load that a person has done once more: what of it is missing, or all of it.
//!
//! All of it also where the load itself was well and somebody else has loaded since: then what came after it is done again, too,
//! with keys and triggers away as before.

use super::{ASKED, Started, begin, started};
use crate::model::change::Verb;
use crate::model::refresh::{Load, PlannedStep, StepKind, StepName, StepState};
use crate::model::task::Task;
use crate::refresh::ledger;
use crate::refresh::runner::marks;
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

/// Has the rest of a failed load, or all of it, loaded once more when the run goes on: as a person chose.
///
/// # Errors
/// The run does not stand there; DMS cannot do that with this task; the ledger cannot be written.
pub async fn load_again(work: &mut Work, how: LoadAgain) -> Result<(), Trouble> {
    let over =
        |state: &StepState| matches!(state, StepState::Done | StepState::Skipped { .. } | StepState::PassedOver { .. });
    let position = |work: &Work, kind| work.plan.steps.iter().position(|step| step.kind == kind);
    let first = work.journal.steps().iter().position(|seen| !over(&seen.state));
    let [wait, close] = [StepKind::Wait, StepKind::Close].map(|kind| position(work, kind));
    let is_behind = first.zip(wait).is_some_and(|(first, wait)| first >= wait)
        && first.zip(close).is_none_or(|(first, close)| first <= close);
    let found = if is_behind { started(work).await? } else { None };
    let Some(started) = found else {
        return Err(Trouble::refused("this run is not in its load, nor behind it: there is nothing to load again"));
    };
    if how == LoadAgain::Unfinished && (work.plan.load != Load::FullLoad || first != wait) {
        return Err(Trouble::Refused(format!(
            "only a full load that did not come to its end has tables left to load: a task with changes goes on from its \
             checkpoint and loads none. Load all of it again, or reload tables one by one while it runs (cutover reload {} --table \
             SCHEMA.TABLE) and resume then",
            work.plan.task.name.shown()
        )));
    }
    let lifted = position(work, StepKind::QuarantineOff);
    if first != wait && lifted.zip(first).is_some_and(|(lifted, first)| first > lifted) {
        return Err(Trouble::refused(
            "the quarantine of this run was lifted already, so others may use the target: it is not emptied under their hands",
        ));
    }
    anew(work, how, &started).await
}

/// Together: who goes on must not take the old load for the new one, nor what was done after it for done.
async fn anew(work: &mut Work, how: LoadAgain, started: &Started) -> Result<(), Trouble> {
    let name = StepName::from(StepKind::Load);
    let behind = work.plan.steps.iter().position(|step| step.kind == StepKind::Wait).unwrap_or(usize::MAX);
    let is_away = |step: &PlannedStep| matches!(step.kind, StepKind::TriggersOff | StepKind::KeysAway);
    let steps: Vec<(usize, PlannedStep)> = work.plan.steps.iter().cloned().enumerate().collect();
    let again = steps.into_iter().filter(|(nth, step)| *nth >= behind || is_away(step));
    let again: Vec<(usize, PlannedStep)> = again
        .filter(|(nth, _)| work.journal.steps().get(*nth).is_some_and(|seen| seen.state != StepState::Waiting))
        .collect();
    work.target.begin().await?;
    ledger::unmark(&mut work.target, &name, ASKED).await?;
    look::keep(work, StepKind::Load, AGAIN, &Again { how, after: started.start }).await?;
    for (nth, step) in &again {
        if *nth >= behind {
            ledger::unmark_all(&mut work.target, &step.name).await?;
        } else {
            ledger::unmark(&mut work.target, &step.name, marks::OVER).await?;
        }
    }
    work.target.commit().await?;
    for (nth, _) in again {
        work.journal.step(nth, |seen| seen.state = StepState::Waiting, Vec::new()).await?;
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
