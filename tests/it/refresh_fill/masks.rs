//! Each row is masked once, wherever the process is killed. The mask is one that would be another value the second time.

use super::{Desk, Do, ENGINES, begin, do_it, key, killed, means, points};
use cutover::db::Engine;
use cutover::model::masking::{Function, Mask, Rule};
use cutover::model::refresh::{Quarantine, RunState, StepKind, WishFor};
use cutover::refresh::{self, Means, Plan};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// More than two pages on each engine.
fn rows(engine: Engine) -> usize {
    if engine == Engine::MySql { 620 } else { 2_300 }
}

fn mail(row: usize) -> String {
    format!("bob{row}@example.com")
}

async fn filled(engine: Engine) -> (Desk, Plan) {
    let desk = Desk::new(engine).await;
    desk.both("CREATE TABLE {s}.person (id int PRIMARY KEY, mail varchar(60)); CREATE TABLE {s}.note (n int, mail varchar(60))")
        .await;
    for (table, rows) in [("person", rows(engine)), ("note", 40)] {
        let all: Vec<String> = (0..rows).map(|row| format!("({row}, '{}')", mail(row))).collect();
        for some in all.chunks(500) {
            desk.both(&format!("INSERT INTO {{s}}.{table} VALUES {}", some.join(", "))).await;
        }
    }
    let plan = desk.plan(&[StepKind::Mask], &["person", "note"]).await;
    let hash = || Function::Hash { length: 32 };
    let plan = desk.masked(plan, &[("person", &[("mail", hash())]), ("note", &[("mail", hash())])]).await;
    (desk, plan)
}

