//! States of tables: in error, cancelled, missing, unknown, and a load that ended before all were through.

use crate::model::alert::facts::OfTask;
use crate::model::alert::words::{count, names};
use crate::model::alert::{Finding, Outcome};
use crate::model::health::{self, Health, Load};
use crate::model::table::{TableRow, TableState};
use crate::model::task::TaskStatus;

/// Tables named before the rest is only counted.
const NAMED: usize = 3;

fn named<'a>(rows: impl Iterator<Item = &'a TableRow>) -> String {
    names(rows.map(|row| format!("{}.{}", row.schema.shown(), row.table.shown())), NAMED)
}

pub fn in_error(of: &OfTask<'_>) -> Outcome {
    let errored = health::errored_tables(of.task, of.tables.rows());
    if errored == 0 {
        return Outcome::GOOD;
    }
    let finding = Outcome::bad(Health::Critical, format!("{} in error", count(errored, "table")));
    let rows = of.tables.rows().unwrap_or_default().iter().filter(|row| row.state == TableState::Error);
    let named = named(rows);
    let finding = if named.is_empty() { finding } else { finding.evidence(named) };
    // What is newer: the rows, or the task's own count.
    finding.dated(of.tables_as_of().max(of.stated)).into()
}

pub fn load_incomplete(of: &OfTask<'_>) -> Outcome {
    let (load, task) = (health::load(of.task), of.task);
    let told = health::errored_tables(task, of.tables.rows()) > 0 || task.status == TaskStatus::Failed;
    match load {
        Load::Incomplete { .. } if !told => {
            let message = "the full load ended before every table was loaded";
            Outcome::bad(Health::Critical, message).dated(of.stated).since(task.stats.stop).into()
        }
        Load::None => Outcome::NOT_DUE,
        _ => Outcome::GOOD,
    }
}

/// Rows in a state, of all that are known.
fn in_state(of: &OfTask<'_>, fits: impl Fn(&TableState) -> bool, say: impl Fn(usize) -> Finding) -> Outcome {
    let rows = match of.all_tables() {
        Ok(rows) => rows,
        Err(why) => return Outcome::unknown(why),
    };
    let found = || rows.iter().filter(|row| fits(&row.state));
    match found().count() {
        0 => Outcome::GOOD,
        n => say(n).evidence(named(found())).dated(of.tables_as_of()).into(),
    }
}

pub fn cancelled(of: &OfTask<'_>) -> Outcome {
    in_state(
        of,
        |state| *state == TableState::Cancelled,
        |n| Outcome::bad(Health::Critical, format!("{} cancelled: not replicated", count(n, "table"))),
    )
}

pub fn missing(of: &OfTask<'_>) -> Outcome {
    in_state(
        of,
        |state| *state == TableState::DoesNotExist,
        |n| Outcome::bad(Health::Critical, format!("{} DMS does not find on the source", count(n, "table"))),
    )
}

pub fn unknown_state(of: &OfTask<'_>) -> Outcome {
    in_state(
        of,
        |state| matches!(state, TableState::Other(_)),
        |n| {
            let message = format!("{} in a state this program does not know", count(n, "table"));
            Outcome::bad(Health::Warning, message)
        },
    )
}
