//! One range of one table to its end: the first look, and further ones until every difference has settled or patience ends.
//! Start at [`compare`].

use super::digest;
use super::look::{self, Trouble};
use super::memory::KnownPart;
use super::merge::{Change, Difference, RowCopy};
use super::plan::TablePlan;
use super::run::{Enough, Shared, Unit, named};
use super::settle::{Behind, Settled, Settling, Vanished};
use crate::model::Untrusted;
use crate::model::canon::Canon;
use crate::model::validation::{Cell, ROW_HASH, RowChange, RowResult};
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::atomic::Ordering;

/// Differences that are looked at again by their keys; where there are more, the whole range is read again.
const BY_KEY: usize = 500;

/// What came of one unit.
#[derive(Default)]
pub(super) struct Part {
    pub rows: [u64; 2],
    /// Different, missing, extra.
    pub settled: [u64; 3],
    pub in_flight: u64,
    pub unsettled: u64,
    /// Differences that ended, and nobody knows whether their rows are equal.
    pub vanished: Vanished,
    /// Differences that went away: their rows are equal by now.
    pub arrived: u64,
    /// The sums of both sides were not the same.
    pub by_sums: bool,
    pub listed: Vec<(RowCopy, RowResult)>,
    pub seen: Option<(Timestamp, Timestamp)>,
    pub trouble: Option<Trouble>,
    /// Keys that were still watched when it was stopped: all that is left to look at. Empty where that is more.
    pub watched: Vec<RowCopy>,
}

impl Part {
    /// Everything was looked at, and nothing differs.
    pub(super) fn is_clean(&self) -> bool {
        self.trouble.is_none() && self.settled == [0; 3] && self.in_flight == 0 && self.unsettled == 0
    }

    /// What ended without proof. `first`: these rows were read to their end for the first time. Later on a row that only
    /// the target had and has no more has been deleted: had it moved, it would have been found.
    pub(super) fn unproven(&self, first: bool) -> u64 {
        let Vanished { extra, other } = self.vanished;
        other + if first { extra } else { 0 }
    }
}

/// One unit as it is known from before, or else compared to its end. `number`: its place among the ranges of its table.
pub(super) async fn known_or_compared(shared: &Shared, unit: &Unit, number: usize, enough: &Enough) -> Part {
    let nth = unit.plan.nth;
    let known = shared.memory.part(nth, number);
    if let Some(known) = known {
        let differing = known.differing() + known.open.len() as u64;
        enough.differing.fetch_add(differing, Ordering::Relaxed);
        shared.dial(&unit.plan).add(known.rows, differing);
        if known.open.is_empty() {
            return known.part();
        }
    }
    let part = compared(shared, unit, enough, known).await;
    shared.memory.compared(nth, number, unit.plan.method, &part).await;
    part
}

/// One unit to its end.
pub(super) async fn compare(shared: &Shared, unit: &Unit, enough: &Enough) -> Part {
    compared(shared, unit, enough, None).await
}

