//! Rows of one table that differ, source on the left, target on the right: the key always, values only where somebody asked
//! for them, alone or among their neighbours.
//!
//! Keys and names of columns come from the run; values and neighbours are read again from both databases, for the rows about
//! those on screen, and are never kept. Start at [`Differences`]; [`place`] is where columns stand.

pub mod place;

use super::export::Export;
use super::feed::Freshness;
use super::page::{Act, Move, Next, Page};
use super::validations::run::Run;
use super::{Filling, PaneAge, State};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::listing::validations;
use crate::model::validation::told::{Pair, Rows, RowsAsked, Stands};
use crate::model::validation::{Cell, RowChange, RowResult, RunId};
use crate::model::{Problem, Subject, Untrusted};
use place::Places;
use std::collections::BTreeSet;
use std::ops::Range;

/// Neighbours on either side of a row that differs.
pub const NEIGHBOURS: usize = 2;

/// Differences read again at a time: those on screen, and some before and after.
const WINDOW: usize = 40;
/// The same with their neighbours, which cost four small reads each.
const WIDE_WINDOW: usize = 12;

/// One line of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A difference of the run, by its place.
    Listed(usize),
    /// A row that was read again, by its place.
    Read(usize),
    /// Rows in between were left out.
    Gap,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Differences {
    pub run: RunId,
    /// The table's place in the plan.
    pub nth: usize,
    /// What was listed.
    pub rows: Vec<RowResult>,
    /// Names of the columns on both sides; the first ones are the key.
    pub columns: Vec<(Untrusted, Untrusted)>,
    pub key: usize,
    /// With their neighbours.
    pub context: bool,
    /// With their values: confirmed, and in the audit.
    pub revealed: bool,
    /// What was read again, and of which differences.
    pub read: Option<(Rows, Range<usize>)>,
    /// The read on which an answer is awaited, and what it is of.
    pub asked: Option<(u64, Range<usize>)>,
    pub failed: Option<Problem>,
    pub lines: Vec<Line>,
    cursor: usize,
    offset: usize,
    height: usize,
    /// Columns scrolled away, on both sides.
    pub shift: usize,
    pub places: Places,
}

impl Differences {
    /// Those of a table of this run.
    pub fn of(run: &Run, nth: usize) -> Self {
        let rows = run.tables.get(nth).and_then(|table| table.told.as_ref()).map(|told| told.rows.clone());
        let rows = rows.unwrap_or_default();
        let (columns, key) = columns(run, nth, &rows);
        let mut out = Self {
            run: run.line.id.clone(),
            nth,
            rows,
            columns,
            key,
            context: false,
            revealed: false,
            read: None,
            asked: None,
            failed: None,
            lines: Vec::new(),
            cursor: 0,
            offset: 0,
            height: 1,
            shift: 0,
            places: Places::default(),
        };
        out.lay();
        out
    }

    /// Rows have to be read again for what is to be shown.
    pub fn needs_rows(&self) -> bool {
        (self.context || self.revealed) && !self.rows.is_empty()
    }

    /// What is to be read now, where it is not there and nobody was asked.
    pub fn wants(&mut self, id: u64) -> Option<RowsAsked> {
        if !self.needs_rows() || self.asked.is_some() || self.failed.is_some() {
            return None;
        }
        let at = self.difference_at(self.cursor);
        let covered = self.read.as_ref().is_some_and(|(read, of)| of.contains(&at) && (read.values || !self.revealed));
        if covered {
            return None;
        }
        let most = if self.context { WIDE_WINDOW } else { WINDOW };
        let from = at.saturating_sub(most / 4);
        let window = from..(from + most).min(self.rows.len());
        let keys: Vec<Vec<Cell>> = self.rows[window.clone()].iter().map(|row| row.key.clone()).collect();
        self.asked = Some((id, window));
        let context = if self.context { NEIGHBOURS } else { 0 };
        Some(RowsAsked { run: self.run.clone(), nth: self.nth, keys, context, values: self.revealed })
    }

    /// Again, whatever is there.
    pub fn again(&mut self) {
        (self.read, self.asked, self.failed) = (None, None, None);
        self.lay();
    }

    /// What was read.
    pub fn take(&mut self, id: u64, rows: Result<Rows, Problem>) {
        let Some((_, window)) = self.asked.take_if(|(asked, _)| *asked == id) else { return };
        let here = self.difference_at(self.cursor);
        match rows {
            Ok(rows) => {
                // Values that came too late for somebody who has hidden them again are not taken.
                if rows.values && !self.revealed {
                    return;
                }
                (self.columns, self.key) = (rows.columns.clone(), rows.key);
                self.read = Some((rows, window));
                self.failed = None;
            }
            Err(problem) => self.failed = Some(problem),
        }
        self.lay();
        self.go_to(here);
    }

