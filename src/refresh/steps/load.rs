//! The pivot: the task is started, at most once by us.
//!
//! When the task was started last is written into the ledger and the journal before anything is sent. After a crash or an answer that never
//! came that date decides: a newer one is our start, and is taken for it; the same one, seen for long enough on a task that does
//! nothing, says that nothing was done, and it is sent again. That DMS says "already running" is a comparison that failed, and
//! nothing to try again blindly. Start at [`run`]; `again.rs` is the choice of a person after a load that failed,
//! `stop.rs` that of one who wishes its end.

mod again;
mod stop;

pub(super) use again::chosen;
pub use again::{LoadAgain, load_again};
pub(in crate::refresh) use stop::stop;

use super::drain;
use super::look::{self, Looked, Phase};
use crate::change::Way;
use crate::model::change::{Change, Verb};
use crate::model::refresh::{Load, PlannedStep, StepKind, StepName};
use crate::model::task::{StopReason, Task, TaskStatus};
use crate::refresh::ledger;
use crate::refresh::plan;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::{Changed, Work};
use crate::store::points;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What AWS tells may be a minute old, and a request may be on its way: a task counts as not started after so many looks, a minute
/// and a half.
const LOOKS: u32 = 18;
const EACH: Duration = Duration::from_secs(5);
/// The same of a start that DMS has taken: two minutes.
const UP_LOOKS: u32 = 48;

const ASKED: &str = "asked";
/// Name of the mark that says which start is that of this run.
pub(in crate::refresh) const STARTED: &str = "started";

/// Written before a start is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    /// When the task was started last, as it was before.
    before: Option<Timestamp>,
    at: Timestamp,
}

/// Which start is that of this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::refresh) struct Started {
    pub task: String,
    pub start: Timestamp,
    /// Tables that were loaded before this were not loaded by it.
    pub of: Timestamp,
}

/// The start of this run; `None`: there was none yet.
pub(super) async fn started(work: &mut Work) -> Result<Option<Started>, Trouble> {
    look::kept(work, StepKind::Load, STARTED).await
}

/// Nothing has started the task since our load, or is about to: else the rows on the target are not those that were masked and looked
/// at. It is looked at twice, since a description may be some seconds old.
///
/// # Errors
/// Something has.
pub(super) async fn still_ours(work: &mut Work) -> Result<(), Trouble> {
    if work.plan.load != Load::FullLoad {
        return Ok(());
    }
    let Some(ours) = started(work).await? else { return Ok(()) };
    let (mut idle, mut looks) = (0, 0);
    loop {
        let looked = look::task(work).await?;
        let is_idle = look::phase(&looked.task.status) == Phase::Idle;
        idle = if is_idle { idle + 1 } else { 0 };
        looks += 1;
        let is_newer = looked.is_newer_than(Some(ours.start));
        if !is_newer && idle >= 2 {
            return Ok(());
        }
        // One that is about to start still says when it was started before; so does an old description of ours.
        if is_newer || looks >= LOOKS {
            let name = work.plan.task.name.shown();
            return Err(Trouble::Refused(format!(
                "task {name} was started by somebody else at {}, after the load of this run: the rows on the target are not those \
                 that were masked and looked at. What is off stays off: see who starts it, and have all of it loaded again \
                 (cutover refresh resume {} --load-again)",
                looked.start().filter(|_| is_newer).map_or_else(|| "an unknown time".to_owned(), look::clock),
                crate::model::shell::quoted(&work.plan.name.0)
            )));
        }
        work.wait(EACH).await?;
    }
}

/// Takes a start for that of this run.
pub(super) async fn adopt(work: &mut Work, step: &PlannedStep, task: &Task) -> Result<Started, Trouble> {
    let start = task.stats.start.ok_or_else(|| Trouble::failed("DMS does not say when the task was started"))?;
    let of = task.stats.fresh_start.unwrap_or(start).min(start);
    let started = Started { task: task.arn.as_str().to_owned(), start, of };
    look::keep(work, StepKind::Load, STARTED, &started).await?;
    let name = work.plan.task.name.shown().into_owned();
    work.say(step, format!("task {name} was started at {}: this is the load of this run", look::clock(start))).await?;
    Ok(started)
}

pub(super) async fn probe(work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    if let Some(started) = started(work).await? {
        return Ok(Probe::Done(note(work, &started)));
    }
    if points::mutant("no-adoption") {
        return Ok(Probe::NotYet);
    }
    let asked: Option<Asked> = look::kept(work, StepKind::Load, ASKED).await?;
    let drained = drain::seen(work).await?;
    let before = asked.map_or_else(|| drained.and_then(|seen| seen.start), |asked| asked.before);
    if asked.is_none() && drained.is_none() {
        return Ok(Probe::NotYet);
    }
    let looked = look::task(work).await?;
    let is_up = look::phase(&looked.task.status) == Phase::Up;
    Ok(if is_up || looked.is_newer_than(before) { Probe::Partly } else { Probe::NotYet })
}

