//! How the servers write values down, so that what is written the same is the same: one table of forms.
//!
//! A digest is a filter. Equal values that are written in two ways only cost a look at their rows; two values that are
//! written the same would be a wrong "equal". So a form may be clumsy, but never lossy: where two engines have no such
//! form for a pair of types there is a [`Reason`], and the rows themselves are compared. Start at [`Form::of`] (which form
//! a pair of columns has) and [`Written::sql`] (what each engine is asked for).

use super::super::sql::Server;
use super::Hash;
use crate::db::scan::{Lob, ScanColumn};
use crate::model::canon::{Canon, Holds, Reason};
use crate::model::engine::Engine;
use serde::{Deserialize, Serialize};

/// How both sides of a pair of columns are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Digits of an integer.
    Integer,
    /// The number that bits are.
    Bits,
    /// Digits of a decimal: both sides have the same scale.
    Scaled,
    /// Digits of a decimal without zeros at its end.
    Trimmed,
    /// The shortest digits of a float.
    Float,
    /// A text as it is.
    Text,
    /// What one engine prints for one of its own types, on both sides.
    Printed,
    Date,
    Timestamp,
    /// A timestamp cut to so many digits of a second.
    Cut(u8),
    Time,
    Uuid,
    /// Hexadecimal digits of a few bytes.
    Hex,
    /// A hash of the bytes, for those of any length.
    Hashed,
    /// A column that is read by its hash or cut anyway.
    Lob,
}

/// A form, and what a person's rules make of the value before it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub form: Form,
    /// Its length stands before it: otherwise it could run into its neighbour.
    pub measured: bool,
    /// Blanks at the end do not count.
    pub pad: bool,
    /// An empty text is none.
    pub empty_is_null: bool,
}

/// Rules that a server can follow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Treat {
    pub cut: Option<u8>,
    pub pad: bool,
    pub empty_is_null: bool,
}

/// Bytes up to this size are written as they are.
const FEW: u32 = 255;

/// `pg_catalog.bit` as a bigint must not reach its sign.
const WIDEST_BITS: u32 = 63;

impl Form {
    /// The form of a pair of columns.
    ///
    /// # Errors
    /// Why the servers cannot write it, in words that follow the column's name.
    pub fn of(source: &ScanColumn, target: &ScanColumn, treat: Treat) -> Result<Written, Reason> {
        let sides = [source, target];
        if sides.iter().any(|side| side.sql_type.engine == Engine::Sqlite) {
            return Err(Reason("SQLite has no hash function".to_owned()));
        }
        let form = if sides.iter().all(|side| side.lob.is_some()) { Self::Lob } else { paired(source, target)? };
        let form = match (treat.cut, form) {
            (None, form) => form,
            (Some(digits), Self::Timestamp) => Self::Cut(digits),
            (Some(_), _) => return Err(Reason("has a rule that only this program knows".to_owned())),
        };
        let ruled = treat.pad || treat.empty_is_null;
        if ruled && form != Self::Text {
            return Err(Reason("has a rule that only this program knows".to_owned()));
        }
        let of_text = sides.iter().any(|side| matches!(side.sql_type.holds(), Holds::Text));
        let measured = of_text || matches!(form, Self::Text | Self::Printed);
        Ok(Written { form, measured, pad: treat.pad, empty_is_null: treat.empty_is_null })
    }
}

