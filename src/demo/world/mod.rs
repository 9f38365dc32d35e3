//! The state machine behind the embedded AWS: tasks, tables, instances, endpoints, metrics.
//!
//! A pure fold: [`World::advance`] lets time pass, [`World::apply`] takes in what happened outside, [`World::read`] and
//! [`World::change`] answer requests. The clock is a parameter; nothing here opens a file or a socket. What has to be done
//! outside comes out of [`World::commands`]. Start with `legal.rs` (what may be done to a task), then `fold.rs` (what
//! the mover says) and `opening.rs` (the four tasks the demo opens with).

mod answers;
mod answers_parts;
mod change;
mod cloudwatch;
mod describe;
mod events;
pub mod fleet;
mod fleet_tasks;
mod fold;
mod gauges;
pub mod legal;
mod logs;
mod maintenance;
pub mod metrics;
mod opening;
pub mod paging;
pub mod parts;
mod refusal;
mod secrets;
mod seeded;
pub mod task;
#[cfg(test)]
mod tests;
mod time;
mod timetable;
mod topics;
mod troubles;

pub use logs::FUNCTION_GROUP;
pub use opening::{SOURCE_HOST, STAGING_HOST, TARGET_HOST};
pub use parts::{Databases, Place};
pub use refusal::Refusal;
pub use topics::Message;
pub use troubles::Trouble;

use crate::demo::mover::order::{Control, Happened, Order};
use crate::demo::wire::{Service, Value};
use crate::model::metric::MetricName;
use fleet::Fleet;
use jiff::Timestamp;
use legal::Whose;
use std::sync::Arc;
use task::Task;

/// The account everything lives in.
pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "eu-west-1";
/// Who every request comes from.
pub const CALLER: &str = "arn:aws:sts::123456789012:assumed-role/migration-operator/demo";

/// What happened outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A mover said something. `task` is the resource id.
    Mover { task: String, run: u64, happened: Happened },
    /// A table falls out of replication.
    TableError { task: String, schema: String, table: String },
    /// A task breaks down. `task` is a name.
    TaskFails { task: String },
    /// Somebody else starts or stops a task; the first that can, where no name is given.
    SomebodyElse { task: Option<String> },
    /// Metrics of the last minutes are not there: of everything, or of one task or instance by name. `None` brings them
    /// back.
    Silence(Option<Silence>),
    /// Logging is switched in the settings, of one task by name or of all.
    Logging { task: Option<String>, on: bool },
    /// The role that DMS writes logs with is missing, or back.
    LogRole { missing: bool },
    /// A trouble begins or ends, of a task or instance by name.
    Trouble { what: Trouble, whose: Option<String>, on: bool },
    /// Maintenance comes near, in minutes from now, or is as far away as at the opening.
    Maintenance { minutes: Option<i64> },
    /// Lines can be read this many seconds later than usual.
    LateLogs { seconds: i64 },
}

/// Whose metrics are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silence {
    All,
    /// A task or an instance, by name.
    One(String),
}

impl Silence {
    fn covers(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::One(silent) => silent == name,
        }
    }
}

/// What the world wants done.
#[derive(Debug, Clone)]
pub enum Command {
    /// Start a mover; its reports come back as [`Event::Mover`] with this number.
    Launch { task: String, run: u64, order: Box<Order>, control: Control },
    /// Tell a running mover.
    Steer { task: String, run: u64, control: Control },
}

/// How a world begins.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    pub seed: u64,
    pub fleet: Option<Fleet>,
    /// Where rows really move; without them no mover is ever asked for.
    pub databases: Option<Databases>,
    /// Rows per second of a full load; `None` is as fast as it goes.
    pub pace: Option<u32>,
    /// A start or a stop takes no longer than it has to.
    pub hurried: bool,
}

/// Everything the embedded AWS knows. Cheap to clone: what is large is shared.
#[derive(Debug, Clone)]
pub struct World {
    setting: Setting,
    opened: Timestamp,
    instances: Vec<parts::Instance>,
    endpoints: Vec<parts::Endpoint>,
    connections: Vec<parts::Connection>,
    tasks: Vec<Task>,
    timetable: Arc<timetable::Timetable>,
    silence: Option<Silence>,
    troubles: Vec<troubles::Troubled>,
    events: events::Log,
    messages: topics::Messages,
    commands: Vec<Command>,
    /// Counts up with every change that a describe would show.
    revision: u64,
}

