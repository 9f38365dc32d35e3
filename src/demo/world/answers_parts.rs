//! Shapes of what stands around tasks: `ReplicationInstance`, its pending maintenance and its logs, `Endpoint`.

use super::parts::{Endpoint, Instance, Maintenance};
use super::task::Task;
use super::{ACCOUNT, REGION, arn, seeded};
use crate::demo::wire::Value;
use crate::model::parts::Direction;
use jiff::Timestamp;

/// The subnets of the demo's VPC, one an availability zone.
const SUBNETS: [(&str, char); 3] =
    [("subnet-0a1b2c3d4e5f60001", 'a'), ("subnet-0a1b2c3d4e5f60002", 'b'), ("subnet-0a1b2c3d4e5f60003", 'c')];
const VPC: &str = "vpc-0f1e2d3c4b5a69788";
const SECURITY_GROUP: &str = "sg-0d4e5f6a7b8c9d0e1";

/// `ReplicationInstance`.
pub fn instance(instance: &Instance) -> Value {
    let place = seeded::place(&instance.name);
    // The same number for the same name, whatever the seed: firewall rules in documents keep to it.
    let address = |salt: u64, subnet: u8| format!("10.20.{subnet}.{}", seeded::between(place, &[salt], 20, 240));
    let mut addresses = vec![address(1, 1)];
    if instance.multi_az {
        addresses.push(address(2, 2));
    }
    let addresses = || Value::list(addresses.iter().map(|address| address.as_str().into()));
    let zone = |letter: char| format!("{REGION}{letter}");
    let group = Value::map([("VpcSecurityGroupId", SECURITY_GROUP.into()), ("Status", "active".into())]);
    Value::map([
        ("ReplicationInstanceIdentifier", instance.name.as_str().into()),
        ("ReplicationInstanceClass", instance.class.into()),
        ("ReplicationInstanceStatus", "available".into()),
        ("AllocatedStorage", instance.storage.into()),
        ("InstanceCreateTime", instance.created.into()),
        ("VpcSecurityGroups", Value::list([group])),
        ("AvailabilityZone", zone('a').into()),
        ("SecondaryAvailabilityZone", instance.multi_az.then(|| zone('b')).into()),
        ("ReplicationSubnetGroup", subnet_group(zone)),
        ("PreferredMaintenanceWindow", instance.window.as_str().into()),
        ("PendingModifiedValues", Value::map([("ReplicationInstanceClass", instance.pending_class.into())])),
        ("MultiAZ", instance.multi_az.into()),
        ("EngineVersion", "3.5.4".into()),
        ("AutoMinorVersionUpgrade", false.into()),
        ("KmsKeyId", format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/3f1c2b7e-5d64-4a8e-9a51-0c2d4e6f8a9b").into()),
        ("ReplicationInstanceArn", instance.arn.0.as_str().into()),
        ("ReplicationInstancePublicIpAddresses", Value::list([])),
        ("ReplicationInstancePrivateIpAddresses", addresses()),
        ("PubliclyAccessible", false.into()),
        ("NetworkType", "IPV4".into()),
    ])
}

fn subnet_group(zone: impl Fn(char) -> String) -> Value {
    let subnet = |(id, letter): &(&'static str, char)| {
        let zone = Value::map([("Name", zone(*letter).into())]);
        Value::map([
            ("SubnetIdentifier", (*id).into()),
            ("SubnetAvailabilityZone", zone),
            ("SubnetStatus", "Active".into()),
        ])
    };
    Value::map([
        ("ReplicationSubnetGroupIdentifier", "dms-private".into()),
        ("ReplicationSubnetGroupDescription", "private subnets of the shop".into()),
        ("VpcId", VPC.into()),
        ("SubnetGroupStatus", "Complete".into()),
        ("Subnets", Value::list(SUBNETS.iter().map(subnet))),
        ("SupportedNetworkTypes", Value::list(["IPV4".into()])),
    ])
}

/// `ResourcePendingMaintenanceActions`.
pub fn maintenance(instance: &Instance, maintenance: Maintenance) -> Value {
    let opt_in = if maintenance.asked_for { "immediate" } else { "next-maintenance" };
    let action = Value::map([
        ("Action", "os-upgrade".into()),
        ("Description", "New Operating System update is available".into()),
        ("OptInStatus", opt_in.into()),
        ("AutoAppliedAfterDate", maintenance.at.into()),
        ("ForcedApplyDate", maintenance.forced.into()),
        ("CurrentApplyDate", maintenance.at.into()),
    ]);
    Value::map([
        ("ResourceIdentifier", instance.arn.0.as_str().into()),
        ("PendingMaintenanceActionDetails", Value::list([action])),
    ])
}

/// `ReplicationInstanceTaskLog`. The disk holds what CloudWatch got, of weeks: about a kilobyte a minute since the start.
pub fn task_log(task: &Task, now: Timestamp) -> Value {
    let minutes = task.times.start.map_or(0, |start| task.times.stop.unwrap_or(now).duration_since(start).as_mins());
    let recent: usize = task.log.events().map(|event| event.text.len() + 1).sum();
    let bytes = i64::try_from(recent).unwrap_or(i64::MAX).saturating_add(minutes.max(0).saturating_mul(1_024));
    Value::map([
        ("ReplicationTaskName", task.def.name.as_str().into()),
        ("ReplicationTaskArn", task.def.arn.as_str().into()),
        ("ReplicationInstanceTaskLogSize", bytes.into()),
    ])
}

/// `Endpoint`. With a secret, the user is nowhere but in it.
pub fn endpoint(endpoint: &Endpoint) -> Value {
    let kind = match endpoint.direction {
        Direction::Source => "SOURCE",
        Direction::Target => "TARGET",
    };
    let (own, settings) = settings(endpoint);
    let mut shape = Value::map([
        ("EndpointIdentifier", endpoint.name.as_str().into()),
        ("EndpointType", kind.into()),
        ("EngineName", endpoint.engine.0.into()),
        ("EngineDisplayName", endpoint.engine.1.into()),
        ("Username", endpoint.secret.is_none().then_some(endpoint.user.as_str()).into()),
        ("ServerName", endpoint.host.as_str().into()),
        ("Port", endpoint.port.into()),
        ("DatabaseName", endpoint.database.as_str().into()),
        ("ExtraConnectionAttributes", attributes(endpoint).into()),
        ("Status", "active".into()),
        ("KmsKeyId", format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/3f1c2b7e-5d64-4a8e-9a51-0c2d4e6f8a9b").into()),
        ("EndpointArn", endpoint.arn.0.as_str().into()),
        ("SslMode", if endpoint.direction == Direction::Source { "verify-full" } else { "require" }.into()),
        ("CertificateArn", (endpoint.direction == Direction::Source).then(|| arn("cert", "RDSCABUNDLE")).into()),
    ]);
    if let Value::Map(members) = &mut shape {
        members.push((own.into(), settings));
    }
    shape
}

fn attributes(endpoint: &Endpoint) -> Option<&'static str> {
    match (endpoint.engine.0, endpoint.direction) {
        ("postgres", _) => None,
        (_, Direction::Source) => Some("eventsPollInterval=5;"),
        (_, Direction::Target) => Some("initstmt=SET FOREIGN_KEY_CHECKS=0;parallelLoadThreads=2"),
    }
}

/// The engine's own settings, and the member they stand in.
fn settings(endpoint: &Endpoint) -> (&'static str, Value) {
    let secret = endpoint.secret.as_deref();
    let role = secret.map(|_| format!("arn:aws:iam::{ACCOUNT}:role/dms-secrets"));
    if endpoint.engine.0 == "postgres" {
        let source = endpoint.direction == Direction::Source;
        let settings = Value::map([
            ("CaptureDdls", source.then_some(true).into()),
            ("HeartbeatEnable", source.then_some(true).into()),
            ("HeartbeatFrequency", source.then_some(5).into()),
            ("PluginName", source.then_some("pglogical").into()),
            ("AfterConnectScript", (!source).then_some("SET session_replication_role='replica'").into()),
            ("SecretsManagerAccessRoleArn", role.into()),
            ("SecretsManagerSecretId", secret.into()),
        ]);
        return ("PostgreSQLSettings", settings);
    }
    let source = endpoint.direction == Direction::Source;
    let settings = Value::map([
        ("EventsPollInterval", source.then_some(5).into()),
        ("AfterConnectScript", (!source).then_some("SET FOREIGN_KEY_CHECKS=0").into()),
        ("ParallelLoadThreads", (!source).then_some(2).into()),
        ("SecretsManagerAccessRoleArn", role.into()),
        ("SecretsManagerSecretId", secret.into()),
    ]);
    ("MySQLSettings", settings)
}
