//! Journals of refreshes: `runs/<id>.db`, one writer each, read by everybody.
//!
//! Start at [`Journal`], the writer: it holds the lock `<id>.lock` for as long as it lives, so a refresh is carried out by one
//! process of this machine. [`list`], [`seen`] and [`kept`] are what screens, commands and a resume read; they open nothing for
//! writing. `files.rs` knows the names of the files beside it. Durable when written (synchronous FULL); on a disk of another
//! machine with a rollback journal, and refused where such a disk has no locks.

mod files;
mod read;
#[cfg(test)]
mod tests;
mod watch;

pub use files::{any_alive, folder, log, restore_sql, take_wish, waits, waits_still, watch_since, watched_since, wish};
pub use read::{Kept, kept, list, seen};
pub use watch::Watcher;

use super::StoreError;
use super::place::{self, FileId, Settings, file_at, is_elsewhere, private_file};
use crate::model::Untrusted;
use crate::model::audit::How;
use crate::model::refresh::{
    Away, AwayKind, Line, LoadProgress, PlanHash, RefreshId, RunHead, RunState, StepName, StepSeen,
};
use files::Lock;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Of the schema written here.
const VERSION: i64 = 1;
const SCHEMA: &str = include_str!("../../../sql/store/runs/1.sql");
/// Readers hold nobody up for longer than a read takes.
const BUSY: Duration = Duration::from_secs(5);
/// So many lines of a run's log are kept.
pub const LINES: i64 = 5_000;

/// How far an attempt of a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Written before anything is done.
    Intent,
    /// Something was sent or seen in between.
    EffectSeen,
    Outcome,
}

impl Phase {
    pub fn word(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::EffectSeen => "effect-seen",
            Self::Outcome => "outcome",
        }
    }
}

/// What becomes known while a refresh runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    State {
        state: RunState,
        step: Option<StepName>,
        why: Option<Untrusted>,
        ended: Option<Timestamp>,
    },
    /// A step, the `nth` of the plan.
    Step {
        nth: usize,
        seen: StepSeen,
    },
    /// Another plan from here on, with its steps as they stand.
    Amended {
        plan: String,
        hash: PlanHash,
        how: How,
        steps: Vec<StepSeen>,
    },
    Attempt {
        step: StepName,
        n: u32,
        phase: Phase,
        at: Timestamp,
        words: String,
        class: Option<String>,
    },
    Away(Away),
    Back {
        kind: AwayKind,
        name: Untrusted,
    },
    Load(LoadProgress),
    Line(Line),
}

/// Who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    pub os_user: String,
    pub host: String,
    pub pid: u32,
}

/// The journal of one run, open for writing by this process alone.
#[derive(Debug)]
pub struct Journal {
    connection: SqliteConnection,
    path: PathBuf,
    /// The file that was opened.
    file: Option<FileId>,
    _lock: Lock,
}

/// How a journal is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opened {
    New,
    There,
    /// What is there is set aside.
    Anew,
}

fn failed(path: &Path) -> impl Fn(sqlx::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |error| StoreError::Database { path: path.clone(), why: error.to_string() }
}

fn text(value: &impl Serialize, path: &Path) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Database { path: path.to_owned(), why: error.to_string() })
}

fn number(nth: usize) -> i64 {
    i64::try_from(nth).unwrap_or(i64::MAX)
}

impl Journal {
    async fn open(settings: &Settings, id: &RefreshId, who: &Writer, what: Opened) -> Result<Self, StoreError> {
        let dir = files::dir(settings)?;
        place::folder(&dir)?;
        let lock = Lock::take(&dir, id, who).await?;
        let path = files::path(&dir, id);
        if what == Opened::Anew {
            files::set_aside(&path)?;
        }
        if what != Opened::There {
            private_file(&path)?;
        } else if !path.exists() {
            return Err(StoreError::File { path, why: "there is no such journal on this machine".to_owned() });
        }
        let journal = if is_elsewhere(&dir) { SqliteJournalMode::Delete } else { SqliteJournalMode::Wal };
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .busy_timeout(BUSY)
            .journal_mode(journal)
            .synchronous(SqliteSynchronous::Full)
            .disable_statement_logging();
        let connection = SqliteConnection::connect_with(&options).await.map_err(failed(&path))?;
        let file = file_at(&path);
        Ok(Self { connection, path, file, _lock: lock })
    }

    /// Begins the journal of a run that nobody has begun: all of it, with all of its steps, or nothing.
    ///
    /// # Errors
    /// The disk cannot be written, or there is one of this name.
    pub async fn begin(
        settings: &Settings,
        head: &RunHead,
        (plan, how): (&str, How),
        steps: &[StepSeen],
    ) -> Result<Self, StoreError> {
        Self::written(settings, head, (plan, how), steps, Opened::New).await
    }

    /// The same of a run whose journal is lost: what is left of it is kept beside, under another name.
    ///
    /// # Errors
    /// As [`Journal::begin`]; somebody carries the run out.
    pub async fn replace(
        settings: &Settings,
        head: &RunHead,
        (plan, how): (&str, How),
        steps: &[StepSeen],
    ) -> Result<Self, StoreError> {
        Self::written(settings, head, (plan, how), steps, Opened::Anew).await
    }

