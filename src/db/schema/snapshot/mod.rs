//! A whole catalogue as sorted lines: the same lines, the same schema. For fingerprints, for parity, and for the proof that
//! what was taken away is back.
//!
//! Start at [`read`]. An [`Item`] is one thing of the catalogue with its details by name; its line is made from them, never
//! parsed. Numbers that differ between equal schemas (oids, places of columns) are not in it, and no row of a table.

mod mysql;
mod postgres;
mod sqlite;

use super::TableName;
use crate::db::dialect::Engine;
use crate::db::error::DbError;
use crate::db::session::Session;
use crate::db::value::Value;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What DMS calls its own tables.
const OF_DMS: &str = "awsdms_";

/// Everything a catalogue says, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub engine: Engine,
    /// Of the server, as `15.18` or `10.11.19-MariaDB`: another major version may print the same schema differently.
    pub version: String,
    pub items: Vec<Item>,
}

/// One thing of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Item {
    pub kind: Kind,
    pub schema: String,
    /// The table it belongs to, or its own name where it belongs to none.
    pub table: String,
    /// Empty for a table itself.
    pub name: String,
    /// By name: `type`, `not_null`, `default`, `def`, `state`, `comment` …; only what is there.
    pub details: BTreeMap<String, String>,
}

/// Kinds of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Table,
    Column,
    /// Primary, unique, exclusion and check constraints.
    Constraint,
    ForeignKey,
    Index,
    Trigger,
    Sequence,
    /// Enumerations (labels in order), domains, composite and range types.
    Type,
    View,
    Function,
    Policy,
    Rule,
    /// Partition keys and bounds, and tables inherited from.
    Inheritance,
}

/// What of a catalogue is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only these schemas; `None`: all.
    pub only: Option<Vec<String>>,
    /// Not these: the ledger's own. On SQLite, where it has no schema, tables whose names begin so.
    pub except: Vec<String>,
}

/// Reads everything in scope. Tables that DMS keeps (`awsdms_…`) are left out: a load makes them.
pub async fn read<A: Send>(session: &mut Session<A>, scope: &Scope) -> Result<Snapshot, DbError> {
    let engine = session.dialect().engine;
    let (version, mut items) = match engine {
        Engine::PostgreSql => ("SELECT pg_catalog.current_setting('server_version')", postgres::items(session).await?),
        Engine::MySql => ("SELECT CAST(VERSION() AS CHAR)", mysql::items(session).await?),
        Engine::Sqlite => ("SELECT sqlite_version()", sqlite::items(session).await?),
    };
    let version = session.query(version, &[]).await?.into_iter().flatten().next();
    items.retain(|item| scope.has(engine, item) && !is_of_dms(&item.table));
    items.sort();
    Ok(Snapshot { engine, version: version.map(crate::db::catalogue::text).unwrap_or_default(), items })
}

fn is_of_dms(table: &str) -> bool {
    table.get(..OF_DMS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OF_DMS))
}

impl Scope {
    fn has(&self, engine: Engine, item: &Item) -> bool {
        let is_except = |one: &String| match engine {
            Engine::Sqlite => item.table.strip_prefix(one.as_str()).is_some_and(|rest| rest.starts_with('_')),
            Engine::PostgreSql | Engine::MySql => *one == item.schema,
        };
        super::is_meant(self.only.as_deref(), &item.schema) && !self.except.iter().any(is_except)
    }
}

impl Kind {
    /// In a line, and in what the queries give.
    pub fn word(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }

    fn of(word: &str) -> Option<Self> {
        KINDS.iter().find(|(_, one)| *one == word).map(|(kind, _)| *kind)
    }
}

const KINDS: [(Kind, &str); 13] = [
    (Kind::Table, "table"),
    (Kind::Column, "column"),
    (Kind::Constraint, "constraint"),
    (Kind::ForeignKey, "foreign_key"),
    (Kind::Index, "index"),
    (Kind::Trigger, "trigger"),
    (Kind::Sequence, "sequence"),
    (Kind::Type, "type"),
    (Kind::View, "view"),
    (Kind::Function, "function"),
    (Kind::Policy, "policy"),
    (Kind::Rule, "rule"),
    (Kind::Inheritance, "inheritance"),
];

