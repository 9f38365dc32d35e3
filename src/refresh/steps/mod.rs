//! The steps of a refresh, a file each.
//!
//! Each has `probe` (what is there, after a crash), `run` (idempotent, given its probe) and, where [`StepKind::has_undo`], `undo`
//! (idempotent; what was never done is undone by nothing). Here is which kind is which file. A step waits with
//! [`Work::wait`] only, ends its transactions, and between them asks [`Work::good_moment`].

mod analyze;
mod capture;
mod caught;
mod close;
mod custom;
mod deeds;
mod defuse;
mod drain;
mod kept;
mod keys;
pub(super) mod load;
mod lock;
mod look;
mod mask;
pub(super) mod notify;
mod parity;
mod park;
mod quarantine;
mod rehearsal;
mod schedule;
mod sequences;
mod session;
mod stop_task;
mod tables;
mod triggers;
mod validate;
mod verify;
mod wait;

pub use load::{LoadAgain, load_again};

use super::trouble::{Came, Probe, Trouble};
use super::work::Work;
use crate::model::refresh::{PlannedStep, StepKind};

/// Whether this program knows what to do.
pub(super) fn is_known(kind: StepKind) -> bool {
    // In tests of the runner steps are played, in whatever order a test wants.
    let there = matches!(
        kind,
        StepKind::Parity
            | StepKind::Rehearsal
            | StepKind::Lock
            | StepKind::Capture
            | StepKind::ScheduleOff
            | StepKind::Drain
            | StepKind::Quarantine
            | StepKind::TriggersOff
            | StepKind::KeysAway
            | StepKind::Load
            | StepKind::Wait
            | StepKind::Park
            | StepKind::Caught
            | StepKind::StopTask
            | StepKind::Validate
            | StepKind::Mask
            | StepKind::Defuse
            | StepKind::KeysBack
            | StepKind::Sequences
            | StepKind::TriggersOn
            | StepKind::Analyze
            | StepKind::Verify
            | StepKind::QuarantineOff
            | StepKind::ScheduleBack
            | StepKind::Close
            | StepKind::Notify
            | StepKind::Custom
    );
    cfg!(test) || there
}

pub(super) fn unknown(step: &PlannedStep) -> Trouble {
    Trouble::Refused(format!("this plan has a step that this program does not know: {}", step.kind.word()))
}

/// What stood in the way of several things, as one: worth trying again where one of them is.
fn together(told: &[Trouble]) -> Result<(), Trouble> {
    const TOLD: usize = 5;
    if told.is_empty() {
        return Ok(());
    }
    let more = told.len().saturating_sub(TOLD);
    let mut words: Vec<String> = told.iter().take(TOLD).map(ToString::to_string).collect();
    if more > 0 {
        words.push(format!("and {more} more"));
    }
    let words = words.join("; ");
    let is_worth_it = told.iter().any(|trouble| matches!(trouble, Trouble::Failed(_)));
    Err(if is_worth_it { Trouble::Failed(words) } else { Trouble::Refused(words) })
}

/// What of a step is there.
pub(super) async fn probe(work: &mut Work, step: &PlannedStep) -> Result<Probe, Trouble> {
    #[cfg(test)]
    if let Some(said) = super::runner::tests::Script::probe(work, step) {
        return said;
    }
    match step.kind {
        StepKind::Parity => parity::probe(work, step).await,
        StepKind::Rehearsal => rehearsal::probe(work, step).await,
        StepKind::Lock => lock::probe(work, step).await,
        StepKind::Capture => capture::probe(work, step).await,
        StepKind::ScheduleOff | StepKind::ScheduleBack => schedule::probe(work, step).await,
        StepKind::Drain => drain::probe(work, step).await,
        StepKind::Quarantine => quarantine::probe(work, step).await,
        StepKind::TriggersOff | StepKind::TriggersOn => triggers::probe(work, step).await,
        StepKind::KeysAway | StepKind::KeysBack => keys::probe(work, step).await,
        StepKind::Load => load::probe(work, step).await,
        StepKind::Wait => wait::probe(work, step).await,
        StepKind::Park => park::probe(work, step).await,
        StepKind::Caught => caught::probe(work, step).await,
        StepKind::StopTask => stop_task::probe(work, step).await,
        StepKind::Validate => validate::probe(work, step).await,
        StepKind::Mask => mask::probe(work, step).await,
        StepKind::Defuse => defuse::probe(work, step).await,
        StepKind::Sequences => sequences::probe(work, step).await,
        StepKind::Analyze => analyze::probe(work, step).await,
        StepKind::Verify => verify::probe(work, step).await,
        StepKind::QuarantineOff => quarantine::probe_off(work, step).await,
        StepKind::Close => close::probe(work, step).await,
        StepKind::Notify => notify::probe(work, step).await,
        StepKind::Custom => custom::probe(work, step).await,
    }
}

