//! What a declared type can hold, in the same words for every engine, and whether another one can hold all of it.
//!
//! Start at [`Class::of`] and [`fit`].

use crate::db::dialect::Engine;

/// What a type can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Class {
    Bool,
    /// Bits, and whether below zero is left out.
    Int(u32, bool),
    /// Digits, and how many of them behind the point; `None`: any.
    Decimal(Option<(u32, u32)>),
    Float(u32),
    /// Characters, or bytes where the engine counts those; `None`: more than anybody has.
    Text(Option<u64>),
    Bytes(Option<u64>),
    Enum(Vec<String>),
    Date,
    /// Digits of a second's fraction.
    Time(u32),
    /// The same, and whether it knows a zone.
    Moment(u32, bool),
    Json,
    Uuid,
    Other(String),
}

/// How one class takes what is in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Same,
    Wider,
    /// Some values would not go in, or not whole.
    Narrower,
    /// Something else altogether.
    Other,
}

/// A name, what stands in its parentheses, and what stands behind them.
fn parts(declared: &str) -> (String, Vec<u64>, String) {
    let declared = declared.trim().to_lowercase();
    let Some((name, rest)) = declared.split_once('(') else {
        let (name, rest) = declared.split_once(' ').unwrap_or((&declared, ""));
        return (name.to_owned(), Vec::new(), rest.to_owned());
    };
    let (inside, behind) = rest.rsplit_once(')').unwrap_or((rest, ""));
    let numbers = inside.split(',').filter_map(|part| part.trim().parse().ok()).collect();
    (name.trim().to_owned(), numbers, behind.trim().to_owned())
}

/// Labels of `enum('a','it''s')`.
pub fn labels(declared: &str) -> Vec<String> {
    let inside = declared.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map_or("", |(inside, _)| inside);
    let mut found = Vec::new();
    let mut rest = inside;
    while let Some(start) = rest.find('\'') {
        let mut label = String::new();
        let mut chars = rest[start + 1..].char_indices().peekable();
        let mut end = rest.len();
        while let Some((at, c)) = chars.next() {
            if c != '\'' {
                label.push(c);
            } else if chars.peek().is_some_and(|(_, next)| *next == '\'') {
                label.push('\'');
                chars.next();
            } else {
                end = start + 1 + at + 1;
                break;
            }
        }
        found.push(label);
        rest = &rest[end..];
    }
    found
}

impl Class {
    /// Of a declared type; `enumerated` are the labels where the catalogue keeps them apart (PostgreSQL).
    pub(super) fn of(engine: Engine, declared: &str, enumerated: Option<Vec<String>>) -> Self {
        if let Some(labels) = enumerated {
            return Self::Enum(labels);
        }
        match engine {
            Engine::PostgreSql => Self::postgres(declared),
            Engine::MySql => Self::mysql(declared),
            Engine::Sqlite => Self::sqlite(declared),
        }
    }

    fn decimal(numbers: &[u64]) -> Option<(u32, u32)> {
        let at = |index: usize| numbers.get(index).and_then(|n| u32::try_from(*n).ok());
        at(0).map(|digits| (digits, at(1).unwrap_or_default()))
    }

    fn postgres(declared: &str) -> Self {
        if declared.ends_with(']') {
            return Self::Other(declared.to_owned());
        }
        let (name, numbers, behind) = parts(declared);
        let first = numbers.first().copied();
        let fraction = || first.and_then(|n| u32::try_from(n).ok()).unwrap_or(6);
        match (name.as_str(), behind.as_str()) {
            ("boolean", _) => Self::Bool,
            ("smallint", _) => Self::Int(16, false),
            ("integer", _) => Self::Int(32, false),
            ("bigint", _) => Self::Int(64, false),
            ("numeric", _) => Self::Decimal(Self::decimal(&numbers)),
            ("real", _) => Self::Float(32),
            ("double", _) => Self::Float(64),
            ("character varying", _) => Self::Text(first),
            // Without parentheses the second word stands behind.
            ("character", "varying") | ("text" | "citext" | "name", _) => Self::Text(None),
            ("character", _) => Self::Text(Some(first.unwrap_or(1))),
            ("bytea", _) => Self::Bytes(None),
            ("date", _) => Self::Date,
            ("time", zone) if !zone.starts_with("with ") => Self::Time(fraction()),
            ("timestamp", zone) => Self::Moment(fraction(), zone.starts_with("with ")),
            ("json" | "jsonb", _) => Self::Json,
            ("uuid", _) => Self::Uuid,
            _ => Self::Other(declared.to_owned()),
        }
    }

