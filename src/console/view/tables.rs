//! The tables of one task.

use super::canvas::{Canvas, Line, line_width, span};
use super::grid::Grid;
use super::{below_head, frame, table_detail};
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::tables::{
    APPLIED, BACKLOG, CAPTURED, COLUMNS, LOADED, STATE, TOOK, Tables, UPDATED, VALIDATION, judge_state,
    judge_validation, state_word, took, validation_word,
};
use crate::console::state::{Filling, State, age};
use crate::console::text;
use crate::console::theme::{Role, judged};
use crate::model::Subject;
use crate::model::health::{Health, Latency};
use crate::model::table::{TableRow, TableState, ValidationState};

pub fn draw(state: &State, tables: &Tables, canvas: &mut Canvas<'_>, layout: Layout) {
    let pane = layout.list;
    let inner = pane.inner();
    let list = &tables.list;
    let filling = state.filling();
    let subject = Subject::Tables(tables.arn.clone());
    let task = state.world.task(&tables.arn);
    let name = task.map_or("a task that is gone".into(), |task| task.name.shown());
    let grid = Grid::new(inner, &COLUMNS, list.shift, tables.widest);
    let all = matches!(filling, Filling::Rows | Filling::NoMatch | Filling::Empty).then_some(tables.rows.len());
    let heading = vec![span(Role::Title, "Tables of "), span(Role::Title, name)];
    let mut title = frame::title(heading, list.len(), all, tables.unwell, list.filter.text());
    title.extend(frame::marked(state));
    if filling == Filling::Rows {
        title.extend(super::tasks::hidden(&grid, list.sort));
    }
    canvas.frame(pane, &title, &frame::ages(state, &[(subject.clone(), "as of")]));
    let width = inner.width.saturating_sub(2);
    canvas.line(inner.x + 1, inner.y, width, &summary(state, tables, usize::from(width)));
    let body = inner.below(1);
    match filling {
        Filling::Rows => rows(state, tables, canvas, &grid, body),
        Filling::Loading => canvas.notice(body, &[vec![span(Role::Busy, "asking for the tables…")]]),
        Filling::Failed => frame::failed(state, canvas, body, &subject),
        Filling::Empty => canvas.notice(
            body,
            &[
                vec![span(Role::Text, "DMS has no statistics of tables for this task.")],
                vec![span(Role::Dim, "There are none before the first start, or when its mappings select nothing.")],
            ],
        ),
        Filling::NoMatch => frame::no_match(state, canvas, body, list.filter.text(), tables.rows.len(), "table"),
    }
    if let Some(detail) = layout.detail {
        table_detail::draw(state, tables, canvas, detail);
    }
}

/// The task in one line: status, type, latency, sum of the backlogs, what is wrong first.
fn summary<'a>(state: &'a State, tables: &Tables, width: usize) -> Line<'a> {
    let found = state.world.tasks.iter().position(|task| task.arn == tables.arn);
    let found = found.and_then(|row| Some((&state.world.tasks[row], state.tasks.lines.get(row)?)));
    let Some((task, line)) = found else {
        return vec![
            span(Role::Unknown, "? "),
            span(Role::Text, "DMS does not list this task any more; these are its last tables"),
        ];
    };
    let (role, sign) = super::tasks::sign(task, line);
    let mut out = vec![span(role, format!("{sign} {}", line.word))];
    let mut add = |spans: Line<'a>| {
        if line_width(&out) + 3 + line_width(&spans) <= width {
            out.push(span(Role::Border, " · "));
            out.extend(spans);
        }
    };
    add(vec![span(Role::Text, crate::model::untrusted::shown(task.migration_type.raw()))]);
    match line.latency {
        Latency::Fresh(point) => {
            add(vec![span(Role::Text, "latency "), span(super::tasks::latency_role(line), text::seconds(point.value))]);
        }
        Latency::Missing { .. } => add(vec![span(Role::Bad, "latency: no data")]),
        Latency::NotYet => add(vec![span(Role::Unknown, "latency not known yet")]),
        Latency::NotDue => {}
    }
    if !tables.rows.is_empty() {
        let (known, untold) = tables.backlog;
        let backlog = match (known, untold) {
            (_, n) if n == tables.rows.len() => vec![span(Role::Unknown, "backlog not told")],
            (sum, 0) => vec![span(Role::Text, format!("backlog {}", text::grouped(sum)))],
            (sum, n) => vec![
                span(Role::Text, format!("backlog {}", text::grouped(sum))),
                span(Role::Unknown, format!(" + {} not told", text::plural(n, "table"))),
            ],
        };
        add(backlog);
    }
    if let Some(worst) = line.alerts.iter().find(|alert| !alert.is_note()) {
        let (role, sign) = judged(worst.severity);
        add(vec![span(role, format!("{sign} ")), span(Role::Text, crate::model::untrusted::shown(&worst.message))]);
    }
    out
}

