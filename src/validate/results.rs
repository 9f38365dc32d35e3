//! Results of two statements, compared by a rule of their own. Pure, but for [`look`], which asks both servers at the same
//! moment.
//!
//! Rows are told apart by the columns of the key. Without a key a result of one row is compared column by column; several
//! rows are compared as they are, in any order, which only `equal` can do. Start at [`judged`].

use super::aggregate::Measured;
use super::look::{self, Trouble};
use super::merge::Side;
use super::pass::{Given, Pass, Row, near};
use super::run::{Shared, stopped};
use super::statement::Statement;
use super::wait::let_go;
use crate::db::DbError;
use crate::db::scan::query::ResultColumn;
use crate::db::scan::{Cell, Scan, ScanColumn};
use crate::model::Untrusted;
use crate::model::canon::{Canon, SqlType};
use crate::model::engine::Engine;
use crate::model::untrusted::shown;
use crate::model::validation::Check;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Rows of a result that are compared: more are a matter for tables.
const MOST: usize = 10_000;

/// A column of both results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub name: String,
    pub canon: Canon,
}

/// What both statements returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    pub columns: Vec<Pair>,
    pub rows: [Vec<Vec<Measured>>; 2],
}

impl Results {
    fn place(&self, name: &str) -> Option<usize> {
        let mut found = (0..self.columns.len()).filter(|at| self.columns[*at].name.eq_ignore_ascii_case(name));
        found.next().filter(|_| found.next().is_none())
    }
}

/// The checks of a pair of results; `Err` says why there are none. `report`: checks of rows that are listed.
///
/// # Errors
/// Rows that cannot be told apart, a column that is not there.
pub fn judged(statement: &Statement, results: &Results, report: usize, values: bool) -> Result<Vec<Check>, String> {
    let Statement { pass, key, .. } = statement;
    let places = |name: &String| {
        results.place(name).ok_or_else(|| format!("its results have no column {} to tell rows apart", shown(name)))
    };
    let key: Vec<usize> = key.iter().map(places).collect::<Result<_, _>>()?;
    let [source, target] = &results.rows;
    let numbers = |ours: usize, theirs: usize, passed: bool, words: &str| Check {
        name: Untrusted::from(words),
        source: json!(ours),
        target: json!(theirs),
        passed: Some(passed),
    };
    if key.is_empty() && (source.len(), target.len()) != (1, 1) {
        if *pass != Pass::Equal {
            return Err(match (source.len(), target.len()) {
                (0, _) | (_, 0) => "there is no row to judge".to_owned(),
                _ => "its results have several rows, and no key that tells them apart".to_owned(),
            });
        }
        let (ours, theirs) = only(source, target);
        let mut checks = vec![numbers(source.len(), target.len(), source.len() == target.len(), "rows")];
        if ours + theirs > 0 {
            checks.push(numbers(ours, theirs, false, "rows that only one side has"));
        }
        return Ok(unknown_where_misfit(results, checks));
    }
    let pairs = by_key(results, &key)?;
    let mut checks = vec![numbers(source.len(), target.len(), source.len() == target.len(), "rows")];
    let mut left = 0_usize;
    for (row, ours, theirs) in pairs {
        let found = match (ours, theirs) {
            (Some(ours), Some(theirs)) => one(statement, results, &key, (&row, ours, theirs), values)?,
            (ours, _) => {
                let side = if ours.is_some() { "source" } else { "target" };
                let name = Untrusted::from(format!("{row}: only in the {side}"));
                vec![Check { name, source: json!(ours.is_some()), target: json!(ours.is_none()), passed: Some(false) }]
            }
        };
        // Of many rows those that pass say nothing new; all that do not are counted.
        let many = !key.is_empty();
        for check in found.into_iter().filter(|check| !many || check.passed != Some(true)) {
            if checks.len() <= report { checks.push(check) } else { left += 1 }
        }
    }
    if left > 0 {
        let name = Untrusted::from("not listed, and not passed");
        checks.push(Check { name, source: json!(left), target: Value::Null, passed: Some(false) });
    }
    let judged = !key.is_empty() && *pass != Pass::Equal && source.is_empty() && target.is_empty();
    if judged { Err("there is no row to judge".to_owned()) } else { Ok(checks) }
}

type Cells = Vec<Measured>;

