//! The operations that change something: start, stop, reload tables, test a connection.

use super::legal::{self, Asked, StartType, Whose};
use super::refusal::Refusal;
use super::task::{Tables, Task};
use super::{Command, World, answers, events, logs, time};
use crate::demo::mover::order::{Begin, Checkpoint};
use crate::demo::wire::Value;
use crate::model::table::TableState;
use crate::model::task::{MigrationType, TaskStatus};
use jiff::Timestamp;
use std::sync::Arc;

/// Tables in one `ReloadTables` (section 1.2 of the facts).
const MAX_RELOAD: usize = 10;

pub fn start(world: &mut World, input: &Value, whose: Whose, now: Timestamp) -> Result<Value, Refusal> {
    let index = find(world, input, whose)?;
    let member = match whose {
        Whose::Task => "StartReplicationTaskType",
        Whose::Replication => "StartReplicationType",
    };
    let kind = input.text_of(member).unwrap_or_default();
    let start_type =
        StartType::parse(kind).ok_or_else(|| Refusal::parameter(format!("Invalid value {kind} for {member}")))?;
    let position = input.text_of("CdcStartPosition").filter(|text| !text.is_empty());
    let time = input.get("CdcStartTime").and_then(Value::time);
    if position.is_some() && time.is_some() {
        return Err(Refusal::combination("Only one of CdcStartTime and CdcStartPosition can be given"));
    }
    let task = &world.tasks[index];
    let asked = Asked {
        start: start_type,
        from_position: position.is_some() || time.is_some(),
        has_run: task.has_run(),
        connected: whose == Whose::Replication || connected(world, task),
        whose,
    };
    legal::start(&task.def.migration_type, &task.status, asked)?;
    let start = position.map(ToOwned::to_owned).or_else(|| time.map(|at| at.to_string()));
    begin(world, index, start_type, start, input.text_of("CdcStopPosition"), now);
    Ok(described(world, index, whose, now))
}

fn begin(
    world: &mut World,
    index: usize,
    start_type: StartType,
    position: Option<String>,
    until: Option<&str>,
    now: Timestamp,
) {
    let hurried = world.setting.hurried;
    let task = &mut world.tasks[index];
    let from = position.as_deref().and_then(checkpoint);
    let begin = match (start_type, &task.def.migration_type) {
        (StartType::Start, MigrationType::Cdc) => Begin::Changes { from },
        (StartType::Start | StartType::Reload, _) => Begin::LoadAll,
        // Loads what is not loaded; nothing else is left to do for a full load.
        (StartType::Resume, MigrationType::FullLoad) => Begin::LoadSome(unloaded(task)),
        // Goes on from the last position, even where the load broke off: it loads nothing (facts, point 9).
        (StartType::Resume, _) => Begin::Changes { from: task.checkpoint },
    };
    (task.status, task.until) = time::first_status(task, now);
    if hurried {
        task.until = Some(now);
    }
    task.fresh = start_type != StartType::Resume;
    task.started_as = Some(start_type);
    task.begin = Some(begin);
    task.cdc_start = position.or(task.cdc_start.take());
    task.cdc_stop = until.filter(|text| !text.is_empty()).map(ToOwned::to_owned);
    task.stop_reason = None;
    task.last_failure = None;
}

pub fn stop(world: &mut World, input: &Value, whose: Whose, now: Timestamp) -> Result<Value, Refusal> {
    let index = find(world, input, whose)?;
    legal::stop(&world.tasks[index].status, whose)?;
    begin_stop(world, index, now);
    Ok(described(world, index, whose, now))
}

fn begin_stop(world: &mut World, index: usize, now: Timestamp) {
    let task = &mut world.tasks[index];
    task.status = TaskStatus::Stopping;
    task.until = Some(if world.setting.hurried { now } else { now + time::STOPPING });
    logs::stop_requested(task, now);
    let id = task.resource_id();
    if let Some(run) = &mut task.run {
        run.control.stop = true;
        let command = Command::Steer { task: id, run: run.number, control: run.control.clone() };
        world.commands.push(command);
    }
}

pub fn reload(world: &mut World, input: &Value, whose: Whose, now: Timestamp) -> Result<Value, Refusal> {
    let index = find(world, input, whose)?;
    let task = &mut world.tasks[index];
    let names: Vec<(String, String)> = input
        .items_of("TablesToReload")
        .iter()
        .map(|t| {
            (
                t.text_of("SchemaName").unwrap_or_default().to_owned(),
                t.text_of("TableName").unwrap_or_default().to_owned(),
            )
        })
        .collect();
    if names.is_empty() || names.len() > MAX_RELOAD {
        return Err(Refusal::parameter(format!("Between 1 and {MAX_RELOAD} tables can be reloaded in one request")));
    }
    if (1..names.len()).any(|i| names[..i].contains(&names[i])) {
        return Err(Refusal::parameter("TablesToReload contains a duplicate"));
    }
    legal::reload(&task.def.migration_type, &task.status, whose)?;
    if let Some((schema, table)) = names.iter().find(|(schema, table)| !task.has_table(schema, table)) {
        return Err(Refusal::parameter(format!("Table {schema}.{table} is not part of the replication task")));
    }
    match input.text_of("ReloadOption").unwrap_or("data-reload") {
        "data-reload" => {}
        // Validates the rows again and moves none.
        "validate-only" if task.def.settings.contains("\"EnableValidation\":true") => {
            return Ok(Value::map([(arn_of(whose), task.def.arn.as_str().into())]));
        }
        "validate-only" => {
            return Err(Refusal::combination("Reload option validate-only is valid only when validation is enabled"));
        }
        other => return Err(Refusal::parameter(format!("Invalid value {other} for ReloadOption"))),
    }
    for (schema, name) in &names {
        if let Tables::Fleet(fleet) = &mut task.tables {
            if let Some(index) = fleet.find(schema, name) {
                fleet.reloads.insert(index, now);
            }
        } else if let Some(table) = task.table(schema, name) {
            table.live.state = TableState::BeingReloaded;
            table.live.full_load_reloaded = true;
            table.shown = table.live.clone();
            table.shown.last_update = Some(now);
        }
    }
    let id = task.resource_id();
    if let Some(run) = &mut task.run {
        for (schema, name) in names {
            let serial = run.control.reload.last().map_or(1, |(serial, ..)| serial + 1);
            run.control.reload.push((serial, schema, name));
        }
        world.commands.push(Command::Steer { task: id, run: run.number, control: run.control.clone() });
    }
    let def = Arc::clone(&world.tasks[index].def);
    events::reload(world, &def.name, now);
    Ok(Value::map([(arn_of(whose), def.arn.as_str().into())]))
}