fn paired(source: &ScanColumn, target: &ScanColumn) -> Result<Form, Reason> {
    let (one, other) = (source.sql_type.holds(), target.sql_type.holds());
    let both = |holds: Holds| one == holds && other == holds;
    let either = |holds: Holds| one == holds || other == holds;
    let alike = source.sql_type.engine == target.sql_type.engine && source.sql_type.bare() == target.sql_type.bare();
    let no = |why: &str| Err(Reason(why.to_owned()));
    Ok(match source.canon {
        Canon::Int if either(Holds::Bits) => {
            if [source, target].iter().any(|side| is_wide(side)) {
                return no("has too many bits for an integer of a server");
            }
            if either(Holds::Text) {
                return no("is text on one side only");
            }
            Form::Bits
        }
        Canon::Int => Form::Integer,
        Canon::Decimal if either(Holds::Float32) || either(Holds::Float64) => {
            return no("is a float on one side only, whose digits each engine chooses for itself");
        }
        Canon::Decimal => match (scale(source), scale(target)) {
            (Some(a), Some(b)) if a == b => Form::Scaled,
            _ => Form::Trimmed,
        },
        Canon::Float32 | Canon::Float64 if either(Holds::Text) => return no("is text on one side only"),
        Canon::Float32 | Canon::Float64 if [source, target].iter().any(|side| !side.sql_type.size().is_empty()) => {
            return no("is a float with a fixed number of digits");
        }
        Canon::Float32 | Canon::Float64 => Form::Float,
        Canon::Bool if both(Holds::Bool) => Form::Integer,
        Canon::Text if both(Holds::Text) => Form::Text,
        Canon::Text if both(Holds::Printed) => Form::Printed,
        Canon::Set => Form::Text,
        Canon::Bytes => {
            let few = |side: &ScanColumn| {
                let size = side.sql_type.size().first().copied();
                matches!(side.sql_type.bare().as_str(), "binary" | "varbinary") && size.is_some_and(|size| size <= FEW)
            };
            if few(source) || few(target) { Form::Hex } else { Form::Hashed }
        }
        Canon::Date if both(Holds::Date) => Form::Date,
        Canon::Timestamp if !either(Holds::Text) => Form::Timestamp,
        Canon::Time if both(Holds::Time) => Form::Time,
        Canon::Uuid => Form::Uuid,
        Canon::Json | Canon::Interval if alike => Form::Printed,
        Canon::Json => return no("is compared as JSON, by value, which only this program does"),
        Canon::Bits if alike && source.sql_type.engine == Engine::PostgreSql => Form::Printed,
        Canon::Bits => {
            if [source, target].iter().any(|side| is_wide(side)) {
                return no("has too many bits for an integer of a server");
            }
            Form::Bits
        }
        Canon::Bool | Canon::Text | Canon::Date | Canon::Timestamp | Canon::Time | Canon::Interval => {
            return no("is text on one side only");
        }
    })
}

/// More bits than a signed integer has.
fn is_wide(column: &ScanColumn) -> bool {
    column.sql_type.holds() == Holds::Bits
        && column.sql_type.engine == Engine::PostgreSql
        && column.sql_type.size().first().is_some_and(|width| *width > WIDEST_BITS)
}

/// Digits behind the point of every value; `None` where each has its own.
fn scale(column: &ScanColumn) -> Option<u32> {
    match (column.sql_type.holds(), column.sql_type.bare().as_str()) {
        (Holds::Int | Holds::Bool, _) => Some(0),
        (Holds::Decimal, "numeric" | "decimal") => match column.sql_type.size()[..] {
            [_, scale] => Some(scale),
            [_] => Some(0),
            _ => None,
        },
        _ => None,
    }
}

impl Written {
    /// The value as text, `N` where it is NULL; NULL where the server could not write it. `name`: the column as the
    /// statement names it.
    pub(in crate::db::scan) fn sql(self, server: Server, hash: Hash, column: &ScanColumn, name: &str) -> String {
        let engine = server.dialect.engine;
        let plain = match engine {
            Engine::MySql => mysql(self.form, column, name, hash),
            _ => postgresql(self.form, column, name, hash),
        };
        let plain = match (self.pad, engine) {
            (false, _) => plain,
            (true, Engine::MySql) => format!("TRIM(TRAILING ' ' FROM {plain})"),
            (true, _) => format!("rtrim({plain}, ' ')"),
        };
        let text = match (self.measured, engine) {
            (false, _) => plain.clone(),
            (true, Engine::MySql) => format!("CONCAT(CHAR_LENGTH({plain}), ':', {plain})"),
            (true, _) => format!("length({plain}) || ':' || {plain}"),
        };
        // A function may give NULL for a value that is too long for it, which must not look like one that is none.
        let mut none = Vec::new();
        // PostgreSQL would leave out a NULL that the catalogue does not know of. In MySQL nothing comes of the row then; and
        // it says IS NULL of a zero day in a column that cannot be null.
        if column.nullable || self.empty_is_null || engine == Engine::PostgreSql {
            none.push(format!("{name} IS NULL"));
        }
        if self.empty_is_null {
            // An equals sign would take blanks for nothing.
            none.push(format!("octet_length({plain}) = 0"));
        }
        if none.is_empty() { text } else { format!("CASE WHEN {} THEN 'N' ELSE {text} END", none.join(" OR ")) }
    }
}

