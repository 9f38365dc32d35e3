//! What is tried before anything is gone.

use super::{Desk, ENGINES, do_it};
use cutover::db::Engine;
use cutover::db::schema::snapshot;
use cutover::model::refresh::{RunState, StepKind};
use cutover::refresh::Plan;

const KEYS: &str = "\
    CREATE TABLE {s}.person (id int PRIMARY KEY, boss int REFERENCES {s}.person); \
    CREATE TABLE {s}.letter (id int PRIMARY KEY, person int CONSTRAINT of_person REFERENCES {s}.person ON DELETE CASCADE); \
    COMMENT ON CONSTRAINT of_person ON {s}.letter IS 'whose'; \
    CREATE FUNCTION {s}.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
    CREATE TRIGGER noted AFTER INSERT ON {s}.letter FOR EACH ROW EXECUTE FUNCTION {s}.note(); \
    INSERT INTO {s}.person VALUES (1, NULL); INSERT INTO {s}.letter VALUES (1, 1)";

async fn lines(desk: &Desk, plan: &Plan) -> Vec<String> {
    let mut session = desk.target.database().read().await.unwrap();
    snapshot::read(&mut session, &plan.scope()).await.unwrap().lines()
}

/// The rehearsal comes before the lock, as in every plan.
fn first(mut plan: Plan) -> Plan {
    let at = plan.steps.iter().position(|step| step.kind == StepKind::Rehearsal).unwrap();
    plan.steps.swap(0, at);
    plan
}

#[tokio::test]
async fn keys_and_triggers_go_and_come_back_in_a_transaction_that_is_rolled_back() {
    let desk = Desk::new(Engine::PostgreSql).await;
    desk.both(KEYS).await;
    let kinds = [
        StepKind::Rehearsal,
        StepKind::Capture,
        StepKind::TriggersOff,
        StepKind::KeysAway,
        StepKind::KeysBack,
        StepKind::TriggersOn,
    ];
    let plan = first(desk.plan(&kinds, &["person", "letter"]).await);
    let before = lines(&desk, &plan).await;
    let ended = desk.run(&plan).await;
    assert_eq!((ended.state, ended.why), (RunState::Done, None));
    assert_eq!(desk.seen().await.steps[0].note, "3 keys and triggers away and back, and rolled back");
    assert_eq!(before, lines(&desk, &plan).await);
}

#[tokio::test]
async fn what_could_be_dropped_and_not_put_back_is_found_while_everything_is_there() {
    let desk = Desk::new(Engine::PostgreSql).await;
    desk.both(KEYS).await;
    let name = desk.target.url.rsplit_once('/').unwrap().1.to_owned();
    desk.target
        .script(&format!(
            "CREATE ROLE \"poor_{name}\" LOGIN; ALTER TABLE {{s}}.letter OWNER TO \"poor_{name}\"; \
             GRANT CREATE ON DATABASE {name} TO \"poor_{name}\"; GRANT SELECT ON {{s}}.person TO \"poor_{name}\""
        ))
        .await;
    let mut plan = first(desk.plan(&[StepKind::Rehearsal, StepKind::Capture, StepKind::KeysAway], &["letter"]).await);
    let before = lines(&desk, &plan).await;
    plan.triggers.clear();
    desk.target.script("DROP TRIGGER noted ON {s}.letter").await;
    let before: Vec<String> = before.into_iter().filter(|line| !line.contains("noted")).collect();
    let mut told = desk.told(&plan, super::Do::Begin);
    told.target = desk.target.url.replace("cutover@", &format!("poor_{name}@"));
    let ended = do_it(&told).await.unwrap();
    assert_eq!(ended.state, RunState::Undone, "{ended:?}");
    let why = ended.why.unwrap();
    assert!(why.contains("of_person") && why.contains("permission denied for table person"), "{why}");
    assert_eq!(before, lines(&desk, &plan).await);
    assert_eq!(desk.target.number("SELECT count(*) FROM pg_namespace WHERE nspname = 'cutover_ledger'").await, 0);
}

#[tokio::test]
async fn a_key_that_was_changed_since_is_found_on_each_engine() {
    for engine in ENGINES {
        let desk = Desk::new(engine).await;
        let person = if engine == Engine::Sqlite { "person" } else { "{s}.person" };
        let letter = |delete: &str| {
            format!(
                "CREATE TABLE {{s}}.letter (id int PRIMARY KEY, person int, \
                 CONSTRAINT of_person FOREIGN KEY (person) REFERENCES {person} (id) ON DELETE {delete})"
            )
        };
        desk.both(&format!("CREATE TABLE {{s}}.person (id int PRIMARY KEY); {}", letter("CASCADE"))).await;
        let plan = first(desk.plan(&[StepKind::Rehearsal], &["person", "letter"]).await);
        let ended = desk.run(&plan).await;
        assert_eq!((ended.state, ended.why), (RunState::Done, None), "{engine:?}");
        desk.target.script(&format!("DROP TABLE {{s}}.letter; {}", letter("SET NULL"))).await;
        std::fs::remove_dir_all(desk.state()).unwrap();
        let ended = desk.run(&plan).await;
        assert_eq!(ended.state, RunState::Undone, "{engine:?}");
        let why = ended.why.unwrap();
        assert!(why.contains("is not as it was when this was planned: plan it again"), "{engine:?}: {why}");
    }
}

#[tokio::test]
async fn a_lock_of_somebody_else_is_not_waited_for_long() {
    let desk = Desk::new(Engine::PostgreSql).await;
    desk.both(KEYS).await;
    let plan =
        first(desk.plan(&[StepKind::Rehearsal, StepKind::Capture, StepKind::KeysAway], &["person", "letter"]).await);
    let mut other = desk.target.database().write_owned_by_demo().await.unwrap();
    other.script("BEGIN; SELECT * FROM letter").await.unwrap();
    let ended = desk.run(&plan).await;
    assert_eq!(ended.state, RunState::Undone, "{ended:?}");
    assert!(ended.why.as_ref().unwrap().contains("lock timeout"), "{ended:?}");
    other.script("COMMIT").await.unwrap();
    std::fs::remove_dir_all(desk.state()).unwrap();
    let plan = first(desk.plan(&[StepKind::Rehearsal], &["person", "letter"]).await);
    assert_eq!(desk.run(&plan).await.state, RunState::Done);
}
