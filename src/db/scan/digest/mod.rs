//! Sums over groups of rows, made by the servers: what is the same in them need not be sent.
//!
//! Start at [`Digest`]: for each group how many rows it has and the sum of the first 60 bits of a hash of each (a sum of
//! 60 bits fits one integer type of both engines; an XOR of checksums calls different tables equal). [`form`] says how a
//! value is written before it is hashed. What differs is read and compared as rows; nothing here is an answer.

mod form;

pub use form::{Form, Treat, Written};
pub(super) use form::{GAVE_UP, GIVEN};

use super::request::Key;
use super::sql::{Server, beyond, conditions, named};
use super::{Bound, KeyRange, Rows, ScanColumn, ScanRequest};
use crate::model::canon::{Canon, SqlType};
use crate::model::engine::Engine;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// The hash function that both sides use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hash {
    #[default]
    Sha256,
    /// Where a server has no SHA-256: PostgreSQL before 11.
    Md5,
}

impl Hash {
    /// Hexadecimal digits of the hash of some bytes.
    pub(super) fn hex(self, engine: Engine, bytes: &str) -> String {
        match (self, engine) {
            (Self::Sha256, Engine::MySql) => format!("SHA2({bytes}, 256)"),
            (Self::Md5, Engine::MySql) => format!("MD5({bytes})"),
            (Self::Sha256, _) => format!("encode(sha256({bytes}), 'hex')"),
            (Self::Md5, _) => format!("md5({bytes})"),
        }
    }

    /// The first 60 bits of the hash of a text, as an integer.
    fn bits(self, engine: Engine, text: &str) -> String {
        if engine == Engine::MySql {
            return format!("CAST(CONV(LEFT({}, 15), 16, 10) AS UNSIGNED)", self.hex(engine, text));
        }
        let hex = self.hex(engine, &format!("convert_to({text}, 'UTF8')"));
        format!("('x' || substr({hex}, 1, 15))::bit(60)::bigint")
    }
}

/// Which rows make a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Groups {
    /// A key that is one integer: so many numbers to a group, the first of which are a multiple of it.
    Span(u64),
    /// Each group takes the key it ends with; the last one has no end.
    Bounds(Vec<Key>),
    /// By the hash of these columns.
    Hash(Hashed),
}

/// So many groups by the hash of some columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hashed {
    /// Positions among the request's columns, and how each is written.
    pub of: Vec<(usize, Written)>,
    pub hash: Hash,
    pub groups: u64,
}

/// What both servers are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Its rows, columns and key; the order does not matter.
    pub of: ScanRequest,
    /// How each of its columns is written.
    pub written: Vec<Written>,
    pub hash: Hash,
    pub groups: Groups,
}

/// Columns of a digest's rows: number of the group, rows, sum.
pub const GROUP: usize = 0;
pub const COUNT: usize = 1;
pub const SUM: usize = 2;

/// Added for a row that a server could not hash: no sum of hashes is as great, so whoever reads it knows.
pub const UNHASHED: &str = "10000000000000000000000000000000000000000";

impl Digest {
    /// The rows of its result, as a scan would ask for them.
    pub(super) fn result(&self, engine: Engine) -> ScanRequest {
        let (integer, decimal) = match engine {
            Engine::MySql => ("bigint", "decimal(65,0)"),
            _ => ("bigint", "numeric"),
        };
        let column = |name: &str, declared: &str, canon| ScanColumn {
            name: name.to_owned(),
            sql_type: SqlType::new(engine, declared),
            canon,
            nullable: false,
            byte_order: false,
            lob: None,
        };
        ScanRequest {
            columns: vec![
                column("group", integer, Canon::Int),
                column("rows", integer, Canon::Int),
                column("sum", decimal, Canon::Decimal),
            ],
            key: Vec::new(),
            rows: Rows::Range(KeyRange::default()),
            ordered: false,
            ..self.of.clone()
        }
    }

