//! CloudWatch metrics of tasks and instances.

use super::Reader;
use crate::aws::answer::Answer;
use crate::aws::convert;
use crate::aws::wire::Refused;
use crate::model::metric::{MetricName, Point, Series};
use crate::model::observation::{InstanceSeries, TaskSeries};
use crate::model::operation::Operation;
use crate::model::{InstanceArn, Problem, ReplicationArn, ReplicationKind, Untrusted};
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, StatusCode};
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The service's limit of queries in one request.
pub const QUERIES_PER_CALL: usize = 500;

/// Seconds. DMS publishes each minute (section 3 of the DMS facts).
const PERIOD: i32 = 60;
const NAMESPACE: &str = "AWS/DMS";

/// Which metrics of which task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricQuery {
    pub arn: ReplicationArn,
    /// *Name* of the replication instance: it stands in no ARN. Not needed for a serverless task.
    pub instance: Option<Untrusted>,
    pub names: Vec<MetricName>,
}

/// Which metrics of which instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceMetricQuery {
    pub arn: InstanceArn,
    /// Its *name*: it stands in no ARN.
    pub name: Untrusted,
    pub names: Vec<MetricName>,
}

type Dimensions = Vec<(&'static str, String)>;

/// DMS keeps names of instances in lower case (section 3.2 of the DMS facts).
fn instance_dimension(name: &Untrusted) -> (&'static str, String) {
    ("ReplicationInstanceIdentifier", name.raw().to_ascii_lowercase())
}

/// Dimensions under which DMS publishes a task's metrics; `None` where the instance's name is missing.
fn dimensions(query: &MetricQuery) -> Option<Dimensions> {
    let resource_id = query.arn.resource_id().0;
    match query.arn.kind() {
        ReplicationKind::Classic => Some(vec![
            instance_dimension(query.instance.as_ref()?),
            // The resource id, although the API's field of this name holds the task's name.
            ("ReplicationTaskIdentifier", resource_id),
        ]),
        ReplicationKind::Serverless => {
            Some(vec![("ReplicationConfigId", format!("{}:{resource_id}", query.arn.account().0))])
        }
    }
}

/// One query of the wire, with whose it is.
struct Asked<'a, A> {
    arn: &'a A,
    name: MetricName,
    query: MetricDataQuery,
}

fn asked<'a, A>(arn: &'a A, dimensions: &Dimensions, name: MetricName, id: usize) -> Asked<'a, A> {
    let dimensions =
        dimensions.iter().map(|(key, value)| Dimension::builder().name(*key).value(value).build()).collect();
    let metric =
        Metric::builder().namespace(NAMESPACE).metric_name(name.raw()).set_dimensions(Some(dimensions)).build();
    // No unit: one that does not match finds nothing.
    let stat = MetricStat::builder().metric(metric).period(PERIOD).stat(name.statistic().raw()).build();
    let query = MetricDataQuery::builder().id(format!("m{id}")).metric_stat(stat).return_data(true).build();
    Asked { arn, name, query }
}

/// Start down and end up to the minute: the end is exclusive, and aligned times read faster.
fn window(from: Timestamp, to: Timestamp) -> (DateTime, DateTime) {
    let (from, to) = (from.as_second(), to.as_second());
    (DateTime::from_secs(from - from.rem_euclid(60)), DateTime::from_secs(to + (60 - to.rem_euclid(60)) % 60))
}

