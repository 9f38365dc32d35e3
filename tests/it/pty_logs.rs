//! Logs on the screen of the real program: a task's, a log group's that the configuration names, and what a fault makes
//! of them.

use crate::cli::Aws;
use crate::pty::{Pty, Start};

fn on(aws: &Aws, args: &[&str]) -> Start {
    aws.env().iter().fold(Start::cutover(args), |start, (name, value)| start.env(name, value))
}

/// The log of billing-cdc, read.
fn billing(pty: &Pty) -> String {
    pty.wait("billing-cdc");
    pty.keys("/billing\r");
    pty.wait("1 of 4");
    pty.keys("l");
    pty.until("lines of the log", |screen| screen.contains("following") && screen.contains("TARGET_APPLY"))
}

/// The screen is as it was, give or take what ages by itself: header, title, footer.
fn body(screen: &str) -> Vec<&str> {
    screen.lines().skip(4).take(24).collect()
}

#[test]
fn a_log_is_followed_paused_searched_and_filtered() {
    let aws = Aws::start(&[]);
    let mut pty = on(&aws, &[]).start();
    let screen = billing(&pty);
    assert!(screen.contains("quiet hidden"), "chatter is left out and counted:\n{screen}");

    // The failure, marked and explained.
    pty.keys("/foreign key\r");
    let screen = pty.wait("foreign-key");
    assert!(screen.contains("in 1 line") && screen.contains("paused"), "{screen}");
    assert!(screen.contains("The target refused a row because of a foreign key."), "{screen}");
    assert!(screen.lines().any(|line| line.contains("▌✗") && line.contains(" E TARGET_APPLY")), "{screen}");

    // Paused, the screen stands still whatever comes.
    let before = body(&screen).join("\n");
    aws.switch_on("table-error=billing-cdc:shop.payment");
    let screen = pty.wait("new lines below");
    assert_eq!(body(&screen).join("\n"), before);
    pty.keys("G");
    let screen = pty.wait("following");
    assert!(screen.contains("'shop'.'payment'"), "the newest lines:\n{screen}");

    // Esc drops the search, then leads back.
    pty.keys("\x1b");
    pty.wait_gone("foreign key in");
    pty.keys("vv");
    let screen = pty.wait("errors");
    assert!(!screen.contains("PERFORMANCE"), "{screen}");
    pty.keys("vvcTASK_MANAGER\r");
    let screen = pty.wait("all lines of TASK_MANAGER");
    assert!(screen.contains("is suspended") && !screen.contains("PERFORMANCE"), "{screen}");
    pty.keys("q");
    pty.wait("LATENCY");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn a_throttled_log_shows_a_gap_and_goes_on_by_itself() {
    let aws = Aws::start(&[]);
    let mut pty = on(&aws, &[]).start();
    billing(&pty);
    aws.switch_on("throttle@logs=1");
    let screen = pty.wait("no lines read since");
    assert!(screen.contains("throttled") && screen.contains("nothing read since"), "{screen}");
    assert!(screen.contains("TARGET_APPLY"), "what was read stays:\n{screen}");
    aws.switch_off("throttle");
    pty.keys("r");
    let screen = pty.wait("read since, they follow");
    assert!(!screen.contains("nothing read since"), "{screen}");
    pty.keys("\x03");
    pty.end();
}

#[test]
fn leaving_a_log_and_coming_back_repeats_no_line() {
    let aws = Aws::start(&[]);
    let mut pty = on(&aws, &[]).size(120, 50).start();
    billing(&pty);
    aws.switch_on("table-error=billing-cdc:shop.payment");
    let said = "Table 'shop'.'payment' (subtask 1 thread 1) is suspended";
    pty.wait(said);
    pty.keys("e");
    pty.wait("Events");
    pty.keys("l");
    pty.keys("r");
    let screen = pty.wait(said);
    assert_eq!(screen.matches(said).count(), 1, "{screen}");
    pty.keys("\x03");
    pty.end();
}

#[test]
fn a_group_that_the_configuration_names_is_read_and_one_that_is_not_there_says_why() {
    let aws = Aws::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("c.toml");
    let text = "[logs]\ngroups = [\"/aws/lambda/dms-lag-probe\", \"/aws/lambda/nothing\"]\n\
                [screen]\ntime_zone = \"Europe/Berlin\"\n";
    std::fs::write(&config, text).unwrap();
    let mut pty = on(&aws, &["--config", config.to_str().unwrap()]).start();
    pty.wait("billing-cdc");
    pty.keys("L");
    let screen = pty.wait("REPORT RequestId");
    assert!(screen.contains("/aws/lambda/dms-lag-probe (1 of 2"), "{screen}");
    pty.keys("z");
    pty.until("Berlin", |screen| screen.contains("CET (z)") || screen.contains("CEST (z)"));
    pty.keys("]");
    let screen = pty.wait("there is no log group /aws/lambda/nothing");
    assert!(screen.contains("Check the name"), "{screen}");
    pty.keys("\x03");
    pty.end();
}

#[test]
fn a_task_whose_logging_is_off_says_so_and_hostile_lines_do_no_harm() {
    let aws = Aws::start(&["logging-off=billing-cdc"]);
    let mut pty = on(&aws, &[]).start();
    pty.wait("billing-cdc");
    pty.keys("/billing\r");
    pty.wait("1 of 4");
    pty.keys("l");
    let screen = pty.wait("logging is switched off");
    assert!(screen.contains("No logs of billing-cdc because") && screen.contains("Switch it on"), "{screen}");
    // Switched on again: asking reads the settings anew.
    aws.switch_off("logging-off");
    pty.keys("r");
    pty.until("lines", |screen| screen.contains("following"));
    aws.switch_on("hostile-text@logs");
    aws.switch_on("table-error=billing-cdc:shop.payment");
    pty.wait("'shop'.'payment'");
    pty.keys("\x03");
    pty.end();
    let raw = String::from_utf8(pty.raw()).unwrap();
    assert!(!raw.chars().any(crate::cli::is_invisible), "bidi and zero width characters stay out");
    assert!(!raw.contains("\u{1b}]52"), "no clipboard sequence");
}
