//! What `y`, `Y` and `w` ask for and say.

use crate::console::fixtures::*;
use crate::console::message::{Area, Effect, KeyCode, Message, Outcome};
use crate::console::state::notice::Done;
use crate::console::state::{Overlay, Setup, State};
use crate::console::update::update;
use crate::model::{ProblemKind, Subject, Value};

const ENTER: KeyCode = KeyCode::Enter;

fn asked(state: &mut State, code: KeyCode) -> Vec<Effect> {
    let effects = update(state, key(code), state.now);
    effects.into_iter().filter(|effect| !matches!(effect, Effect::Look(_))).collect()
}

fn copied(state: &mut State, c: char) -> String {
    match asked(state, KeyCode::Char(c)).as_slice() {
        [Effect::Copy(text)] => text.clone(),
        other => panic!("{other:?}: {:?}", state.notice),
    }
}

fn file(state: &State) -> (&str, Option<&str>) {
    match &state.overlay {
        Some(Overlay::FileName(field)) => (&field.name, field.says.as_deref()),
        other => panic!("{other:?}"),
    }
}

fn write(state: &mut State) -> (u64, String, String) {
    match asked(state, ENTER).as_slice() {
        [Effect::Write { id, path, text }] => (*id, path.clone(), text.clone()),
        other => panic!("{other:?}: {:?}", file(state)),
    }
}

fn answer(state: &mut State, id: u64, outcome: Outcome) {
    let now = state.now;
    update(state, Message::Written { id, outcome }, now);
}

#[test]
fn what_is_under_the_cursor_is_copied_as_one_needs_it() {
    let mut state = populated(120, 40);
    let arn = state.tasks.list.key().unwrap().as_str().to_owned();
    assert_eq!(copied(&mut state, 'y'), arn);
    assert_eq!(
        state.notice.as_ref().unwrap().text,
        format!("sent {} bytes to the terminal's clipboard: {arn}", arn.len())
    );
    let problem = failed(Subject::Tasks, ProblemKind::Throttled, "dms: throttled", 9);
    update(&mut state, problem, now());
    keys(&mut state, &[KeyCode::Char('!')]);
    let text = copied(&mut state, 'y');
    assert!(text.starts_with("dms: throttled\nRate exceeded") && text.contains("request id"), "{text}");
}

#[test]
fn an_event_is_copied_as_a_line_and_a_schedule_by_its_arn() {
    let mut state = populated(120, 40);
    update(&mut state, observed(Subject::Events, Value::Events(lists::events()), 0, 15), now());
    update(&mut state, observed(Subject::Schedules, Value::Schedules(lists::schedules()), 0, 15), now());
    press(&mut state, "E");
    let event = copied(&mut state, 'y');
    assert!(event.starts_with("2026-11-2") && event.contains(": ") && !event.contains('\n'), "{event}");
    press(&mut state, "S");
    let arn = copied(&mut state, 'y');
    assert!(arn.starts_with("arn:aws:"), "{arn}");
}

#[test]
fn a_table_is_copied_by_its_name_without_what_could_drive_a_terminal() {
    let mut state = populated(120, 40);
    keys(&mut state, &[ENTER]);
    let arn = state.opened.clone().unwrap();
    let mut row = tables().remove(0);
    (row.schema, row.table) = ("a\u{1b}]52;c;ZXZpbA==\u{7}".into(), "b\nrm -rf".into());
    update(&mut state, observed(Subject::Tables(arn), Value::Tables(vec![row]), 0, 15), now());
    assert_eq!(copied(&mut state, 'y'), "a]52;c;ZXZpbA==.b rm -rf");
}

#[test]
fn the_whole_pane_is_copied_as_text_with_only_the_rows_that_pass_the_filter() {
    let mut state = populated(120, 40);
    press(&mut state, "/billing");
    keys(&mut state, &[ENTER]);
    let text = copied(&mut state, 'Y');
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("NAME") && lines[1].starts_with("billing-cdc"), "{text}");
}

