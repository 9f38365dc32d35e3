//! Carries a run out: its steps in order, each intent -> effect -> outcome, and what follows when one of them fails.
//!
//! Start at [`run`]. `attempt.rs` is one step with its attempts, `back.rs` what is done when the run cannot go on: before the
//! load everything is put back, after it the keys come back where the data allows, and the rest waits for a person. Nothing
//! here knows what a step does (`steps/`), and a kill at any point is a way to end like any other.

mod attempt;
mod back;
#[cfg(test)]
pub(super) mod tests;

pub use attempt::pause_before;

/// Names of marks in the ledger that the runner itself writes.
pub(super) mod marks {
    pub use super::attempt::{DONE, OVER, PASSED, SKIPPED};
    pub use super::back::{EARLY, RUN, UNDOING};
}

use super::ledger;
use super::steps;
use super::trouble::Trouble;
use super::work::Work;
use crate::model::Untrusted;
use crate::model::refresh::{OnFailure, RunState, StepKind, StepName, StepState, WishFor};
use crate::store::runs::Phase;
use attempt::Ending;

/// How a run stands when its process has nothing more to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub state: RunState,
    /// Why it does not go on, where it does not.
    pub why: Option<String>,
    /// The one command that does.
    pub command: Option<String>,
    /// The journal could not be written, and why: what is said here stands nowhere else but in the ledger.
    pub journal: Option<String>,
}

/// Carries it out, to its end or as far as it goes.
pub async fn run(mut work: Work) -> Ended {
    let (state, why) = if work.undoing.is_some() { back::undo(&mut work).await } else { forward(&mut work).await };
    work.target.close().await;
    if let Some(wish) = crate::store::runs::take_wish(&work.store, &work.id) {
        // Else whoever goes on, days later, would do it.
        let text = format!("it was asked for {} as it ended: nothing is done about that any more", wish.word());
        let _ = work.line(None, text, true).await;
    }
    steps::notify::ended(&mut work, state, why.as_deref()).await;
    let command = command(&work, state);
    Ended { state, why, command, journal: work.journal.broken().map(str::to_owned) }
}

/// The command that goes on.
fn command(work: &Work, state: RunState) -> Option<String> {
    let name = crate::model::shell::quoted(&work.plan.name.0);
    match state {
        RunState::Parked => Some(format!("cutover refresh finish {name}")),
        RunState::Paused | RunState::NeedsCredentials | RunState::NeedsAttention => {
            Some(format!("cutover refresh resume {name}"))
        }
        RunState::Running | RunState::Undoing | RunState::Undone | RunState::Done => None,
    }
}

async fn forward(work: &mut Work) -> (RunState, Option<String>) {
    match keys_away_again(work).await {
        Ok(()) => {}
        Err(ending) => return stopped(work, first_open(work), ending).await,
    }
    while let Some(nth) = first_open(work) {
        if is_closed(work, nth) {
            closed(work).await;
        }
        let kind = work.plan.steps[nth].kind;
        // From here on what was taken away comes back whatever the disk says.
        work.journal.be_lenient(past_pivot(work, nth));
        match attempt::step(work, nth).await {
            Ok(()) => {}
            Err(Ending::Failed(why)) if work.plan.steps[nth].on_failure == OnFailure::GoOn => {
                if let Err(trouble) = pass_over(work, nth, &why).await {
                    return stopped(work, Some(nth), Ending::Failed(trouble.to_string())).await;
                }
            }
            Err(ending) => return stopped(work, Some(nth), ending).await,
        }
        if kind == StepKind::Close {
            closed(work).await;
        }
    }
    let now = work.now();
    // Everything is done; a disk that says no changes nothing about it.
    work.journal.be_lenient(true);
    let _ = work.journal.state(RunState::Done, None, None, Some(now)).await;
    (RunState::Done, None)
}

/// The ledger says that the run is done, which nobody's wish makes undone: what is left is to tell of it.
async fn closed(work: &mut Work) {
    work.target.close().await;
    work.in_ledger = false;
    work.deaf = true;
}

fn is_closed(work: &Work, nth: usize) -> bool {
    work.plan.steps.iter().position(|step| step.kind == StepKind::Close).is_some_and(|close| nth > close)
}

/// The first step that is not over.
pub(super) fn first_open(work: &Work) -> Option<usize> {
    let over =
        |state: &StepState| matches!(state, StepState::Done | StepState::Skipped { .. } | StepState::PassedOver { .. });
    work.journal.steps().iter().position(|seen| !over(&seen.state))
}

/// The load is behind us: the old data is gone.
fn past_pivot(work: &Work, nth: usize) -> bool {
    work.plan.steps.iter().position(|step| step.kind.is_pivot()).is_some_and(|pivot| nth > pivot)
}

