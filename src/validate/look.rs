//! One look at one range, or at a few keys of it: both sides are read at the same time and merged.

use super::merge::{Difference, Merge, MergeError, RowCopy, Shape, Side, Step};
use super::multiset::{Bag, Share};
use super::plan::{self, ColumnPlan, TablePlan};
use super::run::{Enough, Shared, Unit, stopped};
use super::wait::{let_go, next};
use crate::db::DbError;
use crate::db::scan::{Cell, Key, KeyRange, Rows, Scan, ScanColumn, ScanRequest};
use crate::model::canon::Canon;
use crate::model::untrusted::shown;
use crate::model::validation::{Method, SAID};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::atomic::Ordering;

/// Bytes of rows without a key that wait for their like, in one table.
const WAITING: usize = 8 * 1_024 * 1_024;

/// Why something was not looked at to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("interrupted")]
    Stopped,
    #[error("{0} rows differ, and it was to stop there: the rest was not compared")]
    Enough(u64),
    /// Another range of the same table failed.
    #[error("not looked at")]
    Skipped,
    #[error("{}: {error}", .side.word())]
    Db { side: Side, error: DbError },
    #[error(transparent)]
    Merge(#[from] MergeError),
    #[error(
        "{rows} pairs of rows cannot be told apart: both sides have a value in column {column} that is not of its type"
    )]
    Unreadable { rows: u64, column: String },
    #[error(
        "{0} differences ended because their rows are on neither side any more, each time all rows were read: they may \
         have moved among rows that had been read before. Compare it while less is changed"
    )]
    Vanished(u64),
    #[error(
        "no row that differs was found, and yet the source has {0} rows and the target {1}, and neither number changes"
    )]
    Uneven(u64, u64),
    #[error("{0}")]
    Altered(String),
    /// Results of statements that their rule says nothing about.
    #[error("{0}")]
    Unjudged(String),
}

impl Trouble {
    /// As it may be told. A server's own words may hold a value of a row.
    pub fn words(&self, values: bool) -> String {
        match self {
            Self::Db { error, .. } if values => match error.said() {
                Some(said) => format!("{self}{SAID}{said}"),
                None => self.to_string(),
            },
            _ => self.to_string(),
        }
    }
}

/// What one side is asked for.
pub(super) fn request(plan: &TablePlan, side: Side, rows: Rows) -> ScanRequest {
    let (name, of, filter): (_, fn(&ColumnPlan) -> &ScanColumn, _) = match side {
        Side::Source => (&plan.source, ColumnPlan::source, &plan.filter_source),
        Side::Target => (&plan.target, ColumnPlan::target, &plan.filter_target),
    };
    let columns = plan.columns.iter().map(|column| of(column).clone()).collect();
    let request = plan::request(name, columns, plan.key, rows);
    // Rows without a key have no order that both sides share.
    ScanRequest { filter: filter.clone(), ordered: plan.key > 0, ..request }
}

/// What a look has seen, also where it failed in the end.
#[derive(Default)]
pub(super) struct Looked {
    /// Rows of the source and of the target.
    pub rows: [u64; 2],
    /// Keys that stood on either side.
    pub keys: u64,
    /// Pairs of rows of which nobody can say whether they are equal, and a column because of which.
    pub unreadable: Option<(u64, usize)>,
    /// Of the keys that are watched, those that were met on both sides with one row each, which are equal.
    pub met: HashSet<u64>,
    /// Rows of one key differ where there are several: then meeting one of them says little.
    pub crowded: bool,
    /// Keys that differed in the whole table, where that was enough to leave the rest.
    pub enough: Option<u64>,
}

/// Compares the rows of a unit, all or those with these keys. `first`: this is the first look, which may find that it is
/// enough. `sought`: keys that are watched.
pub(super) async fn look(
    shared: &Shared,
    unit: &Unit,
    keys: Option<&[RowCopy]>,
    first: Option<&Enough>,
    sought: HashSet<u64>,
    found: &mut (impl FnMut(Difference) + Send),
) -> (Looked, Result<(), Trouble>) {
    let rows = match keys {
        None => unit.only.clone().unwrap_or_else(|| Rows::Range(unit.range.clone())),
        Some(keys) => Rows::Keys(keys.iter().map(bytes_of).collect()),
    };
    let mut looked = Looked::default();
    if unit.plan.method == Method::Multiset {
        let told = counted(shared, unit, &rows, (first, &mut looked), found).await;
        return (looked, told);
    }
    let mut scans = scans(shared, &unit.plan, &rows);
    let read = merged(shared, unit, &mut scans, (first, &mut looked), sought, found).await;
    if read.is_err() || looked.enough.is_some() {
        let [source, target] = scans;
        let_go(shared, source, target).await;
    }
    (looked, read)
}

