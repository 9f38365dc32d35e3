//! A way to a server that falls silent without being cut: the comparison says so, and ends when it is told to.

use super::proxy::Proxy;
use super::side::{Side, command, told};
use crate::servers;
use cutover::db::Engine;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

/// A comparison whose source has fallen silent in the middle.
struct Held {
    proxy: Proxy,
    child: tokio::process::Child,
    said: tokio::io::Lines<BufReader<tokio::process::ChildStderr>>,
    sides: (Side, Side),
}

impl Held {
    async fn new(engine: Engine) -> Self {
        let (mut source, mut target) = (Side::new(engine).await, Side::new(Engine::Sqlite).await);
        let rows = match engine {
            Engine::PostgreSql => "SELECT n, repeat('x', 150) FROM generate_series(1, 60000) AS n",
            _ => "SELECT seq, repeat('x', 150) FROM seq_1_to_60000",
        };
        let create = "CREATE TABLE @.t (id bigint PRIMARY KEY, note varchar(200))";
        source.script(create).await;
        source.script(&format!("INSERT INTO @.t (id, note) {rows}")).await;
        target.script(create).await;
        let proxy = Proxy::before(&source.url).await;
        proxy.hold_after(1_000_000);
        let mut child = command(&proxy.url(&source.url), &target.url, &[])
            .env("CUTOVER_TEST_SILENCE", "1000")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut it = Self { proxy, child, said, sides: (source, target) };
        it.says("no row from the source for 1 s").await;
        it
    }

    async fn says(&mut self, words: &str) {
        let mut before = String::new();
        loop {
            let line = self.said.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended without {words}, and said:\n{before}"));
            if line.contains(words) {
                break;
            }
            before.push_str(&line);
            before.push('\n');
        }
    }

    fn interrupt(&self) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.child.id().unwrap()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    }

    /// What it says until it ends, which it does soon.
    async fn ended(mut self) -> String {
        let mut rest = String::new();
        let all = async {
            self.said.into_inner().read_to_string(&mut rest).await.unwrap();
            self.child.wait().await.unwrap()
        };
        let status = tokio::time::timeout(Duration::from_secs(25), all).await;
        assert_eq!(status.unwrap_or_else(|_| panic!("it goes on")).code(), Some(3), "{rest}");
        rest
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_way_is_told_and_a_stop_ends_all_the_same() {
    for engine in [Engine::PostgreSql, Engine::MySql] {
        let held = Held::new(engine).await;
        held.interrupt();
        let rest = held.ended().await;
        assert!(rest.contains("may still run on 127.0.0.1") && rest.contains("no answer within"), "{engine:?}: {rest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_not_stopped_on_a_server_that_it_does_not_run_on() {
    for engine in [Engine::PostgreSql, Engine::MySql] {
        let other = match engine {
            Engine::PostgreSql => servers::own_postgres("").await,
            _ => servers::own_mariadb("").await,
        };
        let mut held = Held::new(engine).await;
        // The database of the same name is asked for there.
        held.proxy.leads_to(&other.database_like(&held.sides.0.url).await);
        held.interrupt();
        held.says("stopping").await;
        held.proxy.let_go();
        let rest = held.ended().await;
        assert!(rest.contains("may still run on") && rest.contains("another server"), "{engine:?}: {rest}");
    }
    // And where it is the same one, it is.
    let mut held = Held::new(Engine::PostgreSql).await;
    held.interrupt();
    held.says("stopping").await;
    held.proxy.let_go();
    let rest = held.ended().await;
    assert!(!rest.contains("may still run"), "{rest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_where_another_engine_speaks_is_said_soon() {
    let good = Side::new(Engine::Sqlite).await;
    for (engine, wrong, right) in
        [(Engine::PostgreSql, "mysql", "PostgreSQL"), (Engine::MySql, "postgres", "MySQL or MariaDB")]
    {
        let there = Side::new(engine).await;
        let (_, rest) = there.url.split_once("://").unwrap();
        for tls in ["", if wrong == "mysql" { "?ssl-mode=REQUIRED" } else { "?sslmode=require" }] {
            let url = format!("{wrong}://{rest}{tls}");
            let began = std::time::Instant::now();
            let mut command = command(&url, &good.url, &[]);
            command.env("CUTOVER_SOURCE_PASSWORD", "sesame");
            let told = told(command.output().await.unwrap());
            assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
            assert_eq!((told.status, told.stdout.as_str()), (Some(3), ""), "{told:?}");
            let wanted = format!("{right} answers there, and the address says {wrong}://");
            assert!(told.stderr.contains(&wanted), "{wanted}: {}", told.stderr);
        }
    }
}
