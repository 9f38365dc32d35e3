//! Where a canonical key stands among the values an engine can hold, as SQL.
//!
//! A bound may come from the other side and be no value here: infinity among MySQL's dates, a text with U+0000 in
//! PostgreSQL. It still has a place between two values, or beyond all of them, and no row may fall on its other side.
//! Literals are made from canonical bytes: digits, or hexadecimal where a value is text, so that nothing in a value can
//! leave its quotes.

use super::ScanColumn;
use crate::model::canon::{Canon, Day, Holds, hex, moment};
use crate::model::engine::Engine;

/// A place in an engine's order of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    At(String),
    /// Directly below this literal, above everything that is less.
    Below(String),
    /// Directly above this literal.
    Above(String),
    BelowAll,
    AboveAll,
}

impl Place {
    /// A condition; false for NULL.
    pub fn compared(&self, expression: &str, operator: Operator) -> String {
        use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
        let above = matches!(operator, Greater | GreaterOrEqual);
        let (operator, literal) = match self {
            Self::At(literal) => (operator, literal),
            // No value here is equal to what cannot be here.
            _ if operator == Equal => return "1 = 0".to_owned(),
            Self::BelowAll | Self::AboveAll if above == (*self == Self::BelowAll) => {
                return format!("{expression} IS NOT NULL");
            }
            Self::BelowAll | Self::AboveAll => return "1 = 0".to_owned(),
            Self::Below(literal) => (if above { GreaterOrEqual } else { Less }, literal),
            Self::Above(literal) => (if above { Greater } else { LessOrEqual }, literal),
        };
        format!("{expression} {} {literal}", operator.sign())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Operator {
    fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
        }
    }
}

/// The place of a canonical value in a column. `utf8`: the database keeps its text as UTF-8.
pub(super) fn place(engine: Engine, column: &ScanColumn, bytes: &[u8], utf8: bool) -> Place {
    match column.canon {
        Canon::Int => integer(engine, column, bytes),
        Canon::Decimal => decimal(engine, &column.canon.decode(bytes)),
        Canon::Float32 | Canon::Float64 => float(engine, column.canon, bytes),
        Canon::Bool => Place::At(truth(engine, bytes == [1]).to_owned()),
        Canon::Text => text(engine, bytes, utf8),
        Canon::Uuid => Place::At(uuid(engine, column, bytes)),
        Canon::Date | Canon::Timestamp => date(engine, column, bytes),
        Canon::Time => time(engine, column.canon, bytes),
        Canon::Bytes | Canon::Json | Canon::Bits | Canon::Set | Canon::Interval => Place::At(binary(engine, bytes)),
    }
}

fn truth(engine: Engine, truth: bool) -> &'static str {
    match (engine, truth) {
        (Engine::PostgreSql, true) => "true",
        (Engine::PostgreSql, false) => "false",
        (_, true) => "1",
        (_, false) => "0",
    }
}

fn integer(engine: Engine, column: &ScanColumn, bytes: &[u8]) -> Place {
    let digits = column.canon.decode(bytes);
    let n: i128 = digits.parse().unwrap_or_default();
    if column.sql_type.holds() == Holds::Bool {
        return match n {
            ..0 => Place::BelowAll,
            0 | 1 => Place::At(truth(engine, n == 1).to_owned()),
            _ => Place::AboveAll,
        };
    }
    if n > i128::from(i64::MAX) && engine != Engine::MySql { Place::AboveAll } else { Place::At(digits) }
}

fn decimal(engine: Engine, digits: &str) -> Place {
    let postgresql = engine == Engine::PostgreSql;
    match digits {
        "-Infinity" if !postgresql => Place::BelowAll,
        "Infinity" | "NaN" if !postgresql => Place::AboveAll,
        "-Infinity" | "Infinity" | "NaN" => Place::At(format!("'{digits}'::numeric")),
        // MySQL's decimals have at most 65 digits; with an exponent it would be a float, and near others.
        _ if !postgresql && digits.contains('e') => match (digits.starts_with('-'), digits.contains("e-")) {
            (false, false) => Place::AboveAll,
            (true, false) => Place::BelowAll,
            (false, true) => Place::Above("0".to_owned()),
            (true, true) => Place::Below("0".to_owned()),
        },
        _ => Place::At(digits.to_owned()),
    }
}

