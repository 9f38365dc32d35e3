//! Rows without a key: how often each row is there, on both sides. Pure: rows go in, in any order and
//! from either side, and what has not cancelled out comes out. Start at [`Bag`].
//!
//! Memory is bounded: when too many rows wait for their like, the bag keeps those of one half of all hashes, and says
//! that the other half needs a pass of its own. A row that is equal only under a tolerance, or has a value that is not of
//! its column's type, has its hash without that column, so that it always meets what it could be equal to.
//!
//! Rows that are the same cancel out as they come. Under a tolerance one of them may have been the only partner of a third:
//! where rows of one hash are left on both sides, a pass of its own keeps all rows of that hash and pairs them as one.

use super::merge::{Change, Difference, MergeError, RowCopy, Shape, Side, paired};
use super::plan::fnv;
use super::rules::Rules;
use crate::db::scan::{Batch, Cell};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Most copies of one row that are listed as differences.
const COPIES: u64 = 100_000;

/// Bytes about a row that waits.
const ABOUT: usize = 96;

/// Rows whose hashes begin like this.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    bits: u32,
    beginning: u128,
    /// And are among these; then none cancel out before all are there.
    among: Option<Arc<BTreeSet<u128>>>,
}

impl Share {
    fn has(&self, hash: u128) -> bool {
        (self.bits == 0 || hash >> (u128::BITS - self.bits) == self.beginning)
            && self.among.as_ref().is_none_or(|among| among.contains(&hash))
    }

    /// Both halves.
    fn halves(&self) -> [Self; 2] {
        let half =
            |last| Self { bits: self.bits + 1, beginning: self.beginning << 1 | last, among: self.among.clone() };
        [0, 1].map(half)
    }
}

/// Pairs of rows that nobody can tell to be equal, and a column because of which.
pub type Unreadable = Option<(u64, usize)>;

/// Counts rows: up for those of the source, down for those of the target.
pub struct Bag {
    shape: Shape,
    share: Share,
    /// Other shares, which this pass has given up.
    left: Vec<Share>,
    held: HashMap<RowCopy, Held>,
    weight: usize,
    most: usize,
    unreadable: Unreadable,
    /// Some rows have cancelled out.
    met: bool,
}

struct Held {
    hash: u128,
    /// Of the source, of the target.
    rows: [u64; 2],
    /// The row as it came, where a rule has changed it.
    raw: Option<RowCopy>,
}

impl Bag {
    /// `most`: bytes that may wait.
    pub fn new(shape: Shape, part: Share, most: usize) -> Self {
        Self {
            shape,
            share: part,
            left: Vec::new(),
            held: HashMap::new(),
            weight: 0,
            most,
            unreadable: None,
            met: false,
        }
    }

    /// Takes the rows of a batch.
    pub fn push(&mut self, side: Side, batch: &Batch) -> Result<(), MergeError> {
        let exact = self.shape.rules.iter().all(Rules::is_exact);
        for row in 0..batch.rows() {
            let raw = RowCopy::of((0..batch.columns()).map(|column| batch.cell(row, column)));
            let (kept, raw) = if exact { (raw, None) } else { (settled(&self.shape.rules, &raw), Some(raw)) };
            let hash = hash(&self.shape.rules, &kept);
            if self.share.has(hash) {
                self.count(side, kept, raw, hash);
            }
        }
        self.halve()
    }

    fn count(&mut self, side: Side, row: RowCopy, raw: Option<RowCopy>, hash: u128) {
        let (ours, theirs) = if side == Side::Source { (0, 1) } else { (1, 0) };
        let Some(held) = self.held.get_mut(&row) else {
            self.weight += weight(&row, raw.as_ref());
            let mut rows = [0, 0];
            rows[ours] = 1;
            self.held.insert(row, Held { hash, rows, raw });
            return;
        };
        if held.rows[theirs] == 0 || self.share.among.is_some() {
            held.rows[ours] += 1;
            return;
        }
        self.met = true;
        // A value that is not of its type is equal to nothing, not even to itself.
        if let Some(column) = (0..row.columns()).find(|at| matches!(row.cell(*at), Cell::Misfit(_))) {
            self.unreadable = Some((self.unreadable.map_or(0, |(rows, _)| rows) + 1, column));
        }
        held.rows[theirs] -= 1;
        if held.rows == [0, 0] {
            let gone = self.held.remove(&row);
            self.weight -= weight(&row, gone.and_then(|held| held.raw).as_ref());
        }
    }

