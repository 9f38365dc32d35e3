//! What the databases of a task say, as rows: a line a check, then a line for each row of DMS's own tables.

use super::{Column, column, hidden, time};
use crate::model::Untrusted;
use crate::model::around::{Around, Key, Known, Listed};
use crate::model::drain::{Check, Topic};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const COLUMNS: &[Column] = &[
    column("kind", "KIND"),
    column("side", "SIDE"),
    column("standing", "STANDING"),
    column("name", "NAME"),
    column("words", "WORDS"),
    hidden("schema"),
    hidden("table"),
    column("key", "KEY"),
    column("at", "AT"),
    column("values", "VALUES"),
    hidden("total"),
    hidden("as_of"),
];

/// One line; what it does not have is null.
#[derive(Default)]
struct Line<'a> {
    kind: &'a str,
    side: &'a str,
    standing: Option<&'a str>,
    name: String,
    words: Option<String>,
    of: Option<(&'a Untrusted, &'a Untrusted)>,
    key: Value,
    at: Option<Timestamp>,
    values: Value,
    total: Option<u64>,
    as_of: Option<Timestamp>,
}

impl Line<'_> {
    fn cells(self) -> Vec<Value> {
        vec![
            json!(self.kind),
            json!(self.side),
            json!(self.standing),
            json!(self.name),
            json!(self.words),
            json!(self.of.map(|(schema, _)| schema.raw())),
            json!(self.of.map(|(_, table)| table.raw())),
            self.key,
            time(self.at),
            self.values,
            json!(self.total),
            time(self.as_of),
        ]
    }
}

/// The checks first, as [`crate::model::drain::of_databases`] makes them.
pub fn rows(around: &Around, checks: &[Check]) -> Vec<Vec<Value>> {
    let mut rows: Vec<Vec<Value>> = checks.iter().map(|check| of_check(around, check)).collect();
    let Ok(target) = around.target.seen() else { return rows };
    let as_of = around.target.as_of();
    for one in newest(&target.exceptions) {
        let line = Line {
            kind: "exception",
            side: "target",
            name: format!("{}.{}", one.schema.raw(), one.table.raw()),
            words: one.code.as_ref().map(|code| format!("SQLSTATE {code}")),
            of: Some((&one.schema, &one.table)),
            at: one.at,
            values: texts([&one.error, &one.statement]),
            as_of,
            ..Line::default()
        };
        rows.push(line.cells());
    }
    for one in newest(&target.suspended) {
        let line = Line {
            kind: "suspended",
            side: "target",
            name: format!("{}.{}", one.schema.raw(), one.table.raw()),
            of: Some((&one.schema, &one.table)),
            at: one.at,
            values: texts([&one.reason]),
            as_of,
            ..Line::default()
        };
        rows.push(line.cells());
    }
    for one in newest(&target.failures) {
        let key = match &one.key {
            Key::Columns(columns) => json!(columns.iter().map(Untrusted::raw).collect::<Vec<_>>()),
            Key::Text(text) => json!(text.raw()),
        };
        let line = Line {
            kind: "failure",
            side: "target",
            name: format!("{}.{}", one.schema.raw(), one.table.raw()),
            words: Some(one.kind.raw().to_owned()),
            of: Some((&one.schema, &one.table)),
            key,
            at: one.at,
            values: texts([&one.details]),
            as_of,
            ..Line::default()
        };
        rows.push(line.cells());
    }
    if let Known::Is(Some(status)) = &target.status {
        let pending = status.pending_changes.map(|n| format!("{n} changes pending"));
        let line = Line {
            kind: "status",
            side: "target",
            name: status.status.raw().to_owned(),
            words: pending,
            at: status.at,
            as_of,
            ..Line::default()
        };
        rows.push(line.cells());
    }
    rows
}

fn of_check(around: &Around, check: &Check) -> Vec<Value> {
    let of_source = matches!(check.topic, Topic::SourceLog | Topic::OpenTransactions);
    let (side, as_of) = if of_source { ("source", around.source.as_of()) } else { ("target", around.target.as_of()) };
    let total = around.target.seen().ok().and_then(|seen| match check.topic {
        Topic::Exceptions => seen.exceptions.is().map(|listed| listed.total),
        Topic::Suspended => seen.suspended.is().map(|listed| listed.total),
        Topic::Failures => seen.failures.is().map(|listed| listed.total),
        _ => None,
    });
    let line = Line {
        kind: "check",
        side,
        standing: Some(check.standing.word()),
        name: check.topic.word().to_owned(),
        words: Some(check.words.clone()),
        total,
        as_of,
        ..Line::default()
    };
    line.cells()
}

fn newest<T>(known: &Known<Listed<T>>) -> &[T] {
    known.is().map_or(&[], |listed| &listed.newest)
}

/// Those that were asked for; null where none was.
fn texts<const N: usize>(all: [&Option<Untrusted>; N]) -> Value {
    let all: Vec<&str> = all.into_iter().flatten().map(Untrusted::raw).collect();
    if all.is_empty() { Value::Null } else { json!(all) }
}
