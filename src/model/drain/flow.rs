//! What metrics say: incoming changes, latency, changes in memory and on disk, recoveries. A missing point is never good
//! news: DMS stops publishing when it stops replicating.

use super::{Check, EVENTS_FOR, Evidence, LOG_FOR, Standing, Topic};
use crate::model::health::POINT_DUE_AFTER;
use crate::model::metric::{FRESH_FOR, KEPT, MetricName, Point, fresh};
use crate::model::reading::{self, Word};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Points in a row that have to be low.
pub const IN_A_ROW: usize = 3;

/// Seconds up to which a latency is low: what a minute's worth of reading and applying takes anyway.
pub const LOW: f64 = 5.0;

/// Two points further apart than this are not in a row: one missing minute is the network's, two are not.
const GAP: SignedDuration = SignedDuration::from_secs(130);

/// How far back retries are looked for.
const RETRIES_BACK: SignedDuration = SignedDuration::from_mins(15);

/// The same message so often in that time is a loop.
const REPEATED: usize = 3;

/// What there is of the newest points.
enum Recent<'a> {
    /// Enough of them, in a row, the newest fresh.
    Row(&'a [Point]),
    /// Fresh, and not enough.
    Few(&'a [Point]),
    /// None that says anything about now.
    None { newest: Option<Timestamp> },
}

/// Points since the task's newest start: those before prove nothing about this run.
fn of_this_run<'a>(evidence: &Evidence<'a>, name: MetricName) -> &'a [Point] {
    let points = (evidence.points)(name);
    let Some(start) = evidence.task.stats.start.max(evidence.task.stats.fresh_start) else { return points };
    &points[points.partition_point(|point| point.at < start)..]
}

fn recent<'a>(evidence: &Evidence<'a>, name: MetricName) -> Recent<'a> {
    let points = of_this_run(evidence, name);
    // What is no number is no news.
    if fresh(points, evidence.now).is_none_or(|point| !point.value.is_finite()) {
        return Recent::None { newest: points.last().map(|point| point.at) };
    }
    let row = &points[points.len().saturating_sub(IN_A_ROW)..];
    let unbroken = row.windows(2).all(|pair| pair[1].at.duration_since(pair[0].at) <= GAP);
    if row.len() == IN_A_ROW && unbroken { Recent::Row(row) } else { Recent::Few(row) }
}

/// The answer of that time shows that a point is missing: one was due then, the newest was stale then, and the answer is
/// not too old itself.
fn shows_absence(
    evidence: &Evidence<'_>,
    read: Timestamp,
    since: Option<Timestamp>,
    newest: Option<Timestamp>,
) -> bool {
    let due = since.is_none_or(|since| read.duration_since(since) > POINT_DUE_AFTER);
    // Fresh even now, and so of no use as a value: that needs no second answer.
    let useless = newest.is_some_and(|at| evidence.now.duration_since(at) <= FRESH_FOR);
    let stale = newest.is_none_or(|at| read.duration_since(at) > FRESH_FOR);
    useless || (due && stale && evidence.now.duration_since(read) <= FRESH_FOR)
}

/// Nothing is published that could be judged: not due, or due and missing, which is the worst news.
fn absent(evidence: &Evidence<'_>, topic: Topic, newest: Option<Timestamp>) -> Check {
    let since = evidence.task.stats.full_load_finish.max(evidence.task.stats.start);
    let due = since.is_none_or(|since| evidence.now.duration_since(since) > POINT_DUE_AFTER);
    let (standing, words) = match (evidence.measured, due, newest) {
        (None, ..) => (Standing::Unknown, "metrics are not read yet".to_owned()),
        (_, false, _) => (Standing::Unknown, "started a moment ago: no point yet".to_owned()),
        // Our own silence: that answer could not know of a point that came after it.
        (Some(read), true, newest) if !shows_absence(evidence, read, since, newest) => {
            (Standing::Unknown, format!("metrics not read since {}", clock(read)))
        }
        (_, true, Some(_)) => {
            (Standing::Fail, "no data: the task says running, and its metrics have stopped".to_owned())
        }
        (_, true, None) => {
            let young = since.is_some_and(|since| evidence.now.duration_since(since) <= KEPT);
            let back = if young { "since its start".to_owned() } else { format!("in the last {} min", KEPT.as_mins()) };
            (Standing::Fail, format!("no data: the task says running, and has published nothing {back}"))
        }
    };
    let mut check = Check::new(topic, standing, words);
    if let Some(at) = newest {
        check.seen = super::Seen::At(at);
    }
    if !due {
        check.expires = since.and_then(|since| since.checked_add(POINT_DUE_AFTER + SignedDuration::from_secs(1)).ok());
    }
    check
}

