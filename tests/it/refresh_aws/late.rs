//! A run that takes longer than was said, told by somebody who is not its runner. What the time is, the tests say.

use super::kills::{Act, end, process};
use super::*;
use cutover::refresh::late::{due, is_due, tell, untold};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Seven hours later.
fn later() -> Timestamp {
    Timestamp::now() + HOUR * 7
}

fn waited() -> (Time, Duration) {
    (Time { now: later, wait: |_| Box::pin(async { panic!("it is due") }) }, Duration::from_mins(1))
}

/// A run that is killed while it waits for its load.
async fn killed() -> (Scene, Plan) {
    let scene = Scene::new().await;
    let plan = Plan { notice_after: Some(HOUR * 6), ..scene.plan(&STEPS).await };
    assert!(
        end(process(&scene, Act::Begin(Box::new(plan.clone())), &[("CUTOVER_KILL_AT", "1 @wait".to_owned())])).await
    );
    (scene, plan)
}

async fn notifier(scene: &Scene) -> Notifier {
    let connected = scene.connected().await;
    let expect_account = Some(AccountId("123456789012".into()));
    let authority = Mode { read_only: false, operate: true, expect_account }.authority().unwrap();
    let kept = (Audit::open(&scene.store(), &whence()).await.unwrap(), whence());
    Notifier::new(&authority, &connected, TOPIC.parse().unwrap(), kept, None, time()).unwrap()
}

async fn subjects(scene: &Scene) -> Vec<String> {
    scene.told().await.into_iter().map(|(subject, _)| subject).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_killed_is_told_of_once_whoever_looks() {
    let (scene, plan) = killed().await;
    let (head, door) = (scene.seen().await.head, Door::fixed(scene.target()));
    let due = due(&plan, head.began).unwrap();
    assert_eq!(due, head.began + HOUR * 6);
    assert!(is_due(&scene.store(), &head.id, "", due, waited()).await);
    assert_eq!(untold(&door, Timestamp::now() + HOUR * 5).await.unwrap(), []);
    let run = untold(&door, later()).await.unwrap().remove(0);
    let mut notifier = notifier(&scene).await;
    // What surely was not sent is tried again.
    scene.on("access-denied=Publish");
    let refused = Box::pin(tell(&door, &run, &mut notifier, later())).await.unwrap_err();
    assert!(refused.to_string().contains("was not told"), "{refused}");
    scene.off("access-denied=Publish");
    assert_eq!(untold(&door, later()).await.unwrap().len(), 1);
    // What may have been is not.
    scene.on("lost-response@Publish");
    let told = Box::pin(tell(&door, &run, &mut notifier, later())).await.unwrap().unwrap();
    assert!(told.contains("unknown whether"), "{told}");
    scene.off("lost-response");
    assert_eq!(Box::pin(tell(&door, &run, &mut notifier, later())).await.unwrap(), None);
    assert_eq!(untold(&door, later()).await.unwrap(), []);
    let text = scene.told().await.remove(0).1;
    for part in
        ["run is running", "has not ended 6h after it began", "last seen alive", "cutover refresh recover nightly"]
    {
        assert!(text.replace(&format!("run {} is", head.id.0), "run is").contains(part), "{part}: {text}");
    }
    // Neither does its runner say it again, when there is one.
    until(async || scene.task(TASK).await.status.raw() == "stopped").await;
    let means = scene.means_at(|| Time { now: later, ..time() }).await;
    let work = Box::pin(refresh::resume(&head.id, means)).await.unwrap();
    let ended = Box::pin(refresh::run(work)).await;
    well(&scene, &ended, 1).await;
    assert_eq!(subjects(&scene).await, ["refresh nightly: late", "refresh nightly: done"]);
    // Nobody waits beside a run that is done.
    assert!(!is_due(&scene.store(), &head.id, "", due, waited()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_open_is_late_but_for_what_is_parked_and_one_process_waits() {
    let (scene, plan) = killed().await;
    let (head, door) = (scene.seen().await.head, Door::fixed(scene.target()));
    for (state, late) in [("paused", 1), ("needs-credentials", 1), ("needs-attention", 1), ("parked", 0), ("done", 0)] {
        let set = format!("UPDATE cutover_ledger_run SET state = '{state}'");
        scene.target().write_owned_by_demo().await.unwrap().script(&set).await.unwrap();
        assert_eq!(untold(&door, later()).await.unwrap().len(), late, "{state}");
    }
    // Without a topic nobody is waited for.
    assert_eq!(due(&Plan { topic: None, ..plan.clone() }, head.began), None);
    assert_eq!(due(&Plan { notice_after: None, ..plan.clone() }, head.began), None);
    let due = due(&plan, head.began).unwrap();
    let ours = runs::waits(&scene.store(), &head.id).unwrap();
    assert!(is_due(&scene.store(), &head.id, &ours, due, waited()).await);
    std::fs::write(scene.store().dir.unwrap().join("runs").join(format!("{}.notice", head.id.0)), "another").unwrap();
    assert!(!is_due(&scene.store(), &head.id, &ours, due, waited()).await);
}
