//! Lists as text: aligned columns for people, JSON and CSV for programs.
//!
//! The headless commands print them, the console copies them and writes them to files, under the same names. Pure: nothing
//! here prints. Start at [`List`]; [`tasks`], [`tables`], [`events`] and the others hold the rows that both sides have,
//! whose names are promised to scripts (docs/json.md).

pub mod activity;
pub mod alerts;
mod csv;
pub mod databases;
pub mod events;
mod json;
pub mod logs;
pub mod metrics;
pub mod report;
pub mod runs;
pub mod schedules;
pub mod subscriptions;
mod table;
pub mod tables;
pub mod tasks;
pub mod validations;

use super::untrusted::shown;
use ::csv::Terminator;
use jiff::Timestamp;
use serde_json::{Value, json};

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Aligned columns; long cells are cut for a screen.
    Screen,
    /// Aligned columns, every cell whole.
    Text,
    /// One JSON array; names are promised, see docs/json.md.
    Json,
    /// Comma-separated values with the names of the JSON, one line feed a row, for pipes.
    Csv,
    /// The same as RFC 4180 ends its lines, for files.
    CsvFile,
}

/// What cannot be written: a row that is not as long as the columns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    #[error("CSV: {0}")]
    Csv(String),
    #[error("JSON: {0}")]
    Json(String),
}

/// One column of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Name in JSON and CSV.
    pub name: &'static str,
    /// Heading in the table; `None` leaves the column to JSON and CSV.
    pub heading: Option<&'static str>,
}

pub const fn column(name: &'static str, heading: &'static str) -> Column {
    Column { name, heading: Some(heading) }
}

/// A column that people are not shown.
pub const fn hidden(name: &'static str) -> Column {
    Column { name, heading: None }
}

/// Rows of values, each as long as `columns`.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    pub columns: &'static [Column],
    pub rows: Vec<Vec<Value>>,
}

impl List {
    pub fn text(&self, shape: Shape) -> Result<String, Unwritable> {
        match shape {
            Shape::Screen => Ok(table::text(self, table::CELL_MAX)),
            Shape::Text => Ok(table::text(self, usize::MAX)),
            Shape::Json => json::text(self),
            Shape::Csv => csv::text(self, Terminator::Any(b'\n')),
            Shape::CsvFile => csv::text(self, Terminator::CRLF),
        }
    }

    /// JSON Lines, for what never ends: the same objects, one a line, and no array around them.
    pub fn lines(&self) -> Result<String, Unwritable> {
        json::lines(self)
    }
}

/// RFC 3339 in UTC.
pub fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| json!(at.to_string()))
}

/// A value in one cell of a table or CSV: absent is empty, a list its members, each an alert's message or a point.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => shown(text).into_owned(),
        Value::Array(items) => items.iter().map(member).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

fn member(value: &Value) -> String {
    match (value.get("message"), value.get("at"), value.get("value")) {
        (Some(message), ..) => cell(message),
        (None, Some(at), Some(number)) => format!("{} {}", cell(at), cell(number)),
        _ => cell(value),
    }
}

/// One line of JSON that is no row of a list: values raw, and nothing in the text can drive a terminal.
pub fn json_line(value: &Value) -> String {
    json::escaped(&value.to_string())
}
