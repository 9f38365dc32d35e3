//! Rows whose parent is gone: counting them, telling which, and what may be done about them.
//!
//! Start at [`count`]. MATCH SIMPLE: no column is null and there is no such parent; MATCH FULL: also any mix of nulls and
//! values. Compared as the engine compares, and only in tables that the key means (partitions, not heirs).

use super::keys::Key;
use super::{Finding, TableName};
use crate::db::catalogue::{fields, text};
use crate::db::dialect::{Dialect, Engine};
use crate::db::error::DbError;
use crate::db::session::Session;
use crate::model::refresh::Orphans;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

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

impl From<Orphans> for Policy {
    fn from(orphans: Orphans) -> Self {
        match orphans {
            Orphans::Fail => Self::Fail,
            Orphans::Report => Self::Report,
            Orphans::Null => Self::Null,
            Orphans::Delete => Self::Delete,
        }
    }
}

/// About so many rows are mended in one transaction.
pub const BATCH: u32 = 5_000;

/// One row, one number: how many orphans there are.
pub fn count(key: &Key) -> String {
    format!("SELECT count(*) FROM {} WHERE {}", child(key), condition(key))
}

/// The keys of some orphans, as text: the child's primary key, or the key's own columns where it has none.
pub fn sample(key: &Key, limit: u32) -> String {
    let sql = Dialect::of(key.engine);
    let cast = if key.engine == Engine::MySql { "CHAR" } else { "text" };
    let columns: Vec<String> =
        sample_columns(key).iter().map(|name| format!("CAST(c.{} AS {cast})", sql.quoted(name))).collect();
    format!("SELECT {} FROM {} WHERE {} LIMIT {limit}", columns.join(", "), child(key), condition(key))
}

/// Names of the columns that [`sample`] gives.
pub fn sample_columns(key: &Key) -> &[String] {
    if key.child_key.is_empty() { &key.columns } else { &key.child_key }
}

/// The child as `c`, without heirs.
fn child(key: &Key) -> String {
    format!("{} {}c", only(key, &key.child, key.child_is_partitioned), alias(key))
}

fn alias(key: &Key) -> &'static str {
    if key.engine == Engine::PostgreSql { "AS " } else { "" }
}

fn only(key: &Key, table: &TableName, is_partitioned: bool) -> String {
    let heirs_are_others = key.engine == Engine::PostgreSql && !is_partitioned;
    format!("{}{}", if heirs_are_others { "ONLY " } else { "" }, table.sql(key.engine))
}

/// What makes a row `c` an orphan.
fn condition(key: &Key) -> String {
    let sql = Dialect::of(key.engine);
    let each = |what: &str, with: &str| {
        let parts: Vec<String> = key.columns.iter().map(|name| format!("c.{} IS {what}", sql.quoted(name))).collect();
        parts.join(with)
    };
    let mut alone = each("NOT NULL", " AND ");
    if key.parent_exists {
        let parent = only(key, &key.parent, key.parent_is_partitioned);
        let matches = key.matches.join(" AND ");
        let _ = write!(alone, " AND NOT EXISTS (SELECT 1 FROM {parent} {}p WHERE {matches})", alias(key));
    }
    if key.match_full && key.columns.len() > 1 {
        let (some_null, some_value) = (each("NULL", " OR "), each("NOT NULL", " OR "));
        format!("((({some_null}) AND ({some_value})) OR ({alone}))")
    } else {
        alone
    }
}

/// The statement that mends at most about `batch` rows: run it, each time in a transaction of its own, until it touches no
/// row. `None` for `fail` and `report`, and an error where the policy cannot be carried out: no column may be null.
pub fn mend(key: &Key, policy: Policy, batch: u32) -> Result<Option<String>, String> {
    let sql = Dialect::of(key.engine);
    let delete = match policy {
        Policy::Fail | Policy::Report => return Ok(None),
        Policy::Delete => true,
        Policy::Null => false,
    };
    if !delete && (key.settable.is_empty() || key.match_full && key.settable.len() < key.columns.len()) {
        return Err(format!("orphans of {} cannot be set to null: its columns are NOT NULL or computed", key.ident));
    }
    let nulls = |prefix: &str| {
        let parts: Vec<String> =
            key.settable.iter().map(|name| format!("{prefix}{} = NULL", sql.quoted(name))).collect();
        parts.join(", ")
    };
    let (child, table, condition) = (child(key), key.child.sql(key.engine), condition(key));
    let found = |columns: &str| format!("SELECT {columns} FROM {child} WHERE {condition} LIMIT {batch}");
    Ok(Some(match key.engine {
        // Places of rows are only of one kind within one table.
        Engine::PostgreSql if key.child_is_partitioned => {
            let found = found("c.tableoid AS part, c.ctid AS place");
            let place = "c.tableoid = x.part AND c.ctid = x.place";
            if delete {
                format!("DELETE FROM {child} USING ({found}) AS x WHERE {place}")
            } else {
                format!("UPDATE {child} SET {} FROM ({found}) AS x WHERE {place}", nulls(""))
            }
        }
        Engine::PostgreSql => {
            let place = format!("c.ctid = ANY (ARRAY({}))", found("c.ctid"));
            if delete {
                format!("DELETE FROM {child} WHERE {place}")
            } else {
                format!("UPDATE {child} SET {} WHERE {place}", nulls(""))
            }
        }
        Engine::MySql => {
            // A limit makes it a table of its own, which may then be of the table that is changed.
            let by = sample_columns(key);
            let names: Vec<String> = by.iter().map(|name| format!("c.{}", sql.quoted(name))).collect();
            let distinct = if key.child_key.is_empty() { "DISTINCT " } else { "" };
            let found = found(&format!("{distinct}{}", names.join(", ")));
            let on: Vec<String> = by.iter().map(|name| sql.quoted(name)).map(|q| format!("c.{q} = x.{q}")).collect();
            let joined = format!("{table} c JOIN ({found}) x ON {}", on.join(" AND "));
            if delete { format!("DELETE c FROM {joined}") } else { format!("UPDATE {joined} SET {}", nulls("c.")) }
        }
        Engine::Sqlite => {
            let (left, right) = if key.child_key.is_empty() {
                ("rowid".to_owned(), "c.rowid".to_owned())
            } else {
                let names: Vec<String> = key.child_key.iter().map(|name| format!("c.{}", sql.quoted(name))).collect();
                (sql.names_of(&key.child_key), names.join(", "))
            };
            let place = format!("({left}) IN ({})", found(&right));
            if delete {
                format!("DELETE FROM {table} WHERE {place}")
            } else {
                format!("UPDATE {table} SET {} WHERE {place}", nulls(""))
            }
        }
    }))
}

