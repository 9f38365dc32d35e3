//! Steps of a refresh that work on the target, on real servers, with plans made by hand: what goes away comes back the same,
//! whatever is killed in between. The load is a script of the plan.

mod away;
mod kills;
mod orphans;
mod quarantine;
mod restarts;
mod stops;
mod thousand;

use crate::around::Base;
use crate::refresh_keys::same;
use cutover::change::{Confirmed, Time, Yes};
use cutover::db::schema::keys::{self, Key};
use cutover::db::schema::snapshot::{self, Snapshot};
use cutover::db::schema::triggers::{self, Trigger};
use cutover::db::schema::{TableName, snapshot::Kind};
use cutover::db::{Database, Engine};
use cutover::model::ReplicationArn;
use cutover::model::TaskName;
use cutover::model::change::Meant;
use cutover::model::refresh::{
    Again, Cadence, CustomStep, Does, Load, LoadedTable, OnFailure, Orphans, Place, PlannedStep, Purpose, Quarantine,
    RefreshId, RefreshName, RunSeen, StepKind, StepName,
};
use cutover::refresh::plan::{KeySeen, LEDGER, TriggerSeen, VERSION, Way};
use cutover::refresh::{self, Door, Ended, Means, Plan, Trouble, Work, Zombie, covered};
use cutover::store::Settings;
use cutover::store::runs::{self, Writer};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;

pub const NAME: &str = "nightly";
pub const ENGINES: [Engine; 3] = [Engine::PostgreSql, Engine::MySql, Engine::Sqlite];

/// What a plan has: a step of ours, or a script on the target under a name.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    Step(StepKind),
    Script(&'a str, &'a str),
}

/// What every refresh takes away, and what puts it back, around a load.
pub fn around(load: &str) -> Vec<Part<'_>> {
    use StepKind::{Capture, Close, KeysAway, KeysBack, Lock, TriggersOff, TriggersOn};
    let before = [Lock, Capture, TriggersOff, KeysAway].map(Part::Step);
    let after = [KeysBack, TriggersOn, Close].map(Part::Step);
    before.into_iter().chain([Part::Script("load-it", load)]).chain(after).collect()
}

/// A target, and folders for journals.
pub struct Desk {
    pub base: Base,
    folder: tempfile::TempDir,
}

impl Desk {
    pub fn of(base: Base) -> Self {
        Self { base, folder: tempfile::tempdir().unwrap() }
    }

