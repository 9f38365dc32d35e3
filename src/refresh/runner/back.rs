//! What is done when a run cannot go on.
//!
//! Before the load everything that was taken away is put back, newest first; each undo is idempotent and tried again, a way that
//! is lost is waited for, and one that fails stops none of the others. After the load the old data is gone: the keys come back, for
//! new rows, where nothing loads any more; schedules stay off and the quarantine stays on until a person has looked. Where a rule
//! has started the load it is there before the first step: no failure is before that one.

use super::attempt::{self, Ending, Tries, pause_before};
use super::{intent, rest};
use crate::model::Untrusted;
use crate::model::refresh::{PlannedStep, RunState, StepKind, StepName, StepSeen, StepState, WishFor};
use crate::model::shell::quoted;
use crate::refresh::ledger;
use crate::refresh::steps;
use crate::refresh::trouble::Trouble;
use crate::refresh::watch::is_watched;
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
    if is_before_pivot(work, nth, wish.is_some()).await {
        work.undoing = Some(told);
        return undo(work).await;
    }
    let told = if is_untouched(work, nth) { untouched(work, &told) } else { told };
    if wish == Some(WishFor::AbortStoppingTask) {
        stop_task(work, nth).await;
    }
    keys_back(work, nth).await;
    rest(work, RunState::NeedsAttention, nth, Some(told)).await
}

/// Nothing of the old data is gone. What cannot be told counts as gone: then nothing is undone that the load may rely on.
async fn is_before_pivot(work: &mut Work, nth: Option<usize>, wished: bool) -> bool {
    let Some(nth) = nth else { return false };
    let steps = &work.plan.steps;
    if steps[..nth].iter().any(is_behind) {
        return false;
    }
    // Only a person leaves a load as it is that a rule has started.
    let is_there = is_watched(&work.plan) && !wished;
    let step = if is_there { steps.iter().find(|step| step.kind.is_pivot()) } else { Some(&steps[nth]) };
    let Some(step) = step.cloned() else { return false };
    if !is_behind(&step) {
        return true;
    }
    if !step.kind.is_pivot() || work.target.again().await.is_err() {
        return false;
    }
    let looks = Box::pin(steps::is_not_begun(work, &step, is_there));
    match tokio::time::timeout(step.timeout.unsigned_abs(), looks).await {
        Ok(looked) => attempt::settle(work, looked).await == Ok(true),
        Err(_) => false,
    }
}

/// The load, or what comes after it.
fn is_behind(step: &PlannedStep) -> bool {
    step.kind != StepKind::Custom && step.kind >= StepKind::Load
}

/// A rule has started the load, and nothing was done about it yet.
fn is_untouched(work: &Work, nth: Option<usize>) -> bool {
    let until = |nth: usize| work.plan.steps[..nth].iter().any(|step| step.kind.is_pivot());
    is_watched(&work.plan) && nth.is_some_and(|nth| !until(nth))
}

/// What a person should know then.
fn untouched(work: &Work, why: &str) -> String {
    let name = quoted(&work.plan.name.0);
    format!(
        "{why}. The load is on the target, and nothing of it is masked: go on, or have the watch plan it anew (cutover refresh \
         abort {name})"
    )
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
    // Where a rule has started the load, none was taken away.
    if is_watched(&work.plan)
        || nth.is_none_or(|nth| nth >= at)
        || work.journal.steps().get(at).is_none_or(is_over)
        || !work.in_ledger
    {
        return;
    }
    let step = work.plan.steps[at].clone();
    let mut tries = Tries::default();
    let came = loop {
        match Box::pin(keys_back_early(work, &step)).await {
            Err(Trouble::Lost(why)) if is_waited_for(work, Some(&step.name), &why, &mut tries).await => {}
            came => break came,
        }
    };
    let said = match came {
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

/// The way is lost while something is put back: waits for it, as a step that goes forward does. `false`: for long enough.
async fn is_waited_for(work: &mut Work, step: Option<&StepName>, why: &str, tries: &mut Tries) -> bool {
    let Some(wait) = tries.wait_for_the_way(attempt::LOST_FOR) else { return false };
    let text = format!("putting back: {why}; again in {} s", wait.as_secs());
    let _ = work.line(step, text, true).await;
    (work.time.wait)(wait).await;
    true
}

/// Puts everything back, newest first.
pub async fn undo(work: &mut Work) -> (RunState, Option<String>) {
    work.deaf = true;
    work.journal.be_lenient(true);
    let why = work.undoing.clone().unwrap_or_default();
    let now = work.now();
    let _ = work.journal.state(RunState::Undoing, None, Some(&why), None).await;
    // One patience for all of it: what does not come back for one step does not for the next.
    let mut tries = Tries::default();
    if work.in_ledger {
        while let Err(Trouble::Lost(why)) = work.target.again().await
            && is_waited_for(work, None, &why, &mut tries).await
        {}
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
        if let Err(ending) = undo_step(work, nth, &step, &mut tries).await {
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

async fn undo_step(work: &mut Work, nth: usize, step: &PlannedStep, tries: &mut Tries) -> Result<(), Ending> {
    tries.failures = 0;
    loop {
        let _ = intent(work, nth, work.attempts(&step.name), "undo").await;
        let trouble = match once(work, step).await {
            Ok(note) => {
                tries.way_is_there();
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
        if let Trouble::Lost(why) = &trouble
            && is_waited_for(work, Some(&step.name), why, tries).await
        {
            continue;
        }
        tries.failures += 1;
        let is_final =
            matches!(trouble, Trouble::Credentials(_) | Trouble::Lost(_)) || tries.failures > step.retry.max(AT_LEAST);
        if is_final {
            let what = Untrusted::new(format!("not put back: {trouble}"));
            let _ = work.journal.step(nth, |seen| seen.state = StepState::Failed { why: what }, Vec::new()).await;
            return Err(trouble.into());
        }
        tries.way_is_there();
        let wait = pause_before(tries.failures);
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
