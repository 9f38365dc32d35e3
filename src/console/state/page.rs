//! What the house asks of every screen, and which file answers for which.
//!
//! A screen is a row of [`Screen::page`], a file of its name in `state` with its [`Page`], one in `view` that draws it
//! and, where it has keys of its own, one in `update`. What is not said here is the same on all of them.

use super::column::Column;
use super::export::Export;
use super::list::{List, Marking, Marks, Rows};
use super::{Filling, PaneAge, State, age};
use super::{
    activity, alerts, all_drain, charts, definition, differences, drain, events, logs, problems, refreshes, schedules,
    tables, tasks, validation_tab, validations,
};
use crate::console::actions::Context;
use crate::console::message::{Area, Focus};
use crate::model::Subject;
use jiff::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Tasks,
    /// One side of the opened task.
    Task(Tab),
    /// Events of everything.
    Events,
    /// Logs that the configuration names.
    Logs,
    /// Is everything through, of all tasks.
    Drain,
    Schedules,
    Alerts,
    /// What was changed.
    Activity,
    /// Which comparisons there are.
    Validations,
    /// The tables of one.
    Validation,
    /// The rows of one table that differ.
    Differences,
    /// Loads of a target with everything around them.
    Refreshes,
    /// What one would do.
    RefreshPlan,
    /// One that is or was carried out.
    RefreshRun,
    Problems,
}

/// The sides of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Tables,
    Events,
    Logs,
    Metrics,
    Drain,
    Validation,
    Definition,
}

impl Tab {
    pub const ALL: [Self; 7] =
        [Self::Tables, Self::Events, Self::Logs, Self::Metrics, Self::Drain, Self::Validation, Self::Definition];

    pub fn title(self) -> &'static str {
        match self {
            Self::Tables => "Tables",
            Self::Events => "Events",
            Self::Logs => "Logs",
            Self::Metrics => "Metrics",
            Self::Drain => "Drain",
            Self::Validation => "Validation",
            Self::Definition => "Definition",
        }
    }

    /// The side `by` further on, around the end.
    #[must_use]
    pub fn beside(self, by: isize) -> Self {
        let here = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        let sides = Self::ALL.len();
        Self::ALL[(here + sides).saturating_add_signed(by) % sides]
    }
}

impl Screen {
    /// Who answers for it.
    pub fn page(self) -> &'static dyn Page {
        match self {
            Self::Tasks => &tasks::TasksPage,
            Self::Task(Tab::Tables) => &tables::TablesPage,
            Self::Events | Self::Task(Tab::Events) => &events::EventsPage,
            Self::Logs | Self::Task(Tab::Logs) => &logs::LogsPage,
            Self::Task(Tab::Metrics) => &charts::ChartsPage,
            Self::Drain => &all_drain::AllDrainPage,
            Self::Task(Tab::Drain) => &drain::DrainPage,
            Self::Task(Tab::Validation) => &validation_tab::ValidationTabPage,
            Self::Task(Tab::Definition) => &definition::DefinitionPage,
            Self::Schedules => &schedules::SchedulesPage,
            Self::Alerts => &alerts::AlertsPage,
            Self::Activity => &activity::ActivityPage,
            Self::Validations => &validations::ValidationsPage,
            Self::Validation => &validations::tables::RunPage,
            Self::Differences => &differences::DifferencesPage,
            Self::Refreshes => &refreshes::RefreshesPage,
            Self::RefreshPlan => &refreshes::plan::RefreshPlanPage,
            Self::RefreshRun => &refreshes::run::RefreshRunPage,
            Self::Problems => &problems::ProblemsPage,
        }
    }
}

/// A screen as the rest of the console sees it. Where a page serves two screens, `state.screen()` says which.
pub trait Page {
    fn context(&self) -> Context;

    /// Subjects whose data is on screen: `r` asks for them again, and the oldest of them is the age in the header.
    fn subjects(&self, state: &State) -> Vec<Subject>;

    /// Ages of what is on screen: those of its subjects, unless it shows what no feed brings.
    fn ages(&self, state: &State) -> Vec<PaneAge> {
        self.subjects(state).iter().map(|subject| state.pane_age(subject)).collect()
    }

    /// What `r` asks again besides, though its age is not that of the screen.
    fn also_asked(&self, _state: &State) -> Vec<Subject> {
        Vec::new()
    }

    /// What the list has to show.
    fn filling(&self, state: &State) -> Filling;

    /// Tells the list how much of it can be seen.
    fn fit(&self, state: &mut State, inner: Area);

    /// Moves the cursor, changes order, filter or columns.
    fn act(&self, state: &mut State, act: Act<'_>);

    fn columns(&self) -> &'static [Column] {
        &[]
    }

