//! An open connection. What it may do is part of its type.

use super::dialect::Dialect;
use super::error::DbError;
use super::value::{Row, Value};
use super::{bind, decode, redshift};
use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use sqlx::{AssertSqlSafe, MySqlConnection, PgConnection, SqliteConnection};
use std::marker::PhantomData;

/// A session that can only look.
#[derive(Debug)]
pub struct Read;

/// A session that can change data.
#[derive(Debug)]
pub struct Write;

/// One connection to one database.
pub struct Session<Access> {
    connection: Connection,
    dialect: &'static Dialect,
    place: String,
    access: PhantomData<Access>,
}

/// The driver behind a session.
pub(super) enum Connection {
    Postgres(Box<PgConnection>),
    MySql(Box<MySqlConnection>),
    Sqlite(Box<SqliteConnection>),
}

impl<Access> std::fmt::Debug for Session<Access> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({} {})", self.dialect.name, self.place)
    }
}

impl<Access> Session<Access> {
    pub(super) fn new(connection: Connection, dialect: &'static Dialect, place: String) -> Self {
        Self { connection, dialect, place, access: PhantomData }
    }

    /// The driver itself, for the readers of `scan`.
    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    pub fn place(&self) -> &str {
        &self.place
    }

    pub fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// Reads all rows of a query. Parameters as [`Dialect::parameter`] writes them.
    pub async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        self.stream(sql, parameters).try_collect().await
    }

    /// Reads rows as they come. Dropping the stream before its end leaves the rest to be drained by the next statement:
    /// drop the session instead.
    pub fn stream<'s>(&'s mut self, sql: &str, parameters: &[Value]) -> BoxStream<'s, Result<Row, DbError>> {
        let place = self.place.as_str();
        let own = move |error| decode::unwrapped(error).unwrap_or_else(|error| DbError::statement(place, &error));
        let simple = self.dialect.redshift;
        match &mut self.connection {
            Connection::Postgres(c) => {
                let rows = if simple {
                    sqlx::raw_sql(AssertSqlSafe(redshift::inlined(sql, parameters))).fetch(c.as_mut())
                } else {
                    bind::postgres(sql, parameters).fetch(c.as_mut())
                };
                rows.map(move |row| row.and_then(|row| decode::postgres(&row)).map_err(own)).boxed()
            }
            Connection::MySql(c) => bind::mysql(sql, parameters)
                .fetch(c.as_mut())
                .map(move |row| row.and_then(|row| decode::mysql(&row)).map_err(own))
                .boxed(),
            Connection::Sqlite(c) => bind::sqlite(sql, parameters)
                .fetch(c.as_mut())
                .map(move |row| row.and_then(|row| decode::sqlite(&row)).map_err(own))
                .boxed(),
        }
    }

    /// Statements without parameters, several if separated by semicolons. Private: a reader has no use for it but its
    /// own opening.
    pub(super) async fn run(&mut self, sql: &str) -> Result<(), DbError> {
        let text = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let done = match &mut self.connection {
            Connection::Postgres(c) => text.execute(c.as_mut()).await.map(drop),
            Connection::MySql(c) => text.execute(c.as_mut()).await.map(drop),
            Connection::Sqlite(c) => text.execute(c.as_mut()).await.map(drop),
        };
        done.map_err(|error| DbError::statement(&self.place, &error))
    }
}

impl Session<Write> {
    /// Runs a script: statements separated by semicolons, without parameters.
    pub async fn script(&mut self, sql: &str) -> Result<(), DbError> {
        self.run(sql).await
    }

    /// Runs one statement and says how many rows it touched, as the engine counts them.
    pub async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, DbError> {
        let done = match &mut self.connection {
            Connection::Postgres(c) => {
                bind::postgres(sql, parameters).execute(c.as_mut()).await.map(|r| r.rows_affected())
            }
            Connection::MySql(c) => bind::mysql(sql, parameters).execute(c.as_mut()).await.map(|r| r.rows_affected()),
            Connection::Sqlite(c) => bind::sqlite(sql, parameters).execute(c.as_mut()).await.map(|r| r.rows_affected()),
        };
        done.map_err(|error| DbError::statement(&self.place, &error))
    }

    /// Inserts one row and gives the number the engine gave it; `key` is the identity column.
    pub async fn insert(&mut self, sql: &str, parameters: &[Value], key: &str) -> Result<i64, DbError> {
        let place = self.place.clone();
        let failed = |error: sqlx::Error| DbError::statement(&place, &error);
        match &mut self.connection {
            Connection::Postgres(_) => {
                let returning = format!("{sql} RETURNING {}", self.dialect.quoted(key));
                let rows = self.query(&returning, parameters).await?;
                rows.first()
                    .and_then(|row| row.first())
                    .and_then(Value::as_int)
                    .ok_or_else(|| DbError::Unexpected(format!("{place} gave no number for {key}")))
            }
            Connection::MySql(c) => {
                let done = bind::mysql(sql, parameters).execute(c.as_mut()).await.map_err(failed)?;
                i64::try_from(done.last_insert_id()).map_err(|error| DbError::Unexpected(error.to_string()))
            }
            Connection::Sqlite(c) => {
                let done = bind::sqlite(sql, parameters).execute(c.as_mut()).await.map_err(failed)?;
                Ok(done.last_insert_rowid())
            }
        }
    }

    /// Opens a transaction.
    pub async fn begin(&mut self) -> Result<(), DbError> {
        self.run(self.dialect.begin).await
    }

    pub async fn commit(&mut self) -> Result<(), DbError> {
        self.run("COMMIT").await
    }

    /// Takes the transaction back. That there is none any more (the server took it back itself) is not an error.
    pub async fn rollback(&mut self) -> Result<(), DbError> {
        match self.run("ROLLBACK").await {
            Err(error) if error.is_lost() => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Database;

    #[tokio::test]
    async fn a_read_session_is_refused_by_the_database_itself() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}?schema=shop", folder.path().join("a.db").display());
        let database = Database::parse(&url).unwrap();
        let mut writer = database.write_owned_by_demo().await.unwrap();
        writer.script("CREATE TABLE shop.t (id INTEGER PRIMARY KEY, x TEXT)").await.unwrap();
        writer.execute("INSERT INTO shop.t (x) VALUES (?)", &["one".into()]).await.unwrap();

        let mut reader = database.read().await.unwrap();
        assert_eq!(reader.query("SELECT id, x FROM shop.t", &[]).await.unwrap(), [vec![Value::Int(1), "one".into()]]);
        let refused = reader.query("DELETE FROM shop.t RETURNING id", &[]).await.unwrap_err().to_string();
        assert!(refused.contains("readonly"), "{refused}");
    }

    #[tokio::test]
    async fn an_error_carries_the_words_and_the_code_of_the_database() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let mut session = Database::parse(&url).unwrap().write_owned_by_demo().await.unwrap();
        session.script("CREATE TABLE t (id INTEGER PRIMARY KEY)").await.unwrap();
        assert_eq!(session.insert("INSERT INTO t (id) VALUES (7)", &[], "id").await.unwrap(), 7);
        let error = session.execute("INSERT INTO t (id) VALUES (7)", &[]).await.unwrap_err();
        assert_eq!(error.to_string(), "UNIQUE constraint failed: t.id (SQLite 1555)");
        assert!(!error.is_lost());
    }
}
