//! The log of a task, and the log groups that the configuration names.
//!
//! `ring.rs` keeps the lines, `sieve.rs` says which are shown, `rows.rs` lays one line out, `log.rs` has them together,
//! `motion.rs` moves about in them; this file has what all logs share, and answers for the screen. Start at [`Logs`].

pub mod log;
mod motion;
pub mod ring;
pub mod rows;
pub mod sieve;

use super::export::{self, Export};
use super::notice::{Done, Notice};
use super::page::{Act, Page};
use super::{Filling, Screen, State, Tab, age, page};
use crate::console::actions::Context;
use crate::console::message::{Area, Focus};
use crate::model::log_place::LogSource;
use crate::model::observation::LogNews;
use crate::model::untrusted::shown;
use crate::model::{ReplicationArn, Subject};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use log::Log;
use rows::Glass;
use std::collections::BTreeMap;

/// Bytes all logs together may hold (design page, budgets). What was not looked at for longest goes first.
const BYTES_MAX: usize = 32 << 20;

/// Which text is typed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Field {
    #[default]
    Search,
    Component,
}

/// Every log that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Logs {
    read: BTreeMap<LogSource, Log>,
    /// Those looked at, the last one last.
    looked: Vec<LogSource>,
    /// Which of the groups that the configuration names.
    pub group: usize,
    pub field: Field,
    pub wrap: bool,
    /// Times in the zone of the configuration instead of UTC.
    pub local: bool,
}

impl Default for Logs {
    fn default() -> Self {
        Self { read: BTreeMap::new(), looked: Vec::new(), group: 0, field: Field::Search, wrap: true, local: false }
    }
}

impl Logs {
    pub fn get(&self, source: &LogSource) -> Option<&Log> {
        self.read.get(source)
    }

    /// Takes in what the feed has read, whether it is on screen or was left a moment ago: it will not be told again.
    pub fn add(&mut self, source: LogSource, news: LogNews) {
        self.read.entry(source).or_default().add(news);
        self.make_room();
    }

    fn make_room(&mut self) {
        let mut bytes: usize = self.read.values().map(|log| log.ring.bytes()).sum();
        // Those nobody has looked at come first, then in the order in which they were.
        let never: Vec<LogSource> = self.read.keys().filter(|source| !self.looked.contains(source)).cloned().collect();
        for source in never.iter().chain(&self.looked) {
            let Some(log) = self.read.get_mut(source) else { continue };
            while bytes > BYTES_MAX {
                let before = log.ring.bytes();
                if !log.drop_oldest() {
                    break;
                }
                bytes -= before - log.ring.bytes();
            }
        }
    }

    /// The log that is looked at now.
    fn look(&mut self, source: &LogSource) -> &mut Log {
        if self.looked.last() != Some(source) {
            self.looked.retain(|other| other != source);
            self.looked.push(source.clone());
        }
        self.read.entry(source.clone()).or_default()
    }
}

/// Which log the screen shows; none where no group is configured.
pub fn source(state: &State) -> Option<LogSource> {
    match state.screen() {
        Screen::Logs => state.setup.log_groups.get(state.logs.group).cloned().map(LogSource::Group),
        _ => state.task_on_screen().cloned().map(LogSource::Task),
    }
}

/// The log on screen.
pub fn on_screen(state: &State) -> Option<&Log> {
    state.logs.get(&source(state)?)
}

/// Through what it is looked at; the first line of the pane says what is seen, the rest are rows.
pub fn glass(state: &State) -> Glass {
    let zone = state.setup.time_zone.clone().filter(|_| state.logs.local);
    // A letter at the very edge of a frame is hard to read.
    let width = usize::from(state.layout().list.inner().width.saturating_sub(1));
    Glass { wrap: state.logs.wrap, zone: zone.unwrap_or(TimeZone::UTC), width }
}

/// Changes the log on screen.
pub fn with(state: &mut State, change: impl FnOnce(&mut Log, &Glass)) {
    let Some(source) = source(state) else { return };
    let glass = glass(state);
    let log = state.logs.look(&source);
    change(log, &glass);
    log.settle(&glass);
    if let Some(at) = log.missed.take() {
        let words = missed(state, &source, at);
        state.notice = Some(Notice::new(Done::Partly, words, state.now));
    }
}

