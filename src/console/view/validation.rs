//! One validation: source on the left, target on the right, one row a table on both sides, one cursor, one scroll.
//!
//! ```text
//! ┌ orders-cdc ─ → comparing ─ 3 of 12 tables · 35 k rows/s ──────────────── 20261122T140322Z-7f3a ┐
//! │ gate open: both latencies 2 s; changes still arrive                                            │
//! │ source 10.0.0.1:5432/shop                     │ target db.example:3306/shop                    │
//! │  TABLE▴        RESULT       ROWS   ROWS/S     │  TABLE           ROWS  DIFF  MISS EXTRA  MOVES │
//! │▌ shop.orders   ✗ different  12,345   2.1 k    │  shop.orders   12,344     3     1     0      0 │
//! └────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::canvas::{Canvas, Line, line_width, span};
use super::frame;
use super::grid::Grid;
use super::validations::{place, result_sign, verdict_sign};
use crate::console::state::feed::Failure;
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::list::Sort;
use crate::console::state::validations::result_word;
use crate::console::state::validations::run::{Run, Standing};
use crate::console::state::validations::tables::{
    self, DIFFERENT, EXTRA, HOW, Kind, LEFT, MISSING, MOVING, NAME, RATE, RIGHT, ROWS, STATE, TABLE, TARGET,
    TARGET_ROWS, about, standing_word,
};
use crate::console::state::{Filling, State, age};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::untrusted::shown;
use crate::model::validation::told::{self, RunState};

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let pane = layout.list;
    let inner = pane.inner();
    let Some(run) = state.validations.opened_run() else {
        canvas.frame(pane, &[span(Role::Title, "Validation")], &[]);
        return match &state.validations.failed {
            Some(problem) => {
                let failure = Failure { problem: problem.clone(), retry_at: None };
                frame::failed_with(state, canvas, inner, &failure);
            }
            None => canvas.notice(inner, &[vec![span(Role::Busy, "reading what is kept of it…")]]),
        };
    };
    let (title, id) = (title(state, run), shown(&run.line.id.0).into_owned());
    // Half a title says less than no name of a run.
    let fits = line_width(&title) + text::width(&id) + 8 <= usize::from(pane.width);
    let id = fits.then(|| span(Role::Dim, id));
    canvas.frame(pane, &title, id.as_slice());
    let (x, width) = (inner.x + 1, inner.width.saturating_sub(2));
    let role = match run.line.state {
        RunState::Failed => Role::Bad,
        RunState::Waiting => Role::Busy,
        _ => Role::Dim,
    };
    canvas.line(x, inner.y, width, &[span(role, about(run))]);
    let list = &state.validations.tables.list;
    if state.filling() == Filling::NoMatch {
        return frame::no_match(state, canvas, inner.below(1), list.filter.text(), run.tables.len(), "table");
    }
    sides(canvas, inner, run);
    let (left, right) = halves(inner.below(2));
    let right = Pane { width: right.width.saturating_sub(u16::from(inner.x > 0)), ..right };
    let widest = |of: fn(&crate::console::state::validations::run::Table) -> &str| {
        let widest =
            list.visible().filter_map(|(_, nth)| run.tables.get(nth)).map(|table| text::width(of(table))).max();
        u16::try_from(widest.unwrap_or(0)).unwrap_or(u16::MAX)
    };
    let left = (left, Grid::new(left, &LEFT, list.shift.min(LEFT.len() - 1), widest(|table| &table.source)));
    let right = (right, Grid::new(right, &RIGHT, list.shift.min(RIGHT.len() - 1), widest(|table| &table.target)));
    left.1.head(canvas, left.0.y, list.sort);
    // The columns of the target follow those of the source in the order of both.
    let sort = Sort { column: list.sort.column.wrapping_sub(LEFT.len()), ..list.sort };
    right.1.head(canvas, right.0.y, sort);
    for ((place, nth), y) in list.visible().zip(left.0.y + 1..inner.y + inner.height) {
        let here = place == list.cursor();
        left.1.row(canvas, y, here, |column, width| cell(run, nth, column, width));
        right.1.row(canvas, y, here, |column, width| cell(run, nth, column + LEFT.len(), width));
    }
    if let Some(pane) = layout.detail {
        detail(state, canvas, pane, run);
    }
}

/// The two halves of a pane, with a line between them.
pub fn halves(pane: Pane) -> (Pane, Pane) {
    let half = pane.width.saturating_sub(1) / 2;
    let left = Pane { width: half, boxed: false, ..pane };
    let right = Pane { x: pane.x + half + 1, width: pane.width - half - 1, boxed: false, ..pane };
    (left, right)
}

/// What stands on which side, and the line between them.
fn sides(canvas: &mut Canvas<'_>, inner: Pane, run: &Run) {
    between(canvas, inner.below(1));
    let (left, right) = halves(inner.below(1));
    for (pane, name, at) in [(left, "source ", &run.line.source_at), (right, "target ", &run.line.target_at)] {
        // A cell stays free before what stands on the right.
        let width = pane.width.saturating_sub(3);
        let room = usize::from(width).saturating_sub(text::width(name));
        let line = [span(Role::Dim, name), span(Role::Text, place(&at.shown(), room))];
        canvas.line(pane.x + 2, pane.y, width, &line);
    }
}

/// The line between source and target.
pub fn between(canvas: &mut Canvas<'_>, pane: Pane) {
    let (left, _) = halves(pane);
    for y in pane.y..pane.y + pane.height {
        canvas.put(left.x + left.width, y, 1, Role::Border, "│");
    }
}

