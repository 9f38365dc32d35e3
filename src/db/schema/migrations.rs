//! The tables in which frameworks write which of their migrations a database has had: found, compared as sets.
//!
//! They must never be loaded: the source's rows would hide where the target's schema stands. Start at [`read`]; the table of
//! frameworks is [`TOOLS`].

use super::{Finding, Severity, TableName};
use crate::db::catalogue::{self, Table};
use crate::db::error::DbError;
use crate::db::session::Session;
use crate::db::value::Value;
use crate::model::Untrusted;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a framework keeps, and where.
struct Tool {
    name: &'static str,
    /// In lower case.
    table: &'static str,
    /// Columns that a table of this name has if it is this framework's.
    columns: &'static [&'static str],
    /// What tells one migration from another; nothing where the table is no list of them, and is only not to be loaded.
    key: &'static [&'static str],
    checksum: Option<&'static str>,
    state: State,
}

/// How a framework says that a migration is not done.
enum State {
    /// It does not.
    Unsaid,
    /// True in this column.
    TrueIsDirty(&'static str),
    /// False in this column.
    FalseIsDirty(&'static str),
    /// The column is null until it is done; where the other is set it was taken back, and counts as never begun.
    NullIsDirty(&'static str, &'static str),
    /// The newest row of a key says whether it is there (goose).
    LastOf(&'static str, &'static str),
}

const fn tool(name: &'static str, table: &'static str, key: &'static [&'static str]) -> Tool {
    Tool { name, table, columns: key, key, checksum: None, state: State::Unsaid }
}

/// Names as their own documentation and sources give them; the first row that fits a table counts.
const TOOLS: &[Tool] = &[
    tool("Django", "django_migrations", &["app", "name"]),
    tool("Alembic", "alembic_version", &["version_num"]),
    Tool {
        columns: &["installed_rank", "version", "script", "success"],
        checksum: Some("checksum"),
        state: State::FalseIsDirty("success"),
        ..tool("Flyway", "flyway_schema_history", &["version", "script"])
    },
    Tool {
        columns: &["installed_rank", "version", "script", "success"],
        checksum: Some("checksum"),
        state: State::FalseIsDirty("success"),
        ..tool("Flyway", "schema_version", &["version", "script"])
    },
    Tool {
        columns: &["version", "dirty"],
        state: State::TrueIsDirty("dirty"),
        ..tool("golang-migrate", "schema_migrations", &["version"])
    },
    tool("Rails", "schema_migrations", &["version"]),
    Tool { columns: &["key", "value"], ..tool("Rails", "ar_internal_metadata", &[]) },
    Tool {
        columns: &["version", "success", "checksum"],
        checksum: Some("checksum"),
        state: State::FalseIsDirty("success"),
        ..tool("sqlx", "_sqlx_migrations", &["version"])
    },
    Tool {
        columns: &["version", "checksum"],
        checksum: Some("checksum"),
        ..tool("refinery", "refinery_schema_history", &["version"])
    },
    tool("Diesel", "__diesel_schema_migrations", &["version"]),
    tool("SeaORM", "seaql_migrations", &["version"]),
    Tool {
        columns: &["migration_name", "checksum", "finished_at", "rolled_back_at"],
        checksum: Some("checksum"),
        state: State::NullIsDirty("finished_at", "rolled_back_at"),
        ..tool("Prisma", "_prisma_migrations", &["migration_name"])
    },
    tool("Knex", "knex_migrations", &["name"]),
    Tool { columns: &["is_locked"], ..tool("Knex", "knex_migrations_lock", &[]) },
    Tool {
        columns: &["id", "author", "filename", "md5sum"],
        checksum: Some("md5sum"),
        ..tool("Liquibase", "databasechangelog", &["id", "author", "filename"])
    },
    Tool { columns: &["locked"], ..tool("Liquibase", "databasechangeloglock", &[]) },
    Tool {
        columns: &["id", "version_id", "is_applied"],
        state: State::LastOf("id", "is_applied"),
        ..tool("goose", "goose_db_version", &["version_id"])
    },
    tool("Entity Framework", "__efmigrationshistory", &["migrationid"]),
    Tool { columns: &["migration", "batch"], ..tool("Laravel", "migrations", &["migration"]) },
    Tool { columns: &["timestamp", "name"], ..tool("TypeORM", "migrations", &["name"]) },
    tool("Sequelize", "sequelizemeta", &["name"]),
    tool("Doctrine", "doctrine_migration_versions", &["version"]),
    tool("Phinx", "phinxlog", &["version"]),
    tool("yoyo", "_yoyo_migration", &["migration_id"]),
    tool("Drizzle", "__drizzle_migrations", &["hash"]),
    tool("Kysely", "kysely_migration", &["name"]),
    tool("node-pg-migrate", "pgmigrations", &["name"]),
];

/// One framework's table in one database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migrations {
    /// `Django`, `Flyway` …
    pub tool: String,
    pub table: TableName,
    /// What has been applied, with a checksum where the framework keeps one. Empty where the table is no list of migrations.
    pub applied: BTreeMap<String, Option<String>>,
    /// Begun and not finished, or failed.
    pub dirty: Vec<String>,
}

