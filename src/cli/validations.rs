//! `cutover validations`: comparisons that are kept on this machine, one of them, and one table through all of them.

use super::activity::{Since, since};
use super::print::{self, Format, List};
use super::validate::report;
use crate::app::validate::{Address, Done, kept, paper};
use crate::app::{Failure, Setup};
use crate::model::listing::runs;
use crate::model::listing::validations::{self, Summary};
use crate::model::validation::{KeptWhole, RunFilter};
use clap::{Args, Subcommand};
use jiff::Timestamp;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "What `validate` and the console compared is kept for 90 days, the newest 1,000, in \
                  ~/.local/state/cutover: results, and differing rows by their keys and hashes, never by their values."
)]
pub struct Arguments {
    /// Only of the task of exactly this name
    #[arg(long, value_name = "TASK")]
    task: Option<String>,
    /// Only those that had this table of the source
    #[arg(long, value_name = "SCHEMA.TABLE")]
    table: Option<String>,
    /// Begun since then: 2h, 7d, 2026-11-22 (UTC), 2026-11-22T14:03:00Z
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Since>,
    /// How the list is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
    #[command(subcommand)]
    one: Option<One>,
}

#[derive(Debug, Subcommand)]
enum One {
    /// Print what one comparison came to: its tables, and the differing rows that were listed
    Show(Show),
    /// List what each comparison came to for one table of the source
    History(History),
    /// Write one to a new file, for a ticket or a program; keys, and values only where they are asked for
    Export(Export),
    /// Write a script that makes the target's rows equal, from the rows as they are now. It is never run by this program;
    /// the audit says who asked
    Repair(Repair),
}

#[derive(Debug, Args)]
struct Show {
    /// Its name in the list, or `last`
    #[arg(value_name = "RUN")]
    run: String,
    /// How it is printed; json: JSON Lines, as `validate` prints them
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
}

#[derive(Debug, Args)]
struct History {
    /// The table, as in the source
    #[arg(value_name = "SCHEMA.TABLE")]
    table: String,
    /// How the list is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
}

#[derive(Debug, Args)]
struct Export {
    /// Its name in the list, or `last`
    #[arg(value_name = "RUN")]
    run: String,
    /// A new file; its end is the format: .md, .jsonl or .csv
    #[arg(long, value_name = "FILE")]
    file: String,
    /// Also what stands in the rows, read again from both databases; the audit says who asked
    #[arg(long)]
    with_values: bool,
    /// Values only of this table of the source; may be repeated. Without it of every table with listed differences
    #[arg(long = "table", value_name = "SCHEMA.TABLE", requires = "with_values")]
    tables: Vec<String>,
    /// The source of a comparison of two addresses: they are not kept
    #[arg(long, value_name = "URL", requires_all = ["target", "with_values"])]
    source: Option<Address>,
    /// Its target
    #[arg(long, value_name = "URL", requires = "source")]
    target: Option<Address>,
}

#[derive(Debug, Args)]
struct Repair {
    /// Its name in the list, or `last`
    #[arg(value_name = "RUN")]
    run: String,
    /// A new file, which only you can read: it holds rows
    #[arg(long, value_name = "FILE")]
    file: String,
    /// Only this table of the source; may be repeated. Without it every table that differs
    #[arg(long = "table", value_name = "SCHEMA.TABLE")]
    tables: Vec<String>,
    /// Also delete rows that only the target has
    #[arg(long)]
    deletes: bool,
    /// The source of a comparison of two addresses: they are not kept
    #[arg(long, value_name = "URL", requires = "target")]
    source: Option<Address>,
    /// Its target
    #[arg(long, value_name = "URL", requires = "source")]
    target: Option<Address>,
}

pub fn run(setup: &Setup, arguments: Arguments) -> Result<u8, Failure> {
    let Arguments { task, table, since, output, one } = arguments;
    match one {
        Some(One::Show(Show { run, output })) => show(&kept::run(setup, &run)?, output)?,
        Some(One::History(History { table, output })) => {
            let all = kept::of_table(setup, &table)?;
            if all.is_empty() && output == Format::Table {
                return Err(unknown_table(&table));
            }
            let rows = all.iter().map(runs::history).collect();
            List { columns: runs::HISTORY, rows }.print(output)?;
        }
        Some(One::Export(Export { run, file, with_values, tables, source, target })) => {
            let addresses = source.zip(target);
            let wanted = paper::Wanted { run: &run, file: &file, tables: &tables, deletes: false, addresses };
            print::out(&(paper::export(setup, &wanted, with_values)? + "\n"))?;
        }
        Some(One::Repair(Repair { run, file, tables, deletes, source, target })) => {
            let addresses = source.zip(target);
            let wanted = paper::Wanted { run: &run, file: &file, tables: &tables, deletes, addresses };
            print::out(&print::lines(&paper::repair(setup, &wanted)?))?;
        }
        None => {
            let since = since.map(|since| since.from(Timestamp::now()));
            let filter = RunFilter { task, table, since, most: None };
            let all = kept::runs(setup, &filter)?;
            if let (true, Some(table), None, None) =
                (all.is_empty() && output == Format::Table, &filter.table, &filter.task, &filter.since)
            {
                return Err(unknown_table(table));
            }
            let rows = all.iter().map(runs::cells).collect();
            List { columns: runs::COLUMNS, rows }.print(output)?;
        }
    }
    Ok(0)
}

/// A bare header would read as if it had never differed.
fn unknown_table(table: &str) -> Failure {
    let table = crate::model::untrusted::shown(table);
    let hint = if table.contains('.') { "" } else { ", and a table is named with its schema, such as shop.orders" };
    Failure::usage(format!("{table}: no comparison that is kept had this table{hint}"))
}

fn show(whole: &KeptWhole, output: Format) -> Result<(), Failure> {
    let done = whole.tables.iter().enumerate().filter_map(|(nth, table)| {
        let result = table.result.clone()?;
        Some(Done { nth, result, rows: table.rows.clone() })
    });
    match output {
        Format::Table => {
            let mut text = print::lines(&runs::lines(&whole.run));
            text.push_str(report::HEAD);
            for (nth, table) in whole.tables.iter().enumerate() {
                match &table.result {
                    Some(result) => {
                        let done = Done { nth, result: result.clone(), rows: table.rows.clone() };
                        text.push_str(&report::table(&done, table.rows.len(), false));
                    }
                    None => text.push_str(&(runs::undone(&table.source) + "\n")),
                }
            }
            if let Some(summary) = &whole.run.summary {
                // Where it is kept is known to whoever asks for it.
                text.push_str(&report::summary(&Summary { kept: false, ..summary.clone() }));
            }
            print::out(&text)
        }
        Format::Json => {
            List { columns: runs::COLUMNS, rows: vec![runs::cells(&whole.run)] }.print_lines()?;
            for done in done {
                let rows = done.rows.iter().map(|row| validations::row(row, false)).collect();
                List { columns: validations::ROW, rows }.print_lines()?;
                List { columns: validations::TABLE, rows: vec![validations::table(&done.result)] }.print_lines()?;
            }
            if let Some(summary) = &whole.run.summary {
                let rows = vec![validations::summary(summary)];
                List { columns: validations::SUMMARY, rows }.print_lines()?;
            }
            Ok(())
        }
        Format::Csv => {
            let done: Vec<Done> = done.collect();
            validations::all(done.iter().map(|done| (&done.result, &done.rows[..])), false).print(Format::Csv)
        }
    }
}
