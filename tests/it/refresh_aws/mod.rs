//! What a refresh does at AWS, carried out against the embedded one over the wire. Its mover is played: it loads what it is
//! told to without moving a row, waits where a test wants it to, and fails the tables that a test names. The target is a file
//! of its own, for the lock and the ledger.

mod ends;
mod finishes;
mod kills;
mod late;
mod later_kills;
mod loads;
mod meanwhile;
mod schedules;
mod watch_command;
mod watches;

use crate::change::STAGING;
use crate::embedded::http_at;
use cutover::aws::{Connected, Limiters, connect};
use cutover::change::{Confirmed, Executor, Mode, Notifier, Time, Yes};
use cutover::db::{Database, Engine};
use cutover::demo::mover::order::{Begin, Control, Happened, Order};
use cutover::demo::{Options, Running, serve};
use cutover::model::AccountId;
use cutover::model::audit::Whence;
use cutover::model::change::{Meant, Named, Safeguards, Which};
use cutover::model::refresh::{
    Cadence, Load, LoadedTable, OnFailure, Place, PlannedStep, Purpose, Quarantine, RefreshName, RunSeen, RunState,
    StepKind, StepName, WishFor,
};
use cutover::model::task::Task;
use cutover::refresh::plan::{VERSION, Way, definition};
use cutover::refresh::{self, Aws, Door, Ended, Means, Plan, Work, Zombie, covered};
use cutover::store::runs::{self, Writer};
use cutover::store::{Audit, Settings};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

const TASK: &str = "staging-refresh";
const NIGHTLY: &str = "rule:default/staging-refresh-nightly";
const WEEKLY: &str = "schedule:migrations/staging-refresh-weekly";
/// Where the task with changes writes to.
const AURORA: &str = "shop-aurora.cluster-c1x2y3z4.eu-west-1.rds.amazonaws.com/shop";
/// Off when the demo opens.
const REPORT: &str = "rule:default/migration-report-weekly";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:dms-failures";

/// Steps of a refresh that are at AWS, with those that hold it together.
const STEPS: [StepKind; 8] = [
    StepKind::Lock,
    StepKind::ScheduleOff,
    StepKind::Drain,
    StepKind::Load,
    StepKind::Wait,
    StepKind::ScheduleBack,
    StepKind::Close,
    StepKind::Notify,
];

/// What a test wants of the mover.
#[derive(Debug, Default)]
struct Wanted {
    /// A load waits before its end until this is taken back.
    hold: bool,
    /// Tables that fail the next time.
    fails: BTreeSet<String>,
    /// The next load breaks down.
    breaks: bool,
    /// What was asked for: all, or these tables.
    asked: Vec<Vec<String>>,
}

#[derive(Debug, Clone, Default)]
struct Mover(Arc<Mutex<Wanted>>);

impl Mover {
    fn with<T>(&self, change: impl FnOnce(&mut Wanted) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }

    fn hold(&self, hold: bool) {
        self.with(|wanted| wanted.hold = hold);
    }

    /// How often a load was begun; the demo itself begins some when it opens.
    fn asked(&self) -> Vec<Vec<String>> {
        self.with(|wanted| wanted.asked.clone())
    }

