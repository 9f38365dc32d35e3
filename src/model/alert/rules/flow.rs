//! Whether changes flow: loops of retries, paused reading, and which side of the instance is behind.

use super::{LET_GO, TREND, above, after, minutes};
use crate::model::Untrusted;
use crate::model::alert::facts::OfTask;
use crate::model::alert::words::{grouped, moment};
use crate::model::alert::{Context, Limit, Outcome};
use crate::model::health::{Health, Latency};
use crate::model::metric::{self, MetricName, Point};
use crate::model::reading::{self, Word};
use crate::model::task::TaskStatus;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// The same failure again and again while the task says it runs.
pub fn retry_loop(of: &OfTask<'_>, context: &Context<'_>) -> Outcome {
    let within = minutes(context.limit(Limit::RetryWithin));
    let limit = context.limit(Limit::Retries);
    // What stands is let go one below.
    let limit = if context.stands.is_some() { (limit - 1.0).max(1.0) } else { limit };
    let recent = |at: &Timestamp| context.now.duration_since(*at) <= within;
    let counted = of.points(MetricName::RecoveryCount);
    let counted: Vec<&Point> = counted.iter().filter(|point| recent(&point.at)).collect();
    if let (Some(first), Some(last)) = (counted.first(), counted.last())
        && metric::fresh(of.points(MetricName::RecoveryCount), context.now).is_some()
        && last.value - first.value >= limit
    {
        let times = last.value - first.value;
        let message = format!("in a loop: {times:.0} recoveries since {} UTC", moment(first.at, context.now));
        let since = first_rise(of.points(MetricName::RecoveryCount), within);
        return Outcome::bad(Health::Critical, message)
            .dated(Some(last.at))
            .since(since)
            .occurred(Some(last.at))
            .into();
    }
    let mut said: BTreeMap<&Untrusted, Vec<Timestamp>> = BTreeMap::new();
    for (at, message) in of.digest.repeats.iter().flatten().filter(|(at, _)| recent(at)) {
        said.entry(message).or_default().push(*at);
    }
    let recoverable = "the task broke off with a recoverable error".into();
    let logged = of.digest.log.iter().flatten();
    let logged = logged.filter(|line| line.sign.is_some_and(|sign| sign.id == "recoverable-error") && recent(&line.at));
    let logged: Vec<Timestamp> = logged.map(|line| line.at).collect();
    if !logged.is_empty() {
        said.insert(&recoverable, logged);
    }
    let most = said.iter().max_by_key(|(_, times)| times.len());
    #[allow(clippy::cast_precision_loss, reason = "a count of events")]
    let found = most.filter(|(_, times)| times.len() as f64 >= limit);
    let Some((message, times)) = found else {
        let known = of.digest.repeats.is_some() || of.digest.log.is_some() || !counted.is_empty();
        return if known { Outcome::GOOD } else { Outcome::unknown("neither its events nor its log were read") };
    };
    let (first, last) = (times.first().copied(), times.last().copied());
    let length = context.limit(Limit::RetryWithin);
    let words = format!("in a loop: {} times in {length} min", times.len());
    // The one that falls out of the window first.
    let until = first.and_then(|first| after(first, within)).and_then(|at| after(at, SignedDuration::from_millis(1)));
    let finding = Outcome::bad(Health::Critical, words).evidence(message.shown().into_owned());
    Outcome::from(finding.dated(last).since(first).occurred(last)).until(until)
}

/// When the count first rose in this loop: rises further apart than `within` are of two loops. Looking at the window alone,
/// the loop would seem to begin later and later.
fn first_rise(points: &[Point], within: SignedDuration) -> Option<Timestamp> {
    let rises = points.windows(2).rev().filter(|pair| pair[1].value > pair[0].value).map(|pair| pair[1].at);
    let mut first = None;
    for at in rises {
        if first.is_some_and(|later: Timestamp| later.duration_since(at) > within) {
            break;
        }
        first = Some(at);
    }
    first
}

