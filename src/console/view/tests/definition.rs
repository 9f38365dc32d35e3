//! The definition of a task.

use super::*;
use crate::console::fixtures::definition::*;
use crate::console::state::{Screen, Tab};
use crate::model::observation::Definition;

#[test]
fn definition_at_120x40() {
    assert_snapshot!(text(&definition_opened(120, 40)));
}

#[test]
fn definition_at_80x24() {
    let mut state = definition_opened(80, 24);
    press(&mut state, "]]");
    assert_snapshot!(text(&state));
}

#[test]
fn definition_at_200x50() {
    let mut state = definition_opened(200, 50);
    press(&mut state, "]]]]");
    assert_snapshot!(text(&state));
}

#[test]
fn settings_in_words_at_120x40() {
    let mut state = definition_opened(120, 40);
    press(&mut state, "]]]]]]");
    assert_snapshot!(text(&state));
}

#[test]
fn mappings_as_json_with_something_found() {
    let mut state = definition_opened(80, 24);
    press(&mut state, "J/masking");
    keys(&mut state, &[KeyCode::Enter]);
    assert_snapshot!(text(&state));
    keys(&mut state, &[KeyCode::Esc]);
    assert!(state.filter().is_empty(), "Esc drops what is looked for first");
    keys(&mut state, &[KeyCode::Esc]);
    assert_ne!(state.screen(), Screen::Task(Tab::Definition));
}

#[test]
fn what_is_looked_for_is_found_in_turn_and_around_the_end() {
    let mut state = definition_opened(80, 24);
    press(&mut state, "/RULE");
    keys(&mut state, &[KeyCode::Enter]);
    let (all, first) = state.definition.found();
    assert!(all > 3 && first == 1);
    let mut seen = vec![];
    for _ in 0..=all {
        seen.push(state.definition.found().1);
        press(&mut state, "n");
        let at = state.definition.current().unwrap();
        assert!(state.definition.pane.visible().contains(&at));
    }
    let round: Vec<usize> = (1..=all).chain([1]).collect();
    assert_eq!(seen, round);
    press(&mut state, "NN");
    assert_eq!(state.definition.found().1, all);
}

#[test]
fn a_definition_that_is_not_read_says_why_and_one_that_is_no_json_is_shown_as_it_is() {
    let mut state = populated(120, 40);
    press(&mut state, "i");
    let subject = Subject::Definition(state.opened.clone().unwrap());
    update(&mut state, failed(subject.clone(), ProblemKind::AccessDenied, "dms: not allowed", 30), now());
    press(&mut state, "G");
    let screen = text(&state);
    assert!(screen.contains("not read: dms: not allowed"), "{screen}");
    let odd = Definition { table_mappings: Some("\u{1b}[2J{rules".into()), settings: Some("[]".into()) };
    update(&mut state, observed(subject, Value::Definition(odd), 5, 60), now());
    press(&mut state, "G");
    let screen = text(&state);
    assert!(screen.contains("not readable as JSON") && screen.contains("[2J{rules"), "{screen}");
}

#[test]
fn only_what_is_written_differently_is_called_a_change() {
    let mut state = definition_opened(120, 40);
    let changes = |state: &State| state.world.definition_changes(&arn("BILLINGXCDC")).len();
    assert_eq!(changes(&state), 1);
    // A list without the texts forgets nothing, and the same again is no change.
    update(&mut state, observed(Subject::Tasks, Value::Tasks(tasks()), 1, 15), now());
    update(&mut state, definition_read("SUSPEND_TABLE", 1), now());
    assert_eq!(changes(&state), 1);
    update(&mut state, definition_read("STOP_TASK", 0), now());
    assert_eq!(changes(&state), 2);
}

#[test]
fn a_narrow_definition_says_the_age_of_its_oldest_part() {
    let mut state = definition_opened(80, 24);
    for subject in [Subject::Instances, Subject::Endpoints] {
        let feed = state.world.feed_mut(&subject);
        (feed.as_of, feed.received, feed.failed) = (Some(after(-7 * 60)), Some(now()), None);
        assert!(text(&state).contains(" 7m"), "{subject:?}\n{}", text(&state));
        state.world.feed_mut(&subject).as_of = Some(now());
    }
    assert!(text(&state).contains("read 10s"), "{}", text(&state));
}
