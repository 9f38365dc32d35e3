//! A console state of any size, built from the messages a feed would send. Used by budgets and by benchmarks.

use cutover::console::actions::Keymap;
use cutover::console::message::{Area, Key, KeyCode, Message};
use cutover::console::state::{Mode, Setup, State};
use cutover::console::theme::{Look, Theme};
use cutover::console::{update, view};
use cutover::model::event::{Event, SourceType};
use cutover::model::log_line::LogEvent;
use cutover::model::log_place::LogSource;
use cutover::model::metric::{MetricName, Point, Series};
use cutover::model::observation::{Charts, LogNews, TaskSeries};
use cutover::model::parts::{EventSubscription, Identity, Instance};
use cutover::model::schedule::{Schedule, ScheduleKind, ScheduleState, Target};
use cutover::model::table::{AppliedCounts, Counts, TableRow};
use cutover::model::task::{Task, TaskStats};
use cutover::model::topic::Audience;
use cutover::model::{
    AccountId, EndpointArn, InstanceArn, Observation, Region, ReplicationArn, Report, Scope, Subject, TaskName, Value,
};
use jiff::{SignedDuration, Timestamp};

/// A console with its data, at a moment that only moves when told.
pub struct Scene {
    pub state: State,
    pub now: Timestamp,
    pub theme: Theme,
}

pub fn arn(n: usize) -> ReplicationArn {
    ReplicationArn::parse(&format!("arn:aws:dms:eu-west-1:123456789012:task:TASK{n:06}")).unwrap()
}

fn scope() -> Scope {
    let (account, region) = (AccountId("123456789012".into()), Region("eu-west-1".into()));
    Scope { profile: "migration".into(), account, region }
}

impl Scene {
    /// `tasks` running CDC tasks with metrics, on the Tasks screen.
    pub fn new(area: Area, tasks: usize) -> Self {
        let now: Timestamp = "2026-01-15T14:03:22Z".parse().unwrap();
        let setup = Setup {
            environment: Some("PROD".into()),
            profile: "migration".into(),
            region: Some("eu-west-1".into()),
            mode: Mode::ReadOnly,
            ascii: false,
            look: Look::Sixteen,
            demo: false,
            clock: true,
            watched: vec![],
            sees_every_task: true,
            bell: true,
            alerts: cutover::model::alert::Settings::default(),
            log_groups: vec![],
            validations: vec![],
            refreshes: vec![],
            time_zone: None,
            keys: Keymap::default(),
            copies: true,
            read_only_because: String::new(),
            answer_within: SignedDuration::from_mins(1),
        };
        let state = State::new(setup, area, now);
        let mut scene = Self { state, now, theme: Theme::new(false, Look::Sixteen) };
        let role = "arn:aws:sts::123456789012:assumed-role/migration-operator/jane";
        let identity = Identity { account: scope().account, arn: role.into(), expires: Some(now + min(47)) };
        scene.send(Message::Connected { scope: scope(), identity });
        scene.report(Subject::Tasks, Value::Tasks((0..tasks).map(|n| scene.task(n)).collect()), 15);
        let metrics = (0..tasks.min(100)).flat_map(|n| scene.metrics(n)).collect();
        scene.report(Subject::Metrics, Value::Metrics(metrics), 60);
        scene.report(Subject::Events, Value::Events((0..tasks).map(|n| scene.event(n)).collect()), 20);
        scene.report(Subject::Schedules, Value::Schedules((0..tasks).map(schedule).collect()), 60);
        scene.report(Subject::Subscriptions, Value::Subscriptions((0..3).map(subscription).collect()), 600);
        scene
    }

    /// The same, with a task of `tables` tables open.
    pub fn tables(area: Area, tables: usize) -> Self {
        let mut scene = Self::new(area, 1);
        scene.key(KeyCode::Enter);
        scene.refresh_tables(tables, 0);
        scene
    }

