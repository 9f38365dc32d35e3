//! Starting a validation, over the screen: what, how much, the plan with its cost; and the questions about one.

use super::canvas::{Canvas, Line, span};
use super::header;
use crate::console::actions::{ActionId, Context};
use crate::console::state::State;
use crate::console::state::header::environment;
use crate::console::state::layout::Pane;
use crate::console::state::validate::{About, Ask, Field, Kind, Scroll, Stage, Start, frame};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::untrusted::shown;
use crate::model::validation::What;
use crate::model::validation::told;

/// Widest the form gets.
const WIDTH: u16 = 78;

pub fn draw(state: &State, start: &Start, canvas: &mut Canvas<'_>) {
    if start.stage == Stage::Choosing {
        return form(state, start, canvas);
    }
    let what = start.choices.get(start.cursor).map(|what| shown(told::name(what)).into_owned()).unwrap_or_default();
    let title = format!("validate {what}");
    let foot = match &start.stage {
        Stage::Offered(offer) if offer.refused.is_some() => vec![vec![span(Role::Dim, "It cannot be started.")]],
        Stage::Offered(offer) => match &offer.expects {
            Some(expects) => to_type(expects, "read the rows of both databases", &start.field),
            None => vec![Vec::new(), ready(&start.field)],
        },
        Stage::Beginning(_) => vec![Vec::new(), vec![span(Role::Busy, "beginning…")]],
        _ => Vec::new(),
    };
    question(state, canvas, &title, &start.scroll, &foot, Vec::new());
}

fn ready<'a>(field: &Field) -> Line<'a> {
    if field.admitted {
        vec![span(Role::Key, "Enter"), span(Role::Text, " starts it: rows are only read, never changed")]
    } else {
        vec![span(Role::Dim, "read it first…")]
    }
}

pub fn ask(state: &State, ask: &Ask, canvas: &mut Canvas<'_>) {
    let foot = match (&ask.over, ask.sent) {
        (Some(why), _) => {
            let nothing = match &ask.about {
                About::Refresh(_) => "Nothing was begun, and nothing was asked of it.",
                _ => "Nothing was read or written.",
            };
            vec![vec![span(Role::Bad, format!("✗ {why}"))], vec![span(Role::Text, nothing)]]
        }
        (None, true) => vec![Vec::new(), vec![span(Role::Busy, "on it…")]],
        (None, false) => to_type(&ask.expects, ask.title(), &ask.field),
    };
    let left =
        if ask.is_open() { vec![span(Role::Dim, format!("{} s left", ask.left(state.now)))] } else { Vec::new() };
    question(state, canvas, ask.title(), &ask.scroll, &foot, left);
}

/// What has to be typed, the field, what is wrong with it.
fn to_type<'a>(expects: &str, to: &str, field: &Field) -> Vec<Line<'a>> {
    let mut out = vec![vec![
        span(Role::Text, "type "),
        span(Role::Key, shown(expects).into_owned()),
        span(Role::Text, format!(" to {to}")),
    ]];
    if field.admitted {
        out.push(vec![span(Role::Key, "> "), span(Role::Input, field.text.clone()), span(Role::Cursor, " ")]);
    } else {
        out.push(vec![span(Role::Dim, "> read it first…")]);
    }
    if let Some(says) = &field.says {
        out.push(vec![span(Role::Warn, "▲ "), span(Role::Text, says.clone())]);
    }
    out
}

