//! A plan as it is shown and kept, from the plan that is carried out: in words, with the statements that both sides get,
//! before anything is read but the catalogues. Start at [`of`].

use super::names::{Name, dotted};
use super::{Failure, Plan, TablePlan};
use crate::db::scan::explained;
use crate::db::{Database, Dialect};
use crate::model::Untrusted;
use crate::model::validation::{Gate, Method, Planned, PlannedSide, PlannedTable, Said, What, Whose};
use crate::validate::merge::Side;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// What is compared and why, and how both databases were found.
#[derive(Debug)]
pub struct Around<'a> {
    pub what: &'a What,
    pub gate: &'a Gate,
    /// The source and how it was found; the target and how.
    pub sides: [(&'a Database, &'a str); 2],
    pub from: &'a str,
    pub is: &'a Whose,
    pub said: &'a Said,
}

/// What both databases say of themselves.
pub async fn whose(source: &Database, target: &Database, task: Option<Timestamp>) -> Result<Whose, Failure> {
    let of = async |side: Side, database: &Database| {
        let whose = database.whose().await;
        whose.map_err(|error| Failure::could_not(format!("{}: {error}", side.word())))
    };
    let (source, target) = tokio::try_join!(of(Side::Source, source), of(Side::Target, target))?;
    Ok(Whose { source, target, task })
}

/// Tells the plans of tables apart, in their order.
pub fn fingerprints(plan: &Plan) -> Vec<String> {
    plan.tables.iter().map(|table| table.fingerprint(&plan.source_at, &plan.target_at)).collect()
}

pub fn of(plan: &Plan, around: &Around<'_>) -> Planned {
    let side = |at: &str, (database, by): (&Database, &str)| PlannedSide {
        at: at.into(),
        engine: database.dialect().name.to_owned(),
        by: by.to_owned(),
    };
    let [source, target] = around.sides;
    let names = |all: &[Name]| all.iter().map(|name| Untrusted::from(dotted(name))).collect();
    Planned {
        what: around.what.clone(),
        source: side(&plan.source_at, source),
        target: side(&plan.target_at, target),
        seen_from: around.from.to_owned(),
        gate: around.gate.clone(),
        tables: plan.tables.iter().map(|one| table(one, [source.0.dialect(), target.0.dialect()])).collect(),
        target_only: names(&plan.target_only),
        of_dms: names(&plan.of_dms),
        fingerprint: whole(&fingerprints(plan)),
        is: around.is.clone(),
        said: around.said.clone(),
    }
}

/// One table of it.
pub fn table(plan: &TablePlan, [ours, theirs]: [&'static Dialect; 2]) -> PlannedTable {
    let name = |name: &Name| Untrusted::from(plan.said(name));
    let columns = |some: &[crate::validate::plan::ColumnPlan]| {
        some.iter().map(|column| Untrusted::from(column.source.name.as_str())).collect()
    };
    let (key, others) = plan.columns.split_at(plan.key.min(plan.columns.len()));
    PlannedTable {
        source: name(&plan.source),
        target: name(&plan.target),
        kind: plan.kind(),
        method: plan.method,
        why: plan.why.clone(),
        key: columns(key),
        columns: columns(others),
        rows_source: plan.rows_source,
        rows_target: plan.rows_target,
        bytes_source: plan.bytes_source,
        query_source: query(plan, Side::Source, ours),
        query_target: query(plan, Side::Target, theirs),
        not_compared: plan.not_compared.clone(),
    }
}

/// What a server is asked for: of a range of a table, or of the whole.
fn query(plan: &TablePlan, side: Side, dialect: &'static Dialect) -> String {
    if let Some(statement) = &plan.statement {
        return statement.of(side).trim().to_owned();
    }
    match plan.method {
        Method::None => String::new(),
        Method::Count => explained::count(dialect, &plan.request(side)),
        Method::Aggregate => explained::aggregates(dialect, &plan.measures(), &plan.request(side)),
        _ => explained::range(dialect, &plan.request(side)),
    }
}

/// Of all tables.
fn whole(fingerprints: &[String]) -> String {
    let hash = Sha256::digest(fingerprints.join("\n"));
    hash.iter().take(16).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
