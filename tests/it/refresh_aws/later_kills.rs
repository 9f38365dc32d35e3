//! `kill -9` at every point of what is short: of the end of a migration that was parked, and of what follows a load that a rule has
//! started. Somebody goes on, with the journal or without it.

use super::finishes::STEPS_OF_ONE;
use super::kills::{Act, end, points, process};
use super::watches::AFTER;
use super::*;
use cutover::model::refresh::RefreshId;
use cutover::refresh::Trouble;
use cutover::refresh::watch::taken;
use std::fmt::Write as _;

/// So many at once: they wait more than they work.
const AT_ONCE: usize = 4;

/// Takes the run up as a person does who reads how it stands, until it is over; `None`: nobody knows of one.
async fn gone_on(scene: &Scene, plan: &Plan, lose: bool) -> Option<Result<(), String>> {
    if lose {
        let _ = std::fs::remove_dir_all(scene.folder.path().join("state"));
    }
    let mut told = String::new();
    for _ in 0..3 {
        let here: Option<RefreshId> = match runs::list(&scene.store()).await {
            Ok((heads, _)) => heads.first().map(|head| head.id.clone()),
            Err(_) => None,
        };
        let open = refresh::open_runs(&Door::fixed(scene.target())).await.unwrap();
        let means = async || scene.means().await;
        let work = match (&here, open.is_empty()) {
            (Some(id), _) => match Box::pin(refresh::resume(id, means().await)).await {
                Err(Trouble::Refused(why)) if why.contains("is parked") => {
                    Box::pin(refresh::finish(id, means().await)).await
                }
                other => other,
            },
            (None, false) => Box::pin(refresh::recover(&plan.name, None, means().await)).await,
            (None, true) => return None,
        };
        let ended = match work {
            Ok(work) => Box::pin(refresh::run(work)).await,
            Err(trouble) if trouble.to_string().contains("is done") => return Some(Ok(())),
            Err(trouble) => return Some(Err(format!("{told}, refused {trouble}"))),
        };
        if ended.state == RunState::Done {
            return Some(Ok(()));
        }
        let _ = write!(told, "{ended:?}; ");
        if ended.state != RunState::Parked {
            break;
        }
    }
    Some(Err(told))
}

/// A migration that is parked.
type Parked = (Scene, Plan, RefreshId);

/// More than the end of one has points.
const PARKED: usize = 90;

/// Its task runs for hours already, and somebody has begun to end it a while ago: else each would wait for two minutes of the metrics.
async fn parked() -> Parked {
    let scene = Scene::hurried().await;
    let steps: Vec<StepKind> = STEPS_OF_ONE.into_iter().filter(|kind| *kind != StepKind::Drain).collect();
    let mut plan = scene.plan_of("orders-cdc", Load::FullLoadAndCdc, &steps).await;
    (plan.schedules, plan.topic, plan.destination) = (Vec::new(), None, AURORA.parse().unwrap());
    let ended = scene.run(&plan).await;
    assert_eq!(ended.state, RunState::Parked, "{ended:?}");
    let id = scene.seen().await.head.id;
    let since = serde_json::to_string(&(Timestamp::now() - SignedDuration::from_mins(5))).unwrap();
    let mark = format!(
        "INSERT INTO cutover_ledger_mark (run, step, name, detail) VALUES ('{}', '{}', 'since', '{since}')",
        id.0,
        StepName::from(StepKind::Caught).0
    );
    scene.target().write_owned_by_demo().await.unwrap().script(&mark).await.unwrap();
    (scene, plan, id)
}

/// What is wrong where the end of a migration is killed at this point.
async fn finish_killed_at((scene, plan, id): Parked, number: usize) -> Vec<String> {
    let env = [("CUTOVER_KILL_AT", number.to_string())];
    let was_killed = end(process(&scene, Act::Finish(id), &env)).await;
    let mut wrong = Vec::new();
    match gone_on(&scene, &plan, number.is_multiple_of(2)).await {
        Some(Ok(())) => {}
        Some(Err(why)) => wrong.push(why),
        // The ledger knows of no open run: it was over.
        None if number.is_multiple_of(2) => {}
        None => wrong.push("nobody knows of the run".to_owned()),
    }
    if !was_killed && scene.seen().await.head.state != RunState::Done {
        wrong.push("it was not killed".to_owned());
    }
    let orders = scene.task("orders-cdc").await;
    if (orders.status.raw(), scene.sent("StopReplicationTask")) != ("stopped", 1) {
        let sent = scene.sent("StopReplicationTask");
        wrong.push(format!("the task is {}, told to stop {sent} times", orders.status.raw()));
    }
    let mut session = scene.target().read().await.unwrap();
    let kept = "SELECT detail FROM cutover_ledger_mark WHERE step = 'stop-task' AND name = 'checkpoint'";
    let kept = session.query(kept, &[]).await.unwrap();
    if kept.len() != 1 || !kept[0][0].as_text().unwrap().contains("checkpoint:V1#") {
        wrong.push(format!("its checkpoint: {kept:?}"));
    }
    if let Some(open) = refresh::open_runs(&Door::fixed(scene.target())).await.unwrap().first() {
        wrong.push(format!("the run is still {}", open.state.word()));
    }
    wrong
}

