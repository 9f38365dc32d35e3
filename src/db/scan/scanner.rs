//! The door to all of it: a database that is read, with the sessions that are open to it.

use super::beside;
use super::condition;
use super::describe::{Described, describe};
use super::digest::{Digest, Hash};
use super::ranges;
use super::read::{self, Sink, Stop};
use super::session::ScanSession;
use super::sql::{Part, Server, statement};
use super::{Batch, Key, KeyRange, MOST_KEYS, Rows, ScanColumn, ScanRequest};
use crate::db::database::Database;
use crate::db::error::DbError;
use crate::model::canon::{Canon, SqlType};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;

/// How much a scan may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The server ends a statement that runs longer.
    pub statement_timeout: Duration,
    /// It waits no longer than this for a lock that somebody holds; `None`: as long as the server is set to.
    pub lock_timeout: Option<Duration>,
    /// Batches that wait for their reader; each has up to 256 KB, or one row.
    pub batches: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { statement_timeout: Duration::from_mins(30), lock_timeout: None, batches: 4 }
    }
}

/// Reads tables of one database. Clones share sessions: as many are open as scans run at once.
#[derive(Clone)]
pub struct Scanner {
    database: Database,
    limits: Limits,
    idle: Arc<Mutex<Vec<ScanSession>>>,
}

impl Scanner {
    /// Opens nothing yet.
    pub fn new(database: Database, limits: Limits) -> Self {
        Self { database, limits, idle: Arc::default() }
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// What a table is.
    pub async fn describe(&self, schema: &str, table: &str) -> Result<Described, DbError> {
        let mut session = self.session().await?;
        let described = describe(&mut session.session, schema, table).await?;
        session.end().await?;
        self.put_back(session);
        Ok(described)
    }

    /// Ranges of about so many rows that together have each row of the request once; one where cutting would not pay.
    pub async fn ranges(&self, request: &ScanRequest, rows_per_range: u64) -> Result<Vec<KeyRange>, DbError> {
        ranges::ranges(self, request, rows_per_range).await
    }

    /// From so many rows before a key to as many after it. Where no index serves the order each of them sorts the table:
    /// ask [`ScanRequest::is_served_by_index`] first.
    pub async fn around(&self, request: &ScanRequest, key: &Key, rows: u64) -> Result<KeyRange, DbError> {
        beside::around(self, request, key, rows).await
    }

    /// Starts reading, on a task of its own. Each scan reads its own moment of the database.
    pub fn scan(&self, request: ScanRequest) -> Scan {
        self.run(request, Part::Whole)
    }

    /// Counts the rows of a table, or those of a condition: a scan of one row, which is their number.
    pub fn count(&self, schema: &str, table: &str, filter: Option<String>) -> Scan {
        let number = ScanColumn {
            name: "count".to_owned(),
            sql_type: SqlType::new(self.database.dialect().engine, "bigint"),
            canon: Canon::Int,
            nullable: false,
            byte_order: false,
            lob: None,
        };
        let request = ScanRequest {
            schema: schema.to_owned(),
            table: table.to_owned(),
            columns: vec![number],
            key: Vec::new(),
            rows: Rows::Range(KeyRange::default()),
            filter,
            ordered: false,
        };
        self.run(request, Part::Count)
    }

    /// Starts to sum up groups of rows: a scan of one row a group, whose columns are [`digest::GROUP`] and its like.
    pub fn digest(&self, digest: Digest) -> Scan {
        let result = digest.result(self.database.dialect().engine);
        let checked = check(&ScanRequest { ordered: false, ..digest.of.clone() });
        self.start(checked, result, move |server, _| digest.statement(server))
    }

    /// The key of the row after so many, in the order of a key that an index gives; `None`: there are not so many.
    pub async fn key_after(&self, request: &ScanRequest, rows: u64) -> Result<Option<Key>, DbError> {
        ranges::key_after(self, request, rows).await
    }

    /// The hash that this server has.
    pub async fn hash(&self) -> Result<Hash, DbError> {
        let mut session = self.session().await?;
        let hash = session.server.hash;
        session.end().await?;
        self.put_back(session);
        Ok(hash)
    }

    /// Bounds that cut a range into parts of about so many rows, in the order of the key. Rough: they come from a sample.
    pub async fn cuts(&self, request: &ScanRequest, rows: u64) -> Result<Vec<Key>, DbError> {
        ranges::cuts(self, request, rows).await
    }

    pub(super) fn run(&self, request: ScanRequest, part: Part) -> Scan {
        self.start(check(&request), request, move |server, request| statement(server, request, part))
    }

    pub(super) fn start(
        &self,
        checked: Result<(), DbError>,
        request: ScanRequest,
        sql: impl Fn(Server, &ScanRequest) -> String + Send + Sync + 'static,
    ) -> Scan {
        let (sender, receiver) = mpsc::channel(self.limits.batches.max(1));
        let scanner = self.clone();
        let task = tokio::spawn(async move {
            let read = match checked {
                Ok(()) => scanner.read(&request, sql, &sender).await,
                Err(wrong) => Err(wrong),
            };
            if let Err(error) = read {
                // Nobody listens: then nobody needs to know.
                let _ = sender.send(Err(error)).await;
            }
        });
        Scan { receiver, task, place: self.database.place(), complete: false }
    }

    async fn read(
        &self,
        request: &ScanRequest,
        sql: impl Fn(Server, &ScanRequest) -> String,
        sender: &Sender<Result<Batch, DbError>>,
    ) -> Result<(), DbError> {
        if let Some(filter) = &request.filter {
            condition::alone(self.database.dialect(), filter)?;
        }
        let mut session = self.session().await?;
        let sql = sql(session.server, request);
        let brake = session.brake();
        let read = tokio::select! {
            read = read::read(&mut session, &sql, Sink::new(request, sender)) => read,
            // Rows may be far away, behind a sort, when nobody wants them any more.
            () = sender.closed() => Err(Stop::Unwanted),
        };
        match read {
            Ok(()) => {
                session.end().await?;
                self.put_back(session);
                Ok(())
            }
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::Unwanted) => {
                let stopped = brake.pull(&self.database).await;
                // Only now may its number become another's.
                drop(session);
                stopped
            }
        }
    }

