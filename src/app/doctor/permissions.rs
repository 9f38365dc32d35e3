//! Every operation of the mode we are in, tried: allowed, denied, or not to be told.

use super::task_logs::{self, Shelves};
use super::{Area, Finding, Verdict};
use crate::app::headless::{list_in_full, watched};
use crate::aws::{Answer, Reader, Ruling, Samples, Trial};
use crate::feeds;
use crate::model::operation::{Access, Operation, Row, TABLE};
use crate::model::parts::Identity;
use crate::model::stamp::Stamp;
use crate::model::task::Task;
use crate::model::{Problem, ProblemKind, ReplicationKind};
use futures_util::future::join_all;
use std::time::Duration;

/// DMS requests that go at once. The account's own bucket holds 100 or 200 (section 1.4 of the DMS facts); this is one
/// visit, not a habit.
pub const BURST: u32 = 24;

/// What is waited for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is waited for the list of tasks: at least three answers, one after the other.
pub const LIST_PATIENCE: Duration = Duration::from_secs(20);

/// What became of each operation, in the order of the table.
#[derive(Debug, Clone)]
pub struct Facts {
    /// `None`: given up.
    trials: Vec<(Operation, Option<Trial>)>,
}

impl Facts {
    /// Times of the answers.
    pub fn stamps(&self) -> impl Iterator<Item = Stamp> {
        self.trials.iter().filter_map(|(_, trial)| trial.as_ref()?.stamp)
    }
}

/// Rows of the operation table that watching needs. Writes cannot be tried without writing.
pub fn needed() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(|row| row.access == Access::Read)
}

/// Operations that find what others are tried on.
const FIRST: [Operation; 3] = [Operation::DescribeEventSubscriptions, Operation::ListRules, Operation::ListSchedules];

/// Tries everything, and on the way looks for the logs of the tasks in scope.
pub async fn gather(reader: &Reader, watch: &feeds::Settings) -> (Facts, Shelves) {
    let one = async |operation: Operation, samples: &Samples| {
        let trial = tokio::time::timeout(PATIENCE, reader.try_out(operation, samples)).await;
        (operation, trial.ok())
    };
    let nothing = Samples::default();
    let (tasks, first) = tokio::join!(tasks(reader, watch), join_all(FIRST.map(|operation| one(operation, &nothing))));
    let found = |wanted| {
        let trial = first.iter().find(|(operation, _)| *operation == wanted)?.1.as_ref()?;
        trial.found.clone()
    };
    let in_scope: &[Task] = tasks.as_ref().map_or(&[], |tasks| &tasks.in_scope);
    let all: &[Task] = tasks.as_ref().map_or(&[], |tasks| &tasks.all);
    let of = |kind| in_scope.iter().chain(all).map(|task| &task.arn).find(|arn| arn.kind() == kind).cloned();
    let places = task_logs::places(reader, in_scope, PATIENCE).await;
    let samples = Samples {
        task: of(ReplicationKind::Classic),
        serverless: of(ReplicationKind::Serverless),
        rule: found(Operation::ListRules),
        schedule: found(Operation::ListSchedules),
        log_group: task_logs::some_group(&places),
        instance: in_scope.iter().chain(all).find_map(|task| task.instance.clone()),
        topic: found(Operation::DescribeEventSubscriptions).map(|(_, topic)| topic),
    };
    let rest = needed().map(|row| row.operation).filter(|operation| !FIRST.contains(operation));
    let (rest, shelves) =
        tokio::join!(join_all(rest.map(|operation| one(operation, &samples))), task_logs::look(reader, places));
    let mut trials: Vec<_> = first.into_iter().chain(rest).collect();
    trials.sort_by_key(|(operation, _)| TABLE.iter().position(|row| row.operation == *operation));
    let shelves = match tasks {
        Ok(Tasks { missing, .. }) => Shelves::Looked { shelves, missing },
        Err(why) => Shelves::NoTasks(why),
    };
    (Facts { trials }, shelves)
}

struct Tasks {
    all: Vec<Task>,
    in_scope: Vec<Task>,
    /// Why some may not be in the list.
    missing: Vec<Problem>,
}

/// Every task with its settings, and those that the configuration watches; the error is `None` where they did not come in
/// time.
async fn tasks(reader: &Reader, watch: &feeds::Settings) -> Result<Tasks, Option<Problem>> {
    let work = async {
        let Answer { value: all, missing, .. } = list_in_full(reader).await?;
        let mut in_scope = all.clone();
        watched(reader, watch, &mut in_scope).await?;
        Ok::<_, Problem>(Tasks { all, in_scope, missing })
    };
    tokio::time::timeout(LIST_PATIENCE, work).await.map_err(|_| None)?.map_err(Some)
}

