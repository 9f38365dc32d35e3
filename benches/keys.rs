//! A thousand foreign keys away and back, beside alone psql running the same statements.
//!
//!   cargo bench --bench keys                 1,000 keys, median of five
//!   cargo bench --bench keys -- --keys 200 --runs 1
//!
//! Ours is a run of the steps lock, capture, keys-away, keys-back and close as a refresh takes them: with its lock, its ledger,
//! its journal and all looks at the catalogue. psql is given a file with the statements alone. It starts a server of its own
//! and interleaves the two. Exit status 1 when ours takes more than 1.2 times psql's plus a second.
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

#[path = "../tests/it/around/base.rs"]
mod base;
#[path = "../tests/it/refresh_db/desk.rs"]
mod desk;
#[path = "../tests/it/servers.rs"]
mod servers;
/// Where the desk looks for it.
mod around {
    pub use crate::base::Base;
}

use cutover::db::Engine;
use cutover::db::schema::keys::{self, Key};
use cutover::db::schema::prepare;
use cutover::model::refresh::{RunState, StepKind};
use desk::{Desk, Part};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// Rows of each table: few, so that it is the statements that cost.
const ROWS: usize = 100;
const STEPS: [StepKind; 5] =
    [StepKind::Lock, StepKind::Capture, StepKind::KeysAway, StepKind::KeysBack, StepKind::Close];

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
fn script(keys: &[Key], of: fn(&Key) -> Vec<String>) -> String {
    let chunk = |chunk: &[Key]| {
        let statements: Vec<String> = chunk.iter().flat_map(of).collect();
        format!("BEGIN;\n{};\nCOMMIT;\n", statements.join(";\n"))
    };
    keys::chunks(keys).map(chunk).collect()
}

fn psql(url: &str, file: &Path) -> Duration {
    let start = Instant::now();
    let mut command = Command::new("psql");
    let status = command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(file).arg(url).status().unwrap();
    assert!(status.success());
    start.elapsed()
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// How long each step of the newest run took.
async fn spans(desk: &Desk) -> [Duration; 5] {
    let seen = desk.seen().await;
    STEPS.map(|kind| {
        let step = seen.steps.iter().find(|step| step.kind == kind).unwrap();
        Duration::try_from(step.ended.unwrap().duration_since(step.began.unwrap())).unwrap()
    })
}

#[tokio::main]
async fn main() -> ExitCode {
    let (keys, runs) = options();
    let desk = Desk::new(Engine::PostgreSql).await;
    let parents = (keys / 10).max(1);
    let parent = (0..parents).map(|n| {
        format!(
            "CREATE TABLE parent_{n} (id int PRIMARY KEY); INSERT INTO parent_{n} SELECT generate_series(1, {ROWS})"
        )
    });
    let child = (0..keys).map(|n| {
        let parent = n % parents;
        format!(
            "CREATE TABLE child_{n} (id int, p int REFERENCES parent_{parent}); \
             INSERT INTO child_{n} SELECT i, i FROM generate_series(1, {ROWS}) i"
        )
    });
    let tables: Vec<String> = parent.chain(child).collect();
    for chunk in tables.chunks(100) {
        desk.script(&chunk.join(";")).await;
    }
    let (found, before) = (desk.keys().await, desk.snapshot().await);
    assert_eq!(found.len(), keys);
    let mut text = prepare(Engine::PostgreSql).join(";\n") + ";\n";
    text += &script(&found, Key::away);
    text += &script(&found, Key::back);
    text.extend(found.iter().filter_map(Key::validate).map(|statement| statement + ";\n"));
    let file = desk.file("keys.sql");
    std::fs::write(&file, text).unwrap();
    let plan = desk.plan(&STEPS.map(Part::Step), &[]).await;

    let (mut mine, mut alone, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        alone.push(psql(&desk.base.url, &file));
        let start = Instant::now();
        let ended = desk.run(&plan).await;
        mine.push(start.elapsed());
        assert_eq!((ended.state, ended.why), (RunState::Done, None));
        steps.push(spans(&desk).await);
    }
    assert!(desk.snapshot().await == before);
    let (mine, alone) = (median(mine.into_iter()), median(alone.into_iter()));
    let budget = alone.mul_f64(1.2) + Duration::from_secs(1);
    println!("{keys} foreign keys away and back, median of {runs}");
    println!("  cutover  {:.2} s, a run with its ledger and its journal", mine.as_secs_f64());
    for (nth, kind) in STEPS.into_iter().enumerate() {
        println!("           {:.2} s {}", median(steps.iter().map(|spans| spans[nth])).as_secs_f64(), kind.word());
    }
    println!("  psql     {:.2} s, the statements alone", alone.as_secs_f64());
    println!("  ratio    {:.2}; at most {:.2} s", mine.as_secs_f64() / alone.as_secs_f64(), budget.as_secs_f64());
    if mine <= budget { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
