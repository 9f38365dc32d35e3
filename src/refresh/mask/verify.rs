//! No personal data left: looked for in what stands in the tables, and by comparing some rows with the source. Findings say
//! where and how many, never what.
//!
//! Start at [`target`] (every row of every loaded table, its texts and JSON) and [`against`] (some rows beside the source's).

use super::cells;
use super::page::Pager;
use super::{Column, columns, facts, own_rows};
use crate::db::{Column as DbColumn, DbError, Dialect, Kind, Session, Value};
use crate::model::canon::Holds;
use crate::model::masking::personal::{self, Personal};
use crate::model::masking::{
    Decision, Finding, Function, Key, Mask, ResolvedColumn, ResolvedTable, Space, Table, check, space,
};
use futures_util::TryStreamExt as _;
use std::collections::BTreeMap;

/// What a look at one table found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Rows that were looked at.
    pub rows: u64,
    pub findings: Vec<Finding>,
}

/// A column that is looked at.
struct Looked<'t> {
    name: &'t str,
    kind: Kind,
    mask: Option<Mask>,
    holds: &'t [Personal],
    kept: bool,
    unmade: u64,
    found: BTreeMap<Personal, u64>,
}

/// Looks through a table: masked columns must look as their function makes them, and no text or JSON column may hold an
/// address, a card number, a telephone number or an IBAN, unless its rule says that it `holds` some. `most` bounds the rows.
///
/// # Errors
/// What the server says.
pub async fn target<A: Send>(
    session: &mut Session<A>,
    table: &Table,
    resolved: &ResolvedTable,
    key: Option<&Key>,
    most: Option<u64>,
) -> Result<Verified, DbError> {
    let dialect = session.dialect();
    let mut masks: BTreeMap<String, Mask> =
        columns(dialect, table, resolved, key)?.into_iter().map(|one| (one.column.name, one.mask)).collect();
    let mut looked = Vec::new();
    let mut selected = Vec::new();
    for column in &resolved.columns {
        let Some(facts) = table.column(&column.name) else { continue };
        let mask = masks.remove(&column.name);
        if mask.is_none() && !is_text(column) {
            continue;
        }
        let own = cells::column(dialect, facts);
        selected.push(dialect.read(&own));
        let kept = column.decision == Decision::Keep;
        let (name, holds) = (column.name.as_str(), column.holds.as_slice());
        looked.push(Looked { name, kind: own.kind, mask, holds, kept, unmade: 0, found: BTreeMap::new() });
    }
    let mut verified = Verified::default();
    if looked.is_empty() {
        return Ok(verified);
    }
    let limit = most.map(|rows| format!(" LIMIT {rows}")).unwrap_or_default();
    let name = own_rows(dialect, table);
    let sql = format!("SELECT {} FROM {name}{limit}", selected.join(", "));
    let mut rows = session.stream(&sql, &[]);
    while let Some(row) = rows.try_next().await? {
        verified.rows += 1;
        for (one, value) in looked.iter_mut().zip(&row) {
            if let Some(text) = cells::text(one.kind, value) {
                one.look(&text);
            }
        }
    }
    drop(rows);
    verified.findings = looked.iter().flat_map(|one| one.findings(&table.full_name(), verified.rows)).collect();
    Ok(verified)
}

fn is_text(column: &ResolvedColumn) -> bool {
    let holds = column.shape.holds();
    let texts = matches!(holds, Holds::Text | Holds::Json | Holds::Any | Holds::Set);
    let bare = column.shape.sql_type.bare();
    // Arrays of texts print themselves.
    texts && !column.shape.is_enum()
        || holds == Holds::Printed && (bare.ends_with(']') || matches!(bare.as_str(), "xml" | "hstore"))
}

