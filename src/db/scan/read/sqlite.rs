//! SQLite: a value has a class of its own, whatever its column says. What does not fit is a misfit, not a guess.

use super::{Sink, Stop};
use crate::model::canon::Raw;
use futures_util::stream::StreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Decode, Row as _, Sqlite, SqliteConnection, TypeInfo as _, ValueRef as _};

pub(super) async fn read(
    connection: &mut SqliteConnection,
    sql: &str,
    mut sink: Sink<'_>,
    failed: impl Fn(&sqlx::Error) -> Stop,
) -> Result<(), Stop> {
    let query = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false);
    let mut rows = query.fetch(connection);
    while let Some(row) = rows.next().await {
        let row = row.map_err(|error| failed(&error))?;
        for at in 0..sink.request.columns.len() {
            push(&mut sink, &row, at).map_err(|error| failed(&error))?;
        }
        if sink.row()? {
            sink.send().await?;
        }
    }
    sink.finish().await
}

fn push(sink: &mut Sink<'_>, row: &SqliteRow, at: usize) -> Result<(), sqlx::Error> {
    let value = row.try_get_raw(at)?;
    if value.is_null() {
        sink.builder.push_null();
        return Ok(());
    }
    let (_, canon) = sink.request.columns[at].arrives();
    let class = Class::of(value.type_info().name());
    let raw = match class {
        Class::Integer => Raw::Int(Decode::<Sqlite>::decode(value).map_err(sqlx::Error::Decode)?),
        Class::Real => Raw::Float64(Decode::<Sqlite>::decode(value).map_err(sqlx::Error::Decode)?),
        Class::Text => Raw::Text(Decode::<Sqlite>::decode(value).map_err(sqlx::Error::Decode)?),
        Class::Blob => Raw::Bytes(Decode::<Sqlite>::decode(value).map_err(sqlx::Error::Decode)?),
    };
    sink.builder.push(canon, raw);
    Ok(())
}

/// What a value is kept as, which is asked before the value is taken.
#[derive(Clone, Copy)]
enum Class {
    Integer,
    Real,
    Text,
    Blob,
}

impl Class {
    fn of(name: &str) -> Self {
        match name {
            "INTEGER" => Self::Integer,
            "REAL" => Self::Real,
            "TEXT" => Self::Text,
            _ => Self::Blob,
        }
    }
}