/// A load that somebody else has started is over.
async fn loaded_by_somebody() -> (Scene, Plan, Timestamp) {
    let scene = Scene::hurried().await;
    let before = scene.task(TASK).await.stats.start;
    scene.start_by_somebody().await;
    until(async || {
        let task = scene.task(TASK).await;
        task.stats.start > before && task.status.raw() == "stopped"
    })
    .await;
    let mut plan = scene.plan(&AFTER).await;
    (plan.schedules, plan.topic) = (Vec::new(), None);
    let start = scene.task(TASK).await.stats.start.unwrap();
    (scene, plan, start)
}

async fn watch_killed_at(number: usize) -> Vec<String> {
    let (scene, plan, start) = loaded_by_somebody().await;
    let env = [("CUTOVER_KILL_AT", number.to_string())];
    end(process(&scene, Act::Begin(Box::new(plan.clone())), &env)).await;
    let mut wrong = Vec::new();
    let door = Door::fixed(scene.target());
    match gone_on(&scene, &plan, number.is_multiple_of(2)).await {
        Some(Err(why)) => wrong.push(why),
        // Either nobody has taken it, and whoever watches takes it now, or it was gone on from to the end.
        None if taken(&door, &plan.task.arn).await.unwrap().is_empty() => {
            let ended = scene.run(&plan).await;
            if ended.state != RunState::Done {
                wrong.push(format!("begun anew it ended {ended:?}"));
            }
        }
        Some(Ok(())) | None => {}
    }
    let taken = taken(&door, &plan.task.arn).await.unwrap();
    if taken != [start] || scene.sent("StartReplicationTask") != 1 {
        wrong.push(format!("taken {taken:?}, the start is {start}"));
    }
    if let Some(open) = refresh::open_runs(&door).await.unwrap().first() {
        wrong.push(format!("the run is still {}", open.state.word()));
    }
    let again = scene.run(&plan).await;
    if again.state != RunState::Undone || !why(&again).contains("has taken the load of") {
        wrong.push(format!("gone on from once more: {again:?}"));
    }
    wrong
}

/// The journal is lost at every second one.
async fn each(points: &[String], killed_at: impl AsyncFn(usize) -> Vec<String>) {
    let mut told = Vec::new();
    let all = crate::refresh_core::some_of(points.len());
    for some in all.chunks(AT_ONCE) {
        let killed = some.iter().map(|number| async { (*number, Box::pin(killed_at(*number)).await) });
        for (number, wrong) in futures_util::future::join_all(killed).await {
            if !wrong.is_empty() {
                told.push(format!("{} ({number}): {wrong:#?}", points[number - 1]));
            }
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "each death waits up to two minutes for the metrics: a quarter of an hour in all"]
async fn a_migration_is_finished_once_wherever_its_end_is_killed() {
    // All of them are there before the first is ended: what is measured since then says of each that nothing waits.
    let mut all = Vec::new();
    for _ in 0..=PARKED {
        all.push(parked().await);
    }
    let (scene, _, id) = all.pop().unwrap();
    let points = points(&scene, Act::Finish(id)).await;
    assert!(points.len() > 30 && points.iter().any(|name| name == "after sending"), "{points:?}");
    assert!(points.len() <= all.len(), "{}", points.len());
    let all = Mutex::new(all);
    let next = || all.lock().unwrap().pop().unwrap();
    each(&points, async |number| finish_killed_at(next(), number).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_a_rule_has_started_is_gone_on_from_once_wherever_that_is_killed() {
    let (scene, plan, _) = loaded_by_somebody().await;
    let points = points(&scene, Act::Begin(Box::new(plan))).await;
    assert!(points.len() > 30, "{points:?}");
    each(&points, watch_killed_at).await;
}
