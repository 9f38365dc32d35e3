//! Live state as the rules of `model::alert` want to see it.

use super::tasks::answer_stands_until;
use super::world::World;
use crate::model::alert::{Facts, Stated, Tables};
use crate::model::event::Event;
use crate::model::log_line::LogEvent;
use crate::model::metric::{MetricName, Point};
use crate::model::parts::{EventSubscription, Instance, PendingMaintenance};
use crate::model::schedule::Schedule;
use crate::model::table::TableRow;
use crate::model::task::Task;
use crate::model::{InstanceArn, ReplicationArn, Subject};
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

    fn metrics_answered(&self, now: Timestamp) -> bool {
        answer_stands_until(self.world).is_some_and(|until| now < until)
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

    fn instance_points(&self, instance: &InstanceArn, name: MetricName) -> &[Point] {
        self.world.instance_points(instance, name)
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
