//! The scheduled event fires into the refresh: the task is started by somebody else before ours, or the end is wished for while ours
//! loads.

use super::*;
use cutover::model::refresh::{Again, CustomStep, Does};

/// Fires every five minutes: it may have fired just now.
const PROBE: &str = "rule:default/dms-lag-probe";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_while_the_drain_waits_is_not_run_into() {
    let scene = Scene::new().await;
    let mut plan = scene.plan(&STEPS).await;
    plan.schedules.push(named(PROBE));
    scene.mover.hold(true);
    let running = scene.start(&plan).await;
    let is_waiting = async || {
        let (heads, _) = runs::list(&scene.store()).await.unwrap();
        !heads.is_empty() && scene.seen().await.steps.iter().any(|step| step.note.contains("for what may have fired"))
    };
    until(is_waiting).await;
    scene.start_by_somebody().await;
    let ended = running.await.unwrap();
    assert_eq!(ended.state, RunState::Undone, "{ended:?}\n{}", scene.log().await);
    assert!(why(&ended).starts_with("drain: ") && why(&ended).contains("somebody else has started it"), "{ended:?}");
    assert_eq!((scene.states().await, scene.sent("StartReplicationTask")), (ALL_ON.map(str::to_owned), 1));
    let rules = scene.connected().await.reader.rules().await.unwrap().value;
    let probe = rules.iter().find(|rule| Named::of(rule).full() == PROBE).unwrap();
    assert_eq!(probe.state.raw(), "ENABLED");
    scene.mover.hold(false);
}

/// Between drain and load the plan waits until the second file is there, and says so with the first.
fn gate(scene: &Scene) -> (CustomStep<String>, PathBuf, PathBuf) {
    let (here, go) = (scene.folder.path().join("here"), scene.folder.path().join("go"));
    let text = format!("touch {}; while [ ! -e {} ]; do sleep 0.05; done", here.display(), go.display());
    let step = CustomStep {
        name: StepName("custom".into()),
        after: StepKind::Drain,
        does: Does::Command(["sh", "-c", &text].map(str::to_owned).to_vec()),
        again: Again::Mark,
        timeout: SignedDuration::from_mins(2),
        retry: 0,
        on_failure: OnFailure::Stop,
    };
    (step, here, go)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_between_drain_and_load_is_waited_for_and_everything_is_loaded_anew() {
    // It still runs when its turn comes, or is over by then.
    for is_over in [false, true] {
        let scene = Scene::new().await;
        let mut steps = STEPS.to_vec();
        let load = steps.iter().position(|kind| *kind == StepKind::Load).unwrap();
        steps.insert(load, StepKind::Custom);
        let mut plan = scene.plan(&steps).await;
        let (step, here, go) = gate(&scene);
        plan.custom.push(step);
        let running = scene.start(&plan).await;
        until(async || here.exists()).await;
        let (before, asked) = (scene.task(TASK).await.stats.start, scene.mover.asked().len());
        scene.mover.hold(!is_over);
        scene.start_by_somebody().await;
        until(async || scene.task(TASK).await.stats.start > before).await;
        let theirs = scene.task(TASK).await.stats.start;
        if is_over {
            until(async || scene.task(TASK).await.status.raw() == "stopped").await;
        }
        std::fs::write(&go, "").unwrap();
        if !is_over {
            until(async || scene.log().await.contains("somebody else has started the task meanwhile")).await;
            assert_eq!(scene.sent("StartReplicationTask"), 1, "it is not run into");
            scene.mover.hold(false);
        }
        let ended = running.await.unwrap();
        // What they loaded met keys and triggers: ours is another one.
        well(&scene, &ended, 2).await;
        assert_eq!(scene.mover.asked().len(), asked + 2);
        assert!(scene.task(TASK).await.stats.start > theirs);
        assert!(scene.log().await.contains("somebody else has started the task meanwhile"), "{}", scene.log().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abort_that_stops_the_task_sends_one_stop_whatever_answer_comes() {
    for fault in [None, Some("lost-response@StopReplicationTask"), Some("throttle@StopReplicationTask=1")] {
        let scene = Scene::new().await;
        scene.mover.hold(true);
        let running = scene.start(&scene.plan(&STEPS).await).await;
        scene.until_step(StepKind::Wait).await;
        until(async || scene.task(TASK).await.status.raw() == "running").await;
        if let Some(fault) = fault {
            scene.on(fault);
        }
        scene.wish.send_replace(Some(WishFor::AbortStoppingTask));
        let was_throttled = fault.is_some_and(|fault| fault.starts_with("throttle"));
        if was_throttled {
            until(async || scene.sent("StopReplicationTask") >= 1).await;
            scene.off("throttle");
        }
        let ended = running.await.unwrap();
        assert_eq!((ended.state, why(&ended)), (RunState::NeedsAttention, "it was aborted"), "{fault:?}");
        let task = scene.task(TASK).await;
        let reason = task.stop_reason.as_ref().map(cutover::model::Untrusted::raw);
        assert_eq!((task.status.raw(), reason), ("stopped", Some("Stop Reason NORMAL")), "{}", scene.log().await);
        if !was_throttled {
            assert_eq!(scene.sent("StopReplicationTask"), 1, "{fault:?}");
        }
        assert_eq!(scene.states().await, ALL_OFF);
        scene.wish.send_replace(None);
        scene.mover.hold(false);
        if let Some(fault) = fault {
            scene.off(fault);
        }
        let mut work = Box::pin(scene.resumed()).await;
        refresh::load_again(&mut work, refresh::LoadAgain::Whole).await.unwrap();
        let ended = Box::pin(refresh::run(work)).await;
        well(&scene, &ended, 2).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abort_that_stops_the_task_while_it_comes_up_waits_until_it_can_be_stopped() {
    let scene = Scene::new().await;
    scene.mover.hold(true);
    let running = scene.start(&scene.plan(&STEPS).await).await;
    until(async || scene.sent("StartReplicationTask") == 1).await;
    scene.wish.send_replace(Some(WishFor::AbortStoppingTask));
    let ended = running.await.unwrap();
    assert_eq!((ended.state, why(&ended)), (RunState::NeedsAttention, "it was aborted"), "{}", scene.log().await);
    assert_eq!((scene.task(TASK).await.status.raw(), scene.sent("StopReplicationTask")), ("stopped", 1));
    assert_eq!(scene.states().await, ALL_OFF);
}
