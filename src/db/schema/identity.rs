//! Which database this really is, whatever name it was reached by; and who else is in it.
//!
//! Start at [`differ`]: it proves that two sessions are in different databases, by a lock that one takes and the other looks
//! for, and by what each server says of itself.

use crate::db::dialect::Engine;
use crate::db::error::DbError;
use crate::db::session::Session;
use crate::model::Untrusted;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a database says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub engine: Engine,
    /// PostgreSQL: the system identifier that initdb made; MariaDB: `server_uid`, MySQL: `server_uuid`; SQLite: device and
    /// inode of the file. `None` where it may not be read.
    pub system: Option<String>,
    /// Name of the database; with its oid on PostgreSQL.
    pub database: String,
    pub oid: Option<String>,
    /// Address and port that the server itself knows, where it tells.
    pub place: Option<String>,
    /// A standby or a read replica.
    pub replica: Option<bool>,
}

/// Whether two sessions are in one database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Apart {
    /// Proven to be two; how it is known.
    Different(String),
    /// It is one and the same.
    Same(String),
    /// Neither could be proven; why.
    Unknown(String),
}

/// Somebody else in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    pub pid: i64,
    pub user: Option<Untrusted>,
    pub application: Option<Untrusted>,
    /// Where from; `None` over a socket, or where it may not be seen.
    pub host: Option<Untrusted>,
    pub state: Option<Untrusted>,
    /// When the session began; of the MySQL family when it last did something.
    pub since: Option<Timestamp>,
}

/// Who else there is, and how many more of whom nothing may be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Others {
    pub sessions: Vec<Other>,
    pub hidden: u64,
}

/// What the database says of itself.
pub async fn identity<A: Send>(session: &mut Session<A>) -> Result<Identity, DbError> {
    let _ = session;
    Err(DbError::Unexpected("identities cannot be read yet".to_owned()))
}

/// Whether the two are different databases. Takes a lock of no consequence in the source's session, looks for it in the
/// target's, and gives it back. Changes nothing and needs no privilege.
pub async fn differ<A: Send, B: Send>(source: &mut Session<A>, target: &mut Session<B>) -> Result<Apart, DbError> {
    let _ = (source, target);
    Err(DbError::Unexpected("identities cannot be read yet".to_owned()))
}

/// Other sessions in this database, ours excepted. SQLite knows of none.
pub async fn others<A: Send>(session: &mut Session<A>) -> Result<Others, DbError> {
    let _ = session;
    Err(DbError::Unexpected("sessions cannot be read yet".to_owned()))
}
