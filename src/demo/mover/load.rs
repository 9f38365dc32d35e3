//! Full load: one table, from one statement on the source, in small transactions on the target.

use crate::db::{Column, Database, DbError, Row, Session, Value, Write};
use crate::demo::mover::order::{Control, Happened};
use crate::demo::mover::pace::Pace;
use crate::demo::mover::plan::Plan;
use crate::model::settings::PrepMode;
use futures_util::StreamExt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc, watch};

/// So often again is a table prepared where the server chose somebody else's lock.
const PREPARED: u32 = 10;
/// Bytes in one transaction, whatever the number of rows: below the packet limit of a MySQL server (16 MiB by default).
const BATCH_BYTES: usize = 1 << 20;

/// Where a run says what happened. A world that no longer listens is about to end the run.
#[derive(Clone)]
pub struct Voice(pub mpsc::UnboundedSender<Happened>);

impl Voice {
    pub fn say(&self, happened: Happened) {
        let _ = self.0.send(happened);
    }
}

/// What every table of a run shares.
#[derive(Clone)]
pub struct Run {
    pub source: Database,
    pub target: Database,
    pub prep_mode: PrepMode,
    pub sub_tasks: usize,
    pub control: watch::Receiver<Control>,
    pub voice: Voice,
    pub pace: Arc<Mutex<Pace>>,
    /// Who may write to the target now: everybody, or one where the engine lets one.
    pub writers: Arc<Semaphore>,
    pub checks_off: bool,
}

/// How a table's load ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loaded {
    All,
    /// The database refused something; said as [`Happened::TableFailed`].
    Failed,
    /// Stopped between two transactions.
    Stopped,
}

impl Run {
    /// Opens a session for writing to the target. Where foreign key checks can be switched off they are, if the target is a
    /// file of ours or the endpoint's init statement says so.
    pub async fn target_session(&self) -> Result<Session<Write>, DbError> {
        let mut session = self.target.write_owned_by_demo().await?;
        let off = session.dialect().one_writer || self.checks_off;
        if let (true, Some([off, _])) = (off, session.dialect().foreign_key_checks) {
            session.script(off).await?;
        }
        Ok(session)
    }

    pub fn stopping(&self) -> bool {
        // A world that is gone cannot say stop.
        self.control.borrow().stop || self.control.has_changed().is_err()
    }

    /// Waits, or until the run is stopped. Says whether the run goes on.
    async fn wait(&self, duration: Duration) -> bool {
        let mut control = self.control.clone();
        tokio::select! {
            () = tokio::time::sleep(duration) => !self.stopping(),
            _ = control.wait_for(|control| control.stop) => false,
        }
    }
}

/// Loads a table. An error is the end of the run: the connection is gone.
pub async fn table(run: &Run, plan: &Plan) -> Result<Loaded, DbError> {
    let (schema, table) = plan.name();
    run.voice.say(Happened::LoadStarted { schema: schema.clone(), table: table.clone() });
    match copy(run, plan).await {
        Ok(true) => {
            run.voice.say(Happened::LoadEnded { schema, table });
            Ok(Loaded::All)
        }
        Ok(false) => Ok(Loaded::Stopped),
        Err(error) if error.is_lost() => Err(error),
        Err(error) => {
            run.voice.say(Happened::TableFailed { schema, table, why: error.to_string() });
            Ok(Loaded::Failed)
        }
    }
}

