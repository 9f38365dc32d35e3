//! Some rows as masking will leave them: the new values, and of the old ones no more than their class and length.

use crate::model::untrusted::shown;
use serde::{Deserialize, Serialize};

/// The masked columns of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// As the target calls it; from a database, so `shown` before a terminal, as all names and values here.
    pub table: String,
    pub columns: Vec<Previewed>,
}

/// A masked column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previewed {
    pub name: String,
    pub function: String,
    /// One for each row that was read.
    pub values: Vec<Example>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// `email(23)`, `null`.
    pub old: String,
    /// The new value; its class and length alone where parts of the old one may be in it.
    pub new: String,
    /// The function left it as it was.
    pub same: bool,
    /// The function could not read it.
    pub misfit: bool,
}

/// Most characters of a new value in a line.
const WIDEST: usize = 48;

impl Previewed {
    /// `email(23) -> x@example.invalid`, of the row that tells most: one that the function cannot read, one that stays, any with
    /// a value. Fit for a terminal.
    pub fn told(&self, arrow: &str) -> String {
        let weight = |one: &&Example| (one.misfit, one.same, one.old != "null");
        // Of several the first.
        let Some(one) = self.values.iter().rev().max_by_key(weight) else { return "no rows".to_owned() };
        let new = shown(&one.new);
        let more = if new.chars().nth(WIDEST).is_some() { "…" } else { "" };
        let new: String = new.chars().take(WIDEST).collect();
        let remark = match (one.misfit, one.same) {
            (true, _) => ", the function cannot read it",
            (false, true) => ", it stays as it is",
            (false, false) => "",
        };
        format!("{} {arrow} {new}{more}{remark}", shown(&one.old))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_that_tells_most_is_told_and_nothing_reaches_the_terminal_by_it() {
        let one = |old: &str, same, misfit| Example { old: old.into(), new: "x\u{1b}[2J".into(), same, misfit };
        let all = [one("null", false, false), one("text(1)", false, false), one("text(2)", false, false)];
        let told = |values: &[Example]| {
            Previewed { name: "a".into(), function: "f".into(), values: values.to_vec() }.told("->")
        };
        assert_eq!(told(&[]), "no rows");
        assert_eq!(told(&all[..1]), "null -> x[2J");
        assert_eq!(told(&all), "text(1) -> x[2J");
        let stays = [&all[..], &[one("text(3)", true, false)]].concat();
        assert_eq!(told(&stays), "text(3) -> x[2J, it stays as it is");
        let odd = [&stays[..], &[one("text(4)", false, true)]].concat();
        assert_eq!(told(&odd), "text(4) -> x[2J, the function cannot read it");
        let long = Example { new: "ä".repeat(49), ..one("text(49)", false, false) };
        assert_eq!(told(&[long]), format!("text(49) -> {}…", "ä".repeat(48)));
    }
}
