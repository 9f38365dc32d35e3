//! From a confirmation to its end: sign in, look again, compare, write the audit, send once, write what came of it.
//!
//! Here is what is the same for every change; `draft.rs` is the look before anybody confirms, `switch.rs` about rules and
//! schedules, `task/` about tasks, `settle.rs` about answers that never came, `follow.rs` about what a change began and ends
//! later, `notify.rs` messages to a topic, which change nothing of ours and go the same way.

mod draft;
mod follow;
mod notify;
mod settle;
mod switch;
mod task;

pub use draft::Drafter;
pub use follow::Follower;
pub use notify::{Notice, Notifier};

use super::confirmed::{Confirmed, Way};
use super::facts::TaskFacts;
use super::legal;
use super::mode::{self, Authority};
use crate::aws::{self, Connected, Reader, Sent, Signed, Unsigned, Writer};
use crate::model::audit::{Entry, How, State, Whence};
use crate::model::change::{Change, Draft, Outcome, Precondition, Preview, Refusal, Ruling, Safeguards, TableName};
use crate::model::parts::{Direction, Identity};
use crate::model::{Problem, ProblemKind, Untrusted};
use crate::store::{Audit, points};
use jiff::Timestamp;
use std::pin::Pin;
use std::time::Duration;
use switch::ScheduleFacts;
use task::Batches;

/// Where time comes from and how it passes.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    pub now: fn() -> Timestamp,
    pub wait: fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

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
    /// What is put back as it was before is not judged by what it calls: it was on then.
    async fn read(reader: &Reader, change: &Change, way: Way) -> Result<Self, Problem> {
        Ok(match change {
            Change::Switch { what, to } => {
                let facts = ScheduleFacts::read(reader, what).await?;
                Self::Schedule(Box::new(match way {
                    Way::Forward => facts.with_called(reader, *to).await?,
                    Way::Back => facts,
                }))
            }
            Change::Task { task, verb } => Self::Task(Box::new(TaskFacts::read(reader, &task.arn, verb).await?)),
        })
    }

    fn precondition(&self, change: &Change) -> Precondition {
        match (self, change) {
            (Self::Schedule(facts), _) => Precondition::Schedule(Box::new(facts.schedule.clone())),
            (Self::Task(facts), Change::Task { verb, .. }) => Precondition::Task(Box::new(facts.standing_for(verb))),
            (Self::Task(facts), Change::Switch { .. }) => Precondition::Task(Box::new(facts.standing())),
        }
    }

    fn ruling(&self, change: &Change, safeguards: &Safeguards) -> Ruling {
        match (self, change) {
            (Self::Schedule(facts), Change::Switch { to, .. }) => {
                match legal::switch(&facts.schedule, facts.unknown(), *to) {
                    Ruling::Legal => facts.forbidden(safeguards).map_or(Ruling::Legal, Ruling::Refused),
                    other => other,
                }
            }
            (Self::Task(facts), Change::Task { verb, .. }) => legal::task(facts, verb, safeguards),
            // Facts are read for the change they are judged with.
            (Self::Schedule(_), Change::Task { .. }) | (Self::Task(_), Change::Switch { .. }) => {
                let why = "it was read as something else than it is".to_owned();
                Ruling::Refused(Refusal { why, do_this: "Ask again.".to_owned() })
            }
        }
    }
}

/// Why nothing was sent.
struct Unsent {
    state: State,
    lines: Vec<String>,
    problem: Option<ProblemKind>,
}

/// What became of the requests of a change.
struct Dispatch {
    /// How the last one ended.
    last: Sent,
    /// Where it takes more than one.
    batches: Option<Batches>,
    /// What a look is to be compared with, should no answer have come.
    seen: Seen,
}

/// What was seen before the last request.
enum Seen {
    /// The facts it was judged by say enough.
    Facts,
    Connection(Direction),
    Tables(Vec<TableName>),
    /// Why a look would say nothing.
    Nothing(&'static str),
}

impl Dispatch {
    fn one(last: Sent) -> Self {
        Self { last, batches: None, seen: Seen::Facts }
    }

