//! Whether a target's tables can take the rows of a source's: compared by structure, one finding a difference.
//!
//! Start at [`parity`]. Across engines only what means the same on both is compared: tables, columns, whether a column may be
//! null, is computed, and how wide it is. [`class`] knows types, [`around`] compares what stands around columns.

mod around;
mod class;
#[cfg(test)]
mod tests;

use super::snapshot::{Item, Kind, Snapshot};
use super::{Finding, Severity, TableName};
use crate::db::dialect::Engine;
use crate::model::Untrusted;
pub use class::labels;
use class::{Class, Fit, fit};

/// A table of the source and where its rows go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub source: TableName,
    pub target: TableName,
    /// Columns of the source that are not loaded (removed by the mappings).
    pub left_out: Vec<String>,
    /// Columns that the mappings give another name: source, target.
    pub renamed: Vec<(String, String)>,
}

/// What is different between the tables of each pair, blocking first. Blocking: a table or column is missing in the target, a
/// type is narrower there or another one, NOT NULL without a default or a computed column only there, a label of an
/// enumeration is missing there, a check or a uniqueness only there. Warning: an index, any other constraint, a comment, an
/// extra column that may be null, another order of labels.
pub fn parity(source: &Snapshot, target: &Snapshot, pairs: &[Pair]) -> Vec<Finding> {
    let mut found = Vec::new();
    if source.engine == target.engine && major(source) != major(target) {
        let words = format!(
            "source and target are of different versions, {} and {}: the same thing may be written differently",
            source.version, target.version
        );
        found.push(Finding { severity: Severity::Warning, table: None, words: Untrusted::new(words) });
    }
    for pair in pairs {
        Compared { source, target, pair, found: &mut found }.all(pairs);
    }
    found.sort_by(|a, b| (a.severity, &a.table).cmp(&(b.severity, &b.table)));
    found
}

/// What cannot be compared between two engines, in words for the plan; empty within one engine.
pub fn blind_spots(source: &Snapshot, target: &Snapshot) -> Vec<String> {
    if source.engine == target.engine {
        return Vec::new();
    }
    ["defaults", "collations", "constraints and foreign keys", "indexes", "triggers", "comments", "sequences"]
        .iter()
        .map(|what| format!("{what}: two engines write them differently, and they are not compared"))
        .collect()
}

/// PostgreSQL's major version is one number, the others' two.
fn major(of: &Snapshot) -> String {
    let parts = if of.engine == Engine::PostgreSql { 1 } else { 2 };
    of.version.split('.').take(parts).collect::<Vec<_>>().join(".")
}

/// Two tables on their way through the comparison.
struct Compared<'a> {
    source: &'a Snapshot,
    target: &'a Snapshot,
    pair: &'a Pair,
    found: &'a mut Vec<Finding>,
}

