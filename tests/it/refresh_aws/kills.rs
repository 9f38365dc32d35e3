//! `kill -9` around everything that is sent to AWS; the load ends by itself meanwhile, and then somebody goes on, with the journal or
//! without it. Whatever the point, one load is begun, and every schedule is as it was.

use super::*;
use cutover::model::refresh::RefreshId;
use std::process::{Child, Command, Stdio};

/// What a process is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Act {
    Begin(Box<Plan>),
    Finish(RefreshId),
}

/// What a process is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Told {
    at: Somewhere,
    act: Act,
}

/// Not a test: what a process of its own does.
#[tokio::test]
#[ignore = "started by other tests, as a process that they kill"]
async fn carry_out_at_aws() {
    let Ok(told) = std::env::var("CUTOVER_TEST_AWS_TOLD") else { return };
    let Told { at, act } = serde_json::from_str(&told).unwrap();
    let means = at.means(watch::channel(None).1, time).await;
    let work = match act {
        Act::Begin(plan) => begin(&plan, means).await,
        Act::Finish(id) => Box::pin(refresh::finish(&id, means)).await.unwrap(),
    };
    Box::pin(refresh::run(work)).await;
}

pub fn process(scene: &Scene, act: Act, env: &[(&str, String)]) -> Child {
    let told = Told { at: scene.place(), act };
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "refresh_aws::kills::carry_out_at_aws", "--ignored", "--quiet"])
        .env("CUTOVER_TEST_AWS_TOLD", serde_json::to_string(&told).unwrap())
        .envs(env.iter().map(|(name, value)| (*name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits for its end; whether it was killed.
pub async fn end(mut child: Child) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.signal() == Some(9);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Every point in the order of a run that nobody kills.
pub async fn points(scene: &Scene, act: Act) -> Vec<String> {
    let list = scene.folder.path().join("points");
    assert!(!end(process(scene, act, &[("CUTOVER_KILL_LIST", list.display().to_string())])).await);
    let text = std::fs::read_to_string(list).unwrap();
    text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
}

/// What is left when somebody has gone on: how the run ended, loads that were begun, states of the schedules.
#[derive(Debug, PartialEq)]
struct After {
    state: RunState,
    loads: usize,
    states: [String; 3],
}

async fn kill_at(number: usize, lose: bool, mutant: Option<&str>) -> After {
    let scene = Scene::new().await;
    let plan = scene.plan(&STEPS).await;
    let loads = scene.mover.asked().len();
    let mut env = vec![("CUTOVER_KILL_AT", number.to_string())];
    env.extend(mutant.map(|name| ("CUTOVER_MUTANT", name.to_owned())));
    if !end(process(&scene, Act::Begin(Box::new(plan.clone())), &env)).await {
        // Who waits passes now more points and now fewer: it had come to its end before this one.
        let state = scene.seen().await.head.state;
        return After { state, loads: scene.mover.asked().len() - loads, states: scene.states().await };
    }
    // What was begun comes to its end without us.
    until(async || scene.task(TASK).await.status.raw() == "stopped").await;
    if lose {
        std::fs::remove_dir_all(scene.folder.path().join("state")).unwrap();
    }
    let open = refresh::open_runs(&Door::fixed(scene.target())).await.unwrap();
    let here: Option<RefreshId> = match runs::list(&scene.store()).await {
        Ok((heads, _)) => heads.first().map(|head| head.id.clone()),
        Err(_) => None,
    };
    let means = scene.means().await;
    let work = match (here, open.is_empty()) {
        (Some(id), _) => Box::pin(refresh::resume(&id, means)).await,
        (None, false) => Box::pin(refresh::recover(&plan.name, None, means)).await,
        // It was over, or had not begun to change anything.
        (None, true) => {
            let loads = scene.mover.asked().len() - loads;
            return After { state: RunState::Done, loads, states: scene.states().await };
        }
    };
    let state = match work {
        Ok(work) => Box::pin(refresh::run(work)).await.state,
        Err(trouble) => {
            assert!(trouble.to_string().contains("is done"), "{number} {lose}: {trouble}");
            RunState::Done
        }
    };
    After { state, loads: scene.mover.asked().len() - loads, states: scene.states().await }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_load_is_begun_and_every_schedule_comes_back_wherever_the_process_is_killed() {
    let scene = Scene::new().await;
    let points = points(&scene, Act::Begin(Box::new(scene.plan(&STEPS).await))).await;
    let around = ["before sending", "after sending", "after aws", "before notice", "after notice"];
    let chosen: Vec<usize> =
        (1..=points.len()).filter(|number| around.contains(&points[number - 1].as_str())).collect();
    assert!(chosen.len() >= 17, "{points:?}");
    let good = || After { state: RunState::Done, loads: 1, states: ALL_ON.map(str::to_owned) };
    for some in chosen.chunks(4) {
        let killed =
            some.iter().map(|number| async move { (*number, Box::pin(kill_at(*number, number % 2 == 0, None)).await) });
        for (number, after) in futures_util::future::join_all(killed).await {
            assert_eq!(after, good(), "killed {} ({number}), journal lost: {}", points[number - 1], number % 2 == 0);
        }
    }
    // Each of these mistakes is found.
    let nth = |name: &str, nth: usize| {
        let all = points.iter().enumerate().filter(|(_, point)| *point == name);
        all.map(|(at, _)| at + 1).nth(nth).unwrap()
    };
    let (switched, sent) = (nth("after sending", 1), nth("after sending", 2));
    let forgotten = Box::pin(kill_at(switched, false, Some("prior-forgotten"))).await;
    assert_ne!(forgotten.states, ALL_ON, "{forgotten:?}");
    let twice = Box::pin(kill_at(sent, false, Some("start-forgotten"))).await;
    assert_ne!(twice, good(), "{twice:?}");
}
