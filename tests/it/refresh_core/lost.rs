//! A server that dies, a password that changes, a disk that is full, a wish from another machine.

use super::*;
use cutover::db::DbError;
use cutover::model::Secret;
use cutover::model::refresh::WishFor;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A step that begins, and waits until a file is there.
fn waits(desk: &Desk) -> (CustomStep<String>, PathBuf, PathBuf) {
    let (here, go) = (desk.file("here"), desk.file("go"));
    let text = format!("touch {}; while [ ! -e {} ]; do sleep 0.05; done", here.display(), go.display());
    (shell("waits", &text), here, go)
}

#[tokio::test]
async fn a_server_that_does_not_come_back_leaves_a_run_that_can_be_resumed() {
    let server = servers::own_postgres("").await;
    let desk = Desk::at(server.database().await).await;
    let (waits, here, go) = waits(&desk);
    let plan = desk.plan(vec![waits, count_up()]);
    let work = begin(&plan, means(&desk.url, &desk.state(), Zombie::EndOurs)).await.unwrap();
    let id = work.id.clone();
    let running = tokio::spawn(refresh::run(work));
    until(async || here.exists()).await;
    server.kill();
    std::fs::write(&go, "").unwrap();
    let ended = running.await.unwrap();
    assert_eq!(ended.state, RunState::NeedsAttention, "{ended:?}");
    assert!(ended.why.unwrap().contains("cannot connect"));
    assert_eq!(ended.command.as_deref(), Some("cutover refresh resume nightly"));
    let settings = Settings { dir: Some(desk.state()), shared: None };
    assert_eq!(runs::seen(&settings, &id).await.unwrap().unwrap().head.state, RunState::NeedsAttention);
    let refused = refresh::resume(&id, means(&desk.url, &desk.state(), Zombie::EndOurs)).await.map(drop).unwrap_err();
    assert!(matches!(refused, Trouble::Lost(_)), "{refused:?}");
}

#[tokio::test]
async fn a_password_that_is_no_longer_taken_needs_credentials_and_fails_nothing() {
    let desk = Desk::new(Engine::MySql).await;
    let (waits, here, go) = waits(&desk);
    let plan = desk.plan(vec![waits, count_up()]);
    let expired = Arc::new(AtomicBool::new(false));
    let (is_expired, url) = (Arc::clone(&expired), desk.url.clone());
    let door = Door::new(move || {
        let database = Database::parse(&url).unwrap();
        let expired = is_expired.load(Ordering::SeqCst);
        let database = if expired { database.with_password(&Secret::new("old")) } else { database };
        Box::pin(async move { Ok(database) })
    });
    let means = || Means { target: door.clone(), ..means(&desk.url, &desk.state(), Zombie::EndOurs) };
    let work = begin(&plan, means()).await.unwrap();
    let id = work.id.clone();
    let running = tokio::spawn(refresh::run(work));
    until(async || here.exists()).await;
    expired.store(true, Ordering::SeqCst);
    desk.end_sessions().await;
    std::fs::write(&go, "").unwrap();
    let ended = running.await.unwrap();
    assert_eq!(ended.state, RunState::NeedsCredentials, "{ended:?}");
    let why = ended.why.unwrap();
    assert!(why.contains("Access denied") && !why.contains("old"), "{why}");
    let refused = refresh::resume(&id, means()).await.map(drop).unwrap_err();
    assert!(matches!(refused, Trouble::Credentials(_)), "{refused:?}");
    expired.store(false, Ordering::SeqCst);
    let work = refresh::resume(&id, means()).await.unwrap();
    assert_eq!(refresh::run(work).await.state, RunState::Done);
    assert_eq!(desk.counted().await, 1);
}

#[tokio::test]
async fn a_disk_that_is_full_stops_a_run_before_its_load_and_everything_is_put_back() {
    let desk = Desk::new(Engine::PostgreSql).await;
    // No file may grow beyond 256 KiB; what a command says is in the log, and more than that.
    let loud =
        shell("loud", "i=0; while [ $i -lt 190 ]; do head -c 1900 /dev/zero | tr '\\0' x; echo; i=$((i+1)); done");
    let plan = desk.plan(vec![loud, count_up()]);
    let told = desk.told(&plan, Do::Begin);
    let process = Process::with_files_of(&told, 512);
    assert!(!process.end().await);
    let said = said(&told);
    assert!(said.starts_with("undone") && said.contains("the journal of this run cannot be written"), "{said}");
    assert_eq!(desk.counted().await, 0);
    assert_eq!(refresh::open_runs(&Door::fixed(desk.database())).await.unwrap(), []);
}

