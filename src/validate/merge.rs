//! Two streams of rows in key order become one stream of differences. Pure: batches go in, differences come out.
//!
//! Start at [`Merge::step`]. Memory is two batches a side. Rows with the same key are compared as multisets, also where the
//! key is said to be unique: a target without its constraint is exactly where a row comes twice. A stream that is not in
//! order is an error, never a comparison: then neither "missing" nor "equal" would mean anything. A value that is not of
//! its column's type is equal to nothing; where both sides have one, the pair of rows is not known to be equal or not.

mod pairs;
mod row;
mod stream;
#[cfg(test)]
mod tests;

pub use row::{Change, Difference, RowCopy, Rows};

use super::rules::Rules;
use crate::db::scan::Cell;
use row::part;
use std::cmp::Ordering;
use std::collections::{HashSet, VecDeque};
use stream::{Gathered, Head, Stream};

/// Most rows of one key that a side may have to be compared; more are no key.
const CROWD: usize = 100_000;
/// And the most memory that they may take, without those that are the same.
const CROWD_BYTES: usize = 32 * 1_024 * 1_024;

/// What comparing two rows came to.
#[derive(Default)]
pub(super) struct Compared {
    /// Columns that differ.
    pub columns: Vec<usize>,
    /// A column in which both sides have a value that is none.
    pub unreadable: Option<usize>,
}

pub(super) fn compared<'a>(
    shape: &Shape,
    source: impl Fn(usize) -> Cell<'a>,
    target: impl Fn(usize) -> Cell<'a>,
) -> Compared {
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

/// Rows with what they must have in common to be compared at all.
pub type Tagged = Vec<(u128, RowCopy)>;

/// Takes out the pairs of rows of one tag that are equal by bytes or by a rule, as many as there can be. Gives back what is
/// left of both sides in order, and how many pairs cannot be told, with a column because of which.
///
/// # Errors
/// Too many pairs to try.
#[allow(clippy::type_complexity, reason = "both sides and what cannot be told, used in two places")]
pub(super) fn paired(
    shape: &Shape,
    mut left: Tagged,
    mut right: Tagged,
) -> Result<(Tagged, Tagged, Option<(u64, usize)>), MergeError> {
    left.sort_unstable();
    right.sort_unstable();
    let trusts = shape.rules.iter().all(Rules::trusts_bytes);
    let mut taken = [vec![false; left.len()], vec![false; right.len()]];
    let mut unreadable: Option<(u64, usize)> = None;
    let mut from = 0;
    for ours in left.chunk_by(|(a, _), (b, _)| a == b) {
        let Some((tag, _)) = ours.first() else { continue };
        let others = right.partition_point(|(other, _)| other < tag);
        let theirs = &right[others..right.partition_point(|(other, _)| other <= tag)];
        let told = |a: usize, b: usize| compared(shape, |at| ours[a].1.cell(at), |at| theirs[b].1.cell(at));
        let same = if trusts { same(ours, theirs) } else { vec![None; theirs.len()] };
        let pairs = pairs::most(ours.len(), same, |a, b| told(a, b).columns.is_empty()).ok_or(MergeError::Alike)?;
        for (a, b) in pairs.iter().enumerate().filter_map(|(a, b)| Some((a, (*b)?))) {
            (taken[0][from + a], taken[1][others + b]) = (true, true);
            if let Some(column) = told(a, b).unreadable {
                let (number, first) = unreadable.unwrap_or((0, column));
                unreadable = Some((number + 1, first));
            }
        }
        from += ours.len();
    }
    let [left, right] = [(left, &taken[0]), (right, &taken[1])]
        .map(|(rows, taken)| rows.into_iter().zip(taken).filter(|(_, taken)| !**taken).map(|(row, _)| row).collect());
    Ok((left, right, unreadable))
}

/// For each row on the right one on the left that is the same byte by byte, each once. Both are in order.
fn same(left: &[(u128, RowCopy)], right: &[(u128, RowCopy)]) -> Vec<Option<usize>> {
    let mut at = 0;
    let alike = |row: &(u128, RowCopy)| {
        at += left[at..].iter().take_while(|ours| *ours < row).count();
        let found = (left.get(at) == Some(row)).then_some(at);
        at += usize::from(found.is_some());
        found
    };
    right.iter().map(alike).collect()
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

/// The rows cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    #[error("the {} did not give its rows in the order of the key", .0.word())]
    Disorder(Side),
    #[error("a key in the {} is not of its column's type", .0.word())]
    Misfit(Side),
    #[error(
        "too many rows have the same key, more than {CROWD} or {} MB of them: name a key that tells rows apart with --key",
        CROWD_BYTES >> 20
    )]
    Crowd,
    #[error(
        "too many rows are alike but for what a tolerance allows, and cannot be paired: name a key that tells rows apart \
         with --key"
    )]
    Alike,
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

/// Rows of one key that are gathered because there are several of them.
struct Crowd {
    key: RowCopy,
    source: Gathered,
    target: Gathered,
}

/// See the module's first paragraph.
pub struct Merge<R> {
    shape: Shape,
    /// Rows of equal bytes are equal.
    trusts: bool,
    source: Stream<R>,
    target: Stream<R>,
    crowd: Option<Crowd>,
    keys: u64,
    equal: u64,
    unreadable: u64,
    sample: Option<usize>,
    /// Names of keys for which it is worth knowing that they were met and equal.
    sought: HashSet<u64>,
    met: HashSet<u64>,
    /// Some key has several rows on a side, and they are not the same on the other.
    crowded: bool,
}

