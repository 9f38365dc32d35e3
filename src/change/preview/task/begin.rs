//! Start, resume and reload: from where it goes on, what it loads, whether it can begin at all.

use super::words::{counted, listed, short, span, table, time};
use super::{Said, Seen, destroy, history, is_left, until};
use crate::change::grade::may_load;
use crate::model::ReplicationKind;
use crate::model::change::{Grade, ReloadHow, StartFrom, TableName, Verb};
use crate::model::table::TableRow;
use crate::model::task::{MigrationType, StopReason, TaskStatus};
use crate::model::untrusted::shown;
use jiff::Timestamp;

/// So many failed tables are few: one request reloads them.
const FEW: usize = TableName::IN_ONE_REQUEST;

pub(super) fn say(seen: &Seen<'_>, said: &mut Said) {
    if nothing_left(seen) {
        loaded(seen, said);
    } else if matches!(seen.grade, Grade::Destroys { .. }) {
        destroy::say(seen, said);
    } else if may_load(seen.facts, seen.verb) {
        said.warn(destroy::LEAVES);
    }
    match seen.verb {
        Verb::Start { from, .. } => start(seen, from, said),
        Verb::Resume { .. } => resume(seen, said),
        _ => reload(seen, said),
    }
    until(seen.verb.until(), seen, said);
    history(seen, said);
    connections(seen, said);
    let back = match seen.verb {
        Verb::Resume { .. } if !may_load(seen.facts, seen.verb) => "put back with",
        _ => "stop it with",
    };
    said.say(format!("{back}: cutover stop {}", seen.name()));
}

fn start(seen: &Seen<'_>, from: &StartFrom, said: &mut Said) {
    let cdc = seen.facts.task.migration_type == MigrationType::Cdc;
    match from {
        StartFrom::Beginning if !cdc => said.say(match seen.facts.task.migration_type {
            MigrationType::FullLoadAndCdc => {
                "it loads every table, then applies what changed meanwhile and from then on"
            }
            _ => "it loads every table once, and stops; changes made meanwhile are not brought",
        }),
        StartFrom::Beginning => said.say("from where changes are captured is not said"),
        StartFrom::Now => {
            said.warn("changes made before now are LOST: nothing brings them later");
            said.say("it captures changes from the moment it runs, some minutes from now");
        }
        StartFrom::Time(at) => {
            said.say(format!("it captures changes from {}", time(*at)));
            let ahead = at.duration_since(seen.now);
            if ahead.is_positive() {
                said.warn(format!("that is {} ahead: what changes until then is lost", span(ahead)));
            } else {
                said.say(format!("that is {} back: the source must still have its log from then", span(-ahead)));
            }
            again(seen, *at, said);
        }
        StartFrom::Position(position) => {
            said.say(format!("it captures changes from position {}", short(&shown(position))));
            said.warn(
                "the position cannot be checked from here and is sent as it is: one that is too late LOSES changes, one too \
                 early applies changes again",
            );
        }
    }
    let postgres = seen.facts.source.as_ref().is_some_and(|source| source.engine.raw().contains("postgres"));
    if cdc && postgres && matches!(from, StartFrom::Position(_)) {
        said.say("its replication slot must exist and reach back that far");
    }
}

/// It ran before: what lies between a start time and its stop was applied once.
fn again(seen: &Seen<'_>, from: Timestamp, said: &mut Said) {
    let stats = &seen.facts.task.stats;
    if stats.fresh_start.is_none() {
        return;
    }
    let Some(stop) = stats.stop else {
        said.warn(
            "it ran before, and AWS does not say until when: what changed in between may be lost or applied again",
        );
        return;
    };
    let twice = stop.duration_since(from);
    if twice.is_positive() {
        said.warn(format!(
            "it ran until {}: the {} from this time to then are applied already and will be applied AGAIN: rows written \
             twice, or errors",
            time(stop),
            span(twice)
        ));
    }
}

fn resume(seen: &Seen<'_>, said: &mut Said) {
    let task = &seen.facts.task;
    match task.migration_type {
        MigrationType::FullLoad => resume_load(seen, said),
        MigrationType::FullLoadAndCdc if !seen.facts.load_finished() => {
            said.warn(
                "its load broke off. Resuming was seen to skip what was not loaded and to bring changes only: these tables \
                 stay incomplete",
            );
            match unfinished(seen) {
                Some((names, of)) if !names.is_empty() => {
                    said.say(format!("not loaded, {} of {of}: {}", names.len(), listed(&names)));
                }
                _ => said.say("which tables are not loaded is not known"),
            }
            said.say("loading all of it again is a reload, which destroys what is there");
            said.offer(seen, Verb::Reload { until: None });
        }
        _ => {}
    }
    if !task.migration_type.has_cdc() {
        return;
    }
    if task.stop_reason() == Some(StopReason::StoppedAfterFullLoad) {
        said.say("it stopped after its load: changes made meanwhile are not on the target yet, and come first");
    }
    match task.recovery_checkpoint.as_ref().filter(|checkpoint| !checkpoint.is_empty()) {
        Some(checkpoint) => said.say(format!("it goes on from {}", short(&checkpoint.shown()))),
        None => said.say("it goes on where it stopped; AWS tells no checkpoint"),
    }
    if let Some(stop) = task.stats.stop {
        let away = span(seen.now.duration_since(stop));
        said.say(format!("it has stood still for {away}: the source must still have its log from then"));
    }
}

