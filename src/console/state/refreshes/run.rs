//! One refresh that is or was carried out: its steps, what is away right now, the load, the log.
//!
//! What its journal says is read again each second while a process works on it. Four parts scroll by themselves; where there
//! is no room for all of them the one with the keys is shown. `words.rs` makes the lines, [`panes`] says where they stand.

mod words;

pub use words::{Kind, Line, STEP_NAME, STEP_STATE, STEP_TOOK, step_took};

use super::super::export::Export;
use super::super::feed::{Failure, Feed};
use super::super::layout::Pane;
use super::super::page::{Act, Move, Next, Page};
use super::super::text_pane::TextPane;
use super::super::{Filling, PaneAge, State};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::refresh::told::RunTold;
use crate::model::refresh::{RefreshId, StepKind, StepSeen, StepState};
use crate::model::untrusted::shown;
use crate::model::{Problem, Subject, listing};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// While a process works on it, it is read again this often; else this often, since somebody may go on with it.
const EVERY: SignedDuration = SignedDuration::from_secs(1);
const EVERY_ELSE: SignedDuration = SignedDuration::from_secs(5);

/// What scrolls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Steps,
    Away,
    Load,
    Log,
}

impl Part {
    pub const ALL: [Self; 4] = [Self::Steps, Self::Away, Self::Load, Self::Log];

    fn at(self) -> usize {
        Self::ALL.iter().position(|part| *part == self).unwrap_or(0)
    }
}

/// Where the parts stand; a part that is not on screen has no pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panes {
    /// With what is said about the whole run above the steps.
    pub steps: Pane,
    pub away: Option<Pane>,
    pub load: Option<Pane>,
    pub log: Option<Pane>,
}

/// From this size on all parts are on screen.
const WHOLE_FROM: (u16, u16) = (110, 28);

/// Places the parts in what the screen has for them. `other` is the one beside the steps where there is room for one only,
/// `away` how many lines there are about what is away.
pub fn panes(body: Pane, other: Part, away: usize) -> Panes {
    if body.width < WHOLE_FROM.0 || body.height < WHOLE_FROM.1 {
        let below = (body.height * 2 / 5).max(4).min(body.height);
        let steps = Pane { height: body.height - below, ..body };
        let pane = Some(Pane { y: body.y + steps.height, height: below, ..body });
        let of = |part: Part| pane.filter(|_| part == other);
        return Panes { steps, away: of(Part::Away), load: of(Part::Load), log: of(Part::Log) };
    }
    let log = (body.height / 4).max(7);
    let top = body.height - log;
    let left = body.width * 11 / 20;
    let steps = Pane { width: left, height: top, ..body };
    let right = Pane { x: body.x + left, width: body.width - left, height: top, ..body };
    // Each whole, where that is possible.
    let wants = u16::try_from(away.max(1) * 3).unwrap_or(u16::MAX).saturating_add(2);
    let away = Pane { height: wants.clamp(3, top / 2), ..right };
    let load = Pane { y: right.y + away.height, height: top - away.height, ..right };
    let log = Pane { y: body.y + top, height: log, ..body };
    Panes { steps, away: Some(away), load: Some(load), log: Some(log) }
}

#[derive(Debug, Clone, PartialEq)]
pub struct RunView {
    pub id: RefreshId,
    pub told: Option<Box<RunTold>>,
    pub feed: Feed,
    /// The part that the keys scroll.
    pub part: Part,
    /// Somebody has chosen it.
    chosen: bool,
    /// What is said about the whole run.
    pub head: Vec<Line>,
    lines: [Vec<Line>; 4],
    panes: [TextPane; 4],
    /// Steps and log stay where they were put, and do not follow what happens.
    held: [bool; 2],
}

impl RunView {
    pub fn new(id: RefreshId) -> Self {
        Self {
            id,
            told: None,
            feed: Feed::default(),
            part: Part::Steps,
            chosen: false,
            head: Vec::new(),
            lines: Default::default(),
            panes: [TextPane::default(); 4],
            held: [false; 2],
        }
    }

