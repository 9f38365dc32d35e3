//! Canonical values: one form of bytes for what two engines hold in two types, so that equal bytes are equal values and
//! the order of bytes is the order of values. A comparison is then `==`, and a merge by key is a `memcmp`.
//!
//! Pure. Start at [`Canon`] (what a pair of columns is read as) and [`Canon::put`] (a value as a driver gave it becomes
//! bytes). [`pair`] is the table of which types meet in which form; [`number`], [`moment`] and [`json`] know the forms.

pub mod json;
pub mod moment;
pub mod number;
pub mod pair;
#[cfg(test)]
mod tests;

pub use moment::Day;
pub use pair::{Holds, Reason, SqlType};

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// The form both sides of a pair of columns are read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Canon {
    /// Any signed or unsigned integer of 64 bits.
    Int,
    /// Any number of digits, exact; 1.50 is 1.5 and -0 is 0. Floats come in with their shortest digits.
    Decimal,
    /// -0 is 0, and there is one NaN, above all other values.
    Float32,
    Float64,
    Bool,
    /// UTF-8; no case, no normal form, no trimming.
    Text,
    Bytes,
    Date,
    /// Microseconds from midnight; MySQL's reach from -838:59:59 to 838:59:59.
    Time,
    /// Microseconds, without a zone: types that know one are read in UTC.
    Timestamp,
    Uuid,
    /// By value: keys sorted, the last of two equal keys, 1.0 is 1.
    Json,
    /// The number that the bits are; the width is a matter of the column.
    Bits,
    /// MySQL's SET: members sorted.
    Set,
    /// Months, days and microseconds apart.
    Interval,
}

/// A value as a driver gives it, before it is brought into a form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Raw<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    /// Decimal digits: `-12.50`, `1e3`, `NaN`, `Infinity`.
    Digits(&'a [u8]),
    /// Big-endian groups of 0..=9999, the first of which counts 10000^weight: PostgreSQL's binary numeric.
    Groups {
        negative: bool,
        weight: i32,
        groups: &'a [u8],
    },
    Float32(f32),
    Float64(f64),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    Date(Day),
    /// Microseconds from midnight.
    Time(i64),
    /// A day and the microseconds since its midnight.
    Timestamp(Day, i64),
    Uuid([u8; 16]),
    /// A big-endian number.
    Bits(&'a [u8]),
    Interval {
        months: i32,
        days: i32,
        micros: i64,
    },
}

/// The value is not one of the column's type, as SQLite allows. It is equal to nothing, not even to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misfit;

impl Canon {
    /// Writes the canonical bytes of a value behind what is there; after a [`Misfit`] `out` may have grown.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "the kind of value is known where it is called, and left to the compiler it is forgotten"
    )]
    pub fn put(self, raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
        match self {
            Self::Int => number::put_int(raw, out),
            Self::Decimal => number::put_decimal(raw, out),
            Self::Float32 => number::put_float32(raw, out),
            Self::Float64 => number::put_float64(raw, out),
            Self::Bool => put_bool(raw, out),
            Self::Text => put_if(matches!(raw, Raw::Text(_)), raw, out),
            Self::Bytes => put_if(matches!(raw, Raw::Bytes(_)), raw, out),
            Self::Date => moment::put_date(raw, out),
            Self::Time => moment::put_time(raw, out),
            Self::Timestamp => moment::put_timestamp(raw, out),
            Self::Uuid => put_uuid(raw, out),
            Self::Json => match raw {
                Raw::Text(text) => json::put(text, out),
                // SQLite makes a number of a document that is one.
                Raw::Int(_) | Raw::Float64(_) => json::put_number(raw, out),
                _ => Err(Misfit),
            },
            Self::Bits => put_bits(raw, out),
            Self::Set => put_set(raw, out),
            Self::Interval => moment::put_interval(raw, out),
        }
    }

    /// The canonical bytes alone.
    pub fn bytes(self, raw: Raw<'_>) -> Result<Vec<u8>, Misfit> {
        let mut out = Vec::new();
        self.put(raw, &mut out).map(|()| out)
    }

    /// The value for a person, and for a statement: [`Canon::put`] of the text gives the same bytes again, apart from
    /// bytes, bits and intervals. Text is as it came, hostile characters and all.
    pub fn decode(self, bytes: &[u8]) -> String {
        let known = match self {
            Self::Int => number::int_text(bytes),
            Self::Decimal => number::decimal_text(bytes),
            Self::Float32 => number::float32(bytes).map(|x| x.to_string()),
            Self::Float64 => number::float64(bytes).map(|x| x.to_string()),
            Self::Bool => bytes.first().map(|b| (*b != 0).to_string()),
            Self::Text | Self::Json | Self::Set => Some(String::from_utf8_lossy(bytes).into_owned()),
            Self::Bytes => Some(format!("\\x{}", hex(bytes))),
            Self::Date => moment::date_text(bytes),
            Self::Time => moment::time_text(bytes),
            Self::Timestamp => moment::timestamp_text(bytes),
            Self::Uuid => uuid_text(bytes),
            Self::Bits => bytes.get(4..).map(bits_text),
            Self::Interval => moment::interval_text(bytes),
        };
        known.unwrap_or_else(|| format!("? {}", hex(bytes)))
    }

    /// Whether the engines can return rows in the order of these bytes.
    pub fn is_orderable(self) -> bool {
        !matches!(self, Self::Json | Self::Set | Self::Interval)
    }

    /// The word for a plan: what is compared, and how strictly.
    pub fn word(self) -> &'static str {
        match self {
            Self::Int => "integer",
            Self::Decimal => "decimal",
            Self::Float32 => "float of 4 bytes",
            Self::Float64 => "float of 8 bytes",
            Self::Bool => "boolean",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Date => "date",
            Self::Time => "time",
            Self::Timestamp => "timestamp",
            Self::Uuid => "UUID",
            Self::Json => "JSON by value",
            Self::Bits => "bits",
            Self::Set => "set of labels",
            Self::Interval => "interval",
        }
    }
}

