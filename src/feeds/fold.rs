//! From answers to reports: what belongs together is merged, what is out of scope left out, and each report gets the time
//! of its evidence. Pure: `now` is a parameter.

use super::book::{Book, KEEP};
use super::charts::OpenCharts;
use super::known::Known;
use super::logs::{self, Told};
use super::metrics::INSTANCE_NAMES;
use super::settings::Settings;
use crate::aws::{Answer, InstanceMetricQuery, MetricQuery};
use crate::model::event::{Asked, Event, LOOK_BACK, SourceType, Window};
use crate::model::log_place::{self, LogPlace, LogSource, NoPlace};
use crate::model::metric::{MetricName, Series};
use crate::model::observation::{self, Definition, InstanceSeries, TaskSeries, Value};
use crate::model::parts::{ConnectionTest, Endpoint, EventSubscription, Identity, Instance, PendingMaintenance};
use crate::model::schedule::Schedule;
use crate::model::table::TableRow;
use crate::model::task::{Task, TaskStatus};
use crate::model::{
    InstanceArn, Observation, Problem, ReplicationArn, ReplicationKind, Report, Scope, Subject, Untrusted, settings,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Everything kept between answers.
#[derive(Debug)]
pub(super) struct Fold {
    scope: Scope,
    settings: Settings,
    /// Every task whose name fits, watched or not yet known to be.
    tasks: BTreeMap<ReplicationArn, Task>,
    tasks_stated: Option<Timestamp>,
    texts: BTreeMap<ReplicationArn, (Option<String>, Option<String>)>,
    tagged: BTreeMap<ReplicationArn, bool>,
    instances: BTreeMap<InstanceArn, Untrusted>,
    book: Book<ReplicationArn>,
    of_instances: Book<InstanceArn>,
    /// Of the task whose charts were opened last.
    charts: Option<OpenCharts>,
    window: Option<Window>,
    pub(super) logs: logs::Book,
}

/// Before the first answer.
pub(super) fn first_window(now: Timestamp) -> Window {
    Window::new(now.checked_sub(LOOK_BACK).unwrap_or(now))
}

impl Fold {
    pub(super) fn new(scope: Scope, settings: Settings) -> Self {
        Self {
            scope,
            settings,
            tasks: BTreeMap::new(),
            tasks_stated: None,
            texts: BTreeMap::new(),
            tagged: BTreeMap::new(),
            instances: BTreeMap::new(),
            book: Book::new(),
            of_instances: Book::new(),
            charts: None,
            window: None,
            logs: logs::Book::default(),
        }
    }

    /// A list of tasks came. Where a part of it is missing, serverless ones known from before stay, and the whole is as
    /// old as they are: a failed request must not look like deleted tasks.
    pub(super) fn tasks(&mut self, answer: Answer<Vec<Task>>) {
        let partly = !answer.missing.is_empty();
        let fitting = answer.value.into_iter().filter(|task| self.settings.watches(task.name.raw()));
        let mut tasks: BTreeMap<_, _> = fitting.map(|task| (task.arn.clone(), task)).collect();
        let mut stated = answer.stated;
        for (arn, task) in std::mem::take(&mut self.tasks) {
            if partly && arn.kind() == ReplicationKind::Serverless && !tasks.contains_key(&arn) {
                stated = stated.zip(self.tasks_stated).map(|(new, old)| new.min(old));
                tasks.insert(arn, task);
            }
        }
        (self.tasks, self.tasks_stated) = (tasks, stated);
        let tasks = &self.tasks;
        self.texts.retain(|arn, _| tasks.contains_key(arn));
        self.tagged.retain(|arn, _| tasks.contains_key(arn));
        let (settings, tagged) = (&self.settings, &self.tagged);
        self.book.keep_only(|arn| tasks.contains_key(arn) && is_watched(settings, tagged, arn));
        self.logs.keep_only(|arn| tasks.contains_key(arn) && is_watched(settings, tagged, arn));
    }

    /// Settings and mappings came.
    pub(super) fn texts(&mut self, tasks: Vec<Task>) {
        for task in tasks {
            if self.tasks.contains_key(&task.arn) {
                self.texts.insert(task.arn, (task.table_mappings, task.settings));
            }
        }
    }

    /// Tags came; none for a task whose tags may not be read: it stays what it was, at first not watched.
    pub(super) fn tags(&mut self, all: Vec<(ReplicationArn, Option<BTreeMap<String, String>>)>) {
        for (arn, tags) in all {
            let enough = tags.map(|tags| self.settings.has_tags(&tags));
            let tagged = self.tagged.entry(arn).or_default();
            *tagged = enough.unwrap_or(*tagged);
        }
    }

    pub(super) fn instances(&mut self, instances: &[Instance]) {
        self.instances = instances.iter().map(|instance| (instance.arn.clone(), instance.name.clone())).collect();
    }

    pub(super) fn metrics(&mut self, series: Vec<TaskSeries>, now: Timestamp) {
        let (tasks, settings, tagged) = (&self.tasks, &self.settings, &self.tagged);
        let watched = |arn: &ReplicationArn| tasks.contains_key(arn) && is_watched(settings, tagged, arn);
        let ours = series.into_iter().filter(|series| watched(&series.arn));
        self.book.add(ours.map(|series| (series.arn, series.series)), KEEP, now);
    }

    /// Where the next question about events begins.
    pub(super) fn window(&self) -> Option<Window> {
        self.window.clone()
    }

    /// Leaves what is new, and of our tasks; what happens to an instance happens to all of them.
    pub(super) fn events(&mut self, asked: Asked, answer: &mut Answer<Vec<Event>>) {
        let window = self.window.get_or_insert_with(|| Window::new(asked.from));
        answer.value = window.take(asked, answer.stated, std::mem::take(&mut answer.value));
        let names: BTreeSet<&str> = self.watched().map(|task| task.name.raw()).collect();
        let settings = &self.settings;
        answer.value.retain(|event| {
            let name = event.source.raw();
            // One that is deleted is in no list any more, and its deletion is news.
            event.source_type != SourceType::Task
                || names.contains(name)
                || settings.tags.is_empty() && settings.watches(name)
        });
    }

    /// Every instance with a name that watched tasks run on, and what is asked of it regularly.
    pub(super) fn instance_queries(&self) -> Vec<InstanceMetricQuery> {
        let arns: BTreeSet<&InstanceArn> = self.watched().filter_map(|task| task.instance.as_ref()).collect();
        arns.into_iter().filter_map(|arn| self.instance_query(arn, &INSTANCE_NAMES)).collect()
    }

    fn instance_query(&self, arn: &InstanceArn, names: &[MetricName]) -> Option<InstanceMetricQuery> {
        let name = self.instances.get(arn)?.clone();
        Some(InstanceMetricQuery { arn: arn.clone(), name, names: names.to_vec() })
    }

    /// Everything a task and its instance publish.
    pub(super) fn chart_queries(&self, arn: &ReplicationArn) -> (MetricQuery, Option<InstanceMetricQuery>) {
        let instance = self.tasks.get(arn).and_then(|task| task.instance.as_ref());
        let of_instance = instance.and_then(|arn| self.instance_query(arn, &MetricName::INSTANCE));
        let query = MetricQuery { arn: arn.clone(), instance: self.instance_of(arn), names: MetricName::TASK.to_vec() };
        (query, of_instance)
    }

    pub(super) fn instance_metrics(&mut self, series: Vec<InstanceSeries>, now: Timestamp) {
        let arns: BTreeSet<InstanceArn> = self.watched().filter_map(|task| task.instance.clone()).collect();
        self.of_instances.add(series.into_iter().map(|series| (series.arn, series.series)), KEEP, now);
        self.of_instances.keep_only(|arn| arns.contains(arn));
    }

    /// Points of a task's charts; those of the task before are dropped.
    pub(super) fn charts(
        &mut self,
        arn: &ReplicationArn,
        task: Vec<Series>,
        instance: Vec<InstanceSeries>,
        now: Timestamp,
    ) {
        let here = self.tasks.get(arn).and_then(|task| task.instance.as_ref());
        let open = self.charts.take().filter(|charts| charts.are_of(arn));
        let mut charts = open.unwrap_or_else(|| OpenCharts::new(arn.clone()));
        charts.add(task, instance, here, now);
        self.charts = Some(charts);
    }

    fn watched(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values().filter(|task| is_watched(&self.settings, &self.tagged, &task.arn))
    }

    /// Tasks whose tags are not known and matter.
    pub(super) fn untagged(&self) -> Vec<ReplicationArn> {
        if self.settings.tags.is_empty() {
            return Vec::new();
        }
        self.tasks.keys().filter(|arn| !self.tagged.contains_key(*arn)).cloned().collect()
    }

    /// What scheduling needs to know.
    pub(super) fn known(&self) -> BTreeMap<ReplicationArn, Known> {
        let named = |task: &Task| task.instance.as_ref().is_some_and(|arn| self.instances.contains_key(arn));
        self.watched().map(|task| (task.arn.clone(), Known::of(task, named(task)))).collect()
    }

    pub(super) fn any_serverless(&self) -> bool {
        self.tasks.keys().any(|arn| arn.kind() == ReplicationKind::Serverless)
    }

    /// Name of the instance a task runs on.
    pub(super) fn instance_of(&self, arn: &ReplicationArn) -> Option<Untrusted> {
        self.instances.get(self.tasks.get(arn)?.instance.as_ref()?).cloned()
    }

    /// Where a log is, by what is known of its task now.
    pub(super) fn log_place(&self, source: &LogSource) -> Result<LogPlace, NoPlace> {
        let arn = match source {
            LogSource::Group(name) => return Ok(LogPlace::group(name)),
            LogSource::Task(arn) => arn,
        };
        let text = self.texts.get(arn).and_then(|(_, settings)| settings.as_deref()).unwrap_or("{}");
        // Settings that cannot be read name nothing; the usual names are tried.
        let settings = settings::parse(text).unwrap_or_default();
        log_place::find(arn, &settings, self.instance_of(arn).as_ref().map(Untrusted::raw))
    }

    /// When the task of a log stopped, where it has.
    pub(super) fn ended(&self, source: &LogSource) -> Option<Timestamp> {
        let LogSource::Task(arn) = source else { return None };
        let task = self.tasks.get(arn).filter(|task| task.status != TaskStatus::Running)?;
        task.stats.stop
    }

    /// The watched tasks with their settings and mappings, as far as read.
    pub(super) fn tasks_report(&self, every: Option<SignedDuration>, now: Timestamp) -> Report {
        let whole = self.watched().map(|task| {
            let (table_mappings, settings) = self.texts.get(&task.arn).cloned().unwrap_or_default();
            Task { table_mappings, settings, ..task.clone() }
        });
        self.report(Subject::Tasks, Value::Tasks(whole.collect()), self.tasks_stated, every, now)
    }

    pub(super) fn identity_report(
        &self,
        answer: Answer<Identity>,
        every: Option<SignedDuration>,
        now: Timestamp,
    ) -> Report {
        self.report(Subject::Identity, Value::Identity(answer.value), answer.stated, every, now)
    }

    pub(super) fn instances_report(
        &self,
        answer: Answer<Vec<Instance>>,
        every: Option<SignedDuration>,
        now: Timestamp,
    ) -> Report {
        self.report(Subject::Instances, Value::Instances(answer.value), answer.stated, every, now)
    }

    pub(super) fn endpoints_report(
        &self,
        answer: Answer<Vec<Endpoint>>,
        every: Option<SignedDuration>,
        now: Timestamp,
    ) -> Report {
        self.report(Subject::Endpoints, Value::Endpoints(answer.value), answer.stated, every, now)
    }

    pub(super) fn connections_report(
        &self,
        answer: Answer<Vec<ConnectionTest>>,
        every: Option<SignedDuration>,
        now: Timestamp,
    ) -> Report {
        self.report(Subject::Connections, Value::Connections(answer.value), answer.stated, every, now)
    }

    /// What a task is told to do, as of the answer that had it.
    pub(super) fn definition_report(
        &self,
        arn: &ReplicationArn,
        stated: Option<Timestamp>,
        every: Option<SignedDuration>,
        now: Timestamp,
    ) -> Report {
        let (table_mappings, settings) = self.texts.get(arn).cloned().unwrap_or_default();
        let definition = Definition { table_mappings, settings };
        self.report(Subject::Definition(arn.clone()), Value::Definition(definition), stated, every, now)
    }

    /// Nothing new is also an answer: it is as old as the service says.
    pub(super) fn events_report(
        &self,
        answer: Answer<Vec<Event>>,
        every: Option<SignedDuration>,
        now: Timestamp,
    ) -> Report {
        self.report(Subject::Events, Value::Events(answer.value), answer.stated, every, now)
    }

    pub(super) fn schedules_report(
        &self,
        answer: Answer<Vec<Schedule>>,
        every: Option<SignedDuration>,
        now: Timestamp,
    ) -> Report {
        self.report(Subject::Schedules, Value::Schedules(answer.value), answer.stated, every, now)
    }

    pub(super) fn subscriptions_report(
        &self,
        answer: Answer<Vec<EventSubscription>>,
        every: Option<SignedDuration>,
        now: Timestamp,
    ) -> Report {
        self.report(Subject::Subscriptions, Value::Subscriptions(answer.value), answer.stated, every, now)
    }

    /// Table statistics are as old as their newest row says. Rows that say nothing leave it open; no rows at all is the
    /// answer's own statement.
    pub(super) fn tables_report(
        &self,
        subject: Subject,
        answer: Answer<Vec<TableRow>>,
        every: Option<SignedDuration>,
        now: Timestamp,
    ) -> Report {
        let as_of = if answer.value.is_empty() {
            answer.stated
        } else {
            answer.value.iter().filter_map(|row| row.last_update).max()
        };
        self.report(subject, Value::Tables(answer.value), as_of, every, now)
    }

    /// All points kept, as old as the newest of them.
    pub(super) fn metrics_report(&self, every: Option<SignedDuration>, now: Timestamp) -> Report {
        let series = self.book.series().map(|(arn, series)| TaskSeries { arn, series }).collect();
        self.report(Subject::Metrics, Value::Metrics(series), self.book.newest(), every, now)
    }

    pub(super) fn instance_metrics_report(&self, every: Option<SignedDuration>, now: Timestamp) -> Report {
        let series = self.of_instances.series().map(|(arn, series)| InstanceSeries { arn, series }).collect();
        self.report(Subject::InstanceMetrics, Value::InstanceMetrics(series), self.of_instances.newest(), every, now)
    }

    /// `None` where another task's charts were opened since.
    pub(super) fn charts_report(
        &self,
        arn: &ReplicationArn,
        every: Option<SignedDuration>,
        now: Timestamp,
    ) -> Option<Report> {
        let charts = self.charts.as_ref().filter(|charts| charts.are_of(arn))?;
        let task = self.tasks.get(arn);
        let as_of = charts.as_of(task.is_some_and(|task| task.status == TaskStatus::Running));
        let charts = charts.value(task.and_then(|task| task.instance.clone()));
        Some(self.report(Subject::Charts(arn.clone()), Value::Charts(charts), as_of, every, now))
    }

    pub(super) fn maintenance_report(
        &self,
        answer: Answer<Vec<PendingMaintenance>>,
        every: Option<SignedDuration>,
        now: Timestamp,
    ) -> Report {
        self.report(Subject::Maintenance, Value::Maintenance(answer.value), answer.stated, every, now)
    }

    /// Lines, gaps and reasons, as old as the last window that was whole.
    pub(super) fn log_report<T>(
        &self,
        subject: Subject,
        told: Told<T>,
        value: impl FnOnce(T) -> Value,
        every: Option<SignedDuration>,
    ) -> Report {
        self.report(subject, value(told.value), told.as_of, every, told.received)
    }

    fn report(
        &self,
        subject: Subject,
        value: Value,
        as_of: Option<Timestamp>,
        every: Option<SignedDuration>,
        received: Timestamp,
    ) -> Report {
        let scope = self.scope.clone();
        let observation = Observation { version: observation::VERSION, scope, subject, value, as_of, received };
        Report::Observed { observation: Box::new(observation), every }
    }

    pub(super) fn failed(&self, subject: Subject, problem: Problem, retry_at: Option<Timestamp>) -> Report {
        Report::Failed { scope: self.scope.clone(), subject, problem: Box::new(problem), retry_at }
    }
}

/// Until its tags are known a task is not watched: it might be one that must not ring.
fn is_watched(settings: &Settings, tagged: &BTreeMap<ReplicationArn, bool>, arn: &ReplicationArn) -> bool {
    settings.tags.is_empty() || tagged.get(arn) == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::table::{AppliedCounts, Counts, TableState};
    use crate::model::task::{MigrationType, TaskStats};
    use crate::model::{AccountId, EndpointArn, Region, TaskName};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn task(id: &str, name: &str) -> Task {
        Task {
            arn: ReplicationArn::parse(&format!("arn:aws:dms:eu-west-1:123456789012:task:{id}")).unwrap(),
            name: TaskName::new(name),
            migration_type: MigrationType::Cdc,
            status: TaskStatus::Running,
            stop_reason: None,
            last_failure: None,
            source: EndpointArn("s".into()),
            target: EndpointArn("t".into()),
            instance: Some(InstanceArn("i".into())),
            stats: TaskStats::default(),
            table_mappings: None,
            settings: None,
            cdc_start_position: None,
            cdc_stop_position: None,
            recovery_checkpoint: None,
        }
    }

    fn fold(settings: Settings) -> Fold {
        let scope = Scope {
            profile: "p".into(),
            account: AccountId("123456789012".into()),
            region: Region("eu-west-1".into()),
        };
        Fold::new(scope, settings)
    }

    fn list(tasks: Vec<Task>, stated: i64) -> Answer<Vec<Task>> {
        Answer { value: tasks, stated: Timestamp::from_second(stated).ok(), ..Answer::default() }
    }

    fn names(report: &Report) -> Vec<String> {
        let Report::Observed { observation, .. } = report else { panic!("{report:?}") };
        let Value::Tasks(tasks) = &observation.value else { panic!("{report:?}") };
        tasks.iter().map(|task| task.name.raw().to_owned()).collect()
    }

    fn as_of(report: &Report) -> Option<i64> {
        let Report::Observed { observation, .. } = report else { panic!("{report:?}") };
        observation.as_of.map(Timestamp::as_second)
    }

    #[test]
    fn only_tasks_in_scope_are_watched_and_tags_decide_last() {
        let tags = |value: &str| BTreeMap::from([("env".to_owned(), value.to_owned())]);
        let mut fold = fold(Settings { tasks: vec!["orders-*".into()], tags: tags("prod"), ..Settings::default() });
        fold.tasks(list(vec![task("A", "orders-a"), task("B", "orders-b"), task("C", "billing")], 100));
        let arns: Vec<_> = fold.untagged();
        assert_eq!(arns.len(), 2);
        assert!(names(&fold.tasks_report(None, NOW)).is_empty() && fold.known().is_empty());
        fold.tags(vec![(arns[0].clone(), Some(tags("prod"))), (arns[1].clone(), Some(tags("test")))]);
        let report = fold.tasks_report(None, NOW);
        assert_eq!((names(&report), as_of(&report)), (vec!["orders-a".to_owned()], Some(100)));
        assert_eq!((fold.known().len(), fold.untagged().len()), (1, 0));
    }

    #[test]
    fn serverless_tasks_that_could_not_be_asked_for_stay_and_make_the_list_older() {
        let serverless = || Task {
            arn: ReplicationArn::parse("arn:aws:dms:eu-west-1:123456789012:replication-config:S").unwrap(),
            ..task("S", "serverless")
        };
        let mut fold = fold(Settings::default());
        fold.tasks(list(vec![task("A", "a"), serverless()], 10));
        let problem = Problem {
            kind: crate::model::ProblemKind::Timeout,
            summary: String::new(),
            detail: String::new(),
            hint: String::new(),
            request_id: None,
            at: NOW,
        };
        fold.tasks(Answer { missing: vec![problem], ..list(vec![task("A", "a")], 20) });
        let report = fold.tasks_report(None, NOW);
        assert_eq!((names(&report).len(), as_of(&report), fold.any_serverless()), (2, Some(10), true));
        fold.tasks(list(vec![task("A", "a")], 30));
        let report = fold.tasks_report(None, NOW);
        assert_eq!((names(&report).len(), as_of(&report)), (1, Some(30)));
    }

    #[test]
    fn settings_read_once_stay_with_their_task_through_brief_answers() {
        let mut fold = fold(Settings::default());
        fold.tasks(list(vec![task("A", "a")], 1));
        fold.texts(vec![Task { settings: Some("{}".into()), ..task("A", "a") }]);
        fold.tasks(list(vec![task("A", "a")], 2));
        let Report::Observed { observation, .. } = fold.tasks_report(None, NOW) else { panic!() };
        let Value::Tasks(tasks) = observation.value else { panic!() };
        assert_eq!(tasks[0].settings.as_deref(), Some("{}"));
    }

    #[test]
    fn a_task_can_be_measured_once_its_instance_has_a_name() {
        let mut fold = fold(Settings::default());
        fold.tasks(list(vec![task("A", "a")], 1));
        assert!(fold.known().values().all(|known| !known.measurable));
        fold.instances(&[Instance {
            arn: InstanceArn("i".into()),
            name: "inst-1".into(),
            class: "c".into(),
            status: "available".into(),
            engine_version: "3.5.4".into(),
            multi_az: false,
            ..Instance::default()
        }]);
        let known = fold.known();
        let (arn, task) = known.first_key_value().unwrap();
        assert!(task.measurable);
        assert_eq!(fold.instance_of(arn).as_ref().map(Untrusted::raw), Some("inst-1"));
    }

    #[test]
    fn tables_are_as_old_as_their_newest_row_and_undated_rows_have_no_age() {
        let row = |second: Option<i64>| TableRow {
            schema: "s".into(),
            table: "t".into(),
            state: TableState::Completed,
            captured: Counts::default(),
            applied: AppliedCounts::default(),
            full_load_rows: 0,
            full_load_start: None,
            full_load_end: None,
            full_load_reloaded: false,
            validation: None,
            validation_details: None,
            validation_pending: 0,
            validation_failed: 0,
            validation_suspended: 0,
            last_update: second.and_then(|second| Timestamp::from_second(second).ok()),
        };
        let fold = fold(Settings::default());
        let subject = Subject::Tables(task("A", "a").arn);
        for (rows, want) in
            [(vec![row(Some(10)), row(Some(30)), row(None)], Some(30)), (vec![row(None)], None), (vec![], Some(99))]
        {
            let answer = Answer { value: rows, stated: Timestamp::from_second(99).ok(), ..Answer::default() };
            assert_eq!(as_of(&fold.tables_report(subject.clone(), answer, None, NOW)), want);
        }
    }

    #[test]
    fn metrics_without_a_single_point_have_no_age() {
        assert_eq!(as_of(&fold(Settings::default()).metrics_report(None, NOW)), None);
    }
}
