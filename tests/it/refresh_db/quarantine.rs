//! Who can get at the target meanwhile.

use super::*;
use cutover::aws::{self, Limiters, Serverless, TaskDetail, connect};
use cutover::change::{Executor, Mode};
use cutover::model::AccountId;
use cutover::model::audit::Whence;
use cutover::model::change::Safeguards;
use cutover::model::refresh::RunState;
use cutover::store::Audit;

/// A plan that asks who can connect while the quarantine is on.
fn plan_parts(inside: &str) -> Vec<Part<'_>> {
    use StepKind::{Capture, Close, KeysBack, Lock, Quarantine, QuarantineOff};
    let mut parts = [Lock, Capture, Quarantine].map(Part::Step).to_vec();
    parts.push(Part::Script("inside", inside));
    parts.extend([KeysBack, QuarantineOff, Close].map(Part::Step));
    parts
}

/// Roles of a server are everybody's: each test has its own.
async fn desk() -> (Desk, String, String) {
    let desk = Desk::with(Engine::PostgreSql, "CREATE TABLE t (id int); CREATE TABLE seen (role text, may bool)").await;
    let database = desk.base.database.name().unwrap().to_owned();
    let role = format!("app \"{database}");
    desk.script(&format!(
        "CREATE ROLE \"{q}\" LOGIN; CREATE ROLE \"{q} reader\" LOGIN; CREATE ROLE \"{q} owners\" LOGIN;
         GRANT CONNECT ON DATABASE {database} TO \"{q} reader\" WITH GRANT OPTION",
        q = role.replace('"', "\"\"")
    ))
    .await;
    (desk, database, role)
}

async fn rights(desk: &Desk) -> Vec<String> {
    let mut session = desk.base.database.read().await.unwrap();
    let sql = "SELECT unnest(COALESCE(datacl, acldefault('d', datdba)))::text FROM pg_database WHERE datname = current_database() ORDER BY 1";
    let rows = session.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row[0].as_text().unwrap().into_owned()).collect()
}

/// Whether this role gets in, by trying.
async fn gets_in(desk: &Desk, role: &str) -> bool {
    let role = role.replace('"', "%22").replace(' ', "%20");
    let url = desk.base.url.replace("cutover@", &format!("{role}@"));
    match Database::parse(&url).unwrap().read().await {
        Ok(_) => true,
        Err(error) => {
            assert!(error.to_string().contains("permission denied for database"), "{error}");
            false
        }
    }
}

#[tokio::test]
async fn nobody_else_gets_in_until_it_is_lifted_and_then_the_same_as_before() {
    let (desk, _, role) = desk().await;
    let reader = format!("{role} reader");
    let before = rights(&desk).await;
    assert!(gets_in(&desk, &role).await && gets_in(&desk, &reader).await);
    let stays = Database::parse(&desk.base.url).unwrap().read().await.unwrap();
    let ask = "INSERT INTO public.seen SELECT rolname, has_database_privilege(oid, current_database(), 'CONNECT') FROM pg_roles WHERE rolname LIKE 'app%'";
    let ended = desk.run(&desk.plan(&plan_parts(ask), &[]).await).await;
    assert_eq!((ended.state, ended.why), (RunState::Done, None));
    let quoted = role.replace('\'', "''");
    assert_eq!(desk.number(&format!("SELECT count(*) FROM seen WHERE role LIKE '{quoted}%' AND may")).await, 0);
    assert!(desk.number(&format!("SELECT count(*) FROM seen WHERE role LIKE '{quoted}%'")).await >= 3);
    assert_eq!(rights(&desk).await, before);
    assert!(gets_in(&desk, &role).await && gets_in(&desk, &reader).await);
    assert!(desk.log().await.contains("1 other sessions are open on the target, and stay"), "{}", desk.log().await);
    drop(stays);
    let seen = desk.seen().await;
    let note = &seen.steps.iter().find(|step| step.kind == StepKind::Quarantine).unwrap().note;
    assert!(note.contains("taken from everybody") || note.contains(", everybody"), "{note}");
    assert_eq!(seen.away, []);
}

#[tokio::test]
async fn it_stays_after_a_failure_behind_the_load_and_is_lifted_after_one_before_it() {
    let (desk, _, role) = desk().await;
    let before = rights(&desk).await;
    let ended = desk.run(&desk.plan(&plan_parts("SELECT 1 / 0"), &[]).await).await;
    assert_eq!(ended.state, RunState::Undone, "{ended:?}");
    assert_eq!(rights(&desk).await, before);
    // Behind the load: one that is behind it has been taken.
    let mut parts = plan_parts("SELECT 1");
    parts.insert(5, Part::Script("fails", "SELECT 1 / (SELECT count(*) FROM public.t)"));
    let ended = desk.run(&desk.plan(&parts, &[]).await).await;
    assert_eq!(ended.state, RunState::NeedsAttention, "{ended:?}");
    assert!(!gets_in(&desk, &role).await);
    let away = desk.seen().await.away;
    assert!(away.len() == 1 && away[0].prior.raw().contains("GRANT CONNECT ON DATABASE"), "{away:?}");
    desk.script("INSERT INTO t VALUES (1)").await;
    assert_eq!(desk.resume().await.state, RunState::Done);
    assert_eq!(rights(&desk).await, before);
}

