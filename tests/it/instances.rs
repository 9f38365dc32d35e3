//! What is known of replication instances: maintenance that waits for them, their metrics, and what asking costs.

use crate::embedded::{frozen, http, started};
use cutover::aws::{InstanceMetricQuery, Limiters, Reader, Settings, connect};
use cutover::demo::{Options, Running};
use cutover::model::Untrusted;
use cutover::model::metric::MetricName;
use cutover::model::operation::Operation;
use cutover::model::parts::Instance;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NOW: &str = "2026-01-15T14:03:22Z";

async fn connected(running: &Running) -> Reader {
    connect(&Settings::embedded(running.endpoint_url()), &Limiters::default()).await.unwrap().reader
}

async fn fault(running: &Running, switch: Value) {
    let answer = http(running, "POST /_demo/fault HTTP/1.1", &switch.to_string()).await.unwrap();
    assert_eq!(answer.0, 200, "{answer:?}");
}

fn query(instance: &Instance) -> InstanceMetricQuery {
    let names = MetricName::INSTANCE.to_vec();
    InstanceMetricQuery { arn: instance.arn.clone(), name: instance.name.clone(), names }
}

fn window(instance: &Instance) -> &str {
    instance.maintenance_window.as_ref().map(Untrusted::raw).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_waits_in_a_window_days_ahead_until_somebody_brings_it_near() {
    let running = started(frozen()).await;
    let reader = connected(&running).await;
    let now: Timestamp = NOW.parse().unwrap();
    let all = reader.pending_maintenance().await.unwrap().value;
    let instances = reader.instances().await.unwrap().value;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].instance, instances[0].arn);
    // A Thursday at the opening; the Sunday after the next is the first that is three days away.
    assert_eq!(all[0].earliest().unwrap().to_string(), "2026-01-25T02:14:00Z");
    assert_eq!(window(&instances[0]), "sun:02:14-sun:02:44");

    fault(&running, json!({"name": "maintenance-soon", "value": 30})).await;
    let near = reader.pending_maintenance().await.unwrap().value;
    assert_eq!(near[0].earliest(), Some(now + SignedDuration::from_mins(30)));
    assert_eq!(near[0].opt_in.as_ref().map(Untrusted::raw), Some("immediate"));
    assert_eq!(window(&reader.instances().await.unwrap().value[0]), "thu:14:33-thu:15:03");

    fault(&running, json!({"name": "maintenance-soon", "on": false})).await;
    assert_eq!(reader.pending_maintenance().await.unwrap().value, all);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_of_an_instance_has_a_point_a_minute_and_a_gap_where_it_is_silent() {
    let running = started(frozen()).await;
    let reader = connected(&running).await;
    let now: Timestamp = NOW.parse().unwrap();
    let from = now - SignedDuration::from_hours(3);
    let instances = reader.instances().await.unwrap().value;
    let queries: Vec<_> = instances.iter().map(query).collect();
    // How many points the metrics of each instance have; one number where they all have as many.
    let points = async || {
        let series = reader.instance_metrics(&queries, from, now).await.unwrap().value;
        assert_eq!(series.len(), instances.len() * MetricName::INSTANCE.len());
        let counted = |instance: &Instance| {
            let own = series.iter().filter(|one| one.arn == instance.arn);
            own.map(|one| one.series.points.len()).collect::<BTreeSet<_>>()
        };
        instances.iter().map(counted).collect::<Vec<_>>()
    };
    let (whole, cut) = (BTreeSet::from([180]), BTreeSet::from([165]));
    assert_eq!(points().await, [whole.clone(), whole.clone()]);
    fault(&running, json!({"name": "missing-metrics", "value": "dms-rehearsal"})).await;
    assert_eq!(points().await, [whole, cut.clone()], "only the one that is named");
    fault(&running, json!({"name": "missing-metrics"})).await;
    assert_eq!(points().await, [cut.clone(), cut]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_instances_are_asked_five_hundred_metrics_at_a_time_and_each_is_paid_for() {
    let running = started(Options { fleet: Some("1x1".parse().unwrap()), ..frozen() }).await;
    let reader = connected(&running).await;
    let now: Timestamp = NOW.parse().unwrap();
    let instance = reader.instances().await.unwrap().value.remove(0);
    // 40 times 13 metrics.
    let queries: Vec<_> = (0..40).map(|_| query(&instance)).collect();
    let answer = reader.instance_metrics(&queries, now - SignedDuration::from_mins(10), now).await.unwrap();
    assert_eq!((answer.pages, answer.value.len()), (2, 520));
    assert!(answer.value.iter().all(|one| one.series.points.len() >= 9));
    let traffic = reader.traffic();
    assert_eq!(traffic.by_operation[&Operation::GetMetricData], 2);
    // Less than a minute old counts as a minute: 520 metrics of 1,440 minutes at $0.01 per 1,000.
    assert!((traffic.dollars_per_day.unwrap() - 520.0 * 1440.0 * 0.01 / 1000.0).abs() < 1e-6, "{traffic:?}");
    running.stop().await;
}
