//! Events: what DMS says has happened, newest first; of everything, and of the opened task with its instance.
//!
//! The events lie in the world, oldest first. Here lie what is computed from each of them once, and two lists over them.
//! A cursor on the newest event follows what comes; anywhere else it stays with its event.

use super::column::Column;
use super::export::{self, Export};
use super::layout::Pane;
use super::list::{List, Rows, Sort, SortKey};
use super::page::{self, Act, Next, Page};
use super::world::World;
use super::{Filling, State, age};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::event::{Category, Event, Key, LOOK_BACK, SourceType, Weight};
use crate::model::task::Task;
use crate::model::{ReplicationArn, Subject, TaskName, Untrusted};
use jiff::Timestamp;
use std::collections::HashMap;

pub const COLUMNS: [Column; 7] = [
    Column::new("time", "TIME UTC", [STAMP, STAMP, STAMP], 0),
    Column::new("weight", "WEIGHT", [10, 10, 10], 0),
    Column::new("of", "OF", [4, 4, 8], 0),
    Column::words("source", "SOURCE", [14, 24, 40], 0),
    Column::new("category", "CATEGORY", [13, 20, 20], 1),
    Column::words("message", "MESSAGE", [30, 56, 110], 0),
    Column::new("meaning", "MEANING", [36, 60, 72], 2),
];

pub const TIME: usize = 0;
pub const WEIGHT: usize = 1;
pub const OF: usize = 2;
pub const SOURCE: usize = 3;
pub const CATEGORY: usize = 4;
pub const MESSAGE: usize = 5;
pub const MEANING: usize = 6;

/// Cells of [`stamp`].
pub const STAMP: u16 = 12;

/// What is computed from one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// `None` for a message nobody here has heard of.
    pub weight: Option<Weight>,
    pub category: Option<Category>,
    pub words: Option<&'static str>,
    text: String,
}

impl Line {
    fn of(event: &Event) -> Self {
        let meaning = event.meaning();
        let (weight, words) = (meaning.map(|one| one.weight), meaning.map(|one| one.words));
        let category = event.category();
        let parts = [
            event.source_type.raw(),
            event.source.raw(),
            weight.map_or("unknown", Weight::word),
            category.map_or("unknown", Category::word),
            event.message.raw(),
            words.unwrap_or_default(),
        ];
        Self { weight, category, words, text: parts.join("\n").to_lowercase() }
    }
}

/// One list over some of the events.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    pub list: List<Key>,
    /// Places among the world's events.
    rows: Vec<u32>,
}

impl Default for Side {
    fn default() -> Self {
        Self { list: List::new(Sort { column: TIME, reversed: false }), rows: Vec::new() }
    }
}

/// Whose events the second list has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    pub arn: ReplicationArn,
    /// `None` once DMS does not list the task any more.
    pub name: Option<TaskName>,
    pub instance: Host,
}

/// The instance of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// Serverless.
    None,
    /// There is one whose name is not known yet, so its events cannot be found.
    Unnamed,
    Named(Untrusted),
}

impl Whose {
    fn of(world: &World, arn: &ReplicationArn) -> Self {
        let task = world.task(arn);
        let instance = match task.and_then(|task| task.instance.as_ref()) {
            None => Host::None,
            Some(arn) => world.instance(arn).map_or(Host::Unnamed, |instance| Host::Named(instance.name.clone())),
        };
        Self { arn: arn.clone(), name: task.map(|task| task.name.clone()), instance }
    }

