//! Validations: which comparisons run or ran, of which task, and what came of them. Those that run stand on top.
//!
//! What is kept is read from the store and not asked of AWS, so it is no subject of a feed: it has an age of its own here.
//! [`run`] is one of them as far as it is known, [`tables`] the screen of one.

pub mod run;
pub mod tables;

use super::column::Column;
use super::export::Export;
use super::feed::{Failure, Feed};
use super::list::{List, Rows, Sort, SortKey};
use super::page::{Act, Next, Page};
use super::{Filling, PaneAge, State, age};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::listing;
use crate::model::validation::told::{self, RunLine, RunState, RunTold};
use crate::model::validation::{RunEvent, RunId, Verdict, What};
use crate::model::{Problem, Subject};
use jiff::{SignedDuration, Timestamp};
use run::Run;
use serde_json::json;
use std::collections::BTreeMap;
use tables::RunTables;

pub const COLUMNS: [Column; 10] = [
    Column::words("what", "WHAT", [14, 24, 48], 0),
    Column::new("result", "RESULT", [14, 14, 14], 0),
    Column::new("started", "STARTED UTC", [STAMP, STAMP, STAMP], 0),
    Column::number("took", "TOOK", [7, 7, 7], 2),
    Column::number("different", "DIFFER", [9, 9, 9], 0),
    Column::new("tables", "TABLES", [14, 24, 34], 0),
    Column::number("rows", "ROWS", [9, 13, 13], 1),
    Column::words("by", "BEGUN BY", [12, 12, 12], 4),
    Column::words("source", "SOURCE", [11, 24, 60], 3),
    Column::words("target", "TARGET", [11, 24, 60], 3),
];

pub const WHAT: usize = 0;
pub const RESULT: usize = 1;
pub const STARTED: usize = 2;
pub const TOOK: usize = 3;
pub const DIFFERENT: usize = 4;
pub const TABLES: usize = 5;
pub const ROWS: usize = 6;
pub const BY: usize = 7;
pub const SOURCE: usize = 8;
pub const TARGET: usize = 9;

/// Cells of a time.
pub const STAMP: u16 = 12;

/// While it is looked at it is read again this often: a colleague's command may be at it. Nothing is asked of AWS.
pub const EVERY: SignedDuration = SignedDuration::from_secs(15);

/// One run of the list, with what is computed from it once.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub line: RunLine,
    /// What it is called in the list.
    pub name: String,
    text: String,
}

impl Row {
    fn of(line: RunLine) -> Self {
        let name = told::called(&line);
        let parts = [
            name.as_str(),
            what_kind(&line.what),
            line.id.0.as_str(),
            result_word(&line),
            line.source_at.raw(),
            line.target_at.raw(),
            line.seen_from.as_str(),
            &told::trigger(line.trigger),
        ];
        let text = parts.join("\n").to_lowercase();
        Self { line, name, text }
    }
}

/// What kind of name it has.
fn what_kind(what: &What) -> &'static str {
    match what {
        What::Task(_) => "task",
        What::Named(_) => "validation",
        What::Addresses => "addresses",
    }
}

/// A word for what came of it, or for how far it is.
pub fn result_word(line: &RunLine) -> &'static str {
    match (line.state, line.verdict) {
        (RunState::Ended, Some(verdict)) => verdict_word(verdict),
        (RunState::Interrupted, Some(Verdict::Different)) => verdict_word(Verdict::Different),
        (state, _) => state.word(),
    }
}

/// As people write it.
pub fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::CountsEqual => "counts equal",
        other => other.word(),
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Validations {
    pub list: List<RunId>,
    /// The newest first.
    pub rows: Vec<Row>,
    pub feed: Feed,
    /// What the store has.
    kept: Vec<RunLine>,
    /// Runs of this program, by their names.
    pub ours: BTreeMap<RunId, Run>,
    /// The one that was opened from the store.
    pub read: Option<Box<Run>>,
    /// The one on screen, and what is to be told while it is being read.
    pub open: Option<RunId>,
    pub failed: Option<Problem>,
    pub tables: RunTables,
    /// Reads on which an answer is awaited.
    pub asked: Option<RunId>,
}

impl Default for Validations {
    fn default() -> Self {
        Self {
            list: List::new(Sort { column: STARTED, reversed: false }),
            rows: Vec::new(),
            feed: Feed::default(),
            kept: Vec::new(),
            ours: BTreeMap::new(),
            read: None,
            open: None,
            failed: None,
            tables: RunTables::default(),
            asked: None,
        }
    }
}

impl Validations {
    /// Takes in what the store has.
    pub fn take(&mut self, answer: Result<Vec<RunLine>, Problem>, now: Timestamp) -> Option<Problem> {
        self.feed.asked = None;
        match answer {
            Ok(kept) => {
                self.feed =
                    Feed { as_of: Some(now), received: Some(now), every: Some(EVERY), failed: None, asked: None };
                self.kept = kept;
                self.collect();
                None
            }
            Err(problem) => {
                let new = self.feed.failed.as_ref().is_none_or(|failure| failure.problem.summary != problem.summary);
                self.feed.failed = Some(Failure { problem: problem.clone(), retry_at: None });
                new.then_some(problem)
            }
        }
    }

