//! Sending one call: what it is, what it needs besides, what comes back. The only file here that asks the reader.

use super::fold::first_window;
use super::logs::{self, Ask, Read, Told};
use super::schedule::Job;
use crate::aws::{Answer, InstanceMetricQuery, MetricQuery, Reader, Serverless, TaskDetail, WhichTables};
use crate::model::event::{Asked, Event, Window};
use crate::model::log_place::LogSource;
use crate::model::observation::{InstanceSeries, LogFindings, LogNews, TaskSeries};
use crate::model::parts::{ConnectionTest, Endpoint, EventSubscription, Identity, Instance, PendingMaintenance};
use crate::model::schedule::Schedule;
use crate::model::table::TableRow;
use crate::model::task::Task;
use crate::model::{Problem, ProblemKind, ReplicationArn, Subject};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

pub(super) type Tags = BTreeMap<String, String>;

/// What came back, by job.
pub(super) enum Answered {
    Identity(Answer<Identity>),
    Tasks(Answer<Vec<Task>>),
    Instances(Answer<Vec<Instance>>),
    Endpoints(Answer<Vec<Endpoint>>),
    Connections(Answer<Vec<ConnectionTest>>),
    Settings(Vec<ReplicationArn>, Answer<Vec<Task>>),
    Tags(Answer<Vec<(ReplicationArn, Option<Tags>)>>),
    Metrics(Answer<Vec<TaskSeries>>),
    Events(Asked, Answer<Vec<Event>>),
    Schedules(Answer<Vec<Schedule>>),
    Subscriptions(Answer<Vec<EventSubscription>>),
    Maintenance(Answer<Vec<PendingMaintenance>>),
    InstanceMetrics(Answer<Vec<InstanceSeries>>),
    Charts(Answer<Vec<TaskSeries>>, Answer<Vec<InstanceSeries>>),
    Tables(Subject, Answer<Vec<TableRow>>),
    Log(LogSource, Answer<Read>),
    LogErrors(ReplicationArn, Answer<Read>),
    /// The two above, once taken in.
    News(LogSource, Told<LogNews>),
    Findings(Told<Vec<LogFindings>>),
}

/// What a call needs besides its job.
#[derive(Default)]
pub(super) struct Needs {
    pub(super) queries: Vec<MetricQuery>,
    pub(super) of_instances: Vec<InstanceMetricQuery>,
    pub(super) window: Option<Window>,
    pub(super) log: Option<Ask>,
}

impl Needs {
    fn log_window(self) -> Result<Ask, Problem> {
        self.log.ok_or_else(|| Problem {
            kind: ProblemKind::Internal,
            summary: "a log was asked for without a window".to_owned(),
            detail: String::new(),
            hint: "This is a mistake of cutover; r asks again.".to_owned(),
            request_id: None,
            at: Timestamp::now(),
        })
    }
}

impl Answered {
    /// What of it could not be told: the first problem stands for the others.
    pub(super) fn missing(&self) -> Option<Problem> {
        let missing = match self {
            Self::Identity(answer) => &answer.missing,
            Self::Tasks(answer) | Self::Settings(_, answer) => &answer.missing,
            Self::Instances(answer) => &answer.missing,
            Self::Endpoints(answer) => &answer.missing,
            Self::Connections(answer) => &answer.missing,
            Self::Tags(answer) => &answer.missing,
            Self::Metrics(answer) => &answer.missing,
            Self::Events(_, answer) => &answer.missing,
            Self::Schedules(answer) => &answer.missing,
            Self::Subscriptions(answer) => &answer.missing,
            Self::Maintenance(answer) => &answer.missing,
            Self::InstanceMetrics(answer) => &answer.missing,
            Self::Charts(task, instance) if task.missing.is_empty() => &instance.missing,
            Self::Charts(task, _) => &task.missing,
            Self::Tables(_, answer) => &answer.missing,
            Self::Log(_, answer) | Self::LogErrors(_, answer) => &answer.missing,
            Self::News(..) | Self::Findings(_) => return None,
        };
        missing.first().cloned()
    }

    /// Requests it took.
    pub(super) fn requests(&self) -> u32 {
        match self {
            Self::Identity(answer) => answer.pages,
            Self::Tasks(answer) | Self::Settings(_, answer) => answer.pages,
            Self::Instances(answer) => answer.pages,
            Self::Endpoints(answer) => answer.pages,
            Self::Connections(answer) => answer.pages,
            Self::Tags(answer) => answer.pages,
            Self::Metrics(answer) => answer.pages,
            Self::Events(_, answer) => answer.pages,
            Self::Schedules(answer) => answer.pages,
            Self::Subscriptions(answer) => answer.pages,
            Self::Maintenance(answer) => answer.pages,
            Self::InstanceMetrics(answer) => answer.pages,
            Self::Charts(task, instance) => task.pages + instance.pages,
            Self::Tables(_, answer) => answer.pages,
            Self::Log(_, answer) | Self::LogErrors(_, answer) => answer.pages,
            Self::News(..) | Self::Findings(_) => 0,
        }
    }
}

