//! The Activity screen, read by a person.

use super::*;
use crate::console::fixtures::activity::{entries, gap, told as audit};
use crate::model::audit::Told;

fn on(width: u16, height: u16, keys_pressed: &str) -> State {
    let mut state = populated(width, height);
    press(&mut state, "H");
    update(&mut state, audit(entries()), now());
    press(&mut state, keys_pressed);
    // The pane about the row follows a moment after the cursor.
    update(&mut state, Message::Tick, after(1));
    state
}

#[test]
fn activity_at_80x24() {
    assert_snapshot!(text(&on(80, 24, "jj")));
}

#[test]
fn activity_at_120x40() {
    assert_snapshot!(text(&on(120, 40, "j")));
}

#[test]
fn activity_at_200x50() {
    assert_snapshot!(text(&on(200, 50, "jjj")));
}

#[test]
fn an_entry_in_full() {
    let mut state = on(80, 24, "jjv");
    update(&mut state, Message::Tick, after(2));
    assert_snapshot!(text(&state));
}

#[test]
fn activity_before_it_was_read_and_with_nothing_in_it() {
    let mut state = populated(120, 40);
    press(&mut state, "H");
    assert!(text(&state).contains("reading the audit…"));
    update(&mut state, audit(vec![]), now());
    assert!(text(&state).contains("Nothing was changed, and nothing was refused."));
    let mut state = populated(120, 40);
    press(&mut state, "H");
    let failed = gap("/home/jane/.local/state/cutover/cutover.db: file is not a database");
    update(&mut state, Message::Activity(Err(failed)), now());
    let screen = text(&state);
    assert!(screen.contains("file is not a database") && screen.contains("r to ask again"), "{screen}");
}

#[test]
fn what_is_missing_is_said_above_the_rows() {
    let mut state = on(120, 40, "");
    let gaps = vec![gap("/team/joe@jump-2.jsonl: 3 lines are no entry of this user and machine"), gap("/team: gone")];
    let told = Told { activities: vec![], gaps };
    update(&mut state, Message::Activity(Ok(told)), now());
    let screen = text(&state);
    assert!(screen.contains("? not all is here: /team/joe@jump-2.jsonl: 3 lines"), "{screen}");
    assert!(screen.contains("(and 1 more on Problems)"), "{screen}");
}

#[test]
fn unfinished_changes_are_among_the_problems() {
    let mut state = populated(120, 40);
    update(&mut state, audit(entries()), now());
    press(&mut state, "!");
    assert_snapshot!(text(&state));
}

#[test]
fn hostile_entries_are_clean_and_in_ascii_the_screen_is_ascii() {
    for ascii in [false, true] {
        for (width, height) in [(80, 24), (200, 50)] {
            let mut state = populated_with(Setup { ascii, ..setup() }, width, height);
            press(&mut state, "H");
            let mut some = entries();
            if ascii {
                some.retain(|kept| kept.entry.name.is_ascii());
            }
            update(&mut state, audit(some), now());
            for at in 0..30 {
                let screen = text(&state);
                assert!(!screen.chars().any(|c| c != '\n' && c.is_control()), "{screen:?}");
                assert!(!ascii || screen.is_ascii(), "{screen}");
                press(&mut state, if at % 3 == 2 { "v" } else { "j" });
                let later = state.now.checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
                update(&mut state, Message::Tick, later);
            }
        }
    }
}

#[test]
fn nothing_on_the_screen_changes_before_its_deadline() {
    let mut state = populated_with(Setup { clock: false, ..setup() }, 200, 50);
    press(&mut state, "H");
    update(&mut state, audit(entries()), now());
    press(&mut state, "jj");
    for _ in 0..200 {
        let next = state.next_deadline(state.now).unwrap();
        assert!(next > state.now);
        let almost = next.checked_sub(jiff::SignedDuration::from_millis(1)).unwrap();
        if almost > state.now {
            let mut just_before = state.clone();
            update(&mut just_before, Message::Tick, almost);
            assert_eq!(text(&just_before), text(&state), "nothing may change before {next}");
        }
        update(&mut state, Message::Tick, next);
    }
}
