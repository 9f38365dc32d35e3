//! Runs the schedule: sends calls, folds answers, says what came of it. The only file here that reads a clock.

use super::ask::{Answered, Needs, ask};
use super::fold::Fold;
use super::logs::{self, Ask};
use super::schedule::{Call, Event, FeedState, Job, Looking, Outcome, Topic, next_due, schedule};
use super::settings::Settings;
use crate::aws::{MetricQuery, Reader};
use crate::model::log_place::LogSource;
use crate::model::observation::Value;
use crate::model::{Problem, ReplicationArn, Report, Scope, Subject};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinError, JoinHandle, JoinSet};

/// What a feed says.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Report(Report),
    /// How far the service's clock is ahead of ours. Times in reports go by the service's.
    ServiceClock(SignedDuration),
    /// Requests of every service in the last minute, and the estimated cost of metrics.
    Traffic {
        requests_last_minute: u32,
        /// `None` until it was measured.
        dollars_per_day: Option<f64>,
        /// The most it may be.
        dollars_cap: f64,
    },
}

/// Where it is said. Called from the feeds' own task: it must not block.
pub type Sink = Arc<dyn Fn(Said) + Send + Sync>;

/// The clock is looked at at least this often, so that a clock that was set, or a machine that slept, is noticed.
const LOOK_AGAIN: Duration = Duration::from_secs(20);

/// Traffic is said at most this often, and only when it changed.
const TRAFFIC_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// A clock that moves by less against ours is the same one: answers take their time, and their date has whole seconds.
const CLOCK_MOVES: SignedDuration = SignedDuration::from_secs(2);

enum Command {
    AskNow(Vec<Subject>),
    Look(Looking),
    Stop,
}

/// Steers running feeds. Nothing here blocks. Dropping it stops them.
#[derive(Debug)]
pub struct Handle {
    commands: mpsc::UnboundedSender<Command>,
    task: JoinHandle<()>,
}

impl Handle {
    /// Asks about these again at once, before anything else that waits.
    pub fn ask_now(&self, subjects: Vec<Subject>) {
        // Feeds that ended have said so through `ended`.
        let _ = self.commands.send(Command::AskNow(subjects));
    }

    /// Tells what is on screen.
    pub fn look(&self, looking: Looking) {
        let _ = self.commands.send(Command::Look(looking));
    }

    pub fn stop(&self) {
        let _ = self.commands.send(Command::Stop);
    }

    /// Waits until the feeds have stopped; an error is a panic in one of them. May be called again after it was dropped
    /// unfinished, not after it finished.
    pub async fn ended(&mut self) -> Result<(), JoinError> {
        (&mut self.task).await
    }
}

/// Starts asking on the caller's runtime. Everything observed goes to `sink`, out of scope tasks excepted.
pub fn spawn(reader: Reader, scope: Scope, settings: Settings, sink: Sink) -> Handle {
    let (commands, inbox) = mpsc::unbounded_channel();
    let runner = Runner {
        reader,
        sink,
        state: FeedState::new(settings.clone()),
        fold: Fold::new(scope, settings),
        calls: JoinSet::new(),
        running: HashMap::new(),
        traffic: None,
        ahead: SignedDuration::ZERO,
    };
    Handle { commands, task: tokio::spawn(runner.run(inbox)) }
}

struct Ended {
    call: Call,
    result: Result<Answered, Problem>,
}

struct Runner {
    reader: Reader,
    sink: Sink,
    state: FeedState,
    fold: Fold,
    calls: JoinSet<Ended>,
    running: HashMap<Topic, (u64, AbortHandle)>,
    traffic: Option<(Timestamp, u32, Option<f64>)>,
    /// What was said of the service's clock.
    ahead: SignedDuration,
}

