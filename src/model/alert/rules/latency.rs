//! Latency: high, rising, missing, not known yet, and high only because the task has just begun.

use super::{above, after, graded, minutes, slope};
use crate::model::Subject;
use crate::model::alert::facts::OfTask;
use crate::model::alert::words::moment;
use crate::model::alert::{Context, Limit, Outcome};
use crate::model::health::{Health, Latency};
use crate::model::metric::{FRESH_FOR, MetricName, Point};
use crate::model::task::MigrationType;
use crate::model::untrusted::shown;
use jiff::{SignedDuration, Timestamp};

/// Below this share of the limit a rise is the noise of an idle task.
const WORTH_A_WORD: f64 = 0.25;
/// A latency that differs by less than this share from what it was is steady.
const STEADY: f64 = 0.1;
/// How far back "what it was" lies.
const BACK: SignedDuration = SignedDuration::from_secs(300);

const NOT_YET: &str = "no fresh point of the target latency";
const MISSING: &str = "its metrics stopped";

/// The newest point, where it says something about now.
fn fresh(of: &OfTask<'_>) -> Result<Point, Outcome> {
    match of.latency {
        Latency::Fresh(point) => Ok(point),
        Latency::NotDue => Err(Outcome::NOT_DUE),
        Latency::NotYet => Err(Outcome::unknown(NOT_YET)),
        Latency::Missing { .. } => Err(Outcome::unknown(MISSING)),
    }
}

/// How bad the latency is by its limits alone.
fn broken(of: &OfTask<'_>, context: &Context<'_>) -> Option<Health> {
    let points = of.points(MetricName::CDCLatencyTarget);
    graded(context.stands, |severity, stood| above(points, limit(context, severity), stood))
}

fn limit(context: &Context<'_>, severity: Health) -> f64 {
    context.limit(if severity == Health::Critical { Limit::LatencyCritical } else { Limit::LatencyWarning })
}

/// Until when a late begin is to be expected; `None` where it began long ago or grows worse by itself.
fn expected_until(of: &OfTask<'_>, context: &Context<'_>) -> Option<Timestamp> {
    let s = &of.task.stats;
    let began = match of.task.migration_type {
        // What changed during the load is applied after it.
        MigrationType::FullLoadAndCdc => s.start.max(s.full_load_finish),
        _ => s.start,
    };
    let until = after(began?, minutes(context.limit(Limit::CatchingUp)))?;
    let worse = slope(of.points(MetricName::CDCLatencyTarget))
        .is_some_and(|slope| slope >= context.limit(Limit::LatencyRising));
    (until > context.now && !worse).then_some(until)
}

pub fn high(of: &OfTask<'_>, context: &Context<'_>) -> Outcome {
    let point = match fresh(of) {
        Ok(point) => point,
        Err(outcome) => return outcome,
    };
    let Some(severity) = broken(of, context) else { return Outcome::GOOD };
    if let Some(until) = expected_until(of, context) {
        return Outcome::NOT_DUE.until(Some(until));
    }
    let limit = limit(context, severity);
    let points = of.points(MetricName::CDCLatencyTarget);
    let (since, whole) = above_since(points, limit);
    let finding = Outcome::bad(severity, format!("target latency {} s", point.value.round()));
    finding.evidence(story(points, limit)).dated(Some(point.at)).since(since.filter(|_| whole)).into()
}

pub fn catching_up(of: &OfTask<'_>, context: &Context<'_>) -> Outcome {
    let point = match fresh(of) {
        Ok(point) => point,
        Err(outcome) => return outcome,
    };
    let (Some(_), Some(until)) = (broken(of, context), expected_until(of, context)) else { return Outcome::GOOD };
    let s = &of.task.stats;
    let again = s.fresh_start.zip(s.start).is_some_and(|(fresh, start)| start > fresh);
    let begun = if again { "resumed" } else { "started" };
    let when = s.start.map(|at| moment(at, context.now)).unwrap_or_default();
    let message = format!("catching up: {begun} at {when} UTC, target latency {} s", point.value.round());
    let trend = trend(of.points(MetricName::CDCLatencyTarget), point);
    let finding = Outcome::bad(Health::Warning, message).dated(Some(point.at)).since(s.start);
    let finding = match trend {
        Some(trend) => finding.evidence(trend),
        None => finding,
    };
    Outcome::from(finding).until(Some(until))
}

pub fn rising(of: &OfTask<'_>, context: &Context<'_>) -> Outcome {
    let point = match fresh(of) {
        Ok(point) => point,
        Err(outcome) => return outcome,
    };
    let warning = context.limit(Limit::LatencyWarning);
    if point.value > warning {
        // It is high: that says more, and its words tell which way it goes.
        return Outcome::NOT_DUE;
    }
    let Some(slope) = slope(of.points(MetricName::CDCLatencyTarget)) else { return Outcome::NOT_DUE };
    let limit = context.limit(Limit::LatencyRising);
    let (limit, floor) = if context.stands.is_some() {
        (limit * super::LET_GO, warning * WORTH_A_WORD * super::LET_GO)
    } else {
        (limit, warning * WORTH_A_WORD)
    };
    if slope < limit || point.value < floor {
        return Outcome::GOOD;
    }
    let left = ((warning - point.value) / slope).ceil().max(1.0);
    let message = format!("target latency rises by {slope:.0} s a minute: {} s now", point.value.round());
    let finding = Outcome::bad(Health::Warning, message).evidence(format!("above {warning} s in about {left} min"));
    finding.dated(Some(point.at)).into()
}

