//! The three operations: events, streams, groups.

use super::pattern::Pattern;
use super::{Event, function, group, stream_name};
use crate::demo::wire::Value;
use crate::demo::world::task::Task;
use crate::demo::world::{ACCOUNT, REGION, Refusal, World};
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Events searched for one answer. What is found among them may be nothing, and the token leads on.
const SEARCHED: usize = 200;
const LIMIT: i64 = 10_000;
/// Groups and streams in one answer.
const DESCRIBED: i64 = 50;
/// `lastEventTimestamp` lags this much.
const LAG: SignedDuration = SignedDuration::from_hours(1);

const NO_GROUP: &str = "The specified log group does not exist.";
const NO_STREAM: &str = "The specified log stream does not exist.";
const BAD_TOKEN: &str = "The specified nextToken is invalid.";

/// Streams of a group by name; one that nothing was written to does not exist.
type Streams<'a> = BTreeMap<String, Vec<Cow<'a, Event>>>;

fn group_streams<'a>(world: &'a World, name: &str, now: Timestamp) -> Option<Streams<'a>> {
    let mut streams = Streams::new();
    for task in world.tasks.iter().filter(|task| exists(task) && group(world, task) == name) {
        for event in task.log.events().filter(|event| event.ingested <= now) {
            streams.entry(stream_name(task, event.stream)).or_default().push(Cow::Borrowed(event));
        }
    }
    if name == function::GROUP {
        for (stream, event) in function::events(world, now) {
            streams.entry(stream).or_default().push(Cow::Owned(event));
        }
    }
    (!streams.is_empty()).then_some(streams)
}

/// Without its role DMS has never created a group.
fn exists(task: &Task) -> bool {
    !task.log.unwritable
}

fn named<'a>(input: &'a Value, world: &'a World, now: Timestamp) -> Result<(&'a str, Streams<'a>), Refusal> {
    let name = input.text_of("logGroupName").or_else(|| {
        let arn = input.text_of("logGroupIdentifier")?;
        Some(arn.rsplit_once(":log-group:").map_or(arn, |(_, name)| name))
    });
    let name = name.ok_or_else(|| Refusal::logs_parameter("Log group name or identifier is required"))?;
    let streams = group_streams(world, name, now).ok_or_else(|| Refusal::logs_not_found(NO_GROUP))?;
    Ok((name, streams))
}

fn limit(input: &Value, most: i64) -> Result<usize, Refusal> {
    let asked = input.get("limit").and_then(Value::int).unwrap_or(most);
    let fits = usize::try_from(asked).ok().filter(|_| (1..=most).contains(&asked));
    fits.ok_or_else(|| {
        Refusal::logs_parameter(format!(
            "1 validation error detected: Value '{asked}' at 'limit' failed to satisfy constraint: Member must have \
             value between 1 and {most}"
        ))
    })
}

fn instant(input: &Value, name: &str) -> Option<i64> {
    input.get(name).and_then(Value::int)
}

pub fn filter_log_events(world: &World, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
    let (_, streams) = named(input, world, now)?;
    let names: Vec<&str> = input.items_of("logStreamNames").iter().filter_map(Value::text).collect();
    let prefix = input.text_of("logStreamNamePrefix");
    if !names.is_empty() && prefix.is_some() {
        return Err(Refusal::logs_parameter("logStreamNamePrefix and logStreamNames are mutually exclusive"));
    }
    if names.iter().any(|name| !streams.contains_key(*name)) {
        return Err(Refusal::logs_not_found(NO_STREAM));
    }
    let (from, to) = (instant(input, "startTime").unwrap_or(0), instant(input, "endTime").unwrap_or(i64::MAX));
    if from > to {
        return Err(Refusal::logs_parameter("startTime must not be after endTime"));
    }
    let most = limit(input, LIMIT)?;
    let pattern = Pattern::parse(input.text_of("filterPattern").unwrap_or_default())?;
    let after = match input.text_of("nextToken") {
        None => None,
        Some(token) => Some(position(token).ok_or_else(|| Refusal::logs_parameter(BAD_TOKEN))?),
    };
    let mut all: Vec<(&str, &Event)> = streams
        .iter()
        .filter(|(name, _)| names.is_empty() || names.contains(&name.as_str()))
        .filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)))
        .flat_map(|(name, events)| events.iter().map(move |event| (name.as_str(), &**event)))
        .filter(|(_, event)| (from..to).contains(&event.at.as_millisecond()))
        .collect();
    let key = |event: &Event| (event.at.as_millisecond(), event.id.clone());
    all.sort_by_key(|(_, event)| key(event));
    if let Some(after) = after {
        all.retain(|(_, event)| key(event) > after);
    }
    let (mut found, mut last) = (Vec::new(), None);
    for (searched, (stream, event)) in all.iter().enumerate() {
        if searched == SEARCHED || found.len() == most {
            break;
        }
        last = Some((searched, key(event)));
        if pattern.matches(&event.text) {
            found.push(Value::map([
                ("logStreamName", (*stream).into()),
                ("timestamp", event.at.as_millisecond().into()),
                ("message", event.text.as_str().into()),
                ("ingestionTime", event.ingested.as_millisecond().into()),
                ("eventId", event.id.as_str().into()),
            ]));
        }
    }
    let next = last.filter(|(searched, _)| searched + 1 < all.len()).map(|(_, (at, id))| format!("demo/{at}/{id}"));
    Ok(Value::map([
        ("events", Value::List(found)),
        ("searchedLogStreams", Value::List(Vec::new())),
        ("nextToken", next.into()),
    ]))
}

