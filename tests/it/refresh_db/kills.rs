//! `kill -9` in the middle of the steps, on each engine; then somebody goes on, with the journal or without it. At the instant of
//! death everything is in the catalogue or in the ledger; at the end it is as before.

use super::*;
use crate::refresh_keys::{nasty_mariadb, nasty_postgres};
use cutover::model::refresh::RunState;
use serde::Deserialize;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What a process is told.
#[derive(Serialize, Deserialize)]
struct Told {
    url: String,
    state: PathBuf,
    plan: Plan,
}

/// Not a test: what a process of its own does.
#[tokio::test]
#[ignore = "started by other tests, as a process that they kill"]
async fn carry_out() {
    let Ok(told) = std::env::var("CUTOVER_TEST_TOLD_DB") else { return };
    let told: Told = serde_json::from_str(&std::fs::read_to_string(told).unwrap()).unwrap();
    let database = Database::parse(&told.url).unwrap();
    let base = Base { database, url: told.url, schema: String::new() };
    let desk = Desk::of(base);
    let store = Settings { dir: Some(told.state), shared: None };
    let work = begin(&told.plan, Means { store, ..desk.means() }).await.unwrap();
    refresh::run(work).await;
}

/// Carries a run out in a process of its own; whether it was killed.
async fn process(desk: &Desk, plan: &Plan, env: &[(&str, String)]) -> bool {
    let mut child = started(desk, plan, env);
    let status = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
    status.signal() == Some(9)
}