pub fn no_data(of: &OfTask<'_>, context: &Context<'_>) -> Outcome {
    let Latency::Missing { newest } = of.latency else {
        return match of.latency {
            // Our own silence: whether there is data is what is not known.
            Latency::NotYet if context.stands.is_some() => Outcome::unknown(NOT_YET),
            Latency::NotDue => Outcome::NOT_DUE,
            _ => Outcome::GOOD,
        };
    };
    let message = match newest {
        Some(_) => "running, and its metrics stopped".to_owned(),
        // Nobody has looked further back.
        None => format!("running, and no latency in the last {} min", of.facts.metrics_back().as_mins()),
    };
    let finding = Outcome::bad(Health::Critical, message).dated(newest).since(newest);
    match of.points(MetricName::CDCLatencyTarget).last() {
        Some(last) => finding.evidence(last_point(last, context.now)).into(),
        None => finding.into(),
    }
}

pub fn no_data_yet(of: &OfTask<'_>, context: &Context<'_>) -> Outcome {
    if of.latency != Latency::NotYet || of.facts.metrics_problem().is_some() {
        return Outcome::GOOD;
    }
    let newest = of.points(MetricName::CDCLatencyTarget).last();
    let finding = Outcome::bad(Health::Unknown, "no latency known yet").dated(newest.map(|point| point.at));
    match newest {
        Some(last) => finding.evidence(last_point(last, context.now)).into(),
        None => finding.into(),
    }
}

/// Waiting does not help: what is in the way is our own asking, not the task.
pub fn unread(of: &OfTask<'_>, context: &Context<'_>) -> Outcome {
    let (Latency::NotYet, Some(problem)) = (of.latency, of.facts.metrics_problem()) else { return Outcome::GOOD };
    let newest = of.points(MetricName::CDCLatencyTarget).last();
    let message = format!("latency cannot be read: {}", shown(&problem.summary));
    let finding = Outcome::bad(Health::Unknown, message).dated(newest.map(|point| point.at));
    let since = of.facts.stated(&Subject::Metrics).map(|stated| moment(stated.received, context.now));
    let since = since.map_or("metrics were never read".to_owned(), |at| format!("metrics not read since {at} UTC"));
    match newest {
        Some(last) => finding.evidence(format!("{since}; {}", last_point(last, context.now))).into(),
        None => finding.evidence(since).into(),
    }
}

fn last_point(last: &Point, now: Timestamp) -> String {
    format!("the last point, {} s, is of {} UTC", last.value.round(), moment(last.at, now))
}

/// Since when it has been above the limit without a gap, and whether the points tell the whole of it.
fn above_since(points: &[Point], limit: f64) -> (Option<Timestamp>, bool) {
    let mut since = None;
    for point in points.iter().rev() {
        let apart = since.is_some_and(|since: Timestamp| since.duration_since(point.at) > FRESH_FOR);
        if point.value <= limit || apart {
            return (since, true);
        }
        since = Some(point.at);
    }
    (since, false)
}

/// `above 60 s for 13 min, rising`.
fn story(points: &[Point], limit: f64) -> String {
    let (since, whole) = above_since(points, limit);
    let newest = points.last();
    let minutes = newest.zip(since).map_or(0, |(newest, since)| newest.at.duration_since(since).as_secs() / 60);
    // The points at hand may begin after it did.
    let least = if whole { "" } else { "at least " };
    let length =
        if minutes > 0 { format!("above {limit} s for {least}{minutes} min") } else { format!("above {limit} s") };
    match newest.and_then(|newest| trend(points, *newest)) {
        Some(trend) => format!("{length}, {trend}"),
        None => length,
    }
}

fn trend(points: &[Point], newest: Point) -> Option<&'static str> {
    let from: Timestamp = newest.at.checked_sub(BACK).ok()?;
    let before = points.iter().rev().find(|point| point.at <= from)?;
    if from.duration_since(before.at) > FRESH_FOR {
        return None;
    }
    Some(match newest.value - before.value {
        by if by > before.value * STEADY => "rising",
        by if by < -before.value * STEADY => "falling",
        _ => "steady",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_is_told_with_its_length_and_its_direction() {
        let minute = |n: i64| Timestamp::from_second(1_795_000_020 + n * 60).unwrap();
        let points = |values: &[(i64, f64)]| -> Vec<Point> {
            values.iter().map(|(n, value)| Point { at: minute(*n), value: *value }).collect()
        };
        for (values, limit, want) in [
            (
                &[(0, 10.0), (1, 70.0), (2, 80.0), (3, 90.0), (4, 95.0), (5, 99.0)][..],
                60.0,
                "above 60 s for 4 min, rising",
            ),
            (
                &[(0, 99.0), (1, 99.0), (2, 99.0), (3, 99.0), (4, 99.0), (5, 99.0)],
                60.0,
                "above 60 s for at least 5 min, steady",
            ),
            (
                &[(0, 300.0), (1, 70.0), (2, 70.0), (3, 70.0), (4, 70.0), (5, 70.0)],
                60.0,
                "above 60 s for at least 5 min, falling",
            ),
            (&[(0, 300.0), (9, 950.0)], 900.0, "above 900 s"),
            (&[(0, 950.0)], 900.0, "above 900 s"),
        ] {
            assert_eq!(story(&points(values), limit), want, "{values:?}");
        }
    }
}
