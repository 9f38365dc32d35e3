//! Everything that can go wrong on purpose: one table of names, what each takes, and what it does.
//!
//! Given at the start (`--fault NAME[@WHERE][=VALUE]`) or while it runs (`POST /_demo/fault`). `WHERE` limits a fault to
//! a service (`dms`, `cloudwatch`, `logs`, `events`, `scheduler`, `sns`, `secretsmanager`, `sts`) or an operation.

mod plan;

pub use plan::{Faults, Plan};

use crate::demo::wire::Service;
use crate::demo::world::{Event, Silence, Trouble};
use std::fmt;

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultName {
    Throttle,
    Latency,
    Error,
    LostResponse,
    Cut,
    MissingMetrics,
    StaleDescribes,
    TableError,
    FailTask,
    ChangedBySomeone,
    ExpiredCredentials,
    AccessDenied,
    HostileText,
    NoLastUpdate,
    WrongAccount,
    LoggingOff,
    LogRoleMissing,
    LateLogs,
    MaintenanceSoon,
    RetryLoop,
    LowMemory,
    EndpointDown,
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    pub name: FaultName,
    /// As written on the command line.
    pub word: &'static str,
    /// What may or must stand behind `=`.
    pub takes: Takes,
    pub doc: &'static str,
}

/// What a fault's value is; the text is how help shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Takes {
    Nothing,
    /// A share of the requests, 0 to 1.
    Share {
        otherwise: f64,
    },
    /// A whole number.
    Number {
        otherwise: Option<u64>,
        what: &'static str,
    },
    Text {
        required: bool,
        what: &'static str,
    },
}

/// What follows the name on the command line.
impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Share { otherwise } => write!(f, "[=SHARE] (otherwise {otherwise})"),
            Self::Number { otherwise: Some(n), what } => write!(f, "[={what}] (otherwise {n})"),
            Self::Number { otherwise: None, what } | Self::Text { required: true, what } => write!(f, "={what}"),
            Self::Text { required: false, what } => write!(f, "[={what}]"),
        }
    }
}

const fn row(name: FaultName, word: &'static str, takes: Takes, doc: &'static str) -> Row {
    Row { name, word, takes, doc }
}

/// Seconds that `stale-describes` looks back where nothing is said.
const STALE_SECONDS: u64 = 60;

