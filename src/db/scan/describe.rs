//! What a table is, as far as a comparison must know: columns, keys that tell rows apart, about how large.

use super::ScanColumn;
use crate::db::catalogue::{fields, text};
use crate::db::error::DbError;
use crate::db::session::{Read, Session};
use crate::db::value::Value;
use crate::model::canon::{Canon, SqlType};
use serde::{Deserialize, Serialize};

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    pub schema: String,
    pub name: String,
    pub columns: Vec<DescribedColumn>,
    /// Column names in key order; empty where there is none.
    pub primary_key: Vec<String>,
    /// Unique indexes none of whose columns may be null, shortest first; never the primary key.
    pub unique_keys: Vec<Vec<String>>,
    /// What the engine thinks; `None` where it has no idea. SQLite counts.
    pub rows: Option<u64>,
    pub bytes: Option<u64>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribedColumn {
    pub name: String,
    pub sql_type: SqlType,
    pub nullable: bool,
    /// The engine computes it.
    pub generated: bool,
    /// The engine's own order of this text is that of its bytes.
    pub byte_order: bool,
}

impl Described {
    pub fn column(&self, name: &str) -> Option<&DescribedColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl DescribedColumn {
    /// The column as a scan reads it.
    pub fn read_as(&self, canon: Canon) -> ScanColumn {
        ScanColumn {
            name: self.name.clone(),
            sql_type: self.sql_type.clone(),
            canon,
            nullable: self.nullable,
            byte_order: self.byte_order,
            lob: None,
        }
    }
}

/// Describes a table; that there is none is an error that names the place.
pub(super) async fn describe(session: &mut Session<Read>, schema: &str, table: &str) -> Result<Described, DbError> {
    let dialect = session.dialect();
    let name = [Value::from(schema), Value::from(table)];
    let mut described = Described {
        schema: schema.to_owned(),
        name: table.to_owned(),
        columns: Vec::new(),
        primary_key: Vec::new(),
        unique_keys: Vec::new(),
        rows: None,
        bytes: None,
    };
    for row in session.query(dialect.catalogue.describe.columns, &name).await? {
        let [column, declared, nullable, generated, byte_order] = fields(row)?;
        described.columns.push(DescribedColumn {
            name: text(column),
            sql_type: SqlType::new(dialect.engine, text(declared)),
            nullable: nullable.is_true(),
            generated: generated.is_true(),
            byte_order: byte_order.is_true(),
        });
    }
    if described.columns.is_empty() {
        return Err(DbError::Unexpected(format!("{} has no table {schema}.{table} that we may see", session.place())));
    }
    let mut last = None;
    for row in session.query(dialect.catalogue.describe.keys, &name).await? {
        let [index, column, primary] = fields(row)?;
        let (index, column) = (text(index), text(column));
        if primary.is_true() {
            described.primary_key.push(column);
        } else if last.as_ref() == Some(&index) {
            described.unique_keys.last_mut().into_iter().for_each(|key| key.push(column.clone()));
        } else {
            described.unique_keys.push(vec![column]);
            last = Some(index);
        }
    }
    let known = |value: Option<&Value>| value.and_then(Value::as_int).and_then(|n| u64::try_from(n).ok());
    if let Some(size) = dialect.catalogue.describe.size {
        let rows = session.query(size, &name).await?;
        let row = rows.first();
        described.rows = known(row.and_then(|row| row.first()));
        described.bytes = known(row.and_then(|row| row.get(1)));
    } else {
        let rows = session.query(&format!("SELECT count(*) FROM {}", dialect.qualified(schema, table)), &[]).await?;
        described.rows = known(rows.first().and_then(|row| row.first()));
    }
    Ok(described)
}
