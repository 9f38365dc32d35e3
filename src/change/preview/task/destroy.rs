//! What is lost when a load begins: in which database, how much, in which way, and what else may fire into it.

use super::words::{counted, rows, time};
use super::{Listed, Said, Seen};
use crate::model::change::Verb;
use crate::model::schedule::{Deed, Schedule, ScheduleState};
use crate::model::settings::PrepMode;
use crate::model::table::TableRow;
use jiff::Timestamp;

pub(super) fn say(seen: &Seen<'_>, said: &mut Said) {
    said.warn(match &seen.facts.places[1] {
        Ok(at) => format!("DESTROYS ROWS in {at}"),
        Err(_) => "DESTROYS ROWS, and in which database is not known".to_owned(),
    });
    said.warn(amount(seen));
    said.warn(way(seen));
    match seen.facts.settings.prep_mode {
        Some(PrepMode::DropAndCreate) => {
            said.say("foreign keys of others on these tables: not known, no database is connected");
        }
        _ => said.say("foreign keys that make a TRUNCATE fail: not known, no database is connected"),
    }
    schedules(seen, said);
    said.say("nothing puts this back: only a backup of the target does");
}

/// Which rows are meant: those of the tables that are named, or of all.
fn lost<'a>(seen: &Seen<'a>) -> Result<Vec<&'a TableRow>, String> {
    match seen.verb {
        Verb::ReloadTables { .. } => Ok(seen.facts.named.iter().collect()),
        _ => match &seen.around.tables {
            Some(Ok(all)) => Ok(all.iter().collect()),
            Some(Err(why)) => Err(why.clone()),
            None => Err("nobody asked".to_owned()),
        },
    }
}

/// Tables and rows, as DMS counts them.
fn amount(seen: &Seen<'_>) -> String {
    if seen.facts.task.stats.fresh_start.is_none() {
        return "every table it selects; how many rows are there now is not known: it has never run".to_owned();
    }
    match lost(seen) {
        Err(why) => format!("how many tables and rows is not known: {why}"),
        Ok(all) if all.is_empty() => "how many tables and rows is not known: DMS lists none".to_owned(),
        Ok(all) => {
            let known: Vec<i64> = all.iter().filter_map(|row| on_target(row)).collect();
            let sum = known.iter().fold(0_i64, |sum, n| sum.saturating_add(*n));
            let tables = counted(all.len(), "table");
            match all.len() - known.len() {
                0 => format!("at least {} in {tables}, as DMS counts what it wrote", rows(sum)),
                unknown if known.is_empty() => {
                    format!("{tables}; how many rows are in {} is not known", if unknown == 1 { "it" } else { "them" })
                }
                unknown => format!("at least {} in {tables}; of {unknown} of them it is not known", rows(sum)),
            }
        }
    }
}

/// Rows that DMS has brought to the target and not deleted again; `None` where it has not loaded the table, or its count is
/// of rows that were rolled back.
fn on_target(row: &TableRow) -> Option<i64> {
    let applied = row.applied;
    let touched = row.full_load_rows > 0 || row.full_load_end.is_some() || applied.inserts.is_some_and(|n| n > 0);
    if row.state.is_bad() || !touched {
        return None;
    }
    // Deletes that are not told are taken from what was captured: at least, not at most.
    let deleted = applied.deletes.unwrap_or(row.captured.deletes);
    Some(row.full_load_rows.saturating_add(applied.inserts.unwrap_or(0)).saturating_sub(deleted).max(0))
}

/// What the preparation mode does with a table that is there.
fn way(seen: &Seen<'_>) -> String {
    let again = matches!(seen.verb, Verb::Reload { .. });
    match seen.facts.settings.prep_mode {
        Some(PrepMode::DropAndCreate) => {
            "DROP_AND_CREATE: drops each table and makes it again with its primary key alone: indexes, defaults, foreign \
             keys, triggers and grants on it are lost"
        }
        Some(PrepMode::TruncateBeforeLoad) => "TRUNCATE_BEFORE_LOAD: empties each table; its definition stays",
        Some(PrepMode::DoNothing) if again => {
            "DO_NOTHING: should leave rows as they are, but a reload was seen to truncate even so; what stays collides"
        }
        Some(PrepMode::DoNothing) => {
            "DO_NOTHING: DMS leaves the rows there: truncate the tables yourself first, or they collide or double"
        }
        None => "TargetTablePrepMode could not be read: it counts as dropping the tables",
    }
    .to_owned()
}

/// Whether a rule or schedule touches this task while it is on.
fn touches(seen: &Seen<'_>, one: &Schedule) -> Option<Deed> {
    let on = one.state != ScheduleState::Disabled;
    one.deeds().find(|(_, arn)| on && **arn == seen.facts.task.arn).map(|(deed, _)| deed)
}

fn listed<'a>(seen: &Seen<'a>) -> Option<&'a Listed> {
    seen.around.schedules.as_ref()?.as_ref().ok()
}

fn schedules(seen: &Seen<'_>, said: &mut Said) {
    let listed = match &seen.around.schedules {
        None => return,
        Some(Err(why)) => {
            said.say(format!("rules and schedules that may fire into it: not known: {why}"));
            return;
        }
        Some(Ok(listed)) => listed,
    };
    let mut found = false;
    for (one, deed) in listed.all.iter().filter_map(|one| touches(seen, one).map(|deed| (one, deed))) {
        found = true;
        let next = one.next(seen.now, 1).ok().and_then(|times| times.first().map(jiff::Zoned::timestamp));
        let next = next.map_or_else(|| "when is not known".to_owned(), |at| format!("next {}", time(at)));
        let (kind, name) = (one.kind.word(), one.name.shown());
        said.warn(format!("{kind}:{}/{name} {} this task, {next}", one.group.shown(), deed.word()));
    }
    match &listed.missing {
        Some(why) => said.say(format!("not every rule and schedule could be read: {why}")),
        None if !found => {
            said.say("no rule or schedule that is on names this task; what functions do by themselves is not told");
        }
        None => {}
    }
}

/// The next times at which something fires into it.
pub(super) fn fires(seen: &Seen<'_>) -> Vec<Timestamp> {
    let all = listed(seen).into_iter().flat_map(|listed| &listed.all);
    let mine = all.filter(|one| touches(seen, one).is_some_and(|deed| deed != Deed::Stops));
    let mut times: Vec<Timestamp> = mine
        .filter_map(|one| one.next(seen.now, 1).ok())
        .flat_map(|times| times.iter().map(jiff::Zoned::timestamp).collect::<Vec<_>>())
        .collect();
    times.sort_unstable();
    times
}
