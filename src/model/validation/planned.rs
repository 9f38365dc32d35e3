//! A plan as it is shown before anything is read, printed and kept: in words, with what it will cost.

use super::run::{Gate, Kind, What};
use super::{Method, NotCompared};
use crate::model::Untrusted;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything that will be compared, and what will not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    pub what: What,
    pub source: PlannedSide,
    pub target: PlannedSide,
    /// The machine it is seen from.
    pub seen_from: String,
    pub gate: Gate,
    pub tables: Vec<PlannedTable>,
    pub target_only: Vec<Untrusted>,
    pub of_dms: Vec<Untrusted>,
    /// Tells plans apart.
    pub fingerprint: String,
    #[serde(default)]
    pub is: Whose,
    #[serde(default, skip_serializing_if = "Said::is_nothing")]
    pub said: Said,
}

/// What was said on the command line about this comparison, each in the words of its option. It is needed to plan the same
/// again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    pub kind: Option<Kind>,
    /// `SRC[=TGT]`
    pub tables: Vec<String>,
    pub keys: Vec<String>,
    /// `TABLE.COLUMN=RULE`
    pub rules: Vec<String>,
    pub waived: Vec<String>,
    pub lobs: Option<String>,
    pub lob_limit_bytes: Option<u64>,
}

impl Said {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What the databases behind the two addresses say of themselves, and since when the task moves what it moves. Another
/// answer means other data. Empty where nobody says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whose {
    pub source: String,
    pub target: String,
    /// Its last fresh start or reload.
    pub task: Option<Timestamp>,
}

/// One of the two databases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedSide {
    /// `host:port/database`, or a path.
    pub at: Untrusted,
    pub engine: String,
    /// How the connection was found: `[databases.shop]`, `the task's endpoint billing-source`, `--source`.
    pub by: String,
}

/// One pair of tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTable {
    /// `schema.table`
    pub source: Untrusted,
    /// Empty where the target has none.
    pub target: Untrusted,
    pub kind: Kind,
    pub method: Method,
    /// Why this method, and by which key.
    pub why: String,
    /// Names of the key's columns, then of the others that are compared.
    pub key: Vec<Untrusted>,
    pub columns: Vec<Untrusted>,
    /// Estimates of the servers.
    pub rows_source: Option<u64>,
    pub rows_target: Option<u64>,
    pub bytes_source: Option<u64>,
    /// The statement each side gets for a range of it.
    pub query_source: String,
    pub query_target: String,
    pub not_compared: Vec<NotCompared>,
}
