//! Rules that look at a task.

use super::stage::{Stage, before, min, now, place, row, task};
use super::{check, stands, unchecked};
use crate::model::alert::limits::{Limit, Settings};
use crate::model::alert::{Book, verdict};
use crate::model::health::Health::{self, Critical, Ok, Unknown, Warning};
use crate::model::metric::MetricName;
use crate::model::table::ValidationState;
use crate::model::task::{MigrationType, TaskStats, TaskStatus};
use crate::model::{Problem, ProblemKind, Untrusted};

fn stopped(stage: &mut Stage, kind: MigrationType, reason: &str) {
    stage.tasks[0] = task(kind, TaskStatus::Stopped);
    stage.tasks[0].stop_reason = Some(Untrusted::new(reason));
    stage.tasks[0].stats.stop = Some(before(60));
    stage.settings(r#"{"Logging":{"EnableLogging":true},"ValidationSettings":{"EnableValidation":true}}"#);
    if stage.tasks[0].migration_type.has_full_load() {
        stage.tasks[0].stats.tables_loaded = 1;
        stage.tasks[0].stats.full_load_finish = Some(before(60));
    }
}

#[test]
fn stopped_is_success_for_a_finished_load_and_an_outage_for_cdc() {
    use MigrationType::{Cdc, FullLoad, FullLoadAndCdc};
    for (kind, reason, want, health) in [
        (FullLoad, "Stop Reason FULL_LOAD_ONLY_FINISHED", None, Ok),
        (FullLoad, "Stop Reason NORMAL", Some("stopped-by-hand"), Warning),
        (FullLoad, "Stop Reason FATAL_ERROR Error Level FATAL", Some("stopped-error"), Critical),
        (FullLoad, "Stop Reason STOPPED_DUE_TO_LOW_DISK", Some("stopped-early"), Critical),
        (FullLoad, "never seen before", Some("stop-reason-unknown"), Unknown),
        (Cdc, "Stop Reason NORMAL", Some("cdc-stopped"), Critical),
        (Cdc, "Stop Reason STOPPED_AT_COMMIT_TIME", Some("stopped-planned"), Warning),
        (FullLoadAndCdc, "Stop Reason STOPPED_AFTER_FULL_LOAD", Some("stopped-after-load"), Critical),
        (FullLoadAndCdc, "Stop Reason STOPPED_AFTER_CACHED_EVENTS", Some("stopped-planned"), Warning),
    ] {
        let mut stage = Stage::well();
        stopped(&mut stage, kind.clone(), reason);
        let found = stage.judged();
        let ids: Vec<&str> = found.iter().map(super::super::Alert::id).collect();
        assert_eq!((ids, verdict(&found)), (want.into_iter().collect(), health), "{kind:?} {reason}");
        assert!(found.iter().all(|alert| alert.since == before(60)), "{reason}");
    }
}

#[test]
fn a_status_that_says_something_is_told() {
    check(&[
        ("failed", |s| s.tasks[0].status = TaskStatus::Failed, &[("failed", Critical)]),
        ("failed move", |s| s.tasks[0].status = TaskStatus::FailedMove, &[("failed", Critical)]),
        ("moving", |s| s.tasks[0].status = TaskStatus::Moving, &[("in-change", Warning)]),
        ("odd", |s| s.tasks[0].status = TaskStatus::from("odd".to_owned()), &[("status-unknown", Unknown)]),
        ("starting", |s| s.tasks[0].status = TaskStatus::Starting, &[]),
    ]);
}

#[test]
fn latency_is_high_by_its_limits_and_rising_before_that() {
    check(&[
        ("high", |s| s.latency(&[94.0; 6], &[50.0; 6]), &[("latency-high", Warning)]),
        (
            "higher",
            |s| s.latency(&[1_000.0; 6], &[501.0; 6]),
            &[("latency-high", Critical), ("capture-behind", Warning)],
        ),
        ("rising", |s| s.latency(&[10.0, 20.0, 30.0, 40.0, 50.0], &[30.0; 5]), &[("latency-rising", Warning)]),
        ("rising from nothing", |s| s.latency(&[0.0, 1.0, 2.0, 3.0, 11.0], &[9.0; 5]), &[]),
        ("rising slowly", |s| s.latency(&[40.0, 41.0, 42.0, 43.0, 44.0], &[30.0; 5]), &[]),
        ("falling", |s| s.latency(&[59.0, 50.0, 40.0, 30.0, 20.0], &[15.0; 5]), &[]),
        ("too few points", |s| s.latency(&[20.0, 50.0], &[30.0; 2]), &[]),
        ("one spike", |s| s.latency(&[2.0, 2.0, 2.0, 2.0, 61.0], &[40.0; 5]), &[("latency-high", Warning)]),
    ]);
}

#[test]
fn a_task_that_has_just_begun_is_catching_up_and_not_late() {
    check(&[
        (
            "resumed and falling",
            |s| {
                s.tasks[0].stats.start = Some(before(min(8)));
                s.latency(&[1_300.0, 1_100.0, 1_000.0, 950.0, 940.0], &[900.0; 5]);
            },
            &[("catching-up", Warning), ("capture-behind", Warning)],
        ),
        (
            "resumed and rising",
            |s| {
                s.tasks[0].stats.start = Some(before(min(8)));
                s.latency(&[900.0, 960.0, 1_020.0, 1_080.0, 1_140.0], &[500.0; 5]);
            },
            &[("latency-high", Critical), ("apply-behind", Warning)],
        ),
        (
            "resumed long ago",
            |s| {
                s.tasks[0].stats.start = Some(before(min(31)));
                s.latency(&[1_300.0, 1_100.0, 1_000.0, 950.0, 940.0], &[900.0; 5]);
            },
            &[("latency-high", Critical), ("capture-behind", Warning)],
        ),
        (
            "the load has just finished",
            |s| {
                s.tasks[0].migration_type = MigrationType::FullLoadAndCdc;
                s.tasks[0].stats.full_load_finish = Some(before(min(5)));
                s.tasks[0].stats.tables_loaded = 1;
                s.latency(&[500.0, 400.0, 300.0, 200.0], &[150.0; 4]);
            },
            &[("catching-up", Warning), ("capture-behind", Warning)],
        ),
    ]);
    let mut stage = Stage::well();
    stage.tasks[0].stats.start = Some(before(min(8)));
    stage.latency(&[300.0; 5], &[1.0; 5]);
    let words = stage.judged().into_iter().find(|alert| alert.id() == "catching-up").unwrap().message;
    assert_eq!(words, "catching up: resumed at 13:55 UTC, target latency 300 s");
}

#[test]
fn missing_points_are_red_only_where_they_are_due() {
    let old = |s: &mut Stage| {
        for point in s.points.values_mut().flatten() {
            point.at -= jiff::SignedDuration::from_mins(10);
        }
    };
    let mut stage = Stage::well();
    old(&mut stage);
    assert_eq!(stage.ids(), ["no-data"]);
    let found = &stage.judged()[0];
    assert_eq!((found.severity, found.evidence.as_deref()), (Critical, Some("the last point, 2 s, is of 13:52 UTC")));
    stage.answered = false;
    assert_eq!(stage.ids(), ["no-data-yet"]);
    assert_eq!(unchecked(&stage), ["latency-high", "latency-rising", "catching-up", "capture-behind", "apply-behind"]);
    stage.tasks[0].stats = TaskStats { start: Some(before(60)), ..stage.tasks[0].stats.clone() };
    stage.answered = true;
    assert_eq!(stage.ids(), ["no-data-yet"], "none is due yet");
}

#[test]
fn our_own_silence_is_never_told_as_that_of_the_task() {
    let mut stage = Stage::well();
    for point in stage.points.values_mut().flatten() {
        point.at -= jiff::SignedDuration::from_mins(4);
    }
    // Answered when the newest point was fresh; refused ever since.
    stage.received = before(200);
    assert_eq!(stage.ids(), ["no-data-yet"]);
    stage.problem = Some(Problem {
        kind: ProblemKind::AccessDenied,
        summary: "cloudwatch:GetMetricData in eu-west-1: access denied".into(),
        detail: String::new(),
        hint: String::new(),
        request_id: None,
        at: now(),
    });
    let found = stage.judged();
    let [alert] = &found[..] else { panic!("{found:?}") };
    assert_eq!((alert.id(), alert.severity), ("latency-unread", Unknown));
    assert_eq!(alert.message, "latency cannot be read: cloudwatch:GetMetricData in eu-west-1: access denied");
    let evidence = alert.evidence.as_deref().unwrap();
    assert!(
        evidence.starts_with("metrics not read since 14:0") && evidence.contains("the last point, 2 s"),
        "{evidence}"
    );
    stage.received = now();
    assert_eq!(stage.ids(), ["no-data"], "an answer that came after it went stale");
    stage.points.clear();
    let words = stage.judged().iter().map(|alert| alert.message.clone()).collect::<Vec<_>>();
    assert_eq!(words, ["running, and no latency in the last 30 min"]);
}

#[test]
fn a_loop_of_recoveries_stands_since_its_first_rise() {
    let mut stage = Stage::well();
    // One rise a minute for forty minutes, after five still ones: the newest point is a minute old.
    let counted: Vec<f64> = (0..45_i32).map(|minute| f64::from((minute - 4).max(0))).collect();
    stage.metric(MetricName::RecoveryCount, &counted);
    let found = stage.judged();
    let found = found.iter().find(|alert| alert.id() == "retry-loop").unwrap();
    assert_eq!((found.since, found.at_least), (before(40 * 60), false));
}

#[test]
fn tables_are_judged_by_their_state() {
    let with = |s: &mut Stage, state: &str| {
        s.rows = Some(vec![
            row("a", "Table completed", ValidationState::Validated),
            row("b", state, ValidationState::Validated),
        ]);
    };
    for (state, want) in [
        ("Table error", Some(("table-error", Critical))),
        ("Table cancelled", Some(("table-cancelled", Critical))),
        ("Table does not exist", Some(("table-missing", Critical))),
        ("Table all", Some(("table-state-unknown", Warning))),
        ("Before load", None),
        ("Full load", None),
    ] {
        let mut stage = Stage::well();
        with(&mut stage, state);
        let found: Vec<_> = stage.judged().iter().map(|alert| (alert.id(), alert.severity)).collect();
        assert_eq!(found, want.into_iter().collect::<Vec<_>>(), "{state}");
        assert!(stage.judged().iter().all(|alert| alert.evidence.as_deref() == Some("public.b")), "{state}");
    }
    check(&[
        ("by the task's count alone", |s| s.tasks[0].stats.tables_errored = 2, &[("table-error", Critical)]),
        (
            "the load ended too early",
            |s| {
                stopped(s, MigrationType::FullLoad, "Stop Reason NORMAL");
                s.tasks[0].stats.tables_queued = 2;
            },
            &[("stopped-by-hand", Warning), ("load-incomplete", Critical)],
        ),
    ]);
    let mut stage = Stage::well();
    (stage.rows, stage.errors) = (None, None);
    let blind = [
        "table-cancelled",
        "table-missing",
        "table-state-unknown",
        "validation-failed",
        "validation-suspended",
        "validation-impossible",
    ];
    assert_eq!(unchecked(&stage), blind);
}

#[test]
fn validation_is_never_a_pass_where_it_did_not_look() {
    fn row_of(s: &mut Stage, validation: ValidationState, failed: i64, suspended: i64) {
        let mut row = row("a", "Table completed", validation);
        (row.validation_failed, row.validation_suspended) = (failed, suspended);
        s.rows = Some(vec![row]);
    }
    check(&[
        ("differs", |s| row_of(s, ValidationState::MismatchedRecords, 3, 0), &[("validation-failed", Critical)]),
        (
            "differs by its count",
            |s| row_of(s, ValidationState::PendingRecords, 3, 0),
            &[("validation-failed", Critical)],
        ),
        ("breaks off", |s| row_of(s, ValidationState::Error, 0, 0), &[("validation-failed", Critical)]),
        (
            "suspended rows",
            |s| row_of(s, ValidationState::SuspendedRecords, 0, 9),
            &[("validation-suspended", Warning)],
        ),
        (
            "a table at its maximum",
            |s| row_of(s, ValidationState::MismatchedRecords, 1_000, 0),
            &[("validation-failed", Critical), ("validation-suspended", Critical)],
        ),
        (
            "below the maximum of its settings",
            |s| {
                s.settings(
                    r#"{"Logging":{"EnableLogging":true},"ValidationSettings":{"EnableValidation":true,
                    "TableFailureMaxCount":2000}}"#,
                );
                row_of(s, ValidationState::MismatchedRecords, 1_000, 0);
            },
            &[("validation-failed", Critical)],
        ),
        (
            "the whole task at its maximum",
            |s| row_of(s, ValidationState::MismatchedRecords, 10_000, 0),
            &[("validation-failed", Critical), ("validation-suspended", Critical)],
        ),
        ("no primary key", |s| row_of(s, ValidationState::NoPrimaryKey, 0, 0), &[("validation-impossible", Ok)]),
        ("under way", |s| row_of(s, ValidationState::PendingRecords, 0, 0), &[]),
        (
            "never enabled",
            |s| {
                s.settings(r#"{"Logging":{"EnableLogging":true}}"#);
                row_of(s, ValidationState::NotEnabled, 0, 0);
            },
            &[("validation-off", Ok)],
        ),
        ("settings not read", |s| s.tasks[0].settings = None, &[]),
        ("settings not readable", |s| s.settings("{"), &[]),
    ]);
    let mut stage = Stage::well();
    stage.tasks[0].settings = None;
    assert_eq!(unchecked(&stage), ["validation-off", "logging-off"]);
}

