//! Asking again and again for ranges that overlap, and letting each event through once. Pure.
//!
//! What has been read is measured by the service's own evidence: the time it puts on its answers, else the newest event
//! in them. Our clock only says how far ahead to ask, so it may be wrong without an event being lost.

use super::{Event, Key};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// How much later than its own time an event may appear and is still found (section 5.4 of the DMS facts).
pub const LATE: SignedDuration = SignedDuration::from_mins(3);

/// Events of this long before the first question are worth seeing.
pub const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24);

/// Asked for beyond now: what is stamped by a clock a little ahead of the one that stamps the answers.
const AHEAD: SignedDuration = SignedDuration::from_mins(1);

/// What has been let through is remembered this long, so that a clock which is set back repeats nothing.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// One range to ask for, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// A stream of events since some instant.
#[derive(Debug, Clone)]
pub struct Window {
    /// Nothing older is let through.
    floor: Timestamp,
    /// Everything up to here has been read, but for what appears late.
    covered: Timestamp,
    seen: BTreeSet<Key>,
}

impl Window {
    /// Events from `since` on.
    pub fn new(since: Timestamp) -> Self {
        Self { floor: since, covered: since, seen: BTreeSet::new() }
    }

    /// What to ask for when it is `now` for the service.
    pub fn next(&self, now: Timestamp) -> Asked {
        let from = earlier(self.covered.min(now), LATE).max(self.floor);
        Asked { from, to: later(now, AHEAD).max(from) }
    }

    /// Takes in a whole answer to `asked`, which the service put at `stated`: what is new, oldest first. After a failure
    /// this is not called, and the next range reaches back to the last answer.
    pub fn take(&mut self, asked: Asked, stated: Option<Timestamp>, mut events: Vec<Event>) -> Vec<Event> {
        // Without a date on the answer its newest event says how late it is at least.
        let evidence = stated.or_else(|| events.iter().map(|event| event.at).max());
        if let Some(evidence) = evidence {
            // What was not asked for has not been read, whatever the time is there.
            self.covered = evidence.min(asked.to).max(self.floor);
        }
        events.sort_by_key(Event::key);
        events.retain(|event| event.at >= self.floor && self.seen.insert(event.key()));
        self.forget();
        events
    }

    fn forget(&mut self) {
        let limit = earlier(self.covered, REMEMBERED);
        if limit > self.floor {
            self.floor = limit;
            while self.seen.first().is_some_and(|key| key.at < limit) {
                self.seen.pop_first();
            }
        }
    }
}

fn earlier(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::SourceType;
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_768_485_802 + second).unwrap()
    }

    fn event(second: i64, message: &str) -> Event {
        Event {
            at: at(second),
            source_type: SourceType::Task,
            source: "orders".into(),
            categories: Vec::new(),
            message: message.into(),
        }
    }

    #[test]
    fn ranges_overlap_and_a_failed_question_is_asked_again() {
        let mut window = Window::new(at(0));
        let first = window.next(at(600));
        assert_eq!(first, Asked { from: at(0), to: at(660) });
        assert_eq!(window.next(at(900)).from, at(0), "nothing was answered");
        assert_eq!(window.take(first, Some(at(601)), vec![event(20, "b"), event(10, "a"), event(20, "b")]).len(), 2);
        let second = window.next(at(615));
        assert_eq!(second.from, at(601 - 180));
        assert!(window.take(second, Some(at(616)), vec![event(20, "b")]).is_empty());
    }

    #[test]
    fn a_clock_set_back_repeats_nothing_and_what_is_forgotten_never_comes_back() {
        let mut window = Window::new(at(0));
        let day = 86_400;
        let asked = window.next(at(100));
        assert_eq!(window.take(asked, Some(at(100)), vec![event(50, "a")]).len(), 1);
        let asked = window.next(at(-5_000));
        assert!(window.take(asked, Some(at(-5_000)), vec![event(50, "a")]).is_empty());
        let asked = window.next(at(2 * day));
        assert!(window.take(asked, Some(at(2 * day)), vec![event(50, "a")]).is_empty());
        assert!(window.seen.is_empty(), "memory does not grow");
        let asked = window.next(at(100));
        assert!(window.take(asked, Some(at(100)), vec![event(50, "a")]).is_empty());
    }

    /// One question: seconds since the last one, whether the answer arrives, how wrong our clock is, whether the answer
    /// is dated.
    type Poll = (i64, bool, i64, bool);

    fn poll() -> impl Strategy<Value = Poll> {
        (1..400_i64, prop::bool::weighted(0.7), -900..900_i64, prop::bool::weighted(0.8))
    }

    proptest! {
        /// Events with their own time, how late they appear, and whether the service lists them twice.
        #[test]
        fn nothing_is_lost_and_nothing_comes_twice(
            events in vec((-200..4_000_i64, 0..=180_i64, any::<bool>(), 0..3_u8), 0..60),
            polls in vec(poll(), 1..40),
        ) {
            let mut window = Window::new(at(0));
            let mut got: Vec<Event> = Vec::new();
            let mut now = 0;
            // The last ones come when everything has appeared, over a clock that is right.
            let last = [(5_000, true, 0, true), (1, true, 0, true)];
            for (after, arrives, wrong, dated) in polls.into_iter().chain(last) {
                now += after;
                let asked = window.next(at(now + wrong));
                let mut answer = Vec::new();
                for (second, late, twice, text) in &events {
                    let seen = second + late <= now && at(*second) >= asked.from && at(*second) <= asked.to;
                    let copies = usize::from(seen) + usize::from(seen && *twice);
                    answer.extend(std::iter::repeat_n(event(*second, &format!("m{text}")), copies));
                }
                if arrives {
                    got.extend(window.take(asked, dated.then(|| at(now)), answer));
                }
            }
            let keys: Vec<Key> = got.iter().map(Event::key).collect();
            let once: BTreeSet<Key> = keys.iter().cloned().collect();
            let want: BTreeSet<Key> = events
                .iter()
                .filter(|(second, ..)| *second >= 0)
                .map(|(second, _, _, text)| event(*second, &format!("m{text}")).key())
                .collect();
            prop_assert_eq!(keys.len(), once.len(), "something came twice");
            prop_assert_eq!(once, want);
        }
    }
}
