//! Events, newest first, the one under the cursor in full below; and the newest of them beside Why on the Tasks screen.
//!
//! ```text
//! ┌ Events ─ 23 ───────────────────────────────────────────────────────────────────── as of 10s ┐
//! │  TIME UTC▾    WEIGHT     OF   SOURCE        CATEGORY      MESSAGE                            │
//! │▌ 14:01:07     ✗ critical task billing-cdc   state-change  Reading paused, swap files limit … │
//! └─────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::canvas::{Canvas, Line, Span, span};
use super::grid::Grid;
use super::{below_head, event_detail, frame};
use crate::console::state::events::{
    self, CATEGORY, COLUMNS, Host, MEANING, MESSAGE, OF, SOURCE, STAMP, WEIGHT, Whose,
};
use crate::console::state::feed::Feed;
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::world::EVENTS_KEPT;
use crate::console::state::{Filling, State, age};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::Subject;
use crate::model::event::{Category, Event, SourceType, Weight};
use jiff::Timestamp;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    if state.events.whole {
        let height = layout.footer.y.saturating_sub(layout.list.y);
        return event_detail::draw(state, canvas, Pane { height, ..layout.list });
    }
    let pane = layout.list;
    let inner = pane.inner();
    let (side, of_task) = events::on_screen(state);
    let list = &side.list;
    let filling = state.filling();
    let grid = Grid::new(inner, &COLUMNS, list.shift, STAMP);
    let all = matches!(filling, Filling::Rows | Filling::NoMatch).then_some(side.count());
    let whose = state.events.whose.as_ref().filter(|_| of_task);
    let mut title = frame::title(heading(whose), list.len(), all, 0, list.filter.text());
    if filling == Filling::Rows {
        title.extend(super::tasks::hidden(&grid, list.sort));
    }
    canvas.frame(pane, &title, &frame::ages(state, &[(Subject::Events, "as of")]));
    match filling {
        Filling::Rows => rows(state, canvas, &grid, inner),
        Filling::Loading => canvas.notice(inner, &[vec![span(Role::Busy, "asking for the events…")]]),
        Filling::Failed => frame::failed(state, canvas, inner, &Subject::Events),
        Filling::Empty => empty(state, canvas, inner, whose),
        Filling::NoMatch => frame::no_match(state, canvas, inner, list.filter.text(), side.count(), "event"),
    }
    if let Some(detail) = layout.detail {
        event_detail::draw(state, canvas, detail);
    }
}

fn heading<'a>(whose: Option<&Whose>) -> Line<'a> {
    let Some(whose) = whose else { return vec![span(Role::Title, "Events")] };
    let name = whose.name.as_ref().map_or("a task that is gone".into(), |name| name.shown().into_owned());
    let mut line = vec![span(Role::Title, format!("Events of {name}"))];
    match &whose.instance {
        Host::Named(instance) => line.push(span(Role::Title, format!(" and its instance {}", instance.shown()))),
        Host::Unnamed => {
            line.push(span(Role::Unknown, " ─ ? those of its instance are not here: its name is not known"));
        }
        Host::None => {}
    }
    line
}

fn rows(state: &State, canvas: &mut Canvas<'_>, grid: &Grid, inner: Pane) {
    let (side, _) = events::on_screen(state);
    grid.head(canvas, inner.y, side.list.sort);
    for ((place, row), y) in side.list.visible().zip(below_head(inner, 1).y..) {
        let Some((event, line)) = state.events.at(&state.world, side, row) else { continue };
        let cell = |column, width| cell(state.now, event, line, column, width);
        grid.row(canvas, y, place == side.list.cursor(), cell);
    }
}

fn cell<'a>(now: Timestamp, event: &'a Event, line: &'a events::Line, column: usize, width: usize) -> Line<'a> {
    match column {
        WEIGHT => {
            let (role, sign, word) = weight(line.weight);
            vec![span(role, format!("{sign} {word}"))]
        }
        OF => vec![of(&event.source_type, width)],
        SOURCE => vec![span(Role::Text, event.source.shown())],
        CATEGORY => vec![line.category.map_or(span(Role::Unknown, "?"), |one| span(Role::Dim, one.word()))],
        MESSAGE => {
            let whole = event.message.shown();
            let fits = text::width(&whole) <= width;
            vec![if fits { span(Role::Text, whole) } else { span(Role::Text, event.short()) }]
        }
        MEANING => vec![line.words.map_or(span(Role::Unknown, "?"), |words| span(Role::Dim, words))],
        _ => vec![span(Role::Text, events::stamp(event.at, now))],
    }
}

