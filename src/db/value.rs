//! One column's value, in the same form whichever engine it came from.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A row: values in the order of the select list.
pub type Row = Vec<Value>;

/// A value read from a database or sent to one.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Exact decimal digits as the server prints them; also integers beyond `i64`.
    Decimal(String),
    Text(String),
    Bytes(Vec<u8>),
    /// `YYYY-MM-DD HH:MM:SS[.ffffff]`, UTC where the type knows a zone, no trailing zeros in the fraction.
    Timestamp(String),
}

impl Value {
    /// The value as the engines accept it in text form; bytes as PostgreSQL's hex notation. `None` is null.
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(b) => Cow::Borrowed(if *b { "true" } else { "false" }),
            Self::Int(n) => Cow::Owned(n.to_string()),
            Self::Float(x) => Cow::Owned(x.to_string()),
            Self::Decimal(text) | Self::Text(text) | Self::Timestamp(text) => Cow::Borrowed(text),
            Self::Bytes(bytes) => {
                let mut hex = String::with_capacity(2 + bytes.len() * 2);
                hex.push_str("\\x");
                for byte in bytes {
                    // Writing to a String cannot fail.
                    let _ = write!(hex, "{byte:02x}");
                }
                Cow::Owned(hex)
            }
        })
    }

    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            Self::Decimal(text) | Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// True for a boolean `true` or a number that is not zero.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true)) || self.as_int().is_some_and(|n| n != 0)
    }

    /// Bytes this value takes on the wire, about.
    pub fn weight(&self) -> usize {
        match self {
            Self::Decimal(text) | Self::Text(text) | Self::Timestamp(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            _ => 8,
        }
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// What a column holds, whichever engine it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Bool,
    Int,
    Float,
    Decimal,
    Text,
    Bytes,
    Timestamp,
    Date,
    Time,
    /// Anything else: read and written in the engine's own text form.
    Other,
}

impl Kind {
    /// Brings a value as the driver gave it into the form this kind has everywhere.
    pub fn settle(self, value: Value) -> Value {
        match (self, value) {
            (Self::Bool, Value::Int(n)) => Value::Bool(n != 0),
            (Self::Decimal, Value::Text(text)) => Value::Decimal(text),
            (Self::Timestamp, Value::Text(text)) => Value::Timestamp(timestamp(&text)),
            (_, value) => value,
        }
    }
}

/// One spelling for one instant: engines differ in zone suffix, `T`, and zeros at the end of the fraction.
fn timestamp(text: &str) -> String {
    let text = text.trim_end_matches('Z');
    let text = text.strip_suffix("+00:00").or_else(|| text.strip_suffix("+00")).unwrap_or(text);
    let text = text.replacen('T', " ", 1);
    match text.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            rest => format!("{whole}.{rest}"),
        },
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_has_one_spelling() {
        for (raw, want) in [
            ("2026-11-22 10:00:00", "2026-11-22 10:00:00"),
            ("2026-11-22 10:00:00.000000", "2026-11-22 10:00:00"),
            ("2026-11-22 10:00:00.120000+00", "2026-11-22 10:00:00.12"),
            ("2026-11-22T10:00:00.5Z", "2026-11-22 10:00:00.5"),
            ("infinity", "infinity"),
        ] {
            assert_eq!(Kind::Timestamp.settle(Value::from(raw)), Value::Timestamp(want.into()), "{raw}");
        }
    }

    #[test]
    fn bytes_in_text_form_are_hex_and_null_has_none() {
        assert_eq!(Value::Bytes(vec![0, 255, 16]).as_text().as_deref(), Some("\\x00ff10"));
        assert_eq!(Value::Null.as_text(), None);
    }
}
