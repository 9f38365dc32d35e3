//! Which tables are loaded, whether they may be, and whether the target can take their rows. Start at [`pair`], then
//! [`compare`].

use super::findings::Findings;
use crate::db::catalogue::{Catalogue, Table};
use crate::db::schema::parity::{Pair, parity};
use crate::db::schema::snapshot::{self, Scope, Snapshot};
use crate::db::schema::{self, TableName, migrations};
use crate::db::{DbError, Session};
use crate::model::mappings::follow::Fate;
use crate::model::pattern::fits;
use crate::model::refresh::StepKind;
use crate::model::untrusted::shown;
use crate::validate::TaskTables;
use crate::validate::mapped;
use crate::validate::names::{Name, Names, Pairs};
use std::collections::BTreeMap;

/// Schema or database of the ledger on the target, and how its tables begin where there are no schemas.
pub const LEDGER: &str = "cutover_ledger";

/// A table that is loaded, as both sides have it.
#[derive(Debug, Clone)]
pub(super) struct Loaded<'a> {
    pub source: &'a Table,
    pub target: &'a Table,
    /// Names of the same columns there and here.
    pub columns: Vec<(String, String)>,
    /// Columns of the source that do not arrive.
    pub left_out: Vec<String>,
    /// Only some rows are taken.
    pub filtered: bool,
}

impl Loaded<'_> {
    pub fn source_name(&self) -> TableName {
        TableName::new(&self.source.schema, &self.source.name)
    }

    pub fn target_name(&self) -> TableName {
        TableName::new(&self.target.schema, &self.target.name)
    }
}

/// Pairs the tables that the task takes, by its mappings, and says what must not be taken.
///
/// # Errors
/// Names that cannot be followed at all.
pub(super) fn pair<'a>(
    sensitive: &[String],
    task: &TaskTables,
    source: &'a Catalogue,
    target: &'a Catalogue,
    found: &mut Findings,
) -> Result<Vec<Loaded<'a>>, String> {
    let names = |all: &Catalogue| Names { all: all.keys().cloned().collect(), schema: None, parts: Vec::new() };
    let pairs = mapped::pairs(&names(source), &names(target), task, &[], &|_| true)?;
    for left in &pairs.left {
        let what = format!("{}: {}", dotted(&left.source), left.reason);
        found.blocking(StepKind::Parity, what, "Make the target what the mappings say, or exclude the table there.");
    }
    must_not_be_taken(sensitive, &pairs, found);
    let mut loaded = Vec::with_capacity(pairs.both.len());
    for (from, to) in &pairs.both {
        let (Some(source), Some(target)) = (source.get(from), target.get(to)) else { continue };
        let mut one = Loaded { source, target, columns: Vec::new(), left_out: Vec::new(), filtered: false };
        for column in &source.columns {
            match task.mappings.fate(&from.0, &from.1, &column.name) {
                Fate::Named(name) => one.columns.push((column.name.clone(), name)),
                Fate::Removed(_) => one.left_out.push(column.name.clone()),
                Fate::Unclear(why) => {
                    // What the task masks arrives under its name.
                    if task.mappings.masked(&from.0, &from.1, &column.name).is_some() {
                        let name = task.mappings.target_column(&from.0, &from.1, &column.name);
                        one.columns.push((column.name.clone(), name.unwrap_or_else(|| column.name.clone())));
                    } else {
                        let what = format!("{}.{}: {why}", dotted(from), column.name);
                        found.warning(StepKind::Parity, what, "What arrives in that column is not looked at.");
                    }
                }
            }
        }
        match task.mappings.filters(&from.0, &from.1) {
            Ok(filters) => one.filtered = !filters.is_empty(),
            Err(why) => {
                one.filtered = true;
                let what = format!("{}: which rows are taken cannot be told: {why}", dotted(from));
                found.warning(StepKind::Parity, what, "");
            }
        }
        loaded.push(one);
    }
    if loaded.is_empty() {
        found.blocking(StepKind::Load, "the task loads no table that is on both sides", "Look at its table mappings.");
    }
    Ok(loaded)
}

fn must_not_be_taken(sensitive: &[String], pairs: &Pairs, found: &mut Findings) {
    let taken = || pairs.both.iter().map(|(from, to)| (from, Some(to)));
    let left = pairs.left.iter().map(|left| (&left.source, left.target.as_ref()));
    for (from, to) in taken().chain(left) {
        let name = dotted(from);
        if let Some(pattern) = sensitive.iter().find(|pattern| fits(pattern, &name)) {
            let what = format!("{name} must not be loaded (sensitive = {pattern:?}), and the task takes it");
            found.blocking(StepKind::Load, what, "Exclude it in the table mappings of the task.");
        }
        let ours = |name: &Name| name.0 == LEDGER || name.1.starts_with(&format!("{LEDGER}_"));
        if ours(from) || to.is_some_and(ours) {
            let what = format!("{name}: the task takes the ledger of this program");
            found.blocking(
                StepKind::Load,
                what,
                format!("Exclude the schema {LEDGER} in the table mappings of the task."),
            );
        }
        if let Some(tool) = migrations::tool_of(&from.1) {
            let what = format!(
                "{name} is where {tool} writes which migrations there were, and the task takes it: the source's \
                                rows would hide where the schema of the target stands"
            );
            found.blocking(StepKind::Load, what, "Exclude it in the table mappings of the task.");
        }
    }
    let mut into: BTreeMap<&Name, Vec<String>> = BTreeMap::new();
    for (from, to) in &pairs.both {
        into.entry(to).or_default().push(dotted(from));
    }
    for (to, all) in into.into_iter().filter(|(_, all)| all.len() > 1) {
        let what = format!(
            "{} go into one table, {}: each load of one empties what the other brought",
            all.join(" and "),
            dotted(to)
        );
        found.blocking(StepKind::Load, what, "Give each its own target in the table mappings.");
    }
}

