//! What a server, a user's rights or a setting keep from whoever reads: it is never equal because nobody saw it.

use super::side::{Side, Told, command, rows_of, run, told, verdicts};
use crate::servers;
use cutover::db::Engine;
use std::collections::BTreeSet;

fn found(told: &Told, table: &str) -> Vec<String> {
    rows_of(&told.lines, table).into_keys().collect()
}

fn problems(told: &Told, table: &str) -> String {
    let line = told.table(table);
    format!("{}{}", line["problems"], line["not_compared"])
}

/// The same database as another user.
fn as_user(url: &str, user: &str) -> String {
    let (_, rest) = url.split_once('@').unwrap();
    let (scheme, _) = url.split_once("://").unwrap();
    format!("{scheme}://{user}@{rest}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_a_server_cannot_hash_or_cut_is_never_equal() {
    let server = servers::own_mariadb("--max-allowed-packet=64M").await;
    let (mut source, mut target) = (Side::at(server.database().await).await, Side::at(server.database().await).await);
    for (side, letter, bytes) in [(&mut source, "b", 5_000_000), (&mut target, "c", 5_500_000)] {
        for (table, charset) in [("wide", "utf8mb4"), ("narrow", "latin1")] {
            side.script(&format!("CREATE TABLE @.{table} (id int PRIMARY KEY, x longtext) CHARSET {charset}")).await;
            side.script(&format!("INSERT INTO @.{table} VALUES (1, 'a'), (2, repeat('{letter}', {bytes})), (3, NULL)"))
                .await;
        }
    }
    source.script("SET GLOBAL max_allowed_packet = 4194304").await;
    let methods = [&[][..], &["--method=digest"], &["--lobs=hash"], &["--lobs=values"], &["--lob-limit=100"]];
    for arguments in methods {
        let told = run(&source, &target, &[&["--settle=0s"], arguments].concat()).await;
        for table in ["wide", "narrow"] {
            assert_eq!(found(&told, table), ["id=2"], "{arguments:?}: {told:?}");
        }
    }
    // Where the server gives up it is said, and nothing is told of the rows.
    let cut = ["--settle=0s", "--lob-limit=5100"];
    for arguments in [&cut[..], &["--settle=0s", "--kind=aggregate"]] {
        let told = run(&source, &target, arguments).await;
        for table in ["wide", "narrow"] {
            assert_eq!(told.verdict(table), "unknown", "{arguments:?}: {told:?}");
            assert!(problems(&told, table).contains("max_allowed_packet"), "{arguments:?}: {told:?}");
        }
    }
    target.script("UPDATE @.wide SET x = NULL WHERE id = 2; UPDATE @.narrow SET x = NULL WHERE id = 2").await;
    for arguments in methods {
        let told = run(&source, &target, &[&["--settle=0s"], arguments].concat()).await;
        for table in ["wide", "narrow"] {
            assert_eq!(found(&told, table), ["id=2"], "{arguments:?}: {told:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_the_server_cuts_no_table() {
    let server = servers::own_mariadb("").await;
    let (mut source, mut target) = (Side::at(server.database().await).await, Side::at(server.database().await).await);
    for side in [&mut source, &mut target] {
        side.script("CREATE TABLE @.a (id int PRIMARY KEY, v int); CREATE TABLE @.n (v int)").await;
        side.script("INSERT INTO @.a SELECT seq, seq FROM seq_1_to_5000; INSERT INTO @.n SELECT v FROM @.a").await;
    }
    target.script("UPDATE @.a SET v = -1 WHERE id > 2000; UPDATE @.n SET v = v + 5000 WHERE v > 2000").await;
    source.script("SET GLOBAL sql_select_limit = 1000").await;
    for method in ["--method=stream", "--method=digest"] {
        let told = run(&source, &target, &["--settle=0s", method]).await;
        assert_eq!(told.table("a")["rows_source"], 5_000, "{told:?}");
        assert_eq!((told.status, &told.table("a")["different"]), (Some(1), &3_000.into()), "{told:?}");
        assert_eq!((&told.table("n")["missing"], &told.table("n")["rows_target"]), (&3_000.into(), &5_000.into()));
    }
    source.script("SET GLOBAL sql_select_limit = 1").await;
    let told = run(&source, &target, &["--settle=0s", "--kind=count"]).await;
    assert_eq!(verdicts(&told.lines).len(), 2, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_a_policy_hides_are_not_overlooked() {
    let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::PostgreSql).await);
    for side in [&mut source, &mut target] {
        side.script(
            "CREATE TABLE @.a (id int PRIMARY KEY); CREATE TABLE @.open (id int PRIMARY KEY);
             INSERT INTO @.a SELECT generate_series(1, 100); INSERT INTO @.open VALUES (1);
             ALTER TABLE @.a ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON @.a USING (id <= 50);
             DO $$ BEGIN CREATE ROLE only_reads LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$;
             GRANT SELECT ON @.a, @.open TO only_reads",
        )
        .await;
    }
    target.script("DELETE FROM @.a WHERE id > 80").await;
    let urls = [&source.url, &target.url].map(|url| as_user(url, "only_reads"));
    for arguments in [&[][..], &["--method=digest"], &["--kind=count"], &["--kind=aggregate"]] {
        let told = told(command(&urls[0], &urls[1], &[&["--settle=0s"], arguments].concat()).output().await.unwrap());
        assert_eq!((told.status, told.verdict("a")), (Some(3), "unknown"), "{arguments:?}: {told:?}");
        assert!(problems(&told, "a").contains("row-level security"), "{told:?}");
        assert!(["equal", "counts_equal"].contains(&told.verdict("open")), "{told:?}");
    }
    // Its owner sees all of them.
    let told = run(&source, &target, &["--settle=0s"]).await;
    assert_eq!((told.status, &told.table("a")["missing"]), (Some(1), &20.into()), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_keeps_its_history_is_compared_like_any_other() {
    let (mut source, mut target) = (Side::new(Engine::MySql).await, Side::new(Engine::MySql).await);
    for (side, v) in [(&mut source, 1), (&mut target, 2)] {
        side.script(
            "CREATE TABLE @.plain (id int PRIMARY KEY); CREATE SEQUENCE @.numbers;
             CREATE TABLE @.kept (id int PRIMARY KEY, v int) WITH SYSTEM VERSIONING",
        )
        .await;
        side.script(&format!("INSERT INTO @.kept VALUES (1, 0), (2, {v}); UPDATE @.kept SET v = 1 WHERE id = 1")).await;
    }
    let told = run(&source, &target, &["--settle=0s"]).await;
    let all: BTreeSet<String> = verdicts(&told.lines).into_keys().collect();
    assert_eq!(all, BTreeSet::from(["kept".to_owned(), "plain".to_owned()]), "{told:?}");
    assert_eq!((told.status, found(&told, "kept")), (Some(1), vec!["id=2".to_owned()]), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_which_only_some_columns_may_be_read_is_not_equal() {
    let (mut source, mut target) = (Side::new(Engine::MySql).await, Side::new(Engine::MySql).await);
    for (side, v) in [(&mut source, 1), (&mut target, 2)] {
        let user = format!("u{}", side.schema);
        side.script(
            "CREATE TABLE @.a (id int PRIMARY KEY, v int); CREATE TABLE @.b (id int PRIMARY KEY, v int INVISIBLE)",
        )
        .await;
        side.script(&format!("INSERT INTO @.a VALUES (1, {v}); INSERT INTO @.b (id, v) VALUES (1, 1)")).await;
        for at in ["%", "localhost"] {
            let grant = format!(
                "CREATE USER {user}@'{at}' IDENTIFIED BY 'x'; GRANT SELECT (id) ON {schema}.a TO {user}@'{at}';
                 GRANT SELECT ON {schema}.b TO {user}@'{at}'",
                schema = side.schema
            );
            side.session.script(&grant).await.unwrap();
        }
    }
    let url = |side: &Side| as_user(&side.url, &format!("u{}:x", side.schema));
    let arguments = ["--settle=0s"];
    let told = told(command(&url(&source), &url(&target), &arguments).output().await.unwrap());
    assert_eq!((told.status, told.verdict("a"), told.verdict("b")), (Some(3), "unknown", "equal"), "{told:?}");
    assert!(problems(&told, "a").contains("some of its columns"), "{told:?}");
    // Numbers of rows need no column.
    let count = [&arguments[..], &["--kind=count"]].concat();
    let told = super::side::told(command(&url(&source), &url(&target), &count).output().await.unwrap());
    assert_eq!(told.verdict("a"), "counts_equal", "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_virtual_table_is_a_table() {
    let (mut source, mut target) = (Side::new(Engine::Sqlite).await, Side::new(Engine::Sqlite).await);
    for (side, text) in [(&mut source, "one"), (&mut target, "two")] {
        side.script("CREATE TABLE @.a (id integer PRIMARY KEY); CREATE VIRTUAL TABLE @.words USING fts5(a)").await;
        side.script(&format!("INSERT INTO @.words VALUES ('{text}')")).await;
    }
    // Its columns have no type, so nobody can say.
    let told = run(&source, &target, &["--settle=0s"]).await;
    assert_eq!((told.status, told.verdict("words"), told.verdict("a")), (Some(3), "unknown", "equal"), "{told:?}");
    assert_eq!(verdicts(&told.lines).len(), 2, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_null_in_a_key_that_the_catalogue_calls_not_null_is_found() {
    let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::PostgreSql).await);
    for side in [&mut source, &mut target] {
        side.script(
            "CREATE TABLE @.par (id int NOT NULL PRIMARY KEY, v int NOT NULL); CREATE TABLE @.ch () INHERITS (@.par);
             CREATE TABLE @.far () INHERITS (@.ch);
             ALTER TABLE @.far ALTER id DROP NOT NULL; ALTER TABLE @.far ALTER v DROP NOT NULL;
             INSERT INTO @.par SELECT n, n FROM generate_series(1, 10000) n; ANALYZE @.par",
        )
        .await;
    }
    source.script("INSERT INTO @.far VALUES (NULL, 7)").await;
    for method in ["--method=stream", "--method=digest"] {
        let told = run(&source, &target, &["--settle=0s", "--table=par", "--range-rows=2000", method]).await;
        assert_eq!((told.status, &told.table("par")["missing"]), (Some(1), &1.into()), "{method}: {told:?}");
    }
    source.script("DELETE FROM @.far; INSERT INTO @.far VALUES (10001, NULL)").await;
    target.script("INSERT INTO @.far VALUES (10001, 0)").await;
    for method in ["--method=stream", "--method=digest"] {
        let told = run(&source, &target, &["--settle=0s", "--table=par", method]).await;
        assert_eq!(found(&told, "par"), ["id=10001"], "{method}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_which_nothing_can_be_measured_is_not_equal() {
    let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::PostgreSql).await);
    for (side, v) in [(&mut source, "00"), (&mut target, "ff")] {
        side.script(&format!("CREATE TABLE @.t (id int PRIMARY KEY, v bytea); INSERT INTO @.t VALUES (1, '\\x{v}')"))
            .await;
    }
    let arguments = ["--settle=0s", "--kind=aggregate", "--rule=t.v=empty-is-null"];
    let told = run(&source, &target, &arguments).await;
    assert_eq!((told.status, told.verdict("t")), (Some(3), "unknown"), "{told:?}");
    assert_eq!(told.table("t")["not_compared"][0]["column"], "v", "{told:?}");
    let told = run(&source, &target, &[&arguments[..], &["--waive=t.v"]].concat()).await;
    assert_eq!((told.status, told.verdict("t")), (Some(0), "counts_equal"), "{told:?}");
}

/// A configuration that compares one pair, with a home of its own.
async fn configured(source: &Side, target: &Side, more: &str, arguments: &[&str]) -> (Told, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let text = format!(
        "read_only_may_validate = true\n[databases.a]\nurl = {:?}\n[databases.b]\nurl = {:?}\n\
         [validation.x]\nsource = \"a\"\ntarget = \"b\"\n{more}",
        source.url.replace(":sesame@", "@"),
        target.url.replace(":sesame@", "@")
    );
    std::fs::write(&config, text).unwrap();
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_cutover"));
    command.args(["validate", "--config"]).arg(&config).args(["x", "--output=json", "--yes"]).args(arguments);
    command.env_clear().env("HOME", folder.path()).env("CUTOVER_A_PASSWORD", "sesame");
    command.env("CUTOVER_B_PASSWORD", "sesame").stdin(std::process::Stdio::null());
    (told(command.output().await.unwrap()), folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_of_the_configuration_is_one_condition_and_nothing_else() {
    for engine in [Engine::PostgreSql, Engine::MySql, Engine::Sqlite] {
        let (mut source, mut target) = (Side::new(engine).await, Side::new(engine).await);
        for side in [&mut source, &mut target] {
            side.script(
                "CREATE TABLE @.er (id int PRIMARY KEY, v varchar(30)); INSERT INTO @.er VALUES (1, 'a;)'), (2, 'b')",
            )
            .await;
        }
        for evil in [
            "true)) TO STDOUT (FORMAT binary); COMMIT; BEGIN READ WRITE; DELETE FROM er; COMMIT; COPY (SELECT 1 AS id WHERE (true",
            "1 = 1); DELETE FROM er; SELECT 1 FROM er WHERE (1 = 1",
            "1 = 0) OR (1 = 1",
            "1 = 0) UNION SELECT id, v FROM er WHERE (1 = 1",
            "1 = 1; COMMIT",
            "(1 = 1",
            "v = 'a",
            "1 = 1 /* to be",
            "nosuch = 1",
        ] {
            for place in ["", "[validation.x.table.\"er\"]\n"] {
                let line = format!("{place}source_where");
                let (told, _home) =
                    configured(&source, &target, &format!("{line} = {evil:?}\n"), &["--settle=0s"]).await;
                assert_eq!(told.status, Some(2), "{engine:?} {evil}: {told:?}");
                assert!(told.stderr.contains("source_where"), "{engine:?} {evil}: {told:?}");
            }
        }
        for side in [&mut source, &mut target] {
            let sql = format!("SELECT id FROM {}.er", side.schema);
            assert_eq!(side.session.query(&sql, &[]).await.unwrap().len(), 2, "{engine:?}");
        }
        for (good, rows) in
            [("v = 'a;)'", 1), ("v in ('b', ';') -- all", 1), ("id > 0 /* ; */", 2), ("v <> 'it''s ('", 2)]
        {
            let more = format!("where = {good:?}\n");
            for method in ["--method=stream", "--method=digest", "--kind=count", "--kind=aggregate"] {
                let (told, _home) = configured(&source, &target, &more, &["--settle=0s", method]).await;
                assert_eq!(
                    (told.status, &told.table("er")["rows_source"]),
                    (Some(0), &rows.into()),
                    "{engine:?} {good} {method}: {told:?}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_says_of_a_value_stays_on_the_server() {
    let secret = "123/45/6789";
    for engine in [Engine::PostgreSql, Engine::Sqlite] {
        let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(engine).await);
        for side in [&mut source, &mut target] {
            side.script(&format!(
                "CREATE TABLE @.p (id int PRIMARY KEY, note varchar(30)); INSERT INTO @.p VALUES (1, '{secret}')"
            ))
            .await;
        }
        let more = "source_where = \"cast(note as numeric) > 0\"\n";
        for (arguments, shown) in [(&["--settle=0s"][..], false), (&["--settle=0s", "--with-values"], true)] {
            let (told, home) = configured(&source, &target, more, arguments).await;
            assert_eq!((told.status, told.verdict("p")), (Some(3), "unknown"), "{told:?}");
            assert!(problems(&told, "p").contains("22P02"), "{told:?}");
            assert_eq!(told.stdout.contains(secret), shown, "{told:?}");
            assert!(!told.stderr.contains(secret), "{told:?}");
            for (path, bytes) in files(home.path()) {
                let kept = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!kept, "{}", path.display());
            }
        }
    }
    // Neither does this program.
    let (mut source, mut target) = (Side::new(Engine::Sqlite).await, Side::new(Engine::Sqlite).await);
    for side in [&mut source, &mut target] {
        side.script(&format!("CREATE TABLE @.p (id bigint PRIMARY KEY); INSERT INTO @.p VALUES ('{secret}')")).await;
    }
    let told = run(&source, &target, &["--settle=0s"]).await;
    assert_eq!((told.status, told.verdict("p")), (Some(3), "unknown"), "{told:?}");
    assert!(!told.stdout.contains(secret) && !told.stderr.contains(secret), "{told:?}");
}

fn files(folder: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push((path.clone(), std::fs::read(&path).unwrap())) }
    }
    all
}
