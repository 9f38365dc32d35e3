//! Keys and answers on Events and Schedules.

use super::*;
use crate::console::fixtures::lists;
use crate::console::state::events::{Host, task_of};
use crate::console::state::schedules::Part;

const TAB: KeyCode = KeyCode::Tab;

/// Source and message of the event under the cursor.
fn event_under_cursor(state: &State) -> (String, String) {
    let side = state.events.side(state.tab().is_some());
    let (event, _) = side.list.row().and_then(|row| state.events.at(&state.world, side, row)).unwrap();
    (event.source.raw().to_owned(), event.message.raw().to_owned())
}

fn new_event(age: i64, message: &str) -> Message {
    observed(Subject::Events, Value::Events(vec![lists::event(age, "orders-cdc", "", message)]), 0, 20)
}

#[test]
fn a_cursor_on_the_newest_event_follows_and_elsewhere_it_stays() {
    let mut state = populated(120, 40);
    press(&mut state, "E");
    update(&mut state, new_event(5, "first"), after(1));
    assert_eq!(event_under_cursor(&state).1, "first");
    press(&mut state, "jj");
    let held = event_under_cursor(&state);
    update(&mut state, new_event(1, "second"), after(2));
    update(&mut state, new_event(50_000, "late"), after(3));
    assert_eq!(event_under_cursor(&state), held);
    assert_eq!(state.events.all.list.cursor(), 3);
    press(&mut state, "g");
    assert_eq!(event_under_cursor(&state).1, "second");
}

#[test]
fn events_filter_by_source_category_and_weight() {
    for (filter, left) in [
        ("source:billing", 3),
        ("category:state-change", 6),
        ("category:unknown", 1),
        ("weight:critical", 4),
        ("weight:unknown", 2),
        ("of:instance", 3),
        ("message:offline meaning:back", 1),
        ("reading", 1),
    ] {
        let mut state = populated(120, 40);
        press(&mut state, "E/");
        update(&mut state, Message::Paste(filter.to_owned()), now());
        assert_eq!(state.events.all.list.len(), left, "{filter}");
    }
}

#[test]
fn every_column_of_both_lists_sorts_both_ways() {
    for (screen, columns) in [("E", 7), ("S", 7)] {
        let mut state = populated(120, 40);
        press(&mut state, screen);
        press(&mut state, "<<<<<<<<");
        for column in 0..columns {
            for _ in 0..2 {
                let (len, sort) = match screen {
                    "E" => (state.events.all.list.len(), state.events.all.list.sort),
                    _ => (state.schedules.list.len(), state.schedules.list.sort),
                };
                assert_eq!(sort.column, column);
                assert!(len >= 12, "nothing is lost");
                press(&mut state, "o");
            }
            press(&mut state, ">");
        }
    }
}

#[test]
fn a_task_has_its_own_events_and_those_of_its_instance() {
    let mut state = populated(120, 40);
    press(&mut state, "/billing");
    keys(&mut state, &[ENTER, ENTER]);
    press(&mut state, "e");
    let sources = |state: &State| {
        let side = state.events.side(true);
        let rows = side.list.visible().filter_map(|(_, row)| state.events.at(&state.world, side, row));
        let mut sources: Vec<String> = rows.map(|(event, _)| event.source.raw().to_owned()).collect();
        sources.sort();
        sources
    };
    assert_eq!(
        sources(&state),
        ["billing-cdc", "billing-cdc", "billing-cdc", "dms-prod-1", "dms-prod-1", "dms-prod-1"]
    );
    // Of everything is another list with another cursor.
    press(&mut state, "jj");
    press(&mut state, "E");
    assert_eq!((state.events.all.list.len(), state.events.all.list.cursor()), (12, 0));
    press(&mut state, "q");
    assert_eq!(state.events.of_task.list.cursor(), 2);
    // Without its name those of the instance cannot be found, and that is known.
    update(&mut state, observed(Subject::Instances, Value::Instances(vec![]), 0, 600), after(1));
    assert_eq!(state.events.whose.as_ref().unwrap().instance, Host::Unnamed);
    assert_eq!(sources(&state), ["billing-cdc"; 3]);
}

#[test]
fn enter_leads_from_an_event_to_the_log_of_its_task_and_back() {
    let mut state = populated(120, 40);
    press(&mut state, "E");
    keys(&mut state, &[ENTER]);
    assert_eq!((state.screen(), state.opened.clone()), (Screen::Task(Tab::Logs), Some(arn("BILLINGXCDC"))));
    keys(&mut state, &[ESC]);
    assert_eq!(state.screen(), Screen::Events);
    // One of an instance leads nowhere.
    press(&mut state, "jjjj");
    assert_eq!(event_under_cursor(&state).0, "dms-prod-1");
    keys(&mut state, &[ENTER]);
    assert_eq!(state.screen(), Screen::Events);
    // With another task open behind it, that one is not left there under a wrong name.
    let mut state = opened(120, 40);
    press(&mut state, "Ej");
    keys(&mut state, &[ENTER]);
    assert_eq!(state.opened, Some(arn("ORDERSXCDC")));
    assert_eq!(state.screens, [Screen::Tasks, Screen::Events, Screen::Task(Tab::Logs)]);
    // Esc closes what lies over the list before it leaves.
    press(&mut state, "ev");
    assert!(state.events.whole);
    keys(&mut state, &[ESC]);
    assert_eq!((state.screen(), state.events.whole), (Screen::Task(Tab::Events), false));
    // On the task itself it is another side of it.
    press(&mut state, "e");
    keys(&mut state, &[ENTER]);
    assert_eq!(state.screens, [Screen::Tasks, Screen::Events, Screen::Task(Tab::Logs)]);
    assert!(state.world.events.iter().any(|event| task_of(&state.world, event).is_none()));
}

