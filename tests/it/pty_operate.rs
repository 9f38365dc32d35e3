//! Marks and the menu of what can be done on the real console, up to the open question.

use crate::pty::{Pty, Start};

fn demo(arguments: &[&str], columns: u16, rows: u16) -> Pty {
    on_screen(Start::cutover(&[&["demo"], arguments].concat()).size(columns, rows))
}

fn on_screen(start: Start) -> Pty {
    let pty = start.start();
    pty.until("its tasks", |screen| screen.contains("billing-cdc") && screen.contains("staging-refresh"));
    pty
}

fn row(screen: &str, name: &str) -> String {
    screen.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("no {name} on\n{screen}")).to_owned()
}

#[test]
fn marked_schedules_lead_through_the_menu_to_the_question_and_back() {
    let mut pty = demo(&[], 120, 40);
    pty.keys("S");
    pty.wait("staging-refresh-weekly");
    pty.keys("/staging\r");
    pty.wait_gone("dms-lag-probe");
    pty.keys("xx");
    let screen = pty.wait("2 marked");
    for name in ["staging-refresh-nightly", "staging-refresh-weekly"] {
        assert!(row(&screen, name).contains('◆'), "{screen}");
    }
    pty.keys("O");
    let screen = pty.wait("2 marked schedules");
    assert!(row(&screen, " d  disable").contains("all 2 marked can be disabled"), "{screen}");
    assert!(row(&screen, " e  enable").contains("none of the 2 marked can be enabled"), "{screen}");
    // What cannot be done says why, and asks nothing.
    pty.keys("e");
    pty.wait("it is enabled already");
    pty.keys("d");
    let screen = pty.wait("type disable 2");
    assert!(screen.contains("aws events disable-rule --name staging-refresh-nightly"), "{screen}");
    pty.keys("\x1b");
    let screen = pty.wait_gone("type disable 2");
    assert!(row(&screen, "staging-refresh-weekly").contains("enabled"), "{screen}");
    // Marks, then the filter, then the screen.
    pty.keys("\x1b");
    pty.wait_gone("2 marked");
    pty.keys("\x1b");
    pty.wait("dms-lag-probe");
    pty.keys("\x1b");
    pty.wait("LATENCY");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn one_row_by_its_name_from_the_palette_comes_to_the_same_question() {
    let mut pty = demo(&[], 80, 24);
    pty.keys("S");
    pty.wait("staging-refresh-we");
    pty.keys("/refresh-weekly\r");
    pty.wait_gone("dms-lag-probe");
    pty.keys(":disable\r");
    pty.wait("type staging-refresh-weekly");
    pty.keys("\x1b");
    pty.wait_gone("type staging-refresh-weekly");
    pty.keys("\x03");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn in_read_only_the_menu_says_what_would_be_possible_and_asks_nothing() {
    let mut pty = demo(&["--read-only"], 80, 24);
    pty.keys("/billing\r");
    pty.wait_gone("catalog-load");
    pty.keys("O");
    let screen = pty.wait("READ-ONLY: nothing can be changed here");
    assert!(row(&screen, " s  stop").contains("replication stops"), "{screen}");
    assert!(row(&screen, " u  resume").contains("it is running already"), "{screen}");
    pty.keys("suaRc");
    let screen = pty.wait("there is no load to do again");
    assert!(!screen.contains(" type "), "{screen}");
    pty.keys("\x1b");
    pty.wait_gone("Operate");
    pty.keys("\x03");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn in_ascii_marks_and_menu_are_ascii() {
    let mut pty = on_screen(Start::cutover(&["demo"]).size(80, 24).env("LANG", "C"));
    pty.keys("xx");
    let screen = pty.wait("# 2 marked");
    assert!(row(&screen, "billing-cdc ").contains('#'), "{screen}");
    pty.keys("O");
    let screen = pty.wait("2 marked tasks");
    assert!(screen.is_ascii(), "{screen}");
    pty.keys("\x03");
    assert_eq!(pty.end().0, 0);
}
