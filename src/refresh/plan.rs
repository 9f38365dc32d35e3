//! The plan of a refresh as data: what is confirmed, kept in the ledger, and carried out again after a crash.
//!
//! Nothing in it is a secret or a value of a row. Its hash binds the confirmation and every resume to it. Start at [`build`],
//! which reads and changes nothing: `of_task` is what the task says against it, `tables` which are loaded and whether they fit,
//! `around` keys, triggers and rights, `masks` what becomes of columns, `lost` rows that only the target has, `preview` what
//! masking makes of some rows, `fires` what starts the task by itself, `compare` what is compared after the load, `steps` the steps
//! in words and SQL, `drift` and `again` whether it is still right later, `watch` which plans `refresh watch` accepts, `amend` the
//! plan of a run that stopped with what the configuration says now.

pub(in crate::refresh) mod again;
pub mod amend;
mod around;
mod build;
mod compare;
mod drift;
mod findings;
mod fires;
mod lost;
mod masks;
mod of_task;
mod preview;
mod steps;
mod tables;
pub mod watch;

pub use build::{Asked, Built, CannotPlan, Opened, build, definition};
pub use compare::Comparison;
pub use drift::drifted;
pub use fires::Consumers;
pub use of_task::CHECKS_OFF;
pub(in crate::refresh) use of_task::verb;
pub use preview::KeyFound;
pub use tables::LEDGER;

use crate::db::schema::snapshot::Scope;
use crate::model::canon::hex;
use crate::model::change::{Destination, Meant, Named};
use crate::model::engine::Engine;
use crate::model::masking::Resolved;
use crate::model::masking::defuse::Defuse;
use crate::model::refresh::{
    Cadence, CustomStep, Load, LoadedTable, Orphans, Place, PlanHash, PlannedStep, Purpose, Quarantine, RefreshName,
    StepKind, StepName, Window,
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// See the module's first line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    pub source_way: Way,
    pub target_way: Way,
    /// What the target is called when it is confirmed.
    pub destination: Destination,
    /// SHA-256 of what the task is: type, endpoints, mappings, settings. Of another task this is not the plan.
    pub definition: String,
    /// SHA-256 of the target's catalogue, as `db::schema::snapshot` writes it: so it must be again at the end.
    pub catalogue: String,
    /// What DMS does with a table that is there, in its own word.
    pub prep_mode: String,
    /// Schemas of the target that are loaded into.
    pub schemas: Vec<String>,
    pub tables: Vec<LoadedTable>,
    /// Foreign keys of the target from or to a table that is loaded.
    pub keys: Vec<KeySeen>,
    /// Triggers of the target on a table that is loaded.
    pub triggers: Vec<TriggerSeen>,
    /// Column of the source that says when a row was last written, by schema and table there.
    pub watermarks: Vec<((String, String), String)>,
    pub quarantine: Quarantine,
    /// When the source may be loaded.
    pub window: Option<Window>,
    /// What is compared after the load.
    pub validation: Option<Comparison>,
    /// Patterns of tables of the source that must not be taken.
    pub sensitive: Vec<String>,
    /// What becomes of every column of every loaded table; `None`: nothing is masked.
    pub masking: Option<Resolved>,
    pub defuse: Vec<Defused>,
    /// Steps of the configuration, with the text of their files.
    pub custom: Vec<CustomStep<String>>,
    /// In order.
    pub steps: Vec<PlannedStep>,
    /// Rules and schedules that are off meanwhile.
    pub schedules: Vec<Named>,
    /// Whom to tell.
    pub topic: Option<String>,
    /// After so long without an end, somebody is told.
    pub notice_after: Option<SignedDuration>,
    /// `watch` takes the place of the function that hears of the task's stop.
    pub replaces_lambda: bool,
}

/// How a database is found again, with its password: never is that kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    pub engine: Engine,
    /// `[databases.NAME]`; `None`: the endpoint of the task.
    pub name: Option<String>,
}

/// A table that must not act on the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defused {
    pub asked: Defuse,
    /// What is run, one after the other; of a file all that stands in it.
    pub sql: Vec<String>,
}

/// A foreign key, as it was when this was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySeen {
    /// As `db::schema` names it.
    pub ident: String,
    pub child: (String, String),
    pub parent: (String, String),
    /// SHA-256 of its definition.
    pub definition: String,
    pub orphans: Orphans,
}

/// A trigger, as it was when this was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerSeen {
    /// As `db::schema` names it.
    pub ident: String,
    pub table: (String, String),
    /// SHA-256 of its definition and state.
    pub definition: String,
}

/// The version written here.
pub const VERSION: u32 = 1;

impl Plan {
    /// What the step of this name is in the configuration.
    pub fn custom(&self, name: &StepName) -> Option<&CustomStep<String>> {
        self.custom.iter().find(|step| step.name == *name)
    }

    /// What of the target's catalogue [`Plan::catalogue`] is of.
    pub fn scope(&self) -> Scope {
        Scope { only: Some(self.schemas.clone()), except: vec![LEDGER.to_owned()] }
    }

    /// The keys are taken away, and come back. Else DMS itself does without their checks.
    pub fn takes_keys_away(&self) -> bool {
        self.steps.iter().any(|step| step.kind == StepKind::KeysAway)
    }

    /// # Errors
    /// It cannot be written as JSON, which only a map with odd keys could do.
    pub fn hash(&self) -> Result<PlanHash, serde_json::Error> {
        let digest = Sha256::digest(serde_json::to_vec(self)?);
        Ok(PlanHash(hex(&digest)))
    }
}
