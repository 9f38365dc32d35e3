//! Tables that act are made harmless, once each.

use super::{Desk, Do, ENGINES, do_it, killed, points, said};
use cutover::model::masking::defuse::{Action, Defuse};
use cutover::model::refresh::{RunState, StepKind};
use cutover::refresh::Plan;
use cutover::refresh::mask::defuse::{Statement, statements};
use cutover::refresh::plan::Defused;

async fn filled(desk: &Desk) {
    desk.both(
        "CREATE TABLE {s}.outbox (id int PRIMARY KEY, sent int); CREATE TABLE {s}.jobs (id int PRIMARY KEY, sent int); \
         CREATE TABLE {s}.tokens (id int PRIMARY KEY, sent int); CREATE TABLE {s}.hooks (id int PRIMARY KEY, calls int); \
         INSERT INTO {s}.outbox VALUES (1, 0), (2, 1); INSERT INTO {s}.jobs VALUES (1, 0), (2, 1); \
         INSERT INTO {s}.tokens VALUES (1, 0); INSERT INTO {s}.hooks VALUES (1, 10)",
    )
    .await;
}

async fn plan(desk: &Desk) -> Plan {
    let mut plan = desk.plan(&[StepKind::Defuse], &["outbox", "jobs", "tokens", "hooks"]).await;
    let of = |table: &str, action: Action| Defuse { table: table.into(), action };
    let asked = [
        of("outbox", Action::Truncate),
        of("jobs", Action::Delete { filter: Some("sent = 0".into()) }),
        of("tokens", Action::Delete { filter: None }),
        of("hooks", Action::File("hooks.sql".into())),
        of("gone", Action::Truncate),
    ];
    let facts = desk.target.facts().await;
    // Twice it would be another number.
    let script = "UPDATE hooks SET calls = calls + 1";
    let text = |statement: Statement| match statement {
        Statement::Sql(sql) => sql,
        Statement::File(_) => script.to_owned(),
    };
    let all = statements(desk.target.dialect(), &facts, &asked).into_iter();
    plan.defuse = all.map(|(asked, all)| Defused { asked, sql: all.into_iter().map(text).collect() }).collect();
    plan
}

async fn is_defused(desk: &Desk, place: &str) {
    for (sql, want) in [
        ("SELECT count(*) FROM {s}.outbox", 0),
        ("SELECT count(*) FROM {s}.jobs", 1),
        ("SELECT count(*) FROM {s}.tokens", 0),
        ("SELECT calls FROM {s}.hooks", 11),
    ] {
        assert_eq!(desk.target.number(sql).await, want, "{place}: {sql}");
    }
}

#[tokio::test]
async fn each_table_is_made_harmless_on_each_engine() {
    for engine in ENGINES {
        let desk = Desk::new(engine).await;
        filled(&desk).await;
        let plan = plan(&desk).await;
        let ended = desk.run(&plan).await;
        assert_eq!((ended.state, ended.why), (RunState::Done, None), "{engine:?}");
        is_defused(&desk, &format!("{engine:?}")).await;
        let seen = desk.seen().await;
        assert_eq!(seen.steps[1].note, "4 statements were run");
        assert!(desk.lines().await.contains("gone is not there"), "{}", desk.lines().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_counts_is_run_once_wherever_its_process_is_killed() {
    for (nth, engine) in ENGINES.into_iter().enumerate() {
        let desk = Desk::new(engine).await;
        filled(&desk).await;
        let points = points(&desk, &plan(&desk).await).await;
        // Only those of this step: from the first transaction on. Another third of them on each engine.
        let first = points.iter().position(|name| name == "before commit").unwrap();
        let last = points.iter().rposition(|name| name == "after commit").unwrap();
        for number in (first + 1 + nth..=last + 1).step_by(3) {
            let desk = Desk::new(engine).await;
            filled(&desk).await;
            let place = format!("{engine:?}, killed {} ({number})", points[number - 1]);
            let told = killed(&desk, &plan(&desk).await, number, number % 2 == 0, None).await;
            assert!(!matches!(told.what, Do::Begin), "{place}");
            let ended = do_it(&told).await.unwrap();
            assert_eq!(ended.state, RunState::Done, "{place}: {ended:?} {}", said(&told));
            is_defused(&desk, &place).await;
        }
    }
}
