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
use std::time::Duration;

/// An operator with everything open, and nobody's patience but the test's.
pub struct Seat {
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
    pub async fn at(desk: &Desk) -> Self {
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
    pub fn task(&self, fits: impl Fn(&&Task) -> bool) -> Meant {
        let task = self.tasks.iter().find(fits).expect("a task that fits");
        Meant { arn: task.arn.clone(), name: task.name.clone() }
    }

    pub fn named(&self, name: &str) -> Meant {
        self.task(|task| task.name.raw() == name)
    }

    pub async fn previewed(&self, task: Meant, verb: Verb) -> Preview {
        let draft = self.executor.draft(&Change::Task { task, verb }).await.unwrap();
        assert_eq!(draft.ruling, Ruling::Legal, "{:?}", draft.preview.words);
        draft.preview
    }

    pub async fn confirmed(&mut self, preview: Preview) -> Outcome {
        let name = preview.change.answer().raw().to_owned();
        self.executor.execute(Confirmed::typed(preview, &name, Timestamp::now()).unwrap()).await
    }

    pub async fn done(&mut self, task: Meant, verb: Verb) -> Outcome {
        let preview = self.previewed(task, verb).await;
        self.confirmed(preview).await
    }
}

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

pub async fn entries(desk: &Desk) -> Vec<Entry> {
    Audit::list(&store(desk)).await.unwrap()
}

pub fn fleet(size: &str, seed: u64) -> Desk {
    let options = demo::Options { seed, fleet: Some(size.parse().unwrap()), ..demo::Options::default() };
    Desk { aws: Aws::with(options), folder: tempfile::tempdir().unwrap() }
}

fn tables(names: &[&str]) -> Vec<TableName> {
    names.iter().map(|name| TableName { schema: "shop".into(), table: (*name).into() }).collect()
}

pub fn reload(names: &[&str]) -> Verb {
    Verb::ReloadTables { tables: tables(names), how: ReloadHow::Data }
}

pub fn validate(names: &[&str]) -> Verb {
    Verb::ReloadTables { tables: tables(names), how: ReloadHow::Validation }
}

pub const RESUME: Verb = Verb::Resume { until: None };
pub const RELOAD: Verb = Verb::Reload { until: None };
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

pub fn writes(desk: &Desk) -> u64 {
    WRITES.iter().map(|one| desk.sent(&format!("dms:{one}"))).sum()
}

/// Which task, what is asked for, with which operation; how often where once is not all; what is said.
pub type Taken = (&'static str, Verb, &'static str, u64, &'static str);

pub fn taken() -> [Taken; 6] {
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
    // Of this seed the first twenty tasks have one of each kind that is needed.
    let desk = fleet("20x40", 5);
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
                &[
                    "both connections are good",
                    "connection to the source: successful",
                    "connection to the target: successful",
                ][..],
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
pub async fn many(seat: &Seat) -> (Meant, Verb) {
    let task = seat.task(|task| task.status.raw() == "running" && task.migration_type.has_full_load());
    let rows = seat.connected.reader.tables(&task.arn, cutover::aws::WhichTables::All).await.unwrap().value;
    let completed = rows.iter().filter(|row| row.state.raw() == "Table completed").take(23);
    let tables = completed.map(|row| TableName { schema: row.schema.clone(), table: row.table.clone() }).collect();
    (task, Verb::ReloadTables { tables, how: ReloadHow::Data })
}

#[test]
fn twenty_three_tables_are_three_requests_of_which_the_audit_knows_each() {
    let desk = fleet("1x40", 7);
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
