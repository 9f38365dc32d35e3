//! Shapes of the answers: world to wire, one function a shape.

use super::parts::Connection;
use super::task::{Counts, Task};
use super::{CALLER, World};
use crate::demo::wire::Value;
use crate::model::table::TableRow;
use crate::model::{Untrusted, task::TaskStatus};
use jiff::Timestamp;

pub fn identity(account: &str) -> Value {
    let id = "AROADEMODEMODEMODEMO1:demo";
    Value::map([
        ("UserId", id.into()),
        ("Account", account.into()),
        ("Arn", CALLER.replace(super::ACCOUNT, account).into()),
    ])
}

/// `ReplicationTask`.
pub fn task(task: &Task, with_settings: bool, now: Timestamp) -> Value {
    let def = &task.def;
    let settings = |text: &str| with_settings.then(|| text.to_owned());
    Value::map([
        ("ReplicationTaskIdentifier", def.name.as_str().into()),
        ("SourceEndpointArn", def.source.0.as_str().into()),
        ("TargetEndpointArn", def.target.0.as_str().into()),
        ("ReplicationInstanceArn", def.instance.as_ref().map(|arn| arn.0.as_str()).into()),
        ("MigrationType", def.migration_type.raw().into()),
        ("TableMappings", settings(&def.mappings).into()),
        ("ReplicationTaskSettings", settings(&def.settings).into()),
        ("Status", task.status.raw().into()),
        ("LastFailureMessage", task.last_failure.clone().into()),
        ("StopReason", task.stop_reason.clone().into()),
        ("ReplicationTaskCreationDate", def.created.into()),
        ("ReplicationTaskStartDate", task.times.start.into()),
        ("CdcStartPosition", task.cdc_start.clone().into()),
        ("CdcStopPosition", task.cdc_stop.clone().into()),
        ("RecoveryCheckpoint", task.checkpoint.map(|at| format!("checkpoint:V1#{}", at.0)).into()),
        ("ReplicationTaskArn", def.arn.as_str().into()),
        ("ReplicationTaskStats", stats(task, now)),
    ])
}

/// `ReplicationTaskStats`; a task that never ran has none.
fn stats(task: &Task, now: Timestamp) -> Value {
    if !task.has_run() {
        return Value::Null;
    }
    let counts = task.counts(now);
    let times = task.times;
    let elapsed = times.start.map(|start| {
        let running = matches!(task.status, TaskStatus::Running | TaskStatus::Stopping);
        let end = times.stop.filter(|_| !running).unwrap_or(now);
        i64::try_from(end.duration_since(start).as_millis()).unwrap_or(0).max(0)
    });
    Value::map([
        ("FullLoadProgressPercent", percent(task, counts).into()),
        ("ElapsedTimeMillis", elapsed.into()),
        ("TablesLoaded", counts.loaded.into()),
        ("TablesLoading", counts.loading.into()),
        ("TablesQueued", counts.queued.into()),
        ("TablesErrored", counts.errored.into()),
        ("FreshStartDate", times.fresh_start.into()),
        ("StartDate", times.start.into()),
        ("StopDate", times.stop.into()),
        ("FullLoadStartDate", times.load_start.into()),
        ("FullLoadFinishDate", times.load_finish.into()),
    ])
}

fn percent(task: &Task, counts: Counts) -> i32 {
    if task.def.migration_type.has_full_load() { counts.percent(task.table_count()) } else { 0 }
}

