//! How fast rows may go: a pure function of the time, so that nothing here sleeps.

use std::time::{Duration, Instant};

/// Rows in one transaction when nothing slows the load down.
const BATCH: usize = 500;

/// Transactions a second and table at a given pace: often enough to be seen moving on a screen.
const STEPS_PER_SECOND: u32 = 4;

/// Rows per second over all tables of a run.
#[derive(Debug)]
pub struct Pace {
    rows_per_second: Option<u32>,
    /// When the next rows may go.
    free: Option<Instant>,
}

impl Pace {
    pub fn new(rows_per_second: Option<u32>) -> Self {
        Self { rows_per_second: rows_per_second.map(|n| n.max(1)), free: None }
    }

    /// Rows in one transaction, when this many tables share the pace.
    pub fn batch(&self, tables: usize) -> usize {
        let Some(rows) = self.rows_per_second else { return BATCH };
        (rows as usize / (STEPS_PER_SECOND as usize * tables.max(1))).clamp(1, BATCH)
    }

    /// Takes the right to send this many rows; they may go when the returned time has passed.
    pub fn reserve(&mut self, rows: usize, now: Instant) -> Duration {
        let Some(per_second) = self.rows_per_second else { return Duration::ZERO };
        let start = self.free.map_or(now, |free| free.max(now));
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        self.free = Some(start + Duration::from_secs(1) * rows / per_second);
        start - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_at_the_pace_whoever_sends_them() {
        let start = Instant::now();
        let mut pace = Pace::new(Some(100));
        assert_eq!(pace.reserve(50, start), Duration::ZERO);
        assert_eq!(pace.reserve(50, start), Duration::from_millis(500));
        assert_eq!(pace.reserve(10, start), Duration::from_secs(1));
        // Time that nobody used is not saved up.
        assert_eq!(pace.reserve(10, start + Duration::from_mins(1)), Duration::ZERO);
        assert_eq!(Pace::new(None).reserve(1_000_000, start), Duration::ZERO);
    }

    #[test]
    fn a_slow_pace_means_small_transactions() {
        for (pace, tables, want) in [(None, 8, 500), (Some(800), 8, 25), (Some(10), 8, 1), (Some(1_000_000), 1, 500)] {
            assert_eq!(Pace::new(pace).batch(tables), want);
        }
    }
}
