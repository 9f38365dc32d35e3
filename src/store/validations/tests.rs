//! What is kept comes back, and nothing else: no value of a row, nobody else's run, nothing old.

use super::*;
use crate::model::listing::validations::Summary;
use crate::model::validation::{
    Cell, Check, Gate, KeptRun, Kind, Method, Pair, PlannedSide, RowChange, RunFilter, Tally, Trigger, Verdict,
};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;

fn settings(folder: &Path) -> Settings {
    Settings { dir: Some(folder.join("state/cutover")), shared: None }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn planned(what: What, tables: &[&str]) -> Planned {
    let side = |at: &str| PlannedSide { at: at.into(), engine: "postgresql".into(), by: "--source".into() };
    let table = |name: &&str| PlannedTable {
        source: (*name).into(),
        target: (*name).into(),
        kind: Kind::Rows,
        method: Method::Stream,
        why: "primary key (id)".into(),
        key: vec!["id".into()],
        columns: vec!["note".into()],
        rows_source: Some(2),
        rows_target: None,
        bytes_source: None,
        query_source: "SELECT".into(),
        query_target: "SELECT".into(),
        not_compared: Vec::new(),
    };
    Planned {
        what,
        source: side("a/x"),
        target: side("b/x"),
        seen_from: "jump".into(),
        gate: Gate::NoTask,
        tables: tables.iter().map(table).collect(),
        target_only: Vec::new(),
        of_dms: Vec::new(),
        fingerprint: "f".into(),
        is: crate::model::validation::Whose::default(),
        said: crate::model::validation::Said::default(),
    }
}

fn begun(id: &str, second: i64, tables: &[&str]) -> Begun {
    Begun {
        id: RunId(id.into()),
        trigger: Trigger::Operator,
        planned: planned(What::Addresses, tables),
        fingerprints: tables.iter().map(|name| format!("of {name}")).collect(),
        started: at(second),
        os_user: "jane".into(),
        host: "jump".into(),
        pid: 7,
    }
}

fn result(name: &str, different: u64) -> TableResult {
    TableResult {
        source: name.into(),
        target: name.into(),
        method: Method::Stream,
        why: String::new(),
        tally: Tally {
            source: Some(2),
            target: Some(2),
            different: Some(different),
            missing: Some(0),
            extra: Some(0),
            in_flight: Some(0),
            unsettled: Some(0),
            arrived: None,
        },
        not_compared: Vec::new(),
        problems: Vec::new(),
        at_rest: None,
        as_of_from: Some(at(1)),
        as_of_to: Some(at(2)),
        fingerprint: "f".into(),
        checks: vec![Check {
            name: "max(note)".into(),
            source: json!("SECRET"),
            target: json!("SECRET"),
            passed: None,
        }],
    }
}

fn difference(name: &str) -> RowResult {
    let secret = || vec![Cell { column: "note".into(), value: json!("SECRET") }];
    RowResult {
        source: name.into(),
        target: name.into(),
        key: vec![Cell { column: "id".into(), value: json!(5) }],
        change: RowChange::Different,
        columns: vec!["note".into()],
        first_seen: at(1),
        last_seen: at(2),
        source_values: secret(),
        target_values: secret(),
        source_hash: Some("aa".into()),
        target_hash: Some("bb".into()),
    }
}

fn summary(run: &str, verdict: Verdict, interrupted: bool) -> Box<Summary> {
    Box::new(Summary {
        verdict,
        tables: 1,
        equal: 0,
        different: 1,
        unknown: 0,
        rows_source: 2,
        rows_target: 2,
        differences: 1,
        listed: 1,
        source_only: Vec::new(),
        target_only: Vec::new(),
        waived: Vec::new(),
        source_at: "a/x".into(),
        target_at: "b/x".into(),
        seen_from: "jump".into(),
        as_of_from: Some(at(1)),
        as_of_to: Some(at(2)),
        interrupted,
        run: run.into(),
        kept: true,
        gate: None,
        arrived: 0,
    })
}

fn unit(number: usize) -> News {
    News::Unit(KeptUnit { nth: 0, number, part: format!("{{\"number\":{number}}}") })
}

fn table(nth: usize, name: &str) -> News {
    News::Table { nth, result: Box::new(result(name, 1)), rows: vec![difference(name)] }
}

fn ids(runs: &[KeptRun]) -> Vec<&str> {
    runs.iter().map(|run| run.id.0.as_str()).collect()
}

#[tokio::test]
async fn a_comparison_comes_back_as_it_was_kept_and_without_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    assert_eq!(list(&settings, &RunFilter::default()).await.unwrap(), [], "nothing was ever kept");
    let begun = begun("1", 0, &["shop.a", "shop.b"]);
    let mut keeping = Keeping::begin(&settings, &begun).await.unwrap();
    let news = [News::Cut { nth: 0, ranges: "[]".into() }, unit(0), unit(1), News::State(RunState::Paused)];
    keeping.write(&news, at(3)).await.unwrap();
    let kept = one(&settings, &begun.id).await.unwrap().unwrap();
    assert_eq!((kept.run.state, kept.run.tables, kept.run.tables_done, kept.run.beat), (RunState::Paused, 2, 0, at(3)));
    assert_eq!((&kept.planned, kept.run.pid, kept.run.verdict), (&begun.planned, 7, None));
    let (cuts, units) = units(&settings, &begun.id).await.unwrap();
    assert_eq!((cuts, units.len()), (vec![(0, "[]".to_owned())], 2));
    let outcome = Outcome::Told(summary("1", Verdict::Different, false));
    keeping.end(&[News::State(RunState::Running), table(0, "shop.a")], &outcome, at(4)).await.unwrap();
    let kept = one(&settings, &begun.id).await.unwrap().unwrap();
    assert_eq!(
        (kept.run.state, kept.run.ended, kept.run.verdict),
        (RunState::Ended, Some(at(4)), Some(Verdict::Different))
    );
    assert_eq!(kept.run.summary, Some(*summary("1", Verdict::Different, false)));
    let [a, b] = &kept.tables[..] else { panic!("{:?}", kept.tables) };
    assert_eq!((a.fingerprint.as_str(), a.result.is_some(), b.result.is_some()), ("of shop.a", true, false));
    assert_eq!(a.rows, [difference("shop.a").without_values()]);
    assert_eq!(a.result.as_ref().unwrap().checks[0].source, Value::Null);
    let dir = settings.dir.as_ref().unwrap();
    for file in ["cutover.db", "cutover.db-wal"].map(|name| dir.join(name)) {
        let Ok(bytes) = std::fs::read(&file) else { continue };
        assert!(!bytes.windows(6).any(|part| part == b"SECRET"), "{}", file.display());
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let history = history(&settings, "shop.a").await.unwrap();
    assert_eq!((history.len(), history[0].run.id.0.as_str()), (1, "1"));
    assert_eq!(super::history(&settings, "shop").await.unwrap(), []);
}

#[tokio::test]
async fn units_are_kept_until_their_table_is_told_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let begun = begun("1", 0, &["shop.a"]);
    let mut keeping = Keeping::begin(&settings, &begun).await.unwrap();
    let moving = TableResult { problems: vec!["interrupted".into()], checks: Vec::new(), ..result("shop.a", 0) };
    let told = TableResult { checks: Vec::new(), ..result("shop.a", 0) };
    for (result, left) in [(moving, 1), (told, 0)] {
        let news = [unit(0), News::Table { nth: 0, result: Box::new(result), rows: Vec::new() }];
        keeping.write(&news, at(3)).await.unwrap();
        assert_eq!(units(&settings, &begun.id).await.unwrap().1.len(), left);
    }
}

