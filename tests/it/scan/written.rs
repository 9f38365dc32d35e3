//! How the servers write values down for a digest: never two values alike, and one value alike wherever that is said.

use super::recipes::{RECIPES, built};
use super::{Bench, MARIADB, POSTGRESQL, all};
use cutover::db::scan::digest::{Digest, Form, Groups, Hash, Treat, Written};
use cutover::db::scan::{KeyRange, Rows, ScanColumn, ScanRequest, Scanner};
use cutover::model::canon::Canon;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Equal values that each engine may write in its own way: their rows are looked at, which is all.
const OWN_WAY: &[(&str, &str)] = &[
    // Sixteen digits or seventeen, from 1e15 to 1e18.
    ("1000000000000000.3", "1000000000000000.3e0"),
    // Labels in the order of their declaration, or as somebody typed them.
    ("'c,a'", "'a,c'"),
];

/// The sum of each row, which is the hash of its value alone.
async fn hashes(
    scanner: &Scanner,
    columns: Vec<ScanColumn>,
    table: (String, String),
    written: Written,
) -> BTreeMap<i64, super::Held> {
    let of = ScanRequest {
        schema: table.0,
        table: table.1,
        columns,
        key: vec![1],
        rows: Rows::Range(KeyRange::default()),
        filter: None,
        ordered: false,
    };
    let digest = Digest { of, written: vec![written], hash: Hash::Sha256, groups: Groups::Span(1) };
    let rows = all(scanner.digest(digest)).await;
    rows.into_iter()
        .map(|row| {
            let super::Held::Value(id) = &row[0] else { panic!("a group without a number") };
            (Canon::Int.decode(id).parse().unwrap(), row[2].clone())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_two_values_are_written_alike_and_equal_ones_are() {
    let bench = built().await;
    let scanners = [bench.scanner(POSTGRESQL), bench.scanner(MARIADB)];
    let (mut wrong, mut compared, mut forms) = (Vec::new(), 0, BTreeMap::new());
    for (number, recipe) in RECIPES.iter().enumerate() {
        for (one, other) in [(0, 0), (1, 1), (0, 1), (1, 0)] {
            if recipe.types[one].is_empty() || recipe.types[other].is_empty() {
                continue;
            }
            let mut sides = Vec::new();
            for engine in [one, other] {
                sides.push(scanners[engine].describe(&bench.schema(engine), &format!("r{number}")).await.unwrap());
            }
            let types = [0, 1].map(|side: usize| sides[side].columns[1].sql_type.clone());
            let pair = format!("{} and {}", types[0].name, types[1].name);
            let Ok(canon) = Canon::common(&types[0], &types[1]) else { continue };
            let [ours, theirs] = [0, 1].map(|side: usize| sides[side].columns[1].read_as(canon));
            let written = match Form::of(&ours, &theirs, Treat::default()) {
                Ok(written) => written,
                Err(reason) => {
                    forms.insert(pair, reason.0);
                    continue;
                }
            };
            forms.insert(pair.clone(), format!("{:?}", written.form));
            let mut found = Vec::new();
            for (side, engine) in [one, other].into_iter().enumerate() {
                let columns = vec![sides[side].columns[1].read_as(canon), sides[side].columns[0].read_as(Canon::Int)];
                let table = (sides[side].schema.clone(), sides[side].name.clone());
                found.push(hashes(&scanners[engine], columns, table, written).await);
            }
            for (a, left) in &found[0] {
                for (b, right) in &found[1] {
                    compared += 1;
                    let row = &recipe.rows[usize::try_from(*a).unwrap()];
                    let own_way = OWN_WAY.iter().any(|(x, y)| row[0].contains(x) && row[1].contains(y));
                    if left == right && a != b {
                        wrong.push(format!("{pair} as {:?}: rows {a} and {b} are written alike", written.form));
                    } else if left != right && a == b && !(own_way && one != other) {
                        wrong.push(format!("{pair} as {:?}: row {a} {row:?} is written in two ways", written.form));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 1_000, "{compared}");
    // Every form has been asked of both engines.
    for form in [
        "Integer",
        "Bits",
        "Scaled",
        "Trimmed",
        "Float",
        "Text",
        "Printed",
        "Date",
        "Timestamp",
        "Time",
        "Uuid",
        "Hashed",
    ] {
        assert!(forms.values().any(|used| used == form), "{form}: {forms:#?}");
    }
}

/// Rows that run into each other where nothing keeps columns apart.
const ROWS: &[&str] = &[
    "'ab', 'c', 1, 2",
    "'a', 'bc', 1, 2",
    "'ab|c', '', 1, 2",
    "'ab', '|c', 1, 2",
    "'', 'ab|c', 1, 2",
    "NULL, 'c', 1, 2",
    "'N', 'c', 1, 2",
    "'', 'c', 1, 2",
    "' ', 'c', 1, 2",
    "'1:N', 'c', 1, 2",
    "'c', NULL, 1, 2",
    "'c', 'c', 12, NULL",
    "'c', 'c', NULL, 12",
    "'c', 'c', 1, 2",
];

#[tokio::test(flavor = "multi_thread")]
async fn columns_never_run_into_each_other_and_null_is_no_text() {
    let bench = Bench::new().await;
    let mut found = Vec::new();
    for engine in [POSTGRESQL, MARIADB] {
        let schema = bench.schema(engine);
        let mut sql =
            format!("CREATE TABLE {schema}.t (id int PRIMARY KEY, a varchar(20), b varchar(20), c int, d int);");
        for (id, row) in ROWS.iter().enumerate() {
            write!(sql, "INSERT INTO {schema}.t VALUES ({id}, {row});").unwrap();
        }
        bench.script(engine, &sql).await;
        let mut of = bench.request(engine, "t", &["id"]).await;
        // The number of the row is no part of what is hashed.
        of.columns.rotate_left(1);
        of.key = vec![4];
        let written: Vec<Written> =
            of.columns[..4].iter().map(|column| Form::of(column, column, Treat::default()).unwrap()).collect();
        let mut by_hash = Vec::new();
        // MD5 is for a server that has no SHA-256 of its own.
        for hash in [Hash::Sha256, Hash::Md5] {
            let digest = Digest { of: of.clone(), written: written.clone(), hash, groups: Groups::Span(1) };
            let mut sums: Vec<_> = all(bench.scanner(engine).digest(digest)).await;
            sums.sort();
            let sums: Vec<_> = sums.into_iter().map(|mut row| row.pop().unwrap()).collect();
            assert_eq!(sums.len(), ROWS.len());
            for (at, sum) in sums.iter().enumerate() {
                assert!(!sums[..at].contains(sum), "row {at} is written like another by {hash:?}: {}", ROWS[at]);
            }
            by_hash.push(sums);
        }
        assert_ne!(by_hash[0], by_hash[1]);
        found.push(by_hash);
    }
    assert_eq!(found[0], found[1], "both engines write the same");
}
