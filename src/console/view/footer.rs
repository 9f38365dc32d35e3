//! The line at the bottom: the keys of this place, or the open text field.

use super::canvas::{Canvas, Line, line_width, span};
use crate::console::actions::{self, Action, ActionId, Context};
use crate::console::state::State;
use crate::console::state::layout::Pane;
use crate::console::text;
use crate::console::theme::Role;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let context = state.context();
    let hints = actions::footer(context);
    let mut x = pane.x + 1;
    if context == Context::Filter {
        let filter = state.filter();
        // The end of a long text is what is being typed.
        let room = usize::from(pane.width.saturating_sub(50)).max(20);
        let mut tail = filter;
        while text::width(tail) > room {
            tail = &tail[tail.chars().next().map_or(0, char::len_utf8)..];
        }
        x += canvas.line(
            x,
            pane.y,
            pane.width,
            &[span(Role::Key, "/ "), span(Role::Text, tail), span(Role::Cursor, " ")],
        );
        x += 3;
    }
    let width = pane.width.saturating_sub(x + 1);
    let mut line = fitting(state, context, &hints, usize::from(width), canvas.theme.ascii);
    if context == Context::Filter && !state.columns().is_empty() {
        let left = usize::from(width).saturating_sub(line_width(&line) + 3);
        let columns = state.columns().iter().map(|column| column.id).collect::<Vec<_>>().join(" ");
        let words = [format!("!not   column:text of {columns}"), "!not   column:text".to_owned(), "!not".to_owned()];
        if let Some(words) = words.into_iter().find(|words| text::width(words) <= left) {
            line.push(span(Role::Dim, format!("   {words}")));
        }
    }
    canvas.line(x, pane.y, width, &line);
}

/// As many hints as fit; help stays, since it leads to all the others.
fn fitting<'a>(state: &State, context: Context, hints: &[&'static Action], width: usize, ascii: bool) -> Line<'a> {
    let mut kept: Vec<Line<'a>> = hints
        .iter()
        .filter(|action| matters(state, context, action.id))
        .map(|action| {
            let key = actions::keys_in(action, context).next().map(|key| actions::key_label(key, ascii));
            let standing = state.problems.standing();
            let text = if action.id == ActionId::Problems && standing > 0 {
                // What fails behind the screen must be seen from it.
                span(Role::Bad, format!(" {}", text::plural(standing, action.label.trim_end_matches('s'))))
            } else {
                span(Role::Text, format!(" {}", label(state, action)))
            };
            vec![span(Role::Key, key.unwrap_or_default()), text]
        })
        .collect();
    let needed = |kept: &[Line<'a>]| kept.iter().map(|hint| line_width(hint) + 3).sum::<usize>().saturating_sub(3);
    while needed(&kept) > width && kept.len() > 1 {
        let at = kept.len() - 1;
        let is_help = kept[at].last().is_some_and(|(_, text)| text == " help");
        kept.remove(if is_help { at - 1 } else { at });
    }
    kept.join(&span(Role::Text, "   "))
}

/// On the first screen nothing lies behind, so going back is not offered unless it drops a filter.
fn matters(state: &State, context: Context, id: ActionId) -> bool {
    match id {
        ActionId::Back => {
            context == Context::Help || state.screens.len() > 1 || !state.tasks.list.filter.text().is_empty()
        }
        ActionId::Close => context != Context::Help && state.screens.len() == 1,
        // Events, logs and drain may be on screen without a task.
        ActionId::NextTab => state.tab().is_some(),
        _ => true,
    }
}

fn label(state: &State, action: &Action) -> &'static str {
    let filtered = !state.filter().is_empty();
    if action.id == ActionId::Back && filtered && state.overlay.is_none() { "all rows" } else { action.label }
}
