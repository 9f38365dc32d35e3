//! What DMS's own validation says: differing rows, suspended silently, impossible, or never on.

use crate::model::alert::Outcome;
use crate::model::alert::facts::OfTask;
use crate::model::alert::words::{count, grouped, names};
use crate::model::health::Health;
use crate::model::table::{TableRow, ValidationState};

/// Failures of a table, and of a task, at which DMS silently stops validating (section 2.5 of the DMS facts); the
/// task's own settings may say otherwise.
const TABLE_MAX: i64 = 1_000;
const TASK_MAX: i64 = 10_000;

/// Rows to look at, where validation is on.
fn rows<'a>(of: &OfTask<'a>) -> Result<&'a [TableRow], Outcome> {
    if of.digest.settings.as_ref().and_then(|settings| settings.validation_enabled) == Some(false) {
        return Err(Outcome::NOT_DUE);
    }
    of.all_tables().map_err(Outcome::unknown)
}

fn named<'a>(rows: impl Iterator<Item = &'a TableRow>) -> String {
    names(rows.map(|row| format!("{}.{}", row.schema.shown(), row.table.shown())), 3)
}

fn records(n: i64) -> String {
    count(usize::try_from(n).unwrap_or(0), "record")
}

pub fn differs(of: &OfTask<'_>) -> Outcome {
    let rows = match rows(of) {
        Ok(rows) => rows,
        Err(outcome) => return outcome,
    };
    let bad = |row: &&TableRow| {
        let state = row.validation.as_ref();
        row.validation_failed > 0
            || matches!(
                state,
                Some(ValidationState::MismatchedRecords | ValidationState::TableError | ValidationState::Error)
            )
    };
    let found = || rows.iter().filter(bad);
    let failed: i64 = found().map(|row| row.validation_failed.max(0)).fold(0, i64::saturating_add);
    match found().count() {
        0 => Outcome::GOOD,
        n => {
            let tables = count(n, "table");
            let message = match failed {
                0 => format!("validation fails in {tables}"),
                failed => format!("validation: {} differ in {tables}", records(failed)),
            };
            Outcome::bad(Health::Critical, message).evidence(named(found())).dated(of.tables_as_of()).into()
        }
    }
}

pub fn suspended(of: &OfTask<'_>) -> Outcome {
    let rows = match rows(of) {
        Ok(rows) => rows,
        Err(outcome) => return outcome,
    };
    let settings = of.digest.settings.as_ref();
    let table_max = settings.and_then(|settings| settings.validation_table_failures).unwrap_or(TABLE_MAX);
    let task_max = settings.and_then(|settings| settings.validation_failures).unwrap_or(TASK_MAX);
    let all: i64 = rows.iter().map(|row| row.validation_failed.max(0)).fold(0, i64::saturating_add);
    if all >= task_max {
        let max = grouped(usize::try_from(task_max).unwrap_or(0));
        let message = format!("validation of the whole task is suspended: {} failures of {max}", records(all));
        return Outcome::bad(Health::Critical, message).dated(of.tables_as_of()).into();
    }
    let full = |row: &&TableRow| row.validation_failed >= table_max;
    let bad = |row: &&TableRow| {
        full(row) || row.validation_suspended > 0 || row.validation == Some(ValidationState::SuspendedRecords)
    };
    let found = || rows.iter().filter(bad);
    let n = found().count();
    if n == 0 {
        return Outcome::GOOD;
    }
    let stopped = rows.iter().filter(full).count();
    let (severity, message) = match stopped {
        0 => {
            let records_of: i64 = found().map(|row| row.validation_suspended.max(0)).fold(0, i64::saturating_add);
            let message = format!("validation cannot compare {} in {}", records(records_of), count(n, "table"));
            (Health::Warning, message)
        }
        stopped => (Health::Critical, format!("validation of {} is suspended", count(stopped, "table"))),
    };
    Outcome::bad(severity, message).evidence(named(found())).dated(of.tables_as_of()).into()
}

/// Not a fault, and not a pass: what was never compared is unknown.
pub fn impossible(of: &OfTask<'_>) -> Outcome {
    let rows = match rows(of) {
        Ok(rows) => rows,
        Err(outcome) => return outcome,
    };
    let found = || rows.iter().filter(|row| row.validation == Some(ValidationState::NoPrimaryKey));
    match found().count() {
        0 => Outcome::GOOD,
        n => {
            let message = format!("{} cannot be validated: no primary key", count(n, "table"));
            Outcome::bad(Health::Ok, message).evidence(named(found())).dated(of.tables_as_of()).into()
        }
    }
}

pub fn off(of: &OfTask<'_>) -> Outcome {
    match of.digest.settings.as_ref().map(|settings| settings.validation_enabled) {
        None => Outcome::unknown("its settings were not read yet"),
        Some(Some(true)) => Outcome::GOOD,
        // Where the settings do not say, DMS does not validate.
        Some(_) => {
            let message = "validation is off: whether the rows are equal is not known";
            Outcome::bad(Health::Ok, message).dated(of.stated).into()
        }
    }
}
