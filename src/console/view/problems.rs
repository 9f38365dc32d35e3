//! Every error with its age, newest first, and the one under the cursor in full.

use super::canvas::{Canvas, Line, span};
use super::cost;
use super::frame::kind_word;
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::problems::{Entry, EntryState};
use crate::console::state::{State, age};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::untrusted::shown;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let pane = layout.list;
    let inner = pane.inner();
    let entries = state.problems.entries();
    let mut title = vec![span(Role::Title, "Problems"), span(Role::Border, " ─ ")];
    title.push(span(Role::Text, text::grouped(i64::try_from(entries.len()).unwrap_or(i64::MAX))));
    let standing = state.problems.standing();
    if standing > 0 {
        title.push(span(Role::Bad, format!(" · {standing} standing")));
    }
    canvas.frame(pane, &title, &traffic(state));
    if entries.is_empty() {
        let words = "Nothing has failed since the console was started.";
        canvas.notice(inner, &[vec![span(Role::Good, "● "), span(Role::Text, words)]]);
    } else {
        rows(state, canvas, inner);
    }
    if let Some(pane) = layout.detail {
        detail(state, canvas, pane);
    }
}

/// What asking costs, so that nobody has to guess.
fn traffic<'a>(state: &State) -> Line<'a> {
    let Some(traffic) = state.traffic else { return Vec::new() };
    let requests = text::plural(usize::try_from(traffic.requests_last_minute).unwrap_or(usize::MAX), "request");
    vec![span(Role::Dim, format!("{requests} in the last minute, {}", cost::words(Some(traffic))))]
}

/// Cells of age, count and standing.
const AGE: usize = 6;
const TIMES: usize = 6;
const STANDS: usize = 16;

fn rows(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let head = format!("{:<AGE$}{:<TIMES$}{:<STANDS$}WHAT", "AGE", "TIMES", "STATE");
    canvas.put(pane.x + 2, pane.y, pane.width.saturating_sub(3), Role::Title, &head);
    for ((place, entry), y) in state.problems.visible().zip(pane.y + 1..pane.y + pane.height) {
        let cursor = place == state.problems.cursor();
        if cursor {
            canvas.put(pane.x, y, 1, Role::Busy, "▌");
        }
        let (role, words) = standing(state, entry);
        let summary = if cursor { Role::Cursor } else { Role::Text };
        let line = [
            span(Role::Text, format!("{:<AGE$}", age::Age::of(Some(entry.last), state.now).label())),
            span(Role::Dim, format!("{:<TIMES$}", text::compact(entry.count.into()))),
            span(role, format!("{:<STANDS$}", text::cut(&words, STANDS - 1))),
            span(summary, shown(&entry.problem.summary)),
        ];
        canvas.line(pane.x + 2, y, pane.width.saturating_sub(3), &line);
    }
}

fn standing(state: &State, entry: &Entry) -> (Role, String) {
    match entry.state {
        EntryState::Standing => (Role::Bad, "✗ standing".to_owned()),
        EntryState::Settled(at) => (Role::Good, format!("✓ over {}", age::moment(at, state.now))),
        EntryState::Note => (Role::Dim, "· note".to_owned()),
    }
}

fn detail(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let Some(entry) = state.problems.selected() else {
        canvas.frame(pane, &[span(Role::Title, "Problem")], &[]);
        return;
    };
    let title =
        [span(Role::Title, "Problem"), span(Role::Border, " ─ "), span(Role::Text, kind_word(entry.problem.kind))];
    canvas.frame(pane, &title, &[]);
    let inner = pane.inner();
    let width = usize::from(inner.width.saturating_sub(2));
    let mut lines: Vec<Line<'_>> = Vec::new();
    let problem = &entry.problem;
    let request = problem.request_id.clone().unwrap_or_default();
    let times = match entry.count {
        1 => format!("{} UTC", age::clock(entry.last)),
        n => format!("{n} times, first {} UTC, last {} UTC", age::clock(entry.first), age::clock(entry.last)),
    };
    let retry = entry.retry_at.map(|at| format!("again at {} UTC", age::clock(at))).unwrap_or_default();
    for (name, text) in [
        ("what", problem.summary.as_str()),
        ("why", &problem.detail),
        ("to do", &problem.hint),
        ("request", &request),
        ("when", &times),
        ("retry", &retry),
    ] {
        for (at, part) in text::wrap(&shown(text), width.saturating_sub(9)).into_iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            lines.push(vec![span(Role::Dim, format!("{name:<9}")), span(Role::Text, part)]);
        }
    }
    canvas.lines(inner, &lines);
}