/// Nobody is signed in, so nothing could be tried, but for the question itself: `denied` if it was.
pub fn nobody(denied: Option<&Problem>) -> Vec<Finding> {
    let area = Area::Permissions;
    let finding = |row: &Row| match denied {
        Some(problem) if row.operation == Operation::GetCallerIdentity => {
            Finding::problem(area, row.action, Verdict::Failed, problem)
        }
        _ => Finding::unknown(area, row.action, "not tried: nobody is signed in", "Sign in first: see identity above."),
    };
    needed().map(finding).collect()
}

pub fn judge(facts: &Facts, identity: &Identity) -> Vec<Finding> {
    let around = Around::of(facts);
    let judged = |(operation, trial): &(Operation, Option<Trial>)| {
        one(operation.action(), trial.as_ref(), identity, around.unlisted(*operation), around.throttled)
    };
    facts.trials.iter().map(judged).collect()
}

/// What the other trials say about one.
struct Around<'a> {
    facts: &'a Facts,
    /// Some service throttled.
    throttled: bool,
}

impl<'a> Around<'a> {
    fn of(facts: &'a Facts) -> Self {
        let throttled =
            |trial: &Trial| matches!(&trial.ruling, Ruling::Unknown(problem) if problem.kind == ProblemKind::Throttled);
        let throttled = facts.trials.iter().any(|(_, trial)| trial.as_ref().is_some_and(throttled));
        Self { facts, throttled }
    }

    /// The list that would have named something to try it on, where that list was not to be had.
    fn unlisted(&self, operation: Operation) -> Option<&'static str> {
        let had = |list: &Operation| {
            let trial = self.facts.trials.iter().find(|(operation, _)| operation == list);
            trial.and_then(|(_, trial)| trial.as_ref()).is_some_and(|trial| trial.ruling == Ruling::Allowed)
        };
        lists(operation).iter().find(|list| !had(list)).map(|list| list.action())
    }
}

/// The operations whose answers name what this one is tried on.
fn lists(operation: Operation) -> &'static [Operation] {
    match operation {
        Operation::DescribeReplicationTableStatistics => {
            &[Operation::DescribeReplicationConfigs, Operation::DescribeReplications]
        }
        Operation::DescribeTableStatistics
        | Operation::ListTagsForResource
        | Operation::DescribeReplicationInstanceTaskLogs
        | Operation::FilterLogEvents
        | Operation::DescribeLogStreams => &[Operation::DescribeReplicationTasks],
        Operation::ListTargetsByRule => &[Operation::ListRules],
        Operation::GetSchedule => &[Operation::ListSchedules],
        Operation::GetTopicAttributes | Operation::ListSubscriptionsByTopic => &[Operation::DescribeEventSubscriptions],
        _ => &[],
    }
}