/// `Replication`: the runtime of a serverless replication.
pub fn replication(task: &Task, now: Timestamp) -> Value {
    let def = &task.def;
    let failures = Value::list(task.last_failure.iter().map(|text| text.as_str().into()));
    // One operator counts 48 hours from the stop to the end of what was provisioned (facts, section 2.6).
    let deprovision = task.times.stop.filter(|_| task.status == TaskStatus::Stopped);
    Value::map([
        ("ReplicationConfigIdentifier", def.name.as_str().into()),
        ("ReplicationConfigArn", def.arn.as_str().into()),
        ("SourceEndpointArn", def.source.0.as_str().into()),
        ("TargetEndpointArn", def.target.0.as_str().into()),
        ("ReplicationType", def.migration_type.raw().into()),
        ("Status", task.status.raw().into()),
        ("StopReason", task.stop_reason.clone().into()),
        ("FailureMessages", failures),
        ("ReplicationStats", stats(task, now)),
        ("CdcStartPosition", task.cdc_start.clone().into()),
        ("CdcStopPosition", task.cdc_stop.clone().into()),
        ("RecoveryCheckpoint", task.checkpoint.map(|at| format!("checkpoint:V1#{}", at.0)).into()),
        ("ReplicationCreateTime", def.created.into()),
        ("ReplicationUpdateTime", task.times.start.unwrap_or(def.created).into()),
        ("ReplicationLastStopTime", task.times.stop.into()),
        ("ReplicationDeprovisionTime", deprovision.map(|stop| stop + jiff::SignedDuration::from_hours(48)).into()),
    ])
}

/// `ReplicationConfig`: the definition of a serverless replication.
pub fn config(task: &Task) -> Value {
    let def = &task.def;
    let compute =
        Value::map([("MinCapacityUnits", 1.into()), ("MaxCapacityUnits", 16.into()), ("MultiAZ", false.into())]);
    Value::map([
        ("ReplicationConfigIdentifier", def.name.as_str().into()),
        ("ReplicationConfigArn", def.arn.as_str().into()),
        ("SourceEndpointArn", def.source.0.as_str().into()),
        ("TargetEndpointArn", def.target.0.as_str().into()),
        ("ReplicationType", def.migration_type.raw().into()),
        ("ComputeConfig", compute),
        ("ReplicationSettings", def.settings.as_str().into()),
        ("TableMappings", def.mappings.as_str().into()),
        ("ReplicationConfigCreateTime", def.created.into()),
        ("ReplicationConfigUpdateTime", def.created.into()),
    ])
}

/// `TableStatistics`.
pub fn row(row: &TableRow) -> Value {
    let text = |value: &Untrusted| Value::from(value.raw());
    Value::map([
        ("SchemaName", text(&row.schema)),
        ("TableName", text(&row.table)),
        ("Inserts", row.captured.inserts.into()),
        ("Deletes", row.captured.deletes.into()),
        ("Updates", row.captured.updates.into()),
        ("Ddls", row.captured.ddls.into()),
        ("AppliedInserts", row.applied.inserts.into()),
        ("AppliedDeletes", row.applied.deletes.into()),
        ("AppliedUpdates", row.applied.updates.into()),
        ("AppliedDdls", row.applied.ddls.into()),
        ("FullLoadRows", row.full_load_rows.into()),
        // DynamoDB targets only; 0 elsewhere proves nothing, and that is what DMS sends.
        ("FullLoadCondtnlChkFailedRows", 0.into()),
        ("FullLoadErrorRows", 0.into()),
        ("FullLoadStartTime", row.full_load_start.into()),
        ("FullLoadEndTime", row.full_load_end.into()),
        ("FullLoadReloaded", row.full_load_reloaded.into()),
        ("LastUpdateTime", row.last_update.into()),
        ("TableState", row.state.raw().into()),
        ("ValidationPendingRecords", row.validation_pending.into()),
        ("ValidationFailedRecords", row.validation_failed.into()),
        ("ValidationSuspendedRecords", row.validation_suspended.into()),
        ("ValidationState", row.validation.as_ref().map(|state| state.raw().to_owned()).into()),
        ("ValidationStateDetails", row.validation_details.as_ref().map(|d| d.raw().to_owned()).into()),
    ])
}

/// `Connection`.
pub fn connection(world: &World, connection: &Connection) -> Value {
    let endpoint = world.endpoints.iter().find(|endpoint| endpoint.arn == connection.endpoint);
    Value::map([
        ("ReplicationInstanceArn", connection.instance.0.as_str().into()),
        ("EndpointArn", connection.endpoint.0.as_str().into()),
        ("Status", connection.status.into()),
        ("LastFailureMessage", connection.failure.clone().into()),
        ("EndpointIdentifier", endpoint.map(|endpoint| endpoint.name.clone()).into()),
        ("ReplicationInstanceIdentifier", world.instance(&connection.instance).map(|i| i.name.clone()).into()),
    ])
}