impl Reader {
    /// Points from `from` to `to`, one a minute where DMS published one, oldest first. Every metric asked for is in the
    /// answer, without points where there are none; a classic task whose instance's name is not given is in
    /// [`Answer::missing`].
    pub async fn metrics(
        &self,
        queries: &[MetricQuery],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Answer<Vec<TaskSeries>>, Problem> {
        let mut answer: Answer<Vec<TaskSeries>> = Answer::default();
        let mut all = Vec::new();
        for query in queries {
            let Some(dimensions) = dimensions(query) else {
                let why = format!("the replication instance of {} is not known", query.arn.as_str());
                answer.missing.push(self.wire.unreadable(Operation::GetMetricData, &why));
                continue;
            };
            for name in &query.names {
                all.push(asked(&query.arn, &dimensions, *name, all.len() % QUERIES_PER_CALL));
            }
        }
        let series = self.all(all, (from, to), &mut answer).await?;
        answer.value.extend(series.into_iter().map(|(arn, series)| TaskSeries { arn: arn.clone(), series }));
        Ok(answer)
    }

    /// The same for instances.
    pub async fn instance_metrics(
        &self,
        queries: &[InstanceMetricQuery],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Answer<Vec<InstanceSeries>>, Problem> {
        let mut answer: Answer<Vec<InstanceSeries>> = Answer::default();
        let mut all = Vec::new();
        for query in queries {
            // The name alone: with a second dimension it is another metric.
            let dimensions = vec![instance_dimension(&query.name)];
            for name in &query.names {
                all.push(asked(&query.arn, &dimensions, *name, all.len() % QUERIES_PER_CALL));
            }
        }
        let series = self.all(all, (from, to), &mut answer).await?;
        answer.value.extend(series.into_iter().map(|(arn, series)| InstanceSeries { arn: arn.clone(), series }));
        Ok(answer)
    }

    /// The points of every query, in order.
    async fn all<'a, A, T>(
        &self,
        all: Vec<Asked<'a, A>>,
        (from, to): (Timestamp, Timestamp),
        answer: &mut Answer<T>,
    ) -> Result<Vec<(&'a A, Series)>, Problem> {
        let (start, end) = window(from, to);
        let mut series = Vec::with_capacity(all.len());
        for chunk in all.chunks(QUERIES_PER_CALL) {
            let queries = chunk.iter().map(|asked| asked.query.clone()).collect();
            let points = self.chunk(queries, start, end, answer).await?;
            series.extend(
                chunk.iter().zip(points).map(|(asked, points)| (asked.arn, Series { name: asked.name, points })),
            );
        }
        Ok(series)
    }

    /// One request and its further pages; points by the place of the query.
    async fn chunk<T>(
        &self,
        queries: Vec<MetricDataQuery>,
        start: DateTime,
        end: DateTime,
        answer: &mut Answer<T>,
    ) -> Result<Vec<Vec<Point>>, Problem> {
        let operation = Operation::GetMetricData;
        let cloudwatch = &self.wire.clients.cloudwatch;
        let priced = u32::try_from(queries.len()).unwrap_or(u32::MAX);
        let mut found: Vec<BTreeMap<Timestamp, f64>> = vec![BTreeMap::new(); queries.len()];
        let mut token: Option<String> = None;
        loop {
            let sent = self.wire.send(operation, self.urgency, priced, |witness| {
                cloudwatch
                    .get_metric_data()
                    .set_metric_data_queries(Some(queries.clone()))
                    .start_time(start)
                    .end_time(end)
                    .set_next_token(token.clone())
                    .customize()
                    .interceptor(witness)
                    .send()
            });
            let reply = sent.await.map_err(|refused: Refused| Problem::from(refused))?;
            answer.page(reply.stated);
            for result in reply.value.metric_data_results() {
                let place = result.id().and_then(|id| id.strip_prefix('m')).and_then(|id| id.parse::<usize>().ok());
                let Some(points) = place.and_then(|place| found.get_mut(place)) else { continue };
                match result.status_code() {
                    None | Some(StatusCode::Complete | StatusCode::PartialData) => {
                        convert::merge_points(points, result);
                    }
                    Some(other) => {
                        let why = format!("CloudWatch says {} for a metric", other.as_str());
                        return Err(self.wire.unreadable(operation, &why));
                    }
                }
            }
            let next = reply.value.next_token();
            match self.wire.next_page(operation, answer, token.as_deref(), next)? {
                Some(next) => token = Some(next),
                None => return Ok(found.into_iter().map(convert::points).collect()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(arn: &str, instance: Option<&str>) -> MetricQuery {
        MetricQuery { arn: ReplicationArn::parse(arn).unwrap(), instance: instance.map(Into::into), names: Vec::new() }
    }

    #[test]
    fn a_task_is_found_by_instance_name_and_resource_id_and_a_serverless_one_by_account_and_resource_id() {
        let classic = "arn:aws:dms:eu-west-1:123456789012:task:2YT32VX7CHRM";
        let named = |d: Option<Vec<(&'static str, String)>>| {
            d.map(|d| d.into_iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>())
        };
        assert_eq!(
            named(dimensions(&query(classic, Some("dms-replication-instance-4")))).unwrap(),
            ["ReplicationInstanceIdentifier=dms-replication-instance-4", "ReplicationTaskIdentifier=2YT32VX7CHRM"]
        );
        assert_eq!(
            named(dimensions(&query(classic, Some("DMS-Prod-1")))).unwrap()[0],
            "ReplicationInstanceIdentifier=dms-prod-1"
        );
        assert_eq!(named(dimensions(&query(classic, None))), None);
        let serverless = "arn:aws:dms:eu-west-1:123456789012:replication-config:ABC";
        assert_eq!(named(dimensions(&query(serverless, None))).unwrap(), ["ReplicationConfigId=123456789012:ABC"]);
    }

    #[test]
    fn the_window_is_whole_minutes_and_takes_the_present_one_in() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (start, end) = window(at("2026-11-22T14:00:30Z"), at("2026-11-22T14:03:01Z"));
        assert_eq!(
            (start.secs(), end.secs()),
            (at("2026-11-22T14:00:00Z").as_second(), at("2026-11-22T14:04:00Z").as_second())
        );
        let (start, end) = window(at("2026-11-22T14:00:00Z"), at("2026-11-22T14:03:00Z"));
        assert_eq!(end.secs() - start.secs(), 180);
    }
}
