//! Tables compared by aggregates: which measures make sense for a pair of columns, and whether two of them agree. Pure, but
//! for [`look`], which asks both servers.
//!
//! Measures of both sides are compared as values are: typed, and under the rules of their column. A sum of floats depends
//! on the order in which a server adds, so it may be off by a little, measured by the sum of the sizes.

use super::look::{self, Trouble};
use super::merge::Side;
use super::plan::{ColumnPlan, TablePlan};
use super::rules::{Rule, Rules};
use super::run::{Shared, stopped};
use super::wait::let_go;
use crate::db::DbError;
use crate::db::scan::aggregate::{Measure, Take};
use crate::db::scan::{Cell, Scan, ScanColumn, ScanRequest};
use crate::model::Untrusted;
use crate::model::canon::{Canon, Holds};
use crate::model::engine::Engine;
use crate::model::validation::Check;
use serde_json::Value;

/// Measures in one statement: PostgreSQL's list of what is selected ends at 1,664.
const MOST: usize = 1_000;
/// A sum of floats may be off by this part of the sum of their sizes.
const SLACK: f64 = 1e-9;

/// A measured value: canonical bytes, none for NULL; or words, where it was not of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measured {
    Known(Option<Vec<u8>>),
    Misfit,
}

/// Everything that is measured of a pair: how many rows first.
pub fn measures(columns: &[ColumnPlan]) -> Vec<Measure> {
    let rows = Measure { column: 0, take: Take::Rows };
    let of = |(column, pair): (usize, &ColumnPlan)| takes(pair).into_iter().map(move |take| Measure { column, take });
    std::iter::once(rows).chain(columns.iter().enumerate().flat_map(of)).collect()
}

/// What is measured of a pair of columns: what its type has, and what its rules leave the same.
pub fn takes(pair: &ColumnPlan) -> Vec<Take> {
    let rules: Vec<Rule> = pair.rules.iter().filter_map(|rule| rule.parse().ok()).collect();
    let [ours, theirs] = [&pair.source, &pair.target];
    let (canon, exact) = (pair.canon(), rules.is_empty());
    let empty = rules.contains(&Rule::EmptyIsNull);
    let mut takes = Vec::new();
    if !empty {
        takes.push(Take::Values);
    }
    let moved = rules.iter().any(|rule| matches!(rule, Rule::Json | Rule::Zone(_) | Rule::Pad | Rule::First(_)));
    if !moved && canon != Canon::Bytes && [ours, theirs].into_iter().all(in_order) {
        if !empty {
            takes.push(Take::Least);
        }
        takes.push(Take::Greatest);
    }
    if exact && [ours, theirs].into_iter().all(|side| is_number(side, canon)) {
        takes.push(Take::Sum);
        if is_rough(pair) {
            takes.push(Take::SumOfSizes);
        }
    }
    if exact && canon == Canon::Bytes && [ours, theirs].into_iter().all(|side| side.sql_type.holds() == Holds::Bytes) {
        takes.push(Take::Bytes);
    }
    takes
}

/// The engine orders the column as its values are ordered.
fn in_order(column: &ScanColumn) -> bool {
    let request = ScanRequest {
        key: vec![0],
        columns: vec![column.clone()],
        ..super::plan::request(&(String::new(), String::new()), Vec::new(), 0, super::plan::whole())
    };
    request.key_refused().is_none()
}

fn is_number(column: &ScanColumn, canon: Canon) -> bool {
    let holds = column.sql_type.holds();
    matches!(canon, Canon::Int | Canon::Decimal | Canon::Float32 | Canon::Float64 | Canon::Bool)
        && matches!(holds, Holds::Int | Holds::Decimal | Holds::Float32 | Holds::Float64 | Holds::Bool)
}

/// One of the sides sums in floats.
fn is_rough(pair: &ColumnPlan) -> bool {
    [&pair.source, &pair.target].into_iter().any(|side| match side.sql_type.holds() {
        Holds::Float32 | Holds::Float64 => true,
        Holds::Decimal => side.sql_type.engine == Engine::Sqlite,
        _ => false,
    })
}

/// `max(amount)`
fn name(measure: Measure, columns: &[ColumnPlan]) -> String {
    let column = columns.get(measure.column).map_or("", |pair| pair.source.name.as_str());
    match measure.take {
        Take::Rows => "count(*)".to_owned(),
        Take::Values => format!("count({column})"),
        Take::Least => format!("min({column})"),
        Take::Greatest => format!("max({column})"),
        Take::Sum => format!("sum({column})"),
        Take::SumOfSizes => format!("sum(abs({column}))"),
        Take::Bytes => format!("sum(bytes of {column})"),
    }
}

