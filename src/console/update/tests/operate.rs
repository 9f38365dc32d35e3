//! Marks and the menu: what keys do, and that nothing is asked of AWS before a line is chosen.

use super::*;
use crate::console::state::Setup;
use crate::console::state::list::Marks;
use crate::console::state::operate::form::Origin;
use crate::console::state::operate::{Harm, Operate};
use crate::console::state::{Mode, Overlay};
use crate::model::change::{Change, Meant, StartFrom, Switch, Verb};
use crate::model::task::Task;

fn operating() -> State {
    populated_with(Setup { mode: Mode::Operate, ..setup() }, 120, 40)
}

/// On the row of this task.
fn on(state: &mut State, name: &str) {
    press(state, &format!("/{name}"));
    keys(state, &[ENTER]);
}

fn menu(state: &State) -> &Operate {
    match &state.overlay {
        Some(Overlay::Operate(menu)) => menu,
        other => panic!("no menu but {other:?}"),
    }
}

/// Presses these and keeps the changes that were asked about.
fn drafted(state: &mut State, codes: &[KeyCode]) -> Vec<Change> {
    let effects: Vec<Effect> = codes.iter().flat_map(|code| asked(state, *code)).collect();
    let drafts = effects.into_iter().map(|effect| match effect {
        Effect::Draft { changes, .. } => changes,
        other => panic!("{other:?}"),
    });
    drafts.flatten().collect()
}

fn meant(name: &str) -> Meant {
    let task = tasks().into_iter().find(|task| task.name.raw() == name).unwrap();
    Meant { arn: task.arn, name: task.name }
}

fn marks(state: &State) -> Marks {
    state.page().marks(state)
}

#[test]
fn marks_are_set_on_the_lists_of_things_that_can_be_operated() {
    for (screen, leave) in [("", "!"), ("D", "A"), ("S", "E"), ("\r", "e")] {
        let mut state = operating();
        for c in screen.chars() {
            keys(&mut state, &[if c == '\r' { ENTER } else { char(c) }]);
        }
        if let Some(arn) = state.opened.clone() {
            update(&mut state, observed(Subject::Tables(arn), Value::Tables(tables()), 11, 15), now());
        }
        press(&mut state, "xx");
        assert_eq!(marks(&state), Marks { all: 2, hidden: 0 }, "{screen:?}");
        press(&mut state, "X");
        assert_eq!(marks(&state).all, 0, "{screen:?}");
        press(&mut state, "x");
        let here = state.screen();
        press(&mut state, leave);
        assert_ne!(state.screen(), here);
        assert_eq!(here.page().marks(&state).all, 0, "{screen:?}: they go with the screen");
    }
}

#[test]
fn esc_takes_the_marks_away_before_the_filter_and_the_filter_before_the_screen() {
    let mut state = operating();
    keys(&mut state, &[char('D')]);
    on(&mut state, "cdc");
    press(&mut state, "x");
    keys(&mut state, &[ESC]);
    assert_eq!((marks(&state).all, state.filter()), (0, "cdc"));
    keys(&mut state, &[ESC]);
    assert_eq!((state.screen(), state.filter()), (Screen::Drain, ""));
    keys(&mut state, &[ESC]);
    assert_eq!(state.screen(), Screen::Tasks);
}

#[test]
fn marks_survive_a_refresh_a_filter_and_the_menu_and_go_with_their_task() {
    let mut state = operating();
    on(&mut state, "crm-cdc");
    press(&mut state, "x");
    press(&mut state, "/ledger");
    keys(&mut state, &[ENTER]);
    assert_eq!(marks(&state), Marks { all: 1, hidden: 1 });
    press(&mut state, "O");
    keys(&mut state, &[ESC]);
    update(&mut state, observed(Subject::Tasks, Value::Tasks(tasks()), 0, 15), now());
    assert_eq!(marks(&state), Marks { all: 1, hidden: 1 });
    let others: Vec<Task> = tasks().into_iter().filter(|task| task.name.raw() != "crm-cdc").collect();
    update(&mut state, observed(Subject::Tasks, Value::Tasks(others), 0, 15), now());
    assert_eq!(marks(&state).all, 0);
}