/// Where there is more of a log than was read.
fn missed(state: &State, source: &LogSource, at: Timestamp) -> String {
    let of = match source {
        LogSource::Task(arn) => state.world.task(arn).map_or("TASK".into(), |task| task.name.shown()),
        LogSource::Group(name) => format!("--group {}", shown(name)).into(),
    };
    let hours = state.now.duration_since(at).as_hours().max(0) + 1;
    format!("{} lies before what is read; `cutover logs {of} --since {hours}h`", age::moment(at, state.now))
}

/// Shows the log of a task as it was at a moment, from wherever the screen is.
pub fn open_log_at(state: &mut State, arn: &ReplicationArn, at: Timestamp) {
    state.open_task(arn);
    state.screens.push(Screen::Task(Tab::Logs));
    with(state, |log, _| log.want(at));
}

pub struct LogsPage;

impl Page for LogsPage {
    fn context(&self) -> Context {
        Context::Logs
    }

    fn subjects(&self, state: &State) -> Vec<Subject> {
        source(state).map(Subject::Log).into_iter().collect()
    }

    fn filling(&self, state: &State) -> Filling {
        let Some(source) = source(state) else { return Filling::Empty };
        let counts = state.logs.get(&source).map_or((0, 0), |log| (log.ring.len(), log.counts.kept));
        match (counts, state.logs.get(&source)) {
            ((1.., 1..), _) => Filling::Rows,
            // Only gaps: they are rows.
            ((1.., _), Some(log)) if log.counts.lines == 0 => Filling::Rows,
            ((lines, kept), _) => page::filling(state, &Subject::Log(source), lines, kept),
        }
    }

    fn fit(&self, state: &mut State, inner: Area) {
        let height = usize::from(inner.height.saturating_sub(1));
        with(state, |log, _| log.set_height(height));
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        let (typing, field) = (state.typing, state.logs.field);
        with(state, |log, glass| match act {
            Act::Move(how) => log.act(how, glass),
            Act::Refilter(text) => {
                // A field that is open is what is typed; Esc on the screen drops one after the other.
                match (typing, field) {
                    (true, Field::Search) => log.seek(text, glass),
                    (false, _) if !log.search.is_empty() => log.find(text),
                    _ => log.refilter(|sieve| text.clone_into(&mut sieve.component)),
                }
            }
            Act::Sort(_) | Act::Shift(_) | Act::Mark(_) => {}
        });
    }

    fn filter<'a>(&self, state: &'a State) -> &'a str {
        let Some(log) = on_screen(state) else { return "" };
        match (state.typing, state.logs.field) {
            (true, Field::Component) => &log.sieve.component,
            (false, _) if log.search.is_empty() => &log.sieve.component,
            _ => &log.search.text,
        }
    }

    fn prompt(&self, state: &State) -> &'static str {
        match state.logs.field {
            Field::Search => "/ ",
            Field::Component => "component ",
        }
    }

    fn detail_wants(&self, state: &State) -> u16 {
        match on_screen(state) {
            // What a line means takes more than one row of a narrow screen.
            Some(log) if !log.ring.is_empty() => 2 + u16::from(state.area.width < 100),
            _ => 0,
        }
    }

    fn detail_beside(&self) -> bool {
        false
    }

    fn under_cursor(&self, state: &State) -> Option<String> {
        on_screen(state)?.cursor().map(|line| shown(&line.text).into_owned())
    }

    fn export(&self, state: &State) -> Option<Export> {
        let log = on_screen(state).filter(|log| !log.ring.is_empty())?;
        let name = match source(state)? {
            LogSource::Task(arn) => state.world.task(&arn).map_or_else(String::new, |task| task.name.raw().to_owned()),
            LogSource::Group(name) => name.trim_start_matches('/').to_owned(),
        };
        Some(export::log(log, &name))
    }

    fn focus(&self, state: &State, focus: &mut Focus) {
        focus.log_of = source(state);
    }
}

#[cfg(test)]
mod tests;
