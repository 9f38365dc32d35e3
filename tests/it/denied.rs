//! A permission that is missing costs one pane, names its IAM action, and leaves everything else as it was: for each
//! operation of the table, whoever added it.

use crate::cli::{cutover, text};
use cutover::aws::{Connected, Limiters, Settings, Traffic, connect};
use cutover::demo::faults::Fault;
use cutover::demo::{Options, Running, serve};
use cutover::feeds::{self, Said};
use cutover::model::operation::{Access, Operation, Row, TABLE};
use cutover::model::{ProblemKind, Report, Subject, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Nothing takes longer than this.
const PATIENCE: Duration = Duration::from_secs(20);
/// Feeds that were silent for so long have nothing more to say for now.
const QUIET: Duration = Duration::from_millis(300);

fn reads() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(|row| row.access == Access::Read)
}

/// Ten tasks, one of them serverless.
async fn embedded() -> Running {
    serve(Options { fleet: Some("10x3".parse().unwrap()), ..Options::default() }).await.unwrap()
}

fn denial(row: &Row) -> Fault {
    format!("access-denied={}", row.action).parse().unwrap()
}

/// What feeds said of each subject: that it was observed, and the problems.
#[derive(Debug, Default)]
struct Heard {
    observed: BTreeSet<Subject>,
    failed: BTreeMap<Subject, Vec<String>>,
    tasks: Vec<Subject>,
}

impl Heard {
    fn of(&self, subject: &Subject) -> bool {
        self.observed.contains(subject) || self.failed.contains_key(subject)
    }

    fn take(&mut self, report: Report) {
        match report {
            Report::Observed { observation, .. } => {
                if let Value::Tasks(tasks) = &observation.value {
                    self.tasks = tasks.iter().map(|task| Subject::Tables(task.arn.clone())).collect();
                }
                // A log that may not be read is no failure of the feed: the log of another task may be.
                if let Value::LogErrors(all) = &observation.value {
                    let denied = all.iter().filter_map(|one| one.none.clone());
                    let denied: Vec<String> = denied.filter(|why| why.contains("access denied")).collect();
                    if !denied.is_empty() {
                        self.failed.entry(Subject::LogErrors).or_default().extend(denied);
                    }
                }
                self.observed.insert(observation.subject);
            }
            Report::Failed { subject, problem, .. } => {
                assert_eq!(problem.kind, ProblemKind::AccessDenied, "{problem:?}");
                self.failed.entry(subject).or_default().push(problem.lines().join(" "));
            }
        }
    }
}

/// What is asked without knowing any task or instance.
const INDEPENDENT: [Subject; 8] = [
    Subject::Identity,
    Subject::Instances,
    Subject::Endpoints,
    Subject::Connections,
    Subject::Events,
    Subject::Schedules,
    Subject::Subscriptions,
    Subject::Maintenance,
];

/// Feeds from their start, one operation denied; `ask` at once. Ends when `enough`.
async fn listen(
    running: &Running,
    denied: Option<&Row>,
    ask: Vec<Subject>,
    enough: impl Fn(&Heard) -> bool,
) -> (Heard, Traffic) {
    let settings = Settings { requests_per_second: 4.0, burst: 50, ..Settings::embedded(running.endpoint_url()) };
    let Connected { reader, scope, .. } = connect(&settings, &Limiters::default()).await.unwrap();
    if let Some(row) = denied {
        running.switch_on(denial(row));
    }
    let (sender, mut said) = mpsc::unbounded_channel();
    let sink = Arc::new(move |one| drop(sender.send(one)));
    // Tags of the fleet; the second wave has a serverless task.
    let watch = feeds::Settings { tags: [("wave".to_owned(), "2".to_owned())].into(), ..feeds::Settings::default() };
    let handle = feeds::spawn(reader.clone(), scope, watch, sink);
    handle.ask_now(ask);
    let mut heard = Heard::default();
    let all = async {
        while !enough(&heard) {
            if let Said::Report(report) = said.recv().await.expect("the feeds run") {
                heard.take(report);
            }
        }
        while let Ok(Some(one)) = tokio::time::timeout(QUIET, said.recv()).await {
            if let Said::Report(report) = one {
                heard.take(report);
            }
        }
    };
    let ended = tokio::time::timeout(PATIENCE, all).await;
    assert!(ended.is_ok(), "{denied:?} denied, waited in vain, heard only {heard:#?}");
    (heard, reader.traffic())
}

