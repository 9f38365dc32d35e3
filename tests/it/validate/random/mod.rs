//! Random tables, rows and edits on every pair of engines: what `cutover validate` says must be what was edited.
//!
//! Many small tables are compared in one run, and filled anew for the next, so that a case costs milliseconds.
//! `CUTOVER_VALIDATE_CASES` (of each pair; 500 if it is not set) and `CUTOVER_VALIDATE_SEED` choose them; a failure says
//! what to run to see its case alone.

mod case;
mod kind;
mod value;

pub use value::quoted;

use super::side::{Side, rows_of, run};
use case::Table;
use cutover::db::Engine;
use std::time::Instant;

/// Cases that one table is filled for, one after the other. Another number makes other cases of the same seeds.
const ROUNDS: u64 = 8;
/// Tables in a database, so that it is still described in no time.
const TABLES: u64 = 40;

fn number(name: &str, or: u64) -> u64 {
    std::env::var(name).map_or(or, |text| text.parse().unwrap())
}

async fn every_case(source: Engine, target: Engine) {
    let (cases, seed) = (number("CUTOVER_VALIDATE_CASES", 500), number("CUTOVER_VALIDATE_SEED", 1_000));
    let began = Instant::now();
    let mut first = seed / ROUNDS;
    let last = (seed + cases).div_ceil(ROUNDS);
    while first < last {
        let tables = first..last.min(first + TABLES);
        batch(source, target, tables, seed..seed + cases).await;
        first += TABLES;
    }
    let spent = began.elapsed().as_secs_f64();
    eprintln!("{source:?} and {target:?}: {cases} cases from seed {seed} in {spent:.1} s");
}

/// All cases of some tables that are among the seeds.
async fn batch(source: Engine, target: Engine, tables: std::ops::Range<u64>, seeds: std::ops::Range<u64>) {
    let (mut ours, mut theirs) = (Side::new(source).await, Side::new(target).await);
    let tables: Vec<(u64, Table)> = tables.map(|seed| (seed, Table::new(seed, source, target))).collect();
    for (side, of_target) in [(&mut ours, false), (&mut theirs, true)] {
        let create: String = tables.iter().map(|(_, table)| table.create(&side.schema, of_target)).collect();
        script(side, &create).await;
    }
    let rules: Vec<String> = tables.iter().flat_map(|(_, table)| table.rules()).collect();
    for round in 0..ROUNDS {
        let cases =
            tables.iter().map(|(seed, table)| (seed * ROUNDS + round, table)).filter(|(seed, _)| seeds.contains(seed));
        let cases: Vec<_> = cases.map(|(seed, table)| (seed, table, table.case(seed))).collect();
        if cases.is_empty() {
            continue;
        }
        for (side, of_target) in [(&mut ours, false), (&mut theirs, true)] {
            let fill: String = cases.iter().map(|(_, table, case)| table.fill(&side.schema, case, of_target)).collect();
            script(side, &fill).await;
        }
        // Every other time with a wait, so that every difference is also found again by its key; and by sums of the servers,
        // wherever they can write what is summed up.
        let settle = if round % 2 == 0 { "--settle=0s" } else { "--settle=100ms" };
        let method = if round % 4 < 2 { "--method=stream" } else { "--method=digest" };
        let mut arguments = vec![settle, method, "--report=1000", "--range-rows=13", "--jobs=4"];
        arguments.extend(rules.iter().map(String::as_str));
        let names: Vec<String> = cases.iter().map(|(_, table, _)| format!("--table={}", table.name)).collect();
        // Only what was filled now, and rules only of that.
        if cases.len() < tables.len() {
            let filled = |rule: &&str| {
                !rule.starts_with("--rule=")
                    || cases.iter().any(|(_, table, _)| rule.starts_with(&format!("--rule={}.", table.name)))
            };
            arguments.retain(filled);
            arguments.extend(names.iter().map(String::as_str));
        }
        let told = run(&ours, &theirs, &arguments).await;
        for (seed, table, case) in &cases {
            let alone = format!(
                "{source:?} and {target:?}, case {seed}: CUTOVER_VALIDATE_SEED={seed} CUTOVER_VALIDATE_CASES=1 cargo test \
                 --test it -- validate::random\n{}\n{}",
                table.told(),
                told.stderr
            );
            assert!(told.lines.iter().any(|line| line["kind"] == "table"), "{alone}");
            let line = told.table(&table.name);
            let found = rows_of(&told.lines, &table.name);
            let is_equal = if table.is_keyless() {
                let got = ["missing", "extra", "different"].map(|name| line[name].as_u64());
                let [missing, extra] = case.uneven;
                assert_eq!(got, [Some(missing), Some(extra), Some(0)], "{alone}\n{line}");
                assert!(found.keys().all(|key| key.starts_with("row_hash=")), "{alone}\n{found:?}");
                assert_eq!(line["method"], "multiset", "{alone}\n{line}");
                missing + extra == 0
            } else {
                assert_eq!(found, case.expected, "{alone}\n{line}");
                case.expected.is_empty()
            };
            let want = if is_equal { "equal" } else { "different" };
            assert_eq!(line["verdict"], want, "{alone}\n{line}");
            let rows = [line["rows_source"].as_u64(), line["rows_target"].as_u64()];
            let want = [case.source.len(), case.target.len() + case.twice.len()].map(|rows| Some(rows as u64));
            assert_eq!(rows, want, "{alone}\n{line}");
        }
    }
}

/// One round trip for all of it.
async fn script(side: &mut Side, sql: &str) {
    let (begin, end) = match side.dialect().engine {
        Engine::PostgreSql => ("BEGIN;", "COMMIT"),
        Engine::MySql => ("SET time_zone = '+00:00'; START TRANSACTION;", "COMMIT"),
        Engine::Sqlite => ("BEGIN IMMEDIATE;", "COMMIT"),
    };
    let sql = format!("{begin}\n{sql}{end}");
    side.session.script(&sql).await.unwrap_or_else(|error| panic!("{error}\n{sql}"));
}

macro_rules! pairs {
    ($($name:ident: $source:ident, $target:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            every_case(Engine::$source, Engine::$target).await;
        }
    )*};
}

pairs! {
    postgresql_with_postgresql: PostgreSql, PostgreSql;
    postgresql_with_mariadb: PostgreSql, MySql;
    postgresql_with_sqlite: PostgreSql, Sqlite;
    mariadb_with_postgresql: MySql, PostgreSql;
    mariadb_with_mariadb: MySql, MySql;
    mariadb_with_sqlite: MySql, Sqlite;
    sqlite_with_postgresql: Sqlite, PostgreSql;
    sqlite_with_mariadb: Sqlite, MySql;
    sqlite_with_sqlite: Sqlite, Sqlite;
}
