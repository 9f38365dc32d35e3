//! What stands around the columns of two tables of one engine: constraints, foreign keys, indexes, triggers, comments.

use super::{Compared, Pair};
use crate::db::schema::TableName;
use crate::db::schema::snapshot::{Item, Kind, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// By what they do: how they are called in one of the two.
type Meanings = BTreeMap<String, String>;

impl Compared<'_> {
    pub(super) fn around(&mut self, pairs: &[Pair]) {
        let (of, to) = (&self.pair.source, &self.pair.target);
        for (what, detail) in [("comment", "comment"), ("partition key", "partition_key")] {
            let [mine, its] = [(self.source, of), (self.target, to)]
                .map(|(snapshot, table)| snapshot.of(Kind::Table, table).find_map(|item| item.detail(detail)));
            if mine != its {
                self.warning(format!("the table has another {what} in the target"));
            }
        }
        for kind in [Kind::Constraint, Kind::ForeignKey, Kind::Index, Kind::Trigger] {
            let named = |item: &Item| meaning(item, pairs);
            let mine: Meanings = meant(self.source, kind, of).map(|item| (named(item), item.name.clone())).collect();
            let its: Meanings = meant(self.target, kind, to).map(|item| (of_target(item), item.name.clone())).collect();
            let strict: BTreeSet<String> = meant(self.target, kind, to)
                .filter(|item| kind == Kind::Constraint || kind == Kind::Index && item.is("unique"))
                .map(|item| item.name.clone())
                .collect();
            for (_, name) in mine.iter().filter(|(what, _)| !its.contains_key(*what)) {
                self.warning(format!("the {} {name} is not, or not so, in the target", words(kind)));
            }
            for (_, name) in its.iter().filter(|(what, _)| !mine.contains_key(*what)) {
                let words = format!("the {} {name} is only in the target, or only there so", words(kind));
                if strict.contains(name) {
                    self.blocking(format!("{words}: rows of the source may break it"));
                } else {
                    self.warning(words);
                }
            }
        }
    }
}

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::ForeignKey => "foreign key",
        other => other.word(),
    }
}

/// The items of a kind; an index of a constraint is told with the constraint, and shares of partitions with their key.
fn meant<'s>(of: &'s Snapshot, kind: Kind, table: &'s TableName) -> impl Iterator<Item = &'s Item> {
    let constraints: BTreeSet<&str> = of.of(Kind::Constraint, table).map(|item| item.name.as_str()).collect();
    of.of(kind, table).filter(move |item| match kind {
        Kind::Index => !constraints.contains(item.name.as_str()),
        Kind::ForeignKey => item.detail("share_of").is_none(),
        _ => true,
    })
}

/// What an item does, without its own name and that of its table, which may differ.
fn of_target(item: &Item) -> String {
    let def = item.detail("def").unwrap_or_default();
    let columns = item.detail("columns").unwrap_or_default();
    match item.kind {
        Kind::Index => {
            // `CREATE INDEX name ON table USING …`; elsewhere the columns say it.
            let how = def.split_once(" USING ").map_or("", |(_, how)| how);
            format!("{} {} {columns} {how}", item.is("unique"), item.detail("type").unwrap_or_default())
        }
        Kind::Trigger => item.name.clone(),
        _ => def.trim_end_matches(" NOT VALID").to_owned(),
    }
}

/// The same of an item of the source, with the names that tables have in the target.
fn meaning(item: &Item, pairs: &[Pair]) -> String {
    let mut meaning = of_target(item);
    if item.kind == Kind::ForeignKey {
        for pair in pairs.iter().filter(|pair| pair.source != pair.target) {
            for engine in [crate::db::Engine::PostgreSql, crate::db::Engine::MySql] {
                let [from, to] = [&pair.source, &pair.target].map(|table| format!("REFERENCES {}", table.sql(engine)));
                meaning = meaning.replace(&from, &to);
            }
            let [from, to] =
                [&pair.source, &pair.target].map(|table| format!("REFERENCES {}.{}(", table.schema, table.name));
            meaning = meaning.replace(&from, &to);
        }
    }
    meaning
}
