//! The log of one task, or a log group by its name, without a screen: once, or followed until nobody reads any more.

use super::Failure;
use super::headless::{block, connect, the_task};
use crate::app::Setup;
use crate::aws::{Answer, LogQuery, LogShelf, Reader};
use crate::model::log_line::LogEvent;
use crate::model::log_place::{self, LogPlace, NoLog, NoPlace};
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

/// Which log.
#[derive(Debug, Clone, Copy)]
pub enum LogOf<'a> {
    /// ARN or exact name.
    Task(&'a str),
    /// A log group, whole.
    Group(&'a str),
}

/// Reads the log that is named, from `since` ago until now, or on and on. `tell` says whether anybody still listens.
pub fn logs(
    setup: &Setup,
    of: LogOf<'_>,
    since: SignedDuration,
    follow: bool,
    tell: &mut dyn FnMut(LogNews) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    block(async {
        let reader = connect(setup).await?;
        let (about, place) = match of {
            LogOf::Group(name) => (About::Group(name.to_owned()), LogPlace::group(name)),
            LogOf::Task(named) => {
                let task = the_task(&reader, named).await?;
                let found = place(&reader, &task).await?;
                let about = About::Task(Box::new(task));
                (about.clone(), found.map_err(|why| none_because(&about, &why.told()))?)
            }
        };
        let now = reader.service_time(Timestamp::now());
        let mut reading = Reading {
            reader,
            about,
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

/// Whose log it is.
#[derive(Clone)]
enum About {
    Task(Box<Task>),
    Group(String),
}

impl About {
    fn name(&self) -> String {
        match self {
            Self::Task(task) => task.name.shown().into_owned(),
            Self::Group(name) => shown(name).into_owned(),
        }
    }
}

/// One log being read.
struct Reading {
    reader: Reader,
    about: About,
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
                let why = self.nothing_there(gone(self.shelf().await?));
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
                let why = self.nothing_there(found);
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
                let why = self.nothing_there(gone(self.shelf().await.unwrap_or(LogShelf::NoGroup)));
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

    fn nothing_there(&self, found: LogShelf) -> Failure {
        let none = log_place::missing(matches!(self.about, About::Task(_)), &self.place, found);
        // Everything is there by now: it came between two requests.
        let none = none
            .unwrap_or_else(|| NoLog { because: "it was only just created".to_owned(), hint: "Ask again.".to_owned() });
        none_because(&self.about, &none)
    }

    async fn shelf(&self) -> Result<LogShelf, Problem> {
        Ok(self.reader.log_shelf(&self.place.group, self.place.stream.as_deref()).await?.value)
    }

    /// A task can be moved, and its logging switched off: the settings are read again now and then.
    async fn look_again(&mut self, now: Timestamp, tell: &mut Tell<'_>) -> Result<bool, Failure> {
        let About::Task(task) = &self.about else { return Ok(true) };
        if now.duration_since(self.placed) < DEEP_EVERY {
            return Ok(true);
        }
        self.placed = now;
        // What cannot be told now is told by the next look; the log itself goes on.
        let Ok(found) = place(&self.reader, task).await else { return Ok(true) };
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
                tell(LogNews::Note(none_because(&self.about, &why.told()).lines.join("; ")))
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

/// The service has just said that it is not there.
fn gone(found: LogShelf) -> LogShelf {
    if found == LogShelf::There { LogShelf::NoStream } else { found }
}

fn none_because(about: &About, why: &NoLog) -> Failure {
    let first = format!("no logs of {} because {}", about.name(), why.because);
    let lines = [first, why.hint.clone()].map(|line| shown(&line).into_owned());
    Failure { status: 3, lines: lines.into() }
}
