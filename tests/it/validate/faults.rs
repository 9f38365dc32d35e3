//! Whatever goes wrong in the middle: the answer is never "equal" when it is not known.

use super::middle::{SOURCE, while_it_reads};
use super::proxy::Proxy;
use super::side::{Side, Told, command, rows_of, run, told, verdicts};
use crate::servers;
use cutover::db::{Database, Engine, Session, Write};
use std::time::Duration;

/// Enough rows that they do not fit into what is buffered on the way.
const MANY: usize = 60_000;

pub(super) async fn filled(engine: Engine, rows: usize) -> Side {
    let mut side = Side::new(engine).await;
    fill(&mut side, rows).await;
    side
}

pub(super) async fn fill(side: &mut Side, rows: usize) {
    let engine = side.dialect().engine;
    side.script("CREATE TABLE @.t (id bigint PRIMARY KEY, note varchar(200))").await;
    let series = match engine {
        Engine::PostgreSql => format!("SELECT n, repeat('x', 150) FROM generate_series(1, {rows}) AS n"),
        Engine::MySql => format!("SELECT seq, repeat('x', 150) FROM seq_1_to_{rows}"),
        Engine::Sqlite => format!(
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) \
             SELECT n, printf('%.*c', 150, 'x') FROM s"
        ),
    };
    side.script(&format!("INSERT INTO @.t (id, note) {series}")).await;
}

async fn pair(source: Engine, target: Engine) -> (Side, Side) {
    (filled(source, MANY).await, filled(target, MANY).await)
}

/// Unknown, in the lines and in the exit status, and the reason is said.
pub(super) fn unknown(told: &Told, reason: &str) {
    assert_eq!(told.status, Some(3), "{told:?}");
    assert_eq!(told.summary()["verdict"], "unknown");
    let table = told.table("t");
    assert_eq!(table["verdict"], "unknown", "{table}");
    let problems = table["problems"].to_string();
    assert!(problems.contains(reason), "{problems} has no {reason:?}");
}

