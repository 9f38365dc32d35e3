//! What a key does: the action table finds the action, this file performs it. Text fields take what is left.

use crate::console::actions::{self, ActionId, Context};
use crate::console::message::{Effect, Key, KeyCode};
use crate::console::state::feed::Feed;
use crate::console::state::filter::type_into;
use crate::console::state::help;
use crate::console::state::list::{List, Rows};
use crate::console::state::palette::{Command, Palette};
use crate::console::state::tables::Tables;
use crate::console::state::{Overlay, Screen, State, tasks};
use crate::model::Subject;

pub fn press(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    let context = state.context();
    if let Some(action) = actions::find(context, key) {
        perform(state, action, effects);
    } else if let (true, KeyCode::Char(c), false, false) = (context.takes_text(), key.code, key.ctrl, key.alt) {
        edit(state, |field| type_into(field, c.encode_utf8(&mut [0; 4])));
    } else if key.alt {
        // No action has Alt: over a slow line Esc and the key after it arrive as one.
        press(state, Key { code: KeyCode::Esc, ctrl: false, alt: false }, effects);
        press(state, Key { alt: false, ..key }, effects);
    }
}

/// Pasted text goes into an open field and never acts.
pub fn paste(state: &mut State, text: &str) {
    edit(state, |field| type_into(field, text));
}

/// Changes the open text field, if there is one, and everything that follows from its text.
fn edit(state: &mut State, change: impl FnOnce(&mut String)) {
    if let Some(Overlay::Palette(palette)) = &mut state.overlay {
        change(&mut palette.text);
        palette.search();
        return;
    }
    if !state.typing {
        return;
    }
    let mut text = filter_text(state).to_owned();
    change(&mut text);
    refilter(state, &text);
}

fn filter_text(state: &State) -> &str {
    match (state.screen(), &state.tables) {
        (Screen::Tables, Some(tables)) => tables.list.filter.text(),
        _ => state.tasks.list.filter.text(),
    }
}

fn refilter(state: &mut State, text: &str) {
    on_list(state, &mut Refilter(text));
}

/// Something done to the list of the screen, whatever its rows are.
trait ToList {
    fn act<R: Rows>(&mut self, list: &mut List<R::Key>, rows: &R);
}

struct Refilter<'a>(&'a str);
impl ToList for Refilter<'_> {
    fn act<R: Rows>(&mut self, list: &mut List<R::Key>, rows: &R) {
        list.refilter(self.0, rows);
    }
}

/// Which way the cursor goes.
#[derive(Clone, Copy)]
enum Move {
    Rows(isize),
    Pages(isize),
    First,
    Last,
}
impl ToList for Move {
    fn act<R: Rows>(&mut self, list: &mut List<R::Key>, rows: &R) {
        match self {
            Self::Rows(by) => list.step(*by, rows),
            Self::Pages(by) => list.page(*by, rows),
            Self::First => list.go(0, rows),
            Self::Last => list.go(usize::MAX, rows),
        }
    }
}

/// How the order changes.
enum Resort {
    /// To a column beside the present one.
    Beside(isize),
    Reverse,
    /// By this column; again turns the order round.
    By(usize),
}
impl ToList for Resort {
    fn act<R: Rows>(&mut self, list: &mut List<R::Key>, rows: &R) {
        let sort = list.sort;
        let rightmost = rows.columns().len().saturating_sub(1);
        match *self {
            Self::Beside(by) => {
                let column = sort.column.saturating_add_signed(by).min(rightmost);
                // At the edge nothing changes, a reversed order least of all.
                list.sort_by(column, sort.reversed && column == sort.column, rows);
            }
            Self::Reverse => list.sort_by(sort.column, !sort.reversed, rows),
            Self::By(column) => list.sort_by(column, column == sort.column && !sort.reversed, rows),
        }
    }
}

struct Shift(isize);
impl ToList for Shift {
    fn act<R: Rows>(&mut self, list: &mut List<R::Key>, rows: &R) {
        list.scroll_columns(self.0, rows.columns());
    }
}

fn on_list(state: &mut State, act: &mut impl ToList) {
    match (state.screen(), &mut state.tables) {
        (Screen::Tables, Some(tables)) => tables.with_rows(|list, rows| act.act(list, rows)),
        (Screen::Tasks, _) => {
            let rows = tasks::TaskRows { world: &state.world, lines: &state.tasks.lines };
            act.act(&mut state.tasks.list, &rows);
        }
        _ => {}
    }
}

