//! Whether the target is what it is to be, before anybody else gets at it: its catalogue is what it was, no key is away or
//! unvalidated that was not before, counters are ahead of their data, and no personal data is left. Everything that is wrong
//! is told; one thing is enough that the run does not go on, and a quarantine stays.

mod catalogue;
mod counters;
mod personal;

use super::{load, session};
use crate::model::refresh::PlannedStep;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;

/// Most things that are told in the reason; the log has all.
const TOLD: usize = 3;

/// What was looked at, and what is wrong.
#[derive(Debug, Default)]
struct Look {
    seen: Vec<String>,
    wrong: Vec<String>,
}

impl Look {
    async fn wrong(&mut self, work: &mut Work, step: &PlannedStep, what: String) -> Result<(), Trouble> {
        work.warn(step, what.clone()).await?;
        self.wrong.push(what);
        Ok(())
    }

    fn told(self) -> Result<Came, Trouble> {
        if self.wrong.is_empty() {
            return Ok(Came::done(self.seen.join(", ")));
        }
        let more = self.wrong.len().saturating_sub(TOLD);
        let mut words: Vec<String> = self.wrong.into_iter().take(TOLD).collect();
        if more > 0 {
            words.push(format!("and {more} more, which the log has"));
        }
        Err(Trouble::Refused(words.join("; ")))
    }
}

/// It only looks, so it is done again.
#[allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "as every probe")]
pub(super) async fn probe(_work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    Ok(Probe::NotYet)
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    session::ready(work).await?;
    let mut look = Look::default();
    catalogue::look(work, step, &mut look).await?;
    counters::look(work, step, &mut look).await?;
    personal::look(work, step, &mut look).await?;
    // Last: what was looked at must be what stays.
    load::still_ours(work).await?;
    look.told()
}
