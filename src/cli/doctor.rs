//! `cutover doctor`.

use super::print::{self, Column, List, hidden};
use crate::app::doctor::{self, Area, Examined, Finding, Verdict};
use crate::app::{Failure, Flags};
use crate::model::Untrusted;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr as _;

#[derive(Debug, Args)]
pub struct Arguments {
    /// How the findings are printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: what was found, and below it what to do
    Table,
    /// One JSON array; names are promised, see docs/json.md
    Json,
}

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
const COLUMNS: &[Column] = &[
    hidden("area"),
    hidden("check"),
    hidden("result"),
    hidden("message"),
    hidden("detail"),
    hidden("action"),
    hidden("request_id"),
];

pub fn run(flags: &Flags, arguments: &Arguments) -> Result<u8, Failure> {
    let examined = doctor::examine(flags)?;
    match arguments.output {
        Format::Table => print::out(&text(&examined))?,
        Format::Json => {
            let rows = examined.findings.iter().map(row).collect();
            List { columns: COLUMNS, rows }.print(print::Format::Json)?;
        }
    }
    Ok(match examined.verdict() {
        Verdict::Passed | Verdict::Untried => 0,
        Verdict::Failed => 1,
        Verdict::Unknown => 3,
    })
}

fn row(finding: &Finding) -> Vec<Value> {
    let raw = |text: &Option<Untrusted>| json!(text.as_ref().map(Untrusted::raw));
    vec![
        json!(finding.area.word()),
        json!(finding.check.raw()),
        json!(finding.verdict.word()),
        json!(finding.message.raw()),
        raw(&finding.detail),
        raw(&finding.action),
        json!(finding.request_id),
    ]
}

/// Columns of a check's name; a longer one pushes its line, not every other.
const CHECK_MAX: usize = 40;

/// A message goes on below itself where there is so much room.
const ROOM: usize = 40;

/// Narrower than this nothing is wrapped: the terminal does it no worse.
const NARROWEST: usize = 50;

fn heading(area: Area) -> &'static str {
    match area {
        Area::Configuration => "Configuration",
        Area::Account => "Account",
        Area::Permissions => "Permissions of the read-only mode",
        Area::Operating => "Changing something",
        Area::Logs => "Logs of the tasks",
        Area::Databases => "Databases",
        Area::Refreshes => "Refreshes",
        Area::Terminal => "Terminal",
        Area::Host => "This machine",
    }
}

fn text(examined: &Examined) -> String {
    let columns = examined.columns.map(usize::from).filter(|columns| *columns >= NARROWEST);
    let mut out = String::new();
    for of_area in examined.findings.chunk_by(|one, next| one.area == next.area) {
        let _ = writeln!(out, "{}", heading(of_area[0].area));
        let widest = of_area.chunk_by(same).map(|alike| name(alike).width()).max().unwrap_or(0).min(CHECK_MAX);
        for alike in of_area.chunk_by(same) {
            paragraph(alike, widest, columns, &mut out);
        }
        out.push('\n');
    }
    let count = |verdict| examined.count(verdict);
    let (passed, failed, unknown) = (count(Verdict::Passed), count(Verdict::Failed), count(Verdict::Unknown));
    let untried = match count(Verdict::Untried) {
        0 => String::new(),
        n => format!(", {n} not tried"),
    };
    let _ = writeln!(out, "{passed} passed, {failed} failed, {unknown} unknown{untried}");
    out
}

/// What nobody could tell for one and the same reason is told once.
fn same(one: &Finding, next: &Finding) -> bool {
    matches!(one.verdict, Verdict::Unknown | Verdict::Untried)
        && Finding { check: one.check.clone(), ..next.clone() } == *one
}

fn name(alike: &[Finding]) -> Cow<'_, str> {
    match alike {
        [one] => one.check.shown(),
        several => format!("{} checks", several.len()).into(),
    }
}

fn paragraph(alike: &[Finding], widest: usize, columns: Option<usize>, out: &mut String) {
    let Some(finding) = alike.first() else { return };
    let word = match finding.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "FAILED",
        Verdict::Unknown => "unknown",
        Verdict::Untried => "untried",
    };
    let check = name(alike);
    let fill = " ".repeat(widest.saturating_sub(check.width()));
    let first = format!("  {word:<7}  {check}{fill}  ");
    // Under the name of the check: beside it there is little room for what may be long.
    let indent = " ".repeat("  passed   ".len());
    let names = alike.iter().map(|finding| finding.check.shown()).collect::<Vec<_>>().join(", ");
    let request = finding.request_id.as_deref().map(|id| format!("request id {id}"));
    let below =
        if columns.is_some_and(|columns| columns >= first.width() + ROOM) { first.width() } else { indent.len() };
    wrap(&first, &" ".repeat(below), &finding.message.shown(), columns, out);
    let more = [
        (alike.len() > 1).then_some(names),
        finding.detail.as_ref().map(|detail| detail.shown().into_owned()),
        request,
    ];
    for line in more.iter().flatten() {
        wrap(&indent, &indent, line, columns, out);
    }
    if let Some(action) = &finding.action {
        wrap(&format!("{indent}-> "), &format!("{indent}   "), &action.shown(), columns, out);
    }
}

/// Whole words, as many as fit.
pub(super) fn wrap(first: &str, indent: &str, text: &str, columns: Option<usize>, out: &mut String) {
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split(' ') {
        let too_long = columns.is_some_and(|columns| line.width() + 1 + word.width() > columns);
        if !empty && too_long {
            out.push_str(line.trim_end());
            out.push('\n');
            indent.clone_into(&mut line);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_told_to_people_in_lines_that_fit() {
        let area = Area::Permissions;
        let findings = vec![
            Finding::passed(area, "dms:DescribeEvents", "allowed"),
            Finding::failed(area, "logs:FilterLogEvents", "access denied", "Allow it\u{1b}[2J.")
                .because("User: somebody is not authorized to perform: logs:FilterLogEvents on anything"),
            Finding::unknown(area, "a:B", "not tried", "Sign in."),
            Finding::unknown(area, "a:C", "not tried", "Sign in."),
            Finding::failed(Area::Host, "after logout", "x", "y"),
        ];
        let want = "\
Permissions of the read-only mode
  passed   dms:DescribeEvents    allowed
  FAILED   logs:FilterLogEvents  access denied
           User: somebody is not authorized to perform:
           logs:FilterLogEvents on anything
           -> Allow it[2J.
  unknown  2 checks              not tried
           a:B, a:C
           -> Sign in.

This machine
  FAILED   after logout  x
           -> y

1 passed, 2 failed, 2 unknown
";
        assert_eq!(text(&Examined { findings, columns: Some(60) }), want);
    }
}
