//! What to read: a table or a part of it, as data that can be stored and sent to another machine.

use super::digest::Hashed;
use crate::model::canon::{Canon, Holds, SqlType, hex, unhex};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One scan of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanRequest {
    pub schema: String,
    pub table: String,
    /// In the order of the batch's columns.
    pub columns: Vec<ScanColumn>,
    /// Positions in `columns`, in key order. Order is always ascending in bytes; NULL comes first.
    pub key: Vec<usize>,
    pub rows: Rows,
    /// SQL of this engine that goes into the condition as it is: whoever writes a plan vouches for it.
    pub filter: Option<String>,
    /// Rows come in key order, which is checked; otherwise in the engine's own.
    pub ordered: bool,
}

/// A column to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanColumn {
    pub name: String,
    pub sql_type: SqlType,
    /// What it is read as: [`Canon::common`] of this column and the other side's.
    pub canon: Canon,
    pub nullable: bool,
    /// The engine's own order of this text is that of its bytes, so that an index serves it.
    pub byte_order: bool,
    /// Only a part of the value is read, or only its hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lob: Option<Lob>,
}

impl ScanColumn {
    /// What its values are as they arrive, and what they are read as.
    pub fn arrives(&self) -> (Holds, Canon) {
        match self.lob {
            None => (self.sql_type.holds(), self.canon),
            // Hexadecimal digits, and a length.
            Some(Lob { hash: true, .. }) => (Holds::Text, Canon::Text),
            Some(_) => (Holds::Bytes, Canon::Bytes),
        }
    }
}

/// How a large value is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lob {
    /// Its SHA-256 and its length instead of it.
    pub hash: bool,
    /// Bytes of it that count; what is behind them was cut off on its way.
    pub limit: Option<u64>,
}

/// Which rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rows {
    Range(KeyRange),
    /// Several ranges, in the order of the key, none of which meet.
    Ranges(Vec<KeyRange>),
    /// Those in some of the groups that a hash makes.
    Hashed(Hashed, Vec<u64>),
    /// Those with these keys, up to [`MOST_KEYS`] of them; keys without a NULL.
    Keys(Vec<Key>),
}

/// Keys that one scan may ask for by name.
pub const MOST_KEYS: usize = 1_000;

/// From one key to another; without bounds, the whole table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRange {
    pub from: Option<Bound>,
    pub to: Option<Bound>,
}

/// An end of a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    pub key: Key,
    pub inclusive: bool,
}

/// Canonical bytes of a key, a part for each of its columns. Written as hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub Vec<Vec<u8>>);

impl KeyRange {
    /// The ranges that bounds cut a table into: the first without a beginning, the last without an end.
    /// Each takes the key it ends with, and not the one it begins with.
    pub fn between(bounds: Vec<Key>) -> Vec<Self> {
        let mut from = None;
        let mut ranges = Vec::with_capacity(bounds.len() + 1);
        for key in bounds {
            let next = Some(Bound { key: key.clone(), inclusive: false });
            ranges.push(Self { from: std::mem::replace(&mut from, next), to: Some(Bound { key, inclusive: true }) });
        }
        ranges.push(Self { from, to: None });
        ranges
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|part| hex(part)))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = Vec::<String>::deserialize(deserializer)?;
        let parts = parts.iter().map(|part| unhex(part)).collect::<Option<_>>();
        parts.map(Self).ok_or_else(|| serde::de::Error::custom("a key that is not hexadecimal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::canon::Raw;
    use crate::model::engine::Engine;

    fn key(n: i64) -> Key {
        Key(vec![Canon::Int.bytes(Raw::Int(n)).unwrap()])
    }

    #[test]
    fn a_request_survives_being_written_down() {
        let request = ScanRequest {
            schema: "s".into(),
            table: "t".into(),
            columns: vec![ScanColumn {
                name: "id".into(),
                sql_type: SqlType::new(Engine::MySql, "bigint(20) unsigned"),
                canon: Canon::Int,
                nullable: false,
                byte_order: false,
                lob: None,
            }],
            key: vec![0],
            rows: Rows::Range(KeyRange::between(vec![key(-1), key(7)]).remove(1)),
            filter: None,
            ordered: true,
        };
        let text = serde_json::to_string(&request).unwrap();
        assert!(text.contains("010000000000000007"), "{text}");
        assert_eq!(serde_json::from_str::<ScanRequest>(&text).unwrap(), request);
        assert!(serde_json::from_str::<Key>("[\"0g\"]").is_err() && serde_json::from_str::<Key>("[\"012\"]").is_err());
    }

    #[test]
    fn ranges_between_bounds_leave_nothing_out_and_nothing_twice() {
        let ranges = KeyRange::between(vec![key(3), key(5)]);
        assert_eq!(ranges.len(), 3);
        assert_eq!((&ranges[0].from, &ranges[2].to), (&None, &None));
        for (one, next) in ranges.iter().zip(&ranges[1..]) {
            let (to, from) = (one.to.as_ref().unwrap(), next.from.as_ref().unwrap());
            assert_eq!(to.key, from.key);
            assert!(to.inclusive && !from.inclusive);
        }
        assert_eq!(KeyRange::between(Vec::new()), [KeyRange::default()]);
    }
}
