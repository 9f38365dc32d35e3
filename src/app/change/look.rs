//! A look that changes nothing and needs no permission to: what would come of a change, and whether it may be done.

use super::{Ended, Ending, absent, nothing, time};
use crate::app::headless::block;
use crate::app::{Failure, Setup, panic};
use crate::aws::{self, Connected, Limiters};
use crate::change::Drafter;
use crate::model::change::{Change, Draft, Refusal, Ruling, StartFrom, Verb};
use jiff::Timestamp;

/// `change` says what is meant once we are connected.
pub(super) fn only_look(
    setup: &Setup,
    change: impl AsyncFnOnce(&Connected) -> Result<Change, Failure>,
) -> Result<Ended, Failure> {
    block(async {
        panic::on_request("headless");
        let connected = aws::connect(&setup.aws, &Limiters::default()).await?;
        let change = change(&connected).await?;
        let drafter = Drafter::new(&connected, setup.environment.clone(), setup.safeguards.clone(), time());
        let Draft { preview, ruling } = drafter.draft(&change).await.map_err(|problem| absent(problem, &change))?;
        // That nothing may be changed here at all is no reason not to look; that it is the wrong account is.
        if let Err(problem) = setup.mode.account(&connected.scope.account, Timestamp::now()) {
            let lines = vec![format!("it would be refused: {}", problem.summary), problem.hint];
            return Ok(Ended::new(preview, Ending::Refused, lines, None));
        }
        let (ending, lines) = match ruling {
            Ruling::Legal => (Ending::Legal, vec![legal(&change).to_owned()]),
            Ruling::Nothing(why) => return Ok(nothing(preview, &why)),
            // The way by hand stands in the preview.
            Ruling::Refused(Refusal { why, do_this }) => {
                (Ending::Refused, vec![format!("it would be refused: {why}"), do_this])
            }
        };
        Ok(Ended::new(preview, ending, lines, None))
    })
}

fn legal(change: &Change) -> &'static str {
    match change {
        Change::Task { verb: Verb::Start { from: StartFrom::Position(_), .. }, .. } => {
            "it may be done, and whether DMS takes this position shows only then; this was only a look"
        }
        _ => "it may be done; this was only a look",
    }
}
