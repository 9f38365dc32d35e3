//! What to do after an event: a table over the same messages as `meaning.rs`, for those that ask for something.

use crate::model::task::StopReason;

/// All of these words, in lower case, stand in the message. The first row that fits counts.
const TABLE: &[(&[&str], &str)] = &[
    (
        &["task", "started", "reload"],
        "if nobody meant it, stop the task: tables of the target are emptied before they load",
    ),
    (
        &["task", "failed to clean up"],
        "look for a replication slot left at the source, and awsdms_ tables at the target",
    ),
    (&["task", "has failed"], "read its log around this time before it is resumed; a reload would begin anew"),
    (&["task", "stopped"], "if nobody meant it, read its log, then resume it"),
    (&["task", "deleted"], "look for a replication slot left at the source: it keeps the log there from being freed"),
    (&["paused", "swap file"], "look at the target: locks, missing indexes, its own load; else a larger instance"),
    (&["paused", "disk usage"], "look at the target, whose changes wait on that disk; else a larger disk"),
    (&["reading was paused"], "look at the target and at the memory and disk of the instance"),
    (&["offline maintenance", "taking place"], "wait for its end, then see that each of its tasks runs"),
    (&["offline maintenance", "complete"], "see that each of its tasks runs and that their latency falls"),
    (&["state that can", "upgraded"], "look at the state of the instance; nothing is upgraded before it is available"),
    (&["storage failure"], "ask AWS; meanwhile a new instance, and its tasks moved there"),
    (&["incompatible network"], "look at its subnet group and security groups: something it needs is gone"),
    (&["kms key"], "look whether its key is enabled, and whether DMS may use it"),
    (&["free storage", "low"], "look at the targets, whose changes wait on that disk; else a larger disk"),
    (&["failover", "too frequently"], "wait some minutes before the next"),
    (&["failover"], "see that each of its tasks runs and that their latency falls"),
    (&["instance class", "is being changed"], "wait for its end, then see that each of its tasks runs"),
    (&["replication instance", "deleted"], "if nobody meant it, find out who: its tasks must be made on another"),
];

/// After a stop it depends on why.
const STOPS: [(StopReason, &str); 8] = [
    (StopReason::FullLoadOnlyFinished, "look for tables in error before the load is called done"),
    (StopReason::StoppedAfterFullLoad, "look for tables in error, then resume it: changes wait at the source"),
    (StopReason::StoppedAfterCachedEvents, "look for tables in error, then resume it: changes wait at the source"),
    (StopReason::FatalError, "read its log around this time before it is resumed; a reload would begin anew"),
    (StopReason::RecoverableError, "watch whether it runs again; if it comes back to this, read its log"),
    (StopReason::StoppedDueToLowMemory, "fewer tasks on the instance or a larger one, then resume it"),
    (
        StopReason::StoppedDueToLowDisk,
        "look at the target, whose changes wait on that disk, or a larger disk; then resume it",
    ),
    (StopReason::Normal, "if nobody meant it, find out who stopped it, then resume it"),
];

/// What to do, where an event asks for something.
pub(super) fn of(message: &str) -> Option<&'static str> {
    let lower = message.to_lowercase();
    let (words, advice) = TABLE.iter().find(|(words, _)| words.iter().all(|word| lower.contains(word)))?;
    if *words != ["task", "stopped"] {
        return Some(advice);
    }
    match StopReason::find(message) {
        Some(why) => STOPS.iter().find(|(reason, _)| *reason == why).map(|(_, advice)| *advice),
        None => Some(advice),
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn what_asks_for_something_says_for_what() {
        for (message, want) in [
            ("Replication task has failed.", Some("log")),
            ("The replication task has started with taskType: full-load, startType: reload-target", Some("emptied")),
            ("Replication task has started.", None),
            ("Replication task has stopped. Stop Reason FULL_LOAD_ONLY_FINISHED.", Some("tables in error")),
            ("Replication task has stopped. Stop Reason STOPPED_AT_SERVER_TIME.", None),
            ("Replication task has stopped.", Some("resume")),
            ("Reading paused, swap files limit reached.", Some("target")),
            ("Reading resumed.", None),
            ("Failover started for a Multi-AZ replication instance.", Some("each of its tasks")),
            ("something new", None),
        ] {
            match (of(message), want) {
                (Some(advice), Some(word)) => assert!(advice.contains(word), "{message}: {advice}"),
                (advice, want) => assert_eq!(advice, want, "{message}"),
            }
        }
    }
}
