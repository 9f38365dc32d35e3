//! One refresh that is carried out, as its journal keeps it and as everybody sees it.

use super::{Load, Place, PlanHash, Purpose, RefreshName, StepKind, StepName};
use crate::model::Untrusted;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Names one refresh for ever: chosen by us before anything is done. Sorts by time: `20261122T020000Z-7f3a`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RefreshId(pub String);

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    Running,
    /// Asked to, at the end of a transaction. `resume` goes on.
    Paused,
    /// Credentials or a token have expired; `resume` goes on with new ones. Nothing has failed.
    NeedsCredentials,
    /// A migration that is being kept up to date. `finish` ends it.
    Parked,
    /// Everything that was taken away is being put back.
    Undoing,
    /// Failed or aborted before the load; everything is as it was.
    Undone,
    /// Failed after the load, or something could not be put back: `resume` when the reason is gone.
    NeedsAttention,
    Done,
}

impl RunState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::NeedsCredentials => "needs-credentials",
            Self::Parked => "parked",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::NeedsAttention => "needs-attention",
            Self::Done => "done",
        }
    }

    pub const ALL: [Self; 8] = [
        Self::Running,
        Self::Paused,
        Self::NeedsCredentials,
        Self::Parked,
        Self::Undoing,
        Self::Undone,
        Self::NeedsAttention,
        Self::Done,
    ];

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Nothing more will be done, and nothing is away.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Undone | Self::Done)
    }

    /// There should be a process that works on it.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Running | Self::Undoing)
    }
}

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum StepState {
    Waiting,
    Running,
    Done,
    /// Nothing was to be done.
    Skipped {
        why: String,
    },
    Failed {
        why: Untrusted,
    },
    Undone,
    /// Failed, and the run went on without it.
    PassedOver {
        why: Untrusted,
    },
}

impl StepState {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Skipped { .. } => "skipped",
            Self::Failed { .. } => "failed",
            Self::Undone => "undone",
            Self::PassedOver { .. } => "passed-over",
        }
    }

    /// Why it is so, where there is a why.
    pub fn why(&self) -> Option<String> {
        match self {
            Self::Skipped { why } => Some(why.clone()),
            Self::Failed { why } | Self::PassedOver { why } => Some(why.shown().into_owned()),
            _ => None,
        }
    }
}

/// A step as it is seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepSeen {
    pub name: StepName,
    pub kind: StepKind,
    pub state: StepState,
    /// How often it was begun.
    pub attempts: u32,
    pub began: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// What it is at, or what came of it: `validating 3 of 12 keys`.
    pub note: String,
}

/// What kind of thing is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AwayKind {
    Key,
    Trigger,
    Schedule,
    /// Rights of others on the target.
    Access,
}

/// Something that was taken away and will come back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Away {
    pub kind: AwayKind,
    /// `shop.order_item: order_item_order_fk`
    pub name: Untrusted,
    /// What it will be again: `ENABLED`, a definition.
    pub prior: Untrusted,
    pub since: Timestamp,
    pub comes_back: StepName,
}

/// How far the load of one table is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableLoad {
    pub schema: Untrusted,
    pub table: Untrusted,
    /// In the service's word.
    pub state: Untrusted,
    pub rows: Option<u64>,
}

/// How far the load is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadProgress {
    /// Time of the evidence.
    pub as_of: Timestamp,
    /// Status of the task, in the service's word.
    pub status: Untrusted,
    pub percent: Option<u8>,
    pub tables: Vec<TableLoad>,
}

/// A line of the run's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub at: Timestamp,
    pub step: Option<StepName>,
    pub text: Untrusted,
    /// Something that a person should see.
    pub bad: bool,
}

/// What is asked of a run that is under way, from beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WishFor {
    Pause,
    /// Before the load: put everything back. After it: stop the task, then wait for a person.
    AbortStoppingTask,
    /// The same, and the task is left alone.
    AbortLeavingTask,
}

impl WishFor {
    pub const ALL: [Self; 3] = [Self::Pause, Self::AbortStoppingTask, Self::AbortLeavingTask];

    pub fn word(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::AbortStoppingTask => "abort-stopping-task",
            Self::AbortLeavingTask => "abort-leaving-task",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wish| wish.word() == word)
    }
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHead {
    pub id: RefreshId,
    pub name: RefreshName,
    pub task: Untrusted,
    pub purpose: Purpose,
    pub load: Load,
    pub source: Place,
    pub target: Place,
    pub plan: PlanHash,
    pub state: RunState,
    /// The step it is at, or failed in.
    pub step: Option<StepName>,
    pub began: Timestamp,
    pub ended: Option<Timestamp>,
    /// Why it is not going on.
    pub why: Option<Untrusted>,
    /// Who began it, from where.
    pub os_user: String,
    pub host: String,
    pub pid: u32,
    /// Whether that process holds the run's lock at this moment; `None`: cannot be told from here.
    pub alive: Option<bool>,
    /// Its journal is with another machine or user: it is known by the ledger on its target alone.
    pub elsewhere: Option<Elsewhere>,
}

/// What only a ledger says of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// When it last gave a sign of life.
    pub beat: Timestamp,
    /// The refresh of this configuration whose target has that ledger.
    pub by: RefreshName,
}

/// All there is to see of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSeen {
    pub head: RunHead,
    pub steps: Vec<StepSeen>,
    /// Right now.
    pub away: Vec<Away>,
    pub load: Option<LoadProgress>,
    /// The newest, oldest first.
    pub lines: Vec<Line>,
}
