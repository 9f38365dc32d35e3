//! Carries a plan out: both sides of a range at the same time, a few ranges at once, every difference looked at again until
//! it settles. Start at [`run`]; [`super::look`] is one look at one range.
//!
//! Nothing here makes two streams equal: whatever fails becomes a problem of its table, and a table with a problem is
//! never equal.

use super::describe;
use super::look::{self, Trouble};
use super::merge::{Change, Difference, RowCopy};
use super::names::{Name, dotted};
use super::plan::TablePlan;
use super::settle::{Patience, Room, Settled, Settling};
use super::{Options, Plan};
use crate::db::Database;
use crate::db::scan::{KeyRange, Limits, Scanner};
use crate::model::Untrusted;
use crate::model::validation::{Cell, Method, RowChange, RowResult, TableResult, Tally};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

/// Differences that are looked at again by their keys; where there are more, the whole range is read again.
const BY_KEY: usize = 500;

/// One range of one table: what a worker needs besides the two addresses. Serialisable, so that it can be any worker.
#[derive(Debug, Clone, Serialize)]
pub struct Unit {
    #[serde(serialize_with = "unshared")]
    pub plan: Arc<TablePlan>,
    pub range: KeyRange,
    /// Of the plan it belongs to.
    pub fingerprint: String,
}

fn unshared<S: Serializer>(plan: &Arc<TablePlan>, serializer: S) -> Result<S::Ok, S::Error> {
    plan.as_ref().serialize(serializer)
}

/// How far it is. Read by whoever shows it, whenever he likes.
#[derive(Debug, Default)]
pub struct Gauge {
    pub rows_source: AtomicU64,
    pub rows_target: AtomicU64,
    /// Keys that differed when they were looked at first.
    pub differing: AtomicU64,
    pub tables_done: AtomicU64,
}

/// A table that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
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
    pub stop: watch::Receiver<bool>,
    pub room: Room,
    jobs: Semaphore,
}

impl Shared {
    pub fn now(&self) -> Timestamp {
        (self.options.now)()
    }

    /// Waits for a turn; `None`: it is to stop.
    async fn turn(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => None,
            permit = self.jobs.acquire() => permit.ok(),
        }
    }

    /// Waits until then; `false`: it is to stop.
    async fn until(&self, at: Timestamp) -> bool {
        let mut stop = self.stop.clone();
        let wait = at.duration_since(self.now()).try_into().unwrap_or_default();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => false,
            () = tokio::time::sleep(wait) => true,
        }
    }
}

/// Compares every table of the plan and hands over each when it is done. Ends early when `stop` turns true: then the
/// tables that were not done are unknown.
pub async fn run(
    plan: Plan,
    (source, target): (Database, Database),
    options: Options,
    gauge: Arc<Gauge>,
    stop: watch::Receiver<bool>,
    done: mpsc::Sender<Done>,
) {
    let jobs = Semaphore::new(options.jobs);
    let room = Room::of(options.watched);
    let [source, target] = [source, target].map(|side| Scanner::new(side, Limits::default()));
    let shared = Arc::new(Shared { source, target, options, gauge, stop, room, jobs });
    let mut tables = JoinSet::new();
    for table in plan.tables {
        let fingerprint = table.fingerprint(&plan.source_at, &plan.target_at);
        let (table, shared, done) = (Arc::new(table), Arc::clone(&shared), done.clone());
        tables.spawn(async move {
            let ended = one(&shared, &table, fingerprint).await;
            shared.gauge.tables_done.fetch_add(1, Ordering::Relaxed);
            // Whoever listened has gone: nobody is left to tell.
            let _ = done.send(ended).await;
        });
    }
    tables.join_all().await;
}

fn named(name: &Name) -> Untrusted {
    Untrusted::from(if name.1.is_empty() { String::new() } else { dotted(name) })
}