    /// Gives up half of all rows while too many wait.
    fn halve(&mut self) -> Result<(), MergeError> {
        while self.weight > self.most {
            if self.share.bits >= 64 {
                return Err(MergeError::Crowd);
            }
            let [kept, other] = self.share.halves();
            self.share = kept;
            self.left.push(other);
            let (kept, weight_of) = (&self.share, &mut self.weight);
            self.held.retain(|row, held| {
                let stays = kept.has(held.hash);
                if !stays {
                    *weight_of -= weight(row, held.raw.as_ref());
                }
                stays
            });
        }
        Ok(())
    }

    /// Both sides have ended. Hands over what is on one side only, and gives back which shares have not been looked at.
    pub fn end(mut self, found: &mut impl FnMut(Difference)) -> Result<(Vec<Share>, Unreadable), MergeError> {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for (row, held) in std::mem::take(&mut self.held) {
            let raw = held.raw.unwrap_or(row);
            for (rows, of) in held.rows.into_iter().zip([&mut ours, &mut theirs]) {
                if rows > COPIES {
                    return Err(MergeError::Crowd);
                }
                of.extend((0..rows).map(|_| (held.hash, raw.clone())));
            }
        }
        // What is equal under a tolerance has the same hash.
        let loose = self.shape.rules.iter().any(Rules::is_loose);
        let misfit = |rows: &[(u128, RowCopy)]| rows.iter().any(|(_, row)| row.has_misfit());
        if loose || misfit(&ours) && misfit(&theirs) {
            let (left, right, unreadable) = paired(&self.shape, ours, theirs)?;
            (ours, theirs) = (left, right);
            if let Some((rows, column)) = unreadable {
                self.unreadable = Some((self.unreadable.map_or(0, |(rows, _)| rows) + rows, column));
            }
            if loose && self.met {
                let tags = |rows: &[(u128, RowCopy)]| rows.iter().map(|(hash, _)| *hash).collect::<BTreeSet<u128>>();
                let both: BTreeSet<u128> = tags(&ours).intersection(&tags(&theirs)).copied().collect();
                if !both.is_empty() {
                    ours.retain(|(hash, _)| !both.contains(hash));
                    theirs.retain(|(hash, _)| !both.contains(hash));
                    self.left.push(Share { among: Some(Arc::new(both)), ..self.share.clone() });
                }
            }
        }
        ours.sort_unstable();
        theirs.sort_unstable();
        for (rows, change) in [(ours, Change::Missing as fn(RowCopy) -> Change), (theirs, Change::Extra)] {
            let mut rows = rows.into_iter().peekable();
            while let Some((hash, row)) = rows.next() {
                let mut changes = vec![change(row)];
                while let Some((_, row)) = rows.next_if(|(next, _)| *next == hash) {
                    changes.push(change(row));
                }
                found(Difference { key: name(hash), changes });
            }
        }
        Ok((self.left, self.unreadable))
    }
}

/// What a row comes to by the rules of its columns.
fn settled(rules: &[Rules], row: &RowCopy) -> RowCopy {
    let settled = |(at, rules): (usize, &Rules)| match row.cell(at) {
        Cell::Value(bytes) => rules.settled(Some(bytes)).map(std::borrow::Cow::into_owned),
        _ => None,
    };
    let cells: Vec<Option<Vec<u8>>> = rules.iter().enumerate().map(settled).collect();
    RowCopy::of(cells.iter().enumerate().map(|(at, settled)| match (row.cell(at), settled) {
        (Cell::Value(_), Some(bytes)) => Cell::Value(bytes),
        (Cell::Misfit(words), _) => Cell::Misfit(words),
        _ => Cell::Null,
    }))
}

fn hash(rules: &[Rules], row: &RowCopy) -> u128 {
    let mut bytes = Vec::with_capacity(64);
    for (at, rules) in rules.iter().enumerate() {
        match row.cell(at) {
            Cell::Value(value) if !rules.is_loose() => {
                bytes.push(1);
                bytes.extend_from_slice(&(value.len() as u64).to_be_bytes());
                bytes.extend_from_slice(value);
            }
            Cell::Null => bytes.push(0),
            _ => bytes.push(2),
        }
    }
    // The last step mixes what FNV leaves in the low bits into the high ones, by which rows are shared out.
    let hash = fnv(&bytes);
    (hash ^ hash >> 64).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
}

