//! Trying one operation, to find out whether this identity may use it: the cheapest request there is, of one page, with
//! little patience.
//!
//! Services ask IAM before they look for what is named, so "not found" is an answer of somebody who was allowed to ask.

use super::Reader;
use crate::aws::failure::Class;
use crate::aws::wire::Refused;
use crate::model::operation::Operation;
use crate::model::stamp::Stamp;
use crate::model::{InstanceArn, Problem, ReplicationArn};
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};

/// Throttling and a lost packet get a second chance; whoever waits for the result gets a reason instead of a third.
const TRIES: u32 = 2;

/// The smallest page of DMS.
const LEAST: i32 = 20;

/// Part of a name that nothing in an account has.
const NOBODY: &str = "cutover-doctor-finds-nothing";

/// The rule or schedule: its bus or group, and its name.
type Named = (String, String);

/// What operations that are about one thing are tried on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Samples {
    /// A classic task.
    pub task: Option<ReplicationArn>,
    /// A serverless replication.
    pub serverless: Option<ReplicationArn>,
    /// Bus and name.
    pub rule: Option<Named>,
    /// Group and name.
    pub schedule: Option<Named>,
    /// A log group.
    pub log_group: Option<String>,
    pub instance: Option<InstanceArn>,
    /// ARN of an SNS topic.
    pub topic: Option<String>,
}

/// What IAM said, as far as it can be told.
#[derive(Debug, Clone, PartialEq)]
pub enum Ruling {
    Allowed,
    Denied(Problem),
    /// Something else came in between.
    Unknown(Problem),
}

/// One operation, tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    pub ruling: Ruling,
    /// There was nothing to try it on: it asked about something that does not exist. A policy for named resources refuses
    /// that and may yet allow what matters.
    pub on_nothing: bool,
    pub stamp: Option<Stamp>,
    /// The first rule, schedule or event subscription (with its topic), where that was asked for.
    pub found: Option<Named>,
}

impl Reader {
    /// Sends one request of this operation.
    pub async fn try_out(&self, operation: Operation, samples: &Samples) -> Trial {
        let on_nothing = match operation {
            Operation::DescribeTableStatistics => samples.task.is_none(),
            Operation::ListTagsForResource => samples.task.is_none() && samples.serverless.is_none(),
            Operation::DescribeReplicationTableStatistics => samples.serverless.is_none(),
            Operation::ListTargetsByRule | Operation::DescribeRule => samples.rule.is_none(),
            Operation::GetSchedule => samples.schedule.is_none(),
            Operation::FilterLogEvents | Operation::DescribeLogStreams => samples.log_group.is_none(),
            Operation::DescribeReplicationInstanceTaskLogs => samples.instance.is_none(),
            Operation::GetTopicAttributes | Operation::ListSubscriptionsByTopic => samples.topic.is_none(),
            Operation::GetSecretValue => true,
            _ => false,
        };
        match self.attempt(operation, samples).await {
            Ok((stamp, found)) => Trial { ruling: Ruling::Allowed, on_nothing, stamp, found },
            Err(Refused { class, problem, stamp }) => {
                let ruling = match class {
                    Class::NotFound | Class::State => Ruling::Allowed,
                    Class::Denied => Ruling::Denied(*problem),
                    _ => Ruling::Unknown(*problem),
                };
                Trial { ruling, on_nothing, stamp, found: None }
            }
        }
    }

