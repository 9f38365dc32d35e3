//! A task that is through, and everything that may look like it.

use super::*;
use crate::model::table::{AppliedCounts, Counts, TableRow, TableState, ValidationState};
use crate::model::task::{MigrationType, TaskStats};
use crate::model::{EndpointArn, InstanceArn, ReplicationArn, TaskName};
use std::collections::HashMap;

mod databases;
mod flow;

/// 2026-11-22 14:03:22 UTC, a Sunday.
fn now() -> Timestamp {
    "2026-11-22T14:03:22Z".parse().unwrap()
}

fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

const ARN: &str = "arn:aws:dms:eu-west-1:123456789012:task:ORDERS";

#[derive(Clone)]
struct Scene {
    task: Task,
    status_age: Option<i64>,
    rows: Option<Vec<TableRow>>,
    rows_age: Option<i64>,
    mappings: Option<String>,
    points: HashMap<MetricName, Vec<Point>>,
    /// Seconds ago.
    measured: Option<i64>,
    charted: bool,
    refused: Option<&'static str>,
    log: Option<(Vec<LogEvent>, Option<&'static str>, i64)>,
    events: Option<(Vec<Event>, i64)>,
    schedules: Option<Vec<Schedule>>,
    maintenance: Option<Vec<PendingMaintenance>>,
    instance: Option<Instance>,
    databases: Option<Around>,
    slot: Option<&'static str>,
    compared: Option<RunLine>,
}

fn table(name: &str, n: i64) -> TableRow {
    TableRow {
        schema: "shop".into(),
        table: name.into(),
        state: TableState::Completed,
        captured: Counts { inserts: n, updates: n, deletes: n, ddls: 0 },
        applied: AppliedCounts { inserts: Some(n), updates: Some(n), deletes: Some(n), ddls: Some(0) },
        full_load_rows: 100,
        full_load_start: None,
        full_load_end: None,
        full_load_reloaded: false,
        validation: Some(ValidationState::Validated),
        validation_details: None,
        validation_pending: 0,
        validation_failed: 0,
        validation_suspended: 0,
        last_update: Some(ago(20)),
    }
}

fn series(values: &[f64], newest: i64) -> Vec<Point> {
    let count = i64::try_from(values.len()).unwrap();
    values
        .iter()
        .zip((0..count).rev())
        .map(|(value, back)| Point { at: ago(newest + back * 60), value: *value })
        .collect()
}

fn instance() -> Instance {
    Instance {
        arn: InstanceArn("arn:rep:ONE".into()),
        maintenance_window: Some("wed:04:00-wed:04:30".into()),
        auto_minor_upgrade: true,
        ..Instance::default()
    }
}

/// Everything is through, and everything AWS can say about it was said a moment ago.
fn through() -> Scene {
    let stats = TaskStats {
        full_load_progress_percent: Some(100),
        tables_loaded: 2,
        fresh_start: Some(ago(7200)),
        start: Some(ago(7200)),
        full_load_start: Some(ago(7200)),
        full_load_finish: Some(ago(3600)),
        ..TaskStats::default()
    };
    let low = [(MetricName::CDCLatencyTarget, 2.0), (MetricName::CDCLatencySource, 1.0)];
    let none = [
        MetricName::CDCIncomingChanges,
        MetricName::CDCChangesMemorySource,
        MetricName::CDCChangesDiskSource,
        MetricName::CDCChangesMemoryTarget,
        MetricName::CDCChangesDiskTarget,
        MetricName::RecoveryCount,
    ];
    let points = low.into_iter().chain(none.map(|name| (name, 0.0)));
    Scene {
        task: Task {
            arn: ReplicationArn::parse(ARN).unwrap(),
            name: TaskName::new("orders"),
            migration_type: MigrationType::FullLoadAndCdc,
            status: TaskStatus::Running,
            stop_reason: None,
            last_failure: None,
            source: EndpointArn("s".into()),
            target: EndpointArn("t".into()),
            instance: Some(InstanceArn("arn:rep:ONE".into())),
            stats,
            table_mappings: None,
            settings: None,
            cdc_start_position: None,
            cdc_stop_position: None,
            recovery_checkpoint: None,
        },
        status_age: Some(5),
        rows: Some(vec![table("orders", 50), table("customer", 7)]),
        rows_age: Some(20),
        mappings: Some(rules(&[("shop", "%", "include")])),
        points: points.map(|(name, value)| (name, series(&[value; 5], 80))).collect(),
        measured: Some(0),
        charted: true,
        refused: None,
        log: Some((Vec::new(), None, 30)),
        events: Some((Vec::new(), 15)),
        schedules: Some(Vec::new()),
        maintenance: Some(Vec::new()),
        instance: Some(instance()),
        databases: None,
        slot: None,
        compared: None,
    }
}

fn rules(all: &[(&str, &str, &str)]) -> String {
    let rules: Vec<_> = (1..)
        .zip(all)
        .map(|(id, (schema, table, action))| {
            serde_json::json!({"rule-type": "selection", "rule-id": id, "rule-action": action,
                "object-locator": {"schema-name": schema, "table-name": table}})
        })
        .collect();
    serde_json::json!({ "rules": rules }).to_string()
}

impl Scene {
    fn judged(&self) -> Judgement {
        let at = |age: Option<i64>| age.map(ago);
        let tally = self.rows.as_ref().map(|rows| Tally::of(rows, self.mappings.as_deref()));
        let points = |name: MetricName| self.points.get(&name).map_or(&[][..], Vec::as_slice);
        let events: Option<Vec<&Event>> = self.events.as_ref().map(|(events, _)| events.iter().collect());
        judge(&Evidence {
            task: &self.task,
            status_as_of: at(self.status_age),
            tables: tally.as_ref().map(|tally| (tally, at(self.rows_age))),
            points: &points,
            measured: at(self.measured),
            charted: self.charted,
            metrics_failed: self.refused,
            charts_failed: self.refused,
            log: self.log.as_ref().map(|(lines, none, age)| Log { lines, none: *none, as_of: Some(ago(*age)) }),
            events: events.as_deref().zip(self.events.as_ref()).map(|(events, (_, age))| (events, Some(ago(*age)))),
            schedules: self.schedules.as_deref().map(|all| (all, Some(ago(30)))),
            maintenance: self.maintenance.as_deref().map(|all| (all, Some(ago(600)))),
            instance: self.instance.as_ref(),
            databases: self.databases.as_ref(),
            databases_failed: None,
            slot: self.slot,
            compared: self.compared.as_ref(),
            now: now(),
        })
    }

    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut scene = through();
        change(&mut scene);
        scene
    }

