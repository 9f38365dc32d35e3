//! `MetricDataResult`: points of one query, over all pages.

use super::time;
use crate::model::metric::Point;
use aws_sdk_cloudwatch::types::MetricDataResult;
use std::collections::BTreeMap;

/// Adds the points of one page to what earlier pages gave. Keyed by time, so the order of the service (newest first by
/// default) and a point on two pages do not matter.
pub(in crate::aws) fn merge(into: &mut BTreeMap<jiff::Timestamp, f64>, raw: &MetricDataResult) {
    for (at, value) in raw.timestamps().iter().zip(raw.values()) {
        if let Some(at) = time(Some(at)).filter(|_| value.is_finite()) {
            into.insert(at, *value);
        }
    }
}

/// Points, oldest first.
pub(in crate::aws) fn points(from: BTreeMap<jiff::Timestamp, f64>) -> Vec<Point> {
    from.into_iter().map(|(at, value)| Point { at, value }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::DateTime;

    #[test]
    fn pages_come_newest_first_and_end_up_oldest_first() {
        let page = |points: &[(i64, f64)]| {
            let mut raw = MetricDataResult::builder();
            for (at, value) in points {
                raw = raw.timestamps(DateTime::from_secs(*at)).values(*value);
            }
            raw.build()
        };
        let mut all = BTreeMap::new();
        merge(&mut all, &page(&[(180, 3.0), (120, 2.0)]));
        merge(&mut all, &page(&[(120, 2.0), (60, f64::NAN), (0, 0.0)]));
        let points: Vec<_> = points(all).into_iter().map(|point| (point.at.as_second(), point.value)).collect();
        assert_eq!(points, [(0, 0.0), (120, 2.0), (180, 3.0)]);
    }
}
