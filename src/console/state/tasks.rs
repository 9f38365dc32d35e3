//! The Tasks screen: each task judged, and the list of them.
//!
//! A judgement depends on the time too (a point stops being fresh), so it is made again when data comes and when
//! [`Tasks::judged_until`] is reached; never for a frame.

use super::column::Column;
use super::export::{self, Export};
use super::list::{List, Marks, Rows, Sort, SortKey};
use super::page::{self, Act, Next, Page};
use super::world::World;
use super::{Filling, State, age, events};
use crate::console::actions::Context;
use crate::console::message::{Area, Focus};
use crate::model::alert::{self, Alert, Book, Place};
use crate::model::health::{self, Health, Latency, Load, POINT_DUE_AFTER};
use crate::model::metric::{self, FRESH_FOR, MetricName, Point};
use crate::model::table::TableRow;
use crate::model::task::{MigrationType, StopReason, Task, TaskStatus};
use crate::model::{ReplicationArn, Subject};
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

pub const COLUMNS: [Column; 8] = [
    Column::words("task", "TASK", [18, 27, 48], 0),
    Column::words("type", "TYPE", [8, 8, 8], 4),
    Column::new("status", "STATUS", [13, 13, 20], 0),
    Column::new("load", "LOAD", [12, 12, 16], 2),
    Column::new("latency", "LATENCY src → tgt", [18, 22, 27], 1),
    Column::new("tables", "TABLES", [12, 13, 20], 3),
    Column::number("rows", "ROWS/S", [7, 7, 7], 5),
    Column::new("alert", "ALERT", [6, 6, 7], 0),
];

pub const TASK: usize = 0;
pub const TYPE: usize = 1;
pub const STATUS: usize = 2;
pub const LOAD: usize = 3;
pub const LATENCY: usize = 4;
pub const TABLES: usize = 5;
pub const ROWS: usize = 6;
pub const ALERT: usize = 7;

/// Rows a second onto the target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// Nothing runs.
    NotDue,
    Fresh(f64),
    Unknown,
}

/// One task, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub health: Health,
    /// Worst first; what is acknowledged, and notes, last.
    pub alerts: Vec<Alert>,
    pub latency: Latency,
    /// Fresh point of the source latency.
    pub source: Option<Point>,
    pub load: Load,
    pub errored: usize,
    pub rate: Rate,
    pub word: Cow<'static, str>,
    name_rank: u32,
    text: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tasks {
    pub list: List<ReplicationArn>,
    /// One per task of the world, in its order.
    pub lines: Vec<Line>,
    /// From here on a judgement may differ though no data came.
    pub judged_until: Option<Timestamp>,
    /// Width of the longest name.
    pub widest: u16,
    /// Tasks that want attention.
    pub unwell: usize,
    /// Only those are on screen.
    pub only_unwell: bool,
}

/// The first screen.
pub struct TasksPage;

impl Page for TasksPage {
    fn context(&self) -> Context {
        Context::Tasks
    }

    fn subjects(&self, state: &State) -> Vec<Subject> {
        let events = events::is_beside_why(state).then_some(Subject::Events);
        [Subject::Tasks, Subject::Metrics].into_iter().chain(events).collect()
    }

    fn filling(&self, state: &State) -> Filling {
        page::filling(state, &Subject::Tasks, state.world.tasks.len(), state.tasks.list.len())
    }

    fn fit(&self, state: &mut State, inner: Area) {
        state.tasks.list.set_height(usize::from(inner.height.saturating_sub(1)));
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        state.tasks.with_rows(&state.world, |list, rows| act.on(list, rows));
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn marks(&self, state: &State) -> Marks {
        state.tasks.list.marks()
    }

    fn filter<'a>(&self, state: &'a State) -> &'a str {
        state.tasks.list.filter.text()
    }

    fn detail_wants(&self, state: &State) -> u16 {
        if matches!(self.filling(state), Filling::Rows | Filling::NoMatch) { 13 } else { 0 }
    }

    fn follow(&self, state: &mut State) {
        state.tasks.list.follow(state.now);
    }

    fn under_cursor(&self, state: &State) -> Option<String> {
        state.tasks.list.key().map(|arn| arn.as_str().to_owned())
    }

    fn export(&self, state: &State) -> Option<Export> {
        Some(export::tasks(state))
    }

    fn focus(&self, state: &State, focus: &mut Focus) {
        let rows = state.tasks.list.visible().filter_map(|(_, row)| state.world.tasks.get(row));
        focus.visible.extend(rows.map(|task| task.arn.clone()));
    }

    /// Ages of points, in the rows and in the pane below.
    fn deadline(&self, state: &State, next: &mut Next) {
        let (list, world) = (&state.tasks.list, &state.world);
        next.offer(list.follows_at());
        if events::is_beside_why(state) {
            next.offer(age::next_day(next.now));
        }
        for (_, row) in list.visible() {
            match state.tasks.lines.get(row).map(|line| line.latency) {
                Some(Latency::Missing { newest }) => next.age(newest),
                Some(Latency::NotYet) => {
                    let task = world.tasks.get(row);
                    let points = task.map(|task| world.points(&task.arn, MetricName::CDCLatencyTarget));
                    next.age(points.and_then(<[_]>::last).map(|point| point.at));
                }
                _ => {}
            }
        }
        if let Some(arn) = list.detail() {
            let errors = world.feed(&Subject::TableErrors(arn.clone()));
            if let Some(feed) = errors.filter(|feed| feed.failed.is_some()) {
                next.age(feed.as_of);
            }
            for name in MetricName::WATCHED {
                next.age(world.points(arn, name).last().map(|point| point.at));
            }
        }
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self {
            list: List::new(Sort { column: ALERT, reversed: false }),
            lines: Vec::new(),
            judged_until: None,
            widest: 0,
            unwell: 0,
            only_unwell: false,
        }
    }
}

