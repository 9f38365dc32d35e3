//! What begins with a change and ends later: a stop, a connection test, a start. Waits for it and tells how it ended.
//!
//! [`Follower`] of `change` waits for what the audit has to know, and writes it there. A start that is waited for changes
//! nothing more, so here it is only looked at.

use super::{Ended, Ending};
use crate::aws::Reader;
use crate::change::{Executor, Follower};
use crate::model::audit::State;
use crate::model::change::{Change, Precondition, Standing, Verb};
use crate::model::parts::ConnectionTest;
use crate::model::task::{StopReason, Task, TaskStatus};
use crate::model::untrusted::shown;
use crate::model::{EndpointArn, Problem, ProblemKind, ReplicationArn, Untrusted};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::Instant;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(3);

/// What was found when it had ended, in the service's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub stop_reason: Option<Untrusted>,
    pub recovery_checkpoint: Option<Untrusted>,
    /// Results of the tests of source and target, where both are known.
    pub connections: Vec<Untrusted>,
    /// Entry of its end in the audit.
    pub audit: Option<String>,
}

impl Found {
    fn of(task: &Task) -> Self {
        let Task { stop_reason, recovery_checkpoint, .. } = task.clone();
        Self { stop_reason, recovery_checkpoint, ..Self::default() }
    }
}

/// Something that has begun and can be waited for.
#[derive(Debug)]
pub struct Follow {
    runtime: Runtime,
    reader: Reader,
    tests: bool,
    before: Box<Standing>,
    what: What,
}

#[derive(Debug)]
enum What {
    /// A stop, or tests of connections: their end goes into the audit.
    End(Box<Follower>),
    Start,
}

impl Follow {
    /// Of a change that AWS has taken; `None` where nothing is left to wait for.
    pub(super) fn new(executor: &Executor, ended: &Ended, reader: Reader, runtime: Runtime) -> Option<Self> {
        let (Change::Task { verb, .. }, Precondition::Task(before)) =
            (&ended.preview.change, &ended.preview.precondition)
        else {
            return None;
        };
        let what = match verb {
            Verb::Start { .. } | Verb::Resume { .. } | Verb::Reload { .. } => What::Start,
            Verb::Stop | Verb::TestConnections => {
                What::End(Box::new(executor.follower(&ended.preview, ended.outcome.as_ref()?)?))
            }
            Verb::ReloadTables { .. } => return None,
        };
        Some(Self { runtime, reader, tests: *verb == Verb::TestConnections, before: before.clone(), what })
    }

    /// Its end is to stand in the audit, whoever waits for it.
    pub fn is_for_the_audit(&self) -> bool {
        matches!(self.what, What::End(_))
    }

    /// What is waited for.
    pub fn until(&self) -> &'static str {
        match self.what {
            What::End(_) if self.tests => "for the results",
            What::End(_) => "until it has stopped",
            What::Start if self.before.migration_type.has_cdc() => "until it runs",
            What::Start => "until the load has ended",
        }
    }

    /// Waits, and adds how it ended to what is known of it.
    pub fn run(self, within: SignedDuration, ended: &mut Ended) {
        let Self { runtime, reader, tests, before, what } = self;
        let within = within.unsigned_abs();
        let came = runtime.block_on(async {
            match what {
                What::End(follower) => end(*follower, &reader, &before, tests, within).await,
                What::Start => start(&reader, &before, within).await,
            }
        });
        let Came { ending, lines, state, found } = came;
        ended.ending = ending;
        ended.lines.extend(lines);
        ended.found = found;
        if let Some(outcome) = &mut ended.outcome {
            outcome.state_after = state;
            outcome.at = Timestamp::now();
        }
    }
}

/// How far it has come when the waiting was over.
struct Came {
    ending: Ending,
    lines: Vec<String>,
    /// State of the task in the service's word; `None` where it could not be seen.
    state: Option<String>,
    found: Found,
}

