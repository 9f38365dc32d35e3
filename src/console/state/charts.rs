//! Metrics of one task as charts: which one is large, over which time, and where the cursor reads it.
//!
//! `table` says which charts there are, `known` what is known of a line or why nothing is, `dots` and `axis` turn points
//! into pictures, `places` says where they stand.

pub mod axis;
pub mod dots;
pub mod known;
pub mod places;
pub mod table;

use super::export::{self, Export};
use super::layout::Pane;
use super::page::{Act, Move, Next, Page};
use super::{Filling, State};
use crate::console::actions::Context;
use crate::console::message::{Area, Focus};
use crate::model::{ReplicationKind, Subject};
use dots::Window;
use jiff::{SignedDuration, Timestamp};
use places::Places;
use table::{Chart, TABLE};

/// How much time is on screen; minutes.
pub const RANGES: [i64; 3] = [15, 60, 180];

#[derive(Debug, Clone, PartialEq)]
pub struct Charts {
    /// Place in [`RANGES`].
    range: usize,
    /// Place of the large chart in [`TABLE`].
    chosen: usize,
    /// The first of the others on screen.
    first: usize,
    /// The minute that is read out; `None` reads the newest points.
    cursor: Option<Timestamp>,
    /// Characters across the large plot: what one step of the cursor depends on.
    cells: usize,
    shape: (usize, usize),
}

impl Default for Charts {
    fn default() -> Self {
        Self { range: 1, chosen: 0, first: 0, cursor: None, cells: 1, shape: (1, 1) }
    }
}

impl Charts {
    pub fn chosen(&self) -> usize {
        self.chosen
    }

    pub fn chart(&self) -> &'static Chart {
        &TABLE[self.chosen]
    }

    /// Places in [`TABLE`] of the charts on screen beside the large one.
    pub fn others(&self) -> std::ops::Range<usize> {
        self.first..(self.first + self.shape.0 * self.shape.1).min(TABLE.len())
    }

    pub fn range(&self) -> SignedDuration {
        SignedDuration::from_mins(RANGES[self.range])
    }

    pub fn window(&self, now: Timestamp) -> Window {
        Window::back(now, self.range())
    }

    /// More time (1) or less (-1).
    pub fn widen(&mut self, by: isize) {
        self.range = self.range.saturating_add_signed(by).min(RANGES.len() - 1);
    }

    /// The minutes under the cursor, where it is on screen.
    pub fn cursor(&self, now: Timestamp) -> Option<(Timestamp, SignedDuration)> {
        let at = self.cursor.filter(|at| self.window(now).holds(*at))?;
        Some((at, self.step()))
    }

    /// Minutes of one character of the large plot, at least one.
    fn step(&self) -> SignedDuration {
        let cells = i64::try_from(self.cells.max(1)).unwrap_or(i64::MAX);
        SignedDuration::from_mins((RANGES[self.range] + cells - 1) / cells)
    }

    /// Steps to the right; beyond the newest point there is no cursor, and the first step from there goes to it.
    fn move_cursor(&mut self, by: isize, newest: Option<Timestamp>, now: Timestamp) {
        let window = self.window(now);
        let Some(newest) = newest.filter(|at| window.holds(*at)) else {
            self.cursor = None;
            return;
        };
        let by = i32::try_from(by).unwrap_or_default();
        let at = match self.cursor(now) {
            None if by < 0 => Some(newest),
            None => None,
            Some((at, step)) => step.checked_mul(by).and_then(|by| at.checked_add(by).ok()),
        };
        self.cursor = at.map(|at| at.max(window.from)).filter(|at| *at <= newest);
    }

    fn choose(&mut self, chosen: usize) {
        self.chosen = chosen.min(TABLE.len() - 1);
        self.scroll();
    }

    /// Whole rows, with the chosen one among them and no empty ones at the end.
    fn scroll(&mut self) {
        let (columns, rows) = (self.shape.0.max(1), self.shape.1.max(1));
        let (row, all) = (self.chosen / columns, TABLE.len().div_ceil(columns));
        let first = (self.first / columns).clamp((row + 1).saturating_sub(rows), row);
        self.first = first.min(all.saturating_sub(rows)) * columns;
    }
}

pub struct ChartsPage;

impl Page for ChartsPage {
    fn context(&self) -> Context {
        Context::Metrics
    }

    /// Where the name of its instance is missing, that is what has to be asked before anything can be measured.
    fn subjects(&self, state: &State) -> Vec<Subject> {
        let Some(arn) = &state.opened else { return Vec::new() };
        let named = |task: &crate::model::task::Task| {
            arn.kind() == ReplicationKind::Serverless
                || task.instance.as_ref().is_some_and(|instance| state.world.instance(instance).is_some())
        };
        match state.world.task(arn) {
            Some(task) if !named(task) => vec![Subject::Instances],
            _ => vec![Subject::Charts(arn.clone())],
        }
    }

    fn export(&self, state: &State) -> Option<Export> {
        export::metrics(state)
    }

    fn filling(&self, state: &State) -> Filling {
        let Some(arn) = &state.opened else { return Filling::Loading };
        let anything = TABLE.iter().any(|chart| known::newest(state, chart).is_some());
        match state.world.feed(&Subject::Charts(arn.clone())) {
            _ if anything => Filling::Rows,
            Some(feed) if !feed.has_data() && feed.failed.is_some() => Filling::Failed,
            Some(feed) if feed.has_data() => Filling::Empty,
            _ => Filling::Loading,
        }
    }

    fn fit(&self, state: &mut State, inner: Area) {
        let inner = Pane { width: inner.width, height: inner.height, ..Pane::default() };
        let places = Places::of(inner, TABLE.len());
        state.charts.cells = places.cells();
        state.charts.shape = places.shape();
        state.charts.scroll();
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        let newest = known::newest(state, state.charts.chart());
        let (now, charts) = (state.now, &mut state.charts);
        match act {
            Act::Move(how) => {
                let page = charts.shape.0 * charts.shape.1;
                charts.choose(Move::from(how, charts.chosen, page));
            }
            Act::Shift(by) => charts.move_cursor(by, newest, now),
            Act::Sort(_) | Act::Refilter(_) | Act::Mark(_) => {}
        }
    }

    fn focus(&self, state: &State, focus: &mut Focus) {
        focus.charts_of = state.task_on_screen().cloned();
        focus.visible.extend(focus.charts_of.clone());
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        // The axis moves on.
        next.offer(Some(state.charts.window(next.now).until));
        let shown = state.charts.others().chain([state.charts.chosen]);
        for chart in shown.map(|place| &TABLE[place]) {
            for line in chart.lines {
                if let Some(point) = known::points(state, chart.of, line.name).last() {
                    next.age(Some(point.at));
                    next.offer(Some(known::late_from(point.at)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
