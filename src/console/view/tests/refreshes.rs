//! The screens of refreshes, read by a person.

use super::*;
use crate::console::fixtures::refreshes as it;
use crate::console::state::{Mode, Screen};
use crate::model::refresh::RunState;
use crate::model::refresh::told::{Offer, RunTold};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

fn operating() -> Setup {
    Setup { mode: Mode::Operate, refreshes: it::prepared(), ..setup() }
}

/// On the list, with this run before all others.
fn listed(width: u16, height: u16, first: Option<&RunTold>) -> State {
    let mut state = populated_with(operating(), width, height);
    press(&mut state, "R");
    update(&mut state, it::journals(first.map(|told| told.seen.head.clone())), now());
    state
}

fn planned(width: u16, height: u16, offer: Offer) -> State {
    let mut state = listed(width, height, None);
    keys(&mut state, &[KeyCode::Down, KeyCode::Enter]);
    let id = state.questions;
    update(&mut state, Message::RefreshOffered { id, offer: Ok(Box::new(offer)) }, now());
    state
}

fn opened_run(width: u16, height: u16, told: &RunTold) -> State {
    let mut state = listed(width, height, Some(told));
    keys(&mut state, &[KeyCode::Down, KeyCode::Down, KeyCode::Enter]);
    assert_eq!(state.screen(), Screen::RefreshRun);
    update(&mut state, it::told(told.clone()), now());
    state
}

#[test]
fn refreshes_at_80x24_120x40_and_200x50() {
    for (width, height) in SIZES {
        assert_snapshot!(format!("refreshes_at_{width}x{height}"), text(&listed(width, height, Some(&it::running()))));
    }
    let mut state = listed(120, 40, Some(&it::failed()));
    keys(&mut state, &[KeyCode::Down, KeyCode::Down]);
    update(&mut state, Message::Tick, after(1));
    assert_snapshot!("refreshes_with_one_that_failed", text(&state));
}

#[test]
fn no_refresh_at_all() {
    let mut state = populated(120, 40);
    press(&mut state, "R");
    assert!(text(&state).contains("reading the journals"));
    update(&mut state, Message::Refreshes(Ok(crate::model::refresh::told::Journals::default())), now());
    assert_snapshot!(text(&state));
}

#[test]
fn plan_of_a_refresh() {
    for (width, height) in SIZES {
        assert_snapshot!(format!("refresh_plan_at_{width}x{height}"), text(&planned(width, height, it::offer())));
    }
    let mut state = planned(120, 40, it::forbidden());
    assert_snapshot!("refresh_plan_forbidden", text(&state));
    keys(&mut state, &[KeyCode::End]);
    assert_snapshot!("refresh_plan_end", text(&state));
    press(&mut state, "/drop");
    assert_snapshot!("refresh_plan_filtered", text(&state));
}

#[test]
fn a_refresh_under_way() {
    for (width, height) in SIZES {
        let state = opened_run(width, height, &it::running());
        assert_snapshot!(format!("refresh_running_at_{width}x{height}"), text(&state));
    }
    let mut state = opened_run(80, 24, &it::running());
    keys(&mut state, &[KeyCode::Tab]);
    assert_snapshot!("refresh_running_away_at_80x24", text(&state));
}

#[test]
fn a_refresh_that_failed_after_its_load() {
    for (width, height) in SIZES {
        let state = opened_run(width, height, &it::failed());
        assert_snapshot!(format!("refresh_failed_at_{width}x{height}"), text(&state));
    }
    assert_snapshot!("refresh_done", text(&opened_run(120, 40, &it::done())));
}

#[test]
fn what_needs_somebody_is_red_on_every_screen() {
    let mut state = listed(80, 24, Some(&it::failed()));
    keys(&mut state, &[KeyCode::Esc]);
    assert_snapshot!("first_screen_with_a_refresh_that_failed_at_80x24", text(&state));
    state.area = Area { width: 120, height: 40 };
    update(&mut state, Message::Tick, now());
    assert_snapshot!("first_screen_with_a_refresh_that_failed", text(&state));
    for screen in "VSAHDE!".chars() {
        press(&mut state, &screen.to_string());
        assert!(text(&state).contains("refresh staging of"), "{screen}");
    }
}

