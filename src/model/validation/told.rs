//! Comparisons as they are listed, opened, and looked into: what a screen asks for, and what it is told.
//!
//! Pure. A run is one [`RunLine`] in a list and one [`RunTold`] when it is opened; its rows are [`Rows`], whose values are
//! hidden until somebody asked for them.

use super::{
    Cell, Gate, GateSeen, Kind, Planned, Progress, RowChange, RowResult, RunId, TableResult, Trigger, Verdict, What,
};
use crate::model::Untrusted;
use crate::model::listing::validations::Summary;
use jiff::Timestamp;
use std::fmt;

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// For its gate.
    Waiting,
    Comparing,
    Paused,
    /// It was told to stop, and its statements end on their servers.
    Stopping,
    Ended,
    /// It ended before its end, because that was wished or its program was gone.
    Interrupted,
    /// It could not go on.
    Failed,
}

impl RunState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Comparing => "comparing",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Ended => "ended",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
        }
    }

    pub fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::Interrupted | Self::Failed)
    }
}

/// One run in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct RunLine {
    pub id: RunId,
    pub what: What,
    pub trigger: Trigger,
    pub state: RunState,
    /// `None` before it is over.
    pub verdict: Option<Verdict>,
    pub started: Timestamp,
    pub ended: Option<Timestamp>,
    /// `host:port/database`, or a path.
    pub source_at: Untrusted,
    pub target_at: Untrusted,
    /// The machine it is seen from.
    pub seen_from: String,
    pub tables: usize,
    pub equal: usize,
    pub different: usize,
    pub unknown: usize,
    /// Of the source, as far as they were read.
    pub rows: u64,
    /// Settled: different, missing and extra.
    pub differences: u64,
    /// It runs in this program.
    pub ours: bool,
    /// Nothing was written on either side meanwhile, as far as its task tells; `None`: not known.
    pub at_rest: Option<bool>,
}

/// One table of a run that is opened.
#[derive(Debug, Clone, PartialEq)]
pub struct TableTold {
    /// Its place in the plan.
    pub nth: usize,
    pub result: TableResult,
    pub rows: Vec<RowResult>,
}

/// One run, opened.
#[derive(Debug, Clone, PartialEq)]
pub struct RunTold {
    pub line: RunLine,
    /// `None` where the plan was not kept.
    pub planned: Option<Planned>,
    pub gate: Option<GateSeen>,
    pub progress: Option<Progress>,
    pub tables: Vec<TableTold>,
    pub summary: Option<Summary>,
    /// Why it could not go on.
    pub failed: Option<String>,
}

/// What may be started, as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub what: What,
    /// `None`: as the configuration says, else rows.
    pub kind: Option<Kind>,
    /// `Some`: the gate is waived for this reason.
    pub waived: Option<String>,
}

/// A plan that can be started, or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    pub planned: Planned,
    /// What it costs, in sentences; the first one is what must not be overlooked.
    pub cost: Vec<String>,
    /// What has to be typed before it starts; `None`: it was confirmed before.
    pub expects: Option<String>,
    /// Why it cannot be started at all, and what to do.
    pub refused: Option<String>,
}

/// What is wished of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wished {
    Pause,
    GoOn,
    Stop,
}

/// Rows of one table of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RowsAsked {
    pub run: RunId,
    /// The table's place in the plan.
    pub nth: usize,
    pub keys: Vec<Vec<Cell>>,
    /// Equal rows before and after each.
    pub context: usize,
    /// With what stands in them. Only where that was confirmed.
    pub values: bool,
}

/// What stands on one side.
#[derive(Clone, PartialEq)]
pub enum Stands {
    /// No row of this key.
    Absent,
    /// A row, whose values nobody asked for.
    Hidden,
    /// One value for each column; `None` is NULL.
    Values(Vec<Option<Untrusted>>),
}

/// What stands in a row is for a screen, not for a log.
impl fmt::Debug for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::Hidden => "Hidden",
            Self::Values(_) => "Values(..)",
        })
    }
}

/// One row on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// One for each column of the key.
    pub key: Vec<Untrusted>,
    /// `None`: they are equal now.
    pub change: Option<RowChange>,
    /// Columns that differ, by their places in [`Rows::columns`].
    pub differs: Vec<usize>,
    pub source: Stands,
    pub target: Stands,
}

/// Rows on both sides, in the order of the key.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// Names of the columns in the source and in the target; the first ones are the key.
    pub columns: Vec<(Untrusted, Untrusted)>,
    pub key: usize,
    /// `None` between two that are not neighbours.
    pub pairs: Vec<Option<Pair>>,
    /// When they were read.
    pub at: Timestamp,
    pub values: bool,
}

/// What is written of a run, besides what a screen writes itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// What differs with its values, in the form that the end of the file's name says.
    Values,
    /// Statements that make the target equal.
    Repair { deletes: bool },
}

/// What a gate waits for, in words.
pub fn gate(gate: &Gate) -> String {
    let length = |span: &jiff::SignedDuration| match span.as_secs() {
        seconds if seconds >= 120 && seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    };
    match gate {
        Gate::Latency { limit, timeout } => format!(
            "begins when both CDC latencies are at most {} on fresh points; gives up after {}",
            length(limit),
            length(timeout)
        ),
        Gate::FullLoad { timeout } => {
            format!("begins when the full load has finished with no table in error; gives up after {}", length(timeout))
        }
        Gate::Drained => "begins at once: the task was stopped after everything had gone through".to_owned(),
        Gate::Waived { reason } => format!("begins at once: the gate was waived ({reason})"),
        Gate::NoTask => "begins at once: no task is known that could still write".to_owned(),
    }
}

