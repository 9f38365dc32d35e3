//! The ledger says that the run is done, and the lock is given up. Nothing of it is away any more, or it does not close.

use crate::model::refresh::{PlannedStep, RunState};
use crate::refresh::ledger::{self, ObjKind};
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;

pub(super) async fn probe(work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    let schema = work.target.schema().map(str::to_owned);
    let runs = ledger::runs(work.target.session()?, schema.as_deref()).await?;
    let is_done = runs.iter().any(|run| run.id == work.id && run.state == RunState::Done);
    Ok(if is_done { Probe::Done("the ledger was closed before".to_owned()) } else { Probe::NotYet })
}

pub(super) async fn run(work: &mut Work, _step: &PlannedStep) -> Result<Came, Trouble> {
    for kind in ObjKind::ALL {
        let objs = ledger::objs(&mut work.target, kind).await?;
        if let Some(away) = objs.iter().find(|obj| obj.state.is_away()) {
            return Err(Trouble::Refused(format!("the {} {} is still away", kind.word(), away.ident)));
        }
    }
    let now = work.now();
    ledger::state(&mut work.target, RunState::Done, None, now).await?;
    Ok(Came::done("the ledger is closed"))
}
