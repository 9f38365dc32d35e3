//! The catalogue of MariaDB and MySQL, from the information schema and, where that is not faithful, from what the server shows.

use super::{Item, Kind, detail, list};
use crate::db::catalogue::{fields, text};
use crate::db::error::DbError;
use crate::db::schema::{keys, sequences, triggers};
use crate::db::session::Session;
use crate::db::value::Value;
use std::fmt::Write as _;

const TABLES: &str = include_str!("../../../../sql/mysql/schema_tables.sql");
const COLUMNS: &str = include_str!("../../../../sql/mysql/schema_column_details.sql");
const INDEXES: &str = include_str!("../../../../sql/mysql/schema_index_details.sql");
const VIEWS: &str = include_str!("../../../../sql/mysql/schema_views.sql");
const CHECKS: [&str; 2] = [
    include_str!("../../../../sql/mysql/schema_checks_mysql.sql"),
    include_str!("../../../../sql/mysql/schema_checks_mariadb.sql"),
];

pub(super) async fn items<A: Send>(session: &mut Session<A>) -> Result<Vec<Item>, DbError> {
    let mut items = Vec::new();
    for row in session.query(TABLES, &[]).await? {
        let [schema, table, engine, collation, options, comment] = fields(row)?;
        items.push(
            Item::new(Kind::Table, text(schema), text(table), "")
                .with("engine", detail(engine))
                .with("collation", detail(collation))
                .with("options", detail(options))
                .with("comment", detail(comment)),
        );
    }
    columns(session, &mut items).await?;
    indexes(session, &mut items).await?;
    let is_mariadb = keys::is_mariadb(session).await?;
    let checks = session.query(CHECKS[usize::from(is_mariadb)], &[]).await;
    // Before 8.0.16 MySQL had no checks and knows no such table (1109).
    let checks =
        checks.or_else(|error| if error.to_string().contains("(1109,") { Ok(Vec::new()) } else { Err(error) })?;
    for row in checks {
        let [schema, table, name, condition] = fields(row)?;
        items.push(
            Item::new(Kind::Constraint, text(schema), text(table), text(name))
                .with("form", "c".to_owned())
                .with("def", detail(condition)),
        );
    }
    for key in keys::read(session, None).await? {
        let def = key.def.replace(" ON DELETE NO ACTION", "").replace(" ON UPDATE NO ACTION", "");
        items.push(Item::new(Kind::ForeignKey, key.child.schema, key.child.name, key.name).with("def", def));
    }
    for one in triggers::read(session, None).await? {
        items.push(
            Item::new(Kind::Trigger, one.table.schema, one.table.name, one.name)
                .with("def", one.def)
                .with("made_in", one.made_in)
                .with("order", one.order.to_string()),
        );
    }
    for one in sequences::read(session).await? {
        if one.form == sequences::Form::Sequence {
            items.push(
                Item::new(Kind::Sequence, one.name.schema, one.name.name, "")
                    .with("start", one.start.to_string())
                    .with("increment", one.increment.to_string())
                    .with("min", one.min.to_string())
                    .with("max", one.max.to_string())
                    .flag("cycle", one.cycle),
            );
        }
    }
    for row in session.query(VIEWS, &[]).await? {
        let [kind, schema, name, def] = fields(row)?;
        let kind = if text(kind) == "view" { Kind::View } else { Kind::Function };
        items.push(Item::new(kind, text(schema), text(name), "").with("def", detail(def)));
    }
    Ok(items)
}

async fn columns<A: Send>(session: &mut Session<A>, items: &mut Vec<Item>) -> Result<(), DbError> {
    for row in session.query(COLUMNS, &[]).await? {
        let [schema, table, column, declared, nullable, default, extra, computed, collation, comment] = fields(row)?;
        let extra = text(extra);
        items.push(
            Item::new(Kind::Column, text(schema), text(table), text(column))
                .with("type", detail(declared))
                .flag("not_null", !nullable.is_true())
                // MariaDB says in words that there is none.
                .with("default", detail(default).filter(|default| default != "NULL"))
                .with("identity", extra.contains("auto_increment").then(|| "auto_increment".to_owned()))
                .with("extra", extra)
                .with("generated", detail(computed))
                .with("collation", detail(collation))
                .with("comment", detail(comment)),
        );
    }
    Ok(())
}

async fn indexes<A: Send>(session: &mut Session<A>, items: &mut Vec<Item>) -> Result<(), DbError> {
    let mut found: Vec<(Item, Vec<String>)> = Vec::new();
    for row in session.query(INDEXES, &[]).await? {
        let [schema, table, index, column, part, direction, not_unique, kind, comment] = fields(row)?;
        let item = Item::new(Kind::Index, text(schema), text(table), text(index));
        let item =
            item.flag("unique", !not_unique.is_true()).with("type", detail(kind)).with("comment", detail(comment));
        let item = if item.name == "PRIMARY" { item.flag("primary", true) } else { item };
        let mut column = detail(column).unwrap_or_else(|| "(an expression)".to_owned());
        if let Value::Int(characters) = part {
            let _ = write!(column, "({characters})");
        }
        if text(direction) == "D" {
            column.push_str(" DESC");
        }
        match found.last_mut().filter(|(last, _)| *last == item) {
            Some((_, columns)) => columns.push(column),
            None => found.push((item, vec![column])),
        }
    }
    items.extend(found.into_iter().map(|(item, columns)| item.with("columns", list(&columns))));
    Ok(())
}
