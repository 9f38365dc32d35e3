//! `cutover validate` with two addresses: no AWS, no configuration. Opens both, plans, compares, and tells as it goes.
//!
//! Start at [`run`]: [`sides`] finds the two databases, [`job`] is a comparison that runs, for a command and the console
//! alike; `keep` writes it into the store, `kept` reads that, `resume` goes on with it, `allow` says whether rows may be read.
//! What is compared and how is `validate`; here are connections, passwords, signals and the summary.

pub mod allow;
pub mod gate;
pub mod job;
pub mod keep;
pub mod kept;
mod password;
pub mod planned;
pub mod resume;
pub mod sides;
mod summary;
pub mod watch;

pub use crate::change::Mode;
pub use crate::validate::{Asked, Done, Plan, RuleFor, TablePlan, names};

use super::change::whence;
use super::{Failure, panic};
use crate::model::listing::validations::Summary;
use crate::model::validation::{Gate, GateSeen, Kind, Progress, RunEvent, Trigger, What};
use crate::store;
use crate::validate::merge::Side;
use crate::validate::{self, Options, Patience, PlanError, Terms};
use jiff::{SignedDuration, Timestamp};
use job::Job;
use keep::Keep;
pub use sides::Address;
use sides::{Means, SideAsked};
use std::collections::HashMap;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Differences watched at the same time: about 25 MB.
const WATCHED: usize = 500_000;

/// What was asked for.
#[derive(Debug)]
pub struct Wanted {
    /// Addresses, perhaps with a password in them: never printed.
    pub source: Address,
    pub target: Address,
    pub tables: Vec<Asked>,
    pub keys: Vec<String>,
    pub rules: Vec<RuleFor>,
    pub waived: Vec<String>,
    pub count: bool,
    pub settle: SignedDuration,
    pub report: usize,
    pub stop_after: Option<u64>,
    pub jobs: usize,
    pub range_rows: u64,
    pub values: bool,
    /// A comparison to go on with, or `last`.
    pub resume: Option<String>,
    /// What it costs is confirmed.
    pub said: allow::Said,
    /// Where it is kept.
    pub store: store::Settings,
    pub mode: Mode,
    /// Rows may be compared in read-only mode.
    pub may_validate: bool,
}

