//! Is everything through, of all tasks: worst first.

use super::canvas::{Canvas, Line, span};
use super::drain::verdict_sign;
use super::grid::Grid;
use super::{below_head, frame, tasks};
use crate::console::state::all_drain::{BACKLOG, COLUMNS, FIRST, INCOMING, Known, LATENCY, VERDICT};
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::{Filling, State, all_drain};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::Subject;
use crate::model::task::Task;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let pane = layout.list;
    let inner = pane.inner();
    let all = &state.all_drain;
    let filling = state.filling();
    let grid = Grid::new(inner, &COLUMNS, all.list.shift, all.widest);
    let count = matches!(filling, Filling::Rows | Filling::NoMatch | Filling::Empty).then_some(state.world.tasks.len());
    let filter = all.list.filter.text();
    let mut title = frame::title(vec![span(Role::Title, "Drain of all tasks")], all.list.len(), count, 0, filter);
    if filling == Filling::Rows {
        let open = match all.open {
            0 => span(Role::Good, " · all through"),
            n => span(Role::Bad, format!(" · {n} not through")),
        };
        title.push(open);
    }
    title.extend(frame::marked(state));
    if filling == Filling::Rows {
        title.extend(tasks::hidden(&grid, all.list.sort));
    }
    let right = frame::ages(state, &[(Subject::Tasks, "status"), (Subject::Metrics, "metrics")]);
    canvas.frame(pane, &title, &right);
    match filling {
        Filling::Rows => rows(state, canvas, &grid, inner),
        Filling::Loading => canvas.notice(inner, &[vec![span(Role::Busy, "asking for the tasks…")]]),
        Filling::Failed => frame::failed(state, canvas, inner, &Subject::Tasks),
        Filling::Empty => canvas.notice(inner, &[vec![span(Role::Text, "No replication tasks.")]]),
        Filling::NoMatch => frame::no_match(state, canvas, inner, filter, state.world.tasks.len(), "task"),
    }
}

fn rows(state: &State, canvas: &mut Canvas<'_>, grid: &Grid, inner: Pane) {
    let list = &state.all_drain.list;
    grid.head(canvas, inner.y, list.sort);
    for ((place, row), y) in list.visible().zip(below_head(inner, 1).y..) {
        let (Some(task), Some(line)) = (state.world.tasks.get(row), state.all_drain.lines.get(row)) else { continue };
        let role = state.tasks.lines.get(row).map_or(Role::Text, tasks::latency_role);
        grid.mark(canvas, y, list.is_marked(row));
        grid.row(canvas, y, place == list.cursor(), |column, width| cell(task, line, role, column, width));
    }
}

/// `latency` is how the rules judge it.
fn cell<'a>(task: &'a Task, line: &'a all_drain::Line, latency: Role, column: usize, width: usize) -> Line<'a> {
    match column {
        VERDICT => {
            let (role, sign) = verdict_sign(&line.judgement.verdict);
            vec![span(role, format!("{sign} ")), span(role, line.judgement.verdict.word())]
        }
        BACKLOG if !line.asked && line.backlog == Known::Unknown => vec![span(Role::Unknown, "not asked")],
        BACKLOG => vec![number(line.backlog, width)],
        INCOMING => vec![number(line.incoming, width)],
        LATENCY => vec![match line.latency {
            Known::NotDue => span(Role::Dim, "—"),
            Known::Unknown => span(Role::Unknown, "?"),
            Known::Is(seconds) => span(latency, text::seconds(seconds)),
        }],
        FIRST => vec![span(Role::Text, line.words.as_str())],
        _ => vec![span(Role::Text, task.name.shown())],
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a count, shown short")]
fn number<'a>(known: Known, width: usize) -> (Role, std::borrow::Cow<'a, str>) {
    match known {
        Known::NotDue => span(Role::Dim, "—"),
        Known::Unknown => span(Role::Unknown, "?"),
        Known::Is(n) => span(if n > 0.0 { Role::Warn } else { Role::Text }, text::count(n as i64, width)),
    }
}
