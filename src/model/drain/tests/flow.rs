//! Metrics, retries, the log, and what may come in between.

use super::*;
use crate::model::event::SourceType;
use crate::model::schedule::{ScheduleKind, ScheduleState, Target};

#[test]
fn metrics_pass_only_low_fresh_of_this_run_and_three_in_a_row() {
    use MetricName::{CDCIncomingChanges as Waits, CDCLatencySource, CDCLatencyTarget as Late};
    let gap = |name| {
        Scene::with(|s| {
            let points = s.points.get_mut(&name).unwrap();
            points.remove(3);
            points.remove(2);
        })
    };
    let restarted = Scene::with(|s| s.task.stats.start = Some(ago(170)));
    let restarted_now = Scene::with(|s| s.task.stats.start = Some(ago(60)));
    let empty = |name| Scene::metric(name, &[], 0);
    let (late, waits) = (Topic::LatencyTarget, Topic::Incoming);
    for (scene, topic, standing, words) in vec![
        (through(), waits, Standing::Pass, "0 at 3 points in a row"),
        (Scene::metric(Waits, &[0.0, 0.0, 18.0], 80), waits, Standing::Waiting, "18 changes wait"),
        (Scene::metric(Waits, &[18.0, 0.0, 0.0], 80), waits, Standing::Waiting, "not yet at 3 points"),
        (Scene::metric(Waits, &[0.0, 0.0], 80), waits, Standing::Unknown, "not 3 points in a row"),
        (gap(Waits), waits, Standing::Unknown, "without a gap"),
        (Scene::metric(Waits, &[0.0; 5], 181), waits, Standing::Fail, "its metrics have stopped"),
        (empty(Waits), waits, Standing::Fail, "published nothing in the last 30 min"),
        (through(), late, Standing::Pass, "2 s; at most 2 s at 3 points"),
        (Scene::metric(Late, &[9.0, 60.0, 94.0], 80), late, Standing::Waiting, "94 s and rising"),
        (Scene::metric(Late, &[94.0, 9.0, 2.0], 80), late, Standing::Waiting, "not yet low at 3 points"),
        (Scene::metric(Late, &[2.0, 2.0], 80), late, Standing::Unknown, "not 3 points"),
        (Scene::metric(Late, &[2.0; 5], 181), late, Standing::Fail, "its metrics have stopped"),
        (gap(Late), late, Standing::Unknown, "without a gap"),
        // Three points, but two of them are of the run before the restart.
        (restarted, late, Standing::Unknown, "not 3 points"),
        (restarted_now, late, Standing::Unknown, "no point yet"),
        // Zero is idle or blind: the counts decide.
        (Scene::metric(Late, &[0.0; 5], 80), late, Standing::Pass, "idle"),
        (
            Scene::with(|s| {
                s.points.insert(Late, series(&[0.0; 5], 80));
                s.rows = None;
            }),
            late,
            Standing::Unknown,
            "only says that nothing new was read",
        ),
        (
            Scene::with(|s| {
                s.points.insert(Late, series(&[0.0; 5], 80));
                s.points.insert(Waits, series(&[7.0; 5], 80));
            }),
            late,
            Standing::Unknown,
            "only says that nothing new was read",
        ),
        (Scene::metric(CDCLatencySource, &[40.0; 5], 80), Topic::LatencySource, Standing::Waiting, "40 s"),
    ] {
        assert_stands(&scene, topic, standing, words);
    }
    let unread = Scene::with(|s| {
        s.measured = None;
        s.points.clear();
    });
    assert_stands(&unread, late, Standing::Unknown, "not read yet");
    let seen = |newest: i64, read: i64| {
        Scene::with(|s| {
            s.measured = Some(read);
            s.points.insert(Late, series(&[0.0; 5], newest));
        })
    };
    assert_stands(&seen(400, 10), late, Standing::Fail, "metrics have stopped");
    assert_stands(&seen(400, 300), late, Standing::Unknown, "metrics not read since");
    assert_stands(&seen(900, 600), late, Standing::Unknown, "metrics not read since");
    let loading = Scene::with(|s| {
        s.task.stats.full_load_finish = None;
        s.task.stats.tables_queued = 3;
    });
    assert_stands(&loading, late, Standing::NotDue, "after the full load");
}

