//! What goes wrong between a preview of a change of a task and its end: what the operator sees, and that nothing is sent twice
//! or to the wrong account; and what is refused before anything is sent.

use crate::change::{Desk, PATIENCE};
use crate::cli::command;
use crate::task_commands::{
    CDC, LOADED, READY, RUNNING, SERVERLESS, STOPPED, TARGET, VERBS, Verb, desk, desk_for, fleet, status_of,
};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Instant;

/// A fault of the one request that matters, and what comes of it.
#[derive(Clone, Copy)]
struct Fault {
    /// `OP` stands for the operation.
    name: &'static str,
    status: i32,
    said: &'static [&'static str],
    result: &'static str,
    /// It is carried out all the same.
    done: bool,
}

const FAULTS: [Fault; 6] = [
    Fault {
        name: "throttle@OP=1",
        status: 3,
        said: &["AWS refused it: nothing was changed", "dms:OP in eu-west-1: throttled"],
        result: "failed",
        done: false,
    },
    Fault {
        name: "access-denied=OP",
        status: 3,
        said: &["AWS refused it: nothing was changed", "This identity needs dms:OP"],
        result: "failed",
        done: false,
    },
    Fault { name: "latency@OP=1500", status: 0, said: &[], result: "done", done: true },
    Fault {
        name: "lost-response@OP",
        status: 0,
        said: &["no answer came", "so it was looked at: "],
        result: "done",
        done: true,
    },
    Fault {
        name: "cut@OP",
        status: 3,
        said: &["no answer came", "Look with `cutover t", "before you ask for it again"],
        result: "unknown",
        done: false,
    },
    // A service that fails may have done it before it failed.
    Fault {
        name: "error@OP",
        status: 3,
        said: &["no answer came", "InternalFailure", "Look with `cutover t"],
        result: "unknown",
        done: false,
    },
];

#[test]
fn every_way_to_fail_is_told_as_what_it_is_and_sent_once() {
    for fault in &FAULTS {
        std::thread::scope(|all| {
            for verb in &VERBS {
                all.spawn(move || fails(verb, fault));
            }
        });
    }
}

fn fails(verb: &Verb, fault: &Fault) {
    let Fault { name, mut status, said, mut result, done } = *fault;
    let operation = verb.operation;
    // After an answer that never came nothing more is sent, so two requests are done by half.
    let by_half = name.starts_with("lost-response") && verb.requests > 1;
    if by_half {
        (status, result) = (3, "failed");
    }
    let desk = desk_for(verb, &[&name.replace("OP", operation)]);
    let (code, out, err) = desk.told(verb.args);
    let (printed, what) = (out + &err, format!("{} {name}", verb.kind));
    assert_eq!(code, status, "{what}: {printed}");
    for part in said {
        let part = part.replace("OP", operation);
        assert!(printed.contains(&part), "{what}: {part:?} is not in\n{printed}");
    }
    assert_eq!(printed.contains(verb.said), done && !by_half, "{what}: {printed}");
    let by_half_said =
        "asked for: connections 1 of 2 (source source-00)\n  not sent: connections 2 of 2 (target target-00)";
    assert_eq!(printed.contains(by_half_said), by_half, "{what}: {printed}");
    // The second of two requests is sent only when the first was taken.
    let sent = if done && !by_half { verb.requests } else { 1 };
    assert_eq!((desk.writes(), desk.sent(&format!("dms:{operation}"))), (sent, sent), "{what}");
    let left = status_of(&desk, verb.task()) == verb.before;
    assert_eq!(left, !done || verb.before == verb.after, "{what}");
    let activity = desk.activity();
    assert_eq!((activity.len(), &activity[0]["result"]), (1, &json!(result)), "{what}");
    let advice = activity[0]["advice"].as_str().unwrap_or_default();
    // What was begun and not waited for is to be looked at, as what nobody knows is.
    let begun = result == "done" && ["stop-task", "test-connections"].contains(&verb.kind);
    assert_eq!(advice.is_empty(), result != "unknown" && !begun, "{what}: {advice}");
}

