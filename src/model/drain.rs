//! Is everything through? What AWS can tell about the way from source to target, check by check; pure.
//!
//! A check passes only on fresh evidence that says so: what is not known, too old or ambiguous is never a pass (sections
//! 3.3 and 7.3 of the DMS facts). [`tally`] counts tables, `flow.rs` reads metrics, `around.rs` the rest; [`judge`] joins
//! them; `databases.rs` is what AWS does not know, and source and target do.

mod around;
mod databases;
mod flow;
pub mod tally;
#[cfg(test)]
mod tests;

pub use tally::Tally;

use crate::model::around::Around;
use crate::model::event::Event;
use crate::model::log_line::LogEvent;
use crate::model::metric::{MetricName, Point};
use crate::model::parts::{Instance, PendingMaintenance};
use crate::model::schedule::Schedule;
use crate::model::task::{Task, TaskStatus};
use crate::model::validation::told::RunLine;
use jiff::{SignedDuration, Timestamp};

/// How a check stands. The worst last; not known is worse than on its way, since waiting does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It has nothing to say about such a task.
    NotDue,
    Pass,
    /// Not yet, and on its way.
    Waiting,
    Unknown,
    /// No, and waiting does not help.
    Fail,
}

impl Standing {
    pub fn word(self) -> &'static str {
        match self {
            Self::NotDue => "not_due",
            Self::Pass => "pass",
            Self::Waiting => "waiting",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

/// When what a check goes by was so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing that has a time.
    Timeless,
    /// It has a time, and nobody told it.
    Undated,
    At(Timestamp),
}

impl From<Option<Timestamp>> for Seen {
    fn from(at: Option<Timestamp>) -> Self {
        at.map_or(Self::Undated, Self::At)
    }
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    Status,
    Load,
    Tables,
    Selected,
    Backlog,
    Incoming,
    LatencyTarget,
    LatencySource,
    Changes,
    Retries,
    Log,
    // From here on: what the databases say, then what has to be right before the switch; not the flow itself.
    Exceptions,
    Suspended,
    Failures,
    SourceLog,
    OpenTransactions,
    Blockers,
    Validation,
    Compared,
    Maintenance,
    Schedules,
    Writes,
}

impl Topic {
    pub const ALL: [Self; 22] = [
        Self::Status,
        Self::Load,
        Self::Tables,
        Self::Selected,
        Self::Backlog,
        Self::Incoming,
        Self::LatencyTarget,
        Self::LatencySource,
        Self::Changes,
        Self::Retries,
        Self::Log,
        Self::Exceptions,
        Self::Suspended,
        Self::Failures,
        Self::SourceLog,
        Self::OpenTransactions,
        Self::Blockers,
        Self::Validation,
        Self::Compared,
        Self::Maintenance,
        Self::Schedules,
        Self::Writes,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Status => "task",
            Self::Load => "full load",
            Self::Tables => "tables",
            Self::Selected => "selection",
            Self::Backlog => "backlog",
            Self::Incoming => "incoming",
            Self::LatencyTarget => "latency",
            Self::LatencySource => "source latency",
            Self::Changes => "in memory, on disk",
            Self::Retries => "retries",
            Self::Log => "log errors",
            Self::Validation => "validation by DMS",
            Self::Compared => "our validation",
            Self::Exceptions => "apply exceptions",
            Self::Suspended => "suspended tables",
            Self::Failures => "failed keys",
            Self::SourceLog => "log of the source",
            Self::OpenTransactions => "open transactions",
            Self::Blockers => "lock waits",
            Self::Maintenance => "maintenance",
            Self::Schedules => "schedules",
            Self::Writes => "source writes",
        }
    }

    /// It is about the way from source to target: there, not knowing is not being through.
    pub fn is_flow(self) -> bool {
        Self::ALL.iter().position(|topic| *topic == self)
            < Self::ALL.iter().position(|topic| *topic == Self::Exceptions)
    }

    /// Only source and target themselves can tell.
    pub fn is_of_databases(self) -> bool {
        Self::DATABASES.contains(&self)
    }

    const DATABASES: [Self; 6] =
        [Self::Exceptions, Self::Suspended, Self::Failures, Self::SourceLog, Self::OpenTransactions, Self::Blockers];
}

/// One line of the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub topic: Topic,
    pub standing: Standing,
    /// What is known. Names in it come from outside.
    pub words: String,
    pub seen: Seen,
    /// From here on the evidence is too old to pass.
    pub expires: Option<Timestamp>,
}

impl Check {
    fn new(topic: Topic, standing: Standing, words: impl Into<String>) -> Self {
        Self { topic, standing, words: words.into(), seen: Seen::Timeless, expires: None }
    }