/// How many rows only the source has, and only the target.
fn only(source: &[Cells], target: &[Cells]) -> (usize, usize) {
    let bytes = |row: &Cells| -> Vec<Option<Vec<u8>>> {
        row.iter().map(|cell| if let Measured::Known(bytes) = cell { bytes.clone() } else { None }).collect()
    };
    let mut counts: BTreeMap<Vec<Option<Vec<u8>>>, (usize, usize)> = BTreeMap::new();
    for row in source {
        counts.entry(bytes(row)).or_default().0 += 1;
    }
    for row in target {
        counts.entry(bytes(row)).or_default().1 += 1;
    }
    counts
        .into_values()
        .fold((0, 0), |(ours, theirs), (a, b)| (ours + a.saturating_sub(b), theirs + b.saturating_sub(a)))
}

/// A value that is not of its type is equal to nothing, and its row cannot be told apart.
fn unknown_where_misfit(results: &Results, mut checks: Vec<Check>) -> Vec<Check> {
    if results.rows.iter().flatten().flatten().any(|cell| *cell == Measured::Misfit) {
        for check in &mut checks {
            check.passed = None;
        }
    }
    checks
}

type Paired<'a> = (String, Option<&'a Cells>, Option<&'a Cells>);

/// Rows of both sides by their key, each with its words: `day=2026-11-22`.
fn by_key<'a>(results: &'a Results, key: &[usize]) -> Result<Vec<Paired<'a>>, String> {
    let mut all: BTreeMap<Vec<Option<&[u8]>>, Paired<'a>> = BTreeMap::new();
    for (side, rows) in results.rows.iter().enumerate() {
        for row in rows {
            let mut parts = Vec::with_capacity(key.len());
            let mut words = Vec::with_capacity(key.len());
            for at in key {
                let Some(Measured::Known(bytes)) = row.get(*at) else {
                    return Err("a column of its key holds a value that is not of its type".to_owned());
                };
                let column = &results.columns[*at];
                let text = bytes.as_ref().map_or_else(|| "null".to_owned(), |bytes| column.canon.decode(bytes));
                words.push(format!("{}={text}", column.name));
                parts.push(bytes.as_deref());
            }
            let entry = all.entry(parts).or_insert_with(|| (words.join(" "), None, None));
            let place = if side == 0 { &mut entry.1 } else { &mut entry.2 };
            if place.replace(row).is_some() {
                return Err(format!("its key does not tell rows apart: there are two of {}", shown(&entry.0)));
            }
        }
    }
    Ok(all.into_values().collect())
}

/// One row of both sides.
fn one(
    statement: &Statement,
    results: &Results,
    key: &[usize],
    (row, ours, theirs): (&str, &Cells, &Cells),
    values: bool,
) -> Result<Vec<Check>, String> {
    let named = |column: &str| if row.is_empty() { column.to_owned() } else { format!("{row}: {column}") };
    if let Pass::Where(expression) = &statement.pass {
        let row = Both { results, key, rows: [ours, theirs] };
        let passed = expression.holds(&row)?;
        let name = Untrusted::from(named(&statement.pass.to_string()));
        return Ok(vec![Check { name, source: Value::Null, target: Value::Null, passed }]);
    }
    let others = (0..results.columns.len()).filter(|at| !key.contains(at));
    Ok(others
        .map(|at| {
            let Pair { name, canon } = &results.columns[at];
            let passed = match (&ours[at], &theirs[at]) {
                (Measured::Known(a), Measured::Known(b)) => alike(&statement.pass, *canon, a.as_deref(), b.as_deref()),
                _ => None,
            };
            let value = |cell: &Measured| match cell {
                Measured::Known(bytes) if values => {
                    look::json(*canon, bytes.as_deref().map_or(Cell::Null, Cell::Value))
                }
                _ => Value::Null,
            };
            let name = Untrusted::from(named(name));
            Check { name, source: value(&ours[at]), target: value(&theirs[at]), passed }
        })
        .collect())
}

fn alike(pass: &Pass, canon: Canon, ours: Option<&[u8]>, theirs: Option<&[u8]>) -> Option<bool> {
    let number = matches!(canon, Canon::Int | Canon::Decimal | Canon::Float32 | Canon::Float64);
    match (pass, ours, theirs) {
        (Pass::Within { by, part }, Some(a), Some(b)) if number && a != b => {
            near(by, *part, &canon.decode(a), &canon.decode(b))
        }
        _ => Some(ours == theirs),
    }
}