#[tokio::test]
async fn lists_are_filtered_and_the_newest_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    for (id, second, what, tables) in [
        ("1", 10, What::Addresses, &["shop.a"][..]),
        ("2", 30, What::Task("orders".into()), &["shop.a", "shop.b"]),
        ("3", 20, What::Task("billing".into()), &["shop.b"]),
    ] {
        let begun = Begun { planned: planned(what, tables), ..begun(id, second, tables) };
        drop(Keeping::begin(&settings, &begun).await.unwrap());
    }
    let all = RunFilter::default;
    for (filter, want) in [
        (all(), &["2", "3", "1"][..]),
        (RunFilter { task: Some("orders".into()), ..all() }, &["2"]),
        (RunFilter { task: Some("order".into()), ..all() }, &[]),
        (RunFilter { table: Some("shop.a".into()), ..all() }, &["2", "1"]),
        (RunFilter { since: Some(at(20)), ..all() }, &["2", "3"]),
        (RunFilter { table: Some("shop.b".into()), since: Some(at(25)), ..all() }, &["2"]),
        (RunFilter { most: Some(1), ..all() }, &["2"]),
    ] {
        assert_eq!(ids(&list(&settings, &filter).await.unwrap()), want, "{filter:?}");
    }
}

#[tokio::test]
async fn only_one_carries_a_comparison_on_and_whoever_lost_it_writes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let begun = begun("1", 0, &["shop.a"]);
    let mut first = Keeping::begin(&settings, &begun).await.unwrap();
    let owner = list(&settings, &RunFilter::default()).await.unwrap().remove(0).owner;
    let me = ("joe", "other", 9);
    let mut second = Keeping::take_up(&settings, &begun.id, &owner, me, at(9)).await.unwrap();
    let late = Keeping::take_up(&settings, &begun.id, &owner, me, at(9)).await;
    assert!(matches!(late, Err(StoreError::Taken { .. })), "{late:?}");
    assert!(matches!(first.write(&[table(0, "shop.a")], at(9)).await, Err(StoreError::Taken { .. })));
    second.write(&[News::Gate(GateSeen::Shut { why: "late".into() })], at(10)).await.unwrap();
    let kept = one(&settings, &begun.id).await.unwrap().unwrap();
    assert_eq!((kept.run.host.as_str(), kept.run.resumed, kept.run.tables_done), ("other", Some(at(9)), 0));
    assert!(matches!(kept.run.gate_seen, Some(GateSeen::Shut { .. })));
    let failed = Outcome::Failed("server gone".into());
    assert!(first.end(&[], &failed, at(11)).await.is_err());
    second.end(&[], &failed, at(11)).await.unwrap();
    let kept = list(&settings, &RunFilter::default()).await.unwrap().remove(0);
    assert_eq!((kept.state, kept.why.as_deref()), (RunState::Interrupted, Some("server gone")));
}

