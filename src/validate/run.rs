//! Carries a plan out: both sides of a range at the same time, a few ranges at once, every difference looked at again until
//! it settles. Start at [`run`]; [`super::unit`] is one range of one table, [`super::look`] one look at it.
//!
//! Nothing here makes two streams equal: whatever fails becomes a problem of its table, and a table with a problem is
//! never equal.

use super::aggregate;
use super::describe;
use super::digest::Sums;
use super::look::{self, Trouble};
use super::memory::Memory;
use super::merge::Side;
use super::method::{self, Chosen};
use super::names::{Name, dotted};
use super::pace::Pace;
use super::passes::{self, Passed};
use super::plan::TablePlan;
use super::results;
use super::settle::{Behind, Patience, Room};
use super::steady::{Next, Steady};
use super::unit::Part;
use super::wait::silence;
use super::{Options, Plan};
use crate::db::Database;
use crate::db::scan::{KeyRange, Limits, Rows, Scanner};
use crate::model::Untrusted;
use crate::model::validation::{Method, RowResult, Settles, TableProgress, TableResult, Tally, range_rows};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

/// One range of one table: what a worker needs besides the two addresses. Serialisable, so that it can be any worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    #[serde(serialize_with = "unshared", deserialize_with = "shared")]
    pub plan: Arc<TablePlan>,
    pub range: KeyRange,
    /// How its rows are summed up first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sums: Option<Sums>,
    /// What is left of it after sums were compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Rows>,
    /// Of the plan it belongs to.
    pub fingerprint: String,
}

fn unshared<S: Serializer>(plan: &Arc<TablePlan>, serializer: S) -> Result<S::Ok, S::Error> {
    plan.as_ref().serialize(serializer)
}

fn shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<TablePlan>, D::Error> {
    TablePlan::deserialize(deserializer).map(Arc::new)
}

impl Unit {
    /// Rows of a first look; those of groups that differ were counted with their sums.
    pub(super) fn gauge(&self, shared: &Shared, side: Side, first: bool, rows: u64) {
        if first && self.only.is_none() {
            let dial = shared.dial(&self.plan);
            let gauge = if side == Side::Source { &dial.rows_source } else { &dial.rows_target };
            gauge.fetch_add(rows, Ordering::Relaxed);
        }
    }
}

/// How far it is, a dial for each table of the plan. Read by whoever shows it, whenever he likes.
#[derive(Debug, Default)]
pub struct Gauge {
    pub tables: Vec<Dial>,
    notes: Mutex<Notes>,
}

/// What is worth knowing while it runs, each once.
#[derive(Debug, Default)]
struct Notes {
    untold: Vec<String>,
    all: HashSet<String>,
}

/// How far one table is.
#[derive(Debug, Default)]
pub struct Dial {
    pub rows_source: AtomicU64,
    pub rows_target: AtomicU64,
    /// Keys that differed when they were looked at first.
    pub differing: AtomicU64,
    pub began: AtomicBool,
    pub done: AtomicBool,
    settles: Mutex<Option<Settles>>,
}

impl Dial {
    /// Differences are watched until then; ranges that wait for longer count.
    pub(super) fn settle(&self, settles: Settles) {
        let mut last = self.settles.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(settles.or_later(*last));
    }

    /// Rows and differences that are known from before.
    pub(super) fn count(&self, tally: Tally) {
        let all = [tally.different, tally.missing, tally.extra];
        self.add([tally.source.unwrap_or(0), tally.target.unwrap_or(0)], all.iter().flatten().sum());
    }

    pub(super) fn add(&self, [source, target]: [u64; 2], differing: u64) {
        self.rows_source.fetch_add(source, Ordering::Relaxed);
        self.rows_target.fetch_add(target, Ordering::Relaxed);
        self.differing.fetch_add(differing, Ordering::Relaxed);
    }
}

impl Gauge {
    pub fn of(plan: &Plan) -> Self {
        Self { tables: plan.tables.iter().map(|_| Dial::default()).collect(), ..Self::default() }
    }

