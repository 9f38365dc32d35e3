//! What stands behind a reason: since when, which way it goes, and what to do next.

use crate::console::state::{State, age};
use crate::console::text;
use crate::model::health::{Alert, LATENCY_CRITICAL, LATENCY_WARNING};
use crate::model::metric::{self, MetricName, Point};
use crate::model::task::Task;
use jiff::{SignedDuration, Timestamp};

/// A latency that differs by less than this share from what it was is steady.
const STEADY: f64 = 0.1;
/// How far back "what it was" lies.
const BACK: SignedDuration = SignedDuration::from_secs(300);
/// Points further apart than this do not speak for the time between them.
const GAP: SignedDuration = SignedDuration::from_secs(180);

/// The evidence of a reason, where there is more than its message says.
pub fn evidence(state: &State, task: &Task, alert: &Alert) -> Option<String> {
    let points = state.world.points(&task.arn, MetricName::CDCLatencyTarget);
    match alert.id.as_str() {
        "latency-high" => latency(points),
        "no-data" | "no-data-yet" => {
            let newest = points.last()?;
            let (when, age) = (age::moment(newest.at, state.now), age::Age::of(Some(newest.at), state.now).label());
            Some(format!("the last point, {}, is of {when} UTC, {age} ago", text::seconds(newest.value)))
        }
        _ => None,
    }
}

/// `above 60 s for 13 min, rising`.
fn latency(points: &[Point]) -> Option<String> {
    let newest = points.last()?;
    let limit = if newest.value > LATENCY_CRITICAL { LATENCY_CRITICAL } else { LATENCY_WARNING };
    let mut since = newest.at;
    let mut all = true;
    for point in points.iter().rev() {
        if point.value <= limit || since.duration_since(point.at) > GAP {
            all = false;
            break;
        }
        since = point.at;
    }
    let minutes = newest.at.duration_since(since).as_secs() / 60;
    // The points at hand may begin after it did.
    let least = if all { "at least " } else { "" };
    let length =
        if minutes > 0 { format!("above {limit} s for {least}{minutes} min") } else { format!("above {limit} s") };
    Some(trend(points, newest).map_or(length.clone(), |trend| format!("{length}, {trend}")))
}

fn trend(points: &[Point], newest: &Point) -> Option<&'static str> {
    let from: Timestamp = newest.at.checked_sub(BACK).ok()?;
    let before = points.iter().rev().find(|point| point.at <= from)?;
    if from.duration_since(before.at) > GAP {
        return None;
    }
    Some(match newest.value - before.value {
        by if by > before.value * STEADY => "rising",
        by if by < -before.value * STEADY => "falling",
        _ => "steady",
    })
}

/// What to do about a reason; nothing where the message says it or only waiting helps.
pub fn next(state: &State, task: &Task, alert: &Alert) -> Option<&'static str> {
    Some(match alert.id.as_str() {
        "table-error" | "load-incomplete" => "open it: tables stand worst first; one in error waits for a reload",
        "latency-high" => {
            let fresh = |name| metric::fresh(state.world.points(&task.arn, name), state.now).map(|point| point.value);
            // The target latency contains the source latency.
            match (fresh(MetricName::CDCLatencySource), fresh(MetricName::CDCLatencyTarget)) {
                (Some(source), Some(target)) if source >= target / 2.0 => {
                    "it arises at the source: look at its load and log, and the instance"
                }
                (Some(_), Some(_)) => "it arises after the source: look at the target and the instance",
                _ => return None,
            }
        }
        "no-data" => "how far behind it is nobody knows: look at its log and the instance",
        "failed" | "stopped-error" | "stopped-early" => "test its endpoints, then read the task's log",
        "stopped-after-load" => "resume it, and the changes made since are applied",
        "cdc-stopped" => "resume it before the source discards the log it has to read",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_is_told_with_its_length_and_its_direction() {
        let minute = |n: i64| Timestamp::from_second(1_795_000_020 + n * 60).unwrap();
        let points = |values: &[(i64, f64)]| -> Vec<Point> {
            values.iter().map(|(n, value)| Point { at: minute(*n), value: *value }).collect()
        };
        for (values, want) in [
            (&[(0, 10.0), (1, 70.0), (2, 80.0), (3, 90.0), (4, 95.0), (5, 99.0)][..], "above 60 s for 4 min, rising"),
            (
                &[(0, 99.0), (1, 99.0), (2, 99.0), (3, 99.0), (4, 99.0), (5, 99.0)],
                "above 60 s for at least 5 min, steady",
            ),
            (
                &[(0, 300.0), (1, 70.0), (2, 70.0), (3, 70.0), (4, 70.0), (5, 70.0)],
                "above 60 s for at least 5 min, falling",
            ),
            (&[(0, 300.0), (9, 950.0)], "above 900 s"),
            (&[(0, 950.0)], "above 900 s"),
        ] {
            assert_eq!(latency(&points(values)).as_deref(), Some(want), "{values:?}");
        }
        assert_eq!(latency(&[]), None);
    }
}
