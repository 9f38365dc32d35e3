//! What rules may look at. Whoever holds live state implements [`Facts`]; what it does not hold is left at "not known".

use super::digest::TaskDigest;
use crate::model::event::Event;
use crate::model::health::{self, Latency};
use crate::model::log_line::LogEvent;
use crate::model::metric::{self, MetricName, Point};
use crate::model::parts::{EventSubscription, Instance, PendingMaintenance};
use crate::model::schedule::Schedule;
use crate::model::table::TableRow;
use crate::model::task::Task;
use crate::model::{InstanceArn, Problem, ReplicationArn, Subject};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// The newest good answer about a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated {
    /// Time of the evidence, where it has one.
    pub as_of: Option<Timestamp>,
    pub received: Timestamp,
}

/// What is known of a task's tables.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tables<'a> {
    Unknown,
    /// Only those in `Table error`.
    Errors(&'a [TableRow]),
    All(&'a [TableRow]),
}

impl<'a> Tables<'a> {
    /// Rows, complete or not.
    pub fn rows(self) -> Option<&'a [TableRow]> {
        match self {
            Self::Unknown => None,
            Self::Errors(rows) | Self::All(rows) => Some(rows),
        }
    }
}

/// Live state as far as somebody holds it.
pub trait Facts {
    /// The watched tasks.
    fn tasks(&self) -> &[Task];

    /// No scope hides other tasks of the account.
    fn sees_every_task(&self) -> bool;

    /// Points of a task, oldest first.
    fn points(&self, task: &ReplicationArn, name: MetricName) -> &[Point];

    /// When the newest answer about metrics came, if it is young enough to count. Of what is later it says nothing.
    fn metrics_answered(&self, now: Timestamp) -> Option<Timestamp>;

    /// Why metrics cannot be read, where the newest attempt failed.
    fn metrics_problem(&self) -> Option<&Problem> {
        None
    }

    /// How far back metrics are asked for.
    fn metrics_back(&self) -> SignedDuration {
        metric::KEPT
    }

    /// The newest good answer; `None` where there never was one.
    fn stated(&self, subject: &Subject) -> Option<Stated>;

    fn tables(&self, _task: &ReplicationArn) -> Tables<'_> {
        Tables::Unknown
    }

    /// Lines worth a look in the log of a task, newest last, and why its log tells nothing; `None` where nobody looked.
    fn log(&self, _task: &ReplicationArn) -> Option<(&[LogEvent], Option<&str>)> {
        None
    }

    /// Newest last.
    fn events(&self) -> &[Event] {
        &[]
    }

    fn instances(&self) -> &[Instance] {
        &[]
    }

    fn instance_points(&self, _instance: &InstanceArn, _name: MetricName) -> &[Point] {
        &[]
    }

    fn maintenance(&self) -> &[PendingMaintenance] {
        &[]
    }

    fn schedules(&self) -> &[Schedule] {
        &[]
    }

    fn subscriptions(&self) -> &[EventSubscription] {
        &[]
    }
}

/// Everything about one task.
pub struct OfTask<'a> {
    pub facts: &'a dyn Facts,
    pub task: &'a Task,
    pub latency: Latency,
    pub tables: Tables<'a>,
    pub digest: &'a TaskDigest,
    /// Time of the list of tasks.
    pub stated: Option<Timestamp>,
}

impl<'a> OfTask<'a> {
    pub fn new(facts: &'a dyn Facts, task: &'a Task, digest: &'a TaskDigest, now: Timestamp) -> Self {
        let points = facts.points(&task.arn, MetricName::CDCLatencyTarget);
        let latency = health::latency(task, points, facts.metrics_answered(now), now);
        let stated = facts.stated(&Subject::Tasks).and_then(|stated| stated.as_of);
        Self { facts, task, latency, tables: facts.tables(&task.arn), digest, stated }
    }

    pub fn points(&self, name: MetricName) -> &'a [Point] {
        self.facts.points(&self.task.arn, name)
    }

    /// Rows of every table; why not where there are none.
    pub fn all_tables(&self) -> Result<&'a [TableRow], &'static str> {
        match self.tables {
            Tables::All(rows) => Ok(rows),
            _ => Err("table states are read only while the task is open"),
        }
    }

    /// The newest time that any of these rows states.
    pub fn tables_as_of(&self) -> Option<Timestamp> {
        self.tables.rows().into_iter().flatten().filter_map(|row| row.last_update).max()
    }
}

/// Everything about one replication instance.
pub struct OfInstance<'a> {
    pub facts: &'a dyn Facts,
    pub instance: &'a Instance,
    /// Watched tasks on it.
    pub tasks: &'a [&'a Task],
}

/// Everything about one schedule.
pub struct OfSchedule<'a> {
    pub facts: &'a dyn Facts,
    pub schedule: &'a Schedule,
    /// Its next time; `None` where it has none or none can be told.
    pub next: Option<Timestamp>,
    pub tasks: &'a HashMap<&'a ReplicationArn, &'a Task>,
}

/// Everything about one event subscription.
pub struct OfSubscription<'a> {
    pub facts: &'a dyn Facts,
    pub subscription: &'a EventSubscription,
}

/// Tasks by what other things call them by.
pub struct Tasks<'a> {
    pub by_arn: HashMap<&'a ReplicationArn, &'a Task>,
    pub on_instance: HashMap<&'a InstanceArn, Vec<&'a Task>>,
}

impl<'a> Tasks<'a> {
    pub fn of(facts: &'a dyn Facts) -> Self {
        let by_arn = facts.tasks().iter().map(|task| (&task.arn, task)).collect();
        let mut on_instance: HashMap<_, Vec<_>> = HashMap::new();
        for task in facts.tasks() {
            if let Some(instance) = &task.instance {
                on_instance.entry(instance).or_default().push(task);
            }
        }
        Self { by_arn, on_instance }
    }
}
