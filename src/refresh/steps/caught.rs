//! Everything captured has been applied: both latencies low, nothing waiting, on evidence that is younger than the wish to end.
//!
//! Whether anybody still writes on the source only the application knows: whoever finishes a migration has stopped it before.
//! `proof.rs` judges; [`prove`] reads until it holds.

mod proof;

use super::look::{self, Looked};
use crate::aws::{MetricQuery, WhichTables};
use crate::model::metric::{MetricName, Point};
use crate::model::refresh::{PlannedStep, StepKind};
use crate::model::{ReplicationKind, Untrusted};
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;
use crate::validate::gate::{Evidence, Tables};
use jiff::{SignedDuration, Timestamp};
use proof::{Proof, Read};
use std::time::Duration;

const EACH: Duration = Duration::from_secs(15);
/// How far back points are asked for.
const BACK: SignedDuration = SignedDuration::from_mins(15);

const SINCE: &str = "since";

/// What was true a while ago says nothing.
#[allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "as every probe")]
pub(super) async fn probe(_work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    Ok(Probe::NotYet)
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    prove(work, step).await.map(Came::Done)
}

/// Waits until it is proven, and says by what.
pub(super) async fn prove(work: &mut Work, step: &PlannedStep) -> Result<String, Trouble> {
    let since = if let Some(since) = look::kept::<Timestamp>(work, StepKind::Caught, SINCE).await? {
        since
    } else {
        let now = look::now(work)?;
        look::keep(work, StepKind::Caught, SINCE, &now).await?;
        now
    };
    loop {
        let read = read(work).await?;
        let now = look::now(work)?;
        // What was measured before somebody resumed the task says nothing about what was written while it stood.
        let started = read.evidence.task.as_ref().and_then(|task| task.stats.start);
        match proof::judge(&read, started.map_or(since, |at| at.max(since)), now) {
            Proof::Through(how) => return Ok(how),
            Proof::NotYet(why) => work.note(step, format!("waiting: {why}")).await?,
            Proof::Never(why) => return Err(Trouble::Refused(why)),
        }
        work.wait(EACH).await?;
    }
}

async fn read(work: &mut Work) -> Result<Read, Trouble> {
    let looked = look::task(work).await?;
    let (instance, tables) = (instance(work, &looked).await?, tables(work).await?);
    let now = look::now(work)?;
    let reader = work.aws()?.reader.clone();
    let names = vec![MetricName::CDCLatencySource, MetricName::CDCLatencyTarget, MetricName::CDCIncomingChanges];
    let query = [MetricQuery { arn: looked.task.arn.clone(), instance, names }];
    let mut answer = Box::pin(work.beside(async { reader.metrics(&query, now - BACK, now).await })).await??;
    if let Some(problem) = answer.missing.pop() {
        return Err(problem.into());
    }
    let of = |name: MetricName| -> Vec<Point> {
        let found = answer.value.iter().find(|one| one.series.name == name);
        found.map(|one| one.series.points.clone()).unwrap_or_default()
    };
    let incoming = of(MetricName::CDCIncomingChanges);
    let evidence = Evidence {
        stated: looked.stated,
        task: Some(looked.task),
        source: of(MetricName::CDCLatencySource),
        target: of(MetricName::CDCLatencyTarget),
        measured: Some(now),
        tables: Some(tables),
        ..Evidence::default()
    };
    Ok(Read { evidence, incoming })
}

/// The statistics of all tables.
pub(super) async fn tables(work: &mut Work) -> Result<Tables, Trouble> {
    let (reader, arn) = (work.aws()?.reader.clone(), work.plan.task.arn.clone());
    let mut answer = Box::pin(work.beside(async { reader.tables(&arn, WhichTables::All).await })).await??;
    match answer.missing.pop() {
        Some(problem) => Err(problem.into()),
        None => Ok(Tables::of(&answer.value)),
    }
}

/// Name of the instance it runs on: it stands in no ARN.
async fn instance(work: &mut Work, looked: &Looked) -> Result<Option<Untrusted>, Trouble> {
    let Some(arn) = looked.task.instance.clone().filter(|_| looked.task.arn.kind() == ReplicationKind::Classic) else {
        return Ok(None);
    };
    let reader = work.aws()?.reader.clone();
    let all = Box::pin(work.beside(async { reader.instances().await })).await??.value;
    Ok(all.into_iter().find(|one| one.arn == arn).map(|one| one.name))
}
