//! `cutover validate` with two addresses: no AWS, no configuration. Opens both, plans, compares, and tells as it goes.
//!
//! Start at [`run`]. What is compared and how is `validate`; here are connections, passwords, signals and the summary.

mod password;
mod summary;

pub use crate::validate::{Asked, Done, Plan, RuleFor, TablePlan, names};

use super::change::whence;
use super::{Failure, panic};
use crate::db::Database;
use crate::model::listing::validations::Summary;
use crate::model::untrusted::shown;
use crate::validate::{self, Gauge, Options, Patience, PlanError, Terms};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};

/// How often progress is told.
const TICK: Duration = Duration::from_millis(250);
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
}

/// A URL as it was given; it may hold a password, so it has no other form.
#[derive(Clone)]
pub struct Address(String);

impl std::str::FromStr for Address {
    type Err = std::convert::Infallible;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        Ok(Self(url.to_owned()))
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(..)")
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub rows_source: u64,
    pub rows_target: u64,
    pub differing: u64,
    pub tables_done: u64,
    pub tables: usize,
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
    Progress(Progress),
    Table(&'a Done),
    Stopping,
}

/// Compares. `tell` is called in between, always from this thread; when it fails, nothing more is read.
pub fn run(wanted: &Wanted, tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>) -> Result<Summary, Failure> {
    let source = address("source", &wanted.source)?;
    let target = address("target", &wanted.target)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::could_not(format!("no runtime: {error}")))?;
    runtime.block_on(async {
        panic::on_request("headless");
        let mut signals = Signals::listen().map_err(|error| Failure::could_not(format!("signals: {error}")))?;
        for (side, address) in [("source", &wanted.source), ("target", &wanted.target)] {
            notes(side, &address.0, tell)?;
        }
        let source = open("source", source, &wanted.source.0).await?;
        let target = open("target", target, &wanted.target.0).await?;
        let terms = Terms {
            count: wanted.count,
            keys: wanted.keys.clone(),
            rules: wanted.rules.clone(),
            waived: wanted.waived.clone(),
        };
        let plan = tokio::select! {
            biased;
            () = signals.next() => return Err(Failure::could_not("interrupted before anything was compared")),
            plan = validate::plan(&source, &target, &wanted.tables, &terms) => plan?,
        };
        let from = whence::here().host;
        tell(Event::Plan { plan: &plan, from: &from })?;
        carried_out(wanted, plan, &from, (source, target), &mut signals, tell).await
    })
}

async fn carried_out(
    wanted: &Wanted,
    plan: Plan,
    from: &str,
    sides: (Database, Database),
    signals: &mut Signals,
    tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>,
) -> Result<Summary, Failure> {
    let options = Options {
        jobs: wanted.jobs,
        patience: Patience::settling(wanted.settle),
        report: wanted.report,
        stop_after: wanted.stop_after,
        range_rows: wanted.range_rows,
        values: wanted.values,
        watched: WATCHED,
        now: Timestamp::now,
    };
    let (stop, stopped) = watch::channel(false);
    let (send, mut ended) = mpsc::channel(16);
    let gauge = Arc::new(Gauge::default());
    let tables = plan.tables.len();
    let mut all = Vec::with_capacity(tables);
    let work = tokio::spawn(validate::run(plan.clone(), sides, options, Arc::clone(&gauge), stopped, send));
    let mut tick = tokio::time::interval(TICK);
    let mut interrupted = false;
    let mut told = Ok(());
    loop {
        let heard = tokio::select! {
            biased;
            () = signals.next() => {
                // The second time the servers are not waited for.
                if interrupted {
                    break;
                }
                interrupted = true;
                tell(Event::Stopping)
            }
            done = ended.recv() => match done {
                None => break,
                Some(done) => {
                    let told = tell(Event::Table(&done));
                    all.push(done);
                    told
                }
            },
            _ = tick.tick() => tell(Event::Progress(Progress {
                rows_source: gauge.rows_source.load(Ordering::Relaxed),
                rows_target: gauge.rows_target.load(Ordering::Relaxed),
                differing: gauge.differing.load(Ordering::Relaxed),
                tables_done: gauge.tables_done.load(Ordering::Relaxed),
                tables,
            })),
        };
        if heard.is_err() || interrupted {
            // Nobody waits for it when all is done already.
            let _ = stop.send(true);
        }
        told = told.and(heard);
    }
    if !interrupted {
        work.await.map_err(|error| Failure::could_not(format!("the comparison ended by itself: {error}")))?;
    }
    told?;
    Ok(summary::of(&plan, &all, from, interrupted))
}

fn address(side: &str, url: &Address) -> Result<Database, Failure> {
    Database::parse(&url.0).map_err(|error| Failure::usage(format!("--{side}: {error}")))
}

/// What a person should know of an address before it is used.
fn notes(side: &str, url: &str, tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>) -> Result<(), Failure> {
    if password::is_in(url) {
        let name = side.to_uppercase();
        let line = format!(
            "the password in --{side} can be read by everybody on this machine; CUTOVER_{name}_PASSWORD, or an answer when \
             asked, cannot"
        );
        tell(Event::Note(line))?;
    }
    Ok(())
}

/// Makes sure that the address can be opened; asks for the password where there is none and the server wants one.
async fn open(side: &str, database: Database, url: &str) -> Result<Database, Failure> {
    let given = password::is_in(url);
    let database = match password::from_environment(side).filter(|_| !given) {
        Some(password) => database.with_password(&password),
        None => database,
    };
    let Err(error) = database.read().await.map(drop) else { return Ok(database) };
    let said = error.to_string();
    let wants = ["password", "Access denied", "authentication"].iter().any(|word| said.contains(word));
    let place = shown(&database.place()).into_owned();
    if wants && !given && password::can_ask() {
        let answer = password::ask(side, &place).ok_or_else(|| Failure::could_not(format!("{side}: no password")))?;
        let database = database.with_password(&answer);
        database.read().await.map_err(|error| Failure::could_not(format!("{side}: {error}")))?;
        return Ok(database);
    }
    let mut failure = Failure::could_not(format!("{side}: {error}"));
    if wants && !given {
        let name = side.to_uppercase();
        failure.lines.push(format!("the password can stand in CUTOVER_{name}_PASSWORD; on a terminal it is asked for"));
    }
    Err(failure)
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