/// To the end of a stop or of tests, and what is found there in the service's own words.
async fn end(follower: Follower, reader: &Reader, before: &Standing, tests: bool, within: Duration) -> Came {
    let outcome = follower.run(within).await;
    let ending = match outcome.state {
        State::Done => Ending::Done,
        // It was carried out as asked; what came of it is not what anybody wants.
        State::Failed | State::Refused => Ending::No,
        State::Unknown | State::Asked | State::Sent => Ending::Unknown,
    };
    let mut found = Found::default();
    match look(reader, &before.arn).await {
        Ok(task) if !tests && ending != Ending::Unknown => found = Found::of(&task),
        _ => {}
    }
    if tests && let Ok(answer) = reader.connections().await {
        let of = |endpoint: &EndpointArn| {
            let ours =
                |test: &&ConnectionTest| Some(&test.instance) == before.instance.as_ref() && test.endpoint == *endpoint;
            answer.value.iter().find(ours).map(|test| test.status.clone())
        };
        found.connections =
            [of(&before.source), of(&before.target)].into_iter().collect::<Option<_>>().unwrap_or_default();
    }
    found.audit = outcome.audit;
    let state = outcome.state_after.or_else(|| tests.then(|| before.status.raw().to_owned()));
    Came { ending, lines: outcome.lines, state, found }
}

/// Looks until it runs or has ended.
async fn start(reader: &Reader, before: &Standing, within: Duration) -> Came {
    let end = Instant::now() + within;
    let mut begun = false;
    loop {
        let last = look(reader, &before.arn).await;
        if let Ok(task) = &last {
            begun |= passing(&task.status) && task.status != before.status || task.stats.start > before.start;
            if let Some((ending, lines)) = went(task, begun) {
                return Came { ending, lines, state: Some(task.status.raw().to_owned()), found: Found::of(task) };
            }
        }
        let now = Instant::now();
        let hopeless = matches!(&last, Err(problem) if !passes(problem));
        if now >= end || hopeless {
            return unknown(last);
        }
        tokio::time::sleep(EVERY.min(end - now)).await;
    }
}

/// AWS has taken it, and nobody knows how it goes on.
fn unknown(last: Result<Task, Problem>) -> Came {
    let (seen, state) = match last {
        Ok(task) => {
            let (name, status) = (task.name.shown(), task.status.raw());
            (vec![format!("it is not so far yet: {name} is {}", shown(status))], Some(status.to_owned()))
        }
        Err(problem) => {
            let mut lines = vec!["how it goes on could not be seen".to_owned()];
            lines.extend(problem.lines());
            (lines, None)
        }
    };
    let advice = "AWS has taken it: look with `cutover tasks` before you ask for anything again.".to_owned();
    Came { ending: Ending::Unknown, lines: [seen, vec![advice]].concat(), state, found: Found::default() }
}

/// Whether the next look may succeed where this one did not.
fn passes(problem: &Problem) -> bool {
    matches!(
        problem.kind,
        ProblemKind::Throttled | ProblemKind::Timeout | ProblemKind::Unreachable | ProblemKind::Service
    )
}

async fn look(reader: &Reader, arn: &ReplicationArn) -> Result<Task, Problem> {
    let found = reader.tasks_in_full(std::slice::from_ref(arn)).await?.value.pop();
    found.filter(|task| task.arn == *arn).ok_or_else(|| Problem {
        kind: ProblemKind::NotFound,
        summary: "the task is gone".to_owned(),
        detail: arn.as_str().to_owned(),
        hint: "Somebody has deleted it: `cutover tasks` lists what there is.".to_owned(),
        request_id: None,
        at: Timestamp::now(),
    })
}

/// On its way, classic or serverless.
fn passing(status: &TaskStatus) -> bool {
    matches!(status, TaskStatus::Starting | TaskStatus::Running | TaskStatus::Other(_))
}

