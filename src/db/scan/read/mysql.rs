//! MySQL and MariaDB: a prepared statement, whose rows are binary. The text protocol costs the server twice as much.
//! (MySQL internals manual, "Binary Protocol Value".)

use super::{Sink, Stop, garbled};
use crate::db::error::DbError;
use crate::db::scan::digest::{GAVE_UP, GIVEN};
use crate::db::scan::{Lob, ScanColumn};
use crate::model::canon::{Canon, Day, Holds, Raw};
use crate::model::engine::Engine;
use futures_util::stream::StreamExt;
use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, Decode, MySqlConnection, Row as _};

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
    let mut rows = query.fetch(connection);
    while let Some(row) = rows.next().await {
        let row = row.map_err(|error| failed(&error))?;
        for (at, form) in forms.iter().enumerate() {
            let bytes = value(&row, at).map_err(|error| failed(&error))?;
            let bytes = match (bytes, form.lob) {
                (Some(bytes), Some(lob)) => Some(unmarked(bytes, lob, &columns[at])?),
                (bytes, _) => bytes,
            };
            match bytes {
                None => sink.builder.push_null(),
                Some(bytes) => {
                    let raw = raw(form, bytes).ok_or_else(|| garbled(Engine::MySql, &columns[at]))?;
                    sink.builder.push(form.canon, raw);
                }
            }
        }
        if sink.row()? {
            sink.send().await?;
        }
    }
    sink.finish().await
}

fn value(row: &MySqlRow, at: usize) -> Result<Option<&[u8]>, sqlx::Error> {
    // The driver calls a zero day NULL. Its bytes say otherwise, and only they are asked.
    Ok(<&[u8] as Decode<sqlx::MySql>>::decode(row.try_get_raw(at)?).ok())
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

fn raw<'r>(form: &Form, bytes: &'r [u8]) -> Option<Raw<'r>> {
    Some(match form.holds {
        Holds::Int => integer(bytes, form.unsigned)?,
        Holds::Decimal => Raw::Digits(bytes),
        Holds::Float32 => Raw::Float32(f32::from_le_bytes(bytes.try_into().ok()?)),
        Holds::Float64 => Raw::Float64(f64::from_le_bytes(bytes.try_into().ok()?)),
        Holds::Text | Holds::Json | Holds::Set | Holds::Uuid | Holds::Printed => Raw::Text(bytes),
        Holds::Bytes => Raw::Bytes(bytes),
        Holds::Bits => Raw::Bits(bytes),
        Holds::Date => Raw::Date(day(bytes.get(1..)?)?),
        Holds::Timestamp => {
            let bytes = bytes.get(1..)?;
            Raw::Timestamp(day(bytes)?, clock(bytes.get(4..).unwrap_or_default())?)
        }
        Holds::Time => Raw::Time(time(bytes.get(1..)?)?),
        Holds::Bool | Holds::Interval | Holds::Any | Holds::Unreadable => return None,
    })
}

fn integer(bytes: &[u8], unsigned: bool) -> Option<Raw<'static>> {
    let mut wide = [0; 8];
    wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
    if !unsigned && bytes.last()? & 0x80 != 0 {
        wide[bytes.len()..].fill(0xff);
    }
    Some(if unsigned { Raw::Uint(u64::from_le_bytes(wide)) } else { Raw::Int(i64::from_le_bytes(wide)) })
}

/// Year, month, day; nothing at all is the zero day.
fn day(bytes: &[u8]) -> Option<Day> {
    match bytes {
        [] => Some(Day::new(0, 0, 0)),
        [low, high, month, day, ..] => Some(Day::new(u16::from_le_bytes([*low, *high]).into(), *month, *day)),
        _ => None,
    }
}

/// Hour, minute, second, and microseconds where there are any.
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
        for (bytes, unsigned, want) in [
            ([0xff].as_slice(), false, Raw::Int(-1)),
            (&[0xff], true, Raw::Uint(255)),
            (&[0x00, 0x80], false, Raw::Int(-32_768)),
            (&[0xff, 0xff, 0xff, 0x7f], false, Raw::Int(2_147_483_647)),
            (&[0xff; 8], true, Raw::Uint(u64::MAX)),
            (&[0xff; 8], false, Raw::Int(-1)),
        ] {
            assert_eq!(integer(bytes, unsigned), Some(want));
        }
        assert_eq!(integer(&[0; 9], false), None);
    }

    #[test]
    fn a_time_is_as_short_as_it_can_be() {
        assert_eq!(time(&[]), Some(0));
        assert_eq!(time(&[1, 34, 0, 0, 0, 22, 59, 59]), Some(-3_020_399_000_000));
        assert_eq!(time(&[0, 0, 0, 0, 0, 0, 0, 1, 0x20, 0xa1, 0x07, 0]), Some(1_500_000));
        assert_eq!(clock(&[10]), None);
    }
}
