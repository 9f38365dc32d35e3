//! Events: what DMS says has happened, of one task or of everything.

use super::canvas::{Canvas, span};
use crate::console::state::State;
use crate::console::state::layout::Layout;
use crate::console::theme::Role;

pub fn draw(_state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    canvas.frame(layout.list, &[span(Role::Title, "Events")], &[]);
}
