//! A way to a server that falls silent without being cut: the comparison says so, and ends when it is told to.

use super::proxy::Proxy;
use super::side::{Side, command};
use cutover::db::Engine;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_way_is_told_and_a_stop_ends_all_the_same() {
    for engine in [Engine::PostgreSql, Engine::MySql] {
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
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        loop {
            let line = said.next_line().await.unwrap().unwrap_or_else(|| panic!("{engine:?}: it ended"));
            if line.contains("no row from the source for 1 s") {
                break;
            }
        }
        let began = Instant::now();
        let pid = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let mut rest = String::new();
        let all = async {
            said.into_inner().read_to_string(&mut rest).await.unwrap();
            child.wait().await.unwrap()
        };
        let status = tokio::time::timeout(Duration::from_secs(40), all).await;
        assert_eq!(status.unwrap_or_else(|_| panic!("{engine:?}: it goes on")).code(), Some(3), "{engine:?}: {rest}");
        assert!(began.elapsed() < Duration::from_secs(25), "{engine:?}: {:?}", began.elapsed());
        assert!(rest.contains("may still run on 127.0.0.1"), "{engine:?}: {rest}");
    }
}
