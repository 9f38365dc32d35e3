//! Values between a database and a mask: masks know texts, databases know types.

use crate::db::{Dialect, Kind, Value};
use crate::model::masking::Column;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The column as `db` selects and writes it.
pub(super) fn column(dialect: &Dialect, facts: &Column) -> crate::db::Column {
    crate::db::Column {
        name: facts.name.clone(),
        kind: dialect.kind(&facts.declared),
        declared: facts.declared.clone(),
        nullable: facts.shape.nullable,
        generated: facts.generated,
    }
}

/// MySQL sends a text that is compared byte by byte as if it were bytes; compared with bytes, its index would not help.
pub(super) fn settled(kind: Kind, value: Value) -> Value {
    match value {
        Value::Bytes(bytes) if kind == Kind::Text => Value::Text(String::from_utf8_lossy(&bytes).into_owned()),
        value => value,
    }
}

/// The text of a value, spelled the same by every engine.
pub(super) fn text(kind: Kind, value: &Value) -> Option<Cow<'_, str>> {
    match (kind, value) {
        (Kind::Text, Value::Bytes(bytes)) => Some(String::from_utf8_lossy(bytes)),
        (Kind::Timestamp, Value::Text(_)) => match kind.settle(value.clone()) {
            Value::Timestamp(text) => Some(Cow::Owned(text)),
            other => other.as_text().map(|text| Cow::Owned(text.into_owned())),
        },
        (_, value) => value.as_text(),
    }
}

/// A new text in the form its old value had, so that an engine without types of its own keeps them.
pub(super) fn back(kind: Kind, new: Option<String>, old: &Value) -> Value {
    let Some(new) = new else { return Value::Null };
    match old {
        Value::Int(_) => new.parse().map_or(Value::Text(new), Value::Int),
        Value::Float(_) => match new.parse::<f64>() {
            Ok(number) if number.is_finite() => Value::Float(number),
            _ => Value::Text(new),
        },
        Value::Bool(_) => match new.as_str() {
            "true" | "1" => Value::Bool(true),
            "false" | "0" => Value::Bool(false),
            _ => Value::Text(new),
        },
        Value::Bytes(_) if kind != Kind::Text => match new.strip_prefix("\\x").and_then(unhex) {
            Some(bytes) => Value::Bytes(bytes),
            None => Value::Bytes(new.into_bytes()),
        },
        _ => Value::Text(new),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs =
        (0..text.len()).step_by(2).map(|at| text.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok()));
    pairs.collect()
}

/// A value of a key, as a mark keeps it. Keys by which rows are paged are columns that are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Part {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Part {
    pub(super) fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Null => return None,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Int(number) => Self::Int(*number),
            Value::Float(number) => Self::Float(*number),
            Value::Decimal(text) | Value::Text(text) | Value::Timestamp(text) => Self::Text(text.clone()),
            Value::Bytes(bytes) => Self::Bytes(bytes.clone()),
        })
    }

    pub(super) fn value(&self) -> Value {
        match self {
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Int(number) => Value::Int(*number),
            Self::Float(number) => Value::Float(*number),
            Self::Text(text) => Value::Text(text.clone()),
            Self::Bytes(bytes) => Value::Bytes(bytes.clone()),
        }
    }
}
