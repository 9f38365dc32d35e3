//! Status, type and stop reason of a task: `stopped` is success for a full load and an outage for CDC.

use crate::model::ReplicationKind;
use crate::model::alert::facts::OfTask;
use crate::model::alert::{Finding, Outcome};
use crate::model::health::Health;
use crate::model::task::{StopReason, Task, TaskStatus};

/// What the status says, if it says this.
pub fn says(of: &OfTask<'_>, id: &str) -> Outcome {
    match judged(of.task) {
        Some((found, severity, message)) if found == id => {
            let over = matches!(of.task.status, TaskStatus::Stopped | TaskStatus::Failed | TaskStatus::FailedMove);
            let finding: Finding = Outcome::bad(severity, message.into_owned());
            finding.dated(of.stated).since(of.task.stats.stop.filter(|_| over)).into()
        }
        _ => Outcome::GOOD,
    }
}

type Words = std::borrow::Cow<'static, str>;

/// At most one of these is true of a task.
fn judged(task: &Task) -> Option<(&'static str, Health, Words)> {
    let (cdc, reason) = (task.migration_type.has_cdc(), task.stop_reason());
    Some(match (&task.status, cdc, reason) {
        (TaskStatus::Failed | TaskStatus::FailedMove, ..) => {
            let why = task.last_failure.as_ref().or(task.stop_reason.as_ref());
            let why = why.map_or_else(|| "no reason given".into(), |text| text.shown());
            ("failed", Health::Critical, format!("{}: {why}", task.status.raw()).into())
        }
        (TaskStatus::Stopped, _, Some(StopReason::StoppedAfterFullLoad)) => {
            let what = "stopped after the full load: the target misses every change made during it";
            ("stopped-after-load", Health::Critical, what.into())
        }
        (TaskStatus::Stopped, _, Some(r @ (StopReason::FatalError | StopReason::RecoverableError))) => {
            ("stopped-error", Health::Critical, format!("stopped: {}", r.raw()).into())
        }
        // A stop at the position, time or after the changes that somebody asked for is planned.
        (
            TaskStatus::Stopped,
            true,
            Some(
                r @ (StopReason::StoppedAtServerTime
                | StopReason::StoppedAtCommitTime
                | StopReason::StoppedAfterCachedEvents),
            ),
        ) => ("stopped-planned", Health::Warning, format!("stopped as asked: {}", r.raw()).into()),
        (TaskStatus::Stopped, true, _) => {
            ("cdc-stopped", Health::Critical, "replication is stopped: changes are not applied".into())
        }
        (TaskStatus::Stopped, false, Some(StopReason::FullLoadOnlyFinished)) => return None,
        (TaskStatus::Stopped, false, Some(StopReason::Normal)) => {
            ("stopped-by-hand", Health::Warning, "stopped before the load finished".into())
        }
        (TaskStatus::Stopped, false, Some(r)) => {
            ("stopped-early", Health::Critical, format!("stopped: {}", r.raw()).into())
        }
        (TaskStatus::Stopped, false, None) => {
            ("stop-reason-unknown", Health::Unknown, "stopped, and AWS gives no known reason".into())
        }
        (TaskStatus::Other(text), ..) => {
            let preparing = task.arn.kind() == ReplicationKind::Serverless;
            let severity = if preparing { Health::Warning } else { Health::Unknown };
            ("status-unknown", severity, format!("status {}", text.shown()).into())
        }
        (TaskStatus::Deleting | TaskStatus::Moving | TaskStatus::Modifying, ..) => {
            ("in-change", Health::Warning, task.status.raw().to_owned().into())
        }
        _ => return None,
    })
}
