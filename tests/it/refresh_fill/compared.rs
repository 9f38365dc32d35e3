//! Steps that ask the task at AWS: the comparison before anything is masked, and the look whether all is as it was planned.

use super::{Desk, Do, Told, do_it_with};
use crate::demo_databases_wire::Served;
use crate::servers;
use cutover::aws::{Connected, Limiters, Serverless, TaskDetail, connect};
use cutover::change::{Executor, Mode, Time};
use cutover::db::{Database, Engine};
use cutover::model::AccountId;
use cutover::model::audit::Whence;
use cutover::model::change::Safeguards;
use cutover::model::refresh::{Cadence, Load, OnFailure, Orphans, Purpose, RefreshName, RunState, Settings, StepKind};
use cutover::model::task::Task;
use cutover::refresh::Aws;
use cutover::refresh::plan::{Asked, Built, Comparison, Opened, build};
use cutover::store::Audit;
use cutover::validate;
use jiff::{SignedDuration, Timestamp};

async fn connected(demo: &Served) -> Connected {
    let settings = cutover::aws::Settings::embedded(demo.endpoint());
    connect(&settings, &Limiters::default()).await.unwrap()
}

async fn aws(demo: &Served, told: &Told) -> Aws {
    let connected = connected(demo).await;
    let whence = || Whence { os_user: "t".into(), host: "t".into(), pid: 1, tty: false, version: "t".into() };
    let expect_account = Some(AccountId("123456789012".into()));
    let authority = Mode { read_only: false, operate: true, expect_account }.authority().unwrap();
    let store = cutover::store::Settings { dir: Some(told.state.clone()), shared: None };
    let audit = Audit::open(&store, &whence()).await.unwrap();
    let time = Time { now: Timestamp::now, wait: |_| Box::pin(async {}) };
    let executor = Executor::new(&authority, &connected, audit, whence(), None, Safeguards::default(), time).unwrap();
    Aws::new(connected.reader, executor, None)
}

async fn task(connected: &Connected) -> Task {
    let all = connected.reader.tasks(TaskDetail::Full, Serverless::Skip).await.unwrap().value;
    all.into_iter().find(|task| task.name.0.raw() == "staging-refresh").unwrap()
}

