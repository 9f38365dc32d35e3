//! What events, rules and schedules bring, and the way from them to a task.

use super::keys::open_task;
use crate::console::state::notice::{Done, Notice};
use crate::console::state::page::Screen;
use crate::console::state::schedules::Does;
use crate::console::state::schedules::{Part, task_under_cursor};
use crate::console::state::{State, Tab, events, logs};
use crate::model::Subject;
use crate::model::event::{Event, SourceType};
use crate::model::schedule::Schedule;

/// New events, each for the first time.
pub fn take_events(state: &mut State, new: Vec<Event>) {
    if let Some(received) = state.world.feed(&Subject::Events).and_then(|feed| feed.received) {
        state.events.begin(received);
    }
    if !new.is_empty() {
        state.world.add_events(new);
        state.events.take(&state.world);
    }
}

pub fn take_schedules(state: &mut State, new: Vec<Schedule>) {
    let now = state.now;
    state.schedules.take(&mut state.world, new, now);
}

/// Tasks have other states, or other names.
pub fn tasks_changed(state: &mut State) {
    state.schedules.join(&state.world, state.now);
}

/// Time has gone on.
pub fn pass(state: &mut State) {
    if state.schedules.told_until.is_some_and(|until| state.now >= until) {
        state.schedules.pass(&state.world, state.now);
    }
}

/// To the log of the task that the event under the cursor is about.
pub fn to_log(state: &mut State) {
    let (side, _) = events::on_screen(state);
    let event = side.list.row().and_then(|row| state.events.at(&state.world, side, row));
    let Some((event, _)) = event else { return };
    let (at, of_instance) = (event.at, event.source_type == SourceType::Instance);
    match events::task_of(&state.world, event).map(|task| task.arn.clone()) {
        Some(arn) => logs::open_log_at(state, &arn, at),
        None if of_instance => say(state, "an instance has no log: those of its tasks tell more"),
        None => say(state, "what this event is about is no task that is listed here"),
    }
}

/// Why a key that the footer offers leads nowhere from this row.
fn say(state: &mut State, why: &str) {
    state.notice = Some(Notice::new(Done::Not, why, state.now));
}

/// To the task that the rule or schedule under the cursor touches.
pub fn to_scheduled_task(state: &mut State) {
    if state.schedules.part == Part::Subscriptions {
        return say(state, "a subscription names no task");
    }
    if let Some(arn) = task_under_cursor(state) {
        return open_task(state, &arn, Tab::Tables);
    }
    let Some(line) = state.schedules.list.row().and_then(|row| state.schedules.lines.get(row)) else { return };
    let why = match &line.does {
        None => "what it does could not be read",
        Some(all) if all.iter().any(|does| matches!(does, Does::Task { .. })) => "its task is not listed here",
        Some(all) if all.iter().any(|does| matches!(does, Does::Hidden(_))) => {
            "it names no task; what it starts may do something to one"
        }
        Some(_) => "it names no task",
    };
    say(state, why);
}

/// From the list of schedules to one of them in full, to the event subscriptions, and around.
pub fn other_part(state: &mut State) {
    state.schedules.part = state.schedules.part.beside();
}

/// The event under the cursor on the whole screen, or the list again.
pub fn event_in_full(state: &mut State) {
    state.events.whole = !state.events.whole;
}

/// Back to the list of the screen, where something else is in front of it.
pub fn close_part(state: &mut State) -> bool {
    match state.screen() {
        Screen::Schedules => std::mem::take(&mut state.schedules.part) != Part::List,
        Screen::Events | Screen::Task(Tab::Events) => std::mem::take(&mut state.events.whole),
        Screen::Activity => std::mem::take(&mut state.activity.whole),
        _ => false,
    }
}
