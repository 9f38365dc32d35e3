//! Runs that have a journal on this machine.

use super::elsewhere::{self, Others};
use crate::app::{Failure, Setup, headless};
use crate::model::refresh::told::joined;
use crate::model::refresh::{RefreshId, RefreshName, RunHead, RunSeen, RunState};
use crate::model::shell::quoted;
use crate::model::untrusted::shown;
use crate::store::StoreError;
use crate::store::runs;

/// Every run, the newest first, and why one cannot be read.
///
/// # Errors
/// The folder cannot be read.
pub async fn list(setup: &Setup) -> Result<(Vec<RunHead>, Vec<String>), Failure> {
    let (heads, unread) = runs::list(&setup.store).await.map_err(|error| unreadable(&error))?;
    Ok((heads, unread.iter().map(|error| shown(&error.to_string()).into_owned()).collect()))
}

/// The run of this id, or the newest of this name.
///
/// # Errors
/// There is none; what to do instead.
pub async fn find(setup: &Setup, named: &str) -> Result<RunHead, Failure> {
    let (heads, unread) = list(setup).await?;
    if let Some(head) = heads.iter().find(|head| head.id.0 == named).or_else(|| newest(&heads, named)) {
        return Ok(head.clone());
    }
    let named = shown(named);
    let mut failure =
        Failure::usage(format!("no run {named}, and none of a refresh {named}, has a journal on this machine"));
    failure.lines.push(
        "`cutover refresh status` lists them, and those of other machines; `cutover refresh recover NAME` goes on with one of these."
            .to_owned(),
    );
    failure.lines.extend(unread);
    Err(failure)
}

/// One that is not over wins over those that are.
fn newest<'a>(heads: &'a [RunHead], named: &str) -> Option<&'a RunHead> {
    let of_name = || heads.iter().filter(|head| head.name.0 == named);
    of_name()
        .filter(|head| !head.state.is_over())
        .max_by_key(|head| head.began)
        .or_else(|| of_name().max_by_key(|head| head.began))
}

/// The run of this name that is not over, where there is one on this machine.
///
/// # Errors
/// The folder cannot be read.
pub async fn open_of(setup: &Setup, name: &str) -> Result<Option<RunHead>, Failure> {
    let (heads, _) = list(setup).await?;
    Ok(newest(&heads, name).filter(|head| !head.state.is_over()).cloned())
}

/// Runs that somebody carries out at this moment, a line each, with the command that shows it.
pub async fn under_way(setup: &Setup) -> Vec<String> {
    let Ok((heads, _)) = list(setup).await else { return Vec::new() };
    // Nobody looks for the journals of a demo where it has them.
    let state = setup.demo.is_some().then(|| setup.store.dir.as_deref()?.parent()?.to_str()).flatten();
    let place = state.map(|state| format!("XDG_STATE_HOME={} ", quoted(state))).unwrap_or_default();
    let alive = heads.iter().filter(|head| head.alive == Some(true));
    let line = |head: &RunHead| {
        let name = shown(&head.name.0).into_owned();
        format!("refresh {name} goes on without the console; `{place}cutover refresh attach {}` shows it", head.id.0)
    };
    alive.map(line).collect()
}

/// All there is to see of it now.
///
/// # Errors
/// There is no such journal, or it cannot be read.
pub async fn seen(setup: &Setup, id: &RefreshId) -> Result<RunSeen, Failure> {
    let seen = runs::seen(&setup.store, id).await.map_err(|error| unreadable(&error))?;
    seen.ok_or_else(|| Failure::could_not(format!("run {} has no journal on this machine", shown(&id.0))))
}

/// The run of this id or the newest of this name, for whoever has no runtime.
///
/// # Errors
/// As [`find`].
pub fn found(setup: &Setup, named: &str) -> Result<RunHead, Failure> {
    headless::block(find(setup, named))
}

/// Whether a run of this refresh can only be one of another machine: the configuration names it, and no journal is here.
///
/// # Errors
/// The folder cannot be read.
pub fn is_elsewhere(setup: &Setup, named: &str) -> Result<bool, Failure> {
    let (heads, _) = listed(setup)?;
    Ok(setup.refreshes.contains_key(named) && !heads.iter().any(|head| head.name.0 == named))
}

/// All there is to see of that one.
///
/// # Errors
/// As [`find`] and [`seen`].
pub fn shown_now(setup: &Setup, named: &str) -> Result<RunSeen, Failure> {
    headless::block(async { seen(setup, &find(setup, named).await?.id).await })
}

/// Refreshes whose target could not be looked at, and why.
type Unseen = Vec<(RefreshName, String)>;

/// Every run that has a journal here or is told of by a target of the configuration, the newest first; why one cannot be read.
///
/// # Errors
/// As [`list`].
pub fn listed_with_others(setup: &Setup) -> Result<(Vec<RunHead>, Vec<String>, Unseen), Failure> {
    headless::block(async {
        let (heads, unread) = list(setup).await?;
        let Others { heads: others, unseen } = elsewhere::once(setup).await;
        Ok((joined(heads, &others), unread, unseen))
    })
}

/// The run of this id or name that a target tells of, where no journal here is of it, or only of those that are over.
///
/// # Errors
/// As [`list`].
pub fn only_elsewhere(setup: &Setup, named: &str) -> Result<(Option<RunHead>, Unseen), Failure> {
    headless::block(async {
        let (heads, _) = list(setup).await?;
        let is_here = |head: &RunHead| head.id.0 == named || (head.name.0 == named && !head.state.is_over());
        if heads.iter().any(is_here) {
            return Ok((None, Vec::new()));
        }
        let Others { heads, mut unseen } = elsewhere::once(setup).await;
        unseen.retain(|(name, _)| name.0 == named);
        let found = heads.iter().find(|head| head.id.0 == named).or_else(|| newest(&heads, named));
        Ok((found.cloned(), unseen))
    })
}

/// Every run that has a journal here, for whoever has no runtime.
///
/// # Errors
/// As [`list`].
pub fn listed(setup: &Setup) -> Result<(Vec<RunHead>, Vec<String>), Failure> {
    headless::block(list(setup))
}

/// Whether somebody has to do something about it: it has failed, or wants credentials, or its process is gone.
pub fn needs_somebody(head: &RunHead) -> bool {
    head.needs_attention() || head.state == RunState::NeedsCredentials
}

/// The one command that goes on with it, or shows it, where there is one.
pub fn command(head: &RunHead) -> Option<String> {
    let shows = || format!("cutover refresh attach {}", quoted(&head.name.0));
    head.command().or_else(|| (head.is_working() && head.elsewhere.is_none()).then(shows))
}

fn unreadable(error: &StoreError) -> Failure {
    error.problem("the journals of refreshes cannot be read").into()
}
