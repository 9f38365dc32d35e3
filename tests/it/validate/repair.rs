//! The script that makes a target equal: written by the command, run here by hand on real servers, and the next comparison
//! says equal. Its guard stops it on any other database.

use super::side::{Side, Told, command, run, told};
use cutover::db::Engine;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const TABLE: &str = "id bigint PRIMARY KEY, note text, amount numeric(12, 2), at timestamp, raw blob, flag boolean";

fn table(engine: Engine) -> String {
    match engine {
        Engine::PostgreSql => TABLE.replace("blob", "bytea"),
        Engine::MySql => TABLE.replace("timestamp", "datetime(6)").replace("note text", "note longtext"),
        Engine::Sqlite => TABLE.to_owned(),
    }
}

fn raw(engine: Engine, hex: &str) -> String {
    if engine == Engine::PostgreSql { format!("'\\x{hex}'") } else { format!("x'{hex}'") }
}

async fn filled(engine: Engine, rows: &[&str]) -> Side {
    let mut side = Side::new(engine).await;
    let charset = if engine == Engine::MySql { " DEFAULT CHARSET=utf8mb4" } else { "" };
    side.script(&format!("CREATE TABLE @.t ({}){charset}", table(engine))).await;
    for row in rows {
        // A backslash is itself to PostgreSQL and SQLite, and begins an escape for MySQL.
        let row = if engine == Engine::MySql { row.replace('\\', "\\\\") } else { (*row).to_owned() };
        let row = row.replace("RAW1", &raw(engine, "00ff27")).replace("RAW2", &raw(engine, "01"));
        side.script(&format!("INSERT INTO @.t VALUES ({row})")).await;
    }
    side
}

/// What stands in the audit of a store: kind and name of each entry, the oldest first.
async fn noted(store: &Path) -> Vec<(String, String)> {
    audited(store).await.into_iter().map(|[kind, name, ..]| (kind, name)).collect()
}

/// Kind, name, state and outcome of each entry, the oldest first.
async fn audited(store: &Path) -> Vec<[String; 4]> {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_cutover"));
    command.args(["activity", "--output=json"]).env_clear().env("HOME", store).env("XDG_STATE_HOME", store);
    let output = command.output().await.unwrap();
    let all: Vec<serde_json::Value> =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_else(|| panic!("{all:?}")).to_owned();
    all.iter().rev().map(|one| ["kind", "name", "state", "outcome"].map(|key| text(&one[key]))).collect()
}

/// Both with the same store.
async fn cutover(store: &Path, source: &Side, target: &Side, arguments: &[&str]) -> Told {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_cutover"));
    command.args(["validations"]).args(arguments);
    command.args(["--source", &source.url, "--target", &target.url]);
    command.env_clear().env("HOME", store).env("XDG_STATE_HOME", store).stdin(std::process::Stdio::null());
    told_text(command.output().await.unwrap())
}

fn told_text(output: std::process::Output) -> Told {
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    Told { status: output.status.code(), lines: Vec::new(), stdout, stderr }
}

async fn compare(store: &Path, source: &Side, target: &Side) -> Told {
    let mut command = command(&source.url, &target.url, &["--settle=0s"]);
    command.env("HOME", store).env("XDG_STATE_HOME", store);
    told(command.output().await.unwrap())
}

/// As the shell of SQLite does: each statement, whatever became of the one before. No value of these rows has a line break.
async fn goes_on(side: &mut Side, script: &str) {
    let mut failed = 0;
    for statement in script.split(";\n") {
        failed += usize::from(side.session.script(statement).await.is_err());
    }
    assert_eq!(failed, 1, "only the guard fails: {script}");
}