#[test]
fn changes_inside_the_instance_and_retries_are_seen_or_not_known() {
    let event = |message: &str, age: i64| Event {
        at: ago(age),
        source_type: SourceType::Task,
        source: "orders".into(),
        categories: vec![],
        message: message.into(),
    };
    let told = |events: Vec<Event>| Scene::with(|s| s.events = Some((events, 15)));
    let again: Vec<Event> = (0..3).map(|n| event("Recoverable error", 60 + n * 100)).collect();
    let paused = "Reading was paused because the swap files limit was reached.";
    let denied = |before: bool| {
        Scene::with(|s| {
            s.refused = Some("cloudwatch:GetMetricData: denied");
            if !before {
                (s.measured, s.charted) = (None, false);
                s.points.clear();
            }
        })
    };
    let only_watched = Scene::with(|s| {
        s.charted = false;
        s.points.retain(|name, _| MetricName::WATCHED.contains(name));
    });
    let stale = Scene::with(|s| s.points.values_mut().for_each(|all| *all = series(&[0.0; 5], 400)));
    for (scene, topic, standing, words) in vec![
        (only_watched, Topic::Retries, Standing::Unknown, "RecoveryCount is not known"),
        (stale, Topic::Retries, Standing::Unknown, "no fresh metric beside it"),
        (through(), Topic::Changes, Standing::Pass, "none"),
        (
            Scene::metric(MetricName::CDCChangesMemorySource, &[12.0], 80),
            Topic::Changes,
            Standing::Waiting,
            "12 in memory wait for their commit on the source",
        ),
        (
            Scene::metric(MetricName::CDCChangesDiskTarget, &[5.0], 80),
            Topic::Changes,
            Standing::Waiting,
            "5 on disk wait for the target",
        ),
        (
            Scene::metric(MetricName::CDCChangesDiskTarget, &[], 80),
            Topic::Changes,
            Standing::Unknown,
            "no fresh point of CDCChangesDiskTarget",
        ),
        (Scene::with(|s| s.charted = false), Topic::Changes, Standing::Unknown, "not read yet: asked while"),
        (denied(false), Topic::Changes, Standing::Unknown, "cannot be read: cloudwatch:GetMetricData: denied"),
        (denied(false), Topic::Incoming, Standing::Unknown, "cannot be read: cloudwatch:GetMetricData: denied"),
        (denied(false), Topic::LatencySource, Standing::Unknown, "cannot be read: cloudwatch:GetMetricData: denied"),
        // One question that failed takes nothing back.
        (denied(true), Topic::Changes, Standing::Pass, "none"),
        (denied(true), Topic::Incoming, Standing::Pass, "0 at"),
        (denied(false), Topic::Retries, Standing::Unknown, "RecoveryCount is not known"),
        (through(), Topic::Retries, Standing::Pass, "RecoveryCount stands still"),
        (
            Scene::metric(MetricName::RecoveryCount, &[3.0, 3.0, 7.0], 80),
            Topic::Retries,
            Standing::Fail,
            "rose from 3 to 7",
        ),
        (Scene::metric(MetricName::RecoveryCount, &[], 0), Topic::Retries, Standing::Pass, "is not published"),
        (told(again), Topic::Retries, Standing::Fail, "3 times in 15 min: Recoverable error"),
        (told(vec![event(paused, 1_900)]), Topic::Retries, Standing::Waiting, "paused since 13:31 UTC"),
        (
            told(vec![event(paused, 1_900), event("Reading resumed.", 1_000)]),
            Topic::Retries,
            Standing::Pass,
            "no repeated events",
        ),
        (Scene::with(|s| s.events = None), Topic::Retries, Standing::Unknown, "not read yet"),
        (Scene::with(|s| s.events = Some((vec![], 181))), Topic::Retries, Standing::Unknown, "too old"),
    ] {
        assert_stands(&scene, topic, standing, words);
    }
}

#[test]
fn reading_is_paused_whether_an_event_or_the_log_says_so_and_is_no_error_of_the_log() {
    let (paused, resumed) =
        ("Reading from source is paused. Total disk usage exceeded", "Reading from source is resumed");
    let line = |(letter, text, age): (char, &str, i64)| LogEvent {
        id: age.to_string(),
        stream: "s".into(),
        at: ago(age),
        ingested: None,
        text: format!("00012: 2026-11-22T13:50:00 [SORTER          ]{letter}:  {text} (sorter.c:12)").into(),
    };
    let event = |(message, age): (&str, i64)| Event {
        at: ago(age),
        source_type: SourceType::Task,
        source: "orders".into(),
        categories: vec![],
        message: message.into(),
    };
    for (lines, events, want) in [
        (vec![('W', paused, 800)], vec![], Standing::Waiting),
        (vec![('W', paused, 800), ('I', resumed, 700)], vec![], Standing::Pass),
        (vec![('E', paused, 800)], vec![("Reading resumed.", 700)], Standing::Pass),
        (vec![('I', resumed, 700)], vec![("Reading paused, disk usage limit reached.", 800)], Standing::Pass),
        (vec![('I', resumed, 800)], vec![("Reading paused, disk usage limit reached.", 700)], Standing::Waiting),
    ] {
        let scene = Scene::with(|s| {
            s.log = Some((lines.into_iter().map(line).collect(), None, 30));
            s.events = Some((events.into_iter().map(event).collect(), 15));
        });
        let words = if want == Standing::Pass { "no repeated events" } else { "is paused since" };
        assert_stands(&scene, Topic::Retries, want, words);
        assert_stands(&scene, Topic::Log, Standing::Pass, "none since");
    }
}

