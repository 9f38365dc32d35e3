//! What the configuration can refresh, what is under way, and what was; the row under the cursor below it.
//!
//! ```text
//! ┌ Refreshes ─ 4 · → 1 under way ─────────────────────────────────────────────────────────── as of now ┐
//! │  REFRESH    STATE                STEP        STARTED UTC▾   TOOK  TARGET                             │
//! │▌ staging    last: running                    14:01:07         2m  db.staging.example/shop            │
//! │  staging    → running            load        14:01:07         2m  db.staging.example:5432/shop       │
//! └──────────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::canvas::{Canvas, Line, span};
use super::grid::Grid;
use super::{below_head, frame};
use crate::console::actions::ActionId;
use crate::console::state::events::stamp;
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::refreshes::row::{COLUMNS, REFRESH, Row, STARTED, STATE, TOOK, What};
use crate::console::state::{Filling, State, age};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::refresh::told::Prepared;
use crate::model::refresh::{RunHead, RunState};
use crate::model::untrusted::shown;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let pane = layout.list;
    let inner = pane.inner();
    let refreshes = &state.refreshes;
    let (list, all) = (&refreshes.list, refreshes.rows.len());
    let filling = state.filling();
    let widest = refreshes.rows.iter().map(|row| text::width(&row.words(REFRESH))).max().unwrap_or(0);
    let grid = Grid::new(inner, &COLUMNS, list.shift, u16::try_from(widest).unwrap_or(u16::MAX));
    let counted = matches!(filling, Filling::Rows | Filling::NoMatch).then_some(all);
    let heading = vec![span(Role::Title, "Refreshes")];
    let mut title = frame::title(heading, list.len(), counted, refreshes.unwell().count(), list.filter.text());
    let working = refreshes.open().filter(|head| head.is_working()).count();
    if working > 0 {
        title.push(span(Role::Busy, format!(" · → {working} under way")));
    }
    if filling == Filling::Rows {
        title.extend(super::tasks::hidden(&grid, list.sort));
    }
    canvas.frame(pane, &title, &frame::feed_age(&refreshes.feed, state.now));
    match filling {
        Filling::Rows => rows(state, canvas, &grid, inner),
        Filling::Loading => canvas.notice(inner, &[vec![span(Role::Busy, "reading the journals…")]]),
        Filling::Failed => {
            if let Some(failure) = &refreshes.feed.failed {
                frame::failed_with(state, canvas, inner, failure);
            }
        }
        Filling::Empty => nothing(canvas, inner),
        Filling::NoMatch => frame::no_match(state, canvas, inner, list.filter.text(), all, "line"),
    }
    if let Some(pane) = layout.detail {
        detail(state, canvas, pane);
    }
}

fn nothing(canvas: &mut Canvas<'_>, pane: Pane) {
    canvas.notice(
        pane,
        &[
            vec![span(Role::Text, "The configuration names no refresh, and none was carried out from this machine.")],
            vec![
                span(Role::Dim, "A "),
                span(Role::Key, "[refresh.NAME]"),
                span(Role::Dim, " says which task loads which target, and what is done around it;"),
            ],
            vec![span(Role::Dim, "config.example.toml has one.")],
        ],
    );
}

fn rows(state: &State, canvas: &mut Canvas<'_>, grid: &Grid, inner: Pane) {
    let list = &state.refreshes.list;
    grid.head(canvas, inner.y, list.sort);
    for ((place, row), y) in list.visible().zip(below_head(inner, 1).y..) {
        let Some(row) = state.refreshes.rows.get(row) else { continue };
        grid.row(canvas, y, place == list.cursor(), |column, _| cell(state, row, column));
    }
}

fn cell<'a>(state: &State, row: &Row, column: usize) -> Line<'a> {
    let head = row.head();
    let is_prepared = matches!(row.what, What::Prepared { .. });
    // What was is less than what is.
    let text = if is_prepared { Role::Dim } else { Role::Text };
    match column {
        REFRESH => vec![span(Role::Text, shown(&row.words(REFRESH)).into_owned())],
        STATE => match (head, is_prepared) {
            (None, _) => vec![span(Role::Dim, "not run yet")],
            (Some(head), true) => {
                let (role, _) = sign(head);
                vec![span(Role::Dim, "last: "), span(role, head.standing())]
            }
            (Some(head), false) => {
                let (role, sign) = sign(head);
                vec![span(role, format!("{sign} {}", head.standing()))]
            }
        },
        STARTED => vec![span(text, head.map(|head| stamp(head.began, state.now)).unwrap_or_default())],
        TOOK => vec![span(text, head.map(|head| took(state, head)).unwrap_or_default())],
        other => vec![span(Role::Text, shown(&row.words(other)).into_owned())],
    }
}

fn took(state: &State, head: &RunHead) -> String {
    let until = head.ended.or_else(|| head.is_working().then_some(state.now));
    until.map_or_else(|| "—".to_owned(), |until| age::length(until.duration_since(head.began)))
}