/// Metrics that never came because asking fails: that says nothing about the task.
fn refused(evidence: &Evidence<'_>, topic: Topic) -> Option<Check> {
    let why = evidence.metrics_failed.filter(|_| evidence.measured.is_none())?;
    Some(Check::new(topic, Standing::Unknown, format!("cannot be read: {why}")))
}

/// Why no changes flow, where none do.
fn not_due(evidence: &Evidence<'_>, topic: Topic) -> Option<Check> {
    let words = match () {
        () if evidence.only_loads() => "a full load moves no changes",
        () if !evidence.running() => "not running: nothing is published",
        () if evidence.loads() => "after the full load",
        () => return None,
    };
    Some(Check::new(topic, Standing::NotDue, words))
}

pub(super) fn incoming(evidence: &Evidence<'_>) -> Check {
    let topic = Topic::Incoming;
    if let Some(check) = not_due(evidence, topic) {
        return check;
    }
    let (standing, words, newest) = match recent(evidence, MetricName::CDCIncomingChanges) {
        Recent::None { newest } => return refused(evidence, topic).unwrap_or_else(|| absent(evidence, topic, newest)),
        Recent::Row(row) | Recent::Few(row) if row.last().is_some_and(|point| point.value > 0.0) => {
            let n = row.last().map_or(0.0, |point| point.value);
            (Standing::Waiting, format!("{n:.0} changes wait to be applied"), row.last())
        }
        Recent::Row(row) if row.iter().all(|point| point.value <= 0.0) => {
            (Standing::Pass, format!("0 at {IN_A_ROW} points in a row"), row.last())
        }
        Recent::Row(row) => (Standing::Waiting, format!("0, and not yet at {IN_A_ROW} points in a row"), row.last()),
        Recent::Few(row) => {
            (Standing::Unknown, format!("0, but not {IN_A_ROW} points in a row without a gap"), row.last())
        }
    };
    Check::new(topic, standing, words).dated(newest.map(|point| point.at), FRESH_FOR, evidence.now)
}

/// Target latency contains the source's: the two are judged side by side and never added.
pub(super) fn latency(evidence: &Evidence<'_>, topic: Topic, name: MetricName, calm: bool) -> Check {
    if let Some(check) = not_due(evidence, topic) {
        return check;
    }
    let (row, enough) = match recent(evidence, name) {
        Recent::None { newest } => return refused(evidence, topic).unwrap_or_else(|| absent(evidence, topic, newest)),
        Recent::Row(row) => (row, true),
        Recent::Few(row) => (row, false),
    };
    let Some(newest) = row.last() else { return absent(evidence, topic, None) };
    let worst = row.iter().map(|point| point.value).fold(0.0, f64::max);
    let now = newest.value;
    let (standing, words) = if now > LOW {
        (Standing::Waiting, format!("{now:.0} s{}", rising(row)))
    } else if worst > LOW {
        (Standing::Waiting, format!("{now:.0} s, and not yet low at {IN_A_ROW} points in a row"))
    } else if !enough {
        (Standing::Unknown, format!("{now:.0} s, but not {IN_A_ROW} points in a row without a gap"))
    } else if worst > 0.0 {
        (Standing::Pass, format!("{now:.0} s; at most {worst:.0} s at {IN_A_ROW} points in a row"))
    } else if calm {
        (Standing::Pass, "0 s: idle, nothing new was read and nothing waits".to_owned())
    } else {
        (Standing::Unknown, "0 s: that only says that nothing new was read".to_owned())
    };
    Check::new(topic, standing, words).dated(Some(newest.at), FRESH_FOR, evidence.now)
}

fn rising(row: &[Point]) -> &'static str {
    match row {
        [first, .., last] if last.value > first.value => " and rising",
        [first, .., last] if last.value < first.value => " and falling",
        _ => "",
    }
}

/// Where changes can still be on their way inside the instance.
const PLACES: [(MetricName, &str); 4] = [
    (MetricName::CDCChangesMemorySource, "in memory wait for their commit on the source"),
    (MetricName::CDCChangesDiskSource, "on disk wait for their commit on the source"),
    (MetricName::CDCChangesMemoryTarget, "in memory wait for the target"),
    (MetricName::CDCChangesDiskTarget, "on disk wait for the target"),
];

