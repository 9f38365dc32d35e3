//! Differences that end while they are watched: because their rows have become equal, or only because they are not to be
//! found any more. The run itself says when it has found one, so that nothing here depends on how fast it is.

use super::side::Side;
use cutover::db::{Database, Engine};
use cutover::model::validation::{TableResult, Verdict};
use cutover::validate::{self, Gauge, Memory, Options, Patience, Terms, WantedMethod, Wish};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

fn options(method: &str) -> Options {
    Options {
        jobs: 2,
        patience: Patience::settling(SignedDuration::from_millis(1_500)),
        report: 100,
        stop_after: None,
        range_rows: 5_000,
        method: method.parse::<WantedMethod>().unwrap(),
        rows_per_second: None,
        values: false,
        watched: 10_000,
        now: Timestamp::now,
    }
}

/// Compares the one table of both sides; as soon as all rows were read and a difference was found, each side is edited.
async fn compared(source: &mut Side, target: &mut Side, method: &str, edits: [&str; 2]) -> TableResult {
    let sides = [&*source, &*target].map(|side| Database::parse(&side.url).unwrap());
    let plan = validate::plan(&sides[0], &sides[1], &[], &Terms::default()).await.unwrap();
    let count = "SELECT count(*) FROM t";
    let rows = [
        source.session.query(count, &[]).await.unwrap()[0][0].as_int().unwrap().cast_unsigned(),
        target.session.query(count, &[]).await.unwrap()[0][0].as_int().unwrap().cast_unsigned(),
    ];
    let gauge = Arc::new(Gauge::of(&plan));
    let (_wish, wished) = watch::channel(Wish::Go);
    let (done, mut ended) = mpsc::channel(4);
    let [ours, theirs] = sides;
    let latency = watch::channel(None).1;
    let run = validate::run(
        plan,
        (ours, theirs),
        options(method),
        Arc::clone(&gauge),
        (wished, latency),
        Memory::default(),
        done,
    );
    let work = tokio::spawn(run);
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    let dial = &gauge.tables[0];
    let read = || [&dial.rows_source, &dial.rows_target].map(|number| number.load(Ordering::Relaxed));
    while read() != rows || dial.differing.load(Ordering::Relaxed) == 0 {
        assert!(std::time::Instant::now() < deadline, "{:?} of {rows:?}", read());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    source.script(edits[0]).await;
    target.script(edits[1]).await;
    let result = ended.recv().await.unwrap().result;
    work.await.unwrap();
    result
}

async fn pair(engine: Engine, create: &str, target: &str) -> (Side, Side) {
    let (mut ours, mut theirs) = (Side::new(engine).await, Side::new(engine).await);
    ours.script(create).await;
    theirs.script(create).await;
    theirs.script(target).await;
    (ours, theirs)
}

const KEYED: &str = "CREATE TABLE @.t (id int PRIMARY KEY, v int);
                     INSERT INTO @.t SELECT g, g FROM generate_series(1, 20000) g; ANALYZE @.t";
const KEYLESS: &str = "CREATE TABLE @.t (id int, v int); INSERT INTO @.t SELECT g, g FROM generate_series(1, 1000) g";

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_that_moves_elsewhere_is_found_there() {
    let lacks = "DELETE FROM @.t WHERE id = 500";
    let other = "UPDATE @.t SET v = -1 WHERE id = 500";
    let more = "INSERT INTO @.t VALUES (-7, 7)";
    let moves = "UPDATE @.t SET id = 30000 WHERE id = 500";
    let moves_back = "UPDATE @.t SET id = -30000 WHERE id = 500";
    let more_moves = "UPDATE @.t SET id = 30000 WHERE id = -7";
    let edited = "UPDATE @.t SET v = v + 7777 WHERE id = 500";
    let cases = [
        (KEYLESS, "auto", lacks, [edited, "SELECT 1"], [1, 0, 0]),
        (KEYLESS, "stream", lacks, [edited, "SELECT 1"], [1, 0, 0]),
        (KEYED, "digest", lacks, [moves, "SELECT 1"], [1, 0, 0]),
        (KEYED, "stream", lacks, [moves, "SELECT 1"], [1, 0, 0]),
        (KEYED, "stream", lacks, [moves_back, "SELECT 1"], [1, 0, 0]),
        (KEYED, "digest", more, ["SELECT 1", more_moves], [0, 1, 0]),
        (KEYED, "stream", more, ["SELECT 1", more_moves], [0, 1, 0]),
        (KEYED, "stream", other, [moves, moves], [0, 0, 1]),
        (KEYED, "digest", other, [moves, moves], [0, 0, 1]),
    ];
    let told = cases.map(|(create, method, target, edits, want)| {
        tokio::spawn(async move {
            let (mut source, mut target_side) = pair(Engine::PostgreSql, create, target).await;
            let result = compared(&mut source, &mut target_side, method, edits).await;
            (format!("{method}: {target}; {edits:?}"), result, want)
        })
    });
    for one in told {
        let (case, result, want) = one.await.unwrap();
        let tally = result.tally;
        assert_eq!(result.verdict(), Verdict::Different, "{case}: {result:?}");
        let [missing, extra, different] = want.map(Some);
        assert_eq!((tally.missing, tally.extra, tally.different), (missing, extra, different), "{case}: {tally:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_only_on_its_way_is_equal() {
    let cases = [
        // It arrives; it is deleted; it is changed. Without a key, too.
        (KEYED, "stream", "DELETE FROM @.t WHERE id = 500", ["SELECT 1", "INSERT INTO @.t VALUES (500, 500)"], false),
        (KEYED, "digest", "DELETE FROM @.t WHERE id = 500", ["SELECT 1", "INSERT INTO @.t VALUES (500, 500)"], true),
        (KEYED, "stream", "INSERT INTO @.t VALUES (-7, 7)", ["SELECT 1", "DELETE FROM @.t WHERE id = -7"], true),
        (
            KEYED,
            "stream",
            "UPDATE @.t SET v = 0 WHERE id = 5",
            ["SELECT 1", "UPDATE @.t SET v = 5 WHERE id = 5"],
            false,
        ),
        (KEYLESS, "auto", "UPDATE @.t SET v = 0 WHERE id = 5", ["SELECT 1", "UPDATE @.t SET v = 5 WHERE id = 5"], true),
    ];
    let told = cases.map(|(create, method, target, edits, again)| {
        tokio::spawn(async move {
            let (mut source, mut target_side) = pair(Engine::PostgreSql, create, target).await;
            let result = compared(&mut source, &mut target_side, method, edits).await;
            (format!("{method}: {target}; {edits:?}"), result, again)
        })
    });
    for one in told {
        let (case, result, again) = one.await.unwrap();
        assert_eq!(result.verdict(), Verdict::Equal, "{case}: {result:?}");
        // What was met on both sides is known; all else is looked for everywhere once more.
        assert_eq!(result.why.contains("compared 2 times"), again, "{case}: {result:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_unreadable_while_it_is_watched_is_not_equal() {
    for (create, values) in [
        ("CREATE TABLE @.t (id integer primary key, v integer);", ["(1, 'abc')", "(1, 2)"]),
        ("CREATE TABLE @.t (id integer, v integer);", ["(1, 'abc')", "(1, 2)"]),
    ] {
        let (mut source, mut target) = (Side::new(Engine::Sqlite).await, Side::new(Engine::Sqlite).await);
        for (side, values) in [(&mut source, values[0]), (&mut target, values[1])] {
            side.script(&format!("{create} INSERT INTO @.t VALUES {values}, (2, 2)")).await;
        }
        for edit in ["UPDATE @.t SET v = 'xyz' WHERE id = 1", "UPDATE @.t SET v = 'abc' WHERE id = 1"] {
            let result = compared(&mut source, &mut target, "stream", ["SELECT 1", edit]).await;
            assert_ne!(result.verdict(), Verdict::Equal, "{create} {edit}: {result:?}");
            target.script("UPDATE @.t SET v = 2 WHERE id = 1").await;
        }
    }
}
