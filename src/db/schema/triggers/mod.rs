//! Triggers of users: reading them with their state, taking them out of action, and putting back exactly what was.
//!
//! Start at [`read`]. PostgreSQL can switch one off; the MySQL family and SQLite have to drop it and make it again, in the
//! modes and character sets it was made in.

mod mysql;
mod postgres;
mod sqlite;
mod tokens;

use super::TableName;
use crate::db::dialect::Engine;
use crate::db::error::DbError;
use crate::db::session::Session;
use serde::{Deserialize, Serialize};

/// When a trigger fires (`tgenabled`); elsewhere than on PostgreSQL always [`State::Origin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The ordinary one: for everything but replication.
    Origin,
    Disabled,
    Replica,
    Always,
}

impl State {
    /// What ALTER TABLE says before TRIGGER to bring one into this state.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Origin => "ENABLE",
            Self::Disabled => "DISABLE",
            Self::Replica => "ENABLE REPLICA",
            Self::Always => "ENABLE ALWAYS",
        }
    }
}

/// A trigger that a user made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    pub engine: Engine,
    /// Table and name, quoted and in full.
    pub ident: String,
    pub table: TableName,
    pub name: String,
    pub state: State,
    /// In the engine's own words.
    pub def: String,
    /// MySQL family: time and event, modes, character sets, definer; for comparing.
    pub made_in: Option<String>,
    /// Place among those of the same table, time and event, from 1; 0 where the engine has no such order.
    pub order: u32,
    /// Statements that take it out of action; none where it is out of action already. Idempotent. On PostgreSQL together the
    /// same as `DISABLE TRIGGER USER`, which its owner may do.
    pub away: Vec<String>,
    /// Statements that put it back as it was. Idempotent, save on MySQL below 8.0.29. On the MySQL family they change modes of
    /// the session and change them back at their end: after an error among them the session is not to be used again.
    pub back: Vec<String>,
    /// Why it could not be put back the same; then it must not be taken away.
    pub stuck: Option<String>,
}

/// Every trigger of a user on these tables and on their partitions (`None`: all), in the order in which they are put back. Take
/// them away in the opposite order: what is there after a death is then always the beginning of the list.
pub async fn read<A: Send>(session: &mut Session<A>, only: Option<&[TableName]>) -> Result<Vec<Trigger>, DbError> {
    match session.dialect().engine {
        Engine::PostgreSql => postgres::read(session, only).await,
        Engine::MySql => mysql::read(session, only).await,
        Engine::Sqlite => sqlite::read(session, only).await,
    }
}
