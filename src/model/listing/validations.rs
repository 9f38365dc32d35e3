//! What a comparison came to, as it is printed: a line a table, a line a difference, and one for all.

use super::{Column, List, column, hidden, time};
use crate::model::Untrusted;
use crate::model::validation::{
    Cell, Check, GateSeen, Gated, NotCompared, RowResult, RunId, TableResult, Trigger, Verdict,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const TABLE: &[Column] = &[
    hidden("kind"),
    column("source", "SOURCE"),
    column("target", "TARGET"),
    column("method", "METHOD"),
    column("verdict", "VERDICT"),
    column("rows_source", "ROWS SOURCE"),
    column("rows_target", "ROWS TARGET"),
    column("different", "DIFFERENT"),
    column("missing", "MISSING"),
    column("extra", "EXTRA"),
    column("in_flight", "IN FLIGHT"),
    column("unsettled", "UNSETTLED"),
    hidden("not_compared"),
    hidden("problems"),
    hidden("at_rest"),
    hidden("as_of_from"),
    hidden("as_of_to"),
    hidden("fingerprint"),
    hidden("why"),
    hidden("checks"),
    hidden("arrived"),
];

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const ROW: &[Column] = &[
    hidden("kind"),
    column("source", "SOURCE"),
    column("target", "TARGET"),
    column("key", "KEY"),
    column("change", "CHANGE"),
    column("columns", "COLUMNS"),
    hidden("first_seen"),
    hidden("last_seen"),
    hidden("source_values"),
    hidden("target_values"),
    hidden("source_hash"),
    hidden("target_hash"),
];

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const SUMMARY: &[Column] = &[
    hidden("kind"),
    column("verdict", "VERDICT"),
    hidden("tables"),
    hidden("tables_equal"),
    hidden("tables_different"),
    hidden("tables_unknown"),
    hidden("rows_source"),
    hidden("rows_target"),
    hidden("differences"),
    hidden("differences_listed"),
    hidden("source_only"),
    hidden("target_only"),
    hidden("waived"),
    hidden("source_at"),
    hidden("target_at"),
    hidden("seen_from"),
    hidden("as_of_from"),
    hidden("as_of_to"),
    hidden("interrupted"),
    hidden("run"),
    hidden("kept"),
    hidden("gate"),
    hidden("gate_why"),
    hidden("no_gate"),
    hidden("notes"),
    hidden("problems"),
    hidden("arrived"),
];

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const RUN: &[Column] =
    &[hidden("kind"), hidden("run"), hidden("trigger"), hidden("task"), hidden("began"), hidden("seen_from")];

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const GATE: &[Column] = &[
    hidden("kind"),
    hidden("run"),
    hidden("state"),
    hidden("why"),
    hidden("at_rest"),
    hidden("latency_seconds"),
    hidden("at"),
];

/// In CSV tables and differences stand in one list, which needs one header.
pub const ALL: &[Column] = &[
    hidden("kind"),
    hidden("source"),
    hidden("target"),
    hidden("method"),
    hidden("verdict"),
    hidden("rows_source"),
    hidden("rows_target"),
    hidden("different"),
    hidden("missing"),
    hidden("extra"),
    hidden("in_flight"),
    hidden("unsettled"),
    hidden("not_compared"),
    hidden("problems"),
    hidden("key"),
    hidden("change"),
    hidden("columns"),
    hidden("source_values"),
    hidden("target_values"),
    hidden("as_of_from"),
    hidden("as_of_to"),
];

/// The answer to everything that was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub verdict: Verdict,
    pub tables: usize,
    pub equal: usize,
    pub different: usize,
    pub unknown: usize,
    pub rows_source: u64,
    pub rows_target: u64,
    pub differences: u64,
    pub listed: u64,
    pub source_only: Vec<Untrusted>,
    pub target_only: Vec<Untrusted>,
    /// What was waived, and needed to be.
    pub waived: Vec<Untrusted>,
    pub source_at: String,
    pub target_at: String,
    pub seen_from: String,
    pub as_of_from: Option<Timestamp>,
    pub as_of_to: Option<Timestamp>,
    pub interrupted: bool,
    /// Its name, see [`crate::model::validation::RunId`].
    #[serde(default)]
    pub run: String,
    /// It stands in the store, to its end.
    #[serde(default)]
    pub kept: bool,
    /// What it waited for, and what became of that; `None` where no task is known.
    #[serde(default)]
    pub gate: Option<Gated>,
    /// Rows that differed at first and are equal by now.
    #[serde(default)]
    pub arrived: u64,
}

