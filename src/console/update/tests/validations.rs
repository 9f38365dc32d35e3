//! Validations: what is asked for when, what follows from what is told, and that nothing is shown or started unasked.

use super::*;
use crate::console::fixtures::validations as it;
use crate::console::message::Outcome;
use crate::console::state::differences::Line;
use crate::console::state::validate::Stage;
use crate::console::state::{Screen, Tab};
use crate::model::validation::told::{RowsAsked, RunState, Wished, Writing};
use crate::model::validation::{RunEvent, RunId, Verdict, What};

fn pressed(state: &mut State, c: char) -> Vec<Effect> {
    update(state, key(KeyCode::Char(c)), state.now)
}

fn enter(state: &mut State) -> Vec<Effect> {
    update(state, key(KeyCode::Enter), state.now)
}

fn with_run() -> State {
    let mut state = populated(120, 40);
    state.validations.begun(it::told());
    press(&mut state, "V");
    update(&mut state, Message::Validations(Ok(it::kept())), now());
    enter(&mut state);
    state
}

/// `s`, and this as the answer.
fn stop(state: &mut State, answer: &str) -> Vec<Effect> {
    assert_eq!(pressed(state, 's'), [], "one key stops nothing");
    let id = state.questions;
    update(state, Message::Admitted { id }, now());
    press(state, answer);
    enter(state)
}

fn tell(state: &mut State, events: Vec<RunEvent>) {
    for event in events {
        update(state, it::happens(event), now());
    }
}

/// On the rows of the table with differences.
fn on_rows() -> State {
    let mut state = with_run();
    tell(&mut state, vec![it::open(), it::done(0), it::done(2), it::ended(Verdict::Different)]);
    enter(&mut state);
    assert_eq!(state.screen(), Screen::Differences);
    state
}

#[test]
fn the_list_is_read_when_it_is_opened_and_while_it_is_looked_at() {
    let mut state = populated(120, 40);
    let reads = |effects: Vec<Effect>| effects.iter().filter(|one| **one == Effect::ReadValidations).count();
    assert_eq!(reads(pressed(&mut state, 'V')), 1);
    assert_eq!(reads(pressed(&mut state, 'r')), 0, "an answer is awaited");
    update(&mut state, Message::Validations(Ok(it::kept())), now());
    assert_eq!(reads(pressed(&mut state, 'r')), 1);
    update(&mut state, Message::Validations(Ok(it::kept())), now());
    assert_eq!(reads(update(&mut state, Message::Tick, after(16))), 1);
}

#[test]
fn a_run_of_another_program_is_read_and_not_steered() {
    let mut state = populated(120, 40);
    press(&mut state, "V");
    update(&mut state, Message::Validations(Ok(it::kept())), now());
    let effects = enter(&mut state);
    let run = state.validations.open.clone().unwrap();
    assert!(effects.contains(&Effect::ReadValidation { run }), "{effects:?}");
    assert!(pressed(&mut state, 's').iter().all(|one| !matches!(one, Effect::ControlValidation { .. })));
    assert!(state.notice.as_ref().unwrap().text.contains("another program"));
}

#[test]
fn a_run_goes_through_its_states_and_its_verdict_stays() {
    let mut state = with_run();
    let line = |state: &State| state.validations.run(&it::id()).unwrap().line.clone();
    assert_eq!(line(&state).state, RunState::Waiting);
    tell(&mut state, vec![it::open()]);
    assert_eq!(line(&state).state, RunState::Comparing);
    let control = |wish| Effect::ControlValidation { run: it::id(), wish };
    assert_eq!(pressed(&mut state, 'p'), [control(Wished::Pause)]);
    assert_eq!(line(&state).state, RunState::Paused);
    assert_eq!(pressed(&mut state, 'p'), [control(Wished::GoOn)]);
    tell(&mut state, vec![it::progress(1, [5, 0, 0]), it::done(0)]);
    assert_eq!((line(&state).different, line(&state).differences), (1, 4));
    assert_eq!(stop(&mut state, "stop"), [control(Wished::Stop)]);
    assert_eq!(pressed(&mut state, 's'), [], "once");
    assert_eq!(state.overlay, None);
    tell(&mut state, vec![it::progress(2, [9, 0, 0])]);
    assert_eq!(line(&state).state, RunState::Stopping, "late progress does not take it back");
    tell(&mut state, vec![it::ended(Verdict::Different), it::progress(3, [11, 0, 0])]);
    assert_eq!((line(&state).state, line(&state).verdict), (RunState::Ended, Some(Verdict::Different)));
    assert_eq!(line(&state).unknown, 5, "what was not done is not known");
}

#[test]
fn rates_are_those_of_the_last_seconds() {
    let mut state = with_run();
    tell(&mut state, vec![it::open()]);
    for second in 0..10 {
        tell(&mut state, vec![it::progress(second, [u64::try_from(second).unwrap() * 1_000, 0, 0])]);
    }
    let run = state.validations.run(&it::id()).unwrap();
    assert!((run.rate(0).unwrap() - 1_000.0).abs() < 1.0, "{:?}", run.rate(0));
    assert_eq!(run.rate(1), None, "it has not begun");
}