/// THE table of faults.
pub const TABLE: [Row; 22] = [
    row(
        FaultName::Throttle,
        "throttle",
        Takes::Share { otherwise: 0.5 },
        "this share of the requests gets ThrottlingException",
    ),
    row(
        FaultName::Latency,
        "latency",
        Takes::Number { otherwise: None, what: "MILLISECONDS" },
        "every answer takes this much longer",
    ),
    row(
        FaultName::Error,
        "error",
        Takes::Share { otherwise: 1.0 },
        "this share of the requests gets InternalFailure, HTTP 500",
    ),
    row(
        FaultName::LostResponse,
        "lost-response",
        Takes::Nothing,
        "the request is carried out and the connection cut before the answer (operations that change something, unless limited)",
    ),
    row(FaultName::Cut, "cut", Takes::Nothing, "every request has its connection reset"),
    row(
        FaultName::MissingMetrics,
        "missing-metrics",
        Takes::Text { required: false, what: "NAME" },
        "the newest quarter of an hour of metrics is missing, of one task or instance, or of all",
    ),
    row(
        FaultName::StaleDescribes,
        "stale-describes",
        Takes::Number { otherwise: Some(STALE_SECONDS), what: "SECONDS" },
        "describe operations answer as of this many seconds ago",
    ),
    row(
        FaultName::TableError,
        "table-error",
        Takes::Text { required: true, what: "TASK:SCHEMA.TABLE" },
        "this table falls out of replication",
    ),
    row(
        FaultName::FailTask,
        "fail-task",
        Takes::Text { required: true, what: "TASK" },
        "this task stops with a fatal error",
    ),
    row(
        FaultName::ChangedBySomeone,
        "changed-by-someone",
        Takes::Text { required: false, what: "TASK" },
        "somebody else stops a running task, or resumes a stopped one",
    ),
    row(
        FaultName::ExpiredCredentials,
        "expired-credentials",
        Takes::Nothing,
        "every request gets ExpiredTokenException",
    ),
    row(
        FaultName::AccessDenied,
        "access-denied",
        Takes::Text { required: true, what: "OPERATION[:fault]" },
        "this operation gets AccessDeniedException, with :fault DMS's own AccessDeniedFault",
    ),
    row(
        FaultName::HostileText,
        "hostile-text",
        Takes::Nothing,
        "every text AWS can return carries escape sequences, bidirectional controls and line breaks (ARNs and tokens excepted)",
    ),
    row(FaultName::NoLastUpdate, "no-last-update", Takes::Nothing, "table statistics come without LastUpdateTime"),
    row(
        FaultName::WrongAccount,
        "wrong-account",
        Takes::Text { required: true, what: "ACCOUNT" },
        "GetCallerIdentity answers this account; ACCOUNT:KEY to requests signed with that access key only",
    ),
    row(
        FaultName::LoggingOff,
        "logging-off",
        Takes::Text { required: false, what: "TASK" },
        "logging is switched off in the settings of one task or of all",
    ),
    row(
        FaultName::LogRoleMissing,
        "log-role-missing",
        Takes::Nothing,
        "the role that DMS writes logs with does not exist: no log group, no new line",
    ),
    row(
        FaultName::LateLogs,
        "late-logs",
        Takes::Number { otherwise: Some(20), what: "SECONDS" },
        "new log lines can be read this many seconds later than usual",
    ),
    row(
        FaultName::MaintenanceSoon,
        "maintenance-soon",
        Takes::Number { otherwise: Some(45), what: "MINUTES" },
        "the pending maintenance of the first instance comes this many minutes from now, and its window with it",
    ),
    row(
        FaultName::RetryLoop,
        "retry-loop",
        Takes::Text { required: true, what: "TASK" },
        "this task runs and in truth recovers every minute: RecoveryCount climbs",
    ),
    row(
        FaultName::LowMemory,
        "low-memory",
        Takes::Text { required: false, what: "INSTANCE" },
        "this instance, or the first one, has hardly any memory left, and swaps",
    ),
    row(
        FaultName::EndpointDown,
        "endpoint-down",
        Takes::Text { required: true, what: "ENDPOINT" },
        "from now on tests of connections to this endpoint fail",
    ),
];

impl FaultName {
    pub fn row(self) -> &'static Row {
        // A test proves that every name stands at its place.
        &TABLE[self as usize]
    }
}

/// One fault, switched on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub name: FaultName,
    pub value: Option<String>,
    /// Limited to this service or operation.
    pub op: Option<String>,
}

/// Why a fault cannot be switched on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    #[error("no fault named {given:?}; did you mean {nearest}?")]
    Unknown { given: String, nearest: &'static str },
    #[error("fault {word}: {why}")]
    Value { word: &'static str, why: String },
}

impl Fault {
    /// A checked fault.
    pub fn new(word: &str, value: Option<&str>, op: Option<&str>) -> Result<Self, FaultError> {
        let Some(row) = TABLE.iter().find(|row| row.word == word) else {
            let distance = |row: &&Row| strsim::damerau_levenshtein(row.word, word);
            let nearest = TABLE.iter().min_by_key(distance).map_or("", |row| row.word);
            return Err(FaultError::Unknown { given: word.to_owned(), nearest });
        };
        let value = value.filter(|value| !value.is_empty());
        row.check(value).map_err(|why| FaultError::Value { word: row.word, why })?;
        Ok(Self { name: row.name, value: value.map(ToOwned::to_owned), op: op.map(ToOwned::to_owned) })
    }

    fn number(&self) -> u64 {
        let Takes::Number { otherwise, .. } = self.name.row().takes else { return 0 };
        self.value.as_deref().and_then(|value| value.parse().ok()).or(otherwise).unwrap_or(0)
    }

    fn share(&self) -> f64 {
        let Takes::Share { otherwise } = self.name.row().takes else { return 0.0 };
        self.value.as_deref().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
    }

    fn text(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }

    fn covers(&self, service: Service, operation: &str) -> bool {
        self.op.as_deref().is_none_or(|op| op == operation || op == service.prefix())
    }

    /// What switching it on, or off, does to the world; most faults only touch answers.
    pub fn event(&self, on: bool) -> Option<Event> {
        let task = || self.value.clone();
        match (self.name, on) {
            (FaultName::MissingMetrics, true) => Some(Event::Silence(Some(task().map_or(Silence::All, Silence::One)))),
            (FaultName::MissingMetrics, false) => Some(Event::Silence(None)),
            (FaultName::TableError, true) => {
                let (task, schema, table) = three(self.text())?;
                Some(Event::TableError { task, schema, table })
            }
            (FaultName::LoggingOff, on) => Some(Event::Logging { task: task(), on: !on }),
            (FaultName::LogRoleMissing, on) => Some(Event::LogRole { missing: on }),
            (FaultName::LateLogs, on) => {
                Some(Event::LateLogs { seconds: if on { i64::try_from(self.number()).unwrap_or(i64::MAX) } else { 0 } })
            }
            (FaultName::MaintenanceSoon, on) => {
                let minutes = i64::try_from(self.number()).unwrap_or(i64::MAX);
                Some(Event::Maintenance { minutes: on.then_some(minutes) })
            }
            (FaultName::RetryLoop, on) => Some(Event::Trouble { what: Trouble::RetryLoop, whose: task(), on }),
            (FaultName::LowMemory, on) => Some(Event::Trouble { what: Trouble::LowMemory, whose: task(), on }),
            (FaultName::EndpointDown, on) => Some(Event::Trouble { what: Trouble::EndpointDown, whose: task(), on }),
            (FaultName::FailTask, true) => Some(Event::TaskFails { task: task()? }),
            (FaultName::ChangedBySomeone, true) => Some(Event::SomebodyElse { task: task() }),
            _ => None,
        }
    }
}

impl std::str::FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (word, value) = text.split_once('=').map_or((text, None), |(word, value)| (word, Some(value)));
        let (word, op) = word.split_once('@').map_or((word, None), |(word, op)| (word, Some(op)));
        Self::new(word, value, op)
    }
}

