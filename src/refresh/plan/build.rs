//! From the configuration, the task and both databases to a plan. Reads, and changes nothing: the sessions are such that the
//! servers themselves refuse every change.

use super::around;
use super::findings::Findings;
use super::fires::{self, Consumers};
use super::preview::{self, KeyFound};
use super::steps::{Known, steps};
use super::tables::{self, Loaded};
use super::{Plan, VERSION, Way, compare, drift, lost, masks, of_task};
use crate::aws::Reader;
use crate::change::TaskFacts;
use crate::db::schema::TableName;
use crate::db::schema::identity::{self, Apart, Identity, Other};
use crate::db::schema::sequences::{self, Sequence};
use crate::db::schema::snapshot::Snapshot;
use crate::db::{Database, DbError, Read, Session, catalogue};
use crate::model::canon::hex;
use crate::model::change::{Destination, Meant, Named, Safeguards, Verb};
use crate::model::engine::Engine;
use crate::model::masking::resolve::Pinned;
use crate::model::refresh::{CustomStep, Does, Load, Place, RefreshName, Settings, Shown, StepKind};
use crate::model::settings::PrepMode;
use crate::model::task::Task;
use crate::model::untrusted::shown;
use crate::model::{Problem, Untrusted, mappings};
use crate::validate::{self, TaskTables};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// What is to be planned, and what may be used for it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub name: &'a RefreshName,
    pub settings: &'a Settings,
    pub safeguards: &'a Safeguards,
    pub reader: &'a Reader,
    /// The one that the settings name.
    pub task: &'a Task,
    pub source: &'a Opened,
    pub target: &'a Opened,
    pub now: Timestamp,
    /// The `[validation.NAME]` that the settings name.
    pub validation: Option<&'a validate::Settings>,
    /// Columns of the last time that this was carried out to its end.
    pub pinned: Option<&'a Pinned>,
}

/// A database that can be opened.
#[derive(Debug, Clone)]
pub struct Opened {
    pub database: Database,
    /// `[databases.staging]`, `endpoint staging-target of DMS`.
    pub found_by: String,
    /// Of `[databases.NAME]`.
    pub name: Option<String>,
    /// It is the endpoint of the task: it was found by it, or the configuration says so.
    pub is_endpoint: bool,
}

/// A plan, as it is carried out and as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    pub plan: Plan,
    pub shown: Shown,
    /// Who else hears of the end of a load: matters to `watch`.
    pub consumers: Consumers,
}

/// There is no plan, not even one that must not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum CannotPlan {
    #[error("{}", .0.summary)]
    Aws(Box<Problem>),
    #[error("{side}: {error}")]
    Database { side: &'static str, error: DbError },
    #[error("{0}")]
    Task(String),
}

impl From<Problem> for CannotPlan {
    fn from(problem: Problem) -> Self {
        Self::Aws(Box::new(problem))
    }
}