    /// Values go, from the screen and from memory.
    pub fn hide(&mut self) {
        self.revealed = false;
        self.again();
    }

    pub fn turn_context(&mut self) {
        let here = self.difference_at(self.cursor);
        self.context = !self.context;
        self.again();
        self.go_to(here);
    }

    /// The lines anew.
    fn lay(&mut self) {
        self.lines = match &self.read {
            None => (0..self.rows.len()).map(Line::Listed).collect(),
            Some((read, window)) => {
                // A neighbour may itself be one that differs, beyond what was asked for.
                let keys: BTreeSet<Vec<&str>> =
                    read.pairs.iter().flatten().map(|pair| pair.key.iter().map(Untrusted::raw).collect()).collect();
                let is_left = |at: &usize| {
                    let key: Vec<String> = self.rows[*at].key.iter().map(|cell| plain(&cell.value)).collect();
                    !keys.contains(&key.iter().map(String::as_str).collect::<Vec<_>>())
                };
                let before = (0..window.start).filter(is_left).map(Line::Listed);
                let after = (window.end..self.rows.len()).filter(is_left).map(Line::Listed);
                let read = read.pairs.iter().enumerate();
                let read = read.map(|(at, pair)| if pair.is_some() { Line::Read(at) } else { Line::Gap });
                before.chain(read).chain(after).collect()
            }
        };
        self.clamp();
    }

    /// The difference that a line is about, or the one before it.
    fn difference_at(&self, line: usize) -> usize {
        let Some((read, window)) = &self.read else { return line.min(self.rows.len().saturating_sub(1)) };
        match self.lines.get(line) {
            Some(Line::Listed(at)) => *at,
            _ => {
                // The row of this key, or the last one before it.
                let first = self.lines.iter().position(|line| !matches!(line, Line::Listed(_))).unwrap_or(0);
                let pairs = read.pairs.iter().take(line.saturating_sub(first) + 1).flatten();
                let key = pairs.filter(|pair| self.listed(pair).is_some()).last().and_then(|pair| self.listed(pair));
                key.unwrap_or(window.start).min(self.rows.len().saturating_sub(1))
            }
        }
    }

    /// The place of a row that was read among the differences of the run.
    fn listed(&self, pair: &Pair) -> Option<usize> {
        let same = |row: &RowResult| {
            row.key.len() == pair.key.len()
                && row.key.iter().zip(&pair.key).all(|(cell, key)| plain(&cell.value) == key.raw())
        };
        self.rows.iter().position(same)
    }

    /// To the line of this difference.
    fn go_to(&mut self, difference: usize) {
        let is = |line: &Line| match line {
            Line::Listed(at) => *at == difference,
            Line::Read(at) => self.pair(*at).and_then(|pair| self.listed(pair)) == Some(difference),
            Line::Gap => false,
        };
        self.cursor = self.lines.iter().position(is).unwrap_or(0);
        self.clamp();
    }

    pub fn pair(&self, at: usize) -> Option<&Pair> {
        self.read.as_ref()?.0.pairs.get(at)?.as_ref()
    }

    /// A line as it is drawn.
    pub fn shown(&self, line: Line) -> Option<Pair> {
        match line {
            Line::Gap => None,
            Line::Read(at) => self.pair(at).cloned(),
            Line::Listed(at) => self.rows.get(at).map(|row| self.hidden(row)),
        }
    }

    /// A difference of the run: keys and names, no value.
    fn hidden(&self, row: &RowResult) -> Pair {
        let place = |name: &Untrusted| self.columns.iter().position(|(source, _)| source == name);
        let (source, target) = match row.change {
            RowChange::Different => (Stands::Hidden, Stands::Hidden),
            RowChange::Missing => (Stands::Hidden, Stands::Absent),
            RowChange::Extra => (Stands::Absent, Stands::Hidden),
        };
        Pair {
            key: row.key.iter().map(|cell| Untrusted::from(plain(&cell.value))).collect(),
            change: Some(row.change),
            differs: row.columns.iter().filter_map(place).collect(),
            source,
            target,
        }
    }

    /// The listed difference under the cursor, where the cursor is on one.
    pub fn listed_here(&self) -> Option<&RowResult> {
        match self.lines.get(self.cursor)? {
            Line::Listed(at) => self.rows.get(*at),
            Line::Read(at) => self.rows.get(self.listed(self.pair(*at)?)?),
            Line::Gap => None,
        }
    }

