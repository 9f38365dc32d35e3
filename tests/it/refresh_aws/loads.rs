//! The load: sent once, found again, waited for; and what comes of one that goes wrong.

use super::*;
use cutover::refresh::{LoadAgain, load_again};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schedules_go_off_the_load_runs_once_and_everything_is_as_it_was() {
    let scene = Scene::new().await;
    let before = scene.task(TASK).await.stats.start;
    scene.mover.hold(true);
    let running = scene.start(&scene.plan(&STEPS).await).await;
    scene.until_step(StepKind::Wait).await;
    assert_eq!(scene.states().await, ALL_OFF);
    until(async || scene.seen().await.load.is_some_and(|load| load.status.raw() == "running")).await;
    let seen = scene.seen().await;
    let away: Vec<(&str, &str)> = seen.away.iter().map(|one| (one.name.raw(), one.prior.raw())).collect();
    assert_eq!(away, [(NIGHTLY, "ENABLED"), (WEEKLY, "ENABLED")]);
    scene.mover.hold(false);
    let ended = running.await.unwrap();
    well(&scene, &ended, 1).await;
    assert!(scene.task(TASK).await.stats.start > before);
    let seen = scene.seen().await;
    assert!(seen.away.is_empty(), "{:?}", seen.away);
    let load = seen.load.unwrap();
    assert_eq!((load.tables.len(), load.status.raw()), (12, "stopped"));
    assert!(
        load.tables.iter().all(|table| table.rows == Some(7) && table.state.raw() == "Table completed"),
        "{load:?}"
    );
    let note = |kind: StepKind| seen.steps.iter().find(|step| step.kind == kind).unwrap().note.clone();
    assert!(note(StepKind::Wait).starts_with("12 of 12 tables, 84 rows"), "{}", note(StepKind::Wait));
    assert_eq!(note(StepKind::ScheduleOff), "2 switched off, 1 off already");
    assert_eq!(note(StepKind::ScheduleBack), "2 as before, 1 left as they are");
    assert!(note(StepKind::Drain).contains("nothing"), "{}", note(StepKind::Drain));
    let told = scene.told().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "refresh nightly: done");
    for part in ["wait: 12 of 12 tables, 84 rows", "task staging-refresh", "schedule-back: 2 as before"] {
        assert!(told[0].1.contains(part), "{part}: {}", told[0].1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_never_comes_is_settled_by_looking_and_nothing_is_sent_twice() {
    let scene = Scene::new().await;
    for operation in ["DisableRule", "UpdateSchedule", "StartReplicationTask", "EnableRule", "Publish"] {
        scene.on(&format!("lost-response@{operation}"));
    }
    let ended = scene.run(&scene.plan(&STEPS).await).await;
    well(&scene, &ended, 1).await;
    let sent = ["DisableRule", "EnableRule", "UpdateSchedule", "Publish"].map(|operation| scene.sent(operation));
    assert_eq!(sent, [1, 1, 2, 1]);
    assert_eq!(scene.told().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_at_the_task_whose_answer_never_comes_is_looked_again_and_changes_nothing() {
    let scene = Scene::new().await;
    let asked = scene.mover.asked().len();
    scene.mover.hold(true);
    let running = scene.start(&scene.plan(&STEPS).await).await;
    // While the start is looked for, and while the load is waited for.
    for step in [StepKind::Load, StepKind::Wait] {
        scene.until_step(step).await;
        let before = scene.log().await.matches("; again in ").count();
        scene.on("lost-response@DescribeReplicationTasks");
        until(async || scene.log().await.matches("; again in ").count() > before).await;
        scene.off("lost-response");
    }
    scene.mover.hold(false);
    let ended = running.await.unwrap();
    well(&scene, &ended, 1).await;
    assert_eq!(scene.mover.asked().len(), asked + 1, "one load");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_is_throttled_was_not_done_and_is_sent_again() {
    let scene = Scene::new().await;
    let asked = scene.mover.asked().len();
    scene.on("throttle@StartReplicationTask=1");
    let running = scene.start(&scene.plan(&STEPS).await).await;
    until(async || scene.sent("StartReplicationTask") >= 2).await;
    scene.off("throttle");
    let ended = running.await.unwrap();
    let sent = scene.sent("StartReplicationTask");
    well(&scene, &ended, sent).await;
    assert_eq!(scene.mover.asked().len(), asked + 1, "one load");
    assert!(scene.log().await.contains("throttled"), "{}", scene.log().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_descriptions_start_nothing_twice_and_end_nothing_early() {
    let scene = Scene::new().await;
    let asked = scene.mover.asked().len();
    scene.mover.hold(true);
    let running = scene.start(&scene.plan(&STEPS).await).await;
    scene.until_step(StepKind::Load).await;
    // As it was before: stopped, finished, every table complete.
    scene.on("stale-describes=6");
    scene.until_step(StepKind::Wait).await;
    scene.off("stale-describes");
    until(async || scene.seen().await.load.is_some_and(|load| load.status.raw() == "running")).await;
    scene.on("stale-describes=60");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(scene.seen().await.head.step, Some(StepKind::Wait.into()));
    scene.off("stale-describes");
    scene.mover.hold(false);
    let ended = running.await.unwrap();
    well(&scene, &ended, 1).await;
    assert_eq!(scene.mover.asked().len(), asked + 1, "one load");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_with_a_table_in_error_waits_for_a_person_who_has_the_rest_loaded() {
    let scene = Scene::new().await;
    scene.mover.with(|wanted| wanted.fails = ["payment", "stock"].map(str::to_owned).into());
    let ended = scene.run(&scene.plan(&STEPS).await).await;
    assert_eq!(ended.state, RunState::NeedsAttention, "{ended:?}");
    for part in
        ["shop.payment (Table error)", "shop.stock (Table error)", "resume nightly --load-unfinished", "--load-again"]
    {
        assert!(why(&ended).contains(part), "{part}: {ended:?}");
    }
    assert_eq!(scene.states().await, ALL_OFF, "schedules stay off");
    let told = scene.told().await;
    assert_eq!(told[0].0, "refresh nightly: needs attention");
    assert!(told[0].1.contains("go on with: cutover refresh resume nightly"), "{}", told[0].1);
    // Nothing was chosen: it is still so.
    let ended = scene.resume().await;
    assert_eq!(ended.state, RunState::NeedsAttention, "{ended:?}");
    assert_eq!(scene.sent("StartReplicationTask"), 1);
    let mut work = Box::pin(scene.resumed()).await;
    load_again(&mut work, LoadAgain::Unfinished).await.unwrap();
    let ended = Box::pin(refresh::run(work)).await;
    well(&scene, &ended, 2).await;
    let last: BTreeSet<String> = scene.mover.asked().pop().unwrap().into_iter().collect();
    assert_eq!(last, ["payment", "stock"].map(str::to_owned).into());
    let refused = Box::pin(refresh::resume(&scene.seen().await.head.id, scene.means().await)).await.map(drop);
    assert!(refused.unwrap_err().to_string().contains("is done"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_fails_or_is_stopped_in_its_load_waits_for_a_person_who_has_all_of_it_loaded() {
    for stopped in [false, true] {
        let scene = Scene::new().await;
        scene.mover.hold(true);
        scene.mover.with(|wanted| wanted.breaks = !stopped);
        let running = scene.start(&scene.plan(&STEPS).await).await;
        scene.until_step(StepKind::Wait).await;
        if stopped {
            until(async || scene.task(TASK).await.status.raw() == "running").await;
            scene.on(&format!("changed-by-someone={TASK}"));
        }
        scene.mover.hold(false);
        let ended = running.await.unwrap();
        assert_eq!(ended.state, RunState::NeedsAttention, "{ended:?}");
        let part = if stopped { "the task stopped (NORMAL)" } else { "the task failed" };
        assert!(why(&ended).contains(part) && why(&ended).contains("--load-again"), "{ended:?}");
        let mut work = Box::pin(scene.resumed()).await;
        load_again(&mut work, LoadAgain::Whole).await.unwrap();
        let ended = Box::pin(refresh::run(work)).await;
        well(&scene, &ended, 2).await;
        assert_eq!(scene.mover.asked().pop().unwrap().len(), 12);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_was_changed_since_the_plan_is_not_started_and_everything_is_put_back() {
    let scene = Scene::new().await;
    let plan = Plan { definition: "another".into(), ..scene.plan(&STEPS).await };
    let ended = scene.run(&plan).await;
    assert_eq!(ended.state, RunState::Undone, "{ended:?}");
    assert!(why(&ended).contains("the task was changed since this was planned"), "{ended:?}");
    assert_eq!((scene.states().await, scene.sent("StartReplicationTask")), (ALL_ON.map(str::to_owned), 0));
    let shut = "Mon 00:00-00:01 Pacific/Kiritimati".parse().unwrap();
    let shut = Plan { window: Some(shut), ..scene.plan(&STEPS).await };
    if !shut.window.as_ref().unwrap().is_open(Timestamp::now()) {
        let ended = scene.run(&shut).await;
        assert!(ended.state == RunState::Undone && why(&ended).contains("may be loaded only"), "{ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_was_asked_for_is_not_taken_for_never_begun_because_a_description_is_old() {
    let scene = Scene::new().await;
    scene.mover.hold(true);
    let running = scene.start(&scene.plan(&STEPS).await).await;
    scene.until_step(StepKind::Load).await;
    scene.on("stale-describes=2");
    until(async || scene.sent("StartReplicationTask") == 1).await;
    scene.wish.send_replace(Some(WishFor::AbortLeavingTask));
    let ended = running.await.unwrap();
    assert_eq!((ended.state, why(&ended)), (RunState::NeedsAttention, "it was aborted"), "{}", scene.log().await);
    assert_eq!(scene.states().await, ALL_OFF);
    assert_eq!(scene.task(TASK).await.status.raw(), "running");
    scene.off("stale-describes");
    scene.wish.send_replace(None);
    scene.mover.hold(false);
    let ended = scene.resume().await;
    well(&scene, &ended, 1).await;
}
