//! An account is simulated second by second: what is called, how often, how urgently.

use super::*;
use crate::feeds::cadence::{BUDGET_FOCUSED, BUDGET_UNFOCUSED};
use crate::feeds::metrics::INSTANCE_NAMES;
use crate::feeds::settings::Settings;
use crate::model::InstanceArn;

fn arn(n: usize) -> ReplicationArn {
    ReplicationArn::parse(&format!("arn:aws:dms:eu-west-1:123456789012:task:T{n:04}")).unwrap()
}

fn known(tables_in_error: bool) -> Known {
    Known {
        running: true,
        has_cdc: true,
        has_full_load: true,
        loaded: true,
        has_run: true,
        tables_in_error,
        start: None,
        measurable: true,
        instance: Some(InstanceArn("i".into())),
    }
}

/// A service that answers each call after a second, and counts what it took.
struct Account {
    state: FeedState,
    now: Timestamp,
    tasks: usize,
    open_tables: u32,
    underway: Vec<Call>,
    /// Topic, time in seconds since the start, DMS requests, urgency.
    sent: Vec<(Topic, i64, u32, Urgency)>,
    start: Timestamp,
    fails: Option<ProblemKind>,
    due: Option<Timestamp>,
    /// Metrics asked for: what costs money.
    metrics: usize,
}

impl Account {
    fn new(tasks: usize, settings: Settings) -> Self {
        let start = "2026-11-22T14:00:00Z".parse().unwrap();
        let state = FeedState::new(settings);
        Self {
            state,
            now: start,
            tasks,
            open_tables: 500,
            underway: vec![],
            sent: vec![],
            start,
            fails: None,
            due: None,
            metrics: 0,
        }
    }

    fn fleet(&self) -> BTreeMap<ReplicationArn, Known> {
        (0..self.tasks).map(|n| (arn(n), known(n % 20 == 0))).collect()
    }

    /// DMS requests of one call.
    fn requests(&self, job: &Job) -> u32 {
        let tasks = u32::try_from(self.tasks).unwrap();
        match job {
            Job::Identity
            | Job::Metrics { .. }
            | Job::Schedules
            | Job::InstanceMetrics { .. }
            | Job::Charts { .. }
            | Job::Log(_)
            | Job::LogErrors(_) => 0,
            Job::Tasks { serverless } => tasks.div_ceil(100) + if *serverless { 2 } else { 0 },
            Job::Endpoints | Job::Connections => (tasks * 2).div_ceil(100),
            Job::Settings { all: true, .. } => tasks.div_ceil(100) + 2,
            Job::Instances
            | Job::Settings { .. }
            | Job::TableErrors(_)
            | Job::Events
            | Job::Subscriptions
            | Job::Maintenance => 1,
            Job::Tags(arns) => u32::try_from(arns.len()).unwrap(),
            Job::Tables(_) => self.open_tables.div_ceil(500),
        }
    }

    fn happened(&mut self, event: Event) -> Vec<Call> {
        let calls = schedule(&mut self.state, self.now, event);
        self.due = next_due(&self.state);
        for call in &calls {
            let requests = self.requests(&call.job);
            self.metrics += match &call.job {
                Job::Metrics { queries, .. } => queries.iter().map(|(_, names)| names.len()).sum(),
                // All tasks are on one instance here.
                Job::InstanceMetrics { .. } => INSTANCE_NAMES.len(),
                Job::Charts { .. } => MetricName::TASK.len() + MetricName::INSTANCE.len(),
                _ => 0,
            };
            let at = self.now.duration_since(self.start).as_secs();
            self.sent.push((call.topic.clone(), at, requests, call.urgency));
            self.underway.retain(|other| other.topic != call.topic);
            self.underway.push(call.clone());
        }
        calls
    }

