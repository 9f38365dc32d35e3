//! The lock on the target, on each engine, and who has it.
//!
//! PostgreSQL: `pg_try_advisory_lock`, one for each database. MySQL family: `GET_LOCK` of a name made from that of the database,
//! and two more that say which run it is and which process. SQLite: a file beside the database, locked with flock. Both servers give the
//! lock up with the session, and only then; that the way there keeps a session is proven in further statements, since a pool
//! that hands out connections by transaction does not.

use super::{Bearer, Zombie};
use crate::db::{Database, Engine, Row, Session, Value, Write};
use crate::model::refresh::RefreshId;
use crate::model::untrusted::shown;
use crate::refresh::trouble::Trouble;
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest as _, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// `cutover!` in ASCII: the number of the advisory lock.
const NUMBER: i64 = 0x6375_746f_7665_7221;
/// How long a session that was ended is waited for.
const GONE_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EACH: Duration = Duration::from_millis(200);
/// How often the proof is repeated: a pool may give the same connection twice by chance.
const PROOFS: usize = 3;

/// A lock that is held.
#[derive(Debug)]
pub enum Lock {
    Postgres { backend: i64 },
    MySql { connection: i64, names: [String; 3] },
    Sqlite { _file: File },
}

impl Lock {
    pub fn number(&self) -> i64 {
        match self {
            Self::Postgres { backend } => *backend,
            Self::MySql { connection, .. } => *connection,
            Self::Sqlite { .. } => 0,
        }
    }
}

/// Who has the lock, as far as the server tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// What the server calls the session.
    pub number: i64,
    /// `cutover/<run>/<attempt>@<host>`, or whatever it calls itself.
    pub name: String,
    /// User, and where from.
    pub who: String,
    /// `since 2026-11-22 10:00:00 UTC`, `running a statement for 95 s`.
    pub doing: String,
    /// It is a session of the run that asks, of this machine, whose process is gone.
    pub is_ours: bool,
    /// It is a session of the run that asks, of whatever machine.
    pub is_of_run: bool,
}

impl Holder {
    pub fn words(&self) -> String {
        let Self { number, name, who, doing, .. } = self;
        format!("{} ({}, session {number}, {})", shown(name), shown(who), shown(doing))
    }
}

/// Takes the lock, or says who has it.
pub async fn take(
    database: &Database,
    session: &mut Session<Write>,
    bearer: &Bearer,
    zombie: Zombie,
) -> Result<Lock, Trouble> {
    match database.dialect().engine {
        Engine::Sqlite => of_file(database, bearer),
        engine => {
            let name = name_of(database);
            let began = Instant::now();
            let mut ended = None;
            loop {
                if let Some(lock) = try_lock(session, engine, &name, bearer).await? {
                    return Ok(lock);
                }
                let Some(holder) = holder(session, engine, &name, bearer).await? else {
                    // It has let go in between.
                    if began.elapsed() > GONE_WITHIN {
                        return Err(Trouble::Lost(format!("the lock on {} cannot be had", database.place())));
                    }
                    tokio::time::sleep(LOOK_EACH).await;
                    continue;
                };
                let may = holder.is_ours || (holder.is_of_run && zombie == Zombie::EndAny);
                if !may || began.elapsed() > GONE_WITHIN {
                    return Err(held_by(database, &holder));
                }
                if ended != Some(holder.number) {
                    end(session, engine, holder.number).await?;
                    ended = Some(holder.number);
                }
                tokio::time::sleep(LOOK_EACH).await;
            }
        }
    }
}

fn held_by(database: &Database, holder: &Holder) -> Trouble {
    let hint = if holder.is_of_run {
        "; it is of this very run, of another process or machine: if that one is gone for good, say --take-over"
    } else {
        ""
    };
    Trouble::Refused(format!("{} is locked by {}{hint}", database.place(), holder.words()))
}

