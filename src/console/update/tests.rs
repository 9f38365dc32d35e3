//! What messages do to the state and which effects they ask for, as tables of cases.

mod activity;
mod alerts;
mod confirm;

use super::update;
use crate::console::fixtures::*;
use crate::console::message::{Area, Effect, Focus, Key, KeyCode, Message};
use crate::console::state::feed::Freshness;
use crate::console::state::{Connection, Filling, Overlay, Screen, State, Tab, tables, tasks};
use crate::model::health::Latency;
use crate::model::metric::{MetricName, Point, Series};
use crate::model::observation::TaskSeries;
use crate::model::parts::{ConnectionTest, Identity};
use crate::model::table::TableState;
use crate::model::task::{MigrationType, TaskStatus};
use crate::model::{AccountId, EndpointArn, ProblemKind, ReplicationArn, Subject, Value};

const ENTER: KeyCode = KeyCode::Enter;
const ESC: KeyCode = KeyCode::Esc;

fn char(c: char) -> KeyCode {
    KeyCode::Char(c)
}

/// Presses one key and keeps what it asked for, apart from `Look`.
fn asked(state: &mut State, code: KeyCode) -> Vec<Effect> {
    let effects = update(state, key(code), state.now);
    effects.into_iter().filter(|effect| !matches!(effect, Effect::Look(_))).collect()
}

fn leave() -> Vec<Effect> {
    vec![Effect::Leave { status: 0, problem: None }]
}

fn under_cursor(state: &State) -> String {
    match (state.screen(), &state.tables) {
        (Screen::Task(Tab::Tables), Some(tables)) => tables.row().unwrap().table.raw().to_owned(),
        _ => state.world.tasks[state.tasks.list.row().unwrap()].name.raw().to_owned(),
    }
}

#[test]
fn esc_and_the_next_key_are_two_keys_even_where_a_slow_line_joins_them() {
    let mut state = populated(120, 40);
    asked(&mut state, char('/'));
    asked(&mut state, char('x'));
    let joined = Message::Key(Key { code: char('!'), ctrl: false, alt: true });
    let now = state.now;
    update(&mut state, joined, now);
    assert_eq!((state.screen(), state.typing), (Screen::Problems, false));
}

#[test]
fn keys_lead_from_screen_to_screen_and_back() {
    let cases: &[(&[KeyCode], Screen, Vec<Effect>)] = &[
        (&[ENTER], Screen::Task(Tab::Tables), vec![]),
        (&[ENTER, ESC], Screen::Tasks, vec![]),
        (&[ENTER, char('q')], Screen::Tasks, vec![]),
        (&[ENTER, char('!')], Screen::Problems, vec![]),
        (&[ENTER, char('!'), ESC], Screen::Task(Tab::Tables), vec![]),
        (&[char('!'), char('q')], Screen::Tasks, vec![]),
        (&[ESC], Screen::Tasks, vec![]),
        (&[char('q')], Screen::Tasks, leave()),
        (&[char('/'), char('q')], Screen::Tasks, vec![]),
        (&[char('/'), char('q'), ENTER, char('q')], Screen::Tasks, leave()),
        (&[char('?'), char('q')], Screen::Tasks, vec![]),
        (&[char(':'), char('q'), ESC], Screen::Tasks, vec![]),
        (&[char(':'), char('p'), char('r'), char('o'), ENTER], Screen::Problems, vec![]),
        (&[char(':'), char('q'), char('u'), ENTER], Screen::Tasks, leave()),
    ];
    for (codes, screen, effects) in cases {
        let mut state = populated(120, 40);
        let (last, before) = codes.split_last().unwrap();
        keys(&mut state, before);
        assert_eq!(asked(&mut state, *last), *effects, "{codes:?}");
        assert_eq!(state.screen(), *screen, "{codes:?}");
        assert_eq!(state.overlay, None, "{codes:?}");
    }
}

