//! Data as it really comes, for the tests of this room.

pub mod activity;
pub mod alerts;
pub mod changes;
pub mod charts;
pub mod definition;
pub mod lists;
pub mod logs;
pub mod refreshes;
pub mod validations;

use super::actions::Keymap;
use super::message::{Area, Key, KeyCode, Message};
use super::state::{Mode, Setup, State};
use super::theme::Look;
use super::update::update;
use crate::model::metric::{MetricName, Point, Series};
use crate::model::observation::{TaskSeries, VERSION};
use crate::model::parts::{ConnectionTest, Direction, Endpoint, Identity, Instance};
use crate::model::table::{AppliedCounts, Counts, TableRow, TableState, ValidationState};
use crate::model::task::{MigrationType, Task, TaskStats, TaskStatus};
use crate::model::{
    AccountId, EndpointArn, InstanceArn, Observation, Problem, ProblemKind, Region, ReplicationArn, Report, Scope,
    Subject, TaskName, Value,
};
use jiff::{SignedDuration, Timestamp};

/// 2026-11-22 14:03:22 UTC.
pub fn now() -> Timestamp {
    "2026-11-22T14:03:22Z".parse().unwrap()
}

pub fn before(seconds: i64) -> Timestamp {
    now().checked_sub(SignedDuration::from_secs(seconds)).unwrap()
}

pub fn after(seconds: i64) -> Timestamp {
    before(-seconds)
}

pub fn setup() -> Setup {
    Setup {
        environment: Some("prod".into()),
        profile: "migration".into(),
        region: Some("eu-west-1".into()),
        mode: Mode::ReadOnly,
        ascii: false,
        look: Look::Sixteen,
        demo: false,
        clock: true,
        watched: Vec::new(),
        sees_every_task: true,
        bell: true,
        alerts: crate::model::alert::Settings::default(),
        log_groups: vec![],
        validations: vec![],
        refreshes: vec![],
        time_zone: None,
        keys: Keymap::default(),
        copies: true,
        read_only_because: String::new(),
        answer_within: SignedDuration::from_mins(1),
    }
}

pub fn scope() -> Scope {
    Scope { profile: "migration".into(), account: AccountId("123456789012".into()), region: Region("eu-west-1".into()) }
}

pub fn connected() -> Message {
    let arn = "arn:aws:sts::123456789012:assumed-role/migration-operator/jane";
    let expires = Some(after(47 * 60 + 20));
    let identity = Identity { account: scope().account, arn: arn.into(), expires };
    Message::Connected { scope: scope(), identity }
}

pub fn arn(id: &str) -> ReplicationArn {
    ReplicationArn::parse(&format!("arn:aws:dms:eu-west-1:123456789012:task:{id}")).unwrap()
}

pub fn observed_in(scope: Scope, subject: Subject, value: Value, age: i64, every: i64) -> Message {
    let (as_of, received) = (Some(before(age)), before(age.min(2)));
    let observation = Observation { version: VERSION, scope, subject, value, as_of, received };
    Message::Report(Report::Observed {
        observation: Box::new(observation),
        every: Some(SignedDuration::from_secs(every)),
    })
}

pub fn observed(subject: Subject, value: Value, age: i64, every: i64) -> Message {
    observed_in(scope(), subject, value, age, every)
}

pub fn problem(kind: ProblemKind, summary: &str) -> Problem {
    Problem {
        kind,
        summary: summary.into(),
        detail: "Rate exceeded (ThrottlingException)".into(),
        hint: "the limiter has slowed down and tries again by itself".into(),
        request_id: Some("6f1c2d0e-8b57-4c0b-9a55-0c5a1b3f7d21".into()),
        at: now(),
    }
}

pub fn failed(subject: Subject, kind: ProblemKind, summary: &str, retry: i64) -> Message {
    Message::Report(Report::Failed {
        scope: scope(),
        subject,
        problem: Box::new(problem(kind, summary)),
        retry_at: Some(after(retry)),
    })
}

