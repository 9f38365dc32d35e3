//! Every error so far, newest first; the same one again raises a count.

use super::export::Export;
use super::page::{Act, Next, Page};
use super::{Filling, State};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::listing::{Column, List, column, time};
use crate::model::{Problem, Subject};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Different problems kept; the oldest settled one goes first.
const KEPT: usize = 200;

/// What a problem is in a file.
const COLUMNS: &[Column] = &[
    column("last", "LAST"),
    column("first", "FIRST"),
    column("times", "TIMES"),
    column("state", "STATE"),
    column("summary", "WHAT"),
    column("detail", "WHY"),
    column("hint", "TO DO"),
    column("request_id", "REQUEST"),
];

fn cells(entry: &Entry) -> Vec<Value> {
    let problem = &entry.problem;
    vec![
        time(Some(entry.last)),
        time(Some(entry.first)),
        json!(entry.count),
        json!(entry.state.word()),
        json!(problem.summary),
        json!(problem.detail),
        json!(problem.hint),
        json!(problem.request_id),
    ]
}

/// Every error so far.
pub struct ProblemsPage;

impl Page for ProblemsPage {
    fn context(&self) -> Context {
        Context::Problems
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        vec![Subject::Tasks, Subject::Metrics]
    }

    fn filling(&self, state: &State) -> Filling {
        if state.problems.entries.is_empty() { Filling::Empty } else { Filling::Rows }
    }

    fn fit(&self, state: &mut State, inner: Area) {
        state.problems.set_height(usize::from(inner.height.saturating_sub(2)));
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        if let Act::Move(how) = act {
            state.problems.go(how.from(state.problems.cursor, state.problems.page_rows()));
        }
    }

    fn detail_wants(&self, state: &State) -> u16 {
        if state.problems.entries.is_empty() { 0 } else { 10 }
    }

    fn under_cursor(&self, state: &State) -> Option<String> {
        state.problems.selected().map(|entry| entry.problem.lines().join("\n"))
    }

