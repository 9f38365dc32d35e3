//! What is on screen. One file per screen, and one per thing they share; everything here is plain data.
//!
//! May touch `model` and nothing else of ours but the console's own words. Start with [`State`]; the rows of a screen are
//! in the file of its name, the cursor, order and filter of any list in [`list`], ages in [`age`] and [`feed`].

pub mod activity;
pub mod age;
pub mod alerts;
pub mod all_drain;
pub mod charts;
pub mod column;
pub mod confirm;
pub mod definition;
pub mod differences;
pub mod drain;
pub mod events;
pub mod export;
pub mod facts;
pub mod feed;
pub mod filter;
pub mod header;
pub mod help;
pub mod layout;
pub mod list;
pub mod logs;
pub mod notice;
pub mod operate;
pub mod page;
pub mod palette;
pub mod problems;
pub mod refreshes;
pub mod schedules;
pub mod tables;
pub mod tasks;
pub mod text_pane;
pub mod validate;
pub mod validation_tab;
pub mod validations;
pub mod world;

use super::actions::{ActionId, Context, Keymap};
use super::message::{Area, Focus};
use super::theme::Look;
use crate::model::alert;
use crate::model::parts::Identity;
use crate::model::refresh::told::Prepared;
use crate::model::task::TaskStatus;
use crate::model::{Problem, ReplicationArn, Scope, Subject};
use activity::Activities;
use alerts::Alerts;
use all_drain::AllDrain;
use charts::Charts;
use confirm::Confirm;
use definition::Definition;
use differences::Differences;
use drain::Drain;
use events::Events;
use export::FileField;
use feed::Freshness;
use jiff::{SignedDuration, Timestamp};
use layout::{Above, Layout};
use logs::Logs;
use notice::Notice;
use operate::Operate;
use page::{Next, Page};
pub use page::{Screen, Tab};
use palette::Palette;
use problems::Problems;
use refreshes::Refreshes;
use schedules::Schedules;
use tables::Tables;
use tasks::Tasks;
use validate::{Ask, Stage as StartStage, Start};
use validation_tab::ValidationTab;
use validations::Validations;
use world::World;

/// What the program may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    ReadOnly,
    /// Changes are meant, in the account of the configuration.
    Operate,
}

impl Mode {
    pub fn word(self) -> &'static str {
        match self {
            Self::ReadOnly => "READ-ONLY",
            Self::Operate => "OPERATE",
        }
    }
}

/// What is known before anything is asked.
#[allow(clippy::struct_excessive_bools, reason = "independent switches, each with its own flag or environment")]
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// Name on the band; `None` shows ENV UNKNOWN.
    pub environment: Option<String>,
    pub profile: String,
    pub region: Option<String>,
    pub mode: Mode,
    pub ascii: bool,
    pub look: Look,
    pub demo: bool,
    /// A clock with seconds in the header: one small frame a second.
    pub clock: bool,
    /// Name patterns that limit what is watched; told where no task is found.
    pub watched: Vec<String>,
    /// No scope hides tasks of the account.
    pub sees_every_task: bool,
    /// The terminal's bell at something new and critical.
    pub bell: bool,
    /// Limits of the rules.
    pub alerts: alert::Settings,
    /// Log groups that the configuration names.
    pub log_groups: Vec<String>,
    /// Validations that the configuration names.
    pub validations: Vec<String>,
    /// Refreshes that the configuration names.
    pub refreshes: Vec<Prepared>,
    /// Where times are shown besides UTC.
    pub time_zone: Option<jiff::tz::TimeZone>,
    /// Which keys do what.
    pub keys: Keymap,
    /// The clipboard may be used.
    pub copies: bool,
    /// What to do to be able to change something; empty where one is.
    pub read_only_because: String,
    /// How long a question waits for its answer.
    pub answer_within: SignedDuration,
}

/// Who we are, once that is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Connection {
    SigningIn,
    Connected { scope: Scope, identity: Identity },
}

