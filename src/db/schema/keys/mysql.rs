//! Foreign keys of MariaDB and MySQL. They are normally left where they are and checks switched off in the session of the load;
//! dropping them is the fallback, because the index under a key may come back under another name.

use super::Key;
use crate::db::catalogue::{fields, text};
use crate::db::dialect::{Dialect, Engine};
use crate::db::error::DbError;
use crate::db::schema::{TableName, literal};
use crate::db::session::Session;
use std::collections::{BTreeMap, BTreeSet};

const COLUMNS: &str = include_str!("../../../../sql/mysql/schema_key_columns.sql");
const RULES: &str = include_str!("../../../../sql/mysql/schema_key_rules.sql");
const SETTABLE: &str = include_str!("../../../../sql/mysql/schema_columns.sql");
const INDEXES: &str = include_str!("../../../../sql/mysql/schema_index_columns.sql");

/// Schema, table and name.
type Name = (String, String, String);

fn dialect() -> &'static Dialect {
    Dialect::of(Engine::MySql)
}

/// Of a table, by schema and name: its indexes with their columns, by name.
type Indexes = BTreeMap<(String, String), Vec<(String, Vec<String>)>>;

/// What is known of the tables around keys.
struct Tables {
    /// Every column: may be set to null.
    settable: BTreeMap<Name, bool>,
    all: BTreeSet<(String, String)>,
    primary: BTreeMap<(String, String), Vec<String>>,
    /// Indexes by table, in name order: name, columns; none that are unique.
    indexes: Indexes,
}

impl Tables {
    async fn read<A: Send>(session: &mut Session<A>) -> Result<Self, DbError> {
        let (mut settable, mut all) = (BTreeMap::new(), BTreeSet::new());
        for row in session.query(SETTABLE, &[]).await? {
            let [schema, table, column, may] = fields(row)?;
            let (schema, table) = (text(schema), text(table));
            all.insert((schema.clone(), table.clone()));
            settable.insert((schema, table, text(column)), may.is_true());
        }
        let mut primary: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        let mut indexes = Indexes::new();
        for row in session.query(INDEXES, &[]).await? {
            let [schema, table, index, column, not_unique] = fields(row)?;
            let (place, index, column) = ((text(schema), text(table)), text(index), text(column));
            if index == "PRIMARY" {
                primary.entry(place).or_default().push(column);
            } else if not_unique.is_true() {
                let of_table = indexes.entry(place).or_default();
                match of_table.last_mut().filter(|(name, _)| *name == index) {
                    Some((_, columns)) => columns.push(column),
                    None => of_table.push((index, vec![column])),
                }
            }
        }
        Ok(Self { settable, all, primary, indexes })
    }
}