#[test]
fn whoever_is_gone_or_silent_has_been_interrupted() {
    let head = planned(What::Addresses, &[]);
    let run = KeptRun {
        id: RunId("1".into()),
        what: head.what,
        trigger: Trigger::Operator,
        gate: head.gate,
        gate_seen: None,
        source: head.source,
        target: head.target,
        seen_from: head.seen_from,
        fingerprint: head.fingerprint,
        os_user: "jane".into(),
        host: "jump".into(),
        pid: 7,
        owner: "o".into(),
        started: at(0),
        resumed: None,
        beat: at(0),
        ended: None,
        state: RunState::Running,
        verdict: None,
        summary: None,
        why: None,
        tables: 0,
        tables_done: 0,
    };
    for (state, here, second, alive, want) in [
        (RunState::Running, "jump", 9, true, RunState::Running),
        (RunState::Running, "jump", 9, false, RunState::Interrupted),
        (RunState::Paused, "jump", 9, false, RunState::Interrupted),
        // Nobody here knows the processes of another machine.
        (RunState::Running, "desk", 9, false, RunState::Running),
        (RunState::Running, "desk", 181, false, RunState::Interrupted),
        (RunState::Running, "jump", 181, true, RunState::Interrupted),
        (RunState::Ended, "jump", 999, false, RunState::Ended),
    ] {
        let judged = KeptRun { state, ..run.clone() }.judged(here, at(second), &|_| alive);
        assert_eq!(judged.state, want, "{state:?} {here} {second} {alive}");
    }
}

#[tokio::test]
async fn what_is_old_is_forgotten_and_what_may_live_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let day = 24 * 3_600;
    for (id, second) in [("old", 0), ("older", -9), ("alive", -5)] {
        let mut keeping = Keeping::begin(&settings, &begun(id, second, &["shop.a"])).await.unwrap();
        keeping.write(&[unit(0), table(0, "shop.a")], at(second)).await.unwrap();
        if id == "alive" {
            keeping.write(&[], at(DAYS * day)).await.unwrap();
        }
    }
    let mut keeping = Keeping::begin(&settings, &begun("new", DAYS * day + 5, &["shop.a"])).await.unwrap();
    assert_eq!(ids(&list(&settings, &RunFilter::default()).await.unwrap()), ["new", "alive"]);
    let left = "SELECT (SELECT count(*) FROM validation_table) + (SELECT count(*) FROM validation_difference)";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&mut keeping.connection).await.unwrap();
    assert_eq!(left, 3, "two tables and one difference");
}