    pub(super) fn statement(&self, server: Server) -> String {
        let engine = server.dialect.engine;
        let all: Vec<(usize, Written)> = self.written.iter().copied().enumerate().collect();
        let row = self.hash.bits(engine, &text(server, self.hash, &self.of, &all));
        let (inner, group) = match &self.groups {
            Groups::Span(span) => (spanned(server, &self.of, *span), "g".to_owned()),
            Groups::Bounds(bounds) => (bounded(server, &self.of, bounds), "g".to_owned()),
            Groups::Hash(hashed) if hashed.of.len() == all.len() => {
                ("0".to_owned(), format!("mod(h, {})", hashed.groups))
            }
            Groups::Hash(hashed) => (hashed.group(server, &self.of), "g".to_owned()),
        };
        // The hash is named once outside: both engines would reckon it again for each name.
        let (integer, sum) = match engine {
            Engine::MySql => ("SIGNED", format!("CAST(sum(coalesce(h, {UNHASHED})) AS DECIMAL(65,0))")),
            _ => ("bigint", format!("CAST(sum(coalesce(h, {UNHASHED})) AS numeric)")),
        };
        let mut sql = format!(
            "SELECT CAST({group} AS {integer}), count(*), {sum} FROM (SELECT {inner} AS g, {row} AS h FROM {}",
            server.dialect.qualified(&self.of.schema, &self.of.table)
        );
        let conditions = conditions(server, &self.of);
        if !conditions.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(sql, " WHERE {}", conditions.join(" AND "));
        }
        if engine == Engine::PostgreSql && group != "g" {
            // Keeps the hash from being reckoned for the group and again for the sum.
            sql.push_str(" OFFSET 0");
        }
        sql.push_str(") AS r GROUP BY 1");
        if engine == Engine::MySql {
            // It would also sort them, for nobody.
            sql.push_str(" ORDER BY NULL");
        }
        sql
    }
}

impl Hashed {
    /// The number of a row's group.
    fn group(&self, server: Server, request: &ScanRequest) -> String {
        let text = text(server, self.hash, request, &self.of);
        format!("mod({}, {})", self.hash.bits(server.dialect.engine, &text), self.groups)
    }

    /// A condition: the row is in one of these groups.
    pub(super) fn among(&self, server: Server, request: &ScanRequest, numbers: &[u64]) -> String {
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        if numbers.is_empty() {
            return "1 = 0".to_owned();
        }
        format!("{} IN ({})", self.group(server, request), numbers.join(", "))
    }
}

/// Arguments of one function: PostgreSQL takes a hundred.
const ARGUMENTS: usize = 40;

/// Columns of a row as one text; NULL where one could not be written. What could hold a separator has its length before it.
fn text(server: Server, hash: Hash, request: &ScanRequest, of: &[(usize, Written)]) -> String {
    let parts = of.iter().filter_map(|(at, written)| {
        let column = request.columns.get(*at)?;
        Some(written.sql(server, hash, column, &named(server, request, column)))
    });
    let parts: Vec<String> = parts.collect();
    let join = |parts: &[String]| match server.dialect.engine {
        Engine::MySql => format!("concat({})", parts.join(", '|', ")),
        _ => format!("concat_ws('|', {})", parts.join(", ")),
    };
    let mut joined: Vec<String> = parts.chunks(ARGUMENTS).map(join).collect();
    if joined.len() == 1 { joined.remove(0) } else { join(&joined) }
}

fn spanned(server: Server, request: &ScanRequest, span: u64) -> String {
    let Some(column) = request.key.first().and_then(|at| request.columns.get(*at)) else { return "0".to_owned() };
    let name = named(server, request, column);
    match server.dialect.engine {
        Engine::MySql => format!("{name} DIV {span}"),
        // Both divide towards zero.
        _ => format!("{name} / {span}::bigint"),
    }
}

/// The number of the group, found by halves.
fn bounded(server: Server, request: &ScanRequest, bounds: &[Key]) -> String {
    fn within(server: Server, request: &ScanRequest, bounds: &[Key], first: usize) -> String {
        if bounds.is_empty() {
            return first.to_string();
        }
        let middle = bounds.len() / 2;
        let bound = Bound { key: bounds[middle].clone(), inclusive: true };
        format!(
            "CASE WHEN {} THEN {} ELSE {} END",
            beyond(server, request, &bound, false),
            within(server, request, &bounds[..middle], first),
            within(server, request, &bounds[middle + 1..], first + middle + 1)
        )
    }
    within(server, request, bounds, 0)
}