#[tokio::test]
async fn what_could_not_be_put_back_the_same_is_refused_and_who_comes_in_by_a_role_is_told() {
    let (desk, database, role) = desk().await;
    let q = role.replace('"', "\"\"");
    desk.script(&format!(
        "CREATE ROLE \"{q} us\"; GRANT \"{q} us\" TO \"{q} owners\";
         GRANT CREATE ON DATABASE {database} TO \"{q} us\""
    ))
    .await;
    let before = rights(&desk).await;
    desk.script(&format!("SET ROLE \"{q} reader\"; GRANT CONNECT ON DATABASE {database} TO \"{q} us\"")).await;
    let ended = desk.run(&desk.plan(&plan_parts("SELECT 1"), &[]).await).await;
    assert_eq!(ended.state, RunState::Undone);
    assert!(ended.why.unwrap().contains("may connect by a grant that is not the owner's"));
    desk.script(&format!("SET ROLE \"{q} reader\"; REVOKE CONNECT ON DATABASE {database} FROM \"{q} us\"")).await;
    assert_eq!(rights(&desk).await, before);
    // The owner's members come in by the owner.
    desk.script(&format!("ALTER DATABASE {database} OWNER TO \"{q} us\"")).await;
    let ended = desk.run(&desk.plan(&plan_parts("SELECT 1"), &[]).await).await;
    assert_eq!((ended.state, ended.why), (RunState::Done, None));
    assert!(
        desk.log().await.contains("these can still connect, by a role that they belong to: app"),
        "{}",
        desk.log().await
    );
    // Roles are the whole server's, and some tests look at all of them.
    desk.script(&format!("ALTER DATABASE {database} OWNER TO cutover; DROP OWNED BY \"{q} us\"; DROP ROLE \"{q} us\""))
        .await;
}

#[tokio::test]
async fn the_user_whom_dms_signs_in_with_still_gets_in() {
    // It waits for its process without awaiting.
    let aws = tokio::task::spawn_blocking(|| crate::change::Desk::new(&[])).await.unwrap();
    let endpoint = aws.aws.endpoint();
    let connected = connect(&aws::Settings::embedded(endpoint), &Limiters::default()).await.unwrap();
    let tasks = connected.reader.tasks(TaskDetail::Brief, Serverless::Skip).await.unwrap().value;
    let task = tasks.into_iter().find(|task| task.name.0.raw().contains("staging")).unwrap();
    let (desk, database, role) = desk().await;
    let before = rights(&desk).await;
    // Somebody else than the endpoint says how this program gets in, so that the endpoint is asked for its user.
    let mut plan = desk.plan(&plan_parts("SELECT 1"), &[]).await;
    plan.target_way.name = Some("staging".into());
    plan.task.arn = task.arn;
    let run = async |plan: &Plan| {
        let whence = Whence { os_user: "t".into(), host: "t".into(), pid: 1, tty: false, version: "t".into() };
        let expect_account = Some(AccountId("123456789012".into()));
        let authority = Mode { read_only: false, operate: true, expect_account }.authority().unwrap();
        let audit = Audit::open(&desk.store(), &whence).await.unwrap();
        let time = Time { now: Timestamp::now, wait: |_| Box::pin(async {}) };
        let executor = Executor::new(&authority, &connected, audit, whence, None, Safeguards::default(), time).unwrap();
        let aws = Some(refresh::Aws::new(connected.reader.clone(), executor, None));
        refresh::run(begin(plan, Means { aws, ..desk.means() }).await.unwrap()).await
    };
    let ended = run(&plan).await;
    assert!(ended.why.as_ref().unwrap().contains("the target has no user dms_user"), "{ended:?}");
    assert_eq!((ended.state, rights(&desk).await), (RunState::Undone, before.clone()));
    desk.script("CREATE ROLE dms_user LOGIN").await;
    plan.custom[0].does = Does::Sql(
        "INSERT INTO public.seen SELECT 'dms_user', has_database_privilege('dms_user', current_database(), 'CONNECT')"
            .into(),
    );
    let ended = run(&plan).await;
    assert_eq!((ended.state, ended.why), (RunState::Done, None));
    assert_eq!(desk.number("SELECT count(*) FROM seen WHERE role = 'dms_user' AND may").await, 1);
    assert_eq!(rights(&desk).await, before);
    assert!(gets_in(&desk, &role).await, "{database}");
    tokio::task::spawn_blocking(move || drop(aws)).await.unwrap();
}

#[tokio::test]
async fn other_engines_have_no_such_right() {
    for engine in [Engine::MySql, Engine::Sqlite] {
        let desk = Desk::with(engine, "CREATE TABLE {s}.t (id int)").await;
        let ended = desk.run(&desk.plan(&plan_parts("SELECT 1"), &[]).await).await;
        assert_eq!(ended.state, RunState::Undone);
        assert!(ended.why.unwrap().contains("a quarantine is for PostgreSQL"));
    }
}