    pub fn take(&mut self, told: Result<Box<RunTold>, Problem>, now: Timestamp) {
        self.feed.asked = None;
        match told {
            Ok(told) => {
                let every = if told.seen.head.is_working() { EVERY } else { EVERY_ELSE };
                self.feed =
                    Feed { as_of: Some(now), received: Some(now), every: Some(every), failed: None, asked: None };
                self.told = Some(told);
            }
            Err(problem) => self.feed.failed = Some(Failure { problem, retry_at: None }),
        }
    }

    /// When it is to be read again while it is on screen.
    pub fn due(&self) -> Option<Timestamp> {
        let every = self.feed.every?;
        self.feed.as_of.filter(|_| self.feed.asked.is_none())?.checked_add(every).ok()
    }

    /// The part beside the steps where there is room for one: the one with the keys, else what matters now.
    pub fn other(&self) -> Part {
        let Some(told) = &self.told else { return Part::Log };
        match self.part {
            Part::Steps if self.chosen => Part::Log,
            Part::Steps => match current(&told.seen.steps).map(|step| step.kind) {
                Some(StepKind::Load | StepKind::Wait) if told.seen.load.is_some() => Part::Load,
                _ if !told.seen.head.state.is_over() && !told.seen.away.is_empty() => Part::Away,
                _ => Part::Log,
            },
            part => part,
        }
    }

    /// The next part gets the keys, or the one before.
    pub fn turn(&mut self, forward: bool) {
        let parts = Part::ALL.len();
        self.part = Part::ALL[(self.part.at() + if forward { 1 } else { parts - 1 }) % parts];
        self.chosen = true;
        self.held = [false; 2];
    }

    pub fn go(&mut self, how: Move) {
        match self.part {
            Part::Steps => self.held[0] = true,
            Part::Log => self.held[1] = !matches!(how, Move::Last),
            Part::Away | Part::Load => {}
        }
        self.panes[self.part.at()].go(how);
    }

    /// Lines of a part on screen, with the first of them.
    pub fn visible(&self, part: Part) -> impl Iterator<Item = (usize, &Line)> {
        let lines = &self.lines[part.at()];
        self.panes[part.at()].visible().filter_map(|at| Some((at, lines.get(at)?)))
    }

    pub fn place(&self, part: Part) -> Option<String> {
        self.panes[part.at()].place()
    }

    pub fn panes(&self, body: Pane) -> Panes {
        let away = self.told.as_ref().map_or(0, |told| told.seen.away.len());
        panes(body, self.other(), away)
    }

    /// Makes the lines for the size there is, and follows what happens.
    fn fit(&mut self, body: Pane, now: Timestamp) {
        let panes = self.panes(body);
        let Some(told) = self.told.as_deref() else { return };
        let cells = |pane: Option<Pane>| usize::from(pane.map_or(0, |pane| pane.inner().width.saturating_sub(2)));
        self.head = words::head(told, cells(Some(panes.steps)), now);
        self.lines =
            [Vec::new(), Vec::new(), words::load(told, cells(panes.load)), words::log(told, cells(panes.log), now)];
        // The steps have most of the room, whatever there is to say.
        let inner = panes.steps.inner();
        let most = usize::from(inner.height / 2).max(2);
        words::shorten(&mut self.head, most);
        let rows = usize::from(inner.height).saturating_sub(self.head.len());
        self.lines[0] = words::steps(told, cells(Some(panes.steps)), rows);
        let of_away = panes.away.map_or(0, |pane| usize::from(pane.inner().height));
        self.lines[1] = words::away(told, cells(panes.away), true, now);
        if self.lines[1].len() > of_away {
            self.lines[1] = words::away(told, cells(panes.away), false, now);
        }
        let height = |pane: Option<Pane>| usize::from(pane.map_or(0, |pane| pane.inner().height));
        let heights = [rows, height(panes.away), height(panes.load), height(panes.log)];
        for (at, rows) in heights.into_iter().enumerate() {
            self.panes[at].fit(self.lines[at].len(), rows);
        }
        if !self.held[0]
            && let Some(at) = current_at(&told.seen.steps)
        {
            let line = self.lines[0].iter().position(|line| line.kind == Kind::Step(at));
            self.panes[0].show(line.unwrap_or(at));
        }
        if !self.held[1] {
            self.panes[Part::Log.at()].to(usize::MAX);
        }
    }
}

