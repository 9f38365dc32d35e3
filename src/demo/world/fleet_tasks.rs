//! The tasks of a fleet: varied types, statuses and health, the same for the same seed.

use super::fleet::{Fleet, FleetTables};
use super::metrics::{Flow, Past, Points};
use super::opening::{Mapped, mappings, settings};
use super::parts::{Connection, Endpoint, Instance, located};
use super::task::{Definition, Tables, Task, Times};
use super::{World, arn, maintenance, seeded};
use crate::model::parts::Direction;
use crate::model::task::{MigrationType, TaskStatus};
use crate::model::{EndpointArn, InstanceArn, ReplicationArn, Untrusted};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tasks on one instance (AWS quota).
const TASKS_PER_INSTANCE: usize = 200;
/// Tasks that share a pair of endpoints.
const TASKS_PER_PAIR: usize = 10;
/// Every tenth task is serverless.
const SERVERLESS_EVERY: usize = 10;

/// What a fleet task is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Healthy,
    Climbing,
    Loading,
    Loaded,
    Stopped,
    StoppedAfterLoad,
    Failed,
    Ready,
    Testing,
}

/// Upper bound of a draw out of a hundred, and the kind below it.
const KINDS: [(u64, Kind); 9] = [
    (52, Kind::Healthy),
    (60, Kind::Climbing),
    (68, Kind::Loading),
    (82, Kind::Loaded),
    (87, Kind::Stopped),
    (89, Kind::StoppedAfterLoad),
    (93, Kind::Failed),
    (98, Kind::Ready),
    (100, Kind::Testing),
];

pub fn build(world: &mut World, fleet: Fleet, now: Timestamp) {
    let seed = world.setting.seed;
    for index in 0..fleet.tasks.div_ceil(TASKS_PER_INSTANCE) {
        let name = format!("dms-fleet-{}", index + 1);
        world.instances.push(Instance {
            arn: InstanceArn(arn("rep", &seeded::resource_id(seed, &name))),
            name,
            class: "dms.r6i.4xlarge",
            created: now - SignedDuration::from_hours(24 * 200),
            storage: 500,
            multi_az: true,
            window: maintenance::window(),
            pending_class: None,
            maintenance: (index == 0).then(|| maintenance::planned(now)),
        });
    }
    for pair in 0..fleet.tasks.div_ceil(TASKS_PER_PAIR) {
        for (word, direction) in [("source", Direction::Source), ("target", Direction::Target)] {
            let name = format!("{word}-{pair:02}");
            let host = format!("{name}.c1x2y3z4.eu-west-1.rds.amazonaws.com");
            let (engine, host, port, database) = located(None, &host);
            let endpoint = EndpointArn(arn("endpoint", &seeded::resource_id(seed, &name)));
            let instance = &world.instances[pair * TASKS_PER_PAIR / TASKS_PER_INSTANCE];
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
                name,
                direction,
                engine,
                host,
                port,
                database,
                user,
                secret: None,
            });
        }
    }
    for index in 0..fleet.tasks {
        if let Some(task) = task(world, fleet, index, now) {
            world.tasks.push(task);
        }
    }
}

