//! What the session on the target is told before statements that name everything in full.

use crate::db::{Engine, schema};
use crate::refresh::trouble::Trouble;
use crate::refresh::work::Work;

/// An empty search path, row security that is refused instead of hiding rows, no checks of keys. Each step says it anew: the
/// session of the step before may be gone.
pub(super) async fn ready(work: &mut Work) -> Result<(), Trouble> {
    for set in schema::prepare(work.target.dialect().engine) {
        work.target.session()?.script(set).await?;
    }
    Ok(())
}

/// For a script that a person wrote, within its transaction: names, keys and row security as in sessions of his own.
pub(super) async fn as_of_others(work: &mut Work) -> Result<(), Trouble> {
    let all: &[&str] = match work.target.dialect().engine {
        Engine::PostgreSql => &["SET LOCAL search_path TO DEFAULT", "SET LOCAL row_security TO DEFAULT"],
        Engine::MySql => &["SET SESSION foreign_key_checks = DEFAULT"],
        Engine::Sqlite => &[],
    };
    for set in all {
        work.target.execute(set, &[]).await?;
    }
    Ok(())
}