/// Role, sign and word of what an event asks for.
pub fn weight(weight: Option<Weight>) -> (Role, &'static str, &'static str) {
    match weight {
        Some(Weight::Critical) => (Role::Bad, "✗", Weight::Critical.word()),
        Some(Weight::Warning) => (Role::Warn, "▲", Weight::Warning.word()),
        Some(Weight::Info) => (Role::Dim, "·", Weight::Info.word()),
        None => (Role::Unknown, "?", "unknown"),
    }
}

/// A task and its instance are told apart by a word, whatever they are called.
fn of(kind: &SourceType, width: usize) -> Span<'_> {
    match kind {
        SourceType::Task => span(Role::Text, "task"),
        SourceType::Instance => span(Role::Busy, if width >= 8 { "instance" } else { "inst" }),
        SourceType::Other(raw) => span(Role::Unknown, raw.shown()),
    }
}

/// Since when nothing can have been missed: what was asked for, or what is kept of it.
fn since(state: &State) -> Option<Timestamp> {
    let kept = state.world.events.first().filter(|_| state.world.events.len() >= EVENTS_KEPT);
    kept.map(|event| event.at).or(state.events.since)
}

fn nothing_since(state: &State, of: &str) -> String {
    let since = since(state).map(|at| format!(" since {} UTC", age::moment(at, state.now)));
    format!("No events{of}{}", since.unwrap_or_default())
}

/// Says how far back it knows, and as of when: silence is an answer only then.
fn empty(state: &State, canvas: &mut Canvas<'_>, pane: Pane, whose: Option<&Whose>) {
    let of = match whose {
        None => "",
        Some(Whose { instance: Host::Named(_), .. }) => " of this task or its instance",
        Some(_) => " of this task",
    };
    let age = state.world.feed(&Subject::Events).map(|feed| feed.age(state.now).label());
    canvas.notice(
        pane,
        &[
            vec![span(Role::Text, format!("{}.", nothing_since(state, of)))],
            vec![span(Role::Dim, "The first question reaches 24 hours back; every further one asks for what is new.")],
            vec![span(Role::Dim, format!("Age of the newest answer: {}.", age.unwrap_or("unknown".to_owned())))],
        ],
    );
}

/// Cells of the longest source in [`recent`]; the message is what counts.
const SOURCE_MAX: usize = 16;

/// The newest events of everything, one line each.
pub fn recent(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let inner = pane.inner();
    canvas.frame(pane, &[span(Role::Title, "Events")], &frame::ages(state, &[(Subject::Events, "as of")]));
    let feed = state.world.feed(&Subject::Events);
    let answered = feed.is_some_and(Feed::has_data);
    if !answered {
        match feed.and_then(|feed| feed.failed.as_ref()) {
            Some(_) => frame::failed(state, canvas, inner, &Subject::Events),
            None => canvas.notice(inner, &[vec![span(Role::Busy, "asking for the events…")]]),
        }
        return;
    }
    let shown: Vec<_> = state.events.newest(&state.world).take(usize::from(inner.height)).collect();
    if shown.is_empty() {
        canvas.notice(inner, &[vec![span(Role::Dim, nothing_since(state, ""))]]);
        return;
    }
    let stamps: Vec<String> = shown.iter().map(|(event, _)| events::stamp(event.at, state.now)).collect();
    let time = stamps.iter().map(String::len).max().unwrap_or(0);
    let longest = shown.iter().map(|(event, _)| text::width(&event.source.shown())).max().unwrap_or(0);
    let name = longest.min(SOURCE_MAX);
    let width = inner.width.saturating_sub(2);
    for (((event, line), stamp), y) in shown.into_iter().zip(stamps).zip(inner.y..) {
        // No sign where nothing is asked for, and one style for all the rest: this pane is part of the largest frame.
        let (role, sign) = match weight(line.weight) {
            _ if line.weight == Some(Weight::Info) => (Role::Text, " "),
            (role, sign, _) => (role, sign),
        };
        let source = event.source.shown();
        let source = text::cut(&source, name);
        let blank = " ".repeat(name - text::width(&source));
        let row: Line<'_> = vec![
            span(Role::Text, format!("{stamp:<time$} ")),
            span(role, sign),
            span(Role::Text, format!(" {source}{blank} {}", event.short())),
        ];
        canvas.line(inner.x + 1, y, width, &row);
    }
}

/// The category in words, and as AWS spells it where that differs.
pub fn category(event: &Event, line: &events::Line) -> String {
    let said: Vec<_> = event.categories.iter().map(|one| one.shown()).collect();
    match (line.category.map(Category::word), said.as_slice()) {
        (Some(word), []) => format!("{word}, by its message: AWS names none"),
        (Some(word), [one]) if one == word => word.to_owned(),
        (Some(word), all) => format!("{word} ({})", all.join(", ")),
        (None, []) => "? none is named".to_owned(),
        (None, all) => format!("? {}", all.join(", ")),
    }
}