#[test]
fn a_loop_is_told_by_any_of_its_three_traces() {
    check(&[
        ("recoveries", |s| s.metric(MetricName::RecoveryCount, &[0.0, 1.0, 2.0, 3.0]), &[("retry-loop", Critical)]),
        ("few recoveries", |s| s.metric(MetricName::RecoveryCount, &[5.0, 6.0, 7.0, 7.0]), &[]),
        (
            "the same event",
            |s| [50, 30, 10].map(min).iter().for_each(|age| s.event(*age, "Replication task has failed.")),
            &[("retry-loop", Critical)],
        ),
        (
            "the same event over hours",
            |s| [150, 90, 10].map(min).iter().for_each(|age| s.event(*age, "Replication task has failed.")),
            &[],
        ),
        (
            "what somebody does again and again",
            |s| {
                [50, 30, 10]
                    .map(min)
                    .iter()
                    .for_each(|age| s.event(*age, "A reload of table details has been requested."));
            },
            &[],
        ),
        (
            "different events",
            |s| {
                s.event(min(30), "Replication task has failed.");
                s.event(min(20), "Replication task has started.");
                s.event(min(10), "Replication task has stopped.");
            },
            &[],
        ),
        (
            "the log",
            |s| [50, 30, 10].map(min).iter().for_each(|age| s.line(*age, "E:  Stop Reason RECOVERABLE_ERROR")),
            &[("retry-loop", Critical)],
        ),
    ]);
    let mut stage = Stage::well();
    (stage.events, stage.log) = (None, None);
    assert_eq!(unchecked(&stage), ["retry-loop", "reading-paused", "log-errors", "no-log"]);
}