impl Looked<'_> {
    fn look(&mut self, text: &str) {
        if let Some(mask) = &self.mask {
            self.unmade += u64::from(mask.looks_made(text) == Some(false));
            // What it makes is made of numbers that say nothing.
            if matches!(mask.rule().function, Function::Hash { .. } | Function::RandomInt { .. } | Function::Uuid) {
                return;
            }
        }
        for kind in personal::find(text) {
            *self.found.entry(kind).or_default() += 1;
        }
    }

    fn findings(&self, table: &str, rows: u64) -> Vec<Finding> {
        let place = || format!("{table}.{}", self.name);
        let mut findings = Vec::new();
        if let Some(mask) = self.mask.as_ref().filter(|_| self.unmade > 0) {
            let what = format!("{} of {rows} rows do not look masked by {}", self.unmade, mask.rule().function.name());
            findings.push(Finding::blocking(place(), what, "mask the table again; see who wrote to it meanwhile"));
        }
        for (kind, number) in self.found.iter().filter(|(kind, _)| !self.holds.contains(kind)) {
            let how = match (&self.mask, self.kept) {
                (Some(mask), _) => format!("masked by {}", mask.rule().function.name()),
                (None, true) => "kept".to_owned(),
                (None, false) => "masked by the task".to_owned(),
            };
            let what = format!("is {how}, and {number} of {rows} rows hold what looks like {}", kind.told());
            let hint = format!("mask it, or say that it may: holds = [{:?}]", kind.word());
            findings.push(Finding::blocking(place(), what, hint));
        }
        findings
    }
}

/// Where a table of the target comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub schema: String,
    pub table: String,
    /// By the names on the target, those on the source, where they are others.
    pub renamed: BTreeMap<String, String>,
}

impl Origin {
    /// Called the same on both sides.
    pub fn same(table: &Table) -> Self {
        Self { schema: table.schema.clone(), table: table.name.clone(), renamed: BTreeMap::new() }
    }

    fn column(&self, name: &str) -> String {
        self.renamed.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }
}

/// Rows of the source of which one reads as many from each end, and in between.
const SAMPLE: usize = 500;

/// Compares some rows of the source with what the target made of them: no masked value may be what it was, unless the function
/// itself leaves it so. Without a key that stays, the values of some rows are looked for in all of the target.
///
/// # Errors
/// What either server says.
pub async fn against<A: Send, B: Send>(
    source: &mut Session<A>,
    target: &mut Session<B>,
    (table, origin): (&Table, &Origin),
    resolved: &ResolvedTable,
    key: Option<&Key>,
) -> Result<Verified, DbError> {
    let masked = columns(target.dialect(), table, resolved, key)?;
    if masked.is_empty() {
        return Ok(Verified::default());
    }
    // Not by SQLite's hidden numbers: those of another database are others.
    match check::key(table, resolved) {
        Some(key) => {
            let by = facts::key_columns(target.dialect(), table, key);
            by_key(source, target, (table, origin), &masked, by).await
        }
        None => by_value(source, target, (table, origin), &masked).await,
    }
}

/// The column as the other engine would read it: by the kind it has here.
pub(super) fn there(dialect: &Dialect, origin: &Origin, column: &DbColumn) -> String {
    let own = DbColumn { name: origin.column(&column.name), ..column.clone() };
    dialect.read(&own)
}

/// A key of the source, and what its masked columns hold.
type Sampled = (Vec<Value>, Vec<Option<String>>);

