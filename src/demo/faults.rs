//! Everything that can go wrong on purpose: one table of names, what each takes, and what it does.
//!
//! Given at the start (`--fault NAME[@WHERE][=VALUE]`) or while it runs (`POST /_demo/fault`). `WHERE` limits a fault to
//! a service (`dms`, `cloudwatch`, `sts`) or an operation.

use crate::demo::wire::Service;
use crate::demo::world::{Event, Refusal, Silence, World};
use jiff::SignedDuration;
use std::time::Duration;

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

const fn row(name: FaultName, word: &'static str, takes: Takes, doc: &'static str) -> Row {
    Row { name, word, takes, doc }
}

/// Seconds that `stale-describes` looks back where nothing is said.
const STALE_SECONDS: u64 = 60;

/// THE table of faults.
pub const TABLE: [Row; 15] = [
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
        Takes::Text { required: false, what: "TASK" },
        "the newest quarter of an hour of metrics is missing, of one task or of all",
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
        "GetCallerIdentity answers this account",
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
            (FaultName::MissingMetrics, true) => Some(Event::Silence(Some(task().map_or(Silence::All, Silence::Task)))),
            (FaultName::MissingMetrics, false) => Some(Event::Silence(None)),
            (FaultName::TableError, true) => {
                let (task, schema, table) = three(self.text())?;
                Some(Event::TableError { task, schema, table })
            }
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

/// The faults that are on.
#[derive(Debug, Clone, Default)]
pub struct Faults(Vec<Fault>);

/// What happens to one request.
#[derive(Debug, Default, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches, each one fault")]
pub struct Plan {
    pub delay: Duration,
    /// Reset the connection instead of looking at the request.
    pub cut: bool,
    /// Reset the connection instead of answering.
    pub lose: bool,
    pub refuse: Option<Refusal>,
    /// Answer as of this long ago.
    pub stale: Option<SignedDuration>,
    pub hostile: bool,
    pub no_last_update: bool,
    pub account: Option<String>,
}

impl Faults {
    /// Switches one on; the same fault at the same place takes its new value.
    pub fn switch_on(&mut self, fault: Fault) {
        self.0.retain(|other| {
            (other.name, &other.op) != (fault.name, &fault.op) || fault.name == FaultName::AccessDenied
        });
        self.0.push(fault);
    }

    /// Switches a fault off, wherever it was limited to; with a value, only that one.
    pub fn switch_off(&mut self, name: FaultName, value: Option<&str>) {
        self.0.retain(|fault| fault.name != name || value.is_some_and(|value| fault.text() != value));
    }

    pub fn on(&self, name: FaultName) -> impl Iterator<Item = &Fault> {
        self.0.iter().filter(move |fault| fault.name == name)
    }

    /// What happens to a request of this operation; `dice` gives numbers in `0.0..1.0`.
    pub fn plan(&self, service: Service, operation: &str, mut dice: impl FnMut() -> f64) -> Plan {
        let mut plan = Plan::default();
        let describes = operation.starts_with("Describe");
        for fault in self.0.iter().filter(|fault| fault.covers(service, operation)) {
            let refuse = match fault.name {
                FaultName::Latency => {
                    plan.delay += Duration::from_millis(fault.number());
                    None
                }
                FaultName::Cut => {
                    plan.cut = true;
                    None
                }
                FaultName::LostResponse => {
                    plan.lose |= fault.op.is_some() || World::is_change(operation);
                    None
                }
                FaultName::StaleDescribes if describes => {
                    plan.stale = Some(SignedDuration::from_secs(i64::try_from(fault.number()).unwrap_or(i64::MAX)));
                    None
                }
                FaultName::HostileText => {
                    plan.hostile = true;
                    None
                }
                FaultName::NoLastUpdate => {
                    plan.no_last_update = true;
                    None
                }
                FaultName::WrongAccount => {
                    plan.account.clone_from(&fault.value);
                    None
                }
                FaultName::Throttle => (dice() < fault.share()).then(Refusal::throttled),
                FaultName::Error => (dice() < fault.share()).then(Refusal::internal),
                FaultName::ExpiredCredentials => Some(Refusal::expired()),
                FaultName::AccessDenied => denied(fault.text(), service, operation),
                _ => None,
            };
            plan.refuse = plan.refuse.or(refuse);
        }
        plan
    }
}

fn denied(value: &str, service: Service, operation: &str) -> Option<Refusal> {
    let (name, own) = value.strip_suffix(":fault").map_or((value, false), |name| (name, true));
    let action = format!("{}:{operation}", service.prefix());
    if name != operation && name != action {
        return None;
    }
    Some(if own { Refusal::denied_fault() } else { Refusal::denied(crate::demo::world::CALLER, &action) })
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

    #[test]
    fn a_plan_gathers_what_covers_the_request() {
        let mut faults = Faults::default();
        let on = |faults: &mut Faults, text: &str| faults.switch_on(text.parse().unwrap());
        for text in [
            "latency=20",
            "latency@sts=100",
            "throttle@cloudwatch=0.5",
            "access-denied=StopReplicationTask",
            "lost-response",
        ] {
            on(&mut faults, text);
        }
        let plan = |op: &str, service, dice: f64| faults.plan(service, op, || dice);
        let describe = plan("DescribeEndpoints", Service::Dms, 0.1);
        assert_eq!(describe, Plan { delay: Duration::from_millis(20), ..Plan::default() });
        assert_eq!(plan("GetCallerIdentity", Service::Sts, 0.1).delay, Duration::from_millis(120));
        assert_eq!(plan("GetMetricData", Service::CloudWatch, 0.1).refuse, Some(Refusal::throttled()));
        assert_eq!(plan("GetMetricData", Service::CloudWatch, 0.9).refuse, None);
        let stop = plan("StopReplicationTask", Service::Dms, 0.9);
        assert_eq!(stop.refuse.unwrap().code, "AccessDeniedException");
        assert!(stop.lose);
        let mut fewer = faults.clone();
        fewer.switch_off(FaultName::Latency, None);
        assert_eq!(fewer.plan(Service::Sts, "GetCallerIdentity", || 0.9).delay, Duration::ZERO);
    }
}
