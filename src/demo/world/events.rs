//! Events as DMS lists them: backfilled for three hours, then said whenever a task changes its status.
//!
//! Who changes a task says nothing here: [`note`] compares every task with what was last noted, so no change is missed
//! and none is said twice. What makes a listing awkward is real on AWS: no ids, names instead of ARNs, listed twice,
//! listed late. Serverless replications have no events here; whether they have on AWS is not known.

use super::paging::{Filters, MAX, Rules, page};
use super::parts::Instance;
use super::refusal::Refusal;
use super::task::Task;
use super::{World, seeded};
use crate::demo::wire::Value;
use crate::demo::world::legal::StartType;
use crate::demo::world::metrics::Past;
use crate::model::task::TaskStatus;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// How far back the world has a past.
const BACKFILL: SignedDuration = SignedDuration::from_hours(3);
/// How long events are kept; RDS keeps them so long (section 5.4 of the DMS facts).
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// More are not kept, however busy a fleet is.
const MOST: usize = 20_000;
/// Minutes looked back where a request names no time.
const DURATION: i64 = 60;
/// An event in three is listed this late.
const LATE: SignedDuration = SignedDuration::from_secs(4);
/// A climbing task stops reading its source once in so many seconds, for so many.
const PAUSE_EVERY: i64 = 1_440;
const PAUSE: i64 = 95;

const TASK: &str = "replication-task";
const INSTANCE: &str = "replication-instance";
/// As `DescribeEventCategories` spells them.
const CATEGORIES: [&str; 8] = [
    "state change",
    "failure",
    "configuration change",
    "creation",
    "deletion",
    "failover",
    "low storage",
    "maintenance",
];

/// One event.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    at: Timestamp,
    /// Listed from here on.
    listed: Timestamp,
    source_type: &'static str,
    source: String,
    category: Option<&'static str>,
    message: String,
}

/// What has been said, oldest first, and what was last noted of every task.
#[derive(Debug, Clone, Default)]
pub struct Log {
    said: Arc<Vec<Said>>,
    noted: Vec<TaskStatus>,
    until: Timestamp,
}

/// The last three hours.
pub fn backfill(world: &mut World, now: Timestamp) {
    let from = now - BACKFILL;
    let mut past = Vec::new();
    let seed = world.setting.seed;
    for task in world.tasks.iter().filter(|task| !task.is_serverless()) {
        if let Some(start) = task.times.start {
            let fresh = task.times.fresh_start == Some(start);
            let kind = if fresh { StartType::Start } else { StartType::Resume };
            past.push((start, TASK, task.def.name.clone(), started(task, kind)));
        }
        if let Some(stop) = task.times.stop
            && let Some(ended) = ended(task)
        {
            past.push((stop, TASK, task.def.name.clone(), ended));
        }
        let began = task.times.start.unwrap_or(now).max(from);
        past.extend(pauses(task, seed, began, now).map(|(at, what)| (at, TASK, task.def.name.clone(), what)));
    }
    let used = |instance: &&Instance| world.tasks.iter().any(|task| task.def.instance.as_ref() == Some(&instance.arn));
    for instance in world.instances.iter().filter(used) {
        let place = seeded::place(&instance.name);
        let ago = |salt, low, high| now - SignedDuration::from_secs(seeded::between(seed, &[place, salt], low, high));
        // An event need not have a category.
        let patched = (None, "Management software on the replication instance has been updated.".to_owned());
        past.push((ago(1, 7_200, 10_000), INSTANCE, instance.name.clone(), patched));
        let low = (Some("low storage"), "Free storage for the replication instance is low.".to_owned());
        past.push((ago(2, 1_500, 5_000), INSTANCE, instance.name.clone(), low));
    }
    past.retain(|(at, ..)| (from..=now).contains(at));
    for (at, source_type, source, what) in past {
        say(world, (source_type, source), what, at);
    }
    world.events.noted = world.tasks.iter().map(|task| task.status.clone()).collect();
    world.events.until = now;
}

/// Says what has changed since the last time.
pub fn note(world: &mut World, now: Timestamp) {
    let seed = world.setting.seed;
    let mut news = Vec::new();
    let until = world.events.until;
    for (task, noted) in world.tasks.iter().zip(&world.events.noted) {
        if task.is_serverless() {
            continue;
        }
        if task.status != *noted {
            let what = match task.status {
                TaskStatus::Running => Some(started(task, task.started_as.unwrap_or(StartType::Resume))),
                _ => ended(task),
            };
            news.extend(what.map(|what| (now, task.def.name.clone(), what)));
        } else if now > until {
            news.extend(pauses(task, seed, until, now).map(|(at, what)| (at, task.def.name.clone(), what)));
        }
    }
    for (noted, task) in world.events.noted.iter_mut().zip(&world.tasks) {
        if *noted != task.status {
            *noted = task.status.clone();
        }
    }
    world.events.until = until.max(now);
    for (at, name, what) in news {
        say(world, (TASK, name), what, at);
    }
}

