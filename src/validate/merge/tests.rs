//! Merging against sets of rows, in batches of every size; order, rules and values that are none.

use super::super::rules::Rules;
use super::*;
use crate::model::canon::{Canon, Raw};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// One key column and one value column; small numbers, so that keys and values meet often.
type Pair = (Option<u8>, Option<u8>);

struct Batch(Vec<[Option<Vec<u8>>; 2]>);

impl Rows for Batch {
    fn rows(&self) -> usize {
        self.0.len()
    }

    fn columns(&self) -> usize {
        2
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        match self.0[row][column].as_deref() {
            None => Cell::Null,
            // A text stands for a value that is none.
            Some(b"misfit") => Cell::Misfit(b"misfit"),
            Some(bytes) => Cell::Value(bytes),
        }
    }
}

fn batch(rows: &[Pair]) -> Batch {
    Batch(rows.iter().map(|(key, value)| [key.map(|k| vec![k]), value.map(|v| vec![v])]).collect())
}

fn shape(rules: Vec<super::super::rules::Rule>) -> Shape {
    Shape { key: 1, rules: vec![Rules::new(Canon::Bytes, Vec::new()), Rules::new(Canon::Bytes, rules)] }
}

/// Merges two lists cut into batches of these sizes.
fn merged(source: &[Pair], target: &[Pair], size: usize, shape: Shape) -> Result<(Vec<Difference>, u64), MergeError> {
    let mut merge = Merge::new(shape);
    let (mut sources, mut targets) = (source.chunks(size), target.chunks(size));
    let mut found = Vec::new();
    loop {
        match merge.step(&mut |difference| found.push(difference))? {
            Step::Done => return Ok((found, merge.equal())),
            Step::Need(of) => {
                let chunks = if of == Side::Source { &mut sources } else { &mut targets };
                match chunks.next() {
                    Some(rows) => merge.push(of, batch(rows))?,
                    None => merge.end(of),
                }
            }
        }
    }
}

/// Different, missing and extra rows of each key.
fn told(found: &[Difference]) -> BTreeMap<Option<u8>, [usize; 3]> {
    let count = |difference: &Difference| {
        let mut counts = [0; 3];
        for change in &difference.changes {
            counts[match change {
                Change::Different { .. } => 0,
                Change::Missing(_) => 1,
                Change::Extra(_) => 2,
            }] += 1;
        }
        (part(difference.key.cell(0)).map(|key| key[0]), counts)
    };
    found.iter().map(count).collect()
}

/// The same by sets of rows, without any order or batch.
fn expected(source: &[Pair], target: &[Pair]) -> (BTreeMap<Option<u8>, [usize; 3]>, u64) {
    let mut keys: BTreeMap<Option<u8>, (Vec<Pair>, Vec<Pair>)> = BTreeMap::new();
    for row in source {
        keys.entry(row.0).or_default().0.push(*row);
    }
    for row in target {
        keys.entry(row.0).or_default().1.push(*row);
    }
    let mut equal = 0;
    let mut out = BTreeMap::new();
    for (key, (ours, mut theirs)) in keys {
        let mut left = 0;
        for row in ours {
            match theirs.iter().position(|other| *other == row) {
                Some(at) => {
                    theirs.remove(at);
                    equal += 1;
                }
                None => left += 1,
            }
        }
        let different = left.min(theirs.len());
        if left + theirs.len() > 0 {
            out.insert(key, [different, left - different, theirs.len() - different]);
        }
    }
    (out, equal)
}

