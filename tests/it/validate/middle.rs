//! What happens to a table while it is compared, on either side and by either way to compare it: never "equal".

use super::faults::{SQL_ENGINES, WAITS, fill, unknown, until};
use super::proxy::Proxy;
use super::side::{Side, Told, command, told};
use cutover::db::{Database, Engine};
use std::time::Duration;

pub(super) const SOURCE: usize = 0;
const TARGET: usize = 1;

/// Bytes that come from a database when it is planned, and half of those that come after that: sums are few bytes.
async fn half(proxy: &Proxy, urls: &[String; 2], arguments: &[&str]) -> u64 {
    let planned = command(&urls[0], &urls[1], &[arguments, &["--dry-run"]].concat()).output().await.unwrap();
    assert_eq!(planned.status.code(), Some(0), "{planned:?}");
    let plan = proxy.so_far();
    let whole = told(command(&urls[0], &urls[1], arguments).output().await.unwrap());
    assert_eq!(whole.status, Some(0), "{whole:?}");
    plan + (proxy.so_far() - 2 * plan) / 2
}

/// Runs a statement on one side while the first of several ranges is being read.
pub(super) async fn while_it_reads(sides: [&mut Side; 2], altered: usize, method: &str, statement: &str) -> Told {
    let mut urls = [sides[0].url.clone(), sides[1].url.clone()];
    // A file has no wire that could be held: then the other side waits.
    let wired = if sides[altered].dialect().engine == Engine::Sqlite { 1 - altered } else { altered };
    let proxy = Proxy::before(&urls[wired]).await;
    urls[wired] = proxy.url(&urls[wired]);
    let digest = method == "--method=digest";
    let rows = if digest { "--range-rows=1000" } else { "--range-rows=15000" };
    let arguments = ["--settle=0s", "--jobs=1", rows, method];
    let held = if digest { half(&proxy, &urls, &arguments).await } else { 500_000 };
    let until = proxy.so_far() + held;
    proxy.hold_after(held);
    let running = command(&urls[0], &urls[1], &arguments).output();
    let (output, ()) = tokio::join!(running, async {
        proxy.passed(until).await;
        // It waits for the range that is being read, and the next range waits for it; or it is done at once.
        let altering = sides.into_iter().nth(altered).unwrap().script(statement);
        tokio::pin!(altering);
        let early = tokio::time::timeout(Duration::from_millis(300), &mut altering).await;
        proxy.let_go();
        if early.is_err() {
            altering.await;
        }
    });
    told(output.unwrap())
}

/// Both filled with the same rows, so many that not all of them are on their way at once.
async fn pair(engines: [Engine; 2], method: &str) -> [Side; 2] {
    let rows = if method == "--method=digest" { 8_000 } else { 60_000 };
    let mut sides = [Side::new(engines[0]).await, Side::new(engines[1]).await];
    for side in &mut sides {
        fill(side, rows).await;
    }
    sides
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_dropped_or_altered_in_the_middle_is_unknown() {
    use Engine::{MySql, PostgreSql, Sqlite};
    for (engines, altered, method) in [
        ([PostgreSql, Sqlite], SOURCE, "--method=stream"),
        ([MySql, Sqlite], SOURCE, "--method=stream"),
        ([Sqlite, PostgreSql], TARGET, "--method=stream"),
        ([Sqlite, MySql], TARGET, "--method=stream"),
        ([Sqlite, PostgreSql], SOURCE, "--method=stream"),
        ([PostgreSql, Sqlite], TARGET, "--method=stream"),
        ([PostgreSql, MySql], SOURCE, "--method=digest"),
        ([PostgreSql, MySql], TARGET, "--method=digest"),
    ] {
        let mut statements =
            vec!["DROP TABLE @.t", "ALTER TABLE @.t DROP COLUMN note", "ALTER TABLE @.t ADD COLUMN later bigint"];
        // The same table without its rows: missing, extra, or what MariaDB calls another definition.
        statements.push(if engines[altered] == Sqlite { "DELETE FROM @.t" } else { "TRUNCATE TABLE @.t" });
        for (nth, statement) in statements.into_iter().enumerate() {
            let mut sides = pair(engines, method).await;
            let [source, target] = &mut sides;
            let told = while_it_reads([source, target], altered, method, statement).await;
            let what = format!("{engines:?} {altered} {method}, {statement}: {told:?}");
            if nth == 3 {
                assert_ne!(told.verdict("t"), "equal", "{what}");
                continue;
            }
            assert_eq!((told.status, told.verdict("t")), (Some(3), "unknown"), "{what}");
            assert_ne!(told.table("t")["problems"].as_array().unwrap().len(), 0, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_without_a_key_whose_connection_is_cut_are_unknown() {
    for engine in SQL_ENGINES {
        let mut sides = pair([engine, Engine::Sqlite], "--method=stream").await;
        for side in &mut sides {
            side.script("CREATE TABLE @.k AS SELECT note FROM @.t; DROP TABLE @.t; ALTER TABLE @.k RENAME TO t").await;
        }
        let [source, target] = &sides;
        let proxy = Proxy::before(&source.url).await;
        proxy.hold_after(2_000_000);
        let running = command(&proxy.url(&source.url), &target.url, &["--settle=0s"]).output();
        let (output, ()) = tokio::join!(running, async {
            proxy.passed(2_000_000).await;
            proxy.cut();
        });
        let told = told(output.unwrap());
        assert_eq!(told.table("t")["method"], "multiset", "{told:?}");
        unknown(&told, "source");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aggregate_whose_session_is_killed_is_unknown() {
    let [source, mut target] = pair([Engine::Sqlite, Engine::PostgreSql], "--method=digest").await;
    let proxy = Proxy::before(&target.url).await;
    let urls = [source.url.clone(), proxy.url(&target.url)];
    let arguments = ["--settle=0s", "--kind=aggregate"];
    let held = half(&proxy, &urls, &arguments).await;
    let held_at = proxy.so_far() + held;
    proxy.hold_after(held);
    let running = command(&urls[0], &urls[1], &arguments).output();
    let (output, ()) = tokio::join!(running, async {
        proxy.passed(held_at).await;
        // It is to wait for a lock, so that it is killed while it reckons.
        target.script("BEGIN; LOCK TABLE @.t IN ACCESS EXCLUSIVE MODE").await;
        proxy.let_go();
        let mut other = Database::parse(&target.url).unwrap().read().await.unwrap();
        until(&mut other, WAITS, |count| count == 1).await;
        let waiting = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        target.script(waiting).await;
        target.script("ROLLBACK").await;
    });
    let told = told(output.unwrap());
    assert_eq!(told.table("t")["method"], "aggregate", "{told:?}");
    unknown(&told, "target");
}
