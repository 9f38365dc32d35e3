//! What masking must not change: how many rows, how many of them NULL, how many different ones where each is its own. Read
//! before and after; numbers only.

use super::own_rows;
use crate::db::{DbError, Session, Value};
use crate::model::masking::{Finding, Function, ResolvedTable, Table};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Numbers of one table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub rows: u64,
    /// NULLs of each masked column.
    pub nulls: BTreeMap<String, u64>,
    /// Different values of each masked column that is unique by itself.
    pub distinct: BTreeMap<String, u64>,
}

/// Counts one table, in one pass over it.
///
/// # Errors
/// What the server says.
pub async fn read<A: Send>(
    session: &mut Session<A>,
    table: &Table,
    resolved: &ResolvedTable,
) -> Result<Counts, DbError> {
    let dialect = session.dialect();
    let masked: Vec<&str> = resolved.masked().map(|(column, _)| column.name.as_str()).collect();
    let alone = |name: &str| table.uniques.iter().any(|unique| unique.whole && unique.columns == [name]);
    let unique: Vec<&str> = masked.iter().copied().filter(|name| alone(name)).collect();
    let mut all = vec!["count(*)".to_owned()];
    all.extend(masked.iter().map(|name| format!("count({})", dialect.quoted(name))));
    all.extend(unique.iter().map(|name| format!("count(DISTINCT {})", dialect.quoted(name))));
    let sql = format!("SELECT {} FROM {}", all.join(", "), own_rows(dialect, table));
    let rows = session.query(&sql, &[]).await?;
    let numbers: Option<Vec<u64>> = rows
        .first()
        .map(|row| row.iter().map(|value| Value::as_int(value).and_then(|n| n.try_into().ok())).collect())
        .unwrap_or_default();
    let numbers = numbers.filter(|numbers| numbers.len() == all.len());
    let numbers = numbers.ok_or_else(|| DbError::Unexpected(format!("{} was not counted", table.full_name())))?;
    let (filled, distinct) = numbers[1..].split_at(masked.len());
    let named = |names: &[&str], numbers: Vec<u64>| names.iter().map(|name| (*name).to_owned()).zip(numbers).collect();
    Ok(Counts {
        rows: numbers[0],
        nulls: named(&masked, filled.iter().map(|filled| numbers[0].saturating_sub(*filled)).collect()),
        distinct: named(&unique, distinct.to_vec()),
    })
}

/// What is not as it was.
pub fn compare(table: &ResolvedTable, before: &Counts, after: &Counts) -> Vec<Finding> {
    let name = format!("{}.{}", table.schema, table.name);
    let mut findings = Vec::new();
    if before.rows != after.rows {
        let what = format!("had {} rows before it was masked and has {} now", before.rows, after.rows);
        findings.push(Finding::blocking(name.clone(), what, "somebody writes to it: end that, and load it again"));
    }
    for (column, rule) in table.masked() {
        let place = || format!("{name}.{}", column.name);
        let number = |of: &BTreeMap<String, u64>| of.get(&column.name).copied();
        if let Some((was, is)) = number(&before.nulls).zip(number(&after.nulls)) {
            if rule.function == Function::Null {
                if is != after.rows {
                    let what =
                        format!("is masked by null, and {} rows hold something", after.rows - is.min(after.rows));
                    findings.push(Finding::blocking(place(), what, "mask the table again"));
                }
            } else if is > was {
                let what = format!(
                    "has {} more rows without a value: {} could not read theirs",
                    is - was,
                    rule.function.name()
                );
                findings.push(Finding::warning(place(), what, "another function may suit the column better"));
            } else if is < was {
                let what = format!("had {was} rows without a value before it was masked and has {is} now");
                findings.push(Finding::blocking(place(), what, "somebody writes to it: end that, and load it again"));
            }
        }
        if let Some((was, is)) = number(&before.distinct).zip(number(&after.distinct))
            && rule.function != Function::Null
            && is != was
        {
            let what = format!("had {was} different values before it was masked and has {is} now");
            findings.push(Finding::blocking(place(), what, "give it a function with unique = true"));
        }
    }
    findings
}
