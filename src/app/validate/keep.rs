//! What becomes known of a comparison goes into the store while it runs, a few short writes a second, and to whoever
//! listens. A disk that cannot be written stops nothing: then it is said that the results are not kept.
//!
//! Start at [`Tell`]. Writing is a task of its own, so that a slow disk holds nobody up but itself.

use crate::model::validation::{Begun, KeptUnit, Outcome, Phase, RunEvent, RunState};
use crate::store::validations::{Keeping, News};
use crate::store::{self, StoreError};
use crate::validate::Learnt;
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::mpsc::error::{SendError, TrySendError};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// A crash forgets at most what became known in this time.
const EVERY: Duration = Duration::from_millis(250);
/// How often it is written that it lives. `model::validation::SILENCE` is several of them.
const BEAT: Duration = Duration::from_secs(30);
/// News in one write.
const MOST: usize = 256;
/// News that wait for a disk which cannot be written. What is dropped beyond is compared again after a crash.
const WAITING: usize = 20_000;
/// Last tries of the last write.
const TRIES: usize = 3;

/// Where it is kept.
#[derive(Debug, Clone)]
pub enum Keep {
    Nowhere,
    /// As a new comparison.
    Anew(store::Settings),
    /// As one that was begun before, by this owner.
    Again {
        settings: store::Settings,
        owner: String,
    },
}

/// Who is told: the store, and whoever listens.
#[derive(Debug)]
pub struct Tell {
    listener: mpsc::Sender<RunEvent>,
    keeper: Option<Keeper>,
    /// Tables that are known from before: the store has them.
    known: HashSet<usize>,
    paused: Mutex<bool>,
}

#[derive(Debug)]
struct Keeper {
    news: mpsc::Sender<News>,
    end: oneshot::Sender<Outcome>,
    ended: oneshot::Receiver<bool>,
}

impl Tell {
    /// Writes that it begins. Where that fails it is said, and nothing of it is kept.
    pub async fn begin(
        keep: Keep,
        begun: &Begun,
        known: HashSet<usize>,
        learnt: mpsc::Receiver<Learnt>,
        listener: mpsc::Sender<RunEvent>,
    ) -> Self {
        let opened = match keep {
            Keep::Nowhere => None,
            Keep::Anew(settings) => Some(Keeping::begin(&settings, begun).await),
            Keep::Again { settings, owner } => {
                let me = (begun.os_user.as_str(), begun.host.as_str(), begun.pid);
                Some(Keeping::take_up(&settings, &begun.id, &owner, me, begun.started).await)
            }
        };
        let keeper = match opened {
            None => None,
            Some(Ok(keeping)) => Some(Keeper::of(keeping, learnt, listener.clone())),
            Some(Err(error)) => {
                let note = format!("the results are not kept, and it cannot be resumed: {error}");
                // Nobody is left to tell.
                let _ = listener.send(RunEvent::Note(note)).await;
                None
            }
        };
        Self { listener, keeper, known, paused: Mutex::new(false) }
    }

    /// An event that must arrive.
    pub async fn send(&self, event: RunEvent) -> Result<(), SendError<RunEvent>> {
        let news = match &event {
            RunEvent::Gate(seen) => Some(News::Gate(seen.clone())),
            RunEvent::Table { nth, result, rows } if !self.known.contains(nth) => {
                Some(News::Table { nth: *nth, result: result.clone(), rows: rows.clone() })
            }
            _ => None,
        };
        if let (Some(keeper), Some(news)) = (&self.keeper, news) {
            // A writer that has given up has said so.
            let _ = keeper.news.send(news).await;
        }
        self.listener.send(event).await
    }

    /// An event of which the next one says more.
    pub fn try_send(&self, event: RunEvent) -> Result<(), TrySendError<RunEvent>> {
        if let RunEvent::Progress(progress) = &event {
            self.phase(progress.phase);
        }
        self.listener.try_send(event)
    }

    /// Until nobody listens any more.
    pub async fn closed(&self) {
        self.listener.closed().await;
    }

    fn phase(&self, phase: Phase) {
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        let now = phase == Phase::Paused;
        let Some(keeper) = self.keeper.as_ref().filter(|_| *paused != now) else { return };
        let state = if now { RunState::Paused } else { RunState::Running };
        // Where it is not taken now it is the next time.
        if keeper.news.try_send(News::State(state)).is_ok() {
            *paused = now;
        }
    }

