//! Two streams of rows in key order become one stream of differences. Pure: batches go in, differences come out.
//!
//! Start at [`Merge::step`]. Memory is two batches a side. Rows with the same key are compared as multisets, also where the
//! key is said to be unique: a target without its constraint is exactly where a row comes twice. A stream that is not in
//! order is an error, never a comparison: then neither "missing" nor "equal" would mean anything. A value that is not of
//! its column's type is equal to nothing; where both sides have one, the pair of rows is not known to be equal or not.

use super::rules::Rules;
use crate::db::scan::{Batch, Cell};
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Most rows of one key that are held to be compared; more are no key (about 64 MB of ordinary rows).
const CROWD: usize = 100_000;

/// Most pairs of rows of one key that are tried under a rule.
const TRIALS: usize = 10_000_000;

/// A batch of rows as canonical bytes.
pub trait Rows {
    fn rows(&self) -> usize;
    fn columns(&self) -> usize;
    fn cell(&self, row: usize, column: usize) -> Cell<'_>;
}

impl Rows for Batch {
    fn rows(&self) -> usize {
        self.rows()
    }

    fn columns(&self) -> usize {
        self.columns()
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        self.cell(row, column)
    }
}

/// A part of a key. NULL comes first. A misfit is not let into a key, see [`MergeError::Misfit`].
fn part(cell: Cell<'_>) -> Option<&[u8]> {
    match cell {
        Cell::Null => None,
        Cell::Value(bytes) | Cell::Misfit(bytes) => Some(bytes),
    }
}

/// What comparing two rows came to.
#[derive(Default)]
struct Compared {
    /// Columns that differ.
    columns: Vec<usize>,
    /// A column in which both sides have a value that is none.
    unreadable: Option<usize>,
}

fn compared<'a>(shape: &Shape, source: impl Fn(usize) -> Cell<'a>, target: impl Fn(usize) -> Cell<'a>) -> Compared {
    let mut out = Compared::default();
    for (at, rules) in shape.rules.iter().enumerate().skip(shape.key) {
        let same = match (source(at), target(at)) {
            (Cell::Misfit(_), Cell::Misfit(_)) => {
                out.unreadable.get_or_insert(at);
                true
            }
            (Cell::Misfit(_), _) | (_, Cell::Misfit(_)) => false,
            (a, b) => rules.agree(part(a), part(b)),
        };
        if !same {
            out.columns.push(at);
        }
    }
    out
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Source,
    Target,
}

/// What is needed to compare two rows: the first columns are the key, the others are compared by their rules.
#[derive(Debug, Clone)]
pub struct Shape {
    pub key: usize,
    /// One for each column, the key's too.
    pub rules: Vec<Rules>,
}

/// One row on its own: one arena, an end for each column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowCopy {
    bytes: Vec<u8>,
    /// What each value is, and where it ends in `bytes`.
    ends: Vec<(Is, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Is {
    Null,
    Value,
    Misfit,
}

impl RowCopy {
    pub fn of<'a>(cells: impl Iterator<Item = Cell<'a>>) -> Self {
        let mut row = Self { bytes: Vec::new(), ends: Vec::new() };
        for cell in cells {
            row.bytes.extend_from_slice(part(cell).unwrap_or_default());
            let is = match cell {
                Cell::Null => Is::Null,
                Cell::Value(_) => Is::Value,
                Cell::Misfit(_) => Is::Misfit,
            };
            row.ends.push((is, row.bytes.len()));
        }
        row
    }

    pub fn columns(&self) -> usize {
        self.ends.len()
    }

    /// A column that is not there is NULL.
    pub fn cell(&self, column: usize) -> Cell<'_> {
        let Some((is, end)) = self.ends.get(column) else { return Cell::Null };
        let from = column.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |(_, end)| *end);
        let bytes = self.bytes.get(from..*end).unwrap_or_default();
        match is {
            Is::Null => Cell::Null,
            Is::Value => Cell::Value(bytes),
            Is::Misfit => Cell::Misfit(bytes),
        }
    }
}

