//! Rules that look at instances, schedules and subscriptions.

use super::stage::{Stage, before, instance_arn, now};
use super::{check, stands, unchecked};
use crate::model::alert::{Book, Place};
use crate::model::health::Health::{Critical, Ok, Unknown, Warning};
use crate::model::metric::MetricName;
use crate::model::parts::{EventSubscription, PendingChanges, PendingMaintenance};
use crate::model::task::TaskStatus;
use crate::model::topic::Audience;
use jiff::{SignedDuration, Timestamp};

const GB: f64 = 1024.0 * 1024.0 * 1024.0;
const MB: f64 = 1024.0 * 1024.0;

fn free(stage: &mut Stage, gb: f64) {
    stage.instance_metric(MetricName::FreeStorageSpace, &[gb * GB; 3]);
}

#[test]
fn a_disk_is_low_by_its_share_of_what_was_allocated() {
    check(&[
        ("enough", |s| free(s, 21.0), &[]),
        ("low", |s| free(s, 19.0), &[("disk-low", Warning)]),
        ("very low", |s| free(s, 9.0), &[("disk-low", Critical)]),
        ("an old point", |s| s.of_instance.clear(), &[]),
    ]);
    let mut stage = Stage::well();
    stage.of_instance.clear();
    assert_eq!(unchecked(&stage), ["disk-low", "memory-low"]);
    // An instance is asked every five minutes: its points count for two rounds.
    for (minutes, want) in [(9, &[][..]), (11, &["disk-low", "memory-low"])] {
        let mut stage = Stage::well();
        for point in stage.of_instance.values_mut().flatten() {
            point.at -= SignedDuration::from_mins(minutes);
        }
        assert_eq!(unchecked(&stage), want, "{minutes}");
    }
    let at = |gb: &[f64]| {
        let mut stage = Stage::well();
        let bytes: Vec<f64> = gb.iter().map(|gb| gb * GB).collect();
        stage.instance_metric(MetricName::FreeStorageSpace, &bytes);
        stage
    };
    let stages = [at(&[21.0, 19.0]), at(&[19.0, 21.0]), at(&[21.0, 22.0]), at(&[19.0, 19.0]), at(&[19.0, 26.0])];
    let place = Place::Instance(instance_arn());
    assert_eq!(stands(&mut Book::default(), &place, "disk-low", &stages), [true, true, false, true, false]);
}

#[test]
fn memory_is_low_only_together_with_growing_swap() {
    fn memory(s: &mut Stage, free: f64, swap: &[f64]) {
        s.instance_metric(MetricName::FreeableMemory, &[free * MB; 3]);
        let swap: Vec<f64> = swap.iter().map(|mb| mb * MB).collect();
        s.instance_metric(MetricName::SwapUsage, &swap);
    }
    check(&[
        ("low without swap", |s| memory(s, 100.0, &[0.0, 0.0, 0.0]), &[]),
        ("low with old swap", |s| memory(s, 100.0, &[900.0, 900.0, 900.0]), &[]),
        ("low with growing swap", |s| memory(s, 100.0, &[10.0, 40.0, 90.0]), &[("memory-low", Warning)]),
        ("nothing left", |s| memory(s, 60.0, &[10.0, 40.0, 90.0]), &[("memory-low", Critical)]),
        ("enough with growing swap", |s| memory(s, 900.0, &[10.0, 40.0, 90.0]), &[]),
    ]);
}

#[test]
fn an_instance_that_is_not_available_says_so() {
    fn status(s: &mut Stage, status: &str) {
        s.instances[0].status = status.into();
    }
    check(&[
        ("full", |s| status(s, "storage-full"), &[("instance-unwell", Critical)]),
        ("maintained", |s| status(s, "maintenance"), &[("instance-unwell", Critical)]),
        ("changing", |s| status(s, "modifying"), &[("instance-unwell", Warning)]),
        ("new to us", |s| status(s, "levitating"), &[("instance-unwell", Unknown)]),
    ]);
}

fn pending(at: &str) -> PendingMaintenance {
    PendingMaintenance {
        instance: instance_arn(),
        action: "os-upgrade".into(),
        description: None,
        opt_in: None,
        auto_applied_after: None,
        forced_apply: None,
        current_apply: Some(at.parse::<Timestamp>().unwrap()),
    }
}

#[test]
fn maintenance_matters_where_something_replicates_and_it_is_near() {
    check(&[
        ("tomorrow", |s| s.maintenance = Some(vec![pending("2026-11-23T03:00:00Z")]), &[("maintenance", Warning)]),
        ("overdue", |s| s.maintenance = Some(vec![pending("2026-11-22T03:00:00Z")]), &[("maintenance", Warning)]),
        ("in a week", |s| s.maintenance = Some(vec![pending("2026-11-29T03:00:00Z")]), &[]),
        (
            "nothing replicates",
            |s| {
                s.maintenance = Some(vec![pending("2026-11-23T03:00:00Z")]);
                s.tasks[0].status = TaskStatus::Ready;
                s.tasks[0].stats.stop = Some(now());
            },
            &[],
        ),
        (
            "the next window after a date",
            |s| {
                let action = PendingMaintenance {
                    current_apply: None,
                    auto_applied_after: Some(before(3600)),
                    ..pending("2026-11-22T03:00:00Z")
                };
                s.maintenance = Some(vec![action]);
            },
            &[],
        ),
        (
            "the window alone",
            |s| s.instances[0].maintenance_window = Some("mon:03:00-mon:03:30".into()),
            &[("maintenance", Ok)],
        ),
        (
            "the window, and changes wait for it",
            |s| {
                s.instances[0].maintenance_window = Some("mon:03:00-mon:03:30".into());
                s.instances[0].pending =
                    PendingChanges { class: Some("dms.r6i.xlarge".into()), ..PendingChanges::default() };
            },
            &[("maintenance", Warning)],
        ),
    ]);
    let mut stage = Stage::well();
    stage.maintenance = None;
    assert_eq!(unchecked(&stage), ["maintenance"]);
    assert_eq!(stage.judged(), []);
    stage.instances[0].maintenance_window = Some("mon:03:00-mon:03:30".into());
    let found = stage.judged();
    let [alert] = &found[..] else { panic!("{found:?}") };
    assert_eq!((alert.severity, alert.as_of), (Unknown, None));
    assert!(alert.message.ends_with("whether anything is pending is not read"), "{}", alert.message);
}

