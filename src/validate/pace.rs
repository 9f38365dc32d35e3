//! So many rows a second, and no more. Pure: rows go in with the time, out comes until when to wait.

use jiff::{SignedDuration, Timestamp};

/// Rows that were read ahead of their time are paid for before the next.
#[derive(Debug, Clone)]
pub struct Pace {
    per_second: u64,
    /// When all that was read is paid for.
    paid: Timestamp,
}

/// What may be read at once after a pause, in milliseconds of the pace.
const CREDIT: i64 = 100;

impl Pace {
    /// `per_second`: of both sides together.
    pub fn new(per_second: u64, now: Timestamp) -> Self {
        Self { per_second: per_second.max(1), paid: now }
    }

    /// Rows were read; says when to go on.
    pub fn take(&mut self, rows: u64, now: Timestamp) -> Timestamp {
        let earliest = now.checked_sub(SignedDuration::from_millis(CREDIT)).unwrap_or(now);
        let micros = u128::from(rows) * 1_000_000 / u128::from(self.per_second);
        let cost = SignedDuration::from_micros(i64::try_from(micros).unwrap_or(i64::MAX));
        let begun = self.paid.max(earliest);
        self.paid = begun.checked_add(cost).unwrap_or(begun);
        self.paid
    }

    /// Rows that are worth one statement, which nobody can slow down once it runs: those of a second.
    pub fn most(per_second: Option<u64>, rows: u64) -> u64 {
        per_second.map_or(rows, |pace| rows.min(pace.max(1_000)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_take_their_time_and_a_pause_saves_up_little() {
        let at = |millis: i64| Timestamp::from_millisecond(1_700_000_000_000 + millis).unwrap();
        let mut pace = Pace::new(1_000, at(0));
        for (rows, now, until) in [
            (500, 0, 500),
            // Two readers at once share it.
            (500, 0, 1_000),
            (100, 1_000, 1_100),
            // A minute later only a tenth of a second was saved.
            (200, 60_000, 60_100),
            (0, 60_000, 60_100),
        ] {
            assert_eq!(pace.take(rows, at(now)), at(until), "{rows} at {now}");
        }
        assert_eq!(Pace::new(0, at(0)).take(2, at(0)), at(2_000));
        assert_eq!(
            [Pace::most(None, 250_000), Pace::most(Some(5_000), 250_000), Pace::most(Some(1), 9)],
            [250_000, 5_000, 9]
        );
    }
}