fn task(world: &World, fleet: Fleet, index: usize, now: Timestamp) -> Option<Task> {
    let seed = world.setting.seed;
    let place = index as u64;
    let draw = seeded::number(seed, &[place, 1]) % 100;
    // A fleet of one is there to measure tables, so its task runs.
    let drawn = if index == 0 { Kind::Healthy } else { KINDS.iter().find(|(bound, _)| draw < *bound)?.1 };
    let serverless = index % SERVERLESS_EVERY == SERVERLESS_EVERY - 1;
    let migration_type = match (drawn, seeded::number(seed, &[place, 2]) % 2) {
        (Kind::Loaded, _) | (Kind::Loading | Kind::Ready | Kind::Failed, 0) => MigrationType::FullLoad,
        (Kind::Stopped | Kind::Climbing, 0) => MigrationType::Cdc,
        (Kind::Ready, _) if index.is_multiple_of(29) => MigrationType::Cdc,
        _ => MigrationType::FullLoadAndCdc,
    };
    let (status, reason) = status(drawn, serverless);
    let name = format!("fleet-{index:03}-{}", migration_type.raw());
    let id = seeded::resource_id(seed, &name);
    let task_arn = arn(if serverless { "replication-config" } else { "task" }, &id);
    let load_seconds = seeded::between(seed, &[place, 3], 600, 2400);
    let times = times(drawn, &migration_type, seed, place, load_seconds, now);
    let rows = seeded::unit(seed, &[place, 4]) * 900.0 + 20.0;
    let latency = 1.0 + seeded::unit(seed, &[place, 5]) * 4.0;
    let past = match drawn {
        Kind::Climbing => Past::Climbing { latency: 70.0 + 400.0 * seeded::unit(seed, &[place, 6]), rows },
        Kind::Ready | Kind::Testing => Past::Silent,
        _ => Past::Steady { latency, rows },
    };
    let bad_every = match drawn {
        Kind::Failed => 1,
        Kind::Climbing => 50,
        Kind::Healthy if index % 7 == 3 => 400,
        _ => u64::MAX,
    };
    let errored =
        (0..fleet.tables).filter(|t| seeded::number(seed, &[place, 7, *t as u64]).is_multiple_of(bad_every)).collect();
    let pair = index / TASKS_PER_PAIR * 2;
    let instance = &world.instances[index / TASKS_PER_INSTANCE];
    let def = Definition {
        arn: ReplicationArn::parse(&task_arn).ok()?,
        source: world.endpoints[pair].arn.clone(),
        target: world.endpoints[pair + 1].arn.clone(),
        instance: (!serverless).then(|| instance.arn.clone()),
        mappings: mappings(&["%"], &Mapped::default()),
        settings: log_named(settings("TRUNCATE_BEFORE_LOAD", index.is_multiple_of(3), &instance.name, &id), serverless),
        tags: vec![("wave".to_owned(), format!("{}", index % 4 + 1))],
        created: now - SignedDuration::from_hours(24 * 30),
        route: None,
        migration_type,
        past,
        name,
    };
    Some(Task {
        def: Arc::new(def),
        stop_reason: reason.map(|reason| format!("Stop Reason {reason}")),
        last_failure: (drawn == Kind::Failed).then(|| {
            "Last Error  Failed to connect to database. Task error notification received from subtask 0, thread 0 \
             [reptask/replicationtask.c:2883] [1020401] Stop Reason FATAL_ERROR Error Level FATAL"
                .to_owned()
        }),
        status,
        until: None,
        times,
        cdc_start: None,
        cdc_stop: None,
        checkpoint: None,
        tables: Tables::Fleet(FleetTables {
            seed,
            task: place,
            count: fleet.tables,
            errored,
            load_seconds,
            reloads: BTreeMap::new(),
        }),
        begin: None,
        fresh: false,
        started_as: None,
        run: None,
        runs: 0,
        points: Arc::new(Points::default()),
        flow: Flow::new(now),
        refreshed: now,
        log: Arc::default(),
    })
}

fn status(kind: Kind, serverless: bool) -> (TaskStatus, Option<&'static str>) {
    let word = |text: &str| TaskStatus::Other(Untrusted::new(text));
    match kind {
        Kind::Healthy | Kind::Climbing | Kind::Loading => (TaskStatus::Running, None),
        Kind::Loaded => (TaskStatus::Stopped, Some("FULL_LOAD_ONLY_FINISHED")),
        Kind::Stopped => (TaskStatus::Stopped, Some("NORMAL")),
        Kind::StoppedAfterLoad => (TaskStatus::Stopped, Some("STOPPED_AFTER_FULL_LOAD")),
        Kind::Failed => (TaskStatus::Failed, Some("FATAL_ERROR Error Level FATAL")),
        Kind::Ready if serverless => (word("created"), None),
        Kind::Ready => (TaskStatus::Ready, None),
        Kind::Testing if serverless => (word("provisioning_capacity"), None),
        Kind::Testing => (TaskStatus::Testing, None),
    }
}

fn times(kind: Kind, migration: &MigrationType, seed: u64, place: u64, load: i64, now: Timestamp) -> Times {
    let ago = |salt: u64, low: i64, high: i64| {
        now - SignedDuration::from_secs(seeded::between(seed, &[place, salt], low, high))
    };
    let load = SignedDuration::from_secs(load);
    let start = match kind {
        Kind::Ready | Kind::Testing => return Times::default(),
        // Somewhere inside its load.
        Kind::Loading => {
            now - SignedDuration::from_secs_f64(load.as_secs_f64() * seeded::unit(seed, &[place, 8]) * 0.9)
        }
        _ => ago(8, 6 * 3600, 72 * 3600),
    };
    let full = migration.has_full_load();
    let load_finish = (full && kind != Kind::Loading).then(|| start + load);
    let stop = match kind {
        Kind::Loaded | Kind::StoppedAfterLoad => load_finish,
        Kind::Stopped | Kind::Failed => Some(ago(9, 600, 5 * 3600)),
        _ => None,
    };
    Times { fresh_start: Some(start), start: Some(start), stop, load_start: full.then_some(start), load_finish }
}

/// The settings of a serverless replication name neither group nor stream: those have names of their own.
fn log_named(settings: String, serverless: bool) -> String {
    if !serverless {
        return settings;
    }
    let Ok(mut settings) = serde_json::from_str::<serde_json::Value>(&settings) else { return settings };
    settings["Logging"] = serde_json::json!({ "EnableLogging": true });
    settings.to_string()
}
