//! Why something ended otherwise than well, as it is printed: clean lines and an exit status.

use crate::config::Mistakes;
use crate::console::terminal::Refusal;
use crate::model::{Problem, ProblemKind};

/// Usage or configuration.
const USAGE: u8 = 2;
/// Could not be done, or could not be told.
const COULD_NOT: u8 = 3;

/// One problem for standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub status: u8,
    /// What, why, what to do; clean for a terminal.
    pub lines: Vec<String>,
}

impl Failure {
    pub fn usage(line: impl Into<String>) -> Self {
        Self { status: USAGE, lines: vec![line.into()] }
    }

    pub fn could_not(line: impl Into<String>) -> Self {
        Self { status: COULD_NOT, lines: vec![line.into()] }
    }

    /// The same of several lines.
    pub fn could_not_all(lines: Vec<String>) -> Self {
        Self { status: COULD_NOT, lines }
    }

    /// Somebody was not let in: with another password it might work.
    pub fn is_about_a_password(&self) -> bool {
        let wants =
            |line: &String| ["password", "Access denied", "authentication"].iter().any(|word| line.contains(word));
        self.lines.iter().any(wants)
    }

    /// The problem that ended the console, with the status it ended with.
    pub fn ended(status: u8, problem: &Problem) -> Self {
        Self { status, lines: problem.lines() }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let status = if problem.kind == ProblemKind::Configuration { USAGE } else { COULD_NOT };
        Self { status, lines: problem.lines() }
    }
}

impl From<Mistakes> for Failure {
    fn from(mistakes: Mistakes) -> Self {
        Self { status: USAGE, lines: mistakes.lines() }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::usage(refusal.to_string())
    }
}
