//! `cutover validate` beside reladiff, on the same tables in the same run, and beside what the wire itself takes.
//!
//!   cargo bench --profile dist --bench validate     1 M rows, median of five: about 25 minutes, most of them reladiff's.
//!                                                   Where reladiff takes minutes once, over the long wire three times
//!   ... -- --runs 1                                 once each
//!   ... -- --rows 100000 --only pg-my
//!   ... -- --case identical --case 'ten differences'
//!   ... -- --near                                   not over the long wire
//!   ... -- --full                                   every line as often as the others, and 10 M rows, for memory
//!
//! The budgets are those of the build that goes to a jump host. `--release` compiles dependencies for a short build, and
//! takes about a tenth more CPU.
//!
//! It starts a server process for each side, installs reladiff into target/reladiff, and interleaves the two tools. Walls
//! depend on what else the machine does; the ratios of CPU do not. Exit status 1 when a budget is broken: an aim only says
//! how far it is. Start at [`main`]; [`table`] is the data, [`measure`] the clocks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::match_bool,
    dead_code,
    reason = "a benchmark may fail loudly, prints its result, and uses a part of the test harness"
)]

mod drain;
mod measure;
#[path = "../../tests/it/servers.rs"]
mod servers;
mod table;
mod wire;

use measure::{Cost, median};
use servers::Server;
use std::path::{Path, PathBuf};
use std::process::Command;
use table::{CASES, Case};

struct Options {
    rows: u64,
    runs: usize,
    full: bool,
    only: Option<String>,
    cases: Vec<String>,
    near: bool,
}

impl Options {
    /// Runs of what takes long.
    fn at_most(&self, few: usize) -> usize {
        if self.full { self.runs } else { self.runs.min(few) }
    }
}

fn options() -> Options {
    let mut options = Options { rows: 1_000_000, runs: 5, full: false, only: None, cases: Vec::new(), near: false };
    let mut given = std::env::args().skip(1);
    while let Some(word) = given.next() {
        match word.as_str() {
            "--rows" => options.rows = given.next().unwrap().parse().unwrap(),
            "--runs" => options.runs = given.next().unwrap().parse().unwrap(),
            "--only" => options.only = given.next(),
            "--case" => options.cases.extend(given.next()),
            "--near" => options.near = true,
            "--full" => options.full = true,
            // Cargo's own.
            "--bench" => {}
            other => panic!("{other} is no option; see the first lines of benches/validate/main.rs"),
        }
    }
    options
}

/// One of the two databases.
pub struct Place {
    pub url: String,
    pub server: Server,
    pub of_mysql: bool,
}

/// Budgets that must hold, and aims that are only said.
#[derive(Default)]
struct Report {
    broken: usize,
}

impl Report {
    fn must(&mut self, what: &str, measured: f64, budget: f64, unit: &str) {
        let verdict = if measured <= budget { "ok" } else { "BROKEN" };
        self.broken += usize::from(measured > budget);
        println!("  must  {what:<66} {measured:>8.2} {unit:<3} at most {budget:>7.2}  {verdict}");
    }

    fn aim(what: &str, measured: f64, aim: f64) {
        let verdict = if measured >= aim { "reached" } else { "not reached" };
        println!("  aim   {what:<66} {measured:>8.2} x   at least {aim:>6.1}  {verdict}");
    }
}

