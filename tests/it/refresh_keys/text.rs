//! The text for a person, run with the real clients and without anything of ours.

use super::*;
use cutover::db::Engine;
use cutover::db::schema::restore::{Header, restore};
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn header(engine: Engine) -> Header {
    Header {
        engine,
        host: "db.example\nDROP TABLE x;".into(),
        database: "shop".into(),
        run: "r-1".into(),
        at: "2026-11-22T10:00:00Z".parse().unwrap(),
    }
}

fn fed(mut command: Command, text: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = text.to_owned();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn psql(base: &Base, text: &str) -> Output {
    let mut command = Command::new("psql");
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", &base.url]);
    fed(command, text)
}

fn mariadb(base: &Base, text: &str) -> Output {
    let mut command = Command::new("mariadb");
    let port = base.database.port().unwrap().to_string();
    command.args(["--no-defaults", "--comments", "-h127.0.0.1", "-ucutover", "-psesame", "-P", &port, &base.schema]);
    fed(command, text)
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn psql_alone_puts_everything_back_and_finds_nothing_to_do_the_second_time() {
    let base = nasty_postgres().await;
    let (before, keys, triggers) = (snapshot(&base).await, keys_of(&base).await, triggers_of(&base).await);
    let text = restore(&header(Engine::PostgreSql), &keys, &triggers);
    assert!(text.contains("-- host      db.example DROP TABLE x;\n"), "{}", &text[..400]);
    // Nothing is away: nothing is done.
    assert!(psql(&base, &text).status.success());
    same(&before, &snapshot(&base).await);

    let mut session = prepared(&base).await;
    for key in &keys {
        run(&mut session, &key.away()).await;
    }
    for trigger in triggers.iter().rev() {
        run(&mut session, &trigger.away).await;
    }
    for _ in 0..2 {
        let output = psql(&base, &text);
        assert!(output.status.success(), "{}", said(&output));
        assert!(said(&output).contains("all 29 foreign keys are there as they were"), "{}", said(&output));
        same(&before, &snapshot(&base).await);
    }
}

#[tokio::test]
async fn one_orphan_and_one_stranger_cost_no_other_key() {
    let base = nasty_postgres().await;
    let (before, keys) = (snapshot(&base).await, keys_of(&base).await);
    let text = restore(&header(Engine::PostgreSql), &keys, &[]);
    let mut session = prepared(&base).await;
    for key in &keys {
        run(&mut session, &key.away()).await;
    }
    session
        .script(
            "INSERT INTO a.tree VALUES (1, 99); INSERT INTO a.part VALUES (1, 3, 99);
             ALTER TABLE a.to_base ADD CONSTRAINT to_base_b_fkey FOREIGN KEY (b) REFERENCES a.parent",
        )
        .await
        .unwrap();
    let output = psql(&base, &text);
    let words = said(&output);
    assert!(!output.status.success(), "{words}");
    for part in [
        "\"a\".\"tree\" \"tree_up_fkey\" is there for new rows, but old ones break it",
        "\"a\".\"part\" \"of_all\" has orphans; for now its parts have keys of their own",
        "\"a\".\"to_base\" \"to_base_b_fkey\" is there and is another one",
        "\"of_all\" is missing",
        "\"tree_up_fkey\" is not validated",
        "\"to_base_b_fkey\" is another one",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
    let now = keys_of(&base).await;
    // All others, and the key of each part.
    assert_eq!(keys.iter().filter(|key| key.presence(&now) == Presence::Same).count(), keys.len() - 3);
    let refused = session.script("INSERT INTO a.part VALUES (2, 3, 98)").await.unwrap_err().to_string();
    assert!(refused.contains("23503"), "{refused}");
    // Mended, it finishes.
    session
        .script("DELETE FROM a.tree; DELETE FROM a.part; ALTER TABLE a.to_base DROP CONSTRAINT to_base_b_fkey")
        .await
        .unwrap();
    let output = psql(&base, &text);
    assert!(output.status.success(), "{}", said(&output));
    same(&before, &snapshot(&base).await);
}

#[tokio::test]
async fn the_client_of_mariadb_alone_puts_everything_back() {
    let base = nasty_mariadb().await;
    let (before, keys, triggers) = (snapshot(&base).await, keys_of(&base).await, triggers_of(&base).await);
    let text = restore(&header(Engine::MySql), &keys, &triggers);
    let mut session = prepared(&base).await;
    for key in &keys {
        run(&mut session, &key.away()).await;
    }
    for trigger in triggers.iter().rev() {
        run(&mut session, &trigger.away).await;
    }
    for _ in 0..2 {
        let output = mariadb(&base, &text);
        assert!(output.status.success() && !said(&output).contains("still missing"), "{}", said(&output));
        same(&before, &snapshot(&base).await);
    }
    assert_eq!(triggers_of(&base).await, triggers);
}

#[tokio::test]
async fn sqlite3_alone_puts_triggers_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let url = format!("sqlite:{}?schema=shop", path.display());
    let mut session = Database::parse(&url).unwrap().write_owned_by_demo().await.unwrap();
    session
        .script("CREATE TABLE shop.t (v text); CREATE TRIGGER shop.\"a b\" AFTER INSERT ON t BEGIN DELETE FROM t WHERE v = ';'; END")
        .await
        .unwrap();
    let before = snapshot::read(&mut session, &Scope::default()).await.unwrap();
    let found = triggers::read(&mut session, None).await.unwrap();
    run(&mut session, &found[0].away).await;
    for _ in 0..2 {
        let mut command = Command::new("sqlite3");
        command.arg(&path);
        let output = fed(command, &restore(&header(Engine::Sqlite), &[], &found));
        assert!(output.status.success() && said(&output).is_empty(), "{}", said(&output));
        same(&before, &snapshot::read(&mut session, &Scope::default()).await.unwrap());
    }
}
