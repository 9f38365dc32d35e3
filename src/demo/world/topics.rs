//! SNS: the topics events go to, who is subscribed, and what has been published.

use super::{ACCOUNT, REGION, Refusal, World, seeded};
use crate::demo::wire::Value;
use jiff::Timestamp;
use std::borrow::Cow;
use std::sync::Arc;

/// Topics, and subscriptions, in one answer (SNS API reference).
const PAGE: usize = 100;
/// Bytes of a message (`Publish`).
const LONGEST: usize = 262_144;
/// Messages kept.
const KEPT: usize = 1_000;

/// One subscription: protocol, endpoint, and whether it has said yes.
type Subscriber = (&'static str, &'static str, bool);

/// Name and subscribers: one that tells somebody, one that tells nobody yet, one that nobody ever subscribed to. The topic
/// of the subscription `dms-oncall` is not here: somebody deleted it.
const TOPICS: [(&str, &[Subscriber]); 3] = [
    ("dms-capacity", &[("email", "capacity@shop.example", false)]),
    (
        "dms-failures",
        &[
            ("email", "oncall@shop.example", true),
            ("https", "https://hooks.shop.example/dms", true),
            ("email", "left-the-company@shop.example", false),
        ],
    ),
    ("shop-deployments", &[]),
];

/// What somebody published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub topic: String,
    pub subject: Option<String>,
    pub text: String,
    pub at: Timestamp,
}

/// Everything published, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Messages {
    kept: Arc<Vec<Message>>,
    published: u64,
}

impl Messages {
    pub fn all(&self) -> &[Message] {
        &self.kept
    }
}

fn arn(name: &str) -> String {
    format!("arn:aws:sns:{REGION}:{ACCOUNT}:{name}")
}

/// The topic a request names.
fn named(input: &Value) -> Result<(&'static str, &'static [Subscriber]), Refusal> {
    let asked = input.text_of("TopicArn").or_else(|| input.text_of("TargetArn"));
    let asked = asked.ok_or_else(|| Refusal::sns_parameter("TopicArn Reason: no value for required parameter"))?;
    let fields: Vec<&str> = asked.split(':').collect();
    let ["arn", "aws", "sns", region, account, name] = fields.as_slice() else {
        return Err(Refusal::sns_parameter(format!(
            "TopicArn Reason: An ARN must have at least 6 elements, not {}",
            fields.len()
        )));
    };
    if *region != REGION {
        return Err(Refusal::sns_parameter("TopicArn"));
    }
    let topic = TOPICS.iter().find(|(known, _)| known == name).filter(|_| *account == ACCOUNT);
    topic.copied().ok_or_else(Refusal::no_topic)
}

/// The part of a list that this request is about, and the token of the next.
fn page<T>(all: &[T], input: &Value) -> Result<(Vec<usize>, Option<String>), Refusal> {
    let invalid = || Refusal::sns_parameter("NextToken Reason: it is not a token of this list");
    let start = match input.text_of("NextToken").filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => token.strip_prefix("demo-").and_then(|n| n.parse::<usize>().ok()).ok_or_else(invalid)?,
    };
    if start > all.len() {
        return Err(invalid());
    }
    let end = all.len().min(start + PAGE);
    Ok(((start..end).collect(), (end < all.len()).then(|| format!("demo-{end}"))))
}

pub fn list(input: &Value) -> Result<Value, Refusal> {
    let (range, next) = page(&TOPICS, input)?;
    let topics = range.into_iter().map(|at| Value::map([("TopicArn", arn(TOPICS[at].0).into())]));
    Ok(Value::map([("Topics", Value::list(topics)), ("NextToken", next.into())]))
}

