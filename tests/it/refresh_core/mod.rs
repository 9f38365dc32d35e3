//! A refresh with steps of the configuration on real servers: carried out by a process of its own that can be killed, stopped and
//! raced. `kills.rs` kills it everywhere, `locks.rs` is about who has the target.
//!
//! The process is this test binary once more, told by the environment which run it carries out ([`carry_out`]).

mod aws;
mod kills;
mod locks;
mod lost;
mod sweep;

use crate::servers;
use cutover::change::{Confirmed, Time, Yes};
use cutover::db::{Database, Engine};
use cutover::model::audit::How;
use cutover::model::change::Meant;
use cutover::model::refresh::{
    Again, Cadence, CustomStep, Does, Load, OnFailure, Place, PlanHash, PlannedStep, Purpose, Quarantine, RefreshId,
    RefreshName, RunState, StepKind, StepName,
};
use cutover::model::{ReplicationArn, TaskName};
use cutover::refresh::plan::{VERSION, Way};
use cutover::refresh::{self, Door, Ended, Means, Plan, Trouble, Work, Zombie, covered};
use cutover::store::Settings;
use cutover::store::runs::{self, Writer};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::watch;

const NAME: &str = "nightly";

/// What a process is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Do {
    Begin,
    Resume(RefreshId),
    /// All of its load once more, and on from there.
    LoadAgain(RefreshId),
    /// With another plan.
    Amend {
        id: RefreshId,
        plan: Box<Plan>,
        again: bool,
    },
    Recover {
        end_any: bool,
    },
}

/// What a process is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Told {
    url: String,
    state: PathBuf,
    plan: Plan,
    what: Do,
    /// Of a whole refresh.
    more: Option<sweep::More>,
    /// Where it writes how it ended.
    ended: PathBuf,
}

impl Told {
    /// In a file: a plan is too long for an environment.
    fn written(&self) -> PathBuf {
        let path = self.ended.with_extension("told");
        std::fs::write(&path, serde_json::to_string(self).unwrap()).unwrap();
        path
    }
}

pub fn step(name: &str, kind: StepKind) -> PlannedStep {
    PlannedStep {
        name: StepName(name.into()),
        kind,
        words: vec![format!("{name} is done")],
        sql: Vec::new(),
        timeout: SignedDuration::from_mins(2),
        retry: 1,
        on_failure: OnFailure::Stop,
    }
}

/// A target with a table that counts, and folders for journals.
pub struct Desk {
    pub url: String,
    folder: tempfile::TempDir,
}

impl Desk {
    pub async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match engine {
            Engine::PostgreSql => servers::postgres().await.database().await,
            Engine::MySql => servers::mariadb().await.database().await,
            Engine::Sqlite => format!("sqlite:{}", folder.path().join("target.db").display()),
        };
        Self::with(url, folder).await
    }

    /// In a database that is there.
    async fn at(url: String) -> Self {
        Self::with(url, tempfile::tempdir().unwrap()).await
    }

    /// Nothing is made there.
    fn at_address(url: &str, folder: tempfile::TempDir) -> Self {
        Self { url: url.to_owned(), folder }
    }

    async fn with(url: String, folder: tempfile::TempDir) -> Self {
        let desk = Self::at_address(&url, folder);
        desk.script("CREATE TABLE counted (n integer NOT NULL); INSERT INTO counted VALUES (0)").await;
        desk
    }

    pub fn database(&self) -> Database {
        Database::parse(&self.url).unwrap()
    }

    pub async fn script(&self, sql: &str) {
        self.database().write_owned_by_demo().await.unwrap().script(sql).await.unwrap();
    }

    async fn number(&self, sql: &str) -> i64 {
        let mut session = self.database().read().await.unwrap();
        session.query(sql, &[]).await.unwrap()[0][0].as_int().unwrap()
    }

    pub async fn counted(&self) -> i64 {
        self.number("SELECT n FROM counted").await
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Lock, these, close.
    pub fn plan(&self, custom: Vec<CustomStep<String>>) -> Plan {
        let database = self.database();
        let mut steps = vec![step("lock", StepKind::Lock)];
        steps.extend(custom.iter().map(|one| step(&one.name.0, StepKind::Custom)));
        steps.push(step("close", StepKind::Close));
        let place = |place: &str| Place {
            engine: database.dialect().name.into(),
            place: place.to_owned(),
            identity: None,
            found_by: "a test".into(),
        };
        let way = Way { engine: database.dialect().engine, name: None };
        Plan {
            version: VERSION,
            name: RefreshName(NAME.into()),
            task: Meant {
                arn: ReplicationArn::parse("arn:aws:dms:eu-west-1:123456789012:task:STAGING").unwrap(),
                name: TaskName::new("staging"),
            },
            purpose: Purpose::DataRefresh,
            load: Load::FullLoad,
            cadence: Cadence::OneTime,
            source: place("source.example:5432/shop"),
            target: place(&database.place()),
            source_way: way.clone(),
            target_way: way,
            destination: "staging.example/shop".parse().unwrap(),
            definition: String::new(),
            catalogue: String::new(),
            prep_mode: "TRUNCATE_BEFORE_LOAD".into(),
            schemas: Vec::new(),
            tables: Vec::new(),
            keys: Vec::new(),
            triggers: Vec::new(),
            watermarks: Vec::new(),
            masking: None,
            defuse: Vec::new(),
            quarantine: Quarantine::None,
            window: None,
            validation: None,
            sensitive: Vec::new(),
            custom,
            steps,
            schedules: Vec::new(),
            topic: None,
            notice_after: None,
            replaces_lambda: false,
        }
    }

    fn told(&self, plan: &Plan, what: Do) -> Told {
        Told {
            url: self.url.clone(),
            state: self.state(),
            plan: plan.clone(),
            what,
            more: None,
            ended: self.file("ended"),
        }
    }

    /// The only run that has a journal here.
    async fn run_here(&self) -> Option<RefreshId> {
        let settings = Settings { dir: Some(self.state()), shared: None };
        let (heads, unread) = runs::list(&settings).await.unwrap();
        assert!(unread.is_empty() && heads.len() <= 1, "{unread:?} {heads:?}");
        heads.into_iter().next().map(|head| head.id)
    }
}

