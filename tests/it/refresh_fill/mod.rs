//! The steps of a refresh that come after its load, on real servers through the runner: a source and a target that somebody
//! has loaded, and a plan of these steps. `masks.rs` kills the process at every point of masking.
//!
//! The process is this test binary once more, told by the environment which run it carries out ([`carry_out`]).

mod acts;
mod checks;
mod compared;
mod counters;
mod masks;
mod rehearsed;

use crate::servers;
use cutover::change::{Confirmed, Time, Yes};
use cutover::db::schema::keys::{self, Key};
use cutover::db::schema::triggers::{self, Trigger};
use cutover::db::schema::{TableName, snapshot};
use cutover::db::{Database, Dialect, Engine, Row, Value};
use cutover::model::change::Meant;
use cutover::model::masking::resolve::{ByTask, resolve};
use cutover::model::masking::{Function, Key as MaskingKey, Rule, Rules, Table, TableRules};
use cutover::model::refresh::{
    Again, Cadence, CustomStep, Does, Load, LoadedTable, OnFailure, Orphans, Place, PlannedStep, Purpose, Quarantine,
    RefreshId, RefreshName, RunSeen, StepKind, StepName,
};
use cutover::model::{ReplicationArn, Secret, TaskName};
use cutover::refresh::mask::facts;
use cutover::refresh::plan::{KeySeen, TriggerSeen, VERSION, Way};
use cutover::refresh::{self, Aws, Door, Ended, Means, Plan, Trouble, Work, Zombie, covered};
use cutover::store::Settings;
use cutover::store::runs::{self, Writer};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::watch;

pub const ENGINES: [Engine; 3] = [Engine::PostgreSql, Engine::MySql, Engine::Sqlite];
const SECRET: &str = "a key of sixteen bytes and more";

/// One of the two databases.
pub struct Side {
    pub url: String,
    pub schema: String,
}

impl Side {
    async fn new(engine: Engine, folder: &Path, name: &str) -> Self {
        match engine {
            Engine::PostgreSql => Self { url: servers::postgres().await.database().await, schema: "public".to_owned() },
            Engine::MySql => {
                let url = servers::mariadb().await.database().await;
                let schema = url.rsplit('/').next().unwrap().to_owned();
                Self { url, schema }
            }
            Engine::Sqlite => {
                let url = format!("sqlite:{}?schema=shop", folder.join(name).display());
                Self { url, schema: "shop".to_owned() }
            }
        }
    }

    pub fn database(&self) -> Database {
        Database::parse(&self.url).unwrap()
    }

