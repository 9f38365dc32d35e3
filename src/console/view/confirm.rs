//! The question before a change, over the screen: what and where, what comes of it, what has to be typed.

use super::canvas::{Canvas, span};
use super::header;
use crate::console::actions::{ActionId, Context};
use crate::console::state::State;
use crate::console::state::confirm::{Confirm, Kind, Line, shape};
use crate::console::state::header::environment;
use crate::console::state::layout::Pane;
use crate::console::theme::Role;

pub fn draw(state: &State, confirm: &Confirm, canvas: &mut Canvas<'_>) {
    let shape = shape(confirm, state.now, state.area);
    let pane = shape.pane;
    canvas.fill(pane, Role::Text);
    let offset = confirm.offset.min(shape.scrolls());
    let above = if offset > 0 { format!("▴ {offset} ") } else { String::new() };
    let below = shape.scrolls() - offset;
    let key = state.setup.keys.hint(ActionId::PageDown, Context::Confirm, state.setup.ascii);
    let below = if below > 0 { format!("▾ {below} more, {key}") } else { String::new() };
    let more = format!("{above}{below}");
    let right = [span(Role::Warn, more.trim_end().to_owned())];
    canvas.frame(pane, &[span(Role::Title, shape.title)], &right);
    let inner = pane.inner();
    let mut rest = inner;
    for line in &shape.head {
        rest = put(state, canvas, rest, line);
    }
    if !shape.body.is_empty() {
        rest = rest.below(1);
    }
    for line in shape.body.iter().skip(offset).take(shape.rows) {
        rest = put(state, canvas, rest, line);
    }
    if !shape.foot.is_empty() {
        rest = rest.below(1);
    }
    for line in &shape.foot {
        rest = put(state, canvas, rest, line);
    }
}

/// Draws one line; what is left below it.
fn put(state: &State, canvas: &mut Canvas<'_>, pane: Pane, line: &Line) -> Pane {
    if pane.height == 0 {
        return pane;
    }
    let (x, cells) = (pane.x + 1, pane.width.saturating_sub(2));
    let text = line.text.as_str();
    let sign = line.sign.as_str();
    match line.kind {
        Kind::Place => {
            // The same band as on top of the screen: here is where it counts.
            let band = format!(" {} ", environment(state));
            let used = canvas.put(x, pane.y, cells, header::band(state), &band);
            canvas.put(x + used + 1, pane.y, cells.saturating_sub(used + 1), Role::Text, text);
        }
        Kind::Field => {
            let parts = [span(Role::Key, sign), span(Role::Input, text), span(Role::Cursor, " ")];
            canvas.line(x, pane.y, cells, &parts);
        }
        kind => {
            let (judges, says) = roles(kind);
            canvas.line(x, pane.y, cells, &[span(judges, sign), span(says, text)]);
        }
    }
    pane.below(1)
}

/// Of the sign, and of the words.
fn roles(kind: Kind) -> (Role, Role) {
    match kind {
        Kind::Words => (Role::Title, Role::Title),
        Kind::Text | Kind::Place | Kind::Field => (Role::Text, Role::Text),
        Kind::Dim | Kind::Shut => (Role::Dim, Role::Dim),
        Kind::Warning => (Role::Warn, Role::Warn),
        Kind::Good => (Role::Good, Role::Text),
        Kind::Bad => (Role::Bad, Role::Bad),
        Kind::Unknown => (Role::Unknown, Role::Unknown),
        Kind::Busy => (Role::Busy, Role::Busy),
        Kind::Command => (Role::Dim, Role::Text),
        Kind::Offer => (Role::Key, Role::Text),
    }
}
