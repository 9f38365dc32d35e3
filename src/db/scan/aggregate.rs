//! Aggregates of a table in one scan: each measure is a column of one row. Start at [`Scanner::aggregate`].
//!
//! Least and greatest go by the order of canonical bytes, as keys do, so that they are the same on every engine. Sums of
//! whole numbers and decimals are exact, except on SQLite, which sums decimals as floats.

use super::digest::{GAVE_UP, GIVEN};
use super::redshift;
use super::sql::{Server, conditions, ordering, selected};
use super::{Lob, Scan, ScanColumn, ScanRequest, Scanner};
use crate::model::canon::{Canon, Holds, SqlType};
use crate::model::engine::Engine;
use serde::{Deserialize, Serialize};

/// What is taken of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// How many rows there are, whatever the column.
    Rows,
    /// How many have a value.
    Values,
    Least,
    Greatest,
    Sum,
    /// The sum without signs: how much a sum of floats may be off goes by it.
    SumOfSizes,
    /// Bytes of all values.
    Bytes,
}

/// One measure: of which column of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    pub column: usize,
    pub take: Take,
}

impl Measure {
    /// What the measure is read as.
    pub fn canon(self, columns: &[ScanColumn]) -> Canon {
        let Some(column) = columns.get(self.column) else { return Canon::Int };
        match self.take {
            Take::Rows | Take::Values => Canon::Int,
            Take::Sum | Take::SumOfSizes | Take::Bytes => Canon::Decimal,
            Take::Least | Take::Greatest => match column.canon {
                Canon::Bool => Canon::Int,
                Canon::Float32 => Canon::Float64,
                canon => canon,
            },
        }
    }
}

impl Scanner {
    /// Measures a table: a scan of one row, in the order of the measures.
    pub fn aggregate(&self, request: &ScanRequest, measures: Vec<Measure>) -> Scan {
        let dialect = self.database().dialect();
        let columns = measures.iter().map(|measure| result(dialect.engine, *measure, &request.columns)).collect();
        let shape = ScanRequest { columns, key: Vec::new(), ordered: false, ..request.clone() };
        let request = request.clone();
        self.start(Ok(()), shape, move |server, _| aggregates(server, &measures, &request))
    }
}

/// The statement: `SELECT` of every measure.
pub(super) fn aggregates(server: Server, measures: &[Measure], request: &ScanRequest) -> String {
    let all: Vec<String> = measures.iter().map(|measure| expression(server, *measure, request)).collect();
    let from = server.dialect.qualified(&request.schema, &request.table);
    let conditions = conditions(server, request);
    let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    format!("SELECT {} FROM {from}{filter}", all.join(", "))
}

fn expression(server: Server, measure: Measure, request: &ScanRequest) -> String {
    let column = match request.columns.get(measure.column) {
        Some(column) if measure.take != Take::Rows => column,
        _ => return "count(*)".to_owned(),
    };
    let name = server.dialect.qualified(&request.table, &column.name);
    let value = number(server, column, &name, || selected(server, request, column));
    match measure.take {
        Take::Rows | Take::Values => format!("count({name})"),
        Take::Least | Take::Greatest => {
            let word = if measure.take == Take::Least { "min" } else { "max" };
            match column.canon {
                Canon::Text if server.dialect.redshift => {
                    let found = format!("{word}({})", redshift::ordering(&name, column));
                    // Without the mark that keeps blanks at the end.
                    format!("left({found}, len({found}) - 1)")
                }
                // There is no least one of PostgreSQL's own type.
                Canon::Uuid
                    if server.dialect.engine == Engine::PostgreSql && column.sql_type.holds() == Holds::Uuid =>
                {
                    format!("{word}(CAST({name} AS text) COLLATE \"C\")")
                }
                // The blanks of char(n) would come along, and are no part of the value.
                Canon::Text
                    if server.dialect.engine == Engine::PostgreSql
                        && server.utf8
                        && matches!(column.sql_type.bare().as_str(), "character" | "bpchar") =>
                {
                    format!("{word}(CAST({name} AS text) COLLATE \"C\")")
                }
                Canon::Text | Canon::Uuid => {
                    let ordered = ordering(server, request, column);
                    let found = format!("{word}({ordered})");
                    if server.dialect.engine == Engine::MySql { sure(&name, &ordered, &found) } else { found }
                }
                _ => format!("{word}({value})"),
            }
        }
        Take::Sum => exact(server, column, &format!("sum({value})")),
        Take::SumOfSizes => exact(server, column, &format!("sum(abs({value}))")),
        Take::Bytes => {
            let length = if server.dialect.engine == Engine::PostgreSql { "octet_length" } else { "length" };
            exact(server, column, &format!("sum({length}({name}))"))
        }
    }
}

