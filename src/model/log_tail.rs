//! Reading a log to its end again and again without losing or repeating a line. Pure: `now` is a parameter.
//!
//! Lines come late: an event is stamped when it was written and can be read some time after. So every window reaches back
//! over the last one, now and then a long way, and events are told from each other by their id.

use crate::model::log_line::LogEvent;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// Each window begins this long before the end of the last one.
pub const OVERLAP: SignedDuration = SignedDuration::from_secs(60);
/// Now and then a window begins this long before.
pub const DEEP_OVERLAP: SignedDuration = SignedDuration::from_mins(15);
/// How often.
pub const DEEP_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// A longer outage is not read again: what is new matters more. The rest stays a gap.
pub const CATCH_UP: SignedDuration = SignedDuration::from_hours(1);

/// A stretch of time, from and to.
pub type Span = (Timestamp, Timestamp);

/// What was read and is not to be shown again.
#[derive(Debug, Clone)]
pub struct Tail {
    first: Timestamp,
    /// Everything before it was read.
    read_to: Timestamp,
    deep: Timestamp,
    seen: HashMap<String, Timestamp>,
    outage: Option<Timestamp>,
    begun: bool,
}

impl Tail {
    /// Nothing is read yet; lines from `first` on are wanted.
    pub fn new(first: Timestamp) -> Self {
        Self { first, read_to: first, deep: first, seen: HashMap::new(), outage: None, begun: false }
    }

    /// Where the next window begins; it ends now.
    pub fn from(&self, now: Timestamp) -> Timestamp {
        // The first window reaches as far back as was asked for.
        if !self.begun {
            return self.first;
        }
        let deep = now.duration_since(self.deep) >= DEEP_EVERY;
        let back = if deep { DEEP_OVERLAP } else { OVERLAP };
        (self.read_to - back).max(self.first).max(now - CATCH_UP)
    }

    /// What lies between the end of what was read and a window that begins at `from`: nobody looked, and it will not be read
    /// any more. An outage is told of by [`Tail::failed`].
    pub fn skipped(&self, from: Timestamp) -> Option<Span> {
        (self.begun && self.outage.is_none() && from > self.read_to).then_some((self.read_to, from))
    }

    /// Something was read to its end at least once.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Since when it cannot be read.
    pub fn outage(&self) -> Option<Timestamp> {
        self.outage
    }

    /// Takes in events of a window that was read to its end at `now`. Gives those that are new, oldest first, and the
    /// stretch that was missing until now, if there was one.
    pub fn read(&mut self, from: Timestamp, events: Vec<LogEvent>, now: Timestamp) -> (Vec<LogEvent>, Option<Span>) {
        let new = self.fresh(events);
        self.begun = true;
        if now.duration_since(self.deep) >= DEEP_EVERY {
            self.deep = now;
        }
        let filled = self.outage.take().map(|since| (since.max(from), now));
        self.read_to = self.read_to.max(now);
        let oldest = self.read_to - DEEP_OVERLAP - OVERLAP;
        self.seen.retain(|_, at| *at >= oldest);
        (new, filled)
    }

    /// Takes in what came before a window failed: it is read again. Gives what is new, and the gap where it begins.
    pub fn failed(&mut self, events: Vec<LogEvent>, now: Timestamp) -> (Vec<LogEvent>, Option<Span>) {
        let new = self.fresh(events);
        let begins = self.outage.is_none();
        let since = *self.outage.get_or_insert(self.read_to);
        (new, begins.then_some((since, now)))
    }

    fn fresh(&mut self, events: Vec<LogEvent>) -> Vec<LogEvent> {
        let mut new: Vec<LogEvent> =
            events.into_iter().filter(|event| self.seen.insert(event.id.clone(), event.at).is_none()).collect();
        new.sort_by_key(|event| event.at);
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_768_485_802 + second).unwrap()
    }

    fn event(id: usize, second: i64) -> LogEvent {
        LogEvent { id: id.to_string(), stream: "s".into(), at: at(second), ingested: None, text: "x".into() }
    }

    #[test]
    fn windows_overlap_and_now_and_then_reach_far_back() {
        let mut tail = Tail::new(at(0));
        assert_eq!(tail.from(at(3600)), at(0), "the first window is all that was asked for");
        tail.read(at(0), vec![event(1, 3599)], at(3600));
        assert_eq!(tail.from(at(3604)), at(3540));
        assert_eq!(tail.from(at(3660)), at(2700));
        let (new, _) = tail.read(at(2700), vec![event(1, 3599), event(2, 3000)], at(3660));
        assert_eq!(new, [event(2, 3000)], "a late line is new, one that was seen is not");
    }

    #[test]
    fn an_outage_is_told_once_and_filled_when_it_is_over() {
        let mut tail = Tail::new(at(0));
        tail.read(at(0), vec![], at(10));
        assert_eq!(tail.failed(vec![event(1, 12)], at(14)), (vec![event(1, 12)], Some((at(10), at(14)))));
        assert_eq!(tail.failed(vec![], at(18)).1, None);
        let from = tail.from(at(300));
        assert!(from <= at(10));
        let (new, filled) = tail.read(from, vec![event(1, 12), event(2, 200)], at(300));
        assert_eq!((new, filled), (vec![event(2, 200)], Some((at(10), at(300)))));
    }

    #[test]
    fn a_very_long_outage_stays_a_gap_in_part() {
        let mut tail = Tail::new(at(0));
        tail.read(at(0), vec![event(1, 5)], at(10));
        tail.failed(vec![], at(14));
        let from = tail.from(at(40_000));
        assert_eq!(from, at(40_000 - 3600));
        assert_eq!(tail.read(from, vec![], at(40_000)).1, Some((from, at(40_000))));
    }

    #[test]
    fn what_was_not_looked_at_for_too_long_is_told() {
        let mut tail = Tail::new(at(0));
        assert_eq!((tail.skipped(at(40_000)), tail.has_begun()), (None, false), "the first window skips nothing");
        tail.read(at(0), vec![], at(10));
        assert_eq!(tail.skipped(tail.from(at(3000))), None);
        let from = tail.from(at(40_000));
        assert_eq!(tail.skipped(from), Some((at(10), from)));
        tail.failed(vec![], at(40_000));
        assert_eq!((tail.skipped(from), tail.outage()), (None, Some(at(10))), "an outage is told of as such");
    }

    proptest! {
        /// Lines that arrive at most the deep overlap late are all seen once, whatever fails.
        #[test]
        fn no_line_is_lost_or_repeated(
            lines in proptest::collection::vec((0i64..600, 0i64..800), 0..60),
            broken in proptest::collection::vec(proptest::bool::weighted(0.2), 400),
        ) {
            let mut tail = Tail::new(at(0));
            let mut shown: Vec<LogEvent> = Vec::new();
            for (step, broken) in (1i64..).zip(broken) {
                let now = step * 5;
                let from = tail.from(at(now));
                let window: Vec<LogEvent> = lines
                    .iter()
                    .enumerate()
                    .filter(|(_, (written, late))| written + late <= now && at(*written) >= from)
                    .map(|(id, (written, _))| event(id, *written))
                    .collect();
                let half = window.len() / 2;
                shown.extend(if broken {
                    tail.failed(window[..half].to_vec(), at(now)).0
                } else {
                    tail.read(from, window, at(now)).0
                });
            }
            let mut ids: Vec<&str> = shown.iter().map(|event| event.id.as_str()).collect();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), shown.len(), "no line twice");
            prop_assert_eq!(shown.len(), lines.len(), "every line once");
        }
    }
}
