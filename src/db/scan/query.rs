//! Results of a statement that a person wrote, typed as columns of a table are. Start at [`Scanner::columns_of`], then
//! [`Scanner::results`].
//!
//! The session only reads, and the statement stands inside another one wherever an engine takes several at once.

use super::condition::alone;
use super::session::ScanSession;
use super::sql::{Server, selected};
use super::{KeyRange, Rows, Scan, ScanColumn, ScanRequest, Scanner};
use crate::db::dialect::Dialect;
use crate::db::error::DbError;
use crate::db::session::Connection;
use crate::db::value::Value;
use crate::model::canon::SqlType;
use crate::model::engine::Engine;
use sqlx::{AssertSqlSafe, Column as _, Executor as _, SqlSafeStr as _, Statement as _, TypeInfo as _};

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    pub name: String,
    /// `None`: there is no value of it, or values of several kinds, by which it could be told.
    pub sql_type: Option<SqlType>,
}

/// What the statement is called inside another.
const INNER: &str = "r";

impl Scanner {
    /// What a statement returns. Of SQLite, whose values have types and columns have not, it is run for that.
    pub async fn columns_of(&self, sql: &str) -> Result<Vec<ResultColumn>, DbError> {
        let sql = bare(sql);
        self.is_alone(sql)?;
        let mut session = self.session().await?;
        let columns = described(&mut session, sql).await?;
        self.give_back(session).await;
        if columns.is_empty() {
            return Err(DbError::Unexpected("the statement returns no columns".to_owned()));
        }
        Ok(columns)
    }

    /// Runs a statement; `columns` are those that it returns, in their order, with what each is read as.
    pub fn results(&self, sql: &str, columns: Vec<ScanColumn>) -> Scan {
        let sql = bare(sql).to_owned();
        let columns: Vec<ScanColumn> =
            columns.into_iter().enumerate().map(|(at, column)| ScanColumn { name: inner(at), ..column }).collect();
        let request = ScanRequest {
            schema: String::new(),
            table: INNER.to_owned(),
            columns,
            key: Vec::new(),
            rows: Rows::Range(KeyRange::default()),
            filter: None,
            ordered: false,
        };
        let checked = self.is_alone(&sql);
        self.start(checked, request, move |server, request| statement(server, request, &sql))
    }

    /// Redshift would run everything that stands in it; the others prepare one statement.
    fn is_alone(&self, sql: &str) -> Result<(), DbError> {
        let dialect = self.database().dialect();
        if dialect.redshift { alone(dialect, sql) } else { Ok(()) }
    }
}

fn inner(at: usize) -> String {
    format!("c{}", at + 1)
}

/// Without the semicolon at its end: it stands inside another statement.
fn bare(sql: &str) -> &str {
    sql.trim_end_matches(|c: char| c.is_whitespace() || c == ';')
}

fn statement(server: Server, request: &ScanRequest, sql: &str) -> String {
    let dialect = server.dialect;
    let names: Vec<String> = request.columns.iter().map(|column| dialect.quoted(&column.name)).collect();
    let columns: Vec<String> = request.columns.iter().map(|column| selected(server, request, column)).collect();
    let (names, columns, inner) = (names.join(", "), columns.join(", "), dialect.quoted(INNER));
    match dialect.engine {
        // It takes one statement at a time, and reads columns by their place.
        Engine::MySql => sql.to_owned(),
        Engine::Sqlite => within(dialect, &names, sql, &columns),
        // A comment may stand in the last line.
        Engine::PostgreSql => format!("SELECT {columns} FROM (\n{sql}\n) AS {inner} ({names})"),
    }
}

/// `WITH r (c1, c2) AS (…) SELECT …`
fn within(dialect: &Dialect, names: &str, sql: &str, columns: &str) -> String {
    let inner = dialect.quoted(INNER);
    format!("WITH {inner} ({names}) AS (\n{sql}\n) SELECT {columns} FROM {inner}")
}

