//! Activity on the real console: what was left unfinished, a change made elsewhere while it is looked at, an entry in full.

use crate::activity::{append, desk, disable, line_of, own};
use crate::change::Desk;
use crate::pty::Start;

#[test]
fn what_was_changed_by_whom_and_what_was_left_unfinished() {
    let (desk, team) = desk();
    disable(&desk);
    // Somebody's program ended while it was sending, a few minutes ago.
    let text = std::fs::read_to_string(own(&team)).unwrap();
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let asked: jiff::Timestamp = first["asked_at"].as_str().unwrap().parse().unwrap();
    let asked = (asked - jiff::SignedDuration::from_mins(5)).to_string();
    let left = [
        ("state", "sent".into()),
        ("asked_at", asked.into()),
        ("ended_at", serde_json::Value::Null),
        ("kind", "stop-task".into()),
        ("name", "task:orders-\u{1b}[2Jcdc".into()),
        ("arn", "arn:aws:dms:eu-west-1:123456789012:task:ORDERS".into()),
    ];
    append(&team.join("joe@elsewhere.jsonl"), &line_of(&team, "joe", &left));
    let config = desk.config();
    let start = Start::cutover(&Desk::args(&config, &["--read-only"])).size(160, 40);
    let mut pty = desk.env().iter().fold(start, |start, (name, value)| start.env(name, value)).start();
    pty.wait("billing-cdc");
    // It is told on every screen, whoever never opens the audit.
    pty.wait("! 1 problem");
    pty.keys("!");
    pty.wait("a change was left unfinished: stop-task of task:orders-[2Jcdc by joe on elsewhere");
    pty.keys("H");
    let both = |screen: &str| screen.contains("rule:default/staging-refresh-nightly") && screen.contains("▲ unknown");
    let screen = pty.until("both entries", both);
    assert!(screen.contains("1 of yours, 1 of others of the team"), "{screen}");
    pty.keys("/who:joe\r");
    let screen = pty.until("the pane about it", |screen| screen.contains("cutover tasks") && screen.contains("1 of 2"));
    assert!(screen.contains("never written"), "{screen}");
    pty.keys("\r");
    pty.wait("from the folder of the team");
    pty.keys("\x1b");
    pty.wait("RESULT");
    pty.keys("\x1b");
    pty.wait("disable-rule");
    // Changed in another window meanwhile.
    let (status, _, err) = desk.told(&["schedules", "enable", crate::change::RULE, "--yes"]);
    assert_eq!(status, 0, "{err}");
    pty.keys("r");
    pty.wait("enable-rule");
    pty.keys("qqq");
    assert_eq!(pty.end().0, 0);
}