    fn row(change: impl FnOnce(&mut TableRow)) -> Self {
        Self::with(|scene| change(&mut scene.rows.as_mut().unwrap()[0]))
    }

    fn metric(name: MetricName, values: &[f64], newest: i64) -> Self {
        Self::with(|scene| {
            scene.points.insert(name, series(values, newest));
        })
    }

    fn stopped(kind: MigrationType, reason: &str) -> Self {
        Self::with(|scene| {
            scene.task.migration_type = kind;
            scene.task.status = TaskStatus::Stopped;
            scene.task.stop_reason = Some(format!("Stop Reason {reason}").into());
            scene.task.stats.stop = Some(ago(600));
        })
    }
}

/// The check is so, in these words, and the verdict is not THROUGH.
fn assert_stands(scene: &Scene, topic: Topic, standing: Standing, words: &str) {
    let judged = scene.judged();
    let check = judged.checks.iter().find(|check| check.topic == topic).unwrap();
    assert_eq!(check.standing, standing, "{topic:?}: {}", check.words);
    assert!(check.words.contains(words), "{topic:?}: {:?} is not in {:?}", words, check.words);
    let stands_in_the_way = standing >= Standing::Waiting && (topic.is_flow() || standing != Standing::Unknown);
    if stands_in_the_way {
        assert_ne!(judged.verdict.word(), "THROUGH", "{topic:?}: {}", check.words);
    }
}

