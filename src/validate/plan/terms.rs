//! What a person says about a comparison, what of it is meant for which table, and what is meant for nothing. Start at
//! [`Terms`].

use super::name;
use crate::db::scan::Described;
use crate::model::Untrusted;
use crate::model::untrusted::shown;
use crate::model::validation::{Kind, NotCompared};
use crate::validate::lobs::Lobs;
use crate::validate::mapped::TaskTables;
use crate::validate::names::{self, Asked, Name, dotted};
use crate::validate::rules::Rule;
use crate::validate::statement::Statement;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// `TABLE.COLUMN=RULE` of the command line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

impl fmt::Display for RuleFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.place, self.rule)
    }
}

/// What a person said about the comparison.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    pub kind: Kind,
    /// Columns that tell rows apart; empty: the tables' own keys.
    pub keys: Vec<String>,
    pub rules: Vec<RuleFor>,
    /// `TABLE` or `TABLE.COLUMN`, and why behind a colon.
    pub waived: Vec<String>,
    /// Which large values are compared by their hash.
    pub lobs: Lobs,
    /// Only rows for which this holds: SQL of each side's engine.
    pub filter_source: Option<String>,
    pub filter_target: Option<String>,
    /// LOBs are compared up to here: what is longer was cut by the task.
    pub lob_limit_bytes: Option<u64>,
    /// What the task does with the tables it takes.
    pub task: Option<Arc<TaskTables>>,
    /// Of single tables, by a pattern of `schema.table` or `table` of the source. They win, the last one most.
    pub tables: Vec<(String, TableTerms)>,
    /// Patterns of tables that are left out, whatever names them else.
    pub excluded: Vec<String>,
    /// Beside what the task takes, or under another name than there.
    pub more: Vec<Asked>,
    /// Of all that, only these; empty: all of it.
    pub only: Vec<Asked>,
    /// Pairs of statements, instead of tables.
    pub statements: Vec<Statement>,
    /// Which sides are Redshift, whose literals are its own, and which neither hashes nor cuts as others do. Nobody says
    /// it: the databases do.
    pub redshift: [bool; 2],
}

/// What is said of one table; `None` and nothing: as of all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TableTerms {
    pub kind: Option<Kind>,
    pub keys: Option<Vec<String>>,
    /// Of a column each.
    pub rules: Vec<(String, Rule)>,
    /// Columns.
    pub waived: Vec<String>,
    pub filter_source: Option<String>,
    pub filter_target: Option<String>,
}

impl Terms {
    /// What holds for one table of the source.
    #[must_use]
    pub fn of(&self, table: &Name) -> Self {
        let mut terms = self.clone();
        let name = dotted(table);
        for (_, own) in self.tables.iter().filter(|(pattern, _)| names::fits(pattern, table)) {
            terms.kind = own.kind.unwrap_or(terms.kind);
            terms.keys = own.keys.clone().unwrap_or(terms.keys);
            let place = |column: &String| format!("{name}.{column}");
            let rules = own.rules.iter().map(|(column, rule)| RuleFor { place: place(column), rule: rule.clone() });
            terms.rules.extend(rules);
            terms.waived.extend(own.waived.iter().map(place));
            terms.filter_source = own.filter_source.clone().or(terms.filter_source);
            terms.filter_target = own.filter_target.clone().or(terms.filter_target);
        }
        if let Some(task) = &self.task {
            terms.lob_limit_bytes = task.lob_limit_bytes(table).or(terms.lob_limit_bytes);
        }
        terms
    }
}

/// Whether a name on the command line means this table, or this column of it.
pub(super) fn means(said: &str, table: &Name, column: Option<&str>) -> bool {
    let whole = dotted(table);
    [whole.as_str(), &table.1].iter().any(|name| match column {
        Some(column) => {
            let rest = said.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name));
            rest.is_some() && said[name.len()..].strip_prefix('.').is_some_and(|rest| rest.eq_ignore_ascii_case(column))
        }
        None => said.eq_ignore_ascii_case(name),
    })
}

/// What is waived, and why: `customer.email: masked on its way`.
fn because(said: &str) -> (&str, Option<&str>) {
    match said.split_once(':') {
        Some((place, why)) => (place.trim(), Some(why.trim()).filter(|why| !why.is_empty())),
        None => (said, None),
    }
}

