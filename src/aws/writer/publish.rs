//! A message to an SNS topic.

use super::{Sent, Signed, sent};
use crate::model::operation::Operation;

impl Signed {
    /// Publishes once; with what SNS calls the message, where it took it.
    pub async fn publish(&self, topic: &str, subject: &str, text: &str) -> (Sent, Option<String>) {
        let send = self.once(Operation::Publish, |witness| {
            let request = self.wire.clients.sns.publish().topic_arn(topic).subject(subject).message(text);
            request.customize().interceptor(witness).send()
        });
        let result = send.await;
        let id = result.as_ref().ok().and_then(|reply| reply.value.message_id()).map(str::to_owned);
        (sent(result), id)
    }
}
