//! How far a load is, by what was read of it. Pure.

use crate::model::refresh::Load;
use crate::model::table::{TableRow, TableState};
use crate::model::task::{StopReason, Task, TaskStatus};
use crate::model::untrusted::shown;
use crate::refresh::plan::Plan;
use jiff::Timestamp;

/// Tables that are named; the rest is counted.
const NAMED: usize = 5;

/// What a load is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    Going,
    /// DMS says that it is over, and its statistics do not say so yet.
    Late(String),
    Complete,
    /// It will not become complete by itself.
    Failed(String),
}

/// What its tables say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Tables of the plan.
    pub all: usize,
    pub complete: usize,
    pub rows: i64,
    /// `shop.orders (Table error)`
    pub bad: Vec<String>,
}

impl Counted {
    pub fn words(&self) -> String {
        let tables = if self.all == 1 { "table" } else { "tables" };
        let bad = if self.bad.is_empty() { String::new() } else { format!(", {} in error", self.bad.len()) };
        format!("{} of {} {tables}, {} rows{bad}", self.complete, self.all, self.rows)
    }

    fn errors(&self) -> String {
        let named = self.bad.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        match self.bad.len().saturating_sub(NAMED) {
            0 => named,
            more => format!("{named} and {more} more"),
        }
    }
}

/// The row was written down before this load began.
fn is_old(row: &TableRow, of: Timestamp) -> bool {
    row.full_load_end.is_some_and(|end| end < of) || row.last_update.is_some_and(|at| at < of)
}

fn count(plan: &Plan, rows: &[TableRow], of: Timestamp) -> Counted {
    let mut counted = Counted { all: plan.tables.len(), ..Counted::default() };
    for row in rows.iter().filter(|row| !is_old(row, of)) {
        let planned =
            plan.tables.iter().any(|table| table.source.0 == row.schema.raw() && table.source.1 == row.table.raw());
        counted.complete += usize::from(planned && row.state == TableState::Completed);
        counted.rows = counted.rows.saturating_add(row.full_load_rows.max(0));
        if row.state.is_bad() {
            let (schema, table, state) = (row.schema.shown(), row.table.shown(), shown(row.state.raw()));
            counted.bad.push(format!("{schema}.{table} ({state})"));
        }
    }
    counted
}

/// What the load that began at `of` is at.
pub fn judge(plan: &Plan, task: &Task, rows: &[TableRow], of: Timestamp) -> (Judged, Counted) {
    let counted = count(plan, rows, of);
    let judged = match task.status {
        TaskStatus::Failed | TaskStatus::FailedMove => {
            let why = task.last_failure.as_ref().map(|why| why.shown().into_owned());
            Judged::Failed(format!("the task failed: {}", why.unwrap_or_else(|| reason(task))))
        }
        TaskStatus::Deleting => Judged::Failed("the task is deleted".to_owned()),
        TaskStatus::Stopped if plan.load == Load::FullLoad => match task.stop_reason() {
            Some(StopReason::FullLoadOnlyFinished) => over(task, &counted),
            None => Judged::Late("the task has stopped, and DMS does not say why".to_owned()),
            Some(_) => Judged::Failed(format!("the load did not finish: the task stopped ({})", reason(task))),
        },
        TaskStatus::Stopped => Judged::Failed(format!("the task stopped ({})", reason(task))),
        TaskStatus::Running if plan.load != Load::FullLoad => {
            let unfinished = rows.iter().any(|row| row.state.is_unfinished());
            if unfinished || rows.is_empty() { Judged::Going } else { over(task, &counted) }
        }
        _ => Judged::Going,
    };
    (judged, counted)
}

/// Nothing is loaded any more.
fn over(task: &Task, counted: &Counted) -> Judged {
    if !counted.bad.is_empty() {
        return Judged::Failed(format!("the load finished with tables in error: {}", counted.errors()));
    }
    let by_count = task.stats.tables_errored;
    if by_count > 0 {
        return Judged::Late(format!("the load finished, and DMS counts {by_count} tables in error"));
    }
    let missing = counted.all.saturating_sub(counted.complete);
    if missing > 0 {
        let all = counted.all;
        return Judged::Late(format!("the load finished, and {missing} of {all} tables are not complete"));
    }
    Judged::Complete
}

fn reason(task: &Task) -> String {
    match (task.stop_reason(), &task.stop_reason) {
        (Some(reason), _) => reason.raw().to_owned(),
        (None, Some(text)) => text.shown().into_owned(),
        (None, None) => "no reason told".to_owned(),
    }
}

#[cfg(test)]
mod tests;