struct Both<'a> {
    results: &'a Results,
    key: &'a [usize],
    rows: [&'a Cells; 2],
}

impl Row for Both<'_> {
    fn value(&self, of_target: bool, column: Option<&str>) -> Result<Given, String> {
        let at = if let Some(name) = column {
            self.results.place(name).ok_or_else(|| format!("its results have no column {}", shown(name)))?
        } else {
            let mut others = (0..self.results.columns.len()).filter(|at| !self.key.contains(at));
            let one = others.next().filter(|_| others.next().is_none());
            one.ok_or("its results have several columns: write source.COLUMN and target.COLUMN")?
        };
        Ok(match &self.rows[usize::from(of_target)][at] {
            Measured::Known(Some(bytes)) => Given::Text(self.results.columns[at].canon.decode(bytes)),
            // Nothing follows from what is not of its type.
            Measured::Known(None) | Measured::Misfit => Given::Null,
        })
    }
}

/// Which columns belong together, and what each pair is read as on either side.
///
/// # Errors
/// Another number of columns, or two that cannot be compared.
pub fn columns(
    source: &[ResultColumn],
    target: &[ResultColumn],
    engines: [Engine; 2],
) -> Result<(Vec<Pair>, [Vec<ScanColumn>; 2]), String> {
    if source.len() != target.len() {
        return Err(format!("the source returns {} columns, the target {}", source.len(), target.len()));
    }
    let alone =
        |all: &[ResultColumn], name: &str| all.iter().filter(|one| one.name.eq_ignore_ascii_case(name)).count() == 1;
    let by_name = source.iter().all(|one| alone(source, &one.name) && alone(target, &one.name));
    let mut pairs = Vec::with_capacity(source.len());
    let mut read: [Vec<Option<ScanColumn>>; 2] = [vec![None; source.len()], vec![None; target.len()]];
    for (at, ours) in source.iter().enumerate() {
        let other = if by_name {
            target.iter().position(|one| one.name.eq_ignore_ascii_case(&ours.name)).unwrap_or(at)
        } else {
            at
        };
        let theirs = &target[other];
        // Where one side has no value to tell by, the other side's type says it all.
        let plain = |engine| SqlType::new(engine, if engine == Engine::Sqlite { "" } else { "text" });
        let types = match (&ours.sql_type, &theirs.sql_type) {
            (Some(a), Some(b)) => (a.clone(), b.clone()),
            (Some(a), None) => (a.clone(), plain(engines[1])),
            (None, Some(b)) => (plain(engines[0]), b.clone()),
            (None, None) => (SqlType::new(engines[0], "text"), SqlType::new(engines[1], "text")),
        };
        let name = shown(&ours.name).into_owned();
        let canon = Canon::common(&types.0, &types.1).map_err(|reason| {
            format!("column {name} cannot be compared, {reason}: cast it in one of the statements")
        })?;
        let column = |sql_type: SqlType| ScanColumn {
            name: ours.name.clone(),
            sql_type,
            canon,
            nullable: true,
            byte_order: false,
            lob: None,
        };
        read[0][at] = Some(column(types.0));
        read[1][other] = Some(column(types.1));
        pairs.push(Pair { name: ours.name.clone(), canon });
    }
    // The target's columns stay where they are, under the source's names.
    Ok((pairs, read.map(|side| side.into_iter().flatten().collect())))
}

