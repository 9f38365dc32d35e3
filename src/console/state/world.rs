//! What has been observed in the connected scope. Only reports of that scope ever get here.

use super::feed::Feed;
use crate::model::around::Around;
use crate::model::drain::Tally;
use crate::model::event::Event;
use crate::model::log_line::LogEvent;
use crate::model::metric::{MetricName, Point, Series};
use crate::model::observation::{Charts, Definition, InstanceSeries, LogFindings, TaskSeries};
use crate::model::parts::{ConnectionTest, Endpoint, EventSubscription, Instance, PendingMaintenance};
use crate::model::schedule::Schedule;
use crate::model::table::TableRow;
use crate::model::task::Task;
use crate::model::{EndpointArn, InstanceArn, ReplicationArn, Subject};
use jiff::Timestamp;
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
    /// Of the task that was looked at last.
    pub databases: Option<(ReplicationArn, Around)>,
    counted: HashMap<ReplicationArn, Counted>,
    changes: HashMap<ReplicationArn, Vec<DefinitionChange>>,
    feeds: BTreeMap<Subject, Feed>,
    revision: u64,
}

/// Complete table statistics of a task, counted; the rows are kept for the opened task only.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    pub tally: Tally,
    pub as_of: Option<Timestamp>,
}

/// Which of a task's two documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    Mappings,
    Settings,
}

/// Somebody changed what a task is told to do, while this console was open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionChange {
    pub what: Document,
    pub before: String,
    pub after: String,
    /// When it was seen, which may be long after it was made.
    pub seen: Timestamp,
}

/// Changes kept of one task.
const CHANGES_KEPT: usize = 10;

impl World {
    pub fn feed(&self, subject: &Subject) -> Option<&Feed> {
        self.feeds.get(subject)
    }

    /// Raised whenever anything is learned: what was made from an older one may be made anew.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Everything that is learned comes through here.
    pub fn feed_mut(&mut self, subject: &Subject) -> &mut Feed {
        self.revision += 1;
        self.feeds.entry(subject.clone()).or_default()
    }

    pub fn feeds(&self) -> impl Iterator<Item = (&Subject, &Feed)> {
        self.feeds.iter()
    }

    /// Takes a new list of tasks; what is known about tasks that are gone goes with them. A changed definition is kept
    /// with the time it was seen, and one that was read is not forgotten because a list comes without it.
    pub fn set_tasks(&mut self, mut tasks: Vec<Task>, now: Timestamp) {
        let mut old: HashMap<ReplicationArn, Definition> = HashMap::new();
        for task in &mut self.tasks {
            let definition = Definition { table_mappings: task.table_mappings.take(), settings: task.settings.take() };
            old.insert(task.arn.clone(), definition);
        }
        for task in &mut tasks {
            let Some(before) = old.remove(&task.arn) else { continue };
            let after = Definition { table_mappings: task.table_mappings.take(), settings: task.settings.take() };
            let Definition { table_mappings, settings } = self.note(&task.arn, before, after, now);
            (task.table_mappings, task.settings) = (table_mappings, settings);
        }
        let here: HashSet<&ReplicationArn> = tasks.iter().map(|task| &task.arn).collect();
        self.series.retain(|arn, _| here.contains(arn));
        self.table_errors.retain(|arn, _| here.contains(arn));
        self.findings.retain(|arn, _| here.contains(arn));
        self.counted.retain(|arn, _| here.contains(arn));
        self.changes.retain(|arn, _| here.contains(arn));
        self.charts.take_if(|(arn, _)| !here.contains(arn));
        self.databases.take_if(|(arn, _)| !here.contains(arn));
        self.tasks = tasks;
    }

    /// Takes what a task is told to do, as just read.
    pub fn set_definition(&mut self, arn: &ReplicationArn, new: Definition, now: Timestamp) {
        let Some(task) = self.tasks.iter_mut().find(|task| task.arn == *arn) else { return };
        let before = Definition { table_mappings: task.table_mappings.take(), settings: task.settings.take() };
        let Definition { table_mappings, settings } = self.note(arn, before, new, now);
        if let Some(task) = self.tasks.iter_mut().find(|task| task.arn == *arn) {
            (task.table_mappings, task.settings) = (table_mappings, settings);
        }
    }

    /// Notes what differs; the newer of both, as far as it was read.
    fn note(&mut self, arn: &ReplicationArn, before: Definition, after: Definition, now: Timestamp) -> Definition {
        let mut one = |what, before: Option<String>, after: Option<String>| match (before, after) {
            (Some(before), Some(after)) => {
                if before != after {
                    let changes = self.changes.entry(arn.clone()).or_default();
                    changes.push(DefinitionChange { what, before, after: after.clone(), seen: now });
                    let skip = changes.len().saturating_sub(CHANGES_KEPT);
                    changes.drain(..skip);
                }
                Some(after)
            }
            (before, after) => after.or(before),
        };
        Definition {
            table_mappings: one(Document::Mappings, before.table_mappings, after.table_mappings),
            settings: one(Document::Settings, before.settings, after.settings),
        }
    }

    /// Changes seen of a task's definition, oldest first.
    pub fn definition_changes(&self, arn: &ReplicationArn) -> &[DefinitionChange] {
        self.changes.get(arn).map_or(&[], Vec::as_slice)
    }

    /// Counts complete table statistics, whoever's they are.
    pub fn count(&mut self, arn: &ReplicationArn, rows: &[TableRow]) {
        let Some(task) = self.task(arn) else { return };
        let tally = Tally::of(rows, task.table_mappings.as_deref());
        let as_of = self.feed(&Subject::Tables(arn.clone())).and_then(|feed| feed.as_of);
        self.counted.insert(arn.clone(), Counted { tally, as_of });
    }

    /// The counts of a task whose tables were asked for at some time.
    pub fn counted(&self, arn: &ReplicationArn) -> Option<&Counted> {
        self.counted.get(arn)
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

    /// What the databases of a task have said, where they were asked last.
    pub fn databases(&self, arn: &ReplicationArn) -> Option<&Around> {
        self.databases.as_ref().filter(|(of, _)| of == arn).map(|(_, around)| around)
    }

    /// The replication slot that the source endpoint of a task names, where it names one.
    pub fn slot(&self, task: &Task) -> Option<&str> {
        self.endpoint(&task.source)?.slot()
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
