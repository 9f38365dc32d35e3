//! What an event means for the operator: a table over the messages of the catalogue (section 5.1 of the DMS facts).
//!
//! Messages are found by what stands in them, since the same event is worded differently over the years:
//! `Replication task started, with flag = fresh start`, `The replication task has started with taskType: …`.

use super::Category;
use crate::model::task::StopReason;
use serde::{Deserialize, Serialize};

/// How much an event asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Good to know.
    Info,
    /// Look soon.
    Warning,
    /// Data does not flow, or will not.
    Critical,
}

impl Weight {
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What an event means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    pub category: Category,
    pub weight: Weight,
    pub words: &'static str,
}

const fn means(category: Category, weight: Weight, words: &'static str) -> Meaning {
    Meaning { category, weight, words }
}

use Category::{ConfigurationChange, Creation, Deletion, Failover, Failure, LowStorage, Maintenance, StateChange};
use Weight::{Critical, Info, Warning};

/// All of these words, in lower case, stand in the message. The first row that fits counts.
const TABLE: &[(&[&str], Meaning)] = &[
    // -- starts, by the words DMS adds
    (&["task", "started", "reload"], means(StateChange, Warning, "every table of the task is loaded again")),
    (&["task", "started", "fresh start"], means(StateChange, Info, "runs from the beginning")),
    (&["task", "started", "start-replication"], means(StateChange, Info, "runs from the beginning")),
    (&["task", "started", "resume"], means(StateChange, Info, "goes on where it stood; a broken load is not repeated")),
    (&["task", "started"], means(StateChange, Info, "runs")),
    // -- other news of tasks
    (&["task", "failed to clean up"], means(Failure, Warning, "the task is gone, some of its data is not")),
    (&["task", "has failed"], means(Failure, Critical, "nothing is replicated until somebody starts it again")),
    (&["task", "stopped"], means(StateChange, Warning, "nothing is replicated until it is resumed")),
    (&["task", "modified"], means(ConfigurationChange, Info, "somebody changed its definition")),
    (&["task", "deleted"], means(Deletion, Warning, "the task does not exist any more")),
    (&["task", "created"], means(Creation, Info, "a new task, which does not run yet")),
    (&["reload of table"], means(StateChange, Info, "single tables are loaded again")),
    (
        &["paused", "swap file"],
        means(StateChange, Critical, "the source is not read: the target is too slow, or memory too small"),
    ),
    (
        &["paused", "disk usage"],
        means(StateChange, Critical, "the source is not read: the instance's disk is nearly full"),
    ),
    (&["reading was paused"], means(StateChange, Critical, "the source is not read")),
    (&["reading resumed"], means(StateChange, Info, "the source is read again")),
    // -- instances
    (
        &["offline maintenance", "taking place"],
        means(Maintenance, Critical, "the instance is away; its tasks stand still"),
    ),
    (&["offline maintenance", "complete"], means(Maintenance, Info, "the instance is back; see that its tasks run")),
    (&["management software"], means(Maintenance, Info, "the instance was patched")),
    (&["state that can", "upgraded"], means(Maintenance, Warning, "the instance cannot be upgraded")),
    (&["storage failure"], means(Failure, Critical, "the instance has lost its storage; its tasks stand still")),
    (&["incompatible network"], means(Failure, Critical, "the instance has no network; its tasks stand still")),
    (&["kms key"], means(Failure, Critical, "the instance's storage cannot be decrypted")),
    (
        &["free storage", "low"],
        means(LowStorage, Critical, "over 90 % of the disk is used; full, every task on it stops"),
    ),
    (&["failover", "too frequently"], means(Failover, Warning, "no failover now: one was asked for a short time ago")),
    (&["failover started"], means(Failover, Warning, "its tasks restart on the standby and may fall behind")),
    (&["failover", "complete"], means(Failover, Info, "runs on the standby; see that its tasks do")),
    (&["multi-az activation"], means(Failover, Info, "a standby is brought up")),
    (
        &["instance class", "is being changed"],
        means(ConfigurationChange, Warning, "the instance restarts; its tasks stand still"),
    ),
    (&["instance class", "has changed"], means(ConfigurationChange, Info, "the instance has its new size")),
    (&["storage", "increased"], means(ConfigurationChange, Info, "the instance gets a larger disk")),
    (&["transition", "az"], means(ConfigurationChange, Info, "the standby of the instance is added or taken away")),
    (
        &["replication instance", "being created"],
        means(Creation, Info, "a new instance, which costs money once it is there"),
    ),
    (&["replication instance", "been created"], means(Creation, Info, "a new instance; it costs money from now on")),
    (&["replication instance", "being deleted"], means(Deletion, Warning, "the instance goes away")),
    (&["replication instance", "been deleted"], means(Deletion, Warning, "the instance does not exist any more")),
];