/// Text and bytes are their own form.
#[inline]
fn put_if(fits: bool, raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    match raw {
        Raw::Text(bytes) | Raw::Bytes(bytes) if fits => {
            out.extend_from_slice(bytes);
            Ok(())
        }
        _ => Err(Misfit),
    }
}

#[inline]
fn put_bool(raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let truth = match raw {
        Raw::Bool(truth) => truth,
        // DMS writes a boolean as text where it is not told otherwise.
        Raw::Int(0) | Raw::Uint(0) | Raw::Bits([0]) | Raw::Text(b"f" | b"false" | b"0") => false,
        Raw::Int(1) | Raw::Uint(1) | Raw::Bits([1]) | Raw::Text(b"t" | b"true" | b"1") => true,
        _ => return Err(Misfit),
    };
    out.push(u8::from(truth));
    Ok(())
}

fn put_uuid(raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let bytes = match raw {
        Raw::Uuid(bytes) => bytes,
        Raw::Bytes(bytes) => bytes.try_into().map_err(|_| Misfit)?,
        Raw::Text(text) => uuid(text)?,
        _ => return Err(Misfit),
    };
    out.extend_from_slice(&bytes);
    Ok(())
}

/// 32 hexadecimal digits, with hyphens in their places or without any.
fn uuid(text: &[u8]) -> Result<[u8; 16], Misfit> {
    let hyphens = text.len() == 36;
    if !hyphens && text.len() != 32 {
        return Err(Misfit);
    }
    let mut out = [0; 16];
    let mut digits = 0;
    for (at, byte) in text.iter().enumerate() {
        if hyphens && matches!(at, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return Err(Misfit);
            }
            continue;
        }
        let digit = char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok()).ok_or(Misfit)?;
        out[digits / 2] = out[digits / 2] << 4 | digit;
        digits += 1;
    }
    Ok(out)
}

fn uuid_text(bytes: &[u8]) -> Option<String> {
    let hex = hex(bytes);
    (hex.len() == 32).then(|| [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

/// The length first, so that a longer number is a greater one.
fn put_bits(raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let Raw::Bits(bytes) = raw else { return Err(Misfit) };
    let first = bytes.iter().position(|b| *b != 0).unwrap_or(bytes.len());
    let bytes = &bytes[first..];
    out.extend_from_slice(&u32::try_from(bytes.len()).map_err(|_| Misfit)?.to_be_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}

fn bits_text(bytes: &[u8]) -> String {
    let mut text = bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:08b}");
        text
    });
    text.drain(..text.find('1').unwrap_or(text.len()));
    format!("b'{}'", if text.is_empty() { "0" } else { &text })
}

fn put_set(raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let Raw::Text(text) = raw else { return Err(Misfit) };
    let mut members: Vec<&[u8]> = text.split(|b| *b == b',').collect();
    members.sort_unstable();
    out.extend_from_slice(&members.join(&b','));
    Ok(())
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Back from [`hex`].
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}
