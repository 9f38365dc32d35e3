//! A validation for a ticket: the verdict, where and when it was seen and from which host, table by table, what differs by its
//! key. Markdown, and JSON Lines of the same. Keys and names; values of rows only where somebody has read them for it.

use super::{List, Unwritable, validations};
use crate::model::Untrusted;
use crate::model::untrusted::shown;
use crate::model::validation::told::{self, RunTold};
use crate::model::validation::{Cell, Method, RowResult, TableResult, Verdict};
use jiff::Timestamp;
use std::fmt::Write as _;

/// Differences of one table that are written out; the others are in the JSON Lines.
const MOST: usize = 100;

/// The same as `validate --output json` prints: tables and differences, and the summary last, where there is one.
///
/// # Errors
/// None that these types can have.
pub fn json_lines(run: &RunTold, values: bool) -> Result<String, Unwritable> {
    let mut out = String::new();
    for table in &run.tables {
        let rows = table.rows.iter().map(|row| validations::row(row, values)).collect();
        out.push_str(&List { columns: validations::ROW, rows }.lines()?);
        let rows = vec![validations::table(&table.result)];
        out.push_str(&List { columns: validations::TABLE, rows }.lines()?);
    }
    if let Some(summary) = &run.summary {
        let rows = vec![validations::summary(summary)];
        out.push_str(&List { columns: validations::SUMMARY, rows }.lines()?);
    }
    Ok(out)
}

/// For a ticket.
pub fn markdown(run: &RunTold) -> String {
    let line = &run.line;
    let mut out = format!("# Validation of {}: {}\n\n", text(&told::called(line)), verdict(line.verdict));
    let mut add = |name: &str, words: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "- {name}: {words}");
    };
    add("run", code(&line.id.0));
    add("source", code(line.source_at.raw()));
    add("target", code(line.target_at.raw()));
    add("seen from", code(&line.seen_from));
    add("begun", format!("{} by {}", time(line.started), told::trigger(line.trigger)));
    match line.ended {
        Some(at) => add("ended", format!("{}, {}", time(at), line.state.word())),
        None => add("ended", format!("not yet: {}", line.state.word())),
    }
    if let Some(seen) = &run.gate {
        add("gate", format!("{}: {}", seen.word(), text(seen.why())));
    }
    if let Some(failed) = &run.failed {
        add("failed", text(failed));
    }
    let from = run.tables.iter().filter_map(|table| table.result.as_of_from).min();
    let to = run.tables.iter().filter_map(|table| table.result.as_of_to).max();
    if let (Some(from), Some(to)) = (from, to) {
        add("rows read", format!("from {} to {}", time(from), time(to)));
    }
    out.push_str(
        "\n| verdict | source | target | rows source | rows target | different | missing | extra | moving | by |\n\
         |---|---|---|---:|---:|---:|---:|---:|---:|---|\n",
    );
    let mut tables: Vec<_> = run.tables.iter().collect();
    tables.sort_by_key(|table| (std::cmp::Reverse(table.result.verdict()), table.nth));
    for table in &tables {
        let _ = writeln!(out, "{}", row(&table.result));
    }
    let planned = run.planned.as_ref().map_or(0, |planned| planned.tables.len());
    if planned > run.tables.len() {
        let _ =
            writeln!(out, "\n{} of {planned} tables were not reached: they are unknown.", planned - run.tables.len());
    }
    for table in &tables {
        of_table(&table.result, &table.rows, &mut out);
    }
    out
}

fn row(result: &TableResult) -> String {
    let tally = result.tally;
    let number = |n: Option<u64>| n.map_or_else(|| "—".to_owned(), |n| n.to_string());
    let moving = tally.in_flight.map(|n| n + tally.unsettled.unwrap_or(0));
    let target = if result.target.is_empty() { "—".to_owned() } else { code(result.target.raw()) };
    let cells = [
        if result.is_waived() { "waived" } else { verdict(Some(result.verdict())) }.to_owned(),
        code(result.source.raw()),
        target,
        number(tally.source),
        number(tally.target),
        number(tally.different),
        number(tally.missing),
        number(tally.extra),
        number(moving),
        result.method.word().to_owned(),
    ];
    format!("| {} |", cells.join(" | "))
}