/// How a start went, as far as it has come: `None` is still on its way.
fn went(now: &Task, begun: bool) -> Option<(Ending, Vec<String>)> {
    let name = now.name.shown();
    let reason = now.stop_reason.as_ref();
    let said = reason.map_or_else(|| "AWS gives no reason".into(), |reason| reason.shown().into_owned());
    match &now.status {
        TaskStatus::Running if now.migration_type.has_cdc() => Some((Ending::Done, vec![format!("{name} runs")])),
        // A list that is behind may still show how it ended the last time.
        TaskStatus::Stopped | TaskStatus::Failed if !begun => None,
        TaskStatus::Stopped => {
            let planned = matches!(
                reason.and_then(|reason| StopReason::find(reason.raw())),
                Some(
                    StopReason::FullLoadOnlyFinished
                        | StopReason::StoppedAfterCachedEvents
                        | StopReason::StoppedAtServerTime
                        | StopReason::StoppedAtCommitTime
                )
            );
            match now.stats.tables_errored {
                0 if planned => Some((Ending::Done, vec![format!("{name} has ended as planned: {said}")])),
                0 => Some((Ending::No, vec![format!("{name} has stopped again: {said}")])),
                tables => Some((
                    Ending::No,
                    vec![
                        format!("{name} has ended, and {tables} of its tables are in error: {said}"),
                        format!("`cutover tables {name}` names them."),
                    ],
                )),
            }
        }
        TaskStatus::Failed => {
            let why = now.last_failure.as_ref().map(|why| why.shown().into_owned());
            let look = format!("`cutover logs {name}` says more.");
            Some((
                Ending::No,
                [Some(format!("{name} has failed: {said}")), why, Some(look)].into_iter().flatten().collect(),
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn task(kind: &str, status: &str, reason: Option<&str>, errored: i32) -> Task {
        serde_json::from_value(json!({
            "arn": "arn:aws:dms:eu-west-1:123456789012:task:A", "name": "orders", "migration_type": kind,
            "status": status, "stop_reason": reason, "last_failure": null, "source": "s", "target": "t",
            "instance": null,
            "stats": {"full_load_progress_percent": null, "elapsed_ms": null, "tables_loaded": 0, "tables_loading": 0,
                      "tables_queued": 0, "tables_errored": errored, "fresh_start": null, "start": null, "stop": null,
                      "full_load_start": null, "full_load_finish": null},
            "table_mappings": null, "settings": null, "cdc_start_position": null, "cdc_stop_position": null,
            "recovery_checkpoint": null
        }))
        .unwrap()
    }

    #[test]
    fn a_start_is_through_when_replication_runs_or_a_load_has_ended_well() {
        let finished = Some("Stop Reason FULL_LOAD_ONLY_FINISHED");
        let fatal = Some("Stop Reason FATAL_ERROR Error Level FATAL");
        for (kind, status, reason, errored, begun, want) in [
            ("cdc", "starting", None, 0, true, None),
            ("cdc", "running", None, 0, true, Some((Ending::Done, "orders runs"))),
            ("full-load-and-cdc", "running", None, 3, true, Some((Ending::Done, "orders runs"))),
            ("full-load", "running", None, 0, true, None),
            ("full-load", "stopped", finished, 0, true, Some((Ending::Done, "FULL_LOAD_ONLY_FINISHED"))),
            ("full-load", "stopped", finished, 2, true, Some((Ending::No, "2 of its tables are in error"))),
            ("full-load", "stopped", Some("Stop Reason NORMAL"), 0, true, Some((Ending::No, "has stopped again"))),
            ("cdc", "stopped", Some("Stop Reason STOPPED_AT_COMMIT_TIME"), 0, true, Some((Ending::Done, "as planned"))),
            ("cdc", "failed", fatal, 0, true, Some((Ending::No, "orders has failed: Stop Reason FATAL_ERROR"))),
            // As it ended the last time.
            ("full-load", "stopped", finished, 0, false, None),
            ("cdc", "failed", fatal, 0, false, None),
            ("cdc", "provisioning_capacity", None, 0, true, None),
        ] {
            let got = went(&task(kind, status, reason, errored), begun);
            let what = format!("{kind} {status} {reason:?} {errored} {begun}: {got:?}");
            assert_eq!(got.as_ref().map(|(ending, _)| *ending), want.map(|(ending, _)| ending), "{what}");
            if let (Some((_, lines)), Some((_, part))) = (got, want) {
                assert!(lines[0].contains(part), "{what}");
            }
        }
    }
}
