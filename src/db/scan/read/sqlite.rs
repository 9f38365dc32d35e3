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
    let canon = sink.request.columns[at].canon;
    let class = value.type_info().name().to_owned();
    let raw = match class.as_str() {
        "INTEGER" => Raw::Int(Decode::<Sqlite>::decode(value).map_err(sqlx::Error::Decode)?),
        "REAL" => Raw::Float64(Decode::<Sqlite>::decode(value).map_err(sqlx::Error::Decode)?),
        "TEXT" => Raw::Text(Decode::<Sqlite>::decode(value).map_err(sqlx::Error::Decode)?),
        _ => Raw::Bytes(Decode::<Sqlite>::decode(value).map_err(sqlx::Error::Decode)?),
    };
    sink.builder.push(canon, raw);
    Ok(())
}
