//! Changing something from the command line: whether it may be, what would come of it, and then to its end.
//!
//! Here is what is the same for everything; `switch.rs` is about rules and schedules, `task.rs` about tasks, `follow.rs` what
//! begins now and ends later, `look.rs` a look that changes nothing, `ask.rs` the question on the terminal, `whence.rs` who asks.

mod ask;
mod follow;
mod look;
mod switch;
mod task;
pub(super) mod whence;

pub use ask::{answer, answer_and_go_on};
pub use follow::{Follow, Found};
pub use switch::{dry_run as dry_run_switch, switch};
pub use task::{dry_run, task};

use super::{Failure, Setup, panic};
use crate::aws::{self, Connected, Limiters, Reader};
use crate::change::{Confirmed, Executor, LIVES, NotConfirmed, PLAN_LIVES, Time, Yes};
use crate::model::audit::State;
use crate::model::change::{Change, Destination, Draft, Outcome, Precondition, Preview, Refusal, Ruling};
use crate::model::{Problem, ProblemKind};
use crate::store::Audit;
use jiff::Timestamp;
use std::io::IsTerminal as _;
use std::time::Duration;
use tokio::runtime::Runtime;

/// How long a question waits for its answer.
pub fn patience() -> Duration {
    LIVES.unsigned_abs()
}

/// The same of the plan of a refresh, which is long and meant to be read.
pub fn plan_patience() -> Duration {
    PLAN_LIVES.unsigned_abs()
}

/// How it ended, of all that can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Done,
    /// Asked only whether it may be done, and it may.
    Legal,
    NothingToDo,
    Refused,
    /// It was done, and the answer is no: a connection was tested and does not work.
    No,
    Failed,
    Unknown,
}

impl Ending {
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Legal => "legal",
            Self::NothingToDo => "nothing-to-do",
            Self::Refused => "refused",
            Self::No => "no",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    fn of(state: State) -> Self {
        match state {
            State::Done => Self::Done,
            State::Refused => Self::Refused,
            State::Failed => Self::Failed,
            State::Unknown | State::Asked | State::Sent => Self::Unknown,
        }
    }

    /// Exit status.
    pub fn status(self) -> u8 {
        match self {
            Self::Done | Self::Legal | Self::NothingToDo => 0,
            Self::Refused | Self::No => 1,
            Self::Failed | Self::Unknown => 3,
        }
    }
}

/// A change at its end.
#[derive(Debug)]
pub struct Ended {
    pub preview: Preview,
    pub ending: Ending,
    /// What happened, why, what to do.
    pub lines: Vec<String>,
    pub outcome: Option<Outcome>,
    /// What was found when it had ended; nothing where nobody waited.
    pub found: Found,
    /// It has begun, and how it ends can be waited for.
    pub follow: Option<Follow>,
}

impl Ended {
    fn new(preview: Preview, ending: Ending, lines: Vec<String>, outcome: Option<Outcome>) -> Self {
        Self { preview, ending, lines, outcome, found: Found::default(), follow: None }
    }
}

/// A change that was asked for.
pub enum Asked {
    Ended(Box<Ended>),
    /// It can be done when it is confirmed.
    Open(Box<Open>),
}

/// A change that waits for its confirmation.
pub struct Open {
    pub preview: Preview,
    executor: Executor,
    reader: Reader,
    runtime: Runtime,
}

/// Nobody can be asked where nobody is: fails before anything is asked of AWS.
pub fn somebody_is_there(said: bool, pass: &str) -> Result<(), Failure> {
    if said || std::io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "standard input is no terminal, so nobody can be asked: pass {pass} where this is meant"
    )))
}

fn runtime() -> Result<Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::could_not(format!("no runtime: {error}")))
}

fn time() -> Time {
    Time { now: Timestamp::now, wait: |span| Box::pin(tokio::time::sleep(span)) }
}

/// Looks at what is to be changed. Fails before anything is asked of AWS where nothing may be changed, and where the audit
/// cannot be written. `change` says what is meant once we are connected.
fn look(setup: &Setup, change: impl AsyncFnOnce(&Connected) -> Result<Change, Failure>) -> Result<Asked, Failure> {
    let authority = setup.mode.authority()?;
    let runtime = runtime()?;
    let looked = runtime.block_on(async {
        panic::on_request("headless");
        let whence = whence::here();
        let audit = Audit::open(&setup.store, &whence).await;
        let audit = audit.map_err(|error| error.problem("the audit cannot be written, so nothing may be changed"))?;
        let connected: Connected = aws::connect(&setup.aws, &Limiters::default()).await?;
        let (environment, safeguards) = (setup.environment.clone(), setup.safeguards.clone());
        let mut executor = Executor::new(&authority, &connected, audit, whence, environment, safeguards, time())?;
        let change = change(&connected).await?;
        let Draft { preview, ruling } = executor.draft(&change).await.map_err(|problem| absent(problem, &change))?;
        Ok::<_, Failure>(match ruling {
            Ruling::Legal => Err((preview, executor, connected.reader)),
            Ruling::Nothing(why) => Ok(nothing(preview, &why)),
            Ruling::Refused(refusal) => Ok(refused(&mut executor, preview, &refusal).await),
        })
    })?;
    Ok(match looked {
        Ok(ended) => Asked::Ended(Box::new(ended)),
        Err((preview, executor, reader)) => Asked::Open(Box::new(Open { preview, executor, reader, runtime })),
    })
}

