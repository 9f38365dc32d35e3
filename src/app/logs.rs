//! The log of one task without a screen: once, or followed until nobody reads any more.

use super::Failure;
use super::headless::{block, connect, the_task};
use crate::app::Setup;
use crate::aws::{Answer, LogQuery, LogShelf, Reader};
use crate::model::log_line::LogEvent;
use crate::model::log_place::{self, LogPlace, NoPlace};
use crate::model::log_tail::{DEEP_EVERY, Tail};
use crate::model::task::Task;
use crate::model::untrusted::shown;
use crate::model::{Problem, ProblemKind, settings};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// How often a followed log is asked for (section 4.4 of the DMS facts: three to five seconds).
const EVERY: Duration = Duration::from_secs(4);

/// What is told while a log is read.
#[derive(Debug, Clone, PartialEq)]
pub enum LogNews {
    /// Oldest first; none of them was told before.
    Lines(Vec<LogEvent>),
    /// From here to here the log could not be read. It is tried again.
    Gap { from: Timestamp, to: Timestamp, why: Box<Problem> },
    /// It was read after all: lines of this stretch follow now.
    Filled { from: Timestamp, to: Timestamp },
    /// For a person, beside the log.
    Note(String),
}

/// Reads the log of the task that is named, from `since` ago until now, or on and on. `tell` says whether anybody still
/// listens.
pub fn logs(
    setup: &Setup,
    named: &str,
    since: SignedDuration,
    follow: bool,
    tell: &mut dyn FnMut(LogNews) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    block(async {
        let reader = connect(setup).await?;
        let task = the_task(&reader, named).await?;
        let place = place(&reader, &task).await?.map_err(|why| no_place(&task, why))?;
        let now = reader.service_time(Timestamp::now());
        let mut reading = Reading {
            reader,
            task,
            place,
            tail: Tail::new(now - since),
            since,
            waiting: false,
            off: false,
            placed: now,
        };
        if !reading.first(now, follow, tell).await? || !follow {
            return Ok(());
        }
        loop {
            tokio::time::sleep(EVERY).await;
            let now = reading.reader.service_time(Timestamp::now());
            if !reading.look_again(now, tell).await? || !reading.once(now, tell).await? {
                return Ok(());
            }
        }
    })
}

/// One log being read.
struct Reading {
    reader: Reader,
    task: Task,
    place: LogPlace,
    tail: Tail,
    since: SignedDuration,
    /// The person knows that there is nothing to read yet.
    waiting: bool,
    /// The person knows that logging is switched off.
    off: bool,
    /// When the settings were last looked at.
    placed: Timestamp,
}

type Tell<'a> = dyn FnMut(LogNews) -> Result<bool, Failure> + 'a;

impl Reading {
    async fn window(&self, now: Timestamp) -> Result<Answer<Vec<LogEvent>>, Problem> {
        let LogPlace { group, stream, .. } = self.place.clone();
        let query = LogQuery { group, stream, from: self.tail.from(now), to: None, pattern: None };
        self.reader.log_events(&query).await
    }

    /// The first window: what fails now fails for good, so that a script learns of it. Only a log that is not there yet
    /// can be waited for.
    async fn first(&mut self, now: Timestamp, follow: bool, tell: &mut Tell<'_>) -> Result<bool, Failure> {
        let answer = match self.window(now).await {
            Ok(answer) => answer,
            Err(problem) if problem.kind == ProblemKind::NotFound => {
                let found = self.shelf().await?;
                let why = nothing_there(&self.task, &self.place, found);
                return if follow { self.wait(&why, tell) } else { Err(why) };
            }
            Err(problem) => return Err(problem.into()),
        };
        let empty = answer.value.is_empty();
        let broken = answer.missing.first().cloned();
        if !self.take(answer, now, tell)? {
            return Ok(false);
        }
        if let Some(problem) = broken {
            return if follow { Ok(true) } else { Err(problem.into()) };
        }
        if !empty {
            return Ok(true);
        }
        match self.shelf().await? {
            LogShelf::There => {
                let LogPlace { group, stream, .. } = &self.place;
                let stream = stream.as_deref().unwrap_or("any stream");
                let from = now - self.since;
                tell(LogNews::Note(format!(
                    "no lines since {from:.0} in {stream} of {group}; --since looks further back"
                )))
            }
            found => {
                let why = nothing_there(&self.task, &self.place, found);
                if follow { self.wait(&why, tell) } else { Err(why) }
            }
        }
    }

    /// One more window. Whatever fails for now becomes a gap, and is read again.
    async fn once(&mut self, now: Timestamp, tell: &mut Tell<'_>) -> Result<bool, Failure> {
        match self.window(now).await {
            Ok(answer) => {
                self.waiting &= answer.value.is_empty();
                self.take(answer, now, tell)
            }
            Err(problem) if problem.kind == ProblemKind::NotFound => {
                let found = self.shelf().await.unwrap_or(LogShelf::NoGroup);
                let why = nothing_there(&self.task, &self.place, found);
                self.wait(&why, tell)
            }
            Err(problem) if problem.kind == ProblemKind::AccessDenied => Err(problem.into()),
            Err(problem) => match self.tail.failed(Vec::new(), now).1 {
                Some((from, to)) => tell(LogNews::Gap { from, to, why: Box::new(problem) }),
                None => Ok(true),
            },
        }
    }

