//! What only the server knows of itself; Redshift tells none of it. Every statement is in `sql/<engine>/` and says there what it returns.

use super::{is_mariadb, told};
use crate::db::catalogue::{fields, text};
use crate::db::error::DbError;
use crate::db::session::{Connection, Read, Session};
use crate::db::value::{Row, Value};
use crate::model::Untrusted;
use crate::model::around::{Binlog, BinlogFiles, Blocked, Blocker, Known, Open, OpenTransaction, Replica, Slot};
use crate::model::engine::Engine;
use jiff::SignedDuration;
use sqlx::Row as _;

pub(super) async fn slots(session: &mut Session<Read>) -> Result<Known<Vec<Slot>>, DbError> {
    if session.dialect().engine != Engine::PostgreSql || session.dialect().redshift {
        return Ok(Known::NotDue);
    }
    let rows = session.query(include_str!("../../../sql/postgresql/slots.sql"), &[]).await?;
    let one = |row: Row| {
        let [name, plugin, active, retained, behind, wal_status, safe] = fields(row)?;
        Ok(Slot {
            name: text(name).into(),
            plugin: told(plugin),
            active: active.is_true(),
            retained: retained.as_int(),
            behind: behind.as_int(),
            wal_status: told(wal_status),
            safe: safe.as_int(),
        })
    };
    rows.into_iter().map(one).collect::<Result<_, DbError>>().map(Known::Is)
}

pub(super) async fn binlog(session: &mut Session<Read>) -> Result<Known<Binlog>, DbError> {
    if session.dialect().engine != Engine::MySql {
        return Ok(Known::NotDue);
    }
    let rows = session.query(include_str!("../../../sql/mysql/binlog_settings.sql"), &[]).await?;
    let settings: Vec<(String, String)> = rows
        .into_iter()
        .map(|row| fields(row).map(|[name, value]| (text(name).to_lowercase(), text(value))))
        .collect::<Result<_, _>>()?;
    let setting = |name: &str| settings.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let on = setting("log_bin").is_some_and(|value| value.eq_ignore_ascii_case("on") || value == "1");
    let files = if on { super::known(files(session).await)? } else { Known::NotThere };
    let number = |name: &str| setting(name).and_then(|value| value.parse::<f64>().ok()).filter(|number| *number > 0.0);
    let kept_for =
        number("binlog_expire_logs_seconds").or_else(|| number("expire_logs_days").map(|days| days * 86_400.0));
    Ok(Known::Is(Binlog {
        on,
        format: setting("binlog_format").unwrap_or_default().into(),
        row_image: setting("binlog_row_image").map(Untrusted::from),
        kept_for: kept_for.and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok()),
        rds_hours: rds_hours(session).await?,
        files,
    }))
}

async fn files(session: &mut Session<Read>) -> Result<Known<BinlogFiles>, DbError> {
    let rows = session.query("SHOW BINARY LOGS", &[]).await?;
    let name = |row: Option<&Row>| row.and_then(|row| row.first()).cloned().map(text).unwrap_or_default();
    let bytes = rows.iter().filter_map(|row| row.get(1).and_then(Value::as_int)).sum();
    let (oldest, newest) = (name(rows.first()).into(), name(rows.last()).into());
    Ok(Known::Is(BinlogFiles { oldest, newest, count: rows.len(), bytes }))
}

/// Only RDS has this table, and not everybody may read it.
async fn rds_hours(session: &mut Session<Read>) -> Result<Option<i64>, DbError> {
    let sql = "SELECT value FROM mysql.rds_configuration WHERE name = 'binlog retention hours'";
    match session.query(sql, &[]).await {
        Ok(rows) => Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int)),
        Err(error) if error.is_lost() => Err(error),
        Err(_) => Ok(None),
    }
}

pub(super) async fn open(session: &mut Session<Read>) -> Result<Known<Open>, DbError> {
    if session.dialect().redshift {
        return Ok(Known::NotDue);
    }
    let (sql, hidden) = match session.dialect().engine {
        Engine::PostgreSql => {
            let sql = include_str!("../../../sql/postgresql/open_transactions.sql");
            (sql, Some(include_str!("../../../sql/postgresql/hidden_sessions.sql")))
        }
        Engine::MySql => (include_str!("../../../sql/mysql/open_transactions.sql"), None),
        Engine::Sqlite => return Ok(Known::NotDue),
    };
    let rows = in_own_zone(session, sql).await?;
    let one = |row: Row| {
        let [pid, user, application, state, seconds, has_written] = fields(row)?;
        Ok(OpenTransaction {
            pid: pid.as_int(),
            user: told(user),
            application: told(application),
            state: told(state),
            open_for: SignedDuration::from_secs(seconds.as_int().unwrap_or_default()),
            has_written: (has_written != Value::Null).then(|| has_written.is_true()),
        })
    };
    let transactions = rows.into_iter().map(one).collect::<Result<_, DbError>>()?;
    let hidden = match hidden {
        Some(sql) => session.query(sql, &[]).await?.first().and_then(|row| row.first()).and_then(Value::as_int),
        None => None,
    };
    Ok(Known::Is(Open { transactions, hidden: hidden.unwrap_or_default() }))
}

