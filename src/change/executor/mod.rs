//! From a confirmation to its end: sign in, look again, compare, write the audit, send once, write what came of it.
//!
//! Here is what is the same for every change; `switch.rs` is about rules and schedules, `task.rs` about tasks.

mod switch;
mod task;

use super::confirmed::Confirmed;
use super::facts::TaskFacts;
use super::legal;
use super::mode::Authority;
use crate::aws::{self, Connected, Reader, Sent, Signed, Unsigned, Writer};
use crate::model::audit::{Entry, How, State, Whence};
use crate::model::change::{Change, Draft, Outcome, Precondition, Preview, Refusal, Ruling, Safeguards};
use crate::model::parts::Identity;
use crate::model::{AccountId, Problem, ProblemKind};
use crate::store::Audit;
use jiff::Timestamp;
use std::pin::Pin;
use std::time::Duration;
use switch::ScheduleFacts;

/// Where time comes from and how it passes.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    pub now: fn() -> Timestamp,
    pub wait: fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Waits before each look after an answer that never came: the services carry a change out within a second or two.
const LOOKS: [Duration; 4] =
    [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(3)];

/// Carries changes out. There is none without an authority.
#[derive(Debug)]
pub struct Executor {
    writer: Writer,
    reader: Reader,
    identity: Identity,
    audit: Audit,
    whence: Whence,
    environment: Option<String>,
    safeguards: Safeguards,
    time: Time,
}

/// What was just read of what is to be changed, as it can be judged and sent.
enum Facts {
    Schedule(Box<ScheduleFacts>),
    Task(Box<TaskFacts>),
}

impl Facts {
    async fn read(reader: &Reader, change: &Change) -> Result<Self, Problem> {
        Ok(match change {
            Change::Switch { what, .. } => Self::Schedule(Box::new(ScheduleFacts::read(reader, what).await?)),
            Change::Task { task, verb } => Self::Task(Box::new(TaskFacts::read(reader, &task.arn, verb).await?)),
        })
    }

    fn precondition(&self) -> Precondition {
        match self {
            Self::Schedule(facts) => Precondition::Schedule(Box::new(facts.schedule.clone())),
            Self::Task(facts) => Precondition::Task(Box::new(facts.standing())),
        }
    }

    fn ruling(&self, change: &Change, safeguards: &Safeguards) -> Ruling {
        match (self, change) {
            (Self::Schedule(facts), Change::Switch { to, .. }) => legal::switch(&facts.schedule, facts.unknown(), *to),
            (Self::Task(facts), Change::Task { verb, .. }) => legal::task(facts, verb, safeguards),
            // Facts are read for the change they are judged with.
            (Self::Schedule(_), Change::Task { .. }) | (Self::Task(_), Change::Switch { .. }) => {
                let why = "it was read as something else than it is".to_owned();
                Ruling::Refused(Refusal { why, do_this: "Ask again.".to_owned() })
            }
        }
    }
}

/// What a look at it after sending says.
struct Looked {
    /// It is as was wanted, or on the way there.
    done: bool,
    /// Its state, in the service's word.
    state: String,
}

impl Executor {
    /// For the account that is meant, and no other.
    ///
    /// # Errors
    /// The credentials are of another account; a problem of kind configuration.
    pub fn new(
        authority: &Authority,
        connected: &Connected,
        audit: Audit,
        whence: Whence,
        environment: Option<String>,
        safeguards: Safeguards,
        time: Time,
    ) -> Result<Self, Problem> {
        let (expect, found) = (authority.expect(), &connected.scope.account);
        if expect != found {
            return Err(other_account(expect, found, (time.now)()));
        }
        Ok(Self {
            writer: aws::writer(connected, expect.clone()),
            reader: connected.reader.clone(),
            identity: connected.identity.clone(),
            audit,
            whence,
            environment,
            safeguards,
            time,
        })
    }

