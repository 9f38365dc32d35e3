//! What is done when a run cannot go on.
//!
//! Before the load everything that was taken away is put back, newest first; each undo is idempotent and tried again, and one
//! that fails stops none of the others. After the load the old data is gone: the keys come back, for new rows, where nothing
//! loads any more; schedules stay off and the quarantine stays on until a person has looked.

use super::attempt::{self, Ending, pause_before};
use super::{intent, rest};
use crate::model::Untrusted;
use crate::model::refresh::{PlannedStep, RunState, StepKind, StepName, StepSeen, StepState, WishFor};
use crate::refresh::ledger;
use crate::refresh::steps;
use crate::refresh::trouble::Trouble;
use crate::refresh::work::Work;

/// Name of the mark of keys that came back before their turn.
pub const EARLY: &str = "early";
/// Under this name stands in the ledger that a run is being undone, and why.
pub const RUN: &str = "run";
pub const UNDOING: &str = "undoing";
/// What puts something back is tried at least so often again.
const AT_LEAST: u32 = 3;

/// A step has failed for good, or somebody wishes the end of the run.
pub async fn failed(
    work: &mut Work,
    nth: Option<usize>,
    why: &str,
    wish: Option<WishFor>,
) -> (RunState, Option<String>) {
    work.deaf = true;
    work.journal.be_lenient(true);
    let name = nth.map(|nth| work.plan.steps[nth].name.clone());
    let told =
        name.as_ref().filter(|_| wish.is_none()).map_or_else(|| why.to_owned(), |name| format!("{}: {why}", name.0));
    let _ = work.line(name.as_ref(), format!("the run does not go on: {why}"), true).await;
    if is_before_pivot(work, nth).await {
        work.undoing = Some(told);
        return undo(work).await;
    }
    if wish == Some(WishFor::AbortStoppingTask) {
        stop_task(work, nth).await;
    }
    keys_back(work, nth).await;
    rest(work, RunState::NeedsAttention, nth, Some(told)).await
}

/// Nothing of the old data is gone. What cannot be told counts as gone: then nothing is undone that the load may rely on.
async fn is_before_pivot(work: &mut Work, nth: Option<usize>) -> bool {
    let Some(nth) = nth else { return false };
    let steps = &work.plan.steps;
    let is_behind = |step: &PlannedStep| step.kind != StepKind::Custom && step.kind >= StepKind::Load;
    if steps[..nth].iter().any(is_behind) {
        return false;
    }
    let step = steps[nth].clone();
    if !is_behind(&step) {
        return true;
    }
    if !step.kind.is_pivot() || work.target.again().await.is_err() {
        return false;
    }
    let looked = tokio::time::timeout(step.timeout.unsigned_abs(), Box::pin(steps::is_not_begun(work, &step))).await;
    match looked {
        Ok(looked) => attempt::settle(work, looked).await == Ok(true),
        Err(_) => false,
    }
}

async fn stop_task(work: &mut Work, nth: Option<usize>) {
    let load = work.plan.steps.iter().position(|step| step.kind == StepKind::Load);
    let Some(step) = nth.or(load).map(|nth| work.plan.steps[nth].clone()) else { return };
    let (said, bad) = match Box::pin(steps::load::stop(work, &step)).await {
        Ok(said) => (said, false),
        Err(trouble) => (format!("the task could not be stopped: {trouble}"), true),
    };
    let _ = work.line(Some(&step.name), said, bad).await;
}

/// Whether nothing loads any more: the keys would stand in its way.
async fn is_idle(work: &mut Work) -> Result<bool, Trouble> {
    if work.aws.is_none() {
        return Ok(true);
    }
    Box::pin(steps::load::is_over(work)).await
}

/// After the load: keys hold for new rows again, where that is possible.
async fn keys_back(work: &mut Work, nth: Option<usize>) {
    let Some(at) = work.plan.steps.iter().position(|step| step.kind == StepKind::KeysBack) else { return };
    let is_over = |seen: &StepSeen| seen.state == StepState::Done;
    if nth.is_none_or(|nth| nth >= at) || work.journal.steps().get(at).is_none_or(is_over) || !work.in_ledger {
        return;
    }
    let step = work.plan.steps[at].clone();
    let said = match Box::pin(keys_back_early(work, &step)).await {
        Ok(true) => "the foreign keys are back, for new rows".to_owned(),
        Ok(false) => "the foreign keys stay away: the task may still load".to_owned(),
        Err(trouble) => format!("the foreign keys are not all back: {trouble}"),
    };
    let _ = work.line(Some(&step.name), said, true).await;
}