    /// Says how old the evidence is. One that is older than `good_for`, of no known time or of the future proves nothing.
    fn dated(mut self, as_of: Option<Timestamp>, good_for: SignedDuration, now: Timestamp) -> Self {
        self.seen = as_of.into();
        let Some(at) = as_of else {
            self.doubt("the evidence carries no time");
            return self;
        };
        let expires = at.checked_add(good_for).unwrap_or(Timestamp::MAX);
        if now.duration_since(at) < -AHEAD {
            self.doubt("stamped later than our clock says: the clocks differ");
        } else if now >= expires {
            self.doubt("too old to count");
        } else {
            self.expires = Some(expires);
        }
        self
    }

    fn doubt(&mut self, why: &str) {
        if self.standing != Standing::NotDue {
            self.standing = Standing::Unknown;
            self.words = format!("{why}; it said: {}", self.words);
        }
    }
}

/// Evidence may be ahead of our clock by this much.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);

/// A status decides what happens next, and is asked every ten seconds while somebody looks.
const STATUS_FOR: SignedDuration = SignedDuration::from_mins(2);
/// DMS refreshes table statistics every few seconds to a minute; a large task is read more slowly.
const TABLES_FOR: SignedDuration = SignedDuration::from_mins(5);
/// Events and log findings appear some minutes late anyway.
const EVENTS_FOR: SignedDuration = SignedDuration::from_mins(3);
const LOG_FOR: SignedDuration = SignedDuration::from_mins(5);
/// The databases are asked every half minute while somebody looks.
const DATABASES_FOR: SignedDuration = SignedDuration::from_mins(3);
/// A comparison is of its moment: rows are written on.
const COMPARED_FOR: SignedDuration = SignedDuration::from_hours(1);
/// What people change, and what AWS plans.
const SCHEDULES_FOR: SignedDuration = SignedDuration::from_mins(15);
const MAINTENANCE_FOR: SignedDuration = SignedDuration::from_hours(3);

/// Everything AWS has told about one task. `None` is: not asked yet, or not answered.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    pub task: &'a Task,
    pub status_as_of: Option<Timestamp>,
    /// Complete table statistics, counted.
    pub tables: Option<(&'a Tally, Option<Timestamp>)>,
    pub points: &'a dyn Fn(MetricName) -> &'a [Point],
    /// When metrics were answered last: of what is later that answer says nothing.
    pub measured: Option<Timestamp>,
    /// Those of the charts were answered too.
    pub charted: bool,
    /// What refuses them, where the newest question failed.
    pub metrics_failed: Option<&'a str>,
    pub charts_failed: Option<&'a str>,
    pub log: Option<Log<'a>>,
    /// Of this task, oldest first.
    pub events: Option<(&'a [&'a Event], Option<Timestamp>)>,
    pub schedules: Option<(&'a [Schedule], Option<Timestamp>)>,
    pub maintenance: Option<(&'a [PendingMaintenance], Option<Timestamp>)>,
    pub instance: Option<&'a Instance>,
    pub databases: Option<&'a Around>,
    /// Why they told nothing, where the newest question failed.
    pub databases_failed: Option<&'a str>,
    /// The replication slot that the source endpoint names.
    pub slot: Option<&'a str>,
    /// The newest comparison of ours of this task.
    pub compared: Option<&'a RunLine>,
    pub now: Timestamp,
}

/// What the log of the task says.
#[derive(Clone, Copy)]
pub struct Log<'a> {
    /// Lines worth a look, oldest first.
    pub lines: &'a [LogEvent],
    /// Why it tells nothing.
    pub none: Option<&'a str>,
    pub as_of: Option<Timestamp>,
}

impl Evidence<'_> {
    fn running(&self) -> bool {
        self.task.status == TaskStatus::Running
    }

    fn only_loads(&self) -> bool {
        self.task.migration_type.has_full_load() && !self.task.migration_type.has_cdc()
    }

    /// The full load has not ended: no change is applied before it has.
    fn loads(&self) -> bool {
        self.task.migration_type.has_full_load() && around::load_finished(self.task).is_none()
    }
}

/// What it all comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything AWS can tell of is through. What it cannot tell of is named.
    Through { untold: Vec<Topic> },
    /// What stands in the way first.
    NotThrough { topic: Topic, words: String, waiting: bool },
    /// Nothing says no, and not everything says yes; what is not known.
    NotKnown { words: String },
}

