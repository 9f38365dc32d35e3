//! The console's reducer, the guard of its keys, its operator and the executor together, against the embedded AWS: whatever
//! comes in whatever order, nothing is changed that nobody confirmed, nothing twice, and in read-only nothing at all.

use crate::cli::Aws;
use crate::console_desk::{Desk, Left, Seat, Step};
use cutover::aws::{Limiters, Serverless, Settings, TaskDetail, connect};
use cutover::console::message::KeyCode;
use cutover::model::audit::State as End;
use cutover::model::change::{
    Change, Destination, Meant, ReloadHow, Safeguards, Switch, TableName, Verb, VerbKind, Which,
};
use cutover::model::schedule::ScheduleKind;
use cutover::model::task::Task;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use tokio::runtime::Runtime;

const RULES: [&str; 3] = [
    "rule:default/staging-refresh-nightly",
    "rule:default/dms-lag-probe",
    "schedule:migrations/staging-refresh-weekly",
];

/// Refused whoever asks: it could not be put back.
const FOR_EVER: &str = "rule:default/dms-api-calls";

/// Each of one request that changes something.
const FAULTS: [&str; 7] = [
    "lost-response@StopReplicationTask",
    "lost-response@StartReplicationTask",
    "lost-response@DisableRule",
    "cut@StartReplicationTask",
    "throttle@ReloadTables=1",
    "access-denied=TestConnection",
    "error@UpdateSchedule=1",
];

/// A request that changes something, and of what.
type Write = (String, String);

fn switch(which: &str, to: Switch) -> Change {
    let Ok(Which::Whole(what)) = which.parse() else { panic!("{which}") };
    Change::Switch { what, to }
}

/// One AWS, its tasks, and the one database that may be overwritten.
struct Stage {
    aws: Aws,
    runtime: Runtime,
    tasks: Vec<Task>,
    staging: Destination,
}

impl Stage {
    fn new() -> Self {
        let aws = Aws::start(&[]);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (tasks, staging) = runtime.block_on(async {
            let reader = connect(&Settings::embedded(aws.endpoint()), &Limiters::default()).await.unwrap().reader;
            let tasks = reader.tasks(TaskDetail::Brief, Serverless::Include).await.unwrap().value;
            let endpoints = reader.endpoints().await.unwrap().value;
            let refresh = tasks.iter().find(|task| task.name.raw() == "staging-refresh").unwrap();
            let target = endpoints.iter().find(|endpoint| endpoint.arn == refresh.target).unwrap();
            let (host, database) = (target.host.as_ref().unwrap(), target.database.as_ref().unwrap());
            (tasks, Destination::new(host.raw(), database.raw()))
        });
        Self { aws, runtime, tasks, staging }
    }

    fn task(&self, name: &str, verb: Verb) -> Change {
        let task = self.tasks.iter().find(|task| task.name.raw() == name).unwrap();
        Change::Task { task: Meant { arn: task.arn.clone(), name: task.name.clone() }, verb }
    }

    /// Everything that is asked for: alone, or the same of several.
    fn asks(&self) -> impl Strategy<Value = Vec<Change>> + use<> {
        let tables = |how| {
            let named = ["orders", "address"].map(|table| TableName { schema: "shop".into(), table: table.into() });
            Verb::ReloadTables { tables: named.to_vec(), how }
        };
        let names = ["orders-cdc", "billing-cdc", "catalog-load", "staging-refresh"];
        let all = |verb: &Verb| names.map(|name| self.task(name, verb.clone())).to_vec();
        let some = |all: Vec<Change>| {
            let most = all.len();
            proptest::sample::subsequence(all, 1..=most)
        };
        let one = |change: Change| Just(vec![change]);
        prop_oneof![
            3 => some(RULES.map(|which| switch(which, Switch::Disable)).to_vec()),
            3 => some(RULES.map(|which| switch(which, Switch::Enable)).to_vec()),
            1 => one(switch(FOR_EVER, Switch::Disable)),
            4 => some(all(&Verb::Stop)),
            4 => some(all(&Verb::Resume { until: None })),
            2 => some(all(&Verb::TestConnections)),
            2 => one(self.task("staging-refresh", Verb::Reload { until: None })),
            1 => one(self.task("orders-cdc", Verb::Reload { until: None })),
            1 => one(self.task("orders-cdc", tables(ReloadHow::Data))),
            2 => one(self.task("orders-cdc", tables(ReloadHow::Validation))),
        ]
    }