    async fn play(self, order: Order, mut control: watch::Receiver<Control>, out: mpsc::UnboundedSender<Happened>) {
        let say = |happened| drop(out.send(happened));
        let tables = match &order.begin {
            Begin::Changes { .. } => Vec::new(),
            Begin::LoadSome(names) => names.clone(),
            _ => selected(&order),
        };
        let staging = order.control_of.is_some() && !order.changes_after_load && tables.len() != 4;
        if staging {
            let names = tables.iter().map(|(_, table)| table.clone()).collect();
            self.with(|wanted| wanted.asked.push(names));
        }
        for (schema, table) in tables {
            say(Happened::LoadStarted { schema: schema.clone(), table: table.clone() });
            if staging && self.with(|wanted| wanted.fails.remove(&table)) {
                say(Happened::TableFailed { schema, table, why: "duplicate key".to_owned() });
                continue;
            }
            say(Happened::Loaded { schema: schema.clone(), table: table.clone(), rows: 7 });
            say(Happened::LoadEnded { schema, table });
        }
        while staging && self.with(|wanted| wanted.hold) && !control.borrow_and_update().stop {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if staging && self.with(|wanted| std::mem::take(&mut wanted.breaks)) {
            return say(Happened::Failed { why: "connection to the source lost".to_owned() });
        }
        if order.changes_after_load || matches!(order.begin, Begin::Changes { .. }) || control.borrow().stop {
            let (schema, table, committed) = ("shop".to_owned(), "customer".to_owned(), Timestamp::now());
            let (inserts, updates, deletes) = (1, 0, 0);
            let (of, named) = (schema.clone(), table.clone());
            say(Happened::Captured { schema: of, table: named, inserts, updates, deletes, committed });
            say(Happened::Applied { schema, table, inserts, updates, deletes, committed });
            say(Happened::At(cutover::demo::mover::order::Checkpoint(7)));
            let _ = control.wait_for(|control| control.stop).await;
            return say(Happened::Stopped);
        }
        say(Happened::LoadFinished);
    }
}

/// The tables of the mappings, which name each.
fn selected(order: &Order) -> Vec<(String, String)> {
    let literal = |text: &str| text.replace("[_]", "_");
    order.mappings.selections.iter().map(|rule| (literal(&rule.schema), literal(&rule.table))).collect()
}

fn whence() -> Whence {
    Whence { os_user: "ann".into(), host: "t".into(), pid: 1, tty: false, version: "t".into() }
}

fn time() -> Time {
    Time { now: Timestamp::now, wait: |span| Box::pin(tokio::time::sleep(span.min(Duration::from_millis(50)))) }
}

fn named(text: &str) -> Named {
    match text.parse() {
        Ok(Which::Whole(named)) => named,
        other => panic!("{text}: {other:?}"),
    }
}

async fn begin(plan: &Plan, means: Means) -> Work {
    let now = Timestamp::now();
    let covered = covered(plan, now).unwrap();
    let confirmed = Confirmed::plan_by_flag(covered, Yes::given(true).unwrap(), &plan.destination, now).unwrap();
    Box::pin(refresh::begin(refresh::new_id(now), plan.clone(), confirmed, means)).await.unwrap()
}

/// Where the embedded AWS listens, and where the target and the journals are: for a process of its own, too.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Somewhere {
    endpoint: String,
    folder: PathBuf,
}

impl Somewhere {
    fn target(&self) -> Database {
        Database::parse(&format!("sqlite:{}", self.folder.join("target.db").display())).unwrap()
    }

    fn store(&self) -> Settings {
        Settings { dir: Some(self.folder.join("state")), shared: None }
    }

    async fn connected(&self) -> Connected {
        let embedded = cutover::aws::Settings::embedded(self.endpoint.clone());
        let settings = cutover::aws::Settings { requests_per_second: 4.0, burst: 50, ..embedded };
        connect(&settings, &Limiters::default()).await.unwrap()
    }

    async fn aws(&self, time: fn() -> Time) -> Aws {
        let reload_allowed = [STAGING, AURORA].map(|at| at.parse().unwrap()).to_vec();
        self.aws_with(Safeguards { reload_allowed, ..Safeguards::default() }, time).await
    }

    async fn aws_with(&self, safeguards: Safeguards, time: fn() -> Time) -> Aws {
        let connected = self.connected().await;
        let expect_account = Some(AccountId("123456789012".into()));
        let authority = Mode { read_only: false, operate: true, expect_account }.authority().unwrap();
        let audit = async || Audit::open(&self.store(), &whence()).await.unwrap();
        let executor =
            Executor::new(&authority, &connected, audit().await, whence(), None, safeguards, time()).unwrap();
        let kept = (audit().await, whence());
        let notifier = Notifier::new(&authority, &connected, TOPIC.parse().unwrap(), kept, None, time()).unwrap();
        Aws::new(connected.reader, executor, Some(notifier))
    }

    async fn means(&self, wishes: watch::Receiver<Option<WishFor>>, time: fn() -> Time) -> Means {
        let door = || Door::fixed(self.target());
        Means {
            source: door(),
            target: door(),
            aws: Some(self.aws(time).await),
            store: self.store(),
            who: Writer {
                os_user: "ann".into(),
                host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
                pid: std::process::id(),
            },
            time: time(),
            wishes,
            zombie: Zombie::EndOurs,
            lines: None,
        }
    }
}

/// The embedded AWS, a target, and folders.
struct Scene {
    running: Running,
    mover: Mover,
    folder: tempfile::TempDir,
    wish: watch::Sender<Option<WishFor>>,
}

impl Scene {
    async fn new() -> Self {
        Self::with(Options { seed: 7, ..Options::default() }).await
    }

