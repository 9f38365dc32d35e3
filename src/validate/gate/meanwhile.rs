//! What has become of a task since its gate opened: whether rows that were found equal may still be called so.

use super::{Evidence, Stop, clock, failed, latencies, longer, reason, standing, stop};
use crate::model::task::{MigrationType, Task, TaskStatus};
use crate::model::untrusted::shown;
use crate::model::validation::{Gate, GateSeen};
use jiff::{SignedDuration, Timestamp};

/// What the evidence says while rows are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meanwhile {
    /// As far as the task tells now.
    pub at_rest: Option<bool>,
    /// The longer of both latencies, on fresh points.
    pub latency: Option<SignedDuration>,
    /// Worth knowing; the answer stands.
    pub note: Option<String>,
    /// After this nothing is equal: rows that were the same may not be any more.
    pub problem: Option<String>,
    /// Why nobody knows how the task stands.
    pub unseen: Option<String>,
}

/// Judges what has become of a task since its gate opened. `opened`: how it stood then, where that was known, and what the
/// gate said of rest.
pub fn meanwhile(
    gate: &Gate,
    (opened, at_rest): (Option<&Task>, Option<bool>),
    evidence: &Evidence,
    now: Timestamp,
) -> Meanwhile {
    let latency = latencies(evidence, now).ok().map(|[source, target]| longer(source, target));
    let mut told = Meanwhile { at_rest, latency, note: None, problem: None, unseen: None };
    let task = match (gate, standing(evidence, now)) {
        (Gate::NoTask, _) => return told,
        (_, Ok(task)) => task,
        (_, Err(_)) if evidence.gone => {
            told.at_rest = None;
            told.problem = Some("the task was deleted while rows were compared".to_owned());
            return waived(gate, told);
        }
        (_, Err(GateSeen::Waiting { why } | GateSeen::Shut { why } | GateSeen::Open { why, .. })) => {
            told.at_rest = told.at_rest.filter(|rest| !rest);
            told.unseen = Some(why);
            return waived(gate, told);
        }
    };
    let status = shown(task.status.raw());
    let began = |task: &Task| (task.stats.start, task.stats.fresh_start);
    let again = opened.is_some_and(|opened| began(opened) != began(task));
    let afresh = opened.is_some_and(|opened| opened.stats.fresh_start != task.stats.fresh_start);
    let stands = task.status == TaskStatus::Stopped;
    told.at_rest = match gate {
        _ if stands && !again => at_rest.filter(|rest| *rest),
        Gate::Waived { .. } | Gate::NoTask => None,
        _ => (!stands).then_some(false),
    };
    match (&task.status, gate) {
        (TaskStatus::Failed | TaskStatus::FailedMove, _) => told.problem = Some(failed(task)),
        (TaskStatus::Deleting, _) => told.problem = Some("the task is deleted".to_owned()),
        _ if afresh => told.problem = Some(format!("the task began afresh ({status}) while rows were compared")),
        (TaskStatus::Stopped, _) if again && task.migration_type == MigrationType::FullLoad => {
            told.problem = Some("the task ran again while rows were compared".to_owned());
        }
        (TaskStatus::Stopped, Gate::Latency { .. }) if matches!(stop(task), Stop::Short) => {
            told.problem = Some(format!("the task stopped ({}) while rows were compared", reason(task)));
        }
        (TaskStatus::Stopped, Gate::Latency { .. }) => {
            told.note = Some(format!("the task stopped ({}) while rows were compared", reason(task)));
        }
        // The end of a stop says more than its beginning.
        (TaskStatus::Stopped, _)
        | (TaskStatus::Stopping, Gate::Latency { .. })
        | (_, Gate::Waived { .. } | Gate::NoTask) => {}
        (_, Gate::FullLoad { .. }) => {
            told.problem = Some(format!("the task is {status} again: it loads while rows are compared"));
        }
        (_, Gate::Drained) => told.note = Some(format!("the task is {status} again")),
        (TaskStatus::Running, Gate::Latency { limit, .. }) => match latencies(evidence, now) {
            Err(why) => told.note = Some(why),
            Ok([source, target]) if longer(source, target) > *limit => {
                let (at, seconds) = (clock(target.at), source.value.max(target.value));
                told.note = Some(format!("latency rose above {limit:#}: {seconds:.0} s at {at}"));
            }
            Ok(_) => {}
        },
        (_, Gate::Latency { .. }) => told.note = Some(format!("the task is {status}")),
    }
    waived(gate, told)
}

/// Whoever waived the gate waived this too: it is told, and decides nothing.
fn waived(gate: &Gate, mut told: Meanwhile) -> Meanwhile {
    if matches!(gate, Gate::Waived { .. }) {
        told.note = told.note.or(told.problem.take()).or(told.unseen.take());
    }
    told
}