/// Whether the load of this run has surely not begun; `by_a_rule`: there is none of that kind, or another run has taken it.
pub(super) async fn is_not_begun(work: &mut Work, step: &PlannedStep, by_a_rule: bool) -> Result<bool, Trouble> {
    #[cfg(test)]
    if let Some(said) = super::runner::tests::Script::probe(work, step) {
        return said.map(|probe| probe == Probe::NotYet);
    }
    if by_a_rule { load::is_not_there(work).await } else { load::is_not_begun(work, step).await }
}

/// Does it, or the rest of it.
pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    #[cfg(test)]
    if let Some(said) = super::runner::tests::Script::run(work, step).await {
        return said;
    }
    match step.kind {
        StepKind::Parity => parity::run(work, step).await,
        StepKind::Rehearsal => rehearsal::run(work, step).await,
        StepKind::Lock => lock::run(work, step).await,
        StepKind::Capture => capture::run(work, step).await,
        StepKind::ScheduleOff | StepKind::ScheduleBack => schedule::run(work, step).await,
        StepKind::Drain => drain::run(work, step).await,
        StepKind::Quarantine => quarantine::run(work, step).await,
        StepKind::TriggersOff => triggers::run_off(work, step).await,
        StepKind::KeysAway => keys::run_away(work, step).await,
        StepKind::Load => load::run(work, step).await,
        StepKind::Wait => wait::run(work, step).await,
        StepKind::Park => park::run(work, step).await,
        StepKind::Caught => caught::run(work, step).await,
        StepKind::StopTask => stop_task::run(work, step).await,
        StepKind::Validate => validate::run(work, step).await,
        StepKind::Mask => mask::run(work, step).await,
        StepKind::Defuse => defuse::run(work, step).await,
        StepKind::KeysBack => keys::run_back(work, step).await,
        StepKind::Sequences => sequences::run(work, step).await,
        StepKind::TriggersOn => triggers::run_on(work, step).await,
        StepKind::Analyze => analyze::run(work, step).await,
        StepKind::Verify => verify::run(work, step).await,
        StepKind::QuarantineOff => quarantine::run_off(work, step).await,
        StepKind::Close => close::run(work, step).await,
        StepKind::Notify => notify::run(work, step).await,
        StepKind::Custom => custom::run(work, step).await,
    }
}

/// Puts back what it did; says what that was.
pub(super) async fn undo(work: &mut Work, step: &PlannedStep) -> Result<String, Trouble> {
    #[cfg(test)]
    if let Some(said) = super::runner::tests::Script::undo(work, step) {
        return said;
    }
    match step.kind {
        StepKind::Lock => lock::undo(work, step).await,
        StepKind::Capture => capture::undo(work, step).await,
        StepKind::ScheduleOff => schedule::undo(work, step).await,
        StepKind::Quarantine => quarantine::undo(work, step).await,
        StepKind::TriggersOff => triggers::undo_off(work, step).await,
        StepKind::KeysAway => keys::undo_away(work, step).await,
        kind if !kind.has_undo() => Ok(String::new()),
        _ => Err(unknown(step)),
    }
}
