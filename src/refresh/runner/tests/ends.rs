//! How a run ends: done, undone, needing attention.

use super::*;

#[tokio::test]
async fn steps_are_taken_in_the_order_of_the_plan_and_a_run_that_is_done_is_not_carried_out_again() {
    let stage = Stage::new().await;
    let plan = stage.plan(&[ALL.as_slice(), &[StepKind::Notify]].concat());
    let (id, ended) = stage.run(&plan).await;
    assert_eq!((ended.state, ended.why), (RunState::Done, None));
    let want: Vec<String> = plan
        .steps
        .iter()
        .filter(|step| !matches!(step.kind, StepKind::Lock | StepKind::Close))
        .map(|step| format!("run {}", step.name.0))
        .collect();
    assert_eq!(stage.trace(), want);
    let seen = stage.seen(&id).await;
    assert!(seen.steps.iter().all(|step| step.state == StepState::Done && step.attempts == 1), "{:?}", seen.steps);
    assert_eq!((seen.head.state, seen.head.ended.is_some()), (RunState::Done, true));
    assert_eq!(stage.in_ledger().await, Some(RunState::Done));
    let refused = stage.resume(&id).await.unwrap_err().to_string();
    assert!(refused.contains("is done"), "{refused}");
    let refused = stage.recover().await.unwrap_err().to_string();
    assert!(refused.contains("no open run"), "{refused}");
    assert_eq!(stage.trace(), Vec::<String>::new());
}

#[tokio::test]
async fn what_fails_before_the_load_puts_everything_back_newest_first() {
    for (kind, undone) in [
        (StepKind::Parity, &[] as &[&str]),
        (StepKind::Capture, &["capture"]),
        (StepKind::ScheduleOff, &["schedule-off", "capture"]),
        (StepKind::Drain, &["schedule-off", "capture"]),
        (StepKind::KeysAway, &["keys-away", "quarantine", "schedule-off", "capture"]),
        // It has failed, and its probe says that nothing of it is there.
        (StepKind::Load, &["keys-away", "quarantine", "schedule-off", "capture"]),
    ] {
        let stage = Stage::new().await;
        stage.will(&format!("run {}", kind.word()), [Fault::Before(Trouble::refused("no"))]);
        let (id, ended) = stage.run(&stage.plan(&ALL)).await;
        assert_eq!(ended.state, RunState::Undone, "{kind:?}");
        assert_eq!(ended.why, Some(format!("{}: no", kind.word())));
        let trace = stage.trace();
        let got: Vec<&str> = trace.iter().filter_map(|line| line.strip_prefix("undo ")).collect();
        assert_eq!(got, undone, "{kind:?}");
        let left: Vec<String> =
            stage.there().into_iter().filter(|name| !["parity", "drain"].contains(&&**name)).collect();
        assert_eq!(left, Vec::<String>::new(), "{kind:?}");
        assert_eq!(stage.seen(&id).await.head.state, RunState::Undone);
        let in_ledger = if kind == StepKind::Parity { None } else { Some(RunState::Undone) };
        assert_eq!(stage.in_ledger().await, in_ledger, "{kind:?}");
        assert!(stage.resume(&id).await.unwrap_err().to_string().contains("is undone"));
        // The target is free for the next one.
        assert_eq!(stage.run(&stage.plan(&ALL)).await.1.state, RunState::Done, "{kind:?}");
    }
}