#[test]
fn control_c_leaves_and_control_z_suspends_from_anywhere() {
    let places: &[&[KeyCode]] = &[&[], &[ENTER], &[char('!')], &[char('?')], &[char(':')], &[char('/'), char('x')]];
    for place in places {
        for (c, effect) in
            [('c', Effect::Leave { status: 0, problem: None }), ('z', Effect::Suspend), ('l', Effect::Repaint)]
        {
            let mut state = populated(120, 40);
            keys(&mut state, place);
            let control = Message::Key(Key { code: char(c), ctrl: true, alt: false });
            let effects = update(&mut state, control, now());
            assert_eq!(effects, [effect], "{place:?} Ctrl-{c}");
        }
    }
}

#[test]
fn a_filter_is_live_kept_by_enter_dropped_by_esc_and_survives_a_refresh() {
    let mut state = populated(120, 40);
    press(&mut state, "/CDC");
    assert_eq!(state.tasks.list.len(), 11);
    press(&mut state, " !type:load");
    assert_eq!(state.tasks.list.len(), 7);
    keys(&mut state, &[ENTER]);
    assert!(!state.typing);
    update(&mut state, observed(Subject::Tasks, Value::Tasks(tasks()), 0, 15), after(1));
    assert_eq!((state.tasks.list.len(), state.tasks.list.filter.text()), (7, "CDC !type:load"));
    keys(&mut state, &[ENTER, ESC]);
    assert_eq!(state.tasks.list.len(), 7, "back from Tables the filter still stands");
    keys(&mut state, &[ESC]);
    assert_eq!(state.tasks.list.len(), 14);
    press(&mut state, "/zzz");
    assert_eq!(state.filling(), Filling::NoMatch);
    keys(&mut state, &[KeyCode::Backspace, KeyCode::Backspace, KeyCode::Backspace]);
    assert_eq!((state.filling(), state.typing), (Filling::Rows, true));
    press(&mut state, "zzz");
    keys(&mut state, &[ESC]);
    assert_eq!((state.filling(), state.typing), (Filling::Rows, false));
}

#[test]
fn column_filters_know_what_each_cell_says() {
    for (filter, names) in [
        ("alert:critical", 5),
        ("alert:table-error", 2),
        ("status:finished", 1),
        ("status:stopped", 4),
        ("load:incomplete", 1),
        ("latency:no-data", 1),
        ("latency:unknown", 1),
        ("type:full-load-and-cdc", 4),
        ("tables:left rows:18400", 1),
        ("WAREHOUSEXINITIAL", 1),
    ] {
        let mut state = populated(120, 40);
        press(&mut state, "/");
        update(&mut state, Message::Paste(filter.to_owned()), now());
        assert_eq!(state.tasks.list.len(), names, "{filter}");
    }
}

#[test]
fn every_column_sorts_both_ways_with_the_unknown_worst() {
    use tasks::{ALERT, LATENCY, LOAD, ROWS, STATUS, TABLES, TASK, TYPE};
    for (column, first, last) in [
        (TASK, "archive-2019", "支払い-cdc"),
        (TYPE, "audit-cdc", "pricing-next"),
        (STATUS, "ledger-cdc", "staging-refresh"),
        (LOAD, "archive-2019", "支払い-cdc"),
        (LATENCY, "audit-cdc", "warehouse-initial"),
        (TABLES, "archive-2019", "支払い-cdc"),
        (ROWS, "audit-cdc", "staging-refresh"),
        (ALERT, "billing-cdc", "支払い-cdc"),
    ] {
        let mut state = populated(120, 40);
        while state.tasks.list.sort.column != column {
            press(&mut state, "<");
        }
        press(&mut state, "g");
        assert_eq!(under_cursor(&state), first, "{column}");
        press(&mut state, "G");
        assert_eq!(under_cursor(&state), last, "{column}");
        press(&mut state, "o");
        let list = &state.tasks.list;
        assert!(list.sort.reversed && list.len() == 14);
        update(&mut state, observed(Subject::Tasks, Value::Tasks(tasks()), 0, 15), after(1));
        assert_eq!(state.tasks.list.sort, tasks_sort(column, true), "the order survives a refresh");
    }
}