#[test]
fn paused_reading_stands_until_it_is_resumed_or_started_anew() {
    const PAUSED: &str = "Reading paused, swap files limit reached.";
    check(&[
        ("paused", |s| s.event(min(20), PAUSED), &[("reading-paused", Critical)]),
        ("paused two days ago", |s| s.event(2 * 86_400, PAUSED), &[]),
        (
            "resumed",
            |s| {
                s.event(min(20), PAUSED);
                s.event(min(10), "Reading resumed.");
            },
            &[],
        ),
        (
            "paused again",
            |s| {
                s.event(min(20), "Reading resumed.");
                s.event(min(10), "Reading paused, disk usage limit reached.");
            },
            &[("reading-paused", Critical)],
        ),
        ("by the log", |s| s.line(min(5), "I:  Reading from source is paused."), &[("reading-paused", Critical)]),
        (
            "the log knows better",
            |s| {
                s.event(min(20), PAUSED);
                s.line(min(5), "I:  Reading from source is resumed.");
            },
            &[],
        ),
        (
            "started since",
            |s| {
                s.event(min(20), PAUSED);
                s.tasks[0].stats.start = Some(before(min(15)));
            },
            &[],
        ),
        (
            "stopped",
            |s| {
                s.event(min(20), PAUSED);
                stopped(s, MigrationType::Cdc, "Stop Reason NORMAL");
            },
            &[("cdc-stopped", Critical)],
        ),
    ]);
}

