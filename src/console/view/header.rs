//! The band on top and the banner below it.

use super::canvas::{Canvas, span};
use crate::console::actions::ActionId;
use crate::console::state::feed::Freshness;
use crate::console::state::header::{BETWEEN, ENVIRONMENT_MAX, Part, segments};
use crate::console::state::layout::Pane;
use crate::console::state::{Banner, Mode, State, age};
use crate::console::theme::Role;
use crate::model::ProblemKind;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let mut x = pane.x;
    for segment in segments(state, state.area) {
        let left = (pane.x + pane.width).saturating_sub(x);
        if segment.part == Part::Environment {
            let name = crate::console::text::cut(&segment.text, ENVIRONMENT_MAX);
            x += canvas.put(x, pane.y, left, band(state), &format!(" {name} "));
            continue;
        }
        let between = u16::try_from(BETWEEN).unwrap_or(3);
        canvas.put(x, pane.y, left, Role::Border, if segment.part == Part::Role { " · " } else { " │ " });
        let role = match segment.part {
            Part::Account => Role::Title,
            Part::Mode => mode(state),
            Part::Data(freshness) => fresh(freshness),
            Part::Credentials { short: true } => Role::Warn,
            Part::Refresh { bad: true } => Role::Bad,
            Part::Refresh { bad: false } => Role::Busy,
            _ => Role::Text,
        };
        x += between;
        x += canvas.put(x, pane.y, left.saturating_sub(between), role, &segment.text);
    }
}

/// Role of an age.
pub fn fresh(freshness: Freshness) -> Role {
    match freshness {
        Freshness::Awaited => Role::Dim,
        Freshness::Fresh => Role::Text,
        Freshness::Late => Role::Warn,
        Freshness::Unknown => Role::Unknown,
        Freshness::Missing => Role::Bad,
    }
}

/// Where something can be changed it is seen at once; in production, and where nobody knows what this is, from afar.
fn mode(state: &State) -> Role {
    match (state.setup.mode, band(state)) {
        (Mode::ReadOnly, _) => Role::Title,
        (Mode::Operate, loud @ (Role::BandProd | Role::BandUnknown)) => loud,
        (Mode::Operate, _) => Role::Operate,
    }
}

/// Production is what calls itself that; what nobody named is marked as such.
pub fn band(state: &State) -> Role {
    let name = state.setup.environment.as_deref().unwrap_or_default().to_lowercase();
    match name.trim() {
        _ if state.setup.demo => Role::BandDemo,
        "" => Role::BandUnknown,
        name if name.starts_with("prod") || name == "prd" || name == "live" => Role::BandProd,
        _ => Role::BandOther,
    }
}

/// A refresh that needs somebody, across the screen.
pub fn red(state: &State, canvas: &mut Canvas<'_>, pane: Pane, words: &str) {
    canvas.fill(pane, Role::Banner);
    let key = state.key(ActionId::Refreshes);
    let end = format!("  {key} shows it");
    let room = usize::from(pane.width).saturating_sub(crate::console::text::width(&end) + 1);
    let words = format!(" ▲ {words}");
    let text = format!("{}{end}", crate::console::text::cut(&words, room));
    canvas.line(pane.x, pane.y, pane.width, &[span(Role::Banner, text)]);
}

/// What stands between us and new data, across the screen.
pub fn banner(state: &State, canvas: &mut Canvas<'_>, pane: Pane, banner: &Banner) {
    canvas.fill(pane, Role::Banner);
    let what = match banner.problem.kind {
        ProblemKind::ExpiredCredentials => "credentials expired".to_owned(),
        _ => crate::model::untrusted::shown(&banner.problem.summary).into_owned(),
    };
    let since = age::moment(banner.since, state.now);
    let hint = crate::model::untrusted::shown(&banner.problem.hint);
    let text = format!(" ▲ {what} since {since} UTC, data is kept and ages: {hint}");
    canvas.line(pane.x, pane.y, pane.width, &[span(Role::Banner, text)]);
}
