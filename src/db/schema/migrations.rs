//! The tables in which frameworks write which of their migrations a database has had: found, compared as sets.
//!
//! They must never be loaded: the source's rows would hide where the target's schema stands. Start at [`read`]; the table of
//! frameworks is [`TOOLS`].

use super::{Finding, TableName};
use crate::db::error::DbError;
use crate::db::session::Session;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One framework's table in one database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migrations {
    /// `Django`, `Flyway` …
    pub tool: String,
    pub table: TableName,
    /// What has been applied, with a checksum where the framework keeps one.
    pub applied: BTreeMap<String, Option<String>>,
    /// Begun and not finished, or failed.
    pub dirty: Vec<String>,
}

/// Every such table that can be seen, whichever schema it is in.
pub async fn read<A: Send>(session: &mut Session<A>) -> Result<Vec<Migrations>, DbError> {
    let _ = session;
    Err(DbError::Unexpected("migrations cannot be read yet".to_owned()))
}

/// Source and target beside one another: ahead by how many, other checksums, dirty ones (blocking). `named` gives the schema
/// that a table of the target has in the source.
pub fn compare(source: &[Migrations], target: &[Migrations], named: impl Fn(&TableName) -> TableName) -> Vec<Finding> {
    let _ = (source, target, named);
    Vec::new()
}

/// Whether a table of this name is one of a framework's, whatever is in it: to be excluded from a load.
pub fn tool_of(table: &str) -> Option<&'static str> {
    let _ = table;
    None
}