/// Role and sign of how a run stands.
pub fn sign(head: &RunHead) -> (Role, &'static str) {
    match head.state {
        _ if head.needs_attention() => (Role::Bad, "✗"),
        RunState::Running => (Role::Busy, "→"),
        RunState::Undoing => (Role::Warn, "←"),
        RunState::NeedsCredentials => (Role::Warn, "▲"),
        RunState::Paused => (Role::Warn, "○"),
        RunState::Parked => (Role::Good, "●"),
        RunState::Undone => (Role::Unknown, "◐"),
        RunState::NeedsAttention => (Role::Bad, "✗"),
        RunState::Done => (Role::Good, "✓"),
    }
}

fn detail(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let Some(row) = state.refreshes.in_detail() else {
        canvas.frame(pane, &[span(Role::Title, "Refresh")], &[]);
        return;
    };
    let inner = pane.inner();
    let width = usize::from(inner.width.saturating_sub(2));
    let name = shown(&row.words(REFRESH)).into_owned();
    let (title, lines) = match &row.what {
        What::Prepared { prepared, last } => (name, of_prepared(state, prepared, last.as_deref())),
        What::Run(head) => (format!("{name} ─ {}", shown(&head.id.0)), of_run(state, head, width)),
    };
    canvas.frame(pane, &[span(Role::Title, title)], &[]);
    canvas.lines(inner, &lines);
}

fn fact<'a>(name: &'static str, value: String) -> Line<'a> {
    vec![span(Role::Dim, format!("{name:<8}")), span(Role::Text, value)]
}

fn of_prepared<'a>(state: &State, prepared: &Prepared, last: Option<&RunHead>) -> Vec<Line<'a>> {
    let kinds = format!("{}, {}, {}", prepared.purpose.word(), prepared.load.word(), prepared.cadence.word());
    let masked = if prepared.masked { "; columns are masked" } else { "; nothing is masked" };
    let mut lines = vec![
        fact("what", format!("{kinds}{masked}")),
        fact("task", shown(&prepared.task).into_owned()),
        fact("target", shown(&prepared.to.join(", ")).into_owned()),
    ];
    lines.push(match last {
        None => fact("last", "never, from this machine".to_owned()),
        Some(head) => {
            let (role, sign) = sign(head);
            let began = age::moment(head.began, state.now);
            let words = format!("{sign} {}", head.standing());
            let rest = format!(", begun {began} UTC, {}", took(state, head));
            vec![span(Role::Dim, format!("{:<8}", "last")), span(role, words), span(Role::Text, rest)]
        }
    });
    let unseen = state.refreshes.unseen.iter().find(|(name, _)| *name == prepared.name);
    lines.push(unseen.map_or_else(Vec::new, |(_, why)| {
        fact("others", format!("not known, its target was not looked at: {}", shown(why)))
    }));
    lines.push(vec![
        span(Role::Key, state.key(ActionId::OpenRefresh)),
        span(Role::Dim, " plans it: everything it would do, in words and in SQL. Nothing is changed by that."),
    ]);
    lines
}

fn of_run<'a>(state: &State, head: &RunHead, width: usize) -> Vec<Line<'a>> {
    let (role, sign) = sign(head);
    let step = head.step.as_ref().filter(|_| !head.state.is_over());
    let step = step.map(|step| format!(" at {}", shown(&step.0))).unwrap_or_default();
    let mut lines = vec![vec![
        span(role, format!("{sign} {}{step}", head.standing())),
        span(Role::Dim, {
            let alive = if head.is_working() && head.alive == Some(true) { ", its process is there" } else { "" };
            format!("  {} by {} on {}{alive}", took(state, head), shown(&head.os_user), shown(&head.host))
        }),
    ]];
    if let Some(why) = &head.why {
        let role = if head.needs_attention() { Role::Bad } else { Role::Text };
        lines.extend(text::wrap(&why.shown(), width).into_iter().take(3).map(|part| vec![span(role, part)]));
    }
    if let Some(elsewhere) = &head.elsewhere {
        let beat = age::moment(elsewhere.beat, state.now);
        lines.push(fact("ledger", format!("last sign of life {beat} UTC; its journal is not here")));
        lines.extend(head.command().map(|command| fact("go on", shown(&command).into_owned())));
    }
    lines.push(fact("source", shown(&head.source.place).into_owned()));
    lines.push(fact("target", shown(&head.target.place).into_owned()));
    lines.push(fact("plan", head.plan.short().to_owned()));
    if let Some(command) = head.command().filter(|_| head.elsewhere.is_none()) {
        lines.push(vec![
            span(Role::Dim, format!("{:<8}", "go on")),
            span(Role::Key, state.key(ActionId::OpenRefresh)),
            span(Role::Dim, " opens it; or "),
            span(Role::Text, shown(&command).into_owned()),
        ]);
    }
    lines
}
