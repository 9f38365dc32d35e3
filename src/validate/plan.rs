//! What is compared with what, by which key, and what cannot be compared and why. Pure: descriptions of tables go in.
//!
//! Start at [`table`]. A plan is data: it can be written down, and its fingerprint says whether two are the same. A
//! [`Unit`] of it is one range of keys of one table, which any machine could compare.

mod pairs;
mod terms;

use super::lobs;
use super::merge::Side;
use super::names::{Name, dotted};
use super::rules::{Rule, Rules};
use super::statement::Statement;
use super::{aggregate, look};
use crate::db::scan::aggregate::Measure;
use crate::db::scan::{Described, DescribedColumn, KeyRange, Rows, ScanColumn, ScanRequest, enclosed};
use crate::db::{Dialect, filter};
use crate::model::Untrusted;
use crate::model::canon::Canon;
use crate::model::untrusted::shown;
use crate::model::validation::{Kind, Method, NotCompared};
use pairs::{Pairs, columns, key, trusts};
use serde::{Deserialize, Serialize};
use terms::means;

pub use pairs::doubt;
pub use terms::{RuleFor, TableTerms, Terms, all_meant, key_meant, left_out};

/// A pair of columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnPlan {
    pub source: ScanColumn,
    pub target: ScanColumn,
    /// As they are spelled.
    pub rules: Vec<String>,
}

impl ColumnPlan {
    pub fn source(&self) -> &ScanColumn {
        &self.source
    }

    pub fn target(&self) -> &ScanColumn {
        &self.target
    }

    /// What both sides are read as.
    pub fn canon(&self) -> Canon {
        self.source.canon
    }
}

/// A pair of tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct TablePlan {
    /// Its place in the plan.
    pub nth: usize,
    pub source: Name,
    pub target: Name,
    pub method: Method,
    /// Why this method, and by which key: `primary key (id)`.
    pub why: String,
    /// How many of the columns, the first ones, are the key.
    pub key: usize,
    pub columns: Vec<ColumnPlan>,
    pub not_compared: Vec<NotCompared>,
    /// Only rows for which this holds, in the SQL of each side.
    pub filter_source: Option<String>,
    pub filter_target: Option<String>,
    /// LOBs are compared up to here.
    pub lob_limit_bytes: Option<u64>,
    /// The statements that are compared instead of a table.
    pub statement: Option<Statement>,
    /// Estimates of the servers.
    pub rows_source: Option<u64>,
    pub rows_target: Option<u64>,
    pub bytes_source: Option<u64>,
    /// What the rules are; not written down twice.
    #[serde(skip)]
    pub rules: Vec<Rules>,
    /// All columns of both sides as they were when it was planned.
    pub shape: (Vec<DescribedColumn>, Vec<DescribedColumn>),
}

/// A plan as it was written down; its rules are read from their words.
#[derive(Deserialize)]
struct Written {
    nth: usize,
    source: Name,
    target: Name,
    method: Method,
    why: String,
    key: usize,
    columns: Vec<ColumnPlan>,
    not_compared: Vec<NotCompared>,
    filter_source: Option<String>,
    filter_target: Option<String>,
    lob_limit_bytes: Option<u64>,
    statement: Option<Statement>,
    rows_source: Option<u64>,
    rows_target: Option<u64>,
    bytes_source: Option<u64>,
    shape: (Vec<DescribedColumn>, Vec<DescribedColumn>),
}

impl TryFrom<Written> for TablePlan {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let rules = |column: &ColumnPlan| {
            let list: Result<Vec<Rule>, String> = column.rules.iter().map(|rule| rule.parse()).collect();
            Rules::new(column.canon(), list?).between(&column.source.sql_type, &column.target.sql_type)
        };
        let rules = written.columns.iter().map(rules).collect::<Result<_, _>>()?;
        Ok(Self {
            nth: written.nth,
            source: written.source,
            target: written.target,
            method: written.method,
            why: written.why,
            key: written.key,
            columns: written.columns,
            not_compared: written.not_compared,
            filter_source: written.filter_source,
            filter_target: written.filter_target,
            lob_limit_bytes: written.lob_limit_bytes,
            statement: written.statement,
            rows_source: written.rows_source,
            rows_target: written.rows_target,
            bytes_source: written.bytes_source,
            rules,
            shape: written.shape,
        })
    }
}

