//! What is the same for `cutover start`, `resume`, `stop`, `reload` and `test-connections`: one task, one change, one row.

use super::confirm::{self, Confirming};
use super::print::{self, Column, Format, column, hidden, time};
use crate::app::change::{self, Asked, Ended, Ending, Follow};
use crate::app::{Failure, Setup};
use crate::model::Untrusted;
use crate::model::audit::State;
use crate::model::change::{Change, Grade, Precondition, TableName, Verb, VerbKind};
use clap::Args;
use jiff::SignedDuration;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub struct One {
    /// ARN of the task, or its exact name
    task: String,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
    #[command(
        flatten,
        next_help_heading = "Confirming it; without any of these, on a terminal, the name is asked for"
    )]
    confirming: Confirming,
}

/// For what is done when AWS has taken it.
#[derive(Debug, Args)]
pub struct Waiting {
    /// Wait so long, such as 30m: a full load until it has ended, replication until it runs
    #[arg(long, value_name = "DURATION", value_parser = wait)]
    pub wait: Option<SignedDuration>,
}

/// A duration that somebody may want to wait.
pub fn wait(text: &str) -> Result<SignedDuration, String> {
    let wait = super::events::since(text)?;
    let day = SignedDuration::from_hours(24);
    if wait <= day { Ok(wait) } else { Err("nobody waits for more than 24h".to_owned()) }
}

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
const COLUMNS: &[Column] = &[
    column("result", "RESULT"),
    column("action", "ACTION"),
    column("task", "TASK"),
    hidden("arn"),
    hidden("tables"),
    column("environment", "ENVIRONMENT"),
    column("account", "ACCOUNT"),
    column("region", "REGION"),
    column("state_before", "BEFORE"),
    column("state_after", "AFTER"),
    column("destination", "WRITES TO"),
    column("grade", "GRADE"),
    column("message", "MESSAGE"),
    hidden("warnings"),
    hidden("effects"),
    hidden("aws_command"),
    hidden("stop_reason"),
    hidden("recovery_checkpoint"),
    hidden("connections"),
    hidden("audit_id"),
    hidden("end_audit_id"),
    hidden("request_id"),
    column("at", "AT"),
];

/// Does this to the task that is named. `within`: waits so long for its end.
pub fn run(setup: &Setup, one: &One, verb: Verb, within: Option<SignedDuration>) -> Result<u8, Failure> {
    let One { task, confirming, output } = one;
    if confirming.dry_run {
        let ended = change::dry_run(setup, task, verb)?;
        if *output == Format::Table {
            print::out(&print::lines(&ended.preview.lines()))?;
        }
        return confirm::end(&ended, *output, COLUMNS, row(&ended));
    }
    let mut ended = match change::task(setup, task, verb, confirming.said())? {
        Asked::Ended(ended) => *ended,
        Asked::Open(open) => confirming.confirmed(*open)?,
    };
    match (ended.follow.take(), within) {
        (Some(follow), Some(within)) => {
            print::note(&waiting(&ended, &follow, within));
            follow.run(within, &mut ended);
        }
        (Some(follow), None) if follow.is_for_the_audit() => print::note(NOT_WAITED_FOR),
        _ => {}
    }
    confirm::end(&ended, *output, COLUMNS, row(&ended))
}

const NOT_WAITED_FOR: &str = "its end is not waited for: look with `cutover tasks`; the next console that may change something \
                              writes it into the audit";

/// Told before the waiting: it may be broken off.
fn waiting(ended: &Ended, follow: &Follow, within: SignedDuration) -> String {
    let outcome = ended.outcome.as_ref();
    let id = |word: &str, id: Option<&String>| id.map(|id| format!("{word} {id}"));
    let ids = [
        id("request id", outcome.and_then(|outcome| outcome.request_id.as_ref())),
        id("audit", outcome.and_then(|outcome| outcome.audit.as_ref())),
    ];
    let ids: Vec<String> = ids.into_iter().flatten().collect();
    let what = follow.until();
    format!("AWS has taken it ({}); waiting {what}, at most {within:#}; Ctrl-C ends only the waiting", ids.join(", "))
}

/// The action as scripts know it.
fn action(kind: VerbKind) -> &'static str {
    match kind {
        VerbKind::TestConnections => "test-connections",
        kind => kind.word(),
    }
}

fn grade(grade: &Grade) -> &'static str {
    match grade {
        Grade::Undoable => "undoable",
        Grade::Lasting { .. } => "lasting",
        Grade::Destroys { .. } => "destroys",
    }
}

fn row(ended: &Ended) -> Vec<Value> {
    let Ended { preview, ending, lines, outcome, found, .. } = ended;
    let (Change::Task { task, verb }, Precondition::Task(standing)) = (&preview.change, &preview.precondition) else {
        return Vec::new();
    };
    let tables: &[TableName] = match verb {
        Verb::ReloadTables { tables, .. } => tables,
        _ => &[],
    };
    let named = |table: &TableName| format!("{}.{}", table.schema.raw(), table.table.raw());
    let before = standing.status.raw();
    let after = match (ending, outcome.as_ref().and_then(|outcome| outcome.state_after.as_ref())) {
        (Ending::NothingToDo | Ending::Refused | Ending::Legal, _) => json!(before),
        (_, Some(state)) => json!(state),
        // Refused by AWS after it was read: it is as it was, as far as is known.
        (_, None) if outcome.as_ref().is_some_and(|outcome| outcome.state == State::Failed) => json!(before),
        (_, None) => Value::Null,
    };
    vec![
        json!(ending.word()),
        json!(action(verb.kind())),
        json!(task.name.raw()),
        json!(task.arn.as_str()),
        json!(tables.iter().map(named).collect::<Vec<_>>()),
        json!(preview.environment),
        json!(preview.scope.account.0),
        json!(preview.scope.region.0),
        json!(before),
        after,
        json!(standing.target_at.clone().map(String::from)),
        json!(grade(&preview.grade)),
        json!(lines.join("; ")),
        json!(preview.warnings),
        json!(preview.effects),
        json!(preview.aws_command),
        json!(found.stop_reason.as_ref().map(Untrusted::raw)),
        json!(found.recovery_checkpoint.as_ref().map(Untrusted::raw)),
        json!(found.connections.iter().map(Untrusted::raw).collect::<Vec<_>>()),
        json!(outcome.as_ref().and_then(|outcome| outcome.audit.clone())),
        json!(found.audit),
        json!(outcome.as_ref().and_then(|outcome| outcome.request_id.clone())),
        time(Some(outcome.as_ref().map_or(preview.made, |outcome| outcome.at))),
    ]
}
