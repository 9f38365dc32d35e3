//! What stands around a task: who asks, the replication instance, the endpoints, the connections between them.

use crate::model::topic::Audience;
use crate::model::{AccountId, EndpointArn, InstanceArn, Untrusted};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Answer of `sts:GetCallerIdentity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub account: AccountId,
    pub arn: Untrusted,
    /// When the credentials stop working, where the provider says so.
    pub expires: Option<Timestamp>,
}

impl Identity {
    /// The part of the ARN a person recognises: role name of an assumed role, user name, or `root`.
    pub fn role(&self) -> Untrusted {
        let resource = self.arn.raw().split(':').nth(5).unwrap_or_default();
        let mut parts = resource.split('/');
        match (parts.next(), parts.next(), resource.rsplit('/').next()) {
            (Some("assumed-role"), Some(role), _) => Untrusted::new(role),
            (_, _, Some(last)) => Untrusted::new(last),
            _ => self.arn.clone(),
        }
    }
}

/// A replication instance. Its *name* is half of the CloudWatch dimension and stands in no ARN.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Instance {
    pub arn: InstanceArn,
    pub name: Untrusted,
    pub class: Untrusted,
    pub status: Untrusted,
    pub engine_version: Untrusted,
    pub multi_az: bool,
    /// Gigabytes; `None` where the service does not say.
    pub storage_gb: Option<i32>,
    pub created: Option<Timestamp>,
    pub network: Network,
    /// `ddd:hh24:mi-ddd:hh24:mi`, UTC: when AWS may work on it.
    pub maintenance_window: Option<Untrusted>,
    pub auto_minor_upgrade: bool,
    /// Changes asked for and not made yet; they wait for the window.
    pub pending: PendingChanges,
}

/// Where a replication instance stands: what an inbound rule of a database must let in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Network {
    pub private_addresses: Vec<Untrusted>,
    pub public_addresses: Vec<Untrusted>,
    pub publicly_accessible: bool,
    pub availability_zone: Option<Untrusted>,
    /// Of the standby, with Multi-AZ.
    pub secondary_zone: Option<Untrusted>,
    pub subnet_group: Option<Untrusted>,
    pub vpc: Option<Untrusted>,
    pub subnets: Vec<Subnet>,
    pub security_groups: Vec<SecurityGroup>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    pub id: Untrusted,
    pub availability_zone: Option<Untrusted>,
    /// `Active`, as far as anyone has seen.
    pub status: Untrusted,
}

/// A VPC security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    pub id: Untrusted,
    /// `active`, `adding`, `removing`.
    pub status: Untrusted,
}

/// `PendingModifiedValues` of an instance; what does not change is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PendingChanges {
    pub class: Option<Untrusted>,
    pub storage_gb: Option<i32>,
    pub multi_az: Option<bool>,
    pub engine_version: Option<Untrusted>,
    pub network_type: Option<Untrusted>,
}

impl PendingChanges {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Work that AWS is going to do on an instance: it stops CDC for a moment, and a reboot puts tasks in error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingMaintenance {
    pub instance: InstanceArn,
    /// `os-upgrade`, `system-update`, `db-upgrade`, …: open text.
    pub action: Untrusted,
    pub description: Option<Untrusted>,
    /// `immediate`, `next-maintenance`, `undo-opt-in`; `None` where nobody has said anything.
    pub opt_in: Option<Untrusted>,
    /// Done in the first maintenance window after this.
    pub auto_applied_after: Option<Timestamp>,
    /// Done at this time, window or not.
    pub forced_apply: Option<Timestamp>,
    /// When it is going to be done, everything considered.
    pub current_apply: Option<Timestamp>,
}

impl PendingMaintenance {
    /// The earliest time known at which it can happen; `None` where AWS names none.
    pub fn earliest(&self) -> Option<Timestamp> {
        self.current_apply.or_else(|| [self.auto_applied_after, self.forced_apply].into_iter().flatten().min())
    }
}

/// The log of one task on the disk of its instance. Logs can fill it, and then every task on it stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLogSize {
    /// ARN of the task, as the service spells it.
    pub task: Untrusted,
    pub name: Untrusted,
    pub bytes: i64,
}

/// Which end of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    Source,
    Target,
}

/// A source or target endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Endpoint {
    pub arn: EndpointArn,
    pub name: Untrusted,
    pub direction: Option<Direction>,
    pub engine: Untrusted,
    pub host: Option<Untrusted>,
    pub port: Option<i32>,
    pub database: Option<Untrusted>,
    pub username: Option<Untrusted>,
    /// `active`, `creating`, `modifying`, `testing`, `failed`, `deleting`.
    pub status: Option<Untrusted>,
    /// `none`, `require`, `verify-ca`, `verify-full`.
    pub ssl_mode: Option<Untrusted>,
    pub certificate: Option<Untrusted>,
    /// Name or ARN of the Secrets Manager secret that holds user and password, where one is used.
    pub secret: Option<Untrusted>,
    /// Settings of the engine that change what a task does, as the API names them; then the extra connection
    /// attributes. Never a password.
    pub settings: Vec<EndpointSetting>,
}

impl Endpoint {
    /// The replication slot that DMS is told to use: a setting of PostgreSQL, or a connection attribute.
    pub fn slot(&self) -> Option<&str> {
        let named = |setting: &&EndpointSetting| setting.name.raw().eq_ignore_ascii_case("slotname");
        self.settings.iter().find(named).map(|setting| setting.value.raw()).filter(|name| !name.is_empty())
    }
}

/// One setting of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointSetting {
    pub name: Untrusted,
    pub value: Untrusted,
}

/// Cached result of the last connection test; the API gives no time for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionTest {
    pub instance: InstanceArn,
    pub endpoint: EndpointArn,
    /// `successful`, `testing`, `failed`, `deleting`.
    pub status: Untrusted,
    pub last_failure: Option<Untrusted>,
}

/// Who is told of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSubscription {
    pub name: Untrusted,
    /// ARN of the SNS topic.
    pub topic: Untrusted,
    /// `active`, `creating`, `modifying`, `deleting`, `no-permission`, `topic-not-exist`.
    pub status: Untrusted,
    pub enabled: bool,
    /// Who hears it, as SNS says.
    #[serde(default)]
    pub audience: Audience,
}

impl EventSubscription {
    /// It looks as if somebody were told, and nobody is.
    pub fn is_dead(&self) -> bool {
        let dead = matches!(self.status.raw(), "no-permission" | "topic-not-exist") || self.audience.is_nobody();
        self.enabled && dead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maintenance_comes_when_aws_says_it_does_and_else_at_the_earliest_date_named() {
        let at = |second| Timestamp::from_second(second).ok();
        for (current, auto, forced, want) in [
            (at(9), at(5), at(7), at(9)),
            (None, at(5), at(7), at(5)),
            (None, None, at(7), at(7)),
            (None, None, None, None),
        ] {
            let maintenance = PendingMaintenance {
                instance: InstanceArn("i".into()),
                action: "os-upgrade".into(),
                description: None,
                opt_in: None,
                auto_applied_after: auto,
                forced_apply: forced,
                current_apply: current,
            };
            assert_eq!(maintenance.earliest(), want);
        }
    }

    #[test]
    fn a_subscription_is_dead_where_it_seems_on_and_nobody_is_told() {
        let known = |confirmed| Audience::Known { confirmed, pending: 1 };
        for (status, enabled, audience, dead) in [
            ("active", true, Audience::Unknown, false),
            ("active", true, known(1), false),
            ("active", true, known(0), true),
            ("active", true, Audience::NoTopic, true),
            ("no-permission", true, known(2), true),
            ("topic-not-exist", true, Audience::Unknown, true),
            ("topic-not-exist", false, Audience::NoTopic, false),
        ] {
            let (name, topic) = ("a".into(), "b".into());
            let subscription = EventSubscription { name, topic, status: status.into(), enabled, audience };
            assert_eq!(subscription.is_dead(), dead, "{subscription:?}");
        }
    }

    #[test]
    fn the_role_is_what_a_person_recognises() {
        for (arn, want) in [
            ("arn:aws:sts::1:assumed-role/migration-operator/jane", "migration-operator"),
            ("arn:aws:iam::1:user/team/jane", "jane"),
            ("arn:aws:iam::1:root", "root"),
        ] {
            let identity = Identity { account: AccountId("1".into()), arn: arn.into(), expires: None };
            assert_eq!(identity.role().raw(), want);
        }
    }
}
