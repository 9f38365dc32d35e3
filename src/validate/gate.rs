//! When a comparison of a moving target may begin, and whether what it began upon still holds. Pure: evidence goes in, with
//! the time it is of.
//!
//! Start at [`judge`]; [`meanwhile`] is for the time while rows are compared. A gate opens on fresh evidence only: a point
//! that is missing or old says that nothing is known (sections 0 and 3.3 of the DMS facts). Where waiting cannot help it is
//! shut, and then nothing is compared and nothing is known.

mod meanwhile;
#[cfg(test)]
mod tests;

pub use meanwhile::{Meanwhile, meanwhile};

use crate::model::drain::tally;
use crate::model::health::{self, Latency};
use crate::model::metric::{FRESH_FOR, MetricName, Point};
use crate::model::table::TableRow;
use crate::model::task::{StopReason, Task, TaskStatus};
use crate::model::untrusted::shown;
use crate::model::validation::{Gate, GateSeen};
use jiff::{SignedDuration, Timestamp};

/// The limit of the set-up that is published for DMS: compare once both latencies are under five seconds.
pub const LIMIT: SignedDuration = SignedDuration::from_secs(5);

/// How long a gate is waited for where nobody says otherwise.
pub const TIMEOUT: SignedDuration = SignedDuration::from_mins(10);

/// Tables that are named; the rest is counted.
const NAMED: usize = 3;

/// What was seen of a task, and when that was so.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// The task as DMS describes it, and when DMS said so.
    pub task: Option<Task>,
    pub stated: Option<Timestamp>,
    /// DMS answered, and it is not there.
    pub gone: bool,
    /// `CDCLatencySource` and `CDCLatencyTarget`, oldest first, and when CloudWatch was read last.
    pub source: Vec<Point>,
    pub target: Vec<Point>,
    pub measured: Option<Timestamp>,
    /// Of the present standstill; read only where the task stands.
    pub tables: Option<Tables>,
    /// Why the newest question has no answer.
    pub problem: Option<String>,
}

/// The statistics of all tables of a task that stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tables {
    pub all: usize,
    /// In error, cancelled or missing: `shop.orders (Table error), …`.
    pub bad: Vec<String>,
    /// The load has still to touch them.
    pub unfinished: usize,
    /// Changes captured and not applied, of the tables that tell and are not in error.
    pub waiting: i64,
    /// Tables that do not tell what was applied.
    pub untold: usize,
}

impl Tables {
    pub fn of(rows: &[TableRow]) -> Self {
        let mut all = Self { all: rows.len(), ..Self::default() };
        for row in rows {
            if row.state.is_bad() {
                let (schema, table, state) = (row.schema.shown(), row.table.shown(), row.state.raw());
                all.bad.push(format!("{schema}.{table} ({})", shown(state)));
                continue;
            }
            all.unfinished += usize::from(row.state.is_unfinished());
            match tally::behind(row) {
                Some(changes) => all.waiting = all.waiting.saturating_add(changes),
                None => all.untold += 1,
            }
        }
        all
    }

    /// `2 tables in error: shop.a (Table error), shop.b (Table error)`; `None` where there are none.
    fn errors(&self) -> Option<String> {
        let (count, named) = (self.bad.len(), self.bad.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", "));
        let more = match count.saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (count > 0).then(|| format!("{} in error: {named}{more}", tables(count)))
    }
}

fn tables(count: usize) -> String {
    if count == 1 { "1 table".to_owned() } else { format!("{count} tables") }
}

/// The gate that fits a task as it is now.
pub fn fitting(task: &Task, limit: SignedDuration, timeout: SignedDuration) -> Gate {
    let stands = matches!(task.status, TaskStatus::Stopped | TaskStatus::Failed);
    match task.migration_type.has_cdc() {
        true if stands => Gate::Drained,
        true => Gate::Latency { limit, timeout },
        false => Gate::FullLoad { timeout },
    }
}

/// What the gate says `now`, when it is waited for since `since`. Both times are the service's.
pub fn judge(gate: &Gate, evidence: &Evidence, since: Timestamp, now: Timestamp) -> GateSeen {
    let (seen, timeout) = match gate {
        Gate::NoTask => return open("no task is known".to_owned(), None, None),
        Gate::Waived { reason } => {
            let latency = latencies(evidence, now).ok().map(|[source, target]| longer(source, target));
            return open(format!("without a gate: {}", shown(reason)), None, latency);
        }
        Gate::Latency { limit, timeout } => (moving(*limit, evidence, now), *timeout),
        Gate::FullLoad { timeout } => (loaded(evidence, now), *timeout),
        Gate::Drained => (drained(evidence, now), TIMEOUT),
    };
    match seen {
        GateSeen::Waiting { why } if now.duration_since(since) >= timeout => {
            GateSeen::Shut { why: format!("not open within {timeout:#}: {why}") }
        }
        seen => seen,
    }
}