#[tokio::test]
async fn an_undo_that_fails_stops_no_other_and_is_taken_up_again() {
    let stage = Stage::new().await;
    stage.will("run drain", [Fault::Before(Trouble::refused("no"))]);
    let never = || (0..9).map(|_| Fault::Before(failed("it is locked")));
    stage.will("undo schedule-off", never().take(4));
    let (id, ended) = stage.run(&stage.plan(&ALL)).await;
    assert_eq!(ended.state, RunState::NeedsAttention);
    let why = ended.why.unwrap();
    assert!(why.contains("drain: no") && why.contains("not put back: schedule-off: it is locked"), "{why}");
    assert_eq!(ended.command.as_deref(), Some("cutover refresh resume nightly"));
    // What was written down stays for as long as something is away.
    assert_eq!(stage.there(), ["capture", "parity", "schedule-off"]);
    assert_eq!(stage.in_ledger().await, Some(RunState::NeedsAttention));
    stage.trace();
    // Nobody begins another one meanwhile.
    let (_, other) = stage.run(&stage.plan(&ALL)).await;
    assert!(other.state == RunState::Undone && other.why.unwrap().contains("is needs-attention"));
    stage.trace();
    let ended = stage.resume(&id).await.unwrap();
    assert_eq!(ended.state, RunState::Undone);
    assert_eq!(stage.trace(), ["undo schedule-off", "undo capture"]);
}

#[tokio::test]
async fn what_puts_back_waits_for_the_way_as_long_as_what_goes_forward() {
    let lost = |times| (0..times).map(|_| Fault::Before(Trouble::Lost("the server restarts".to_owned())));
    let stage = Stage::new().await;
    stage.will("run drain", [Fault::Before(Trouble::refused("no"))]);
    stage.will("undo schedule-off", lost(12));
    let (_, ended) = stage.run(&stage.plan(&ALL)).await;
    assert_eq!((ended.state, stage.there()), (RunState::Undone, vec!["parity".to_owned()]));
    // It is not waited for without end: some minutes are a dozen attempts.
    let stage = Stage::new().await;
    stage.will("run drain", [Fault::Before(Trouble::refused("no"))]);
    stage.will("undo schedule-off", lost(40));
    let (_, ended) = stage.run(&stage.plan(&ALL)).await;
    assert!(ended.state == RunState::NeedsAttention && ended.why.unwrap().contains("the server restarts"));
    let asked = stage.trace().iter().filter(|line| *line == "undo schedule-off").count();
    assert!((12..20).contains(&asked), "{asked}");
    // Keys that come back early, after the load.
    let stage = Stage::new().await;
    stage.will("run mask", [Fault::Before(Trouble::refused("a rule is wrong"))]);
    stage.will("run keys-back", lost(12));
    let (id, ended) = stage.run(&stage.plan(&ALL)).await;
    assert_eq!(ended.state, RunState::NeedsAttention);
    assert!(stage.there().contains(&"keys-back".to_owned()), "{:?}", stage.seen(&id).await.lines);
}

#[tokio::test]
async fn after_the_load_only_the_keys_come_back_and_a_person_goes_on() {
    let stage = Stage::new().await;
    stage.will("run mask", [Fault::Before(Trouble::refused("a rule is wrong"))]);
    let (id, ended) = stage.run(&stage.plan(&ALL)).await;
    assert_eq!((ended.state, ended.why.as_deref()), (RunState::NeedsAttention, Some("mask: a rule is wrong")));
    let trace = stage.trace();
    assert!(!trace.iter().any(|line| line.starts_with("undo")), "{trace:?}");
    assert_eq!(trace.last().map(String::as_str), Some("run keys-back"));
    let states = stage.states(&id).await;
    assert!(
        states.contains(&"mask failed".to_owned()) && states.contains(&"keys-back waiting".to_owned()),
        "{states:?}"
    );
    assert!(states.contains(&"schedule-back waiting".to_owned()));
    let ended = stage.resume(&id).await.unwrap();
    assert_eq!(ended.state, RunState::Done);
    // Rows whose keys are masked would meet the keys: they go away again, too.
    assert_eq!(
        stage.trace(),
        ["run quarantine", "run keys-away", "probe mask", "run mask", "run keys-back", "run schedule-back"]
    );
}