pub(super) const SQL_ENGINES: [Engine; 2] = [Engine::PostgreSql, Engine::MySql];

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_in_the_middle_is_unknown() {
    for engine in SQL_ENGINES {
        let (source, target) = pair(engine, Engine::Sqlite).await;
        let proxy = Proxy::before(&source.url).await;
        // Beyond the catalogue, before the end of the rows.
        let held = proxy.url(&source.url);
        proxy.hold_after(2_000_000);
        let running = command(&held, &target.url, &["--settle=0s"]).output();
        let (output, ()) = tokio::join!(running, async {
            proxy.passed(2_000_000).await;
            proxy.cut();
        });
        unknown(&told(output.unwrap()), "source");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_killed_on_the_server_is_unknown() {
    for engine in SQL_ENGINES {
        let (source, mut target) = pair(Engine::Sqlite, engine).await;
        let proxy = Proxy::before(&target.url).await;
        let held = proxy.url(&target.url);
        proxy.hold_after(2_000_000);
        let running = command(&source.url, &held, &["--settle=0s"]).output();
        let (output, ()) = tokio::join!(running, async {
            proxy.passed(2_000_000).await;
            let sessions = match engine {
                Engine::PostgreSql => {
                    "SELECT CAST(pid AS bigint) FROM pg_stat_activity WHERE datname = current_database() \
                     AND pid <> pg_backend_pid()"
                }
                _ => "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()",
            };
            let sessions = target.session.query(sessions, &[]).await.unwrap();
            assert!(!sessions.is_empty());
            for session in sessions {
                let number = session[0].as_int().unwrap();
                target
                    .script(&match engine {
                        Engine::PostgreSql => format!("SELECT pg_terminate_backend({number})"),
                        _ => format!("KILL {number}"),
                    })
                    .await;
            }
            proxy.let_go();
        });
        unknown(&told(output.unwrap()), "target");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_in_the_middle_is_unknown_and_so_is_a_lock_it_waits_for() {
    for engine in SQL_ENGINES {
        // Of its own: a whole server is to wait no longer than a second for a lock, and to die.
        let server = match engine {
            Engine::PostgreSql => servers::own_postgres("-c lock_timeout=1s").await,
            _ => servers::own_mariadb("--lock-wait-timeout=1").await,
        };
        let mut source = Side::at(server.database().await).await;
        fill(&mut source, 3 * MANY).await;
        let mut target = filled(Engine::Sqlite, 3 * MANY).await;
        for side in [&mut source, &mut target] {
            side.script("CREATE TABLE @.u (id int PRIMARY KEY); INSERT INTO @.u VALUES (1)").await;
        }
        let (lock, unlock) = match engine {
            Engine::PostgreSql => {
                ("BEGIN; SET LOCAL lock_timeout = 0; LOCK TABLE @.t IN ACCESS EXCLUSIVE MODE", "ROLLBACK")
            }
            _ => ("SET SESSION lock_wait_timeout = 600; LOCK TABLES @.t WRITE", "UNLOCK TABLES"),
        };
        unknown(&while_it_reads([&mut source, &mut target], SOURCE, "--method=stream", lock).await, "source");
        // And when it is locked from the beginning it is one table that is not known: the others are compared.
        let early = run(&source, &target, &["--settle=0s"]).await;
        assert_eq!((early.status, early.verdict("t"), early.verdict("u")), (Some(3), "unknown", "equal"), "{early:?}");
        if engine == Engine::PostgreSql {
            let why = early.table("t")["not_compared"][0]["reason"].as_str().unwrap();
            assert!(why.starts_with("what it is could not be read, source: ") && why.contains("55P03"), "{why}");
            // A word about a column of it is not taken for a mistake.
            let told = run(&source, &target, &["--settle=0s", "--waive=t.note", "--rule=t.note=pad"]).await;
            assert_eq!((told.status, told.verdict("u")), (Some(3), "equal"), "{told:?}");
            let told = run(&source, &target, &["--settle=0s", "--waive=t"]).await;
            assert_eq!((told.status, told.verdict("u")), (Some(0), "equal"), "{told:?}");
        }
        source.script(unlock).await;
        let proxy = Proxy::before(&source.url).await;
        let held = proxy.url(&source.url);
        proxy.hold_after(2_000_000);
        let running = command(&held, &target.url, &["--settle=0s"]).output();
        let (output, ()) = tokio::join!(running, async {
            proxy.passed(2_000_000).await;
            server.kill();
            proxy.let_go();
        });
        unknown(&told(output.unwrap()), "source");
    }
}

/// Only PostgreSQL: a table and those that inherit from it are two locks of one statement. What MariaDB and SQLite lock for
/// a statement of ours is one thing, and one thing is no circle.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_that_takes_our_statement_is_unknown() {
    let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::Sqlite).await);
    source
        .script(
            "CREATE TABLE @.t (id bigint PRIMARY KEY, note text); CREATE TABLE @.u () INHERITS (@.t);
             INSERT INTO @.t VALUES (1, 'a'); INSERT INTO @.u VALUES (2, 'b');
             DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''3s''', current_database()); END $$",
        )
        .await;
    target
        .script("CREATE TABLE @.t (id bigint PRIMARY KEY, note text); INSERT INTO @.t VALUES (1, 'a'), (2, 'b')")
        .await;
    let told_before = run(&source, &target, &["--table=t"]).await;
    assert_eq!((told_before.status, told_before.verdict("t")), (Some(0), "equal"), "{told_before:?}");
    source.script("BEGIN; SET LOCAL deadlock_timeout = '1h'; LOCK TABLE @.u IN ACCESS EXCLUSIVE MODE").await;
    let running = command(&source.url, &target.url, &["--table=t", "--settle=0s"]).output();
    let (output, ()) = tokio::join!(running, async {
        let mut other = Database::parse(&source.url).unwrap().read().await.unwrap();
        until(&mut other, WAITS, |count| count == 1).await;
        // It waits for us, and we for it.
        source.script("LOCK TABLE ONLY @.t IN ACCESS EXCLUSIVE MODE").await;
    });
    unknown(&told(output.unwrap()), "deadlock");
}

pub(super) const WAITS: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_somebody_else_has_locked_is_unknown() {
    let (source, mut target) = (filled(Engine::PostgreSql, MANY).await, filled(Engine::Sqlite, MANY).await);
    target.script("PRAGMA journal_mode = DELETE").await;
    let proxy = Proxy::before(&source.url).await;
    let held = proxy.url(&source.url);
    proxy.hold_after(500_000);
    let running = command(&held, &target.url, &["--settle=0s", "--jobs=1", "--range-rows=15000"]).output();
    let (output, ()) = tokio::join!(running, async {
        proxy.passed(500_000).await;
        // It has the file between two ranges, and keeps it.
        let locking = async {
            while let Err(error) = target.session.script("BEGIN EXCLUSIVE").await {
                assert!(error.to_string().contains("locked"), "{error}");
            }
        };
        tokio::pin!(locking);
        let early = tokio::time::timeout(Duration::from_millis(300), &mut locking).await;
        proxy.let_go();
        if early.is_err() {
            locking.await;
        }
    });
    let middle = told(output.unwrap());
    assert_ne!(middle.verdict("t"), "equal", "{middle:?}");
    unknown(&middle, "target");
    // From the beginning: there is not even a plan.
    let early = run(&source, &target, &["--settle=0s"]).await;
    assert_eq!((early.status, early.stdout.as_str()), (Some(3), ""), "{early:?}");
    assert!(early.stderr.contains("locked"), "{}", early.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_is_unknown_and_leaves_no_query_behind() {
    let (source, target) = pair(Engine::PostgreSql, Engine::MySql).await;
    let proxy = Proxy::before(&target.url).await;
    proxy.hold_after(1_000_000);
    let mut command = command(&source.url, &proxy.url(&target.url), &[]);
    let piped = || std::process::Stdio::piped();
    let child = command.stdout(piped()).stderr(piped()).spawn().unwrap();
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    proxy.passed(1_000_000).await;
    // The source waits for the target, and would for as long as the wire is held.
    let mut other = Database::parse(&source.url).unwrap().read().await.unwrap();
    let reads = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' \
                 AND pid <> pg_backend_pid()";
    until(&mut other, reads, |count| count > 0).await;
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    until(&mut other, reads, |count| count == 0).await;
    proxy.let_go();
    let told = told(child.wait_with_output().await.unwrap());
    unknown(&told, "interrupted");
    assert_eq!(told.summary()["interrupted"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_not_given_back_is_waited_for_until_it_is_interrupted() {
    let (mut source, target) = pair(Engine::PostgreSql, Engine::Sqlite).await;
    let proxy = Proxy::before(&source.url).await;
    proxy.hold_after(500_000);
    let mut command = command(&proxy.url(&source.url), &target.url, &["--jobs=1", "--range-rows=15000"]);
    let piped = || std::process::Stdio::piped();
    let child = command.stdout(piped()).stderr(piped()).spawn().unwrap();
    proxy.passed(500_000).await;
    let mut other = Database::parse(&source.url).unwrap().read().await.unwrap();
    let ((), ()) = tokio::join!(source.script("BEGIN; LOCK TABLE @.t IN ACCESS EXCLUSIVE MODE"), async {
        until(&mut other, WAITS, |count| count == 1).await;
        proxy.let_go();
    });
    // The next range waits for the lock.
    until(&mut other, WAITS, |count| count == 1).await;
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    unknown(&told(child.wait_with_output().await.unwrap()), "interrupted");
    until(&mut other, WAITS, |count| count == 0).await;
}

/// Asks until the number is as wished.
pub(super) async fn until(session: &mut Session<cutover::db::Read>, sql: &str, wish: fn(i64) -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while !wish(session.query(sql, &[]).await.unwrap()[0][0].as_int().unwrap()) {
        assert!(std::time::Instant::now() < deadline, "{sql}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Rows that change on the source and come to the target a little later, until told to stop.
async fn moving(mut source: Session<Write>, mut target: Session<Write>, stop: tokio::sync::watch::Receiver<bool>) {
    let mut number = 0;
    while !*stop.borrow() {
        number += 1;
        let sql = format!("UPDATE {{}}.t SET note = 'moved {number}' WHERE id % 500 = {}", number % 500);
        for (session, schema) in [(&mut source, "public"), (&mut target, "public")] {
            session.script(&sql.replace("{}", schema)).await.unwrap();
            // The lag is what this is about.
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_on_their_way_are_no_difference_and_a_real_one_among_them_is() {
    let (source, mut target) = pair(Engine::PostgreSql, Engine::PostgreSql).await;
    let open = async |side: &Side| Database::parse(&side.url).unwrap().write_owned_by_demo().await.unwrap();
    for (real, method, verdicts) in [
        (false, "stream", &["equal", "unknown"][..]),
        (false, "digest", &["equal", "unknown"]),
        (true, "stream", &["different"]),
        (true, "digest", &["different"]),
    ] {
        if real {
            target.script("UPDATE @.t SET note = 'other' WHERE id = 501; DELETE FROM @.t WHERE id = 7").await;
        }
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let (ours, theirs) = (open(&source).await, open(&target).await);
        let mover = tokio::spawn(moving(ours, theirs, stopped));
        let told = run(&source, &target, &["--settle=1s", "--range-rows=20000", &format!("--method={method}")]).await;
        stop.send(true).unwrap();
        mover.await.unwrap();
        assert!(verdicts.contains(&told.verdict("t")), "{:?}", told.table("t"));
        // A row that was being moved when it was changed may have been moved back to what it was.
        let found = rows_of(&told.lines, "t");
        assert!(found.keys().all(|key| ["id=501", "id=7"].contains(&key.as_str())), "{found:?}");
        assert_eq!(found.contains_key("id=7"), real);
        for row in told.lines.iter().filter(|line| line["kind"] == "row") {
            let at = |name: &str| row[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
            assert!(at("last_seen").duration_since(at("first_seen")).as_millis() >= 1_000, "{row}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_come_in_during_the_wait_make_it_equal() {
    let (source, mut target) = (filled(Engine::PostgreSql, 500).await, filled(Engine::MySql, 400).await);
    let running = command(&source.url, &target.url, &["--settle=20s"]).output();
    let (output, ()) = tokio::join!(running, async {
        // The first look has been: it is over when its session has gone.
        let mut other = Database::parse(&source.url).unwrap().read().await.unwrap();
        let scans = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' \
                     AND pid <> pg_backend_pid() AND query LIKE '%\"t\"%'";
        let _ = tokio::time::timeout(Duration::from_secs(3), until(&mut other, scans, |count| count > 0)).await;
        until(&mut other, scans, |count| count == 0).await;
        target.script("INSERT INTO @.t SELECT seq, repeat('x', 150) FROM seq_401_to_500").await;
    });
    let told = told(output.unwrap());
    assert_eq!((told.status, told.verdict("t")), (Some(0), "equal"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_is_listed_and_never_equal_unless_it_is_waived() {
    let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::MySql).await);
    source
        .script(
            "CREATE TABLE @.good (id bigint PRIMARY KEY, a text, p point);
             CREATE TABLE @.keyless (a text);
             CREATE TABLE @.alone (id bigint PRIMARY KEY);
             CREATE TABLE @.awsdms_ddl_audit (id bigint PRIMARY KEY)",
        )
        .await;
    target
        .script(
            "CREATE TABLE @.good (id bigint PRIMARY KEY, a longtext, p varchar(60), more int);
             CREATE TABLE @.keyless (a longtext);
             CREATE TABLE @.beyond (id bigint PRIMARY KEY)",
        )
        .await;
    let told = run(&source, &target, &[]).await;
    assert_eq!(told.status, Some(3), "{told:?}");
    let all: Vec<(String, String)> = verdicts(&told.lines).into_iter().collect();
    let of = |name: &str| (name.to_owned(), "unknown".to_owned());
    assert_eq!(all, [of("alone"), of("good"), ("keyless".to_owned(), "equal".to_owned())]);
    let reasons = |name: &str| told.table(name)["not_compared"].to_string();
    assert!(reasons("good").contains("\"p\"") && reasons("good").contains("\"more\""), "{}", reasons("good"));
    // A key that some of the tables have not leaves those out.
    let told_key = run(&source, &target, &["--key=id"]).await.table("keyless")["not_compared"].to_string();
    assert!(told_key.contains("--key (id)"), "{told_key}");
    assert!(reasons("alone").contains("target"), "{}", reasons("alone"));
    assert_eq!(told.summary()["target_only"].as_array().unwrap().len(), 1);
    for word in ["keyless", "alone", "beyond", "awsdms_ddl_audit", "good.p"] {
        assert!(told.stderr.contains(word), "{word}: {}", told.stderr);
    }
    let waived = ["--waive=good.p", "--waive=good.more", "--waive=alone"];
    let told = run(&source, &target, &waived).await;
    assert_eq!((told.status, &told.summary()["verdict"]), (Some(0), &"equal".into()), "{told:?}");
    assert_eq!(told.summary()["waived"].as_array().unwrap().len(), 3);
    // What is waived must be there.
    for wrong in
        ["--waive=good.x", "--waive=nothing", "--rule=good.x=pad", "--rule=good.id=pad", "--table=none", "--key=none"]
    {
        let told = run(&source, &target, &[wrong]).await;
        assert_eq!((told.status, told.stdout.as_str()), (Some(2), ""), "{wrong}: {}", told.stderr);
    }
}
