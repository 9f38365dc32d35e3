//! Keys of the Alerts screen: acknowledging with a reason, taking it back, and the way to the evidence.

use super::keys::{go, open_task};
use crate::console::state::alerts::{Field, Row, What, task_of};
use crate::console::state::{Screen, State, Tab};
use crate::model::alert::Way;

/// `a`: asks for a reason; on an acknowledged one, takes it back.
pub fn acknowledge(state: &mut State) {
    if state.alerts.recall(&state.world) {
        return settled(state);
    }
    let Some(alert) = state.alerts.row().and_then(Row::alert) else { return };
    state.alerts.field = Some(Field { place: alert.place.clone(), id: alert.id(), text: String::new() });
}

/// Enter in the field.
pub fn confirm(state: &mut State) {
    state.alerts.acknowledge(&state.world, state.now);
    settled(state);
}

/// The tasks show what is acknowledged, too.
fn settled(state: &mut State) {
    super::judge(state);
}

/// Enter: where the evidence is.
pub fn follow(state: &mut State) {
    let (place, way) = match state.alerts.row().map(|row| &row.what) {
        Some(What::Alert(alert)) => (alert.place.clone(), alert.rule.way),
        _ => return,
    };
    let tab = match way {
        Way::Schedules => return go(state, Screen::Schedules),
        Way::Tables => Tab::Tables,
        Way::Events => Tab::Events,
        Way::Logs => Tab::Logs,
        Way::Metrics => Tab::Metrics,
        Way::Definition => Tab::Definition,
    };
    if let Some(arn) = task_of(&state.world, &place) {
        open_task(state, &arn, tab);
    }
}

/// `p`: only tasks that want attention, or all again.
pub fn only_unwell(state: &mut State) {
    let only = !state.tasks.only_unwell;
    state.tasks.show_only_unwell(only, &state.world);
}