#[tokio::test]
async fn who_has_agreed_is_remembered_for_this_pair_and_user_alone() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let pair = Pair::of(&planned(What::Addresses, &[]), "jane");
    assert!(is_first(&settings, &pair).await.unwrap());
    for _ in 0..2 {
        confirmed(&settings, &pair, at(0)).await.unwrap();
    }
    assert!(!is_first(&settings, &pair).await.unwrap());
    for other in [
        Pair { os_user: "joe".into(), ..pair.clone() },
        Pair { target: "mysql b/x".into(), ..pair.clone() },
        Pair { source: pair.target.clone(), target: pair.source.clone(), ..pair.clone() },
    ] {
        assert!(is_first(&settings, &other).await.unwrap(), "{other:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_write_and_somebody_reads_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let write = |writer: i64| {
        let settings = settings.clone();
        tokio::spawn(async move {
            let begun = begun(&writer.to_string(), writer, &["shop.a"]);
            let mut keeping = Keeping::begin(&settings, &begun).await.unwrap();
            for number in 0..20 {
                keeping.write(&[unit(number)], at(number.try_into().unwrap())).await.unwrap();
            }
            let name = writer.to_string();
            let outcome = Outcome::Told(summary(&name, Verdict::Equal, false));
            keeping.end(&[], &outcome, at(99)).await.unwrap();
        })
    };
    let writers: Vec<_> = (0..4).map(write).collect();
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        list(&settings, &RunFilter::default()).await.unwrap();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let all = list(&settings, &RunFilter::default()).await.unwrap();
    assert_eq!(ids(&all), ["3", "2", "1", "0"]);
    assert!(all.iter().all(|run| run.state == RunState::Ended));
    assert_eq!(units(&settings, &RunId("2".into())).await.unwrap().1.len(), 20);
}

#[tokio::test]
async fn a_store_of_the_first_version_is_read_as_empty_and_brought_forward_by_the_first_write() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let dir = settings.dir.clone().unwrap();
    super::folder(&dir).unwrap();
    let path = dir.join("cutover.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut old = sqlx::ConnectOptions::connect(&options).await.unwrap();
    let first = concat!(include_str!("../../../sql/store/1.sql"), "; PRAGMA user_version = 1");
    sqlx::raw_sql(first).execute(&mut old).await.unwrap();
    old.close().await.unwrap();
    assert_eq!(list(&settings, &RunFilter::default()).await.unwrap(), []);
    assert!(is_first(&settings, &Pair::of(&planned(What::Addresses, &[]), "jane")).await.unwrap());
    Keeping::begin(&settings, &begun("1", 0, &["shop.a"])).await.unwrap();
    assert_eq!(ids(&list(&settings, &RunFilter::default()).await.unwrap()), ["1"]);
}

#[tokio::test]
async fn what_cannot_be_written_or_read_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let begun = begun("1", 0, &["shop.a"]);
    let inside = |dir: PathBuf| Settings { dir: Some(dir), shared: None };
    let odd = folder.path().join("odd");
    std::fs::create_dir(&odd).unwrap();
    std::fs::write(odd.join("cutover.db"), "no database at all ".repeat(99)).unwrap();
    for (settings, want) in [
        (Settings::default(), "neither XDG_STATE_HOME nor HOME is set"),
        (inside(file.join("cutover")), "Not a directory"),
        (inside(odd), "not a database"),
    ] {
        let said = Keeping::begin(&settings, &begun).await.unwrap_err().to_string();
        assert!(said.contains(want), "{said}");
    }
    let newer = settings(folder.path());
    let mut keeping = Keeping::begin(&newer, &begun).await.unwrap();
    sqlx::raw_sql("PRAGMA user_version = 99").execute(&mut keeping.connection).await.unwrap();
    for said in [
        Keeping::begin(&newer, &begun).await.unwrap_err().to_string(),
        list(&newer, &RunFilter::default()).await.unwrap_err().to_string(),
    ] {
        assert!(said.contains("made by a newer cutover (schema 99, known here 2)"), "{said}");
    }
    // What is moved away would be written where nobody looks for it.
    std::fs::remove_file(newer.dir.unwrap().join("cutover.db")).unwrap();
    assert!(keeping.write(&[], at(1)).await.unwrap_err().to_string().contains("moved or removed"));
}
