//! `cutover schedules enable` and `disable`.

use super::confirm;
use super::print::{self, Column, Format, column, time};
use crate::app::change::{self, Asked, Ended, Ending};
use crate::app::{Failure, Setup};
use crate::model::audit::State;
use crate::model::change::{Change, Destination, Switch};
use clap::Args;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub struct Arguments {
    /// rule:BUS/NAME, schedule:GROUP/NAME, or a NAME that only one of all has
    #[arg(value_name = "NAME")]
    which: String,
    /// Do not ask: this is meant. Not enough to enable what destroys rows when it fires
    #[arg(long, conflicts_with_all = ["confirm", "dry_run"])]
    yes: bool,
    /// Do not ask: the exact name, without bus or group, of what is meant; with --target
    #[arg(long, value_name = "NAME", requires = "target")]
    confirm: Option<String>,
    /// Host and database that the task it starts writes to, both exactly; HOST/ where its endpoint names no database
    #[arg(long, value_name = "HOST/DB", requires = "confirm")]
    target: Option<Destination>,
    /// Only look, also in read-only mode: what would come of it, and whether it may be done
    #[arg(long, conflicts_with = "confirm")]
    dry_run: bool,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
}

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
const COLUMNS: &[Column] = &[
    column("result", "RESULT"),
    column("action", "ACTION"),
    column("kind", "KIND"),
    column("group", "BUS OR GROUP"),
    column("name", "NAME"),
    column("arn", "ARN"),
    column("environment", "ENVIRONMENT"),
    column("account", "ACCOUNT"),
    column("region", "REGION"),
    column("state_before", "BEFORE"),
    column("state_after", "AFTER"),
    column("message", "MESSAGE"),
    column("effects", "EFFECTS"),
    column("next", "NEXT"),
    column("starts", "STARTS"),
    column("aws_command", "BY HAND"),
    column("audit_id", "AUDIT"),
    column("request_id", "REQUEST"),
    column("at", "AT"),
];

pub fn run(setup: &Setup, to: Switch, arguments: &Arguments) -> Result<u8, Failure> {
    if arguments.dry_run {
        let ended = change::dry_run_switch(setup, &arguments.which, to)?;
        if arguments.output == Format::Table {
            print::out(&print::lines(&ended.preview.lines()))?;
        }
        return confirm::end(&ended, arguments.output, COLUMNS, row(&ended, to));
    }
    let Arguments { which, yes, confirm, target, .. } = arguments;
    let ended = match change::switch(setup, which, to, *yes || confirm.is_some())? {
        Asked::Ended(ended) => *ended,
        Asked::Open(open) => confirm::by(*open, *yes, confirm.as_deref(), target.as_ref())?,
    };
    confirm::end(&ended, arguments.output, COLUMNS, row(&ended, to))
}

fn row(ended: &Ended, to: Switch) -> Vec<Value> {
    let Ended { preview, ending, lines, outcome, .. } = ended;
    let Change::Switch { what, .. } = &preview.change else { return Vec::new() };
    let before = preview.precondition.state();
    let after = match (ending, outcome.as_ref().and_then(|outcome| outcome.state_after.as_ref())) {
        (Ending::NothingToDo | Ending::Refused | Ending::Legal, _) => json!(before),
        (_, Some(state)) => json!(state),
        // Refused by AWS after it was read: it is as it was, as far as is known.
        (_, None) if outcome.as_ref().is_some_and(|outcome| outcome.state == State::Failed) => json!(before),
        (_, None) => Value::Null,
    };
    let starts: Vec<&str> = preview.starts().map(crate::model::ReplicationArn::as_str).collect();
    vec![
        json!(ending.word()),
        json!(to.word()),
        json!(what.kind.word()),
        json!(what.group.raw()),
        json!(what.name.raw()),
        json!(preview.precondition.arn().raw()),
        json!(preview.environment),
        json!(preview.scope.account.0),
        json!(preview.scope.region.0),
        json!(before),
        after,
        json!(lines.join("; ")),
        json!(preview.effects),
        json!(preview.fires.iter().map(ToString::to_string).collect::<Vec<_>>()),
        json!(starts),
        json!(preview.aws_command),
        json!(outcome.as_ref().and_then(|outcome| outcome.audit.clone())),
        json!(outcome.as_ref().and_then(|outcome| outcome.request_id.clone())),
        time(Some(outcome.as_ref().map_or(preview.made, |outcome| outcome.at))),
    ]
}