    /// A session that reads the moment of now.
    pub(super) async fn session(&self) -> Result<ScanSession, DbError> {
        // One that has lain idle may have been cut off; that says nothing about the server.
        while let Some(mut session) = self.take() {
            match session.begin().await {
                Ok(()) => return Ok(session),
                Err(error) if error.is_lost() => {}
                Err(error) => return Err(error),
            }
        }
        let mut session = ScanSession::open(&self.database, &self.limits).await?;
        session.begin().await?;
        Ok(session)
    }

    fn take(&self) -> Option<ScanSession> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    pub(super) fn put_back(&self, session: ScanSession) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
    }
}

impl std::fmt::Debug for Scanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scanner({:?})", self.database)
    }
}

/// What no statement should be made of.
fn check(request: &ScanRequest) -> Result<(), DbError> {
    let wrong = |why: String| Err(DbError::Unexpected(why));
    if request.columns.is_empty() || request.key.iter().any(|at| *at >= request.columns.len()) {
        return wrong(format!("a scan of {}.{} names no columns, or a key beyond them", request.schema, request.table));
    }
    let parts = |key: &super::Key| key.0.len() == request.key.len();
    let (fits, by_key) = match &request.rows {
        Rows::Keys(keys) if keys.len() > MOST_KEYS => return wrong(format!("{} keys in one scan", keys.len())),
        Rows::Keys(keys) => (keys.iter().all(parts), true),
        Rows::Hashed(hashed, _) => (hashed.groups > 0, false),
        Rows::Ranges(ranges) => {
            let bounds = || ranges.iter().flat_map(|range| range.from.iter().chain(&range.to));
            (bounds().all(|bound| parts(&bound.key)), bounds().next().is_some())
        }
        Rows::Range(range) => {
            let bounds = || range.from.iter().chain(&range.to);
            (bounds().all(|bound| parts(&bound.key)), bounds().next().is_some())
        }
    };
    if !fits {
        return wrong(format!("a bound of {}.{} has not as many parts as its key", request.schema, request.table));
    }
    match request.key_refused() {
        Some(reason) if request.ordered || by_key => wrong(reason.0),
        _ => Ok(()),
    }
}

/// A scan that runs. Dropping it stops the statement on the server.
#[derive(Debug)]
pub struct Scan {
    receiver: Receiver<Result<Batch, DbError>>,
    /// Ends after the statement on the server has ended.
    task: JoinHandle<()>,
    place: String,
    complete: bool,
}

impl Scan {
    /// Ends the scan and waits until the server has ended it too. To drop it is enough where nobody waits.
    pub async fn stop(self) {
        drop(self.receiver);
        // A task that panicked has ended the program already.
        let _ = self.task.await;
    }

    /// The next batch; `None` only after the engine has said that there are no more rows.
    pub async fn next(&mut self) -> Result<Option<Batch>, DbError> {
        if self.complete {
            return Ok(None);
        }
        match self.receiver.recv().await {
            Some(Ok(batch)) => {
                self.complete = batch.is_complete();
                Ok(Some(batch))
            }
            Some(Err(error)) => Err(error),
            None => {
                let why = "the rows stopped without an end".to_owned();
                Err(DbError::Lost { place: self.place.clone(), why })
            }
        }
    }
}
