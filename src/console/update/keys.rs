//! What a key does: the action table finds the action, this file performs it. Text fields take what is left.

use super::{activity, alerts, confirm, export, lists, logs, operate, refreshes, validate, validations};
use crate::console::actions::{ActionId, Context};
use crate::console::message::{Effect, Key, KeyCode};
use crate::console::state::filter::type_into;
use crate::console::state::help;
use crate::console::state::notice::{Done, Notice};
use crate::console::state::operate::Form;
use crate::console::state::page::{Act, Move, Resort};
use crate::console::state::palette::{Command, Palette};
use crate::console::state::{Overlay, Screen, State, Tab};
use crate::model::{ReplicationArn, Subject};

pub fn press(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    let context = state.context();
    state.notice = None;
    if let Some(action) = state.setup.keys.find(context, key) {
        perform(state, action, effects);
    } else if let (Context::Confirm, KeyCode::Char(c), false, false) = (context, key.code, key.ctrl, key.alt) {
        confirm::typed(state, c, effects);
    } else if let (Context::Ask, KeyCode::Char(c), false, false) = (context, key.code, key.ctrl, key.alt) {
        validate::typed(state, c);
    } else if let (true, KeyCode::Char(c), false, false) = (context.takes_text(), key.code, key.ctrl, key.alt) {
        take(state, c.encode_utf8(&mut [0; 4]));
    } else if key.alt {
        // No action has Alt: over a slow line Esc and the key after it arrive as one.
        press(state, Key { code: KeyCode::Esc, ctrl: false, alt: false }, effects);
        press(state, Key { alt: false, ..key }, effects);
    }
}

/// Pasted text goes into an open field and never acts. Into the answer of a question it does not even go.
pub fn paste(state: &mut State, text: &str) {
    if let Some(Overlay::Confirm(_) | Overlay::Validate(_) | Overlay::Ask(_)) = &state.overlay {
        let words = "pasted text answers nothing here: type it";
        state.notice = Some(Notice::new(Done::Not, words, state.now));
        return;
    }
    take(state, text);
}

fn take(state: &mut State, text: &str) {
    match operate::form(state) {
        Some(form) => form.take(text),
        None => edit(state, |field| type_into(field, text)),
    }
}

/// Changes the open text field, if there is one, and everything that follows from its text.
fn edit(state: &mut State, change: impl FnOnce(&mut String)) {
    match &mut state.overlay {
        Some(Overlay::Palette(palette)) => {
            change(&mut palette.text);
            return palette.search();
        }
        Some(Overlay::FileName(field)) => {
            if field.waiting.is_none() {
                change(&mut field.name);
                field.says = None;
            }
            return;
        }
        Some(Overlay::Operate(menu)) => {
            if let Some(field) = menu.form.as_mut().and_then(Form::text_mut) {
                change(field);
            }
            return;
        }
        Some(Overlay::Confirm(_)) => return confirm::edit(state, change),
        Some(Overlay::Validate(_) | Overlay::Ask(_)) => return validate::edit(state, change),
        Some(Overlay::Help { .. }) | None => {}
    }
    if let Some(field) = &mut state.alerts.field {
        return change(&mut field.text);
    }
    if !state.typing {
        return;
    }
    let mut text = state.filter().to_owned();
    change(&mut text);
    refilter(state, &text);
}

fn refilter(state: &mut State, text: &str) {
    state.page().act(state, Act::Refilter(text));
}