#[test]
fn everything_through_is_through_and_says_what_aws_cannot_tell() {
    let judged = through().judged();
    assert_eq!(
        (judged.verdict.word(), judged.verdict.words()),
        (
            "THROUGH",
            "as far as AWS can tell; not known: what the databases say, our validation, source writes".to_owned()
        )
    );
    let topics: Vec<Topic> = judged.checks.iter().map(|check| check.topic).collect();
    assert_eq!(topics, Topic::ALL);
    // The points expire first.
    assert_eq!(judged.until, Some(ago(80) + crate::model::metric::FRESH_FOR));
    let later = Scene::with(|scene| scene.points.values_mut().for_each(|all| *all = series(&[0.0; 3], 181)));
    assert_ne!(later.judged().verdict.word(), "THROUGH");
}

#[test]
fn a_status_says_through_only_where_changes_flow_or_nothing_but_a_load_was_asked() {
    use MigrationType::{Cdc, FullLoad, FullLoadAndCdc};
    for (scene, standing, words) in vec![
        (through(), Standing::Pass, "running, load and changes"),
        (Scene::stopped(FullLoad, "FULL_LOAD_ONLY_FINISHED"), Standing::Pass, "it moves no changes"),
        (Scene::stopped(Cdc, "FULL_LOAD_ONLY_FINISHED"), Standing::Fail, "written since"),
        (Scene::stopped(FullLoadAndCdc, "STOPPED_AFTER_FULL_LOAD"), Standing::Fail, "made during the load is missing"),
        (Scene::stopped(FullLoadAndCdc, "STOPPED_AFTER_CACHED_EVENTS"), Standing::Fail, "later ones are missing"),
        (Scene::stopped(Cdc, "STOPPED_AT_COMMIT_TIME"), Standing::Unknown, "only if writes had ended before"),
        (Scene::stopped(Cdc, "NORMAL"), Standing::Fail, "stopped (NORMAL)"),
        (Scene::stopped(FullLoad, "NORMAL"), Standing::Fail, "before its load had finished"),
        (Scene::with(|s| s.task.status = TaskStatus::Failed), Standing::Fail, "nothing is replicated"),
        (Scene::with(|s| s.task.status = TaskStatus::Ready), Standing::Fail, "never started"),
        (Scene::with(|s| s.task.status = TaskStatus::Starting), Standing::Waiting, "starting"),
        (Scene::with(|s| s.task.status = "novel".to_owned().into()), Standing::Unknown, "status novel"),
        (Scene::with(|s| s.task.migration_type = "x".to_owned().into()), Standing::Unknown, "of type x"),
        (Scene::with(|s| s.status_age = Some(121)), Standing::Unknown, "too old to count; it said: running"),
        (Scene::with(|s| s.status_age = None), Standing::Unknown, "carries no time"),
        (Scene::with(|s| s.status_age = Some(-90)), Standing::Unknown, "the clocks differ"),
    ] {
        assert_stands(&scene, Topic::Status, standing, words);
    }
    let never = Scene::with(|s| {
        s.task.status = TaskStatus::Ready;
        s.task.stats = TaskStats::default();
        s.rows = None;
    });
    assert_stands(&never, Topic::Backlog, Standing::NotDue, "never started");
    let finished = Scene::stopped(FullLoad, "FULL_LOAD_ONLY_FINISHED").judged();
    assert_eq!(finished.verdict.word(), "THROUGH", "{}", finished.verdict.words());
}

#[test]
fn a_full_load_is_finished_by_its_date_and_its_tables_and_never_by_its_percentage() {
    for (scene, standing, words) in vec![
        (through(), Standing::Pass, "finished 13:03 UTC, 2 tables"),
        (Scene::with(|s| s.task.migration_type = MigrationType::Cdc), Standing::NotDue, "only brings changes"),
        (
            Scene::with(|s| {
                s.task.stats.full_load_finish = None;
                s.task.stats.tables_queued = 3;
            }),
            Standing::Waiting,
            "2 tables loaded, 3 to go",
        ),
        // The date of an earlier run, before the reload.
        (Scene::with(|s| s.task.stats.fresh_start = Some(ago(60))), Standing::Unknown, "no finish date of this run"),
        (Scene::with(|s| s.task.stats.tables_errored = 2), Standing::Fail, "ended with 2 tables in error"),
        (
            Scene::with(|s| {
                s.task.stats.full_load_finish = None;
                s.task.stats.start = Some(ago(60));
            }),
            Standing::Fail,
            "resuming does not load them",
        ),
        (Scene::row(|row| row.state = TableState::BeingReloaded), Standing::Waiting, "1 still to load: shop.orders"),
        (Scene::row(|row| row.state = TableState::BeforeLoad), Standing::Waiting, "shop.orders"),
        (Scene::with(|s| s.rows = None), Standing::Unknown, "not asked"),
        (Scene::with(|s| s.rows = Some(vec![])), Standing::Fail, "not one table is listed"),
        (Scene::with(|s| s.rows_age = Some(301)), Standing::Unknown, "too old to count"),
    ] {
        assert_stands(&scene, Topic::Load, standing, words);
    }
}