/// Something that lies over the screen and takes the keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    Help {
        offset: usize,
        over: Context,
    },
    Palette(Palette),
    FileName(FileField),
    Operate(Box<Operate>),
    Confirm(Box<Confirm>),
    /// Starting a validation.
    Validate(Box<Start>),
    /// A question about one.
    Ask(Box<Ask>),
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
    /// Estimated cost of metrics; `None` until it was measured.
    pub dollars_per_day: Option<f64>,
    /// What the configuration allows it to be.
    pub dollars_cap: f64,
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
    pub opened: Option<ReplicationArn>,
    pub tables: Option<Tables>,
    pub events: Events,
    pub logs: Logs,
    pub charts: Charts,
    pub drain: Drain,
    pub all_drain: AllDrain,
    pub definition: Definition,
    pub schedules: Schedules,
    pub alerts: Alerts,
    pub activity: Activities,
    pub validations: Validations,
    /// Of the open task.
    pub validation_tab: ValidationTab,
    /// Rows of a table of a validation, while they are looked at.
    pub differences: Option<Box<Differences>>,
    pub refreshes: Refreshes,
    pub problems: Problems,
    pub banner: Option<Banner>,
    /// About what was just done.
    pub notice: Option<Notice>,
    /// Files asked to be written so far: the number of the last one.
    pub writings: u64,
    /// Questions put so far: the number of the last one.
    pub questions: u64,
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
        let alerts = Alerts::new(setup.alerts.clone());
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
            opened: None,
            tables: None,
            events: Events::default(),
            logs: Logs::default(),
            charts: Charts::default(),
            drain: Drain::default(),
            all_drain: AllDrain::default(),
            definition: Definition::default(),
            schedules: Schedules::default(),
            alerts,
            activity: Activities::default(),
            validations: Validations::default(),
            validation_tab: ValidationTab::default(),
            differences: None,
            refreshes: Refreshes::default(),
            problems: Problems::default(),
            banner: None,
            notice: None,
            writings: 0,
            questions: 0,
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
            Some(Overlay::FileName(_)) => Context::FileName,
            Some(Overlay::Operate(menu)) if menu.form.is_some() => Context::OperateForm,
            Some(Overlay::Operate(_)) => Context::Operate,
            Some(Overlay::Confirm(_)) => Context::Confirm,
            Some(Overlay::Validate(start)) if start.stage == StartStage::Choosing => Context::ValidateForm,
            Some(Overlay::Validate(_) | Overlay::Ask(_)) => Context::Ask,
            None if self.alerts.field.is_some() => Context::Acknowledge,
            None if self.typing => Context::Filter,
            None => self.screen_context(),
        }
    }

    /// The question on screen whose keys are guarded.
    pub fn question(&self) -> Option<u64> {
        match &self.overlay {
            Some(Overlay::Confirm(confirm)) if confirm.is_guarded() && !self.layout().too_small => Some(confirm.id),
            Some(Overlay::Validate(start)) if start.is_guarded() && !self.layout().too_small => Some(start.id),
            Some(Overlay::Ask(ask)) if ask.is_open() && !self.layout().too_small => Some(ask.id),
            _ => None,
        }
    }

    pub fn screen_context(&self) -> Context {
        self.page().context()
    }

    /// How to get at an action from the screen, for a sentence: its first key, else its name.
    pub fn key(&self, id: ActionId) -> String {
        self.setup.keys.hint(id, self.screen_context(), self.setup.ascii)
    }

    /// Who answers for the screen.
    pub fn page(&self) -> &'static dyn Page {
        self.screen().page()
    }

    /// The side of the opened task that is on screen.
    pub fn tab(&self) -> Option<Tab> {
        match self.screen() {
            Screen::Task(tab) => Some(tab),
            _ => None,
        }
    }

    /// The task that the screen is about, where it is about one.
    pub fn task_on_screen(&self) -> Option<&ReplicationArn> {
        self.tab().and(self.opened.as_ref())
    }

    /// Makes this the opened task; which side of it is shown is for the caller.
    pub fn open_task(&mut self, arn: &ReplicationArn) {
        if self.opened.as_ref() != Some(arn) {
            // No rows are held yet, so nothing that came for this task earlier may lend them its age.
            *self.world.feed_mut(&Subject::Tables(arn.clone())) = feed::Feed::default();
            self.tables = Some(Tables::new(arn.clone()));
            self.opened = Some(arn.clone());
        }
        // Only one task is open: what lay behind would be about this one now.
        self.screens.retain(|screen| !matches!(screen, Screen::Task(_)));
    }

    pub fn layout(&self) -> Layout {
        let page = self.page();
        let above = Above { banner: self.banner.is_some() || self.red().is_some(), tabs: self.tab().is_some() };
        layout::layout(self.area, above, page.detail_wants(self), page.detail_beside())
    }

    /// What needs somebody though the screen is about something else, where nothing else stands across it.
    pub fn red(&self) -> Option<String> {
        let elsewhere = !matches!(self.screen(), Screen::RefreshRun) && self.banner.is_none();
        self.refreshes.red(self.now).filter(|_| elsewhere)
    }

    /// Tells the lists how many rows they have.
    pub fn fit(&mut self) {
        let inner = self.layout().list.inner();
        self.page().fit(self, Area { width: inner.width, height: inner.height });
    }

    /// Columns of the list on screen.
    pub fn columns(&self) -> &'static [column::Column] {
        self.page().columns()
    }

    /// Text of the filter on screen.
    pub fn filter(&self) -> &str {
        self.page().filter(self)
    }

    /// Subjects whose data is on screen.
    pub fn subjects_on_screen(&self) -> Vec<Subject> {
        self.page().subjects(self)
    }

    /// Ages of what is on screen.
    pub fn ages_on_screen(&self) -> Vec<PaneAge> {
        self.page().ages(self)
    }

    pub fn pane_age(&self, subject: &Subject) -> PaneAge {
        let Some(feed) = self.world.feed(subject) else {
            return PaneAge { has_data: false, as_of: None, freshness: Freshness::Awaited, late_from: None };
        };
        // Points that were never published have no age; where one is due its own cell says so.
        let nothing = match subject {
            Subject::Metrics => !self.world.has_points(),
            // So have logs where none is written; each row says why.
            // And databases that cannot be asked.
            Subject::Charts(_) | Subject::LogErrors | Subject::Databases(_) => feed.as_of.is_none(),
            _ => false,
        };
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
        self.page().filling(self)
    }

    /// What the feeds should know about the screen.
    pub fn focus(&self) -> Focus {
        let mut focus = Focus { looking: self.focused, ..Focus::default() };
        self.page().focus(self, &mut focus);
        // Which tasks, not in which order: a new order is nothing new to ask.
        focus.visible.sort_unstable();
        focus
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
        if let Some(Overlay::Operate(menu)) = &self.overlay {
            next.age(self.pane_age(&menu.about.subject()).as_of);
        }
        next.offer(self.tasks.judged_until);
        next.offer(self.alerts.book.until());
        if let Some(Overlay::Confirm(confirm)) = &self.overlay {
            next.offer(confirm.next_step(now));
        }
        if let Some(Overlay::Ask(ask)) = &self.overlay {
            next.offer(ask.next_step(now));
        }
        next.offer(self.notice.as_ref().map(|notice| notice.until));
        self.page().deadline(self, &mut next);
        next.at
    }
}

fn sub_second(now: Timestamp) -> i32 {
    now.subsec_nanosecond().rem_euclid(1_000_000_000)
}
