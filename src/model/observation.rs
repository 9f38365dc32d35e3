//! Everything observed, in one shape: who was asked, about what, the answer, and how old the evidence is.

use crate::model::around::Around;
use crate::model::event::Event;
use crate::model::log_line::LogEvent;
use crate::model::log_place::LogSource;
use crate::model::metric::Series;
use crate::model::parts::{ConnectionTest, Endpoint, EventSubscription, Identity, Instance, PendingMaintenance};
use crate::model::schedule::Schedule;
use crate::model::table::TableRow;
use crate::model::task::Task;
use crate::model::{AccountId, InstanceArn, Region, ReplicationArn};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Version of the serialised form; raised when a field changes its meaning.
pub const VERSION: u8 = 1;

/// Whose data this is. Two scopes never mix: not in a limiter, not in a problem, not on screen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// Profile name, `default`, `demo`, or [`Scope::NO_PROFILE`].
    pub profile: String,
    pub account: AccountId,
    pub region: Region,
}

impl Scope {
    /// Where credentials come from no profile at all: from the environment, or from the machine.
    pub const NO_PROFILE: &str = "(none)";
}

/// What an observation is about; together with the scope it is the key under which the newest one wins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    Identity,
    Tasks,
    Instances,
    Endpoints,
    Connections,
    /// Latest points of every task's metrics.
    Metrics,
    /// Table statistics of one task, complete.
    Tables(ReplicationArn),
    /// Only the tables in `Table error` of one task: one cheap call.
    TableErrors(ReplicationArn),
    /// Everything DMS says has happened, to tasks and instances. A stream.
    Events,
    /// One log, while somebody reads it. A stream.
    Log(LogSource),
    /// Lines worth a look in the logs of every watched task. A stream.
    LogErrors,
    /// Rules of EventBridge and schedules of its Scheduler.
    Schedules,
    /// Who is told of events.
    Subscriptions,
    /// Every metric of one task and of its instance over hours, while its charts are on screen.
    Charts(ReplicationArn),
    /// What alerts about instances hang on.
    InstanceMetrics,
    /// What AWS is going to do to instances.
    Maintenance,
    /// Mappings and settings of one task, while they are on screen.
    Definition(ReplicationArn),
    /// What the two databases of one task say themselves, while somebody looks. No call of AWS.
    Databases(ReplicationArn),
}

impl Subject {
    /// Each answer holds only what is new, so none may be dropped; of everything else the newest says it all.
    pub fn is_stream(&self) -> bool {
        matches!(self, Self::Events | Self::Log(_) | Self::LogErrors)
    }
}

/// One metric of one task over the time asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskSeries {
    pub arn: ReplicationArn,
    pub series: Series,
}

/// One metric of one replication instance over the time asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceSeries {
    pub arn: InstanceArn,
    pub series: Series,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "kebab-case")]
pub enum Value {
    Identity(Identity),
    Tasks(Vec<Task>),
    Instances(Vec<Instance>),
    Endpoints(Vec<Endpoint>),
    Connections(Vec<ConnectionTest>),
    Metrics(Vec<TaskSeries>),
    Tables(Vec<TableRow>),
    /// New ones, oldest first.
    Events(Vec<Event>),
    Log(LogNews),
    LogErrors(Vec<LogFindings>),
    Schedules(Vec<Schedule>),
    Subscriptions(Vec<EventSubscription>),
    Charts(Charts),
    InstanceMetrics(Vec<InstanceSeries>),
    Maintenance(Vec<PendingMaintenance>),
    Definition(Definition),
    Databases(Box<Around>),
}

/// What a task is told to do, as DMS keeps it: JSON inside texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    pub table_mappings: Option<String>,
    pub settings: Option<String>,
}

/// All points kept, of a task and of the instance it runs on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Charts {
    pub task: Vec<Series>,
    /// `None` for a serverless task, and while its instance is not known.
    pub instance: Option<InstanceArn>,
    pub of_instance: Vec<Series>,
}

/// What reading a log once more brought.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LogNews {
    /// New lines, oldest first.
    pub lines: Vec<LogEvent>,
    /// Since when it cannot be read, and until when that is known to be so; it is tried again. Beside lines that were read
    /// to the end: a stretch that nobody looked at and that will not be read any more.
    pub gap: Option<(Timestamp, Timestamp)>,
    /// Why there is a gap.
    pub why: Option<String>,
    /// A gap that was read after all; its lines are among these.
    pub filled: Option<(Timestamp, Timestamp)>,
    /// Where it was read: group, and stream where it is one.
    pub place: Option<String>,
    /// Where reading began; older lines were never asked for.
    pub since: Option<Timestamp>,
    /// Why there is nothing to read.
    pub none: Option<String>,
}

/// New lines worth a look in the log of one task, or why its log tells nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogFindings {
    pub arn: ReplicationArn,
    pub lines: Vec<LogEvent>,
    pub none: Option<String>,
}

/// One observed fact with its age.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    pub version: u8,
    pub scope: Scope,
    pub subject: Subject,
    pub value: Value,
    /// Time of the evidence: the newest data point, the newest row's own update time, or, for answers that carry no
    /// time of their own (a task's status), the time the service stated in its reply. Never our clock.
    pub as_of: Option<Timestamp>,
    /// When we had it, by our clock.
    pub received: Timestamp,
}

/// What a feed says: an answer, or why there is none. Newest wins per scope and subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Report {
    Observed {
        observation: Box<Observation>,
        /// How often this subject is asked at the moment; `None` where it was asked once. A pane turns amber at twice
        /// this age.
        every: Option<jiff::SignedDuration>,
    },
    /// The last good data stays on screen and goes on ageing.
    Failed {
        scope: Scope,
        subject: Subject,
        problem: Box<crate::model::Problem>,
        /// When it is tried again.
        retry_at: Option<Timestamp>,
    },
}

impl Report {
    pub fn key(&self) -> (&Scope, &Subject) {
        match self {
            Self::Observed { observation, .. } => (&observation.scope, &observation.subject),
            Self::Failed { scope, subject, .. } => (scope, subject),
        }
    }
}
