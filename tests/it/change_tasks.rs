//! Changing tasks with the rooms themselves against the embedded AWS: what is sent, how often, what is said of it, and what
//! stands in the audit.

use crate::change::{Desk, PATIENCE};
use crate::cli::Aws;
use cutover::aws::{Connected, Limiters, Serverless, Settings, TaskDetail, connect};
use cutover::change::{Confirmed, Executor, Mode, Time};
use cutover::demo;
use cutover::model::audit::{Entry, State, Whence};
use cutover::model::change::{
    Change, Destination, Meant, Outcome, Preview, ReloadHow, Ruling, Safeguards, StartFrom, TableName, Verb,
};
use cutover::model::task::Task;
use cutover::model::{AccountId, ReplicationKind};
use cutover::store::{self, Audit};
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// An operator with everything open, and nobody's patience but the test's.
struct Seat {
    connected: Connected,
    executor: Executor,
    /// As they were when he sat down.
    tasks: Vec<Task>,
}

fn whence() -> Whence {
    Whence { os_user: "t".into(), host: "t".into(), pid: 1, tty: false, version: "t".into() }
}

fn store(desk: &Desk) -> store::Settings {
    store::Settings { dir: Some(desk.state()), shared: None }
}

impl Seat {
    async fn at(desk: &Desk) -> Self {
        let connected = connect(&Settings::embedded(desk.aws.endpoint()), &Limiters::default()).await.unwrap();
        let expect_account = Some(AccountId("123456789012".into()));
        let authority = Mode { read_only: false, operate: true, expect_account }.authority().unwrap();
        let audit = Audit::open(&store(desk), &whence()).await.unwrap();
        let time = Time { now: Timestamp::now, wait: |_| Box::pin(tokio::time::sleep(Duration::from_millis(20))) };
        // Everything there is may be overwritten.
        let endpoints = connected.reader.endpoints().await.unwrap().value;
        let place = |endpoint: &cutover::model::parts::Endpoint| {
            Destination::new(endpoint.host.as_ref().unwrap().raw(), endpoint.database.as_ref().unwrap().raw())
        };
        let safeguards = Safeguards { reload_allowed: endpoints.iter().map(place).collect(), ..Safeguards::default() };
        let executor = Executor::new(&authority, &connected, audit, whence(), None, safeguards, time).unwrap();
        let tasks = connected.reader.tasks(TaskDetail::Brief, Serverless::Include).await.unwrap().value;
        Self { connected, executor, tasks }
    }

    /// The first task that fits.
    fn task(&self, fits: impl Fn(&&Task) -> bool) -> Meant {
        let task = self.tasks.iter().find(fits).expect("a task that fits");
        Meant { arn: task.arn.clone(), name: task.name.clone() }
    }

    fn named(&self, name: &str) -> Meant {
        self.task(|task| task.name.raw() == name)
    }

    async fn previewed(&self, task: Meant, verb: Verb) -> Preview {
        let draft = self.executor.draft(&Change::Task { task, verb }).await.unwrap();
        assert_eq!(draft.ruling, Ruling::Legal, "{:?}", draft.preview.words);
        draft.preview
    }

    async fn confirmed(&mut self, preview: Preview) -> Outcome {
        let name = preview.change.answer().raw().to_owned();
        self.executor.execute(Confirmed::typed(preview, &name, Timestamp::now()).unwrap()).await
    }