    pub fn dialect(&self) -> &'static Dialect {
        self.database().dialect()
    }

    /// In which `{s}` is the schema, quoted.
    fn sql(&self, sql: &str) -> String {
        sql.replace("{s}", &self.dialect().quoted(&self.schema))
    }

    pub async fn script(&self, sql: &str) {
        let sql = self.sql(sql);
        let mut session = self.database().write_owned_by_demo().await.unwrap();
        session.script(&sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    pub async fn query(&self, sql: &str) -> Vec<Row> {
        let sql = self.sql(sql);
        let mut session = self.database().write_owned_by_demo().await.unwrap();
        session.query(&sql, &[]).await.unwrap_or_else(|error| panic!("{error}: {sql}"))
    }

    pub async fn number(&self, sql: &str) -> i64 {
        let rows = self.query(sql).await;
        rows[0][0].as_int().or_else(|| rows[0][0].as_text()?.parse().ok()).unwrap_or_else(|| panic!("{sql}: {rows:?}"))
    }

    pub async fn texts(&self, sql: &str) -> Vec<Option<String>> {
        let first = |row: &Row| match &row[0] {
            Value::Bytes(bytes) => Some(String::from_utf8(bytes.clone()).unwrap()),
            value => value.as_text().map(std::borrow::Cow::into_owned),
        };
        self.query(sql).await.iter().map(first).collect()
    }

    pub async fn facts(&self) -> Vec<Table> {
        let mut session = self.database().read().await.unwrap();
        let all = facts::read(&mut session, None).await.unwrap();
        all.into_iter().filter(|table| table.schema == self.schema).collect()
    }
}

/// Both databases, and folders for journals.
pub struct Desk {
    pub engine: Engine,
    pub source: Side,
    pub target: Side,
    pub folder: tempfile::TempDir,
}

impl Desk {
    pub async fn new(engine: Engine) -> Self {
        Self::between(engine, engine).await
    }

    pub async fn between(from: Engine, to: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Side::new(from, folder.path(), "source.db").await;
        let target = Side::new(to, folder.path(), "target.db").await;
        Self { engine: to, source, target, folder }
    }

    pub async fn both(&self, sql: &str) {
        self.source.script(sql).await;
        self.target.script(sql).await;
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Lock, these, close; of these tables, which are called the same on both sides.
    pub async fn plan(&self, kinds: &[StepKind], tables: &[&str]) -> Plan {
        let database = self.target.database();
        let dialect = database.dialect();
        let analyze: Vec<String> = tables
            .iter()
            .map(|table| {
                let name = dialect.qualified(&self.target.schema, table);
                if self.engine == Engine::MySql { format!("ANALYZE TABLE {name}") } else { format!("ANALYZE {name}") }
            })
            .collect();
        let kinds = [StepKind::Lock].into_iter().chain(kinds.iter().copied()).chain([StepKind::Close]);
        let steps = kinds.map(|kind| PlannedStep {
            name: kind.into(),
            kind,
            words: vec![format!("{} is done", kind.word())],
            sql: if kind == StepKind::Analyze { analyze.clone() } else { Vec::new() },
            timeout: SignedDuration::from_mins(2),
            retry: 0,
            on_failure: OnFailure::Stop,
        });
        let place = |side: &Side| Place {
            engine: side.dialect().name.into(),
            place: side.database().place(),
            identity: None,
            found_by: "a test".into(),
        };
        let way = |side: &Side| Way { engine: side.dialect().engine, name: None };
        let loaded = |table: &&str| LoadedTable {
            source: (self.source.schema.clone(), (*table).to_owned()),
            target: (self.target.schema.clone(), (*table).to_owned()),
            rows_source: None,
            rows_target: None,
            only_target: None,
        };
        let mut plan = Plan {
            version: VERSION,
            name: RefreshName("nightly".into()),
            task: Meant {
                arn: ReplicationArn::parse("arn:aws:dms:eu-west-1:123456789012:task:STAGING").unwrap(),
                name: TaskName::new("staging"),
            },
            purpose: Purpose::DataRefresh,
            load: Load::FullLoad,
            cadence: Cadence::OneTime,
            source: place(&self.source),
            target: place(&self.target),
            source_way: way(&self.source),
            target_way: way(&self.target),
            destination: "staging.example/shop".parse().unwrap(),
            definition: String::new(),
            catalogue: String::new(),
            prep_mode: "TRUNCATE_BEFORE_LOAD".into(),
            schemas: vec![self.target.schema.clone()],
            tables: tables.iter().map(loaded).collect(),
            keys: Vec::new(),
            triggers: Vec::new(),
            watermarks: Vec::new(),
            masking: None,
            defuse: Vec::new(),
            quarantine: Quarantine::None,
            window: None,
            validation: None,
            sensitive: Vec::new(),
            custom: Vec::new(),
            steps: steps.collect(),
            schedules: Vec::new(),
            topic: None,
            notice_after: None,
            replaces_lambda: false,
        };
        let mut session = database.read().await.unwrap();
        plan.catalogue = snapshot::read(&mut session, &plan.scope()).await.unwrap().fingerprint();
        let tables: Vec<TableName> = tables.iter().map(|table| TableName::new(&self.target.schema, *table)).collect();
        let all = keys::read(&mut session, Some(&plan.schemas)).await.unwrap();
        plan.keys = all.iter().filter(|key| key.touches(&tables)).map(key_seen).collect();
        let all = triggers::read(&mut session, Some(&tables)).await.unwrap();
        plan.triggers = all.iter().map(trigger_seen).collect();
        plan
    }

    /// With a script of a person behind a step.
    pub fn with_script(&self, mut plan: Plan, after: StepKind, name: &str, sql: &str) -> Plan {
        let at = plan.steps.iter().position(|step| step.kind == after).unwrap();
        let like = plan.steps[at].clone();
        let name = StepName(name.to_owned());
        plan.steps.insert(at + 1, PlannedStep { name: name.clone(), kind: StepKind::Custom, sql: Vec::new(), ..like });
        plan.custom.push(CustomStep {
            name,
            after,
            does: Does::Sql(self.target.sql(sql)),
            again: Again::Mark,
            timeout: SignedDuration::from_mins(2),
            retry: 0,
            on_failure: OnFailure::Stop,
        });
        plan
    }

    /// With these columns masked; all others of their tables pass.
    pub async fn masked(&self, mut plan: Plan, tables: &[(&str, &[(&str, Function)])]) -> Plan {
        let mut rules =
            Rules { key: cutover::model::database::PasswordFrom::Environment("X".into()), ..Rules::default() };
        for (table, columns) in tables {
            let mut own = TableRules { passthrough: Some("a test".into()), ..TableRules::default() };
            own.columns.extend(columns.iter().map(|(name, made)| ((*name).to_owned(), Rule::of(made.clone()))));
            rules.tables.insert((*table).to_owned(), own);
        }
        let facts: Vec<Table> = self.target.facts().await;
        let loaded: Vec<Table> =
            facts.into_iter().filter(|table| plan.tables.iter().any(|one| one.target.1 == table.name)).collect();
        plan.masking = Some(resolve(&rules, &loaded, &ByTask::new(), None));
        plan
    }

    pub fn told(&self, plan: &Plan, what: Do) -> Told {
        Told {
            source: self.source.url.clone(),
            target: self.target.url.clone(),
            state: self.state(),
            plan: plan.clone(),
            what,
            secret: Some(SECRET.to_owned()),
            ended: self.file("ended"),
        }
    }

    /// Carries it out here.
    pub async fn run(&self, plan: &Plan) -> Ended {
        do_it(&self.told(plan, Do::Begin)).await.unwrap()
    }

    /// The only run that has a journal here.
    pub async fn run_here(&self) -> Option<RefreshId> {
        let settings = Settings { dir: Some(self.state()), shared: None };
        let (heads, unread) = runs::list(&settings).await.unwrap();
        assert!(unread.is_empty() && heads.len() <= 1, "{unread:?} {heads:?}");
        heads.into_iter().next().map(|head| head.id)
    }

    /// What the journal shows.
    pub async fn seen(&self) -> RunSeen {
        let settings = Settings { dir: Some(self.state()), shared: None };
        let id = self.run_here().await.unwrap();
        runs::seen(&settings, &id).await.unwrap().unwrap()
    }

    /// Its lines, one after the other.
    pub async fn lines(&self) -> String {
        let seen = self.seen().await;
        let lines: Vec<&str> = seen.lines.iter().map(|line| line.text.raw()).collect();
        lines.join("\n")
    }
}

fn digest(value: &impl Serialize) -> String {
    cutover::model::canon::hex(&Sha256::digest(serde_json::to_vec(value).unwrap()))
}

fn key_seen(key: &Key) -> KeySeen {
    let pair = |table: &TableName| (table.schema.clone(), table.name.clone());
    KeySeen {
        ident: key.ident.clone(),
        child: pair(&key.child),
        parent: pair(&key.parent),
        definition: digest(&key.def),
        orphans: Orphans::Report,
    }
}

fn trigger_seen(one: &Trigger) -> TriggerSeen {
    TriggerSeen {
        ident: one.ident.clone(),
        table: (one.table.schema.clone(), one.table.name.clone()),
        definition: digest(&(&one.def, one.state)),
    }
}

pub fn key() -> MaskingKey {
    MaskingKey::new(&Secret::new(SECRET)).unwrap()
}

/// What a process is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Do {
    Begin,
    Resume(RefreshId),
    Recover,
}

/// What a process is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Told {
    source: String,
    target: String,
    state: PathBuf,
    pub plan: Plan,
    pub what: Do,
    /// The key of masking.
    pub secret: Option<String>,
    /// Where it writes how it ended.
    ended: PathBuf,
}

