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
use crate::model::engine::Engine;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;

/// A server that is asked to begin, to end or to stop something answers sooner.
pub(super) const ANSWER: Duration = Duration::from_secs(10);
/// A session is open sooner, with everything that is set in it.
const OPEN: Duration = Duration::from_mins(2);

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

impl Limits {
    /// A server that is still there has ended a statement by then, and has said so.
    fn longest(&self) -> Duration {
        self.statement_timeout + OPEN
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
        let described = async {
            let mut session = self.session().await?;
            let described = describe(&mut session.session, schema, table).await?;
            self.give_back(session).await;
            Ok(described)
        };
        // Boxed: what a driver needs to open a session is large.
        self.within(self.limits.longest(), Box::pin(described)).await
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
        let session = self.session().await?;
        let hash = session.server.hash;
        self.give_back(session).await;
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
            match read {
                Ok(left) => left,
                Err(error) => {
                    // Nobody listens: then nobody needs to know.
                    let _ = sender.send(Err(error)).await;
                    None
                }
            }
        });
        // A file has no way there that could break, and no server that would end a statement.
        let longest = (self.database.dialect().engine != Engine::Sqlite).then(|| self.limits.longest());
        Scan { receiver, task, place: self.database.place(), longest, complete: false }
    }

    /// Gives back what may still run on the server.
    async fn read(
        &self,
        request: &ScanRequest,
        sql: impl Fn(Server, &ScanRequest) -> String,
        sender: &Sender<Result<Batch, DbError>>,
    ) -> Result<Option<String>, DbError> {
        if let Some(filter) = &request.filter {
            condition::alone(self.database.dialect(), filter)?;
        }
        let mut session = tokio::select! {
            session = self.session() => session?,
            () = sender.closed() => return Ok(None),
        };
        let sql = sql(session.server, request);
        let brake = session.brake();
        let read = tokio::select! {
            read = read::read(&mut session, &sql, Sink::new(request, sender)) => read,
            // Rows may be far away, behind a sort, when nobody wants them any more.
            () = sender.closed() => Err(Stop::Unwanted),
        };
        match read {
            Ok(()) => {
                self.give_back(session).await;
                Ok(None)
            }
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::Unwanted) => {
                let left = brake.pull(&self.database).await;
                // Only now may its number become another's.
                drop(session);
                Ok(left)
            }
        }
    }

    /// A session that reads the moment of now.
    pub(super) async fn session(&self) -> Result<ScanSession, DbError> {
        // One that has lain idle may have been cut off; that says nothing about the server.
        while let Some(mut session) = self.take() {
            match self.within(ANSWER, session.begin()).await {
                Ok(()) => return Ok(session),
                Err(error) if error.is_lost() => {}
                Err(error) => return Err(error),
            }
        }
        let opened = async {
            let mut session = ScanSession::open(&self.database, &self.limits).await?;
            session.begin().await?;
            Ok(session)
        };
        self.within(OPEN, Box::pin(opened)).await
    }

    /// What is not there by then will not come: the way there is broken without a word.
    async fn within<T>(
        &self,
        longest: Duration,
        asked: impl Future<Output = Result<T, DbError>>,
    ) -> Result<T, DbError> {
        tokio::time::timeout(longest, asked).await.unwrap_or_else(|_| Err(silent(&self.database.place(), longest)))
    }

    /// Lets its moment go and keeps the session, where it answers.
    pub(super) async fn give_back(&self, mut session: ScanSession) {
        if self.within(ANSWER, session.end()).await.is_ok() {
            self.put_back(session);
        }
    }

    fn take(&self) -> Option<ScanSession> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put_back(&self, session: ScanSession) {
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

fn silent(place: &str, longest: Duration) -> DbError {
    let why = format!("no word from it for {} s", longest.as_secs());
    DbError::Lost { place: place.to_owned(), why }
}

/// A scan that runs. Dropping it stops the statement on the server.
#[derive(Debug)]
pub struct Scan {
    receiver: Receiver<Result<Batch, DbError>>,
    /// Ends after the statement on the server has ended.
    task: JoinHandle<Option<String>>,
    place: String,
    /// The longest wait for a batch.
    longest: Option<Duration>,
    complete: bool,
}

impl Scan {
    /// Ends the scan and waits until the server has ended it too, but not for ever: gives back what may still run there.
    /// To drop it is enough where nobody waits.
    pub async fn stop(self) -> Option<String> {
        drop(self.receiver);
        let task = self.task.abort_handle();
        if let Ok(left) = tokio::time::timeout(ANSWER + ANSWER / 2, self.task).await {
            // A task that panicked has ended the program already.
            return left.ok().flatten();
        }
        task.abort();
        Some(format!("a statement may still run on {}: it did not end when it was told to", self.place))
    }

    /// The next batch; `None` only after the engine has said that there are no more rows.
    pub async fn next(&mut self) -> Result<Option<Batch>, DbError> {
        if self.complete {
            return Ok(None);
        }
        let received = match self.longest {
            None => self.receiver.recv().await,
            Some(longest) => match tokio::time::timeout(longest, self.receiver.recv()).await {
                Ok(received) => received,
                Err(_) => return Err(silent(&self.place, longest)),
            },
        };
        match received {
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