fn postgresql(form: Form, column: &ScanColumn, name: &str, hash: Hash) -> String {
    let holds = column.sql_type.holds();
    match form {
        Form::Integer | Form::Bits | Form::Scaled | Form::Trimmed if holds == Holds::Bool => {
            format!("{name}::int::text")
        }
        Form::Bits if holds == Holds::Bits => format!("{name}::bigint::text"),
        Form::Trimmed if holds == Holds::Decimal => {
            let digits = if column.sql_type.bare() == "money" {
                format!("{name}::numeric::text")
            } else {
                format!("{name}::text")
            };
            match scale(column) {
                Some(0) => digits,
                Some(_) => format!("rtrim(rtrim({digits}, '0'), '.')"),
                None => format!(
                    "CASE WHEN strpos({digits}, '.') > 0 THEN rtrim(rtrim({digits}, '0'), '.') ELSE {digits} END"
                ),
            }
        }
        Form::Float => {
            let wide = format!("{name}::float8");
            // The exponents in which both engines write alike; what is left is a pair of rows to look at.
            format!(
                "CASE WHEN {wide} = 0 THEN '0' WHEN abs({wide}) < 1e-4 AND abs({wide}) >= 1e-15 \
                 THEN {wide}::text::numeric::text ELSE replace({wide}::text, 'e+', 'e') END"
            )
        }
        Form::Timestamp | Form::Cut(_) => {
            let (moment, text) = if holds == Holds::Date {
                // Not every date has a timestamp.
                let midnight =
                    format!("CASE WHEN isfinite({name}) THEN {name}::text || ' 00:00:00' ELSE {name}::text END");
                (name.to_owned(), midnight)
            } else {
                let moment = match column.sql_type.bare().as_str() {
                    "timestamp with time zone" => format!("({name} AT TIME ZONE 'UTC')"),
                    _ => name.to_owned(),
                };
                let text = format!("{moment}::text");
                (moment, text)
            };
            let Form::Cut(digits) = form else { return text };
            // An era and a fifth digit of the year move everything behind them: then only what is whole is written.
            format!(
                "CASE WHEN isfinite({moment}) AND {moment} >= '0001-01-01' AND {moment} < '10000-01-01' \
                 THEN left(to_char({moment}, 'YYYY-MM-DD HH24:MI:SS.US'), {}) ELSE {text} END",
                kept(digits)
            )
        }
        Form::Uuid => match holds {
            Holds::Bytes => {
                let hex = format!("encode({name}, 'hex')");
                format!("CASE WHEN length({name}) = 16 THEN {} ELSE {hex} END", hyphened_postgresql(&hex))
            }
            Holds::Text => {
                let lower = format!("lower({name}::text)");
                format!("CASE WHEN length({lower}) = 32 THEN {} ELSE {lower} END", hyphened_postgresql(&lower))
            }
            _ => format!("{name}::text"),
        },
        Form::Hex => format!("encode({name}, 'hex')"),
        Form::Hashed => hash.hex(Engine::PostgreSql, name),
        Form::Lob => lob(Engine::PostgreSql, hash, column, name),
        _ => format!("{name}::text"),
    }
}

