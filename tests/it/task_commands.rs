//! Starting, resuming, stopping, reloading and testing tasks with the real binary: who may, what is asked, what is refused,
//! what is printed and what is written down.

use crate::change::Desk;
use crate::cli::{Aws, fits, promised};
use cutover::demo::{Fleet, Options};
use serde_json::{Map, Value, json};

/// Full load and CDC, runs, validates.
pub const RUNNING: &str = "fleet-000-full-load-and-cdc";
/// Full load, finished.
pub const LOADED: &str = "fleet-001-full-load";
/// CDC, stopped.
pub const CDC: &str = "fleet-003-cdc";
/// Full load and CDC, stopped.
pub const STOPPED: &str = "fleet-004-full-load-and-cdc";
/// CDC without an instance, runs.
pub const SERVERLESS: &str = "fleet-009-cdc";
/// Full load, never run. A fleet of this many tasks has it.
pub const READY: &str = "fleet-061-full-load";
/// Where all of these write to, apart from the last.
pub const TARGET: &str = "target-00.c1x2y3z4.eu-west-1.rds.amazonaws.com/shop";
pub const READY_TARGET: &str = "target-06.c1x2y3z4.eu-west-1.rds.amazonaws.com/shop";

/// An operator who may overwrite the targets, before a fleet with a task of every kind but those that never ran.
pub fn desk(faults: &[&str]) -> Desk {
    fleet(10, faults)
}

/// The same before as many tasks as it takes to have the one that this is about.
pub fn desk_for(verb: &Verb, faults: &[&str]) -> Desk {
    fleet(if verb.task() == READY { 62 } else { 10 }, faults)
}

pub fn fleet(tasks: usize, faults: &[&str]) -> Desk {
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let fleet = Some(Fleet { tasks, tables: 4 });
    let desk = Desk::at(Aws::with(Options { seed: 7, faults, fleet, ..Options::default() }));
    desk.configure(&format!("{ALLOWED}reload_allowed = [{TARGET:?}, {READY_TARGET:?}]\n"));
    desk
}

const ALLOWED: &str = "environment = \"REHEARSAL\"\nexpect_account = \"123456789012\"\noperate = true\n";

/// One change of each kind: the command, the request it becomes, where the task is then.
pub struct Verb {
    pub args: &'static [&'static str],
    pub operation: &'static str,
    /// Requests of it.
    pub requests: u64,
    pub kind: &'static str,
    pub before: &'static str,
    /// After AWS has taken it.
    pub after: &'static str,
    pub said: &'static str,
}

impl Verb {
    pub fn task(&self) -> &'static str {
        self.args[1]
    }
}

const NAMED: &str = "--confirm";

pub const VERBS: [Verb; 7] = [
    Verb {
        args: &["start", READY, NAMED, READY, "--target", READY_TARGET],
        operation: "StartReplicationTask",
        requests: 1,
        kind: "start-task",
        before: "ready",
        after: "starting",
        said: "started fleet-061-full-load (start-replication)",
    },
    Verb {
        args: &["start", CDC, "--from-position", "checkpoint:V1#1", NAMED, CDC, "--target", TARGET],
        operation: "StartReplicationTask",
        requests: 1,
        kind: "start-task",
        before: "stopped",
        after: "starting",
        said: "started fleet-003-cdc (start-replication)",
    },
    Verb {
        args: &["resume", STOPPED, "--yes"],
        operation: "StartReplicationTask",
        requests: 1,
        kind: "resume-task",
        before: "stopped",
        after: "starting",
        said: "resumed fleet-004-full-load-and-cdc (resume-processing)",
    },
    Verb {
        args: &["reload", LOADED, "--all", NAMED, LOADED, "--target", TARGET],
        operation: "StartReplicationTask",
        requests: 1,
        kind: "reload-task",
        before: "stopped",
        after: "starting",
        said: "all of fleet-001-full-load is being loaded again (reload-target)",
    },
    Verb {
        args: &["reload", RUNNING, "--table", "shop.customer_00000", NAMED, RUNNING, "--target", TARGET],
        operation: "ReloadTables",
        requests: 1,
        kind: "reload-tables",
        before: "running",
        after: "running",
        said: "1 table of fleet-000-full-load-and-cdc to be loaded again",
    },
    Verb {
        args: &["stop", RUNNING, "--no-wait", "--yes"],
        operation: "StopReplicationTask",
        requests: 1,
        kind: "stop-task",
        before: "running",
        after: "stopping",
        said: "fleet-000-full-load-and-cdc was told to stop",
    },
    Verb {
        args: &["test-connections", RUNNING, "--no-wait", "--yes"],
        operation: "TestConnection",
        requests: 2,
        kind: "test-connections",
        before: "running",
        after: "running",
        said: "are being tested: source source-00, target target-00",
    },
];