/// What tells a row from others that have no key either, see [`name`].
pub(super) fn hash_of(rules: &[Rules], row: &RowCopy) -> u128 {
    if rules.iter().all(Rules::is_exact) { hash(rules, row) } else { hash(rules, &settled(rules, row)) }
}

/// What a row without a key is called by.
pub(super) fn name(hash: u128) -> RowCopy {
    let digits = format!("{hash:032x}");
    RowCopy::of(std::iter::once(Cell::Value(digits.as_bytes())))
}

fn weight(row: &RowCopy, raw: Option<&RowCopy>) -> usize {
    row.weight() + raw.map_or(0, RowCopy::weight) + ABOUT
}

#[cfg(test)]
mod tests {
    use super::super::rules::Rule;
    use super::*;
    use crate::db::scan::BatchBuilder;
    use crate::model::canon::{Canon, Raw};
    use std::collections::BTreeMap;

    fn shape(rules: Vec<Rule>) -> Shape {
        Shape { key: 0, rules: vec![Rules::new(Canon::Int, Vec::new()), Rules::new(Canon::Float64, rules)] }
    }

    /// A number, and a float; a float below zero stands for a value that is none.
    fn batch(rows: &[(i64, f64)]) -> Batch {
        let mut builder = BatchBuilder::new(2);
        for (number, float) in rows {
            builder.push(Canon::Int, Raw::Int(*number));
            if *float < 0.0 {
                builder.push(Canon::Float64, Raw::Text(b"none"));
            } else {
                builder.push(Canon::Float64, Raw::Float64(*float));
            }
        }
        builder.take(true)
    }

    /// Every share to its end: rows that are missing and extra, by number, and how many cannot be told.
    fn counted(
        rules: &[&str],
        most: usize,
        ours: &[(i64, f64)],
        theirs: &[(i64, f64)],
    ) -> (BTreeMap<i64, i64>, u64, usize) {
        let rules: Vec<Rule> = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        let (mut shares, mut out, mut unreadable, mut passes) = (vec![Share::default()], BTreeMap::new(), 0, 0);
        while let Some(share) = shares.pop() {
            passes += 1;
            let mut bag = Bag::new(shape(rules.clone()), share, most);
            for (a, b) in ours
                .chunks(3)
                .map(Some)
                .chain(std::iter::repeat(None))
                .zip(theirs.chunks(3).map(Some).chain(std::iter::repeat(None)))
            {
                if a.is_none() && b.is_none() {
                    break;
                }
                bag.push(Side::Source, &batch(a.unwrap_or_default())).unwrap();
                bag.push(Side::Target, &batch(b.unwrap_or_default())).unwrap();
            }
            let (left, cannot) = bag
                .end(&mut |difference| {
                    for change in difference.changes {
                        let (row, step) = match change {
                            Change::Missing(row) => (row, 1),
                            Change::Extra(row) => (row, -1),
                            Change::Different { .. } => panic!("no row without a key is another"),
                        };
                        let Cell::Value(bytes) = row.cell(0) else { panic!("no number") };
                        *out.entry(Canon::Int.decode(bytes).parse().unwrap()).or_insert(0) += step;
                    }
                })
                .unwrap();
            shares.extend(left);
            unreadable += cannot.map_or(0, |(rows, _)| rows);
        }
        (out, unreadable, passes)
    }

    #[test]
    fn rows_cancel_out_by_what_they_are_however_often_and_in_whatever_order() {
        let ours = [(1, 0.5), (2, 0.5), (2, 0.5), (2, 0.5), (3, 1.0)];
        let theirs = [(3, 1.0), (2, 0.5), (4, 0.0), (1, 0.5)];
        let want = BTreeMap::from([(2, 2), (4, -1)]);
        assert_eq!(counted(&[], 1 << 20, &ours, &theirs), (want.clone(), 0, 1));
        let same = [(1, 0.5); 9];
        assert_eq!(counted(&[], 1 << 20, &same, &same).0, BTreeMap::new());
    }

