//! What was loaded is compared with the source, before anything is masked. The source goes on meanwhile: `verdict.rs` tells
//! what differs from what has only moved. A difference, and whatever could not be compared, stops the run or is written down,
//! as the plan says of this step (`on_failure`). Values of rows are looked at in memory and kept nowhere.

mod verdict;

use crate::aws::WhichTables;
use crate::model::refresh::{Load, PlannedStep};
use crate::model::task::Task;
use crate::model::untrusted::shown;
use crate::model::{ProblemKind, mappings, settings};
use crate::refresh::plan::{Comparison, Plan};
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;
use crate::validate::{self, Done, Gauge, Memory, PlanError, TablePlan, TaskTables, Wish};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use verdict::{Told, Watermark, of_table};

/// Tables that are done and wait for us.
const WAITING: usize = 16;

/// It only looks, so it is done again.
#[allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "as every probe")]
pub(super) async fn probe(_work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    Ok(Probe::NotYet)
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    let plan = Arc::clone(&work.plan);
    let Some(comparison) = &plan.validation else { return Ok(Came::skipped("the plan compares nothing")) };
    let task = task(work, &plan).await?;
    let since = since(&plan, &task);
    let tables = if comparison.by_task { tables_of(work, &task).await? } else { TaskTables::default() };
    let (asked, terms) = comparison.terms(tables, &plan.tables);
    let sides = (work.source.proven().await?, work.beside.proven().await?);
    let planned = work.beside(Box::pin(validate::plan(&sides.0, &sides.1, &asked, &terms))).await?;
    let planned = planned.map_err(|error| match error {
        PlanError::Usage(why) => Trouble::Refused(shown(&why).into_owned()),
        PlanError::Db { side, error } => Trouble::from(error).at(side.word()),
    })?;
    let all = planned.tables.clone();
    let (done, mut ended) = mpsc::channel(WAITING);
    // Dropped, they end what is under way.
    let (_wish, wished) = watch::channel(Wish::Go);
    let (_latency, latency) = watch::channel(None);
    let gauge = Arc::new(Gauge::of(&planned));
    let options = comparison.options(work.time.now);
    let mut running = JoinSet::new();
    running.spawn(validate::run(planned, sides, options, gauge, (wished, latency), Memory::default(), done));
    let mut sum = Sum::default();
    while let Some(one) = work.beside(ended.recv()).await? {
        sum.done += 1;
        let Some(planned) = all.get(one.nth) else { continue };
        let watermark = watermark(&plan, planned, since);
        say(work, step, &one, watermark, &mut sum).await?;
        work.note(step, format!("{} of {} tables", sum.done, all.len())).await?;
    }
    sum.unknown += all.len().saturating_sub(sum.done);
    sum.told(comparison, all.len())
}

/// What the tables came to.
#[derive(Debug, Default)]
struct Sum {
    done: usize,
    equal: usize,
    moved: usize,
    different: usize,
    unknown: usize,
    /// Rows that were set apart.
    apart: u64,
    /// Something failed that may not fail the next time.
    failed: bool,
    first: Option<String>,
}

