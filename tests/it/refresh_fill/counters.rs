//! Sequences, identities and counters after a load, in their own direction and step; statistics of the planner.

use super::{Desk, ENGINES};
use cutover::db::Engine;
use cutover::model::refresh::{RunState, StepKind};

/// Made on both sides: rows with numbers of their own, as a load writes them.
const POSTGRESQL: &str = "\
    CREATE TABLE {s}.orders (id bigserial PRIMARY KEY, n int); \
    CREATE TABLE {s}.down (id bigint PRIMARY KEY, n int); \
    CREATE SEQUENCE {s}.down_seq INCREMENT -1 START -1; \
    ALTER TABLE {s}.down ALTER id SET DEFAULT nextval('{s}.down_seq'); \
    CREATE TABLE {s}.odd (id int GENERATED ALWAYS AS IDENTITY (INCREMENT 2 START 1) PRIMARY KEY, n int); \
    CREATE SEQUENCE {s}.invoice; \
    CREATE TABLE {s}.invoices (no text DEFAULT 'INV-' || nextval('{s}.invoice') PRIMARY KEY, n int); \
    CREATE TABLE {s}.kept (id bigserial PRIMARY KEY, n int)";

#[tokio::test]
async fn on_postgresql_each_sequence_goes_on_behind_source_and_data() {
    let desk = Desk::new(Engine::PostgreSql).await;
    desk.both(POSTGRESQL).await;
    // The source has given out more than there are rows; the target is ahead in one, and behind in the others.
    desk.source
        .script(
            "INSERT INTO {s}.orders (id, n) VALUES (7, 1); SELECT setval('{s}.orders_id_seq', 40); \
             SELECT setval('{s}.down_seq', -20); SELECT setval('{s}.odd_id_seq', 11); SELECT setval('{s}.invoice', 99)",
        )
        .await;
    desk.target
        .script(
            "INSERT INTO {s}.orders (id, n) VALUES (7, 1); SELECT setval('{s}.orders_id_seq', 5000); \
             INSERT INTO {s}.down VALUES (-33, 1); \
             INSERT INTO {s}.odd OVERRIDING SYSTEM VALUE VALUES (10, 1); \
             SELECT setval('{s}.kept_id_seq', 77)",
        )
        .await;
    let tables = ["orders", "down", "odd", "invoices"];
    let plan = desk.plan(&[StepKind::Sequences, StepKind::Analyze], &tables).await;
    let ended = desk.run(&plan).await;
    assert_eq!((ended.state, ended.why), (RunState::Done, None));
    let seen = desk.seen().await;
    assert_eq!(seen.steps[1].note, "4 of 4 counters set, 0 stood right");
    for (sequence, want) in
        [("orders_id_seq", 41), ("down_seq", -34), ("odd_id_seq", 13), ("invoice", 100), ("kept_id_seq", 78)]
    {
        assert_eq!(desk.target.number(&format!("SELECT nextval('{{s}}.{sequence}')")).await, want, "{sequence}");
    }
    // Where each stood before is in the ledger, as SQL.
    let before =
        desk.target.texts("SELECT restore_sql FROM cutover_ledger.obj WHERE kind = 'sequence' ORDER BY 1").await;
    assert!(
        before.len() == 4 && before.iter().flatten().any(|sql| sql.contains("orders_id_seq") && sql.contains("5001"))
    );
    assert_eq!(desk.target.number("SELECT reltuples::bigint FROM pg_class WHERE relname = 'orders'").await, 1);
}

#[tokio::test]
async fn on_the_others_each_counter_does_too() {
    for engine in [Engine::MySql, Engine::Sqlite] {
        let desk = Desk::new(engine).await;
        let counted = match engine {
            Engine::MySql => "bigint NOT NULL AUTO_INCREMENT PRIMARY KEY",
            _ => "INTEGER PRIMARY KEY AUTOINCREMENT",
        };
        desk.both(&format!(
            "CREATE TABLE {{s}}.orders (id {counted}, n int); CREATE TABLE {{s}}.bare (id {counted}, n int)"
        ))
        .await;
        // Given out in the source and deleted again.
        desk.source
            .script("INSERT INTO {s}.orders (id, n) VALUES (7, 1), (40, 2); DELETE FROM {s}.orders WHERE id = 40")
            .await;
        desk.target
            .script("INSERT INTO {s}.orders (id, n) VALUES (7, 1); INSERT INTO {s}.bare (id, n) VALUES (3, 1)")
            .await;
        let plan = desk.plan(&[StepKind::Sequences, StepKind::Analyze], &["orders", "bare"]).await;
        let ended = desk.run(&plan).await;
        assert_eq!((ended.state, ended.why), (RunState::Done, None), "{engine:?}");
        assert_eq!(desk.seen().await.steps[1].note, "1 of 2 counters set, 1 stood right", "{engine:?}");
        desk.target.script("INSERT INTO {s}.orders (n) VALUES (9); INSERT INTO {s}.bare (n) VALUES (9)").await;
        for (table, want) in [("orders", 41), ("bare", 4)] {
            let got = desk.target.number(&format!("SELECT id FROM {{s}}.{table} WHERE n = 9")).await;
            assert_eq!(got, want, "{engine:?} {table}");
        }
    }
}

#[tokio::test]
async fn a_counter_at_its_end_is_told_and_the_others_go_on() {
    let desk = Desk::new(Engine::PostgreSql).await;
    desk.both("CREATE TABLE {s}.a (id smallserial PRIMARY KEY); CREATE TABLE {s}.b (id smallserial PRIMARY KEY)").await;
    desk.target.script("INSERT INTO {s}.a VALUES (32767); INSERT INTO {s}.b VALUES (5)").await;
    let plan = desk.plan(&[StepKind::Sequences], &["a", "b"]).await;
    let ended = desk.run(&plan).await;
    assert_eq!(ended.state, RunState::Done, "{ended:?}");
    assert!(desk.lines().await.contains("a_id_seq is at its end: it cannot give 32768"), "{}", desk.lines().await);
    assert_eq!(desk.target.number("SELECT nextval('{s}.b_id_seq')").await, 6);
}

#[tokio::test]
async fn a_table_that_cannot_be_analysed_is_an_error_on_every_engine() {
    for engine in ENGINES {
        let desk = Desk::new(engine).await;
        desk.both("CREATE TABLE {s}.a (id int PRIMARY KEY)").await;
        let plan = desk.plan(&[StepKind::Analyze], &["a", "gone"]).await;
        let ended = desk.run(&plan).await;
        assert_eq!(ended.state, RunState::NeedsAttention, "{engine:?}: {ended:?}");
        assert!(ended.why.unwrap().contains("gone"), "{engine:?}");
    }
}