/// What happens on the way.
pub enum Event<'a> {
    /// Something to know beforehand.
    Note(String),
    /// Before anything is read but the catalogues. `from`: this machine.
    Plan {
        plan: &'a Plan,
        from: &'a str,
    },
    /// What comparing by rows will cost, before it is confirmed.
    Cost(&'a [String]),
    /// What it waits for before anything is compared.
    Gate(&'a GateSeen),
    Progress(&'a Progress),
    Table(&'a Done),
    Stopping,
}

/// Compares. `tell` is called in between, always from this thread; when it fails, nothing more is read.
pub fn run(wanted: &Wanted, tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>) -> Result<Summary, Failure> {
    wanted.source.check(Side::Source)?;
    wanted.target.check(Side::Target)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::could_not(format!("no runtime: {error}")))?;
    runtime.block_on(async {
        panic::on_request("headless");
        let mut signals = Signals::listen().map_err(|error| Failure::could_not(format!("signals: {error}")))?;
        for (side, address) in [(Side::Source, &wanted.source), (Side::Target, &wanted.target)] {
            if let Some(note) = address.note(side) {
                tell(Event::Note(note))?;
            }
        }
        let means = Means { may_ask: true, ..Means::default() };
        let source = means.find(Side::Source, &SideAsked::Address(wanted.source.clone())).await?;
        let target = means.find(Side::Target, &SideAsked::Address(wanted.target.clone())).await?;
        for note in source.notes.iter().chain(&target.notes) {
            tell(Event::Note(note.clone()))?;
        }
        let ((source, source_by), (target, target_by)) = ((source.database, source.by), (target.database, target.by));
        let terms = Terms {
            kind: if wanted.count { Kind::Count } else { Kind::Rows },
            keys: wanted.keys.clone(),
            rules: wanted.rules.clone(),
            waived: wanted.waived.clone(),
            ..Terms::default()
        };
        let plan = tokio::select! {
            biased;
            () = signals.next() => return Err(Failure::could_not("interrupted before anything was compared")),
            plan = validate::plan(&source, &target, &wanted.tables, &terms) => plan?,
        };
        let (what, gate, from) = (What::Addresses, Gate::NoTask, whence::here().host);
        let sides = [(&source, source_by.as_str()), (&target, target_by.as_str())];
        let planned = planned::of(&plan, &planned::Around { what: &what, gate: &gate, sides, from: &from });
        tell(Event::Plan { plan: &plan, from: &from })?;
        let (id, keep, known) = match &wanted.resume {
            None => (job::id(Timestamp::now()), Keep::Anew(wanted.store.clone()), HashMap::new()),
            Some(which) => {
                let fingerprints = planned::fingerprints(&plan);
                let found = resume::find(&wanted.store, which, &planned, &fingerprints).await?;
                tell(Event::Note(found.note))?;
                (found.id, found.keep, found.known)
            }
        };
        if let Some(why) = allow::in_mode(&wanted.mode, wanted.may_validate, &planned) {
            return Err(Failure::usage(why));
        }
        let note = allow::confirm(&wanted.store, &planned, wanted.said, &mut |lines| tell(Event::Cost(lines))).await?;
        if let Some(note) = note {
            tell(Event::Note(note))?;
        }
        let job = Job {
            id,
            what,
            trigger: Trigger::Operator,
            gate,
            watched: None,
            sides: (source, target),
            plan,
            options: options(wanted),
            from,
            planned,
            keep,
            known,
        };
        carried_out(job, &mut signals, tell).await
    })
}

async fn carried_out(
    job: Job,
    signals: &mut Signals,
    tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>,
) -> Result<Summary, Failure> {
    let (plan, from) = (job.plan.clone(), job.from.clone());
    let mut running = job::start(job);
    let mut all = Vec::with_capacity(plan.tables.len());
    let mut interrupted = false;
    let mut told = Ok(());
    let summary = loop {
        let heard = tokio::select! {
            biased;
            () = signals.next() => {
                // The second time the servers are not waited for.
                if interrupted {
                    break summary::of(&plan, &all, &from, true);
                }
                interrupted = true;
                tell(Event::Stopping)
            }
            event = running.events.recv() => match event {
                None => return Err(Failure::could_not("the comparison ended by itself")),
                Some(RunEvent::Ended(summary)) => break *summary,
                Some(RunEvent::Failed(why)) => return Err(Failure::could_not(why)),
                Some(RunEvent::Gate(seen)) => tell(Event::Gate(&seen)),
                Some(RunEvent::Note(note)) => tell(Event::Note(note)),
                Some(RunEvent::Progress(progress)) => tell(Event::Progress(&progress)),
                Some(RunEvent::Table { nth, result, rows }) => {
                    let done = Done { nth, result: *result, rows };
                    let told = tell(Event::Table(&done));
                    all.push(done);
                    told
                }
            },
        };
        if heard.is_err() || interrupted {
            running.control.stop();
        }
        told = told.and(heard);
    };
    told?;
    Ok(summary)
}

fn options(wanted: &Wanted) -> Options {
    Options {
        jobs: wanted.jobs,
        patience: Patience::settling(wanted.settle),
        report: wanted.report,
        stop_after: wanted.stop_after,
        range_rows: wanted.range_rows,
        values: wanted.values,
        watched: WATCHED,
        now: Timestamp::now,
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Usage(line) => Self::usage(line),
            PlanError::Db { .. } => Self::could_not(error.to_string()),
        }
    }
}

/// What ends a comparison before its end.
struct Signals([Signal; 3]);

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?]))
    }

    async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
