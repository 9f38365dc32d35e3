//! A migration that is kept up to date: from here on there is no process, no lock and no session, until `finish`.

use super::look;
use crate::model::refresh::PlannedStep;
use crate::model::task::TaskStatus;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;
use std::time::Duration;

const EACH: Duration = Duration::from_secs(5);

/// Whoever finishes the run has passed it; until then it is parked again.
#[allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "as every probe")]
pub(super) async fn probe(_work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    Ok(Probe::NotYet)
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    loop {
        let looked = look::task(work).await?;
        let task = looked.task.name.shown();
        match looked.task.status {
            TaskStatus::Running => {
                let name = crate::model::shell::quoted(&work.plan.name.0);
                return Ok(Came::Parked(format!(
                    "task {task} keeps the target up to date; `cutover refresh finish {name}` ends it"
                )));
            }
            _ if look::phase(&looked.task.status) == look::Phase::Idle => {
                return Err(Trouble::Refused(format!(
                    "task {task} is {}: it does not bring changes. Resume it (cutover resume {task}), and the run after it",
                    looked.words()
                )));
            }
            _ => {}
        }
        work.note(step, format!("waiting: the task is {}", looked.words())).await?;
        work.wait(EACH).await?;
    }
}