impl<R: Rows> Merge<R> {
    pub fn new(shape: Shape) -> Self {
        Self {
            trusts: shape.rules.iter().all(Rules::trusts_bytes),
            shape,
            source: Stream::new(Side::Source),
            target: Stream::new(Side::Target),
            crowd: None,
            keys: 0,
            equal: 0,
            unreadable: 0,
            sample: None,
            sought: HashSet::new(),
            met: HashSet::new(),
            crowded: false,
        }
    }

    /// The same, which remembers which of these keys it meets with one row on each side that are equal.
    #[must_use]
    pub fn seeking(self, sought: HashSet<u64>) -> Self {
        Self { sought, ..self }
    }

    /// Keys that were met, of those that are sought.
    pub fn met(&self) -> &HashSet<u64> {
        &self.met
    }

    /// Whether rows of one key differ where there are several on a side.
    pub fn is_crowded(&self) -> bool {
        self.crowded
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

    /// Keys that stood on either side so far, each once.
    pub fn keys(&self) -> u64 {
        self.keys
    }

    /// Pairs of rows that were found equal so far.
    pub fn equal(&self) -> u64 {
        self.equal
    }

    /// Pairs of rows of which nobody can say whether they are equal, and a column because of which.
    pub fn unreadable(&self) -> Option<(u64, usize)> {
        self.sample.map(|column| (self.unreadable, column))
    }

    /// The rows at hand are equal.
    fn meet(&mut self) {
        if !self.sought.is_empty() {
            let name = self.source.copy(self.shape.key).name();
            if self.sought.contains(&name) {
                self.met.insert(name);
            }
        }
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
                self.crowd = Some(Crowd { key, source: Gathered::default(), target: Gathered::default() });
                continue;
            }
            self.one(order, found);
        }
    }

    /// The ordinary case: at most one row of this key on each side.
    fn one(&mut self, order: Ordering, found: &mut impl FnMut(Difference)) {
        let key = self.shape.key;
        let whole = self.shape.rules.len();
        self.keys += 1;
        match order {
            // Nearly every row of nearly every table, at once.
            Ordering::Equal if self.trusts && self.source.is_same(&self.target) => {
                self.equal += 1;
                self.meet();
                self.source.advance();
                self.target.advance();
            }
            Ordering::Equal => {
                let Compared { columns, unreadable } =
                    compared(&self.shape, |at| self.source.cell(at), |at| self.target.cell(at));
                if columns.is_empty() {
                    self.is_equal(unreadable);
                    self.meet();
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
        let Crowd { key, source: Gathered { rows: mut source, .. }, target: Gathered { rows: mut target, .. } } = crowd;
        self.keys += 1;
        // The order among rows of one key is nobody's promise; sorted, the same rows always give the same answer.
        source.sort_unstable();
        target.sort_unstable();
        // Under a tolerance the row that is the same may be the only one that another could be paired with.
        let loose = self.shape.rules.iter().any(Rules::is_loose);
        let (mut unpaired, mut right) =
            if loose { (source, VecDeque::from(target)) } else { self.cancelled(source, target) };
        // Rows that only a rule makes equal.
        let ruled = !self.shape.rules.iter().all(Rules::is_exact) || unpaired.iter().any(RowCopy::has_misfit);
        if ruled {
            let tagged = |rows: Vec<RowCopy>| rows.into_iter().map(|row| (0, row)).collect();
            let before = unpaired.len();
            let (left, others, unreadable) = paired(&self.shape, tagged(unpaired), tagged(right.into()))?;
            let met = (before - left.len()) as u64;
            let (unknown, column) = unreadable.unwrap_or_default();
            self.equal += met - unknown;
            if unknown > 0 {
                self.unreadable += unknown;
                self.sample.get_or_insert(column);
            }
            unpaired = left.into_iter().map(|(_, row)| row).collect();
            right = others.into_iter().map(|(_, row)| row).collect();
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
            self.crowded = true;
            found(Difference { key, changes });
        }
        Ok(())
    }

    /// What is left when rows that are the same byte by byte have gone, each with one of the other side.
    fn cancelled(&mut self, source: Vec<RowCopy>, target: Vec<RowCopy>) -> (Vec<RowCopy>, VecDeque<RowCopy>) {
        let (mut left, mut right) = (Vec::new(), VecDeque::new());
        let (mut ours, mut theirs) = (source.into_iter().peekable(), target.into_iter().peekable());
        loop {
            let order = match (ours.peek(), theirs.peek()) {
                (Some(a), Some(b)) => a.cmp(b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return (left, right),
            };
            match order {
                Ordering::Equal if self.trusts => {
                    let misfit = ours.next().and_then(|row| {
                        (self.shape.key..row.columns()).find(|at| matches!(row.cell(*at), Cell::Misfit(_)))
                    });
                    self.is_equal(misfit);
                    theirs.next();
                }
                Ordering::Less | Ordering::Equal => left.extend(ours.next()),
                Ordering::Greater => right.extend(theirs.next()),
            }
        }
    }
}
