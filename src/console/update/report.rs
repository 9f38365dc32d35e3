//! Folding what the feeds say into the world: newest wins, errors keep the last good data, other scopes stay out.

use super::lists;
use crate::console::state::feed::Failure;
use crate::console::state::problems::EntryState;
use crate::console::state::{Banner, Connection, State};
use crate::model::log_place::LogSource;
use crate::model::{Observation, Problem, ProblemKind, Report, Scope, Subject, Value};
use jiff::{SignedDuration, Timestamp};

/// A data point carries the start of its minute and appears up to a minute after its end, so an age of two minutes is
/// normal: amber begins where a point stops being fresh (three minutes), however often it is asked.
const METRICS_EVERY: SignedDuration = SignedDuration::from_secs(90);

/// A log is asked every few seconds, and one window may take as long: amber begins where that is over.
const LOG_EVERY: SignedDuration = SignedDuration::from_secs(10);

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
        Subject::Events => "events",
        Subject::Log(_) => "log",
        Subject::LogErrors => "errors in logs",
        Subject::Schedules => "schedules",
        Subject::Subscriptions => "event subscriptions",
        Subject::Charts(_) => "charts",
        Subject::InstanceMetrics => "instance metrics",
        Subject::Maintenance => "pending maintenance",
        Subject::Definition(_) => "definition",
        Subject::Databases(_) => "databases",
    }
}

