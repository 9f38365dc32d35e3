//! Validations: when they are read, what happens in those that run, and the way from the list to a run and to its rows.
//!
//! Questions about one, and starting one, are in `validate`.

use super::keys::go;
use super::validate::put;
use crate::console::actions::ActionId;
use crate::console::message::Effect;
use crate::console::state::differences::Differences;
use crate::console::state::notice::{Done, Notice};
use crate::console::state::problems::EntryState;
use crate::console::state::validate::About;
use crate::console::state::validations::run::Run;
use crate::console::state::validations::tables::resumed_by;
use crate::console::state::{Screen, State, Tab, validation_tab};
use crate::console::text;
use crate::model::Problem;
use crate::model::untrusted::shown;
use crate::model::validation::told::{self, Rows, RunLine, RunState, RunTold, Wished};
use crate::model::validation::{RunEvent, RunId, Verdict};

/// What a key of these screens does.
pub fn perform(state: &mut State, action: ActionId, effects: &mut Vec<Effect>) {
    match action {
        ActionId::Validations => {
            go(state, Screen::Validations);
            ask(state, effects);
        }
        ActionId::OpenRun => open(state, effects),
        ActionId::OpenDifferences => open_rows(state, effects),
        ActionId::PauseRun => pause(state, effects),
        ActionId::StopRun => stop(state),
        ActionId::Neighbours => {
            if let Some(differences) = &mut state.differences {
                differences.turn_context();
            }
        }
        _ => {}
    }
}

/// Reads which there are, unless an answer is awaited.
pub fn ask(state: &mut State, effects: &mut Vec<Effect>) {
    if state.validations.feed.ask(state.now) && !effects.contains(&Effect::ReadValidations) {
        effects.push(Effect::ReadValidations);
    }
}

/// `r` on one of these screens. `false`: it is another screen.
pub fn ask_now(state: &mut State, effects: &mut Vec<Effect>) -> bool {
    match state.screen() {
        Screen::Validations => ask(state, effects),
        Screen::Validation => read_open(state, effects),
        Screen::Differences => {
            if let Some(differences) = &mut state.differences {
                differences.again();
            }
            if state.differences.as_ref().is_some_and(|differences| !differences.needs_rows()) {
                say(state, Done::Partly, "keys are those of the run; only neighbours and values are read again");
            }
        }
        _ => return false,
    }
    true
}

/// What the store has.
pub fn take(state: &mut State, answer: Result<Vec<RunLine>, Problem>) {
    if let Some(problem) = state.validations.take(answer, state.now) {
        state.problems.add(problem, None, EntryState::Note, state.now);
    }
}

pub fn told(state: &mut State, run: &RunId, told: Result<Box<RunTold>, Problem>) {
    state.validations.opened(run, told.map(|told| *told));
}

/// Something happened in a run of this program.
pub fn happened(state: &mut State, id: &RunId, event: RunEvent) {
    let failed = match &event {
        RunEvent::Failed(why) => Some(shown(why).into_owned()),
        _ => None,
    };
    if let RunEvent::Note(note) = &event {
        say(state, Done::Partly, &shown(note));
    }
    if !state.validations.happened(id, event, state.now) {
        return;
    }
    let Some(run) = state.validations.run(id) else { return };
    let name = shown(&told::called(&run.line)).into_owned();
    let (done, words) = match (failed, run.line.verdict) {
        (Some(why), _) => (Done::Not, format!("validation of {name}: {why}")),
        (None, Some(verdict @ (Verdict::Equal | Verdict::CountsEqual))) => {
            (Done::Well, format!("validation of {name}: {}", crate::console::state::validations::verdict_word(verdict)))
        }
        (None, Some(Verdict::Different)) => (Done::Not, format!("validation of {name}: different")),
        (None, _) => (Done::Partly, format!("validation of {name}: not known")),
    };
    say(state, done, &words);
}

/// Rows that were read again.
pub fn rows(state: &mut State, id: u64, rows: Result<Box<Rows>, Problem>) {
    if let Some(differences) = &mut state.differences {
        differences.take(id, rows.map(|rows| *rows));
    }
}

/// Time has gone on, or the cursor: what is looked at is read again.
pub fn pass(state: &mut State, effects: &mut Vec<Effect>) {
    let looked_at =
        matches!(state.screen(), Screen::Validations | Screen::Task(Tab::Validation | Tab::Drain)) && state.focused;
    let due = state.validations.due().is_some_and(|due| state.now >= due) || !state.validations.feed.has_data();
    if looked_at && due && state.validations.feed.failed.is_none() {
        ask(state, effects);
    }
    if state.screen() != Screen::Differences {
        // Values do not outlive the screen that shows them.
        if state.differences.as_ref().is_some_and(|one| one.revealed) && !is_behind(state) {
            state.differences = None;
        }
        return;
    }
    let id = state.questions + 1;
    if let Some(asked) = state.differences.as_mut().and_then(|differences| differences.wants(id)) {
        state.questions = id;
        effects.push(Effect::ReadRows { id, asked });
    }
}

