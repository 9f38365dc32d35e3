//! The statement of a scan, for each engine.
//!
//! Rows come in the order of canonical bytes, so that both sides can be merged. Where an engine's own order is another
//! one (text under a collation, a UUID kept as text) the key is ordered by an expression, which no index serves.

use super::condition::enclosed;
use super::digest::Hash;
use super::place::{Operator, Place, place};
use super::{Bound, Key, KeyRange, Rows, ScanColumn, ScanRequest, redshift};
use crate::db::dialect::Dialect;
use crate::model::canon::{Canon, Holds, Reason};
use crate::model::engine::Engine;
use std::fmt::Write as _;

/// What a statement depends on besides the request.
#[derive(Clone, Copy)]
pub(super) struct Server {
    pub dialect: &'static Dialect,
    /// The best that it has.
    pub hash: Hash,
    /// Text is kept as UTF-8; otherwise its order is that of another encoding.
    pub utf8: bool,
}

/// A part of a scan, for finding where ranges end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    Whole,
    /// About this share of the blocks, in percent.
    Sample(f64),
    /// One row, after so many.
    After(u64),
    /// The same from the end.
    Before(u64),
    /// Each so manyth row, in the order of the key where an index gives it; MySQL's only.
    Every(u64),
    /// Only how many rows there are.
    Count,
}

impl ScanRequest {
    /// Why rows cannot come in the order of this key, or be found by it.
    pub fn key_refused(&self) -> Option<Reason> {
        if self.key.is_empty() {
            return Some(Reason("there is no key".to_owned()));
        }
        self.key.iter().find_map(|at| {
            let column = self.columns.get(*at)?;
            let why = refused(column)?;
            Some(Reason(format!("{} ({}) is no key to compare by: {why}", column.name, column.sql_type.name)))
        })
    }

    /// The engine has this order in an index, so that a range costs what is in it. Otherwise every range reads and
    /// sorts the whole table: take one.
    pub fn is_served_by_index(&self) -> bool {
        self.key_refused().is_none() && self.key.iter().all(|at| native(&self.columns[*at]))
    }
}

fn refused(column: &ScanColumn) -> Option<&'static str> {
    let engine = column.sql_type.engine;
    if column.lob.is_some() {
        return Some("it is read by its hash");
    }
    match (column.sql_type.holds(), column.canon) {
        (_, canon) if !canon.is_orderable() => Some("such values have no order"),
        (_, Canon::Bits) | (Holds::Bits, _) => Some("bits order differently in each engine"),
        (Holds::Date | Holds::Time | Holds::Timestamp | Holds::Decimal | Holds::Any, canon)
            if engine == Engine::Sqlite && !matches!(canon, Canon::Int | Canon::Text | Canon::Bytes) =>
        {
            Some("SQLite keeps it in any spelling, and orders the spelling")
        }
        (Holds::Float32 | Holds::Float64, Canon::Decimal) => Some("a float is found by its bits, not by digits"),
        (Holds::Printed, _) => Some("it is known only as it is printed"),
        (Holds::Bytes, _) if column.sql_type.bare() == "varbyte" => Some("Redshift has no order of bytes"),
        (Holds::Text, Canon::Text | Canon::Uuid) => None,
        (Holds::Text, _) => Some("it is kept as text, and orders as text"),
        _ => None,
    }
}

/// The engine's own order of the column is that of its canonical bytes.
fn native(column: &ScanColumn) -> bool {
    match (column.sql_type.engine, column.sql_type.holds(), column.canon) {
        (_, _, Canon::Text) => column.byte_order,
        (engine, holds, Canon::Uuid) => holds == Holds::Bytes || holds == Holds::Uuid && engine == Engine::PostgreSql,
        _ => true,
    }
}

/// A column by its full name: to SQLite a lone name in quotes that is no column is a text.
pub(super) fn named(server: Server, request: &ScanRequest, column: &ScanColumn) -> String {
    server.dialect.qualified(&request.table, &column.name)
}

