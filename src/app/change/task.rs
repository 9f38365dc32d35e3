//! Tasks: which one is meant, and a look that changes nothing.

use super::look::only_look;
use super::{Asked, Ended, look, somebody_is_there};
use crate::app::headless::the_task;
use crate::app::{Failure, Setup};
use crate::aws::Connected;
use crate::model::change::{Change, Meant, Verb};

/// Looks at what is to be done to the task that is named, by ARN or exact name. `said`: the command line confirms it.
///
/// # Errors
/// Nothing may be changed, nobody could confirm it, the audit cannot be written, or there is not exactly one such task.
pub fn task(setup: &Setup, named: &str, verb: Verb, said: bool) -> Result<Asked, Failure> {
    setup.mode.authority()?;
    somebody_is_there(said, "--yes, or --confirm NAME --target HOST/DB,")?;
    look(setup, async |connected: &Connected| meant(connected, named, verb).await)
}

/// Looks at it, changes nothing, and needs no permission to: what would come of it, and whether it may be done.
///
/// # Errors
/// It could not be looked at, or there is not exactly one such task.
pub fn dry_run(setup: &Setup, named: &str, verb: Verb) -> Result<Ended, Failure> {
    only_look(setup, async |connected: &Connected| meant(connected, named, verb).await)
}

async fn meant(connected: &Connected, named: &str, verb: Verb) -> Result<Change, Failure> {
    let task = the_task(&connected.reader, named).await?;
    Ok(Change::Task { task: Meant { arn: task.arn, name: task.name }, verb })
}