/// Says whether the table was copied to its end.
async fn copy(run: &Run, plan: &Plan) -> Result<bool, DbError> {
    let mut target = run.target_session().await?;
    let written = {
        let _turn = turn(run).await?;
        let mut tries = 0;
        loop {
            match prepare(run, plan, &mut target).await {
                // Tables that refer to each other are emptied at the same time; one of two then waits in vain.
                Err(error) if error.is_retryable() && tries < PREPARED => tries += 1,
                done => break done?,
            }
        }
    };
    let plan = Plan { written, ..plan.clone() };
    let from = run.source.dialect();
    let list: Vec<String> = plan.read.iter().map(|column| from.read(column)).collect();
    let sql = format!("SELECT {} FROM {}", list.join(", "), from.qualified(&plan.source.schema, &plan.source.name));
    let mut source = run.source.read().await?;
    let mut rows = source.stream(&sql, &[]);
    let most = lock(&run.pace).batch(run.sub_tasks);
    let mut batch: Vec<Row> = Vec::with_capacity(most);
    let mut bytes = 0;
    while let Some(row) = rows.next().await {
        let row: Row = row?.into_iter().zip(&plan.read).map(|(value, column)| column.kind.settle(value)).collect();
        bytes += row.iter().map(Value::weight).sum::<usize>();
        batch.push(row);
        if batch.len() >= most || bytes >= BATCH_BYTES {
            if !send(run, &plan, &mut target, &mut batch).await? {
                return Ok(false);
            }
            bytes = 0;
        }
    }
    if run.stopping() {
        return Ok(false);
    }
    Ok(batch.is_empty() || send(run, &plan, &mut target, &mut batch).await?)
}

/// Puts the target table into the state the preparation mode asks for and gives its columns.
async fn prepare(run: &Run, plan: &Plan, target: &mut Session<Write>) -> Result<Vec<Column>, DbError> {
    let (from, to) = (run.source.dialect(), run.target.dialect());
    let (schema, table) = (plan.target.0.as_str(), plan.target.1.as_str());
    match (run.prep_mode, plan.exists) {
        (PrepMode::TruncateBeforeLoad, true) => target.script(&to.truncate(schema, table)).await?,
        (PrepMode::DoNothing, true) => {}
        // As DMS does, a missing table is created in every mode.
        (PrepMode::DropAndCreate, _) | (_, false) => {
            if let Some(create) = to.create_schema(schema) {
                // On PostgreSQL two sessions at once can both find the schema missing, and one is then refused. The
                // second time it is there.
                match target.script(&create).await {
                    Err(error) if !error.is_lost() => target.script(&create).await?,
                    done => done?,
                }
            }
            target.script(&to.drop_table(schema, table)).await?;
            let columns = plan.fresh(from, to);
            target.script(&to.create_table(schema, table, &columns, &plan.key)).await?;
            return Ok(columns);
        }
    }
    Ok(plan.written.clone())
}

/// Writes the rows in one transaction when the pace allows it. Says whether the run goes on.
async fn send(run: &Run, plan: &Plan, target: &mut Session<Write>, batch: &mut Vec<Row>) -> Result<bool, DbError> {
    let wait = lock(&run.pace).reserve(batch.len(), Instant::now());
    if !run.wait(wait).await {
        return Ok(false);
    }
    {
        let _turn = turn(run).await?;
        target.begin().await?;
        let written = insert(plan, target, batch).await;
        if let Err(error) = written {
            if !error.is_lost() {
                target.rollback().await?;
            }
            return Err(error);
        }
        target.commit().await?;
    }
    let (schema, table) = plan.name();
    run.voice.say(Happened::Loaded { schema, table, rows: batch.len() as u64 });
    batch.clear();
    Ok(!run.stopping())
}

async fn insert(plan: &Plan, target: &mut Session<Write>, rows: &[Row]) -> Result<(), DbError> {
    let dialect = target.dialect();
    let most = (dialect.max_parameters / plan.written.len().max(1)).max(1);
    for rows in rows.chunks(most) {
        let sql = dialect.insert(&plan.target.0, &plan.target.1, &plan.written, rows.len());
        target.execute(&sql, &rows.concat()).await?;
    }
    Ok(())
}

/// Waits for the right to write to the target.
pub async fn turn(run: &Run) -> Result<tokio::sync::SemaphorePermit<'_>, DbError> {
    run.writers.acquire().await.map_err(|closed| DbError::Unexpected(closed.to_string()))
}

fn lock(pace: &Mutex<Pace>) -> std::sync::MutexGuard<'_, Pace> {
    // A pace is a number and a time: whole whatever happened to its last holder.
    pace.lock().unwrap_or_else(PoisonError::into_inner)
}
