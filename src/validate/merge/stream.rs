//! One side of a merge: the batches that have come and not gone, in an order that is checked.

use super::row::{RowCopy, Rows, part};
use super::{CROWD, CROWD_BYTES, MergeError, Side};
use crate::db::scan::Cell;
use std::cmp::Ordering;
use std::collections::{HashSet, VecDeque};

/// A batch that waits, and what was found out about its keys when it came.
struct Held<R> {
    rows: R,
    /// Some key stands twice in it.
    repeats: bool,
    /// Its first key is the last one of the batch before.
    joins: bool,
}

/// Rows of one key on one side. Rows that are the same stand in one place of memory.
#[derive(Default)]
pub(super) struct Gathered {
    pub rows: Vec<RowCopy>,
    each: HashSet<RowCopy>,
    weight: usize,
}

impl Gathered {
    fn push(&mut self, row: RowCopy) -> Result<(), MergeError> {
        let row = if let Some(same) = self.each.get(&row) {
            same.clone()
        } else {
            self.weight += row.weight();
            self.each.insert(row.clone());
            row
        };
        self.rows.push(row);
        if self.rows.len() > CROWD || self.weight > CROWD_BYTES { Err(MergeError::Crowd) } else { Ok(()) }
    }
}

pub(super) struct Stream<R> {
    pub side: Side,
    batches: VecDeque<Held<R>>,
    at: usize,
    pub ended: bool,
    /// Key of the last row that came.
    last: Option<RowCopy>,
    pub rows: u64,
}

/// Where a stream stands.
pub(super) enum Head {
    Row,
    End,
    Wait,
}

impl<R: Rows> Stream<R> {
    pub fn new(side: Side) -> Self {
        Self { side, batches: VecDeque::new(), at: 0, ended: false, last: None, rows: 0 }
    }

    pub fn push(&mut self, rows: R, key: usize) -> Result<(), MergeError> {
        let count = rows.rows();
        if count == 0 {
            return Ok(());
        }
        let repeats = match rows.ascent().filter(|known| known.columns == key) {
            Some(known) => known.repeats,
            None => self.look_through(&rows, key)?,
        };
        let first = (0..key).map(|column| part(rows.cell(0, column)));
        let joins = match self.last.as_ref().map(|last| (0..key).map(|column| part(last.cell(column))).cmp(first)) {
            None | Some(Ordering::Less) => false,
            Some(Ordering::Equal) => true,
            Some(Ordering::Greater) => return Err(MergeError::Disorder(self.side)),
        };
        self.last = Some(RowCopy::of((0..key).map(|column| rows.cell(count - 1, column))));
        self.rows += count as u64;
        self.batches.push_back(Held { rows, repeats, joins });
        Ok(())
    }

    /// Looks at the order of a batch that nobody looked at. `true`: some key stands twice in it.
    fn look_through(&self, rows: &R, key: usize) -> Result<bool, MergeError> {
        let order = |a: usize, b: usize| {
            (0..key)
                .map(|c| part(rows.cell(a, c)).cmp(&part(rows.cell(b, c))))
                .find(|o| o.is_ne())
                .unwrap_or(Ordering::Equal)
        };
        if (0..rows.rows()).any(|row| (0..key).any(|column| matches!(rows.cell(row, column), Cell::Misfit(_)))) {
            return Err(MergeError::Misfit(self.side));
        }
        let mut repeats = false;
        for row in 1..rows.rows() {
            match order(row - 1, row) {
                Ordering::Less => {}
                Ordering::Equal => repeats = true,
                Ordering::Greater => return Err(MergeError::Disorder(self.side)),
            }
        }
        Ok(repeats)
    }

    #[inline]
    pub fn head(&self) -> Head {
        match (self.batches.is_empty(), self.ended) {
            (false, _) => Head::Row,
            (true, true) => Head::End,
            (true, false) => Head::Wait,
        }
    }

    /// Whether the row after this one has the same key. `None`: that row has not come yet.
    #[inline]
    pub fn repeats(&self, key: usize) -> Option<bool> {
        let Some(held) = self.batches.front() else { return Some(false) };
        if self.at + 1 < held.rows.rows() {
            let same = |column| held.rows.cell(self.at, column) == held.rows.cell(self.at + 1, column);
            return Some(held.repeats && (0..key).all(same));
        }
        match self.batches.get(1) {
            Some(next) => Some(next.joins),
            None => self.ended.then_some(false),
        }
    }

    #[inline]
    pub fn cell(&self, column: usize) -> Cell<'_> {
        self.batches.front().map_or(Cell::Null, |held| held.rows.cell(self.at, column))
    }

    #[inline]
    pub fn compare(&self, other: &Self, key: usize) -> Ordering {
        let orders = (0..key).map(|column| part(self.cell(column)).cmp(&part(other.cell(column))));
        orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Whether the rows at hand are the same, byte by byte.
    #[inline]
    pub fn is_same(&self, other: &Self) -> bool {
        let (Some(ours), Some(theirs)) = (self.batches.front(), other.batches.front()) else { return false };
        ours.rows.is_same(self.at, &theirs.rows, other.at)
    }

    /// The first columns of the row at hand.
    pub fn copy(&self, columns: usize) -> RowCopy {
        RowCopy::of((0..columns).map(|column| self.cell(column)))
    }

    #[inline]
    pub fn advance(&mut self) {
        self.at += 1;
        if self.batches.front().is_some_and(|held| self.at >= held.rows.rows()) {
            self.batches.pop_front();
            self.at = 0;
        }
    }

    /// Takes every row of this key. `false`: there may be more in a batch that has not come.
    pub fn gather(&mut self, key: &RowCopy, width: usize, into: &mut Gathered) -> Result<bool, MergeError> {
        loop {
            match self.head() {
                Head::Wait => return Ok(false),
                Head::End => return Ok(true),
                Head::Row => {}
            }
            if (0..width).any(|column| self.cell(column) != key.cell(column)) {
                return Ok(true);
            }
            let Some(columns) = self.batches.front().map(|held| held.rows.columns()) else { return Ok(true) };
            into.push(self.copy(columns))?;
            self.advance();
        }
    }
}
