//! What a change began and ends later: a stop, and tests of connections. Followed to the end and written into the audit.
//!
//! A [`Follower`] reads, and has a connection to the audit of its own, so that it holds nobody up. It changes nothing.

use super::task::side;
use super::{Executor, Time, id, told};
use crate::aws::{Reader, Urgency};
use crate::model::audit::{Entry, State, Whence, end_of, without_end};
use crate::model::change::{Outcome, Precondition, Preview, Standing};
use crate::model::parts::{ConnectionTest, Direction};
use crate::model::task::{Task, TaskStatus};
use crate::model::untrusted::shown;
use crate::model::{EndpointArn, InstanceArn, Problem, Untrusted};
use crate::store::{self, Audit, StoreError};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Between two looks. A stop takes seconds to minutes, a test seconds.
const EVERY: Duration = Duration::from_secs(3);

/// So often is looked again for what AWS writes down a little after a task has stopped.
const AFTERTHOUGHTS: u32 = 3;

/// Follows one change to its end.
#[derive(Debug)]
pub struct Follower {
    reader: Reader,
    store: store::Settings,
    whence: Whence,
    caller: Untrusted,
    time: Time,
    /// The change that began it.
    began: Entry,
    /// What was there before.
    standing: Standing,
    end: End,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stopped,
    Tested,
}

/// What a look says.
struct Told {
    state: State,
    lines: Vec<String>,
    status: Option<String>,
    /// Something may still come that belongs to it.
    more: bool,
}

impl Executor {
    /// What follows a change that is done, to its end; `None` where nothing of it ends later, or it was not done.
    pub fn follower(&self, preview: &Preview, outcome: &Outcome) -> Option<Follower> {
        let Precondition::Task(standing) = &preview.precondition else { return None };
        let id = outcome.audit.clone().filter(|_| outcome.state == State::Done)?;
        self.follow(Entry { id, ..self.entry(preview, None) }, Standing::clone(standing))
    }

    /// What follows those changes of this account and region to their end whose program is gone before it came.
    ///
    /// # Errors
    /// The audit cannot be read.
    pub async fn left_behind(&self, alive: &(dyn Fn(&Whence) -> bool + Sync)) -> Result<Vec<Follower>, StoreError> {
        let entries = Audit::list(self.audit.settings()).await?;
        let here = self.reader.scope();
        // Of another machine, with which a home is shared, nobody here knows what still runs.
        let ours = |entry: &&Entry| {
            entry.whence.host == self.whence.host
                && (&entry.scope.account, &entry.scope.region) == (&here.account, &here.region)
        };
        let followed = |entry: &Entry| match serde_json::from_value(entry.precondition.clone()) {
            Ok(Precondition::Task(standing)) => self.follow(entry.clone(), *standing),
            // Of another version.
            Ok(Precondition::Schedule(_)) | Err(_) => None,
        };
        Ok(without_end(&entries, (self.time.now)(), alive).into_iter().filter(ours).filter_map(followed).collect())
    }

    fn follow(&self, began: Entry, standing: Standing) -> Option<Follower> {
        let end = match end_of(&began.kind)? {
            "stopped-task" => End::Stopped,
            _ => End::Tested,
        };
        Some(Follower {
            // Somebody waits for it: where requests are throttled it is not to stand behind every poll.
            reader: self.reader.at(Urgency::Interactive),
            store: self.audit.settings().clone(),
            whence: self.whence.clone(),
            caller: self.identity.arn.clone(),
            time: self.time,
            began,
            standing,
            end,
        })
    }
}

impl Follower {
    /// The task, clean.
    pub fn name(&self) -> String {
        shown(self.began.name.strip_prefix("task:").unwrap_or(&self.began.name)).into_owned()
    }

    /// Looks every few seconds until it has ended, and writes that down. No longer than `within`: then nobody knows.
    pub async fn run(self, within: Duration) -> Outcome {
        let began = (self.time.now)();
        let within = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
        let mut afterthoughts = 0;
        let told = loop {
            (self.time.wait)(EVERY).await;
            // A clock that went back is no reason to wait for ever.
            let over = (self.time.now)().duration_since(began).abs() > within;
            match self.look().await {
                Ok(Some(told)) if told.more && afterthoughts < AFTERTHOUGHTS && !over => afterthoughts += 1,
                Ok(Some(told)) => break told,
                Ok(None) if over => break self.gave_up(within, None),
                Err(problem) if over => break self.gave_up(within, Some(&problem)),
                Ok(None) | Err(_) => {}
            }
        };
        self.write(told).await
    }

