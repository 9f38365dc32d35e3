//! What scheduling has to know about a task: little, so that its tests are short.

use crate::model::InstanceArn;
use crate::model::task::{MigrationType, Task, TaskStatus};
use jiff::Timestamp;

/// Facts of one watched task.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, not a state machine")]
pub struct Known {
    pub running: bool,
    pub has_cdc: bool,
    pub has_full_load: bool,
    /// The full load is over, so its speed is no longer published.
    pub loaded: bool,
    /// It was started at least once, so there are table statistics.
    pub has_run: bool,
    /// By the task's own count.
    pub tables_in_error: bool,
    /// The newest start: settings may have changed before it.
    pub start: Option<Timestamp>,
    /// The name of its instance is known (or not needed), so its metrics can be asked.
    pub measurable: bool,
    /// Its instance; a serverless one has none.
    pub instance: Option<InstanceArn>,
}

impl Known {
    /// `instance_named`: whether the name of the task's instance is known.
    pub fn of(task: &Task, instance_named: bool) -> Self {
        let serverless = task.arn.kind() == crate::model::ReplicationKind::Serverless;
        let odd = matches!(task.migration_type, MigrationType::Other(_));
        Self {
            running: task.status == TaskStatus::Running,
            // Of a type that is not known, everything may be published.
            has_cdc: task.migration_type.has_cdc() || odd,
            has_full_load: task.migration_type.has_full_load() || odd,
            loaded: task.stats.full_load_finish.is_some(),
            has_run: task.stats.fresh_start.is_some()
                || task.stats.start.is_some()
                || task.status == TaskStatus::Running,
            tables_in_error: task.stats.tables_errored > 0,
            start: task.stats.start.max(task.stats.fresh_start),
            measurable: serverless || instance_named,
            instance: task.instance.clone(),
        }
    }
}
