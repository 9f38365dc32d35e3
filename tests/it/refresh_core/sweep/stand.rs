//! What a refresh stands on: a source, a target that is as new for each run, and an embedded AWS whose DMS really loads.

use super::seen::Seen;
use super::*;
use cutover::aws::{Reader, Serverless, TaskDetail};
use cutover::demo::mover::{self, order::Happened};
use cutover::demo::{Launcher, Options, Running, serve};
use cutover::model::change::{Named, Which};
use cutover::model::database::PasswordFrom;
use cutover::model::masking::defuse::{Action, Defuse};
use cutover::model::masking::{Function, Rule, Rules, TableRules};
use cutover::model::refresh::{Orphans, Settings as Asks};
use cutover::refresh::plan::{Asked, Opened, build};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

const TASK: &str = "staging-refresh";
/// The third is off from the beginning.
pub const SCHEDULES: [&str; 3] = [
    "rule:default/staging-refresh-nightly",
    "schedule:migrations/staging-refresh-weekly",
    "rule:default/migration-report-weekly",
];

pub struct Stand {
    pub engine: Engine,
    pub running: Running,
    pub reader: Reader,
    pub source: String,
    pub target: String,
    /// Where the tables of the target are.
    pub schema: String,
    /// A copy of the target on PostgreSQL, and the statements that make it anew elsewhere.
    template: Option<String>,
    made: String,
    /// Of the target on PostgreSQL, another one each time that it is made: by it a plan knows its target.
    number: Mutex<Option<String>>,
    /// Loads that the DMS has begun.
    pub loads: Arc<AtomicU64>,
    /// They wait before their first row while this is so, or until they are stopped.
    pub held: Arc<AtomicBool>,
    pub plan: Plan,
    /// As the target and the schedules are before a refresh, and as one leaves them that nobody kills.
    pub before: Seen,
    pub after: Seen,
    pub points: Vec<String>,
    /// Of its own, the one that runs last; it lives as long as this.
    own: tokio::sync::Mutex<Vec<servers::Server>>,
}

/// The database of an address.
fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

async fn script(url: &str, sql: &str) {
    let mut session = Database::parse(url).unwrap().write_owned_by_demo().await.unwrap();
    session.script(sql).await.unwrap_or_else(|error| panic!("{error}\n{sql}"));
}