/// Every such table that can be seen, whichever schema it is in.
pub async fn read<A: Send>(session: &mut Session<A>) -> Result<Vec<Migrations>, DbError> {
    let mut found = Vec::new();
    for table in catalogue::read(session).await?.into_values() {
        let Some(tool) = TOOLS.iter().find(|tool| tool.is(&table)) else { continue };
        found.push(of_table(session, tool, &table).await?);
    }
    Ok(found)
}

impl Tool {
    fn is(&self, table: &Table) -> bool {
        table.name.eq_ignore_ascii_case(self.table) && self.columns.iter().all(|name| column(table, name).is_some())
    }
}

fn column<'t>(table: &'t Table, name: &str) -> Option<&'t catalogue::Column> {
    table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
}

async fn of_table<A: Send>(session: &mut Session<A>, tool: &Tool, table: &Table) -> Result<Migrations, DbError> {
    let dialect = session.dialect();
    let mut found = Migrations {
        tool: tool.name.to_owned(),
        table: TableName::new(&table.schema, &table.name),
        applied: BTreeMap::new(),
        dirty: Vec::new(),
    };
    let state: &[&str] = match &tool.state {
        State::Unsaid => &[],
        State::TrueIsDirty(name) | State::FalseIsDirty(name) => &[name],
        State::NullIsDirty(done, back) => &[done, back],
        State::LastOf(order, there) => &[there, order],
    };
    if tool.key.is_empty() {
        return Ok(found);
    }
    let wanted: Vec<&str> = tool.key.iter().chain(&tool.checksum).chain(state).copied().collect();
    let columns: Vec<&catalogue::Column> = wanted.iter().filter_map(|name| column(table, name)).collect();
    let read: Vec<String> = columns.iter().map(|column| dialect.read(column)).collect();
    let order = if let State::LastOf(name, _) = tool.state {
        format!(" ORDER BY {}", dialect.quoted(column(table, name).map_or(name, |column| &column.name)))
    } else {
        String::new()
    };
    let sql = format!("SELECT {} FROM {}{order}", read.join(", "), dialect.qualified(&table.schema, &table.name));
    for row in session.query(&sql, &[]).await? {
        let mut values = row.into_iter().zip(&columns).map(|(value, column)| column.kind.settle(value));
        let key: Vec<String> = values
            .by_ref()
            .take(tool.key.len())
            .filter_map(|v| v.as_text().map(std::borrow::Cow::into_owned))
            .collect();
        let key = key.join(" ");
        let checksum = if tool.checksum.is_some() { values.next() } else { None };
        let checksum = checksum.and_then(|value| value.as_text().map(std::borrow::Cow::into_owned));
        let state: Vec<Value> = values.collect();
        let (is_there, is_dirty) = match (&tool.state, state.as_slice()) {
            (State::TrueIsDirty(_), [dirty]) => (true, is_yes(dirty)),
            (State::FalseIsDirty(_), [success]) => (true, !is_yes(success)),
            (State::NullIsDirty(..), [done, back]) => {
                let is_back = !matches!(back, Value::Null);
                (!is_back, !is_back && matches!(done, Value::Null))
            }
            (State::LastOf(..), [there, _]) => (is_yes(there), false),
            _ => (true, false),
        };
        if is_dirty {
            found.dirty.push(key.clone());
        }
        if is_there {
            found.applied.insert(key, checksum);
        } else if matches!(tool.state, State::LastOf(..)) {
            found.applied.remove(&key);
        }
    }
    Ok(found)
}

/// True however the engine and the framework write it.
fn is_yes(value: &Value) -> bool {
    value.is_true() || matches!(value.as_text().as_deref(), Some("t" | "true" | "TRUE"))
}

/// Names that a plan can hold.
const NAMED: usize = 5;

fn some(names: &[&str]) -> String {
    let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED { format!("{shown} and {} more", names.len() - NAMED) } else { shown }
}