    /// A start or a stop takes no longer than it has to.
    async fn hurried() -> Self {
        Self::with(Options { seed: 7, hurried: true, ..Options::default() }).await
    }

    async fn with(options: Options) -> Self {
        let mover = Mover::default();
        let played = mover.clone();
        let launcher: cutover::demo::Launcher =
            Arc::new(move |order, control, out| Box::pin(played.clone().play(order, control, out)));
        let scene = Self {
            running: serve(Options { launcher: Some(launcher), ..options }).await.unwrap(),
            mover,
            folder: tempfile::tempdir().unwrap(),
            wish: watch::channel(None).0,
        };
        scene.target().write_owned_by_demo().await.unwrap().script("CREATE TABLE t (n integer)").await.unwrap();
        scene
    }

    fn place(&self) -> Somewhere {
        Somewhere { endpoint: self.running.endpoint_url(), folder: self.folder.path().to_owned() }
    }

    fn target(&self) -> Database {
        self.place().target()
    }

    fn store(&self) -> Settings {
        self.place().store()
    }

    async fn connected(&self) -> Connected {
        self.place().connected().await
    }

    async fn task(&self, name: &str) -> Task {
        let reader = self.connected().await.reader;
        let all = reader.tasks(cutover::aws::TaskDetail::Full, cutover::aws::Serverless::Skip).await.unwrap().value;
        all.into_iter().find(|task| task.name.0.raw() == name).unwrap()
    }

    /// Of the task that is refreshed, with these steps.
    async fn plan(&self, steps: &[StepKind]) -> Plan {
        self.plan_of(TASK, Load::FullLoad, steps).await
    }

    async fn plan_of(&self, name: &str, load: Load, steps: &[StepKind]) -> Plan {
        let reader = self.connected().await.reader;
        let task = self.task(name).await;
        let rows = reader.tables(&task.arn, cutover::aws::WhichTables::All).await.unwrap().value;
        let pair = |row: &cutover::model::table::TableRow| (row.schema.raw().to_owned(), row.table.raw().to_owned());
        let tables = rows.iter().map(|row| LoadedTable {
            source: pair(row),
            target: pair(row),
            rows_source: None,
            rows_target: None,
            only_target: None,
        });
        let step = |kind: &StepKind| PlannedStep {
            name: StepName::from(*kind),
            kind: *kind,
            words: vec![kind.word().to_owned()],
            sql: Vec::new(),
            timeout: SignedDuration::from_mins(3),
            retry: 1,
            on_failure: if *kind == StepKind::Notify { OnFailure::GoOn } else { OnFailure::Stop },
        };
        let place = |place: &str| Place {
            engine: "SQLite".into(),
            place: place.to_owned(),
            identity: None,
            found_by: "a test".into(),
        };
        let way = || Way { engine: Engine::Sqlite, name: None };
        Plan {
            version: VERSION,
            name: RefreshName("nightly".into()),
            definition: definition(&task),
            task: Meant { arn: task.arn, name: task.name },
            purpose: if load == Load::FullLoad { Purpose::DataRefresh } else { Purpose::DataMigration },
            load,
            cadence: Cadence::Schedule,
            source: place("source.example/shop"),
            target: place(&self.target().place()),
            source_way: way(),
            target_way: way(),
            destination: STAGING.parse().unwrap(),
            catalogue: String::new(),
            prep_mode: "TRUNCATE_BEFORE_LOAD".into(),
            schemas: Vec::new(),
            tables: tables.collect(),
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
            steps: steps.iter().map(step).collect(),
            schedules: [NIGHTLY, WEEKLY, REPORT].map(named).to_vec(),
            topic: Some(TOPIC.to_owned()),
            notice_after: None,
            replaces_lambda: false,
        }
    }

    async fn means(&self) -> Means {
        self.means_at(time).await
    }

    /// By another clock.
    async fn means_at(&self, time: fn() -> Time) -> Means {
        self.place().means(self.wish.subscribe(), time).await
    }

    async fn begin(&self, plan: &Plan) -> Work {
        begin(plan, self.means().await).await
    }

    /// Begins it and carries it out as far as it goes.
    async fn run(&self, plan: &Plan) -> Ended {
        let work = Box::pin(self.begin(plan)).await;
        Box::pin(refresh::run(work)).await
    }

    /// The same beside whatever a test does meanwhile.
    async fn start(&self, plan: &Plan) -> tokio::task::JoinHandle<Ended> {
        let work = Box::pin(self.begin(plan)).await;
        tokio::spawn(async move { Box::pin(refresh::run(work)).await })
    }