/// MySQL leaves out of its least and greatest what is too long for it, see [`GAVE_UP`].
fn sure(name: &str, ordered: &str, found: &str) -> String {
    format!(
        "CASE WHEN count({name}) = 0 THEN NULL WHEN count({name}) = count({ordered}) \
         THEN coalesce(CONCAT('{GIVEN}', {found}), '{GAVE_UP}') ELSE '{GAVE_UP}' END"
    )
}

/// Whole sums have one type on PostgreSQL, whatever they are sums of.
fn exact(server: Server, column: &ScanColumn, sum: &str) -> String {
    let float = matches!(column.sql_type.holds(), Holds::Float32 | Holds::Float64);
    match server.dialect.engine {
        Engine::PostgreSql if server.dialect.redshift && !float => format!("CAST({sum} AS numeric(38, 10))"),
        Engine::PostgreSql if !float => format!("CAST({sum} AS numeric)"),
        _ => sum.to_owned(),
    }
}

/// A column as a number that can be summed: truth as 0 and 1, floats of four bytes as what they are in eight.
fn number(server: Server, column: &ScanColumn, name: &str, other: impl Fn() -> String) -> String {
    match (server.dialect.engine, column.sql_type.holds()) {
        (Engine::PostgreSql, Holds::Bool) => format!("CAST({name} AS integer)"),
        (Engine::PostgreSql, Holds::Float32) => format!("CAST({name} AS double precision)"),
        (Engine::MySql, Holds::Float32) => format!("({name} + 0e0)"),
        _ => other(),
    }
}

/// How the result of a measure arrives.
fn result(engine: Engine, measure: Measure, columns: &[ScanColumn]) -> ScanColumn {
    let canon = measure.canon(columns);
    let column = columns.get(measure.column);
    let holds = column.map(|column| column.sql_type.holds());
    let float = matches!(holds, Some(Holds::Float32 | Holds::Float64));
    let word = |postgresql: &'static str, mysql: &'static str, sqlite: &'static str| match engine {
        Engine::MySql => mysql,
        Engine::Sqlite => sqlite,
        Engine::PostgreSql => postgresql,
    };
    let float_word = word("double precision", "double", "double");
    let name = match (measure.take, canon) {
        (Take::Rows | Take::Values, _) => "bigint",
        (Take::Sum | Take::SumOfSizes, _) if float => float_word,
        (Take::Sum | Take::SumOfSizes | Take::Bytes, _) => word("numeric", "decimal(65,30)", "numeric"),
        (_, Canon::Text) => word("text", "longtext", "text"),
        // Two engines give it as text here, whatever it is kept as.
        (_, Canon::Uuid) => word("text", "varbinary(16)", "text"),
        (_, Canon::Float64) => float_word,
        (_, Canon::Int) if holds == Some(Holds::Bool) => word("integer", "bigint", "bigint"),
        _ => column.map_or("bigint", |column| match column.sql_type.bare().as_str() {
            "money" => "numeric",
            "oid" => "bigint",
            _ => column.sql_type.name.as_str(),
        }),
    };
    let said = column.map_or("", |column| column.name.as_str());
    let marked = engine == Engine::MySql
        && matches!((measure.take, canon), (Take::Least | Take::Greatest, Canon::Text | Canon::Uuid));
    ScanColumn {
        name: said.to_owned(),
        sql_type: SqlType::new(engine, name),
        canon,
        nullable: true,
        byte_order: false,
        lob: marked.then(Lob::default),
    }
}
