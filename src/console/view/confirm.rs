//! The question before a change, over the screen.

use super::canvas::{Canvas, span};
use crate::console::message::Area;
use crate::console::state::confirm::Confirm;
use crate::console::state::layout::Pane;
use crate::console::theme::Role;

const WIDTH: u16 = 100;

pub fn draw(confirm: &Confirm, canvas: &mut Canvas<'_>, area: Area) {
    let width = WIDTH.min(area.width.saturating_sub(4));
    let pane = Pane { x: (area.width - width) / 2, y: 1, width, height: area.height.saturating_sub(2), boxed: true };
    canvas.fill(pane, Role::Text);
    canvas.frame(pane, &[span(Role::Title, format!("Change {}", confirm.id))], &[]);
}
