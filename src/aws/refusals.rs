//! What DMS says when it refuses a change, and what to do then: one table of its words.
//!
//! Its codes are too few to tell one refusal from another, and some stand in no API model; the words do.

/// What DMS says when it does not do what was asked for, and what to do then (sections 0, 1.2 and 2.1 of the DMS
/// facts). Matched in lower case, the first that fits.
const REFUSALS: &[(&str, &str)] = &[
    (
        "test connection for replication instance and endpoint should be successful",
        "Test both connections (`cutover test-connections TASK`), wait until both are successful, then ask again. \
         A change of an endpoint begins such a test too.",
    ),
    ("not valid for tasks running for the first time", "It has never run: start it first."),
    ("not valid for replications running for the first time", "It has never run: start it first."),
    (
        "running for the first time",
        "It has run before: resume it, or reload its target, which destroys what is there. A cdc task can also be started \
         from a position. Nothing else is tried by itself.",
    ),
    (
        "not running",
        "A task that is starting cannot be stopped yet, and one that stands has nothing to stop: look at its status, wait \
         until it is running, then ask again.",
    ),
    (
        "invalid state",
        "Look at its status (`cutover tasks`): it can be started when it is ready, stopped or failed. Wait for that, then \
         ask again.",
    ),
    ("only while the replication task is running", "Start or resume the task first, then ask again."),
    ("validation is enabled", "Switch validation on in the settings of the task."),
    (
        "migration type cdc",
        "A cdc task has loaded nothing, so there is nothing to load again: resume it, or start it from a position.",
    ),
];

/// Where the words are not known. Positions, ends and names of tables are somebody's own.
const OTHERWISE: &str = "Look at the status of it, and at what was given: position, end, tables.";

/// What to do about a refusal in the service's words.
pub(super) fn hint(message: &str) -> &'static str {
    let message = message.to_ascii_lowercase();
    REFUSALS.iter().find(|(words, _)| message.contains(words)).map_or(OTHERWISE, |(_, hint)| hint)
}

#[cfg(test)]
mod tests {
    use super::super::failure::{Failure, problem};
    use crate::model::Region;
    use crate::model::operation::Operation;
    use jiff::Timestamp;

    #[test]
    fn a_refusal_comes_in_its_own_words_with_what_to_do() {
        const STATE: &str = "InvalidResourceStateFault";
        const COMBINATION: &str = "InvalidParameterCombinationException";
        use Operation::{ReloadTables, StartReplication, StartReplicationTask, StopReplicationTask};
        for (operation, code, message, wanted) in [
            (
                StartReplicationTask,
                STATE,
                "Test connection for replication instance and endpoint should be successful for starting the replication task",
                "Test both connections",
            ),
            (
                StartReplicationTask,
                COMBINATION,
                "Start Type : START_REPLICATION, valid only for tasks running for the first time",
                "It has run before: resume it",
            ),
            (
                StartReplication,
                COMBINATION,
                "Start Type : RESUME_PROCESSING, not valid for replications running for the first time",
                "It has never run",
            ),
            (
                StopReplicationTask,
                STATE,
                "Replication Task cannot be stopped, task not running",
                "wait until it is running",
            ),
            (
                StartReplicationTask,
                STATE,
                "Replication Task cannot be started, invalid state",
                "ready, stopped or failed",
            ),
            (
                ReloadTables,
                "InvalidParameterValueException",
                "Table shop.x is not part of the replication task",
                "at what was given",
            ),
            (StopReplicationTask, STATE, "Something new", "Look at the status"),
        ] {
            let failure = Failure { code: Some(code.into()), message: message.into(), ..Failure::default() };
            let told = problem(operation, &Region("eu-west-1".into()), &failure, Timestamp::UNIX_EPOCH);
            assert_eq!(told.detail, format!("{code}: {message}"));
            assert!(told.hint.contains(wanted), "{message}: {}", told.hint);
        }
    }
}
