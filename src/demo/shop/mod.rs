//! The databases behind the demo: a shop with customers, orders, invoices and documents.
//!
//! May touch `model`, `db` and the mover's change capture. Start at [`prepare_source`]; `data` makes the rows it begins
//! with, [`Workload`] keeps changing them. The tables stand in the schema [`SCHEMA`] on PostgreSQL, in the database of
//! the address on MySQL, and on SQLite in an attached file named by the address ([`sqlite_url`]); [`schema_of`] gives the
//! name for all three.

mod data;
mod workload;

pub use data::Seed;
pub use workload::Workload;

use crate::db::{Database, DbError, Engine, Session, Value, Write, catalogue};
use crate::demo::mover::capture;
use std::path::Path;

/// Schema of the shop's tables, unless the address names another.
pub const SCHEMA: &str = "shop";

/// The shop's tables, parents first.
pub const TABLES: [&str; 12] = [
    "customer",
    "address",
    "category",
    "product",
    "stock",
    "orders",
    "order_item",
    "invoice",
    "invoice_line",
    "payment",
    "shipment",
    "document",
];

/// Does the database keep the shop's rules itself?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignKeys {
    /// As a production database has them.
    With,
    /// As a migration's target has them before its load. SQLite declares them all the same, and does not check them.
    Without,
}

/// Address of a SQLite file whose tables stand in [`SCHEMA`].
pub fn sqlite_url(path: &Path) -> String {
    format!("sqlite:{}?schema={SCHEMA}", path.display())
}

/// The schema in which the shop stands at this address.
pub fn schema_of(database: &Database) -> &str {
    match database.dialect().engine {
        Engine::PostgreSql => SCHEMA,
        Engine::MySql | Engine::Sqlite => database.named_schema().unwrap_or(SCHEMA),
    }
}

/// Makes a source: tables, rows and change capture. What is there already is left as it is, so a demo can be started
/// again on the same database.
pub async fn prepare_source(database: &Database, seed: &Seed) -> Result<(), DbError> {
    let schema = schema_of(database);
    let mut session = database.write_owned_by_demo().await?;
    if !exists(&mut session, schema).await? {
        create(&mut session, schema, ForeignKeys::With).await?;
    }
    let customers = session.dialect().qualified(schema, "customer");
    if session.query(&format!("SELECT id FROM {customers} LIMIT 1"), &[]).await?.is_empty() {
        fill(&mut session, schema, seed).await?;
    }
    capture::install(&mut session, schema).await
}

/// Are the shop's tables there?
pub async fn exists<Access: Send>(session: &mut Session<Access>, schema: &str) -> Result<bool, DbError> {
    let tables = catalogue::read(session).await?;
    Ok(TABLES.iter().all(|table| tables.contains_key(&(schema.to_owned(), (*table).to_owned()))))
}

/// Creates the tables, empty.
pub async fn create(session: &mut Session<Write>, schema: &str, keys: ForeignKeys) -> Result<(), DbError> {
    let dialect = session.dialect();
    let quoted = dialect.quoted(schema);
    let tables = match dialect.engine {
        Engine::PostgreSql => include_str!("../../../sql/shop/postgresql.sql"),
        Engine::MySql => include_str!("../../../sql/shop/mysql.sql"),
        Engine::Sqlite => include_str!("../../../sql/shop/sqlite.sql"),
    };
    session.script(&tables.replace("{schema}", &quoted)).await?;
    if keys == ForeignKeys::With {
        add_foreign_keys(session, schema).await?;
    }
    Ok(())
}

/// Adds the foreign keys to tables that were created without.
pub async fn add_foreign_keys(session: &mut Session<Write>, schema: &str) -> Result<(), DbError> {
    if session.dialect().engine == Engine::Sqlite {
        return Ok(());
    }
    let text = include_str!("../../../sql/shop/foreign_keys.sql");
    session.script(&text.replace("{schema}", &session.dialect().quoted(schema))).await
}

/// Fills empty tables, in one transaction. The same seed gives the same rows, on every engine.
pub async fn fill(session: &mut Session<Write>, schema: &str, seed: &Seed) -> Result<(), DbError> {
    let dialect = session.dialect();
    let tables = catalogue::read(session).await?;
    session.begin().await?;
    for (name, rows) in data::rows(seed) {
        let Some(table) = tables.get(&(schema.to_owned(), name.to_owned())) else {
            return Err(DbError::Unexpected(format!("table {schema}.{name} does not exist")));
        };
        let most = (dialect.max_parameters / table.columns.len().max(1)).clamp(1, 400);
        for rows in rows.chunks(most) {
            let sql = dialect.insert(schema, name, &table.columns, rows.len());
            session.execute(&sql, &rows.concat()).await?;
        }
    }
    session.commit().await?;
    if dialect.engine == Engine::PostgreSql {
        let text = include_str!("../../../sql/shop/postgresql_sequences.sql");
        session.script(&text.replace("{schema}", &dialect.quoted(schema))).await?;
    }
    Ok(())
}

/// How many rows a table has.
pub async fn count<Access: Send>(session: &mut Session<Access>, schema: &str, table: &str) -> Result<i64, DbError> {
    let sql = format!("SELECT COUNT(*) FROM {}", session.dialect().qualified(schema, table));
    Ok(session.query(&sql, &[]).await?.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or_default())
}
