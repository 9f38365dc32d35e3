//! From what is asked to both databases and a plan; and from a run that is kept to where its rows are now.

use super::Inner;
use crate::app::Failure;
use crate::app::change::whence;
use crate::app::validate::job::Job;
use crate::app::validate::keep::Keep;
use crate::app::validate::planned::{self, Around};
use crate::app::validate::sides::Means;
use crate::app::validate::subject::Subject;
use crate::app::validate::watch::Watched;
use crate::app::validate::{WATCHED, allow, apart, kept, said};
use crate::db::Database;
use crate::model::validation::told::{Asked, Offer};
use crate::model::validation::{Gate, Planned, RunId, Said, Trigger, What, cost_words};
use crate::store;
use crate::validate::{self, Options, Patience, Plan, Settings, TablePlan};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;

/// Differences listed for each table: as many as somebody may want to look at, repair, or take away.
const LISTED: usize = 1_000;
/// Ranges at the same time, and rows in one, where the configuration does not say.
const JOBS: usize = 2;
const RANGE_ROWS: u64 = 250_000;
/// How long a difference must stay the same, where it does not say.
const SETTLE: SignedDuration = SignedDuration::from_secs(5);

fn options(settings: &Settings) -> Options {
    Options {
        jobs: settings.jobs.map_or(JOBS, std::num::NonZeroUsize::get),
        patience: Patience::settling(settings.settle.unwrap_or(SETTLE)),
        report: LISTED,
        stop_after: None,
        range_rows: RANGE_ROWS,
        method: settings.method.unwrap_or_default(),
        rows_per_second: settings.rows_per_second.map(std::num::NonZero::get),
        values: false,
        watched: WATCHED,
        now: Timestamp::now,
    }
}

/// A plan that can be begun.
pub(super) struct Held {
    pub planned: Planned,
    pub plan: Plan,
    sides: (Database, Database),
    watched: Option<Watched>,
    options: Options,
    gate: Gate,
}

/// Where the rows of a run are found.
pub(super) struct Known {
    pub plan: Plan,
    pub sides: (Database, Database),
}

impl Known {
    pub(super) fn of(held: &Held) -> Self {
        Self { plan: held.plan.clone(), sides: held.sides.clone() }
    }

    pub(super) fn table(&self, nth: usize) -> Result<&TablePlan, Failure> {
        self.plan.tables.get(nth).ok_or_else(|| Failure::could_not("the plan has no such table"))
    }
}

impl Held {
    pub(super) fn job(self, id: RunId, trigger: Trigger, store: &store::Settings) -> Job {
        Job {
            id,
            what: self.planned.what.clone(),
            trigger,
            gate: self.gate,
            watched: self.watched,
            sides: self.sides,
            plan: self.plan,
            options: self.options,
            from: self.planned.seen_from.clone(),
            planned: self.planned,
            keep: Keep::Anew(store.clone()),
            known: HashMap::new(),
        }
    }
}

impl Inner {
    /// Finds both databases and plans. Reads catalogues only. `said`: what a command said about it.
    pub(super) async fn seek(&self, asked: &Asked, said: &Said) -> Result<Held, Failure> {
        let name = match &asked.what {
            What::Task(name) | What::Named(name) => name.clone(),
            What::Addresses => {
                return Err(Failure::could_not(
                    "the addresses of this run are not kept, since they may hold a password: run `cutover validate --source URL \
                     --target URL` again",
                ));
            }
        };
        let connected = self.connected.borrow().clone();
        let reader = connected.as_ref().map(|connected| &connected.reader);
        let mut subject = Subject::named(&self.setup, reader, &name).await?;
        said::apply(said, &mut subject)?;
        if let Some(kind) = asked.kind {
            subject.with_kind(kind);
            subject.said.kind = Some(kind);
        }
        if let Some(reason) = &asked.waived {
            subject.gate = Gate::Waived { reason: reason.clone() };
        }
        let means = Means::of(&self.setup, reader, false);
        let [source, target] = subject.sides(&means).await?;
        let plan =
            Box::pin(validate::plan(&source.database, &target.database, &subject.tables, &subject.terms)).await?;
        apart::refuse_itself(&source.database, &target.database, &plan).await?;
        let from = whence::here().host;
        let sides = [(&source.database, source.by.as_str()), (&target.database, target.by.as_str())];
        let begun = subject.task.as_ref().and_then(|task| task.stats.fresh_start);
        let is = planned::whose(&source.database, &target.database, begun).await?;
        let around =
            Around { what: &subject.what, gate: &subject.gate, sides, from: &from, is: &is, said: &subject.said };
        let planned = planned::of(&plan, &around);
        let options = options(&subject.settings);
        let (watched, gate) = (subject.watched(reader), subject.gate.clone());
        Ok(Held { planned, plan, sides: (source.database, target.database), watched, options, gate })
    }

    /// What it costs, whether that was confirmed, and whether it may be begun at all.
    pub(super) async fn offer(&self, held: &Held) -> Offer {
        let planned = &held.planned;
        let (mode, may) = self.setup.mode();
        let refused = allow::in_mode(mode, may, planned);
        let first = if refused.is_none() { allow::first(&self.setup.store, planned).await } else { None };
        let expects = first.is_some().then(|| allow::word(planned));
        Offer { cost: first.unwrap_or_else(|| cost_words(planned)), expects, refused, planned: planned.clone() }
    }

    /// Where the rows of a run are now: as it was begun here, else found and planned again, and only if it is the same plan.
    pub(super) async fn known(&self, run: &RunId, nth: usize) -> Result<Arc<Known>, Failure> {
        if let Some((_, known)) = self.lock().known.iter().rev().find(|(id, _)| id == run) {
            return Ok(Arc::clone(known));
        }
        let whole = kept::one(&self.setup.store, run).await?;
        let whole = whole.ok_or_else(|| Failure::could_not("this run is not kept any more"))?;
        let asked = Asked { what: whole.run.what.clone(), kind: None, waived: None };
        let held = Box::pin(self.seek(&asked, &whole.planned.said)).await?;
        let now = planned::fingerprints(&held.plan);
        let then = whole.tables.get(nth).map(|table| table.fingerprint.clone());
        let same = then.is_some() && now.get(nth) == then.as_ref();
        if !same {
            return Err(Failure::could_not(
                "this table is planned otherwise by now (altered, other mappings, or another database): compare it again",
            ));
        }
        let known = Arc::new(Known::of(&held));
        let mut state = self.lock();
        state.known.push((run.clone(), Arc::clone(&known)));
        let over = state.known.len().saturating_sub(super::AT_HAND);
        state.known.drain(..over);
        Ok(known)
    }
}