#[test]
fn schedules_lead_to_their_task_and_tab_goes_around_their_parts() {
    let mut state = populated(120, 40);
    press(&mut state, "S");
    let mut parts = Vec::new();
    for _ in 0..3 {
        keys(&mut state, &[TAB]);
        parts.push(state.schedules.part);
    }
    assert_eq!(parts, [Part::Whole, Part::Subscriptions, Part::List]);
    keys(&mut state, &[TAB, ESC]);
    assert_eq!((state.screen(), state.schedules.part), (Screen::Schedules, Part::List));
    press(&mut state, "/orders-reload");
    keys(&mut state, &[ENTER, ENTER]);
    assert_eq!((state.screen(), state.opened.clone()), (Screen::Task(Tab::Tables), Some(arn("ORDERSXCDC"))));
    keys(&mut state, &[ESC]);
    assert_eq!(state.screen(), Screen::Schedules);
    // What hides its task leads nowhere.
    update(&mut state, Message::Tick, after(1));
    keys(&mut state, &[ESC]);
    press(&mut state, "/on-mars");
    keys(&mut state, &[ENTER, ENTER]);
    assert_eq!(state.screen(), Screen::Schedules);
}

#[test]
fn subscriptions_scroll_and_the_list_does_not() {
    let mut state = populated(120, 40);
    press(&mut state, "S");
    keys(&mut state, &[TAB, TAB]);
    press(&mut state, "jj");
    assert_eq!((state.schedules.offset, state.schedules.list.cursor()), (2, 0));
    press(&mut state, "G");
    assert_eq!(state.schedules.offset, 4);
    let none = observed(Subject::Subscriptions, Value::Subscriptions(vec![]), 0, 600);
    update(&mut state, none, after(1));
    assert_eq!(state.schedules.offset, 0);
}

#[test]
fn asking_again_on_schedules_asks_for_both_kinds_of_answers() {
    let mut state = populated(120, 40);
    press(&mut state, "S");
    assert_eq!(asked(&mut state, char('r')), [Effect::AskNow(vec![Subject::Schedules, Subject::Subscriptions])]);
}

#[test]
fn an_answer_without_events_ages_the_screen_and_says_since_when() {
    let mut state = State::new(setup(), Area { width: 120, height: 40 }, before(30));
    update(&mut state, connected(), now());
    update(&mut state, observed(Subject::Events, Value::Events(vec![]), 0, 20), now());
    press(&mut state, "E");
    assert_eq!(state.filling(), Filling::Empty);
    assert_eq!(state.events.since, Some(before(86_400)));
    update(&mut state, observed(Subject::Events, Value::Events(vec![]), -60, 20), after(60));
    assert_eq!(state.events.since, Some(before(86_400)), "it is the first question that reaches back");
}

#[test]
fn a_key_that_leads_nowhere_from_a_row_says_why() {
    let says = |state: &State| state.notice.as_ref().map(|notice| notice.text.clone());
    let mut state = populated(120, 40);
    press(&mut state, "E/");
    update(&mut state, Message::Paste("of:instance".to_owned()), now());
    keys(&mut state, &[ENTER, ENTER]);
    assert_eq!(says(&state).as_deref(), Some("an instance has no log: those of its tasks tell more"));
    for (filter, want) in [
        ("dms-lag-probe", "it names no task; what it starts may do something to one"),
        ("dms-api-calls", "it names no task"),
    ] {
        let mut state = populated(120, 40);
        press(&mut state, "S/");
        update(&mut state, Message::Paste(filter.to_owned()), now());
        keys(&mut state, &[ENTER, ENTER]);
        assert_eq!(says(&state).as_deref(), Some(want), "{filter}");
        keys(&mut state, &[TAB, TAB]);
        keys(&mut state, &[ENTER]);
        assert_eq!(says(&state).as_deref(), Some("a subscription names no task"));
    }
}

#[test]
fn subscriptions_in_front_are_what_is_copied_and_written() {
    let mut state = populated(120, 40);
    press(&mut state, "S");
    keys(&mut state, &[TAB, TAB]);
    assert_eq!(state.schedules.part, Part::Subscriptions);
    let top = crate::console::state::schedules::subscriptions(&state.world)[0].topic.shown().into_owned();
    assert_eq!(state.page().under_cursor(&state), Some(top));
    let export = state.page().export(&state).unwrap();
    assert_eq!(
        (export.name.as_str(), export.list.rows.len()),
        ("event-subscriptions", state.world.subscriptions.len())
    );
}