#[allow(clippy::too_many_lines, reason = "a table: one arm for each action, and the compiler misses none")]
fn perform(state: &mut State, action: ActionId, effects: &mut Vec<Effect>) {
    match action {
        ActionId::Open => enter(state),
        ActionId::Search
        | ActionId::Component
        | ActionId::NextMatch
        | ActionId::PreviousMatch
        | ActionId::FollowLog
        | ActionId::Severity
        | ActionId::QuietLines
        | ActionId::WrapLines
        | ActionId::OtherZone
        | ActionId::NextGroup
        | ActionId::PreviousGroup => logs::perform(state, action),
        ActionId::EventLog => lists::to_log(state),
        ActionId::EventInFull => lists::event_in_full(state),
        ActionId::ScheduledTask => lists::to_scheduled_task(state),
        ActionId::OtherPart => lists::other_part(state),
        ActionId::Filter | ActionId::Find => state.typing = true,
        ActionId::KeepFilter => state.typing = false,
        ActionId::DropFilter => {
            refilter(state, "");
            state.typing = false;
        }
        ActionId::Problems => go(state, Screen::Problems),
        ActionId::Alerts => go(state, Screen::Alerts),
        ActionId::Activity => activity::open(state, effects),
        ActionId::Validations
        | ActionId::OpenRun
        | ActionId::OpenDifferences
        | ActionId::PauseRun
        | ActionId::StopRun
        | ActionId::Neighbours => validations::perform(state, action, effects),
        ActionId::NewValidation
        | ActionId::RevealValues
        | ActionId::WriteValues
        | ActionId::WriteRepair
        | ActionId::PlanIt
        | ActionId::NextKind
        | ActionId::PreviousKind
        | ActionId::WaiveGate
        | ActionId::AnswerQuestion
        | ActionId::CloseQuestion
        | ActionId::OtherWay => validate::perform(state, action, effects),
        ActionId::Refreshes
        | ActionId::OpenRefresh
        | ActionId::PlanRefresh
        | ActionId::StartRefresh
        | ActionId::PauseRefresh
        | ActionId::ResumeRefresh
        | ActionId::LoadAgain
        | ActionId::AbortRefresh
        | ActionId::FinishRefresh
        | ActionId::NextPart
        | ActionId::PreviousPart => refreshes::perform(state, action, effects),
        ActionId::EntryInFull => activity::in_full(state),
        ActionId::Schedules => go(state, Screen::Schedules),
        ActionId::AllEvents => go(state, Screen::Events),
        ActionId::AllDrain => go(state, Screen::Drain),
        ActionId::NamedLogs => go(state, Screen::Logs),
        ActionId::Tables => open(state, Tab::Tables),
        ActionId::Events => open(state, Tab::Events),
        ActionId::Logs => open(state, Tab::Logs),
        ActionId::Metrics => open(state, Tab::Metrics),
        ActionId::Drain => open(state, Tab::Drain),
        ActionId::TaskValidation => open(state, Tab::Validation),
        ActionId::Definition => open(state, Tab::Definition),
        ActionId::NextTab => beside(state, 1),
        ActionId::PreviousTab => beside(state, -1),
        ActionId::OnlyUnwell => alerts::only_unwell(state),
        ActionId::Acknowledge => alerts::acknowledge(state),
        ActionId::ConfirmAcknowledge => alerts::confirm(state),
        ActionId::DropAcknowledge => state.alerts.field = None,
        ActionId::AskNow => ask_now(state, effects),
        ActionId::Copy => export::copy(state, effects),
        ActionId::CopyPane => export::copy_pane(state, effects),
        ActionId::Write => export::open(state),
        ActionId::WriteFile => export::write(state, effects),
        ActionId::SortPrevious => sort(state, Resort::Beside(-1)),
        ActionId::SortNext => sort(state, Resort::Beside(1)),
        ActionId::SortReverse => sort(state, Resort::Reverse),
        ActionId::ColumnsLeft | ActionId::Earlier => state.page().act(state, Act::Shift(-1)),
        ActionId::ColumnsRight | ActionId::Later => state.page().act(state, Act::Shift(1)),
        ActionId::MoreTime => state.charts.widen(1),
        ActionId::LessTime => state.charts.widen(-1),
        ActionId::Palette => {
            let palette = Palette::new(&state.setup.keys, state.screen_context(), state.columns(), state.setup.ascii);
            state.overlay = Some(Overlay::Palette(palette));
        }
        ActionId::Help => {
            state.overlay = match state.overlay {
                Some(_) => None,
                None => Some(Overlay::Help { offset: 0, over: state.screen_context() }),
            };
        }
        ActionId::Up => step(state, Move::Rows(-1)),
        ActionId::Down => step(state, Move::Rows(1)),
        ActionId::PageUp => step(state, Move::Pages(-1)),
        ActionId::PageDown => step(state, Move::Pages(1)),
        ActionId::First => step(state, Move::First),
        ActionId::Last => step(state, Move::Last),
        ActionId::Back => back(state),
        ActionId::Close => close(state, effects),
        ActionId::Mark
        | ActionId::DropMarks
        | ActionId::Operate
        | ActionId::Choose
        | ActionId::Stop
        | ActionId::Resume
        | ActionId::Start
        | ActionId::TestConnections
        | ActionId::Reload
        | ActionId::ReloadTables
        | ActionId::ValidateTables
        | ActionId::Enable
        | ActionId::Disable
        | ActionId::GoOn
        | ActionId::BackToMenu
        | ActionId::NextField
        | ActionId::PreviousField
        | ActionId::NextOrigin
        | ActionId::PreviousOrigin => operate::perform(state, action, effects),
        ActionId::ConfirmChange => confirm::answer(state, effects),
        ActionId::DropChange => confirm::leave(state, effects),
        ActionId::CopyCommand => confirm::copy(state, effects),
        ActionId::ClosePalette | ActionId::CloseFileName | ActionId::CloseMenu => state.overlay = None,
        ActionId::RunCommand => run_command(state, effects),
        ActionId::Erase => edit(state, |field| {
            field.pop();
        }),
        ActionId::EraseAll => edit(state, String::clear),
        ActionId::TurnForm => state.definition.turn(),
        ActionId::NextHeading => heading(state, true),
        ActionId::PreviousHeading => heading(state, false),
        ActionId::FindNext => state.definition.next(true),
        ActionId::FindPrevious => state.definition.next(false),
        ActionId::Repaint => effects.push(Effect::Repaint),
        ActionId::Suspend => {
            confirm::absent(state, effects);
            validate::absent(state, effects);
            effects.push(Effect::Suspend);
        }
        ActionId::Quit => effects.push(Effect::Leave { status: 0, problem: None }),
    }
}