/// Of a task that only loads.
fn resume_load(seen: &Seen<'_>, said: &mut Said) {
    match unfinished(seen) {
        None => said.say("it loads the tables that are not finished; which ones is not known"),
        // Said above.
        Some((names, _)) if names.is_empty() => {}
        Some((names, of)) => {
            said.say(format!("it loads only what is not finished, {} of {of}: {}", names.len(), listed(&names)));
        }
    }
}

fn reload(seen: &Seen<'_>, said: &mut Said) {
    said.say(match seen.facts.task.migration_type {
        MigrationType::FullLoadAndCdc => "it loads every table again, and captures changes anew from then on",
        _ => "it loads every table again",
    });
    let Some(rows) = seen.rows() else { return };
    match seen.facts.task.migration_type {
        MigrationType::FullLoad => {
            let left: Vec<String> = rows.iter().filter(|row| is_left(row)).map(table).collect();
            let classic = seen.facts.task.arn.kind() == ReplicationKind::Classic;
            if classic && !left.is_empty() && left.len() < rows.len() {
                said.say(format!(
                    "only {} of {} {} not loaded: a resume loads just {}: {}",
                    left.len(),
                    counted(rows.len(), "table"),
                    if left.len() == 1 { "is" } else { "are" },
                    if left.len() == 1 { "that" } else { "those" },
                    listed(&left)
                ));
                said.offer(seen, Verb::Resume { until: None });
            }
        }
        MigrationType::FullLoadAndCdc => {
            let bad: Vec<&TableRow> = rows.iter().filter(|row| row.state.is_bad()).collect();
            let few = !bad.is_empty() && bad.len() <= FEW && bad.len() < rows.len();
            if few && seen.facts.load_finished() {
                let names: Vec<String> = bad.iter().map(|row| table(row)).collect();
                said.say(format!(
                    "only {} of {} failed: while it runs, just those can be reloaded: {}",
                    bad.len(),
                    counted(rows.len(), "table"),
                    listed(&names)
                ));
                if seen.facts.task.status != TaskStatus::Running {
                    said.offer(seen, Verb::Resume { until: None });
                }
                let name = |row: &&TableRow| TableName { schema: row.schema.clone(), table: row.table.clone() };
                let tables = bad.iter().map(name).collect();
                said.offer(seen, Verb::ReloadTables { tables, how: ReloadHow::Data });
            }
        }
        MigrationType::Cdc | MigrationType::Other(_) => {}
    }
}

/// A resume of a load that has loaded every table.
fn nothing_left(seen: &Seen<'_>) -> bool {
    let resumes = matches!(seen.verb, Verb::Resume { .. });
    let loads = seen.facts.task.migration_type == MigrationType::FullLoad;
    resumes && loads && unfinished(seen).is_some_and(|(names, _)| names.is_empty())
}

/// What DMS does then is not known.
fn loaded(seen: &Seen<'_>, said: &mut Said) {
    let rows = match (&seen.grade, &seen.facts.places[1]) {
        (Grade::Destroys { .. }, Ok(at)) => format!("rows in {at} are DESTROYED"),
        (Grade::Destroys { .. }, Err(_)) => "rows are DESTROYED, in which database is not known".to_owned(),
        _ => "what is there collides or doubles".to_owned(),
    };
    said.warn(format!("every table is loaded, so there may be nothing to do. Where DMS loads again, {rows}"));
}

/// Names of the tables that are not loaded, and how many there are in all; `None` where nobody knows.
fn unfinished(seen: &Seen<'_>) -> Option<(Vec<String>, usize)> {
    let rows = seen.rows().filter(|rows| !rows.is_empty())?;
    Some((rows.iter().filter(|row| is_left(row)).map(table).collect(), rows.len()))
}

/// DMS begins nothing where the last test of a connection was not successful.
fn connections(seen: &Seen<'_>, said: &mut Said) {
    if seen.facts.task.arn.kind() == ReplicationKind::Serverless {
        return;
    }
    let word = |at: usize| {
        let test = seen.facts.connections[at].as_ref();
        test.map_or_else(|| "never tested".to_owned(), |test| test.status.shown().into_owned())
    };
    said.say(format!("last connection tests: source {}, target {}", word(0), word(1)));
    let good = seen.facts.connections.iter().flatten().filter(|test| test.status.raw() == "successful").count();
    if good < 2 {
        said.warn("DMS starts only with both connections tested and successful: test them first");
        said.offer(seen, Verb::TestConnections);
    }
}
