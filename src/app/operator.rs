//! Changing something from the console: questions are looked at, answers confirmed, changes carried out one by one.
//!
//! There is an operator only where something may be changed; without one there is no executor and no way to a writer. It
//! works on AWS's runtime and answers through the inbox, so the screen never waits for it. Start at [`Operator`] for what the
//! console may ask, at `Worker` for what is done with it.

use super::change::whence;
use super::{Clock, Inbox, Setup, panic};
use crate::aws::Connected;
use crate::change::{Authority, Confirmed, Executor, Follower, NotConfirmed, Time};
use crate::console::message::Message;
use crate::demo::clock::FROZEN_AT;
use crate::model::audit::Whence;
use crate::model::change::{Change, Draft, Outcome, Preview, Refusal, Ruling, Safeguards};
use crate::model::{Problem, ProblemKind};
use crate::store::{self, Audit};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// What was begun is followed for this long; a stop of a busy task takes minutes.
const FOLLOWED: Duration = Duration::from_mins(30);

/// Whoever leaves waits this long for the change that is under way: one attempt, and the looks after it.
const LEAVES_WITHIN: Duration = Duration::from_secs(20);

/// What the console asks for. Dropping it calls off whatever was not sent yet.
pub struct Operator {
    asks: mpsc::UnboundedSender<Ask>,
    dropped: watch::Sender<Dropped>,
    busy: watch::Receiver<bool>,
    following: watch::Receiver<Vec<String>>,
}

enum Ask {
    Draft { id: u64, changes: Vec<Change> },
    Confirm { id: u64, answer: String },
}

/// Questions that are not meant after all.
#[derive(Debug, Default)]
struct Dropped {
    ids: BTreeSet<u64>,
    /// Nobody is there any more.
    all: bool,
}

impl Dropped {
    fn has(&self, id: u64) -> bool {
        self.all || self.ids.contains(&id)
    }
}

/// The other end: waits for a connection, and then for questions.
pub struct Waiting {
    authority: Authority,
    asks: mpsc::UnboundedReceiver<Ask>,
    dropped: watch::Receiver<Dropped>,
    busy: watch::Sender<bool>,
    following: watch::Sender<Vec<String>>,
}

/// An operator with the authority to change something, and what will work for it.
pub fn operator(authority: Authority) -> (Operator, Waiting) {
    let (asks, asked) = mpsc::unbounded_channel();
    let (dropped, seen) = watch::channel(Dropped::default());
    let (working, busy) = watch::channel(false);
    let (follows, following) = watch::channel(Vec::new());
    let waiting = Waiting { authority, asks: asked, dropped: seen, busy: working, following: follows };
    (Operator { asks, dropped, busy, following }, waiting)
}

impl Operator {
    pub fn draft(&self, id: u64, changes: Vec<Change>) {
        // Nobody listens where operating turned out to be impossible, which the console was told.
        let _ = self.asks.send(Ask::Draft { id, changes });
    }

    pub fn confirm(&self, id: u64, answer: String) {
        let _ = self.asks.send(Ask::Confirm { id, answer });
    }

    pub fn drop_draft(&self, id: u64) {
        self.dropped.send_modify(|dropped| {
            dropped.ids.insert(id);
        });
    }

    /// Something was sent and has not ended.
    pub fn is_busy(&self) -> bool {
        *self.busy.borrow()
    }

    /// Sends nothing more, and waits for the end of what was sent, within reason: the audit is to know it. Gives the tasks of
    /// which something has begun whose end is not seen any more.
    pub async fn finish(mut self) -> Vec<String> {
        self.dropped.send_modify(|dropped| dropped.all = true);
        let _ = tokio::time::timeout(LEAVES_WITHIN, self.busy.wait_for(|busy| !*busy)).await;
        self.following.borrow().clone()
    }
}

/// Opens the audit, makes the executor and works until the console has gone. Where that is not possible nothing can be
/// changed, and the console is told so.
pub async fn operate(waiting: Waiting, setup: OperatorSetup, connected: Connected, inbox: Arc<Inbox>) {
    match executor(&waiting.authority, setup, &connected).await {
        Ok((executor, now)) => {
            let Waiting { asks, dropped, busy, following, .. } = waiting;
            let worker = Worker { executor, now, inbox, dropped, busy, following: Arc::new(following), held: None };
            worker.take_up().await;
            worker.work(asks).await;
        }
        Err(problem) => inbox.send(Message::ReadOnly(problem)),
    }
}

