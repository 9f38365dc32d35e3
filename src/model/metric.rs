//! CloudWatch metrics of tasks and instances: names, units, points, and what counts as fresh.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Metrics of namespace `AWS/DMS` that are read (section 3.1 of the DMS facts). `ReadLatency` and `WriteLatency` are not
/// among them: AWS contradicts itself about their unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MetricName {
    CDCLatencySource,
    /// End to end: it already contains the source latency, so the two are never added.
    CDCLatencyTarget,
    /// Changes waiting to be applied, at a point in time.
    CDCIncomingChanges,
    /// Changes in memory, waiting for their commit.
    CDCChangesMemorySource,
    /// Changes in memory, waiting to be applied.
    CDCChangesMemoryTarget,
    /// Changes that no longer fit into memory, waiting for their commit.
    CDCChangesDiskSource,
    /// Changes that no longer fit into memory, waiting to be applied.
    CDCChangesDiskTarget,
    CDCThroughputRowsSource,
    CDCThroughputRowsTarget,
    CDCThroughputBandwidthSource,
    CDCThroughputBandwidthTarget,
    FullLoadThroughputRowsSource,
    FullLoadThroughputRowsTarget,
    FullLoadThroughputBandwidthSource,
    FullLoadThroughputBandwidthTarget,
    /// Undocumented: how often a running task has tried to recover from an error.
    RecoveryCount,
    MemoryUsage,
    /// Of a task, where it can exceed 100, or of an instance.
    CPUUtilization,
    SwapUsage,
    /// What could be freed, not what is free: low only together with rising swap.
    FreeableMemory,
    FreeMemory,
    AvailableMemory,
    FreeStorageSpace,
    DiskQueueDepth,
    ReadIOPS,
    WriteIOPS,
    ReadThroughput,
    WriteThroughput,
    NetworkTransmitThroughput,
    NetworkReceiveThroughput,
}

/// Which value of a minute says what an operator needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    Average,
    /// The worst moment of what should be low.
    Maximum,
    /// The worst moment of what should be high.
    Minimum,
}

impl Statistic {
    /// As CloudWatch spells it.
    pub fn raw(self) -> &'static str {
        match self {
            Self::Average => "Average",
            Self::Maximum => "Maximum",
            Self::Minimum => "Minimum",
        }
    }
}

/// Name, name in CloudWatch, unit as shown, statistic.
type Row = (MetricName, &'static str, &'static str, Statistic);

#[rustfmt::skip] // One row a line: this is a table.
const TABLE: [Row; 30] = {
    use MetricName as M;
    use Statistic::{Average, Maximum, Minimum};
    [
        (M::CDCLatencySource, "CDCLatencySource", "seconds", Maximum),
        (M::CDCLatencyTarget, "CDCLatencyTarget", "seconds", Maximum),
        (M::CDCIncomingChanges, "CDCIncomingChanges", "changes", Maximum),
        (M::CDCChangesMemorySource, "CDCChangesMemorySource", "rows", Maximum),
        (M::CDCChangesMemoryTarget, "CDCChangesMemoryTarget", "rows", Maximum),
        (M::CDCChangesDiskSource, "CDCChangesDiskSource", "rows", Maximum),
        (M::CDCChangesDiskTarget, "CDCChangesDiskTarget", "rows", Maximum),
        (M::CDCThroughputRowsSource, "CDCThroughputRowsSource", "rows/s", Average),
        (M::CDCThroughputRowsTarget, "CDCThroughputRowsTarget", "rows/s", Average),
        (M::CDCThroughputBandwidthSource, "CDCThroughputBandwidthSource", "KB/s", Average),
        (M::CDCThroughputBandwidthTarget, "CDCThroughputBandwidthTarget", "KB/s", Average),
        (M::FullLoadThroughputRowsSource, "FullLoadThroughputRowsSource", "rows/s", Average),
        (M::FullLoadThroughputRowsTarget, "FullLoadThroughputRowsTarget", "rows/s", Average),
        (M::FullLoadThroughputBandwidthSource, "FullLoadThroughputBandwidthSource", "KB/s", Average),
        (M::FullLoadThroughputBandwidthTarget, "FullLoadThroughputBandwidthTarget", "KB/s", Average),
        (M::RecoveryCount, "RecoveryCount", "recoveries", Maximum),
        (M::MemoryUsage, "MemoryUsage", "MB", Maximum),
        (M::CPUUtilization, "CPUUtilization", "%", Average),
        (M::SwapUsage, "SwapUsage", "bytes", Maximum),
        (M::FreeableMemory, "FreeableMemory", "bytes", Minimum),
        (M::FreeMemory, "FreeMemory", "bytes", Minimum),
        (M::AvailableMemory, "AvailableMemory", "bytes", Minimum),
        (M::FreeStorageSpace, "FreeStorageSpace", "bytes", Minimum),
        (M::DiskQueueDepth, "DiskQueueDepth", "requests", Maximum),
        (M::ReadIOPS, "ReadIOPS", "operations/s", Average),
        (M::WriteIOPS, "WriteIOPS", "operations/s", Average),
        (M::ReadThroughput, "ReadThroughput", "bytes/s", Average),
        (M::WriteThroughput, "WriteThroughput", "bytes/s", Average),
        (M::NetworkTransmitThroughput, "NetworkTransmitThroughput", "bytes/s", Average),
        (M::NetworkReceiveThroughput, "NetworkReceiveThroughput", "bytes/s", Average),
    ]
};

