//! Wrong answers that other tools give, each with the right one. Where they come from: reladiff 0.6, Google's data
//! validation tool 8.10, pgCompare 0.5, and a checksum by `BIT_XOR(CRC32)`, all of them seen to give them.

use super::side::{Side, Told, rows_of, run};
use cutover::db::Engine;
use std::collections::BTreeMap;

/// One table on both sides; `@` is the schema and `#` the table.
struct Case {
    name: &'static str,
    source: &'static str,
    target: &'static str,
    /// Key, change and columns of every difference, in the order of the keys.
    differences: &'static [(&'static str, &'static str, &'static [&'static str])],
}

const TEXT_PG: &str = "CREATE TABLE @.# (id bigint PRIMARY KEY, a text, b text);";
const TEXT_MY: &str = "CREATE TABLE @.# (id bigint PRIMARY KEY, a longtext, b longtext) DEFAULT CHARSET=utf8mb4;";

/// PostgreSQL as the source, MariaDB as the target.
const ACROSS: &[Case] = &[
    Case {
        // reladiff: TypeError, part of the output, exit 0.
        name: "nulls_among_values",
        source: "INSERT INTO @.# VALUES (1, NULL, 'x'), (2, 'y', NULL), (3, NULL, NULL), (4, 'z', 'z')",
        target: "INSERT INTO @.# VALUES (1, 'v', 'x'), (2, NULL, 'w'), (3, NULL, NULL), (4, 'z', 'z')",
        differences: &[("id=1", "different", &["a"]), ("id=2", "different", &["a", "b"])],
    },
    Case {
        // reladiff: an error and exit 0.
        name: "target_is_empty",
        source: "INSERT INTO @.# VALUES (1, 'a', 'b'), (2, 'a', 'b')",
        target: "",
        differences: &[("id=1", "missing", &[]), ("id=2", "missing", &[])],
    },
    Case {
        // reladiff and DVT: NULL has a text, and the text is NULL.
        name: "placeholder_of_null",
        source: "INSERT INTO @.# VALUES (1, NULL, ''), (2, '<null>', ' '), (3, 'NULL', NULL), (4, NULL, NULL)",
        target: "INSERT INTO @.# VALUES (1, '<null>', NULL), (2, NULL, ''), (3, NULL, ' '), (4, '', NULL)",
        differences: &[
            ("id=1", "different", &["a", "b"]),
            ("id=2", "different", &["a", "b"]),
            ("id=3", "different", &["a", "b"]),
            ("id=4", "different", &["a"]),
        ],
    },
    Case {
        // reladiff joins columns by a bar, DVT by nothing.
        name: "where_a_column_ends",
        source: "INSERT INTO @.# VALUES (1, 'a|b', 'c'), (2, 'ab', 'c'), (3, 'same|', '|same')",
        target: "INSERT INTO @.# VALUES (1, 'a', 'b|c'), (2, 'a', 'bc'), (3, 'same|', '|same')",
        differences: &[("id=1", "different", &["a", "b"]), ("id=2", "different", &["a", "b"])],
    },
    Case {
        // DVT trims.
        name: "blanks_at_the_end",
        source: "INSERT INTO @.# VALUES (1, 't ', 'x'), (2, 't', ' ')",
        target: "INSERT INTO @.# VALUES (1, 't', 'x'), (2, 't', '')",
        differences: &[("id=1", "different", &["a"]), ("id=2", "different", &["b"])],
    },
    Case {
        // reladiff speaks three-byte UTF-8 to MySQL.
        name: "emoji",
        source: "INSERT INTO @.# VALUES (1, '😀', 'ü'), (2, '😀', 'x')",
        target: "INSERT INTO @.# VALUES (1, '😀', 'ü'), (2, '😁', 'x')",
        differences: &[("id=2", "different", &["a"])],
    },
    Case {
        // reladiff: "999999 rows in B".
        name: "rows_beyond_the_other_side",
        source: "INSERT INTO @.# VALUES (10, 'a', 'b'), (11, 'a', 'b')",
        target: "INSERT INTO @.# VALUES (-5, 'x', 'x'), (10, 'a', 'b'), (11, 'a', 'b'), (99, 'x', 'x')",
        differences: &[("id=-5", "extra", &[]), ("id=99", "extra", &[])],
    },
    Case {
        name: "floats",
        source: "CREATE TABLE @.# (id bigint PRIMARY KEY, x double precision);
                 INSERT INTO @.# VALUES (1, 1e-9), (2, 0.1234567), (3, 1e300), (4, 0.1), (5, -0.0), (6, 1234567890123456)",
        target: "CREATE TABLE @.# (id bigint PRIMARY KEY, x double);
                 INSERT INTO @.# VALUES (1, 5e-9), (2, 0.12345674), (3, 1e300), (4, 0.1), (5, 0.0), (6, 1234567890123457)",
        differences: &[
            ("id=1", "different", &["x"]),
            ("id=2", "different", &["x"]),
            ("id=6", "different", &["x"]),
        ],
    },
    Case {
        // DVT rounds a decimal of MariaDB to an integer; pgCompare loses digits of large integers.
        name: "decimals_and_large_integers",
        source: "CREATE TABLE @.# (id bigint PRIMARY KEY, d numeric(12,2), n numeric(30,0), i bigint);
                 INSERT INTO @.# VALUES (1, 12.50, 123456789012345678901234567890, 9007199254740993),
                   (2, 0.01, 123456789012345678901234567890, 9007199254740993), (3, -0.00, 0, -1)",
        target: "CREATE TABLE @.# (id bigint PRIMARY KEY, d decimal(12,2), n decimal(30,0), i bigint);
                 INSERT INTO @.# VALUES (1, 12.50, 123456789012345678901234567890, 9007199254740993),
                   (2, 0.02, 123456789012345678901234567891, 9007199254740992), (3, 0.00, 0, -1)",
        differences: &[("id=2", "different", &["d", "i", "n"])],
    },
    Case {
        // DVT and pgCompare do not look below the second; reladiff thinks that MariaDB rounds.
        name: "microseconds",
        source: "CREATE TABLE @.# (id bigint PRIMARY KEY, t timestamp(6));
                 INSERT INTO @.# VALUES (1, '2026-11-22 10:00:00.000001'), (2, '2026-11-22 10:00:00.5')",
        target: "CREATE TABLE @.# (id bigint PRIMARY KEY, t datetime(6));
                 INSERT INTO @.# VALUES (1, '2026-11-22 10:00:00.000002'), (2, '2026-11-22 10:00:00.500000')",
        differences: &[("id=1", "different", &["t"])],
    },
    Case {
        // DVT casts a time to GMT on one side; a server's own zone is nobody's data.
        name: "zones_of_servers",
        source: "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Tokyo''', current_database()); END $$;
                 CREATE TABLE @.# (id bigint PRIMARY KEY, m timestamp with time zone, t time, w timestamp);
                 INSERT INTO @.# VALUES (1, '2026-11-22 10:00:00+00', '10:00', '2026-11-22 10:00'),
                   (2, '2026-11-22 10:00:00+09', '10:00', '2026-11-22 10:00')",
        target: "SET time_zone = '-05:00'; CREATE TABLE @.# (id bigint PRIMARY KEY, m timestamp(6) NULL, t time, w datetime);
                 INSERT INTO @.# VALUES (1, '2026-11-22 05:00:00', '10:00', '2026-11-22 10:00'),
                   (2, '2026-11-22 10:00:00', '10:00', '2026-11-22 10:00')",
        differences: &[("id=2", "different", &["m"])],
    },
    Case {
        // A boolean of MySQL may hold 2, which is not true.
        name: "booleans",
        source: "CREATE TABLE @.# (id bigint PRIMARY KEY, f boolean);
                 INSERT INTO @.# VALUES (1, true), (2, false), (3, true), (4, NULL), (5, false)",
        target: "CREATE TABLE @.# (id bigint PRIMARY KEY, f tinyint(1));
                 INSERT INTO @.# VALUES (1, 1), (2, 0), (3, 2), (4, 0), (5, NULL)",
        differences: &[
            ("id=3", "different", &["f"]),
            ("id=4", "different", &["f"]),
            ("id=5", "different", &["f"]),
        ],
    },
    Case {
        name: "cut_exact",
        source: CUT_PG,
        target: CUT_MY,
        differences: &[("id=1", "different", &["t"]), ("id=2", "different", &["t"])],
    },
    Case { name: "cut_truncated", source: CUT_PG, target: CUT_MY, differences: &[] },
    Case {
        name: "cut_rounded",
        source: CUT_PG,
        target: CUT_MY,
        differences: &[("id=1", "different", &["t"]), ("id=2", "different", &["t"])],
    },
    Case { name: "cut_either", source: CUT_PG, target: CUT_MY, differences: &[] },
    Case {
        // Wall clocks of Berlin beside moments: in summer, in winter, and in the hour that came twice.
        name: "zone_declared",
        source: "CREATE TABLE @.# (id bigint PRIMARY KEY, t timestamp with time zone);
                 INSERT INTO @.# VALUES (1, '2026-07-01 10:00:00+00'), (2, '2026-12-01 11:00:00+00'),
                   (3, '2026-10-25 00:30:00+00'), (4, '2026-07-01 12:00:00+00'), (5, NULL)",
        target: "CREATE TABLE @.# (id bigint PRIMARY KEY, t datetime);
                 INSERT INTO @.# VALUES (1, '2026-07-01 12:00:00'), (2, '2026-12-01 12:00:00'),
                   (3, '2026-10-25 02:30:00'), (4, '2026-07-01 12:00:00'), (5, NULL)",
        differences: &[("id=3", "different", &["t"]), ("id=4", "different", &["t"])],
    },
    Case {
        name: "json_by_value",
        source: "CREATE TABLE @.# (id bigint PRIMARY KEY, j jsonb);
                 INSERT INTO @.# VALUES (1, '{\"bb\": 1.0, \"a\": [1, 2]}'), (2, '{\"a\": 1}'), (3, 'null')",
        target: "CREATE TABLE @.# (id bigint PRIMARY KEY, j json);
                 INSERT INTO @.# VALUES (1, '{\"a\":[1,2],\"bb\":1}'), (2, '{\"a\":\"1\"}'), (3, NULL)",
        differences: &[("id=2", "different", &["j"]), ("id=3", "different", &["j"])],
    },
    Case {
        // Collations: an order that only one side has, and letters that only one side tells apart.
        name: "text_keys",
        source: "CREATE TABLE @.# (k varchar(20) PRIMARY KEY, v int);
                 INSERT INTO @.# VALUES ('_b', 1), ('A', 1), ('b', 1), ('Z', 1), ('ö', 1), ('😀', 1), ('~', 1)",
        target: "CREATE TABLE @.# (k varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY, v int);
                 INSERT INTO @.# VALUES ('_b', 1), ('a', 1), ('b', 1), ('Z', 2), ('ö', 1), ('😀', 1), ('~', 1)",
        differences: &[("k=A", "missing", &[]), ("k=Z", "different", &["v"]), ("k=a", "extra", &[])],
    },
    Case {
        // MOLT and DMS: no duplicates where the target lost its constraint.
        name: "rows_twice_in_the_target",
        source: "INSERT INTO @.# VALUES (1, 'a', 'a'), (2, 'b', 'b')",
        target: "CREATE TABLE @.# (id bigint, a longtext, b longtext) DEFAULT CHARSET=utf8mb4;
                 INSERT INTO @.# VALUES (1, 'a', 'a'), (2, 'b', 'b'), (2, 'b', 'b')",
        differences: &[("id=2", "extra", &[])],
    },
];

const CUT_PG: &str = "CREATE TABLE @.# (id bigint PRIMARY KEY, t timestamp(6));
     INSERT INTO @.# VALUES (1, '2026-11-22 10:00:00.000700'), (2, '2026-11-22 10:00:00.123999')";
const CUT_MY: &str = "CREATE TABLE @.# (id bigint PRIMARY KEY, t datetime(3));
     INSERT INTO @.# VALUES (1, '2026-11-22 10:00:00.000700'), (2, '2026-11-22 10:00:00.123999')";

/// Makes the tables of both sides; a text without CREATE gets the ordinary table.
async fn fill(side: &mut Side, ordinary: &str, case: &Case, text: &str) {
    let create = if text.contains("CREATE TABLE") { "" } else { ordinary };
    side.script(&format!("{create}{text}").replace('#', case.name)).await;
}

/// Rows that are read, and sums of them made by the servers.
const METHODS: [&str; 2] = ["--method=stream", "--method=digest"];

/// How many tables were compared as asked: all but those with a type that a server cannot write.
fn by(told: &Told, method: &str) -> usize {
    let mut as_asked = 0;
    for table in told.lines.iter().filter(|line| line["kind"] == "table") {
        let (used, why) = (table["method"].as_str().unwrap(), table["why"].as_str().unwrap());
        if format!("--method={used}") == method {
            as_asked += 1;
        } else {
            assert!(why.contains("every row is read: "), "{method}: {table}");
        }
    }
    as_asked
}

fn check(told: &Told, case: &Case) {
    let want: BTreeMap<String, _> = case
        .differences
        .iter()
        .map(|(key, change, columns)| {
            ((*key).to_owned(), ((*change).to_owned(), columns.iter().map(|name| (*name).to_owned()).collect()))
        })
        .collect();
    assert_eq!(rows_of(&told.lines, case.name), want, "{}", case.name);
    let verdict = if want.is_empty() { "equal" } else { "different" };
    assert_eq!(told.verdict(case.name), verdict, "{}: {}", case.name, told.table(case.name));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_get_wrong_across_engines_is_told_right() {
    let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::MySql).await);
    for case in ACROSS {
        fill(&mut source, TEXT_PG, case, case.source).await;
        fill(&mut target, TEXT_MY, case, case.target).await;
    }
    let rules = [
        "--rule=cut_truncated.t=timestamp-truncate:3",
        "--rule=cut_rounded.t=timestamp-round:3",
        "--rule=cut_either.t=timestamp-either:3",
        "--rule=zone_declared.t=zone:Europe/Berlin",
        "--settle=0s",
    ];
    for method in METHODS {
        let arguments = [&rules[..], &[method]].concat();
        let told = run(&source, &target, &arguments).await;
        assert_eq!(told.status, Some(1), "{}", told.stderr);
        assert!(by(&told, method) > ACROSS.len() / 2, "{method}: {told:?}");
        for case in ACROSS {
            check(&told, case);
        }
        // The same, always: reladiff's answer changes from run to run.
        let again = run(&source, &target, &arguments).await;
        for case in ACROSS {
            assert_eq!(rows_of(&again.lines, case.name), rows_of(&told.lines, case.name));
        }
    }
}

