//! The audit: a line before anything is sent, what came of it after.

use super::mirror::{Mirror, shared};
use super::place::{Settings, folder};
use super::{StoreError, open};
use crate::model::audit::{Entry, How, State, Whence};
use crate::model::{AccountId, Region, Scope, Untrusted};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, Row as _, SqliteConnection};
use std::path::{Path, PathBuf};

const INSERT: &str = include_str!("../../sql/store/insert.sql");
const ADVANCE: &str = include_str!("../../sql/store/advance.sql");
const LIST: &str = include_str!("../../sql/store/list.sql");

/// The audit, open for writing.
#[derive(Debug)]
pub struct Audit {
    connection: SqliteConnection,
    path: PathBuf,
    mirrors: Vec<Mirror>,
}

impl Audit {
    /// Opens the database, its mirror, and the team's file where there is one. All of them must be writable.
    ///
    /// # Errors
    /// Which file cannot be written, and why. Nothing may then be changed.
    pub async fn open(settings: &Settings, whence: &Whence) -> Result<Self, StoreError> {
        let dir = settings.dir.as_deref().ok_or(StoreError::Nowhere)?;
        folder(dir)?;
        let path = dir.join("cutover.db");
        let connection = open::write(dir, &path).await?;
        let mut mirrors = vec![Mirror::open(dir.join("audit.jsonl"))?];
        if let Some(team) = &settings.shared {
            mirrors.push(Mirror::open(shared(team, &whence.os_user, &whence.host))?);
        }
        Ok(Self { connection, path, mirrors })
    }

    /// Writes an entry, everywhere. Whoever is refused this sends nothing.
    pub async fn begin(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let Entry { whence, scope, .. } = entry;
        let failed = failed(&self.path);
        let mut change = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        let insert = sqlx::query(INSERT)
            .bind(&entry.id)
            .bind(entry.asked_at.to_string())
            .bind(entry.ended_at.map(|at| at.to_string()))
            .bind(entry.state.word())
            .bind(entry.caller.raw())
            .bind(&whence.os_user)
            .bind(&whence.host)
            .bind(whence.pid)
            .bind(whence.tty)
            .bind(&whence.version)
            .bind(&scope.profile)
            .bind(&scope.account.0)
            .bind(&scope.region.0)
            .bind(&entry.environment)
            .bind(&entry.kind)
            .bind(entry.arn.raw())
            .bind(&entry.name)
            .bind(&entry.preview)
            .bind(entry.precondition.to_string())
            .bind(&entry.aws_command)
            .bind(entry.confirmed_by.map(How::word))
            .bind(&entry.request_id)
            .bind(&entry.outcome);
        insert.execute(&mut *change).await.map_err(&failed)?;
        // The lines first: what stands nowhere but in a line is said to have been asked, which is the truth.
        for mirror in &mut self.mirrors {
            mirror.append(entry)?;
        }
        change.commit().await.map_err(&failed)
    }

    /// Writes how far an entry has come: its state, end, request id and outcome. Tries every place, whatever fails.
    pub async fn advance(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let mut first = self.update(entry).await.err();
        for mirror in &mut self.mirrors {
            first = first.or(mirror.append(entry).err());
        }
        first.map_or(Ok(()), Err)
    }

    async fn update(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let failed = failed(&self.path);
        let mut change = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        let advance = sqlx::query(ADVANCE)
            .bind(&entry.id)
            .bind(entry.state.word())
            .bind(entry.ended_at.map(|at| at.to_string()))
            .bind(&entry.request_id)
            .bind(&entry.outcome);
        advance.execute(&mut *change).await.map_err(&failed)?;
        change.commit().await.map_err(&failed)
    }

    /// Every entry there is, the newest first. No database is no entry.
    pub async fn list(settings: &Settings) -> Result<Vec<Entry>, StoreError> {
        let dir = settings.dir.as_deref().ok_or(StoreError::Nowhere)?;
        let path = dir.join("cutover.db");
        let Some(mut connection) = open::read(&path).await? else { return Ok(Vec::new()) };
        let rows = sqlx::query(LIST).fetch_all(&mut connection).await.map_err(failed(&path))?;
        rows.iter().map(|row| entry(row, &path)).collect()
    }
}

fn failed(path: &Path) -> impl Fn(sqlx::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |error| StoreError::Database { path: path.clone(), why: error.to_string() }
}

fn entry(row: &SqliteRow, path: &Path) -> Result<Entry, StoreError> {
    let failed = failed(path);
    let text = |name: &str| row.try_get::<String, _>(name).map_err(&failed);
    let maybe = |name: &str| row.try_get::<Option<String>, _>(name).map_err(&failed);
    let odd = |what: &str| StoreError::Database { path: path.to_owned(), why: format!("{what} makes no sense") };
    let at = |text: &str| text.parse::<Timestamp>().map_err(|_| odd("a time"));
    Ok(Entry {
        id: text("id")?,
        asked_at: at(&text("asked_at")?)?,
        ended_at: maybe("ended_at")?.as_deref().map(at).transpose()?,
        state: State::parse(&text("state")?).ok_or_else(|| odd("a state"))?,
        caller: Untrusted::new(text("caller")?),
        whence: Whence {
            os_user: text("os_user")?,
            host: text("host")?,
            pid: row.try_get("pid").map_err(&failed)?,
            tty: row.try_get("tty").map_err(&failed)?,
            version: text("version")?,
        },
        scope: Scope {
            profile: text("profile")?,
            account: AccountId(text("account")?),
            region: Region(text("region")?),
        },
        environment: maybe("environment")?,
        kind: text("kind")?,
        arn: Untrusted::new(text("arn")?),
        name: text("name")?,
        preview: text("preview")?,
        precondition: serde_json::from_str(&text("precondition")?).map_err(|_| odd("a precondition"))?,
        aws_command: text("aws_command")?,
        confirmed_by: maybe("confirmed_by")?.as_deref().and_then(How::parse),
        request_id: maybe("request_id")?,
        outcome: text("outcome")?,
    })
}