    fn step(&self) -> impl Strategy<Value = Step> + use<> {
        // A digit takes what is offered instead.
        let keys = vec![
            KeyCode::Enter,
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Backspace,
            KeyCode::Char('s'),
            KeyCode::Char('1'),
            KeyCode::Down,
        ];
        prop_oneof![
            5 => self.asks().prop_map(Step::Ask),
            8 => Just(Step::Answers),
            6 => Just(Step::Frame),
            6 => proptest::sample::select(vec![1, 150, 299, 300, 2_000]).prop_map(Step::Wait),
            12 => proptest::bool::weighted(0.7).prop_map(Step::Through),
            6 => Just(Step::Name),
            4 => Just(Step::Glued),
            8 => proptest::sample::select(keys).prop_map(Step::Key),
            1 => Just(Step::Paste),
            1 => Just(Step::Minute),
            1 => Just(Step::Suspended),
            2 => Just(Step::Again),
            1 => (0u64..4, proptest::sample::select(vec!["staging-refresh-nightly", "stop 2", ""]))
                .prop_map(|(id, answer)| Step::Forged(id, answer)),
            2 => Just(Step::Echo),
            1 => (40u16..160, 10u16..50).prop_map(|(width, height)| Step::Resize(width, height)),
            1 => proptest::sample::select(FAULTS.to_vec()).prop_map(Step::Fault),
        ]
    }

    /// The requests that a change is made of.
    fn writes(&self, change: &Change) -> Vec<Write> {
        let write = |operation: &str, of: &str| (operation.to_owned(), of.to_owned());
        match change {
            Change::Switch { what, to } => {
                let operation = match (what.kind, to) {
                    (ScheduleKind::Rule, Switch::Enable) => "events:EnableRule",
                    (ScheduleKind::Rule, Switch::Disable) => "events:DisableRule",
                    (ScheduleKind::Schedule, _) => "scheduler:UpdateSchedule",
                };
                vec![write(operation, what.name.raw())]
            }
            Change::Task { task, verb } => {
                let operation = match verb.kind() {
                    VerbKind::TestConnections => {
                        let task = self.tasks.iter().find(|one| one.arn == task.arn).unwrap();
                        return [&task.source, &task.target].map(|of| write("dms:TestConnection", &of.0)).to_vec();
                    }
                    VerbKind::Stop => "dms:StopReplicationTask",
                    VerbKind::ReloadTables | VerbKind::ValidateTables => "dms:ReloadTables",
                    VerbKind::Start | VerbKind::Resume | VerbKind::Reload => "dms:StartReplicationTask",
                };
                vec![write(operation, task.arn.as_str())]
            }
        }
    }

    fn count<'a>(&self, changes: impl IntoIterator<Item = &'a Change>) -> BTreeMap<Write, u64> {
        let mut out = BTreeMap::new();
        changes.into_iter().flat_map(|change| self.writes(change)).for_each(|one| *out.entry(one).or_default() += 1);
        out
    }

    /// One walk from its beginning to its end, and everything that has to hold then.
    fn walk(&self, steps: Vec<Step>, seat: &Seat, seen: &mut Seen) -> Result<(), TestCaseError> {
        let before = self.aws.changes();
        let mut desk = Desk::new(&self.aws, &self.runtime, seat);
        for step in steps {
            desk.act(step);
        }
        let Left { done, confirmed, entries } = desk.close();
        let mut made = self.aws.changes();
        made.retain(|key, n| {
            *n -= before.get(key).unwrap_or(&0);
            *n > 0
        });
        let ids: BTreeSet<u64> = confirmed.iter().map(|(id, _)| *id).collect();
        prop_assert_eq!(ids.len(), confirmed.len(), "a question was answered twice: {:?}", confirmed);
        let changes: Vec<&Change> = confirmed.iter().flat_map(|(_, going)| going).collect();
        let allowed = self.count(changes.iter().copied());
        at_most(&made, &allowed, "sent, and never confirmed so often")?;
        // What happened is what the audit says happened; the end of what was begun is an entry of its own.
        let of = |fits: &dyn Fn(End) -> bool| {
            let entries = entries.iter().filter(|entry| entry.confirmed_by.is_some() && fits(entry.state));
            let changes = entries.filter_map(|entry| {
                changes.iter().copied().find(|change| change.kind() == entry.kind && change.name() == entry.name)
            });
            self.count(changes)
        };
        at_most(&made, &of(&|state| state != End::Refused), "sent, and not in the audit")?;
        // A connection that is being tested already is not asked for again.
        let mut done_once = of(&|state| state == End::Done);
        done_once.retain(|(operation, _), _| operation != "dms:TestConnection");
        at_most(&done_once, &made, "done in the audit, and never sent")?;
        prop_assert!(!entries.iter().any(|entry| matches!(entry.state, End::Asked | End::Sent)), "{entries:?}");
        let done_there = entries.iter().filter(|entry| entry.state == End::Done).count();
        prop_assert!(done <= done_there, "{done} told as done, {done_there} in the audit");
        prop_assert!(seat.operates || made.is_empty() && entries.is_empty(), "{made:?} in read-only");
        // Safeguards hold whatever is typed.
        let destroys = |change: &&&Change| matches!(change, Change::Task { verb, .. } if matches!(verb.kind(), VerbKind::Reload | VerbKind::ReloadTables));
        for change in changes.iter().filter(destroys) {
            let staging = change.name() == "task:staging-refresh" && !seat.safeguards.reload_allowed.is_empty();
            prop_assert!(staging, "{} was confirmed", change.name());
        }
        seen.refused += entries.iter().filter(|entry| entry.state == End::Refused).count();
        seen.walks += 1;
        for (operation, _) in made.into_keys() {
            *seen.made.entry(operation).or_default() += 1;
        }
        Ok(())
    }
}

