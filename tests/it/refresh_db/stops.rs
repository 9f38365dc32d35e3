//! What stops after the load: keys hold for new rows, and whoever goes on comes to the same end. Strangers in the catalogue.

use super::*;
use crate::refresh_keys::nasty_postgres;
use cutover::model::refresh::RunState;
use std::process::{Command, Stdio};

const TREE: &str = "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY, p int CONSTRAINT first REFERENCES parent);
    CREATE TABLE part (id int, region int, p int, CONSTRAINT of_all FOREIGN KEY (p) REFERENCES parent) PARTITION BY LIST (region);
    CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1); CREATE TABLE part_2 PARTITION OF part FOR VALUES IN (2);
    CREATE TABLE switch (fails bool); INSERT INTO switch VALUES (true)";
const LOAD: &str = "TRUNCATE parent, child, part; INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1); INSERT INTO part VALUES (1, 2, 1)";

/// A plan whose run fails behind its load, as long as the switch says so.
fn fails_behind<'a>(load: &'a str, then: &'a str) -> Vec<Part<'a>> {
    let mut parts = around(load);
    let back = parts.iter().position(|part| matches!(part, Part::Step(StepKind::KeysBack))).unwrap();
    // Nothing is in quarantine; that this step is behind the load makes what follows be so, too.
    parts.splice(back..back, [Part::Step(StepKind::QuarantineOff), Part::Script("fails", then)]);
    parts
}

const FAILS: &str = "DO $$ BEGIN IF (SELECT fails FROM public.switch) THEN RAISE 'a rule is wrong'; END IF; END $$";

#[tokio::test]
async fn after_the_load_keys_hold_for_new_rows_and_go_away_again_when_it_goes_on() {
    let desk = Desk::with(Engine::PostgreSql, TREE).await;
    let before = desk.snapshot().await;
    // What is masked is a natural key: it meets no key, also not when it is tried again.
    let mask = format!(
        "{FAILS}; UPDATE public.parent SET id = id + 10; UPDATE public.child SET p = p + 10; UPDATE public.part SET p = p + 10"
    );
    // One row of the load has no parent; it costs no key.
    let load = format!("{LOAD}; INSERT INTO child VALUES (2, 99); INSERT INTO part VALUES (2, 1, 99)");
    let orphans = [("first", Orphans::Delete), ("of_all", Orphans::Null)];
    let ended = desk.run(&desk.plan(&fails_behind(&load, &mask), &orphans).await).await;
    assert_eq!(ended.state, RunState::NeedsAttention, "{ended:?}");
    assert!(desk.log().await.contains("the foreign keys are back, for new rows"));
    let states: Vec<String> = desk.ledger("key").await.into_iter().map(|(_, state, _)| state).collect();
    assert_eq!(states, ["restored", "restored"]);
    assert_eq!(desk.seen().await.away.iter().filter(|away| away.name.raw().contains("child")).count(), 0);
    let mut session = desk.base.session().await;
    for new in ["INSERT INTO child VALUES (3, 98)", "INSERT INTO part VALUES (3, 2, 98)"] {
        let refused = session.script(new).await.unwrap_err().to_string();
        assert!(refused.contains("23503"), "{refused}");
    }
    // No row was changed for that.
    assert_eq!(desk.number("SELECT count(*) FROM child WHERE p = 99").await, 1);
    session.script("UPDATE switch SET fails = false").await.unwrap();
    let ended = desk.resume().await;
    assert_eq!((ended.state, ended.why), (RunState::Done, None));
    desk.is_as(&before).await;
    assert_eq!(desk.number("SELECT p FROM child").await, 11);
    assert_eq!(desk.number("SELECT count(*) FROM part WHERE p IS NULL").await, 1);
}

