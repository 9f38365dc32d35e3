//! Changing something on the real console: what is asked, what answers it and what does not.

use crate::change::{Desk, RULE};
use crate::pty::{Pty, Start};
use serde_json::json;

const NAME: &str = "staging-refresh-nightly";
const OPEN: &str = "type staging-refresh-nightly and Enter to do it";

/// A console with these settings, its rows there.
fn console(desk: &Desk, args: &[&str], env: &[(&str, &str)]) -> Pty {
    let config = desk.config();
    let start = Start::cutover(&Desk::args(&config, args)).size(120, 40);
    let start = desk.env().iter().fold(start, |start, (name, value)| start.env(name, value));
    let pty = env.iter().fold(start, |start, (name, value)| start.env(name, value)).start();
    pty.wait("billing-cdc");
    pty
}

/// On the rule, which is enabled.
fn on_the_rule(pty: &Pty) {
    pty.keys("S");
    pty.wait(NAME);
    pty.keys("/nightly\r");
    pty.wait_gone("dms-lag-probe  ");
}

/// The question about disabling it, when keys count.
fn asked(pty: &Pty) -> String {
    asked_for(pty, OPEN)
}

fn asked_for(pty: &Pty, open: &str) -> String {
    pty.keys("Od");
    pty.until("keys to count", |screen| screen.contains(open) && !screen.contains("one moment…"))
}

#[test]
fn a_rule_is_disabled_from_the_question_to_the_audit() {
    let desk = Desk::new(&[]);
    let mut pty = console(&desk, &[], &[]);
    let screen = pty.wait("OPERATE");
    assert!(screen.contains("REHEARSAL"), "{screen}");
    on_the_rule(&pty);
    let screen = asked(&pty);
    for part in ["REHEARSAL  account 123456789012 · eu-west-1", "it will not fire at", "aws events disable-rule --name"]
    {
        assert!(screen.contains(part), "{part:?} is not on\n{screen}");
    }
    pty.keys("\r");
    pty.wait("nothing is typed yet, so nothing was sent");
    pty.keys("staging-refresh");
    pty.wait("> staging-refresh");
    pty.keys("\r");
    pty.wait("that is something else, so nothing was sent");
    assert_eq!(desk.writes(), 0);
    pty.keys("-nightly");
    pty.wait(&format!("> {NAME}"));
    pty.keys("\r");
    let screen = pty.wait("✓ disabled rule:default/staging-refresh-nightly");
    assert!(screen.contains("put back with: cutover schedules enable") && screen.contains("audit 20"), "{screen}");
    pty.keys("\x1b");
    let row = |screen: &str| screen.lines().any(|line| line.contains(NAME) && line.contains("disabled"));
    pty.until("the rule as it is now", row);
    pty.keys("\x03");
    assert_eq!(pty.end().0, 0);
    assert_eq!((desk.writes(), desk.state_of(NAME).as_str()), (1, "DISABLED"));
    let activity = desk.activity();
    assert_eq!(activity.len(), 1);
    assert_eq!((&activity[0]["result"], &activity[0]["confirmed_by"]), (&json!("done"), &json!("typed")));
}

#[test]
fn what_is_typed_too_early_or_pasted_is_no_answer() {
    let desk = Desk::new(&[]);
    let mut pty = console(&desk, &[], &[]);
    on_the_rule(&pty);
    // All of it before the question was there.
    pty.keys(&format!("Od{NAME}\r"));
    pty.wait(OPEN);
    let screen = pty.until("keys to count", |screen| !screen.contains("one moment…"));
    assert!(!screen.contains(&format!("> {NAME}")), "{screen}");
    pty.keys(&format!("\x1b[200~{NAME}\r\x1b[201~"));
    let screen = pty.wait("pasted text answers nothing here");
    assert!(screen.contains(OPEN) && !screen.contains(&format!("> {NAME}")), "{screen}");
    // Over a slow line it comes in pieces; only its end ends it.
    for piece in ["\x1b[200~", NAME, "\r", "\x1b[20", "1~"] {
        pty.keys(piece);
        pause();
    }
    let screen =
        pty.until("the open question", |screen| screen.contains(OPEN) && screen.contains("pasted text answers"));
    assert!(!screen.contains(&format!("> {NAME}")), "{screen}");
    // A terminal that does not tell: all in one piece.
    pty.keys(&format!("{NAME}\r"));
    let screen = pty.wait(&format!("> {NAME}"));
    assert!(screen.contains(OPEN), "{screen}");
    pty.keys("\x1b");
    pty.wait_gone(OPEN);
    pty.keys("\x03");
    assert_eq!(pty.end().0, 0);
    assert_eq!((desk.writes(), desk.activity().len()), (0, 0));
}

