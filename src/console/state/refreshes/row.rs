//! A line of the list of refreshes: one of the configuration, or one run.

use crate::console::state::column::Column;
use crate::console::state::list::{Rows, SortKey};
use crate::model::refresh::told::{Prepared, last_of};
use crate::model::refresh::{RefreshId, RunHead, RunState};
use crate::model::{Untrusted, listing};
use serde_json::json;

pub const COLUMNS: [Column; 9] = [
    Column::words("refresh", "REFRESH", [12, 20, 40], 0),
    Column::new("state", "STATE", [19, 23, 23], 0),
    Column::words("step", "STEP", [14, 16, 24], 1),
    Column::new("started", "STARTED UTC", [STAMP, STAMP, STAMP], 0),
    Column::number("took", "TOOK", [6, 6, 6], 2),
    Column::words("task", "TASK", [14, 20, 40], 4),
    Column::words("target", "TARGET", [18, 30, 60], 3),
    Column::words("by", "BEGUN BY", [12, 16, 24], 5),
    Column::words("run", "RUN", [21, 21, 21], 6),
];

pub const REFRESH: usize = 0;
pub const STATE: usize = 1;
pub const STEP: usize = 2;
pub const STARTED: usize = 3;
pub const TOOK: usize = 4;
pub const TASK: usize = 5;
pub const TARGET: usize = 6;
pub const BY: usize = 7;
pub const RUN: usize = 8;

/// Cells of a time.
pub const STAMP: u16 = 12;

/// What a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    Prepared(String),
    Run(RefreshId),
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Of the configuration, with the last time that it was carried out from this machine.
    Prepared {
        prepared: Prepared,
        last: Option<Box<RunHead>>,
    },
    Run(Box<RunHead>),
}

/// One row, with what is computed from it once.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub what: What,
    text: String,
}

impl Row {
    pub fn prepared(prepared: &Prepared, heads: &[RunHead]) -> Self {
        let last = last_of(heads, &prepared.name).cloned().map(Box::new);
        Self::of(What::Prepared { prepared: prepared.clone(), last })
    }

    pub fn run(head: &RunHead) -> Self {
        Self::of(What::Run(Box::new(head.clone())))
    }

    fn of(what: What) -> Self {
        let mut row = Self { what, text: String::new() };
        let mut parts: Vec<String> = (0..COLUMNS.len()).map(|column| row.words(column)).collect();
        if let Some(head) = row.head() {
            parts.push(head.plan.0.clone());
            parts.push(head.source.place.clone());
            parts.extend(head.why.as_ref().map(|why| why.raw().to_owned()));
        }
        row.text = parts.join("\n").to_lowercase();
        row
    }

    /// The run that it is about: of one of the configuration the last.
    pub fn head(&self) -> Option<&RunHead> {
        match &self.what {
            What::Prepared { last, .. } => last.as_deref(),
            What::Run(head) => Some(head),
        }
    }

    pub fn key(&self) -> Key {
        match &self.what {
            What::Prepared { prepared, .. } => Key::Prepared(prepared.name.0.clone()),
            What::Run(head) => Key::Run(head.id.clone()),
        }
    }

    /// What stands in a column, as it came.
    pub fn words(&self, column: usize) -> String {
        let head = self.head();
        match (&self.what, column) {
            (What::Prepared { prepared, .. }, REFRESH) => prepared.name.0.clone(),
            (What::Run(head), REFRESH) => head.name.0.clone(),
            (What::Prepared { .. }, STATE) => {
                head.map_or_else(|| "not run yet".to_owned(), |head| format!("last: {}", head.standing()))
            }
            (What::Run(head), STATE) => head.standing().to_owned(),
            (What::Prepared { prepared, .. }, TASK) => prepared.task.clone(),
            (What::Run(head), TASK) => head.task.raw().to_owned(),
            (What::Prepared { prepared, .. }, TARGET) => prepared.to.join(", "),
            (What::Run(head), TARGET) => head.target.place.clone(),
            // Of the last run, not of what the row is about.
            (What::Prepared { .. }, STEP | BY | RUN) => String::new(),
            // One that is over is at none.
            (_, STEP) => head
                .filter(|head| !head.state.is_over())
                .and_then(|head| head.step.as_ref())
                .map(|step| step.0.clone())
                .unwrap_or_default(),
            (_, BY) => head.map(|head| format!("{}@{}", head.os_user, head.host)).unwrap_or_default(),
            (_, RUN) => head.map(|head| head.id.0.clone()).unwrap_or_default(),
            (_, _) => head.map(|head| head.began.to_string()).unwrap_or_default(),
        }
    }
}

