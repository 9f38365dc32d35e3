//! A desk over one session, with its marks in a table; it dies when it is told to, before a statement or after it.

use super::{Place, of};
use cutover::db::{DbError, Dialect, Row, Session, Value, Write};
use cutover::model::masking::Key;
use cutover::model::masking::Table;
use cutover::model::masking::resolve::Resolved;
use cutover::refresh::mask::{Applied, Desk, Progress, apply};

pub struct Plain<'p> {
    place: &'p Place,
    session: Option<Session<Write>>,
    /// So many points until it dies; each statement has one before and one after.
    life: Option<usize>,
    pub points: usize,
    pub progress: Vec<Progress>,
    pub rows: usize,
    pub statements: Vec<String>,
}

impl<'p> Plain<'p> {
    pub async fn new(place: &'p Place, life: Option<usize>) -> Self {
        let session = Some(place.session().await);
        Self { place, session, life, points: 0, progress: Vec::new(), rows: 10, statements: Vec::new() }
    }

    fn point(&mut self) -> Result<(), DbError> {
        self.points += 1;
        if self.life.is_some_and(|life| self.points > life) {
            // As when the process dies: the server takes back what is open.
            self.session = None;
            return Err(lost());
        }
        Ok(())
    }

    fn session(&mut self) -> Result<&mut Session<Write>, DbError> {
        self.session.as_mut().ok_or_else(lost)
    }

    fn marks(&self) -> String {
        self.place.dialect().qualified(&self.place.schema, "marks")
    }
}

fn lost() -> DbError {
    DbError::Lost { place: "here".into(), why: "died".into() }
}

impl Desk for Plain<'_> {
    type Error = DbError;

    fn dialect(&self) -> &'static Dialect {
        self.place.dialect()
    }

    async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, DbError> {
        self.point()?;
        let rows = self.session()?.query(sql, values).await?;
        self.point()?;
        Ok(rows)
    }

    async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, DbError> {
        self.point()?;
        self.statements.push(sql.to_owned());
        let rows = self.session()?.execute(sql, values).await?;
        self.point()?;
        Ok(rows)
    }

    async fn begin(&mut self) -> Result<(), DbError> {
        self.point()?;
        self.session()?.begin().await
    }

    async fn commit(&mut self) -> Result<(), DbError> {
        self.point()?;
        self.session()?.commit().await?;
        self.point()
    }

    async fn rollback(&mut self) {
        if let Some(session) = &mut self.session {
            let _ = session.rollback().await;
        }
    }

    async fn marked(&mut self, table: &str) -> Result<Option<String>, DbError> {
        let sql = format!("SELECT mark FROM {} WHERE name = {}", self.marks(), self.dialect().parameter(1, "text"));
        let rows = self.query(&sql, &[table.into()]).await?;
        Ok(rows.first().and_then(|row| row[0].as_text().map(std::borrow::Cow::into_owned)))
    }

    async fn mark(&mut self, table: &str, mark: &str) -> Result<(), DbError> {
        let place = |n| self.dialect().parameter(n, "text");
        let (delete, insert) = (
            format!("DELETE FROM {} WHERE name = {}", self.marks(), place(1)),
            format!("INSERT INTO {} (name, mark) VALUES ({}, {})", self.marks(), place(1), place(2)),
        );
        self.execute(&delete, &[table.into()]).await?;
        self.execute(&insert, &[table.into(), mark.into()]).await.map(drop)
    }

    fn most_rows(&self) -> usize {
        self.rows
    }

    async fn between(&mut self, progress: &Progress) -> Result<(), DbError> {
        self.progress.push(progress.clone());
        self.point()
    }
}

/// A table for marks.
pub async fn prepare(place: &Place) {
    place.script("CREATE TABLE {s}.marks (name varchar(200) NOT NULL PRIMARY KEY, mark text NOT NULL)").await;
}

/// Masks tables, all of them, without a death.
pub async fn mask(place: &Place, tables: &[Table], resolved: &Resolved, key: &Key, names: &[&str]) -> Vec<Applied> {
    let mut desk = Plain::new(place, None).await;
    desk.rows = 1000;
    let mut all = Vec::new();
    for name in names {
        let table = of(tables, name);
        let of_table = resolved.table(&table.schema, &table.name).unwrap();
        all.push(apply(&mut desk, table, of_table, Some(key)).await.unwrap());
    }
    all
}