/// What cannot be seen from outside stays unknown, and is not asked for again.
#[test]
fn a_lost_answer_about_a_validation_is_unknown() {
    let desk = desk(&["lost-response@ReloadTables"]);
    let validate = ["reload", RUNNING, "--table", "shop.customer_00000", "--validate-only", "--yes"];
    let (status, _, err) = desk.told(&validate);
    assert!(status == 3 && err.contains("cannot be seen from outside"), "{err}");
    assert_eq!((desk.writes(), &desk.activity()[0]["result"]), (1, &json!("unknown")));
    desk.aws.switch_off("lost-response");
    assert_eq!(desk.told(&validate).0, 0);
    assert_eq!(desk.writes(), 2);
}

/// What happens between the question and its answer, what others sent meanwhile, exit status, what is said, and what stands
/// in the audit.
type Between = (fn(&Desk, &Verb), bool, i32, &'static [&'static str], &'static str);

const BETWEEN: [Between; 4] = [
    (
        |desk, verb| {
            let somebody = match verb.before {
                "running" => &["stop", verb.task(), "--no-wait", "--yes"][..],
                _ => verb.args,
            };
            assert_eq!(desk.told(somebody).0, 0);
        },
        true,
        1,
        &["it was changed since it was read: it was ", "Nothing was sent"],
        "refused",
    ),
    (
        |desk, _| desk.aws.switch_on("wrong-account=999999999999"),
        false,
        1,
        &["the credentials belong to account 999999999999, not 123456789012", "Nothing was sent"],
        "refused",
    ),
    (
        |desk, _| desk.aws.switch_on("expired-credentials"),
        false,
        3,
        &["nothing was sent", "the credentials are no longer accepted", "aws sso login"],
        "failed",
    ),
    (
        |desk, _| desk.aws.switch_on("access-denied=DescribeEndpoints"),
        false,
        3,
        &["nothing was sent: it could not be read again", "dms:DescribeEndpoints"],
        "failed",
    ),
];

#[test]
fn what_happens_between_question_and_answer_stops_the_change() {
    for (place, verb) in VERBS.iter().enumerate() {
        // The last is the same for all of them.
        let happenings = if place == 0 { &BETWEEN[..] } else { &BETWEEN[..3] };
        for (happens, others, status, said, result) in happenings {
            let desk = desk_for(verb, &[]);
            let flags = |flag: &&&str| !matches!(**flag, "--yes" | "--confirm" | "--target");
            // Without what confirms it and what goes with that.
            let end = verb.args.iter().position(|arg| !flags(&arg)).unwrap();
            let mut pty = desk.asked(&verb.args[..end]);
            happens(&desk, verb);
            let written = desk.writes();
            assert_eq!(written > 0, *others);
            pty.keys(&format!("{}\n", verb.task()));
            for part in *said {
                pty.wait(part);
            }
            assert_eq!(pty.end().0, *status, "{} {said:?}", verb.kind);
            assert_eq!(desk.writes(), written, "{} {said:?}", verb.kind);
            let activity = desk.activity();
            assert_eq!(
                (&activity[0]["result"], &activity[0]["kind"], &activity[0]["confirmed_by"]),
                (&json!(result), &json!(verb.kind), &json!("typed")),
                "{said:?}"
            );
            assert!(activity[0]["request_id"].is_null());
        }
    }
}

#[test]
fn a_program_that_was_killed_while_it_sent_leaves_a_line_that_says_so() {
    std::thread::scope(|all| {
        for verb in &VERBS {
            all.spawn(move || killed(verb));
        }
    });
}

