//! Comparisons that are kept, and what each came to for one table, as they are printed.

use super::{Column, column, hidden, time};
use crate::model::Untrusted;
use crate::model::listing::validations;
use crate::model::untrusted::shown;
use crate::model::validation::{KeptOfTable, KeptRun, Trigger, What};
use serde_json::{Value, json};

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const COLUMNS: &[Column] = &[
    hidden("kind"),
    column("run", "RUN"),
    column("of", "OF"),
    column("state", "STATE"),
    column("verdict", "VERDICT"),
    column("tables", "TABLES"),
    column("differences", "DIFFERENCES"),
    column("source_at", "SOURCE"),
    column("target_at", "TARGET"),
    hidden("task"),
    hidden("name"),
    hidden("trigger"),
    hidden("began"),
    hidden("resumed"),
    hidden("ended"),
    hidden("tables_done"),
    hidden("tables_equal"),
    hidden("tables_different"),
    hidden("tables_unknown"),
    hidden("rows_source"),
    hidden("rows_target"),
    hidden("as_of_from"),
    hidden("as_of_to"),
    hidden("source_engine"),
    hidden("target_engine"),
    hidden("source_by"),
    hidden("target_by"),
    hidden("seen_from"),
    hidden("gate"),
    hidden("gate_why"),
    hidden("why"),
    hidden("os_user"),
    hidden("host"),
    hidden("pid"),
    hidden("fingerprint"),
];

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const HISTORY: &[Column] = &[
    column("run", "RUN"),
    column("of", "OF"),
    column("state", "STATE"),
    column("verdict", "VERDICT"),
    column("method", "METHOD"),
    column("rows_source", "ROWS SOURCE"),
    column("rows_target", "ROWS TARGET"),
    column("different", "DIFFERENT"),
    column("missing", "MISSING"),
    column("extra", "EXTRA"),
    hidden("in_flight"),
    hidden("unsettled"),
    column("target", "TARGET TABLE"),
    hidden("source"),
    hidden("source_at"),
    hidden("target_at"),
    hidden("not_compared"),
    hidden("problems"),
    hidden("at_rest"),
    hidden("as_of_from"),
    hidden("as_of_to"),
    hidden("began"),
    hidden("fingerprint"),
];

/// What it is of, in a word or by its name: clean for a terminal.
pub fn of(what: &What) -> String {
    match what {
        What::Task(name) => format!("task {}", shown(name)),
        What::Named(name) => format!("[validation.{}]", shown(name)),
        What::Addresses => "two addresses".to_owned(),
    }
}

fn trigger(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Operator => "operator",
        Trigger::Stopped => "stopped",
        Trigger::Every(_) => "every",
    }
}

pub fn cells(run: &KeptRun) -> Vec<Value> {
    let summary = run.summary.as_ref();
    let number = |of: fn(&validations::Summary) -> u64| json!(summary.map(of));
    let count = |of: fn(&validations::Summary) -> usize| json!(summary.map(of));
    let (task, name) = match &run.what {
        What::Task(name) => (Some(name), None),
        What::Named(name) => (None, Some(name)),
        What::Addresses => (None, None),
    };
    let gate = run.gate_seen.as_ref();
    vec![
        json!("run"),
        json!(run.id.0),
        json!(of(&run.what)),
        json!(run.state.word()),
        json!(run.verdict.map(crate::model::validation::Verdict::word)),
        json!(run.tables),
        number(|summary| summary.differences),
        json!(run.source.at.raw()),
        json!(run.target.at.raw()),
        json!(task),
        json!(name),
        json!(trigger(run.trigger)),
        time(Some(run.started)),
        time(run.resumed),
        time(run.ended),
        json!(run.tables_done),
        count(|summary| summary.equal),
        count(|summary| summary.different),
        count(|summary| summary.unknown),
        number(|summary| summary.rows_source),
        number(|summary| summary.rows_target),
        time(summary.and_then(|summary| summary.as_of_from)),
        time(summary.and_then(|summary| summary.as_of_to)),
        json!(run.source.engine),
        json!(run.target.engine),
        json!(run.source.by),
        json!(run.target.by),
        json!(run.seen_from),
        json!(gate.map(|gate| gate.word())),
        json!(gate.map(|gate| gate.why())),
        json!(run.why),
        json!(run.os_user),
        json!(run.host),
        json!(run.pid),
        json!(run.fingerprint),
    ]
}

pub fn history(one: &KeptOfTable) -> Vec<Value> {
    // Under the names they have where the table is printed.
    let table = one.result.as_ref().map(validations::table).unwrap_or_default();
    let of_table = |name: &str| {
        let at = validations::TABLE.iter().position(|column| column.name == name);
        at.and_then(|at| table.get(at)).cloned().unwrap_or(Value::Null)
    };
    let run = &one.run;
    HISTORY
        .iter()
        .map(|column| match column.name {
            "run" => json!(run.id.0),
            "of" => json!(of(&run.what)),
            "state" => json!(run.state.word()),
            "source" => json!(one.source.raw()),
            "target" => json!(Some(one.target.raw()).filter(|name| !name.is_empty())),
            "source_at" => json!(run.source.at.raw()),
            "target_at" => json!(run.target.at.raw()),
            "began" => time(Some(run.started)),
            name => of_table(name),
        })
        .collect()
}

/// Who it was and from where, in lines for a person.
pub fn lines(run: &KeptRun) -> Vec<String> {
    let side = |side: &crate::model::validation::PlannedSide| {
        format!("{} ({}, {})", side.at.shown(), side.engine, shown(&side.by))
    };
    let verdict = run.verdict.map_or_else(String::new, |verdict| format!(", {}", verdict.word()));
    let mut lines = vec![
        format!("{} of {}: {}{verdict}", run.id.0, of(&run.what), run.state.word()),
        format!("  source {}", side(&run.source)),
        format!("  target {}", side(&run.target)),
        format!("  begun {:.0} by {} on {} (process {})", run.started, shown(&run.os_user), shown(&run.host), run.pid),
    ];
    let time = |words: &str, at: Option<jiff::Timestamp>| at.map(|at| format!("  {words} {at:.0}"));
    lines.extend(time("gone on with", run.resumed));
    lines.extend(time("ended", run.ended));
    lines.extend(run.gate_seen.as_ref().map(|gate| format!("  gate {}: {}", gate.word(), shown(gate.why()))));
    lines.extend(run.why.as_ref().map(|why| format!("  it could not go on: {}", shown(why))));
    let undone = run.tables.saturating_sub(run.tables_done);
    if undone > 0 {
        lines.push(format!("  {undone} of {} tables not done", run.tables));
    }
    lines
}

/// A table that was not done, in the words of its plan.
pub fn undone(source: &Untrusted) -> String {
    format!("{:<12} {:>11} {:>11} {:>7} {:>7} {:>7}  {}", "not done", "-", "-", "-", "-", "-", source.shown())
}
