//! The Tables screen: the tables of one task.

use super::column::Column;
use super::export::{self, Export};
use super::list::{List, Marks, Rows, Sort, SortKey};
use super::page::{self, Act, Next, Page};
use super::{Filling, State};
use crate::console::actions::Context;
use crate::console::message::{Area, Focus};
use crate::model::health::Health;
use crate::model::table::{TableRow, TableState, ValidationState};
use crate::model::{ReplicationArn, Subject, Untrusted};
use jiff::{SignedDuration, Timestamp};
use unicode_width::UnicodeWidthStr;

/// Schema and table as DMS names them on the source.
pub type TableKey = (Untrusted, Untrusted);

pub const COLUMNS: [Column; 9] = [
    Column::words("table", "TABLE", [22, 30, 64], 0),
    Column::new("state", "STATE", [13, 13, 17], 0),
    Column::number("rows", "LOADED", [9, 9, 11], 2),
    Column::number("took", "TOOK", [6, 6, 6], 7),
    Column::number("captured", "CAPTURED i/u/d/ddl", [19, 19, 24], 6),
    Column::number("applied", "APPLIED", [8, 8, 24], 5),
    Column::number("backlog", "BACKLOG", [8, 8, 8], 1),
    Column::new("validation", "VALIDATION", [14, 14, 36], 3),
    Column::number("updated", "UPDATED", [8, 8, 8], 4),
];

pub const STATE: usize = 1;
pub const LOADED: usize = 2;
pub const TOOK: usize = 3;
pub const CAPTURED: usize = 4;
pub const APPLIED: usize = 5;
pub const BACKLOG: usize = 6;
pub const VALIDATION: usize = 7;
pub const UPDATED: usize = 8;

#[derive(Debug, Clone, PartialEq)]
pub struct Tables {
    pub arn: ReplicationArn,
    pub list: List<TableKey>,
    pub rows: Vec<TableRow>,
    texts: Vec<String>,
    ranks: Vec<u32>,
    /// Width of the longest `schema.table`.
    pub widest: u16,
    /// Tables that are not well.
    pub unwell: usize,
    /// Sum of the known backlogs, and how many tables do not tell theirs.
    pub backlog: (i64, usize),
}

impl Tables {
    pub fn new(arn: ReplicationArn) -> Self {
        Self {
            arn,
            list: List::new(Sort { column: STATE, reversed: false }),
            rows: Vec::new(),
            texts: Vec::new(),
            ranks: Vec::new(),
            widest: 0,
            unwell: 0,
            backlog: (0, 0),
        }
    }

    /// Takes new rows; what depends on them alone is computed once, here.
    pub fn set(&mut self, rows: Vec<TableRow>) {
        let lower: Vec<String> = rows.iter().map(|row| name(row).to_lowercase()).collect();
        let mut by_name: Vec<u32> = (0..u32::try_from(rows.len()).unwrap_or(u32::MAX)).collect();
        by_name.sort_unstable_by(|a, b| lower[*a as usize].cmp(&lower[*b as usize]).then(a.cmp(b)));
        self.ranks = vec![0; rows.len()];
        for (rank, row) in (0u32..).zip(&by_name) {
            self.ranks[*row as usize] = rank;
        }
        self.texts = lower
            .into_iter()
            .zip(&rows)
            .map(|(mut text, row)| {
                text.push('\n');
                text.push_str(&state_words(row));
                text.push('\n');
                text.push_str(&validation_words(row));
                text
            })
            .collect();
        let widths = rows.iter().map(|row| row.schema.shown().width() + 1 + row.table.shown().width());
        self.widest = u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX);
        self.unwell = rows.iter().filter(|row| judge(row) != Health::Ok).count();
        let known = rows.iter().filter_map(TableRow::backlog);
        self.backlog = known.fold((0, rows.len()), |(sum, untold), n| (sum + n, untold - 1));
        self.rows = rows;
        self.reindex();
    }

    /// The row under the cursor.
    pub fn row(&self) -> Option<&TableRow> {
        self.list.row().and_then(|row| self.rows.get(row))
    }

    fn reindex(&mut self) {
        self.with_rows(|list, rows| list.rebuild(rows));
    }

    /// Runs something of the list that needs the rows behind it.
    pub fn with_rows(&mut self, act: impl FnOnce(&mut List<TableKey>, &TableRows)) {
        let rows = TableRows { rows: &self.rows, texts: &self.texts, ranks: &self.ranks };
        act(&mut self.list, &rows);
    }
}

/// The tables of the opened task.
pub struct TablesPage;

