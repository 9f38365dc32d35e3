//! The notice that a run takes longer than was said, from beside it: its runner may be killed, stopped, or without credentials.
//!
//! [`is_due`] waits for as long as there is something to wait for; [`tell`] marks in the ledger on the target that somebody is told,
//! and then sends it. The runner does the same while it lives (`work.rs`): who marks first, tells. Nothing is put back by it. A run
//! that is parked is not late, since it may stay so for weeks; neither is one that is being finished: whoever does that is there.

use super::begin::{confirmed, plan};
use super::held::Door;
use super::ledger::{self, LedgerRun, beside};
use super::plan::Plan;
use super::runner::marks;
use super::steps::notify;
use super::trouble::Trouble;
use super::work::unsent;
use super::{open_runs, watch};
use crate::change::{Notifier, Time};
use crate::model::audit::State;
use crate::model::refresh::{RefreshId, RunState, StepKind, StepName, StepSeen, StepState};
use crate::store::{Settings, runs};
use jiff::Timestamp;
use std::time::Duration;

/// Name of the mark of a run of which somebody was told, and what it says.
pub(super) const MARK: &str = "late";
pub(super) const TOLD: &str = "told";

/// When somebody is told of a run of this plan that began then; `None`: never.
pub fn due(plan: &Plan, began: Timestamp) -> Option<Timestamp> {
    plan.topic.as_ref()?;
    began.checked_add(plan.notice_after?).ok()
}

/// It was parked, and somebody ends it now.
pub(super) fn is_past_park(steps: &[StepSeen]) -> bool {
    steps.iter().any(|seen| seen.kind == StepKind::Park && seen.state == StepState::Done)
}

/// Waits until it is due, and looks so often whether it still has to: nobody waits for hours beside a run that is over. `false`: the journal here says that the run is over or parked, or another process waits by now (`ours`
/// is what [`runs::waits`] gave this one). A journal that cannot be read says nothing.
pub async fn is_due(
    store: &Settings,
    id: &RefreshId,
    ours: &str,
    due: Timestamp,
    (time, each): (Time, Duration),
) -> bool {
    loop {
        if !runs::waits_still(store, id, ours) {
            return false;
        }
        if let Ok(Some(kept)) = runs::kept(store, id).await
            && (kept.head.state.is_over() || kept.head.state == RunState::Parked || is_past_park(&kept.steps))
        {
            return false;
        }
        let left = due.duration_since((time.now)());
        if !left.is_positive() {
            return true;
        }
        (time.wait)(left.unsigned_abs().min(each)).await;
    }
}

/// Open runs in the ledger on a target that are late, and of which nobody was told.
///
/// # Errors
/// The target cannot be read.
pub async fn untold(target: &Door, now: Timestamp) -> Result<Vec<LedgerRun>, Trouble> {
    let mut late = open_runs(target).await?;
    late.retain(|run| watch::overdue(run, now).is_some());
    if late.is_empty() {
        return Ok(late);
    }
    let database = target.find().await?;
    let schema = database.named_schema();
    let mut session = database.read().await?;
    let (run, park) = (StepName(marks::RUN.to_owned()), StepName::from(StepKind::Park));
    let mut settled = ledger::marked_by_all(&mut session, schema, (&run, MARK)).await?;
    settled.extend(ledger::marked_by_all(&mut session, schema, (&park, marks::OVER)).await?);
    late.retain(|run| !settled.iter().any(|(id, _)| *id == run.id));
    Ok(late)
}

/// Tells the topic of a run that is late, in words of what came of it; `None`: somebody else has. What surely was not sent is
/// not marked: it may be tried again.
///
/// # Errors
/// The target cannot be written, the plan in its ledger is not the one that was confirmed, or nobody could be told.
pub async fn tell(
    target: &Door,
    run: &LedgerRun,
    notifier: &mut Notifier,
    now: Timestamp,
) -> Result<Option<String>, Trouble> {
    let Some(why) = watch::overdue(run, now) else { return Ok(None) };
    let plan = plan(&run.plan, &run.hash, "the ledger on the target")?;
    let permit = confirmed(&plan, &run.hash, run.how, now)?.permit();
    let database = target.clone().only(plan.target.identity.as_deref()).proven().await?;
    let schema = database.named_schema();
    let mut session = database.write(&permit, "cutover").await?;
    let step = StepName(marks::RUN.to_owned());
    let mark = (&step, MARK);
    // Before it is sent: rather not at all than twice.
    if !beside::mark_once(&mut session, schema, &run.id, mark, TOLD).await? {
        return Ok(None);
    }
    let outcome = Box::pin(notifier.publish(&notify::late(run, &plan, &why, now))).await;
    let words = outcome.lines.join("; ");
    match outcome.state {
        // A message that may have gone is not sent twice.
        State::Done | State::Unknown => Ok(Some(words)),
        _ => {
            beside::unmark(&mut session, schema, &run.id, mark).await?;
            Err(unsent(outcome.problem, words))
        }
    }
}
