//! `cutover refresh status [NAME|RUN]`: the runs that have a journal here, and those of others that the ledgers on the targets of
//! the configuration tell of; or one of them.

use super::super::print;
use super::{Output, tell};
use crate::app::refresh::{command, listed_with_others, needs_somebody, only_elsewhere, plan, shown_now};
use crate::app::{Failure, Setup};
use crate::model::listing::json_line;
use crate::model::refresh::{RefreshName, RunHead};
use crate::model::untrusted::shown;
use clap::Args;
use serde_json::{Value, json};

/// Runs that are listed for a person.
const LISTED: usize = 40;
/// Lines of the log that are printed of one.
const LINES: usize = 40;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 nothing is wanted, 1 a run wants somebody: it failed, wants credentials, or its process is gone; 2 usage or configuration, 3 it could not be told."
)]
pub struct Arguments {
    /// Name of a refresh: its newest run; or the id of a run. Left out: all of them
    #[arg(value_name = "NAME|RUN")]
    named: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Output::Table, value_name = "FORMAT")]
    output: Output,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    match &arguments.named {
        Some(named) => one(setup, named, arguments.output),
        None => all(setup, arguments.output),
    }
}

fn all(setup: &Setup, output: Output) -> Result<u8, Failure> {
    let (heads, unread, unseen) = listed_with_others(setup)?;
    for why in &unread {
        print::note(why);
    }
    unasked(&unseen);
    match output {
        Output::Json => {
            print::out(&heads.iter().map(|head| json_line(&tell::head_json(head)) + "\n").collect::<String>())?;
        }
        Output::Table => print::out(&print::lines(&table(setup, &heads)))?,
    }
    // What cannot be read may be the one that wants somebody.
    Ok(if unread.is_empty() { u8::from(heads.iter().any(needs_somebody)) } else { 3 })
}

/// Says which targets could not be looked at: nothing is wrong with a run by that.
fn unasked(unseen: &[(RefreshName, String)]) {
    for (name, why) in unseen {
        print::note(&format!("the target of {} was not looked at for runs of others: {why}", shown(&name.0)));
    }
}

/// What is known of a run without its journal.
fn elsewhere(head: &RunHead) -> Option<String> {
    let beat = head.elsewhere.as_ref()?.beat.strftime("%Y-%m-%d %H:%M:%S UTC");
    let why = head.why.as_ref().map(|why| format!(": {}", why.shown())).unwrap_or_default();
    let who = format!("{} on {}", shown(&head.os_user), shown(&head.host));
    Some(format!("{}: by the ledger on its target, of {who}, last sign of life {beat}{why}", shown(&head.id.0)))
}

fn state(head: &RunHead) -> String {
    let left = match (head.is_left(), &head.elsewhere) {
        (false, _) => "",
        (true, None) => ", no process",
        (true, Some(_)) => ", silent",
    };
    format!("{}{left}", head.state.word())
}

fn table(setup: &Setup, heads: &[RunHead]) -> Vec<String> {
    let mut lines = Vec::new();
    let cells = |head: &RunHead| {
        let step = head.step.as_ref().map_or_else(|| "-".to_owned(), |step| step.0.clone());
        let next = command(head).unwrap_or_else(|| "-".to_owned());
        [
            head.name.0.clone(),
            head.id.0.clone(),
            state(head),
            step,
            head.began.strftime("%Y-%m-%d %H:%M").to_string(),
            next,
        ]
    };
    let mut rows = vec![["REFRESH", "RUN", "STATE", "STEP", "BEGAN", "NEXT"].map(str::to_owned)];
    rows.extend(heads.iter().take(LISTED).map(cells));
    if heads.is_empty() {
        lines.push("No refresh has a journal here, and no target tells of one.".to_owned());
    } else {
        lines.extend(aligned(&rows));
    }
    lines.extend(heads.iter().filter_map(elsewhere));
    if heads.len() > LISTED {
        lines.push(format!("{} older: --output json", heads.len() - LISTED));
    }
    let never: Vec<&str> = plan::names(setup).filter(|name| !heads.iter().any(|head| head.name.0 == **name)).collect();
    if !never.is_empty() {
        lines.push(format!("Never run from here: {}", never.join(", ")));
    }
    lines
}

fn aligned(rows: &[[String; 6]]) -> Vec<String> {
    let width = |nth: usize| rows.iter().map(|row| row[nth].chars().count()).max().unwrap_or_default();
    let line = |row: &[String; 6]| {
        let cells = row.iter().enumerate().map(|(nth, cell)| format!("{cell:<width$}", width = width(nth)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn one(setup: &Setup, named: &str, output: Output) -> Result<u8, Failure> {
    let (other, unseen) = only_elsewhere(setup, named)?;
    unasked(&unseen);
    if let Some(head) = other {
        match output {
            Output::Table => {
                let mut lines = vec![format!("{}: {}", head.name.0, state(&head))];
                lines.extend(elsewhere(&head).map(|line| format!("  {line}")));
                lines.extend(command(&head).map(|command| format!("  {command}")));
                print::out(&print::lines(&lines))?;
            }
            Output::Json => print::out(&(json_line(&tell::head_json(&head)) + "\n"))?,
        }
        return Ok(u8::from(needs_somebody(&head)));
    }
    let seen = shown_now(setup, named)?;
    let newest = &seen.lines[seen.lines.len().saturating_sub(LINES)..];
    match output {
        Output::Table => {
            let mut lines = tell::whole(&seen);
            if !newest.is_empty() {
                lines.push(String::new());
                lines.push("Log".to_owned());
                lines.extend(newest.iter().map(|line| {
                    let step = line.step.as_ref().map(|step| format!("{}: ", step.0)).unwrap_or_default();
                    let sign = if line.bad { "! " } else { "" };
                    format!("  {}  {sign}{step}{}", line.at.strftime("%H:%M:%S"), line.text.shown())
                }));
            }
            print::out(&print::lines(&lines))?;
        }
        Output::Json => {
            let mut all: Vec<Value> = vec![tell::head_json(&seen.head)];
            all.extend(seen.steps.iter().map(tell::step_json));
            all.extend(seen.away.iter().map(|one| {
                json!({
                    "kind": "away",
                    "what": one.kind,
                    "name": one.name.raw(),
                    "prior": one.prior.raw(),
                    "since": one.since,
                    "comes_back": one.comes_back,
                })
            }));
            all.extend(seen.load.iter().flat_map(|load| &load.tables).map(|table| {
                json!({
                    "kind": "table",
                    "schema": table.schema.raw(),
                    "name": table.table.raw(),
                    "state": table.state.raw(),
                    "rows": table.rows,
                })
            }));
            all.extend(newest.iter().map(tell::line_json));
            all.push(tell::summary_json(&seen));
            print::out(&all.iter().map(|value| json_line(value) + "\n").collect::<String>())?;
        }
    }
    Ok(u8::from(needs_somebody(&seen.head)))
}
