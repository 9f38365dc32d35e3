//! Every way to compare a table, and how it is chosen: the same answer, and the reason.

use super::side::{Side, Told, rows_of, run};
use cutover::db::Engine;
use std::collections::BTreeSet;
use std::time::Instant;

/// PostgreSQL and MariaDB with the same table, each filled in its own words; then the target is edited.
async fn pair(create: &str, fill: [&str; 2], edit: &str) -> (Side, Side) {
    let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::MySql).await);
    for (side, fill) in [(&mut source, fill[0]), (&mut target, fill[1])] {
        side.script(create).await;
        side.script(fill).await;
    }
    target.script(edit).await;
    (source, target)
}

fn keys(told: &Told, table: &str) -> BTreeSet<(String, String)> {
    rows_of(&told.lines, table).into_iter().map(|(key, (change, _))| (key, change)).collect()
}

fn expected(all: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    all.iter().map(|(key, change)| ((*key).to_owned(), (*change).to_owned())).collect()
}

fn numbers<const N: usize>(told: &Told, table: &str, names: [&str; N]) -> [u64; N] {
    names.map(|name| told.table(table)[name].as_u64().unwrap_or_else(|| panic!("{name}: {told:?}")))
}

const MANY: &str = "CREATE TABLE @.t (id bigint PRIMARY KEY, a varchar(40), n decimal(12,2), x double precision)";
const FILL_MANY: [&str; 2] = [
    "INSERT INTO @.t SELECT g, 'row ' || g, g / 100.0, g / 7.0e0 FROM generate_series(1, 120000) g; ANALYZE @.t",
    "INSERT INTO @.t SELECT seq, concat('row ', seq), seq / 100.0, seq / 7.0e0 FROM seq_1_to_120000",
];
const EDIT_MANY: &str = "UPDATE @.t SET a = 'other' WHERE id = 77777; DELETE FROM @.t WHERE id = 1;
                         INSERT INTO @.t VALUES (-5, 'more', 0, 0)";