#[tokio::test]
async fn a_run_whose_journal_can_no_longer_be_written_goes_on_with_another_folder() {
    let desk = Desk::new(Engine::PostgreSql).await;
    let (waits, here, go) = waits(&desk);
    let plan = desk.plan(vec![count_up(), waits]);
    // Nothing is begun without one.
    let nowhere = Told { state: "/dev/null/state".into(), ..desk.told(&plan, Do::Begin) };
    let refused = do_it(&nowhere).await.unwrap_err().to_string();
    assert!(refused.starts_with("the journal of this run cannot be written"), "{refused}");
    assert_eq!(refresh::open_runs(&Door::fixed(desk.database())).await.unwrap(), []);
    let told = desk.told(&plan, Do::Begin);
    let process = Process::start(&told, &[]);
    until(async || here.exists()).await;
    process.signal(rustix::process::Signal::KILL);
    assert!(process.end().await);
    std::fs::write(&go, "").unwrap();
    let id = desk.run_here().await.unwrap();
    // The disk is full: no file may grow beyond 1 KiB.
    for what in [Do::Resume(id.clone()), Do::Recover { end_any: false }] {
        let full = desk.told(&plan, what);
        assert!(!Process::with_files_of(&full, 2).end().await);
        let said = said(&full);
        // Which run it is of cannot be read either, where it is asked for by its number.
        let way_out = "XDG_STATE_HOME=/another/folder cutover refresh recover ";
        assert!(
            said.starts_with("refused the journal of this run cannot be written") && said.contains(way_out),
            "{said}"
        );
    }
    // A file stands in the folder's place.
    let blocked = Told { state: here, ..desk.told(&plan, Do::Recover { end_any: false }) };
    let refused = do_it(&blocked).await.unwrap_err().to_string();
    assert!(refused.contains("refresh recover nightly"), "{refused}");
    assert_eq!(refresh::open_runs(&Door::fixed(desk.database())).await.unwrap().len(), 1);
    let elsewhere = Told { state: desk.file("another"), ..desk.told(&plan, Do::Recover { end_any: false }) };
    let ended = do_it(&elsewhere).await.unwrap();
    assert_eq!((ended.state, ended.why), (RunState::Done, None));
    assert_eq!(desk.counted().await, 1);
}

#[tokio::test]
async fn a_journal_on_a_disk_of_another_machine_has_no_log_beside_it_and_is_gone_on_with() {
    let desk = Desk::new(Engine::PostgreSql).await;
    let (waits, here, go) = waits(&desk);
    let plan = desk.plan(vec![count_up(), waits]);
    let kept_on = |kind: &str| [("CUTOVER_DISK", kind.to_owned())];
    // Nobody could tell who writes it: nothing is begun.
    let told = desk.told(&plan, Do::Begin);
    assert!(!Process::start(&told, &kept_on("no-locks")).end().await);
    let refused = said(&told);
    assert!(refused.starts_with("refused") && refused.contains("it cannot be locked"), "{refused}");
    assert_eq!(refresh::open_runs(&Door::fixed(desk.database())).await.unwrap(), []);
    let process = Process::start(&told, &kept_on("elsewhere"));
    until(async || here.exists()).await;
    let id = desk.run_here().await.unwrap();
    let path = desk.state().join("runs").join(format!("{}.db", id.0));
    // The format's own word for it: 1 is a rollback journal, 2 a write-ahead log (sqlite.org/fileformat, bytes 18 and 19).
    assert_eq!(std::fs::read(&path).unwrap()[18..20], [1, 1]);
    assert!(!path.with_extension("db-wal").exists() && !path.with_extension("db-shm").exists());
    process.signal(rustix::process::Signal::KILL);
    assert!(process.end().await);
    std::fs::write(&go, "").unwrap();
    let again = desk.told(&plan, Do::Resume(id));
    assert!(!Process::start(&again, &kept_on("elsewhere")).end().await);
    assert!(said(&again).starts_with("done"), "{}", said(&again));
    assert_eq!((desk.counted().await, std::fs::read(&path).unwrap()[18]), (1, 1));
}

#[tokio::test]
async fn a_wish_comes_from_another_machine_through_the_ledger() {
    for engine in [Engine::PostgreSql, Engine::MySql, Engine::Sqlite] {
        let desk = Desk::new(engine).await;
        let (waits, here, go) = waits(&desk);
        let plan = desk.plan(vec![waits, count_up()]);
        let work = begin(&plan, means(&desk.url, &desk.state(), Zombie::EndOurs)).await.unwrap();
        let id = work.id.clone();
        let running = tokio::spawn(refresh::run(work));
        until(async || here.exists()).await;
        let door = Door::fixed(desk.database());
        refresh::wish_from_afar(&door, &id, WishFor::Pause, Timestamp::now()).await.unwrap();
        let said = refresh::open_runs(&door).await.unwrap();
        assert_eq!(said[0].wish, Some(WishFor::Pause), "{engine:?}");
        std::fs::write(&go, "").unwrap();
        assert_eq!(running.await.unwrap().state, RunState::Paused, "{engine:?}");
        let work = refresh::resume(&id, means(&desk.url, &desk.state(), Zombie::EndOurs)).await.unwrap();
        assert_eq!(refresh::run(work).await.state, RunState::Done, "{engine:?}");
        let other = RefreshId("20200101T000000Z-0000".into());
        let none = refresh::wish_from_afar(&door, &other, WishFor::Pause, Timestamp::now()).await.unwrap_err();
        assert!(none.to_string().contains("has no open run"), "{none}");
    }
}

#[test]
fn what_a_server_says_of_a_password_is_known_from_other_errors() {
    let connect = |why: &str| DbError::Connect { place: "db:1/x".into(), why: why.into() };
    for (why, want) in [
        ("password authentication failed for user \"bob\"", true),
        ("PAM authentication failed for user \"bob\"", true),
        ("Access denied for user 'bob'@'10.0.0.1' (using password: YES)", true),
        ("Access denied for user 'bob'@'10.0.0.1' to database 'x'", false),
        ("Connection refused", false),
        ("no pg_hba.conf entry for host \"10.0.0.1\"", false),
    ] {
        assert_eq!(matches!(Trouble::from(connect(why)), Trouble::Credentials(_)), want, "{why}");
    }
}
