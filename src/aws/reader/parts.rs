//! What stands around tasks: instances and their maintenance, endpoints, connection tests.

use super::tasks::PAGE;
use super::{Reader, none_if_not_found, pages};
use crate::aws::answer::Answer;
use crate::aws::convert;
use crate::model::operation::Operation;
use crate::model::parts::{ConnectionTest, Endpoint, Instance, PendingMaintenance, TaskLogSize};
use crate::model::{InstanceArn, Problem};

impl Reader {
    pub async fn instances(&self) -> Result<Answer<Vec<Instance>>, Problem> {
        let dms = &self.wire.clients.dms;
        let mut answer: Answer<Vec<Instance>> = Answer::default();
        let result = pages!(
            self,
            Operation::DescribeReplicationInstances,
            |marker| dms.describe_replication_instances().max_records(PAGE).set_marker(marker),
            |answer, page| answer.value.extend(page.replication_instances().iter().map(convert::instance))
        );
        none_if_not_found(result)?;
        Ok(answer)
    }

    /// Maintenance that waits for an instance, of all instances.
    pub async fn pending_maintenance(&self) -> Result<Answer<Vec<PendingMaintenance>>, Problem> {
        let dms = &self.wire.clients.dms;
        let mut answer: Answer<Vec<PendingMaintenance>> = Answer::default();
        let result = pages!(
            self,
            Operation::DescribePendingMaintenanceActions,
            |marker| dms.describe_pending_maintenance_actions().max_records(PAGE).set_marker(marker),
            |answer, page| answer
                .value
                .extend(page.pending_maintenance_actions().iter().flat_map(convert::maintenance))
        );
        none_if_not_found(result)?;
        Ok(answer)
    }

    /// How much of one instance's disk the logs of its tasks take.
    pub async fn task_logs(&self, instance: &InstanceArn) -> Result<Answer<Vec<TaskLogSize>>, Problem> {
        let dms = &self.wire.clients.dms;
        let mut answer: Answer<Vec<TaskLogSize>> = Answer::default();
        let result = pages!(
            self,
            Operation::DescribeReplicationInstanceTaskLogs,
            |marker| dms
                .describe_replication_instance_task_logs()
                .replication_instance_arn(&instance.0)
                .max_records(PAGE)
                .set_marker(marker),
            |answer, page| answer.value.extend(page.replication_instance_task_logs().iter().map(convert::task_log))
        );
        // Not found is the instance itself.
        result?;
        Ok(answer)
    }

    pub async fn endpoints(&self) -> Result<Answer<Vec<Endpoint>>, Problem> {
        let dms = &self.wire.clients.dms;
        let mut answer: Answer<Vec<Endpoint>> = Answer::default();
        let result = pages!(
            self,
            Operation::DescribeEndpoints,
            |marker| dms.describe_endpoints().max_records(PAGE).set_marker(marker),
            |answer, page| answer.value.extend(page.endpoints().iter().map(convert::endpoint))
        );
        none_if_not_found(result)?;
        Ok(answer)
    }

    /// Results of the last connection tests. The service gives no time for them.
    pub async fn connections(&self) -> Result<Answer<Vec<ConnectionTest>>, Problem> {
        let dms = &self.wire.clients.dms;
        let mut answer: Answer<Vec<ConnectionTest>> = Answer::default();
        let result = pages!(
            self,
            Operation::DescribeConnections,
            |marker| dms.describe_connections().max_records(PAGE).set_marker(marker),
            |answer, page| answer.value.extend(page.connections().iter().map(convert::connection))
        );
        none_if_not_found(result)?;
        Ok(answer)
    }
}