    fn run(&mut self, seconds: i64) {
        if self.sent.is_empty() {
            self.happened(Event::Tick);
        }
        let end = self.now + SignedDuration::from_secs(seconds);
        while self.now < end {
            // Where nothing is under way, nothing can happen before the next deadline.
            let next = self.now + SignedDuration::from_secs(1);
            self.now = if self.underway.is_empty() { self.due.unwrap_or(end).clamp(next, end) } else { next };
            for call in std::mem::take(&mut self.underway) {
                let outcome = match self.fails {
                    Some(kind) => Outcome::Failed(kind),
                    None => Outcome::Answered { requests: self.requests(&call.job) },
                };
                let mut events = Vec::new();
                if self.fails.is_none() {
                    match &call.job {
                        Job::Tasks { .. } => events.push(Event::Tasks { known: self.fleet(), serverless: false }),
                        Job::Settings { arns, .. } => events.push(Event::Settled(arns.clone())),
                        _ => {}
                    }
                }
                events.push(Event::Ended { id: call.id, topic: call.topic, outcome });
                self.happened(Event::Together(events));
            }
            // As the runner does: nothing is looked at before its time.
            if self.due.is_some_and(|due| due <= self.now) {
                self.happened(Event::Tick);
            }
        }
    }

    /// Runs on until nothing is under way.
    fn settle(&mut self) {
        while !self.underway.is_empty() {
            self.run(1);
        }
    }

    fn count(&self, topic: &Topic, from: i64) -> usize {
        self.sent.iter().filter(|(sent, at, ..)| sent == topic && *at >= from).count()
    }
}

fn look(looking: bool, tables_of: Option<ReplicationArn>) -> Event {
    Event::Look(Looking { tables_of, visible: vec![arn(0)], looking, ..Looking::default() })
}

#[test]
fn over_hours_the_request_rate_keeps_to_the_budget_at_any_size_looked_at_or_not() {
    for tasks in [1, 100, 600] {
        for (looking, budget) in [(true, BUDGET_FOCUSED), (false, BUDGET_UNFOCUSED)] {
            let mut account = Account::new(tasks, Settings::default());
            account.open_tables = 10_000;
            account.happened(look(looking, Some(arn(0))));
            // The first ten minutes read everything once.
            account.run(600 + 3600);
            let late = account.sent.iter().filter(|(_, at, ..)| *at >= 600);
            let rate = f64::from(late.map(|(_, _, requests, _)| requests).sum::<u32>()) / 3600.0;
            assert!(rate <= budget, "{tasks} tasks, looking {looking}: {rate}/s");
        }
    }
}

#[test]
fn each_subject_is_asked_as_often_as_the_table_says() {
    let mut account = Account::new(1, Settings::default());
    account.happened(look(true, Some(arn(0))));
    account.run(3660);
    for (topic, at_least, at_most) in [
        // The interval counts from asking, so an hour holds 360.
        (Topic::Tasks, 355, 365),
        (Topic::Tables(arn(0)), 355, 365),
        (Topic::Metrics, 59, 61),
        (Topic::Instances, 11, 13),
        (Topic::Endpoints, 5, 7),
        (Topic::Connections, 11, 13),
        (Topic::Identity, 11, 12),
        (Topic::Settings, 1, 1),
        (Topic::TableErrors(arn(0)), 0, 0),
        (Topic::Tags, 0, 0),
    ] {
        let count = account.count(&topic, 60);
        assert!((at_least..=at_most).contains(&count), "{topic:?}: {count}");
    }
}

#[test]
fn looks_for_errors_are_spread_over_time_and_known_ones_come_first() {
    let mut account = Account::new(100, Settings::default());
    account.happened(look(true, None));
    account.run(5);
    let errors = |account: &Account, from: i64| {
        account.sent.iter().filter(|(topic, at, ..)| matches!(topic, Topic::TableErrors(_)) && *at >= from).count()
    };
    assert_eq!(count_first(&account), 6, "five with errors, and the first of the round");
    account.run(1200);
    let most_in_a_minute = (5..1200).map(|from| {
        let window = account.sent.iter().filter(|(topic, at, ..)| {
            matches!(topic, Topic::TableErrors(arn) if !fleet_error(arn)) && (from..from + 60).contains(at)
        });
        window.count()
    });
    assert!(most_in_a_minute.max() <= Some(8));
    assert!(errors(&account, 5) > 100);
}

fn count_first(account: &Account) -> usize {
    account.sent.iter().filter(|(topic, ..)| matches!(topic, Topic::TableErrors(_))).count()
}

