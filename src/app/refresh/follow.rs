//! Following a run by its journal, until it has ended or whoever follows has had enough. Looking changes nothing, and leaving
//! leaves the run alone. Start at [`attached`]; [`in_this_process`] is for whoever carries
//! the run out himself.

use super::order::What;
use super::{carry, runs};
use crate::app::{Failure, Setup};
use crate::console::terminal::{Signal, Signals};
use crate::model::refresh::{Line, RefreshId, RunSeen, StepSeen};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Between two looks.
const LOOK_EACH: Duration = Duration::from_millis(300);
/// Lines of the log that somebody is shown who comes later.
const BEFORE: usize = 20;

/// What becomes known.
#[derive(Debug, Clone, Copy)]
pub enum Told<'a> {
    /// A step stands otherwise than before.
    Step(&'a StepSeen),
    Line(&'a Line),
    /// As it is now, at each look.
    Now(&'a RunSeen),
}

/// How the following ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nobody works on it any more, in order.
    Ended,
    /// The process that had it is gone without a word.
    Gone,
    /// A signal: the run goes on.
    Detached,
}

/// Whoever is told what becomes known; an error is that he has had enough.
pub type Tell<'a> = dyn FnMut(Told<'_>) -> Result<(), Failure> + 'a;

/// Begins a run, or finds one, and follows it. `whole`: from its first line on, else from the newest. Ctrl-C and the end of the
/// terminal end the following from the moment of the call on, and nothing else.
///
/// # Errors
/// It did not begin; the journal cannot be read; whoever is told has had enough.
pub fn attached(
    setup: &Setup,
    whole: bool,
    begin: impl FnOnce() -> Result<RefreshId, Failure>,
    tell: &mut Tell<'_>,
) -> Result<(RunSeen, Left), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::could_not(format!("no runtime: {error}")))?;
    let mut ears = runtime.block_on(async { Ears::open() })?;
    let id = begin()?;
    runtime.block_on(follow(setup, &id, whole, &mut ears, tell))
}

/// Carries a run out here, and tells what becomes known as to anybody who follows it. That nobody listens any more does not
/// end it.
///
/// # Errors
/// It did not begin; the journal cannot be read.
pub fn in_this_process(
    setup: Setup,
    what: What,
    take_over: bool,
    tell: &mut Tell<'_>,
) -> Result<(RunSeen, Left), Failure> {
    let runtime = carry::runtime()?;
    let setup = Arc::new(setup);
    let done = runtime.block_on(async {
        let (begun, id) = oneshot::channel();
        let carried = carry::here(&setup, what, take_over, |id| {
            let _ = begun.send(id.clone());
        });
        let followed = async {
            match id.await {
                Ok(id) => Some((follow(&setup, &id, true, &mut Ears(None), tell).await, id)),
                Err(_) => None,
            }
        };
        let (ended, followed) = tokio::join!(carried, followed);
        ended?;
        match followed {
            Some((Ok((_, left)), id)) => Ok((runs::seen(&setup, &id).await?, left)),
            Some((Err(failure), _)) => Err(failure),
            None => Err(Failure::could_not("the run ended before it began")),
        }
    });
    runtime.shutdown_background();
    done
}

/// Columns of the terminal that standard error is.
pub fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stderr());
    size.map_or(80, |size| usize::from(size.ws_col)).max(20)
}

/// Ears for Ctrl-C and the end of a terminal; `None`: somebody else hears them.
struct Ears(Option<Signals>);

impl Ears {
    fn open() -> Result<Self, Failure> {
        Signals::listen()
            .map(|signals| Self(Some(signals)))
            .map_err(|error| Failure::could_not(format!("signals: {error}")))
    }

    async fn leave(&mut self) {
        let Some(signals) = &mut self.0 else { return std::future::pending().await };
        loop {
            if let Signal::End(_) = signals.next().await {
                return;
            }
        }
    }
}

/// What was told already.
#[derive(Default)]
struct Known {
    steps: Vec<StepSeen>,
    last: Option<Line>,
}

async fn follow(
    setup: &Setup,
    id: &RefreshId,
    whole: bool,
    ears: &mut Ears,
    tell: &mut Tell<'_>,
) -> Result<(RunSeen, Left), Failure> {
    let mut known = Known::default();
    let mut first = true;
    loop {
        let seen = runs::seen(setup, id).await?;
        let keep = if first && !whole { BEFORE } else { usize::MAX };
        news(&mut known, &seen, keep, tell)?;
        first = false;
        let left = match (seen.head.alive, seen.head.state.is_under_way()) {
            (Some(true), _) | (None, true) => None,
            (Some(false), true) => Some(Left::Gone),
            (_, false) => Some(Left::Ended),
        };
        if let Some(left) = left {
            // What it wrote between our look at the journal and at its lock.
            let seen = runs::seen(setup, id).await?;
            news(&mut known, &seen, usize::MAX, tell)?;
            let left = if seen.head.state.is_under_way() { left } else { Left::Ended };
            return Ok((seen, left));
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EACH) => {}
            () = ears.leave() => return Ok((seen, Left::Detached)),
        }
    }
}

fn news(known: &mut Known, seen: &RunSeen, keep: usize, tell: &mut Tell<'_>) -> Result<(), Failure> {
    let begin =
        known.last.as_ref().and_then(|last| seen.lines.iter().rposition(|line| line == last)).map_or(0, |at| at + 1);
    let new = &seen.lines[begin..];
    for line in &new[new.len().saturating_sub(keep)..] {
        tell(Told::Line(line))?;
    }
    known.last = seen.lines.last().cloned().or_else(|| known.last.take());
    for (nth, step) in seen.steps.iter().enumerate() {
        let before = known.steps.get(nth).map(|old| (old.state.word(), old.attempts));
        if before.unwrap_or(("waiting", 0)) != (step.state.word(), step.attempts) {
            tell(Told::Step(step))?;
        }
    }
    known.steps.clone_from(&seen.steps);
    tell(Told::Now(seen))
}
