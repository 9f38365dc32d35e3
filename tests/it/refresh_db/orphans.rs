//! Rows whose parent did not come with the load: each policy, on each engine.

use super::*;
use cutover::model::refresh::RunState;

/// Orders of customers, items of orders; a tree. MariaDB has no keys in columns.
const SHOP: &str = "CREATE TABLE {s}.customer (id int PRIMARY KEY);
    CREATE TABLE {s}.orders (id int PRIMARY KEY, c int, CONSTRAINT of_customer FOREIGN KEY (c) REFERENCES {r}customer (id));
    CREATE TABLE {s}.item (id int PRIMARY KEY, o int, CONSTRAINT of_order FOREIGN KEY (o) REFERENCES {r}orders (id));
    CREATE TABLE {s}.tree (id int PRIMARY KEY, up int, CONSTRAINT up FOREIGN KEY (up) REFERENCES {r}tree (id))";
/// Order 2 has no customer, item 2 hangs on it, item 3 on nothing; 3 hangs on 2, that on nothing.
const LOAD: &str = "INSERT INTO {s}.customer VALUES (1);
    INSERT INTO {s}.orders VALUES (1, 1), (2, 99), (3, NULL);
    INSERT INTO {s}.item VALUES (1, 1), (2, 2), (3, 98);
    INSERT INTO {s}.tree VALUES (1, NULL), (2, 97), (3, 2), (4, 1)";

async fn shop(engine: Engine) -> Desk {
    // SQLite's keys name no schema.
    Desk::with(engine, &SHOP.replace("{r}", if engine == Engine::Sqlite { "" } else { "{s}." })).await
}

/// MariaDB looks at keys unless its session does not; that session is the load's.
fn load(engine: Engine) -> String {
    if engine == Engine::MySql {
        format!("SET SESSION foreign_key_checks = 0; {LOAD}; SET SESSION foreign_key_checks = 1")
    } else {
        LOAD.to_owned()
    }
}