    fn has(&self, event: &Event) -> bool {
        match event.source_type {
            SourceType::Instance => matches!(&self.instance, Host::Named(name) if *name == event.source),
            SourceType::Task | SourceType::Other(_) => {
                self.name.as_ref().is_some_and(|name| name.raw() == event.source.raw())
            }
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Events {
    /// One for each event of the world, in its order.
    lines: Vec<(Key, Line)>,
    /// Place of each by source and by message.
    ranks: Vec<[u32; 2]>,
    pub all: Side,
    pub of_task: Side,
    pub whose: Option<Whose>,
    /// The event under the cursor has the whole screen.
    pub whole: bool,
    /// Nothing older was asked for.
    pub since: Option<Timestamp>,
}

impl Events {
    /// The first answer came: it reaches this far back.
    pub fn begin(&mut self, received: Timestamp) {
        if self.since.is_none() {
            self.since = received.checked_sub(LOOK_BACK).ok();
        }
    }

    /// Takes in what the world has now.
    pub fn take(&mut self, world: &World) {
        let mut known: HashMap<Key, Line> = self.lines.drain(..).collect();
        let lines = world.events.iter().map(|event| {
            let key = event.key();
            let line = known.remove(&key).unwrap_or_else(|| Line::of(event));
            (key, line)
        });
        self.lines = lines.collect();
        let mut ranks = vec![[0, 0]; world.events.len()];
        let texts: [fn(&Event) -> &Untrusted; 2] = [|event| &event.source, |event| &event.message];
        for (which, text) in texts.into_iter().enumerate() {
            let mut order: Vec<usize> = (0..world.events.len()).collect();
            order.sort_by_key(|at| text(&world.events[*at]));
            let mut rank = 0;
            for (place, at) in order.iter().enumerate() {
                // The same text is the same place, so that time decides among equals.
                if place > 0 && text(&world.events[*at]) != text(&world.events[order[place - 1]]) {
                    rank += 1;
                }
                ranks[*at][which] = rank;
            }
        }
        self.ranks = ranks;
        let rows = (0..world.events.len()).filter_map(|at| u32::try_from(at).ok()).collect();
        self.show(false, rows);
        if self.whose.is_some() {
            let rows = self.rows_of_task(world);
            self.show(true, rows);
        }
    }

    /// The second list is about this task from now on; or its name or instance became known.
    pub fn turn_to(&mut self, world: &World, arn: &ReplicationArn) {
        let whose = Whose::of(world, arn);
        if self.whose.as_ref() == Some(&whose) {
            return;
        }
        if self.whose.as_ref().is_none_or(|old| old.arn != *arn) {
            self.of_task = Side::default();
        }
        self.whose = Some(whose);
        let rows = self.rows_of_task(world);
        self.show(true, rows);
    }

    fn rows_of_task(&self, world: &World) -> Vec<u32> {
        let Some(whose) = &self.whose else { return Vec::new() };
        let rows = world.events.iter().enumerate().filter(|(_, event)| whose.has(event));
        rows.filter_map(|(at, _)| u32::try_from(at).ok()).collect()
    }

    fn show(&mut self, of_task: bool, rows: Vec<u32>) {
        let side = if of_task { &mut self.of_task } else { &mut self.all };
        let list = &mut side.list;
        let (place, count) = if list.sort.reversed { (usize::MAX, list.len()) } else { (0, 1) };
        let follows = list.sort.column == TIME && (list.is_empty() || list.cursor() + 1 == count);
        side.rows = rows;
        let rows = EventRows { lines: &self.lines, ranks: &self.ranks, rows: &side.rows };
        list.rebuild(&rows);
        if follows {
            list.go(place, &rows);
        }
    }

    pub fn side(&self, of_task: bool) -> &Side {
        if of_task { &self.of_task } else { &self.all }
    }

    fn act(&mut self, of_task: bool, act: Act<'_>) {
        let side = if of_task { &mut self.of_task } else { &mut self.all };
        let rows = EventRows { lines: &self.lines, ranks: &self.ranks, rows: &side.rows };
        act.on(&mut side.list, &rows);
    }

    /// The event at a row of a list, with what was computed from it.
    pub fn at<'a>(&'a self, world: &'a World, side: &Side, row: usize) -> Option<(&'a Event, &'a Line)> {
        let at = *side.rows.get(row)? as usize;
        Some((world.events.get(at)?, &self.lines.get(at)?.1))
    }

    /// The newest events of everything, newest first.
    pub fn newest<'a>(&'a self, world: &'a World) -> impl Iterator<Item = (&'a Event, &'a Line)> {
        world.events.iter().zip(&self.lines).rev().map(|(event, (_, line))| (event, line))
    }
}

impl Side {
    /// Events before the filter.
    pub fn count(&self) -> usize {
        self.rows.len()
    }
}

/// The list on screen, and whether it is the one of the opened task.
pub fn on_screen(state: &State) -> (&Side, bool) {
    let of_task = state.tab().is_some();
    (state.events.side(of_task), of_task)
}

/// The event the pane below is about.
pub fn in_detail(state: &State) -> Option<(&Event, &Line)> {
    let (side, _) = on_screen(state);
    let wanted = side.list.detail()?;
    let row = match side.list.key() {
        Some(key) if key == wanted => side.list.row()?,
        _ => side
            .rows
            .iter()
            .position(|at| state.events.lines.get(*at as usize).is_some_and(|(key, _)| key == wanted))?,
    };
    state.events.at(&state.world, side, row)
}

/// The listed task that an event is about.
pub fn task_of<'a>(world: &'a World, event: &Event) -> Option<&'a Task> {
    let of_instance = event.source_type == SourceType::Instance;
    world.tasks.iter().find(|task| !of_instance && task.name.raw() == event.source.raw())
}

/// A time of the last day or two: `14:01:07` today, else `Nov 21 23:58`. Changes at midnight, [`age::next_day`].
pub fn stamp(at: Timestamp, now: Timestamp) -> String {
    let day = |at: Timestamp| at.as_second().div_euclid(86_400);
    if day(at) == day(now) { age::clock(at) } else { at.strftime("%b %d %H:%M").to_string() }
}

/// Width from which the pane below Tasks is shared, and height from which the one beside it is.
const SHARED_FROM_WIDTH: u16 = 120;
const SHARED_FROM_HEIGHT: u16 = 30;