#[test]
fn in_schedules_rows_are_marked_on_the_list_only() {
    let mut state = operating();
    press(&mut state, "S");
    keys(&mut state, &[KeyCode::Tab]);
    press(&mut state, "x");
    assert_eq!(marks(&state).all, 0);
    assert!(state.notice.as_ref().unwrap().text.contains("marked on the list"));
}

#[test]
fn a_line_is_chosen_by_enter_or_its_letter_and_by_no_other_key() {
    let mut state = operating();
    on(&mut state, "billing-cdc");
    keys(&mut state, &[char('O')]);
    let quiet = [' ', 'j', 'k', 'x', 'X', 'h', 'l', 'y', 'r', 'n', 'O', '/', ':', '!'];
    for code in quiet.map(char).into_iter().chain([KeyCode::Up, KeyCode::Down, KeyCode::Tab, KeyCode::Right]) {
        assert_eq!(asked(&mut state, code), [], "{code:?}");
        assert!(!menu(&state).told, "{code:?}");
    }
    update(&mut state, Message::Paste("s\r".into()), now());
    assert!(matches!(state.overlay, Some(Overlay::Operate(_))), "pasted text never acts");
    let stop = vec![Change::Task { task: meant("billing-cdc"), verb: Verb::Stop }];
    assert_eq!(drafted(&mut state, &[char('s')]), stop);
    assert!(matches!(state.overlay, Some(Overlay::Confirm(_))));

    let mut state = operating();
    on(&mut state, "billing-cdc");
    assert_eq!(drafted(&mut state, &[char('O'), ENTER]), stop, "the first line that can be chosen");
    let mut state = operating();
    on(&mut state, "billing-cdc");
    assert_eq!(drafted(&mut state, &[char('O'), ESC, char('O'), char('q')]), []);
    assert_eq!(state.overlay, None);
}

#[test]
fn what_cannot_be_done_tells_why_and_asks_nothing() {
    let mut state = operating();
    on(&mut state, "billing-cdc");
    assert_eq!(drafted(&mut state, &[char('O'), char('u')]), []);
    assert!(menu(&state).told && menu(&state).cursor == 1);
    assert_eq!(drafted(&mut state, &[KeyCode::Down]), []);
    assert!(!menu(&state).told, "another line, another answer");
    assert_eq!(drafted(&mut state, &[ENTER]), []);
    assert!(menu(&state).told);
}

#[test]
fn in_read_only_the_menu_opens_and_no_key_asks_anything() {
    let mut state = populated(120, 40);
    on(&mut state, "crm-cdc");
    keys(&mut state, &[char('O')]);
    for code in ['s', 'u', 'a', 'c', 'R', 't', 'v', 'e', 'd'].map(char).into_iter().chain([ENTER]) {
        assert_eq!(asked(&mut state, code), [], "{code:?}");
        assert_eq!(menu(&state).form, None, "{code:?}");
    }
    assert!(menu(&state).told);
    keys(&mut state, &[ESC]);
    press(&mut state, ":resume");
    assert_eq!(asked(&mut state, ENTER), []);
    assert!(menu(&state).told);
}

#[test]
fn of_marked_tasks_those_that_can_be_are_asked_about() {
    let mut state = operating();
    on(&mut state, "c");
    press(&mut state, "xxxxxxxxxxxxxx");
    let all = marks(&state).all;
    let changes = drafted(&mut state, &[char('O'), char('u')]);
    assert!((2..all).contains(&changes.len()), "{changes:?}");
    for change in &changes {
        let Change::Task { task, verb: Verb::Resume { until: None } } = change else { panic!("{change:?}") };
        let status = state.world.task(&task.arn).unwrap().status.clone();
        assert!(matches!(status, TaskStatus::Stopped | TaskStatus::Failed), "{status:?}");
    }
    assert_eq!(marks(&state).all, all, "the marks stay while it is asked");
}

