//! The four tasks the demo opens with: a healthy CDC, one whose latency climbs and which lost a table, a finished load,
//! and a failed one.

use super::metrics::{Flow, Past, Points};
use super::parts::{Connection, Endpoint, Instance, Place, located};
use super::task::{Definition, Route, Table, Tables, Task, Times};
use super::{World, arn, fold, maintenance, secrets, seeded, time};
use crate::demo::mover::order::{Begin, Checkpoint};
use crate::model::parts::Direction;
use crate::model::table::{Counts, TableState, ValidationState};
use crate::model::task::{MigrationType, StopReason, TaskStatus};
use crate::model::{EndpointArn, InstanceArn, ReplicationArn};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// Where the shop stands when no database says otherwise.
pub const SCHEMA: &str = "shop";

/// Hosts of the demo's databases where they are files of its own.
pub const SOURCE_HOST: &str = "shop-prod.c1x2y3z4.eu-west-1.rds.amazonaws.com";
pub const TARGET_HOST: &str = "shop-aurora.cluster-c1x2y3z4.eu-west-1.rds.amazonaws.com";
pub const STAGING_HOST: &str = "shop-staging.c1x2y3z4.eu-west-1.rds.amazonaws.com";

/// Tables and about the rows that the shop begins with.
const CUSTOMERS: [(&str, i64); 5] =
    [("customer", 1_500), ("address", 2_000), ("orders", 3_000), ("order_item", 7_500), ("shipment", 2_350)];
const BILLING: [(&str, i64); 3] = [("invoice", 2_700), ("invoice_line", 2_700), ("payment", 2_550)];
const CATALOG: [(&str, i64); 4] = [("category", 40), ("product", 800), ("stock", 1_600), ("document", 400)];

/// A task of the opening set, as far as they differ.
struct Plan {
    name: &'static str,
    kind: MigrationType,
    prep: &'static str,
    validated: bool,
    route: Route,
    status: TaskStatus,
    past: Past,
    tables: Vec<Table>,
    times: Times,
    stop_reason: Option<String>,
    last_failure: Option<String>,
    checkpoint: Option<Checkpoint>,
    owner: &'static str,
}

pub fn build(world: &mut World, now: Timestamp) {
    let hours = SignedDuration::from_hours;
    let seed = world.setting.seed;
    let instance = Instance {
        arn: InstanceArn(arn("rep", &seeded::resource_id(seed, "dms-prod-1"))),
        name: "dms-prod-1".to_owned(),
        class: "dms.r6i.xlarge",
        created: now - hours(24 * 90),
        storage: 100,
        multi_az: true,
        window: maintenance::window(),
        pending_class: None,
        maintenance: Some(maintenance::planned(now)),
    };
    // Left over from a rehearsal: nothing runs on it, and it costs money.
    let forgotten = Instance {
        arn: InstanceArn(arn("rep", &seeded::resource_id(seed, "dms-rehearsal"))),
        name: "dms-rehearsal".to_owned(),
        class: "dms.t3.medium",
        created: now - hours(24 * 41),
        storage: 50,
        multi_az: false,
        window: "wed:04:00-wed:04:30".to_owned(),
        pending_class: Some("dms.t3.large"),
        maintenance: None,
    };
    let databases = world.setting.databases.clone();
    let url = |pick: fn(&super::Databases) -> &Place| databases.as_ref().map(|d| pick(d).url.clone());
    let schema = databases.as_ref().map_or(SCHEMA, |d| &d.source.schema);
    let endpoints = [
        ("shop-prod", Direction::Source, url(|d| &d.source), SOURCE_HOST),
        ("shop-aurora", Direction::Target, url(|d| &d.target), TARGET_HOST),
        ("shop-staging", Direction::Target, url(|d| &d.staging), STAGING_HOST),
    ];
    for (name, direction, url, host) in endpoints {
        let (engine, host, port, database) = located(url.as_deref(), host);
        let endpoint = EndpointArn(arn("endpoint", &seeded::resource_id(seed, name)));
        world.connections.push(Connection {
            instance: instance.arn.clone(),
            endpoint: endpoint.clone(),
            status: "successful",
            failure: None,
            until: None,
        });
        let user = "dms_user".to_owned();
        world.endpoints.push(Endpoint {
            arn: endpoint,
            name: name.to_owned(),
            direction,
            engine,
            host,
            port,
            database,
            user,
            // Passwords are kept where RDS puts them, so that a comparison finds its way by the endpoints alone.
            secret: Some(secrets::name_of(name)),
        });
    }
    world.instances.extend([instance, forgotten]);
    for plan in [orders(schema, now), billing(schema, now), staging(schema, now), catalog(schema, now)] {
        add(world, plan, now);
    }
    // The databases are brought to where the set above says they are. The failed load stays failed: nothing arrived.
    for index in 0..3 {
        time::launch(world, index, Begin::LoadAll, true);
    }
}