async fn one(shared: &Arc<Shared>, plan: &Arc<TablePlan>, fingerprint: String) -> Done {
    let mut result = TableResult {
        source: named(&plan.source),
        target: named(&plan.target),
        method: plan.method,
        tally: Tally::default(),
        not_compared: plan.not_compared.clone(),
        problems: Vec::new(),
        at_rest: None,
        as_of_from: None,
        as_of_to: None,
        fingerprint,
    };
    let mut rows = Vec::new();
    let told = match plan.method {
        Method::None => return Done { result, rows },
        Method::Count => counts(shared, plan, &mut result).await,
        Method::Stream => stream(shared, plan, &mut result, &mut rows).await,
    };
    let told = match told {
        Ok(()) => {
            let mut stop = shared.stop.clone();
            // Also a description waits, where somebody holds a lock.
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => Err(Trouble::Stopped),
                told = describe::still_so(&shared.source, &shared.target, plan) => told,
            }
        }
        Err(trouble) => Err(trouble),
    };
    if let Err(trouble) = told {
        result.problems.push(Untrusted::from(trouble.to_string()));
    }
    Done { result, rows }
}

/// Numbers of rows; where they differ, again, until both have stood still for the whole wait.
async fn counts(shared: &Shared, plan: &TablePlan, result: &mut TableResult) -> Result<(), Trouble> {
    let Patience { settle, limit } = shared.options.patience;
    let mut first = None;
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
        if source == target || settle.is_zero() {
            return Ok(());
        }
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
        if !shared.until(due).await {
            return Err(Trouble::Stopped);
        }
    }
}

/// What came of one unit.
#[derive(Default)]
struct Part {
    rows: [u64; 2],
    /// Different, missing, extra.
    settled: [u64; 3],
    in_flight: u64,
    unsettled: u64,
    listed: Vec<(RowCopy, RowResult)>,
    seen: Option<(Timestamp, Timestamp)>,
    trouble: Option<Trouble>,
}

/// Says of one table that it is enough.
#[derive(Default)]
pub(super) struct Enough {
    /// Keys that differed at the first look.
    pub differing: AtomicU64,
    pub failed: AtomicBool,
}