/// The pane about the task under the cursor, and what it leaves to the newest events where there is room.
pub fn beside_why(detail: Pane) -> (Pane, Option<Pane>) {
    if detail.width >= SHARED_FROM_WIDTH {
        let left = detail.width / 2;
        let right = Pane { x: detail.x + left, width: detail.width - left, ..detail };
        return (Pane { width: left, ..detail }, Some(right));
    }
    if detail.boxed && detail.x > 0 && detail.height >= SHARED_FROM_HEIGHT {
        let lower = detail.height / 3;
        let upper = Pane { height: detail.height - lower, ..detail };
        return (upper, Some(Pane { y: detail.y + upper.height, height: lower, ..detail }));
    }
    (detail, None)
}

/// The newest events stand on the Tasks screen.
pub fn is_beside_why(state: &State) -> bool {
    state.layout().detail.is_some_and(|pane| beside_why(pane).1.is_some())
}

pub struct EventsPage;

impl Page for EventsPage {
    fn context(&self) -> Context {
        Context::Events
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        vec![Subject::Events]
    }

    fn filling(&self, state: &State) -> Filling {
        let (side, _) = on_screen(state);
        page::filling(state, &Subject::Events, side.rows.len(), side.list.len())
    }

    fn fit(&self, state: &mut State, inner: Area) {
        let of_task = state.tab().is_some();
        if let (true, Some(arn)) = (of_task, &state.opened) {
            state.events.turn_to(&state.world, arn);
        }
        let events = &mut state.events;
        let side = if of_task { &mut events.of_task } else { &mut events.all };
        side.list.set_height(usize::from(inner.height.saturating_sub(1)));
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        let of_task = state.tab().is_some();
        state.events.act(of_task, act);
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn filter<'a>(&self, state: &'a State) -> &'a str {
        on_screen(state).0.list.filter.text()
    }

    fn detail_wants(&self, state: &State) -> u16 {
        if matches!(self.filling(state), Filling::Rows | Filling::NoMatch) { 9 } else { 0 }
    }

    /// The rows can use all the width there is.
    fn detail_beside(&self) -> bool {
        false
    }

    fn follow(&self, state: &mut State) {
        let now = state.now;
        let of_task = state.tab().is_some();
        let side = if of_task { &mut state.events.of_task } else { &mut state.events.all };
        side.list.follow(now);
    }

    fn under_cursor(&self, state: &State) -> Option<String> {
        let (side, _) = on_screen(state);
        let (event, _) = state.events.at(&state.world, side, side.list.row()?)?;
        Some(format!("{} {}: {}", event.at, event.source.shown(), event.message.shown()))
    }

    fn export(&self, state: &State) -> Option<Export> {
        Some(export::events(state))
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        next.offer(on_screen(state).0.list.follows_at());
        next.offer(age::next_day(next.now));
        next.age(in_detail(state).map(|(event, _)| event.at));
    }
}

/// Some of the events with what was computed from them.
struct EventRows<'a> {
    lines: &'a [(Key, Line)],
    ranks: &'a [[u32; 2]],
    rows: &'a [u32],
}

impl EventRows<'_> {
    fn line(&self, row: usize) -> &(Key, Line) {
        &self.lines[self.rows[row] as usize]
    }
}

impl Rows for EventRows<'_> {
    type Key = Key;

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn count(&self) -> usize {
        self.rows.len()
    }

    fn key(&self, row: usize) -> Key {
        self.line(row).0.clone()
    }

    fn has_key(&self, row: usize, key: &Key) -> bool {
        self.line(row).0 == *key
    }

    /// Among equals the newest comes first.
    fn name_rank(&self, row: usize) -> u32 {
        u32::MAX - self.rows[row]
    }

    fn sort_key(&self, row: usize, column: usize) -> SortKey {
        let (key, line) = self.line(row);
        let ranks = self.ranks[self.rows[row] as usize];
        match column {
            WEIGHT | MEANING => line.weight.map_or(SortKey::Unknown, |weight| SortKey::Value(weight as i64)),
            OF => SortKey::Value(match key.source_type {
                SourceType::Other(_) => 2,
                SourceType::Instance => 1,
                SourceType::Task => 0,
            }),
            CATEGORY => line.category.map_or(SortKey::Unknown, |category| SortKey::Value(category as i64)),
            SOURCE => SortKey::Value(i64::from(ranks[0])),
            MESSAGE => SortKey::Value(i64::from(ranks[1])),
            _ => SortKey::Value(key.at.as_millisecond()),
        }
    }

    fn text(&self, row: usize) -> &str {
        &self.line(row).1.text
    }

    fn cell_text(&self, row: usize, column: usize) -> String {
        let (key, line) = self.line(row);
        match column {
            WEIGHT => line.weight.map_or("unknown", Weight::word).to_owned(),
            OF => key.source_type.raw().to_lowercase(),
            SOURCE => key.source.raw().to_lowercase(),
            CATEGORY => line.category.map_or("unknown", Category::word).to_owned(),
            MESSAGE => key.message.raw().to_lowercase(),
            MEANING => line.words.unwrap_or("unknown").to_lowercase(),
            _ => key.at.to_string().to_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests;
