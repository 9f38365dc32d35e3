//! One refresh: its steps, what is away right now, the load, the log. Where there is no room for all, steps and one of them.
//!
//! ```text
//! ┌ staging ─ → running at load ─ 11 of 24 steps ─ 2m10s ┐┌ Away now ─ 4 ───────────────────────────┐
//! │ target  db.staging.example:5432/shop                 ││ ○ schedule  rule:default/nightly, was … │
//! │ ✓ schedule-off     done        1     2s              │└──────────────────────────────────────────┘
//! │ → load             running     1    40s  started …   │┌ Load ─ 43% ─ running ─ as of 3s ────────┐
//! │ ○ keys-back        waiting                           ││ → shop.orders  ████░░░░░░ 12,345 rows    │
//! └──────────────────────────────────────────────────────┘└──────────────────────────────────────────┘
//! ┌ Log ────────────────────────────────────────────────────────────────────────────────────────────┐
//! ```

use super::canvas::{Canvas, Line as Spans, span};
use super::frame;
use super::refreshes::sign;
use crate::console::state::State;
use crate::console::state::age::{self, Age};
use crate::console::state::feed::Failure;
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::refreshes::run::{
    Kind, Line, Part, RunView, STEP_NAME, STEP_STATE, STEP_TOOK, current_at, step_took,
};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::refresh::told::RunTold;
use crate::model::refresh::{StepSeen, StepState};
use crate::model::untrusted::shown;

/// From this width on there is room for the name of the run.
const WITH_ID: u16 = 90;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let body = layout.list;
    let Some(run) = state.refreshes.run.as_deref() else { return };
    let Some(told) = run.told.as_deref() else {
        canvas.frame(body, &[span(Role::Title, "Refresh")], &[span(Role::Dim, shown(&run.id.0).into_owned())]);
        return match &run.feed.failed {
            Some(failure) => frame::failed_with(state, canvas, body.inner(), &failure.clone()),
            None => canvas.notice(body.inner(), &[vec![span(Role::Busy, "reading its journal…")]]),
        };
    };
    let panes = run.panes(body);
    steps(state, run, told, canvas, panes.steps);
    if let Some(pane) = panes.away {
        canvas.frame(pane, &part_title(run, Part::Away, away_title(told)), &[]);
        lines(run, Part::Away, canvas, pane.inner());
    }
    if let Some(pane) = panes.load {
        canvas.frame(pane, &part_title(run, Part::Load, load_title(told)), &load_age(state, told));
        lines(run, Part::Load, canvas, pane.inner());
    }
    if let Some(pane) = panes.log {
        canvas.frame(pane, &part_title(run, Part::Log, vec![span(Role::Title, "Log")]), &[]);
        lines(run, Part::Log, canvas, pane.inner());
    }
}

/// The one that the keys scroll is marked.
fn part_title<'a>(run: &RunView, part: Part, title: Spans<'a>) -> Spans<'a> {
    let mut all = if run.part == part { vec![span(Role::Busy, "▌ ")] } else { Vec::new() };
    all.extend(title);
    if let Some(place) = run.place(part) {
        all.push(span(Role::Dim, format!(" ─ {place}")));
    }
    all
}

fn steps(state: &State, run: &RunView, told: &RunTold, canvas: &mut Canvas<'_>, pane: Pane) {
    let (head, all) = (&told.seen.head, &told.seen.steps);
    let (role, sign) = sign(head);
    let at = head.step.as_ref().filter(|_| !head.state.is_over());
    let at = at.map(|step| format!(" at {}", shown(&step.0))).unwrap_or_default();
    let over =
        |step: &&StepSeen| !matches!(step.state, StepState::Waiting | StepState::Running | StepState::Failed { .. });
    let done = all.iter().filter(over).count();
    let until = head.ended.or_else(|| head.is_working().then_some(state.now));
    let took = until.map(|until| format!(" · {}", age::length(until.duration_since(head.began)))).unwrap_or_default();
    let title = vec![
        span(Role::Title, shown(&head.name.0).into_owned()),
        span(Role::Border, " ─ "),
        span(role, format!("{sign} {}{at}", head.standing())),
        span(Role::Text, format!(" ─ {done}/{} steps{took}", all.len())),
    ];
    let right = match &run.feed.failed {
        Some(Failure { .. }) => vec![span(Role::Bad, "the journal cannot be read")],
        // It stands on the list too.
        None if pane.width < WITH_ID => Vec::new(),
        None => vec![span(Role::Dim, shown(&head.id.0).into_owned())],
    };
    canvas.frame(pane, &part_title(run, Part::Steps, title), &right);
    let inner = pane.inner();
    let (x, width) = (inner.x + 1, inner.width.saturating_sub(2));
    for (line, y) in run.head.iter().zip(inner.y..inner.y + inner.height) {
        canvas.line(x, y, width, &spans(line));
    }
    let rest = inner.below(u16::try_from(run.head.len()).unwrap_or(u16::MAX));
    let current = current_at(all).filter(|_| !head.state.is_over());
    for ((_, line), y) in run.visible(Part::Steps).zip(rest.y..rest.y + rest.height) {
        let Kind::Step(nth) = line.kind else {
            canvas.line(x, y, width, &[span(Role::Dim, line.name.as_str()), span(Role::Dim, line.text.as_str())]);
            continue;
        };
        let Some(step) = all.get(nth) else { continue };
        canvas.line(x, y, width, &of_step(state, step, line, (current == Some(nth), head.is_working())));
    }
}

