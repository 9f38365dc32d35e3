//! awsJson1.0 and 1.1: instants are epoch seconds with a fraction.

use super::value::{Value, epoch};
use std::borrow::Cow;

/// Reads a request body; an empty one is an empty structure, as AWS takes it.
pub fn decode(body: &[u8]) -> Result<Value, serde_json::Error> {
    if body.is_empty() {
        return Ok(Value::Map(Vec::new()));
    }
    serde_json::from_slice(body).map(from_json)
}

/// Writes an answer.
pub fn encode(value: &Value) -> Vec<u8> {
    to_json(value).to_string().into_bytes()
}

fn from_json(json: serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(b),
        serde_json::Value::Number(n) => {
            n.as_i64().map_or_else(|| n.as_f64().map_or(Value::Null, Value::Float), Value::Int)
        }
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Array(items) => Value::list(items.into_iter().map(from_json)),
        serde_json::Value::Object(members) => {
            Value::Map(members.into_iter().map(|(name, value)| (Cow::Owned(name), from_json(value))).collect())
        }
    }
}

fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(b) => (*b).into(),
        Value::Int(n) => (*n).into(),
        Value::Float(n) => (*n).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Time(at) => epoch(*at).into(),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(members) => {
            serde_json::Value::Object(members.iter().map(|(name, v)| (name.to_string(), to_json(v))).collect())
        }
    }
}