#[test]
fn nothing_is_read_before_the_plan_was_confirmed_letter_by_letter() {
    let mut state = populated(120, 40);
    press(&mut state, "=");
    assert_eq!(state.screen(), Screen::Task(Tab::Validation));
    press(&mut state, "n");
    let effects = enter(&mut state);
    let id = state.questions;
    let [Effect::PlanValidation { asked, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert!(matches!(&asked.what, What::Task(name) if !name.is_empty()));
    update(&mut state, Message::Offered { id: id + 7, offer: Ok(Box::new(it::offer())) }, now());
    assert_eq!(enter(&mut state), [], "the answer to another question");
    update(&mut state, Message::Offered { id, offer: Ok(Box::new(it::offer())) }, now());
    assert_eq!(state.question(), Some(id));
    press(&mut state, "shop");
    assert_eq!(enter(&mut state), [], "typed before it was on screen long enough");
    update(&mut state, Message::Admitted { id }, now());
    update(&mut state, Message::Paste("shop".into()), now());
    assert_eq!(enter(&mut state), [], "pasted");
    press(&mut state, "sho");
    assert_eq!(enter(&mut state), [], "not the whole of it");
    press(&mut state, "p");
    assert_eq!(enter(&mut state), [Effect::StartValidation { id, answer: "shop".into() }]);
    assert_eq!(enter(&mut state), [], "once");
    let began = Message::ValidationBegan { id, began: Ok(Box::new(it::told())) };
    update(&mut state, began, now());
    assert_eq!((state.screen(), state.overlay.clone()), (Screen::Validation, None));
}

#[test]
fn a_plan_that_is_refused_cannot_be_started_and_one_that_is_closed_is_dropped() {
    let mut state = populated(120, 40);
    press(&mut state, "Vn");
    enter(&mut state);
    let id = state.questions;
    let mut offer = it::offer();
    offer.refused = Some("this is read-only mode".into());
    update(&mut state, Message::Offered { id, offer: Ok(Box::new(offer)) }, now());
    update(&mut state, Message::Admitted { id }, now());
    press(&mut state, "shop");
    assert_eq!(enter(&mut state), []);
    let effects = update(&mut state, key(KeyCode::Esc), now());
    assert_eq!(effects, [Effect::DropPlan { id }]);
    assert_eq!(state.overlay, None);
}

#[test]
fn values_are_asked_for_only_after_the_tables_name_was_typed_and_go_with_the_screen() {
    let mut state = on_rows();
    assert!(!state.differences.as_ref().unwrap().revealed);
    assert_eq!(pressed(&mut state, 'v'), []);
    let id = state.questions;
    update(&mut state, Message::Admitted { id }, now());
    press(&mut state, "shop.orders");
    let reveal = Effect::Reveal { id, run: it::id(), nth: 0, answer: "shop.orders".into() };
    assert_eq!(enter(&mut state), [reveal]);
    let effects = update(&mut state, Message::Revealed { id, outcome: Ok(()) }, now());
    let [Effect::ReadRows { id, asked: RowsAsked { values: true, context: 0, keys, .. } }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(keys.len(), 4);
    update(&mut state, Message::Rows { id: *id, rows: Ok(Box::new(it::read(true))) }, now());
    assert!(matches!(state.differences.as_ref().unwrap().lines[0], Line::Read(0)));
    keys_back(&mut state);
    assert_eq!(state.differences, None, "they are kept nowhere");
}

fn keys_back(state: &mut State) {
    keys(state, &[KeyCode::Esc]);
}

#[test]
fn a_refused_reveal_shows_nothing_and_says_why() {
    let mut state = on_rows();
    press(&mut state, "v");
    let id = state.questions;
    let problem = crate::console::fixtures::problem(ProblemKind::Internal, "the audit cannot be written");
    update(&mut state, Message::Revealed { id, outcome: Err(problem) }, now());
    assert!(!state.differences.as_ref().unwrap().revealed);
    assert!(state.notice.as_ref().unwrap().text.contains("audit"));
}

#[test]
fn values_that_come_after_they_were_hidden_again_are_not_taken() {
    let mut state = on_rows();
    state.differences.as_mut().unwrap().revealed = true;
    update(&mut state, Message::Tick, now());
    let id = state.differences.as_ref().unwrap().asked.as_ref().unwrap().0;
    press(&mut state, "v");
    update(&mut state, Message::Rows { id, rows: Ok(Box::new(it::read(true))) }, now());
    assert_eq!(state.differences.as_ref().unwrap().read, None);
}

#[test]
fn neighbours_are_read_and_the_cursor_stays_on_its_difference() {
    let mut state = on_rows();
    press(&mut state, "jj");
    let effects = pressed(&mut state, 'c');
    let [Effect::ReadRows { id, asked }] = &effects[..] else { panic!("{effects:?}") };
    assert!(asked.context > 0 && !asked.values);
    update(&mut state, Message::Rows { id: *id, rows: Ok(Box::new(it::read(false))) }, now());
    let differences = state.differences.as_ref().unwrap();
    assert_eq!(differences.listed_here().unwrap().key[0].value, serde_json::json!(4_711));
}

#[test]
fn a_script_is_not_written_while_rows_move_and_deletes_only_where_they_are_chosen() {
    let mut state = on_rows();
    press(&mut state, "P");
    let id = state.questions;
    update(&mut state, Message::Admitted { id }, now());
    keys(&mut state, &[KeyCode::Right]);
    press(&mut state, "shop.orders");
    let effects = enter(&mut state);
    let [Effect::WriteRows { what, nth: Some(0), path, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(*what, Writing::Repair { deletes: true });
    assert!(std::path::Path::new(path).extension().is_some_and(|end| end == "sql"), "{path}");
    update(&mut state, Message::Written { id, outcome: Outcome::Written { path: "/x.sql".into(), bytes: 7 } }, now());
    assert_eq!(state.overlay, None);
    keys_back(&mut state);
    // The table whose rows still moved.
    press(&mut state, "gj");
    assert_eq!(pressed(&mut state, 'P'), []);
    assert_eq!(state.overlay, None);
}

#[test]
fn values_are_written_in_the_form_that_is_chosen() {
    let mut state = on_rows();
    for (rights, end) in [(0, "jsonl"), (1, "csv"), (2, "md"), (3, "jsonl")] {
        press(&mut state, "W");
        let id = state.questions;
        update(&mut state, Message::Admitted { id }, now());
        for _ in 0..rights {
            keys(&mut state, &[KeyCode::Right]);
        }
        press(&mut state, "shop.orders");
        let effects = enter(&mut state);
        let [Effect::WriteRows { what: Writing::Values, path, .. }] = &effects[..] else { panic!("{effects:?}") };
        assert!(path.ends_with(&format!(".{end}")), "{path}");
        let outcome = Outcome::Written { path: path.clone(), bytes: 7 };
        update(&mut state, Message::Written { id, outcome }, now());
    }
}

#[test]
fn a_question_dies_after_its_time() {
    let mut state = on_rows();
    press(&mut state, "v");
    let id = state.questions;
    update(&mut state, Message::Admitted { id }, now());
    press(&mut state, "shop.orders");
    update(&mut state, Message::Tick, after(61));
    assert_eq!(enter(&mut state), []);
    assert_eq!(state.question(), None);
}

#[test]
fn a_plan_under_way_can_be_left() {
    let mut state = populated(120, 40);
    press(&mut state, "Vn");
    enter(&mut state);
    assert!(
        matches!(&state.overlay, Some(crate::console::state::Overlay::Validate(start)) if start.stage == Stage::Planning)
    );
    let id = state.questions;
    assert_eq!(update(&mut state, key(KeyCode::Esc), now()), [Effect::DropPlan { id }]);
}

#[test]
fn stopping_is_asked_says_how_to_go_on_and_is_about_the_run_that_was_under_the_cursor() {
    let mut state = populated(120, 40);
    state.validations.begun(it::told());
    press(&mut state, "V");
    assert_eq!(stop(&mut state, "sto"), [], "not the whole word");
    update(&mut state, key(KeyCode::Esc), now());
    assert_eq!((pressed(&mut state, 's'), state.overlay.is_some()), (vec![], true));
    let Some(crate::console::state::Overlay::Ask(ask)) = &state.overlay else { panic!("{:?}", state.overlay) };
    let words: Vec<String> = ask.words().into_iter().map(|(_, _, words)| words).collect();
    let again = format!("cutover validate orders-cdc --resume {}", it::id().0);
    assert!(words.iter().any(|line| line.ends_with(&again)), "{words:?}");
    assert!(words.iter().all(|line| !line.contains("audit")), "{words:?}");
    // Another comes on top while the question stands: the answer is about the one that was asked about.
    let mut third = it::told();
    (third.line.id, third.line.started) = (RunId("third".into()), after(9));
    state.validations.begun(third);
    let id = state.questions;
    update(&mut state, Message::Admitted { id }, now());
    press(&mut state, "stop");
    assert_eq!(enter(&mut state), [Effect::ControlValidation { run: it::id(), wish: Wished::Stop }]);
    // It ends and goes below the one that still runs: the cursor stays on it.
    let third = RunId("third".into());
    assert_eq!(state.validations.list.key(), Some(&third));
    state.validations.happened(&third, it::ended(Verdict::Equal), now());
    assert_eq!(state.validations.list.key(), Some(&third));
}

#[test]
fn a_script_that_would_not_be_whole_is_refused_before_a_name_is_typed() {
    let mut state = with_run();
    let RunEvent::Table { nth, mut result, rows } = it::done(0) else { panic!() };
    result.tally.different = Some(196);
    tell(&mut state, vec![it::open(), RunEvent::Table { nth, result, rows }, it::ended(Verdict::Different)]);
    press(&mut state, "g");
    assert_eq!((pressed(&mut state, 'P'), &state.overlay), (vec![], &None));
    let said = &state.notice.as_ref().unwrap().text;
    assert_eq!(said, "198 rows differ, 4 are listed: compare again with --report 198");
}
