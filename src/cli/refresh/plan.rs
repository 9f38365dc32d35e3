//! `cutover refresh plan NAME`: what will happen, in order, in words and in SQL; what forbids it; rows that are lost.

use super::super::print;
use super::super::validate::report::grouped;
use super::Output;
use crate::app::refresh;
use crate::app::{Failure, Setup};
use crate::model::masking::preview::{Preview, Previewed};
use crate::model::refresh::{Finding, Level, LoadedTable, OnFailure, Place, PlannedStep, Shown, StepKind};
use crate::model::untrusted::shown;
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;

/// Most warnings, and most notes, that are printed of one step.
const NAMED: usize = 8;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 it may run, 1 something forbids it, 2 usage or configuration, 3 it could not be told."
)]
pub struct Arguments {
    /// Name of a [refresh.NAME] of the configuration
    name: String,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Output::Table, value_name = "FORMAT")]
    output: Output,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let (built, notes) = refresh::plan::plan(setup, &arguments.name)?;
    for note in notes {
        print::note(&note);
    }
    match arguments.output {
        Output::Table => print::out(&print::lines(&whole(&built.shown)))?,
        Output::Json => print::out(&lines(&built.shown))?,
    }
    Ok(u8::from(!built.shown.may_run()))
}

/// The whole plan, a line each.
pub fn whole(plan: &Shown) -> Vec<String> {
    let (purpose, load, cadence) = (plan.purpose.word(), plan.load.word(), plan.cadence.word());
    let mut lines = vec![format!("{}: {purpose}, {load}, {cadence}", plan.name.0)];
    lines.push(format!("  task    {}", plan.task.shown()));
    lines.push(format!("  source  {}", place(&plan.source)));
    lines.push(format!("  target  {}", place(&plan.target)));
    lines.push(format!("  answer  {}", plan.answer.shown()));
    lines.push(format!("  plan    {}", plan.hash.short()));
    lines.push(String::new());
    lines.extend(tables(&plan.tables));
    lines.push(String::new());
    lines.push("What will be done".to_owned());
    let width = plan.steps.iter().map(|step| step.name.0.len()).max().unwrap_or_default();
    for (nth, one) in plan.steps.iter().enumerate() {
        lines.extend(step(nth + 1, width, one));
    }
    if !plan.previews.is_empty() {
        lines.push(String::new());
        lines.push("What masking makes of some rows; of old values class and length".to_owned());
        lines.extend(plan.previews.iter().flat_map(preview));
    }
    if !plan.sessions.is_empty() {
        lines.push(String::new());
        lines.push("Sessions on the target".to_owned());
        lines.extend(plan.sessions.iter().map(|session| format!("  {}", session.shown())));
    }
    let number = |level| plan.findings.iter().filter(|finding| finding.level == level).count();
    let mut levels: Vec<&Finding> = plan.findings.iter().collect();
    levels.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    if !levels.is_empty() {
        lines.push(String::new());
        lines.push("What was found".to_owned());
        let mut of_step: BTreeMap<(Level, StepKind), usize> = BTreeMap::new();
        let mut more = 0;
        for one in levels {
            let seen = of_step.entry((one.level, one.step)).or_default();
            *seen += 1;
            if one.level == Level::Blocking || *seen <= NAMED {
                lines.extend(finding(one));
            } else {
                more += 1;
            }
        }
        if more > 0 {
            lines.push(format!("           {more} more of the same steps: --output json"));
        }
    }
    lines.push(String::new());
    lines.push(match (number(Level::Blocking), number(Level::Warning)) {
        (0, 0) => "It may run. Nothing was changed.".to_owned(),
        (0, warnings) => format!("It may run; {} above. Nothing was changed.", count(warnings, "warning")),
        (1, _) => "1 thing forbids it. Nothing was changed.".to_owned(),
        (many, _) => format!("{many} things forbid it. Nothing was changed."),
    });
    lines
}

fn place(place: &Place) -> String {
    format!("{} ({}), by {}", place.place, place.engine, shown(&place.found_by))
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn tables(all: &[LoadedTable]) -> Vec<String> {
    let name = |(schema, table): &(String, String)| shown(&format!("{schema}.{table}")).into_owned();
    let about = |rows: Option<u64>| rows.map_or_else(|| "?".to_owned(), |rows| format!("~{}", grouped(rows)));
    let rows: Vec<[String; 4]> = all
        .iter()
        .map(|table| {
            let (from, to) = (name(&table.source), name(&table.target));
            let both = if from == to { from } else { format!("{from} -> {to}") };
            let only = table.only_target.map_or_else(|| "not counted".to_owned(), grouped);
            [both, about(table.rows_source), about(table.rows_target), only]
        })
        .collect();
    let heads = ["TABLE", "SOURCE", "TARGET", "ONLY TARGET"];
    let mut widths = heads.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; 4]| {
        let [a, b, c, d] = cells;
        let [one, two, three, four] = widths;
        format!("  {a:<one$}  {b:>two$}  {c:>three$}  {d:>four$}")
    };
    let mut lines = vec![count(all.len(), "table"), line(heads)];
    lines.extend(rows.iter().map(|[a, b, c, d]| line([a, b, c, d])));
    lines
}

