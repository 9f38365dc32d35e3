//! Comparisons as they are kept: written by whoever carries one out, read by everybody.
//!
//! Start at [`Keeping`], the writer: it begins before the first row is read, takes news in short transactions, and ends.
//! Only one owner writes to a run: who takes it up again takes it from the one before. [`read`] has the lists, the whole of
//! one, and what is known for going on; `confirmed.rs` who has agreed to what it costs. Kept are [`DAYS`] days, and at most
//! [`RUNS`] comparisons: at most a few hundred MB, mostly a few. No value of a row is ever written.

mod confirmed;
mod read;
#[cfg(test)]
mod tests;

pub use confirmed::{confirmed, is_first};
pub use read::{history, list, one, units};

use super::place::{FileId, Settings, file_at, folder};
use super::{StoreError, open};
use crate::model::validation::{
    Begun, GateSeen, KeptUnit, Outcome, Planned, PlannedTable, RowResult, RunId, RunState, TableResult, What,
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sqlx::{Connection as _, SqliteConnection};
use std::path::{Path, PathBuf};

/// How long a comparison is kept, in days of 24 hours, and how many are.
pub const DAYS: i64 = 90;
pub const RUNS: i64 = 1_000;

const PRUNE: &str = include_str!("../../../sql/store/validation/prune.sql");

/// What becomes known while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    Gate(GateSeen),
    State(RunState),
    /// How a table was cut into ranges.
    Cut {
        nth: usize,
        ranges: String,
    },
    /// A range was compared to its end.
    Unit(KeptUnit),
    /// A table is done.
    Table {
        nth: usize,
        result: Box<TableResult>,
        rows: Vec<RowResult>,
    },
}

/// One comparison that is being kept.
#[derive(Debug)]
pub struct Keeping {
    connection: SqliteConnection,
    path: PathBuf,
    /// The file that was opened.
    file: Option<FileId>,
    run: RunId,
    owner: String,
}

fn path(settings: &Settings) -> Result<(&Path, PathBuf), StoreError> {
    let dir = settings.dir.as_deref().ok_or(StoreError::Nowhere)?;
    Ok((dir, dir.join("cutover.db")))
}

fn failed(path: &Path) -> impl Fn(sqlx::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |error| StoreError::Database { path: path.clone(), why: error.to_string() }
}

/// As JSON, which these types always can be.
fn text(value: &impl Serialize, path: &Path) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Database { path: path.to_owned(), why: error.to_string() })
}

fn number(nth: usize) -> i64 {
    i64::try_from(nth).unwrap_or(i64::MAX)
}

/// A name that nobody else gives himself.
fn owner(host: &str, pid: u32) -> String {
    format!("{pid}@{host}/{:016x}", fastrand::u64(..))
}

/// The plan without its tables: what a list needs of it.
fn head(planned: &Planned) -> Planned {
    Planned { tables: Vec::new(), target_only: Vec::new(), of_dms: Vec::new(), ..planned.clone() }
}

impl Keeping {
    async fn open(settings: &Settings, run: &RunId, owner: String) -> Result<Self, StoreError> {
        let (dir, path) = path(settings)?;
        folder(dir)?;
        let connection = open::write(dir, &path).await?;
        let file = file_at(&path);
        Ok(Self { connection, path, file, run: run.clone(), owner })
    }

    /// Writes that it begins, and forgets what is old.
    ///
    /// # Errors
    /// The disk cannot be written, or what is there is no store. Then nothing of it is kept.
    pub async fn begin(settings: &Settings, begun: &Begun) -> Result<Self, StoreError> {
        let mut keeping = Self::open(settings, &begun.id, owner(&begun.host, begun.pid)).await?;
        let failed = failed(&keeping.path);
        let planned = &begun.planned;
        let task = if let What::Task(name) = &planned.what { Some(name) } else { None };
        let head = text(&head(planned), &keeping.path)?;
        let trigger = text(&begun.trigger, &keeping.path)?;
        let whole = text(planned, &keeping.path)?;
        let now = begun.started.as_microsecond();
        let mut change = keeping.connection.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        let insert = include_str!("../../../sql/store/validation/begin.sql");
        let insert = sqlx::query(insert)
            .bind(&begun.id.0)
            .bind(task)
            .bind(trigger)
            .bind(whole)
            .bind(head)
            .bind(&planned.fingerprint)
            .bind(number(planned.tables.len()))
            .bind(now)
            .bind(&begun.os_user)
            .bind(&begun.host)
            .bind(begun.pid)
            .bind(&keeping.owner);
        insert.execute(&mut *change).await.map_err(&failed)?;
        for (nth, PlannedTable { source, target, .. }) in planned.tables.iter().enumerate() {
            let insert = include_str!("../../../sql/store/validation/begin_table.sql");
            let fingerprint = begun.fingerprints.get(nth).map(String::as_str).unwrap_or_default();
            let insert = sqlx::query(insert).bind(&begun.id.0).bind(number(nth)).bind(source.raw()).bind(target.raw());
            insert.bind(fingerprint).execute(&mut *change).await.map_err(&failed)?;
        }
        let before = begun.started - SignedDuration::from_hours(24 * DAYS);
        let quiet = begun.started - SignedDuration::from_hours(24);
        let prune = sqlx::query(PRUNE).bind(before.as_microsecond()).bind(RUNS).bind(quiet.as_microsecond());
        prune.execute(&mut *change).await.map_err(&failed)?;
        change.commit().await.map_err(&failed)?;
        Ok(keeping)
    }

