//! What the commands without a screen ask AWS for. Each blocks until it is told or cannot be told.

mod events;

pub use events::{EventFacts, events, follow};

use super::{Failure, Setup, panic};
use crate::aws::{
    self, Answer, Connected, InstanceMetricQuery, Limiters, MetricQuery, Reader, Serverless, TaskDetail, WhichTables,
};
use crate::feeds;
use crate::model::alert::{self, Stated};
use crate::model::metric::{MetricName, Point, Series};
use crate::model::observation::TaskSeries;
use crate::model::parts::Instance;
use crate::model::schedule::Schedule;
use crate::model::table::TableRow;
use crate::model::task::{Task, TaskStatus};
use crate::model::untrusted::shown;
use crate::model::{Problem, ReplicationArn, ReplicationKind, Scope, Subject, TaskName};
use jiff::{SignedDuration, Timestamp};

/// How far back the newest point is looked for; an older one says nothing about now anyway.
const RECENT: SignedDuration = SignedDuration::from_mins(15);

/// Every watched task with its newest metrics.
#[derive(Debug, Clone)]
pub struct TaskFacts {
    pub tasks: Vec<Task>,
    series: Vec<TaskSeries>,
    /// Without an answer about metrics a missing point is unknown, not missing.
    pub metrics_answered: bool,
    /// When the service stated the list of tasks.
    pub stated: Option<Timestamp>,
    pub now: Timestamp,
    missing: Vec<Problem>,
}

/// The tables of one task.
#[derive(Debug, Clone)]
pub struct TableFacts {
    pub rows: Vec<TableRow>,
    pub stated: Option<Timestamp>,
    missing: Vec<Problem>,
}

/// The metrics of one task.
#[derive(Debug, Clone)]
pub struct MetricFacts {
    pub series: Vec<Series>,
    /// Of the instance it runs on, where that was asked for.
    pub of_instance: Vec<Series>,
    pub now: Timestamp,
    missing: Vec<Problem>,
}

/// Every rule and schedule of the account and region.
#[derive(Debug, Clone)]
pub struct ScheduleFacts {
    pub schedules: Vec<Schedule>,
    /// Names of the tasks that targets touch, as far as they could be told.
    names: Vec<(ReplicationArn, TaskName)>,
    pub now: Timestamp,
    missing: Vec<Problem>,
}

impl ScheduleFacts {
    pub fn name(&self, arn: &ReplicationArn) -> Option<&TaskName> {
        self.names.iter().find(|(known, _)| known == arn).map(|(_, name)| name)
    }

    /// Fails with everything that could not be told.
    pub fn complete(&self) -> Result<(), Failure> {
        let mut all = self.missing.iter().map(|problem| Failure::from(problem.clone()));
        let Some(mut first) = all.next() else { return Ok(()) };
        for other in all {
            first.lines.extend(other.lines);
        }
        Err(first)
    }
}

impl TaskFacts {
    pub fn points(&self, arn: &ReplicationArn, name: MetricName) -> &[Point] {
        let mut of_task = self.series.iter().filter(|one| one.arn == *arn && one.series.name == name);
        of_task.next().map_or(&[], |one| &one.series.points)
    }

    /// Time of the newest point of any metric.
    pub fn newest_point(&self, arn: &ReplicationArn) -> Option<Timestamp> {
        self.series
            .iter()
            .filter(|one| one.arn == *arn)
            .filter_map(|one| one.series.newest())
            .map(|point| point.at)
            .max()
    }

    /// Fails with the first part that could not be told.
    pub fn complete(&self) -> Result<(), Failure> {
        complete(&self.missing)
    }
}

/// What a command knows is less than what a console does: rules that would need more say nothing.
impl alert::Facts for TaskFacts {
    fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    fn sees_every_task(&self) -> bool {
        false
    }

    fn points(&self, task: &ReplicationArn, name: MetricName) -> &[Point] {
        Self::points(self, task, name)
    }

    fn metrics_answered(&self, _now: Timestamp) -> Option<Timestamp> {
        self.metrics_answered.then_some(self.now)
    }

