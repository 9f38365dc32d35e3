//! What is done to tasks, classic or serverless by the kind of the ARN (section 1.2 of the DMS facts).

use super::{Sent, Signed, sent};
use crate::model::change::{ReloadHow, StartFrom, TableName, Until};
use crate::model::operation::Operation;
use crate::model::{EndpointArn, InstanceArn, ReplicationArn, ReplicationKind};
use aws_sdk_databasemigration::types::{ReloadOptionValue, StartReplicationTaskTypeValue as StartType, TableToReload};
use aws_smithy_types::DateTime;
use aws_smithy_types::error::operation::BuildError;

impl Signed {
    /// `start-replication`.
    pub async fn start_task(&self, arn: &ReplicationArn, from: &StartFrom, until: Option<&Until>) -> Sent {
        self.start_as(arn, StartType::StartReplication, from, until).await
    }

    /// `resume-processing`.
    pub async fn resume_task(&self, arn: &ReplicationArn, until: Option<&Until>) -> Sent {
        self.start_as(arn, StartType::ResumeProcessing, &StartFrom::Beginning, until).await
    }

    /// `reload-target`.
    pub async fn reload_task(&self, arn: &ReplicationArn, until: Option<&Until>) -> Sent {
        self.start_as(arn, StartType::ReloadTarget, &StartFrom::Beginning, until).await
    }

    /// One start type and never another one: whoever is refused asks again himself.
    async fn start_as(&self, arn: &ReplicationArn, start: StartType, from: &StartFrom, until: Option<&Until>) -> Sent {
        let (time, position) = match from {
            StartFrom::Beginning | StartFrom::Now => (None, None),
            StartFrom::Time(at) => (Some(DateTime::from_millis(at.as_millisecond())), None),
            StartFrom::Position(position) => (None, Some(position.as_str())),
        };
        let until = until.map(Until::raw);
        let dms = &self.wire.clients.dms;
        match arn.kind() {
            ReplicationKind::Classic => sent(
                self.once(Operation::StartReplicationTask, |witness| {
                    dms.start_replication_task()
                        .replication_task_arn(arn.as_str())
                        .start_replication_task_type(start.clone())
                        .set_cdc_start_time(time)
                        .set_cdc_start_position(position.map(str::to_owned))
                        .set_cdc_stop_position(until.map(str::to_owned))
                        .customize()
                        .interceptor(witness)
                        .send()
                })
                .await,
            ),
            ReplicationKind::Serverless => sent(
                self.once(Operation::StartReplication, |witness| {
                    dms.start_replication()
                        .replication_config_arn(arn.as_str())
                        .start_replication_type(start.as_str())
                        .set_cdc_start_time(time)
                        .set_cdc_start_position(position.map(str::to_owned))
                        .set_cdc_stop_position(until.map(str::to_owned))
                        .customize()
                        .interceptor(witness)
                        .send()
                })
                .await,
            ),
        }
    }

    pub async fn stop_task(&self, arn: &ReplicationArn) -> Sent {
        let dms = &self.wire.clients.dms;
        match arn.kind() {
            ReplicationKind::Classic => sent(
                self.once(Operation::StopReplicationTask, |witness| {
                    let request = dms.stop_replication_task().replication_task_arn(arn.as_str());
                    request.customize().interceptor(witness).send()
                })
                .await,
            ),
            ReplicationKind::Serverless => sent(
                self.once(Operation::StopReplication, |witness| {
                    let request = dms.stop_replication().replication_config_arn(arn.as_str());
                    request.customize().interceptor(witness).send()
                })
                .await,
            ),
        }
    }

    /// At most [`TableName::IN_ONE_REQUEST`] tables; the service refuses more.
    pub async fn reload_tables(&self, arn: &ReplicationArn, tables: &[TableName], how: ReloadHow) -> Sent {
        let named = |table: &TableName| {
            TableToReload::builder().schema_name(table.schema.raw()).table_name(table.table.raw()).build()
        };
        let operation = match arn.kind() {
            ReplicationKind::Classic => Operation::ReloadTables,
            ReplicationKind::Serverless => Operation::ReloadReplicationTables,
        };
        // All of them or none: a table that is left out would look as if it had been asked for.
        let tables = match tables.iter().map(named).collect::<Result<Vec<_>, BuildError>>() {
            Ok(tables) => tables,
            Err(error) => return self.never_sent(operation, &error.to_string()),
        };
        let how = match how {
            ReloadHow::Data => ReloadOptionValue::DataReload,
            ReloadHow::Validation => ReloadOptionValue::ValidateOnly,
        };
        let dms = &self.wire.clients.dms;
        match arn.kind() {
            ReplicationKind::Classic => sent(
                self.once(operation, |witness| {
                    dms.reload_tables()
                        .replication_task_arn(arn.as_str())
                        .set_tables_to_reload(Some(tables.clone()))
                        .reload_option(how.clone())
                        .customize()
                        .interceptor(witness)
                        .send()
                })
                .await,
            ),
            ReplicationKind::Serverless => sent(
                self.once(operation, |witness| {
                    dms.reload_replication_tables()
                        .replication_config_arn(arn.as_str())
                        .set_tables_to_reload(Some(tables.clone()))
                        .reload_option(how.clone())
                        .customize()
                        .interceptor(witness)
                        .send()
                })
                .await,
            ),
        }
    }

    /// Begins a test; its result comes later.
    pub async fn test_connection(&self, instance: &InstanceArn, endpoint: &EndpointArn) -> Sent {
        let send = self.once(Operation::TestConnection, |witness| {
            let dms = &self.wire.clients.dms;
            let request = dms.test_connection().replication_instance_arn(&instance.0).endpoint_arn(&endpoint.0);
            request.customize().interceptor(witness).send()
        });
        sent(send.await)
    }

    fn never_sent(&self, operation: Operation, why: &str) -> Sent {
        let mut problem = self.wire.unreadable(operation, why);
        problem.summary = format!("{} cannot be asked for", operation.action());
        "Nothing was sent. Check what was given.".clone_into(&mut problem.hint);
        Sent::Refused(problem)
    }
}