    #[allow(clippy::too_many_lines, reason = "an arm for each operation, so that none can be forgotten")]
    async fn attempt(
        &self,
        operation: Operation,
        samples: &Samples,
    ) -> Result<(Option<Stamp>, Option<Named>), Refused> {
        let clients = &self.wire.clients;
        let (dms, logs) = (&clients.dms, &clients.logs);
        let (events, scheduler) = (&clients.events, &clients.scheduler);
        let now = self.service_time(Timestamp::now());
        macro_rules! once {
            ($request:expr) => {
                once!($request, |_page| None)
            };
            ($request:expr, |$page:ident| $found:expr) => {
                self.wire
                    .send_at_most(TRIES, operation, self.urgency, 0, |witness| {
                        $request.customize().interceptor(witness).send()
                    })
                    .await
                    .map(|reply| {
                        let $page = &reply.value;
                        (reply.stamp, $found)
                    })
            };
        }
        match operation {
            Operation::GetCallerIdentity => self.wire.who().await.map(|reply| (reply.stamp, None)),
            Operation::DescribeReplicationTasks => {
                once!(dms.describe_replication_tasks().max_records(LEAST).without_settings(true))
            }
            Operation::DescribeTableStatistics => {
                let arn = arn(samples.task.as_ref(), || self.made_up("dms", "task:"));
                once!(dms.describe_table_statistics().replication_task_arn(&arn).max_records(LEAST))
            }
            Operation::DescribeReplicationInstances => {
                once!(dms.describe_replication_instances().max_records(LEAST))
            }
            Operation::DescribePendingMaintenanceActions => {
                once!(dms.describe_pending_maintenance_actions().max_records(LEAST))
            }
            Operation::DescribeReplicationInstanceTaskLogs => {
                let known = samples.instance.as_ref().map(|arn| arn.0.clone());
                let arn = known.unwrap_or_else(|| self.made_up("dms", "rep:"));
                once!(dms.describe_replication_instance_task_logs().replication_instance_arn(&arn).max_records(LEAST))
            }
            Operation::DescribeEndpoints => once!(dms.describe_endpoints().max_records(LEAST)),
            Operation::DescribeConnections => once!(dms.describe_connections().max_records(LEAST)),
            Operation::DescribeReplications => once!(dms.describe_replications().max_records(LEAST)),
            Operation::DescribeReplicationConfigs => once!(dms.describe_replication_configs().max_records(LEAST)),
            Operation::DescribeReplicationTableStatistics => {
                let arn = arn(samples.serverless.as_ref(), || self.made_up("dms", "replication-config:"));
                once!(dms.describe_replication_table_statistics().replication_config_arn(&arn).max_records(LEAST))
            }
            Operation::ListTagsForResource => {
                let known = samples.task.as_ref().or(samples.serverless.as_ref());
                let arn = arn(known, || self.made_up("dms", "task:"));
                once!(dms.list_tags_for_resource().resource_arn(&arn))
            }
            Operation::GetMetricData => self.one_metric(now).await,
            Operation::DescribeEvents => {
                let from = DateTime::from_secs((now - SignedDuration::from_mins(1)).as_second());
                once!(dms.describe_events().start_time(from).max_records(LEAST))
            }
            Operation::DescribeEventSubscriptions => {
                once!(dms.describe_event_subscriptions().max_records(LEAST), |page| {
                    page.event_subscriptions_list()
                        .first()
                        .and_then(|one| Some((one.cust_subscription_id()?.to_owned(), one.sns_topic_arn()?.to_owned())))
                })
            }
            Operation::GetTopicAttributes => {
                let arn = samples.topic.clone().unwrap_or_else(|| self.made_up("sns", ""));
                once!(clients.sns.get_topic_attributes().topic_arn(&arn))
            }
            Operation::ListSubscriptionsByTopic => {
                let arn = samples.topic.clone().unwrap_or_else(|| self.made_up("sns", ""));
                once!(clients.sns.list_subscriptions_by_topic().topic_arn(&arn))
            }
            // Never a real one: a password is read by whoever needs it.
            Operation::GetSecretValue => once!(clients.secrets.get_secret_value().secret_id(NOBODY)),
            Operation::ListEventBuses => once!(events.list_event_buses().limit(1)),
            Operation::ListRules => once!(events.list_rules().limit(1), |page| page.rules().first().and_then(|rule| {
                Some((rule.event_bus_name().unwrap_or("default").to_owned(), rule.name()?.to_owned()))
            })),
            Operation::ListTargetsByRule => {
                let (bus, name) = samples.rule.clone().unwrap_or_else(|| ("default".to_owned(), NOBODY.to_owned()));
                once!(events.list_targets_by_rule().event_bus_name(&bus).rule(&name).limit(1))
            }
            Operation::DescribeRule => {
                let (bus, name) = samples.rule.clone().unwrap_or_else(|| ("default".to_owned(), NOBODY.to_owned()));
                once!(events.describe_rule().event_bus_name(&bus).name(&name))
            }
            // Only carrying it out would tell, and a reader carries nothing out.
            Operation::EnableRule
            | Operation::DisableRule
            | Operation::UpdateSchedule
            | Operation::StartReplicationTask
            | Operation::StopReplicationTask
            | Operation::ReloadTables
            | Operation::TestConnection
            | Operation::StartReplication
            | Operation::StopReplication
            | Operation::ReloadReplicationTables
            | Operation::Publish => Err(Refused {
                class: Class::Request,
                problem: Box::new(self.wire.unreadable(operation, "it cannot be tried without changing something")),
                stamp: None,
            }),
            Operation::ListSchedules => {
                once!(scheduler.list_schedules().max_results(1), |page| page.schedules().first().and_then(|schedule| {
                    Some((schedule.group_name().unwrap_or("default").to_owned(), schedule.name()?.to_owned()))
                }))
            }
            Operation::GetSchedule => {
                let known = samples.schedule.clone();
                let (group, name) = known.unwrap_or_else(|| ("default".to_owned(), NOBODY.to_owned()));
                once!(scheduler.get_schedule().group_name(&group).name(&name))
            }
            Operation::FilterLogEvents => {
                let group = samples.log_group.as_deref().unwrap_or(NO_GROUP);
                // A search from the beginning of a log would read all of it.
                let from = (now - SignedDuration::from_mins(1)).as_millisecond();
                once!(logs.filter_log_events().log_group_name(group).start_time(from).limit(1))
            }
            Operation::DescribeLogStreams => {
                let group = samples.log_group.as_deref().unwrap_or(NO_GROUP);
                once!(logs.describe_log_streams().log_group_name(group).limit(1))
            }
            Operation::DescribeLogGroups => {
                // A policy for the groups of DMS allows a list of those.
                once!(logs.describe_log_groups().log_group_name_prefix("dms-").limit(1))
            }
        }
    }