fn of_table(result: &TableResult, rows: &[RowResult], out: &mut String) {
    let reasons = result.not_compared.iter().map(|one| {
        let what = one.column.as_ref().map_or("the whole table".to_owned(), |column| code(column.raw()));
        let waived = if one.waived { " (waived)" } else { "" };
        format!("not compared: {what}: {}{waived}", text(&one.reason))
    });
    let problems = result.problems.iter().map(|one| format!("problem: {}", text(one.raw())));
    let arrived = result.tally.arrived.filter(|rows| *rows > 0);
    let arrived = arrived.map(|rows| format!("{rows} rows arrived while it was compared, and are equal"));
    let checks = result.checks.iter().filter(|check| check.passed != Some(true)).map(|check| {
        let word = if check.passed.is_some() { "differs" } else { "cannot be told" };
        format!("{}: {word}", code(check.name.raw()))
    });
    let notes: Vec<String> = problems.chain(checks).chain(arrived).chain(reasons).collect();
    if notes.is_empty() && rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## {}\n", code(result.source.raw()));
    for note in notes {
        let _ = writeln!(out, "- {note}");
    }
    if rows.is_empty() {
        return;
    }
    let by = if result.method == Method::Multiset { "row" } else { "key" };
    let valued = rows.iter().any(|row| !(row.source_values.is_empty() && row.target_values.is_empty()));
    let (names, line) = if valued { (" source | target |", "---|---|") } else { ("", "") };
    let _ = writeln!(out, "\n| {by} | change | columns | first seen | last seen |{names}\n|---|---|---|---|---|{line}");
    for one in rows.iter().take(MOST) {
        let said = |cell: &Cell| {
            let value = cell.value.as_str().map_or_else(|| cell.value.to_string(), str::to_owned);
            code(&format!("{}={value}", cell.column.raw()))
        };
        let key = one.key.iter().map(said);
        let columns = one.columns.iter().map(|column| code(column.raw()));
        let mut cells = vec![
            key.collect::<Vec<_>>().join(" "),
            one.change.word().to_owned(),
            columns.collect::<Vec<_>>().join(", "),
            time(one.first_seen),
            time(one.last_seen),
        ];
        if valued {
            cells.extend([&one.source_values, &one.target_values].map(|all| {
                if all.is_empty() { "—".to_owned() } else { all.iter().map(said).collect::<Vec<_>>().join(" ") }
            }));
        }
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    if rows.len() > MOST {
        let _ = writeln!(out, "\n{} more are listed in the JSON Lines.", rows.len() - MOST);
    }
}

fn verdict(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::CountsEqual) => "counts equal",
        Some(verdict) => verdict.word(),
        None => "not told yet",
    }
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Words from outside: nothing of them is Markdown, HTML or another cell.
fn text(words: &str) -> String {
    let mut out = String::new();
    for c in shown(words).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!' | '~' | '&') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A name as it is: between as many backticks as it needs.
fn code(name: &str) -> String {
    let name = Untrusted::from(name).shown().replace('|', "\\|");
    let longest = name.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest > 0 { format!("{fence} {name} {fence}") } else { format!("{fence}{name}{fence}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markdown_or_another_cell() {
        for (name, want) in
            [("shop.orders", "`shop.orders`"), ("a`b", "`` a`b ``"), ("a|b", "`a\\|b`"), ("a\u{1b}[2J\nb", "`a[2J b`")]
        {
            assert_eq!(code(name), want);
        }
        assert_eq!(text("[x](http://y) <b> | c"), "\\[x\\](http://y) \\<b\\> \\| c");
    }
}