/// What both sides came to, measure by measure. `values`: with the values, which are those of rows.
pub fn checks(plan: &TablePlan, source: &[Measured], target: &[Measured], values: bool) -> Vec<Check> {
    let all = measures(&plan.columns);
    let columns: Vec<ScanColumn> = plan.columns.iter().map(|pair| pair.source.clone()).collect();
    let mut checks = Vec::with_capacity(all.len());
    for (at, measure) in all.iter().enumerate() {
        if measure.take == Take::SumOfSizes {
            continue;
        }
        let (ours, theirs) = (source.get(at), target.get(at));
        let canon = measure.canon(&columns);
        let passed = match (ours, theirs) {
            (Some(Measured::Known(ours)), Some(Measured::Known(theirs))) => {
                let sizes = all.get(at + 1).filter(|next| next.take == Take::SumOfSizes && measure.take == Take::Sum);
                match sizes {
                    Some(_) => near(ours.as_deref(), theirs.as_deref(), [source.get(at + 1), target.get(at + 1)]),
                    None => Some(agree(plan, *measure, canon, ours.as_deref(), theirs.as_deref())),
                }
            }
            _ => None,
        };
        // How many there are is no value of a row.
        let shown = values || matches!(measure.take, Take::Rows | Take::Values);
        let value = |one: Option<&Measured>| match one {
            Some(Measured::Known(bytes)) if shown => {
                look::json(canon, bytes.as_deref().map_or(Cell::Null, Cell::Value))
            }
            _ => Value::Null,
        };
        checks.push(Check {
            name: Untrusted::from(name(*measure, &plan.columns)),
            source: value(ours),
            target: value(theirs),
            passed,
        });
    }
    checks
}

fn agree(plan: &TablePlan, measure: Measure, canon: Canon, ours: Option<&[u8]>, theirs: Option<&[u8]>) -> bool {
    let by_rules = matches!(measure.take, Take::Least | Take::Greatest);
    let Some(pair) = plan.columns.get(measure.column).filter(|_| by_rules) else { return ours == theirs };
    let list: Vec<Rule> = pair.rules.iter().filter_map(|rule| rule.parse().ok()).collect();
    Rules::new(canon, list).agree(ours, theirs)
}

/// Sums of floats, near enough for what was added. Infinity and what is no number are equal to themselves.
fn near(ours: Option<&[u8]>, theirs: Option<&[u8]>, sizes: [Option<&Measured>; 2]) -> Option<bool> {
    if ours == theirs {
        return Some(true);
    }
    let number = |bytes: &[u8]| Canon::Decimal.decode(bytes).parse::<f64>().ok();
    let size = |one: Option<&Measured>| match one {
        Some(Measured::Known(Some(bytes))) => number(bytes),
        _ => None,
    };
    let (Some(a), Some(b)) = (ours, theirs) else { return Some(false) };
    let (a, b) = (number(a)?, number(b)?);
    let most = size(sizes[0])?.max(size(sizes[1])?);
    // A sum that overflowed says nothing about the rows.
    if !a.is_finite() || !b.is_finite() || !most.is_finite() {
        return None;
    }
    Some((a - b).abs() <= SLACK * most)
}

/// Asks both sides at the same time.
pub(super) async fn look(shared: &Shared, plan: &TablePlan) -> Result<[Vec<Measured>; 2], Trouble> {
    let all = plan.measures();
    let mut found = [Vec::with_capacity(all.len()), Vec::with_capacity(all.len())];
    for part in all.chunks(MOST) {
        let mut source = shared.source.aggregate(&plan.request(Side::Source), part.to_vec());
        let mut target = shared.target.aggregate(&plan.request(Side::Target), part.to_vec());
        let mut wish = shared.wish.clone();
        let told = tokio::select! {
            biased;
            () = stopped(&mut wish) => Err(Trouble::Stopped),
            both = async {
                tokio::try_join!(row(&mut source, part.len(), Side::Source), row(&mut target, part.len(), Side::Target))
            } => both,
        };
        match told {
            Ok((ours, theirs)) => {
                found[0].extend(ours);
                found[1].extend(theirs);
            }
            Err(trouble) => {
                let_go(shared, source, target).await;
                return Err(trouble);
            }
        }
    }
    Ok(found)
}

