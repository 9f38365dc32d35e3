//! Changing tasks against an embedded AWS that answers no, answers nothing, or has changed under our hands.

use crate::change::{Desk, PATIENCE};
use crate::change_tasks::{RELOAD, RESUME, Seat, block_on, entries, fleet, many, reload, taken, validate, writes};
use cutover::model::audit::State;
use cutover::model::change::{ReloadHow, Verb};
use std::time::Instant;

/// Waits until so many were sent, then does something while the last of them is on its way.
fn meanwhile<T>(desk: &Desk, operation: &str, does: impl FnOnce() + Send, work: impl FnOnce() -> T) -> T {
    std::thread::scope(|all| {
        let waits = all.spawn(move || {
            let end = Instant::now() + PATIENCE;
            while desk.sent(&format!("dms:{operation}")) == 0 {
                assert!(Instant::now() < end, "{operation} was never sent");
                std::thread::yield_now();
            }
            does();
        });
        let out = work();
        waits.join().unwrap();
        out
    })
}

#[test]
fn the_first_batch_that_is_not_taken_is_the_last_and_what_was_sent_is_told() {
    for (fault, state, said) in [
        (
            "access-denied=ReloadTables",
            State::Failed,
            &[
                "done only in part: AWS refused to go on",
                "This identity needs dms:ReloadTables",
                "refused: tables 11 to 20 of 23",
            ][..],
        ),
        (
            "lost-response@ReloadTables",
            State::Failed,
            &[
                "done only in part",
                "so it was looked at: a reload is seen of 10 of 10 tables",
                "asked for: tables 1 to 20 of 23",
            ],
        ),
        (
            "cut@ReloadTables",
            State::Unknown,
            &[
                "unknown: it was sent once and no answer came",
                "no answer came: tables 11 to 20 of 23",
                "a reload is seen of 0 of 10 tables",
            ],
        ),
    ] {
        let desk = fleet("1x40", 7);
        desk.aws.switch_on("latency@ReloadTables=400");
        let does = || desk.aws.switch_on(fault);
        let outcome = meanwhile(&desk, "ReloadTables", does, || {
            block_on(async {
                let mut seat = Seat::at(&desk).await;
                let (task, verb) = many(&seat).await;
                seat.done(task, verb).await
            })
        });
        let lines = outcome.lines.join("\n");
        assert_eq!(outcome.state, state, "{fault}: {lines}");
        for said in said.iter().chain(&["not sent: tables 21 to 23 of 23"]) {
            assert!(lines.contains(said), "{fault}: {said:?} is not in\n{lines}");
        }
        assert_eq!(desk.sent("dms:ReloadTables"), 2, "{fault}");
    }
}

#[test]
fn a_lost_answer_is_settled_by_looking_and_nothing_is_sent_twice() {
    for (name, verb, operation, times, said) in taken() {
        let desk = Desk::new(&[]);
        block_on(async {
            let mut seat = Seat::at(&desk).await;
            let task = seat.named(name);
            desk.aws.switch_on(&format!("lost-response@{operation}"));
            let outcome = seat.done(task, verb.clone()).await;
            let lines = outcome.lines.join("\n");
            assert_eq!((desk.sent(&format!("dms:{operation}")), writes(&desk)), (1, 1), "{verb:?}");
            match &verb {
                Verb::ReloadTables { how: ReloadHow::Validation, .. } => {
                    assert_eq!(outcome.state, State::Unknown, "{lines}");
                    assert!(lines.contains("cannot be seen from outside"), "{lines}");
                }
                Verb::TestConnections => {
                    assert_eq!(outcome.state, State::Failed, "{lines}");
                    assert!(lines.contains("looked at: the last test of the source says testing"), "{lines}");
                    assert!(lines.contains("not sent: connections 2 of 2 (target shop-aurora)"), "{lines}");
                }
                _ => {
                    assert_eq!((outcome.state, times), (State::Done, 1), "{lines}");
                    assert!(lines.starts_with(said) && lines.contains("no answer came"), "{lines}");
                    assert!(lines.contains("so it was looked at: "), "{lines}");
                }
            }
        });
    }
}