pub(super) async fn read<A: Send>(session: &mut Session<A>) -> Result<Vec<Key>, DbError> {
    let mut rules: BTreeMap<Name, [String; 2]> = BTreeMap::new();
    for row in session.query(RULES, &[]).await? {
        let [schema, table, name, update, delete] = fields(row)?;
        rules.insert((text(schema), text(table), text(name)), [text(delete), text(update)]);
    }
    let mut found: Vec<(Name, TableName, Vec<String>, Vec<String>)> = Vec::new();
    for row in session.query(COLUMNS, &[]).await? {
        let [schema, table, name, column, to_schema, to_table, to_column] = fields(row)?;
        let key = (text(schema), text(table), text(name));
        let (column, to_column) = (text(column), text(to_column));
        match found.last_mut().filter(|(last, ..)| *last == key) {
            Some((.., columns, to_columns)) => {
                columns.push(column);
                to_columns.push(to_column);
            }
            None => {
                found.push((key, TableName::new(text(to_schema), text(to_table)), vec![column], vec![to_column]));
            }
        }
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let tables = Tables::read(session).await?;
    let maria = is_mariadb(session).await?;
    let key = |(name, parent, columns, parent_columns): (Name, TableName, Vec<String>, Vec<String>)| {
        let rules = rules.get(&name).cloned().unwrap_or_default();
        key(name, parent, columns, parent_columns, &rules, &tables, maria)
    };
    Ok(found.into_iter().map(key).collect())
}

pub(in crate::db::schema) async fn is_mariadb<A: Send>(session: &mut Session<A>) -> Result<bool, DbError> {
    let rows = session.query("SELECT CAST(VERSION() AS CHAR)", &[]).await?;
    Ok(rows.into_iter().flatten().next().map(text).unwrap_or_default().contains("MariaDB"))
}

fn key(
    (schema, table, name): Name,
    parent: TableName,
    columns: Vec<String>,
    parent_columns: Vec<String>,
    rules: &[String; 2],
    tables: &Tables,
    maria: bool,
) -> Key {
    let sql = dialect();
    let place = (schema, table);
    let child = TableName::new(&place.0, &place.1);
    let (on, quoted) = (child.sql(Engine::MySql), sql.quoted(&name));
    let mut def = format!(
        "FOREIGN KEY ({}) REFERENCES {} ({})",
        sql.names_of(&columns),
        parent.sql(Engine::MySql),
        sql.names_of(&parent_columns)
    );
    for (rule, when) in rules.iter().zip([" ON DELETE ", " ON UPDATE "]) {
        // Said aloud with checks off, RESTRICT would be stored as NO ACTION.
        if !rule.is_empty() && rule != "RESTRICT" {
            def.push_str(when);
            def.push_str(rule);
        }
    }
    let may = |column: &&String| {
        tables.settable.get(&(place.0.clone(), place.1.clone(), (*column).clone())).copied().unwrap_or_default()
    };
    let index = tables.indexes.get(&place).and_then(|all| all.iter().find(|(_, of)| *of == columns));
    let add_sql = format!("ALTER TABLE {on} ADD CONSTRAINT {quoted} {def}");
    let pairs = parent_columns.iter().zip(&columns);
    Key {
        engine: Engine::MySql,
        ident: format!("{on} {quoted}"),
        parent_exists: tables.all.contains(&(parent.schema.clone(), parent.name.clone())),
        match_full: false,
        deferrable: false,
        validated: true,
        def,
        add_not_valid_sql: Some(add_sql.clone()),
        validate_sql: None,
        add_sql,
        // MySQL has no IF EXISTS here.
        drop_sql: format!("ALTER TABLE {on} DROP FOREIGN KEY {}{quoted}", if maria { "IF EXISTS " } else { "" }),
        comment: None,
        comment_sql: None,
        can_drop: true,
        can_readd: true,
        settable: columns.iter().filter(may).cloned().collect(),
        child_key: tables.primary.get(&place).cloned().unwrap_or_default(),
        matches: pairs.map(|(p, c)| format!("p.{} = c.{}", sql.quoted(p), sql.quoted(c))).collect(),
        child_is_partitioned: false,
        parent_is_partitioned: false,
        leaves: Vec::new(),
        shares: Vec::new(),
        trigger_states: Vec::new(),
        index: index.map(|(name, _)| name.clone()),
        name,
        child,
        columns,
        parent,
        parent_columns,
    }
}

/// The index under the key takes the key's name when the key is put back, where the engine had made that index itself.
pub(super) fn around(key: &Key) -> Vec<String> {
    let Some(index) = key.index.as_deref().filter(|index| **index != key.name) else { return Vec::new() };
    let sql = dialect();
    let there = |name: &str| {
        format!(
            "EXISTS (SELECT 1 FROM information_schema.statistics s WHERE s.table_schema = {} AND s.table_name = {} \
             AND s.index_name = {})",
            literal(Engine::MySql, &key.child.schema),
            literal(Engine::MySql, &key.child.name),
            literal(Engine::MySql, name)
        )
    };
    let rename = format!(
        "ALTER TABLE {} RENAME INDEX {} TO {}",
        key.child.sql(Engine::MySql),
        sql.quoted(&key.name),
        sql.quoted(index)
    );
    when(&format!("{} AND NOT {}", there(&key.name), there(index)), &rename)
}

/// A statement that is run only on a condition: there are no anonymous blocks.
pub(in crate::db::schema) fn when(condition: &str, statement: &str) -> Vec<String> {
    vec![
        format!("SET @cutover = IF({condition}, {}, 'DO 0')", literal(Engine::MySql, statement)),
        "PREPARE cutover FROM @cutover".to_owned(),
        "EXECUTE cutover".to_owned(),
        "DEALLOCATE PREPARE cutover".to_owned(),
    ]
}