/// What an operator needs of the setup.
pub struct OperatorSetup {
    pub store: store::Settings,
    /// What previews and the audit call it.
    pub environment: Option<String>,
    pub safeguards: Safeguards,
    pub clock: Clock,
}

impl OperatorSetup {
    pub fn of(setup: &Setup) -> Self {
        let demo = setup.demo.is_some().then(|| "DEMO".to_owned());
        Self {
            store: setup.store.clone(),
            environment: demo.or_else(|| setup.environment.clone()),
            safeguards: setup.safeguards.clone(),
            clock: setup.clock,
        }
    }
}

async fn executor(
    authority: &Authority,
    setup: OperatorSetup,
    connected: &Connected,
) -> Result<(Executor, fn() -> Timestamp), Problem> {
    let OperatorSetup { store, environment, safeguards, clock } = setup;
    let whence = whence::here();
    let audit = Audit::open(&store, &whence).await;
    let audit = audit.map_err(|error| error.problem("the audit cannot be written, so nothing can be changed"))?;
    let now: fn() -> Timestamp = match clock {
        Clock::System => Timestamp::now,
        Clock::Frozen(_) => || FROZEN_AT,
    };
    let time = Time { now, wait: |span| Box::pin(tokio::time::sleep(span)) };
    let executor = Executor::new(authority, connected, audit, whence, environment, safeguards, time)?;
    Ok((executor, now))
}

/// A question that was put: what can be sent of it, each with its place.
struct Held {
    id: u64,
    previews: Vec<(usize, Preview)>,
}

struct Worker {
    executor: Executor,
    now: fn() -> Timestamp,
    inbox: Arc<Inbox>,
    dropped: watch::Receiver<Dropped>,
    busy: watch::Sender<bool>,
    /// The tasks of which something has begun and not ended.
    following: Arc<watch::Sender<Vec<String>>>,
    /// The newest question; there is one at a time.
    held: Option<Held>,
}

impl Worker {
    async fn work(mut self, mut asks: mpsc::UnboundedReceiver<Ask>) {
        while let Some(ask) = asks.recv().await {
            panic::on_request("operator");
            match ask {
                Ask::Draft { id, changes } => self.draft(id, &changes).await,
                Ask::Confirm { id, answer } => {
                    self.busy.send_replace(true);
                    self.confirm(id, &answer).await;
                    self.busy.send_replace(false);
                }
            }
        }
    }

    async fn draft(&mut self, id: u64, changes: &[Change]) {
        self.held = None;
        let mut dropped = self.dropped.clone();
        let mut drafts = tokio::select! {
            drafts = self.look(id, changes) => drafts,
            _ = dropped.wait_for(|dropped| dropped.has(id)) => return,
        };
        for draft in drafts.iter_mut().flatten() {
            if let Ruling::Refused(refusal) = &mut draft.ruling {
                let outcome = self.executor.refuse(&draft.preview, refusal).await;
                if outcome.audit.is_none() {
                    refusal.do_this.push_str(" This refusal could not be written into the audit.");
                }
            }
        }
        // The question is put now: its minute begins for all of them, however long the others took.
        let (now, several) = ((self.now)(), changes.len() > 1);
        for draft in drafts.iter_mut().flatten() {
            draft.preview.made = now;
        }
        let going = drafts.iter().enumerate().filter_map(|(at, draft)| {
            let draft = draft.as_ref().ok().filter(|draft| draft.goes(several))?;
            Some((at, draft.preview.clone()))
        });
        self.held = Some(Held { id, previews: going.collect() });
        self.inbox.send(Message::Drafted { id, drafts });
    }