#[test]
fn a_run_of_another_machine_is_red_here_and_says_what_goes_on_with_it() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut state = listed(width, height, None);
        update(&mut state, it::journals(Some(it::elsewhere())), now());
        keys(&mut state, &[KeyCode::Down, KeyCode::Down]);
        update(&mut state, Message::Tick, after(1));
        assert_snapshot!(format!("refreshes_with_one_of_another_machine_at_{width}x{height}"), text(&state));
    }
    let mut state = listed(120, 40, None);
    let unseen = (crate::model::refresh::RefreshName("staging".into()), "no answer within 10 s".to_owned());
    let heads = vec![it::elsewhere()];
    let told = crate::model::refresh::told::Journals { heads, unread: vec![], unseen: vec![unseen] };
    update(&mut state, Message::Refreshes(Ok(told)), now());
    keys(&mut state, &[KeyCode::Down]);
    update(&mut state, Message::Tick, after(1));
    assert_snapshot!("refreshes_whose_target_was_not_looked_at", text(&state));
}

#[test]
fn what_is_under_way_is_a_word_in_the_header() {
    let word = |told: &RunTold, width: u16| {
        let mut state = listed(width, 40, Some(told));
        keys(&mut state, &[KeyCode::Esc]);
        text(&state).lines().next().unwrap().to_owned()
    };
    let mut told = it::running();
    assert!(word(&told, 200).contains("│ → refresh wait │"), "{}", word(&told, 200));
    assert!(word(&told, 80).contains("│ → refresh"), "{}", word(&told, 80));
    told.seen.head.state = RunState::Parked;
    assert!(word(&told, 200).contains("│ ○ refresh parked │"));
    told.seen.head.state = RunState::Running;
    told.seen.head.alive = Some(false);
    assert!(word(&told, 60).contains("│ ▲ refresh"), "{}", word(&told, 60));
    assert!(!word(&it::done(), 200).contains("refresh"));
}

#[test]
fn questions_before_a_refresh() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut state = planned(width, height, it::offer());
        press(&mut state, "s");
        let id = state.questions;
        update(&mut state, Message::Admitted { id }, now());
        press(&mut state, "shop-st");
        assert_snapshot!(format!("question_before_a_refresh_at_{width}x{height}"), text(&state));
    }
    let mut state = opened_run(120, 40, &it::running());
    press(&mut state, "a");
    keys(&mut state, &[KeyCode::Right]);
    assert_snapshot!("question_before_an_abort", text(&state));
}

#[test]
fn screens_of_refreshes_in_ascii() {
    let screens: Vec<State> = vec![
        listed(120, 40, Some(&it::failed())),
        planned(120, 40, it::forbidden()),
        opened_run(120, 40, &it::running()),
        opened_run(80, 24, &it::failed()),
    ];
    for mut state in screens {
        state.setup.ascii = true;
        let text = text(&state);
        assert!(text.is_ascii(), "{text}");
    }
}

#[test]
fn only_rows_on_screen_are_built_however_many_runs_there_were() {
    let mut state = populated_with(operating(), 120, 40);
    let one = it::earlier().remove(0);
    let heads = (0..5_000).map(|n| crate::model::refresh::RunHead {
        id: crate::model::refresh::RefreshId(format!("run-{n}")),
        ..one.clone()
    });
    let journals = crate::model::refresh::told::Journals { heads: heads.collect(), unread: vec![], unseen: vec![] };
    update(&mut state, Message::Refreshes(Ok(journals)), now());
    press(&mut state, "R");
    let before = super::super::grid::ROWS_BUILT.with(std::cell::Cell::get);
    buffer(&state);
    let built = super::super::grid::ROWS_BUILT.with(std::cell::Cell::get) - before;
    assert!((10..=40).contains(&built), "{built}");
}
