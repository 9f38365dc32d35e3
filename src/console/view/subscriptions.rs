//! Who is told of events, the dead first: a dead subscription looks as if somebody were told, and nobody is.

use super::canvas::{Canvas, Line, span};
use super::frame;
use crate::console::state::layout::Pane;
use crate::console::state::page::filling;
use crate::console::state::schedules::subscriptions;
use crate::console::state::{Connection, Filling, State};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::Subject;
use crate::model::parts::EventSubscription;
use crate::model::topic::Audience;

/// Lines that a subscription takes at least.
const LEAST: usize = 2;

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
            let fit = usize::from(inner.height) / LEAST + 1;
            let all = subscriptions(&state.world);
            let shown: Vec<_> = all.iter().skip(skipped).take(fit).flat_map(|one| lines(state, one, width)).collect();
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

/// What a subscription does, what that means, and where it sends.
fn lines<'a>(state: &State, one: &EventSubscription, width: usize) -> Vec<Line<'a>> {
    let (role, sign, word, means) = match (one.enabled, one.status.raw()) {
        (true, "topic-not-exist") => (Role::Bad, "✗", "dead: its topic does not exist", DEAD),
        (true, "no-permission") => (Role::Bad, "✗", "dead: DMS may not publish to it", DEAD),
        (true, _) if one.audience == Audience::NoTopic => (Role::Bad, "✗", "dead: its topic does not exist", DEAD),
        (true, _) if one.is_dead() => (Role::Bad, "✗", "dead: nobody listens to its topic", DEAD),
        (true, "active") => (Role::Good, "●", "active", ""),
        (false, _) => (Role::Dim, "○", "switched off: nobody is told", ""),
        (true, "creating") => (Role::Busy, "◐", "being made: nobody is told yet", ""),
        (true, "modifying") => (Role::Busy, "◐", "being changed", ""),
        (true, "deleting") => (Role::Warn, "▲", "being deleted", "soon nobody is told"),
        (true, _) => (Role::Unknown, "?", "", "not known here"),
    };
    // The status in AWS's own word where this console has none.
    let word = if word.is_empty() { one.status.shown().into_owned() } else { word.to_owned() };
    let name = text::cut(&one.name.shown(), width.saturating_sub(text::width(&word) + 4).max(12)).into_owned();
    let mut out =
        vec![vec![span(role, format!("{sign} ")), span(Role::Title, name), span(Role::Dim, "  "), span(role, word)]];
    if !means.is_empty() {
        out.push(vec![span(Role::Text, format!("  {means}"))]);
    }
    let heard = match one.audience {
        Audience::Known { confirmed, pending: 0 } => format!(", {confirmed} confirmed"),
        Audience::Known { confirmed, pending } => format!(", {confirmed} confirmed, {pending} not yet"),
        Audience::NoTopic => String::new(),
        Audience::Unknown if one.is_dead() => String::new(),
        Audience::Unknown => ", ? who hears it".to_owned(),
    };
    out.push(vec![span(Role::Dim, format!("  to {}{heard}", topic(state, one)))]);
    out
}

/// Its name where the topic is of this account and region, else its whole ARN.
fn topic(state: &State, one: &EventSubscription) -> String {
    let Connection::Connected { scope, .. } = &state.connection else { return one.topic.shown().into_owned() };
    let here = format!(":sns:{}:{}:", scope.region.0, scope.account.0);
    match one.topic.raw().split_once(&here) {
        Some((_, name)) => format!("topic {}", crate::model::untrusted::shown(name)),
        None => one.topic.shown().into_owned(),
    }
}

const DEAD: &str = "looks as if somebody were told: nobody is";