/// The same. `known`: it was stopped while some of its keys were watched.
async fn compared(shared: &Shared, unit: &Unit, enough: &Enough, known: Option<&KnownPart>) -> Part {
    let mut settling = Settling::new(shared.options.patience, shared.room.clone());
    let keys: Vec<RowCopy> = known.map(KnownPart::keys).unwrap_or_default();
    let on = !keys.is_empty() && settling.expect(keys.iter().map(RowCopy::name), shared.now());
    let mut part = known.filter(|_| on).map(KnownPart::part).unwrap_or_default();
    let told = if on {
        watch(shared, unit, enough, &mut settling, &mut part, Some(keys)).await
    } else {
        settling = Settling::new(shared.options.patience, shared.room.clone());
        match digest::narrow(shared, unit, enough, &mut part).await {
            Ok(Some(unit)) => watch(shared, &unit, enough, &mut settling, &mut part, None).await,
            Ok(None) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    };
    part.vanished.extra += settling.vanished().extra;
    part.vanished.other += settling.vanished().other;
    part.arrived += settling.arrived();
    // What made the sums differ is not to be found among the rows: it was on its way, or has moved.
    if part.by_sums && told.is_ok() && part.is_clean() {
        part.vanished.other = part.vanished.other.max(1);
    }
    if let Err(trouble) = told {
        if !matches!(trouble, Trouble::Skipped) {
            enough.failed.store(true, Ordering::Relaxed);
        }
        // Whatever had not settled by then was not looked at as it should have been.
        part.unsettled = settling.open() + settling.over();
        part.watched.retain(|key| settling.is_open(key.name()));
        // What there was no room for has no name, and a range that was left early was not read to its end.
        if part.trouble.is_some() || settling.over() > 0 || part.watched.len() as u64 != settling.open() {
            part.watched.clear();
        }
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
    watched: Option<Vec<RowCopy>>,
) -> Result<(), Trouble> {
    let mut again = watched.is_some().then_some(true);
    let mut keys: Vec<RowCopy> = watched.unwrap_or_default();
    part.watched.clone_from(&keys);
    let (mut crowded, nobody, mut behind) = (false, HashSet::new(), Behind::default());
    loop {
        let Some(turn) = shared.turn().await else { return Err(Trouble::Stopped) };
        if again.is_none() && enough.failed.load(Ordering::Relaxed) {
            return Err(Trouble::Skipped);
        }
        let by_key = again.is_some_and(|by_key| by_key).then(|| std::mem::take(&mut keys));
        let began = shared.now();
        settling.wait(shared.patience(&mut behind));
        settling.begin(began);
        let sought = settling.watched();
        let mut named = true;
        let mut found = |difference: Difference| {
            let (name, key) = (difference.name(), difference.key.clone());
            match settling.found(difference, shared.now()) {
                Some(settled) => record(shared, unit, settled, part),
                // One more than are read by key says that there are too many.
                None if settling.is_open(name) && keys.len() <= BY_KEY => {
                    named &= unit.plan.key > 0 && look::is_whole(&key);
                    keys.push(key);
                }
                None => {}
            }
        };
        let first = again.is_none().then_some(enough);
        let (looked, told) = look::look(shared, unit, by_key.as_deref(), first, sought, &mut found).await;
        drop(turn);
        let (from, to) = (part.seen.map_or(began, |(from, _)| from), shared.now());
        part.seen = Some((from, to));
        if again.is_none() {
            if unit.only.is_none() {
                part.rows = looked.rows;
            }
            if let Some(all) = looked.enough {
                // What was found so far still has to settle; nothing more is looked for.
                enough.failed.store(true, Ordering::Relaxed);
                part.trouble = Some(Trouble::Enough(all));
            }
        }
        // What nobody can read in one look is not known to be equal by another.
        if let (None, Some(rows)) = (&part.trouble, looked.unreadable) {
            part.trouble = Some(look::unreadable(&unit.plan, rows));
        }
        told?;
        // Rows that are not found by their keys on either side may be gone, or a key was not found by what it is. All rows
        // of the range tell which: "not there" must not turn into "equal".
        if by_key.is_some_and(|keys| looked.keys < keys.len() as u64) {
            again = Some(false);
            keys.clear();
            continue;
        }
        crowded |= looked.crowded;
        if !settling.end(if crowded { &nobody } else { &looked.met }) {
            part.watched.clear();
            return Ok(());
        }
        let cheap = settling.over() == 0 && named && keys.len() <= BY_KEY;
        part.watched = if cheap { keys.clone() } else { Vec::new() };
        let Some(at) = settling.next(cheap) else {
            (part.in_flight, part.unsettled) = (settling.open(), settling.over());
            part.watched.clear();
            return Ok(());
        };
        shared.settles(&unit.plan, settling.settles().unwrap_or(at).max(at));
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
    let hashes = match &change {
        Change::Different { source, target, .. } => (Some(source.digest()), Some(target.digest())),
        Change::Missing(row) => (Some(row.digest()), None),
        Change::Extra(row) => (None, Some(row.digest())),
    };
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
        key: match plan.key {
            0 => vec![Cell { column: Untrusted::from(ROW_HASH), value: look::json(Canon::Text, key.cell(0)) }],
            parts => (0..parts).map(|at| cell(key, at, true)).collect(),
        },
        change,
        columns: columns.into_iter().map(|at| Untrusted::from(plan.columns[at].source.name.as_str())).collect(),
        first_seen,
        last_seen,
        source_values,
        target_values,
        source_hash: hashes.0,
        target_hash: hashes.1,
    }
}
