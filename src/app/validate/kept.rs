//! Comparisons that are kept, for commands and screens alike. Changes nothing, asks nobody.

use super::super::change::whence;
use super::super::headless::block;
use super::super::{Failure, Setup, panic};
use crate::model::validation::{KeptOfTable, KeptRun, KeptWhole, RunFilter, RunId};
use crate::store::{self, StoreError, validations};
use jiff::Timestamp;

fn failed(error: &StoreError) -> Failure {
    Failure::from(error.problem("what is kept of comparisons cannot be read"))
}

/// Where they are kept when there is no configuration.
pub fn place() -> store::Settings {
    store::Settings { dir: store::default_dir(), shared: None }
}

/// The newest first.
pub async fn list(settings: &store::Settings, filter: &RunFilter) -> Result<Vec<KeptRun>, Failure> {
    let runs = validations::list(settings, filter).await.map_err(|error| failed(&error))?;
    Ok(runs.into_iter().map(judge()).collect())
}

/// One with everything; `None`: there is none of this name.
pub async fn one(settings: &store::Settings, id: &RunId) -> Result<Option<KeptWhole>, Failure> {
    let whole = validations::one(settings, id).await.map_err(|error| failed(&error))?;
    Ok(whole.map(|whole| KeptWhole { run: judge()(whole.run), ..whole }))
}

/// What each came to for one table of the source, `schema.table`; the newest first.
pub async fn history(settings: &store::Settings, table: &str) -> Result<Vec<KeptOfTable>, Failure> {
    let all = validations::history(settings, table).await.map_err(|error| failed(&error))?;
    Ok(all.into_iter().map(|one| KeptOfTable { run: judge()(one.run), ..one }).collect())
}

/// Whoever carries it out may be gone.
fn judge() -> impl Fn(KeptRun) -> KeptRun {
    let (here, now) = (whence::here().host, Timestamp::now());
    move |run| run.judged(&here, now, &whence::is_alive)
}

/// The same for commands.
pub fn runs(setup: &Setup, filter: &RunFilter) -> Result<Vec<KeptRun>, Failure> {
    panic::on_request("headless");
    block(list(&setup.store, filter))
}

/// One comparison by its name, or the newest by `last`.
pub fn run(setup: &Setup, name: &str) -> Result<KeptWhole, Failure> {
    panic::on_request("headless");
    block(async {
        let id = if name == "last" {
            let newest = RunFilter { most: Some(1), ..RunFilter::default() };
            list(&setup.store, &newest).await?.pop().map(|run| run.id)
        } else {
            Some(RunId(name.to_owned()))
        };
        let nothing = || {
            let name = crate::model::untrusted::shown(name);
            Failure::usage(format!("{name}: no such comparison; `cutover validations` lists them"))
        };
        one(&setup.store, &id.ok_or_else(nothing)?).await?.ok_or_else(nothing)
    })
}

/// One table through all of them.
pub fn of_table(setup: &Setup, table: &str) -> Result<Vec<KeptOfTable>, Failure> {
    panic::on_request("headless");
    block(history(&setup.store, table))
}
