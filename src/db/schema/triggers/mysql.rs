//! Triggers of MariaDB and MySQL cannot be switched off: they are dropped and made again, in the order in which they fire.

use super::tokens;
use super::{State, Trigger};
use crate::db::catalogue::{fields, text};
use crate::db::dialect::{Dialect, Engine};
use crate::db::error::DbError;
use crate::db::schema::{TableName, literal};
use crate::db::session::{Connection, Session};
use sqlx::{AssertSqlSafe, Row as _};
use std::time::Duration;

const SQL: &str = include_str!("../../../../sql/mysql/schema_triggers.sql");
const RIGHTS: &str = include_str!("../../../../sql/mysql/schema_trigger_rights.sql");

/// "Trigger does not exist".
const GONE: &str = "1360,";

/// "Corrupted TRG file": also while somebody else, in any database of the server, makes or drops it at this moment.
const HALF: &str = "1602,";
const HALF_FOR: Duration = Duration::from_millis(100);

/// What this session's user may do.
struct Rights {
    user: String,
    may_not_make: bool,
    for_others: bool,
    if_not_exists: bool,
}

pub(super) async fn read<A: Send>(
    session: &mut Session<A>,
    only: Option<&[TableName]>,
) -> Result<Vec<Trigger>, DbError> {
    let rows = session.query(SQL, &[]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let rights = rights(session).await?;
    let mut found = Vec::new();
    for row in rows {
        let [schema, table, name, when, order, mode, definer, client, collation, database, now] = fields(row)?;
        let (table, name) = (TableName::new(text(schema), text(table)), text(name));
        if only.is_some_and(|only| !only.contains(&table)) {
            continue;
        }
        let quoted = Dialect::of(Engine::MySql).qualified(&table.schema, &name);
        let mut seen = shown(session, &quoted).await;
        if let Err(DbError::Server { code, .. }) = &seen
            && code.starts_with(HALF)
        {
            tokio::time::sleep(HALF_FOR).await;
            seen = shown(session, &quoted).await;
        }
        let shown = match seen {
            // Somebody has dropped it since it was listed.
            Err(DbError::Server { code, .. }) if code.starts_with(GONE) => continue,
            shown => shown?.unwrap_or_default(),
        };
        let [when, mode, definer, client, collation, database, now] =
            [when, mode, definer, client, collation, database, now].map(text);
        let body = tokens::after(&shown, &["FOR", "EACH", "ROW"]).map(|at| shown[at..].to_owned());
        let stuck = stuck(&rights, body.as_deref(), &definer, &client, &database, &now);
        let guard = if rights.if_not_exists { "IF NOT EXISTS " } else { "" };
        let body = body.unwrap_or_default();
        let create = |guard: &str| {
            format!(
                "CREATE DEFINER = {} TRIGGER {guard}{quoted} {when} ON {} FOR EACH ROW{body}",
                account(&definer),
                table.sql(Engine::MySql)
            )
        };
        found.push(Trigger {
            engine: Engine::MySql,
            ident: format!("{} {}", table.sql(Engine::MySql), Dialect::of(Engine::MySql).quoted(&name)),
            state: State::Origin,
            made_in: Some(format!("{when}, sql_mode {mode:?}, {definer}, {client}, {collation}, {database}")),
            order: order.as_int().and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
            away: vec![format!("DROP TRIGGER IF EXISTS {quoted}")],
            back: vec![
                "SET @cutover_mode = @@SESSION.sql_mode, @cutover_client = @@SESSION.character_set_client, \
                 @cutover_collation = @@SESSION.collation_connection"
                    .to_owned(),
                format!(
                    "SET SESSION sql_mode = {}, SESSION character_set_client = {client}, SESSION collation_connection = \
                     {collation}",
                    literal(Engine::MySql, &mode)
                ),
                create(guard),
                "SET SESSION sql_mode = @cutover_mode, SESSION character_set_client = @cutover_client, SESSION \
                 collation_connection = @cutover_collation"
                    .to_owned(),
            ],
            stuck,
            // What the server shows repeats the words in which it was made; this is the same however often it is made.
            def: create(""),
            table,
            name,
        });
    }
    Ok(found)
}

/// `user@host`; a host has no `@`, a user may.
fn account(definer: &str) -> String {
    let sql = Dialect::of(Engine::MySql);
    match definer.rsplit_once('@') {
        Some((user, host)) => format!("{}@{}", sql.quoted(user), sql.quoted(host)),
        None => sql.quoted(definer),
    }
}

fn stuck(rights: &Rights, body: Option<&str>, definer: &str, client: &str, then: &str, now: &str) -> Option<String> {
    let Some(body) = body else {
        return Some("its text may not be read: the privilege TRIGGER on its table is missing".to_owned());
    };
    if rights.may_not_make {
        return Some(
            "it could not be made again: a binary log is written and log_bin_trust_function_creators is off, so that this \
             takes SUPER"
                .to_owned(),
        );
    }
    if definer != rights.user && !rights.for_others {
        return Some(format!(
            "it could not be made again: it acts as {definer}, and this user is {}, without SUPER or SET USER",
            rights.user
        ));
    }
    if !body.is_ascii() && !client.starts_with("utf8") {
        return Some(format!(
            "its text was written in {client}, and holds characters that could not be written so again"
        ));
    }
    if then != now {
        return Some(format!(
            "its database had the collation {then} when it was made and has {now}: make it again once by hand, then it is as \
             the database is"
        ));
    }
    None
}

async fn rights<A: Send>(session: &mut Session<A>) -> Result<Rights, DbError> {
    let row = session.query(RIGHTS, &[]).await?.into_iter().next().unwrap_or_default();
    let [user, version, needs, rights] = fields(row)?;
    let (version, rights) = (text(version), text(rights));
    let has = |right: &str| rights.split(',').any(|one| one == right);
    Ok(Rights {
        user: text(user),
        may_not_make: needs.is_true() && !has("SUPER"),
        for_others: !rights.is_empty(),
        if_not_exists: knows_if_not_exists(&version),
    })
}

/// MariaDB since 10.1.4, MySQL since 8.0.29.
fn knows_if_not_exists(version: &str) -> bool {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u32>().unwrap_or_default());
    let mut next = || numbers.next().unwrap_or_default();
    version.contains("MariaDB") || (next(), next(), next()) >= (8, 0, 29)
}

