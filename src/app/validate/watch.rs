//! Reading what a gate hangs on: the task, its two latencies, and where it stands the statistics of its tables. As often as
//! they change, through the limiter, and again after a failure, for as long as anybody looks.
//!
//! Start at [`watch`]; [`Cadence`] says what is asked when and is pure.

use crate::aws::{Answer, MetricQuery, Reader, WhichTables};
use crate::model::metric::{MetricName, Point};
use crate::model::task::{Task, TaskStatus};
use crate::model::untrusted::shown;
use crate::model::{InstanceArn, Problem, ProblemKind, ReplicationArn, ReplicationKind, Untrusted};
use crate::validate::gate::{Evidence, Tables};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// How far back points are asked for: the newest of a late service is among them.
const BACK: SignedDuration = SignedDuration::from_mins(15);
/// A point carries the start of its minute; the next one can be there when two minutes have passed since.
const NEXT_POINT: SignedDuration = SignedDuration::from_mins(2);
/// The longest pause after failures in a row.
const LONGEST: SignedDuration = SignedDuration::from_mins(2);

/// A task that is looked at.
#[derive(Debug, Clone)]
pub struct Watched {
    pub reader: Reader,
    pub task: ReplicationArn,
    /// Between two looks; points are asked for no oftener than this, and not before there can be a new one.
    pub every: SignedDuration,
}

impl Watched {
    /// At a quarter of DMS's own pace: what a gate waits for changes once a minute.
    pub fn new(reader: Reader, task: ReplicationArn) -> Self {
        Self { reader, task, every: every() }
    }
}

/// A test that cannot wait says how much shorter; nothing of that is in a release build.
fn every() -> SignedDuration {
    #[cfg(debug_assertions)]
    if let Some(millis) = std::env::var("CUTOVER_TEST_LOOKS_EVERY").ok().and_then(|text| text.parse().ok()) {
        return SignedDuration::from_millis(millis);
    }
    SignedDuration::from_secs(15)
}

/// What is known, and when that was asked.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    pub evidence: Evidence,
    /// When the task was read last, by the service's clock.
    pub looked: Option<Timestamp>,
    /// Anything was asked at all.
    pub begun: bool,
}

/// A task under observation. Ends when it is dropped.
#[derive(Debug)]
pub struct Watch {
    pub sights: watch::Receiver<Sight>,
    reader: Reader,
    again: Arc<Notify>,
    work: JoinHandle<()>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl Watch {
    /// What time it is for the service.
    pub fn now(&self) -> Timestamp {
        self.reader.service_time(Timestamp::now())
    }

    /// The task is asked for now, whenever it would have been.
    pub fn look(&self) {
        self.again.notify_one();
    }
}

/// Begins to look, on the runtime of whoever calls.
pub fn watch(watched: Watched) -> Watch {
    let (send, sights) = watch::channel(Sight::default());
    let again = Arc::new(Notify::new());
    let (reader, asked) = (watched.reader.clone(), Arc::clone(&again));
    let work = tokio::spawn(async move {
        let cadence = Cadence::new(watched.every, watched.reader.service_time(Timestamp::now()));
        let mut looking =
            Looking { watched, cadence, instance: None, told: Default::default(), sight: Sight::default() };
        loop {
            looking.round().await;
            if send.send(looking.sight.clone()).is_err() {
                return;
            }
            let now = looking.watched.reader.service_time(Timestamp::now());
            let wait = looking.cadence.next().duration_since(now).try_into().unwrap_or_default();
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = asked.notified() => looking.cadence.at[What::Task as usize] = Some(now),
            }
        }
    });
    Watch { sights, reader, again, work }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Task,
    Latency,
    Tables,
}

/// When each of them is asked next; `None`: not while things are as they are.
#[derive(Debug, Clone)]
struct Cadence {
    every: SignedDuration,
    at: [Option<Timestamp>; 3],
    failures: [i32; 3],
}

impl Cadence {
    fn new(every: SignedDuration, now: Timestamp) -> Self {
        Self { every, at: [Some(now), None, None], failures: [0; 3] }
    }

    fn is_due(&self, what: What, now: Timestamp) -> bool {
        self.at[what as usize].is_some_and(|at| at <= now)
    }