/// What is wrong with one row of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// On both sides and not equal in these columns.
    Different { source: RowCopy, target: RowCopy, columns: Vec<usize> },
    /// In the source only.
    Missing(RowCopy),
    /// In the target only.
    Extra(RowCopy),
}

/// Everything that is wrong with the rows of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The key's columns only.
    pub key: RowCopy,
    pub changes: Vec<Change>,
}

impl Difference {
    /// The same key with the same rows on both sides has the same mark.
    pub fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for change in &self.changes {
            match change {
                Change::Different { source, target, .. } => (0, source, target).hash(&mut hasher),
                Change::Missing(row) => (1, row).hash(&mut hasher),
                Change::Extra(row) => (2, row).hash(&mut hasher),
            }
        }
        hasher.finish()
    }

    /// The same key has the same name.
    pub fn name(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.key.hash(&mut hasher);
        hasher.finish()
    }
}

/// The rows cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    #[error("the {} did not give its rows in the order of the key", .0.word())]
    Disorder(Side),
    #[error("a key in the {} is not of its column's type", .0.word())]
    Misfit(Side),
    #[error("more than {CROWD} rows have the same key: name a key that tells rows apart with --key")]
    Crowd,
}

impl Side {
    pub fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }
}

/// What a step ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing goes on without another batch of this side, or its end.
    Need(Side),
    /// Both sides have ended.
    Done,
}

/// A batch that waits, and what was found out about its keys when it came.
struct Held<R> {
    rows: R,
    /// Some key stands twice in it.
    repeats: bool,
    /// Its first key is the last one of the batch before.
    joins: bool,
}

struct Stream<R> {
    side: Side,
    batches: VecDeque<Held<R>>,
    at: usize,
    ended: bool,
    /// Key of the last row that came.
    last: Option<RowCopy>,
    rows: u64,
}

enum Head {
    Row,
    End,
    Wait,
}

/// Rows of one key that are gathered because there are several of them.
struct Crowd {
    key: RowCopy,
    source: Vec<RowCopy>,
    target: Vec<RowCopy>,
}

/// See the module's first paragraph.
pub struct Merge<R> {
    shape: Shape,
    source: Stream<R>,
    target: Stream<R>,
    crowd: Option<Crowd>,
    equal: u64,
    unreadable: u64,
    sample: Option<usize>,
}

impl<R: Rows> Merge<R> {
    pub fn new(shape: Shape) -> Self {
        Self {
            shape,
            source: Stream::new(Side::Source),
            target: Stream::new(Side::Target),
            crowd: None,
            equal: 0,
            unreadable: 0,
            sample: None,
        }
    }

    /// Another batch of one side.
    pub fn push(&mut self, side: Side, rows: R) -> Result<(), MergeError> {
        let key = self.shape.key;
        self.stream(side).push(rows, key)
    }

    /// This side has no more rows.
    pub fn end(&mut self, side: Side) {
        self.stream(side).ended = true;
    }

    /// Rows that came from one side so far.
    pub fn rows(&self, side: Side) -> u64 {
        match side {
            Side::Source => self.source.rows,
            Side::Target => self.target.rows,
        }
    }

    /// Pairs of rows that were found equal so far.
    pub fn equal(&self) -> u64 {
        self.equal
    }

    /// Pairs of rows of which nobody can say whether they are equal, and a column because of which.
    pub fn unreadable(&self) -> Option<(u64, usize)> {
        self.sample.map(|column| (self.unreadable, column))
    }

    fn is_equal(&mut self, unreadable: Option<usize>) {
        match unreadable {
            None => self.equal += 1,
            Some(column) => {
                self.unreadable += 1;
                self.sample.get_or_insert(column);
            }
        }
    }

    fn stream(&mut self, side: Side) -> &mut Stream<R> {
        match side {
            Side::Source => &mut self.source,
            Side::Target => &mut self.target,
        }
    }

