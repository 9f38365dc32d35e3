//! The side Validation of the opened task: our own runs of it, the newest first, and beside them what DMS's own validation
//! says.
//!
//! Our runs are the lines of [`super::validations`]; here is only which of them is under the cursor. What stands in the pane
//! below is [`beside`].

use super::page::{Act, Next, Page};
use super::validations::run::Run;
use super::{Filling, PaneAge, State};
use crate::console::actions::Context;
use crate::console::message::{Area, Focus};
use crate::console::text::plural;
use crate::model::around::{Known, Listed, ValidationFailure};
use crate::model::table::{TableRow, ValidationState};
use crate::model::untrusted::shown;
use crate::model::validation::told::RunLine;
use crate::model::validation::{TableResult, Verdict, What};
use crate::model::{ReplicationArn, Subject};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValidationTab {
    cursor: usize,
    offset: usize,
    height: usize,
}

impl ValidationTab {
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    pub fn offset(&self) -> usize {
        self.offset
    }

    pub fn height(&self) -> usize {
        self.height
    }

    fn clamp(&mut self, rows: usize) {
        self.cursor = self.cursor.min(rows.saturating_sub(1));
        self.offset = self.offset.min(rows.saturating_sub(self.height.max(1)));
        self.offset = self.offset.clamp((self.cursor + 1).saturating_sub(self.height.max(1)), self.cursor);
    }
}

/// Our runs of the opened task, the newest first.
pub fn runs(state: &State) -> Vec<&RunLine> {
    let name = state.opened.as_ref().and_then(|arn| state.world.task(arn)).map(|task| task.name.raw());
    name.map(|name| state.validations.of_task(name).collect()).unwrap_or_default()
}

/// The run under the cursor.
pub fn row(state: &State) -> Option<&RunLine> {
    runs(state).get(state.validation_tab.cursor).copied()
}

/// How a line of the pane below is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Heading,
    Good,
    Bad,
    Unknown,
    Less,
}

/// What DMS's own validation says of the tables, a line a state, the worst first.
pub fn beside(state: &State) -> Vec<(Kind, String)> {
    let open = state.tables.as_ref().filter(|tables| state.opened.as_ref() == Some(&tables.arn));
    let Some(tables) = open.filter(|tables| !tables.rows.is_empty()) else {
        return vec![(Kind::Less, "the tables of this task were not read yet".to_owned())];
    };
    let mut counts: BTreeMap<(u8, String), usize> = BTreeMap::new();
    for row in &tables.rows {
        *counts.entry(told(row)).or_default() += 1;
    }
    let line = |((weight, words), count): ((u8, String), usize)| {
        let kind = match weight {
            0 => Kind::Bad,
            1 => Kind::Unknown,
            2 => Kind::Less,
            _ => Kind::Good,
        };
        (kind, format!("{}: {words}", plural(count, "table")))
    };
    let states = counts.into_iter().map(line);
    states.chain(failures(state, &tables.rows)).collect()
}

/// What the table of failures on the target says, and where DMS and our newest run disagree about a table.
fn failures(state: &State, tables: &[TableRow]) -> Vec<(Kind, String)> {
    let around = state.opened.as_ref().and_then(|arn| state.world.databases(arn));
    let listed = match around.map(|around| around.target.seen().map(|seen| &seen.failures)) {
        None => return vec![(Kind::Less, "failed keys: the target is not read yet".to_owned())],
        Some(Err(why)) => return vec![(Kind::Unknown, format!("failed keys: {}", shown(&why)))],
        Some(Ok(known)) => match known {
            Known::Is(listed) => listed,
            Known::NotThere => {
                return vec![(Kind::Less, "failed keys: the target has no awsdms_validation_failures".to_owned())];
            }
            Known::NotDue => return Vec::new(),
            Known::Unknown(why) => return vec![(Kind::Unknown, format!("failed keys: {}", why.shown()))],
        },
    };
    let mut lines = disagreements(state, tables, listed);
    let kind = if listed.total == 0 { Kind::Good } else { Kind::Bad };
    let by = listed.tables.iter().map(|table| table.shown().into_owned()).collect::<Vec<_>>().join(", ");
    lines.push((kind, format!("failed keys in {by}: {}", listed.count())));
    lines.extend(listed.newest.iter().map(|one| {
        let at = one.at.map(|at| at.strftime("%b %d %H:%M:%S").to_string()).unwrap_or_default();
        let place = format!("{}.{}", one.schema.shown(), one.table.shown());
        let resync = one.resync.as_ref().map(|how| format!(", {} by a resync", how.shown())).unwrap_or_default();
        (Kind::Less, format!("{at}  {:<9}  {place}  {}{resync}", one.kind.word(), shown(&one.key.raw())))
    }));
    lines
}

