//! SQLite's `sqlite_sequence`: one row for a table that says AUTOINCREMENT and has had rows.

use super::{Form, How, Position, Sequence, Use};
use crate::db::catalogue::{fields, text};
use crate::db::dialect::{Dialect, Engine};
use crate::db::error::DbError;
use crate::db::schema::{TableName, sqlite_schemas};
use crate::db::session::Session;

pub(super) async fn read<A: Send>(session: &mut Session<A>) -> Result<Vec<Sequence>, DbError> {
    let dialect = Dialect::of(Engine::Sqlite);
    let mut found = Vec::new();
    for schema in sqlite_schemas(session).await? {
        let sql = format!(
            "SELECT t.name, c.name FROM {0}.sqlite_schema AS t JOIN pragma_table_xinfo(t.name, {1}) AS c ON c.pk = 1 \
             WHERE t.type = 'table' AND upper(t.sql) LIKE '%AUTOINCREMENT%' AND lower(c.type) = 'integer' ORDER BY t.name",
            dialect.quoted(&schema),
            crate::db::schema::literal(Engine::Sqlite, &schema)
        );
        for row in session.query(&sql, &[]).await? {
            let [table, column] = fields(row)?;
            let name = TableName::new(&schema, text(table));
            found.push(Sequence {
                engine: Engine::Sqlite,
                form: Form::SqliteSequence,
                start: 1,
                increment: 1,
                min: 1,
                max: i64::MAX.into(),
                cycle: false,
                uses: vec![Use {
                    table: name.clone(),
                    column: text(column),
                    how: How::Identity,
                    tells: true,
                    family: Vec::new(),
                }],
                name,
            });
        }
    }
    Ok(found)
}

pub(super) async fn position<A: Send>(session: &mut Session<A>, sequence: &Sequence) -> Result<Position, DbError> {
    let sql = format!(
        "SELECT max(seq) FROM {} WHERE name = ?",
        TableName::new(&sequence.name.schema, "sqlite_sequence").sql(Engine::Sqlite)
    );
    let rows = session.query(&sql, &[sequence.name.name.as_str().into()]).await?;
    let last = rows.into_iter().flatten().next().and_then(|value| value.as_int());
    Ok(last.map_or(Position { last_value: sequence.start, is_called: false }, |last| Position {
        last_value: last.into(),
        is_called: true,
    }))
}