#[test]
fn more_than_a_terminal_takes_is_cut_and_said() {
    let mut state = populated(120, 40);
    keys(&mut state, &[ENTER]);
    let arn = state.opened.clone().unwrap();
    let row = tables().remove(0);
    let rows = (0..2_000).map(|n| crate::model::table::TableRow { table: format!("é{n}").into(), ..row.clone() });
    update(&mut state, observed(Subject::Tables(arn), Value::Tables(rows.collect()), 0, 15), now());
    let text = copied(&mut state, 'Y');
    assert!(text.len() <= super::COPY_MAX && text.len() > super::COPY_MAX - 4, "{}", text.len());
    let notice = state.notice.unwrap();
    assert_eq!(notice.done, Done::Partly);
    assert!(notice.text.contains("more the terminal does not take"), "{}", notice.text);
}

#[test]
fn nothing_goes_to_the_clipboard_where_there_is_nothing_or_it_is_switched_off() {
    let empty = State::new(setup(), Area { width: 120, height: 40 }, now());
    let off = populated_with(Setup { copies: false, ..setup() }, 120, 40);
    for (mut state, want) in
        [(Box::new(empty), "there is nothing to copy here"), (Box::new(off), "copying is switched off")]
    {
        for c in ['y', 'Y'] {
            assert_eq!(asked(&mut state, KeyCode::Char(c)), []);
            let notice = state.notice.clone().unwrap();
            assert_eq!(notice.done, Done::Not);
            assert!(notice.text.contains(want), "{}", notice.text);
        }
    }
}

#[test]
fn a_notice_goes_by_itself_or_with_the_next_key() {
    let mut state = populated(120, 40);
    copied(&mut state, 'y');
    let until = state.notice.as_ref().unwrap().until;
    state.setup.clock = false;
    assert!(state.next_deadline(state.now).is_some_and(|at| at <= until));
    update(&mut state, Message::Tick, until);
    assert_eq!(state.notice, None);
    copied(&mut state, 'y');
    keys(&mut state, &[KeyCode::Down]);
    assert_eq!(state.notice, None);
}

#[test]
fn a_pane_is_written_under_the_proposed_name_in_the_format_of_its_end() {
    for (end, begins) in [("csv", "name,arn,resource_id,type,"), ("json", "[\n{\"name\":\""), ("txt", "NAME ")] {
        let mut state = populated(120, 40);
        press(&mut state, "w");
        assert_eq!(file(&state), ("tasks-20261122T140322Z.csv", None));
        keys(&mut state, &[KeyCode::Backspace; 3]);
        press(&mut state, end);
        let (id, path, text) = write(&mut state);
        assert_eq!(path, format!("tasks-20261122T140322Z.{end}"));
        assert!(text.starts_with(begins), "{text}");
        let rows = if end == "json" { text.matches("\"name\"").count() } else { text.lines().count() - 1 };
        assert_eq!(rows, 14, "{text}");
        assert_eq!(asked(&mut state, ENTER), [], "it is under way");
        answer(&mut state, id, Outcome::Written { path: format!("/home/x/{path}"), bytes: text.len() });
        assert_eq!(state.overlay, None);
        let notice = state.notice.unwrap().text;
        assert!(notice.contains("bytes: /home/x/tasks-20261122T140322Z"), "{notice}");
    }
}

#[test]
fn of_a_long_path_the_end_is_shown() {
    let mut state = populated(80, 24);
    press(&mut state, "w");
    let (id, path, text) = write(&mut state);
    let path = format!("/home/operator/{}/{path}", "migration/".repeat(9));
    answer(&mut state, id, Outcome::Written { path, bytes: text.len() });
    let notice = state.notice.unwrap().text;
    assert!(notice.contains("bytes: …") && notice.ends_with("/tasks-20261122T140322Z.csv"), "{notice}");
    assert!(crate::console::text::width(&notice) <= 76, "{notice}");
}

