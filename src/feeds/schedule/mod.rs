//! What to ask now, from what is known and what just happened. Pure: `now` is a parameter.
//!
//! This file has the words and [`schedule`]; `state.rs` what is remembered; `due.rs` which topic is due when.

mod due;
mod state;
#[cfg(test)]
mod tests;

pub use state::FeedState;

use self::state::Entry;
use super::known::Known;
use crate::aws::Urgency;
use crate::model::log_place::LogSource;
use crate::model::metric::MetricName;
use crate::model::{ProblemKind, ReplicationArn, Subject};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// What somebody is looking at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looking {
    /// The task whose tables are on screen.
    pub tables_of: Option<ReplicationArn>,
    /// The log on screen.
    pub log_of: Option<LogSource>,
    /// The task whose charts are on screen.
    pub charts_of: Option<ReplicationArn>,
    /// The task whose definition is on screen.
    pub definition_of: Option<ReplicationArn>,
    /// Tasks whose rows are on screen.
    pub visible: Vec<ReplicationArn>,
    /// False while nobody looks at the terminal.
    pub looking: bool,
}

/// Something asked about on its own clock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    Identity,
    Tasks,
    Instances,
    Endpoints,
    Connections,
    Settings,
    Tags,
    Metrics,
    Events,
    Schedules,
    Subscriptions,
    Maintenance,
    InstanceMetrics,
    Charts(ReplicationArn),
    Definition(ReplicationArn),
    Tables(ReplicationArn),
    TableErrors(ReplicationArn),
    Log(LogSource),
    LogErrors(ReplicationArn),
}

/// What exactly to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    Identity,
    Tasks {
        serverless: bool,
    },
    Instances,
    Endpoints,
    Connections,
    /// Settings and mappings of these; read in one list of `all` tasks where that is cheaper.
    Settings {
        arns: Vec<ReplicationArn>,
        all: bool,
    },
    /// Tags of these.
    Tags(Vec<ReplicationArn>),
    /// Metrics of these, over so many minutes back.
    Metrics {
        queries: Vec<(ReplicationArn, Vec<MetricName>)>,
        minutes: i64,
    },
    Events,
    Schedules,
    Subscriptions,
    Maintenance,
    /// What alerts hang on, of every instance that watched tasks run on.
    InstanceMetrics {
        minutes: i64,
    },
    /// Everything of this task and its instance.
    Charts {
        arn: ReplicationArn,
        minutes: i64,
    },
    Tables(ReplicationArn),
    TableErrors(ReplicationArn),
    /// The newest lines of a log.
    Log(LogSource),
    /// The newest errors and warnings in the log of a task.
    LogErrors(ReplicationArn),
}

/// One thing to do. A call replaces an earlier one of the same topic that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub id: u64,
    pub topic: Topic,
    pub job: Job,
    pub urgency: Urgency,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It took that many requests.
    Answered {
        requests: u32,
    },
    Failed(ProblemKind),
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Time passed.
    Tick,
    AskNow(Vec<Subject>),
    Look(Looking),
    Ended {
        id: u64,
        topic: Topic,
        outcome: Outcome,
    },
    /// The watched tasks are these now; `serverless` says whether any serverless ones exist.
    Tasks {
        known: BTreeMap<ReplicationArn, Known>,
        serverless: bool,
    },
    /// Settings of these are known now.
    Settled(Vec<ReplicationArn>),
    /// Tasks whose name fits and whose tags are not known.
    Untagged(Vec<ReplicationArn>),
    /// The log of this topic has something to read, or it has not.
    Log {
        topic: Topic,
        there: bool,
    },
    /// All of these at once.
    Together(Vec<Event>),
}

/// Takes what happened into `state` and says what to send now.
pub fn schedule(state: &mut FeedState, now: Timestamp, event: Event) -> Vec<Call> {
    state.apply(now, event);
    state.refresh(now);
    let due: Vec<Topic> = state
        .entries
        .iter()
        .filter(|(topic, _)| state.allowed(topic))
        .filter(|(topic, entry)| state.due(topic, entry).is_some_and(|due| now >= due || clock_went_back(entry, now)))
        .map(|(topic, _)| topic.clone())
        .collect();
    due.into_iter().filter_map(|topic| call(state, topic, now)).collect()
}

fn call(state: &mut FeedState, topic: Topic, now: Timestamp) -> Option<Call> {
    let urgency = state.urgency(&topic, state.entries.get(&topic)?);
    let job = state.job(&topic, now);
    state.last_id += 1;
    let id = state.last_id;
    let entry = state.entries.get_mut(&topic)?;
    entry.asked = Some(now);
    entry.asked_now = false;
    let Some(job) = job else {
        entry.answered = Some(now);
        return None;
    };
    entry.in_flight = Some((id, urgency));
    match &job {
        Job::Tasks { serverless: true } => state.serverless_asked = Some(now),
        Job::Metrics { queries, .. } => state.measuring = queries.iter().map(|(arn, _)| arn.clone()).collect(),
        _ => {}
    }
    Some(Call { id, topic, job, urgency })
}

/// A clock set back by an hour must not stop everything for an hour.
fn clock_went_back(entry: &Entry, now: Timestamp) -> bool {
    entry.asked.max(entry.ended).is_some_and(|last| last.duration_since(now) > SignedDuration::from_secs(5))
}

/// When [`schedule`] has to be called again with [`Event::Tick`], if nothing happens before.
pub fn next_due(state: &FeedState) -> Option<Timestamp> {
    state.next()
}

fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}
