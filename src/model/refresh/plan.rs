//! What a refresh will do, as a person is shown it: in words and in SQL, in order.

use super::{Cadence, Load, OnFailure, Purpose, RefreshName, StepKind, StepName};
use crate::model::Untrusted;
use crate::model::masking::preview::Preview;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// SHA-256 of the whole plan, in hexadecimal: what was confirmed is what is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanHash(pub String);

impl PlanHash {
    /// Enough to tell two apart on a screen.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

/// One of the two databases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// `PostgreSQL`, `MariaDB`, …
    pub engine: String,
    /// `host:port/database`, or the path of a file: no user, no password.
    pub place: String,
    /// What the server says it is: two addresses of one database have one identity. `None`: it does not tell.
    pub identity: Option<String>,
    /// How it was found: `[databases.staging]`, `endpoint staging-target of DMS`.
    pub found_by: String,
}

/// A table that the task loads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedTable {
    pub source: (String, String),
    pub target: (String, String),
    /// About so many in the source.
    pub rows_source: Option<u64>,
    /// About so many in the target before it is emptied.
    pub rows_target: Option<u64>,
    /// Rows with keys that only the target has, which will be lost; `None`: not counted, and why is among the findings.
    pub only_target: Option<u64>,
}

/// How much something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    Note,
    Warning,
    /// The refresh is refused as long as it is so.
    Blocking,
}

/// Something that was found while planning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub level: Level,
    /// The step that it concerns.
    pub step: StepKind,
    pub what: Untrusted,
    pub do_this: String,
}

/// One step, as it will be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    pub name: StepName,
    pub kind: StepKind,
    pub words: Vec<String>,
    /// What will be run, as far as it is known beforehand.
    pub sql: Vec<String>,
    pub timeout: SignedDuration,
    /// Further attempts after the first.
    pub retry: u32,
    pub on_failure: OnFailure,
}

/// The plan as it is shown, printed and confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub name: RefreshName,
    pub hash: PlanHash,
    pub made: Timestamp,
    pub task: Untrusted,
    pub purpose: Purpose,
    pub load: Load,
    pub cadence: Cadence,
    pub source: Place,
    pub target: Place,
    /// `HOST/DB`: what is typed to confirm it.
    pub answer: Untrusted,
    pub tables: Vec<LoadedTable>,
    pub steps: Vec<PlannedStep>,
    pub findings: Vec<Finding>,
    /// Sessions on the target at this moment: `app@10.0.0.7 (psql), since 3 h`.
    pub sessions: Vec<Untrusted>,
    /// Some rows of the source as masking will leave them; not part of what is confirmed.
    pub previews: Vec<Preview>,
}

impl Shown {
    /// Nothing forbids it.
    pub fn may_run(&self) -> bool {
        self.findings.iter().all(|finding| finding.level != Level::Blocking)
    }
}