/// Runs both statements at the same moment.
pub(super) async fn look(shared: &Shared, statement: &Statement) -> Result<Results, Trouble> {
    let failed = |side| move |error| Trouble::Db { side, error };
    let mut wish = shared.wish.clone();
    let (source, target) = tokio::select! {
        biased;
        () = stopped(&mut wish) => return Err(Trouble::Stopped),
        both = async {
            tokio::try_join!(
                async { shared.source.columns_of(&statement.source).await.map_err(failed(Side::Source)) },
                async { shared.target.columns_of(&statement.target).await.map_err(failed(Side::Target)) },
            )
        } => both?,
    };
    let engines = [&shared.source, &shared.target].map(|side| side.database().dialect().engine);
    let (pairs, [ours, theirs]) = columns(&source, &target, engines).map_err(Trouble::Unjudged)?;
    // Where the target's columns stand in another order.
    let order: Vec<usize> = pairs
        .iter()
        .enumerate()
        .map(|(at, pair)| theirs.iter().position(|one| one.name == pair.name).unwrap_or(at))
        .collect();
    let order = if theirs.iter().zip(&pairs).all(|(one, pair)| one.name == pair.name) { None } else { Some(order) };
    let mut source = shared.source.results(&statement.source, ours);
    let mut target = shared.target.results(&statement.target, theirs);
    let told = tokio::select! {
        biased;
        () = stopped(&mut wish) => Err(Trouble::Stopped),
        both = async { tokio::try_join!(rows(&mut source, Side::Source), rows(&mut target, Side::Target)) } => both,
    };
    match told {
        Ok((ours, mut theirs)) => {
            if let Some(order) = order {
                for row in &mut theirs {
                    *row = order.iter().map(|at| row[*at].clone()).collect();
                }
            }
            Ok(Results { columns: pairs, rows: [ours, theirs] })
        }
        Err(trouble) => {
            let_go(shared, source, target).await;
            Err(trouble)
        }
    }
}

