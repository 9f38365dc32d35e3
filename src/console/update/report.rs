//! Folding what the feeds say into the world: newest wins, errors keep the last good data, other scopes stay out.

use crate::console::state::feed::Failure;
use crate::console::state::problems::EntryState;
use crate::console::state::{Banner, Connection, State};
use crate::model::{Observation, Problem, ProblemKind, Report, Scope, Subject, Value};
use jiff::{SignedDuration, Timestamp};

/// A data point carries the start of its minute and appears up to a minute after its end, so an age of two minutes is
/// normal: amber begins where a point stops being fresh (three minutes), however often it is asked.
const METRICS_EVERY: SignedDuration = SignedDuration::from_secs(90);

pub fn fold(state: &mut State, report: Report) {
    let ours = matches!(&state.connection, Connection::Connected { scope, .. } if scope == report.key().0);
    if !ours {
        let (scope, subject) = report.key();
        foreign(state, scope, subject);
        return;
    }
    match report {
        Report::Observed { observation, every } => observed(state, *observation, every),
        Report::Failed { subject, problem, retry_at, .. } => failed(state, &subject, *problem, retry_at),
    }
}

/// Data of another account or region: dropped, and told.
fn foreign(state: &mut State, scope: &Scope, subject: &Subject) {
    let connected = match &state.connection {
        Connection::Connected { scope, .. } => format!("this console shows {}", super::place(scope)),
        Connection::SigningIn => "no identity is known yet".to_owned(),
    };
    let problem = Problem {
        kind: ProblemKind::Internal,
        summary: format!("an answer of {} was dropped", super::place(scope)),
        detail: format!("{}: {connected}", subject_word(subject)),
        hint: "nothing of it is on screen".to_owned(),
        request_id: None,
        at: state.now,
    };
    state.problems.add(problem, None, EntryState::Note, state.now);
}

pub fn subject_word(subject: &Subject) -> &'static str {
    match subject {
        Subject::Identity => "identity",
        Subject::Tasks => "tasks",
        Subject::Instances => "instances",
        Subject::Endpoints => "endpoints",
        Subject::Connections => "connections",
        Subject::Metrics => "metrics",
        Subject::Tables(_) => "tables",
        Subject::TableErrors(_) => "tables in error",
    }
}

fn observed(state: &mut State, observation: Observation, every: Option<SignedDuration>) {
    let Observation { scope, subject, value, as_of, received, .. } = observation;
    let feed = state.world.feed_mut(&subject);
    if feed.received.is_some_and(|newest| newest > received) {
        return;
    }
    if !fits(&subject, &value, &scope) {
        let problem = Problem {
            kind: ProblemKind::Internal,
            summary: format!("an answer about {} held something else and was dropped", subject_word(&subject)),
            detail: String::new(),
            hint: "the last good data stays".to_owned(),
            request_id: None,
            at: state.now,
        };
        state.problems.add(problem, Some(subject), EntryState::Note, state.now);
        return;
    }
    feed.as_of = as_of;
    feed.received = Some(received);
    feed.every = match subject {
        Subject::Metrics => every.map(|every| every.max(METRICS_EVERY)),
        _ => every,
    };
    feed.failed = None;
    feed.asked = None;
    state.problems.settle(&subject, false, state.now);
    if state.banner.as_ref().is_some_and(|banner| received > banner.since) {
        state.banner = None;
        state.problems.settle(&Subject::Identity, false, state.now);
    }
    take(state, subject, value);
}

/// The value is of the subject's kind, and nothing in it is of another account or region.
fn fits(subject: &Subject, value: &Value, scope: &Scope) -> bool {
    match (subject, value) {
        (Subject::Identity, Value::Identity(identity)) => identity.account == scope.account,
        (Subject::Tasks, Value::Tasks(tasks)) => {
            tasks.iter().all(|task| task.arn.account() == scope.account && task.arn.region() == scope.region)
        }
        (Subject::Instances, Value::Instances(_))
        | (Subject::Endpoints, Value::Endpoints(_))
        | (Subject::Connections, Value::Connections(_))
        | (Subject::Metrics, Value::Metrics(_))
        | (Subject::Tables(_) | Subject::TableErrors(_), Value::Tables(_)) => true,
        _ => false,
    }
}

fn take(state: &mut State, subject: Subject, value: Value) {
    match (subject, value) {
        (_, Value::Identity(identity)) => {
            if let Connection::Connected { identity: known, .. } = &mut state.connection {
                *known = identity;
            }
            return;
        }
        (_, Value::Tasks(tasks)) => state.world.set_tasks(tasks),
        (_, Value::Instances(instances)) => state.world.instances = instances,
        (_, Value::Endpoints(endpoints)) => state.world.endpoints = endpoints,
        (_, Value::Connections(connections)) => state.world.connections = connections,
        (_, Value::Metrics(metrics)) => state.world.add_metrics(metrics),
        (Subject::TableErrors(arn), Value::Tables(rows)) => {
            state.world.table_errors.insert(arn, rows);
        }
        (Subject::Tables(arn), Value::Tables(rows)) => {
            // Late answers about a task that is not open any more are as good as never asked.
            let Some(tables) = state.tables.as_mut().filter(|tables| tables.arn == arn) else { return };
            tables.set(rows);
        }
        (_, Value::Tables(_)) => return,
    }
    super::judge(state);
}

fn failed(state: &mut State, subject: &Subject, problem: Problem, retry_at: Option<Timestamp>) {
    let expired = problem.kind == ProblemKind::ExpiredCredentials;
    if expired && state.banner.is_none() {
        state.banner = Some(Banner { problem: problem.clone(), since: state.now });
    }
    let feed = state.world.feed_mut(subject);
    feed.asked = None;
    feed.failed = Some(Failure { problem: problem.clone(), retry_at });
    let entry = state.problems.add(problem, Some(subject.clone()), EntryState::Standing, state.now);
    entry.retry_at = retry_at;
    state.problems.settle(subject, true, state.now);
}
