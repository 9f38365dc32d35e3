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
