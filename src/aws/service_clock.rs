//! What time it is for the service. Data points are asked for and judged by the clock that stamps them: a jump host whose
//! clock is minutes off must neither miss the newest points nor take old ones for new.

use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};

/// `Date` has whole seconds and an answer takes its time: less than this is no difference.
const SAME: i64 = 3;

/// Seconds the service's clock is ahead of ours, as seen in its newest answer.
#[derive(Debug, Default)]
pub(super) struct ServiceClock(AtomicI64);

impl ServiceClock {
    pub(super) fn saw(&self, stated: Option<Timestamp>, now: Timestamp) {
        if let Some(stated) = stated {
            let ahead = stated.as_second() - now.as_second();
            self.0.store(if ahead.abs() < SAME { 0 } else { ahead }, Ordering::Relaxed);
        }
    }

    pub(super) fn at(&self, now: Timestamp) -> Timestamp {
        now.checked_add(SignedDuration::from_secs(self.0.load(Ordering::Relaxed))).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_corrected_and_a_second_or_two_are_not() {
        let at = |seconds: i64| Timestamp::from_second(1_700_000_000 + seconds).unwrap();
        for (stated, now, asked, want) in [
            (None, 0, 10, 10),
            (Some(1), 0, 10, 10),
            (Some(-2), 0, 10, 10),
            (Some(300), 0, 10, 310),
            (Some(-86_400), 0, 10, -86_390),
        ] {
            let clock = ServiceClock::default();
            clock.saw(stated.map(at), at(now));
            assert_eq!(clock.at(at(asked)), at(want), "{stated:?}");
        }
    }
}
