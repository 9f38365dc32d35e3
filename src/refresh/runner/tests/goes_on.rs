//! Pausing, going on, parking, recovering; two at once; disks that say no.

use super::*;
use crate::db::schema::identity::identity;
use crate::refresh::steps;

#[tokio::test]
async fn a_wish_in_a_file_pauses_a_run_that_waits_and_resume_goes_on() {
    let stage = Stage::new().await;
    stage.will("run wait", [Fault::Waits]);
    let work = stage.begin(&stage.plan(&ALL)).await.unwrap();
    let id = work.id.clone();
    let running = tokio::spawn(run(work));
    while !stage.script.lock().unwrap().trace.contains(&"run wait".to_owned()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(stage.seen(&id).await.head.alive, None, "its host is another one");
    runs::wish(&stage.store(), &id, WishFor::Pause).unwrap();
    let ended = running.await.unwrap();
    assert_eq!((ended.state, ended.command.as_deref()), (RunState::Paused, Some("cutover refresh resume nightly")));
    assert_eq!(stage.in_ledger().await, Some(RunState::Paused));
    stage.trace();
    assert_eq!(stage.resume(&id).await.unwrap().state, RunState::Done);
    assert_eq!(stage.trace()[..2], ["probe wait", "run wait"]);
}

#[tokio::test]
async fn credentials_that_expire_stop_a_run_without_failing_it() {
    let stage = Stage::new().await;
    stage.will("run load", [Fault::Before(Trouble::Credentials("the token has expired".into()))]);
    let (id, ended) = stage.run(&stage.plan(&ALL)).await;
    assert_eq!((ended.state, ended.why.as_deref()), (RunState::NeedsCredentials, Some("the token has expired")));
    assert!(stage.states(&id).await.contains(&"load running".to_owned()));
    assert!(!stage.trace().iter().any(|line| line.starts_with("undo")));
    assert_eq!(stage.resume(&id).await.unwrap().state, RunState::Done);
}

#[tokio::test]
async fn aborting_undoes_before_the_load_and_waits_for_a_person_after_it() {
    for (kind, want) in [(StepKind::Drain, RunState::Undone), (StepKind::Wait, RunState::NeedsAttention)] {
        let stage = Stage::new().await;
        let said = Trouble::Wish(WishFor::AbortLeavingTask);
        stage.will(&format!("run {}", kind.word()), [Fault::Before(said)]);
        let (_, ended) = stage.run(&stage.plan(&ALL)).await;
        assert_eq!((ended.state, ended.why.as_deref()), (want, Some("it was aborted")));
    }
    // What waits is aborted by going on with the wish.
    let stage = Stage::new().await;
    stage.will("run drain", [Fault::Before(Trouble::Wish(WishFor::Pause))]);
    let (id, ended) = stage.run(&stage.plan(&ALL)).await;
    assert_eq!(ended.state, RunState::Paused);
    stage.wish.send_replace(Some(WishFor::AbortStoppingTask));
    assert_eq!(stage.resume(&id).await.unwrap().state, RunState::Undone);
}

#[tokio::test]
async fn a_parked_run_has_no_lock_and_only_finish_goes_on() {
    let stage = Stage::new().await;
    let kinds = [
        StepKind::Lock,
        StepKind::Load,
        StepKind::Wait,
        StepKind::Park,
        StepKind::Caught,
        StepKind::KeysBack,
        StepKind::Close,
    ];
    stage.will("run wait", [Fault::Before(Trouble::Wish(WishFor::Pause))]);
    stage.will("run park", [Fault::Park]);
    let (id, ended) = stage.run(&stage.plan(&kinds)).await;
    assert_eq!(ended.state, RunState::Paused);
    let early = stage.finish(&id).await.unwrap_err().to_string();
    assert!(early.contains("is not parked, it is paused"), "{early}");
    let ended = stage.resume(&id).await.unwrap();
    assert_eq!((ended.state, ended.command.as_deref()), (RunState::Parked, Some("cutover refresh finish nightly")));
    assert_eq!(stage.in_ledger().await, Some(RunState::Parked));
    let resumed = stage.resume(&id).await.unwrap_err().to_string();
    assert!(resumed.contains("refresh finish"), "{resumed}");
    // Another one is not begun on it.
    assert!(stage.run(&stage.plan(&kinds)).await.1.why.unwrap().contains("is parked"));
    stage.trace();
    stage.will("run caught-up", [Fault::Before(Trouble::Wish(WishFor::Pause))]);
    assert_eq!(stage.finish(&id).await.unwrap().state, RunState::Paused);
    assert_eq!(stage.resume(&id).await.unwrap().state, RunState::Done);
    assert_eq!(stage.trace(), ["run caught-up", "probe caught-up", "run caught-up", "run keys-back"]);
}

#[tokio::test]
async fn a_parked_run_is_recovered_as_parked() {
    let stage = Stage::new().await;
    let kinds = [StepKind::Lock, StepKind::Load, StepKind::Park, StepKind::Caught, StepKind::Close];
    stage.will("run park", [Fault::Park, Fault::Park]);
    let (id, _) = stage.run(&stage.plan(&kinds)).await;
    std::fs::remove_dir_all(stage.runs()).unwrap();
    assert_eq!(stage.recover().await.unwrap().state, RunState::Parked);
    assert_eq!(stage.finish(&id).await.unwrap().state, RunState::Done);
}

#[tokio::test]
async fn a_run_whose_journal_is_lost_goes_on_from_the_ledger() {
    for (stop, probes) in [
        (StepKind::Capture, "probe capture"),
        (StepKind::KeysAway, "probe keys-away"),
        (StepKind::Mask, "probe mask"),
        (StepKind::ScheduleBack, "probe schedule-back"),
    ] {
        let stage = Stage::new().await;
        // It was done, and the process ended before anybody wrote that down.
        stage.will(&format!("run {}", stop.word()), [Fault::After(Trouble::Wish(WishFor::Pause))]);
        let (id, ended) = stage.run(&stage.plan(&ALL)).await;
        assert_eq!(ended.state, RunState::Paused);
        std::fs::remove_dir_all(stage.runs()).unwrap();
        assert!(stage.resume(&id).await.unwrap_err().to_string().contains("refresh recover"));
        stage.trace();
        assert_eq!(stage.recover().await.unwrap().state, RunState::Done, "{stop:?}");
        let trace = stage.trace();
        assert_eq!(trace[0], probes);
        assert!(!trace.contains(&format!("run {}", stop.word())), "{trace:?}");
        let states = stage.states(&id).await;
        assert!(states.iter().all(|state| state.ends_with("done") || state == "parity skipped"), "{states:?}");
    }
}

#[tokio::test]
async fn a_run_that_is_being_undone_is_recovered_by_undoing_it() {
    let stage = Stage::new().await;
    stage.will("run drain", [Fault::Before(Trouble::refused("no"))]);
    stage.will("undo schedule-off", (0..4).map(|_| Fault::Before(failed("no"))));
    let (_, ended) = stage.run(&stage.plan(&ALL)).await;
    assert_eq!(ended.state, RunState::NeedsAttention);
    std::fs::remove_dir_all(stage.runs()).unwrap();
    stage.trace();
    assert_eq!(stage.recover().await.unwrap().state, RunState::Undone);
    let trace = stage.trace();
    assert!(trace.iter().all(|line| line.starts_with("undo")), "{trace:?}");
    assert_eq!(stage.there(), ["parity"]);
}

#[tokio::test]
async fn a_target_has_one_run_at_a_time_and_a_run_one_process() {
    let stage = Stage::new().await;
    stage.will("run wait", [Fault::Waits]);
    let work = stage.begin(&stage.plan(&ALL)).await.unwrap();
    let id = work.id.clone();
    let running = tokio::spawn(run(work));
    while !stage.script.lock().unwrap().trace.contains(&"run wait".to_owned()) {
        tokio::task::yield_now().await;
    }
    let refused = stage.begin(&stage.plan(&ALL)).await.map(drop).unwrap_err().to_string();
    assert!(refused.contains(&format!("locked by cutover/{}/1@jump1", id.0)), "{refused}");
    let refused = begin::resume(&id, stage.means()).await.map(drop).unwrap_err().to_string();
    assert!(refused.contains("is being carried out by ann on jump1"), "{refused}");
    runs::wish(&stage.store(), &id, WishFor::Pause).unwrap();
    assert_eq!(running.await.unwrap().state, RunState::Paused);
    assert_eq!(stage.resume(&id).await.unwrap().state, RunState::Done);
}

#[tokio::test]
async fn a_plan_that_is_not_the_one_that_was_confirmed_is_not_carried_out() {
    let stage = Stage::new().await;
    let plan = stage.plan(&ALL);
    let confirmed = Stage::confirmed(&plan);
    let other = Plan { prep_mode: "DO_NOTHING".into(), ..plan.clone() };
    let refused = begin::begin(begin::new_id(Timestamp::now()), other, confirmed, stage.means()).await;
    assert!(refused.map(drop).unwrap_err().to_string().contains("not the one that was confirmed"));
    stage.will("run load", [Fault::Before(Trouble::Wish(WishFor::Pause))]);
    let (id, _) = stage.run(&plan).await;
    let journal = format!("sqlite:{}", stage.runs().join(format!("{}.db", id.0)).display());
    for (set, want) in [
        ("plan = replace(plan, 'TRUNCATE_BEFORE_LOAD', 'DO_NOTHING')", "not the one that was confirmed"),
        ("plan = replace(plan, '\"version\":1', '\"version\":7')", "of version 7"),
    ] {
        let mut session = Database::parse(&journal).unwrap().write_owned_by_demo().await.unwrap();
        session.script(&format!("CREATE TEMP TABLE kept AS SELECT plan FROM run; UPDATE run SET {set}")).await.unwrap();
        let refused = stage.resume(&id).await.unwrap_err().to_string();
        assert!(refused.contains(want), "{refused}");
        session.script("UPDATE run SET plan = (SELECT plan FROM kept)").await.unwrap();
    }
    assert_eq!(stage.resume(&id).await.unwrap().state, RunState::Done);
}

#[tokio::test]
async fn without_a_journal_nothing_is_begun_and_everything_is_put_back() {
    for (lost_in, want) in [(StepKind::Drain, RunState::Undone), (StepKind::Mask, RunState::Done)] {
        let stage = Stage::new().await;
        let mut plan = stage.plan(&ALL);
        let does =
            crate::model::refresh::Does::Command(vec!["rm".into(), "-r".into(), stage.runs().display().to_string()]);
        let at = plan.steps.iter().position(|step| step.kind == lost_in).unwrap();
        plan.steps.insert(at, step(StepName("lose".into()), StepKind::Custom));
        plan.custom.push(own_steps::custom("lose", does));
        let (_, ended) = stage.run(&plan).await;
        assert_eq!(ended.state, want, "{lost_in:?}: {ended:?}");
        assert!(ended.journal.unwrap().contains("moved or removed"), "{lost_in:?}");
        assert_eq!(stage.in_ledger().await, Some(want));
    }
}

#[tokio::test]
async fn files_of_a_run_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::new().await;
    let work = stage.begin(&stage.plan(&ALL)).await.unwrap();
    runs::restore_sql(&stage.store(), &work.id, "ALTER TABLE …").unwrap();
    runs::wish(&stage.store(), &work.id, WishFor::Pause).unwrap();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(stage.runs()).unwrap().map(Result::unwrap) {
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        let name = entry.file_name().into_string().unwrap();
        names.push(name.split_once('.').unwrap().1.to_owned());
    }
    names.sort_unstable();
    assert_eq!(names, ["db", "db-shm", "db-wal", "lock", "restore.sql", "wish"]);
    drop(work);
}

