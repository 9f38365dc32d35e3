//! Rows of the tables that DMS keeps on a target: what it could not apply, what it gave up, what its own validation found
//! (sections 1.7 of the validation facts and 7.2 of the DMS facts).

use crate::model::Untrusted;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The rows of one task in a control table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed<T> {
    /// `schema.table` of each that was read; DMS may have left an older one beside its own.
    pub tables: Vec<Untrusted>,
    /// Rows of this task, counted up to a limit.
    pub total: u64,
    /// There are more than were counted.
    pub more: bool,
    /// Those of them since the task was started afresh; `None` where that time is not known.
    pub since_start: Option<u64>,
    /// Rows of other tasks in the same table.
    pub of_others: u64,
    /// The newest first.
    pub newest: Vec<T>,
}

impl<T> Listed<T> {
    /// `12`, or `10,000 or more`.
    pub fn count(&self) -> String {
        if self.more { format!("{} or more", self.total) } else { self.total.to_string() }
    }
}

/// A change that could not be applied (`awsdms_apply_exceptions`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplyException {
    pub schema: Untrusted,
    pub table: Untrusted,
    pub at: Option<Timestamp>,
    /// SQLSTATE, where the text of the error names one. The text itself holds values of rows.
    pub code: Option<String>,
    /// Only where values were asked for.
    pub error: Option<Untrusted>,
    pub statement: Option<Untrusted>,
}

/// A table that replication has given up (`awsdms_suspended_tables`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspended {
    pub schema: Untrusted,
    pub table: Untrusted,
    pub at: Option<Timestamp>,
    /// Words of DMS; they may quote a row, so they come only where values were asked for.
    pub reason: Option<Untrusted>,
}

/// What DMS says of itself (`awsdms_status`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlStatus {
    pub status: Untrusted,
    pub at: Option<Timestamp>,
    pub pending_changes: Option<i64>,
}

/// A row that DMS's validation did not find equal (`awsdms_validation_failures_v1`, `_v2`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidationFailure {
    pub schema: Untrusted,
    pub table: Untrusted,
    pub at: Option<Timestamp>,
    /// `Row`, `Range`.
    pub key_type: Untrusted,
    pub key: Key,
    pub kind: FailureKind,
    /// `UPSERT` or `DELETE`, where DMS was told to put it right.
    pub resync: Option<Untrusted>,
    /// Pairs of columns and values, in no format that can be relied on. Only where values were asked for.
    pub details: Option<Untrusted>,
}

/// What is wrong with the row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Untrusted", into = "Untrusted")]
pub enum FailureKind {
    Different,
    /// On the target only.
    MissingSource,
    /// On the source only.
    MissingTarget,
    TableWarning,
    Other(Untrusted),
}

const KINDS: [(&str, FailureKind); 4] = [
    ("RECORD_DIFF", FailureKind::Different),
    ("MISSING_SOURCE", FailureKind::MissingSource),
    ("MISSING_TARGET", FailureKind::MissingTarget),
    ("TABLE_WARNING", FailureKind::TableWarning),
];

impl From<Untrusted> for FailureKind {
    fn from(text: Untrusted) -> Self {
        let word = text.raw().trim();
        let found = KINDS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        found.map_or(Self::Other(text), |(_, kind)| kind)
    }
}

impl From<FailureKind> for Untrusted {
    fn from(kind: FailureKind) -> Self {
        Self::from(kind.raw())
    }
}

impl FailureKind {
    /// DMS's own word.
    pub fn raw(&self) -> &str {
        match self {
            Self::Other(text) => text.raw(),
            known => KINDS.iter().find(|(_, kind)| kind == known).map_or("", |(name, _)| name),
        }
    }

    /// In the words of a comparison of ours: *missing* is in the source only, *extra* in the target only.
    pub fn word(&self) -> String {
        match self {
            Self::Different => "different".to_owned(),
            Self::MissingTarget => "missing".to_owned(),
            Self::MissingSource => "extra".to_owned(),
            Self::TableWarning => "warning".to_owned(),
            Self::Other(text) => text.shown().into_owned(),
        }
    }
}

/// The key of a failed row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// Column by column, in key order.
    Columns(Vec<Untrusted>),
    /// Not what DMS writes: as it stands.
    Text(Untrusted),
}

impl Key {
    /// As one would write it: `3451491`, `(7, a)`.
    pub fn raw(&self) -> String {
        match self {
            Self::Columns(columns) => match columns.as_slice() {
                [one] => one.raw().to_owned(),
                many => format!("({})", many.iter().map(Untrusted::raw).collect::<Vec<_>>().join(", ")),
            },
            Self::Text(text) => text.raw().to_owned(),
        }
    }
}

/// Reads `{"key":["3451491"]}`. Everything else stays as it is.
pub fn failed_key(text: &str) -> Key {
    let columns = || {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        let columns = value.as_object().filter(|object| object.len() == 1)?.get("key")?.as_array()?;
        let one = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => Some(Untrusted::from(text.as_str())),
            serde_json::Value::Number(number) => Some(Untrusted::from(number.to_string())),
            _ => None,
        };
        columns.iter().map(one).collect::<Option<Vec<_>>>().filter(|columns| !columns.is_empty())
    };
    columns().map_or_else(|| Key::Text(text.into()), Key::Columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_where_it_is_what_dms_writes_and_kept_as_it_is_elsewhere() {
        for (text, want) in [
            (r#"{"key":["3451491"]}"#, "3451491"),
            (r#"{"key":["7","a, b"]}"#, "(7, a, b)"),
            (r#"{"key":[7]}"#, "7"),
            (r#"{"key":[]}"#, r#"{"key":[]}"#),
            (r#"{"key":[["x"]]}"#, r#"{"key":[["x"]]}"#),
            (r#"{"key":["1"],"min":["0"]}"#, r#"{"key":["1"],"min":["0"]}"#),
            ("{'key': ['1']}", "{'key': ['1']}"),
            ("", ""),
        ] {
            assert_eq!(failed_key(text).raw(), want);
        }
    }

    #[test]
    fn a_kind_of_failure_keeps_a_word_that_nobody_knows() {
        for (text, word) in [
            ("RECORD_DIFF", "different"),
            ("MISSING_SOURCE", "extra"),
            ("MISSING_TARGET", "missing"),
            ("TABLE_WARNING", "warning"),
            ("SOMETHING\u{1b}[2J", "SOMETHING[2J"),
        ] {
            let kind = FailureKind::from(Untrusted::from(text));
            assert_eq!((kind.word().as_str(), kind.raw()), (word, text));
        }
    }
}