    /// `None` where it has not ended.
    async fn look(&self) -> Result<Option<Told>, Problem> {
        match self.end {
            End::Stopped => {
                let arn = std::slice::from_ref(&self.standing.arn);
                let mut tasks = self.reader.tasks_in_full(arn).await?.value;
                Ok(stopped(&self.standing, tasks.pop().filter(|task| task.arn == self.standing.arn).as_ref()))
            }
            End::Tested => Ok(tested(&self.standing, &self.reader.connections().await?.value)),
        }
    }

    fn gave_up(&self, within: SignedDuration, problem: Option<&Problem>) -> Told {
        let (name, after) = (self.name(), format!("{:#}", SignedDuration::from_secs(within.as_secs())));
        let what = match self.end {
            End::Stopped => format!("unknown: {name} was told to stop, and {after} later it has not been seen to end"),
            End::Tested => format!("unknown: the tests of {name} have not been seen to end after {after}"),
        };
        let mut lines = problem.map_or_else(|| vec![what.clone()], |problem| told(&what, problem));
        lines.push(match self.end {
            End::Stopped => {
                "It may yet stop. Look with `cutover tasks`, and do not start it before it has stopped.".to_owned()
            }
            End::Tested => format!("Look with `cutover tasks`, or test again: cutover test-connections {name}"),
        });
        Told { state: State::Unknown, lines, status: None, more: false }
    }

    /// The end has an entry of its own: the one that began it has ended, and is not changed any more.
    async fn write(&self, told: Told) -> Outcome {
        let Told { state, lines, status, .. } = told;
        let at = (self.time.now)();
        let name = self.name();
        let (kind, words, aws_command) = match self.end {
            End::Stopped => ("stopped-task", format!("the end of a stop of {name}"), self.look_by_hand()),
            End::Tested => (
                "tested-connections",
                format!("the results of tests of {name}"),
                "aws dms describe-connections".to_owned(),
            ),
        };
        let end = Entry {
            id: id(at),
            asked_at: at,
            ended_at: Some(at),
            state,
            caller: self.caller.clone(),
            whence: self.whence.clone(),
            kind: kind.to_owned(),
            preview: format!("{words}, begun with {}", shown(&self.began.id)),
            aws_command,
            confirmed_by: None,
            request_id: None,
            outcome: lines.join("; "),
            ..self.began.clone()
        };
        let mut outcome =
            Outcome { state, lines, request_id: None, audit: None, at, state_after: status, problem: None };
        let written = match Audit::open(&self.store, &self.whence).await {
            Ok(mut audit) => audit.begin(&end).await,
            Err(error) => Err(error),
        };
        match written {
            Ok(()) => outcome.audit = Some(end.id),
            Err(error) => outcome.lines.extend(error.problem("and this could not be written into the audit").lines()),
        }
        outcome
    }

    fn look_by_hand(&self) -> String {
        let arn = self.standing.arn.as_str();
        match self.standing.arn.kind() {
            crate::model::ReplicationKind::Classic => {
                format!("aws dms describe-replication-tasks --filters Name=replication-task-arn,Values={arn}")
            }
            crate::model::ReplicationKind::Serverless => {
                format!("aws dms describe-replications --filters Name=replication-config-arn,Values={arn}")
            }
        }
    }
}

/// Of a task that was told to stop.
fn stopped(before: &Standing, now: Option<&Task>) -> Option<Told> {
    let Some(task) = now else {
        let lines = vec!["it is no longer there".to_owned()];
        return Some(Told { state: State::Failed, lines, status: None, more: false });
    };
    let name = task.name.shown();
    let again = task.stats.stop.is_some() && task.stats.stop > before.stop;
    let (state, first) = match task.status {
        TaskStatus::Stopped => (State::Done, format!("{name} has stopped")),
        TaskStatus::Failed => (State::Failed, format!("{name} has failed")),
        TaskStatus::Stopping => return None,
        // It stopped, and somebody has already started it again.
        ref status if again => {
            (State::Done, format!("{name} stopped, and is {} again", Untrusted::new(status.raw()).shown()))
        }
        _ => return None,
    };
    let at = |at: Timestamp| format!(" at {at:.0}");
    let mut lines = vec![format!("{first}{}", task.stats.stop.filter(|_| again).map(at).unwrap_or_default())];
    let text =
        |text: &Option<Untrusted>| text.as_ref().filter(|text| !text.is_empty()).map(|text| text.shown().into_owned());
    let (reason, checkpoint) = (text(&task.stop_reason), text(&task.recovery_checkpoint));
    let given = |what: &str, text: Option<&String>| match text {
        Some(text) => format!("{what}: {text}"),
        None => format!("{what}: AWS gives none"),
    };
    lines.push(given("StopReason", reason.as_ref()));
    lines.push(given("RecoveryCheckpoint", checkpoint.as_ref()));
    if state == State::Failed {
        lines.extend(text(&task.last_failure));
    }
    let more = reason.is_none() || task.migration_type.has_cdc() && checkpoint.is_none();
    Some(Told { state, lines, status: Some(task.status.raw().to_owned()), more })
}