impl TablePlan {
    /// A pair of which nothing is compared, and why. Without a target the name is empty.
    pub fn left(source: &Name, target: Option<&Name>, not: NotCompared) -> Self {
        Self {
            nth: 0,
            source: source.clone(),
            target: target.cloned().unwrap_or_default(),
            method: Method::None,
            why: not.reason.clone(),
            key: 0,
            columns: Vec::new(),
            not_compared: vec![not],
            filter_source: None,
            filter_target: None,
            lob_limit_bytes: None,
            statement: None,
            rows_source: None,
            rows_target: None,
            bytes_source: None,
            rules: Vec::new(),
            shape: (Vec::new(), Vec::new()),
        }
    }

    /// A pair of statements.
    pub fn of_statement(statement: &Statement) -> Self {
        let name = (String::new(), statement.name.clone());
        Self {
            method: Method::Sql,
            why: match &statement.key[..] {
                [] => format!("two statements, which pass where: {}", statement.pass),
                key => format!("two statements, which pass where, by {}: {}", key.join(", "), statement.pass),
            },
            not_compared: Vec::new(),
            statement: Some(statement.clone()),
            ..Self::left(&name.clone(), Some(&name), NotCompared { column: None, reason: String::new(), waived: false })
        }
    }

    /// A name of it as it is told: `schema.table`, or what a statement is called.
    pub fn said(&self, name: &Name) -> String {
        match () {
            () if name.1.is_empty() => String::new(),
            () if self.statement.is_some() => name.1.clone(),
            () => dotted(name),
        }
    }

    /// Everything that a side is asked for of the table.
    pub fn request(&self, side: Side) -> ScanRequest {
        look::request(self, side, whole())
    }

    /// What is measured of the table.
    pub fn measures(&self) -> Vec<Measure> {
        aggregate::measures(&self.columns)
    }

    /// How much of it is compared.
    pub fn kind(&self) -> Kind {
        match self.method {
            Method::Count => Kind::Count,
            Method::Aggregate => Kind::Aggregate,
            Method::Sql => Kind::Sql,
            Method::Stream | Method::Digest | Method::Multiset | Method::None => Kind::Rows,
        }
    }

    /// Tells plans apart: other columns, types, rules, keys or places give another one.
    pub fn fingerprint(&self, source_at: &str, target_at: &str) -> String {
        let Self { source, target, method, key, columns, filter_source, filter_target, .. } = self;
        // Sums only leave out what is the same.
        let method = if *method == Method::Digest { &Method::Stream } else { method };
        let mut all = serde_json::json!([source_at, target_at, source, target, method, key, columns]);
        // What is not said changes nothing, so plans of before stay what they were.
        let said = [
            serde_json::json!([filter_source, filter_target]),
            serde_json::json!([self.lob_limit_bytes]),
            serde_json::json!([self.statement]),
        ];
        let some = |value: &serde_json::Value| value.as_array().is_some_and(|all| all.iter().any(|one| !one.is_null()));
        if let Some(list) = all.as_array_mut() {
            list.extend(said.into_iter().filter(some));
        }
        format!("{:032x}", fnv(all.to_string().as_bytes()))
    }
}

/// FNV-1a of 128 bits (draft-eastlake-fnv): the same on every machine and in every version of this program.
pub(super) fn fnv(bytes: &[u8]) -> u128 {
    let offset = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    bytes
        .iter()
        .fold(offset, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b))
}

/// Schema and table of what was described.
pub fn name(table: &Described) -> Name {
    (table.schema.clone(), table.name.clone())
}