impl World {
    /// The opening set, or a fleet, as of `now`.
    pub fn new(setting: Setting, now: Timestamp) -> Self {
        let mut world = Self {
            opened: now,
            instances: Vec::new(),
            endpoints: Vec::new(),
            connections: Vec::new(),
            tasks: Vec::new(),
            timetable: Arc::default(),
            silence: None,
            troubles: Vec::new(),
            events: events::Log::default(),
            messages: topics::Messages::default(),
            commands: Vec::new(),
            revision: 0,
            setting,
        };
        match world.setting.fleet {
            Some(fleet) => fleet_tasks::build(&mut world, fleet, now),
            None => opening::build(&mut world, now),
        }
        events::backfill(&mut world, now);
        world.timetable = Arc::new(timetable::opening::build(&world, now));
        logs::backfill(&mut world, now);
        world
    }

    /// What has to be done outside since the last call.
    pub fn commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Takes in what happened outside.
    pub fn apply(&mut self, event: Event, now: Timestamp) {
        self.revision += 1;
        match event {
            Event::Mover { task, run, happened } => fold::mover(self, &task, run, happened, now),
            Event::TableError { task, schema, table } => fold::table_error(self, &task, &schema, &table, now),
            Event::TaskFails { task } => {
                if let Some(index) = self.by_name(&task) {
                    fold::fail(self, index, "Endpoint is disconnected", now);
                }
            }
            Event::SomebodyElse { task } => change::somebody_else(self, task.as_deref(), now),
            Event::Silence(silence) => self.silence = silence,
            Event::Logging { task, on } => logs::switch(self, task.as_deref(), on),
            Event::Trouble { what, whose, on } => troubles::switch(self, what, whose, on, now),
            Event::Maintenance { minutes } => maintenance::shift(self, minutes, now),
            Event::LogRole { missing } => logs::role(self, missing),
            Event::LateLogs { seconds } => logs::late(self, jiff::SignedDuration::from_secs(seconds)),
        }
        events::note(self, now);
    }

    /// Lets time pass up to `now`.
    pub fn advance(&mut self, now: Timestamp) {
        time::advance(self, now);
        events::note(self, now);
    }

    /// Does this operation change anything?
    pub fn is_change(service: Service, operation: &str) -> bool {
        match service {
            Service::Dms => matches!(
                operation,
                "StartReplicationTask"
                    | "StopReplicationTask"
                    | "ReloadTables"
                    | "TestConnection"
                    | "StartReplication"
                    | "StopReplication"
                    | "ReloadReplicationTables"
            ),
            Service::Events => matches!(operation, "EnableRule" | "DisableRule"),
            Service::Scheduler => operation == "UpdateSchedule",
            Service::Sns => operation == "Publish",
            _ => false,
        }
    }

    /// What has been published to topics, oldest first.
    pub fn messages(&self) -> &[Message] {
        self.messages.all()
    }

    /// Answers a question as of `now`.
    pub fn read(&self, service: Service, operation: &str, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
        match (service, operation) {
            (Service::Dms, "DescribeReplicationTasks") => describe::tasks(self, input, now),
            (Service::Dms, "DescribeTableStatistics") => describe::statistics(self, input, now),
            (Service::Dms, "DescribeReplicationInstances") => describe::instances(self, input),
            (Service::Dms, "DescribePendingMaintenanceActions") => describe::maintenance(self, input),
            (Service::Dms, "DescribeReplicationInstanceTaskLogs") => describe::task_logs(self, input, now),
            (Service::Dms, "DescribeEndpoints") => describe::endpoints(self, input),
            (Service::Dms, "DescribeConnections") => describe::connections(self, input),
            (Service::Dms, "DescribeReplications") => describe::replications(self, input, now),
            (Service::Dms, "DescribeReplicationConfigs") => describe::configs(self, input),
            (Service::Dms, "DescribeReplicationTableStatistics") => describe::replication_statistics(self, input, now),
            (Service::Dms, "ListTagsForResource") => describe::tags(self, input),
            (Service::Dms, "DescribeEvents") => events::describe(self, input, now),
            (Service::Dms, "DescribeEventSubscriptions") => events::subscriptions(self, input),
            (Service::CloudWatch, "GetMetricData") => cloudwatch::get_metric_data(self, input, now),
            (Service::CloudWatch, "ListMetrics") => cloudwatch::list_metrics(self, input),
            (Service::Events, "ListEventBuses") => timetable::buses(&self.timetable, input),
            (Service::Events, "ListRules") => timetable::rules(&self.timetable, input),
            (Service::Events, "DescribeRule") => timetable::rule(&self.timetable, input),
            (Service::Events, "ListTargetsByRule") => timetable::targets(&self.timetable, input),
            (Service::Scheduler, "ListScheduleGroups") => timetable::groups(&self.timetable, input),
            (Service::Scheduler, "ListSchedules") => timetable::schedules(&self.timetable, input),
            (Service::Scheduler, "GetSchedule") => timetable::schedule(&self.timetable, input),
            (Service::Logs, "FilterLogEvents") => logs::filter_log_events(self, input, now),
            (Service::Logs, "DescribeLogStreams") => logs::describe_log_streams(self, input, now),
            (Service::Logs, "DescribeLogGroups") => logs::describe_log_groups(self, input, now),
            (Service::Sns, "ListTopics") => topics::list(input),
            (Service::Sns, "GetTopicAttributes") => topics::attributes(input),
            (Service::Sns, "ListSubscriptionsByTopic") => topics::subscriptions(input),
            (Service::Secrets, "GetSecretValue") => secrets::value(self, input),
            (Service::Secrets, "DescribeSecret") => secrets::describe(self, input),
            (Service::Secrets, "ListSecrets") => secrets::list(self, input),
            (Service::Sts, "GetCallerIdentity") => Ok(answers::identity(ACCOUNT)),
            _ => Err(Refusal::unknown_operation()),
        }
    }

