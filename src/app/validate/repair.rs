//! Rows read again for a file: a script that makes the target equal, or the differences with their values. For commands and
//! the console alike; nothing here writes to a database.

use super::Failure;
use crate::db::Database;
use crate::db::scan::Key;
use crate::model::Untrusted;
use crate::model::canon::Canon;
use crate::model::listing::{Shape, report, validations};
use crate::model::validation::told::RunTold;
use crate::model::validation::{Cell, ROW_HASH, RowChange, RowResult, TableResult};
use crate::validate::TablePlan;
use crate::validate::lobs::whole;
use crate::validate::merge::RowCopy;
use crate::validate::repair::{self, Script, Table, may_be_repaired, whereabouts};
use crate::validate::reread::{self, Both, Rereader};
use jiff::Timestamp;

/// One table that is to be repaired.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub plan: &'a TablePlan,
    pub result: &'a TableResult,
    pub rows: &'a [RowResult],
}

/// Reads the rows again and writes the script.
///
/// # Errors
/// A table of which not everything is known, or a database that cannot be read.
pub async fn script(sides: (Database, Database), tables: &[Asked<'_>], deletes: bool) -> Result<Script, Failure> {
    for table in tables {
        may_be_repaired(table.result, table.rows.len()).map_err(Failure::could_not)?;
    }
    let failed = |error: crate::db::DbError| Failure::could_not(format!("target: {error}"));
    let mut session = sides.1.read().await.map_err(failed)?;
    let here = whereabouts(&mut session).await.map_err(failed)?;
    let refers = repair::references(&mut session).await.map_err(failed)?;
    drop(session);
    let from = sides.0.place();
    let reader = Rereader::new(sides);
    let at = Timestamp::now();
    let mut read = Vec::with_capacity(tables.len());
    for table in tables {
        // What is written is written whole, however it was compared.
        let plan = whole(table.plan);
        let (rows, like) = match plan.key {
            0 => (Vec::new(), reader.by_names(&plan, &reread::names(table.rows)).await?),
            _ => (again(&reader, &plan, table.rows).await?, Vec::new()),
        };
        read.push((plan, rows, like));
    }
    let tables: Vec<Table<'_>> = read.iter().map(|(plan, rows, like)| Table { plan, rows, like }).collect();
    Ok(repair::script(&here, &tables, &refers, deletes, &from, at))
}

async fn again(reader: &Rereader, plan: &TablePlan, rows: &[RowResult]) -> Result<Vec<Both>, Failure> {
    let mut keys: Vec<Key> = rows.iter().map(|row| reread::key(plan, &row.key)).collect::<Result<_, _>>()?;
    keys.sort_unstable();
    keys.dedup();
    Ok(reader.by_keys(plan, &keys).await?)
}

/// A run on paper, in the form that the end of the file's name says.
///
/// # Errors
/// The name ends in nothing that is written.
pub fn on_paper(told: &RunTold, file: &str, values: bool) -> Result<String, Failure> {
    let end = file.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    let text = match end.as_str() {
        "md" => Ok(report::markdown(told)),
        "jsonl" => report::json_lines(told, values),
        "csv" => {
            validations::all(told.tables.iter().map(|one| (&one.result, &one.rows[..])), values).text(Shape::CsvFile)
        }
        _ => return Err(Failure::usage("the file's name ends in .md, .jsonl or .csv")),
    };
    text.map_err(|error| Failure::could_not(error.to_string()))
}

/// The differences of a table with their values as they are now.
///
/// # Errors
/// A database that cannot be read.
pub async fn with_values(
    sides: (Database, Database),
    plan: &TablePlan,
    rows: &[RowResult],
) -> Result<Vec<RowResult>, Failure> {
    let reader = Rereader::new(sides);
    let (plan, now) = (&whole(plan), Timestamp::now());
    let Some(first) = rows.first() else { return Err(Failure::could_not("no difference of this table is listed")) };
    let cells = |row: Option<&RowCopy>, of_source: bool| -> Vec<Cell> {
        let Some(row) = row else { return Vec::new() };
        let cell = |at: usize| {
            let column = &plan.columns[at];
            let name = if of_source { &column.source.name } else { &column.target.name };
            Cell { column: Untrusted::from(name.as_str()), value: reread::json(column.canon(), row.cell(at)) }
        };
        (0..plan.columns.len()).map(cell).collect()
    };
    let seen = rows.iter().map(|row| row.first_seen).min().unwrap_or(now);
    let line = |key: Vec<Cell>, source: Option<&RowCopy>, target: Option<&RowCopy>| {
        let (change, columns) = match (source, target) {
            (Some(source), Some(target)) => {
                let columns = reread::differing(plan, source, target);
                if columns.is_empty() {
                    return None;
                }
                (RowChange::Different, columns)
            }
            (Some(_), None) => (RowChange::Missing, vec![]),
            _ => (RowChange::Extra, vec![]),
        };
        let mut line = first.clone();
        (line.key, line.change, line.first_seen, line.last_seen) = (key, change, seen, now);
        line.columns = columns.into_iter().map(|at| Untrusted::from(plan.columns[at].source.name.as_str())).collect();
        (line.source_values, line.target_values) = (cells(source, true), cells(target, false));
        let digest = |row: Option<&RowCopy>| row.map(RowCopy::digest);
        (line.source_hash, line.target_hash) = (digest(source), digest(target));
        Some(line)
    };
    let mut lines = Vec::new();
    if plan.key == 0 {
        for alike in reader.by_names(plan, &reread::names(rows)).await? {
            let key = || {
                let value = reread::json(Canon::Text, alike.name.cell(0));
                vec![Cell { column: Untrusted::from(ROW_HASH), value }]
            };
            lines.extend(alike.missing.iter().filter_map(|row| line(key(), Some(row), None)));
            lines.extend(alike.extra.iter().filter_map(|row| line(key(), None, Some(row))));
        }
    } else {
        for both in &again(&reader, plan, rows).await? {
            let key = || {
                let cell = |at: usize| Cell {
                    column: Untrusted::from(plan.columns[at].source.name.as_str()),
                    value: reread::json(plan.columns[at].canon(), both.key.cell(at)),
                };
                (0..plan.key).map(cell).collect::<Vec<_>>()
            };
            let rows = both.source.len().max(both.target.len());
            lines.extend((0..rows).filter_map(|at| line(key(), both.source.get(at), both.target.get(at))));
        }
    }
    Ok(lines)
}
