//! Which load `refresh watch` goes on from: one that a rule has started, that has ended well, and that nobody has gone on from.
//!
//! [`next`] is pure. Which loads are taken stands in the ledger on the target, for whatever machine looks: the start of each is a
//! mark there ([`taken`]). What was over before anybody watched is nobody's: it may be weeks old.

use super::held::Door;
use super::ledger::{self, LedgerRun};
use super::plan::Plan;
use super::steps::load::{STARTED, Started};
use super::trouble::Trouble;
use crate::change::Notice;
use crate::model::ReplicationArn;
use crate::model::refresh::{RunState, StepKind, StepName};
use crate::model::shell::quoted;
use crate::model::task::{StopReason, Task, TaskStatus};
use crate::model::topic::subject;
use crate::model::untrusted::shown;
use jiff::Timestamp;

/// What is to be done about a task, as it was just read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing that was not there before.
    Nothing,
    /// It runs, or is on its way somewhere.
    Waits,
    /// The load that began then is over: go on from it.
    GoOn(Timestamp),
    /// The load that began then came to no good end, and why.
    Failed(Timestamp, String),
}

/// `since`: the newest start that was over before anybody watched. `taken`: starts that somebody has gone on from.
pub fn next(task: &Task, since: Option<Timestamp>, taken: &[Timestamp]) -> Next {
    let Some(start) = task.stats.start.filter(|start| Some(*start) > since && !taken.contains(start)) else {
        return Next::Nothing;
    };
    let finished = task.stop_reason() == Some(StopReason::FullLoadOnlyFinished);
    match task.status {
        TaskStatus::Stopped if finished => Next::GoOn(start),
        // It may be told a moment later.
        TaskStatus::Stopped if task.stop_reason.is_none() => Next::Waits,
        TaskStatus::Stopped | TaskStatus::Failed => {
            let why = task.last_failure.as_ref().or(task.stop_reason.as_ref());
            let why = why.map_or_else(|| "no reason told".into(), |why| why.shown().into_owned());
            Next::Failed(start, format!("the task is {}: {why}", shown(task.status.raw())))
        }
        _ => Next::Waits,
    }
}

/// The newest start that is over at this moment: what a first watch leaves alone.
pub fn over(task: &Task) -> Option<Timestamp> {
    let is_over = matches!(task.status, TaskStatus::Stopped | TaskStatus::Failed | TaskStatus::Ready);
    let newest = task.stats.start?;
    // The one that runs is still to come to its end.
    if is_over { Some(newest) } else { newest.checked_sub(jiff::SignedDuration::from_nanos(1)).ok() }
}

/// Starts of this task that a run on this target has taken for its own, whoever carried it out. Changes nothing.
///
/// # Errors
/// The target cannot be read.
pub async fn taken(target: &Door, task: &ReplicationArn) -> Result<Vec<Timestamp>, Trouble> {
    let database = target.find().await?;
    let schema = database.named_schema().map(str::to_owned);
    let mut session = database.read().await?;
    let name = StepName::from(StepKind::Load);
    let all = ledger::marked_by_all(&mut session, schema.as_deref(), (&name, STARTED)).await?;
    let read = all.iter().filter_map(|(_, text)| serde_json::from_str::<Started>(text).ok());
    Ok(read.filter(|started| started.task == task.as_str()).map(|started| started.start).collect())
}

/// This plan is one that goes on from a load that somebody else has started.
pub fn is_watched(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| step.kind == StepKind::Load)
        && !plan.steps.iter().any(|step| step.kind == StepKind::Drain)
}