pub(super) fn changes(evidence: &Evidence<'_>) -> Check {
    let topic = Topic::Changes;
    if let Some(check) = not_due(evidence, topic) {
        return check;
    }
    if !evidence.charted {
        let words = evidence.charts_failed.map_or_else(
            || "not read yet: asked while the task's own panel is open".to_owned(),
            |why| format!("cannot be read: {why}"),
        );
        return Check::new(topic, Standing::Unknown, words);
    }
    let mut waiting = Vec::new();
    let mut untold = Vec::new();
    let mut oldest: Option<Timestamp> = None;
    for (name, where_) in PLACES {
        let Some(point) = fresh(of_this_run(evidence, name), evidence.now).filter(|point| point.value.is_finite())
        else {
            untold.push(name.raw());
            continue;
        };
        oldest = Some(oldest.map_or(point.at, |at| at.min(point.at)));
        if point.value > 0.0 {
            waiting.push(format!("{:.0} {where_}", point.value));
        }
    }
    let (standing, words) = match (waiting.is_empty(), untold.is_empty()) {
        (false, _) => (Standing::Waiting, waiting.join(", ")),
        (true, true) => (Standing::Pass, "none".to_owned()),
        (true, false) => (Standing::Unknown, format!("no fresh point of {}", untold.join(", "))),
    };
    let check = Check::new(topic, standing, words);
    if oldest.is_none() { check } else { check.dated(oldest, FRESH_FOR, evidence.now) }
}

/// A task in a loop says `running`; what shows it is the count of recoveries, and the same news again and again.
pub(super) fn retries(evidence: &Evidence<'_>) -> Check {
    let topic = Topic::Retries;
    if !evidence.running() {
        return Check::new(topic, Standing::NotDue, "not running");
    }
    let since = evidence.now.checked_sub(RETRIES_BACK).unwrap_or(evidence.now);
    let counted = (evidence.points)(MetricName::RecoveryCount);
    let counted = &counted[counted.partition_point(|point| point.at < since)..];
    let count = fresh(counted, evidence.now);
    if let (Some(first), Some(last)) = (counted.first(), count)
        && last.value > first.value
    {
        let words = format!("RecoveryCount rose from {:.0} to {:.0}: it only tries again", first.value, last.value);
        return Check::new(topic, Standing::Fail, words).dated(Some(last.at), FRESH_FOR, evidence.now);
    }
    if let Some(check) = paused(evidence) {
        return check;
    }
    let Some((events, as_of)) = evidence.events else {
        return Check::new(topic, Standing::Unknown, "events are not read yet");
    };
    let dated = |standing, words: String| Check::new(topic, standing, words).dated(as_of, EVENTS_FOR, evidence.now);
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for event in events.iter().filter(|event| event.at >= since) {
        *times.entry(event.message.raw()).or_default() += 1;
    }
    if let Some((message, n)) = times.into_iter().filter(|(_, n)| *n >= REPEATED).max_by_key(|(_, n)| *n) {
        return dated(Standing::Fail, format!("{n} times in {} min: {message}", RETRIES_BACK.as_mins()));
    }
    let calm = format!("no repeated events in {} min", RETRIES_BACK.as_mins());
    match count {
        Some(_) => dated(Standing::Pass, format!("{calm}, RecoveryCount stands still")),
        // Its silence says something only where others that come in the same answer speak.
        None if told_with_recoveries(evidence) => {
            dated(Standing::Pass, format!("{calm}, RecoveryCount is not published"))
        }
        None => dated(Standing::Unknown, format!("{calm}, but RecoveryCount is not known: no fresh metric beside it")),
    }
}

/// A metric is fresh that only the answer brings which brings the recoveries.
fn told_with_recoveries(evidence: &Evidence<'_>) -> bool {
    let mut others = MetricName::TASK.into_iter().filter(|name| !MetricName::WATCHED.contains(name));
    others.any(|name| fresh(of_this_run(evidence, name), evidence.now).is_some())
}

/// The source is not read, by events or by the log, whichever spoke last.
fn paused(evidence: &Evidence<'_>) -> Option<Check> {
    let by_event = evidence.events.iter().flat_map(|(events, _)| {
        events.iter().filter_map(|event| {
            let paused = reading::by_event(event.message.raw())?;
            Some(Word { at: event.at, paused, words: &event.message })
        })
    });
    let by_log = evidence.log.iter().flat_map(|log| log.lines).filter_map(reading::by_line);
    let since = reading::newest(by_event.chain(by_log), evidence.task.stats.start).filter(|word| word.paused)?.at;
    // Either could tell that reading goes on: the newer answer counts.
    let answers = evidence.events.map(|(_, as_of)| as_of).into_iter().chain(evidence.log.map(|log| log.as_of));
    let words = format!("reading from the source is paused since {}", clock(since));
    let check = Check::new(Topic::Retries, Standing::Waiting, words);
    Some(check.dated(answers.flatten().max(), LOG_FOR, evidence.now))
}

pub(super) fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M UTC").to_string()
}
