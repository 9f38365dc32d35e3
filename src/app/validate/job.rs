//! One comparison that runs: for a command and for the console alike. Start at [`start`].

use super::super::change::whence;
use super::gate::Guard;
use super::keep::{Keep, Tell};
use super::planned;
use super::summary;
use super::watch::Watched;
use crate::db::Database;
use crate::model::validation::{Begun, Gate, GateSeen, Phase, Planned, Progress, RunEvent, RunId, Trigger, What};
use crate::validate::{self, Done, Gauge, Known, Learnt, Memory, Options, Plan, Wish};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How often progress is told.
const TICK: Duration = Duration::from_millis(250);
/// Events that wait for whoever listens.
const EVENTS: usize = 64;
/// Ranges that wait for the store.
const LEARNT: usize = 64;

/// Everything a comparison needs.
#[derive(Debug)]
pub struct Job {
    pub id: RunId,
    pub what: What,
    pub trigger: Trigger,
    pub gate: Gate,
    /// The task on which the gate hangs.
    pub watched: Option<Watched>,
    pub sides: (Database, Database),
    pub plan: Plan,
    pub options: Options,
    /// The machine it is seen from.
    pub from: String,
    /// The plan as it was shown.
    pub planned: Planned,
    pub keep: Keep,
    /// What is known from before, by the table's place in the plan.
    pub known: HashMap<usize, Known>,
}

/// A comparison under way. Dropping both of its parts stops it.
#[derive(Debug)]
pub struct Running {
    pub id: RunId,
    pub control: Control,
    /// Ends with [`RunEvent::Ended`] or [`RunEvent::Failed`].
    pub events: mpsc::Receiver<RunEvent>,
}

/// What can be wished of it.
#[derive(Debug, Clone)]
pub struct Control(watch::Sender<Wish>);

impl Control {
    pub fn stop(&self) {
        self.0.send_replace(Wish::Stop);
    }

    /// Nothing new is begun until [`Control::go_on`].
    pub fn pause(&self) {
        self.wish_unless_stopped(Wish::Pause);
    }

    pub fn go_on(&self) {
        self.wish_unless_stopped(Wish::Go);
    }

    fn wish_unless_stopped(&self, wanted: Wish) {
        self.0.send_if_modified(|wish| {
            let changes = *wish != Wish::Stop && *wish != wanted;
            if changes {
                *wish = wanted;
            }
            changes
        });
    }

    fn is_stopped(&self) -> bool {
        *self.0.borrow() == Wish::Stop
    }
}

/// A new name: sorts by time, and two of one second differ.
pub fn id(now: Timestamp) -> RunId {
    RunId(format!("{}-{:04x}", now.strftime("%Y%m%dT%H%M%SZ"), fastrand::u16(..)))
}

/// Begins it, on the runtime of whoever calls.
pub fn start(job: Job) -> Running {
    let (wish, wished) = watch::channel(Wish::Go);
    let (send, events) = mpsc::channel(EVENTS);
    let control = Control(wish);
    let running = Running { id: job.id.clone(), control: control.clone(), events };
    tokio::spawn(async move {
        let (learn, learnt) = mpsc::channel(LEARNT);
        // A table with some known ranges is still compared, one that is done is not.
        let done = |(nth, known): (&usize, &Known)| matches!(known, Known::Done(_)).then_some(*nth);
        let known: HashSet<usize> = job.known.iter().filter_map(done).collect();
        let tell = Tell::begin(job.keep.clone(), &begun(&job), known.clone(), learnt, send).await;
        let run = job.id.clone();
        let mut told = carried_out(job, &known, control, wished, learn, &tell).await;
        if let RunEvent::Ended(summary) = &mut told {
            summary.run = run.0;
        }
        tell.end(told).await;
    });
    running
}

fn begun(job: &Job) -> Begun {
    let here = whence::here();
    Begun {
        id: job.id.clone(),
        trigger: job.trigger,
        planned: job.planned.clone(),
        fingerprints: planned::fingerprints(&job.plan),
        started: Timestamp::now(),
        os_user: here.os_user,
        host: here.host,
        pid: here.pid,
    }
}