#[test]
fn which_side_is_behind_is_told_apart() {
    check(&[
        ("capture", |s| s.latency(&[94.0; 6], &[80.0; 6]), &[("latency-high", Warning), ("capture-behind", Warning)]),
        ("apply", |s| s.latency(&[94.0; 6], &[1.0; 6]), &[("latency-high", Warning), ("apply-behind", Warning)]),
        (
            "apply, by what waits",
            |s| s.metric(MetricName::CDCIncomingChanges, &[1_000.0, 9_000.0, 18_000.0, 40_000.0]),
            &[("apply-behind", Warning)],
        ),
        (
            "much waits, and it gets less",
            |s| s.metric(MetricName::CDCIncomingChanges, &[40_000.0, 30_000.0, 20_000.0]),
            &[],
        ),
        ("little waits", |s| s.metric(MetricName::CDCIncomingChanges, &[10.0, 20.0, 40.0]), &[]),
        ("no source latency", |s| s.metric(MetricName::CDCLatencySource, &[]), &[]),
    ]);
    let mut stage = Stage::well();
    stage.metric(MetricName::CDCLatencySource, &[]);
    assert_eq!(unchecked(&stage), ["capture-behind", "apply-behind"]);
}

#[test]
fn a_backlog_of_tables_that_grows_is_apply_behind_capture() {
    let mut book = Book::default();
    let stages: Vec<Stage> = (0..5)
        .map(|n| {
            let mut stage = Stage::well();
            let mut row = row("a", "Table completed", ValidationState::Validated);
            row.captured.inserts = 9_000 + n * 3_000;
            row.last_update = Some(before(60 - n * 10));
            stage.rows = Some(vec![row]);
            stage
        })
        .collect();
    assert_eq!(stands(&mut book, &place(), "apply-behind", &stages), [false, false, true, true, true]);
    let evidence = book.get(&place(), "apply-behind").unwrap().evidence.clone().unwrap();
    assert_eq!(evidence, "21,000 captured changes are not applied, more and more");
}