/// The text of a trigger, as it was first given. MySQL does not prepare this question: it has to be asked as text.
async fn shown<A: Send>(session: &mut Session<A>, quoted: &str) -> Result<Option<String>, DbError> {
    let place = session.place().to_owned();
    let failed = |error: sqlx::Error| DbError::statement(&place, &error);
    let Connection::MySql(connection) = session.connection() else { return Ok(None) };
    let sql = sqlx::raw_sql(AssertSqlSafe(format!("SHOW CREATE TRIGGER {quoted}")));
    let row = sql.fetch_one(connection.as_mut()).await.map_err(failed)?;
    row.try_get_unchecked(2).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_back_the_same_may_go() {
        let rights =
            |may_not_make, for_others| Rights { user: "us@%".into(), may_not_make, for_others, if_not_exists: true };
        let collation = "utf8mb4_general_ci";
        for (rights, body, definer, client, then, words) in [
            (rights(false, true), Some(" SET @a = 'ж'"), "root@localhost", "utf8mb4", collation, None),
            (rights(false, false), Some(" SET @a = 1"), "us@%", "latin1", collation, None),
            (
                rights(false, false),
                Some(" SET @a = 1"),
                "root@localhost",
                "utf8mb4",
                collation,
                Some("it acts as root@localhost"),
            ),
            (
                rights(true, false),
                Some(" SET @a = 1"),
                "us@%",
                "utf8mb4",
                collation,
                Some("log_bin_trust_function_creators"),
            ),
            (rights(false, true), Some(" SET @a = 'é'"), "us@%", "latin1", collation, Some("written in latin1")),
            (
                rights(false, true),
                Some(" SET @a = 1"),
                "us@%",
                "utf8mb4",
                "latin1_swedish_ci",
                Some("latin1_swedish_ci"),
            ),
            (rights(false, true), None, "us@%", "utf8mb4", collation, Some("privilege TRIGGER")),
        ] {
            let said = stuck(&rights, body, definer, client, then, collation);
            match words {
                None => assert_eq!(said, None),
                Some(words) => assert!(said.as_deref().is_some_and(|said| said.contains(words)), "{said:?}"),
            }
        }
    }

    #[test]
    fn a_version_says_whether_a_trigger_can_be_made_twice() {
        for (version, want) in
            [("10.11.19-MariaDB-log", true), ("8.0.28", false), ("8.0.29", true), ("5.7.44", false), ("9.1.0", true)]
        {
            assert_eq!(knows_if_not_exists(version), want, "{version}");
        }
    }

    #[test]
    fn the_last_at_sign_of_an_account_is_before_the_host() {
        assert_eq!(account("a@b@%"), "`a@b`@`%`");
    }
}
