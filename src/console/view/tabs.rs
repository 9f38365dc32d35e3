//! The sides of the opened task, the one on screen marked.

use super::canvas::{Canvas, Line, line_width, span};
use crate::console::actions::ActionId;
use crate::console::state::layout::Pane;
use crate::console::state::{State, Tab};
use crate::console::theme::Role;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let Some(here) = state.tab() else { return };
    let name = state.opened.as_ref().and_then(|arn| state.world.task(arn));
    let name = name.map_or("a task that is gone".into(), |task| task.name.shown());
    let sides = sides(state, here);
    let room = usize::from(pane.width).saturating_sub(line_width(&sides) + 4).max(7);
    let mut line = vec![span(Role::Title, crate::console::text::cut(&name, room)), span(Role::Text, "  ")];
    line.extend(sides);
    canvas.line(pane.x + 1, pane.y, pane.width.saturating_sub(2), &line);
}

fn sides<'a>(state: &State, here: Tab) -> Line<'a> {
    let mut line: Line<'a> = Vec::new();
    for tab in Tab::ALL {
        let key = state.key(action(tab));
        let role = if tab == here { Role::Cursor } else { Role::Text };
        line.extend([span(Role::Key, format!(" {key} ")), span(role, tab.title())]);
    }
    line
}

fn action(tab: Tab) -> ActionId {
    match tab {
        Tab::Tables => ActionId::Tables,
        Tab::Events => ActionId::Events,
        Tab::Logs => ActionId::Logs,
        Tab::Metrics => ActionId::Metrics,
        Tab::Drain => ActionId::Drain,
        Tab::Validation => ActionId::TaskValidation,
        Tab::Definition => ActionId::Definition,
    }
}