/// An expression whose order is that of the column's canonical bytes.
pub(super) fn ordering(server: Server, request: &ScanRequest, column: &ScanColumn) -> String {
    let name = named(server, request, column);
    if server.dialect.redshift {
        return redshift::ordering(&name, column);
    }
    match (server.dialect.engine, column.canon) {
        (Engine::PostgreSql, Canon::Text) if !server.utf8 => format!("convert_to({name}::text, 'UTF8')"),
        (Engine::PostgreSql, Canon::Text) if !native(column) => format!("{name}::text COLLATE \"C\""),
        (Engine::MySql, Canon::Text) if !native(column) => format!("CAST(CONVERT({name} USING utf8mb4) AS BINARY)"),
        (Engine::Sqlite, Canon::Text) => format!("{name} COLLATE BINARY"),
        (Engine::PostgreSql, Canon::Uuid) if !native(column) => {
            format!("lower(replace({name}::text, '-', '')) COLLATE \"C\"")
        }
        (Engine::MySql, Canon::Uuid) if !native(column) => format!("UNHEX(REPLACE(CAST({name} AS CHAR), '-', ''))"),
        (Engine::Sqlite, Canon::Uuid) if !native(column) => {
            format!("lower(replace({name}, '-', '')) COLLATE BINARY")
        }
        _ => name,
    }
}

/// What is selected for a column, so that its reader knows the bytes.
pub(super) fn selected(server: Server, request: &ScanRequest, column: &ScanColumn) -> String {
    let name = named(server, request, column);
    if server.dialect.redshift {
        return redshift::selected(&name, column);
    }
    if let Some(lob) = column.lob {
        // Both sides have this one, or the statement fails.
        return lob.sql(server.dialect.engine, Hash::Sha256, column, &name);
    }
    if server.dialect.engine != Engine::PostgreSql {
        return name;
    }
    match (column.sql_type.holds(), column.sql_type.bare().as_str()) {
        // Padding of char(n) is sent, but is no part of the value.
        (Holds::Text, "text" | "character varying") => name,
        (Holds::Text | Holds::Printed | Holds::Json, _) => format!("{name}::text"),
        (_, "oid") => format!("{name}::bigint"),
        (_, "money") => format!("{name}::numeric"),
        _ => name,
    }
}

/// A condition that leaves out keys with a NULL: they are in the first range, and none can end with them.
pub(super) fn without_null(dialect: &Dialect, request: &ScanRequest) -> Option<String> {
    let nullable = key(request).filter(|column| column.nullable);
    let parts: Vec<String> =
        nullable.map(|column| format!("{} IS NOT NULL", dialect.qualified(&request.table, &column.name))).collect();
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

/// The whole statement.
pub(super) fn statement(server: Server, request: &ScanRequest, part: Part) -> String {
    let dialect = server.dialect;
    let columns: Vec<String> = match part {
        Part::Count => vec!["count(*)".to_owned()],
        _ => request.columns.iter().map(|column| selected(server, request, column)).collect(),
    };
    let mut sql = format!("SELECT {} FROM {}", columns.join(", "), dialect.qualified(&request.schema, &request.table));
    if let Part::Every(_) = part {
        sql.push_str(", (SELECT @nth := 0) AS counted");
    }
    let mut conditions = conditions(server, request);
    match part {
        // Redshift has no blocks to choose from; it reads the columns of the key only.
        Part::Sample(percent) if dialect.redshift => conditions.push(format!("random() < {}", percent / 100.0)),
        // Writing to a String cannot fail.
        Part::Sample(percent) => drop(write!(sql, " TABLESAMPLE SYSTEM ({percent}) REPEATABLE (1)")),
        Part::Every(rows) => conditions.push(format!("MOD(@nth := @nth + 1, {}) = 0", rows.max(1))),
        _ => {}
    }
    if !conditions.is_empty() {
        let _ = write!(sql, " WHERE {}", conditions.join(" AND "));
    }
    if request.ordered || matches!(part, Part::After(_) | Part::Before(_) | Part::Every(_)) {
        let falling = matches!(part, Part::Before(_));
        let order: Vec<String> = key(request).map(|column| ordered_by(server, request, column, falling)).collect();
        if !order.is_empty() {
            let _ = write!(sql, " ORDER BY {}", order.join(", "));
        }
    }
    if let Part::After(rows) | Part::Before(rows) = part {
        let _ = write!(sql, " LIMIT 1 OFFSET {rows}");
    }
    sql
}

/// Which rows, in the words of this engine.
pub(super) fn conditions(server: Server, request: &ScanRequest) -> Vec<String> {
    let mut conditions = Vec::new();
    match &request.rows {
        Rows::Range(range) => conditions.extend(in_range(server, request, range)),
        Rows::Ranges(ranges) => {
            let all = |range| match in_range(server, request, range) {
                parts if parts.is_empty() => "1 = 1".to_owned(),
                parts => format!("({})", parts.join(" AND ")),
            };
            let ways: Vec<String> = ranges.iter().map(all).collect();
            conditions.push(if ways.is_empty() { "1 = 0".to_owned() } else { format!("({})", ways.join(" OR ")) });
        }
        Rows::Keys(keys) => conditions.push(among(server, request, keys)),
        Rows::Hashed(hashed, numbers) => conditions.push(hashed.among(server, request, numbers)),
    }
    conditions.extend(request.filter.as_deref().map(enclosed));
    conditions
}

fn key(request: &ScanRequest) -> impl Iterator<Item = &ScanColumn> {
    request.key.iter().filter_map(|at| request.columns.get(*at))
}

fn ordered_by(server: Server, request: &ScanRequest, column: &ScanColumn, falling: bool) -> String {
    let expression = ordering(server, request, column);
    if falling {
        let last = if server.dialect.engine == Engine::PostgreSql && column.nullable { " NULLS LAST" } else { "" };
        return format!("{expression} DESC{last}");
    }
    // The other engines put NULL first by themselves.
    let first = if server.dialect.engine == Engine::PostgreSql && column.nullable { " NULLS FIRST" } else { "" };
    format!("{expression}{first}")
}

/// The columns of the key with the places of a bound in them.
fn places<'r>(server: Server, request: &'r ScanRequest, bound: &Key) -> Vec<(&'r ScanColumn, String, Place)> {
    key(request)
        .zip(&bound.0)
        .map(|(column, bytes)| {
            let own = if server.dialect.redshift { redshift::place(column, bytes) } else { None };
            let place = own.unwrap_or_else(|| place(server.dialect.engine, column, bytes, server.utf8));
            (column, ordering(server, request, column), place)
        })
        .collect()
}