/// The one row of a scan.
async fn row(scan: &mut Scan, columns: usize, side: Side) -> Result<Vec<Measured>, Trouble> {
    let failed = |error| Trouble::Db { side, error };
    let mut found = None;
    while let Some(batch) = scan.next().await.map_err(failed)? {
        for row in 0..batch.rows() {
            let one = |column| match batch.cell(row, column) {
                Cell::Null => Measured::Known(None),
                Cell::Value(bytes) => Measured::Known(Some(bytes.to_vec())),
                Cell::Misfit(_) => Measured::Misfit,
            };
            found = Some((0..columns).map(one).collect());
        }
    }
    found.ok_or_else(|| failed(DbError::Unexpected("aggregates without a row".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::canon::{Raw, SqlType};

    fn pair(source: (Engine, &str), target: (Engine, &str), rules: &[&str]) -> ColumnPlan {
        let canon = Canon::common(&SqlType::new(source.0, source.1), &SqlType::new(target.0, target.1)).unwrap();
        let column = |(engine, name): (Engine, &str)| ScanColumn {
            name: "a".into(),
            sql_type: SqlType::new(engine, name),
            canon,
            nullable: true,
            byte_order: false,
            lob: None,
        };
        let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
        ColumnPlan { source: column(source), target: column(target), rules }
    }

    #[test]
    fn only_what_a_type_has_and_its_rules_leave_is_measured() {
        use Engine::{MySql, PostgreSql, Sqlite};
        use Take::{Bytes, Greatest, Least, Sum, SumOfSizes, Values};
        for (source, target, rules, want) in [
            ((PostgreSql, "bigint"), (MySql, "int"), &[][..], &[Values, Least, Greatest, Sum][..]),
            ((PostgreSql, "numeric(9,2)"), (MySql, "decimal(9,2)"), &[], &[Values, Least, Greatest, Sum]),
            ((PostgreSql, "numeric(9,2)"), (Sqlite, "numeric"), &[], &[Values, Sum, SumOfSizes]),
            ((PostgreSql, "double precision"), (MySql, "double"), &[], &[Values, Least, Greatest, Sum, SumOfSizes]),
            ((PostgreSql, "boolean"), (MySql, "tinyint(1)"), &[], &[Values, Least, Greatest, Sum]),
            ((PostgreSql, "text"), (MySql, "longtext"), &[], &[Values, Least, Greatest]),
            ((PostgreSql, "text"), (MySql, "longtext"), &["empty-is-null"], &[Greatest]),
            ((PostgreSql, "text"), (MySql, "longtext"), &["json"], &[Values]),
            ((PostgreSql, "numeric"), (MySql, "decimal(9,2)"), &["scale:2"], &[Values, Least, Greatest]),
            ((PostgreSql, "bytea"), (MySql, "longblob"), &[], &[Values, Bytes]),
            ((PostgreSql, "jsonb"), (MySql, "longtext"), &[], &[Values]),
            ((PostgreSql, "timestamp"), (Sqlite, "timestamp"), &[], &[Values]),
            ((PostgreSql, "uuid"), (MySql, "char(36)"), &[], &[Values, Least, Greatest]),
        ] {
            assert_eq!(takes(&pair(source, target, rules)), want, "{source:?} {target:?} {rules:?}");
        }
    }

    #[test]
    fn sums_of_floats_may_be_off_by_a_little_and_overflow_is_not_known() {
        let known = |x: f64| Measured::Known(Canon::Decimal.bytes(Raw::Float64(x)).ok());
        let of = |x: f64| Canon::Decimal.bytes(Raw::Float64(x)).unwrap();
        for (a, b, size, want) in [
            (0.1 + 0.2, 0.3, 0.3, Some(true)),
            (1e-7, 0.0, 1e9, Some(true)),
            (1.0, 1.1, 2.0, Some(false)),
            (f64::INFINITY, 1.0, 2.0, None),
            (f64::NAN, f64::NAN, 2.0, Some(true)),
        ] {
            let sizes = [known(size), known(size)];
            assert_eq!(near(Some(&of(a)), Some(&of(b)), [Some(&sizes[0]), Some(&sizes[1])]), want, "{a} {b}");
        }
        assert_eq!(near(Some(&of(1.0)), None, [None, None]), Some(false));
    }
}
