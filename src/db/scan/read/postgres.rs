//! PostgreSQL: `COPY … TO STDOUT (FORMAT binary)`, parsed here.
//! (PostgreSQL manual, "COPY", Binary Format; the forms of the types are those of their `send` functions.)

use super::{Sink, Stop, garbled};
use crate::db::scan::ScanColumn;
use crate::model::canon::{Canon, Day, Holds, Raw};
use crate::model::engine::Engine;
use futures_util::stream::StreamExt;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, SqlSafeStr as _};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// 2000-01-01, from which PostgreSQL counts, in days since 1970.
const EPOCH: i64 = 10_957;
const DAY: i64 = 86_400_000_000;

pub(super) async fn read(
    connection: &mut PgConnection,
    sql: &str,
    mut sink: Sink<'_>,
    failed: impl Fn(&sqlx::Error) -> Stop,
) -> Result<(), Stop> {
    let columns = sink.request.columns.clone();
    let forms: Vec<(Holds, Canon)> = columns.iter().map(ScanColumn::arrives).collect();
    // Behind COPY the server would take several statements. Whatever a person wrote goes through the protocol that takes
    // one; a statement of queries of his own names no table of ours.
    if sink.request.filter.is_some() || sink.request.schema.is_empty() {
        let text = AssertSqlSafe(sql.to_owned()).into_sql_str();
        connection.prepare(text).await.map_err(|error| failed(&error))?;
    }
    let copy = format!("COPY ({sql}\n) TO STDOUT (FORMAT binary)");
    let mut stream = connection.copy_out_raw(&copy).await.map_err(|error| failed(&error))?;
    // The server sends a message a row, but need not.
    let mut rest: Vec<u8> = Vec::new();
    let mut stage = Stage::Header;
    while let Some(message) = stream.next().await {
        let message = message.map_err(|error| failed(&error))?;
        let mut input = if rest.is_empty() {
            &message[..]
        } else {
            rest.extend_from_slice(&message);
            rest.as_slice()
        };
        while let Some(used) = step(&mut stage, input, &columns, &forms, &mut sink)? {
            input = &input[used..];
            if sink.builder.is_full() {
                sink.send().await?;
            }
        }
        let left = input.to_vec();
        rest = left;
    }
    if stage == Stage::Ended && rest.is_empty() {
        sink.finish().await
    } else {
        let why = "the rows ended without the mark of their end".to_owned();
        Err(Stop::Failed(crate::db::error::DbError::Unexpected(why)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Header,
    Rows,
    Ended,
}

/// Takes the header, a row, or the mark of the end; says how many bytes that was, or that more are needed.
#[inline]
fn step(
    stage: &mut Stage,
    input: &[u8],
    columns: &[ScanColumn],
    forms: &[(Holds, Canon)],
    sink: &mut Sink<'_>,
) -> Result<Option<usize>, Stop> {
    let strange = || {
        let why = "the server sent rows in an unknown format".to_owned();
        Stop::Failed(crate::db::error::DbError::Unexpected(why))
    };
    match stage {
        Stage::Header => {
            let Some(extension) = input.get(15..19).and_then(|bytes| bytes.first_chunk()) else { return Ok(None) };
            let length = 19 + u32::from_be_bytes(*extension) as usize;
            if !input.starts_with(SIGNATURE) {
                return Err(strange());
            }
            if input.len() < length {
                return Ok(None);
            }
            *stage = Stage::Rows;
            Ok(Some(length))
        }
        Stage::Rows => {
            let Some(count) = input.first_chunk().map(|bytes| i16::from_be_bytes(*bytes)) else { return Ok(None) };
            if count == -1 {
                *stage = Stage::Ended;
                return Ok(Some(2));
            }
            if usize::try_from(count).ok() != Some(columns.len()) {
                return Err(strange());
            }
            let Some(length) = whole(input, columns.len()) else { return Ok(None) };
            let mut at = 2;
            for (column, (holds, canon)) in columns.iter().zip(forms) {
                let size = input.get(at..).and_then(|rest| rest.first_chunk()).map(|bytes| i32::from_be_bytes(*bytes));
                at += 4;
                let Some(size) = size.and_then(|size| usize::try_from(size).ok()) else {
                    sink.builder.push_null();
                    continue;
                };
                let bytes = input.get(at..at + size).ok_or_else(strange)?;
                at += size;
                push(sink, *canon, *holds, bytes).ok_or_else(|| garbled(Engine::PostgreSql, column))?;
            }
            sink.row()?;
            Ok(Some(length))
        }
        Stage::Ended if input.is_empty() => Ok(None),
        Stage::Ended => Err(strange()),
    }
}

/// Bytes of the row at the beginning, if all of it is there.
#[inline]
fn whole(input: &[u8], columns: usize) -> Option<usize> {
    let mut at = 2;
    for _ in 0..columns {
        let size = i32::from_be_bytes(*input.get(at..)?.first_chunk()?);
        at += 4 + usize::try_from(size).unwrap_or_default();
    }
    (input.len() >= at).then_some(at)
}

#[inline]
fn push(sink: &mut Sink<'_>, canon: Canon, holds: Holds, bytes: &[u8]) -> Option<()> {
    let builder = &mut sink.builder;
    // One kind of value after the other, so that none is ever put together in memory and taken apart again.
    match holds {
        Holds::Int => {
            let n = match bytes.len() {
                2 => i16::from_be_bytes(*bytes.first_chunk()?).into(),
                4 => i32::from_be_bytes(*bytes.first_chunk()?).into(),
                _ => i64::from_be_bytes(bytes.try_into().ok()?),
            };
            builder.push(canon, Raw::Int(n));
        }
        Holds::Decimal => {
            let (weight, groups) = (word(bytes, 2)?.cast_signed().into(), bytes.get(8..)?);
            match word(bytes, 4)? {
                0x0000 => builder.push(canon, Raw::Groups { negative: false, weight, groups }),
                0x4000 => builder.push(canon, Raw::Groups { negative: true, weight, groups }),
                0xc000 => builder.push(canon, Raw::Digits(b"NaN")),
                0xd000 => builder.push(canon, Raw::Digits(b"Infinity")),
                0xf000 => builder.push(canon, Raw::Digits(b"-Infinity")),
                _ => return None,
            }
        }
        Holds::Float32 => builder.push(canon, Raw::Float32(f32::from_be_bytes(bytes.try_into().ok()?))),
        Holds::Float64 => builder.push(canon, Raw::Float64(f64::from_be_bytes(bytes.try_into().ok()?))),
        Holds::Bool => builder.push(canon, Raw::Bool(*bytes.first()? != 0)),
        Holds::Text | Holds::Json | Holds::Printed => builder.push(canon, Raw::Text(bytes)),
        Holds::Bytes => builder.push(canon, Raw::Bytes(bytes)),
        Holds::Date => match i32::from_be_bytes(bytes.try_into().ok()?) {
            i32::MIN => builder.push(canon, Raw::Date(Day::MINUS_INFINITY)),
            i32::MAX => builder.push(canon, Raw::Date(Day::INFINITY)),
            days => builder.push(canon, Raw::Date(Day::from_number(i64::from(days) + EPOCH))),
        },
        Holds::Time => builder.push(canon, Raw::Time(i64::from_be_bytes(bytes.try_into().ok()?))),
        Holds::Timestamp => match i64::from_be_bytes(bytes.try_into().ok()?) {
            i64::MIN => builder.push(canon, Raw::Timestamp(Day::MINUS_INFINITY, 0)),
            i64::MAX => builder.push(canon, Raw::Timestamp(Day::INFINITY, 0)),
            micros => {
                let day = Day::from_number(micros.div_euclid(DAY) + EPOCH);
                builder.push(canon, Raw::Timestamp(day, micros.rem_euclid(DAY)));
            }
        },
        Holds::Uuid => builder.push(canon, Raw::Uuid(bytes.try_into().ok()?)),
        Holds::Bits => {
            let width = i32::from_be_bytes(*bytes.first_chunk()?);
            let shifted = right_aligned(bytes.get(4..)?, usize::try_from(width).ok()?);
            builder.push(canon, Raw::Bits(&shifted));
        }
        Holds::Interval => {
            let interval = Raw::Interval {
                micros: i64::from_be_bytes(*bytes.first_chunk()?),
                days: i32::from_be_bytes(*bytes.get(8..)?.first_chunk()?),
                months: i32::from_be_bytes(*bytes.get(12..)?.first_chunk()?),
            };
            builder.push(canon, interval);
        }
        Holds::Set | Holds::Any | Holds::Unreadable => return None,
    }
    Some(())
}

/// Of a numeric's head: count of groups, weight, sign, display scale. (`numeric_send` in the server's `numeric.c`.)
#[inline]
fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Bits come with zeros behind the last of them; a number has them in front.
fn right_aligned(bytes: &[u8], width: usize) -> Vec<u8> {
    let shift = (bytes.len() * 8).saturating_sub(width).min(7);
    let mut carry = 0_u8;
    bytes
        .iter()
        .map(|byte| {
            let wide = u16::from(carry) << 8 | u16::from(*byte);
            carry = *byte;
            (wide >> shift).to_be_bytes()[1]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_the_number_they_are() {
        assert_eq!(right_aligned(&[0b1010_0000], 4), [0b1010]);
        assert_eq!(right_aligned(&[0b1111_1111, 0b1000_0000], 9), [1, 255]);
        assert_eq!(right_aligned(&[1, 2], 16), [1, 2]);
        assert!(right_aligned(&[], 0).is_empty());
    }
}