impl Page for TablesPage {
    fn context(&self) -> Context {
        Context::Tables
    }

    fn subjects(&self, state: &State) -> Vec<Subject> {
        let tables = state.tables.as_ref().map(|tables| Subject::Tables(tables.arn.clone()));
        tables.into_iter().chain([Subject::Tasks, Subject::Metrics]).collect()
    }

    fn filling(&self, state: &State) -> Filling {
        let Some(tables) = &state.tables else { return Filling::Loading };
        page::filling(state, &Subject::Tables(tables.arn.clone()), tables.rows.len(), tables.list.len())
    }

    fn fit(&self, state: &mut State, inner: Area) {
        if let Some(tables) = &mut state.tables {
            tables.list.set_height(usize::from(inner.height.saturating_sub(2)));
        }
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        if let Some(tables) = &mut state.tables {
            tables.with_rows(|list, rows| act.on(list, rows));
        }
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn marks(&self, state: &State) -> Marks {
        state.tables.as_ref().map(|tables| tables.list.marks()).unwrap_or_default()
    }

    fn filter<'a>(&self, state: &'a State) -> &'a str {
        state.tables.as_ref().map_or("", |tables| tables.list.filter.text())
    }

    fn detail_wants(&self, state: &State) -> u16 {
        if matches!(self.filling(state), Filling::Rows | Filling::NoMatch) { 6 } else { 0 }
    }

    /// The rows can use all the width there is.
    fn detail_beside(&self) -> bool {
        false
    }

    fn follow(&self, state: &mut State) {
        let now = state.now;
        if let Some(tables) = &mut state.tables {
            tables.list.follow(now);
        }
    }

    fn under_cursor(&self, state: &State) -> Option<String> {
        state.tables.as_ref()?.row().map(|row| format!("{}.{}", row.schema.shown(), row.table.shown()))
    }

    fn export(&self, state: &State) -> Option<Export> {
        state.tables.as_ref().map(|tables| export::tables(state, tables))
    }

    fn focus(&self, state: &State, focus: &mut Focus) {
        focus.tables_of = state.tables.as_ref().map(|tables| tables.arn.clone());
        focus.visible.extend(focus.tables_of.clone());
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        let Some(tables) = &state.tables else { return };
        next.offer(tables.list.follows_at());
        for (_, row) in tables.list.visible() {
            next.age(tables.rows.get(row).and_then(|row| row.last_update));
        }
    }
}

/// `schema.table`, raw.
fn name(row: &TableRow) -> String {
    format!("{}.{}", row.schema.raw(), row.table.raw())
}

/// Judges the state of a table.
pub fn judge_state(state: &TableState) -> Health {
    match state {
        TableState::Error | TableState::DoesNotExist | TableState::Cancelled => Health::Critical,
        TableState::Other(_) => Health::Warning,
        _ => Health::Ok,
    }
}

/// Judges a validation; `None` where there is none or it is under way. Not enabled is not a pass, and not a fault.
pub fn judge_validation(state: &ValidationState) -> Option<Health> {
    match state {
        ValidationState::MismatchedRecords | ValidationState::TableError | ValidationState::Error => {
            Some(Health::Critical)
        }
        ValidationState::SuspendedRecords | ValidationState::Other(_) => Some(Health::Warning),
        ValidationState::NoPrimaryKey => Some(Health::Unknown),
        ValidationState::Validated => Some(Health::Ok),
        _ => None,
    }
}

/// Worst of state and validation.
pub fn judge(row: &TableRow) -> Health {
    let validation = row.validation.as_ref().and_then(judge_validation).unwrap_or(Health::Ok);
    // A table nobody can validate is told in its own column; it does not make the table unwell.
    let validation = if validation == Health::Unknown { Health::Ok } else { validation };
    judge_state(&row.state).max(validation)
}

/// The state in short.
pub fn state_word(state: &TableState) -> std::borrow::Cow<'_, str> {
    match state {
        TableState::DoesNotExist => "does not exist".into(),
        TableState::BeforeLoad => "before load".into(),
        TableState::FullLoad => "loading".into(),
        TableState::Completed => "completed".into(),
        TableState::Cancelled => "cancelled".into(),
        TableState::Error => "error".into(),
        TableState::BeingReloaded => "reloading".into(),
        TableState::Other(text) => text.shown(),
    }
}