fn perform(state: &mut State, action: ActionId, effects: &mut Vec<Effect>) {
    match action {
        ActionId::Open => open(state),
        ActionId::Filter => state.typing = true,
        ActionId::KeepFilter => state.typing = false,
        ActionId::DropFilter => {
            refilter(state, "");
            state.typing = false;
        }
        ActionId::Problems => state.screens.push(Screen::Problems),
        ActionId::AskNow => ask_now(state, effects),
        ActionId::SortPrevious => on_list(state, &mut Resort::Beside(-1)),
        ActionId::SortNext => on_list(state, &mut Resort::Beside(1)),
        ActionId::SortReverse => on_list(state, &mut Resort::Reverse),
        ActionId::ColumnsLeft => on_list(state, &mut Shift(-1)),
        ActionId::ColumnsRight => on_list(state, &mut Shift(1)),
        ActionId::Palette => {
            let palette = Palette::new(state.screen_context(), state.columns(), state.setup.ascii);
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
        ActionId::ClosePalette => state.overlay = None,
        ActionId::RunCommand => run_command(state, effects),
        ActionId::Erase => edit(state, |field| {
            field.pop();
        }),
        ActionId::EraseAll => edit(state, String::clear),
        ActionId::Repaint => effects.push(Effect::Repaint),
        ActionId::Suspend => effects.push(Effect::Suspend),
        ActionId::Quit => effects.push(Effect::Leave { status: 0, problem: None }),
    }
}

fn open(state: &mut State) {
    let Some(arn) = state.tasks.list.row().and(state.tasks.list.key()).cloned() else { return };
    if state.tables.as_ref().is_none_or(|tables| tables.arn != arn) {
        // No rows are held yet, so nothing that came for this task earlier may lend them its age.
        *state.world.feed_mut(&Subject::Tables(arn.clone())) = Feed::default();
        state.tables = Some(Tables::new(arn));
    }
    state.screens.push(Screen::Tables);
}

fn step(state: &mut State, how: Move) {
    let screen = state.screen();
    match &mut state.overlay {
        Some(Overlay::Palette(palette)) => {
            if let Move::Rows(by) = how {
                palette.step(by);
            }
        }
        Some(Overlay::Help { offset, over }) => {
            let (lines, height) = help::size(*over, state.setup.ascii, state.area);
            let page = isize::try_from(height.max(2) - 1).unwrap_or(1);
            let to = match how {
                Move::Rows(by) => offset.saturating_add_signed(by),
                Move::Pages(by) => offset.saturating_add_signed(by * page),
                Move::First => 0,
                Move::Last => usize::MAX,
            };
            *offset = to.min(lines.saturating_sub(height));
        }
        None if screen == Screen::Problems => {
            let (cursor, page) = (state.problems.cursor(), state.problems.page_rows());
            let page = isize::try_from(page).unwrap_or(1);
            state.problems.go(match how {
                Move::Rows(by) => cursor.saturating_add_signed(by),
                Move::Pages(by) => cursor.saturating_add_signed(by * page),
                Move::First => 0,
                Move::Last => usize::MAX,
            });
        }
        None => on_list(state, &mut { how }),
    }
}

/// Esc: what lies on top goes first, then the filter, then the screen. The first screen stays.
fn back(state: &mut State) {
    if state.overlay.take().is_some() {
        return;
    }
    if state.screen() != Screen::Problems && !filter_text(state).is_empty() {
        refilter(state, "");
    } else if state.screens.len() > 1 {
        state.screens.pop();
    }
}

/// `q`: one screen back, whatever the filter; from the first screen, out.
fn close(state: &mut State, effects: &mut Vec<Effect>) {
    if state.overlay.take().is_some() {
        return;
    }
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
        Command::SortBy(column) => on_list(state, &mut Resort::By(column)),
    }
}

/// What is on screen; on Problems, what failed.
fn ask_now(state: &mut State, effects: &mut Vec<Effect>) {
    let failed = state.world.feeds().filter(|(_, feed)| feed.failed.is_some()).map(|(subject, _)| subject.clone());
    let failed: Vec<Subject> = failed.collect();
    let mut subjects = match state.context() {
        Context::Problems if !failed.is_empty() => failed,
        _ => state.subjects_on_screen(),
    };
    let now = state.now;
    subjects.retain(|subject| state.world.feed_mut(subject).ask(now));
    if !subjects.is_empty() {
        effects.push(Effect::AskNow(subjects));
    }
}
