//! One step, with its attempts.

use super::intent;
use crate::model::Untrusted;
use crate::model::refresh::{PlannedStep, RunState, StepKind, StepSeen, StepState, WishFor};
use crate::refresh::ledger;
use crate::refresh::steps;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;
use crate::store::points;
use crate::store::runs::Phase;
use jiff::SignedDuration;
use std::time::Duration;

/// Name of the mark of a step that is over, in the ledger; what it says then.
pub const OVER: &str = "over";
pub const PASSED: &str = "passed-over";
pub const SKIPPED: &str = "skipped";
pub const DONE: &str = "done";

/// How long a lost session or network is waited for before the step has failed.
pub(super) const LOST_FOR: Duration = Duration::from_mins(10);
/// The longest pause between two attempts.
const LONGEST: Duration = Duration::from_mins(1);

/// How long to wait before the next attempt, after so many: 1 s, doubled each time, at most a minute.
pub fn pause_before(attempts: u32) -> Duration {
    Duration::from_secs(1 << attempts.saturating_sub(1).min(6)).min(LONGEST)
}

/// Why a run does not go on by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Failed(String),
    Credentials(String),
    Wish(WishFor),
    Parked(String),
    /// The target is not ours any more, or cannot be reached.
    Gone(String),
}

impl From<Trouble> for Ending {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Credentials(why) => Self::Credentials(why),
            Trouble::Wish(wish) => Self::Wish(wish),
            Trouble::Lost(why) | Trouble::Refused(why) | Trouble::Failed(why) => Self::Failed(why),
        }
    }
}

/// Where a step stands between its attempts.
#[derive(Debug, Default)]
pub(super) struct Tries {
    /// Failures of the step itself.
    pub(super) failures: u32,
    /// How often the way was lost since something last went well, and for how long it was waited for.
    lost: u32,
    waited: Duration,
}

impl Tries {
    /// The way is lost once more: how long to wait, as long as there is patience left.
    pub(super) fn wait_for_the_way(&mut self, most: Duration) -> Option<Duration> {
        self.lost += 1;
        let wait = pause_before(self.lost);
        self.waited += wait;
        (self.waited <= most).then_some(wait)
    }

    /// Something went well, or was answered: the way is there.
    pub(super) fn way_is_there(&mut self) {
        (self.lost, self.waited) = (0, Duration::ZERO);
    }
}

/// Takes one step to its end.
pub async fn step(work: &mut Work, nth: usize) -> Result<(), Ending> {
    let step = work.plan.steps[nth].clone();
    let mut tries = Tries::default();
    // A step that somebody has begun may be there already.
    let mut look_first = work.journal.steps().get(nth).is_some_and(|seen| seen.state != StepState::Waiting);
    loop {
        match once(work, nth, &step, look_first).await {
            Ok(Came::Parked(note)) => return Err(Ending::Parked(note)),
            Ok(_) => return Ok(()),
            Err(trouble) => again(work, nth, &step, trouble, &mut tries).await?,
        }
        look_first = true;
    }
}

/// One attempt: look, intent, effect, outcome.
async fn once(work: &mut Work, nth: usize, step: &PlannedStep, look_first: bool) -> Result<Came, Trouble> {
    work.between_steps().await?;
    points::in_step(&step.name.0);
    begin(work, nth).await?;
    let there = if look_first { probe(work, step).await? } else { Probe::NotYet };
    let came = match there {
        Probe::Done(note) => Came::Done(note),
        Probe::NotYet | Probe::Partly => bounded(work, step).await?,
    };
    if let Came::Parked(note) = &came {
        let note = note.clone();
        work.journal.step(nth, |seen| seen.note = note, Vec::new()).await?;
        return Ok(came);
    }
    finish(work, nth, step, &came).await?;
    Ok(came)
}

async fn begin(work: &mut Work, nth: usize) -> Result<(), Trouble> {
    let (name, now) = (work.plan.steps[nth].name.clone(), work.now());
    let change = |seen: &mut StepSeen| {
        seen.state = StepState::Running;
        seen.attempts += 1;
        seen.began = seen.began.or(Some(now));
        seen.ended = None;
    };
    work.journal.step(nth, change, Vec::new()).await?;
    work.journal.state(RunState::Running, Some(&name), None, None).await?;
    let n = work.attempts(&name);
    intent(work, nth, n, &work.plan.steps[nth].words.join("; ")).await
}

