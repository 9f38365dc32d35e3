//! Marks and the menu of what can be done, read by a person.

use super::*;
use crate::console::state::Mode;

fn operating(width: u16, height: u16) -> State {
    populated_with(Setup { mode: Mode::Operate, ..setup() }, width, height)
}

fn on(state: &mut State, name: &str) {
    press(state, &format!("/{name}"));
    keys(state, &[KeyCode::Enter]);
}

#[test]
fn menu_of_a_task_at_80x24() {
    let mut state = operating(80, 24);
    on(&mut state, "crm-cdc");
    press(&mut state, "O");
    assert_snapshot!(text(&state));
}

#[test]
fn menu_of_a_task_at_120x40_with_why_not() {
    let mut state = operating(120, 40);
    on(&mut state, "pricing-next");
    press(&mut state, "Ou");
    assert_snapshot!(text(&state));
}

#[test]
fn menu_of_marked_tasks_at_80x24_one_of_them_hidden() {
    let mut state = operating(80, 24);
    press(&mut state, "xxxxxxxx/cdc");
    keys(&mut state, &[KeyCode::Enter]);
    press(&mut state, "O");
    assert_snapshot!(text(&state));
}

#[test]
fn marked_rows_at_120x40() {
    let mut state = operating(120, 40);
    press(&mut state, "xxx");
    assert_snapshot!(text(&state));
}

#[test]
fn menu_of_marked_tables_at_120x40() {
    let mut state = operating(120, 40);
    on(&mut state, "customers");
    keys(&mut state, &[KeyCode::Enter]);
    let arn = state.opened.clone().unwrap();
    update(&mut state, observed(Subject::Tables(arn), Value::Tables(tables()), 11, 15), now());
    press(&mut state, "xxxxxxxxxxxxOk");
    assert_snapshot!(text(&state));
}

#[test]
fn menu_of_a_schedule_in_read_only_at_80x24() {
    let mut state = populated(80, 24);
    press(&mut state, "S/AutoScal");
    keys(&mut state, &[KeyCode::Enter]);
    press(&mut state, "O");
    keys(&mut state, &[KeyCode::Enter]);
    assert_snapshot!(text(&state));
}

#[test]
fn form_of_a_start_at_80x24_with_bad_input() {
    let mut state = operating(80, 24);
    on(&mut state, "crm-cdc");
    press(&mut state, "Oa");
    keys(&mut state, &[KeyCode::Right, KeyCode::Down]);
    press(&mut state, "14:00");
    keys(&mut state, &[KeyCode::Enter]);
    assert_snapshot!(text(&state));
}

#[test]
fn form_of_a_start_from_now_in_ascii_at_80x24() {
    let setup = Setup { mode: Mode::Operate, ascii: true, ..setup() };
    let mut state = populated_with(setup, 80, 24);
    press(&mut state, "x");
    press(&mut state, "X");
    on(&mut state, "crm-cdc");
    let task = state.world.tasks.iter_mut().find(|task| task.name.raw() == "crm-cdc").unwrap();
    // Of one that ran it is not offered.
    task.stats.fresh_start = None;
    press(&mut state, "xOa");
    keys(&mut state, &[KeyCode::Left]);
    let screen = text(&state);
    assert!(screen.is_ascii(), "{screen}");
    assert_snapshot!(screen);
}
