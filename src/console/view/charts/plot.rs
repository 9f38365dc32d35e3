//! One picture: an axis of values on the left, an axis of time below, the points between them.

use super::super::canvas::{Canvas, Line, span};
use super::words::{self, LETTERS, LINES};
use crate::console::state::State;
use crate::console::state::charts::axis::{Scale, clock, times};
use crate::console::state::charts::dots::{Window, braille, extents, letters};
use crate::console::state::charts::known;
use crate::console::state::charts::places::GUTTER;
use crate::console::state::charts::table::Chart;
use crate::console::state::layout::Pane;
use crate::console::text;
use crate::console::theme::Role;
use crate::model::metric::Point;

/// Draws a chart into all of `pane`; with `timed` the last line has times.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, pane: Pane, chart: &Chart, timed: bool) {
    let below = 1 + u16::from(timed);
    if pane.height <= below || pane.width <= GUTTER + 2 {
        return;
    }
    let plot = Pane { x: pane.x + GUTTER, width: pane.width - GUTTER - 1, height: pane.height - below, ..pane };
    let window = state.charts.window(state.now);
    let series: Vec<&[Point]> = chart.lines.iter().map(|line| known::points(state, chart.of, line.name)).collect();
    let seen = series.iter().flat_map(|points| points.iter()).filter(|point| window.holds(point.at));
    let highest = seen.map(|point| point.value).filter(|value| value.is_finite()).reduce(f64::max);
    base(canvas, plot, window, timed);
    let Some(highest) = highest else {
        let lines: Vec<Line<'_>> = words::before(state, chart)
            .into_iter()
            .flat_map(|(role, words)| {
                text::wrap(&words, usize::from(plot.width.saturating_sub(2))).into_iter().map(move |part| (role, part))
            })
            .map(|(role, part)| vec![span(role, part)])
            .collect();
        canvas.notice(plot, &lines);
        return;
    };
    let whole = all_of_it(state, chart);
    let parts = usize::from(plot.height / 2).clamp(1, 5);
    let scale = Scale::of(chart.unit, whole.map_or(highest, |all| all.max(highest)), parts);
    let marks: Vec<f64> = chart.marks.iter().copied().chain(whole).filter(|mark| *mark <= scale.top).collect();
    let labelled = labels(canvas, plot, &scale, &marks);
    let cells = cells(canvas.theme.ascii, &series, window, plot, &scale);
    let cursor = state.charts.cursor(state.now).and_then(|(at, step)| {
        let middle = at.checked_add(step.checked_div(2)?).ok()?;
        window.column(middle, usize::from(plot.width))
    });
    for (y, row) in cells.chunks(usize::from(plot.width)).enumerate() {
        let marked = labelled.get(y).copied().unwrap_or_default();
        runs(canvas, plot, y, row, marked, cursor);
    }
}

/// What a free disk is free of, in bytes: AWS allocates in powers of two.
fn all_of_it(state: &State, chart: &Chart) -> Option<f64> {
    known::storage(state, chart).map(|gigabytes| f64::from(gigabytes) * 1024.0 * 1024.0 * 1024.0)
}

/// The axis of time.
fn base(canvas: &mut Canvas<'_>, plot: Pane, window: Window, timed: bool) {
    let y = plot.y + plot.height;
    let ticks = times(window, usize::from(plot.width));
    let mut line = vec!['─'; usize::from(plot.width)];
    for (cell, _) in &ticks {
        line[*cell] = '┬';
    }
    let line: String = std::iter::once('└').chain(line).collect();
    canvas.put(plot.x - 1, y, plot.width + 1, Role::Border, &line);
    if !timed {
        return;
    }
    canvas.put(plot.x - 5, y + 1, 3, Role::Dim, "UTC");
    for (cell, at) in ticks {
        let cell = u16::try_from(cell).unwrap_or(u16::MAX);
        // Under its tick, as far as there is room.
        let from = (plot.x + cell).saturating_sub(2).clamp(plot.x, (plot.x + plot.width).saturating_sub(5));
        canvas.put(from, y + 1, 5, Role::Dim, &clock(at));
    }
}

/// The row of a value, from the top.
fn row(plot: Pane, scale: &Scale, value: f64) -> usize {
    let height = usize::from(plot.height);
    height - 1 - scale.row(value, height * 4) / 4
}

/// The axis of values with its numbers; rows that have a mark are told.
fn labels(canvas: &mut Canvas<'_>, plot: Pane, scale: &Scale, marks: &[f64]) -> Vec<bool> {
    let mut rows: Vec<Option<String>> = vec![None; usize::from(plot.height)];
    let mut marked = vec![false; usize::from(plot.height)];
    for (value, label) in scale.ticks() {
        // From zero up: where two numbers share a row the lower one stays.
        rows[row(plot, scale, value)].get_or_insert(label);
    }
    for mark in marks {
        let at = row(plot, scale, *mark);
        marked[at] = true;
        rows[at].get_or_insert_with(|| scale.label(*mark));
    }
    for (y, label) in (plot.y..).zip(rows) {
        let axis = if label.is_some() { "┤" } else { "│" };
        canvas.put(plot.x - 1, y, 1, Role::Border, axis);
        if let Some(label) = label {
            canvas.line_right(plot.x - GUTTER, y, GUTTER - 1, &[(Role::Dim, label.into())]);
        }
    }
    marked
}

type Drawn = Option<(char, Role)>;

fn cells(ascii: bool, series: &[&[Point]], window: Window, plot: Pane, scale: &Scale) -> Vec<Drawn> {
    let (width, height) = (usize::from(plot.width), usize::from(plot.height));
    let grid = if ascii { (width, height) } else { (width * 2, height * 4) };
    let lines: Vec<_> = series.iter().map(|points| extents(points, window, grid, scale)).collect();
    if ascii {
        let drawn = letters(&lines, width, height);
        return drawn.into_iter().map(|line| line.map(|nth| (LETTERS[nth], LINES[nth]))).collect();
    }
    let drawn = braille(&lines, width, height);
    let sign = |dots: u8| char::from_u32(0x2800 + u32::from(dots)).filter(|_| dots > 0);
    drawn.into_iter().map(|cell| sign(cell.dots).map(|sign| (sign, LINES[cell.line]))).collect()
}

/// One row, what looks alike in one piece.
fn runs(canvas: &mut Canvas<'_>, plot: Pane, y: usize, row: &[Drawn], marked: bool, cursor: Option<usize>) {
    let looks = row.iter().enumerate().map(|(x, drawn)| match drawn {
        Some((sign, _)) if cursor == Some(x) => (*sign, Role::Cursor),
        Some(drawn) => *drawn,
        None if cursor == Some(x) => ('│', Role::Text),
        None if marked => ('╌', Role::Dim),
        None => (' ', Role::Text),
    });
    let y = plot.y + u16::try_from(y).unwrap_or(u16::MAX);
    let (mut x, mut text, mut role) = (plot.x, String::new(), Role::Text);
    for (sign, next) in looks {
        if next != role {
            x += canvas.put(x, y, plot.width, role, &text);
            text.clear();
            role = next;
        }
        text.push(sign);
    }
    canvas.put(x, y, plot.width, role, text.trim_end());
}