/// Source and target beside one another: ahead by how many, other checksums, dirty ones (blocking). `named` gives the schema
/// and name that a table of the target has in the source.
pub fn compare(source: &[Migrations], target: &[Migrations], named: impl Fn(&TableName) -> TableName) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut met: BTreeSet<&TableName> = BTreeSet::new();
    for (side, all) in [("source", source), ("target", target)] {
        for one in all.iter().filter(|one| !one.dirty.is_empty()) {
            let dirty: Vec<&str> = one.dirty.iter().map(String::as_str).collect();
            let words =
                format!("{} in the {side} has migrations that failed or are not finished: {}", one.tool, some(&dirty));
            found.push(Finding::blocking(&one.table, words));
        }
    }
    for mine in target {
        let name = named(&mine.table);
        let Some(its) = source.iter().find(|one| one.tool == mine.tool && one.table == name) else {
            if !mine.applied.is_empty() {
                found.push(Finding::warning(
                    &mine.table,
                    format!("{} keeps its migrations only in the target", mine.tool),
                ));
            }
            continue;
        };
        met.insert(&its.table);
        let only = |a: &Migrations, b: &Migrations| -> Vec<String> {
            a.applied.keys().filter(|key| !b.applied.contains_key(*key)).cloned().collect()
        };
        for (side, names) in [("source", only(its, mine)), ("target", only(mine, its))] {
            if !names.is_empty() {
                let listed: Vec<&str> = names.iter().map(String::as_str).collect();
                let words = format!("{}: the {side} is ahead by {}: {}", mine.tool, names.len(), some(&listed));
                found.push(Finding::warning(&mine.table, words));
            }
        }
        let other: Vec<&str> = mine
            .applied
            .iter()
            .filter(|(key, sum)| {
                sum.is_some() && its.applied.get(*key).is_some_and(|other| other.is_some() && other != *sum)
            })
            .map(|(key, _)| key.as_str())
            .collect();
        if !other.is_empty() {
            let words = format!("{}: {} with another checksum in the target: {}", mine.tool, other.len(), some(&other));
            found.push(Finding::warning(&mine.table, words));
        }
    }
    for its in source.iter().filter(|one| !met.contains(&one.table) && !one.applied.is_empty()) {
        let words = format!("{} keeps its migrations only in the source", its.tool);
        found.push(Finding { severity: Severity::Warning, table: None, words: Untrusted::new(words) });
    }
    found.sort_by_key(|finding| finding.severity);
    found
}

/// Whether a table of this name is one of a framework's, whatever is in it: to be excluded from a load.
pub fn tool_of(table: &str) -> Option<&'static str> {
    TOOLS.iter().find(|tool| table.eq_ignore_ascii_case(tool.table)).map(|tool| tool.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tool: &str, table: &str, applied: &[(&str, Option<&str>)], dirty: &[&str]) -> Migrations {
        Migrations {
            tool: tool.into(),
            table: TableName::new("public", table),
            applied: applied.iter().map(|(key, sum)| ((*key).to_owned(), sum.map(str::to_owned))).collect(),
            dirty: dirty.iter().map(|one| (*one).to_owned()).collect(),
        }
    }

    #[test]
    fn two_sides_are_compared_as_sets() {
        let flyway = |applied, dirty| of("Flyway", "flyway_schema_history", applied, dirty);
        for (source, target, want) in [
            (flyway(&[("1", Some("a"))], &[]), flyway(&[("1", Some("a"))], &[]), vec![]),
            (
                flyway(&[("1", None), ("2", None)], &[]),
                flyway(&[("1", None)], &[]),
                vec![(Severity::Warning, "the source is ahead by 1: 2")],
            ),
            (
                flyway(&[("1", None)], &[]),
                flyway(&[("1", None), ("2", None), ("3", None)], &[]),
                vec![(Severity::Warning, "the target is ahead by 2: 2, 3")],
            ),
            (
                flyway(&[("1", Some("a"))], &[]),
                flyway(&[("1", Some("b"))], &[]),
                vec![(Severity::Warning, "1 with another checksum in the target: 1")],
            ),
            (
                flyway(&[("1", None)], &[]),
                flyway(&[("1", None)], &["1"]),
                vec![(Severity::Blocking, "Flyway in the target has migrations that failed")],
            ),
            (
                flyway(&[("1", None)], &[]),
                of("Django", "django_migrations", &[("a 1", None)], &[]),
                vec![(Severity::Warning, "only in the target"), (Severity::Warning, "only in the source")],
            ),
        ] {
            let got = compare(&[source], &[target], TableName::clone);
            assert_eq!(got.len(), want.len(), "{got:?}");
            for (got, (severity, words)) in got.iter().zip(want) {
                assert!(got.severity == severity && got.words.raw().contains(words), "{words}: {got:?}");
            }
        }
    }

    #[test]
    fn a_table_of_migrations_is_known_by_its_name_in_any_case() {
        for (table, want) in [
            ("django_migrations", Some("Django")),
            ("__EFMigrationsHistory", Some("Entity Framework")),
            ("DATABASECHANGELOG", Some("Liquibase")),
            ("SequelizeMeta", Some("Sequelize")),
            ("customer", None),
        ] {
            assert_eq!(tool_of(table), want, "{table}");
        }
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(some(&["1", "2", "3", "4", "5", "6", "7"]), "1, 2, 3, 4, 5 and 2 more");
    }
}
