//! The readers: a statement's rows as the driver gives them, value by value into a batch.
//!
//! One file an engine. A driver that blocks (ODBC, Oracle) would be one more: it fills a [`Sink`] from a thread of its
//! own and sends through `Sender::blocking_send`; nothing else here knows how rows arrive.

mod mysql;
mod postgres;
mod redshift;
mod sqlite;

use super::session::ScanSession;
use super::{Ascent, Batch, BatchBuilder, Cell, ScanColumn, ScanRequest};
use crate::db::error::DbError;
use crate::db::session::Connection;
use crate::model::engine::Engine;
use std::cmp::Ordering;
use tokio::sync::mpsc::Sender;

/// Why reading stopped before its end.
pub(super) enum Stop {
    /// Nobody takes the rows any more.
    Unwanted,
    Failed(DbError),
}

/// Where a reader puts its rows.
pub(super) struct Sink<'a> {
    pub builder: BatchBuilder,
    request: &'a ScanRequest,
    sender: &'a Sender<Result<Batch, DbError>>,
    /// The key of the last row of the batch before, where order is checked: a flag and the bytes of each part.
    last: Vec<(bool, Vec<u8>)>,
    any: bool,
    /// Some key stands twice in this batch.
    repeats: bool,
}

impl<'a> Sink<'a> {
    pub fn new(request: &'a ScanRequest, sender: &'a Sender<Result<Batch, DbError>>) -> Self {
        let parts = if request.ordered { request.key.len() } else { 0 };
        let builder = BatchBuilder::new(request.columns.len());
        Self { builder, request, sender, last: vec![(false, Vec::new()); parts], any: false, repeats: false }
    }

    /// A row is whole. `true` when the batch must be sent.
    #[inline]
    pub fn row(&mut self) -> Result<bool, Stop> {
        if self.builder.is_too_large() {
            let why = "a row is larger than a gibibyte, which is not read".to_owned();
            return Err(Stop::Failed(DbError::Unexpected(why)));
        }
        if !self.last.is_empty() {
            self.check_order().map_err(Stop::Failed)?;
        }
        Ok(self.builder.is_full())
    }

    /// A merge believes in the order; a server that has another one must not turn into differences.
    #[inline]
    fn check_order(&mut self) -> Result<(), DbError> {
        let batch = self.builder.batch();
        let row = batch.rows() - 1;
        let mut ascends = row == 0 && !self.any;
        for (at, last) in self.request.key.iter().zip(&self.last) {
            let bytes = match batch.cell(row, *at) {
                Cell::Null => None,
                Cell::Value(bytes) => Some(bytes),
                Cell::Misfit(_) => return Err(self.misfit_in_key(*at)),
            };
            if !ascends {
                let before = if row > 0 { batch.value(row - 1, *at) } else { last.0.then_some(last.1.as_slice()) };
                match bytes.cmp(&before) {
                    Ordering::Less => return Err(self.disorder()),
                    Ordering::Equal => {}
                    Ordering::Greater => ascends = true,
                }
            }
        }
        self.repeats |= !ascends && row > 0;
        Ok(())
    }

    /// What is known of the order of the batch that ends here.
    fn ascent(&mut self) -> Option<Ascent> {
        let repeats = std::mem::take(&mut self.repeats);
        let columns = self.last.len();
        let first = self.request.key.iter().copied().eq(0..columns);
        (columns > 0 && first).then_some(Ascent { columns, repeats })
    }

    #[cold]
    fn misfit_in_key(&self, at: usize) -> DbError {
        let name = &self.request.columns[at].name;
        DbError::Unexpected(format!("key column {name} holds a value that is not of its type"))
    }

    #[cold]
    fn disorder(&self) -> DbError {
        let columns: Vec<&str> = self.request.key.iter().map(|at| self.request.columns[*at].name.as_str()).collect();
        DbError::Unexpected(format!("rows do not come in the order of the key {}", columns.join(", ")))
    }

    /// Keeps the key of the last row, for the batch that follows.
    fn keep_last(&mut self) {
        let batch = self.builder.batch();
        let Some(row) = batch.rows().checked_sub(1) else { return };
        for (at, last) in self.request.key.iter().zip(&mut self.last) {
            let bytes = batch.value(row, *at);
            last.0 = bytes.is_some();
            last.1.clear();
            last.1.extend_from_slice(bytes.unwrap_or_default());
        }
        self.any = true;
    }

    pub async fn send(&mut self) -> Result<(), Stop> {
        self.keep_last();
        let ascent = self.ascent();
        self.sender.send(Ok(self.builder.take_ascending(false, ascent))).await.map_err(|_| Stop::Unwanted)
    }

    pub async fn finish(mut self) -> Result<(), Stop> {
        let ascent = self.ascent();
        self.sender.send(Ok(self.builder.take_ascending(true, ascent))).await.map_err(|_| Stop::Unwanted)
    }
}

/// Runs the statement and sends its rows; the last batch says that it is.
pub(super) async fn read(session: &mut ScanSession, sql: &str, sink: Sink<'_>) -> Result<(), Stop> {
    let place = session.session.place().to_owned();
    let redshift = session.server.dialect.redshift;
    let failed = |error: &sqlx::Error| Stop::Failed(DbError::statement(&place, error).of_rows());
    match session.session.connection() {
        Connection::Postgres(connection) if redshift => redshift::read(connection, sql, sink, failed).await,
        Connection::Postgres(connection) => postgres::read(connection, sql, sink, failed).await,
        Connection::MySql(connection) => mysql::read(connection, sql, sink, failed).await,
        Connection::Sqlite(connection) => sqlite::read(connection, sql, sink, failed).await,
    }
}

/// The bytes are not what this type looks like on the wire.
fn garbled(engine: Engine, column: &ScanColumn) -> Stop {
    let why = format!("{engine:?} sent column {} ({}) in an unknown form", column.name, column.sql_type.name);
    Stop::Failed(DbError::Unexpected(why))
}