#[tokio::test]
async fn a_wish_that_nobody_took_does_not_lie_in_wait() {
    let stage = Stage::new().await;
    let work = stage.begin(&stage.plan(&ALL)).await.unwrap();
    let id = work.id.clone();
    // The process was asked to pause, and has not looked at what came after it.
    stage.wish.send_replace(Some(WishFor::Pause));
    runs::wish(&stage.store(), &id, WishFor::AbortStoppingTask).unwrap();
    assert_eq!(run(work).await.state, RunState::Paused);
    let lines = stage.seen(&id).await.lines;
    assert!(lines.last().unwrap().text.raw().contains("as it ended: nothing is done about that"), "{lines:?}");
    stage.wish.send_replace(None);
    assert_eq!(stage.resume(&id).await.unwrap().state, RunState::Done);
}

#[tokio::test]
async fn a_run_that_failed_for_good_after_its_load_loads_everything_again() {
    use crate::refresh::steps::load::{LoadAgain, STARTED, load_again};
    let stage = Stage::new().await;
    stage.will("run schedule-back", [Fault::Before(Trouble::refused("somebody has loaded since"))]);
    let (id, ended) = stage.run(&stage.plan(&ALL)).await;
    assert_eq!(ended.state, RunState::NeedsAttention);
    let mut work = stage.played(begin::resume(&id, stage.means()).await.unwrap());
    let refused = load_again(&mut work, LoadAgain::Whole).await.unwrap_err().to_string();
    assert!(refused.contains("nothing to load again"), "{refused}");
    let started = r#"{"task": "t", "start": "2026-11-22T02:00:00Z", "of": "2026-11-22T02:00:00Z"}"#;
    ledger::mark_anew(&mut work.target, &StepKind::Load.into(), STARTED, started).await.unwrap();
    ledger::mark(&mut work.target, &StepKind::Mask.into(), "shop.person", "{}").await.unwrap();
    let refused = load_again(&mut work, LoadAgain::Unfinished).await.unwrap_err().to_string();
    assert!(refused.contains("only all of a full load"), "{refused}");
    load_again(&mut work, LoadAgain::Whole).await.unwrap();
    assert_eq!(stage.count("SELECT count(*) FROM shop.cutover_ledger_mark WHERE step = 'mask'").await, 0);
    stage.trace();
    assert_eq!(run(work).await.state, RunState::Done);
    let want = ["run quarantine", "run keys-away", "run wait", "run mask", "run keys-back", "run schedule-back"];
    assert_eq!(stage.trace(), want);
}