    /// A run of this program has begun.
    pub fn begun(&mut self, told: RunTold) {
        let on_top = self.list.cursor() == 0 && self.list.sort.column == STARTED && !self.list.sort.reversed;
        self.ours.insert(told.line.id.clone(), Run::new(told));
        self.collect();
        // Whoever begins one looks at it, unless the cursor was put elsewhere.
        if on_top {
            self.list.go(0, &RunRows(&self.rows));
        }
    }

    /// Something happened in one of them. `true`: it is over now.
    pub fn happened(&mut self, id: &RunId, event: RunEvent, now: Timestamp) -> bool {
        let Some(run) = self.ours.get_mut(id) else { return false };
        let before = run.line.state.is_over();
        run.take(event, now);
        let over = run.line.state.is_over() && !before;
        self.collect();
        if self.open.as_ref() == Some(id) {
            self.refit();
        }
        over
    }

    /// What was wished of one, before it says so itself.
    pub fn wished(&mut self, id: &RunId, wish: told::Wished) {
        if let Some(run) = self.ours.get_mut(id) {
            run.wished(wish);
        }
        self.collect();
    }

    /// One was read from the store.
    pub fn opened(&mut self, id: &RunId, told: Result<RunTold, Problem>) {
        if self.asked.as_ref() == Some(id) {
            self.asked = None;
        }
        if self.open.as_ref() != Some(id) {
            return;
        }
        match told {
            Ok(told) => (self.read, self.failed) = (Some(Box::new(Run::new(told))), None),
            Err(problem) => self.failed = Some(problem),
        }
        self.refit();
    }

    /// Another run comes on screen.
    pub fn show(&mut self, id: &RunId) {
        if self.open.as_ref() != Some(id) {
            (self.open, self.read, self.failed) = (Some(id.clone()), None, None);
            self.tables = RunTables::default();
        }
        self.refit();
    }

    pub fn run(&self, id: &RunId) -> Option<&Run> {
        self.ours.get(id).or_else(|| self.read.as_deref().filter(|run| run.line.id == *id))
    }

    /// The run on screen.
    pub fn opened_run(&self) -> Option<&Run> {
        self.run(self.open.as_ref()?)
    }

    /// Its list of tables anew.
    fn refit(&mut self) {
        let Some(id) = self.open.clone() else { return };
        let run = self.ours.get(&id).or_else(|| self.read.as_deref().filter(|run| run.line.id == id));
        match run {
            Some(run) => self.tables.rebuild(run),
            None => self.tables = RunTables::default(),
        }
    }

    /// One list of what is kept and what runs here, which knows better.
    fn collect(&mut self) {
        let kept = self.kept.iter().filter(|line| !self.ours.contains_key(&line.id)).cloned();
        let mut lines: Vec<RunLine> = kept.chain(self.ours.values().map(|run| run.line.clone())).collect();
        lines.sort_by(|a, b| (b.started, &b.id).cmp(&(a.started, &a.id)));
        self.rows = lines.into_iter().map(Row::of).collect();
        // The cursor stays on its run, also on top, when that one ends: a key is meant for the run that was seen there.
        self.list.rebuild(&RunRows(&self.rows));
    }

    /// Runs that are not over, here or elsewhere.
    pub fn running(&self) -> usize {
        self.rows.iter().filter(|row| !row.line.state.is_over()).count()
    }

    /// Runs of this task, the newest first.
    pub fn of_task<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a RunLine> {
        self.rows.iter().map(|row| &row.line).filter(move |line| matches!(&line.what, What::Task(task) if task == name))
    }

    /// When it is to be read again while it is on screen.
    pub fn due(&self) -> Option<Timestamp> {
        self.feed.as_of.filter(|_| self.feed.asked.is_none())?.checked_add(EVERY).ok()
    }
}

pub struct ValidationsPage;

impl Page for ValidationsPage {
    fn context(&self) -> Context {
        Context::Validations
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        Vec::new()
    }

    fn ages(&self, state: &State) -> Vec<PaneAge> {
        let feed = &state.validations.feed;
        let (has_data, as_of) = (feed.has_data(), feed.as_of);
        vec![PaneAge { has_data, as_of, freshness: feed.freshness(state.now), late_from: feed.late_from() }]
    }

    fn filling(&self, state: &State) -> Filling {
        let validations = &state.validations;
        match () {
            () if !validations.rows.is_empty() && validations.list.is_empty() => Filling::NoMatch,
            () if !validations.rows.is_empty() => Filling::Rows,
            () if !validations.feed.has_data() && validations.feed.failed.is_some() => Filling::Failed,
            () if !validations.feed.has_data() => Filling::Loading,
            () => Filling::Empty,
        }
    }

