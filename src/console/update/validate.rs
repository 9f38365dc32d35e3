//! Starting a validation, and questions about one: the form, the plan, the answer; showing values, writing them, a script.
//!
//! Reading costs the databases something and shows what is private, so both are asked and typed; nothing is changed by any of
//! it. What was typed is judged where it counts, in `app`; here it is made sure that it was typed into an open question.

use super::validations::say;
use crate::console::actions::ActionId;
use crate::console::message::Effect;
use crate::console::state::export::file_name;
use crate::console::state::notice::Done;
use crate::console::state::page::Move;
use crate::console::state::problems::EntryState;
use crate::console::state::validate::{ANSWER_MAX, About, Ask, FORMS, Field, Scroll, Stage, Start, frame};
use crate::console::state::validations::run::{Run, differing};
use crate::console::state::{Connection, Overlay, Screen, State};
use crate::model::Problem;
use crate::model::validation::Verdict;
use crate::model::validation::What;
use crate::model::validation::told::{self, Offer, RunTold, Writing};

/// What a key does here.
pub fn perform(state: &mut State, action: ActionId, effects: &mut Vec<Effect>) {
    match action {
        ActionId::NewValidation => open(state),
        ActionId::PlanIt => plan(state, effects),
        ActionId::NextKind => turn(state, 1),
        ActionId::PreviousKind => turn(state, -1),
        ActionId::WaiveGate => {
            if let Some(start) = start(state) {
                start.at_once = !start.at_once;
            }
        }
        ActionId::CloseQuestion => close(state, effects),
        ActionId::AnswerQuestion => answer(state, effects),
        ActionId::OtherWay => other_way(state),
        ActionId::RevealValues => reveal(state),
        ActionId::WriteValues => write(state, Writing::Values),
        ActionId::WriteRepair => write(state, Writing::Repair { deletes: false }),
        _ => {}
    }
}

/// `n`: what could be validated; the task on screen, where there is one.
fn open(state: &mut State) {
    if state.connection == Connection::SigningIn {
        return say(state, Done::Not, "not signed in yet: no task is known");
    }
    let task = |arn| state.world.task(arn).map(|task| What::Task(task.name.raw().to_owned()));
    let listed = match state.screen() {
        Screen::Tasks => state.tasks.list.row().and(state.tasks.list.key()),
        Screen::Drain => state.all_drain.list.row().and(state.all_drain.list.key()),
        _ => state.task_on_screen(),
    };
    let here = listed.and_then(task).or_else(|| match state.screen() {
        Screen::Validations => state
            .validations
            .list
            .row()
            .and_then(|row| state.validations.rows.get(row))
            .map(|row| row.line.what.clone()),
        Screen::Validation => state.validations.opened_run().map(|run| run.line.what.clone()),
        _ => None,
    });
    let mut choices: Vec<What> = state.setup.validations.iter().cloned().map(What::Named).collect();
    choices.extend(state.world.tasks.iter().map(|task| What::Task(task.name.raw().to_owned())));
    if choices.is_empty() {
        return say(state, Done::Not, "there is no task, and the configuration names no validation");
    }
    let cursor = here.and_then(|here| choices.iter().position(|one| *one == here)).unwrap_or(0);
    state.overlay = Some(Overlay::Validate(Box::new(Start::new(choices, cursor))));
}

fn start(state: &mut State) -> Option<&mut Start> {
    match &mut state.overlay {
        Some(Overlay::Validate(start)) => Some(start),
        _ => None,
    }
}

fn turn(state: &mut State, by: isize) {
    if let Some(start) = start(state) {
        start.turn(by);
    }
}

/// Enter in the form: the plan is made.
fn plan(state: &mut State, effects: &mut Vec<Effect>) {
    let id = state.questions + 1;
    let Some(start) = start(state).filter(|start| start.stage == Stage::Choosing) else { return };
    let Some(asked) = start.asked() else { return };
    (start.id, start.stage) = (id, Stage::Planning);
    start.scroll.stale();
    state.questions = id;
    effects.push(Effect::PlanValidation { id, asked });
}

/// The plan, or why there is none.
pub fn offered(state: &mut State, id: u64, offer: Result<Box<Offer>, Problem>) {
    let Some(start) = start(state).filter(|start| start.id == id && start.stage == Stage::Planning) else { return };
    start.stage = match offer {
        Ok(offer) => Stage::Offered(offer),
        Err(problem) => Stage::Failed(problem),
    };
    start.scroll.stale();
}

/// It runs, and comes on screen; or it does not.
pub fn began(state: &mut State, id: u64, began: Result<Box<RunTold>, Problem>, effects: &mut Vec<Effect>) {
    let here = start(state).is_some_and(|start| start.id == id);
    match began {
        Ok(told) => {
            let run = told.line.id.clone();
            state.validations.begun(*told);
            if here {
                state.overlay = None;
                super::validations::show(state, &run, effects);
            }
        }
        Err(problem) if here => {
            if let Some(start) = start(state) {
                start.stage = Stage::Failed(problem);
                start.scroll.stale();
            }
        }
        Err(problem) => {
            state.problems.add(problem, None, EntryState::Note, state.now);
        }
    }
}