async fn keys_back_early(work: &mut Work, step: &PlannedStep) -> Result<bool, Trouble> {
    if !is_idle(work).await? {
        return Ok(false);
    }
    work.target.again().await?;
    ledger::mark_anew(&mut work.target, &step.name, EARLY, "").await?;
    attempt::bounded(work, step).await?;
    work.show_away().await?;
    Ok(true)
}

/// Puts everything back, newest first.
pub async fn undo(work: &mut Work) -> (RunState, Option<String>) {
    work.deaf = true;
    work.journal.be_lenient(true);
    let why = work.undoing.clone().unwrap_or_default();
    let now = work.now();
    let _ = work.journal.state(RunState::Undoing, None, Some(&why), None).await;
    if work.in_ledger && work.target.again().await.is_ok() {
        // So that whoever goes on without the journal undoes, too.
        let _ = ledger::mark_anew(&mut work.target, &StepName(RUN.to_owned()), UNDOING, &why).await;
        let _ = ledger::state(&mut work.target, RunState::Undoing, Some(&why), now).await;
    }
    let (mut not_back, mut credentials) = (Vec::new(), false);
    for nth in (0..work.plan.steps.len()).rev() {
        let step = work.plan.steps[nth].clone();
        let state = work.journal.steps().get(nth).map_or(StepState::Waiting, |seen| seen.state.clone());
        if !step.kind.has_undo() || matches!(state, StepState::Waiting | StepState::Undone) {
            continue;
        }
        // What is written down is needed for as long as something is away.
        if !not_back.is_empty() && matches!(step.kind, StepKind::Lock | StepKind::Capture) {
            continue;
        }
        if step.kind == StepKind::Lock {
            let _ = work.show_away().await;
        }
        if let Err(ending) = undo_step(work, nth, &step).await {
            credentials |= matches!(ending, Ending::Credentials(_));
            let (Ending::Failed(what) | Ending::Credentials(what) | Ending::Gone(what) | Ending::Parked(what)) = ending
            else {
                continue;
            };
            let _ = work.line(Some(&step.name), format!("not put back: {what}"), true).await;
            not_back.push(format!("{}: {what}", step.name.0));
        }
    }
    if not_back.is_empty() {
        work.in_ledger = false;
        return rest(work, RunState::Undone, None, Some(why)).await;
    }
    let _ = work.show_away().await;
    let state = if credentials { RunState::NeedsCredentials } else { RunState::NeedsAttention };
    let all = format!("{why}; not put back: {}", not_back.join("; "));
    rest(work, state, None, Some(all)).await
}

async fn undo_step(work: &mut Work, nth: usize, step: &PlannedStep) -> Result<(), Ending> {
    let mut failures = 0;
    loop {
        let _ = intent(work, nth, work.attempts(&step.name), "undo").await;
        let trouble = match once(work, step).await {
            Ok(note) => {
                let now = work.now();
                let change = |seen: &mut StepSeen| {
                    seen.state = StepState::Undone;
                    seen.ended = Some(now);
                    seen.note = note;
                };
                let _ = work.journal.step(nth, change, Vec::new()).await;
                return Ok(());
            }
            Err(trouble) => trouble,
        };
        failures += 1;
        let is_final = matches!(trouble, Trouble::Credentials(_)) || failures > step.retry.max(AT_LEAST);
        if is_final {
            let what = Untrusted::new(format!("not put back: {trouble}"));
            let _ = work.journal.step(nth, |seen| seen.state = StepState::Failed { why: what }, Vec::new()).await;
            return Err(trouble.into());
        }
        let wait = pause_before(failures);
        let text = format!("putting back: {trouble}; again in {} s", wait.as_secs());
        let _ = work.line(Some(&step.name), text, true).await;
        (work.time.wait)(wait).await;
    }
}

async fn once(work: &mut Work, step: &PlannedStep) -> Result<String, Trouble> {
    work.target.again().await?;
    let timeout = step.timeout.unsigned_abs();
    let undone = tokio::time::timeout(timeout, Box::pin(steps::undo(work, step))).await;
    let Ok(done) = undone else {
        work.target.drop_session();
        return Err(Trouble::Failed(format!("it took longer than {:#}", step.timeout)));
    };
    attempt::settle(work, done).await
}
