//! The steps of a plan, in order, in words and in SQL. Pure. Start at [`steps`]: one row for each kind, and a kind without a
//! row is not in this plan.

use super::Defused;
use super::around::Around;
use super::tables::{LEDGER, Loaded};
use crate::change::TaskFacts;
use crate::db::Dialect;
use crate::db::schema::keys::Key;
use crate::db::schema::orphans::{self, Policy};
use crate::db::schema::sequences::Sequence;
use crate::model::change::{Destination, Verb};
use crate::model::engine::Engine;
use crate::model::masking::defuse::Action;
use crate::model::masking::{Decision, Resolved, Table};
use crate::model::refresh::{
    Again, CustomStep, Does, Load, Orphans, PlannedStep, Quarantine, Settings, StepKind, StepName, StepTerms,
};
use crate::model::schedule::{Schedule, ScheduleState};
use crate::model::untrusted::shown;
use crate::refresh::mask::vacuum::vacuum;

/// All that the steps are made of.
pub(super) struct Known<'a> {
    pub settings: &'a Settings,
    pub facts: &'a TaskFacts,
    pub verb: Option<&'a Verb>,
    pub engine: Engine,
    pub destination: &'a Destination,
    pub loaded: &'a [Loaded<'a>],
    pub around: &'a Around,
    pub schedules: &'a [Schedule],
    /// With what masking knows of the tables.
    pub masking: Option<(&'a Resolved, &'a [Table])>,
    /// What keeps others out, and what lets them in again.
    pub connect: &'a (Vec<String>, Vec<String>),
    pub defuse: &'a [Defused],
    pub custom: &'a [CustomStep<String>],
    /// Counters of loaded tables.
    pub sequences: &'a [Sequence],
}

/// In words, and what will be run as far as it is known.
type Told = Option<(Vec<String>, Vec<String>)>;

/// Every step of this plan, in order, with those of the configuration where they stand.
pub(super) fn steps(known: &Known<'_>) -> Vec<PlannedStep> {
    let mut all = Vec::new();
    for kind in StepKind::ALL {
        if let Some((words, sql)) = told(known, kind) {
            let StepTerms { timeout, retry, on_failure } = known.settings.options(kind);
            all.push(PlannedStep { name: kind.into(), kind, words, sql, timeout, retry, on_failure });
        }
        all.extend(known.custom.iter().filter(|step| step.after == kind).map(own));
    }
    all
}

fn own(step: &CustomStep<String>) -> PlannedStep {
    let (mut words, sql) = match &step.does {
        Does::Sql(text) => (vec!["this SQL is run on the target".to_owned()], vec![text.clone()]),
        Does::Command(words) => (vec![format!("on this machine: {}", command(words))], Vec::new()),
    };
    words.push(match &step.again {
        Again::Mark => "whether it was done is a mark in the ledger".to_owned(),
        Again::ProbeSql(sql) => format!("whether it was done says: {}", shown(sql)),
        Again::ProbeCommand(words) => format!("whether it was done says: {}", command(words)),
    });
    PlannedStep {
        name: StepName(step.name.0.clone()),
        kind: StepKind::Custom,
        words,
        sql,
        timeout: step.timeout,
        retry: step.retry,
        on_failure: step.on_failure,
    }
}

fn command(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| crate::model::shell::quoted(word)).collect();
    shown(&quoted.join(" ")).into_owned()
}

#[allow(clippy::unnecessary_wraps, reason = "an arm among others that may say nothing")]
fn one(words: impl Into<String>) -> Told {
    Some((vec![words.into()], Vec::new()))
}

