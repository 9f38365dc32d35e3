//! A replication task as DMS describes it, classic or serverless, before anything is judged.

use crate::model::{EndpointArn, InstanceArn, ReplicationArn, TaskName, Untrusted};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Lower-case strings in the API, not an enumeration: an unknown one is kept as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum TaskStatus {
    Creating,
    Ready,
    Starting,
    Running,
    Stopping,
    Stopped,
    Failed,
    Modifying,
    Moving,
    FailedMove,
    Testing,
    Deleting,
    /// Serverless preparation (`initializing`, `provisioning_capacity`, …) and whatever AWS invents next.
    Other(Untrusted),
}

/// Status texts of section 2.1 of the DMS facts.
const STATUSES: [(&str, TaskStatus); 12] = [
    ("creating", TaskStatus::Creating),
    ("ready", TaskStatus::Ready),
    ("starting", TaskStatus::Starting),
    ("running", TaskStatus::Running),
    ("stopping", TaskStatus::Stopping),
    ("stopped", TaskStatus::Stopped),
    ("failed", TaskStatus::Failed),
    ("modifying", TaskStatus::Modifying),
    ("moving", TaskStatus::Moving),
    ("failed-move", TaskStatus::FailedMove),
    ("testing", TaskStatus::Testing),
    ("deleting", TaskStatus::Deleting),
];

impl From<String> for TaskStatus {
    fn from(text: String) -> Self {
        let lower = text.to_ascii_lowercase();
        STATUSES
            .into_iter()
            .find(|(name, _)| *name == lower)
            .map_or_else(|| Self::Other(Untrusted::new(text)), |(_, status)| status)
    }
}

impl From<TaskStatus> for String {
    fn from(status: TaskStatus) -> Self {
        status.raw().to_owned()
    }
}

impl TaskStatus {
    /// The API's own word.
    pub fn raw(&self) -> &str {
        match self {
            Self::Other(text) => text.raw(),
            known => STATUSES.iter().find(|(_, status)| status == known).map_or("", |(name, _)| name),
        }
    }
}

/// What a task does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum MigrationType {
    FullLoad,
    FullLoadAndCdc,
    Cdc,
    Other(Untrusted),
}

impl From<String> for MigrationType {
    fn from(text: String) -> Self {
        match text.as_str() {
            "full-load" => Self::FullLoad,
            "full-load-and-cdc" => Self::FullLoadAndCdc,
            "cdc" => Self::Cdc,
            _ => Self::Other(Untrusted::new(text)),
        }
    }
}

impl From<MigrationType> for String {
    fn from(kind: MigrationType) -> Self {
        kind.raw().to_owned()
    }
}

impl MigrationType {
    /// The API's own word.
    pub fn raw(&self) -> &str {
        match self {
            Self::FullLoad => "full-load",
            Self::FullLoadAndCdc => "full-load-and-cdc",
            Self::Cdc => "cdc",
            Self::Other(text) => text.raw(),
        }
    }

    pub fn has_cdc(&self) -> bool {
        matches!(self, Self::Cdc | Self::FullLoadAndCdc)
    }

    pub fn has_full_load(&self) -> bool {
        matches!(self, Self::FullLoad | Self::FullLoadAndCdc)
    }
}

/// Why a task stopped. AWS sends prefixed text, sometimes with a suffix, so it is found by substring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StopReason {
    Normal,
    RecoverableError,
    FatalError,
    FullLoadOnlyFinished,
    /// Cached changes were *not* applied: the target misses every change made during the load.
    StoppedAfterFullLoad,
    StoppedAfterCachedEvents,
    ExpressLicenseLimitsReached,
    StoppedAfterDdlApply,
    StoppedDueToLowMemory,
    StoppedDueToLowDisk,
    StoppedAtServerTime,
    StoppedAtCommitTime,
    ReconfigurationRestart,
    RecycleTask,
}