fn float(engine: Engine, canon: Canon, bytes: &[u8]) -> Place {
    let text = canon.decode(bytes);
    let wide = |text: &str| match canon {
        // MySQL compares a FLOAT as a double: the literal must be the very same number.
        Canon::Float32 => text.parse::<f32>().map(f64::from).unwrap_or_default(),
        _ => text.parse().unwrap_or_default(),
    };
    match (engine, text.as_str()) {
        (Engine::PostgreSql, "NaN") => Place::At("'NaN'::float8".to_owned()),
        (Engine::PostgreSql, "inf") => Place::At("'Infinity'::float8".to_owned()),
        (Engine::PostgreSql, "-inf") => Place::At("'-Infinity'::float8".to_owned()),
        (Engine::PostgreSql, text) => Place::At(format!("'{:e}'::float8", wide(text))),
        (_, "NaN") | (Engine::MySql, "inf") => Place::AboveAll,
        (Engine::MySql, "-inf") => Place::BelowAll,
        (Engine::Sqlite, "inf") => Place::At("9e999".to_owned()),
        (Engine::Sqlite, "-inf") => Place::At("-9e999".to_owned()),
        (_, text) => Place::At(format!("{:e}", wide(text))),
    }
}

fn text(engine: Engine, bytes: &[u8], utf8: bool) -> Place {
    match engine {
        Engine::PostgreSql => {
            // No text here has U+0000, so what follows it decides nothing but the side.
            let (kept, whole) = bytes.iter().position(|b| *b == 0).map_or((bytes, true), |at| (&bytes[..at], false));
            let literal = if utf8 {
                format!("'{}'", String::from_utf8_lossy(kept).replace('\'', "''"))
            } else {
                binary(engine, kept)
            };
            if whole { Place::At(literal) } else { Place::Above(literal) }
        }
        Engine::MySql => Place::At(binary(engine, bytes)),
        Engine::Sqlite => Place::At(format!("CAST({} AS TEXT)", binary(engine, bytes))),
    }
}

fn binary(engine: Engine, bytes: &[u8]) -> String {
    match engine {
        Engine::PostgreSql => format!("'\\x{}'::bytea", hex(bytes)),
        Engine::MySql | Engine::Sqlite => format!("x'{}'", hex(bytes)),
    }
}

fn uuid(engine: Engine, column: &ScanColumn, bytes: &[u8]) -> String {
    match (engine, column.sql_type.holds()) {
        (Engine::PostgreSql, Holds::Uuid) => format!("'{}'::uuid", hex(bytes)),
        (_, Holds::Bytes) | (Engine::MySql, _) => binary(engine, bytes),
        _ => format!("'{}'", hex(bytes)),
    }
}

fn date(engine: Engine, column: &ScanColumn, bytes: &[u8]) -> Place {
    let written = column.canon.decode(bytes);
    let Some(day) = moment::day(bytes) else { return Place::BelowAll };
    match engine {
        Engine::PostgreSql => {
            // Unlike a date's, a timestamp's literal takes the type of its column by itself.
            let cast = if column.canon == Canon::Timestamp && column.sql_type.holds() == Holds::Date {
                "::timestamp"
            } else {
                ""
            };
            let infinite = day == Day::INFINITY || day == Day::MINUS_INFINITY;
            if !infinite && (day.month == 0 || day.day == 0) {
                // A day that no calendar has is directly below the first one after it.
                let first = Day::new(day.year, day.month.max(1), 1);
                return Canon::Date
                    .bytes(crate::model::canon::Raw::Date(first))
                    .map_or(Place::BelowAll, |bytes| Place::Below(format!("'{}'{cast}", Canon::Date.decode(&bytes))));
            }
            Place::At(format!("'{written}'{cast}"))
        }
        Engine::MySql | Engine::Sqlite => match day.year {
            ..0 => Place::BelowAll,
            10_000.. => Place::AboveAll,
            // The year 0 is 1 BC to a person, and to PostgreSQL.
            0 => Place::At(format!("'0000{}'", written[4..].trim_end_matches(" BC"))),
            _ => Place::At(format!("'{written}'")),
        },
    }
}

fn time(engine: Engine, canon: Canon, bytes: &[u8]) -> Place {
    let micros = moment::micros(bytes).unwrap_or_default();
    let written = format!("'{}'", canon.decode(bytes));
    if engine == Engine::PostgreSql {
        match micros {
            ..0 => return Place::BelowAll,
            86_400_000_001.. => return Place::AboveAll,
            _ => {}
        }
    }
    Place::At(written)
}
