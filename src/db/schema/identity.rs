//! Which database this really is, whatever name it was reached by; and who else is in it.
//!
//! Start at [`differ`]: it proves that two sessions are in different databases, by a lock that one takes and the other looks
//! for, and by what each server says of itself.

use super::literal;
use crate::db::catalogue::{fields, text};
use crate::db::dialect::Engine;
use crate::db::error::DbError;
use crate::db::session::Session;
use crate::db::value::Value;
use crate::model::Untrusted;
use crate::model::untrusted::shown;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::os::unix::fs::MetadataExt as _;

const POSTGRES: &str = include_str!("../../../sql/postgresql/schema_identity.sql");
const POSTGRES_OTHERS: &str = include_str!("../../../sql/postgresql/schema_others.sql");
const MYSQL: &str = include_str!("../../../sql/mysql/schema_identity.sql");
const MYSQL_OTHERS: &str = include_str!("../../../sql/mysql/schema_others.sql");

/// What a database says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub engine: Engine,
    /// PostgreSQL: the system identifier that initdb made, which a copy of the whole server keeps; MariaDB: `server_uid`, MySQL:
    /// `server_uuid`; SQLite: device and inode of the file. `None` where it may not be read.
    pub system: Option<String>,
    /// Name of the database; of SQLite the path.
    pub database: String,
    /// PostgreSQL's own number for it.
    pub oid: Option<String>,
    /// Address and port that the server itself knows.
    pub place: Option<String>,
    /// A standby, or a replica that refuses writes.
    pub replica: Option<bool>,
}

impl Identity {
    /// One text for one database: `7300000000000000001/16384`. `None`: the server does not tell.
    pub fn words(&self) -> Option<String> {
        let system = self.system.as_ref()?;
        let database = self.oid.as_ref().unwrap_or(&self.database);
        Some(shown(&format!("{system}/{database}")).into_owned())
    }
}

/// Whether two sessions are in one database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Apart {
    /// Proven to be two; how it is known.
    Different(String),
    /// It is one and the same.
    Same(String),
    /// Neither could be proven; why.
    Unknown(String),
}

/// Somebody else in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    pub pid: i64,
    pub user: Option<Untrusted>,
    /// PostgreSQL only.
    pub application: Option<Untrusted>,
    /// Where from; `None` over a socket, or where it may not be seen.
    pub host: Option<Untrusted>,
    pub state: Option<Untrusted>,
    /// When the session began; of the MySQL family when it last began something.
    pub since: Option<Timestamp>,
}

/// Who else there is, and of how many of them nothing may be seen but that they are there. On the MySQL family those are not
/// even counted without the privilege PROCESS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Others {
    pub sessions: Vec<Other>,
    pub hidden: u64,
}

/// What the database says of itself.
pub async fn identity<A: Send>(session: &mut Session<A>) -> Result<Identity, DbError> {
    match session.dialect().engine {
        Engine::PostgreSql => postgres(session).await,
        Engine::MySql => mysql(session).await,
        Engine::Sqlite => sqlite(session).await,
    }
}

async fn first<A: Send>(session: &mut Session<A>, sql: &str) -> Result<Option<Value>, DbError> {
    Ok(session.query(sql, &[]).await?.into_iter().flatten().next())
}

async fn postgres<A: Send>(session: &mut Session<A>) -> Result<Identity, DbError> {
    let row = session.query(POSTGRES, &[]).await?.into_iter().next().unwrap_or_default();
    let [database, oid, place, replica, may_ask] = fields(row)?;
    let system = if may_ask.is_true() {
        first(session, "SELECT CAST(system_identifier AS text) FROM pg_catalog.pg_control_system()").await?.map(text)
    } else {
        None
    };
    Ok(Identity {
        engine: Engine::PostgreSql,
        system,
        database: text(database),
        oid: Some(text(oid)),
        place: Some(text(place)),
        replica: Some(replica.is_true()),
    })
}

