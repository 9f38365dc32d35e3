//! One log as it is looked at: what was read, what is shown of it, what is sought in it. `motion.rs` moves about in it.

use super::ring::{Key, LINES_MAX, Line, Marks, Ring};
use super::rows::{Glass, Row, rows};
use super::sieve::{Level, Search, Sieve};
use crate::console::text;
use crate::model::observation::LogNews;
use jiff::Timestamp;
use std::collections::VecDeque;

/// The row at the top of the pane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) key: Key,
    pub(super) row: usize,
}

/// How many lines there are of each kind; gaps are not lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub lines: usize,
    pub kept: usize,
    /// Shown lines in which the text searched for stands.
    pub hits: usize,
    /// Lines that only say that nothing happened.
    pub quiet: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    pub ring: Ring,
    /// Lines and gaps that pass the filter, in order: what lies beside a line is found without looking at those hidden.
    pub(super) shown: VecDeque<Key>,
    /// Group and stream it was read from.
    pub place: Option<String>,
    /// Why there is nothing to read, or nothing new.
    pub none: Option<String>,
    /// Where reading began.
    since: Option<Timestamp>,
    pub sieve: Sieve,
    pub search: Search,
    pub counts: Counts,
    pub follow: bool,
    /// Shown lines that came below the screen since it was paused.
    pub fresh: usize,
    pub(super) cursor: Key,
    pub(super) top: Spot,
    pub(super) height: usize,
    /// Where the search began, and whether the newest line was followed then: what is typed is sought from there.
    pub(super) origin: (Key, bool),
    /// Somebody wants to see this moment, as soon as there is something of it.
    pub(super) wanted: Option<Timestamp>,
    /// That moment lies before everything that was read.
    pub(super) missed: Option<Timestamp>,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            ring: Ring::default(),
            shown: VecDeque::new(),
            place: None,
            none: None,
            since: None,
            sieve: Sieve::default(),
            search: Search::default(),
            counts: Counts::default(),
            follow: true,
            fresh: 0,
            cursor: Key::default(),
            top: Spot::default(),
            height: 1,
            origin: (Key::default(), true),
            wanted: None,
            missed: None,
        }
    }
}

impl Log {
    /// Takes in what reading the log once more has brought.
    pub fn add(&mut self, news: LogNews) {
        let LogNews { lines, gap, why, filled, place, none, since } = news;
        self.place = place.or(self.place.take());
        self.none = none;
        self.since = since.or(self.since);
        match gap {
            Some((from, to)) => {
                let new = self.ring.gap(from, to, why.as_deref().unwrap_or("not read"));
                if let Some(key) = new {
                    self.show_too(key);
                }
            }
            None => self.ring.close(filled),
        }
        for line in &lines {
            let index = self.ring.push(line);
            self.judge(index);
        }
        while self.ring.len() > LINES_MAX {
            self.drop_oldest();
        }
    }

    /// What a new line is for filter and search.
    fn judge(&mut self, index: usize) {
        let Some(line) = self.ring.get(index) else { return };
        let stream = line.stream();
        let above = || {
            (0..index)
                .rev()
                .filter_map(|at| self.ring.get(at))
                .find(|other| !other.is_gap() && other.stream() == stream)
        };
        let before =
            line.marks.head || above().is_none_or(|line| line.marks.kept || line.marks.quiet && self.sieve.is_open());
        let (kept, hit) = (self.sieve.keeps(line, before), self.search.is_in(&line.text));
        let marks = Marks { kept, hit, ..line.marks };
        if !self.follow && kept && line.key() > self.cursor {
            self.fresh += 1;
        }
        let key = line.key();
        if let Some(old) = self.ring.marks_mut(index) {
            *old = marks;
        }
        if kept {
            self.show_too(key);
        }
        self.count(marks, 1);
    }

    fn show_too(&mut self, key: Key) {
        let at = self.shown.partition_point(|shown| *shown < key);
        self.shown.insert(at, key);
    }

    fn count(&mut self, marks: Marks, by: isize) {
        let add = |n: &mut usize, it: bool| *n = n.saturating_add_signed(if it { by } else { 0 });
        add(&mut self.counts.lines, true);
        add(&mut self.counts.kept, marks.kept);
        add(&mut self.counts.hits, marks.kept && marks.hit);
        add(&mut self.counts.quiet, marks.quiet);
    }