    /// Text of the filter; empty where there is none.
    fn filter<'a>(&self, _state: &'a State) -> &'a str {
        ""
    }

    /// Rows that are marked; none where rows cannot be.
    fn marks(&self, _state: &State) -> Marks {
        Marks::default()
    }

    /// What stands before the open text field.
    fn prompt(&self, _state: &State) -> &'static str {
        "/ "
    }

    /// Lines the pane under the list can use. Where there is nothing to be about there is no such pane; with a filter
    /// that matches nothing it stays, so that typing moves nothing.
    fn detail_wants(&self, _state: &State) -> u16 {
        0
    }

    /// That pane may stand beside the list where there is width for it.
    fn detail_beside(&self) -> bool {
        true
    }

    /// Something rested long enough for the pane below to follow.
    fn follow(&self, _state: &mut State) {}

    /// What `y` copies: what is under the cursor, as one would paste it into a ticket or a command. A name
    /// from outside goes through `shown()`: a line break in it would run what follows where it is pasted.
    fn under_cursor(&self, _state: &State) -> Option<String> {
        None
    }

    /// What `Y` copies and `w` writes: every row that passes the filter, in the order on screen. To fill it in, make a
    /// `const COLUMNS: &[listing::Column]` with the names that the headless command of the same list has, or better take
    /// that command's own (`model::listing::tasks`), and one raw `serde_json::Value` for each of them a row; `List::order`
    /// gives the rows. Formats, escaping, the name of the file and what is said about it follow.
    fn export(&self, _state: &State) -> Option<Export> {
        None
    }

    /// What `w` writes to a file whose name ends like this, where that is no list: `md`, `jsonl`.
    fn document(&self, _state: &State, _end: &str) -> Option<String> {
        None
    }

    /// What the feeds should know.
    fn focus(&self, _state: &State, _focus: &mut Focus) {}

    /// Moments at which something on this screen reads differently though nothing happened; ages of
    /// [`Page::subjects`] are offered already.
    fn deadline(&self, _state: &State, _next: &mut Next) {}
}

/// Something done to the list of a screen, whatever its rows are.
#[derive(Debug, Clone, Copy)]
pub enum Act<'a> {
    Move(Move),
    Sort(Resort),
    /// Columns further right or back.
    Shift(isize),
    Refilter(&'a str),
    Mark(Marking),
}

/// Which way the cursor goes.
#[derive(Debug, Clone, Copy)]
pub enum Move {
    Rows(isize),
    Pages(isize),
    First,
    Last,
}

impl Move {
    /// Where a plain list goes from `place`, `page` rows at a time; past the end is for the list to cut.
    pub fn from(self, place: usize, page: usize) -> usize {
        let page = isize::try_from(page).unwrap_or(1);
        match self {
            Self::Rows(by) => place.saturating_add_signed(by),
            Self::Pages(by) => place.saturating_add_signed(by.saturating_mul(page)),
            Self::First => 0,
            Self::Last => usize::MAX,
        }
    }
}

/// How the order changes.
#[derive(Debug, Clone, Copy)]
pub enum Resort {
    /// To a column beside the present one.
    Beside(isize),
    Reverse,
    /// By this column; again turns the order round.
    By(usize),
}

impl Act<'_> {
    pub fn on<R: Rows>(self, list: &mut List<R::Key>, rows: &R) {
        let sort = list.sort;
        let rightmost = rows.columns().len().saturating_sub(1);
        match self {
            Self::Move(Move::Rows(by)) => list.step(by, rows),
            Self::Move(Move::Pages(by)) => list.page(by, rows),
            Self::Move(Move::First) => list.go(0, rows),
            Self::Move(Move::Last) => list.go(usize::MAX, rows),
            Self::Sort(Resort::Beside(by)) => {
                let column = sort.column.saturating_add_signed(by).min(rightmost);
                // At the edge nothing changes, a reversed order least of all.
                list.sort_by(column, sort.reversed && column == sort.column, rows);
            }
            Self::Sort(Resort::Reverse) => list.sort_by(sort.column, !sort.reversed, rows),
            Self::Sort(Resort::By(column)) => {
                list.sort_by(column, column == sort.column && !sort.reversed, rows);
            }
            Self::Shift(by) => list.scroll_columns(by, rows.columns()),
            Self::Refilter(text) => list.refilter(text, rows),
            Self::Mark(how) => list.mark(how, rows),
        }
    }
}

/// The earliest of what is offered and still to come.
#[derive(Debug)]
pub struct Next {
    pub now: Timestamp,
    pub at: Option<Timestamp>,
}

impl Next {
    pub fn offer(&mut self, at: Option<Timestamp>) {
        let ahead = at.filter(|at| *at > self.now);
        self.at = [self.at, ahead].into_iter().flatten().min();
    }

    /// When the label of this age changes.
    pub fn age(&mut self, as_of: Option<Timestamp>) {
        self.offer(age::next_step(as_of, self.now));
    }
}

/// What a list of `rows`, of which `left` pass its filter, has to show, going by what is known of its subject.
pub fn filling(state: &State, subject: &Subject, rows: usize, left: usize) -> Filling {
    match state.world.feed(subject) {
        Some(feed) if !feed.has_data() && feed.failed.is_some() => Filling::Failed,
        Some(feed) if feed.has_data() && rows == 0 => Filling::Empty,
        Some(feed) if feed.has_data() && left == 0 => Filling::NoMatch,
        Some(feed) if feed.has_data() => Filling::Rows,
        _ => Filling::Loading,
    }
}