    /// There is always a next one: the task is asked for as long as anybody looks.
    fn next(&self) -> Timestamp {
        self.at.into_iter().flatten().min().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn failed(&mut self, what: What, now: Timestamp) {
        let failures = &mut self.failures[what as usize];
        let pause = self.every.saturating_mul(1 << (*failures).min(8)).min(LONGEST.max(self.every));
        *failures += 1;
        self.at[what as usize] = Some(now + pause);
    }

    /// The task was read: what it does decides what else is worth asking.
    fn task_read(&mut self, task: Option<&Task>, has_tables: bool, now: Timestamp) {
        self.failures[What::Task as usize] = 0;
        self.at[What::Task as usize] = Some(now + self.every);
        let flows = task.is_some_and(|task| task.status == TaskStatus::Running && task.migration_type.has_cdc());
        let stands = task.is_some_and(|task| task.status == TaskStatus::Stopped);
        for (what, wanted) in [(What::Latency, flows), (What::Tables, stands && !has_tables)] {
            let at = &mut self.at[what as usize];
            if wanted {
                at.get_or_insert(now);
            } else if what == What::Latency || !stands {
                *at = None;
            }
        }
    }

    fn points_read(&mut self, newest: Option<Timestamp>, now: Timestamp) {
        self.failures[What::Latency as usize] = 0;
        let soonest = now + self.every;
        self.at[What::Latency as usize] = Some(newest.map_or(soonest, |at| soonest.max(at + NEXT_POINT)));
    }

    /// Statistics of a task that stands change only where a load had not been counted to its end.
    fn tables_read(&mut self, unfinished: bool, now: Timestamp) {
        self.failures[What::Tables as usize] = 0;
        self.at[What::Tables as usize] = unfinished.then_some(now + self.every);
    }
}

struct Looking {
    watched: Watched,
    cadence: Cadence,
    /// The instance it runs on, and its name: it stands in no ARN.
    instance: Option<(InstanceArn, Untrusted)>,
    /// Why the newest question of each kind has no answer.
    told: [Option<String>; 3],
    sight: Sight,
}

impl Looking {
    async fn round(&mut self) {
        for what in [What::Task, What::Latency, What::Tables] {
            let now = self.now();
            if !self.cadence.is_due(what, now) {
                continue;
            }
            let answered = match what {
                What::Task => self.task().await,
                What::Latency => self.latency(now).await,
                What::Tables => self.tables().await,
            };
            let problem = answered.err();
            if problem.is_some() {
                self.cadence.failed(what, self.now());
            }
            self.told[what as usize] = problem.as_ref().map(words);
        }
        self.sight.begun = true;
        self.sight.evidence.problem = self.told.iter().flatten().next().cloned();
    }

    fn now(&self) -> Timestamp {
        self.watched.reader.service_time(Timestamp::now())
    }

    async fn task(&mut self) -> Result<(), Problem> {
        let asked = self.now();
        let answer = self.watched.reader.tasks_in_brief(std::slice::from_ref(&self.watched.task)).await?;
        let Answer { mut value, stated, mut missing, .. } = answer;
        let evidence = &mut self.sight.evidence;
        match (value.pop(), missing.pop()) {
            (Some(task), _) => {
                let standstill = |task: &Task| (task.status.clone(), task.stats.start, task.stats.fresh_start);
                if evidence.task.as_ref().map(standstill) != Some(standstill(&task)) {
                    evidence.tables = None;
                    self.cadence.at[What::Tables as usize] = None;
                }
                (evidence.task, evidence.gone) = (Some(task), false);
            }
            (None, Some(problem)) => return Err(problem),
            (None, None) => evidence.gone = true,
        }
        evidence.stated = stated;
        let task = evidence.task.as_ref().filter(|_| !evidence.gone);
        let has_tables = evidence.tables.is_some();
        self.sight.looked = Some(asked);
        let now = self.watched.reader.service_time(Timestamp::now());
        self.cadence.task_read(task, has_tables, now);
        Ok(())
    }

    async fn latency(&mut self, now: Timestamp) -> Result<(), Problem> {
        let Some(task) = self.sight.evidence.task.clone() else { return Ok(()) };
        let instance = self.instance_of(&task).await?;
        let names = vec![MetricName::CDCLatencySource, MetricName::CDCLatencyTarget];
        let query = MetricQuery { arn: task.arn, instance, names };
        let Answer { value, mut missing, .. } = self.watched.reader.metrics(&[query], now - BACK, now).await?;
        if let Some(problem) = missing.pop() {
            return Err(problem);
        }
        let mut newest: Option<Timestamp> = None;
        for one in value {
            newest = newest.max(one.series.newest().map(|point| point.at));
            let points: Vec<Point> = one.series.points;
            match one.series.name {
                MetricName::CDCLatencySource => self.sight.evidence.source = points,
                _ => self.sight.evidence.target = points,
            }
        }
        self.sight.evidence.measured = Some(now);
        self.cadence.points_read(newest, now);
        Ok(())
    }

