//! Activity: what was changed, by whom, and what came of it; of this user, and of the team where there is one.
//!
//! The audit is read and not asked for, so it is no subject of a feed: it has an age of its own here. Lines that are laid
//! out for one entry are in `entry.rs`.

pub mod entry;

use super::column::Column;
use super::export::{self, Export};
use super::feed::{Failure, Feed};
use super::list::{List, Rows, Sort, SortKey};
use super::page::{Act, Next, Page};
use super::problems::{EntryState, Problems};
use super::text_pane::TextPane;
use super::{Filling, PaneAge, State, age};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::audit::{Activity, Key, Standing, State as Ended, Told};
use crate::model::untrusted::shown;
use crate::model::{Problem, Subject};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

pub const COLUMNS: [Column; 7] = [
    Column::new("when", "WHEN UTC", [STAMP, STAMP, STAMP], 0),
    Column::new("result", "RESULT", [11, 11, 11], 0),
    Column::words("what", "WHAT", [16, 16, 18], 0),
    Column::words("name", "NAME", [18, 30, 48], 0),
    Column::words("who", "WHO", [8, 8, 20], 2),
    Column::words("from", "FROM", [8, 10, 28], 3),
    Column::words("outcome", "OUTCOME", [14, 30, 120], 1),
];

pub const RESULT: usize = 1;
pub const WHAT: usize = 2;
pub const NAME: usize = 3;
pub const WHO: usize = 4;
pub const FROM: usize = 5;
pub const OUTCOME: usize = 6;

/// Cells of a time.
pub const STAMP: u16 = 12;

/// While it is looked at it is read again this often: a colleague may be at it. Nothing is asked of AWS.
pub const EVERY: SignedDuration = SignedDuration::from_secs(15);

/// One entry, with what is computed from it once.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub activity: Activity,
    /// What came of it, clean, in one line.
    pub outcome: String,
    text: String,
    /// Places by what, name, who, from and outcome.
    ranks: [u32; 5],
}

impl Row {
    fn of(activity: Activity) -> Self {
        let entry = &activity.entry;
        let outcome = match activity.standing {
            Standing::LeftBehind => "what came of it was never written".to_owned(),
            Standing::UnderWay => "not yet known".to_owned(),
            Standing::Ended(_) => shown(&entry.outcome).into_owned(),
        };
        let parts = [
            entry.kind.as_str(),
            &entry.name,
            entry.arn.raw(),
            activity.result(),
            &entry.whence.os_user,
            &entry.whence.host,
            entry.caller.raw(),
            &entry.scope.account.0,
            entry.environment.as_deref().unwrap_or_default(),
            entry.request_id.as_deref().unwrap_or_default(),
            &entry.id,
            &outcome,
        ];
        let text = parts.join("\n").to_lowercase();
        Self { outcome, text, ranks: [0; 5], activity }
    }

