//! What is dear to work out and changes seldom: settings read, lines and events understood, the next time of schedules.
//!
//! Made anew only for what was answered anew, so that judging hundreds of tasks stays cheap.

use super::facts::{Facts, Tables};
use crate::model::event::{Event, SourceType, Weight};
use crate::model::log_line::{self, LogEvent, Severity};
use crate::model::log_sign::{self, Sign};
use crate::model::metric::Point;
use crate::model::reading;
use crate::model::schedule::Schedule;
use crate::model::settings::{self, TaskSettings};
use crate::model::table::TableRow;
use crate::model::{ReplicationArn, Subject, Untrusted};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// What happened again and again, but before this, is over.
const REPEATS_FROM: SignedDuration = SignedDuration::from_hours(24);
/// Different messages remembered; in practice there are dozens.
const MESSAGES: usize = 5_000;
/// Sums of a backlog remembered.
const SUMS: usize = 10;

/// One line worth a look.
#[derive(Debug, Clone, PartialEq)]
pub struct LogFact {
    pub at: Timestamp,
    pub severity: Option<Severity>,
    pub sign: Option<&'static Sign>,
    /// Its message alone.
    pub message: Untrusted,
}

/// What an event says to the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    /// Reading stopped (true) or went on (false).
    paused: Option<bool>,
    /// Said again and again it is a loop.
    repeats: bool,
}

/// What is known of one task.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskDigest {
    /// `None` where they were never read, or are no settings.
    pub settings: Option<TaskSettings>,
    settings_are: u64,
    /// The newest event about reading: when, whether it stopped, in whose words.
    pub reading: Option<(Timestamp, bool, Untrusted)>,
    /// Starts, stops and failures, oldest first; `None` where events were never read.
    pub repeats: Option<Vec<(Timestamp, Untrusted)>>,
    /// Oldest first; `None` where nobody looked.
    pub log: Option<Vec<LogFact>>,
    log_is: Option<(usize, Timestamp)>,
    pub no_log: Option<String>,
    /// Changes captured and not applied, summed over all tables, each time they were told.
    pub backlog: Vec<Point>,
}

/// All of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Digest {
    tasks: HashMap<ReplicationArn, TaskDigest>,
    messages: HashMap<Untrusted, Mark>,
    /// By place in the list of schedules.
    next: Vec<Option<Timestamp>>,
    events_of: Option<Timestamp>,
    schedules_of: Option<Timestamp>,
    tasks_of: Option<Timestamp>,
}

impl Digest {
    pub fn task(&self, arn: &ReplicationArn) -> Option<&TaskDigest> {
        self.tasks.get(arn)
    }

    /// The next time of the schedule at this place.
    pub fn next(&self, place: usize) -> Option<Timestamp> {
        self.next.get(place).copied().flatten()
    }

    /// Takes in what was answered since.
    pub fn refresh(&mut self, facts: &dyn Facts, now: Timestamp) {
        let received = |subject: &Subject| facts.stated(subject).map(|stated| stated.received);
        let (tasks, events, schedules) =
            (received(&Subject::Tasks), received(&Subject::Events), received(&Subject::Schedules));
        if self.tasks_of != tasks || self.tasks.len() != facts.tasks().len() {
            self.take_tasks(facts);
            self.tasks_of = tasks;
            self.events_of = None;
        }
        if self.events_of != events {
            self.take_events(facts, now);
            self.events_of = events;
        }
        let over = self.next.iter().flatten().any(|next| *next <= now);
        if self.schedules_of != schedules || over || self.next.len() != facts.schedules().len() {
            self.next = facts.schedules().iter().map(|schedule| next_of(schedule, now)).collect();
            self.schedules_of = schedules;
        }
        for (arn, digest) in &mut self.tasks {
            digest.take_log(facts.log(arn));
            digest.take_backlog(facts.tables(arn));
        }
    }

