//! What a refresh would do: one running text, what forbids it on top.

use super::canvas::{Canvas, Line as Spans, span};
use super::frame;
use crate::console::actions::ActionId;
use crate::console::state::age::Age;
use crate::console::state::feed::{Failure, Freshness};
use crate::console::state::layout::Layout;
use crate::console::state::refreshes::plan::{Kind, Line, PlanView, Stage};
use crate::console::state::{Mode, State};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::refresh::Level;
use crate::model::untrusted::shown;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let pane = layout.list;
    let inner = pane.inner();
    let Some(plan) = state.refreshes.plan.as_deref() else {
        return canvas.frame(pane, &[span(Role::Title, "Plan")], &[]);
    };
    canvas.frame(pane, &title(state, plan), &age(state, plan));
    match &plan.stage {
        Stage::Planning => canvas.notice(
            inner,
            &[
                vec![span(Role::Busy, "finding both databases, reading catalogues, counting rows…")],
                vec![span(Role::Dim, "Nothing is changed by planning.")],
            ],
        ),
        Stage::Failed(problem) => {
            let failure = Failure { problem: problem.clone(), retry_at: None };
            frame::failed_with(state, canvas, inner, &failure);
        }
        Stage::Offered(_) if plan.is_empty() => {
            frame::no_match(state, canvas, inner, plan.filter.text(), plan.counts().1, "line");
        }
        Stage::Offered(_) => {
            for (line, y) in plan.visible().zip(inner.y..inner.y + inner.height) {
                canvas.line(inner.x + 1, y, inner.width.saturating_sub(2), &spans(line));
            }
        }
    }
}

fn title<'a>(state: &State, plan: &'a PlanView) -> Spans<'a> {
    let mut title = vec![span(Role::Title, format!("Plan of {}", shown(&plan.name.0)))];
    let Some(offer) = plan.offer() else { return title };
    let number = |level: Level| offer.plan.findings.iter().filter(|one| one.level == level).count();
    title.push(span(Role::Border, " ─ "));
    title.push(match (number(Level::Blocking), number(Level::Warning)) {
        (0, 0) => span(Role::Good, "✓ it may run"),
        (0, warnings) => span(Role::Warn, format!("▲ it may run, {}", text::plural(warnings, "warning"))),
        (blocking, _) => span(Role::Bad, format!("✗ forbidden by {}", text::plural(blocking, "finding"))),
    });
    if state.setup.mode == Mode::ReadOnly {
        title.push(span(Role::Text, ", read-only here"));
    } else if offer.plan.may_run() {
        title.push(span(Role::Text, format!(", {} starts it", state.key(ActionId::StartRefresh))));
    }
    if let Some(place) = plan.pane.place() {
        title.push(span(Role::Dim, format!(" ─ {place}")));
    }
    if !plan.filter.is_empty() {
        title.extend([span(Role::Border, " ─ "), span(Role::Input, format!("/ {}", plan.filter.text()))]);
    }
    title
}

fn age<'a>(state: &State, plan: &PlanView) -> Spans<'a> {
    let Some(offer) = plan.offer() else { return Vec::new() };
    let pane = state.ages_on_screen().into_iter().next();
    let late = pane.is_some_and(|pane| pane.freshness == Freshness::Late);
    let label = Age::of(Some(offer.plan.made), state.now).label();
    let hash = span(Role::Dim, format!("{} · ", offer.plan.hash.short()));
    if late {
        let key = state.key(ActionId::AskNow);
        return vec![hash, span(Role::Warn, format!("▲ as of {label}, {key} plans again"))];
    }
    vec![hash, span(Role::Dim, format!("as of {label}"))]
}

fn spans(line: &Line) -> Spans<'_> {
    let (sign, role) = match line.kind {
        Kind::Blank => return Vec::new(),
        Kind::Heading => (Role::Title, Role::Title),
        Kind::Step => (Role::Busy, Role::Title),
        Kind::Text => (Role::Dim, Role::Text),
        Kind::Dim => (Role::Dim, Role::Dim),
        Kind::Good => (Role::Good, Role::Good),
        Kind::Warning => (Role::Warn, Role::Warn),
        Kind::Bad => (Role::Bad, Role::Bad),
        Kind::Sql => (Role::Border, Role::Dim),
    };
    vec![span(sign, line.sign.as_str()), span(role, line.text.as_str())]
}