    fn take(&mut self, answer: Answer<Vec<LogEvent>>, now: Timestamp, tell: &mut Tell<'_>) -> Result<bool, Failure> {
        if let Some(problem) = answer.missing.into_iter().next() {
            let (new, gap) = self.tail.failed(answer.value, now);
            let listens = new.is_empty() || tell(LogNews::Lines(new))?;
            return match gap.filter(|_| listens) {
                Some((from, to)) => tell(LogNews::Gap { from, to, why: Box::new(problem) }),
                None => Ok(listens),
            };
        }
        let from = self.tail.from(now);
        let (new, filled) = self.tail.read(from, answer.value, now);
        if let Some((from, to)) = filled
            && !tell(LogNews::Filled { from, to })?
        {
            return Ok(false);
        }
        if new.is_empty() { Ok(true) } else { tell(LogNews::Lines(new)) }
    }

    /// Says once what is waited for.
    fn wait(&mut self, why: &Failure, tell: &mut Tell<'_>) -> Result<bool, Failure> {
        if std::mem::replace(&mut self.waiting, true) {
            return Ok(true);
        }
        tell(LogNews::Note(format!("{}; waiting for it", why.lines.join("; "))))
    }

    async fn shelf(&self) -> Result<LogShelf, Problem> {
        Ok(self.reader.log_shelf(&self.place.group, self.place.stream.as_deref()).await?.value)
    }

    /// A task can be moved, and its logging switched off: the settings are read again now and then.
    async fn look_again(&mut self, now: Timestamp, tell: &mut Tell<'_>) -> Result<bool, Failure> {
        if now.duration_since(self.placed) < DEEP_EVERY {
            return Ok(true);
        }
        self.placed = now;
        // What cannot be told now is told by the next look; the log itself goes on.
        let Ok(found) = place(&self.reader, &self.task).await else { return Ok(true) };
        match found {
            Ok(place) if place != self.place => {
                let note = format!("the log is now in {}", place.group);
                self.place = place;
                self.off = false;
                tell(LogNews::Note(note))
            }
            Ok(_) => {
                self.off = false;
                Ok(true)
            }
            Err(why) if !std::mem::replace(&mut self.off, true) => {
                tell(LogNews::Note(no_place(&self.task, why).lines.join("; ")))
            }
            Err(_) => Ok(true),
        }
    }
}

/// Where the log of this task is, from its settings as they are now.
async fn place(reader: &Reader, task: &Task) -> Result<Result<LogPlace, NoPlace>, Problem> {
    let full = reader.tasks_in_full(std::slice::from_ref(&task.arn)).await?;
    let full = full.value.into_iter().next();
    let text = full.as_ref().and_then(|task| task.settings.as_deref()).unwrap_or("{}");
    // Settings that cannot be read name nothing; the usual names are tried.
    let settings = settings::parse(text).unwrap_or_default();
    match log_place::find(&task.arn, &settings, None) {
        Err(NoPlace::NoInstance) => {
            let instances = reader.instances().await?.value;
            let here = instances.iter().find(|instance| task.instance.as_ref() == Some(&instance.arn));
            Ok(log_place::find(&task.arn, &settings, here.map(|instance| instance.name.raw())))
        }
        found => Ok(found),
    }
}

/// Why there is no place to look, and what to do.
pub(super) fn about_no_place(why: NoPlace) -> [String; 2] {
    let hint = match why {
        NoPlace::Off => {
            "Switch it on in the task settings (the task has to be stopped for that); until then rejected rows and \
             truncated values leave no trace."
        }
        NoPlace::NoInstance => "Look at the task with `aws dms describe-replication-tasks`.",
    };
    [why.to_string(), hint.to_owned()]
}

/// What is not there, and what to do.
pub(super) fn about_empty_place(place: &LogPlace, shelf: LogShelf) -> [String; 2] {
    let group = &place.group;
    let origin = if place.stated { "named by the settings of the task" } else { "the usual name" };
    let what = match (shelf, &place.stream) {
        (LogShelf::NoGroup, _) => format!("there is no log group {group} ({origin})"),
        (_, Some(stream)) => format!("the log group {group} has no stream {stream} ({origin})"),
        (_, None) => format!("the log group {group} has no streams"),
    };
    let hint = "DMS creates it when the task first runs. If the task has run: the role dms-cloudwatch-logs-role may be \
                missing, or the instance has no way to the logs endpoint; DMS then drops lines without a word.";
    [what, hint.to_owned()]
}

fn no_place(task: &Task, why: NoPlace) -> Failure {
    none_because(task, &about_no_place(why))
}

fn nothing_there(task: &Task, place: &LogPlace, shelf: LogShelf) -> Failure {
    none_because(task, &about_empty_place(place, shelf))
}

fn none_because(task: &Task, lines: &[String]) -> Failure {
    let first = format!("no logs of {} because {}", task.name.shown(), lines[0]);
    let lines = [first].into_iter().chain(lines[1..].iter().cloned()).map(|line| shown(&line).into_owned());
    Failure { status: 3, lines: lines.collect() }
}