fn fleet_error(wanted: &ReplicationArn) -> bool {
    (0..100).step_by(20).any(|n| arn(n) == *wanted)
}

#[test]
fn what_a_person_asks_for_goes_out_at_once_and_first() {
    let mut account = Account::new(1, Settings::default());
    account.run(5);
    let calls = account.happened(Event::AskNow(vec![Subject::Endpoints, Subject::Tables(arn(0))]));
    let got: Vec<_> = calls.iter().map(|call| (call.topic.clone(), call.urgency)).collect();
    assert_eq!(got, [(Topic::Endpoints, Urgency::Interactive), (Topic::Tables(arn(0)), Urgency::Interactive)]);
    // Pressed again while it is under way: not sent twice.
    assert_eq!(account.happened(Event::AskNow(vec![Subject::Endpoints])), []);
    // The tables were asked once, not from now on.
    account.run(120);
    assert_eq!(account.count(&Topic::Tables(arn(0)), 0), 1);
    assert_eq!(account.state.every(&Topic::Tables(arn(0))), None);
}

#[test]
fn asking_replaces_a_call_that_still_waits_in_a_slower_line() {
    let mut account = Account::new(1, Settings::default());
    account.run(3);
    account.happened(look(false, None));
    account.now += SignedDuration::from_secs(3600);
    let slow = account.happened(Event::Tick).into_iter().find(|call| call.topic == Topic::Endpoints).unwrap();
    assert_eq!(slow.urgency, Urgency::Background);
    let quick = account.happened(Event::AskNow(vec![Subject::Endpoints])).pop().unwrap();
    assert_eq!((quick.topic.clone(), quick.urgency), (Topic::Endpoints, Urgency::Interactive));
    // The late answer of the replaced call changes nothing: the new one is still under way.
    let late = Event::Ended { id: slow.id, topic: Topic::Endpoints, outcome: Outcome::Failed(ProblemKind::Timeout) };
    account.happened(late);
    assert_eq!(account.state.entries[&Topic::Endpoints].in_flight, Some((quick.id, Urgency::Interactive)));
}

#[test]
fn opening_a_task_asks_for_its_tables_at_once_and_closing_it_stops() {
    let mut account = Account::new(2, Settings::default());
    account.run(30);
    let calls = account.happened(look(true, Some(arn(1))));
    assert!(calls.iter().any(|call| call.topic == Topic::Tables(arn(1)) && call.urgency == Urgency::Interactive));
    account.run(35);
    assert!((3..=5).contains(&account.count(&Topic::Tables(arn(1)), 30)));
    let closed = account.now.duration_since(account.start).as_secs();
    account.happened(look(true, None));
    account.run(60);
    assert_eq!(account.count(&Topic::Tables(arn(1)), closed + 1), 0);
}

#[test]
fn opening_charts_asks_at_once_for_hours_then_each_minute_for_minutes_and_closing_them_stops() {
    let mut account = Account::new(2, Settings::default());
    account.run(30);
    let charts = |looking| Event::Look(Looking { charts_of: Some(arn(1)), looking, ..Looking::default() });
    let topic = Topic::Charts(arn(1));
    let minutes = |calls: &[Call]| match calls.iter().find(|call| call.topic == topic).map(|call| &call.job) {
        Some(Job::Charts { minutes, .. }) => Some(*minutes),
        _ => None,
    };
    let calls = account.happened(charts(true));
    assert_eq!(minutes(&calls), Some(185));
    assert!(calls.iter().any(|call| call.topic == topic && call.urgency == Urgency::Interactive));
    account.settle();
    let opened = account.now.duration_since(account.start).as_secs();
    account.run(600);
    assert!((9..=11).contains(&account.count(&topic, opened + 1)));
    let asked = account.happened(Event::AskNow(vec![Subject::Charts(arn(1))]));
    assert_eq!(minutes(&asked), Some(10), "only what is new");
    account.settle();
    for looked in [charts(false), look(true, None)] {
        account.happened(looked);
        let closed = account.now.duration_since(account.start).as_secs();
        account.run(300);
        assert_eq!(account.count(&topic, closed + 1), 0);
    }
}

