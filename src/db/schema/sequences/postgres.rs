//! Sequences of PostgreSQL: found by what they belong to and by what defaults name them, because either alone misses some.

use super::{Form, How, Position, Sequence, Use};
use crate::db::catalogue::{fields, text};
use crate::db::dialect::Engine;
use crate::db::error::DbError;
use crate::db::schema::{TableName, quietly};
use crate::db::session::Session;
use crate::db::value::{Row, Value};

const SQL: &str = include_str!("../../../../sql/postgresql/schema_sequences.sql");

pub(super) async fn read<A: Send>(session: &mut Session<A>) -> Result<Vec<Sequence>, DbError> {
    let mut found: Vec<Sequence> = Vec::new();
    for row in quietly(session, SQL, &[]).await? {
        let [schema, name, start, increment, min, max, cycle, of_schema, of_table, column, how, tells, family] =
            fields(row)?;
        let name = TableName::new(text(schema), text(name));
        if found.last().is_none_or(|last| last.name != name) {
            let number = |value: &Value| i128::from(value.as_int().unwrap_or_default());
            found.push(Sequence {
                engine: Engine::PostgreSql,
                form: Form::Sequence,
                name,
                start: number(&start),
                increment: number(&increment),
                min: number(&min),
                max: number(&max),
                cycle: cycle.is_true(),
                uses: Vec::new(),
            });
        }
        let Some(last) = found.last_mut().filter(|_| !matches!(column, Value::Null)) else { continue };
        last.uses.push(Use {
            table: TableName::new(text(of_schema), text(of_table)),
            column: text(column),
            how: match text(how).as_str() {
                "identity" => How::Identity,
                "owned" => How::Owned,
                "by_text" => How::ByText,
                _ => How::Default,
            },
            tells: tells.is_true(),
            family: serde_json::from_str(&text(family)).map_err(|error| DbError::Unexpected(error.to_string()))?,
        });
    }
    Ok(found)
}

/// From the sequence itself: `pg_sequences` says nothing both where it was never called and where it may not be read.
pub(super) async fn position<A: Send>(session: &mut Session<A>, sequence: &Sequence) -> Result<Position, DbError> {
    let sql = format!("SELECT last_value, is_called FROM {}", sequence.name.sql(Engine::PostgreSql));
    let row = session.query(&sql, &[]).await?.into_iter().next().unwrap_or_default();
    let [last_value, is_called] = fields(row)?;
    let unread =
        || DbError::Unexpected(format!("the sequence {} tells no value", sequence.name.sql(Engine::PostgreSql)));
    Ok(Position { last_value: last_value.as_int().ok_or_else(unread)?.into(), is_called: is_called.is_true() })
}

/// Least and greatest, with heirs and partitions. Where row security would hide rows the server is told to refuse.
pub(super) async fn ends<A: Send>(session: &mut Session<A>, column: &str, table: &str) -> Result<Row, DbError> {
    let was = session.query("SELECT pg_catalog.current_setting('row_security')", &[]).await?;
    let was_on = was.into_iter().flatten().next().map(text).is_some_and(|was| was != "off");
    if was_on {
        session.run("SET row_security = off").await?;
    }
    let sql = format!("SELECT floor(min({column})::numeric)::text, ceil(max({column})::numeric)::text FROM {table}");
    let rows = session.query(&sql, &[]).await;
    if was_on {
        let back = session.run("SET row_security = on").await;
        // In a transaction that has failed it comes back with the rollback.
        if rows.is_ok() {
            back?;
        }
    }
    Ok(rows?.into_iter().next().unwrap_or_default())
}
