//! What is lost when a load begins: in which database, how much, in which way, and what else may fire into it.

use super::words::{counted, rows, time};
use super::{Listed, Said, Seen, is_left};
use crate::model::change::Verb;
use crate::model::schedule::{Deed, Reach, Schedule, ScheduleState};
use crate::model::settings::PrepMode;
use crate::model::table::TableRow;
use jiff::Timestamp;

/// So many of those are told one by one that only may touch it, the nearest first; the rest is counted.
const MAY: usize = 3;

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

/// Which rows are meant: those of the tables that are named, of those that a resume has left to load, or of all.
fn lost<'a>(seen: &Seen<'a>) -> Result<Vec<&'a TableRow>, String> {
    let resumes = matches!(seen.verb, Verb::Resume { .. });
    match seen.verb {
        Verb::ReloadTables { .. } => Ok(seen.facts.named.iter().collect()),
        _ => match &seen.around.tables {
            Some(Ok(all)) => {
                let left = |row: &&TableRow| !resumes || is_left(row);
                Ok(all.iter().filter(left).collect())
            }
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
        Ok(all) if all.is_empty() && seen.rows().is_some_and(|rows| !rows.is_empty()) => {
            "no table is left to load, as far as DMS lists them".to_owned()
        }
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

/// Of `DO_NOTHING`, where a load is not a reload.
pub(in crate::change::preview) const LEAVES: &str =
    "DO_NOTHING: DMS leaves the rows there: truncate the tables yourself first, or they collide or double";

fn way(seen: &Seen<'_>) -> String {
    prepares(seen.facts.settings.prep_mode, matches!(seen.verb, Verb::Reload { .. })).to_owned()
}

/// What the preparation mode does with a table that is there, when a load begins; `again`: of a reload.
pub(in crate::change::preview) fn prepares(mode: Option<PrepMode>, again: bool) -> &'static str {
    match mode {
        Some(PrepMode::DropAndCreate) => {
            "DROP_AND_CREATE: drops each table and makes it again with its primary key alone: indexes, defaults, foreign \
             keys, triggers and grants on it are lost"
        }
        Some(PrepMode::TruncateBeforeLoad) => "TRUNCATE_BEFORE_LOAD: empties each table; its definition stays",
        Some(PrepMode::DoNothing) if again => {
            "DO_NOTHING: should leave rows as they are, but a reload was seen to truncate even so; what stays collides"
        }
        Some(PrepMode::DoNothing) => LEAVES,
        None => "TargetTablePrepMode could not be read: it counts as dropping the tables",
    }
}

/// What a rule or schedule that is on does to this task.
enum Touch {
    Does(Deed),
    /// It may: what it runs hides what it does.
    May(&'static str),
}

fn touches(seen: &Seen<'_>, one: &Schedule) -> Option<Touch> {
    if one.state == ScheduleState::Disabled {
        return None;
    }
    if let Some((deed, _)) = one.deeds().find(|(_, arn)| **arn == seen.facts.task.arn) {
        return Some(Touch::Does(deed));
    }
    let Some(targets) = &one.targets else { return Some(Touch::May("what it calls could not be read")) };
    targets.iter().find_map(|target| match target.reach() {
        Reach::Hidden(what) => Some(Touch::May(what)),
        Reach::Task(..) | Reach::Nothing(_) => None,
    })
}

fn next(seen: &Seen<'_>, one: &Schedule) -> Option<Timestamp> {
    one.next(seen.now, 1).ok().and_then(|times| times.first().map(jiff::Zoned::timestamp))
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
    let (mut does, mut may) = (Vec::new(), Vec::new());
    for one in &listed.all {
        let Some(touch) = touches(seen, one) else { continue };
        let at = next(seen, one);
        let name = format!("{}:{}/{}", one.kind.word(), one.group.shown(), one.name.shown());
        let when = match at {
            Some(at) => format!("next {}", time(at)),
            None if one.expression.is_none() && one.event_pattern => "when an event matches".to_owned(),
            None => "when is not known".to_owned(),
        };
        // What has no time comes last.
        let order = at.unwrap_or(Timestamp::MAX);
        match touch {
            Touch::Does(deed) => does.push((order, format!("{name} {} this task, {when}", deed.word()))),
            Touch::May(what) => may.push((order, format!("may touch it: {name}, {what}, {when}"))),
        }
    }
    does.sort();
    may.sort();
    if does.is_empty() && listed.missing.is_none() {
        said.say("no rule or schedule that is on names this task");
    }
    let more = may.len().saturating_sub(MAY);
    for (_, line) in does.into_iter().chain(may.into_iter().take(MAY)) {
        said.warn(line);
    }
    if more > 0 {
        said.say(format!("{more} more may touch it, later or at times that are not known"));
    }
    if let Some(why) = &listed.missing {
        said.say(format!("not every rule and schedule could be read: {why}"));
    }
}

/// The next times at which something fires into it.
pub(super) fn fires(seen: &Seen<'_>) -> Vec<Timestamp> {
    let all = listed(seen).into_iter().flat_map(|listed| &listed.all);
    let mine = all.filter(|one| matches!(touches(seen, one), Some(Touch::Does(deed)) if deed != Deed::Stops));
    let mut times: Vec<Timestamp> = mine.filter_map(|one| next(seen, one)).collect();
    times.sort_unstable();
    times
}
