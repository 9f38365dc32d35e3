//! The source's change log: triggers write it, the mover reads it.
//!
//! Entries are numbered in the order in which their transactions became visible, without gaps (the SQL files in
//! `sql/capture/` say how), so "everything after n" never skips a change that commits late. An entry names the row by its
//! key and does not carry it: the mover reads the row as it is when it gets there.

use crate::db::{DbError, catalogue};
use crate::db::{Dialect, Engine, Kind, Session, Table, Value, Write};
use crate::demo::mover::order::Checkpoint;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// Tables of the demo itself begin like this; no task ever takes them (DMS does the same with `awsdms_`).
pub const OWN_PREFIX: &str = "cutover_demo_";

/// Name of the change log, in the schema of the tables it covers.
pub const LOG: &str = "cutover_demo_change";

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Insert,
    Update,
    Delete,
}

/// One entry of the change log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub at: Checkpoint,
    pub table: String,
    pub operation: Operation,
    /// Key values in text form, by column name.
    pub key: BTreeMap<String, String>,
    /// When the row was written, by the clock of the source.
    pub committed: Timestamp,
}

/// Can this table's changes be captured? Its key must read the same in a trigger and in a query.
pub fn can_capture(table: &Table) -> bool {
    !table.primary_key.is_empty() && table.key_columns().iter().all(|c| matches!(c.kind, Kind::Int | Kind::Text))
}

/// Creates the change log in a schema and puts every table there under capture that can be.
pub async fn install(session: &mut Session<Write>, schema: &str) -> Result<(), DbError> {
    let dialect = session.dialect();
    let quoted = dialect.quoted(schema);
    let log = match dialect.engine {
        Engine::PostgreSql => include_str!("../../../sql/capture/postgresql.sql"),
        Engine::MySql => include_str!("../../../sql/capture/mysql.sql"),
        Engine::Sqlite => include_str!("../../../sql/capture/sqlite.sql"),
    };
    session.script(&log.replace("{schema}", &quoted)).await?;
    let tables = catalogue::read(session).await?;
    for table in tables.values().filter(|t| t.schema == schema && !t.name.starts_with(OWN_PREFIX) && can_capture(t)) {
        for script in triggers(dialect, table) {
            session.script(&script).await?;
        }
    }
    Ok(())
}

/// The statements that put one table under capture.
fn triggers(dialect: &Dialect, table: &Table) -> Vec<String> {
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let key = |row: &str, function: &str, as_text: &str| {
        let parts: Vec<String> = table
            .primary_key
            .iter()
            .map(|c| format!("{}, {}", literal(c), as_text.replace("{}", &format!("{row}.{}", dialect.quoted(c)))))
            .collect();
        format!("{function}({})", parts.join(", "))
    };
    let own = |what: &str| dialect.quoted(&format!("{OWN_PREFIX}{what}_{}", table.name));
    let filled = |text: &str| {
        text.replace("{schema}", &dialect.quoted(&table.schema))
            .replace("{table}", &dialect.qualified(&table.schema, &table.name))
            .replace("{bare}", &dialect.quoted(&table.name))
            .replace("{name}", &literal(&table.name))
    };
    match dialect.engine {
        Engine::PostgreSql => {
            let keys: Vec<String> = table.primary_key.iter().map(|c| literal(c)).collect();
            let text = include_str!("../../../sql/capture/postgresql_table.sql");
            vec![filled(text).replace("{keys}", &keys.join(", "))]
        }
        Engine::MySql => [
            ("insert", include_str!("../../../sql/capture/mysql_insert.sql")),
            ("update", include_str!("../../../sql/capture/mysql_update.sql")),
            ("delete", include_str!("../../../sql/capture/mysql_delete.sql")),
        ]
        .map(|(what, text)| {
            filled(text)
                .replace("{trigger}", &own(what))
                .replace("{old}", &key("OLD", "JSON_OBJECT", "CAST({} AS CHAR)"))
                .replace("{new}", &key("NEW", "JSON_OBJECT", "CAST({} AS CHAR)"))
        })
        .into(),
        Engine::Sqlite => {
            let text = include_str!("../../../sql/capture/sqlite_table.sql");
            let text = filled(text)
                .replace("{insert}", &own("insert"))
                .replace("{update}", &own("update"))
                .replace("{delete}", &own("delete"))
                .replace("{old}", &key("OLD", "json_object", "CAST({} AS TEXT)"))
                .replace("{new}", &key("NEW", "json_object", "CAST({} AS TEXT)"));
            vec![text]
        }
    }
}