async fn described(session: &mut ScanSession, sql: &str) -> Result<Vec<ResultColumn>, DbError> {
    let place = session.session.place().to_owned();
    let dialect = session.server.dialect;
    let failed = |error: sqlx::Error| DbError::statement(&place, &error);
    let column = |name: &str, sql_type: Option<String>| ResultColumn {
        name: name.to_owned(),
        sql_type: sql_type.map(|sql_type| SqlType::new(dialect.engine, sql_type)),
    };
    let whole = format!("SELECT * FROM (\n{sql}\n) AS {INNER}");
    match session.session.connection() {
        // It has no statements that are prepared and not run.
        Connection::Postgres(connection) if dialect.redshift => {
            let row =
                sqlx::raw_sql(AssertSqlSafe(format!("{whole} LIMIT 1"))).fetch_optional(connection.as_mut()).await;
            let row = row.map_err(failed).map_err(DbError::of_rows)?;
            let columns = row.iter().flat_map(sqlx::Row::columns);
            Ok(columns.map(|one| column(one.name(), Some(postgresql(one.type_info().name())))).collect())
        }
        Connection::Postgres(connection) => {
            let prepared = connection.as_mut().prepare(AssertSqlSafe(whole).into_sql_str()).await.map_err(failed)?;
            let columns = prepared.columns().iter();
            Ok(columns.map(|one| column(one.name(), Some(postgresql(one.type_info().name())))).collect())
        }
        Connection::MySql(connection) => {
            let text = AssertSqlSafe(sql.to_owned()).into_sql_str();
            let prepared = connection.as_mut().prepare(text).await.map_err(failed)?;
            let columns = prepared.columns().iter();
            Ok(columns.map(|one| column(one.name(), Some(mysql(one.type_info().name())))).collect())
        }
        Connection::Sqlite(connection) => {
            // Without names of our own, so that those of the statement are seen.
            let whole = format!("WITH {INNER} AS (\n{sql}\n) SELECT * FROM {INNER}");
            let text = AssertSqlSafe(whole).into_sql_str();
            let prepared = connection.as_mut().prepare(text).await.map_err(failed)?;
            let names: Vec<String> = prepared.columns().iter().map(|one| one.name().to_owned()).collect();
            drop(prepared);
            let inside: Vec<String> = (0..names.len()).map(|at| dialect.quoted(&inner(at))).collect();
            let kinds: Vec<String> = inside
                .iter()
                .map(|name| {
                    format!("group_concat(DISTINCT CASE typeof({name}) WHEN 'null' THEN NULL ELSE typeof({name}) END)")
                })
                .collect();
            let text = within(dialect, &inside.join(", "), sql, &kinds.join(", "));
            let rows = session.session.query(&text, &[]).await.map_err(DbError::of_rows)?;
            let kinds = rows.into_iter().next().unwrap_or_default();
            Ok(names.iter().zip(kinds).map(|(name, kinds)| column(name, sqlite(&kinds))).collect())
        }
    }
}

/// The type by the names of the driver.
fn postgresql(name: &str) -> String {
    let known = match name {
        "INT2" => "smallint",
        "INT4" => "integer",
        "INT8" => "bigint",
        "FLOAT4" => "real",
        "FLOAT8" => "double precision",
        "BOOL" => "boolean",
        "VARCHAR" | "UNKNOWN" => "text",
        "CHAR" => "character",
        "TIMESTAMP" => "timestamp without time zone",
        "TIMESTAMPTZ" => "timestamp with time zone",
        "TIME" => "time without time zone",
        "TIMETZ" => "time with time zone",
        "VARBIT" => "bit varying",
        other => return other.to_lowercase(),
    };
    known.to_owned()
}

fn mysql(name: &str) -> String {
    match name {
        // MySQL's boolean.
        "BOOLEAN" => "tinyint".to_owned(),
        other => other.to_lowercase(),
    }
}

/// The type of a column of which these kinds of values were seen.
fn sqlite(kinds: &Value) -> Option<String> {
    let kinds = kinds.as_text()?;
    let mut all: Vec<&str> = kinds.split(',').collect();
    all.sort_unstable();
    match all[..] {
        ["integer"] => Some("integer".to_owned()),
        ["real"] => Some("double".to_owned()),
        ["integer", "real"] => Some("numeric".to_owned()),
        ["text"] => Some("text".to_owned()),
        ["blob"] => Some("blob".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Database;
    use crate::model::canon::{Canon, Raw};

    #[tokio::test]
    async fn a_statement_returns_typed_rows_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let database = Database::parse(&url).unwrap();
        let mut writer = database.write_owned_by_demo().await.unwrap();
        writer.script("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (2.5, NULL), (NULL, 'y')").await.unwrap();
        let scanner = Scanner::new(database, super::super::Limits::default());
        let sql = "WITH x AS (SELECT a, b FROM t) SELECT a, b, 7 AS n, NULL AS z FROM x ORDER BY b -- all\n;\n";
        let columns = scanner.columns_of(sql).await.unwrap();
        let told: Vec<(&str, Option<&str>)> =
            columns.iter().map(|one| (one.name.as_str(), one.sql_type.as_ref().map(|it| it.name.as_str()))).collect();
        assert_eq!(told, [("a", Some("numeric")), ("b", Some("text")), ("n", Some("integer")), ("z", None)]);
        let read = |at: usize, canon| ScanColumn {
            name: columns[at].name.clone(),
            sql_type: columns[at].sql_type.clone().unwrap(),
            canon,
            nullable: true,
            byte_order: false,
            lob: None,
        };
        let mut scan =
            scanner.results("SELECT a, b FROM t ORDER BY b;", vec![read(0, Canon::Decimal), read(1, Canon::Text)]);
        let batch = scan.next().await.unwrap().unwrap();
        assert_eq!((batch.rows(), batch.value(0, 1), batch.value(1, 1)), (3, None, Some(b"x".as_slice())));
        assert_eq!(batch.value(0, 0), Canon::Decimal.bytes(Raw::Digits(b"2.5")).ok().as_deref());
        for wrong in ["DELETE FROM t", "SELECT 1; DELETE FROM t", "SELECT a FROM t) SELECT 1; DELETE FROM t --"] {
            assert!(scanner.columns_of(wrong).await.is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_type_has_the_name_that_catalogues_give_it() {
        for (name, want) in [("INT8", "bigint"), ("NUMERIC", "numeric"), ("TIMESTAMPTZ", "timestamp with time zone")] {
            assert_eq!(postgresql(name), want);
        }
        assert_eq!((mysql("BIGINT UNSIGNED").as_str(), mysql("BOOLEAN").as_str()), ("bigint unsigned", "tinyint"));
    }
}
