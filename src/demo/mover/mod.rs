//! Moves rows from one database to another the way a DMS task does: full load, then changes.
//!
//! The mover knows databases and nothing of AWS. It is told what to do by an [`order::Order`] and says what happened by
//! [`order::Happened`]; the world folds these into what DescribeReplicationTasks, DescribeTableStatistics and GetMetricData
//! answer. Start at [`run`]: `plan` says which tables, `load` copies one, `capture` reads the source's change log,
//! `changes` queues what was read and `apply` brings it to the target.

mod apply;
pub mod capture;
mod changes;
mod control;
mod follow;
mod load;
pub mod order;
mod pace;
pub mod plan;

use crate::db::{Database, DbError, Read, Session, catalogue};
use crate::model::mappings::Mappings;
use follow::Follow;
use futures_util::StreamExt;
use load::{Loaded, Run, Voice};
use order::{Begin, Control, Happened, Order};
use pace::Pace;
use plan::{Name, Plan};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use tokio::sync::{Semaphore, mpsc, watch};

/// Runs one task until it is finished, stopped or cannot go on; the last message says which. Ends as stopped when the
/// sender of `control` is gone.
///
/// The position that a run starts from is said (`At`) before its load begins, so that an interrupted load can go on with
/// [`Begin::LoadRest`].
pub async fn run(order: Order, control: watch::Receiver<Control>, out: mpsc::UnboundedSender<Happened>) {
    let voice = Voice(out);
    let end = match task(&order, control, &voice).await {
        Ok(end) => end,
        Err(error) => Happened::Failed { why: error.to_string() },
    };
    voice.say(end);
}

/// The whole life of a run; gives its last word.
async fn task(order: &Order, control: watch::Receiver<Control>, voice: &Voice) -> Result<Happened, DbError> {
    let target = Database::parse(&order.target_url)?;
    let writers = if target.dialect().one_writer { 1 } else { Semaphore::MAX_PERMITS };
    let run = Run {
        source: Database::parse(&order.source_url)?,
        target,
        prep_mode: order.prep_mode,
        sub_tasks: order.sub_tasks.max(1),
        control,
        voice: voice.clone(),
        pace: Arc::new(Mutex::new(Pace::new(order.pace))),
        writers: Arc::new(Semaphore::new(writers)),
        checks_off: order.checks_off,
    };
    let mut reader = run.source.read().await?;
    let plans = plans(&run, &order.mappings, &mut reader).await?;
    voice.say(Happened::Tables(plans.iter().map(Plan::name).collect()));

    let follows = order.changes_after_load || matches!(order.begin, Begin::Changes { .. });
    // The position comes before the first row is read: what changes during the load is then applied after it.
    let follow = if follows { Some(Follow::new(&run, order, &mut reader).await?) } else { None };

    let mut out = BTreeSet::new();
    let mut asked: BTreeSet<u64> = BTreeSet::new();
    let first: Vec<Plan> = match &order.begin {
        Begin::Changes { .. } => Vec::new(),
        Begin::LoadAll => plans,
        Begin::LoadSome(tables) | Begin::LoadRest { tables, .. } => chosen(voice, &plans, tables),
    };
    if !load_all(&run, first, &mut out).await? {
        return Ok(Happened::Stopped);
    }
    if let Some(follow) = follow {
        follow.go(out).await?;
        return Ok(Happened::Stopped);
    }
    // A full load may be asked to load a table again while it runs.
    loop {
        let again = new_reloads(&run, &mut asked);
        if again.is_empty() {
            return Ok(Happened::LoadFinished);
        }
        let plans = self::plans(&run, &order.mappings, &mut reader).await?;
        if !load_all(&run, chosen(voice, &plans, &again), &mut out).await? {
            return Ok(Happened::Stopped);
        }
    }
}

/// The plans of the moment: both catalogues as they are now.
async fn plans(run: &Run, mappings: &Mappings, reader: &mut Session<Read>) -> Result<Vec<Plan>, DbError> {
    let source = catalogue::read(reader).await?;
    let there = catalogue::read(&mut run.target_session().await?).await?;
    Ok(plan::plans(&source, run.source.dialect(), run.target.dialect(), mappings, &there))
}

/// The plans of these tables; one that the source does not have, or the mappings do not select, is out at once.
fn chosen(voice: &Voice, plans: &[Plan], names: &[Name]) -> Vec<Plan> {
    for (schema, table) in names.iter().filter(|name| !plans.iter().any(|plan| plan.name() == **name)) {
        voice.say(Happened::TableFailed {
            schema: schema.clone(),
            table: table.clone(),
            why: format!("table {schema}.{table} does not exist in the source or is not selected"),
        });
    }
    plans.iter().filter(|plan| names.contains(&plan.name())).cloned().collect()
}

/// Reload requests not seen before.
fn new_reloads(run: &Run, asked: &mut BTreeSet<u64>) -> Vec<Name> {
    let control = run.control.borrow();
    let new = control.reload.iter().filter(|(serial, _, _)| asked.insert(*serial));
    new.map(|(_, schema, table)| (schema.clone(), table.clone())).collect()
}

/// Loads tables, `sub_tasks` at once. Says whether the run goes on; failed tables go into `out`.
async fn load_all(run: &Run, plans: Vec<Plan>, out: &mut BTreeSet<Name>) -> Result<bool, DbError> {
    let one = |plan: Plan| async move {
        if run.stopping() {
            return (plan.name(), Ok(Loaded::Stopped));
        }
        (plan.name(), load::table(run, &plan).await)
    };
    let mut loads = futures_util::stream::iter(plans).map(one).buffer_unordered(run.sub_tasks);
    let mut goes_on = true;
    while let Some((name, loaded)) = loads.next().await {
        match loaded? {
            Loaded::All => {
                out.remove(&name);
            }
            Loaded::Failed => {
                out.insert(name);
            }
            Loaded::Stopped => goes_on = false,
        }
    }
    Ok(goes_on && !run.stopping())
}
