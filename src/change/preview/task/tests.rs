//! Previews of tasks as a person reads them: one text of all scenes, and what must never be missing.

mod ends;

use super::*;
use crate::change::facts::tests::{at, facts, fresh};
use crate::model::change::{ReloadHow, TableName};
use crate::model::metric::{MetricName, Point};
use crate::model::schedule::{ScheduleState, Target};
use crate::model::settings::PrepMode;
use crate::model::table::{AppliedCounts, Counts, TableState};
use crate::model::{AccountId, Region, TaskName, Untrusted};
use std::fmt::Write as _;

/// A table that is loaded, with a thousand rows and some changes.
pub fn row(name: &str) -> TableRow {
    TableRow {
        schema: "shop".into(),
        table: name.into(),
        state: TableState::Completed,
        captured: Counts { inserts: 40, updates: 10, deletes: 5, ddls: 0 },
        applied: AppliedCounts { inserts: Some(40), updates: Some(10), deletes: Some(5), ddls: Some(0) },
        full_load_rows: 1_000,
        full_load_start: Some(at("06:00:10")),
        full_load_end: Some(at("06:30:00")),
        full_load_reloaded: false,
        validation: Some("Validated".to_owned().into()),
        validation_details: None,
        validation_pending: 0,
        validation_failed: 0,
        validation_suspended: 0,
        last_update: Some(at("10:02:30")),
    }
}

fn with_state(name: &str, state: TableState) -> TableRow {
    TableRow { state, full_load_rows: 0, full_load_end: None, ..row(name) }
}

fn scope() -> Scope {
    Scope { profile: "migration".into(), account: AccountId("123456789012".into()), region: Region("eu-west-1".into()) }
}

#[allow(clippy::needless_pass_by_value, reason = "a verb is made for each call")]
fn preview(facts: &TaskFacts, around: &Around, verb: Verb) -> Preview {
    preview_where(facts, around, verb, &Safeguards::default())
}

#[allow(clippy::needless_pass_by_value, reason = "a verb is made for each call")]
fn preview_where(facts: &TaskFacts, around: &Around, verb: Verb, safeguards: &Safeguards) -> Preview {
    let meant = Meant { arn: facts.task.arn.clone(), name: facts.task.name.clone() };
    let here = Here { scope: &scope(), environment: Some("STAGING"), safeguards };
    task(facts, around, &meant, &verb, here, at("10:03:22"))
}

/// Staging may be overwritten.
fn open() -> Safeguards {
    Safeguards { reload_allowed: vec!["staging.example/shop".parse().unwrap()], ..Safeguards::default() }
}

/// For other rooms: something done to a task of this name.
pub fn of_task(name: &str, verb: Verb, made: Timestamp) -> Preview {
    let mut facts = facts("cdc", "running");
    facts.task.name = TaskName::new(name);
    facts.task.arn =
        crate::model::ReplicationArn::parse(&format!("arn:aws:dms:eu-west-1:123456789012:task:{name}")).unwrap();
    Preview { made, ..preview(&facts, &Around::default(), verb) }
}

