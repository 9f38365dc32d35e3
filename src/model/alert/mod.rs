//! What is wrong: one table of rules over live state, and what has been raised by them. Pure; `now` is a parameter.
//!
//! `table.rs` is THE table: each rule with its words, its limits, what to do and where the evidence is. Its checks are in
//! `rules/`, one file per kind of evidence; what they may look at is [`Facts`]. `limits.rs` is the table of limits that
//! the configuration can change. [`Book`] keeps what was raised: since when, acknowledged or not, and never lets go of an
//! alert because its input is missing.

mod book;
mod digest;
mod facts;
pub mod limits;
mod rules;
mod table;
#[cfg(test)]
mod tests;
pub mod words;

pub use book::{Ack, Alert, Book, Unchecked, judged_once, verdict};
pub use facts::{Facts, Stated, Tables};
pub use limits::{Limit, Limits, Settings};
pub use table::TABLE;

use crate::model::health::Health;
use crate::model::schedule::Schedule;
use crate::model::{InstanceArn, ReplicationArn, Untrusted};
use facts::{OfInstance, OfSchedule, OfSubscription, OfTask};
use jiff::Timestamp;
use std::fmt::Write as _;

/// What an alert is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    Task(ReplicationArn),
    Instance(InstanceArn),
    /// As commands name it: `rule:BUS/NAME`, `schedule:GROUP/NAME`.
    Schedule(Untrusted),
    /// Name of an event subscription.
    Subscription(Untrusted),
}

impl Place {
    pub fn schedule(schedule: &Schedule) -> Self {
        let (kind, group, name) = (schedule.kind.word(), schedule.group.raw(), schedule.name.raw());
        Self::Schedule(Untrusted::new(format!("{kind}:{group}/{name}")))
    }
}

/// Where the evidence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Tables,
    Events,
    Logs,
    Metrics,
    Definition,
    Schedules,
}

impl Way {
    pub fn word(self) -> &'static str {
        match self {
            Self::Tables => "its tables",
            Self::Events => "its events",
            Self::Logs => "its log",
            Self::Metrics => "its metrics",
            Self::Definition => "its definition",
            Self::Schedules => "schedules and subscriptions",
        }
    }
}

/// One row of the table.
pub struct Rule {
    /// Promised to scripts.
    pub id: &'static str,
    /// What it finds, in a few words.
    pub title: &'static str,
    pub check: Check,
    /// What is compared with what.
    pub compares: &'static str,
    /// Limits it goes by.
    pub limits: &'static [Limit],
    /// What an operator does next.
    pub action: &'static str,
    pub way: Way,
}

/// Looks at one thing of its kind.
#[derive(Clone, Copy)]
pub enum Check {
    Task(fn(&OfTask<'_>, &Context<'_>) -> Outcome),
    Instance(fn(&OfInstance<'_>, &Context<'_>) -> Outcome),
    Schedule(fn(&OfSchedule<'_>, &Context<'_>) -> Outcome),
    Subscription(fn(&OfSubscription<'_>, &Context<'_>) -> Outcome),
}

impl Check {
    /// What it looks at.
    pub fn word(self) -> &'static str {
        match self {
            Self::Task(_) => "task",
            Self::Instance(_) => "instance",
            Self::Schedule(_) => "schedule",
            Self::Subscription(_) => "subscription",
        }
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

/// What a check is told besides the facts.
pub struct Context<'a> {
    pub limits: &'a Limits,
    pub now: Timestamp,
    /// How bad it stands already; what stands is let go later than it was raised.
    pub stands: Option<Health>,
}

impl Context<'_> {
    fn limit(&self, limit: Limit) -> f64 {
        self.limits.of(limit)
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// The rule does not apply to this thing as it is.
    NotDue,
    Good,
    /// It applies, and what it needs is not known: why. Clears nothing and raises nothing.
    Unknown(&'static str),
    Bad(Box<Finding>),
}

/// What was found, and until when that can be said though nothing new is heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub found: Found,
    pub until: Option<Timestamp>,
}

/// Something wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// `Ok` is a note: worth knowing, nothing wrong.
    pub severity: Health,
    pub message: String,
    /// More than the message says, where there is more.
    pub evidence: Option<String>,
    /// Time of the evidence.
    pub as_of: Option<Timestamp>,
    /// Since when, where the evidence says so.
    pub since: Option<Timestamp>,
    /// Of what happens again and again: the newest. A newer one lifts an acknowledgement.
    pub occurred: Option<Timestamp>,
}

impl Outcome {
    const NOT_DUE: Self = Self { found: Found::NotDue, until: None };
    const GOOD: Self = Self { found: Found::Good, until: None };

    fn unknown(why: &'static str) -> Self {
        Self { found: Found::Unknown(why), until: None }
    }

    fn until(self, until: Option<Timestamp>) -> Self {
        let until = [self.until, until].into_iter().flatten().min();
        Self { until, ..self }
    }

    fn bad(severity: Health, message: impl Into<String>) -> Finding {
        Finding { severity, message: message.into(), evidence: None, as_of: None, since: None, occurred: None }
    }
}

impl From<Finding> for Outcome {
    fn from(finding: Finding) -> Self {
        Self { found: Found::Bad(Box::new(finding)), until: None }
    }
}

impl Finding {
    fn evidence(self, words: impl Into<String>) -> Self {
        Self { evidence: Some(words.into()), ..self }
    }

    fn dated(self, as_of: Option<Timestamp>) -> Self {
        Self { as_of, ..self }
    }

    fn since(self, since: Option<Timestamp>) -> Self {
        Self { since, ..self }
    }

    fn occurred(self, at: Option<Timestamp>) -> Self {
        Self { occurred: at, ..self }
    }
}

/// The word for a severity of an alert: what is worst as of a task is `ok`, is a `note` as of an alert.
pub fn severity_word(severity: Health) -> &'static str {
    if severity == Health::Ok { "note" } else { severity.word() }
}

/// The table of rules as it stands in `docs/json.md`.
pub fn markdown() -> String {
    let mut out = String::from("| id | of a | what it finds | compares | limits |\n|---|---|---|---|---|\n");
    for rule in TABLE {
        let limits: Vec<String> = rule.limits.iter().map(|limit| format!("`{}`", limit.row().key)).collect();
        let (id, of, title) = (rule.id, rule.check.word(), rule.title);
        let _ = writeln!(out, "| `{id}` | {of} | {title} | {} | {} |", rule.compares, limits.join(", "));
    }
    out
}
