//! Credentials that expire, a right that is missing, a wish in the middle, and a run that takes longer than was said.

use super::*;
use cutover::refresh::LoadAgain;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_that_expire_in_the_load_fail_nothing_and_resume_goes_on() {
    let scene = Scene::new().await;
    scene.mover.hold(true);
    let running = scene.start(&scene.plan(&STEPS).await).await;
    scene.until_step(StepKind::Wait).await;
    scene.on("expired-credentials");
    let ended = running.await.unwrap();
    assert_eq!(ended.state, RunState::NeedsCredentials, "{ended:?}");
    assert_eq!(ended.command.as_deref(), Some("cutover refresh resume nightly"));
    scene.off("expired-credentials");
    scene.mover.hold(false);
    let ended = scene.resume().await;
    well(&scene, &ended, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_that_is_missing_undoes_what_was_begun_before_the_load() {
    for operation in ["UpdateSchedule", "StartReplicationTask"] {
        let scene = Scene::new().await;
        scene.on(&format!("access-denied={operation}"));
        let ended = scene.run(&scene.plan(&STEPS).await).await;
        let is_schedule = operation == "UpdateSchedule";
        assert_eq!(ended.state, RunState::Undone, "{operation}: {ended:?}");
        assert!(why(&ended).contains(operation), "{ended:?}");
        let states = scene.states().await;
        assert_eq!(states, ALL_ON, "{operation}");
        assert!(is_schedule || scene.sent("UpdateSchedule") == 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schedules_come_back_also_where_putting_back_is_throttled_for_long() {
    let scene = Scene::new().await;
    scene.on("access-denied=StartReplicationTask");
    scene.on("throttle@EnableRule=1");
    let running = scene.start(&scene.plan(&STEPS).await).await;
    // More often than what fails is tried again.
    until(async || scene.sent("EnableRule") >= 6).await;
    scene.off("throttle");
    let ended = running.await.unwrap();
    assert_eq!((ended.state, scene.states().await), (RunState::Undone, ALL_ON.map(str::to_owned)), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_paused_while_it_waits_and_takes_its_load_up_again() {
    let scene = Scene::new().await;
    scene.mover.hold(true);
    let running = scene.start(&scene.plan(&STEPS).await).await;
    scene.until_step(StepKind::Wait).await;
    scene.wish.send_replace(Some(WishFor::Pause));
    assert_eq!(running.await.unwrap().state, RunState::Paused);
    assert_eq!(scene.states().await, ALL_OFF);
    scene.wish.send_replace(None);
    scene.mover.hold(false);
    let ended = scene.resume().await;
    well(&scene, &ended, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_takes_longer_than_was_said_is_told_of_once_and_goes_on() {
    let scene = Scene::new().await;
    let plan = Plan { notice_after: Some(SignedDuration::from_secs(1)), ..scene.plan(&STEPS).await };
    let ended = scene.run(&plan).await;
    well(&scene, &ended, 1).await;
    let subjects: Vec<String> = scene.told().await.into_iter().map(|(subject, _)| subject).collect();
    assert_eq!(subjects, ["refresh nightly: late", "refresh nightly: done"]);
    assert_eq!(scene.sent("EnableRule"), 1, "it switches nothing on by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_is_chosen_again_only_where_one_has_failed() {
    let scene = Scene::new().await;
    let plan = scene.plan(&STEPS).await;
    let mut work = Box::pin(scene.begin(&plan)).await;
    let refused = refresh::load_again(&mut work, LoadAgain::Whole).await.unwrap_err();
    assert!(refused.to_string().contains("nothing to load again"), "{refused}");
}