async fn try_lock(
    session: &mut Session<Write>,
    engine: Engine,
    name: &str,
    bearer: &Bearer,
) -> Result<Option<Lock>, Trouble> {
    let [take, prove] = if engine == Engine::PostgreSql {
        [
            include_str!("../../../sql/postgresql/lock_take.sql").replace("{number}", &NUMBER.to_string()),
            include_str!("../../../sql/postgresql/lock_prove.sql").replace("{number}", &NUMBER.to_string()),
        ]
    } else {
        [
            include_str!("../../../sql/mysql/lock_take.sql").to_owned(),
            include_str!("../../../sql/mysql/lock_prove.sql").to_owned(),
        ]
    };
    let by_name: Vec<Value> = if engine == Engine::PostgreSql { Vec::new() } else { vec![name.into()] };
    let (number, has) = pair(&session.query(&take, &by_name).await?)?;
    if !has {
        return Ok(None);
    }
    for _ in 0..PROOFS {
        if pair(&session.query(&prove, &by_name).await?)? != (number, true) {
            return Err(Trouble::refused(format!(
                "the way to {} does not keep a session: the lock that was taken was not there in the next statement. A \
                 pool by transaction stands in between; connect to the database itself",
                session.place()
            )));
        }
    }
    Ok(Some(if engine == Engine::PostgreSql {
        Lock::Postgres { backend: number }
    } else {
        // They say to whoever is refused which run and which process it is; nobody waits for them.
        let names = [name.to_owned(), of_run(&bearer.run), of_process(bearer, bearer.pid)];
        for told in &names[1..] {
            session.query("SELECT GET_LOCK(?, 0)", &[told.as_str().into()]).await?;
        }
        Lock::MySql { connection: number, names }
    }))
}

/// A number and a truth.
fn pair(rows: &[Row]) -> Result<(i64, bool), Trouble> {
    let row = rows.first().ok_or_else(|| Trouble::failed("the server did not answer about the lock"))?;
    let number = row.first().and_then(Value::as_int);
    let truth = row.get(1).is_some_and(Value::is_true);
    number.map(|number| (number, truth)).ok_or_else(|| Trouble::failed("the server did not say which session this is"))
}

fn text(row: &Row, at: usize) -> String {
    row.get(at).and_then(|value| value.as_text().map(std::borrow::Cow::into_owned)).unwrap_or_default()
}

async fn holder(
    session: &mut Session<Write>,
    engine: Engine,
    name: &str,
    bearer: &Bearer,
) -> Result<Option<Holder>, Trouble> {
    let rows = if engine == Engine::PostgreSql {
        let sql = include_str!("../../../sql/postgresql/lock_holder.sql").replace("{number}", &NUMBER.to_string());
        session.query(&sql, &[]).await?
    } else {
        session.query(include_str!("../../../sql/mysql/lock_holder.sql"), &[name.into()]).await?
    };
    let Some(row) = rows.first() else { return Ok(None) };
    let Some(number) = row.first().and_then(Value::as_int) else { return Ok(None) };
    let mut name = text(row, 1);
    let (is_of_run, is_ours) = if engine == Engine::PostgreSql {
        let of_run = name.starts_with(&format!("cutover/{}/", bearer.run.0));
        let place = name.rsplit_once('@').and_then(|(_, place)| place.rsplit_once(':'));
        let here = place.is_some_and(|(host, pid)| {
            host == self::host(&bearer.host) && pid.parse().is_ok_and(|pid| is_gone(pid, bearer))
        });
        (of_run, of_run && here)
    } else {
        let is_of_run = has(session, number, &of_run(&bearer.run)).await?;
        if is_of_run {
            name = of_run(&bearer.run);
        }
        let mut is_ours = false;
        // The process that had it before, and this one itself, which may have lost its session.
        for pid in [Some(bearer.pid), bearer.before].into_iter().flatten().filter(|pid| is_gone(*pid, bearer)) {
            is_ours |= is_of_run && has(session, number, &of_process(bearer, pid)).await?;
        }
        (is_of_run, is_ours)
    };
    Ok(Some(Holder { number, name, who: text(row, 2), doing: text(row, 3), is_ours, is_of_run }))
}

/// Whether this connection has the lock of this name.
async fn has(session: &mut Session<Write>, connection: i64, name: &str) -> Result<bool, Trouble> {
    let rows = session.query("SELECT IS_USED_LOCK(?)", &[name.into()]).await?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int) == Some(connection))
}

/// Whether a session of this run is on the target, whoever looks; `None` where the engine does not tell.
///
/// # Errors
/// What the server says.
pub async fn has_session<Access>(session: &mut Session<Access>, run: &RefreshId) -> Result<Option<bool>, Trouble> {
    let (sql, name) = match session.dialect().engine {
        Engine::PostgreSql => (include_str!("../../../sql/postgresql/run_session.sql"), format!("{}/", of_run(run))),
        Engine::MySql => ("SELECT IS_USED_LOCK(?) IS NOT NULL", of_run(run)),
        Engine::Sqlite => return Ok(None),
    };
    let rows = session.query(sql, &[name.as_str().into()]).await?;
    Ok(Some(rows.first().and_then(|row| row.first()).is_some_and(Value::is_true)))
}

