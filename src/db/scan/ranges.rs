//! Where to cut a table, so that each part has about as many rows: by rows, not by the space of keys, which may have
//! gaps of any size.

use super::condition::enclosed;
use super::sql::{Part, without_null};
use super::{Batch, Key, KeyRange, Rows, ScanRequest, Scanner};
use crate::db::dialect::Dialect;
use crate::db::error::DbError;
use crate::model::canon::Canon;
use crate::model::engine::Engine;

/// Sampled rows behind each bound: they come in blocks of dozens, and fewer would leave ranges of any size.
const PER_BOUND: f64 = 1_000.0;
/// The same for groups, which may be of any size: they only have to be small.
const PER_CUT: f64 = 40.0;
/// Sampled rows in all, however many ranges there are.
const SAMPLE: f64 = 100_000.0;
/// A row of unknown size, with the engine's own bytes about it.
const ROW_BYTES: f64 = 60.0;

pub(super) async fn ranges(
    scanner: &Scanner,
    request: &ScanRequest,
    rows_per_range: u64,
) -> Result<Vec<KeyRange>, DbError> {
    let mut request = of_key_alone(request);
    // Where no index serves the order every range would read the whole table.
    if !request.is_served_by_index() || rows_per_range == 0 {
        return Ok(KeyRange::between(Vec::new()));
    }
    let dialect = scanner.database().dialect();
    leave_out_null(dialect, &mut request);
    let bounds = if dialect.engine == Engine::PostgreSql {
        sampled(scanner, request, rows_per_range, PER_BOUND).await?
    } else {
        walked(scanner, &mut request, rows_per_range).await?
    };
    Ok(KeyRange::between(bounds))
}

/// The key of the row behind so many others.
pub(super) async fn key_after(scanner: &Scanner, request: &ScanRequest, rows: u64) -> Result<Option<Key>, DbError> {
    let mut request = of_key_alone(request);
    leave_out_null(scanner.database().dialect(), &mut request);
    let mut found = None;
    let mut scan = scanner.run(request, Part::After(rows));
    while let Some(batch) = scan.next().await? {
        found = (batch.rows() > 0).then(|| key(&batch, 0)).or(found);
    }
    Ok(found)
}

fn leave_out_null(dialect: &Dialect, request: &mut ScanRequest) {
    if let Some(condition) = without_null(dialect, request) {
        request.filter = Some(match request.filter.take() {
            Some(filter) => format!("{} AND {condition}", enclosed(&filter)),
            None => condition,
        });
    }
}

/// Many bounds at once, each behind about so many rows.
pub(super) async fn cuts(scanner: &Scanner, request: &ScanRequest, rows: u64) -> Result<Vec<Key>, DbError> {
    let mut request = of_key_alone(request);
    let dialect = scanner.database().dialect();
    leave_out_null(dialect, &mut request);
    match dialect.engine {
        Engine::PostgreSql => sampled(scanner, request, rows, PER_CUT).await,
        Engine::MySql => {
            // The order is asked for so that an index is walked; it is not relied on.
            let mut bounds = Vec::new();
            let mut scan = scanner.run(ScanRequest { ordered: false, ..request }, Part::Every(rows));
            while let Some(batch) = scan.next().await? {
                bounds.extend((0..batch.rows()).map(|row| key(&batch, row)));
            }
            bounds.sort_unstable();
            bounds.dedup();
            Ok(bounds)
        }
        Engine::Sqlite => walked(scanner, &mut request, rows).await,
    }
}

fn of_key_alone(request: &ScanRequest) -> ScanRequest {
    let columns: Vec<_> = request.key.iter().filter_map(|at| request.columns.get(*at)).cloned().collect();
    ScanRequest {
        key: (0..columns.len()).collect(),
        columns,
        rows: Rows::Range(KeyRange::default()),
        ..request.clone()
    }
}

/// PostgreSQL: some blocks of the table, sorted here.
#[allow(clippy::cast_precision_loss, reason = "counts of rows, far below 2^53")]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a step within the sample")]
async fn sampled(
    scanner: &Scanner,
    mut request: ScanRequest,
    rows_per_range: u64,
    per_bound: f64,
) -> Result<Vec<Key>, DbError> {
    let described = scanner.describe(&request.schema, &request.table).await?;
    let by_size = described.bytes.unwrap_or_default() as f64 / ROW_BYTES;
    let known = described.rows.filter(|rows| *rows > 0);
    let known = match known {
        // Columns are cheap to count there, and of its bytes nobody else may know.
        None if scanner.database().dialect().redshift => Some(counted(scanner, &request).await?),
        known => known,
    };
    let rows = known.map_or(by_size, |rows| rows as f64);
    let wanted = (rows / rows_per_range as f64 * per_bound).clamp(PER_BOUND * 2.0, SAMPLE);
    let percent = (wanted / rows.max(1.0) * 100.0).clamp(0.001, 100.0);
    request.ordered = false;
    let part = if percent < 100.0 { Part::Sample(percent) } else { Part::Whole };
    let mut keys = Vec::new();
    let mut scan = scanner.run(request, part);
    while let Some(batch) = scan.next().await? {
        keys.extend((0..batch.rows()).map(|row| key(&batch, row)));
    }
    keys.sort_unstable();
    let step = ((rows_per_range as f64 * percent / 100.0) as usize).max(1);
    // The last sampled key ends no range: what is above it would be a range of its own.
    let last = keys.len().saturating_sub(step / 2 + 1);
    let mut bounds: Vec<Key> = keys.into_iter().take(last).skip(step - 1).step_by(step).collect();
    // Many rows of one key cannot be cut.
    bounds.dedup();
    Ok(bounds)
}

async fn counted(scanner: &Scanner, request: &ScanRequest) -> Result<u64, DbError> {
    let mut scan = scanner.count(&request.schema, &request.table, request.filter.clone());
    let mut rows = 0;
    while let Some(batch) = scan.next().await? {
        for row in 0..batch.rows() {
            let number = batch.value(row, 0).and_then(|bytes| Canon::Int.decode(bytes).parse().ok());
            rows = number.ok_or_else(|| DbError::Unexpected("a count that is no number".to_owned()))?;
        }
    }
    Ok(rows)
}

/// MySQL and SQLite: from bound to bound along the index.
async fn walked(scanner: &Scanner, request: &mut ScanRequest, rows_per_range: u64) -> Result<Vec<Key>, DbError> {
    let mut bounds: Vec<Key> = Vec::new();
    loop {
        let mut found = None;
        let mut scan = scanner.run(request.clone(), Part::After(rows_per_range - 1));
        while let Some(batch) = scan.next().await? {
            found = (batch.rows() > 0).then(|| key(&batch, 0)).or(found);
        }
        let Some(bound) = found else { break };
        // Beyond the last bound by its own condition; anything else would go round for ever.
        if bounds.last().is_some_and(|last| *last >= bound) {
            break;
        }
        request.rows =
            Rows::Range(KeyRange { from: Some(super::Bound { key: bound.clone(), inclusive: false }), to: None });
        bounds.push(bound);
    }
    Ok(bounds)
}

fn key(batch: &Batch, row: usize) -> Key {
    Key((0..batch.columns()).map(|column| batch.value(row, column).unwrap_or_default().to_vec()).collect())
}
