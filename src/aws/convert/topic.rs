//! `GetTopicAttributes`, `Subscription`.

use super::text_or_empty;
use crate::model::Untrusted;
use crate::model::topic::{Subscriber, Topic};
use aws_sdk_sns::operation::get_topic_attributes::GetTopicAttributesOutput;
use aws_sdk_sns::types::Subscription;

/// Without its subscribers, which are another question.
pub(in crate::aws) fn topic(arn: &str, raw: &GetTopicAttributesOutput) -> Topic {
    let count = |name: &str| raw.attributes()?.get(name)?.parse().ok();
    Topic {
        arn: Untrusted::new(arn),
        confirmed: count("SubscriptionsConfirmed"),
        pending: count("SubscriptionsPending"),
        subscribers: None,
    }
}

pub(in crate::aws) fn subscriber(raw: &Subscription) -> Subscriber {
    Subscriber {
        protocol: text_or_empty(raw.protocol()),
        endpoint: text_or_empty(raw.endpoint()),
        // Until somebody has said yes, and after they are gone, a word stands where the ARN would be.
        confirmed: raw.subscription_arn().is_some_and(|arn| arn.starts_with("arn:")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::topic::Audience;

    #[test]
    fn only_counts_that_can_be_read_say_who_is_told() {
        for (confirmed, pending, want) in [
            (Some("2"), Some("1"), Audience::Known { confirmed: 2, pending: 1 }),
            (Some("0"), None, Audience::Known { confirmed: 0, pending: 0 }),
            (Some("many"), Some("1"), Audience::Unknown),
            (None, Some("1"), Audience::Unknown),
        ] {
            let mut raw = GetTopicAttributesOutput::builder();
            for (name, value) in [("SubscriptionsConfirmed", confirmed), ("SubscriptionsPending", pending)] {
                raw = value.map_or(raw.clone(), |value| raw.attributes(name, value));
            }
            assert_eq!(topic("arn", &raw.build()).audience(), want);
        }
        assert_eq!(topic("arn", &GetTopicAttributesOutput::builder().build()).audience(), Audience::Unknown);
    }

    #[test]
    fn a_subscription_is_confirmed_once_it_has_an_arn() {
        for (arn, want) in [
            (Some("arn:aws:sns:eu-west-1:1:t:5b1"), true),
            (Some("PendingConfirmation"), false),
            (Some("Deleted"), false),
            (None, false),
        ] {
            let raw = Subscription::builder().set_subscription_arn(arn.map(str::to_owned)).build();
            assert_eq!(subscriber(&raw).confirmed, want, "{arn:?}");
        }
    }
}
