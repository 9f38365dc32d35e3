//! What is known of one line of a chart: its points, its newest value, or why there is none. Pure.

use super::table::{Chart, Of};
use crate::console::state::feed::Feed;
use crate::console::state::{State, age};
use crate::model::health::{self, Latency, Load};
use crate::model::metric::{self, MetricName, Point};
use crate::model::task::{Task, TaskStatus};
use crate::model::untrusted::shown;
use crate::model::{ProblemKind, ReplicationKind, Subject};
use jiff::{SignedDuration, Timestamp};

/// Why there are no points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// A point is due, or could not be read: that it is missing is bad news.
    pub bad: bool,
    /// A task of this type never has any: where another line says more, it counts.
    pub never: bool,
    pub words: String,
}

fn fine(words: impl Into<String>) -> Why {
    Why { bad: false, never: false, words: words.into() }
}

fn bad(words: impl Into<String>) -> Why {
    Why { bad: true, ..fine(words) }
}

fn never(words: &str) -> Why {
    Why { never: true, ..fine(words) }
}

/// Points of one metric, oldest first: those of the open charts, and until they are there what is watched anyway.
pub fn points(state: &State, of: Of, name: MetricName) -> &[Point] {
    let Some(arn) = &state.opened else { return &[] };
    let world = &state.world;
    let charts = world.charts.as_ref().filter(|(of_task, _)| of_task == arn).map(|(_, charts)| match of {
        Of::Task => &charts.task,
        Of::Instance => &charts.of_instance,
    });
    let series = charts.and_then(|all| all.iter().find(|series| series.name == name));
    match (series, of) {
        (Some(series), _) if !series.points.is_empty() => &series.points,
        (_, Of::Task) => world.points(arn, name),
        (_, Of::Instance) => {
            let instance = world.task(arn).and_then(|task| task.instance.as_ref());
            instance.map_or(&[], |instance| world.instance_points(instance, name))
        }
    }
}

/// The newest point of any line.
pub fn newest(state: &State, chart: &Chart) -> Option<Timestamp> {
    chart.lines.iter().filter_map(|line| points(state, chart.of, line.name).last()).map(|point| point.at).max()
}

/// Gigabytes that the disk of the instance has, for the chart of what is free of it.
pub fn storage(state: &State, chart: &Chart) -> Option<i32> {
    let free = chart.lines.iter().any(|line| line.name == MetricName::FreeStorageSpace);
    let task = state.world.task(state.opened.as_ref()?).filter(|_| free)?;
    state.world.instance(task.instance.as_ref()?)?.storage_gb
}

/// From this moment on a point says nothing about now.
pub fn late_from(at: Timestamp) -> Timestamp {
    at.checked_add(metric::FRESH_FOR + SignedDuration::from_millis(1)).unwrap_or(Timestamp::MAX)
}

/// Why a metric without any point has none; `None` for one that has points.
pub fn why(state: &State, of: Of, name: MetricName) -> Option<Why> {
    points(state, of, name).is_empty().then(|| why_none(state, of, name))
}

fn why_none(state: &State, of: Of, name: MetricName) -> Why {
    let task = state.opened.as_ref().and_then(|arn| state.world.task(arn));
    let Some(task) = task else { return fine("the task is gone") };
    not_due(task, of, name).or_else(|| not_asked(state, task)).unwrap_or_else(|| missing(state, task, of, name))
}

/// What this task can never publish, or not in the state it is in.
fn not_due(task: &Task, of: Of, name: MetricName) -> Option<Why> {
    let serverless = task.arn.kind() == ReplicationKind::Serverless;
    match of {
        Of::Instance => return serverless.then(|| never("serverless: there is no instance")),
        Of::Task if is_change(name) && !task.migration_type.has_cdc() && task.migration_type.has_full_load() => {
            return Some(never("not due: full load only"));
        }
        Of::Task if is_load(name) && !task.migration_type.has_full_load() && task.migration_type.has_cdc() => {
            return Some(never("not due: no full load"));
        }
        Of::Task => {}
    }
    let started = task.stats.start.is_some() || task.stats.fresh_start.is_some() || task.status == TaskStatus::Running;
    (!started).then(|| fine("not due: never started"))
}

/// Nobody could have told us.
fn not_asked(state: &State, task: &Task) -> Option<Why> {
    let feed = state.world.feed(&Subject::Charts(task.arn.clone()));
    if let Some(failure) = feed.and_then(|feed| feed.failed.as_ref()) {
        return Some(bad(match failure.problem.kind {
            ProblemKind::AccessDenied => "not allowed: cloudwatch:GetMetricData".to_owned(),
            ProblemKind::Throttled => "throttled".to_owned(),
            _ => "could not be read: see problems (!)".to_owned(),
        }));
    }
    if feed.is_some_and(Feed::has_data) {
        return None;
    }
    let named = |arn| state.world.instance(arn).is_some();
    let measurable = task.arn.kind() == ReplicationKind::Serverless || task.instance.as_ref().is_some_and(named);
    Some(fine(if measurable { "asking…" } else { "the name of its instance is not known yet" }))
}

/// It was asked for, and CloudWatch has nothing.
fn missing(state: &State, task: &Task, of: Of, name: MetricName) -> Why {
    if of == Of::Instance {
        return bad("none in three hours");
    }
    if task.status != TaskStatus::Running {
        return fine(format!("not due: {}", shown(task.status.raw())));
    }
    if is_load(name) && !matches!(health::load(task), Load::Loading { .. }) {
        return fine("not due: the full load is over");
    }
    let answered = state.world.feed(&Subject::Charts(task.arn.clone())).and_then(|feed| feed.received);
    match health::latency(task, &[], answered, state.now) {
        Latency::NotDue if is_change(name) => fine("not due: changes are applied after the full load"),
        Latency::NotYet => fine("none yet: just started"),
        Latency::Missing { .. } if is_change(name) => bad("due, and none in three hours"),
        _ => fine("none in three hours"),
    }
}

fn is_change(name: MetricName) -> bool {
    name.raw().starts_with("CDC")
}

fn is_load(name: MetricName) -> bool {
    name.raw().starts_with("FullLoad")
}

/// Why points ended where they did, for one that is too old to say anything about now.
pub fn ended(state: &State, of: Of, name: MetricName, newest: Timestamp) -> Why {
    let since = format!("no point since {}", age::moment(newest, state.now));
    let task = state.opened.as_ref().and_then(|arn| state.world.task(arn));
    let Some(task) = task else { return fine(since) };
    let feed = state.world.feed(&Subject::Charts(task.arn.clone()));
    if let Some(seldom) = feed.and_then(seldom) {
        return fine(format!("{since}: asked every {seldom} min, cap on cost"));
    }
    match of {
        Of::Task if task.status != TaskStatus::Running => fine(format!("{since}: {}", shown(task.status.raw()))),
        Of::Task if is_load(name) && task.stats.full_load_finish.is_some() => fine(format!("{since}: loaded")),
        _ => bad(since),
    }
}

/// Minutes between two questions, where the cap on cost makes them more than one.
pub fn seldom(feed: &Feed) -> Option<i64> {
    feed.every.map(|every| every.as_mins()).filter(|minutes| *minutes > 1)
}
