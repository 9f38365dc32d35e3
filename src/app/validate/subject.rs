//! What a comparison is of: two addresses, a task, or a comparison that the configuration names; with everything that is
//! needed to find both databases and to plan. Start at [`Subject::named`].

use super::sides::{Address, Found, Means, SideAsked};
use super::watch::Watched;
use crate::app::headless::the_task;
use crate::app::{Failure, Setup};
use crate::aws::{Reader, WhichTables};
use crate::model::task::Task;
use crate::model::untrusted::shown;
use crate::model::validation::{Gate, Kind, Said, What};
use crate::model::{ProblemKind, ReplicationKind};
use crate::model::{mappings, settings};
use crate::validate::merge::Side;
use crate::validate::{Asked, Settings, Statement, StatementFiles, TaskTables, Terms, gate};
use std::sync::Arc;

/// What is compared.
#[derive(Debug, Clone)]
pub struct Subject {
    pub what: What,
    pub source: SideAsked,
    pub target: SideAsked,
    /// With settings and mappings.
    pub task: Option<Task>,
    /// Only these tables; empty: all that the terms mean.
    pub tables: Vec<Asked>,
    pub terms: Terms,
    /// What the configuration says besides; nothing, where it names none.
    pub settings: Settings,
    /// When it may begin.
    pub gate: Gate,
    /// What was said about it on the command line.
    pub said: Said,
}

impl Subject {
    /// Two databases, and no task.
    pub fn addresses(source: Address, target: Address) -> Self {
        Self {
            what: What::Addresses,
            source: SideAsked::Address(source),
            target: SideAsked::Address(target),
            task: None,
            tables: Vec::new(),
            terms: Terms::default(),
            settings: Settings::default(),
            gate: Gate::NoTask,
            said: Said::default(),
        }
    }

    /// Whether AWS has to be asked for what this name means.
    pub fn needs_aws(setup: &Setup, named: &str) -> bool {
        setup.validations.get(named).is_none_or(|settings| settings.task.is_some())
    }

    /// Names of the configuration's comparisons.
    pub fn names(setup: &Setup) -> impl Iterator<Item = &str> {
        setup.validations.keys().map(String::as_str)
    }

    /// A comparison of the configuration, or a task by its ARN or exact name. A name that is both is a mistake, unless the
    /// comparison is of that very task.
    ///
    /// # Errors
    /// There is none of this name, or two; it cannot be read; a task's mappings or a file of a statement cannot be read.
    pub async fn named(setup: &Setup, reader: Option<&Reader>, named: &str) -> Result<Self, Failure> {
        let Some(settings) = setup.validations.get(named) else {
            let reader = reader.ok_or_else(nobody)?;
            let task = the_task(reader, named).await.map_err(|failure| known(setup, failure))?;
            let task = in_full(reader, task).await?;
            let what = What::Task(task.name.raw().to_owned());
            let counted = counted(reader, &task).await?;
            return Self::of(what, Settings::default(), Some((task, counted)));
        };
        let task = match &settings.task {
            None => None,
            Some(task) => {
                let reader = reader.ok_or_else(nobody)?;
                if task != named && the_task(reader, named).await.is_ok() {
                    let name = shown(named).into_owned();
                    return Err(Failure::usage(format!(
                        "{name} is a task and [validation.{name}] of the configuration: name the task by its ARN, or call the \
                         comparison otherwise"
                    )));
                }
                let found = the_task(reader, task).await.map_err(|mut failure| {
                    failure.lines.insert(0, format!("[validation.{}] names it:", shown(named)));
                    failure
                })?;
                let task = in_full(reader, found).await?;
                let counted = counted(reader, &task).await?;
                Some((task, counted))
            }
        };
        Self::of(What::Named(named.to_owned()), settings.clone(), task)
    }

    fn of(what: What, settings: Settings, task: Option<(Task, Vec<(String, String)>)>) -> Result<Self, Failure> {
        let (task, counted) = task.unzip();
        let side = |name: &Option<String>, endpoint: Option<SideAsked>| {
            let of_task = || endpoint.ok_or_else(|| Failure::usage("neither a task nor both databases are named"));
            name.clone().map_or_else(of_task, |name| Ok(SideAsked::Database(name)))
        };
        let endpoints = task.as_ref().map(|task| (task.source.clone(), task.target.clone()));
        let (source, target) = endpoints.unzip();
        let source = side(&settings.source, source.map(SideAsked::Endpoint))?;
        let target = side(&settings.target, target.map(SideAsked::Endpoint))?;
        let mut terms = Terms {
            kind: settings.kind.unwrap_or_default(),
            keys: settings.keys.clone(),
            rules: settings.rules.clone(),
            waived: settings.waived.clone(),
            filter_source: settings.filter_source.clone(),
            filter_target: settings.filter_target.clone(),
            tables: settings.of_tables.clone(),
            excluded: settings.exclude.clone(),
            statements: settings.statements.iter().map(read).collect::<Result<_, _>>()?,
            ..Terms::default()
        };
        let mut tables = Vec::new();
        let mut gate = Gate::NoTask;
        match &task {
            None => tables.clone_from(&settings.tables),
            Some(task) => {
                let counted = counted.unwrap_or_default();
                terms.task = Some(Arc::new(TaskTables { counted, ..tables_of(task)? }));
                terms.more.clone_from(&settings.tables);
                let limit = settings.gate.unwrap_or(gate::LIMIT);
                gate = gate::fitting(task, limit, settings.gate_timeout.unwrap_or(gate::TIMEOUT));
            }
        }
        Ok(Self { what, source, target, task, tables, terms, settings, gate, said: Said::default() })
    }

