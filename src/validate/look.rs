//! One look at one range, or at a few keys of it: both sides are read at the same time and merged.

use super::merge::{Difference, Merge, MergeError, RowCopy, Shape, Side, Step};
use super::plan::TablePlan;
use super::run::{Enough, Shared, Unit};
use crate::db::scan::{self, Batch, Cell, Key, KeyRange, ScanRequest};
use crate::db::{Database, DbError, Dialect};
use crate::model::canon::Canon;
use crate::model::untrusted::shown;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use tokio::sync::mpsc;

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
    #[error("{rows} pairs of rows cannot be told apart: both sides have a value in column {column} that is not of its type")]
    Unreadable { rows: u64, column: String },
    #[error("{0}")]
    Altered(String),
}

/// Requests for one side of a unit.
fn request(plan: &TablePlan, side: Side, rows: scan::Rows) -> ScanRequest {
    let ((schema, table), of): (_, fn(&super::plan::ColumnPlan) -> &scan::ScanColumn) = match side {
        Side::Source => (&plan.source, |column| &column.source),
        Side::Target => (&plan.target, |column| &column.target),
    };
    ScanRequest {
        schema: schema.clone(),
        table: table.clone(),
        columns: plan.columns.iter().map(|column| of(column).clone()).collect(),
        key: (0..plan.key).collect(),
        rows,
        filter: None,
        ordered: true,
    }
}

/// Compares the rows of a unit, all or those with these keys. Gives the numbers of rows that were read from the source and
/// from the target. `first`: this is the first look, which may find that it is enough.
pub(super) async fn look(
    shared: &Shared,
    unit: &Unit,
    keys: Option<&[RowCopy]>,
    first: Option<&Enough>,
    found: &mut (impl FnMut(Difference) + Send),
) -> Result<[u64; 2], Trouble> {
    let rows = match keys {
        None => scan::Rows::Range(unit.range.clone()),
        Some(keys) => scan::Rows::Keys(keys.iter().map(|key| bytes_of(key)).collect()),
    };
    let plan = &unit.plan;
    let mut source = scan::scan(&shared.source, request(plan, Side::Source, rows.clone()));
    let mut target = scan::scan(&shared.target, request(plan, Side::Target, rows));
    let mut merge = Merge::new(Shape { key: plan.key, rules: plan.rules.clone() });
    let mut stop = shared.stop.clone();
    loop {
        let mut differing = 0;
        let step = merge.step(&mut |difference| {
            differing += 1;
            found(difference);
        })?;
        if let Some(enough) = first {
            shared.gauge.differing.fetch_add(differing, Ordering::Relaxed);
            let all = enough.differing.fetch_add(differing, Ordering::Relaxed) + differing;
            if shared.options.stop_after.is_some_and(|most| all >= most) {
                return Err(Trouble::Enough(all));
            }
            if enough.failed.load(Ordering::Relaxed) {
                return Err(Trouble::Skipped);
            }
        }
        let side = match step {
            Step::Done => break,
            Step::Need(side) => side,
        };
        let (from, gauge) = match side {
            Side::Source => (&mut source, &shared.gauge.rows_source),
            Side::Target => (&mut target, &shared.gauge.rows_target),
        };
        let batch = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return Err(Trouble::Stopped),
            batch = next(from, side) => batch?,
        };
        let complete = batch.is_complete();
        if first.is_some() {
            gauge.fetch_add(batch.rows() as u64, Ordering::Relaxed);
        }
        merge.push(side, batch)?;
        if complete {
            merge.end(side);
        }
    }
    if let Some((rows, column)) = merge.unreadable() {
        let column = plan.columns.get(column).map(|column| shown(&column.source.name).into_owned());
        return Err(Trouble::Unreadable { rows, column: column.unwrap_or_default() });
    }
    Ok([merge.rows(Side::Source), merge.rows(Side::Target)])
}

async fn next(from: &mut mpsc::Receiver<Result<Batch, DbError>>, side: Side) -> Result<Batch, Trouble> {
    let silent = || DbError::Unexpected("the rows ended without the server saying so".to_owned());
    from.recv().await.unwrap_or_else(|| Err(silent())).map_err(|error| Trouble::Db { side, error })
}

fn bytes_of(key: &RowCopy) -> Key {
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

/// The ranges of a table, by the rows of its source.
pub(super) async fn ranges(shared: &Shared, plan: &TablePlan) -> Result<Vec<KeyRange>, Trouble> {
    todo!()
}

/// Numbers of rows on both sides, taken at the same time.
pub(super) async fn counts(shared: &Shared, plan: &TablePlan) -> Result<(u64, u64), Trouble> {
    todo!()
}

/// A value for JSON: integers as numbers, everything else as its text.
pub(super) fn json(canon: Canon, cell: Cell<'_>) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Value(bytes) => {
            let text = canon.decode(bytes);
            match canon {
                Canon::Int => text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from)).unwrap_or(json!(text)),
                Canon::Bool => json!(text == "true"),
                _ => json!(text),
            }
        }
        Cell::Misfit(words) => json!(String::from_utf8_lossy(words)),
    }
}