fn scans(shared: &Shared, plan: &TablePlan, rows: &Rows) -> [Scan; 2] {
    [
        shared.source.scan(request(plan, Side::Source, rows.clone())),
        shared.target.scan(request(plan, Side::Target, rows.clone())),
    ]
}

/// Rows without a key, in as many passes as memory needs.
async fn counted(
    shared: &Shared,
    unit: &Unit,
    rows: &Rows,
    (first, looked): (Option<&Enough>, &mut Looked),
    found: &mut (impl FnMut(Difference) + Send),
) -> Result<(), Trouble> {
    let shape = Shape { key: 0, rules: unit.plan.rules.clone() };
    let mut waiting = vec![Share::default()];
    // Only the first pass counts rows: the others read them again.
    let mut counts = true;
    while let Some(share) = waiting.pop() {
        let mut bag = Bag::new(shape.clone(), share, WAITING);
        let mut scans = scans(shared, &unit.plan, rows);
        let filled = filled(shared, unit, &mut scans, &mut bag, (first, counts, looked)).await;
        if filled.is_err() {
            let [source, target] = scans;
            let_go(shared, source, target).await;
        }
        filled?;
        counts = false;
        let mut differing = 0;
        let (left, unreadable) = bag.end(&mut |difference| {
            differing += 1;
            found(difference);
        })?;
        waiting.extend(left);
        if let Some((rows, column)) = unreadable {
            looked.unreadable = Some((looked.unreadable.map_or(0, |(rows, _)| rows) + rows, column));
        }
        if let Some(enough) = first {
            looked.enough = is_enough(shared, unit, enough, differing);
            if looked.enough.is_some() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Reads both sides into a bag, whichever has had fewer rows first: then fewer wait for their like.
async fn filled(
    shared: &Shared,
    unit: &Unit,
    [source, target]: &mut [Scan; 2],
    bag: &mut Bag,
    (first, counts, looked): (Option<&Enough>, bool, &mut Looked),
) -> Result<(), Trouble> {
    let mut read = [0, 0];
    let mut ended = [false, false];
    let mut wish = shared.wish.clone();
    while ended != [true, true] {
        if first.is_some_and(|enough| enough.failed.load(Ordering::Relaxed)) {
            return Err(Trouble::Skipped);
        }
        let at = usize::from(ended[0] || !ended[1] && read[1] < read[0]);
        let (side, from) = if at == 0 { (Side::Source, &mut *source) } else { (Side::Target, &mut *target) };
        let batch = tokio::select! {
            biased;
            () = stopped(&mut wish) => return Err(Trouble::Stopped),
            batch = next(shared, side, from) => batch?,
        };
        let Some(batch) = batch else {
            ended[at] = true;
            continue;
        };
        let rows = batch.rows() as u64;
        read[at] += rows;
        if counts {
            looked.rows[at] += rows;
            unit.gauge(shared, side, first.is_some(), rows);
        }
        bag.push(side, &batch)?;
        if !shared.paced(rows).await {
            return Err(Trouble::Stopped);
        }
    }
    Ok(())
}

/// Adds up what differs at the first look; the sum, where that is enough to leave the rest.
fn is_enough(shared: &Shared, unit: &Unit, enough: &Enough, differing: u64) -> Option<u64> {
    shared.dial(&unit.plan).differing.fetch_add(differing, Ordering::Relaxed);
    let all = enough.differing.fetch_add(differing, Ordering::Relaxed) + differing;
    shared.options.stop_after.is_some_and(|most| all >= most).then_some(all)
}

async fn merged(
    shared: &Shared,
    unit: &Unit,
    [source, target]: &mut [Scan; 2],
    (first, looked): (Option<&Enough>, &mut Looked),
    sought: HashSet<u64>,
    found: &mut (impl FnMut(Difference) + Send),
) -> Result<(), Trouble> {
    let plan = &unit.plan;
    let mut merge = Merge::new(Shape { key: plan.key, rules: plan.rules.clone() }).seeking(sought);
    let mut wish = shared.wish.clone();
    loop {
        let mut differing = 0;
        let reached = merge.step(&mut |difference| {
            differing += 1;
            found(difference);
        })?;
        (looked.keys, looked.unreadable) = (merge.keys(), merge.unreadable());
        if let Some(enough) = first {
            looked.enough = is_enough(shared, unit, enough, differing);
            if looked.enough.is_some() {
                return Ok(());
            }
            if enough.failed.load(Ordering::Relaxed) {
                return Err(Trouble::Skipped);
            }
        }
        let side = match reached {
            Step::Done => {
                (looked.met, looked.crowded) = (merge.met().clone(), merge.is_crowded());
                break;
            }
            Step::Need(side) => side,
        };
        let from = match side {
            Side::Source => &mut *source,
            Side::Target => &mut *target,
        };
        let batch = tokio::select! {
            biased;
            () = stopped(&mut wish) => return Err(Trouble::Stopped),
            batch = next(shared, side, from) => batch?,
        };
        // No batch any more is what only an engine's own word for the end gives.
        let Some(batch) = batch else {
            merge.end(side);
            continue;
        };
        let rows = batch.rows() as u64;
        unit.gauge(shared, side, first.is_some(), rows);
        looked.rows[usize::from(side == Side::Target)] += rows;
        merge.push(side, batch)?;
        if !shared.paced(rows).await {
            return Err(Trouble::Stopped);
        }
    }
    Ok(())
}

/// What is said of rows that cannot be told apart.
pub(super) fn unreadable(plan: &TablePlan, (rows, column): (u64, usize)) -> Trouble {
    let column = plan.columns.get(column).map(|column| shown(&column.source.name).into_owned());
    Trouble::Unreadable { rows, column: column.unwrap_or_default() }
}

pub(super) fn bytes_of(key: &RowCopy) -> Key {
    let part = |at| match key.cell(at) {
        Cell::Value(bytes) | Cell::Misfit(bytes) => bytes.to_vec(),
        Cell::Null => Vec::new(),
    };
    Key((0..key.columns()).map(part).collect())
}

/// Whether rows can be read by this key alone: not where a part of it is NULL.
pub(super) fn is_whole(key: &RowCopy) -> bool {
    (0..key.columns()).all(|at| matches!(key.cell(at), Cell::Value(_)))
}

/// The ranges of a table, by the rows of its source. One, where either side would sort the whole table for each.
pub(super) async fn ranges(shared: &Shared, plan: &TablePlan) -> Result<Vec<KeyRange>, Trouble> {
    let [ours, theirs] = [Side::Source, Side::Target].map(|side| request(plan, side, plan::whole()));
    if !ours.is_served_by_index() || !theirs.is_served_by_index() {
        return Ok(vec![KeyRange::default()]);
    }
    let mut wish = shared.wish.clone();
    let ranges = tokio::select! {
        biased;
        () = stopped(&mut wish) => return Err(Trouble::Stopped),
        ranges = shared.source.ranges(&ours, shared.range_rows(plan)) => ranges,
    };
    ranges.map_err(|error| Trouble::Db { side: Side::Source, error })
}

/// Numbers of rows on both sides, taken at the same time.
pub(super) async fn counts(shared: &Shared, plan: &TablePlan) -> Result<(u64, u64), Trouble> {
    let mut source = shared.source.count(&plan.source.0, &plan.source.1, plan.filter_source.clone());
    let mut target = shared.target.count(&plan.target.0, &plan.target.1, plan.filter_target.clone());
    let mut wish = shared.wish.clone();
    let told = tokio::select! {
        biased;
        () = stopped(&mut wish) => Err(Trouble::Stopped),
        both = async { tokio::try_join!(number(&mut source, Side::Source), number(&mut target, Side::Target)) } => both,
    };
    if told.is_err() {
        let_go(shared, source, target).await;
    }
    told
}

/// The one number of a count.
async fn number(scan: &mut Scan, side: Side) -> Result<u64, Trouble> {
    let failed = |error| Trouble::Db { side, error };
    let mut number = None;
    while let Some(batch) = scan.next().await.map_err(failed)? {
        for row in 0..batch.rows() {
            if let Cell::Value(bytes) = batch.cell(row, 0) {
                number = Canon::Int.decode(bytes).parse().ok();
            }
        }
    }
    number.ok_or_else(|| failed(DbError::Unexpected("a count that is no number".to_owned())))
}

/// A value for JSON: integers as numbers, everything else as its text.
pub(super) fn json(canon: Canon, cell: Cell<'_>) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Value(bytes) => {
            let text = canon.decode(bytes);
            match canon {
                Canon::Int => text
                    .parse::<i64>()
                    .map(Value::from)
                    .or_else(|_| text.parse::<u64>().map(Value::from))
                    .unwrap_or(json!(text)),
                Canon::Bool => json!(text == "true"),
                _ => json!(text),
            }
        }
        Cell::Misfit(words) => json!(String::from_utf8_lossy(words)),
    }
}
