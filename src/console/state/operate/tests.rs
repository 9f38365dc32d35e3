//! What the menu is about and what stands in its lines.

use super::*;
use crate::console::actions::Context;
use crate::console::fixtures::*;
use crate::console::message::KeyCode;
use crate::console::update::update;
use crate::model::{Subject, Value};

/// The lines of the menu as a person reads them, in the state these keys lead to.
fn menu(state: &mut State, pressed: &str) -> (String, Vec<String>) {
    press(state, pressed);
    let about = About::on_screen(state).unwrap();
    let line = |choice: &Choice| format!("{}: {}", choice.deed.label(), words(state, &about, choice));
    (about.title(), about.choices(state).iter().map(line).collect())
}

fn to_task(name: &str) -> State {
    let mut state = populated(120, 40);
    press(&mut state, &format!("/{name}"));
    keys(&mut state, &[KeyCode::Enter]);
    state
}

#[test]
fn of_one_task_each_verb_says_what_it_does_or_why_not() {
    for (task, want) in [
        (
            "billing-cdc",
            [
                "stop: replication stops; resume goes on from there",
                "resume: — it is running already",
                "start: — it is running already",
                "test connections: source and target, from its instance",
                "reload target: — it is a cdc task: there is no load to do again",
            ],
        ),
        (
            "crm-cdc",
            [
                "stop: — it does not run: its status is stopped",
                "resume: goes on where it stopped",
                "start: captures changes: from a position, a time or now",
                "test connections: source and target, from its instance",
                "reload target: — it is a cdc task: there is no load to do again",
            ],
        ),
        (
            "pricing-next",
            [
                "stop: — it does not run: its status is ready",
                "resume: — it has never run: DMS says that resuming before the first run results in data errors",
                "start: first run: loads every table, then replicates",
                "test connections: source and target, from its instance",
                "reload target: — it has never run: DMS says that reloading before the first run results in data errors",
            ],
        ),
        (
            "archive-2019",
            [
                "stop: — it does not run: its status is stopped",
                "resume: loads the tables that are not loaded yet",
                "start: — it has run before, and a task that loads is started only once",
                "test connections: source and target, from its instance",
                "reload target: every table of the task again, from nothing",
            ],
        ),
    ] {
        let mut state = to_task(task);
        let want: Vec<String> = want.map(str::to_owned).to_vec();
        assert_eq!(menu(&mut state, ""), (task.to_owned(), want.clone()), "on Tasks");
        for side in "temldi".chars() {
            press(&mut state, &side.to_string());
            let about = About::on_screen(&state).unwrap();
            assert_eq!((about.title(), about.choices(&state).len()), (task.to_owned(), 5), "on side {side}");
        }
        assert_eq!(menu(&mut state, "D"), menu(&mut to_task(task), "D"), "on Drain of all tasks");
    }
}

#[test]
fn several_marked_tasks_are_only_stopped_resumed_and_tested_and_it_is_said_how_many_can_be() {
    for screen in ["", "D"] {
        let mut state = populated(120, 40);
        press(&mut state, screen);
        let (title, lines) = menu(&mut state, "xxxxxxxxxxxx");
        assert_eq!((title.as_str(), lines.len()), ("12 marked tasks", 3));
        for (line, verb) in
            lines.iter().zip(["stop: of 12 marked, ", "resume: of 12 marked, ", "test connections: all 12"])
        {
            assert!(line.starts_with(verb), "{line}");
        }
        let about = About::on_screen(&state).unwrap();
        for choice in about.choices(&state) {
            let changes = about.changes(&choice, None);
            assert_eq!(changes.len(), choice.can());
            let word = changes[0].several().unwrap();
            assert_eq!(choice.answer().unwrap(), format!("{word} {}", changes.len()), "as it will have to be typed");
            assert_eq!(left_out(&choice).len(), 12 - choice.can());
        }
    }
}

#[test]
fn one_marked_row_is_meant_wherever_the_cursor_stands() {
    let mut state = populated(120, 40);
    press(&mut state, "x");
    let marked = state.tasks.list.marked().next().unwrap().clone();
    keys(&mut state, &[KeyCode::End]);
    let about = About::on_screen(&state).unwrap();
    assert_eq!(about.task().unwrap().arn, marked);
    assert_ne!(state.tasks.list.key(), Some(&marked));
}

#[test]
fn a_marked_row_that_the_filter_hides_is_meant_and_said() {
    let mut state = populated(120, 40);
    press(&mut state, "xx");
    assert_eq!(About::on_screen(&state).unwrap().hidden_words(), None);
    press(&mut state, "/nonesuch");
    let about = About::on_screen(&state).unwrap();
    assert_eq!(about.title(), "2 marked tasks");
    assert_eq!(about.hidden_words().unwrap(), "all marked rows are hidden by the filter, and meant all the same");
    let about = |all, hidden| About { what: What::Tasks(vec![]), marks: Marks { all, hidden } }.hidden_words();
    assert_eq!(about(1, 1).unwrap(), "the marked row is hidden by the filter, and meant all the same");
    assert!(about(12, 2).unwrap().starts_with("2 of the 12 marked rows are hidden"));
    assert!(about(12, 1).unwrap().starts_with("1 of the 12 marked rows is hidden"));
}