impl Line {
    /// The worst alert that nobody has acknowledged yet.
    pub fn wants(&self) -> Option<Health> {
        self.counting().map(|alert| alert.severity).max()
    }

    /// Alerts that nobody has acknowledged, without notes.
    pub fn counting(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.iter().filter(|alert| alert.counts())
    }

    pub fn alert(&self, id: &str) -> Option<&Alert> {
        self.alerts.iter().find(|alert| alert.id() == id)
    }
}

impl Tasks {
    /// Takes over what the rules have found and makes the index anew. `open` holds the tables of the opened task.
    pub fn judge(&mut self, world: &World, open: Option<(&ReplicationArn, &[TableRow])>, book: &Book, now: Timestamp) {
        let answer_until = answer_stands_until(world);
        let answered = metrics_answered(world, now);
        let mut by_name: Vec<usize> = (0..world.tasks.len()).collect();
        by_name.sort_by_key(|row| (world.tasks[*row].name.raw().to_lowercase(), world.tasks[*row].arn.clone()));
        self.lines = world.tasks.iter().map(|task| line(world, task, open, book, answered, now)).collect();
        for (rank, row) in by_name.into_iter().enumerate() {
            self.lines[row].name_rank = u32::try_from(rank).unwrap_or(u32::MAX);
        }
        let changes = world.tasks.iter().filter_map(|task| changes_at(world, task, now));
        self.judged_until = changes.chain(answer_until.filter(|until| *until > now)).min();
        let widths = world.tasks.iter().map(|task| task.name.shown().width());
        self.widest = u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX);
        self.unwell = self.lines.iter().filter(|line| line.wants().is_some()).count();
        self.list.rebuild(&TaskRows { world, lines: &self.lines, only_unwell: self.only_unwell });
    }
}

