//! Opens `cutover.db` and brings it to the present schema.

use super::StoreError;
use super::place::{is_elsewhere, private_file};
use rustix::fs::{FlockOperation, flock};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// What each version adds to the one before; the place in the list, from one, is the version.
const SCHEMA: [&str; 2] = [include_str!("../../sql/store/1.sql"), include_str!("../../sql/store/2.sql")];

/// The version known here.
#[allow(clippy::cast_possible_wrap, reason = "a handful")]
const KNOWN: i64 = SCHEMA.len() as i64;

/// How long a write waits for one of another process. Each takes milliseconds.
const BUSY: Duration = Duration::from_secs(5);

fn database(path: &Path) -> impl Fn(sqlx::Error) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError::Database { path: path.clone(), why: error.to_string() }
}

/// Opens for writing; makes the file where there is none.
pub(super) async fn write(dir: &Path, path: &Path) -> Result<SqliteConnection, StoreError> {
    private_file(path)?;
    let elsewhere = is_elsewhere(dir);
    // Who turns the write-ahead log on is told "locked" without being waited for, so only one does it at a time. The lock
    // goes with the file, whatever happens. It is waited for on a thread of its own: its holder may need this one.
    let lock = dir.join("cutover.lock");
    let _alone =
        if elsewhere { None } else { tokio::task::spawn_blocking(move || alone(&lock)).await.ok().transpose()? };
    let journal = if elsewhere { SqliteJournalMode::Delete } else { SqliteJournalMode::Wal };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .journal_mode(journal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging();
    let failed = database(path);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(&failed)?;
    if version(&mut connection, path).await? < KNOWN {
        let mut change = connection.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        // Another process may have been faster.
        let found = version(&mut change, path).await?;
        for (index, step) in SCHEMA.iter().enumerate().skip(usize::try_from(found).unwrap_or(0)) {
            sqlx::raw_sql(*step).execute(&mut *change).await.map_err(&failed)?;
            let reached = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {}", index + 1));
            sqlx::raw_sql(reached).execute(&mut *change).await.map_err(&failed)?;
        }
        change.commit().await.map_err(&failed)?;
    }
    Ok(connection)
}

/// Opens what is there for reading; `None` where there is nothing yet.
pub(super) async fn read(path: &Path) -> Result<Option<SqliteConnection>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY).read_only(true);
    let options = options.disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(database(path))?;
    Ok((version(&mut connection, path).await? > 0).then_some(connection))
}

/// The version of what is there.
pub(super) async fn version(connection: &mut SqliteConnection, path: &Path) -> Result<i64, StoreError> {
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await.map_err(database(path))?;
    if found > KNOWN {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: KNOWN });
    }
    Ok(found)
}

fn alone(path: &Path) -> Result<Option<File>, StoreError> {
    private_file(path)?;
    let Ok(file) = File::open(path) else { return Ok(None) };
    // A disk without such locks is opened without.
    Ok(flock(&file, FlockOperation::LockExclusive).is_ok().then_some(file))
}