#[tokio::main]
async fn main() {
    let options = options();
    let reladiff = install();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap();
    println!("{} rows, medians of as many runs as their lines say; load {}", options.rows, load.trim());
    let postgres = "-c shared_buffers=1GB -c max_wal_size=8GB -c autovacuum=off -c max_parallel_maintenance_workers=0";
    let mariadb = "--innodb-buffer-pool-size=1500M --innodb-log-file-size=1G --local-infile=1 --max-allowed-packet=64M";
    let source = place(servers::own_postgres(postgres).await, false).await;
    let mut report = Report::default();
    let files = tempfile::tempdir().unwrap();
    open_to_all(files.path());
    let wanted = |pair: &str| options.only.as_ref().is_none_or(|only| only == pair);
    let all = (options.rows, table::ALL);
    table::make(&source, all, files.path()).await;
    for (pair, of_mysql) in [("pg-my", true), ("pg-pg", false)] {
        if !wanted(pair) {
            continue;
        }
        let server = match of_mysql {
            true => servers::own_mariadb(mariadb).await,
            false => servers::own_postgres(postgres).await,
        };
        let target = place(server, of_mysql).await;
        let loaded = table::load(&target, all, files.path()).await;
        println!("\n{pair}: loading the table with {} took {loaded:.2} s", if of_mysql { "LOAD DATA" } else { "COPY" });
        compare(&options, &reladiff, (&source, &target), (pair, loaded), &mut report).await;
    }
    if options.full && wanted("large") {
        let target = place(servers::own_mariadb(mariadb).await, true).await;
        large(&options, (&source, &target), files.path(), &mut report).await;
    }
    if report.broken > 0 {
        println!("\n{} budgets are broken", report.broken);
        std::process::exit(1);
    }
}

async fn place(server: Server, of_mysql: bool) -> Place {
    Place { url: server.database().await, server, of_mysql }
}

/// Servers run as users of their own.
fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
}

/// The tool to compare with, from `PyPI`, in an environment of its own.
fn install() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reladiff");
    let tool = folder.join("bin/reladiff");
    if !tool.exists() {
        let python = Command::new("python3").args(["-m", "venv"]).arg(&folder).status().unwrap();
        let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/requirements-bench.txt");
        let pip = Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(list)
            .status()
            .unwrap();
        assert!(python.success() && pip.success(), "reladiff cannot be installed");
    }
    tool
}

fn ours(source: &str, target: &str, case: &Case) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command.args(["validate", "--source", source, "--target", target, "--output=json", "--settle=0s"]);
    command.arg(format!("--table={}={}", case.source, case.target)).arg("--report=10");
    command.env_clear().env("HOME", "/nonexistent");
    command
}

fn theirs(tool: &Path, source: &str, target: &str, case: &Case) -> Command {
    let mut command = Command::new(tool);
    let url = |url: &str| url.replace("postgres://", "postgresql://");
    command.args([&url(source), case.source, &url(target), case.target]);
    for key in case.key {
        command.args(["-k", key]);
    }
    command.args(["-c", "%", "--json", "--skip-sort-results", "-a", "hashdiff"]).env("COLUMNS", "10000");
    command
}

/// What ours must have found, or the time means nothing.
fn check(cost: &Cost, case: &Case, rows: u64) {
    let last = cost.stdout.lines().last().unwrap_or_else(|| panic!("nothing printed: {}", cost.stderr));
    let line = cost.stdout.lines().rev().nth(1).unwrap_or(last);
    let table: serde_json::Value = serde_json::from_str(line).unwrap();
    let found: u64 = ["different", "missing", "extra"].iter().filter_map(|name| table[name].as_u64()).sum();
    assert_eq!(found, (case.differences)(rows), "{}: {line}\n{}", case.name, cost.stderr);
    let want = if found == 0 { Some(0) } else { Some(1) };
    assert_eq!(cost.status, want, "{}: {}", case.name, cost.stderr);
}

