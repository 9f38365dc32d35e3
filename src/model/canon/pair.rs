//! Which types meet, and in which form: the table of a comparison, from the engines' own names of their types.
//!
//! Two steps, so that three engines do not make nine tables: a name says what a column [`Holds`], and two of those have
//! a common [`Canon`] or a [`Reason`] why not.

use super::Canon;
use crate::model::engine::Engine;
use serde::{Deserialize, Serialize};

/// A column's type as its engine names it: `numeric(12,2)`, `int(11) unsigned`. Where it is a domain, the name of what
/// is beneath it; where it is an enumeration of PostgreSQL's, `enum`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SqlType {
    pub engine: Engine,
    pub name: String,
}

/// What a column of a type holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holds {
    Int,
    Decimal,
    Float32,
    Float64,
    Bool,
    Text,
    Bytes,
    Date,
    Time,
    Timestamp,
    Uuid,
    Json,
    Bits,
    Set,
    Interval,
    /// What the engine prints is comparable with the same type of the same engine only.
    Printed,
    /// Whatever was put there: SQLite columns without a type.
    Any,
    /// Nothing this program reads.
    Unreadable,
}

/// Why a pair of columns cannot be compared, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason(pub String);

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

type Names = &'static [(&'static str, Holds)];

/// Names without their size; the longest that fits counts.
const POSTGRESQL: Names = &[
    ("smallint", Holds::Int),
    ("integer", Holds::Int),
    ("bigint", Holds::Int),
    ("oid", Holds::Int),
    ("numeric", Holds::Decimal),
    ("money", Holds::Decimal),
    ("real", Holds::Float32),
    ("double precision", Holds::Float64),
    ("boolean", Holds::Bool),
    ("character", Holds::Text),
    ("character varying", Holds::Text),
    ("bpchar", Holds::Text),
    ("text", Holds::Text),
    ("citext", Holds::Text),
    ("name", Holds::Text),
    ("enum", Holds::Text),
    ("bytea", Holds::Bytes),
    ("date", Holds::Date),
    ("time", Holds::Time),
    ("time without time zone", Holds::Time),
    ("time with time zone", Holds::Printed),
    ("timestamp", Holds::Timestamp),
    ("timestamp without time zone", Holds::Timestamp),
    ("timestamp with time zone", Holds::Timestamp),
    ("uuid", Holds::Uuid),
    ("json", Holds::Json),
    ("jsonb", Holds::Json),
    ("bit", Holds::Bits),
    ("bit varying", Holds::Printed),
    ("interval", Holds::Interval),
    // Redshift's own.
    ("varbyte", Holds::Bytes),
    ("super", Holds::Json),
];

const MYSQL: Names = &[
    // tinyint(1) is MySQL's boolean, and may hold 2 all the same.
    ("tinyint", Holds::Int),
    ("smallint", Holds::Int),
    ("mediumint", Holds::Int),
    ("int", Holds::Int),
    ("bigint", Holds::Int),
    ("year", Holds::Int),
    ("decimal", Holds::Decimal),
    ("float", Holds::Float32),
    ("double", Holds::Float64),
    ("char", Holds::Text),
    ("varchar", Holds::Text),
    ("tinytext", Holds::Text),
    ("text", Holds::Text),
    ("mediumtext", Holds::Text),
    ("longtext", Holds::Text),
    ("enum", Holds::Text),
    ("set", Holds::Set),
    ("binary", Holds::Bytes),
    ("varbinary", Holds::Bytes),
    ("tinyblob", Holds::Bytes),
    ("blob", Holds::Bytes),
    ("mediumblob", Holds::Bytes),
    ("longblob", Holds::Bytes),
    ("date", Holds::Date),
    ("time", Holds::Time),
    ("datetime", Holds::Timestamp),
    ("timestamp", Holds::Timestamp),
    ("bit", Holds::Bits),
    ("json", Holds::Json),
    // MariaDB 10.7 and later.
    ("uuid", Holds::Uuid),
    ("inet4", Holds::Printed),
    ("inet6", Holds::Printed),
];

/// SQLite takes any word for a type; these are the words that people use.
const SQLITE: Names = &[
    ("", Holds::Any),
    ("any", Holds::Any),
    ("int", Holds::Int),
    ("integer", Holds::Int),
    ("tinyint", Holds::Int),
    ("smallint", Holds::Int),
    ("mediumint", Holds::Int),
    ("bigint", Holds::Int),
    ("int2", Holds::Int),
    ("int4", Holds::Int),
    ("int8", Holds::Int),
    ("bool", Holds::Bool),
    ("boolean", Holds::Bool),
    ("numeric", Holds::Decimal),
    ("decimal", Holds::Decimal),
    ("real", Holds::Float64),
    ("float", Holds::Float64),
    ("double", Holds::Float64),
    ("double precision", Holds::Float64),
    ("char", Holds::Text),
    ("character", Holds::Text),
    ("nchar", Holds::Text),
    ("varchar", Holds::Text),
    ("varying character", Holds::Text),
    ("nvarchar", Holds::Text),
    ("text", Holds::Text),
    ("clob", Holds::Text),
    ("blob", Holds::Bytes),
    ("date", Holds::Date),
    ("time", Holds::Time),
    ("datetime", Holds::Timestamp),
    ("timestamp", Holds::Timestamp),
    ("uuid", Holds::Uuid),
    ("json", Holds::Json),
];