impl Summary {
    /// Nothing was written on either side meanwhile, as far as the task tells; `None`: not known.
    pub fn at_rest(&self) -> Option<bool> {
        match &self.gate.as_ref()?.seen {
            GateSeen::Open { at_rest, .. } => *at_rest,
            GateSeen::Waiting { .. } | GateSeen::Shut { .. } => None,
        }
    }
}

pub fn table(result: &TableResult) -> Vec<Value> {
    let tally = result.tally;
    vec![
        json!("table"),
        json!(result.source.raw()),
        json!(Some(result.target.raw()).filter(|name| !name.is_empty())),
        json!(result.method.word()),
        json!(result.verdict().word()),
        json!(tally.source),
        json!(tally.target),
        json!(tally.different),
        json!(tally.missing),
        json!(tally.extra),
        json!(tally.in_flight),
        json!(tally.unsettled),
        json!(result.not_compared.iter().map(not_compared).collect::<Vec<_>>()),
        json!(result.problems.iter().map(Untrusted::raw).collect::<Vec<_>>()),
        json!(result.at_rest),
        time(result.as_of_from),
        time(result.as_of_to),
        json!(result.fingerprint),
        json!(result.why),
        json!(result.checks.iter().map(check).collect::<Vec<_>>()),
        json!(tally.arrived),
    ]
}

fn check(one: &Check) -> Value {
    let word = match one.passed {
        Some(true) => "passed",
        Some(false) => "not passed",
        None => "not known",
    };
    let message = format!("{}: {word}", one.name.raw());
    json!({"name": one.name.raw(), "source": one.source, "target": one.target, "passed": one.passed, "message": message})
}

/// `message` is what a person reads where there is one cell for it.
fn not_compared(one: &NotCompared) -> Value {
    let column = one.column.as_ref().map(Untrusted::raw);
    let waived = if one.waived { " (waived)" } else { "" };
    let message = format!("{}: {}{waived}", column.unwrap_or("whole table"), one.reason);
    json!({"column": column, "reason": one.reason, "waived": one.waived, "message": message})
}

/// `values`: with the values, where they were asked for.
pub fn row(result: &RowResult, values: bool) -> Vec<Value> {
    vec![
        json!("row"),
        json!(result.source.raw()),
        json!(result.target.raw()),
        object(&result.key),
        json!(result.change.word()),
        json!(result.columns.iter().map(Untrusted::raw).collect::<Vec<_>>()),
        time(Some(result.first_seen)),
        time(Some(result.last_seen)),
        if values { object(&result.source_values) } else { Value::Null },
        if values { object(&result.target_values) } else { Value::Null },
        json!(result.source_hash),
        json!(result.target_hash),
    ]
}

fn object(cells: &[Cell]) -> Value {
    Value::Object(cells.iter().map(|cell| (cell.column.raw().to_owned(), cell.value.clone())).collect::<Map<_, _>>())
}

pub fn summary(summary: &Summary) -> Vec<Value> {
    let names = |all: &[Untrusted]| json!(all.iter().map(Untrusted::raw).collect::<Vec<_>>());
    vec![
        json!("summary"),
        json!(summary.verdict.word()),
        json!(summary.tables),
        json!(summary.equal),
        json!(summary.different),
        json!(summary.unknown),
        json!(summary.rows_source),
        json!(summary.rows_target),
        json!(summary.differences),
        json!(summary.listed),
        names(&summary.source_only),
        names(&summary.target_only),
        names(&summary.waived),
        json!(summary.source_at),
        json!(summary.target_at),
        json!(summary.seen_from),
        time(summary.as_of_from),
        time(summary.as_of_to),
        json!(summary.interrupted),
        json!(summary.run),
        json!(summary.kept),
        json!(summary.gate.as_ref().map(|gate| gate.seen.word())),
        json!(summary.gate.as_ref().map(|gate| gate.seen.why())),
        json!(summary.gate.as_ref().and_then(|gate| gate.waived.as_ref())),
        names(summary.gate.as_ref().map_or(&[], |gate| &gate.notes)),
        names(summary.gate.as_ref().map_or(&[], |gate| &gate.problems)),
        json!(summary.arrived),
    ]
}

