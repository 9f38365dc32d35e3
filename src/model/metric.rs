//! CloudWatch metrics of tasks: names, points, and what counts as fresh.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Task metrics asked for, of namespace `AWS/DMS`. Units are CloudWatch's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MetricName {
    /// Seconds.
    CDCLatencySource,
    /// Seconds, end to end: it already contains the source latency, so the two are never added.
    CDCLatencyTarget,
    /// Changes waiting to be applied, at a point in time.
    CDCIncomingChanges,
    /// Rows per second.
    CDCThroughputRowsSource,
    /// Rows per second.
    CDCThroughputRowsTarget,
    /// Rows per second.
    FullLoadThroughputRowsTarget,
}

impl MetricName {
    pub const ALL: [Self; 6] = [
        Self::CDCLatencySource,
        Self::CDCLatencyTarget,
        Self::CDCIncomingChanges,
        Self::CDCThroughputRowsSource,
        Self::CDCThroughputRowsTarget,
        Self::FullLoadThroughputRowsTarget,
    ];

    /// The name CloudWatch knows.
    pub fn raw(self) -> &'static str {
        match self {
            Self::CDCLatencySource => "CDCLatencySource",
            Self::CDCLatencyTarget => "CDCLatencyTarget",
            Self::CDCIncomingChanges => "CDCIncomingChanges",
            Self::CDCThroughputRowsSource => "CDCThroughputRowsSource",
            Self::CDCThroughputRowsTarget => "CDCThroughputRowsTarget",
            Self::FullLoadThroughputRowsTarget => "FullLoadThroughputRowsTarget",
        }
    }

    /// Unit as shown.
    pub fn unit(self) -> &'static str {
        match self {
            Self::CDCLatencySource | Self::CDCLatencyTarget => "seconds",
            Self::CDCIncomingChanges => "changes",
            _ => "rows/s",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.raw() == text)
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

/// Newest point of a series that still says something about `now`.
pub fn fresh(points: &[Point], now: Timestamp) -> Option<Point> {
    points.last().copied().filter(|point| now.duration_since(point.at) <= FRESH_FOR)
}
