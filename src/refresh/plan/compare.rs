//! What is compared between the load and the masking: `[validation.NAME]`, with the text of its files, so that the run needs
//! no configuration any more. It is of the refresh's own two databases. Start at [`comparison`].

use super::findings::Findings;
use crate::model::refresh::{LoadedTable, Settings, StepKind};
use crate::model::task::Task;
use crate::model::untrusted::shown;
use crate::model::validation::Kind;
use crate::validate::{
    Asked, Options, Patience, RuleFor, Settings as Said, Statement, StatementFiles, TableTerms, TaskTables, Terms,
    WantedMethod,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// See the module's first line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub name: String,
    /// The task's mappings say which tables, and where each went.
    pub by_task: bool,
    pub tables: Vec<Asked>,
    pub exclude: Vec<String>,
    pub kind: Kind,
    pub keys: Vec<String>,
    pub rules: Vec<RuleFor>,
    pub waived: Vec<String>,
    pub filter_source: Option<String>,
    pub filter_target: Option<String>,
    pub of_tables: Vec<(String, TableTerms)>,
    pub statements: Vec<Statement>,
    pub method: WantedMethod,
    pub jobs: usize,
    pub rows_per_second: Option<u64>,
    /// How long a difference is watched. The target stands still, so usually the first look decides.
    pub settle: SignedDuration,
}

/// Ranges that are read at once where nobody says otherwise, as `cutover validate` has it.
const JOBS: usize = 2;
const RANGE_ROWS: u64 = 250_000;
/// Differences that are looked at one by one, for about a kilobyte each.
const LISTED: usize = 20_000;
/// Differences watched at the same time: about 25 MB.
const WATCHED: usize = 500_000;

/// What the settings name. That it does not fit this refresh blocks.
pub(super) fn comparison(
    settings: &Settings,
    said: Option<&Said>,
    task: &Task,
    found: &mut Findings,
) -> Option<Comparison> {
    let name = settings.validation.as_ref()?;
    let mut wrong = |what: String, do_this: &str| {
        found.blocking(StepKind::Validate, format!("[validation.{name}] {what}"), do_this);
    };
    let Some(said) = said else {
        wrong("is not in the configuration".to_owned(), "Write it, or leave it out.");
        return None;
    };
    let is_ours = |named: &String| named == task.arn.as_str() || *named == task.name.0.raw();
    if let Some(other) = said.task.as_ref().filter(|named| !is_ours(named)) {
        let do_this = "Name the task of this refresh there, or another comparison here.";
        wrong(format!("is of another task, {other}"), do_this);
    }
    for (side, there, here) in [("source", &said.source, &settings.source), ("target", &said.target, &settings.target)]
    {
        if let Some(other) = there.as_ref().filter(|other| here.as_ref() != Some(other)) {
            let do_this = "What is compared is what was loaded: name the same there and here, or nothing there.";
            wrong(format!("names another {side} than this refresh, {other}"), do_this);
        }
    }
    let mut statements = Vec::with_capacity(said.statements.len());
    for files in &said.statements {
        match read(files) {
            Ok(statement) => statements.push(statement),
            Err(why) => wrong(why, "Look at the files of its statements."),
        }
    }
    Some(Comparison {
        name: name.clone(),
        by_task: said.task.is_some(),
        tables: said.tables.clone(),
        exclude: said.exclude.clone(),
        kind: said.kind.unwrap_or_default(),
        keys: said.keys.clone(),
        rules: said.rules.clone(),
        waived: said.waived.clone(),
        filter_source: said.filter_source.clone(),
        filter_target: said.filter_target.clone(),
        of_tables: said.of_tables.clone(),
        statements,
        method: said.method.unwrap_or_default(),
        jobs: said.jobs.map_or(JOBS, std::num::NonZero::get),
        rows_per_second: said.rows_per_second.map(std::num::NonZero::get),
        settle: said.settle.unwrap_or_default(),
    })
}

fn read(files: &StatementFiles) -> Result<Statement, String> {
    let text = |path: &std::path::Path| {
        let told = |error| format!("statement {}: {}: {error}", shown(&files.name), path.display());
        std::fs::read_to_string(path).map_err(told)
    };
    let (source, target) = (text(&files.source)?, text(&files.target)?);
    Ok(Statement { name: files.name.clone(), source, target, pass: files.pass.clone(), key: files.key.clone() })
}

impl Comparison {
    /// Which tables, and on what terms. Without a task and without tables those that are loaded are meant, and no others.
    pub(in crate::refresh) fn terms(&self, task: TaskTables, loaded: &[LoadedTable]) -> (Vec<Asked>, Terms) {
        let mut terms = Terms {
            kind: self.kind,
            keys: self.keys.clone(),
            rules: self.rules.clone(),
            waived: self.waived.clone(),
            filter_source: self.filter_source.clone(),
            filter_target: self.filter_target.clone(),
            tables: self.of_tables.clone(),
            excluded: self.exclude.clone(),
            statements: self.statements.clone(),
            ..Terms::default()
        };
        if self.by_task {
            terms.task = Some(Arc::new(task));
            terms.more.clone_from(&self.tables);
            return (Vec::new(), terms);
        }
        let dotted = |(schema, table): &(String, String)| format!("{schema}.{table}");
        let asked = |table: &LoadedTable| Asked { source: dotted(&table.source), target: Some(dotted(&table.target)) };
        let tables = if self.tables.is_empty() && self.statements.is_empty() {
            loaded.iter().map(asked).collect()
        } else {
            self.tables.clone()
        };
        (tables, terms)
    }

    /// How it is carried out. Values of rows that differ are looked at, and kept nowhere.
    pub(in crate::refresh) fn options(&self, now: fn() -> Timestamp) -> Options {
        Options {
            jobs: self.jobs,
            patience: Patience::settling(self.settle),
            report: LISTED,
            stop_after: None,
            range_rows: RANGE_ROWS,
            method: self.method,
            rows_per_second: self.rows_per_second,
            values: true,
            watched: WATCHED,
            now,
        }
    }
}