/// The one row of a command that prints JSON.
fn row(desk: &Desk, args: &[&str], status: i32) -> Map<String, Value> {
    let (code, out, err) = desk.told(&[args, &["--output=json"]].concat());
    assert_eq!(code, status, "{args:?}: {err}");
    let mut rows: Vec<Map<String, Value>> = serde_json::from_str(&out).unwrap();
    assert_eq!(rows.len(), 1, "{args:?}");
    let (row, promised) = (rows.remove(0), promised("start, resume, stop, reload, test-connections"));
    assert_eq!(row.keys().collect::<Vec<_>>(), promised.keys().collect::<Vec<_>>());
    for (name, value) in &row {
        assert!(fits(value, &promised[name]), "{name} is {value}, not {}", promised[name]);
    }
    row
}

pub fn status_of(desk: &Desk, name: &str) -> String {
    let rows = desk.aws.json(&["tasks", "--output=json"]);
    rows.iter().find(|row| row["name"] == name).unwrap()["status"].as_str().unwrap().to_owned()
}

#[test]
fn each_command_does_the_one_thing_it_says_and_writes_it_down() {
    std::thread::scope(|all| {
        for verb in &VERBS {
            all.spawn(move || {
                let desk = desk_for(verb, &[]);
                let row = row(&desk, verb.args, 0);
                assert_eq!(
                    (&row["result"], &row["task"], &row["state_before"], &row["state_after"]),
                    (&json!("done"), &json!(verb.task()), &json!(verb.before), &json!(verb.after)),
                    "{:?}",
                    verb.args
                );
                assert!(row["message"].as_str().unwrap().contains(verb.said), "{:?}: {}", verb.args, row["message"]);
                assert!(row["request_id"].is_string() && row["audit_id"].is_string(), "{row:?}");
                assert_eq!(
                    (desk.writes(), desk.sent(&format!("dms:{}", verb.operation))),
                    (verb.requests, verb.requests)
                );
                let activity = desk.activity();
                assert_eq!((activity.len(), &activity[0]["kind"]), (1, &json!(verb.kind)));
                assert_eq!((&activity[0]["result"], &activity[0]["id"]), (&json!("done"), &row["audit_id"]));
                assert_eq!(activity[0]["name"], format!("task:{}", verb.task()));
                assert_eq!(activity[0]["aws_command"], row["aws_command"]);
            });
        }
    });
}

#[test]
fn a_stop_waits_until_it_has_stopped_and_tells_its_reason_and_its_checkpoint() {
    let desk = desk(&[]);
    let (status, out, err) = desk.told(&["stop", RUNNING, "--yes"]);
    assert_eq!(status, 0, "{err}");
    assert!(err.contains("AWS has taken it (request id ") && err.contains("waiting until it has stopped"), "{err}");
    for part in [" has stopped at ", "StopReason: Stop Reason NORMAL", "RecoveryCheckpoint: checkpoint:V1#"] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let kinds: Vec<Value> = desk.activity().iter().map(|row| row["kind"].clone()).collect();
    assert_eq!(kinds, ["stopped-task", "stop-task"]);
    assert_eq!(desk.writes(), 1);
    // It goes on where it stopped, and is waited for because somebody said so.
    let resumed = row(&desk, &["resume", RUNNING, "--yes", "--wait", "1m"], 0);
    assert_eq!((&resumed["state_before"], &resumed["state_after"]), (&json!("stopped"), &json!("running")));
    let again = row(&desk, &["stop", RUNNING, "--yes"], 0);
    assert_eq!(again["state_after"], "stopped");
    assert!(again["stop_reason"].as_str().unwrap().contains("NORMAL"), "{again:?}");
    assert!(again["recovery_checkpoint"].as_str().unwrap().starts_with("checkpoint:V1#"), "{again:?}");
    assert!(again["end_audit_id"].is_string() && again["end_audit_id"] != again["audit_id"]);
    // Whoever has it stopped already has nothing to do.
    assert_eq!(row(&desk, &["stop", RUNNING, "--yes"], 0)["result"], "nothing-to-do");
}