/// That it waits: since which moment, at which it gives up, and what for.
pub fn waiting(why: &str, since: Timestamp, gate: Option<&Gate>) -> String {
    let until = gives_up(since, gate).map(|until| format!(", {until}")).unwrap_or_default();
    format!("waiting since {}{until}: {why}", clock(since))
}

/// The moment at which a gate does.
pub fn gives_up(since: Timestamp, gate: Option<&Gate>) -> Option<String> {
    let timeout = match gate {
        Some(Gate::Latency { timeout, .. } | Gate::FullLoad { timeout }) => Some(*timeout),
        _ => None,
    };
    let until = timeout.and_then(|timeout| since.checked_add(timeout).ok());
    until.map(|until| format!("gives up at {}", clock(until)))
}

fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S UTC").to_string()
}

/// What is compared, for a list.
pub fn name(what: &What) -> &str {
    match what {
        What::Task(name) | What::Named(name) => name,
        What::Addresses => "two addresses",
    }
}

/// What is compared, such that one can tell it from others in a list: of two addresses what is different in them.
pub fn called(line: &RunLine) -> String {
    match &line.what {
        What::Addresses => {
            let [source, target] = apart(line.source_at.raw(), line.target_at.raw());
            format!("{source} → {target}")
        }
        what => name(what).to_owned(),
    }
}

/// The ends of two places, `host:port/database` or a path, as long as it takes to tell them apart. Of a host its first name.
fn apart(source: &str, target: &str) -> [String; 2] {
    let parts = |at: &str| -> Vec<String> { at.split('/').map(str::to_owned).collect() };
    let (ours, theirs) = (parts(source), parts(target));
    let most = ours.len().max(theirs.len());
    let end = |all: &[String], count: usize| all[all.len().saturating_sub(count)..].to_vec();
    let count = (1..=most).find(|count| end(&ours, *count) != end(&theirs, *count)).unwrap_or(1);
    [(ours, source), (theirs, target)].map(|(all, whole)| {
        let mut some = end(&all, count);
        // What stands first in a place that is no path is a host.
        if some.len() == all.len() && all.len() > 1 && !whole.starts_with(['/', '.']) {
            let (host, port) =
                some[0].split_once(':').map_or((some[0].as_str(), None), |(host, port)| (host, Some(port)));
            let numbers = host.chars().all(|c| c.is_ascii_digit() || c == '.');
            let short = if numbers { host } else { host.split('.').next().unwrap_or(host) };
            some[0] = port.map_or_else(|| short.to_owned(), |port| format!("{short}:{port}"));
        }
        some.join("/")
    })
}

/// What began it.
pub fn trigger(trigger: Trigger) -> String {
    match trigger {
        Trigger::Operator => "operator".to_owned(),
        Trigger::Stopped => "task stopped".to_owned(),
        Trigger::Every(span) => match span.as_secs() {
            seconds if seconds % 3600 == 0 => format!("every {} h", seconds / 3600),
            seconds if seconds % 60 == 0 => format!("every {} min", seconds / 60),
            seconds => format!("every {seconds} s"),
        },
    }
}

/// How much of a table is compared.
pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Rows => "rows",
        Kind::Count => "count",
        Kind::Aggregate => "aggregate",
        Kind::Sql => "sql",
    }
}

#[cfg(test)]
mod tests {
    use super::{Gate, apart, waiting};
    use jiff::{SignedDuration, Timestamp};

    #[test]
    fn whoever_waits_is_told_since_when_and_until_when() {
        let since: Timestamp = "2026-11-22T15:41:02.7Z".parse().unwrap();
        let (limit, timeout) = (SignedDuration::from_secs(5), SignedDuration::from_mins(10));
        for (gate, want) in [
            (Some(Gate::Latency { limit, timeout }), "waiting since 15:41:02 UTC, gives up at 15:51:02 UTC: latency"),
            (Some(Gate::FullLoad { timeout }), "waiting since 15:41:02 UTC, gives up at 15:51:02 UTC: latency"),
            (Some(Gate::Drained), "waiting since 15:41:02 UTC: latency"),
            (None, "waiting since 15:41:02 UTC: latency"),
        ] {
            assert_eq!(waiting("latency", since, gate.as_ref()), want);
        }
    }

    #[test]
    fn two_addresses_are_called_by_what_tells_them_apart() {
        for (source, target, want) in [
            ("db1:5432/shop", "db2:5432/shop_new", "shop → shop_new"),
            ("db1:5432/shop", "db2:5432/shop", "db1:5432/shop → db2:5432/shop"),
            (
                "shop.cluster-x.eu-west-1.rds.amazonaws.com:3306/shop",
                "new.cluster-x.eu-west-1.rds.amazonaws.com:3306/shop",
                "shop:3306/shop → new:3306/shop",
            ),
            ("10.0.0.1:5432/shop", "10.0.0.2:5432/shop", "10.0.0.1:5432/shop → 10.0.0.2:5432/shop"),
            ("/tmp/demo/source.db", "/tmp/demo/target.db", "source.db → target.db"),
            ("/a/x/shop.db", "/a/y/shop.db", "x/shop.db → y/shop.db"),
            ("a.db", "a.db", "a.db → a.db"),
        ] {
            assert_eq!(apart(source, target).join(" → "), want);
        }
    }
}