    pub fn cursor(&self) -> usize {
        self.cursor
    }

    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Lines on screen.
    pub fn visible(&self) -> Range<usize> {
        self.offset..(self.offset + self.height).min(self.lines.len())
    }

    fn go(&mut self, how: Move) {
        let before = self.cursor;
        self.cursor = how.from(self.cursor, self.height.max(2) - 1);
        self.clamp();
        // A gap is no row.
        if self.lines.get(self.cursor) == Some(&Line::Gap) {
            self.cursor = if self.cursor >= before { self.cursor + 1 } else { self.cursor.saturating_sub(1) };
            self.clamp();
        }
    }

    fn clamp(&mut self) {
        self.cursor = self.cursor.min(self.lines.len().saturating_sub(1));
        self.offset = self.offset.min(self.lines.len().saturating_sub(self.height));
        self.offset = self.offset.clamp((self.cursor + 1).saturating_sub(self.height), self.cursor);
    }
}

/// A value of a key as text.
pub fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => "NULL".to_owned(),
        other => other.to_string(),
    }
}

/// The columns as the plan has them, else as far as the differences name them.
fn columns(run: &Run, nth: usize, rows: &[RowResult]) -> (Vec<(Untrusted, Untrusted)>, usize) {
    let both = |name: &Untrusted| (name.clone(), name.clone());
    if let Some(plan) = run.plan(nth).filter(|plan| !plan.key.is_empty()) {
        return (plan.key.iter().chain(&plan.columns).map(both).collect(), plan.key.len());
    }
    let key: Vec<&Untrusted> =
        rows.first().map(|row| row.key.iter().map(|cell| &cell.column).collect()).unwrap_or_default();
    let mut names: Vec<&Untrusted> = key.clone();
    for name in rows.iter().flat_map(|row| &row.columns) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    (names.into_iter().map(both).collect(), key.len())
}

pub struct DifferencesPage;

impl Page for DifferencesPage {
    fn context(&self) -> Context {
        Context::Differences
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        Vec::new()
    }

    /// Of what was read again, else of the run.
    fn ages(&self, state: &State) -> Vec<PaneAge> {
        let Some(differences) = &state.differences else { return Vec::new() };
        let read = differences.read.as_ref().map(|(rows, _)| rows.at);
        let as_of = read.or_else(|| differences.rows.iter().map(|row| row.last_seen).min());
        vec![PaneAge { has_data: true, as_of, freshness: Freshness::Fresh, late_from: None }]
    }

    fn filling(&self, state: &State) -> Filling {
        match &state.differences {
            Some(differences) if !differences.lines.is_empty() => Filling::Rows,
            Some(_) => Filling::Empty,
            None => Filling::Loading,
        }
    }

    /// The two databases, the head, the rows.
    fn fit(&self, state: &mut State, inner: Area) {
        let Some(differences) = &mut state.differences else { return };
        differences.height = usize::from(inner.height).saturating_sub(2).max(1);
        let half = inner.width.saturating_sub(1) / 2;
        differences.places = place::places(&differences.columns, differences.key, half, differences.shift);
        differences.clamp();
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        let Some(differences) = &mut state.differences else { return };
        match act {
            Act::Move(how) => differences.go(how),
            Act::Shift(by) => {
                let most = differences.columns.len().saturating_sub(differences.key + 1);
                differences.shift = differences.shift.saturating_add_signed(by).min(most);
            }
            _ => {}
        }
    }

    fn detail_wants(&self, state: &State) -> u16 {
        let columns = state.differences.as_ref().map_or(0, |differences| differences.columns.len());
        u16::try_from(columns + 1).unwrap_or(u16::MAX).clamp(4, 14)
    }

    fn detail_beside(&self) -> bool {
        false
    }

    /// The key, which is no value; values never leave the screen by a key.
    fn under_cursor(&self, state: &State) -> Option<String> {
        let differences = state.differences.as_ref()?;
        let pair = differences.shown(*differences.lines.get(differences.cursor)?)?;
        let parts = pair.key.iter().zip(&differences.columns);
        let parts: Vec<String> =
            parts.map(|(value, (name, _))| format!("{}={}", name.shown(), value.shown())).collect();
        Some(parts.join(" "))
    }

    fn export(&self, state: &State) -> Option<Export> {
        let differences = state.differences.as_ref()?;
        let run = state.validations.run(&differences.run)?;
        let told = run.tables.get(differences.nth)?.told.as_ref()?;
        let list = validations::all(std::iter::once((&told.result, &differences.rows[..])), false);
        Some(Export { name: format!("differences-{}", run.tables[differences.nth].source), list })
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        let read = state.differences.as_ref().and_then(|differences| differences.read.as_ref());
        next.age(read.map(|(rows, _)| rows.at));
    }
}
