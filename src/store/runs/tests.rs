//! Journals as files: what is written is read again, by one writer and any number of readers.

use super::*;
use crate::model::audit::How;
use crate::model::refresh::{Load, Place, PlanHash, Purpose, RefreshName, StepKind, StepState, TableLoad, WishFor};

fn settings(folder: &tempfile::TempDir) -> Settings {
    Settings { dir: Some(folder.path().to_owned()), shared: None }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn head(id: &str) -> RunHead {
    let place = |place: &str| Place {
        engine: "PostgreSQL".into(),
        place: place.into(),
        identity: Some("7".into()),
        found_by: "[databases.x]".into(),
    };
    RunHead {
        id: RefreshId(id.into()),
        name: RefreshName("nightly".into()),
        task: Untrusted::new("staging\u{1b}"),
        purpose: Purpose::DataRefresh,
        load: Load::FullLoad,
        source: place("a:1/x"),
        target: place("b:2/y"),
        plan: PlanHash("abc".into()),
        state: RunState::Running,
        step: None,
        began: at(1_000),
        ended: None,
        why: None,
        os_user: "ann".into(),
        host: files::host(),
        pid: 7,
        alive: None,
        elsewhere: None,
    }
}

fn step(kind: StepKind) -> StepSeen {
    StepSeen {
        name: kind.into(),
        kind,
        state: StepState::Waiting,
        attempts: 0,
        began: None,
        ended: None,
        note: String::new(),
    }
}

#[tokio::test]
async fn what_is_written_is_what_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    assert_eq!(list(&settings).await.unwrap().0, []);
    let head = head("20261122T020000Z-7f3a");
    let steps = [step(StepKind::Lock), step(StepKind::KeysAway)];
    let mut journal = Journal::begin(&settings, &head, ("{}", How::Typed), &steps).await.unwrap();
    let failed = StepSeen {
        state: StepState::Failed { why: "no".into() },
        attempts: 2,
        began: Some(at(1_001)),
        ended: Some(at(1_002)),
        note: "3 of 12".into(),
        ..steps[1].clone()
    };
    let away = |name: &str| Away {
        kind: AwayKind::Key,
        name: name.into(),
        prior: "FOREIGN KEY …".into(),
        since: at(1_001),
        comes_back: StepKind::KeysBack.into(),
    };
    let load = LoadProgress {
        as_of: at(1_003),
        status: "running".into(),
        percent: Some(40),
        tables: vec![TableLoad { schema: "s".into(), table: "t".into(), state: "loading".into(), rows: Some(3) }],
    };
    let line = |text: &str| Line { at: at(1_004), step: Some(StepKind::Lock.into()), text: text.into(), bad: true };
    let state = News::State {
        state: RunState::NeedsAttention,
        step: Some(StepKind::KeysAway.into()),
        why: Some("keys-away: no".into()),
        ended: None,
    };
    let attempt = News::Attempt {
        step: StepKind::KeysAway.into(),
        n: 2,
        phase: Phase::Outcome,
        at: at(1_002),
        words: "no".into(),
        class: Some("failed".into()),
    };
    let news = [
        News::Step { nth: 1, seen: failed.clone() },
        attempt,
        News::Away(away("a")),
        News::Away(away("b")),
        News::Back { kind: AwayKind::Key, name: "a".into() },
        News::Load(load.clone()),
        News::Line(line("one")),
        News::Line(line("two")),
        state,
    ];
    journal.write(&news).await.unwrap();
    let seen = seen(&settings, &head.id).await.unwrap().unwrap();
    assert_eq!(seen.steps, [steps[0].clone(), failed]);
    assert_eq!(seen.away, [away("b")]);
    assert_eq!(seen.load, Some(load));
    assert_eq!(seen.lines, [line("one"), line("two")]);
    let want = RunHead {
        state: RunState::NeedsAttention,
        step: Some(StepKind::KeysAway.into()),
        why: Some("keys-away: no".into()),
        alive: Some(true),
        ..head.clone()
    };
    assert_eq!(seen.head, want);
    assert_eq!(list(&settings).await.unwrap().0, std::slice::from_ref(&want));
    drop(journal);
    assert_eq!(list(&settings).await.unwrap().0, [RunHead { alive: Some(false), ..want }]);
    let kept = kept(&settings, &head.id).await.unwrap().unwrap();
    assert_eq!((kept.plan.as_str(), kept.how, kept.steps.len()), ("{}", How::Typed, 2));
}

