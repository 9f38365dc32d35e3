//! Points of longer periods out of points of minutes.

use crate::model::metric::Point;
use jiff::SignedDuration;

/// What becomes of the points of one period.
#[derive(Debug, Clone, Copy)]
pub enum Statistic {
    Average,
    Sum,
    Minimum,
    Maximum,
    SampleCount,
}

impl Statistic {
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "Average" => Self::Average,
            "Sum" => Self::Sum,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            "SampleCount" => Self::SampleCount,
            _ => return None,
        })
    }

    #[allow(clippy::cast_precision_loss, reason = "a day has 1,440 points")]
    fn of(self, values: &[f64]) -> f64 {
        let sum: f64 = values.iter().sum();
        match self {
            Self::Average => sum / values.len() as f64,
            Self::Sum => sum,
            Self::Minimum => values.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Maximum => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::SampleCount => values.len() as f64,
        }
    }
}

/// Points of whole periods, stamped with the period's start; a period without a point is absent.
pub fn aggregate(points: &[Point], period: i64, statistic: Statistic) -> Vec<Point> {
    let start = |point: &Point| point.at.as_second() - point.at.as_second().rem_euclid(period);
    points
        .chunk_by(|a, b| start(a) == start(b))
        .map(|chunk| {
            let values: Vec<f64> = chunk.iter().map(|point| point.value).collect();
            let late = chunk[0].at.as_second() - start(&chunk[0]);
            Point { at: chunk[0].at - SignedDuration::from_secs(late), value: statistic.of(&values) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::clock::FROZEN_AT;

    #[test]
    fn longer_periods_are_aggregated() {
        let at = |minute: i64| FROZEN_AT - SignedDuration::from_secs(202) + SignedDuration::from_mins(minute);
        let points: Vec<Point> =
            [1.0, 2.0, 6.0, 8.0].iter().zip([0, 1, 2, 5]).map(|(v, m)| Point { at: at(m), value: *v }).collect();
        assert_eq!(at(0).to_string(), "2026-01-15T14:00:00Z");
        for (statistic, want) in
            [(Statistic::Average, 3.0), (Statistic::Sum, 9.0), (Statistic::Maximum, 6.0), (Statistic::Minimum, 1.0)]
        {
            let got = aggregate(&points, 300, statistic);
            assert_eq!(got.len(), 2);
            assert_eq!((got[0].at, got[0].value.to_bits()), (at(0), f64::to_bits(want)));
            assert_eq!(got[1].at, at(5));
        }
    }
}
