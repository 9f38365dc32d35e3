//! What a task is made of: one running text.

use super::canvas::{Canvas, Line as Spans, span};
use super::frame;
use crate::console::state::age::Age;
use crate::console::state::definition::Form;
use crate::console::state::definition::write::{Kind, Line, NAME};
use crate::console::state::feed::Freshness;
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::{Filling, State};
use crate::console::theme::Role;
use crate::model::Subject;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let pane = layout.list;
    let inner = pane.inner();
    canvas.frame(pane, &title(state), &ages(state, pane));
    let definition = &state.definition;
    if definition.lines() == 0 {
        return match state.filling() {
            Filling::Failed => frame::failed(state, canvas, inner, &Subject::Tasks),
            Filling::Loading => canvas.notice(inner, &[vec![span(Role::Busy, "asking for the task…")]]),
            _ => canvas.notice(inner, &[vec![span(Role::Text, "This task is not in the list any more.")]]),
        };
    }
    for (at, y) in definition.pane.visible().zip(inner.y..inner.y + inner.height) {
        let Some(line) = definition.line(at) else { break };
        if definition.is_hit(at) {
            let role = if definition.current() == Some(at) { Role::Input } else { Role::Key };
            canvas.put(inner.x, y, 1, role, "▌");
        }
        canvas.line(inner.x + 1, y, inner.width.saturating_sub(2), &spans(line));
    }
}

fn title(state: &State) -> Spans<'_> {
    let definition = &state.definition;
    let form = match definition.form {
        Form::Words => "in words",
        Form::Json => "as JSON",
    };
    let mut title = vec![span(Role::Title, "Definition"), span(Role::Border, " ─ "), span(Role::Text, form)];
    if let Some(place) = definition.pane.place() {
        title.push(span(Role::Text, format!(" · {place}")));
    }
    if !definition.search.trim().is_empty() {
        let found = match definition.found() {
            (0, _) => "nowhere".to_owned(),
            (all, at) => format!("{at} of {all}"),
        };
        title.extend([span(Role::Border, " ─ "), span(Role::Input, format!("/ {}", definition.search))]);
        title.push(span(Role::Text, format!(" {found}")));
    }
    title
}

/// The age of each part; where there is no room for all, that of the oldest.
fn ages<'a>(state: &State, pane: Pane) -> Spans<'a> {
    let mut subjects = vec![(Subject::Endpoints, "endpoints"), (Subject::Instances, "instance")];
    subjects.splice(0..0, state.opened.clone().map(|arn| (Subject::Definition(arn), "read")));
    if pane.width < 110 {
        // Of equals the definition's own, which is the first.
        let oldest = subjects.into_iter().rev().max_by_key(|(subject, _)| oldness(state, subject));
        return frame::ages(state, oldest.as_slice());
    }
    frame::ages(state, &subjects)
}

/// What has failed and was never read is older than anything; what is awaited is of no age yet.
fn oldness(state: &State, subject: &Subject) -> Option<Age> {
    let pane = state.pane_age(subject);
    match pane.freshness {
        Freshness::Missing if !pane.has_data => Some(Age::Unknown),
        _ => pane.has_data.then(|| Age::of(pane.as_of, state.now)),
    }
}

fn spans(line: &Line) -> Spans<'_> {
    let (role, sign) = match line.kind {
        Kind::Blank => return Vec::new(),
        Kind::Heading => return vec![span(Role::Title, line.text.as_str())],
        Kind::Part => return vec![span(Role::Dim, "─ "), span(Role::Busy, line.text.as_str())],
        Kind::Json => return vec![span(Role::Text, line.text.as_str())],
        Kind::Fact => (Role::Text, ""),
        Kind::Beware => (Role::Warn, "▲ "),
        Kind::Note => (Role::Dim, "· "),
        Kind::Unknown => (Role::Unknown, "? "),
        Kind::Old => (Role::Dim, "- "),
        Kind::New => (Role::Good, "+ "),
    };
    if line.text.is_empty() {
        return vec![span(Role::Text, line.name.as_str())];
    }
    let sign = if line.more { " ".repeat(crate::console::text::width(sign)) } else { sign.to_owned() };
    vec![span(Role::Dim, format!("{:<NAME$}", line.name)), span(role, sign), span(role, line.text.as_str())]
}