pub struct RowsOf<'a>(pub &'a [Row]);

impl Rows for RowsOf<'_> {
    type Key = Key;

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    fn key(&self, row: usize) -> Key {
        self.0[row].key()
    }

    fn has_key(&self, row: usize, key: &Key) -> bool {
        match (&self.0[row].what, key) {
            (What::Prepared { prepared, .. }, Key::Prepared(name)) => prepared.name.0 == *name,
            (What::Run(head), Key::Run(id)) => head.id == *id,
            _ => false,
        }
    }

    /// The configuration's first, then the newest run.
    fn name_rank(&self, row: usize) -> u32 {
        u32::try_from(row).unwrap_or(u32::MAX)
    }

    fn sort_key(&self, row: usize, column: usize) -> SortKey {
        let one = &self.0[row];
        let is_prepared = matches!(one.what, What::Prepared { .. });
        match column {
            // What the configuration has stands on top.
            STARTED | TOOK | STATE if is_prepared => SortKey::Unknown,
            STARTED => one.head().map_or(SortKey::Unknown, |head| SortKey::Value(head.began.as_millisecond())),
            TOOK => one
                .head()
                .and_then(|head| Some(head.ended?.duration_since(head.began).as_secs()))
                .map_or(SortKey::Value(i64::MAX), SortKey::Value),
            STATE => SortKey::Value(one.head().map_or(0, weight)),
            _ => {
                let words = one.words(column);
                let before = self.0.iter().filter(|other| other.words(column) < words).count();
                SortKey::Value(i64::try_from(before).unwrap_or(i64::MAX))
            }
        }
    }

    fn text(&self, row: usize) -> &str {
        &self.0[row].text
    }

    fn cell_text(&self, row: usize, column: usize) -> String {
        self.0[row].words(column).to_lowercase()
    }
}

/// The worst has the most.
fn weight(head: &RunHead) -> i64 {
    match head.state {
        _ if head.needs_attention() => 6,
        RunState::NeedsCredentials => 5,
        RunState::Running | RunState::Undoing => 4,
        RunState::Paused | RunState::Parked => 3,
        RunState::Undone => 2,
        RunState::NeedsAttention => 6,
        RunState::Done => 1,
    }
}

/// What `w` writes of the list.
pub const LISTED: &[listing::Column] = &[
    listing::column("refresh", "REFRESH"),
    listing::column("run", "RUN"),
    listing::column("state", "STATE"),
    listing::column("step", "STEP"),
    listing::column("began", "BEGAN"),
    listing::column("ended", "ENDED"),
    listing::column("task", "TASK"),
    listing::column("source", "SOURCE"),
    listing::column("target", "TARGET"),
    listing::column("plan", "PLAN"),
    listing::column("by", "BY"),
    listing::column("why", "WHY"),
];

pub fn cells(row: &Row) -> Vec<serde_json::Value> {
    let head = match &row.what {
        What::Run(head) => Some(head),
        What::Prepared { .. } => None,
    };
    vec![
        json!(row.words(REFRESH)),
        json!(head.map(|head| &head.id.0)),
        json!(row.words(STATE)),
        json!(head.and_then(|head| head.step.as_ref()).map(|step| &step.0)),
        json!(head.map(|head| head.began.to_string())),
        json!(head.and_then(|head| head.ended).map(|at| at.to_string())),
        json!(row.words(TASK)),
        json!(head.map(|head| &head.source.place)),
        json!(row.words(TARGET)),
        json!(head.map(|head| &head.plan.0)),
        json!(head.map(|_| row.words(BY))),
        json!(head.and_then(|head| head.why.as_ref()).map(Untrusted::raw)),
    ]
}
