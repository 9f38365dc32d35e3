//! The cutover panel of a task: the verdict, then every check with its evidence's age.
//!
//! ```text
//! ┌ Drain ─ orders-cdc ────────────────────────────────────────── status 5s · tables 20s · metrics 1m ┐
//! │ ▲ NOT THROUGH  latency: 94 s and rising                                                            │
//! │                                                                                                    │
//! │ The way from source to target                                                                      │
//! │ ● task               running, load and changes                                                 5s  │
//! └────────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::canvas::{Canvas, Line, line_width, span};
use super::frame;
use crate::console::state::drain::{AGE, NAME, Row, VERDICT, seen_at};
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::tables::{judge_state, state_word};
use crate::console::state::{Filling, State, age};
use crate::console::text;
use crate::console::theme::{Role, judged};
use crate::model::Subject;
use crate::model::drain::{Check, Judgement, Seen, Standing, Verdict};
use crate::model::untrusted::shown;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let pane = layout.list;
    let inner = pane.inner();
    let mut title = vec![span(Role::Title, "Drain")];
    if let Some(place) = state.drain.pane.place() {
        title.extend([span(Role::Border, " ─ "), span(Role::Text, place)]);
    }
    let right = state.opened.as_ref().map(|arn| {
        let subjects =
            [(Subject::Tasks, "status"), (Subject::Tables(arn.clone()), "tables"), (Subject::Metrics, "metrics")];
        frame::ages(state, &subjects)
    });
    canvas.frame(pane, &title, &right.unwrap_or_default());
    let Some(judgement) = &state.drain.judgement else {
        return nothing(state, canvas, inner);
    };
    verdict(canvas, inner, &judgement.verdict);
    let rows = &state.drain.rows[state.drain.pane.visible()];
    for (row, y) in rows.iter().zip(inner.y + height(VERDICT)..inner.y + inner.height) {
        line(state, canvas, inner, y, judgement, row);
    }
}

fn height(lines: usize) -> u16 {
    u16::try_from(lines).unwrap_or(u16::MAX)
}

fn nothing(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    match state.filling() {
        Filling::Failed => frame::failed(state, canvas, pane, &Subject::Tasks),
        Filling::Loading => canvas.notice(pane, &[vec![span(Role::Busy, "asking for the task…")]]),
        _ => canvas.notice(pane, &[vec![span(Role::Text, "This task is not in the list any more.")]]),
    }
}

/// Sign and role of a verdict.
pub fn verdict_sign(verdict: &Verdict) -> (Role, &'static str) {
    match verdict {
        Verdict::Through { .. } => (Role::Good, "●"),
        Verdict::NotThrough { waiting: true, .. } => (Role::Warn, "▲"),
        Verdict::NotThrough { .. } => (Role::Bad, "✗"),
        Verdict::NotKnown { .. } => (Role::Unknown, "?"),
    }
}

fn verdict(canvas: &mut Canvas<'_>, pane: Pane, verdict: &Verdict) {
    let (role, sign) = verdict_sign(verdict);
    let word = format!("{sign} {}  ", verdict.word());
    let indent = text::width(&word);
    let room = usize::from(pane.width).saturating_sub(indent + 2).max(10);
    let words = verdict.words();
    let mut parts = text::wrap(&shown(&words), room);
    if parts.len() > VERDICT {
        let rest = parts[VERDICT - 1..].join(" ");
        parts.truncate(VERDICT - 1);
        parts.push(text::cut(&rest, room).into_owned());
    }
    for (nth, (part, y)) in parts.into_iter().zip(pane.y..pane.y + pane.height).enumerate() {
        let before = if nth == 0 { word.clone() } else { " ".repeat(indent) };
        canvas.line(pane.x + 1, y, pane.width.saturating_sub(2), &[span(role, before), span(Role::Title, part)]);
    }
}

/// Sign, role and word of a check.
fn sign(standing: Standing) -> (Role, &'static str) {
    match standing {
        Standing::NotDue => (Role::Dim, "○"),
        Standing::Pass => (Role::Good, "●"),
        Standing::Waiting => (Role::Warn, "▲"),
        Standing::Unknown => (Role::Unknown, "?"),
        Standing::Fail => (Role::Bad, "✗"),
    }
}

fn line(state: &State, canvas: &mut Canvas<'_>, pane: Pane, y: u16, judgement: &Judgement, row: &Row) {
    let (x, width) = (pane.x + 1, pane.width.saturating_sub(2));
    match row {
        Row::Blank => {}
        Row::Heading(title) => {
            canvas.put(x, y, width, Role::Title, title);
        }
        Row::Place { side, words, known } => {
            let (role, sign) = if *known { (Role::Dim, "·") } else { (Role::Unknown, "?") };
            let blank = NAME - 2;
            canvas.line(x, y, width, &[span(role, format!("{sign} {side:<blank$}")), span(Role::Dim, words.as_str())]);
        }
        Row::Check { check, first, words } => {
            let check = &judgement.checks[*check];
            let (role, sign) = sign(check.standing);
            let said = if check.standing == Standing::NotDue { Role::Dim } else { Role::Text };
            let blank = NAME - 2;
            if *first {
                let name = format!("{:<blank$}", check.topic.word());
                canvas.line(
                    x,
                    y,
                    width,
                    &[span(role, format!("{sign} ")), span(said, name), span(said, words.as_str())],
                );
                let age = seen(state, check);
                let cells = line_width(&age);
                let cells = u16::try_from(cells).unwrap_or(u16::MAX).min(width);
                canvas.line(x + width - cells, y, cells, &age);
            } else {
                let indent = " ".repeat(NAME);
                canvas.line(x, y, width, &[span(said, indent), span(said, words.as_str())]);
            }
        }
        Row::Waiting { table, state, changes } => {
            let (role, sign) = judged(judge_state(state));
            let changes = text::count(*changes, 11);
            let line = [
                span(role, format!("{sign} ")),
                span(Role::Text, format!("{changes:>11}  ")),
                span(Role::Text, table.as_str()),
                span(Role::Dim, format!("  {}", state_word(state))),
            ];
            canvas.line(x, y, width, &line);
        }
        Row::Order { place, words } => {
            canvas.line(x, y, width, &[span(Role::Dim, format!("{place}  ")), span(Role::Text, words.as_str())]);
        }
    }
}

/// How old the evidence of a check is.
fn seen<'a>(state: &State, check: &Check) -> Line<'a> {
    let words = match check.seen {
        Seen::Timeless => return Vec::new(),
        seen => match age::Age::of(seen_at(seen), state.now) {
            known @ age::Age::Seconds(_) => known.label(),
            // The words of the check say which.
            age::Age::Ahead | age::Age::Unknown => "?".to_owned(),
        },
    };
    let in_doubt = check.standing == Standing::Unknown;
    vec![span(if in_doubt { Role::Unknown } else { Role::Dim }, text::cut(&words, AGE).into_owned())]
}