pub fn test_connection(world: &mut World, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
    let instance = input.text_of("ReplicationInstanceArn").unwrap_or_default();
    let endpoint = input.text_of("EndpointArn").unwrap_or_default();
    let known_instance = world.instances.iter().find(|i| i.arn.0 == instance).map(|i| i.arn.clone());
    let known_instance =
        known_instance.ok_or_else(|| Refusal::not_found(format!("Replication instance {instance} not found.")))?;
    let known_endpoint = world.endpoints.iter().find(|e| e.arn.0 == endpoint).map(|e| e.arn.clone());
    let known_endpoint = known_endpoint.ok_or_else(|| Refusal::not_found(format!("Endpoint {endpoint} not found.")))?;
    let found = world.connections.iter().position(|c| c.instance == known_instance && c.endpoint == known_endpoint);
    let index = found.unwrap_or_else(|| {
        world.connections.push(super::parts::Connection {
            instance: known_instance,
            endpoint: known_endpoint,
            status: "testing",
            failure: None,
            until: None,
        });
        world.connections.len() - 1
    });
    let connection = &mut world.connections[index];
    if connection.until.is_some() {
        return Err(Refusal::invalid_state("A connection test is already in progress"));
    }
    connection.status = "testing";
    connection.failure = None;
    connection.until = Some(now + time::TESTING);
    Ok(Value::map([("Connection", answers::connection(world, &world.connections[index]))]))
}

/// Somebody at another console: stops what runs, starts what does not.
pub fn somebody_else(world: &mut World, name: Option<&str>, now: Timestamp) {
    let wanted = |task: &Task| !task.is_serverless() && name.is_none_or(|name| name == task.def.name);
    let can_stop = |task: &Task| wanted(task) && legal::stop(&task.status, Whose::Task).is_ok();
    if let Some(index) = world.tasks.iter().position(can_stop) {
        return begin_stop(world, index, now);
    }
    let can_resume = |task: &Task| {
        let (start, whose) = (StartType::Resume, Whose::Task);
        let asked = Asked { start, from_position: false, has_run: task.has_run(), connected: true, whose };
        wanted(task) && legal::start(&task.def.migration_type, &task.status, asked).is_ok()
    };
    if let Some(index) = world.tasks.iter().position(can_resume) {
        begin(world, index, StartType::Resume, None, None, now);
    }
}

fn arn_of(whose: Whose) -> &'static str {
    match whose {
        Whose::Task => "ReplicationTaskArn",
        Whose::Replication => "ReplicationConfigArn",
    }
}

fn find(world: &World, input: &Value, whose: Whose) -> Result<usize, Refusal> {
    let arn = input.text_of(arn_of(whose)).unwrap_or_default();
    let found = world.by_arn(arn).filter(|index| world.tasks[*index].is_serverless() == (whose == Whose::Replication));
    found.ok_or_else(|| match whose {
        Whose::Task => Refusal::not_found(format!("Replication Task {arn} not found.")),
        Whose::Replication => Refusal::not_found(format!("Replication {arn} not found.")),
    })
}

fn described(world: &World, index: usize, whose: Whose, now: Timestamp) -> Value {
    let task = &world.tasks[index];
    match whose {
        Whose::Task => Value::map([("ReplicationTask", answers::task(task, true, now))]),
        Whose::Replication => Value::map([("Replication", answers::replication(task, now))]),
    }
}

fn connected(world: &World, task: &Task) -> bool {
    [&task.def.source, &task.def.target].into_iter().all(|endpoint| {
        world.connections.iter().any(|c| {
            Some(&c.instance) == task.def.instance.as_ref() && c.endpoint == *endpoint && c.status == "successful"
        })
    })
}

/// `checkpoint:V1#<n>`; other positions belong to engines whose logs the mover does not read.
fn checkpoint(text: &str) -> Option<Checkpoint> {
    text.strip_prefix("checkpoint:V1#")?.parse().ok().map(Checkpoint)
}

/// Tables a resumed full load still has to load.
fn unloaded(task: &mut Task) -> Vec<(String, String)> {
    task.kept()
        .iter()
        .filter(|table| table.live.state != TableState::Completed)
        .map(|table| (table.live.schema.raw().to_owned(), table.live.table.raw().to_owned()))
        .collect()
}
