//! What goes wrong between a preview and the end of a change: what the operator sees, and that nothing is sent twice or to the
//! wrong account.

use crate::change::{Desk, PATIENCE, RULE, SCHEDULE};
use crate::cli::command;
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A fault of the one request that matters, and what comes of it.
struct Case {
    fault: &'static str,
    status: i32,
    said: &'static [&'static str],
    result: &'static str,
    state: &'static str,
}

const CASES: [Case; 6] = [
    Case {
        fault: "throttle@DisableRule=1",
        status: 3,
        said: &["AWS refused it: nothing was changed", "events:DisableRule in eu-west-1: throttled"],
        result: "failed",
        state: "ENABLED",
    },
    Case {
        fault: "access-denied=DisableRule",
        status: 3,
        said: &["AWS refused it: nothing was changed", "This identity needs events:DisableRule"],
        result: "failed",
        state: "ENABLED",
    },
    Case {
        fault: "latency@DisableRule=1500",
        status: 0,
        said: &["disabled rule:default/staging-refresh-nightly"],
        result: "done",
        state: "DISABLED",
    },
    Case {
        fault: "lost-response@DisableRule",
        status: 0,
        said: &[
            "disabled rule:default/staging-refresh-nightly",
            "no answer came",
            "so it was looked at: it is disabled",
        ],
        result: "done",
        state: "DISABLED",
    },
    Case {
        fault: "cut@DisableRule",
        status: 3,
        said: &[
            "unknown: it was sent once and no answer came",
            "looked at 4 times: it is still ENABLED",
            "before you ask",
        ],
        result: "unknown",
        state: "ENABLED",
    },
    // A service that fails may have done it before it failed.
    Case {
        fault: "error@DisableRule",
        status: 3,
        said: &["unknown: it was sent once and no answer came", "InternalFailure", "it is still ENABLED"],
        result: "unknown",
        state: "ENABLED",
    },
];

#[test]
fn every_way_to_fail_is_told_as_what_it_is_and_sent_once() {
    std::thread::scope(|all| {
        for case in &CASES {
            all.spawn(move || {
                let Case { fault, status, said, result, state } = case;
                let desk = Desk::new(&[fault]);
                let (code, out, err) = desk.told(&["schedules", "disable", RULE, "--yes"]);
                let printed = out + &err;
                assert_eq!(code, *status, "{fault}: {printed}");
                for part in *said {
                    assert!(printed.contains(part), "{fault}: {part:?} is not in\n{printed}");
                }
                assert_eq!((desk.writes(), desk.sent("events:DisableRule")), (1, 1), "{fault}");
                assert_eq!(desk.state_of("staging-refresh-nightly"), *state, "{fault}");
                let activity = desk.activity();
                assert_eq!((activity.len(), &activity[0]["result"]), (1, &json!(result)), "{fault}");
                let advice = activity[0]["advice"].as_str().unwrap_or_default();
                assert_eq!(advice.contains("look with `cutover schedules`"), *result == "unknown", "{fault}: {advice}");
            });
        }
    });
}

/// The one request of a schedule writes all of it; a lost answer is settled the same way.
#[test]
fn a_lost_answer_about_a_schedule_is_settled_by_looking() {
    let desk = Desk::new(&["lost-response@UpdateSchedule"]);
    let (status, out, err) = desk.told(&["schedules", "disable", SCHEDULE, "--yes"]);
    assert_eq!(status, 0, "{err}");
    assert!(out.contains("so it was looked at: it is disabled"), "{out}");
    assert_eq!((desk.writes(), desk.state_of("staging-refresh-weekly").as_str()), (1, "DISABLED"));
}

/// Which, what happens between the question and its answer, how often something was written by others, what is said, and
/// what stands in the audit.
type Between = (&'static str, fn(&Desk), u64, i32, &'static [&'static str], &'static str);

const BETWEEN: [Between; 5] = [
    (
        RULE,
        |desk| assert_eq!(desk.told(&["schedules", "disable", RULE, "--yes"]).0, 0),
        1,
        1,
        &["it was changed since it was read: it was ENABLED, and is DISABLED now", "Nothing was sent"],
        "refused",
    ),
    (
        SCHEDULE,
        // It is as it was, and yet somebody has written it.
        |desk| {
            assert_eq!(desk.told(&["schedules", "disable", SCHEDULE, "--yes"]).0, 0);
            assert_eq!(desk.enable_weekly().0, 0);
        },
        2,
        1,
        &["it was changed since it was read: it was last written at", "Nothing was sent"],
        "refused",
    ),
    (
        RULE,
        |desk| desk.aws.switch_on("wrong-account=999999999999"),
        0,
        1,
        &["the credentials belong to account 999999999999, not 123456789012", "Nothing was sent"],
        "refused",
    ),
    (
        RULE,
        |desk| desk.aws.switch_on("expired-credentials"),
        0,
        3,
        &["nothing was sent", "the credentials are no longer accepted", "aws sso login"],
        "failed",
    ),
    (
        SCHEDULE,
        |desk| desk.aws.switch_on("access-denied=GetSchedule"),
        0,
        3,
        &["nothing was sent: it could not be read again", "scheduler:GetSchedule"],
        "failed",
    ),
];

#[test]
fn what_happens_between_question_and_answer_stops_the_change() {
    for (which, happens, others, status, said, result) in BETWEEN {
        let desk = Desk::new(&[]);
        let mut pty = desk.asked(&["schedules", "disable", which]);
        happens(&desk);
        let name = which.rsplit('/').next().unwrap();
        pty.keys(&format!("{name}\n"));
        for part in said {
            pty.wait(part);
        }
        assert_eq!(pty.end().0, status, "{said:?}");
        assert_eq!(desk.writes(), others, "{said:?}");
        let activity = desk.activity();
        assert_eq!(activity.len(), usize::try_from(others).unwrap() + 1, "{said:?}");
        assert_eq!(
            (&activity[0]["result"], &activity[0]["confirmed_by"]),
            (&json!(result), &json!("typed")),
            "{said:?}"
        );
        assert!(activity[0]["request_id"].is_null());
    }
}

#[test]
fn a_program_that_was_killed_while_it_sent_leaves_a_line_that_says_so() {
    let desk = Desk::new(&["latency@DisableRule=14000"]);
    let config = desk.config();
    let args = Desk::args(&config, &["schedules", "disable", RULE, "--yes"]);
    let mut child = command(&args, &desk.env()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let end = Instant::now() + PATIENCE;
    let row = loop {
        match desk.activity().pop() {
            Some(row) if row["state"] == "sent" && desk.writes() == 1 => break row,
            _ => assert!(Instant::now() < end, "it was never sent"),
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!((&row["result"], &row["advice"]), (&json!("under-way"), &json!("wait for its end")));
    child.kill().unwrap();
    child.wait().unwrap();
    let row = desk.activity().pop().unwrap();
    assert_eq!((&row["result"], &row["state"], &row["ended_at"]), (&json!("unknown"), &json!("sent"), &Value::Null));
    let advice = row["advice"].as_str().unwrap();
    assert!(
        advice.contains("ended while it was sending; look with `cutover schedules`") && advice.contains(RULE),
        "{advice}"
    );
    assert_eq!(desk.writes(), 1);
    // Asking again starts from what is there now, and writes its own line.
    desk.aws.switch_off("latency");
    assert_eq!(desk.told(&["schedules", "disable", RULE, "--yes"]).0, 0);
    assert_eq!(desk.state_of("staging-refresh-nightly"), "DISABLED");
    assert!(desk.writes() <= 2);
}
