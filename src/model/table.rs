//! One row of `DescribeTableStatistics`.

use crate::model::Untrusted;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// State of a table. There is no "suspended": a suspended table says `Table error`, the reason is only in the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum TableState {
    DoesNotExist,
    BeforeLoad,
    FullLoad,
    Completed,
    Cancelled,
    Error,
    BeingReloaded,
    /// Anything else: shown as it is, judged as a warning.
    Other(Untrusted),
}

const STATES: [(&str, TableState); 7] = [
    ("Table does not exist", TableState::DoesNotExist),
    ("Before load", TableState::BeforeLoad),
    ("Full load", TableState::FullLoad),
    ("Table completed", TableState::Completed),
    ("Table cancelled", TableState::Cancelled),
    ("Table error", TableState::Error),
    ("Table is being reloaded", TableState::BeingReloaded),
];

impl From<String> for TableState {
    fn from(text: String) -> Self {
        STATES
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&text))
            .map_or_else(|| Self::Other(Untrusted::new(text)), |(_, state)| state)
    }
}

impl From<TableState> for String {
    fn from(state: TableState) -> Self {
        state.raw().to_owned()
    }
}

impl TableState {
    /// The API's own words.
    pub fn raw(&self) -> &str {
        match self {
            Self::Other(text) => text.raw(),
            known => STATES.iter().find(|(_, state)| state == known).map_or("", |(name, _)| name),
        }
    }

    /// The full load still has to touch this table.
    pub fn is_unfinished(&self) -> bool {
        matches!(self, Self::BeforeLoad | Self::FullLoad | Self::BeingReloaded)
    }

    /// Out of the load or out of replication.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Error | Self::Cancelled | Self::DoesNotExist)
    }
}

/// What DMS's own validation says of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ValidationState {
    NotEnabled,
    PendingRecords,
    MismatchedRecords,
    SuspendedRecords,
    NoPrimaryKey,
    TableError,
    Validated,
    Error,
    PendingValidation,
    PreparingTable,
    PendingRevalidation,
    Other(Untrusted),
}

const VALIDATIONS: [(&str, ValidationState); 11] = [
    ("Not enabled", ValidationState::NotEnabled),
    ("Pending records", ValidationState::PendingRecords),
    ("Mismatched records", ValidationState::MismatchedRecords),
    ("Suspended records", ValidationState::SuspendedRecords),
    ("No primary key", ValidationState::NoPrimaryKey),
    ("Table error", ValidationState::TableError),
    ("Validated", ValidationState::Validated),
    ("Error", ValidationState::Error),
    ("Pending validation", ValidationState::PendingValidation),
    ("Preparing table", ValidationState::PreparingTable),
    ("Pending revalidation", ValidationState::PendingRevalidation),
];

impl From<String> for ValidationState {
    fn from(text: String) -> Self {
        VALIDATIONS
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&text))
            .map_or_else(|| Self::Other(Untrusted::new(text)), |(_, state)| state)
    }
}

impl From<ValidationState> for String {
    fn from(state: ValidationState) -> Self {
        state.raw().to_owned()
    }
}

impl ValidationState {
    /// The API's own words.
    pub fn raw(&self) -> &str {
        match self {
            Self::Other(text) => text.raw(),
            known => VALIDATIONS.iter().find(|(_, state)| state == known).map_or("", |(name, _)| name),
        }
    }
}

/// Counts of one kind of change, as captured on the source and as applied on the target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub inserts: i64,
    pub updates: i64,
    pub deletes: i64,
    pub ddls: i64,
}

impl Counts {
    pub fn total(self) -> i64 {
        self.inserts + self.updates + self.deletes + self.ddls
    }
}

/// Applied counts; each is absent on some targets and versions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedCounts {
    pub inserts: Option<i64>,
    pub updates: Option<i64>,
    pub deletes: Option<i64>,
    pub ddls: Option<i64>,
}

impl AppliedCounts {
    /// Sum, or `None` where any count is absent: an unknown backlog is not a small one.
    pub fn total(self) -> Option<i64> {
        Some(self.inserts? + self.updates? + self.deletes? + self.ddls?)
    }
}

/// One row, exactly as described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRow {
    pub schema: Untrusted,
    pub table: Untrusted,
    pub state: TableState,
    pub captured: Counts,
    pub applied: AppliedCounts,
    pub full_load_rows: i64,
    pub full_load_start: Option<Timestamp>,
    pub full_load_end: Option<Timestamp>,
    pub full_load_reloaded: bool,
    pub validation: Option<ValidationState>,
    pub validation_details: Option<Untrusted>,
    pub validation_pending: i64,
    pub validation_failed: i64,
    pub validation_suspended: i64,
    /// When DMS last refreshed this row, not when data last changed.
    pub last_update: Option<Timestamp>,
}

impl TableRow {
    /// Changes captured and not yet applied; `None` where the target does not report what it applied.
    pub fn backlog(&self) -> Option<i64> {
        self.applied.total().map(|applied| (self.captured.total() - applied).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_whatever_their_case_and_unknown_ones_kept() {
        assert_eq!(TableState::from("table completed".to_owned()), TableState::Completed);
        let odd = TableState::from("Table all".to_owned());
        assert_eq!(odd.raw(), "Table all");
        assert!(!odd.is_bad() && !odd.is_unfinished());
        assert_eq!(ValidationState::from("Table error".to_owned()), ValidationState::TableError);
    }

    #[test]
    fn a_backlog_with_an_absent_count_is_unknown_not_zero() {
        let all = AppliedCounts { inserts: Some(3), updates: Some(0), deletes: Some(0), ddls: Some(0) };
        assert_eq!(all.total(), Some(3));
        assert_eq!(AppliedCounts { ddls: None, ..all }.total(), None);
    }
}