#[tokio::test]
async fn keys_that_came_back_for_safety_go_away_again_where_the_load_goes_on() {
    let stage = Stage::new().await;
    stage.will("run wait", [Fault::Before(Trouble::refused("a table is in error"))]);
    let (id, ended) = stage.run(&stage.plan(&ALL)).await;
    assert_eq!(ended.state, RunState::NeedsAttention);
    assert_eq!(stage.trace().last().map(String::as_str), Some("run keys-back"));
    assert_eq!(stage.resume(&id).await.unwrap().state, RunState::Done);
    let want =
        ["run quarantine", "run keys-away", "probe wait", "run wait", "run mask", "run keys-back", "run schedule-back"];
    assert_eq!(stage.trace(), want);
}

#[tokio::test]
async fn a_load_that_may_have_begun_is_not_undone() {
    for (what, then) in [
        // It was started, and the answer never came; nor does the look succeed.
        ("run load", Fault::After(Trouble::refused("no answer"))),
        ("run load", Fault::Before(Trouble::refused("no answer"))),
    ] {
        let unclear = matches!(then, Fault::Before(_));
        let stage = Stage::new().await;
        stage.will(what, [then]);
        if unclear {
            stage.will("probe load", [Fault::Before(failed("nobody knows"))]);
        }
        let (_, ended) = stage.run(&stage.plan(&ALL)).await;
        assert_eq!(ended.state, RunState::NeedsAttention);
        assert!(!stage.trace().iter().any(|line| line.starts_with("undo")));
    }
}

#[tokio::test]
async fn a_step_is_tried_as_often_as_the_plan_says_and_looks_before_it_runs_again() {
    for (retry, failures, want) in [(2, 2, RunState::Done), (1, 2, RunState::Undone), (0, 1, RunState::Undone)] {
        let stage = Stage::new().await;
        let mut plan = stage.plan(&ALL);
        plan.steps.iter_mut().for_each(|step| step.retry = retry);
        stage.will("run drain", (0..failures).map(|_| Fault::Before(failed("not yet"))));
        let (id, ended) = stage.run(&plan).await;
        assert_eq!(ended.state, want, "{retry} {failures}");
        let drain = stage.seen(&id).await.steps.into_iter().find(|step| step.kind == StepKind::Drain).unwrap();
        assert_eq!(drain.attempts, failures.min(retry) + 1);
    }
    // Done, and not heard of: it is found, not done again.
    let stage = Stage::new().await;
    stage.will("run drain", [Fault::After(Trouble::Lost("no answer".into()))]);
    assert_eq!(stage.run(&stage.plan(&ALL)).await.1.state, RunState::Done);
    let trace = stage.trace();
    assert_eq!(trace.iter().filter(|line| *line == "run drain").count(), 1, "{trace:?}");
}

#[tokio::test]
async fn a_step_that_may_fail_is_passed_over() {
    let stage = Stage::new().await;
    let mut plan = stage.plan(&[ALL.as_slice(), &[StepKind::Notify]].concat());
    for step in plan.steps.iter_mut().filter(|step| matches!(step.kind, StepKind::Mask | StepKind::Notify)) {
        (step.on_failure, step.retry) = (OnFailure::GoOn, 0);
    }
    stage.will("run mask", [Fault::Before(failed("no"))]).will("run notify", [Fault::Before(failed("no topic"))]);
    let (id, ended) = stage.run(&plan).await;
    assert_eq!(ended.state, RunState::Done);
    let states = stage.states(&id).await;
    assert!(states.contains(&"mask passed-over".to_owned()) && states.contains(&"notify passed-over".to_owned()));
}

#[test]
fn pauses_between_attempts_grow_and_end_at_a_minute() {
    let pauses: Vec<u64> = (1..=9).map(|n| super::super::pause_before(n).as_secs()).collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
}

#[tokio::test]
async fn a_step_that_takes_too_long_has_failed() {
    let stage = Stage::new().await;
    let mut plan = stage.plan(&ALL);
    let drain = plan.steps.iter_mut().find(|step| step.kind == StepKind::Drain).unwrap();
    (drain.timeout, drain.retry) = (SignedDuration::from_millis(50), 0);
    stage.will("run drain", [Fault::Waits]);
    let (_, ended) = stage.run(&plan).await;
    assert_eq!(ended.state, RunState::Undone);
    assert!(ended.why.unwrap().contains("it took longer than"));
}

