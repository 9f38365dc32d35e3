//! `Replication` and `ReplicationConfig`: the runtime and the definition of one serverless task, merged by ARN.

use super::{text, time};
use crate::model::task::{Task, TaskStats};
use crate::model::{EndpointArn, ReplicationArn, TaskName, Untrusted};
use aws_sdk_databasemigration::types::{Replication, ReplicationConfig, ReplicationStats};
use std::collections::BTreeMap;

/// Merges the two lists. A definition without a runtime has never been started: `created`. The second list says which
/// could not be read.
pub(in crate::aws) fn replications(
    running: &[Replication],
    defined: &[ReplicationConfig],
    with_settings: bool,
) -> (Vec<Task>, Vec<String>) {
    let mut tasks: BTreeMap<ReplicationArn, Task> = BTreeMap::new();
    let mut unread = Vec::new();
    for config in defined {
        match definition(config, with_settings) {
            Ok(task) => {
                tasks.insert(task.arn.clone(), task);
            }
            Err(why) => unread.push(why),
        }
    }
    for replication in running {
        match runtime(replication) {
            Ok(mut task) => {
                if let Some(defined) = tasks.remove(&task.arn) {
                    task.table_mappings = defined.table_mappings;
                    task.settings = defined.settings;
                }
                tasks.insert(task.arn.clone(), task);
            }
            Err(why) => unread.push(why),
        }
    }
    (tasks.into_values().collect(), unread)
}

fn key(arn: Option<&str>, name: Option<&str>) -> Result<(ReplicationArn, TaskName), String> {
    let (arn, name) = (arn.unwrap_or_default(), name.unwrap_or_default());
    let parsed = ReplicationArn::parse(arn).map_err(|why| format!("replication {name:?} has ARN {arn:?}: {why}"))?;
    Ok((parsed, TaskName::new(name)))
}

fn definition(raw: &ReplicationConfig, with_settings: bool) -> Result<Task, String> {
    let (arn, name) = key(raw.replication_config_arn(), raw.replication_config_identifier())?;
    Ok(Task {
        arn,
        name,
        migration_type: raw.replication_type().map_or("", |kind| kind.as_str()).to_owned().into(),
        status: "created".to_owned().into(),
        stop_reason: None,
        last_failure: None,
        source: EndpointArn(raw.source_endpoint_arn().unwrap_or_default().to_owned()),
        target: EndpointArn(raw.target_endpoint_arn().unwrap_or_default().to_owned()),
        instance: None,
        stats: TaskStats::default(),
        table_mappings: raw.table_mappings().filter(|_| with_settings).map(str::to_owned),
        settings: raw.replication_settings().filter(|_| with_settings).map(str::to_owned),
        cdc_start_position: None,
        cdc_stop_position: None,
        recovery_checkpoint: None,
    })
}

fn runtime(raw: &Replication) -> Result<Task, String> {
    let (arn, name) = key(raw.replication_config_arn(), raw.replication_config_identifier())?;
    let mut stats = raw.replication_stats().map(stats).unwrap_or_default();
    stats.stop = stats.stop.or(time(raw.replication_last_stop_time()));
    // A list here, one text for a classic task.
    let failures = raw.failure_messages().join("; ");
    Ok(Task {
        arn,
        name,
        migration_type: raw.replication_type().map_or("", |kind| kind.as_str()).to_owned().into(),
        status: raw.status().unwrap_or("unknown").to_owned().into(),
        stop_reason: text(raw.stop_reason()),
        last_failure: Some(Untrusted::new(failures)).filter(|text| !text.is_empty()),
        source: EndpointArn(raw.source_endpoint_arn().unwrap_or_default().to_owned()),
        target: EndpointArn(raw.target_endpoint_arn().unwrap_or_default().to_owned()),
        instance: None,
        stats,
        table_mappings: None,
        settings: None,
        cdc_start_position: text(raw.cdc_start_position()),
        cdc_stop_position: text(raw.cdc_stop_position()),
        recovery_checkpoint: text(raw.recovery_checkpoint()),
    })
}

fn stats(raw: &ReplicationStats) -> TaskStats {
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
    use crate::model::ReplicationKind;

    #[test]
    fn runtime_and_definition_are_one_task_and_a_definition_alone_was_never_started() {
        let arn = |id: &str| format!("arn:aws:dms:eu-west-1:123456789012:replication-config:{id}");
        let running = [
            Replication::builder()
                .replication_config_arn(arn("A"))
                .status("failed")
                .failure_messages("one")
                .failure_messages("two")
                .build(),
            Replication::builder().replication_config_arn("odd").replication_config_identifier("bad").build(),
        ];
        let defined = [
            ReplicationConfig::builder().replication_config_arn(arn("A")).table_mappings("{}").build(),
            ReplicationConfig::builder().replication_config_arn(arn("B")).replication_config_identifier("new").build(),
        ];
        let (tasks, unread) = replications(&running, &defined, true);
        assert_eq!(tasks.len(), 2);
        assert_eq!(tasks[0].arn.kind(), ReplicationKind::Serverless);
        assert_eq!(tasks[0].last_failure.as_ref().map(Untrusted::raw), Some("one; two"));
        assert_eq!(tasks[0].table_mappings.as_deref(), Some("{}"));
        assert_eq!((tasks[1].name.raw(), tasks[1].status.raw()), ("new", "created"));
        assert!(unread[0].contains("bad"));
        assert_eq!(replications(&running, &defined, false).0[0].table_mappings, None);
    }
}
