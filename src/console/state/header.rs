//! The line on top: where we are, as whom, what may be done, how old the screen is.

use super::age::{self, Age};
use super::feed::Freshness;
use super::{Connection, State};
use crate::console::message::Area;
use unicode_width::UnicodeWidthStr;

/// What a part of the header is; the view knows how each looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Environment,
    Account,
    Role,
    Region,
    Mode,
    Data(Freshness),
    Credentials {
        short: bool,
    },
    /// A refresh that is under way or waits for somebody.
    Refresh {
        bad: bool,
    },
    Clock,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub part: Part,
    pub text: String,
}

/// Longest environment name shown, in cells; the account beside it must stay readable.
pub const ENVIRONMENT_MAX: usize = 16;

/// Between two parts: a bar with a space on each side.
pub const BETWEEN: usize = 3;

impl Segment {
    fn new(part: Part, text: impl Into<String>) -> Self {
        Self { part, text: text.into() }
    }

    /// Cells it takes, the bar before it included; the environment is a band with a space on each side.
    pub fn width(&self) -> usize {
        match self.part {
            Part::Environment => self.text.width().min(ENVIRONMENT_MAX) + 2,
            _ => self.text.width() + BETWEEN,
        }
    }
}

/// The name on the band: what the configuration says, `DEMO` in the demo, `ENV UNKNOWN` where nobody said.
pub fn environment(state: &State) -> String {
    match &state.setup.environment {
        _ if state.setup.demo => "DEMO".to_owned(),
        Some(name) if !name.trim().is_empty() => crate::model::untrusted::shown(name).to_uppercase(),
        _ => "ENV UNKNOWN".to_owned(),
    }
}

/// The parts that fit, in order. They drop: clock, credentials, region, role, a refresh. Never environment, account, mode,
/// age.
pub fn segments(state: &State, area: Area) -> Vec<Segment> {
    let mut all = vec![Segment::new(Part::Environment, environment(state))];
    let region = match &state.connection {
        Connection::SigningIn => {
            all.push(Segment::new(Part::Account, "signing in…"));
            all.push(Segment::new(Part::Role, format!("profile {}", shown(&state.setup.profile))));
            state.setup.region.clone()
        }
        Connection::Connected { scope, identity } => {
            all.push(Segment::new(Part::Account, shown(&scope.account.0)));
            all.push(Segment::new(Part::Role, identity.role().shown()));
            Some(scope.region.0.clone())
        }
    };
    all.extend(region.map(|region| Segment::new(Part::Region, shown(&region))));
    all.push(Segment::new(Part::Mode, state.setup.mode.word()));
    let (freshness, label) = data_age(state);
    all.push(Segment::new(Part::Data(freshness), format!("{}data {label}", freshness.sign())));
    let refresh = state.refreshes.word();
    all.extend(refresh.as_ref().map(|word| Segment::new(Part::Refresh { bad: word.bad }, &word.long)));
    all.extend(credentials(state));
    if state.setup.clock {
        all.push(Segment::new(Part::Clock, format!("{} UTC", age::clock(state.now))));
    }
    drop_to_fit(&mut all, usize::from(area.width), refresh.map(|word| word.short));
    all
}

fn drop_to_fit(all: &mut Vec<Segment>, width: usize, shorter: Option<String>) {
    let droppable: [fn(Part) -> bool; 5] = [
        |part| part == Part::Clock,
        |part| matches!(part, Part::Credentials { .. }),
        |part| part == Part::Region,
        |part| part == Part::Role,
        |part| matches!(part, Part::Refresh { .. }),
    ];
    let fits = |all: &[Segment]| all.iter().map(Segment::width).sum::<usize>() <= width;
    let mut shorter = shorter;
    for may_go in droppable {
        if fits(all) {
            return;
        }
        all.retain(|segment| !may_go(segment.part));
        // One word of it goes before anything that counts.
        let long = all.iter().position(|segment| matches!(segment.part, Part::Refresh { .. }));
        if let (false, Some(at), Some(shorter)) = (fits(all), long, shorter.take()) {
            all[at].text = shorter;
        }
    }
}

fn shown(text: &str) -> String {
    crate::model::untrusted::shown(text).into_owned()
}

/// The oldest evidence on screen.
fn data_age(state: &State) -> (Freshness, String) {
    let feeds: Vec<_> = state.ages_on_screen().into_iter().filter(|pane| pane.has_data).collect();
    let worst = feeds.iter().map(|pane| pane.freshness).max();
    let oldest = feeds.iter().map(|pane| Age::of(pane.as_of, state.now)).max();
    match (worst, oldest) {
        (Some(worst), Some(oldest)) => (worst, oldest.label()),
        _ => (Freshness::Awaited, "—".to_owned()),
    }
}

/// Below this the time left is a warning, in seconds.
const SHORT: i64 = 600;

fn credentials(state: &State) -> Option<Segment> {
    let Connection::Connected { identity, .. } = &state.connection else { return None };
    let expires = identity.expires?;
    let refused =
        state.banner.as_ref().is_some_and(|b| b.problem.kind == crate::model::ProblemKind::ExpiredCredentials);
    if refused {
        return Some(Segment::new(Part::Credentials { short: true }, "▲ creds expired"));
    }
    let short = age::seconds_left(expires, state.now) < SHORT;
    let sign = if short { "▲ " } else { "" };
    let left = age::left(expires, state.now).unwrap_or("expired".to_owned());
    let text = format!("{sign}creds {left}");
    Some(Segment::new(Part::Credentials { short }, text))
}

/// The clock is on screen at this size.
pub fn shows_clock(state: &State) -> bool {
    state.setup.clock && segments(state, state.area).iter().any(|segment| segment.part == Part::Clock)
}