impl From<(&'static str, DbError)> for CannotPlan {
    fn from((side, error): (&'static str, DbError)) -> Self {
        Self::Database { side, error }
    }
}

fn of_target(error: DbError) -> CannotPlan {
    ("target", error).into()
}

fn of_source(error: DbError) -> CannotPlan {
    ("source", error).into()
}

/// Plans a refresh. What forbids it is among the findings of the plan. `show`: somebody will be shown what masking with this key
/// makes of some rows.
///
/// # Errors
/// AWS or a database cannot be asked, or the task's own texts cannot be read.
#[allow(clippy::too_many_lines, reason = "one question after the other, to be read in one piece")]
pub async fn build(asked: &Asked<'_>, show: Option<&KeyFound>) -> Result<Built, CannotPlan> {
    let Asked { settings, safeguards, reader, source, target, .. } = *asked;
    let mut found = Findings::default();
    let facts = TaskFacts::read(reader, &asked.task.arn, &Verb::Reload { until: None }).await?;
    let verb = of_task::verb(settings.load, &facts.task);
    of_task::check(settings, safeguards, &facts, verb.as_ref(), &mut found);
    of_task::is_of_endpoint("source", &source.database, source.is_endpoint, &facts.places[0], &mut found);
    of_task::is_of_endpoint("target", &target.database, target.is_endpoint, &facts.places[1], &mut found);
    let task = tables_of(&facts)?;
    let window = in_window(settings, asked.now, &mut found);

    let mut there = source.database.read().await.map_err(of_source)?;
    let mut here = target.database.read().await.map_err(of_target)?;
    let engine = here.dialect().engine;
    readable(&there, &here)?;
    let who = apart(&mut there, &mut here, &mut found).await?;
    let from = catalogue::read(&mut there).await.map_err(of_source)?;
    let to = catalogue::read(&mut here).await.map_err(of_target)?;
    let loaded = tables::pair(&settings.sensitive, &task, &from, &to, &mut found).map_err(CannotPlan::Task)?;
    let both = tables::compare(&mut there, &mut here, &loaded, &mut found).await?;
    let batch_apply = facts.settings.batch_apply.unwrap_or(false);
    let around = around::read(settings, batch_apply, &mut here, &loaded, &mut found).await.map_err(of_target)?;
    of_task::checks_off(engine, facts.target.as_ref(), around.keys.len(), &mut found);
    let masked = masks::facts(&mut here, &loaded).await.map_err(of_target)?;
    let masking = masks::resolve(settings, &task.mappings, &loaded, &masked, asked.pinned, &mut found);
    let changed = masking.iter().flat_map(|resolved| &resolved.tables);
    let changed: BTreeSet<TableName> = changed
        .filter(|table| table.masked().next().is_some())
        .map(|table| TableName::new(&table.schema, &table.name))
        .collect();
    around::rights(settings, &around, &changed, &mut here, &loaded, &mut found).await.map_err(of_target)?;
    let connect = around::connect(settings, reader, &facts.task, target.name.is_some(), &mut here, &mut found).await;
    let defuse = masks::defused(here.dialect(), &masked, &settings.defuse, &mut found);
    let counters = counters(&mut here, &loaded).await.map_err(of_target)?;
    let means = lost::Means {
        source: &source.database,
        target: &target.database,
        sessions: (&mut there, &mut here),
        not: not_counted(settings.load, &facts, window),
    };
    let tables = lost::count(means, &loaded, &mut found).await?;
    let previews = match (show, &masking) {
        (Some(key), Some(resolved)) => {
            let masked = (masked.as_slice(), resolved);
            preview::rows(&source.database, here.dialect(), &loaded, masked, key, &mut found).await
        }
        _ => Vec::new(),
    };
    let sessions = sessions(&mut here, &mut found).await?;
    let (schedules, consumers) = fires::read(settings, reader, &facts.task.arn, &mut found).await;
    let custom = custom(settings, &mut found);

    let destination = facts.places[1].clone().unwrap_or_else(|_| {
        Destination::new(target.database.host().unwrap_or_default(), target.database.name().unwrap_or_default())
    });
    let steps = steps(&Known {
        settings,
        facts: &facts,
        verb: verb.as_ref(),
        engine,
        destination: &destination,
        loaded: &loaded,
        around: &around,
        schedules: &schedules,
        masking: masking.as_ref().map(|resolved| (resolved, masked.as_slice())),
        connect: &connect,
        defuse: &defuse,
        custom: &custom,
        sequences: &counters,
    });
    let place = |opened: &Opened, snapshot: &Snapshot, identity: &Identity| Place {
        engine: engine_words(snapshot),
        place: shown(&opened.database.place()).into_owned(),
        identity: identity.words(),
        found_by: opened.found_by.clone(),
    };
    let way = |opened: &Opened, engine| Way { engine, name: opened.name.clone() };
    let mut schemas: Vec<String> = loaded.iter().map(|one| one.target.schema.clone()).collect();
    schemas.sort();
    schemas.dedup();
    let (keys, triggers) = drift::seen(&around);
    let plan = Plan {
        version: VERSION,
        name: asked.name.clone(),
        task: Meant { arn: facts.task.arn.clone(), name: facts.task.name.clone() },
        purpose: settings.purpose,
        load: settings.load,
        cadence: settings.cadence,
        source: place(source, &both.source, &who[0]),
        target: place(target, &both.target, &who[1]),
        source_way: way(source, there.dialect().engine),
        target_way: way(target, engine),
        destination: destination.clone(),
        definition: definition(&facts.task),
        catalogue: both.target.fingerprint(),
        prep_mode: facts.settings.prep_mode.map(|mode| mode.raw().to_owned()).unwrap_or_default(),
        schemas,
        tables,
        keys,
        triggers,
        watermarks: watermarks(settings, &loaded, &mut found),
        quarantine: settings.quarantine,
        window: settings.window.clone(),
        validation: compare::comparison(settings, asked.validation, &facts.task, &mut found),
        sensitive: settings.sensitive.clone(),
        masking,
        defuse,
        custom,
        steps,
        schedules: schedules.iter().map(Named::of).collect(),
        topic: settings.topic.clone(),
        notice_after: settings.notice_after,
        replaces_lambda: settings.replaces_lambda,
    };
    let shown = Shown { previews, ..shown_as(&plan, asked.now, found, sessions)? };
    Ok(Built { plan, shown, consumers })
}

fn shown_as(plan: &Plan, now: Timestamp, found: Findings, sessions: Vec<Untrusted>) -> Result<Shown, CannotPlan> {
    let hash = plan.hash().map_err(|error| CannotPlan::Task(format!("the plan cannot be written down: {error}")))?;
    Ok(Shown {
        name: plan.name.clone(),
        hash,
        made: now,
        task: plan.task.name.0.clone(),
        purpose: plan.purpose,
        load: plan.load,
        cadence: plan.cadence,
        source: plan.source.clone(),
        target: plan.target.clone(),
        answer: Untrusted::new(plan.destination.to_string()),
        tables: plan.tables.clone(),
        steps: plan.steps.clone(),
        findings: found.done(),
        sessions,
        previews: Vec::new(),
    })
}

/// What the task's own texts say of its tables.
fn tables_of(facts: &TaskFacts) -> Result<TaskTables, CannotPlan> {
    let name = facts.task.name.shown();
    let Some(text) = &facts.task.table_mappings else {
        return Err(CannotPlan::Task(format!("task {name}: DMS told no table mappings")));
    };
    let mappings = mappings::parse(text)
        .map_err(|error| CannotPlan::Task(shown(&format!("task {name}: {error}")).into_owned()))?;
    let settings = &facts.settings;
    Ok(TaskTables {
        mappings,
        schema: settings.target_schema.clone(),
        lob_limit_kb: settings.lob_limit_kb,
        counted: Vec::new(),
    })
}

/// SHA-256 of what a task is. Where it writes its log is no part of that: DMS fills it in at the first start.
pub fn definition(task: &Task) -> String {
    let settings = task.settings.as_deref().and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let settings = settings.map(|mut settings| {
        if let Some(all) = settings.as_object_mut() {
            all.remove("Logging");
        }
        settings
    });
    let mappings = task.table_mappings.as_deref().and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    digest(&(task.migration_type.raw(), &task.source, &task.target, mappings, settings))
}

/// SHA-256 of its JSON; of what cannot be written so, of nothing.
pub(super) fn digest(value: &impl Serialize) -> String {
    hex(&Sha256::digest(serde_json::to_vec(value).unwrap_or_default()))
}

fn readable(source: &Session<Read>, target: &Session<Read>) -> Result<(), CannotPlan> {
    for (side, session) in [("source", source), ("target", target)] {
        if session.dialect().redshift {
            let why = format!("{side}: Redshift is compared only; a refresh loads PostgreSQL, MySQL and MariaDB");
            return Err(CannotPlan::Task(why));
        }
    }
    Ok(())
}

/// Whether the source may be loaded now.
fn in_window(settings: &Settings, now: Timestamp, found: &mut Findings) -> bool {
    let Some(window) = settings.window.as_ref().filter(|window| !window.is_open(now)) else { return true };
    let at = |at: Timestamp| at.strftime("%a %Y-%m-%d %H:%M UTC").to_string();
    let opens = window.next(now).map(|(from, _)| format!("; it opens {}", at(from))).unwrap_or_default();
    let what = format!("the source may be loaded only {window}, and that is not now{opens}");
    found.blocking(StepKind::Load, what, "Run it then, or change the window.");
    false
}

/// Two databases, and not one by two names.
async fn apart(
    there: &mut Session<Read>,
    here: &mut Session<Read>,
    found: &mut Findings,
) -> Result<[Identity; 2], CannotPlan> {
    match identity::differ(there, here).await.map_err(of_target)? {
        Apart::Different(_) => {}
        Apart::Same(why) => {
            let what = format!("source and target are one database: {why}");
            found.blocking(StepKind::Lock, what, "Look at the endpoints of the task and at [databases.NAME].");
        }
        Apart::Unknown(why) => {
            let what = format!("that source and target are two databases cannot be proven: {why}");
            found.blocking(StepKind::Lock, what, "Let this user read what the servers say of themselves.");
        }
    }
    let source = identity::identity(there).await.map_err(of_source)?;
    let target = identity::identity(here).await.map_err(of_target)?;
    if target.replica == Some(true) {
        found.blocking(StepKind::Lock, "the target is a replica: nothing can be written there", "Name the primary.");
    }
    for (side, place) in [("source", &source), ("target", &target)] {
        if place.words().is_none() {
            let what =
                format!("the {side} does not tell which database it is: later nobody sees whether it is another");
            found.warning(StepKind::Lock, what, "Let this user read what the server says of itself.");
        }
    }
    Ok([source, target])
}

fn engine_words(snapshot: &Snapshot) -> String {
    let version = shown(&snapshot.version);
    let number = version.split(['-', ' ']).next().unwrap_or_default();
    match snapshot.engine {
        Engine::PostgreSql => format!("PostgreSQL {number}"),
        Engine::MySql if version.contains("MariaDB") => format!("MariaDB {number}"),
        Engine::MySql => format!("MySQL {number}"),
        Engine::Sqlite => format!("SQLite {number}"),
    }
}

/// The counters that columns of loaded tables use.
async fn counters(here: &mut Session<Read>, loaded: &[Loaded<'_>]) -> Result<Vec<Sequence>, DbError> {
    let tables: Vec<TableName> = loaded.iter().map(Loaded::target_name).collect();
    let mut all = sequences::read(here).await?;
    all.retain(|sequence| sequence.is_of(&tables));
    Ok(all)
}

/// Why rows that only the target has are not counted at all.
fn not_counted(load: Load, facts: &TaskFacts, in_window: bool) -> Option<&'static str> {
    match facts.settings.prep_mode {
        _ if load == Load::Cdc => Some("no table is emptied"),
        Some(PrepMode::DoNothing) => Some("no table is emptied"),
        _ if !in_window => Some("outside the window the source is not read for this"),
        _ => None,
    }
}

async fn sessions(here: &mut Session<Read>, found: &mut Findings) -> Result<Vec<Untrusted>, CannotPlan> {
    let others = identity::others(here).await.map_err(of_target)?;
    let mut all: Vec<Untrusted> = others.sessions.iter().map(session_words).collect();
    if others.hidden > 0 {
        all.push(Untrusted::new(format!("{} more of which this user may see nothing", others.hidden)));
    }
    if !all.is_empty() {
        let number = others.sessions.len() as u64 + others.hidden;
        let what = format!("{number} other {} on the target", if number == 1 { "session is" } else { "sessions are" });
        found.warning(
            StepKind::KeysAway,
            what,
            "They may wait for locks, or hold some; what they see is between old and new.",
        );
    }
    Ok(all)
}

/// `app@10.0.0.7 (psql), since 2026-11-22T02:00:00Z`
fn session_words(other: &Other) -> Untrusted {
    let part =
        |part: &Option<Untrusted>| part.as_ref().map(|part| part.raw().to_owned()).filter(|part| !part.is_empty());
    let user = part(&other.user).unwrap_or_else(|| "somebody".to_owned());
    let host = part(&other.host).map(|host| format!("@{host}")).unwrap_or_default();
    let program = part(&other.application).map(|program| format!(" ({program})")).unwrap_or_default();
    let since =
        other.since.map(|since| format!(", since {}", since.strftime("%Y-%m-%d %H:%M:%S UTC"))).unwrap_or_default();
    Untrusted::new(format!("{user}{host}{program}{since}, pid {}", other.pid))
}

/// Steps of the configuration with the text of their files.
fn custom(settings: &Settings, found: &mut Findings) -> Vec<CustomStep<String>> {
    let mut all = Vec::with_capacity(settings.custom.len());
    for step in &settings.custom {
        let does = match &step.does {
            Does::Command(words) => Does::Command(words.clone()),
            Does::Sql(path) => Does::Sql(std::fs::read_to_string(path).unwrap_or_else(|error| {
                let what = format!("step {}: {}: {error}", step.name.0, path.display());
                found.blocking(StepKind::Custom, what, "Look at its sql_file.");
                String::new()
            })),
        };
        all.push(CustomStep {
            name: step.name.clone(),
            after: step.after,
            does,
            again: step.again.clone(),
            timeout: step.timeout,
            retry: step.retry,
            on_failure: step.on_failure,
        });
    }
    all
}

fn watermarks(settings: &Settings, loaded: &[Loaded<'_>], found: &mut Findings) -> Vec<((String, String), String)> {
    let mut all = Vec::with_capacity(settings.watermarks.len());
    for (name, column) in &settings.watermarks {
        let is = |one: &&Loaded<'_>| format!("{}.{}", one.source.schema, one.source.name) == *name;
        match loaded.iter().find(is) {
            Some(one) if one.source.column(column).is_some() => {
                all.push(((one.source.schema.clone(), one.source.name.clone()), column.clone()));
            }
            Some(_) => {
                let what = format!("watermark: table {name} of the source has no column {column}");
                found.blocking(StepKind::Validate, what, "Look at its name.");
            }
            None => {
                let what = format!("watermark: {name} is no table that is loaded");
                found.warning(StepKind::Validate, what, "Look at its name: SCHEMA.TABLE of the source.");
            }
        }
    }
    all
}
