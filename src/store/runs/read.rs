//! Reading journals. Changes nothing, and works where nothing can be written.

use super::{VERSION, failed, files};
use crate::model::Untrusted;
use crate::model::audit::How;
use crate::model::refresh::{
    Away, Line, PlanHash, RefreshId, RefreshName, RunHead, RunSeen, RunState, StepName, StepSeen,
};
use crate::store::StoreError;
use crate::store::place::Settings;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection};
use std::path::Path;

/// So many lines are given to whoever looks at a run.
const NEWEST: i64 = 500;

/// What is needed to go on with a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub head: RunHead,
    /// JSON, of the room that carries it out.
    pub plan: String,
    /// How that plan was confirmed.
    pub how: How,
    pub steps: Vec<StepSeen>,
    pub away: Vec<Away>,
}

pub(super) async fn version(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await.map_err(failed(path))?;
    match found {
        VERSION => Ok(()),
        0 => Err(StoreError::Database { path: path.to_owned(), why: "it is not the journal of a refresh".to_owned() }),
        found => Err(StoreError::Newer { path: path.to_owned(), found, known: VERSION }),
    }
}

async fn opened(path: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(super::BUSY).read_only(true);
    let mut connection =
        SqliteConnection::connect_with(&options.disable_statement_logging()).await.map_err(failed(path))?;
    // All of it of one moment, while somebody may write.
    sqlx::raw_sql("BEGIN").execute(&mut connection).await.map_err(failed(path))?;
    version(&mut connection, path).await?;
    Ok(connection)
}

/// Reads columns of one row.
struct Reader<'a> {
    row: &'a SqliteRow,
    path: &'a Path,
}

impl Reader<'_> {
    fn odd(&self, what: &str) -> StoreError {
        StoreError::Database { path: self.path.to_owned(), why: format!("{what} of a refresh makes no sense") }
    }

    fn maybe(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.row.try_get(name).map_err(failed(self.path))
    }

    fn text(&self, name: &str) -> Result<String, StoreError> {
        self.row.try_get(name).map_err(failed(self.path))
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(name)?).map_err(|_| self.odd(name))
    }

    fn maybe_at(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> = self.row.try_get(name).map_err(failed(self.path))?;
        at.map(|at| Timestamp::from_microsecond(at).map_err(|_| self.odd(name))).transpose()
    }

    fn at(&self, name: &str) -> Result<Timestamp, StoreError> {
        self.maybe_at(name)?.ok_or_else(|| self.odd(name))
    }

    fn count(&self, name: &str) -> Result<u32, StoreError> {
        let count: i64 = self.row.try_get(name).map_err(failed(self.path))?;
        u32::try_from(count).map_err(|_| self.odd(name))
    }

    fn head(&self, alive: Option<bool>) -> Result<RunHead, StoreError> {
        Ok(RunHead {
            id: RefreshId(self.text("id")?),
            name: RefreshName(self.text("name")?),
            task: Untrusted::new(self.text("task")?),
            purpose: self.json("purpose")?,
            load: self.json("load")?,
            source: self.json("source")?,
            target: self.json("target")?,
            plan: PlanHash(self.text("plan_hash")?),
            state: RunState::parse(&self.text("state")?).ok_or_else(|| self.odd("state"))?,
            step: self.maybe("step")?.map(StepName),
            began: self.at("began")?,
            ended: self.maybe_at("ended")?,
            why: self.maybe("why")?.map(Untrusted::new),
            os_user: self.text("os_user")?,
            host: self.text("host")?,
            pid: self.count("pid")?,
            alive,
            elsewhere: None,
        })
    }

    fn step(&self) -> Result<StepSeen, StoreError> {
        Ok(StepSeen {
            name: StepName(self.text("name")?),
            kind: self.json("kind")?,
            state: self.json("state")?,
            attempts: self.count("attempts")?,
            began: self.maybe_at("began")?,
            ended: self.maybe_at("ended")?,
            note: self.text("note")?,
        })
    }
}

/// Whether the one who writes it is alive, for whoever reads on the same machine.
fn alive(dir: &Path, id: &RefreshId, host: &str) -> Option<bool> {
    if host == files::host() { files::is_held(dir, id) } else { None }
}