fn at_most(made: &BTreeMap<Write, u64>, allowed: &BTreeMap<Write, u64>, why: &str) -> Result<(), TestCaseError> {
    for (key, n) in made {
        prop_assert!(n <= allowed.get(key).unwrap_or(&0), "{why}: {key:?} {n} times; {allowed:?}");
    }
    Ok(())
}

/// What the walks came to.
#[derive(Debug, Default)]
struct Seen {
    walks: usize,
    refused: usize,
    made: BTreeMap<String, usize>,
}

fn seat(operates: bool, overwrites: bool, stage: &Stage) -> Seat {
    let reload_allowed = if overwrites { vec![stage.staging.clone()] } else { vec![] };
    Seat { operates, safeguards: Safeguards { reload_allowed, ..Safeguards::default() } }
}

/// Other walks every time; `CUTOVER_TEST_SEED` has those of a run that failed.
fn seed() -> u64 {
    let given = std::env::var("CUTOVER_TEST_SEED").ok().map(|text| text.parse().unwrap());
    given.unwrap_or_else(|| RandomState::new().hash_one(std::process::id()))
}

#[test]
fn whatever_happens_nothing_is_changed_unconfirmed_twice_or_in_read_only() {
    let stage = Stage::new();
    let mut seen = Seen::default();
    // Each of these is on the way to what is dangerous, whatever the dice say.
    for (change, operation) in [
        (switch(RULES[0], Switch::Disable), "events:DisableRule"),
        (switch(RULES[2], Switch::Disable), "scheduler:UpdateSchedule"),
        (stage.task("billing-cdc", Verb::Stop), "dms:StopReplicationTask"),
        (stage.task("staging-refresh", Verb::Reload { until: None }), "dms:StartReplicationTask"),
        (stage.task("orders-cdc", Verb::TestConnections), "dms:TestConnection"),
    ] {
        let meant = || vec![Step::Ask(vec![change.clone()]), Step::Through(true), Step::Answers];
        let unseen = vec![Step::Ask(vec![change.clone()]), Step::Through(false)];
        let early = vec![Step::Ask(vec![change.clone()]), Step::Answers, Step::Frame, Step::Wait(298), Step::Glued];
        let glued = vec![Step::Ask(vec![change.clone()]), Step::Answers, Step::Frame, Step::Wait(300), Step::Glued];
        for (steps, operates, sent) in [
            (unseen, true, false),
            (early, true, false),
            (glued, true, false),
            (meant(), false, false),
            (meant(), true, true),
        ] {
            let before = stage.aws.changes();
            stage.walk(steps.clone(), &seat(operates, true, &stage), &mut seen).unwrap();
            let now = stage.aws.changes();
            assert_eq!(before != now, sent, "{operation}: {steps:?}");
        }
        assert!(seen.made.contains_key(operation), "{operation}: {seen:?}");
    }
    let number = seed();
    let config = Config { cases: 24, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let cases = (proptest::collection::vec(stage.step(), 10..50), proptest::bool::weighted(0.85), proptest::bool::ANY);
    let seen = std::cell::RefCell::new(seen);
    let walks = runner.run(&cases, |(steps, operates, overwrites)| {
        stage.walk(steps, &seat(operates, overwrites, &stage), &mut seen.borrow_mut())
    });
    let seen = seen.into_inner();
    eprintln!("CUTOVER_TEST_SEED={number}: {seen:?}");
    if let Err(error) = walks {
        panic!("CUTOVER_TEST_SEED={number} repeats this: {error}");
    }
}