/// Plans one pair of tables.
///
/// # Errors
/// A rule that makes no sense for its column.
pub fn table(source: &Described, target: &Described, terms: &Terms) -> Result<TablePlan, String> {
    let mut plan = TablePlan {
        nth: 0,
        source: name(source),
        target: name(target),
        method: Method::Count,
        why: "numbers of rows, as asked".to_owned(),
        key: 0,
        columns: Vec::new(),
        not_compared: Vec::new(),
        filter_source: terms.filter_source.clone(),
        filter_target: terms.filter_target.clone(),
        lob_limit_bytes: terms.lob_limit_bytes,
        statement: None,
        rows_source: source.rows,
        rows_target: target.rows,
        bytes_source: source.bytes,
        rules: Vec::new(),
        shape: (source.columns.clone(), target.columns.clone()),
    };
    let mut pairs = columns(source, target, terms, &mut plan.not_compared)?;
    if let Err(reason) = narrow(&mut plan, source, terms) {
        let not = left_out(terms, &[&plan.source, &plan.target], None, reason);
        return Ok(TablePlan { shape: plan.shape, ..TablePlan::left(&plan.source, Some(&plan.target), not) });
    }
    match terms.kind {
        Kind::Count => {
            // No column is compared, so none is left out.
            plan.not_compared.clear();
            said_of_rows(&mut plan);
            return Ok(plan);
        }
        Kind::Aggregate => {
            let (some, none): (Pairs, Pairs) =
                pairs.into_iter().partition(|(pair, _)| !aggregate::takes(pair).is_empty());
            for (pair, _) in none {
                let column = pair.source.name;
                let means = |table: &Name| terms.waived.iter().any(|said| means(said, table, Some(&column)));
                plan.not_compared.push(NotCompared {
                    waived: means(&plan.source) || means(&plan.target),
                    reason: "nothing that its type has and its rules leave can be measured".to_owned(),
                    column: Some(Untrusted::from(column.as_str())),
                });
            }
            pairs = some;
            (plan.columns, plan.rules) = pairs.into_iter().unzip();
            plan.method = Method::Aggregate;
            "count, nulls, least, greatest and sum of each column, as asked".clone_into(&mut plan.why);
            said_of_rows(&mut plan);
            lobs::apply(&mut plan, terms);
            return Ok(plan);
        }
        // Statements are no tables.
        Kind::Rows | Kind::Sql => {}
    }
    match key(source, target, &pairs, terms) {
        Ok((key, why)) => {
            // The key first, in its own order.
            let mut ordered = Vec::with_capacity(pairs.len());
            for name in &key {
                if let Some(at) = pairs.iter().position(|pair| pair.0.source.name == *name) {
                    ordered.push(pairs.remove(at));
                }
            }
            plan.key = ordered.len();
            ordered.append(&mut pairs);
            (plan.columns, plan.rules) = ordered.into_iter().unzip();
            plan.method = Method::Stream;
            plan.why = why;
            if let Some(doubt) = doubt(&plan, source, target, terms) {
                plan.why = format!("{}, which {doubt}", plan.why);
            }
        }
        // Every row is its own key, where nobody says that something else is.
        Err(reason) if terms.keys.is_empty() && !pairs.is_empty() && trusts(&pairs) => {
            (plan.columns, plan.rules) = pairs.into_iter().unzip();
            plan.method = Method::Multiset;
            plan.why = format!("rows are counted by what they are: {reason}");
        }
        Err(reason) => {
            let reason = if trusts(&pairs) { reason } else { format!("{reason}; a zone is for tables with a key") };
            let not = left_out(terms, &[&plan.source, &plan.target], None, reason);
            plan.method = Method::None;
            plan.why.clone_from(&not.reason);
            plan.not_compared = vec![not];
        }
    }
    said_of_rows(&mut plan);
    lobs::apply(&mut plan, terms);
    Ok(plan)
}

/// Rows that the task does not take are not looked for on the target.
fn narrow(plan: &mut TablePlan, source: &Described, terms: &Terms) -> Result<(), String> {
    let Some(task) = terms.task.as_ref().filter(|task| task.takes(&plan.source)) else { return Ok(()) };
    let filters = task.mappings.filters(&source.schema, &source.name)?;
    let engine = source.columns.first().map(|column| column.sql_type.engine);
    let (false, Some(engine)) = (filters.is_empty(), engine) else { return Ok(()) };
    let dialect = if terms.redshift[0] { Dialect::redshift() } else { Dialect::of(engine) };
    let of_task = filter::condition(source, dialect, &filters)?;
    plan.filter_source = Some(match plan.filter_source.take() {
        Some(filter) => format!("{} AND {of_task}", enclosed(&filter)),
        None => of_task,
    });
    Ok(())
}

/// A table of which some rows are compared says which.
fn said_of_rows(plan: &mut TablePlan) {
    if plan.method == Method::None {
        return;
    }
    for (side, filter) in [("source", &plan.filter_source), ("target", &plan.filter_target)] {
        if let Some(filter) = filter {
            plan.why = format!("{}; of the {side} only rows where {}", plan.why, shown(filter));
        }
    }
    if plan.filter_source.is_some() && plan.filter_target.is_none() {
        plan.why.push_str("; any other row of the target is extra");
    }
}

/// All rows of a table.
pub fn whole() -> Rows {
    Rows::Range(KeyRange::default())
}

/// Rows of one side, whose first columns are the key, in its order.
pub fn request((schema, table): &Name, columns: Vec<ScanColumn>, key: usize, rows: Rows) -> ScanRequest {
    let (schema, table) = (schema.clone(), table.clone());
    ScanRequest { schema, table, columns, key: (0..key).collect(), rows, filter: None, ordered: true }
}

#[cfg(test)]
mod tests;