/// Esc.
fn close(state: &mut State, effects: &mut Vec<Effect>) {
    match &state.overlay {
        Some(Overlay::Validate(start)) => {
            if matches!(start.stage, Stage::Planning | Stage::Offered(_)) {
                effects.push(Effect::DropPlan { id: start.id });
            }
            state.overlay = None;
        }
        Some(Overlay::Ask(_)) => state.overlay = None,
        _ => {}
    }
}

/// Whatever question there is goes away: nobody has looked since.
pub fn absent(state: &mut State, effects: &mut Vec<Effect>) {
    match &mut state.overlay {
        Some(Overlay::Ask(ask)) if ask.is_open() => {
            ask.over = Some("the program was suspended, so the question is closed".to_owned());
            ask.field.text.clear();
        }
        Some(Overlay::Validate(start)) if start.is_guarded() => close(state, effects),
        _ => {}
    }
}

/// Time passes.
pub fn pass(state: &mut State) {
    let now = state.now;
    if let Some(Overlay::Ask(ask)) = &mut state.overlay
        && ask.is_open()
        && ask.left(now) <= 0
    {
        ask.over = Some(format!("nobody answered within {} s, so the question is closed", ask.lives.as_secs()));
        ask.field.text.clear();
    }
}

/// It has been on screen long enough.
pub fn admit(state: &mut State, id: u64) {
    match &mut state.overlay {
        Some(Overlay::Ask(ask)) if ask.id == id => ask.field.admitted = true,
        Some(Overlay::Validate(start)) if start.id == id => start.field.admitted = true,
        _ => {}
    }
}

/// Changes what is typed so far, where that counts.
pub fn edit(state: &mut State, change: impl FnOnce(&mut String)) {
    let field = match &mut state.overlay {
        Some(Overlay::Ask(ask)) if ask.is_open() => &mut ask.field,
        Some(Overlay::Validate(start)) if start.expects().is_some() => &mut start.field,
        _ => return,
    };
    if field.admitted {
        field.says = None;
        change(&mut field.text);
    }
}

/// A character.
pub fn typed(state: &mut State, c: char) {
    edit(state, |text| {
        if !c.is_control() && text.chars().count() < ANSWER_MAX {
            text.push(c);
        }
    });
}

/// Whether exactly what is asked for was typed; says what is wrong otherwise.
fn is_typed(field: &mut Field, expects: &str) -> bool {
    if field.text == expects {
        return true;
    }
    let words = if field.text.is_empty() { "nothing is typed yet" } else { "that is something else" };
    field.says = Some(format!("{words}: type {expects}"));
    false
}

/// Enter on a question.
fn answer(state: &mut State, effects: &mut Vec<Effect>) {
    match &mut state.overlay {
        Some(Overlay::Validate(start)) => {
            let Start { id, stage, field, .. } = start.as_mut();
            let Stage::Offered(offer) = stage else { return };
            if !field.admitted || offer.refused.is_some() {
                return;
            }
            if offer.expects.as_ref().is_some_and(|expects| !is_typed(field, expects)) {
                return;
            }
            effects.push(Effect::StartValidation { id: *id, answer: std::mem::take(&mut field.text) });
            *stage = Stage::Beginning(offer.clone());
        }
        Some(Overlay::Ask(ask)) => {
            if !ask.is_open() || !ask.field.admitted || !is_typed(&mut ask.field, &ask.expects) {
                return;
            }
            if let About::Stop { run, .. } = &ask.about {
                let run = run.clone();
                state.overlay = None;
                return super::validations::stop_now(state, &run, effects);
            }
            let answer = std::mem::take(&mut ask.field.text);
            ask.sent = true;
            let id = ask.id;
            if let About::Refresh(question) = &ask.about {
                return super::refreshes::answered(id, question, answer, effects);
            }
            effects.push(match ask.about.clone() {
                About::Reveal { run, nth } => Effect::Reveal { id, run, nth, answer },
                About::Write { run, nth, what, path } => Effect::WriteRows { id, run, nth, what, path, answer },
                About::Stop { run, .. } => Effect::ControlValidation { run, wish: told::Wished::Stop },
                About::Refresh(_) => return,
            });
        }
        _ => {}
    }
}

/// Left and Right on a question: a script with deletes, or without; rows in another form.
fn other_way(state: &mut State) {
    let Some(Overlay::Ask(ask)) = &mut state.overlay else { return };
    if let About::Refresh(question) = &mut ask.about
        && !ask.sent
        && ask.over.is_none()
        && question.turn()
    {
        return ask.scroll.stale();
    }
    let About::Write { what, path, .. } = &mut ask.about else { return };
    match what {
        Writing::Repair { deletes } => *deletes = !*deletes,
        Writing::Values => {
            let (stem, end) = path.rsplit_once('.').unwrap_or((path, ""));
            let at = FORMS.iter().position(|(form, _)| *form == end).map_or(0, |at| at + 1);
            *path = format!("{stem}.{}", FORMS[at % FORMS.len()].0);
        }
    }
    ask.scroll.stale();
}