/// The real mover for staging, once the demo has opened; nothing moves for the others.
fn launcher(loads: &Arc<AtomicU64>, held: &Arc<AtomicBool>) -> Launcher {
    let (loads, held) = (Arc::clone(loads), Arc::clone(held));
    let opened = Arc::new(AtomicU64::new(0));
    Arc::new(move |order, mut control, out| {
        let schema = order.mappings.selections[0].schema.replace("[_]", "_");
        let is_staging = order.mappings.target_name(&schema, "customer").1 == "stg_customer";
        let is_load = is_staging && opened.fetch_add(1, Ordering::SeqCst) > 0;
        let (loads, held) = (Arc::clone(&loads), Arc::clone(&held));
        Box::pin(async move {
            if is_load {
                loads.fetch_add(1, Ordering::SeqCst);
                while held.load(Ordering::SeqCst) && !control.borrow_and_update().stop {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                return mover::run(order, control, out).await;
            }
            if order.changes_after_load {
                let _ = control.wait_for(|control| control.stop).await;
                let _ = out.send(Happened::Stopped);
            } else {
                let _ = out.send(Happened::LoadFinished);
            }
        })
    })
}

/// An embedded AWS whose staging task loads from the one into the other; its reader, and how many loads it has begun.
async fn world(source: &str, target: &str, held: &Arc<AtomicBool>) -> (Running, Reader, Arc<AtomicU64>) {
    let loads = Arc::new(AtomicU64::new(0));
    let options = Options {
        seed: 7,
        source_url: Some(source.to_owned()),
        target_url: Some(target.to_owned()),
        as_found: true,
        hurried: true,
        launcher: Some(launcher(&loads, held)),
        ..Options::default()
    };
    let running = serve(options).await.unwrap();
    let reader = super::connected(&running.endpoint_url()).await.reader;
    (running, reader, loads)
}

impl Stand {
    pub async fn new(engine: Engine) -> Self {
        Self::with(engine, false).await
    }

    /// On a server that nobody else uses, so that it may be killed.
    pub async fn alone(engine: Engine) -> Self {
        Self::with(engine, true).await
    }

    async fn with(engine: Engine, alone: bool) -> Self {
        let (own, server) = match engine {
            // Its ledger is a database beside the target, and is to be made anew each time.
            Engine::MySql => {
                // What is committed outlives the process, if not the machine.
                let options = "--innodb-flush-method=nosync --skip-log-bin --innodb-buffer-pool-size=64M \
                               --innodb-flush-log-at-trx-commit=2";
                (Some(servers::own_mariadb(options).await), None)
            }
            _ if alone => (Some(servers::own_postgres("").await), None),
            _ => (None, Some(servers::postgres().await)),
        };
        let server = own.as_ref().or(server).unwrap();
        let (source, first) = (server.database().await, server.database().await);
        let (tables, around) = match engine {
            Engine::MySql => (include_str!("tables_mariadb.sql"), include_str!("around_mariadb.sql")),
            _ => (include_str!("tables_postgresql.sql"), include_str!("around_postgresql.sql")),
        };
        let (there, here) = if engine == Engine::MySql { ("", "stg_") } else { ("shop.", "shop.stg_") };
        script(&source, &tables.replace("{p}", "")).await;
        script(&source, &include_str!("source.sql").replace("{s}", there)).await;
        let further = match engine {
            Engine::MySql => "ALTER TABLE orders AUTO_INCREMENT = 500; ALTER TABLE product AUTO_INCREMENT = 90",
            _ => "SELECT setval('shop.orders_id_seq', 500); SELECT setval('shop.goods', 91, false)",
        };
        script(&source, further).await;
        let old = include_str!("target.sql").replace("{s}", here);
        let made = format!("{}\n{old}\n{around}", tables.replace("{p}", "stg_"));
        let (template, target) = if engine == Engine::MySql {
            (None, first)
        } else {
            script(&first, &made).await;
            (Some(name(&first).to_owned()), format!("{first}_run"))
        };
        let held = Arc::new(AtomicBool::new(false));
        let (running, reader, loads) = world(&source, &target, &held).await;
        let schema = if engine == Engine::MySql { name(&target).to_owned() } else { "shop".to_owned() };
        let plan = Desk::at_address(&target, tempfile::tempdir().unwrap()).plan(Vec::new());
        let mut stand = Self {
            engine,
            running,
            reader,
            source,
            target,
            schema,
            template,
            made,
            number: Mutex::new(None),
            loads,
            held,
            plan,
            before: Seen::default(),
            after: Seen::default(),
            points: Vec::new(),
            own: tokio::sync::Mutex::new(own.into_iter().collect()),
        };
        stand.anew().await;
        stand.plan = stand.planned().await;
        stand.before = Seen::of(&stand).await;
        stand.unkilled().await;
        stand
    }

    /// The target as it was before everything.
    pub async fn anew(&self) {
        let target = name(&self.target);
        if let Some(template) = &self.template {
            let mut session = Database::parse(&self.source).unwrap().write_owned_by_demo().await.unwrap();
            for sql in [
                format!("DROP DATABASE IF EXISTS {target} WITH (FORCE)"),
                format!("CREATE DATABASE {target} TEMPLATE {template} STRATEGY FILE_COPY"),
            ] {
                session.script(&sql).await.unwrap_or_else(|error| panic!("{error}\n{sql}"));
            }
            let sql = "SELECT CAST(oid AS text) FROM pg_database WHERE datname = $1";
            let rows = session.query(sql, &[target.into()]).await.unwrap();
            *self.number.lock().unwrap() = Some(rows[0][0].as_text().unwrap().into_owned());
        } else {
            let sql = format!(
                "DROP DATABASE IF EXISTS cutover_ledger; DROP DATABASE IF EXISTS {target}; CREATE DATABASE {target}; USE {target};"
            );
            script(&self.source, &format!("{sql}\n{}", self.made)).await;
        }
    }

    pub async fn kill_server(&self) {
        self.own.lock().await.last().unwrap().kill();
    }

    pub async fn start_server(&self) {
        let mut own = self.own.lock().await;
        let again = own.last().unwrap().again().await;
        // The folder of the first is that of all of them.
        own.push(again);
    }

    /// An AWS in which nobody has switched anything.
    pub async fn aws_anew(&mut self) {
        (self.running, self.reader, self.loads) = world(&self.source, &self.target, &self.held).await;
    }

    /// The plan for the target as it was made last.
    pub fn as_it_is(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        let number = self.number.lock().unwrap().clone();
        if let (Some(identity), Some(number)) = (&mut plan.target.identity, number) {
            let system = identity.split('/').next().unwrap_or_default().to_owned();
            *identity = format!("{system}/{number}");
        }
        plan
    }

    /// By the same function as `cutover refresh plan`.
    async fn planned(&self) -> Plan {
        let task = self.task().await;
        let opened = |url: &str| Opened {
            database: Database::parse(url).unwrap(),
            found_by: "a test".into(),
            name: None,
            is_endpoint: true,
        };
        let (source, target) = (opened(&self.source), opened(&self.target));
        let database = Database::parse(&self.target).unwrap();
        let to = cutover::model::change::Destination::new(database.host().unwrap(), database.name().unwrap());
        let settings = self.settings(to.clone());
        let asked = Asked {
            name: &RefreshName(NAME.into()),
            settings: &settings,
            safeguards: &Safeguards { reload_allowed: vec![to], ..Safeguards::default() },
            reader: &self.reader,
            task: &task,
            source: &source,
            target: &target,
            now: Timestamp::now(),
            validation: None,
            pinned: None,
        };
        let built = build(&asked, None).await.unwrap();
        let blocking: Vec<_> =
            built.shown.findings.iter().filter(|one| one.level == cutover::model::refresh::Level::Blocking).collect();
        assert!(blocking.is_empty(), "{blocking:#?}");
        built.plan
    }

    fn settings(&self, to: cutover::model::change::Destination) -> Asks {
        let mut asks = Asks::new(TASK, (Purpose::DataRefresh, Load::FullLoad, Cadence::Schedule), vec![to]);
        asks.schedules = SCHEDULES.map(named).to_vec();
        asks.orphans.insert("*".into(), Orphans::Report);
        if self.engine == Engine::PostgreSql {
            asks.quarantine = Quarantine::Connections;
        }
        asks.topic = Some(TOPIC.into());
        let table = |name: &str| format!("{}.stg_{name}", self.schema);
        asks.defuse = vec![Defuse {
            table: table("shipment"),
            action: Action::Delete { filter: Some("carrier = 'post'".into()) },
        }];
        let mut rules = Rules { key: PasswordFrom::Environment("X".into()), ..Rules::default() };
        for name in cutover::demo::shop::TABLES {
            let mut own = TableRules { passthrough: Some("a test".into()), ..TableRules::default() };
            let masked = match name {
                "customer" => &["name", "email"][..],
                "address" => &["street"],
                _ => &[],
            };
            // Another value the second time.
            own.columns
                .extend(masked.iter().map(|column| ((*column).to_owned(), Rule::of(Function::Hash { length: 24 }))));
            rules.tables.insert(table(name), own);
        }
        asks.masking = Some(rules);
        asks
    }

    pub fn told(&self, folder: &Path, what: Do) -> Told {
        Told {
            url: self.target.clone(),
            state: folder.join("state"),
            plan: self.as_it_is(&self.plan),
            what,
            more: Some(More {
                source: self.source.clone(),
                aws: self.running.endpoint_url(),
                abort: false,
                secret: SECRET.into(),
            }),
            ended: folder.join("ended"),
        }
    }

    /// How often the start of the task was sent.
    pub fn sent(&self) -> u64 {
        self.sent_of("StartReplicationTask")
    }

    pub fn sent_of(&self, operation: &str) -> u64 {
        let changes = self.running.changes();
        changes.iter().filter(|((name, _), _)| name.ends_with(operation)).map(|(_, n)| n).sum()
    }

    /// The task that loads.
    pub async fn task(&self) -> cutover::model::task::Task {
        let all = self.reader.tasks(TaskDetail::Full, Serverless::Skip).await.unwrap().value;
        all.into_iter().find(|task| task.name.0.raw() == TASK).unwrap()
    }

    pub fn loaded(&self) -> u64 {
        self.loads.load(Ordering::SeqCst)
    }

    /// One that nobody kills: every point in its order, and what it leaves.
    async fn unkilled(&mut self) {
        let folder = scratch();
        let (told, list) = (self.told(folder.path(), Do::Begin), folder.path().join("points"));
        let process = Process::start(&told, &[("CUTOVER_KILL_LIST", list.display().to_string())]);
        assert!(!process.end().await);
        assert!(said(&told).starts_with("done"), "{}", said(&told));
        let text = std::fs::read_to_string(list).unwrap();
        self.points = text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
        assert_eq!((self.sent(), self.loaded()), (1, 1));
        self.after = Seen::of(self).await;
        self.after.is_right(self, SECRET).await;
    }
}

pub fn named(text: &str) -> Named {
    match text.parse() {
        Ok(Which::Whole(named)) => named,
        other => panic!("{text}: {other:?}"),
    }
}
