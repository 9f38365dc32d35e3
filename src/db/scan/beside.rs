//! Where the neighbours of a row stand: the key so many rows above it, and so many below, along the index.

use super::sql::Part;
use super::{Bound, Key, KeyRange, Rows, ScanRequest, Scanner};
use crate::db::error::DbError;

/// From `rows` rows below a key to `rows` rows above it, in the order of the key. Without a bound where there are fewer.
pub(super) async fn around(
    scanner: &Scanner,
    request: &ScanRequest,
    key: &Key,
    rows: u64,
) -> Result<KeyRange, DbError> {
    let Some(after) = rows.checked_sub(1) else {
        let bound = Some(Bound { key: key.clone(), inclusive: true });
        return Ok(KeyRange { from: bound.clone(), to: bound });
    };
    let beyond = Bound { key: key.clone(), inclusive: false };
    let above = KeyRange { from: Some(beyond.clone()), to: None };
    let below = KeyRange { from: None, to: Some(beyond) };
    let to = one(scanner, request, above, Part::After(after)).await?;
    let from = one(scanner, request, below, Part::Before(after)).await?;
    let bound = |key: Option<Key>| key.map(|key| Bound { key, inclusive: true });
    Ok(KeyRange { from: bound(from), to: bound(to) })
}

/// The key of the one row that such a part has.
async fn one(scanner: &Scanner, request: &ScanRequest, range: KeyRange, part: Part) -> Result<Option<Key>, DbError> {
    let columns: Vec<_> = request.key.iter().filter_map(|at| request.columns.get(*at)).cloned().collect();
    let request =
        ScanRequest { key: (0..columns.len()).collect(), columns, rows: Rows::Range(range), ..request.clone() };
    let mut scan = scanner.run(request, part);
    let mut found = None;
    while let Some(batch) = scan.next().await? {
        let key = |row| (0..batch.columns()).map(|column| batch.value(row, column).map(<[u8]>::to_vec)).collect();
        // A key with a NULL bounds nothing.
        found = (0..batch.rows()).next().and_then(key).map(Key).or(found);
    }
    Ok(found)
}