fn add(world: &mut World, plan: Plan, now: Timestamp) {
    let seed = world.setting.seed;
    let id = seeded::resource_id(seed, plan.name);
    let Ok(task_arn) = ReplicationArn::parse(&arn("task", &id)) else { return };
    let target = if plan.route == Route::Staging { 2 } else { 1 };
    let staged = plan.route == Route::Staging;
    let mapped = world.setting.databases.as_ref().map_or_else(Mapped::default, |d| Mapped {
        from: &d.source.schema,
        to: if staged { &d.staging.schema } else { &d.target.schema },
        prefix: (d.shared && staged).then_some("stg_"),
    });
    let names: Vec<&str> = plan.tables.iter().map(|table| table.live.table.raw()).collect();
    let place = seeded::place(task_arn.as_str());
    let def = Definition {
        name: plan.name.to_owned(),
        source: world.endpoints[0].arn.clone(),
        target: world.endpoints[target].arn.clone(),
        instance: Some(world.instances[0].arn.clone()),
        mappings: mappings(&names, &mapped),
        settings: settings(plan.prep, plan.validated, &world.instances[0].name, &id),
        tags: vec![("team".to_owned(), plan.owner.to_owned()), ("project".to_owned(), "shop-migration".to_owned())],
        created: now - SignedDuration::from_hours(24 * 21),
        migration_type: plan.kind,
        route: Some(plan.route),
        past: plan.past,
        arn: task_arn,
    };
    world.tasks.push(Task {
        def: Arc::new(def),
        status: plan.status,
        until: None,
        stop_reason: plan.stop_reason,
        last_failure: plan.last_failure,
        times: plan.times,
        cdc_start: None,
        cdc_stop: None,
        checkpoint: plan.checkpoint,
        tables: Tables::Kept(Arc::new(plan.tables)),
        begin: None,
        fresh: false,
        started_as: None,
        run: None,
        runs: 0,
        points: Arc::new(Points::backfilled(plan.past, seed, place, now)),
        flow: Flow::new(now),
        refreshed: now,
        log: Arc::default(),
    });
}

fn orders(schema: &str, now: Timestamp) -> Plan {
    let start = now - SignedDuration::from_secs(52 * 3600 + 712);
    let mut tables: Vec<Table> =
        CUSTOMERS.iter().map(|(name, rows)| loaded((schema, name), *rows, start, now)).collect();
    for (table, busy) in tables.iter_mut().zip([310, 120, 9_400, 21_000, 3_800]) {
        moved(table, Counts { inserts: busy, updates: busy * 2 / 3, deletes: busy / 40, ddls: 0 }, 0);
        for row in [&mut table.live, &mut table.shown] {
            row.validation = Some(ValidationState::Validated);
        }
    }
    Plan {
        name: "orders-cdc",
        kind: MigrationType::FullLoadAndCdc,
        prep: "DROP_AND_CREATE",
        validated: true,
        route: Route::Migration,
        status: TaskStatus::Running,
        past: Past::Steady { latency: 2.0, rows: 24.0 },
        tables,
        times: run(start, Some(start + SignedDuration::from_secs(1_913))),
        stop_reason: None,
        last_failure: None,
        checkpoint: None,
        owner: "orders",
    }
}