pub fn attributes(input: &Value) -> Result<Value, Refusal> {
    let (name, subscribers) = named(input)?;
    let count = |confirmed: bool| {
        let counted = subscribers.iter().filter(|(.., said_yes)| *said_yes == confirmed).count();
        i64::try_from(counted).unwrap_or(i64::MAX).into()
    };
    let entry = |(key, value): (&'static str, Value)| {
        (Cow::Borrowed("entry"), Value::map([("key", key.into()), ("value", value)]))
    };
    let entries = [
        ("TopicArn", arn(name).into()),
        ("Owner", ACCOUNT.into()),
        ("DisplayName", "".into()),
        ("SubscriptionsConfirmed", count(true)),
        ("SubscriptionsPending", count(false)),
        ("SubscriptionsDeleted", 0.into()),
    ];
    // awsQuery writes a map as a row of `entry`.
    Ok(Value::map([("Attributes", Value::Map(entries.into_iter().map(entry).collect()))]))
}

pub fn subscriptions(input: &Value) -> Result<Value, Refusal> {
    let (name, subscribers) = named(input)?;
    let (range, next) = page(subscribers, input)?;
    let shape = |at: usize| {
        let (protocol, endpoint, confirmed) = subscribers[at];
        let id = uuid(seeded::place(name), seeded::place(endpoint));
        let own = if confirmed { format!("{}:{id}", arn(name)) } else { "PendingConfirmation".to_owned() };
        Value::map([
            ("SubscriptionArn", own.into()),
            ("Owner", ACCOUNT.into()),
            ("Protocol", protocol.into()),
            ("Endpoint", endpoint.into()),
            ("TopicArn", arn(name).into()),
        ])
    };
    Ok(Value::map([("Subscriptions", Value::list(range.into_iter().map(shape))), ("NextToken", next.into())]))
}

/// Keeps the message; nobody is really told.
pub fn publish(world: &mut World, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
    let (name, _) = named(input)?;
    let text = input.text_of("Message").filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| Refusal::sns_parameter("Empty message"))?;
    if text.len() > LONGEST {
        return Err(Refusal::sns_parameter("Message too long"));
    }
    let messages = &mut world.messages;
    messages.published += 1;
    let id = uuid(seeded::number(world.setting.seed, &[seeded::place(name)]), messages.published);
    let kept = Arc::make_mut(&mut messages.kept);
    if kept.len() == KEPT {
        kept.remove(0);
    }
    let subject = input.text_of("Subject").map(ToOwned::to_owned);
    kept.push(Message { id: id.clone(), topic: arn(name), subject, text: text.to_owned(), at: now });
    Ok(Value::map([("MessageId", id.into())]))
}

/// Made of two numbers, so that a frozen world repeats itself.
pub fn uuid(a: u64, b: u64) -> String {
    let (a, b) = (seeded::number(a, &[b]), seeded::number(b, &[a]));
    let (high, middle) = (a >> 32, (a >> 16) & 0xffff);
    format!("{high:08x}-{middle:04x}-4{:03x}-{:04x}-{:012x}", a & 0xfff, 0x8000 | (b >> 50), b & 0xffff_ffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::clock::FROZEN_AT;
    use crate::demo::world::Setting;

    #[test]
    fn a_topic_is_named_by_its_whole_arn_in_this_account_and_region() {
        for (topic, want) in [
            ("arn:aws:sns:eu-west-1:123456789012:dms-failures", None),
            ("arn:aws:sns:eu-west-1:123456789012:dms-oncall", Some("NotFound")),
            ("arn:aws:sns:eu-west-1:999999999999:dms-failures", Some("NotFound")),
            ("arn:aws:sns:us-east-1:123456789012:dms-failures", Some("InvalidParameter")),
            ("dms-failures", Some("InvalidParameter")),
        ] {
            let input = Value::map([("TopicArn", topic.into())]);
            assert_eq!(attributes(&input).err().map(|refusal| refusal.code), want, "{topic}");
        }
    }

    #[test]
    fn the_newest_thousand_messages_are_kept_each_under_an_id_of_its_own() {
        let mut world = World::new(Setting::default(), FROZEN_AT);
        for number in 0..1_005 {
            let message =
                Value::map([("TopicArn", arn("dms-failures").into()), ("Message", number.to_string().into())]);
            publish(&mut world, &message, FROZEN_AT).unwrap();
        }
        let all = world.messages.all();
        let ids: std::collections::BTreeSet<_> = all.iter().map(|message| &message.id).collect();
        assert_eq!((all.len(), ids.len(), all[0].text.as_str()), (1_000, 1_000, "5"));
    }
}