async fn stream(
    shared: &Arc<Shared>,
    plan: &Arc<TablePlan>,
    result: &mut TableResult,
    rows: &mut Vec<RowResult>,
) -> Result<(), Trouble> {
    let ranges = {
        let Some(_turn) = shared.turn().await else { return Err(Trouble::Stopped) };
        look::ranges(shared, plan).await?
    };
    let enough = Arc::new(Enough::default());
    let mut units = JoinSet::new();
    for (number, range) in ranges.into_iter().enumerate() {
        let unit = Unit { plan: Arc::clone(plan), range, fingerprint: result.fingerprint.clone() };
        let (shared, enough) = (Arc::clone(shared), Arc::clone(&enough));
        units.spawn(async move { (number, compare(&shared, &unit, &enough).await) });
    }
    let mut parts = units.join_all().await;
    parts.sort_unstable_by_key(|(number, _)| *number);
    let tally = &mut result.tally;
    let add = |to: &mut Option<u64>, number: u64| *to = Some(to.unwrap_or(0) + number);
    let mut trouble = None;
    for (_, part) in parts {
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
    trouble.map_or(Ok(()), Err)
}

/// One unit to its end.
async fn compare(shared: &Shared, unit: &Unit, enough: &Enough) -> Part {
    let mut part = Part::default();
    let mut settling = Settling::new(shared.options.patience, shared.room.clone());
    if let Err(trouble) = watch(shared, unit, enough, &mut settling, &mut part).await {
        if !matches!(trouble, Trouble::Skipped) {
            enough.failed.store(true, Ordering::Relaxed);
        }
        // Whatever had not settled by then was not looked at as it should have been.
        part.unsettled = settling.open() + settling.over();
        part.trouble = Some(trouble);
    }
    part.listed.sort_by(|(a, _), (b, _)| a.cmp(b));
    part.listed.truncate(shared.options.report);
    part
}

async fn watch(
    shared: &Shared,
    unit: &Unit,
    enough: &Enough,
    settling: &mut Settling,
    part: &mut Part,
) -> Result<(), Trouble> {
    let mut keys: Vec<RowCopy> = Vec::new();
    let mut again = None;
    loop {
        let Some(turn) = shared.turn().await else { return Err(Trouble::Stopped) };
        if again.is_none() && enough.failed.load(Ordering::Relaxed) {
            return Err(Trouble::Skipped);
        }
        let by_key = again.is_some_and(|by_key| by_key).then(|| std::mem::take(&mut keys));
        let began = shared.now();
        settling.begin(began);
        let mut named = true;
        let mut found = |difference: Difference| {
            let (name, key) = (difference.name(), difference.key.clone());
            match settling.found(difference, shared.now()) {
                Some(settled) => record(shared, unit, settled, part),
                // One more than are read by key says that there are too many.
                None if settling.is_open(name) && keys.len() <= BY_KEY => {
                    named &= look::is_whole(&key);
                    keys.push(key);
                }
                None => {}
            }
        };
        let first = again.is_none().then_some(enough);
        let (looked, told) = look::look(shared, unit, by_key.as_deref(), first, &mut found).await;
        drop(turn);
        let (from, to) = (part.seen.map_or(began, |(from, _)| from), shared.now());
        part.seen = Some((from, to));
        if again.is_none() {
            part.rows = looked.rows;
            part.trouble = looked.unreadable.map(|rows| look::unreadable(&unit.plan, rows));
            if let Some(all) = looked.enough {
                // What was found so far still has to settle; nothing more is looked for.
                enough.failed.store(true, Ordering::Relaxed);
                part.trouble = Some(Trouble::Enough(all));
            }
        }
        told?;
        // Rows that are not found by their keys on either side may be gone, or a key was not found by what it is. All rows
        // of the range tell which: "not there" must not turn into "equal".
        if by_key.is_some_and(|keys| looked.keys < keys.len() as u64) {
            again = Some(false);
            keys.clear();
            continue;
        }
        if !settling.end() {
            return Ok(());
        }
        let cheap = settling.over() == 0 && named && keys.len() <= BY_KEY;
        let Some(at) = settling.next(cheap) else {
            (part.in_flight, part.unsettled) = (settling.open(), settling.over());
            return Ok(());
        };
        if !shared.until(at).await {
            return Err(Trouble::Stopped);
        }
        again = Some(cheap);
        if !cheap {
            keys.clear();
        }
    }
}

/// Counts a difference, and lists it while there is room in the list.
fn record(shared: &Shared, unit: &Unit, settled: Settled, part: &mut Part) {
    let Settled { difference, first_seen, last_seen } = settled;
    let Difference { key, changes } = difference;
    for change in changes {
        let kind = match change {
            Change::Different { .. } => 0,
            Change::Missing(_) => 1,
            Change::Extra(_) => 2,
        };
        part.settled[kind] += 1;
        if part.listed.len() < shared.options.report {
            let row = row(&unit.plan, &key, change, (first_seen, last_seen), shared.options.values);
            part.listed.push((key.clone(), row));
        }
    }
}

fn row(
    plan: &TablePlan,
    key: &RowCopy,
    change: Change,
    (first_seen, last_seen): (Timestamp, Timestamp),
    values: bool,
) -> RowResult {
    let cell = |row: &RowCopy, at: usize, of_source: bool| {
        let column = &plan.columns[at];
        let name = if of_source { &column.source.name } else { &column.target.name };
        Cell { column: Untrusted::from(name.as_str()), value: look::json(column.canon(), row.cell(at)) }
    };
    let cells = |row: &RowCopy, columns: &[usize], of_source: bool| -> Vec<Cell> {
        if values { columns.iter().map(|at| cell(row, *at, of_source)).collect() } else { Vec::new() }
    };
    let all: Vec<usize> = (0..plan.columns.len()).collect();
    let (change, columns, source_values, target_values) = match change {
        Change::Different { source, target, columns } => {
            let (ours, theirs) = (cells(&source, &columns, true), cells(&target, &columns, false));
            (RowChange::Different, columns, ours, theirs)
        }
        Change::Missing(row) => (RowChange::Missing, Vec::new(), cells(&row, &all, true), Vec::new()),
        Change::Extra(row) => (RowChange::Extra, Vec::new(), Vec::new(), cells(&row, &all, false)),
    };
    RowResult {
        source: named(&plan.source),
        target: named(&plan.target),
        key: (0..plan.key).map(|at| cell(key, at, true)).collect(),
        change,
        columns: columns.into_iter().map(|at| Untrusted::from(plan.columns[at].source.name.as_str())).collect(),
        first_seen,
        last_seen,
        source_values,
        target_values,
    }
}