pub(super) async fn blocked(session: &mut Session<Read>) -> Result<Known<Vec<Blocked>>, DbError> {
    if session.dialect().redshift {
        return Ok(Known::NotDue);
    }
    let sql = match session.dialect().engine {
        Engine::PostgreSql => include_str!("../../../sql/postgresql/blocked.sql"),
        Engine::MySql => {
            let version = session.query("SELECT CAST(VERSION() AS CHAR)", &[]).await?;
            if is_mariadb(&version) {
                include_str!("../../../sql/mysql/blocked_mariadb.sql")
            } else {
                include_str!("../../../sql/mysql/blocked_mysql.sql")
            }
        }
        Engine::Sqlite => return Ok(Known::NotDue),
    };
    let seconds = |value: &Value| value.as_int().map(SignedDuration::from_secs);
    let one = |row: Row| {
        let [pid, user, waits, table, by, by_user, by_state, by_open] = fields(row)?;
        let by = by.as_int().map(|pid| Blocker {
            pid,
            user: told(by_user),
            state: told(by_state),
            open_for: seconds(&by_open),
        });
        let pid = pid.as_int().unwrap_or_default();
        Ok(Blocked { pid, user: told(user), waits: seconds(&waits), table: told(table), by })
    };
    let rows = in_own_zone(session, sql).await?;
    rows.into_iter().map(one).collect::<Result<_, DbError>>().map(Known::Is)
}

/// InnoDB tells times in the zone of the machine, whatever the zone of the session: reckoned with there, ages are right.
async fn in_own_zone(session: &mut Session<Read>, sql: &str) -> Result<Vec<Row>, DbError> {
    if session.dialect().engine != Engine::MySql {
        return session.query(sql, &[]).await;
    }
    session.run("SET SESSION time_zone = 'SYSTEM'").await?;
    let rows = session.query(sql, &[]).await;
    session.run("SET SESSION time_zone = '+00:00'").await?;
    rows
}

pub(super) async fn replica(session: &mut Session<Read>) -> Result<Known<Option<Replica>>, DbError> {
    if session.dialect().redshift {
        return Ok(Known::NotDue);
    }
    match session.dialect().engine {
        Engine::PostgreSql => {
            let rows = session.query(include_str!("../../../sql/postgresql/replica.sql"), &[]).await?;
            let Some(row) = rows.into_iter().next() else { return Ok(Known::Is(None)) };
            let [is_copy, seconds] = fields(row)?;
            let behind = seconds.as_int().map(SignedDuration::from_secs);
            Ok(Known::Is(is_copy.is_true().then_some(Replica { behind })))
        }
        Engine::MySql => mysql_replica(session).await,
        Engine::Sqlite => Ok(Known::NotDue),
    }
}

/// The statement has two names, and so has the one of its sixty columns that is wanted.
async fn mysql_replica(session: &mut Session<Read>) -> Result<Known<Option<Replica>>, DbError> {
    let place = session.place().to_owned();
    let Connection::MySql(connection) = session.connection() else { return Ok(Known::NotDue) };
    let mut refused = None;
    for sql in ["SHOW REPLICA STATUS", "SHOW SLAVE STATUS"] {
        match sqlx::raw_sql(sql).fetch_all(connection.as_mut()).await {
            Ok(rows) => {
                let Some(row) = rows.first() else { return Ok(Known::Is(None)) };
                let behind = ["Seconds_Behind_Source", "Seconds_Behind_Master"].iter().find_map(|name| {
                    let text: Option<String> = row.try_get_unchecked(*name).ok()?;
                    text?.parse().ok().map(SignedDuration::from_secs)
                });
                return Ok(Known::Is(Some(Replica { behind })));
            }
            Err(error) => {
                let error = DbError::statement(&place, &error);
                if error.is_lost() {
                    return Err(error);
                }
                refused = Some(error);
            }
        }
    }
    refused.map_or(Ok(Known::Is(None)), Err)
}
