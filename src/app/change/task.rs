//! Tasks: which one is meant, and a look that changes nothing.

use super::{Asked, Ended, Ending, absent, look, nothing, somebody_is_there, time};
use crate::app::headless::{block, the_task};
use crate::app::{Failure, Setup, panic};
use crate::aws::{self, Connected, Limiters};
use crate::change::Drafter;
use crate::model::change::{Change, Draft, Meant, Refusal, Ruling, Verb};

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
    block(async {
        panic::on_request("headless");
        let connected = aws::connect(&setup.aws, &Limiters::default()).await?;
        let change = meant(&connected, named, verb).await?;
        let drafter = Drafter::new(&connected, setup.environment.clone(), setup.safeguards.clone(), time());
        let Draft { preview, ruling } = drafter.draft(&change).await.map_err(|problem| absent(problem, &change))?;
        let (ending, lines) = match ruling {
            Ruling::Legal => (Ending::Legal, vec!["it may be done; this was only a look".to_owned()]),
            Ruling::Nothing(why) => return Ok(nothing(preview, &why)),
            // The way by hand stands in the preview.
            Ruling::Refused(Refusal { why, do_this }) => {
                (Ending::Refused, vec![format!("it would be refused: {why}"), do_this])
            }
        };
        Ok(Ended::new(preview, ending, lines, None))
    })
}

async fn meant(connected: &Connected, named: &str, verb: Verb) -> Result<Change, Failure> {
    let task = the_task(&connected.reader, named).await?;
    Ok(Change::Task { task: Meant { arn: task.arn, name: task.name }, verb })
}
