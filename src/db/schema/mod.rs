//! What stands around the rows of a database: foreign keys, triggers, sequences, and everything else that its catalogue says.
//!
//! Reads catalogues, and makes the statements that take something away and put it back the same; running them, and keeping
//! what is needed to go on after a death, is the caller's. May touch `model` and the rest of this room; the queries are in
//! `sql/<engine>/schema_*.sql`. Start at [`keys`] (away and back of foreign keys); [`orphans`] is about rows whose parent is
//! gone, [`triggers`] and [`sequences`] about those, [`snapshot`] is the whole catalogue as sorted lines, [`parity`] compares
//! two of them, [`identity`] tells two databases apart, and [`restore`] writes what a person can run without this program.
//!
//! Statements made here name everything in full and mean a session prepared by [`prepare`]: on PostgreSQL one whose search
//! path is empty.

pub mod identity;
pub mod keys;
pub mod migrations;
pub mod orphans;
pub mod parity;
pub mod restore;
pub mod sequences;
pub mod snapshot;
pub mod triggers;

use super::dialect::{Dialect, Engine};
use super::error::DbError;
use super::session::Session;
use super::value::{Row, Value};
use crate::model::Untrusted;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// A table by its schema and its name, as the catalogue has them, unquoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableName {
    pub schema: String,
    pub name: String,
}

impl TableName {
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }

    /// Quoted and in full, as this engine writes it.
    pub fn sql(&self, engine: Engine) -> String {
        Dialect::of(engine).qualified(&self.schema, &self.name)
    }

    /// For a person: unquoted, with a dot. Text of a stranger.
    pub fn words(&self) -> Untrusted {
        Untrusted::new(format!("{}.{}", self.schema, self.name))
    }
}

/// What was found against going on, or worth knowing before: by [`parity`], [`migrations`] and [`orphans`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub severity: Severity,
    /// Of the target where there is one, else of the source; `None` where it is about no table.
    pub table: Option<TableName>,
    pub words: Untrusted,
}

/// How much a [`Finding`] weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A load would fail, or lose something.
    Blocking,
    Warning,
}

impl Finding {
    fn blocking(table: &TableName, words: impl Into<String>) -> Self {
        Self { severity: Severity::Blocking, table: Some(table.clone()), words: Untrusted::new(words) }
    }

    fn warning(table: &TableName, words: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, table: Some(table.clone()), words: Untrusted::new(words) }
    }

    pub fn is_blocking(&self) -> bool {
        self.severity == Severity::Blocking
    }
}

/// What a session has to be told once before statements of this folder run in it. On PostgreSQL an empty search path, and
/// row security that is refused instead of hiding rows; on the MySQL family and SQLite no foreign key checks, so that a
/// statement that puts a key back does not fail at a row.
pub fn prepare(engine: Engine) -> &'static [&'static str] {
    match engine {
        Engine::PostgreSql => &["SET search_path = ''", "SET row_security = off"],
        Engine::MySql => &["SET SESSION foreign_key_checks = 0"],
        Engine::Sqlite => &["PRAGMA foreign_keys = OFF"],
    }
}

/// A text as the engine writes it in a statement. PostgreSQL's is safe whatever `standard_conforming_strings` says.
pub(super) fn literal(engine: Engine, text: &str) -> String {
    let quoted = text.replace('\'', "''");
    match engine {
        Engine::PostgreSql if text.contains('\\') => format!(" E'{}'", quoted.replace('\\', "\\\\")),
        // With NO_BACKSLASH_ESCAPES a backslash is only itself; hexadecimal digits mean the same either way.
        Engine::MySql if text.contains('\\') => {
            let hex = text.bytes().fold(String::new(), |mut hex, byte| {
                // Writing to a String cannot fail.
                let _ = write!(hex, "{byte:02X}");
                hex
            });
            format!("CONVERT(0x{hex} USING utf8mb4)")
        }
        _ => format!("'{quoted}'"),
    }
}

/// Runs a catalogue query with an empty search path, so that PostgreSQL writes every name in full, and puts back the path
/// that was.
async fn quietly<A: Send>(session: &mut Session<A>, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
    if session.dialect().engine != Engine::PostgreSql {
        return session.query(sql, parameters).await;
    }
    let was = session.query("SELECT pg_catalog.current_setting('search_path')", &[]).await?;
    let was = was.into_iter().flatten().next().map(super::catalogue::text).unwrap_or_default();
    if was.is_empty() || was == "\"\"" {
        return session.query(sql, parameters).await;
    }
    session.run("SET search_path = ''").await?;
    let rows = session.query(sql, parameters).await;
    let path = literal(Engine::PostgreSql, &was);
    let back = session.run(&format!("SELECT pg_catalog.set_config('search_path', {path}, false)")).await;
    // In a transaction that has failed the path comes back with the rollback.
    let rows = rows?;
    back?;
    Ok(rows)
}

/// Whether one of these schemas is meant; `None` means all.
fn is_meant(only: Option<&[String]>, schema: &str) -> bool {
    only.is_none_or(|only| only.iter().any(|one| one == schema))
}

/// The files that a SQLite session has opened, by the name they go under.
async fn sqlite_schemas<A: Send>(session: &mut Session<A>) -> Result<Vec<String>, DbError> {
    let rows = session.query("SELECT name FROM pragma_database_list WHERE name <> 'temp' ORDER BY seq", &[]).await?;
    Ok(rows.into_iter().flatten().map(super::catalogue::text).collect())
}
