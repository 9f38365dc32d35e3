//! Differences that are looked at again until they settle. Pure: looks go in, with the time they were taken.
//!
//! While changes still arrive, a row that differs may only be on its way. A difference has settled when the same rows
//! differed on both sides for the whole of [`Patience::settle`]; one that went away was in flight and is nobody's concern;
//! one that is another each time is in flight still when patience ends. A look is
//! [`Settling::begin`], [`Settling::found`] for each difference, [`Settling::end`].
//!
//! Went away means: the key was met on both sides, and its rows were equal. Where it was met on neither, its row may only
//! have another key by now, in rows that were looked at before: that is counted, and settles nothing.
//!
//! The keys that are watched are those of the first look. What differs first in a later one has changed since, and would keep
//! a table that is written to all the time from ever being told.

use super::merge::{Change, Difference};
use crate::db::scan::Cell;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long differences are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The same difference for this long has settled. Zero: the first look decides.
    pub settle: SignedDuration,
    /// After this long, whatever still moves is in flight.
    pub limit: SignedDuration,
}

impl Patience {
    /// Four times the wait: a row that is changed now and then still finds one quiet stretch.
    pub fn settling(settle: SignedDuration) -> Self {
        Self { settle, limit: settle * 4 }
    }

    /// With a wait that a change takes twice to go through, where its latency is known. A first look that was to decide
    /// still decides.
    #[must_use]
    pub fn over(self, latency: Option<Duration>) -> Self {
        let Some(latency) = latency.filter(|_| !self.settle.is_zero()) else { return self };
        let way = SignedDuration::try_from(latency).unwrap_or(LONGEST).min(LONGEST);
        let longer = way.saturating_mul(2).min(LONGEST);
        Self { settle: self.settle + longer, limit: self.limit + longer * 4 }
    }
}

/// What latency may add to the wait: whoever is hours behind learns more from latency than from rows.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// How much latency may grow over what it was when something was looked at first. CloudWatch has a point a minute, so the
/// first may be as old as this; what grows beyond is of changes that were made later, or of a task that moves nothing.
const GROWS: Duration = Duration::from_mins(1);

/// The latency that counts for what is watched since a moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Behind {
    first: Option<Duration>,
}

impl Behind {
    /// Of the latency as it is now.
    pub fn now(&mut self, latency: Option<Duration>) -> Option<Duration> {
        let first = *self.first.get_or_insert(latency?);
        latency.map(|latency| latency.min(first.saturating_add(GROWS)))
    }
}

/// Contents of rows that were on the target alone in a later look; more than these are taken for anything.
const LATER: usize = 65_536;

/// Room for differences that are watched, shared by all units: memory stays bounded however much differs.
#[derive(Debug, Clone)]
pub struct Room(Arc<AtomicUsize>);

impl Room {
    pub fn of(differences: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(differences)))
    }

    fn take(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    fn give_back(&self, number: usize) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }
}

/// What is known of one key.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Which difference it is, see [`Difference::mark`].
    mark: u64,
    first: Timestamp,
    /// Since when it is this one.
    since: Timestamp,
    /// In which look it was seen last.
    look: u32,
    settled: bool,
    /// It was of rows that only the target has: what stands in them besides the key.
    extra: Option<u64>,
}

/// Differences that ended without their key being met on both sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vanished {
    /// The target alone had the row, and has it no more: what a deletion looks like that is on its way.
    pub extra: u64,
    /// All others.
    pub other: u64,
}

/// A difference that has settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub difference: Difference,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

/// Watches the differences of one unit.
#[derive(Debug)]
pub struct Settling {
    patience: Patience,
    room: Room,
    held: usize,
    seen: HashMap<u64, Seen>,
    look: u32,
    /// When the first look began, and when the one at hand did.
    first: Timestamp,
    began: Timestamp,
    /// Nothing that is not watched by now will be, unless there was no room for it.
    closed: bool,
    /// When the last difference was found.
    latest: Timestamp,
    /// Something has settled: whatever still moves gets one wait more, until then.
    until: Option<Timestamp>,
    /// There was no room for all of the first look.
    crowded: bool,
    /// Of rows that only the target has and that nobody watches, in the look at hand.
    later: HashSet<u64>,
    /// Differences for which there was no room, in the look at hand and in the one before.
    over: u64,
    over_before: u64,
    vanished: Vanished,
    /// Differences whose rows were met on both sides later, and were equal.
    arrived: u64,
}

impl Settling {
    pub fn new(patience: Patience, room: Room) -> Self {
        let (first, began) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        Self {
            patience,
            room,
            held: 0,
            seen: HashMap::new(),
            look: 0,
            first,
            began,
            closed: false,
            latest: began,
            until: None,
            crowded: false,
            later: HashSet::new(),
            over: 0,
            over_before: 0,
            vanished: Vanished::default(),
            arrived: 0,
        }
    }

    /// Takes keys that were watched before, by their names: no others will be. `false`: there is no room for them.
    pub fn expect(&mut self, names: impl IntoIterator<Item = u64>, now: Timestamp) -> bool {
        self.closed = true;
        for name in names {
            if !self.room.take() {
                return false;
            }
            self.held += 1;
            // Like nothing that will be found, so that it is watched anew.
            let seen = Seen { mark: 0, first: now, since: now, look: 0, settled: false, extra: None };
            self.seen.insert(name, seen);
        }
        true
    }