fn tasks_sort(column: usize, reversed: bool) -> crate::console::state::list::Sort {
    crate::console::state::list::Sort { column, reversed }
}

#[test]
fn tables_sort_by_any_column_and_what_is_not_told_is_worst() {
    use tables::{APPLIED, BACKLOG, CAPTURED, LOADED, STATE, TOOK, UPDATED, VALIDATION};
    for (column, first) in [
        (STATE, "invoice_line"),
        (LOADED, "payment"),
        (TOOK, "payment_history_with_a_really_long_name_nobody_wants"),
        (CAPTURED, "payment"),
        (APPLIED, "scratch"),
        (BACKLOG, "scratch"),
        (VALIDATION, "scratch"),
        (UPDATED, "scratch"),
    ] {
        let mut state = opened(120, 40);
        let name = format!(":sort-by-{}", tables::COLUMNS[column].id);
        if column != STATE {
            press(&mut state, &name);
            keys(&mut state, &[ENTER]);
        }
        press(&mut state, "g");
        assert_eq!(under_cursor(&state), first, "{name}");
    }
}

#[test]
fn the_cursor_stays_on_its_task_when_everything_around_it_moves() {
    let mut state = populated(120, 40);
    while under_cursor(&state) != "orders-cdc" {
        keys(&mut state, &[KeyCode::Down]);
    }
    let mut changed = tasks();
    changed.reverse();
    changed.retain(|task| task.name.raw() != "crm-cdc");
    changed.push(task("brand-new", crate::model::task::MigrationType::Cdc, crate::model::task::TaskStatus::Failed));
    update(&mut state, observed(Subject::Tasks, Value::Tasks(changed), 0, 15), after(1));
    assert_eq!(under_cursor(&state), "orders-cdc");
    press(&mut state, "<o");
    assert_eq!(under_cursor(&state), "orders-cdc");
    keys(&mut state, &[ENTER]);
    assert_eq!(state.tables.as_ref().unwrap().arn, arn("ORDERSXCDC"));
}

#[test]
fn the_cursor_stays_on_its_table_through_a_refresh() {
    let mut state = opened(120, 40);
    press(&mut state, "jjj");
    let name = under_cursor(&state);
    let mut rows = tables();
    rows.reverse();
    for row in rows.iter_mut().take(5) {
        row.state = TableState::Error;
    }
    update(&mut state, observed(Subject::Tables(arn("BILLINGXCDC")), Value::Tables(rows), 0, 15), after(1));
    assert_eq!(under_cursor(&state), name);
}

#[test]
fn the_feeds_hear_what_is_on_screen_when_it_changes_and_only_then() {
    let mut state = State::new(setup(), Area { width: 120, height: 15 }, before(30));
    let looks = |state: &mut State, message| -> Vec<Focus> {
        let effects = update(state, message, now());
        effects.into_iter().filter_map(|e| if let Effect::Look(focus) = e { Some(focus) } else { None }).collect()
    };
    assert_eq!(looks(&mut state, Message::Tick), []);
    assert_eq!(looks(&mut state, connected()), [Focus { looking: true, ..Focus::default() }]);
    let seen = looks(&mut state, observed(Subject::Tasks, Value::Tasks(tasks()), 0, 15));
    assert_eq!(seen[0].visible.len(), 10, "only what fits on screen");
    assert_eq!(looks(&mut state, key(KeyCode::Down)), []);
    assert_eq!(looks(&mut state, observed(Subject::Tasks, Value::Tasks(tasks()), 0, 15)), []);
    assert_eq!(looks(&mut state, key(char('G'))).len(), 1, "other rows came into view");
    assert_eq!(looks(&mut state, key(char('?'))), []);
    looks(&mut state, key(ESC));
    let open = looks(&mut state, key(ENTER));
    assert_eq!(open[0].tables_of.as_ref(), state.tasks.list.key());
    assert_eq!(open[0].visible.len(), 1);
    assert!(!looks(&mut state, Message::Focus(false))[0].looking);
    assert_eq!(looks(&mut state, Message::Focus(false)), []);
}

