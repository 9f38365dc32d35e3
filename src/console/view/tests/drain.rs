//! The cutover panel, of one task and of all.

use super::*;
use crate::console::fixtures::definition::*;
use crate::console::message::Effect;
use crate::console::state::{Screen, Tab};

#[test]
fn drain_not_through_at_80x24() {
    assert_snapshot!(text(&drain_opened(37, 80, 24)));
}

#[test]
fn drain_not_through_at_120x40() {
    assert_snapshot!(text(&drain_opened(37, 120, 40)));
}

#[test]
fn drain_through_at_200x50() {
    assert_snapshot!(text(&drain_opened(0, 200, 50)));
}

#[test]
fn drain_of_all_at_80x24() {
    let mut state = populated(80, 24);
    press(&mut state, "D");
    assert_snapshot!(text(&state));
}

#[test]
fn drain_of_all_at_120x40() {
    let mut state = drain_opened(0, 120, 40);
    press(&mut state, "D");
    assert_snapshot!(text(&state));
}

#[test]
fn drain_of_all_at_200x50() {
    let mut state = drain_opened(37, 200, 50);
    press(&mut state, "D");
    assert_snapshot!(text(&state));
}

#[test]
fn evidence_that_expires_takes_its_verdict_with_it_though_nothing_comes() {
    let mut state = drain_opened(0, 120, 40);
    let word = |state: &State| state.drain.judgement.as_ref().unwrap().verdict.word();
    assert_eq!(word(&state), "THROUGH");
    let until = state.drain.judgement.as_ref().unwrap().until.unwrap();
    assert!(state.next_deadline(now()).unwrap() <= until);
    update(&mut state, Message::Tick, until);
    assert_ne!(word(&state), "THROUGH");
}

#[test]
fn the_drain_of_all_opens_a_tasks_own_and_asks_for_the_tables_on_screen() {
    let mut state = populated(120, 40);
    press(&mut state, "D");
    let asked = update(&mut state, key(KeyCode::Char('r')), now());
    let Some(Effect::AskNow(subjects)) = asked.first() else { panic!("{asked:?}") };
    assert!(subjects.contains(&Subject::Tables(arn("ORDERSXCDC"))), "{subjects:?}");
    assert!(!subjects.contains(&Subject::Tables(arn("PRICINGXNEXT"))), "one that never ran has no statistics");
    press(&mut state, "/orders");
    keys(&mut state, &[KeyCode::Enter, KeyCode::Enter]);
    assert_eq!((state.screen(), state.opened.clone()), (Screen::Task(Tab::Drain), Some(arn("ORDERSXCDC"))));
    let focus = state.focus();
    assert_eq!((focus.tables_of, focus.charts_of), (Some(arn("ORDERSXCDC")), Some(arn("ORDERSXCDC"))));
}

#[test]
fn counts_of_a_task_that_is_not_open_are_kept_with_their_own_age() {
    let mut state = drain_opened(37, 120, 40);
    press(&mut state, "D");
    let backlog = |state: &State| {
        let row = state.world.tasks.iter().position(|task| task.arn == arn("ORDERSXCDC")).unwrap();
        state.all_drain.lines[row].backlog
    };
    assert_eq!(backlog(&state), crate::console::state::all_drain::Known::Is(37.0));
    press(&mut state, "/billing");
    keys(&mut state, &[KeyCode::Enter, KeyCode::Enter, KeyCode::Esc]);
    assert_eq!(backlog(&state), crate::console::state::all_drain::Known::Is(37.0));
    let counted = state.world.counted(&arn("ORDERSXCDC")).unwrap();
    assert_eq!(counted.as_of, Some(before(11)));
}

#[test]
fn tables_that_come_before_the_mappings_are_measured_by_them_as_soon_as_these_come() {
    let mut state = populated(120, 40);
    press(&mut state, "/orders");
    keys(&mut state, &[KeyCode::Enter]);
    press(&mut state, "d");
    assert_eq!(state.focus().definition_of, Some(arn("ORDERSXCDC")), "the mappings are asked for");
    let (definition, others): (Vec<Message>, Vec<Message>) = drained("ORDERSXCDC", 37)
        .into_iter()
        .partition(|message| format!("{message:?}").contains("subject: Definition"));
    assert_eq!(definition.len(), 1);
    for message in others {
        update(&mut state, message, now());
    }
    assert!(text(&state).contains("the mappings are not read yet"));
    for message in definition {
        update(&mut state, message, now());
    }
    assert!(!text(&state).contains("the mappings are not read yet"), "{}", text(&state));
}

#[test]
fn the_panel_scrolls_and_a_task_that_is_gone_says_so() {
    let mut state = drain_opened(37, 80, 24);
    press(&mut state, "G");
    let screen = text(&state);
    assert!(screen.contains("switch the application over") && screen.contains("NOT THROUGH"), "{screen}");
    let rest = tasks().into_iter().filter(|task| task.arn != arn("ORDERSXCDC")).collect();
    update(&mut state, observed(Subject::Tasks, Value::Tasks(rest), 1, 15), now());
    assert!(text(&state).contains("not in the list any more"));
}

#[test]
fn logs_that_nobody_writes_take_no_age_from_the_rest() {
    let mut state = drain_opened(0, 120, 40);
    let feed = state.world.feed_mut(&Subject::LogErrors);
    (feed.as_of, feed.received) = (None, Some(now()));
    assert!(!text(&state).contains("age unknown"), "{}", text(&state));
    press(&mut state, "D");
    assert!(!text(&state).contains("age unknown"), "{}", text(&state));
}