#[test]
fn what_is_waited_for_in_vain_is_unknown() {
    // Whoever looks sees what was there before.
    let desk = desk(&["stale-describes@DescribeReplicationTasks=60"]);
    let (status, out, err) = desk.told(&["stop", RUNNING, "--yes", "--wait", "1s"]);
    assert!(status == 3 && out.is_empty(), "{out}");
    assert!(err.contains("It may yet stop. Look with `cutover tasks`"), "{err}");
    assert_eq!(desk.writes(), 1);
}

#[test]
fn a_test_of_connections_is_a_yes_or_a_no() {
    let desk = desk(&[]);
    let tested = row(&desk, &["test-connections", RUNNING, "--yes"], 0);
    assert_eq!((&tested["result"], &tested["connections"]), (&json!("done"), &json!(["successful", "successful"])));
    desk.aws.switch_on("endpoint-down=target-00");
    let tested = row(&desk, &["test-connections", RUNNING, "--yes"], 1);
    assert_eq!((&tested["result"], &tested["connections"]), (&json!("no"), &json!(["successful", "failed"])));
    assert!(tested["message"].as_str().unwrap().contains("connection to the target: failed: Test Endpoint failed"));
    // And nothing is started over a connection that does not work.
    let (status, _, err) = desk.told(&["resume", STOPPED, "--yes"]);
    assert_eq!(status, 1, "{err}");
    assert!(
        err.contains("the last test of the connection to its target was not successful (failed): Test Endpoint"),
        "{err}"
    );
    assert!(err.contains("test again: cutover test-connections fleet-004-full-load-and-cdc"), "{err}");
    assert_eq!((desk.writes(), desk.sent("dms:TestConnection")), (4, 4));
}

#[test]
fn a_look_needs_no_permission_and_leaves_nothing_behind() {
    let desk = fleet(62, &[]);
    desk.configure(&format!("reload_allowed = [{TARGET:?}]\n"));
    for (args, status, result) in [
        (&["stop", RUNNING][..], 0, "legal"),
        (&["reload", LOADED, "--all"], 0, "legal"),
        (&["start", CDC, "--from", "now"], 1, "refused"),
        (&["start", READY], 1, "refused"),
        (&["stop", STOPPED], 0, "nothing-to-do"),
        (&["reload", CDC, "--all"], 1, "refused"),
        (&["test-connections", SERVERLESS], 1, "refused"),
    ] {
        for mode in [&["--dry-run"][..], &["--dry-run", "--read-only"]] {
            let told = row(&desk, &[args, mode].concat(), status);
            assert_eq!(told["result"], result, "{args:?}: {}", told["message"]);
            // There is no request that tests from no instance.
            let command = told["aws_command"].as_str().unwrap();
            assert_eq!(command.starts_with("aws dms "), args[1] != SERVERLESS, "{args:?}: {command}");
        }
        let (code, out, _) = desk.told(&[args, &["--dry-run"]].concat());
        assert_eq!(code, status);
        assert!(out.contains("account 123456789012 · eu-west-1"), "{args:?}: {out}");
        assert_eq!(
            out.contains(
                "the same by hand:
aws dms "
            ),
            args[1] != SERVERLESS,
            "{args:?}: {out}"
        );
    }
    assert!(desk.writes() == 0 && desk.activity().is_empty() && !desk.state().exists());
    // What is asked for beside what is so already is no success.
    for args in [
        &["resume", RUNNING, "--cdc-stop", "commit_time:2026-11-22T14:00:00"][..],
        &["start", SERVERLESS, "--from", "now"],
    ] {
        let told = row(&desk, &[args, &["--dry-run"]].concat(), 1);
        assert!(told["message"].as_str().unwrap().contains("it was not set"), "{args:?}: {}", told["message"]);
    }
    // The same without --dry-run does not even look.
    let (status, _, err) = desk.told(&["stop", RUNNING, "--yes"]);
    assert!(status == 2 && err.contains("Pass --operate"), "{err}");
}

