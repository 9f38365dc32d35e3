//! What may be done to a task: the table of types and statuses, then what the configuration says.

use crate::change::facts::TaskFacts;
use crate::model::change::{Ruling, Safeguards, Verb};

/// Whether this may be done to this task, as it was just read.
pub fn task(_facts: &TaskFacts, _verb: &Verb, _safeguards: &Safeguards) -> Ruling {
    todo!("legality of tasks")
}
