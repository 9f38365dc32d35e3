//! What is on screen. One file per screen, and one per thing they share; everything here is plain data.
//!
//! May touch `model` and nothing else of ours but the console's own words. Start with [`State`]; the rows of a screen are
//! in the file of its name, the cursor, order and filter of any list in [`list`], ages in [`age`] and [`feed`].

pub mod age;
pub mod column;
pub mod feed;
pub mod filter;
pub mod header;
pub mod help;
pub mod layout;
pub mod list;
pub mod palette;
pub mod problems;
pub mod tables;
pub mod tasks;
pub mod world;

use super::actions::Context;
use super::message::{Area, Focus};
use crate::model::parts::Identity;
use crate::model::task::TaskStatus;
use crate::model::{Problem, ReplicationArn, Scope, Subject};
use feed::Freshness;
use jiff::{SignedDuration, Timestamp};
use layout::Layout;
use palette::Palette;
use problems::Problems;
use tables::Tables;
use tasks::{TaskRows, Tasks};
use world::World;

/// What the program may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    ReadOnly,
}

impl Mode {
    pub fn word(self) -> &'static str {
        match self {
            Self::ReadOnly => "READ-ONLY",
        }
    }
}

/// What is known before anything is asked.
#[allow(clippy::struct_excessive_bools, reason = "independent switches, each with its own flag or environment")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Name on the band; `None` shows ENV UNKNOWN.
    pub environment: Option<String>,
    pub profile: String,
    pub region: Option<String>,
    pub mode: Mode,
    pub ascii: bool,
    pub colour: bool,
    pub demo: bool,
    /// A clock with seconds in the header: one small frame a second.
    pub clock: bool,
    /// Name patterns that limit what is watched; told where no task is found.
    pub watched: Vec<String>,
}

/// Who we are, once that is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Connection {
    SigningIn,
    Connected { scope: Scope, identity: Identity },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Tasks,
    Tables,
    Problems,
}

/// Something that lies over the screen and takes the keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    Help { offset: usize, over: Context },
    Palette(Palette),
}

/// A line across the screen: the data below is kept and ages.
#[derive(Debug, Clone, PartialEq)]
pub struct Banner {
    pub problem: Problem,
    pub since: Timestamp,
}

/// What asking costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traffic {
    pub requests_last_minute: u32,
    pub dollars_per_day: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub setup: Setup,
    pub area: Area,
    /// Time of the last message; the only clock there is.
    pub now: Timestamp,
    pub connection: Connection,
    /// Somebody looks, as far as the terminal tells.
    pub focused: bool,
    pub world: World,
    /// The first screen is the last to be left.
    pub screens: Vec<Screen>,
    pub overlay: Option<Overlay>,
    /// The filter field of the screen is open.
    pub typing: bool,
    pub tasks: Tasks,
    /// The task opened last.
    pub tables: Option<Tables>,
    pub problems: Problems,
    pub banner: Option<Banner>,
    pub traffic: Option<Traffic>,
    /// What the feeds were told last.
    pub looked: Option<Focus>,
}

/// The age of one kind of data on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaneAge {
    pub has_data: bool,
    pub as_of: Option<Timestamp>,
    pub freshness: Freshness,
    pub late_from: Option<Timestamp>,
}

/// What a pane has to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// Nothing yet, and nothing failed.
    Loading,
    /// Nothing yet, and asking failed.
    Failed,
    /// An answer, and nothing in it.
    Empty,
    /// Rows, and none passes the filter.
    NoMatch,
    Rows,
}

impl State {
    pub fn new(setup: Setup, area: Area, now: Timestamp) -> Self {
        let mut state = Self {
            setup,
            area,
            now,
            connection: Connection::SigningIn,
            focused: true,
            world: World::default(),
            screens: vec![Screen::Tasks],
            overlay: None,
            typing: false,
            tasks: Tasks::default(),
            tables: None,
            problems: Problems::default(),
            banner: None,
            traffic: None,
            looked: None,
        };
        state.fit();
        state
    }

    pub fn screen(&self) -> Screen {
        self.screens.last().copied().unwrap_or(Screen::Tasks)
    }

