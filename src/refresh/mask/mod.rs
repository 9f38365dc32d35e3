//! Masking on real databases: what `model::masking` decided is carried out, previewed and verified here.
//!
//! Start at [`facts`] (what the catalogue says), then [`apply`] (every row once, whatever is killed in between). [`preview`]
//! shows what will be without showing what is; [`verify`] and [`counts`] look for what should not be there afterwards;
//! [`defuse`] and [`vacuum`] are lists of statements. Nothing here keeps a value of a row anywhere but in the masked table.

pub mod apply;
mod cells;
pub mod counts;
pub mod defuse;
pub mod facts;
mod page;
pub mod preview;
mod settings;
pub mod vacuum;
pub mod verify;
mod whole;

pub use apply::{Applied, Desk, Progress, apply};

use crate::db::DbError;
use crate::model::masking::{Key, Mask, ResolvedTable, Table};

/// A column that is masked, ready for its rows.
pub(super) struct Column {
    pub column: crate::db::Column,
    pub mask: Mask,
}

/// A table in a statement about its own rows: those of a table that inherits from it are that one's.
pub(super) fn own_rows(dialect: &crate::db::Dialect, table: &Table) -> String {
    let name = dialect.qualified(&table.schema, &table.name);
    if table.inherited { format!("ONLY {name}") } else { name }
}

/// The masked columns of a table, made ready.
pub(super) fn columns(
    dialect: &crate::db::Dialect,
    table: &Table,
    resolved: &ResolvedTable,
    key: Option<&Key>,
) -> Result<Vec<Column>, DbError> {
    let wrong = |name: &str, why: String| DbError::Unexpected(format!("{}.{name}: {why}", table.full_name()));
    let one = |(column, rule): (&crate::model::masking::ResolvedColumn, &crate::model::masking::Rule)| {
        let facts =
            table.column(&column.name).ok_or_else(|| wrong(&column.name, "is not there any more".to_owned()))?;
        let mask = Mask::new(rule, &facts.shape, key).map_err(|error| wrong(&column.name, error.to_string()))?;
        Ok(Column { column: cells::column(dialect, facts), mask })
    };
    resolved.masked().map(one).collect()
}