/// Those that are about text are wrong in any two databases.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_get_wrong_about_text_is_told_right_in_every_pair() {
    let cases: Vec<&Case> =
        ACROSS.iter().filter(|case| !format!("{}{}", case.source, case.target).contains("CREATE TABLE")).collect();
    assert!(cases.len() > 6);
    let engines = [Engine::PostgreSql, Engine::MySql, Engine::Sqlite];
    for (from, to) in engines.into_iter().flat_map(|from| engines.map(|to| (from, to))) {
        let (mut source, mut target) = (Side::new(from).await, Side::new(to).await);
        for case in &cases {
            for (side, text) in [(&mut source, case.source), (&mut target, case.target)] {
                let ordinary = if side.dialect().engine == Engine::MySql { TEXT_MY } else { TEXT_PG };
                fill(side, ordinary, case, text).await;
            }
        }
        for method in METHODS {
            let told = run(&source, &target, &["--settle=0s", method]).await;
            assert_eq!(told.status, Some(1), "{from:?} {to:?}: {}", told.stderr);
            let hashes = method == "--method=stream" || ![from, to].contains(&Engine::Sqlite);
            assert_eq!(by(&told, method), if hashes { cases.len() } else { 0 }, "{from:?} {to:?} {method}: {told:?}");
            for case in &cases {
                check(&told, case);
            }
        }
    }
}