    async fn instance_of(&mut self, task: &Task) -> Result<Option<Untrusted>, Problem> {
        if task.arn.kind() == ReplicationKind::Serverless {
            return Ok(None);
        }
        let Some(arn) = &task.instance else { return Ok(None) };
        if let Some((known, name)) = &self.instance
            && known == arn
        {
            return Ok(Some(name.clone()));
        }
        let all = self.watched.reader.instances().await?.value;
        let found = all.into_iter().find(|one| one.arn == *arn).map(|one| one.name);
        self.instance = found.clone().map(|name| (arn.clone(), name));
        Ok(found)
    }

    async fn tables(&mut self) -> Result<(), Problem> {
        let Answer { value, mut missing, .. } =
            self.watched.reader.tables(&self.watched.task, WhichTables::All).await?;
        if let Some(problem) = missing.pop() {
            return Err(problem);
        }
        let tables = Tables::of(&value);
        let unfinished = tables.unfinished > 0;
        self.sight.evidence.tables = Some(tables);
        let now = self.now();
        self.cadence.tables_read(unfinished, now);
        Ok(())
    }
}

/// A problem in one line: who refused, and what to do where only a person can do it.
pub fn words(problem: &Problem) -> String {
    let person = matches!(
        problem.kind,
        ProblemKind::NoCredentials | ProblemKind::ExpiredCredentials | ProblemKind::AccessDenied
    );
    let (summary, hint) = (shown(&problem.summary), shown(&problem.hint));
    if person && !hint.is_empty() { format!("{summary}. {hint}") } else { summary.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn task(status: &str, kind: &str) -> Task {
        serde_json::from_value(json!({
            "arn": "arn:aws:dms:eu-west-1:123456789012:task:A", "name": "orders", "migration_type": kind,
            "status": status, "stop_reason": null, "last_failure": null, "source": "s", "target": "t",
            "instance": null,
            "stats": {"full_load_progress_percent": null, "elapsed_ms": null, "tables_loaded": 0, "tables_loading": 0,
                      "tables_queued": 0, "tables_errored": 0, "fresh_start": null, "start": null, "stop": null,
                      "full_load_start": null, "full_load_finish": null},
            "table_mappings": null, "settings": null, "cdc_start_position": null, "cdc_stop_position": null,
            "recovery_checkpoint": null
        }))
        .unwrap()
    }

    /// What is due at which second.
    fn due(cadence: &Cadence, second: i64) -> Vec<What> {
        [What::Task, What::Latency, What::Tables].into_iter().filter(|what| cadence.is_due(*what, at(second))).collect()
    }

    #[test]
    fn latency_is_asked_while_changes_flow_and_tables_once_where_the_task_stands() {
        let mut it = Cadence::new(SignedDuration::from_secs(15), at(0));
        assert_eq!(due(&it, 0), [What::Task]);
        it.task_read(Some(&task("running", "cdc")), false, at(0));
        assert_eq!(due(&it, 0), [What::Latency]);
        // The point of the minute that began 90 s ago: there is no other before 30 s have passed.
        it.points_read(Some(at(-90)), at(0));
        assert_eq!((due(&it, 15), due(&it, 30)), (vec![What::Task], vec![What::Task, What::Latency]));
        it.points_read(Some(at(-300)), at(30));
        assert_eq!(due(&it, 45), [What::Task, What::Latency], "where points are late, each time");
        it.task_read(Some(&task("stopped", "cdc")), false, at(45));
        assert_eq!(due(&it, 45), [What::Tables]);
        it.tables_read(false, at(46));
        it.task_read(Some(&task("stopped", "cdc")), true, at(60));
        assert_eq!(due(&it, 75), [What::Task]);
        it.task_read(Some(&task("running", "full-load")), false, at(75));
        assert_eq!(due(&it, 90), [What::Task], "a full load has no latency");
    }

    #[test]
    fn after_failures_it_waits_longer_and_never_gives_up() {
        let mut it = Cadence::new(SignedDuration::from_secs(15), at(0));
        let mut now = at(0);
        let mut pauses = Vec::new();
        for _ in 0..12 {
            it.failed(What::Task, now);
            pauses.push(it.next().duration_since(now).as_secs());
            now = it.next();
        }
        assert_eq!(pauses[..5], [15, 30, 60, 120, 120]);
        assert_eq!(pauses[11], 120);
        it.task_read(None, false, now);
        assert_eq!(it.next().duration_since(now).as_secs(), 15);
    }
}
