//! `cutover reload TASK`: every table of it again, or chosen ones.

use super::operate::{self, Waiting};
use super::start::End;
use crate::app::{Failure, Setup};
use crate::model::Untrusted;
use crate::model::change::{ReloadHow, TableName, Verb};
use clap::{ArgGroup, Args};

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["all", "tables"]))]
pub struct Arguments {
    /// Every table of the task again, from nothing: the task is started anew
    #[arg(long)]
    all: bool,
    /// These tables again, while the task runs; a name with a dot in it stands in double quotes
    #[arg(long = "table", id = "tables", value_name = "SCHEMA.TABLE", num_args = 1.., value_parser = table)]
    tables: Vec<TableName>,
    /// Only compare these tables again, and load nothing
    #[arg(long, conflicts_with = "all")]
    validate_only: bool,
    #[command(flatten)]
    end: End,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    one: operate::One,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let Arguments { all, tables, validate_only, end, waiting, one } = arguments;
    if !all && (end.cdc_stop.is_some() || waiting.wait.is_some()) {
        return Err(Failure::usage(
            "--cdc-stop and --wait go with --all: a task that reloads tables goes on as it was",
        ));
    }
    let verb = if *all {
        Verb::Reload { until: end.cdc_stop.clone() }
    } else {
        let how = if *validate_only { ReloadHow::Validation } else { ReloadHow::Data };
        Verb::ReloadTables { tables: tables.clone(), how }
    };
    operate::run(setup, one, verb, waiting.wait)
}

/// `schema.table`; a part that holds a dot in double quotes, as SQL has it.
fn table(text: &str) -> Result<TableName, String> {
    let wrong = || "expected SCHEMA.TABLE; a name with a dot in it in double quotes: 'shop.\"order.items\"'".to_owned();
    let (schema, rest) = part(text).ok_or_else(wrong)?;
    let (table, rest) = rest.strip_prefix('.').and_then(part).ok_or_else(wrong)?;
    if rest.is_empty() {
        Ok(TableName { schema: Untrusted::new(schema), table: Untrusted::new(table) })
    } else {
        Err(wrong())
    }
}

/// The first name of it, and what comes after.
fn part(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => text.split_at(text.find('.').unwrap_or(text.len())),
    };
    (!name.is_empty()).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_schema_and_a_name_and_only_quotes_hold_a_dot() {
        for (text, want) in [
            ("shop.orders", Some(("shop", "orders"))),
            ("SHOP.Order Item", Some(("SHOP", "Order Item"))),
            ("\"my.shop\".orders", Some(("my.shop", "orders"))),
            ("shop.\"order.items\"", Some(("shop", "order.items"))),
            ("\"a.b\".\"c.d\"", Some(("a.b", "c.d"))),
            ("orders", None),
            ("shop.", None),
            (".orders", None),
            ("a.b.c", None),
            ("\"a.b", None),
            ("\"\".b", None),
            ("\"a\"b.c", None),
            ("shop.%.x", None),
            ("", None),
        ] {
            let want =
                want.map(|(schema, table)| TableName { schema: Untrusted::new(schema), table: Untrusted::new(table) });
            assert_eq!(table(text).ok(), want, "{text}");
        }
    }
}
