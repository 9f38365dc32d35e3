//! Schedules: rules of EventBridge and schedules of its Scheduler in one list, and who is told of events.
//!
//! When a row fires next is worked out when the data comes and again when that time has passed, never for a frame.

mod row;

pub use row::{Does, Line, SOON, is_soon, may_fire, starts_words};

use super::column::Column;
use super::export::{self, Export};
use super::list::{List, Marks, Rows, Sort, SortKey};
use super::page::{self, Act, Move, Next, Page};
use super::world::World;
use super::{Filling, State, age};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::parts::EventSubscription;
use crate::model::schedule::{NoNext, Schedule, ScheduleKind, ScheduleState};
use crate::model::{ReplicationArn, Subject, Untrusted};
use jiff::{Timestamp, Zoned};
use row::first;
use unicode_width::UnicodeWidthStr;

pub const COLUMNS: [Column; 7] = [
    Column::words("name", "NAME", [22, 28, 48], 0),
    Column::new("state", "STATE", [10, 10, 21], 0),
    Column::new("next", "NEXT", [27, 27, 56], 0),
    Column::new("starts", "STARTS", [16, 32, 64], 1),
    Column::words("when", "WHEN", [20, 28, 72], 2),
    Column::words("kind", "KIND", [8, 8, 8], 3),
    Column::words("group", "BUS OR GROUP", [12, 12, 24], 4),
];

pub const STATE: usize = 1;
pub const NEXT: usize = 2;
pub const STARTS: usize = 3;
pub const WHEN: usize = 4;
pub const KIND: usize = 5;
pub const GROUP: usize = 6;

/// Coming times that are told.
pub const COMING: usize = 5;

/// What tells two of them apart: names are unique only within a bus or group.
pub type ScheduleKey = (ScheduleKind, Untrusted, Untrusted);

/// What of the screen is in front.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Part {
    /// The list, with what it has room for below or beside it.
    #[default]
    List,
    /// The row under the cursor in full.
    Whole,
    Subscriptions,
}