#[test]
fn what_is_left_out_by_the_menu_stands_in_the_question_and_marks_go_when_all_went_well() {
    use crate::console::fixtures::changes::{draft, outcome};
    use crate::model::audit::State as End;
    for (end, kept) in [(End::Done, false), (End::Failed, true)] {
        let mut state = operating();
        on(&mut state, "c");
        press(&mut state, "xxxxxxxxxxxxxx");
        let all = marks(&state).all;
        let changes = drafted(&mut state, &[char('O'), char('s')]);
        let id = state.questions;
        let Some(Overlay::Confirm(confirm)) = &state.overlay else { panic!("{:?}", state.overlay) };
        assert_eq!(confirm.left.len(), all - changes.len());
        update(&mut state, Message::Looked { id, looked: 1 }, now());
        let drafts = changes.iter().map(|change| Ok(draft(change))).collect();
        update(&mut state, Message::Drafted { id, drafts }, now());
        update(&mut state, Message::Admitted { id }, now());
        press(&mut state, &format!("stop {}", changes.len()));
        keys(&mut state, &[ENTER]);
        for nth in 0..changes.len() {
            assert_eq!(marks(&state).all, all, "one of them has not ended");
            update(&mut state, Message::Ended { id, nth, outcome: Box::new(outcome(end, &["it"])) }, now());
        }
        assert_eq!(marks(&state).all > 0, kept, "{end:?}");
    }
}

#[test]
fn of_marked_tasks_none_is_resumed_that_may_destroy_rows() {
    let mut state = operating();
    on(&mut state, "archive-2019");
    press(&mut state, "O");
    let about = menu(&state).about.clone();
    let resume = about.choices(&state).into_iter().find(|one| one.deed.label() == "resume").unwrap();
    assert_eq!((resume.can(), about.harm(&state, resume.deed)), (1, Harm::May), "alone it can be, with a sign");
    assert_eq!(menu(&state).about.choices(&state)[menu(&state).cursor].deed.label(), "test connections");
    keys(&mut state, &[ESC]);
    press(&mut state, "/");
    keys(&mut state, &[ESC]);
    press(&mut state, "gxxxxxxxxxxxxxxxxxxxxxxx");
    for change in drafted(&mut state, &[char('O'), char('u')]) {
        let Change::Task { task, .. } = change else { panic!("{change:?}") };
        assert_ne!(task.name.raw(), "archive-2019");
    }
}

#[test]
fn a_verb_of_another_screen_is_found_by_name_and_says_where() {
    for (name, said) in [(":validate-t", "open the task"), (":reload-t", "open the task"), (":enable", "Schedules")] {
        for screen in ["", "A", "E"] {
            let mut state = operating();
            press(&mut state, screen);
            press(&mut state, name);
            assert_eq!(asked(&mut state, ENTER), []);
            assert!(state.notice.as_ref().unwrap().text.contains(said), "{name} on {screen:?}: {:?}", state.notice);
            assert!(state.overlay.is_none());
        }
    }
}

#[test]
fn every_verb_is_found_by_name_and_goes_the_same_way() {
    for (task, name, want) in [
        ("billing-cdc", ":stop", Some(Verb::Stop)),
        ("billing-cdc", ":test-conn", Some(Verb::TestConnections)),
        ("archive-2019", ":reload", Some(Verb::Reload { until: None })),
        ("archive-2019", ":resume", Some(Verb::Resume { until: None })),
        ("archive-2019", ":start", None),
    ] {
        let mut state = operating();
        on(&mut state, task);
        press(&mut state, name);
        let want: Vec<Change> = want.map(|verb| Change::Task { task: meant(task), verb }).into_iter().collect();
        assert_eq!(drafted(&mut state, &[ENTER]), want, "{name}");
    }
    let mut state = operating();
    press(&mut state, "S/staging-refresh-weekly");
    keys(&mut state, &[ENTER]);
    press(&mut state, ":disable");
    let changes = drafted(&mut state, &[ENTER]);
    assert!(
        matches!(&changes[..], [Change::Switch { what, to: Switch::Disable }] if what.name.raw() == "staging-refresh-weekly")
    );
    let mut state = operating();
    press(&mut state, "xxx:reload");
    assert_eq!(drafted(&mut state, &[ENTER]), []);
    assert!(state.notice.as_ref().unwrap().text.contains("one task at a time"));
    assert!(matches!(state.overlay, Some(Overlay::Operate(_))), "with what can be done instead");
}

