//! A masking key that is lost while rows are masked with it.

use super::kills::further;
use super::seen::Seen;
use super::stand::Stand;
use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_masking_key_is_lost_is_loaded_again_and_masked_with_a_new_one() {
    for engine in [Engine::PostgreSql, Engine::MySql] {
        let stand = Stand::new(engine).await;
        let new = "another key of many bytes".to_owned();
        let (mut early, mut refused) = (0, 0);
        // Before the first row of it, in a table, between two tables, until its end.
        for number in (8..).step_by(6) {
            stand.anew().await;
            let (folder, sent) = (scratch(), stand.sent());
            let first = stand.told(folder.path(), Do::Begin);
            if !Process::start(&first, &[("CUTOVER_KILL_AT", format!("{number} @mask"))]).end().await {
                break;
            }
            let mut next = further(&stand, &first).await.unwrap();
            next.more.as_mut().unwrap().secret.clone_from(&new);
            let mut ended = do_it(&next).await.unwrap();
            let mut with = new.as_str();
            if ended.state == RunState::Done && refused == 0 {
                early += 1;
            } else if ended.state == RunState::Done {
                // All of it was masked.
                with = SECRET;
            } else {
                assert!(ended.why.as_ref().unwrap().contains("another masking key"), "{ended:?}");
                let Do::Resume(id) = &next.what else { panic!("{:?}", next.what) };
                next.what = Do::LoadAgain(id.clone());
                ended = do_it(&next).await.unwrap();
                assert_eq!(ended.state, RunState::Done, "{ended:?}");
                assert_eq!(stand.sent() - sent, 2);
                refused += 1;
            }
            Seen::of(&stand).await.is_right(&stand, with).await;
        }
        assert!(early > 0 && refused > 2, "{engine:?}: {early} {refused}");
    }
}
