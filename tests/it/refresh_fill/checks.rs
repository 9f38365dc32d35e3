//! What is verified before anybody else gets at a target, and that whatever is wrong stops the run there.

use super::{Desk, ENGINES};
use cutover::db::Engine;
use cutover::model::masking::Function;
use cutover::model::refresh::{RunState, StepKind, StepState};
use cutover::refresh::Plan;

/// Masked and kept columns, a counter, a key.
async fn filled(engine: Engine) -> (Desk, Plan) {
    let desk = Desk::new(engine).await;
    let counted = match engine {
        Engine::PostgreSql => "bigserial PRIMARY KEY",
        Engine::MySql => "bigint NOT NULL AUTO_INCREMENT PRIMARY KEY",
        Engine::Sqlite => "INTEGER PRIMARY KEY AUTOINCREMENT",
    };
    desk.both(&format!("CREATE TABLE {{s}}.person (id {counted}, mail varchar(60), note varchar(60))")).await;
    desk.both(if engine == Engine::Sqlite {
        "CREATE TABLE {s}.letter (id int PRIMARY KEY, person bigint, FOREIGN KEY (person) REFERENCES person (id))"
    } else {
        "CREATE TABLE {s}.letter (id int PRIMARY KEY, person bigint, CONSTRAINT of_person FOREIGN KEY (person) REFERENCES {s}.person (id))"
    })
    .await;
    let rows: Vec<String> = (1..=30).map(|n| format!("({n}, 'bob{n}@example.com', 'note {n}')")).collect();
    desk.both(&format!("INSERT INTO {{s}}.person VALUES {}; INSERT INTO {{s}}.letter VALUES (1, 1)", rows.join(", ")))
        .await;
    let kinds = [
        StepKind::Capture,
        StepKind::KeysAway,
        StepKind::Mask,
        StepKind::KeysBack,
        StepKind::Sequences,
        StepKind::Analyze,
        StepKind::Verify,
        StepKind::QuarantineOff,
    ];
    let plan = desk.plan(&kinds, &["person", "letter"]).await;
    let mut plan = desk.masked(plan, &[("person", &[("mail", Function::Email)]), ("letter", &[])]).await;
    if engine != Engine::PostgreSql {
        plan.steps.retain(|step| step.kind != StepKind::KeysAway);
    }
    (desk, plan)
}

#[tokio::test]
async fn what_is_as_it_should_be_is_verified_on_each_engine() {
    for engine in ENGINES {
        let (desk, plan) = filled(engine).await;
        let ended = desk.run(&plan).await;
        assert_eq!((ended.state, ended.why), (RunState::Done, None), "{engine:?}");
        let seen = desk.seen().await;
        let note = &seen.steps.iter().find(|step| step.kind == StepKind::Verify).unwrap().note;
        let want = "the catalogue is what it was, 1 counter is ahead of the rows, \
                    no personal data is found in 60 rows, of which 30 were held beside the source's";
        assert!(note == want || note == &want.replace("60 rows", "30 rows"), "{engine:?}: {note}");
        assert_eq!(desk.target.number("SELECT count(*) FROM {s}.person WHERE mail LIKE '%@example.com'").await, 0);
    }
}

#[tokio::test]
async fn whatever_is_wrong_stops_the_run_before_anybody_else_gets_at_the_target() {
    let behind = [
        (Engine::PostgreSql, "SELECT setval('{s}.person_id_seq', 5)"),
        (Engine::Sqlite, "UPDATE {s}.sqlite_sequence SET seq = 5 WHERE name = 'person'"),
    ];
    for engine in ENGINES {
        let mut cases = vec![
            (
                "INSERT INTO {s}.person VALUES (99, 'carl@real.org', NULL)",
                "person.mail 1 of 31 rows do not look masked",
            ),
            ("UPDATE {s}.person SET mail = 'bob7@example.com' WHERE id = 7", "person.mail 1 of 30 rows"),
            (
                "UPDATE {s}.person SET note = 'write to eve@shop.org' WHERE id = 7",
                "person.note is kept, and 1 of 30 rows",
            ),
            ("CREATE INDEX made_since ON {s}.person (note)", "the catalogue is not what it was"),
            ("DROP TABLE {s}.letter", "the catalogue is not what it was"),
        ];
        if engine == Engine::Sqlite {
            cases[3].0 = "CREATE INDEX {s}.made_since ON person (note)";
        }
        if engine == Engine::PostgreSql {
            cases.push(("ALTER TABLE {s}.letter DROP CONSTRAINT of_person", "the catalogue is not what it was"));
        }
        cases.extend(
            behind.iter().filter(|(of, _)| *of == engine).map(|(_, sql)| (*sql, "gives 6 next, and the rows need 31")),
        );
        for (sql, want) in cases {
            let (desk, plan) = filled(engine).await;
            let plan = desk.with_script(plan, StepKind::Analyze, "somebody", sql);
            let ended = desk.run(&plan).await;
            let why = ended.why.clone().unwrap_or_default();
            assert_eq!(ended.state, RunState::NeedsAttention, "{engine:?} {sql}: {ended:?}");
            assert!(why.contains(want) && !why.contains("eve@") && !why.contains("carl@"), "{engine:?} {sql}: {why}");
            let seen = desk.seen().await;
            let state = |kind| seen.steps.iter().find(|step| step.kind == kind).unwrap().state.clone();
            assert!(matches!(state(StepKind::Verify), StepState::Failed { .. }));
            assert_eq!(state(StepKind::QuarantineOff), StepState::Waiting);
        }
    }
}

#[tokio::test]
async fn a_key_whose_orphans_may_stay_is_told_and_no_fault() {
    let desk = Desk::new(Engine::PostgreSql).await;
    desk.both(
        "CREATE TABLE {s}.person (id int PRIMARY KEY); \
         CREATE TABLE {s}.letter (id int PRIMARY KEY, person int CONSTRAINT of_person REFERENCES {s}.person); \
         CREATE TABLE {s}.parcel (id int, day date, person int, CONSTRAINT to_person FOREIGN KEY (person) REFERENCES {s}.person) PARTITION BY RANGE (day); \
         CREATE TABLE {s}.parcel_1 PARTITION OF {s}.parcel FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    )
    .await;
    let kinds = [StepKind::Capture, StepKind::KeysAway, StepKind::KeysBack, StepKind::Verify];
    let plan = desk.plan(&kinds, &["person", "letter", "parcel"]).await;
    let load = "INSERT INTO {s}.letter VALUES (1, 7); INSERT INTO {s}.parcel VALUES (1, '2026-05-01', 8)";
    let plan = desk.with_script(plan, StepKind::KeysAway, "load-it", load);
    let ended = desk.run(&plan).await;
    assert_eq!((ended.state, ended.why), (RunState::Done, None), "{}", desk.lines().await);
    let lines = desk.lines().await;
    assert_eq!(lines.matches("holds for new rows; some of before have no parent").count(), 2, "{lines}");
    // The same where they must not stay.
    let desk_2 = desk;
    desk_2.target.script("DELETE FROM {s}.letter; DELETE FROM {s}.parcel").await;
    let state = desk_2.target.texts("SELECT state FROM cutover_ledger.obj WHERE kind = 'key' ORDER BY ident").await;
    assert_eq!(state, [Some("orphans".to_owned()), Some("orphans".to_owned())]);
}