/// The same for all keys; SQLite's have only numbers, so tables name them.
fn all(policy: Orphans) -> [(&'static str, Orphans); 3] {
    [("orders", policy), ("item", policy), ("tree", policy)]
}

async fn left(desk: &Desk) -> [i64; 3] {
    let mut left = [0; 3];
    for (nth, table) in ["orders", "item", "tree"].into_iter().enumerate() {
        left[nth] = desk.number(&format!("SELECT count(*) FROM {{s}}.{table}")).await;
    }
    left
}

#[tokio::test]
async fn what_has_no_parent_is_deleted_with_what_hangs_on_it() {
    for engine in ENGINES {
        let desk = shop(engine).await;
        let before = desk.snapshot().await;
        let ended = desk.run(&desk.plan(&around(&load(engine)), &all(Orphans::Delete)).await).await;
        assert_eq!((ended.state, ended.why), (RunState::Done, None), "{engine:?}");
        // Of the items the second lost its order by that.
        assert_eq!(left(&desk).await, [2, 1, 2], "{engine:?}");
        desk.is_as(&before).await;
        let log = desk.log().await;
        assert!(log.contains("1 rows without a parent were deleted"), "{engine:?}: {log}");
    }
}

#[tokio::test]
async fn what_has_no_parent_refers_to_nothing() {
    for engine in ENGINES {
        let desk = shop(engine).await;
        let before = desk.snapshot().await;
        let ended = desk.run(&desk.plan(&around(&load(engine)), &all(Orphans::Null)).await).await;
        assert_eq!((ended.state, ended.why), (RunState::Done, None), "{engine:?}");
        assert_eq!(left(&desk).await, [3, 3, 4], "{engine:?}");
        assert_eq!(desk.number("SELECT count(*) FROM {s}.orders WHERE c IS NULL").await, 2, "{engine:?}");
        assert_eq!(desk.number("SELECT count(*) FROM {s}.tree WHERE up IS NULL").await, 2, "{engine:?}");
        desk.is_as(&before).await;
    }
}

#[tokio::test]
async fn what_has_no_parent_is_told_and_stays() {
    for engine in ENGINES {
        let desk = shop(engine).await;
        let ended = desk.run(&desk.plan(&around(&load(engine)), &all(Orphans::Report)).await).await;
        assert_eq!((ended.state, ended.why), (RunState::Done, None), "{engine:?}");
        assert_eq!(left(&desk).await, [3, 3, 4], "{engine:?}");
        let told = desk.ledger("key").await;
        let states: Vec<(&str, &str)> =
            told.iter().map(|(_, state, error)| (state.as_str(), error.split(" in ").next().unwrap())).collect();
        assert_eq!(states, [("orphans", "1 rows have no parent"); 3], "{engine:?}");
        assert!(desk.log().await.contains("they stay"), "{engine:?}");
        if engine == Engine::PostgreSql {
            // The keys are there, for new rows.
            assert!(desk.keys().await.iter().all(|key| !key.validated) && desk.keys().await.len() == 3);
        }
    }
}

#[tokio::test]
async fn what_has_no_parent_stops_the_run_until_somebody_has_dealt_with_it() {
    for engine in ENGINES {
        let desk = shop(engine).await;
        let before = desk.snapshot().await;
        let ended = desk.run(&desk.plan(&around(&load(engine)), &[]).await).await;
        assert_eq!(ended.state, RunState::NeedsAttention, "{engine:?}");
        let why = ended.why.unwrap();
        for part in ["1 rows have no parent in", "To see them: SELECT", "orders", "item", "tree"] {
            assert!(why.contains(part), "{engine:?}, {part}: {why}");
        }
        for value in ["99", "98", "97"] {
            assert!(!why.contains(value) && !desk.log().await.contains(value), "{engine:?}: a value of a row: {why}");
        }
        // What stops it stays stopped.
        assert_eq!(desk.resume().await.state, RunState::NeedsAttention, "{engine:?}");
        desk.script(
            "DELETE FROM {s}.item WHERE id > 1; DELETE FROM {s}.orders WHERE c = 99; DELETE FROM {s}.tree WHERE id = 3; DELETE FROM {s}.tree WHERE id = 2",
        )
        .await;
        let ended = desk.resume().await;
        assert_eq!((ended.state, ended.why), (RunState::Done, None), "{engine:?}");
        desk.is_as(&before).await;
    }
}

#[tokio::test]
async fn parts_of_a_table_hold_for_new_rows_while_old_ones_have_no_parent() {
    let make = "CREATE TABLE parent (id int PRIMARY KEY);
        CREATE TABLE part (id int, region int, p int, CONSTRAINT of_all FOREIGN KEY (p) REFERENCES parent) PARTITION BY LIST (region);
        CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1); CREATE TABLE part_2 PARTITION OF part FOR VALUES IN (2)";
    let load = "INSERT INTO parent VALUES (1); INSERT INTO part VALUES (1, 1, 1), (2, 2, 99)";
    let desk = Desk::with(Engine::PostgreSql, make).await;
    let before = desk.snapshot().await;
    let ended = desk.run(&desk.plan(&around(load), &[]).await).await;
    assert_eq!(ended.state, RunState::NeedsAttention);
    let mut session = desk.base.session().await;
    for region in [1, 2] {
        let refused =
            session.script(&format!("INSERT INTO part VALUES (3, {region}, 98)")).await.unwrap_err().to_string();
        assert!(refused.contains("23503"), "{refused}");
    }
    session.script("DELETE FROM part WHERE p = 99").await.unwrap();
    assert_eq!(desk.resume().await.state, RunState::Done);
    desk.is_as(&before).await;
    // Told once, they stay also where another key makes the step be taken again.
    session
        .script("TRUNCATE part, parent; CREATE TABLE plain (p int CONSTRAINT plainly REFERENCES parent)")
        .await
        .unwrap();
    let two = format!("{load}; INSERT INTO plain VALUES (98)");
    let ended = desk.run(&desk.plan(&around(&two), &[("of_all", Orphans::Report)]).await).await;
    assert!(ended.why.as_ref().is_some_and(|why| why.contains("plainly") && !why.contains("of_all")), "{ended:?}");
    session.script("DELETE FROM plain").await.unwrap();
    let ended = desk.resume().await;
    assert_eq!((ended.state, ended.why), (RunState::Done, None));
    let told = desk.ledger("key").await;
    assert_eq!([told[0].1.as_str(), told[1].1.as_str()], ["orphans", "valid"], "{told:?}");
    session.script("DROP TABLE plain, part, parent").await.unwrap();
    session.script(make).await.unwrap();
    // Set to null, it is whole at once.
    assert_eq!(desk.run(&desk.plan(&around(load), &[("of_all", Orphans::Null)]).await).await.state, RunState::Done);
    desk.is_as(&before).await;
}

#[tokio::test]
async fn keys_that_are_back_already_let_chains_of_rows_be_deleted() {
    let desk = shop(Engine::PostgreSql).await;
    let before = desk.snapshot().await;
    let mut parts = around(LOAD);
    // Something has the name of one of the keys: keys-back itself fails, after the others are back.
    parts.insert(5, Part::Script("stranger", "ALTER TABLE tree ADD CONSTRAINT up CHECK (id > 0)"));
    let ended = desk.run(&desk.plan(&parts, &all(Orphans::Delete)).await).await;
    assert_eq!(ended.state, RunState::NeedsAttention, "{ended:?}");
    // Rows come in that have no parent, while the keys are there: an old session's, or a superuser's.
    desk.script(
        "ALTER TABLE tree DROP CONSTRAINT up;
         SET session_replication_role = replica; INSERT INTO orders VALUES (7, 99); SET session_replication_role = origin;
         INSERT INTO item VALUES (7, 7)",
    )
    .await;
    let ended = desk.resume().await;
    assert_eq!((ended.state, ended.why), (RunState::Done, None));
    assert_eq!(left(&desk).await, [2, 1, 2]);
    desk.is_as(&before).await;
}
