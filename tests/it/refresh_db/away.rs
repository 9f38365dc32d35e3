//! Away and back is an identity; and what stands in its way is told before anything is gone.

use super::*;
use crate::refresh_keys::{nasty_mariadb, nasty_postgres};
use cutover::model::refresh::RunState;
use std::os::unix::fs::PermissionsExt as _;

#[tokio::test]
async fn a_schema_as_nasty_as_they_come_is_the_same_after_a_load() {
    let desk = Desk::of(nasty_postgres().await);
    let before = desk.snapshot().await;
    let keys = desk.keys().await;
    let (triggers, count) = (desk.triggers().await, keys.len());
    // Only without keys can these be emptied; only without triggers is nothing raised.
    let load = "DO $$ BEGIN IF EXISTS (SELECT FROM pg_constraint WHERE contype = 'f') THEN RAISE 'keys'; END IF; END $$;
                DO $$ BEGIN IF EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D') THEN RAISE 'triggers'; END IF; END $$;
                TRUNCATE TABLE a.parent; TRUNCATE TABLE a.part; INSERT INTO a.parent (id, alt) VALUES (1, 2)";
    let ended = desk.run(&desk.plan(&around(load), &[]).await).await;
    assert_eq!((ended.state, ended.why), (RunState::Done, None));
    desk.is_as(&before).await;
    assert_eq!((desk.keys().await, desk.triggers().await), (keys, triggers));
    for kind in ["key", "trigger"] {
        let told = desk.ledger(kind).await;
        assert!(told.iter().all(|(_, state, error)| (state.as_str(), error.as_str()) == ("valid", "")), "{told:?}");
    }
    assert_eq!(desk.ledger("key").await.len(), count);
    let seen = desk.seen().await;
    assert_eq!(seen.away, []);
    let note = |name: &str| seen.steps.iter().find(|step| step.name.0 == name).unwrap().note.clone();
    assert_eq!((note("keys-away"), note("keys-back")), ("29 keys are away".into(), "29 keys are back".into()));
    let path = desk.state().join("runs").join(format!("{}.restore.sql", desk.id().await.0));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    let kept = refresh::ledger::runs(&mut desk.base.database.read().await.unwrap(), None).await.unwrap();
    // One of the triggers never fires, and stays as it is.
    assert!(text.contains("29 foreign keys, 10 triggers") && kept[0].restore_sql == text);
}

#[tokio::test]
async fn triggers_of_mariadb_go_and_come_back_and_its_keys_stay() {
    let desk = Desk::of(nasty_mariadb().await);
    let before = desk.snapshot().await;
    let triggers = desk.triggers().await;
    let load = "INSERT INTO {s}.fired (id, v) VALUES (0, 'it''s'), (5, 'x')";
    // Its table is not there, and never was.
    let ended = desk.run(&desk.plan(&around(load), &[("nowhere", Orphans::Report)]).await).await;
    assert_eq!((ended.state, ended.why), (RunState::Done, None));
    desk.is_as(&before).await;
    assert_eq!(desk.triggers().await, triggers);
    // They have not fired.
    assert_eq!(desk.number("SELECT COUNT(*) FROM {s}.fired WHERE v IN ('it''s', 'x')").await, 2);
    let seen = desk.seen().await;
    let away = seen.steps.iter().find(|step| step.kind == StepKind::KeysAway).unwrap();
    assert!(away.state.why().unwrap().contains("the keys stay"), "{away:?}");
    // The checks of the session are on again for whoever comes next: this would be refused.
    let last = "INSERT INTO {s}.tree VALUES (1, 99)";
    let mut parts = around(load);
    parts.insert(parts.len() - 1, Part::Script("checks", last));
    desk.script("DELETE FROM {s}.fired").await;
    let ended = desk.run(&desk.plan(&parts, &[("nowhere", Orphans::Report)]).await).await;
    assert!(ended.why.clone().unwrap().contains("1452"), "{ended:?}");
}

#[tokio::test]
async fn triggers_of_sqlite_go_and_come_back_and_the_ledger_is_no_part_of_the_catalogue() {
    let desk = Desk::with(
        Engine::Sqlite,
        "CREATE TABLE shop.parent (id INTEGER PRIMARY KEY); CREATE TABLE shop.t (id INTEGER PRIMARY KEY, p REFERENCES parent);
         CREATE TRIGGER shop.\"no; \"\"more\" BEFORE INSERT ON t BEGIN SELECT raise(abort, 'no; more'); END",
    )
    .await;
    let before = desk.snapshot().await;
    for load in
        ["INSERT INTO shop.parent VALUES (1); INSERT INTO shop.t VALUES (1, 1)", "INSERT INTO shop.t VALUES (2, 1)"]
    {
        let ended = desk.run(&desk.plan(&around(load), &[]).await).await;
        assert_eq!((ended.state, ended.why), (RunState::Done, None));
        desk.is_as(&before).await;
    }
}

const TWO: &str = "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY, p int CONSTRAINT first REFERENCES parent);
    CREATE TABLE other (id int PRIMARY KEY, p int CONSTRAINT second REFERENCES parent); INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1)";

