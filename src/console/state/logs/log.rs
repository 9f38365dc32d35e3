//! One log as it is looked at: what is shown of it, where the cursor is, whether the newest line is followed.
//!
//! The place on screen is a line and a row in it, never a number of rows: nothing above the screen is ever laid out.

use super::ring::{Key, LINES_MAX, Line, Marks, Ring};
use super::rows::{Glass, Row, rows};
use super::sieve::{Level, Search, Sieve};
use crate::console::state::page::Move;
use crate::console::text;
use crate::model::observation::LogNews;
use jiff::Timestamp;
use std::collections::VecDeque;

/// The row at the top of the pane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Spot {
    key: Key,
    row: usize,
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
    shown: VecDeque<Key>,
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
    cursor: Key,
    top: Spot,
    height: usize,
    /// Where the search began, and whether the newest line was followed then: what is typed is sought from there.
    origin: (Key, bool),
    /// Somebody wants to see this moment, as soon as there is something of it.
    wanted: Option<Timestamp>,
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

    /// A search is typed from here on.
    pub fn begin_search(&mut self) {
        self.origin = (self.cursor, self.follow);
    }

    /// Goes to the nearest line above the beginning of the search in which this stands, or back to the beginning.
    pub fn seek(&mut self, sought: &str, glass: &Glass) {
        (self.cursor, self.follow) = self.origin;
        self.find(sought);
        self.go_to_hit(false, true, glass);
    }

    fn shown_at(&self, place: usize) -> Option<usize> {
        self.shown.get(place).map(|key| self.ring.position(*key))
    }

    fn after(&self, index: usize) -> Option<usize> {
        let key = self.ring.get(index)?.key();
        self.shown_at(self.shown.partition_point(|shown| *shown <= key))
    }

    fn before(&self, index: usize) -> Option<usize> {
        let key = self.ring.get(index)?.key();
        self.shown_at(self.shown.partition_point(|shown| *shown < key).checked_sub(1)?)
    }

    fn first(&self) -> Option<usize> {
        self.shown_at(0)
    }

    fn last(&self) -> Option<usize> {
        self.shown_at(self.shown.len().checked_sub(1)?)
    }

    /// The line with this key, or the one nearest to where it was.
    fn near(&self, key: Key) -> Option<usize> {
        let at = self.shown.partition_point(|shown| *shown < key);
        self.shown_at(at).or_else(|| self.last())
    }

    fn key(&self, index: usize) -> Key {
        self.ring.get(index).map(Line::key).unwrap_or_default()
    }

    fn rows_of(&self, index: usize, glass: &Glass) -> Vec<Row> {
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

    /// Where the top is when `above` rows stand over the end of this line.
    fn spot_with(&self, index: usize, mut left: usize, glass: &Glass) -> Spot {
        let mut at = index;
        loop {
            let rows = self.rows_of(at, glass).len();
            if rows >= left {
                return Spot { key: self.key(at), row: rows - left };
            }
            left -= rows;
            match self.before(at) {
                Some(before) => at = before,
                None => return Spot { key: self.key(at), row: 0 },
            }
        }
    }

    /// Rows from the top of the pane down, each with the line it is of; `first` on the first row of a line.
    pub fn on_screen(&self, glass: &Glass) -> Vec<(usize, Row)> {
        let mut out = Vec::with_capacity(self.height);
        let (mut at, mut skip) = (self.near(self.top.key), self.top.row);
        while let Some(index) = at {
            for row in self.rows_of(index, glass).into_iter().skip(skip) {
                if out.len() == self.height {
                    return out;
                }
                out.push((index, row));
            }
            (at, skip) = (self.after(index), 0);
        }
        out
    }

    pub fn cursor(&self) -> Option<&Line> {
        self.near(self.cursor).and_then(|at| self.ring.get(at))
    }

    pub fn set_height(&mut self, height: usize) {
        self.height = height.max(1);
    }

    /// Brings cursor and top back to lines that are there, after anything changed.
    pub fn settle(&mut self, glass: &Glass) {
        if let Some(at) = self.wanted
            && !self.ring.is_empty()
        {
            self.wanted = None;
            self.go_to(at, glass);
        }
        let (Some(first), Some(last)) = (self.first(), self.last()) else { return };
        let cursor = if self.follow { last } else { self.near(self.cursor).unwrap_or(last) };
        self.cursor = self.key(cursor);
        let end = self.spot_with(last, self.height, glass);
        if self.follow {
            self.top = end;
            self.fresh = 0;
            return;
        }
        let top = self.near(self.top.key).unwrap_or(first);
        let row = if self.key(top) == self.top.key { self.top.row } else { 0 };
        self.top = Spot { key: self.key(top), row: row.min(self.rows_of(top, glass).len().saturating_sub(1)) };
        // No empty rows at the end while there is something above.
        self.top = min(self.top, end);
        if self.cursor < self.top.key {
            self.top = Spot { key: self.cursor, row: 0 };
        }
        let seen = self.on_screen(glass);
        let lowest = seen.last().map(|(index, _)| *index);
        if lowest.is_some_and(|lowest| lowest < cursor) {
            self.top = self.spot_with(cursor, self.height, glass);
        }
        let lowest = self.key(lowest.map_or(cursor, |lowest| lowest.max(cursor)));
        let below = self.shown.len() - self.shown.partition_point(|shown| *shown <= lowest);
        self.fresh = self.fresh.min(below);
    }

    fn pause(&mut self) {
        self.follow = false;
    }

    pub fn toggle_follow(&mut self) {
        self.follow = !self.follow;
        self.fresh = 0;
    }

    pub fn act(&mut self, how: Move, glass: &Glass) {
        let (Some(first), Some(last)) = (self.first(), self.last()) else { return };
        match how {
            Move::Last => {
                self.follow = true;
                self.fresh = 0;
            }
            Move::First => {
                self.pause();
                self.cursor = self.key(first);
                self.top = Spot { key: self.cursor, row: 0 };
            }
            Move::Rows(by) if by < 0 => (0..by.unsigned_abs()).for_each(|_| self.up(glass)),
            Move::Rows(by) => (0..by.unsigned_abs()).for_each(|_| self.down(glass)),
            // The end is below already.
            Move::Pages(by) if by > 0 && self.follow => {}
            Move::Pages(by) => {
                self.pause();
                let step = self.height.max(2) - 1;
                let before = self.top;
                if by < 0 {
                    let top = self.near(self.top.key).unwrap_or(first);
                    self.top =
                        self.spot_with(top, self.rows_of(top, glass).len().saturating_sub(self.top.row) + step, glass);
                } else {
                    self.top = min(self.forward(self.top, step, glass), self.spot_with(last, self.height, glass));
                }
                let stuck = before == self.top;
                let seen = self.on_screen(glass);
                let ends = (seen.first().map(|(index, _)| *index), seen.last().map(|(index, _)| *index));
                let (Some(highest), Some(lowest)) = ends else { return };
                let at = self.near(self.cursor).unwrap_or(last);
                let at = match (stuck, by < 0) {
                    (true, true) => first,
                    (true, false) => last,
                    _ => at.clamp(highest, lowest),
                };
                self.cursor = self.key(at);
            }
        }
    }

    /// The spot so many rows further down.
    fn forward(&self, from: Spot, by: usize, glass: &Glass) -> Spot {
        let Some(mut at) = self.near(from.key) else { return from };
        let mut row = from.row + by;
        loop {
            let rows = self.rows_of(at, glass).len();
            match self.after(at) {
                Some(next) if row >= rows => (at, row) = (next, row - rows),
                _ => return Spot { key: self.key(at), row: row.min(rows.saturating_sub(1)) },
            }
        }
    }

    fn up(&mut self, glass: &Glass) {
        self.pause();
        let Some(at) = self.near(self.cursor) else { return };
        if self.top.key == self.cursor && self.top.row > 0 {
            self.top.row -= 1;
        } else if let Some(before) = self.before(at) {
            self.cursor = self.key(before);
            if self.cursor < self.top.key {
                // Of a line longer than the screen, its end comes into view first.
                self.top =
                    Spot { key: self.cursor, row: self.rows_of(before, glass).len().saturating_sub(self.height) };
            }
        } else {
            self.top.row = self.top.row.saturating_sub(1);
        }
    }

    fn down(&mut self, glass: &Glass) {
        let Some(at) = self.near(self.cursor).filter(|_| !self.follow) else { return };
        let seen = self.on_screen(glass);
        let shown = seen.iter().filter(|(index, _)| *index == at).count();
        let skipped = if self.top.key == self.cursor { self.top.row } else { 0 };
        // The rest of a long line comes before the next line.
        if seen.last().is_some_and(|(index, _)| *index == at) && shown + skipped < self.rows_of(at, glass).len() {
            self.top = self.forward(self.top, 1, glass);
        } else if let Some(next) = self.after(at) {
            self.cursor = self.key(next);
        }
    }

    /// To the next line, up or down, in which the text stands; around the end. `here`: this line will do.
    pub fn go_to_hit(&mut self, down: bool, here: bool, glass: &Glass) {
        let Some(at) = self.near(self.cursor) else { return };
        let is_hit = |index: &usize| self.ring.get(*index).is_some_and(|line| line.marks.hit && line.marks.kept);
        let skip = usize::from(!here);
        let found = if down {
            (at + skip..self.ring.len()).find(is_hit).or_else(|| (0..at).find(is_hit))
        } else {
            (0..=at).rev().skip(skip).find(is_hit).or_else(|| (at + 1..self.ring.len()).rev().find(is_hit))
        };
        if let Some(found) = found {
            self.show(found, glass);
        }
    }

    /// To the first line at this moment or after, now or as soon as there is one.
    pub fn want(&mut self, at: Timestamp) {
        self.wanted = Some(at);
    }

    fn go_to(&mut self, at: Timestamp, glass: &Glass) {
        if let Some(index) = self.near((at.as_millisecond(), 0)) {
            self.show(index, glass);
        }
    }

    /// Puts the cursor on a line that is not at the edge of the screen, where that can be.
    fn show(&mut self, index: usize, glass: &Glass) {
        self.pause();
        self.cursor = self.key(index);
        let seen = self.on_screen(glass);
        let inside = |row: &(usize, Row)| row.0 == index;
        let edge = seen.first().is_some_and(inside) || seen.last().is_some_and(inside);
        if edge || !seen.iter().any(inside) {
            let rows = self.rows_of(index, glass).len();
            self.top = self.spot_with(index, (self.height / 3 + rows).min(self.height), glass);
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

fn min(a: Spot, b: Spot) -> Spot {
    if (a.key, a.row) <= (b.key, b.row) { a } else { b }
}
