//! Who is told of events, the dead first: a dead subscription looks as if somebody were told, and nobody is.

use super::canvas::{Canvas, Line, span};
use super::frame;
use crate::console::state::layout::Pane;
use crate::console::state::page::filling;
use crate::console::state::schedules::{SUBSCRIPTION_LINES, subscriptions};
use crate::console::state::{Filling, State};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::Subject;
use crate::model::parts::EventSubscription;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let inner = pane.inner();
    let count = state.world.subscriptions.len();
    let filling = filling(state, &Subject::Subscriptions, count, count);
    let mut title = vec![span(Role::Title, "Event subscriptions")];
    if filling == Filling::Rows {
        title.extend([span(Role::Border, " ─ "), span(Role::Text, count.to_string())]);
        match dead(state) {
            0 => {}
            dead => title.push(span(Role::Bad, format!(" · {dead} dead"))),
        }
    }
    canvas.frame(pane, &title, &frame::ages(state, &[(Subject::Subscriptions, "as of")]));
    match filling {
        Filling::Rows | Filling::NoMatch => {
            let width = usize::from(inner.width.saturating_sub(2));
            let skipped = state.schedules.offset;
            let fit = usize::from(inner.height) / SUBSCRIPTION_LINES + 1;
            let all = subscriptions(&state.world);
            let shown: Vec<_> = all.iter().skip(skipped).take(fit).flat_map(|one| lines(one, width)).collect();
            canvas.lines(inner, &shown);
        }
        Filling::Loading => canvas.notice(inner, &[vec![span(Role::Busy, "asking for the subscriptions…")]]),
        Filling::Failed => frame::failed(state, canvas, inner, &Subject::Subscriptions),
        Filling::Empty => canvas.notice(
            inner,
            &[
                vec![span(Role::Text, "DMS tells nobody of events here.")],
                vec![span(Role::Dim, "There may be EventBridge rules that do.")],
            ],
        ),
    }
}

/// Health of the subscriptions in one line, where there is no room for more.
pub fn summary<'a>(state: &State) -> Line<'a> {
    let count = state.world.subscriptions.len();
    let name = span(Role::Dim, "event subscriptions: ");
    let words = match filling(state, &Subject::Subscriptions, count, count) {
        Filling::Loading => span(Role::Busy, "asking…"),
        Filling::Failed => span(Role::Bad, "✗ could not be read"),
        Filling::Empty => span(Role::Text, "none"),
        Filling::Rows | Filling::NoMatch => match dead(state) {
            0 => span(Role::Text, format!("{count}, none of them dead")),
            dead => span(Role::Bad, format!("✗ {dead} of {count} dead: {DEAD}")),
        },
    };
    vec![name, words]
}

fn dead(state: &State) -> usize {
    state.world.subscriptions.iter().filter(|one| one.is_dead()).count()
}

/// What a subscription does, then what that means and where it sends.
fn lines<'a>(one: &EventSubscription, width: usize) -> [Line<'a>; SUBSCRIPTION_LINES] {
    let (role, sign, word, means) = match (one.enabled, one.status.raw()) {
        (true, "topic-not-exist") => (Role::Bad, "✗", "dead: its topic does not exist", DEAD),
        (true, "no-permission") => (Role::Bad, "✗", "dead: DMS may not publish to its topic", DEAD),
        (true, "active") => (Role::Good, "●", "active", ""),
        (false, _) => (Role::Dim, "○", "switched off", "nobody is told"),
        (true, "creating") => (Role::Busy, "◐", "being made", "nobody is told yet"),
        (true, "modifying") => (Role::Busy, "◐", "being changed", ""),
        (true, "deleting") => (Role::Warn, "▲", "being deleted", "nobody will be told"),
        (true, _) => (Role::Unknown, "?", "", "not known here"),
    };
    // The status in AWS's own word where this console has none.
    let word = if word.is_empty() { one.status.shown().into_owned() } else { word.to_owned() };
    let name = text::cut(&one.name.shown(), width.saturating_sub(text::width(&word) + 4).max(12)).into_owned();
    let said = if means.is_empty() { String::new() } else { format!("{means}; ") };
    [
        vec![span(role, format!("{sign} ")), span(Role::Title, name), span(Role::Dim, "  "), span(role, word)],
        vec![
            span(Role::Text, format!("  {said}")),
            span(Role::Dim, text::cut(&format!("to {}", one.topic.shown()), width).into_owned()),
        ],
    ]
}

const DEAD: &str = "looks as if somebody were told, and nobody is";