    pub(super) fn note(&self, note: String) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.all.insert(note.clone()) {
            notes.untold.push(note);
        }
    }

    /// What was not told yet.
    pub fn notes(&self) -> Vec<String> {
        std::mem::take(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner).untold)
    }

    /// What it says now.
    pub fn read(&self) -> Vec<TableProgress> {
        let of = |dial: &Dial| TableProgress {
            rows_source: dial.rows_source.load(Ordering::Relaxed),
            rows_target: dial.rows_target.load(Ordering::Relaxed),
            differing: dial.differing.load(Ordering::Relaxed),
            began: dial.began.load(Ordering::Relaxed),
            done: dial.done.load(Ordering::Relaxed),
            settles: *dial.settles.lock().unwrap_or_else(PoisonError::into_inner),
        };
        self.tables.iter().map(of).collect()
    }

    fn dial(&self, nth: usize) -> &Dial {
        // A gauge of another plan has no dial for it: then nobody looks.
        static NOBODYS: Dial = Dial {
            rows_source: AtomicU64::new(0),
            rows_target: AtomicU64::new(0),
            differing: AtomicU64::new(0),
            began: AtomicBool::new(false),
            done: AtomicBool::new(false),
            settles: Mutex::new(None),
        };
        self.tables.get(nth).unwrap_or(&NOBODYS)
    }
}

/// What whoever began a comparison wants of it now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wish {
    #[default]
    Go,
    /// Nothing new is begun until it goes on.
    Pause,
    /// Statements end on their servers; what was not compared is unknown.
    Stop,
}

/// A table that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Its place in the plan.
    pub nth: usize,
    pub result: TableResult,
    /// At most as many as were asked for.
    pub rows: Vec<RowResult>,
}

/// What all tables share.
pub(super) struct Shared {
    pub source: Scanner,
    pub target: Scanner,
    pub options: Options,
    pub gauge: Arc<Gauge>,
    pub wish: watch::Receiver<Wish>,
    pub latency: watch::Receiver<Option<Duration>>,
    pub room: Room,
    pub memory: Memory,
    pub silence: Duration,
    pace: Option<Mutex<Pace>>,
    jobs: Semaphore,
}

impl Shared {
    pub fn now(&self) -> Timestamp {
        (self.options.now)()
    }

    /// How long something is watched, by the latency as it is now, and as it was when it was looked at first.
    pub fn patience(&self, behind: &mut Behind) -> Patience {
        self.options.patience.over(behind.now(*self.latency.borrow()))
    }

    /// Says until when differences of a table are watched.
    pub fn settles(&self, plan: &TablePlan, until: Timestamp) {
        let latency = self.latency.borrow().and_then(|latency| SignedDuration::try_from(latency).ok());
        self.dial(plan).settle(Settles { until, latency });
    }

    pub fn dial(&self, plan: &TablePlan) -> &Dial {
        self.gauge.dial(plan.nth)
    }

    /// Rows in a range: fewer where they are wide, or must not come at once.
    pub fn range_rows(&self, plan: &TablePlan) -> u64 {
        let rows = range_rows(self.options.range_rows, plan.rows_source, plan.bytes_source);
        Pace::most(self.options.rows_per_second, rows)
    }

    /// Rows were read: waits until more may be. `false`: it is to stop.
    pub async fn paced(&self, rows: u64) -> bool {
        let Some(pace) = &self.pace else { return true };
        let at = pace.lock().unwrap_or_else(PoisonError::into_inner).take(rows, self.now());
        self.until(at).await
    }

    /// Waits for a turn, and for the end of a pause; `None`: it is to stop.
    pub async fn turn(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        let mut wish = self.wish.clone();
        loop {
            // Where nobody is left who could wish anything, it goes on as it was.
            let _ = wish.wait_for(|wish| *wish != Wish::Pause).await;
            let permit = tokio::select! {
                biased;
                () = stopped(&mut wish) => return None,
                permit = self.jobs.acquire() => permit.ok()?,
            };
            // It may have been paused while others were at work.
            if *self.wish.borrow() != Wish::Pause || wish.has_changed().is_err() {
                return Some(permit);
            }
        }
    }

