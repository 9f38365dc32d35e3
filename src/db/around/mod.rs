//! What a database says besides rows: DMS's own tables, slots, the binlog, open transactions, who waits for whom.
//!
//! May touch `model` and the rest of this room. Only the catalogue is read, and tables whose names DMS gave; sessions are
//! read-only and no statement lasts longer than [`PATIENCE`]. Start at [`source`] and [`target`]; `control` reads DMS's
//! tables, `server` everything that only the server knows. What cannot be read is a value ([`Known`]); only a connection that
//! does not come about, or is lost, is an error.

mod control;
mod server;

use super::catalogue::text;
use super::database::Database;
use super::error::DbError;
use super::session::{Read, Session};
use super::value::{Row, Value};
use crate::model::Untrusted;
use crate::model::around::{Known, SourceSeen, TargetSeen};
use crate::model::engine::Engine;
use jiff::Timestamp;
use jiff::civil::DateTime;
use std::time::Duration;

/// The longest that one statement may keep a server busy.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Which rows of DMS's tables are meant.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// What stands in `TASK_NAME`: the resource id, or the name (section 2.5 of the DMS facts). Case does not matter.
    pub names: Vec<String>,
    /// The schema that the task's settings name; without one any will do.
    pub control_schema: Option<String>,
    /// The task was started afresh then: older rows are of a load that has been done again.
    pub since: Option<Timestamp>,
    /// Rows told of each table.
    pub newest: u32,
    /// Texts that hold values of rows are told too.
    pub values: bool,
}

/// Reads a source. With it the time by the server's own clock.
pub async fn source(database: &Database) -> Result<(Option<Timestamp>, SourceSeen), DbError> {
    let mut session = brief(database).await?;
    let at = clock(&mut session).await?;
    let seen = SourceSeen {
        slots: known(server::slots(&mut session).await)?,
        binlog: known(server::binlog(&mut session).await)?,
        open: known(server::open(&mut session).await)?,
        replica: known(server::replica(&mut session).await)?,
    };
    Ok((at, seen))
}

/// Reads a target. With it the time by the server's own clock.
pub async fn target(database: &Database, asked: &Asked) -> Result<(Option<Timestamp>, TargetSeen), DbError> {
    let mut session = brief(database).await?;
    let at = clock(&mut session).await?;
    let there = control::tables(&mut session).await;
    let (there, refused) = match there {
        Ok(there) => (there, None),
        Err(error) if error.is_lost() => return Err(error),
        Err(error) => (Vec::new(), Some(Untrusted::from(words(&error)))),
    };
    let mut control = control::Control { session: &mut session, there, refused, asked };
    let seen = TargetSeen {
        exceptions: known(control.exceptions().await)?,
        suspended: known(control.suspended().await)?,
        failures: known(control.failures().await)?,
        status: known(control.status().await)?,
        blocked: known(server::blocked(&mut session).await)?,
        replica: known(server::replica(&mut session).await)?,
    };
    Ok((at, seen))
}

/// A session that only looks, in UTC, and in which no statement lasts longer than [`PATIENCE`]. SQLite has no such limit.
///
/// # Errors
/// It cannot be opened.
pub async fn brief(database: &Database) -> Result<Session<Read>, DbError> {
    let mut session = database.read().await?;
    let millis = PATIENCE.as_millis();
    match session.dialect().engine {
        // Its times are UTC already (`getdate()`).
        Engine::PostgreSql if session.dialect().redshift => {
            session.run(&format!("SET statement_timeout = {millis}")).await?;
        }
        Engine::PostgreSql => {
            session.run(&format!("SET timezone = 'UTC'; SET statement_timeout = {millis}")).await?;
        }
        Engine::MySql => {
            let version = session.query("SELECT CAST(VERSION() AS CHAR)", &[]).await?;
            let timeout = if is_mariadb(&version) {
                format!("max_statement_time = {}", PATIENCE.as_secs())
            } else {
                format!("max_execution_time = {millis}")
            };
            session.run(&format!("SET NAMES utf8mb4; SET SESSION time_zone = '+00:00'; SET SESSION {timeout}")).await?;
        }
        Engine::Sqlite => {}
    }
    Ok(session)
}