fn title<'a>(state: &State, run: &'a Run) -> Line<'a> {
    let line = &run.line;
    let (role, sign) = match (line.state.is_over(), run.verdict_so_far()) {
        (false, Some(verdict)) => (verdict_sign(verdict).0, result_sign(line).1),
        _ => result_sign(line),
    };
    let mut out = vec![
        span(Role::Title, shown(&told::called(line)).into_owned()),
        span(Role::Border, " ─ "),
        span(role, format!("{sign} {}", result_word(line))),
    ];
    if !line.state.is_over() && line.different > 0 {
        out.push(span(Role::Bad, ", different so far"));
    }
    out.push(span(Role::Border, " ─ "));
    let all = run.tables.len();
    let words = if line.state.is_over() {
        text::plural(all, "table")
    } else {
        format!("{} of {}", run.tables_done(), text::plural(all, "table"))
    };
    out.push(span(Role::Text, words));
    if let Some(rate) = run.rate_of_all() {
        out.push(span(Role::Busy, format!(" · {} rows/s", text::rate(rate))));
    }
    if !line.state.is_over() {
        let elapsed = age::length(state.now.duration_since(line.started));
        out.push(span(Role::Dim, format!(" · elapsed {elapsed}")));
    }
    if let Some(ended) = line.ended {
        let took = age::length(ended.duration_since(line.started));
        out.push(span(Role::Dim, format!(" · took {took}")));
    }
    let filter = state.validations.tables.list.filter.text();
    if !filter.trim().is_empty() {
        out.extend([span(Role::Border, " ─ "), span(Role::Input, format!("/ {filter}"))]);
    }
    out
}

/// Role and sign of a table.
fn sign(run: &Run, nth: usize) -> (Role, &'static str) {
    match run.standing(nth) {
        Standing::Waits => (Role::Dim, "○"),
        Standing::Comparing => (Role::Busy, "→"),
        Standing::NotReached => (Role::Unknown, "?"),
        Standing::Told(verdict) => verdict_sign(verdict),
    }
}

fn cell(run: &Run, nth: usize, column: usize, width: usize) -> Line<'_> {
    let Some(table) = run.tables.get(nth) else { return Vec::new() };
    let count = |n: Option<u64>, role: Role| match n {
        Some(n) => span(role, text::count(i64::try_from(n).unwrap_or(i64::MAX), width)),
        None => span(Role::Dim, "—"),
    };
    let tally = run.result(nth).map(|result| result.tally);
    let differs = |n: Option<u64>, role: Role| match n {
        Some(0) => span(Role::Dim, "0"),
        n => count(n, role),
    };
    let one = match column {
        TABLE => span(Role::Text, table.source.as_str()),
        STATE => {
            let (role, sign) = sign(run, nth);
            span(role, format!("{sign} {}", standing_word(run, nth)))
        }
        ROWS => count(run.rows(nth).0, Role::Text),
        RATE => run.rate(nth).map_or_else(|| span(Role::Dim, ""), |rate| span(Role::Busy, text::rate(rate))),
        HOW => {
            let method = table.method(run.plan(nth));
            span(Role::Dim, method.map_or("", crate::model::validation::Method::word))
        }
        TARGET if table.target.is_empty() => span(Role::Unknown, "—"),
        TARGET => span(Role::Text, table.target.as_str()),
        TARGET_ROWS => count(run.rows(nth).1, Role::Text),
        // Before it is done: what differed at the first look.
        DIFFERENT if tally.is_none() => match run.moving(nth).map(|one| one.differing).filter(|n| *n > 0) {
            Some(n) => span(Role::Warn, format!("~{}", text::compact(i64::try_from(n).unwrap_or(i64::MAX)))),
            None => span(Role::Dim, ""),
        },
        _ if tally.is_none() => span(Role::Dim, ""),
        DIFFERENT => differs(tally.and_then(|tally| tally.different), Role::Bad),
        MISSING => differs(tally.and_then(|tally| tally.missing), Role::Bad),
        EXTRA => differs(tally.and_then(|tally| tally.extra), Role::Bad),
        MOVING => {
            let moving =
                tally.and_then(|tally| Some(tally.in_flight.unwrap_or(0) + tally.unsettled?).or(tally.in_flight));
            differs(moving, Role::Unknown)
        }
        _ => span(Role::Text, ""),
    };
    vec![one]
}

fn detail(state: &State, canvas: &mut Canvas<'_>, pane: Pane, run: &Run) {
    let nth = state.validations.tables.list.detail().copied();
    let Some(nth) = nth.filter(|nth| *nth < run.tables.len()) else {
        return canvas.frame(pane, &[span(Role::Title, "Table")], &[]);
    };
    let (role, sign) = sign(run, nth);
    let heading = [
        span(Role::Title, run.tables[nth].source.as_str()),
        span(Role::Border, " ─ "),
        span(role, format!("{sign} {}", standing_word(run, nth))),
    ];
    canvas.frame(pane, &heading, &[]);
    let inner = pane.inner();
    let lines = tables::detail(run, nth, usize::from(inner.width.saturating_sub(2)));
    let line = |(kind, name, words): &(Kind, &'static str, String)| {
        let role = match kind {
            Kind::Fact => Role::Text,
            Kind::Bad => Role::Bad,
            Kind::Unknown => Role::Unknown,
            Kind::Less => Role::Dim,
        };
        vec![span(Role::Dim, format!("{name:<NAME$}")), span(role, words.clone())]
    };
    let lines: Vec<Line<'_>> = lines.iter().map(line).collect();
    canvas.lines(inner, &lines);
}
