//! What a chart says in words: values with their labels, their age, and why there are none.

use super::super::canvas::{Line, span};
use crate::console::state::charts::axis::{Unit, clock};
use crate::console::state::charts::known;
use crate::console::state::charts::table::{Chart, Line as Metric};
use crate::console::state::{State, age};
use crate::console::theme::Role;
use crate::model::health::{LATENCY_CRITICAL, LATENCY_WARNING};
use crate::model::metric::Point;
use jiff::{SignedDuration, Timestamp};

/// How the lines of a chart look. Shape tells them apart too: the first is solid, the others dotted.
pub const LINES: [Role; 3] = [Role::Busy, Role::Text, Role::Title];
/// The same in characters of a terminal without Braille.
pub const LETTERS: [char; 3] = ['*', 'o', '+'];
const SAMPLES: [&str; 3] = ["⠒⠒", "⠂⠂", "⠂ "];

/// Every line with its sign and its value, or why it has none.
pub fn readings<'a>(state: &State, chart: &Chart, ascii: bool) -> Line<'a> {
    let mut out: Line<'a> = Vec::new();
    if let Some((at, _)) = state.charts.cursor(state.now) {
        out.push(span(Role::Cursor, format!(" {} UTC ", clock(at))));
        out.push(span(Role::Text, "  "));
    }
    for (nth, line) in chart.lines.iter().enumerate() {
        if nth > 0 {
            out.push(span(Role::Text, "   "));
        }
        if chart.lines.len() > 1 {
            let sample = if ascii { LETTERS[nth].to_string() } else { SAMPLES[nth].to_owned() };
            out.push(span(LINES[nth], sample));
            out.push(span(Role::Text, " "));
        }
        out.push(span(Role::Text, format!("{} ", line.label)));
        match known::why(state, chart.of, line.name) {
            None => {
                out.extend(value(state, chart, line));
                out.extend(whole(state, chart));
            }
            // The empty picture below says it.
            Some(_) if is_empty(state, chart) => out.push(span(Role::Dim, "—")),
            Some(why) if why.bad => out.push(span(Role::Bad, format!("✗ {}", why.words))),
            Some(why) => out.push(span(Role::Dim, format!("— {}", why.words))),
        }
    }
    out
}

/// The values alone, of lines that have some.
pub fn values<'a>(state: &State, chart: &Chart) -> Vec<Line<'a>> {
    let there = chart.lines.iter().filter(|line| !known::points(state, chart.of, line.name).is_empty());
    let labelled = |line: &Metric| {
        let mut out = vec![span(Role::Dim, format!("{} ", line.label))];
        out.extend(value(state, chart, line));
        out
    };
    there.map(labelled).collect()
}

/// No line has any point, however old.
pub fn is_empty(state: &State, chart: &Chart) -> bool {
    known::newest(state, chart).is_none()
}

/// Why there is nothing at all: what the first line says.
pub fn why<'a>(state: &State, chart: &Chart) -> Line<'a> {
    // A picture without any point has room for one: the worst, else one that can change.
    let reasons = chart.lines.iter().filter_map(|line| known::why(state, chart.of, line.name));
    let mut reasons: Vec<_> = reasons.collect();
    reasons.sort_by_key(|why| (!why.bad, why.never));
    reasons.into_iter().next().map_or_else(Vec::new, |why| said(why.bad, why.words))
}

fn said<'a>(bad: bool, words: String) -> Line<'a> {
    if bad { vec![span(Role::Bad, format!("✗ {words}"))] } else { vec![span(Role::Dim, words)] }
}

/// Why there is no point in the window though there were some before.
pub fn before<'a>(state: &State, chart: &Chart) -> Line<'a> {
    let newest = |line: &Metric| known::points(state, chart.of, line.name).last().map(|point| (point.at, line.name));
    let Some((at, name)) = chart.lines.iter().filter_map(newest).max_by_key(|newest| newest.0) else {
        return why(state, chart);
    };
    let ended = known::ended(state, chart.of, name, at);
    said(ended.bad, ended.words)
}

/// What to know of the chart; where its points have ended, that.
pub fn note<'a>(state: &State, chart: &Chart) -> Line<'a> {
    match known::newest(state, chart) {
        Some(at) if is_late(state, at) => before(state, chart),
        _ => vec![span(Role::Dim, chart.doc)],
    }
}

/// How old the newest point is.
pub fn age<'a>(state: &State, chart: &Chart) -> Line<'a> {
    let Some(at) = known::newest(state, chart) else { return Vec::new() };
    let label = age::Age::of(Some(at), state.now).label();
    if !is_late(state, at) {
        return vec![span(Role::Dim, label)];
    }
    let bad = chart.lines.iter().any(|line| known::ended(state, chart.of, line.name, at).bad);
    if bad { vec![span(Role::Bad, format!("✗ {label}"))] } else { vec![span(Role::Dim, format!("○ {label}"))] }
}

fn is_late(state: &State, at: Timestamp) -> bool {
    state.now >= known::late_from(at)
}

/// The newest value, or the one under the cursor.
fn value<'a>(state: &State, chart: &Chart, line: &Metric) -> Line<'a> {
    let points = known::points(state, chart.of, line.name);
    if let Some((at, step)) = state.charts.cursor(state.now) {
        return vec![under(points, at, step, chart.unit)];
    }
    let Some(point) = points.last() else { return vec![span(Role::Dim, "—")] };
    let words = chart.unit.words(point.value);
    if is_late(state, point.at) {
        // The age of the chart is that of its newest line; one that ended before says its own.
        let own = known::newest(state, chart).filter(|newest| *newest > point.at);
        let own = own.map(|_| format!(" ({} ago)", age::Age::of(Some(point.at), state.now).label()));
        return vec![span(Role::Dim, words + &own.unwrap_or_default())];
    }
    match chart.unit {
        Unit::Seconds if point.value > LATENCY_CRITICAL => vec![span(Role::Bad, format!("✗ {words}"))],
        Unit::Seconds if point.value > LATENCY_WARNING => vec![span(Role::Warn, format!("▲ {words}"))],
        _ => vec![span(Role::Text, words)],
    }
}

/// What there is of what is free.
fn whole<'a>(state: &State, chart: &Chart) -> Line<'a> {
    let gigabytes = known::storage(state, chart);
    gigabytes.map(|gigabytes| span(Role::Dim, format!(" of {gigabytes} GB"))).into_iter().collect()
}

/// From the lowest to the highest value of the minutes under the cursor.
fn under<'a>(points: &[Point], at: Timestamp, step: SignedDuration, unit: Unit) -> super::super::canvas::Span<'a> {
    let until = at.checked_add(step).unwrap_or(at);
    let here = points.iter().filter(|point| at <= point.at && point.at < until).map(|point| point.value);
    let range = here.fold(None, |range: Option<(f64, f64)>, value| {
        Some(range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
    });
    let Some((low, high)) = range else { return span(Role::Unknown, "no point") };
    let (low, high) = (unit.words(low), unit.words(high));
    span(Role::Text, if low == high { low } else { format!("{low} – {high}") })
}