#[test]
fn asking_now_asks_for_what_is_on_screen_once() {
    let ask = |subjects: &[Subject]| vec![Effect::AskNow(subjects.to_vec())];
    let mut state = populated(120, 40);
    assert_eq!(asked(&mut state, char('r')), ask(&[Subject::Tasks, Subject::Metrics, Subject::Events]));
    assert_eq!(asked(&mut state, char('r')), [], "the answer is awaited");
    update(&mut state, observed(Subject::Tasks, Value::Tasks(tasks()), 0, 15), after(1));
    assert_eq!(asked(&mut state, char('r')), ask(&[Subject::Tasks]));
    let mut state = opened(120, 40);
    assert_eq!(
        asked(&mut state, char('r')),
        ask(&[Subject::Tables(arn("BILLINGXCDC")), Subject::Tasks, Subject::Metrics])
    );
    let mut state = populated(120, 40);
    update(&mut state, failed(Subject::Endpoints, ProblemKind::AccessDenied, "denied", 60), now());
    press(&mut state, "!");
    assert_eq!(asked(&mut state, char('r')), ask(&[Subject::Endpoints]));
}

#[test]
fn no_credentials_before_the_first_identity_end_the_program_and_later_are_a_banner() {
    let why = problem(ProblemKind::NoCredentials, "no credentials");
    let mut state = State::new(setup(), Area { width: 80, height: 24 }, now());
    let effects = update(&mut state, Message::ConnectFailed(why.clone()), now());
    assert_eq!(effects, [Effect::Leave { status: 3, problem: Some(why.clone()) }]);
    let mut state = populated(120, 40);
    assert_eq!(update(&mut state, Message::ConnectFailed(why), after(5)), []);
    assert!(state.banner.is_some());
    assert_eq!((state.world.tasks.len(), state.problems.standing()), (14, 1), "data is kept");
    // An answer that was on its way before does not lift it.
    update(&mut state, observed(Subject::Metrics, Value::Metrics(metrics()), 82, 60), after(6));
    assert!(state.banner.is_some());
    update(&mut state, observed(Subject::Tasks, Value::Tasks(tasks()), -10, 15), after(10));
    assert_eq!((state.banner.is_some(), state.problems.standing()), (false, 0));
}

#[test]
fn expired_credentials_in_any_answer_are_a_banner_and_the_data_ages() {
    let mut state = populated(80, 24);
    update(&mut state, failed(Subject::Tasks, ProblemKind::ExpiredCredentials, "expired", 30), after(1));
    assert!(state.banner.is_some());
    assert_eq!(state.pane_age(&Subject::Tasks).freshness, Freshness::Fresh);
    update(&mut state, Message::Tick, after(60));
    assert_eq!(state.pane_age(&Subject::Tasks).freshness, Freshness::Missing);
    assert_eq!(state.world.tasks.len(), 14);
    update(&mut state, connected(), after(61));
    assert_eq!(state.banner, None);
}