#[tokio::test]
async fn a_journal_has_one_writer_and_one_that_is_broken_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    let (one, two) = (head("20261122T020000Z-0001"), head("20261122T030000Z-0002"));
    let journal = Journal::begin(&settings, &one, ("{}", How::Flag), &[]).await.unwrap();
    drop(Journal::begin(&settings, &two, ("{}", How::Flag), &[]).await.unwrap());
    let who = Writer { os_user: "bob".into(), host: "other".into(), pid: 9 };
    let refused = Journal::take_up(&settings, &one.id, &who).await.unwrap_err().to_string();
    assert!(refused.contains("is being carried out by ann on") && refused.contains("pid 7"), "{refused}");
    drop(journal);
    drop(Journal::take_up(&settings, &one.id, &who).await.unwrap());
    assert_eq!(list(&settings).await.unwrap().0[1].os_user, "bob");
    // Neither is one that is there begun a second time.
    assert!(Journal::begin(&settings, &one, ("{}", How::Flag), &[]).await.is_err());
    std::fs::write(folder.path().join("runs/20261122T040000Z-0003.db"), "not a database at all").unwrap();
    let (heads, unread) = list(&settings).await.unwrap();
    assert_eq!((heads.len(), unread.len()), (2, 1));
    let mut again = Journal::replace(&settings, &one, ("{}", How::Flag), &[]).await.unwrap();
    again.write(&[]).await.unwrap();
    assert!(folder.path().join("runs/20261122T020000Z-0001.db.lost").exists());
}

#[tokio::test]
async fn a_wish_is_taken_once_and_an_id_leaves_the_folder_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    let id = RefreshId("../../etc/passwd".into());
    wish(&settings, &id, WishFor::AbortLeavingTask).unwrap();
    assert!(folder.path().join("runs/etcpasswd.wish").exists());
    assert_eq!(take_wish(&settings, &id), Some(WishFor::AbortLeavingTask));
    assert_eq!(take_wish(&settings, &id), None);
    assert_eq!(seen(&settings, &id).await.unwrap(), None);
}

#[tokio::test]
async fn the_log_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    let head = head("20261122T020000Z-7f3a");
    let mut journal = Journal::begin(&settings, &head, ("{}", How::Typed), &[]).await.unwrap();
    let line = |n: i64| News::Line(Line { at: at(n), step: None, text: Untrusted::new(n.to_string()), bad: false });
    let all: Vec<News> = (0..LINES + 10).map(line).collect();
    journal.write(&all).await.unwrap();
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM line").fetch_one(&mut journal.connection).await.unwrap();
    assert_eq!(count, LINES);
    let seen = seen(&settings, &head.id).await.unwrap().unwrap();
    assert_eq!(seen.lines.last().unwrap().text.raw(), (LINES + 9).to_string());
}

#[tokio::test]
async fn whoever_watches_reads_again_what_is_under_way_or_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    let mut watcher = Watcher::default();
    assert_eq!(watcher.list(&settings).await.unwrap().0, []);
    let mut journals = Vec::new();
    for id in ["20261121T020000Z-0001", "20261122T020000Z-0002"] {
        let steps = [step(StepKind::Lock)];
        journals.push(Journal::begin(&settings, &head(id), ("{}", How::Typed), &steps).await.unwrap());
    }
    let states = |heads: &[RunHead]| heads.iter().map(|head| (head.state, head.alive)).collect::<Vec<_>>();
    let both = watcher.list(&settings).await.unwrap().0;
    assert_eq!(states(&both), [(RunState::Running, Some(true)); 2]);
    for journal in &mut journals {
        let ended = Some(at(2_000));
        journal.write(&[News::State { state: RunState::Done, step: None, why: None, ended }]).await.unwrap();
    }
    drop(journals);
    for _ in 0..2 {
        let over = watcher.list(&settings).await.unwrap().0;
        assert_eq!(over.iter().map(|head| head.state).collect::<Vec<_>>(), [RunState::Done; 2]);
        assert_eq!(over, list(&settings).await.unwrap().0);
    }
    std::fs::write(folder.path().join("runs/20261122T020000Z-0002.db"), "nonsense").unwrap();
    let (left, unread) = watcher.list(&settings).await.unwrap();
    assert_eq!((left.len(), unread.len()), (1, 1), "one that has changed is read again");
    std::fs::remove_file(folder.path().join("runs/20261121T020000Z-0001.db")).unwrap();
    assert_eq!(watcher.list(&settings).await.unwrap().0, [], "and one that is gone is not remembered");
}
