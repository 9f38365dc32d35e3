//! `cutover databases TASK`.

use super::doctor::wrap;
use super::print::{self, Format, List};
use crate::app::doctor::columns;
use crate::app::{Failure, Setup, around};
use crate::model::drain::{Standing, of_databases};
use crate::model::listing::databases;
use crate::model::untrusted::shown;
use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

#[derive(Debug, Args)]
pub struct Arguments {
    /// ARN of the task, or its exact name
    task: String,
    /// Rows told of each of DMS's own tables, the newest first
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rows: u32,
    /// Also what stands in rows: statements, errors and details quote them; the audit says who asked
    #[arg(long)]
    with_values: bool,
    /// How the list is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let (task, slot, around) = around::once(setup, &arguments.task, arguments.rows, arguments.with_values)?;
    // The two are told apart from AWS by their own clocks, so no other can say how old they are.
    let now = around.as_of().unwrap_or_else(Timestamp::now);
    let checks = of_databases(&task, &around, slot.as_deref(), now);
    let worst = checks.iter().map(|check| check.standing).max().unwrap_or(Standing::Unknown);
    let list = List { columns: databases::COLUMNS, rows: databases::rows(&around, &checks) };
    let columns = columns().map(usize::from).filter(|columns| *columns >= NARROWEST);
    match arguments.output {
        Format::Table => print::out(&text(&list, columns))?,
        other => list.print(other)?,
    }
    Ok(match worst {
        Standing::NotDue | Standing::Pass => 0,
        Standing::Waiting | Standing::Fail => 1,
        Standing::Unknown => 3,
    })
}

/// Narrower than this nothing is wrapped: the terminal does it no worse.
const NARROWEST: usize = 50;

/// A line for each, and below it what does not stand in every one: nobody reads a table whose cells are sentences.
fn text(list: &List, columns: Option<usize>) -> String {
    let at = |name: &str| list.columns.iter().position(|column| column.name == name);
    let mut out = String::new();
    for row in &list.rows {
        let cell = |name: &str| at(name).and_then(|at| row.get(at)).map(words).unwrap_or_default();
        let standing = if cell("standing").is_empty() { cell("kind") } else { cell("standing") };
        let first = format!("{standing:<9} {:<6}  ", cell("side"));
        let indent = " ".repeat(first.len());
        let said = match (cell("name"), cell("words")) {
            (name, words) if words.is_empty() => name,
            (name, words) => format!("{name}: {words}"),
        };
        wrap(&first, &indent, &said, columns, &mut out);
        for name in ["key", "at", "values"] {
            let words = cell(name);
            if !words.is_empty() {
                wrap(&format!("{indent}{name:<7}"), &format!("{indent}       "), &words, columns, &mut out);
            }
        }
    }
    out
}

/// What stands in a cell; nothing where nothing is known.
fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => shown(text).into_owned(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_databases_say_fits_into_80_columns() {
        let mut check = vec![Value::Null; databases::COLUMNS.len()];
        let mut put = |name: &str, value: Value| {
            let at = databases::COLUMNS.iter().position(|column| column.name == name).unwrap();
            check[at] = value;
        };
        put("kind", json!("check"));
        put("side", json!("target"));
        put("standing", json!("unknown"));
        put("name", json!("failures of DMS's own validation"));
        put(
            "words",
            json!("the table is not there: DMS makes it when it finds the first failure, \u{1b}[2Jso this may be well"),
        );
        let mut failure = vec![Value::Null; databases::COLUMNS.len()];
        failure[0] = json!("failure");
        failure[3] = json!("shop.orders");
        failure[7] = json!(["1", "2"]);
        let list = List { columns: databases::COLUMNS, rows: vec![check, failure] };
        let told = text(&list, Some(80));
        assert!(told.lines().all(|line| line.len() <= 80) && !told.contains('\u{1b}'), "{told}");
        assert!(told.starts_with("unknown   target  failures of DMS's own validation: the table"), "{told}");
        assert!(told.contains("\n                  ") && told.ends_with("key    1; 2\n"), "{told}");
        assert_eq!(text(&list, None).lines().count(), 3);
    }
}
