//! `ReplicationInstance`, `ResourcePendingMaintenanceActions`, `ReplicationInstanceTaskLog`, `Connection`.

use super::{text, text_or_empty, time};
use crate::model::parts::{
    ConnectionTest, Instance, Network, PendingChanges, PendingMaintenance, SecurityGroup, Subnet, TaskLogSize,
};
use crate::model::{EndpointArn, InstanceArn, Untrusted};
use aws_sdk_databasemigration::types as dms;

pub(in crate::aws) fn instance(raw: &dms::ReplicationInstance) -> Instance {
    Instance {
        arn: InstanceArn(raw.replication_instance_arn().unwrap_or_default().to_owned()),
        name: text_or_empty(raw.replication_instance_identifier()),
        class: text_or_empty(raw.replication_instance_class()),
        status: text_or_empty(raw.replication_instance_status()),
        engine_version: text_or_empty(raw.engine_version()),
        multi_az: raw.multi_az(),
        // No instance has no storage: 0 is the SDK's word for "not said".
        storage_gb: Some(raw.allocated_storage()).filter(|gigabytes| *gigabytes > 0),
        created: time(raw.instance_create_time()),
        network: network(raw),
        maintenance_window: text(raw.preferred_maintenance_window()),
        auto_minor_upgrade: raw.auto_minor_version_upgrade(),
        pending: raw.pending_modified_values().map(pending).unwrap_or_default(),
    }
}

/// The lists, or the single address of older answers.
fn addresses(many: &[String], one: Option<&str>) -> Vec<Untrusted> {
    let many: Vec<Untrusted> = many.iter().filter_map(|address| text(Some(address.as_str()))).collect();
    if many.is_empty() { text(one).into_iter().collect() } else { many }
}

// The single addresses are deprecated; an instance that has only them would otherwise show none.
#[allow(deprecated, reason = "read where the service sends nothing newer")]
fn network(raw: &dms::ReplicationInstance) -> Network {
    let group = raw.replication_subnet_group();
    let subnets = group.map(dms::ReplicationSubnetGroup::subnets).unwrap_or_default();
    Network {
        private_addresses: addresses(
            raw.replication_instance_private_ip_addresses(),
            raw.replication_instance_private_ip_address(),
        ),
        public_addresses: addresses(
            raw.replication_instance_public_ip_addresses(),
            raw.replication_instance_public_ip_address(),
        ),
        publicly_accessible: raw.publicly_accessible(),
        availability_zone: text(raw.availability_zone()),
        secondary_zone: text(raw.secondary_availability_zone()),
        subnet_group: text(group.and_then(|group| group.replication_subnet_group_identifier())),
        vpc: text(group.and_then(|group| group.vpc_id())),
        subnets: subnets.iter().map(subnet).collect(),
        security_groups: raw.vpc_security_groups().iter().map(security_group).collect(),
    }
}

fn subnet(raw: &dms::Subnet) -> Subnet {
    Subnet {
        id: text_or_empty(raw.subnet_identifier()),
        availability_zone: text(raw.subnet_availability_zone().and_then(|zone| zone.name())),
        status: text_or_empty(raw.subnet_status()),
    }
}

fn security_group(raw: &dms::VpcSecurityGroupMembership) -> SecurityGroup {
    SecurityGroup { id: text_or_empty(raw.vpc_security_group_id()), status: text_or_empty(raw.status()) }
}

fn pending(raw: &dms::ReplicationPendingModifiedValues) -> PendingChanges {
    PendingChanges {
        class: text(raw.replication_instance_class()),
        storage_gb: raw.allocated_storage(),
        multi_az: raw.multi_az(),
        engine_version: text(raw.engine_version()),
        network_type: text(raw.network_type()),
    }
}

/// Every action that waits for one instance.
pub(in crate::aws) fn maintenance(raw: &dms::ResourcePendingMaintenanceActions) -> Vec<PendingMaintenance> {
    let instance = InstanceArn(raw.resource_identifier().unwrap_or_default().to_owned());
    let one = |action: &dms::PendingMaintenanceAction| PendingMaintenance {
        instance: instance.clone(),
        action: text_or_empty(action.action()),
        description: text(action.description()),
        opt_in: text(action.opt_in_status()),
        auto_applied_after: time(action.auto_applied_after_date()),
        forced_apply: time(action.forced_apply_date()),
        current_apply: time(action.current_apply_date()),
    };
    raw.pending_maintenance_action_details().iter().map(one).collect()
}

pub(in crate::aws) fn task_log(raw: &dms::ReplicationInstanceTaskLog) -> TaskLogSize {
    TaskLogSize {
        task: text_or_empty(raw.replication_task_arn()),
        name: text_or_empty(raw.replication_task_name()),
        bytes: raw.replication_instance_task_log_size(),
    }
}

pub(in crate::aws) fn connection(raw: &dms::Connection) -> ConnectionTest {
    ConnectionTest {
        instance: InstanceArn(raw.replication_instance_arn().unwrap_or_default().to_owned()),
        endpoint: EndpointArn(raw.endpoint_arn().unwrap_or_default().to_owned()),
        status: text_or_empty(raw.status()),
        last_failure: text(raw.last_failure_message()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(deprecated, reason = "what older answers look like")]
    fn addresses_are_the_lists_and_else_the_single_one() {
        let shown = |raw: dms::ReplicationInstance| {
            let addresses = instance(&raw).network.private_addresses;
            addresses.iter().map(|address| address.raw().to_owned()).collect::<Vec<_>>()
        };
        let one = dms::ReplicationInstance::builder().replication_instance_private_ip_address("10.0.0.1");
        assert_eq!(shown(one.clone().build()), ["10.0.0.1"]);
        let two = one
            .replication_instance_private_ip_addresses("10.0.0.2")
            .replication_instance_private_ip_addresses("10.0.0.3");
        assert_eq!(shown(two.build()), ["10.0.0.2", "10.0.0.3"]);
        assert!(shown(dms::ReplicationInstance::builder().build()).is_empty());
        assert_eq!(instance(&dms::ReplicationInstance::builder().build()).storage_gb, None);
    }

    #[test]
    fn every_action_keeps_the_instance_it_waits_for() {
        let action = |name: &str| dms::PendingMaintenanceAction::builder().action(name).build();
        let raw = dms::ResourcePendingMaintenanceActions::builder()
            .resource_identifier("arn:aws:dms:eu-west-1:1:rep:A")
            .pending_maintenance_action_details(action("os-upgrade"))
            .pending_maintenance_action_details(action("db-upgrade"))
            .build();
        let found = maintenance(&raw);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|one| one.instance.0.ends_with(":rep:A") && one.earliest().is_none()));
    }
}
