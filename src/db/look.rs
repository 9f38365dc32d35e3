//! A look at a server: what it is, and whether what was asked of the session holds. Nothing of anybody's data is read.

use super::database::Database;
use super::error::DbError;
use super::value::Value;
use crate::model::engine::Engine;

/// What a server says of itself and of our session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// `PostgreSQL 15.18`, in the server's own words; text of a stranger.
    pub version: String,
    /// It is the engine that the address says.
    pub is_meant: bool,
    /// The session is refused every change; `None` where the server cannot be asked.
    pub read_only: Option<bool>,
    /// What we say goes over the network encrypted; `None` where the server cannot be asked, or there is no network.
    pub encrypted: Option<bool>,
}

const POSTGRESQL: &str = "SELECT current_setting('server_version'), current_setting('transaction_read_only'), \
                          (SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_backend_pid())";

impl Database {
    /// Opens a session as a comparison does, and asks.
    pub async fn look(&self) -> Result<Look, DbError> {
        let mut session = self.read().await?;
        let text = |value: Option<&Value>| value.map(|value| super::catalogue::text(value.clone())).unwrap_or_default();
        let dialect = self.dialect();
        Ok(match dialect.engine {
            Engine::PostgreSql if dialect.redshift => {
                let rows = session.query("SELECT version()", &[]).await?;
                let said = text(rows.first().and_then(|row| row.first()));
                // Its own name and number come last.
                let version = said.rsplit_once("Redshift ").map_or(said.as_str(), |(_, number)| number);
                let is_meant = said.contains("Redshift ");
                let version = if is_meant { format!("Redshift {version}") } else { said.clone() };
                Look { version, is_meant, read_only: None, encrypted: None }
            }
            Engine::PostgreSql => {
                let rows = session.query(POSTGRESQL, &[]).await?;
                let row = rows.first();
                let at = |column: usize| row.and_then(|row| row.get(column));
                let encrypted =
                    at(2).and_then(|value| if let Value::Bool(truth) = value { Some(*truth) } else { None });
                Look {
                    version: format!("PostgreSQL {}", text(at(0))),
                    is_meant: true,
                    read_only: Some(text(at(1)) == "on"),
                    encrypted,
                }
            }
            Engine::MySql => {
                let rows = session.query("SELECT CAST(VERSION() AS CHAR)", &[]).await?;
                let version = text(rows.first().and_then(|row| row.first()));
                let name = if version.contains("MariaDB") { "MariaDB" } else { "MySQL" };
                let number = version.split('-').next().unwrap_or_default();
                // Two names for one thing, of MariaDB and of MySQL.
                let modes = session.query("SHOW SESSION VARIABLES LIKE 't%\\_read\\_only'", &[]).await?;
                let mode = modes
                    .iter()
                    .find(|row| ["tx_read_only", "transaction_read_only"].contains(&text(row.first()).as_str()));
                let ciphers = session.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'", &[]).await?;
                Look {
                    version: format!("{name} {number}"),
                    is_meant: true,
                    read_only: mode.map(|row| text(row.get(1)) == "ON"),
                    encrypted: ciphers.first().map(|row| !text(row.get(1)).is_empty()),
                }
            }
            Engine::Sqlite => {
                let rows = session.query("SELECT sqlite_version()", &[]).await?;
                let version = text(rows.first().and_then(|row| row.first()));
                let rows = session.query("PRAGMA query_only", &[]).await?;
                let read_only = rows.first().and_then(|row| row.first()).map(Value::is_true);
                Look { version: format!("SQLite {version}"), is_meant: true, read_only, encrypted: None }
            }
        })
    }
}