/// In the order they are looked for; no entry is a substring of an earlier one.
const STOP_REASONS: [(&str, StopReason); 14] = [
    ("RECOVERABLE_ERROR", StopReason::RecoverableError),
    ("FATAL_ERROR", StopReason::FatalError),
    ("FULL_LOAD_ONLY_FINISHED", StopReason::FullLoadOnlyFinished),
    ("STOPPED_AFTER_FULL_LOAD", StopReason::StoppedAfterFullLoad),
    ("STOPPED_AFTER_CACHED_EVENTS", StopReason::StoppedAfterCachedEvents),
    ("EXPRESS_LICENSE_LIMITS_REACHED", StopReason::ExpressLicenseLimitsReached),
    ("STOPPED_AFTER_DDL_APPLY", StopReason::StoppedAfterDdlApply),
    ("STOPPED_DUE_TO_LOW_MEMORY", StopReason::StoppedDueToLowMemory),
    ("STOPPED_DUE_TO_LOW_DISK", StopReason::StoppedDueToLowDisk),
    ("STOPPED_AT_SERVER_TIME", StopReason::StoppedAtServerTime),
    ("STOPPED_AT_COMMIT_TIME", StopReason::StoppedAtCommitTime),
    ("RECONFIGURATION_RESTART", StopReason::ReconfigurationRestart),
    ("RECYCLE_TASK", StopReason::RecycleTask),
    ("NORMAL", StopReason::Normal),
];

impl StopReason {
    /// Finds the reason in AWS's text; `None` where nothing known stands in it.
    pub fn find(text: &str) -> Option<Self> {
        STOP_REASONS.into_iter().find(|(name, _)| text.contains(name)).map(|(_, reason)| reason)
    }

    /// The API's own word.
    pub fn raw(self) -> &'static str {
        STOP_REASONS.iter().find(|(_, reason)| *reason == self).map_or("", |(name, _)| name)
    }
}

/// `ReplicationTaskStats`. Zeros are common after a stop; nothing here is judged alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskStats {
    /// 100 does **not** mean loaded: see [`crate::model::health::load`].
    pub full_load_progress_percent: Option<i32>,
    pub elapsed_ms: Option<i64>,
    pub tables_loaded: i32,
    pub tables_loading: i32,
    pub tables_queued: i32,
    pub tables_errored: i32,
    /// Fresh start or reload. Present means: this task has run before.
    pub fresh_start: Option<Timestamp>,
    /// Any start.
    pub start: Option<Timestamp>,
    pub stop: Option<Timestamp>,
    pub full_load_start: Option<Timestamp>,
    pub full_load_finish: Option<Timestamp>,
}

/// One task, exactly as described.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    pub arn: ReplicationArn,
    pub name: TaskName,
    pub migration_type: MigrationType,
    pub status: TaskStatus,
    /// AWS's own text, with prefix and suffix.
    pub stop_reason: Option<Untrusted>,
    pub last_failure: Option<Untrusted>,
    pub source: EndpointArn,
    pub target: EndpointArn,
    pub instance: Option<InstanceArn>,
    pub stats: TaskStats,
    /// Absent until the settings were asked for (they are large and asked for once).
    pub table_mappings: Option<String>,
    pub settings: Option<String>,
    pub cdc_start_position: Option<Untrusted>,
    pub cdc_stop_position: Option<Untrusted>,
    pub recovery_checkpoint: Option<Untrusted>,
}

impl Task {
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.stop_reason.as_ref().and_then(|text| StopReason::find(text.raw()))
    }

    /// Newest moment that DMS itself stated about this task's run; `None` where it never ran.
    pub fn newest_stated(&self) -> Option<Timestamp> {
        let s = &self.stats;
        [s.fresh_start, s.start, s.stop, s.full_load_start, s.full_load_finish].into_iter().flatten().max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_reasons_are_found_inside_aws_text() {
        for (text, want) in [
            ("Stop Reason FULL_LOAD_ONLY_FINISHED", Some(StopReason::FullLoadOnlyFinished)),
            ("Stop Reason FATAL_ERROR Error Level FATAL", Some(StopReason::FatalError)),
            ("Stop Reason RECOVERABLE_ERROR Error Level RECOVERABLE", Some(StopReason::RecoverableError)),
            ("Stop Reason STOPPED_AFTER_FULL_LOAD", Some(StopReason::StoppedAfterFullLoad)),
            ("Stop Reason NORMAL", Some(StopReason::Normal)),
            ("something new", None),
        ] {
            assert_eq!(StopReason::find(text), want, "{text}");
        }
    }

    #[test]
    fn unknown_words_survive_a_round_trip() {
        for word in ["running", "failed-move", "deprovisioning", "Weird \u{1b}"] {
            assert_eq!(String::from(TaskStatus::from(word.to_owned())).to_lowercase(), word.to_lowercase());
        }
        assert_eq!(MigrationType::from("homogeneous".to_owned()).raw(), "homogeneous");
    }
}
