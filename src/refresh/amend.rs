//! A run that stopped after its load goes on with another plan, which somebody has confirmed (`plan::amend` says what may be other).

use super::begin::{self, Means};
use super::plan::amend::{amend as amended, changes, needs_load};
use super::steps::{LoadAgain, load_again};
use super::trouble::Trouble;
use super::work::Work;
use super::{Plan, ledger, runner};
use crate::change::Confirmed;
use crate::model::refresh::{PlanHash, RefreshId, StepKind, StepSeen, StepState};
use std::sync::Arc;

/// Takes the run up with this plan. `again`: all of it is loaded once more first.
///
/// # Errors
/// It is not the plan that was confirmed, nor one that this run may have; it has to be loaded again; as [`begin::resume`].
pub async fn amend(
    id: &RefreshId,
    plan: Plan,
    confirmed: Confirmed<PlanHash>,
    again: bool,
    means: Means,
) -> Result<Work, Trouble> {
    if begin::hash(&plan)? != *confirmed.hash() {
        return Err(Trouble::refused("the plan is not the one that was confirmed"));
    }
    runner::known(&plan)?;
    let mut work = Box::pin(begin::resume(id, means)).await?;
    let is_over = |seen: &StepSeen| {
        matches!(seen.state, StepState::Done | StepState::Skipped { .. } | StepState::PassedOver { .. })
    };
    let is_loaded = work.journal.steps().iter().any(|seen| seen.kind == StepKind::Load && is_over(seen));
    if work.undoing.is_some() || !is_loaded || !work.in_ledger {
        return Err(Trouble::refused("only a run that has begun its load goes on with another plan: begin a new one"));
    }
    if amended(&work.plan, &plan).as_ref() != Ok(&plan) {
        return Err(Trouble::refused(
            "this plan takes other things away, or loads something else: nothing is done with it",
        ));
    }
    if again {
        // First: whoever dies in between loads once more for nothing, and takes no row for masked that is not.
        Box::pin(load_again(&mut work, LoadAgain::Whole)).await?;
    } else if let Some(why) = needs_load(&work.plan, &plan, work.journal.steps()) {
        return Err(Trouble::Refused(format!("{why}: --load-again has everything loaded once more first")));
    }
    let text = serde_json::to_string(&plan).map_err(|error| Trouble::refused(error.to_string()))?;
    let how = confirmed.how_it_was();
    ledger::amend(&mut work.target, &text, confirmed.hash(), how).await?;
    let steps = seen(&plan, work.journal.steps());
    work.journal.amended((text, confirmed.hash().clone(), how), steps).await?;
    let lines = changes(&work.plan, &plan);
    (work.plan, work.confirmed) = (Arc::new(plan), confirmed);
    for line in lines {
        work.line(None, format!("another plan: {line}"), false).await?;
    }
    Ok(work)
}

/// Steps of the new plan, each as it stood.
fn seen(plan: &Plan, before: &[StepSeen]) -> Vec<StepSeen> {
    let mut all = begin::waiting(plan);
    for one in &mut all {
        if let Some(was) = before.iter().find(|was| was.name == one.name && was.kind == one.kind) {
            one.clone_from(was);
        }
    }
    all
}