impl Item {
    fn new(kind: Kind, schema: impl Into<String>, table: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, schema: schema.into(), table: table.into(), name: name.into(), details: BTreeMap::new() }
    }

    /// With a detail; nothing and the empty text say nothing.
    fn with(mut self, name: &str, value: impl Into<Option<String>>) -> Self {
        if let Some(value) = value.into().filter(|value| !value.is_empty()) {
            self.details.insert(name.to_owned(), value);
        }
        self
    }

    fn flag(self, name: &str, is: bool) -> Self {
        self.with(name, is.then(|| "true".to_owned()))
    }

    pub fn table(&self) -> TableName {
        TableName::new(&self.schema, &self.table)
    }

    pub fn detail(&self, name: &str) -> Option<&str> {
        self.details.get(name).map(String::as_str)
    }

    /// It is there and true.
    pub fn is(&self, name: &str) -> bool {
        self.detail(name) == Some("true")
    }

    /// A detail that is a list, as of columns or of labels.
    pub fn list(&self, name: &str) -> Vec<String> {
        self.detail(name).and_then(|list| serde_json::from_str(list).ok()).unwrap_or_default()
    }

    /// The canonical line: kind, names and details, quoted so that no two things have one line.
    pub fn line(&self) -> String {
        // Texts always have a JSON.
        let json = |texts: &[&str]| serde_json::to_string(texts).unwrap_or_default();
        let mut line = format!("{} {}", self.kind.word(), json(&[&self.schema, &self.table, &self.name]));
        for (name, value) in &self.details {
            let _ = write!(line, " {name}={}", json(&[value]));
        }
        line
    }
}

impl Snapshot {
    pub fn lines(&self) -> Vec<String> {
        self.items.iter().map(Item::line).collect()
    }

    /// SHA-256 of the lines, in hexadecimal.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for item in &self.items {
            hash.update(item.line());
            hash.update("\n");
        }
        hash.finalize().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// Only what belongs to these tables.
    #[must_use]
    pub fn of_tables(&self, tables: &[TableName]) -> Self {
        let meant = |item: &&Item| tables.iter().any(|t| t.schema == item.schema && t.name == item.table);
        Self { items: self.items.iter().filter(meant).cloned().collect(), ..self.clone_empty() }
    }

    fn clone_empty(&self) -> Self {
        Self { engine: self.engine, version: self.version.clone(), items: Vec::new() }
    }

    /// What there is of a kind of a table. The items have to be sorted, as [`read`] gives them.
    pub fn of(&self, kind: Kind, table: &TableName) -> impl Iterator<Item = &Item> {
        let place = |item: &Item| {
            (item.kind, item.schema.as_str(), item.table.as_str()).cmp(&(kind, &table.schema, &table.name))
        };
        let from = self.items.partition_point(|item| place(item).is_lt());
        let to = self.items.partition_point(|item| place(item).is_le());
        self.items.get(from..to).unwrap_or_default().iter()
    }

    /// Lines that only one of the two has: of `self` with `-`, of `other` with `+`. Empty: they are the same.
    pub fn difference(&self, other: &Self) -> Vec<String> {
        let [mine, its] = [self, other].map(|one| one.lines().into_iter().collect::<BTreeSet<String>>());
        let gone = mine.difference(&its).map(|line| format!("- {line}"));
        gone.chain(its.difference(&mine).map(|line| format!("+ {line}"))).collect()
    }
}

/// Text of a detail; `None` for null.
fn detail(value: Value) -> Option<String> {
    if let Value::Null = value { None } else { Some(crate::db::catalogue::text(value)) }
}

fn list(names: &[String]) -> String {
    serde_json::to_string(names).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_things_have_one_line() {
        let item = |table: &str, name: &str| Item::new(Kind::Column, "s", table, name);
        let all = [
            item("a", "b"),
            item("a.b", ""),
            item("a", "b").with("type", "x".to_owned()),
            item("a", "b").with("type", "x default=y".to_owned()),
            item("a", "b").with("type", "x".to_owned()).with("default", "y".to_owned()),
            item("a", "b type=x"),
            item("a", "b\", \"c"),
            Item::new(Kind::Index, "s", "a", "b"),
        ];
        let lines: BTreeSet<String> = all.iter().map(Item::line).collect();
        assert_eq!(lines.len(), all.len(), "{lines:#?}");
    }

    #[test]
    fn a_difference_says_which_of_the_two_has_a_line() {
        let of = |items: Vec<Item>| Snapshot { engine: Engine::Sqlite, version: "3".into(), items };
        let (a, b) = (Item::new(Kind::Table, "s", "a", ""), Item::new(Kind::Table, "s", "b", ""));
        let (one, two) = (of(vec![a.clone()]), of(vec![a, b]));
        assert_eq!(one.difference(&two), [r#"+ table ["s","b",""]"#]);
        assert_eq!(two.difference(&one), [r#"- table ["s","b",""]"#]);
        assert_ne!(one.fingerprint(), two.fingerprint());
        assert_eq!(two.of_tables(&[TableName::new("s", "a")]), one);
    }

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        for (kind, word) in KINDS {
            assert_eq!((kind.word(), Kind::of(word)), (word, Some(kind)));
        }
        assert!(is_of_dms("AWSDMS_status") && !is_of_dms("aws") && !is_of_dms("äwsdms_x"));
    }
}
