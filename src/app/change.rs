//! Changing something from the command line: whether it may be, what would come of it, and then to its end.

mod ask;
pub(super) mod whence;

pub use ask::answer;

use super::headless::block_on;
use super::{Failure, Setup, panic};
use crate::aws::{self, Connected, Limiters, Reader};
use crate::change::{Confirmed, Executor, LIVES, Time, Yes};
use crate::model::audit::{Activity, Entry, State};
use crate::model::change::{Change, Named, Outcome, Precondition, Preview, Refusal, Ruling, Switch, Which};
use crate::model::untrusted::shown;
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

/// How it ended, of all that can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Done,
    NothingToDo,
    Refused,
    Failed,
    Unknown,
}

impl Ending {
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NothingToDo => "nothing-to-do",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Exit status.
    pub fn status(self) -> u8 {
        match self {
            Self::Done | Self::NothingToDo => 0,
            Self::Refused => 1,
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
    runtime: Runtime,
}

/// Looks at what is to be switched. Fails before anything is asked of AWS where nothing may be changed, where nobody could
/// confirm it, and where the audit cannot be written.
pub fn switch(setup: &Setup, which: &str, to: Switch, yes: bool) -> Result<Asked, Failure> {
    let which: Which = which.parse().map_err(|error| Failure::usage(format!("{error}")))?;
    let authority = setup.mode.authority()?;
    if !yes && !std::io::stdin().is_terminal() {
        let line = "standard input is no terminal, so nobody can be asked: pass --yes where this is meant";
        return Err(Failure::usage(line));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::could_not(format!("no runtime: {error}")))?;
    let looked = runtime.block_on(async {
        panic::on_request("headless");
        let whence = whence::here();
        let audit = Audit::open(&setup.store, &whence).await;
        let audit = audit.map_err(|error| error.problem("the audit cannot be written, so nothing may be changed"))?;
        let connected: Connected = aws::connect(&setup.aws, &Limiters::default()).await?;
        let time = Time { now: Timestamp::now, wait: |span| Box::pin(tokio::time::sleep(span)) };
        let environment = setup.environment.clone();
        let mut executor =
            Executor::new(&authority, &connected, audit, whence, environment, setup.safeguards.clone(), time)?;
        let what = the_one(&connected.reader, which).await?;
        let change = Change::Switch { what: what.clone(), to };
        let draft = executor.draft(&change).await.map_err(|problem| absent(problem, &what))?;
        let preview = draft.preview;
        Ok::<_, Failure>(match draft.ruling {
            Ruling::Legal => Err((preview, executor)),
            Ruling::Nothing(why) => {
                let lines = vec![format!("nothing to do: {why} ({})", what.full())];
                Ok(Ended { preview, ending: Ending::NothingToDo, lines, outcome: None })
            }
            Ruling::Refused(refusal) => Ok(refused(&mut executor, preview, &refusal).await),
        })
    })?;
    Ok(match looked {
        Ok(ended) => Asked::Ended(Box::new(ended)),
        Err((preview, executor)) => Asked::Open(Box::new(Open { preview, executor, runtime })),
    })
}

async fn refused(executor: &mut Executor, preview: Preview, refusal: &Refusal) -> Ended {
    let outcome = executor.refuse(&preview, refusal).await;
    let mut lines = outcome.lines.clone();
    // What a service keeps for itself AWS refuses to everybody.
    if !matches!(&preview.precondition, Precondition::Schedule(schedule) if schedule.managed_by.is_some()) {
        lines.push(format!("by hand: {}", preview.aws_command));
    }
    Ended { preview, ending: Ending::Refused, lines, outcome: Some(outcome) }
}

impl Open {
    /// Meant from the start.
    pub fn by_flag(self, yes: bool) -> Result<Ended, Failure> {
        let Some(yes) = Yes::given(yes) else { return Err(Failure::usage("--yes was not given")) };
        let confirmed = Confirmed::by_flag(self.preview.clone(), yes, Timestamp::now());
        let confirmed = confirmed.map_err(|why| unconfirmed(&why.to_string()))?;
        Ok(self.carry_out(confirmed))
    }

    /// Meant as typed.
    pub fn typed(self, answer: &str) -> Result<Ended, Failure> {
        let confirmed = Confirmed::typed(self.preview.clone(), answer, Timestamp::now());
        let confirmed = confirmed.map_err(|why| unconfirmed(&why.to_string()))?;
        Ok(self.carry_out(confirmed))
    }

    fn carry_out(self, confirmed: Confirmed<Change>) -> Ended {
        let Self { preview, mut executor, runtime } = self;
        let outcome = runtime.block_on(executor.execute(confirmed));
        let ending = match outcome.state {
            State::Done => Ending::Done,
            State::Refused => Ending::Refused,
            State::Failed => Ending::Failed,
            State::Unknown | State::Asked | State::Sent => Ending::Unknown,
        };
        Ended { preview, ending, lines: outcome.lines.clone(), outcome: Some(outcome) }
    }
}

/// Not meant after all.
pub fn unconfirmed(why: &str) -> Failure {
    let lines = vec![format!("not confirmed: {why}"), "Nothing was sent.".to_owned()];
    Failure { status: Ending::Refused.status(), lines }
}

/// The one rule or schedule that is meant. A name alone must be that of exactly one.
async fn the_one(reader: &Reader, which: Which) -> Result<Named, Failure> {
    let name = match which {
        Which::Whole(named) => return Ok(named),
        Which::Name(name) => name,
    };
    let answer = reader.called(&name).await?;
    if let Some(problem) = answer.missing.first() {
        let mut failure = Failure::from(problem.clone());
        failure.lines.push("There may be another one of this name: give it in full, as rule:BUS/NAME.".to_owned());
        return Err(failure);
    }
    let found: Vec<Named> = answer.value.iter().map(Named::of).collect();
    let place = format!("account {} in {}", reader.scope().account.0, reader.scope().region.0);
    only(&found, &shown(&name), &place)
}

fn only(found: &[Named], name: &str, place: &str) -> Result<Named, Failure> {
    match found {
        [one] => Ok(one.clone()),
        [] => Err(Failure {
            status: 2,
            lines: vec![
                format!("no rule and no schedule is called {name:?} in {place}"),
                "The whole name is needed; `cutover schedules` lists them.".to_owned(),
            ],
        }),
        several => Err(Failure {
            status: 2,
            lines: vec![
                format!("{} are called {name:?} in {place}", several.len()),
                format!("name one in full: {}", several.iter().map(Named::full).collect::<Vec<_>>().join(", ")),
            ],
        }),
    }
}

fn absent(problem: Problem, what: &Named) -> Failure {
    let not_there = problem.kind == ProblemKind::NotFound;
    let mut failure = Failure::from(problem);
    if not_there {
        failure.status = 2;
        failure.lines.insert(0, format!("there is no {}", what.full()));
        failure.lines.push("`cutover schedules` lists what there is.".to_owned());
    }
    failure
}

/// Everything that was ever asked for from here, the newest first.
pub fn activity(setup: &Setup) -> Result<Vec<Activity>, Failure> {
    let entries = block_on(Audit::list(&setup.store))?;
    let entries = entries.map_err(|error| error.problem("the audit cannot be read"))?;
    let (now, here) = (Timestamp::now(), whence::here().host);
    let shape = |entry: Entry| {
        let standing = entry.standing(now, entry.whence.host != here || whence::is_alive(entry.whence.pid));
        Activity { advice: entry.advice(standing), standing, entry }
    };
    Ok(entries.into_iter().map(shape).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Untrusted;
    use crate::model::schedule::ScheduleKind;

    #[test]
    fn a_name_alone_is_that_of_exactly_one() {
        let named = |kind, group: &str| Named { kind, group: Untrusted::new(group), name: Untrusted::new("nightly") };
        let (rule, schedule) = (named(ScheduleKind::Rule, "default"), named(ScheduleKind::Schedule, "migrations"));
        assert_eq!(only(std::slice::from_ref(&rule), "nightly", "here"), Ok(rule.clone()));
        for (found, want) in [
            (vec![], "no rule and no schedule is called \"nightly\" in here"),
            (vec![rule, schedule], "name one in full: rule:default/nightly, schedule:migrations/nightly"),
        ] {
            let failure = only(&found, "nightly", "here").unwrap_err();
            assert_eq!(failure.status, 2);
            assert!(failure.lines.iter().any(|line| line.contains(want)), "{failure:?}");
        }
    }

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