#[test]
fn opening_a_definition_asks_for_it_at_once_then_every_few_minutes_and_closing_it_stops() {
    let mut account = Account::new(30, Settings::default());
    account.run(30);
    let topic = Topic::Definition(arn(1));
    let open = Looking { definition_of: Some(arn(1)), looking: true, ..Looking::default() };
    let calls = account.happened(Event::Look(open));
    let call = calls.iter().find(|call| call.topic == topic).unwrap();
    assert_eq!((&call.job, call.urgency), (&Job::Settings { arns: vec![arn(1)], all: false }, Urgency::Interactive));
    account.settle();
    let opened = account.now.duration_since(account.start).as_secs();
    account.run(600);
    assert!((5..=10).contains(&account.count(&topic, opened + 1)));
    let asked = account.happened(Event::AskNow(vec![Subject::Definition(arn(1))]));
    assert!(asked.iter().any(|call| call.topic == topic));
    account.settle();
    account.happened(look(true, None));
    let closed = account.now.duration_since(account.start).as_secs();
    account.run(600);
    assert_eq!(account.count(&topic, closed + 1), 0);
}

#[test]
fn with_charts_open_all_day_metrics_cost_no_more_than_they_may() {
    for (tasks, cap) in [(1, 20.0), (1, 0.1), (60, 1.0)] {
        let mut account = Account::new(tasks, Settings { dollars_per_day: cap, ..Settings::default() });
        account.run(60);
        account.happened(Event::Look(Looking {
            charts_of: Some(arn(0)),
            visible: vec![arn(0)],
            looking: true,
            ..Looking::default()
        }));
        account.settle();
        // The first look at everything is paid once, not every hour.
        account.metrics = 0;
        account.run(6 * 3600);
        let dollars = f64::from(u32::try_from(account.metrics).unwrap()) * 4.0 * 0.01 / 1000.0;
        assert!(dollars > 0.01 && dollars <= cap, "{tasks} tasks, cap {cap}: {dollars}");
    }
}

#[test]
fn coming_back_to_the_window_asks_at_once_for_what_has_become_old() {
    let mut account = Account::new(1, Settings::default());
    account.happened(look(false, Some(arn(0))));
    account.run(55);
    let calls = account.happened(look(true, Some(arn(0))));
    let topics: Vec<_> = calls.into_iter().map(|call| call.topic).collect();
    assert!(topics.contains(&Topic::Tasks) && topics.contains(&Topic::Tables(arn(0))), "{topics:?}");
}

#[test]
fn a_failing_subject_backs_off_alone() {
    let mut account = Account::new(1, Settings::default());
    account.run(30);
    account.fails = Some(ProblemKind::Timeout);
    let from = 31;
    account.run(600);
    // 10, 10, 20, 40, 80, 160, 300 seconds between attempts instead of 60 attempts.
    let tasks = account.count(&Topic::Tasks, from);
    assert!((6..=9).contains(&tasks), "{tasks}");
    assert!(account.state.retry_at(&Topic::Tasks).is_some_and(|at| at > account.now));
    // A person does not have to wait for the backoff.
    assert_eq!(account.happened(Event::AskNow(vec![Subject::Tasks])).len(), 1);
}

#[test]
fn expired_credentials_pause_everything_but_a_probe_and_new_ones_resume_at_once() {
    for kind in [ProblemKind::ExpiredCredentials, ProblemKind::NoCredentials] {
        let mut account = Account::new(1, Settings::default());
        account.happened(look(true, Some(arn(0))));
        account.run(30);
        account.fails = Some(kind);
        account.run(30);
        let paused = account.now.duration_since(account.start).as_secs();
        account.run(300);
        let others = account.sent.iter().filter(|(topic, at, ..)| *topic != Topic::Identity && *at > paused).count();
        assert_eq!(others, 0);
        let probes = account.count(&Topic::Identity, paused + 1);
        assert!((17..=20).contains(&probes), "{probes}");
        // `r` sends a probe, nothing that would fail.
        let calls = account.happened(Event::AskNow(vec![Subject::Tasks]));
        assert!(calls.iter().all(|call| call.topic == Topic::Identity));
        account.fails = None;
        let renewed = account.now.duration_since(account.start).as_secs();
        account.run(20);
        assert!(account.count(&Topic::Tasks, renewed) >= 1 && account.count(&Topic::Tables(arn(0)), renewed) >= 1);
    }
}

