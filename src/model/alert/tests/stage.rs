//! A small account in which anything can be wrong, for the tests of the rules.

use crate::model::alert::{Alert, Book, Facts, Place, Settings, Stated, Tables};
use crate::model::event::{Event, SourceType};
use crate::model::log_line::LogEvent;
use crate::model::metric::{MetricName, Point};
use crate::model::parts::{EventSubscription, Instance, PendingMaintenance};
use crate::model::schedule::{Schedule, ScheduleKind, Target};
use crate::model::table::{AppliedCounts, Counts, TableRow, TableState, ValidationState};
use crate::model::task::{MigrationType, Task, TaskStats, TaskStatus};
use crate::model::{EndpointArn, InstanceArn, Problem, ReplicationArn, Subject, TaskName};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// A Sunday.
pub fn now() -> Timestamp {
    "2026-11-22T14:03:22Z".parse().unwrap()
}

pub fn before(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

pub fn min(minutes: i64) -> i64 {
    minutes * 60
}

pub fn arn() -> ReplicationArn {
    ReplicationArn::parse("arn:aws:dms:eu-west-1:123456789012:task:A").unwrap()
}

pub fn instance_arn() -> InstanceArn {
    InstanceArn("arn:aws:dms:eu-west-1:123456789012:rep:ONE".into())
}

pub fn task(kind: MigrationType, status: TaskStatus) -> Task {
    Task {
        arn: arn(),
        name: TaskName::new("orders-cdc"),
        migration_type: kind,
        status,
        stop_reason: None,
        last_failure: None,
        source: EndpointArn("s".into()),
        target: EndpointArn("t".into()),
        instance: Some(instance_arn()),
        stats: TaskStats { fresh_start: Some(before(86_400)), start: Some(before(86_400)), ..TaskStats::default() },
        table_mappings: None,
        settings: None,
        cdc_start_position: None,
        cdc_stop_position: None,
        recovery_checkpoint: None,
    }
}

pub fn row(name: &str, state: &str, validation: ValidationState) -> TableRow {
    TableRow {
        schema: "public".into(),
        table: name.into(),
        state: TableState::from(state.to_owned()),
        captured: Counts::default(),
        applied: AppliedCounts { inserts: Some(0), updates: Some(0), deletes: Some(0), ddls: Some(0) },
        full_load_rows: 0,
        full_load_start: None,
        full_load_end: None,
        full_load_reloaded: false,
        validation: Some(validation),
        validation_details: None,
        validation_pending: 0,
        validation_failed: 0,
        validation_suspended: 0,
        last_update: Some(before(10)),
    }
}

/// One task, one instance, and what is known of them.
#[derive(Clone)]
pub struct Stage {
    pub tasks: Vec<Task>,
    pub instances: Vec<Instance>,
    pub points: HashMap<MetricName, Vec<Point>>,
    pub of_instance: HashMap<MetricName, Vec<Point>>,
    pub answered: bool,
    pub problem: Option<Problem>,
    pub sees_every_task: bool,
    pub rows: Option<Vec<TableRow>>,
    pub errors: Option<Vec<TableRow>>,
    pub log: Option<(Vec<LogEvent>, Option<String>)>,
    pub events: Option<Vec<Event>>,
    pub maintenance: Option<Vec<PendingMaintenance>>,
    pub schedules: Vec<Schedule>,
    pub subscriptions: Vec<EventSubscription>,
    /// Raised with every change, as a new answer would.
    pub received: Timestamp,
}

impl Stage {
    /// A CDC task that runs well, and of which everything is known.
    pub fn well() -> Self {
        let mut stage = Self {
            tasks: vec![task(MigrationType::Cdc, TaskStatus::Running)],
            instances: vec![Instance {
                arn: instance_arn(),
                name: "dms-prod-1".into(),
                class: "dms.r6i.large".into(),
                status: "available".into(),
                storage_gb: Some(100),
                maintenance_window: Some("thu:03:00-thu:03:30".into()),
                ..Instance::default()
            }],
            points: HashMap::new(),
            of_instance: HashMap::new(),
            answered: true,
            problem: None,
            sees_every_task: true,
            rows: Some(vec![row("invoice", "Table completed", ValidationState::Validated)]),
            errors: Some(vec![]),
            log: Some((vec![], None)),
            events: Some(vec![]),
            maintenance: Some(vec![]),
            schedules: vec![],
            subscriptions: vec![],
            received: now(),
        };
        stage.settings(r#"{"Logging":{"EnableLogging":true},"ValidationSettings":{"EnableValidation":true}}"#);
        stage.latency(&[2.0; 6], &[1.0; 6]);
        stage.metric(MetricName::CDCIncomingChanges, &[0.0; 6]);
        let gb = 1024.0 * 1024.0 * 1024.0;
        stage.instance_metric(MetricName::FreeStorageSpace, &[80.0 * gb; 5]);
        stage.instance_metric(MetricName::FreeableMemory, &[4.0 * gb; 5]);
        stage.instance_metric(MetricName::SwapUsage, &[0.0; 5]);
        stage
    }

    pub fn settings(&mut self, text: &str) {
        self.tasks[0].settings = Some(text.to_owned());
    }

    /// One point a minute up to a minute ago.
    pub fn metric(&mut self, name: MetricName, values: &[f64]) {
        self.points.insert(name, points(values));
    }

    pub fn instance_metric(&mut self, name: MetricName, values: &[f64]) {
        self.of_instance.insert(name, points(values));
    }

    pub fn latency(&mut self, target: &[f64], source: &[f64]) {
        self.metric(MetricName::CDCLatencyTarget, target);
        self.metric(MetricName::CDCLatencySource, source);
    }

    pub fn event(&mut self, seconds_ago: i64, message: &str) {
        let event = Event {
            at: before(seconds_ago),
            source_type: SourceType::Task,
            source: "orders-cdc".into(),
            categories: vec![],
            message: message.into(),
        };
        self.events.get_or_insert_default().push(event);
    }

    pub fn line(&mut self, seconds_ago: i64, text: &str) {
        let at = before(seconds_ago);
        let text = format!("00000001: {} [TARGET_APPLY    ]{text}", at.strftime("%Y-%m-%dT%H:%M:%S"));
        let line =
            LogEvent { id: format!("{seconds_ago} {text}"), stream: "s".into(), at, ingested: None, text: text.into() };
        self.log.get_or_insert_default().0.push(line);
    }

    pub fn schedule(&mut self, expression: &str, call: &str) {
        let arn = format!("arn:aws:scheduler:::aws-sdk:databasemigration:{call}");
        let input = format!(r#"{{"ReplicationTaskArn":"{}"}}"#, self.tasks[0].arn.as_str());
        self.schedules.push(Schedule {
            kind: ScheduleKind::Schedule,
            group: "default".into(),
            name: "nightly".into(),
            arn: "x".into(),
            state: "ENABLED".to_owned().into(),
            expression: Some(expression.into()),
            event_pattern: false,
            description: None,
            managed_by: None,
            time_zone: None,
            start: None,
            end: None,
            flexible_minutes: None,
            created: None,
            modified: None,
            targets: Some(vec![Target::new(None, arn.into(), Some(&input))]),
        });
    }

    /// What stands, judged for the first time.
    pub fn judged(&self) -> Vec<Alert> {
        self.judged_by(Settings::default()).all().cloned().collect()
    }

    pub fn judged_by(&self, settings: Settings) -> Book {
        let mut book = Book::new(settings);
        book.judge(self, now());
        book
    }

    pub fn ids(&self) -> Vec<&'static str> {
        self.judged().iter().map(Alert::id).collect()
    }
}

/// One a minute, the newest a minute old.
pub fn points(values: &[f64]) -> Vec<Point> {
    let count = i64::try_from(values.len()).unwrap();
    let ages = (0..count).rev().map(|n| 60 + n * 60);
    values.iter().zip(ages).map(|(value, age)| Point { at: before(age), value: *value }).collect()
}

pub fn place() -> Place {
    Place::Task(arn())
}

impl Facts for Stage {
    fn tasks(&self) -> &[Task] {
        &self.tasks
    }
    fn sees_every_task(&self) -> bool {
        self.sees_every_task
    }
    fn points(&self, _task: &ReplicationArn, name: MetricName) -> &[Point] {
        self.points.get(&name).map_or(&[], Vec::as_slice)
    }
    fn metrics_answered(&self, _now: Timestamp) -> Option<Timestamp> {
        self.answered.then_some(self.received)
    }
    fn metrics_problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }
    fn stated(&self, subject: &Subject) -> Option<Stated> {
        let known = match subject {
            Subject::Events => self.events.is_some(),
            Subject::Maintenance => self.maintenance.is_some(),
            _ => true,
        };
        known.then_some(Stated { as_of: Some(before(10)), received: self.received })
    }
    fn tables(&self, _task: &ReplicationArn) -> Tables<'_> {
        match (&self.rows, &self.errors) {
            (Some(rows), _) => Tables::All(rows),
            (None, Some(rows)) => Tables::Errors(rows),
            (None, None) => Tables::Unknown,
        }
    }
    fn log(&self, _task: &ReplicationArn) -> Option<(&[LogEvent], Option<&str>)> {
        self.log.as_ref().map(|(lines, none)| (lines.as_slice(), none.as_deref()))
    }
    fn events(&self) -> &[Event] {
        self.events.as_deref().unwrap_or_default()
    }
    fn instances(&self) -> &[Instance] {
        &self.instances
    }
    fn instance_points(&self, _instance: &InstanceArn, name: MetricName) -> &[Point] {
        self.of_instance.get(&name).map_or(&[], Vec::as_slice)
    }
    fn maintenance(&self) -> &[PendingMaintenance] {
        self.maintenance.as_deref().unwrap_or_default()
    }
    fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }
    fn subscriptions(&self) -> &[EventSubscription] {
        &self.subscriptions
    }
}