/// Longer than half a sequence is waited for.
fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(120));
}

#[test]
fn a_key_of_ones_own_that_confirms_is_no_better_guarded_when_pasted_than_enter() {
    let desk = Desk::new(&[]);
    let config = std::fs::read_to_string(desk.config()).unwrap();
    desk.configure(&format!("{config}\n[keys]\nconfirm-change = \"Tab\"\n"));
    let mut pty = console(&desk, &[], &[]);
    on_the_rule(&pty);
    asked_for(&pty, "type staging-refresh-nightly and");
    pty.keys(&format!("{NAME}\t"));
    pty.wait("that key came together with the one before it");
    assert_eq!(desk.writes(), 0);
    pty.keys("\t");
    pty.wait("✓ disabled rule:default/staging-refresh-nightly");
    pty.keys("\x03");
    assert_eq!((pty.end().0, desk.writes()), (0, 1));
}

#[test]
fn a_question_dies_of_time_and_of_being_suspended() {
    let desk = Desk::new(&[]);
    let mut pty = console(&desk, &[], &[("CUTOVER_TEST_ANSWER_WITHIN", "2")]);
    on_the_rule(&pty);
    pty.keys("Od");
    pty.wait("nobody answered within 2 s, so the question is closed");
    pty.keys(NAME);
    pty.keys("\r");
    pty.keys("\x1b");
    pty.wait_gone("so the question is closed");
    pty.keys("\x03");
    pty.end();
    drop(pty);
    let mut pty = console(&desk, &[], &[]);
    on_the_rule(&pty);
    asked(&pty);
    pty.keys("\x1a");
    pty.wait("the program was suspended, so the question is closed");
    pty.keys("\x1b");
    pty.wait_gone("so the question is closed");
    asked(&pty);
    pty.signal("STOP");
    pty.signal("CONT");
    pty.wait("the program was suspended, so the question is closed");
    pty.keys("\x03");
    assert_eq!(pty.end().0, 0);
    assert_eq!(desk.writes(), 0);
}

#[test]
fn what_somebody_else_changed_meanwhile_is_not_sent() {
    let desk = Desk::new(&[]);
    let mut pty = console(&desk, &[], &[]);
    on_the_rule(&pty);
    asked(&pty);
    assert_eq!(desk.told(&["schedules", "disable", RULE, "--yes"]).0, 0);
    pty.keys(NAME);
    pty.wait(&format!("> {NAME}"));
    pty.keys("\r");
    // The console may have seen it itself by then, and closed the question.
    pty.until("why it was not sent", |screen| {
        screen.contains("it was changed since it was read: it was ENABLED, and is DISABLED now")
            || screen.contains("was enabled when it was looked at and is disabled now")
    });
    pty.keys("\x03");
    assert_eq!(pty.end().0, 0);
    assert_eq!(desk.writes(), 1, "that of the other one");
}

#[test]
fn where_operating_is_not_possible_the_band_says_read_only_and_problems_say_why() {
    let account = "expect_account = \"123456789012\"\n";
    for (config, args, why) in [
        (String::new(), &["--operate"][..], "the configuration does not say which account is meant"),
        ("expect_account = \"999999999999\"\noperate = true\n".to_owned(), &[], "expect_account is 999999999999"),
        (format!("{account}operate = true\naudit_dir = \"/nonexistent/team\"\n"), &[], "the audit cannot be written"),
        (account.to_owned(), &[], ""),
        (format!("{account}operate = true\n"), &["--read-only"], ""),
    ] {
        let desk = Desk::new(&[]);
        desk.configure(&config);
        let mut pty = console(&desk, args, &[]);
        pty.until("the mode", |screen| screen.contains("READ-ONLY") && !screen.contains("OPERATE"));
        if !why.is_empty() {
            pty.keys("!");
            pty.wait(why);
            pty.keys("\x1b");
        }
        pty.keys("\x03");
        assert_eq!(pty.end().0, 0);
        assert_eq!(desk.writes(), 0, "{config}");
    }
}