#[allow(clippy::too_many_lines, reason = "one arm a step: the whole of what will happen, to be read in one piece")]
fn told(known: &Known<'_>, kind: StepKind) -> Told {
    let Known { settings, engine, around, .. } = known;
    let tables = known.loaded.len();
    let cdc = settings.load != Load::FullLoad;
    let keys = || around.keys.iter().map(|(key, _)| key);
    match kind {
        StepKind::Parity => one(format!("schema and migrations of {} are compared once more", count(tables, "table"))),
        StepKind::Rehearsal => match engine {
            Engine::PostgreSql if around.keys_go || around.firing().next().is_some() => one(
                "in one transaction all keys are dropped and put back, and triggers switched; then it is rolled back",
            ),
            _ => one("what can be tried without changing anything is tried"),
        },
        StepKind::Lock => one(format!(
            "a lock on {} and a row in the ledger there, {}: no second refresh of it can begin",
            known.destination,
            ledger(*engine)
        )),
        StepKind::Capture => one(format!(
            "into the ledger: {}, {}, {}; restore.sql, which puts them back without this program",
            count(around.keys.len(), "key"),
            count(around.triggers.len(), "trigger"),
            count(known.schedules.len(), "schedule")
        )),
        StepKind::ScheduleOff | StepKind::ScheduleBack => {
            schedules(known.schedules, kind == StepKind::ScheduleOff).map(|words| (words, Vec::new()))
        }
        StepKind::Drain => {
            one(format!("task {} does not run, and nothing that fired before starts it", known.facts.task.name.shown()))
        }
        StepKind::Quarantine | StepKind::QuarantineOff => match (settings.quarantine, kind) {
            (Quarantine::None, _) => None,
            (Quarantine::Connections, StepKind::Quarantine) => {
                let words = "nobody but this program, DMS and superusers can connect to the target any more; who is \
                             connected stays";
                Some((vec![words.to_owned()], known.connect.0.clone()))
            }
            (Quarantine::Connections, _) => {
                Some((vec!["who could connect before can connect again".to_owned()], known.connect.1.clone()))
            }
        },
        StepKind::TriggersOff => {
            let firing: Vec<_> = around.firing().collect();
            let words =
                format!("{} cannot fire: {}", count(firing.len(), "trigger"), listed(firing.iter().map(|t| &t.ident)));
            let sql = firing.iter().rev().flat_map(|trigger| trigger.away.clone()).collect();
            (!firing.is_empty()).then(|| (vec![words], sql))
        }
        StepKind::TriggersOn => {
            let firing: Vec<_> = around.firing().collect();
            let sql = firing.iter().flat_map(|trigger| trigger.back.clone()).collect();
            (!firing.is_empty()).then(|| (vec![format!("{} as before", count(firing.len(), "trigger"))], sql))
        }
        StepKind::KeysAway => around.keys_go.then(|| {
            (vec![format!("{} dropped", count(around.keys.len(), "key"))], keys().flat_map(Key::away).collect())
        }),
        StepKind::KeysBack => keys_back(known),
        StepKind::Load => one(load(known)),
        StepKind::Wait => match settings.load {
            Load::Cdc => None,
            Load::FullLoad => one(format!(
                "until the task has stopped with FULL_LOAD_ONLY_FINISHED, no table is in error and {} complete",
                all_of(tables)
            )),
            Load::FullLoadAndCdc => one(format!("until no table is in error and {} complete", all_of(tables))),
        },
        StepKind::Park => cdc.then(|| {
            let words =
                "the target is kept up to date: no process, no lock, no session, until `cutover refresh finish`";
            (vec![words.to_owned()], Vec::new())
        }),
        StepKind::Caught => cdc.then(|| (vec!["everything captured has been applied".to_owned()], Vec::new())),
        StepKind::StopTask => cdc.then(|| (vec!["the task is stopped, its checkpoint is kept".to_owned()], Vec::new())),
        StepKind::Validate => settings.validation.as_ref().map(|name| {
            let mut words = vec![format!("the comparison [validation.{}] is carried out", shown(name))];
            if !settings.watermarks.is_empty() {
                let list = listed(settings.watermarks.iter().map(|(table, column)| format!("{table} ({column})")));
                words.push(format!("rows of the source that are newer than the load are set apart in {list}"));
            }
            (words, Vec::new())
        }),
        StepKind::Mask => known.masking.and_then(|masking| mask(*engine, masking)),
        StepKind::Defuse => defuse(known),
        StepKind::Sequences => {
            let list = listed(known.sequences.iter().map(|one| one.name.words().raw().to_owned()));
            let words =
                format!("{} go on behind the source and the data: {list}", count(known.sequences.len(), "counter"));
            let sql = known.sequences.iter().flat_map(Sequence::set_sql_later).collect();
            (!known.sequences.is_empty()).then(|| (vec![words], sql))
        }
        StepKind::Analyze => Some((
            vec![format!("the planner of the target sees the new rows of {}", count(tables, "table"))],
            known.loaded.iter().map(|table| analyze(*engine, &table.target.schema, &table.target.name)).collect(),
        )),
        StepKind::Verify => {
            let mut words = vec!["the catalogue of the target is what it was before".to_owned()];
            if known.masking.is_some() {
                words.push("no personal data is left where it was masked, and none is found elsewhere".to_owned());
            }
            Some((words, Vec::new()))
        }
        StepKind::Close => one("the ledger is closed, the lock is given up"),
        StepKind::Notify => {
            settings.topic.as_ref().map(|topic| (vec![format!("{} is told how it ended", shown(topic))], Vec::new()))
        }
        StepKind::Custom => None,
    }
}