/// The screen of rows lies behind the one in front.
fn is_behind(state: &State) -> bool {
    state.screens.contains(&Screen::Differences)
}

/// The run under the cursor of a list of runs.
fn under_cursor(state: &State) -> Option<RunId> {
    match state.screen() {
        Screen::Validations => state.validations.list.row().and(state.validations.list.key()).cloned(),
        Screen::Task(Tab::Validation) => validation_tab::row(state).map(|line| line.id.clone()),
        Screen::Validation => state.validations.open.clone(),
        _ => None,
    }
}

/// Enter on a run.
fn open(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(id) = under_cursor(state) {
        show(state, &id, effects);
    }
}

/// This run comes on screen.
pub fn show(state: &mut State, id: &RunId, effects: &mut Vec<Effect>) {
    state.validations.show(id);
    // Only one run is open: what lay behind would be about this one now.
    state.screens.retain(|screen| !matches!(screen, Screen::Validation | Screen::Differences));
    state.differences = None;
    state.screens.push(Screen::Validation);
    read_open(state, effects);
}

/// Reads the open run from the store; one of this program is known better here.
fn read_open(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(id) = state.validations.open.clone() else { return };
    if state.validations.ours.contains_key(&id) || state.validations.asked.as_ref() == Some(&id) {
        return;
    }
    state.validations.asked = Some(id.clone());
    state.validations.failed = None;
    effects.push(Effect::ReadValidation { run: id });
}

/// Enter on a table: its rows.
fn open_rows(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(nth) = state.validations.tables.list.row() else { return };
    let Some(run) = state.validations.opened_run() else { return };
    if let Err(why) = has_rows(run, nth) {
        return say(state, Done::Not, &why);
    }
    state.differences = Some(Box::new(Differences::of(run, nth)));
    go(state, Screen::Differences);
    pass(state, effects);
}

/// Why there are no rows to look at.
fn has_rows(run: &Run, nth: usize) -> Result<(), String> {
    let Some(told) = run.tables.get(nth).and_then(|table| table.told.as_ref()) else {
        return Err("this table is not done: its rows are told when it is".to_owned());
    };
    match (told.rows.is_empty(), told.result.verdict()) {
        (false, _) => Ok(()),
        (true, Verdict::Equal) => Err("no row of this table differs".to_owned()),
        (true, Verdict::CountsEqual) => Err("only numbers were compared, and they are the same".to_owned()),
        (true, Verdict::Different) => Err("numbers differ; compare rows to see which".to_owned()),
        (true, Verdict::Unknown) => Err("no difference has settled; below stands why it is not known".to_owned()),
    }
}

/// `p`: pauses, or goes on.
fn pause(state: &mut State, effects: &mut Vec<Effect>) {
    let wish = |run: &Run| match run.line.state {
        RunState::Paused => Ok(Wished::GoOn),
        RunState::Comparing | RunState::Waiting => Ok(Wished::Pause),
        RunState::Stopping => Err("it is being stopped"),
        _ => Err("it is over"),
    };
    if let Some(id) = under_cursor(state) {
        control(state, &id, wish, effects);
    }
}

/// `s`: asks; hours of reading are not thrown away by one key.
fn stop(state: &mut State) {
    let Some(id) = under_cursor(state) else { return };
    let Some(run) = state.validations.ours.get(&id) else { return say(state, Done::Not, ELSEWHERE) };
    match run.line.state {
        over if over.is_over() => say(state, Done::Not, "it is over"),
        RunState::Stopping => say(state, Done::Not, "it is being stopped"),
        _ => {
            let about = About::Stop {
                of: shown(&told::called(&run.line)).into_owned(),
                far: format!("{} of {} done", run.tables_done(), text::plural(run.tables.len(), "table")),
                again: resumed_by(&run.line),
                run: id,
            };
            put(state, about, "stop".to_owned());
        }
    }
}

/// It was confirmed: what was not compared by now is unknown.
pub fn stop_now(state: &mut State, id: &RunId, effects: &mut Vec<Effect>) {
    let wish = |run: &Run| match run.line.state {
        state if state.is_over() => Err("it is over"),
        RunState::Stopping => Err("it is being stopped"),
        _ => Ok(Wished::Stop),
    };
    control(state, id, wish, effects);
}

const ELSEWHERE: &str = "it runs in another program, or is over: only what was started here is steered here";

fn control(
    state: &mut State,
    id: &RunId,
    wish: impl Fn(&Run) -> Result<Wished, &'static str>,
    effects: &mut Vec<Effect>,
) {
    let Some(run) = state.validations.ours.get(id) else { return say(state, Done::Not, ELSEWHERE) };
    match wish(run) {
        Ok(wish) => {
            state.validations.wished(id, wish);
            effects.push(Effect::ControlValidation { run: id.clone(), wish });
        }
        Err(why) => say(state, Done::Not, why),
    }
}

pub fn say(state: &mut State, done: Done, words: &str) {
    state.notice = Some(Notice::new(done, words, state.now));
}