#[test]
fn settings_are_read_once_per_task_and_again_after_a_start() {
    let mut account = Account::new(2, Settings::default());
    account.run(300);
    assert_eq!(account.count(&Topic::Settings, 0), 1);
    let mut fleet = account.fleet();
    fleet.get_mut(&arn(1)).unwrap().start = Some(account.now);
    let calls = account.happened(Event::Tasks { known: fleet, serverless: false });
    let settings: Vec<_> =
        calls.into_iter().filter(|call| call.topic == Topic::Settings).map(|call| call.job).collect();
    assert_eq!(settings, [Job::Settings { arns: vec![arn(1)], all: false }]);
}

#[test]
fn tags_are_asked_where_the_scope_needs_them_in_batches() {
    let tags = [("env".to_owned(), "prod".to_owned())].into();
    let mut account = Account::new(0, Settings { tags, ..Settings::default() });
    account.run(3);
    let untagged: Vec<_> = (0..50).map(arn).collect();
    let calls = account.happened(Event::Untagged(untagged.clone()));
    let asked: Vec<_> = calls.into_iter().filter(|call| call.topic == Topic::Tags).map(|call| call.job).collect();
    assert_eq!(asked, [Job::Tags(untagged[..20].to_vec())]);
}

#[test]
fn serverless_is_asked_every_time_where_it_exists_and_seldom_where_not() {
    let mut account = Account::new(1, Settings::default());
    account.run(1250);
    let lists = account.sent.iter().filter(|(topic, ..)| *topic == Topic::Tasks);
    let with_serverless = lists.filter(|(_, _, requests, _)| *requests == 3).count();
    assert_eq!(with_serverless, 3, "at the start, after ten and after twenty minutes");
    account.settle();
    let known = account.fleet();
    account.happened(Event::Tasks { known, serverless: true });
    account.now += SignedDuration::from_secs(20);
    let calls = account.happened(Event::Tick);
    assert!(calls.iter().any(|call| call.job == Job::Tasks { serverless: true }));
}

#[test]
fn a_clock_that_is_set_back_stops_nothing() {
    let mut account = Account::new(1, Settings::default());
    account.run(60);
    account.settle();
    account.now -= SignedDuration::from_hours(2);
    let calls = account.happened(Event::Tick);
    assert!(calls.iter().any(|call| call.topic == Topic::Tasks));
}

#[test]
fn the_next_deadline_is_known_and_nothing_is_due_before_it() {
    let mut account = Account::new(1, Settings::default());
    account.run(120);
    account.settle();
    let due = next_due(&account.state).unwrap();
    assert!(due > account.now && due <= account.now + SignedDuration::from_secs(10));
    account.now = due - SignedDuration::from_millis(1);
    assert_eq!(account.happened(Event::Tick), []);
    account.now = due;
    assert!(!account.happened(Event::Tick).is_empty());
}

/// When each look into the log of a task was sent.
fn looks(account: &Account, from: i64) -> Vec<(ReplicationArn, i64)> {
    let look = |(topic, at, ..): &(Topic, i64, u32, Urgency)| match topic {
        Topic::LogErrors(arn) if *at >= from => Some((arn.clone(), *at)),
        _ => None,
    };
    account.sent.iter().filter_map(look).collect()
}

