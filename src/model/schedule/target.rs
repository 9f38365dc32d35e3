//! What a rule or schedule calls, and which task that touches, where it can be known.

use crate::model::{ReplicationArn, Untrusted};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is done to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    Starts,
    Stops,
    Reloads,
    /// Its input names the task; what a function or a document does with it cannot be known.
    Names,
}

impl Deed {
    pub fn word(self) -> &'static str {
        match self {
            Self::Starts => "starts",
            Self::Stops => "stops",
            Self::Reloads => "reloads",
            Self::Names => "names",
        }
    }
}

/// One target. Its input is not kept: it may hold what nobody else shall read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Only targets of rules have one.
    pub id: Option<Untrusted>,
    pub arn: Untrusted,
    pub deed: Option<(Deed, ReplicationArn)>,
}

/// Starts the ARN of a target that is a call of the DMS API itself.
const CALLS: &str = ":scheduler:::aws-sdk:databasemigration:";

impl Target {
    pub fn new(id: Option<Untrusted>, arn: Untrusted, input: Option<&str>) -> Self {
        let deed = deed(arn.raw(), input.unwrap_or_default());
        Self { id, arn, deed }
    }

    /// The API call, or the service and what of it: `DMS startReplicationTask`, `lambda function:refresh`.
    pub fn words(&self) -> String {
        let arn = self.arn.raw();
        let words = match arn.split_once(CALLS) {
            Some((_, call)) => format!("DMS {call}"),
            None => match arn.splitn(6, ':').collect::<Vec<_>>().as_slice() {
                ["arn", _, "scheduler", _, _, rest] => rest.replacen("aws-sdk:", "", 1),
                ["arn", _, service, _, _, rest] => format!("{service} {rest}"),
                _ => arn.to_owned(),
            },
        };
        crate::model::untrusted::shown(words.trim_end()).into_owned()
    }
}

fn deed(arn: &str, input: &str) -> Option<(Deed, ReplicationArn)> {
    let input: Value = serde_json::from_str(input).ok()?;
    let Some((_, call)) = arn.split_once(CALLS) else {
        return named(&input).map(|task| (Deed::Names, task));
    };
    let (deed, key) = match call {
        "startReplicationTask" => (Deed::Starts, "ReplicationTaskArn"),
        "startReplication" => (Deed::Starts, "ReplicationConfigArn"),
        "stopReplicationTask" => (Deed::Stops, "ReplicationTaskArn"),
        "stopReplication" => (Deed::Stops, "ReplicationConfigArn"),
        "reloadTables" => (Deed::Reloads, "ReplicationTaskArn"),
        "reloadReplicationTables" => (Deed::Reloads, "ReplicationConfigArn"),
        _ => return named(&input).map(|task| (Deed::Names, task)),
    };
    let task = input.get(key)?.as_str()?;
    ReplicationArn::parse(task).ok().map(|task| (deed, task))
}

/// The first text anywhere in the input that is exactly a task's ARN. `serde_json` bounds the depth.
fn named(input: &Value) -> Option<ReplicationArn> {
    match input {
        Value::String(text) => ReplicationArn::parse(text).ok(),
        Value::Array(items) => items.iter().find_map(named),
        Value::Object(members) => members.values().find_map(named),
        _ => None,
    }
}
