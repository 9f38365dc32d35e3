//! Values on their way to the server.

use super::value::Value;
use sqlx::mysql::{MySql, MySqlArguments};
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments};
use sqlx::{AssertSqlSafe, query};

/// PostgreSQL: every parameter travels as text and the statement casts it ([`super::Dialect::parameter`]). One
/// statement text then has one parameter signature, which is what the driver's statement cache assumes; typed
/// parameters would break it at the first null.
pub(super) fn postgres(sql: &str, values: &[Value]) -> Query<'static, Postgres, PgArguments> {
    let statement = query(AssertSqlSafe(sql.to_owned()));
    values.iter().fold(statement, |q, value| q.bind(value.as_text().map(std::borrow::Cow::into_owned)))
}

pub(super) fn mysql(sql: &str, values: &[Value]) -> Query<'static, MySql, MySqlArguments> {
    let statement = query(AssertSqlSafe(sql.to_owned()));
    values.iter().fold(statement, |q, value| match value {
        Value::Null => q.bind(None::<String>),
        Value::Bool(b) => q.bind(*b),
        Value::Int(n) => q.bind(*n),
        Value::Float(x) => q.bind(*x),
        Value::Decimal(text) | Value::Text(text) | Value::Timestamp(text) => q.bind(text.clone()),
        Value::Bytes(bytes) => q.bind(bytes.clone()),
    })
}

pub(super) fn sqlite(sql: &str, values: &[Value]) -> Query<'static, Sqlite, SqliteArguments> {
    let statement = query(AssertSqlSafe(sql.to_owned()));
    values.iter().fold(statement, |q, value| match value {
        Value::Null => q.bind(None::<String>),
        Value::Bool(b) => q.bind(*b),
        Value::Int(n) => q.bind(*n),
        Value::Float(x) => q.bind(*x),
        Value::Decimal(text) | Value::Text(text) | Value::Timestamp(text) => q.bind(text.clone()),
        Value::Bytes(bytes) => q.bind(bytes.clone()),
    })
}
