//! What is known from before a comparison was ended early, so that it is not compared again, and who is told what has
//! become known now. Neither ever holds a value of a row: keys, hashes, numbers.
//!
//! Start at [`Memory`]. A range counts as known only where it was looked at to its end and nothing of it was still moving.

use super::look::{self, Trouble};
use super::merge::RowCopy;
use super::run::Done;
use super::settle::Vanished;
use super::unit::Part;
use crate::db::scan::{Cell, Key, KeyRange};
use crate::model::validation::{Method, RowResult};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use tokio::sync::mpsc;

/// One range that was compared to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPart {
    /// Of the source, of the target.
    pub rows: [u64; 2],
    /// Different, missing, extra.
    pub settled: [u64; 3],
    /// Differences that were listed, in the order of their keys, without values.
    pub listed: Vec<RowResult>,
    /// When its rows were read.
    pub from: Timestamp,
    pub to: Timestamp,
    /// Differences that ended, and nobody knows whether their rows are equal.
    #[serde(default)]
    pub vanished: Vanished,
    /// Differences that went away while it was compared.
    #[serde(default)]
    pub arrived: u64,
    /// Keys that were still watched when it was stopped: they are all that is left to look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<Key>,
    /// The sums of both sides were not the same, which has to come from somewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_sums: bool,
}

impl KnownPart {
    /// `None`: it was not told to its end.
    pub(super) fn of(part: &Part, method: Method) -> Option<Self> {
        let (from, to) = part.seen?;
        let told = part.trouble.is_none() && part.in_flight == 0 && part.unsettled == 0;
        // Rows without a key have none by which they are found again.
        let stopped = matches!(part.trouble, Some(Trouble::Stopped)) && method != Method::Multiset;
        if !told && (!stopped || part.watched.is_empty()) {
            return None;
        }
        let open = part.watched.iter().map(look::bytes_of).collect();
        let listed = part.listed.iter().map(|(_, row)| row.kept(method)).collect();
        let Part { rows, settled, vanished, arrived, by_sums, .. } = *part;
        Some(Self { rows, settled, listed, from, to, vanished, arrived, open, by_sums })
    }

    pub(super) fn part(&self) -> Part {
        let nothing = || RowCopy::of(std::iter::empty());
        Part {
            rows: self.rows,
            settled: self.settled,
            listed: self.listed.iter().map(|row| (nothing(), row.clone())).collect(),
            seen: Some((self.from, self.to)),
            vanished: self.vanished,
            arrived: self.arrived,
            by_sums: self.by_sums,
            ..Part::default()
        }
    }

    /// Keys that are still to be looked at.
    pub(super) fn keys(&self) -> Vec<RowCopy> {
        let of = |key: &Key| RowCopy::of(key.0.iter().map(|part| Cell::Value(part)));
        self.open.iter().map(of).collect()
    }

    /// Keys that differ.
    pub(super) fn differing(&self) -> u64 {
        self.settled.iter().sum()
    }
}

/// What is known of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// All of it.
    Done(Box<Done>),
    /// Some of its ranges, by their place among all.
    Parts { ranges: Vec<KeyRange>, parts: HashMap<usize, KnownPart> },
}

/// What has become known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learnt {
    /// How a table was cut into ranges.
    Cut { nth: usize, ranges: Vec<KeyRange> },
    /// One of its ranges, to its end.
    Part { nth: usize, number: usize, part: KnownPart },
}

/// What a comparison knows beforehand, and whom it tells what it learns.
#[derive(Debug, Default)]
pub struct Memory {
    /// By the table's place in the plan.
    known: HashMap<usize, Known>,
    told: Option<mpsc::Sender<Learnt>>,
}

impl Memory {
    pub fn new(known: HashMap<usize, Known>, told: mpsc::Sender<Learnt>) -> Self {
        Self { known, told: Some(told) }
    }

    /// A table that need not be looked at.
    pub(super) fn done(&self, nth: usize) -> Option<Done> {
        match self.known.get(&nth) {
            Some(Known::Done(done)) => Some(Done { nth, ..(**done).clone() }),
            _ => None,
        }
    }

    /// How a table was cut before. Another cut would make other ranges of it.
    pub(super) fn ranges(&self, nth: usize) -> Option<Vec<KeyRange>> {
        match self.known.get(&nth) {
            Some(Known::Parts { ranges, .. }) => Some(ranges.clone()),
            _ => None,
        }
    }

    pub(super) fn part(&self, nth: usize, number: usize) -> Option<&KnownPart> {
        match self.known.get(&nth) {
            Some(Known::Parts { parts, .. }) => parts.get(&number),
            _ => None,
        }
    }

    pub(super) async fn cut(&self, nth: usize, ranges: &[KeyRange]) {
        self.tell(Learnt::Cut { nth, ranges: ranges.to_vec() }).await;
    }

    /// Tells of a range, where it is worth it.
    pub(super) async fn compared(&self, nth: usize, number: usize, method: Method, part: &Part) {
        if let Some(part) = KnownPart::of(part, method) {
            self.tell(Learnt::Part { nth, number, part }).await;
        }
    }

    async fn tell(&self, learnt: Learnt) {
        if let Some(told) = &self.told {
            // Whoever kept it has gone: then it is not kept.
            let _ = told.send(learnt).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_told_to_its_end_is_known() {
        let at = Timestamp::UNIX_EPOCH;
        let whole = || Part { rows: [2, 2], settled: [1, 0, 0], seen: Some((at, at)), ..Part::default() };
        let known = KnownPart::of(&whole(), Method::Stream).unwrap();
        assert_eq!((known.rows, known.settled, known.differing()), ([2, 2], [1, 0, 0], 1));
        let back = known.part();
        assert!(back.seen == Some((at, at)) && back.settled == [1, 0, 0] && back.trouble.is_none());
        for part in [
            Part { seen: None, ..whole() },
            Part { in_flight: 1, ..whole() },
            Part { unsettled: 1, ..whole() },
            Part { trouble: Some(Trouble::Stopped), ..whole() },
        ] {
            assert_eq!(KnownPart::of(&part, Method::Stream), None);
        }
        // All that is left of it is named.
        let watched = vec![RowCopy::of([Cell::Value(b"k")].into_iter())];
        let stopped = |trouble| Part { unsettled: 1, trouble: Some(trouble), watched: watched.clone(), ..whole() };
        let known = KnownPart::of(&stopped(Trouble::Stopped), Method::Stream).unwrap();
        assert_eq!((known.keys(), known.part().unsettled), (watched.clone(), 0));
        assert_eq!(KnownPart::of(&stopped(Trouble::Stopped), Method::Multiset), None);
        assert_eq!(KnownPart::of(&stopped(Trouble::Skipped), Method::Stream), None);
    }
}