    /// Goes on as far as the batches go; hands over each difference as it is found, in key order.
    pub fn step(&mut self, found: &mut impl FnMut(Difference)) -> Result<Step, MergeError> {
        let key = self.shape.key;
        loop {
            if let Some(mut crowd) = self.crowd.take() {
                let needs = if !self.source.gather(&crowd.key, key, &mut crowd.source)? {
                    Some(Side::Source)
                } else if !self.target.gather(&crowd.key, key, &mut crowd.target)? {
                    Some(Side::Target)
                } else {
                    None
                };
                if let Some(side) = needs {
                    self.crowd = Some(crowd);
                    return Ok(Step::Need(side));
                }
                self.settle(crowd, found)?;
                continue;
            }
            let order = match (self.source.head(), self.target.head()) {
                (Head::Wait, _) => return Ok(Step::Need(Side::Source)),
                (_, Head::Wait) => return Ok(Step::Need(Side::Target)),
                (Head::End, Head::End) => return Ok(Step::Done),
                (Head::Row, Head::End) => Ordering::Less,
                (Head::End, Head::Row) => Ordering::Greater,
                (Head::Row, Head::Row) => self.source.compare(&self.target, key),
            };
            let mut several = false;
            for (stream, concerned) in [(&self.source, order.is_le()), (&self.target, order.is_ge())] {
                if concerned {
                    match stream.repeats(key) {
                        None => return Ok(Step::Need(stream.side)),
                        Some(again) => several |= again,
                    }
                }
            }
            if several {
                let stream = if order.is_le() { &self.source } else { &self.target };
                let key = stream.copy(key);
                self.crowd = Some(Crowd { key, source: Vec::new(), target: Vec::new() });
                continue;
            }
            self.one(order, found);
        }
    }

    /// The ordinary case: at most one row of this key on each side.
    fn one(&mut self, order: Ordering, found: &mut impl FnMut(Difference)) {
        let key = self.shape.key;
        let whole = self.shape.rules.len();
        match order {
            Ordering::Equal => {
                let Compared { columns, unreadable } =
                    compared(&self.shape, |at| self.source.cell(at), |at| self.target.cell(at));
                if columns.is_empty() {
                    self.is_equal(unreadable);
                } else {
                    let (source, target) = (self.source.copy(whole), self.target.copy(whole));
                    let changes = vec![Change::Different { source, target, columns }];
                    found(Difference { key: self.source.copy(key), changes });
                }
                self.source.advance();
                self.target.advance();
            }
            Ordering::Less => {
                let changes = vec![Change::Missing(self.source.copy(whole))];
                found(Difference { key: self.source.copy(key), changes });
                self.source.advance();
            }
            Ordering::Greater => {
                let changes = vec![Change::Extra(self.target.copy(whole))];
                found(Difference { key: self.target.copy(key), changes });
                self.target.advance();
            }
        }
    }