/// What the topic is told of a load that nobody goes on from.
pub fn left(name: &str, task: &str, what: &str) -> Notice {
    let how = "a load waits for somebody";
    let text = [
        format!("refresh {}: {how}", shown(name)),
        format!("task {}", shown(task)),
        format!("why: {}", shown(what)),
        String::new(),
        "what it has loaded stands on the target as it came: nothing of it is masked".to_owned(),
        format!("see what forbids it: cutover refresh plan {}", quoted(name)),
        "after a change of the configuration the watch is to be started again".to_owned(),
    ];
    Notice { subject: subject(&format!("refresh {name}: {how}")), text: text.join("\n") }
}

/// That an open run takes longer than was said beforehand, in words; `None`: it does not, or nothing was said. One that is
/// parked may stay so for weeks.
pub fn overdue(run: &LedgerRun, now: Timestamp) -> Option<String> {
    let plan: Plan = serde_json::from_str(&run.plan).ok()?;
    let after = plan.notice_after.filter(|after| now.duration_since(run.began) >= *after)?;
    if run.state == RunState::Parked {
        return None;
    }
    let (id, state) = (&run.id.0, run.state.word());
    Some(format!("run {id} is {state}, and has not ended {after:#} after it began: what it took away is still away"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn task(status: &str, reason: Option<&str>, start: Option<i64>) -> Task {
        serde_json::from_value(json!({
            "arn": "arn:aws:dms:eu-west-1:123456789012:task:A", "name": "nightly", "migration_type": "full-load",
            "status": status, "stop_reason": reason, "last_failure": null, "source": "s", "target": "t", "instance": null,
            "stats": {"full_load_progress_percent": null, "elapsed_ms": null, "tables_loaded": 0, "tables_loading": 0,
                      "tables_queued": 0, "tables_errored": 0, "fresh_start": null, "start": start.map(at), "stop": null,
                      "full_load_start": null, "full_load_finish": null},
            "table_mappings": null, "settings": null, "cdc_start_position": null, "cdc_stop_position": null,
            "recovery_checkpoint": null
        }))
        .unwrap()
    }

    const FINISHED: Option<&str> = Some("Stop Reason FULL_LOAD_ONLY_FINISHED");

    #[test]
    fn only_a_load_that_ended_well_since_then_and_that_nobody_took_is_gone_on_from() {
        for (task, since, taken, want) in [
            (task("stopped", FINISHED, Some(10)), Some(5), vec![], Next::GoOn(at(10))),
            (task("stopped", FINISHED, Some(10)), None, vec![], Next::GoOn(at(10))),
            (task("stopped", FINISHED, Some(10)), Some(10), vec![], Next::Nothing),
            (task("stopped", FINISHED, Some(10)), Some(5), vec![at(10)], Next::Nothing),
            (task("stopped", FINISHED, Some(10)), Some(5), vec![at(7)], Next::GoOn(at(10))),
            (task("running", None, Some(10)), Some(5), vec![], Next::Waits),
            (task("stopping", None, Some(10)), Some(5), vec![], Next::Waits),
            (task("stopped", None, Some(10)), Some(5), vec![], Next::Waits),
            (task("ready", None, None), None, vec![], Next::Nothing),
        ] {
            assert_eq!(next(&task, since.map(at), &taken), want, "{task:?}");
        }
        for (status, reason) in [("stopped", "Stop Reason NORMAL"), ("failed", "Stop Reason FATAL_ERROR")] {
            let said = next(&task(status, Some(reason), Some(10)), None, &[]);
            assert!(matches!(&said, Next::Failed(start, why) if *start == at(10) && why.contains(reason)), "{said:?}");
        }
    }

    #[test]
    fn a_first_watch_leaves_what_is_over_and_takes_what_runs() {
        let over_then = over(&task("stopped", FINISHED, Some(10)));
        assert_eq!(next(&task("stopped", FINISHED, Some(10)), over_then, &[]), Next::Nothing);
        let runs_then = over(&task("running", None, Some(10)));
        assert_eq!(next(&task("stopped", FINISHED, Some(10)), runs_then, &[]), Next::GoOn(at(10)));
        assert_eq!(over(&task("ready", None, None)), None);
    }
}
