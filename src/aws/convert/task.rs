//! `ReplicationTask`.

use super::{text, time};
use crate::model::task::{Task, TaskStats};
use crate::model::{EndpointArn, InstanceArn, ReplicationArn, TaskName};
use aws_sdk_databasemigration::types::ReplicationTask;

/// `Err` says why this task cannot be shown: without its ARN it has no key.
pub(in crate::aws) fn task(raw: &ReplicationTask) -> Result<Task, String> {
    let arn = raw.replication_task_arn().unwrap_or_default();
    let name = raw.replication_task_identifier().unwrap_or_default();
    let arn = ReplicationArn::parse(arn).map_err(|why| format!("task {name:?} has ARN {arn:?}: {why}"))?;
    Ok(Task {
        arn,
        name: TaskName::new(name),
        migration_type: raw.migration_type().map_or("", |kind| kind.as_str()).to_owned().into(),
        status: raw.status().unwrap_or("unknown").to_owned().into(),
        stop_reason: text(raw.stop_reason()),
        last_failure: text(raw.last_failure_message()),
        source: EndpointArn(raw.source_endpoint_arn().unwrap_or_default().to_owned()),
        target: EndpointArn(raw.target_endpoint_arn().unwrap_or_default().to_owned()),
        instance: raw.replication_instance_arn().map(|arn| InstanceArn(arn.to_owned())),
        stats: raw.replication_task_stats().map(stats).unwrap_or_default(),
        table_mappings: raw.table_mappings().map(str::to_owned),
        settings: raw.replication_task_settings().map(str::to_owned),
        cdc_start_position: text(raw.cdc_start_position()),
        cdc_stop_position: text(raw.cdc_stop_position()),
        recovery_checkpoint: text(raw.recovery_checkpoint()),
    })
}

fn stats(raw: &aws_sdk_databasemigration::types::ReplicationTaskStats) -> TaskStats {
    TaskStats {
        full_load_progress_percent: Some(raw.full_load_progress_percent()),
        elapsed_ms: Some(raw.elapsed_time_millis()),
        tables_loaded: raw.tables_loaded(),
        tables_loading: raw.tables_loading(),
        tables_queued: raw.tables_queued(),
        tables_errored: raw.tables_errored(),
        fresh_start: time(raw.fresh_start_date()),
        start: time(raw.start_date()),
        stop: time(raw.stop_date()),
        full_load_start: time(raw.full_load_start_date()),
        full_load_finish: time(raw.full_load_finish_date()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::task::{MigrationType, TaskStatus};
    use aws_sdk_databasemigration::types::{MigrationTypeValue, ReplicationTaskStats};
    use aws_smithy_types::DateTime;

    #[test]
    fn a_task_keeps_its_three_keys_apart() {
        let raw = ReplicationTask::builder()
            .replication_task_arn("arn:aws:dms:eu-west-1:123456789012:task:2YT32VX7CHRM")
            .replication_task_identifier("orders-cdc")
            .migration_type(MigrationTypeValue::FullLoadAndCdc)
            .status("running")
            .stop_reason("")
            .replication_task_stats(
                ReplicationTaskStats::builder().tables_errored(1).start_date(DateTime::from_secs_f64(1.5)).build(),
            )
            .build();
        let task = task(&raw).unwrap();
        assert_eq!(task.arn.resource_id().0, "2YT32VX7CHRM");
        assert_eq!(task.name.raw(), "orders-cdc");
        assert_eq!((task.status, task.migration_type), (TaskStatus::Running, MigrationType::FullLoadAndCdc));
        assert_eq!((task.stop_reason, task.settings, task.stats.tables_errored), (None, None, 1));
        assert_eq!(task.stats.start.map(jiff::Timestamp::as_millisecond), Some(1500));
        assert_eq!(task.stats.stop, None);
    }

    #[test]
    fn a_task_without_a_usable_arn_says_which_one_it_is() {
        let raw = ReplicationTask::builder().replication_task_identifier("orders").replication_task_arn("x").build();
        assert!(super::task(&raw).unwrap_err().contains("orders"));
    }
}