#[test]
fn a_look_says_that_it_is_the_wrong_account() {
    let desk = desk(&[]);
    desk.configure("operate = true\nexpect_account = \"210987654321\"\n");
    for args in [&["stop", RUNNING, "--dry-run"][..], &["stop", RUNNING, "--dry-run", "--read-only"]] {
        let told = row(&desk, args, 1);
        let said = told["message"].as_str().unwrap();
        assert!(
            told["result"] == "refused" && said.contains("it would be refused: these credentials are of"),
            "{said}"
        );
    }
    assert!(desk.writes() == 0 && desk.activity().is_empty());
}

#[test]
fn what_is_not_said_clearly_is_not_asked_of_aws() {
    let desk = desk(&[]);
    let before = desk.aws.asked();
    for (args, said) in [
        (&["stop", RUNNING][..], "pass --yes, or --confirm NAME --target HOST/DB, where this is meant"),
        (&["stop", RUNNING, "--yes", "--read-only"], "Leave --read-only out"),
        (&["stop", RUNNING, "--yes", "--confirm", RUNNING, "--target", TARGET], "cannot be used with"),
        (&["stop", RUNNING, "--confirm", RUNNING], "--target"),
        (&["stop", RUNNING, "--target", TARGET], "--confirm"),
        (&["stop", RUNNING, "--confirm", RUNNING, "--target", "shop"], "is not HOST/DB"),
        (&["stop", RUNNING, "--yes", "--dry-run"], "cannot be used with"),
        (&["stop", RUNNING, "--yes", "--wait", "2d"], "nobody waits for more than 24h"),
        (&["stop", RUNNING, "--yes", "--wait", "1m", "--no-wait"], "cannot be used with"),
        (&["start", CDC, "--yes", "--from", "now", "--from-position", "x"], "cannot be used with"),
        (&["start", CDC, "--yes", "--from", "yesterday"], "a position goes to --from-position"),
        (&["start", CDC, "--yes", "--from-position", ""], "a value is required"),
        (&["resume", CDC, "--yes", "--cdc-stop", "14:00"], "is neither server_time:"),
        (&["reload", LOADED, "--yes"], "<--all|--table"),
        (&["reload", LOADED, "--yes", "--all", "--table", "shop.a"], "cannot be used with"),
        (&["reload", LOADED, "--yes", "--all", "--validate-only"], "cannot be used with"),
        (&["reload", RUNNING, "--yes", "--table", "orders"], "expected SCHEMA.TABLE"),
        (&["reload", RUNNING, "--yes", "--table", "shop.a", "--wait", "1m"], "go with --all"),
    ] {
        let (status, out, err) = desk.told(args);
        assert_eq!((status, out.as_str()), (2, ""), "{args:?}: {err}");
        assert!(err.contains(said), "{args:?}: {err}");
    }
    assert_eq!(desk.aws.asked(), before);
    // A name is whole, or it is nobody's.
    for (name, said) in [
        ("fleet-000", "no task \"fleet-000\" in account 123456789012"),
        ("FLEET-000-full-load-and-cdc", "no task"),
        ("arn:aws:dms:us-east-1:123456789012:task:ABC", "pass --region us-east-1"),
    ] {
        let (status, _, err) = desk.told(&["stop", name, "--yes"]);
        assert!(status == 2 && err.contains(said), "{name}: {err}");
    }
    assert!(desk.writes() == 0 && desk.activity().is_empty());
}

#[test]
fn on_a_terminal_the_name_of_the_task_is_typed() {
    let desk = desk(&[]);
    let reload = ["reload", LOADED, "--all"];
    let mut pty = desk.asked(&reload);
    pty.wait(&format!("This destroys rows in {TARGET}. Type"));
    pty.keys("y\n");
    pty.wait("not confirmed: that is not the name");
    assert_eq!((pty.end().0, desk.writes()), (1, 0));
    drop(pty);
    let mut pty = desk.asked(&reload);
    pty.keys(&format!("{LOADED}\n"));
    pty.wait("is being loaded again");
    assert_eq!((pty.end().0, desk.writes()), (0, 1));
    let activity = desk.activity();
    let row = &activity[0];
    assert_eq!((&row["confirmed_by"], &row["tty"], &row["result"]), (&json!("typed"), &json!(true), &json!("done")));
    assert_eq!((activity.len(), &activity[1]["result"]), (2, &json!("refused")));
}