#[test]
fn data_of_another_account_never_gets_in() {
    let mut other = scope();
    other.account = AccountId("999999999999".into());
    let mut state = populated(80, 24);
    update(&mut state, observed_in(other.clone(), Subject::Tasks, Value::Tasks(vec![]), 0, 15), after(1));
    assert_eq!(state.world.tasks.len(), 14);
    assert!(state.problems.entries()[0].problem.summary.contains("999999999999"));
    // The right scope with another account's tasks inside is no better.
    let mut mixed = tasks();
    mixed[0].arn = crate::model::ReplicationArn::parse("arn:aws:dms:eu-west-1:999999999999:task:X").unwrap();
    update(&mut state, observed(Subject::Tasks, Value::Tasks(mixed), -1, 15), after(2));
    assert_eq!(state.world.tasks[0].name.raw(), "orders-cdc");
    assert_eq!(state.problems.entries().len(), 2);
    // Another identity: everything of the first goes.
    let identity = Identity { account: other.account.clone(), arn: "arn:aws:iam::9:user/x".into(), expires: None };
    keys(&mut state, &[ENTER]);
    let effects = update(&mut state, Message::Connected { scope: other.clone(), identity }, after(3));
    assert_eq!((state.world.tasks.len(), state.screen(), &state.tables), (0, Screen::Tasks, &None));
    assert_eq!(
        effects,
        [Effect::ReadActivity, Effect::ReadRefreshes, Effect::Look(Focus { looking: true, ..Focus::default() })]
    );
    assert!(matches!(&state.connection, Connection::Connected { scope, .. } if *scope == other));
    update(&mut state, observed(Subject::Tasks, Value::Tasks(tasks()), -4, 15), after(4));
    assert_eq!(state.world.tasks.len(), 0, "a late answer of the first account stays out");
}

#[test]
fn an_older_answer_never_replaces_a_newer_one() {
    let mut state = populated(80, 24);
    update(&mut state, observed(Subject::Tasks, Value::Tasks(tasks()), -10, 15), after(10));
    update(&mut state, observed(Subject::Tasks, Value::Tasks(vec![]), 12, 15), after(11));
    assert_eq!(state.world.tasks.len(), 14);
    update(&mut state, observed(Subject::Tasks, Value::Metrics(vec![]), -12, 15), after(12));
    assert_eq!(state.world.tasks.len(), 14, "metrics are no tasks");
    keys(&mut state, &[ENTER]);
    update(&mut state, observed(Subject::Tables(arn("ORDERSXCDC")), Value::Tables(tables()), 0, 15), after(13));
    assert_eq!(state.filling(), Filling::Loading, "tables of another task than the open one");
}

#[test]
fn an_opened_task_shows_its_own_rows_only() {
    let mut state = opened(120, 40);
    keys(&mut state, &[ESC, ESC]);
    keys(&mut state, &[ENTER]);
    assert_eq!(state.tables.as_ref().unwrap().rows.len(), 59, "opened again: what was known is there, with its age");
    keys(&mut state, &[ESC, KeyCode::Down, ENTER]);
    assert_eq!((state.tables.as_ref().unwrap().rows.len(), state.filling()), (0, Filling::Loading));
    keys(&mut state, &[ESC, KeyCode::Up, ENTER]);
    assert_eq!(state.filling(), Filling::Loading, "rows that were let go have no age left behind");
}

#[test]
fn a_silence_of_our_own_is_unknown_and_not_a_missing_point() {
    let latency = |state: &State| {
        let row = state.world.tasks.iter().position(|task| task.name.raw() == "orders-cdc").unwrap();
        state.tasks.lines[row].latency
    };
    let mut state = populated(120, 40);
    assert!(matches!(latency(&state), Latency::Fresh(_)));
    update(&mut state, Message::Tick, after(150));
    assert_eq!(latency(&state), Latency::NotYet, "nobody has asked since it was fresh");
    update(&mut state, observed(Subject::Metrics, Value::Metrics(vec![]), -150, 60), after(151));
    assert!(matches!(latency(&state), Latency::Missing { newest: Some(_) }), "asked since, and no newer point");
    update(&mut state, Message::Tick, after(800));
    assert_eq!(latency(&state), Latency::NotYet, "nobody answered for so long that nothing can be said");
}

#[test]
fn pasted_text_goes_into_a_field_and_never_acts() {
    let mut state = populated(120, 40);
    for text in ["q", "\u{3}", ":quit-now\r", "!\n"] {
        assert_eq!(update(&mut state, Message::Paste(text.to_owned()), now()), []);
        assert_eq!((state.screen(), &state.overlay), (Screen::Tasks, &None));
    }
    press(&mut state, ":");
    assert_eq!(update(&mut state, Message::Paste("quit-now\r\n".to_owned()), now()), []);
    assert!(matches!(&state.overlay, Some(Overlay::Palette(palette)) if palette.found.len() == 1));
}

