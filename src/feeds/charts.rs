//! Points of the charts that are open: of one task and of the instance it runs on. Pure.

use super::book::{Book, KEEP_CHARTS};
use crate::model::metric::Series;
use crate::model::observation::{Charts, InstanceSeries};
use crate::model::{InstanceArn, ReplicationArn};
use jiff::Timestamp;

#[derive(Debug)]
pub(super) struct OpenCharts {
    of: ReplicationArn,
    task: Book<()>,
    instance: Book<InstanceArn>,
}

impl OpenCharts {
    pub(super) fn new(of: ReplicationArn) -> Self {
        Self { of, task: Book::new(), instance: Book::new() }
    }

    pub(super) fn are_of(&self, arn: &ReplicationArn) -> bool {
        self.of == *arn
    }

    /// Adds points; `here` is the instance the task runs on. A task can be moved, and points of two instances are not one
    /// line.
    pub(super) fn add(
        &mut self,
        task: Vec<Series>,
        instance: Vec<InstanceSeries>,
        here: Option<&InstanceArn>,
        now: Timestamp,
    ) {
        self.task.add(task.into_iter().map(|series| ((), series)), KEEP_CHARTS, now);
        self.instance.keep_only(|arn| Some(arn) == here);
        let instance = instance.into_iter().filter(|one| Some(&one.arn) == here);
        self.instance.add(instance.map(|one| (one.arn, one.series)), KEEP_CHARTS, now);
    }

    pub(super) fn value(&self, here: Option<InstanceArn>) -> Charts {
        Charts {
            task: self.task.series().map(|((), series)| series).collect(),
            instance: here,
            of_instance: self.instance.series().map(|(_, series)| series).collect(),
        }
    }

    /// While the task runs, as old as its own newest point: those of its instance go on when replication has stopped.
    /// Without any point there is no age.
    pub(super) fn as_of(&self, runs: bool) -> Option<Timestamp> {
        match self.task.newest() {
            Some(at) if runs => Some(at),
            newest => newest.max(self.instance.newest()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metric::{MetricName, Point};
    use jiff::SignedDuration;

    #[test]
    fn they_are_as_old_as_the_points_of_a_running_task_and_keep_to_one_instance() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let ago = |minutes: i64| now - SignedDuration::from_mins(minutes);
        let series = |name, minutes| Series { name, points: vec![Point { at: ago(minutes), value: 1.0 }] };
        let of = |id: &str, minutes| InstanceSeries {
            arn: InstanceArn(id.into()),
            series: series(MetricName::SwapUsage, minutes),
        };
        let arn = ReplicationArn::parse("arn:aws:dms:eu-west-1:123456789012:task:A").unwrap();
        let (first, second) = (InstanceArn("first".into()), InstanceArn("second".into()));
        let mut charts = OpenCharts::new(arn);
        assert_eq!((charts.as_of(true), charts.as_of(false)), (None, None));
        let both = vec![of("first", 2), of("second", 1)];
        charts.add(vec![series(MetricName::MemoryUsage, 20)], both, Some(&first), now);
        assert_eq!(charts.as_of(true), Some(ago(20)), "a fresh instance does not make its task fresh");
        assert_eq!(charts.as_of(false), Some(ago(2)));
        charts.add(vec![], vec![of("second", 3)], Some(&second), now);
        let points: Vec<Point> =
            charts.value(Some(second)).of_instance.into_iter().flat_map(|one| one.points).collect();
        assert_eq!(points, [Point { at: ago(3), value: 1.0 }]);
    }
}