fn open(why: String, at_rest: Option<bool>, latency: Option<SignedDuration>) -> GateSeen {
    GateSeen::Open { why, at_rest, latency }
}

fn waiting(why: impl Into<String>) -> GateSeen {
    GateSeen::Waiting { why: why.into() }
}

fn shut(why: impl Into<String>) -> GateSeen {
    GateSeen::Shut { why: why.into() }
}

fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S UTC").to_string()
}

/// The task, where its description is of now.
fn standing(evidence: &Evidence, now: Timestamp) -> Result<&Task, GateSeen> {
    if evidence.gone {
        return Err(shut("the task is not there any more"));
    }
    let why = |words: String| match &evidence.problem {
        Some(problem) => waiting(format!("{words}: {problem}")),
        None => waiting(words),
    };
    let Some(task) = &evidence.task else { return Err(why("the task is not read yet".to_owned())) };
    match evidence.stated {
        Some(at) if now.duration_since(at) <= FRESH_FOR => Ok(task),
        Some(at) => Err(why(format!("the task was not read since {}", clock(at)))),
        None => Err(why("nobody knows how old its description is".to_owned())),
    }
}

/// Why it stopped, in DMS's own word, or its words where that is not known.
fn reason(task: &Task) -> String {
    match (task.stop_reason(), &task.stop_reason) {
        (Some(reason), _) => reason.raw().to_owned(),
        (None, Some(text)) => text.shown().into_owned(),
        (None, None) => "no reason told".to_owned(),
    }
}

fn failed(task: &Task) -> String {
    match &task.last_failure {
        Some(why) => format!("the task failed: {}", why.shown()),
        None => format!("the task failed ({})", reason(task)),
    }
}

/// A task that is going to move by itself; waiting helps.
fn not_yet(task: &Task) -> GateSeen {
    waiting(format!("the task is {}", shown(task.status.raw())))
}

fn moving(limit: SignedDuration, evidence: &Evidence, now: Timestamp) -> GateSeen {
    let task = match standing(evidence, now) {
        Ok(task) => task,
        Err(seen) => return seen,
    };
    match task.status {
        TaskStatus::Running => {}
        TaskStatus::Failed | TaskStatus::FailedMove => return shut(failed(task)),
        TaskStatus::Stopped => return shut(format!("the task stopped ({})", reason(task))),
        TaskStatus::Deleting => return shut("the task is deleted"),
        _ => return not_yet(task),
    }
    // Without a single point: whether one is due at all.
    if health::latency(task, &[], evidence.measured, now) == Latency::NotDue {
        return waiting(loading(task));
    }
    let [source, target] = match latencies(evidence, now) {
        Ok(both) => both,
        Err(why) => return waiting(why),
    };
    let (words, most) =
        (format!("latency {:.0} s to the source, {:.0} s to the target", source.value, target.value), {
            limit.as_secs_f64()
        });
    if source.value > most || target.value > most {
        return waiting(format!("{words}; the limit is {limit:#}"));
    }
    let errors = match usize::try_from(task.stats.tables_errored) {
        Ok(count) if count > 0 => format!("; {} in error", tables(count)),
        _ => String::new(),
    };
    let at = clock(source.at.min(target.at));
    open(format!("{words} at {at}{errors}"), Some(false), Some(longer(source, target)))
}

fn loading(task: &Task) -> String {
    let stats = &task.stats;
    let all = stats.tables_loaded + stats.tables_loading + stats.tables_queued + stats.tables_errored;
    if all > 0 { format!("loading: {} of {all} tables", stats.tables_loaded) } else { "loading".to_owned() }
}

fn longer(source: Point, target: Point) -> SignedDuration {
    SignedDuration::try_from_secs_f64(source.value.max(target.value).max(0.0)).unwrap_or(SignedDuration::MAX)
}

/// The newest points of both latencies, where both are fresh and of the present run; else why not.
fn latencies(evidence: &Evidence, now: Timestamp) -> Result<[Point; 2], String> {
    let task = evidence.task.as_ref().ok_or("the task is not read yet")?;
    let began = task.stats.start.max(task.stats.fresh_start);
    let of = |name: MetricName, points: &[Point]| {
        let points = &points[began.map_or(0, |began| points.partition_point(|point| point.at < began))..];
        let told = match health::latency(task, points, evidence.measured, now) {
            Latency::Fresh(point) if point.value.is_finite() => return Ok(point),
            Latency::Fresh(_) => "is no number".to_owned(),
            Latency::NotDue => "is not published by such a task".to_owned(),
            Latency::Missing { newest: Some(at) } => format!("has no point since {}", clock(at)),
            Latency::Missing { newest: None } => "is missing: the task runs and publishes nothing".to_owned(),
            Latency::NotYet => "has no fresh point yet".to_owned(),
        };
        let problem = evidence.problem.as_ref().map(|problem| format!(": {problem}")).unwrap_or_default();
        Err(format!("{} {told}{problem}", name.raw()))
    };
    Ok([of(MetricName::CDCLatencySource, &evidence.source)?, of(MetricName::CDCLatencyTarget, &evidence.target)?])
}

