//! What is compared with what, by which key, and what cannot be compared and why. Pure: descriptions of tables go in.
//!
//! Start at [`table`]. A plan is data: it can be written down, and its fingerprint says whether two are the same. A
//! [`Unit`] of it is one range of keys of one table, which any machine could compare.

use super::lobs::{self, Lobs};
use super::names::{Name, dotted};
use super::rules::{Rule, Rules};
use crate::db::scan::{Described, DescribedColumn, KeyRange, Rows, ScanColumn, ScanRequest};
use crate::model::Untrusted;
use crate::model::canon::Canon;
use crate::model::untrusted::shown;
use crate::model::validation::{Method, NotCompared};
use serde::Serialize;
use std::str::FromStr;

/// `TABLE.COLUMN=RULE` of the command line.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleFor {
    pub place: String,
    pub rule: Rule,
}

impl FromStr for RuleFor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (place, rule) = text.rsplit_once('=').unwrap_or(("", text));
        if !place.contains('.') {
            return Err(format!("{:?} is not TABLE.COLUMN=RULE, such as orders.amount=scale:2", shown(text)));
        }
        Ok(Self { place: place.trim().to_owned(), rule: rule.trim().parse()? })
    }
}

/// What a person said about the comparison.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Only numbers of rows.
    pub count: bool,
    /// Columns that tell rows apart; empty: the tables' own keys.
    pub keys: Vec<String>,
    pub rules: Vec<RuleFor>,
    /// `TABLE` or `TABLE.COLUMN`.
    pub waived: Vec<String>,
    pub lobs: Lobs,
    /// The task cuts large values after so many bytes.
    pub lob_limit_bytes: Option<u64>,
}

/// A pair of columns.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TablePlan {
    /// Its place in the plan.
    #[serde(skip)]
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
    /// Estimates of the servers.
    pub rows_source: Option<u64>,
    pub rows_target: Option<u64>,
    pub bytes_source: Option<u64>,
    /// What the rules are; not written down twice.
    #[serde(skip)]
    pub rules: Vec<Rules>,
    /// All columns of both sides as they were when it was planned.
    #[serde(skip)]
    pub shape: (Vec<DescribedColumn>, Vec<DescribedColumn>),
}

impl TablePlan {
    /// Tells plans apart: other columns, types, rules, keys or places give another one.
    pub fn fingerprint(&self, source_at: &str, target_at: &str) -> String {
        let Self { source, target, method, key, columns, .. } = self;
        // Sums only leave out what is the same.
        let method = if *method == Method::Digest { &Method::Stream } else { method };
        let all = serde_json::json!([source_at, target_at, source, target, method, key, columns]);
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

/// Whether a name on the command line means this table, or this column of it.
fn means(said: &str, table: &Name, column: Option<&str>) -> bool {
    let whole = dotted(table);
    [whole.as_str(), &table.1].iter().any(|name| match column {
        Some(column) => {
            let rest = said.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name));
            rest.is_some() && said[name.len()..].strip_prefix('.').is_some_and(|rest| rest.eq_ignore_ascii_case(column))
        }
        None => said.eq_ignore_ascii_case(name),
    })
}

/// Whether a whole table was waived, by either of its names.
pub fn is_waived(terms: &Terms, table: &Name) -> bool {
    terms.waived.iter().any(|said| means(said, table, None))
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
        rows_source: source.rows,
        rows_target: target.rows,
        bytes_source: source.bytes,
        rules: Vec::new(),
        shape: (source.columns.clone(), target.columns.clone()),
    };
    let mut pairs = columns(source, target, terms, &mut plan.not_compared)?;
    if terms.count {
        // No column is compared, so none is left out.
        plan.not_compared.clear();
        return Ok(plan);
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
        }
        // Every row is its own key, where nobody says that something else is.
        Err(reason) if terms.keys.is_empty() && !pairs.is_empty() => {
            (plan.columns, plan.rules) = pairs.into_iter().unzip();
            plan.method = Method::Multiset;
            plan.why = format!("rows are counted by what they are: {reason}");
        }
        Err(reason) => {
            let waived = is_waived(terms, &name(source)) || is_waived(terms, &name(target));
            plan.method = Method::None;
            plan.why.clone_from(&reason);
            plan.not_compared = vec![NotCompared { column: None, reason, waived }];
        }
    }
    lobs::apply(&mut plan, terms);
    Ok(plan)
}

type Pairs = Vec<(ColumnPlan, Rules)>;

