//! Refreshes: those of the configuration with the last time they were carried out, those under way, and those that were.
//!
//! Journals on this machine are read and not asked of AWS, so they are no subject of a feed: they have an age of their own
//! here. Whoever watches them says so unasked when something is another thing ([`Refreshes::take`]), so what needs somebody is
//! red on every screen. [`plan`] is one that is planned, [`run`] one that is or was carried out, [`ask`] the questions before
//! anything is begun or steered, [`row`] a line of the list.

pub mod ask;
pub mod plan;
pub mod row;
pub mod run;

use super::export::Export;
use super::feed::{Failure, Feed};
use super::list::{List, Sort};
use super::page::{Act, Next, Page};
use super::problems::{EntryState, Problems};
use super::{Filling, PaneAge, State, age};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::refresh::told::{Journals, Prepared};
use crate::model::refresh::{RefreshId, RefreshName, RunHead, RunState, StepName};
use crate::model::untrusted::shown;
use crate::model::{Problem, ProblemKind, Subject};
use jiff::{SignedDuration, Timestamp};
use plan::PlanView;
use row::{COLUMNS, Key, LISTED, Row, RowsOf, STARTED, What, cells};
use run::RunView;
use std::collections::BTreeSet;

/// While the list is looked at it is read again this often. Nothing is asked of AWS.
pub const EVERY: SignedDuration = SignedDuration::from_secs(5);

#[derive(Debug, Clone, PartialEq)]
pub struct Refreshes {
    pub list: List<Key>,
    pub rows: Vec<Row>,
    pub feed: Feed,
    /// The newest first.
    pub heads: Vec<RunHead>,
    /// Journals that cannot be read.
    pub unread: Vec<Problem>,
    /// Refreshes whose target could not be looked at for runs of others, and why.
    pub unseen: Vec<(RefreshName, String)>,
    /// The one that is planned, or was last.
    pub plan: Option<Box<PlanView>>,
    /// The run on screen.
    pub run: Option<Box<RunView>>,
    /// What stands on Problems because of a run.
    raised: BTreeSet<String>,
}

impl Default for Refreshes {
    fn default() -> Self {
        Self {
            list: List::new(Sort { column: STARTED, reversed: false }),
            rows: Vec::new(),
            feed: Feed::default(),
            heads: Vec::new(),
            unread: Vec::new(),
            unseen: Vec::new(),
            plan: None,
            run: None,
            raised: BTreeSet::new(),
        }
    }
}

impl Refreshes {
    /// Takes in what the journals say, and tells Problems what somebody has to know who never opens the screen.
    pub fn take(
        &mut self,
        answer: Result<Journals, Problem>,
        prepared: &[Prepared],
        problems: &mut Problems,
        now: Timestamp,
    ) {
        self.feed.asked = None;
        let mut standing = Vec::new();
        match answer {
            Ok(Journals { heads, unread, unseen }) => {
                self.feed =
                    Feed { as_of: Some(now), received: Some(now), every: Some(EVERY), failed: None, asked: None };
                standing.extend(heads.iter().filter(|head| head.needs_attention()).map(|head| problem(head, now)));
                standing.extend(unread.iter().cloned());
                (self.heads, self.unread, self.unseen) = (heads, unread, unseen);
            }
            Err(problem) => {
                self.feed.failed = Some(Failure { problem: problem.clone(), retry_at: None });
                standing.push(problem);
                // What was known before stays, and so does what it raised.
                standing.extend(
                    self.heads.iter().filter(|head| head.needs_attention()).map(|head| self::problem(head, now)),
                );
            }
        }
        self.collect(prepared);
        let before = std::mem::take(&mut self.raised);
        for problem in standing {
            let summary = problem.summary.clone();
            if !before.contains(&summary) && !self.raised.contains(&summary) {
                problems.add(problem, None, EntryState::Standing, now);
            }
            self.raised.insert(summary);
        }
        for over in before.difference(&self.raised) {
            problems.settle_called(over, now);
        }
    }

