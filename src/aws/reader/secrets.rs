//! Secrets Manager: the one place this program would take a password from.

use super::Reader;
use crate::aws::answer::Answer;
use crate::model::Problem;
use crate::model::operation::Operation;
use crate::model::secret::Secret;

impl Reader {
    /// The current value of a secret, by name or ARN. Bytes that are not text are no value this program can use.
    pub async fn secret(&self, id: &str) -> Result<Answer<Secret>, Problem> {
        let operation = Operation::GetSecretValue;
        let secrets = &self.wire.clients.secrets;
        let sent = self.wire.send(operation, self.urgency, 0, |witness| {
            secrets.get_secret_value().secret_id(id).customize().interceptor(witness).send()
        });
        let reply = sent.await?;
        let Some(text) = reply.value.secret_string else {
            return Err(self.wire.unreadable(operation, "the secret holds bytes, not text"));
        };
        Ok(Answer { value: Secret::new(text), stated: reply.stated, pages: 1, missing: Vec::new() })
    }
}