pub fn task(name: &str, kind: MigrationType, status: TaskStatus) -> Task {
    Task {
        arn: arn(&name.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "X")),
        name: TaskName::new(name),
        migration_type: kind,
        status,
        stop_reason: None,
        last_failure: None,
        source: EndpointArn("arn:aws:dms:eu-west-1:123456789012:endpoint:SRC".into()),
        target: EndpointArn("arn:aws:dms:eu-west-1:123456789012:endpoint:TGT".into()),
        instance: Some(InstanceArn("arn:aws:dms:eu-west-1:123456789012:rep:ONE".into())),
        stats: TaskStats::default(),
        table_mappings: None,
        settings: None,
        cdc_start_position: None,
        cdc_stop_position: None,
        recovery_checkpoint: None,
    }
}

fn ran(task: Task, stats: TaskStats) -> Task {
    let start = stats.start.or(Some(before(3 * 3600)));
    let mut stats = stats;
    (stats.fresh_start, stats.start, stats.full_load_start) = (start, start, start);
    Task { stats, ..task }
}

fn loaded(ok: i32, err: i32) -> TaskStats {
    TaskStats {
        full_load_progress_percent: Some(100),
        tables_loaded: ok,
        tables_errored: err,
        full_load_finish: Some(before(2 * 3600)),
        ..TaskStats::default()
    }
}

/// Fourteen tasks in every state worth a look.
pub fn tasks() -> Vec<Task> {
    use MigrationType::{Cdc, FullLoad, FullLoadAndCdc};
    use TaskStatus::{Failed, Ready, Running, Starting, Stopped};
    let finished = Some("Stop Reason FULL_LOAD_ONLY_FINISHED".into());
    let mut out = vec![
        ran(task("orders-cdc", FullLoadAndCdc, Running), loaded(412, 0)),
        ran(task("billing-cdc", Cdc, Running), loaded(38, 1)),
        ran(task("customers-full-load-and-cdc-eu", FullLoadAndCdc, Running), loaded(96, 0)),
        ran(
            task("warehouse-initial", FullLoad, Running),
            TaskStats {
                full_load_progress_percent: Some(43),
                tables_loaded: 12,
                tables_loading: 8,
                tables_queued: 37,
                ..TaskStats::default()
            },
        ),
        Task {
            stop_reason: finished.clone(),
            ..ran(task("staging-refresh", FullLoad, Stopped), TaskStats { stop: Some(before(39_120)), ..loaded(57, 0) })
        },
        Task {
            stop_reason: finished,
            ..ran(
                task("archive-2019", FullLoad, Stopped),
                TaskStats { stop: Some(before(2 * 86_400)), ..loaded(20, 3) },
            )
        },
        Task {
            stop_reason: Some("Stop Reason FATAL_ERROR Error Level FATAL".into()),
            last_failure: Some(
                "Last Error Replication task out of memory. Task error notification received from subtask 2, thread 1 \
                 [reptask/replicationtask.c:3168] [1022502] Stop Reason FATAL_ERROR Error Level FATAL"
                    .into(),
            ),
            ..ran(task("ledger-cdc", Cdc, Failed), TaskStats { stop: Some(before(1800)), ..TaskStats::default() })
        },
        Task {
            stop_reason: Some("Stop Reason NORMAL".into()),
            ..ran(task("crm-cdc", Cdc, Stopped), TaskStats { stop: Some(before(600)), ..TaskStats::default() })
        },
        Task {
            stop_reason: Some("Stop Reason STOPPED_AT_COMMIT_TIME".into()),
            ..ran(task("hr-cutover", FullLoadAndCdc, Stopped), TaskStats { stop: Some(before(900)), ..loaded(31, 0) })
        },
        ran(task("telemetry-cdc", Cdc, Running), TaskStats::default()),
        ran(task("inventory-cdc", Cdc, Starting), TaskStats { start: Some(before(20)), ..TaskStats::default() }),
        task("pricing-next", FullLoadAndCdc, Ready),
        ran(task("audit-cdc", Cdc, Running), TaskStats { start: Some(before(90)), ..TaskStats::default() }),
        ran(task("支払い-cdc", Cdc, Running), loaded(7, 0)),
    ];
    out[13].arn = arn("PAYMENTS");
    out
}

fn series(name: MetricName, values: &[f64], newest_age: i64) -> Series {
    let count = i64::try_from(values.len()).unwrap();
    let points = values
        .iter()
        .zip((0..count).rev())
        .map(|(value, back)| Point { at: before(newest_age + back * 60), value: *value });
    Series { name, points: points.collect() }
}