    /// The same, with a log of `lines` lines open; every tenth is worth a look and takes two rows or three.
    pub fn logs(area: Area, lines: i64) -> Self {
        let mut scene = Self::new(area, 1);
        scene.key(KeyCode::Char('l'));
        let line = |n: i64| {
            let at = scene.now - SignedDuration::from_secs(lines - n);
            let time = at.strftime("%Y-%m-%dT%H:%M:%S");
            let message = if n % 10 == 0 {
                "Some changes from the source database had no impact when applied to the target database ('shop'.'payment'). \
                 See the 'awsdms_apply_exceptions' table for details; they are many, and this line is long."
            } else {
                "Source latency 1.00 seconds, Target latency 2.00 seconds, Handling latency 1.00 seconds"
            };
            let text = format!("00013552: {time} [PERFORMANCE     ]W:  {message}  (replicationtask.c:{n})");
            LogEvent { id: n.to_string(), stream: "dms-task-0".into(), at, ingested: None, text: text.into() }
        };
        let news = LogNews { lines: (0..lines).map(line).collect(), since: Some(scene.now), ..LogNews::default() };
        scene.report(Subject::Log(LogSource::Task(arn(0))), Value::Log(news), 4);
        scene
    }

    /// The charts of a task, three hours of every metric.
    pub fn charts(area: Area) -> Self {
        let mut scene = Self::new(area, 1);
        let instance = InstanceArn("arn:aws:dms:eu-west-1:123456789012:rep:INST".into());
        let named = Instance { arn: instance.clone(), name: "dms-prod-1".into(), ..Instance::default() };
        scene.report(Subject::Instances, Value::Instances(vec![named]), 300);
        scene.key(KeyCode::Char('m'));
        let now = scene.now;
        let series = |name: MetricName| {
            let points = (0..180_i32).map(|m| Point {
                at: now - min(180 - i64::from(m)),
                value: f64::from((m * 7 + i32::try_from(name.raw().len()).unwrap()) % 67),
            });
            Series { name, points: points.collect() }
        };
        let charts = Charts {
            task: MetricName::TASK.into_iter().map(series).collect(),
            instance: Some(instance),
            of_instance: MetricName::INSTANCE.into_iter().map(series).collect(),
        };
        scene.report(Subject::Charts(arn(0)), Value::Charts(charts), 60);
        scene
    }

    /// New statistics of the open task, every row changed.
    pub fn refresh_tables(&mut self, tables: usize, revision: i64) {
        let rows = (0..tables).map(|n| self.row(n, revision)).collect();
        self.report(Subject::Tables(arn(0)), Value::Tables(rows), 15);
    }

    /// The list of tasks once more: everything is judged anew.
    pub fn refresh_tasks(&mut self) {
        let tasks = self.state.world.tasks.clone();
        self.report(Subject::Tasks, Value::Tasks(tasks), 15);
    }

    pub fn send(&mut self, message: Message) {
        let _ = update::update(&mut self.state, message, self.now);
    }

    pub fn key(&mut self, code: KeyCode) {
        self.send(Message::Key(Key { code, ctrl: false, alt: false }));
    }

