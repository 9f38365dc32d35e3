//! The task is stopped, after everything has gone through, and its checkpoint is kept: from there changes could go on.

use super::caught;
use super::look::{self, Looked, Phase};
use crate::change::Way;
use crate::model::change::{Change, Verb};
use crate::model::refresh::{PlannedStep, StepKind};
use crate::model::task::TaskStatus;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::{Changed, Work};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const EACH: Duration = Duration::from_secs(3);

const CHECKPOINT: &str = "checkpoint";
/// Name of the mark that says that the stop is ours: until then everything was proven to be through.
const ASKED: &str = "asked";

/// How it stopped, in DMS's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stopped {
    reason: Option<String>,
    checkpoint: Option<String>,
    at: Option<Timestamp>,
}

impl Stopped {
    fn words(&self) -> String {
        let text = |text: &Option<String>| {
            text.as_deref()
                .map_or_else(|| "none told".to_owned(), |text| crate::model::untrusted::shown(text).into_owned())
        };
        format!("stopped ({}), checkpoint {}", text(&self.reason), text(&self.checkpoint))
    }
}

pub(super) async fn probe(work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    let kept: Option<Stopped> = look::kept(work, StepKind::StopTask, CHECKPOINT).await?;
    Ok(kept.map_or(Probe::Partly, |stopped| Probe::Done(stopped.words())))
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    let mut asked = false;
    let looked = loop {
        let looked = look::task(work).await?;
        match look::phase(&looked.task.status) {
            Phase::Idle => break ours(work, looked).await?,
            Phase::Up if looked.task.status == TaskStatus::Running && !asked => {
                // It may be long since it was proven.
                caught::prove(work, step).await?;
                stop(work, step).await?;
                asked = true;
            }
            Phase::Up | Phase::Busy => {}
        }
        work.note(step, format!("waiting: the task is {}", looked.words())).await?;
        work.wait(EACH).await?;
    };
    let stopped = all_through(work, &looked).await?;
    look::keep(work, StepKind::StopTask, CHECKPOINT, &stopped).await?;
    Ok(Came::Done(stopped.words()))
}

/// A task that stopped before this run told it to was not proven to be through: what was written on the source since is missing.
async fn ours(work: &mut Work, looked: Looked) -> Result<Looked, Trouble> {
    let asked: Option<Timestamp> = look::kept(work, StepKind::StopTask, ASKED).await?;
    // A start since then means that somebody went on with it, and stopped it again.
    if asked.is_some_and(|asked| !looked.is_newer_than(Some(asked))) {
        return Ok(looked);
    }
    let name = work.plan.task.name.shown();
    Err(Trouble::Refused(format!(
        "task {name} is {}, and this run has not stopped it: whether everything on the source has gone through is not known. Resume \
         it (cutover resume {name}), and then the run",
        looked.words()
    )))
}

async fn stop(work: &mut Work, step: &PlannedStep) -> Result<(), Trouble> {
    let now = look::now(work)?;
    look::keep(work, StepKind::StopTask, ASKED, &now).await?;
    let change = Change::Task { task: work.plan.task.clone(), verb: Verb::Stop };
    match Box::pin(work.change(&step.name, &change, Way::Forward)).await? {
        Changed::Done(outcome) => work.say(step, outcome.lines.join("; ")).await,
        Changed::Nothing(how) => work.say(step, format!("the task was not told to stop: {how}")).await,
    }
}

/// It stands, in order, and nothing was left behind.
async fn all_through(work: &mut Work, looked: &Looked) -> Result<Stopped, Trouble> {
    let task = &looked.task;
    let name = task.name.shown();
    if task.status != TaskStatus::Stopped {
        let why = task.last_failure.as_ref().map(|why| format!(": {}", why.shown())).unwrap_or_default();
        return Err(Trouble::Refused(format!("task {name} is {}{why}", looked.words())));
    }
    let tables = caught::tables(work).await?;
    if tables.waiting > 0 {
        return Err(Trouble::Refused(format!(
            "task {name} has stopped with {} changes captured and not applied: resume it (cutover resume {name}), and the run \
             when all is through",
            tables.waiting
        )));
    }
    let text = |text: &Option<crate::model::Untrusted>| text.as_ref().map(|text| text.raw().to_owned());
    Ok(Stopped { reason: text(&task.stop_reason), checkpoint: text(&task.recovery_checkpoint), at: task.stats.stop })
}