/// reladiff says 999999 of a million, and of a table that is not there only that there was an error, with exit status 0.
#[tokio::test(flavor = "multi_thread")]
async fn every_row_beyond_the_other_side_is_counted_and_a_table_that_is_not_there_is_not_known() {
    let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::MySql).await);
    let create = "CREATE TABLE @.t (id bigint PRIMARY KEY, a varchar(9));";
    source
        .script(&format!("{create}INSERT INTO @.t VALUES (500, 'x'); CREATE TABLE @.u (id bigint PRIMARY KEY)"))
        .await;
    target.script(&format!("{create}INSERT INTO @.t SELECT seq, 'x' FROM seq_1_to_30000")).await;
    for settle in ["--settle=0s", "--settle=100ms"] {
        let told = run(&source, &target, &[settle, "--range-rows=1000"]).await;
        let counts = ["rows_source", "rows_target", "different", "missing", "extra"];
        assert_eq!(counts.map(|name| told.table("t")[name].as_u64().unwrap()), [1, 30_000, 0, 0, 29_999], "{settle}");
        assert_eq!((told.status, told.verdict("u")), (Some(1), "unknown"), "{told:?}");
    }
    let told = run(&target, &source, &["--settle=0s"]).await;
    assert_eq!(told.table("t")["missing"], 29_999);
    let asked = run(&source, &target, &["--table=u"]).await;
    assert_eq!((asked.status, asked.stdout.as_str()), (Some(2), ""), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_float_of_any_size_is_read_within_one_engine_too() {
    for engine in [Engine::PostgreSql, Engine::MySql] {
        let (mut source, mut target) = (Side::new(engine).await, Side::new(engine).await);
        let create = "CREATE TABLE @.t (id bigint PRIMARY KEY, x double precision);";
        source.script(&format!("{create}INSERT INTO @.t VALUES (1, 1e300), (2, 1e-300), (3, 0.1)")).await;
        target.script(&format!("{create}INSERT INTO @.t VALUES (1, 1e300), (2, 2e-300), (3, 0.1)")).await;
        let told = run(&source, &target, &["--settle=0s"]).await;
        assert_eq!(told.status, Some(1), "{}", told.stderr);
        assert_eq!(rows_of(&told.lines, "t").keys().collect::<Vec<_>>(), ["id=2"]);
    }
}

/// tidb-tools#703: XOR of CRC32 is the same before and after.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_cancel_each_other_out_in_a_checksum_are_found() {
    let (mut source, mut target) = (Side::new(Engine::MySql).await, Side::new(Engine::MySql).await);
    let create = "CREATE TABLE @.t (a int PRIMARY KEY, b int, at datetime);";
    let rows = |minute: u8| {
        let row = |id: u8| format!("({id}, {id}, '2022-03-0{id} 10:{minute:02}:00')");
        (1..=4).map(row).collect::<Vec<_>>().join(", ")
    };
    source.script(&format!("{create}INSERT INTO @.t VALUES {}", rows(0))).await;
    target.script(&format!("{create}INSERT INTO @.t VALUES {}", rows(10))).await;
    for method in METHODS {
        let told = run(&source, &target, &["--settle=0s", method]).await;
        assert_eq!((told.status, told.table("t")["different"].as_u64()), (Some(1), Some(4)), "{method}");
        assert_eq!(by(&told, method), 1, "{told:?}");
    }
}

/// reladiff breaks lines inside JSON where the terminal is narrow, and its exit status is 0 whatever it finds.
#[tokio::test(flavor = "multi_thread")]
async fn wide_rows_are_one_line_of_json_each() {
    let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::Sqlite).await);
    let create = "CREATE TABLE @.t (id bigint PRIMARY KEY, a varchar(900));";
    source.script(&format!("{create}INSERT INTO @.t VALUES (1, '{}')", "wide\n".repeat(100))).await;
    target.script(&format!("{create}INSERT INTO @.t VALUES (1, '{}')", "wide\t".repeat(100))).await;
    let told = run(&source, &target, &["--settle=0s", "--with-values"]).await;
    assert_eq!(told.status, Some(1), "{}", told.stderr);
    let kinds: Vec<&str> = told.lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["run", "row", "table", "summary"]);
    let row = told.lines.iter().find(|line| line["kind"] == "row").unwrap();
    assert_eq!(row["source_values"]["a"], "wide\n".repeat(100));
    assert_eq!(row["target_values"]["a"], "wide\t".repeat(100));
}
