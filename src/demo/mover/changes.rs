//! Changes after the load: a queue of what was read and not yet applied, and where a resume would go on. Pure.

use crate::demo::mover::capture::{Entry, Operation};
use crate::demo::mover::order::{Checkpoint, Happened};
use crate::demo::mover::plan::Name;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// Entries kept in memory; beyond that reading waits, as DMS does ("reading paused").
pub const QUEUE: usize = 50_000;

/// Entries applied in one transaction.
const BATCH: usize = 1_000;

/// What was read from the log and is not yet on the target.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: VecDeque<(Instant, Entry)>,
    /// Entries of tables that are being reloaded: they wait for the end of the load.
    held: Vec<(Instant, Entry)>,
    loading: BTreeSet<String>,
    /// Everything up to here was read.
    pub read: Checkpoint,
}

impl Queue {
    pub fn new(from: Checkpoint) -> Self {
        Self { read: from, ..Self::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.held.is_empty()
    }

    pub fn has_room(&self) -> bool {
        self.waiting.len() + self.held.len() < QUEUE
    }

    /// Takes entries as read from the log; only those of tables in `wanted` are kept.
    pub fn push(&mut self, entries: Vec<Entry>, wanted: impl Fn(&str) -> bool, now: Instant) {
        for entry in entries {
            self.read = self.read.max(entry.at);
            if wanted(&entry.table) {
                self.waiting.push_back((now, entry));
            }
        }
    }

    /// The next entries that were read at least `delay` ago.
    pub fn due(&mut self, now: Instant, delay: Duration) -> Vec<Entry> {
        let mut due = Vec::new();
        while due.len() < BATCH && self.waiting.front().is_some_and(|(read, _)| *read + delay <= now) {
            let Some(next) = self.waiting.pop_front() else { break };
            if self.loading.contains(&next.1.table) {
                self.held.push(next);
            } else {
                due.push(next.1);
            }
        }
        due
    }

    pub fn load_begins(&mut self, table: &str) {
        self.loading.insert(table.to_owned());
    }

    /// Gives the entries held back for a table the next turn.
    pub fn load_ended(&mut self, table: &str) {
        self.loading.remove(table);
        let (own, others) = std::mem::take(&mut self.held).into_iter().partition(|(_, entry)| entry.table == table);
        self.held = others;
        let own: Vec<(Instant, Entry)> = own;
        for entry in own.into_iter().rev() {
            self.waiting.push_front(entry);
        }
    }

    pub fn is_loading(&self, table: &str) -> bool {
        self.loading.contains(table)
    }

    /// Forgets what was read of a table that is out.
    pub fn forget(&mut self, table: &str) {
        self.waiting.retain(|(_, entry)| entry.table != table);
        self.held.retain(|(_, entry)| entry.table != table);
    }

    /// Everything up to here is on the target: a resume from here loses nothing.
    pub fn applied(&self) -> Checkpoint {
        let open = self.waiting.iter().chain(&self.held).map(|(_, entry)| entry.at).min();
        open.map_or(self.read, |first| Checkpoint(first.0 - 1))
    }
}

/// Counts of a batch by table.
#[derive(Debug, Clone, Copy)]
pub enum Stage {
    Captured,
    Applied,
}

/// What to say about entries, one message a table.
pub fn told(stage: Stage, schema: &str, entries: &[Entry]) -> Vec<Happened> {
    let mut counts: BTreeMap<&str, (u64, u64, u64, jiff::Timestamp)> = BTreeMap::new();
    for entry in entries {
        let count = counts.entry(&entry.table).or_insert((0, 0, 0, entry.committed));
        match entry.operation {
            Operation::Insert => count.0 += 1,
            Operation::Update => count.1 += 1,
            Operation::Delete => count.2 += 1,
        }
        count.3 = count.3.max(entry.committed);
    }
    let message = |(table, (inserts, updates, deletes, committed)): (&str, (u64, u64, u64, jiff::Timestamp))| {
        let (schema, table): Name = (schema.to_owned(), table.to_owned());
        match stage {
            Stage::Captured => Happened::Captured { schema, table, inserts, updates, deletes, committed },
            Stage::Applied => Happened::Applied { schema, table, inserts, updates, deletes, committed },
        }
    };
    counts.into_iter().map(message).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: i64, table: &str) -> Entry {
        Entry {
            at: Checkpoint(at),
            table: table.into(),
            operation: Operation::Update,
            key: BTreeMap::new(),
            committed: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn numbers(entries: &[Entry]) -> Vec<i64> {
        entries.iter().map(|entry| entry.at.0).collect()
    }

    #[test]
    fn a_resume_position_never_passes_what_is_not_on_the_target() {
        let now = Instant::now();
        let mut queue = Queue::new(Checkpoint(10));
        assert_eq!(queue.applied(), Checkpoint(10));
        queue.push(vec![entry(11, "a"), entry(12, "b"), entry(13, "other")], |table| table != "other", now);
        assert_eq!(queue.applied(), Checkpoint(10));
        assert_eq!(numbers(&queue.due(now, Duration::ZERO)), [11, 12]);
        assert_eq!(queue.applied(), Checkpoint(13), "what no task table wants is passed over");
    }

    #[test]
    fn changes_wait_for_the_delay() {
        let now = Instant::now();
        let delay = Duration::from_secs(30);
        let mut queue = Queue::new(Checkpoint(0));
        queue.push(vec![entry(1, "a")], |_| true, now);
        assert!(queue.due(now, delay).is_empty());
        assert_eq!(numbers(&queue.due(now + delay, delay)), [1]);
    }

    #[test]
    fn changes_of_a_table_being_reloaded_wait_for_its_load_and_hold_the_position() {
        let now = Instant::now();
        let mut queue = Queue::new(Checkpoint(0));
        queue.load_begins("a");
        queue.push(vec![entry(1, "a"), entry(2, "b"), entry(3, "a")], |_| true, now);
        assert_eq!(numbers(&queue.due(now, Duration::ZERO)), [2]);
        assert_eq!(queue.applied(), Checkpoint(0));
        queue.load_ended("a");
        assert_eq!(numbers(&queue.due(now, Duration::ZERO)), [1, 3]);
        assert_eq!(queue.applied(), Checkpoint(3));
    }
}