pub fn started(desk: &Desk, plan: &Plan, env: &[(&str, String)]) -> Child {
    let told = desk.file("told");
    let text = Told { url: desk.base.url.clone(), state: desk.state(), plan: plan.clone() };
    std::fs::write(&told, serde_json::to_string(&text).unwrap()).unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "refresh_db::kills::carry_out", "--ignored", "--quiet"])
        .env("CUTOVER_TEST_TOLD_DB", &told)
        .envs(env.iter().map(|(name, value)| (*name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn desk(engine: Engine) -> Desk {
    match engine {
        Engine::PostgreSql => Desk::of(nasty_postgres().await),
        Engine::MySql => Desk::of(nasty_mariadb().await),
        Engine::Sqlite => {
            Desk::with(
                engine,
                "CREATE TABLE {s}.parent (id INTEGER PRIMARY KEY); CREATE TABLE {s}.t (id INTEGER PRIMARY KEY, p REFERENCES parent);
                 CREATE TRIGGER {s}.one BEFORE INSERT ON t BEGIN SELECT raise(abort, 'one'); END;
                 CREATE TRIGGER {s}.two AFTER DELETE ON t BEGIN SELECT raise(abort, 'two'); END",
            )
            .await
        }
    }
}

fn load(engine: Engine) -> &'static str {
    match engine {
        Engine::PostgreSql => {
            "TRUNCATE TABLE a.parent; INSERT INTO a.parent (id) VALUES (1); INSERT INTO a.tree VALUES (1, 99)"
        }
        Engine::MySql => "INSERT INTO {s}.fired (id, v) VALUES (1, 'x')",
        Engine::Sqlite => "INSERT INTO {s}.t VALUES (1, NULL)",
    }
}

fn policies() -> [(&'static str, Orphans); 2] {
    [("nowhere", Orphans::Report), ("tree_up_fkey", Orphans::Delete)]
}

async fn plan(desk: &Desk, engine: Engine) -> Plan {
    desk.plan(&around(load(engine)), &policies()).await
}

fn points(list: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(list).unwrap();
    text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
}

/// Every key and every trigger is in the catalogue, or the ledger says that it is away and how it comes back. Gives one that is
/// not.
async fn lost(desk: &Desk, keys: &[Key], triggers: &[Trigger]) -> Option<String> {
    let (now, firing) = (desk.keys().await, desk.triggers().await);
    let runs = refresh::open_runs(&Door::fixed(desk.base.database.clone())).await.unwrap();
    let missing: Vec<&str> = keys
        .iter()
        .filter(|key| !now.iter().any(|one| one.ident == key.ident))
        .map(|key| key.ident.as_str())
        .chain(triggers.iter().filter(|one| !firing.contains(one)).map(|one| one.ident.as_str()))
        .collect();
    let Some(run) = runs.first() else { return missing.first().map(|ident| format!("{ident}: no run")) };
    let mut told = desk.ledger("key").await;
    told.extend(desk.ledger("trigger").await);
    missing.into_iter().find_map(|ident| {
        let state = told.iter().find(|(name, ..)| name == ident).map(|(_, state, _)| state.as_str());
        // A partitioned table's key may be held by its parts.
        let is_told = matches!(state, Some("dropping" | "dropped" | "restored"));
        let by_hand = run.restore_sql.contains(ident.rsplit_once(' ').unwrap().1);
        (!is_told || !by_hand).then(|| format!("{ident} is {state:?}, by hand: {by_hand}"))
    })
}

async fn kill_at(engine: Engine, number: usize, name: &str, lose: bool) {
    let desk = desk(engine).await;
    let (before, keys, triggers) = (desk.snapshot().await, desk.keys().await, desk.triggers().await);
    let plan = plan(&desk, engine).await;
    let at = format!("{engine:?}, {name} ({number}), journal lost: {lose}");
    assert!(process(&desk, &plan, &[("CUTOVER_KILL_AT", number.to_string())]).await, "{at}: it was not killed");
    if lose {
        let _ = std::fs::remove_dir_all(desk.state());
    } else {
        assert_eq!(lost(&desk, &keys, &triggers).await, None, "{at}");
    }
    let open = refresh::open_runs(&Door::fixed(desk.base.database.clone())).await.unwrap();
    let work = match (lose, open.first()) {
        (true, Some(_)) => refresh::recover(&RefreshName(NAME.into()), None, desk.means()).await,
        // Nothing was begun, or all of it was done.
        (true, None) => {
            return desk.is_as(&before).await;
        }
        (false, _) => match runs::list(&desk.store()).await.unwrap().0.first() {
            Some(head) => refresh::resume(&head.id, desk.means()).await,
            None => return desk.is_as(&before).await,
        },
    };
    match work {
        Ok(work) => {
            let ended = refresh::run(work).await;
            assert_eq!((ended.state, ended.why), (RunState::Done, None), "{at}");
        }
        Err(trouble) => assert!(trouble.to_string().contains("is done"), "{at}: {trouble}"),
    }
    let after = desk.snapshot().await;
    assert_eq!(before.difference(&after), Vec::<String>::new(), "{at}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_killed_keys_and_triggers_are_there_or_in_the_ledger_and_come_back() {
    for (nth, engine) in ENGINES.into_iter().enumerate() {
        let desk = desk(engine).await;
        let list = desk.file("points");
        assert!(
            !process(&desk, &plan(&desk, engine).await, &[("CUTOVER_KILL_LIST", list.display().to_string())]).await
        );
        assert_eq!(desk.seen().await.head.state, RunState::Done, "{engine:?}: {:?}", desk.seen().await.head.why);
        let points = points(&list);
        assert!(points.len() > 60, "{points:?}");
        // What is durable on the target, but for the ends of a run; the sweep of everything is that of a whole refresh.
        let ours: Vec<usize> = (1..=points.len()).filter(|number| !points[number - 1].contains("journal")).collect();
        for (turn, number) in ours.iter().skip(nth % 3).step_by(6).enumerate() {
            kill_at(engine, *number, &points[*number - 1], turn % 2 == 1).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_is_told_after_the_key_is_gone_is_found() {
    let desk = desk(Engine::PostgreSql).await;
    let (list, plan) = (desk.file("points"), plan(&desk, Engine::PostgreSql).await);
    let mutant = ("CUTOVER_MUTANT", "ledger-outside".to_owned());
    assert!(!process(&desk, &plan, &[("CUTOVER_KILL_LIST", list.display().to_string()), mutant.clone()]).await);
    let points = points(&list);
    let commits = (1..=points.len()).filter(|number| points[number - 1] == "after commit");
    let mut found = Vec::new();
    for number in commits.take(2) {
        let desk = self::desk(Engine::PostgreSql).await;
        let (keys, triggers) = (desk.keys().await, desk.triggers().await);
        let kill = ("CUTOVER_KILL_AT", number.to_string());
        assert!(process(&desk, &self::plan(&desk, Engine::PostgreSql).await, &[kill, mutant.clone()]).await);
        found.extend(lost(&desk, &keys, &triggers).await);
    }
    assert!(!found.is_empty());
}
