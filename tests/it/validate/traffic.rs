//! Tables that change all the time: what differed at the first look gets its verdict whatever else happens meanwhile; and what
//! was watched when a comparison was stopped is not read again as a whole.

use super::side::Side;
use cutover::db::{Database, Engine};
use cutover::model::validation::Verdict;
use cutover::validate::{self, Done, Gauge, Known, Learnt, Memory, Options, Patience, Plan, Terms, WantedMethod, Wish};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

pub(super) fn options(settle: SignedDuration) -> Options {
    Options {
        jobs: 2,
        patience: Patience::settling(settle),
        report: 100,
        stop_after: None,
        range_rows: 5_000,
        method: "stream".parse::<WantedMethod>().unwrap(),
        rows_per_second: None,
        values: false,
        watched: 10_000,
        now: Timestamp::now,
    }
}

/// A comparison that runs.
struct Running {
    gauge: Arc<Gauge>,
    wish: watch::Sender<Wish>,
    ended: mpsc::Receiver<Done>,
    learnt: mpsc::Receiver<Learnt>,
}

impl Running {
    async fn of(sides: [&Side; 2], options: Options, known: HashMap<usize, Known>) -> Self {
        let [ours, theirs] = sides.map(|side| Database::parse(&side.url).unwrap());
        let plan: Plan = validate::plan(&ours, &theirs, &[], &Terms::default()).await.unwrap();
        let gauge = Arc::new(Gauge::of(&plan));
        let (wish, wished) = watch::channel(Wish::Go);
        let (done, ended) = mpsc::channel(4);
        let (told, learnt) = mpsc::channel(100);
        let latency = watch::channel(None).1;
        let memory = Memory::new(known, told);
        let run = validate::run(plan, (ours, theirs), options, Arc::clone(&gauge), (wished, latency), memory, done);
        tokio::spawn(run);
        Self { gauge, wish, ended, learnt }
    }

    /// Waits until differences are watched.
    async fn settles(&self) {
        let deadline = std::time::Instant::now() + Duration::from_mins(1);
        while self.gauge.read()[0].settles.is_none() {
            assert!(std::time::Instant::now() < deadline, "nothing is watched");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn done(&mut self) -> Done {
        let within = Duration::from_secs(40);
        tokio::time::timeout(within, self.ended.recv()).await.expect("it ends whatever happens").unwrap()
    }
}

const TABLE: &str = "CREATE TABLE @.t (id bigint PRIMARY KEY, v int);";

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_nobody_replicates_gets_its_verdict_while_rows_keep_coming() {
    // More of them than are looked at by their keys, and few enough.
    for rows in [900_u64, 20] {
        let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::PostgreSql).await);
        source.script(&format!("{TABLE} INSERT INTO @.t SELECT g, g FROM generate_series(1, {rows}) g")).await;
        target.script(TABLE).await;
        let began = Timestamp::now();
        let settle = SignedDuration::from_millis(1_500);
        let mut running = Running::of([&source, &target], options(settle), HashMap::new()).await;
        let (stop, stopped) = watch::channel(false);
        let traffic = tokio::spawn(async move {
            let mut id = 1_000_000;
            while !*stopped.borrow() {
                id += 1;
                source
                    .script(&format!("INSERT INTO @.t VALUES ({id}, 0); UPDATE @.t SET v = v + 1 WHERE id = 7"))
                    .await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            id
        });
        let done = running.done().await;
        stop.send_replace(true);
        assert!(traffic.await.unwrap() > 1_000_010, "rows came meanwhile");
        let tally = done.result.tally;
        assert_eq!(done.result.verdict(), Verdict::Different, "{done:?}");
        // Those of the first look, and perhaps a few that came before it; the one that is changed all the time is on its way.
        let missing = tally.missing.unwrap();
        assert!((rows - 1..rows + 60).contains(&missing), "{tally:?}");
        assert_eq!((tally.in_flight, tally.unsettled), (Some(1), Some(0)), "{tally:?}");
        let took = Timestamp::now().duration_since(began);
        assert!(took < settle * 6, "what differs the same for the wait is told soon: {took}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_watched_at_a_stop_is_gone_on_with_by_its_keys() {
    let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::PostgreSql).await);
    for side in [&mut source, &mut target] {
        side.script(&format!("{TABLE} INSERT INTO @.t SELECT g, g FROM generate_series(1, 3000) g; ANALYZE @.t")).await;
    }
    target.script("UPDATE @.t SET v = -1 WHERE id IN (500, 2000); DELETE FROM @.t WHERE id = 2500").await;
    let mut running = Running::of([&source, &target], options(SignedDuration::from_mins(10)), HashMap::new()).await;
    running.settles().await;
    running.wish.send_replace(Wish::Stop);
    let done = running.done().await;
    assert_eq!((done.result.verdict(), done.result.tally.unsettled), (Verdict::Unknown, Some(3)), "{done:?}");
    let (mut ranges, mut parts) = (Vec::new(), HashMap::new());
    while let Some(learnt) = running.learnt.recv().await {
        match learnt {
            Learnt::Cut { ranges: cut, .. } => ranges = cut,
            Learnt::Part { number, part, .. } => {
                parts.insert(number, part);
            }
        }
    }
    assert_eq!(parts.len(), ranges.len(), "the range that was watched is kept");
    // As the store keeps it: text.
    let written = serde_json::to_string(&parts).unwrap();
    let parts = serde_json::from_str(&written).unwrap();
    // One has arrived; another row differs by now, which nobody reads again.
    target.script("UPDATE @.t SET v = 500 WHERE id = 500; UPDATE @.t SET v = -7 WHERE id = 7").await;
    let known = HashMap::from([(0, Known::Parts { ranges, parts })]);
    let mut running = Running::of([&source, &target], options(SignedDuration::from_secs(1)), known).await;
    let done = running.done().await;
    let tally = done.result.tally;
    assert_eq!(done.result.verdict(), Verdict::Different, "{done:?}");
    assert_eq!((tally.different, tally.missing, tally.arrived), (Some(1), Some(1), Some(1)), "{tally:?}");
    assert_eq!((tally.source, tally.target), (Some(3_000), Some(2_999)), "{tally:?}");
    let keys: Vec<String> = done.rows.iter().map(|row| row.key[0].value.to_string()).collect();
    assert_eq!(keys, ["2000", "2500"]);
}