#[tokio::test]
async fn a_stranger_under_the_name_of_a_key_stops_with_words_and_costs_no_other() {
    let desk = Desk::with(Engine::PostgreSql, TREE).await;
    let before = desk.snapshot().await;
    let load = format!(
        "{LOAD}; CREATE TABLE public.another (id int PRIMARY KEY); INSERT INTO public.another VALUES (1);
                        ALTER TABLE child ADD CONSTRAINT first FOREIGN KEY (p) REFERENCES public.another"
    );
    let ended = desk.run(&desk.plan(&around(&load), &[]).await).await;
    assert_eq!(ended.state, RunState::NeedsAttention);
    let why = ended.why.unwrap();
    assert!(
        why.contains("\"first\" is not as it was captured") && why.contains("REFERENCES public.another(id)"),
        "{why}"
    );
    let states: Vec<String> = desk.ledger("key").await.into_iter().map(|(_, state, _)| state).collect();
    assert_eq!(states, ["dropped", "valid"]);
    assert_eq!(desk.seen().await.away.len(), 1);
    desk.script("ALTER TABLE child DROP CONSTRAINT first; DROP TABLE another").await;
    assert_eq!(desk.resume().await.state, RunState::Done);
    desk.is_as(&before).await;
}

#[tokio::test]
async fn a_trigger_that_somebody_changed_meanwhile_is_told_and_left() {
    for (engine, make, change) in [
        (
            Engine::PostgreSql,
            "CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TABLE t (id int);
             CREATE TRIGGER fires BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION noop();
             CREATE TRIGGER stays AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION noop()",
            "DROP TRIGGER fires ON t; CREATE TRIGGER fires AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION noop()",
        ),
        (
            Engine::MySql,
            "CREATE TABLE {s}.t (id int); CREATE TRIGGER {s}.fires BEFORE INSERT ON t FOR EACH ROW SET @a = 1;
             CREATE TRIGGER {s}.stays AFTER INSERT ON t FOR EACH ROW SET @a = 1",
            "CREATE TRIGGER {s}.fires AFTER UPDATE ON t FOR EACH ROW SET @a = 2",
        ),
        (
            Engine::Sqlite,
            "CREATE TABLE {s}.t (id int); CREATE TRIGGER {s}.fires BEFORE INSERT ON t BEGIN SELECT 1; END;
             CREATE TRIGGER {s}.stays AFTER INSERT ON t BEGIN SELECT 1; END",
            "CREATE TRIGGER {s}.fires AFTER UPDATE ON t BEGIN SELECT 2; END",
        ),
    ] {
        let desk = Desk::with(engine, make).await;
        let ended = desk.run(&desk.plan(&around(change), &[]).await).await;
        assert_eq!(ended.state, RunState::NeedsAttention, "{engine:?} {ended:?}");
        let why = ended.why.unwrap();
        assert!(why.contains("fires") && why.contains("is not as it was captured: it was "), "{engine:?}: {why}");
        let now = desk.triggers().await;
        assert_eq!(now.len(), 2, "{engine:?}: {now:?}");
        assert!(now.iter().all(|one| one.state == cutover::db::schema::triggers::State::Origin));
    }
}

#[tokio::test]
async fn a_person_finishes_with_psql_what_a_run_began() {
    let desk = Desk::of(nasty_postgres().await);
    let before = desk.snapshot().await;
    // Everything is away, and nothing goes on.
    let mut parts = around("SELECT 1");
    parts.splice(
        4..,
        [Part::Step(StepKind::QuarantineOff), Part::Script("fails", "SELECT 1 / 0"), Part::Step(StepKind::Close)],
    );
    let ended = desk.run(&desk.plan(&parts, &[]).await).await;
    assert_eq!(ended.state, RunState::NeedsAttention, "{ended:?}");
    assert_eq!(desk.keys().await, []);
    let path = desk.state().join("runs").join(format!("{}.restore.sql", desk.id().await.0));
    let mut psql = Command::new("psql");
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(&path).arg(&desk.base.url).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || psql.output().unwrap()).await.unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("all 29 foreign keys are there as they were"), "{said}");
    desk.is_as(&before).await;
}