/// What a subject is about, whichever task it is of and whichever part of it.
fn pane(subject: &Subject) -> String {
    let name = format!("{subject:?}");
    match name.split('(').next().unwrap_or_default() {
        "TableErrors" => "Tables".to_owned(),
        "InstanceMetrics" | "Charts" => "Metrics".to_owned(),
        "LogErrors" => "Log".to_owned(),
        other => other.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_operation_costs_one_pane_of_the_console_and_is_named_there() {
    let running = embedded().await;
    // First with every permission: what is asked, and what is said.
    let (first, _) = listen(&running, None, vec![Subject::Identity], |heard| !heard.tasks.is_empty()).await;
    let errors = first.tasks.iter().map(|subject| match subject {
        Subject::Tables(arn) => Subject::TableErrors(arn.clone()),
        other => other.clone(),
    });
    let everything: BTreeSet<Subject> = first.observed.iter().chain(&first.tasks).cloned().chain(errors).collect();
    let ask: Vec<Subject> = everything.iter().cloned().collect();
    let complete = |heard: &Heard| everything.iter().all(|subject| heard.of(subject));
    let (whole, traffic) = listen(&running, None, ask.clone(), complete).await;
    assert!(whole.failed.is_empty() && everything.contains(&Subject::Metrics), "{whole:#?}");
    let used = |operation: Operation| traffic.by_operation.contains_key(&operation);
    assert!(used(Operation::ListTagsForResource) && used(Operation::DescribeReplicationTableStatistics));

    for row in reads().filter(|row| used(row.operation)) {
        let named = |heard: &Heard| heard.failed.values().flatten().any(|lines| lines.contains(row.action));
        // Without a list of tasks, or of instances, nobody knows what to measure.
        let enough = |heard: &Heard| {
            let lists = [Subject::Tasks, Subject::Instances];
            let all = !lists.iter().any(|list| heard.failed.contains_key(list));
            named(heard) && everything.iter().all(|subject| heard.of(subject) || !all && !INDEPENDENT.contains(subject))
        };
        let (heard, _) = listen(&running, Some(row), ask.clone(), enough).await;
        running.switch_off(&denial(row));
        let panes: BTreeSet<String> = heard.failed.keys().map(pane).collect();
        assert_eq!(panes.len(), 1, "{}: {:#?}", row.action, heard.failed);
        for lines in heard.failed.values().flatten() {
            assert!(lines.contains(row.action), "{} denied, and somebody says {lines}", row.action);
        }
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_every_denied_operation_and_only_that() {
    let running = embedded().await;
    let env = [
        ("AWS_ENDPOINT_URL", running.endpoint_url()),
        ("AWS_ACCESS_KEY_ID", "demo".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "demo".to_owned()),
        ("AWS_REGION", "eu-west-1".to_owned()),
    ];
    for denied in reads() {
        running.switch_on(denial(denied));
        let output = cutover(&["doctor", "--output=json"], &env);
        running.switch_off(&denial(denied));
        assert_eq!(output.status.code(), Some(1), "{}: {}", denied.action, text(&output.stderr));
        let rows: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
        let permissions: Vec<_> = rows.iter().filter(|row| row["area"] == "permissions").collect();
        assert_eq!(permissions.len(), reads().count());
        for row in permissions {
            let others = if denied.operation == Operation::GetCallerIdentity { "unknown" } else { "passed" };
            let own = row["check"] == denied.action;
            // What only a list that is denied could name was tried on something that does not exist.
            let on_nothing = row["result"] == "unknown" && row.to_string().contains("does not exist");
            let wanted = if own { "failed" } else { others };
            assert!(row["result"] == wanted || !own && on_nothing, "{} denied: {row}", denied.action);
            if own {
                assert!(row["action"].as_str().unwrap().contains(denied.action), "{row}");
                assert!(row["request_id"].is_string() && row["detail"].is_string(), "{row}");
            }
        }
    }
    running.stop().await;
}
