//! `[refresh.NAME]` -> what it would do. Reads only. Start at [`plan`]; [`built`] is the same for whoever has a reader already, and
//! [`Eyes`] says who will look at it.

use super::super::doctor::logout;
use super::super::headless::{block, connect, the_task};
use super::super::validate::sides::{Means, SideAsked};
use super::super::{Failure, Setup};
use super::key;
use crate::aws::Reader;
use crate::db::Database;
use crate::model::masking::resolve::Pinned;
use crate::model::parts::Endpoint;
use crate::model::refresh::{RefreshName, RunState, Settings};
use crate::model::untrusted::shown;
use crate::model::{EndpointArn, refresh};
use crate::refresh::plan::{Asked, Built, CannotPlan, Opened, build};
use crate::refresh::{Door, last};
use crate::store::{self, runs};
use crate::validate::merge::Side;
use jiff::Timestamp;

/// Plans the refresh of this name, and what a person should know besides.
///
/// # Errors
/// There is none of this name, or AWS or a database cannot be asked.
pub fn plan(setup: &Setup, named: &str) -> Result<(Built, Vec<String>), Failure> {
    block(async {
        settings(setup, named)?;
        let reader = connect(setup).await?;
        Box::pin(built(setup, &reader, named, Eyes::AtTerminal)).await
    })
}

/// Names of all there are.
pub fn names(setup: &Setup) -> impl Iterator<Item = &str> {
    setup.refreshes.keys().map(String::as_str)
}

/// What the configuration says of the refresh of this name.
///
/// # Errors
/// There is none.
pub fn settings<'a>(setup: &'a Setup, named: &str) -> Result<&'a Settings, Failure> {
    setup.refreshes.get(named).ok_or_else(|| {
        let known: Vec<&str> = names(setup).collect();
        let known =
            if known.is_empty() { "there is none".to_owned() } else { format!("there are {}", known.join(", ")) };
        Failure::usage(format!("no [refresh.{}] in the configuration; {known}", shown(named)))
    })
}

/// Who looks at a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Eyes {
    /// Somebody who can be asked for a password, too.
    AtTerminal,
    InConsole,
    Nobody,
}

/// Plans it with a reader that is there.
///
/// # Errors
/// As [`plan`].
pub(in crate::app) async fn built(
    setup: &Setup,
    reader: &Reader,
    named: &str,
    eyes: Eyes,
) -> Result<(Built, Vec<String>), Failure> {
    let settings = settings(setup, named)?;
    let task = the_task(reader, &settings.task).await.map_err(|mut failure| {
        failure.lines.insert(0, format!("[refresh.{}] names it:", shown(named)));
        failure
    })?;
    let means = Means::of(setup, Some(reader), eyes == Eyes::AtTerminal);
    let endpoints = reader.endpoints().await?.value;
    // One after the other: both may ask for a password.
    let (source, mut notes) = opened(&means, Side::Source, settings.source.as_ref(), &task.source, &endpoints).await?;
    let (target, more) = opened(&means, Side::Target, settings.target.as_ref(), &task.target, &endpoints).await?;
    notes.extend(more);
    notes.extend(logout::warning().await);
    let name = RefreshName(named.to_owned());
    let pinned =
        if settings.masking.is_some() { pinned(&setup.store, &name, &target.database, &mut notes).await } else { None };
    let asked = Asked {
        name: &name,
        settings,
        safeguards: &setup.safeguards,
        reader,
        task: &task,
        source: &source,
        target: &target,
        validation: settings.validation.as_ref().and_then(|name| setup.validations.get(name)),
        now: reader.service_time(Timestamp::now()),
        pinned: pinned.as_ref(),
    };
    let key = match eyes {
        Eyes::Nobody => None,
        Eyes::AtTerminal | Eyes::InConsole => {
            Some(key::masking(setup, Some(reader), &name).await.map_err(|failure| failure.lines.join(" ")))
        }
    };
    // Boxed: it is large, and once.
    Ok((Box::pin(build(&asked, key.as_ref())).await?, notes))
}

/// Finds one database and makes sure that it can be opened.
async fn opened(
    means: &Means<'_>,
    side: Side,
    name: Option<&String>,
    endpoint: &EndpointArn,
    all: &[Endpoint],
) -> Result<(Opened, Vec<String>), Failure> {
    let asked = name.map_or_else(|| SideAsked::Endpoint(endpoint.clone()), |name| SideAsked::Database(name.clone()));
    let found = means.find(side, &asked).await?;
    let called = all.iter().find(|one| one.arn == *endpoint).map(|one| one.name.raw());
    let says_so = |name: &String| {
        let entry = means.databases.iter().find(|entry| entry.name == *name);
        let told = entry.and_then(|entry| entry.endpoint.as_deref());
        told.is_some() && (told == Some(endpoint.0.as_str()) || told == called)
    };
    let is_endpoint = name.is_none_or(says_so);
    Ok((Opened { database: found.database, found_by: found.by, name: name.cloned(), is_endpoint }, found.notes))
}

/// Columns of the last time that this refresh was carried out to its end, as the journals of this machine know it, or the ledger on
/// the target.
async fn pinned(
    settings: &store::Settings,
    name: &RefreshName,
    target: &Database,
    notes: &mut Vec<String>,
) -> Option<Pinned> {
    if let Some(here) = in_journal(settings, name, notes).await {
        return Some(here);
    }
    match last::in_ledger(&Door::fixed(target.clone()), name).await {
        Ok(there) => there,
        Err(trouble) => {
            let why = trouble.to_string();
            notes.push(format!(
                "the ledger on the target cannot be read, so new columns are not found: {}",
                shown(&why)
            ));
            None
        }
    }
}

async fn in_journal(settings: &store::Settings, name: &RefreshName, notes: &mut Vec<String>) -> Option<Pinned> {
    let (heads, _) = runs::list(settings).await.ok()?;
    let done = |head: &&refresh::RunHead| head.name == *name && head.state == RunState::Done;
    let last = heads.iter().filter(done).max_by_key(|head| head.began)?;
    match runs::kept(settings, &last.id).await {
        Ok(kept) => last::columns(&kept?.plan),
        Err(error) => {
            notes.push(format!("run {} cannot be read: {error}", last.id.0));
            None
        }
    }
}

impl From<CannotPlan> for Failure {
    fn from(error: CannotPlan) -> Self {
        match error {
            CannotPlan::Aws(problem) => (*problem).into(),
            other => Self::could_not(shown(&other.to_string()).into_owned()),
        }
    }
}
