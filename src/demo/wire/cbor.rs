//! rpcv2Cbor: instants are tag 1 with a floating-point number.

use super::value::{Value, epoch};
use aws_smithy_cbor::data::Type;
use aws_smithy_cbor::decode::DeserializeError;
use aws_smithy_cbor::{Decoder, Encoder};
use std::borrow::Cow;

/// Deeper than any request of these services; a bound against a body made to exhaust the stack.
const MAX_DEPTH: u8 = 32;

/// Reads a request body; an empty one is an empty structure.
pub fn decode(body: &[u8]) -> Result<Value, DeserializeError> {
    if body.is_empty() {
        return Ok(Value::Map(Vec::new()));
    }
    read(&mut Decoder::new(body), 0)
}

/// Writes an answer.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    write(&mut encoder, value);
    encoder.into_writer()
}

fn read(d: &mut Decoder<'_>, depth: u8) -> Result<Value, DeserializeError> {
    if depth > MAX_DEPTH {
        return Err(DeserializeError::custom("nested too deeply", d.position()));
    }
    match d.datatype()? {
        Type::Bool => d.boolean().map(Value::Bool),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
            d.long().map(Value::Int)
        }
        Type::F16 | Type::F32 | Type::F64 => d.double().map(Value::Float),
        Type::String | Type::StringIndef => d.string().map(Value::Text),
        Type::Tag => {
            let at = d.timestamp()?;
            Ok(super::value::from_epoch(at.as_secs_f64()).map_or(Value::Null, Value::Time))
        }
        Type::Array | Type::ArrayIndef => {
            let mut items = Vec::new();
            let count = d.list()?;
            while more(d, count, items.len())? {
                items.push(read(d, depth + 1)?);
            }
            Ok(Value::List(items))
        }
        Type::Map | Type::MapIndef => {
            let mut members = Vec::new();
            let count = d.map()?;
            while more(d, count, members.len())? {
                let name = d.string()?;
                members.push((Cow::Owned(name), read(d, depth + 1)?));
            }
            Ok(Value::Map(members))
        }
        _ => d.skip().map(|()| Value::Null),
    }
}

/// Is there another element? Takes the break of an indefinite length.
fn more(d: &mut Decoder<'_>, count: Option<u64>, had: usize) -> Result<bool, DeserializeError> {
    match count {
        Some(count) => Ok((had as u64) < count),
        None if d.datatype()? == Type::Break => d.skip().map(|()| false),
        None => Ok(true),
    }
}

fn write(e: &mut Encoder, value: &Value) {
    match value {
        Value::Null => e.null(),
        Value::Bool(b) => e.boolean(*b),
        Value::Int(n) => e.long(*n),
        Value::Float(n) => e.double(*n),
        Value::Text(text) => e.str(text),
        Value::Time(at) => e.timestamp(&aws_smithy_types::DateTime::from_secs_f64(epoch(*at))),
        Value::List(items) => {
            e.array(items.len());
            for item in items {
                write(e, item);
            }
            e
        }
        Value::Map(members) => {
            e.map(members.len());
            for (name, member) in members {
                e.str(name);
                write(e, member);
            }
            e
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let value = Value::map([
            ("Text", "ü".into()),
            ("When", jiff::Timestamp::constant(1_768_485_802, 250_000_000).into()),
            ("Many", Value::list([Value::Int(-3), Value::Float(1.5), Value::Bool(true)])),
        ]);
        assert_eq!(decode(&encode(&value)).unwrap(), value);
    }

    #[test]
    fn a_body_nested_without_end_is_an_error() {
        assert!(decode(&[0x9f; 10_000]).is_err());
    }
}
