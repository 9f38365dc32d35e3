//! The runner, with plans made by hand on SQLite targets. What steps do is played (`Script`): each leaves an effect, finds it again,
//! takes it back; and fails as often and in the way that a test says.

mod ends;
mod goes_on;
mod own_steps;

use super::{Ended, run};
use crate::change::{Confirmed, Time, Yes};
use crate::db::Database;
use crate::model::change::Meant;
use crate::model::engine::Engine;
use crate::model::refresh::{
    Cadence, CustomStep, Load, OnFailure, Place, PlannedStep, Purpose, Quarantine, RefreshId, RefreshName, RunSeen,
    RunState, StepKind, StepName, StepState, WishFor,
};
use crate::model::{ReplicationArn, TaskName};
use crate::refresh::begin::{self, Means, covered};
use crate::refresh::held::{Door, Zombie};
use crate::refresh::ledger;
use crate::refresh::plan::{Plan, VERSION, Way};
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;
use crate::store::Settings;
use crate::store::runs::{self, Writer};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// What is to happen the next time that something is asked of a step.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Nothing of it was done.
    Before(Trouble),
    /// It was done, and this is what is heard.
    After(Trouble),
    /// It is durable, and waits.
    Park,
    /// It waits for a long time, and hears wishes.
    Waits,
}

/// See the module's first line.
#[derive(Debug, Default)]
pub struct Script {
    /// What was asked, in order: `run mask`, `undo keys-away`.
    pub trace: Vec<String>,
    /// Effects that are there.
    pub there: BTreeSet<String>,
    faults: BTreeMap<String, VecDeque<Fault>>,
}

type Shared = Arc<Mutex<Script>>;

fn played(work: &Work, step: &PlannedStep) -> Option<Shared> {
    let own = matches!(step.kind, StepKind::Lock | StepKind::Close | StepKind::Custom);
    work.script.clone().filter(|_| !own)
}

/// Notes what is asked, and gives what is to happen.
fn asked(script: &Shared, what: &str, step: &PlannedStep) -> Option<Fault> {
    let mut script = script.lock().unwrap();
    let key = format!("{what} {}", step.name.0);
    script.trace.push(key.clone());
    script.faults.get_mut(&key).and_then(VecDeque::pop_front)
}

fn effect(script: &Shared, step: &PlannedStep, there: bool) {
    let mut script = script.lock().unwrap();
    if there {
        script.there.insert(step.name.0.clone());
    } else {
        script.there.remove(&step.name.0);
    }
}

impl Script {
    pub fn probe(work: &mut Work, step: &PlannedStep) -> Option<Result<Probe, Trouble>> {
        let script = played(work, step)?;
        Some(match asked(&script, "probe", step) {
            Some(Fault::Before(trouble) | Fault::After(trouble)) => Err(trouble),
            _ if script.lock().unwrap().there.contains(&step.name.0) => Ok(Probe::Done("it is there".to_owned())),
            _ => Ok(Probe::NotYet),
        })
    }

    pub async fn run(work: &mut Work, step: &PlannedStep) -> Option<Result<Came, Trouble>> {
        let script = played(work, step)?;
        Some(match asked(&script, "run", step) {
            Some(Fault::Before(trouble)) => Err(trouble),
            Some(Fault::After(trouble)) => {
                effect(&script, step, true);
                Err(trouble)
            }
            Some(Fault::Park) => Ok(Came::Parked("it waits".to_owned())),
            Some(Fault::Waits) => work.wait(Duration::from_hours(24)).await.map(|()| Came::done("waited")),
            None => {
                effect(&script, step, true);
                Ok(Came::done("played"))
            }
        })
    }

    pub fn undo(work: &mut Work, step: &PlannedStep) -> Option<Result<String, Trouble>> {
        let script = played(work, step)?;
        if let Some(Fault::Before(trouble) | Fault::After(trouble)) = asked(&script, "undo", step) {
            return Some(Err(trouble));
        }
        effect(&script, step, false);
        Some(Ok("taken back".to_owned()))
    }
}

/// A target in a file, a folder for journals, and steps that are played.
pub struct Stage {
    folder: tempfile::TempDir,
    pub script: Shared,
    pub wish: watch::Sender<Option<WishFor>>,
}

const HOST: &str = "jump1";
const DESTINATION: &str = "staging.example/shop";

