//! The audit on screen: when it is read, and what is made of it.

use super::*;
use crate::console::fixtures::activity::{entries, gap, told};
use crate::console::state::Setup;
use crate::console::state::activity::EVERY;
use crate::console::state::problems::EntryState;
use crate::model::audit::{Kept, State as Ended, Told};

fn reads(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| **effect == Effect::ReadActivity).count()
}

fn standing(state: &State) -> Vec<&str> {
    let entries = state.problems.entries().iter().filter(|entry| entry.state == EntryState::Standing);
    entries.map(|entry| entry.problem.summary.as_str()).collect()
}

#[test]
fn it_is_read_at_the_start_on_opening_on_asking_and_while_it_is_looked_at() {
    let mut state = State::new(Setup { clock: false, ..setup() }, Area { width: 120, height: 40 }, now());
    assert_eq!(reads(&update(&mut state, connected(), now())), 1);
    update(&mut state, told(entries()), now());
    assert_eq!(reads(&update(&mut state, Message::Tick, after(100))), 0, "nobody looks");
    assert_eq!(reads(&update(&mut state, key(KeyCode::Char('H')), after(101))), 1);
    assert_eq!(reads(&update(&mut state, key(KeyCode::Char('r')), after(102))), 0, "an answer is awaited");
    update(&mut state, told(entries()), after(102));
    assert_eq!(reads(&update(&mut state, key(KeyCode::Char('r')), after(103))), 1);
    update(&mut state, told(entries()), after(104));
    let due = after(104) + EVERY;
    assert!(state.next_deadline(after(104)).is_some_and(|next| next <= due));
    assert_eq!(reads(&update(&mut state, Message::Tick, due)), 1);
    assert_eq!(reads(&update(&mut state, Message::Tick, due)), 0, "once");
    update(&mut state, told(entries()), due);
    update(&mut state, Message::Focus(false), due);
    assert_eq!(reads(&update(&mut state, Message::Tick, due + EVERY)), 0, "nobody looks");
}

#[test]
fn what_was_left_unfinished_stands_on_problems_until_it_is_done_again() {
    let mut state = told_so(vec![connected(), told(entries())]);
    let mut said = standing(&state);
    said.sort_unstable();
    let want = [
        "a change was left unfinished: disable-schedule of schedule:migrations/staging-refresh-weekly by jane on jump-1",
        "a change was left unfinished: stop-task of task:支払い-cdc by evil[2J on host",
    ];
    assert_eq!(said, want, "what is months old, under way or changed again since is not told");
    update(&mut state, told(entries()), after(30));
    assert_eq!(state.problems.entries().iter().map(|entry| entry.count).collect::<Vec<_>>(), [1, 1], "told once");
    let mut more = entries();
    let again = more.iter().find(|kept| kept.entry.state == Ended::Unknown).cloned().unwrap();
    let mut entry = again.entry.clone();
    (entry.id, entry.asked_at, entry.state) = ("again".into(), after(20), Ended::Done);
    more.push(Kept { entry, ..again });
    update(&mut state, told(more), after(40));
    assert_eq!(standing(&state), want[1..], "the same was changed since");
}

fn told_so(messages: Vec<Message>) -> State {
    let mut state = State::new(setup(), Area { width: 120, height: 40 }, now());
    for message in messages {
        update(&mut state, message, now());
    }
    state
}

#[test]
fn what_cannot_be_read_is_a_problem_and_the_rows_stay() {
    let mut state = told_so(vec![connected(), told(entries())]);
    let failed = problem(ProblemKind::Internal, "the audit cannot be read");
    update(&mut state, Message::Activity(Err(failed)), after(20));
    assert!(standing(&state).contains(&"the audit cannot be read"));
    assert_eq!(state.activity.rows.len(), entries().len());
    let gaps = vec![gap("/team/joe@jump-2.jsonl: 1 line is no entry")];
    let part = Message::Activity(Ok(Told { activities: vec![], gaps }));
    update(&mut state, part.clone(), after(30));
    update(&mut state, part, after(40));
    assert!(!standing(&state).contains(&"the audit cannot be read"), "it could be read again");
    let notes: Vec<_> = state.problems.entries().iter().filter(|entry| entry.state == EntryState::Note).collect();
    assert_eq!(notes.iter().map(|entry| entry.count).collect::<Vec<_>>(), [1], "a gap is a note, once");
}

#[test]
fn entries_filter_and_sort_by_every_column() {
    for (filter, left) in [
        ("result:look", 2),
        ("result:unknown", 4),
        ("who:joe", 4),
        ("from:jump-1", 4),
        ("what:stop", 4),
        ("name:rule:", 2),
        ("outcome:reload_allowed", 1),
        ("access denied", 1),
        ("when:2026-11-22", 5),
    ] {
        let mut state = told_so(vec![connected(), told(entries())]);
        press(&mut state, "H/");
        update(&mut state, Message::Paste(filter.to_owned()), now());
        assert_eq!(state.activity.list.len(), left, "{filter}");
    }
    let mut state = told_so(vec![connected(), told(entries())]);
    press(&mut state, "H");
    let name = |state: &State| state.activity.rows[state.activity.list.row().unwrap()].activity.entry.name.clone();
    press(&mut state, "g");
    assert_eq!(name(&state), "task:crm-cdc", "the newest first");
    press(&mut state, ">g");
    assert!(state.activity.rows[state.activity.list.row().unwrap()].activity.open, "what nobody knows first");
    for column in 2..7 {
        press(&mut state, ">");
        assert_eq!((state.activity.list.sort.column, state.activity.list.len()), (column, entries().len()));
        press(&mut state, "oo");
    }
}

#[test]
fn an_entry_in_full_scrolls_and_esc_leads_back() {
    let mut state = told_so(vec![connected(), told(entries())]);
    update(&mut state, Message::Resize(Area { width: 80, height: 18 }), now());
    press(&mut state, "Hj");
    update(&mut state, Message::Tick, after(1));
    keys(&mut state, &[KeyCode::Enter]);
    assert!(state.activity.whole && state.activity.pane.visible().start == 0);
    let cursor = state.activity.list.cursor();
    press(&mut state, "jj");
    assert_eq!((state.activity.pane.visible().start, state.activity.list.cursor()), (2, cursor));
    keys(&mut state, &[KeyCode::Esc]);
    assert!(!state.activity.whole);
    keys(&mut state, &[KeyCode::Esc]);
    assert_eq!(state.screen(), Screen::Tasks);
}

#[test]
fn what_is_copied_finds_the_entry_again_and_is_no_command() {
    let mut state = told_so(vec![connected(), told(entries())]);
    press(&mut state, "Hjy");
    let copied = update(&mut state, key(KeyCode::Char('y')), now());
    let want = "20261122T140102Z-0000008c: disable-rule of rule:default/staging-refresh-nightly, done (jane on jump-1, \
                request id 6f1c2d0e-8b57-4c0b-9a55-0c5a1b3f7d21)";
    assert_eq!(copied.last(), Some(&Effect::Copy(want.to_owned())));
    let export = state.page().export(&state).unwrap();
    assert_eq!((export.name.as_str(), export.list.rows.len()), ("activity", entries().len()));
}
