//! What has been observed in the connected scope. Only reports of that scope ever get here.

use super::feed::Feed;
use crate::model::event::Event;
use crate::model::log_line::LogEvent;
use crate::model::metric::{MetricName, Point, Series};
use crate::model::observation::{Charts, InstanceSeries, LogFindings, TaskSeries};
use crate::model::parts::{ConnectionTest, Endpoint, EventSubscription, Instance, PendingMaintenance};
use crate::model::schedule::Schedule;
use crate::model::table::TableRow;
use crate::model::task::Task;
use crate::model::{EndpointArn, InstanceArn, ReplicationArn, Subject};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Points kept per metric: more than a sparkline shows, and an hour of minutes.
const POINTS_KEPT: usize = 60;

/// Lines worth a look kept of one task's log.
const FINDINGS_KEPT: usize = 200;

/// What the background look into the log of one task has brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// Newest last.
    pub lines: Vec<LogEvent>,
    /// Why its log tells nothing.
    pub none: Option<String>,
}

/// Events kept: days of a busy account.
pub const EVENTS_KEPT: usize = 5_000;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct World {
    pub tasks: Vec<Task>,
    pub instances: Vec<Instance>,
    pub endpoints: Vec<Endpoint>,
    pub connections: Vec<ConnectionTest>,
    series: HashMap<ReplicationArn, Vec<Series>>,
    pub table_errors: HashMap<ReplicationArn, Vec<TableRow>>,
    /// Newest last.
    pub events: Vec<Event>,
    pub findings: HashMap<ReplicationArn, Findings>,
    pub schedules: Vec<Schedule>,
    pub subscriptions: Vec<EventSubscription>,
    pub maintenance: Vec<PendingMaintenance>,
    of_instances: HashMap<InstanceArn, Vec<Series>>,
    /// Of the task whose charts were opened last.
    pub charts: Option<(ReplicationArn, Charts)>,
    feeds: BTreeMap<Subject, Feed>,
}

impl World {
    pub fn feed(&self, subject: &Subject) -> Option<&Feed> {
        self.feeds.get(subject)
    }

    pub fn feed_mut(&mut self, subject: &Subject) -> &mut Feed {
        self.feeds.entry(subject.clone()).or_default()
    }

    pub fn feeds(&self) -> impl Iterator<Item = (&Subject, &Feed)> {
        self.feeds.iter()
    }

    /// Takes a new list of tasks; what is known about tasks that are gone goes with them.
    pub fn set_tasks(&mut self, tasks: Vec<Task>) {
        let here: HashSet<&ReplicationArn> = tasks.iter().map(|task| &task.arn).collect();
        self.series.retain(|arn, _| here.contains(arn));
        self.table_errors.retain(|arn, _| here.contains(arn));
        self.findings.retain(|arn, _| here.contains(arn));
        self.tasks = tasks;
    }

    /// Adds points to those already known: an answer may hold only some tasks, and only the newest minutes. For the same
    /// minute the newer answer wins, since CloudWatch may still be adding to it.
    pub fn add_metrics(&mut self, metrics: Vec<TaskSeries>) {
        for TaskSeries { arn, series } in metrics {
            let known = self.series.entry(arn).or_default();
            let Some(old) = known.iter_mut().find(|old| old.name == series.name) else {
                known.push(series);
                continue;
            };
            let points = old.points.drain(..).chain(series.points).map(|point| (point.at, point));
            let merged: BTreeMap<_, _> = points.collect();
            let skip = merged.len().saturating_sub(POINTS_KEPT);
            old.points = merged.into_values().skip(skip).collect();
        }
    }

    /// Adds events that the feed let through once; a late one takes its place in time.
    pub fn add_events(&mut self, new: Vec<Event>) {
        self.events.extend(new);
        self.events.sort_by_key(|event| event.at);
        let skip = self.events.len().saturating_sub(EVENTS_KEPT);
        self.events.drain(..skip);
    }

    pub fn add_findings(&mut self, new: Vec<LogFindings>) {
        for LogFindings { arn, lines, none } in new {
            let known = self.findings.entry(arn).or_default();
            known.none = none;
            known.lines.extend(lines);
            known.lines.sort_by_key(|line| line.at);
            let skip = known.lines.len().saturating_sub(FINDINGS_KEPT);
            known.lines.drain(..skip);
        }
    }

    /// Points of one metric of one task, oldest first.
    pub fn points(&self, arn: &ReplicationArn, name: MetricName) -> &[Point] {
        let series = self.series.get(arn).and_then(|all| all.iter().find(|series| series.name == name));
        series.map_or(&[], |series| &series.points)
    }

    pub fn set_instance_metrics(&mut self, all: Vec<InstanceSeries>) {
        self.of_instances.clear();
        for InstanceSeries { arn, series } in all {
            self.of_instances.entry(arn).or_default().push(series);
        }
    }

    /// Points of one metric of one instance, oldest first.
    pub fn instance_points(&self, arn: &InstanceArn, name: MetricName) -> &[Point] {
        let series = self.of_instances.get(arn).and_then(|all| all.iter().find(|series| series.name == name));
        series.map_or(&[], |series| &series.points)
    }

    pub fn has_points(&self) -> bool {
        self.series.values().flatten().any(|series| !series.points.is_empty())
    }

    pub fn task(&self, arn: &ReplicationArn) -> Option<&Task> {
        self.tasks.iter().find(|task| task.arn == *arn)
    }

    pub fn endpoint(&self, arn: &EndpointArn) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.arn == *arn)
    }

    pub fn instance(&self, arn: &InstanceArn) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.arn == *arn)
    }

    /// Last connection test between a task's instance and one of its endpoints.
    pub fn connection(&self, task: &Task, endpoint: &EndpointArn) -> Option<&ConnectionTest> {
        let instance = task.instance.as_ref()?;
        self.connections.iter().find(|test| test.instance == *instance && test.endpoint == *endpoint)
    }
}