fn position(token: &str) -> Option<(i64, String)> {
    let (at, id) = token.strip_prefix("demo/")?.split_once('/')?;
    Some((at.parse().ok()?, id.to_owned()))
}

pub fn streams(world: &World, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
    let (group, streams) = named(input, world, now)?;
    let by_time = match input.text_of("orderBy") {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") => true,
        Some(_) => return Err(Refusal::logs_parameter("orderBy must be LogStreamName or LastEventTime")),
    };
    let prefix = input.text_of("logStreamNamePrefix");
    if by_time && prefix.is_some() {
        return Err(Refusal::logs_parameter("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let mut rows: Vec<(&String, &Vec<Cow<'_, Event>>)> =
        streams.iter().filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix))).collect();
    if by_time {
        rows.sort_by_key(|(_, events)| events.iter().map(|event| event.at).max());
    }
    if input.get("descending").and_then(Value::truth).unwrap_or(false) {
        rows.reverse();
    }
    page("logStreams", input, &rows, |(name, events)| {
        let times = || events.iter().map(|event| event.at);
        let told = times().filter(|at| *at <= now - LAG).max();
        let created = times().min().unwrap_or(now).as_millisecond();
        Value::map([
            ("logStreamName", name.as_str().into()),
            ("creationTime", created.into()),
            ("firstEventTimestamp", told.map(|_| created).into()),
            ("lastEventTimestamp", told.map(Timestamp::as_millisecond).into()),
            ("arn", format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:log-stream:{name}").into()),
            // Always nought since 2019.
            ("storedBytes", 0.into()),
        ])
    })
}

pub fn groups(world: &World, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
    let prefix = input.text_of("logGroupNamePrefix").unwrap_or_default();
    let written = |task: &&Task| exists(task) && task.log.events().any(|event| event.ingested <= now);
    let mut names: Vec<(String, Timestamp)> = world
        .tasks
        .iter()
        .filter(written)
        .map(|task| (group(world, task), task.def.created))
        .chain(function::events(world, now).first().map(|(_, event)| (function::GROUP.to_owned(), event.at)))
        .filter(|(name, _)| name.starts_with(prefix))
        .collect();
    names.sort();
    names.dedup_by(|a, b| a.0 == b.0);
    page("logGroups", input, &names, |(name, created)| {
        let arn = format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}");
        Value::map([
            ("logGroupName", name.as_str().into()),
            ("creationTime", created.as_millisecond().into()),
            ("metricFilterCount", 0.into()),
            ("arn", format!("{arn}:*").into()),
            ("logGroupArn", arn.into()),
            ("logGroupClass", "STANDARD".into()),
            ("storedBytes", 0.into()),
        ])
    })
}

fn page<T>(list: &'static str, input: &Value, rows: &[T], shape: impl Fn(&T) -> Value) -> Result<Value, Refusal> {
    let most = limit(input, DESCRIBED)?;
    let start = match input.text_of("nextToken") {
        None => 0,
        Some(token) => token
            .strip_prefix("demo/")
            .and_then(|at| at.parse::<usize>().ok())
            .filter(|at| *at <= rows.len())
            .ok_or_else(|| Refusal::logs_parameter(BAD_TOKEN))?,
    };
    let end = rows.len().min(start + most);
    let next = (end < rows.len()).then(|| format!("demo/{end}"));
    Ok(Value::map([(list, Value::list(rows[start..end].iter().map(shape))), ("nextToken", next.into())]))
}
