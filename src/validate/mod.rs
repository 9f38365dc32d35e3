//! Comparing a source with a target, down to the row: is it equal, and if not, exactly where?
//!
//! May touch `model`, `db` and `store`. Start at [`plan()`] (which tables and columns, by which key, and what cannot be
//! compared and why) and [`run()`] (both sides in key order, merged). [`merge`] is the pure heart; [`settle`] keeps rows that
//! are only on their way apart from rows that differ; [`gate`] says when rows of a moving target are worth comparing. What it came to is `model::validation`; a verdict is `equal` only
//! where everything is known.

mod aggregate;
mod describe;
mod digest;
mod exact;
pub mod gate;
pub mod lobs;
mod look;
pub mod mapped;
pub mod memory;
pub mod merge;
mod method;
pub mod multiset;
pub mod names;
mod pace;
pub mod pass;
mod passes;
pub mod plan;
pub mod repair;
pub mod reread;
mod results;
pub mod rules;
pub mod run;
mod settings;
pub mod settle;
pub mod statement;
mod steady;
mod unit;
mod wait;

pub use describe::{PlanError, plan};
pub use digest::Sums;
pub use lobs::Lobs;
pub use mapped::TaskTables;
pub use memory::{Known, KnownPart, Learnt, Memory};
pub use method::Wanted as WantedMethod;
pub use names::Asked;
pub use pass::Pass;
pub use plan::{RuleFor, TablePlan, TableTerms, Terms};
pub use run::{Dial, Done, Gauge, Wish, run};
pub use settings::{Settings, StatementFiles};
pub use settle::Patience;
pub use statement::Statement;

use jiff::Timestamp;
use names::Name;

/// Everything that is to be compared, and what is left out.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Tables of the source that have no counterpart are among them, as not compared.
    pub tables: Vec<TablePlan>,
    /// Tables that only the target has: no data is lost by them.
    pub target_only: Vec<Name>,
    /// Tables that DMS keeps for itself.
    pub of_dms: Vec<Name>,
    /// What ought to be known before it is carried out.
    pub doubts: Vec<String>,
    /// `host:port/database`, or a path.
    pub source_at: String,
    pub target_at: String,
}

/// How it is compared.
#[derive(Debug, Clone)]
pub struct Options {
    /// Ranges at the same time.
    pub jobs: usize,
    pub patience: Patience,
    /// Differences listed for each table.
    pub report: usize,
    /// Leave a table when so many keys were seen to differ.
    pub stop_after: Option<u64>,
    pub range_rows: u64,
    pub method: WantedMethod,
    /// Of both sides together.
    pub rows_per_second: Option<u64>,
    /// Differences list values too.
    pub values: bool,
    /// Differences watched at the same time, for about 50 bytes each.
    pub watched: usize,
    pub now: fn() -> Timestamp,
}
