//! Triggers of users: reading them with their state, taking them out of action, and putting back exactly what was.
//!
//! Start at [`read`]. PostgreSQL can switch one off; the MySQL family and SQLite have to drop it and make it again, in the
//! modes and character sets it was made in.

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
    /// MySQL family: who the trigger acts as.
    pub definer: Option<String>,
    /// Place among those of the same table, time and event, from 1.
    pub order: u32,
    /// Statements that take it out of action; none where it is out of action already. Idempotent.
    pub away: Vec<String>,
    /// Statements that put it back as it was. Idempotent, save on MySQL below 8.0.29.
    pub back: Vec<String>,
    /// Why it could not be put back the same; then it must not be taken away.
    pub stuck: Option<String>,
}

/// Every trigger of a user on these tables (`None`: all), in the order in which they are put back. Take them away in the
/// opposite order: what is there after a death is then always the beginning of the list.
pub async fn read<A: Send>(session: &mut Session<A>, only: Option<&[TableName]>) -> Result<Vec<Trigger>, DbError> {
    let _ = (session, only);
    Err(DbError::Unexpected("triggers cannot be read yet".to_owned()))
}