#[test]
fn a_cdc_task_is_started_from_where_it_is_told_and_bad_input_loses_nothing() {
    let to_form_of = |ran: bool| {
        let mut state = operating();
        on(&mut state, "crm-cdc");
        if !ran {
            let task = state.world.tasks.iter_mut().find(|task| task.name.raw() == "crm-cdc").unwrap();
            task.stats.fresh_start = None;
        }
        assert_eq!(drafted(&mut state, &[char('O'), char('a')]), []);
        assert!(menu(&state).form.is_some());
        state
    };
    let to_form = || to_form_of(true);
    let started = |from, until: Option<&str>| {
        let until = until.map(|text| text.parse().unwrap());
        vec![Change::Task { task: meant("crm-cdc"), verb: Verb::Start { from, until } }]
    };
    // Now: chosen, never fallen into.
    let mut state = to_form_of(false);
    assert_eq!(drafted(&mut state, &[ENTER]), []);
    assert!(menu(&state).form.as_ref().unwrap().says.as_ref().unwrap().contains("the position is missing"));
    assert_eq!(drafted(&mut state, &[KeyCode::Up, KeyCode::Left, ENTER]), started(StartFrom::Now, None));
    // Of a task that ran it would be refused, and is not offered.
    let mut state = to_form();
    assert_eq!(drafted(&mut state, &[KeyCode::Left]), []);
    assert_eq!(menu(&state).form.as_ref().unwrap().from, Some(Origin::Time));
    // A position is pasted, an end typed, a mistake put right.
    let mut state = to_form();
    keys(&mut state, &[KeyCode::Tab]);
    let position = format!("checkpoint:V1#27#{}", "9".repeat(300));
    update(&mut state, Message::Paste(format!("{position}\n")), now());
    keys(&mut state, &[KeyCode::Down]);
    press(&mut state, "server_time:2026-11-22T18:00:0x");
    assert_eq!(drafted(&mut state, &[ENTER]), []);
    assert!(menu(&state).form.as_ref().unwrap().says.as_ref().unwrap().contains("that is no end"));
    keys(&mut state, &[KeyCode::Backspace]);
    press(&mut state, "0");
    let until = Some("server_time:2026-11-22T18:00:00");
    assert_eq!(drafted(&mut state, &[ENTER]), started(StartFrom::Position(position), until));
    // Esc goes back to the menu, then away.
    let mut state = to_form();
    keys(&mut state, &[ESC]);
    assert_eq!(menu(&state).form, None);
    keys(&mut state, &[ESC]);
    assert_eq!(state.overlay, None);
}

#[test]
fn a_task_that_began_to_run_while_the_form_was_open_is_not_asked_about() {
    let mut state = operating();
    on(&mut state, "crm-cdc");
    keys(&mut state, &[char('O'), char('u')]);
    let mut others = tasks();
    others.iter_mut().find(|task| task.name.raw() == "crm-cdc").unwrap().status = TaskStatus::Running;
    update(&mut state, observed(Subject::Tasks, Value::Tasks(others), 0, 15), now());
    assert_eq!(drafted(&mut state, &[ENTER]), []);
    assert!(menu(&state).told && menu(&state).form.is_none());
}

#[test]
fn where_there_is_nothing_to_operate_it_is_said() {
    for pressed in ["E", "L"] {
        let mut state = operating();
        press(&mut state, pressed);
        assert_eq!(asked(&mut state, char('O')), []);
        assert!(state.overlay.is_none() && state.notice.is_some(), "{pressed}");
    }
}

#[test]
fn another_account_takes_marks_and_menu_with_it() {
    let mut state = operating();
    press(&mut state, "xxO");
    let Message::Connected { mut scope, identity } = connected() else { panic!("a fixture") };
    scope.account = AccountId("999999999999".into());
    let identity = Identity { account: scope.account.clone(), ..identity };
    update(&mut state, Message::Connected { scope, identity }, now());
    assert_eq!((marks(&state).all, &state.overlay), (0, &None));
}
