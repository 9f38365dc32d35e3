//! What a person is shown before something is done to a task. Pure, from what `reads.rs` reads.
//!
//! Start at [`task`]. One file a matter: `destroy.rs` what is lost, `stop.rs`, `begin.rs` start, resume and reload,
//! `tables.rs` chosen tables and tests, `command.rs` the same by hand, `words.rs` numbers and times.

mod begin;
mod command;
mod destroy;
mod reads;
mod stop;
mod tables;
#[cfg(test)]
pub(in crate::change) mod tests;
mod words;

pub(super) use destroy::{LEAVES, prepares};

use crate::change::facts::TaskFacts;
use crate::change::grade::grade;
use crate::model::Scope;
use crate::model::change::{
    Change, Grade, Meant, Precondition, Preview, Safeguards, StartFrom, Until, Verb, VerbKind, legal,
};
use crate::model::metric::Series;
use crate::model::parts::ConnectionTest;
use crate::model::schedule::Schedule;
use crate::model::table::TableRow;
use crate::model::untrusted::shown;
use jiff::Timestamp;
use words::{counted, time};

/// What was read around the task for the preview alone; `None` where nobody asked, an error says why it is not known.
#[derive(Debug, Default)]
pub(super) struct Around {
    /// Statistics of every table.
    pub tables: Option<Result<Vec<TableRow>, String>>,
    /// Newest points of the task.
    pub points: Option<Result<Vec<Series>, String>>,
    /// Every rule and schedule.
    pub schedules: Option<Result<Listed, String>>,
    /// Last tests of source and target, where the facts do without them.
    pub tests: Option<Result<[Option<ConnectionTest>; 2], String>>,
}

/// Where it is asked, and what the configuration says there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Here<'a> {
    pub scope: &'a Scope,
    pub environment: Option<&'a str>,
    pub safeguards: &'a Safeguards,
}

/// Rules and schedules, as far as they could be listed.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub all: Vec<Schedule>,
    /// Why some may be missing.
    pub missing: Option<String>,
}

/// Everything a preview is made of.
pub(super) struct Seen<'a> {
    pub facts: &'a TaskFacts,
    pub around: &'a Around,
    pub here: Here<'a>,
    pub task: &'a Meant,
    pub verb: &'a Verb,
    pub grade: Grade,
    pub now: Timestamp,
}

/// What a part of it has to say.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub warnings: Vec<String>,
    pub effects: Vec<String>,
    pub offers: Vec<Change>,
}

impl Said {
    fn warn(&mut self, words: impl Into<String>) {
        self.warnings.push(words.into());
    }

    fn say(&mut self, words: impl Into<String>) {
        self.effects.push(words.into());
    }

    fn offer(&mut self, seen: &Seen<'_>, verb: Verb) {
        self.offers.push(Change::Task { task: seen.task.clone(), verb });
    }
}

impl Seen<'_> {
    fn kind(&self) -> VerbKind {
        self.verb.kind()
    }

    /// For the commands of this program.
    fn name(&self) -> String {
        crate::model::shell::quoted(&self.task.name.shown())
    }

    /// Rows of every table, where they are known.
    fn rows(&self) -> Option<&[TableRow]> {
        self.around.tables.as_ref()?.as_ref().ok().map(Vec::as_slice)
    }
}

/// The load has not brought all of it.
fn is_left(row: &TableRow) -> bool {
    row.state.is_unfinished() || row.state.is_bad()
}

/// Everything about one change of a task, from what was read at `now`.
pub(super) fn task(
    facts: &TaskFacts,
    around: &Around,
    task: &Meant,
    verb: &Verb,
    here: Here<'_>,
    now: Timestamp,
) -> Preview {
    let grade = match verb {
        Verb::Stop => stop::grade(facts, here.safeguards),
        _ => grade(facts, verb),
    };
    let seen = Seen { facts, around, here, task, verb, grade: grade.clone(), now };
    let mut said = Said::default();
    places(&seen, &mut said);
    match verb {
        Verb::Start { .. } | Verb::Resume { .. } | Verb::Reload { .. } => begin::say(&seen, &mut said),
        Verb::Stop => stop::say(&seen, &mut said),
        Verb::ReloadTables { .. } => tables::say(&seen, &mut said),
        Verb::TestConnections => tables::say_test(&seen, &mut said),
    }
    Preview {
        change: Change::Task { task: task.clone(), verb: verb.clone() },
        environment: here.environment.map(str::to_owned),
        scope: here.scope.clone(),
        words: headline(&seen),
        effects: said.effects,
        warnings: said.warnings,
        precondition: Precondition::Task(Box::new(facts.standing_for(verb))),
        fires: if matches!(grade, Grade::Destroys { .. }) { destroy::fires(&seen) } else { Vec::new() },
        aws_command: command::aws(facts, verb, here.scope),
        grade,
        offers: said.offers,
        made: now,
    }
}

