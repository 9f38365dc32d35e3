//! The points kept of everything that is measured. Pure.

use crate::model::metric::{MetricName, Point, Series};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Points of tasks and instances.
pub(super) const KEEP: SignedDuration = crate::model::metric::KEPT;

/// Of the task whose charts are open, and of the instance it runs on.
pub(super) const KEEP_CHARTS: SignedDuration = SignedDuration::from_hours(3);

/// Points of everything that is watched, as far as they are kept.
#[derive(Debug, Clone)]
pub(super) struct Book<Of>(BTreeMap<Of, BTreeMap<MetricName, BTreeMap<Timestamp, f64>>>);

impl<Of: Ord + Clone> Book<Of> {
    pub(super) fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds points and drops those older than `keep`.
    pub(super) fn add(&mut self, all: impl IntoIterator<Item = (Of, Series)>, keep: SignedDuration, now: Timestamp) {
        for (of, series) in all {
            let kept = self.0.entry(of).or_default().entry(series.name).or_default();
            kept.extend(series.points.into_iter().map(|point| (point.at, point.value)));
        }
        let oldest = now.checked_sub(keep).unwrap_or(Timestamp::MIN);
        for kept in self.0.values_mut().flat_map(BTreeMap::values_mut) {
            *kept = kept.split_off(&oldest);
        }
    }

    /// Forgets what is no longer watched.
    pub(super) fn keep_only(&mut self, watched: impl Fn(&Of) -> bool) {
        self.0.retain(|of, _| watched(of));
    }

    pub(super) fn series(&self) -> impl Iterator<Item = (Of, Series)> {
        let one = |points: &BTreeMap<Timestamp, f64>| {
            points.iter().map(|(at, value)| Point { at: *at, value: *value }).collect()
        };
        self.0.iter().flat_map(move |(of, all)| {
            all.iter().map(move |(name, points)| (of.clone(), Series { name: *name, points: one(points) }))
        })
    }

    /// Time of the newest point of all.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.0.values().flat_map(BTreeMap::values).filter_map(|points| points.keys().next_back().copied()).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_half_an_hour_in_order_and_knows_its_newest_point() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let at = |minutes| now - SignedDuration::from_mins(minutes);
        let point = |minutes, value| Point { at: at(minutes), value };
        let series = |points| [(7, Series { name: MetricName::CDCLatencyTarget, points })];
        let mut book = Book::new();
        book.add(series(vec![point(40, 9.0), point(30, 1.0), point(2, 2.0)]), KEEP, now);
        book.add(series(vec![point(2, 2.5), point(1, 3.0)]), KEEP, now);
        let kept = book.series().next().map(|(of, series)| (of, series.points));
        assert_eq!(kept, Some((7, vec![point(30, 1.0), point(2, 2.5), point(1, 3.0)])));
        assert_eq!(book.newest(), Some(at(1)));
        book.keep_only(|_| false);
        assert_eq!((book.series().count(), book.newest()), (0, None));
    }
}