/// Whether the old data is surely still there: no load was asked for, or nothing came of it for as long as anything could. One look says
/// nothing, since it may be older than what was sent.
pub(super) async fn is_not_begun(work: &mut Work, step: &PlannedStep) -> Result<bool, Trouble> {
    if started(work).await?.is_some() {
        return Ok(false);
    }
    let Some(asked) = look::kept::<Asked>(work, StepKind::Load, ASKED).await? else {
        return Ok(probe(work, step).await? == Probe::NotYet);
    };
    if let Some(looked) = came(work, step, asked).await? {
        adopt(work, step, &looked.task).await?;
        return Ok(false);
    }
    ledger::unmark(&mut work.target, &StepName::from(StepKind::Load), ASKED).await?;
    Ok(true)
}

/// Whether nothing loads any more. A task that does nothing, and was last started before ours was asked for, may be an old description.
pub(in crate::refresh) async fn is_over(work: &mut Work) -> Result<bool, Trouble> {
    let asked: Option<Asked> = look::kept(work, StepKind::Load, ASKED).await?;
    let looked = look::task(work).await?;
    let is_ours = asked.is_none_or(|asked| looked.is_newer_than(asked.before));
    Ok(is_ours && look::phase(&looked.task.status) == Phase::Idle)
}

fn note(work: &Work, started: &Started) -> String {
    format!("task {} was started at {}", work.plan.task.name.shown(), look::clock(started.start))
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    if let Some(started) = started(work).await? {
        return Ok(Came::Done(note(work, &started)));
    }
    let has_drain = work.plan.steps.iter().any(|step| step.kind == StepKind::Drain);
    let started = if has_drain {
        let load = work.plan.load;
        let verb = move |task: &Task| {
            let none = "the task has no start position of its own: from where it would begin is not said";
            plan::verb(load, task).ok_or_else(|| Trouble::refused(none))
        };
        let before = drain::seen(work).await?.and_then(|seen| seen.start);
        begin(work, step, before, &verb).await?
    } else {
        adopt_what_is_there(work, step).await?
    };
    Ok(Came::Done(note(work, &started)))
}

/// Where a rule has started the load: that one is taken, once.
async fn adopt_what_is_there(work: &mut Work, step: &PlannedStep) -> Result<Started, Trouble> {
    match to_go_on_from(work).await? {
        Ok(task) => adopt(work, step, &task).await,
        Err(why) => Err(Trouble::Refused(why)),
    }
}

/// Whether there is none of that kind for this run.
///
/// # Errors
/// That cannot be told.
pub(super) async fn is_not_there(work: &mut Work) -> Result<bool, Trouble> {
    Ok(to_go_on_from(work).await?.is_err())
}

/// The task with a load that a rule has started and no other run has taken; or why there is none.
async fn to_go_on_from(work: &mut Work) -> Result<Result<Task, String>, Trouble> {
    let looked = look::task(work).await?;
    let name = work.plan.task.name.shown().into_owned();
    let finished = looked.task.stop_reason() == Some(StopReason::FullLoadOnlyFinished);
    let is_load =
        look::phase(&looked.task.status) == Phase::Up || looked.task.status == TaskStatus::Stopped && finished;
    let Some(start) = looked.start().filter(|_| is_load) else {
        return Ok(Err(format!("task {name} is {}: there is no load to go on from", looked.words())));
    };
    let schema = work.target.schema().map(str::to_owned);
    let step_name = StepName::from(StepKind::Load);
    let session = work.target.session()?;
    let all = ledger::marked_by_all(session, schema.as_deref(), (&step_name, STARTED)).await?;
    let arn = looked.task.arn.as_str();
    let is_it =
        |text: &str| serde_json::from_str::<Started>(text).is_ok_and(|known| known.task == arn && known.start == start);
    if let Some((other, _)) = all.iter().find(|(run, text)| *run != work.id && is_it(text)) {
        let at = look::clock(start);
        return Ok(Err(format!("run {} has taken the load of {at} already: once is enough", other.0)));
    }
    Ok(Ok(looked.task))
}

/// Sends it, or finds out what became of it. `before`: when the task was started last, as far as this run knows.
async fn begin(
    work: &mut Work,
    step: &PlannedStep,
    before: Option<Timestamp>,
    verb: &(dyn Fn(&Task) -> Result<Verb, Trouble> + Send + Sync),
) -> Result<Started, Trouble> {
    let asked: Option<Asked> = look::kept(work, StepKind::Load, ASKED).await?;
    if let Some(asked) = asked.filter(|_| !points::mutant("no-adoption")) {
        if let Some(looked) = came(work, step, asked).await? {
            return adopt(work, step, &looked.task).await;
        }
        work.say(step, "no start is to be seen: what was asked for before never arrived").await?;
    }
    if asked.is_none() {
        at_rest(work, step, before).await?;
    }
    send(work, step, verb).await
}