impl Sum {
    fn told(self, comparison: &Comparison, tables: usize) -> Result<Came, Trouble> {
        let name = shown(&comparison.name);
        let mut parts = vec![format!("{} of {tables} tables equal", self.equal)];
        let counted =
            [(self.different, "different"), (self.unknown, "not known"), (self.moved, "differ, the source moved")];
        parts.extend(counted.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")));
        if self.apart > 0 {
            parts.push(format!("{} rows newer than the load set apart", self.apart));
        }
        let words = format!("[validation.{name}]: {}", parts.join(", "));
        let first = self.first.map(|first| format!("; {first}")).unwrap_or_default();
        match (self.different, self.unknown) {
            (0, 0) => Ok(Came::done(words)),
            (0, _) if self.failed => Err(Trouble::Failed(format!("{words}{first}"))),
            _ => Err(Trouble::Refused(format!("{words}{first}"))),
        }
    }
}

async fn say(
    work: &mut Work,
    step: &PlannedStep,
    one: &Done,
    watermark: Option<Watermark<'_>>,
    sum: &mut Sum,
) -> Result<(), Trouble> {
    let told = of_table(&one.result, &one.rows, watermark);
    // From here on without what a server may have said of a row.
    let result = one.result.without_values();
    let name = result.source.shown().into_owned();
    let apart = |apart: u64| if apart > 0 { format!(", {apart} newer ones set apart") } else { String::new() };
    match told {
        Told::Equal { apart: 0 } => {
            sum.equal += 1;
            work.say(step, format!("{name}: {}", result.word())).await
        }
        Told::Equal { apart } => {
            sum.equal += 1;
            sum.apart += apart;
            work.say(step, format!("{name}: equal but for {apart} rows that are newer than the load")).await
        }
        Told::Moved { rows, apart: set } => {
            sum.moved += 1;
            sum.apart += set;
            let rows = if rows > 0 { format!("{rows} rows differ{}", apart(set)) } else { "it differs".to_owned() };
            work.warn(
                step,
                format!("{name}: source moved: {rows}, and which of them are older than the load is not known"),
            )
            .await
        }
        Told::Different { rows, apart: set } => {
            sum.different += 1;
            sum.apart += set;
            let text = format!("{name}: different: {rows} rows that are older than the load{}", apart(set));
            sum.first.get_or_insert_with(|| text.clone());
            work.warn(step, text).await
        }
        Told::Unknown => {
            sum.unknown += 1;
            sum.failed |= !result.problems.is_empty();
            let problem = result.problems.first().map(|problem| problem.shown().into_owned());
            let not = result.not_compared.iter().find(|not| !not.waived).map(|not| match &not.column {
                Some(column) => format!("{}: {}", column.shown(), shown(&not.reason)),
                None => shown(&not.reason).into_owned(),
            });
            let why = problem.or(not).map(|why| format!(": {why}")).unwrap_or_default();
            let text = format!("{name}: not known{why}");
            sum.first.get_or_insert_with(|| text.clone());
            work.warn(step, text).await
        }
    }
}

/// Only where it was compared on both sides.
fn watermark<'p>(plan: &'p Plan, table: &TablePlan, since: Option<Timestamp>) -> Option<Watermark<'p>> {
    let (_, column) = plan.watermarks.iter().find(|(name, _)| *name == table.source)?;
    let is_compared = table.columns.iter().any(|pair| pair.source.name == *column);
    is_compared.then_some(Watermark { column, since: since? })
}

/// When the load began to read; of a task with CDC when it stopped, since until then every change came through.
fn since(plan: &Plan, task: &Task) -> Option<Timestamp> {
    let stats = &task.stats;
    match plan.load {
        Load::FullLoad => stats.fresh_start.or(stats.start),
        Load::FullLoadAndCdc | Load::Cdc => stats.stop,
    }
}

async fn task(work: &mut Work, plan: &Plan) -> Result<Task, Trouble> {
    let arn = plan.task.arn.clone();
    let answer = work.aws()?.reader.tasks_in_full(std::slice::from_ref(&arn)).await?;
    let found = answer.value.into_iter().find(|task| task.arn == arn);
    found.ok_or_else(|| Trouble::refused(format!("task {} is gone", plan.task.name.shown())))
}

/// What the task's own texts say of its tables, and those of which DMS counts rows.
async fn tables_of(work: &mut Work, task: &Task) -> Result<TaskTables, Trouble> {
    let unread = |error: String| Trouble::Refused(shown(&format!("task {}: {error}", task.name.0.raw())).into_owned());
    let text = task.table_mappings.as_deref().ok_or_else(|| unread("DMS told no table mappings".to_owned()))?;
    let mappings = mappings::parse(text).map_err(|error| unread(error.to_string()))?;
    let settings = match &task.settings {
        Some(text) => settings::parse(text).map_err(|error| unread(error.to_string()))?,
        None => settings::TaskSettings::default(),
    };
    let counted = match work.aws()?.reader.tables(&task.arn, WhichTables::All).await {
        Ok(answer) => answer.value,
        Err(problem) if matches!(problem.kind, ProblemKind::NotFound | ProblemKind::InvalidState) => Vec::new(),
        Err(problem) => return Err(problem.into()),
    };
    let counted = counted.iter().map(|row| (row.schema.raw().to_owned(), row.table.raw().to_owned())).collect();
    Ok(TaskTables { mappings, schema: settings.target_schema, lob_limit_kb: settings.lob_limit_kb, counted })
}