/// Reading stopped and was not taken up again, by events or by the log, whichever spoke last.
pub fn reading_paused(of: &OfTask<'_>, context: &Context<'_>) -> Outcome {
    if of.task.status != TaskStatus::Running {
        return Outcome::NOT_DUE;
    }
    let event = of.digest.reading.as_ref().map(|(at, paused, words)| Word { at: *at, paused: *paused, words });
    let log = of.digest.log.iter().flatten().filter_map(|line| {
        let paused = line.sign.and_then(reading::by_sign)?;
        Some(Word { at: line.at, paused, words: &line.message })
    });
    match reading::newest(event.into_iter().chain(log), of.task.stats.start) {
        Some(Word { at, paused: true, words }) => {
            let message = format!("reading from the source is paused since {} UTC", moment(at, context.now));
            let finding = Outcome::bad(Health::Critical, message).evidence(words.shown().into_owned());
            finding.dated(Some(at)).since(Some(at)).occurred(Some(at)).into()
        }
        None if of.digest.repeats.is_none() && of.digest.log.is_none() => {
            Outcome::unknown("neither its events nor its log were read")
        }
        Some(_) | None => Outcome::GOOD,
    }
}

/// Both latencies, where both say something about now.
fn latencies(of: &OfTask<'_>, context: &Context<'_>) -> Result<(Point, Point), Outcome> {
    let target = match of.latency {
        Latency::NotDue => return Err(Outcome::NOT_DUE),
        Latency::Fresh(target) => target,
        Latency::NotYet | Latency::Missing { .. } => {
            return Err(Outcome::unknown("no fresh point of the target latency"));
        }
    };
    match metric::fresh(of.points(MetricName::CDCLatencySource), context.now) {
        Some(source) => Ok((source, target)),
        None => Err(Outcome::unknown("no fresh point of the source latency")),
    }
}

/// The source is read late: most of the latency arises before the instance.
pub fn capture_behind(of: &OfTask<'_>, context: &Context<'_>) -> Outcome {
    let (source, target) = match latencies(of, context) {
        Ok(both) => both,
        Err(outcome) => return outcome,
    };
    let points = of.points(MetricName::CDCLatencySource);
    let late = above(points, context.limit(Limit::LatencyWarning), context.stands.is_some());
    // The target latency contains the source latency.
    if !late || source.value < target.value / 2.0 {
        return Outcome::GOOD;
    }
    let message =
        format!("capture is behind: {} s of {} s arise at the source", source.value.round(), target.value.round());
    Outcome::bad(Health::Warning, message).dated(Some(source.at)).into()
}

/// What was read waits: the latency arises after the instance, or more and more changes wait for the target.
pub fn apply_behind(of: &OfTask<'_>, context: &Context<'_>) -> Outcome {
    let (source, target) = match latencies(of, context) {
        Ok(both) => both,
        Err(outcome) => return outcome,
    };
    let stood = context.stands.is_some();
    let ease = if stood { LET_GO } else { 1.0 };
    let share = target.value - source.value;
    let late = share > context.limit(Limit::LatencyWarning) * ease && source.value < target.value / 2.0;
    let limit = context.limit(Limit::Backlog) * ease;
    let incoming = of.points(MetricName::CDCIncomingChanges);
    let incoming = metric::fresh(incoming, context.now).map(|_| incoming).unwrap_or_default();
    let waiting = [(incoming, "changes wait to be applied"), (&of.digest.backlog, "captured changes are not applied")];
    let waiting = waiting.into_iter().find(|(points, _)| grows(points, limit, stood));
    if !late && waiting.is_none() {
        return Outcome::GOOD;
    }
    let backlog = waiting.and_then(|(points, words)| Some((points.last()?, words)));
    let told = backlog.or_else(|| Some((incoming.last()?, "changes wait to be applied")));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count; a cast from float saturates")]
    let told = told.map(|(point, words)| {
        let more = if backlog.is_some() { ", more and more" } else { "" };
        format!("{} {words}{more}", grouped(point.value as usize))
    });
    let message = if late {
        format!("apply is behind: {} s of {} s arise after the source", share.round(), target.value.round())
    } else {
        "apply is behind capture".to_owned()
    };
    let finding = Outcome::bad(Health::Warning, message).dated(Some(target.at));
    match told {
        Some(told) => finding.evidence(told).into(),
        None => finding.into(),
    }
}

/// Over the limit, and more than it was; once raised it need not grow any further.
fn grows(points: &[Point], limit: f64, stood: bool) -> bool {
    let newest = &points[points.len().saturating_sub(TREND)..];
    let [first, .., last] = newest else { return false };
    let rising = newest.len() >= 3 && newest.windows(2).all(|pair| pair[1].value >= pair[0].value);
    last.value > limit && (stood || (rising && last.value > first.value))
}