    /// The rows: what the configuration has, then every run.
    pub fn collect(&mut self, prepared: &[Prepared]) {
        let rows = prepared.iter().map(|one| Row::prepared(one, &self.heads));
        self.rows = rows.chain(self.heads.iter().map(Row::run)).collect();
        self.list.rebuild(&RowsOf(&self.rows));
    }

    /// The row under the cursor.
    pub fn row(&self) -> Option<&Row> {
        self.rows.get(self.list.row()?)
    }

    /// The row that the pane below is about.
    pub fn in_detail(&self) -> Option<&Row> {
        let key = self.list.detail()?;
        self.rows.iter().find(|row| row.key() == *key)
    }

    /// Runs that need somebody, the newest first.
    pub fn unwell(&self) -> impl Iterator<Item = &RunHead> {
        self.heads.iter().filter(|head| head.needs_attention())
    }

    /// Runs that are not over, whatever they wait for.
    pub fn open(&self) -> impl Iterator<Item = &RunHead> {
        self.heads.iter().filter(|head| !head.state.is_over())
    }

    /// Where each run stands.
    pub fn standings(&self) -> Vec<(RefreshId, RunState, Option<StepName>)> {
        self.heads.iter().map(|head| (head.id.clone(), head.state, head.step.clone())).collect()
    }

    /// The newest run of this name that is not over.
    pub fn open_run(&self, name: &RefreshName) -> Option<&RunHead> {
        self.open().find(|head| head.name == *name)
    }

    /// When the list is to be read again while it is on screen.
    pub fn due(&self) -> Option<Timestamp> {
        self.feed.as_of.filter(|_| self.feed.asked.is_none())?.checked_add(EVERY).ok()
    }

    /// One line about what needs somebody, for the screens that are about something else.
    pub fn red(&self, now: Timestamp) -> Option<String> {
        let mut unwell = self.unwell();
        let first = unwell.next()?;
        let more = match unwell.count() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let name = shown(&first.name.0).into_owned();
        let step = first.step.as_ref().map(|step| format!(" at {}", shown(&step.0))).unwrap_or_default();
        let began = age::moment(first.began, now);
        let what = if let Some(elsewhere) = first.elsewhere.as_ref().filter(|_| first.is_left()) {
            let beat = age::moment(elsewhere.beat, now);
            format!("refresh {name} of {began} UTC on {} is silent since {beat} UTC", shown(&first.host))
        } else if first.is_left() {
            format!("refresh {name} of {began} UTC has no process any more, it stopped{step}")
        } else {
            let why = first.why.as_ref().map(|why| format!(": {}", why.shown())).unwrap_or_default();
            format!("refresh {name} of {began} UTC needs attention{step}{why}")
        };
        Some(format!("{what}{more}"))
    }

    /// One short word for the header: what goes on, or what waits for somebody.
    pub fn word(&self) -> Option<Word> {
        if self.unwell().next().is_some() {
            return Some(Word { bad: true, long: "▲ refresh".to_owned(), short: "▲ refresh".to_owned() });
        }
        let mut working = self.open().filter(|head| head.is_working());
        if let Some(first) = working.next() {
            let long = match (&first.step, working.count()) {
                (_, more @ 1..) => format!("→ {} refreshes", more + 1),
                (Some(step), 0) if first.state == RunState::Running => format!("→ refresh {}", shown(&step.0)),
                _ => "→ refresh".to_owned(),
            };
            return Some(Word { bad: false, long, short: "→ refresh".to_owned() });
        }
        let waits = self.open().next()?;
        let long = format!("○ refresh {}", waits.standing());
        Some(Word { bad: false, long, short: "○ refresh".to_owned() })
    }
}

/// See [`Refreshes::word`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub bad: bool,
    pub long: String,
    pub short: String,
}