    fn take_tasks(&mut self, facts: &dyn Facts) {
        let mut old = std::mem::take(&mut self.tasks);
        for task in facts.tasks() {
            let mut digest = old.remove(&task.arn).unwrap_or_default();
            let text = task.settings.as_deref();
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            let are = hasher.finish();
            if digest.settings_are != are {
                digest.settings = text.and_then(|text| settings::parse(text).ok());
                digest.settings_are = are;
            }
            self.tasks.insert(task.arn.clone(), digest);
        }
    }

    fn take_events(&mut self, facts: &dyn Facts, now: Timestamp) {
        if self.messages.len() > MESSAGES {
            self.messages.clear();
        }
        let known = facts.stated(&Subject::Events).is_some();
        for digest in self.tasks.values_mut() {
            digest.reading = None;
            digest.repeats = known.then(Vec::new);
        }
        if !known {
            return;
        }
        // Events know a task by its name alone.
        let by_name: HashMap<&str, &ReplicationArn> =
            facts.tasks().iter().map(|task| (task.name.raw(), &task.arn)).collect();
        for event in facts.events().iter().filter(|event| event.source_type == SourceType::Task) {
            let Some(arn) = by_name.get(event.source.raw()) else { continue };
            let mark = match self.messages.get(&event.message) {
                Some(mark) => *mark,
                None => *self.messages.entry(event.message.clone()).or_insert_with(|| mark(event)),
            };
            let Some(digest) = self.tasks.get_mut(*arn) else { continue };
            if let Some(paused) = mark.paused {
                digest.reading = Some((event.at, paused, event.message.clone()));
            }
            if mark.repeats
                && now.duration_since(event.at) <= REPEATS_FROM
                && let Some(repeats) = &mut digest.repeats
            {
                repeats.push((event.at, event.message.clone()));
            }
        }
    }
}

fn next_of(schedule: &Schedule, now: Timestamp) -> Option<Timestamp> {
    let next = schedule.next(now, 1).ok()?;
    next.first().map(jiff::Zoned::timestamp)
}

fn mark(event: &Event) -> Mark {
    let paused = reading::by_event(event.message.raw());
    let lower = event.message.raw().to_lowercase();
    let grave = event.meaning().is_some_and(|meaning| meaning.weight != Weight::Info);
    Mark { paused, repeats: paused.is_none() && (grave || (lower.contains("task") && lower.contains("started"))) }
}

impl TaskDigest {
    fn take_log(&mut self, log: Option<(&[LogEvent], Option<&str>)>) {
        let Some((lines, none)) = log else {
            (self.log, self.log_is, self.no_log) = (None, None, None);
            return;
        };
        if self.no_log.as_deref() != none {
            self.no_log = none.map(str::to_owned);
        }
        let is = Some((lines.len(), lines.last().map_or(Timestamp::UNIX_EPOCH, |line| line.at)));
        if self.log.is_none() || self.log_is != is {
            self.log = Some(lines.iter().map(log_fact).collect());
            self.log_is = is;
        }
    }

    fn take_backlog(&mut self, tables: Tables<'_>) {
        let Tables::All(rows) = tables else { return };
        // A sum without those that do not tell theirs would fall and rise with who tells.
        let sum = rows.iter().map(TableRow::backlog).sum::<Option<i64>>();
        let at = rows.iter().filter_map(|row| row.last_update).max();
        let (Some(sum), Some(at)) = (sum, at) else { return };
        if self.backlog.last().is_none_or(|last| last.at < at) {
            #[allow(clippy::cast_precision_loss, reason = "a count of changes; beyond 2^53 nobody counts")]
            self.backlog.push(Point { at, value: sum as f64 });
            let skip = self.backlog.len().saturating_sub(SUMS);
            self.backlog.drain(..skip);
        }
    }
}

fn log_fact(line: &LogEvent) -> LogFact {
    let text = line.text.raw();
    let parsed = log_line::parse(text);
    LogFact {
        at: line.at,
        severity: parsed.and_then(|line| line.severity),
        sign: log_sign::find(text),
        message: parsed.map_or_else(|| line.text.clone(), |line| Untrusted::new(line.message)),
    }
}
