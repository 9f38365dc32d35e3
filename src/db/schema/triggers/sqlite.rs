//! Triggers of SQLite are dropped and made again from the text that the file keeps.

use super::tokens;
use super::{State, Trigger};
use crate::db::catalogue::{fields, text};
use crate::db::dialect::{Dialect, Engine};
use crate::db::error::DbError;
use crate::db::schema::{TableName, sqlite_schemas};
use crate::db::session::Session;

pub(super) async fn read<A: Send>(
    session: &mut Session<A>,
    only: Option<&[TableName]>,
) -> Result<Vec<Trigger>, DbError> {
    let dialect = Dialect::of(Engine::Sqlite);
    let mut found = Vec::new();
    for schema in sqlite_schemas(session).await? {
        let sql = format!(
            "SELECT name, tbl_name, sql FROM {}.sqlite_schema WHERE type = 'trigger' ORDER BY rowid",
            dialect.quoted(&schema)
        );
        for row in session.query(&sql, &[]).await? {
            let [name, table, def] = fields(row)?;
            let (name, table, def) = (text(name), TableName::new(&schema, text(table)), text(def));
            if only.is_some_and(|only| !only.contains(&table)) {
                continue;
            }
            let quoted = dialect.qualified(&schema, &name);
            // The file keeps `CREATE TRIGGER`, the name as it was written, and the rest; never the schema.
            let named = tokens::after(&def, &["TRIGGER"]).and_then(|at| tokens::token(&def, at));
            let rest = named.map(|(from, _)| &def[from..]);
            found.push(Trigger {
                engine: Engine::Sqlite,
                ident: format!("{} {}", table.sql(Engine::Sqlite), dialect.quoted(&name)),
                state: State::Origin,
                made_in: None,
                order: 0,
                away: vec![format!("DROP TRIGGER IF EXISTS {quoted}")],
                back: vec![format!(
                    "CREATE TRIGGER IF NOT EXISTS {}.{}",
                    dialect.quoted(&schema),
                    rest.unwrap_or_default()
                )],
                stuck: rest.is_none().then(|| "its text is not that of a trigger".to_owned()),
                def,
                table,
                name,
            });
        }
    }
    Ok(found)
}