fn is_mariadb(version: &[Row]) -> bool {
    matches!(version.first().and_then(|row| row.first()), Some(Value::Text(version)) if version.contains("MariaDB"))
}

async fn clock(session: &mut Session<Read>) -> Result<Option<Timestamp>, DbError> {
    let sql = match session.dialect().engine {
        _ if session.dialect().redshift => "SELECT CAST(getdate() AS varchar(30))",
        Engine::PostgreSql => "SELECT CAST(clock_timestamp() AT TIME ZONE 'UTC' AS text)",
        Engine::MySql => "SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)",
        Engine::Sqlite => "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')",
    };
    let rows = session.query(sql, &[]).await?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()).and_then(|value| moment(&text(value))))
}

/// A time without a zone is UTC: DMS writes them so, and sessions are pinned to it.
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim().trim_end_matches('Z');
    let text = text.strip_suffix("+00:00").or_else(|| text.strip_suffix("+00")).unwrap_or(text);
    let at: DateTime = text.parse().ok()?;
    at.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// A refusal is a value; a connection that is gone is not.
fn known<T>(read: Result<Known<T>, DbError>) -> Result<Known<T>, DbError> {
    match read {
        Err(error) if error.is_lost() => Err(error),
        Err(error) => Ok(Known::Unknown(Untrusted::from(words(&error)))),
        told => told,
    }
}

/// What a refusal comes to. That time ran out is ours: servers say only that a statement was cancelled.
fn words(error: &DbError) -> String {
    match error {
        // 57014 query_canceled; 1969 and 3024 are MariaDB's and MySQL's time limits of a statement.
        DbError::Server { code, .. } if ["57014", "1969,", "3024,"].iter().any(|it| code.contains(it)) => {
            format!("no answer within {} s", PATIENCE.as_secs())
        }
        error if is_denied(error) => format!("not allowed: {error}"),
        error => error.to_string(),
    }
}

/// 42501 `insufficient_privilege`; 1044, 1142, 1143 and 1227 say which privilege of MySQL is missing.
fn is_denied(error: &DbError) -> bool {
    let DbError::Server { code, .. } = error else { return false };
    code.contains("42501") || ["1044,", "1142,", "1143,", "1227,"].iter().any(|number| code.starts_with(number))
}

/// Text of a column that may be null.
fn told(value: Value) -> Option<Untrusted> {
    match value {
        Value::Null => None,
        value => Some(Untrusted::from(text(value))).filter(|text| !text.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_a_server_is_utc_and_anything_else_is_no_time() {
        let noon: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        for (text, want) in [
            ("2026-11-22 12:00:00", Some(noon)),
            ("2026-11-22 12:00:00.000000", Some(noon)),
            ("2026-11-22T12:00:00Z", Some(noon)),
            ("2026-11-22 12:00:00+00", Some(noon)),
            ("0000-00-00 00:00:00", None),
            ("infinity", None),
            ("", None),
        ] {
            assert_eq!(moment(text), want, "{text}");
        }
    }

    #[test]
    fn a_refusal_says_what_is_missing_and_a_time_limit_says_how_long() {
        let server =
            |code: &str, text: &str| DbError::Server { code: code.into(), text: text.into(), retryable: false };
        for (error, want) in [
            (server("SQLSTATE 42501", "permission denied for table x"), "not allowed: permission denied"),
            (server("1227, SQLSTATE 42000", "you need PROCESS"), "not allowed: you need PROCESS"),
            (server("SQLSTATE 57014", "canceling statement"), "no answer within 5 s"),
            (server("1969, SQLSTATE 70100", "Query execution was interrupted"), "no answer within 5 s"),
            (server("SQLSTATE 42P01", "no such relation"), "no such relation"),
        ] {
            assert!(words(&error).starts_with(want), "{}", words(&error));
        }
    }
}