/// Puts another file where the database was.
async fn swapped(database: &Database) {
    let path = database.place();
    std::fs::rename(&path, format!("{path}.moved")).unwrap();
    let mut session = database.write_owned_by_demo().await.unwrap();
    session.script("CREATE TABLE shop.person (id INTEGER PRIMARY KEY, name TEXT)").await.unwrap();
}

#[tokio::test]
async fn a_name_that_leads_to_another_database_meanwhile_leads_nowhere() {
    let stage = Stage::new().await;
    let mut plan = stage.plan(&ALL);
    let is = identity(&mut stage.target().read().await.unwrap()).await.unwrap().words();
    assert!(is.is_some());
    plan.target.identity.clone_from(&is);
    plan.source.identity = is;
    stage.will("run parity", [Fault::Before(Trouble::Wish(WishFor::Pause))]);
    let work = stage.begin(&plan).await.unwrap();
    let (id, source, beside) = (work.id.clone(), work.source.clone(), work.beside.clone());
    assert_eq!(run(work).await.state, RunState::Paused);
    assert!(source.read().await.is_ok() && beside.read().await.is_ok());
    swapped(&stage.target()).await;
    let refused = stage.resume(&id).await.unwrap_err();
    assert!(matches!(&refused, Trouble::Refused(why) if why.contains("is not the database of the plan")), "{refused}");
    for door in [source, beside] {
        let refused = door.read().await.map(drop).unwrap_err().to_string();
        assert!(refused.contains("is not the database of the plan"), "{refused}");
        assert!(door.proven().await.is_err());
    }
    assert_eq!(stage.trace(), ["run parity"]);
}

