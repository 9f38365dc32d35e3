//! What must not look like an end of data: a server that is gone, a line that is cut, a table that changes. And what
//! must stop when nobody wants it any more.

use super::{Bench, MARIADB, POSTGRESQL, SQLITE, all, error};
use cutover::db::scan::{BATCH_BYTES, BATCH_ROWS, Limits, ScanRequest, Scanner};
use cutover::db::{Database, Value};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A table of so many numbered rows with some text.
async fn numbered(bench: &Bench, engine: usize, rows: usize) -> ScanRequest {
    let schema = bench.schema(engine);
    let source = match engine {
        POSTGRESQL => format!("SELECT n, repeat('x', 100) FROM generate_series(1, {rows}) n"),
        MARIADB => format!("SELECT seq, repeat('x', 100) FROM seq_1_to_{rows}"),
        _ => format!(
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {rows}) \
             SELECT n, printf('%.100c', 'x') FROM c"
        ),
    };
    let table = format!("{schema}.t");
    bench
        .script(
            engine,
            &format!(
                "CREATE TABLE {table} (id bigint PRIMARY KEY, v varchar(100) NOT NULL); INSERT INTO {table} {source}"
            ),
        )
        .await;
    bench.request(engine, "t", &["id"]).await
}

/// Asks until the answer is what it should be.
async fn until(database: &Database, sql: &str, want: i64) {
    let mut session = database.read().await.unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let got = session.query(sql, &[]).await.unwrap()[0][0].as_int();
        if got == Some(want) {
            return;
        }
        assert!(Instant::now() < end, "{sql} gives {got:?}, not {want}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_nobody_wants_is_stopped_on_the_server() {
    let bench = Bench::new().await;
    let running = [
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(0.21)%' AND pid <> pg_backend_pid()".to_owned(),
        "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%sleep(0.21)%' AND id <> connection_id()".to_owned(),
    ];
    for (engine, filter) in [(POSTGRESQL, "pg_sleep(0.21) IS NOT NULL"), (MARIADB, "sleep(0.21) = 0")] {
        let mut request = numbered(&bench, engine, 3_000).await;
        request.filter = Some(filter.to_owned());
        let scan = bench.scanner(engine).scan(request);
        until(&bench.database(engine), &running[engine], 1).await;
        // Left alone it would take ten minutes.
        drop(scan);
        until(&bench.database(engine), &running[engine], 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_of_a_file_is_stopped_too() {
    let bench = Bench::new().await;
    let mut request = numbered(&bench, SQLITE, 10).await;
    let endless = "(WITH RECURSIVE c(x) AS (SELECT id UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c) > 0";
    request.filter = Some(endless.to_owned());
    let scan = bench.scanner(SQLITE).scan(request.clone());
    let scanner = bench.scanner(SQLITE);
    // Another scan of the same file goes on meanwhile.
    request.filter = None;
    assert_eq!(all(scanner.scan(request)).await.len(), 10);
    drop(scan);
    // While its moment is being read, the log cannot be emptied.
    let mut writer = bench.database(SQLITE).write_owned_by_demo().await.unwrap();
    writer.script("INSERT INTO t VALUES (11, 'late')").await.unwrap();
    let begun = Instant::now();
    let row = writer.query("PRAGMA wal_checkpoint(TRUNCATE)", &[]).await.unwrap();
    assert_eq!(row[0][0], Value::Int(0), "the scan still reads");
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_session_is_an_error_and_no_end() {
    let bench = Bench::new().await;
    for engine in [POSTGRESQL, MARIADB] {
        let request = numbered(&bench, engine, 200_000).await;
        let mut scan = bench.scanner(engine).scan(request);
        assert!(!scan.next().await.unwrap().unwrap().is_complete());
        let database = bench.database(engine);
        let mut other = database.write_owned_by_demo().await.unwrap();
        if engine == POSTGRESQL {
            let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
            other.script(all).await.unwrap();
        } else {
            let ours = "SELECT id FROM information_schema.processlist WHERE info LIKE '%FROM `t%`.`t`%' AND id <> connection_id() AND db = database()";
            for row in other.query(ours, &[]).await.unwrap() {
                other.script(&format!("KILL {}", row[0].as_int().unwrap())).await.unwrap();
            }
        }
        let error = error(scan).await;
        assert!(error.is_lost(), "{error}");
    }
}

/// Forwards to a server, and cuts the line after so many bytes of its answers.
async fn cut_after(url: &str, bytes: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let at = url.rfind(':').unwrap() + 1;
    let end = at + url[at..].find('/').unwrap();
    let server = format!("127.0.0.1:{}", &url[at..end]);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            let up = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
            tokio::spawn(async move {
                let (mut left, mut buffer) = (bytes, vec![0; 8_192]);
                while left > 0 {
                    let Ok(read @ 1..) = from_server.read(&mut buffer).await else { break };
                    let taken = read.min(left);
                    left -= taken;
                    if to_client.write_all(&buffer[..taken]).await.is_err() {
                        break;
                    }
                }
                up.abort();
            });
        }
    });
    format!("{}{port}{}", &url[..at], &url[end..])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_line_is_an_error_wherever_it_is_cut() {
    let bench = Bench::new().await;
    for engine in [POSTGRESQL, MARIADB] {
        let request = numbered(&bench, engine, 2_000).await;
        // About 230 KB: within the greeting, between rows, within rows.
        for bytes in [30, 3_000, 20_000, 100_001, 200_002] {
            let url = cut_after(&bench.urls[engine], bytes).await;
            let scanner = Scanner::new(Database::parse(&url).unwrap(), Limits::default());
            let error = error(scanner.scan(request.clone())).await;
            assert!(error.is_lost(), "{engine} {bytes}: {error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_small_however_large_the_table_and_wait_for_their_reader() {
    let bench = Bench::new().await;
    for engine in [POSTGRESQL, MARIADB, SQLITE] {
        let rows = 30_000;
        let mut scan = bench.scanner(engine).scan(numbered(&bench, engine, rows).await);
        let (mut seen, mut batches, mut complete) = (0, 0, false);
        while let Some(batch) = scan.next().await.unwrap() {
            assert!(!complete, "nothing comes after the end");
            assert!(batch.rows() <= BATCH_ROWS && batch.weight() < BATCH_BYTES + 200);
            seen += batch.rows();
            batches += 1;
            complete = batch.is_complete();
        }
        assert!(complete && seen == rows && batches >= rows / BATCH_ROWS, "{seen} rows in {batches}");
        assert!(scan.next().await.unwrap().is_none(), "an end stays an end");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_reads_one_moment_and_the_next_one_a_later() {
    let bench = Bench::new().await;
    for engine in [POSTGRESQL, MARIADB, SQLITE] {
        let request = numbered(&bench, engine, 20_000).await;
        let scanner = bench.scanner(engine);
        let mut scan = scanner.scan(request.clone());
        let mut seen = scan.next().await.unwrap().unwrap().rows();
        bench.script(engine, &format!("DELETE FROM {}.t WHERE id > 19000", bench.schema(engine))).await;
        while let Some(batch) = scan.next().await.unwrap() {
            seen += batch.rows();
        }
        assert_eq!(seen, 20_000);
        assert_eq!(all(scanner.scan(request)).await.len(), 19_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_ended_by_the_server() {
    let bench = Bench::new().await;
    for (engine, filter) in [(POSTGRESQL, "pg_sleep(0.2) IS NOT NULL"), (MARIADB, "sleep(0.2) = 0")] {
        let mut request = numbered(&bench, engine, 1_000).await;
        request.filter = Some(filter.to_owned());
        let limits = Limits { statement_timeout: Duration::from_millis(300), ..Limits::default() };
        let scanner = Scanner::new(bench.database(engine), limits);
        let said = error(scanner.scan(request)).await.to_string();
        assert!(said.contains("57014") || said.contains("1969"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_is_gone_or_became_another_is_an_error() {
    let bench = Bench::new().await;
    for engine in [POSTGRESQL, MARIADB, SQLITE] {
        let request = numbered(&bench, engine, 10).await;
        let scanner = bench.scanner(engine);
        assert_eq!(all(scanner.scan(request.clone())).await.len(), 10);
        bench.script(engine, &format!("ALTER TABLE {0}.t RENAME COLUMN v TO w", bench.schema(engine))).await;
        let said = error(scanner.scan(request.clone())).await.to_string();
        assert!(said.contains('v'), "{said}");
        bench.script(engine, &format!("DROP TABLE {}.t", bench.schema(engine))).await;
        let said = error(scanner.scan(request)).await.to_string();
        assert!(said.contains("exist") || said.contains("no such table"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filter_and_the_range_both_hold() {
    let bench = Bench::new().await;
    for engine in [POSTGRESQL, MARIADB, SQLITE] {
        let mut request = numbered(&bench, engine, 500).await;
        request.filter = Some("id < 10 OR id > 490".to_owned());
        let scanner = bench.scanner(engine);
        let ranges = scanner.ranges(&request, 5).await.unwrap();
        assert!(ranges.len() >= 3, "{}", ranges.len());
        let mut seen = 0;
        for range in ranges {
            seen += all(scanner.scan(ScanRequest { rows: cutover::db::scan::Rows::Range(range), ..request.clone() }))
                .await
                .len();
        }
        assert_eq!(seen, 19);
    }
}

/// Megabytes of this process that are in memory.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4_096 / 1_000_000
}

#[ignore = "a minute, and alone in its process: cargo test --test it -- --ignored a_million_rows"]
#[tokio::test(flavor = "multi_thread")]
async fn a_million_rows_take_no_more_memory_than_a_few_batches() {
    let bench = Bench::new().await;
    for engine in [POSTGRESQL, MARIADB, SQLITE] {
        let request = numbered(&bench, engine, 1_000_000).await;
        let scanner = bench.scanner(engine);
        let (mut scan, mut seen, mut before, begun) = (scanner.scan(request), 0, None, Instant::now());
        while let Some(batch) = scan.next().await.unwrap() {
            seen += batch.rows();
            let before = *before.get_or_insert_with(resident);
            assert!(resident() < before + 20, "{} MB, {before} MB at first", resident());
        }
        assert_eq!(seen, 1_000_000);
        eprintln!(
            "engine {engine}: a million rows in {:.1} s, {} MB resident",
            begun.elapsed().as_secs_f64(),
            resident()
        );
    }
}
