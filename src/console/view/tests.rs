//! Whole screens, read by a person, and what must hold on every one of them.

use super::draw;
use crate::console::actions::{ActionId, Keymap, Rebinding, TABLE, parse_key};
use crate::console::fixtures::*;
use crate::console::message::{Area, KeyCode, Message, Outcome};
use crate::console::state::{Setup, State};
use crate::console::theme::{Look, Theme};
use crate::console::update::update;
use crate::model::{ProblemKind, Subject, Value};
use insta::assert_snapshot;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn buffer(state: &State) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, state.area.width, state.area.height));
    draw(state, Theme::new(state.setup.ascii, state.setup.look), &mut buffer);
    buffer
}

/// The characters on screen, line by line; a wide character takes its two cells.
fn text(state: &State) -> String {
    let buffer = buffer(state);
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut skip = 0;
        for x in 0..buffer.area.width {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            skip = crate::console::text::width(symbol).saturating_sub(1);
            out.push_str(symbol);
        }
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
    }
    out
}

fn empty_state() -> State {
    State::new(setup(), Area { width: 120, height: 40 }, before(30))
}

fn told(messages: Vec<Message>) -> State {
    let mut state = empty_state();
    for message in messages {
        update(&mut state, message, now());
    }
    state
}

#[test]
fn signing_in() {
    assert_snapshot!(text(&empty_state()));
}

#[test]
fn loading() {
    assert_snapshot!(text(&told(vec![connected()])));
}

#[test]
fn no_tasks() {
    assert_snapshot!(text(&told(vec![connected(), observed(Subject::Tasks, Value::Tasks(vec![]), 3, 15)])));
}

#[test]
fn an_error_before_any_data() {
    let summary = "dms:DescribeReplicationTasks in eu-west-1: throttled";
    assert_snapshot!(text(&told(vec![connected(), failed(Subject::Tasks, ProblemKind::Throttled, summary, 18)])));
}

#[test]
fn populated_at_120x40() {
    assert_snapshot!(text(&populated(120, 40)));
}

#[test]
fn populated_at_80x24() {
    assert_snapshot!(text(&populated(80, 24)));
}

#[test]
fn populated_at_200x50() {
    assert_snapshot!(text(&populated(200, 50)));
}

#[test]
fn populated_at_60x15() {
    assert_snapshot!(text(&populated(60, 15)));
}

#[test]
fn an_error_keeps_the_last_good_data() {
    let mut state = populated(120, 40);
    let summary = "dms:DescribeReplicationTasks in eu-west-1: throttled";
    update(&mut state, failed(Subject::Tasks, ProblemKind::Throttled, summary, 40), after(22));
    assert_snapshot!(text(&state));
}

#[test]
fn expired_credentials() {
    let mut state = populated(120, 40);
    let summary = "sts:GetCallerIdentity in eu-west-1: the security token has expired";
    let mut problem = problem(ProblemKind::ExpiredCredentials, summary);
    problem.hint = "sign in again (aws sso login --profile migration); it is noticed by itself".into();
    update(&mut state, Message::ConnectFailed(problem), after(100));
    update(&mut state, Message::Tick, after(400));
    assert_snapshot!(text(&state));
}

#[test]
fn a_filter_that_is_being_typed() {
    let mut state = populated(120, 40);
    press(&mut state, "/cdc !status:stopped");
    assert_snapshot!(text(&state));
}

#[test]
fn a_filter_that_matches_nothing() {
    let mut state = populated(120, 40);
    press(&mut state, "/nonesuch");
    keys(&mut state, &[KeyCode::Enter]);
    assert_snapshot!(text(&state));
}

#[test]
fn help() {
    let mut state = populated(120, 40);
    press(&mut state, "?");
    assert_snapshot!(text(&state));
}

#[test]
fn help_at_80x24_scrolled_to_its_end() {
    let mut state = populated(80, 24);
    press(&mut state, "?G");
    assert_snapshot!(text(&state));
}

#[test]
fn palette() {
    let mut state = populated(120, 40);
    press(&mut state, ":sort");
    assert_snapshot!(text(&state));
}

#[test]
fn problems() {
    let mut state = populated(120, 40);
    let metrics = "cloudwatch:GetMetricData in eu-west-1: no answer within 10 s";
    let tasks = "dms:DescribeReplicationTasks in eu-west-1: throttled";
    for second in [1, 16, 31] {
        update(&mut state, failed(Subject::Metrics, ProblemKind::Timeout, metrics, 90), after(second));
    }
    update(&mut state, failed(Subject::Tasks, ProblemKind::Throttled, tasks, 50), after(40));
    update(&mut state, observed(Subject::Tasks, Value::Tasks(tasks_of_now()), -45, 15), after(46));
    let mut other = scope();
    other.account.0 = "999999999999".into();
    update(&mut state, observed_in(other, Subject::Tasks, Value::Tasks(vec![]), 0, 15), after(47));
    update(&mut state, Message::TerminalSlow, after(48));
    press(&mut state, "!jj");
    assert_snapshot!(text(&state));
}

