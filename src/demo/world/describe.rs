//! The reading operations of DMS.

use super::paging::{Filters, MAX, MAX_STATISTICS, Rules, page};
use super::refusal::Refusal;
use super::task::Task;
use super::{World, answers, answers_parts};
use crate::demo::wire::Value;
use crate::model::parts::Direction;
use jiff::Timestamp;

const TASKS: Rules = Rules {
    filters: &[
        "replication-task-arn",
        "replication-task-id",
        "migration-type",
        "endpoint-arn",
        "replication-instance-arn",
    ],
    max: MAX,
};
const STATISTICS: Rules = Rules { filters: &["schema-name", "table-name", "table-state"], max: MAX_STATISTICS };
const INSTANCES: Rules = Rules {
    filters: &["replication-instance-arn", "replication-instance-id", "replication-instance-class", "engine-version"],
    max: MAX,
};
/// No filters at all.
const UNFILTERED: Rules = Rules { filters: &[], max: MAX };
const ENDPOINTS: Rules = Rules { filters: &["endpoint-arn", "endpoint-type", "endpoint-id", "engine-name"], max: MAX };
const CONNECTIONS: Rules = Rules { filters: &["endpoint-arn", "replication-instance-arn"], max: MAX };
const REPLICATIONS: Rules = Rules { filters: &["replication-config-arn", "replication-config-id"], max: MAX };

/// Cuts the page out of what passed the filters. A filter that matches nothing is an error, as DMS has it.
fn answer<T>(
    operation: &str,
    member: &'static str,
    input: &Value,
    (rules, filters): (&Rules, &Filters),
    found: &[T],
    shape: impl Fn(&T) -> Value,
) -> Result<Value, Refusal> {
    if found.is_empty() && !filters.is_empty() {
        return Err(Refusal::not_found(format!("No {member} found matching this filter.")));
    }
    let page = page(operation, input, found.len(), rules)?;
    let items = Value::list(found[page.range].iter().map(shape));
    Ok(Value::map([("Marker", page.marker.into()), (member, items)]))
}

pub fn tasks(world: &World, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
    let filters = Filters::read(input, &TASKS)?;
    let with_settings = !input.get("WithoutSettings").and_then(Value::truth).unwrap_or(false);
    let passes = |task: &&Task| {
        let def = &task.def;
        filters.pass("replication-task-arn", def.arn.as_str())
            && filters.pass("replication-task-id", &def.name)
            && filters.pass("migration-type", def.migration_type.raw())
            && (filters.pass("endpoint-arn", &def.source.0) || filters.pass("endpoint-arn", &def.target.0))
            && def.instance.as_ref().is_some_and(|arn| filters.pass("replication-instance-arn", &arn.0))
    };
    let found: Vec<&Task> = world.tasks.iter().filter(|task| !task.is_serverless()).filter(passes).collect();
    answer("DescribeReplicationTasks", "ReplicationTasks", input, (&TASKS, &filters), &found, |task| {
        answers::task(task, with_settings, now)
    })
}

pub fn statistics(world: &World, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
    rows(world, input, now, ("DescribeTableStatistics", "ReplicationTaskArn", "TableStatistics"), false)
}

pub fn replication_statistics(world: &World, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
    let names = ("DescribeReplicationTableStatistics", "ReplicationConfigArn", "ReplicationTableStatistics");
    rows(world, input, now, names, true)
}

