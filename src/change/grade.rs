//! How bad it would be if a change of a task was not meant: what destroys rows, and what nothing puts back. Pure.

use super::facts::TaskFacts;
use crate::model::change::{Grade, ReloadHow, Verb};
use crate::model::settings::PrepMode;
use crate::model::task::MigrationType;

/// The grade of this verb, from what was just read. What is not known counts as the worse.
pub(super) fn grade(facts: &TaskFacts, verb: &Verb) -> Grade {
    let destination = || facts.target_at().cloned();
    let overwrites = facts.settings.prep_mode != Some(PrepMode::DoNothing);
    match verb {
        // A field report says that a reload truncates whatever the preparation mode says.
        Verb::Reload { .. } | Verb::ReloadTables { how: ReloadHow::Data, .. } => {
            Grade::Destroys { destination: destination() }
        }
        Verb::Start { .. } | Verb::Resume { .. } if may_load(facts, verb) => {
            if overwrites {
                Grade::Destroys { destination: destination() }
            } else {
                Grade::Lasting { destination: destination() }
            }
        }
        Verb::Start { .. } => Grade::Lasting { destination: destination() },
        // Resuming does not load what a stop in the middle of such a load left out.
        Verb::Stop if facts.task.migration_type == MigrationType::FullLoadAndCdc && !facts.load_finished() => {
            Grade::Lasting { destination: destination() }
        }
        Verb::Resume { .. }
        | Verb::Stop
        | Verb::TestConnections
        | Verb::ReloadTables { how: ReloadHow::Validation, .. } => Grade::Undoable,
    }
}

/// Whether a start or resume may load tables: each start of a task that loads, and a resume, unless its load is over and
/// only changes are left to bring.
pub(super) fn may_load(facts: &TaskFacts, verb: &Verb) -> bool {
    match (&facts.task.migration_type, verb) {
        (MigrationType::Cdc, _) => false,
        (MigrationType::FullLoadAndCdc, Verb::Resume { .. }) => !facts.load_finished(),
        _ => true,
    }
}
