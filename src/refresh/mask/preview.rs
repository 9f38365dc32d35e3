//! What masking will do to some rows: the new values, and of the old ones no more than their class and length. Start at
//! [`read`]; the session only looks.

use super::{cells, columns};
use crate::db::{DbError, Read, Session};
use crate::model::masking::{Function, Key, Otherwise, ResolvedTable, Table, print};
use serde::Serialize;

/// Some rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// `public.users`; from a database, so `.shown()` before a terminal.
    pub table: String,
    /// The masked columns, and the function of each.
    pub columns: Vec<(String, String)>,
    pub rows: Vec<Vec<Cell>>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// `email(23)`, `null`.
    pub old: String,
    /// The new value; its class and length alone where parts of the old one are in it. From a database, so `.shown()`.
    pub new: String,
    /// The function left it as it was.
    pub same: bool,
    /// The function could not read it.
    pub misfit: bool,
}

/// The first rows of a table, wherever it is: `table` is of the session's database.
///
/// # Errors
/// What the server says.
pub async fn read(
    session: &mut Session<Read>,
    table: &Table,
    resolved: &ResolvedTable,
    key: Option<&Key>,
    rows: usize,
) -> Result<Preview, DbError> {
    let dialect = session.dialect();
    let columns = columns(dialect, table, resolved, key)?;
    let told = columns.iter().map(|one| (one.column.name.clone(), one.mask.rule().told())).collect();
    let mut preview = Preview { table: table.full_name(), columns: told, rows: Vec::new() };
    if columns.is_empty() {
        return Ok(preview);
    }
    let all: Vec<String> = columns.iter().map(|one| dialect.read(&one.column)).collect();
    let name = dialect.qualified(&table.schema, &table.name);
    for row in session.query(&format!("SELECT {} FROM {name} LIMIT {rows}", all.join(", ")), &[]).await? {
        let cell = |(one, value): (&super::Column, &crate::db::Value)| {
            let old = cells::text(one.column.kind, value);
            let masked = one.mask.of(old.as_deref());
            let same = masked.value.as_deref() == old.as_deref() && old.is_some();
            let hides = same || carries(&one.mask.rule().function);
            let new = match masked.value.as_deref() {
                Some(new) if !hides => new.to_owned(),
                new => print(new),
            };
            Cell { old: print(old.as_deref()), new, same, misfit: !masked.fitted }
        };
        preview.rows.push(columns.iter().zip(&row).map(cell).collect());
    }
    Ok(preview)
}

/// Parts of the old value may stand in the new one.
fn carries(function: &Function) -> bool {
    match function {
        Function::Partial { .. } | Function::RegexReplace { .. } | Function::Keep => true,
        Function::Json { otherwise, paths } => {
            *otherwise == Otherwise::Keep || paths.iter().any(|(_, rule)| carries(&rule.function))
        }
        _ => false,
    }
}
