//! From asking to the end: what was found, what a person is shown, what the tables say to it, what came of it.

use super::{Change, Destination};
use crate::model::audit::State;
use crate::model::schedule::Schedule;
use crate::model::task::{MigrationType, TaskStatus};
use crate::model::untrusted::shown;
use crate::model::{EndpointArn, InstanceArn, ProblemKind, ReplicationArn, Scope, Untrusted};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What was read of that which is to be changed. A change is sent only when it reads the same just before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Precondition {
    Schedule(Box<Schedule>),
    Task(Box<Standing>),
}

/// What of a task must not have changed between preview and sending: nothing that moves by itself while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub arn: ReplicationArn,
    pub status: TaskStatus,
    pub migration_type: MigrationType,
    pub stop_reason: Option<Untrusted>,
    pub source: EndpointArn,
    pub target: EndpointArn,
    pub instance: Option<InstanceArn>,
    /// Host and database of the source; `None` where they are not known.
    pub source_at: Option<Destination>,
    pub target_at: Option<Destination>,
    /// Ports of source and target, where the endpoint names one: a host may serve more than one database server.
    #[serde(default)]
    pub ports: [Option<i32>; 2],
    /// `TargetTablePrepMode`; `None` where it is not known.
    pub prep_mode: Option<String>,
    pub mappings: Option<String>,
    pub fresh_start: Option<Timestamp>,
    pub start: Option<Timestamp>,
    pub stop: Option<Timestamp>,
    pub cdc_start_position: Option<Untrusted>,
    pub cdc_stop_position: Option<Untrusted>,
    /// `None` while it runs, too: there it moves by itself.
    pub recovery_checkpoint: Option<Untrusted>,
    /// Last connection tests, source and target, in the service's word; `None` where there is none.
    pub connections: [Option<Untrusted>; 2],
}

impl Precondition {
    pub fn arn(&self) -> Untrusted {
        match self {
            Self::Schedule(schedule) => schedule.arn.clone(),
            Self::Task(standing) => Untrusted::new(standing.arn.as_str()),
        }
    }

    /// The state of it, in the service's word.
    pub fn state(&self) -> &str {
        match self {
            Self::Schedule(schedule) => schedule.state.raw(),
            Self::Task(standing) => standing.status.raw(),
        }
    }
}

/// How bad it would be if it was not meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// The opposite change puts it back.
    Undoable,
    /// Nothing puts it back, though nothing that is there is destroyed.
    Lasting { destination: Option<Destination> },
    /// Rows of this database are destroyed.
    Destroys { destination: Option<Destination> },
}

/// What is shown before anything is done. All texts are clean for a terminal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    pub change: Change,
    /// Of the configuration; `None` is not known, which is said.
    pub environment: Option<String>,
    pub scope: Scope,
    /// What will be done, in one line.
    pub words: String,
    /// What comes of it, a line each.
    pub effects: Vec<String>,
    /// Those of them that must not be overlooked, again in front.
    pub warnings: Vec<String>,
    pub precondition: Precondition,
    /// The next times that will, or will not, fire.
    pub fires: Vec<Timestamp>,
    /// The same, and nothing but the same, with the AWS CLI; a line for each request.
    pub aws_command: String,
    pub grade: Grade,
    /// What could be done instead, or should be done first.
    pub offers: Vec<Change>,
    pub made: Timestamp,
}

impl Preview {
    /// Tasks that the targets of a rule or schedule start.
    pub fn starts(&self) -> impl Iterator<Item = &ReplicationArn> {
        let schedule = match &self.precondition {
            Precondition::Schedule(schedule) => Some(schedule),
            Precondition::Task(_) => None,
        };
        schedule.into_iter().flat_map(|schedule| schedule.deeds()).filter(|(deed, _)| deed.starts()).map(|(_, arn)| arn)
    }

    /// Where: environment, account, region, profile.
    pub fn place(&self) -> String {
        let environment = self.environment.as_deref().map_or_else(|| "ENV UNKNOWN".into(), shown);
        let Scope { profile, account, region } = &self.scope;
        format!("{environment} · account {} · {} · profile {}", account.0, region.0, shown(profile))
    }

    /// For a person, and for the audit: what, where, what comes of it.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.words.clone(), format!("in {}", self.place())];
        lines.extend(self.warnings.iter().map(|warning| format!("▲ {warning}")));
        lines.extend(self.effects.iter().cloned());
        lines.extend(self.offers.iter().map(|offer| format!("instead, or first: {}", offer.command())));
        // On lines of its own, to be copied.
        lines.extend((!self.aws_command.is_empty()).then(|| "the same by hand:".to_owned()));
        lines.extend(self.aws_command.lines().map(str::to_owned));
        lines
    }
}

/// Why something is not done, and what to do instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub why: String,
    pub do_this: String,
}

/// What the tables of what is legal say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    Legal,
    /// It is as wanted already.
    Nothing(String),
    Refused(Refusal),
}

/// A change that was asked for, and what the tables say to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub preview: Preview,
    pub ruling: Ruling,
}

impl Draft {
    /// It is sent when the question is confirmed: it is legal, and among several it destroys nothing.
    pub fn goes(&self, several: bool) -> bool {
        self.ruling == Ruling::Legal && !(several && matches!(self.preview.grade, Grade::Destroys { .. }))
    }
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// [`State::Done`], [`State::Refused`], [`State::Failed`] or [`State::Unknown`].
    pub state: State,
    /// What happened, why, what to do: clean lines.
    pub lines: Vec<String>,
    pub request_id: Option<String>,
    /// Its entry, where there is one.
    pub audit: Option<String>,
    pub at: Timestamp,
    /// State of what was to be changed, in the service's word, as it was seen last; `None` where nobody knows.
    pub state_after: Option<String>,
    /// What kind of problem stood in the way, where nothing was changed because of one.
    pub problem: Option<ProblemKind>,
}