fn names(engine: Engine) -> Names {
    match engine {
        Engine::PostgreSql => POSTGRESQL,
        Engine::MySql => MYSQL,
        Engine::Sqlite => SQLITE,
    }
}

impl SqlType {
    pub fn new(engine: Engine, name: impl Into<String>) -> Self {
        Self { engine, name: name.into() }
    }

    pub fn holds(&self) -> Holds {
        let name = self.bare();
        if name.ends_with(']') {
            return Holds::Printed;
        }
        let other = match self.engine {
            // Whatever else it has prints itself: addresses, ranges, XML, types of extensions.
            Engine::PostgreSql => Holds::Printed,
            // Geometry is the rest, and comes as bytes of two formats in one.
            Engine::MySql | Engine::Sqlite => Holds::Unreadable,
        };
        names(self.engine).iter().find(|(known, _)| *known == name).map_or(other, |(_, holds)| *holds)
    }

    /// Every bare name of an engine's types that has a place in the table.
    pub fn known(engine: Engine) -> impl Iterator<Item = &'static str> {
        names(engine).iter().map(|(name, _)| *name)
    }

    /// The name in lower case without size, sign and zero fill: `timestamp with time zone` of
    /// `timestamp(3) with time zone`.
    pub fn bare(&self) -> String {
        let name = self.name.to_lowercase();
        let name = match (name.find('('), name.rfind(')')) {
            (Some(from), Some(to)) if from < to => format!("{}{}", &name[..from], &name[to + 1..]),
            _ => name,
        };
        let words = name
            .split_whitespace()
            .filter(|word| self.engine == Engine::PostgreSql || !matches!(*word, "unsigned" | "zerofill" | "signed"));
        let bare = words.collect::<Vec<_>>().join(" ");
        // SQLite's "unsigned big int" lost a word.
        if bare == "big int" { "bigint".to_owned() } else { bare }
    }

    /// The numbers in parentheses: precision and scale, length, digits of a second.
    pub fn size(&self) -> Vec<u32> {
        let inner = self.name.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(inner, _)| inner);
        inner.map(|inner| inner.split(',').filter_map(|n| n.trim().parse().ok()).collect()).unwrap_or_default()
    }
}

impl Canon {
    /// What a pair of columns is compared as.
    pub fn common(source: &SqlType, target: &SqlType) -> Result<Self, Reason> {
        for side in [source, target] {
            if side.holds() == Holds::Unreadable {
                return Err(Reason(format!("type {} of {} is not read", side.name, word(side.engine))));
            }
        }
        let refused = |why: &str| Err(Reason(format!("{} and {}: {why}", source.name, target.name)));
        match (source.holds(), target.holds()) {
            (Holds::Any, Holds::Any) => refused("neither side declares what it holds"),
            (Holds::Printed, _) | (_, Holds::Printed) => {
                if source.engine == target.engine && source.bare() == target.bare() {
                    Ok(Self::Text)
                } else {
                    refused("compared only with the same type of the same engine")
                }
            }
            (Holds::Any, one) | (one, Holds::Any) => alone(one).ok_or(()).or_else(|()| refused("nothing in common")),
            (one, other) => {
                meet(one, other).or_else(|| meet(other, one)).map_or_else(|| refused("no form in common"), Ok)
            }
        }
    }
}

fn word(engine: Engine) -> &'static str {
    match engine {
        Engine::PostgreSql => "PostgreSQL",
        Engine::MySql => "MySQL",
        Engine::Sqlite => "SQLite",
    }
}

/// The form of one that meets its like.
fn alone(holds: Holds) -> Option<Canon> {
    Some(match holds {
        Holds::Int => Canon::Int,
        Holds::Decimal => Canon::Decimal,
        Holds::Float32 => Canon::Float32,
        Holds::Float64 => Canon::Float64,
        Holds::Bool => Canon::Bool,
        Holds::Text => Canon::Text,
        Holds::Bytes => Canon::Bytes,
        Holds::Date => Canon::Date,
        Holds::Time => Canon::Time,
        Holds::Timestamp => Canon::Timestamp,
        Holds::Uuid => Canon::Uuid,
        Holds::Json => Canon::Json,
        Holds::Bits => Canon::Bits,
        Holds::Set => Canon::Set,
        Holds::Interval => Canon::Interval,
        Holds::Printed | Holds::Any | Holds::Unreadable => return None,
    })
}

/// The form of two that differ, in one order of them.
fn meet(one: Holds, other: Holds) -> Option<Canon> {
    use Holds::{Bits, Bool, Bytes, Date, Decimal, Float32, Float64, Int, Interval, Text, Timestamp, Uuid};
    Some(match (one, other) {
        _ if one == other => alone(one)?,
        (Bool, Int) | (Bits, Int | Bool) => Canon::Int,
        // A float has shortest digits, which are its own; digits have not one float each.
        (Int | Decimal, Float32 | Float64) | (Bool | Int, Decimal) => Canon::Decimal,
        (Float32, Float64) => Canon::Float64,
        (Date, Timestamp) => Canon::Timestamp,
        (Bytes, Uuid) => Canon::Uuid,
        // Text is read as what the other side is, and does not fit where it says something else.
        (Text, other) if !matches!(other, Bytes | Bits | Interval) => alone(other)?,
        _ => return None,
    })
}
