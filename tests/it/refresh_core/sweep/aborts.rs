//! The end is wished for while the task loads: the task is stopped, once, and the keys come back.

use super::kills::{further, went_on};
use super::seen::Seen;
use super::stand::Stand;
use super::*;
use std::sync::atomic::Ordering;

async fn stopped_with_its_task(engine: Engine) {
    let stand = Stand::new(engine).await;
    for fault in [None, Some("lost-response@StopReplicationTask")] {
        stand.anew().await;
        stand.held.store(true, Ordering::SeqCst);
        let (folder, stops) = (scratch(), stand.sent_of("StopReplicationTask"));
        let first = stand.told(folder.path(), Do::Begin);
        // It is in the middle of waiting for the load.
        assert!(Process::start(&first, &[("CUTOVER_KILL_AT", "7 @wait".to_owned())]).end().await, "{}", said(&first));
        if let Some(fault) = fault {
            stand.running.switch_on(fault.parse().unwrap());
        }
        let mut next = further(&stand, &first).await.unwrap();
        next.more.as_mut().unwrap().abort = true;
        let ended = do_it(&next).await.unwrap();
        assert_eq!(
            (ended.state, ended.why.as_deref()),
            (RunState::NeedsAttention, Some("it was aborted")),
            "{fault:?}"
        );
        assert_eq!(stand.sent_of("StopReplicationTask") - stops, 1, "{fault:?}");
        let task = stand.task().await;
        let reason = task.stop_reason.as_ref().map(cutover::model::Untrusted::raw);
        assert_eq!((task.status.raw(), reason), ("stopped", Some("Stop Reason NORMAL")), "{fault:?}");
        // The rows of the load are not there, so the schedules stay off; the keys hold for new rows.
        let seen = Seen::of(&stand).await;
        let idents = |seen: &Seen| seen.keys.iter().map(|key| key.ident.clone()).collect::<Vec<_>>();
        assert_eq!(idents(&seen), idents(&stand.before), "{fault:?}");
        assert!(seen.schedules.iter().all(|one| one.ends_with("DISABLED")), "{:?}", seen.schedules);
        if let Some(fault) = fault {
            stand.running.switch_off(&fault.parse().unwrap());
        }
        stand.held.store(false, Ordering::SeqCst);
        assert_eq!(went_on(&stand, &next).await, Vec::<String>::new(), "{fault:?}");
        assert_eq!(stand.sent_of("StopReplicationTask") - stops, 1, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abort_that_stops_the_task_on_postgresql_stops_it_once_and_brings_the_keys_back() {
    stopped_with_its_task(Engine::PostgreSql).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abort_that_stops_the_task_on_mariadb_stops_it_once() {
    stopped_with_its_task(Engine::MySql).await;
}