fn schedules(all: &[Schedule], off: bool) -> Option<Vec<String>> {
    let line = |schedule: &Schedule| {
        let name = crate::model::change::Named::of(schedule).full();
        match (&schedule.state, off) {
            (ScheduleState::Disabled, _) => format!("{name} is off, and stays so"),
            (state, true) => format!("{name} is switched off (now {})", shown(state.raw())),
            (state, false) => format!("{name} is {} again", shown(state.raw())),
        }
    };
    (!all.is_empty()).then(|| all.iter().map(line).collect())
}

fn load(known: &Known<'_>) -> String {
    let Known { facts, destination, .. } = known;
    let name = facts.task.name.shown();
    let rows = match facts.settings.prep_mode {
        Some(mode) if known.settings.load != Load::Cdc => format!(" ({})", mode.raw()),
        _ => String::new(),
    };
    match known.verb {
        Some(Verb::Reload { .. }) => {
            format!(
                "from here on the old rows are gone: DMS loads {destination} anew, task {name}, reload-target{rows}"
            )
        }
        Some(Verb::Resume { .. }) => {
            format!("task {name} goes on where it stopped, resume-processing, into {destination}")
        }
        Some(_) if known.settings.load == Load::Cdc => {
            format!("task {name} begins at its start position, start-replication, into {destination}")
        }
        _ => {
            format!("from here on the old rows are gone: DMS loads {destination}, task {name}, start-replication{rows}")
        }
    }
}

fn keys_back(known: &Known<'_>) -> Told {
    let around = known.around;
    if around.keys.is_empty() {
        return None;
    }
    let mut words = Vec::new();
    let mut sql = Vec::new();
    let number = count(around.keys.len(), "key");
    if around.keys_go {
        words.push(format!("{number} put back without looking at rows, then validated one by one"));
        sql.extend(around.keys.iter().flat_map(|(key, _)| key.back()));
        sql.extend(around.keys.iter().filter_map(|(key, _)| key.validate()));
    } else {
        words.push(format!("the keys stay ({number}); rows are looked for whose parent is not there"));
    }
    for policy in Orphans::ALL.into_iter().filter(|policy| *policy != Orphans::Fail) {
        let of: Vec<&String> =
            around.keys.iter().filter(|(_, own)| *own == policy).map(|(key, _)| &key.ident).collect();
        let what = match policy {
            Orphans::Report | Orphans::Fail => "stay and are told",
            Orphans::Null => "lose their reference",
            Orphans::Delete => "are deleted",
        };
        if !of.is_empty() {
            words.push(format!("orphans {what}: {}", listed(of)));
        }
    }
    let policy =
        |key: &Key| around.keys.iter().find(|(one, _)| one.ident == key.ident).map(|(_, own)| Policy::from(*own));
    let all: Vec<Key> = around.keys.iter().map(|(key, _)| key.clone()).collect();
    let (ordered, _) = orphans::in_order(&all);
    // One that cannot be carried out is a finding already.
    let mend = |key: &&Key| orphans::mend(key, policy(key)?, orphans::BATCH).ok().flatten();
    let mends: Vec<String> = ordered.iter().filter_map(mend).collect();
    if !mends.is_empty() {
        let batch = orphans::BATCH;
        let last = if mends.len() == 1 {
            "the last statement is".to_owned()
        } else {
            format!("the last {} statements are", mends.len())
        };
        words.push(format!(
            "{last} run only where there are orphans, about {batch} rows each time, until there are none"
        ));
    }
    sql.extend(mends);
    Some((words, sql))
}