impl Runner {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Command>) {
        self.happened(Event::Tick);
        loop {
            let wait = next_due(&self.state).map_or(LOOK_AGAIN, |due| {
                Duration::try_from(due.duration_since(Timestamp::now())).unwrap_or_default().min(LOOK_AGAIN)
            });
            tokio::select! {
                biased;
                command = inbox.recv() => match command {
                    Some(Command::AskNow(subjects)) => self.happened(Event::AskNow(subjects)),
                    Some(Command::Look(looking)) => self.happened(Event::Look(looking)),
                    Some(Command::Stop) | None => return,
                },
                Some(ended) = self.calls.join_next() => match ended {
                    Ok(ended) => self.ended(ended),
                    // A call replaced by a more urgent one.
                    Err(error) if error.is_cancelled() => {}
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                },
                () = tokio::time::sleep(wait) => self.happened(Event::Tick),
            }
            self.say_traffic();
        }
    }

    /// How far the service's clock is ahead of ours, said where it moved.
    fn service_clock(&mut self, now: Timestamp) -> SignedDuration {
        let ahead = self.reader.service_time(now).duration_since(now);
        if (ahead - self.ahead).abs() >= CLOCK_MOVES || ahead.is_zero() && !self.ahead.is_zero() {
            self.ahead = ahead;
            (self.sink)(Said::ServiceClock(ahead));
        }
        self.ahead
    }

    /// Tells the schedule, and sends what it says.
    fn happened(&mut self, event: Event) {
        for call in schedule(&mut self.state, Timestamp::now(), event) {
            if let Some((_, replaced)) = self.running.remove(&call.topic) {
                replaced.abort();
            }
            let (topic, id) = (call.topic.clone(), call.id);
            let reader = self.reader.at(call.urgency);
            let known = self.needs(&call.job);
            let handle = self.calls.spawn(async move {
                let result = ask(&reader, &call.job, known).await;
                Ended { call, result }
            });
            self.running.insert(topic, (id, handle));
        }
    }

    /// The next window of a log: of the one on screen, or of the look behind it.
    fn log_window(&self, source: &LogSource, on_screen: bool) -> Ask {
        let now = self.service_now();
        let (place, begin) = (self.fold.log_place(source), logs::begin(self.fold.ended(source), now));
        match source {
            LogSource::Task(arn) if !on_screen => self.fold.logs.ask_errors(arn, place, begin, now),
            _ => self.fold.logs.ask(source, place, begin, now),
        }
    }

    fn service_now(&self) -> Timestamp {
        self.reader.service_time(Timestamp::now())
    }

    /// Metric queries need instance names, events and logs where the last answer ended: the schedule knows neither.
    fn needs(&self, job: &Job) -> Needs {
        let query = |(arn, names): &(ReplicationArn, Vec<_>)| MetricQuery {
            arn: arn.clone(),
            instance: self.fold.instance_of(arn),
            names: names.clone(),
        };
        match job {
            Job::Metrics { queries, .. } => Needs { queries: queries.iter().map(query).collect(), ..Needs::default() },
            Job::InstanceMetrics { .. } => Needs { of_instances: self.fold.instance_queries(), ..Needs::default() },
            Job::Charts { arn, .. } => {
                let (task, instance) = self.fold.chart_queries(arn);
                Needs { queries: vec![task], of_instances: instance.into_iter().collect(), ..Needs::default() }
            }
            Job::Events => Needs { window: self.fold.window(), ..Needs::default() },
            Job::Log(source) => Needs { log: Some(self.log_window(source, true)), ..Needs::default() },
            Job::LogErrors(arn) => {
                Needs { log: Some(self.log_window(&LogSource::Task(arn.clone()), false)), ..Needs::default() }
            }
            _ => Needs::default(),
        }
    }

    fn ended(&mut self, ended: Ended) {
        let Ended { call, result } = ended;
        if self.running.get(&call.topic).is_none_or(|(id, _)| *id != call.id) {
            return; // its successor is under way
        }
        self.running.remove(&call.topic);
        let ahead = self.service_clock(Timestamp::now());
        let (id, topic) = (call.id, call.topic);
        let by_service = |at: Timestamp| at.checked_add(ahead).unwrap_or(at);
        let now = by_service(Timestamp::now());
        match result {
            Ok(mut answered) => {
                let outcome = Outcome::Answered { requests: answered.requests() };
                let missing = answered.missing();
                let mut events = self.learn(&topic, &mut answered, now);
                answered = self.take_log(answered, &mut events, now);
                events.push(Event::Ended { id, topic: topic.clone(), outcome });
                self.happened(Event::Together(events));
                self.tell(&topic, answered, now);
                // After what is there: the other way round the answer would count as the end of the problem.
                if let Some(problem) = missing {
                    let retry_at = self.state.retry_at(&topic).map(by_service);
                    self.say(self.fold.failed(subject_of(&topic), problem, retry_at));
                }
            }
            Err(problem) => {
                let outcome = Outcome::Failed(problem.kind);
                self.happened(Event::Ended { id, topic: topic.clone(), outcome });
                if let Topic::Log(source) = &topic {
                    self.tell_gap(source, &problem);
                }
                let retry_at = self.state.retry_at(&topic).map(by_service);
                let report = self.fold.failed(subject_of(&topic), problem, retry_at);
                self.say(report);
            }
        }
    }

    /// Takes in what scheduling or later reports need.
    fn learn(&mut self, topic: &Topic, answered: &mut Answered, now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        match answered {
            Answered::Tasks(answer) => self.fold.tasks(std::mem::take(answer)),
            Answered::Settings(asked, answer) => {
                self.fold.texts(std::mem::take(&mut answer.value));
                events.push(Event::Settled(std::mem::take(asked)));
            }
            Answered::Tags(answer) => self.fold.tags(std::mem::take(&mut answer.value)),
            Answered::Instances(answer) => self.fold.instances(&answer.value),
            Answered::Events(asked, answer) => {
                self.fold.events(*asked, answer);
                return events;
            }
            Answered::InstanceMetrics(answer) => {
                self.fold.instance_metrics(std::mem::take(&mut answer.value), now);
                return events;
            }
            Answered::Charts(task, instance) => {
                let Topic::Charts(arn) = topic else { return events };
                // A late answer about a task that was left must not push out the charts that are open now.
                if self.state.charts_of() != Some(arn) {
                    return events;
                }
                let task = std::mem::take(&mut task.value).into_iter().map(|one| one.series).collect();
                let instance = std::mem::take(&mut instance.value);
                self.fold.charts(arn, task, instance, now);
                return events;
            }
            Answered::Metrics(answer) => {
                self.fold.metrics(std::mem::take(&mut answer.value), now);
                return events;
            }
            _ => return events,
        }
        events.push(Event::Untagged(self.fold.untagged()));
        events.push(Event::Tasks { known: self.fold.known(), serverless: self.fold.any_serverless() });
        events
    }

    /// A window of a log, folded into what was read of it before.
    fn take_log(&mut self, answered: Answered, events: &mut Vec<Event>, now: Timestamp) -> Answered {
        match answered {
            Answered::Log(source, answer) => {
                let there = answer.value.none.is_none();
                events.push(Event::Log { topic: Topic::Log(source.clone()), there });
                Answered::News(source.clone(), self.fold.logs.news(source, answer, now))
            }
            Answered::LogErrors(arn, answer) => {
                let there = answer.value.none.is_none();
                events.push(Event::Log { topic: Topic::LogErrors(arn.clone()), there });
                Answered::Findings(self.fold.logs.findings(&arn, answer, now))
            }
            other => other,
        }
    }

    /// What cannot be read is a gap between what was and what will be.
    fn tell_gap(&mut self, source: &LogSource, problem: &Problem) {
        let now = self.service_now();
        if let Some(told) = self.fold.logs.failed(source, problem, now) {
            let every = self.state.every(&Topic::Log(source.clone()));
            self.say(self.fold.log_report(Subject::Log(source.clone()), told, Value::Log, every));
        }
    }

    /// Says what was learned, with the interval in force now.
    fn tell(&self, topic: &Topic, answered: Answered, now: Timestamp) {
        let every = self.state.every(topic);
        let fold = &self.fold;
        if let (Topic::Definition(arn), Answered::Settings(_, answer)) = (topic, &answered) {
            self.say(fold.definition_report(arn, answer.stated, every, now));
        }
        self.say(match answered {
            Answered::Identity(answer) => fold.identity_report(answer, every, now),
            Answered::Tasks(_) | Answered::Settings(..) | Answered::Tags(_) => {
                fold.tasks_report(self.state.every(&Topic::Tasks), now)
            }
            Answered::Instances(answer) => fold.instances_report(answer, every, now),
            Answered::Endpoints(answer) => fold.endpoints_report(answer, every, now),
            Answered::Connections(answer) => fold.connections_report(answer, every, now),
            Answered::Metrics(_) => fold.metrics_report(every, now),
            Answered::Events(_, answer) => fold.events_report(answer, every, now),
            Answered::Schedules(answer) => fold.schedules_report(answer, every, now),
            Answered::Subscriptions(answer) => fold.subscriptions_report(answer, every, now),
            Answered::Maintenance(answer) => fold.maintenance_report(answer, every, now),
            Answered::InstanceMetrics(_) => fold.instance_metrics_report(every, now),
            Answered::Charts(..) => {
                let Topic::Charts(arn) = topic else { return };
                let Some(report) = fold.charts_report(arn, every, now) else { return };
                report
            }
            Answered::Tables(subject, answer) => fold.tables_report(subject, answer, every, now),
            Answered::News(source, told) => fold.log_report(Subject::Log(source), told, Value::Log, every),
            Answered::Findings(told) => fold.log_report(Subject::LogErrors, told, Value::LogErrors, every),
            // Taken in already.
            Answered::Log(..) | Answered::LogErrors(..) => return,
        });
    }

    fn say(&self, report: Report) {
        (self.sink)(Said::Report(report));
    }

    fn say_traffic(&mut self) {
        let now = Timestamp::now();
        let traffic = self.reader.traffic();
        let (requests_last_minute, dollars_per_day) = (traffic.requests_last_minute, traffic.dollars_per_day);
        // The first cost is news at once.
        let first = dollars_per_day.is_some() && self.traffic.is_some_and(|(.., dollars)| dollars.is_none());
        if !first && self.traffic.is_some_and(|(at, ..)| (at..at + TRAFFIC_EVERY).contains(&now)) {
            return;
        }
        let same = self.traffic.is_some_and(|(_, requests, dollars)| {
            let close = match (dollars, dollars_per_day) {
                (Some(old), Some(new)) => (old - new).abs() < 0.005,
                (old, new) => old.is_none() && new.is_none(),
            };
            requests == requests_last_minute && close
        });
        self.traffic = Some((now, requests_last_minute, dollars_per_day));
        if !same {
            let dollars_cap = self.state.dollars_cap();
            (self.sink)(Said::Traffic { requests_last_minute, dollars_per_day, dollars_cap });
        }
    }
}

/// What a failure is about, for the one who looks at the screen.
fn subject_of(topic: &Topic) -> Subject {
    match topic {
        Topic::Identity => Subject::Identity,
        // Settings and tags are parts of tasks.
        Topic::Tasks | Topic::Settings | Topic::Tags => Subject::Tasks,
        Topic::Instances => Subject::Instances,
        Topic::Endpoints => Subject::Endpoints,
        Topic::Connections => Subject::Connections,
        Topic::Metrics => Subject::Metrics,
        Topic::Events => Subject::Events,
        Topic::Schedules => Subject::Schedules,
        Topic::Subscriptions => Subject::Subscriptions,
        Topic::Maintenance => Subject::Maintenance,
        Topic::InstanceMetrics => Subject::InstanceMetrics,
        Topic::Charts(arn) => Subject::Charts(arn.clone()),
        Topic::Definition(arn) => Subject::Definition(arn.clone()),
        Topic::Tables(arn) => Subject::Tables(arn.clone()),
        Topic::TableErrors(arn) => Subject::TableErrors(arn.clone()),
        Topic::Log(source) => Subject::Log(source.clone()),
        Topic::LogErrors(_) => Subject::LogErrors,
    }
}
