//! Keys of the screen of logs.

use crate::console::actions::ActionId;
use crate::console::state::logs::{self, Field};
use crate::console::state::{Screen, State};

pub fn perform(state: &mut State, action: ActionId) {
    match action {
        ActionId::Search => field(state, Field::Search),
        ActionId::Component => field(state, Field::Component),
        ActionId::NextMatch => logs::with(state, |log, glass| log.go_to_hit(true, false, glass)),
        ActionId::PreviousMatch => logs::with(state, |log, glass| log.go_to_hit(false, false, glass)),
        ActionId::FollowLog => logs::with(state, |log, _| log.toggle_follow()),
        ActionId::Severity => logs::with(state, |log, _| log.next_level()),
        ActionId::QuietLines => logs::with(state, |log, _| log.refilter(|sieve| sieve.quiet = !sieve.quiet)),
        ActionId::WrapLines => state.logs.wrap = !state.logs.wrap,
        // Without a zone in the configuration there is only UTC.
        ActionId::OtherZone => state.logs.local = !state.logs.local && state.setup.time_zone.is_some(),
        ActionId::NextGroup => beside(state, 1),
        ActionId::PreviousGroup => beside(state, -1),
        _ => {}
    }
}

fn field(state: &mut State, field: Field) {
    // Without a log there is nothing to search in.
    if logs::on_screen(state).is_some() {
        state.logs.field = field;
        logs::with(state, |log, _| log.begin_search());
        state.typing = true;
    }
}

/// Another of the groups that the configuration names, around the end.
pub fn beside(state: &mut State, by: isize) {
    let groups = state.setup.log_groups.len();
    if state.screen() == Screen::Logs && groups > 0 {
        state.logs.group = (state.logs.group + groups).saturating_add_signed(by) % groups;
    }
}