/// The catalogues of both sides, as far as they are loaded.
#[derive(Debug)]
pub(super) struct Both {
    pub source: Snapshot,
    pub target: Snapshot,
}

/// Reads both, and whatever frameworks have written about their migrations; tells every difference that matters.
///
/// # Errors
/// Of either database, with its side.
pub(super) async fn compare<A: Send, B: Send>(
    source: &mut Session<A>,
    target: &mut Session<B>,
    loaded: &[Loaded<'_>],
    found: &mut Findings,
) -> Result<Both, (&'static str, DbError)> {
    let scope = |names: Vec<TableName>| {
        let mut only: Vec<String> = names.into_iter().map(|name| name.schema).collect();
        only.sort();
        only.dedup();
        Scope { only: Some(only), except: vec![LEDGER.to_owned()] }
    };
    let ours = scope(loaded.iter().map(Loaded::source_name).collect());
    let theirs = scope(loaded.iter().map(Loaded::target_name).collect());
    let both = Both {
        source: snapshot::read(source, &ours).await.map_err(|error| ("source", error))?,
        target: snapshot::read(target, &theirs).await.map_err(|error| ("target", error))?,
    };
    differences(&both, loaded, found);
    let there = migrations::read(source).await.map_err(|error| ("source", error))?;
    let here = migrations::read(target).await.map_err(|error| ("target", error))?;
    let schemas: BTreeMap<&str, &str> =
        loaded.iter().map(|one| (one.target.schema.as_str(), one.source.schema.as_str())).collect();
    let named = |table: &TableName| {
        let schema = schemas.get(table.schema.as_str()).copied().unwrap_or(&table.schema);
        TableName::new(schema, &table.name)
    };
    for finding in migrations::compare(&there, &here, named) {
        found.of_schema(StepKind::Parity, finding, "Bring both to the same migrations first.");
    }
    Ok(both)
}

/// The same at plan time and when it is carried out.
pub(super) fn differences(both: &Both, loaded: &[Loaded<'_>], found: &mut Findings) {
    let pairs: Vec<Pair> = loaded
        .iter()
        .map(|one| Pair {
            source: one.source_name(),
            target: one.target_name(),
            left_out: one.left_out.clone(),
            renamed: one.columns.iter().filter(|(ours, theirs)| ours != theirs).cloned().collect(),
        })
        .collect();
    for finding in together(parity(&both.source, &both.target, &pairs), found) {
        found.of_schema(StepKind::Parity, finding, "Bring the schema of the target to that of the source first.");
    }
    for words in crate::db::schema::parity::blind_spots(&both.source, &both.target) {
        found.note(StepKind::Parity, words);
    }
}

/// How what only the source has is told, by its kind, and what several of it are called.
const ALIKE: [(&str, &str); 4] = [
    ("the constraint ", "constraints"),
    ("the foreign key ", "foreign keys"),
    ("the index ", "indexes"),
    ("the trigger ", "triggers"),
];
const IS_NOT_THERE: &str = " is not, or not so, in the target";
/// So many of a kind are told one by one, and so many are named where there are more.
const APART: usize = 3;

/// What a target may do without is told together, where it lacks many: it must not hide what matters.
fn together(all: Vec<schema::Finding>, found: &mut Findings) -> Vec<schema::Finding> {
    let named = |finding: &schema::Finding, prefix: &str| {
        let name = finding.words.raw().strip_prefix(prefix)?.strip_suffix(IS_NOT_THERE)?;
        let table = finding.table.as_ref().map(|table| format!("{}.", table.words().raw())).unwrap_or_default();
        (!finding.is_blocking()).then(|| format!("{table}{name}"))
    };
    let mut rest = all;
    for (prefix, kind) in ALIKE {
        let names: Vec<String> = rest.iter().filter_map(|finding| named(finding, prefix)).collect();
        if names.len() <= APART {
            continue;
        }
        rest.retain(|finding| named(finding, prefix).is_none());
        let (first, more) = (names[..APART].join(", "), names.len() - APART);
        let what =
            format!("{} {kind} of the source are not, or not so, in the target: {first} and {more} more", names.len());
        found.warning(StepKind::Parity, what, "");
    }
    rest
}

pub(super) fn dotted((schema, table): &Name) -> String {
    shown(&format!("{schema}.{table}")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::schema::Severity;
    use crate::model::Untrusted;
    use crate::model::refresh::Level;

    #[test]
    fn what_a_target_lacks_many_of_is_told_together_and_hides_nothing_else() {
        let one = |severity, words: &str| schema::Finding {
            severity,
            table: Some(TableName::new("shop", "orders")),
            words: Untrusted::new(words),
        };
        let trigger = |n: u32| one(Severity::Warning, &format!("the trigger t{n}{IS_NOT_THERE}"));
        let others = [
            one(Severity::Warning, &format!("the index i{IS_NOT_THERE}")),
            one(Severity::Blocking, "the constraint c is only in the target, or only there so"),
        ];
        for (number, told) in [(3, 0), (4, 1)] {
            let mut found = Findings::default();
            let rest = together((0..number).map(trigger).chain(others.clone()).collect(), &mut found);
            assert_eq!(rest.len(), if told == 0 { 5 } else { 2 });
            assert!(rest.ends_with(&others));
            let found = found.done();
            assert_eq!(found.len(), told);
            if let Some(one) = found.first() {
                let want = "4 triggers of the source are not, or not so, in the target: shop.orders.t0, shop.orders.t1, \
                            shop.orders.t2 and 1 more";
                assert_eq!((one.what.raw(), one.level), (want, Level::Warning));
            }
        }
    }
}
