//! SNS topics, as far as they say whether an event subscription tells anybody.

use super::{Reader, pages};
use crate::aws::answer::Answer;
use crate::aws::convert;
use crate::aws::failure::Class;
use crate::aws::wire::Refused;
use crate::model::Problem;
use crate::model::operation::Operation;
use crate::model::topic::{Audience, Subscriber, Topic};

impl Reader {
    /// The topic with this ARN and who is subscribed to it; `None` where there is no such topic. Where subscribers may not
    /// be listed they are in [`Answer::missing`].
    pub async fn topic(&self, arn: &str) -> Result<Answer<Option<Topic>>, Problem> {
        let mut answer: Answer<Option<Topic>> = Answer::default();
        let topic = match self.topic_alone(arn, &mut answer).await {
            Ok(topic) => topic,
            Err(refused) if refused.class == Class::NotFound => return Ok(answer),
            Err(refused) => return Err(refused.into()),
        };
        let sns = &self.wire.clients.sns;
        let mut subscribers: Vec<Subscriber> = Vec::new();
        let listed = pages!(
            @next_token self,
            Operation::ListSubscriptionsByTopic,
            |token| sns.list_subscriptions_by_topic().topic_arn(arn).set_next_token(token),
            |answer, page| subscribers.extend(page.subscriptions().iter().map(convert::subscriber))
        );
        let subscribers = match listed {
            Ok(()) => Some(subscribers),
            Err(refused) if refused.class == Class::Denied => {
                answer.missing.push(refused.into());
                None
            }
            Err(refused) => return Err(refused.into()),
        };
        answer.value = Some(Topic { subscribers, ..topic });
        Ok(answer)
    }

    /// Who hears what is published to this topic. What is wrong with this question alone makes the answer unknown; a
    /// refusal that would meet the next topic too is given back.
    pub(super) async fn audience<T>(&self, arn: &str, answer: &mut Answer<T>) -> Result<Audience, Refused> {
        match self.topic_alone(arn, answer).await {
            Ok(topic) => Ok(topic.audience()),
            Err(refused) if refused.class == Class::NotFound => Ok(Audience::NoTopic),
            Err(refused) if matches!(refused.class, Class::Request | Class::State) => Ok(Audience::Unknown),
            Err(refused) => Err(refused),
        }
    }

    async fn topic_alone<T>(&self, arn: &str, answer: &mut Answer<T>) -> Result<Topic, Refused> {
        let sns = &self.wire.clients.sns;
        let sent = self.wire.send(Operation::GetTopicAttributes, self.urgency, 0, |witness| {
            sns.get_topic_attributes().topic_arn(arn).customize().interceptor(witness).send()
        });
        let reply = sent.await?;
        answer.page(reply.stated);
        Ok(convert::topic(arn, &reply.value))
    }
}
