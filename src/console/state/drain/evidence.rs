//! From what was observed to what the checks go by.

use crate::console::state::world::World;
use crate::model::drain::{self, Evidence, Judgement, Log};
use crate::model::event::{Event, SourceType};
use crate::model::metric::{MetricName, Point};
use crate::model::observation::Charts;
use crate::model::task::Task;
use crate::model::validation::told::RunLine;
use crate::model::{ReplicationArn, Subject};
use jiff::Timestamp;
use std::collections::HashMap;

/// Events by the name of their task, oldest first.
type ByTask<'a> = HashMap<&'a str, Vec<&'a Event>>;

/// Judges one task.
pub fn of_task(world: &World, task: &Task, compared: Option<&RunLine>, now: Timestamp) -> Judgement {
    let events: Vec<&Event> = world.events.iter().filter(|event| event.is_of_task(task.name.raw())).collect();
    judge(world, task, &events, compared, now)
}

/// Judges every task, in the order of the world.
pub fn of_all(world: &World, now: Timestamp) -> Vec<Judgement> {
    let mut events: ByTask<'_> = HashMap::new();
    for event in world.events.iter().filter(|event| event.source_type == SourceType::Task) {
        events.entry(event.source.raw()).or_default().push(event);
    }
    let of = |task: &Task| events.get(task.name.raw()).map_or(&[][..], Vec::as_slice);
    world.tasks.iter().map(|task| judge(world, task, of(task), None, now)).collect()
}

/// Time of the evidence of a subject that was answered, where the answer has one.
#[allow(clippy::option_option, reason = "not answered, and answered without a time, are two things")]
fn answered(world: &World, subject: &Subject) -> Option<Option<Timestamp>> {
    world.feed(subject).filter(|feed| feed.has_data()).map(|feed| feed.as_of)
}

fn failed<'a>(world: &'a World, subject: &Subject) -> Option<&'a str> {
    world.feed(subject)?.failed.as_ref().map(|failure| failure.problem.summary.as_str())
}

fn judge(world: &World, task: &Task, events: &[&Event], compared: Option<&RunLine>, now: Timestamp) -> Judgement {
    let points = |name: MetricName| points(world, &task.arn, name);
    let counted = world.counted(&task.arn);
    let findings = world.findings.get(&task.arn);
    let log = answered(world, &Subject::LogErrors).zip(findings).map(|(as_of, findings)| Log {
        lines: &findings.lines,
        none: findings.none.as_deref(),
        as_of,
    });
    drain::judge(&Evidence {
        task,
        status_as_of: answered(world, &Subject::Tasks).flatten(),
        tables: counted.map(|counted| (&counted.tally, counted.as_of)),
        points: &points,
        measured: measured(world, &task.arn),
        charted: charts(world, &task.arn).is_some(),
        metrics_failed: failed(world, &Subject::Metrics),
        charts_failed: failed(world, &Subject::Charts(task.arn.clone())),
        log,
        events: answered(world, &Subject::Events).map(|as_of| (events, as_of)),
        schedules: answered(world, &Subject::Schedules).map(|as_of| (world.schedules.as_slice(), as_of)),
        maintenance: answered(world, &Subject::Maintenance).map(|as_of| (world.maintenance.as_slice(), as_of)),
        instance: task.instance.as_ref().and_then(|arn| world.instance(arn)),
        databases: world.databases(&task.arn),
        databases_failed: failed(world, &Subject::Databases(task.arn.clone())),
        slot: world.slot(task),
        compared,
        now,
    })
}

/// When metrics of the task came last, from whichever question.
pub fn measured(world: &World, arn: &ReplicationArn) -> Option<Timestamp> {
    let received = |subject| world.feed(&subject).and_then(|feed| feed.received);
    let charted = charts(world, arn).and_then(|_| received(Subject::Charts(arn.clone())));
    received(Subject::Metrics).max(charted)
}

fn charts<'a>(world: &'a World, arn: &ReplicationArn) -> Option<&'a Charts> {
    world.charts.as_ref().filter(|(of, _)| of == arn).map(|(_, charts)| charts)
}

/// Points of the task, from whichever question brought the newer ones.
pub fn points<'a>(world: &'a World, arn: &ReplicationArn, name: MetricName) -> &'a [Point] {
    let watched = world.points(arn, name);
    let charted = charts(world, arn).and_then(|charts| charts.task.iter().find(|series| series.name == name));
    let charted = charted.map_or(&[][..], |series| series.points.as_slice());
    if charted.last().map(|point| point.at) > watched.last().map(|point| point.at) { charted } else { watched }
}

/// Subjects that a judgement of one task hangs on and that move by themselves.
pub fn subjects(arn: &ReplicationArn) -> Vec<Subject> {
    vec![
        Subject::Tables(arn.clone()),
        Subject::Tasks,
        Subject::Metrics,
        Subject::Charts(arn.clone()),
        Subject::Events,
        Subject::LogErrors,
        Subject::Databases(arn.clone()),
    ]
}

/// Those that change by somebody's hand: each check says how old they are.
pub const SLOW: [Subject; 3] = [Subject::Schedules, Subject::Maintenance, Subject::Instances];