    /// An empty one.
    pub async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = match engine {
            Engine::PostgreSql => Base::postgres().await,
            Engine::MySql => Base::mariadb().await,
            Engine::Sqlite => {
                let url = format!("sqlite:{}?schema=shop", folder.path().join("target.db").display());
                let database = Database::parse(&url).unwrap();
                Base { database, url, schema: "shop".into() }
            }
        };
        Self { base, folder }
    }

    /// With these tables, which name no schema: `{s}` is where they are.
    pub async fn with(engine: Engine, sql: &str) -> Self {
        let desk = Self::new(engine).await;
        desk.script(sql).await;
        desk
    }

    pub fn sql(&self, text: &str) -> String {
        text.replace("{s}", &self.base.schema)
    }

    pub async fn script(&self, sql: &str) {
        self.base.script(&self.sql(sql)).await;
    }

    pub async fn number(&self, sql: &str) -> i64 {
        let mut session = self.base.database.read().await.unwrap();
        session.query(&self.sql(sql), &[]).await.unwrap()[0][0].as_int().unwrap()
    }

    fn engine(&self) -> Engine {
        self.base.database.dialect().engine
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn store(&self) -> Settings {
        Settings { dir: Some(self.state()), shared: None }
    }

    /// Every schema of ours that has tables.
    pub async fn schemas(&self) -> Vec<String> {
        let mut session = self.base.database.read().await.unwrap();
        let all = snapshot::read(&mut session, &snapshot::Scope::default()).await.unwrap();
        let mut schemas: Vec<String> =
            all.items.iter().filter(|item| item.kind == Kind::Table).map(|item| item.schema.clone()).collect();
        schemas.dedup();
        // The server of MariaDB is everybody's.
        let is_ours = |schema: &String| {
            schema != LEDGER && (self.engine() != Engine::MySql || schema.starts_with(&self.base.schema))
        };
        schemas.retain(is_ours);
        schemas
    }

    fn scope(schemas: &[String]) -> snapshot::Scope {
        snapshot::Scope { only: Some(schemas.to_vec()), except: vec![LEDGER.to_owned()] }
    }

    pub async fn snapshot(&self) -> Snapshot {
        let schemas = self.schemas().await;
        let mut session = self.base.database.read().await.unwrap();
        snapshot::read(&mut session, &Self::scope(&schemas)).await.unwrap()
    }

    pub async fn keys(&self) -> Vec<Key> {
        let schemas = self.schemas().await;
        let mut session = self.base.database.read().await.unwrap();
        keys::read(&mut session, Some(&schemas)).await.unwrap()
    }

    pub async fn triggers(&self) -> Vec<Trigger> {
        let schemas = self.schemas().await;
        let mut session = self.base.database.read().await.unwrap();
        let all = triggers::read(&mut session, None).await.unwrap();
        all.into_iter().filter(|one| schemas.contains(&one.table.schema)).collect()
    }

    /// As the plan of these tables would be; every table is loaded. `orphans` by names of keys.
    pub async fn plan(&self, parts: &[Part<'_>], orphans: &[(&str, Orphans)]) -> Plan {
        let before = self.snapshot().await;
        let tables: Vec<TableName> = before
            .items
            .iter()
            .filter(|item| item.kind == Kind::Table)
            .map(cutover::db::schema::snapshot::Item::table)
            .collect();
        self.plan_of(&tables, parts, orphans).await
    }

    /// The same, where only these are loaded.
    pub async fn plan_of(&self, tables: &[TableName], parts: &[Part<'_>], orphans: &[(&str, Orphans)]) -> Plan {
        let schemas = self.schemas().await;
        let keys = self.keys().await.into_iter().filter(|key| key.touches(tables));
        let mut session = self.base.database.read().await.unwrap();
        let triggers = triggers::read(&mut session, Some(tables)).await.unwrap();
        let pair = |table: &TableName| (table.schema.clone(), table.name.clone());
        let policy = |key: &Key| {
            let said = orphans.iter().find(|(name, _)| *name == key.name || *name == key.child.name);
            said.map_or(Orphans::Fail, |(_, policy)| *policy)
        };
        let database = &self.base.database;
        let place = |place: &str| Place {
            engine: database.dialect().name.into(),
            place: place.to_owned(),
            identity: None,
            found_by: "a test".into(),
        };
        let way = Way { engine: self.engine(), name: None };
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
            catalogue: self.snapshot().await.fingerprint(),
            prep_mode: "TRUNCATE_BEFORE_LOAD".into(),
            schemas,
            tables: tables
                .iter()
                .map(|table| LoadedTable {
                    source: pair(table),
                    target: pair(table),
                    rows_source: None,
                    rows_target: None,
                    only_target: None,
                })
                .collect(),
            keys: keys
                .map(|key| KeySeen {
                    ident: key.ident.clone(),
                    child: pair(&key.child),
                    parent: pair(&key.parent),
                    definition: digest(&key.def),
                    orphans: policy(&key),
                })
                .collect(),
            triggers: triggers
                .iter()
                .map(|one| TriggerSeen {
                    ident: one.ident.clone(),
                    table: pair(&one.table),
                    definition: digest(&(&one.def, one.state)),
                })
                .collect(),
            watermarks: Vec::new(),
            masking: None,
            defuse: Vec::new(),
            quarantine: Quarantine::Connections,
            window: None,
            validation: None,
            sensitive: Vec::new(),
            custom: parts.iter().filter_map(|part| self.custom(*part)).collect(),
            steps: parts.iter().map(|part| step(*part)).collect(),
            schedules: Vec::new(),
            topic: None,
            notice_after: None,
            replaces_lambda: false,
        }
    }

    fn custom(&self, part: Part<'_>) -> Option<CustomStep<String>> {
        let Part::Script(name, sql) = part else { return None };
        Some(CustomStep {
            name: StepName(name.into()),
            after: StepKind::Lock,
            does: Does::Sql(self.sql(sql)),
            again: Again::Mark,
            timeout: SignedDuration::from_mins(2),
            retry: 0,
            on_failure: OnFailure::Stop,
        })
    }

    pub fn means(&self) -> Means {
        let door = || Door::fixed(self.base.database.clone());
        Means {
            source: door(),
            target: door(),
            aws: None,
            store: self.store(),
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

    pub async fn begin(&self, plan: &Plan) -> Work {
        begin(plan, self.means()).await.unwrap()
    }

    /// Carries it out.
    pub async fn run(&self, plan: &Plan) -> Ended {
        refresh::run(self.begin(plan).await).await
    }

    /// Goes on with the newest run.
    pub async fn resume(&self) -> Ended {
        let work = refresh::resume(&self.id().await, self.means()).await.unwrap();
        refresh::run(work).await
    }

    pub async fn id(&self) -> RefreshId {
        let (heads, _) = runs::list(&self.store()).await.unwrap();
        heads.into_iter().max_by_key(|head| head.began).unwrap().id
    }

    pub async fn seen(&self) -> RunSeen {
        runs::seen(&self.store(), &self.id().await).await.unwrap().unwrap()
    }

    /// All that its log says.
    pub async fn log(&self) -> String {
        let seen = self.seen().await;
        seen.lines.iter().map(|line| line.text.shown().into_owned()).collect::<Vec<String>>().join("\n")
    }

    /// What the ledger says of a kind of things: name, state and what stood in the way.
    pub async fn ledger(&self, kind: &str) -> Vec<(String, String, String)> {
        let table = match self.engine() {
            Engine::Sqlite => format!("{}.{LEDGER}_obj", self.base.schema),
            _ => format!("{LEDGER}.obj"),
        };
        let run = self.id().await.0;
        let mut session = self.base.database.read().await.unwrap();
        let sql = format!(
            "SELECT ident, state, COALESCE(error, '') FROM {table} WHERE kind = '{kind}' AND run = '{run}' ORDER BY ident"
        );
        let rows = session.query(&sql, &[]).await.unwrap();
        let text = |value: &cutover::db::Value| match value {
            cutover::db::Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            other => other.as_text().unwrap().into_owned(),
        };
        rows.iter().map(|row| (text(&row[0]), text(&row[1]), text(&row[2]))).collect()
    }

    /// Nothing is as it was not before.
    pub async fn is_as(&self, before: &Snapshot) {
        same(before, &self.snapshot().await);
    }
}

fn digest(value: &impl Serialize) -> String {
    let bytes = Sha256::digest(serde_json::to_vec(value).unwrap());
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|half| char::from(b"0123456789abcdef"[usize::from(half)]))
        .collect()
}

fn step(part: Part<'_>) -> PlannedStep {
    let (name, kind) = match part {
        Part::Step(kind) => (kind.word(), kind),
        Part::Script(name, _) => (name, StepKind::Custom),
    };
    PlannedStep {
        name: StepName(name.into()),
        kind,
        words: vec![format!("{name} is done")],
        sql: Vec::new(),
        timeout: SignedDuration::from_mins(5),
        retry: 0,
        on_failure: OnFailure::Stop,
    }
}

pub async fn begin(plan: &Plan, means: Means) -> Result<Work, Trouble> {
    let now = Timestamp::now();
    let covered = covered(plan, now).unwrap();
    let confirmed = Confirmed::plan_by_flag(covered, Yes::given(true).unwrap(), &plan.destination, now).unwrap();
    refresh::begin(refresh::new_id(now), plan.clone(), confirmed, means).await
}

pub async fn until(mut is: impl AsyncFnMut() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    while !is().await {
        assert!(std::time::Instant::now() < deadline, "waited in vain");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
