//! Local files: `cutover.db`, and the same audit as JSON Lines beside it.
//!
//! May touch `model`; the only room besides `db` that knows sqlx. Start at [`Audit`]. `place.rs` knows where files are, whose
//! they are and what kind of disk that is, `open.rs` opens the database and brings it to the present schema (`sql/store/`),
//! `mirror.rs` appends lines, `team.rs` reads those of others, `history.rs` all there is; [`validations`] are comparisons and what came of them,
//! [`runs`] the journals of refreshes, a file each, and [`points`] where tests
//! kill a process. Several processes may use it at once: every write is one short transaction.

mod audit;
mod history;
mod mirror;
mod open;
mod place;
pub mod points;
pub mod runs;
mod team;
pub mod validations;

pub use audit::Audit;
pub use history::{Found, History, room};
pub use place::{Settings, default_dir};

use crate::model::{Problem, ProblemKind};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// Why the audit cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no folder for it: neither XDG_STATE_HOME nor HOME is set")]
    Nowhere,
    #[error("{path}: {why}", path = path.display())]
    File { path: PathBuf, why: String },
    #[error("{path} was made by a newer cutover (schema {found}, known here {known})", path = path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    /// The file of this user in the folder of a team, which is to be written.
    #[error("{path}: {why}", path = path.display())]
    Shared { path: PathBuf, why: String },
    /// Of the folder of a team: nothing of it can be written by the one who is told.
    #[error("{path}: {why}", path = path.display())]
    Team { path: PathBuf, why: String },
    #[error("{path}: {why}", path = path.display())]
    Database { path: PathBuf, why: String },
    /// Somebody else carries a comparison on, or it is not there any more.
    #[error("comparison {run} is carried on by somebody else")]
    Taken { run: String },
    /// The journal of a refresh has one writer.
    #[error("refresh {run} is being carried out by {who}")]
    Running { run: String, who: String },
}

impl StoreError {
    /// The file or folder it is about.
    pub fn place(&self) -> Option<&Path> {
        match self {
            Self::Nowhere | Self::Taken { .. } | Self::Running { .. } => None,
            Self::File { path, .. }
            | Self::Newer { path, .. }
            | Self::Shared { path, .. }
            | Self::Team { path, .. }
            | Self::Database { path, .. } => Some(path),
        }
    }

    /// As a person is told, with what follows from it.
    pub fn problem(&self, summary: &str) -> Problem {
        Problem {
            kind: ProblemKind::Internal,
            summary: summary.to_owned(),
            detail: self.to_string(),
            hint: match self {
                Self::Newer { .. } => "Use the newer program.".to_owned(),
                Self::Taken { .. } => "Look at `cutover validations`: it says who carries it out.".to_owned(),
                Self::Running { .. } => "Attach to it, or wait until it ends.".to_owned(),
                Self::Nowhere => "Set XDG_STATE_HOME to a folder of yours.".to_owned(),
                Self::Shared { .. } => {
                    "Check that the folder is there, may be written by you and has room: it is the audit_dir of the \
                     configuration."
                        .to_owned()
                }
                Self::Team { .. } => {
                    "Look into that folder, the audit_dir of the configuration; `cutover activity --mine` does without."
                        .to_owned()
                }
                _ => "Check that the folder is there, is yours and has room, or set XDG_STATE_HOME.".to_owned(),
            },
            request_id: None,
            at: Timestamp::now(),
        }
    }
}