    fn mysql(declared: &str) -> Self {
        let (name, numbers, behind) = parts(declared);
        let first = numbers.first().copied();
        let fraction = || first.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        let unsigned = behind.contains("unsigned");
        match name.as_str() {
            "tinyint" if first == Some(1) && !unsigned => Self::Bool,
            "tinyint" => Self::Int(8, unsigned),
            "smallint" => Self::Int(16, unsigned),
            "mediumint" => Self::Int(24, unsigned),
            "int" => Self::Int(32, unsigned),
            "bigint" => Self::Int(64, unsigned),
            "year" => Self::Int(16, true),
            "decimal" => Self::Decimal(Self::decimal(&numbers)),
            "float" => Self::Float(32),
            "double" => Self::Float(64),
            "char" | "varchar" => Self::Text(Some(first.unwrap_or(1))),
            "tinytext" => Self::Text(Some(255)),
            "text" => Self::Text(Some(65_535)),
            "mediumtext" => Self::Text(Some(16_777_215)),
            "longtext" => Self::Text(None),
            "binary" | "varbinary" => Self::Bytes(Some(first.unwrap_or(1))),
            "tinyblob" => Self::Bytes(Some(255)),
            "blob" => Self::Bytes(Some(65_535)),
            "mediumblob" => Self::Bytes(Some(16_777_215)),
            "longblob" => Self::Bytes(None),
            "enum" => Self::Enum(labels(declared)),
            "date" => Self::Date,
            "time" => Self::Time(fraction()),
            "datetime" => Self::Moment(fraction(), false),
            "timestamp" => Self::Moment(fraction(), true),
            "json" => Self::Json,
            "uuid" => Self::Uuid,
            _ => Self::Other(declared.to_lowercase()),
        }
    }

    /// By what the type's name says; the engine itself takes anything.
    fn sqlite(declared: &str) -> Self {
        let (name, numbers, _) = parts(declared);
        let first = numbers.first().copied();
        match name.as_str() {
            "bool" | "boolean" => Self::Bool,
            "smallint" => Self::Int(16, false),
            "int" | "integer" | "bigint" => Self::Int(64, false),
            "numeric" | "decimal" => Self::Decimal(Self::decimal(&numbers)),
            "real" | "double" | "float" => Self::Float(64),
            "varchar" | "character" | "char" => Self::Text(first),
            "text" => Self::Text(None),
            "blob" => Self::Bytes(None),
            "date" => Self::Date,
            "time" => Self::Time(6),
            "timestamp" | "datetime" => Self::Moment(6, false),
            _ => Self::Other(declared.to_lowercase()),
        }
    }
}

/// Digits of the greatest whole number.
fn digits(bits: u32) -> u32 {
    match bits {
        0..=8 => 3,
        9..=16 => 5,
        17..=24 => 8,
        25..=32 => 10,
        _ => 19,
    }
}

fn by_size(source: Option<u64>, target: Option<u64>) -> Fit {
    match (source, target) {
        (source, target) if source == target => Fit::Same,
        (_, None) => Fit::Wider,
        (Some(source), Some(target)) if target > source => Fit::Wider,
        _ => Fit::Narrower,
    }
}

fn wider_if(fits: bool) -> Fit {
    if fits { Fit::Wider } else { Fit::Narrower }
}

