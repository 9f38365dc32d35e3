//! Waits until the load is complete: finished by DMS's own word, no table in error, and each table of the plan complete.
//!
//! How far it is goes into the journal all the time. What AWS tells may be old: a description from before our start, or older
//! than one that was seen, says nothing. A load that failed waits for a person, who has two ways to go on. `judge.rs` judges.

mod judge;

use super::load::{self, Started};
use super::look::{self, Looked};
use crate::aws::WhichTables;
use crate::model::Untrusted;
use crate::model::refresh::{LoadProgress, PlannedStep, TableLoad};
use crate::model::table::TableRow;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;
use jiff::{SignedDuration, Timestamp};
use judge::{Counted, Judged};
use std::time::Duration;

const EACH: Duration = Duration::from_secs(3);
/// Statistics may be late: so many looks are patient with them after the load has finished.
const LATE: u32 = 40;
const SAME_FOR: SignedDuration = SignedDuration::from_secs(10);

/// It only waits, so it waits again.
#[allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "as every probe")]
pub(super) async fn probe(_work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    Ok(Probe::NotYet)
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    load::chosen(work, step).await?;
    let Some(mut started) = load::started(work).await? else {
        return Err(Trouble::refused("the ledger does not say which start of the task is that of this run"));
    };
    let mut newest = None;
    let (mut late, mut told, mut shown) = (0, 0, None);
    loop {
        let (looked, rows) = looks(work).await?;
        if is_old(&looked, &started, newest) {
            work.wait(EACH).await?;
            continue;
        }
        newest = looked.task.newest_stated();
        if looked.is_newer_than(Some(started.start)) {
            let at = looked.start().map(look::clock).unwrap_or_default();
            work.warn(step, format!("somebody else has started the task again at {at}: that load is waited for"))
                .await?;
            started = load::adopt(work, step, &looked.task).await?;
        }
        let plan = std::sync::Arc::clone(&work.plan);
        let (judged, counted) = judge::judge(&plan, &looked.task, &rows, started.of);
        let progress = progress(&looked, &rows, look::now(work)?);
        if is_news(shown.as_ref(), &progress) {
            work.loading(progress.clone()).await?;
            shown = Some(progress);
        }
        work.note(step, counted.words()).await?;
        if counted.bad.len() > told {
            told = counted.bad.len();
            work.warn(step, format!("in error: {}", counted.bad.join(", "))).await?;
        }
        match judged {
            Judged::Complete => return Ok(Came::Done(done(&looked, &counted))),
            Judged::Failed(why) => return Err(failed(work, &why)),
            Judged::Late(why) if late >= LATE => return Err(failed(work, &why)),
            Judged::Late(_) => late += 1,
            Judged::Going => late = 0,
        }
        work.wait(EACH).await?;
    }
}

fn failed(work: &Work, why: &str) -> Trouble {
    let name = crate::model::shell::quoted(&work.plan.name.0);
    let rest = match work.plan.load {
        crate::model::refresh::Load::FullLoad => {
            format!(
                "`cutover refresh resume {name} --load-unfinished` loads what is not complete, --load-again all of it again"
            )
        }
        _ => format!("`cutover refresh resume {name} --load-again` loads all of it again"),
    };
    Trouble::Refused(format!("{why}. When the reason is gone: {rest}"))
}

/// From before our start, or older than what was seen.
fn is_old(looked: &Looked, started: &Started, newest: Option<Timestamp>) -> bool {
    looked.start() < Some(started.start) || looked.task.newest_stated() < newest
}

async fn looks(work: &mut Work) -> Result<(Looked, Vec<TableRow>), Trouble> {
    let looked = look::task(work).await?;
    let (reader, arn) = (work.aws()?.reader.clone(), work.plan.task.arn.clone());
    let asked = async { reader.tables(&arn, WhichTables::All).await };
    let mut answer = Box::pin(work.beside(asked)).await??;
    match answer.missing.pop() {
        Some(problem) => Err(problem.into()),
        None => Ok((looked, answer.value)),
    }
}

/// The same once more is written only so often that it does not look old.
fn is_news(shown: Option<&LoadProgress>, now: &LoadProgress) -> bool {
    let Some(shown) = shown else { return true };
    let same = LoadProgress { as_of: now.as_of, ..shown.clone() } == *now;
    !same || now.as_of.duration_since(shown.as_of) >= SAME_FOR
}

fn progress(looked: &Looked, rows: &[TableRow], now: Timestamp) -> LoadProgress {
    let stats = &looked.task.stats;
    let tables = rows.iter().map(|row| TableLoad {
        schema: row.schema.clone(),
        table: row.table.clone(),
        state: Untrusted::new(row.state.raw()),
        rows: u64::try_from(row.full_load_rows).ok(),
    });
    LoadProgress {
        as_of: looked.stated.unwrap_or(now),
        status: Untrusted::new(looked.task.status.raw()),
        percent: stats.full_load_progress_percent.and_then(|percent| u8::try_from(percent.clamp(0, 100)).ok()),
        tables: tables.collect(),
    }
}

fn done(looked: &Looked, counted: &Counted) -> String {
    let stats = &looked.task.stats;
    let took = stats.full_load_start.zip(stats.full_load_finish.or(stats.stop));
    let took = took.filter(|(from, to)| to > from).map(|(from, to)| to.duration_since(from).as_secs());
    let took = took.map(|seconds| format!(", in {seconds} s")).unwrap_or_default();
    format!("{}{took}", counted.words())
}
