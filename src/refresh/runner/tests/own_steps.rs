//! Steps of the configuration: SQL with its mark, commands, probes of both.

use super::*;
use crate::model::refresh::{Again, Does};

pub fn custom(name: &str, does: Does<String>) -> CustomStep<String> {
    CustomStep {
        name: StepName(name.into()),
        after: StepKind::Lock,
        does,
        again: Again::Mark,
        timeout: SignedDuration::from_secs(20),
        retry: 0,
        on_failure: OnFailure::Stop,
    }
}

fn sql(text: &str) -> Does<String> {
    Does::Sql(text.to_owned())
}

fn shell(text: &str) -> Does<String> {
    Does::Command(["sh", "-c", text].map(str::to_owned).to_vec())
}

async fn run_with(stage: &Stage, one: CustomStep<String>) -> (RefreshId, Ended) {
    let mut plan = stage.plan(&[StepKind::Lock, StepKind::Custom, StepKind::Close]);
    plan.steps[1].name = one.name.clone();
    (plan.steps[1].retry, plan.steps[1].timeout) = (one.retry, one.timeout);
    plan.custom.push(one);
    stage.run(&plan).await
}

#[tokio::test]
async fn a_script_is_done_once_with_its_mark() {
    let stage = Stage::new().await;
    let one =
        custom("fill", sql("INSERT INTO shop.person (name) VALUES ('a'); INSERT INTO shop.person (name) VALUES ('b')"));
    let (id, ended) = run_with(&stage, one).await;
    assert_eq!(ended.state, RunState::Done, "{ended:?}");
    assert_eq!(stage.count("SELECT count(*) FROM shop.person").await, 2);
    assert_eq!(
        stage.count("SELECT count(*) FROM shop.cutover_ledger_mark WHERE step = 'fill' AND name = 'done'").await,
        1
    );
    assert!(stage.states(&id).await.contains(&"fill done".to_owned()));
}

#[tokio::test]
async fn a_script_that_fails_leaves_nothing_and_no_value_of_a_row_in_the_journal() {
    let stage = Stage::new().await;
    let one =
        custom("fill", sql("INSERT INTO shop.person VALUES (1, 'a'); INSERT INTO shop.person VALUES (1, 'secret')"));
    let (_, ended) = run_with(&stage, one).await;
    assert_eq!(ended.state, RunState::Undone);
    assert!(ended.why.unwrap().contains("a value is there twice where each must be its own"));
    assert_eq!(stage.count("SELECT count(*) FROM shop.person").await, 0);
    for entry in std::fs::read_dir(stage.runs()).unwrap().map(Result::unwrap) {
        let bytes = std::fs::read(entry.path()).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        // The script itself is part of the plan.
        assert!(!text.replace("VALUES (1, 'secret')", "").contains("secret"), "{entry:?}");
    }
}

#[tokio::test]
async fn a_command_is_logged_and_its_end_decides() {
    let stage = Stage::new().await;
    let said = "printf 'one\\033[2J\\ntwo\\n'; echo $CUTOVER_STEP $CUTOVER_TARGET; env | grep -c CUTOVER_KILL_AT";
    let (id, ended) = run_with(&stage, custom("hello", shell(&format!("{said}; true")))).await;
    assert_eq!(ended.state, RunState::Done, "{ended:?}");
    let lines: Vec<String> = stage.seen(&id).await.lines.iter().map(|line| line.text.raw().to_owned()).collect();
    assert_eq!(lines, ["one[2J", "two", "hello staging.example/shop", "0"]);

    for (does, want) in [
        (shell("echo no; exit 3"), "the command ended with 3"),
        (Does::Command(vec!["/does/not/exist".into()]), "cannot be run"),
        (Does::Command(vec![]), "the command is empty"),
    ] {
        let stage = Stage::new().await;
        let (_, ended) = run_with(&stage, custom("hello", does)).await;
        assert_eq!(ended.state, RunState::Undone);
        let why = ended.why.unwrap();
        assert!(why.contains(want), "{why}");
    }
}

#[tokio::test]
async fn what_a_command_says_is_bounded() {
    let stage = Stage::new().await;
    let (id, ended) =
        run_with(&stage, custom("loud", shell("seq 1 1000; head -c 100000 /dev/zero | tr '\\0' x"))).await;
    assert_eq!(ended.state, RunState::Done, "{ended:?}");
    let lines = stage.seen(&id).await.lines;
    assert_eq!(lines.len(), 201);
    assert!(lines.last().unwrap().text.raw().contains("is not kept"));
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_ended_with_all_that_it_started() {
    let stage = Stage::new().await;
    let file = stage.runs().parent().unwrap().join("pid");
    let mut one = custom("slow", shell(&format!("sleep 1000 & echo $! > {}; wait", file.display())));
    one.timeout = SignedDuration::from_secs(1);
    let (_, ended) = run_with(&stage, one).await;
    assert_eq!(ended.state, RunState::Undone);
    assert!(ended.why.unwrap().contains("it took longer than"));
    let pid: i32 = std::fs::read_to_string(&file).unwrap().trim().parse().unwrap();
    let gone = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        stat.map_or(true, |stat| stat.contains(") Z "))
    };
    while !gone() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_probe_of_its_own_says_whether_it_was_done() {
    for (again, wait_there, runs) in [
        (Again::ProbeSql("SELECT count(*) FROM shop.person".into()), true, 1),
        (Again::ProbeSql("SELECT 0".into()), false, 2),
        (Again::ProbeCommand(vec!["true".into()]), true, 1),
        (Again::ProbeCommand(vec!["false".into()]), false, 2),
    ] {
        let stage = Stage::new().await;
        let mut plan = stage.plan(&[StepKind::Lock, StepKind::Custom, StepKind::Drain, StepKind::Close]);
        plan.steps[1].name = StepName("fill".into());
        plan.custom.push(CustomStep { again, ..custom("fill", sql("INSERT INTO shop.person (name) VALUES ('a')")) });
        stage.will("run drain", [Fault::Before(Trouble::Wish(WishFor::Pause))]);
        let (id, ended) = stage.run(&plan).await;
        assert_eq!(ended.state, RunState::Paused);
        // As when the process had ended before anybody wrote down that it was done.
        let mut session = stage.target().write_owned_by_demo().await.unwrap();
        session.script("DELETE FROM shop.cutover_ledger_mark WHERE step = 'fill'").await.unwrap();
        drop(session);
        assert_eq!(stage.resume(&id).await.unwrap().state, RunState::Done);
        assert_eq!(stage.count("SELECT count(*) FROM shop.person").await, runs, "{wait_there}");
    }
}

#[tokio::test]
async fn a_run_hears_wishes_again_after_a_command_that_took_too_long() {
    let stage = Stage::new().await;
    let mut plan = stage.plan(&[StepKind::Lock, StepKind::Custom, StepKind::Drain, StepKind::Close]);
    plan.steps[1].name = StepName("slow".into());
    (plan.steps[1].retry, plan.steps[1].timeout) = (0, SignedDuration::from_millis(200));
    plan.steps[1].on_failure = OnFailure::GoOn;
    plan.custom.push(custom("slow", shell("sleep 1000")));
    stage.will("run drain", [Fault::Waits]);
    let work = stage.begin(&plan).await.unwrap();
    let id = work.id.clone();
    let running = tokio::spawn(run(work));
    while !stage.script.lock().unwrap().trace.contains(&"run drain".to_owned()) {
        tokio::task::yield_now().await;
    }
    runs::wish(&stage.store(), &id, WishFor::Pause).unwrap();
    assert_eq!(running.await.unwrap().state, RunState::Paused);
}