/// Whether all of `source` goes into `target`. `across` engines a zone is not compared: DMS converts.
#[allow(clippy::match_same_arms, reason = "a row for each pair of classes")]
pub(super) fn fit(source: &Class, target: &Class, across: bool) -> Fit {
    use Class::{Bool, Bytes, Date, Decimal, Enum, Float, Int, Json, Moment, Text, Time, Uuid};
    match (source, target) {
        (a, b) if a == b => Fit::Same,
        (Int(a, false), Int(b, false)) | (Int(a, true), Int(b, true)) => wider_if(b >= a),
        (Int(a, true), Int(b, false)) => wider_if(b > a),
        (Int(..), Int(..)) => Fit::Narrower,
        // The same bytes, in the MySQL family.
        (Int(8, false), Bool) if !across => Fit::Same,
        (Bool, Int(..)) => Fit::Wider,
        (Int(..), Bool) => Fit::Narrower,
        (Int(..) | Decimal(_), Decimal(None)) => Fit::Wider,
        (Int(a, _), Decimal(Some((all, behind)))) => wider_if(all.saturating_sub(*behind) >= digits(*a)),
        (Decimal(None), Decimal(_)) | (Decimal(_), Int(..) | Float(_)) | (Float(_), Int(..) | Decimal(_)) => {
            Fit::Narrower
        }
        (Decimal(Some((a, x))), Decimal(Some((b, y)))) => {
            wider_if(y >= x && b.saturating_sub(*y) >= a.saturating_sub(*x))
        }
        (Int(a, _), Float(b)) => wider_if(*b == 64 && *a <= 32 || *a <= 16),
        (Float(a), Float(b)) => wider_if(b >= a),
        (Text(a), Text(b)) | (Bytes(a), Bytes(b)) => by_size(*a, *b),
        (Enum(labels), Text(size)) => {
            let longest = labels.iter().map(|label| label.chars().count() as u64).max().unwrap_or_default();
            wider_if(size.is_none_or(|size| size >= longest))
        }
        (Enum(a), Enum(b)) => wider_if(a.iter().all(|label| b.contains(label))),
        (Text(_), Enum(_)) => Fit::Narrower,
        (Date, Moment(..)) => Fit::Wider,
        (Moment(..), Date) => Fit::Narrower,
        (Time(a), Time(b)) => wider_if(b >= a),
        (Moment(a, x), Moment(b, y)) if across || x == y => wider_if(b >= a),
        (Json, Text(None)) => Fit::Wider,
        (Json, Text(_)) | (Text(_), Json | Uuid) => Fit::Narrower,
        (Uuid, Text(size)) => wider_if(size.is_none_or(|size| size >= 36)),
        _ => Fit::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Engine::{MySql, PostgreSql, Sqlite};

    #[test]
    fn a_type_takes_what_it_can_hold() {
        for (from, source, to, target, want) in [
            (PostgreSql, "integer", PostgreSql, "bigint", Fit::Wider),
            (PostgreSql, "bigint", PostgreSql, "integer", Fit::Narrower),
            (PostgreSql, "character varying(20)", PostgreSql, "character varying(12)", Fit::Narrower),
            (PostgreSql, "character varying(12)", PostgreSql, "character varying(20)", Fit::Wider),
            (PostgreSql, "character varying", PostgreSql, "text", Fit::Same),
            (PostgreSql, "text", PostgreSql, "character varying(20)", Fit::Narrower),
            (PostgreSql, "numeric(12,2)", PostgreSql, "numeric(14,2)", Fit::Wider),
            (PostgreSql, "numeric(12,2)", PostgreSql, "numeric(12,4)", Fit::Narrower),
            (PostgreSql, "numeric", PostgreSql, "numeric(12,4)", Fit::Narrower),
            (PostgreSql, "integer", PostgreSql, "numeric(9,0)", Fit::Narrower),
            (PostgreSql, "integer", PostgreSql, "numeric(10,0)", Fit::Wider),
            (PostgreSql, "timestamp without time zone", PostgreSql, "timestamp with time zone", Fit::Other),
            (PostgreSql, "timestamp(6) with time zone", PostgreSql, "timestamp(3) with time zone", Fit::Narrower),
            (PostgreSql, "date", PostgreSql, "timestamp without time zone", Fit::Wider),
            (PostgreSql, "integer[]", PostgreSql, "integer", Fit::Other),
            (PostgreSql, "uuid", PostgreSql, "text", Fit::Wider),
            (PostgreSql, "double precision", PostgreSql, "real", Fit::Narrower),
            (PostgreSql, "interval", PostgreSql, "text", Fit::Other),
            (PostgreSql, "boolean", MySql, "tinyint(1)", Fit::Same),
            (PostgreSql, "text", MySql, "longtext", Fit::Same),
            (PostgreSql, "text", MySql, "text", Fit::Narrower),
            (PostgreSql, "timestamp with time zone", MySql, "datetime(6)", Fit::Wider),
            (PostgreSql, "timestamp with time zone", MySql, "datetime", Fit::Narrower),
            (PostgreSql, "jsonb", MySql, "longtext", Fit::Wider),
            (PostgreSql, "uuid", MySql, "char(36)", Fit::Wider),
            (PostgreSql, "uuid", MySql, "char(32)", Fit::Narrower),
            (MySql, "int(10) unsigned", PostgreSql, "integer", Fit::Narrower),
            (MySql, "int(10) unsigned", PostgreSql, "bigint", Fit::Wider),
            (MySql, "enum('a','it''s, so')", PostgreSql, "character varying(8)", Fit::Wider),
            (MySql, "enum('a','it''s, so')", PostgreSql, "character varying(7)", Fit::Narrower),
            (MySql, "enum('a','b')", MySql, "enum('a')", Fit::Narrower),
            (MySql, "set('a')", MySql, "set('b')", Fit::Other),
            (Sqlite, "varchar(120)", Sqlite, "varchar(120)", Fit::Same),
        ] {
            let got = fit(&Class::of(from, source, None), &Class::of(to, target, None), from != to);
            assert_eq!(got, want, "{source} into {target}");
        }
    }

    #[test]
    fn labels_are_read_as_they_are_quoted() {
        assert_eq!(labels("enum('a','it''s','x,y',')','')"), ["a", "it's", "x,y", ")", ""]);
    }
}
