//! What stands around a task: who asks, the replication instance, the endpoints, the connections between them.

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    pub arn: InstanceArn,
    pub name: Untrusted,
    pub class: Untrusted,
    pub status: Untrusted,
    pub engine_version: Untrusted,
    pub multi_az: bool,
}

/// Which end of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    Source,
    Target,
}

/// A source or target endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    pub arn: EndpointArn,
    pub name: Untrusted,
    pub direction: Option<Direction>,
    pub engine: Untrusted,
    pub host: Option<Untrusted>,
    pub port: Option<i32>,
    pub database: Option<Untrusted>,
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
}

impl EventSubscription {
    /// It looks as if somebody were told, and nobody is.
    pub fn is_dead(&self) -> bool {
        self.enabled && matches!(self.status.raw(), "no-permission" | "topic-not-exist")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