/// The validation in short.
pub fn validation_word(state: &ValidationState) -> std::borrow::Cow<'_, str> {
    match state {
        ValidationState::NotEnabled => "not enabled".into(),
        ValidationState::PendingRecords => "pending".into(),
        ValidationState::MismatchedRecords => "mismatched".into(),
        ValidationState::SuspendedRecords => "suspended".into(),
        ValidationState::NoPrimaryKey => "no key".into(),
        ValidationState::TableError => "table error".into(),
        ValidationState::Validated => "validated".into(),
        ValidationState::Error => "error".into(),
        ValidationState::PendingValidation => "to come".into(),
        ValidationState::PreparingTable => "preparing".into(),
        ValidationState::PendingRevalidation => "again to come".into(),
        ValidationState::Other(text) => text.shown(),
    }
}

fn state_words(row: &TableRow) -> String {
    format!("{} {}", state_word(&row.state), row.state.raw()).to_lowercase()
}

fn validation_words(row: &TableRow) -> String {
    let words = row.validation.as_ref().map(|state| format!("{} {}", validation_word(state), state.raw()));
    words.unwrap_or_else(|| "unknown".to_owned()).to_lowercase()
}

/// How long the full load of a table took; `None` while it runs or where it is not told.
pub fn took(row: &TableRow) -> Option<SignedDuration> {
    let duration = row.full_load_end?.duration_since(row.full_load_start?);
    (duration >= SignedDuration::ZERO).then_some(duration)
}

/// The rows of the opened task with what was computed from them.
pub struct TableRows<'a> {
    rows: &'a [TableRow],
    texts: &'a [String],
    ranks: &'a [u32],
}

impl Rows for TableRows<'_> {
    type Key = TableKey;

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn count(&self) -> usize {
        self.rows.len()
    }

    fn key(&self, row: usize) -> TableKey {
        (self.rows[row].schema.clone(), self.rows[row].table.clone())
    }

    fn has_key(&self, row: usize, key: &TableKey) -> bool {
        self.rows[row].table == key.1 && self.rows[row].schema == key.0
    }

    fn name_rank(&self, row: usize) -> u32 {
        self.ranks[row]
    }

    fn sort_key(&self, row: usize, column: usize) -> SortKey {
        let rank = self.ranks[row];
        let row = &self.rows[row];
        let known = |n: Option<i64>| n.map_or(SortKey::Unknown, SortKey::Value);
        match column {
            STATE => {
                let state = match row.state {
                    TableState::Error => 7,
                    TableState::DoesNotExist => 6,
                    TableState::Cancelled => 5,
                    TableState::Other(_) => 4,
                    TableState::BeingReloaded => 3,
                    TableState::FullLoad => 2,
                    TableState::BeforeLoad => 1,
                    TableState::Completed => 0,
                };
                SortKey::Value(judge(row) as i64 * 10 + state)
            }
            LOADED => SortKey::Value(row.full_load_rows),
            TOOK => match (took(row), row.full_load_start) {
                (Some(duration), _) => SortKey::Value(duration.as_secs()),
                (None, Some(_)) => SortKey::Unknown,
                (None, None) => SortKey::NotDue,
            },
            CAPTURED => SortKey::Value(row.captured.total()),
            APPLIED => known(row.applied.total()),
            BACKLOG => known(row.backlog()),
            VALIDATION => match row.validation.as_ref() {
                None => SortKey::Unknown,
                Some(ValidationState::NotEnabled) => SortKey::NotDue,
                Some(state) => {
                    let judged = judge_validation(state).map_or(0, |health| health as i64 + 1);
                    let failed = row.validation_failed.clamp(0, 999_999);
                    SortKey::Value(judged * 1_000_000 + failed)
                }
            },
            // The oldest is the worst.
            UPDATED => known(row.last_update.map(|at| Timestamp::MAX.as_second() - at.as_second())),
            _ => SortKey::Value(i64::from(rank)),
        }
    }

    fn text(&self, row: usize) -> &str {
        &self.texts[row]
    }

    fn cell_text(&self, row: usize, column: usize) -> String {
        let row = &self.rows[row];
        let known = |n: Option<i64>| n.map_or_else(|| "unknown".to_owned(), |n| n.to_string());
        match column {
            STATE => state_words(row),
            LOADED => row.full_load_rows.to_string(),
            TOOK => known(took(row).map(|duration| duration.as_secs())),
            CAPTURED => row.captured.total().to_string(),
            APPLIED => known(row.applied.total()),
            BACKLOG => known(row.backlog()),
            VALIDATION => validation_words(row),
            UPDATED => row.last_update.map_or_else(|| "unknown".to_owned(), |at| at.to_string()),
            _ => name(row),
        }
        .to_lowercase()
    }
}
