//! SQLite's catalogue, from the texts that the file keeps and from its pragmas.

use super::{Item, Kind, detail, list};
use crate::db::catalogue::{fields, text};
use crate::db::dialect::{Dialect, Engine};
use crate::db::error::DbError;
use crate::db::schema::{keys, sqlite_schemas};
use crate::db::session::Session;

const COLUMNS: &str = include_str!("../../../../sql/sqlite/schema_column_details.sql");
const INDEXES: &str = include_str!("../../../../sql/sqlite/schema_index_columns.sql");

pub(super) async fn items<A: Send>(session: &mut Session<A>) -> Result<Vec<Item>, DbError> {
    let mut items = Vec::new();
    let mut texts = Vec::new();
    for schema in sqlite_schemas(session).await? {
        let kept = Dialect::of(Engine::Sqlite).qualified(&schema, "sqlite_schema");
        let sql = format!("SELECT type, tbl_name, name, sql FROM {kept} WHERE substr(name, 1, 7) <> 'sqlite_'");
        for row in session.query(&sql, &[]).await? {
            let [kind, table, name, sql] = fields(row)?;
            let (kind, table, name) = (text(kind), text(table), text(name));
            let item = match kind.as_str() {
                "table" => Item::new(Kind::Table, &schema, name, ""),
                "view" => Item::new(Kind::View, &schema, name, ""),
                "trigger" => Item::new(Kind::Trigger, &schema, table, name),
                _ => {
                    texts.push((schema.clone(), name, detail(sql)));
                    continue;
                }
            };
            items.push(item.with("def", detail(sql)));
        }
    }
    for row in session.query(COLUMNS, &[]).await? {
        let [schema, table, column, declared, not_null, default, computed, place] = fields(row)?;
        items.push(
            Item::new(Kind::Column, text(schema), text(table), text(column))
                .with("type", detail(declared))
                .flag("not_null", not_null.is_true())
                .with("default", detail(default))
                .with("generated", computed.is_true().then(|| "computed".to_owned()))
                .with("key", Some(text(place)).filter(|place| place != "0")),
        );
    }
    let mut found: Vec<(Item, Vec<String>)> = Vec::new();
    for row in session.query(INDEXES, &[]).await? {
        let [schema, table, index, column, unique, origin, partial] = fields(row)?;
        let (schema, index) = (text(schema), text(index));
        let def =
            texts.iter().find(|(of, name, _)| *of == schema && *name == index).and_then(|(_, _, sql)| sql.clone());
        let item = Item::new(Kind::Index, schema, text(table), index)
            .flag("unique", unique.is_true())
            .flag("partial", partial.is_true())
            .flag("primary", text(origin) == "pk")
            .with("def", def);
        let column = detail(column).unwrap_or_else(|| "(an expression)".to_owned());
        match found.last_mut().filter(|(last, _)| *last == item) {
            Some((_, columns)) => columns.push(column),
            None => found.push((item, vec![column])),
        }
    }
    items.extend(found.into_iter().map(|(item, columns)| item.with("columns", list(&columns))));
    for key in keys::read(session, None).await? {
        items.push(Item::new(Kind::ForeignKey, key.child.schema, key.child.name, key.name).with("def", key.def));
    }
    Ok(items)
}