impl MetricName {
    /// What health, rates and the list of tasks are made of: asked of every task, all the time.
    pub const WATCHED: [Self; 6] = [
        Self::CDCLatencySource,
        Self::CDCLatencyTarget,
        Self::CDCIncomingChanges,
        Self::CDCThroughputRowsSource,
        Self::CDCThroughputRowsTarget,
        Self::FullLoadThroughputRowsTarget,
    ];

    /// What a task publishes.
    pub const TASK: [Self; 18] = [
        Self::CDCLatencySource,
        Self::CDCLatencyTarget,
        Self::CDCIncomingChanges,
        Self::CDCChangesMemorySource,
        Self::CDCChangesMemoryTarget,
        Self::CDCChangesDiskSource,
        Self::CDCChangesDiskTarget,
        Self::CDCThroughputRowsSource,
        Self::CDCThroughputRowsTarget,
        Self::CDCThroughputBandwidthSource,
        Self::CDCThroughputBandwidthTarget,
        Self::FullLoadThroughputRowsSource,
        Self::FullLoadThroughputRowsTarget,
        Self::FullLoadThroughputBandwidthSource,
        Self::FullLoadThroughputBandwidthTarget,
        Self::RecoveryCount,
        Self::MemoryUsage,
        Self::CPUUtilization,
    ];

    /// What a replication instance publishes.
    pub const INSTANCE: [Self; 13] = [
        Self::CPUUtilization,
        Self::SwapUsage,
        Self::FreeableMemory,
        Self::FreeMemory,
        Self::AvailableMemory,
        Self::FreeStorageSpace,
        Self::DiskQueueDepth,
        Self::ReadIOPS,
        Self::WriteIOPS,
        Self::ReadThroughput,
        Self::WriteThroughput,
        Self::NetworkTransmitThroughput,
        Self::NetworkReceiveThroughput,
    ];

    fn row(self) -> &'static Row {
        // A test proves that every name stands at its place.
        &TABLE[self as usize]
    }

    /// The name CloudWatch knows.
    pub fn raw(self) -> &'static str {
        self.row().1
    }

    /// Unit as shown: `seconds`, `changes`, `rows`, `rows/s`, `KB/s`, `recoveries`, `MB`, `%`, `bytes`, `requests`,
    /// `operations/s`, `bytes/s`.
    pub fn unit(self) -> &'static str {
        self.row().2
    }

    pub fn statistic(self) -> Statistic {
        self.row().3
    }

    pub fn parse(text: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == text).map(|row| row.0)
    }
}

/// One data point; CloudWatch stamps it with the start of its minute.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub at: Timestamp,
    pub value: f64,
}

/// Points of one metric, oldest first. A missing minute is missing here too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    pub name: MetricName,
    pub points: Vec<Point>,
}

impl Series {
    pub fn newest(&self) -> Option<Point> {
        self.points.last().copied()
    }
}

/// A point older than this says nothing about now. Points carry the start of their minute and appear up to a minute
/// after its end; section 3.3 of the DMS facts asks for "datapoint age < about 3 min".
pub const FRESH_FOR: jiff::SignedDuration = jiff::SignedDuration::from_secs(180);

/// How far back points of everything watched are asked for and kept: enough for a sparkline and for "for how long".
pub const KEPT: jiff::SignedDuration = jiff::SignedDuration::from_mins(30);

/// Minutes between two questions about instances: each minute would cost five times as much and tell of a full disk
/// four minutes sooner.
pub const INSTANCES_EVERY: i64 = 5;

/// A point of an instance says something about now for twice as long as nobody asks, and the minute of the point.
pub const INSTANCE_FRESH_FOR: jiff::SignedDuration = jiff::SignedDuration::from_mins(2 * INSTANCES_EVERY + 1);

/// Newest point of a series that still says something about `now`.
pub fn fresh(points: &[Point], now: Timestamp) -> Option<Point> {
    points.last().copied().filter(|point| now.duration_since(point.at) <= FRESH_FOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_stands_at_its_place_and_is_found_by_its_name() {
        for row in &TABLE {
            assert_eq!(row.0.row().1, row.1);
            assert_eq!(format!("{:?}", row.0), row.1);
            assert_eq!(MetricName::parse(row.1), Some(row.0));
            assert!(
                MetricName::TASK.contains(&row.0) || MetricName::INSTANCE.contains(&row.0),
                "{} is nobody's",
                row.1
            );
        }
        assert!(MetricName::WATCHED.iter().all(|name| MetricName::TASK.contains(name)));
        assert_eq!(MetricName::parse("ReadLatency"), None);
    }
}
