//! A migration that is kept up to date: parked without anybody, and finished when everything is through.

use super::*;
use cutover::refresh::Trouble;

pub const STEPS_OF_ONE: [StepKind; 8] = [
    StepKind::Lock,
    StepKind::Drain,
    StepKind::Load,
    StepKind::Wait,
    StepKind::Park,
    StepKind::Caught,
    StepKind::StopTask,
    StepKind::Close,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_is_parked_and_finished_when_all_is_through() {
    // Also where nobody hears that the task was told to stop. Side by side: each takes minutes.
    futures_util::future::join(Box::pin(finished(false)), Box::pin(finished(true))).await;
}

async fn finished(lost: bool) {
    let scene = Scene::new().await;
    let orders = scene.task("orders-cdc").await;
    let stop = json!({"ReplicationTaskArn": orders.arn.as_str()});
    assert_eq!(scene.ask("AmazonDMSv20160101.StopReplicationTask", stop).await.0, 200);
    until(async || scene.task("orders-cdc").await.status.raw() == "stopped").await;
    let mut plan = scene.plan_of("orders-cdc", Load::FullLoadAndCdc, &STEPS_OF_ONE).await;
    (plan.schedules, plan.topic, plan.destination) = (Vec::new(), None, AURORA.parse().unwrap());
    let ended = scene.run(&plan).await;
    assert_eq!(ended.state, RunState::Parked, "{ended:?}");
    assert_eq!(ended.command.as_deref(), Some("cutover refresh finish nightly"));
    let id = scene.seen().await.head.id;
    let refused = Box::pin(refresh::resume(&id, scene.means().await)).await.map(drop).unwrap_err();
    assert!(refused.to_string().contains("is parked"), "{refused}");
    // Points of a minute that has begun since then: two or three minutes.
    let began = Timestamp::now();
    let stops = scene.sent("StopReplicationTask");
    if lost {
        scene.on("lost-response@StopReplicationTask");
    }
    let work = Box::pin(refresh::finish(&id, scene.means().await)).await.unwrap();
    let ended = Box::pin(refresh::run(work)).await;
    assert_eq!((ended.state, why(&ended)), (RunState::Done, ""), "{lost}: {}", scene.log().await);
    assert_eq!(scene.sent("StopReplicationTask"), stops + 1, "{}", scene.log().await);
    let orders = scene.task("orders-cdc").await;
    assert!(orders.status.raw() == "stopped" && orders.stats.stop > Some(began), "{orders:?}");
    let seen = scene.seen().await;
    let note = |kind: StepKind| seen.steps.iter().find(|step| step.kind == kind).unwrap().note.clone();
    assert!(note(StepKind::Caught).contains("nothing waits"), "{}", note(StepKind::Caught));
    assert!(note(StepKind::StopTask).contains("Stop Reason NORMAL"), "{}", note(StepKind::StopTask));
    let mut session = scene.target().read().await.unwrap();
    let kept = "SELECT detail FROM cutover_ledger_mark WHERE step = 'stop-task' AND name = 'checkpoint'";
    let kept = session.query(kept, &[]).await.unwrap()[0][0].as_text().unwrap().into_owned();
    assert!(kept.contains("checkpoint:V1#"), "{kept}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_parked_is_not_finished() {
    let scene = Scene::new().await;
    scene.mover.with(|wanted| wanted.fails = ["stock".to_owned()].into());
    scene.run(&scene.plan(&STEPS).await).await;
    let id = scene.seen().await.head.id;
    let refused = Box::pin(refresh::finish(&id, scene.means().await)).await.map(drop).unwrap_err();
    assert!(matches!(&refused, Trouble::Refused(why) if why.contains("is not parked")), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_somebody_else_has_stopped_is_not_taken_for_drained() {
    let scene = Scene::new().await;
    let stop = async || {
        let orders = scene.task("orders-cdc").await;
        let input = json!({"ReplicationTaskArn": orders.arn.as_str()});
        assert_eq!(scene.ask("AmazonDMSv20160101.StopReplicationTask", input).await.0, 200);
        until(async || scene.task("orders-cdc").await.status.raw() == "stopped").await;
    };
    stop().await;
    let steps: Vec<StepKind> = STEPS_OF_ONE.into_iter().filter(|kind| *kind != StepKind::Caught).collect();
    let mut plan = scene.plan_of("orders-cdc", Load::FullLoadAndCdc, &steps).await;
    (plan.schedules, plan.topic, plan.destination) = (Vec::new(), None, AURORA.parse().unwrap());
    let ended = scene.run(&plan).await;
    assert_eq!(ended.state, RunState::Parked, "{ended:?}");
    stop().await;
    let id = scene.seen().await.head.id;
    let work = Box::pin(refresh::finish(&id, scene.means().await)).await.unwrap();
    let ended = Box::pin(refresh::run(work)).await;
    assert_eq!(ended.state, RunState::NeedsAttention, "{ended:?}");
    assert!(why(&ended).contains("this run has not stopped it"), "{ended:?}");
}