async fn mysql<A: Send>(session: &mut Session<A>) -> Result<Identity, DbError> {
    let row = session.query(MYSQL, &[]).await?.into_iter().next().unwrap_or_default();
    let [database, host, port, version, replica] = fields(row)?;
    // The one of MariaDB, which older ones do not have, and the one of MySQL.
    let name = if text(version).contains("MariaDB") { "server_uid" } else { "server_uuid" };
    let system = match first(session, &format!("SELECT CAST(@@global.{name} AS CHAR)")).await {
        Ok(system) => system.map(text),
        Err(error) if error.is_lost() => return Err(error),
        Err(_) => None,
    };
    Ok(Identity {
        engine: Engine::MySql,
        system,
        database: text(database),
        oid: None,
        place: Some(format!("{}:{}", text(host), text(port))),
        replica: Some(replica.is_true()),
    })
}

async fn sqlite<A: Send>(session: &mut Session<A>) -> Result<Identity, DbError> {
    let sql = "SELECT file FROM pragma_database_list WHERE file <> '' AND name <> 'temp' ORDER BY seq DESC LIMIT 1";
    let path = first(session, sql).await?.map(text).unwrap_or_default();
    let file = std::fs::metadata(&path).ok();
    let place = std::fs::canonicalize(&path).ok().map(|path| path.display().to_string());
    Ok(Identity {
        engine: Engine::Sqlite,
        system: file.map(|file| format!("{}:{}", file.dev(), file.ino())),
        database: place.clone().unwrap_or(path),
        oid: None,
        place,
        replica: None,
    })
}

/// Whether the two are different databases. Takes a lock of no consequence in the source's session, looks for it in the
/// target's, and gives it back. Changes nothing and needs no privilege.
pub async fn differ<A: Send, B: Send>(source: &mut Session<A>, target: &mut Session<B>) -> Result<Apart, DbError> {
    let (one, other) = (identity(source).await?, identity(target).await?);
    if one.engine != other.engine {
        return Ok(Apart::Different("two engines".to_owned()));
    }
    let seen = match one.engine {
        Engine::PostgreSql => is_seen_by_postgres(source, target).await?,
        Engine::MySql => is_seen_by_mysql(source, target).await?,
        Engine::Sqlite => one.system == other.system,
    };
    Ok(judge(&one, &other, seen))
}

/// `seen`: what one session holds, the other's server knows of.
fn judge(one: &Identity, other: &Identity, seen: bool) -> Apart {
    let same_database = one.database == other.database && one.oid == other.oid;
    if one.engine == Engine::Sqlite {
        return match (seen, &one.system) {
            (_, None) => Apart::Unknown("the files cannot be looked at".to_owned()),
            (true, _) => Apart::Same("it is one file".to_owned()),
            (false, _) => Apart::Different("two files, of different inodes".to_owned()),
        };
    }
    if seen {
        return if same_database {
            Apart::Same("a lock that was taken in one was seen in the other".to_owned())
        } else {
            Apart::Different(format!("two databases of one server: {} and {}", one.database, other.database))
        };
    }
    match (&one.system, &other.system) {
        (Some(one), Some(other)) if one != other => {
            Apart::Different(format!("two servers by their own identifiers, {one} and {other}"))
        }
        (Some(system), Some(_)) if one.replica == Some(true) || other.replica == Some(true) => Apart::Unknown(format!(
            "both servers have the identifier {system} and one of them is a replica: it may be the other's, or both may come \
             of one snapshot"
        )),
        (Some(system), Some(_)) if one.place == other.place && same_database => Apart::Unknown(format!(
            "both servers have the identifier {system}, the same address and the same database, and yet a lock in one is not \
             seen in the other: perhaps something pools connections in between"
        )),
        (Some(_), Some(_)) => {
            Apart::Different("a lock that was taken in one is not in the other, and neither is a replica".to_owned())
        }
        _ => Apart::Unknown("the servers do not tell who they are".to_owned()),
    }
}