    /// A difference as a look finds it. Gives it back when it has settled with this.
    ///
    /// The rows were read between the beginning of the look and now: whichever makes the wait shorter counts.
    pub fn found(&mut self, difference: Difference, now: Timestamp) -> Option<Settled> {
        let (name, mark) = (difference.name(), difference.mark());
        let look = self.look;
        let extra = content(&difference);
        self.latest = now;
        if self.patience.settle.is_zero() {
            return Some(Settled { difference, first_seen: now, last_seen: now });
        }
        let Some(seen) = self.seen.get_mut(&name) else {
            if self.closed && !self.crowded {
                if let Some(extra) = extra.filter(|_| self.later.len() < LATER) {
                    self.later.insert(extra);
                }
                return None;
            }
            let late = self.began.duration_since(self.first) > self.patience.limit;
            if !late && self.room.take() {
                self.held += 1;
                self.seen.insert(name, Seen { mark, first: now, since: now, look, settled: false, extra });
            } else {
                self.over += 1;
            }
            return None;
        };
        (seen.look, seen.extra) = (look, extra);
        if seen.settled {
            return None;
        }
        if seen.mark != mark {
            (seen.mark, seen.since) = (mark, now);
            return None;
        }
        seen.settled = self.began.duration_since(seen.since) >= self.patience.settle;
        seen.settled.then_some(Settled { difference, first_seen: seen.first, last_seen: now })
    }

    /// How long it is worth waiting, as it is known by now.
    pub fn wait(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// A look begins. Everything that still differs will be found in it.
    pub fn begin(&mut self, now: Timestamp) {
        if self.look == 0 {
            self.first = now;
        }
        self.began = now;
        self.look += 1;
        self.later.clear();
        self.over_before = self.over_before.max(std::mem::take(&mut self.over));
    }

    /// Keys that are still watched, by their names.
    pub fn watched(&self) -> HashSet<u64> {
        self.seen.iter().filter(|(_, seen)| !seen.settled).map(|(name, _)| *name).collect()
    }

    /// A look is over: what was watched and not found any more is no difference. `equal`: those that are among the keys
    /// that were met on both sides, with rows that are equal. `false`: nothing is left to look at.
    pub fn end(&mut self, equal: &HashSet<u64>) -> bool {
        let look = self.look;
        (self.closed, self.crowded) = (true, self.crowded || self.over > 0);
        let (vanished, arrived, later) = (&mut self.vanished, &mut self.arrived, &self.later);
        // What stands under another key now has moved, and was not deleted.
        let moved = |content: u64| later.len() >= LATER || later.contains(&content);
        self.seen.retain(|name, seen| {
            let stays = seen.look == look || seen.settled;
            if !stays {
                *match (equal.contains(name), seen.extra) {
                    (true, _) => &mut *arrived,
                    (false, Some(content)) if !moved(content) => &mut vanished.extra,
                    (false, _) => &mut vanished.other,
                } += 1;
            }
            stays
        });
        if self.until.is_none() && self.seen.values().any(|seen| seen.settled) {
            self.until = self.latest.checked_add(self.patience.settle).ok();
        }
        // Nobody knows how those ended that were not watched.
        vanished.other += std::mem::take(&mut self.over_before).saturating_sub(self.over);
        self.over > 0 || self.seen.values().any(|seen| !seen.settled)
    }

    /// When to look again; `None`: patience has ended. Early looks are for rows that were only on their way, and are worth
    /// it where few rows are read for them.
    pub fn next(&self, cheap: bool) -> Option<Timestamp> {
        let Patience { settle, limit } = self.patience;
        // Patience is counted from the moment at which a difference was seen: a look may take longer than all of it.
        let dues = self.seen.values().filter(|seen| !seen.settled).filter_map(|seen| {
            let due = seen.since.checked_add(settle).ok()?;
            let late = due.duration_since(seen.first) > limit || self.until.is_some_and(|until| due > until);
            (!late).then_some(due)
        });
        // A look that is dear is taken once, when all of them can settle with it.
        let due = if cheap { dues.min() } else { dues.max() };
        let due = match due {
            Some(due) => due,
            // There was no room to watch it.
            None if self.over > 0 && self.began.duration_since(self.first) <= limit => {
                self.began.checked_add(settle).ok()?
            }
            None => return None,
        };
        Some(match self.look {
            1 if cheap => due.min(self.first.checked_add(settle / 10).ok()?),
            2 if cheap => due.min(self.first.checked_add(settle / 3).ok()?),
            _ => due,
        })
    }

    /// When everything that is still watched will have settled, if it stays as it is.
    pub fn settles(&self) -> Option<Timestamp> {
        let open = self.seen.values().filter(|seen| !seen.settled);
        open.filter_map(|seen| seen.since.checked_add(self.patience.settle).ok()).max()
    }

    /// Whether a key is still watched.
    pub fn is_open(&self, name: u64) -> bool {
        self.seen.get(&name).is_some_and(|seen| !seen.settled)
    }

    /// Differences that have not settled.
    pub fn open(&self) -> u64 {
        self.seen.values().filter(|seen| !seen.settled).count() as u64
    }

    /// Differences that ended, and nobody knows whether their rows are equal.
    pub fn vanished(&self) -> Vanished {
        self.vanished
    }

    /// Differences that went away: their rows are equal by now.
    pub fn arrived(&self) -> u64 {
        self.arrived
    }

    /// Differences of the last look that nobody watches.
    pub fn over(&self) -> u64 {
        self.over
    }
}

/// What stands besides the key in rows that only the target has, wherever else they may stand later.
fn content(difference: &Difference) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    for change in &difference.changes {
        let Change::Extra(row) = change else { return None };
        for column in difference.key.columns()..row.columns() {
            match row.cell(column) {
                Cell::Null => 0_u8.hash(&mut hasher),
                Cell::Value(bytes) | Cell::Misfit(bytes) => (1_u8, bytes).hash(&mut hasher),
            }
        }
    }
    Some(hasher.finish())
}

impl Drop for Settling {
    fn drop(&mut self) {
        self.room.give_back(self.held);
    }
}

#[cfg(test)]
mod tests;