async fn carried_out(
    job: Job,
    known: &HashSet<usize>,
    control: Control,
    wished: watch::Receiver<Wish>,
    learn: mpsc::Sender<Learnt>,
    send: &Tell,
) -> RunEvent {
    let Job { plan, sides, options, from, gate, watched, known: before, .. } = job;
    let partly: HashSet<usize> = before.keys().copied().collect();
    let gauge = Arc::new(Gauge::of(&plan));
    let mut guard = Guard::new(gate, watched);
    if !opened(&mut guard, &gauge, wished.clone(), send).await {
        return sum_up(&plan, &[], &from, &control, &guard);
    }
    let (done, mut ended) = mpsc::channel(16);
    let work = tokio::spawn(validate::run(
        plan.clone(),
        sides,
        options,
        Arc::clone(&gauge),
        (wished.clone(), guard.latency()),
        Memory::new(before, learn),
        done,
    ));
    let mut tick = tokio::time::interval(TICK);
    let mut all: Vec<Done> = Vec::with_capacity(plan.tables.len());
    loop {
        let event = tokio::select! {
            biased;
            () = send.closed() => {
                control.stop();
                break;
            }
            done = ended.recv() => {
                let Some(mut done) = done else { break };
                // What is known from before is as of then.
                if !known.contains(&done.nth) {
                    guard.mark(&mut done.result);
                    // Nobody knows what was written between the two times it was compared.
                    if partly.contains(&done.nth) {
                        done.result.at_rest = done.result.at_rest.filter(|at_rest| !at_rest);
                    }
                }
                all.push(done.clone());
                RunEvent::Table { nth: done.nth, result: Box::new(done.result), rows: done.rows }
            }
            () = guard.news() => match guard.follow() {
                Some(news) => RunEvent::Gate(news),
                None => continue,
            },
            _ = tick.tick() => {
                noted(&gauge, send).await;
                let phase = if *wished.borrow() == Wish::Pause { Phase::Paused } else { Phase::Comparing };
                RunEvent::Progress(Progress { phase, at: Timestamp::now(), tables: gauge.read() })
            }
        };
        match event {
            // The next one says more.
            progress @ RunEvent::Progress(_) => drop(send.try_send(progress)),
            told => drop(send.send(told).await),
        }
    }
    let ended = work.await;
    noted(&gauge, send).await;
    if let Err(error) = ended {
        return RunEvent::Failed(format!("the comparison ended by itself: {error}"));
    }
    if !control.is_stopped() {
        guard.last_look().await;
    }
    sum_up(&plan, &all, &from, &control, &guard)
}

/// Tells what has come up meanwhile.
async fn noted(gauge: &Gauge, send: &Tell) {
    for note in gauge.notes() {
        // Where nobody listens any more nobody needs to know.
        let _ = send.send(RunEvent::Note(note)).await;
    }
}

fn sum_up(plan: &Plan, all: &[Done], from: &str, control: &Control, guard: &Guard) -> RunEvent {
    let mut summary = summary::of(plan, all, from, control.is_stopped());
    guard.sum_up(&mut summary);
    RunEvent::Ended(Box::new(summary))
}

/// Waits for the gate; `false`: it will not open, or nobody wants to wait any more.
async fn opened(guard: &mut Guard, gauge: &Gauge, mut wished: watch::Receiver<Wish>, send: &Tell) -> bool {
    if guard.is_none() {
        return true;
    }
    loop {
        if let Some(seen) = guard.judge() {
            let word = match &seen {
                GateSeen::Waiting { .. } => None,
                GateSeen::Open { .. } => Some(true),
                GateSeen::Shut { .. } => Some(false),
            };
            if send.send(RunEvent::Gate(seen)).await.is_err() {
                return false;
            }
            if let Some(word) = word {
                return word;
            }
        }
        let progress = Progress { phase: Phase::Waiting, at: Timestamp::now(), tables: gauge.read() };
        // The next one says more.
        drop(send.try_send(RunEvent::Progress(progress)));
        tokio::select! {
            () = send.closed() => return false,
            _ = wished.wait_for(|wish| *wish == Wish::Stop) => return false,
            () = guard.news() => {}
        }
    }
}