fn billing(schema: &str, now: Timestamp) -> Plan {
    let start = now - SignedDuration::from_secs(9 * 3600 + 127);
    let mut tables: Vec<Table> =
        BILLING.iter().map(|(name, _)| fold::table(schema, name, TableState::Completed, now)).collect();
    for (table, busy) in tables.iter_mut().zip([6_200, 14_100, 5_900]) {
        moved(table, Counts { inserts: busy, updates: busy / 3, deletes: 0, ddls: 0 }, busy / 25);
    }
    let lost = &mut tables[1];
    for row in [&mut lost.live, &mut lost.shown] {
        row.state = TableState::Error;
        row.last_update = Some(now - SignedDuration::from_secs(22 * 60));
    }
    lost.suspended = true;
    Plan {
        name: "billing-cdc",
        kind: MigrationType::Cdc,
        // The tables were there before the task, from a dump: what changes since is all it brings.
        prep: "TRUNCATE_BEFORE_LOAD",
        validated: false,
        route: Route::Migration,
        status: TaskStatus::Running,
        past: Past::Climbing { latency: 91.0, rows: 5.0 },
        tables,
        times: run(start, None),
        stop_reason: None,
        last_failure: None,
        checkpoint: None,
        owner: "billing",
    }
}

fn staging(schema: &str, now: Timestamp) -> Plan {
    // The refresh of last night: the last 03:12:40 UTC that lies at least half an hour back.
    let midnight = now.as_second() - now.as_second().rem_euclid(86_400);
    let tonight = midnight + 3 * 3600 + 12 * 60 + 40;
    let end = if tonight + 1_800 <= now.as_second() { tonight } else { tonight - 86_400 };
    let end = Timestamp::from_second(end).unwrap_or(now);
    let start = end - SignedDuration::from_secs(41 * 60 + 8);
    let all = CUSTOMERS.iter().chain(&CATALOG).chain(&BILLING);
    let mut tables: Vec<Table> = all.map(|(name, rows)| loaded((schema, name), *rows, start, end)).collect();
    tables.sort_by(|a, b| a.live.table.cmp(&b.live.table));
    Plan {
        name: "staging-refresh",
        kind: MigrationType::FullLoad,
        prep: "TRUNCATE_BEFORE_LOAD",
        validated: false,
        route: Route::Staging,
        status: TaskStatus::Stopped,
        past: Past::Burst { from: start, until: end, rows: 310.0 },
        tables,
        times: Times { stop: Some(end), ..run(start, Some(end)) },
        stop_reason: Some(format!("Stop Reason {}", StopReason::FullLoadOnlyFinished.raw())),
        last_failure: None,
        checkpoint: None,
        owner: "platform",
    }
}

/// Everything the percentage says is wrong: 100 percent after seven seconds, rows counted that were rolled back, and no
/// table loaded (section 0 of the facts, point 2).
fn catalog(schema: &str, now: Timestamp) -> Plan {
    let start = now - SignedDuration::from_secs(74 * 60 + 19);
    let end = start + SignedDuration::from_secs(7);
    let mut tables: Vec<Table> = CATALOG.iter().map(|(name, rows)| loaded((schema, name), *rows, start, end)).collect();
    for table in &mut tables {
        for row in [&mut table.live, &mut table.shown] {
            row.state = TableState::Error;
        }
        table.suspended = true;
    }
    let failure = "Last Error  Failed to load data from csv file. Task error notification received from subtask 2, thread 1 \
                   [reptask/replicationtask.c:3603] [1020403] Error executing source loop; Stream component failed at \
                   subtask 2, component st_2_shop; Stream component terminated [reptask/replicationtask.c:3610] \
                   [1020403] Stop Reason FATAL_ERROR Error Level FATAL";
    Plan {
        name: "catalog-load",
        kind: MigrationType::FullLoad,
        prep: "DROP_AND_CREATE",
        validated: false,
        route: Route::Migration,
        status: TaskStatus::Failed,
        past: Past::Burst { from: start, until: end, rows: 390.0 },
        tables,
        times: Times { stop: Some(end), ..run(start, Some(end)) },
        stop_reason: Some("Stop Reason FATAL_ERROR Error Level FATAL".to_owned()),
        last_failure: Some(failure.to_owned()),
        checkpoint: None,
        owner: "catalog",
    }
}