#[test]
fn a_table_that_is_lost_odd_or_in_no_list_is_never_a_pass() {
    for (scene, topic, standing, words) in vec![
        (through(), Topic::Tables, Standing::Pass, "none of 2"),
        (Scene::row(|r| r.state = TableState::Error), Topic::Tables, Standing::Fail, "shop.orders (Table error)"),
        (Scene::row(|r| r.state = TableState::Cancelled), Topic::Tables, Standing::Fail, "Table cancelled"),
        (Scene::row(|r| r.state = TableState::DoesNotExist), Topic::Tables, Standing::Fail, "does not exist"),
        (
            Scene::row(|r| r.state = "Table updates".to_owned().into()),
            Topic::Tables,
            Standing::Unknown,
            "Table updates",
        ),
        // The rows are older than the task's own count.
        (
            Scene::with(|s| {
                s.task.migration_type = MigrationType::Cdc;
                s.task.stats.tables_errored = 1;
            }),
            Topic::Tables,
            Standing::Fail,
            "1 in error by the task's own count",
        ),
        (Scene::with(|s| s.rows = None), Topic::Tables, Standing::Unknown, "not asked"),
        (Scene::with(|s| s.rows_age = None), Topic::Tables, Standing::Unknown, "carries no time"),
        (through(), Topic::Selected, Standing::Pass, "each rule"),
        (
            Scene::with(|s| s.mappings = Some(rules(&[("shop", "orders", "include"), ("shop", "invoice", "include")]))),
            Topic::Selected,
            Standing::Fail,
            "not listed: shop.invoice",
        ),
        (
            Scene::with(|s| s.mappings = Some(rules(&[("shop", "inv%", "include")]))),
            Topic::Selected,
            Standing::Fail,
            "any table like shop.inv%",
        ),
        // Asked for by one rule and left out by another.
        (
            Scene::with(|s| {
                s.mappings = Some(rules(&[("shop", "invoice", "include"), ("shop", "inv%", "exclude")]));
            }),
            Topic::Selected,
            Standing::Pass,
            "each rule",
        ),
        (Scene::with(|s| s.mappings = None), Topic::Selected, Standing::Unknown, "not read yet"),
        (Scene::with(|s| s.mappings = Some("{".into())), Topic::Selected, Standing::Unknown, "cannot be read"),
    ] {
        assert_stands(&scene, topic, standing, words);
    }
}

#[test]
fn a_backlog_is_counted_kind_by_kind_and_what_does_not_tell_is_unknown() {
    for (scene, standing, words) in vec![
        (through(), Standing::Pass, "all that was captured is applied"),
        (
            Scene::row(|r| r.applied.inserts = Some(45)),
            Standing::Waiting,
            "5 changes captured and not applied, in 1 table",
        ),
        // Ahead in one kind does not make up for another.
        (
            Scene::row(|r| {
                r.applied.inserts = Some(45);
                r.applied.updates = Some(55);
            }),
            Standing::Waiting,
            "5 changes",
        ),
        (
            Scene::row(|r| r.applied = AppliedCounts::default()),
            Standing::Unknown,
            "do not tell what is applied: shop.orders",
        ),
        (
            Scene::row(|r| {
                r.applied = AppliedCounts::default();
                r.captured = Counts::default();
            }),
            Standing::Pass,
            "all that was captured",
        ),
        (
            Scene::with(|s| {
                let rows = s.rows.as_mut().unwrap();
                rows[0].applied = AppliedCounts::default();
                rows[1].applied.deletes = Some(0);
            }),
            Standing::Waiting,
            "7 changes captured and not applied, in 1 table; 1 do not tell",
        ),
        (Scene::with(|s| s.rows = None), Standing::Unknown, "not asked"),
        (Scene::with(|s| s.rows_age = Some(400)), Standing::Unknown, "too old"),
        (Scene::with(|s| s.task.migration_type = MigrationType::FullLoad), Standing::NotDue, "moves no changes"),
    ] {
        assert_stands(&scene, Topic::Backlog, standing, words);
    }
}