/// What is done after a load that a rule has started.
const AFTER: [StepKind; 8] = [
    StepKind::Parity,
    StepKind::Lock,
    StepKind::Capture,
    StepKind::Load,
    StepKind::Wait,
    StepKind::Mask,
    StepKind::KeysBack,
    StepKind::Close,
];

#[tokio::test]
async fn where_a_rule_has_started_the_load_no_failure_is_before_it() {
    for kind in [StepKind::Parity, StepKind::Capture, StepKind::Load] {
        let stage = Stage::new().await;
        stage.script.lock().unwrap().there.insert("load".into());
        stage.will(&format!("run {}", kind.word()), [Fault::Before(Trouble::refused("no"))]);
        let (id, ended) = stage.run(&stage.plan(&AFTER)).await;
        assert_eq!(ended.state, RunState::NeedsAttention, "{kind:?}");
        let why = ended.why.unwrap();
        assert!(why.starts_with(&format!("{}: no. ", kind.word())), "{why}");
        assert!(why.contains("nothing of it is masked") && why.contains("cutover refresh abort nightly"), "{why}");
        let trace = stage.trace();
        assert!(!trace.iter().any(|line| line.starts_with("undo") || line.ends_with("keys-back")), "{trace:?}");
        let in_ledger = (kind != StepKind::Parity).then_some(RunState::NeedsAttention);
        assert_eq!(stage.in_ledger().await, in_ledger, "{kind:?}");
        // Days later, too: it was confirmed for whenever a load comes.
        let mut means = stage.means();
        means.time.now = || Timestamp::now() + SignedDuration::from_hours(48);
        let ended = run(stage.played(begin::resume(&id, means).await.unwrap())).await;
        assert_eq!((ended.state, ended.why), (RunState::Done, None), "{kind:?}");
    }
}

#[tokio::test]
async fn a_load_of_a_rule_that_is_not_there_or_that_a_person_leaves_is_nothing_to_wait_for() {
    for (kind, there, trouble) in [
        (StepKind::Parity, false, Trouble::refused("no")),
        (StepKind::Load, false, Trouble::refused("another run has taken it")),
        (StepKind::Capture, true, Trouble::Wish(WishFor::AbortLeavingTask)),
    ] {
        let stage = Stage::new().await;
        if there {
            stage.script.lock().unwrap().there.insert("load".into());
        }
        stage.will(&format!("run {}", kind.word()), [Fault::Before(trouble)]);
        let (_, ended) = stage.run(&stage.plan(&AFTER)).await;
        assert_eq!(ended.state, RunState::Undone, "{kind:?}");
    }
    // A later failure names no way back.
    let stage = Stage::new().await;
    stage.will("run mask", [Fault::Before(Trouble::refused("no"))]);
    let (_, ended) = stage.run(&stage.plan(&AFTER)).await;
    assert_eq!((ended.state, ended.why.as_deref()), (RunState::NeedsAttention, Some("mask: no")));
}

#[tokio::test]
async fn a_plan_that_never_locked_the_target_is_not_carried_out_when_it_is_old() {
    let stage = Stage::new().await;
    stage.will("run parity", [Fault::Before(Trouble::Wish(WishFor::Pause))]);
    let (id, ended) = stage.run(&stage.plan(&ALL)).await;
    assert_eq!(ended.state, RunState::Paused);
    let mut means = stage.means();
    means.time.now = || Timestamp::now() + SignedDuration::from_hours(1);
    let ended = run(stage.played(begin::resume(&id, means).await.unwrap())).await;
    assert!(ended.state == RunState::Undone && ended.why.as_deref().unwrap().contains("too old"), "{ended:?}");
}
