//! A session that reads one moment of a database: read-only, in one transaction, with everything that changes how a
//! value is rendered pinned down.

use super::Limits;
use super::brake::{Brake, Own};
use super::digest::Hash;
use super::sql::Server;
use crate::db::database::Database;
use crate::db::error::DbError;
use crate::db::session::{Connection, Read, Session};
use crate::db::value::Value;
use crate::model::engine::Engine;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A server waits so long for a reader that is slow, in seconds; a merge reads at the pace of its slower side.
const PATIENCE: u64 = 600;
/// SQLite asks whether to go on after so many steps of its machine: a few times in a millisecond.
const STEPS: i32 = 10_000;

/// The first PostgreSQL that has `sha256` of its own.
const SHA256: i64 = 110_000;

/// An open session and what a statement must know of its server.
pub(super) struct ScanSession {
    pub session: Session<Read>,
    pub server: Server,
    /// What a second connection knows this one by; `None` where there is no server.
    own: Option<Own>,
    /// Set to stop a statement of an engine that runs in this process.
    stop: Arc<AtomicBool>,
    in_transaction: bool,
}

impl ScanSession {
    pub async fn open(database: &Database, limits: &Limits) -> Result<Self, DbError> {
        let mut session = database.read().await?;
        let millis = limits.statement_timeout.as_millis();
        let dialect = session.dialect();
        let stop = Arc::new(AtomicBool::new(false));
        let (number, utf8, hash) = match dialect.engine {
            // Opening it began a transaction. It keeps text as UTF-8 always.
            Engine::PostgreSql if dialect.redshift => {
                for setting in [
                    "timezone TO 'UTC'".to_owned(),
                    "datestyle TO 'ISO, YMD'".to_owned(),
                    "extra_float_digits TO 2".to_owned(),
                    format!("statement_timeout TO {millis}"),
                ] {
                    session.run(&format!("SET {setting}")).await?;
                }
                let row = one(&mut session, "SELECT CAST(pg_backend_pid() AS bigint)").await?;
                (row.first().and_then(Value::as_int), true, Hash::Sha256)
            }
            Engine::PostgreSql => {
                session
                    .run(&format!(
                        "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'iso_8601'; \
                         SET extra_float_digits = 3; SET bytea_output = 'hex'; SET client_encoding = 'UTF8'; \
                         SET standard_conforming_strings = on; SET statement_timeout = {millis}; \
                         SET idle_in_transaction_session_timeout = {}",
                        PATIENCE * 1_000
                    ))
                    .await?;
                if let Some(wait) = limits.lock_timeout {
                    session.run(&format!("SET lock_timeout = {}", wait.as_millis())).await?;
                }
                let row = one(
                    &mut session,
                    "SELECT CAST(pg_backend_pid() AS bigint), current_setting('server_encoding'), \
                     CAST(current_setting('server_version_num') AS bigint)",
                )
                .await?;
                let old = row.get(2).and_then(Value::as_int).is_some_and(|version| version < SHA256);
                let hash = if old { Hash::Md5 } else { Hash::Sha256 };
                (row.first().and_then(Value::as_int), row.get(1) == Some(&Value::from("UTF8")), hash)
            }
            Engine::MySql => {
                let row = one(&mut session, "SELECT CAST(CONNECTION_ID() AS SIGNED), CAST(VERSION() AS CHAR)").await?;
                let maria = matches!(row.get(1), Some(Value::Text(version)) if version.contains("MariaDB"));
                let timeout = if maria {
                    format!("max_statement_time = {}", limits.statement_timeout.as_secs_f64())
                } else {
                    format!("max_execution_time = {millis}")
                };
                // The mode is pinned as a whole: PAD_CHAR_TO_FULL_LENGTH would change values, and NO_ZERO_DATE literals.
                session
                    .run(&format!(
                        "SET NAMES utf8mb4; SET SESSION time_zone = '+00:00'; \
                         SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION'; SET SESSION {timeout}; \
                         SET SESSION net_write_timeout = {PATIENCE}; \
                         SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"
                    ))
                    .await?;
                if let Some(wait) = limits.lock_timeout {
                    session.run(&format!("SET SESSION lock_wait_timeout = {}", wait.as_secs().max(1))).await?;
                }
                (row.first().and_then(Value::as_int), true, Hash::Sha256)
            }
            Engine::Sqlite => {
                let row = one(&mut session, "PRAGMA encoding").await?;
                if row.first() != Some(&Value::from("UTF-8")) {
                    let why = format!("{} does not keep its text as UTF-8, which is not read", session.place());
                    return Err(DbError::Unexpected(why));
                }
                let flag = stop.clone();
                if let Connection::Sqlite(connection) = session.connection() {
                    let locked = connection.lock_handle().await;
                    let mut handle = locked.map_err(|error| DbError::connect(&database.place(), &error))?;
                    handle.set_progress_handler(STEPS, move || !flag.load(Ordering::Relaxed));
                }
                (None, true, Hash::Sha256)
            }
        };
        let in_transaction = dialect.redshift;
        let own = Own::of(&mut session, number).await?;
        Ok(Self { session, server: Server { dialect, hash, utf8 }, own, stop, in_transaction })
    }

    /// Fixes the moment that is read. The one before is let go first.
    pub async fn begin(&mut self) -> Result<(), DbError> {
        self.end().await?;
        let begin = match self.server.dialect.engine {
            // Its other levels are names for this one.
            Engine::PostgreSql if self.server.dialect.redshift => "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
            Engine::PostgreSql => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Engine::MySql => "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
            // The moment is that of the first read.
            Engine::Sqlite => "BEGIN DEFERRED",
        };
        self.session.run(begin).await?;
        self.in_transaction = true;
        Ok(())
    }

    /// Lets the moment go: an old one keeps the server from cleaning up.
    pub async fn end(&mut self) -> Result<(), DbError> {
        if std::mem::take(&mut self.in_transaction) {
            self.session.run("COMMIT").await?;
        }
        Ok(())
    }

    /// What stops this session's statement from outside, also while the session itself is being read.
    pub fn brake(&self) -> Brake {
        Brake { own: self.own.clone(), stop: self.stop.clone() }
    }
}

async fn one(session: &mut Session<Read>, sql: &str) -> Result<Vec<Value>, DbError> {
    Ok(session.query(sql, &[]).await?.into_iter().next().unwrap_or_default())
}