    fn metrics_back(&self) -> SignedDuration {
        RECENT
    }

    fn stated(&self, subject: &Subject) -> Option<Stated> {
        (*subject == Subject::Tasks).then_some(Stated { as_of: self.stated, received: self.now })
    }
}

impl TableFacts {
    /// Fails with the first part that could not be told.
    pub fn complete(&self) -> Result<(), Failure> {
        complete(&self.missing)
    }
}

impl MetricFacts {
    /// Fails with the first part that could not be told.
    pub fn complete(&self) -> Result<(), Failure> {
        complete(&self.missing)
    }
}

fn complete(missing: &[Problem]) -> Result<(), Failure> {
    missing.first().map_or(Ok(()), |problem| Err(problem.clone().into()))
}

/// Every watched task of the account and region.
pub fn tasks(setup: &Setup) -> Result<TaskFacts, Failure> {
    block(async {
        let reader = connect(setup).await?;
        let Answer { value: mut tasks, stated, mut missing, .. } = list(&reader).await?;
        watched(&reader, &setup.watch, &mut tasks).await?;
        let now = reader.service_time(Timestamp::now());
        // Only where a point is due or its age says something.
        let names = [MetricName::CDCLatencySource, MetricName::CDCLatencyTarget];
        let running = |task: &&Task| task.status == TaskStatus::Running && task.migration_type.has_cdc();
        let asked: Vec<&Task> = tasks.iter().filter(running).collect();
        let series = match instances(&reader, &asked).await {
            Ok(instances) => points(&reader, &asked, &instances, &names, (now - RECENT, now)).await,
            Err(problem) => Err(problem),
        };
        let (series, metrics_answered) = match series {
            Ok(answer) => {
                missing.extend(answer.missing);
                (answer.value, true)
            }
            Err(problem) => {
                missing.push(problem);
                (Vec::new(), false)
            }
        };
        Ok(TaskFacts { tasks, series, metrics_answered, stated, now, missing })
    })
}

/// The tables of the task that is named, by ARN or exact name.
pub fn tables(setup: &Setup, named: &str) -> Result<TableFacts, Failure> {
    block(async {
        let reader = connect(setup).await?;
        let task = the_task(&reader, named).await?;
        let Answer { value: rows, stated, missing, .. } = reader.tables(&task.arn, WhichTables::All).await?;
        Ok(TableFacts { rows, stated, missing })
    })
}

/// Every metric of the task that is named, by ARN or exact name, as far `back`; with `instance` also those of the instance
/// it runs on.
pub fn metrics(setup: &Setup, named: &str, back: SignedDuration, instance: bool) -> Result<MetricFacts, Failure> {
    block(async {
        let reader = connect(setup).await?;
        let task = the_task(&reader, named).await?;
        let now = reader.service_time(Timestamp::now());
        let times = (now - back, now);
        if instance && task.arn.kind() == ReplicationKind::Serverless {
            return Err(Failure::usage("--instance: a serverless task runs on no instance; leave it out"));
        }
        let instances = instances(&reader, &[&task]).await?;
        let Answer { value, mut missing, .. } = points(&reader, &[&task], &instances, &MetricName::TASK, times).await?;
        let series = value.into_iter().map(|one| one.series).collect();
        let mut of_instance = Vec::new();
        let here = instances.into_iter().filter(|one| instance && task.instance.as_ref() == Some(&one.arn));
        for Instance { arn, name, .. } in here {
            let query = InstanceMetricQuery { arn, name, names: MetricName::INSTANCE.to_vec() };
            let answer = reader.instance_metrics(&[query], times.0, times.1).await?;
            missing.extend(answer.missing);
            of_instance.extend(answer.value.into_iter().map(|one| one.series));
        }
        Ok(MetricFacts { series, of_instance, now, missing })
    })
}

