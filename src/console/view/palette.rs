//! The `:` palette over the screen.

use super::canvas::{Canvas, span};
use crate::console::message::Area;
use crate::console::state::layout::Pane;
use crate::console::state::palette::Palette;
use crate::console::theme::Role;

/// Size of the box.
const WIDTH: u16 = 90;
const HEIGHT: u16 = 18;

/// Cells of a command's name and of its keys.
const NAME: usize = 24;
const KEYS: usize = 8;

pub fn draw(palette: &Palette, canvas: &mut Canvas<'_>, area: Area) {
    let width = WIDTH.min(area.width.saturating_sub(4));
    let height = HEIGHT.min(area.height.saturating_sub(4));
    let pane = Pane { x: (area.width - width) / 2, y: 2, width, height, boxed: true };
    canvas.fill(pane, Role::Text);
    let found = palette.found.len();
    canvas.frame(pane, &[span(Role::Title, "Commands")], &[span(Role::Dim, format!("{found}"))]);
    let inner = pane.inner();
    let cells = inner.width.saturating_sub(2);
    let tail = crate::console::text::tail(&palette.text, usize::from(cells.saturating_sub(4)));
    let field = [span(Role::Key, ": "), span(Role::Text, tail), span(Role::Cursor, " ")];
    canvas.line(inner.x + 1, inner.y, cells, &field);
    let rows = inner.below(1);
    if palette.found.is_empty() {
        canvas.put(rows.x + 3, rows.y, cells, Role::Dim, "no command has this name");
    }
    let offset = (palette.cursor + 1).saturating_sub(usize::from(rows.height));
    for ((place, entry), y) in palette.found.iter().enumerate().skip(offset).zip(rows.y..rows.y + rows.height) {
        let here = place == palette.cursor;
        if here {
            canvas.put(rows.x + 1, y, 1, Role::Busy, "▌");
        }
        let name = format!("{:<NAME$}", entry.name);
        let keys = crate::console::text::cut(&entry.keys, KEYS - 1);
        let pad = " ".repeat(KEYS.saturating_sub(crate::console::text::width(&keys)));
        let line = [
            span(if here { Role::Cursor } else { Role::Text }, name),
            span(Role::Text, " "),
            span(Role::Key, keys),
            span(Role::Text, pad),
            span(Role::Dim, entry.doc),
        ];
        canvas.line(rows.x + 3, y, cells.saturating_sub(2), &line);
    }
}
