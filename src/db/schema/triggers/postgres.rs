//! Triggers of PostgreSQL stay where they are and change their state.

use super::{State, Trigger};
use crate::db::catalogue::{fields, text};
use crate::db::dialect::{Dialect, Engine};
use crate::db::error::DbError;
use crate::db::schema::{TableName, quietly};
use crate::db::session::Session;

const SQL: &str = include_str!("../../../../sql/postgresql/schema_triggers.sql");

pub(super) async fn read<A: Send>(
    session: &mut Session<A>,
    only: Option<&[TableName]>,
) -> Result<Vec<Trigger>, DbError> {
    let mut found = Vec::new();
    for row in quietly(session, SQL, &[]).await? {
        let [schema, table, name, state, def, is_clone, above] = fields(row)?;
        let (table, name) = (TableName::new(text(schema), text(table)), text(name));
        let above: Vec<TableName> =
            serde_json::from_str(&text(above)).map_err(|error| DbError::Unexpected(error.to_string()))?;
        // What goes into a partitioned table fires the triggers of its parts.
        if only.is_some_and(|only| !only.contains(&table) && !above.iter().any(|one| only.contains(one))) {
            continue;
        }
        let state = match text(state).as_str() {
            "disabled" => State::Disabled,
            "replica" => State::Replica,
            "always" => State::Always,
            _ => State::Origin,
        };
        let (on, quoted) = (table.sql(Engine::PostgreSql), Dialect::of(Engine::PostgreSql).quoted(&name));
        let set = |state: State| format!("ALTER TABLE ONLY {on} {} TRIGGER {quoted}", state.verb());
        let is_off = state == State::Disabled;
        found.push(Trigger {
            engine: Engine::PostgreSql,
            ident: format!("{on} {quoted}"),
            state,
            def: text(def),
            made_in: None,
            order: 0,
            away: if is_off { Vec::new() } else { vec![set(State::Disabled)] },
            // Before version 15 a partition's trigger follows the one above it, whatever is said.
            back: if is_off && !is_clone.is_true() { Vec::new() } else { vec![set(state)] },
            stuck: None,
            table,
            name,
        });
    }
    Ok(found)
}
