//! `cutover activity`: the audit of this user on this machine.

use super::print::{Column, Format, List, column, hidden, time};
use crate::app::change::activity;
use crate::app::{Failure, Setup};
use crate::model::audit::{Activity, How, Standing};
use clap::Args;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub struct Arguments {
    /// How the list is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
}

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
const COLUMNS: &[Column] = &[
    hidden("id"),
    column("asked_at", "ASKED"),
    hidden("ended_at"),
    column("result", "RESULT"),
    hidden("state"),
    column("kind", "WHAT"),
    column("name", "NAME"),
    hidden("arn"),
    hidden("environment"),
    column("account", "ACCOUNT"),
    hidden("region"),
    hidden("profile"),
    hidden("caller"),
    column("os_user", "WHO"),
    column("host", "FROM"),
    hidden("pid"),
    hidden("tty"),
    hidden("version"),
    hidden("confirmed_by"),
    hidden("preview"),
    hidden("precondition"),
    hidden("aws_command"),
    hidden("request_id"),
    column("outcome", "OUTCOME"),
    column("advice", "TO DO"),
];

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let rows = activity(setup)?.iter().map(row).collect();
    List { columns: COLUMNS, rows }.print(arguments.output)?;
    Ok(0)
}

/// What is left behind is unknown, whatever its last state was.
fn result(standing: Standing) -> &'static str {
    match standing {
        Standing::Ended(state) => state.word(),
        Standing::UnderWay => "under-way",
        Standing::LeftBehind => "unknown",
    }
}

fn row(activity: &Activity) -> Vec<Value> {
    let Activity { entry, standing, advice } = activity;
    vec![
        json!(entry.id),
        time(Some(entry.asked_at)),
        time(entry.ended_at),
        json!(result(*standing)),
        json!(entry.state.word()),
        json!(entry.kind),
        json!(entry.name),
        json!(entry.arn.raw()),
        json!(entry.environment),
        json!(entry.scope.account.0),
        json!(entry.scope.region.0),
        json!(entry.scope.profile),
        json!(entry.caller.raw()),
        json!(entry.whence.os_user),
        json!(entry.whence.host),
        json!(entry.whence.pid),
        json!(entry.whence.tty),
        json!(entry.whence.version),
        json!(entry.confirmed_by.map(How::word)),
        json!(entry.preview),
        entry.precondition.clone(),
        json!(entry.aws_command),
        json!(entry.request_id),
        json!(entry.outcome),
        json!((!advice.is_empty()).then_some(advice)),
    ]
}
