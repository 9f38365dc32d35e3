//! Every row of a table masked once, whatever is killed in between.
//!
//! A page of rows is read, masked here, written by one statement, and in the same transaction a mark says how far that is:
//! whoever goes on goes on from there. A table without a key that stays as it is becomes one transaction (`whole`). Start at
//! [`apply`]; [`Desk`] is what it works at.

use super::cells::{self, Part};
use super::page::Pager;
use super::{Column, columns, facts, own_rows, settings, whole};
use crate::db::{Column as DbColumn, DbError, Dialect, Kind, Row, Value};
use crate::model::engine::Engine;
use crate::model::masking::{Key, ResolvedTable, Table, check};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::future::Future;

/// A session on the target, with a place for marks. Whatever it does is done in one session: a mark stands in the
/// transaction it speaks of.
pub trait Desk: Send {
    type Error: From<DbError> + Send;

    fn dialect(&self) -> &'static Dialect;

    fn query(&mut self, sql: &str, values: &[Value]) -> impl Future<Output = Result<Vec<Row>, Self::Error>> + Send;

    fn execute(&mut self, sql: &str, values: &[Value]) -> impl Future<Output = Result<u64, Self::Error>> + Send;

    fn begin(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send;

    fn commit(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Takes back what is open; that nothing is, or that the session is gone, is no error.
    fn rollback(&mut self) -> impl Future<Output = ()> + Send;

    /// What the mark of a table says, where there is one. Read outside transactions.
    fn marked(&mut self, table: &str) -> impl Future<Output = Result<Option<String>, Self::Error>> + Send;

    /// Writes the mark of a table, or anew; within the open transaction.
    fn mark(&mut self, table: &str, mark: &str) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Rows that one transaction takes at most.
    fn most_rows(&self) -> usize {
        1000
    }

    /// A transaction has ended: how far it is now. An error stops here, where nothing is half done.
    fn between(&mut self, progress: &Progress) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// How far one table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// `public.users`
    pub table: String,
    /// Rows masked so far.
    pub rows: u64,
    /// About how many there are.
    pub of: Option<u64>,
}

/// What came of one table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    pub rows: u64,
    /// Values that their function could not read: they are NULL now, or the neutral value of their type.
    pub misfits: u64,
}

/// What a mark says.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Mark {
    #[serde(flatten)]
    applied: Applied,
    /// The last key that is masked; nothing once all of them are, since a key may be somebody's name.
    after: Vec<Part>,
    done: bool,
    /// The key of masking it was begun with.
    key: Option<String>,
}

/// The whole of a table is masked, by its mark.
///
/// # Errors
/// The mark makes no sense.
pub fn is_done(mark: &str) -> Result<Option<Applied>, DbError> {
    let mark = read(mark)?;
    Ok(mark.done.then_some(mark.applied))
}

/// What is masked with two keys no longer belongs together, also from one table to the next.
///
/// # Errors
/// The table was begun, or done, with another key than this; the mark makes no sense.
pub fn has_key_of(table: &str, mark: &str, key: Option<&Key>) -> Result<(), DbError> {
    same_key(table, &read(mark)?, key)
}

fn same_key(table: &str, mark: &Mark, key: Option<&Key>) -> Result<(), DbError> {
    if mark.key.is_none() || mark.key == key.map(Key::fingerprint) {
        return Ok(());
    }
    Err(DbError::Unexpected(format!(
        "{table} was begun with another masking key: go on with that one; where it is lost, --load-again has everything loaded once \
         more and masked with the one of now"
    )))
}

fn read(mark: &str) -> Result<Mark, DbError> {
    serde_json::from_str(mark)
        .map_err(|error| DbError::Unexpected(format!("a mark of masking makes no sense: {error}")))
}

/// In ASCII: whoever keeps it may have a character set of one byte.
fn written(mark: &Mark) -> Result<String, DbError> {
    let text = serde_json::to_string(mark).map_err(|error| DbError::Unexpected(error.to_string()))?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    Ok(out)
}

/// Masks one table, or the rest of it. `table` is what the target's catalogue says now.
///
/// # Errors
/// What the server says, what [`Desk::between`] says; a table that was begun with another key.
pub async fn apply<D: Desk>(
    desk: &mut D,
    table: &Table,
    resolved: &ResolvedTable,
    key: Option<&Key>,
) -> Result<Applied, D::Error> {
    let name = table.full_name();
    let mut mark = match desk.marked(&name).await? {
        Some(text) => read(&text)?,
        None => Mark::default(),
    };
    same_key(&name, &mark, key)?;
    mark.key = key.map(Key::fingerprint);
    let columns = columns(desk.dialect(), table, resolved, key)?;
    if mark.done || columns.is_empty() {
        return Ok(mark.applied);
    }
    let before = settings::enter(desk).await?;
    let came = match paging(desk.dialect(), table, resolved) {
        Some(key) => by_key(desk, table, &columns, key, &mut mark).await,
        None => in_one(desk, table, &columns, &mut mark).await,
    };
    if came.is_err() {
        desk.rollback().await;
    }
    let left = settings::leave(desk, before).await;
    came?;
    left?;
    Ok(mark.applied)
}