#[test]
fn what_never_arrived_is_unknown_and_sent_once() {
    for (name, verb, operation, ..) in taken() {
        let desk = Desk::new(&[&format!("cut@{operation}")]);
        block_on(async {
            let mut seat = Seat::at(&desk).await;
            let task = seat.named(name);
            let outcome = seat.done(task, verb.clone()).await;
            let lines = outcome.lines.join("\n");
            assert_eq!(outcome.state, State::Unknown, "{verb:?}: {lines}");
            assert!(lines.contains("Look with `cutover tasks` before you ask for it again"), "{lines}");
            assert_eq!(writes(&desk), 1, "{verb:?}");
        });
    }
}

/// Which task, what is asked for, with which operation; what somebody else does meanwhile; AWS's words, and what to do.
type Refused = (&'static str, Verb, &'static str, &'static str, &'static str, &'static str);

#[test]
fn a_refusal_of_the_server_is_told_in_its_words_with_what_to_do() {
    let cases: [Refused; 6] = [
        (
            "billing-cdc",
            Verb::Stop,
            "StopReplicationTask",
            "changed-by-someone=billing-cdc",
            "InvalidResourceStateFault: Replication Task cannot be stopped, task not running",
            "wait until it is running",
        ),
        (
            "staging-refresh",
            RELOAD,
            "StartReplicationTask",
            "changed-by-someone=staging-refresh",
            "InvalidResourceStateFault: Replication Task cannot be started, invalid state",
            "ready, stopped or failed",
        ),
        (
            "orders-cdc",
            reload(&["orders"]),
            "ReloadTables",
            "changed-by-someone=orders-cdc",
            "InvalidResourceStateFault: Tables can be reloaded only while the replication task is running",
            "Start or resume the task first",
        ),
        (
            "orders-cdc",
            validate(&["orders"]),
            "ReloadTables",
            "changed-by-someone=orders-cdc",
            "InvalidResourceStateFault: Tables can be reloaded only while the replication task is running",
            "Start or resume the task first",
        ),
        (
            "catalog-load",
            RESUME,
            "StartReplicationTask",
            "changed-by-someone=catalog-load",
            "cannot be started",
            "ask again",
        ),
        (
            "orders-cdc",
            Verb::TestConnections,
            "TestConnection",
            "access-denied=TestConnection",
            "AccessDeniedException: User: ",
            "This identity needs dms:TestConnection",
        ),
    ];
    for (name, verb, operation, fault, words, hint) in cases {
        let desk = Desk::new(&[&format!("latency@{operation}=400")]);
        let does = || desk.aws.switch_on(fault);
        let outcome = meanwhile(&desk, operation, does, || {
            block_on(async {
                let mut seat = Seat::at(&desk).await;
                let task = seat.named(name);
                seat.done(task, verb.clone()).await
            })
        });
        let lines = outcome.lines.join("\n");
        assert_eq!(outcome.state, State::Failed, "{verb:?}: {lines}");
        // A refused second test leaves the first one asked for.
        let first = if verb == Verb::TestConnections {
            "done only in part: AWS refused"
        } else {
            "AWS refused it: nothing was changed"
        };
        for said in [first, words, hint] {
            assert!(lines.contains(said), "{verb:?}: {said:?} is not in\n{lines}");
        }
    }
}

#[test]
fn what_changed_under_our_hands_is_refused_before_anything_is_sent() {
    for (name, verb, fault, said) in [
        ("billing-cdc", Verb::Stop, "changed-by-someone=billing-cdc", "it was running, and is stopping now"),
        ("orders-cdc", reload(&["orders"]), "changed-by-someone=orders-cdc", "it was running, and is stopping now"),
        ("staging-refresh", RELOAD, "changed-by-someone=staging-refresh", "it was stopped, and is starting now"),
        ("billing-cdc", Verb::Stop, "wrong-account=999999999999", "the credentials belong to account 999999999999"),
        ("billing-cdc", Verb::Stop, "expired-credentials", "the credentials are no longer accepted"),
    ] {
        let desk = Desk::new(&[]);
        block_on(async {
            let mut seat = Seat::at(&desk).await;
            let task = seat.named(name);
            let preview = seat.previewed(task, verb.clone()).await;
            desk.aws.switch_on(fault);
            let outcome = seat.confirmed(preview).await;
            let lines = outcome.lines.join("\n");
            assert!(matches!(outcome.state, State::Refused | State::Failed), "{fault}: {lines}");
            assert!(lines.contains(said), "{fault}: {lines}");
            assert_eq!(writes(&desk), 0, "{fault}");
            assert_eq!(entries(&desk).await.len(), 1, "{fault}");
        });
    }
}