fn hyphened_postgresql(hex: &str) -> String {
    let part = |from: u32, length: u32| format!("substr({hex}, {from}, {length})");
    [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(" || '-' || ")
}

fn mysql(form: Form, column: &ScanColumn, name: &str, hash: Hash) -> String {
    let holds = column.sql_type.holds();
    let printed = format!("CAST({name} AS CHAR)");
    let trimmed = |text: &str| format!("TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM {text}))");
    let fraction = column.sql_type.size().first().is_some_and(|digits| *digits > 0);
    match form {
        _ if holds == Holds::Text && !matches!(form, Form::Uuid | Form::Lob | Form::Cut(_)) => {
            format!("CONVERT({name} USING utf8mb4)")
        }
        // Zeros that fill a width, and a year of four digits, are no part of the number.
        Form::Integer | Form::Bits | Form::Scaled | Form::Trimmed
            if holds == Holds::Bits
                || column.sql_type.name.contains("zerofill") && holds == Holds::Int
                || column.sql_type.bare() == "year" =>
        {
            format!("CAST({name} + 0 AS CHAR)")
        }
        Form::Trimmed if holds == Holds::Decimal => match scale(column) {
            Some(0) => printed,
            _ => trimmed(&printed),
        },
        Form::Float => {
            let wide = if holds == Holds::Float32 { format!("({name} + 0e0)") } else { name.to_owned() };
            format!("CASE WHEN {wide} = 0 THEN '0' ELSE CAST({wide} AS CHAR) END")
        }
        Form::Text => format!("CONVERT({name} USING utf8mb4)"),
        Form::Printed => format!("CONVERT({printed} USING utf8mb4)"),
        Form::Timestamp if holds == Holds::Date => format!("CONCAT({printed}, ' 00:00:00')"),
        Form::Cut(digits) => format!("LEFT(DATE_FORMAT({name}, '%Y-%m-%d %H:%i:%s.%f'), {})", kept(digits)),
        // Without a fraction the zeros at the end are seconds.
        Form::Timestamp | Form::Time if fraction => trimmed(&printed),
        Form::Uuid => match holds {
            Holds::Bytes => {
                let hex = format!("LOWER(HEX({name}))");
                format!("CASE WHEN OCTET_LENGTH({name}) = 16 THEN {} ELSE {hex} END", hyphened_mysql(&hex))
            }
            Holds::Text => {
                let lower = format!("LOWER(CONVERT({name} USING utf8mb4))");
                format!("CASE WHEN CHAR_LENGTH({lower}) = 32 THEN {} ELSE {lower} END", hyphened_mysql(&lower))
            }
            _ => printed,
        },
        Form::Hex => format!("LOWER(HEX({name}))"),
        Form::Hashed => hash.hex(Engine::MySql, name),
        Form::Lob => lob(Engine::MySql, hash, column, name),
        _ => printed,
    }
}

fn hyphened_mysql(hex: &str) -> String {
    format!("INSERT(INSERT(INSERT(INSERT({hex}, 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-')")
}

/// Characters of `2026-11-22 14:03:22.123456` that are left with so many digits of a second.
fn kept(digits: u8) -> u8 {
    if digits == 0 { 19 } else { 20 + digits.min(6) }
}

/// Hash and length of a column that is read by them, with what its own reading cuts off; NULL where a server gives up.
fn lob(engine: Engine, hash: Hash, column: &ScanColumn, name: &str) -> String {
    let lob = Lob { hash: true, ..column.lob.unwrap_or_default() };
    lob.reckoned(engine, hash, column, name)
}

/// MySQL gives NULL instead of a text that is longer than its `max_allowed_packet`, and only warns. What is read there is
/// marked, so that it cannot be taken for a value that is none: the reader of its rows knows both.
pub(in crate::db::scan) const GAVE_UP: &str = "!";
pub(in crate::db::scan) const GIVEN: &str = "=";

impl Lob {
    /// What is selected instead of the value.
    pub(in crate::db::scan) fn sql(self, engine: Engine, hash: Hash, column: &ScanColumn, name: &str) -> String {
        let reckoned = self.reckoned(engine, hash, column, name);
        if engine != Engine::MySql {
            return reckoned;
        }
        // A hash never looks like the mark; bytes may look like anything.
        let given = if self.hash { reckoned } else { format!("CONCAT('{GIVEN}', {reckoned})") };
        format!("CASE WHEN {name} IS NULL THEN NULL ELSE coalesce({given}, '{GAVE_UP}') END")
    }

    fn reckoned(self, engine: Engine, hash: Hash, column: &ScanColumn, name: &str) -> String {
        let bytes = column.sql_type.holds() == Holds::Bytes;
        let all = match engine {
            _ if bytes => name.to_owned(),
            Engine::PostgreSql => format!("convert_to({name}::text, 'UTF8')"),
            Engine::MySql => match self.limit {
                // To hash it and to measure it takes its bytes as they are; a cast could be too long for the server.
                None => format!("CONVERT({name} USING utf8mb4)"),
                // So many characters have at least as many bytes.
                Some(limit) => {
                    let few = limit.min(END) + 1;
                    format!("CAST(CONVERT(LEFT({name}, {few}) USING utf8mb4) AS BINARY)")
                }
            },
            Engine::Sqlite => format!("CAST({name} AS BLOB)"),
        };
        let kept = match self.limit {
            None => all,
            Some(limit) => {
                let limit = limit.min(END);
                let short = if bytes { String::new() } else { format!(" - {}", torn(engine, &all, limit)) };
                match engine {
                    Engine::PostgreSql => format!("substring({all} FROM 1 FOR {limit}{short})"),
                    Engine::MySql => format!("LEFT({all}, {limit}{short})"),
                    Engine::Sqlite => format!("substr({all}, 1, {limit}{short})"),
                }
            }
        };
        match engine {
            // Hashing is none of its functions. What is of another class stays as it is, and does not fit.
            Engine::Sqlite => {
                let class = if bytes { "blob" } else { "text" };
                format!("CASE WHEN typeof({name}) = '{class}' THEN {kept} ELSE {name} END")
            }
            _ if !self.hash => kept,
            Engine::PostgreSql => format!("{} || ':' || octet_length({kept})", hash.hex(engine, &kept)),
            Engine::MySql => format!("CONCAT({}, ':', OCTET_LENGTH({kept}))", hash.hex(engine, &kept)),
        }
    }
}

/// Bytes of a character that a cut behind so many bytes of UTF-8 would tear: no target keeps half of one, so only what
/// stands before it is compared. The byte behind the cut tells, and those before it (RFC 3629, section 3).
fn torn(engine: Engine, bytes: &str, limit: u64) -> String {
    let goes_on = |at: u64| match engine {
        // Where there is no such byte nothing is cut.
        Engine::PostgreSql => {
            format!("get_byte(substring({bytes} FROM {at} FOR 1) || '\\x00'::bytea, 0) & 192 = 128")
        }
        Engine::MySql => format!("ASCII(SUBSTRING({bytes}, {at}, 1)) & 192 = 128"),
        Engine::Sqlite => format!("hex(substr({bytes}, {at}, 1)) BETWEEN '80' AND 'BF'"),
    };
    let begins = |short: u64| format!("WHEN NOT ({}) THEN {short}", goes_on((limit + 1).saturating_sub(short).max(1)));
    format!("CASE {} {} {} ELSE 3 END", begins(0), begins(1), begins(2))
}

/// PostgreSQL counts bytes in an integer.
const END: u64 = 1 << 30;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::canon::SqlType;

    fn column(engine: Engine, name: &str, canon: Canon) -> ScanColumn {
        let sql_type = SqlType::new(engine, name);
        ScanColumn { name: "c".into(), sql_type, canon, nullable: true, byte_order: false, lob: None }
    }

    fn form(source: &str, target: &str, treat: Treat) -> Result<Form, String> {
        let types = [SqlType::new(Engine::PostgreSql, source), SqlType::new(Engine::MySql, target)];
        let canon = Canon::common(&types[0], &types[1]).unwrap();
        let of = |at: usize| column(types[at].engine, &types[at].name, canon);
        Form::of(&of(0), &of(1), treat).map(|written| written.form).map_err(|reason| reason.0)
    }

    #[test]
    fn each_pair_of_types_has_a_form_or_a_reason() {
        for (source, target, want) in [
            ("bigint", "int(11) unsigned", Ok(Form::Integer)),
            ("boolean", "tinyint(1)", Ok(Form::Integer)),
            ("boolean", "bit(1)", Ok(Form::Bits)),
            ("bit(8)", "bit(8)", Ok(Form::Bits)),
            ("bit(70)", "bit(64)", Err("bits")),
            ("bit(9)", "bit(64)", Ok(Form::Bits)),
            ("numeric(12,2)", "decimal(12,2)", Ok(Form::Scaled)),
            ("numeric(12,2)", "decimal(12,4)", Ok(Form::Trimmed)),
            ("numeric", "decimal(28,6)", Ok(Form::Trimmed)),
            ("numeric(20,0)", "bigint unsigned", Ok(Form::Scaled)),
            ("numeric", "double", Err("float")),
            ("real", "float", Ok(Form::Float)),
            ("double precision", "double(10,2)", Err("digits")),
            ("character(5)", "varchar(5)", Ok(Form::Text)),
            ("text", "set('a','b')", Ok(Form::Text)),
            ("bytea", "varbinary(16)", Ok(Form::Hex)),
            ("bytea", "longblob", Ok(Form::Hashed)),
            ("date", "datetime(3)", Ok(Form::Timestamp)),
            ("time", "time(6)", Ok(Form::Time)),
            ("uuid", "char(36)", Ok(Form::Uuid)),
            ("jsonb", "json", Err("by value")),
            ("text", "date", Err("text")),
            ("text", "int", Ok(Form::Integer)),
            ("boolean", "varchar(5)", Err("text")),
        ] {
            match (form(source, target, Treat::default()), want) {
                (Ok(got), Ok(want)) => assert_eq!(got, want, "{source} {target}"),
                (Err(got), Err(part)) => assert!(got.contains(part), "{source} {target}: {got}"),
                (got, want) => panic!("{source} {target}: {got:?}, not {want:?}"),
            }
        }
    }

    #[test]
    fn only_rules_that_a_server_can_follow_are_left_to_it() {
        let cut = Treat { cut: Some(3), ..Treat::default() };
        let pad = Treat { pad: true, ..Treat::default() };
        assert_eq!(form("timestamp", "datetime(6)", cut), Ok(Form::Cut(3)));
        assert_eq!(form("text", "text", pad), Ok(Form::Text));
        assert!(form("time", "time(6)", cut).is_err() && form("bytea", "longblob", pad).is_err());
    }

    #[test]
    fn sqlite_is_never_asked_for_a_hash() {
        let [a, b] = [Engine::PostgreSql, Engine::Sqlite].map(|engine| column(engine, "integer", Canon::Int));
        assert!(Form::of(&a, &b, Treat::default()).unwrap_err().0.contains("SQLite"));
    }
}
