//! What is written from beside a run: in a session of one's own, without the lock.

use super::super::trouble::Trouble;
use super::{marked_by_all, sql};
use crate::db::{Session, Write};
use crate::model::refresh::{RefreshId, StepName, WishFor};

/// Asks the runner of this run for something.
///
/// # Errors
/// What the server says; there is no such run.
pub async fn wish(
    session: &mut Session<crate::db::Write>,
    schema: Option<&str>,
    run: &RefreshId,
    wish: WishFor,
) -> Result<(), Trouble> {
    let update = sql(session.dialect(), schema, "UPDATE {run} SET wish = ? WHERE id = ?");
    match session.execute(&update, &[wish.word().into(), run.0.as_str().into()]).await? {
        0 => Err(Trouble::refused(format!("the ledger on the target does not have run {}", run.0))),
        _ => Ok(()),
    }
}

/// Marks what whoever comes first does, the runner ([`super::mark_once`]) or somebody beside it. `false`: it is marked.
///
/// # Errors
/// What the server says.
pub async fn mark_once(
    session: &mut Session<Write>,
    schema: Option<&str>,
    run: &RefreshId,
    (step, name): (&StepName, &str),
    detail: &str,
) -> Result<bool, Trouble> {
    if is_marked(session, schema, run, (step, name)).await? {
        return Ok(false);
    }
    let insert = sql(session.dialect(), schema, "INSERT INTO {mark} (run, step, name, detail) VALUES (?, ?, ?, ?)");
    let values = [run.0.as_str().into(), step.0.as_str().into(), name.into(), detail.into()];
    match session.execute(&insert, &values).await {
        Ok(_) => Ok(true),
        // Somebody may have come in between.
        Err(_) if is_marked(session, schema, run, (step, name)).await? => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Forgets a mark.
///
/// # Errors
/// What the server says.
pub async fn unmark(
    session: &mut Session<Write>,
    schema: Option<&str>,
    run: &RefreshId,
    (step, name): (&StepName, &str),
) -> Result<(), Trouble> {
    let delete = sql(session.dialect(), schema, "DELETE FROM {mark} WHERE run = ? AND step = ? AND name = ?");
    session.execute(&delete, &[run.0.as_str().into(), step.0.as_str().into(), name.into()]).await?;
    Ok(())
}

/// Whether this is marked of this run.
///
/// # Errors
/// What the server says.
pub async fn is_marked<Access>(
    session: &mut Session<Access>,
    schema: Option<&str>,
    run: &RefreshId,
    mark: (&StepName, &str),
) -> Result<bool, Trouble> {
    Ok(marked_by_all(session, schema, mark).await?.iter().any(|(of, _)| of == run))
}