impl Tasks {
    /// Runs something of the list that needs the rows behind it.
    pub fn with_rows(&mut self, world: &World, act: impl FnOnce(&mut List<ReplicationArn>, &TaskRows<'_>)) {
        let rows = TaskRows { world, lines: &self.lines, only_unwell: self.only_unwell };
        act(&mut self.list, &rows);
    }

    /// Only tasks that want attention, or all again.
    pub fn show_only_unwell(&mut self, only: bool, world: &World) {
        self.only_unwell = only;
        self.with_rows(world, |list, rows| list.rebuild(rows));
    }
}

fn line(
    world: &World,
    task: &Task,
    open: Option<(&ReplicationArn, &[TableRow])>,
    book: &Book,
    answered: Option<Timestamp>,
    now: Timestamp,
) -> Line {
    let latency = health::latency(task, world.points(&task.arn, MetricName::CDCLatencyTarget), answered, now);
    let tables = match open {
        Some((arn, rows)) if *arn == task.arn => Some(rows),
        _ => world.table_errors.get(&task.arn).map(Vec::as_slice),
    };
    let alerts = book.of(&Place::Task(task.arn.clone())).to_vec();
    let health = alert::verdict(&alerts);
    let load = health::load(task);
    let status = word(task, load);
    let text = [&task.name.raw().to_lowercase(), type_word(task), &status.to_lowercase(), &task.arn.resource_id().0]
        .join("\n")
        .to_lowercase();
    Line {
        health,
        alerts,
        latency,
        source: metric::fresh(world.points(&task.arn, MetricName::CDCLatencySource), now)
            .filter(|_| latency != Latency::NotDue),
        load,
        errored: health::errored_tables(task, tables),
        rate: rate(world, task, load, now),
        word: status,
        name_rank: 0,
        text,
    }
}

/// Until when "there is no newer point" can be said at all: an answer speaks for the time it is fresh, or until the next
/// was to come. After that a missing point is our own silence, and the latency is unknown, not missing.
fn answer_stands_until(world: &World) -> Option<Timestamp> {
    let feed = world.feed(&Subject::Metrics)?;
    let twice = feed.every.and_then(|every| every.checked_mul(2)).unwrap_or(FRESH_FOR);
    feed.received?.checked_add(twice.max(FRESH_FOR)).ok()
}

/// When the newest answer about metrics came, while it counts.
pub(super) fn metrics_answered(world: &World, now: Timestamp) -> Option<Timestamp> {
    answer_stands_until(world).filter(|until| now < *until)?;
    world.feed(&Subject::Metrics)?.received
}

fn rate(world: &World, task: &Task, load: Load, now: Timestamp) -> Rate {
    if task.status != TaskStatus::Running {
        return Rate::NotDue;
    }
    let fresh = |name| metric::fresh(world.points(&task.arn, name), now).map(|point| point.value);
    let loading = matches!(load, Load::Loading { .. }).then(|| fresh(MetricName::FullLoadThroughputRowsTarget));
    let changes = task.migration_type.has_cdc().then(|| fresh(MetricName::CDCThroughputRowsTarget));
    match loading.flatten().or(changes.flatten()) {
        Some(value) => Rate::Fresh(value),
        None => Rate::Unknown,
    }
}

/// When the judgement of one task can change by itself: a point goes stale, or one becomes due.
fn changes_at(world: &World, task: &Task, now: Timestamp) -> Option<Timestamp> {
    let just_after = |at: Timestamp, duration| at.checked_add(duration + SignedDuration::from_millis(1)).ok();
    let stale = MetricName::WATCHED.into_iter().filter_map(|name| {
        let newest = world.points(&task.arn, name).last()?;
        just_after(newest.at, FRESH_FOR)
    });
    let due = [task.stats.full_load_finish, task.stats.start].into_iter().flatten();
    let due = due.filter_map(|since| just_after(since, POINT_DUE_AFTER));
    stale.chain(due).filter(|at| *at > now).min()
}

/// `cdc`, `load+cdc`, `load`.
pub fn type_word(task: &Task) -> &str {
    match &task.migration_type {
        MigrationType::FullLoad => "load",
        MigrationType::FullLoadAndCdc => "load+cdc",
        MigrationType::Cdc => "cdc",
        MigrationType::Other(text) => text.raw(),
    }
}

/// What the status means, in a word or three: `stopped` alone says nothing.
fn word(task: &Task, load: Load) -> Cow<'static, str> {
    let whole = !matches!(load, Load::Incomplete { .. });
    let word = match (&task.status, task.stop_reason()) {
        (TaskStatus::Stopped, Some(reason)) => match reason {
            StopReason::FullLoadOnlyFinished if whole => "finished",
            StopReason::FullLoadOnlyFinished => "ended",
            StopReason::Normal => "stopped",
            StopReason::RecoverableError => "stopped: error",
            StopReason::FatalError => "stopped: fatal",
            StopReason::StoppedAfterFullLoad => "stopped after load",
            StopReason::StoppedAfterDdlApply => "stopped after DDL",
            StopReason::ExpressLicenseLimitsReached => "stopped: licence",
            StopReason::StoppedDueToLowMemory => "stopped: memory",
            StopReason::StoppedDueToLowDisk => "stopped: disk",
            StopReason::StoppedAtServerTime
            | StopReason::StoppedAtCommitTime
            | StopReason::StoppedAfterCachedEvents => "stopped as asked",
            StopReason::ReconfigurationRestart | StopReason::RecycleTask => "stopped: restart",
        },
        (TaskStatus::Ready, _) if task.stats.fresh_start.is_none() => "never run",
        (TaskStatus::Other(text), _) => return Cow::Owned(text.shown().replace('_', " ")),
        (status, _) => return Cow::Owned(status.raw().to_owned()),
    };
    Cow::Borrowed(word)
}

/// Tasks and their judgements side by side.
pub struct TaskRows<'a> {
    pub world: &'a World,
    pub lines: &'a [Line],
    pub only_unwell: bool,
}

