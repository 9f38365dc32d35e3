//! The part after a load that a rule has started: once for each start.

use super::*;
use cutover::refresh::watch::taken;

pub const AFTER: [StepKind; 4] = [StepKind::Lock, StepKind::Load, StepKind::Wait, StepKind::Close];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_a_rule_has_started_is_gone_on_from_once() {
    let scene = Scene::new().await;
    let before = scene.task(TASK).await.stats.start;
    scene.start_by_somebody().await;
    until(async || scene.task(TASK).await.stats.start > before).await;
    let mut plan = scene.plan(&AFTER).await;
    (plan.schedules, plan.topic) = (Vec::new(), None);
    let ended = scene.run(&plan).await;
    assert_eq!((ended.state, why(&ended)), (RunState::Done, ""), "{}", scene.log().await);
    assert_eq!(scene.sent("StartReplicationTask"), 1, "by somebody else");
    let start = scene.task(TASK).await.stats.start.unwrap();
    let door = Door::fixed(scene.target());
    assert_eq!(taken(&door, &plan.task.arn).await.unwrap(), [start]);
    let again = scene.run(&plan).await;
    assert_eq!(again.state, RunState::Undone, "{again:?}");
    assert!(why(&again).contains("has taken the load of"), "{again:?}");
    // A run that starts its load itself has taken that one, too.
    let ended = scene.run(&scene.plan(&STEPS).await).await;
    well(&scene, &ended, 2).await;
    assert_eq!(taken(&door, &plan.task.arn).await.unwrap().len(), 2);
}

/// What fails before the load is adopted: the catalogue is not the one of the plan.
const FAILS: [StepKind; 5] = [StepKind::Lock, StepKind::Capture, StepKind::Load, StepKind::Wait, StepKind::Close];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_cannot_be_gone_on_from_wants_somebody_until_a_person_leaves_it_or_another_run_has_taken_it() {
    let scene = Scene::new().await;
    let before = scene.task(TASK).await.stats.start;
    scene.start_by_somebody().await;
    until(async || scene.task(TASK).await.stats.start > before).await;
    let mut plan = scene.plan(&FAILS).await;
    plan.schedules = Vec::new();
    let ended = scene.run(&plan).await;
    assert_eq!(ended.state, RunState::NeedsAttention, "{ended:?}");
    assert!(why(&ended).contains("capture: ") && why(&ended).contains("nothing of it is masked"), "{ended:?}");
    assert_eq!(ended.command.as_deref(), Some("cutover refresh resume nightly"));
    assert_eq!(scene.resume().await.state, RunState::NeedsAttention);
    let door = Door::fixed(scene.target());
    assert_eq!(taken(&door, &plan.task.arn).await.unwrap(), []);
    scene.wish.send_replace(Some(WishFor::AbortLeavingTask));
    assert_eq!(scene.resume().await.state, RunState::Undone);
    scene.wish.send_replace(None);
    let subjects: Vec<String> = scene.told().await.into_iter().map(|(subject, _)| subject).collect();
    let (wants, left) =
        ("refresh nightly: needs attention", "refresh nightly: undone, the rows are as their load left them");
    assert_eq!(subjects, [wants, wants, left]);
    // The same load is there for another plan, and for no third one.
    let good = Plan { schedules: Vec::new(), topic: None, ..scene.plan(&AFTER).await };
    assert_eq!(scene.run(&good).await.state, RunState::Done);
    let ended = scene.run(&plan).await;
    assert!(ended.state == RunState::Undone && why(&ended).starts_with("capture: "), "{ended:?}");
}
