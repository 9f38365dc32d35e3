//! Redshift: a simple query, whose rows are text.

use super::{Sink, Stop, garbled};
use crate::model::canon::{Canon, Holds, Raw, unhex};
use crate::model::engine::Engine;
use futures_util::stream::StreamExt;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

pub(super) async fn read(
    connection: &mut PgConnection,
    sql: &str,
    mut sink: Sink<'_>,
    failed: impl Fn(&sqlx::Error) -> Stop,
) -> Result<(), Stop> {
    let columns = sink.request.columns.clone();
    let forms: Vec<(Holds, Canon)> = columns.iter().map(|c| (c.sql_type.holds(), c.canon)).collect();
    let mut rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch(connection);
    while let Some(row) = rows.next().await {
        let row = row.map_err(|error| failed(&error))?;
        for (at, (holds, canon)) in forms.iter().enumerate() {
            let value = row.try_get_raw(at).map_err(|error| failed(&error))?;
            match value.as_bytes() {
                Err(_) => sink.builder.push_null(),
                Ok(text) => {
                    push(&mut sink, *canon, *holds, text).ok_or_else(|| garbled(Engine::PostgreSql, &columns[at]))?;
                }
            }
        }
        if sink.row()? {
            sink.send().await?;
        }
    }
    sink.finish().await
}

fn push(sink: &mut Sink<'_>, canon: Canon, holds: Holds, text: &[u8]) -> Option<()> {
    let words = || std::str::from_utf8(text).ok();
    let raw = match holds {
        Holds::Int => Raw::Int(words()?.parse().ok()?),
        Holds::Decimal => Raw::Digits(text),
        Holds::Float64 => Raw::Float64(words()?.parse().ok()?),
        #[allow(clippy::cast_possible_truncation, reason = "it was one of four bytes, and is printed exactly")]
        Holds::Float32 => Raw::Float32(words()?.parse::<f64>().ok()? as f32),
        Holds::Bool => match text {
            b"t" | b"true" => Raw::Bool(true),
            b"f" | b"false" => Raw::Bool(false),
            _ => return None,
        },
        Holds::Bytes => {
            let bytes = unhex(&words()?.to_lowercase())?;
            sink.builder.push(canon, Raw::Bytes(&bytes));
            return Some(());
        }
        Holds::Text | Holds::Json | Holds::Printed | Holds::Date | Holds::Time | Holds::Timestamp => Raw::Text(text),
        // It has no such types.
        Holds::Uuid | Holds::Bits | Holds::Interval | Holds::Set | Holds::Any | Holds::Unreadable => return None,
    };
    sink.builder.push(canon, raw);
    Some(())
}