    /// The task on which the gate hangs.
    pub fn watched(&self, reader: Option<&Reader>) -> Option<Watched> {
        let task = self.task.as_ref()?;
        reader.map(|reader| Watched::new(reader.clone(), task.arn.clone()))
    }

    /// Finds both databases; one after the other, since each may ask for a password.
    ///
    /// # Errors
    /// As [`Means::find`].
    pub async fn sides(&self, means: &Means<'_>) -> Result<[Found; 2], Failure> {
        let source = means.find(Side::Source, &self.source).await?;
        let target = means.find(Side::Target, &self.target).await?;
        Ok([source, target])
    }

    /// What is said on the command line wins over the configuration.
    pub fn with_kind(&mut self, kind: Kind) {
        self.terms.kind = kind;
        for (_, of_table) in &mut self.terms.tables {
            of_table.kind = None;
        }
    }
}

fn nobody() -> Failure {
    Failure::could_not("nobody is signed in who could ask DMS for tasks")
}

/// No such task: perhaps a comparison was meant.
fn known(setup: &Setup, mut failure: Failure) -> Failure {
    let names: Vec<String> = Subject::names(setup).map(|name| shown(name).into_owned()).collect();
    if failure.status == 2 && !names.is_empty() {
        failure.lines.push(format!("The configuration has [validation.NAME] for {}.", names.join(", ")));
    }
    failure
}

async fn in_full(reader: &Reader, task: Task) -> Result<Task, Failure> {
    let answer = reader.tasks_in_full(std::slice::from_ref(&task.arn)).await?;
    if let Some(full) = answer.value.into_iter().find(|full| full.arn == task.arn) {
        return Ok(full);
    }
    match answer.missing.into_iter().next() {
        Some(problem) => Err(problem.into()),
        None => Err(Failure::could_not(format!("task {} is gone", task.name.shown()))),
    }
}

/// Tables of which DMS counts rows: one that nobody sees in the source is missing from the plan. None, where the task has
/// not run yet.
async fn counted(reader: &Reader, task: &Task) -> Result<Vec<(String, String)>, Failure> {
    let answer = match reader.tables(&task.arn, WhichTables::All).await {
        Ok(answer) => answer,
        Err(problem) if matches!(problem.kind, ProblemKind::NotFound | ProblemKind::InvalidState) => {
            return Ok(Vec::new());
        }
        Err(problem) => return Err(problem.into()),
    };
    if let Some(problem) = answer.missing.into_iter().next() {
        return Err(problem.into());
    }
    Ok(answer.value.iter().map(|row| (row.schema.raw().to_owned(), row.table.raw().to_owned())).collect())
}

/// What the task's own texts say of its tables.
fn tables_of(task: &Task) -> Result<TaskTables, Failure> {
    let name = task.name.shown().into_owned();
    let what = if task.arn.kind() == ReplicationKind::Serverless { "replication" } else { "task" };
    let Some(text) = &task.table_mappings else {
        return Err(Failure::could_not(format!("{what} {name}: DMS told no table mappings")));
    };
    let unread = |error: String| Failure::could_not(shown(&format!("{what} {name}: {error}")).into_owned());
    let mappings = mappings::parse(text).map_err(|error| unread(error.to_string()))?;
    let settings = match &task.settings {
        Some(text) => settings::parse(text).map_err(|error| unread(error.to_string()))?,
        None => settings::TaskSettings::default(),
    };
    let (schema, lob_limit_kb) = (settings.target_schema, settings.lob_limit_kb);
    Ok(TaskTables { mappings, schema, lob_limit_kb, ..TaskTables::default() })
}

fn read(files: &StatementFiles) -> Result<Statement, Failure> {
    let text = |path: &std::path::Path| {
        std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(format!("statement {}: {}: {error}", shown(&files.name), shown(&path.display().to_string())))
        })
    };
    let (source, target) = (text(&files.source)?, text(&files.target)?);
    Ok(Statement { name: files.name.clone(), source, target, pass: files.pass.clone(), key: files.key.clone() })
}
