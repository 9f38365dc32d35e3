//! THE table of AWS operations this program may send: its name, the IAM action it needs, whether it changes anything.
//!
//! The limiter, error messages, the IAM policies in `assets/iam/` and `doctor` all read it. How `doctor` tries an operation
//! stands in `aws/reader/trial.rs`; the compiler asks for it.

use serde::{Deserialize, Serialize};

/// Reads can be sent by anyone; writes only by a `Writer`, which does not exist in read-only mode. Reading a password
/// changes nothing and yet is no matter of watching: no policy of ours allows it, whoever wants it adds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    Read,
    Write,
    Password,
}

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Operation {
    GetCallerIdentity,
    DescribeReplicationTasks,
    DescribeTableStatistics,
    DescribeReplicationInstances,
    DescribePendingMaintenanceActions,
    DescribeReplicationInstanceTaskLogs,
    DescribeEndpoints,
    DescribeConnections,
    DescribeReplications,
    DescribeReplicationConfigs,
    DescribeReplicationTableStatistics,
    ListTagsForResource,
    GetMetricData,
    DescribeEvents,
    DescribeEventSubscriptions,
    ListEventBuses,
    ListRules,
    ListTargetsByRule,
    ListSchedules,
    GetSchedule,
    DescribeRule,
    EnableRule,
    DisableRule,
    UpdateSchedule,
    StartReplicationTask,
    StopReplicationTask,
    ReloadTables,
    TestConnection,
    StartReplication,
    StopReplication,
    ReloadReplicationTables,
    FilterLogEvents,
    DescribeLogStreams,
    DescribeLogGroups,
    GetTopicAttributes,
    ListSubscriptionsByTopic,
    Publish,
    GetSecretValue,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub operation: Operation,
    pub name: &'static str,
    /// `service:Action` as IAM policies spell it.
    pub action: &'static str,
    pub access: Access,
    /// What IAM asks for besides.
    pub besides: &'static [&'static str],
}

const fn read(operation: Operation, name: &'static str, action: &'static str) -> Row {
    Row { operation, name, action, access: Access::Read, besides: &[] }
}

const fn write(
    operation: Operation,
    name: &'static str,
    action: &'static str,
    besides: &'static [&'static str],
) -> Row {
    Row { operation, name, action, access: Access::Write, besides }
}

/// Section 10 of the DMS facts.
pub const TABLE: [Row; 38] = [
    read(Operation::GetCallerIdentity, "GetCallerIdentity", "sts:GetCallerIdentity"),
    read(Operation::DescribeReplicationTasks, "DescribeReplicationTasks", "dms:DescribeReplicationTasks"),
    read(Operation::DescribeTableStatistics, "DescribeTableStatistics", "dms:DescribeTableStatistics"),
    read(Operation::DescribeReplicationInstances, "DescribeReplicationInstances", "dms:DescribeReplicationInstances"),
    read(
        Operation::DescribePendingMaintenanceActions,
        "DescribePendingMaintenanceActions",
        "dms:DescribePendingMaintenanceActions",
    ),
    read(
        Operation::DescribeReplicationInstanceTaskLogs,
        "DescribeReplicationInstanceTaskLogs",
        "dms:DescribeReplicationInstanceTaskLogs",
    ),
    read(Operation::DescribeEndpoints, "DescribeEndpoints", "dms:DescribeEndpoints"),
    read(Operation::DescribeConnections, "DescribeConnections", "dms:DescribeConnections"),
    read(Operation::DescribeReplications, "DescribeReplications", "dms:DescribeReplications"),
    read(Operation::DescribeReplicationConfigs, "DescribeReplicationConfigs", "dms:DescribeReplicationConfigs"),
    read(
        Operation::DescribeReplicationTableStatistics,
        "DescribeReplicationTableStatistics",
        "dms:DescribeReplicationTableStatistics",
    ),
    read(Operation::ListTagsForResource, "ListTagsForResource", "dms:ListTagsForResource"),
    read(Operation::GetMetricData, "GetMetricData", "cloudwatch:GetMetricData"),
    read(Operation::DescribeEvents, "DescribeEvents", "dms:DescribeEvents"),
    read(Operation::DescribeEventSubscriptions, "DescribeEventSubscriptions", "dms:DescribeEventSubscriptions"),
    read(Operation::ListEventBuses, "ListEventBuses", "events:ListEventBuses"),
    read(Operation::ListRules, "ListRules", "events:ListRules"),
    read(Operation::ListTargetsByRule, "ListTargetsByRule", "events:ListTargetsByRule"),
    read(Operation::ListSchedules, "ListSchedules", "scheduler:ListSchedules"),
    read(Operation::GetSchedule, "GetSchedule", "scheduler:GetSchedule"),
    read(Operation::DescribeRule, "DescribeRule", "events:DescribeRule"),
    write(Operation::EnableRule, "EnableRule", "events:EnableRule", &[]),
    write(Operation::DisableRule, "DisableRule", "events:DisableRule", &[]),
    // It writes all of the schedule again, the role of its target included.
    write(Operation::UpdateSchedule, "UpdateSchedule", "scheduler:UpdateSchedule", &["iam:PassRole"]),
    write(Operation::StartReplicationTask, "StartReplicationTask", "dms:StartReplicationTask", &[]),
    write(Operation::StopReplicationTask, "StopReplicationTask", "dms:StopReplicationTask", &[]),
    write(Operation::ReloadTables, "ReloadTables", "dms:ReloadTables", &[]),
    // IAM calls it a read. It changes what the last test said, and without that nothing starts.
    write(Operation::TestConnection, "TestConnection", "dms:TestConnection", &[]),
    write(Operation::StartReplication, "StartReplication", "dms:StartReplication", &[]),
    write(Operation::StopReplication, "StopReplication", "dms:StopReplication", &[]),
    write(Operation::ReloadReplicationTables, "ReloadReplicationTables", "dms:ReloadReplicationTables", &[]),
    read(Operation::FilterLogEvents, "FilterLogEvents", "logs:FilterLogEvents"),
    read(Operation::DescribeLogStreams, "DescribeLogStreams", "logs:DescribeLogStreams"),
    read(Operation::DescribeLogGroups, "DescribeLogGroups", "logs:DescribeLogGroups"),
    read(Operation::GetTopicAttributes, "GetTopicAttributes", "sns:GetTopicAttributes"),
    read(Operation::ListSubscriptionsByTopic, "ListSubscriptionsByTopic", "sns:ListSubscriptionsByTopic"),
    // It changes nothing here, and tells somebody outside: nobody takes that back.
    write(Operation::Publish, "Publish", "sns:Publish", &[]),
    Row {
        operation: Operation::GetSecretValue,
        name: "GetSecretValue",
        action: "secretsmanager:GetSecretValue",
        access: Access::Password,
        besides: &[],
    },
];

impl Operation {
    pub fn row(self) -> &'static Row {
        // A test below proves that every operation has its row; the first row is never reached as a fallback.
        TABLE.iter().find(|row| row.operation == self).unwrap_or(&TABLE[0])
    }

    /// `dms:DescribeReplicationTasks`.
    pub fn action(self) -> &'static str {
        self.row().action
    }

    pub fn name(self) -> &'static str {
        self.row().name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_one_row_and_its_action_ends_with_its_name() {
        for row in TABLE {
            assert_eq!(TABLE.iter().filter(|other| other.operation == row.operation).count(), 1);
            assert_eq!(format!("{:?}", row.operation), row.name);
            assert_eq!(row.operation.row(), &TABLE[row.operation as usize]);
            assert_eq!(row.action.split(':').nth(1), Some(row.name));
        }
    }
}
