//! The command itself: what it prints, its exit status, its options.

use super::side::{Side, command, rows_of, run, told};
use crate::cli::{fits, promised};
use cutover::db::Engine;

async fn pair(source: Engine, target: Engine, ours: &str, theirs: &str) -> (Side, Side) {
    let (mut source, mut target) = (Side::new(source).await, Side::new(target).await);
    source.script(ours).await;
    target.script(theirs).await;
    (source, target)
}

const TABLE: &str = "CREATE TABLE @.t (id bigint PRIMARY KEY, a varchar(40));";

#[tokio::test(flavor = "multi_thread")]
async fn json_has_exactly_the_names_and_types_of_its_documentation() {
    let rows = "INSERT INTO @.t VALUES (1, 'a'), (2, NULL), (3, 'c')";
    let others = "INSERT INTO @.t VALUES (1, 'a'), (2, 'b'), (4, 'd')";
    let (source, target) =
        pair(Engine::PostgreSql, Engine::MySql, &format!("{TABLE}{rows}"), &format!("{TABLE}{others}")).await;
    for values in [&[][..], &["--with-values"], &["--count"]] {
        let told = run(&source, &target, &[&["--settle=0s"], values].concat()).await;
        for line in &told.lines {
            let kind = line["kind"].as_str().unwrap();
            let promised = promised(&format!("validate, a {kind}"));
            let line = line.as_object().unwrap();
            assert_eq!(line.keys().collect::<Vec<_>>(), promised.keys().collect::<Vec<_>>(), "{kind}");
            for (name, value) in line {
                assert!(fits(value, &promised[name]), "{kind}: {name} is {value}, not {}", promised[name]);
            }
        }
        assert_eq!(told.summary()["tables"], 1);
    }
    let told = run(&source, &target, &["--settle=0s", "--with-values"]).await;
    assert_eq!(told.status, Some(1));
    let row = told.lines.iter().find(|line| line["change"] == "different").unwrap();
    assert_eq!((&row["source_values"]["a"], &row["target_values"]["a"]), (&serde_json::Value::Null, &"b".into()));
    let table = told.table("t");
    let counts = ["rows_source", "rows_target", "different", "missing", "extra", "in_flight"];
    assert_eq!(counts.map(|name| table[name].as_u64().unwrap()), [3, 3, 1, 1, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_say_counts() {
    let fill = |ids: &str| format!("{TABLE}INSERT INTO @.t (id) VALUES {ids}");
    for (target, status, verdict) in [("(7), (8)", 0, "counts_equal"), ("(7)", 1, "different")] {
        let (source, target) = pair(Engine::MySql, Engine::Sqlite, &fill("(1), (2)"), &fill(target)).await;
        let told = run(&source, &target, &["--count", "--settle=0s"]).await;
        assert_eq!((told.status, told.verdict("t")), (Some(status), verdict), "{told:?}");
        assert_eq!(
            (&told.table("t")["method"], &told.table("t")["missing"]),
            (&"count".into(), &serde_json::Value::Null)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_can_be_named_and_rows_of_one_key_are_compared_as_multisets() {
    let create = "CREATE TABLE @.t (k varchar(9), part int, a varchar(9));";
    let (source, target) = pair(
        Engine::PostgreSql,
        Engine::MySql,
        &format!(
            "{create}INSERT INTO @.t VALUES ('x', 1, 'a'), ('x', 1, 'a'), ('x', 1, 'b'), ('y', 2, 'c'), (NULL, 3, 'n')"
        ),
        &format!(
            "{create}INSERT INTO @.t VALUES ('x', 1, 'b'), ('x', 1, 'a'), ('x', 1, 'c'), ('y', 2, 'c'), (NULL, 3, 'm')"
        ),
    )
    .await;
    for settle in ["--settle=0s", "--settle=300ms"] {
        let told = run(&source, &target, &["--key=k", "--key=part", settle]).await;
        let table = told.table("t");
        assert_eq!((told.status, table["different"].as_u64()), (Some(1), Some(2)), "{settle}: {told:?}");
        assert_eq!((&table["missing"], &table["extra"], &table["rows_source"]), (&0.into(), &0.into(), &5.into()));
        let keys: Vec<String> = rows_of(&told.lines, "t").into_keys().collect();
        assert_eq!(keys, ["k=null part=3", "k=x part=1"]);
    }
    // Nobody vouches for it: that is said before anything is read.
    let told = run(&source, &target, &["--key=k", "--settle=0s"]).await;
    assert!(told.stderr.contains("--key (k)") && told.stderr.contains("makes it unique"), "{}", told.stderr);
    // What, where, why, and what to do.
    let told = run(&source, &target, &["--key=none"]).await;
    assert_eq!((told.status, told.stdout.as_str()), (Some(2), ""), "{told:?}");
    for part in ["--key none", "public.t", "k, part, a"] {
        assert!(told.stderr.contains(part), "{part}: {}", told.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_not_compared_with_itself() {
    for engine in [Engine::PostgreSql, Engine::MySql, Engine::Sqlite] {
        let mut side = Side::new(engine).await;
        side.script(&format!(
            "{TABLE}INSERT INTO @.t (id, a) VALUES (1, 'a'); CREATE TABLE @.u (id bigint PRIMARY KEY)"
        ))
        .await;
        let told = run(&side, &side, &[]).await;
        assert_eq!((told.status, told.stdout.as_str()), (Some(2), ""), "{engine:?}: {told:?}");
        for part in ["one and the same database", ".t would be compared with itself"] {
            assert!(told.stderr.contains(part), "{engine:?} {part}: {}", told.stderr);
        }
        // Two tables of it are two.
        let told = run(&side, &side, &["--table=t=u", "--count"]).await;
        assert_eq!(told.status, Some(1), "{engine:?}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_are_counted_however_few_are_listed_and_it_stops_where_it_is_told() {
    let fill = |from: u32| {
        let rows: Vec<String> = (from..from + 3_000).map(|id| format!("({id}, 'a')")).collect();
        format!("{TABLE}INSERT INTO @.t VALUES {}", rows.join(", "))
    };
    let (source, target) = pair(Engine::Sqlite, Engine::Sqlite, &fill(0), &fill(1_000)).await;
    // Without a wait; with one, the rows of a range too many to be read by their keys, and few enough.
    for how in [
        ["--settle=0s", "--range-rows=700"],
        ["--settle=200ms", "--range-rows=700"],
        ["--settle=200ms", "--range-rows=300"],
    ] {
        let told = run(&source, &target, &[&["--report=3"], &how[..]].concat()).await;
        let table = told.table("t");
        assert_eq!((table["missing"].as_u64(), table["extra"].as_u64()), (Some(1_000), Some(1_000)), "{how:?}");
        assert_eq!(rows_of(&told.lines, "t").into_keys().collect::<Vec<_>>(), ["id=0", "id=1", "id=2"]);
    }
    let told = run(&source, &target, &["--report=3", "--settle=0s"]).await;
    assert_eq!((&told.summary()["differences"], &told.summary()["differences_listed"]), (&2_000.into(), &3.into()));
    let told = run(&source, &target, &["--stop-after=10", "--settle=0s", "--range-rows=100", "--jobs=1"]).await;
    let table = told.table("t");
    assert_eq!((told.status, told.verdict("t")), (Some(1), "different"), "{table}");
    // It stops between two batches, so it may find a few more; which range comes first is not promised.
    let found = table["missing"].as_u64().unwrap() + table["extra"].as_u64().unwrap();
    assert!((10..2_000).contains(&found), "{table}");
    assert!(table["problems"].to_string().contains("stop"), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_paired_by_name_and_columns_without_regard_to_case() {
    let (source, target) = pair(
        Engine::PostgreSql,
        Engine::MySql,
        "CREATE TABLE @.orders (\"Id\" bigint PRIMARY KEY, \"Note\" text); INSERT INTO @.orders VALUES (1, 'a')",
        "CREATE TABLE @.copy (id bigint PRIMARY KEY, note text); INSERT INTO @.copy VALUES (1, 'a')",
    )
    .await;
    let told = run(&source, &target, &["--table=orders=copy"]).await;
    assert_eq!((told.status, told.verdict("orders")), (Some(0), "equal"), "{told:?}");
    // No table in common, and none named: nothing was asked.
    let empty = Side::new(Engine::Sqlite).await;
    let nothing = run(&empty, &empty, &[]).await;
    assert_eq!((nothing.status, nothing.stdout.as_str()), (Some(2), ""), "{nothing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_comes_from_the_environment_and_is_never_printed() {
    let (source, target) = pair(Engine::MySql, Engine::Sqlite, TABLE, TABLE).await;
    let bare = source.url.replace(":sesame@", "@");
    let denied = told(command(&bare, &target.url, &[]).output().await.unwrap());
    assert_eq!((denied.status, denied.stdout.as_str()), (Some(3), ""));
    assert!(denied.stderr.contains("CUTOVER_SOURCE_PASSWORD"), "{}", denied.stderr);
    let with = |password: &'static str| {
        let mut command = command(&bare, &target.url, &[]);
        command.env("CUTOVER_SOURCE_PASSWORD", password);
        command
    };
    let good = told(with("sesame").output().await.unwrap());
    assert_eq!(good.status, Some(0), "{good:?}");
    let bad = told(with("hunter2").output().await.unwrap());
    assert_eq!(bad.status, Some(3));
    let in_url = run(&source, &target, &[]).await;
    assert!(in_url.stderr.contains("can be read by everybody"), "{}", in_url.stderr);
    for told in [denied, good, bad, in_url] {
        assert!(!format!("{told:?}").contains("sesame") && !format!("{told:?}").contains("hunter2"), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_or_understood_says_so() {
    let side = Side::new(Engine::Sqlite).await;
    for (source, status, part) in [
        ("postgres://127.0.0.1:1/none", 3, "source: cannot connect to 127.0.0.1:1/none"),
        ("sqlite:/nonexistent/a.db", 3, "no such file"),
        ("oracle://x", 2, "--source"),
    ] {
        let told = told(command(source, &side.url, &[]).output().await.unwrap());
        assert_eq!(told.status, Some(status), "{told:?}");
        assert!(told.stderr.contains(part), "{}", told.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_and_waivers_let_through_what_they_name_and_nothing_else() {
    let (source, target) = pair(
        Engine::PostgreSql,
        Engine::MySql,
        "CREATE TABLE @.t (id bigint PRIMARY KEY, d numeric, f double precision, c text, e text, j text);
         INSERT INTO @.t VALUES (1, 1.005, 0.1, 'a ', '', '{\"a\": 1}'), (2, 1.5, 1e300, 'b', 'x', '[1.0]')",
        "CREATE TABLE @.t (id bigint PRIMARY KEY, d decimal(20,2), f double, c text, e text, j text);
         INSERT INTO @.t VALUES (1, 1.01, 0.10000000001, 'a', NULL, '{\"a\":1}'), (2, 1.50, 1e300, 'b', 'x', '[1]')",
    )
    .await;
    let rules = [
        "--rule=t.d=scale:2",
        "--rule=t.f=float:1e-9",
        "--rule=t.c=pad",
        "--rule=t.e=empty-is-null",
        "--rule=t.j=json",
    ];
    let told = run(&source, &target, &[&["--settle=0s"], &rules[..]].concat()).await;
    assert_eq!((told.status, told.verdict("t")), (Some(0), "equal"), "{told:?}");
    for (at, column) in ["d", "f", "c", "e", "j"].iter().enumerate() {
        let mut fewer = rules.to_vec();
        fewer.remove(at);
        fewer.push("--settle=0s");
        let told = run(&source, &target, &fewer).await;
        let found = rows_of(&told.lines, "t");
        assert!(
            found.values().all(|(change, columns)| change == "different" && columns.iter().eq([*column])),
            "{found:?}"
        );
        assert!(!found.is_empty() && told.status == Some(1), "{column}: {told:?}");
    }
    let ignore =
        ["--rule=t.d=ignore", "--rule=t.f=ignore", "--rule=t.c=pad", "--rule=t.e=empty-is-null", "--rule=t.j=json"];
    assert_eq!(run(&source, &target, &ignore).await.status, Some(3));
    let told = run(&source, &target, &[&["--waive=t.d", "--waive=t.f"], &ignore[..]].concat()).await;
    assert_eq!((told.status, told.summary()["waived"].as_array().unwrap().len()), (Some(0), 2), "{told:?}");
}
