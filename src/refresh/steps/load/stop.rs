//! The task is told to stop in the middle of its load: a person wishes the end of the run.

use super::ASKED;
use super::Asked;
use crate::change::Way;
use crate::model::change::{Change, Verb};
use crate::model::refresh::{PlannedStep, StepKind};
use crate::model::task::TaskStatus;
use crate::refresh::steps::look::{self, Phase};
use crate::refresh::trouble::Trouble;
use crate::refresh::work::{Changed, Work};
use std::time::Duration;

const EACH: Duration = Duration::from_secs(5);
/// Longer than this nobody waits for it: keys stay away then.
const LOOKS: u32 = 120;
/// How often AWS may refuse it.
const MOST: u32 = 3;

/// Tells it to stop, and waits until it has: one that only comes up cannot be told yet, and keys would stand in the way of one that
/// is stopping. Says what came of it.
///
/// # Errors
/// It could not be told, or has not stopped for ten minutes.
pub(in crate::refresh) async fn stop(work: &mut Work, step: &PlannedStep) -> Result<String, Trouble> {
    let (mut told, mut refused) = (None, 0);
    for _ in 0..LOOKS {
        match look_and_tell(work, step, &mut told).await {
            Ok(Some(how)) => return Ok(told.map_or_else(|| how.clone(), |told| format!("{told}; {how}"))),
            // Nobody answers, or it was not done: it is looked at again.
            Ok(None) | Err(Trouble::Lost(_)) => {}
            Err(Trouble::Failed(why)) if refused >= MOST => return Err(Trouble::Failed(why)),
            Err(Trouble::Failed(_)) => refused += 1,
            Err(other) => return Err(other),
        }
        (work.time.wait)(EACH).await;
        // Whatever was lost: the next look says so once more.
        let _ = work.target.again().await;
    }
    let told = told.map(|told| format!("{told}; ")).unwrap_or_default();
    Err(Trouble::Failed(format!("{told}it has not stopped for ten minutes")))
}

/// One look. A description from before our start says nothing.
async fn look_and_tell(
    work: &mut Work,
    step: &PlannedStep,
    told: &mut Option<String>,
) -> Result<Option<String>, Trouble> {
    let asked: Option<Asked> = look::kept(work, StepKind::Load, ASKED).await?;
    let looked = look::task(work).await?;
    match look::phase(&looked.task.status) {
        Phase::Idle if asked.is_none_or(|asked| looked.is_newer_than(asked.before)) => {
            return Ok(Some(format!("the task is {}", looked.words())));
        }
        Phase::Up if looked.task.status == TaskStatus::Running && told.is_none() => {}
        Phase::Idle | Phase::Up | Phase::Busy => return Ok(None),
    }
    let change = Change::Task { task: work.plan.task.clone(), verb: Verb::Stop };
    *told = Some(match Box::pin(work.change(&step.name, &change, Way::Forward)).await? {
        Changed::Done(outcome) => outcome.lines.join("; "),
        Changed::Nothing(how) => format!("the task was not told to stop: {how}"),
    });
    Ok(None)
}