impl Part {
    #[must_use]
    pub fn beside(self) -> Self {
        match self {
            Self::List => Self::Whole,
            Self::Whole => Self::Subscriptions,
            Self::Subscriptions => Self::List,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Schedules {
    pub list: List<ScheduleKey>,
    /// One for each of the world's, in its order.
    pub lines: Vec<Line>,
    /// From here on some row has another next time, or is soon.
    pub told_until: Option<Timestamp>,
    /// Width of the longest name.
    pub widest: u16,
    /// Starts that fall into a running task.
    pub clashes: usize,
    pub part: Part,
    /// Subscriptions skipped on top.
    pub offset: usize,
}

impl Default for Schedules {
    fn default() -> Self {
        Self {
            list: List::new(Sort { column: NEXT, reversed: false }),
            lines: Vec::new(),
            told_until: None,
            widest: 0,
            clashes: 0,
            part: Part::default(),
            offset: 0,
        }
    }
}

impl Schedules {
    /// Takes in new ones; what did not change is not worked out again.
    pub fn take(&mut self, world: &mut World, new: Vec<Schedule>, now: Timestamp) {
        let old = std::mem::replace(&mut world.schedules, new);
        let mut lines = std::mem::take(&mut self.lines).into_iter();
        let mut old = old.iter();
        self.lines = world
            .schedules
            .iter()
            .map(|schedule| match (old.next(), lines.next()) {
                (Some(before), Some(line)) if before == schedule => line,
                _ => Line::of(schedule, now),
            })
            .collect();
        let widths = world.schedules.iter().map(|schedule| schedule.name.shown().width());
        self.widest = u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX);
        self.join(world, now);
    }

    /// What the targets are called and whether they run may have changed.
    pub fn join(&mut self, world: &World, now: Timestamp) {
        for (line, schedule) in self.lines.iter_mut().zip(&world.schedules) {
            line.join(schedule, world);
        }
        let keys: [fn(&Schedule, &Line) -> String; 3] = [
            |schedule, _| format!("{}\n{}", schedule.name.raw().to_lowercase(), schedule.group.raw()),
            |_, line| line.when.clone(),
            |schedule, _| schedule.group.raw().to_lowercase(),
        ];
        for (which, key) in keys.into_iter().enumerate() {
            let texts: Vec<String> =
                self.lines.iter().zip(&world.schedules).map(|(line, schedule)| key(schedule, line)).collect();
            let mut order: Vec<usize> = (0..texts.len()).collect();
            order.sort_by(|a, b| texts[*a].cmp(&texts[*b]));
            let mut rank = 0;
            for (place, at) in order.iter().enumerate() {
                // Of names every one has its own place; equals elsewhere leave the order to the names.
                let same = which > 0 && place > 0 && texts[*at] == texts[order[place - 1]];
                rank += u32::from(place > 0 && !same);
                self.lines[*at].ranks[which] = rank;
            }
        }
        self.clashes = self.lines.iter().filter(|line| line.clashes()).count();
        self.pass(world, now);
    }

    /// Time has gone on: what has fired has another next time.
    pub fn pass(&mut self, world: &World, now: Timestamp) {
        for (line, schedule) in self.lines.iter_mut().zip(&world.schedules) {
            if line.next.as_ref().is_ok_and(|at| at.timestamp() <= now) {
                line.next = first(schedule, now);
            }
        }
        let times = self.lines.iter().filter_map(|line| line.next.as_ref().ok()).map(Zoned::timestamp);
        let soon = |at: Timestamp| at.checked_sub(SOON).ok().filter(|from| *from > now);
        self.told_until = times.flat_map(|at| [Some(at), soon(at)]).flatten().min();
        self.list.rebuild(&ScheduleRows { schedules: &world.schedules, lines: &self.lines, now });
    }
}

/// The rule or schedule the pane below is about.
pub fn in_detail(state: &State) -> Option<(&Schedule, &Line)> {
    let (kind, group, name) = state.schedules.list.detail()?;
    let is = |one: &Schedule| one.kind == *kind && one.group == *group && one.name == *name;
    let row = state.world.schedules.iter().position(is)?;
    Some((&state.world.schedules[row], state.schedules.lines.get(row)?))
}

/// The first task that the row under the cursor touches and that is listed.
pub fn task_under_cursor(state: &State) -> Option<ReplicationArn> {
    let line = state.schedules.lines.get(state.schedules.list.row()?)?;
    line.does.iter().flatten().find_map(|does| match does {
        Does::Task { arn, name: Some(_), .. } => Some(arn.clone()),
        _ => None,
    })
}

/// Subscriptions, the dead first, then those that are not well, then by name.
pub fn subscriptions(world: &World) -> Vec<&EventSubscription> {
    let mut all: Vec<&EventSubscription> = world.subscriptions.iter().collect();
    let well = |one: &EventSubscription| one.enabled && one.status.raw() == "active";
    all.sort_by(|a, b| (!a.is_dead(), well(a), &a.name).cmp(&(!b.is_dead(), well(b), &b.name)));
    all
}

pub struct SchedulesPage;

impl Page for SchedulesPage {
    fn context(&self) -> Context {
        Context::Schedules
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        vec![Subject::Schedules, Subject::Subscriptions]
    }

    fn filling(&self, state: &State) -> Filling {
        page::filling(state, &Subject::Schedules, state.world.schedules.len(), state.schedules.list.len())
    }

    /// A line about what is missing, the head, the rows.
    fn fit(&self, state: &mut State, inner: Area) {
        state.schedules.list.set_height(usize::from(inner.height.saturating_sub(2)));
        let most = state.world.subscriptions.len().saturating_sub(1);
        state.schedules.offset = state.schedules.offset.min(most);
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        if let (Part::Subscriptions, Act::Move(how)) = (state.schedules.part, act) {
            let most = state.world.subscriptions.len().saturating_sub(1);
            let offset = &mut state.schedules.offset;
            *offset = match how {
                Move::Last => most,
                how => how.from(*offset, 4).min(most),
            };
            return;
        }
        let rows = ScheduleRows { schedules: &state.world.schedules, lines: &state.schedules.lines, now: state.now };
        act.on(&mut state.schedules.list, &rows);
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn marks(&self, state: &State) -> Marks {
        state.schedules.list.marks()
    }

    fn filter<'a>(&self, state: &'a State) -> &'a str {
        state.schedules.list.filter.text()
    }

    /// Always: the subscriptions stand there too, whatever the list has.
    fn detail_wants(&self, _state: &State) -> u16 {
        14
    }

    fn follow(&self, state: &mut State) {
        state.schedules.list.follow(state.now);
    }

    /// Of subscriptions, which have no cursor, the topic of the one on top.
    fn under_cursor(&self, state: &State) -> Option<String> {
        if state.schedules.part == Part::Subscriptions {
            let top = subscriptions(&state.world).into_iter().nth(state.schedules.offset)?;
            return Some(top.topic.shown().into_owned());
        }
        let row = state.schedules.list.row()?;
        state.world.schedules.get(row).map(|schedule| schedule.arn.shown().into_owned())
    }

    fn export(&self, state: &State) -> Option<Export> {
        Some(match state.schedules.part {
            Part::Subscriptions => export::subscriptions(state),
            Part::List | Part::Whole => export::schedules(state),
        })
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        let (list, now) = (&state.schedules.list, next.now);
        next.offer(list.follows_at());
        next.offer(state.schedules.told_until);
        let lines = list.visible().filter_map(|(_, row)| state.schedules.lines.get(row));
        for at in lines.filter_map(|line| line.next.as_ref().ok()).map(Zoned::timestamp) {
            next.offer(at.checked_sub(SOON).ok());
            if at.duration_since(now) <= SOON {
                next.offer(age::next_left(at, now));
            }
        }
        if let Some(Ok(at)) = in_detail(state).map(|(_, line)| &line.next) {
            next.offer(age::next_left(at.timestamp(), now));
        }
    }
}

struct ScheduleRows<'a> {
    schedules: &'a [Schedule],
    lines: &'a [Line],
    now: Timestamp,
}

