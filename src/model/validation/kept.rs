//! Comparisons as they are kept: what began, how far it came, what came of it. Never a value of a row: keys and hashes.

use super::run::{Gate, GateSeen, RunId, Trigger, What};
use super::{Planned, PlannedSide, RowResult, TableResult, Verdict};
use crate::model::Untrusted;
use crate::model::listing::validations::Summary;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Whoever carries a comparison out writes at least every half minute; after so long without a word it has ended.
pub const SILENCE: SignedDuration = SignedDuration::from_mins(3);

/// Where a comparison that is kept stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    Running,
    Paused,
    /// Somebody ended it before its end, or its process is gone. It can be resumed.
    Interrupted,
    Ended,
}

impl RunState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Interrupted => "interrupted",
            Self::Ended => "ended",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Running, Self::Paused, Self::Interrupted, Self::Ended].into_iter().find(|state| state.word() == word)
    }
}

/// What is written before the first row is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    pub id: RunId,
    pub trigger: Trigger,
    pub planned: Planned,
    /// Of each table of the plan, in its order.
    pub fingerprints: Vec<String>,
    pub started: Timestamp,
    pub os_user: String,
    pub host: String,
    pub pid: u32,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// To its end, or stopped: the summary says which.
    Told(Box<Summary>),
    /// It could not go on, and why.
    Failed(String),
}

/// One comparison, as a line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRun {
    pub id: RunId,
    pub what: What,
    pub trigger: Trigger,
    pub gate: Gate,
    /// What the gate said last.
    pub gate_seen: Option<GateSeen>,
    pub source: PlannedSide,
    pub target: PlannedSide,
    /// The machine it was seen from.
    pub seen_from: String,
    pub fingerprint: String,
    /// Who carries it out, or did last.
    pub os_user: String,
    pub host: String,
    pub pid: u32,
    /// Changes whenever somebody else takes it up.
    pub owner: String,
    pub started: Timestamp,
    /// When it was taken up again, the last time.
    pub resumed: Option<Timestamp>,
    /// The last sign of life.
    pub beat: Timestamp,
    pub ended: Option<Timestamp>,
    pub state: RunState,
    pub verdict: Option<Verdict>,
    pub summary: Option<Summary>,
    /// Why it could not go on.
    pub why: Option<String>,
    pub tables: u64,
    pub tables_done: u64,
}

impl KeptRun {
    /// Nobody carries it out any more, whatever is written: its process is gone, or has said nothing for too long.
    #[must_use]
    pub fn judged(mut self, here: &str, now: Timestamp, is_alive: &dyn Fn(u32) -> bool) -> Self {
        let gone = self.host == here && !is_alive(self.pid);
        let open = matches!(self.state, RunState::Running | RunState::Paused);
        if open && (gone || now.duration_since(self.beat) > SILENCE) {
            self.state = RunState::Interrupted;
        }
        self
    }
}

/// One table of a comparison that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTable {
    pub source: Untrusted,
    pub target: Untrusted,
    pub fingerprint: String,
    /// `None`: it was not done.
    pub result: Option<TableResult>,
    /// Differences that were listed.
    pub rows: Vec<RowResult>,
}

/// A comparison with everything that is kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptWhole {
    pub run: KeptRun,
    pub planned: Planned,
    /// In the order of the plan.
    pub tables: Vec<KeptTable>,
}

/// What one comparison came to for one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptOfTable {
    pub run: KeptRun,
    pub source: Untrusted,
    pub target: Untrusted,
    pub result: Option<TableResult>,
}

/// One range of one table that was compared to its end: text that only `validate` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptUnit {
    /// Its table's place in the plan.
    pub nth: usize,
    /// Its place among the ranges of the table.
    pub number: usize,
    pub part: String,
}

/// Which comparisons are wanted; everything, where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Of the task of exactly this name.
    pub task: Option<String>,
    /// With this table of the source: `schema.table`.
    pub table: Option<String>,
    /// Begun since then.
    pub since: Option<Timestamp>,
    /// The newest so many.
    pub most: Option<u64>,
}

/// Two databases and whoever compares them: what is confirmed once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pair {
    /// `engine host:port/database`, and what the database says of itself.
    pub source: String,
    pub target: String,
    pub os_user: String,
}

impl Pair {
    pub fn of(planned: &Planned, os_user: &str) -> Self {
        let at = |side: &PlannedSide, is: &str| format!("{} {} {is}", side.engine, side.at.raw()).trim_end().to_owned();
        let (source, target) = (at(&planned.source, &planned.is.source), at(&planned.target, &planned.is.target));
        Self { source, target, os_user: os_user.to_owned() }
    }
}