impl Stage {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stage = Self { folder, script: Shared::default(), wish: watch::channel(None).0 };
        let mut session = stage.target().write_owned_by_demo().await.unwrap();
        session.script("CREATE TABLE shop.person (id INTEGER PRIMARY KEY, name TEXT)").await.unwrap();
        stage
    }

    pub fn target(&self) -> Database {
        let path = self.folder.path().join("target.db");
        Database::parse(&format!("sqlite:{}?schema=shop", path.display())).unwrap()
    }

    pub fn store(&self) -> Settings {
        Settings { dir: Some(self.folder.path().join("state")), shared: None }
    }

    pub fn runs(&self) -> std::path::PathBuf {
        self.folder.path().join("state/runs")
    }

    /// The next times that this is asked of a step, this happens.
    pub fn will(&self, what: &str, faults: impl IntoIterator<Item = Fault>) -> &Self {
        self.script.lock().unwrap().faults.entry(what.to_owned()).or_default().extend(faults);
        self
    }

    /// What was asked since the last time.
    pub fn trace(&self) -> Vec<String> {
        std::mem::take(&mut self.script.lock().unwrap().trace)
    }

    pub fn there(&self) -> Vec<String> {
        self.script.lock().unwrap().there.iter().cloned().collect()
    }

    pub fn plan(&self, kinds: &[StepKind]) -> Plan {
        let steps = kinds.iter().map(|kind| step((*kind).into(), *kind)).collect();
        let place = |place: &str| Place {
            engine: "SQLite".into(),
            place: place.to_owned(),
            identity: None,
            found_by: "a test".into(),
        };
        let way = Way { engine: Engine::Sqlite, name: None };
        Plan {
            version: VERSION,
            name: RefreshName("nightly".into()),
            task: Meant {
                arn: ReplicationArn::parse("arn:aws:dms:eu-west-1:123456789012:task:STAGING").unwrap(),
                name: TaskName::new("staging"),
            },
            purpose: Purpose::DataRefresh,
            load: Load::FullLoad,
            cadence: Cadence::OneTime,
            source: place("source.db"),
            target: place(&self.target().place()),
            source_way: way.clone(),
            target_way: way,
            destination: DESTINATION.parse().unwrap(),
            definition: String::new(),
            catalogue: String::new(),
            prep_mode: "TRUNCATE_BEFORE_LOAD".into(),
            schemas: vec!["shop".into()],
            tables: Vec::new(),
            keys: Vec::new(),
            triggers: Vec::new(),
            watermarks: Vec::new(),
            quarantine: Quarantine::None,
            window: None,
            validation: None,
            custom: Vec::new(),
            steps,
            schedules: Vec::new(),
            topic: None,
            notice_after: None,
            replaces_lambda: false,
            masking: None,
            sensitive: Vec::new(),
            defuse: Vec::new(),
        }
    }

    pub fn means(&self) -> Means {
        self.means_of(Writer { os_user: "ann".into(), host: HOST.into(), pid: std::process::id() })
    }

    pub fn means_of(&self, who: Writer) -> Means {
        Means {
            source: Door::fixed(self.target()),
            target: Door::fixed(self.target()),
            aws: None,
            store: self.store(),
            who,
            time: Time {
                now: Timestamp::now,
                wait: |span| Box::pin(tokio::time::sleep(span.min(Duration::from_millis(2)))),
            },
            wishes: self.wish.subscribe(),
            zombie: Zombie::EndOurs,
            lines: None,
        }
    }

    pub fn confirmed(plan: &Plan) -> Confirmed<crate::model::refresh::PlanHash> {
        let now = Timestamp::now();
        let covered = covered(plan, now).unwrap();
        Confirmed::plan_by_flag(covered, Yes::given(true).unwrap(), &plan.destination, now).unwrap()
    }

    pub async fn begin(&self, plan: &Plan) -> Result<Work, Trouble> {
        let id = begin::new_id(Timestamp::now());
        begin::begin(id, plan.clone(), Self::confirmed(plan), self.means()).await.map(|work| self.played(work))
    }

    pub fn played(&self, mut work: Work) -> Work {
        work.script = Some(self.script.clone());
        work
    }

    /// Begins it and carries it out as far as it goes.
    pub async fn run(&self, plan: &Plan) -> (RefreshId, Ended) {
        let work = self.begin(plan).await.unwrap();
        let id = work.id.clone();
        (id, run(work).await)
    }

    pub async fn resume(&self, id: &RefreshId) -> Result<Ended, Trouble> {
        Ok(run(self.played(begin::resume(id, self.means()).await?)).await)
    }

    pub async fn finish(&self, id: &RefreshId) -> Result<Ended, Trouble> {
        Ok(run(self.played(begin::finish(id, self.means()).await?)).await)
    }

    pub async fn recover(&self) -> Result<Ended, Trouble> {
        let name = RefreshName("nightly".into());
        let work = Box::pin(begin::recover(&name, None, self.means())).await?;
        Ok(Box::pin(run(self.played(work))).await)
    }

    pub async fn seen(&self, id: &RefreshId) -> RunSeen {
        runs::seen(&self.store(), id).await.unwrap().unwrap()
    }

    /// Where each step stands: `lock done`, `mask waiting`.
    pub async fn states(&self, id: &RefreshId) -> Vec<String> {
        let seen = self.seen(id).await;
        seen.steps.iter().map(|step| format!("{} {}", step.name.0, step.state.word())).collect()
    }

    /// What the ledger says of the newest run.
    pub async fn in_ledger(&self) -> Option<RunState> {
        let mut session = self.target().read().await.unwrap();
        ledger::runs(&mut session, Some("shop")).await.unwrap().first().map(|run| run.state)
    }

    pub async fn count(&self, sql: &str) -> i64 {
        let mut session = self.target().read().await.unwrap();
        session.query(sql, &[]).await.unwrap()[0][0].as_int().unwrap()
    }
}

pub fn step(name: StepName, kind: StepKind) -> PlannedStep {
    PlannedStep {
        name,
        kind,
        words: vec!["something is done".into()],
        sql: Vec::new(),
        timeout: SignedDuration::from_mins(5),
        retry: 2,
        on_failure: OnFailure::Stop,
    }
}

pub fn failed(why: &str) -> Trouble {
    Trouble::failed(why)
}

/// Everything that a refresh on PostgreSQL does, played.
pub const ALL: [StepKind; 13] = [
    StepKind::Parity,
    StepKind::Lock,
    StepKind::Capture,
    StepKind::ScheduleOff,
    StepKind::Drain,
    StepKind::Quarantine,
    StepKind::KeysAway,
    StepKind::Load,
    StepKind::Wait,
    StepKind::Mask,
    StepKind::KeysBack,
    StepKind::ScheduleBack,
    StepKind::Close,
];
