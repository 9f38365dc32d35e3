//! The three keys of one task, each its own type, so that none is passed where another belongs.
//!
//! [`TaskName`] is what the console and events say, [`ReplicationArn`] is what API calls take, [`TaskResourceId`] is the
//! last segment of the ARN: the CloudWatch dimension, the log stream, the `awsdms_*` control tables.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a text is not the ARN it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArnError {
    #[error("not an ARN: expected arn:PARTITION:dms:REGION:ACCOUNT:KIND:ID")]
    Shape,
    #[error("an ARN of service {0:?}, expected dms")]
    Service(String),
    #[error("a DMS ARN of kind {0:?}, expected task or replication-config")]
    Kind(String),
}

/// Twelve digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub String);

/// `eu-west-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Region(pub String);

/// `ReplicationTaskIdentifier`: what people call the task. Unique per account and region, but not an API key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskName(pub crate::model::Untrusted);

impl TaskName {
    pub fn new(name: impl Into<String>) -> Self {
        Self(crate::model::Untrusted::new(name))
    }

    pub fn raw(&self) -> &str {
        self.0.raw()
    }

    pub fn shown(&self) -> std::borrow::Cow<'_, str> {
        self.0.shown()
    }
}

/// Last segment of the ARN, exactly as it stands there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskResourceId(pub String);

/// A task on an instance, or a serverless replication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplicationKind {
    Classic,
    Serverless,
}

/// The key of a task in every API call, selection and cursor.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReplicationArn {
    text: String,
    kind: ReplicationKind,
    id_at: usize,
}

impl ReplicationArn {
    /// Parses `arn:aws:dms:REGION:ACCOUNT:task:ID` or `…:replication-config:ID`.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        let parts = arn_parts(text)?;
        let kind = match parts[5] {
            "task" => ReplicationKind::Classic,
            "replication-config" => ReplicationKind::Serverless,
            other => return Err(ArnError::Kind(other.to_owned())),
        };
        Ok(Self { text: text.to_owned(), kind, id_at: text.len() - parts[6].len() })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn kind(&self) -> ReplicationKind {
        self.kind
    }

    pub fn resource_id(&self) -> TaskResourceId {
        TaskResourceId(self.text[self.id_at..].to_owned())
    }

    pub fn account(&self) -> AccountId {
        AccountId(self.text.split(':').nth(4).unwrap_or_default().to_owned())
    }

    pub fn region(&self) -> Region {
        Region(self.text.split(':').nth(3).unwrap_or_default().to_owned())
    }
}

impl fmt::Debug for ReplicationArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for ReplicationArn {
    type Error = ArnError;
    fn try_from(text: String) -> Result<Self, ArnError> {
        Self::parse(&text)
    }
}

impl From<ReplicationArn> for String {
    fn from(arn: ReplicationArn) -> Self {
        arn.text
    }
}

/// Seven colon-separated parts of a DMS ARN, each of visible ASCII: an ARN is copied into commands and file names.
fn arn_parts(text: &str) -> Result<[&str; 7], ArnError> {
    let parts: Vec<&str> = text.split(':').collect();
    let parts: [&str; 7] = parts.try_into().map_err(|_| ArnError::Shape)?;
    let visible = text.bytes().all(|b| b.is_ascii_graphic());
    if !visible || parts[0] != "arn" || parts[3..].iter().any(|p| p.is_empty()) {
        return Err(ArnError::Shape);
    }
    if parts[2] != "dms" {
        return Err(ArnError::Service(parts[2].to_owned()));
    }
    Ok(parts)
}

macro_rules! plain_arn {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);
    };
}
plain_arn!(InstanceArn, "ARN of a replication instance.");
plain_arn!(EndpointArn, "ARN of a source or target endpoint.");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_arn_tells_kind_resource_id_account_and_region() {
        let arn = ReplicationArn::parse("arn:aws:dms:eu-west-1:123456789012:task:2YT32VX7CHRM").unwrap();
        assert_eq!(arn.kind(), ReplicationKind::Classic);
        assert_eq!(arn.resource_id(), TaskResourceId("2YT32VX7CHRM".into()));
        assert_eq!(arn.account(), AccountId("123456789012".into()));
        assert_eq!(arn.region(), Region("eu-west-1".into()));
        let arn = ReplicationArn::parse("arn:aws-cn:dms:cn-north-1:1:replication-config:ABC").unwrap();
        assert_eq!(arn.kind(), ReplicationKind::Serverless);
    }

    #[test]
    fn what_is_not_a_task_arn_says_why() {
        for (text, want) in [
            ("orders-cdc", ArnError::Shape),
            ("arn:aws:dms:eu-west-1:1:task:", ArnError::Shape),
            ("arn:aws:dms:eu-west-1:1:task:A\u{1b}[2J", ArnError::Shape),
            ("arn:aws:rds:eu-west-1:1:db:x", ArnError::Service("rds".into())),
            ("arn:aws:dms:eu-west-1:1:rep:x", ArnError::Kind("rep".into())),
        ] {
            assert_eq!(ReplicationArn::parse(text), Err(want), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_keeps_the_text(text in "\\PC{0,60}") {
            if let Ok(arn) = ReplicationArn::parse(&text) {
                prop_assert_eq!(arn.as_str(), text.as_str());
            }
        }

        #[test]
        fn every_well_formed_arn_parses(id in "[A-Z0-9-]{1,40}", account in "[0-9]{12}") {
            let arn = ReplicationArn::parse(&format!("arn:aws:dms:eu-west-1:{account}:task:{id}")).unwrap();
            prop_assert_eq!(arn.resource_id().0, id);
        }
    }
}
