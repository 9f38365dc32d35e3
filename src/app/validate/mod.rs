//! `cutover validate`: two addresses, a task, or a comparison of the configuration. Opens both, plans, compares, and tells
//! as it goes.
//!
//! Start at [`run`]: [`subject`] says what is meant, [`sides`] finds the two databases, [`job`] is a comparison that runs, for
//! a command and the console alike; `keep` writes it into the store, `kept` reads that, `resume` goes on with it, `allow`
//! says whether rows may be read. `moving` is about the task that moves them. What is compared and how is `validate`; here
//! are connections, passwords, signals and the summary.

mod again;
pub mod allow;
pub mod apart;
pub mod gate;
pub mod job;
pub mod keep;
pub mod kept;
mod moving;
pub mod paper;
mod password;
pub mod planned;
pub mod repair;
pub mod resume;
pub mod said;
pub mod sides;
pub mod subject;
mod summary;
mod tell;
pub mod told;
pub mod watch;

pub use crate::change::Mode;
pub use crate::validate::{Asked, Done, Lobs, Plan, RuleFor, TablePlan, WantedMethod, names};

use super::change::whence;
use super::headless::{connect, connected};
use super::values::{self, Book, Deed};
use super::{Failure, Setup, panic};
use crate::model::listing::validations::Summary;
use crate::model::validation::{Gate, GateSeen, Kind, Planned, Progress, RunEvent, RunId, Whose};
use crate::store;
use crate::validate::merge::Side;
use crate::validate::{self, Options, Patience, PlanError};
use jiff::{SignedDuration, Timestamp};
use job::Job;
use keep::Keep;
use moving::Around;
pub use moving::{Begin, Moving};
pub use sides::Address;
use sides::{Found, Means};
use std::collections::HashMap;
use subject::Subject;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Differences watched at the same time: about 25 MB.
pub(super) const WATCHED: usize = 500_000;
/// How long a difference is watched, and how many ranges are read at once, where nobody says otherwise.
const SETTLE: SignedDuration = SignedDuration::from_secs(5);
const JOBS: usize = 2;

/// What is compared.
#[derive(Debug)]
pub enum Of {
    /// Perhaps with a password in them: never printed.
    Addresses { source: Address, target: Address },
    /// A task, or a comparison of the configuration.
    Named(String),
}