#[tokio::test]
async fn a_repaired_target_is_equal_and_the_guard_stops_the_script_elsewhere() {
    let same = "1, 'same', 1.50, '2026-11-22 10:00:00', RAW1, true";
    let hostile = "2, 'it''s \\'' -- ü😀', 12345.67, '2026-11-22 10:00:00.123456', RAW1, false";
    let missing = "3, NULL, NULL, NULL, NULL, NULL";
    for (from, to) in [
        (Engine::PostgreSql, Engine::MySql),
        (Engine::MySql, Engine::PostgreSql),
        (Engine::PostgreSql, Engine::PostgreSql),
        (Engine::MySql, Engine::Sqlite),
    ] {
        let store = tempfile::tempdir().unwrap();
        let source = filled(from, &[same, hostile, missing, "5, '', 0, '1999-12-31 23:59:59', RAW2, true"]).await;
        let others = [same, "2, 'old', 1, NULL, RAW2, true", "4, 'extra', 1, NULL, NULL, NULL"];
        let mut target = filled(to, &others).await;
        let first = compare(store.path(), &source, &target).await;
        assert_eq!((first.verdict("t"), first.status), ("different", Some(1)), "{first:?}");
        let file = store.path().join("repair.sql");
        let file = file.to_str().unwrap();
        let kept = cutover(store.path(), &source, &target, &["repair", "last", "--file", file]).await;
        assert_eq!(kept.status, Some(0), "{kept:?}");
        assert!(kept.stdout.contains("2 inserts, 1 updates, 0 deletes") && kept.stdout.contains("1 extra rows stay"));
        let again = cutover(store.path(), &source, &target, &["repair", "last", "--deletes", "--file", file]).await;
        assert_eq!(again.status, Some(3), "a file that is there is kept: {again:?}");
        // Whoever reads the audit later knows which of the two there is.
        let states: Vec<_> = audited(store.path())
            .await
            .into_iter()
            .map(|[kind, _, state, outcome]| {
                assert_eq!(kind, "write-repair");
                (state, outcome.contains("there is a file of that name"))
            })
            .collect();
        assert_eq!(states, [("done".to_owned(), false), ("refused".to_owned(), true)]);
        let file = store.path().join("all.sql");
        let made =
            cutover(store.path(), &source, &target, &["repair", "last", "--deletes", "--file", file.to_str().unwrap()])
                .await;
        assert_eq!(made.status, Some(0), "{made:?}");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let script = std::fs::read_to_string(&file).unwrap();
        let mut elsewhere = filled(to, &others).await;
        let refused = elsewhere.session.script(&script).await;
        assert!(refused.is_err(), "{to:?}: the guard must stop it: {script}");
        if to == Engine::Sqlite {
            goes_on(&mut elsewhere, &script).await;
        }
        // The session may be in a transaction that failed.
        let elsewhere = Side::at(elsewhere.url.clone()).await;
        let untouched = run(&target, &elsewhere, &["--settle=0s"]).await;
        assert_eq!(untouched.verdict("t"), "equal", "nothing was changed elsewhere: {untouched:?}");
        target.session.script(&script).await.unwrap_or_else(|error| panic!("{from:?} {to:?}: {error}\n{script}"));
        let second = compare(store.path(), &source, &target).await;
        assert_eq!((second.verdict("t"), second.status), ("equal", Some(0)), "{from:?} {to:?}: {second:?}\n{script}");
        let nothing =
            cutover(store.path(), &source, &target, &["repair", "last", "--file", "/nonexistent/x.sql"]).await;
        assert_eq!(nothing.status, Some(3), "{nothing:?}");
        assert!(nothing.stderr.contains("nothing to repair"), "{nothing:?}");
    }
}

#[tokio::test]
async fn values_leave_only_after_the_audit_says_so() {
    let rows = ["1, 'a|b', 1, NULL, RAW1, true", "2, 'x', 1, NULL, NULL, NULL"];
    let source = filled(Engine::PostgreSql, &rows).await;
    let target = filled(Engine::Sqlite, &["1, 'secret', 1, NULL, RAW1, true"]).await;
    let store = tempfile::tempdir().unwrap();
    assert_eq!(compare(store.path(), &source, &target).await.verdict("t"), "different");
    let file = |name: &str| store.path().join(name).to_str().unwrap().to_owned();
    let (sql, md, csv, lines) = (file("a.sql"), file("a.md"), file("a.csv"), file("a.jsonl"));
    for arguments in [
        &["repair", "last", "--file", &sql][..],
        &["export", "last", "--with-values", "--file", &md],
        &["export", "last", "--with-values", "--file", &csv, "--table", "public.t"],
        &["export", "last", "--with-values", "--file", &lines],
    ] {
        let told = cutover(store.path(), &source, &target, arguments).await;
        assert_eq!(told.status, Some(0), "{arguments:?}: {told:?}");
    }
    let read = |name: &str| std::fs::read_to_string(name).unwrap();
    assert!(read(&md).contains("note=a\\|b") && read(&md).contains("note=secret"), "{}", read(&md));
    assert!(read(&csv).contains("note=secret"), "{}", read(&csv));
    let all: Vec<serde_json::Value> = read(&lines).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(all.iter().any(|line| line["target_values"]["note"] == "secret"), "{all:?}");
    assert_eq!(std::fs::metadata(&csv).unwrap().permissions().mode() & 0o777, 0o600);
    let noted = noted(store.path()).await;
    let of = |kind: &str| noted.iter().filter(|(one, name)| one == kind && name == "table:public.t").count();
    assert_eq!((of("write-repair"), of("write-values"), noted.len()), (1, 3, 4), "{noted:?}");
    // Where it cannot be written down nothing leaves.
    std::fs::remove_file(store.path().join("cutover/audit.jsonl")).unwrap();
    std::fs::create_dir(store.path().join("cutover/audit.jsonl")).unwrap();
    for arguments in [
        &["repair", "last", "--file", &file("b.sql")][..],
        &["export", "last", "--with-values", "--file", &file("b.csv")],
    ] {
        let told = cutover(store.path(), &source, &target, arguments).await;
        assert!(told.status == Some(3) && told.stderr.contains("audit"), "{told:?}");
    }
    assert!(!Path::new(&file("b.sql")).exists() && !Path::new(&file("b.csv")).exists());
}

