//! `AUTO_INCREMENT` of the MySQL family, and MariaDB's SEQUENCE objects.

use super::{Form, How, Position, Sequence, Use};
use crate::db::catalogue::{fields, text};
use crate::db::dialect::Engine;
use crate::db::error::DbError;
use crate::db::schema::TableName;
use crate::db::schema::keys::is_mariadb;
use crate::db::session::Session;
use crate::db::value::{Row, Value};

const COUNTED: &str = include_str!("../../../../sql/mysql/schema_auto_increments.sql");
const USES: &str = include_str!("../../../../sql/mysql/schema_sequence_uses.sql");

pub(super) async fn read<A: Send>(session: &mut Session<A>) -> Result<Vec<Sequence>, DbError> {
    let mut found = Vec::new();
    for row in counted(session).await? {
        let [schema, table, column, declared, _] = fields(row)?;
        let name = TableName::new(text(schema), text(table));
        found.push(Sequence {
            engine: Engine::MySql,
            form: Form::AutoIncrement,
            start: 1,
            increment: 1,
            min: 1,
            max: greatest(&text(declared)),
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
    if is_mariadb(session).await? {
        found.extend(sequences(session).await?);
    }
    Ok(found)
}

/// MySQL 8 would tell values of up to a day ago.
async fn counted<A: Send>(session: &mut Session<A>) -> Result<Vec<Row>, DbError> {
    if !is_mariadb(session).await? {
        // Older versions know no such setting, and keep nothing back.
        let _ = session.run("SET SESSION information_schema_stats_expiry = 0").await;
    }
    session.query(COUNTED, &[]).await
}

async fn sequences<A: Send>(session: &mut Session<A>) -> Result<Vec<Sequence>, DbError> {
    let mut found: Vec<Sequence> = Vec::new();
    for row in session.query(USES, &[]).await? {
        let [schema, name, of_schema, of_table, column, _, tells] = fields(row)?;
        let name = TableName::new(text(schema), text(name));
        if found.last().is_none_or(|last| last.name != name) {
            let sql = format!(
                "SELECT start_value, increment, minimum_value, maximum_value, cycle_option FROM {}",
                name.sql(Engine::MySql)
            );
            let row = session.query(&sql, &[]).await?.into_iter().next().unwrap_or_default();
            let [start, increment, min, max, cycle] = fields(row)?;
            let number = |value: &Value| i128::from(value.as_int().unwrap_or_default());
            found.push(Sequence {
                engine: Engine::MySql,
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
            how: How::Default,
            tells: tells.is_true(),
            family: Vec::new(),
        });
    }
    Ok(found)
}

/// The next value; of a sequence the first that no server has put aside.
pub(super) async fn position<A: Send>(session: &mut Session<A>, sequence: &Sequence) -> Result<Position, DbError> {
    let next = if sequence.form == Form::Sequence {
        let sql = format!("SELECT next_not_cached_value FROM {}", sequence.name.sql(Engine::MySql));
        session.query(&sql, &[]).await?.into_iter().flatten().next()
    } else {
        let mut next = None;
        for row in counted(session).await? {
            let [schema, table, _, _, value] = fields(row)?;
            if TableName::new(text(schema), text(table)) == sequence.name {
                next = Some(value);
            }
        }
        next
    };
    // A table that never had a row says nothing.
    let last_value = next.and_then(|value| value.as_text()?.parse().ok()).unwrap_or(sequence.start);
    Ok(Position { last_value, is_called: false })
}

/// The greatest value of a type.
fn greatest(declared: &str) -> i128 {
    let unsigned = declared.contains("unsigned");
    let bits = match declared.split(['(', ' ']).next().unwrap_or_default() {
        "tinyint" => 8,
        "smallint" => 16,
        "mediumint" => 24,
        "int" => 32,
        _ => 64,
    };
    (1_i128 << (bits - i128::from(!unsigned))) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_says_where_counting_ends() {
        for (declared, want) in [
            ("tinyint(4)", 127),
            ("smallint(5) unsigned", 65_535),
            ("mediumint(9)", 8_388_607),
            ("int(11)", 2_147_483_647),
            ("int unsigned", 4_294_967_295),
            ("bigint(20)", i128::from(i64::MAX)),
            ("bigint unsigned", i128::from(u64::MAX)),
        ] {
            assert_eq!(greatest(declared), want, "{declared}");
        }
    }
}