    /// What was asked for and what was not, where that is not all or nothing.
    fn lines(&self, last: &str) -> Vec<String> {
        self.batches.as_ref().map_or_else(Vec::new, |batches| batches.lines(last))
    }
}

/// What a look at it after sending says.
struct Looked {
    /// It is as was wanted, or on the way there.
    done: bool,
    /// What was seen, in words: `it is stopping`.
    words: String,
    /// Its state, in the service's word.
    state: Option<String>,
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
        mode::account(expect, found, (time.now)())?;
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

    /// Reads what is to be changed and says what would come of it. Changes nothing.
    ///
    /// # Errors
    /// It is not there, or could not be read.
    pub async fn draft(&self, change: &Change) -> Result<Draft, Problem> {
        self.draft_on(change, Way::Forward).await
    }

    /// The same of a change that a plan makes, or takes back.
    ///
    /// # Errors
    /// It is not there, or could not be read.
    pub async fn draft_on(&self, change: &Change, way: Way) -> Result<Draft, Problem> {
        Box::pin(self.drafter().draft_on(change, way)).await
    }

    /// The same look without what could change anything.
    fn drafter(&self) -> Drafter {
        Drafter {
            reader: self.reader.clone(),
            environment: self.environment.clone(),
            safeguards: self.safeguards.clone(),
            time: self.time,
        }
    }

    /// Writes into the audit that this was refused before it could be confirmed.
    pub async fn refuse(&mut self, preview: &Preview, refusal: &Refusal) -> Outcome {
        let mut entry = self.entry(preview, None);
        let lines = vec![format!("refused: {}", refusal.why), refusal.do_this.clone()];
        self.end_unsent(&mut entry, State::Refused, lines).await
    }

    /// Carries it out: at most once, and to its end.
    pub async fn execute(&mut self, confirmed: Confirmed<Change>) -> Outcome {
        self.execute_if(confirmed, std::future::ready(Ok(()))).await
    }

    /// The same, where `still` is waited for last, directly before it is sent: it may know a reason not to.
    pub async fn execute_if(
        &mut self,
        confirmed: Confirmed<Change>,
        still: impl Future<Output = Result<(), String>>,
    ) -> Outcome {
        let preview = confirmed.preview();
        let mut entry = self.entry(preview, Some(confirmed.how()));
        let (signed, facts) = match self.look_again(&confirmed, &mut entry).await {
            Ok(ready) => ready,
            Err(Unsent { state, lines, problem }) => {
                return Outcome { problem, ..self.end_unsent(&mut entry, state, lines).await };
            }
        };
        let change = confirmed.change();
        points::at("before audit");
        let begun = self.audit.begin(&entry).await;
        entry.state = State::Sent;
        points::at("after audit asked");
        let audited = match begun {
            Ok(()) => self.audit.advance(&entry).await,
            Err(error) if confirmed.way() == Way::Forward => {
                let problem = error.problem("the audit cannot be written, so nothing was sent");
                return self.outcome(&entry, State::Failed, problem.lines());
            }
            Err(error) => Err(error),
        };
        points::at("after audit sent");
        if confirmed.way() == Way::Forward
            && let Err(error) = &audited
        {
            let problem = error.problem("the audit cannot be written, so nothing was sent");
            return self.end(&mut entry, State::Failed, problem.lines(), None).await;
        }
        if let Err(why) = still.await {
            return self.end(&mut entry, State::Refused, vec![format!("{why}: nothing was sent")], None).await;
        }
        // Whoever waited this long for a disk, a lock or a server no longer knows what he meant.
        if !confirmed.lives((self.time.now)()) {
            let lines = vec!["the confirmation is more than a minute old: nothing was sent".to_owned()];
            return self.end(&mut entry, State::Refused, lines, None).await;
        }
        points::at("before sending");
        let dispatch = match (&facts, change) {
            (Facts::Schedule(facts), Change::Switch { what, to }) => {
                Ok(Dispatch::one(facts.send(&signed, what, *to).await))
            }
            (Facts::Task(facts), Change::Task { verb, .. }) => {
                self.send_task(&confirmed, facts, &signed, verb, &mut entry).await
            }
            (Facts::Schedule(_) | Facts::Task(_), _) => {
                Err(vec!["what was read is not what was asked for: nothing was sent".to_owned()])
            }
        };
        points::at("after sending");
        let dispatch = match dispatch {
            Ok(dispatch) => dispatch,
            Err(lines) => return self.end(&mut entry, State::Failed, lines, None).await,
        };
        match &dispatch.last {
            Sent::Done { request_id } => {
                noted(&mut entry, request_id.as_deref());
                let (lines, state) = self.done(change, &facts, &signed).await;
                self.end(&mut entry, State::Done, lines, state).await
            }
            Sent::Refused(problem) => {
                noted(&mut entry, problem.request_id.as_deref());
                let begun = dispatch.batches.as_ref().is_some_and(Batches::is_begun);
                let what = if begun {
                    "done only in part: AWS refused to go on"
                } else {
                    "AWS refused it: nothing was changed"
                };
                let mut lines = told(what, problem);
                lines.extend(dispatch.lines("refused"));
                let kind = Some(problem.kind).filter(|_| !begun);
                Outcome { problem: kind, ..self.end(&mut entry, State::Failed, lines, None).await }
            }
            Sent::Unknown(problem) => {
                let problem = problem.clone();
                noted(&mut entry, problem.request_id.as_deref());
                self.settle(&mut entry, &signed, change, &facts, &problem, dispatch).await
            }
        }
    }