    /// Does what a request asks, if it may.
    pub fn change(&mut self, operation: &str, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
        self.revision += 1;
        match operation {
            "StartReplicationTask" => change::start(self, input, Whose::Task, now),
            "StopReplicationTask" => change::stop(self, input, Whose::Task, now),
            "ReloadTables" => change::reload(self, input, Whose::Task, now),
            "StartReplication" => change::start(self, input, Whose::Replication, now),
            "StopReplication" => change::stop(self, input, Whose::Replication, now),
            "ReloadReplicationTables" => change::reload(self, input, Whose::Replication, now),
            "TestConnection" => change::test_connection(self, input, now),
            "EnableRule" => timetable::enable_rule(Arc::make_mut(&mut self.timetable), input),
            "DisableRule" => timetable::disable_rule(Arc::make_mut(&mut self.timetable), input),
            "UpdateSchedule" => timetable::update_schedule(Arc::make_mut(&mut self.timetable), input, now),
            "Publish" => topics::publish(self, input, now),
            _ => Err(Refusal::unknown_operation()),
        }
    }

    fn by_arn(&self, arn: &str) -> Option<usize> {
        self.tasks.iter().position(|task| task.def.arn.as_str() == arn)
    }

    fn by_name(&self, name: &str) -> Option<usize> {
        self.tasks.iter().position(|task| task.def.name == name)
    }

    fn by_resource_id(&self, id: &str) -> Option<usize> {
        self.tasks.iter().position(|task| task.def.arn.resource_id().0 == id)
    }

    fn instance(&self, arn: &crate::model::InstanceArn) -> Option<&parts::Instance> {
        self.instances.iter().find(|instance| instance.arn == *arn)
    }

    /// When the points of this task or instance end.
    fn published_until(&self, name: &str, end: Timestamp, now: Timestamp) -> Timestamp {
        let silent = self.silence.as_ref().is_some_and(|silence| silence.covers(name));
        // Metrics stop when replication stops (facts, point 7); so that the fault shows at once, the newest quarter of
        // an hour is gone.
        let hidden = jiff::SignedDuration::from_mins(if silent { 15 } else { 0 });
        end.min(metrics::minute_of(now) - hidden)
    }

    /// Points of one metric of one instance, oldest first.
    fn gauge(
        &self,
        instance: &parts::Instance,
        name: MetricName,
        range: (Timestamp, Timestamp),
        now: Timestamp,
    ) -> Vec<crate::model::metric::Point> {
        let end = self.published_until(&instance.name, range.1, now);
        let mut points = gauges::points(self, instance, name, (range.0, end));
        troubles::bend(self, &instance.name, name, &mut points);
        points
    }

    /// Points of one metric of one task, oldest first; minutes under way are not published yet.
    fn points(
        &self,
        task: &Task,
        name: MetricName,
        range: (Timestamp, Timestamp),
        now: Timestamp,
    ) -> Vec<crate::model::metric::Point> {
        let end = self.published_until(&task.def.name, range.1, now);
        let mut points = match task.tables {
            task::Tables::Kept(_) => task.points.range(name, range.0, end),
            task::Tables::Fleet(_) => fleet::points(task, name, self.setting.seed, self.opened, (range.0, end)),
        };
        troubles::bend(self, &task.def.name, name, &mut points);
        points
    }
}

/// ARN of something of DMS in the demo's account.
fn arn(kind: &str, id: &str) -> String {
    format!("arn:aws:dms:{REGION}:{ACCOUNT}:{kind}:{id}")
}