fn in_range(server: Server, request: &ScanRequest, range: &KeyRange) -> Vec<String> {
    let from = range.from.as_ref().map(|bound| beyond(server, request, bound, true));
    let to = range.to.as_ref().map(|bound| beyond(server, request, bound, false));
    from.into_iter().chain(to).collect()
}

/// Above a bound, or below it, in the order of the whole key.
pub(super) fn beyond(server: Server, request: &ScanRequest, bound: &Bound, above: bool) -> String {
    let (strict, loose) =
        if above { (Operator::Greater, Operator::GreaterOrEqual) } else { (Operator::Less, Operator::LessOrEqual) };
    let last = if bound.inclusive { loose } else { strict };
    let places = places(server, request, &bound.key);
    // NULL is below every value.
    let beside = |column: &ScanColumn, expression: &str, condition: String| {
        if above || !column.nullable { condition } else { format!("({condition} OR {expression} IS NULL)") }
    };
    let [(column, expression, place)] = places.as_slice() else {
        let mut ways = Vec::new();
        for (at, (column, expression, place)) in places.iter().enumerate() {
            let operator = if at + 1 == places.len() { last } else { strict };
            let mut way: Vec<String> =
                places[..at].iter().map(|(_, same, place)| place.compared(same, Operator::Equal)).collect();
            way.push(beside(column, expression, place.compared(expression, operator)));
            ways.push(format!("({})", way.join(" AND ")));
        }
        let all = format!("({})", ways.join(" OR "));
        // Says nothing new, but an index on the first column can use it.
        let Some((column, expression, place)) = places.first() else { return all };
        return format!("{} AND {all}", beside(column, expression, place.compared(expression, loose)));
    };
    beside(column, expression, place.compared(expression, last))
}

/// One of these keys.
fn among(server: Server, request: &ScanRequest, keys: &[Key]) -> String {
    let ways: Vec<String> = keys
        .iter()
        .map(|key| {
            let parts: Vec<String> = places(server, request, key)
                .iter()
                .map(|(column, expression, place)| {
                    let exact = place.compared(expression, Operator::Equal);
                    match indexed(server, request, column, place) {
                        Some(helped) => format!("{helped} AND {exact}"),
                        None => exact,
                    }
                })
                .collect();
            format!("({})", parts.join(" AND "))
        })
        .collect();
    if ways.is_empty() { "1 = 0".to_owned() } else { format!("({})", ways.join(" OR ")) }
}

/// Texts of equal bytes are equal in every collation, so an index on the column can find them before the bytes decide.
fn indexed(server: Server, request: &ScanRequest, column: &ScanColumn, place: &Place) -> Option<String> {
    let Place::At(literal) = place else { return None };
    let name = named(server, request, column);
    if column.canon != Canon::Text || native(column) || !server.utf8 || server.dialect.redshift {
        return None;
    }
    match (server.dialect.engine, column.sql_type.bare().as_str()) {
        (Engine::PostgreSql, "text" | "character varying") => Some(format!("{name} = {literal}")),
        (Engine::MySql, "char" | "varchar") => Some(format!("{name} = _utf8mb4 {literal}")),
        _ => None,
    }
}