/// A process that was there and is no more; what this one left behind itself counts.
fn is_gone(pid: u32, bearer: &Bearer) -> bool {
    if pid == bearer.pid {
        return true;
    }
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_none_or(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

async fn end(session: &mut Session<Write>, engine: Engine, number: i64) -> Result<(), Trouble> {
    let ended = if engine == Engine::PostgreSql {
        session.query(&format!("SELECT pg_catalog.pg_terminate_backend({number})"), &[]).await.map(drop)
    } else {
        session.script(&format!("KILL CONNECTION {number}")).await
    };
    match ended {
        Err(error) if error.is_lost() => Err(error.into()),
        // It may have gone by itself; whether it has is seen by the lock.
        _ => Ok(()),
    }
}

/// Unlocks, and closes the session.
pub async fn release(lock: Lock, mut session: Session<Write>) {
    // The end of the session does the same; this makes it be over when the caller goes on.
    let _ = match lock {
        Lock::Postgres { .. } => {
            session.query(&format!("SELECT pg_catalog.pg_advisory_unlock({NUMBER})"), &[]).await.map(drop)
        }
        Lock::MySql { names, .. } => {
            let all = names.map(Value::from);
            session.query("SELECT RELEASE_LOCK(?), RELEASE_LOCK(?), RELEASE_LOCK(?)", &all).await.map(drop)
        }
        Lock::Sqlite { .. } => Ok(()),
    };
}

/// Where numbers of processes mean the same as here, as it fits into the name of a session, which PostgreSQL cuts at 63 bytes: the
/// beginning of the host's name, and a digest. Containers may share a name, a machine id, or a kernel.
pub fn host(name: &str) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let space = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    digested(name, &[read("/etc/machine-id"), read("/proc/sys/kernel/random/boot_id"), space.display().to_string()])
}

fn digested(name: &str, of: &[String]) -> String {
    let begins: String = name.chars().filter(char::is_ascii_alphanumeric).take(9).collect();
    format!("{begins}~{}", &hex(&format!("{name}\n{}", of.join("\n")))[..10])
}

/// 32 digits.
fn hex(text: &str) -> String {
    let mut out = String::new();
    for byte in Sha256::digest(text.as_bytes()).iter().take(16) {
        // Writing to a String cannot fail.
        let _ = std::fmt::Write::write_fmt(&mut out, format_args!("{byte:02x}"));
    }
    out
}

/// Names of locks are those of the whole server; 64 characters at most.
fn name_of(database: &Database) -> String {
    format!("cutover/{}", hex(database.name().unwrap_or_default()))
}

/// The same on every machine.
fn of_run(run: &RefreshId) -> String {
    format!("cutover/{}", run.0)
}

fn of_process(bearer: &Bearer, pid: u32) -> String {
    format!("cutover/{}@{}:{pid}", bearer.run.0, host(&bearer.host))
}

/// The lock of a file is another file, so that SQLite's own locks on it are left alone.
fn of_file(database: &Database, bearer: &Bearer) -> Result<Lock, Trouble> {
    let path = PathBuf::from(format!("{}.cutover-lock", database.place()));
    let failed = |error: std::io::Error| Trouble::refused(format!("{}: {error}", path.display()));
    let mut options = OpenOptions::new();
    let mut file =
        options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(error) if error == rustix::io::Errno::WOULDBLOCK => {
            let mut who = String::new();
            // Whatever it says: that somebody has it is known.
            let _ = file.read_to_string(&mut who);
            return Err(Trouble::refused(format!("{} is locked by {}", database.place(), shown(who.trim()))));
        }
        Err(error) => return Err(failed(error.into())),
    }
    let line = format!("{} (pid {} on {})\n", bearer.label(), bearer.pid, bearer.host);
    let write = |file: &mut File| {
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(line.as_bytes())
    };
    write(&mut file).map_err(failed)?;
    Ok(Lock::Sqlite { _file: file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_apart_by_more_than_the_beginning_of_their_names() {
        let of = |host: &str, machine: &str, space: &str| digested(host, &[machine.to_owned(), space.to_owned()]);
        let one = of("cutover-refresh-nightly-29391840-abcde", "m", "pid:[1]");
        assert_eq!(one.len(), 20);
        for other in [
            of("cutover-refresh-nightly-29391840-fghij", "m", "pid:[1]"),
            of("cutover-refresh-nightly-29391840-abcde", "n", "pid:[1]"),
            of("cutover-refresh-nightly-29391840-abcde", "m", "pid:[2]"),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(host("a"), host("a"));
        assert_ne!(host("a"), host("b"));
    }
}