async fn by_key<A: Send, B: Send>(
    source: &mut Session<A>,
    target: &mut Session<B>,
    (table, origin): (&Table, &Origin),
    masked: &[Column],
    by: Vec<DbColumn>,
) -> Result<Verified, DbError> {
    let dialect = source.dialect();
    let all: Vec<&DbColumn> = by.iter().chain(masked.iter().map(|one| &one.column)).collect();
    let select: Vec<String> = all.iter().map(|column| there(dialect, origin, column)).collect();
    let from = dialect.qualified(&origin.schema, &origin.table);
    let order = |way: &str| {
        let names: Vec<String> = by
            .iter()
            .map(|column| {
                format!("{}.{}{way}", dialect.quoted(&origin.table), dialect.quoted(&origin.column(&column.name)))
            })
            .collect();
        names.join(", ")
    };
    let mut old: BTreeMap<Vec<String>, Sampled> = BTreeMap::new();
    for way in ["", " DESC"] {
        let sql = format!("SELECT {} FROM {from} ORDER BY {} LIMIT {SAMPLE}", select.join(", "), order(way));
        for row in source.query(&sql, &[]).await? {
            let (key, values) = row.split_at(by.len().min(row.len()));
            let texts = masked.iter().zip(values).map(|(one, value)| text(one.column.kind, value)).collect();
            let own = by.iter().zip(key).map(|(column, value)| cells::settled(column.kind, value.clone()));
            old.insert(spelled(&by, key), (own.collect(), texts));
        }
    }
    let pager = Pager {
        dialect: target.dialect(),
        name: own_rows(target.dialect(), table),
        key: by,
        columns: masked,
        touched: Vec::new(),
    };
    let mut verified = Verified::default();
    let mut same = vec![0_u64; masked.len()];
    let keys: Vec<Vec<Value>> = old.values().map(|(key, _)| key.clone()).collect();
    for some in keys.chunks(200) {
        let (sql, values) = pager.among(some);
        for row in target.query(&sql, &values).await? {
            let (key, values) = row.split_at(pager.key.len().min(row.len()));
            let Some((_, was)) = old.get(&spelled(&pager.key, key)) else { continue };
            verified.rows += 1;
            for (at, (one, value)) in masked.iter().zip(values).enumerate() {
                let is = text(one.column.kind, value);
                let left = is.is_some() && is == was[at];
                same[at] += u64::from(left && one.mask.of(was[at].as_deref()).value != was[at]);
            }
        }
    }
    verified.findings = left_over(table, masked, &same, verified.rows);
    Ok(verified)
}

fn text(kind: Kind, value: &Value) -> Option<String> {
    cells::text(kind, value).map(std::borrow::Cow::into_owned)
}

/// One spelling for one key, whichever engine printed it.
fn spelled(by: &[DbColumn], key: &[Value]) -> Vec<String> {
    by.iter().zip(key).map(|(column, value)| text(column.kind, value).unwrap_or_default()).collect()
}

fn left_over(table: &Table, masked: &[Column], same: &[u64], rows: u64) -> Vec<Finding> {
    let told = masked.iter().zip(same).filter(|(_, same)| **same > 0).map(|(one, same)| {
        let place = format!("{}.{}", table.full_name(), one.column.name);
        let what = format!("{same} of {rows} rows that were compared hold what the source holds");
        Finding::blocking(place, what, "mask the table again")
    });
    told.collect()
}

/// Where rows cannot be told apart: values that cannot come about again by chance must not be there at all.
async fn by_value<A: Send, B: Send>(
    source: &mut Session<A>,
    target: &mut Session<B>,
    (table, origin): (&Table, &Origin),
    masked: &[Column],
) -> Result<Verified, DbError> {
    let mut verified = Verified::default();
    let mut same = vec![0_u64; masked.len()];
    let (dialect, own) = (source.dialect(), target.dialect());
    for (at, one) in masked.iter().enumerate() {
        let rare = match space(one.mask.rule(), one.mask.shape()) {
            Space::Bits(bits) => bits >= 40,
            _ => false,
        };
        if !rare {
            continue;
        }
        let column = dialect.quoted(&origin.column(&one.column.name));
        let sql = format!(
            "SELECT {} FROM {} WHERE {column} IS NOT NULL LIMIT {SAMPLE}",
            there(dialect, origin, &one.column),
            dialect.qualified(&origin.schema, &origin.table)
        );
        let rows = source.query(&sql, &[]).await?;
        let leaves = |value: &Value| {
            let was = text(one.column.kind, value);
            one.mask.of(was.as_deref()).value == was
        };
        let values = rows.into_iter().filter_map(|row| row.into_iter().next()).filter(|value| !leaves(value));
        let values: Vec<Value> = values.map(|value| cells::settled(one.column.kind, value)).collect();
        verified.rows = verified.rows.max(values.len() as u64);
        for some in values.chunks(200) {
            let places: Vec<String> = (1..=some.len()).map(|n| own.parameter(n, &one.column.declared)).collect();
            let sql = format!(
                "SELECT count(*) FROM {} WHERE {} IN ({})",
                own_rows(own, table),
                own.quoted(&one.column.name),
                places.join(", ")
            );
            let found = target.query(&sql, some).await?;
            let found = found.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or_default();
            same[at] += u64::try_from(found).unwrap_or_default();
        }
    }
    verified.findings = left_over(table, masked, &same, verified.rows);
    Ok(verified)
}
