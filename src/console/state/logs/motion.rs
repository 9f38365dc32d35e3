//! Moving about in a log: the cursor, the row at the top, and the newest line while it is followed.
//!
//! The place on screen is a line and a row in it, never a number of rows: nothing above the screen is ever laid out.

use super::log::{Log, Spot};
use super::ring::Line;
use super::rows::{Glass, Row};
use crate::console::state::page::Move;
use jiff::Timestamp;

impl Log {
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
            if self.oldest().is_some_and(|oldest| at < oldest) {
                // A cursor on the oldest line would pass for what was looked for.
                (self.missed, self.follow) = (Some(at), true);
            } else {
                self.go_to(at, glass);
            }
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

    /// From when on the log is here.
    fn oldest(&self) -> Option<Timestamp> {
        let first = self.ring.get(0).map(Line::at);
        if self.ring.dropped > 0 { first } else { self.since().or(first) }
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
}

fn min(a: Spot, b: Spot) -> Spot {
    if (a.key, a.row) <= (b.key, b.row) { a } else { b }
}
