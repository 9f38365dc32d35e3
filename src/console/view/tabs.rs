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
    // Which task this is comes before what else there is of it: in a narrow terminal the other sides are keys alone.
    let room = |sides: &Line<'_>| usize::from(pane.width).saturating_sub(line_width(sides) + 4).max(7);
    let whole = sides(state, here, true);
    let fits = crate::console::text::width(&name) <= room(&whole);
    let sides = if fits { whole } else { sides(state, here, false) };
    let room = room(&sides);
    let mut line = vec![span(Role::Title, crate::console::text::cut(&name, room)), span(Role::Text, "  ")];
    line.extend(sides);
    canvas.line(pane.x + 1, pane.y, pane.width.saturating_sub(2), &line);
}

/// `words`: also of the sides that are not on screen.
fn sides<'a>(state: &State, here: Tab, words: bool) -> Line<'a> {
    let mut line: Line<'a> = Vec::new();
    for tab in Tab::ALL {
        let key = state.key(action(tab));
        let role = if tab == here { Role::Cursor } else { Role::Text };
        line.push(span(Role::Key, format!(" {key} ")));
        if words || tab == here {
            line.push(span(role, tab.title()));
        }
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