pub(super) async fn ask(reader: &Reader, job: &Job, known: Needs) -> Result<Answered, Problem> {
    Ok(match job {
        Job::Identity => Answered::Identity(reader.identity().await?),
        Job::Tasks { serverless } => {
            let serverless = if *serverless { Serverless::Include } else { Serverless::Skip };
            Answered::Tasks(reader.tasks(TaskDetail::Brief, serverless).await?)
        }
        Job::Instances => Answered::Instances(reader.instances().await?),
        Job::Endpoints => Answered::Endpoints(reader.endpoints().await?),
        Job::Connections => Answered::Connections(reader.connections().await?),
        Job::Events => {
            let now = reader.service_time(Timestamp::now());
            let asked = known.window.unwrap_or_else(|| first_window(now)).next(now);
            Answered::Events(asked, reader.events(asked.from, asked.to).await?)
        }
        Job::Schedules => {
            let (rules, schedules) = (reader.rules().await, reader.schedules().await);
            Answered::Schedules(both(rules, schedules)?)
        }
        Job::Subscriptions => Answered::Subscriptions(reader.event_subscriptions().await?),
        Job::Maintenance => Answered::Maintenance(reader.pending_maintenance().await?),
        Job::InstanceMetrics { minutes } => {
            let (from, to) = back(reader, *minutes);
            Answered::InstanceMetrics(reader.instance_metrics(&known.of_instances, from, to).await?)
        }
        Job::Charts { minutes, .. } => {
            let (from, to) = back(reader, *minutes);
            let task = reader.metrics(&known.queries, from, to).await?;
            Answered::Charts(task, reader.instance_metrics(&known.of_instances, from, to).await?)
        }
        Job::Settings { arns, all: true } => {
            let answer = reader.tasks(TaskDetail::Full, Serverless::Include).await?;
            Answered::Settings(arns.clone(), answer)
        }
        Job::Settings { arns, all: false } => Answered::Settings(arns.clone(), reader.tasks_in_full(arns).await?),
        Job::Tags(arns) => {
            let mut all: Answer<Vec<(ReplicationArn, Option<Tags>)>> = Answer::default();
            for arn in arns {
                let tags = match reader.tags(arn).await {
                    Ok(answer) => Some(answer.value),
                    // One that was deleted, or is not for us to see, must not keep the others from being read.
                    Err(problem) if matches!(problem.kind, ProblemKind::NotFound | ProblemKind::AccessDenied) => {
                        all.missing.push(problem);
                        None
                    }
                    Err(problem) => return Err(problem),
                };
                all.pages += 1;
                all.value.push((arn.clone(), tags));
            }
            Answered::Tags(all)
        }
        Job::Metrics { minutes, .. } => {
            let (from, to) = back(reader, *minutes);
            Answered::Metrics(reader.metrics(&known.queries, from, to).await?)
        }
        Job::Tables(arn) => Answered::Tables(Subject::Tables(arn.clone()), reader.tables(arn, WhichTables::All).await?),
        Job::TableErrors(arn) => {
            Answered::Tables(Subject::TableErrors(arn.clone()), reader.tables(arn, WhichTables::ErrorsOnly).await?)
        }
        Job::Log(source) => Answered::Log(source.clone(), logs::lines(reader, source, known.log_window()?).await?),
        Job::LogErrors(arn) => {
            let source = LogSource::Task(arn.clone());
            Answered::LogErrors(arn.clone(), logs::errors(reader, &source, known.log_window()?).await?)
        }
    })
}

/// So many minutes back from now, by the service's clock.
fn back(reader: &Reader, minutes: i64) -> (Timestamp, Timestamp) {
    let now = reader.service_time(Timestamp::now());
    (now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(now), now)
}

/// Two services in one list: where one of them may not be read, the other is still worth showing.
fn both(
    rules: Result<Answer<Vec<Schedule>>, Problem>,
    schedules: Result<Answer<Vec<Schedule>>, Problem>,
) -> Result<Answer<Vec<Schedule>>, Problem> {
    match (rules, schedules) {
        (Ok(mut rules), Ok(schedules)) => {
            rules.stated = rules.stated.zip(schedules.stated).map(|(a, b)| a.min(b));
            rules.pages += schedules.pages;
            rules.value.extend(schedules.value);
            rules.missing.extend(schedules.missing);
            Ok(rules)
        }
        (Ok(mut answer), Err(problem)) | (Err(problem), Ok(mut answer)) => {
            answer.missing.push(problem);
            Ok(answer)
        }
        (Err(problem), Err(_)) => Err(problem),
    }
}