    async fn resumed(&self) -> Work {
        let id = self.seen().await.head.id;
        let means = self.means().await;
        Box::pin(refresh::resume(&id, means)).await.unwrap()
    }

    async fn resume(&self) -> Ended {
        let work = Box::pin(self.resumed()).await;
        Box::pin(refresh::run(work)).await
    }

    /// The newest run, as its journal shows it.
    async fn seen(&self) -> RunSeen {
        let (heads, unread) = runs::list(&self.store()).await.unwrap();
        assert!(unread.is_empty(), "{unread:?}");
        let newest = heads.into_iter().max_by_key(|head| head.began).unwrap();
        runs::seen(&self.store(), &newest.id).await.unwrap().unwrap()
    }

    /// Everything that its log says.
    async fn log(&self) -> String {
        self.seen().await.lines.iter().map(|line| line.text.raw()).collect::<Vec<_>>().join("\n")
    }

    async fn until_step(&self, kind: StepKind) {
        until(async || {
            let (heads, _) = runs::list(&self.store()).await.unwrap();
            match heads.first() {
                None => false,
                Some(_) => self.seen().await.head.step == Some(kind.into()),
            }
        })
        .await;
    }

    fn on(&self, fault: &str) {
        self.running.switch_on(fault.parse().unwrap());
    }

    fn off(&self, fault: &str) {
        self.running.switch_off(&fault.parse().unwrap());
    }

    /// How often something was asked for, of whatever.
    fn sent(&self, operation: &str) -> u64 {
        self.running.changes().iter().filter(|((name, _), _)| name.ends_with(operation)).map(|(_, n)| n).sum()
    }

    async fn ask(&self, target: &str, input: Value) -> (u16, Value) {
        let addr = self.running.endpoint_url().strip_prefix("http://").unwrap().parse().unwrap();
        let head = format!("POST / HTTP/1.1\r\nx-amz-target: {target}\r\nauthorization: x");
        let (status, _, body) = http_at(addr, &head, &input.to_string()).await.unwrap();
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    /// Somebody else starts the task.
    async fn start_by_somebody(&self) {
        let arn = self.task(TASK).await.arn;
        let input = json!({"ReplicationTaskArn": arn.as_str(), "StartReplicationTaskType": "reload-target"});
        let (status, answer) = self.ask("AmazonDMSv20160101.StartReplicationTask", input).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Somebody else switches a rule.
    async fn switch_by_somebody(&self, operation: &str, rule: &str) {
        let input = json!({"Name": rule, "EventBusName": "default"});
        let (status, answer) = self.ask(&format!("AWSEvents.{operation}"), input).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Subjects of what the topic was told.
    async fn told(&self) -> Vec<(String, String)> {
        let addr = self.running.endpoint_url().strip_prefix("http://").unwrap().parse().unwrap();
        let (_, _, body) = http_at(addr, "GET /_demo/messages HTTP/1.1", "").await.unwrap();
        let all: Vec<Value> = serde_json::from_str(&body).unwrap();
        let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
        all.iter().map(|one| (text(one, "subject"), text(one, "message"))).collect()
    }

    /// States of the three, as AWS has them.
    async fn states(&self) -> [String; 3] {
        let reader = self.connected().await.reader;
        let rules = reader.rules().await.unwrap().value;
        let schedules = reader.schedules().await.unwrap().value;
        [NIGHTLY, WEEKLY, REPORT].map(|name| {
            let found = rules.iter().chain(&schedules).find(|one| Named::of(one).full() == name);
            found.map_or_else(|| "gone".to_owned(), |one| one.state.raw().to_owned())
        })
    }
}

const ALL_ON: [&str; 3] = ["ENABLED", "ENABLED", "DISABLED"];
const ALL_OFF: [&str; 3] = ["DISABLED", "DISABLED", "DISABLED"];

async fn until(mut is: impl AsyncFnMut() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    while !is().await {
        assert!(std::time::Instant::now() < deadline, "waited in vain");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn why(ended: &Ended) -> &str {
    ended.why.as_deref().unwrap_or_default()
}

/// Everything is as it was, one load was begun, and it ended well.
async fn well(scene: &Scene, ended: &Ended, loads: u64) {
    assert_eq!((ended.state, why(ended)), (RunState::Done, ""), "{ended:?}\n{}", scene.log().await);
    assert_eq!(scene.states().await, ALL_ON);
    assert_eq!(scene.sent("StartReplicationTask"), loads, "{}", scene.log().await);
}
