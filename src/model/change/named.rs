//! A rule or schedule by its name, and which way it is switched.

use crate::model::Untrusted;
use crate::model::schedule::{Schedule, ScheduleKind};
use crate::model::untrusted::shown;
use serde::{Deserialize, Serialize};

/// Which way a rule or schedule is switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Switch {
    Enable,
    Disable,
}

impl Switch {
    pub fn word(self) -> &'static str {
        match self {
            Self::Enable => "enable",
            Self::Disable => "disable",
        }
    }

    pub fn done(self) -> &'static str {
        match self {
            Self::Enable => "enabled",
            Self::Disable => "disabled",
        }
    }

    /// What puts it back.
    #[must_use]
    pub fn back(self) -> Self {
        match self {
            Self::Enable => Self::Disable,
            Self::Disable => Self::Enable,
        }
    }
}

/// One rule or schedule by its whole name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub kind: ScheduleKind,
    /// Event bus of a rule, group of a schedule.
    pub group: Untrusted,
    pub name: Untrusted,
}

impl Named {
    pub fn of(schedule: &Schedule) -> Self {
        Self { kind: schedule.kind, group: schedule.group.clone(), name: schedule.name.clone() }
    }

    /// `rule:BUS/NAME` or `schedule:GROUP/NAME`, clean for a terminal.
    pub fn full(&self) -> String {
        format!("{}:{}/{}", self.kind.word(), self.group.shown(), self.name.shown())
    }
}

/// What somebody wrote to name a rule or schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    Whole(Named),
    /// A name alone: it must be that of exactly one.
    Name(String),
}

/// Why a text names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhichError {
    #[error("the name is empty")]
    Empty,
    #[error("{0:?} is not rule:BUS/NAME, schedule:GROUP/NAME or NAME")]
    Shape(String),
}

impl std::str::FromStr for Which {
    type Err = WhichError;

    /// Names of buses may hold a slash, names of rules and schedules may not.
    fn from_str(text: &str) -> Result<Self, WhichError> {
        let shape = || WhichError::Shape(shown(text).into_owned());
        let (kind, rest) = match text.split_once(':') {
            None if text.is_empty() => return Err(WhichError::Empty),
            None if text.contains('/') => return Err(shape()),
            None => return Ok(Self::Name(text.to_owned())),
            Some(("rule", rest)) => (ScheduleKind::Rule, rest),
            Some(("schedule", rest)) => (ScheduleKind::Schedule, rest),
            Some(_) => return Err(shape()),
        };
        match rest.rsplit_once('/') {
            Some((group, name)) if !group.is_empty() && !name.is_empty() => {
                Ok(Self::Whole(Named { kind, group: Untrusted::new(group), name: Untrusted::new(name) }))
            }
            _ => Err(shape()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_or_schedule_is_named_in_full_or_by_its_name_alone() {
        let whole = |kind, group: &str, name: &str| {
            Ok(Which::Whole(Named { kind, group: Untrusted::new(group), name: Untrusted::new(name) }))
        };
        for (text, want) in [
            ("rule:default/nightly", whole(ScheduleKind::Rule, "default", "nightly")),
            (
                "rule:aws.partner/example.com/1/nightly",
                whole(ScheduleKind::Rule, "aws.partner/example.com/1", "nightly"),
            ),
            ("schedule:migrations/weekly", whole(ScheduleKind::Schedule, "migrations", "weekly")),
            ("nightly", Ok(Which::Name("nightly".to_owned()))),
            ("", Err(WhichError::Empty)),
            ("rule:nightly", Err(WhichError::Shape("rule:nightly".to_owned()))),
            ("rule:/nightly", Err(WhichError::Shape("rule:/nightly".to_owned()))),
            ("rule:default/", Err(WhichError::Shape("rule:default/".to_owned()))),
            ("default/nightly", Err(WhichError::Shape("default/nightly".to_owned()))),
            ("arn:aws:events:x", Err(WhichError::Shape("arn:aws:events:x".to_owned()))),
        ] {
            assert_eq!(text.parse::<Which>(), want, "{text}");
        }
    }
}
