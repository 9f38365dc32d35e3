//! Printing lists and problems. Nothing from outside reaches a terminal as it came.

mod csv;
mod json;
mod table;

use crate::app::Failure;
use crate::model::untrusted::shown;
use clap::ValueEnum;
use serde_json::Value;
use std::io::{self, Write as _};

/// How a list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns for people
    Table,
    /// One JSON array; names are promised, see docs/json.md
    Json,
    /// Comma-separated values with the names of the JSON
    Csv,
}

/// One column of a list.
#[derive(Debug, Clone, Copy)]
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
#[derive(Debug, Clone)]
pub struct List {
    pub columns: &'static [Column],
    pub rows: Vec<Vec<Value>>,
}

impl List {
    fn text(&self, format: Format) -> Result<String, Failure> {
        match format {
            Format::Table => Ok(table::text(self)),
            Format::Json => json::text(self),
            Format::Csv => csv::text(self),
        }
    }

    /// Prints to standard output.
    pub fn print(&self, format: Format) -> Result<(), Failure> {
        out(&self.text(format)?)
    }

    /// Prints each row as one line of JSON, and tells whether anybody is still reading.
    pub fn print_lines(&self) -> Result<bool, Failure> {
        sent(&json::lines(self)?)
    }
}

/// Prints to standard output. A reader that has gone (`| head`) is no failure.
pub fn out(text: &str) -> Result<(), Failure> {
    sent(text).map(|_| ())
}

/// Prints a part of something longer; says whether anybody still reads.
pub fn sent(text: &str) -> Result<bool, Failure> {
    let mut to = io::stdout().lock();
    match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::could_not(format!("standard output: {error}"))),
    }
}

/// One line for a person, beside what is printed.
pub fn note(text: &str) {
    // Nobody is left to tell when this fails.
    let _ = io::stderr().lock().write_all(format!("cutover: {}\n", shown(text)).as_bytes());
}

/// Prints one problem to standard error: what, why, what to do.
pub fn failure(failure: &Failure) {
    notes(&failure.lines);
}

/// Lines for a person, the first one saying what they are about.
pub fn notes(lines: &[String]) {
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        text.push_str(if index == 0 { "cutover: " } else { "  " });
        text.push_str(&shown(line));
        text.push('\n');
    }
    // Nobody is left to tell when this fails.
    let _ = io::stderr().lock().write_all(text.as_bytes());
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
