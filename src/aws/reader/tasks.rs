//! Tasks: classic ones and serverless replications, one list.

use super::{Reader, none_if_not_found, pages};
use crate::aws::answer::Answer;
use crate::aws::convert;
use crate::aws::failure::Class;
use crate::aws::wire::Refused;
use crate::model::operation::Operation;
use crate::model::task::Task;
use crate::model::{Problem, ReplicationArn, ReplicationKind};
use aws_sdk_databasemigration::types::{Replication, ReplicationConfig};

/// How much of each task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskDetail {
    /// Without settings and mappings, which are large: for polling.
    Brief,
    /// With them.
    Full,
}

/// Whether serverless replications are asked for too: two more operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serverless {
    Include,
    Skip,
}

/// The service's page limit for tasks, instances, endpoints, connections.
pub(super) const PAGE: i32 = 100;

impl Reader {
    /// Every task of the account and region. A missing permission for serverless leaves those out and says so in
    /// [`Answer::missing`].
    pub async fn tasks(&self, detail: TaskDetail, serverless: Serverless) -> Result<Answer<Vec<Task>>, Problem> {
        let mut answer = self.classic(detail, &[]).await?;
        if serverless == Serverless::Include {
            match self.serverless(detail, None).await {
                Ok(more) => merge(&mut answer, more),
                Err(refused) if refused.class == Class::Expired => return Err(refused.into()),
                Err(refused) => answer.missing.push(refused.into()),
            }
        }
        Ok(answer)
    }

    /// These tasks with settings and mappings. Those that are gone are not in the answer.
    pub async fn tasks_in_full(&self, arns: &[ReplicationArn]) -> Result<Answer<Vec<Task>>, Problem> {
        self.these(TaskDetail::Full, arns).await
    }

    /// These tasks without settings and mappings. Those that are gone are not in the answer.
    pub async fn tasks_in_brief(&self, arns: &[ReplicationArn]) -> Result<Answer<Vec<Task>>, Problem> {
        self.these(TaskDetail::Brief, arns).await
    }

    async fn these(&self, detail: TaskDetail, arns: &[ReplicationArn]) -> Result<Answer<Vec<Task>>, Problem> {
        let (classic, serverless): (Vec<_>, Vec<_>) =
            arns.iter().cloned().partition(|arn| arn.kind() == ReplicationKind::Classic);
        let mut answer = if classic.is_empty() { Answer::default() } else { self.classic(detail, &classic).await? };
        for arn in &serverless {
            merge(&mut answer, self.serverless(detail, Some(arn)).await?);
        }
        Ok(answer)
    }

    async fn classic(&self, detail: TaskDetail, only: &[ReplicationArn]) -> Result<Answer<Vec<Task>>, Problem> {
        let operation = Operation::DescribeReplicationTasks;
        let dms = &self.wire.clients.dms;
        let arns = only.iter().map(|arn| arn.as_str().to_owned()).collect();
        let filters = self.filter(operation, "replication-task-arn", arns)?;
        let mut answer: Answer<Vec<Task>> = Answer::default();
        let result = pages!(
            self,
            operation,
            |marker| dms
                .describe_replication_tasks()
                .max_records(PAGE)
                .without_settings(detail == TaskDetail::Brief)
                .set_filters(filters.clone())
                .set_marker(marker),
            |answer, page| {
                for raw in page.replication_tasks() {
                    match convert::task(raw) {
                        Ok(task) => answer.value.push(task),
                        Err(why) => answer.missing.push(self.wire.unreadable(operation, &why)),
                    }
                }
            }
        );
        none_if_not_found(result)?;
        Ok(answer)
    }

    async fn serverless(
        &self,
        detail: TaskDetail,
        only: Option<&ReplicationArn>,
    ) -> Result<Answer<Vec<Task>>, Refused> {
        let dms = &self.wire.clients.dms;
        let arns = only.iter().map(|arn| arn.as_str().to_owned()).collect();
        let filters = self.filter(Operation::DescribeReplications, "replication-config-arn", arns)?;
        let mut answer: Answer<Vec<Task>> = Answer::default();
        let mut running: Vec<Replication> = Vec::new();
        let mut defined: Vec<ReplicationConfig> = Vec::new();
        let result = pages!(
            self,
            Operation::DescribeReplications,
            |marker| dms.describe_replications().max_records(PAGE).set_filters(filters.clone()).set_marker(marker),
            |answer, page| running.extend_from_slice(page.replications())
        );
        none_if_not_found(result)?;
        let result = pages!(
            self,
            Operation::DescribeReplicationConfigs,
            |marker| dms
                .describe_replication_configs()
                .max_records(PAGE)
                .set_filters(filters.clone())
                .set_marker(marker),
            |answer, page| defined.extend_from_slice(page.replication_configs())
        );
        none_if_not_found(result)?;
        let (tasks, unread) = convert::replications(&running, &defined, detail == TaskDetail::Full);
        answer.value = tasks;
        let operation = Operation::DescribeReplications;
        answer.missing.extend(unread.iter().map(|why| self.wire.unreadable(operation, why)));
        Ok(answer)
    }
}

fn merge(into: &mut Answer<Vec<Task>>, more: Answer<Vec<Task>>) {
    into.stated = match (into.pages, more.pages) {
        (0, _) => more.stated,
        (_, 0) => into.stated,
        _ => into.stated.zip(more.stated).map(|(a, b)| a.min(b)),
    };
    into.pages += more.pages;
    into.value.extend(more.value);
    into.missing.extend(more.missing);
}