fn tasks_of_now() -> Vec<crate::model::task::Task> {
    tasks()
}

#[test]
fn no_problems() {
    let mut state = populated(80, 24);
    press(&mut state, "!");
    assert_snapshot!(text(&state));
}

#[test]
fn tables_at_120x40() {
    assert_snapshot!(text(&opened(120, 40)));
}

#[test]
fn tables_at_80x24() {
    assert_snapshot!(text(&opened(80, 24)));
}

#[test]
fn tables_at_200x50() {
    assert_snapshot!(text(&opened(200, 50)));
}

#[test]
fn tables_loading() {
    let mut state = populated(120, 40);
    keys(&mut state, &[KeyCode::Enter]);
    assert_snapshot!(text(&state));
}

#[test]
fn tables_empty() {
    let mut state = populated(120, 40);
    press(&mut state, "/pricing");
    keys(&mut state, &[KeyCode::Enter, KeyCode::Enter]);
    update(&mut state, observed(Subject::Tables(arn("PRICINGXNEXT")), Value::Tables(vec![]), 2, 15), now());
    assert_snapshot!(text(&state));
}

#[test]
fn too_small() {
    assert_snapshot!(text(&populated(20, 5)));
}

#[test]
fn monochrome_with_its_styles() {
    let state = populated_with(Setup { look: Look::Monochrome, ..setup() }, 100, 22);
    let buffer = buffer(&state);
    assert!(buffer.content.iter().all(|cell| cell.fg == ratatui::style::Color::Reset && cell.bg == cell.fg));
    insta::assert_debug_snapshot!(buffer);
}

#[test]
fn ascii_only() {
    let mut state = populated_with(Setup { ascii: true, ..setup() }, 120, 40);
    let screen = text(&state);
    assert!(screen.is_ascii());
    assert_snapshot!(screen);
    for step in ["?", "?", ":", "sort"] {
        press(&mut state, step);
        assert!(text(&state).is_ascii());
    }
}

mod activity;
mod alerts;
mod budgets;
mod charts;
mod confirm;
mod databases;
mod definition;
mod drain;
mod lists;
mod logs;
mod operate;
mod properties;
mod refreshes;
mod validations;

#[test]
fn a_file_that_is_being_named() {
    let mut state = populated(80, 24);
    press(&mut state, "w");
    assert_snapshot!(text(&state).lines().last().unwrap());
    let written = Message::Written { id: 1, outcome: Outcome::Taken };
    keys(&mut state, &[KeyCode::Enter]);
    assert_snapshot!("a_file_that_is_being_written", text(&state).lines().last().unwrap());
    update(&mut state, written, now());
    assert_snapshot!("a_file_that_is_already_there", text(&state).lines().last().unwrap());
}

#[test]
fn what_was_copied_is_said_in_the_footer() {
    let mut state = populated(80, 24);
    press(&mut state, "y");
    assert_snapshot!(text(&state).lines().last().unwrap());
}

#[test]
fn looks_differ_in_style_and_never_in_what_stands_there() {
    let looks = [Look::ColourBlind { wide: false }, Look::ColourBlind { wide: true }, Look::Monochrome];
    let shown = |look| {
        let mut state = populated_with(Setup { look, ..setup() }, 120, 40);
        update(&mut state, failed(Subject::Tasks, ProblemKind::Throttled, "throttled", 9), now());
        (text(&state), buffer(&state))
    };
    let (want, default) = shown(Look::Sixteen);
    // What a look tells by colour stands there as a sign or a word as well.
    for sign in ["▌", "●", "▲", "✗", "?", "PROD", "READ-ONLY"] {
        assert!(want.contains(sign), "{sign}");
    }
    for look in looks {
        let (text, drawn) = shown(look);
        assert_eq!(text, want, "{look:?}");
        assert_ne!(drawn, default, "{look:?}");
    }
}

#[test]
fn keys_of_ones_own_are_what_every_sentence_names() {
    let keys = [parse_key("F5").unwrap(), parse_key("B").unwrap()];
    let action = |id| TABLE.iter().find(|action| action.id == id).unwrap();
    let lines = [(ActionId::AskNow, 0), (ActionId::Back, 1)];
    let lines = lines.map(|(id, at)| Rebinding { action: action(id), context: None, keys: &keys[at..=at] });
    let (map, refused) = Keymap::merged(&lines);
    assert_eq!(refused, []);
    let mut state = State::new(Setup { keys: map, ..setup() }, Area { width: 120, height: 40 }, now());
    for message in [connected(), failed(Subject::Tasks, ProblemKind::Throttled, "throttled", 18)] {
        update(&mut state, message, now());
    }
    let failed = text(&state);
    assert!(
        failed.contains("F5 asks now") && failed.contains("F5 ask now") && !failed.contains("r asks now"),
        "{failed}"
    );
    update(&mut state, observed(Subject::Tasks, Value::Tasks(tasks()), 0, 15), now());
    press(&mut state, "/zzz");
    assert!(text(&state).contains("B shows all again"), "{}", text(&state));
}