fn comparison() -> Comparison {
    Comparison {
        name: "loaded".into(),
        by_task: false,
        tables: Vec::new(),
        exclude: Vec::new(),
        kind: cutover::model::validation::Kind::Rows,
        keys: Vec::new(),
        rules: Vec::new(),
        waived: Vec::new(),
        filter_source: None,
        filter_target: None,
        of_tables: Vec::new(),
        statements: Vec::new(),
        method: validate::WantedMethod::Auto,
        jobs: 2,
        rows_per_second: None,
        settle: SignedDuration::ZERO,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_newer_than_the_load_are_set_apart_and_what_is_older_stops_the_run_or_is_told() {
    let demo = Served::start(&[]).await;
    let arn = task(&connected(&demo).await).await.arn;
    demo.until("staging-refresh", |task| task["ReplicationTaskStats"]["FreshStartDate"].is_number()).await;
    let new = (Timestamp::now() + SignedDuration::from_hours(48)).strftime("%Y-%m-%d %H:%M:%S").to_string();
    for engine in [Engine::PostgreSql, Engine::MySql] {
        let desk = Desk::new(engine).await;
        let time = if engine == Engine::PostgreSql { "timestamptz" } else { "datetime" };
        let one =
            |name: &str| format!("CREATE TABLE {{s}}.{name} (id int PRIMARY KEY, v varchar(20), updated_at {time})");
        desk.both(&format!("{}; {}", one("marked"), one("bare"))).await;
        for table in ["marked", "bare"] {
            let rows = "VALUES (1, 'a', '2020-01-01 00:00:00'), (2, 'b', '2020-01-01 00:00:00')";
            desk.both(&format!("INSERT INTO {{s}}.{table} {rows}")).await;
            // Since then the source has gone on.
            desk.source
                .script(&format!("UPDATE {{s}}.{table} SET v = 'new', updated_at = '{new}' WHERE id = 1; INSERT INTO {{s}}.{table} VALUES (3, 'c', '{new}')"))
                .await;
        }
        let mut plan = desk.plan(&[StepKind::Validate], &["marked", "bare"]).await;
        plan.task.arn = arn.clone();
        plan.validation = Some(comparison());
        plan.watermarks = vec![((desk.source.schema.clone(), "marked".to_owned()), "updated_at".to_owned())];
        let told = desk.told(&plan, Do::Begin);
        let ended = do_it_with(&told, Some(aws(&demo, &told).await)).await.unwrap();
        let lines = desk.lines().await;
        assert_eq!((ended.state, ended.why), (RunState::Done, None), "{engine:?}: {lines}");
        assert!(lines.contains("marked: equal but for 2 rows that are newer than the load"), "{lines}");
        assert!(lines.contains("bare: source moved: 2 rows differ"), "{lines}");
        let note = desk.seen().await.steps[1].note.clone();
        assert_eq!(
            note,
            "[validation.loaded]: 1 of 2 tables equal, 1 differ, the source moved, 2 rows newer than the load set apart"
        );

        // One that the source has not touched since.
        desk.target.script("UPDATE {s}.marked SET v = 'other' WHERE id = 2").await;
        for (policy, want) in [(OnFailure::Stop, RunState::NeedsAttention), (OnFailure::GoOn, RunState::Done)] {
            std::fs::remove_dir_all(desk.state()).unwrap();
            plan.steps[1].on_failure = policy;
            let told = desk.told(&plan, Do::Begin);
            let ended = do_it_with(&told, Some(aws(&demo, &told).await)).await.unwrap();
            assert_eq!(ended.state, want, "{engine:?}: {ended:?}");
            let lines = desk.lines().await;
            assert!(
                lines.contains("marked: different: 1 rows that are older than the load, 2 newer ones set apart"),
                "{lines}"
            );
            // Of a value there is nothing anywhere.
            assert!(!format!("{:?}", desk.seen().await).contains("other"), "{engine:?}");
            if want == RunState::NeedsAttention {
                desk.target
                    .script(if engine == Engine::PostgreSql {
                        "DROP SCHEMA cutover_ledger CASCADE"
                    } else {
                        "DELETE FROM cutover_ledger.run WHERE target = DATABASE()"
                    })
                    .await;
            }
        }
    }
}

/// Host and database as an endpoint of the demo shows them.
fn destination(url: &str) -> String {
    let rest = url.rsplit_once('@').unwrap().1;
    let (place, database) = rest.split_once('/').unwrap();
    format!("{}/{database}", place.split(':').next().unwrap())
}

/// The prepared task of the demo between two databases of a real server, and a plan of it.
async fn planned(demo: &Served, source: &str, target: &str, compare: &validate::Settings) -> Built {
    let connected = connected(demo).await;
    let task = task(&connected).await;
    let what = (Purpose::DataRefresh, Load::FullLoad, Cadence::OneTime);
    let mut settings = Settings::new("staging-refresh", what, vec![destination(target).parse().unwrap()]);
    settings.orphans.insert("*".to_owned(), Orphans::Report);
    settings.validation = Some("loaded".to_owned());
    settings.schedules = ["rule:default/staging-refresh-nightly", "schedule:migrations/staging-refresh-weekly"]
        .map(|name| match name.parse() {
            Ok(cutover::model::change::Which::Whole(named)) => named,
            other => panic!("{other:?}"),
        })
        .to_vec();
    let opened = |url: &str| Opened {
        database: Database::parse(url).unwrap(),
        found_by: "a test".into(),
        name: None,
        is_endpoint: true,
    };
    let asked = Asked {
        name: &RefreshName("nightly".into()),
        settings: &settings,
        safeguards: &Safeguards::default(),
        reader: &connected.reader,
        task: &task,
        source: &opened(source),
        target: &opened(target),
        now: Timestamp::now(),
        validation: Some(compare),
        pinned: None,
    };
    Box::pin(build(&asked, None)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn parity_rehearsal_comparison_and_verification_of_a_real_task() {
    let server = servers::postgres().await;
    // The demo hands out a secret only where there is a password; this server asks for none.
    let with = |url: String| url.replacen("cutover@", "cutover:any@", 1);
    let (source, target) = (with(server.database().await), with(server.database().await));
    let demo = Served::start(&["--source", &source, "--target", &target]).await;
    let mut here = Database::parse(&target).unwrap().write_owned_by_demo().await.unwrap();
    crate::refresh_plan::settled(&mut here, "shop").await;
    here.script(
        "ALTER TABLE shop.stg_address ADD CONSTRAINT \"of Customer\" FOREIGN KEY (customer_id) REFERENCES shop.stg_customer (id) NOT VALID; \
         CREATE FUNCTION shop.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER noted AFTER INSERT ON shop.stg_orders FOR EACH ROW EXECUTE FUNCTION shop.note()",
    )
    .await
    .unwrap();
    let compare = validate::Settings { task: Some("staging-refresh".to_owned()), ..validate::Settings::default() };
    let built = planned(&demo, &source, &target, &compare).await;
    let blocking: Vec<_> =
        built.shown.findings.iter().filter(|one| one.level == cutover::model::refresh::Level::Blocking).collect();
    assert!(blocking.is_empty(), "{blocking:?}");
    let mut plan = built.plan;
    assert_eq!(serde_json::from_str::<cutover::refresh::Plan>(&serde_json::to_string(&plan).unwrap()).unwrap(), plan);
    // Without what would change the task; the keys go and come back.
    let leave = [StepKind::ScheduleOff, StepKind::Drain, StepKind::Load, StepKind::Wait, StepKind::ScheduleBack];
    plan.steps.retain(|step| !leave.contains(&step.kind));
    let desk = Desk::new(Engine::Sqlite).await;
    let told = |plan: &cutover::refresh::Plan| Told {
        source: source.clone(),
        target: target.clone(),
        plan: plan.clone(),
        ..desk.told(plan, Do::Begin)
    };
    let ended = do_it_with(&told(&plan), Some(aws(&demo, &told(&plan)).await)).await.unwrap();
    let lines = desk.lines().await;
    assert_eq!((ended.state, ended.why), (RunState::Done, None), "{lines}");
    let seen = desk.seen().await;
    let note = |kind| seen.steps.iter().find(|step| step.kind == kind).unwrap().note.clone();
    assert_eq!(note(StepKind::Parity), "12 tables fit, postgresql to postgresql");
    assert_eq!(note(StepKind::Rehearsal), "2 keys and triggers away and back, and rolled back");
    assert!(note(StepKind::Validate).contains("of 12 tables"), "{}", note(StepKind::Validate));
    assert!(note(StepKind::Verify).starts_with("the catalogue is what it was"), "{}", note(StepKind::Verify));

    // A plan that is not right any more goes nowhere.
    std::fs::remove_dir_all(desk.state()).unwrap();
    here.script("ALTER TABLE shop.stg_customer ADD COLUMN since int").await.unwrap();
    let ended = do_it_with(&told(&plan), Some(aws(&demo, &told(&plan)).await)).await.unwrap();
    assert_eq!(ended.state, RunState::Undone, "{ended:?}");
    assert!(
        ended.why.as_ref().unwrap().contains("the schema of the target was changed since this was planned"),
        "{ended:?}"
    );
    // Nor one of another comparison, or of another task.
    for (named, want) in [
        (
            validate::Settings { task: Some("orders-cdc".to_owned()), ..compare.clone() },
            "is of another task, orders-cdc",
        ),
        (
            validate::Settings { source: Some("other".to_owned()), ..compare.clone() },
            "names another source than this refresh",
        ),
    ] {
        let built = planned(&demo, &source, &target, &named).await;
        let told: Vec<String> = built.shown.findings.iter().map(|one| one.what.raw().to_owned()).collect();
        assert!(told.iter().any(|one| one.contains(want)) && !built.shown.may_run(), "{want}: {told:?}");
    }
}
