//! Live state as the rules of `model::alert` want to see it.

use super::tasks::metrics_answered;
use super::world::World;
use crate::model::alert::{Facts, Stated, Tables};
use crate::model::event::Event;
use crate::model::log_line::LogEvent;
use crate::model::metric::{MetricName, Point};
use crate::model::parts::{EventSubscription, Instance, PendingMaintenance};
use crate::model::schedule::Schedule;
use crate::model::table::TableRow;
use crate::model::task::Task;
use crate::model::{InstanceArn, Problem, ReplicationArn, Subject};
use jiff::Timestamp;

/// The world, and the tables of the opened task.
pub struct Held<'a> {
    pub world: &'a World,
    pub open: Option<(&'a ReplicationArn, &'a [TableRow])>,
    pub sees_every_task: bool,
}

impl Facts for Held<'_> {
    fn tasks(&self) -> &[Task] {
        &self.world.tasks
    }

    fn sees_every_task(&self) -> bool {
        self.sees_every_task
    }

    /// Some metrics are asked for only while the charts of a task are on screen.
    fn points(&self, task: &ReplicationArn, name: MetricName) -> &[Point] {
        let known = self.world.points(task, name);
        let charts = self.world.charts.as_ref().filter(|(arn, _)| known.is_empty() && arn == task);
        let series = charts.and_then(|(_, charts)| charts.task.iter().find(|series| series.name == name));
        series.map_or(known, |series| &series.points)
    }

    fn metrics_answered(&self, now: Timestamp) -> Option<Timestamp> {
        metrics_answered(self.world, now)
    }

    fn metrics_problem(&self) -> Option<&Problem> {
        self.world.feed(&Subject::Metrics)?.failed.as_ref().map(|failure| &failure.problem)
    }

    fn stated(&self, subject: &Subject) -> Option<Stated> {
        let feed = self.world.feed(subject)?;
        feed.received.map(|received| Stated { as_of: feed.as_of, received })
    }

    fn tables(&self, task: &ReplicationArn) -> Tables<'_> {
        match self.open {
            Some((arn, rows)) if arn == task => Tables::All(rows),
            _ => self.world.table_errors.get(task).map_or(Tables::Unknown, |rows| Tables::Errors(rows)),
        }
    }

    fn log(&self, task: &ReplicationArn) -> Option<(&[LogEvent], Option<&str>)> {
        let findings = self.world.findings.get(task)?;
        Some((&findings.lines, findings.none.as_deref()))
    }

    fn events(&self) -> &[Event] {
        &self.world.events
    }

    fn instances(&self) -> &[Instance] {
        &self.world.instances
    }

    /// The charts on screen are asked more often than the instances.
    fn instance_points(&self, instance: &InstanceArn, name: MetricName) -> &[Point] {
        let known = self.world.instance_points(instance, name);
        let charts = self.world.charts.as_ref().map(|(_, charts)| charts);
        let charts = charts.filter(|charts| charts.instance.as_ref() == Some(instance));
        let charted = charts.and_then(|charts| charts.of_instance.iter().find(|series| series.name == name));
        let newest = |points: &[Point]| points.last().map(|point| point.at);
        charted.map(|series| series.points.as_slice()).filter(|points| newest(points) > newest(known)).unwrap_or(known)
    }

    fn maintenance(&self) -> &[PendingMaintenance] {
        &self.world.maintenance
    }

    fn schedules(&self) -> &[Schedule] {
        &self.world.schedules
    }

    fn subscriptions(&self) -> &[EventSubscription] {
        &self.world.subscriptions
    }
}