#[test]
fn a_log_without_errors_passes_only_where_it_was_read() {
    let line = |text: &str, age: i64| LogEvent {
        id: age.to_string(),
        stream: "s".into(),
        at: ago(age),
        ingested: None,
        text: text.into(),
    };
    let error = "00012: 2026-11-22T13:50:00 [TARGET_APPLY    ]E:  no luck [1020403] (endpoint.c:12)";
    let truncated =
        "00012: 2026-11-22T13:50:00 [TARGET_LOAD     ]W:  value too long for type character (endpoint.c:12)";
    let warning = "00012: 2026-11-22T13:50:00 [SORTER          ]W:  something harmless (sorter.c:12)";
    let read = |lines: Vec<LogEvent>| Scene::with(|s| s.log = Some((lines, None, 30)));
    let off = r#"{"Logging": {"EnableLogging": false}}"#;
    for (scene, standing, words) in vec![
        (read(vec![]), Standing::Pass, "none since 13:03 UTC"),
        (read(vec![line(warning, 800)]), Standing::Pass, "none since"),
        (read(vec![line(error, 800)]), Standing::Fail, "1 since 13:03 UTC; 13:50 UTC: no luck"),
        (read(vec![line(truncated, 800)]), Standing::Fail, "value too long"),
        (read(vec![line(error, 3_700)]), Standing::Pass, "none since"),
        (Scene::with(|s| s.log = None), Standing::Unknown, "not read yet"),
        (
            Scene::with(|s| s.log = Some((vec![], Some("the role is missing"), 30))),
            Standing::Unknown,
            "role is missing",
        ),
        (Scene::with(|s| s.log = Some((vec![], None, 301))), Standing::Unknown, "too old"),
        (Scene::with(|s| s.task.settings = Some(off.into())), Standing::Unknown, "logging is off"),
    ] {
        assert_stands(&scene, Topic::Log, standing, words);
    }
}

#[test]
fn maintenance_and_schedules_that_come_into_the_switch_are_against_it() {
    let pending = |opt_in: Option<&str>, current: Option<i64>, auto: Option<i64>| {
        let one = PendingMaintenance {
            instance: instance().arn,
            action: "os-upgrade".into(),
            description: None,
            opt_in: opt_in.map(Into::into),
            auto_applied_after: auto.map(ago),
            forced_apply: None,
            current_apply: current.map(ago),
        };
        Scene::with(|s| s.maintenance = Some(vec![one]))
    };
    let window = |text: &str, upgrade: bool| {
        let mut instance = instance();
        instance.maintenance_window = Some(text.into());
        instance.auto_minor_upgrade = upgrade;
        Scene::with(|s| s.instance = Some(instance))
    };
    let calls = |call: &str, state: ScheduleState| {
        let arn = format!("arn:aws:scheduler:::aws-sdk:databasemigration:{call}");
        let input = serde_json::json!({ "ReplicationTaskArn": ARN }).to_string();
        let schedule = Schedule {
            kind: ScheduleKind::Schedule,
            group: "default".into(),
            name: "nightly".into(),
            arn: "a".into(),
            state,
            expression: Some("rate(1 hour)".into()),
            event_pattern: false,
            description: None,
            managed_by: None,
            time_zone: None,
            start: Some(ago(1_802)),
            end: None,
            flexible_minutes: None,
            created: None,
            modified: None,
            targets: Some(vec![Target::new(None, arn.into(), Some(&input))]),
        };
        Scene::with(|s| s.schedules = Some(vec![schedule]))
    };
    let (m, s) = (Topic::Maintenance, Topic::Schedules);
    for (scene, topic, standing, words) in vec![
        (through(), m, Standing::Pass, "none within 6 h"),
        (pending(None, Some(-3_600), None), m, Standing::Fail, "os-upgrade from 15:03 UTC on"),
        (pending(None, Some(-30 * 3_600), None), m, Standing::Pass, "none within"),
        (pending(Some("immediate"), None, None), m, Standing::Fail, "at once"),
        (window("sun:16:00-sun:16:30", true), m, Standing::Fail, "install themselves, and the window opens 16:00 UTC"),
        (window("sun:16:00-sun:16:30", false), m, Standing::Pass, "none within"),
        (window("nonsense", true), m, Standing::Unknown, "window of the instance is not known"),
        (Scene::with(|s| s.maintenance = None), m, Standing::Unknown, "not read yet"),
        (through(), s, Standing::Pass, "none enabled"),
        (
            calls("startReplicationTask", ScheduleState::Enabled),
            s,
            Standing::Fail,
            "nightly starts this task and is enabled",
        ),
        (calls("startReplicationTask", ScheduleState::Disabled), s, Standing::Pass, "none enabled"),
        (
            calls("describeReplicationTasks", ScheduleState::Enabled),
            s,
            Standing::Unknown,
            "what it does with it is not told",
        ),
        (Scene::with(|s| s.schedules = None), s, Standing::Unknown, "not read yet"),
    ] {
        assert_stands(&scene, topic, standing, words);
    }
}