/// A load that somebody else has begun since the drain ran with keys or triggers that were still there: it is waited for, and then
/// everything is loaded by us.
async fn at_rest(work: &mut Work, step: &PlannedStep, before: Option<Timestamp>) -> Result<(), Trouble> {
    let mut told = false;
    loop {
        let looked = look::task(work).await?;
        let phase = look::phase(&looked.task.status);
        if !told && (phase == Phase::Up || looked.is_newer_than(before)) {
            let words = looked.words();
            work.warn(
                step,
                format!("somebody else has started the task meanwhile ({words}): it is loaded anew after that"),
            )
            .await?;
            told = true;
        }
        if phase == Phase::Idle {
            return Ok(());
        }
        work.note(step, format!("waiting: the task is {}", looked.words())).await?;
        work.wait(EACH).await?;
    }
}

/// What became of a start that was asked for; `None`: nothing, as far as can be known.
async fn came(work: &mut Work, step: &PlannedStep, asked: Asked) -> Result<Option<Looked>, Trouble> {
    let mut looks = 0;
    loop {
        let looked = look::task(work).await?;
        if looked.is_newer_than(Some(asked.before.unwrap_or(Timestamp::MIN))) {
            return Ok(Some(looked));
        }
        looks = if look::phase(&looked.task.status) == Phase::Idle { looks + 1 } else { 0 };
        if looks >= LOOKS {
            return Ok(None);
        }
        work.note(step, format!("looking whether it was started: {}", looked.words())).await?;
        work.wait(EACH).await?;
    }
}

async fn send(
    work: &mut Work,
    step: &PlannedStep,
    verb: &(dyn Fn(&Task) -> Result<Verb, Trouble> + Send + Sync),
) -> Result<Started, Trouble> {
    let task = in_full(work).await?;
    let now = look::now(work)?;
    may(work, &task, now)?;
    let verb = verb(&task)?;
    let before = task.stats.start;
    look::keep(work, StepKind::Load, ASKED, &Asked { before, at: now }).await?;
    let last = before.map_or_else(|| "it has never run".to_owned(), |at| format!("last started {}", look::clock(at)));
    let name = work.plan.task.name.shown().into_owned();
    work.say(step, format!("asking for {} of task {name} ({last})", verb.kind().word())).await?;
    let change = Change::Task { task: work.plan.task.clone(), verb };
    match Box::pin(work.change(&step.name, &change, Way::Forward)).await {
        Ok(Changed::Done(outcome)) => work.say(step, outcome.lines.join("; ")).await?,
        Ok(Changed::Nothing(how)) => {
            work.warn(step, format!("somebody else has started it in the same moment: {how}")).await?;
        }
        Err(Trouble::Failed(why)) => {
            // It may be that somebody else was faster: then everything was away already, and that load is as good.
            let looked = look::task(work).await?;
            if !looked.is_newer_than(before) && look::phase(&looked.task.status) != Phase::Up {
                return Err(Trouble::Failed(why));
            }
            work.warn(step, format!("somebody else has started it in the same moment ({why}): that load is taken"))
                .await?;
        }
        Err(Trouble::Refused(why)) => {
            // It surely was not done: nothing is on its way.
            ledger::unmark(&mut work.target, &StepName::from(StepKind::Load), ASKED).await?;
            return Err(Trouble::Refused(why));
        }
        Err(other) => return Err(other),
    }
    let looked = up(work, step, before).await?;
    adopt(work, step, &looked.task).await
}

async fn in_full(work: &mut Work) -> Result<Task, Trouble> {
    let (reader, arn) = (work.aws()?.reader.clone(), work.plan.task.arn.clone());
    let asked = async { reader.tasks_in_full(std::slice::from_ref(&arn)).await };
    let found = Box::pin(work.beside(asked)).await??.value.pop().filter(|task| task.arn == arn);
    found.ok_or_else(|| look::gone(work))
}

/// The task is still the one of the plan, and the source may be loaded now.
fn may(work: &Work, task: &Task, now: Timestamp) -> Result<(), Trouble> {
    if plan::definition(task) != work.plan.definition {
        return Err(Trouble::refused(
            "the task was changed since this was planned: type, endpoints, mappings or settings. Plan it again",
        ));
    }
    match &work.plan.window {
        Some(window) if !window.is_open(now) => {
            Err(Trouble::Refused(format!("the source may be loaded only {window}, and that is not now")))
        }
        _ => Ok(()),
    }
}

/// Waits until DMS says when it was started.
async fn up(work: &mut Work, step: &PlannedStep, before: Option<Timestamp>) -> Result<Looked, Trouble> {
    let mut idle = 0;
    loop {
        let looked = look::task(work).await?;
        if looked.is_newer_than(before) {
            return Ok(looked);
        }
        idle = if look::phase(&looked.task.status) == Phase::Idle { idle + 1 } else { 0 };
        if idle > UP_LOOKS {
            let why = looked.task.last_failure.as_ref().map(|why| format!(": {}", why.shown())).unwrap_or_default();
            return Err(Trouble::Failed(format!(
                "the task was started and did not come up, it is {}{why}",
                looked.words()
            )));
        }
        work.note(step, format!("the task is {}", looked.words())).await?;
        work.wait(EACH / 2).await?;
    }
}