fn nightly() -> Schedule {
    let arn = "arn:aws:dms:eu-west-1:123456789012:task:ABC";
    let call = Untrusted::new("arn:aws:scheduler:::aws-sdk:databasemigration:startReplicationTask");
    let input = format!(r#"{{"ReplicationTaskArn":"{arn}"}}"#);
    Schedule {
        targets: Some(vec![Target::new(None, call, Some(&input))]),
        ..crate::change::legal::tests::rule("ENABLED")
    }
}

fn around(rows: Vec<TableRow>) -> Around {
    let point =
        |value| [3, 2, 1].map(|back: i64| Point { at: at("10:03:00") - jiff::SignedDuration::from_mins(back), value });
    let series = |name, value: f64| Series { name, points: point(value).to_vec() };
    Around {
        tables: Some(Ok(rows)),
        points: Some(Ok(vec![series(MetricName::CDCIncomingChanges, 0.0), series(MetricName::CDCLatencyTarget, 2.0)])),
        schedules: Some(Ok(Listed { all: vec![nightly()], missing: None })),
        tests: Some(Ok(facts("cdc", "running").connections)),
    }
}

fn all_loaded() -> Around {
    around(vec![row("orders"), row("customer"), row("invoice")])
}

fn one_failed() -> Around {
    around(vec![row("orders"), row("customer"), with_state("invoice", TableState::Error)])
}

fn with(mut facts: TaskFacts, change: impl FnOnce(&mut TaskFacts)) -> TaskFacts {
    change(&mut facts);
    facts
}

fn prepared(facts: TaskFacts, mode: Option<PrepMode>) -> TaskFacts {
    with(facts, |facts| facts.settings.prep_mode = mode)
}

fn some_tables(names: &[&str], how: ReloadHow) -> Verb {
    let tables = names.iter().map(|name| TableName { schema: "shop".into(), table: (*name).into() }).collect();
    Verb::ReloadTables { tables, how }
}

#[allow(clippy::too_many_lines, reason = "a table of scenes")]
fn scenes() -> Vec<(&'static str, Preview)> {
    let reload = || Verb::Reload { until: None };
    let resume = || Verb::Resume { until: None };
    let start = |from| Verb::Start { from, until: None };
    let broken = with(facts("full-load-and-cdc", "failed"), |facts| {
        facts.task.stats.full_load_finish = None;
        facts.task.stop_reason = Some("Stop Reason FATAL_ERROR Error Level FATAL".into());
        facts.task.last_failure = Some("Last Error  Replication task out of memory. Stop Reason FATAL_ERROR".into());
    });
    let behind = || {
        let applied = AppliedCounts { inserts: Some(12), ..row("orders").applied };
        around(vec![TableRow { applied, ..row("orders") }, row("customer")])
    };
    let loading = with(facts("full-load-and-cdc", "running"), |facts| {
        let stats = &mut facts.task.stats;
        (stats.full_load_finish, stats.tables_loaded, stats.tables_loading, stats.tables_queued) = (None, 1, 1, 1);
    });
    let half = || {
        around(vec![
            row("orders"),
            with_state("customer", TableState::FullLoad),
            with_state("invoice", TableState::BeforeLoad),
        ])
    };
    let postgres = with(fresh("cdc"), |facts| facts.source.as_mut().unwrap().engine = "postgres".into());
    let untested = with(fresh("cdc"), |facts| facts.connections[0] = None);
    let named = with(facts("full-load-and-cdc", "running"), |facts| {
        facts.named = (1..=12).map(|n| row(&format!("t{n}"))).collect();
    });
    let twelve: Vec<String> = (1..=12).map(|n| format!("t{n}")).collect();
    let twelve: Vec<&str> = twelve.iter().map(String::as_str).collect();
    let unreadable = || Around {
        tables: Some(Err("ThrottlingException: Rate exceeded".into())),
        points: Some(Err("AccessDenied".into())),
        schedules: Some(Err("AccessDenied".into())),
        tests: Some(Err("AccessDenied".into())),
    };
    let only_load = with(loading.clone(), |facts| facts.task.migration_type = "full-load".to_owned().into());
    let serverless = with(facts("cdc", "running"), |facts| {
        let arn = "arn:aws:dms:eu-west-1:123456789012:replication-config:ABC";
        facts.task.arn = crate::model::ReplicationArn::parse(arn).unwrap();
        (facts.task.instance, facts.connections) = (None, [None, None]);
    });
    let silent = with(facts("full-load", "stopped"), |facts| {
        facts.places[1] = Err("endpoint x keeps its host in secret y, which could not be read: denied".into());
        facts.settings.prep_mode = None;
    });
    vec![
        ("reload of a full load that is through", preview(&facts("full-load", "stopped"), &all_loaded(), reload())),
        (
            "reload of a full load, one table failed",
            preview(
                &prepared(facts("full-load", "stopped"), Some(PrepMode::TruncateBeforeLoad)),
                &one_failed(),
                reload(),
            ),
        ),
        (
            "reload with changes, one table failed",
            preview(
                &prepared(facts("full-load-and-cdc", "stopped"), Some(PrepMode::DoNothing)),
                &one_failed(),
                reload(),
            ),
        ),
        ("reload, nothing can be read", preview(&silent, &unreadable(), reload())),
        (
            "first start of a load",
            preview(&fresh("full-load-and-cdc"), &Around { tables: None, ..all_loaded() }, start(StartFrom::Beginning)),
        ),
        (
            "first start of a load that leaves tables alone",
            preview(
                &prepared(fresh("full-load"), Some(PrepMode::DoNothing)),
                &Around::default(),
                start(StartFrom::Beginning),
            ),
        ),
        ("first start of changes from now, untested", preview(&untested, &Around::default(), start(StartFrom::Now))),
        (
            "start from a position of PostgreSQL",
            preview(&postgres, &Around::default(), start(StartFrom::Position("0/1A2B3C".into()))),
        ),
        (
            "start from a time",
            preview(&facts("cdc", "stopped"), &Around::default(), start(StartFrom::Time(at("08:00:00")))),
        ),
        (
            "resume of changes",
            preview(
                &facts("cdc", "stopped"),
                &all_loaded(),
                Verb::Resume { until: "commit_time:2026-11-22T14:00:00".parse().ok() },
            ),
        ),
        ("resume of a load that broke off", preview(&facts("full-load", "failed"), &half(), resume())),
        ("resume of a load with changes that broke off", preview(&broken, &half(), resume())),
        ("stop, everything through", preview(&facts("cdc", "running"), &all_loaded(), Verb::Stop)),
        ("stop, not through", preview(&facts("full-load-and-cdc", "running"), &behind(), Verb::Stop)),
        ("stop, nothing can be read", preview(&facts("cdc", "running"), &unreadable(), Verb::Stop)),
        ("stop in the middle of the load", preview(&loading, &half(), Verb::Stop)),
        ("stop of a load that nothing resumes", preview(&only_load, &half(), Verb::Stop)),
        ("stop of a load that a resume goes on with", preview_where(&only_load, &half(), Verb::Stop, &open())),
        ("stop of a serverless replication", preview(&serverless, &Around { tests: None, ..all_loaded() }, Verb::Stop)),
        (
            "twelve tables again",
            preview(
                &prepared(named.clone(), Some(PrepMode::DoNothing)),
                &all_loaded(),
                some_tables(&twelve, ReloadHow::Data),
            ),
        ),
        ("one table validated again", preview(&named, &Around::default(), some_tables(&["t1"], ReloadHow::Validation))),
        ("tests", preview(&untested, &Around::default(), Verb::TestConnections)),
    ]
}

#[test]
fn previews_as_they_are_read() {
    let mut text = String::new();
    for (scene, preview) in scenes() {
        let grade = match &preview.grade {
            Grade::Undoable => "can be undone",
            Grade::Lasting { .. } => "lasts",
            Grade::Destroys { .. } => "destroys",
        };
        write!(text, "=== {scene}: {grade}\n{}\n\n", preview.lines().join("\n")).unwrap();
    }
    insta::assert_snapshot!("previews", text);
}

#[test]
fn what_destroys_names_its_database_first_and_says_how_much_and_how() {
    let mut seen = 0;
    for (scene, preview) in scenes() {
        let loud = preview.warnings.first().is_some_and(|first| first.starts_with("DESTROYS ROWS"));
        assert_eq!(loud, matches!(preview.grade, Grade::Destroys { .. }), "{scene}");
        if let Grade::Destroys { destination: Some(at) } = &preview.grade {
            seen += 1;
            assert!(preview.warnings[0].ends_with(&at.to_string()), "{scene}");
            assert!(preview.warnings.len() >= 3, "{scene}: {:?}", preview.warnings);
            assert_eq!(preview.fires.len(), 1, "{scene}");
        }
    }
    assert!(seen >= 5);
}

#[test]
fn a_schedule_that_is_off_or_stops_the_task_does_not_fire_into_it() {
    let stops = Untrusted::new("arn:aws:scheduler:::aws-sdk:databasemigration:stopReplicationTask");
    let input = r#"{"ReplicationTaskArn":"arn:aws:dms:eu-west-1:123456789012:task:ABC"}"#;
    let other = r#"{"ReplicationTaskArn":"arn:aws:dms:eu-west-1:123456789012:task:OTHER"}"#;
    let call = Untrusted::new("arn:aws:scheduler:::aws-sdk:databasemigration:startReplicationTask");
    let with = |target| Schedule { targets: Some(vec![target]), ..nightly() };
    for (schedule, told, fires) in [
        (nightly(), true, 1),
        (Schedule { state: ScheduleState::Disabled, ..nightly() }, false, 0),
        (with(Target::new(None, stops, Some(input))), true, 0),
        (with(Target::new(None, call, Some(other))), false, 0),
    ] {
        let around = Around { schedules: Some(Ok(Listed { all: vec![schedule], missing: None })), ..all_loaded() };
        let preview = preview(&facts("full-load", "stopped"), &around, Verb::Reload { until: None });
        assert_eq!(preview.warnings.iter().any(|line| line.starts_with("rule:default/nightly")), told);
        assert_eq!(preview.fires.len(), fires);
    }
}

#[test]
fn what_hides_what_it_does_may_touch_the_task_and_the_nearest_is_told_first() {
    let function = |name: &str, expression: Option<&str>| Schedule {
        name: name.into(),
        expression: expression.map(Into::into),
        event_pattern: expression.is_none(),
        targets: Some(vec![Target::new(None, "arn:aws:lambda:eu-west-1:1:function:refresh".into(), None)]),
        ..nightly()
    };
    let (late, soon) = (Some("cron(30 5 * * ? *)"), Some("cron(0 11 * * ? *)"));
    let off = Schedule { state: ScheduleState::Disabled, ..function("off", soon) };
    let unread = Schedule { targets: None, ..function("unread", late) };
    let log = Target::new(None, "arn:aws:logs:eu-west-1:1:log-group:x".into(), None);
    let harmless = Schedule { targets: Some(vec![log]), ..function("log", soon) };
    let all = vec![function("event", None), function("late", late), off, function("soon", soon), unread, harmless];
    let around = Around { schedules: Some(Ok(Listed { all, missing: None })), ..all_loaded() };
    let preview = preview(&facts("full-load", "stopped"), &around, Verb::Reload { until: None });
    let told: Vec<&str> =
        preview.warnings.iter().filter_map(|line| line.strip_prefix("may touch it: rule:default/")).collect();
    assert_eq!(
        told,
        [
            "soon, a Lambda function, next 2026-11-22 11:00 UTC",
            "late, a Lambda function, next 2026-11-23 05:30 UTC",
            "unread, what it calls could not be read, next 2026-11-23 05:30 UTC",
        ]
    );
    assert!(preview.effects.iter().any(|line| line.starts_with("1 more may touch it")));
    assert!(preview.effects.contains(&"no rule or schedule that is on names this task".to_owned()));
    assert!(preview.fires.is_empty());
}

#[test]
fn the_shown_line_gives_a_time_as_exactly_as_it_is_sent() {
    for (time, want) in [
        ("08:00:00", "--cdc-start-time 2026-11-22T08:00:00Z "),
        ("08:00:00.25", "--cdc-start-time 2026-11-22T08:00:00.25Z "),
        ("08:00:00.123", "--cdc-start-time 2026-11-22T08:00:00.123Z "),
    ] {
        let verb = Verb::Start { from: StartFrom::Time(at(time)), until: None };
        let line = preview(&facts("cdc", "stopped"), &Around::default(), verb).aws_command;
        assert!(line.contains(want), "{line}");
    }
}

#[test]
fn rows_are_counted_only_where_dms_has_counted_them() {
    let none = AppliedCounts::default();
    for (rows, want) in [
        (vec![row("a"), row("b")], "at least 2,070 rows in 2 tables"),
        (
            vec![row("a"), with_state("b", TableState::Error)],
            "at least 1,035 rows in 2 tables; of 1 of them it is not known",
        ),
        (vec![with_state("b", TableState::Error)], "1 table; how many rows are in it is not known"),
        // Deletes that are not told are taken off: it is a least.
        (vec![TableRow { applied: none, ..row("a") }], "at least 995 rows in 1 table,"),
        (
            vec![TableRow { applied: none, ..with_state("a", TableState::Completed) }],
            "how many rows are in it is not known",
        ),
        (vec![], "DMS lists none"),
    ] {
        let preview = preview(&facts("full-load", "stopped"), &around(rows), Verb::Reload { until: None });
        assert!(preview.warnings[1].contains(want), "{:?}, not {want}", preview.warnings[1]);
    }
}

#[test]
fn what_could_be_done_instead_is_offered() {
    let offered = |preview: Preview| {
        let kind = |offer: &Change| match offer {
            Change::Task { verb, .. } => verb.kind(),
            Change::Switch { .. } => unreachable!(),
        };
        preview.offers.iter().map(kind).collect::<Vec<_>>()
    };
    let reload = || Verb::Reload { until: None };
    let many = || around((0..20).map(|n| with_state(&format!("t{n}"), TableState::Error)).chain([row("x")]).collect());
    let untested = with(facts("cdc", "stopped"), |facts| facts.connections = [None, None]);
    for (facts, around, verb, want) in [
        (facts("full-load", "stopped"), one_failed(), reload(), vec![VerbKind::Resume]),
        (facts("full-load", "stopped"), all_loaded(), reload(), vec![]),
        (facts("full-load-and-cdc", "stopped"), one_failed(), reload(), vec![VerbKind::Resume, VerbKind::ReloadTables]),
        (facts("full-load-and-cdc", "running"), one_failed(), reload(), vec![VerbKind::ReloadTables]),
        (facts("full-load-and-cdc", "stopped"), many(), reload(), vec![]),
        (untested, all_loaded(), Verb::Resume { until: None }, vec![VerbKind::TestConnections]),
    ] {
        assert_eq!(offered(preview(&facts, &around, verb)), want);
    }
}

#[test]
fn hostile_names_are_clean_in_every_line_and_one_word_in_every_command() {
    let escape = "x'; id \u{1b}[2J\u{9b}31m\u{202e}$(id)";
    let hostile = |facts: TaskFacts| {
        with(facts, |facts| {
            facts.task.name = TaskName::new(escape);
            for text in [&mut facts.task.stop_reason, &mut facts.task.last_failure, &mut facts.task.recovery_checkpoint]
            {
                *text = Some(escape.into());
            }
            facts.source.as_mut().unwrap().engine = escape.into();
            facts.places[0] = Ok(crate::model::change::Destination::new(escape, escape));
            facts.places[1] = Ok(crate::model::change::Destination::new(escape, escape));
            facts.connections[0].as_mut().unwrap().status = escape.into();
            facts.connections[0].as_mut().unwrap().last_failure = Some(escape.into());
            facts.task.cdc_stop_position = Some(escape.into());
            facts.named = vec![row(escape)];
        })
    };
    let named = Schedule { name: escape.into(), group: escape.into(), ..nightly() };
    let rows = vec![
        TableRow { state: TableState::Other(escape.into()), ..row(escape) },
        with_state(escape, TableState::Error),
        row("a"),
    ];
    let around = Around { schedules: Some(Ok(Listed { all: vec![named], missing: None })), ..around(rows) };
    for (kind, status) in
        [("full-load", "stopped"), ("full-load-and-cdc", "running"), ("cdc", "stopped"), (escape, escape)]
    {
        for verb in [
            Verb::Start { from: StartFrom::Position(escape.to_owned()), until: None },
            Verb::Resume { until: None },
            Verb::Reload { until: None },
            Verb::Stop,
            some_tables(&[escape], ReloadHow::Data),
            some_tables(&[escape], ReloadHow::Validation),
            Verb::TestConnections,
        ] {
            let preview = preview(&hostile(facts(kind, status)), &around, verb);
            for line in preview.lines() {
                assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
            }
            for word in preview.aws_command.split_whitespace() {
                assert!(!word.contains("$(") || preview.aws_command.contains('\''), "{}", preview.aws_command);
            }
        }
    }
}
