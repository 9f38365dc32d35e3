//! MySQL and MariaDB: a prepared statement, whose rows are binary. The text protocol costs the server twice as much.
//! (MySQL internals manual, "Binary Protocol Value".)

use super::{BatchBuilder, Sink, Stop, garbled};
use crate::db::error::DbError;
use crate::db::scan::digest::{GAVE_UP, GIVEN};
use crate::db::scan::{Lob, ScanColumn};
use crate::model::canon::{Canon, Day, Holds, Raw};
use crate::model::engine::Engine;
use futures_util::stream::StreamExt;
use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, Decode, Either, Executor as _, MySqlConnection, Row as _};

const DAY: i64 = 86_400_000_000;

/// How a column's bytes are read.
struct Form {
    holds: Holds,
    canon: Canon,
    unsigned: bool,
    /// It comes with a mark, see [`GAVE_UP`].
    lob: Option<Lob>,
}

pub(super) async fn read(
    connection: &mut MySqlConnection,
    sql: &str,
    mut sink: Sink<'_>,
    failed: impl Fn(&sqlx::Error) -> Stop,
) -> Result<(), Stop> {
    let columns = sink.request.columns.clone();
    let forms: Vec<Form> = columns
        .iter()
        .map(|column| (column, column.arrives()))
        .map(|(column, (holds, canon))| Form {
            holds,
            canon,
            unsigned: column.sql_type.name.contains("unsigned") || column.sql_type.name.starts_with("year"),
            lob: column.lob,
        })
        .collect();
    // Without a place in the statement cache: a scan is run once.
    let query = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false);
    let mut rows = connection.fetch_many(query);
    while let Some(step) = rows.next().await {
        // The other is the end of a result.
        let Either::Right(row) = step.map_err(|error| failed(&error))? else { continue };
        for (at, form) in forms.iter().enumerate() {
            let Some(mut bytes) = bytes(&row, at).map_err(|error| failed(&error))? else {
                sink.builder.push_null();
                continue;
            };
            if let Some(lob) = form.lob {
                bytes = unmarked(bytes, lob, &columns[at])?;
            }
            take(&mut sink.builder, form, bytes).ok_or_else(|| garbled(Engine::MySql, &columns[at]))?;
        }
        if sink.row()? {
            sink.send().await?;
        }
    }
    sink.finish().await
}

/// What stands behind the mark.
fn unmarked<'r>(bytes: &'r [u8], lob: Lob, column: &ScanColumn) -> Result<&'r [u8], Stop> {
    if bytes == GAVE_UP.as_bytes() {
        let why = format!(
            "column {} holds a value that is too long for the server to hash, cut or order: more than its max_allowed_packet. \
             Compare with --lobs values, or raise it",
            column.name
        );
        return Err(Stop::Failed(DbError::Unexpected(why)));
    }
    if lob.hash {
        return Ok(bytes);
    }
    bytes.strip_prefix(GIVEN.as_bytes()).ok_or_else(|| garbled(Engine::MySql, column))
}

/// The driver calls a zero day NULL. Its bytes say otherwise, and only they are asked.
#[inline(never)]
fn bytes(row: &MySqlRow, at: usize) -> Result<Option<&[u8]>, sqlx::Error> {
    // Not with `?`, which copies what the driver has just written before it can be read again: a tenth of all time.
    match row.try_get_raw(at) {
        Ok(value) => Ok(<&[u8] as Decode<sqlx::MySql>>::decode(value).ok()),
        Err(error) => Err(error),
    }
}