#[tokio::test]
async fn a_run_that_never_locked_its_target_does_not_outlive_its_plan() {
    let stage = Stage::new().await;
    stage.will("run parity", [Fault::Before(Trouble::Wish(WishFor::Pause))]);
    let (id, ended) = stage.run(&stage.plan(&ALL)).await;
    assert_eq!(ended.state, RunState::Paused);
    let late = Means {
        time: Time { now: || Timestamp::now() + SignedDuration::from_mins(20), ..stage.means().time },
        ..stage.means()
    };
    let ended = run(stage.played(begin::resume(&id, late).await.unwrap())).await;
    assert_eq!(ended.state, RunState::Undone);
    assert!(ended.why.unwrap().contains("plan it anew"));
    assert_eq!(stage.trace(), ["run parity"]);
}

#[tokio::test]
async fn a_row_of_which_nobody_heard_that_it_was_written_is_closed_and_none_is_left_half_taken_up() {
    let stage = Stage::new().await;
    let mut work = stage.begin(&stage.plan(&[StepKind::Lock, StepKind::Drain, StepKind::Close])).await.unwrap();
    let lock = work.plan.steps[0].clone();
    steps::run(&mut work, &lock).await.unwrap();
    // As when the answer was lost.
    work.in_ledger = false;
    steps::undo(&mut work, &lock).await.unwrap();
    assert_eq!(stage.in_ledger().await, Some(RunState::Undone));
    drop(work);
    // It is taken up with the row itself, not afterwards.
    let sql =
        "CREATE TRIGGER shop.no BEFORE UPDATE OF epoch ON cutover_ledger_run BEGIN SELECT RAISE(ABORT, 'no'); END";
    stage.target().write_owned_by_demo().await.unwrap().script(sql).await.unwrap();
    let (_, ended) = stage.run(&stage.plan(&ALL)).await;
    assert_eq!(ended.state, RunState::Done, "{ended:?}");
}