    /// Takes a comparison up again that nobody carries out any more. `from`: the owner it was read with.
    ///
    /// # Errors
    /// Somebody else was faster, or the disk cannot be written.
    pub async fn take_up(
        settings: &Settings,
        run: &RunId,
        from: &str,
        (os_user, host, pid): (&str, &str, u32),
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut keeping = Self::open(settings, run, owner(host, pid)).await?;
        let failed = failed(&keeping.path);
        let mut change = keeping.connection.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        let update = include_str!("../../../sql/store/validation/take_up.sql");
        let update =
            sqlx::query(update).bind(&run.0).bind(from).bind(&keeping.owner).bind(os_user).bind(host).bind(pid);
        let done = update.bind(now.as_microsecond()).execute(&mut *change).await.map_err(&failed)?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Taken { run: run.0.clone() });
        }
        change.commit().await.map_err(&failed)?;
        Ok(keeping)
    }

    /// The comparison it is of.
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// Writes what has become known, in one short transaction; without news only that it lives.
    ///
    /// # Errors
    /// Nothing of it was written. [`StoreError::Taken`]: somebody else carries it on, and nothing may be written any more.
    pub async fn write(&mut self, news: &[News], now: Timestamp) -> Result<(), StoreError> {
        if self.file.is_none() || self.file != file_at(&self.path) {
            let why = "the file was moved or removed while it was written".to_owned();
            return Err(StoreError::Database { path: self.path.clone(), why });
        }
        let (failed, run) = (failed(&self.path), self.run.0.as_str());
        let mut change = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        let beat = sqlx::query(include_str!("../../../sql/store/validation/beat.sql"));
        let beat = beat.bind(run).bind(&self.owner).bind(now.as_microsecond());
        if beat.execute(&mut *change).await.map_err(&failed)?.rows_affected() == 0 {
            return Err(StoreError::Taken { run: run.to_owned() });
        }
        for one in news {
            match one {
                News::Gate(seen) => {
                    let update = sqlx::query(include_str!("../../../sql/store/validation/gate.sql"));
                    let update = update.bind(run).bind(text(seen, &self.path)?);
                    update.execute(&mut *change).await.map_err(&failed)?;
                }
                News::State(state) => {
                    let update = sqlx::query(include_str!("../../../sql/store/validation/state.sql"));
                    update.bind(run).bind(state.word()).execute(&mut *change).await.map_err(&failed)?;
                }
                News::Cut { nth, ranges } => {
                    let insert = sqlx::query(include_str!("../../../sql/store/validation/cut.sql"));
                    let insert = insert.bind(run).bind(number(*nth)).bind(ranges);
                    insert.execute(&mut *change).await.map_err(&failed)?;
                }
                News::Unit(unit) => {
                    let insert = include_str!("../../../sql/store/validation/unit.sql");
                    let insert = sqlx::query(insert).bind(run).bind(number(unit.nth)).bind(number(unit.number));
                    insert.bind(&unit.part).execute(&mut *change).await.map_err(&failed)?;
                }
                News::Table { nth, result, rows } => {
                    table(&mut change, &self.path, (run, *nth), result, rows).await?;
                }
            }
        }
        change.commit().await.map_err(&failed)
    }

    /// Writes how it ended.
    ///
    /// # Errors
    /// As [`Keeping::write`].
    pub async fn end(mut self, news: &[News], outcome: &Outcome, now: Timestamp) -> Result<(), StoreError> {
        self.write(news, now).await?;
        let failed = failed(&self.path);
        let (state, verdict, summary, why) = match outcome {
            Outcome::Told(summary) => {
                let state = if summary.interrupted { RunState::Interrupted } else { RunState::Ended };
                (state, Some(summary.verdict.word()), Some(text(summary, &self.path)?), None)
            }
            Outcome::Failed(why) => (RunState::Interrupted, None, None, Some(why)),
        };
        let mut change = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        let update = include_str!("../../../sql/store/validation/end.sql");
        let update =
            sqlx::query(update).bind(&self.run.0).bind(&self.owner).bind(state.word()).bind(now.as_microsecond());
        let update = update.bind(verdict).bind(summary).bind(why);
        if update.execute(&mut *change).await.map_err(&failed)?.rows_affected() == 0 {
            return Err(StoreError::Taken { run: self.run.0 });
        }
        change.commit().await.map_err(&failed)?;
        self.connection.close().await.map_err(&failed)
    }
}

/// Writes the result of a table, without a value. Its units are kept only as long as they may still be needed.
async fn table(
    change: &mut SqliteConnection,
    path: &Path,
    (run, nth): (&str, usize),
    result: &TableResult,
    rows: &[RowResult],
) -> Result<(), StoreError> {
    let failed = failed(path);
    let (nth, written) = (number(nth), text(&result.without_values(), path)?);
    let update = sqlx::query(include_str!("../../../sql/store/validation/table.sql"));
    update.bind(run).bind(nth).bind(written).execute(&mut *change).await.map_err(&failed)?;
    let forget = [
        include_str!("../../../sql/store/validation/forget_differences.sql"),
        include_str!("../../../sql/store/validation/forget_units.sql"),
        include_str!("../../../sql/store/validation/forget_cut.sql"),
    ];
    for delete in &forget[..if result.is_settled() { forget.len() } else { 1 }] {
        sqlx::query(*delete).bind(run).bind(nth).execute(&mut *change).await.map_err(&failed)?;
    }
    for (at, row) in rows.iter().enumerate() {
        let insert = include_str!("../../../sql/store/validation/difference.sql");
        let insert =
            sqlx::query(insert).bind(run).bind(nth).bind(number(at)).bind(text(&row.kept(result.method), path)?);
        insert.execute(&mut *change).await.map_err(&failed)?;
    }
    Ok(())
}
