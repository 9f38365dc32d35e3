//! What `[validation.NAME]` of the configuration says: a comparison that has a name.

use super::method;
use super::names::Asked;
use super::pass::Pass;
use super::plan::{RuleFor, TableTerms};
use crate::model::validation::Kind;
use jiff::SignedDuration;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

/// One of them; what is `None` or empty was not said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// The task whose mappings say which tables, and whose endpoints the databases are.
    pub task: Option<String>,
    /// Names of `[databases.NAME]`; they win over the task's endpoints.
    pub source: Option<String>,
    pub target: Option<String>,
    /// With a task: beside what it takes, or under another name. Without one: these, and no others.
    pub tables: Vec<Asked>,
    /// Patterns of tables that are left out.
    pub exclude: Vec<String>,
    pub kind: Option<Kind>,
    pub keys: Vec<String>,
    pub rules: Vec<RuleFor>,
    pub waived: Vec<String>,
    pub filter_source: Option<String>,
    pub filter_target: Option<String>,
    pub method: Option<method::Wanted>,
    /// By a pattern of the source's tables, in the order of the file.
    pub of_tables: Vec<(String, TableTerms)>,
    pub statements: Vec<StatementFiles>,
    pub jobs: Option<NonZeroUsize>,
    pub rows_per_second: Option<NonZeroU64>,
    pub settle: Option<SignedDuration>,
    /// Highest latency at which a comparison begins.
    pub gate: Option<SignedDuration>,
    pub gate_timeout: Option<SignedDuration>,
}

/// A pair of files with a statement each.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementFiles {
    pub name: String,
    pub source: PathBuf,
    pub target: PathBuf,
    pub pass: Pass,
    pub key: Vec<String>,
}