/// Every rule on every bus and every schedule of every group. A service that refuses leaves the other.
pub fn schedules(setup: &Setup) -> Result<ScheduleFacts, Failure> {
    block(async {
        let reader = connect(setup).await?;
        let (rules, schedules) = (reader.rules().await, reader.schedules().await);
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for part in [rules, schedules] {
            match part {
                Ok(answer) => {
                    found.extend(answer.value);
                    missing.extend(answer.missing);
                }
                Err(problem) => missing.push(problem),
            }
        }
        let mut names = Vec::new();
        if found.iter().any(|schedule| schedule.deeds().next().is_some()) {
            match list(&reader).await {
                Ok(answer) => names.extend(answer.value.into_iter().map(|task| (task.arn, task.name))),
                Err(problem) => missing.push(problem),
            }
        }
        let now = reader.service_time(Timestamp::now());
        Ok(ScheduleFacts { schedules: found, names, now, missing })
    })
}

pub(super) fn block<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    block_on(work)?
}

/// Runs to its end whatever it is.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::could_not(format!("no runtime: {error}")))?;
    let done = runtime.block_on(work);
    // A resolver thread may still wait for a name server; nobody waits for it.
    runtime.shutdown_background();
    Ok(done)
}

pub(super) async fn connect(setup: &Setup) -> Result<Reader, Failure> {
    connected(setup).await.map(|connected| connected.reader)
}

/// The same, with who we are.
pub(super) async fn connected(setup: &Setup) -> Result<Connected, Failure> {
    panic::on_request("headless");
    Ok(aws::connect(&setup.aws(), &Limiters::default()).await?)
}

async fn list(reader: &Reader) -> Result<Answer<Vec<Task>>, Problem> {
    reader.tasks(TaskDetail::Brief, Serverless::Include).await
}

/// Every task with its settings and mappings.
pub(super) async fn list_in_full(reader: &Reader) -> Result<Answer<Vec<Task>>, Problem> {
    reader.tasks(TaskDetail::Full, Serverless::Include).await
}

/// Leaves the tasks that the configuration limits us to.
pub(super) async fn watched(reader: &Reader, watch: &feeds::Settings, tasks: &mut Vec<Task>) -> Result<(), Problem> {
    tasks.retain(|task| watch.watches(task.name.raw()));
    if watch.tags.is_empty() {
        return Ok(());
    }
    let mut kept = Vec::new();
    for task in tasks.drain(..) {
        if watch.has_tags(&reader.tags(&task.arn).await?.value) {
            kept.push(task);
        }
    }
    *tasks = kept;
    Ok(())
}

/// The one task with this ARN or exactly this name. Never a prefix, never a guess.
pub(super) async fn the_task(reader: &Reader, named: &str) -> Result<Task, Failure> {
    let Answer { value, missing, .. } = list(reader).await?;
    let place = format!("account {} in {}", reader.scope().account.0, reader.scope().region.0);
    let found = one_of(value, named, &place)?;
    if let Some(task) = found {
        return Ok(task);
    }
    // It may be among those that could not be read.
    complete(&missing)?;
    let hint = elsewhere(reader.scope(), named)
        .unwrap_or_else(|| "TASK is an ARN or the whole name; `cutover tasks` lists them.".to_owned());
    Err(Failure { status: 2, lines: vec![format!("no task {:?} in {place}", shown(named)), hint] })
}

/// An ARN says where its task is; these credentials may be for another place.
fn elsewhere(scope: &Scope, named: &str) -> Option<String> {
    let arn = ReplicationArn::parse(named).ok()?;
    let (account, region) = (arn.account(), arn.region());
    let (account, region) = (shown(&account.0), shown(&region.0));
    if *account != *scope.account.0 {
        return Some(format!("That ARN is of account {account} in {region}: use a --profile of that account."));
    }
    (*region != *scope.region.0).then(|| format!("That ARN is of {region}: pass --region {region}."))
}

fn one_of(tasks: Vec<Task>, named: &str, place: &str) -> Result<Option<Task>, Failure> {
    let mut found: Vec<Task> =
        tasks.into_iter().filter(|task| task.arn.as_str() == named || task.name.raw() == named).collect();
    if found.len() > 1 {
        let arns: Vec<&str> = found.iter().map(|task| task.arn.as_str()).collect();
        let lines = vec![
            format!("{} tasks are called {:?} in {place}", found.len(), shown(named)),
            format!("name one by its ARN: {}", arns.join(", ")),
        ];
        return Err(Failure { status: 2, lines });
    }
    Ok(found.pop())
}

