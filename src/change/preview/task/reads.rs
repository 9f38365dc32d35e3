//! What is read for a preview besides the facts it is judged by: all of it at once, and each only where it is told of.

use super::{Around, Here, Listed, task};
use crate::aws::{MetricQuery, Reader, Urgency, WhichTables};
use crate::change::facts::{TaskFacts, tests_of};
use crate::change::grade::{grade, may_load};
use crate::change::{Drafter, Time};
use crate::model::change::{Grade, Meant, Preview, Verb};
use crate::model::metric::{KEPT, MetricName, Series};
use crate::model::parts::ConnectionTest;
use crate::model::table::TableRow;
use crate::model::task::TaskStatus;
use crate::model::{Problem, ReplicationKind};
use futures_util::future::{Either, join, join4, select};
use jiff::Timestamp;
use std::time::Duration;

/// A stop waits no longer for what is told with it: about 60 requests at the pace of a person who waits, which is a dozen
/// stops at once.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a stop is judged by.
const METRICS: [MetricName; 2] = [MetricName::CDCIncomingChanges, MetricName::CDCLatencyTarget];

impl Drafter {
    pub(in crate::change) async fn preview_task(&self, facts: TaskFacts, meant: &Meant, verb: &Verb) -> Preview {
        let reader = self.reader().at(Urgency::Interactive);
        let destroys = matches!(grade(&facts, verb), Grade::Destroys { .. });
        let stops = *verb == Verb::Stop && facts.task.status == TaskStatus::Running;
        let now = reader.service_time(self.now());
        // A task may have tens of thousands of tables, at 500 a request: they are read only where a line tells of them.
        let has_run = facts.task.stats.fresh_start.is_some();
        let every = match verb {
            Verb::Start { .. } => destroys && has_run,
            Verb::Resume { .. } | Verb::Reload { .. } => may_load(&facts, verb) && has_run,
            Verb::Stop => stops,
            Verb::ReloadTables { .. } | Verb::TestConnections => false,
        };
        // Who stops something does not wait for what he is told besides.
        let patience = stops.then_some(self.time());
        let tested = stops && facts.task.arn.kind() == ReplicationKind::Classic;
        let (tables, points, schedules, tests) = Box::pin(join4(
            when(every, in_time(patience, tables(&reader, &facts))),
            when(stops && facts.task.migration_type.has_cdc(), in_time(patience, points(&reader, &facts, now))),
            when(destroys, schedules(&reader)),
            when(tested, in_time(patience, tests(&reader, &facts))),
        ))
        .await;
        let around = Around { tables, points, schedules, tests };
        let environment = self.environment();
        let here = Here { scope: reader.scope(), environment: environment.as_deref(), safeguards: self.safeguards() };
        // Ages are by the clock of AWS, how long an answer counts is by ours.
        let preview = task(&facts, &around, meant, verb, here, now);
        Preview { made: self.now(), ..preview }
    }
}

async fn when<T>(wanted: bool, read: impl Future<Output = T>) -> Option<T> {
    if wanted { Some(read.await) } else { None }
}

/// Without a clock, as long as it takes.
async fn in_time<T>(clock: Option<Time>, read: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let Some(clock) = clock else { return read.await };
    match select(Box::pin(read), (clock.wait)(PATIENCE)).await {
        Either::Left((read, _)) => read,
        Either::Right(_) => Err(format!("reading it takes longer than {} s", PATIENCE.as_secs())),
    }
}

fn why(problem: &Problem) -> String {
    crate::model::untrusted::shown(&problem.summary).into_owned()
}

async fn tables(reader: &Reader, facts: &TaskFacts) -> Result<Vec<TableRow>, String> {
    let answer = reader.tables(&facts.task.arn, WhichTables::All).await;
    answer.map(|answer| answer.value).map_err(|problem| why(&problem))
}

async fn tests(reader: &Reader, facts: &TaskFacts) -> Result<[Option<ConnectionTest>; 2], String> {
    let answer = reader.connections().await;
    answer.map(|answer| tests_of(&facts.task, &answer.value)).map_err(|problem| why(&problem))
}

async fn points(reader: &Reader, facts: &TaskFacts, now: Timestamp) -> Result<Vec<Series>, String> {
    let task = &facts.task;
    let instance = match (task.arn.kind(), &task.instance) {
        (ReplicationKind::Classic, Some(arn)) => {
            let instances = reader.instances().await.map_err(|problem| why(&problem))?.value;
            instances.into_iter().find(|instance| instance.arn == *arn).map(|instance| instance.name)
        }
        _ => None,
    };
    let query = MetricQuery { arn: task.arn.clone(), instance, names: METRICS.to_vec() };
    let from = now.checked_sub(KEPT).unwrap_or(now);
    let answer = reader.metrics(&[query], from, now).await.map_err(|problem| why(&problem))?;
    if let (true, Some(problem)) = (answer.value.is_empty(), answer.missing.first()) {
        return Err(why(problem));
    }
    Ok(answer.value.into_iter().map(|one| one.series).collect())
}

/// Rules and schedules of both services. One that is denied leaves the other.
async fn schedules(reader: &Reader) -> Result<Listed, String> {
    let mut listed = Listed::default();
    let mut refused = Vec::new();
    let (rules, schedules) = join(reader.rules(), reader.schedules()).await;
    for answer in [rules, schedules] {
        match answer {
            Ok(answer) => {
                listed.all.extend(answer.value);
                refused.extend(answer.missing.first().map(why));
            }
            Err(problem) => refused.push(why(&problem)),
        }
    }
    if refused.len() > 1 && listed.all.is_empty() {
        return Err(refused.swap_remove(0));
    }
    listed.missing = refused.into_iter().next();
    Ok(listed)
}