#[test]
fn logs_are_looked_through_for_errors_one_by_one_and_never_faster_than_their_budget() {
    for (tasks, looking, round, most_a_minute) in
        [(1, true, 60, 2), (50, true, 63, 50), (600, true, 750, 50), (50, false, 125, 50)]
    {
        let mut account = Account::new(tasks, Settings::default());
        account.happened(look(looking, Some(arn(0))));
        account.run(2400);
        let sent = looks(&account, 0);
        let worst = (0..2400).map(|from| sent.iter().filter(|(_, at)| (from..from + 60).contains(at)).count()).max();
        assert!(worst <= Some(most_a_minute), "{tasks} tasks, looking {looking}: {worst:?} in a minute");
        // The task on screen is one of them, and nobody is left out.
        for task in [0, tasks / 2, tasks - 1].map(arn) {
            let at: Vec<i64> = sent.iter().filter(|(of, _)| *of == task).map(|(_, at)| *at).collect();
            assert!(at.first().is_some_and(|first| *first <= 760) && at.len() >= 2, "{tasks} {task:?}: {at:?}");
            let gaps = at.windows(2).map(|pair| pair[1] - pair[0]);
            // Those whose number was not known yet had their second look by the interval of then.
            assert!(gaps.skip(1).all(|gap| (round - 1..=round + 2).contains(&gap)), "{tasks} {looking}: {at:?}");
        }
    }
}

#[test]
fn a_log_on_screen_is_asked_every_few_seconds_and_one_that_was_left_not_at_all() {
    let open = |source: Option<LogSource>| Event::Look(Looking { log_of: source, looking: true, ..Looking::default() });
    for source in [LogSource::Task(arn(1)), LogSource::Group("/aws/lambda/f".into())] {
        let mut account = Account::new(2, Settings::default());
        account.run(30);
        account.settle();
        let topic = Topic::Log(source.clone());
        let calls = account.happened(open(Some(source.clone())));
        assert_eq!(
            calls.iter().map(|call| (&call.topic, call.urgency)).collect::<Vec<_>>(),
            [(&topic, Urgency::Interactive)]
        );
        account.run(60);
        assert!((14..=16).contains(&account.count(&topic, 30)), "{}", account.count(&topic, 30));
        // Nothing to read: asked more slowly, and at once when a person asks.
        account.settle();
        account.happened(Event::Log { topic: topic.clone(), there: false });
        let from = account.now.duration_since(account.start).as_secs() + 1;
        account.run(120);
        assert!((3..=5).contains(&account.count(&topic, from)), "{}", account.count(&topic, from));
        account.settle();
        let calls = account.happened(Event::AskNow(vec![Subject::Log(source.clone())]));
        match &source {
            LogSource::Group(_) => assert_eq!(calls[0].topic, topic),
            // Logging may have been switched on: the settings are read again, then the log.
            LogSource::Task(arn) => {
                assert_eq!(calls[0].job, Job::Settings { arns: vec![arn.clone()], all: false });
                let asked = account.count(&topic, 0);
                account.run(2);
                assert_eq!(account.count(&topic, 0), asked + 1);
            }
        }
        account.settle();
        account.happened(open(None));
        let left = account.now.duration_since(account.start).as_secs() + 1;
        account.run(60);
        assert_eq!(account.count(&topic, left), 0);
    }
}

#[test]
fn a_log_is_not_asked_for_before_anybody_knows_where_it_is() {
    let mut account = Account::new(1, Settings::default());
    let source = LogSource::Task(arn(0));
    account.happened(Event::Look(Looking { log_of: Some(source.clone()), looking: true, ..Looking::default() }));
    assert_eq!(account.count(&Topic::Log(source.clone()), 0), 0);
    account.run(10);
    let settings = account.sent.iter().position(|(topic, ..)| *topic == Topic::Settings);
    let log = account.sent.iter().position(|(topic, ..)| *topic == Topic::Log(source.clone()));
    assert!(settings.is_some() && settings < log);
}

#[test]
fn one_log_that_cannot_be_read_is_asked_slowly_and_holds_up_nobody() {
    let mut account = Account::new(3, Settings::default());
    account.run(60);
    account.settle();
    account.happened(Event::Log { topic: Topic::LogErrors(arn(1)), there: false });
    let from = account.now.duration_since(account.start).as_secs();
    account.run(1200);
    let sent = looks(&account, from);
    let of = |n: usize| sent.iter().filter(|(of, _)| *of == arn(n)).count();
    assert!(of(1) <= 2 && of(0) >= 19 && of(2) >= 19, "{} {} {}", of(0), of(1), of(2));
}