    /// Writes how it ended, and tells.
    pub async fn end(self, mut told: RunEvent) {
        let mut kept = false;
        if let Some(Keeper { news, end, ended }) = self.keeper {
            let outcome = match &mut told {
                RunEvent::Ended(summary) => {
                    summary.kept = true;
                    Outcome::Told(summary.clone())
                }
                RunEvent::Failed(why) => Outcome::Failed(why.clone()),
                _ => Outcome::Failed("it ended without a word".to_owned()),
            };
            if end.send(outcome).is_ok() {
                drop(news);
                kept = ended.await.unwrap_or(false);
            }
        }
        if let RunEvent::Ended(summary) = &mut told {
            summary.kept = kept;
        }
        // Whoever listened has gone: nobody is left to tell.
        let _ = self.listener.send(told).await;
    }
}

impl Keeper {
    fn of(keeping: Keeping, learnt: mpsc::Receiver<Learnt>, listener: mpsc::Sender<RunEvent>) -> Self {
        let (news, heard) = mpsc::channel(MOST);
        let (end, wanted) = oneshot::channel();
        let (told, ended) = oneshot::channel();
        let writer = Writer { keeping, pending: Vec::new(), written: Instant::now(), said: false, listener };
        tokio::spawn(async move {
            let kept = writer.work(heard, learnt, wanted).await;
            // Whoever waited for it has gone.
            let _ = told.send(kept);
        });
        Self { news, end, ended }
    }
}

/// Writes.
struct Writer {
    keeping: Keeping,
    pending: Vec<News>,
    /// When it was written last.
    written: Instant,
    /// It was said that it cannot be written.
    said: bool,
    listener: mpsc::Sender<RunEvent>,
}

impl Writer {
    /// `true`: all of it stands there.
    async fn work(
        mut self,
        mut heard: mpsc::Receiver<News>,
        mut learnt: mpsc::Receiver<Learnt>,
        wanted: oneshot::Receiver<Outcome>,
    ) -> bool {
        let mut tick = tokio::time::interval(EVERY);
        let mut learning = true;
        loop {
            tokio::select! {
                one = heard.recv() => match one {
                    Some(one) => self.pending.push(one),
                    None => break,
                },
                one = learnt.recv(), if learning => match one {
                    Some(one) => self.pending.extend(news(one)),
                    None => learning = false,
                },
                _ = tick.tick() => {
                    let due = !self.pending.is_empty() || self.written.elapsed() >= BEAT;
                    if due && !self.write().await {
                        return false;
                    }
                }
            }
            if self.pending.len() >= WAITING {
                self.pending.retain(|one| !matches!(one, News::Unit(_)));
            }
        }
        while let Ok(one) = learnt.try_recv() {
            self.pending.extend(news(one));
        }
        let Ok(outcome) = wanted.await else { return false };
        for _ in 1..TRIES {
            if self.pending.is_empty() {
                break;
            }
            if !self.write().await {
                return false;
            }
        }
        match self.keeping.end(&self.pending, &outcome, Timestamp::now()).await {
            Ok(()) => true,
            Err(error) => {
                say(&self.listener, &error).await;
                false
            }
        }
    }

    /// Writes what there is; `false`: nothing may be written any more.
    async fn write(&mut self) -> bool {
        let end = self.pending.len().min(MOST);
        let told = self.keeping.write(&self.pending[..end], Timestamp::now()).await;
        self.written = Instant::now();
        match told {
            Ok(()) => {
                self.pending.drain(..end);
                true
            }
            Err(error) => {
                if !std::mem::replace(&mut self.said, true) {
                    say(&self.listener, &error).await;
                }
                !matches!(error, StoreError::Taken { .. })
            }
        }
    }
}

async fn say(listener: &mpsc::Sender<RunEvent>, error: &StoreError) {
    let note = format!("results cannot be kept: {error}");
    // Nobody is left to tell.
    let _ = listener.send(RunEvent::Note(note)).await;
}

/// As the store takes it. What cannot be written is compared again after a crash.
fn news(learnt: Learnt) -> Option<News> {
    match learnt {
        Learnt::Cut { nth, ranges } => Some(News::Cut { nth, ranges: serde_json::to_string(&ranges).ok()? }),
        Learnt::Part { nth, number, part } => {
            Some(News::Unit(KeptUnit { nth, number, part: serde_json::to_string(&part).ok()? }))
        }
    }
}
