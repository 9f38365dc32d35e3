//! Events and schedules on the real console: what happens while it is looked at, and what is said of what comes.

use crate::cli::Aws;
use crate::pty::{Pty, Start};
use std::time::{Duration, Instant};

fn console(aws: &Aws, columns: u16, rows: u16) -> Pty {
    let start = Start::cutover(&[]).size(columns, rows);
    let start = aws.env().iter().fold(start, |start, (name, value)| start.env(name, value));
    let pty = start.start();
    pty.wait("billing-cdc");
    pty
}

/// The row of a list on which a name stands.
fn row(screen: &str, name: &str) -> String {
    screen.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("no {name} on\n{screen}")).to_owned()
}

/// Asks again, answer after answer, until the screen is as it should be.
fn ask_until(pty: &Pty, holds: impl Fn(&str) -> bool) -> String {
    let began = Instant::now();
    loop {
        pty.keys("r");
        let screen = pty.until("an answer", |screen| !screen.contains("asking…"));
        if holds(&screen) {
            return screen;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "asked in vain; the screen is\n{screen}");
    }
}

#[test]
fn an_event_arrives_while_it_is_looked_at_and_leads_to_the_log() {
    let aws = Aws::start(&[]);
    let mut pty = console(&aws, 120, 40);
    let tasks = pty.until("events beside Why", |screen| screen.contains("Why") && screen.contains("swap files"));
    assert!(row(&tasks, "swap files").contains("billing-cdc"), "{tasks}");
    pty.keys("E");
    pty.wait("catalog-load");
    aws.switch_on("fail-task=orders-cdc");
    // The cursor stands on the newest event, so it goes along with what comes, and the pane below follows.
    let screen = ask_until(&pty, |screen| {
        let on_it = |line: &str| line.contains('▌') && line.contains("orders-cdc") && line.contains("critical");
        screen.lines().any(on_it) && screen.contains("nothing is replicated until somebody starts it again")
    });
    assert!(screen.contains("to do     read its log"), "{screen}");
    pty.keys("\r");
    pty.until("the sides of the task", |screen| screen.contains("Definition") && screen.contains("orders-cdc"));
    pty.keys("e");
    let screen = pty.wait("Events of orders-cdc and its instance dms-prod-1");
    assert!(!screen.contains("catalog-load"), "{screen}");
    pty.keys("\x1b");
    pty.wait("catalog-load");
    pty.keys("\x1b");
    pty.wait("ROWS/S");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn schedules_say_what_they_start_and_when_and_who_is_told() {
    let aws = Aws::start(&[]);
    let mut pty = console(&aws, 80, 24);
    pty.keys("S");
    let both = |screen: &str| screen.contains("staging-refresh-we") && screen.contains("1 of 2 dead");
    let screen = pty.until("rules and schedules, and who is told", both);
    assert!(row(&screen, "staging-refresh-we").contains("reloads staging"), "{screen}");
    assert!(row(&screen, "staging-refresh-ni").contains("? a Lambda"), "{screen}");
    assert!(row(&screen, "billing-cutover").contains("disabled"), "{screen}");
    pty.keys("/weekly state:enabled\r");
    pty.wait_gone("dms-lag-probe");
    pty.keys("\t");
    let screen = pty.until("it in full", |screen| screen.contains("cron(30 2 ? * SUN *)"));
    let times = screen.lines().filter(|line| line.contains("02:30 Europe/Berlin (S")).count();
    assert_eq!(times, 5, "{screen}");
    assert!(screen.contains("reloads staging-refresh") && screen.contains("within 15 min"), "{screen}");
    pty.keys("\t");
    let screen = pty.wait("dms-oncall");
    assert!(screen.contains("looks as if somebody were told: nobody is"), "{screen}");
    // Esc: the list again, then all of it, then back.
    pty.keys("\x1b");
    pty.wait("NAME");
    pty.keys("\x1b");
    pty.wait("dms-lag-probe");
    pty.keys("\x1b");
    pty.wait("LATENCY");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn what_may_not_be_read_is_named_on_its_own_screen_and_the_rest_stays() {
    let aws = Aws::start(&["access-denied=DescribeEvents", "access-denied=ListTargetsByRule"]);
    let mut pty = console(&aws, 120, 40);
    pty.keys("E");
    pty.wait("dms:DescribeEvents in eu-west-1: access denied");
    pty.keys("\x1bS");
    let denied = "events:ListTargetsByRule in eu-west-1: access denied";
    let screen = pty.until("both parts", |screen| screen.contains(denied) && screen.contains("dms-oncall"));
    assert!(row(&screen, "staging-refresh-weekly").contains("reloads staging-refre"), "{screen}");
    assert!(row(&screen, "staging-refresh-nightly").contains("not read"), "{screen}");
    pty.keys("\x03");
    pty.end();
}