fn means(told: &Told) -> Means {
    let door = |url: &str| Door::fixed(Database::parse(url).unwrap());
    Means {
        source: door(&told.source),
        target: door(&told.target),
        aws: None,
        store: Settings { dir: Some(told.state.clone()), shared: None },
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
        zombie: Zombie::EndOurs,
        lines: None,
    }
}

async fn begin(plan: &Plan, means: Means) -> Result<Work, Trouble> {
    let now = Timestamp::now();
    let covered = covered(plan, now).unwrap();
    let confirmed = Confirmed::plan_by_flag(covered, Yes::given(true).unwrap(), &plan.destination, now).unwrap();
    refresh::begin(refresh::new_id(now), plan.clone(), confirmed, means).await
}

pub async fn do_it(told: &Told) -> Result<Ended, Trouble> {
    do_it_with(told, None).await
}

pub async fn do_it_with(told: &Told, aws: Option<Aws>) -> Result<Ended, Trouble> {
    let means = Means { aws, ..means(told) };
    let work = match &told.what {
        Do::Begin => Box::pin(begin(&told.plan, means)).await?,
        Do::Resume(id) => Box::pin(refresh::resume(id, means)).await?,
        Do::Recover => Box::pin(refresh::recover(&told.plan.name, None, means)).await?,
    };
    let work = match &told.secret {
        Some(secret) => work.with_masking_key(MaskingKey::new(&Secret::new(secret.as_str())).unwrap()),
        None => work,
    };
    Ok(Box::pin(refresh::run(work)).await)
}