/// A comparison begins: every line from here to its summary is of this one.
pub fn run(id: &RunId, trigger: &Trigger, task: Option<&str>, began: Timestamp, from: &str) -> Vec<Value> {
    let word = match trigger {
        Trigger::Operator => "operator",
        Trigger::Stopped => "stopped",
        Trigger::Every(_) => "every",
    };
    vec![json!("run"), json!(id.0), json!(word), json!(task), time(Some(began)), json!(from)]
}

/// What a gate says.
pub fn gate(id: &RunId, seen: &GateSeen, at: Timestamp) -> Vec<Value> {
    let (at_rest, latency) = match seen {
        GateSeen::Open { at_rest, latency, .. } => (*at_rest, *latency),
        GateSeen::Waiting { .. } | GateSeen::Shut { .. } => (None, None),
    };
    let seconds = latency.map(|latency: SignedDuration| latency.as_secs());
    vec![
        json!("gate"),
        json!(id.0),
        json!(seen.word()),
        json!(seen.why()),
        json!(at_rest),
        json!(seconds),
        time(Some(at)),
    ]
}

/// Tables and differences in one list, for CSV. A key and values are `name=value`, joined.
pub fn all<'a>(tables: impl Iterator<Item = (&'a TableResult, &'a [RowResult])>, values: bool) -> List {
    let mut rows = Vec::new();
    for (result, differences) in tables {
        rows.push(line(TABLE, &table(result)));
        for one in differences {
            let mut cells = line(ROW, &row(one, values));
            for cell in &mut cells {
                if let Value::Object(map) = cell {
                    *cell =
                        json!(map.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect::<Vec<_>>());
                }
            }
            rows.push(cells);
        }
    }
    List { columns: ALL, rows }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The values of other columns, in the places these have in [`ALL`].
fn line(columns: &[Column], values: &[Value]) -> Vec<Value> {
    let of = |name: &str| columns.iter().position(|column| column.name == name).and_then(|at| values.get(at)).cloned();
    ALL.iter().map(|column| of(column.name).unwrap_or(Value::Null)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Shape;
    use super::*;
    use crate::model::validation::{Method, RowChange, Tally};

    #[test]
    fn tables_and_differences_share_one_csv() {
        let name = || Untrusted::from("shop.t");
        let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let result = TableResult {
            source: name(),
            target: name(),
            method: Method::Stream,
            tally: Tally { source: Some(2), target: Some(2), different: Some(1), ..Tally::default() },
            not_compared: vec![NotCompared { column: Some("note".into()), reason: "no".into(), waived: true }],
            problems: Vec::new(),
            at_rest: None,
            as_of_from: Some(at),
            as_of_to: None,
            fingerprint: "f".into(),
            checks: Vec::new(),
            why: String::new(),
        };
        let difference = RowResult {
            source: name(),
            target: name(),
            key: vec![Cell { column: "id".into(), value: json!(7) }, Cell { column: "k".into(), value: json!("=x") }],
            change: RowChange::Different,
            columns: vec!["a".into(), "b".into()],
            first_seen: at,
            last_seen: at,
            source_values: vec![Cell { column: "a".into(), value: Value::Null }],
            target_values: Vec::new(),
            source_hash: Some("5e".into()),
            target_hash: None,
        };
        let text = all([(&result, &[difference][..])].into_iter(), false).text(Shape::Csv).unwrap();
        let want = "kind,source,target,method,verdict,rows_source,rows_target,different,missing,extra,in_flight,\
                    unsettled,not_compared,problems,key,change,columns,source_values,target_values,as_of_from,as_of_to\n\
                    table,shop.t,shop.t,stream,different,2,2,1,,,,,note: no (waived),,,,,,,2026-11-22T10:00:00Z,\n\
                    row,shop.t,shop.t,,,,,,,,,,,,id=7; k==x,different,a; b,,,,\n";
        assert_eq!(text, want);
    }
}