/// Where DMS and our newest run say different things. Which of both is right only a look at the rows can tell.
fn disagreements(state: &State, tables: &[TableRow], failed: &Listed<ValidationFailure>) -> Vec<(Kind, String)> {
    let theirs = |row: &TableRow| {
        let keys = failed.newest.iter().any(|one| one.schema == row.schema && one.table == row.table);
        match &row.validation {
            Some(ValidationState::MismatchedRecords) => Some(false),
            Some(ValidationState::Validated) => Some(!keys),
            _ => keys.then_some(false),
        }
    };
    let Some(run) = known_run(state) else {
        // Its tables are not known here, but what came of all of them is.
        let newest = runs(state).into_iter().find(|line| line.state.is_over());
        let equal = newest.is_some_and(|line| line.verdict == Some(Verdict::Equal));
        let differs = tables.iter().filter(|row| theirs(row) == Some(false)).count();
        let words = format!("DMS says that {} differ, and our newest run says equal", plural(differs, "table"));
        return (equal && differs > 0).then_some((Kind::Unknown, words)).into_iter().collect();
    };
    let ours = |row: &TableRow| {
        let name = format!("{}.{}", row.schema.raw(), row.table.raw());
        let told = run.tables.iter().filter_map(|table| table.told.as_ref());
        told.map(|told| &told.result).find(|result| result.source.raw() == name).map(TableResult::verdict)
    };
    let words = |row: &TableRow| match (theirs(row)?, ours(row)?) {
        (true, Verdict::Different) => Some("DMS says validated, our run found differences"),
        (false, Verdict::Equal) => Some("DMS says it differs, our run found it equal: its failures may be older"),
        _ => None,
    };
    let line = |row: &TableRow| {
        let words = words(row)?;
        Some((Kind::Unknown, format!("{}.{}: {words}", row.schema.shown(), row.table.shown())))
    };
    tables.iter().filter_map(line).collect()
}

/// The newest run of the opened task of which the tables are known here.
fn known_run(state: &State) -> Option<&Run> {
    let name = state.opened.as_ref().and_then(|arn| state.world.task(arn))?.name.raw();
    let all = state.validations.ours.values().chain(state.validations.read.as_deref());
    let mine = |run: &&Run| matches!(&run.line.what, What::Task(task) if task == name);
    all.filter(mine).max_by_key(|run| run.line.started)
}

fn told(row: &TableRow) -> (u8, String) {
    let Some(state) = &row.validation else { return (2, "DMS says nothing of a validation".to_owned()) };
    let words = super::tables::validation_word(state).into_owned();
    let weight = match state {
        ValidationState::Validated => 3,
        ValidationState::NotEnabled => 2,
        ValidationState::MismatchedRecords | ValidationState::Error | ValidationState::TableError => 0,
        _ => 1,
    };
    (weight, words)
}

pub struct ValidationTabPage;

impl Page for ValidationTabPage {
    fn context(&self) -> Context {
        Context::TaskValidation
    }

    fn subjects(&self, state: &State) -> Vec<Subject> {
        let of = |arn: ReplicationArn| [Subject::Tables(arn.clone()), Subject::Databases(arn)];
        state.opened.clone().map(of).into_iter().flatten().collect()
    }

    fn ages(&self, state: &State) -> Vec<PaneAge> {
        self.subjects(state).iter().map(|subject| state.pane_age(subject)).collect()
    }

    fn filling(&self, state: &State) -> Filling {
        let feed = &state.validations.feed;
        match () {
            () if !runs(state).is_empty() => Filling::Rows,
            () if !feed.has_data() && feed.failed.is_some() => Filling::Failed,
            () if !feed.has_data() => Filling::Loading,
            () => Filling::Empty,
        }
    }

    fn fit(&self, state: &mut State, inner: Area) {
        let rows = runs(state).len();
        state.validation_tab.height = usize::from(inner.height).saturating_sub(1);
        state.validation_tab.clamp(rows);
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        let rows = runs(state).len();
        let tab = &mut state.validation_tab;
        if let Act::Move(how) = act {
            tab.cursor = how.from(tab.cursor, tab.height.max(2) - 1);
            tab.clamp(rows);
        }
    }

    fn detail_wants(&self, state: &State) -> u16 {
        u16::try_from(beside(state).len() + 1).unwrap_or(u16::MAX).max(4)
    }

    fn under_cursor(&self, state: &State) -> Option<String> {
        row(state).map(|line| line.id.0.clone())
    }

    fn focus(&self, state: &State, focus: &mut Focus) {
        focus.tables_of.clone_from(&state.opened);
        focus.databases_of.clone_from(&state.opened);
        focus.visible.extend(state.opened.clone());
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        next.offer(super::age::next_day(next.now));
        next.offer(state.validations.due().filter(|_| state.focused));
    }
}