    /// One metric of nothing: it costs a thousandth of a cent, and IAM knows no smaller unit than all metrics.
    async fn one_metric(&self, now: Timestamp) -> Result<(Option<Stamp>, Option<Named>), Refused> {
        let cloudwatch = &self.wire.clients.cloudwatch;
        let dimension = Dimension::builder().name("ReplicationInstanceIdentifier").value(NOBODY).build();
        let metric =
            Metric::builder().namespace("AWS/DMS").metric_name("CDCLatencyTarget").dimensions(dimension).build();
        let stat = MetricStat::builder().metric(metric).period(60).stat("Maximum").build();
        let query = MetricDataQuery::builder().id("m0").metric_stat(stat).build();
        let at = |minutes| DateTime::from_secs((now - SignedDuration::from_mins(minutes)).as_second());
        let sent = self.wire.send_at_most(TRIES, Operation::GetMetricData, self.urgency, 1, |witness| {
            cloudwatch
                .get_metric_data()
                .metric_data_queries(query.clone())
                .start_time(at(2))
                .end_time(at(1))
                .customize()
                .interceptor(witness)
                .send()
        });
        sent.await.map(|reply| (reply.stamp, None))
    }

    /// ARN of something that is not there; `kind` is what stands before its name.
    fn made_up(&self, service: &str, kind: &str) -> String {
        let (account, region) = (&self.scope().account.0, &self.scope().region.0);
        let partition = match region.split('-').next() {
            Some("cn") => "aws-cn",
            _ if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        format!("arn:{partition}:{service}:{region}:{account}:{kind}{}", NOBODY.to_ascii_uppercase().replace('-', ""))
    }
}

/// A log group that is not there, under the names that policies for DMS allow.
const NO_GROUP: &str = "dms-tasks-cutover-doctor-finds-nothing";

fn arn(known: Option<&ReplicationArn>, made_up: impl FnOnce() -> String) -> String {
    known.map_or_else(made_up, |arn| arn.as_str().to_owned())
}