    /// Who we are now, and what is there now, both with the credentials that will send.
    async fn look_again(&self, confirmed: &Confirmed<Change>, entry: &mut Entry) -> Result<(Signed, Facts), Unsent> {
        let change = confirmed.change();
        let refused = |why: String| Unsent {
            state: State::Refused,
            lines: vec![format!("refused: {why}"), "Nothing was sent. Ask again.".to_owned()],
            problem: None,
        };
        let not = |state, lines, problem: &Problem| Unsent { state, lines, problem: Some(problem.kind) };
        if !confirmed.lives((self.time.now)()) {
            return Err(refused("the confirmation is more than a minute old".to_owned()));
        }
        let signed = self.writer.sign().await.map_err(|unsigned| match unsigned {
            Unsigned::OtherAccount(problem) => not(State::Refused, problem.lines(), &problem),
            Unsigned::CouldNot(problem) => not(State::Failed, told("nothing was sent", &problem), &problem),
        })?;
        entry.caller = signed.caller().arn.clone();
        let facts =
            Facts::read(&signed.reader(), change, confirmed.way()).await.map_err(|problem| match problem.kind {
                ProblemKind::NotFound => refused("it is no longer there".to_owned()),
                _ => not(State::Failed, told("nothing was sent: it could not be read again", &problem), &problem),
            })?;
        let (then, now) = (&confirmed.preview().precondition, facts.precondition(change));
        if *then != now {
            let difference = match (then, &now) {
                (Precondition::Schedule(then), Precondition::Schedule(now)) => switch::difference(then, now),
                (Precondition::Task(then), Precondition::Task(now)) => task::difference(then, now),
                _ => "it is something else".to_owned(),
            };
            return Err(refused(format!("it was changed since it was read: {difference}")));
        }
        // Where the tasks stand that it calls is not in the precondition of a rule or schedule.
        if matches!(&facts, Facts::Schedule(facts) if facts.grade() != confirmed.preview().grade) {
            return Err(refused("what it does when it fires was changed since it was read".to_owned()));
        }
        match facts.ruling(change, &self.safeguards) {
            Ruling::Legal => Ok((signed, facts)),
            Ruling::Nothing(why) | Ruling::Refused(Refusal { why, .. }) => Err(refused(why)),
        }
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
        entry(preview, how, &self.identity.arn, &self.whence, (self.time.now)())
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
        Outcome { state, lines, request_id, audit: None, at, state_after: None, problem: None }
    }
}

/// Of an entry of the audit: unique over all machines.
fn id(now: Timestamp) -> String {
    format!("{}-{:08x}", now.strftime("%Y%m%dT%H%M%S%.3fZ"), fastrand::u32(..))
}

fn entry(preview: &Preview, how: Option<How>, caller: &Untrusted, whence: &Whence, now: Timestamp) -> Entry {
    Entry {
        id: id(now),
        asked_at: now,
        ended_at: None,
        state: State::Asked,
        caller: caller.clone(),
        whence: whence.clone(),
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

/// Every request has an id of its own; the audit keeps all of them.
fn noted(entry: &mut Entry, id: Option<&str>) {
    let ids = [entry.request_id.take().as_deref(), id].into_iter().flatten().collect::<Vec<_>>().join(", ");
    entry.request_id = Some(ids).filter(|ids| !ids.is_empty());
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