/// One kind of value after the other, so that none is ever put together in memory and taken apart again.
#[inline]
fn take(builder: &mut BatchBuilder, form: &Form, bytes: &[u8]) -> Option<()> {
    let canon = form.canon;
    match form.holds {
        Holds::Int => {
            let wide = widened(bytes, !form.unsigned)?;
            if form.unsigned {
                builder.push(canon, Raw::Uint(wide.cast_unsigned()));
            } else {
                builder.push(canon, Raw::Int(wide));
            }
        }
        Holds::Decimal => builder.push(canon, Raw::Digits(bytes)),
        Holds::Float32 => builder.push(canon, Raw::Float32(f32::from_le_bytes(bytes.try_into().ok()?))),
        Holds::Float64 => builder.push(canon, Raw::Float64(f64::from_le_bytes(bytes.try_into().ok()?))),
        Holds::Text | Holds::Json | Holds::Set | Holds::Uuid | Holds::Printed => builder.push(canon, Raw::Text(bytes)),
        Holds::Bytes => builder.push(canon, Raw::Bytes(bytes)),
        Holds::Bits => builder.push(canon, Raw::Bits(bytes)),
        Holds::Date => builder.push(canon, Raw::Date(day(bytes.get(1..)?)?)),
        Holds::Timestamp => {
            let bytes = bytes.get(1..)?;
            let (day, clock) = (day(bytes)?, clock(bytes.get(4..).unwrap_or_default())?);
            builder.push(canon, Raw::Timestamp(day, clock));
        }
        Holds::Time => builder.push(canon, Raw::Time(time(bytes.get(1..)?)?)),
        Holds::Bool | Holds::Interval | Holds::Any | Holds::Unreadable => return None,
    }
    Some(())
}

/// A number of any width; of an unsigned one, its bits.
#[inline]
fn widened(bytes: &[u8], signed: bool) -> Option<i64> {
    let wide = match bytes {
        [a] => i64::from(i8::from_le_bytes([*a])),
        [a, b] => i64::from(i16::from_le_bytes([*a, *b])),
        [a, b, c, d] => i64::from(i32::from_le_bytes([*a, *b, *c, *d])),
        _ => return bytes.try_into().ok().map(i64::from_le_bytes),
    };
    Some(if signed { wide } else { wide & !(-1 << (8 * bytes.len())) })
}

/// Year, month, day; nothing at all is the zero day.
#[inline]
fn day(bytes: &[u8]) -> Option<Day> {
    match bytes {
        [] => Some(Day::new(0, 0, 0)),
        [low, high, month, day, ..] => Some(Day::new(u16::from_le_bytes([*low, *high]).into(), *month, *day)),
        _ => None,
    }
}

/// Hour, minute, second, and microseconds where there are any.
#[inline]
fn clock(bytes: &[u8]) -> Option<i64> {
    let (clock, micros) = match bytes {
        [] => return Some(0),
        [h, m, s] => ([*h, *m, *s], 0),
        [h, m, s, micros @ ..] => ([*h, *m, *s], u32::from_le_bytes(micros.try_into().ok()?)),
        _ => return None,
    };
    let [hours, minutes, seconds] = clock.map(i64::from);
    Some(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + i64::from(micros))
}

/// Sign, days, and a clock.
fn time(bytes: &[u8]) -> Option<i64> {
    let [negative, rest @ ..] = bytes else { return Some(0) };
    let (days, rest) = rest.split_first_chunk()?;
    let micros = i64::from(u32::from_le_bytes(*days)) * DAY + clock(rest)?;
    Some(if *negative == 0 { micros } else { -micros })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_every_width_keep_their_sign() {
        for (bytes, signed, want) in [
            ([0xff].as_slice(), true, -1),
            (&[0xff], false, 255),
            (&[0x00, 0x80], true, -32_768),
            (&[0x00, 0x80], false, 32_768),
            (&[0xff, 0xff, 0xff, 0x7f], true, 2_147_483_647),
            (&[0xff; 4], false, 4_294_967_295),
            (&[0xff; 8], false, u64::MAX.cast_signed()),
            (&[0xff; 8], true, -1),
        ] {
            assert_eq!(widened(bytes, signed), Some(want));
        }
        assert_eq!((widened(&[0; 9], true), widened(&[], true), widened(&[1, 2, 3], false)), (None, None, None));
    }

    #[test]
    fn a_time_is_as_short_as_it_can_be() {
        assert_eq!(time(&[]), Some(0));
        assert_eq!(time(&[1, 34, 0, 0, 0, 22, 59, 59]), Some(-3_020_399_000_000));
        assert_eq!(time(&[0, 0, 0, 0, 0, 0, 0, 1, 0x20, 0xa1, 0x07, 0]), Some(1_500_000));
        assert_eq!(clock(&[10]), None);
    }
}
