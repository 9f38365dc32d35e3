//! What need not be read, because the sums that both servers made of it are the same. Start at [`narrow`].
//!
//! Sums only say where to look. Groups that differ are read and compared as rows, by the same way as everything else, so
//! differences, waits and answers do not know that there were sums. Where more than a fifth of the groups differ the rest
//! of the table is read as it is: that is cheaper, and no less exact.

use super::look::{self, Trouble};
use super::merge::Side;
use super::plan::TablePlan;
use super::rules::{Rule, Rules};
use super::run::{Enough, Shared, Unit, stopped};
use super::unit::Part;
use super::wait::{let_go, next};
use crate::db::DbError;
use crate::db::scan::digest::{self, Digest, Form, Groups, Hash, Treat, Written};
use crate::db::scan::{Bound, Cell, Key, KeyRange, Rows, Scan};
use crate::model::canon::{Canon, Raw};
use crate::model::untrusted::shown;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// One of so many groups that differ is the most that is worth a second look.
const FEW: usize = 5;

/// How the rows of a unit are summed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// One for each column of the plan.
    pub written: Vec<Written>,
    pub hash: Hash,
    pub groups: Groups,
}

/// How each column of a plan is written by the servers; or which one they cannot write, and why.
pub(super) fn written(plan: &TablePlan) -> Result<Vec<Written>, String> {
    let columns = plan.columns.iter().zip(&plan.rules);
    columns
        .map(|(column, rules)| {
            let name = shown(&column.source.name);
            let treat = treat(rules).map_err(|rule| format!("{name} has the rule {rule}"))?;
            Form::of(&column.source, &column.target, treat).map_err(|reason| format!("{name} {reason}"))
        })
        .collect()
}

/// What a server can do about these rules; or the rule that it cannot follow.
fn treat(rules: &Rules) -> Result<Treat, Rule> {
    let mut treat = Treat::default();
    for rule in rules.list() {
        match rule {
            Rule::TimestampTruncate(digits) if treat.cut.is_none() => treat.cut = Some(*digits),
            Rule::Pad => treat.pad = true,
            Rule::EmptyIsNull => treat.empty_is_null = true,
            other => return Err(other.clone()),
        }
    }
    Ok(treat)
}

/// Rows and sum of one group; a sum that is none is equal to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    rows: u64,
    sum: String,
}

impl Sum {
    /// Every row of it could be hashed.
    fn is_whole(&self) -> bool {
        self.sum.len() < digest::UNHASHED.len()
    }
}

/// By the number of the group.
pub(super) type SumsOf = BTreeMap<i64, Sum>;

/// Leaves out of a unit what is the same by its sums. `None`: nothing is left to be read, and `part` says it all.
pub(super) async fn narrow(
    shared: &Shared,
    unit: &Unit,
    enough: &Enough,
    part: &mut Part,
) -> Result<Option<Unit>, Trouble> {
    let whole = |unit: &Unit| Unit { sums: None, ..unit.clone() };
    let Some(sums) = unit.sums.as_ref().filter(|_| !enough.streams.load(Ordering::Relaxed)) else {
        return Ok(Some(whole(unit)));
    };
    let began;
    let [ours, theirs] = {
        let Some(_turn) = shared.turn().await else { return Err(Trouble::Stopped) };
        if enough.failed.load(Ordering::Relaxed) {
            return Err(Trouble::Skipped);
        }
        began = shared.now();
        both(shared, &unit.plan, Rows::Range(unit.range.clone()), sums).await?
    };
    let rows = [&ours, &theirs].map(|side| side.values().map(|group| group.rows).sum::<u64>());
    let (differing, groups) = differing(&ours, &theirs);
    part.by_sums = differing.iter().any(|number| are_apart(ours.get(number), theirs.get(number)));
    if differing.len() * FEW > groups && differing.len() > 1 {
        enough.streams.store(true, Ordering::Relaxed);
        return Ok(Some(whole(unit)));
    }
    let dial = shared.dial(&unit.plan);
    dial.rows_source.fetch_add(rows[0], Ordering::Relaxed);
    dial.rows_target.fetch_add(rows[1], Ordering::Relaxed);
    part.rows = rows;
    part.seen = Some((began, shared.now()));
    if !shared.paced(rows[0] + rows[1]).await {
        return Err(Trouble::Stopped);
    }
    if differing.is_empty() {
        return Ok(None);
    }
    Ok(Some(Unit { only: Some(rows_of(&unit.range, &sums.groups, &differing)), ..whole(unit) }))
}

/// Groups that are not known to be the same, and how many there are in all.
fn differing(ours: &SumsOf, theirs: &SumsOf) -> (Vec<i64>, usize) {
    let same = |number: &i64| {
        let (one, other) = (ours.get(number), theirs.get(number));
        one == other && one.is_some_and(Sum::is_whole)
    };
    let mut all: Vec<i64> = ours.keys().chain(theirs.keys()).copied().collect();
    all.sort_unstable();
    all.dedup();
    let groups = all.len();
    all.retain(|number| !same(number));
    (all, groups)
}

