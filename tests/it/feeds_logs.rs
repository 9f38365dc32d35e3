//! Logs as the feeds tell of them, on the embedded AWS: the one on screen, and errors in those of all tasks.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use crate::embedded::{frozen, started};
use cutover::aws::{Limiters, Settings, connect};
use cutover::demo::Running;
use cutover::feeds::{self, Handle, Looking, Said};
use cutover::model::log_place::LogSource;
use cutover::model::log_sign;
use cutover::model::observation::{LogFindings, LogNews, Value};
use cutover::model::{ReplicationArn, Report, Subject};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

struct Feeds {
    handle: Handle,
    said: mpsc::UnboundedReceiver<Said>,
    names: BTreeMap<String, ReplicationArn>,
    findings: Vec<LogFindings>,
    news: Vec<(LogSource, LogNews)>,
    failed: Vec<Subject>,
}

impl Feeds {
    async fn on(running: &Running) -> Self {
        let connected = connect(&Settings::embedded(running.endpoint_url()), &Limiters::default()).await.unwrap();
        let (sender, said) = mpsc::unbounded_channel();
        let sink = Arc::new(move |said| drop(sender.send(said)));
        let handle = feeds::spawn(connected.reader, connected.scope, feeds::Settings::default(), sink);
        Self { handle, said, names: BTreeMap::new(), findings: vec![], news: vec![], failed: vec![] }
    }

    /// Listens until it holds.
    async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let listen = async {
            while !holds(self) {
                match self.said.recv().await.unwrap() {
                    Said::Report(Report::Failed { subject, .. }) => self.failed.push(subject),
                    Said::Report(Report::Observed { observation, .. }) => {
                        match (observation.subject, observation.value) {
                            (_, Value::Tasks(tasks)) => {
                                self.names =
                                    tasks.into_iter().map(|task| (task.name.raw().to_owned(), task.arn)).collect();
                            }
                            (_, Value::LogErrors(found)) => self.findings.extend(found),
                            (Subject::Log(source), Value::Log(news)) => self.news.push((source, news)),
                            _ => {}
                        }
                    }
                    Said::Traffic { .. } | Said::ServiceClock(_) => {}
                }
            }
        };
        let heard = tokio::time::timeout(Duration::from_secs(40), listen).await;
        assert!(heard.is_ok(), "waited in vain for {what}");
    }

    fn open(&self, source: Option<LogSource>) {
        self.handle.look(Looking { log_of: source, looking: true, ..Looking::default() });
    }

    fn of(&self, name: &str) -> Vec<&LogFindings> {
        self.findings.iter().filter(|found| Some(&found.arn) == self.names.get(name)).collect()
    }

    /// How often something was told of this log.
    fn told(&self, source: &LogSource) -> usize {
        self.news.iter().filter(|(of, _)| of == source).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_in_the_log_of_every_task_are_found_and_one_that_has_none_says_why() {
    let running = started(frozen()).await;
    running.switch_on("logging-off=orders-cdc".parse().unwrap());
    let mut feeds = Feeds::on(&running).await;
    let tasks = ["billing-cdc", "orders-cdc", "catalog-load", "staging-refresh"];
    feeds.until("a look at every log", |feeds| tasks.iter().all(|name| !feeds.of(name).is_empty())).await;
    let signs = |name: &str| -> BTreeSet<&str> {
        let lines = feeds.of(name).into_iter().flat_map(|found| &found.lines);
        lines.filter_map(|line| log_sign::find(line.text.raw())).map(|sign| sign.id).collect()
    };
    assert!(signs("billing-cdc").contains("foreign-key") && signs("billing-cdc").contains("reading-paused"));
    // Said at information level, by a task that stopped more than an hour ago.
    assert!(signs("catalog-load").contains("column-dropped") && signs("catalog-load").contains("load-failed"));
    let none = feeds.of("orders-cdc")[0].none.clone().unwrap();
    assert!(none.contains("logging is switched off"), "{none}");
    assert!(!feeds.failed.contains(&Subject::LogErrors));
    for found in &feeds.findings {
        assert!(found.lines.iter().all(|line| log_sign::is_worth_a_look(line.text.raw())), "{found:?}");
    }
    feeds.handle.stop();
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_left_and_opened_again_is_told_once_and_to_its_end() {
    let running = started(frozen()).await;
    let mut feeds = Feeds::on(&running).await;
    feeds.until("the tasks", |feeds| feeds.names.contains_key("billing-cdc")).await;
    let task = LogSource::Task(feeds.names["billing-cdc"].clone());
    let group = LogSource::Group("/aws/lambda/dms-lag-probe".to_owned());
    let fault: cutover::demo::faults::Fault = "table-error=billing-cdc:shop.payment".parse().unwrap();
    for round in 1..=2 {
        for source in [&task, &group] {
            feeds.open(Some(source.clone()));
            feeds.until("a window of the log", |feeds| feeds.told(source) >= round).await;
        }
        // A line that comes while nobody looks.
        running.switch_on(fault.clone());
    }
    for source in [&task, &group] {
        let lines = feeds.news.iter().filter(|(of, _)| of == source).flat_map(|(_, news)| &news.lines);
        let ids: Vec<&str> = lines.map(|line| line.id.as_str()).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert!(!ids.is_empty() && unique.len() == ids.len(), "{} of {}", unique.len(), ids.len());
    }
    let first = &feeds.news.iter().find(|(of, _)| *of == task).unwrap().1;
    assert!(first.place.as_ref().unwrap().starts_with("dms-tasks-dms-prod-1 / dms-task-") && first.since.is_some());
    assert!(feeds.news.iter().all(|(_, news)| news.gap.is_none() && news.none.is_none()));
    feeds.open(None);
    feeds.handle.stop();
    running.stop().await;
}