/// The columns by which rows are paged; `None` where there is no such key.
pub(super) fn paging(dialect: &'static Dialect, table: &Table, resolved: &ResolvedTable) -> Option<Vec<DbColumn>> {
    let masks = |name: &str| resolved.masked().any(|(column, _)| column.name.eq_ignore_ascii_case(name));
    if dialect.engine == Engine::Sqlite && table.rowid {
        // A column may have taken the name of the hidden number; the one that is the number itself may be masked.
        let taken = |name: &str| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        let itself = table.columns.iter().any(|column| column.surrogate && masks(&column.name));
        let name = ["rowid", "_rowid_", "oid"].into_iter().find(|name| !taken(name) && !itself)?;
        let declared = "integer".to_owned();
        let column = DbColumn { name: name.to_owned(), declared, kind: Kind::Int, nullable: false, generated: false };
        return Some(vec![column]);
    }
    let key = check::key(table, resolved)?;
    Some(facts::key_columns(dialect, table, key))
}

async fn by_key<D: Desk>(
    desk: &mut D,
    table: &Table,
    columns: &[Column],
    key: Vec<DbColumn>,
    mark: &mut Mark,
) -> Result<(), D::Error> {
    let dialect = desk.dialect();
    let touched = table.columns.iter().filter(|column| column.touched);
    let masked = |name: &str| columns.iter().any(|one| one.column.name == name);
    let pager = Pager {
        dialect,
        name: own_rows(dialect, table),
        key,
        columns,
        touched: touched.map(|column| column.name.clone()).filter(|name| !masked(name)).collect(),
    };
    let rows = pager.rows().min(desk.most_rows().max(1));
    let update = pager.update(rows);
    while !mark.done {
        desk.begin().await?;
        let after: Vec<Value> = mark.after.iter().map(Part::value).collect();
        let page = desk.query(&pager.select(!after.is_empty(), rows), &pager.place(&after)).await?;
        let mut new = Vec::with_capacity(page.len());
        for row in &page {
            let (key, old) = row.split_at(pager.key.len().min(row.len()));
            let key = pager.key.iter().zip(key).map(|(column, value)| cells::settled(column.kind, value.clone()));
            new.push((key.collect(), masked_row(columns, old, &mut mark.applied)?));
        }
        if !new.is_empty() {
            let sql = if new.len() == rows { update.clone() } else { pager.update(new.len()) };
            desk.execute(&sql, &pager.values(&new)).await?;
        }
        mark.applied.rows += new.len() as u64;
        mark.done = new.len() < rows;
        if let Some((last, _)) = new.last() {
            let parts: Option<Vec<Part>> = last.iter().map(Part::of).collect();
            let null = || DbError::Unexpected(format!("{}: a key with a NULL", table.full_name()));
            mark.after = parts.ok_or_else(null)?;
        }
        if mark.done {
            mark.after.clear();
        }
        end(desk, table, mark).await?;
    }
    Ok(())
}

/// The mark and the end of the transaction, and a look whether to go on.
async fn end<D: Desk>(desk: &mut D, table: &Table, mark: &Mark) -> Result<(), D::Error> {
    let name = table.full_name();
    desk.mark(&name, &written(mark)?).await?;
    desk.commit().await?;
    desk.between(&Progress { table: name, rows: mark.applied.rows, of: table.rows }).await
}

async fn in_one<D: Desk>(desk: &mut D, table: &Table, columns: &[Column], mark: &mut Mark) -> Result<(), D::Error> {
    desk.begin().await?;
    mark.applied = whole::apply(desk, table, columns).await?;
    mark.done = true;
    end(desk, table, mark).await
}

/// New values for old ones, in the order of the columns.
pub(super) fn masked_row(columns: &[Column], old: &[Value], applied: &mut Applied) -> Result<Vec<Value>, DbError> {
    if old.len() != columns.len() {
        return Err(DbError::Unexpected(format!("{} values for {} columns", old.len(), columns.len())));
    }
    let one = |(one, old): (&Column, &Value)| {
        let masked = one.mask.of(cells::text(one.column.kind, old).as_deref());
        applied.misfits += u64::from(!masked.fitted);
        cells::back(one.column.kind, masked.value, old)
    };
    Ok(columns.iter().zip(old).map(one).collect())
}