pub fn custom(name: &str, does: Does<String>) -> CustomStep<String> {
    CustomStep {
        name: StepName(name.into()),
        after: StepKind::Lock,
        does,
        again: Again::Mark,
        timeout: SignedDuration::from_mins(2),
        retry: 1,
        on_failure: OnFailure::Stop,
    }
}

pub fn count_up() -> CustomStep<String> {
    custom("count", Does::Sql("UPDATE counted SET n = n + 1".into()))
}

pub fn shell(name: &str, text: &str) -> CustomStep<String> {
    custom(name, Does::Command(["sh", "-c", text].map(str::to_owned).to_vec()))
}

fn means(url: &str, state: &Path, zombie: Zombie) -> Means {
    let door = || Door::fixed(Database::parse(url).unwrap());
    Means {
        source: door(),
        target: door(),
        aws: None,
        store: Settings { dir: Some(state.to_owned()), shared: None },
        who: Writer {
            os_user: "ann".into(),
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            pid: std::process::id(),
        },
        time: Time {
            now: Timestamp::now,
            wait: |span| Box::pin(tokio::time::sleep(span.min(Duration::from_millis(20)))),
        },
        wishes: watch::channel(None).1,
        zombie,
        lines: None,
    }
}

fn confirmed(plan: &Plan) -> Confirmed<PlanHash> {
    let now = Timestamp::now();
    let covered = covered(plan, now).unwrap();
    Confirmed::plan_by_flag(covered, Yes::given(true).unwrap(), &plan.destination, now).unwrap()
}

async fn begin(plan: &Plan, means: Means) -> Result<Work, Trouble> {
    refresh::begin(refresh::new_id(Timestamp::now()), plan.clone(), confirmed(plan), means).await
}

async fn do_it(told: &Told) -> Result<Ended, Trouble> {
    let zombie = if matches!(told.what, Do::Recover { end_any: true }) { Zombie::EndAny } else { Zombie::EndOurs };
    let mut means = means(&told.url, &told.state, zombie);
    if let Some(more) = &told.more {
        means = more.means(means, &told.plan).await;
    }
    let work = match &told.what {
        Do::Begin => Box::pin(begin(&told.plan, means)).await?,
        Do::Resume(id) => Box::pin(refresh::resume(id, means)).await?,
        Do::LoadAgain(id) => {
            let mut work = Box::pin(refresh::resume(id, means)).await?;
            refresh::load_again(&mut work, refresh::LoadAgain::Whole).await?;
            work
        }
        Do::Amend { id, plan, again } => {
            let confirmed = confirmed(plan);
            Box::pin(refresh::amend(id, (**plan).clone(), confirmed, *again, means)).await?
        }
        Do::Recover { .. } => Box::pin(refresh::recover(&RefreshName(NAME.into()), None, means)).await?,
    };
    let work = match &told.more {
        Some(more) => work.with_masking_key(more.key()),
        None => work,
    };
    Ok(Box::pin(refresh::run(work)).await)
}

