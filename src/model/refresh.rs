//! A refresh: one load of a target from its source with everything around it, and where it stands.
//!
//! Pure. `step.rs` is what can be done and in which order, `run.rs` one refresh that is carried out, as it is kept and shown,
//! `plan.rs` what will happen, in words and in SQL, `settings.rs` what the configuration says, `window.rs` when the source may
//! be loaded, `told.rs` what the console is told and asks. `crate::refresh` carries it out, `store` keeps its journal.

mod plan;
mod run;
mod settings;
mod step;
pub mod told;
mod window;

pub use plan::{Finding, Level, LoadedTable, Place, PlanHash, PlannedStep, Shown};
pub use run::{
    Away, AwayKind, Elsewhere, Line, LoadProgress, RefreshId, RunHead, RunSeen, RunState, StepSeen, StepState,
    TableLoad, WishFor,
};
pub use settings::{Again, CustomStep, Does, Orphans, Quarantine, Settings, StepOptions, StepTerms, may_follow};
pub use step::{OnFailure, StepKind, StepName};
pub use window::{Window, WindowError};

use serde::{Deserialize, Serialize};

/// Name of a `[refresh.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RefreshName(pub String);

/// What the data is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The target is used by others than the source's users, again and again: it is masked, it may be behind.
    DataRefresh,
    /// The target takes the place of the source.
    DataMigration,
}

/// What DMS does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Load {
    FullLoad,
    FullLoadAndCdc,
    Cdc,
}

/// What starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cadence {
    /// Rules or schedules, besides an operator.
    Schedule,
    OneTime,
}

impl Purpose {
    pub const ALL: [Self; 2] = [Self::DataRefresh, Self::DataMigration];

    pub fn word(self) -> &'static str {
        match self {
            Self::DataRefresh => "data-refresh",
            Self::DataMigration => "data-migration",
        }
    }
}

impl Load {
    pub const ALL: [Self; 3] = [Self::FullLoad, Self::FullLoadAndCdc, Self::Cdc];

    pub fn word(self) -> &'static str {
        match self {
            Self::FullLoad => "full-load",
            Self::FullLoadAndCdc => "full-load-and-cdc",
            Self::Cdc => "cdc",
        }
    }
}

impl Cadence {
    pub const ALL: [Self; 2] = [Self::Schedule, Self::OneTime];

    pub fn word(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::OneTime => "one-time",
        }
    }
}

/// The six that make sense: ongoing changes are for a migration only (they would undo what is masked), and what goes on
/// for weeks is not started by a schedule.
pub fn is_valid(purpose: Purpose, load: Load, cadence: Cadence) -> bool {
    load == Load::FullLoad || (purpose == Purpose::DataMigration && cadence == Cadence::OneTime)
}

/// All that [`is_valid`] accepts, for whoever wrote another.
pub fn valid() -> Vec<(Purpose, Load, Cadence)> {
    let all = Purpose::ALL.into_iter().flat_map(|purpose| {
        Load::ALL
            .into_iter()
            .flat_map(move |load| Cadence::ALL.into_iter().map(move |cadence| (purpose, load, cadence)))
    });
    all.filter(|(purpose, load, cadence)| is_valid(*purpose, *load, *cadence)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_combinations_are_valid() {
        let all: Vec<_> = valid().iter().map(|(p, l, c)| format!("{} {} {}", p.word(), l.word(), c.word())).collect();
        assert_eq!(
            all,
            [
                "data-refresh full-load schedule",
                "data-refresh full-load one-time",
                "data-migration full-load schedule",
                "data-migration full-load one-time",
                "data-migration full-load-and-cdc one-time",
                "data-migration cdc one-time",
            ]
        );
    }
}
