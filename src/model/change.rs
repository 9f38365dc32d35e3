//! A change, as data: what is to be done to what, and what a person is shown before it is done.
//!
//! Pure. Nothing here does anything: `change` judges, asks for confirmation, sends and writes the audit.

use crate::model::schedule::{Deed, Schedule, ScheduleKind};
use crate::model::untrusted::shown;
use crate::model::{ReplicationArn, Scope, Untrusted};
use jiff::Timestamp;
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

/// Everything that can be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A rule or schedule is enabled or disabled.
    Switch { what: Named, to: Switch },
}

impl Change {
    /// `disable-rule`: for the audit and for scripts.
    pub fn kind(&self) -> String {
        match self {
            Self::Switch { what, to } => format!("{}-{}", to.word(), what.kind.word()),
        }
    }

    /// What a person types to confirm it: the name of what is changed.
    pub fn answer(&self) -> &Untrusted {
        match self {
            Self::Switch { what, .. } => &what.name,
        }
    }
}

/// What is shown before anything is done. All texts are clean for a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub change: Change,
    /// Of the configuration; `None` is not known, which is said.
    pub environment: Option<String>,
    pub scope: Scope,
    /// What will be done, in one line.
    pub words: String,
    /// What comes of it, a line each.
    pub effects: Vec<String>,
    /// What was read. The change is sent only when it reads the same just before.
    pub precondition: Schedule,
    /// The next times that will, or will not, fire.
    pub fires: Vec<Timestamp>,
    /// The same, and nothing but the same, with the AWS CLI.
    pub aws_command: String,
    /// Can be put back by the opposite change.
    pub undoable: bool,
    pub made: Timestamp,
}

impl Preview {
    /// Tasks that its targets start.
    pub fn starts(&self) -> impl Iterator<Item = &ReplicationArn> {
        self.precondition.deeds().filter(|(deed, _)| *deed == Deed::Starts).map(|(_, arn)| arn)
    }

    /// For a person, and for the audit: what, where, what comes of it.
    pub fn lines(&self) -> Vec<String> {
        let environment = self.environment.as_deref().map_or_else(|| "ENV UNKNOWN".into(), shown);
        let Scope { profile, account, region } = &self.scope;
        let place = format!("{environment} · account {} · {} · profile {}", account.0, region.0, shown(profile));
        let mut lines = vec![self.words.clone(), format!("in {place}")];
        lines.extend(self.effects.iter().cloned());
        // On a line of its own, to be copied.
        lines.extend(["the same by hand:".to_owned(), self.aws_command.clone()]);
        lines
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
