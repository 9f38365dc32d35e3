//! The screens of validations, read by a person.

use super::*;
use crate::console::fixtures::validations as it;
use crate::model::validation::{RunEvent, Verdict};

fn tell(state: &mut State, events: Vec<RunEvent>) {
    for event in events {
        update(state, it::happens(event), now());
    }
}

/// A console that operates, with one run of its own and others that are kept.
fn with_runs(width: u16, height: u16) -> State {
    let mut state = populated(width, height);
    update(&mut state, Message::Validations(Ok(it::kept())), now());
    state.validations.begun(it::told());
    state
}

fn comparing(width: u16, height: u16) -> State {
    let mut state = with_runs(width, height);
    press(&mut state, "V");
    keys(&mut state, &[KeyCode::Enter]);
    tell(
        &mut state,
        vec![it::open(), it::progress(0, [10_000, 0, 1_000]), it::progress(2, [600_000, 250_000, 64_000])],
    );
    tell(&mut state, vec![it::done(2)]);
    update(&mut state, Message::Tick, after(1));
    state
}

fn over(width: u16, height: u16) -> State {
    let mut state = comparing(width, height);
    tell(&mut state, vec![it::done(0), it::done(3), it::done(5), it::ended(Verdict::Different)]);
    state
}

fn rows(width: u16, height: u16) -> State {
    let mut state = over(width, height);
    // What differs stands on top.
    keys(&mut state, &[KeyCode::Enter]);
    state
}

/// The screen of rows, with what was read again.
fn read(width: u16, height: u16, values: bool) -> State {
    let mut state = rows(width, height);
    press(&mut state, "c");
    if values {
        let differences = state.differences.as_mut().unwrap();
        (differences.revealed, differences.asked) = (true, None);
        update(&mut state, Message::Tick, now());
    }
    let id = state.differences.as_ref().unwrap().asked.as_ref().unwrap().0;
    update(&mut state, Message::Rows { id, rows: Ok(Box::new(it::read(values))) }, now());
    state
}

#[test]
fn validations_at_80x24_120x40_and_200x50() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut state = with_runs(width, height);
        press(&mut state, "V");
        assert_snapshot!(format!("validations_at_{width}x{height}"), text(&state));
    }
}

#[test]
fn no_validation_yet() {
    let mut state = populated(120, 40);
    press(&mut state, "V");
    assert!(text(&state).contains("reading what is kept"));
    update(&mut state, Message::Validations(Ok(vec![])), now());
    assert_snapshot!(text(&state));
}

#[test]
fn a_run_that_waits_compares_and_is_over() {
    let mut waits = with_runs(120, 40);
    press(&mut waits, "V");
    keys(&mut waits, &[KeyCode::Enter]);
    assert_snapshot!("run_that_waits", text(&waits));
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        assert_snapshot!(format!("run_comparing_at_{width}x{height}"), text(&comparing(width, height)));
        assert_snapshot!(format!("run_over_at_{width}x{height}"), text(&over(width, height)));
    }
}

#[test]
fn rows_that_differ_without_values() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        assert_snapshot!(format!("rows_at_{width}x{height}"), text(&rows(width, height)));
    }
}

#[test]
fn rows_among_their_neighbours_with_and_without_values() {
    assert_snapshot!("rows_with_neighbours", text(&read(120, 40, false)));
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut state = read(width, height, true);
        press(&mut state, "j");
        assert_snapshot!(format!("rows_with_values_at_{width}x{height}"), text(&state));
    }
}

#[test]
fn a_screen_of_rows_in_ascii() {
    let mut state = read(120, 40, true);
    state.setup.ascii = true;
    let text = text(&state);
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn what_to_validate_and_its_plan() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut state = populated_with(Setup { validations: vec!["nightly".into()], ..setup() }, width, height);
        press(&mut state, "Vn");
        assert_snapshot!(format!("what_to_validate_at_{width}x{height}"), text(&state));
        keys(&mut state, &[KeyCode::Enter]);
        let id = state.questions;
        update(&mut state, Message::Offered { id, offer: Ok(Box::new(it::offer())) }, now());
        update(&mut state, Message::Admitted { id }, now());
        press(&mut state, "sho");
        assert_snapshot!(format!("plan_of_a_validation_at_{width}x{height}"), text(&state));
    }
}

#[test]
fn questions_about_values_and_a_script() {
    let mut state = rows(120, 40);
    press(&mut state, "v");
    assert_snapshot!("question_about_values", text(&state));
    keys(&mut state, &[KeyCode::Esc]);
    press(&mut state, "P");
    let id = state.questions;
    update(&mut state, Message::Admitted { id }, now());
    keys(&mut state, &[KeyCode::Right]);
    assert_snapshot!("question_about_a_script", text(&state));
}

#[test]
fn the_side_validation_of_a_task() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut state = opened(width, height);
        update(&mut state, Message::Validations(Ok(it::kept())), now());
        press(&mut state, "=");
        assert_snapshot!(format!("validation_tab_at_{width}x{height}"), text(&state));
    }
}

#[test]
fn only_tables_and_rows_on_screen_are_built_however_many_there_are() {
    let built = |state: &State| {
        let before = super::super::grid::ROWS_BUILT.with(std::cell::Cell::get);
        buffer(state);
        super::super::grid::ROWS_BUILT.with(std::cell::Cell::get) - before
    };
    let mut state = populated(120, 40);
    let mut told = it::told();
    let planned = told.planned.as_mut().unwrap();
    let one = planned.tables[0].clone();
    planned.tables = (0..10_000)
        .map(|n| crate::model::validation::PlannedTable { source: format!("shop.t{n}").into(), ..one.clone() })
        .collect();
    state.validations.begun(told);
    press(&mut state, "V");
    keys(&mut state, &[KeyCode::Enter]);
    // Both halves of a row are one each.
    assert!((20..=80).contains(&built(&state)), "{}", built(&state));
    keys(&mut state, &[KeyCode::End]);
    assert!(built(&state) <= 80, "{}", built(&state));
    let many: Vec<_> = (0..5_000).map(|n| it::row(n, crate::model::validation::RowChange::Missing, &[])).collect();
    let RunEvent::Table { result, .. } = it::done(0) else { panic!() };
    tell(&mut state, vec![RunEvent::Table { nth: 9_999, result, rows: many }]);
    press(&mut state, "G");
    let last = state.validations.tables.list.row().unwrap();
    if last != 9_999 {
        press(&mut state, "/t9999");
        keys(&mut state, &[KeyCode::Enter]);
    }
    keys(&mut state, &[KeyCode::Enter, KeyCode::End]);
    assert_eq!(state.screen(), crate::console::state::Screen::Differences);
    assert!((10..=40).contains(&built(&state)), "{}", built(&state));
}
