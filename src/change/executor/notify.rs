//! Telling an SNS topic how something ended. Nothing of ours is changed by it, and nobody takes it back: it needs the same
//! authority as a change, has its entry in the audit before it is sent, and is sent once.
//!
//! Asked for by name on the command line, which confirms it: there is nothing to compare with when the message is there.

use super::{Time, id, told};
use crate::aws::{self, Connected, Sent, Signed, Unsigned, Writer};
use crate::change::mode::{self, Authority};
use crate::model::audit::{Entry, How, State, Whence};
use crate::model::change::Outcome;
use crate::model::shell::quoted;
use crate::model::topic::TopicArn;
use crate::model::{Problem, Scope, Untrusted};
use crate::store::Audit;

/// A message. It never has values of rows in it: whoever reads the topic is nobody we know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// See [`crate::model::topic::subject`].
    pub subject: String,
    pub text: String,
}

/// Sends messages to one topic.
#[derive(Debug)]
pub struct Notifier {
    writer: Writer,
    topic: TopicArn,
    caller: Untrusted,
    scope: Scope,
    audit: Audit,
    whence: Whence,
    environment: Option<String>,
    time: Time,
}

impl Notifier {
    /// For the account that is meant, and no other.
    ///
    /// # Errors
    /// The credentials are of another account; a problem of kind configuration.
    pub fn new(
        authority: &Authority,
        connected: &Connected,
        topic: TopicArn,
        (audit, whence): (Audit, Whence),
        environment: Option<String>,
        time: Time,
    ) -> Result<Self, Problem> {
        let (expect, found) = (authority.expect(), &connected.scope.account);
        mode::account(expect, found, (time.now)())?;
        let writer = aws::writer(connected, expect.clone());
        let (caller, scope) = (connected.identity.arn.clone(), connected.scope.clone());
        Ok(Self { writer, topic, caller, scope, audit, whence, environment, time })
    }

    /// Sends it. The audit has it before.
    pub async fn publish(&mut self, notice: &Notice) -> Outcome {
        let mut entry = self.entry(notice);
        let signed = match self.writer.sign().await {
            Ok(signed) => signed,
            Err(Unsigned::OtherAccount(problem)) => {
                return self.unsent(&mut entry, State::Refused, problem.lines()).await;
            }
            Err(Unsigned::CouldNot(problem)) => {
                let kind = Some(problem.kind);
                let lines = told("nobody was told", &problem);
                return Outcome { problem: kind, ..self.unsent(&mut entry, State::Failed, lines).await };
            }
        };
        entry.caller = signed.caller().arn.clone();
        let unwritten = "the audit cannot be written, so nobody was told";
        if let Err(error) = self.audit.begin(&entry).await {
            return self.outcome(&entry, State::Failed, error.problem(unwritten).lines());
        }
        entry.state = State::Sent;
        if let Err(error) = self.audit.advance(&entry).await {
            return self.end(&mut entry, State::Failed, error.problem(unwritten).lines()).await;
        }
        self.send(&mut entry, &signed, notice).await
    }

    async fn send(&mut self, entry: &mut Entry, signed: &Signed, notice: &Notice) -> Outcome {
        let name = self.topic.name().to_owned();
        let (sent, message) = signed.publish(self.topic.as_str(), &notice.subject, &notice.text).await;
        let mut kind = None;
        let (state, lines) = match sent {
            Sent::Done { request_id } => {
                entry.request_id = request_id;
                let id = message.map(|id| format!(", message {id}")).unwrap_or_default();
                (State::Done, vec![format!("told {name}{id}")])
            }
            Sent::Refused(problem) => {
                entry.request_id.clone_from(&problem.request_id);
                kind = Some(problem.kind);
                (State::Failed, told(&format!("{name} was not told: AWS refused it"), &problem))
            }
            Sent::Unknown(problem) => {
                entry.request_id.clone_from(&problem.request_id);
                let what = format!("unknown whether {name} was told: it was sent once and no answer came");
                (State::Unknown, told(&what, &problem))
            }
        };
        Outcome { problem: kind, ..self.end(entry, state, lines).await }
    }

    fn entry(&self, notice: &Notice) -> Entry {
        let now = (self.time.now)();
        let (topic, region) = (self.topic.as_str(), &self.scope.region.0);
        let aws_command = format!(
            "aws sns publish --region {} --topic-arn {} --subject {} --message file://MESSAGE",
            quoted(region),
            quoted(topic),
            quoted(&notice.subject)
        );
        Entry {
            id: id(now),
            asked_at: now,
            ended_at: None,
            state: State::Asked,
            caller: self.caller.clone(),
            whence: self.whence.clone(),
            scope: self.scope.clone(),
            environment: self.environment.clone(),
            kind: "notify".to_owned(),
            arn: Untrusted::from(topic),
            name: format!("topic:{}", self.topic.name()),
            preview: format!("{}\n{}", notice.subject, notice.text),
            precondition: serde_json::Value::Null,
            aws_command,
            confirmed_by: Some(How::Flag),
            request_id: None,
            outcome: String::new(),
        }
    }

    fn outcome(&self, entry: &Entry, state: State, lines: Vec<String>) -> Outcome {
        let (request_id, at) = (entry.request_id.clone(), (self.time.now)());
        Outcome { state, lines, request_id, audit: None, at, state_after: None, problem: None }
    }

    /// Ends what never had a line in the audit.
    async fn unsent(&mut self, entry: &mut Entry, state: State, lines: Vec<String>) -> Outcome {
        let mut outcome = self.outcome(entry, state, lines);
        (entry.state, entry.ended_at, entry.outcome) = (state, Some(outcome.at), outcome.lines.join("; "));
        match self.audit.begin(entry).await {
            Ok(()) => outcome.audit = Some(entry.id.clone()),
            Err(error) => outcome.lines.extend(error.problem("and this could not be written into the audit").lines()),
        }
        outcome
    }

    async fn end(&mut self, entry: &mut Entry, state: State, lines: Vec<String>) -> Outcome {
        let mut outcome = Outcome { audit: Some(entry.id.clone()), ..self.outcome(entry, state, lines) };
        (entry.state, entry.ended_at, entry.outcome) = (state, Some(outcome.at), outcome.lines.join("; "));
        if let Err(error) = self.audit.advance(entry).await {
            outcome.lines.extend(error.problem("what came of it could not be written into the audit").lines());
        }
        outcome
    }
}