/// The step that it is at: the one that runs or failed, else the next.
pub fn current_at(steps: &[StepSeen]) -> Option<usize> {
    let is = |of: fn(&StepState) -> bool| steps.iter().position(|step| of(&step.state));
    is(|state| matches!(state, StepState::Running))
        .or_else(|| is(|state| matches!(state, StepState::Failed { .. })))
        .or_else(|| is(|state| matches!(state, StepState::Waiting)))
}

fn current(steps: &[StepSeen]) -> Option<&StepSeen> {
    steps.get(current_at(steps)?)
}

pub struct RefreshRunPage;

impl Page for RefreshRunPage {
    fn context(&self) -> Context {
        Context::RefreshRun
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        Vec::new()
    }

    /// Of the journal; the load has its own, from DMS.
    fn ages(&self, state: &State) -> Vec<PaneAge> {
        let Some(run) = &state.refreshes.run else { return Vec::new() };
        let feed = &run.feed;
        let (has_data, as_of) = (feed.has_data(), feed.as_of);
        vec![PaneAge { has_data, as_of, freshness: feed.freshness(state.now), late_from: feed.late_from() }]
    }

    fn filling(&self, state: &State) -> Filling {
        match state.refreshes.run.as_deref() {
            Some(RunView { told: Some(_), .. }) => Filling::Rows,
            Some(RunView { feed: Feed { failed: Some(_), .. }, .. }) => Filling::Failed,
            Some(_) => Filling::Loading,
            None => Filling::Empty,
        }
    }

    fn fit(&self, state: &mut State, _inner: Area) {
        let (body, now) = (state.layout().list, state.now);
        if let Some(run) = &mut state.refreshes.run {
            run.fit(body, now);
        }
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        if let (Act::Move(how), Some(run)) = (act, &mut state.refreshes.run) {
            run.go(how);
        }
    }

    fn under_cursor(&self, state: &State) -> Option<String> {
        let run = state.refreshes.run.as_ref()?;
        let command = run.told.as_ref().and_then(|told| told.seen.head.command());
        // What one would do next, where there is something.
        Some(command.unwrap_or_else(|| shown(&run.id.0).into_owned()))
    }

    /// The steps; the log is in the journal.
    fn export(&self, state: &State) -> Option<Export> {
        let told = state.refreshes.run.as_ref()?.told.as_ref()?;
        let time = |at: Option<Timestamp>| json!(at.map(|at| at.to_string()));
        let rows = told.seen.steps.iter().map(|step| {
            vec![
                json!(step.name.0),
                json!(step.kind.word()),
                json!(step.state.word()),
                json!(step.attempts),
                time(step.began),
                time(step.ended),
                json!(step.note),
                json!(step.state.why()),
            ]
        });
        let list = listing::List { columns: LISTED, rows: rows.collect() };
        Some(Export { name: format!("refresh-{}", told.seen.head.id.0), list })
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        if let Some(run) = &state.refreshes.run {
            next.offer(run.due().filter(|_| state.focused));
            let load = run.told.as_ref().and_then(|told| told.seen.load.as_ref());
            next.age(load.map(|load| load.as_of));
        }
    }
}

/// What `w` writes of a run.
const LISTED: &[listing::Column] = &[
    listing::column("step", "STEP"),
    listing::column("kind", "KIND"),
    listing::column("state", "STATE"),
    listing::column("attempts", "ATTEMPTS"),
    listing::column("began", "BEGAN"),
    listing::column("ended", "ENDED"),
    listing::column("note", "NOTE"),
    listing::column("why", "WHY"),
];
