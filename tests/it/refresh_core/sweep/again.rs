//! `kill -9` while everything is loaded once more: what has come back goes away again, another load is sent, and what follows it is
//! that of every refresh, which `kills.rs` sweeps.

use super::kills::further;
use super::seen::{Seen, lost};
use super::stand::Stand;
use super::*;
use std::fmt::Write as _;
use std::io::Write as _;

/// One that stands behind its load: it was killed between two masked tables.
async fn behind_its_load(stand: &Stand, folder: &Path) -> Told {
    stand.anew().await;
    let first = stand.told(folder, Do::Begin);
    assert!(Process::start(&first, &[("CUTOVER_KILL_AT", "20 @mask".to_owned())]).end().await, "{}", said(&first));
    let mut next = further(stand, &first).await.unwrap();
    let Do::Resume(id) = &next.what else { panic!("{:?}", next.what) };
    next.what = Do::LoadAgain(id.clone());
    next
}

/// Each point until the second load was asked for, and some after it.
async fn points(stand: &Stand) -> usize {
    let folder = scratch();
    let next = behind_its_load(stand, folder.path()).await;
    let list = folder.path().join("points");
    assert!(!Process::start(&next, &[("CUTOVER_KILL_LIST", list.display().to_string())]).end().await);
    assert!(said(&next).starts_with("done"), "{}", said(&next));
    let text = std::fs::read_to_string(list).unwrap();
    text.lines().position(|line| line.ends_with("after aws")).unwrap() + 9
}

/// What is wrong in the end, and how many loads there were.
async fn killed_at(stand: &Stand, number: usize) -> (Vec<String>, u64) {
    let folder = scratch();
    let (sent, loads) = (stand.sent(), stand.loaded());
    let again = behind_its_load(stand, folder.path()).await;
    if !Process::start(&again, &[("CUTOVER_KILL_AT", number.to_string())]).end().await {
        return (vec![format!("it was not killed: {}", said(&again))], 0);
    }
    let mut wrong = lost(stand).await;
    if number.is_multiple_of(2) {
        let _ = std::fs::remove_dir_all(&again.state);
    }
    let Some(next) = further(stand, &again).await else { return (vec!["nobody knows of the run".to_owned()], 0) };
    match do_it(&next).await {
        Ok(ended) if ended.state == RunState::Done => {}
        Ok(ended) => wrong.push(format!("it ended {ended:?}")),
        Err(trouble) => wrong.push(format!("refused {trouble}")),
    }
    wrong.extend(Seen::of(stand).await.differences(&stand.after));
    let (sent, loads) = (stand.sent() - sent, stand.loaded() - loads);
    if sent != loads {
        wrong.push(format!("{loads} loads, started {sent} times"));
    }
    (wrong, loads)
}

async fn sweep(engine: Engine) {
    let stand = Stand::new(engine).await;
    let (points, mut told, mut loads) = (points(&stand).await, String::new(), Vec::new());
    let some = some_of(points);
    for number in some.iter().copied() {
        let (wrong, of_it) = killed_at(&stand, number).await;
        loads.push(of_it);
        if !wrong.is_empty() {
            let _ = writeln!(told, "{number} of {points}: {wrong:#?}");
        }
    }
    let _ =
        writeln!(std::io::stderr(), "{engine:?}: killed at {} of {points} points until a second load runs", some.len());
    assert!(told.is_empty(), "{told}");
    // What was chosen counts from the moment that it stands in the ledger, and is never forgotten.
    let chosen = loads.iter().position(|one| *one == 2).unwrap();
    assert!(chosen > 0 && loads[..chosen].iter().all(|one| *one == 1), "{loads:?}");
    assert!(loads[chosen..].iter().all(|one| *one == 2), "{loads:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_load_is_right_wherever_it_is_killed() {
    sweep(Engine::PostgreSql).await;
}