/// A look that failed, and where there is nothing to look at, that.
fn absent(problem: Problem, change: &Change) -> Failure {
    let not_there = problem.kind == ProblemKind::NotFound;
    let mut failure = Failure::from(problem);
    if not_there {
        failure.status = 2;
        failure.lines.insert(0, format!("there is no {}", change.name()));
        let list = if matches!(change, Change::Task { .. }) { "tasks" } else { "schedules" };
        failure.lines.push(format!("`cutover {list}` lists what there is."));
    }
    failure
}

fn nothing(preview: Preview, why: &str) -> Ended {
    let lines = vec![format!("nothing to do: {why} ({})", preview.change.name())];
    Ended::new(preview, Ending::NothingToDo, lines, None)
}

async fn refused(executor: &mut Executor, preview: Preview, refusal: &Refusal) -> Ended {
    let outcome = executor.refuse(&preview, refusal).await;
    let mut lines = outcome.lines.clone();
    // What a service keeps for itself AWS refuses to everybody.
    let kept = matches!(&preview.precondition, Precondition::Schedule(schedule) if schedule.managed_by.is_some());
    if !kept {
        lines.extend(by_hand(&preview));
    }
    Ended::new(preview, Ending::Refused, lines, Some(outcome))
}

/// The same with the AWS CLI, on lines of its own where it is more than one.
fn by_hand(preview: &Preview) -> Vec<String> {
    match preview.aws_command.lines().collect::<Vec<_>>().as_slice() {
        [] => Vec::new(),
        [one] => vec![format!("by hand: {one}")],
        several => std::iter::once("by hand:").chain(several.iter().copied()).map(str::to_owned).collect(),
    }
}

impl Open {
    /// Meant from the start.
    pub fn by_flag(self, yes: bool) -> Result<Ended, Failure> {
        let Some(yes) = Yes::given(yes) else { return Err(Failure::usage("--yes was not given")) };
        let confirmed = Confirmed::by_flag(self.preview.clone(), yes, Timestamp::now());
        self.when(confirmed, |why| match why {
            NotConfirmed::NotUndoable => format!("{why}: it takes --confirm NAME --target HOST/DB"),
            _ => why.to_string(),
        })
    }

    /// Meant from the start, and named together with the database that it writes to.
    pub fn by_name(self, name: &str, destination: &Destination) -> Result<Ended, Failure> {
        let confirmed = Confirmed::by_name(self.preview.clone(), name, destination, Timestamp::now());
        self.when(confirmed, |why| {
            let which = match why {
                NotConfirmed::OtherAnswer => "--confirm: ",
                NotConfirmed::OtherTarget | NotConfirmed::TargetUnknown => "--target: ",
                _ => "",
            };
            format!("{which}{why}")
        })
    }

    /// Meant as typed.
    pub fn typed(self, answer: &str) -> Result<Ended, Failure> {
        let confirmed = Confirmed::typed(self.preview.clone(), answer, Timestamp::now());
        self.when(confirmed, |why| why.to_string())
    }

    fn when(
        self,
        confirmed: Result<Confirmed<Change>, NotConfirmed>,
        words: impl FnOnce(NotConfirmed) -> String,
    ) -> Result<Ended, Failure> {
        match confirmed {
            Ok(confirmed) => Ok(self.carry_out(confirmed)),
            Err(why) => Err(self.unconfirmed(&words(why))),
        }
    }

    /// Not meant after all. Somebody who may change something asked for it, so the audit has it.
    pub fn unconfirmed(mut self, why: &str) -> Failure {
        let refusal = Refusal { why: format!("not confirmed: {why}"), do_this: "Nothing was sent.".to_owned() };
        let outcome = self.runtime.block_on(self.executor.refuse(&self.preview, &refusal));
        let mut lines = vec![refusal.why, refusal.do_this];
        // What is added to them is that this could not be written down.
        lines.extend(outcome.lines.into_iter().skip(lines.len()));
        Failure { status: Ending::Refused.status(), lines }
    }

    fn carry_out(self, confirmed: Confirmed<Change>) -> Ended {
        let Self { preview, mut executor, reader, runtime } = self;
        let outcome = runtime.block_on(executor.execute(confirmed));
        let ended = Ended::new(preview, Ending::of(outcome.state), outcome.lines.clone(), Some(outcome));
        if ended.ending != Ending::Done {
            return ended;
        }
        let follow = Follow::new(&executor, &ended, reader, runtime);
        Ended { follow, ..ended }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ending_has_its_exit_status() {
        for (ending, want) in [
            (Ending::Done, 0),
            (Ending::NothingToDo, 0),
            (Ending::Refused, 1),
            (Ending::Failed, 3),
            (Ending::Unknown, 3),
        ] {
            assert_eq!(ending.status(), want, "{}", ending.word());
        }
    }
}