fn step(nth: usize, width: usize, step: &PlannedStep) -> Vec<String> {
    let mut lines = Vec::new();
    let again = match (step.retry, step.on_failure) {
        (0, OnFailure::Stop) => String::new(),
        (retry, OnFailure::Stop) => format!(", tried again {retry} times"),
        (0, OnFailure::GoOn) => ", the run goes on without it".to_owned(),
        (retry, OnFailure::GoOn) => format!(", tried again {retry} times, then the run goes on without it"),
    };
    let mut words = step.words.iter();
    let first = words.next().map(|words| shown(words).into_owned()).unwrap_or_default();
    lines.push(format!("  {nth:>2} {:<width$}  {first}", step.name.0));
    let pad = " ".repeat(width + 7);
    lines.extend(words.map(|words| format!("{pad}{}", shown(words))));
    lines.push(format!("{pad}[at most {:#}{again}]", step.timeout));
    lines.extend(step.sql.iter().flat_map(|sql| sql.lines()).map(|line| format!("{pad}  {}", shown(line))));
    lines
}

fn preview(preview: &Preview) -> Vec<String> {
    let name = |column: &Previewed| shown(&column.name).into_owned();
    let width = preview.columns.iter().map(|column| name(column).chars().count()).max().unwrap_or_default();
    let mut lines = vec![format!("  {}", shown(&preview.table))];
    lines.extend(
        preview
            .columns
            .iter()
            .map(|column| format!("    {:<width$}  {}: {}", name(column), shown(&column.function), column.told("->"))),
    );
    lines
}

pub(super) fn finding(finding: &Finding) -> Vec<String> {
    let word = match finding.level {
        Level::Blocking => "FORBIDS",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let mut lines = vec![format!("  {word:<7}  {}: {}", finding.step.word(), finding.what.shown())];
    if !finding.do_this.is_empty() {
        lines.push(format!("           {}", shown(&finding.do_this)));
    }
    lines
}

/// One object a line: the plan, its tables, its steps, columns that are masked, what was found, and whether it may run.
fn lines(plan: &Shown) -> String {
    let mut all = vec![json!({
        "kind": "plan",
        "name": plan.name,
        "hash": plan.hash,
        "made": plan.made,
        "task": plan.task.raw(),
        "purpose": plan.purpose,
        "load": plan.load,
        "cadence": plan.cadence,
        "source": plan.source,
        "target": plan.target,
        "answer": plan.answer.raw(),
        "sessions": plan.sessions.iter().map(crate::model::untrusted::Untrusted::raw).collect::<Vec<_>>(),
    })];
    all.extend(plan.tables.iter().map(|table| {
        json!({
            "kind": "table",
            "source": format!("{}.{}", table.source.0, table.source.1),
            "target": format!("{}.{}", table.target.0, table.target.1),
            "rows_source": table.rows_source,
            "rows_target": table.rows_target,
            "only_target": table.only_target,
        })
    }));
    all.extend(plan.steps.iter().map(|step| {
        json!({
            "kind": "step",
            "name": step.name,
            "step": step.kind,
            "state": "planned",
            "attempt": 0,
            "words": step.words,
            "sql": step.sql,
            "timeout_seconds": step.timeout.as_secs(),
            "retry": step.retry,
            "on_failure": step.on_failure,
        })
    }));
    for preview in &plan.previews {
        all.extend(preview.columns.iter().map(|column| {
            json!({
                "kind": "preview",
                "target": preview.table,
                "column": column.name,
                "function": column.function,
                "values": column.values,
            })
        }));
    }
    all.extend(plan.findings.iter().map(|one| {
        json!({
            "kind": "finding",
            "level": one.level,
            "step": one.step,
            "what": one.what.raw(),
            "do_this": one.do_this,
        })
    }));
    let state = if plan.may_run() { "may-run" } else { "forbidden" };
    all.push(json!({ "kind": "summary", "state": state, "hash": plan.hash }));
    all.iter().map(|value| crate::model::listing::json_line(value) + "\n").collect()
}