    async fn done(&mut self, task: Meant, verb: Verb) -> Outcome {
        let preview = self.previewed(task, verb).await;
        self.confirmed(preview).await
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

async fn entries(desk: &Desk) -> Vec<Entry> {
    Audit::list(&store(desk)).await.unwrap()
}

fn fleet(size: &str) -> Desk {
    let options = demo::Options { seed: 7, fleet: Some(size.parse().unwrap()), ..demo::Options::default() };
    Desk { aws: Aws::with(options), folder: tempfile::tempdir().unwrap() }
}

fn tables(names: &[&str]) -> Vec<TableName> {
    names.iter().map(|name| TableName { schema: "shop".into(), table: (*name).into() }).collect()
}

fn reload(names: &[&str]) -> Verb {
    Verb::ReloadTables { tables: tables(names), how: ReloadHow::Data }
}

fn validate(names: &[&str]) -> Verb {
    Verb::ReloadTables { tables: tables(names), how: ReloadHow::Validation }
}

const RESUME: Verb = Verb::Resume { until: None };
const RELOAD: Verb = Verb::Reload { until: None };
const START: Verb = Verb::Start { from: StartFrom::Beginning, until: None };

/// Everything sent that changes a task.
const WRITES: [&str; 7] = [
    "StartReplicationTask",
    "StopReplicationTask",
    "ReloadTables",
    "TestConnection",
    "StartReplication",
    "StopReplication",
    "ReloadReplicationTables",
];

fn writes(desk: &Desk) -> u64 {
    WRITES.iter().map(|one| desk.sent(&format!("dms:{one}"))).sum()
}

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

/// Which task, what is asked for, with which operation; how often where once is not all; what is said.
type Taken = (&'static str, Verb, &'static str, u64, &'static str);

fn taken() -> [Taken; 6] {
    [
        (
            "staging-refresh",
            RELOAD,
            "StartReplicationTask",
            1,
            "all of staging-refresh is being loaded again (reload-target): it is starting now",
        ),
        (
            "catalog-load",
            RESUME,
            "StartReplicationTask",
            1,
            "resumed catalog-load (resume-processing): it is starting now",
        ),
        ("billing-cdc", Verb::Stop, "StopReplicationTask", 1, "billing-cdc was told to stop: it is stopping now"),
        (
            "orders-cdc",
            reload(&["orders", "address"]),
            "ReloadTables",
            1,
            "2 tables of orders-cdc to be loaded again, asked for in 1 request",
        ),
        (
            "orders-cdc",
            validate(&["orders"]),
            "ReloadTables",
            1,
            "1 table of orders-cdc to be validated again, asked for in 1 request",
        ),
        (
            "orders-cdc",
            Verb::TestConnections,
            "TestConnection",
            2,
            "the connections of orders-cdc are being tested: source shop-prod, target shop-aurora",
        ),
    ]
}

#[test]
fn every_verb_is_sent_once_and_told_as_it_is() {
    for (name, verb, operation, times, said) in taken() {
        let desk = Desk::new(&[]);
        block_on(async {
            let mut seat = Seat::at(&desk).await;
            let task = seat.named(name);
            let outcome = seat.done(task, verb.clone()).await;
            assert_eq!((outcome.state, outcome.lines[0].as_str()), (State::Done, said), "{:?}", outcome.lines);
            assert_eq!((desk.sent(&format!("dms:{operation}")), writes(&desk)), (times, times), "{verb:?}");
            let entry = &entries(&desk).await[0];
            assert_eq!((entry.state, entry.name.as_str()), (State::Done, format!("task:{name}").as_str()));
            let ids = entry.request_id.as_deref().unwrap().split(", ").count();
            assert_eq!(u64::try_from(ids).unwrap(), times, "{:?}", entry.request_id);
        });
    }
}

#[test]
fn a_first_start_and_serverless_replications_go_the_same_way() {
    let desk = fleet("600x40");
    // A preview reads every schedule there is: six hundred of them, at ten a second, are a minute.
    desk.aws.switch_on("access-denied=ListSchedules");
    block_on(async {
        let mut seat = Seat::at(&desk).await;
        let ready = seat.task(|task| task.status.raw() == "ready" && task.migration_type.has_full_load());
        let outcome = seat.done(ready.clone(), START).await;
        assert_eq!(outcome.state_after.as_deref(), Some("starting"), "{:?}", outcome.lines);
        assert_eq!(outcome.lines.last().unwrap(), &format!("stop it with: cutover stop {}", ready.name.raw()));
        let serverless = |status: &'static str| {
            move |task: &&Task| {
                let kind = task.arn.kind() == ReplicationKind::Serverless;
                kind && task.status.raw() == status && task.migration_type.raw() == "full-load-and-cdc"
            }
        };
        let created = seat.task(serverless("created"));
        let outcome = seat.done(created, START).await;
        // Each status passes within a second, so whichever it is by now is one on the way.
        assert!(
            outcome.state == State::Done && outcome.state_after.as_deref() != Some("created"),
            "{:?}",
            outcome.lines
        );
        let running = seat.task(serverless("running"));
        let rows = seat.connected.reader.tables(&running.arn, cutover::aws::WhichTables::All).await.unwrap().value;
        let named = rows.iter().take(3).map(|row| TableName { schema: row.schema.clone(), table: row.table.clone() });
        let verb = Verb::ReloadTables { tables: named.collect(), how: ReloadHow::Data };
        assert_eq!(seat.done(running.clone(), verb).await.state, State::Done);
        let preview = seat.previewed(running, Verb::Stop).await;
        let outcome = seat.confirmed(preview.clone()).await;
        assert_eq!(outcome.state_after.as_deref(), Some("stopping"), "{:?}", outcome.lines);
        let end = seat.executor.follower(&preview, &outcome).unwrap().run(PATIENCE).await;
        assert_eq!((end.state, end.state_after.as_deref()), (State::Done, Some("stopped")), "{:?}", end.lines);
        for operation in ["StartReplicationTask", "StartReplication", "ReloadReplicationTables", "StopReplication"] {
            assert_eq!(desk.sent(&format!("dms:{operation}")), 1, "{operation}");
        }
        assert_eq!(writes(&desk), 4);
    });
}

#[test]
fn a_stop_and_a_test_are_followed_to_their_ends_which_stand_in_the_audit() {
    let desk = Desk::new(&[]);
    block_on(async {
        let mut seat = Seat::at(&desk).await;
        for (verb, kind, said) in [
            (
                Verb::TestConnections,
                "tested-connections",
                &["connection to the source: successful", "connection to the target: successful"][..],
            ),
            (
                Verb::Stop,
                "stopped-task",
                &[
                    "billing-cdc has stopped at ",
                    "StopReason: Stop Reason NORMAL",
                    "RecoveryCheckpoint: checkpoint:V1#",
                ],
            ),
        ] {
            let task = seat.named("billing-cdc");
            let preview = seat.previewed(task, verb).await;
            let outcome = seat.confirmed(preview.clone()).await;
            assert_eq!(outcome.state, State::Done, "{:?}", outcome.lines);
            let end = seat.executor.follower(&preview, &outcome).unwrap().run(PATIENCE).await;
            assert_eq!(end.state, State::Done, "{:?}", end.lines);
            for (line, said) in end.lines.iter().zip(said) {
                assert!(line.starts_with(said), "{line}");
            }
            let entries = entries(&desk).await;
            assert_eq!((entries[0].kind.as_str(), entries[0].state), (kind, State::Done));
            assert_eq!(end.audit.as_ref(), Some(&entries[0].id));
            assert!(
                entries[0].preview.ends_with(&format!("begun with {}", outcome.audit.unwrap())),
                "{}",
                entries[0].preview
            );
            assert_eq!(entries[0].outcome, end.lines.join("; "));
        }
        // What begins nothing that ends later is not followed, and neither is what was not done.
        let task = seat.named("billing-cdc");
        let preview = seat.previewed(task.clone(), RESUME).await;
        let outcome = seat.confirmed(preview.clone()).await;
        assert!(outcome.state == State::Done && seat.executor.follower(&preview, &outcome).is_none());
        let stop = Preview { change: Change::Task { task, verb: Verb::Stop }, ..preview };
        let undone = Outcome { state: State::Unknown, ..outcome };
        assert!(seat.executor.follower(&stop, &undone).is_none());
    });
}

#[test]
fn what_does_not_end_in_time_is_unknown_and_says_what_to_do() {
    let desk = Desk::new(&[]);
    block_on(async {
        let mut seat = Seat::at(&desk).await;
        let task = seat.named("orders-cdc");
        let preview = seat.previewed(task, Verb::Stop).await;
        let outcome = seat.confirmed(preview.clone()).await;
        desk.aws.switch_on("access-denied=DescribeReplicationTasks");
        let end = seat.executor.follower(&preview, &outcome).unwrap().run(Duration::ZERO).await;
        assert_eq!(end.state, State::Unknown);
        let lines = end.lines.join("\n");
        for said in ["unknown: orders-cdc was told to stop", "access denied", "do not start it before it has stopped"] {
            assert!(lines.contains(said), "{lines}");
        }
        assert_eq!(entries(&desk).await[0].state, State::Unknown);
        assert_eq!(writes(&desk), 1);
    });
}

/// A running task of a fleet, and 23 of its tables.
async fn many(seat: &Seat) -> (Meant, Verb) {
    let task = seat.task(|task| task.status.raw() == "running" && task.migration_type.has_full_load());
    let rows = seat.connected.reader.tables(&task.arn, cutover::aws::WhichTables::All).await.unwrap().value;
    let completed = rows.iter().filter(|row| row.state.raw() == "Table completed").take(23);
    let tables = completed.map(|row| TableName { schema: row.schema.clone(), table: row.table.clone() }).collect();
    (task, Verb::ReloadTables { tables, how: ReloadHow::Data })
}

#[test]
fn twenty_three_tables_are_three_requests_of_which_the_audit_knows_each() {
    let desk = fleet("1x40");
    block_on(async {
        let mut seat = Seat::at(&desk).await;
        let (task, verb) = many(&seat).await;
        let outcome = seat.done(task, verb).await;
        assert_eq!(outcome.state, State::Done, "{:?}", outcome.lines);
        assert!(outcome.lines[0].contains("asked for in 3 requests"), "{:?}", outcome.lines);
        assert_eq!(desk.sent("dms:ReloadTables"), 3);
        let lines = std::fs::read_to_string(desk.state().join("audit.jsonl")).unwrap();
        let lines: Vec<Entry> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let ids: Vec<usize> =
            lines.iter().map(|line| line.request_id.as_ref().map_or(0, |ids| ids.split(", ").count())).collect();
        assert_eq!(ids, [0, 0, 1, 2, 3]);
        assert!(lines[3].outcome.starts_with("asked for so far: tables 1 to 20 of 23"), "{}", lines[3].outcome);
    });
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
        let desk = fleet("1x40");
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