#[tokio::test(flavor = "multi_thread")]
async fn a_large_table_is_measured_and_every_method_finds_the_same() {
    let (source, target) = pair(MANY, FILL_MANY, EDIT_MANY).await;
    let want = expected(&[("id=77777", "different"), ("id=1", "missing"), ("id=-5", "extra")]);
    for method in ["auto", "stream", "digest"] {
        let method = format!("--method={method}");
        let told = run(&source, &target, &["--settle=0s", "--range-rows=30000", &method]).await;
        assert_eq!(keys(&told, "t"), want, "{method}");
        assert_eq!(numbers(&told, "t", ["rows_source", "rows_target"]), [120_000, 120_000], "{method}");
        let table = told.table("t");
        let why = table["why"].as_str().unwrap();
        match method.as_str() {
            "--method=auto" => assert!(why.starts_with("first 20000 rows: ") && why.contains("by sums"), "{why}"),
            "--method=digest" => assert_eq!((&table["method"], why), (&"digest".into(), "sums, as asked")),
            _ => assert_eq!((&table["method"], why), (&"stream".into(), "")),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_much_differs_the_rows_are_read_and_the_result_says_so() {
    let edit = "UPDATE @.t SET a = 'other' WHERE id % 10 = 0";
    let (source, target) = pair(MANY, FILL_MANY, edit).await;
    let told = run(&source, &target, &["--settle=0s", "--method=digest"]).await;
    assert_eq!(numbers(&told, "t", ["different", "rows_source", "rows_target"]), [12_000, 120_000, 120_000]);
    assert!(told.table("t")["why"].as_str().unwrap().contains("more than a fifth"), "{told:?}");
}

/// Declared columns of the key, and the value of the nth row for PostgreSQL and for MariaDB.
const KINDS: &[(&str, [&str; 2])] = &[
    // No index gives this text in the order of its bytes.
    (
        "k varchar(20)",
        [
            "concat(CASE WHEN seq % 2 = 0 THEN 'aK' ELSE 'Ak' END, seq)",
            "concat(CASE WHEN seq % 2 = 0 THEN 'aK' ELSE 'Ak' END, seq)",
        ],
    ),
    (
        "k char(36)",
        [
            "'00000000-0000-4000-8000-' || right('00000000000' || seq, 12)",
            "concat('00000000-0000-4000-8000-', right(concat('00000000000', seq), 12))",
        ],
    ),
    ("k decimal(12,2)", ["seq / 4.0", "seq / 4.0"]),
    (
        "k timestamp(3)",
        ["timestamp '2026-01-01' + seq * interval '37 second'", "timestamp('2026-01-01') + interval seq * 37 second"],
    ),
    ("p smallint, k bigint", ["3, seq - 4500", "3, CAST(seq AS SIGNED) - 4500"]),
    ("p varchar(9), k int", ["'x', seq", "'x', seq"]),
    ("k bigint", ["(seq - 4500) * 1000003::bigint", "(CAST(seq AS SIGNED) - 4500) * 1000003"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_found_by_groups_of_every_kind_of_key() {
    for (columns, values) in KINDS {
        let key: Vec<&str> = columns.split(", ").filter_map(|one| one.split(' ').next()).collect();
        let key = key.join(", ");
        let create = format!("CREATE TABLE @.t ({columns}, a int, PRIMARY KEY ({key}))");
        let fill = [
            format!("INSERT INTO @.t SELECT {}, seq FROM generate_series(1, 9000) g(seq); ANALYZE @.t", values[0]),
            format!("INSERT INTO @.t SELECT {}, seq FROM seq_1_to_9000", values[1]),
        ];
        let edit = "UPDATE @.t SET a = -1 WHERE a = 4321; DELETE FROM @.t WHERE a IN (1, 9000)";
        let (source, target) = pair(&create, [&fill[0], &fill[1]], edit).await;
        for (one, other) in [(&source, &target), (&target, &source)] {
            for method in ["--method=digest", "--method=stream"] {
                let told = run(one, other, &["--settle=300ms", "--range-rows=3000", method]).await;
                let names = ["different", "missing", "extra", "rows_source", "rows_target"];
                let want = if one.url == source.url { [1, 2, 0, 9_000, 8_998] } else { [1, 0, 2, 8_998, 9_000] };
                assert_eq!(numbers(&told, "t", names), want, "{columns}, {method}");
                assert_eq!(
                    told.table("t")["method"].as_str().map(|word| format!("--method={word}")).as_deref(),
                    Some(method)
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_without_a_key_are_counted_by_what_they_are() {
    let create = "CREATE TABLE @.t (a int, b varchar(20)); CREATE TABLE @.j (a int, b json)";
    let fill = |numbers: &str| {
        let document = "{\"a\": 1, \"b\": [2]}";
        format!(
            "INSERT INTO @.t SELECT seq % 500, 'same' FROM {numbers};
             INSERT INTO @.t VALUES (NULL, NULL), (NULL, ''), (NULL, NULL);
             INSERT INTO @.j SELECT seq, '{document}' FROM {numbers}"
        )
    };
    let fill = [fill("generate_series(1, 5000) g(seq)"), fill("seq_1_to_5000")];
    // One of ten rows that are the same is gone, and so is one of two NULLs.
    let edit = "DELETE FROM @.t WHERE a = 7 LIMIT 1; DELETE FROM @.t WHERE b IS NULL LIMIT 1;
                INSERT INTO @.t VALUES (1000, 'more'), (1000, 'more'); UPDATE @.j SET b = '[]' WHERE a = 5";
    let (source, target) = pair(create, [&fill[0], &fill[1]], edit).await;
    for method in ["auto", "stream"] {
        let told = run(&source, &target, &["--settle=300ms", "--with-values", &format!("--method={method}")]).await;
        let names = ["missing", "extra", "different", "rows_source", "rows_target"];
        assert_eq!(numbers(&told, "t", names), [2, 2, 0, 5_003, 5_003], "{method}");
        assert_eq!(told.table("t")["method"], "multiset");
        let lines: Vec<_> = told.lines.iter().filter(|line| line["kind"] == "row").collect();
        assert!(lines.iter().any(|line| line["source_values"]["a"] == 7 && line["change"] == "missing"), "{lines:?}");
        assert!(lines.iter().all(|line| line["key"]["row_hash"].as_str().is_some_and(|hash| hash.len() == 32)));
        // JSON is compared by value, which no server does.
        assert_eq!(numbers(&told, "j", ["missing", "extra", "rows_source"]), [1, 1, 5_000], "{method}: {told:?}");
        assert!(told.table("j")["why"].as_str().unwrap().contains("every row is read"), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_values_are_compared_by_hash_and_only_as_far_as_the_task_copies_them() {
    let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::MySql).await);
    source.script("CREATE TABLE @.t (id int PRIMARY KEY, body text, raw bytea)").await;
    target.script("CREATE TABLE @.t (id int PRIMARY KEY, body longtext CHARACTER SET latin1, `raw` longblob)").await;
    for (id, body, raw) in [(1, "'café'", "616263"), (2, "NULL", ""), (3, "'1'", "616263"), (4, "''", "00ff")] {
        source.script(&format!("INSERT INTO @.t VALUES ({id}, {body}, '\\x{raw}')")).await;
        target.script(&format!("INSERT INTO @.t VALUES ({id}, {body}, x'{raw}')")).await;
    }
    // The same to 2 KB, and no longer.
    source.script("INSERT INTO @.t VALUES (5, repeat('x', 3000), decode(repeat('ff', 3000), 'hex'))").await;
    target.script("INSERT INTO @.t VALUES (5, repeat('x', 2048), repeat(x'ff', 2048))").await;
    target.script("UPDATE @.t SET body = '2' WHERE id = 3; UPDATE @.t SET `raw` = NULL WHERE id = 2").await;
    for (arguments, want) in [
        (&["--lobs=hash"][..], &["id=2", "id=3", "id=5"][..]),
        (&["--lobs=values"], &["id=2", "id=3", "id=5"]),
        (&["--lobs=hash", "--lob-limit=2"], &["id=2", "id=3"]),
        (&["--lobs=values", "--lob-limit=2"], &["id=2", "id=3"]),
        (&["--lobs=hash", "--lob-limit=2", "--method=digest"], &["id=2", "id=3"]),
        (&["--lobs=values", "--lob-limit=2", "--method=digest"], &["id=2", "id=3"]),
        (&["--lobs=hash", "--method=digest"], &["id=2", "id=3", "id=5"]),
    ] {
        let told = run(&source, &target, &[&["--settle=300ms"], arguments].concat()).await;
        let want = expected(&want.iter().map(|key| (*key, "different")).collect::<Vec<_>>());
        assert_eq!(keys(&told, "t"), want, "{arguments:?}: {}", told.stderr);
        let limited = arguments.contains(&"--lob-limit=2");
        assert_eq!(told.stderr.contains("only the first 2 KB, the LOB limit: body, raw"), limited, "{}", told.stderr);
        let hashed = arguments.contains(&"--lobs=hash");
        assert_eq!(told.stderr.contains("by hash and length: body, raw"), hashed, "{}", told.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_was_cut_in_a_character_is_compared_up_to_that_character() {
    let engines = [Engine::PostgreSql, Engine::MySql, Engine::Sqlite];
    let create = |engine| match engine {
        Engine::MySql => "CREATE TABLE @.t (id int PRIMARY KEY, body longtext) CHARSET utf8mb4",
        _ => "CREATE TABLE @.t (id int PRIMARY KEY, body text)",
    };
    // 2,046 or 2,047 bytes and then a character of two, three or four; or one that ends just there.
    let all = [(2_047, "é"), (2_046, "é"), (2_047, "語"), (2_046, "語"), (2_045, "語"), (2_045, "😀"), (2_044, "😀")];
    for (source, target) in engines.iter().flat_map(|a| engines.map(|b| (*a, b))) {
        let (mut ours, mut theirs) = (Side::new(source).await, Side::new(target).await);
        ours.script(create(source)).await;
        theirs.script(create(target)).await;
        for (id, (before, end)) in all.iter().enumerate() {
            let whole = format!("{}{end}{}", "x".repeat(*before), "y".repeat(1_500));
            let fits = if before + end.len() <= 2_048 { *end } else { "" };
            // Cut behind the last whole character, or after as many characters: more bytes than the limit.
            let by_characters: String = whole.chars().take(2_048).collect();
            for (nth, cut) in [format!("{}{fits}", "x".repeat(*before)), by_characters].iter().enumerate() {
                let id = id * 2 + nth;
                ours.script(&format!("INSERT INTO @.t VALUES ({id}, '{whole}')")).await;
                theirs.script(&format!("INSERT INTO @.t VALUES ({id}, '{cut}')")).await;
            }
        }
        // The last character before the cut counts.
        let (one, other) = (format!("{}語zz", "x".repeat(2_045)), format!("{}誠zz", "x".repeat(2_045)));
        ours.script(&format!("INSERT INTO @.t VALUES (99, '{one}')")).await;
        theirs.script(&format!("INSERT INTO @.t VALUES (99, '{other}')")).await;
        for lobs in ["--lobs=hash", "--lobs=values"] {
            let told = run(&ours, &theirs, &["--settle=0s", "--lob-limit=2", lobs]).await;
            let want = expected(&[("id=99", "different")]);
            assert_eq!(keys(&told, "t"), want, "{source:?} {target:?} {lobs}: {}", told.stderr);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_a_second_are_not_exceeded_by_any_method() {
    let create = "CREATE TABLE @.t (id int PRIMARY KEY, a int); CREATE TABLE @.k (a int)";
    let fill = |numbers: &str| {
        format!("INSERT INTO @.t SELECT seq, 1 FROM {numbers}; INSERT INTO @.k SELECT seq FROM {numbers}")
    };
    let fill = [fill("generate_series(1, 2000) g(seq)"), fill("seq_1_to_2000")];
    let (source, target) = pair(create, [&fill[0], &fill[1]], "SELECT 1").await;
    for (table, method) in [("t", "stream"), ("t", "digest"), ("k", "auto")] {
        let arguments = ["--rows-per-second=4000", &format!("--method={method}"), &format!("--table={table}")];
        let began = Instant::now();
        let told = run(&source, &target, &arguments).await;
        let seconds = began.elapsed().as_secs_f64();
        assert_eq!((told.status, told.verdict(table)), (Some(0), "equal"), "{told:?}");
        assert!((0.8..30.0).contains(&seconds), "{table} by {method}: 4000 rows took {seconds} s");
    }
}
