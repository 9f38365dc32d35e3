//! Complete table statistics of one task, counted once when they come: what the checks and the panel go by.

use crate::model::mappings::{self, Mappings, Selection, exact, like};
use crate::model::table::{TableRow, TableState, ValidationState};
use std::collections::HashSet;

/// Tables named one by one; the rest is counted.
const NAMED: usize = 5;

/// Tables with the most changes waiting that are kept.
const LARGEST: usize = 12;

/// Comparisons of patterns with tables that one count may cost; beyond, what is missing is not known.
const COMPARISONS: usize = 2_000_000;

/// Some tables, counted, the first of them by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    pub count: usize,
    pub named: Vec<String>,
}

impl Named {
    fn add(&mut self, name: impl FnOnce() -> String) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(name());
        }
    }

    /// `a, b and 3 others`.
    pub fn words(&self) -> String {
        let named = self.named.join(", ");
        match self.count - self.named.len() {
            0 => named,
            1 => format!("{named} and one other"),
            more => format!("{named} and {more} others"),
        }
    }
}

/// A table with changes waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    pub table: String,
    pub state: TableState,
    /// Captured and not applied.
    pub changes: i64,
}

/// What DMS's own validation says, by table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validation {
    pub validated: usize,
    pub pending: usize,
    /// Records differ, or the table cannot be validated because of an error.
    pub failed: Named,
    /// Given up: too many records failed, or were changed too often.
    pub suspended: Named,
    pub no_key: usize,
    pub not_enabled: usize,
    /// Said nothing, or something unknown.
    pub untold: usize,
    pub failed_records: i64,
}

/// The tables of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    pub tables: usize,
    /// In error, cancelled or missing.
    pub bad: Named,
    /// The load has still to touch them.
    pub unfinished: Named,
    /// In a state nobody here has heard of.
    pub odd: Named,
    /// Changes captured and not applied, of the tables that tell.
    pub changes: i64,
    pub behind: usize,
    /// Tables that do not tell what was applied.
    pub untold: Named,
    /// Most changes waiting first.
    pub largest: Vec<Behind>,
    pub validation: Validation,
    /// What the mappings ask for and nobody lists; `Err` says why that is not known.
    pub absent: Result<Named, &'static str>,
}

/// Changes captured and not applied, kind by kind: what is ahead in one does not make up for another. Where nothing was
/// captured nothing can wait, whatever the target tells; `None` where it does not tell and something was.
pub fn behind(row: &TableRow) -> Option<i64> {
    let (captured, applied) = (row.captured, row.applied);
    let kinds = [
        (captured.inserts, applied.inserts),
        (captured.updates, applied.updates),
        (captured.deletes, applied.deletes),
        (captured.ddls, applied.ddls),
    ];
    kinds.into_iter().try_fold(0_i64, |sum, (captured, applied)| match applied {
        _ if captured <= 0 => Some(sum),
        Some(applied) => Some(sum.saturating_add(captured.saturating_sub(applied).max(0))),
        None => None,
    })
}

const UNREAD: &str = "the mappings are not read yet";

impl Tally {
    /// It was counted before the mappings came.
    pub fn is_without_mappings(&self) -> bool {
        self.absent.as_ref().err().is_some_and(|why| *why == UNREAD)
    }

    /// Counts complete statistics. The mappings tell which tables should be among them.
    pub fn of(rows: &[TableRow], mappings: Option<&str>) -> Self {
        let mut all = Self {
            tables: rows.len(),
            bad: Named::default(),
            unfinished: Named::default(),
            odd: Named::default(),
            changes: 0,
            behind: 0,
            untold: Named::default(),
            largest: Vec::new(),
            validation: Validation::default(),
            absent: absent(rows, mappings),
        };
        let mut waiting: Vec<(i64, &TableRow)> = Vec::new();
        for row in rows {
            let named = || format!("{} ({})", name(row), row.state.raw());
            match &row.state {
                state if state.is_bad() => all.bad.add(named),
                state if state.is_unfinished() => all.unfinished.add(named),
                TableState::Other(_) => all.odd.add(named),
                _ => {}
            }
            match behind(row) {
                None => all.untold.add(|| name(row)),
                Some(0) => {}
                Some(changes) => {
                    all.behind += 1;
                    all.changes = all.changes.saturating_add(changes);
                    waiting.push((changes, row));
                }
            }
            all.validation.add(row);
        }
        waiting.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| name(one).cmp(&name(other))));
        let largest = waiting.into_iter().take(LARGEST);
        all.largest =
            largest.map(|(changes, row)| Behind { table: name(row), state: row.state.clone(), changes }).collect();
        all
    }
}

impl Validation {
    fn add(&mut self, row: &TableRow) {
        let named = || name(row);
        self.failed_records = self.failed_records.saturating_add(row.validation_failed.max(0));
        match &row.validation {
            None | Some(ValidationState::Other(_)) => self.untold += 1,
            Some(ValidationState::NotEnabled) => self.not_enabled += 1,
            Some(ValidationState::NoPrimaryKey) => self.no_key += 1,
            Some(ValidationState::MismatchedRecords | ValidationState::TableError | ValidationState::Error) => {
                self.failed.add(named);
            }
            Some(ValidationState::SuspendedRecords) => self.suspended.add(named),
            // Counts that contradict the word: the worse of the two.
            Some(ValidationState::Validated) if row.validation_failed > 0 => self.failed.add(named),
            Some(ValidationState::Validated) if row.validation_suspended > 0 => self.suspended.add(named),
            Some(ValidationState::Validated) if row.validation_pending > 0 => self.pending += 1,
            Some(ValidationState::Validated) => self.validated += 1,
            Some(
                ValidationState::PendingRecords
                | ValidationState::PendingValidation
                | ValidationState::PreparingTable
                | ValidationState::PendingRevalidation,
            ) => self.pending += 1,
        }
    }
}

fn name(row: &TableRow) -> String {
    format!("{}.{}", row.schema.raw(), row.table.raw())
}

/// Rules that no row answers: a table of that name, or any table of that pattern.
fn absent(rows: &[TableRow], mappings: Option<&str>) -> Result<Named, &'static str> {
    let mappings: Mappings =
        mappings::parse(mappings.ok_or(UNREAD)?).map_err(|_| "the mappings cannot be read: see Definition")?;
    let here: HashSet<(&str, &str)> = rows.iter().map(|row| (row.schema.raw(), row.table.raw())).collect();
    let mut missing = Named::default();
    let mut comparisons = 0;
    for rule in mappings.selections.iter().filter(|rule| rule.action != Selection::Exclude) {
        let one = match rule.action {
            Selection::Explicit => Some((rule.schema.clone(), rule.table.clone())),
            _ => exact(&rule.schema).zip(exact(&rule.table)),
        };
        if let Some((schema, table)) = one {
            if !here.contains(&(schema.as_str(), table.as_str())) && mappings.selects(&schema, &table) {
                missing.add(|| format!("{schema}.{table}"));
            }
            continue;
        }
        comparisons += rows.len();
        if comparisons > COMPARISONS {
            return Err("too many patterns and tables to compare");
        }
        let found = rows.iter().any(|row| like(&rule.schema, row.schema.raw()) && like(&rule.table, row.table.raw()));
        if !found {
            missing.add(|| format!("any table like {}.{}", rule.schema, rule.table));
        }
    }
    Ok(missing)
}