/// Whether sums say that rows differ, and not only that they do not know.
fn are_apart(ours: Option<&Sum>, theirs: Option<&Sum>) -> bool {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => {
            ours.rows != theirs.rows || ours.is_whole() && theirs.is_whole() && ours.sum != theirs.sum
        }
        (ours, theirs) => ours.is_some() || theirs.is_some(),
    }
}

/// Sums of both sides, made at the same time.
pub(super) async fn both(shared: &Shared, plan: &TablePlan, rows: Rows, sums: &Sums) -> Result<[SumsOf; 2], Trouble> {
    let asked = |side| Digest {
        of: look::request(plan, side, rows.clone()),
        written: sums.written.clone(),
        hash: sums.hash,
        groups: sums.groups.clone(),
    };
    let mut ours = shared.source.digest(asked(Side::Source));
    let mut theirs = shared.target.digest(asked(Side::Target));
    let mut wish = shared.wish.clone();
    let told = tokio::select! {
        biased;
        () = stopped(&mut wish) => Err(Trouble::Stopped),
        told = async { tokio::try_join!(read(shared, &mut ours, Side::Source), read(shared, &mut theirs, Side::Target)) } => told,
    };
    if told.is_err() {
        let_go(shared, ours, theirs).await;
    }
    told.map(|(ours, theirs)| [ours, theirs])
}

async fn read(shared: &Shared, scan: &mut Scan, side: Side) -> Result<SumsOf, Trouble> {
    let failed = |error| Trouble::Db { side, error };
    let mut sums = SumsOf::new();
    while let Some(batch) = next(shared, side, scan).await? {
        for row in 0..batch.rows() {
            let text = |column, canon: Canon| match batch.cell(row, column) {
                Cell::Value(bytes) => Some(canon.decode(bytes)),
                _ => None,
            };
            let number = text(digest::GROUP, Canon::Int).and_then(|text| text.parse().ok());
            let rows = text(digest::COUNT, Canon::Int).and_then(|text| text.parse().ok());
            let sum = text(digest::SUM, Canon::Decimal);
            let (Some(number), Some(rows), Some(sum)) = (number, rows, sum) else {
                return Err(failed(DbError::Unexpected("a sum that is no number".to_owned())));
            };
            if sums.insert(number, Sum { rows, sum }).is_some() {
                return Err(failed(DbError::Unexpected("two sums of one group".to_owned())));
            }
        }
    }
    Ok(sums)
}

/// The rows of some groups.
fn rows_of(range: &KeyRange, groups: &Groups, numbers: &[i64]) -> Rows {
    match groups {
        Groups::Hash(hashed) => {
            let numbers = numbers.iter().filter_map(|number| u64::try_from(*number).ok()).collect();
            Rows::Hashed(hashed.clone(), numbers)
        }
        Groups::Span(span) => {
            let span = i128::from(*span);
            let ends = |number: i64| {
                let first = i128::from(number) * span;
                // Division towards zero puts both sides of zero into one group.
                match number {
                    0 => (1 - span, span - 1),
                    1.. => (first, first + span - 1),
                    _ => (first - span + 1, first),
                }
            };
            Rows::Ranges(runs(numbers).map(|(from, to)| between(range, ends(from).0, ends(to).1)).collect())
        }
        Groups::Bounds(bounds) => {
            let bound = |number: i64| usize::try_from(number).ok().and_then(|number| bounds.get(number));
            let from = |number| match bound(number - 1) {
                Some(key) => Some(Bound { key: key.clone(), inclusive: false }),
                None => range.from.clone(),
            };
            let to = |number| match bound(number) {
                Some(key) => Some(Bound { key: key.clone(), inclusive: true }),
                None => range.to.clone(),
            };
            Rows::Ranges(runs(numbers).map(|(first, last)| KeyRange { from: from(first), to: to(last) }).collect())
        }
    }
}

/// Numbers that follow each other, from the first to the last of each run.
fn runs(numbers: &[i64]) -> impl Iterator<Item = (i64, i64)> {
    numbers.chunk_by(|one, next| one + 1 == *next).filter_map(|run| Some((*run.first()?, *run.last()?)))
}

