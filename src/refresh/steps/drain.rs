//! The task does not run, and nothing that fired before starts it.
//!
//! EventBridge says that a rule may still match for a short time after it was disabled. Where one of ours may have fired lately,
//! or would now, that time is waited for, and the task is looked at again and again. A start in it is not taken for ours: keys
//! and triggers are still there.

use super::look::{self, Looked, Phase};
use super::schedule;
use crate::model::refresh::{PlannedStep, StepKind};
use crate::model::schedule::{NoNext, Schedule};
use crate::refresh::ledger::{self, ObjKind};
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long something that fired before may still be on its way. AWS gives no figure ("a short period of time").
const ON_ITS_WAY: SignedDuration = SignedDuration::from_secs(60);
const EACH: Duration = Duration::from_secs(5);

const SEEN: &str = "seen";

/// How the task stood when it was known to be at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub start: Option<Timestamp>,
    pub at: Timestamp,
}

/// What the drain of this run saw; `None`: this plan has none, or it is still to come.
pub(super) async fn seen(work: &mut Work) -> Result<Option<Seen>, Trouble> {
    look::kept(work, StepKind::Drain, SEEN).await
}

/// It only looks, so it looks again.
#[allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "as every probe")]
pub(super) async fn probe(_work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    Ok(Probe::NotYet)
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    let first = at_rest(work, step).await?;
    let now = look::now(work)?;
    let mut left = if may_fire(work, now).await? { ON_ITS_WAY } else { SignedDuration::ZERO };
    let waited = left;
    let mut last = first.clone();
    while left.is_positive() {
        work.note(step, format!("waiting {} s for what may have fired before", left.as_secs())).await?;
        work.wait(EACH).await?;
        left -= SignedDuration::try_from(EACH).unwrap_or(SignedDuration::ZERO);
        last = at_rest(work, step).await?;
        if last.start() != first.start() {
            return Err(started(&last));
        }
    }
    let at = look::now(work)?;
    look::keep(work, StepKind::Drain, SEEN, &Seen { start: last.start(), at }).await?;
    let name = work.plan.task.name.shown().into_owned();
    let words = if waited.is_zero() {
        "nothing was due to start it".to_owned()
    } else {
        format!("nothing has started it for {} s", waited.as_secs())
    };
    Ok(Came::Done(format!("task {name} is {}; {words}", last.task.status.raw())))
}

fn started(looked: &Looked) -> Trouble {
    let name = looked.task.name.shown();
    Trouble::Refused(format!(
        "task {name} is {}: somebody else has started it, and this refresh must not run into its load. Begin again when it \
         has stopped",
        looked.words()
    ))
}

/// Waits for what ends by itself; a task that runs is refused.
async fn at_rest(work: &mut Work, step: &PlannedStep) -> Result<Looked, Trouble> {
    loop {
        let looked = look::task(work).await?;
        match look::phase(&looked.task.status) {
            Phase::Idle => return Ok(looked),
            Phase::Up => return Err(started(&looked)),
            Phase::Busy => {}
        }
        work.note(step, format!("waiting: the task is {}", looked.words())).await?;
        work.wait(EACH).await?;
    }
}

/// Whether one of those that this run has switched off may have fired lately, or would fire now.
async fn may_fire(work: &mut Work, now: Timestamp) -> Result<bool, Trouble> {
    let objs = ledger::objs(&mut work.target, ObjKind::Schedule).await?;
    for obj in objs.iter().filter(|obj| obj.state.is_away()) {
        if near(&schedule::prior(obj)?, now) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether it fires about now. What cannot be told counts as yes.
fn near(schedule: &Schedule, now: Timestamp) -> bool {
    if schedule.event_pattern {
        return true;
    }
    let minutes = i64::from(schedule.flexible_minutes.unwrap_or(0));
    let back = ON_ITS_WAY + SignedDuration::from_mins(minutes);
    match schedule.coming(now - back, 1) {
        Ok(coming) => coming.iter().filter_map(|one| one.fires()).any(|at| at.timestamp() <= now + ON_ITS_WAY),
        Err(NoNext::Over) => false,
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::legal::switch_tests::rule;

    #[test]
    fn only_what_fires_about_now_is_waited_for() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        for (expression, flexible, pattern, want) in [
            (Some("cron(0 10 * * ? *)"), None, false, true),
            (Some("cron(1 10 * * ? *)"), None, false, true),
            (Some("cron(2 10 * * ? *)"), None, false, false),
            (Some("cron(59 9 * * ? *)"), None, false, false),
            (Some("cron(50 9 * * ? *)"), None, false, false),
            // It may fire up to a quarter of an hour after its time.
            (Some("cron(50 9 * * ? *)"), Some(15), false, true),
            (Some("rate(5 minutes)"), None, false, true),
            (Some("nonsense"), None, false, true),
            (None, None, true, true),
            (Some("cron(50 9 * * ? *)"), None, true, true),
            (None, None, false, true),
        ] {
            let mut one = rule("ENABLED");
            one.expression = expression.map(Into::into);
            (one.flexible_minutes, one.event_pattern) = (flexible, pattern);
            assert_eq!(near(&one, now), want, "{expression:?} {flexible:?} {pattern}");
        }
    }
}