fn loaded(evidence: &Evidence, now: Timestamp) -> GateSeen {
    let task = match standing(evidence, now) {
        Ok(task) => task,
        Err(seen) => return seen,
    };
    match task.status {
        TaskStatus::Stopped => {}
        TaskStatus::Failed | TaskStatus::FailedMove => return shut(failed(task)),
        TaskStatus::Deleting => return shut("the task is deleted"),
        TaskStatus::Running => return waiting(loading(task)),
        TaskStatus::Ready => return waiting("the task has never run"),
        _ => return not_yet(task),
    }
    if task.stop_reason() != Some(StopReason::FullLoadOnlyFinished) {
        return shut(format!("the load did not finish: the task stopped ({})", reason(task)));
    }
    let all = match tables_of(evidence) {
        Ok(all) => all,
        Err(seen) => return seen,
    };
    // Either may be stale: the worse counts.
    let counted = usize::try_from(task.stats.tables_errored).unwrap_or(0);
    match all.errors() {
        Some(errors) => return shut(format!("the load finished with {errors}")),
        None if counted > 0 => return shut(format!("the load finished with {} in error", tables(counted))),
        None => {}
    }
    if all.unfinished > 0 {
        return waiting(format!("the load finished, and {} not loaded yet by its statistics", are(all.unfinished)));
    }
    // Nobody watches the source since it was read.
    open(format!("the full load has finished, {} and none in error", tables(all.all)), None, None)
}

fn are(count: usize) -> String {
    if count == 1 { "1 table is".to_owned() } else { format!("{count} tables are") }
}

fn tables_of(evidence: &Evidence) -> Result<&Tables, GateSeen> {
    let problem = evidence.problem.as_ref().map(|problem| format!(": {problem}")).unwrap_or_default();
    evidence.tables.as_ref().ok_or_else(|| waiting(format!("the statistics of its tables are not read yet{problem}")))
}

/// How a task came to stand.
enum Stop {
    /// As it was told to, after applying what it had.
    InOrder,
    /// By itself, or before it applied what it had captured.
    Short,
    Untold,
}

fn stop(task: &Task) -> Stop {
    match task.stop_reason() {
        Some(
            StopReason::Normal
            | StopReason::StoppedAtServerTime
            | StopReason::StoppedAtCommitTime
            | StopReason::StoppedAfterCachedEvents
            | StopReason::StoppedAfterDdlApply,
        ) => Stop::InOrder,
        Some(
            StopReason::RecoverableError
            | StopReason::FatalError
            | StopReason::StoppedAfterFullLoad
            | StopReason::ExpressLicenseLimitsReached
            | StopReason::StoppedDueToLowMemory
            | StopReason::StoppedDueToLowDisk
            | StopReason::ReconfigurationRestart
            | StopReason::RecycleTask,
        ) => Stop::Short,
        Some(StopReason::FullLoadOnlyFinished) | None => Stop::Untold,
    }
}

fn drained(evidence: &Evidence, now: Timestamp) -> GateSeen {
    let task = match standing(evidence, now) {
        Ok(task) => task,
        Err(seen) => return seen,
    };
    match task.status {
        TaskStatus::Stopped => {}
        TaskStatus::Failed | TaskStatus::FailedMove => return shut(failed(task)),
        TaskStatus::Deleting => return shut("the task is deleted"),
        TaskStatus::Running | TaskStatus::Starting => {
            return shut("the task runs again: ask once more, then its latency decides");
        }
        _ => return not_yet(task),
    }
    let why = reason(task);
    let stop = stop(task);
    if matches!(stop, Stop::Short) {
        return shut(format!("the task stopped ({why}) before everything had gone through"));
    }
    let all = match tables_of(evidence) {
        Ok(all) => all,
        Err(seen) => return seen,
    };
    if all.waiting > 0 {
        return shut(format!("the task stopped ({why}) with {} changes captured and not applied", all.waiting));
    }
    let through = if all.untold > 0 {
        format!("what was applied is not told for {}", tables(all.untold))
    } else {
        "all that was captured is applied".to_owned()
    };
    let errors = all.errors().map(|errors| format!("; {errors}")).unwrap_or_default();
    // Unknown is no rest: somebody may have stopped it in the middle of something.
    let at_rest = (matches!(stop, Stop::InOrder) && all.untold == 0 && all.all > 0).then_some(true);
    open(format!("the task stopped ({why}), {through}{errors}"), at_rest, None)
}