/// `unlisted`: the list that would have named something to try it on, where it was not to be had; `throttled`: some other
/// trial was.
fn one(action: &str, trial: Option<&Trial>, identity: &Identity, unlisted: Option<&str>, throttled: bool) -> Finding {
    let area = Area::Permissions;
    let Some(trial) = trial else {
        if throttled {
            return Finding::unknown(area, action, "still waiting: the service throttles", "Ask again in a minute.");
        }
        let message = format!("no answer within {} s", PATIENCE.as_secs());
        return Finding::unknown(area, action, message, "Check the network, VPN and proxy to this service.");
    };
    match &trial.ruling {
        Ruling::Allowed if trial.on_nothing => match unlisted {
            Some(list) => {
                let message = "allowed for a name that does not exist; which there are is not known";
                Finding::unknown(area, action, message, format!("See {list}, and ask again when it passes."))
            }
            None => Finding::passed(area, action, "allowed (there is none yet)"),
        },
        Ruling::Allowed => Finding::passed(area, action, "allowed"),
        Ruling::Unknown(problem) => {
            // Action and region stand there already.
            let rest = problem.summary.strip_prefix(action).and_then(|rest| rest.split_once(": "));
            let message = rest.map_or(problem.summary.as_str(), |(_, words)| words).into();
            let finding = Finding { message, ..Finding::problem(area, action, Verdict::Unknown, problem) };
            match problem.kind {
                ProblemKind::Throttled => finding.then("Ask again in a minute."),
                _ => finding,
            }
        }
        Ruling::Denied(problem) if trial.on_nothing => {
            let message = "denied for something that does not exist, and there is nothing that does to try it on";
            let do_this = format!("If your policy names resources, this may be right. Otherwise allow {action}.");
            Finding { request_id: problem.request_id.clone(), ..Finding::unknown(area, action, message, do_this) }
                .because(&problem.detail)
        }
        Ruling::Denied(problem) => {
            let who = identity.arn.raw();
            let do_this = format!("Allow {action} to {who}; assets/iam/watch.json is the whole policy.");
            let message = "access denied";
            Finding { request_id: problem.request_id.clone(), ..Finding::failed(area, action, message, do_this) }
                .because(&problem.detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AccountId;
    use jiff::Timestamp;

    fn problem(kind: ProblemKind) -> Problem {
        Problem {
            kind,
            summary: "dms:DescribeEvents in eu-west-1: in words".into(),
            detail: "User: x is not authorized".into(),
            hint: "hint".into(),
            request_id: Some("r-1".into()),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn ended(ruling: Ruling, on_nothing: bool) -> Trial {
        Trial { ruling, on_nothing, stamp: None, found: None }
    }

    #[test]
    fn a_trial_passes_fails_or_leaves_it_open_and_names_the_action() {
        let identity =
            Identity { account: AccountId("1".into()), arn: "arn:aws:iam::1:user/jane".into(), expires: None };
        let denied = || Ruling::Denied(problem(ProblemKind::AccessDenied));
        let throttled = || ended(Ruling::Unknown(problem(ProblemKind::Throttled)), false);
        let list = Some("dms:ListThem");
        for (trial, around, want, said) in [
            (Some(ended(Ruling::Allowed, false)), (list, true), Verdict::Passed, ""),
            (Some(ended(Ruling::Allowed, true)), (None, false), Verdict::Passed, ""),
            (Some(ended(Ruling::Allowed, true)), (list, false), Verdict::Unknown, "See dms:ListThem"),
            (
                Some(ended(denied(), false)),
                (list, false),
                Verdict::Failed,
                "Allow dms:DescribeEvents to arn:aws:iam::1:user/jane",
            ),
            (Some(ended(denied(), true)), (None, false), Verdict::Unknown, "Otherwise allow dms:DescribeEvents"),
            (Some(throttled()), (None, true), Verdict::Unknown, "hint Ask again in a minute."),
            (None, (None, false), Verdict::Unknown, "network"),
            (None, (None, true), Verdict::Unknown, "Ask again in a minute."),
        ] {
            let found = one("dms:DescribeEvents", trial.as_ref(), &identity, around.0, around.1);
            assert_eq!((found.verdict, found.check.raw()), (want, "dms:DescribeEvents"), "{trial:?}");
            assert!(found.action.as_ref().map_or("", |action| action.raw()).contains(said), "{found:?}");
            assert_eq!(found.action.is_none(), want == Verdict::Passed);
        }
    }

    #[test]
    fn the_trials_around_one_say_why_nothing_was_found_for_it_and_why_it_waits() {
        let trials =
            |list: Ruling| vec![(Operation::ListRules, Some(ended(list, false))), (Operation::ListTargetsByRule, None)];
        for (list, unlisted, throttled) in [
            (Ruling::Allowed, None, false),
            (Ruling::Denied(problem(ProblemKind::AccessDenied)), Some("events:ListRules"), false),
            (Ruling::Unknown(problem(ProblemKind::Throttled)), Some("events:ListRules"), true),
        ] {
            let facts = Facts { trials: trials(list) };
            let around = Around::of(&facts);
            assert_eq!((around.unlisted(Operation::ListTargetsByRule), around.throttled), (unlisted, throttled));
            assert_eq!(around.unlisted(Operation::DescribeEvents), None, "it is tried as it is");
        }
    }

    #[test]
    fn without_an_identity_only_its_own_denial_is_a_failure() {
        let denied = problem(ProblemKind::AccessDenied);
        let failed = |findings: &[Finding]| findings.iter().filter(|one| one.verdict == Verdict::Failed).count();
        let found = nobody(Some(&denied));
        assert_eq!((found.len(), failed(&found)), (needed().count(), 1));
        assert_eq!(found[0].check.raw(), "sts:GetCallerIdentity");
        assert_eq!(failed(&nobody(None)), 0);
    }
}