    /// Waits until then; `false`: it is to stop.
    pub async fn until(&self, at: Timestamp) -> bool {
        let mut wish = self.wish.clone();
        let wait = at.duration_since(self.now()).try_into().unwrap_or_default();
        tokio::select! {
            biased;
            () = stopped(&mut wish) => false,
            () = tokio::time::sleep(wait) => true,
        }
    }
}

/// Waits until it is to stop.
pub(super) async fn stopped(wish: &mut watch::Receiver<Wish>) {
    // Where nobody is left who could wish anything, nobody waits for it either.
    let _ = wish.wait_for(|wish| *wish == Wish::Stop).await;
}

/// Compares every table of the plan and hands over each when it is done. Ends early when that is wished: then the
/// tables that were not done are unknown. `latency`: how long a change takes from source to target, the longest that is
/// known; differences are watched for longer then. What `memory` knows is not compared again.
pub async fn run(
    plan: Plan,
    (source, target): (Database, Database),
    options: Options,
    gauge: Arc<Gauge>,
    (wish, latency): (watch::Receiver<Wish>, watch::Receiver<Option<Duration>>),
    memory: Memory,
    done: mpsc::Sender<Done>,
) {
    let jobs = Semaphore::new(options.jobs);
    let room = Room::of(options.watched);
    let [source, target] = [source, target].map(|side| Scanner::new(side, Limits::default()));
    let pace = options.rows_per_second.map(|rows| Mutex::new(Pace::new(rows, (options.now)())));
    let shared = Arc::new(Shared {
        source,
        target,
        options,
        gauge,
        wish,
        latency,
        room,
        memory,
        silence: silence(),
        pace,
        jobs,
    });
    let mut tables = JoinSet::new();
    for table in plan.tables {
        let fingerprint = table.fingerprint(&plan.source_at, &plan.target_at);
        let (table, shared, done) = (Arc::new(table), Arc::clone(&shared), done.clone());
        tables.spawn(async move {
            shared.dial(&table).began.store(true, Ordering::Relaxed);
            let ended = match shared.memory.done(table.nth) {
                Some(known) => {
                    shared.dial(&table).count(known.result.tally);
                    known
                }
                None => one(&shared, &table, fingerprint).await,
            };
            shared.dial(&table).done.store(true, Ordering::Relaxed);
            // Whoever listened has gone: nobody is left to tell.
            let _ = done.send(ended).await;
        });
    }
    tables.join_all().await;
}

pub(super) fn named(name: &Name) -> Untrusted {
    Untrusted::from(if name.1.is_empty() { String::new() } else { dotted(name) })
}

async fn one(shared: &Arc<Shared>, plan: &Arc<TablePlan>, fingerprint: String) -> Done {
    let mut result = TableResult {
        source: Untrusted::from(plan.said(&plan.source)),
        target: Untrusted::from(plan.said(&plan.target)),
        method: plan.method,
        tally: Tally::default(),
        not_compared: plan.not_compared.clone(),
        problems: Vec::new(),
        at_rest: None,
        as_of_from: None,
        as_of_to: None,
        fingerprint,
        checks: Vec::new(),
        why: String::new(),
    };
    let mut rows = Vec::new();
    let told = match plan.method {
        Method::None => return Done { nth: plan.nth, result, rows },
        Method::Aggregate => aggregates(shared, plan, &mut result).await,
        Method::Sql => statements(shared, plan, &mut result).await,
        Method::Count => counts(shared, plan, &mut result).await,
        Method::Stream | Method::Digest | Method::Multiset => stream(shared, plan, &mut result, &mut rows).await,
    };
    let told = match told {
        Ok(()) => {
            let mut wish = shared.wish.clone();
            // Also a description waits, where somebody holds a lock.
            tokio::select! {
                biased;
                () = stopped(&mut wish) => Err(Trouble::Stopped),
                told = still_so(shared, plan) => told,
            }
        }
        Err(trouble) => Err(trouble),
    };
    if let Err(trouble) = told {
        result.problems.push(Untrusted::from(trouble.words(shared.options.values)));
    }
    Done { nth: plan.nth, result, rows }
}

