//! What was changed, newest first, the entry under the cursor below it, or on the whole screen.
//!
//! ```text
//! ┌ Activity ─ 12 · 1 needs attention ─────────────────────────────────────────────────────── as of now ┐
//! │ 8 of yours, 4 of others of the team                                                                  │
//! │  WHEN UTC▾   RESULT      WHAT             NAME             WHO   FROM    OUTCOME                     │
//! │▌ 14:01:07    ▲ unknown   disable-rule     rule:default/x   jane  jump-1  no answer came …            │
//! └──────────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::canvas::{Canvas, Line, span};
use super::grid::Grid;
use super::{below_head, frame};
use crate::console::state::activity::entry::{self, Kind};
use crate::console::state::activity::{COLUMNS, RESULT, Row, STAMP, in_detail};
use crate::console::state::events::stamp;
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::{Filling, State};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::audit::{Activity, Standing, State as Ended};
use crate::model::untrusted::shown;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    if state.activity.whole {
        return whole(state, canvas, layout.list);
    }
    let pane = layout.list;
    let inner = pane.inner();
    let (list, all) = (&state.activity.list, state.activity.rows.len());
    let filling = state.filling();
    let grid = Grid::new(inner, &COLUMNS, list.shift, STAMP);
    let counted = matches!(filling, Filling::Rows | Filling::NoMatch).then_some(all);
    let heading = vec![span(Role::Title, "Activity")];
    let mut title = frame::title(heading, list.len(), counted, state.activity.open(), list.filter.text());
    if filling == Filling::Rows {
        if list.offset() > 0 {
            title.push(span(Role::Dim, format!(" ─ {} more above", list.offset())));
        }
        title.extend(super::tasks::hidden(&grid, list.sort));
    }
    canvas.frame(pane, &title, &frame::feed_age(&state.activity.feed, state.now));
    canvas.line(inner.x + 1, inner.y, inner.width.saturating_sub(2), &note(state));
    let body = inner.below(1);
    match filling {
        Filling::Rows => rows(state, canvas, &grid, body),
        Filling::Loading => canvas.notice(body, &[vec![span(Role::Busy, "reading the audit…")]]),
        Filling::Failed => {
            if let Some(failure) = &state.activity.feed.failed {
                frame::failed_with(state, canvas, body, failure);
            }
        }
        Filling::Empty => canvas.notice(
            body,
            &[
                vec![span(Role::Text, "Nothing was changed, and nothing was refused.")],
                vec![span(Role::Dim, "What is changed with other tools stands in CloudTrail, not here.")],
            ],
        ),
        Filling::NoMatch => frame::no_match(state, canvas, body, list.filter.text(), all, "entry"),
    }
    if let Some(pane) = layout.detail {
        detail(state, canvas, pane);
    }
}

/// What is missing from the list, else whose it is.
fn note<'a>(state: &State) -> Line<'a> {
    let activity = &state.activity;
    if let Some(gap) = activity.gaps.first() {
        // Before the first of them, which may be long.
        let more = match activity.gaps.len() {
            1 => String::new(),
            n => format!(" (1 of {n}, all on Problems)"),
        };
        let words = format!("not all is here{more}: {}", shown(&gap.detail));
        return vec![span(Role::Unknown, "? "), span(Role::Unknown, words)];
    }
    if activity.rows.is_empty() {
        return Vec::new();
    }
    let mine = activity.rows.iter().filter(|row| row.activity.mine).count();
    let count = |n: usize| text::grouped(i64::try_from(n).unwrap_or(i64::MAX));
    match activity.rows.len() - mine {
        0 => vec![span(Role::Dim, "of this user on this machine; audit_dir in the configuration adds a team")],
        others => vec![span(Role::Dim, format!("{} of yours, {} of others of the team", count(mine), count(others)))],
    }
}

fn rows(state: &State, canvas: &mut Canvas<'_>, grid: &Grid, inner: Pane) {
    let list = &state.activity.list;
    grid.head(canvas, inner.y, list.sort);
    for ((place, row), y) in list.visible().zip(below_head(inner, 1).y..) {
        let Some(row) = state.activity.rows.get(row) else { continue };
        grid.row(canvas, y, place == list.cursor(), |column, _| cell(state, row, column));
    }
}

fn cell<'a>(state: &State, row: &'a Row, column: usize) -> Line<'a> {
    match column {
        0 => vec![span(Role::Text, stamp(row.activity.entry.asked_at, state.now))],
        RESULT => {
            let (role, sign, word) = result(&row.activity);
            vec![span(role, format!("{sign} {word}"))]
        }
        column => vec![span(Role::Text, shown(row.words(column)))],
    }
}

/// Role, sign and word. What somebody has to look at stands out; an unknown that was changed again since does not.
fn result(activity: &Activity) -> (Role, &'static str, &'static str) {
    match activity.standing {
        _ if activity.open => (Role::Bad, "▲", "unknown"),
        Standing::LeftBehind | Standing::Ended(Ended::Unknown) => (Role::Unknown, "?", "unknown"),
        Standing::UnderWay => (Role::Busy, "→", "under way"),
        Standing::Ended(Ended::Done) => (Role::Good, "✓", "done"),
        Standing::Ended(Ended::Refused) => (Role::Dim, "○", "refused"),
        Standing::Ended(state) => (Role::Bad, "✗", state.word()),
    }
}

fn title<'a>(row: &Row) -> Line<'a> {
    let (role, sign, word) = result(&row.activity);
    let entry = &row.activity.entry;
    vec![
        span(Role::Title, shown(&entry.kind).into_owned()),
        span(Role::Border, " ─ "),
        span(Role::Text, shown(&entry.name).into_owned()),
        span(Role::Border, " ─ "),
        span(role, format!("{sign} {word}")),
    ]
}

fn detail(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let Some(row) = in_detail(state) else {
        canvas.frame(pane, &[span(Role::Title, "Entry")], &[]);
        return;
    };
    canvas.frame(pane, &title(row), &[]);
    let inner = pane.inner();
    let lines = entry::lines(row, state.now, usize::from(inner.width.saturating_sub(2)));
    let lines: Vec<Line<'_>> = lines.iter().map(spans).collect();
    canvas.lines(inner, &lines);
}

fn whole(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let activity = &state.activity;
    let heading = in_detail(state).map_or_else(|| vec![span(Role::Title, "Entry")], title);
    let place = activity.pane.place().map(|place| span(Role::Dim, place));
    canvas.frame(pane, &heading, place.as_slice());
    let inner = pane.inner();
    let lines = activity.lines.get(activity.pane.visible()).unwrap_or_default();
    for (line, y) in lines.iter().zip(inner.y..) {
        canvas.line(inner.x + 1, y, inner.width.saturating_sub(2), &spans(line));
    }
}

fn spans(line: &entry::Line) -> Line<'_> {
    let role = match line.kind {
        Kind::Fact => Role::Text,
        Kind::Beware => Role::Warn,
        Kind::Less => Role::Dim,
    };
    vec![span(Role::Dim, format!("{:<1$}", line.name, entry::NAME)), span(role, line.text.as_str())]
}
