//! THE table of charts: which metrics stand in one picture, in which order, and what each of them says.

use super::axis::Unit;
use crate::model::health::{LATENCY_CRITICAL, LATENCY_WARNING};
use crate::model::metric::MetricName;

/// Whose metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Task,
    Instance,
}

/// One line of a chart. The first of a chart is the one that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub name: MetricName,
    pub label: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chart {
    pub title: &'static str,
    pub of: Of,
    pub unit: Unit,
    pub lines: &'static [Line],
    /// What an operator has to know to read it right.
    pub doc: &'static str,
    /// Values worth a line of their own where they are in range.
    pub marks: &'static [f64],
}

const fn line(name: MetricName, label: &'static str) -> Line {
    Line { name, label }
}

/// In this order on screen: what hurts first, then where it may come from.
pub const TABLE: [Chart; 16] = {
    use MetricName as M;
    [
        Chart {
            title: "Latency",
            of: Of::Task,
            unit: Unit::Seconds,
            lines: &[line(M::CDCLatencyTarget, "target"), line(M::CDCLatencySource, "source")],
            doc: "Target is end to end: the source latency is a part of it. Never add the two.",
            marks: &[LATENCY_WARNING, LATENCY_CRITICAL],
        },
        Chart {
            title: "Throughput",
            of: Of::Task,
            unit: Unit::Rate("rows"),
            lines: &[
                line(M::CDCThroughputRowsTarget, "applied"),
                line(M::CDCThroughputRowsSource, "captured"),
                line(M::FullLoadThroughputRowsTarget, "loaded"),
            ],
            doc: "Captured from the source and applied on the target; loaded is the full load.",
            marks: &[],
        },
        Chart {
            title: "Incoming",
            of: Of::Task,
            unit: Unit::Count("changes"),
            lines: &[line(M::CDCIncomingChanges, "waiting")],
            doc: "Changes that wait to be applied, at the end of each minute.",
            marks: &[],
        },
        Chart {
            title: "To apply",
            of: Of::Task,
            unit: Unit::Count("rows"),
            lines: &[line(M::CDCChangesDiskTarget, "on disk"), line(M::CDCChangesMemoryTarget, "in memory")],
            doc: "Committed changes that wait for the target. On disk: they no longer fit into memory.",
            marks: &[],
        },
        Chart {
            title: "To commit",
            of: Of::Task,
            unit: Unit::Count("rows"),
            lines: &[line(M::CDCChangesDiskSource, "on disk"), line(M::CDCChangesMemorySource, "in memory")],
            doc: "Changes of transactions that are still open on the source. Many mean a long transaction.",
            marks: &[],
        },
        Chart {
            title: "Instance CPU",
            of: Of::Instance,
            unit: Unit::Percent,
            lines: &[line(M::CPUUtilization, "used")],
            doc: "Of the replication instance, all its tasks together.",
            marks: &[],
        },
        Chart {
            title: "Instance RAM",
            of: Of::Instance,
            unit: Unit::Bytes,
            lines: &[line(M::FreeableMemory, "freeable"), line(M::SwapUsage, "swap")],
            doc: "Freeable is not free: low is bad only together with swap that rises.",
            marks: &[],
        },
        Chart {
            title: "Instance disk",
            of: Of::Instance,
            unit: Unit::Bytes,
            lines: &[line(M::FreeStorageSpace, "free")],
            doc: "Logs and changes that do not fit into memory fill it; when it is full, tasks stop. The mark is all of it.",
            marks: &[],
        },
        Chart {
            title: "Task memory",
            of: Of::Task,
            unit: Unit::Megabytes,
            lines: &[line(M::MemoryUsage, "used")],
            doc: "Memory this task holds on its instance.",
            marks: &[],
        },
        Chart {
            title: "Task CPU",
            of: Of::Task,
            unit: Unit::Percent,
            lines: &[line(M::CPUUtilization, "used")],
            doc: "Of one core: more than 100% is several.",
            marks: &[],
        },
        Chart {
            title: "Bandwidth",
            of: Of::Task,
            unit: Unit::KilobytesPerSecond,
            lines: &[
                line(M::CDCThroughputBandwidthTarget, "applied"),
                line(M::CDCThroughputBandwidthSource, "captured"),
                line(M::FullLoadThroughputBandwidthTarget, "loaded"),
            ],
            doc: "The same flow in bytes: few rows and many bytes are LOBs.",
            marks: &[],
        },
        Chart {
            title: "Recoveries",
            of: Of::Task,
            unit: Unit::Count("recoveries"),
            lines: &[line(M::RecoveryCount, "tries")],
            doc: "How often the task has tried to recover from an error. Undocumented; rising means it fails again and again.",
            marks: &[],
        },
        Chart {
            title: "Disk queue",
            of: Of::Instance,
            unit: Unit::Count("requests"),
            lines: &[line(M::DiskQueueDepth, "waiting")],
            doc: "Requests that wait for the disk of the instance.",
            marks: &[],
        },
        Chart {
            title: "Disk operations",
            of: Of::Instance,
            unit: Unit::Rate("operations"),
            lines: &[line(M::WriteIOPS, "written"), line(M::ReadIOPS, "read")],
            doc: "Reads and writes of the instance's disk.",
            marks: &[],
        },
        Chart {
            title: "Disk traffic",
            of: Of::Instance,
            unit: Unit::BytesPerSecond,
            lines: &[line(M::WriteThroughput, "written"), line(M::ReadThroughput, "read")],
            doc: "The same in bytes.",
            marks: &[],
        },
        Chart {
            title: "Network",
            of: Of::Instance,
            unit: Unit::BytesPerSecond,
            lines: &[line(M::NetworkReceiveThroughput, "in"), line(M::NetworkTransmitThroughput, "out")],
            doc: "Of the instance: from sources in, to targets out, and DMS's own monitoring.",
            marks: &[],
        },
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_metric_of_its_owner_and_in_the_unit_of_its_chart() {
        for chart in &TABLE {
            let names: &[MetricName] = match chart.of {
                Of::Task => &MetricName::TASK,
                Of::Instance => &MetricName::INSTANCE,
            };
            let unit = match chart.unit {
                Unit::Seconds => "seconds".to_owned(),
                Unit::Percent => "%".to_owned(),
                Unit::Count(noun) => noun.to_owned(),
                Unit::Rate(noun) => format!("{noun}/s"),
                Unit::Bytes => "bytes".to_owned(),
                Unit::Megabytes => "MB".to_owned(),
                Unit::BytesPerSecond => "bytes/s".to_owned(),
                Unit::KilobytesPerSecond => "KB/s".to_owned(),
            };
            assert!((1..=3).contains(&chart.lines.len()), "{}", chart.title);
            for line in chart.lines {
                assert!(names.contains(&line.name), "{}", chart.title);
                assert_eq!(line.name.unit(), unit, "{}", chart.title);
            }
        }
    }

    #[test]
    fn every_metric_that_is_watched_has_its_line() {
        let lines: Vec<MetricName> = TABLE.iter().flat_map(|chart| chart.lines).map(|line| line.name).collect();
        for name in MetricName::WATCHED {
            assert!(lines.contains(&name), "{name:?}");
        }
    }
}