    pub(super) fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(super) fn environment(&self) -> Option<String> {
        self.environment.clone()
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.time.now)()
    }

    /// Reads what is to be changed and says what would come of it. Changes nothing.
    ///
    /// # Errors
    /// It is not there, or could not be read.
    pub async fn draft(&self, change: &Change) -> Result<Draft, Problem> {
        let facts = Facts::read(&self.reader, change).await?;
        let ruling = facts.ruling(change, &self.safeguards);
        let preview = match (facts, change) {
            (Facts::Schedule(facts), Change::Switch { what, to }) => self.preview_switch(*facts, what, *to).await,
            (Facts::Task(facts), Change::Task { task, verb }) => self.preview_task(*facts, task, verb).await,
            (Facts::Schedule(_) | Facts::Task(_), _) => {
                return Err(unreadable("what was read is not what was asked for", (self.time.now)()));
            }
        };
        Ok(Draft { preview, ruling })
    }

    /// Writes into the audit that this was refused before it could be confirmed.
    pub async fn refuse(&mut self, preview: &Preview, refusal: &Refusal) -> Outcome {
        let mut entry = self.entry(preview, None);
        let lines = vec![format!("refused: {}", refusal.why), refusal.do_this.clone()];
        self.end_unsent(&mut entry, State::Refused, lines).await
    }

    /// Carries it out: at most once, and to its end.
    pub async fn execute(&mut self, confirmed: Confirmed<Change>) -> Outcome {
        let preview = confirmed.preview();
        let mut entry = self.entry(preview, Some(confirmed.how()));
        let (signed, facts) = match self.look_again(&confirmed, &mut entry).await {
            Ok(ready) => ready,
            Err((state, lines)) => return self.end_unsent(&mut entry, state, lines).await,
        };
        let change = confirmed.change();
        if let Err(error) = self.audit.begin(&entry).await {
            let problem = error.problem("the audit cannot be written, so nothing was sent");
            return self.outcome(&entry, State::Failed, problem.lines());
        }
        entry.state = State::Sent;
        if let Err(error) = self.audit.advance(&entry).await {
            let problem = error.problem("the audit cannot be written, so nothing was sent");
            return self.end(&mut entry, State::Failed, problem.lines(), None).await;
        }
        // Whoever waited this long for a disk or a lock no longer knows what he meant.
        if !confirmed.lives((self.time.now)()) {
            let lines = vec!["the confirmation is more than a minute old: nothing was sent".to_owned()];
            return self.end(&mut entry, State::Refused, lines, None).await;
        }
        let sent = match (&facts, change) {
            (Facts::Schedule(facts), Change::Switch { what, to }) => facts.send(&signed, what, *to).await,
            (Facts::Task(facts), Change::Task { verb, .. }) => task::send(facts, &signed, verb).await,
            (Facts::Schedule(_) | Facts::Task(_), _) => {
                let lines = vec!["what was read is not what was asked for: nothing was sent".to_owned()];
                return self.end(&mut entry, State::Failed, lines, None).await;
            }
        };
        match sent {
            Sent::Done { request_id } => {
                entry.request_id = request_id;
                let (lines, state) = self.done(change, &facts, &signed).await;
                self.end(&mut entry, State::Done, lines, state).await
            }
            Sent::Refused(problem) => {
                entry.request_id.clone_from(&problem.request_id);
                let lines = told("AWS refused it: nothing was changed", &problem);
                self.end(&mut entry, State::Failed, lines, None).await
            }
            Sent::Unknown(problem) => {
                entry.request_id.clone_from(&problem.request_id);
                self.settle(&mut entry, &signed, change, &facts, &problem).await
            }
        }
    }

    /// Who we are now, and what is there now, both with the credentials that will send.
    async fn look_again(
        &self,
        confirmed: &Confirmed<Change>,
        entry: &mut Entry,
    ) -> Result<(Signed, Facts), (State, Vec<String>)> {
        let change = confirmed.change();
        let refused =
            |why: String| (State::Refused, vec![format!("refused: {why}"), "Nothing was sent. Ask again.".to_owned()]);
        if !confirmed.lives((self.time.now)()) {
            return Err(refused("the confirmation is more than a minute old".to_owned()));
        }
        let signed = self.writer.sign().await.map_err(|unsigned| match unsigned {
            Unsigned::OtherAccount(problem) => (State::Refused, problem.lines()),
            Unsigned::CouldNot(problem) => (State::Failed, told("nothing was sent", &problem)),
        })?;
        entry.caller = signed.caller().arn.clone();
        let facts = Facts::read(&signed.reader(), change).await.map_err(|problem| match problem.kind {
            ProblemKind::NotFound => refused("it is no longer there".to_owned()),
            _ => (State::Failed, told("nothing was sent: it could not be read again", &problem)),
        })?;
        let (then, now) = (&confirmed.preview().precondition, facts.precondition());
        if *then != now {
            let difference = match (then, &now) {
                (Precondition::Schedule(then), Precondition::Schedule(now)) => switch::difference(then, now),
                (Precondition::Task(then), Precondition::Task(now)) => task::difference(then, now),
                _ => "it is something else".to_owned(),
            };
            return Err(refused(format!("it was changed since it was read: {difference}")));
        }
        match facts.ruling(change, &self.safeguards) {
            Ruling::Legal => Ok((signed, facts)),
            Ruling::Nothing(why) | Ruling::Refused(Refusal { why, .. }) => Err(refused(why)),
        }
    }

    /// No answer came. Looks whether it was done; never sends again.
    async fn settle(
        &mut self,
        entry: &mut Entry,
        signed: &Signed,
        change: &Change,
        before: &Facts,
        problem: &Problem,
    ) -> Outcome {
        let mut last: Result<Looked, Problem> = Err(problem.clone());
        for wait in LOOKS {
            (self.time.wait)(wait).await;
            last = Facts::read(&signed.reader(), change).await.map(|now| looked(before, &now, change));
            if let Ok(Looked { done: true, state }) = &last {
                let (mut lines, _) = self.done(change, before, signed).await;
                lines.push(format!(
                    "no answer came ({}), so it was looked at: it is {}",
                    problem.summary,
                    state.to_ascii_lowercase()
                ));
                return self.end(entry, State::Done, lines, Some(state.clone())).await;
            }
        }
        let mut lines = told("unknown: it was sent once and no answer came", problem);
        let (seen, state) = match last {
            Ok(Looked { state, .. }) => (format!("looked at {} times: it is still {state}", LOOKS.len()), Some(state)),
            Err(problem) => (format!("and it could not be looked at: {}", problem.lines().join("; ")), None),
        };
        lines.push(seen);
        let look = match change {
            Change::Switch { .. } => "cutover schedules",
            Change::Task { .. } => "cutover tasks",
        };
        lines.push(format!("It may still be carried out. Look with `{look}` before you ask for it again."));
        self.end(entry, State::Unknown, lines, state).await
    }

    /// What is said of a change that the service has taken, and the state it is in by then.
    async fn done(&self, change: &Change, before: &Facts, signed: &Signed) -> (Vec<String>, Option<String>) {
        match (before, change) {
            (Facts::Schedule(facts), Change::Switch { what, to }) => (
                switch::done(what, *to, &facts.schedule, (self.time.now)()),
                Some(switch::wanted(*to).raw().to_owned()),
            ),
            (Facts::Task(facts), Change::Task { task, verb }) => self.done_task(facts, task, verb, signed).await,
            (Facts::Schedule(_) | Facts::Task(_), _) => (Vec::new(), None),
        }
    }

    fn entry(&self, preview: &Preview, how: Option<How>) -> Entry {
        let now = (self.time.now)();
        Entry {
            id: format!("{}-{:08x}", now.strftime("%Y%m%dT%H%M%S%.3fZ"), fastrand::u32(..)),
            asked_at: now,
            ended_at: None,
            state: State::Asked,
            caller: self.identity.arn.clone(),
            whence: self.whence.clone(),
            scope: preview.scope.clone(),
            environment: preview.environment.clone(),
            kind: preview.change.kind(),
            arn: preview.precondition.arn(),
            name: preview.change.name(),
            preview: preview.lines().join("\n"),
            precondition: serde_json::to_value(&preview.precondition).unwrap_or_default(),
            aws_command: preview.aws_command.clone(),
            confirmed_by: how,
            request_id: None,
            outcome: String::new(),
        }
    }

    /// Ends what never had a line in the audit: nothing was sent.
    async fn end_unsent(&mut self, entry: &mut Entry, state: State, lines: Vec<String>) -> Outcome {
        let mut outcome = self.outcome(entry, state, lines);
        (entry.state, entry.ended_at, entry.outcome) = (state, Some(outcome.at), outcome.lines.join("; "));
        match self.audit.begin(entry).await {
            Ok(()) => outcome.audit = Some(entry.id.clone()),
            Err(error) => outcome.lines.extend(error.problem("and this could not be written into the audit").lines()),
        }
        outcome
    }

    /// Ends what has its line in the audit.
    async fn end(
        &mut self,
        entry: &mut Entry,
        state: State,
        lines: Vec<String>,
        state_after: Option<String>,
    ) -> Outcome {
        let mut outcome = Outcome { audit: Some(entry.id.clone()), state_after, ..self.outcome(entry, state, lines) };
        (entry.state, entry.ended_at, entry.outcome) = (state, Some(outcome.at), outcome.lines.join("; "));
        if let Err(error) = self.audit.advance(entry).await {
            let problem = error.problem("what came of it could not be written into the audit");
            outcome.lines.extend(problem.lines());
        }
        outcome
    }

    fn outcome(&self, entry: &Entry, state: State, lines: Vec<String>) -> Outcome {
        let (request_id, at) = (entry.request_id.clone(), (self.time.now)());
        Outcome { state, lines, request_id, audit: None, at, state_after: None }
    }
}