#[test]
fn an_instance_is_idle_when_nothing_has_run_on_it_for_a_day() {
    fn rests(s: &mut Stage, hours: i64) {
        s.tasks[0].status = TaskStatus::Ready;
        let at = before(hours * 3600);
        (s.tasks[0].stats.fresh_start, s.tasks[0].stats.start, s.tasks[0].stats.stop) = (None, None, Some(at));
    }
    check(&[
        ("since an hour", |s| rests(s, 1), &[]),
        ("since two days", |s| rests(s, 48), &[("instance-idle", Warning)]),
        (
            "no task at all",
            |s| {
                s.tasks.clear();
                s.instances[0].created = Some(before(100 * 3600));
            },
            &[("instance-idle", Warning)],
        ),
        (
            "other tasks may run on it",
            |s| {
                rests(s, 48);
                s.sees_every_task = false;
            },
            &[],
        ),
        (
            "a stop without its date",
            |s| {
                rests(s, 48);
                s.tasks[0].stats.start = Some(before(40 * 3600));
            },
            &[],
        ),
        (
            "not available",
            |s| {
                rests(s, 48);
                s.instances[0].status = "modifying".into();
            },
            &[("instance-unwell", Warning)],
        ),
    ]);
    let mut stage = Stage::well();
    rests(&mut stage, 23);
    let book = stage.judged_by(super::Settings::default());
    assert_eq!(book.until(), Some(now() + SignedDuration::from_hours(1)), "judged again when the day is over");
}

#[test]
fn a_schedule_is_told_when_it_is_about_to_touch_a_running_task() {
    check(&[
        ("starts soon", |s| s.schedule("cron(20 14 * * ? *)", "startReplicationTask"), &[("schedule-fires", Warning)]),
        ("stops soon", |s| s.schedule("cron(20 14 * * ? *)", "stopReplicationTask"), &[("schedule-fires", Critical)]),
        ("reloads soon", |s| s.schedule("cron(20 14 * * ? *)", "reloadTables"), &[("schedule-fires", Critical)]),
        ("tonight", |s| s.schedule("cron(20 22 * * ? *)", "startReplicationTask"), &[]),
        (
            "disabled",
            |s| {
                s.schedule("cron(20 14 * * ? *)", "startReplicationTask");
                s.schedules[0].state = "DISABLED".to_owned().into();
            },
            &[],
        ),
        (
            "the task does not run",
            |s| {
                s.schedule("cron(20 14 * * ? *)", "startReplicationTask");
                s.tasks[0].status = TaskStatus::Ready;
                s.tasks[0].stats.stop = Some(now());
            },
            &[],
        ),
        (
            "targets not read",
            |s| {
                s.schedule("cron(20 14 * * ? *)", "startReplicationTask");
                s.schedules[0].targets = None;
            },
            &[],
        ),
    ]);
    let mut stage = Stage::well();
    stage.schedule("cron(20 22 * * ? *)", "startReplicationTask");
    let book = stage.judged_by(super::Settings::default());
    let at: Timestamp = "2026-11-22T21:50:00Z".parse().unwrap();
    assert_eq!(book.until(), Some(at), "judged again half an hour before it fires");
    let mut book = Book::default();
    book.judge(&stage, at);
    assert_eq!(book.all().count(), 1 + 1, "{:?}", book.all().collect::<Vec<_>>());
}

#[test]
fn a_subscription_that_tells_nobody_is_told() {
    fn heard(s: &mut Stage, status: &str, enabled: bool, audience: Audience) {
        let (name, topic) = ("oncall".into(), "arn:aws:sns:eu-west-1:1:oncall".into());
        s.subscriptions = vec![EventSubscription { name, topic, status: status.into(), enabled, audience }];
    }
    fn subscribed(s: &mut Stage, status: &str, enabled: bool) {
        heard(s, status, enabled, Audience::Unknown);
    }
    check(&[
        ("alive", |s| subscribed(s, "active", true), &[]),
        ("forbidden", |s| subscribed(s, "no-permission", true), &[("subscription-dead", Warning)]),
        ("gone", |s| subscribed(s, "topic-not-exist", true), &[("subscription-dead", Warning)]),
        (
            "confirmed by nobody",
            |s| heard(s, "active", true, Audience::Known { confirmed: 0, pending: 2 }),
            &[("subscription-dead", Warning)],
        ),
        ("off", |s| subscribed(s, "topic-not-exist", false), &[]),
    ]);
}