proptest! {
    #[test]
    fn whatever_differs_is_found_whatever_the_batches_are(
        mut source in vec((proptest::option::of(0u8..12), proptest::option::of(0u8..3)), 0..40),
        mut target in vec((proptest::option::of(0u8..12), proptest::option::of(0u8..3)), 0..40),
        size in 1usize..9,
    ) {
        // Only the key is in order: rows of one key come as they like.
        source.sort_by_key(|row| row.0);
        target.sort_by_key(|row| row.0);
        let (found, equal) = merged(&source, &target, size, shape(Vec::new())).unwrap();
        prop_assert_eq!((told(&found), equal), expected(&source, &target));
        let (again, _) = merged(&source, &target, 1000, shape(Vec::new())).unwrap();
        prop_assert_eq!(&again, &found);
    }

    #[test]
    fn keys_that_are_not_in_order_are_an_error(
        rows in vec((0u8..9).prop_map(|key| (Some(key), Some(0))), 0..20), size in 1usize..5
    ) {
        let ordered = rows.is_sorted();
        prop_assert_eq!(merged(&rows, &rows, size, shape(Vec::new())).is_ok(), ordered);
        let mut sorted = rows.clone();
        sorted.sort_unstable();
        let told = merged(&sorted, &rows, size, shape(Vec::new()));
        prop_assert!(ordered || told == Err(MergeError::Disorder(Side::Target)));
    }
}

#[test]
fn the_same_rows_have_the_same_mark_and_others_another() {
    let of = |source: &[Pair], target: &[Pair]| merged(source, target, 3, shape(Vec::new())).unwrap().0.remove(0);
    let one = of(&[(Some(1), Some(1)), (Some(1), Some(2))], &[(Some(1), Some(3))]);
    let turned = of(&[(Some(1), Some(2)), (Some(1), Some(1))], &[(Some(1), Some(3))]);
    let other = of(&[(Some(1), Some(2)), (Some(1), Some(1))], &[(Some(1), Some(4))]);
    assert_eq!((one.mark(), one.name()), (turned.mark(), turned.name()));
    assert_eq!(one.name(), other.name());
    assert_ne!(one.mark(), other.mark());
    // Null and empty, and where one value ends and the next begins, are part of a row.
    let missing = |values: [Option<&[u8]>; 2]| {
        let row = RowCopy::of(values.into_iter().map(|value| value.map_or(Cell::Null, Cell::Value)));
        Difference { key: row.clone(), changes: vec![Change::Missing(row)] }.mark()
    };
    let all =
        [[Some(&b"ab"[..]), Some(b"c")], [Some(b"a"), Some(b"bc")], [Some(b"abc"), None], [Some(b"abc"), Some(b"")]];
    let marks: std::collections::BTreeSet<u64> = all.into_iter().map(missing).collect();
    assert_eq!(marks.len(), all.len());
}

#[test]
fn a_rule_makes_rows_equal_also_among_rows_of_one_key() {
    let rules = vec![super::super::rules::Rule::Pad];
    // The second column is bytes, whose padding is zero bytes.
    let source = [(Some(1), Some(0)), (Some(2), Some(0)), (Some(2), Some(7))];
    let target = [(Some(1), Some(0)), (Some(2), Some(7)), (Some(2), Some(0))];
    let (found, equal) = merged(&source, &target, 2, shape(rules)).unwrap();
    assert_eq!((found, equal), (vec![], 3));
    let empty = Batch(vec![[Some(vec![1]), Some(vec![])], [Some(vec![1]), Some(vec![5])]]);
    let padded = Batch(vec![[Some(vec![1]), Some(vec![5])], [Some(vec![1]), Some(vec![0])]]);
    let mut merge = Merge::new(shape(vec![super::super::rules::Rule::Pad]));
    merge.push(Side::Source, empty).unwrap();
    merge.push(Side::Target, padded).unwrap();
    merge.end(Side::Source);
    merge.end(Side::Target);
    let mut found = Vec::new();
    assert_eq!(merge.step(&mut |difference| found.push(difference)), Ok(Step::Done));
    assert_eq!((found, merge.equal()), (vec![], 2));
}

