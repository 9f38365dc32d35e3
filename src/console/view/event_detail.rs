//! The pane about the event under the cursor: the message in full, what it means, what to do, where to go from it.

use super::canvas::{Canvas, Line, span};
use super::events::{category, weight};
use crate::console::state::layout::Pane;
use crate::console::state::{State, age, events};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::event::{Event, SourceType, Weight};

pub fn draw(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let Some((event, line)) = events::in_detail(state) else {
        canvas.frame(pane, &[span(Role::Title, "Event")], &[]);
        return;
    };
    let (role, sign, word) = weight(line.weight);
    let title = vec![
        span(Role::Title, "Event"),
        span(Role::Border, " ─ "),
        span(Role::Text, event.source.shown()),
        span(Role::Border, " ─ "),
        span(role, format!("{sign} {word}")),
    ];
    canvas.frame(pane, &title, &[]);
    let inner = pane.inner();
    canvas.lines(inner, &lines(state, event, line, usize::from(inner.width.saturating_sub(2))));
}

/// Cells of the names on the left.
const NAME: usize = 10;

fn lines<'a>(state: &State, event: &Event, line: &events::Line, width: usize) -> Vec<Line<'a>> {
    let mut out: Vec<Line<'a>> = Vec::new();
    let mut add = |name: &str, role: Role, text: &str| {
        for (at, part) in text::wrap(text, width.saturating_sub(NAME)).into_iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            out.push(vec![span(Role::Dim, format!("{name:<NAME$}")), span(role, part)]);
        }
    };
    add("message", Role::Text, &event.message.shown());
    match line.words {
        Some(words) => add("means", if line.weight == Some(Weight::Critical) { Role::Bad } else { Role::Text }, words),
        None => add("means", Role::Unknown, "? not known here: read the message"),
    }
    if let Some(advice) = event.advice() {
        add("to do", Role::Text, advice);
    }
    let at = event.at.strftime("%Y-%m-%d %H:%M:%S UTC");
    add("when", Role::Text, &format!("{at}, {} ago", age::Age::of(Some(event.at), state.now).label()));
    add("of", Role::Text, &of(state, event));
    add("category", Role::Text, &category(event, line));
    add("then", Role::Dim, &then(state, event));
    out
}

/// Tasks named of an instance before the rest is only counted.
const NAMED: usize = 5;

fn of(state: &State, event: &Event) -> String {
    let name = event.source.shown();
    match &event.source_type {
        SourceType::Task => format!("task {name}"),
        SourceType::Other(kind) => format!("{} {name}", kind.shown()),
        SourceType::Instance => {
            let instance = state.world.instances.iter().find(|one| one.name == event.source).map(|one| &one.arn);
            let tasks =
                state.world.tasks.iter().filter(|task| instance.is_some() && task.instance.as_ref() == instance);
            let tasks: Vec<_> = tasks.map(|task| task.name.shown()).collect();
            let some = tasks.iter().take(NAMED).map(|name| &**name).collect::<Vec<_>>().join(", ");
            match (tasks.len(), tasks.len().saturating_sub(NAMED)) {
                (0, _) => format!("instance {name}; no listed task is known to run on it"),
                (_, 0) => format!("instance {name}; on it: {some}"),
                (_, rest) => format!("instance {name}; on it: {some} and {}", text::plural(rest, "other task")),
            }
        }
    }
}

fn then(state: &State, event: &Event) -> String {
    match (&event.source_type, events::task_of(&state.world, event)) {
        (SourceType::Instance, _) => "an instance has no log: those of its tasks tell more".to_owned(),
        (_, Some(_)) => "Enter opens the log of the task".to_owned(),
        (_, None) => "the task is not listed here: gone, or out of scope".to_owned(),
    }
}
