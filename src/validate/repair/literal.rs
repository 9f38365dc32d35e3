//! Values as literals of each dialect, such that nothing in a value can leave its quotes, whatever a session is set to.

use crate::db::scan::{Cell, ScanColumn};
use crate::db::{Dialect, Engine};
use crate::model::canon::{Canon, Holds, hex};

/// A canonical value for a column of the target.
///
/// # Errors
/// Why the target cannot hold it, or nobody can write it for sure.
pub(super) fn literal(dialect: &Dialect, column: &ScanColumn, cell: Cell<'_>) -> Result<String, String> {
    let engine = dialect.engine;
    let bytes = match cell {
        Cell::Null => return Ok("NULL".to_owned()),
        Cell::Misfit(_) => return Err("what the source has there is not of its column's type".to_owned()),
        Cell::Value(bytes) => bytes,
    };
    let (canon, holds) = (column.canon, column.sql_type.holds());
    let written = canon.decode(bytes);
    match canon {
        Canon::Bool | Canon::Int if holds == Holds::Bool => truth(engine, &written),
        Canon::Bool if holds == Holds::Text => Ok(text(dialect, &written)),
        Canon::Bool => truth(engine, &written),
        Canon::Int => Ok(written),
        Canon::Decimal => number(dialect, &written),
        Canon::Float32 | Canon::Float64 => float(engine, &written),
        Canon::Text | Canon::Set | Canon::Json => {
            let said = std::str::from_utf8(bytes).map_err(|_| "it is no UTF-8".to_owned())?;
            if engine == Engine::PostgreSql && said.contains('\0') {
                return Err("PostgreSQL has no text with U+0000".to_owned());
            }
            // A value of its type is not a text that says it.
            Ok(match (dialect.redshift, column.sql_type.bare().as_str()) {
                (true, "super") => format!("json_parse({})", text(dialect, said)),
                _ => text(dialect, said),
            })
        }
        Canon::Bytes => Ok(binary(dialect, bytes)),
        Canon::Uuid if holds == Holds::Bytes => Ok(binary(dialect, bytes)),
        Canon::Date | Canon::Time | Canon::Timestamp | Canon::Uuid => Ok(text(dialect, &written)),
        Canon::Bits => bits(column, &written),
        // PostgreSQL's own spelling of it, and no other engine has them.
        Canon::Interval if engine == Engine::PostgreSql && !dialect.redshift => {
            Ok(format!("{}::interval", text(dialect, &written)))
        }
        Canon::Interval => Err("it is an interval".to_owned()),
    }
}

/// A text in quotes.
pub(super) fn text(dialect: &Dialect, said: &str) -> String {
    let plain = !said.contains(['\\', '\0']);
    match dialect.engine {
        Engine::PostgreSql if dialect.redshift => Dialect::redshift_literal(said),
        // A backslash is itself only while standard_conforming_strings is on, which an escape string does not ask.
        Engine::PostgreSql if !plain => format!("E'{}'", said.replace('\\', "\\\\").replace('\'', "''")),
        // In hexadecimal no mode of the session can read an escape into it.
        Engine::MySql if !plain => format!("CONVERT(x'{}' USING utf8mb4)", hex(said.as_bytes())),
        Engine::Sqlite if !plain && said.contains('\0') => format!("CAST(x'{}' AS TEXT)", hex(said.as_bytes())),
        _ => format!("'{}'", said.replace('\'', "''")),
    }
}

fn truth(engine: Engine, written: &str) -> Result<String, String> {
    let truth = match written {
        "true" | "1" => true,
        "false" | "0" => false,
        other => return Err(format!("{other} is no boolean")),
    };
    Ok(match (engine, truth) {
        (Engine::PostgreSql, true) => "true",
        (Engine::PostgreSql, false) => "false",
        (_, true) => "1",
        (_, false) => "0",
    }
    .to_owned())
}

/// With an exponent a bare number would be a float on the way.
fn number(dialect: &Dialect, written: &str) -> Result<String, String> {
    let special = matches!(written, "NaN" | "Infinity" | "-Infinity");
    match dialect.engine {
        Engine::PostgreSql if dialect.redshift && special => Err(format!("Redshift has no decimal {written}")),
        // A bare `numeric` has no decimals there (Redshift Developer Guide, "Numeric types").
        Engine::PostgreSql if dialect.redshift => Ok(format!("'{written}'")),
        Engine::PostgreSql => Ok(format!("'{written}'::numeric")),
        _ if special => Err(format!("this engine has no decimal {written}")),
        Engine::MySql => Ok(format!("CAST('{written}' AS DECIMAL(65,30))")).map(|cast| {
            // More digits than the cast keeps: the column takes the text as it is.
            if written.contains('e') || written.len() > 30 { format!("'{written}'") } else { cast }
        }),
        Engine::Sqlite => Ok(written.to_owned()),
    }
}

fn float(engine: Engine, written: &str) -> Result<String, String> {
    let special = matches!(written, "NaN" | "inf" | "-inf");
    match engine {
        Engine::MySql if special => Err(format!("this engine has no float {written}")),
        Engine::Sqlite if written == "NaN" => Err("this engine has no float NaN".to_owned()),
        Engine::Sqlite if special => Ok(if written == "inf" { "9e999" } else { "-9e999" }.to_owned()),
        Engine::PostgreSql | Engine::MySql => Ok(format!("'{written}'")),
        // A whole number must stay a float.
        Engine::Sqlite => Ok(if written.contains('.') { written.to_owned() } else { format!("{written}.0") }),
    }
}

fn binary(dialect: &Dialect, bytes: &[u8]) -> String {
    match dialect.engine {
        Engine::PostgreSql if dialect.redshift => format!("from_hex('{}')", hex(bytes)),
        Engine::PostgreSql => format!("decode('{}', 'hex')", hex(bytes)),
        Engine::MySql | Engine::Sqlite => format!("x'{}'", hex(bytes)),
    }
}

/// PostgreSQL wants as many bits as the column has.
fn bits(column: &ScanColumn, written: &str) -> Result<String, String> {
    let digits = written.trim_start_matches("b'").trim_end_matches('\'');
    if !digits.bytes().all(|digit| matches!(digit, b'0' | b'1')) {
        return Err("bits that cannot be read".to_owned());
    }
    match column.sql_type.engine {
        Engine::PostgreSql => {
            let width = column.sql_type.size().first().map_or(1, |width| *width as usize);
            if digits.trim_start_matches('0').len() > width {
                return Err(format!("it has more than {width} bits"));
            }
            let digits = digits.trim_start_matches('0');
            Ok(format!("B'{digits:0>width$}'"))
        }
        Engine::MySql => Ok(format!("b'{digits}'")),
        Engine::Sqlite => Err("SQLite has no bits".to_owned()),
    }
}