/// The newest position of the log: everything up to it is visible to a query that starts now.
pub async fn position<Access: Send>(session: &mut Session<Access>, schema: &str) -> Result<Checkpoint, DbError> {
    let log = session.dialect().qualified(schema, LOG);
    let rows = session.query(&format!("SELECT COALESCE(MAX(seq), 0) FROM {log}"), &[]).await?;
    Ok(Checkpoint(rows.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or_default()))
}

/// Refuses a position that the log no longer holds, as a server does whose binary log was purged.
pub async fn check<Access: Send>(session: &mut Session<Access>, schema: &str, from: Checkpoint) -> Result<(), DbError> {
    let log = session.dialect().qualified(schema, LOG);
    let rows = session.query(&format!("SELECT COALESCE(MIN(seq), 0), COALESCE(MAX(seq), 0) FROM {log}"), &[]).await?;
    let number = |at: usize| rows.first().and_then(|row| row.get(at)).and_then(Value::as_int).unwrap_or_default();
    let (first, last) = (number(0), number(1));
    if from.0 > last || from.0 + 1 < first {
        return Err(DbError::Unexpected(format!(
            "Could not find the position checkpoint:V1#{} in the change log of the source, which holds {first} to {last}",
            from.0
        )));
    }
    Ok(())
}

/// At most `limit` entries behind a position, in order.
pub async fn read<Access: Send>(
    session: &mut Session<Access>,
    schema: &str,
    behind: Checkpoint,
    limit: usize,
) -> Result<Vec<Entry>, DbError> {
    let dialect = session.dialect();
    let at = match dialect.engine {
        Engine::PostgreSql => "CAST(at AS text)",
        Engine::MySql => "CAST(at AS CHAR)",
        Engine::Sqlite => "at",
    };
    let sql = format!(
        "SELECT seq, table_name, operation, row_key, {at} FROM {} WHERE seq > {} ORDER BY seq LIMIT {limit}",
        dialect.qualified(schema, LOG),
        dialect.parameter(1, "bigint"),
    );
    session.query(&sql, &[Value::Int(behind.0)]).await?.iter().map(|row| entry(row)).collect()
}

fn entry(row: &[Value]) -> Result<Entry, DbError> {
    let broken = || DbError::Unexpected(format!("an entry of the change log cannot be read: {row:?}"));
    let [at, table, operation, key, committed] = row else { return Err(broken()) };
    let text = |value: &Value| value.as_text().map(std::borrow::Cow::into_owned).ok_or_else(broken);
    Ok(Entry {
        at: Checkpoint(at.as_int().ok_or_else(broken)?),
        table: text(table)?,
        operation: match text(operation)?.as_str() {
            "I" => Operation::Insert,
            "U" => Operation::Update,
            "D" => Operation::Delete,
            _ => return Err(broken()),
        },
        key: serde_json::from_str(&text(key)?).map_err(|_| broken())?,
        committed: text(committed)?
            .parse::<DateTime>()
            .and_then(|time| time.to_zoned(TimeZone::UTC))
            .map_err(|_| broken())?
            .timestamp(),
    })
}

/// Drops entries so old that the log is longer than `keep`. A task that stopped before them can no longer resume.
pub async fn prune(session: &mut Session<Write>, schema: &str, keep: i64) -> Result<(), DbError> {
    let newest = position(session, schema).await?;
    let dialect = session.dialect();
    let sql = format!("DELETE FROM {} WHERE seq <= {}", dialect.qualified(schema, LOG), dialect.parameter(1, "bigint"));
    session.execute(&sql, &[Value::Int(newest.0 - keep)]).await?;
    Ok(())
}
