//! PostgreSQL's catalogue, from one query.

use super::{Item, Kind};
use crate::db::catalogue::{fields, text};
use crate::db::error::DbError;
use crate::db::schema::quietly;
use crate::db::session::Session;
use serde_json::{Map, Value};

const SQL: &str = include_str!("../../../../sql/postgresql/schema_snapshot.sql");

pub(super) async fn items<A: Send>(session: &mut Session<A>) -> Result<Vec<Item>, DbError> {
    let mut items = Vec::new();
    for row in quietly(session, SQL, &[]).await? {
        let [kind, schema, table, name, details] = fields(row)?;
        let kind = text(kind);
        let kind = Kind::of(&kind).ok_or_else(|| DbError::Unexpected(format!("the catalogue says {kind}")))?;
        let details: Map<String, Value> =
            serde_json::from_str(&text(details)).map_err(|error| DbError::Unexpected(error.to_string()))?;
        let mut item = Item::new(kind, text(schema), text(table), text(name));
        for (name, value) in details {
            let value = if let Value::String(text) = value { text } else { value.to_string() };
            item = item.with(&name, value);
        }
        items.push(item);
    }
    Ok(items)
}
