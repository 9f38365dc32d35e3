//! Keys on real servers: their order is that of their bytes, ranges have every row once, and rows are found by them.

use super::{Bench, Held, MARIADB, POSTGRESQL, SQLITE, all};
use cutover::db::scan::{Bound, Key, KeyRange, Rows, ScanRequest};
use cutover::model::canon::{Canon, Raw};
use std::collections::BTreeSet;

/// Declared key columns of each engine, the key, and the values of row `n` as SQL.
struct Keyed {
    columns: [&'static str; 3],
    key: &'static [&'static str],
    row: fn(&mut fastrand::Rng, usize) -> String,
    /// Each range must cost what is in it, so there must be many.
    cut: [bool; 3],
}

fn word(rng: &mut fastrand::Rng) -> String {
    let alphabet =
        ["a", "A", "b", "B", "_", "-", " ", "é", "É", "ß", "z", "Z", "1", "日", "😀", "\u{10ffff}", "\u{e000}", "''"];
    (0..rng.usize(1..6)).map(|_| alphabet[rng.usize(..alphabet.len())]).collect()
}

const KEYED: &[Keyed] = &[
    Keyed {
        columns: ["a bigint NOT NULL", "a bigint NOT NULL", "a INTEGER NOT NULL"],
        key: &["a"],
        // Most keys lie close together, the rest far away.
        row: |rng, n| if n % 10 == 0 { rng.i64(..).to_string() } else { n.to_string() },
        cut: [true; 3],
    },
    Keyed {
        columns: [
            "a text NOT NULL, b integer NOT NULL",
            "a varchar(40) NOT NULL, b int NOT NULL",
            "a TEXT COLLATE NOCASE NOT NULL, b INT NOT NULL",
        ],
        key: &["a", "b"],
        row: |rng, n| format!("'{}x', {n}", word(rng)),
        cut: [true, false, true],
    },
    Keyed {
        columns: [
            "b date NOT NULL, a varchar(40) COLLATE \"en-x-icu\" NOT NULL",
            "b date NOT NULL, a varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL",
            "",
        ],
        key: &["b", "a"],
        row: |rng, n| format!("'20{:02}-01-1{}', '{}{n}'", n % 7, n % 3, word(rng)),
        cut: [false; 3],
    },
    Keyed {
        columns: ["a uuid NOT NULL", "a char(36) NOT NULL", "a UUID NOT NULL"],
        key: &["a"],
        row: |rng, _| {
            let hex = format!("{:032x}", rng.u128(..));
            let dashed = format!("'{}-{}-{}-{}-{}'", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
            if rng.bool() { dashed.to_uppercase() } else { dashed }
        },
        cut: [true, false, false],
    },
    Keyed {
        columns: ["a numeric(12,3) NOT NULL", "a decimal(12,3) NOT NULL", "a INTEGER NOT NULL"],
        key: &["a"],
        row: |rng, n| format!("{}{n}", if rng.bool() { "-" } else { "" }),
        cut: [true; 3],
    },
    Keyed {
        columns: ["a timestamp NOT NULL, b boolean NOT NULL", "a datetime(6) NOT NULL, b tinyint(1) NOT NULL", ""],
        key: &["a", "b"],
        row: |rng, n| {
            format!("'{:04}-12-31 23:59:{:02}.{:06}', {}", rng.u32(1000..9999), n % 60, n, ["true", "false"][n % 2])
        },
        cut: [true, true, false],
    },
    Keyed {
        columns: ["a double precision NOT NULL", "a double NOT NULL", "a REAL NOT NULL"],
        key: &["a"],
        row: |rng, n| {
            format!("{}e{}", (rng.f64() - 0.5) * f64::from(u32::try_from(n).unwrap() + 1), rng.i32(-200..200))
        },
        cut: [true; 3],
    },
    Keyed {
        columns: ["a bytea NOT NULL", "a varbinary(20) NOT NULL", "a BLOB NOT NULL"],
        key: &["a"],
        row: |rng, n| format!("x'{}{n:04x}'", if rng.bool() { "00" } else { "ff20" }),
        cut: [true; 3],
    },
    // Several rows of one key.
    Keyed {
        columns: ["a integer NOT NULL", "a int NOT NULL", "a INT NOT NULL"],
        key: &["a"],
        row: |_, n| (n / 40).to_string(),
        cut: [true; 3],
    },
];

const ROWS: usize = 600;

async fn filled(bench: &Bench, number: usize, keyed: &Keyed, engine: usize) -> ScanRequest {
    let schema = bench.schema(engine);
    let mut rng = fastrand::Rng::with_seed(7);
    let rows: Vec<String> = (0..ROWS)
        .map(|n| {
            let row = (keyed.row)(&mut rng, n);
            let row = if engine == POSTGRESQL && row.starts_with("x'") { format!("'\\x{}", &row[2..]) } else { row };
            let row = if engine == POSTGRESQL { row } else { row.replace("true", "1").replace("false", "0") };
            format!("({row}, {n})")
        })
        .collect();
    let keys: Vec<String> = keyed.key.iter().map(|name| (*name).to_owned()).collect();
    bench
        .script(
            engine,
            &format!(
                "CREATE TABLE {schema}.k{number} ({}, n integer); CREATE INDEX i{engine}{number} ON {schema}.k{number} ({}); \
                 INSERT INTO {schema}.k{number} VALUES {};",
                keyed.columns[engine],
                keys.join(", "),
                rows.join(", ")
            )
            .replace(&format!("INDEX i2{number} ON main."), &format!("INDEX i2{number} ON ")),
        )
        .await;
    bench.request(engine, &format!("k{number}"), keyed.key).await
}

fn key_of(request: &ScanRequest, row: &[Held]) -> Key {
    Key(request
        .key
        .iter()
        .map(|at| match &row[*at] {
            Held::Value(bytes) => bytes.clone(),
            other => panic!("a key of {other:?}"),
        })
        .collect())
}

fn number(row: &[Held]) -> usize {
    let Some(Held::Value(bytes)) = row.last() else { panic!("no number") };
    Canon::Int.decode(bytes).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_in_the_order_of_their_bytes_and_ranges_have_each_row_once() {
    let bench = Bench::new().await;
    for (at, keyed) in KEYED.iter().enumerate() {
        // The bounds of one engine must cut every other one as well.
        let mut bounds: Option<Vec<KeyRange>> = None;
        for engine in [POSTGRESQL, MARIADB, SQLITE] {
            if keyed.columns[engine].is_empty() {
                continue;
            }
            let scanner = bench.scanner(engine);
            let mut request = filled(&bench, at, keyed, engine).await;
            let first = bench.scanner(POSTGRESQL).describe("public", &format!("k{at}")).await.unwrap();
            for column in &mut request.columns {
                let theirs = &first.column(&column.name).unwrap().sql_type;
                let common = Canon::common(theirs, &column.sql_type).unwrap();
                // What PostgreSQL calls a boolean meets numbers on the other sides.
                column.canon = if common == Canon::Bool { Canon::Int } else { common };
            }
            assert_eq!(request.key_refused(), None);
            assert_eq!(request.is_served_by_index(), keyed.cut[engine], "{:?}", request.columns);
            let whole = all(scanner.scan(request.clone())).await;
            assert_eq!(whole.len(), ROWS);
            assert!(whole.is_sorted_by_key(|row| key_of(&request, row)), "{:?}", request.columns);
            let own = scanner.ranges(&request, 50).await.unwrap();
            if keyed.cut[engine] {
                assert!((6..=20).contains(&own.len()), "{} ranges of {:?}", own.len(), request.columns);
            } else {
                assert_eq!(own.len(), 1);
            }
            let foreign = bounds.get_or_insert_with(|| {
                let keys: BTreeSet<Key> = whole.iter().step_by(97).map(|row| key_of(&request, row)).collect();
                KeyRange::between(keys.into_iter().collect())
            });
            for ranges in [&own, &*foreign] {
                let mut seen = vec![0; ROWS];
                let mut last = None;
                for range in ranges {
                    let part = ScanRequest { rows: Rows::Range(range.clone()), ..request.clone() };
                    for row in all(scanner.scan(part)).await {
                        seen[number(&row)] += 1;
                        let key = Some(key_of(&request, &row));
                        assert!(last <= key, "ranges follow each other");
                        last = key;
                    }
                }
                assert!(seen.iter().all(|times| *times == 1), "{:?} {seen:?}", request.columns);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_found_by_their_keys_and_only_those() {
    let bench = Bench::new().await;
    for (at, keyed) in KEYED.iter().enumerate() {
        for engine in [POSTGRESQL, MARIADB, SQLITE] {
            if keyed.columns[engine].is_empty() {
                continue;
            }
            let scanner = bench.scanner(engine);
            let request = filled(&bench, at, keyed, engine).await;
            let whole = all(scanner.scan(request.clone())).await;
            let keys: BTreeSet<Key> = whole.iter().step_by(53).map(|row| key_of(&request, row)).collect();
            let want: BTreeSet<usize> =
                whole.iter().filter(|row| keys.contains(&key_of(&request, row))).map(|row| number(row)).collect();
            let asked = ScanRequest { rows: Rows::Keys(keys.into_iter().collect()), ..request.clone() };
            let got: BTreeSet<usize> = all(scanner.scan(asked)).await.iter().map(|row| number(row)).collect();
            assert_eq!(got, want, "{:?}", request.columns);
            let none = ScanRequest { rows: Rows::Keys(Vec::new()), ..request };
            assert!(all(scanner.scan(none)).await.is_empty());
        }
    }
}

/// Bounds that an engine cannot hold itself: no row may fall between two ranges, or into both.
#[tokio::test(flavor = "multi_thread")]
async fn bounds_that_are_no_values_here_still_cut_cleanly() {
    let bench = Bench::new().await;
    let texts = ["a", "a\0", "a\0b", "a\u{1}", "a'b\\", "", "b\"; --"];
    let days = [
        "-infinity",
        "0044-03-15 BC",
        "0000-00-00",
        "2026-02-00",
        "2026-02-15",
        "9999-12-31",
        "123456-01-01",
        "infinity",
    ];
    let numbers = [
        "-Infinity",
        "-1e100",
        "-18446744073709551616",
        "-1e-50",
        "0",
        "1e-50",
        "0.5",
        "18446744073709551615",
        "1e100",
        "NaN",
    ];
    let schema = |engine| bench.schema(engine);
    for engine in [POSTGRESQL, MARIADB, SQLITE] {
        let schema = schema(engine);
        let day = if engine == SQLITE { "integer" } else { "date" };
        let days =
            if engine == SQLITE { "(1)" } else { "('0044-03-15'), ('2026-02-01'), ('2026-01-31'), ('9999-12-31')" };
        let numeric = ["numeric", "decimal(30,5)", "integer"][engine];
        bench
            .script(
                engine,
                &format!(
                    "CREATE TABLE {schema}.s (v varchar(20) NOT NULL); CREATE TABLE {schema}.d (v {day} NOT NULL); \
                     CREATE TABLE {schema}.n (v {numeric} NOT NULL); \
                     INSERT INTO {schema}.s VALUES (''), ('a'), ('A'), ('ab'), ('a''b'), ('b'), ('😀'); \
                     INSERT INTO {schema}.d VALUES {days}; INSERT INTO {schema}.n VALUES (-5), (0), (1), (7)"
                ),
            )
            .await;
    }
    bench
        .script(POSTGRESQL, "INSERT INTO d VALUES ('infinity'), ('-infinity'), ('0044-03-15 BC'), ('0001-01-01 BC')")
        .await;
    bench
        .script(
            MARIADB,
            &format!("SET sql_mode=''; INSERT INTO {0}.d VALUES ('0000-00-00'), ('2026-02-00')", schema(MARIADB)),
        )
        .await;
    for engine in [POSTGRESQL, MARIADB, SQLITE] {
        for (table, canon, bounds) in
            [("s", Canon::Text, &texts[..]), ("d", Canon::Date, &days[..]), ("n", Canon::Decimal, &numbers[..])]
        {
            if engine == SQLITE && table == "d" {
                continue;
            }
            let scanner = bench.scanner(engine);
            let mut request = bench.request(engine, table, &["v"]).await;
            request.columns[0].canon = canon;
            let whole = all(scanner.scan(request.clone())).await;
            let mut keys: Vec<Key> =
                bounds.iter().map(|bound| Key(vec![canon.bytes(Raw::Text(bound.as_bytes())).unwrap()])).collect();
            keys.sort();
            for inclusive in [true, false] {
                let mut parts = Vec::new();
                let bound = |key: &Key, inclusive| Some(Bound { key: key.clone(), inclusive });
                let starts = std::iter::once(None).chain(keys.iter().map(|key| bound(key, !inclusive)));
                let ends = keys.iter().map(|key| bound(key, inclusive)).chain([None]);
                for (from, to) in starts.zip(ends) {
                    let range = KeyRange { from, to };
                    let got =
                        all(scanner.scan(ScanRequest { rows: Rows::Range(range.clone()), ..request.clone() })).await;
                    for row in &got {
                        let key = key_of(&request, row);
                        assert!(
                            range.from.as_ref().is_none_or(|b| b.key < key || b.inclusive && b.key == key),
                            "{range:?} {key:?}"
                        );
                        assert!(
                            range.to.as_ref().is_none_or(|b| b.key > key || b.inclusive && b.key == key),
                            "{range:?} {key:?}"
                        );
                    }
                    parts.extend(got);
                }
                assert_eq!(parts, whole, "{engine} {table}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_null_in_a_key_comes_first_and_is_in_the_first_range() {
    let bench = Bench::new().await;
    for engine in [POSTGRESQL, MARIADB, SQLITE] {
        let schema = bench.schema(engine);
        let sql = format!(
            "CREATE TABLE {schema}.t (a integer, b varchar(9)); \
             INSERT INTO {schema}.t VALUES (2, NULL), (NULL, 'x'), (1, 'b'), (2, 'a'), (NULL, NULL), (3, 'c')"
        );
        bench.script(engine, &sql).await;
        let request = bench.request(engine, "t", &["a", "b"]).await;
        let scanner = bench.scanner(engine);
        let whole = all(scanner.scan(request.clone())).await;
        assert_eq!(whole.len(), 6);
        assert_eq!((&whole[0], &whole[1][0]), (&vec![Held::Null, Held::Null], &Held::Null));
        assert!(whole.is_sorted(), "{whole:?}");
        let key = |a, b: &[u8]| Key(vec![Canon::Int.bytes(Raw::Int(a)).unwrap(), b.to_vec()]);
        let cuts = [
            scanner.ranges(&request, 1).await.unwrap(),
            KeyRange::between(vec![key(2, b"")]),
            KeyRange::between(vec![key(1, b"b"), key(2, b"a"), key(3, b"")]),
        ];
        for ranges in cuts {
            let mut parts = Vec::new();
            for range in ranges {
                parts.extend(all(scanner.scan(ScanRequest { rows: Rows::Range(range), ..request.clone() })).await);
            }
            assert_eq!(parts, whole);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_described_by_its_engine() {
    let bench = Bench::new().await;
    let scripts = [
        "CREATE TABLE public.t (a integer NOT NULL, b text COLLATE \"C\" NOT NULL, c numeric(12,2), d integer GENERATED ALWAYS AS (a + 1) STORED, \
         PRIMARY KEY (b, a)); CREATE UNIQUE INDEX ua ON t (a) INCLUDE (c); CREATE UNIQUE INDEX un ON t (c); CREATE UNIQUE INDEX up ON t (b) WHERE a > 1; \
         CREATE UNIQUE INDEX ue ON t (lower(b)); INSERT INTO t VALUES (1, 'x', 2); ANALYZE t",
        "CREATE TABLE t (a int NOT NULL, b varchar(20) NOT NULL, c decimal(12,2), d int GENERATED ALWAYS AS (a + 1) STORED, PRIMARY KEY (b, a), \
         UNIQUE KEY ua (a), UNIQUE KEY un (c), UNIQUE KEY up (b(3))); INSERT INTO t (a, b, c) VALUES (1, 'x', 2)",
        "CREATE TABLE t (a integer NOT NULL, b varchar(20) NOT NULL, c decimal(12,2), d int GENERATED ALWAYS AS (a + 1) STORED, PRIMARY KEY (b, a)); \
         CREATE UNIQUE INDEX ua ON t (a); CREATE UNIQUE INDEX un ON t (c); CREATE UNIQUE INDEX up ON t (b) WHERE a > 1; \
         CREATE UNIQUE INDEX ue ON t (lower(b)); INSERT INTO t (a, b, c) VALUES (1, 'x', 2)",
    ];
    for (engine, script) in scripts.iter().enumerate() {
        bench.script(engine, &script.replace("TABLE t ", &format!("TABLE {}.t ", bench.schema(engine)))).await;
        let described = bench.scanner(engine).describe(&bench.schema(engine), "t").await.unwrap();
        assert_eq!(described.primary_key, ["b", "a"], "{engine}");
        assert_eq!(described.unique_keys, [["a"]], "{engine}");
        let columns: Vec<_> = described.columns.iter().map(|c| (c.name.as_str(), c.nullable, c.generated)).collect();
        assert_eq!(columns[..3], [("a", false, false), ("b", false, false), ("c", true, false)], "{engine}");
        assert!(described.columns[3].generated, "{engine}");
        assert_eq!(described.column("c").unwrap().sql_type.size(), [12, 2]);
        assert_eq!(described.rows, Some(1), "{engine}");
        assert_eq!(described.bytes.is_some_and(|bytes| bytes > 0), engine != SQLITE);
        let said = bench.scanner(engine).describe(&bench.schema(engine), "nothing").await.unwrap_err().to_string();
        assert!(said.contains("no table") && said.contains("nothing"), "{said}");
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_ordered_is_refused_with_its_reason() {
    let bench = Bench::new().await;
    bench
        .script(POSTGRESQL, "CREATE TABLE t (j jsonb NOT NULL, b bit(3) NOT NULL, i inet NOT NULL, n text NOT NULL)")
        .await;
    bench.script(SQLITE, "CREATE TABLE t (d TIMESTAMP NOT NULL)").await;
    for (engine, column, canon, why) in [
        (POSTGRESQL, "j", None, "no order"),
        (POSTGRESQL, "b", None, "bits"),
        (POSTGRESQL, "i", None, "as it is printed"),
        (POSTGRESQL, "n", Some(Canon::Int), "orders as text"),
        (SQLITE, "d", None, "any spelling"),
    ] {
        let mut request = bench.request(engine, "t", &[column]).await;
        let at = request.key[0];
        request.columns[at].canon = canon.unwrap_or(request.columns[at].canon);
        let reason = request.key_refused().unwrap().0;
        assert!(reason.contains(why) && reason.starts_with(column), "{reason}");
        assert_eq!(super::error(bench.scanner(engine).scan(request.clone())).await.to_string(), reason);
        request.ordered = false;
        assert!(all(bench.scanner(engine).scan(request)).await.is_empty(), "read without order it can be");
    }
}
