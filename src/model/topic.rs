//! SNS topics: who hears what is published.

use crate::model::Untrusted;
use crate::model::untrusted::shown;
use serde::{Deserialize, Serialize};

/// Where messages are published to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicArn(String);

impl TopicArn {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn field(&self, nth: usize) -> &str {
        self.0.split(':').nth(nth).unwrap_or_default()
    }

    pub fn region(&self) -> &str {
        self.field(3)
    }

    pub fn name(&self) -> &str {
        self.field(5)
    }
}

impl std::str::FromStr for TopicArn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields: Vec<&str> = text.split(':').collect();
        let (region, account, name) = match fields[..] {
            ["arn", partition, "sns", region, account, name] if partition.starts_with("aws") => (region, account, name),
            _ => ("", "", ""),
        };
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        let fits = !name.is_empty()
            && account.len() == 12
            && !region.is_empty()
            && [region, account, name].into_iter().all(plain);
        if !fits {
            return Err(format!(
                "{:?} is no ARN of a topic, such as arn:aws:sns:eu-west-1:123456789012:migration",
                shown(text)
            ));
        }
        // A message there belongs to a group, and is dropped where it looks like one before it.
        if name.strip_suffix(".fifo").is_some() {
            return Err(format!("{name} is a FIFO topic; name one that is not"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Characters of a subject, and what one may be made of (`Publish` in the SNS API reference).
const SUBJECT: usize = 100;

/// Text as SNS takes it for a subject: printable ASCII, at most 100 characters, beginning with a letter, digit or
/// punctuation.
pub fn subject(text: &str) -> String {
    let shown = shown(text);
    let ascii = shown.trim_start().chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' });
    let cut: String = ascii.take(SUBJECT).collect();
    if shown.trim_start().chars().count() > SUBJECT { format!("{}...", &cut[..SUBJECT - 3]) } else { cut }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_named_by_its_arn() {
        let arn: TopicArn = "arn:aws-cn:sns:cn-north-1:123456789012:dms_failures-1".parse().unwrap();
        assert_eq!((arn.region(), arn.name()), ("cn-north-1", "dms_failures-1"));
        for wrong in [
            "",
            "dms-failures",
            "arn:aws:sqs:eu-west-1:123456789012:x",
            "arn:aws:sns:eu-west-1:123456789012:",
            "arn:aws:sns:eu-west-1:123456789012:x:11111111-2222-3333-4444-555555555555",
            "arn:aws:sns:eu-west-1:1234:x",
            "arn:aws:sns:eu-west-1:123456789012:x y",
            "arn:aws:sns:eu-west-1:123456789012:x.fifo",
        ] {
            assert!(wrong.parse::<TopicArn>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_subject_is_what_sns_takes() {
        for (text, want) in [
            ("cutover: equal, orders-cdc", "cutover: equal, orders-cdc"),
            ("r\u{fc}cksicht\u{1b}[2J\nnext", "r?cksicht[2J next"),
            ("  x", "x"),
        ] {
            assert_eq!(subject(text), want);
        }
        let long = subject(&"\u{fc}".repeat(300));
        assert!(long.len() == SUBJECT && long.ends_with("?..."), "{long}");
        assert_eq!(subject(&"a".repeat(SUBJECT)), "a".repeat(SUBJECT));
    }
}