fn question(state: &State, canvas: &mut Canvas<'_>, title: &str, scroll: &Scroll, foot: &[Line<'_>], right: Line<'_>) {
    let shape = frame(state.area, scroll.lines.len());
    let pane = shape.pane;
    canvas.fill(pane, Role::Text);
    let below = scroll.lines.len().saturating_sub(scroll.offset + shape.rows);
    let key = state.setup.keys.hint(ActionId::PageDown, Context::Ask, state.setup.ascii);
    let more = match (scroll.offset, below) {
        (0, 0) => right,
        (above, 0) => vec![span(Role::Warn, format!("▴ {above}"))],
        (0, below) => vec![span(Role::Warn, format!("▾ {below} more, {key}"))],
        (above, below) => vec![span(Role::Warn, format!("▴ {above} ▾ {below} more, {key}"))],
    };
    canvas.frame(pane, &[span(Role::Title, title.to_owned())], &more);
    let inner = pane.inner();
    let (x, width) = (inner.x + 1, inner.width.saturating_sub(2));
    for (line, y) in scroll.lines.iter().skip(scroll.offset).take(shape.rows).zip(inner.y..inner.y + inner.height) {
        let (judges, says) = roles(line.kind);
        canvas.line(x, y, width, &[span(judges, line.sign), span(says, line.text.as_str())]);
    }
    let rows = u16::try_from(shape.rows).unwrap_or(u16::MAX);
    let rest = inner.below(rows + 1);
    for (line, y) in foot.iter().zip(rest.y..rest.y + rest.height) {
        canvas.line(x, y, width, line);
    }
}

/// Of the sign, and of the words.
fn roles(kind: Kind) -> (Role, Role) {
    match kind {
        Kind::Title => (Role::Title, Role::Title),
        Kind::Text => (Role::Dim, Role::Text),
        Kind::Dim => (Role::Dim, Role::Dim),
        Kind::Warning => (Role::Warn, Role::Warn),
        Kind::Bad => (Role::Bad, Role::Bad),
        Kind::Unknown => (Role::Unknown, Role::Unknown),
        Kind::Busy => (Role::Busy, Role::Busy),
    }
}

/// What can be validated, and how much of it.
fn form(state: &State, start: &Start, canvas: &mut Canvas<'_>) {
    let width = WIDTH.min(state.area.width.saturating_sub(4));
    let most = usize::from(state.area.height.saturating_sub(11)).max(3);
    let rows = start.choices.len().min(most);
    let height = u16::try_from(rows + 7).unwrap_or(u16::MAX).min(state.area.height.saturating_sub(3));
    let pane = Pane { x: (state.area.width - width) / 2, y: 2, width, height, boxed: true };
    canvas.fill(pane, Role::Text);
    let band = format!(" {} ", environment(state));
    canvas.frame(
        pane,
        &[span(Role::Title, "Validate: is the target equal to the source?")],
        &[span(header::band(state), band)],
    );
    let inner = pane.inner();
    let (x, cells) = (inner.x + 1, inner.width.saturating_sub(2));
    let from = (start.cursor + 1).saturating_sub(rows);
    for ((at, what), y) in start.choices.iter().enumerate().skip(from).take(rows).zip(inner.y..) {
        let here = at == start.cursor;
        let kind = match what {
            What::Task(_) => "task",
            _ => "of the configuration",
        };
        let name = text::cut(&shown(told::name(what)), usize::from(cells).saturating_sub(26)).into_owned();
        let blank = " ".repeat(40_usize.saturating_sub(text::width(&name)));
        let line = [
            span(Role::Busy, if here { "▌ " } else { "  " }),
            span(if here { Role::Cursor } else { Role::Text }, name),
            span(Role::Dim, format!("{blank}  {kind}")),
        ];
        canvas.line(x, y, cells, &line);
    }
    let below = inner.below(u16::try_from(rows).unwrap_or(0) + 1);
    let how = [span(Role::Dim, "compares ← → "), span(Role::Input, start.kind_words())];
    canvas.line(x, below.y, cells, &how);
    let when = [span(Role::Dim, "begins (Tab)  "), span(Role::Input, start.gate_words())];
    canvas.line(x, below.y + 1, cells, &when);
    let words = "The plan comes first: tables, queries, cost. Rows are only read.";
    canvas.line(x, below.y + 2, cells, &[span(Role::Dim, words)]);
}