async fn rows(scan: &mut Scan, side: Side) -> Result<Vec<Cells>, Trouble> {
    let failed = |error| Trouble::Db { side, error };
    let mut all = Vec::new();
    while let Some(batch) = scan.next().await.map_err(failed)? {
        for row in 0..batch.rows() {
            if all.len() == MOST {
                let why = format!("the statement returns more than {MOST} rows, which are a matter for kind \"rows\"");
                return Err(failed(DbError::Unexpected(why)));
            }
            let one = |column| match batch.cell(row, column) {
                Cell::Null => Measured::Known(None),
                Cell::Value(bytes) => Measured::Known(Some(bytes.to_vec())),
                Cell::Misfit(_) => Measured::Misfit,
            };
            all.push((0..batch.columns()).map(one).collect());
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::canon::Raw;

    fn statement(pass: &str, key: &[&str]) -> Statement {
        let key = key.iter().map(|name| (*name).to_owned()).collect();
        Statement { name: "s".into(), source: String::new(), target: String::new(), pass: pass.parse().unwrap(), key }
    }

    /// Rows of `day`, a text, and `n`, a number; `-` is null and `?` is not of its type.
    fn results(source: &[(&str, &str)], target: &[(&str, &str)]) -> Results {
        let pair = |name: &str, canon| Pair { name: name.into(), canon };
        let cell = |canon: Canon, text: &str| match text {
            "-" => Measured::Known(None),
            "?" => Measured::Misfit,
            text => Measured::Known(canon.bytes(Raw::Text(text.as_bytes())).ok()),
        };
        let rows = |all: &[(&str, &str)]| -> Vec<Cells> {
            all.iter().map(|(day, n)| vec![cell(Canon::Text, day), cell(Canon::Decimal, n)]).collect()
        };
        let columns = vec![pair("day", Canon::Text), pair("n", Canon::Decimal)];
        Results { columns, rows: [rows(source), rows(target)] }
    }

    /// All passed, some failed, or it cannot be told.
    fn passed(checks: &[Check]) -> Option<bool> {
        match () {
            () if checks.iter().any(|check| check.passed == Some(false)) => Some(false),
            () if checks.iter().all(|check| check.passed == Some(true)) => Some(true),
            () => None,
        }
    }

    #[test]
    fn results_pass_or_not_or_it_cannot_be_told() {
        let (a, b) = (("a", "1.0"), ("b", "2"));
        for (pass, key, source, target, want) in [
            ("equal", &[][..], &[a][..], &[("a", "1")][..], Some(true)),
            ("equal", &[], &[a], &[b], Some(false)),
            ("equal", &[], &[a, b], &[b, a], Some(true)),
            ("equal", &[], &[a, b], &[b, b], Some(false)),
            ("equal", &[], &[], &[], Some(true)),
            ("equal", &[], &[a, a], &[a], Some(false)),
            ("equal", &[], &[("a", "?")], &[("a", "?")], None),
            ("equal", &[], &[("a", "-")], &[("a", "-")], Some(true)),
            ("equal", &[], &[("a", "?"), b], &[("a", "?"), b], None),
            ("equal", &["day"], &[a, b], &[b, a], Some(true)),
            ("equal", &["DAY"], &[a, b], &[a], Some(false)),
            ("within 0.1", &["day"], &[("a", "1.05"), b], &[b, a], Some(true)),
            ("within 0.01", &["day"], &[("a", "1.05"), b], &[b, a], Some(false)),
            ("within 1%", &[], &[("a", "100")], &[("a", "-")], Some(false)),
            ("within 1", &[], &[("a", "1")], &[("b", "1")], Some(false)),
            ("target.n >= source.n", &[], &[a], &[("a", "2")], Some(true)),
            ("target >= source", &["day"], &[a, b], &[b, ("a", "0")], Some(false)),
            ("target >= source", &["day"], &[a], &[("a", "-")], None),
        ] {
            let got = judged(&statement(pass, key), &results(source, target), 100, false).unwrap();
            assert_eq!(passed(&got), want, "{pass} {key:?} {source:?} {target:?}: {got:?}");
            assert!(
                got.iter().all(|check| check.name == "rows".into() || !check.source.is_string()),
                "values are hidden"
            );
        }
    }

    #[test]
    fn rows_that_cannot_be_told_apart_are_not_judged() {
        let (a, b) = (("a", "1"), ("b", "2"));
        for (pass, key, source, target, part) in [
            ("within 1", &[][..], &[a, b][..], &[a, b][..], "no key that tells them apart"),
            ("target >= source", &[], &[], &[a], "no row to judge"),
            ("target >= source", &["day"], &[], &[], "no row to judge"),
            ("equal", &["day"], &[a, a], &[a], "there are two of day=a"),
            ("equal", &["month"], &[a], &[a], "no column month"),
            ("equal", &["n"], &[("a", "?")], &[a], "not of its type"),
            ("target >= source", &[], &[a], &[a], "several columns"),
            ("target.x = 1", &[], &[a], &[a], "no column x"),
        ] {
            let said = judged(&statement(pass, key), &results(source, target), 100, false).unwrap_err();
            assert!(said.contains(part), "{pass}: {said}");
        }
    }

    #[test]
    fn what_is_not_listed_still_counts() {
        let many = |n: &str| -> Vec<(String, String)> { (0..9).map(|day| (day.to_string(), n.to_owned())).collect() };
        let (ours, theirs) = (many("1"), many("2"));
        let pairs = |all: &'static [(String, String)]| -> Vec<(&str, &str)> {
            all.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect()
        };
        let (ours, theirs) = (pairs(ours.leak()), pairs(theirs.leak()));
        let got = judged(&statement("equal", &["day"]), &results(&ours, &theirs), 3, true).unwrap();
        let names: Vec<&str> = got.iter().map(|check| check.name.raw()).collect();
        assert_eq!(names, ["rows", "day=0: n", "day=1: n", "day=2: n", "not listed, and not passed"]);
        assert_eq!((&got[1].source, &got[1].target, &got[4].source), (&json!("1"), &json!("2"), &json!(6)));
    }

    #[test]
    fn columns_belong_together_by_name_else_by_place() {
        let column = |name: &str, sql_type: Option<&str>, engine| ResultColumn {
            name: name.into(),
            sql_type: sql_type.map(|name| SqlType::new(engine, name)),
        };
        let pg = |name: &str, sql_type: &str| column(name, Some(sql_type), Engine::PostgreSql);
        let my = |name: &str, sql_type: &str| column(name, Some(sql_type), Engine::MySql);
        let engines = [Engine::PostgreSql, Engine::MySql];
        let read = |source: &[ResultColumn], target: &[ResultColumn]| columns(source, target, engines);
        let (pairs, [_, theirs]) =
            read(&[pg("a", "bigint"), pg("b", "text")], &[my("B", "varchar"), my("A", "int")]).unwrap();
        let told: Vec<(&str, Canon)> = pairs.iter().map(|pair| (pair.name.as_str(), pair.canon)).collect();
        assert_eq!(told, [("a", Canon::Int), ("b", Canon::Text)]);
        assert_eq!(theirs.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        let (pairs, _) = read(&[pg("sum", "numeric")], &[my("SUM(total)", "decimal")]).unwrap();
        assert_eq!(pairs[0].canon, Canon::Decimal);
        assert!(read(&[pg("a", "bigint")], &[]).unwrap_err().contains("1 columns, the target 0"));
        assert!(read(&[pg("a", "boolean")], &[my("a", "date")]).unwrap_err().contains("cast it"));
    }
}