impl Rows for ScheduleRows<'_> {
    type Key = ScheduleKey;

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn count(&self) -> usize {
        self.lines.len()
    }

    fn key(&self, row: usize) -> ScheduleKey {
        let one = &self.schedules[row];
        (one.kind, one.group.clone(), one.name.clone())
    }

    fn has_key(&self, row: usize, key: &ScheduleKey) -> bool {
        let one = &self.schedules[row];
        one.kind == key.0 && one.group == key.1 && one.name == key.2
    }

    fn name_rank(&self, row: usize) -> u32 {
        self.lines[row].ranks[0]
    }

    fn sort_key(&self, row: usize, column: usize) -> SortKey {
        let (schedule, line) = (&self.schedules[row], &self.lines[row]);
        // The soonest comes first, as the worst does elsewhere.
        let soonest = |at: Timestamp| SortKey::Value(Timestamp::MAX.as_second() - at.as_second());
        match column {
            STATE => SortKey::Value(match schedule.state {
                ScheduleState::Other(_) => 3,
                ScheduleState::Disabled => 2,
                ScheduleState::EnabledWithAllManagementEvents => 1,
                ScheduleState::Enabled => 0,
            }),
            NEXT => match (&line.next, line.period) {
                _ if !may_fire(schedule) => SortKey::NotDue,
                (Ok(at), _) => soonest(at.timestamp()),
                (Err(NoNext::Uncounted), Some(period)) => {
                    self.now.checked_add(period).map_or(SortKey::Unknown, soonest)
                }
                (Err(NoNext::Events | NoNext::Over | NoNext::Disabled), _) => SortKey::NotDue,
                (Err(_), _) => SortKey::Unknown,
            },
            STARTS => match &line.does {
                None => SortKey::Unknown,
                Some(all) if line.clashes() => SortKey::Value(3_000 + i64::try_from(all.len()).unwrap_or(0)),
                Some(all) if all.iter().any(|does| matches!(does, Does::Task { .. })) => SortKey::Value(2),
                Some(all) if all.iter().any(|does| matches!(does, Does::Hidden(_))) => SortKey::Value(1),
                Some(_) => SortKey::NotDue,
            },
            WHEN => SortKey::Value(i64::from(line.ranks[1])),
            KIND => SortKey::Value(schedule.kind as i64),
            GROUP => SortKey::Value(i64::from(line.ranks[2])),
            _ => SortKey::Value(i64::from(line.ranks[0])),
        }
    }

    fn text(&self, row: usize) -> &str {
        &self.lines[row].text
    }

    fn cell_text(&self, row: usize, column: usize) -> String {
        let (schedule, line) = (&self.schedules[row], &self.lines[row]);
        match column {
            STATE => schedule.state.raw().to_owned(),
            NEXT => match &line.next {
                _ if !may_fire(schedule) => NoNext::Disabled.to_string(),
                Ok(at) if is_soon(schedule, line, self.now) => format!("soon {}", at.timestamp()),
                Ok(at) => at.timestamp().to_string(),
                Err(why) if is_soon(schedule, line, self.now) => format!("soon {why}"),
                Err(why) => why.to_string(),
            },
            STARTS if line.clashes() => format!("{} running", starts_words(line)),
            STARTS => starts_words(line),
            WHEN => line.when.clone(),
            KIND => schedule.kind.word().to_owned(),
            GROUP => schedule.group.raw().to_owned(),
            _ => schedule.name.raw().to_owned(),
        }
        .to_lowercase()
    }
}

#[cfg(test)]
mod tests;
