//! Changes at AWS in the name of a plan: nothing forward without an audit, putting back also then.

use crate::change::{Desk, RULE, STAGING};
use cutover::aws::{Limiters, Settings, connect};
use cutover::change::{Confirmed, Covered, Executor, Mode, Time, Way, Yes};
use cutover::db::Database;
use cutover::model::audit::{State, Whence};
use cutover::model::change::{Change, Outcome, Safeguards, Switch, Which};
use cutover::model::refresh::PlanHash;
use cutover::model::{AccountId, ReplicationArn};
use cutover::store::{self, Audit};
use jiff::Timestamp;

fn whence() -> Whence {
    Whence { os_user: "t".into(), host: "t".into(), pid: 1, tty: false, version: "t".into() }
}

async fn executor(desk: &Desk) -> Executor {
    let connected = connect(&Settings::embedded(desk.aws.endpoint()), &Limiters::default()).await.unwrap();
    let expect_account = Some(AccountId("123456789012".into()));
    let authority = Mode { read_only: false, operate: true, expect_account }.authority().unwrap();
    let store = store::Settings { dir: Some(desk.state()), shared: None };
    let audit = Audit::open(&store, &whence()).await.unwrap();
    let time = Time { now: Timestamp::now, wait: |_| Box::pin(async {}) };
    let safeguards = Safeguards { reload_allowed: vec![STAGING.parse().unwrap()], ..Safeguards::default() };
    Executor::new(&authority, &connected, audit, whence(), None, safeguards, time).unwrap()
}

async fn switch(executor: &mut Executor, to: Switch, way: Way) -> Outcome {
    let Ok(Which::Whole(what)) = RULE.parse() else { panic!("{RULE}") };
    let now = Timestamp::now();
    let covered = Covered {
        hash: PlanHash("abc".into()),
        made: now,
        destination: STAGING.parse().unwrap(),
        place: "staging".into(),
        task: ReplicationArn::parse("arn:aws:dms:eu-west-1:123456789012:task:STAGING").unwrap(),
        schedules: vec![what.clone()],
    };
    let destination = covered.destination.clone();
    let plan = Confirmed::plan_by_flag(covered, Yes::given(true).unwrap(), &destination, now).unwrap();
    let draft = executor.draft(&Change::Switch { what, to }).await.unwrap();
    let confirmed = Confirmed::by_plan(&plan, draft.preview, way, Timestamp::now()).unwrap();
    executor.execute(confirmed).await
}

#[tokio::test]
async fn without_an_audit_nothing_new_is_sent_and_what_was_taken_away_is_put_back() {
    // It waits for its process without awaiting.
    let desk = tokio::task::spawn_blocking(|| Desk::new(&[])).await.unwrap();
    let mut executor = executor(&desk).await;
    let done = switch(&mut executor, Switch::Disable, Way::Forward).await;
    assert_eq!(done.state, State::Done, "{done:?}");
    let url = format!("sqlite:{}", desk.state().join("cutover.db").display());
    let mut audit = Database::parse(&url).unwrap().write_owned_by_demo().await.unwrap();
    audit.script("ALTER TABLE audit RENAME TO gone").await.unwrap();
    let back = switch(&mut executor, Switch::Enable, Way::Back).await;
    assert_eq!(back.state, State::Done, "{back:?}");
    assert!(back.lines.iter().any(|line| line.contains("could not be written into the audit")), "{back:?}");
    let forward = switch(&mut executor, Switch::Disable, Way::Forward).await;
    assert_eq!(forward.state, State::Failed, "{forward:?}");
    assert!(forward.lines[0].contains("nothing was sent"), "{forward:?}");
    tokio::task::spawn_blocking(move || drop(desk)).await.unwrap();
}
