//! Tags of tasks.

use super::Reader;
use crate::aws::answer::Answer;
use crate::model::operation::Operation;
use crate::model::{Problem, ReplicationArn};
use std::collections::BTreeMap;

impl Reader {
    /// Tags of one task, by key.
    pub async fn tags(&self, arn: &ReplicationArn) -> Result<Answer<BTreeMap<String, String>>, Problem> {
        let dms = &self.wire.clients.dms;
        let sent = self.wire.send(Operation::ListTagsForResource, self.urgency, 0, |witness| {
            dms.list_tags_for_resource().resource_arn(arn.as_str()).customize().interceptor(witness).send()
        });
        let reply = sent.await?;
        let mut answer: Answer<BTreeMap<String, String>> = Answer::default();
        answer.page(reply.stated);
        for tag in reply.value.tag_list() {
            let key = tag.key().unwrap_or_default().to_owned();
            answer.value.insert(key, tag.value().unwrap_or_default().to_owned());
        }
        Ok(answer)
    }
}
