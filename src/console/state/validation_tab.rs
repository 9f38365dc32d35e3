//! The side Validation of the opened task: our own runs of it, the newest first, and beside them what DMS's own validation
//! says.
//!
//! Our runs are the lines of [`super::validations`]; here is only which of them is under the cursor. What stands in the pane
//! below is [`beside`].

use super::page::{Act, Next, Page};
use super::{Filling, PaneAge, State};
use crate::console::actions::Context;
use crate::console::message::{Area, Focus};
use crate::model::Subject;
use crate::model::table::{TableRow, ValidationState};
use crate::model::validation::told::RunLine;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValidationTab {
    cursor: usize,
    offset: usize,
    height: usize,
}

impl ValidationTab {
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    pub fn offset(&self) -> usize {
        self.offset
    }

    pub fn height(&self) -> usize {
        self.height
    }

    fn clamp(&mut self, rows: usize) {
        self.cursor = self.cursor.min(rows.saturating_sub(1));
        self.offset = self.offset.min(rows.saturating_sub(self.height.max(1)));
        self.offset = self.offset.clamp((self.cursor + 1).saturating_sub(self.height.max(1)), self.cursor);
    }
}

/// Our runs of the opened task, the newest first.
pub fn runs(state: &State) -> Vec<&RunLine> {
    let name = state.opened.as_ref().and_then(|arn| state.world.task(arn)).map(|task| task.name.raw());
    name.map(|name| state.validations.of_task(name).collect()).unwrap_or_default()
}

/// The run under the cursor.
pub fn row(state: &State) -> Option<&RunLine> {
    runs(state).get(state.validation_tab.cursor).copied()
}

/// How a line of the pane below is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Heading,
    Good,
    Bad,
    Unknown,
    Less,
}

/// What DMS's own validation says of the tables, a line a state, the worst first.
pub fn beside(state: &State) -> Vec<(Kind, String)> {
    let open = state.tables.as_ref().filter(|tables| state.opened.as_ref() == Some(&tables.arn));
    let Some(tables) = open.filter(|tables| !tables.rows.is_empty()) else {
        return vec![(Kind::Less, "the tables of this task were not read yet".to_owned())];
    };
    let mut counts: BTreeMap<(u8, String), usize> = BTreeMap::new();
    for row in &tables.rows {
        *counts.entry(told(row)).or_default() += 1;
    }
    let line = |((weight, words), count): ((u8, String), usize)| {
        let kind = match weight {
            0 => Kind::Bad,
            1 => Kind::Unknown,
            2 => Kind::Less,
            _ => Kind::Good,
        };
        (kind, format!("{}: {words}", crate::console::text::plural(count, "table")))
    };
    counts.into_iter().map(line).collect()
}

fn told(row: &TableRow) -> (u8, String) {
    let Some(state) = &row.validation else { return (2, "DMS says nothing of a validation".to_owned()) };
    let words = super::tables::validation_word(state).into_owned();
    let weight = match state {
        ValidationState::Validated => 3,
        ValidationState::NotEnabled => 2,
        ValidationState::MismatchedRecords | ValidationState::Error | ValidationState::TableError => 0,
        _ => 1,
    };
    (weight, words)
}

pub struct ValidationTabPage;

impl Page for ValidationTabPage {
    fn context(&self) -> Context {
        Context::TaskValidation
    }

    fn subjects(&self, state: &State) -> Vec<Subject> {
        state.opened.clone().map(Subject::Tables).into_iter().collect()
    }

    fn ages(&self, state: &State) -> Vec<PaneAge> {
        self.subjects(state).iter().map(|subject| state.pane_age(subject)).collect()
    }

    fn filling(&self, state: &State) -> Filling {
        let feed = &state.validations.feed;
        match () {
            () if !runs(state).is_empty() => Filling::Rows,
            () if !feed.has_data() && feed.failed.is_some() => Filling::Failed,
            () if !feed.has_data() => Filling::Loading,
            () => Filling::Empty,
        }
    }

    fn fit(&self, state: &mut State, inner: Area) {
        let rows = runs(state).len();
        state.validation_tab.height = usize::from(inner.height).saturating_sub(1);
        state.validation_tab.clamp(rows);
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        let rows = runs(state).len();
        let tab = &mut state.validation_tab;
        if let Act::Move(how) = act {
            tab.cursor = how.from(tab.cursor, tab.height.max(2) - 1);
            tab.clamp(rows);
        }
    }

    fn detail_wants(&self, state: &State) -> u16 {
        u16::try_from(beside(state).len() + 1).unwrap_or(u16::MAX).max(4)
    }

    fn under_cursor(&self, state: &State) -> Option<String> {
        row(state).map(|line| line.id.0.clone())
    }

    fn focus(&self, state: &State, focus: &mut Focus) {
        focus.tables_of.clone_from(&state.opened);
        focus.visible.extend(state.opened.clone());
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        next.offer(super::age::next_day(next.now));
        next.offer(state.validations.due().filter(|_| state.focused));
    }
}