    /// Who gets the next key.
    pub fn context(&self) -> Context {
        match &self.overlay {
            Some(Overlay::Help { .. }) => Context::Help,
            Some(Overlay::Palette(_)) => Context::Palette,
            None if self.typing => Context::Filter,
            None => self.screen_context(),
        }
    }

    pub fn screen_context(&self) -> Context {
        match self.screen() {
            Screen::Tasks => Context::Tasks,
            Screen::Tables => Context::Tables,
            Screen::Problems => Context::Problems,
        }
    }

    pub fn task_rows(&self) -> TaskRows<'_> {
        TaskRows { world: &self.world, lines: &self.tasks.lines }
    }

    /// Lines the pane under the list can use on this screen. Where there is nothing to be about there is no such pane;
    /// with a filter that matches nothing it stays, so that typing moves nothing.
    fn detail_wants(&self) -> u16 {
        match self.screen() {
            Screen::Problems if self.problems.entries().is_empty() => 0,
            Screen::Tasks | Screen::Tables if !matches!(self.filling(), Filling::Rows | Filling::NoMatch) => 0,
            Screen::Tasks => 12,
            Screen::Tables => 6,
            Screen::Problems => 10,
        }
    }

    pub fn layout(&self) -> Layout {
        // The rows of Tables can use all the width there is.
        let beside = self.screen() != Screen::Tables;
        layout::layout(self.area, self.banner.is_some(), self.detail_wants(), beside)
    }

    /// Tells the lists how many rows they have.
    pub fn fit(&mut self) {
        let inner = self.layout().list.inner().height;
        let rows = |above: u16| usize::from(inner.saturating_sub(above));
        match self.screen() {
            Screen::Tasks => self.tasks.list.set_height(rows(1)),
            Screen::Tables => {
                if let Some(tables) = &mut self.tables {
                    tables.list.set_height(rows(2));
                }
            }
            Screen::Problems => self.problems.set_height(rows(2)),
        }
    }

    /// Columns of the list on screen.
    pub fn columns(&self) -> &'static [column::Column] {
        match self.screen() {
            Screen::Tasks => &tasks::COLUMNS,
            Screen::Tables => &tables::COLUMNS,
            Screen::Problems => &[],
        }
    }

    /// Subjects whose data is on screen.
    pub fn subjects_on_screen(&self) -> Vec<Subject> {
        let mut subjects = vec![Subject::Tasks, Subject::Metrics];
        if let (Screen::Tables, Some(tables)) = (self.screen(), &self.tables) {
            subjects.insert(0, Subject::Tables(tables.arn.clone()));
        }
        subjects
    }

    /// Ages of what is on screen.
    pub fn ages_on_screen(&self) -> Vec<PaneAge> {
        self.subjects_on_screen().iter().map(|subject| self.pane_age(subject)).collect()
    }

    pub fn pane_age(&self, subject: &Subject) -> PaneAge {
        let Some(feed) = self.world.feed(subject) else {
            return PaneAge { has_data: false, as_of: None, freshness: Freshness::Awaited, late_from: None };
        };
        // Points that were never published have no age; where one is due its own cell says so.
        let nothing = *subject == Subject::Metrics && !self.world.has_points();
        // DMS refreshes the statistics of a running task only: nothing newer is due of another.
        let idle = matches!(subject, Subject::Tables(arn) if feed.failed.is_none() && !self.runs(arn));
        let freshness = match feed.freshness(self.now) {
            Freshness::Late if idle => Freshness::Fresh,
            other => other,
        };
        PaneAge { has_data: feed.has_data() && !nothing, as_of: feed.as_of, freshness, late_from: feed.late_from() }
    }

    fn runs(&self, arn: &ReplicationArn) -> bool {
        self.world.task(arn).is_none_or(|task| task.status == TaskStatus::Running)
    }

    /// What the list of the screen has to show.
    pub fn filling(&self) -> Filling {
        let (subject, rows, left) = match (self.screen(), &self.tables) {
            (Screen::Tables, Some(tables)) => {
                (Subject::Tables(tables.arn.clone()), tables.rows.len(), tables.list.len())
            }
            _ => (Subject::Tasks, self.world.tasks.len(), self.tasks.list.len()),
        };
        match self.world.feed(&subject) {
            Some(feed) if !feed.has_data() && feed.failed.is_some() => Filling::Failed,
            Some(feed) if feed.has_data() && rows == 0 => Filling::Empty,
            Some(feed) if feed.has_data() && left == 0 => Filling::NoMatch,
            Some(feed) if feed.has_data() => Filling::Rows,
            _ => Filling::Loading,
        }
    }

    /// What the feeds should know about the screen.
    pub fn focus(&self) -> Focus {
        let (mut visible, tables_of) = match (self.screen(), &self.tables) {
            (Screen::Tasks, _) => {
                let rows = self.tasks.list.visible();
                (rows.filter_map(|(_, row)| self.world.tasks.get(row)).map(|task| task.arn.clone()).collect(), None)
            }
            (Screen::Tables, Some(tables)) => (vec![tables.arn.clone()], Some(tables.arn.clone())),
            _ => (Vec::new(), None),
        };
        // Which tasks, not in which order: a new order is nothing new to ask.
        visible.sort_unstable();
        Focus { tables_of, visible, looking: self.focused }
    }

    /// The next moment at which something on screen reads differently though nothing happened; `None` when nothing ages.
    pub fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        if self.layout().too_small {
            return None;
        }
        let mut next = Next { now, at: None };
        if header::shows_clock(self) {
            next.offer(now.checked_add(SignedDuration::from_nanos(i64::from(1_000_000_000 - sub_second(now)))).ok());
        }
        for pane in self.ages_on_screen().into_iter().filter(|pane| pane.has_data) {
            next.age(pane.as_of);
            next.offer(pane.late_from);
        }
        if let Connection::Connected { identity, .. } = &self.connection {
            next.offer(identity.expires.and_then(|at| age::next_left(at, now)));
        }
        next.offer(self.tasks.judged_until);
        match (self.screen(), &self.tables) {
            (Screen::Tasks, _) => self.tasks_deadline(&mut next),
            (Screen::Tables, Some(tables)) => {
                next.offer(tables.list.follows_at());
                for (_, row) in tables.list.visible() {
                    next.age(tables.rows.get(row).and_then(|row| row.last_update));
                }
            }
            (Screen::Problems, _) => {
                for (_, entry) in self.problems.visible() {
                    next.age(Some(entry.last));
                }
            }
            (Screen::Tables, None) => {}
        }
        next.at
    }

    /// Ages of points, in the rows and in the pane below.
    fn tasks_deadline(&self, next: &mut Next) {
        use crate::model::health::Latency;
        next.offer(self.tasks.list.follows_at());
        for (_, row) in self.tasks.list.visible() {
            match self.tasks.lines.get(row).map(|line| line.latency) {
                Some(Latency::Missing { newest }) => next.age(newest),
                Some(Latency::NotYet) => {
                    let points =
                        self.world.tasks.get(row).map(|task| {
                            self.world.points(&task.arn, crate::model::metric::MetricName::CDCLatencyTarget)
                        });
                    next.age(points.and_then(<[_]>::last).map(|point| point.at));
                }
                _ => {}
            }
        }
        if let Some(arn) = self.tasks.list.detail() {
            let errors = self.world.feed(&Subject::TableErrors(arn.clone()));
            if let Some(feed) = errors.filter(|feed| feed.failed.is_some()) {
                next.age(feed.as_of);
            }
            for name in crate::model::metric::MetricName::WATCHED {
                next.age(self.world.points(arn, name).last().map(|point| point.at));
            }
        }
    }
}

/// The earliest of what is offered and still to come.
struct Next {
    now: Timestamp,
    at: Option<Timestamp>,
}

impl Next {
    fn offer(&mut self, at: Option<Timestamp>) {
        let ahead = at.filter(|at| *at > self.now);
        self.at = [self.at, ahead].into_iter().flatten().min();
    }

    fn age(&mut self, as_of: Option<Timestamp>) {
        self.offer(age::next_step(as_of, self.now));
    }
}

fn sub_second(now: Timestamp) -> i32 {
    now.subsec_nanosecond().rem_euclid(1_000_000_000)
}