async fn pass_over(work: &mut Work, nth: usize, why: &str) -> Result<(), Trouble> {
    let (name, now) = (work.plan.steps[nth].name.clone(), work.now());
    if work.in_ledger {
        ledger::mark_anew(&mut work.target, &name, attempt::OVER, attempt::PASSED).await?;
    }
    let why_shown = Untrusted::new(why);
    let change = |seen: &mut crate::model::refresh::StepSeen| {
        seen.state = StepState::PassedOver { why: why_shown };
        seen.ended = Some(now);
    };
    work.journal.step(nth, change, Vec::new()).await?;
    work.line(Some(&name), format!("failed, and the run goes on without it: {why}"), true).await
}

/// What a load, and what changes rows after it, would meet.
const IN_ITS_WAY: [StepKind; 3] = [StepKind::Quarantine, StepKind::TriggersOff, StepKind::KeysAway];

/// A run whose keys came back for safety after a failure takes them away once more, where their turn is still to come; one that loads again
/// everything that has come back.
async fn keys_away_again(work: &mut Work) -> Result<(), Ending> {
    let back = StepName::from(StepKind::KeysBack);
    let is_early = work.in_ledger && ledger::marked(&mut work.target, &back, back::EARLY).await?.is_some();
    let Some(next) = first_open(work).filter(|_| is_early) else { return Ok(()) };
    let turn = work.plan.steps.iter().position(|step| step.kind == StepKind::KeysBack);
    if turn.is_none_or(|turn| next < turn) {
        let plan = std::sync::Arc::clone(&work.plan);
        for step in plan.steps.iter().filter(|step| IN_ITS_WAY.contains(&step.kind)) {
            let text = "what came back when the run stopped goes away again".to_owned();
            work.line(Some(&step.name), text, false).await?;
            attempt::bounded(work, step).await?;
        }
    }
    ledger::unmark(&mut work.target, &back, back::EARLY).await?;
    work.show_away().await?;
    Ok(())
}

/// The run does not go on: what follows from why.
async fn stopped(work: &mut Work, nth: Option<usize>, ending: Ending) -> (RunState, Option<String>) {
    match ending {
        Ending::Parked(note) => {
            let note = Some(note);
            rest(work, RunState::Parked, nth, note).await
        }
        Ending::Credentials(why) => rest(work, RunState::NeedsCredentials, nth, Some(why)).await,
        Ending::Wish(WishFor::Pause) => {
            rest(work, RunState::Paused, nth, Some("it was asked to pause".to_owned())).await
        }
        Ending::Wish(wish) => back::failed(work, nth, "it was aborted", Some(wish)).await,
        Ending::Failed(why) => back::failed(work, nth, &why, None).await,
        // Somebody else has it, or nobody can reach it: nothing may be written any more.
        Ending::Gone(why) => {
            work.journal.be_lenient(true);
            let name = nth.map(|nth| work.plan.steps[nth].name.clone());
            let _ = work.journal.state(RunState::NeedsAttention, name.as_ref(), Some(&why), None).await;
            (RunState::NeedsAttention, Some(why))
        }
    }
}

/// Writes where it stands, everywhere, and gives it out of the hand.
async fn rest(work: &mut Work, state: RunState, nth: Option<usize>, why: Option<String>) -> (RunState, Option<String>) {
    let now = work.now();
    let name = nth.map(|nth| work.plan.steps[nth].name.clone());
    work.journal.be_lenient(true);
    if work.in_ledger && work.target.rollback().await.is_ok() {
        let told = ledger::state(&mut work.target, state, why.as_deref(), now).await;
        if let Err(trouble) = told {
            let text =
                format!("the ledger on the target could not be told that this run is {}: {trouble}", state.word());
            let _ = work.line(name.as_ref(), text, true).await;
        }
    }
    let over = Some(now).filter(|_| state.is_over());
    let _ = work.journal.state(state, name.as_ref(), why.as_deref(), over).await;
    (state, why)
}

/// Whether every step of a plan is one that this program has.
pub(super) fn known(plan: &super::Plan) -> Result<(), Trouble> {
    plan.steps.iter().find(|step| !steps::is_known(step.kind)).map_or(Ok(()), |step| Err(steps::unknown(step)))
}

/// An attempt of nothing but the journal: what it is about to do.
async fn intent(work: &mut Work, nth: usize, n: u32, words: &str) -> Result<(), Trouble> {
    let (name, now) = (work.plan.steps[nth].name.clone(), work.now());
    work.journal.attempt((&name, n), Phase::Intent, (words.to_owned(), None), now).await
}