fn rows(
    world: &World,
    input: &Value,
    now: Timestamp,
    (operation, key, member): (&'static str, &'static str, &'static str),
    serverless: bool,
) -> Result<Value, Refusal> {
    let arn = input.text_of(key).ok_or_else(|| Refusal::parameter(format!("{key} is required")))?;
    let filters = Filters::read(input, &STATISTICS)?;
    let task = world.by_arn(arn).map(|index| &world.tasks[index]).filter(|task| task.is_serverless() == serverless);
    let task = task.ok_or_else(|| Refusal::not_found(format!("Replication task {arn} not found.")))?;
    if !task.has_run() {
        return Err(Refusal::invalid_state("No table statistics: the replication task has never been started"));
    }
    // States first: they are cheap, rows of a large task are not.
    let mut found: Vec<usize> = (0..task.table_count())
        .filter(|i| !filters.names("table-state") || filters.pass("table-state", task.table_state(*i, now).raw()))
        .collect();
    if filters.names("schema-name") || filters.names("table-name") {
        found.retain(|index| {
            let row = task.table_row(*index, now);
            filters.pass("schema-name", row.schema.raw()) && filters.pass("table-name", row.table.raw())
        });
    }
    // Here a filter that matches nothing gives an empty list: a healthy task has no table in error.
    let page = page(operation, input, found.len(), &STATISTICS)?;
    let items = Value::list(found[page.range].iter().map(|index| answers::row(&task.table_row(*index, now))));
    Ok(Value::map([(key, arn.into()), (member, items), ("Marker", page.marker.into())]))
}

pub fn instances(world: &World, input: &Value) -> Result<Value, Refusal> {
    let filters = Filters::read(input, &INSTANCES)?;
    let found: Vec<_> = world
        .instances
        .iter()
        .filter(|i| {
            filters.pass("replication-instance-arn", &i.arn.0)
                && filters.pass("replication-instance-id", &i.name)
                && filters.pass("replication-instance-class", i.class)
                && filters.pass("engine-version", "3.5.4")
        })
        .collect();
    let rules = (&INSTANCES, &filters);
    answer("DescribeReplicationInstances", "ReplicationInstances", input, rules, &found, |i| answers_parts::instance(i))
}

pub fn maintenance(world: &World, input: &Value) -> Result<Value, Refusal> {
    let filters = Filters::read(input, &UNFILTERED)?;
    let one = input.text_of("ReplicationInstanceArn");
    if one.is_some_and(|arn| !world.instances.iter().any(|i| i.arn.0 == arn)) {
        return Err(Refusal::not_found("Replication instance not found."));
    }
    let waiting: Vec<_> = world
        .instances
        .iter()
        .filter(|i| one.is_none_or(|arn| i.arn.0 == arn))
        .filter_map(|i| Some((i, i.maintenance?)))
        .collect();
    let rules = (&UNFILTERED, &filters);
    let operation = "DescribePendingMaintenanceActions";
    answer(operation, "PendingMaintenanceActions", input, rules, &waiting, |(i, maintenance)| {
        answers_parts::maintenance(i, *maintenance)
    })
}

pub fn task_logs(world: &World, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
    let operation = "DescribeReplicationInstanceTaskLogs";
    let arn = input.text_of("ReplicationInstanceArn");
    let arn = arn.ok_or_else(|| Refusal::parameter("ReplicationInstanceArn is required"))?;
    if !world.instances.iter().any(|i| i.arn.0 == arn) {
        return Err(Refusal::not_found("Replication instance not found."));
    }
    let here = |task: &&Task| task.has_run() && task.def.instance.as_ref().is_some_and(|instance| instance.0 == arn);
    let found: Vec<&Task> = world.tasks.iter().filter(here).collect();
    let page = page(operation, input, found.len(), &UNFILTERED)?;
    let items = found[page.range].iter().map(|task| answers_parts::task_log(task, now));
    Ok(Value::map([
        ("ReplicationInstanceArn", arn.into()),
        ("ReplicationInstanceTaskLogs", Value::list(items)),
        ("Marker", page.marker.into()),
    ]))
}

pub fn endpoints(world: &World, input: &Value) -> Result<Value, Refusal> {
    let filters = Filters::read(input, &ENDPOINTS)?;
    let kind = |direction| if direction == Direction::Source { "source" } else { "target" };
    let found: Vec<_> = world
        .endpoints
        .iter()
        .filter(|e| {
            filters.pass("endpoint-arn", &e.arn.0)
                && filters.pass("endpoint-id", &e.name)
                && filters.pass("endpoint-type", kind(e.direction))
                && filters.pass("engine-name", e.engine.0)
        })
        .collect();
    answer("DescribeEndpoints", "Endpoints", input, (&ENDPOINTS, &filters), &found, |e| answers_parts::endpoint(e))
}

pub fn connections(world: &World, input: &Value) -> Result<Value, Refusal> {
    let filters = Filters::read(input, &CONNECTIONS)?;
    let found: Vec<_> = world
        .connections
        .iter()
        .filter(|c| {
            filters.pass("endpoint-arn", &c.endpoint.0) && filters.pass("replication-instance-arn", &c.instance.0)
        })
        .collect();
    let rules = (&CONNECTIONS, &filters);
    answer("DescribeConnections", "Connections", input, rules, &found, |c| answers::connection(world, c))
}

fn serverless<'a>(world: &'a World, filters: &Filters) -> Vec<&'a Task> {
    let all = world.tasks.iter().filter(|task| task.is_serverless());
    all.filter(|task| {
        filters.pass("replication-config-arn", task.def.arn.as_str())
            && filters.pass("replication-config-id", &task.def.name)
    })
    .collect()
}

pub fn replications(world: &World, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
    let filters = Filters::read(input, &REPLICATIONS)?;
    let found = serverless(world, &filters);
    let rules = (&REPLICATIONS, &filters);
    answer("DescribeReplications", "Replications", input, rules, &found, |t| answers::replication(t, now))
}

pub fn configs(world: &World, input: &Value) -> Result<Value, Refusal> {
    let filters = Filters::read(input, &REPLICATIONS)?;
    let found = serverless(world, &filters);
    let rules = (&REPLICATIONS, &filters);
    answer("DescribeReplicationConfigs", "ReplicationConfigs", input, rules, &found, |t| answers::config(t))
}

pub fn tags(world: &World, input: &Value) -> Result<Value, Refusal> {
    let one = input.text_of("ResourceArn");
    let many = input.items_of("ResourceArnList");
    let arns: Vec<&str> = one.into_iter().chain(many.iter().filter_map(Value::text)).collect();
    if arns.is_empty() {
        return Err(Refusal::parameter("ResourceArn or ResourceArnList is required"));
    }
    let mut out = Vec::new();
    for arn in arns {
        let known = world.by_arn(arn);
        let part = world.instances.iter().any(|i| i.arn.0 == arn) || world.endpoints.iter().any(|e| e.arn.0 == arn);
        if known.is_none() && !part {
            return Err(Refusal::not_found(format!("Resource {arn} not found.")));
        }
        for (key, value) in known.into_iter().flat_map(|index| &world.tasks[index].def.tags) {
            // The ARN stands beside a tag only where several resources were asked about.
            let owner = one.is_none().then_some(arn);
            out.push(Value::map([
                ("Key", key.as_str().into()),
                ("Value", value.as_str().into()),
                ("ResourceArn", owner.into()),
            ]));
        }
    }
    Ok(Value::map([("TagList", Value::List(out))]))
}
