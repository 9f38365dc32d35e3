//! What a session must be told before it masks, and told back afterwards: times in UTC, since a clock that is put forward
//! has hours that do not exist; no checks of foreign keys, since the other side follows a moment later.

use super::apply::Desk;
use crate::db::{DbError, Value};
use crate::model::engine::Engine;

/// What the session said before, as statements that say it again.
pub(super) struct Before(Vec<(String, Vec<Value>)>);

/// Sets what is needed.
pub(super) async fn enter<D: Desk>(desk: &mut D) -> Result<Before, D::Error> {
    let mut before = Vec::new();
    let text = |rows: &[crate::db::Row]| rows.first().and_then(|row| row.first()).cloned().unwrap_or(Value::Null);
    match desk.dialect().engine {
        Engine::PostgreSql => {
            let zone = text(&desk.query("SELECT current_setting('TimeZone')", &[]).await?);
            before.push(("SELECT set_config('TimeZone', $1, false)".to_owned(), vec![zone]));
            desk.query("SELECT set_config('TimeZone', 'UTC', false)", &[]).await?;
        }
        Engine::MySql => {
            let rows =
                desk.query("SELECT CAST(@@session.time_zone AS CHAR), @@session.foreign_key_checks", &[]).await?;
            let row = rows.into_iter().next().unwrap_or_default();
            let [zone, checks] = row.as_slice() else {
                return Err(DbError::Unexpected("the session does not know its own settings".to_owned()).into());
            };
            before.push(("SET SESSION time_zone = ?".to_owned(), vec![zone.clone()]));
            before.push((format!("SET SESSION foreign_key_checks = {}", u8::from(checks.is_true())), Vec::new()));
            desk.execute("SET SESSION time_zone = '+00:00'", &[]).await?;
            desk.execute("SET SESSION foreign_key_checks = 0", &[]).await?;
        }
        // Sessions on a file check no keys, and know no zones.
        Engine::Sqlite => {}
    }
    Ok(Before(before))
}

/// Says what was before. The session may be gone, and its settings with it.
pub(super) async fn leave<D: Desk>(desk: &mut D, before: Before) -> Result<(), D::Error> {
    for (sql, values) in before.0 {
        if desk.dialect().engine == Engine::PostgreSql {
            desk.query(&sql, &values).await?;
        } else {
            desk.execute(&sql, &values).await?;
        }
    }
    Ok(())
}