/// The tables are what they were when they were planned. It opens sessions as every look does.
async fn still_so(shared: &Shared, plan: &TablePlan) -> Result<(), Trouble> {
    let Some(_turn) = shared.turn().await else { return Err(Trouble::Stopped) };
    describe::still_so(&shared.source, &shared.target, plan).await
}

/// Numbers of rows; where they differ, again, until both have stood still for the whole wait.
async fn counts(shared: &Shared, plan: &TablePlan, result: &mut TableResult) -> Result<(), Trouble> {
    let (mut first, mut behind) = (None, Behind::default());
    let mut before: Option<(u64, u64, Timestamp)> = None;
    loop {
        let Some(turn) = shared.turn().await else { return Err(Trouble::Stopped) };
        let began = shared.now();
        let (source, target) = look::counts(shared, plan).await?;
        drop(turn);
        result.as_of_from.get_or_insert(began);
        result.as_of_to = Some(shared.now());
        let (tally, first) = (&mut result.tally, *first.get_or_insert(began));
        (tally.source, tally.target, tally.in_flight) = (Some(source), Some(target), Some(0));
        if source == target || shared.options.patience.settle.is_zero() {
            return Ok(());
        }
        let Patience { settle, limit } = shared.patience(&mut behind);
        let since = match before {
            Some((a, b, since)) if (a, b) == (source, target) => since,
            _ => shared.now(),
        };
        if began.duration_since(since) >= settle {
            return Ok(());
        }
        before = Some((source, target, since));
        tally.in_flight = Some(source.abs_diff(target));
        let due = since + settle;
        if due.duration_since(first) > limit {
            return Ok(());
        }
        shared.settles(plan, due);
        if !shared.until(due).await {
            return Err(Trouble::Stopped);
        }
    }
}

/// Aggregates of all columns; where they do not agree, again, until both sides have stood still for the whole wait.
async fn aggregates(shared: &Shared, plan: &TablePlan, result: &mut TableResult) -> Result<(), Trouble> {
    let (mut steady, mut behind) = (Steady::new(), Behind::default());
    loop {
        let Some(turn) = shared.turn().await else { return Err(Trouble::Stopped) };
        let began = shared.now();
        let seen = aggregate::look(shared, plan).await?;
        drop(turn);
        result.checks = aggregate::checks(plan, &seen[0], &seen[1], shared.options.values);
        let rows = result.checks.first().map(|check| (check.source.as_u64(), check.target.as_u64()));
        (result.tally.source, result.tally.target) = rows.unwrap_or_default();
        let next = steady.seen(seen, agrees(result), [began, shared.now()], shared.patience(&mut behind));
        if ended(shared, (plan, result), next, began).await? {
            return Ok(());
        }
    }
}

/// Results of both statements, by the rule of their own.
async fn statements(shared: &Shared, plan: &TablePlan, result: &mut TableResult) -> Result<(), Trouble> {
    let Some(statement) = &plan.statement else { return Ok(()) };
    let (mut steady, mut behind) = (Steady::new(), Behind::default());
    loop {
        let Some(turn) = shared.turn().await else { return Err(Trouble::Stopped) };
        let began = shared.now();
        let seen = results::look(shared, statement).await?;
        drop(turn);
        let [source, target] = [0, 1].map(|side| Some(seen.rows[side].len() as u64));
        (result.tally.source, result.tally.target) = (source, target);
        let judged = results::judged(statement, &seen, shared.options.report, shared.options.values);
        let trouble = match judged {
            Ok(checks) => {
                result.checks = checks;
                None
            }
            // It may come right while rows are still on their way.
            Err(why) => {
                result.checks.clear();
                Some(why)
            }
        };
        let good = trouble.is_none() && agrees(result);
        let next = steady.seen(seen, good, [began, shared.now()], shared.patience(&mut behind));
        if ended(shared, (plan, result), next, began).await? {
            return trouble.map_or(Ok(()), |why| Err(Trouble::Unjudged(why)));
        }
    }
}

