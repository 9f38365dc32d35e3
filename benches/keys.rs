//! A thousand foreign keys away and back, beside plain psql running the same statements.
//!
//!   cargo bench --bench keys                 1,000 keys, median of five
//!   cargo bench --bench keys -- --keys 200 --runs 1
//!
//! Ours reads the keys, keeps them as text, drops them in chunks, puts them back unseen, validates each, and reads them again
//! to compare; psql is given a file with the statements alone. It starts a server of its own and interleaves the two. Exit
//! status 1 when ours takes more than 1.2 times psql's plus a second.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::match_bool,
    dead_code,
    reason = "a benchmark may fail loudly, prints its result, and uses a part of the test harness"
)]

#[path = "../tests/it/servers.rs"]
mod servers;

use cutover::db::schema::keys::{self, Key, Presence};
use cutover::db::schema::prepare;
use cutover::db::{Database, Engine};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// Rows of each table: few, so that it is the statements that cost.
const ROWS: usize = 100;

fn options() -> (usize, usize) {
    let (mut keys, mut runs) = (1_000, 5);
    let mut given = std::env::args().skip(1);
    while let Some(word) = given.next() {
        match word.as_str() {
            "--keys" => keys = given.next().unwrap().parse().unwrap(),
            "--runs" => runs = given.next().unwrap().parse().unwrap(),
            // Cargo's own.
            "--bench" => {}
            other => panic!("{other} is no option; see the first lines of benches/keys.rs"),
        }
    }
    (keys, runs)
}

/// What runs in one transaction each.
fn script(statements: impl IntoIterator<Item = Vec<String>>) -> Vec<String> {
    statements.into_iter().map(|chunk| format!("BEGIN;\n{};\nCOMMIT;\n", chunk.join(";\n"))).collect()
}

fn away(keys: &[Key]) -> Vec<String> {
    script(keys::chunks(keys).map(|chunk| chunk.iter().flat_map(Key::away).collect()))
}

fn back(keys: &[Key]) -> Vec<String> {
    script(keys::chunks(keys).map(|chunk| chunk.iter().flat_map(Key::back).collect()))
}

async fn ours(database: &Database) -> Duration {
    let start = Instant::now();
    let mut session = database.write_owned_by_demo().await.unwrap();
    for statement in prepare(Engine::PostgreSql) {
        session.script(statement).await.unwrap();
    }
    let found = keys::read(&mut session, None).await.unwrap();
    let kept: Vec<Key> = serde_json::from_str(&serde_json::to_string(&found).unwrap()).unwrap();
    for piece in away(&kept).iter().chain(&back(&kept)) {
        session.script(piece).await.unwrap();
    }
    for statement in kept.iter().filter_map(Key::validate) {
        session.script(&statement).await.unwrap();
    }
    let now = keys::read(&mut session, None).await.unwrap();
    assert!(now == kept && kept[0].presence(&now) == Presence::Same);
    start.elapsed()
}

fn psql(url: &str, file: &std::path::Path) -> Duration {
    let start = Instant::now();
    let mut command = Command::new("psql");
    let status = command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(file).arg(url).status().unwrap();
    assert!(status.success());
    start.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::main]
async fn main() -> ExitCode {
    let (keys, runs) = options();
    let server = servers::own_postgres("").await;
    let url = server.database().await;
    let database = Database::parse(&url).unwrap();
    let mut session = database.write_owned_by_demo().await.unwrap();
    let parents = (keys / 10).max(1);
    let mut tables: Vec<String> = Vec::new();
    for number in 0..parents {
        tables.push(format!(
            "CREATE TABLE parent_{number} (id int PRIMARY KEY); INSERT INTO parent_{number} SELECT generate_series(1, {ROWS})"
        ));
    }
    for number in 0..keys {
        tables.push(format!(
            "CREATE TABLE child_{number} (id int, p int REFERENCES parent_{}); INSERT INTO child_{number} SELECT i, i FROM generate_series(1, {ROWS}) i",
            number % parents
        ));
    }
    for chunk in tables.chunks(100) {
        session.script(&chunk.join(";")).await.unwrap();
    }
    let found = keys::read(&mut session, None).await.unwrap();
    assert_eq!(found.len(), keys);
    let mut text = prepare(Engine::PostgreSql).join(";\n") + ";\n";
    text.extend(away(&found).into_iter().chain(back(&found)));
    text.extend(found.iter().filter_map(Key::validate).map(|statement| statement + ";\n"));
    let file = server.file("keys.sql");
    std::fs::write(&file, text).unwrap();

    let (mut mine, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        plain.push(psql(&url, &file));
        mine.push(ours(&database).await);
    }
    let (mine, plain) = (median(&mut mine), median(&mut plain));
    let budget = plain.mul_f64(1.2) + Duration::from_secs(1);
    println!("{keys} foreign keys away and back, median of {runs}");
    println!("  cutover  {:.2} s, with reading and comparing them", mine.as_secs_f64());
    println!("  psql     {:.2} s, the statements alone", plain.as_secs_f64());
    println!("  ratio    {:.2}; at most {:.2} s", mine.as_secs_f64() / plain.as_secs_f64(), budget.as_secs_f64());
    if mine <= budget { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
