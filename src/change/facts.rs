//! One task with what it stands between, as it was just read: what a change of it is judged and compared by.

use crate::aws::Reader;
use crate::model::change::{Destination, Standing};
use crate::model::parts::{ConnectionTest, Endpoint};
use crate::model::settings;
use crate::model::task::{Task, TaskStatus};
use crate::model::{EndpointArn, Problem, ProblemKind, ReplicationArn};
use jiff::Timestamp;

/// One task with what it stands between, as it was just read.
pub struct TaskFacts {
    /// With its settings and mappings.
    pub task: Task,
    pub source: Option<Endpoint>,
    pub target: Option<Endpoint>,
    /// Last tests of source and target from its instance.
    pub connections: [Option<ConnectionTest>; 2],
}

impl TaskFacts {
    pub async fn read(reader: &Reader, arn: &ReplicationArn) -> Result<Self, Problem> {
        let mut tasks = reader.tasks_in_full(std::slice::from_ref(arn)).await?.value;
        let Some(task) = tasks.pop().filter(|task| task.arn == *arn) else {
            return Err(Problem {
                kind: ProblemKind::NotFound,
                summary: "there is no such task".to_owned(),
                detail: arn.as_str().to_owned(),
                hint: "`cutover tasks` lists what there is.".to_owned(),
                request_id: None,
                at: Timestamp::now(),
            });
        };
        let endpoints = reader.endpoints().await?.value;
        let connections = reader.connections().await?.value;
        let endpoint = |arn: &EndpointArn| endpoints.iter().find(|endpoint| endpoint.arn == *arn).cloned();
        let test = |arn: &EndpointArn| {
            let ours = |test: &&ConnectionTest| Some(&test.instance) == task.instance.as_ref() && test.endpoint == *arn;
            connections.iter().find(ours).cloned()
        };
        let connections = [test(&task.source), test(&task.target)];
        Ok(Self { source: endpoint(&task.source), target: endpoint(&task.target), connections, task })
    }

    /// What must read the same just before sending.
    pub fn standing(&self) -> Standing {
        let Self { task, source, target, connections } = self;
        // While changes flow, their position moves by itself.
        let moves = matches!(task.status, TaskStatus::Starting | TaskStatus::Running | TaskStatus::Stopping);
        let settings = task.settings.as_deref().and_then(|text| settings::parse(text).ok());
        Standing {
            arn: task.arn.clone(),
            status: task.status.clone(),
            migration_type: task.migration_type.clone(),
            stop_reason: task.stop_reason.clone(),
            source: task.source.clone(),
            target: task.target.clone(),
            instance: task.instance.clone(),
            source_at: source.as_ref().and_then(at),
            target_at: target.as_ref().and_then(at),
            prep_mode: settings.and_then(|settings| settings.prep_mode).map(|mode| mode.raw().to_owned()),
            mappings: task.table_mappings.clone(),
            fresh_start: task.stats.fresh_start,
            start: task.stats.start,
            stop: task.stats.stop,
            cdc_start_position: task.cdc_start_position.clone(),
            cdc_stop_position: task.cdc_stop_position.clone(),
            recovery_checkpoint: task.recovery_checkpoint.clone().filter(|_| !moves),
            connections: connections.clone().map(|test| test.map(|test| test.status)),
        }
    }
}

/// Where an endpoint is, where it says so.
fn at(endpoint: &Endpoint) -> Option<Destination> {
    let host = endpoint.host.as_ref()?;
    Some(Destination::new(host.raw(), endpoint.database.as_ref().map_or("", |database| database.raw())))
}
