//! Stops a statement on the server, where closing a connection does not.
//!
//! A second connection to the same address may reach another server: a reader endpoint has several, and after a failover
//! the old number is another's. So it asks first whether the session with that number is the one that was opened, and
//! where it is not, or nobody answers, it stops nothing and says what may still run.

use super::scanner::ANSWER;
use crate::db::database::Database;
use crate::db::error::DbError;
use crate::db::session::{Read, Session};
use crate::db::value::Value;
use crate::model::engine::Engine;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// When a session of PostgreSQL began, to the microsecond: no other one with its number began then, on any server.
const BEGAN: &str = "SELECT CAST(extract(epoch FROM backend_start) AS text) FROM pg_stat_activity WHERE pid = ";
/// Which server of the MySQL family this is, and who asks.
const SERVER: &str =
    "SELECT CAST(CONCAT_WS('/', @@hostname, @@port, @@server_id, SUBSTRING_INDEX(USER(), '@', 1)) AS CHAR)";

/// What a session is known by from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Own {
    number: i64,
    /// Tells it from another one with this number; `None` where there is one server only.
    proof: Option<String>,
}

impl Own {
    /// `None` where there is no server.
    pub async fn of(session: &mut Session<Read>, number: Option<i64>) -> Result<Option<Self>, DbError> {
        let Some(number) = number else { return Ok(None) };
        let dialect = session.dialect();
        let proof = match dialect.engine {
            // One leader answers for the whole cluster.
            Engine::PostgreSql if dialect.redshift => None,
            Engine::PostgreSql => Some(text(session, &format!("{BEGAN}{number}")).await?.unwrap_or_default()),
            _ => Some(text(session, SERVER).await?.unwrap_or_default()),
        };
        Ok(Some(Self { number, proof }))
    }

    /// The statement that stops what it does; `None`: this is not its server.
    async fn stopping(&self, second: &mut Session<Read>) -> Result<Option<String>, DbError> {
        let number = self.number;
        let cancel = match second.dialect().engine {
            Engine::PostgreSql => format!("SELECT pg_cancel_backend({number})"),
            _ => format!("KILL QUERY {number}"),
        };
        let Some(proof) = &self.proof else { return Ok(Some(cancel)) };
        let is_it = if second.dialect().engine == Engine::PostgreSql {
            text(second, &format!("{BEGAN}{number}")).await?.as_ref() == Some(proof)
        } else {
            let own = "SELECT 1 FROM information_schema.processlist WHERE user = SUBSTRING_INDEX(USER(), '@', 1)";
            text(second, SERVER).await?.as_ref() == Some(proof)
                && text(second, &format!("{own} AND id = {number}")).await?.is_some()
        };
        Ok((is_it && !proof.is_empty()).then_some(cancel))
    }
}

/// Stops a statement from outside, also while its session is being read.
pub(super) struct Brake {
    pub own: Option<Own>,
    /// Set to stop a statement of an engine that runs in this process.
    pub stop: Arc<AtomicBool>,
}

impl Brake {
    /// The session must still be open, so that its number cannot be another's by now. Gives back what may still run.
    pub async fn pull(&self, database: &Database) -> Option<String> {
        self.stop.store(true, Ordering::Relaxed);
        let own = self.own.as_ref()?;
        let stopped = async {
            let mut second = database.read().await?;
            let Some(cancel) = own.stopping(&mut second).await? else { return Ok(false) };
            second.run(&cancel).await.map(|()| true)
        };
        let why = match tokio::time::timeout(ANSWER, stopped).await {
            Ok(Ok(true)) => return None,
            Ok(Ok(false)) => "a second connection reached another server".to_owned(),
            Ok(Err(error)) => DbError::to_string(&error),
            Err(_) => format!("no answer within {} s", ANSWER.as_secs()),
        };
        Some(format!("statement {} may still run on {}: {why}", own.number, database.place()))
    }
}

async fn text(session: &mut Session<Read>, sql: &str) -> Result<Option<String>, DbError> {
    let rows = session.query(sql, &[]).await?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_text).map(std::borrow::Cow::into_owned))
}