    /// Makes room; false where there is nothing left to drop.
    pub fn drop_oldest(&mut self) -> bool {
        let Some(line) = self.ring.drop_oldest() else { return false };
        if self.shown.front() == Some(&line.key()) {
            self.shown.pop_front();
        }
        if !line.is_gap() {
            self.count(line.marks, -1);
        }
        true
    }

    /// Filters anew: every line is looked at.
    pub fn refilter(&mut self, change: impl FnOnce(&mut Sieve)) {
        change(&mut self.sieve);
        let mut last: Vec<bool> = Vec::new();
        let (mut counts, sieve) = (Counts::default(), &self.sieve);
        self.shown.clear();
        for line in self.ring.lines_mut() {
            let stream = usize::from(line.stream());
            if last.len() <= stream {
                last.resize(stream + 1, true);
            }
            let kept = sieve.keeps(line, last[stream]);
            line.marks.kept = kept;
            if kept {
                self.shown.push_back(line.key());
            }
            if line.is_gap() {
                continue;
            }
            // What follows a line that is only left out for being quiet is not quiet itself.
            last[stream] = kept || line.marks.quiet && sieve.is_open();
            counts.lines += 1;
            counts.kept += usize::from(kept);
            counts.hits += usize::from(kept && line.marks.hit);
            counts.quiet += usize::from(line.marks.quiet);
        }
        self.counts = counts;
        self.fresh = 0;
    }

    /// Searches anew. Where a text only grew, lines without its beginning are not looked at again.
    pub fn find(&mut self, sought: &str) {
        let search = Search::new(sought);
        let narrows = search.narrows(&self.search);
        let mut hits = 0;
        for line in self.ring.lines_mut() {
            if !narrows || line.marks.hit {
                line.marks.hit = !line.is_gap() && search.is_in(&line.text);
            }
            hits += usize::from(line.marks.hit && line.marks.kept);
        }
        self.counts.hits = hits;
        self.search = search;
    }

    pub(super) fn shown_at(&self, place: usize) -> Option<usize> {
        self.shown.get(place).map(|key| self.ring.position(*key))
    }

    pub(super) fn after(&self, index: usize) -> Option<usize> {
        let key = self.ring.get(index)?.key();
        self.shown_at(self.shown.partition_point(|shown| *shown <= key))
    }

    pub(super) fn before(&self, index: usize) -> Option<usize> {
        let key = self.ring.get(index)?.key();
        self.shown_at(self.shown.partition_point(|shown| *shown < key).checked_sub(1)?)
    }

    pub(super) fn first(&self) -> Option<usize> {
        self.shown_at(0)
    }

    pub(super) fn last(&self) -> Option<usize> {
        self.shown_at(self.shown.len().checked_sub(1)?)
    }

    /// The line with this key, or the one nearest to where it was.
    pub(super) fn near(&self, key: Key) -> Option<usize> {
        let at = self.shown.partition_point(|shown| *shown < key);
        self.shown_at(at).or_else(|| self.last())
    }

    pub(super) fn key(&self, index: usize) -> Key {
        self.ring.get(index).map(Line::key).unwrap_or_default()
    }

    pub(super) fn rows_of(&self, index: usize, glass: &Glass) -> Vec<Row> {
        let Some(line) = self.ring.get(index) else { return Vec::new() };
        let before = self.before(index).and_then(|before| self.ring.get(before));
        rows(&self.ring, line, before, glass, || self.beginning(glass))
    }

    /// What is said over the first line.
    fn beginning(&self, glass: &Glass) -> String {
        if self.ring.dropped > 0 {
            let dropped = text::plural(usize::try_from(self.ring.dropped).unwrap_or(usize::MAX), "older line");
            return format!("{dropped} dropped to keep this log in memory");
        }
        match self.since {
            Some(since) => format!(
                "read from {} {} on; --since of `cutover logs` reads further back",
                glass.clock(since),
                glass.zone_at(since)
            ),
            None => "read from here on".to_owned(),
        }
    }

    pub fn next_level(&mut self) {
        self.refilter(|sieve| sieve.level = sieve.level.next());
    }

    /// Where reading began.
    pub fn since(&self) -> Option<Timestamp> {
        self.since
    }

    pub fn level(&self) -> Level {
        self.sieve.level
    }
}
