//! Which comparisons run or ran, those that run on top.
//!
//! ```text
//! ┌ Validations ─ 5 · 1 runs ───────────────────────────────────────────────────────────── as of now ┐
//! │  WHAT           RESULT        STARTED UTC▾   TOOK   DIFFER  TABLES                      ROWS       │
//! │▌ orders-cdc     → comparing   14:01:07        12s        3  2 equal, 1 different, 4 to go   1.2M   │
//! └───────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::canvas::{Canvas, Line, span};
use super::grid::Grid;
use super::{below_head, frame};
use crate::console::actions::ActionId;
use crate::console::state::events::stamp;
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::validations::{
    BY, COLUMNS, DIFFERENT, RESULT, ROWS, SOURCE, STARTED, TABLES, TARGET, TOOK, WHAT, result_word,
};
use crate::console::state::{Filling, State, age};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::untrusted::shown;
use crate::model::validation::Verdict;
use crate::model::validation::told::{self, RunLine, RunState};

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let pane = layout.list;
    let inner = pane.inner();
    let validations = &state.validations;
    let (list, all) = (&validations.list, validations.rows.len());
    let filling = state.filling();
    let widest = validations.rows.iter().map(|row| text::width(&row.name)).max().unwrap_or(0);
    let grid = Grid::new(inner, &COLUMNS, list.shift, u16::try_from(widest).unwrap_or(u16::MAX));
    let counted = matches!(filling, Filling::Rows | Filling::NoMatch).then_some(all);
    let heading = vec![span(Role::Title, "Validations")];
    let mut title = frame::title(heading, list.len(), counted, 0, list.filter.text());
    if validations.running() > 0 {
        title.push(span(Role::Busy, format!(" · → {} under way", validations.running())));
    }
    if filling == Filling::Rows {
        title.extend(super::tasks::hidden(&grid, list.sort));
    }
    canvas.frame(pane, &title, &frame::feed_age(&validations.feed, state.now));
    match filling {
        Filling::Rows => rows(state, canvas, &grid, inner),
        Filling::Loading => canvas.notice(inner, &[vec![span(Role::Busy, "reading what is kept…")]]),
        Filling::Failed => {
            if let Some(failure) = &validations.feed.failed {
                frame::failed_with(state, canvas, inner, failure);
            }
        }
        Filling::Empty => nothing(state, canvas, inner),
        Filling::NoMatch => frame::no_match(state, canvas, inner, list.filter.text(), all, "validation"),
    }
}

/// Nothing was compared yet: how to begin.
pub fn nothing(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let key = state.key(ActionId::NewValidation);
    canvas.notice(
        pane,
        &[
            vec![span(Role::Text, "Nothing was compared yet.")],
            vec![
                span(Role::Dim, "press "),
                span(Role::Key, key),
                span(Role::Dim, " to compare source and target of a task, row by row;"),
            ],
            vec![span(Role::Dim, "the plan with what it costs comes first")],
        ],
    );
}

fn rows(state: &State, canvas: &mut Canvas<'_>, grid: &Grid, inner: Pane) {
    let list = &state.validations.list;
    grid.head(canvas, inner.y, list.sort);
    for ((place, row), y) in list.visible().zip(below_head(inner, 1).y..) {
        let Some(row) = state.validations.rows.get(row) else { continue };
        grid.row(canvas, y, place == list.cursor(), |column, width| cell(state, &row.line, column, width));
    }
}

/// One cell of a line about a run; the side of a task shows the same ones.
pub fn cell<'a>(state: &State, line: &'a RunLine, column: usize, width: usize) -> Line<'a> {
    let number = |n: u64| text::count(i64::try_from(n).unwrap_or(i64::MAX), width);
    match column {
        WHAT => vec![span(Role::Text, shown(&told::called(line)).into_owned())],
        RESULT => {
            let (role, sign) = result_sign(line);
            vec![span(role, format!("{sign} {}", result_word(line)))]
        }
        STARTED => vec![span(Role::Text, stamp(line.started, state.now))],
        TOOK => {
            let until = line.ended.or_else(|| (!line.state.is_over()).then_some(state.now));
            let took = until.map(|at| age::length(at.duration_since(line.started)));
            let role = if line.state.is_over() { Role::Text } else { Role::Busy };
            vec![took.map_or_else(|| span(Role::Unknown, "?"), |took| span(role, took))]
        }
        DIFFERENT if line.differences > 0 => vec![span(Role::Bad, number(line.differences))],
        DIFFERENT => vec![span(Role::Dim, if line.verdict == Some(Verdict::Equal) { "0" } else { "—" })],
        TABLES => tables(line),
        ROWS => vec![span(Role::Text, number(line.rows))],
        BY => vec![span(Role::Text, told::trigger(line.trigger))],
        SOURCE => vec![span(Role::Text, place(&line.source_at.shown(), width))],
        TARGET => vec![span(Role::Text, place(&line.target_at.shown(), width))],
        _ => Vec::new(),
    }
}

/// Where a database is, cut so that its own name stays: `shop.clus…/shop`.
pub fn place(at: &str, width: usize) -> String {
    let Some((host, name)) = at.rsplit_once('/').filter(|_| text::width(at) > width) else { return at.to_owned() };
    // Where not even the name has room its beginning says more than nothing.
    let room = width.saturating_sub(text::width(name) + 1);
    if room < 3 { text::cut(name, width).into_owned() } else { format!("{}/{name}", text::cut(host, room)) }
}

/// Role and sign of a run.
pub fn result_sign(line: &RunLine) -> (Role, &'static str) {
    match (line.state, line.verdict) {
        (RunState::Comparing, _) => (Role::Busy, "→"),
        (RunState::Waiting | RunState::Paused | RunState::Stopping, _) => (Role::Busy, "○"),
        (RunState::Ended | RunState::Interrupted, Some(Verdict::Different)) => verdict_sign(Verdict::Different),
        (RunState::Ended, Some(verdict)) => verdict_sign(verdict),
        (RunState::Failed, _) => (Role::Bad, "▲"),
        _ => (Role::Unknown, "?"),
    }
}

/// Role and sign of a verdict; each sign is its own, whatever the colours.
pub fn verdict_sign(verdict: Verdict) -> (Role, &'static str) {
    match verdict {
        Verdict::Equal => (Role::Good, "✓"),
        Verdict::CountsEqual => (Role::Good, "●"),
        Verdict::Unknown => (Role::Unknown, "?"),
        Verdict::Different => (Role::Bad, "✗"),
    }
}

/// `2 equal, 1 different, 4 to go`.
fn tables<'a>(line: &RunLine) -> Line<'a> {
    let mut parts: Vec<(Role, String)> = Vec::new();
    let mut add = |role, count: usize, word: &str| {
        if count > 0 {
            parts.push((role, format!("{count} {word}")));
        }
    };
    add(Role::Bad, line.different, "different");
    add(Role::Unknown, line.unknown, "unknown");
    add(Role::Text, line.equal, "equal");
    if !line.state.is_over() {
        let left = line.tables.saturating_sub(line.equal + line.different + line.unknown);
        add(Role::Dim, left, "to go");
    }
    let mut out: Line<'a> = Vec::new();
    for (at, (role, words)) in parts.into_iter().enumerate() {
        if at > 0 {
            out.push(span(Role::Dim, ", "));
        }
        out.push(span(role, words));
    }
    out
}
