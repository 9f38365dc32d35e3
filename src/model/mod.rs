//! The words everybody in the house uses: ids, observations, tasks, tables, metrics, problems.
//!
//! Pure types and pure functions. Nothing here opens a file, a socket or a terminal, reads a clock, or knows another
//! room. Start with [`observation`] (what moves through the house) and [`ids`] (the three keys of a task).

pub mod alert;
pub mod around;
pub mod audit;
pub mod canon;
pub mod change;
pub mod database;
pub mod drain;
pub mod engine;
pub mod event;
pub mod health;
pub mod ids;
pub mod json;
pub mod listing;
pub mod log_line;
pub mod log_place;
pub mod log_sign;
pub mod log_tail;
pub mod maintenance_window;
pub mod mappings;
pub mod masking;
pub mod metric;
pub mod observation;
pub mod operation;
pub mod parts;
pub mod pattern;
pub mod problem;
pub mod reading;
pub mod refresh;
pub mod schedule;
pub mod secret;
pub mod settings;
pub mod shell;
pub mod stamp;
pub mod statement;
pub mod table;
pub mod task;
pub mod topic;
pub mod untrusted;
pub mod validation;

pub use ids::{AccountId, EndpointArn, InstanceArn, Region, ReplicationArn, ReplicationKind, TaskName, TaskResourceId};
pub use observation::{Observation, Report, Scope, Subject, Value};
pub use problem::{Problem, ProblemKind};
pub use secret::Secret;
pub use untrusted::Untrusted;
