//! The run's row in the ledger on the target. The lock itself was taken before the first step, and goes with the session.

use crate::model::refresh::{PlannedStep, RunState};
use crate::refresh::ledger::{self, LedgerRun};
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;

pub(super) async fn probe(work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    let schema = work.target.schema().map(str::to_owned);
    let runs = ledger::runs(work.target.session()?, schema.as_deref()).await?;
    Ok(if runs.iter().any(|run| run.id == work.id) { Probe::Partly } else { Probe::NotYet })
}

pub(super) async fn run(work: &mut Work, _step: &PlannedStep) -> Result<Came, Trouble> {
    ledger::create(&mut work.target).await?;
    let schema = work.target.schema().map(str::to_owned);
    let runs = ledger::runs(work.target.session()?, schema.as_deref()).await?;
    if let Some(open) = runs.iter().find(|run| run.id != work.id && !run.state.is_over()) {
        return Err(Trouble::Refused(format!(
            "run {} of {} on this target is {}, begun on {}: what it took away is not back. Go on with it first: \
             cutover refresh recover {}",
            open.id.0,
            open.name.0,
            open.state.word(),
            open.host,
            open.name.0
        )));
    }
    if runs.iter().any(|run| run.id == work.id) {
        let (os_user, now) = (work.who.os_user.clone(), work.now());
        ledger::take_up(&mut work.target, &os_user, now).await?;
    } else {
        let row = row(work)?;
        ledger::begin(&mut work.target, &row).await?;
    }
    work.in_ledger = true;
    Ok(Came::done(format!("locked as {}", work.target.bearer().label())))
}

fn row(work: &Work) -> Result<LedgerRun, Trouble> {
    let plan = serde_json::to_string(&*work.plan).map_err(|error| Trouble::Refused(error.to_string()))?;
    let now = work.now();
    Ok(LedgerRun {
        id: work.id.clone(),
        name: work.plan.name.clone(),
        state: RunState::Running,
        hash: work.confirmed.hash().clone(),
        how: work.confirmed.how_it_was(),
        plan,
        os_user: work.who.os_user.clone(),
        host: work.who.host.clone(),
        pid: work.who.pid,
        epoch: ledger::FIRST,
        holder: String::new(),
        wish: None,
        why: None,
        restore_sql: String::new(),
        began: now,
        beat: now,
    })
}

/// Everything else is back: the run is over. The row may be there although nobody heard that it was written.
pub(super) async fn undo(work: &mut Work, step: &PlannedStep) -> Result<String, Trouble> {
    if work.in_ledger || probe(work, step).await? == Probe::Partly {
        let now = work.now();
        ledger::state(&mut work.target, RunState::Undone, None, now).await?;
    }
    Ok("the ledger is closed".to_owned())
}