/// `works`: a process carries the run out, so a step that was begun goes on.
fn of_step<'a>(state: &State, step: &StepSeen, line: &'a Line, (current, works): (bool, bool)) -> Spans<'a> {
    let (role, sign) = match &step.state {
        StepState::Waiting => (Role::Dim, "○"),
        StepState::Running if !works => (Role::Warn, "○"),
        StepState::Running => (Role::Busy, "→"),
        StepState::Done => (Role::Good, "✓"),
        StepState::Skipped { .. } => (Role::Dim, "—"),
        StepState::Failed { .. } => (Role::Bad, "✗"),
        StepState::Undone => (Role::Unknown, "←"),
        StepState::PassedOver { .. } => (Role::Warn, "▲"),
    };
    let name = text::cut(&line.name, STEP_NAME).into_owned();
    let pad = |words: &str, cells: usize| " ".repeat(cells.saturating_sub(text::width(words)));
    let word = match step.state {
        StepState::Waiting => "",
        StepState::Running if !works => "stopped",
        _ => step.state.word(),
    };
    // The first attempt needs no number.
    let tries = if step.attempts > 1 { format!("{}x", step.attempts) } else { String::new() };
    let took = if works || step.ended.is_some() { step_took(step, state.now) } else { String::new() };
    let of_name = if current {
        Role::Title
    } else if step.state == StepState::Waiting {
        Role::Dim
    } else {
        Role::Text
    };
    let note = match step.state {
        StepState::Failed { .. } => Role::Bad,
        StepState::PassedOver { .. } => Role::Warn,
        StepState::Running => Role::Text,
        _ => Role::Dim,
    };
    vec![
        span(role, format!("{sign} ")),
        span(of_name, format!("{name}{} ", pad(&name, STEP_NAME))),
        span(role, format!("{word}{}", pad(word, STEP_STATE))),
        span(Role::Warn, format!("{tries:>4}")),
        span(Role::Text, format!("{took:>STEP_TOOK$}  ")),
        span(note, line.text.as_str()),
    ]
}

fn away_title<'a>(told: &RunTold) -> Spans<'a> {
    match (told.seen.away.len(), told.seen.head.state.is_over()) {
        (0, _) => vec![span(Role::Title, "Away now"), span(Role::Text, " ─ nothing")],
        (number, _) => vec![
            span(Role::Title, "Away now"),
            span(Role::Border, " ─ "),
            span(Role::Warn, format!("{number}, and will come back")),
        ],
    }
}

fn load_title<'a>(told: &RunTold) -> Spans<'a> {
    let mut title = vec![span(Role::Title, "Load")];
    if let Some(load) = &told.seen.load {
        let percent = load.percent.map(|percent| format!("{percent}% · ")).unwrap_or_default();
        title.push(span(Role::Border, " ─ "));
        title.push(span(Role::Text, format!("{percent}{}", load.status.shown())));
    }
    title
}

/// How old the evidence is: DMS's own time of it.
fn load_age<'a>(state: &State, told: &RunTold) -> Spans<'a> {
    let Some(load) = &told.seen.load else { return Vec::new() };
    vec![span(Role::Dim, format!("as of {}", Age::of(Some(load.as_of), state.now).label()))]
}

fn lines(run: &RunView, part: Part, canvas: &mut Canvas<'_>, inner: Pane) {
    for ((_, line), y) in run.visible(part).zip(inner.y..inner.y + inner.height) {
        canvas.line(inner.x + 1, y, inner.width.saturating_sub(2), &spans(line));
    }
}

fn spans(line: &Line) -> Spans<'_> {
    let (sign, role) = match line.kind {
        Kind::Text | Kind::Step(_) | Kind::StepMore | Kind::Meaning => (Role::Dim, Role::Text),
        Kind::Dim => (Role::Dim, Role::Dim),
        Kind::Good => (Role::Good, Role::Text),
        Kind::Warning => (Role::Warn, Role::Text),
        Kind::Bad => (Role::Bad, Role::Bad),
        Kind::Busy => (Role::Busy, Role::Text),
        Kind::Command => (Role::Dim, Role::Key),
    };
    vec![
        span(sign, line.sign),
        span(if line.kind == Kind::Text { Role::Dim } else { role }, line.name.as_str()),
        span(role, line.text.as_str()),
    ]
}