#[tokio::test]
async fn a_table_without_a_key_is_written_with_its_values_and_missing_rows_are_inserted() {
    let create = "CREATE TABLE @.k (a int, note varchar(20))";
    let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::MySql).await);
    for side in [&mut source, &mut target] {
        side.script(create).await;
        side.script("INSERT INTO @.k VALUES (1, 'same'), (1, 'same'), (3, 'both')").await;
    }
    source.script("INSERT INTO @.k VALUES (1, 'same'), (2, 'it''s'), (NULL, NULL)").await;
    target.script("INSERT INTO @.k VALUES (3, 'both')").await;
    let store = tempfile::tempdir().unwrap();
    let first = compare(store.path(), &source, &target).await;
    assert_eq!((first.verdict("k"), &first.table("k")["missing"]), ("different", &serde_json::json!(3)), "{first:?}");
    let file = |name: &str| store.path().join(name).to_str().unwrap().to_owned();
    let (lines, sql) = (file("a.jsonl"), file("a.sql"));
    let told = cutover(store.path(), &source, &target, &["export", "last", "--with-values", "--file", &lines]).await;
    assert_eq!(told.status, Some(0), "{told:?}");
    let all: Vec<serde_json::Value> =
        std::fs::read_to_string(&lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut values: Vec<String> = all
        .iter()
        .filter(|line| line["kind"] == "row")
        .map(|line| format!("{} {}{}", line["change"].as_str().unwrap(), line["source_values"], line["target_values"]))
        .collect();
    values.sort();
    assert_eq!(values.len(), 4, "{values:?}");
    assert!(values[0].contains("extra") && values[0].contains("\"both\""), "{values:?}");
    assert!(
        values.iter().any(|one| one.contains("it's")) && values.iter().any(|one| one.contains("same")),
        "{values:?}"
    );
    let made = cutover(store.path(), &source, &target, &["repair", "last", "--deletes", "--file", &sql]).await;
    assert!(made.stdout.contains("3 inserts, 0 updates, 0 deletes"), "{made:?}");
    assert!(made.stdout.contains("1 too many in the target stay: without a key"), "{made:?}");
    target.session.script(&std::fs::read_to_string(&sql).unwrap()).await.unwrap();
    let second = compare(store.path(), &source, &target).await;
    let left = ["missing", "extra"].map(|name| second.table("k")[name].clone());
    assert_eq!(left, [serde_json::json!(0), serde_json::json!(1)], "{second:?}");
}

#[tokio::test]
async fn what_was_compared_with_options_is_repaired_with_the_same() {
    let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::MySql).await);
    source
        .script(
            "CREATE TABLE @.a (code varchar(9) NOT NULL, amount numeric(12, 4), note text, seen int);
             INSERT INTO @.a VALUES ('x', 1.2345, 'one', 1), ('y', 2.5, 'two', 1), ('z', 3, 'three', 1)",
        )
        .await;
    target
        .script(
            "CREATE TABLE @.b (code varchar(9) NOT NULL, amount decimal(12, 2), note text, seen int);
             INSERT INTO @.b VALUES ('x', 1.23, 'one', 2), ('y', 2.5, 'other', 3)",
        )
        .await;
    let store = tempfile::tempdir().unwrap();
    let options = ["--table=a=b", "--key=code", "--rule=a.amount=scale:2", "--rule=a.seen=ignore", "--waive=a.seen"];
    let compare = async || {
        let mut command = command(&source.url, &target.url, &[&options[..], &["--settle=0s"]].concat());
        command.env("HOME", store.path()).env("XDG_STATE_HOME", store.path());
        told(command.output().await.unwrap())
    };
    let first = compare().await;
    let found = ["different", "missing"].map(|name| first.table("a")[name].clone());
    assert_eq!(found, [serde_json::json!(1), serde_json::json!(1)], "{first:?}");
    let sql = store.path().join("a.sql").to_str().unwrap().to_owned();
    let made = cutover(store.path(), &source, &target, &["repair", "last", "--file", &sql]).await;
    assert_eq!(made.status, Some(0), "{made:?}");
    assert!(made.stdout.contains("1 inserts, 1 updates, 0 deletes"), "{made:?}");
    let script = std::fs::read_to_string(&sql).unwrap();
    let mut writer = Side::at(target.url.clone()).await;
    writer.session.script(&script).await.unwrap_or_else(|error| panic!("{error}\n{script}"));
    let second = compare().await;
    assert_eq!((second.verdict("a"), second.status), ("equal", Some(0)), "{second:?}\n{script}");
    // What a rule leaves out is nobody's business: it stays.
    let rows = writer.session.query("SELECT seen FROM b WHERE code = 'y'", &[]).await.unwrap();
    assert_eq!(rows[0][0].as_int(), Some(3), "{script}");
}