/// What a look says, beside what was there before.
fn looked(before: &Facts, now: &Facts, change: &Change) -> Looked {
    match (before, now, change) {
        (_, Facts::Schedule(now), Change::Switch { to, .. }) => {
            Looked { done: now.schedule.state == switch::wanted(*to), state: now.schedule.state.raw().to_owned() }
        }
        (Facts::Task(before), Facts::Task(now), Change::Task { verb, .. }) => task::looked(before, now, verb),
        (Facts::Schedule(_) | Facts::Task(_), _, _) => Looked { done: false, state: String::new() },
    }
}

/// What happened, and the problem behind it.
fn told(what: &str, problem: &Problem) -> Vec<String> {
    let mut lines = vec![what.to_owned()];
    lines.extend(problem.lines());
    lines
}

fn unreadable(summary: &str, at: Timestamp) -> Problem {
    Problem {
        kind: ProblemKind::Internal,
        summary: summary.to_owned(),
        detail: "nothing was changed".to_owned(),
        hint: "Ask again.".to_owned(),
        request_id: None,
        at,
    }
}

fn other_account(expect: &AccountId, found: &AccountId, at: Timestamp) -> Problem {
    Problem {
        kind: ProblemKind::Configuration,
        summary: format!("these credentials are of account {}, and expect_account is {}", found.0, expect.0),
        detail: "nothing was changed".to_owned(),
        hint: "Sign in to the account you mean, or correct expect_account in the configuration.".to_owned(),
        request_id: None,
        at,
    }
}
