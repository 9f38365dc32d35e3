//! What fires by the clock: rules of EventBridge and schedules of EventBridge Scheduler, and when they fire next.
//!
//! `expression.rs` reads the three grammars, `cron.rs` AWS's dialect of cron, `next.rs` tells the coming times, `target.rs`
//! which task a target touches. Pure; `now` is a parameter.

mod cron;
mod expression;
mod next;
mod target;
#[cfg(test)]
mod tests;

pub use cron::Cron;
pub use expression::{Expression, ExpressionError, Unit};
pub use next::{Coming, NoNext};
pub use target::{Deed, Reach, Target};

use crate::model::{ReplicationArn, Untrusted};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Which of the two services it belongs to. A rule is switched by two calls of its own, a schedule only by writing all of
/// it again (section 0 of the DMS facts, point 15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleKind {
    Rule,
    Schedule,
}

impl ScheduleKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Schedule => "schedule",
        }
    }
}

/// As AWS says it. There are two ways of being enabled, and which one it was must be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ScheduleState {
    Enabled,
    /// `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`, of rules only.
    EnabledWithAllManagementEvents,
    Disabled,
    Other(String),
}

impl ScheduleState {
    pub fn raw(&self) -> &str {
        match self {
            Self::Enabled => "ENABLED",
            Self::EnabledWithAllManagementEvents => "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
            Self::Disabled => "DISABLED",
            Self::Other(raw) => raw,
        }
    }
}

impl From<String> for ScheduleState {
    fn from(raw: String) -> Self {
        match raw.as_str() {
            "ENABLED" => Self::Enabled,
            "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" => Self::EnabledWithAllManagementEvents,
            "DISABLED" => Self::Disabled,
            _ => Self::Other(raw),
        }
    }
}

impl From<ScheduleState> for String {
    fn from(state: ScheduleState) -> Self {
        state.raw().to_owned()
    }
}

/// One rule or schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    pub kind: ScheduleKind,
    /// Event bus of a rule, group of a schedule: names are unique only within.
    pub group: Untrusted,
    pub name: Untrusted,
    pub arn: Untrusted,
    pub state: ScheduleState,
    /// `None` for a rule that answers to events only, and where it could not be read.
    pub expression: Option<Untrusted>,
    /// A rule may also, or only, answer to events.
    pub event_pattern: bool,
    pub description: Option<Untrusted>,
    /// The service that keeps this rule; it can be neither switched nor changed by anybody else.
    pub managed_by: Option<Untrusted>,
    /// IANA name; rules are always in UTC.
    pub time_zone: Option<Untrusted>,
    /// Not before this.
    pub start: Option<Timestamp>,
    /// Only before this.
    pub end: Option<Timestamp>,
    /// Minutes after its time within which it may fire; `None` is at its time (within the minute).
    pub flexible_minutes: Option<i32>,
    pub created: Option<Timestamp>,
    pub modified: Option<Timestamp>,
    /// `None` where they could not be read.
    pub targets: Option<Vec<Target>>,
}

impl Schedule {
    /// The expression, read; `None` where there is none.
    pub fn parsed(&self) -> Option<Result<Expression, ExpressionError>> {
        self.expression.as_ref().map(|text| Expression::parse(text.raw()))
    }

    /// When it fires, in words.
    pub fn words(&self) -> String {
        let mut words = match self.parsed() {
            Some(Ok(expression)) => expression.words(),
            Some(Err(why)) => format!("not understood: {why}"),
            None if self.event_pattern => return "when an event matches".to_owned(),
            None => return "not known".to_owned(),
        };
        let zone = self.time_zone.as_ref().map_or_else(|| "UTC".into(), Untrusted::shown);
        if !matches!(self.parsed(), Some(Ok(Expression::Rate { .. }) | Err(_))) {
            words = format!("{words} ({zone})");
        }
        if self.event_pattern {
            words.push_str(", and when an event matches");
        }
        if let Some(minutes) = self.flexible_minutes {
            words = format!("{words}, within {minutes} min after");
        }
        words
    }

    /// Tasks that its targets name, with what is done to them.
    pub fn deeds(&self) -> impl Iterator<Item = (Deed, &ReplicationArn)> {
        self.targets.iter().flatten().filter_map(|target| target.deed.as_ref().map(|(deed, arn)| (*deed, arn)))
    }
}