    async fn written(
        settings: &Settings,
        head: &RunHead,
        (plan, how): (&str, How),
        steps: &[StepSeen],
        what: Opened,
    ) -> Result<Self, StoreError> {
        let who = Writer { os_user: head.os_user.clone(), host: head.host.clone(), pid: head.pid };
        let mut this = Self::open(settings, &head.id, &who, what).await?;
        let (path, failed) = (this.path.clone(), failed(&this.path));
        let mut change = this.connection.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        sqlx::raw_sql(SCHEMA).execute(&mut *change).await.map_err(&failed)?;
        let insert = sqlx::query(include_str!("../../../sql/store/runs/begin.sql"))
            .bind(&head.id.0)
            .bind(&head.name.0)
            .bind(head.task.raw())
            .bind(text(&head.purpose, &path)?)
            .bind(text(&head.load, &path)?)
            .bind(text(&head.source, &path)?)
            .bind(text(&head.target, &path)?)
            .bind(&head.plan.0)
            .bind(plan)
            .bind(how.word())
            .bind(head.state.word())
            .bind(head.began.as_microsecond())
            .bind(&head.os_user)
            .bind(&head.host)
            .bind(head.pid);
        insert.execute(&mut *change).await.map_err(&failed)?;
        for (nth, seen) in steps.iter().enumerate() {
            write_step(&mut change, &path, nth, seen).await?;
        }
        let version = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {VERSION}"));
        sqlx::raw_sql(version).execute(&mut *change).await.map_err(&failed)?;
        change.commit().await.map_err(&failed)?;
        Ok(this)
    }

    /// Takes up the journal of a run that no process of this machine carries out any more.
    ///
    /// # Errors
    /// Somebody does; there is none; the disk cannot be written.
    pub async fn take_up(settings: &Settings, id: &RefreshId, who: &Writer) -> Result<Self, StoreError> {
        let mut this = Self::open(settings, id, who, Opened::There).await?;
        let failed = failed(&this.path);
        read::version(&mut this.connection, &this.path).await?;
        let update = sqlx::query("UPDATE run SET os_user = ?, host = ?, pid = ?");
        let update = update.bind(&who.os_user).bind(&who.host).bind(who.pid);
        update.execute(&mut this.connection).await.map_err(&failed)?;
        Ok(this)
    }

    /// Writes what has become known, in one transaction.
    ///
    /// # Errors
    /// Nothing of it was written.
    pub async fn write(&mut self, news: &[News]) -> Result<(), StoreError> {
        if self.file.is_none() || self.file != file_at(&self.path) {
            let why = "the file was moved or removed while it was written".to_owned();
            return Err(StoreError::Database { path: self.path.clone(), why });
        }
        let (path, failed) = (self.path.clone(), failed(&self.path));
        let mut change = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        for one in news {
            write_one(&mut change, &path, one).await?;
        }
        change.commit().await.map_err(&failed)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

async fn write_step(change: &mut SqliteConnection, path: &Path, nth: usize, seen: &StepSeen) -> Result<(), StoreError> {
    let insert = sqlx::query(include_str!("../../../sql/store/runs/step.sql"))
        .bind(number(nth))
        .bind(&seen.name.0)
        .bind(text(&seen.kind, path)?)
        .bind(text(&seen.state, path)?)
        .bind(seen.attempts)
        .bind(seen.began.map(Timestamp::as_microsecond))
        .bind(seen.ended.map(Timestamp::as_microsecond))
        .bind(&seen.note);
    insert.execute(change).await.map(drop).map_err(failed(path))
}

async fn write_one(change: &mut SqliteConnection, path: &Path, news: &News) -> Result<(), StoreError> {
    let query = match news {
        News::Step { nth, seen } => return write_step(change, path, *nth, seen).await,
        News::State { state, step, why, ended } => {
            sqlx::query("UPDATE run SET state = ?, step = coalesce(?, step), why = ?, ended = ?")
                .bind(state.word())
                .bind(step.as_ref().map(|step| step.0.clone()))
                .bind(why.as_ref().map(|why| why.raw().to_owned()))
                .bind(ended.map(Timestamp::as_microsecond))
        }
        News::Amended { plan, hash, how, steps } => {
            sqlx::query("DELETE FROM step").execute(&mut *change).await.map_err(failed(path))?;
            for (nth, seen) in steps.iter().enumerate() {
                write_step(change, path, nth, seen).await?;
            }
            sqlx::query("UPDATE run SET plan = ?, plan_hash = ?, confirmed = ?")
                .bind(plan)
                .bind(&hash.0)
                .bind(how.word())
        }
        News::Attempt { step, n, phase, at, words, class } => {
            sqlx::query("INSERT INTO attempt (step, n, phase, at, words, class) VALUES (?, ?, ?, ?, ?, ?)")
                .bind(step.0.clone())
                .bind(*n)
                .bind(phase.word())
                .bind(at.as_microsecond())
                .bind(words.clone())
                .bind(class.clone())
        }
        News::Away(away) => sqlx::query(include_str!("../../../sql/store/runs/away.sql"))
            .bind(text(&away.kind, path)?)
            .bind(away.name.raw().to_owned())
            .bind(away.prior.raw().to_owned())
            .bind(away.since.as_microsecond())
            .bind(away.comes_back.0.clone()),
        News::Back { kind, name } => sqlx::query("DELETE FROM away WHERE kind = ? AND name = ?")
            .bind(text(kind, path)?)
            .bind(name.raw().to_owned()),
        News::Load(load) => {
            sqlx::query("INSERT OR REPLACE INTO progress (one, load) VALUES (1, ?)").bind(text(load, path)?)
        }
        News::Line(line) => {
            let insert = sqlx::query("INSERT INTO line (at, step, text, bad) VALUES (?, ?, ?, ?)")
                .bind(line.at.as_microsecond())
                .bind(line.step.as_ref().map(|step| step.0.clone()))
                .bind(line.text.raw().to_owned())
                .bind(line.bad);
            insert.execute(&mut *change).await.map_err(failed(path))?;
            sqlx::query(include_str!("../../../sql/store/runs/prune_lines.sql")).bind(LINES)
        }
    };
    query.execute(change).await.map(drop).map_err(failed(path))
}
