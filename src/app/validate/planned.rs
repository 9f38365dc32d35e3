//! A plan as it is shown and kept, from the plan that is carried out.

use super::names::{Name, dotted};
use super::{Plan, TablePlan};
use crate::db::Database;
use crate::model::Untrusted;
use crate::model::validation::{Gate, Kind, Method, Planned, PlannedSide, PlannedTable, What};
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
}

/// Tells the plans of tables apart, in their order.
pub fn fingerprints(plan: &Plan) -> Vec<String> {
    plan.tables.iter().map(|table| table.fingerprint(&plan.source_at, &plan.target_at)).collect()
}

pub fn of(plan: &Plan, around: &Around<'_>) -> Planned {
    let side = |at: &str, (database, by): (&Database, &str)| PlannedSide {
        at: at.into(),
        engine: format!("{:?}", database.dialect().engine).to_lowercase(),
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
        tables: plan.tables.iter().map(table).collect(),
        target_only: names(&plan.target_only),
        of_dms: names(&plan.of_dms),
        fingerprint: whole(&fingerprints(plan)),
    }
}

fn table(plan: &TablePlan) -> PlannedTable {
    let name = |name: &Name| Untrusted::from(if name.1.is_empty() { String::new() } else { dotted(name) });
    let columns = |some: &[crate::validate::plan::ColumnPlan]| {
        some.iter().map(|column| Untrusted::from(column.source.name.as_str())).collect()
    };
    let (key, others) = plan.columns.split_at(plan.key.min(plan.columns.len()));
    PlannedTable {
        source: name(&plan.source),
        target: name(&plan.target),
        kind: match plan.method {
            Method::Count => Kind::Count,
            Method::Aggregate => Kind::Aggregate,
            Method::Sql => Kind::Sql,
            Method::Stream | Method::Digest | Method::Multiset | Method::None => Kind::Rows,
        },
        method: plan.method,
        why: plan.why.clone(),
        key: columns(key),
        columns: columns(others),
        rows_source: plan.rows_source,
        rows_target: plan.rows_target,
        bytes_source: plan.bytes_source,
        query_source: String::new(),
        query_target: String::new(),
        not_compared: plan.not_compared.clone(),
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