    fn export(&self, state: &State) -> Option<Export> {
        let rows = state.problems.entries.iter().map(cells).collect();
        Some(Export { name: "problems".to_owned(), list: List { columns: COLUMNS, rows } })
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        for (_, entry) in state.problems.visible() {
            next.age(Some(entry.last));
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The newest of its kind.
    pub problem: Problem,
    pub subject: Option<Subject>,
    pub count: u32,
    pub first: Timestamp,
    pub last: Timestamp,
    pub state: EntryState,
    pub retry_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryState {
    /// The newest attempt failed with it.
    Standing,
    /// A later attempt succeeded, or failed with another.
    Settled(Timestamp),
    /// Something worth knowing that is not an error.
    Note,
}

impl EntryState {
    fn word(self) -> &'static str {
        match self {
            Self::Standing => "standing",
            Self::Settled(_) => "over",
            Self::Note => "note",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Problems {
    /// Newest first.
    entries: Vec<Entry>,
    cursor: usize,
    offset: usize,
    height: usize,
}

impl Problems {
    /// Records a problem and returns its place in the list, the first.
    pub fn add(&mut self, problem: Problem, subject: Option<Subject>, state: EntryState, now: Timestamp) -> &mut Entry {
        let same =
            |e: &Entry| e.problem.kind == problem.kind && e.problem.summary == problem.summary && e.subject == subject;
        let cursor_on = self.entries.get(self.cursor).map(|entry| (entry.first, entry.problem.summary.clone()));
        let mut entry = match self.entries.iter().position(same) {
            Some(at) => self.entries.remove(at),
            None => Entry { problem: problem.clone(), subject, count: 0, first: now, last: now, state, retry_at: None },
        };
        entry.problem = problem;
        entry.count = entry.count.saturating_add(1);
        entry.last = now;
        entry.state = state;
        entry.retry_at = None;
        self.entries.insert(0, entry);
        if self.entries.len() > KEPT {
            let settled = self.entries.iter().rposition(|e| e.state != EntryState::Standing);
            self.entries.remove(settled.unwrap_or(KEPT));
        }
        let kept = self.entries.iter().position(|e| Some((e.first, e.problem.summary.clone())) == cursor_on);
        // A cursor at the top wants the newest; elsewhere it stays with its problem.
        self.cursor = if self.cursor == 0 { 0 } else { kept.unwrap_or(self.cursor) };
        self.clamp();
        &mut self.entries[0]
    }

    /// Settles what stands about a subject, apart from the problem just added.
    pub fn settle(&mut self, subject: &Subject, except_newest: bool, now: Timestamp) {
        for entry in self.entries.iter_mut().skip(usize::from(except_newest)) {
            if entry.state == EntryState::Standing && entry.subject.as_ref() == Some(subject) {
                entry.state = EntryState::Settled(now);
                entry.retry_at = None;
            }
        }
    }

    /// Settles what is no problem any more and belongs to no subject.
    pub fn settle_called(&mut self, summary: &str, now: Timestamp) {
        let same = |entry: &&mut Entry| entry.subject.is_none() && entry.problem.summary == summary;
        for entry in self.entries.iter_mut().filter(same).filter(|entry| entry.state == EntryState::Standing) {
            entry.state = EntryState::Settled(now);
        }
    }

    /// Settles everything that stands.
    pub fn settle_all(&mut self, now: Timestamp) {
        for entry in self.entries.iter_mut().filter(|entry| entry.state == EntryState::Standing) {
            entry.state = EntryState::Settled(now);
            entry.retry_at = None;
        }
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn standing(&self) -> usize {
        self.entries.iter().filter(|entry| entry.state == EntryState::Standing).count()
    }

    pub fn selected(&self) -> Option<&Entry> {
        self.entries.get(self.cursor)
    }

    pub fn cursor(&self) -> usize {
        self.cursor
    }

    pub fn visible(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().enumerate().skip(self.offset).take(self.height)
    }

    pub fn go(&mut self, place: usize) {
        self.cursor = place;
        self.clamp();
    }

    pub fn page_rows(&self) -> usize {
        self.height.max(2) - 1
    }

    pub fn set_height(&mut self, height: usize) {
        self.height = height.max(1);
        self.clamp();
    }

    fn clamp(&mut self) {
        let height = self.height.max(1);
        self.cursor = self.cursor.min(self.entries.len().saturating_sub(1));
        self.offset = self.offset.min(self.entries.len().saturating_sub(height));
        self.offset = self.offset.clamp((self.cursor + 1).saturating_sub(height), self.cursor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProblemKind;

    fn problem(summary: &str) -> Problem {
        Problem {
            kind: ProblemKind::Timeout,
            summary: summary.into(),
            detail: String::new(),
            hint: String::new(),
            request_id: None,
            at: at(0),
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    #[test]
    fn the_same_problem_again_is_one_entry_with_a_count_and_comes_first() {
        let mut all = Problems::default();
        for (second, summary) in [(0, "a"), (1, "b"), (2, "a"), (3, "a")] {
            all.add(problem(summary), Some(Subject::Tasks), EntryState::Standing, at(second));
        }
        let seen: Vec<_> =
            all.entries().iter().map(|e| (e.problem.summary.as_str(), e.count, e.first, e.last)).collect();
        assert_eq!(seen, [("a", 3, at(0), at(3)), ("b", 1, at(1), at(1))]);
        all.add(problem("a"), Some(Subject::Metrics), EntryState::Standing, at(4));
        assert_eq!(all.entries().len(), 3, "another subject is another problem");
        all.settle(&Subject::Tasks, false, at(5));
        assert_eq!(all.standing(), 1);
    }

    #[test]
    fn the_list_is_bounded_and_what_stands_is_kept() {
        let mut all = Problems::default();
        all.add(problem("standing"), Some(Subject::Tasks), EntryState::Standing, at(0));
        for n in 0..500 {
            all.add(problem(&format!("{n}")), None, EntryState::Note, at(n));
        }
        assert_eq!(all.entries().len(), KEPT);
        assert_eq!(all.standing(), 1);
    }

    #[test]
    fn below_the_top_the_cursor_stays_with_its_problem() {
        let mut all = Problems::default();
        all.set_height(10);
        for n in 0..3 {
            all.add(problem(&format!("{n}")), None, EntryState::Note, at(n));
        }
        all.go(1);
        all.add(problem("new"), None, EntryState::Note, at(9));
        assert_eq!(all.selected().unwrap().problem.summary, "1");
        all.go(0);
        all.add(problem("newer"), None, EntryState::Note, at(10));
        assert_eq!(all.selected().unwrap().problem.summary, "newer");
    }
}