/// A range of integers, within another range.
fn between(range: &KeyRange, from: i128, to: i128) -> KeyRange {
    let key = |number: i128| {
        let number = number.clamp(i128::from(i64::MIN), i128::from(u64::MAX));
        let raw = match (i64::try_from(number), u64::try_from(number)) {
            (Ok(number), _) => Raw::Int(number),
            (_, Ok(number)) => Raw::Uint(number),
            _ => return None,
        };
        Canon::Int.bytes(raw).ok().map(|bytes| Bound { key: Key(vec![bytes]), inclusive: true })
    };
    let tighter = |outer: &Option<Bound>, inner: Option<Bound>, lower: bool| match (outer, inner) {
        (Some(outer), Some(inner)) => {
            // At the same key the outer one may leave it out.
            let outside = if lower { outer.key < inner.key } else { outer.key > inner.key };
            Some(if outside { inner } else { outer.clone() })
        }
        (outer, inner) => inner.or_else(|| outer.clone()),
    };
    KeyRange { from: tighter(&range.from, key(from), true), to: tighter(&range.to, key(to), false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(number: i64, inclusive: bool) -> Bound {
        Bound { key: Key(vec![Canon::Int.bytes(Raw::Int(number)).unwrap()]), inclusive }
    }

    fn sums(all: &[(i64, u64, &str)]) -> SumsOf {
        all.iter().map(|(number, rows, sum)| (*number, Sum { rows: *rows, sum: (*sum).to_owned() })).collect()
    }

    #[test]
    fn groups_differ_by_rows_or_sum_or_where_a_row_has_no_hash() {
        let ours = sums(&[(-1, 2, "9"), (0, 2, "9"), (1, 2, "9"), (2, 2, "9"), (5, 1, digest::UNHASHED)]);
        let theirs = sums(&[(-1, 2, "9"), (0, 2, "8"), (1, 3, "9"), (3, 1, "1"), (5, 1, digest::UNHASHED)]);
        assert_eq!(differing(&ours, &theirs), (vec![0, 1, 2, 3, 5], 6));
        assert_eq!(differing(&SumsOf::new(), &SumsOf::new()), (vec![], 0));
        let apart = |number| are_apart(ours.get(&number), theirs.get(&number));
        // Of the last nobody knows anything.
        assert_eq!([0, 1, 2, 3, 5].map(apart), [true, true, true, true, false]);
    }

    #[test]
    fn a_group_of_integers_is_the_range_that_division_towards_zero_makes() {
        let whole = KeyRange::default();
        let part = KeyRange { from: Some(bound(-4, false)), to: Some(bound(25, true)) };
        for (range, numbers, want) in [
            (&whole, &[1][..], vec![(bound(10, true), bound(19, true))]),
            (&whole, &[0], vec![(bound(-9, true), bound(9, true))]),
            (&whole, &[-1], vec![(bound(-19, true), bound(-10, true))]),
            (&whole, &[-1, 0, 1, 3], vec![(bound(-19, true), bound(19, true)), (bound(30, true), bound(39, true))]),
            (&part, &[0, 2], vec![(bound(-4, false), bound(9, true)), (bound(20, true), bound(25, true))]),
        ] {
            let Rows::Ranges(got) = rows_of(range, &Groups::Span(10), numbers) else { panic!("no ranges") };
            let got: Vec<_> = got.into_iter().map(|range| (range.from.unwrap(), range.to.unwrap())).collect();
            assert_eq!(got, want, "{numbers:?}");
        }
        // The ends of all integers are not passed.
        let Rows::Ranges(got) = rows_of(&whole, &Groups::Span(1_000), &[i64::MAX / 1_000 * 3]) else { panic!() };
        assert!(got[0].from.as_ref().unwrap().key <= got[0].to.as_ref().unwrap().key);
    }

    #[test]
    fn groups_between_bounds_end_where_the_unit_ends() {
        let range = KeyRange { from: Some(bound(0, false)), to: Some(bound(100, true)) };
        let groups = Groups::Bounds([10, 20].iter().map(|number| bound(*number, true).key).collect());
        for (numbers, want) in [
            (&[0][..], vec![(bound(0, false), bound(10, true))]),
            (&[1], vec![(bound(10, false), bound(20, true))]),
            (&[2], vec![(bound(20, false), bound(100, true))]),
            (&[0, 1, 2], vec![(bound(0, false), bound(100, true))]),
            (&[0, 2], vec![(bound(0, false), bound(10, true)), (bound(20, false), bound(100, true))]),
        ] {
            let Rows::Ranges(got) = rows_of(&range, &groups, numbers) else { panic!("no ranges") };
            let got: Vec<_> = got.into_iter().map(|range| (range.from.unwrap(), range.to.unwrap())).collect();
            assert_eq!(got, want, "{numbers:?}");
        }
    }

    #[test]
    fn a_rule_goes_to_the_servers_only_where_they_know_it() {
        let of = |rules: &[&str]| treat(&Rules::new(Canon::Text, rules.iter().map(|r| r.parse().unwrap()).collect()));
        assert_eq!(of(&["pad", "empty-is-null"]), Ok(Treat { cut: None, pad: true, empty_is_null: true }));
        assert_eq!(of(&["timestamp-truncate:3"]), Ok(Treat { cut: Some(3), ..Treat::default() }));
        for rule in ["timestamp-round:3", "scale:2", "float:1e-9", "json"] {
            assert_eq!(of(&[rule]).unwrap_err().to_string(), rule);
        }
    }
}
