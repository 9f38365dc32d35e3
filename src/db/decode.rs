//! Rows on their way from the server.

use super::error::DbError;
use super::value::{Row, Value};
use sqlx::mysql::MySqlRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};

pub(super) fn postgres(row: &PgRow) -> Result<Row, sqlx::Error> {
    (0..row.len())
        .map(|at| {
            let raw = row.try_get_raw(at)?;
            if raw.is_null() {
                return Ok(Value::Null);
            }
            Ok(match raw.type_info().name() {
                "BOOL" => Value::Bool(row.try_get(at)?),
                "INT2" => Value::Int(row.try_get::<i16, _>(at)?.into()),
                "INT4" => Value::Int(row.try_get::<i32, _>(at)?.into()),
                "INT8" => Value::Int(row.try_get(at)?),
                "FLOAT4" => Value::Float(row.try_get::<f32, _>(at)?.into()),
                "FLOAT8" => Value::Float(row.try_get(at)?),
                "TEXT" | "VARCHAR" | "CHAR" | "NAME" | "UNKNOWN" => Value::Text(row.try_get_unchecked(at)?),
                "BYTEA" => Value::Bytes(row.try_get(at)?),
                other => return Err(unsupported(at, other)),
            })
        })
        .collect()
}

pub(super) fn mysql(row: &MySqlRow) -> Result<Row, sqlx::Error> {
    (0..row.len())
        .map(|at| {
            let raw = row.try_get_raw(at)?;
            if raw.is_null() {
                return Ok(Value::Null);
            }
            let name = raw.type_info().name().to_owned();
            Ok(match name.as_str() {
                "BOOLEAN" => Value::Bool(row.try_get(at)?),
                "BIGINT UNSIGNED" => {
                    let n: u64 = row.try_get(at)?;
                    i64::try_from(n).map_or_else(|_| Value::Decimal(n.to_string()), Value::Int)
                }
                "YEAR" => Value::Int(row.try_get_unchecked::<u16, _>(at)?.into()),
                unsigned if unsigned.ends_with(" UNSIGNED") => Value::Int(row.try_get::<u32, _>(at)?.into()),
                "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" => Value::Int(row.try_get(at)?),
                "FLOAT" => Value::Float(row.try_get::<f32, _>(at)?.into()),
                "DOUBLE" => Value::Float(row.try_get(at)?),
                // Sent as digits; the driver only refuses to call digits a string.
                "DECIMAL" => Value::Decimal(row.try_get_unchecked(at)?),
                "CHAR" | "VARCHAR" | "TINYTEXT" | "TEXT" | "MEDIUMTEXT" | "LONGTEXT" | "ENUM" | "SET" | "JSON" => {
                    Value::Text(row.try_get_unchecked(at)?)
                }
                "BINARY" | "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" => {
                    Value::Bytes(row.try_get_unchecked(at)?)
                }
                other => return Err(unsupported(at, other)),
            })
        })
        .collect()
}

/// SQLite types belong to values, not to columns.
pub(super) fn sqlite(row: &SqliteRow) -> Result<Row, sqlx::Error> {
    (0..row.len())
        .map(|at| {
            let raw = row.try_get_raw(at)?;
            if raw.is_null() {
                return Ok(Value::Null);
            }
            let name = raw.type_info().name().to_owned();
            drop(raw);
            Ok(match name.as_str() {
                "INTEGER" => Value::Int(row.try_get_unchecked(at)?),
                "REAL" => Value::Float(row.try_get_unchecked(at)?),
                "TEXT" => Value::Text(row.try_get_unchecked(at)?),
                "BLOB" => Value::Bytes(row.try_get_unchecked(at)?),
                other => return Err(unsupported(at, other)),
            })
        })
        .collect()
}

fn unsupported(column: usize, type_name: &str) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(DbError::Unsupported { column, type_name: type_name.to_owned() }))
}

/// Gives back the [`DbError`] that [`unsupported`] wrapped.
pub(super) fn unwrapped(error: sqlx::Error) -> Result<DbError, sqlx::Error> {
    match error {
        sqlx::Error::Decode(inner) => inner.downcast::<DbError>().map(|own| *own).map_err(sqlx::Error::Decode),
        other => Err(other),
    }
}
