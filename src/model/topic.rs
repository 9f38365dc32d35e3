//! SNS topics: who hears what is published.

use crate::model::Untrusted;
use serde::{Deserialize, Serialize};

/// A topic that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    pub arn: Untrusted,
    /// Subscriptions that have said yes; only they are told anything.
    pub confirmed: Option<u32>,
    /// Subscriptions that have not answered yet.
    pub pending: Option<u32>,
    /// `None` where they may not be listed.
    pub subscribers: Option<Vec<Subscriber>>,
}

/// One subscription of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscriber {
    /// `email`, `https`, `lambda`, `sqs`, …
    pub protocol: Untrusted,
    /// Address, URL or ARN.
    pub endpoint: Untrusted,
    pub confirmed: bool,
}

/// Who hears what is published to a topic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// It may not be asked, or the answer did not say.
    #[default]
    Unknown,
    /// The topic does not exist.
    NoTopic,
    /// How many subscriptions have said yes, and how many have not answered.
    Known { confirmed: u32, pending: u32 },
}

impl Audience {
    /// Certainly nobody.
    pub fn is_nobody(self) -> bool {
        matches!(self, Self::NoTopic | Self::Known { confirmed: 0, .. })
    }
}

impl Topic {
    pub fn audience(&self) -> Audience {
        match (self.confirmed, self.pending) {
            (Some(confirmed), pending) => Audience::Known { confirmed, pending: pending.unwrap_or_default() },
            _ => Audience::Unknown,
        }
    }
}