fn observed(state: &mut State, observation: Observation, every: Option<SignedDuration>) {
    let Observation { scope, subject, value, as_of, received, .. } = observation;
    if state.world.feed(&subject).and_then(|feed| feed.received).is_some_and(|newest| newest > received) {
        return;
    }
    if let Err(problem) = fits(&subject, &value, &scope, state.now) {
        // Not a good answer, so it stands as a failure: a pane that waits for ever would hide it.
        let again = every.and_then(|every| state.now.checked_add(every).ok());
        failed(state, &subject, problem, again);
        return;
    }
    let feed = state.world.feed_mut(&subject);
    feed.as_of = as_of;
    feed.received = Some(received);
    feed.every = match subject {
        Subject::Metrics | Subject::Charts(_) | Subject::InstanceMetrics => every.map(|every| every.max(METRICS_EVERY)),
        Subject::Log(_) => every.map(|every| every.max(LOG_EVERY)),
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
fn fits(subject: &Subject, value: &Value, scope: &Scope, now: Timestamp) -> Result<(), Problem> {
    let problem = |kind, summary: String, detail, hint: &str| Problem {
        kind,
        summary,
        detail,
        hint: hint.to_owned(),
        request_id: None,
        at: now,
    };
    let word = subject_word(subject);
    let foreign = match (subject, value) {
        (Subject::Identity, Value::Identity(identity)) => {
            (identity.account != scope.account).then(|| format!("account {}", identity.account.0))
        }
        (Subject::Tasks, Value::Tasks(all)) => foreign_arn(scope, all.iter().map(|task| task.arn.as_str())),
        (Subject::Instances, Value::Instances(all)) => foreign_arn(scope, all.iter().map(|one| one.arn.0.as_str())),
        (Subject::Endpoints, Value::Endpoints(all)) => foreign_arn(scope, all.iter().map(|one| one.arn.0.as_str())),
        (Subject::Connections, Value::Connections(all)) => {
            foreign_arn(scope, all.iter().flat_map(|test| [test.instance.0.as_str(), test.endpoint.0.as_str()]))
        }
        (Subject::Metrics, Value::Metrics(all)) => foreign_arn(scope, all.iter().map(|one| one.arn.as_str())),
        (Subject::Schedules, Value::Schedules(all)) => {
            foreign_arn(scope, all.iter().map(|one| one.arn.raw()).filter(|arn| !arn.is_empty()))
        }
        // These name no account; a topic may be of another one.
        (Subject::Tables(_) | Subject::TableErrors(_), Value::Tables(_))
        | (Subject::Events, Value::Events(_))
        | (Subject::Definition(_), Value::Definition(_))
        | (Subject::Databases(_), Value::Databases(_))
        | (Subject::Subscriptions, Value::Subscriptions(_))
        | (Subject::Log(LogSource::Group(_)), Value::Log(_)) => None,
        (Subject::Log(LogSource::Task(arn)), Value::Log(_)) => foreign_arn(scope, std::iter::once(arn.as_str())),
        (Subject::Charts(_), Value::Charts(charts)) => {
            foreign_arn(scope, charts.instance.iter().map(|arn| arn.0.as_str()))
        }
        (Subject::InstanceMetrics, Value::InstanceMetrics(all)) => {
            foreign_arn(scope, all.iter().map(|one| one.arn.0.as_str()))
        }
        (Subject::Maintenance, Value::Maintenance(all)) => {
            foreign_arn(scope, all.iter().map(|one| one.instance.0.as_str()))
        }
        (Subject::LogErrors, Value::LogErrors(all)) => foreign_arn(scope, all.iter().map(|one| one.arn.as_str())),
        _ => {
            let summary = format!("an answer about {word} held something else and was dropped");
            return Err(problem(ProblemKind::Internal, summary, String::new(), "The last good data stays."));
        }
    };
    foreign.map_or(Ok(()), |what| {
        Err(problem(
            ProblemKind::Configuration,
            format!("{word} of another account or region came back and were dropped"),
            format!("This console shows {}; the answer holds {what}.", super::place(scope)),
            "Check profile, role and endpoint URL. Data of two accounts is never mixed.",
        ))
    })
}

/// The first ARN that is of another account or region; `arn:partition:service:region:account:...`.
fn foreign_arn<'a>(scope: &Scope, mut arns: impl Iterator<Item = &'a str>) -> Option<String> {
    let ours = |arn: &&str| {
        let mut parts = arn.split(':').skip(3);
        parts.next() == Some(&scope.region.0) && parts.next() == Some(&scope.account.0)
    };
    arns.find(|arn| !ours(arn)).map(str::to_owned)
}

fn take(state: &mut State, subject: Subject, value: Value) {
    match (subject, value) {
        (_, Value::Identity(identity)) => {
            if let Connection::Connected { identity: known, .. } = &mut state.connection {
                *known = identity;
            }
            return;
        }
        (_, Value::Tasks(tasks)) => {
            state.world.set_tasks(tasks, state.now);
            recount(state);
            lists::tasks_changed(state);
        }
        (_, Value::Instances(instances)) => state.world.instances = instances,
        (_, Value::Endpoints(endpoints)) => state.world.endpoints = endpoints,
        (_, Value::Connections(connections)) => state.world.connections = connections,
        (_, Value::Metrics(metrics)) => state.world.add_metrics(metrics),
        (Subject::TableErrors(arn), Value::Tables(rows)) => {
            state.world.table_errors.insert(arn, rows);
        }
        (Subject::Tables(arn), Value::Tables(rows)) => {
            state.world.count(&arn, &rows);
            // The rows of a task that is not open any more are as good as never asked.
            let Some(tables) = state.tables.as_mut().filter(|tables| tables.arn == arn) else { return };
            tables.set(rows);
        }
        (_, Value::Events(new)) => lists::take_events(state, new),
        (_, Value::Schedules(new)) => lists::take_schedules(state, new),
        (_, Value::Subscriptions(subscriptions)) => state.world.subscriptions = subscriptions,
        (Subject::Charts(arn), Value::Charts(charts)) => state.world.charts = Some((arn, charts)),
        (_, Value::InstanceMetrics(all)) => state.world.set_instance_metrics(all),
        (_, Value::Maintenance(all)) => state.world.maintenance = all,
        (_, Value::LogErrors(new)) => state.world.add_findings(new),
        (Subject::Definition(arn), Value::Definition(new)) => {
            state.world.set_definition(&arn, new, state.now);
            recount(state);
        }
        (Subject::Databases(arn), Value::Databases(around)) => {
            state.world.databases = Some((arn, *around));
            return;
        }
        (Subject::Log(source), Value::Log(news)) => {
            state.logs.add(source, news);
            return;
        }
        (_, Value::Tables(_) | Value::Log(_) | Value::Charts(_) | Value::Definition(_) | Value::Databases(_)) => return,
    }
    super::judge(state);
}

/// Tables that came before the mappings were counted without knowing what they should be; the rows of the open task are
/// still at hand.
fn recount(state: &mut State) {
    let Some(tables) = &state.tables else { return };
    let mapped = state.world.task(&tables.arn).is_some_and(|task| task.table_mappings.is_some());
    let unread = state.world.counted(&tables.arn).is_some_and(|counted| counted.tally.is_without_mappings());
    if mapped && unread {
        state.world.count(&tables.arn, &tables.rows);
    }
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
    if *subject == Subject::Metrics {
        // That nothing can be read is the reason of what is not known.
        super::judge(state);
    }
}
