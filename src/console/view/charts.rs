//! Metrics of one task: one chart large, the others small beside it, or where there is no room in a line each.

mod plot;
mod words;

use super::canvas::{Canvas, Line, line_width, span};
use super::{cost, frame};
use crate::console::state::charts::axis::stretch;
use crate::console::state::charts::known;
use crate::console::state::charts::places::{Others, Places};
use crate::console::state::charts::table::{Chart, TABLE};
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::{Filling, State};
use crate::console::theme::Role;
use crate::model::Subject;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let pane = layout.list;
    let Some(arn) = state.opened.clone() else { return };
    let subject = Subject::Charts(arn);
    let mut title = vec![
        span(Role::Title, "Metrics"),
        span(Role::Border, " ─ "),
        span(Role::Text, format!("last {}", stretch(state.charts.range()))),
    ];
    if let Some(minutes) = state.world.feed(&subject).and_then(known::seldom) {
        title.push(span(Role::Warn, format!(" · asked every {minutes} min: cap on cost")));
    }
    title.push(span(Role::Dim, format!(" · {}", cost::with_cap(state.traffic))));
    title.push(span(Role::Dim, format!(" · chart {} of {}", state.charts.chosen() + 1, TABLE.len())));
    canvas.frame(pane, &title, &frame::ages(state, &[(subject.clone(), "as of")]));
    let inner = pane.inner();
    if state.filling() == Filling::Failed {
        return frame::failed(state, canvas, inner, &subject);
    }
    let places = Places::of(inner, TABLE.len());
    large(state, canvas, places.large, state.charts.chart());
    match places.others {
        Others::List(list) => {
            for (place, y) in state.charts.others().zip(list.y..list.y + list.height) {
                row(state, canvas, Pane { y, height: 1, ..list }, place);
            }
        }
        Others::Grid(grid) => {
            for (nth, place) in state.charts.others().enumerate() {
                small(state, canvas, grid.pane(nth), place);
            }
        }
    }
}

/// Two lines of words, the plot, its axis with times.
fn large(state: &State, canvas: &mut Canvas<'_>, pane: Pane, chart: &Chart) {
    let mut head = vec![span(Role::Title, chart.title), span(Role::Dim, format!(", {}", chart.unit.word()))];
    let (readings, age) = (words::readings(state, chart, canvas.theme.ascii), words::age(state, chart));
    head.push(span(Role::Text, "   "));
    head.extend(readings);
    ends(canvas, pane, &head, &age);
    // In a very low terminal the plot needs the line more.
    let note = u16::from(pane.height >= 10);
    if note > 0 {
        canvas.line(pane.x + 1, pane.y + 1, pane.width.saturating_sub(2), &words::note(state, chart));
    }
    plot::draw(state, canvas, pane.below(1 + note), chart, true);
}

/// A line of words, the plot, its axis.
fn small(state: &State, canvas: &mut Canvas<'_>, pane: Pane, place: usize) {
    let chart = &TABLE[place];
    let mut head = name(state, place);
    let age = words::age(state, chart);
    // A value that is cut could be read as another one: as many as fit whole.
    let room = usize::from(pane.width).saturating_sub(line_width(&age) + 3);
    let values = words::values(state, chart);
    // The value matters more than the name in full.
    if values.first().is_some_and(|first| line_width(&head) + 2 + line_width(first) > room)
        && let Some(title) = head.last_mut()
    {
        title.1 = chart.title.replace("Instance", "Inst.").into();
    }
    for value in values {
        if line_width(&head) + 2 + line_width(&value) > room {
            break;
        }
        head.push(span(Role::Text, "  "));
        head.extend(value);
    }
    ends(canvas, pane, &head, &age);
    plot::draw(state, canvas, pane.below(1), chart, false);
}

/// Cells of the name in the list.
const NAME: usize = 17;

fn row(state: &State, canvas: &mut Canvas<'_>, pane: Pane, place: usize) {
    let chart = &TABLE[place];
    let mut line = name(state, place);
    line.push(span(Role::Text, " ".repeat(NAME.saturating_sub(line_width(&line)))));
    line.extend(words::values(state, chart).join(&span(Role::Text, "  ")));
    if words::is_empty(state, chart) {
        line.extend(words::why(state, chart));
    }
    ends(canvas, pane, &line, &words::age(state, chart));
}

/// The title of a chart, marked where it is the large one.
fn name<'a>(state: &State, place: usize) -> Line<'a> {
    let chosen = place == state.charts.chosen();
    let (mark, role) = if chosen { ("▌ ", Role::Cursor) } else { ("  ", Role::Text) };
    vec![span(Role::Busy, mark), span(role, TABLE[place].title)]
}

/// Something on the left, cut where it must be, and something short on the right.
fn ends(canvas: &mut Canvas<'_>, pane: Pane, left: &[super::canvas::Span<'_>], right: &[super::canvas::Span<'_>]) {
    let width = pane.width.saturating_sub(2);
    let taken = u16::try_from(line_width(right)).unwrap_or(u16::MAX);
    canvas.line(pane.x + 1, pane.y, width.saturating_sub(taken + 1), left);
    canvas.line_right(pane.x + 1, pane.y, width, right);
}
