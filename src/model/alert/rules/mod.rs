//! The checks, one file per kind of evidence. Each is a function of the facts, the limits and `now`.

pub mod around;
pub mod flow;
pub mod instance;
pub mod latency;
pub mod log;
pub mod status;
pub mod tables;
pub mod validation;

use crate::model::health::Health;
use crate::model::metric::Point;
use jiff::{SignedDuration, Timestamp};

/// What stands at a limit is let go only this far from it.
const LET_GO: f64 = 0.8;

/// Above the limit. What stood is let go well below it, or when two points in a row are not above it.
fn above(points: &[Point], limit: f64, stood: bool) -> bool {
    match points {
        [.., newest] if newest.value > limit => true,
        [.., before, newest] => stood && newest.value > limit * LET_GO && before.value > limit,
        [newest] => stood && newest.value > limit * LET_GO,
        [] => false,
    }
}

/// Below the limit, and let go in the same way.
fn below(points: &[Point], limit: f64, stood: bool) -> bool {
    match points {
        [.., newest] if newest.value < limit => true,
        [.., before, newest] => stood && newest.value < limit / LET_GO && before.value < limit,
        [newest] => stood && newest.value < limit / LET_GO,
        [] => false,
    }
}

/// The worse of two limits that is broken.
fn graded(stands: Option<Health>, broken: impl Fn(Health, bool) -> bool) -> Option<Health> {
    [Health::Critical, Health::Warning]
        .into_iter()
        .find(|severity| broken(*severity, stands.is_some_and(|stands| stands >= *severity)))
}

/// Points that say which way it goes: this many, none further apart than this.
const TREND: usize = 5;
const APART: SignedDuration = SignedDuration::from_secs(180);

/// The newest points that belong together, at most [`TREND`]; with fewer than four there is no trend to be told.
fn trend_of(points: &[Point]) -> Option<&[Point]> {
    let from = points.len().saturating_sub(TREND);
    let newest = &points[from..];
    let gap = newest.windows(2).rposition(|pair| pair[1].at.duration_since(pair[0].at) > APART);
    let newest = &newest[gap.map_or(0, |gap| gap + 1)..];
    (newest.len() >= 4).then_some(newest)
}

/// Slope of the newest points a minute, by least squares; `None` where there are too few that belong together.
fn slope(points: &[Point]) -> Option<f64> {
    let points = trend_of(points)?;
    let from = points[0].at;
    let count = u32::try_from(points.len()).map(f64::from).ok()?;
    let x = |point: &Point| point.at.duration_since(from).as_secs_f64() / 60.0;
    let (mean_x, mean_y) =
        (points.iter().map(x).sum::<f64>() / count, points.iter().map(|point| point.value).sum::<f64>() / count);
    let spread: f64 = points.iter().map(|point| (x(point) - mean_x).powi(2)).sum();
    let together: f64 = points.iter().map(|point| (x(point) - mean_x) * (point.value - mean_y)).sum();
    (spread > 0.0).then(|| together / spread)
}

/// Minutes of a limit as a duration. A limit has a range, so nothing is cut.
#[allow(clippy::cast_possible_truncation, reason = "limits are at most years of minutes")]
fn minutes(limit: f64) -> SignedDuration {
    SignedDuration::from_secs((limit * 60.0) as i64)
}

fn after(at: Timestamp, duration: SignedDuration) -> Option<Timestamp> {
    at.checked_add(duration).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[f64]) -> Vec<Point> {
        let minute = |n: usize| Timestamp::from_second(1_795_000_000 + i64::try_from(n).unwrap() * 60).unwrap();
        values.iter().enumerate().map(|(n, value)| Point { at: minute(n), value: *value }).collect()
    }

    #[test]
    fn what_stands_is_let_go_well_below_its_limit_or_after_two_good_points() {
        for (values, stood, want) in [
            (&[70.0][..], false, true),
            (&[59.0], false, false),
            (&[59.0], true, true),
            (&[70.0, 59.0], true, true),
            (&[70.0, 47.0], true, false),
            (&[59.0, 58.0], true, false),
            (&[59.0, 58.0, 61.0], false, true),
            (&[], true, false),
        ] {
            assert_eq!(above(&points(values), 60.0, stood), want, "above {values:?} {stood}");
            let upside_down: Vec<f64> = values.iter().map(|value| 3600.0 / value).collect();
            assert_eq!(below(&points(&upside_down), 60.0, stood), want, "below {upside_down:?} {stood}");
        }
    }

    #[test]
    fn a_slope_needs_points_that_belong_together() {
        for (values, want) in [
            (&[1.0, 1.0, 1.0, 1.0, 1.0][..], Some(0.0)),
            (&[0.0, 10.0, 20.0, 30.0, 40.0], Some(10.0)),
            (&[500.0, 0.0, 10.0, 20.0, 30.0, 40.0], Some(10.0)),
            (&[40.0, 30.0, 20.0, 10.0], Some(-10.0)),
            (&[1.0, 2.0, 3.0], None),
            (&[], None),
        ] {
            assert_eq!(slope(&points(values)), want, "{values:?}");
        }
        let mut gap = points(&[0.0, 10.0, 20.0, 30.0, 40.0]);
        gap[0].at -= SignedDuration::from_hours(1);
        assert_eq!(slope(&gap), Some(10.0), "four without the one before the gap");
        gap[1].at -= SignedDuration::from_hours(1);
        assert_eq!(slope(&gap), None);
    }
}
