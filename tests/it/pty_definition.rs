//! Drain and Definition in a real terminal, on the embedded AWS.

use crate::cli::Aws;
use crate::pty::{Pty, Start};

fn on(aws: &Aws) -> Start {
    aws.env().iter().fold(Start::cutover(&[]), |start, (name, value)| start.env(name, value))
}

/// The side of a task that this key opens.
fn open(aws: &Aws, task: &str, key: &str) -> Pty {
    let pty = on(aws).start();
    pty.wait("billing-cdc");
    pty.keys("/");
    pty.keys(task);
    pty.keys("\r");
    pty.wait("1 of 4");
    pty.keys(key);
    pty
}

#[test]
fn the_drain_reads_everything_it_judges_and_follows_the_task() {
    let aws = Aws::start(&[]);
    let mut pty = open(&aws, "orders-cdc", "d");
    // Tables, charts, events, schedules and maintenance are asked for because the panel is open.
    let screen = pty.until("every check judged by evidence", |screen| {
        screen.contains("running, load and changes")
            && screen.contains("tables  ")
            && screen.contains("none of 5 in error")
            && screen.contains("each rule of the mappings has its tables")
    });
    assert!(screen.contains("NOT"), "the shop is busy and nothing is asked about logs here:\n{screen}");
    aws.switch_on("fail-task=orders-cdc");
    pty.keys("r");
    pty.until("the failure", |screen| screen.contains("NOT THROUGH") && screen.contains("nothing is replicated"));
    // All of them, worst first, and back into one.
    pty.keys("D");
    let screen = pty.until("every task", |screen| screen.contains("Drain of all tasks") && screen.contains("staging"));
    assert!(screen.contains("not asked"), "tables of the others are nobody's guess:\n{screen}");
    pty.keys("r");
    pty.until("the tables of all", |screen| !screen.contains("not asked"));
    pty.keys("/catalog\r\r");
    pty.until("its own panel", |screen| screen.contains("catalog-load") && screen.contains("The way from source"));
    pty.keys("qqqqq");
    assert_eq!(pty.end().0, 0);
    pty.assert_given_back();
}

#[test]
fn the_definition_names_what_a_database_must_let_in_and_shows_what_somebody_changes() {
    let aws = Aws::start(&[]);
    let mut pty = open(&aws, "orders-cdc", "i");
    pty.until("the endpoints", |screen| screen.contains("Source endpoint") && screen.contains("shop-prod"));
    pty.keys("/allow tcp\r");
    pty.until("the inbound rule", |screen| screen.contains("allow tcp") && screen.contains("sg-"));
    pty.keys("\x1b/dropped and created\r");
    pty.until("a setting in words", |screen| screen.contains("DROP_AND_CREATE"));
    pty.keys("\x1bJ");
    pty.until("the same as JSON", |screen| screen.contains("\"rules\": ["));
    aws.switch_on("logging-off=orders-cdc");
    pty.keys("gr");
    let screen = pty.until("the change", |screen| screen.contains("Logging.EnableLogging"));
    assert!(screen.contains("- true") && screen.contains("+ false"), "{screen}");
    pty.keys("qqq");
    assert_eq!(pty.end().0, 0);
    pty.assert_given_back();
}