fn headline(seen: &Seen<'_>) -> String {
    let name = seen.task.name.shown();
    let what = match seen.verb {
        Verb::Start { from, .. } => {
            let from = match from {
                StartFrom::Beginning => "",
                StartFrom::Now => " from now",
                StartFrom::Time(_) => " from a time",
                StartFrom::Position(_) => " from a position",
            };
            let first = if seen.facts.task.stats.fresh_start.is_none() { " for the first time" } else { "" };
            format!("start {name}{from}{first}")
        }
        Verb::Resume { .. } => format!("resume {name}"),
        Verb::Reload { .. } => format!("reload every table of {name}"),
        Verb::Stop => format!("stop {name}"),
        Verb::ReloadTables { tables, .. } if seen.kind() == VerbKind::ValidateTables => {
            format!("validate {} of {name} again", counted(tables.len(), "table"))
        }
        Verb::ReloadTables { tables, .. } => format!("reload {} of {name}", counted(tables.len(), "table")),
        Verb::TestConnections => format!("test both connections of {name}"),
    };
    let task = &seen.facts.task;
    format!("{what} ({}), now {}", shown(task.migration_type.raw()), shown(task.status.raw()))
}

/// Between what it stands, and what may be said of it against the table of what is legal.
fn places(seen: &Seen<'_>, said: &mut Said) {
    let facts = seen.facts;
    if let Some(caution) = legal::caution(&legal::Case::of(&facts.task), seen.kind()) {
        said.warn(caution);
    }
    for (word, endpoint, place) in
        [("from", &facts.source, &facts.places[0]), ("into", &facts.target, &facts.places[1])]
    {
        let engine = endpoint.as_ref().map(|endpoint| {
            let port = endpoint.port.map(|port| format!(", port {port}")).unwrap_or_default();
            format!(" ({}{port})", endpoint.engine.shown())
        });
        let engine = engine.unwrap_or_default();
        said.say(match place {
            Ok(at) => format!("{word} {at}{engine}"),
            Err(why) => format!("{word} a place that is not known: {why}"),
        });
    }
}

/// What an end that was asked for means.
fn until(until: Option<&Until>, seen: &Seen<'_>, said: &mut Said) {
    if let Some(until) = until {
        said.say(format!("it stops by itself at {}", shown(until.raw())));
        passed(until, seen, said);
        return;
    }
    let own = seen.facts.task.cdc_stop_position.as_ref().filter(|own| !own.is_empty());
    if let Some(own) = own {
        said.say(format!("the task has a stop position of its own: {}", own.shown()));
        if let Ok(own) = own.raw().parse() {
            passed(&own, seen, said);
        }
    }
}

/// An end in the past may still be meant: of a task that is behind.
fn passed(until: &Until, seen: &Seen<'_>, said: &mut Said) {
    let ago = until.time().map(|at| seen.now.duration_since(at)).filter(|ago| !ago.is_negative());
    let Some(ago) = ago.map(words::span) else { return };
    said.warn(if until.of_server() {
        format!("its end passed {ago} ago: it stops at once")
    } else {
        format!("its end passed {ago} ago: it stops at the first change committed after it, and brings none of those")
    });
}

/// How it came to stand still.
fn history(seen: &Seen<'_>, said: &mut Said) {
    let task = &seen.facts.task;
    if let Some(reason) = task.stop_reason.as_ref().filter(|reason| !reason.is_empty()) {
        let at = task.stats.stop.map(|at| format!(", {}", time(at))).unwrap_or_default();
        said.say(format!("it stopped: {}{at}", reason.shown()));
    }
    if let Some(failure) = task.last_failure.as_ref().filter(|failure| !failure.is_empty()) {
        said.say(format!("it last failed with: {}", words::short(&failure.shown())));
    }
}
