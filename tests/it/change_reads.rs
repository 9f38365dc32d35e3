//! What is read before a change of a task is shown, against the embedded AWS: no table of which no line tells, and nothing that
//! a stop would have to wait for.

use crate::change::Desk;
use crate::cli::Aws;
use cutover::aws::{Limiters, Serverless, Settings, TaskDetail, connect};
use cutover::change::{Drafter, Time};
use cutover::demo;
use cutover::model::change::{Change, Meant, Preview, Safeguards, Verb};
use cutover::model::task::{Task, TaskStatus};
use jiff::Timestamp;
use std::pin::Pin;
use std::time::Duration;

type Wait = fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;

const RESUME: Verb = Verb::Resume { until: None };
const RELOAD: Verb = Verb::Reload { until: None };

/// Of the first task that fits, with a patience of `wait`.
fn preview(desk: &Desk, fits: impl Fn(&Task) -> bool, verb: &Verb, wait: Wait) -> Preview {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let connected = connect(&Settings::embedded(desk.aws.endpoint()), &Limiters::default()).await.unwrap();
        let tasks = connected.reader.tasks(TaskDetail::Brief, Serverless::Include).await.unwrap().value;
        let task = tasks.into_iter().find(fits).expect("a task that fits");
        let drafter = Drafter::new(&connected, None, Safeguards::default(), Time { now: Timestamp::now, wait });
        let task = Meant { arn: task.arn, name: task.name };
        drafter.draft(&Change::Task { task, verb: verb.clone() }).await.unwrap().preview
    })
}

#[test]
fn tables_are_read_only_where_a_line_tells_of_them() {
    let cases: [(&str, &Verb, u64); 6] = [
        ("billing-cdc", &RESUME, 0),
        ("orders-cdc", &RESUME, 0),
        ("catalog-load", &RESUME, 1),
        ("staging-refresh", &RELOAD, 1),
        ("billing-cdc", &Verb::Stop, 1),
        ("billing-cdc", &Verb::TestConnections, 0),
    ];
    let desk = Desk::new(&[]);
    for (name, verb, want) in cases {
        let before = desk.sent("dms:DescribeTableStatistics");
        preview(&desk, |task| task.name.raw() == name, verb, |_| Box::pin(std::future::pending()));
        assert_eq!(desk.sent("dms:DescribeTableStatistics") - before, want, "{verb:?} of {name}");
    }
}

#[test]
fn a_stop_is_shown_before_all_of_twenty_thousand_tables_are_read() {
    let options = demo::Options { seed: 7, fleet: Some("4x20000".parse().unwrap()), ..demo::Options::default() };
    let desk = Desk { aws: Aws::with(options), folder: tempfile::tempdir().unwrap() };
    let fits = |task: &Task| task.status == TaskStatus::Running && task.migration_type.has_cdc();
    let preview = preview(&desk, fits, &Verb::Stop, |_| Box::pin(tokio::time::sleep(Duration::from_millis(100))));
    let sent = desk.sent("dms:DescribeTableStatistics");
    assert!((1..40).contains(&sent), "{sent}");
    let text = preview.lines().join("\n");
    assert!(text.contains("not known: tables and backlog: reading it takes longer than 10 s"), "{text}");
    assert!(!text.contains("what was captured is applied"), "{text}");
}