#[test]
fn problems_are_counted_settled_by_a_good_answer_and_tell_when_they_are_tried_again() {
    let mut state = populated(120, 40);
    for second in 1..4 {
        update(&mut state, failed(Subject::Tasks, ProblemKind::Throttled, "throttled", 30), after(second));
    }
    let entry = &state.problems.entries()[0];
    assert_eq!((entry.count, entry.retry_at, state.problems.standing()), (3, Some(after(30)), 1));
    update(&mut state, failed(Subject::Tasks, ProblemKind::Timeout, "no answer", 40), after(5));
    assert_eq!((state.problems.entries().len(), state.problems.standing()), (2, 1), "the newest failure stands alone");
    update(&mut state, observed(Subject::Tasks, Value::Tasks(tasks()), -6, 15), after(6));
    assert_eq!((state.problems.entries().len(), state.problems.standing()), (2, 0));
}

#[test]
fn sixty_thousand_tables_are_sorted_once_and_only_those_on_screen_are_visited() {
    let mut state = opened(120, 40);
    let rows = (0..60_000).map(|n| {
        let state = if n % 1_000 == 0 { TableState::Error } else { TableState::Completed };
        table("public", &format!("t{n:05}"), state)
    });
    let rows: Vec<_> = rows.collect();
    update(&mut state, observed(Subject::Tables(arn("BILLINGXCDC")), Value::Tables(rows), -1, 60), after(1));
    let list = &state.tables.as_ref().unwrap().list;
    assert_eq!((list.len(), state.tables.as_ref().unwrap().unwell), (60_000, 60));
    assert!(list.visible().count() < 40);
    press(&mut state, "G");
    assert_eq!(under_cursor(&state), "t59999");
    press(&mut state, "/state:error t5");
    assert_eq!(state.tables.as_ref().unwrap().list.len(), 10);
}

#[test]
fn data_of_another_account_stands_as_a_failure_and_is_never_shown() {
    let foreign = |text: &str| text.replace("123456789012", "999999999999");
    let mut task = task("orders-cdc", MigrationType::Cdc, TaskStatus::Running);
    task.arn = ReplicationArn::parse(&foreign(task.arn.as_str())).unwrap();
    let series = Series { name: MetricName::CDCLatencyTarget, points: vec![Point { at: now(), value: 1.0 }] };
    let metrics = vec![TaskSeries { arn: task.arn.clone(), series }];
    let test = ConnectionTest {
        instance: task.instance.clone().unwrap(),
        endpoint: EndpointArn(foreign(&task.source.0)),
        status: "successful".into(),
        last_failure: None,
    };
    for (subject, value) in [
        (Subject::Tasks, Value::Tasks(vec![task])),
        (Subject::Metrics, Value::Metrics(metrics)),
        (Subject::Connections, Value::Connections(vec![test])),
    ] {
        let mut state = State::new(setup(), Area { width: 120, height: 40 }, before(30));
        update(&mut state, connected(), now());
        update(&mut state, observed(subject.clone(), value, 3, 15), now());
        assert!(state.world.tasks.is_empty() && !state.world.has_points() && state.world.connections.is_empty());
        assert!(
            state.world.feed(&subject).is_some_and(|feed| feed.failed.is_some() && !feed.has_data()),
            "{subject:?}"
        );
        assert_eq!(state.problems.standing(), 1, "{subject:?}");
        // The right account again: over.
        let good = match &subject {
            Subject::Tasks => Value::Tasks(vec![]),
            Subject::Metrics => Value::Metrics(vec![]),
            _ => Value::Connections(vec![]),
        };
        update(&mut state, observed(subject.clone(), good, 0, 15), after(5));
        assert_eq!(state.problems.standing(), 0, "{subject:?}");
    }
}

mod lists;
mod operate;
mod refreshes;
mod validations;