/// Instances where these tasks have some: their names stand in no ARN.
async fn instances(reader: &Reader, tasks: &[&Task]) -> Result<Vec<Instance>, Problem> {
    let classic = tasks.iter().any(|task| task.arn.kind() == ReplicationKind::Classic);
    Ok(if classic { reader.instances().await?.value } else { Vec::new() })
}

/// Points of these metrics.
async fn points(
    reader: &Reader,
    tasks: &[&Task],
    instances: &[Instance],
    names: &[MetricName],
    (from, to): (Timestamp, Timestamp),
) -> Result<Answer<Vec<TaskSeries>>, Problem> {
    if tasks.is_empty() {
        return Ok(Answer::default());
    }
    let queries: Vec<MetricQuery> = tasks
        .iter()
        .map(|task| {
            let here = instances.iter().find(|instance| task.instance.as_ref() == Some(&instance.arn));
            MetricQuery {
                arn: task.arn.clone(),
                instance: here.map(|instance| instance.name.clone()),
                names: names.to_vec(),
            }
        })
        .collect();
    reader.metrics(&queries, from, to).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, Region};
    use serde_json::json;

    fn task(arn: &str, name: &str) -> Task {
        serde_json::from_value(json!({
            "arn": arn, "name": name, "migration_type": "cdc", "status": "running", "stop_reason": null,
            "last_failure": null, "source": "s", "target": "t", "instance": null,
            "stats": {"full_load_progress_percent": null, "elapsed_ms": null, "tables_loaded": 0, "tables_loading": 0,
                      "tables_queued": 0, "tables_errored": 0, "fresh_start": null, "start": null, "stop": null,
                      "full_load_start": null, "full_load_finish": null},
            "table_mappings": null, "settings": null, "cdc_start_position": null, "cdc_stop_position": null,
            "recovery_checkpoint": null
        }))
        .unwrap()
    }

    #[test]
    fn an_arn_of_another_place_says_so() {
        let scope = Scope {
            profile: "p".into(),
            account: AccountId("123456789012".into()),
            region: Region("eu-west-1".into()),
        };
        for (named, want) in [
            ("arn:aws:dms:us-east-1:123456789012:task:A", Some("pass --region us-east-1")),
            ("arn:aws:dms:eu-west-1:999999999999:task:A", Some("account 999999999999 in eu-west-1: use a --profile")),
            ("arn:aws:dms:eu-west-1:123456789012:task:A", None),
            ("orders-cdc", None),
        ] {
            let said = elsewhere(&scope, named);
            assert_eq!(said.is_some(), want.is_some(), "{named}: {said:?}");
            assert!(said.unwrap_or_default().contains(want.unwrap_or_default()), "{named}");
        }
    }

    #[test]
    fn a_task_is_an_arn_or_an_exact_name_and_never_a_guess() {
        let arn = |id: &str| format!("arn:aws:dms:eu-west-1:123456789012:task:{id}");
        let tasks = || {
            vec![
                task(&arn("A"), "orders"),
                task(&arn("B"), "orders-cdc"),
                task(&arn("C"), "twice"),
                task(&arn("D"), "twice"),
            ]
        };
        let id = |named: &str| one_of(tasks(), named, "here").map(|found| found.map(|task| task.arn.resource_id().0));
        assert_eq!(id("orders"), Ok(Some("A".to_owned())));
        assert_eq!(id(&arn("B")), Ok(Some("B".to_owned())));
        for nothing in ["order", "orders-", "ORDERS", "B", ""] {
            assert_eq!(id(nothing), Ok(None), "{nothing}");
        }
        let twice = id("twice").unwrap_err();
        assert_eq!(twice.status, 2);
        assert!(twice.lines[1].contains(&arn("C")) && twice.lines[1].contains(&arn("D")), "{twice:?}");
    }
}
