//! Printing lists and problems. Nothing from outside reaches a terminal as it came. What a list looks like as text is in
//! `model::listing`.

use crate::app::Failure;
use crate::model::listing::{Shape, Unwritable};
use crate::model::untrusted::shown;
use clap::ValueEnum;
use std::io::{self, Write as _};

pub use crate::model::listing::{Column, List, column, hidden, time};

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

impl List {
    /// Prints to standard output.
    pub fn print(&self, format: Format) -> Result<(), Failure> {
        let shape = match format {
            Format::Table => Shape::Screen,
            Format::Json => Shape::Json,
            Format::Csv => Shape::Csv,
        };
        out(&self.text(shape).map_err(unwritable)?)
    }

    /// Prints each row as one line of JSON, and tells whether anybody is still reading.
    pub fn print_lines(&self) -> Result<bool, Failure> {
        sent(&self.lines().map_err(unwritable)?)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn unwritable(error: Unwritable) -> Failure {
    Failure::could_not(error.to_string())
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

/// Lines of their own.
pub fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| shown(line).into_owned() + "\n").collect()
}

/// Draws over the last line of the terminal that standard error is.
pub fn line(text: &str) {
    // Nobody is left to tell when this fails.
    let _ = io::stderr().lock().write_all(format!("\r\x1b[K{}", shown(text)).as_bytes());
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