#[test]
fn tables_are_reloaded_and_validated_by_name_in_batches_of_ten() {
    let mut state = populated(120, 40);
    press(&mut state, "/customers");
    keys(&mut state, &[KeyCode::Enter, KeyCode::Enter]);
    let arn = state.opened.clone().unwrap();
    update(&mut state, observed(Subject::Tables(arn.clone()), Value::Tables(tables()), 11, 15), now());
    press(&mut state, "/part_");
    keys(&mut state, &[KeyCode::Enter]);
    let (title, lines) = menu(&mut state, "");
    assert_eq!((title.as_str(), lines.len()), ("customers-full-load-and-cdc-eu", 7));
    assert_eq!(lines[..2], ["validate again: sales.part_000 again", "reload tables: sales.part_000 again"]);
    assert_eq!(menu(&mut state, "xxx").1[1], "reload tables: 3 marked tables again");
    let twelve = menu(&mut state, "xxxxxxxxx").1;
    assert_eq!(twelve[1], "reload tables: 12 marked tables, in batches of ten");
    let about = About::on_screen(&state).unwrap();
    let choices = about.choices(&state);
    for (choice, how) in choices.iter().zip([ReloadHow::Validation, ReloadHow::Data]) {
        let [Change::Task { task, verb: Verb::ReloadTables { tables, how: meant } }] = &about.changes(choice, None)[..]
        else {
            panic!("{choice:?}")
        };
        assert_eq!((&task.arn, tables.len(), *meant), (&arn, 12, how));
        assert_eq!((tables[0].schema.raw(), tables[0].table.raw()), ("sales", "part_000"));
    }
}

#[test]
fn tables_are_validated_again_only_where_validation_is_on() {
    let mut state = populated(120, 40);
    press(&mut state, "/customers");
    keys(&mut state, &[KeyCode::Enter, KeyCode::Enter]);
    let arn = state.opened.clone().unwrap();
    let mut rows = tables();
    rows.retain(|row| row.validation == Some(ValidationState::NotEnabled));
    assert_eq!(rows.len(), 1);
    update(&mut state, observed(Subject::Tables(arn.clone()), Value::Tables(rows), 11, 15), now());
    for (settings, want) in [
        (None, "— DMS says \"not enabled\" of the validation here"),
        (
            Some(r#"{"ValidationSettings":{"EnableValidation":false}}"#),
            "— validation is off in the settings of the task",
        ),
        (Some(r#"{"ValidationSettings":{"EnableValidation":true}}"#), "public.audit_log again"),
    ] {
        let task = state.world.tasks.iter_mut().find(|task| task.arn == arn).unwrap();
        task.settings = settings.map(str::to_owned);
        let (_, lines) = menu(&mut state, "");
        assert!(lines[0].contains(want), "{settings:?}: {}", lines[0]);
    }
}

#[test]
fn rules_and_schedules_are_switched_and_why_not_is_said() {
    let lines = |filter: &str| {
        let mut state = populated(120, 40);
        press(&mut state, &format!("S/{filter}"));
        keys(&mut state, &[KeyCode::Enter]);
        menu(&mut state, "")
    };
    for (name, title, want) in [
        (
            "staging-refresh-weekly",
            "schedule:migrations/staging-refresh-weekly",
            ["disable: fires no more until it is enabled again", "enable: — it is enabled already"],
        ),
        (
            "billing-cutover-stop",
            "schedule:migrations/billing-cutover-stop",
            ["disable: — it is disabled already", "enable: fires again at its times"],
        ),
        (
            "AutoScalingManagedRule",
            "rule:shop-events/AutoScalingManagedRule",
            [
                "disable: — it is managed by autoscaling.amazonaws.com, and only that service may switch it",
                "enable: — it is enabled already",
            ],
        ),
    ] {
        assert_eq!(lines(name), (title.to_owned(), want.map(str::to_owned).to_vec()), "{name}");
    }
    let mut state = populated(120, 40);
    let (title, lines) = menu(&mut state, "Sxxxx");
    assert_eq!((title.as_str(), lines.len()), ("4 marked schedules", 2));
    keys(&mut state, &[KeyCode::Tab]);
    assert_eq!(About::on_screen(&state).unwrap().title(), "4 marked schedules");
}

#[test]
fn where_nothing_can_be_done_it_is_said_why() {
    for (pressed, want) in [("E", "not about one task"), ("L", "not about one task"), ("!", "not about one task")] {
        let mut state = populated(120, 40);
        press(&mut state, pressed);
        assert!(About::on_screen(&state).unwrap_err().contains(want), "{pressed}");
    }
    let mut state = populated(120, 40);
    press(&mut state, "S");
    keys(&mut state, &[KeyCode::Tab, KeyCode::Tab]);
    assert!(About::on_screen(&state).unwrap_err().contains("only looked at"));
    let mut state = populated(120, 40);
    update(&mut state, observed(Subject::Tasks, Value::Tasks(vec![]), 0, 15), now());
    assert!(About::on_screen(&state).unwrap_err().contains("no task under the cursor"));
}

#[test]
fn every_line_has_an_action_of_its_own_and_a_key_in_the_menu() {
    for (deed, action) in Deed::ALL {
        assert_eq!((Deed::of(action), deed.action()), (Some(deed), action));
        let row = crate::console::actions::TABLE.iter().find(|row| row.id == action).unwrap();
        assert_eq!(row.contexts, [Context::Operate]);
    }
    for deed in OF_A_TASK.iter().chain(&OF_TABLES).chain(&OF_TASKS).chain(&OF_SCHEDULES) {
        assert!(Deed::ALL.iter().any(|(one, _)| one == deed), "{deed:?}");
    }
    for deed in OF_TASKS {
        assert!(matches!(deed, Deed::Verb(kind) if kind.for_several()), "{deed:?}");
    }
}