/// Not a test: what a process of its own does.
#[tokio::test]
#[ignore = "started by other tests, as a process that they kill"]
async fn carry_out() {
    let Ok(told) = std::env::var("CUTOVER_TEST_FILL") else { return };
    let told: Told = serde_json::from_str(&told).unwrap();
    let said = match do_it(&told).await {
        Ok(ended) => format!("{} {}", ended.state.word(), ended.why.unwrap_or_default()),
        Err(trouble) => format!("refused {trouble}"),
    };
    std::fs::write(&told.ended, said).unwrap();
}

/// A process that carries a run out.
pub struct Process(Child);

impl Process {
    pub fn start(told: &Told, env: &[(&str, String)]) -> Self {
        let _ = std::fs::remove_file(&told.ended);
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "refresh_fill::carry_out", "--ignored", "--quiet"])
            .env("CUTOVER_TEST_FILL", serde_json::to_string(told).unwrap())
            .envs(env.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Waits for its end; whether it was killed.
    pub async fn end(mut self) -> bool {
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
pub fn said(told: &Told) -> String {
    std::fs::read_to_string(&told.ended).unwrap_or_default()
}

/// Every point in the order of a run that nobody kills.
pub async fn points(desk: &Desk, plan: &Plan) -> Vec<String> {
    let (told, list) = (desk.told(plan, Do::Begin), desk.file("points"));
    let process = Process::start(&told, &[("CUTOVER_KILL_LIST", list.display().to_string())]);
    assert!(!process.end().await);
    assert!(said(&told).starts_with("done"), "{}", said(&told));
    let text = std::fs::read_to_string(list).unwrap();
    text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
}

/// Kills it at one point, perhaps loses its journal, and says how to go on.
pub async fn killed(desk: &Desk, plan: &Plan, number: usize, lose: bool, mutant: Option<&str>) -> Told {
    let mut env = vec![("CUTOVER_KILL_AT", number.to_string())];
    env.extend(mutant.map(|name| ("CUTOVER_MUTANT", name.to_owned())));
    let told = desk.told(plan, Do::Begin);
    assert!(Process::start(&told, &env).end().await, "was not killed at point {number}: {}", said(&told));
    if lose {
        let _ = std::fs::remove_dir_all(desk.state());
    }
    let what = match desk.run_here().await {
        Some(id) => Do::Resume(id),
        None if refresh::open_runs(&Door::fixed(desk.target.database())).await.unwrap().is_empty() => Do::Begin,
        None => Do::Recover,
    };
    desk.told(plan, what)
}