/// What a person is told of a run that does not go on.
fn problem(head: &RunHead, now: Timestamp) -> Problem {
    let name = shown(&head.name.0).into_owned();
    let step = head.step.as_ref().map(|step| format!(" at {}", shown(&step.0))).unwrap_or_default();
    let (summary, why) = if let Some(elsewhere) = head.elsewhere.as_ref().filter(|_| head.is_left()) {
        let (who, host) = (shown(&head.os_user), shown(&head.host));
        let why =
            format!("{who} on {host} had it; the ledger on its target has no sign of life since {}", elsewhere.beat);
        (format!("refresh {name} ({}) on another machine is silent", head.id.0), why)
    } else if head.is_left() {
        let why = format!("process {} on {} is gone; nothing that was taken away is lost", head.pid, shown(&head.host));
        (format!("refresh {name} ({}) has no process any more{step}", head.id.0), why)
    } else {
        let why = head.why.as_ref().map(|why| why.shown().into_owned()).unwrap_or_default();
        (format!("refresh {name} ({}) needs attention{step}", head.id.0), why)
    };
    let command = head.command().map(|command| format!(" It goes on with: {command}")).unwrap_or_default();
    Problem {
        kind: ProblemKind::InvalidState,
        summary: shown(&summary).into_owned(),
        detail: why,
        hint: format!("Refreshes shows what is away and what can be done.{command}"),
        request_id: None,
        at: now,
    }
}

pub struct RefreshesPage;

impl Page for RefreshesPage {
    fn context(&self) -> Context {
        Context::Refreshes
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        Vec::new()
    }

    fn ages(&self, state: &State) -> Vec<PaneAge> {
        let feed = &state.refreshes.feed;
        let (has_data, as_of) = (feed.has_data(), feed.as_of);
        vec![PaneAge { has_data, as_of, freshness: feed.freshness(state.now), late_from: feed.late_from() }]
    }

    fn filling(&self, state: &State) -> Filling {
        let refreshes = &state.refreshes;
        match () {
            () if !refreshes.rows.is_empty() && refreshes.list.is_empty() => Filling::NoMatch,
            () if !refreshes.rows.is_empty() => Filling::Rows,
            () if !refreshes.feed.has_data() && refreshes.feed.failed.is_some() => Filling::Failed,
            () if !refreshes.feed.has_data() => Filling::Loading,
            () => Filling::Empty,
        }
    }

    /// The head, the rows.
    fn fit(&self, state: &mut State, inner: Area) {
        state.refreshes.list.set_height(usize::from(inner.height).saturating_sub(1));
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        act.on(&mut state.refreshes.list, &RowsOf(&state.refreshes.rows));
    }

    fn columns(&self) -> &'static [super::column::Column] {
        &COLUMNS
    }

    fn filter<'a>(&self, state: &'a State) -> &'a str {
        state.refreshes.list.filter.text()
    }

    fn detail_wants(&self, state: &State) -> u16 {
        if matches!(self.filling(state), Filling::Rows | Filling::NoMatch) { 9 } else { 0 }
    }

    /// The rows can use all the width there is.
    fn detail_beside(&self) -> bool {
        false
    }

    fn follow(&self, state: &mut State) {
        state.refreshes.list.follow(state.now);
    }

    fn under_cursor(&self, state: &State) -> Option<String> {
        Some(match &state.refreshes.row()?.what {
            What::Prepared { prepared, .. } => shown(&prepared.name.0).into_owned(),
            What::Run(head) => shown(&head.id.0).into_owned(),
        })
    }

    fn export(&self, state: &State) -> Option<Export> {
        let rows = state.refreshes.list.order().filter_map(|row| state.refreshes.rows.get(row)).map(cells).collect();
        Some(Export { name: "refreshes".to_owned(), list: crate::model::listing::List { columns: LISTED, rows } })
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        next.offer(state.refreshes.list.follows_at());
        next.offer(age::next_day(next.now));
        next.offer(state.refreshes.due().filter(|_| state.focused));
    }
}
