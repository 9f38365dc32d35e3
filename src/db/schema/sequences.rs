//! Sequences, identities and counters: which there are, what uses them, and where they have to go on after a load.
//!
//! Start at [`read`]; [`next`] is the formula. DMS moves none of them. The position in the source, read *after* the load, and
//! the data that came are both asked, and the further of the two counts, in the sequence's own direction and step.

use super::TableName;
use crate::db::dialect::Engine;
use crate::db::error::DbError;
use crate::db::session::Session;
use serde::{Deserialize, Serialize};

/// What kind of counter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A sequence of PostgreSQL, also behind `serial` and identity columns, or a SEQUENCE of MariaDB.
    Sequence,
    /// `AUTO_INCREMENT` of a table of the MySQL family.
    AutoIncrement,
    /// A row of SQLite's `sqlite_sequence`.
    SqliteSequence,
}

/// A counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    pub engine: Engine,
    pub form: Form,
    /// Of the sequence; of the table for [`Form::AutoIncrement`] and [`Form::SqliteSequence`].
    pub name: TableName,
    pub start: i128,
    pub increment: i128,
    pub min: i128,
    pub max: i128,
    pub cycle: bool,
    pub uses: Vec<Use>,
}

/// A column that takes its values from a counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    pub table: TableName,
    pub column: String,
    pub how: How,
    /// The column holds what the counter gave, so its values tell where to go on. False for `'INV-' || nextval(…)`.
    pub tells: bool,
    /// Tables above and below it, of inheritance and partitions: the column is theirs too.
    pub family: Vec<TableName>,
}

/// How a column is tied to its counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// `serial`, OWNED BY.
    Owned,
    Identity,
    /// Only by its default.
    Default,
    /// By a default that names it as a text, which the catalogue does not follow.
    ByText,
}

/// Where a counter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    pub last_value: i128,
    /// False: `last_value` has not been given out yet.
    pub is_called: bool,
}

/// The ends of the data in all columns that use a counter; `None` without rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Extremes {
    pub least: Option<i128>,
    pub greatest: Option<i128>,
}

/// Where a counter has to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    /// The value that it gives next.
    Value(i128),
    /// There is none left between its bounds: this one would be needed.
    Exhausted(i128),
    /// Neither the source nor the data says anything.
    Unknown,
}

/// Every counter of the database, by name, with what uses it.
pub async fn read<A: Send>(session: &mut Session<A>) -> Result<Vec<Sequence>, DbError> {
    let _ = session;
    Err(DbError::Unexpected("sequences cannot be read yet".to_owned()))
}

/// Where it stands now.
pub async fn position<A: Send>(session: &mut Session<A>, sequence: &Sequence) -> Result<Position, DbError> {
    let _ = (session, sequence);
    Err(DbError::Unexpected("sequences cannot be read yet".to_owned()))
}

/// The ends of the data that uses it. Rows that the user may not see are an error, not fewer rows.
pub async fn extremes<A: Send>(session: &mut Session<A>, sequence: &Sequence) -> Result<Extremes, DbError> {
    let _ = (session, sequence);
    Err(DbError::Unexpected("sequences cannot be read yet".to_owned()))
}

/// Where `target` has to go on, given the data in it and the source's counter with its position, if it has one.
pub fn next(target: &Sequence, data: Extremes, source: Option<(&Sequence, Position)>) -> Next {
    let _ = (target, data, source);
    Next::Unknown
}

impl Sequence {
    /// A column of one of these tables uses it.
    pub fn is_of(&self, tables: &[TableName]) -> bool {
        self.uses.iter().any(|one| tables.contains(&one.table) || one.family.iter().any(|t| tables.contains(t)))
    }

    /// The source's counter for this one: of the same name, else the one behind the same column. `named` gives the name that a
    /// schema and table of the target have in the source.
    pub fn counterpart<'s>(&self, source: &'s [Self], named: impl Fn(&TableName) -> TableName) -> Option<&'s Self> {
        let _ = named;
        source.iter().find(|_| false)
    }

    /// Statements that make it give this value next. Not part of any transaction on PostgreSQL.
    pub fn set_sql(&self, value: i128) -> Vec<String> {
        let _ = value;
        Vec::new()
    }
}
