//! The way back without this program: one text that a person runs with psql, mysql or sqlite3 alone.
//!
//! Start at [`restore`]. It can be run twice: what is there already is left alone. It says at its end what is still missing.

mod mysql;
mod postgres;

use super::keys::Key;
use super::triggers::Trigger;
use crate::db::dialect::Engine;
use crate::model::untrusted::shown;
use jiff::Timestamp;

/// What stands above the statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub engine: Engine,
    /// Without user and password.
    pub host: String,
    pub database: String,
    pub run: String,
    pub at: Timestamp,
}

/// The text, for what is away or will be. Keys come before triggers; each key is put back without looking at rows and validated
/// at the end, so that one orphan costs no key.
pub fn restore(header: &Header, keys: &[Key], triggers: &[Trigger]) -> String {
    let mut text = head(header, keys.len(), triggers.len());
    let body = match header.engine {
        Engine::PostgreSql => postgres::body(keys, triggers),
        Engine::MySql => mysql::body(keys, triggers),
        Engine::Sqlite => sqlite(triggers),
    };
    text.push_str(&body);
    text
}

fn head(header: &Header, keys: usize, triggers: usize) -> String {
    let (client, how) = match header.engine {
        Engine::PostgreSql => ("psql", "psql -X -f restore.sql -h HOST -U OWNER DATABASE"),
        // Its client leaves out comments, also those within triggers, unless it is told not to.
        Engine::MySql => ("mysql", "mysql --comments --force -h HOST -u USER -p DATABASE < restore.sql"),
        Engine::Sqlite => ("sqlite3", "sqlite3 FILE < restore.sql"),
    };
    let mut lines = vec![
        "Puts back what a refresh took away from this database.".to_owned(),
        String::new(),
        format!("host      {}", header.host),
        format!("database  {}", header.database),
        format!("run       {}", header.run),
        format!("written   {}", header.at),
        format!("holds     {keys} foreign keys, {triggers} triggers"),
        String::new(),
        format!("Run it with {client} alone, as the owner of the tables, when no refresh is running:"),
        format!("  {how}"),
        "It can be run again: what is there already is left as it is.".to_owned(),
    ];
    lines.push(match header.engine {
        Engine::PostgreSql => {
            "Each key comes back without a look at old rows and holds for new ones; then old rows are looked at. What is still \
             missing is said at the end, as an error."
                .to_owned()
        }
        Engine::MySql => "What is still missing is listed at the end; an empty list is good.".to_owned(),
        Engine::Sqlite => "Rows without a parent are listed at the end; an empty list is good.".to_owned(),
    });
    lines.iter().map(|line| comment(line)).collect::<String>() + "\n"
}

/// A line that stays one, whatever is in a name.
fn comment(words: &str) -> String {
    format!("-- {}", shown(words)).trim_end().to_owned() + "\n"
}

/// Foreign keys are part of its tables and were never away.
fn sqlite(triggers: &[Trigger]) -> String {
    let mut text = "PRAGMA foreign_keys = OFF;\n".to_owned();
    for trigger in triggers {
        text.push_str(&comment(&trigger.ident));
        // The file is opened under another name than ours, so it names no schema.
        text.push_str(&trigger.def.replacen("CREATE TRIGGER ", "CREATE TRIGGER IF NOT EXISTS ", 1));
        text.push_str(";\n");
    }
    text.push_str("PRAGMA foreign_key_check;\n");
    text
}
