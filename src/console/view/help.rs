//! `?`: keys, filter words, signs.

use super::canvas::{Canvas, span};
use crate::console::actions::Context;
use crate::console::state::State;
use crate::console::state::help::{HelpLine, LEFT, inner, lines, size};
use crate::console::state::layout::{Layout, Pane};
use crate::console::theme::Role;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout, offset: usize, over: Context) {
    let keys = &state.setup.keys;
    let bottom = layout.footer.y;
    let top = layout.header.y + 1;
    let pane = Pane { x: 0, y: top, width: state.area.width, height: bottom - top, boxed: true };
    canvas.fill(pane, Role::Text);
    let (width, height) = inner(state.area);
    let (all, _) = size(keys, over, canvas.theme.ascii, state.area);
    let offset = offset.min(all.saturating_sub(height));
    let last = (offset + height).min(all);
    let place = if all > height { format!("{}-{last} of {all}", offset + 1) } else { String::new() };
    canvas.frame(pane, &[span(Role::Title, "Help")], &[span(Role::Dim, place)]);
    let text = lines(keys, over, canvas.theme.ascii, width);
    for (line, y) in text.iter().skip(offset).take(height).zip(top + 1..) {
        let cells = state.area.width.saturating_sub(4);
        match line {
            HelpLine::Heading(heading) => {
                canvas.put(2, y, cells, Role::Title, heading);
            }
            HelpLine::Entry { left, right } => {
                let left_cells = u16::try_from(LEFT).unwrap_or(u16::MAX);
                canvas.put(2, y, left_cells - 1, Role::Key, left);
                canvas.put(2 + left_cells, y, cells.saturating_sub(left_cells), Role::Text, right);
            }
            HelpLine::Blank => {}
        }
    }
}