impl Row {
    fn check(&self, value: Option<&str>) -> Result<(), String> {
        match (self.takes, value) {
            (Takes::Nothing, Some(_)) => Err("takes no value".to_owned()),
            (Takes::Number { otherwise: None, what } | Takes::Text { required: true, what }, None) => {
                Err(format!("needs a value: {}={what}", self.word))
            }
            (Takes::Share { .. }, Some(value)) => {
                let share = value.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
                share.map(|_| ()).ok_or_else(|| format!("{value:?} is not between 0 and 1"))
            }
            (Takes::Number { .. }, Some(value)) => {
                value.parse::<u64>().map(|_| ()).map_err(|_| format!("{value:?} is not a whole number"))
            }
            (Takes::Text { .. }, Some(value)) if self.name == FaultName::TableError && three(value).is_none() => {
                Err(format!("{value:?} is not TASK:SCHEMA.TABLE"))
            }
            _ => Ok(()),
        }
    }
}

fn three(text: &str) -> Option<(String, String, String)> {
    let (task, table) = text.split_once(':')?;
    let (schema, table) = table.split_once('.')?;
    Some((task.to_owned(), schema.to_owned(), table.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_stands_at_its_place_in_the_table() {
        for row in &TABLE {
            assert_eq!(row.name.row().word, row.word);
        }
    }

    #[test]
    fn a_fault_is_read_or_says_what_is_wrong() {
        for (text, want) in [
            ("throttle", Ok(("throttle", None, None))),
            ("throttle@dms=0.3", Ok(("throttle", Some("0.3"), Some("dms")))),
            ("error@GetMetricData", Ok(("error", None, Some("GetMetricData")))),
            ("table-error=orders-cdc:shop.orders", Ok(("table-error", Some("orders-cdc:shop.orders"), None))),
            ("throttle=2", Err("fault throttle: \"2\" is not between 0 and 1")),
            ("latency", Err("fault latency: needs a value: latency=MILLISECONDS")),
            ("latency=soon", Err("fault latency: \"soon\" is not a whole number")),
            ("cut=1", Err("fault cut: takes no value")),
            ("table-error=orders", Err("fault table-error: \"orders\" is not TASK:SCHEMA.TABLE")),
            ("trottle", Err("no fault named \"trottle\"; did you mean throttle?")),
        ] {
            let got = text.parse::<Fault>();
            match (&got, want) {
                (Ok(fault), Ok((word, value, op))) => {
                    let fault = (fault.name.row().word, fault.value.as_deref(), fault.op.as_deref());
                    assert_eq!(fault, (word, value, op));
                }
                (Err(error), Err(message)) => assert_eq!(error.to_string(), message),
                _ => panic!("{text}: {got:?}"),
            }
        }
    }
}
