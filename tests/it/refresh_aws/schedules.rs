//! Rules and schedules: each comes back to what it was, whatever others do to it meanwhile.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_else_does_to_a_rule_meanwhile_is_told_and_stays() {
    let scene = Scene::new().await;
    scene.mover.hold(true);
    let running = scene.start(&scene.plan(&STEPS).await).await;
    scene.until_step(StepKind::Wait).await;
    scene.switch_by_somebody("EnableRule", "staging-refresh-nightly").await;
    scene.switch_by_somebody("EnableRule", "migration-report-weekly").await;
    scene.mover.hold(false);
    let ended = running.await.unwrap();
    assert_eq!((ended.state, why(&ended)), (RunState::Done, ""));
    // One was off before, and nobody but its owner switches it.
    assert_eq!(scene.states().await, ["ENABLED", "ENABLED", "ENABLED"]);
    assert_eq!(scene.sent("EnableRule"), 2, "both by somebody else");
    let log = scene.log().await;
    assert!(log.contains(&format!("{NIGHTLY} was switched on by somebody else meanwhile")), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_somebody_else_has_started_is_not_run_into() {
    let scene = Scene::new().await;
    let plan = scene.plan(&STEPS).await;
    scene.mover.hold(true);
    scene.start_by_somebody().await;
    let ended = scene.run(&plan).await;
    assert_eq!(ended.state, RunState::Undone, "{ended:?}");
    assert!(why(&ended).contains("somebody else has started it"), "{ended:?}");
    assert_eq!((scene.states().await, scene.sent("StartReplicationTask")), (ALL_ON.map(str::to_owned), 1));
    let told = scene.told().await;
    assert_eq!(told[0].0, "refresh nightly: undone, everything is as it was");
    scene.mover.hold(false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_somebody_begins_after_ours_leaves_the_quarantine_on_and_the_schedules_off() {
    for is_up in [true, false] {
        let scene = Scene::new().await;
        let mut steps = STEPS.to_vec();
        steps.splice(5..5, [StepKind::Custom, StepKind::QuarantineOff]);
        let mut plan = scene.plan(&steps).await;
        let (here, go) = (scene.folder.path().join("here"), scene.folder.path().join("go"));
        let text = format!("touch {}; while [ ! -e {} ]; do sleep 0.05; done", here.display(), go.display());
        plan.custom.push(cutover::model::refresh::CustomStep {
            name: StepName("custom".into()),
            after: StepKind::Wait,
            does: cutover::model::refresh::Does::Command(["sh", "-c", &text].map(str::to_owned).to_vec()),
            again: cutover::model::refresh::Again::Mark,
            timeout: SignedDuration::from_mins(2),
            retry: 0,
            on_failure: OnFailure::Stop,
        });
        let running = scene.start(&plan).await;
        until(async || here.exists()).await;
        let ours = scene.task(TASK).await.stats.start;
        scene.mover.hold(true);
        scene.start_by_somebody().await;
        // Until it is up it still says when it was started last.
        until(async || !is_up || scene.task(TASK).await.stats.start > ours).await;
        std::fs::write(&go, "").unwrap();
        let ended = running.await.unwrap();
        scene.mover.hold(false);
        assert_eq!(ended.state, RunState::NeedsAttention, "{ended:?}");
        assert!(why(&ended).starts_with("quarantine-off: ") && why(&ended).contains("was started by somebody else at"));
        assert_eq!(scene.states().await, ALL_OFF);
        // The way out: all of it once more.
        until(async || scene.task(TASK).await.status.raw() == "stopped").await;
        let mut work = Box::pin(scene.resumed()).await;
        refresh::load_again(&mut work, refresh::LoadAgain::Whole).await.unwrap();
        let ended = Box::pin(refresh::run(work)).await;
        // The one that a custom step waited for is there: it goes through at once.
        assert_eq!((ended.state, why(&ended)), (RunState::Done, ""), "{}", scene.log().await);
        assert_eq!((scene.states().await, scene.sent("StartReplicationTask")), (ALL_ON.map(str::to_owned), 3));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_on_is_switched_on_again_whatever_the_configuration_says_by_then() {
    let scene = Scene::new().await;
    scene.mover.hold(true);
    let running = scene.start(&scene.plan(&STEPS).await).await;
    scene.until_step(StepKind::Wait).await;
    scene.wish.send_replace(Some(WishFor::Pause));
    assert_eq!(running.await.unwrap().state, RunState::Paused);
    scene.wish.send_replace(None);
    scene.mover.hold(false);
    let retired = Safeguards { retired: vec![TASK.into()], ..Safeguards::default() };
    let aws = Some(scene.place().aws_with(retired, time).await);
    let means = Means { aws, ..scene.means().await };
    let work = Box::pin(refresh::resume(&scene.seen().await.head.id, means)).await.unwrap();
    let ended = Box::pin(refresh::run(work)).await;
    well(&scene, &ended, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_to_switch_off_that_arrives_while_everything_is_put_back_leaves_nothing_off() {
    let scene = Scene::new().await;
    scene.on("cut@DisableRule");
    let running = scene.start(&scene.plan(&STEPS).await).await;
    until(async || scene.log().await.contains("again in")).await;
    scene.wish.send_replace(Some(WishFor::AbortLeavingTask));
    let is_looking = async || {
        let seen = scene.seen().await;
        seen.steps.iter().any(|step| step.note.starts_with("looking whether"))
    };
    until(is_looking).await;
    scene.off("cut");
    scene.switch_by_somebody("DisableRule", "staging-refresh-nightly").await;
    let ended = running.await.unwrap();
    assert_eq!(ended.state, RunState::Undone, "{ended:?}");
    assert_eq!(scene.states().await, ALL_ON);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_that_could_not_be_put_back_as_it_was_is_not_switched_off() {
    let scene = Scene::new().await;
    let mut plan = scene.plan(&STEPS).await;
    plan.schedules.push(named("rule:default/dms-api-calls"));
    let ended = scene.run(&plan).await;
    assert_eq!(ended.state, RunState::Undone, "{ended:?}");
    assert!(why(&ended).contains("every management event of CloudTrail"), "{ended:?}");
    assert_eq!((scene.states().await, scene.sent("StartReplicationTask")), (ALL_ON.map(str::to_owned), 0));
    plan.schedules = vec![named("rule:default/gone")];
    let ended = scene.run(&plan).await;
    assert!(ended.state == RunState::Undone && why(&ended).contains("is not there any more"), "{ended:?}");
}