    /// One after the other: requests stand in the interactive line, and one line has one end.
    async fn look(&self, id: u64, changes: &[Change]) -> Vec<Result<Draft, Problem>> {
        let mut drafts = Vec::with_capacity(changes.len());
        for change in changes {
            // Boxed: it is large, and this is rare.
            drafts.push(Box::pin(self.executor.draft(change)).await);
            self.inbox.send(Message::Looked { id, looked: drafts.len() });
        }
        drafts
    }

    async fn confirm(&mut self, id: u64, answer: &str) {
        let held = self.held.take().filter(|held| held.id == id && !self.dropped.borrow().has(id));
        let Some(Held { previews, .. }) = held else {
            let why = "the question is no longer open".to_owned();
            return self.inbox.send(Message::NotConfirmed { id, why });
        };
        let confirmed = match confirmed(&previews, answer, (self.now)()) {
            Ok(confirmed) => confirmed,
            Err(why) => return self.inbox.send(Message::NotConfirmed { id, why: why.to_string() }),
        };
        for ((nth, preview), confirmed) in previews.into_iter().zip(confirmed) {
            let called_off = self.dropped.borrow().has(id);
            let outcome = if called_off {
                let why = "it was called off before it was sent".to_owned();
                let refusal = Refusal { why, do_this: "Ask again where it is meant.".to_owned() };
                // Whoever called it off is not told that somebody refused it.
                let outcome = self.executor.refuse(&preview, &refusal).await;
                let unwritten = outcome.lines.iter().skip(2).cloned();
                let lines = std::iter::once("called off: it was not sent".to_owned()).chain(unwritten).collect();
                Outcome { lines, ..outcome }
            } else {
                self.executor.execute(confirmed).await
            };
            self.follow(id, nth, &preview, &outcome);
            self.inbox.send(Message::Ended { id, nth, outcome: Box::new(outcome) });
        }
    }

    /// What was begun comes to its end later, and holds nobody up until then.
    fn follow(&self, id: u64, nth: usize, preview: &Preview, outcome: &Outcome) {
        let Some(follower) = self.executor.follower(preview, outcome) else { return };
        let (inbox, following) = (Arc::clone(&self.inbox), Arc::clone(&self.following));
        tokio::spawn(async move {
            let outcome = Box::new(to_its_end(follower, &following).await);
            inbox.send(Message::Followed { id, nth, outcome });
        });
    }

    /// What a program began that ended first comes to its end now, in the audit.
    async fn take_up(&self) {
        let alive = |whence: &Whence| whence::is_alive(whence.pid);
        // Whoever looks at the audit is told why it cannot be read.
        for follower in self.executor.left_behind(&alive).await.unwrap_or_default() {
            let following = Arc::clone(&self.following);
            tokio::spawn(async move { to_its_end(follower, &following).await });
        }
    }
}

async fn to_its_end(follower: Follower, following: &watch::Sender<Vec<String>>) -> Outcome {
    let name = follower.name();
    following.send_modify(|names| names.push(name.clone()));
    let outcome = follower.run(FOLLOWED).await;
    following.send_modify(|names| {
        if let Some(at) = names.iter().position(|one| *one == name) {
            names.remove(at);
        }
    });
    outcome
}

fn confirmed(
    previews: &[(usize, Preview)],
    answer: &str,
    now: Timestamp,
) -> Result<Vec<Confirmed<Change>>, NotConfirmed> {
    let mut previews: Vec<Preview> = previews.iter().map(|(_, preview)| preview.clone()).collect();
    match (previews.pop(), previews.is_empty()) {
        (None, _) => Err(NotConfirmed::OtherAnswer),
        (Some(one), true) => Ok(vec![Confirmed::typed(one, answer, now)?]),
        (Some(last), false) => {
            previews.push(last);
            Confirmed::typed_several(previews, answer, now)
        }
    }
}

/// Asked where there is no operator.
pub fn nobody(changes: &[Change]) -> Vec<Result<Draft, Problem>> {
    let problem = || Problem {
        kind: ProblemKind::Configuration,
        summary: "this is read-only mode".to_owned(),
        detail: "nothing was asked of AWS, nothing was changed".to_owned(),
        hint: "Leave, and start it with --operate, or without --read-only.".to_owned(),
        request_id: None,
        at: Timestamp::now(),
    };
    changes.iter().map(|_| Err(problem())).collect()
}
