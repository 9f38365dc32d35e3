//! The side Validation of a task: our runs of it above, what DMS's own validation says below.

use super::canvas::{Canvas, Line, span};
use super::grid::Grid;
use super::validations::{cell, nothing};
use super::{below_head, frame};
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::list::Sort;
use crate::console::state::validation_tab::{Kind, beside, runs};
use crate::console::state::validations::{COLUMNS, STARTED};
use crate::console::state::{Filling, State};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::Subject;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let pane = layout.list;
    let inner = pane.inner();
    let runs = runs(state);
    let mut title = vec![span(Role::Title, "Our validations")];
    if !runs.is_empty() {
        title.extend([span(Role::Border, " ─ "), span(Role::Text, text::plural(runs.len(), "run"))]);
    }
    canvas.frame(pane, &title, &frame::feed_age(&state.validations.feed, state.now));
    match state.filling() {
        Filling::Loading => canvas.notice(inner, &[vec![span(Role::Busy, "reading what is kept…")]]),
        Filling::Failed => {
            if let Some(failure) = &state.validations.feed.failed {
                frame::failed_with(state, canvas, inner, failure);
            }
        }
        Filling::Rows => {
            let tab = &state.validation_tab;
            let grid = Grid::new(inner, &COLUMNS, 0, 14);
            grid.head(canvas, inner.y, Sort { column: STARTED, reversed: false });
            let visible = runs.iter().enumerate().skip(tab.offset()).take(tab.height());
            for ((place, line), y) in visible.zip(below_head(inner, 1).y..) {
                grid.row(canvas, y, place == tab.cursor(), |column, width| cell(state, line, column, width));
            }
        }
        _ => nothing(state, canvas, inner),
    }
    if let Some(pane) = layout.detail {
        of_dms(state, canvas, pane);
    }
}

/// DMS's own.
fn of_dms(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let age = state.opened.clone().map(|arn| {
        frame::ages(state, &[(Subject::Tables(arn.clone()), "tables"), (Subject::Databases(arn), "target")])
    });
    canvas.frame(pane, &[span(Role::Title, "DMS's own validation")], &age.unwrap_or_default());
    let line = |(kind, words): (Kind, String)| {
        let (role, sign) = match kind {
            Kind::Heading => (Role::Title, ""),
            Kind::Good => (Role::Good, "✓ "),
            Kind::Bad => (Role::Bad, "✗ "),
            Kind::Unknown => (Role::Unknown, "? "),
            Kind::Less => (Role::Dim, "· "),
        };
        vec![span(role, sign), span(role, words)]
    };
    let lines: Vec<Line<'_>> = beside(state).into_iter().map(line).collect();
    canvas.lines(pane.inner(), &lines);
}