fn rows(state: &State, tables: &Tables, canvas: &mut Canvas<'_>, grid: &Grid, body: Pane) {
    grid.head(canvas, body.y, tables.list.sort);
    for ((place, row), y) in tables.list.visible().zip(below_head(body, 1).y..) {
        grid.mark(canvas, y, tables.list.is_marked(row));
        let Some(row) = tables.rows.get(row) else { continue };
        grid.row(canvas, y, place == tables.list.cursor(), |column, width| cell(state, row, column, width));
    }
}

fn cell<'a>(state: &State, row: &'a TableRow, column: usize, width: usize) -> Line<'a> {
    match column {
        STATE => {
            let (role, sign) = state_sign(&row.state);
            vec![span(role, format!("{sign} ")), span(role, state_word(&row.state))]
        }
        LOADED if row.full_load_rows == 0 && row.full_load_start.is_none() => vec![span(Role::Dim, "—")],
        LOADED => vec![span(Role::Text, text::count(row.full_load_rows, width))],
        TOOK => vec![match (took(row), row.full_load_start) {
            (Some(duration), _) => span(Role::Text, age::length(duration)),
            (None, Some(_)) => span(Role::Busy, "…"),
            (None, None) => span(Role::Dim, "—"),
        }],
        CAPTURED => {
            let c = row.captured;
            vec![four([c.inserts, c.updates, c.deletes, c.ddls].map(Some))]
        }
        APPLIED if width >= 18 => {
            let a = row.applied;
            vec![four([a.inserts, a.updates, a.deletes, a.ddls])]
        }
        APPLIED => vec![known(row.applied.total(), width)],
        BACKLOG => vec![match row.backlog() {
            Some(0) => span(Role::Text, "0"),
            Some(n) => span(Role::Warn, text::count(n, width)),
            None => span(Role::Unknown, "?"),
        }],
        VALIDATION => validation(row, width),
        UPDATED => vec![match row.last_update {
            Some(at) => span(Role::Dim, age::Age::of(Some(at), state.now).label()),
            None => span(Role::Unknown, "?"),
        }],
        _ => vec![span(Role::Dim, format!("{}.", row.schema.shown())), span(Role::Text, row.table.shown())],
    }
}

/// Inserts, updates, deletes, DDLs; a count that is not told is a question mark.
fn four<'a>(counts: [Option<i64>; 4]) -> super::canvas::Span<'a> {
    let words = counts.map(|n| n.map_or("?".to_owned(), text::compact));
    let role = match counts {
        [None, ..] => Role::Unknown,
        [Some(0), Some(0), Some(0), Some(0)] => Role::Dim,
        _ => Role::Text,
    };
    span(role, words.join("/"))
}

pub fn known<'a>(n: Option<i64>, width: usize) -> super::canvas::Span<'a> {
    n.map_or(span(Role::Unknown, "?"), |n| span(Role::Text, text::count(n, width)))
}

pub fn state_sign(state: &TableState) -> (Role, &'static str) {
    match (state, judge_state(state)) {
        (TableState::Completed, _) => (Role::Good, "✓"),
        (TableState::FullLoad | TableState::BeingReloaded, _) => (Role::Busy, "◐"),
        (TableState::BeforeLoad, _) => (Role::Dim, "○"),
        (_, health) => judged(health),
    }
}

pub fn validation_sign(state: &ValidationState) -> (Role, &'static str) {
    match (state, judge_validation(state)) {
        (ValidationState::NotEnabled, _) => (Role::Dim, "—"),
        (_, Some(Health::Ok)) => (Role::Good, "✓"),
        (_, Some(health)) => judged(health),
        (_, None) => (Role::Busy, "◐"),
    }
}

fn validation(row: &TableRow, width: usize) -> Line<'_> {
    let Some(state) = &row.validation else { return vec![span(Role::Unknown, "? not told")] };
    let (role, sign) = validation_sign(state);
    let mut cell = vec![span(role, format!("{sign} ")), span(role, validation_word(state))];
    for (n, word) in counts(row) {
        let count = format!(" {} {word}", text::compact(n));
        // Half a number is a wrong number.
        if line_width(&cell) + count.len() > width {
            break;
        }
        cell.push(span(Role::Text, count));
    }
    cell
}

/// Records that failed, wait, or are suspended, where there are any.
pub fn counts(row: &TableRow) -> impl Iterator<Item = (i64, &'static str)> + use<> {
    [(row.validation_failed, "failed"), (row.validation_pending, "pending"), (row.validation_suspended, "suspended")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
}