/// Pairs of columns that can be compared; the others with their reasons.
fn columns(
    source: &Described,
    target: &Described,
    terms: &Terms,
    not_compared: &mut Vec<NotCompared>,
) -> Result<Pairs, String> {
    let mut pairs = Vec::new();
    let mut taken = vec![false; target.columns.len()];
    let mut leave = |column: &str, reason: String| {
        let of = |name: &Name| terms.waived.iter().any(|said| means(said, name, Some(column)));
        let waived = of(&name(source)) || of(&name(target));
        not_compared.push(NotCompared { column: Some(Untrusted::from(column)), reason, waived });
    };
    for column in &source.columns {
        let Some(at) = same_name(&column.name, source, target, &taken) else {
            leave(&column.name, "not in the target".to_owned());
            continue;
        };
        taken[at] = true;
        let other = &target.columns[at];
        let said = |one: &&RuleFor| means(&one.place, &name(source), Some(&column.name));
        let list: Vec<Rule> = terms.rules.iter().filter(said).map(|one| one.rule).collect();
        if list.contains(&Rule::Ignore) {
            leave(&column.name, "ignored, as asked".to_owned());
            continue;
        }
        let canon = match Canon::common(&column.sql_type, &other.sql_type) {
            Ok(canon) => canon,
            Err(reason) => {
                leave(&column.name, reason.to_string());
                continue;
            }
        };
        if let Some(wrong) = list.iter().find(|rule| !rule.fits(canon)) {
            let place = format!("{}.{}", dotted(&name(source)), column.name);
            let word = canon.word();
            return Err(format!(
                "--rule {}={wrong}: the column is compared as {word}, which this rule is not for",
                shown(&place)
            ));
        }
        let rules = list.iter().map(Rule::to_string).collect();
        let pair = ColumnPlan { source: column.read_as(canon), target: other.read_as(canon), rules };
        pairs.push((pair, Rules::new(canon, list)));
    }
    for (column, taken) in target.columns.iter().zip(&taken) {
        if !taken {
            leave(&column.name, "not in the source".to_owned());
        }
    }
    Ok(pairs)
}

/// The target's column of this name; without regard to case only where one is meant on both sides.
fn same_name(name: &str, source: &Described, target: &Described, taken: &[bool]) -> Option<usize> {
    if let Some(at) = target.columns.iter().position(|other| other.name == name) {
        return Some(at);
    }
    let alike = |other: &&DescribedColumn| other.name.eq_ignore_ascii_case(name);
    if source.columns.iter().filter(alike).count() != 1 || target.columns.iter().filter(alike).count() != 1 {
        return None;
    }
    target.columns.iter().position(|other| other.name.eq_ignore_ascii_case(name)).filter(|at| !taken[*at])
}

/// Source names of the key's columns, and which key it is; or why there is none.
fn key(source: &Described, target: &Described, pairs: &Pairs, terms: &Terms) -> Result<(Vec<String>, String), String> {
    let usable = |names: &[String], of_source: bool| -> Result<Vec<String>, String> {
        let mut key = Vec::with_capacity(names.len());
        for name in names {
            let found = pairs.iter().find(|(pair, _)| {
                let own = if of_source { &pair.source.name } else { &pair.target.name };
                own == name || terms.keys.contains(name) && own.eq_ignore_ascii_case(name)
            });
            let name = shown(name);
            let Some((pair, rules)) = found else { return Err(format!("its column {name} cannot be compared")) };
            if !rules.is_exact() {
                return Err(format!("its column {name} has a rule, and a key must be exact"));
            }
            key.push(pair);
        }
        for (side, of) in [(source, ColumnPlan::source as fn(&ColumnPlan) -> &ScanColumn), (target, ColumnPlan::target)]
        {
            let columns = key.iter().map(|pair| of(pair).clone()).collect();
            if let Some(reason) = request(&name(side), columns, key.len(), whole()).key_refused() {
                return Err(shown(&reason.0).into_owned());
            }
        }
        Ok(key.iter().map(|pair| pair.source.name.clone()).collect())
    };
    let told = |word: &str, names: &[String]| {
        let names: Vec<String> = names.iter().map(|name| shown(name).into_owned()).collect();
        format!("{word} ({})", names.join(", "))
    };
    if !terms.keys.is_empty() {
        let named = told("--key", &terms.keys);
        return match usable(&terms.keys, true) {
            Ok(key) => Ok((key, named)),
            Err(why) => Err(format!("{named}: {why}")),
        };
    }
    let mut refused = Vec::new();
    let candidates = [(source, true, "primary key"), (target, false, "primary key of the target")]
        .into_iter()
        .map(|(side, own, word)| (vec![side.primary_key.clone()], own, word))
        .chain([
            (source.unique_keys.clone(), true, "unique key"),
            (target.unique_keys.clone(), false, "unique key of the target"),
        ]);
    for (keys, of_source, word) in candidates {
        for names in keys.iter().filter(|names| !names.is_empty()) {
            match usable(names, of_source) {
                Ok(key) => return Ok((key, told(word, names))),
                Err(why) => refused.push(format!("{}: {why}", told(word, names))),
            }
        }
    }
    if refused.is_empty() {
        refused.push("no primary key, and no unique one without nulls".to_owned());
    }
    refused.push("name one with --key".to_owned());
    Err(refused.join("; "))
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

/// Everything that was said about a table or column that is not there.
///
/// # Errors
/// The first of it.
pub fn all_meant(terms: &Terms, sides: &[(&Described, &Described)], alone: &[Name]) -> Result<(), String> {
    let column_of = |said: &str| {
        sides.iter().any(|(source, target)| {
            let of = |side: &Described| side.columns.iter().any(|column| means(said, &name(side), Some(&column.name)));
            of(source) || of(target)
        })
    };
    for rule in &terms.rules {
        let of_source = |(source, _): &(&Described, &Described)| {
            source.columns.iter().any(|column| means(&rule.place, &name(source), Some(&column.name)))
        };
        if !sides.iter().any(of_source) {
            return Err(format!("--rule {}: no such column in the source's tables of this plan", shown(&rule.place)));
        }
    }
    for said in &terms.waived {
        let table =
            sides.iter().any(|(source, target)| means(said, &name(source), None) || means(said, &name(target), None));
        if !table && !column_of(said) && !alone.iter().any(|name| means(said, name, None)) {
            return Err(format!("--waive {}: no such table or column in this plan", shown(said)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
