//! Chosen tables again, and tests of connections.

use super::command::BATCH;
use super::words::{counted, rows, short};
use super::{Said, Seen, destroy};
use crate::model::change::{ReloadHow, TableName, Verb};

/// Tables that are named one by one.
const NAMED: usize = 10;

pub(super) fn say(seen: &Seen<'_>, said: &mut Said) {
    let Verb::ReloadTables { tables, how } = seen.verb else { return };
    if *how == ReloadHow::Data {
        destroy::say(seen, said);
    }
    for table in tables.iter().take(NAMED) {
        said.say(format!("table {}", told(seen, table)));
    }
    if tables.len() > NAMED {
        said.say(format!("and {} others", tables.len() - NAMED));
    }
    match how {
        ReloadHow::Data => {
            said.say("the definitions that were read at the load are used: DDL since then makes it fail");
            said.say("the task goes on meanwhile; changes to these tables are applied after their load");
        }
        ReloadHow::Validation => {
            said.say("DMS compares these tables again, row by row; no row is written");
            if seen.facts.settings.validation_enabled.is_none() {
                said.warn("whether its validation is on could not be read: without, AWS refuses this");
            }
        }
    }
    let requests = tables.len().div_ceil(BATCH);
    if requests > 1 {
        said.say(format!("{} are {requests} requests, of {BATCH} at most", counted(tables.len(), "table")));
    }
}

fn told(seen: &Seen<'_>, table: &TableName) -> String {
    let name = format!("{}.{}", table.schema.shown(), table.table.shown());
    let row = seen.facts.named.iter().find(|row| row.schema == table.schema && row.table == table.table);
    let Some(row) = row else { return format!("{name}: the task does not list it") };
    let state = crate::model::untrusted::shown(row.state.raw()).into_owned();
    match (seen.verb, &row.validation) {
        (Verb::ReloadTables { how: ReloadHow::Validation, .. }, Some(validation)) => {
            format!("{name}: {}", crate::model::untrusted::shown(validation.raw()))
        }
        _ => format!("{name}: {state}, {} loaded", rows(row.full_load_rows)),
    }
}

pub(super) fn say_test(seen: &Seen<'_>, said: &mut Said) {
    for (which, test) in ["source", "target"].into_iter().zip(&seen.facts.connections) {
        said.say(match test {
            None => format!("{which}: never tested"),
            Some(test) => {
                let failure = test.last_failure.as_ref().filter(|text| !text.is_empty());
                let failure = failure.map(|text| format!(": {}", short(&text.shown()))).unwrap_or_default();
                format!("{which}: last test {}{failure}", test.status.shown())
            }
        });
    }
    said.say("the instance of the task tries both; it takes some seconds, and no data is touched");
    said.say(
        "while a test runs, and after one that failed, DMS starts no task on that connection; a running one goes on",
    );
}