    /// What stands in a column that sorts by its words.
    pub fn words(&self, column: usize) -> &str {
        let entry = &self.activity.entry;
        match column {
            WHAT => &entry.kind,
            NAME => &entry.name,
            WHO => &entry.whence.os_user,
            FROM => &entry.whence.host,
            _ => &self.outcome,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Activities {
    pub list: List<Key>,
    /// The newest first.
    pub rows: Vec<Row>,
    pub feed: Feed,
    /// Why there may be more.
    pub gaps: Vec<Problem>,
    /// The entry under the cursor is in front of the list.
    pub whole: bool,
    /// Its lines, and which of them are on screen.
    pub lines: Vec<entry::Line>,
    pub pane: TextPane,
    /// What stands on Problems because of the audit.
    raised: BTreeSet<String>,
}

impl Default for Activities {
    fn default() -> Self {
        Self {
            list: List::new(Sort { column: 0, reversed: false }),
            rows: Vec::new(),
            feed: Feed::default(),
            gaps: Vec::new(),
            whole: false,
            lines: Vec::new(),
            pane: TextPane::default(),
            raised: BTreeSet::new(),
        }
    }
}

impl Activities {
    /// Takes in what was read, and tells Problems what somebody has to know who never opens the screen.
    pub fn take(&mut self, answer: Result<Told, Problem>, problems: &mut Problems, now: Timestamp) {
        self.feed.asked = None;
        let mut standing = Vec::new();
        match answer {
            Ok(Told { activities, gaps }) => {
                self.feed =
                    Feed { as_of: Some(now), received: Some(now), every: Some(EVERY), failed: None, asked: None };
                let unfinished = activities.iter().filter(|one| one.open);
                standing.extend(unfinished.map(|one| one.problem(now)));
                for gap in gaps.iter().filter(|gap| !self.gaps.iter().any(|old| old.detail == gap.detail)) {
                    problems.add(gap.clone(), None, EntryState::Note, now);
                }
                self.gaps = gaps;
                self.set(activities);
            }
            Err(problem) => {
                self.feed.failed = Some(Failure { problem: problem.clone(), retry_at: None });
                standing.push(problem);
            }
        }
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

    fn set(&mut self, activities: Vec<Activity>) {
        self.rows = activities.into_iter().map(Row::of).collect();
        for (at, column) in [WHAT, NAME, WHO, FROM, OUTCOME].into_iter().enumerate() {
            let mut order: Vec<usize> = (0..self.rows.len()).collect();
            order.sort_by(|a, b| self.rows[*a].words(column).cmp(self.rows[*b].words(column)));
            let mut rank = 0;
            for place in 0..order.len() {
                let differs =
                    place > 0 && self.rows[order[place]].words(column) != self.rows[order[place - 1]].words(column);
                rank += u32::from(differs);
                self.rows[order[place]].ranks[at] = rank;
            }
        }
        // Whoever stands on the newest waits for what comes, and nothing comes in above the screen.
        let newest_first = self.list.sort.column == 0 && !self.list.sort.reversed;
        let stays_on_top = newest_first && self.list.cursor() == 0 && !self.whole;
        self.list.rebuild(&ActivityRows(&self.rows));
        if stays_on_top {
            self.list.go(0, &ActivityRows(&self.rows));
        }
    }

    /// Entries that somebody has to look at.
    pub fn open(&self) -> usize {
        self.rows.iter().filter(|row| row.activity.open).count()
    }

    /// When it is to be read again while it is on screen.
    pub fn due(&self) -> Option<Timestamp> {
        self.feed.as_of.filter(|_| self.feed.asked.is_none())?.checked_add(EVERY).ok()
    }
}

/// The entry that the pane below, or the whole screen, is about.
pub fn in_detail(state: &State) -> Option<&Row> {
    let key = state.activity.list.detail()?;
    state.activity.rows.iter().find(|row| row.activity.key() == *key)
}

pub struct ActivityPage;

impl Page for ActivityPage {
    fn context(&self) -> Context {
        Context::Activity
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        Vec::new()
    }

    fn ages(&self, state: &State) -> Vec<PaneAge> {
        let feed = &state.activity.feed;
        let (has_data, as_of) = (feed.has_data(), feed.as_of);
        vec![PaneAge { has_data, as_of, freshness: feed.freshness(state.now), late_from: feed.late_from() }]
    }

    fn filling(&self, state: &State) -> Filling {
        let activity = &state.activity;
        match () {
            () if !activity.feed.has_data() && activity.feed.failed.is_some() => Filling::Failed,
            () if !activity.feed.has_data() => Filling::Loading,
            () if activity.rows.is_empty() => Filling::Empty,
            () if activity.list.is_empty() => Filling::NoMatch,
            () => Filling::Rows,
        }
    }

    /// A line about what is missing, the head, the rows; or the lines of one entry.
    fn fit(&self, state: &mut State, inner: Area) {
        let (width, height) = (usize::from(inner.width), usize::from(inner.height));
        state.activity.list.set_height(height.saturating_sub(2));
        let row = in_detail(state).filter(|_| state.activity.whole);
        let lines = row.map(|row| entry::lines(row, state.now, width.saturating_sub(2))).unwrap_or_default();
        state.activity.pane.fit(lines.len(), height);
        state.activity.lines = lines;
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        match act {
            Act::Move(how) if state.activity.whole => state.activity.pane.go(how),
            act => act.on(&mut state.activity.list, &ActivityRows(&state.activity.rows)),
        }
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn filter<'a>(&self, state: &'a State) -> &'a str {
        state.activity.list.filter.text()
    }

    fn detail_wants(&self, state: &State) -> u16 {
        let rows = matches!(self.filling(state), Filling::Rows | Filling::NoMatch);
        if rows && !state.activity.whole { 18 } else { 0 }
    }

    /// The rows can use all the width there is.
    fn detail_beside(&self) -> bool {
        false
    }

    fn follow(&self, state: &mut State) {
        state.activity.list.follow(state.now);
    }

    /// Enough to find it again in a ticket; never the command, which would be run where it is pasted.
    fn under_cursor(&self, state: &State) -> Option<String> {
        let row = state.activity.rows.get(state.activity.list.row()?)?;
        let entry = &row.activity.entry;
        let request = entry.request_id.as_deref().map(|id| format!(", request id {id}")).unwrap_or_default();
        let words = format!(
            "{}: {} of {}, {} ({} on {}{request})",
            entry.id,
            entry.kind,
            entry.name,
            row.activity.result(),
            entry.whence.os_user,
            entry.whence.host
        );
        Some(shown(&words).into_owned())
    }

    fn export(&self, state: &State) -> Option<Export> {
        Some(export::activity(state))
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        next.offer(state.activity.list.follows_at());
        next.offer(age::next_day(next.now));
        next.offer(state.activity.due().filter(|_| state.focused));
        next.age(in_detail(state).map(|row| row.activity.entry.asked_at));
    }
}

struct ActivityRows<'a>(&'a [Row]);

impl Rows for ActivityRows<'_> {
    type Key = Key;

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    fn key(&self, row: usize) -> Key {
        self.0[row].activity.key()
    }

    fn has_key(&self, row: usize, key: &Key) -> bool {
        let entry = &self.0[row].activity.entry;
        entry.id == key.0 && entry.whence.os_user == key.1 && entry.whence.host == key.2
    }

    /// Among equals the newest comes first.
    fn name_rank(&self, row: usize) -> u32 {
        u32::try_from(row).unwrap_or(u32::MAX)
    }

    fn sort_key(&self, row: usize, column: usize) -> SortKey {
        let Row { activity, ranks, .. } = &self.0[row];
        match column {
            RESULT => match activity.standing {
                _ if activity.open => SortKey::Unknown,
                Standing::LeftBehind | Standing::Ended(Ended::Unknown) => SortKey::Value(4),
                Standing::Ended(Ended::Failed) => SortKey::Value(3),
                Standing::Ended(Ended::Refused) => SortKey::Value(2),
                Standing::UnderWay => SortKey::Value(1),
                Standing::Ended(_) => SortKey::Value(0),
            },
            WHAT | NAME | WHO | FROM | OUTCOME => SortKey::Value(i64::from(ranks[column - WHAT])),
            _ => SortKey::Value(activity.entry.asked_at.as_millisecond()),
        }
    }

    fn text(&self, row: usize) -> &str {
        &self.0[row].text
    }

    fn cell_text(&self, row: usize, column: usize) -> String {
        let one = &self.0[row];
        match column {
            RESULT if one.activity.open => format!("{} look", one.activity.result()),
            RESULT => one.activity.result().to_owned(),
            WHAT | NAME | WHO | FROM | OUTCOME => one.words(column).to_lowercase(),
            _ => one.activity.entry.asked_at.to_string().to_lowercase(),
        }
    }
}