/// What a stop means depends on why.
const STOPS: [(StopReason, Meaning); 11] = [
    (
        StopReason::FullLoadOnlyFinished,
        means(StateChange, Info, "the load is over; single tables may be in error all the same"),
    ),
    (
        StopReason::StoppedAfterFullLoad,
        means(StateChange, Warning, "loaded; changes made during the load are not on the target"),
    ),
    (
        StopReason::StoppedAfterCachedEvents,
        means(StateChange, Info, "loaded, with the changes made meanwhile; later ones wait"),
    ),
    (StopReason::FatalError, means(Failure, Critical, "nothing is replicated until somebody starts it again")),
    (
        StopReason::RecoverableError,
        means(StateChange, Critical, "DMS tries again by itself; until then nothing is replicated"),
    ),
    (StopReason::StoppedDueToLowMemory, means(StateChange, Critical, "the instance ran out of memory")),
    (StopReason::StoppedDueToLowDisk, means(StateChange, Critical, "the instance ran out of disk")),
    (StopReason::StoppedAtServerTime, means(StateChange, Info, "reached the stop time it was given")),
    (StopReason::StoppedAtCommitTime, means(StateChange, Info, "reached the commit time it was given")),
    (StopReason::ReconfigurationRestart, means(StateChange, Info, "restarts with new settings")),
    (StopReason::RecycleTask, means(StateChange, Info, "DMS restarts it")),
];

pub(super) fn of(message: &str) -> Option<Meaning> {
    let lower = message.to_lowercase();
    let (words, meaning) = TABLE.iter().find(|(words, _)| words.iter().all(|word| lower.contains(word)))?;
    if *words == ["task", "stopped"] {
        let why = StopReason::find(message);
        let known = STOPS.iter().find(|(reason, _)| Some(*reason) == why);
        return Some(known.map_or(*meaning, |(_, meaning)| *meaning));
    }
    Some(*meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_of_the_catalogue_has_its_meaning() {
        for (message, category, weight, words) in [
            ("Replication task started, with flag = fresh start", StateChange, Info, "from the beginning"),
            (
                "The replication task has started with taskType: full-load-and-cdc, startType: resume-processing",
                StateChange,
                Info,
                "where it stood",
            ),
            (
                "The replication task has started with taskType: full-load, startType: reload-target",
                StateChange,
                Warning,
                "loaded again",
            ),
            ("Replication task has started.", StateChange, Info, "runs"),
            ("Replication task has stopped.", StateChange, Warning, "until it is resumed"),
            ("Replication task has stopped. Stop Reason NORMAL.", StateChange, Warning, "until it is resumed"),
            ("Replication task has stopped. Stop Reason FULL_LOAD_ONLY_FINISHED.", StateChange, Info, "load is over"),
            ("Replication task has stopped. Stop Reason STOPPED_AFTER_FULL_LOAD.", StateChange, Warning, "not on the"),
            ("Replication task stopped. Stop Reason RECOVERABLE_ERROR", StateChange, Critical, "tries again"),
            ("Replication task has failed. Reason: task was stopped", Failure, Critical, "somebody starts it"),
            ("A call to delete the task has failed to clean up task data.", Failure, Warning, "some of its data"),
            ("Reading paused, swap files limit reached.", StateChange, Critical, "not read"),
            ("Reading was paused because the swap files limit was reached.", StateChange, Critical, "too slow"),
            ("Reading paused, disk usage limit reached.", StateChange, Critical, "disk"),
            ("Reading resumed.", StateChange, Info, "again"),
            ("A reload of table details has been requested.", StateChange, Info, "loaded again"),
            ("The replication task has been modified.", ConfigurationChange, Info, "definition"),
            ("Free storage for the replication instance is low.", LowStorage, Critical, "90 %"),
            ("Failover started for a Multi-AZ replication instance.", Failover, Warning, "standby"),
            ("Multi-AZ failover to standby complete.", Failover, Info, "standby"),
            (
                "Offline maintenance of the replication instance is taking place. The replication instance is currently \
                 unavailable.",
                Maintenance,
                Critical,
                "stand still",
            ),
            ("The replication instance has been deleted.", Deletion, Warning, "not exist"),
        ] {
            let meaning = of(message).unwrap_or_else(|| panic!("{message}"));
            assert_eq!((meaning.category, meaning.weight), (category, weight), "{message}");
            assert!(meaning.words.contains(words), "{message}: {}", meaning.words);
        }
        assert_eq!(of("DMS replication has been deprovisioned."), None);
    }

    #[test]
    fn a_meaning_fits_beside_its_message_on_one_line() {
        let all = TABLE.iter().map(|(_, meaning)| meaning).chain(STOPS.iter().map(|(_, meaning)| meaning));
        for meaning in all {
            assert!(meaning.words.len() <= 72, "{}", meaning.words);
        }
    }
}