async fn is_seen_by_postgres<A: Send, B: Send>(
    source: &mut Session<A>,
    target: &mut Session<B>,
) -> Result<bool, DbError> {
    let key = fastrand::u64(..1 << 62);
    first(source, &format!("SELECT pg_catalog.pg_try_advisory_lock_shared({key})::text")).await?;
    let (high, low) = (key >> 32, key & 0xffff_ffff);
    // Of all databases of that server.
    let look = format!(
        "SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint = {high} \
         AND objid::bigint = {low}"
    );
    let seen = first(target, &look).await;
    first(source, &format!("SELECT pg_catalog.pg_advisory_unlock_shared({key})::text")).await?;
    Ok(seen?.is_some_and(|count| count.is_true()))
}

async fn is_seen_by_mysql<A: Send, B: Send>(source: &mut Session<A>, target: &mut Session<B>) -> Result<bool, DbError> {
    let name = literal(Engine::MySql, &format!("cutover-{:x}", fastrand::u64(..)));
    first(source, &format!("SELECT GET_LOCK({name}, 0)")).await?;
    let seen = first(target, &format!("SELECT IS_USED_LOCK({name}) IS NOT NULL")).await;
    first(source, &format!("SELECT RELEASE_LOCK({name})")).await?;
    Ok(seen?.is_some_and(|seen| seen.is_true()))
}

/// Other sessions in this database, ours excepted. SQLite knows of none.
pub async fn others<A: Send>(session: &mut Session<A>) -> Result<Others, DbError> {
    let mut found = Others::default();
    let told = |value: Value| if let Value::Null = value { None } else { Some(Untrusted::new(text(value))) };
    match session.dialect().engine {
        Engine::Sqlite => {}
        Engine::PostgreSql => {
            for row in session.query(POSTGRES_OTHERS, &[]).await? {
                let [pid, user, application, host, state, since, hidden] = fields(row)?;
                found.hidden += u64::from(hidden.is_true());
                let (pid, since) = (pid.as_int().unwrap_or_default(), text(since).parse().ok());
                let (user, application, host, state) = (told(user), told(application), told(host), told(state));
                found.sessions.push(Other { pid, user, application, host, state, since });
            }
        }
        Engine::MySql => {
            for row in session.query(MYSQL_OTHERS, &[]).await? {
                let [pid, user, host, state, since] = fields(row)?;
                let (pid, since) = (pid.as_int().unwrap_or_default(), text(since).parse().ok());
                let (user, host, state) = (told(user), told(host), told(state));
                found.sessions.push(Other { pid, user, application: None, host, state, since });
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_proven_is_called_so() {
        let of = |system: Option<&str>, database: &str, place: &str, replica: bool| Identity {
            engine: Engine::PostgreSql,
            system: system.map(str::to_owned),
            database: database.to_owned(),
            oid: Some("5".into()),
            place: Some(place.to_owned()),
            replica: Some(replica),
        };
        for (one, other, seen, want) in [
            (of(Some("1"), "shop", "a:1", false), of(Some("1"), "shop", "a:1", false), true, "same"),
            (of(None, "shop", "a:1", false), of(None, "shop", "b:1", false), true, "same"),
            (of(Some("1"), "shop", "a:1", false), of(Some("1"), "other", "a:1", false), true, "different"),
            (of(Some("1"), "shop", "a:1", false), of(Some("2"), "shop", "b:1", false), false, "different"),
            // Staging was made from a snapshot of production.
            (of(Some("1"), "shop", "a:1", false), of(Some("1"), "shop", "b:1", false), false, "different"),
            (of(Some("1"), "shop", "a:1", true), of(Some("1"), "shop", "b:1", false), false, "unknown"),
            (of(Some("1"), "shop", "a:1", false), of(Some("1"), "shop", "a:1", false), false, "unknown"),
            (of(None, "shop", "a:1", false), of(Some("2"), "shop", "b:1", false), false, "unknown"),
        ] {
            let got = match judge(&one, &other, seen) {
                Apart::Same(_) => "same",
                Apart::Different(_) => "different",
                Apart::Unknown(_) => "unknown",
            };
            assert_eq!(got, want, "{one:?} {other:?} {seen}");
        }
    }
}