/// The keys in the order in which they are to be mended: what is deleted in a parent makes orphans of its children. Where
/// they go in a circle (`true`) the whole has to be repeated until a pass touches nothing.
pub fn in_order(keys: &[Key]) -> (Vec<&Key>, bool) {
    let mut parents: BTreeMap<&TableName, BTreeSet<&TableName>> = BTreeMap::new();
    let mut in_circle = false;
    for key in keys {
        parents.entry(&key.parent).or_default();
        let of_child = parents.entry(&key.child).or_default();
        if key.parent == key.child {
            in_circle = true;
        } else {
            of_child.insert(&key.parent);
        }
    }
    let mut rank: BTreeMap<&TableName, usize> = BTreeMap::new();
    while rank.len() < parents.len() {
        let waiting = || parents.iter().filter(|(table, _)| !rank.contains_key(*table));
        let mut free: Vec<&TableName> = waiting()
            .filter(|(_, above)| above.iter().all(|t| rank.contains_key(t)))
            .map(|(table, _)| *table)
            .collect();
        if free.is_empty() {
            // All that is left waits for one another: it has to begin somewhere.
            in_circle = true;
            free.extend(waiting().map(|(table, _)| *table).next());
        }
        for table in free {
            rank.insert(table, rank.len());
        }
    }
    let mut ordered: Vec<&Key> = keys.iter().collect();
    ordered.sort_by_key(|key| rank.get(&key.child).copied().unwrap_or_default());
    (ordered, in_circle)
}

/// Orphans that can be foreseen when only these tables are loaded, by the key's ident: a loaded child whose parent is not, and
/// a child that is not loaded, whose old rows point into a parent that is emptied. Blocking, unless the key has a [`Policy`].
pub fn foreseen(keys: &[Key], loaded: &[TableName]) -> Vec<(String, Finding)> {
    let loaded: BTreeSet<&TableName> = loaded.iter().collect();
    let mut found = Vec::new();
    for key in keys {
        let child = loaded.contains(&key.child) || key.leaves.iter().any(|leaf| loaded.contains(leaf));
        let parts = key.shares.iter().map(|share| &share.parent);
        let parent =
            loaded.contains(&key.parent) || key.parent_is_partitioned && parts.into_iter().any(|p| loaded.contains(p));
        let (of, to) = (key.child.words(), key.parent.words());
        let words = match (child, parent) {
            (true, false) => format!(
                "{} is loaded and {}, which its foreign key {} refers to, is not: rows whose parent is only in the source \
                 will be orphans",
                of.raw(),
                to.raw(),
                key.name
            ),
            (false, true) => format!(
                "{} is not loaded and keeps its rows, but {}, which its foreign key {} refers to, is emptied and loaded: old \
                 rows whose parent does not come back will be orphans",
                of.raw(),
                to.raw(),
                key.name
            ),
            _ => continue,
        };
        found.push((key.ident.clone(), Finding::blocking(&key.child, words)));
    }
    found
}

/// SQLite's own look at all its keys: table, number of the key in it, how many rows have no parent. Empty is good; other
/// engines have no such statement and give nothing.
pub async fn sqlite_check<A: Send>(session: &mut Session<A>) -> Result<Vec<(TableName, i64, u64)>, DbError> {
    const SQL: &str = include_str!("../../../sql/sqlite/schema_orphans.sql");
    if session.dialect().engine != Engine::Sqlite {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for row in session.query(SQL, &[]).await? {
        let [schema, table, key, rows] = fields(row)?;
        let rows = rows.as_int().and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
        found.push((TableName::new(text(schema), text(table)), key.as_int().unwrap_or_default(), rows));
    }
    Ok(found)
}