fn mask(engine: Engine, (resolved, facts): (&Resolved, &[Table])) -> Told {
    let line = |table: &crate::model::masking::ResolvedTable| {
        let masked: Vec<String> =
            table.masked().map(|(column, rule)| format!("{} {}", column.name, rule.function.name())).collect();
        let kept = table.columns.iter().filter(|column| column.decision == Decision::Keep).count();
        let name = shown(&format!("{}.{}", table.schema, table.name)).into_owned();
        let line = format!("{name}: {}; {kept} kept", shown(&masked.join(", ")));
        (!masked.is_empty()).then_some(line)
    };
    let mut words: Vec<String> = resolved.tables.iter().filter_map(line).collect();
    let is_masked = |table: &&Table| {
        resolved.table(&table.schema, &table.name).is_some_and(|resolved| resolved.masked().next().is_some())
    };
    let dialect = Dialect::of(engine);
    let mut sql = Vec::new();
    for statement in facts.iter().filter(is_masked).filter_map(|table| vacuum(dialect, table, false).sql) {
        // Of SQLite it is one for the whole file.
        if !sql.contains(&statement) {
            sql.push(statement);
        }
    }
    if !sql.is_empty() {
        words.push("afterwards old values are cleared out of dead rows and free pages".to_owned());
    }
    (!words.is_empty()).then_some((words, sql))
}

fn ledger(engine: Engine) -> String {
    match engine {
        Engine::PostgreSql => format!("in the schema {LEDGER}, which is made if it is not there"),
        Engine::MySql => format!("in the database {LEDGER}, which is made if it is not there"),
        Engine::Sqlite => format!("in tables {LEDGER}_*, which are made if they are not there"),
    }
}

fn defuse(known: &Known<'_>) -> Told {
    let words =
        known.defuse.iter().map(|Defused { asked, .. }| (&asked.table, &asked.action)).map(|(table, action)| {
            match action {
                Action::Truncate | Action::Delete { filter: None } => format!("{}: all rows are deleted", shown(table)),
                Action::Delete { filter: Some(filter) } => {
                    format!("{}: rows are deleted where {}", shown(table), shown(filter))
                }
                Action::File(path) => format!("{}: {}", shown(table), shown(&path.display().to_string())),
            }
        });
    let words: Vec<String> = words.collect();
    let sql = known.defuse.iter().flat_map(|one| one.sql.clone()).collect();
    (!words.is_empty()).then_some((words, sql))
}

fn analyze(engine: Engine, schema: &str, table: &str) -> String {
    let name = Dialect::of(engine).qualified(schema, table);
    match engine {
        Engine::MySql => format!("ANALYZE TABLE {name}"),
        Engine::PostgreSql | Engine::Sqlite => format!("ANALYZE {name}"),
    }
}

/// Most things that are named in one line.
const NAMED: usize = 8;

fn listed<T: AsRef<str>>(all: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = all.into_iter().map(|one| shown(one.as_ref()).into_owned()).collect();
    let more = all.len().saturating_sub(NAMED);
    let list = all[..all.len() - more].join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}

fn all_of(tables: usize) -> String {
    if tables == 1 { "the table is".to_owned() } else { format!("all {tables} tables are") }
}

fn count(number: usize, noun: &str) -> String {
    match number {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}