/// What was asked for.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line of its own")]
pub struct Wanted {
    pub of: Of,
    pub tables: Vec<Asked>,
    pub keys: Vec<String>,
    pub rules: Vec<RuleFor>,
    pub waived: Vec<String>,
    pub kind: Option<Kind>,
    pub settle: Option<SignedDuration>,
    pub report: usize,
    pub stop_after: Option<u64>,
    pub jobs: Option<usize>,
    pub range_rows: u64,
    pub method: Option<WantedMethod>,
    pub rows_per_second: Option<u64>,
    pub lobs: Lobs,
    pub lob_limit_bytes: Option<u64>,
    pub values: bool,
    /// Ends with the plan.
    pub only_plan: bool,
    /// The task that moves these rows, where one is named beside two addresses.
    pub task: Option<String>,
    pub moving: Moving,
    /// Only where AWS or the configuration is needed.
    pub setup: Option<Setup>,
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
    /// A run begins: everything from here to its end is about it.
    Run(&'a Begin, Option<&'a str>, &'a str),
    /// Before anything is read but the catalogues. `from`: this machine.
    Plan {
        plan: &'a Plan,
        planned: &'a Planned,
        from: &'a str,
    },
    /// What comparing by rows will cost, before it is confirmed.
    Cost(&'a [String]),
    /// What it waits for before anything is compared.
    Gate(&'a GateSeen),
    Progress(&'a Progress),
    Table(&'a Done),
    Stopping,
    /// The answer of a run.
    Ended(&'a Summary),
    /// A run without an answer, and another one comes; or nobody could be told of it.
    Failed(&'a Failure),
}

/// Compares, once or as often as that was asked for. `tell` is called in between, always from this thread; when it fails,
/// nothing more is read. Gives the exit status that the last run has.
pub fn run(wanted: &Wanted, tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>) -> Result<u8, Failure> {
    if let Of::Addresses { source, target } = &wanted.of {
        source.check(Side::Source)?;
        target.check(Side::Target)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::could_not(format!("no runtime: {error}")))?;
    runtime.block_on(async {
        panic::on_request("headless");
        let mut signals = Signals::listen().map_err(|error| Failure::could_not(format!("signals: {error}")))?;
        let subject = meant(wanted, tell).await?;
        let moving = wanted.moving.clone().or(subject.settings.gate, subject.settings.gate_timeout);
        let task = subject.task.as_ref().map(|task| task.arn.as_str().to_owned()).or_else(|| wanted.task.clone());
        // Boxed: they are large, and begun once a run.
        let around = Around::begin(&moving, wanted.setup.as_ref(), task.as_deref(), tell);
        let mut around = Box::pin(around).await?;
        let mut sides = None;
        loop {
            if wanted.only_plan {
                return only_plan(wanted, &subject, &around, &mut signals, tell).await;
            }
            let Some(mut begin) = around.due(&mut signals, tell).await? else { return around.interrupted() };
            let (mut tables, mut heard) = (Vec::new(), true);
            let mut hear = |event: Event<'_>| {
                if let Event::Table(done) = &event {
                    tables.push((*done).clone());
                }
                let told = tell(event);
                heard &= told.is_ok();
                told
            };
            let task = around.task().map(|task| (task.name.shown().into_owned(), task.stats.fresh_start));
            let meant = (wanted, &subject);
            let ended = once(meant, &mut begin, task, &mut sides, &mut signals, &mut hear);
            let ended = Box::pin(ended).await;
            if !heard {
                return ended.map(|summary| summary.verdict.status());
            }
            // A password may have been changed meanwhile: then it is looked for once more.
            if ended.as_ref().is_err_and(Failure::is_about_a_password) {
                sides = None;
            }
            let ended = (ended, signals.heard);
            if let Some(answer) = around.ended((&begin.id, begin.trigger), ended, &tables, tell).await? {
                return answer;
            }
        }
    })
}

/// What is compared, with what the command line says over what the configuration does.
async fn meant(wanted: &Wanted, tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>) -> Result<Subject, Failure> {
    let mut subject = match (&wanted.of, &wanted.setup) {
        (Of::Addresses { source, target }, _) => {
            for (side, address) in [(Side::Source, source), (Side::Target, target)] {
                if let Some(note) = address.note(side) {
                    tell(Event::Note(note))?;
                }
            }
            Subject::addresses(source.clone(), target.clone())
        }
        (Of::Named(_), None) => return Err(Failure::could_not("a name needs the configuration, and it was not read")),
        (Of::Named(name), Some(setup)) => {
            let reader = if Subject::needs_aws(setup, name) { Some(connect(setup).await?) } else { None };
            Subject::named(setup, reader.as_ref(), name).await?
        }
    };
    said::apply(&said::of(wanted), &mut subject)?;
    Ok(subject)
}

/// Both databases of a subject.
async fn found(
    wanted: &Wanted,
    subject: &Subject,
    tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>,
) -> Result<[Found; 2], Failure> {
    let reader = match (&wanted.setup, &subject.task) {
        (Some(setup), Some(_)) => Some(connect(setup).await?),
        _ => None,
    };
    let means = match &wanted.setup {
        Some(setup) => Means::of(setup, reader.as_ref(), true),
        None => Means { may_ask: true, ..Means::default() },
    };
    let sides = subject.sides(&means).await?;
    for note in sides.iter().flat_map(|side| &side.notes) {
        tell(Event::Note(note.clone()))?;
    }
    Ok(sides)
}

/// The plan of both sides; a failure where somebody ends it.
async fn plan_of(subject: &Subject, [source, target]: &[Found; 2], signals: &mut Signals) -> Result<Plan, Failure> {
    tokio::select! {
        biased;
        () = signals.next() => Err(Failure::could_not("interrupted before anything was compared")),
        plan = async {
            let (ours, theirs) = (&source.database, &target.database);
            let plan = Box::pin(validate::plan(ours, theirs, &subject.tables, &subject.terms)).await?;
            apart::refuse_itself(ours, theirs, &plan).await.map(|()| plan)
        } => plan,
    }
}

/// What somebody ought to know before it is carried out.
fn doubts(plan: &Plan, tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>) -> Result<(), Failure> {
    plan.doubts.iter().try_for_each(|doubt| tell(Event::Note(doubt.clone())))
}

fn shown(subject: &Subject, sides: &[Found; 2], plan: &Plan, (gate, from): (&Gate, &str), is: &Whose) -> Planned {
    let [source, target] = sides;
    let sides = [(&source.database, source.by.as_str()), (&target.database, target.by.as_str())];
    planned::of(plan, &planned::Around { what: &subject.what, gate, sides, from, is, said: &subject.said })
}

/// Plans, tells it, and reads nothing but the catalogues.
async fn only_plan(
    wanted: &Wanted,
    subject: &Subject,
    around: &Around,
    signals: &mut Signals,
    tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>,
) -> Result<u8, Failure> {
    let sides = found(wanted, subject, tell).await?;
    let plan = plan_of(subject, &sides, signals).await?;
    doubts(&plan, tell)?;
    let from = whence::here().host;
    let planned = shown(subject, &sides, &plan, (&around.gate(), &from), &Whose::default());
    tell(Event::Plan { plan: &plan, planned: &planned, from: &from })?;
    Ok(0)
}

/// One comparison, from its plan to its end. `sides`: found once, since somebody may have typed a password.
async fn once(
    (wanted, subject): (&Wanted, &Subject),
    begin: &mut Begin,
    task: Option<(String, Option<Timestamp>)>,
    sides: &mut Option<[Found; 2]>,
    signals: &mut Signals,
    tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>,
) -> Result<Summary, Failure> {
    let from = whence::here().host;
    if sides.is_none() {
        *sides = Some(found(wanted, subject, tell).await?);
    }
    let Some(sides) = sides.clone() else { return Err(Failure::could_not("no databases")) };
    let plan = plan_of(subject, &sides, signals).await?;
    doubts(&plan, tell)?;
    let (task, reloaded) = task.unzip();
    let is = planned::whose(&sides[0].database, &sides[1].database, reloaded.flatten()).await?;
    let planned = shown(subject, &sides, &plan, (&begin.gate, &from), &is);
    tell(Event::Plan { plan: &plan, planned: &planned, from: &from })?;
    let (id, keep, known) = match &wanted.resume {
        None => (begin.id.clone(), Keep::Anew(wanted.store.clone()), HashMap::new()),
        Some(which) => {
            let fingerprints = planned::fingerprints(&plan);
            let found = resume::find(&wanted.store, which, &planned, &fingerprints).await?;
            tell(Event::Note(found.note))?;
            (found.id, found.keep, found.known)
        }
    };
    // Whoever goes on with a run takes its name.
    begin.id = id.clone();
    if let Some(why) = allow::in_mode(&wanted.mode, wanted.may_validate, &planned) {
        return Err(Failure::usage(why));
    }
    let note = allow::confirm(&wanted.store, &planned, wanted.said, &mut |lines| tell(Event::Cost(lines))).await?;
    if let Some(note) = note {
        tell(Event::Note(note))?;
    }
    if wanted.values {
        note_values(wanted, subject, &id).await?;
    }
    let [source, target] = sides;
    let job = Job {
        id,
        what: subject.what.clone(),
        trigger: begin.trigger,
        gate: begin.gate.clone(),
        watched: begin.watched.take(),
        sides: (source.database, target.database),
        plan,
        options: options(wanted, subject),
        from,
        planned,
        keep,
        known,
    };
    tell(Event::Run(begin, task.as_deref(), &job.from))?;
    carried_out(job, signals, tell).await
}

/// That values will be printed, before there are any.
async fn note_values(wanted: &Wanted, subject: &Subject, run: &RunId) -> Result<(), Failure> {
    let (book, who) = match &wanted.setup {
        Some(setup) if subject.task.is_some() => (Book::of(setup), Some(connected(setup).await?)),
        Some(setup) => (Book::of(setup), None),
        None => (Book::at(wanted.store.clone()), None),
    };
    values::note(book, who.as_ref(), Deed::Print, None, values::Of::run(&run.0)).await
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

fn options(wanted: &Wanted, Subject { settings, .. }: &Subject) -> Options {
    Options {
        jobs: wanted.jobs.or(settings.jobs.map(std::num::NonZero::get)).unwrap_or(JOBS),
        patience: Patience::settling(wanted.settle.or(settings.settle).unwrap_or(SETTLE)),
        report: wanted.report,
        stop_after: wanted.stop_after,
        range_rows: wanted.range_rows,
        method: wanted.method.or(settings.method).unwrap_or_default(),
        rows_per_second: wanted.rows_per_second.or(settings.rows_per_second.map(std::num::NonZero::get)),
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
struct Signals {
    all: [Signal; 3],
    /// One of them came.
    heard: bool,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        let all = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?];
        Ok(Self { all, heard: false })
    }

    async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.all;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        self.heard = true;
    }
}