/// Not a test: what a process of its own does.
#[tokio::test]
#[ignore = "started by other tests, as a process that they kill"]
async fn carry_out() {
    let Ok(told) = std::env::var("CUTOVER_TEST_TOLD") else { return };
    let told: Told = serde_json::from_str(&std::fs::read_to_string(told).unwrap()).unwrap();
    let said = match do_it(&told).await {
        Ok(ended) => format!("{} {}", ended.state.word(), ended.why.unwrap_or_default()),
        Err(trouble) => format!("refused {trouble}"),
    };
    let beside = told.ended.with_extension("new");
    std::fs::write(&beside, said).unwrap();
    std::fs::rename(&beside, &told.ended).unwrap();
}

/// A process that carries a run out.
struct Process(Child);

impl Process {
    fn start(told: &Told, env: &[(&str, String)]) -> Self {
        let _ = std::fs::remove_file(&told.ended);
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "refresh_core::carry_out", "--ignored", "--quiet"])
            .env("CUTOVER_TEST_TOLD", told.written())
            .envs(env.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// One that may write no file beyond so many blocks of 512 bytes, as on a disk that is full.
    fn with_files_of(told: &Told, blocks: u32) -> Self {
        let script =
            format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" --exact refresh_core::carry_out --ignored --quiet");
        let child = Command::new("sh")
            .args(["-c", &script])
            .arg(std::env::current_exe().unwrap())
            .env("CUTOVER_TEST_TOLD", told.written())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits until it is stopped; false where it has ended instead.
    async fn is_stopped(&mut self) -> bool {
        loop {
            if self.0.try_wait().unwrap().is_some() {
                return false;
            }
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap_or_default();
            if stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('T')) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits for its end; whether it was killed.
    async fn end(mut self) -> bool {
        use std::os::unix::process::ExitStatusExt as _;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.signal() == Some(9);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How a process said that it ended.
fn said(told: &Told) -> String {
    std::fs::read_to_string(&told.ended).unwrap_or_default()
}

/// Points at which a run is killed as a part of all tests, others each time; with `CUTOVER_FULL` all of them.
pub fn some_of(points: usize) -> Vec<usize> {
    let each = if std::env::var_os("CUTOVER_FULL").is_some() { 1 } else { 5 };
    (1 + fastrand::usize(..each)..=points).step_by(each).collect()
}

pub async fn until(mut is: impl AsyncFnMut() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    while !is().await {
        assert!(std::time::Instant::now() < deadline, "waited in vain");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_run_with_own_steps_is_carried_out_on_each_engine() {
    for engine in [Engine::Sqlite, Engine::PostgreSql, Engine::MySql] {
        let desk = Desk::new(engine).await;
        let plan = desk.plan(vec![count_up(), shell("hello", "echo hello")]);
        let told = desk.told(&plan, Do::Begin);
        let ended = do_it(&told).await.unwrap();
        assert_eq!((ended.state, ended.why), (RunState::Done, None), "{engine:?}");
        assert_eq!(desk.counted().await, 1);
        // In the ledger stands everything that somebody without the journal needs.
        let mut session = desk.database().read().await.unwrap();
        let schema = desk.database().named_schema().map(str::to_owned);
        let runs = refresh::ledger::runs(&mut session, schema.as_deref()).await.unwrap();
        assert_eq!(runs.len(), 1);
        assert_eq!((runs[0].state, runs[0].how, runs[0].epoch), (RunState::Done, How::Flag, 1));
        assert_eq!(serde_json::from_str::<Plan>(&runs[0].plan).unwrap(), plan);
        assert_eq!(refresh::open_runs(&Door::fixed(desk.database())).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_target_that_may_not_be_written_or_is_another_one_is_refused_before_anything() {
    let desk = Desk::new(Engine::PostgreSql).await;
    let mut plan = desk.plan(vec![count_up()]);
    plan.target.place = "elsewhere:5432/shop".into();
    let refused = begin(&plan, means(&desk.url, &desk.state(), Zombie::EndOurs)).await.map(drop).unwrap_err();
    assert!(refused.to_string().contains("is not the database that was confirmed"), "{refused}");
    assert!(!desk.state().exists());
    // Somebody who may not make the ledger is told what to ask for, and nothing is left behind.
    let name = desk.url.rsplit_once('/').unwrap().1.to_owned();
    desk.script(&format!("CREATE ROLE \"poor_{name}\" LOGIN; REVOKE CREATE ON DATABASE {name} FROM PUBLIC")).await;
    let url = desk.url.replace("cutover@", &format!("poor_{name}@"));
    let plan = desk.plan(vec![count_up()]);
    let work = begin(&plan, means(&url, &desk.state(), Zombie::EndOurs)).await.unwrap();
    let ended = refresh::run(work).await;
    assert_eq!(ended.state, RunState::Undone);
    let why = ended.why.unwrap();
    assert!(why.contains("the ledger cutover_ledger cannot be made") && why.contains("permission denied"), "{why}");
    assert_eq!(desk.number("SELECT count(*) FROM pg_namespace WHERE nspname = 'cutover_ledger'").await, 0);
}
