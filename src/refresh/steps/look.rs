//! What several steps at AWS have in common: a look at the task that loads, and what they write down about it.

use crate::model::refresh::{StepKind, StepName};
use crate::model::task::{Task, TaskStatus};
use crate::refresh::ledger;
use crate::refresh::trouble::Trouble;
use crate::refresh::work::Work;
use crate::store::points;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The task as DMS describes it, and when DMS said so.
#[derive(Debug, Clone)]
pub struct Looked {
    pub task: Task,
    pub stated: Option<Timestamp>,
}

impl Looked {
    pub fn start(&self) -> Option<Timestamp> {
        self.task.stats.start
    }

    pub fn is_newer_than(&self, before: Option<Timestamp>) -> bool {
        self.start().is_some() && self.start() > before
    }

    /// `running since 02:00:04 UTC`.
    pub fn words(&self) -> String {
        let since = self.start().map(|at| format!(", last started {}", clock(at))).unwrap_or_default();
        format!("{}{since}", crate::model::untrusted::shown(self.task.status.raw()))
    }
}

/// `2026-11-22 02:00:04 UTC`.
pub fn clock(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// What a status means for whoever waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing runs.
    Idle,
    /// It runs, or is about to.
    Up,
    /// Something else, which ends by itself.
    Busy,
}

/// Statuses between `created` and `running` of a serverless replication (section 2.6 of the DMS facts).
const PROVISIONING: [&str; 7] = [
    "initializing",
    "preparing_metadata_resources",
    "testing_connection",
    "fetching_metadata",
    "calculating_capacity",
    "provisioning_capacity",
    "replication_starting",
];

pub fn phase(status: &TaskStatus) -> Phase {
    match status {
        TaskStatus::Ready | TaskStatus::Stopped | TaskStatus::Failed | TaskStatus::FailedMove => Phase::Idle,
        TaskStatus::Starting | TaskStatus::Running => Phase::Up,
        TaskStatus::Other(word) if PROVISIONING.contains(&word.raw()) => Phase::Up,
        TaskStatus::Other(word) if ["created", "deprovisioned"].contains(&word.raw()) => Phase::Idle,
        _ => Phase::Busy,
    }
}

/// Looks at the task, and keeps the session on the target alive meanwhile.
///
/// # Errors
/// It is gone; AWS does not answer; somebody wishes the end.
pub async fn task(work: &mut Work) -> Result<Looked, Trouble> {
    let (reader, arn) = (work.aws()?.reader.clone(), work.plan.task.arn.clone());
    let asked = async { reader.tasks_in_brief(std::slice::from_ref(&arn)).await };
    let mut answer = Box::pin(work.beside(asked)).await??;
    let found = answer.value.pop().filter(|task| task.arn == arn);
    match (found, answer.missing.pop()) {
        (Some(task), _) => Ok(Looked { task, stated: answer.stated }),
        (None, Some(problem)) => Err(problem.into()),
        (None, None) => Err(gone(work)),
    }
}

pub fn gone(work: &Work) -> Trouble {
    Trouble::Refused(format!("task {} is gone", work.plan.task.name.shown()))
}

/// By the clock of AWS.
///
/// # Errors
/// This run has no AWS.
pub fn now(work: &mut Work) -> Result<Timestamp, Trouble> {
    let now = work.now();
    Ok(work.aws()?.reader.service_time(now))
}

/// What a step has written down for itself under this name.
///
/// # Errors
/// The ledger cannot be read, or makes no sense.
pub async fn kept<T: DeserializeOwned>(work: &mut Work, step: StepKind, name: &str) -> Result<Option<T>, Trouble> {
    let Some(text) = ledger::marked(&mut work.target, &StepName::from(step), name).await? else { return Ok(None) };
    let read = serde_json::from_str(&text);
    read.map(Some).map_err(|_| {
        let step = step.word();
        Trouble::Refused(format!("what the ledger says of {step} ({name}) makes no sense to this program"))
    })
}

/// Writes it down, or anew.
///
/// # Errors
/// The ledger cannot be written.
pub async fn keep(work: &mut Work, step: StepKind, name: &str, value: &impl Serialize) -> Result<(), Trouble> {
    let text = serde_json::to_string(value).map_err(|error| Trouble::refused(error.to_string()))?;
    if points::mutant("start-forgotten") && step == StepKind::Load {
        return Ok(());
    }
    ledger::mark_anew(&mut work.target, &StepName::from(step), name, &text).await
}