#[tokio::test]
async fn what_is_not_as_planned_or_not_as_captured_stops_before_anything_is_gone() {
    for (change, at_capture, want) in [
        (
            "ALTER TABLE child DROP CONSTRAINT first",
            true,
            "key \"public\".\"child\" \"first\" is not as it was when this was planned",
        ),
        (
            "ALTER TABLE child ADD COLUMN x int",
            true,
            "the catalogue of the target is not what it was when this was planned",
        ),
        (
            "ALTER TABLE child DROP CONSTRAINT first",
            false,
            "key \"public\".\"child\" \"first\" is not as it was captured: somebody dropped it",
        ),
        (
            "ALTER TABLE child ADD CONSTRAINT third FOREIGN KEY (p) REFERENCES parent",
            false,
            "\"third\" was made after everything was captured",
        ),
        ("COMMENT ON CONSTRAINT first ON child IS 'x'", false, "not as before: its comment"),
    ] {
        let desk = Desk::with(Engine::PostgreSql, TWO).await;
        let before = desk.snapshot().await;
        let mut parts = around("SELECT 1");
        // A script before or behind the capture is somebody else who changes something.
        parts.insert(if at_capture { 1 } else { 2 }, Part::Script("somebody", change));
        let ended = desk.run(&desk.plan(&parts, &[]).await).await;
        let why = ended.why.unwrap();
        assert!(why.contains(want), "{change}: {why}");
        // What this run did not do it does not put back; everything else is there.
        let now = desk.snapshot().await;
        assert!(before.difference(&now).iter().all(|line| line.contains("child")), "{:?}", before.difference(&now));
        assert_eq!(desk.seen().await.away, []);
        let gone = !at_capture && change.contains("DROP");
        assert_eq!(
            ended.state,
            if at_capture || !gone && !change.contains("COMMENT") {
                RunState::Undone
            } else {
                RunState::NeedsAttention
            },
            "{change}"
        );
    }
}

#[tokio::test]
async fn a_failure_before_the_load_puts_everything_back_and_forgets_what_was_written_down() {
    let desk = Desk::of(nasty_postgres().await);
    let before = desk.snapshot().await;
    let ended = desk.run(&desk.plan(&around("SELECT 1 / 0"), &[]).await).await;
    assert_eq!(ended.state, RunState::Undone, "{ended:?}");
    assert!(ended.why.unwrap().contains("division by zero"));
    desk.is_as(&before).await;
    assert_eq!((desk.ledger("key").await, desk.ledger("trigger").await), (vec![], vec![]));
    for engine in [Engine::MySql, Engine::Sqlite] {
        let desk = Desk::with(
            engine,
            "CREATE TABLE {s}.t (id int PRIMARY KEY, v varchar(20));
             CREATE TRIGGER {s}.fires BEFORE DELETE ON t FOR EACH ROW BEGIN INSERT INTO t VALUES (1, 'x'); END",
        )
        .await;
        let before = desk.snapshot().await;
        let ended = desk.run(&desk.plan(&around("INSERT INTO {s}.gone VALUES (1)"), &[]).await).await;
        assert_eq!(ended.state, RunState::Undone, "{ended:?}");
        desk.is_as(&before).await;
        assert_eq!(desk.triggers().await.len(), 1);
        assert_eq!(desk.ledger("trigger").await, []);
    }
}

#[tokio::test]
async fn a_lock_of_somebody_else_is_waited_for_and_told() {
    let desk = Desk::with(Engine::PostgreSql, TWO).await;
    let before = desk.snapshot().await;
    let plan = desk.plan(&around("TRUNCATE parent; INSERT INTO parent VALUES (1)"), &[]).await;
    let mut other = desk.base.session().await;
    other.begin().await.unwrap();
    other.query("SELECT count(*) FROM other", &[]).await.unwrap();
    let running = tokio::spawn(refresh::run(desk.begin(&plan).await));
    until(async || desk.log().await.contains("lock timeout")).await;
    let log = desk.log().await;
    assert!(log.contains("locks there have ") && log.contains("idle in transaction"), "{log}");
    // Whoever waits keeps nothing else: the other key's table can be written meanwhile.
    desk.script("INSERT INTO child VALUES (2, 1)").await;
    other.commit().await.unwrap();
    assert_eq!(running.await.unwrap().state, RunState::Done);
    desk.is_as(&before).await;
}

#[tokio::test]
async fn a_lock_that_never_comes_before_the_load_ends_the_run_with_everything_there() {
    let desk = Desk::with(Engine::PostgreSql, TWO).await;
    let before = desk.snapshot().await;
    let plan = desk.plan(&around("SELECT 1"), &[]).await;
    let mut other = desk.base.session().await;
    other.begin().await.unwrap();
    other.query("SELECT count(*) FROM other", &[]).await.unwrap();
    let ended = desk.run(&plan).await;
    assert_eq!(ended.state, RunState::Undone, "{ended:?}");
    assert!(ended.why.unwrap().contains("lock timeout"));
    other.commit().await.unwrap();
    desk.is_as(&before).await;
}
