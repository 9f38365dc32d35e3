//! Foreign keys of SQLite: part of their tables, so that they are never taken away. They hold only in sessions that say so.

use super::Key;
use crate::db::catalogue::{fields, text};
use crate::db::dialect::{Dialect, Engine};
use crate::db::error::DbError;
use crate::db::schema::TableName;
use crate::db::session::Session;
use crate::db::value::Value;
use std::collections::BTreeMap;

const SQL: &str = include_str!("../../../../sql/sqlite/schema_keys.sql");

pub(super) async fn read<A: Send>(session: &mut Session<A>) -> Result<Vec<Key>, DbError> {
    let dialect = Dialect::of(Engine::Sqlite);
    let mut primary: BTreeMap<TableName, Vec<String>> = BTreeMap::new();
    for row in session.query(dialect.catalogue.primary_keys, &[]).await? {
        let [schema, table, column] = fields(row)?;
        primary.entry(TableName::new(text(schema), text(table))).or_default().push(text(column));
    }
    let mut keys: Vec<Key> = Vec::new();
    for row in session.query(SQL, &[]).await? {
        let [schema, table, number, column, to_table, to_column, on_update, on_delete, exists, settable] = fields(row)?;
        let child = TableName::new(text(schema), text(table));
        let (name, column) = (number.as_int().unwrap_or_default().to_string(), text(column));
        if keys.last().is_none_or(|last| (&last.child, &last.name) != (&child, &name)) {
            let parent = TableName::new(&child.schema, text(to_table));
            let rules = [(" ON DELETE ", text(on_delete)), (" ON UPDATE ", text(on_update))];
            // Until its columns are known: what follows them.
            let said = rules.iter().filter(|(_, rule)| rule != "NO ACTION");
            let def: String = said.flat_map(|(on, rule)| [*on, rule.as_str()]).collect();
            keys.push(Key {
                engine: Engine::Sqlite,
                ident: format!("{} {name}", child.sql(Engine::Sqlite)),
                columns: Vec::new(),
                parent_columns: if let Value::Null = to_column {
                    primary.get(&parent).cloned().unwrap_or_default()
                } else {
                    Vec::new()
                },
                parent,
                parent_exists: exists.is_true(),
                match_full: false,
                deferrable: false,
                validated: true,
                def,
                add_sql: String::new(),
                add_not_valid_sql: None,
                validate_sql: None,
                drop_sql: String::new(),
                comment: None,
                comment_sql: None,
                can_drop: false,
                can_readd: false,
                settable: Vec::new(),
                child_key: primary.get(&child).cloned().unwrap_or_default(),
                matches: Vec::new(),
                child_is_partitioned: false,
                parent_is_partitioned: false,
                leaves: Vec::new(),
                shares: Vec::new(),
                trigger_states: Vec::new(),
                index: None,
                name,
                child,
            });
        }
        let Some(key) = keys.last_mut() else { continue };
        if !matches!(to_column, Value::Null) {
            key.parent_columns.push(text(to_column));
        }
        if settable.is_true() {
            key.settable.push(column.clone());
        }
        key.columns.push(column);
    }
    for key in &mut keys {
        let parent = key.parent.sql(Engine::Sqlite);
        let pairs = key.parent_columns.iter().zip(&key.columns);
        // The parent's column first: its collation is the one that counts.
        key.matches = pairs.map(|(p, c)| format!("p.{} = c.{}", dialect.quoted(p), dialect.quoted(c))).collect();
        let (columns, to) = (dialect.names_of(&key.columns), dialect.names_of(&key.parent_columns));
        key.def = format!("FOREIGN KEY ({columns}) REFERENCES {parent} ({to}){}", key.def);
    }
    Ok(keys)
}
