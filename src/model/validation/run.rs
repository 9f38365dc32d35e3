//! One comparison as a whole: what it is of, how far it is, and what opens it.

use super::{RowResult, TableResult};
use crate::model::Untrusted;
use crate::model::listing::validations::Summary;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Names a comparison for as long as its results are kept. Sorts by the time it began: `20261122T140322Z-7f3a`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub String);

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The tables of a task, by its name.
    Task(String),
    /// `[validation.NAME]`
    Named(String),
    /// Two addresses.
    Addresses,
}

/// What made it begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    Operator,
    /// The task stopped.
    Stopped,
    /// Every so often.
    Every(SignedDuration),
}

/// How much of a table is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    #[default]
    Rows,
    Count,
    /// Count, nulls, least, greatest and sum of each column.
    Aggregate,
    /// A statement for each side.
    Sql,
}

/// When a comparison of a moving target may begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// A running task with CDC: both latencies at most `limit`, on fresh points; given up after `timeout`.
    Latency { limit: SignedDuration, timeout: SignedDuration },
    /// A full load: stopped with `FULL_LOAD_ONLY_FINISHED`, and no table in error.
    FullLoad { timeout: SignedDuration },
    /// A task with CDC that was stopped after everything had gone through.
    Drained,
    /// The operator waived it, and said why.
    Waived { reason: String },
    /// Two addresses: no task is known.
    NoTask,
}

/// What a gate says now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateSeen {
    /// Not yet, and why.
    Waiting { why: String },
    /// `at_rest`: nothing writes on either side as far as the task tells. `latency`: the longer of both, where points are due.
    Open { why: String, at_rest: Option<bool>, latency: Option<SignedDuration> },
    /// It will not open: then nothing is known.
    Shut { why: String },
}

/// What a gate came to, as it stands beside the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gated {
    /// Its word when rows were compared, or because of which they were not.
    pub seen: GateSeen,
    /// Why the operator waived it.
    pub waived: Option<String>,
    /// What happened to the task meanwhile and is worth knowing.
    pub notes: Vec<Untrusted>,
    /// What happened to it, and because of which nothing is equal.
    pub problems: Vec<Untrusted>,
}

/// Where a comparison is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Planning,
    /// For its gate.
    Waiting,
    Comparing,
    Paused,
    Ended,
}

/// How far one table is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableProgress {
    pub rows_source: u64,
    pub rows_target: u64,
    /// Keys that differed when they were looked at first.
    pub differing: u64,
    pub began: bool,
    pub done: bool,
    /// What differed is watched until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settles: Option<Settles>,
}

/// Until when differences are watched that do not change any more, and the latency from which the wait was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settles {
    pub until: Timestamp,
    pub latency: Option<SignedDuration>,
}

impl Settles {
    /// Whole seconds that are left, rounded up; `None`: it is over.
    pub fn left(&self, now: Timestamp) -> Option<i64> {
        let left = self.until.duration_since(now).as_millis();
        (left > 0).then(|| i64::try_from((left + 999) / 1_000).unwrap_or(i64::MAX))
    }

    /// The later one of both.
    #[must_use]
    pub fn or_later(self, other: Option<Self>) -> Self {
        other.filter(|other| other.until > self.until).unwrap_or(self)
    }

    /// `4 s left`, and why so long where that is known.
    pub fn words(&self, now: Timestamp) -> Option<String> {
        let left = self.left(now)?;
        Some(match self.latency {
            Some(latency) => format!("{left} s left, at a latency of {} s", latency.as_secs()),
            None => format!("{left} s left"),
        })
    }
}

/// How far all are. In the order of the plan's tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub phase: Phase,
    pub at: Timestamp,
    pub tables: Vec<TableProgress>,
}

impl GateSeen {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Open { .. } => "open",
            Self::Shut { .. } => "shut",
        }
    }

    pub fn why(&self) -> &str {
        match self {
            Self::Waiting { why } | Self::Open { why, .. } | Self::Shut { why } => why,
        }
    }
}

impl Progress {
    /// The sum of all tables.
    pub fn total(&self) -> TableProgress {
        self.tables.iter().fold(TableProgress::default(), |all, one| TableProgress {
            rows_source: all.rows_source + one.rows_source,
            rows_target: all.rows_target + one.rows_target,
            differing: all.differing + one.differing,
            began: all.began || one.began,
            done: self.tables_done() == self.tables.len(),
            settles: one.settles.filter(|_| !one.done).map(|one| one.or_later(all.settles)).or(all.settles),
        })
    }

    pub fn tables_done(&self) -> usize {
        self.tables.iter().filter(|table| table.done).count()
    }
}

/// What happens while it runs.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    Gate(GateSeen),
    /// Something to know, such as that the results cannot be kept.
    Note(String),
    /// At most ten a second; only the newest counts.
    Progress(Progress),
    /// A table is done, the nth of the plan.
    Table {
        nth: usize,
        result: Box<TableResult>,
        rows: Vec<RowResult>,
    },
    /// The last word.
    Ended(Box<Summary>),
    /// It could not go on, and was not compared to its end.
    Failed(String),
}