/// Values may be read now.
pub fn revealed(state: &mut State, id: u64, outcome: Result<(), Problem>) {
    let Some(Overlay::Ask(ask)) = &state.overlay else { return };
    let About::Reveal { run, nth } = &ask.about else { return };
    if ask.id != id {
        return;
    }
    let (run, nth) = (run.clone(), *nth);
    state.overlay = None;
    match outcome {
        Ok(()) => {
            if let Some(differences) = state.differences.as_mut().filter(|one| one.run == run && one.nth == nth) {
                differences.revealed = true;
                differences.again();
            }
        }
        Err(problem) => {
            say(state, Done::Not, &problem.summary.clone());
            state.problems.add(problem, None, EntryState::Note, state.now);
        }
    }
}

/// A file was written, or not. `false`: it is not one that was asked for here.
pub fn written(state: &mut State, id: u64) -> bool {
    let ours = matches!(&state.overlay, Some(Overlay::Ask(ask)) if ask.id == id);
    if ours {
        state.overlay = None;
    }
    ours
}

/// `v`: asks for values, or hides them.
fn reveal(state: &mut State) {
    let Some(differences) = &mut state.differences else { return };
    if differences.revealed {
        return differences.hide();
    }
    let (run, nth) = (differences.run.clone(), differences.nth);
    let Some(known) = state.validations.run(&run) else { return };
    let expects = known.tables.get(nth).map(|table| table.source.clone()).unwrap_or_default();
    put(state, About::Reveal { run, nth }, expects);
}

/// `W` and `P`: of the table on screen or under the cursor.
fn write(state: &mut State, what: Writing) {
    let nth = match state.screen() {
        Screen::Differences => state.differences.as_ref().map(|differences| differences.nth),
        _ => state.validations.tables.list.row(),
    };
    let (Some(run), Some(nth)) = (state.validations.opened_run(), nth) else { return };
    if let Err(why) = may_write(run, nth, what) {
        return say(state, Done::Not, &why);
    }
    let table = run.tables.get(nth).map(|table| table.source.clone()).unwrap_or_default();
    let name = format!("{}-{table}", told::name(&run.line.what));
    let (stem, end) = match what {
        Writing::Values => (format!("values-{name}"), FORMS[0].0),
        Writing::Repair { .. } => (format!("repair-{name}"), "sql"),
    };
    let path = file_name(&stem, state.now);
    let path = format!("{}.{end}", path.trim_end_matches(".csv"));
    let about = About::Write { run: run.line.id.clone(), nth: Some(nth), what, path };
    put(state, about, table);
}

/// Why there is nothing to write.
fn may_write(run: &Run, nth: usize, what: Writing) -> Result<(), String> {
    let told = run.tables.get(nth).and_then(|table| table.told.as_ref());
    let Some(told) = told else { return Err("this table is not done".to_owned()) };
    if told.rows.is_empty() {
        return Err("no difference of this table is listed".to_owned());
    }
    let moves = |n: Option<u64>| n.is_some_and(|n| n > 0);
    let tally = told.result.tally;
    match what {
        Writing::Repair { .. } if moves(tally.in_flight) || moves(tally.unsettled) => {
            Err("rows of this table still moved: no script is written before they have settled".to_owned())
        }
        Writing::Repair { .. } if !told.result.problems.is_empty() || told.result.verdict() == Verdict::Unknown => {
            Err("this table was not compared to its end: no script is written for it".to_owned())
        }
        // What would be refused in the end is said before a name is typed for it.
        Writing::Repair { .. } => match differing(tally) {
            Some(all) if all > told.rows.len() as u64 => {
                Err(format!("{all} rows differ, {} are listed: compare again with --report {all}", told.rows.len()))
            }
            _ => Ok(()),
        },
        Writing::Values => Ok(()),
    }
}

/// A question comes on screen.
pub fn put(state: &mut State, about: About, expects: String) {
    state.questions += 1;
    state.overlay = Some(Overlay::Ask(Box::new(Ask {
        id: state.questions,
        about,
        expects,
        since: state.now,
        lives: state.setup.answer_within,
        sent: false,
        over: None,
        field: Field::default(),
        scroll: Scroll::default(),
    })));
}

/// Up, Down and pages: choosing, or scrolling.
pub fn step(state: &mut State, how: Move) {
    let area = state.area;
    let scroll = |scroll: &mut Scroll| {
        let rows = frame(area, scroll.lines.len()).rows;
        scroll.offset = how.from(scroll.offset, rows.max(2) - 1);
        scroll.clamp(area);
    };
    match &mut state.overlay {
        Some(Overlay::Validate(start)) => match (&start.stage, how) {
            (Stage::Choosing, Move::Rows(by)) => start.step(by),
            (Stage::Choosing, _) => {}
            _ => scroll(&mut start.scroll),
        },
        Some(Overlay::Ask(ask)) => scroll(&mut ask.scroll),
        _ => {}
    }
}