#[test]
fn errors_of_the_log_stand_an_hour_and_what_loses_data_is_critical() {
    check(&[
        ("an error", |s| s.line(min(5), "E:  Something went wrong"), &[("log-errors", Warning)]),
        ("a foreign key", |s| s.line(min(5), "W:  violates foreign key constraint"), &[("log-errors", Critical)]),
        (
            "a dropped column",
            |s| s.line(min(5), "I:  Column 'x' is unsupported in table def"),
            &[("log-errors", Critical)],
        ),
        ("a lost connection", |s| s.line(min(5), "E:  Endpoint is disconnected"), &[("log-errors", Warning)]),
        ("a plain warning", |s| s.line(min(5), "W:  Something is odd"), &[]),
        ("long ago", |s| s.line(min(61), "E:  Something went wrong"), &[]),
        (
            "logging is off",
            |s| s.settings(r#"{"ValidationSettings":{"EnableValidation":true}}"#),
            &[("logging-off", Warning)],
        ),
        (
            "no group",
            |s| s.log = Some((vec![], Some("log group dms-tasks-x does not exist".into()))),
            &[("no-log", Warning)],
        ),
    ]);
}

#[test]
fn a_limit_of_one_task_is_the_one_it_is_judged_by() {
    let mut stage = Stage::well();
    stage.latency(&[40.0; 6], &[30.0; 6]);
    let of = |glob: &str| {
        let tasks = vec![(glob.to_owned(), vec![(Limit::LatencyWarning, 20.0)])];
        let book = stage.judged_by(Settings { tasks, ..Settings::default() });
        book.get(&place(), "latency-high").map(|alert| alert.severity)
    };
    assert_eq!((of("orders-*"), of("billing-*")), (Some(Warning), None));
}

#[test]
fn what_flaps_around_its_limit_does_not_flap_on_screen() {
    let at = |target: &[f64]| {
        let mut stage = Stage::well();
        stage.latency(target, &vec![target.last().unwrap() * 0.4; target.len()]);
        stage
    };
    let stages = [
        at(&[50.0, 59.0]),
        at(&[59.0, 61.0]),
        at(&[61.0, 59.0]),
        at(&[59.0, 62.0]),
        at(&[62.0, 55.0]),
        at(&[61.0, 47.0]),
        at(&[47.0, 59.0]),
    ];
    let mut book = Book::default();
    assert_eq!(
        stands(&mut book, &place(), "latency-high", &stages),
        [false, true, true, true, true, false, false],
        "raised above, let go well below"
    );
    let two_good = [at(&[61.0, 61.0]), at(&[61.0, 59.0]), at(&[59.0, 58.0])];
    assert_eq!(stands(&mut Book::default(), &place(), "latency-high", &two_good), [true, true, false]);
    // Critical is let go in the same way, to a warning.
    let severity = |stages: &[Stage]| -> Vec<Health> {
        let mut book = Book::default();
        let judge = |stage: &Stage| {
            book.judge(stage, now());
            book.get(&place(), "latency-high").unwrap().severity
        };
        stages.iter().map(judge).collect()
    };
    let critical = [at(&[950.0, 950.0]), at(&[950.0, 890.0]), at(&[890.0, 880.0]), at(&[880.0, 899.0])];
    assert_eq!(severity(&critical), [Critical, Critical, Warning, Warning]);
}

#[test]
fn what_is_not_known_any_more_clears_nothing() {
    let mut bad = Stage::well();
    bad.latency(&[94.0; 6], &[80.0; 6]);
    bad.rows.as_mut().unwrap()[0].validation = Some(ValidationState::MismatchedRecords);
    bad.line(min(5), "E:  Something went wrong");
    let mut silent = bad.clone();
    silent.points.values_mut().for_each(Vec::clear);
    (silent.rows, silent.errors, silent.log, silent.answered) = (None, None, None, false);
    let mut book = Book::default();
    book.judge(&bad, now());
    let stood: Vec<&str> = book.of(&place()).iter().map(super::super::Alert::id).collect();
    book.judge(&silent, now());
    for id in stood {
        let alert = book.get(&place(), id).unwrap_or_else(|| panic!("{id} was let go"));
        assert!(alert.blind.is_some(), "{id}");
    }
    assert_eq!(book.get(&place(), "no-data-yet").map(|alert| alert.severity), Some(Unknown));
    book.judge(&Stage::well(), now());
    assert_eq!(book.all().count(), 0);
    // A task that is gone takes its alerts with it.
    book.judge(&bad, now());
    let mut gone = Stage::well();
    gone.tasks.clear();
    gone.instances.clear();
    book.judge(&gone, now());
    assert_eq!(book.all().count(), 0);
}