    /// Compares all rows of one key as multisets: first those that are equal leave, then the others are paired.
    fn settle(&mut self, crowd: Crowd, found: &mut impl FnMut(Difference)) -> Result<(), MergeError> {
        let Crowd { key, mut source, mut target } = crowd;
        // The order among rows of one key is nobody's promise; sorted, the same rows always give the same answer.
        source.sort_unstable();
        target.sort_unstable();
        let (mut left, mut right) = (Vec::new(), VecDeque::new());
        let (mut ours, mut theirs) = (source.into_iter().peekable(), target.into_iter().peekable());
        loop {
            let order = match (ours.peek(), theirs.peek()) {
                (Some(a), Some(b)) => a.cmp(b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            match order {
                Ordering::Equal => {
                    let misfit = ours.next().and_then(|row| {
                        (self.shape.key..row.columns()).find(|at| matches!(row.cell(*at), Cell::Misfit(_)))
                    });
                    self.is_equal(misfit);
                    theirs.next();
                }
                Ordering::Less => left.extend(ours.next()),
                Ordering::Greater => right.extend(theirs.next()),
            }
        }
        // Rows that only a rule makes equal.
        let misfit = |row: &RowCopy| row.ends.iter().any(|(is, _)| *is == Is::Misfit);
        let ruled = !self.shape.rules.iter().all(Rules::is_exact) || left.iter().any(misfit);
        if ruled && left.len().saturating_mul(right.len()) > TRIALS {
            return Err(MergeError::Crowd);
        }
        let mut unpaired = Vec::new();
        for row in left {
            if !ruled {
                unpaired.push(row);
                continue;
            }
            let alike = |other: &RowCopy| {
                let told = compared(&self.shape, |at| row.cell(at), |at| other.cell(at));
                told.columns.is_empty().then_some(told.unreadable)
            };
            match right.iter().enumerate().find_map(|(at, other)| Some((at, alike(other)?))) {
                Some((at, unreadable)) => {
                    self.is_equal(unreadable);
                    right.remove(at);
                }
                None => unpaired.push(row),
            }
        }
        let mut changes = Vec::new();
        for source in unpaired {
            changes.push(match right.pop_front() {
                Some(target) => {
                    let columns = compared(&self.shape, |at| source.cell(at), |at| target.cell(at)).columns;
                    Change::Different { source, target, columns }
                }
                None => Change::Missing(source),
            });
        }
        changes.extend(right.into_iter().map(Change::Extra));
        if !changes.is_empty() {
            found(Difference { key, changes });
        }
        Ok(())
    }
}

impl<R: Rows> Stream<R> {
    fn new(side: Side) -> Self {
        Self { side, batches: VecDeque::new(), at: 0, ended: false, last: None, rows: 0 }
    }

    fn push(&mut self, rows: R, key: usize) -> Result<(), MergeError> {
        let count = rows.rows();
        if count == 0 {
            return Ok(());
        }
        let order = |a: usize, b: usize| {
            (0..key).map(|c| part(rows.cell(a, c)).cmp(&part(rows.cell(b, c)))).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        };
        if (0..count).any(|row| (0..key).any(|column| matches!(rows.cell(row, column), Cell::Misfit(_)))) {
            return Err(MergeError::Misfit(self.side));
        }
        let mut repeats = false;
        for row in 1..count {
            match order(row - 1, row) {
                Ordering::Less => {}
                Ordering::Equal => repeats = true,
                Ordering::Greater => return Err(MergeError::Disorder(self.side)),
            }
        }
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

    fn head(&self) -> Head {
        match (self.batches.is_empty(), self.ended) {
            (false, _) => Head::Row,
            (true, true) => Head::End,
            (true, false) => Head::Wait,
        }
    }

    /// Whether the row after this one has the same key. `None`: that row has not come yet.
    fn repeats(&self, key: usize) -> Option<bool> {
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

    fn cell(&self, column: usize) -> Cell<'_> {
        self.batches.front().map_or(Cell::Null, |held| held.rows.cell(self.at, column))
    }

    fn compare(&self, other: &Self, key: usize) -> Ordering {
        let orders = (0..key).map(|column| part(self.cell(column)).cmp(&part(other.cell(column))));
        orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// The first columns of the row at hand.
    fn copy(&self, columns: usize) -> RowCopy {
        RowCopy::of((0..columns).map(|column| self.cell(column)))
    }

    fn advance(&mut self) {
        self.at += 1;
        if self.batches.front().is_some_and(|held| self.at >= held.rows.rows()) {
            self.batches.pop_front();
            self.at = 0;
        }
    }

    /// Takes every row of this key. `false`: there may be more in a batch that has not come.
    fn gather(&mut self, key: &RowCopy, width: usize, into: &mut Vec<RowCopy>) -> Result<bool, MergeError> {
        loop {
            match self.head() {
                Head::Wait => return Ok(false),
                Head::End => return Ok(true),
                Head::Row => {}
            }
            if (0..width).any(|column| self.cell(column) != key.cell(column)) {
                return Ok(true);
            }
            if into.len() >= CROWD {
                return Err(MergeError::Crowd);
            }
            let Some(columns) = self.batches.front().map(|held| held.rows.columns()) else { return Ok(true) };
            into.push(self.copy(columns));
            self.advance();
        }
    }
}

#[cfg(test)]
mod tests;