#[test]
fn a_csv_file_is_as_the_standard_has_it_and_runs_nothing_in_a_spreadsheet() {
    let mut state = populated(120, 40);
    let mut tasks = tasks();
    tasks.truncate(1);
    tasks[0].name = crate::model::TaskName::new("=cmd|' /C calc'!A0,\"x\"");
    update(&mut state, observed(Subject::Tasks, Value::Tasks(tasks), 0, 15), now());
    press(&mut state, "w");
    let (_, _, text) = write(&mut state);
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines.len(), 3, "{text:?}");
    assert!(lines[1].starts_with("\"'=cmd|' /C calc'!A0,\"\"x\"\"\","), "{text:?}");
}

#[test]
fn what_cannot_be_written_keeps_the_field_open_and_says_what_to_do() {
    let mut state = populated(120, 40);
    press(&mut state, "w");
    let (id, ..) = write(&mut state);
    answer(&mut state, id, Outcome::Taken);
    assert_eq!(file(&state), ("tasks-20261122T140322Z-2.csv", Some("already there and kept: take this name?")));
    let (again, ..) = write(&mut state);
    assert_ne!(again, id);
    answer(&mut state, id, Outcome::Written { path: "/late".into(), bytes: 1 });
    assert!(matches!(state.overlay, Some(Overlay::FileName(_))), "the answer to another writing does not close it");
    answer(&mut state, again, Outcome::Failed("there is no folder /x".into()));
    assert_eq!(file(&state).1, Some("there is no folder /x"));
    keys(&mut state, &[KeyCode::Backspace]);
    assert_eq!(file(&state), ("tasks-20261122T140322Z-2.cs", None));
    assert_eq!(asked(&mut state, ENTER), []);
    assert_eq!(file(&state).1, Some("a name that ends in .csv, .json or .txt, please"));
    keys(&mut state, &[KeyCode::Esc]);
    assert_eq!(state.overlay, None);
}

#[test]
fn an_answer_that_comes_after_the_field_was_closed_is_told_all_the_same() {
    for (outcome, want) in [
        (Outcome::Written { path: "/home/a.csv".into(), bytes: 1_234 }, "wrote 1,234 bytes: /home/a.csv"),
        (Outcome::Taken, "not written: a file of that name is already there"),
        (Outcome::Failed("no room left in /x".into()), "not written: no room left in /x"),
    ] {
        let mut state = populated(120, 40);
        press(&mut state, "w");
        let (id, ..) = write(&mut state);
        keys(&mut state, &[KeyCode::Esc]);
        answer(&mut state, id, outcome);
        assert_eq!(state.notice.unwrap().text, want);
    }
}

#[test]
fn every_file_of_every_screen_is_as_long_as_its_columns() {
    let mut problems = populated(120, 40);
    update(&mut problems, failed(Subject::Metrics, ProblemKind::Timeout, "x", 9), now());
    press(&mut problems, "!");
    let mut happened = populated(120, 40);
    update(&mut happened, observed(Subject::Events, Value::Events(lists::events()), 0, 15), now());
    press(&mut happened, "E");
    let mut planned = populated(120, 40);
    update(&mut planned, observed(Subject::Schedules, Value::Schedules(lists::schedules()), 0, 15), now());
    press(&mut planned, "S");
    let charts = charts::charted("billing-cdc", 120, 40);
    let check = |state: &State| {
        let export = state.page().export(state).unwrap();
        assert!(!export.list.rows.is_empty(), "{}", export.name);
        assert!(export.list.rows.iter().all(|row| row.len() == export.list.columns.len()), "{}", export.name);
    };
    check(&populated(120, 40));
    check(&opened(120, 40));
    check(&problems);
    check(&happened);
    check(&planned);
    check(&charts);
}