/// Of both connections; `None` while either is being tested, or is not in the list.
fn tested(standing: &Standing, connections: &[ConnectionTest]) -> Option<Told> {
    let Standing { instance: Some(instance), source, target, .. } = standing else { return None };
    let of = |instance: &InstanceArn, endpoint: &EndpointArn| {
        let ours = |test: &&ConnectionTest| test.instance == *instance && test.endpoint == *endpoint;
        connections.iter().find(ours).filter(|test| test.status.raw() != "testing")
    };
    let results = [(Direction::Source, of(instance, source)?), (Direction::Target, of(instance, target)?)];
    let lines = results.map(|(end, test)| {
        let why = test.last_failure.as_ref().filter(|_| test.status.raw() != "successful");
        let why = why.map(|why| format!(": {}", why.shown())).unwrap_or_default();
        format!("connection to the {}: {}{why}", side(end), test.status.shown())
    });
    let bad: Vec<&str> =
        results.iter().filter(|(_, test)| test.status.raw() != "successful").map(|(end, _)| side(*end)).collect();
    // The first line is judged, so it is about both.
    let (state, first) = match &bad[..] {
        [] => (State::Done, "both connections are good".to_owned()),
        bad => (State::Failed, format!("the test of the {} was not successful", bad.join(" and of the "))),
    };
    let lines = std::iter::once(first).chain(lines).collect();
    Some(Told { state, lines, status: None, more: false })
}

#[cfg(test)]
mod tests {
    use super::super::task::tests::facts;
    use super::*;

    fn text(text: &str) -> Untrusted {
        Untrusted::new(text)
    }

    #[test]
    fn a_stop_has_ended_when_the_task_says_so_and_its_reason_and_checkpoint_are_told() {
        use TaskStatus::{Failed, Running, Stopped, Stopping};
        let mut facts = facts();
        let at = |second| Timestamp::from_second(second).ok();
        (facts.task.status, facts.task.stats.stop) = (TaskStatus::Running, at(2));
        let before = facts.standing();
        let seen = |status: TaskStatus, stop: i64, checkpoint: Option<Untrusted>| {
            let mut task = facts.task.clone();
            (task.status, task.stats.stop, task.recovery_checkpoint) = (status, at(stop), checkpoint);
            task.last_failure = Some(text("Last Error\u{1b}[2J it broke"));
            stopped(&before, Some(&task)).map(|told| (told.state, told.lines.join("; "), told.more))
        };
        assert_eq!(seen(Stopping, 2, None), None);
        assert_eq!(seen(Running, 2, None), None);
        let reason = "StopReason: Stop Reason NORMAL";
        let checkpoint = "RecoveryCheckpoint: checkpoint:V1#9";
        assert_eq!(
            seen(Stopped, 9, Some(text("checkpoint:V1#9"))),
            Some((State::Done, format!("orders has stopped at 1970-01-01T00:00:09Z; {reason}; {checkpoint}"), false))
        );
        // It may come a little later.
        let (_, lines, more) = seen(Stopped, 9, None).unwrap();
        assert!(more && lines.ends_with("RecoveryCheckpoint: AWS gives none"), "{lines}");
        let (state, lines, _) = seen(Failed, 9, Some(text("checkpoint:V1#9"))).unwrap();
        assert!(state == State::Failed && lines.ends_with("; Last Error[2J it broke"), "{lines}");
        let (state, lines, _) = seen(Running, 9, Some(text("checkpoint:V1#9"))).unwrap();
        assert!(state == State::Done && lines.starts_with("orders stopped, and is running again at"), "{lines}");
        assert_eq!(stopped(&before, None).map(|told| told.state), Some(State::Failed));
    }

    #[test]
    fn tests_have_ended_when_both_have_answered() {
        let facts = facts();
        let seen = |source: &str, target: &str| {
            let mut both: Vec<ConnectionTest> = facts.connections.iter().flatten().cloned().collect();
            for (test, status) in both.iter_mut().zip([source, target]) {
                (test.status, test.last_failure) = (text(status), Some(text("no route")));
            }
            tested(&facts.standing(), &both).map(|told| (told.state, told.lines.join("; ")))
        };
        assert_eq!(seen("testing", "successful"), None);
        assert_eq!(seen("failed", "testing"), None);
        let source = "connection to the source: successful";
        let good = (State::Done, format!("both connections are good; {source}; connection to the target: successful"));
        assert_eq!(seen("successful", "successful"), Some(good));
        let bad = (
            State::Failed,
            format!("the test of the target was not successful; {source}; connection to the target: failed: no route"),
        );
        assert_eq!(seen("successful", "failed"), Some(bad));
        assert!(tested(&facts.standing(), &[]).is_none());
    }
}
