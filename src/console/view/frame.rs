//! What stands in the title of a pane: how many, how old, what went wrong; and what stands in it when there are no rows.

use super::canvas::{Canvas, Line, span};
use super::header::fresh;
use crate::console::actions::ActionId;
use crate::console::state::feed::{Failure, Feed, Freshness};
use crate::console::state::layout::Pane;
use crate::console::state::{State, age};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::{ProblemKind, Subject};
use jiff::Timestamp;

/// One word for a kind of problem.
pub fn kind_word(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::NoCredentials => "no credentials",
        ProblemKind::ExpiredCredentials => "credentials expired",
        ProblemKind::AccessDenied => "access denied",
        ProblemKind::Throttled => "throttled",
        ProblemKind::Timeout => "no answer",
        ProblemKind::Unreachable => "unreachable",
        ProblemKind::NotFound => "not found",
        ProblemKind::InvalidState => "refused",
        ProblemKind::Service => "service error",
        ProblemKind::Configuration => "configuration",
        ProblemKind::Internal => "internal error",
    }
}

/// `Tasks ─ 3 of 14 · 2 need attention ─ / orders`.
pub fn title<'a>(name: Line<'a>, left: usize, all: Option<usize>, unwell: usize, filter: &'a str) -> Line<'a> {
    let mut line = name;
    let Some(all) = all else { return line };
    line.push(span(Role::Border, " ─ "));
    let count = |n: usize| text::grouped(i64::try_from(n).unwrap_or(i64::MAX));
    let total = if left == all { count(all) } else { format!("{} of {}", count(left), count(all)) };
    line.push(span(Role::Text, total));
    if unwell > 0 {
        let verb = if unwell == 1 { "needs" } else { "need" };
        line.push(span(Role::Bad, format!(" · {} {verb} attention", count(unwell))));
    }
    if !filter.trim().is_empty() {
        line.push(span(Role::Border, " ─ "));
        line.push(span(Role::Input, format!("/ {filter}")));
    }
    line
}

/// ` ─ 3 marked, 1 of them hidden`, where any are.
pub fn marked<'a>(state: &State) -> Line<'a> {
    let marks = state.page().marks(state);
    let count = |n: usize| text::grouped(i64::try_from(n).unwrap_or(i64::MAX));
    let mut line: Line<'a> = Vec::new();
    if marks.all > 0 {
        line.extend([span(Role::Border, " ─ "), span(Role::Input, format!("◆ {} marked", count(marks.all)))]);
    }
    if marks.hidden > 0 {
        line.push(span(Role::Warn, format!(", {} of them hidden", count(marks.hidden))));
    }
    line
}

/// `as of 15s · metrics 1m`, or what went wrong and when it is tried again.
pub fn ages<'a>(state: &State, subjects: &[(Subject, &'static str)]) -> Line<'a> {
    let mut line: Line<'a> = Vec::new();
    for (subject, name) in subjects {
        let pane = state.pane_age(subject);
        let feed = state.world.feed(subject);
        let mut parts: Line<'a> = Vec::new();
        if pane.has_data {
            let role = if pane.freshness == Freshness::Fresh { Role::Dim } else { fresh(pane.freshness) };
            let age = age::Age::of(pane.as_of, state.now);
            let words = match age {
                age::Age::Seconds(_) => format!("{name} {}", age.label()),
                _ if *subject == Subject::Metrics => format!("{name}: {}", age.label()),
                _ => age.label(),
            };
            parts.push(span(role, format!("{}{words}", pane.freshness.sign())));
        }
        if let Some(failure) = feed.and_then(|feed| feed.failed.as_ref()) {
            let of = if pane.has_data { ", " } else { "" };
            parts.push(span(Role::Bad, format!("{of}{}", failure_words(failure))));
        }
        if feed.is_some_and(|feed| feed.asked.is_some()) {
            parts.push(span(Role::Busy, if parts.is_empty() { "asking…" } else { ", asking…" }));
        }
        if !parts.is_empty() && !line.is_empty() {
            line.push(span(Role::Dim, " · "));
        }
        line.extend(parts);
    }
    line
}

/// The same of something that no feed brings.
pub fn feed_age<'a>(feed: &Feed, now: Timestamp) -> Line<'a> {
    let mut line: Line<'a> = Vec::new();
    if feed.has_data() {
        let freshness = feed.freshness(now);
        let role = if freshness == Freshness::Fresh { Role::Dim } else { fresh(freshness) };
        line.push(span(role, format!("{}as of {}", freshness.sign(), feed.age(now).label())));
    }
    if let Some(failure) = &feed.failed {
        let of = if line.is_empty() { "" } else { ", " };
        line.push(span(Role::Bad, format!("{of}{}", failure_words(failure))));
    }
    line
}

fn failure_words(failure: &Failure) -> String {
    let retry = failure.retry_at.map(|at| format!(", retry {}", age::clock(at))).unwrap_or_default();
    format!("{}{retry}", kind_word(failure.problem.kind))
}

/// An error where nothing was ever there to show.
pub fn failed(state: &State, canvas: &mut Canvas<'_>, pane: Pane, subject: &Subject) {
    if let Some(failure) = state.world.feed(subject).and_then(|feed| feed.failed.as_ref()) {
        failed_with(state, canvas, pane, failure);
    }
}

/// This error where nothing was ever there to show.
pub fn failed_with(state: &State, canvas: &mut Canvas<'_>, pane: Pane, failure: &Failure) {
    let width = usize::from(pane.width.saturating_sub(8)).min(90);
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (at, text) in failure.problem.lines().iter().enumerate() {
        for (nth, part) in text::wrap(text, width).into_iter().enumerate() {
            let role = if at == 0 { Role::Bad } else { Role::Text };
            let sign = if at == 0 && nth == 0 { "✗ " } else { "" };
            lines.push(vec![span(role, format!("{sign}{part}"))]);
        }
    }
    lines.push(Vec::new());
    let key = state.key(ActionId::AskNow);
    let retry = failure.retry_at.map_or(format!("press {key} to ask again"), |at| {
        format!("asked again at {} UTC; {key} asks now", age::clock(at))
    });
    lines.push(vec![span(Role::Dim, retry)]);
    canvas.block(pane, &lines);
}

/// Rows there are, but none passes the filter.
pub fn no_match(state: &State, canvas: &mut Canvas<'_>, pane: Pane, filter: &str, all: usize, noun: &str) {
    let columns: Vec<&str> = state.columns().iter().map(|column| column.id).collect();
    canvas.notice(
        pane,
        &[
            vec![
                span(Role::Text, format!("None of {} matches ", text::plural(all, noun))),
                span(Role::Input, filter.to_owned()),
            ],
            vec![span(Role::Dim, format!("{} shows all again", state.key(ActionId::Back)))],
            Vec::new(),
            vec![span(Role::Dim, "column:text looks in one column:")],
            vec![span(Role::Dim, columns.join(" "))],
        ],
    );
}