#[test]
fn a_value_that_is_none_is_equal_to_nothing_and_where_both_have_one_nobody_knows() {
    let row = |key: u8, value: &[u8]| [Some(vec![key]), Some(value.to_vec())];
    let none = b"misfit";
    let batches = |side: Side| {
        let (one, three, five) = match side {
            Side::Source => (&none[..], &none[..], vec![row(5, none), row(5, b"x")]),
            Side::Target => (&b"x"[..], &none[..], vec![row(5, b"x"), row(5, none)]),
        };
        let rows = [vec![row(1, one), row(3, three)], five].concat();
        Batch(rows)
    };
    let mut merge = Merge::new(shape(Vec::new()));
    for side in [Side::Source, Side::Target] {
        merge.push(side, batches(side)).unwrap();
        merge.end(side);
    }
    let mut found = Vec::new();
    assert_eq!(merge.step(&mut |difference| found.push(difference)), Ok(Step::Done));
    assert_eq!(told(&found), BTreeMap::from([(Some(1), [1, 0, 0])]));
    assert_eq!((merge.keys(), merge.equal(), merge.unreadable()), (3, 1, Some((2, 1))));
    let mut merge = Merge::new(shape(Vec::new()));
    let wrong = Batch(vec![[Some(none.to_vec()), None]]);
    assert_eq!(merge.push(Side::Target, wrong), Err(MergeError::Misfit(Side::Target)));
}

#[test]
fn under_a_tolerance_as_many_rows_of_one_key_are_paired_as_there_can_be() {
    let shape = || Shape {
        key: 1,
        rules: vec![
            Rules::new(Canon::Bytes, Vec::new()),
            Rules::new(Canon::Decimal, vec!["float:0.05".parse().unwrap()]),
        ],
    };
    let numbers = |all: &[&str]| {
        let cell = |number: &&str| [Some(vec![1]), Canon::Decimal.bytes(Raw::Digits(number.as_bytes())).ok()];
        Batch(all.iter().map(cell).collect())
    };
    for (ours, theirs, want) in [
        // 100 is the same on both sides, and yet each has to go with another.
        (&["100", "104"][..], &["96", "100"][..], vec![]),
        (&["96", "100"], &["100", "104"], vec![]),
        (&["100", "100", "104"], &["96", "100", "100"], vec![]),
        (&["100", "104"], &["90", "100"], vec![[1, 0, 0]]),
        (&["100", "104", "104"], &["100"], vec![[0, 2, 0]]),
    ] {
        let mut merge = Merge::new(shape());
        for (side, rows) in [(Side::Source, ours), (Side::Target, theirs)] {
            merge.push(side, numbers(rows)).unwrap();
            merge.end(side);
        }
        let mut found = Vec::new();
        assert_eq!(merge.step(&mut |difference| found.push(difference)), Ok(Step::Done));
        assert_eq!(told(&found).into_values().collect::<Vec<_>>(), want, "{ours:?} {theirs:?}");
    }
}

#[test]
fn rows_of_one_key_are_held_once_each_and_not_without_end() {
    let row = |nth: u8| [Some(vec![7]), Some(vec![nth; 1 << 20])];
    let crowd = |rows: u8, each: &dyn Fn(u8) -> u8| {
        let mut merge = Merge::new(shape(Vec::new()));
        merge.end(Side::Target);
        let mut found = Vec::new();
        for nth in 0..rows {
            merge.push(Side::Source, Batch(vec![row(each(nth))]))?;
            merge.step(&mut |difference| found.push(difference))?;
        }
        merge.end(Side::Source);
        merge.step(&mut |difference| found.push(difference))?;
        Ok::<_, MergeError>(found.pop().unwrap().changes)
    };
    let rows = crowd(90, &|nth| nth % 2).unwrap();
    let first = |byte: u8| {
        let row = |change: &Change| match change {
            Change::Missing(row) => (row.cell(1) == Cell::Value(&vec![byte; 1 << 20])).then(|| row.clone()),
            other => panic!("{other:?}"),
        };
        rows.iter().filter_map(row).collect::<Vec<RowCopy>>()
    };
    for rows in [first(0), first(1)] {
        assert!(rows.len() == 45 && rows.iter().all(|row| row.is_in_one_place_with(&rows[0])));
    }
    assert_eq!(crowd(40, &|nth| nth), Err(MergeError::Crowd));
}
