//! What CloudWatch knows of a replication instance. Nothing here is measured: each point is a function of the seed, the
//! instance and the minute, so any range costs only what is asked for.

use super::metrics::{BACKFILL_MINUTES, MINUTE, Past, minute_of};
use super::parts::Instance;
use super::{World, seeded};
use crate::model::metric::{MetricName, Point};
use jiff::{SignedDuration, Timestamp};

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
/// Bytes of one read or write.
const BLOCK: f64 = 16.0 * 1024.0;

/// Memory in bytes by instance class (AWS DMS user guide, "Choosing the right AWS DMS replication instance").
fn memory(class: &str) -> f64 {
    let gib = match class {
        "dms.r6i.4xlarge" => 128.0,
        "dms.r6i.xlarge" => 32.0,
        _ => 4.0,
    };
    gib * GIB
}

/// Points from `range.0` until before `range.1`, oldest first.
pub fn points(world: &World, instance: &Instance, name: MetricName, range: (Timestamp, Timestamp)) -> Vec<Point> {
    if !MetricName::INSTANCE.contains(&name) {
        return Vec::new();
    }
    let minute = SignedDuration::from_secs(MINUTE);
    let first = minute_of(world.opened) - SignedDuration::from_mins(BACKFILL_MINUTES);
    let mut at = minute_of(range.0.max(first));
    if at < range.0 {
        at += minute;
    }
    let busy = busy(world, instance);
    let mut out = Vec::new();
    while at < range.1 {
        out.push(Point { at, value: value(world, instance, busy, name, at) });
        at += minute;
    }
    out
}

/// 0 to 1: how much the tasks on it ask of it.
fn busy(world: &World, instance: &Instance) -> f64 {
    let tasks = world.tasks.iter().filter(|task| task.def.instance.as_ref() == Some(&instance.arn)).count();
    #[allow(clippy::cast_precision_loss, reason = "at most 200 tasks on an instance")]
    let tasks = tasks as f64;
    (tasks / (tasks + 6.0)).min(0.6)
}

fn value(world: &World, instance: &Instance, busy: f64, name: MetricName, at: Timestamp) -> f64 {
    let seed = world.setting.seed;
    let place = seeded::place(&instance.arn.0);
    let minute = at.as_second().cast_unsigned() / MINUTE.unsigned_abs();
    // Within a tenth of what it should be, and never the same twice.
    let about = |salt: u64, value: f64| value * (0.9 + 0.2 * seeded::unit(seed, &[place, salt, minute]));
    let operations = |salt: u64, share: f64| about(salt, 3.0 + 900.0 * busy * share).round();
    let freeable = || about(1, memory(instance.class) * (0.78 - 0.5 * busy)).round();
    match name {
        MetricName::CPUUtilization => (about(2, 2.0 + 80.0 * busy) * 10.0).round() / 10.0,
        MetricName::SwapUsage => about(3, 64.0 * 1024.0 * 1024.0 * busy).round(),
        MetricName::FreeableMemory => freeable(),
        MetricName::AvailableMemory => (freeable() * 0.97).round(),
        MetricName::FreeMemory => (freeable() * 0.3).round(),
        MetricName::FreeStorageSpace => free_storage(world, instance, busy, at).round(),
        MetricName::DiskQueueDepth => (about(4, 2.0 * busy) * 100.0).round() / 100.0,
        MetricName::ReadIOPS => operations(5, 0.4),
        MetricName::WriteIOPS => operations(6, 1.0),
        MetricName::ReadThroughput => operations(5, 0.4) * BLOCK,
        MetricName::WriteThroughput => operations(6, 1.0) * BLOCK,
        MetricName::NetworkTransmitThroughput => about(7, 20_000.0 + 6.0e6 * busy).round(),
        MetricName::NetworkReceiveThroughput => about(8, 20_000.0 + 7.0e6 * busy).round(),
        _ => 0.0,
    }
}

/// Bytes. Where a task climbs, its swap files fill the disk over half an hour and are cleared again: what the events of
/// the opening set tell of.
fn free_storage(world: &World, instance: &Instance, busy: f64, at: Timestamp) -> f64 {
    const ROUND: i64 = 30;
    let climbing = world.tasks.iter().any(|task| {
        task.def.instance.as_ref() == Some(&instance.arn) && matches!(task.def.past, Past::Climbing { .. })
    });
    let minutes = at.duration_since(minute_of(world.opened)).as_mins();
    #[allow(clippy::cast_precision_loss, reason = "below 30")]
    let filled = (minutes - 8).rem_euclid(ROUND) as f64 / ROUND as f64;
    let share = if climbing { 0.24 - 0.16 * filled } else { 0.93 - 0.4 * busy };
    f64::from(instance.storage) * 1.0e9 * share
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::clock::FROZEN_AT;
    use crate::demo::world::Setting;

    #[test]
    fn an_instance_has_a_point_a_minute_for_three_hours_and_an_idle_one_idles() {
        let world = World::new(Setting::default(), FROZEN_AT);
        let last = |instance: usize, name| {
            let all = world.gauge(&world.instances[instance], name, (Timestamp::MIN, Timestamp::MAX), FROZEN_AT);
            assert_eq!(all.len(), 180, "{name:?}");
            assert_eq!(all[179].at.to_string(), "2026-01-15T14:02:00Z");
            all[179].value
        };
        for name in MetricName::INSTANCE {
            assert!(last(0, name) >= 0.0 && last(1, name) >= 0.0, "{name:?}");
        }
        assert!(last(0, MetricName::CPUUtilization) > 20.0 && last(1, MetricName::CPUUtilization) < 5.0);
        // Of 100 and 50 GB.
        assert!(last(0, MetricName::FreeStorageSpace) < 25.0e9 && last(1, MetricName::FreeStorageSpace) > 45.0e9);
    }

    #[test]
    fn a_task_metric_is_not_an_instances() {
        let world = World::new(Setting::default(), FROZEN_AT);
        let range = (Timestamp::MIN, Timestamp::MAX);
        assert!(world.gauge(&world.instances[0], MetricName::CDCLatencyTarget, range, FROZEN_AT).is_empty());
    }
}