#[test]
fn validation_passes_only_where_every_table_is_validated() {
    use ValidationState as V;
    let state = |state: Option<V>| Scene::row(|row| row.validation = state);
    let all = |state: &V| {
        Scene::with(|s| s.rows.as_mut().unwrap().iter_mut().for_each(|row| row.validation = Some(state.clone())))
    };
    for (scene, standing, words) in vec![
        (through(), Standing::Pass, "all 2 tables validated"),
        (state(Some(V::PendingRecords)), Standing::Waiting, "1 of 2 tables not yet compared"),
        (state(Some(V::PendingRevalidation)), Standing::Waiting, "not yet compared"),
        (state(Some(V::MismatchedRecords)), Standing::Fail, "differ: shop.orders"),
        (Scene::row(|row| row.validation_failed = 3), Standing::Fail, "3 records differ"),
        // Given up silently at the threshold.
        (state(Some(V::SuspendedRecords)), Standing::Fail, "given up for shop.orders"),
        (state(Some(V::NoPrimaryKey)), Standing::Unknown, "1 validated, 1 have no key"),
        (state(None), Standing::Unknown, "1 do not tell"),
        (state(Some("New words".to_owned().into())), Standing::Unknown, "do not tell"),
        (all(&V::NotEnabled), Standing::Unknown, "not enabled"),
        (Scene::with(|s| s.rows_age = Some(400)), Standing::Unknown, "too old"),
    ] {
        assert_stands(&scene, Topic::Validation, standing, words);
    }
    // That DMS compares nothing is named, and does not hide that everything is through.
    let judged = all(&V::NotEnabled).judged();
    assert_eq!(judged.verdict.word(), "THROUGH");
    assert!(judged.verdict.words().contains("not known: what the databases say, validation by DMS"));
}

#[test]
fn what_fails_is_told_before_what_waits_and_that_before_what_is_not_known() {
    let mut scene = Scene::metric(MetricName::CDCLatencyTarget, &[94.0; 5], 80);
    scene.log = None;
    assert_eq!(scene.judged().verdict.rank(), 1);
    assert_eq!(scene.judged().verdict.words(), "latency: 94 s");
    scene.rows.as_mut().unwrap()[0].state = TableState::Error;
    assert_eq!(scene.judged().verdict.rank(), 3);
    assert_eq!(scene.judged().verdict.words(), "tables: shop.orders (Table error)");
    let unknown = Scene::with(|s| s.rows = None).judged().verdict;
    assert_eq!((unknown.word(), unknown.rank()), ("NOT KNOWN", 2));
    assert_eq!(unknown.words(), "table counts not asked");
    let more = Scene::with(|s| {
        s.rows = None;
        s.log = None;
    });
    assert_eq!(more.judged().verdict.words(), "table counts not asked, log errors");
}

/// Numbers that cannot be, from a service that is not asked to be kind.
#[test]
fn absurd_counts_neither_panic_nor_pass() {
    let scene = Scene::with(|s| {
        for row in s.rows.as_mut().unwrap() {
            row.captured.inserts = i64::MAX;
            row.applied.inserts = Some(i64::MIN);
            row.validation_failed = i64::MAX;
        }
    });
    assert_stands(&scene, Topic::Backlog, Standing::Waiting, "changes");
    for name in [MetricName::CDCLatencyTarget, MetricName::CDCIncomingChanges, MetricName::CDCChangesDiskTarget] {
        let odd = Scene::metric(name, &[f64::NAN; 5], 80);
        assert_ne!(odd.judged().verdict.word(), "THROUGH", "{name:?}");
    }
}