fn killed(verb: &Verb) {
    let desk = desk_for(verb, &[&format!("latency@{}=14000", verb.operation)]);
    let config = desk.config();
    let args = Desk::args(&config, verb.args);
    let mut child = command(&args, &desk.env()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let end = Instant::now() + PATIENCE;
    loop {
        match desk.activity().pop() {
            Some(row) if row["state"] == "sent" && desk.writes() == 1 => break,
            _ => assert!(Instant::now() < end, "{}: it was never sent", verb.kind),
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let row = desk.activity().pop().unwrap();
    assert_eq!((&row["result"], &row["state"], &row["ended_at"]), (&json!("unknown"), &json!("sent"), &Value::Null));
    let advice = row["advice"].as_str().unwrap();
    assert!(advice.contains("ended while it was sending; look with `cutover tasks`"), "{advice}");
    assert_eq!(desk.writes(), 1, "{}", verb.kind);
}

/// Configuration beside the account, the command, and why not.
type Refusal = (&'static str, &'static [&'static str], &'static [&'static str]);

const ACCOUNT: &str = "expect_account = \"123456789012\"\noperate = true\n";
const MAY: &str = "reload_allowed = [\"target-00.c1x2y3z4.eu-west-1.rds.amazonaws.com/shop\"]\n";
const PROTECTED: &str = "reload_allowed = [\"target-00.c1x2y3z4.eu-west-1.rds.amazonaws.com/shop\"]\n\
                         protected = [\"target-0*/shop\"]\n";
const RETIRED: &str = "retired = [\"fleet-003-cdc\"]\n";
const RELOAD: &[&str] = &["reload", LOADED, "--all", "--confirm", LOADED, "--target", TARGET];

const REFUSED: [Refusal; 17] = [
    ("", RELOAD, &["is not in reload_allowed", "set reload_allowed = [\"target-00."]),
    (PROTECTED, RELOAD, &["which is protected by \"target-0*/shop\"", "Nothing overwrites a protected database"]),
    (RETIRED, &["resume", CDC, "--yes"], &["fleet-003-cdc is retired"]),
    (RETIRED, &["start", CDC, "--from-position", "x", "--yes"], &["fleet-003-cdc is retired"]),
    // Meant, and not as it must be said.
    (
        MAY,
        &["reload", LOADED, "--all", "--yes"],
        &["this cannot be undone, so --yes is not enough", "Nothing was sent."],
    ),
    (MAY, &["start", CDC, "--from-position", "x", "--yes"], &["so --yes is not enough"]),
    (MAY, &["reload", RUNNING, "--table", "shop.customer_00000", "--yes"], &["so --yes is not enough"]),
    (MAY, &["reload", LOADED, "--all", "--confirm", "fleet-001", "--target", TARGET], &["--confirm"]),
    (MAY, &["reload", LOADED, "--all", "--confirm", LOADED, "--target", "target-00/shop"], &["--target"]),
    // What its type and status do not allow.
    (MAY, &["resume", READY, "--yes"], &["never run"]),
    (MAY, &["start", STOPPED, "--yes"], &["it has run before", "Resume it to go on"]),
    (MAY, &["reload", RUNNING, "--all", "--yes"], &["it is running", "stop it first"]),
    (MAY, &["reload", CDC, "--all", "--yes"], &["cdc"]),
    (MAY, &["start", CDC, "--yes"], &["it must be said from where changes are captured"]),
    (MAY, &["reload", RUNNING, "--table", "shop.absent", "--yes"], &["the task has no table shop.absent"]),
    (MAY, &["reload", RUNNING, "--table", "shop.a", "shop.a", "--yes"], &["shop.a is named twice"]),
    (MAY, &["test-connections", SERVERLESS, "--yes"], &["serverless"]),
];

#[test]
fn what_may_not_be_is_refused_with_the_reason_and_what_to_do_and_nothing_is_sent() {
    let desk = fleet(62, &[]);
    for (config, args, said) in REFUSED {
        desk.configure(&format!("{ACCOUNT}{config}"));
        let (status, out, err) = desk.told(args);
        assert_eq!((status, out.as_str()), (1, ""), "{args:?}: {err}");
        for part in said {
            assert!(err.contains(part), "{args:?}: {part:?} is not in\n{err}");
        }
    }
    assert_eq!(desk.writes(), 0);
    // Each of them stands in the audit: what may not be, and what was not confirmed as it must be.
    let activity = desk.activity();
    assert_eq!(activity.len(), REFUSED.len());
    assert!(activity.iter().all(|row| row["result"] == "refused" && row["confirmed_by"].is_null()), "{activity:?}");
    let said = activity[8]["outcome"].as_str().unwrap();
    assert!(said.starts_with("refused: not confirmed: --target: that is not the database"), "{said}");
    // Connections that are being tested are not tested yet.
    desk.configure(&format!("{ACCOUNT}{MAY}"));
    assert_eq!(desk.told(&["test-connections", STOPPED, "--no-wait", "--yes"]).0, 0);
    let (status, _, err) = desk.told(&["resume", STOPPED, "--yes"]);
    assert!(status == 1 && err.contains("is being tested") && err.contains("Wait for the test to end"), "{err}");
    assert_eq!(desk.sent("dms:StartReplicationTask"), 0);
}
