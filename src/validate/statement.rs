//! A statement for each side, whose results are compared instead of tables.

use super::merge::Side;
use super::pass::Pass;
use serde::{Deserialize, Serialize};

/// A pair of statements and when their results pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    pub name: String,
    /// SQL of each side's engine.
    pub source: String,
    pub target: String,
    pub pass: Pass,
    /// Columns of the results that tell rows apart. None: one row, or rows that are compared as they are, in any order.
    pub key: Vec<String>,
}

impl Statement {
    pub fn of(&self, side: Side) -> &str {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }
}