/// Writes that it is over: in the ledger first, which is what counts.
async fn finish(work: &mut Work, nth: usize, step: &PlannedStep, came: &Came) -> Result<(), Trouble> {
    let (mark, note, state) = match came {
        Came::Done(note) => (DONE, note.clone(), StepState::Done),
        Came::Skipped(why) => (SKIPPED, why.clone(), StepState::Skipped { why: why.clone() }),
        Came::Parked(_) => return Ok(()),
    };
    if work.in_ledger {
        ledger::mark_anew(&mut work.target, &step.name, OVER, mark).await?;
        work.show_away().await?;
    }
    let (now, n) = (work.now(), work.attempts(&step.name));
    let words = note.clone();
    let change = |seen: &mut StepSeen| {
        seen.state = state;
        seen.ended = Some(now);
        seen.note = note;
    };
    work.journal.attempt((&step.name, n), Phase::Outcome, (words, None), now).await?;
    work.journal.step(nth, change, Vec::new()).await
}

fn span(timeout: SignedDuration) -> Duration {
    timeout.unsigned_abs()
}

/// Runs it for as long as the plan gives it. What is under way then is given up with its session, and ended by the server.
pub async fn bounded(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    if step.kind != StepKind::Notify {
        work.target.limit(span(step.timeout)).await?;
    }
    let was_deaf = work.deaf;
    let run = tokio::time::timeout(span(step.timeout), Box::pin(steps::run(work, step))).await;
    let Ok(done) = run else {
        // Whatever made it deaf was given up in the middle.
        work.deaf = was_deaf;
        work.target.drop_session();
        work.target.again().await?;
        return Err(Trouble::Failed(format!("it took longer than {:#}", step.timeout)));
    };
    settle(work, done).await
}

async fn probe(work: &mut Work, step: &PlannedStep) -> Result<Probe, Trouble> {
    let done = Box::pin(steps::probe(work, step)).await;
    settle(work, done).await
}

/// No transaction outlives a step, however it ended.
pub async fn settle<T>(work: &mut Work, done: Result<T, Trouble>) -> Result<T, Trouble> {
    match done {
        Ok(value) if !work.target.in_transaction() => Ok(value),
        Ok(_) => {
            work.target.rollback().await?;
            Err(Trouble::refused("a step ended inside a transaction: this is a mistake of the program"))
        }
        Err(trouble) => {
            // What cannot be taken back is gone with its session.
            let _ = work.target.rollback().await;
            Err(trouble)
        }
    }
}

/// After an attempt that did not come to its end: whether there is another.
async fn again(
    work: &mut Work,
    nth: usize,
    step: &PlannedStep,
    trouble: Trouble,
    tries: &mut Tries,
) -> Result<(), Ending> {
    let (now, n) = (work.now(), work.attempts(&step.name));
    let told = trouble.to_string();
    let outcome = (told.clone(), Some(trouble.class()));
    // The disk that cannot be written may be what failed.
    let _ = work.journal.attempt((&step.name, n), Phase::Outcome, outcome, now).await;
    let wait = match &trouble {
        Trouble::Credentials(_) | Trouble::Wish(_) => return Err(trouble.into()),
        Trouble::Lost(_) => {
            let Some(wait) = tries.wait_for_the_way(LOST_FOR.min(span(step.timeout))) else {
                failed(work, nth, &told).await;
                return Err(Ending::Failed(told));
            };
            wait
        }
        Trouble::Refused(_) => {
            failed(work, nth, &told).await;
            return Err(Ending::Failed(told));
        }
        Trouble::Failed(_) => {
            tries.way_is_there();
            tries.failures += 1;
            if tries.failures > step.retry {
                failed(work, nth, &told).await;
                return Err(Ending::Failed(told));
            }
            pause_before(tries.failures)
        }
    };
    let _ = work.line(Some(&step.name), format!("{told}; again in {} s", wait.as_secs()), true).await;
    (work.time.wait)(wait).await;
    if step.kind == StepKind::Notify {
        return Ok(());
    }
    reconnect(work, tries).await
}

/// A session, the lock with it, and the run still ours.
async fn reconnect(work: &mut Work, tries: &mut Tries) -> Result<(), Ending> {
    loop {
        match work.target.again().await {
            Ok(()) => return Ok(()),
            Err(Trouble::Lost(why)) => {
                let Some(wait) = tries.wait_for_the_way(LOST_FOR) else { return Err(Ending::Gone(why)) };
                let _ = work.line(None, format!("{why}; again in {} s", wait.as_secs()), true).await;
                work.good_moment()?;
                (work.time.wait)(wait).await;
            }
            Err(Trouble::Credentials(why)) => return Err(Ending::Credentials(why)),
            Err(other) => return Err(Ending::Gone(other.to_string())),
        }
    }
}

async fn failed(work: &mut Work, nth: usize, why: &str) {
    let now = work.now();
    let why = Untrusted::new(why);
    let change = |seen: &mut StepSeen| {
        seen.state = StepState::Failed { why };
        seen.ended = Some(now);
    };
    // The disk that cannot be written may be what failed.
    let _ = work.journal.step(nth, change, Vec::new()).await;
}