fn agrees(result: &TableResult) -> bool {
    result.checks.iter().all(|check| check.passed == Some(true))
}

/// Whether a look was the last one; waits for the next where it was not.
async fn ended(
    shared: &Shared,
    (plan, result): (&TablePlan, &mut TableResult),
    next: Next,
    began: Timestamp,
) -> Result<bool, Trouble> {
    result.as_of_from.get_or_insert(began);
    result.as_of_to = Some(shared.now());
    let failed = result.checks.iter().filter(|check| check.passed != Some(true)).count() as u64;
    result.tally.in_flight = Some(if next == Next::Settled { 0 } else { failed });
    if let Next::Again(at) = next {
        shared.settles(plan, at);
    }
    match next {
        Next::Settled | Next::Moving => Ok(true),
        Next::Again(at) if shared.until(at).await => Ok(false),
        Next::Again(_) => Err(Trouble::Stopped),
    }
}

/// Says of one table that it is enough.
#[derive(Default)]
pub(super) struct Enough {
    /// Keys that differed at the first look.
    pub differing: AtomicU64,
    pub failed: AtomicBool,
    /// So much differs that sums of the rest would not pay.
    pub streams: AtomicBool,
}

async fn stream(
    shared: &Arc<Shared>,
    plan: &Arc<TablePlan>,
    result: &mut TableResult,
    rows: &mut Vec<RowResult>,
) -> Result<(), Trouble> {
    let chosen = if let Some(ranges) = shared.memory.ranges(plan.nth) {
        // What is left of the parts of before is read whole.
        Chosen {
            method: if plan.method == Method::Multiset { Method::Multiset } else { Method::Stream },
            why: "goes on with the parts of before".to_owned(),
            parts: ranges.into_iter().map(|range| (range, None)).collect(),
        }
    } else {
        let Some(_turn) = shared.turn().await else { return Err(Trouble::Stopped) };
        let chosen = method::choose(shared, plan).await?;
        let ranges: Vec<KeyRange> = chosen.parts.iter().map(|(range, _)| range.clone()).collect();
        shared.memory.cut(plan.nth, &ranges).await;
        chosen
    };
    (result.method, result.why) = (chosen.method, chosen.why);
    let Passed { parts, unproven } = passes::compared(shared, plan, chosen.parts, result).await;
    let clean = parts.iter().all(Part::is_clean);
    let tally = &mut result.tally;
    let add = |to: &mut Option<u64>, number: u64| *to = Some(to.unwrap_or(0) + number);
    let mut trouble = None;
    for part in parts {
        let [source, target] = part.rows;
        let [different, missing, extra] = part.settled;
        for (to, number) in [
            (&mut tally.source, source),
            (&mut tally.target, target),
            (&mut tally.different, different),
            (&mut tally.missing, missing),
            (&mut tally.extra, extra),
            (&mut tally.in_flight, part.in_flight),
            (&mut tally.unsettled, part.unsettled),
            (&mut tally.arrived, part.arrived),
        ] {
            add(to, number);
        }
        if let Some((from, to)) = part.seen {
            result.as_of_from = Some(result.as_of_from.map_or(from, |other| other.min(from)));
            result.as_of_to = Some(result.as_of_to.map_or(to, |other| other.max(to)));
        }
        let left = shared.options.report.saturating_sub(rows.len());
        rows.extend(part.listed.into_iter().take(left).map(|(_, row)| row));
        // The first that failed says why; the others only stopped because of it.
        trouble = match (trouble, part.trouble) {
            (None | Some(Trouble::Skipped), Some(other)) => Some(other),
            (trouble, _) => trouble,
        };
    }
    if unproven > 0 {
        add(&mut tally.unsettled, unproven);
        return Err(Trouble::Vanished(unproven));
    }
    if let (true, Some(source), Some(target)) = (clean, tally.source, tally.target)
        && source != target
    {
        return passes::even(shared, plan).await;
    }
    trouble.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests;