pub fn metrics() -> Vec<TaskSeries> {
    use MetricName::{
        CDCIncomingChanges, CDCLatencySource, CDCLatencyTarget, CDCThroughputRowsTarget, FullLoadThroughputRowsTarget,
    };
    let mut out = Vec::new();
    let mut add =
        |id: &str, name, values: &[f64], age| out.push(TaskSeries { arn: arn(id), series: series(name, values, age) });
    for (id, latencies, rows) in [
        ("ORDERSXCDC", &[1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 2.0, 1.0, 3.0, 2.0][..], 1240.0),
        ("BILLINGXCDC", &[9.0, 12.0, 18.0, 27.0, 33.0, 48.0, 61.0, 70.0, 82.0, 94.0], 220.0),
        ("CUSTOMERSXFULLXLOADXANDXCDCXEU", &[4.0, 4.0, 5.0], 87.0),
        ("PAYMENTS", &[2.0, 1.0, 1.0, 2.0, 1.0], 14.0),
    ] {
        add(id, CDCLatencyTarget, latencies, 82);
        add(id, CDCLatencySource, &latencies[..latencies.len() - 1].iter().map(|_| 1.0).collect::<Vec<_>>(), 82);
        add(id, CDCThroughputRowsTarget, &[rows], 82);
    }
    add("BILLINGXCDC", CDCIncomingChanges, &[18_204.0], 82);
    add("WAREHOUSEXINITIAL", FullLoadThroughputRowsTarget, &[18_400.0], 82);
    add("TELEMETRYXCDC", CDCLatencyTarget, &[2.0, 2.0], 1_100);
    out
}

pub fn instances() -> Vec<Instance> {
    vec![Instance {
        arn: InstanceArn("arn:aws:dms:eu-west-1:123456789012:rep:ONE".into()),
        name: "dms-prod-1".into(),
        class: "dms.r6i.xlarge".into(),
        status: "available".into(),
        engine_version: "3.5.4".into(),
        multi_az: true,
        ..Instance::default()
    }]
}

pub fn endpoints() -> Vec<Endpoint> {
    let endpoint = |id: &str, name: &str, direction, engine: &str, host: &str, port| Endpoint {
        arn: EndpointArn(format!("arn:aws:dms:eu-west-1:123456789012:endpoint:{id}")),
        name: name.into(),
        direction: Some(direction),
        engine: engine.into(),
        host: Some(host.into()),
        port: Some(port),
        database: Some("shop".into()),
        ..Endpoint::default()
    };
    vec![
        endpoint("SRC", "shop-oracle", Direction::Source, "oracle", "ora-prod-1.corp.example", 1521),
        endpoint(
            "TGT",
            "shop-aurora",
            Direction::Target,
            "aurora-postgresql",
            "shop.cluster-abc.eu-west-1.rds.amazonaws.com",
            5432,
        ),
    ]
}

pub fn connections() -> Vec<ConnectionTest> {
    let test = |id: &str| ConnectionTest {
        instance: InstanceArn("arn:aws:dms:eu-west-1:123456789012:rep:ONE".into()),
        endpoint: EndpointArn(format!("arn:aws:dms:eu-west-1:123456789012:endpoint:{id}")),
        status: "successful".into(),
        last_failure: None,
    };
    vec![test("SRC"), test("TGT")]
}

pub fn table(schema: &str, name: &str, state: TableState) -> TableRow {
    TableRow {
        schema: schema.into(),
        table: name.into(),
        state,
        captured: Counts::default(),
        applied: AppliedCounts { inserts: Some(0), updates: Some(0), deletes: Some(0), ddls: Some(0) },
        full_load_rows: 0,
        full_load_start: None,
        full_load_end: None,
        full_load_reloaded: false,
        validation: Some(ValidationState::Validated),
        validation_details: None,
        validation_pending: 0,
        validation_failed: 0,
        validation_suspended: 0,
        last_update: Some(before(11)),
    }
}

