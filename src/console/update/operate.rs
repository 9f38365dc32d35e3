//! Marks, and the menu of what can be done: opening it, choosing a line, the form, and the way on to the question.
//!
//! Everything that changes something at AWS leaves the console through `confirm::ask`, here and nowhere else on this way.

use super::confirm;
use crate::console::actions::ActionId;
use crate::console::message::Effect;
use crate::console::state::list::Marking;
use crate::console::state::notice::{Done, Notice};
use crate::console::state::operate::{About, Deed, Form, Operate, left_out};
use crate::console::state::page::Act;
use crate::console::state::schedules::Part;
use crate::console::state::{Mode, Overlay, Screen, State, Tab};
use crate::model::change::{Verb, VerbKind};

/// What a key of marks, menu or form does.
pub fn perform(state: &mut State, action: ActionId, effects: &mut Vec<Effect>) {
    match action {
        ActionId::Mark => mark(state, Marking::Turn),
        ActionId::DropMarks => mark(state, Marking::Drop),
        ActionId::Operate => open(state),
        ActionId::Choose => choose(state, effects),
        ActionId::GoOn => go_on(state, effects),
        ActionId::BackToMenu => close_form(state),
        ActionId::NextField => move_in_form(state, |form| form.step(1)),
        ActionId::PreviousField => move_in_form(state, |form| form.step(-1)),
        ActionId::NextOrigin => move_in_form(state, |form| form.turn(1)),
        ActionId::PreviousOrigin => move_in_form(state, |form| form.turn(-1)),
        verb => choose_by(state, verb, effects),
    }
}

/// `x` and `X`.
fn mark(state: &mut State, how: Marking) {
    if state.screen() == Screen::Schedules && state.schedules.part != Part::List {
        return say(state, "rows are marked on the list: Esc goes back to it");
    }
    state.page().act(state, Act::Mark(how));
}

/// Esc: all marks go, where there are any.
pub fn drop_marks(state: &mut State) -> bool {
    left(state, state.screen())
}

/// Marks do not outlive the screen on which they were set: nobody would see them.
pub fn left(state: &mut State, screen: Screen) -> bool {
    let any = screen.page().marks(state).all > 0;
    if any {
        screen.page().act(state, Act::Mark(Marking::Drop));
    }
    any
}

/// `O`: the menu about what is marked, under the cursor, or open.
fn open(state: &mut State) {
    match About::on_screen(state) {
        Ok(about) => state.overlay = Some(Overlay::Operate(Box::new(Operate::new(about, state)))),
        Err(why) => say(state, why),
    }
}

fn menu(state: &mut State) -> Option<&mut Operate> {
    match &mut state.overlay {
        Some(Overlay::Operate(menu)) => Some(menu),
        _ => None,
    }
}

/// A line by its letter, or by its name from the palette, which opens the menu first.
fn choose_by(state: &mut State, action: ActionId, effects: &mut Vec<Effect>) {
    let Some(deed) = Deed::of(action) else { return };
    if menu(state).is_none() && is_elsewhere(deed, state) {
        return say(state, &why_not_here(deed, state));
    }
    if menu(state).is_none() {
        open(state);
    }
    let Some(menu) = menu(state) else { return };
    match menu.about.deeds().iter().position(|one| *one == deed) {
        Some(at) => {
            (menu.cursor, menu.told) = (at, false);
            choose(state, effects);
        }
        None => say(state, &why_not_here(deed, state)),
    }
}

/// Rules and schedules are switched on their screen, tables reloaded on that of the tables.
fn is_elsewhere(deed: Deed, state: &State) -> bool {
    match deed {
        Deed::Switch(_) => state.screen() != Screen::Schedules,
        Deed::Verb(VerbKind::ReloadTables | VerbKind::ValidateTables) => state.screen() != Screen::Task(Tab::Tables),
        Deed::Verb(_) => false,
    }
}

/// Why a line is not in this menu.
fn why_not_here(deed: Deed, state: &State) -> String {
    let several = matches!(&state.overlay, Some(Overlay::Operate(menu)) if menu.about.task().is_none());
    match deed {
        Deed::Verb(VerbKind::ReloadTables | VerbKind::ValidateTables) => {
            format!("{}: open the task, and mark tables on its side of tables", deed.label())
        }
        Deed::Switch(_) => format!("{}: rules and schedules are switched on their screen, Schedules", deed.label()),
        Deed::Verb(_) if several => format!("{}: one task at a time, and several are marked", deed.label()),
        Deed::Verb(_) => format!("{} is not for what is on screen", deed.label()),
    }
}

/// Enter on a line: on to the form, to the question, or to why it cannot be done.
fn choose(state: &mut State, effects: &mut Vec<Effect>) {
    let read_only = state.setup.mode == Mode::ReadOnly;
    let Some(Overlay::Operate(menu)) = &state.overlay else { return };
    let choices = menu.about.choices(state);
    let Some(choice) = choices.get(menu.cursor) else { return };
    let legal = choice.can() > 0;
    let form = menu.about.task().and_then(|meant| state.world.task(&meant.arn));
    let form = form.zip(kind(choice.deed)).and_then(|(task, kind)| Form::of(kind, task));
    let changes = menu.about.changes(choice, None);
    let left = if choice.rulings.len() > 1 { left_out(choice) } else { Vec::new() };
    let Some(menu) = self::menu(state) else { return };
    if !legal || read_only {
        menu.told = true;
    } else if form.is_some() {
        menu.form = form;
    } else {
        state.overlay = None;
        confirm::ask_leaving(state, changes, left, effects);
    }
}

fn kind(deed: Deed) -> Option<VerbKind> {
    match deed {
        Deed::Verb(kind) => Some(kind),
        Deed::Switch(_) => None,
    }
}

/// Enter in the form.
fn go_on(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    let engine = source_engine(state);
    let Some(form) = form(state) else { return };
    if let Some(verb) = form.read(engine.as_deref(), now) {
        ask_told(state, verb, effects);
    }
}

/// The question with what the form has brought; where it is not legal any more, why.
fn ask_told(state: &mut State, verb: Verb, effects: &mut Vec<Effect>) {
    let Some(Overlay::Operate(menu)) = &state.overlay else { return };
    let choices = menu.about.choices(state);
    let Some(choice) = choices.get(menu.cursor) else { return };
    let (legal, changes) = (choice.can() > 0, menu.about.changes(choice, Some(verb)));
    if legal {
        state.overlay = None;
        confirm::ask(state, changes, effects);
    } else if let Some(menu) = self::menu(state) {
        (menu.form, menu.told) = (None, true);
    }
}

/// Engine of the source of the task that the menu is about, where it is known.
fn source_engine(state: &State) -> Option<String> {
    let Some(Overlay::Operate(menu)) = &state.overlay else { return None };
    let task = state.world.task(&menu.about.task()?.arn)?;
    Some(state.world.endpoint(&task.source)?.engine.raw().to_owned())
}

/// The open form.
pub fn form(state: &mut State) -> Option<&mut Form> {
    menu(state)?.form.as_mut()
}

/// Another line of the form, or another beginning.
fn move_in_form(state: &mut State, go: impl FnOnce(&mut Form)) {
    if let Some(form) = form(state) {
        go(form);
    }
}

/// Esc in the form.
fn close_form(state: &mut State) {
    if let Some(menu) = menu(state) {
        menu.form = None;
    }
}

fn say(state: &mut State, why: &str) {
    state.notice = Some(Notice::new(Done::Not, why, state.now));
}