impl Rows for TaskRows<'_> {
    type Key = ReplicationArn;

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn count(&self) -> usize {
        self.lines.len()
    }

    fn key(&self, row: usize) -> ReplicationArn {
        self.world.tasks[row].arn.clone()
    }

    fn has_key(&self, row: usize, key: &ReplicationArn) -> bool {
        self.world.tasks[row].arn == *key
    }

    fn name_rank(&self, row: usize) -> u32 {
        self.lines[row].name_rank
    }

    fn sort_key(&self, row: usize, column: usize) -> SortKey {
        let (task, line) = (&self.world.tasks[row], &self.lines[row]);
        let value = |n: usize| SortKey::Value(i64::try_from(n).unwrap_or(i64::MAX));
        match column {
            TYPE => SortKey::Value(match task.migration_type {
                MigrationType::Cdc => 0,
                MigrationType::FullLoad => 1,
                MigrationType::FullLoadAndCdc => 2,
                MigrationType::Other(_) => 3,
            }),
            STATUS => SortKey::Value(match task.status {
                TaskStatus::Failed => 9,
                TaskStatus::FailedMove => 8,
                TaskStatus::Other(_) => 7,
                TaskStatus::Stopped if line.health != Health::Ok => 6,
                TaskStatus::Stopping | TaskStatus::Deleting => 5,
                TaskStatus::Modifying | TaskStatus::Moving | TaskStatus::Testing | TaskStatus::Creating => 4,
                TaskStatus::Starting => 3,
                TaskStatus::Ready => 2,
                TaskStatus::Running => 1,
                TaskStatus::Stopped => 0,
            }),
            LOAD => match line.load {
                Load::None => SortKey::NotDue,
                Load::Incomplete { errored } => SortKey::Value(1_000_000 + i64::from(errored)),
                Load::Loading { percent: None } => SortKey::Unknown,
                Load::Loading { percent: Some(percent) } => SortKey::Value(1_000 - i64::from(percent)),
                Load::NotStarted => SortKey::Value(1),
                Load::Complete => SortKey::Value(0),
            },
            LATENCY => match line.latency {
                Latency::NotDue => SortKey::NotDue,
                Latency::NotYet | Latency::Missing { .. } => SortKey::Unknown,
                Latency::Fresh(point) => SortKey::Value(thousandths(point.value)),
            },
            TABLES => value(line.errored * 1_000_000 + usize::try_from(unfinished(task)).unwrap_or(0)),
            ROWS => match line.rate {
                Rate::NotDue => SortKey::NotDue,
                Rate::Unknown => SortKey::Unknown,
                Rate::Fresh(rate) => SortKey::Value(thousandths(rate)),
            },
            ALERT => {
                let wants = line.wants().map_or(0, |worst| worst as usize);
                // Acknowledged ones come behind all others, but before nothing at all.
                let acknowledged = usize::from(line.health != Health::Ok);
                value((wants * 1_000 + line.counting().count()) * 2 + acknowledged)
            }
            _ => SortKey::Value(i64::from(line.name_rank)),
        }
    }

    fn hides(&self, row: usize) -> bool {
        self.only_unwell && self.lines[row].wants().is_none()
    }

    fn text(&self, row: usize) -> &str {
        &self.lines[row].text
    }

    fn cell_text(&self, row: usize, column: usize) -> String {
        let (task, line) = (&self.world.tasks[row], &self.lines[row]);
        match column {
            TYPE => format!("{} {}", type_word(task), task.migration_type.raw()),
            STATUS => format!("{} {}", line.word, task.status.raw()),
            LOAD => match line.load {
                Load::None => "not-due",
                Load::NotStarted => "not-started",
                Load::Loading { .. } => "loading",
                Load::Complete => "complete",
                Load::Incomplete { .. } => "incomplete",
            }
            .to_owned(),
            LATENCY => match line.latency {
                Latency::NotDue => "not-due".to_owned(),
                Latency::NotYet => "unknown".to_owned(),
                Latency::Missing { .. } => "no-data".to_owned(),
                Latency::Fresh(point) => format!("{} s", point.value.round()),
            },
            TABLES => format!("{} ok {} err {} left", task.stats.tables_loaded, line.errored, unfinished(task)),
            ROWS => match line.rate {
                Rate::Fresh(rate) => format!("{}", rate.round()),
                Rate::NotDue => "not-due".to_owned(),
                Rate::Unknown => "unknown".to_owned(),
            },
            ALERT => {
                let ids: Vec<&str> = line.alerts.iter().map(Alert::id).collect();
                format!("{} {}", line.health.word(), ids.join(" "))
            }
            _ => task.name.raw().to_owned(),
        }
        .to_lowercase()
    }
}

/// Tables the load still has to do.
pub fn unfinished(task: &Task) -> i32 {
    task.stats.tables_loading.max(0).saturating_add(task.stats.tables_queued.max(0))
}

/// A measured value as an integer that sorts the same.
#[allow(clippy::cast_possible_truncation, reason = "a cast from float saturates, and that is meant")]
fn thousandths(value: f64) -> i64 {
    (value * 1000.0) as i64
}