/// Why something is not compared, and whether that was waived, by any of these names; then the reason for that stands with
/// it.
pub fn left_out(terms: &Terms, tables: &[&Name], column: Option<&str>, reason: String) -> NotCompared {
    let meant = |said: &str| tables.iter().any(|table| means(said, table, column));
    let of = |said: &'_ String| -> Option<Option<String>> {
        // A name may have a colon, too.
        let (place, why) = if meant(said) { (said.as_str(), None) } else { because(said) };
        meant(place).then(|| why.map(|why| shown(why).into_owned()))
    };
    let waived = terms.waived.iter().find_map(of);
    let reason = match &waived {
        Some(Some(why)) => format!("{reason}; waived because: {why}"),
        _ => reason,
    };
    NotCompared { column: column.map(Untrusted::from), reason, waived: waived.is_some() }
}

/// Everything that was said about a table or column that is not there.
///
/// # Errors
/// The first of it.
pub fn all_meant(terms: &Terms, sides: &[(&Described, &Described)], alone: &[Name]) -> Result<(), String> {
    // What is said of the others was meant for a plan of all tables.
    if !terms.only.is_empty() {
        return Ok(());
    }
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
        // Nobody knows the columns of a table that could not be read.
        let of_unseen = |name: &Name| rule.place.rsplit_once('.').is_some_and(|(table, _)| means(table, name, None));
        if !sides.iter().any(of_source) && !alone.iter().any(of_unseen) {
            return Err(format!("--rule {}: no such column in the source's tables of this plan", shown(&rule.place)));
        }
    }
    for (pattern, own) in &terms.tables {
        let of: Vec<_> = sides.iter().filter(|(source, _)| names::fits(pattern, &name(source))).collect();
        if of.is_empty() && !alone.iter().any(|name| names::fits(pattern, name)) {
            return Err(format!("table.{:?}: no such table in this plan", shown(pattern)));
        }
        let ruled = own.rules.iter().map(|(column, _)| column.as_str());
        let columns = ruled.chain(own.waived.iter().map(|said| because(said).0));
        for column in columns.filter(|_| !of.is_empty()) {
            let has = |side: &Described| side.columns.iter().any(|one| one.name.eq_ignore_ascii_case(column));
            if !of.iter().any(|(source, target)| has(source) || has(target)) {
                return Err(format!("table.{:?}: no column {} in it", shown(pattern), shown(column)));
            }
        }
    }
    let is_there = |said: &str| {
        let table =
            sides.iter().any(|(source, target)| means(said, &name(source), None) || means(said, &name(target), None));
        let of_unseen = |name: &Name| {
            means(said, name, None) || said.rsplit_once('.').is_some_and(|(table, _)| means(table, name, None))
        };
        table || column_of(said) || alone.iter().any(of_unseen)
    };
    for said in &terms.waived {
        let place = because(said).0;
        if !is_there(said) && !is_there(place) {
            return Err(format!("--waive {}: no such table or column in this plan", shown(place)));
        }
    }
    Ok(())
}

/// A key that was named and that no table has: nothing could be told apart by it.
///
/// # Errors
/// The first such column.
pub fn key_meant(terms: &Terms, sides: &[(&Described, &Described)]) -> Result<(), String> {
    let has = |name: &String, (source, _): &(&Described, &Described)| {
        source.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name))
    };
    let Some(missing) = terms.keys.iter().find(|name| !sides.iter().any(|side| has(name, side))) else {
        return Ok(());
    };
    let missing = shown(missing);
    Err(match sides {
        [] => return Ok(()),
        [(source, _)] => {
            let columns: Vec<_> = source.columns.iter().map(|column| shown(&column.name)).collect();
            format!(
                "--key {missing}: {} has no such column in the source, so its rows cannot be told apart by it. Name one of {}; \
                 without --key the table's own key counts",
                shown(&dotted(&name(source))),
                columns.join(", ")
            )
        }
        many => format!(
            "--key {missing}: none of the {} tables has such a column in the source, so no rows can be told apart by it. Name \
             one that they have; without --key the tables' own keys count",
            many.len()
        ),
    })
}
