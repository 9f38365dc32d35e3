//! Which tables a database has. The queries are in `sql/<engine>/`; each file says what it returns.

use super::error::DbError;
use super::session::Session;
use super::value::{Kind, Row, Value};
use std::collections::BTreeMap;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// The type as this engine declares it.
    pub declared: String,
    pub kind: Kind,
    pub nullable: bool,
    /// The engine computes it; it cannot be written.
    pub generated: bool,
}

/// A foreign key of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// SQLite's foreign keys have no name; theirs is the number within the table.
    pub name: String,
    pub columns: Vec<String>,
    pub refers_to: (String, String),
}

/// A base table; views and system tables are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub schema: String,
    pub name: String,
    pub columns: Vec<Column>,
    /// Column names in key order; empty where there is no primary key.
    pub primary_key: Vec<String>,
    pub foreign_keys: Vec<ForeignKey>,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns of the primary key, in key order.
    pub fn key_columns(&self) -> Vec<Column> {
        self.primary_key.iter().filter_map(|name| self.column(name)).cloned().collect()
    }
}

/// All tables, by schema and name.
pub type Catalogue = BTreeMap<(String, String), Table>;

/// Reads the catalogue of everything the user can see outside the system schemas.
pub async fn read<Access: Send>(session: &mut Session<Access>) -> Result<Catalogue, DbError> {
    let dialect = session.dialect();
    let mut tables = Catalogue::new();
    for row in session.query(dialect.catalogue.columns, &[]).await? {
        let [schema, table, name, declared, nullable, generated] = fields(row)?;
        let (schema, table, declared) = (text(schema), text(table), text(declared));
        tables
            .entry((schema.clone(), table.clone()))
            .or_insert_with(|| Table {
                schema,
                name: table,
                columns: Vec::new(),
                primary_key: Vec::new(),
                foreign_keys: Vec::new(),
            })
            .columns
            .push(Column {
                name: text(name),
                kind: dialect.kind(&declared),
                declared,
                nullable: nullable.is_true(),
                generated: generated.is_true(),
            });
    }
    for row in session.query(dialect.catalogue.primary_keys, &[]).await? {
        let [schema, table, column] = fields(row)?;
        if let Some(table) = tables.get_mut(&(text(schema), text(table))) {
            table.primary_key.push(text(column));
        }
    }
    for row in session.query(dialect.catalogue.foreign_keys, &[]).await? {
        let [schema, table, name, column, to_schema, to_table] = fields(row)?;
        let Some(table) = tables.get_mut(&(text(schema), text(table))) else { continue };
        let (name, column) = (text(name), text(column));
        match table.foreign_keys.last_mut().filter(|key| key.name == name) {
            Some(key) => key.columns.push(column),
            None => table.foreign_keys.push(ForeignKey {
                name,
                columns: vec![column],
                refers_to: (text(to_schema), text(to_table)),
            }),
        }
    }
    Ok(tables)
}

/// Tables that are parts of others, which the catalogue leaves out, each with the one at the top: schema and name.
pub async fn partitions<Access: Send>(
    session: &mut Session<Access>,
) -> Result<Vec<((String, String), (String, String))>, DbError> {
    let Some(query) = session.dialect().catalogue.partitions else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for row in session.query(query, &[]).await? {
        let [schema, name, of_schema, of_name] = fields(row)?.map(text);
        all.push(((schema, name), (of_schema, of_name)));
    }
    Ok(all)
}

pub(super) fn fields<const N: usize>(row: Row) -> Result<[Value; N], DbError> {
    row.try_into().map_err(|row: Row| DbError::Unexpected(format!("a catalogue row of {} columns, not {N}", row.len())))
}

/// Catalogue queries return names as text, or as bytes where the server keeps them so.
pub(super) fn text(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        other => other.as_text().unwrap_or_default().into_owned(),
    }
}