async fn head(connection: &mut SqliteConnection, dir: &Path, path: &Path) -> Result<RunHead, StoreError> {
    let row = sqlx::query("SELECT * FROM run").fetch_one(connection).await.map_err(failed(path))?;
    let mut head = Reader { row: &row, path }.head(None)?;
    head.alive = alive(dir, &head.id, &head.host);
    Ok(head)
}

async fn steps(connection: &mut SqliteConnection, path: &Path) -> Result<Vec<StepSeen>, StoreError> {
    let rows = sqlx::query("SELECT * FROM step ORDER BY nth").fetch_all(connection).await.map_err(failed(path))?;
    rows.iter().map(|row| Reader { row, path }.step()).collect()
}

async fn aways(connection: &mut SqliteConnection, path: &Path) -> Result<Vec<Away>, StoreError> {
    let rows =
        sqlx::query("SELECT * FROM away ORDER BY kind, name").fetch_all(connection).await.map_err(failed(path))?;
    let away = |row| {
        let read = Reader { row, path };
        Ok(Away {
            kind: read.json("kind")?,
            name: Untrusted::new(read.text("name")?),
            prior: Untrusted::new(read.text("prior")?),
            since: read.at("since")?,
            comes_back: StepName(read.text("comes_back")?),
        })
    };
    rows.iter().map(away).collect()
}

/// Every run that has a journal here, the newest first. One that cannot be read does not hide the others: it is told apart.
///
/// # Errors
/// The folder cannot be read.
pub async fn list(settings: &Settings) -> Result<(Vec<RunHead>, Vec<StoreError>), StoreError> {
    super::Watcher::default().list(settings).await
}

/// The head of one journal.
pub(super) async fn head_of(dir: &Path, path: &Path) -> Result<RunHead, StoreError> {
    let mut connection = opened(path).await?;
    let head = head(&mut connection, dir, path).await?;
    connection.close().await.map_err(failed(path))?;
    Ok(head)
}

/// One run as it is now; `None`: there is no journal of this name here.
///
/// # Errors
/// What is there cannot be read.
pub async fn seen(settings: &Settings, id: &RefreshId) -> Result<Option<RunSeen>, StoreError> {
    let dir = files::dir(settings)?;
    let path = files::path(&dir, id);
    if !path.exists() {
        return Ok(None);
    }
    let mut connection = opened(&path).await?;
    let head = head(&mut connection, &dir, &path).await?;
    let steps = steps(&mut connection, &path).await?;
    let away = aways(&mut connection, &path).await?;
    let load = sqlx::query("SELECT load FROM progress").fetch_optional(&mut connection).await.map_err(failed(&path))?;
    let load = load.map(|row| Reader { row: &row, path: &path }.json("load")).transpose()?;
    let lines = include_str!("../../../sql/store/runs/lines.sql");
    let lines = sqlx::query(lines).bind(NEWEST).fetch_all(&mut connection).await.map_err(failed(&path))?;
    let line = |row| {
        let read = Reader { row, path: &path };
        Ok(Line {
            at: read.at("at")?,
            step: read.maybe("step")?.map(StepName),
            text: Untrusted::new(read.text("text")?),
            bad: row.try_get("bad").map_err(failed(&path))?,
        })
    };
    let lines = lines.iter().rev().map(line).collect::<Result<_, StoreError>>()?;
    connection.close().await.map_err(failed(&path))?;
    Ok(Some(RunSeen { head, steps, away, load, lines }))
}

/// What is needed to go on with a run; `None`: there is no journal of this name here.
///
/// # Errors
/// What is there cannot be read.
pub async fn kept(settings: &Settings, id: &RefreshId) -> Result<Option<Kept>, StoreError> {
    let dir = files::dir(settings)?;
    let path = files::path(&dir, id);
    if !path.exists() {
        return Ok(None);
    }
    let mut connection = opened(&path).await?;
    let head = head(&mut connection, &dir, &path).await?;
    let steps = steps(&mut connection, &path).await?;
    let away = aways(&mut connection, &path).await?;
    let row = sqlx::query("SELECT plan, confirmed FROM run").fetch_one(&mut connection).await.map_err(failed(&path))?;
    let read = Reader { row: &row, path: &path };
    let plan = read.text("plan")?;
    let how = How::parse(&read.text("confirmed")?).ok_or_else(|| read.odd("how it was confirmed"))?;
    connection.close().await.map_err(failed(&path))?;
    Ok(Some(Kept { head, plan, how, steps, away }))
}
