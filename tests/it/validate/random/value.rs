//! Values as people mean them, and how each engine is told them.

use cutover::db::Engine;
use std::fmt::Write as _;

/// One value, whichever engine holds it.
#[derive(Debug, Clone, PartialEq)]
pub enum Lit {
    Null,
    Int(i128),
    Bool(bool),
    /// Decimal digits, always with the same number of decimals for one column.
    Digits(String),
    Float(f64),
    Text(String),
    /// A day, a clock, a moment: text that the engine reads by the column's type.
    Moment(String),
    /// The same, of a type that knows a zone; this is UTC.
    Utc(String),
    Bytes(Vec<u8>),
    Uuid(u128),
    Bits(u8),
    /// The number of a document, and of one of its spellings.
    Json(usize, usize),
}

/// Documents, each in spellings that are the same by value.
pub const DOCUMENTS: [[&str; 3]; 7] = [
    [r#"{"a":1,"bb":[1,2]}"#, r#"{ "bb" : [1, 2.0], "a" : 1.0 }"#, r#"{"a":9,"a":1,"bb":[10e-1,2]}"#],
    [r#"{"a":2}"#, r#"{"a": 2.00}"#, r#"{"\u0061":2}"#],
    ["[]", "[ ]", "[  ]"],
    [r#""x""#, r#" "x""#, r#""\u0078""#],
    ["null", " null", "null "],
    [r#"{"a":{"b":"😀"}}"#, r#"{"a":{"b":"\ud83d\ude00"}}"#, r#"{"a": {"b": "😀"}}"#],
    ["1", "1.0", "1e0"],
];

impl Lit {
    /// Whether two values mean the same.
    pub fn means(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Json(a, _), Self::Json(b, _)) => a == b,
            _ => self.is(other),
        }
    }

    /// What it is, whatever its spelling.
    pub fn meaning(&self) -> String {
        match self {
            Self::Json(document, _) => format!("document {document}"),
            other => format!("{other:?}"),
        }
    }

    /// Whether they are the same without any rule, in a column of text letter by letter.
    pub fn is(&self, other: &Self) -> bool {
        let bare = |digits: &str| digits.trim_end_matches('0').trim_end_matches('.').to_owned();
        match (self, other) {
            (Self::Digits(a), Self::Digits(b)) => bare(a) == bare(b),
            _ => self == other,
        }
    }

    /// As a statement says it, for a column of this type.
    pub fn sql(&self, engine: Engine, declared: &str) -> String {
        match self {
            Self::Null => "NULL".into(),
            Self::Int(n) => n.to_string(),
            Self::Bool(truth) if engine == Engine::PostgreSql => truth.to_string(),
            Self::Bool(truth) => u8::from(*truth).to_string(),
            // A column of text would get the digits of a float.
            Self::Digits(digits) if engine == Engine::Sqlite && declared == "text" => format!("'{digits}'"),
            Self::Digits(digits) => digits.clone(),
            Self::Float(x) if engine == Engine::PostgreSql => format!("'{x:e}'"),
            Self::Float(x) if engine == Engine::Sqlite => exact(*x),
            Self::Float(x) => format!("{x:e}"),
            Self::Text(text) => quoted(text, engine),
            Self::Utc(text) if engine == Engine::PostgreSql => format!("'{text}+00'"),
            Self::Moment(text) | Self::Utc(text) => format!("'{text}'"),
            Self::Bytes(bytes) if engine == Engine::PostgreSql => format!("'\\x{}'", hex(bytes)),
            Self::Bytes(bytes) => format!("x'{}'", hex(bytes)),
            Self::Uuid(n) if matches!(declared, "binary(16)" | "blob") => format!("x'{n:032x}'"),
            Self::Uuid(n) => format!("'{}'", uuid(*n)),
            Self::Bits(n) if engine == Engine::PostgreSql => format!("B'{n:08b}'"),
            Self::Bits(n) => n.to_string(),
            Self::Json(document, spelling) => quoted(DOCUMENTS[*document][*spelling], engine),
        }
    }

    /// As it stands in the JSON of a key.
    pub fn told(&self) -> String {
        match self {
            Self::Int(n) => n.to_string(),
            Self::Digits(text) | Self::Moment(text) if text.contains('.') => {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            Self::Text(text) | Self::Moment(text) => text.clone(),
            Self::Bytes(bytes) => format!("\\x{}", hex(bytes)),
            Self::Uuid(n) => uuid(*n),
            other => panic!("{other:?} is no part of a key"),
        }
    }
}

/// A float from integers and powers of two: the digits of a literal are not always read as the nearest float by SQLite.
fn exact(x: f64) -> String {
    let bits = x.abs().to_bits();
    let (exponent, fraction) = (i32::try_from(bits >> 52).unwrap(), bits & ((1 << 52) - 1));
    let (mut whole, mut power) =
        if exponent == 0 { (fraction, -1_074) } else { (fraction | 1 << 52, exponent - 1_075) };
    while whole != 0 && whole % 2 == 0 && power < 0 {
        (whole, power) = (whole / 2, power + 1);
    }
    let mut sql = format!("{}CAST({whole} AS REAL)", if x < 0.0 { "-" } else { "" });
    while power != 0 {
        let step = power.abs().min(62);
        let sign = if power < 0 { '/' } else { '*' };
        write!(sql, "{sign}CAST({} AS REAL)", 1_u64 << step).unwrap();
        power -= step * power.signum();
    }
    sql
}

/// A text that cannot leave its quotes; with what no text of a statement may hold, from its bytes.
pub fn quoted(text: &str, engine: Engine) -> String {
    let plain = text.replace('\'', "''");
    match engine {
        Engine::PostgreSql => format!("'{plain}'"),
        _ if text.contains('\0') && engine == Engine::MySql => {
            format!("convert(x'{}' using utf8mb4)", hex(text.as_bytes()))
        }
        _ if text.contains('\0') => format!("CAST(x'{}' AS TEXT)", hex(text.as_bytes())),
        Engine::MySql => format!("'{}'", plain.replace('\\', "\\\\")),
        Engine::Sqlite => format!("'{plain}'"),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn uuid(n: u128) -> String {
    let hex = format!("{n:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