/// How many rows are not masked exactly once.
async fn wrong(desk: &Desk) -> usize {
    let facts = desk.target.facts().await;
    let mut wrong = 0;
    for (table, order, rows) in [("person", "id", rows(desk.engine)), ("note", "n", 40)] {
        let shape = &facts.iter().find(|one| one.name == table).unwrap().column("mail").unwrap().shape;
        let mask = Mask::new(&Rule::of(Function::Hash { length: 32 }), shape, Some(&key())).unwrap();
        let got = desk.target.texts(&format!("SELECT mail FROM {{s}}.{table} ORDER BY {order}")).await;
        assert_eq!(got.len(), rows);
        wrong += got.iter().enumerate().filter(|(row, got)| **got != mask.of(Some(&mail(*row))).value).count();
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_row_is_masked_once_wherever_the_process_is_killed() {
    for (nth, engine) in ENGINES.into_iter().enumerate() {
        let (desk, plan) = filled(engine).await;
        let points = points(&desk, &plan).await;
        assert_eq!(wrong(&desk).await, 0, "{engine:?}");
        let commits = points.iter().filter(|name| *name == "after commit").count();
        assert!(commits >= 4, "{engine:?}: {points:?}");
        // What is interesting is between the first page and the last; of the rest some, others on each engine.
        let is_commit = |number: usize| points[number - 1].ends_with("commit");
        let first = points.iter().position(|name| name == "before commit").unwrap();
        let all = (first - 3..=points.len()).filter(|number| is_commit(*number) || number % 4 == nth);
        for number in all {
            let (desk, plan) = filled(engine).await;
            let told = killed(&desk, &plan, number, number % 3 == 0, None).await;
            let place = format!("{engine:?}, killed {} ({number} of {})", points[number - 1], points.len());
            match do_it(&told).await {
                Ok(ended) => assert_eq!(ended.state, RunState::Done, "{place}: {ended:?}"),
                Err(trouble) => assert!(trouble.to_string().contains("is done"), "{place}: {trouble}"),
            }
            // Somebody who finds neither journal nor an open run begins another one.
            assert!(matches!(told.what, Do::Begin) || wrong(&desk).await == 0, "{place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mark_that_is_written_behind_its_page_is_found() {
    let (desk, plan) = filled(Engine::PostgreSql).await;
    let points = points(&desk, &plan).await;
    let number = points.iter().position(|name| name == "after commit").unwrap() + 1;
    // The first page is that of the smaller table.
    for (mutant, want) in [(None, 0), (Some("mark-outside"), 40)] {
        let (desk, plan) = filled(Engine::PostgreSql).await;
        let told = killed(&desk, &plan, number, false, mutant).await;
        assert_eq!(do_it(&told).await.unwrap().state, RunState::Done);
        assert_eq!(wrong(&desk).await, want, "{mutant:?}");
    }
}

#[tokio::test]
async fn without_the_key_or_with_another_one_nothing_is_masked_and_the_right_one_goes_on() {
    let (desk, plan) = filled(Engine::Sqlite).await;
    let mut told = desk.told(&plan, Do::Begin);
    told.secret = None;
    let ended = do_it(&told).await.unwrap();
    assert_eq!(ended.state, RunState::NeedsAttention);
    assert!(ended.why.unwrap().contains("the key of masking is not known"));
    let all = rows(desk.engine) + 40;
    assert_eq!(wrong(&desk).await, all);
    told.what = Do::Resume(desk.run_here().await.unwrap());
    told.secret = Some(super::SECRET.to_owned());
    assert_eq!(do_it(&told).await.unwrap().state, RunState::Done);
    assert_eq!(wrong(&desk).await, 0);
    // In the middle with one key, and further with another.
    let (desk, plan) = filled(Engine::PostgreSql).await;
    let points = points(&desk, &plan).await;
    let number = points.iter().position(|name| name == "after commit").unwrap() + 1;
    let (desk, plan) = filled(Engine::PostgreSql).await;
    let mut told = killed(&desk, &plan, number, false, None).await;
    told.secret = Some("another key of many bytes".to_owned());
    let ended = do_it(&told).await.unwrap();
    assert_eq!(ended.state, RunState::NeedsAttention);
    assert!(ended.why.unwrap().contains("another masking key"));
}

#[tokio::test]
async fn a_column_of_which_the_plan_says_nothing_stops_it() {
    for engine in ENGINES {
        let (desk, plan) = filled(engine).await;
        desk.target.script("ALTER TABLE {s}.note ADD COLUMN phone varchar(20)").await;
        let ended = desk.run(&plan).await;
        assert_eq!(ended.state, RunState::NeedsAttention, "{engine:?}");
        let why = ended.why.unwrap();
        assert!(why.contains("note.phone: the plan does not say what becomes of this column"), "{why}");
        assert_eq!(wrong(&desk).await, rows(engine) + 40, "{engine:?}");
    }
}

#[tokio::test]
async fn dead_rows_do_not_keep_old_values_and_where_they_would_it_is_said() {
    let (desk, plan) = filled(Engine::PostgreSql).await;
    let ended = desk.run(&plan).await;
    assert_eq!(ended.state, RunState::Done, "{ended:?}");
    let seen = desk.seen().await;
    assert!(seen.steps[1].note.starts_with("2340 rows in 2 tables"), "{}", seen.steps[1].note);
    // No page has a row left that anybody would see as it was.
    let sql = "SELECT count(*) FROM pg_class WHERE oid IN ('{s}.person'::regclass, '{s}.note'::regclass) \
               AND relpages > 0 AND relallvisible = relpages";
    assert_eq!(desk.target.number(sql).await, 2);
    // Somebody who may write the rows and is not their owner.
    let (desk, plan) = filled(Engine::PostgreSql).await;
    let name = desk.target.url.rsplit_once('/').unwrap().1.to_owned();
    desk.target
        .script(&format!(
            "CREATE ROLE \"fill_{name}\" LOGIN; GRANT CREATE ON DATABASE {name} TO \"fill_{name}\"; \
             GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA public TO \"fill_{name}\"; GRANT TEMPORARY ON DATABASE {name} TO \"fill_{name}\""
        ))
        .await;
    let mut told = desk.told(&plan, Do::Begin);
    told.target = desk.target.url.replace("cutover@", &format!("fill_{name}@"));
    let ended = do_it(&told).await.unwrap();
    assert_eq!(ended.state, RunState::Done, "{ended:?}");
    let lines = desk.lines().await;
    assert!(lines.contains("person: this user may not vacuum it"), "{lines}");
}

#[tokio::test]
async fn old_values_that_a_session_still_reads_are_waited_for_and_hold_a_quarantine() {
    let (desk, plan) = filled(Engine::PostgreSql).await;
    let mut reader = desk.target.database().write_owned_by_demo().await.unwrap();
    reader.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM public.person").await.unwrap();
    let kept = Plan { quarantine: Quarantine::Connections, ..plan.clone() };
    let ended = desk.run(&kept).await;
    assert_eq!(ended.state, RunState::NeedsAttention, "{ended:?}");
    let why = ended.why.unwrap();
    assert!(why.contains("dead rows with old values can still be read, by session "), "{why}");
    reader.script("COMMIT").await.unwrap();
    let id = desk.run_here().await.unwrap();
    let ended = do_it(&desk.told(&kept, Do::Resume(id))).await.unwrap();
    assert_eq!(ended.state, RunState::Done, "{ended:?}");
    assert_eq!(wrong(&desk).await, 0);
    // Without a quarantine it is told, and the mark says what is so.
    let (desk, plan) = filled(Engine::PostgreSql).await;
    let mut reader = desk.target.database().write_owned_by_demo().await.unwrap();
    reader.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM public.person").await.unwrap();
    let ended = desk.run(&plan).await;
    assert_eq!(ended.state, RunState::Done, "{ended:?}");
    let lines = desk.lines().await;
    assert!(lines.contains("dead rows with old values can still be read, by session "), "{lines}");
    let sql = "SELECT count(*) FROM cutover_ledger.mark WHERE detail LIKE '%can no longer be read%'";
    assert_eq!(desk.target.number(sql).await, 0);
}

/// Who is asked to pause, and after how many pages.
static WISH: OnceLock<watch::Sender<Option<WishFor>>> = OnceLock::new();
static PAGES: AtomicU32 = AtomicU32::new(0);

#[tokio::test]
async fn a_pause_is_heard_between_two_pages_and_the_rest_is_masked_later() {
    let (desk, plan) = filled(Engine::PostgreSql).await;
    let (send, wishes) = watch::channel(None);
    WISH.set(send).unwrap();
    let mut means = Means { wishes, ..means(&desk.told(&plan, Do::Begin)) };
    // Between two pages no time passes, which is asked for.
    means.time.wait = |span: Duration| {
        // One page of the smaller table, then the first of the other.
        if span.is_zero() && PAGES.fetch_add(1, Ordering::SeqCst) == 1 {
            let _ = WISH.get().unwrap().send(Some(WishFor::Pause));
        }
        Box::pin(tokio::time::sleep(span.min(Duration::from_millis(20))))
    };
    let work = begin(&plan, means).await.unwrap().with_masking_key(key());
    let ended = refresh::run(work).await;
    assert_eq!(ended.state, RunState::Paused, "{ended:?}");
    assert_eq!(wrong(&desk).await, 1_300);
    let told = desk.told(&plan, Do::Resume(desk.run_here().await.unwrap()));
    assert_eq!(do_it(&told).await.unwrap().state, RunState::Done);
    assert_eq!(wrong(&desk).await, 0);
}