/// Somebody asked for tables to be loaded again.
pub fn reload(world: &mut World, name: &str, now: Timestamp) {
    let what = (Some("state change"), "Reload of table details has been requested.".to_owned());
    say(world, (TASK, name.to_owned()), what, now);
}

type What = (Option<&'static str>, String);

/// The flag is worded in one of two ways: the user guide's, and the one newer engines send.
fn started(task: &Task, kind: StartType) -> What {
    let message = match kind {
        StartType::Start => "Replication task started, with flag = fresh start".to_owned(),
        StartType::Resume | StartType::Reload => format!(
            "The replication task has started with taskType: {}, startType: {}",
            task.def.migration_type.raw(),
            if kind == StartType::Resume { "resume-processing" } else { "reload-target" }
        ),
    };
    (Some("state change"), message)
}

fn ended(task: &Task) -> Option<What> {
    match task.status {
        TaskStatus::Stopped => {
            let why = task.stop_reason.as_ref().map(|reason| format!(" {reason}.")).unwrap_or_default();
            Some((Some("state change"), format!("Replication task has stopped.{why}")))
        }
        TaskStatus::Failed => {
            let why = task.last_failure.as_ref().map(|why| format!(" Reason: {why}.")).unwrap_or_default();
            Some((Some("failure"), format!("Replication task has failed.{why}")))
        }
        _ => None,
    }
}

/// When a task that falls behind stops reading its source, and reads on: after `from`, up to `to`. The log says so too.
pub(super) fn pauses(
    task: &Task,
    seed: u64,
    from: Timestamp,
    to: Timestamp,
) -> impl Iterator<Item = (Timestamp, What)> + use<> {
    let late = task.status == TaskStatus::Running && matches!(task.def.past, Past::Climbing { .. });
    let phase = seeded::between(seed, &[seeded::place(task.def.arn.as_str()), 21], 0, PAUSE_EVERY - 1);
    let (from, to) = if late { (from, to) } else { (to, to) };
    let first = (from.as_second() - phase).div_euclid(PAUSE_EVERY) * PAUSE_EVERY + phase;
    let starts = (0..).map(move |n| first + n * PAUSE_EVERY).take_while(move |second| *second <= to.as_second());
    let both = starts.flat_map(|second| {
        [(second, "Reading paused, swap files limit reached."), (second + PAUSE, "Reading resumed.")]
    });
    let times = both.filter_map(|(second, text)| Some((Timestamp::from_second(second).ok()?, text)));
    times.filter(move |(at, _)| *at > from && *at <= to).map(|(at, text)| (at, (Some("state change"), text.to_owned())))
}

fn say(world: &mut World, (source_type, source): (&'static str, String), (category, message): What, at: Timestamp) {
    // The wire carries milliseconds.
    let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
    let place = seeded::place(&source) ^ seeded::place(&message);
    let chance = seeded::number(world.setting.seed, &[place, at.as_second().unsigned_abs()]);
    let listed = if chance.is_multiple_of(3) { at + LATE } else { at };
    let said = Said { at, listed, source_type, source, category, message };
    let log = Arc::make_mut(&mut world.events.said);
    let place = log.partition_point(|other| other.at <= at);
    // Nothing promises that an event is listed once.
    let copies = if (chance >> 8).is_multiple_of(4) { 2 } else { 1 };
    log.splice(place..place, std::iter::repeat_n(said, copies));
    let old = log.partition_point(|other| other.at < at - KEPT).max(log.len().saturating_sub(MOST));
    log.drain(..old);
    world.revision += 1;
}

const EVENTS: Rules = Rules { filters: &["replication-instance-id"], max: MAX };

/// `DescribeEvents`.
pub fn describe(world: &World, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
    let filters = Filters::read(input, &EVENTS)?;
    let source_type = input.text_of("SourceType");
    if let Some(other) = source_type.filter(|kind| ![TASK, INSTANCE].contains(kind)) {
        return Err(Refusal::parameter(format!("Invalid value {other} for SourceType")));
    }
    let source = input.text_of("SourceIdentifier");
    let categories: Vec<&str> = input.items_of("EventCategories").iter().filter_map(Value::text).collect();
    if let Some(other) = categories.iter().find(|category| !CATEGORIES.contains(category)) {
        return Err(Refusal::parameter(format!("Event category {other} is not valid")));
    }
    let (from, to) = range(input, now)?;
    let found: Vec<&Said> = world
        .events
        .said
        .iter()
        .filter(|said| said.listed <= now && said.at >= from && said.at <= to)
        .filter(|said| source_type.is_none_or(|kind| kind == said.source_type))
        .filter(|said| source.is_none_or(|name| name == said.source))
        .filter(|said| categories.is_empty() || said.category.is_some_and(|category| categories.contains(&category)))
        .filter(|said| {
            !filters.names("replication-instance-id")
                || said.source_type == INSTANCE && filters.pass("replication-instance-id", &said.source)
        })
        .collect();
    let page = page("DescribeEvents", input, found.len(), &EVENTS)?;
    let items = Value::list(found[page.range].iter().map(|said| shape(said)));
    Ok(Value::map([("Marker", page.marker.into()), ("Events", items)]))
}

/// `Duration` is in minutes, and counts where an end of the range is missing.
fn range(input: &Value, now: Timestamp) -> Result<(Timestamp, Timestamp), Refusal> {
    let time = |name: &str| input.get(name).and_then(Value::time);
    let minutes = match input.get("Duration") {
        None | Some(Value::Null) => DURATION,
        Some(value) => value
            .int()
            .filter(|minutes| (1..=KEPT.as_mins()).contains(minutes))
            .ok_or_else(|| Refusal::parameter("Invalid value for Duration"))?,
    };
    let span = SignedDuration::from_mins(minutes);
    let given = input.get("Duration").is_some_and(|value| *value != Value::Null);
    let (from, to) = match (time("StartTime"), time("EndTime")) {
        (Some(from), Some(to)) => (Some(from), Some(to)),
        (Some(from), None) if given => (Some(from), from.checked_add(span).ok()),
        (Some(from), None) => (Some(from), Some(now)),
        (None, Some(to)) => (to.checked_sub(span).ok(), Some(to)),
        (None, None) => (now.checked_sub(span).ok(), Some(now)),
    };
    match from.zip(to) {
        Some((from, to)) if from <= to => Ok((from, to)),
        _ => Err(Refusal::parameter("StartTime must be before EndTime")),
    }
}

fn shape(said: &Said) -> Value {
    Value::map([
        ("SourceIdentifier", said.source.as_str().into()),
        ("SourceType", said.source_type.into()),
        ("Message", said.message.as_str().into()),
        ("EventCategories", Value::list(said.category.map(Value::from))),
        ("Date", said.at.into()),
    ])
}

const SUBSCRIPTIONS: Rules = Rules { filters: &["event-subscription-arn", "event-subscription-id"], max: MAX };

/// One subscription that works and one whose topic somebody deleted: alerting that is dead and says nothing.
const SUBSCRIBED: [(&str, &str, &str, &[&str]); 2] = [
    ("dms-failures", "active", TASK, &["failure", "state change"]),
    ("dms-oncall", "topic-not-exist", INSTANCE, &["failure", "low storage", "failover"]),
];

/// `DescribeEventSubscriptions`.
pub fn subscriptions(world: &World, input: &Value) -> Result<Value, Refusal> {
    let filters = Filters::read(input, &SUBSCRIPTIONS)?;
    let wanted = input.text_of("SubscriptionName");
    let found: Vec<_> = SUBSCRIBED
        .iter()
        .filter(|(name, ..)| {
            wanted.is_none_or(|wanted| wanted == *name)
                && filters.pass("event-subscription-id", name)
                && filters.pass("event-subscription-arn", &super::arn("es", name))
        })
        .collect();
    if found.is_empty() {
        return Err(Refusal::not_found("No event subscriptions found."));
    }
    let page = page("DescribeEventSubscriptions", input, found.len(), &SUBSCRIPTIONS)?;
    let created = (world.opened - SignedDuration::from_hours(24 * 40)).strftime("%F %T").to_string();
    let items = Value::list(found[page.range].iter().map(|(name, status, kind, categories)| {
        let topic = format!("arn:aws:sns:{}:{}:{name}", super::REGION, super::ACCOUNT);
        Value::map([
            ("CustomerAwsId", super::ACCOUNT.into()),
            ("CustSubscriptionId", (*name).into()),
            ("SnsTopicArn", topic.into()),
            ("Status", (*status).into()),
            ("SubscriptionCreationTime", created.as_str().into()),
            ("SourceType", (*kind).into()),
            ("EventCategoriesList", Value::list(categories.iter().map(|category| Value::from(*category)))),
            ("Enabled", true.into()),
        ])
    }));
    Ok(Value::map([("Marker", page.marker.into()), ("EventSubscriptionsList", items)]))
}
