//! A run that stopped after its load, and what the configuration says now: what would be other. Reads only. Start at [`amended`].

use super::order::{Amend, Answer, Begin, What};
use super::{plan, runs};
use crate::app::headless::{block, connect};
use crate::app::{Failure, Setup};
use crate::model::refresh::{Finding, Level, PlanHash, RunHead};
use crate::model::untrusted::shown;
use crate::refresh::Plan;
use crate::refresh::plan::amend::{LOOKED_AT, amend, changes, needs_load};
use crate::store;
use jiff::Timestamp;

/// What is shown before it is confirmed.
#[derive(Debug)]
pub struct Amended {
    pub head: RunHead,
    /// A line each.
    pub changes: Vec<String>,
    /// Of the steps that may be other.
    pub findings: Vec<Finding>,
    pub notes: Vec<String>,
    /// Why all of it has to be loaded once more first.
    pub needs_load: Option<String>,
    plan: Plan,
    hash: PlanHash,
    made: Timestamp,
}

impl Amended {
    pub fn may_run(&self) -> bool {
        self.findings.iter().all(|finding| finding.level != Level::Blocking)
    }

    /// `HOST/DB`: what is typed to confirm it.
    pub fn answer(&self) -> String {
        self.plan.destination.to_string()
    }
}

/// The plan of this run with what the configuration says now.
///
/// # Errors
/// There is no such run; it is another refresh now; nothing is other; AWS or a database cannot be asked.
pub fn amended(setup: &Setup, named: &str) -> Result<Amended, Failure> {
    let refused = |line: String| Failure { status: 1, lines: vec![line, "Nothing was changed.".to_owned()] };
    block(async {
        let head = runs::find(setup, named).await?;
        let kept = store::runs::kept(&setup.store, &head.id).await;
        let kept = kept.map_err(|error| error.problem("the journal cannot be read"))?;
        let kept = kept.ok_or_else(|| Failure::could_not("the journal is gone"))?;
        let old = crate::refresh::kept_plan(&kept).map_err(|trouble| refused(trouble.to_string()))?;
        if head.state.is_over() || head.is_working() {
            return Err(refused(format!(
                "run {} is {}: only one that has stopped gets another plan",
                head.id.0,
                head.state.word()
            )));
        }
        let reader = connect(setup).await?;
        let (built, notes) = Box::pin(plan::built(setup, &reader, &head.name.0, plan::Eyes::AtTerminal)).await?;
        let plan = amend(&old, &built.plan).map_err(refused)?;
        let changes = changes(&old, &plan);
        if changes.is_empty() {
            return Err(refused(format!(
                "[refresh.{}] says what it said when run {} was confirmed: `cutover refresh resume` goes on with it",
                shown(&head.name.0),
                head.id.0
            )));
        }
        let hash = plan.hash().map_err(|error| Failure::could_not(error.to_string()))?;
        let findings = built.shown.findings.into_iter().filter(|finding| LOOKED_AT.contains(&finding.step)).collect();
        let needs_load = needs_load(&old, &plan, &kept.steps);
        Ok(Amended { head, changes, findings, notes, needs_load, plan, hash, made: built.shown.made })
    })
}

/// An order of what was shown and answered.
///
/// # Errors
/// It must not be carried out; the answer does not confirm it.
pub fn meant(setup: &Setup, amended: &Amended, again: bool, answer: &Answer) -> Result<What, Failure> {
    setup.mode.authority()?;
    let begin = Begin {
        id: amended.head.id.clone(),
        plan: amended.plan.clone(),
        hash: amended.hash.clone(),
        made: amended.made,
        answer: answer.clone(),
    };
    super::carry::confirmed(&begin)?;
    Ok(What::Amend(Box::new(Amend { begin, again })))
}