/// To the heading below or above, where the screen is a text.
fn heading(state: &mut State, forward: bool) {
    match (state.screen(), &mut state.refreshes.plan) {
        (Screen::RefreshPlan, Some(plan)) => plan.heading(forward),
        _ => state.definition.heading(forward),
    }
}

fn sort(state: &mut State, how: Resort) {
    state.page().act(state, Act::Sort(how));
}

/// To another screen; to one that lies behind already, by going back.
pub fn go(state: &mut State, screen: Screen) {
    match state.screens.iter().position(|open| *open == screen) {
        Some(at) => state.screens.truncate(at + 1),
        None => state.screens.push(screen),
    }
}

/// What lies behind the row under the cursor.
fn enter(state: &mut State) {
    match state.screen() {
        Screen::Tasks => open(state, Tab::Tables),
        Screen::Alerts => alerts::follow(state),
        Screen::Drain => open(state, Tab::Drain),
        _ => {}
    }
}

/// The task under the cursor of a list of tasks.
fn under_cursor(state: &State) -> Option<ReplicationArn> {
    let list = match state.screen() {
        Screen::Tasks => &state.tasks.list,
        Screen::Drain => &state.all_drain.list,
        _ => return None,
    };
    list.row().and(list.key()).cloned()
}

/// A side of the task on screen, or of the one under the cursor of a list of tasks.
pub fn open(state: &mut State, tab: Tab) {
    if state.tab().is_some() {
        return turn(state, tab);
    }
    let Some(arn) = under_cursor(state) else { return };
    open_task(state, &arn, tab);
}

/// A side of this task, from wherever we are.
pub fn open_task(state: &mut State, arn: &ReplicationArn, tab: Tab) {
    state.open_task(arn);
    state.screens.push(Screen::Task(tab));
}

/// Another side of the task on screen.
fn turn(state: &mut State, tab: Tab) {
    if let Some(screen) = state.screens.last_mut() {
        *screen = Screen::Task(tab);
    }
}

fn beside(state: &mut State, by: isize) {
    match state.tab() {
        Some(tab) => turn(state, tab.beside(by)),
        None => logs::beside(state, by),
    }
}

fn step(state: &mut State, how: Move) {
    match &mut state.overlay {
        Some(Overlay::Palette(palette)) => {
            if let Move::Rows(by) = how {
                palette.step(by);
            }
        }
        Some(Overlay::Help { offset, over }) => {
            let (lines, height) = help::size(&state.setup.keys, *over, state.setup.ascii, state.area);
            *offset = how.from(*offset, height.max(2) - 1).min(lines.saturating_sub(height));
        }
        Some(Overlay::Operate(menu)) => {
            if let Move::Rows(by) = how {
                menu.step(by);
            }
        }
        Some(Overlay::FileName(_)) => {}
        Some(Overlay::Confirm(_)) => confirm::scroll(state, how),
        Some(Overlay::Validate(_) | Overlay::Ask(_)) => validate::step(state, how),
        None => state.page().act(state, Act::Move(how)),
    }
}

/// Esc: what lies on top goes first, then the marks, then the filter, then the screen. The first screen stays.
fn back(state: &mut State) {
    if state.overlay.take().is_some() {
        return;
    }
    if lists::close_part(state) || operate::drop_marks(state) {
        return;
    }
    if !state.filter().is_empty() {
        refilter(state, "");
    } else if state.screen() == Screen::Tasks && state.tasks.only_unwell {
        alerts::only_unwell(state);
    } else if state.screens.len() > 1 {
        state.screens.pop();
    }
}

/// `q`: one screen back, whatever the filter; from the first screen, out.
fn close(state: &mut State, effects: &mut Vec<Effect>) {
    if state.overlay.take().is_some() {
        return;
    }
    lists::close_part(state);
    if state.screens.len() > 1 {
        state.screens.pop();
    } else {
        effects.push(Effect::Leave { status: 0, problem: None });
    }
}

fn run_command(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Palette(palette)) = &state.overlay else { return };
    // Nothing found: the text stays open to be corrected.
    let Some(command) = palette.chosen() else { return };
    state.overlay = None;
    match command {
        Command::Run(action) => perform(state, action, effects),
        Command::SortBy(column) => sort(state, Resort::By(column)),
    }
}

/// What is on screen; on Problems, what failed; on Activity, the audit.
fn ask_now(state: &mut State, effects: &mut Vec<Effect>) {
    if state.screen() == Screen::Activity {
        return activity::ask(state, effects);
    }
    if validations::ask_now(state, effects) || refreshes::ask_now(state, effects) {
        return;
    }
    let failed = state.world.feeds().filter(|(_, feed)| feed.failed.is_some()).map(|(subject, _)| subject.clone());
    let failed: Vec<Subject> = failed.collect();
    let mut subjects = match state.context() {
        Context::Problems if !failed.is_empty() => failed,
        _ => state.page().also_asked(state).into_iter().chain(state.subjects_on_screen()).collect(),
    };
    let now = state.now;
    subjects.retain(|subject| state.world.feed_mut(subject).ask(now));
    if !subjects.is_empty() {
        effects.push(Effect::AskNow(subjects));
    }
}