    #[test]
    fn with_little_memory_there_are_more_passes_and_the_same_answer() {
        let ours: Vec<(i64, f64)> = (0..500).map(|number| (number, 0.25)).collect();
        let mut theirs: Vec<(i64, f64)> = ours.iter().rev().filter(|(number, _)| *number != 77).copied().collect();
        theirs.push((13, 0.25));
        let want = BTreeMap::from([(13, -1), (77, 1)]);
        for most in [1 << 20, 20_000, 3_000] {
            let (got, _, passes) = counted(&[], most, &ours, &theirs);
            assert_eq!(got, want, "{most}");
            assert_eq!(passes == 1, most == 1 << 20, "{most}: {passes}");
        }
    }

    #[test]
    fn rows_meet_what_only_a_rule_makes_equal_also_in_other_passes() {
        let ours: Vec<(i64, f64)> = (0..200).map(|number| (number, 1.0)).collect();
        let mut theirs: Vec<(i64, f64)> = ours.iter().rev().map(|(number, x)| (*number, x + 1e-12)).collect();
        theirs.push((7, 3.0));
        for most in [1 << 20, 9_000] {
            assert_eq!(counted(&["float:1e-9"], most, &ours, &theirs).0, BTreeMap::from([(7, -1)]), "{most}");
        }
        let apart = [(1, 1.0), (2, 5.0)];
        assert_eq!(
            counted(&["float:1e-9"], 1 << 20, &apart, &[(2, 5.0), (3, 1.0)]).0,
            BTreeMap::from([(1, 1), (3, -1)])
        );
        let rounded = counted(&["scale:2"], 1 << 20, &[(1, 0.123), (2, 0.5)], &[(1, 0.1249), (2, 0.501)]);
        assert_eq!(rounded.0, BTreeMap::new());
        assert_eq!(counted(&["scale:2"], 1 << 20, &[(1, 0.123)], &[(2, 0.123)]).0, BTreeMap::from([(1, 1), (2, -1)]));
    }

    #[test]
    fn a_row_that_is_the_same_goes_with_another_where_that_leaves_fewer_over() {
        // 1.00 is on both sides, and is the only one that 1.04 of the source and 0.96 of the target may go with.
        let (ours, theirs) = ([(1, 1.0), (1, 1.04), (2, 5.0)], [(1, 1.0), (1, 0.96), (2, 5.0)]);
        let turned = [ours[1], ours[0], ours[2]];
        for (ours, theirs) in [(ours, theirs), (turned, theirs), (theirs, ours)] {
            assert_eq!(counted(&["float:0.05"], 1 << 20, &ours, &theirs).0, BTreeMap::new(), "{ours:?}");
        }
        // What differs all the same is told once.
        let apart = [(1, 1.0), (1, 0.9), (2, 5.0)];
        assert_eq!(counted(&["float:0.05"], 1 << 20, &ours, &apart).0, BTreeMap::from([(1, 0)]));
        let mut many: Vec<(i64, f64)> = (10..300).map(|number| (number, 1.0)).collect();
        let mut others = many.clone();
        many.extend(ours);
        others.extend(theirs);
        for most in [1 << 20, 9_000] {
            assert_eq!(counted(&["float:0.05"], most, &many, &others).0, BTreeMap::new(), "{most}");
        }
    }

    #[test]
    fn a_value_that_is_none_is_equal_to_nothing_and_two_of_them_cannot_be_told() {
        assert_eq!(counted(&[], 1 << 20, &[(1, -1.0)], &[(1, 0.5)]).0.len(), 1);
        let (got, cannot, _) = counted(&[], 1 << 20, &[(1, -1.0), (2, 0.5)], &[(2, 0.5), (1, -1.0)]);
        assert_eq!((got, cannot), (BTreeMap::new(), 1));
    }

    #[test]
    fn copies_of_a_row_are_held_once() {
        let mut bag = Bag::new(shape(Vec::new()), Share::default(), 1 << 20);
        bag.push(Side::Source, &batch(&[(1, 0.5); 900])).unwrap();
        let mut all = Vec::new();
        bag.end(&mut |difference| all.extend(difference.changes)).unwrap();
        let rows = all.iter().map(|change| match change {
            Change::Missing(row) => row.clone(),
            other => panic!("{other:?}"),
        });
        let rows: Vec<RowCopy> = rows.collect();
        assert!(rows.len() == 900 && rows.iter().all(|row| row.is_in_one_place_with(&rows[0])));
    }
}