fn run(start: Timestamp, load_finish: Option<Timestamp>) -> Times {
    let load_start = load_finish.map(|_| start);
    Times { fresh_start: Some(start), start: Some(start), stop: None, load_start, load_finish }
}

/// A table whose load is through.
fn loaded((schema, name): (&str, &str), rows: i64, start: Timestamp, updated: Timestamp) -> Table {
    let mut table = fold::table(schema, name, TableState::Completed, updated);
    for row in [&mut table.live, &mut table.shown] {
        row.full_load_rows = rows;
        row.full_load_start = Some(start);
        row.full_load_end = Some(start + SignedDuration::from_secs(1 + rows / 400));
    }
    table
}

/// Changes that have flowed, `behind` of them not applied yet.
fn moved(table: &mut Table, captured: Counts, behind: i64) {
    for row in [&mut table.live, &mut table.shown] {
        row.captured = captured;
        row.applied.inserts = Some(captured.inserts - behind);
        row.applied.updates = Some(captured.updates);
        row.applied.deletes = Some(captured.deletes);
    }
}

/// How names on the source become names on the target.
#[derive(Debug, Clone, Copy)]
pub struct Mapped<'a> {
    pub from: &'a str,
    pub to: &'a str,
    pub prefix: Option<&'a str>,
}

impl Default for Mapped<'_> {
    fn default() -> Self {
        Self { from: SCHEMA, to: SCHEMA, prefix: None }
    }
}

/// Explicit selection of these tables.
pub fn mappings(tables: &[&str], mapped: &Mapped) -> String {
    let literal = |name: &str| name.replace('_', "[_]");
    let schema = literal(mapped.from);
    let locator = |table: &str| serde_json::json!({"schema-name": schema, "table-name": table});
    let mut rules: Vec<serde_json::Value> = (1..)
        .zip(tables)
        .map(|(id, table)| {
            serde_json::json!({"rule-type": "selection", "rule-id": id.to_string(), "rule-name": *table,
                "object-locator": locator(&literal(table)), "rule-action": "include", "filters": []})
        })
        .collect();
    if let Some(prefix) = mapped.prefix {
        rules.push(serde_json::json!({"rule-type": "transformation", "rule-id": "900", "rule-name": "prefix",
            "rule-target": "table", "object-locator": locator("%"), "rule-action": "add-prefix", "value": prefix}));
    }
    if mapped.to != mapped.from {
        rules.push(serde_json::json!({"rule-type": "transformation", "rule-id": "901", "rule-name": "schema",
            "rule-target": "schema", "object-locator": {"schema-name": schema}, "rule-action": "rename",
            "value": mapped.to}));
    }
    serde_json::json!({ "rules": rules }).to_string()
}

/// Settings with the parts a console reads, logging names filled in as DMS fills them in.
pub fn settings(prep: &str, validated: bool, instance: &str, id: &str) -> String {
    serde_json::json!({
        "TargetMetadata": {"TargetSchema": "", "SupportLobs": true, "LimitedSizeLobMode": true, "LobMaxSize": 32},
        "FullLoadSettings": {"TargetTablePrepMode": prep, "MaxFullLoadSubTasks": 8, "CommitRate": 10000,
            "StopTaskCachedChangesApplied": false, "StopTaskCachedChangesNotApplied": false},
        "Logging": {"EnableLogging": true, "CloudWatchLogGroup": format!("dms-tasks-{instance}"),
            "CloudWatchLogStream": format!("dms-task-{id}")},
        "ValidationSettings": {"EnableValidation": validated, "ThreadCount": 5, "FailureMaxCount": 10000,
            "TableFailureMaxCount": 1000},
        "ErrorBehavior": {"DataErrorPolicy": "LOG_ERROR", "TableErrorPolicy": "SUSPEND_TABLE",
            "ApplyErrorInsertPolicy": "LOG_ERROR", "ApplyErrorUpdatePolicy": "LOG_ERROR",
            "ApplyErrorDeletePolicy": "IGNORE_RECORD", "RecoverableErrorCount": -1, "RecoverableErrorInterval": 5},
    })
    .to_string()
}
