//! The command on a terminal of 80 columns: the question for a password, progress, and nothing that is cut off.

use super::side::Side;
use crate::cli::Aws;
use crate::pty::{Pty, Start};
use cutover::db::Engine;

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_for_and_not_shown_and_the_answer_fits_eighty_columns() {
    let (mut source, mut target) = (Side::new(Engine::MySql).await, Side::new(Engine::Sqlite).await);
    let create = "CREATE TABLE @.orders (id bigint PRIMARY KEY, note varchar(60));";
    source.script(&format!("{create} INSERT INTO @.orders SELECT seq, 'note' FROM seq_1_to_3000")).await;
    target.script(&format!("{create} INSERT INTO @.orders VALUES (1, 'note'), (2, 'other'), (-9, 'more')")).await;
    let (bare, file) = (source.url.replace(":sesame@", "@"), target.url.clone());
    tokio::task::spawn_blocking(move || {
        let table = "--table=orders";
        let arguments =
            ["validate", "--source", &bare, "--target", &file, table, "--report=3", "--with-values", "--settle=500ms"];
        let mut pty = Start::cutover(&arguments).size(80, 40).start();
        pty.wait("Password of the source");
        pty.keys("sesamf\u{7f}e\r");
        confirmed(&pty);
        let screen = pty.wait("different: 1 of 1 table differs");
        assert_eq!(pty.end().0, 1, "{screen}");
        for part in [
            "stream",
            "primary key (id)",
            "different          3,000           3       1   2,998       1  ",
            "extra      id=-9: note 'more'",
            "different  id=2: note 'note' | 'other'",
            "and 2,997 more, counted and not listed (--report 3)",
        ] {
            assert!(screen.contains(part), "no {part:?} in\n{screen}");
        }
        assert!(!String::from_utf8_lossy(&pty.raw()).contains("sesam"));
        // Progress was drawn, and nothing of it is left.
        assert!(String::from_utf8_lossy(&pty.raw()).contains("rows/s") && !screen.contains("rows/s"), "{screen}");
    })
    .await
    .unwrap();
}

/// The first comparison by rows of these two is confirmed by the name of the target's file.
fn confirmed(pty: &Pty) -> String {
    pty.wait("Type a.db and Enter to compare");
    let screen = pty.until("keys to count", |screen| screen.lines().any(|line| line.trim_end() == ">"));
    pty.keys("a.db\r");
    screen
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_comparison_by_rows_is_confirmed_with_its_cost_and_remembered() {
    let (mut source, mut target) = (Side::new(Engine::Sqlite).await, Side::new(Engine::Sqlite).await);
    for side in [&mut source, &mut target] {
        side.script("CREATE TABLE @.t (id bigint PRIMARY KEY, a text); INSERT INTO @.t VALUES (1, 'a')").await;
    }
    let (source, target) = (source.url.clone(), target.url.clone());
    tokio::task::spawn_blocking(move || {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().to_str().unwrap();
        let start = |more: &[&str]| {
            let arguments = [&["validate", "--source", &source, "--target", &target, "--settle=0s"], more].concat();
            Start::cutover(&arguments).size(80, 40).env("HOME", home).start()
        };
        let mut pty = start(&[]);
        pty.wait("Type a.db and Enter to compare");
        pty.until("keys to count", |screen| screen.lines().any(|line| line.trim_end() == ">"));
        pty.keys("yes\r");
        let screen = pty.wait("not confirmed: nothing was compared");
        assert_eq!(pty.end().0, 3, "{screen}");
        // One terminal at a time.
        drop(pty);
        let mut pty = start(&[]);
        let screen = confirmed(&pty);
        for part in ["the first comparison by rows", "about 1 row of the source", "over the network", "statements on"] {
            assert!(screen.contains(part), "no {part:?} in\n{screen}");
        }
        let screen = pty.wait("equal: every row is the same on both sides");
        assert_eq!(pty.end().0, 0, "{screen}");
        drop(pty);
        // Once is enough.
        let mut pty = start(&[]);
        let screen = pty.wait("equal: every row is the same on both sides");
        assert!(!screen.contains("first comparison"), "{screen}");
        assert_eq!(pty.end().0, 0, "{screen}");
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_the_console_refuses_stands_in_the_audit_as_refused() {
    let (mut source, mut target) = (Side::new(Engine::Sqlite).await, Side::new(Engine::Sqlite).await);
    for (side, note) in [(&mut source, "a"), (&mut target, "b")] {
        side.script(&format!("CREATE TABLE @.t (id bigint PRIMARY KEY, a text); INSERT INTO @.t VALUES (1, '{note}')"))
            .await;
    }
    let (old, new) = (source.url.clone(), target.url.clone());
    tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        let text = format!(
            "read_only_may_validate = true\n[databases.old]\nurl = \"{old}\"\n[databases.new]\nurl = \"{new}\"\n\
             [validation.pair]\nsource = \"old\"\ntarget = \"new\"\nsettle = \"0s\"\n"
        );
        std::fs::write(&config, text).unwrap();
        let aws = Aws::start(&[]);
        let start = Start::cutover(&["--config", config.to_str().unwrap()]).size(120, 40);
        let start = aws.env().iter().fold(start, |start, (name, value)| start.env(name, value));
        let mut pty = start.env("XDG_STATE_HOME", folder.path().to_str().unwrap()).start();
        pty.wait("billing-cdc");
        pty.keys("Vn");
        pty.wait("Validate: is the target equal");
        pty.keys("\r");
        pty.until("a plan that was read", |screen| screen.contains("type a.db") && !screen.contains("read it first"));
        pty.keys("a.db");
        pty.wait("> a.db");
        pty.keys("\r");
        pty.wait("✗ different");
        // What differs cannot be read again.
        std::fs::remove_file(new.strip_prefix("sqlite:").unwrap()).unwrap();
        pty.keys("P");
        pty.until("the question", |screen| screen.contains("type main.t") && !screen.contains("read it first"));
        pty.keys("main.t");
        pty.wait("> main.t");
        pty.keys("\r");
        pty.wait("not written: ");
        pty.keys(":activity");
        pty.wait(": activity");
        pty.keys("\r");
        let screen = pty.wait("write-repair");
        assert!(screen.contains("refused") && !screen.contains("a script was written"), "{screen}");
        pty.keys("\x03");
        assert_eq!(pty.end().0, 0);
    })
    .await
    .unwrap();
}