    /// The head, the rows.
    fn fit(&self, state: &mut State, inner: Area) {
        state.validations.list.set_height(usize::from(inner.height).saturating_sub(1));
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        act.on(&mut state.validations.list, &RunRows(&state.validations.rows));
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn filter<'a>(&self, state: &'a State) -> &'a str {
        state.validations.list.filter.text()
    }

    fn under_cursor(&self, state: &State) -> Option<String> {
        state.validations.list.key().map(|id| id.0.clone())
    }

    fn export(&self, state: &State) -> Option<Export> {
        let rows = state.validations.list.order().filter_map(|row| state.validations.rows.get(row));
        let rows = rows.map(|row| cells(&row.line)).collect();
        Some(Export { name: "validations".to_owned(), list: listing::List { columns: LISTED, rows } })
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        next.offer(age::next_day(next.now));
        next.offer(state.validations.due().filter(|_| state.focused));
    }
}

/// What `w` writes of the list.
const LISTED: &[listing::Column] = &[
    listing::column("run", "RUN"),
    listing::column("what", "WHAT"),
    listing::column("result", "RESULT"),
    listing::column("started", "STARTED"),
    listing::column("ended", "ENDED"),
    listing::column("tables", "TABLES"),
    listing::column("equal", "EQUAL"),
    listing::column("different", "DIFFERENT"),
    listing::column("unknown", "UNKNOWN"),
    listing::column("rows", "ROWS"),
    listing::column("differences", "DIFFERENCES"),
    listing::column("source", "SOURCE"),
    listing::column("target", "TARGET"),
    listing::column("seen_from", "SEEN FROM"),
];

fn cells(line: &RunLine) -> Vec<serde_json::Value> {
    vec![
        json!(line.id.0),
        json!(told::called(line)),
        json!(result_word(line)),
        json!(line.started.to_string()),
        json!(line.ended.map(|at| at.to_string())),
        json!(line.tables),
        json!(line.equal),
        json!(line.different),
        json!(line.unknown),
        json!(line.rows),
        json!(line.differences),
        json!(line.source_at.raw()),
        json!(line.target_at.raw()),
        json!(line.seen_from),
    ]
}

pub struct RunRows<'a>(pub &'a [Row]);

impl Rows for RunRows<'_> {
    type Key = RunId;

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    fn key(&self, row: usize) -> RunId {
        self.0[row].line.id.clone()
    }

    fn has_key(&self, row: usize, key: &RunId) -> bool {
        self.0[row].line.id == *key
    }

    /// Among equals the newest comes first.
    fn name_rank(&self, row: usize) -> u32 {
        u32::try_from(row).unwrap_or(u32::MAX)
    }

    fn sort_key(&self, row: usize, column: usize) -> SortKey {
        let line = &self.0[row].line;
        let number = |n: u64| SortKey::Value(i64::try_from(n).unwrap_or(i64::MAX));
        let rank = |text: &str| {
            let before = self.0.iter().filter(|other| other.name.as_str() < text).count();
            SortKey::Value(i64::try_from(before).unwrap_or(i64::MAX))
        };
        let place = |of: fn(&RunLine) -> &str| {
            let before = self.0.iter().filter(|other| of(&other.line) < of(line)).count();
            SortKey::Value(i64::try_from(before).unwrap_or(i64::MAX))
        };
        match column {
            WHAT => rank(&self.0[row].name),
            SOURCE => place(|line| line.source_at.raw()),
            TARGET => place(|line| line.target_at.raw()),
            RESULT => match (line.state.is_over(), line.verdict) {
                (false, _) => SortKey::Value(9),
                (true, Some(verdict)) => SortKey::Value(verdict as i64),
                (true, None) => SortKey::Value(Verdict::Unknown as i64),
            },
            TOOK => line.ended.map_or(SortKey::Unknown, |at| SortKey::Value(at.duration_since(line.started).as_secs())),
            DIFFERENT => number(line.differences),
            TABLES => number(line.tables as u64),
            ROWS => number(line.rows),
            // What runs stands on top.
            STARTED if !line.state.is_over() => SortKey::Unknown,
            _ => SortKey::Value(line.started.as_millisecond()),
        }
    }

    fn text(&self, row: usize) -> &str {
        &self.0[row].text
    }

    fn cell_text(&self, row: usize, column: usize) -> String {
        let line = &self.0[row].line;
        match column {
            WHAT => self.0[row].name.to_lowercase(),
            RESULT => result_word(line).to_owned(),
            BY => told::trigger(line.trigger),
            SOURCE => line.source_at.raw().to_lowercase(),
            TARGET => line.target_at.raw().to_lowercase(),
            TABLES => line.tables.to_string(),
            DIFFERENT => line.differences.to_string(),
            ROWS => line.rows.to_string(),
            _ => line.started.to_string().to_lowercase(),
        }
    }
}