    /// Time passes; the labels step.
    pub fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
        self.send(Message::Tick);
    }

    pub fn view(&self, frame: &mut ratatui::Frame<'_>) {
        view::view(&self.state, &self.theme, frame);
    }

    fn report(&mut self, subject: Subject, value: Value, every: i64) {
        let observation =
            Observation { version: 1, scope: scope(), subject, value, as_of: Some(self.now), received: self.now };
        let every = Some(SignedDuration::from_secs(every));
        self.send(Message::Report(Report::Observed { observation: Box::new(observation), every }));
    }

    fn task(&self, n: usize) -> Task {
        let started = self.now - min(300);
        Task {
            arn: arn(n),
            name: TaskName::new(format!("orders-shard-{n:03}-cdc")),
            migration_type: "full-load-and-cdc".to_owned().into(),
            status: "running".to_owned().into(),
            stop_reason: None,
            last_failure: None,
            source: EndpointArn("arn:aws:dms:eu-west-1:123456789012:endpoint:SRC".into()),
            target: EndpointArn("arn:aws:dms:eu-west-1:123456789012:endpoint:TGT".into()),
            instance: Some(InstanceArn("arn:aws:dms:eu-west-1:123456789012:rep:INST".into())),
            stats: TaskStats {
                full_load_progress_percent: Some(100),
                tables_loaded: 40 + i32::try_from(n % 7).unwrap(),
                tables_errored: i32::from(n % 10 == 3),
                fresh_start: Some(started),
                start: Some(started),
                full_load_start: Some(started),
                full_load_finish: Some(started + min(20)),
                ..TaskStats::default()
            },
            table_mappings: None,
            settings: None,
            cdc_start_position: None,
            cdc_stop_position: None,
            recovery_checkpoint: None,
        }
    }

    fn event(&self, n: usize) -> Event {
        let messages = [
            "Replication task has stopped. Stop Reason NORMAL.",
            "Reading paused, swap files limit reached.",
            "Replication task has started.",
        ];
        Event {
            at: self.now - SignedDuration::from_secs(40 * i64::try_from(n).unwrap()),
            source_type: SourceType::Task,
            source: format!("orders-shard-{n:03}-cdc").into(),
            categories: vec!["State Change".into()],
            message: messages[n % 3].into(),
        }
    }

    fn metrics(&self, n: usize) -> Vec<TaskSeries> {
        let series = |name, base: f64| {
            let points = (0..180_i32).map(|m| Point {
                at: self.now - min(180 - i64::from(m)),
                value: base + f64::from((m * 7 + i32::try_from(n).unwrap()) % 11),
            });
            TaskSeries { arn: arn(n), series: Series { name, points: points.collect() } }
        };
        vec![
            series(MetricName::CDCLatencySource, 1.0),
            series(MetricName::CDCLatencyTarget, 2.0),
            series(MetricName::CDCThroughputRowsTarget, 200.0),
        ]
    }

    fn row(&self, n: usize, revision: i64) -> TableRow {
        let i = i64::try_from(n).unwrap();
        let moved = i * 3 + revision;
        TableRow {
            schema: "shop".into(),
            table: format!("order_line_{n:05}").into(),
            state: if n % 97 == 5 { "Table error" } else { "Table completed" }.to_owned().into(),
            captured: Counts { inserts: moved, updates: moved / 2, deletes: moved / 9, ddls: 0 },
            applied: AppliedCounts {
                inserts: Some(moved),
                updates: Some(moved / 2 - moved % 3),
                deletes: Some(moved / 9),
                ddls: Some(0),
            },
            full_load_rows: i * 1_003,
            full_load_start: Some(self.now - min(100)),
            full_load_end: Some(self.now - min(90)),
            full_load_reloaded: false,
            validation: Some("Validated".to_owned().into()),
            validation_details: None,
            validation_pending: 0,
            validation_failed: 0,
            validation_suspended: 0,
            last_update: Some(self.now - SignedDuration::from_secs(20 + i % 60)),
        }
    }
}

/// The refresh of one task, as a fleet has it.
fn schedule(n: usize) -> Schedule {
    let input = format!("{{\"ReplicationTaskArn\":\"{}\"}}", arn(n).as_str());
    let call = "arn:aws:scheduler:::aws-sdk:databasemigration:startReplicationTask";
    Schedule {
        kind: ScheduleKind::Schedule,
        group: "migrations".into(),
        name: format!("refresh-orders-{n:03}").into(),
        arn: format!("arn:aws:scheduler:eu-west-1:123456789012:schedule/migrations/refresh-orders-{n:03}").into(),
        state: if n % 7 == 3 { ScheduleState::Disabled } else { ScheduleState::Enabled },
        expression: Some(format!("cron({} {} * * ? *)", n % 60, n % 24).into()),
        event_pattern: false,
        description: None,
        managed_by: None,
        time_zone: Some("America/New_York".into()),
        start: None,
        end: None,
        flexible_minutes: None,
        created: None,
        modified: None,
        targets: Some(vec![Target::new(None, call.into(), Some(&input))]),
    }
}

fn subscription(n: usize) -> EventSubscription {
    EventSubscription {
        name: format!("dms-oncall-{n}").into(),
        topic: "arn:aws:sns:eu-west-1:123456789012:migration-oncall".into(),
        status: if n == 1 { "topic-not-exist" } else { "active" }.into(),
        enabled: true,
        audience: Audience::Unknown,
    }
}

fn min(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}