impl Verdict {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Through { .. } => "THROUGH",
            Self::NotThrough { .. } => "NOT THROUGH",
            Self::NotKnown { .. } => "NOT KNOWN",
        }
    }

    /// What follows the word.
    pub fn words(&self) -> String {
        let named = |topics: &[Topic]| {
            // Where none of them is known, one reason stands for all.
            let none = Topic::DATABASES.iter().filter(|topic| topics.contains(topic)).count() > 2;
            let rest = topics.iter().filter(|topic| !none || !topic.is_of_databases()).map(|topic| topic.word());
            none.then_some("what the databases say").into_iter().chain(rest).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::Through { untold } if untold.is_empty() => "as far as AWS can tell".to_owned(),
            Self::Through { untold } => format!("as far as AWS can tell; not known: {}", named(untold)),
            Self::NotThrough { topic, words, .. } => format!("{}: {words}", topic.word()),
            Self::NotKnown { words } => words.clone(),
        }
    }

    /// Worst highest: what fails, what is not known, what waits, what is through.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Through { .. } => 0,
            Self::NotThrough { waiting: true, .. } => 1,
            Self::NotKnown { .. } => 2,
            Self::NotThrough { waiting: false, .. } => 3,
        }
    }
}

/// The panel of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// In the order of [`Topic::ALL`].
    pub checks: Vec<Check>,
    pub verdict: Verdict,
    /// From here on it may read differently though no news came.
    pub until: Option<Timestamp>,
}

/// Judges one task.
pub fn judge(evidence: &Evidence<'_>) -> Judgement {
    let backlog = around::backlog(evidence);
    let incoming = flow::incoming(evidence);
    // Nothing waits anywhere: only then is a latency of zero idleness.
    let calm = backlog.standing == Standing::Pass && incoming.standing == Standing::Pass;
    let mut checks = vec![
        around::status(evidence),
        around::full_load(evidence),
        around::tables(evidence),
        around::selected(evidence),
        backlog,
        incoming,
        flow::latency(evidence, Topic::LatencyTarget, MetricName::CDCLatencyTarget, calm),
        flow::latency(evidence, Topic::LatencySource, MetricName::CDCLatencySource, calm),
        flow::changes(evidence),
        flow::retries(evidence),
        around::log(evidence),
    ];
    checks.extend(databases::all(evidence));
    checks.extend([
        around::validation(evidence),
        around::compared(evidence),
        around::maintenance(evidence),
        around::schedules(evidence),
        Check::new(
            Topic::Writes,
            Standing::Unknown,
            "ask the application: that nobody writes any more only the source can show, by a log position that stands still",
        ),
    ]);
    let verdict = verdict(&checks, evidence.tables.is_some());
    let until = checks.iter().filter_map(|check| check.expires).filter(|at| *at > evidence.now).min();
    Judgement { checks, verdict, until }
}

/// What the databases of one task say, check by check, where nothing else was asked.
pub fn of_databases(task: &Task, around: &Around, slot: Option<&str>, now: Timestamp) -> Vec<Check> {
    let evidence = Evidence {
        task,
        status_as_of: None,
        tables: None,
        points: &|_| &[],
        measured: None,
        charted: false,
        metrics_failed: None,
        charts_failed: None,
        log: None,
        events: None,
        schedules: None,
        maintenance: None,
        instance: None,
        databases: Some(around),
        databases_failed: None,
        slot,
        compared: None,
        now,
    };
    databases::all(&evidence).to_vec()
}

/// `counted`: the tables of the task were asked for.
fn verdict(checks: &[Check], counted: bool) -> Verdict {
    let with = |standing: Standing| checks.iter().filter(move |check| check.standing == standing);
    let against = with(Standing::Fail).next().or_else(|| with(Standing::Waiting).next());
    if let Some(check) = against {
        let waiting = check.standing == Standing::Waiting;
        return Verdict::NotThrough { topic: check.topic, words: check.words.clone(), waiting };
    }
    let unknown: Vec<&Check> = with(Standing::Unknown).filter(|check| check.topic.is_flow()).collect();
    match unknown.as_slice() {
        [only] if counted => Verdict::NotKnown { words: format!("{}: {}", only.topic.word(), only.words) },
        [_, ..] => {
            let by_tables = [Topic::Load, Topic::Tables, Topic::Selected, Topic::Backlog];
            let others = unknown.iter().filter(|check| counted || !by_tables.contains(&check.topic));
            let others = others.map(|check| check.topic.word());
            let first = (!counted).then_some("table counts not asked");
            Verdict::NotKnown { words: first.into_iter().chain(others).collect::<Vec<_>>().join(", ") }
        }
        [] => Verdict::Through { untold: with(Standing::Unknown).map(|check| check.topic).collect() },
    }
}

/// What is done when, at the moment of the switch: any other order loses the tail (section 7.3 of the DMS facts).
pub const ORDER: [&str; 7] = [
    "freeze writes on the source",
    "see here that everything is through, on evidence younger than the freeze",
    "validate for the last time",
    "stop the task",
    "write down stop reason and recovery checkpoint",
    "set sequences; switch triggers and foreign keys on",
    "switch the application over",
];
