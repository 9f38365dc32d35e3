//! When the audit is read, and what is made of it.

use super::keys::go;
use crate::console::message::Effect;
use crate::console::state::{Screen, State};
use crate::model::Problem;
use crate::model::audit::Told;

/// To the screen; it is read as it is now.
pub fn open(state: &mut State, effects: &mut Vec<Effect>) {
    go(state, Screen::Activity);
    ask(state, effects);
}

/// Reads it, unless an answer is awaited.
pub fn ask(state: &mut State, effects: &mut Vec<Effect>) {
    if state.activity.feed.ask(state.now) {
        again(effects);
    }
}

/// Something was changed from here: whatever was read before is older than that.
pub fn again(effects: &mut Vec<Effect>) {
    if !effects.contains(&Effect::ReadActivity) {
        effects.push(Effect::ReadActivity);
    }
}

/// What was read, or why it could not be.
pub fn take(state: &mut State, answer: Result<Told, Problem>) {
    state.activity.take(answer, &mut state.problems, state.now);
}

/// Time has gone on.
pub fn pass(state: &mut State, effects: &mut Vec<Effect>) {
    let looked_at = state.screen() == Screen::Activity && state.focused;
    if looked_at && state.activity.due().is_some_and(|due| state.now >= due) {
        ask(state, effects);
    }
}

/// The entry under the cursor on the whole screen, or the list again.
pub fn in_full(state: &mut State) {
    let activity = &mut state.activity;
    activity.whole = !activity.whole && activity.list.row().is_some();
    activity.pane.to(0);
}