/// Tables in every state, and enough ordinary ones to scroll.
pub fn tables() -> Vec<TableRow> {
    let busy = |row: TableRow, n: i64, behind: i64| TableRow {
        captured: Counts { inserts: n, updates: n / 3, deletes: n / 50, ddls: 0 },
        applied: AppliedCounts {
            inserts: Some(n - behind),
            updates: Some(n / 3),
            deletes: Some(n / 50),
            ddls: Some(0),
        },
        full_load_rows: n * 7,
        full_load_start: Some(before(9_000)),
        full_load_end: Some(before(9_000 - n % 3_000)),
        ..row
    };
    let mut out = vec![
        TableRow {
            validation: Some(ValidationState::TableError),
            ..busy(table("public", "invoice_line", TableState::Error), 18_204, 9_120)
        },
        TableRow {
            validation: Some(ValidationState::MismatchedRecords),
            validation_failed: 3,
            validation_pending: 12,
            validation_details: Some("3 records differ; see awsdms_validation_failures_v1".into()),
            ..busy(table("public", "invoice", TableState::Completed), 204_551, 17)
        },
        TableRow {
            validation: Some(ValidationState::PendingRecords),
            validation_pending: 1_204,
            ..busy(table("public", "payment", TableState::Completed), 1_904_220, 0)
        },
        TableRow {
            full_load_start: Some(before(40)),
            full_load_rows: 88_000,
            validation: Some(ValidationState::PendingValidation),
            ..table("public", "payment_history_with_a_really_long_name_nobody_wants", TableState::FullLoad)
        },
        TableRow {
            validation: Some(ValidationState::NotEnabled),
            ..table("public", "audit_log", TableState::BeforeLoad)
        },
        TableRow {
            applied: AppliedCounts::default(),
            validation: Some(ValidationState::NoPrimaryKey),
            ..busy(table("public", "session", TableState::Completed), 5_000, 0)
        },
        TableRow {
            applied: AppliedCounts::default(),
            validation: None,
            last_update: None,
            ..busy(table("public", "scratch", TableState::Completed), 50, 0)
        },
        TableRow { full_load_reloaded: true, ..busy(table("public", "customer", TableState::BeingReloaded), 900, 0) },
        table("sales", "odd_one", TableState::from("Table updates".to_owned())),
    ];
    for n in 0..50 {
        out.push(busy(table("sales", &format!("part_{n:03}"), TableState::Completed), 1_000 + n * 37, 0));
    }
    out
}

/// A connected console with everything observed, at this size.
pub fn populated(width: u16, height: u16) -> State {
    populated_with(setup(), width, height)
}

pub fn populated_with(setup: Setup, width: u16, height: u16) -> State {
    let mut state = State::new(setup, Area { width, height }, before(30));
    for message in everything() {
        update(&mut state, message, now());
    }
    state
}

pub fn everything() -> Vec<Message> {
    let errors = tables().into_iter().filter(|row| row.state == TableState::Error).collect();
    vec![
        connected(),
        observed(Subject::Tasks, Value::Tasks(tasks()), 12, 15),
        observed(Subject::Instances, Value::Instances(instances()), 40, 600),
        observed(Subject::Endpoints, Value::Endpoints(endpoints()), 40, 600),
        observed(Subject::Connections, Value::Connections(connections()), 40, 600),
        observed(Subject::TableErrors(arn("BILLINGXCDC")), Value::Tables(errors), 40, 300),
        observed(Subject::Metrics, Value::Metrics(metrics()), 82, 60),
        observed(Subject::Events, Value::Events(lists::events()), 20, 20),
        observed(Subject::Schedules, Value::Schedules(lists::schedules()), 35, 60),
        observed(Subject::Subscriptions, Value::Subscriptions(lists::subscriptions()), 250, 600),
        Message::Traffic { requests_last_minute: 23, dollars_per_day: Some(0.14), dollars_cap: 20.0 },
    ]
}

/// The same with the tables of a task opened.
pub fn opened(width: u16, height: u16) -> State {
    let mut state = populated(width, height);
    press(&mut state, "/billing");
    keys(&mut state, &[KeyCode::Enter, KeyCode::Enter]);
    let subject = Subject::Tables(arn("BILLINGXCDC"));
    update(&mut state, observed(subject, Value::Tables(tables()), 11, 15), now());
    state
}

pub fn key(code: KeyCode) -> Message {
    Message::Key(Key { code, ctrl: false, alt: false })
}

/// Types characters.
pub fn press(state: &mut State, text: &str) {
    for c in text.chars() {
        update(state, key(KeyCode::Char(c)), state.now);
    }
}

pub fn keys(state: &mut State, codes: &[KeyCode]) {
    for code in codes {
        update(state, key(*code), state.now);
    }
}