async fn compare(
    options: &Options,
    reladiff: &Path,
    (source, target): (&Place, &Place),
    (pair, loaded): (&str, f64),
    report: &mut Report,
) {
    let servers = [source, target];
    let mut drains = Vec::new();
    println!(
        "{:<32} {:>4} {:>8} {:>9} {:>7} {:>11} {:>10}",
        pair, "runs", "wall s", "tool CPU", "RSS MB", "server CPU", "total CPU"
    );
    let meant = |case: &&Case| options.cases.is_empty() || options.cases.iter().any(|name| name == case.name);
    for case in CASES.iter().filter(meant) {
        let runs = if case.slow { options.at_most(1) } else { options.runs };
        let (mut own, mut other) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            if case.name == "identical" {
                drains.push(drain::both(source, target, &servers).await);
            }
            let cost = measure::run(ours(&source.url, &target.url, case), &servers).await;
            check(&cost, case, options.rows);
            own.push(cost);
            other.push(measure::run(theirs(reladiff, &source.url, &target.url, case), &servers).await);
        }
        let (own, other) = (median(own), median(other));
        if case.name == "identical" {
            drains.sort_by(|a, b| a.wall.total_cmp(&b.wall));
            let drain = &drains[drains.len() / 2];
            println!(
                "{:<32} {runs:>4} {:>8.2} {:>9.2} {:>7} {:>11.2} {:>10.2}",
                "drain of both sides",
                drain.wall,
                drain.tool,
                "",
                drain.servers,
                drain.total()
            );
            line("identical, cutover", &own, runs);
            line("identical, reladiff", &other, runs);
            answered(case, &other);
            report.must("wall, identical, in drains of both sides", own.wall / drain.wall, 1.6, "x");
            report.must("total CPU, identical, part of reladiff's", own.total() / other.total(), 1.0 / 3.0, "");
            report.must("resident memory", own.memory, 40.0, "MB");
            report.must("wall, identical, in loadings of the target", own.wall / loaded, 1.0, "x");
        } else {
            line(&format!("{}, cutover", case.name), &own, runs);
            line(&format!("{}, reladiff", case.name), &other, runs);
            answered(case, &other);
        }
        if case.name == "ten differences" {
            report.must("total CPU, ten differences, part of reladiff's", own.total() / other.total(), 0.2, "");
        }
        if let Some(aim) = case.aim {
            Report::aim(&format!("wall, {}, times faster than reladiff", case.name), other.wall / own.wall, aim);
        }
    }
    if options.near {
        return;
    }
    // 50 Mbit/s and 40 ms there and back, on each side.
    let wires = [wire::Wire::before(&source.url).await, wire::Wire::before(&target.url).await];
    let urls = [wires[0].url(&source.url), wires[1].url(&target.url)];
    let runs = options.at_most(3);
    for (case, aim) in CASES.iter().filter(meant).filter_map(|case| Some((case, case.far?))) {
        let (mut own, mut other) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            let cost = measure::run(ours(&urls[0], &urls[1], case), &servers).await;
            check(&cost, case, options.rows);
            own.push(cost);
            other.push(measure::run(theirs(reladiff, &urls[0], &urls[1], case), &servers).await);
        }
        let (own, other) = (median(own), median(other));
        line(&format!("{}, far, cutover", case.name), &own, runs);
        line(&format!("{}, far, reladiff", case.name), &other, runs);
        answered(case, &other);
        Report::aim(&format!("wall over 50 Mbit/s and 40 ms, {}", case.name), other.wall / own.wall, aim);
    }
}

/// Ten times as many rows: memory must not follow.
async fn large(options: &Options, (source, target): (&Place, &Place), files: &Path, report: &mut Report) {
    let of_one = (options.rows * 10, 1);
    table::make(source, of_one, files).await;
    table::load(target, of_one, files).await;
    let cost = measure::run(ours(&source.url, &target.url, &CASES[0]), &[source, target]).await;
    check(&cost, &CASES[0], options.rows * 10);
    line("ten times the rows, cutover", &cost, 1);
    report.must("resident memory, ten times the rows", cost.memory, 40.0, "MB");
}

/// reladiff's exit status is 0 whatever happens: a time without an answer is no time.
fn answered(case: &Case, cost: &Cost) {
    let refused = cost.stderr.lines().find(|line| line.contains("ERROR") || line.contains("Error"));
    if let Some(line) = refused {
        println!("        reladiff gave no answer to {}: {}", case.name, line.trim());
    } else if cost.stdout.trim().is_empty() && (case.differences)(100) > 0 {
        println!("        reladiff found nothing where something differs: {}", case.name);
    }
}

fn line(what: &str, cost: &Cost, runs: usize) {
    println!(
        "{what:<32} {runs:>4} {:>8.2} {:>9.2} {:>7.1} {:>11.2} {:>10.2}",
        cost.wall,
        cost.tool,
        cost.memory,
        cost.servers,
        cost.total()
    );
}
