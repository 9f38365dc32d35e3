//! The plan of a refresh as data: what is confirmed, kept in the ledger, and carried out again after a crash.
//!
//! Nothing in it is a secret or a value of a row. Its hash binds the confirmation and every resume to it.

use crate::model::change::{Destination, Meant, Named};
use crate::model::refresh::{Cadence, Load, LoadedTable, Place, PlanHash, PlannedStep, Purpose, RefreshName};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// See the module's first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Of this type: a plan of another version is not resumed, it is said which program can.
    pub version: u32,
    pub name: RefreshName,
    pub task: Meant,
    pub purpose: Purpose,
    pub load: Load,
    pub cadence: Cadence,
    pub source: Place,
    pub target: Place,
    /// What the target is called when it is confirmed.
    pub destination: Destination,
    pub tables: Vec<LoadedTable>,
    /// In order.
    pub steps: Vec<PlannedStep>,
    /// Rules and schedules that are off meanwhile.
    pub schedules: Vec<Named>,
    /// Whom to tell.
    pub topic: Option<String>,
    /// After so long without an end, somebody is told.
    pub notice_after: Option<SignedDuration>,
}

/// The version written here.
pub const VERSION: u32 = 1;

impl Plan {
    /// # Errors
    /// It cannot be written as JSON, which only a map with odd keys could do.
    pub fn hash(&self) -> Result<PlanHash, serde_json::Error> {
        let digest = Sha256::digest(serde_json::to_vec(self)?);
        Ok(PlanHash(digest.iter().map(|byte| format!("{byte:02x}")).collect()))
    }
}
