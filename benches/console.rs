//! Times and memory of the console, printed beside their budgets. `cargo bench` runs the optimised build.
//!
//! Exit status 1 when a budget is broken. Part one drives state and view in this process; part two runs the real binary
//! on a pseudo-terminal against its own embedded AWS.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    dead_code,
    reason = "a benchmark may fail loudly, prints its result, and uses a part of the test harness"
)]

#[path = "../tests/it/pty.rs"]
mod pty;
#[path = "../tests/it/scene.rs"]
mod scene;

use cutover::console::message::{Area, KeyCode};
use cutover::console::terminal::Painter;
use pty::{Pty, Start};
use scene::Scene;
use std::time::{Duration, Instant};

const SCREEN: Area = Area { width: 200, height: 50 };
const KEYS: usize = 100;

struct Report {
    broken: usize,
}

impl Report {
    fn line(&mut self, what: &str, measured: f64, budget: f64, unit: &str) {
        let verdict = if measured <= budget { "ok" } else { "BROKEN" };
        self.broken += usize::from(measured > budget);
        println!("{what:<58} {measured:>9.2} {unit:<3} budget {budget:>7.1}  {verdict}");
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    ms(times[times.len() / 2])
}

fn p95(times: &mut [Duration]) -> f64 {
    times.sort();
    ms(times[times.len() * 95 / 100])
}

/// Key, update, view, difference and bytes: everything but the terminal itself.
fn frames(report: &mut Report, what: &str, mut scene: Scene) {
    let mut painter = Painter::new(SCREEN);
    painter.paint(|frame| scene.view(frame)).unwrap();
    let mut times: Vec<Duration> = (0..400)
        .map(|n| {
            let began = Instant::now();
            // A log is followed at its end: there the way leads up.
            let (one, page) = if what.starts_with("log") {
                (KeyCode::Up, KeyCode::PageUp)
            } else {
                (KeyCode::Down, KeyCode::PageDown)
            };
            scene.key(if n % 40 == 39 { page } else { one });
            painter.paint(|frame| scene.view(frame)).unwrap();
            began.elapsed()
        })
        .collect();
    report.line(&format!("frame after a key, {what}, median"), median(&mut times), 2.0, "ms");
}

/// A refresh is between two keys: it must not cost them their frame for long.
fn refresh(report: &mut Report, tables: usize) {
    let mut scene = Scene::tables(SCREEN, tables);
    let mut times: Vec<Duration> = (1..6)
        .map(|revision| {
            let began = Instant::now();
            scene.refresh_tables(tables, revision);
            began.elapsed()
        })
        .collect();
    report.line(&format!("new statistics of {tables} tables, made and taken in"), p95(&mut times), 250.0, "ms");
}

/// Every rule for every task, instance and schedule, as after each answer.
fn judging(report: &mut Report, tasks: usize) {
    let mut scene = Scene::new(SCREEN, tasks);
    let mut times: Vec<Duration> = (0..40)
        .map(|_| {
            scene.pass(10);
            let began = Instant::now();
            scene.refresh_tasks();
            began.elapsed()
        })
        .collect();
    report.line(&format!("{tasks} tasks taken in and judged by every rule, median"), median(&mut times), 20.0, "ms");
}

/// A log of that many lines: what stays of it in the filter, and a search that is typed, letter by letter.
fn log(report: &mut Report, lines: i64) {
    let mut painter = Painter::new(SCREEN);
    for (what, keys) in [("filtered", "vvvv"), ("searched", "/awsdms_apply")] {
        let mut scene = Scene::logs(SCREEN, lines);
        painter.paint(|frame| scene.view(frame)).unwrap();
        let mut times: Vec<Duration> = keys
            .chars()
            .map(|key| {
                let began = Instant::now();
                scene.key(KeyCode::Char(key));
                painter.paint(|frame| scene.view(frame)).unwrap();
                began.elapsed()
            })
            .collect();
        report.line(&format!("frame after a key, log of {lines} lines {what}, p95"), p95(&mut times), 16.0, "ms");
    }
}

fn resident_mb(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

fn demo(args: &[&str]) -> Pty {
    let mut all = vec!["demo", "--seed", "7"];
    all.extend(args);
    Start::cutover(&all).size(SCREEN.width, SCREEN.height).start()
}

/// From a key written to the terminal to the first byte that comes back.
fn key_to_frame(pty: &Pty) -> f64 {
    let mut times = Vec::with_capacity(KEYS);
    for n in 0..KEYS {
        let before = pty.raw().len();
        let began = Instant::now();
        pty.keys(if n % 2 == 0 { "j" } else { "k" });
        while pty.raw().len() == before {
            assert!(began.elapsed() < Duration::from_secs(5), "no frame after a key: {}", pty.screen());
            std::thread::sleep(Duration::from_micros(200));
        }
        times.push(began.elapsed());
        // A person is slower still; without a pause the next key would be answered by the frame of this one.
        std::thread::sleep(Duration::from_millis(15));
    }
    p95(&mut times)
}

/// Rows of each side of a comparison that takes every core for longer than the keys are measured.
const ROWS: u64 = 4_000_000;

/// A console whose own comparison of two large files is under way, back on the list of tasks. The folder holds them.
fn comparing() -> (Pty, tempfile::TempDir, tokio::runtime::Runtime) {
    let folder = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for name in ["old.db", "new.db"] {
        let script = format!(
            "CREATE TABLE t (id integer PRIMARY KEY, note text, amount integer); INSERT INTO t WITH RECURSIVE n(i) AS \
             (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) SELECT i, printf('note %d of some length', i), i * 7 FROM n"
        );
        runtime.block_on(async {
            let database = cutover::db::Database::parse(&url(name)).unwrap();
            database.write_owned_by_demo().await.unwrap().script(&script).await.unwrap();
        });
    }
    let config = folder.path().join("config.toml");
    let text = format!(
        "read_only_may_validate = true\n[databases.old]\nurl = \"{}\"\n[databases.new]\nurl = \"{}\"\n\
         [validation.big]\nsource = \"old\"\ntarget = \"new\"\nmethod = \"stream\"\njobs = 4\n",
        url("old.db"),
        url("new.db")
    );
    std::fs::write(&config, text).unwrap();
    let options = cutover::demo::Options { seed: 7, ..cutover::demo::Options::default() };
    let aws = runtime.block_on(cutover::demo::serve(options)).unwrap();
    let pty = Start::cutover(&["--config", &config.display().to_string()])
        .size(SCREEN.width, SCREEN.height)
        .env("AWS_ENDPOINT_URL", &aws.endpoint_url())
        .env("AWS_ACCESS_KEY_ID", "demo")
        .env("AWS_SECRET_ACCESS_KEY", "demo")
        .env("AWS_REGION", "eu-west-1")
        .env("XDG_STATE_HOME", &folder.path().display().to_string())
        .start();
    // It answers for as long as its runtime lives.
    std::mem::forget(aws);
    pty.wait("billing-cdc");
    pty.keys("Vn");
    pty.wait("Validate: is the target equal");
    pty.keys("\r");
    pty.until("a plan that was read", |screen| screen.contains("new.db to read") && !screen.contains("read it first"));
    pty.keys("new.db");
    pty.wait("> new.db");
    pty.keys("\r");
    pty.wait("comparing");
    pty.keys("\x1b");
    pty.wait("Validations");
    pty.keys("\x1b");
    pty.wait("billing-cdc");
    (pty, folder, runtime)
}

fn leave(mut pty: Pty) {
    pty.keys("\x03");
    assert_eq!(pty.end().0, 0);
}

fn main() {
    let mut report = Report { broken: 0 };
    for tasks in [1, 100, 600] {
        frames(&mut report, &format!("{tasks} tasks"), Scene::new(SCREEN, tasks));
    }
    for tables in [100, 10_000, 60_000] {
        frames(&mut report, &format!("{tables} tables"), Scene::tables(SCREEN, tables));
    }
    judging(&mut report, 600);
    for lines in [1_000, 100_000] {
        frames(&mut report, &format!("log of {lines} lines, moving"), Scene::logs(SCREEN, lines));
    }
    log(&mut report, 100_000);
    frames(&mut report, "charts", Scene::charts(SCREEN));
    for tables in [100, 10_000, 60_000] {
        refresh(&mut report, tables);
    }

    let mut firsts: Vec<Duration> = (0..5)
        .map(|_| {
            let began = Instant::now();
            let pty = demo(&["--frozen", "--fault", "latency=3000"]);
            while !pty.screen().contains("signing in") {
                assert!(began.elapsed() < Duration::from_secs(10), "{}", pty.screen());
                std::thread::sleep(Duration::from_micros(200));
            }
            let first = began.elapsed();
            leave(pty);
            first
        })
        .collect();
    report.line("first frame from starting the process, worst of 5", p95(&mut firsts), 50.0, "ms");

    for (what, args, ready) in [
        ("4 tasks", vec![], "billing-cdc"),
        ("4 tasks, AWS takes 3 s", vec!["--fault", "latency=3000"], "billing-cdc"),
        ("600 tasks of 100 tables", vec!["--fleet", "600x100"], "600"),
    ] {
        let pty = demo(&args);
        pty.wait(ready);
        report.line(&format!("key to frame, {what}, p95"), key_to_frame(&pty), 16.0, "ms");
        leave(pty);
    }
    let pty = demo(&["--fleet", "1x10000"]);
    pty.wait("1 ");
    pty.keys("\r");
    // The head of the rows: while they are asked for there is nothing to move in, and a key is answered by the next second.
    pty.until("ten thousand tables", |screen| screen.contains("VALIDATION") && screen.contains("10,000"));
    report.line("key to frame, 10,000 tables, p95", key_to_frame(&pty), 16.0, "ms");
    report.line("resident memory of the console, 10,000 tables", resident_mb(pty.pid()), 60.0, "MB");
    leave(pty);

    let (pty, _folder, _runtime) = comparing();
    report.line("key to frame, while a validation fills the machine, p95", key_to_frame(&pty), 16.0, "ms");
    pty.keys("V");
    pty.wait("under way");
    leave(pty);

    let broken = report.broken;
    println!("{}", if broken == 0 { "every budget kept".to_owned() } else { format!("{broken} budgets broken") });
    std::process::exit(i32::from(broken > 0));
}