impl Compared<'_> {
    fn blocking(&mut self, words: impl Into<String>) {
        self.found.push(Finding::blocking(&self.pair.target, words));
    }

    fn warning(&mut self, words: impl Into<String>) {
        self.found.push(Finding::warning(&self.pair.target, words));
    }

    fn across(&self) -> bool {
        self.source.engine != self.target.engine
    }

    fn all(&mut self, pairs: &[Pair]) {
        let (of, to) = (self.source.of(Kind::Table, &self.pair.source), self.target.of(Kind::Table, &self.pair.target));
        match (of.count(), to.count()) {
            (0, _) => return self.blocking(format!("{} is not in the source", self.pair.source.words().raw())),
            (_, 0) => return self.blocking(format!("{} is not in the target", self.pair.target.words().raw())),
            _ => {}
        }
        self.columns();
        if !self.across() {
            self.around(pairs);
        }
    }

    fn columns(&mut self) {
        let (source, target) = (self.source, self.target);
        let mut wanted: Vec<&str> = Vec::new();
        for column in source.of(Kind::Column, &self.pair.source) {
            if self.pair.left_out.contains(&column.name) {
                continue;
            }
            let renamed = self.pair.renamed.iter().find(|(from, _)| *from == column.name);
            let name = renamed.map_or(column.name.as_str(), |(_, to)| to);
            let mut there = target.of(Kind::Column, &self.pair.target);
            let exact = there.find(|one| one.name == name);
            // Engines differ in the case they give names by themselves.
            let found = exact.or_else(|| {
                let mut there = target.of(Kind::Column, &self.pair.target);
                there.find(|one| self.across() && one.name.eq_ignore_ascii_case(name))
            });
            match found {
                Some(found) => {
                    wanted.push(&found.name);
                    self.column(column, found);
                }
                None => self.blocking(format!("the column {name} is missing in the target")),
            }
        }
        for extra in target.of(Kind::Column, &self.pair.target).filter(|one| !wanted.contains(&one.name.as_str())) {
            let filled = ["default", "generated", "identity"].iter().any(|name| extra.detail(name).is_some());
            if extra.is("not_null") && !filled {
                self.blocking(format!(
                    "the column {} is only in the target, NOT NULL and without a default",
                    extra.name
                ));
            } else {
                self.warning(format!("the column {} is only in the target", extra.name));
            }
        }
    }

    fn column(&mut self, source: &Item, target: &Item) {
        let name = &target.name;
        self.types(source, target);
        match (source.detail("generated"), target.detail("generated")) {
            (None, Some(_)) => {
                self.blocking(format!("the column {name} is computed only in the target: it cannot be loaded"));
            }
            (Some(_), None) => self.warning(format!("the column {name} is computed only in the source")),
            (Some(one), Some(other)) if one != other && !self.across() => {
                self.warning(format!("the column {name} is computed in another way in the target"));
            }
            _ => {}
        }
        match (source.is("not_null"), target.is("not_null")) {
            (false, true) => self.blocking(format!("the column {name} is NOT NULL only in the target")),
            (true, false) => self.warning(format!("the column {name} is NOT NULL only in the source")),
            _ => {}
        }
        if self.across() {
            return;
        }
        for what in ["default", "identity", "collation", "comment"] {
            if source.detail(what) != target.detail(what) {
                self.warning(format!("the column {name} has another {what} in the target"));
            }
        }
    }

    fn types(&mut self, source: &Item, target: &Item) {
        let [of, to] = [(self.source, source), (self.target, target)].map(|(snapshot, column)| class(snapshot, column));
        let (name, was, is) = (&target.name, declared(source), declared(target));
        if let (Class::Enum(of), Class::Enum(to)) = (&of, &to) {
            let missing: Vec<&str> = of.iter().filter(|label| !to.contains(label)).map(String::as_str).collect();
            let extra = to.iter().any(|label| !of.contains(label));
            let order: Vec<&String> = to.iter().filter(|label| of.contains(label)).collect();
            if !missing.is_empty() {
                self.blocking(format!("the enumeration of {name} lacks in the target: {}", missing.join(", ")));
            } else if extra {
                self.warning(format!("the enumeration of {name} has labels that only the target knows"));
            } else if !order.iter().copied().eq(of.iter()) {
                self.warning(format!("the labels of the enumeration of {name} stand in another order in the target"));
            }
            return;
        }
        if !self.across() && was == is {
            return;
        }
        match fit(&of, &to, self.across()) {
            // It takes anything, whatever it says.
            Fit::Narrower | Fit::Other if self.target.engine == Engine::Sqlite => {
                self.warning(format!("the column {name} is {was} in the source and {is} in the target"));
            }
            Fit::Narrower => {
                self.blocking(format!("the column {name} is narrower in the target: {was} does not fit into {is}"));
            }
            Fit::Other => {
                self.blocking(format!("the column {name} is of another type in the target: {was}, and there {is}"));
            }
            Fit::Wider | Fit::Same if !self.across() => {
                self.warning(format!("the column {name} is {was} in the source and {is} in the target"));
            }
            Fit::Wider | Fit::Same => {}
        }
    }
}

fn declared(column: &Item) -> String {
    column.detail("type").unwrap_or_default().to_owned()
}

/// What a column can hold: of a domain what is beneath it, of an enumeration its labels.
fn class(of: &Snapshot, column: &Item) -> Class {
    let labels = column.detail("enum").and_then(|name| {
        let is_it =
            |item: &&Item| item.kind == Kind::Type && TableName::new(&item.schema, &item.table).is_written(name);
        of.items.iter().find(is_it).map(|item| item.list("labels"))
    });
    Class::of(of.engine, column.detail("base").or(column.detail("type")).unwrap_or_default(), labels)
}

impl TableName {
    /// Whether PostgreSQL's `format_type` would write it so, which quotes only where it must.
    fn is_written(&self, text: &str) -> bool {
        let bare = |name: &str| [name.to_owned(), crate::db::Dialect::of(Engine::PostgreSql).quoted(name)];
        bare(&self.schema).iter().any(|schema| {
            let rest = text.strip_prefix(schema.as_str()).and_then(|rest| rest.strip_prefix('.'));
            rest.is_some_and(|rest| bare(&self.name).iter().any(|name| name == rest))
        })
    }
}
