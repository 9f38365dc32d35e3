//! What a rule or schedule calls, and which task that touches, where it can be known.

use crate::model::{ReplicationArn, Untrusted};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is done to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    Starts,
    /// `resume-processing`.
    Resumes,
    /// `reload-target`: every table of it.
    ReloadsAll,
    Stops,
    /// Some of its tables.
    Reloads,
    /// Its input names the task; what a function or a document does with it cannot be known.
    Names,
}

impl Deed {
    pub fn word(self) -> &'static str {
        match self {
            Self::Starts => "starts",
            Self::Resumes => "resumes",
            Self::Stops => "stops",
            Self::ReloadsAll | Self::Reloads => "reloads",
            Self::Names => "names",
        }
    }

    /// The task runs afterwards.
    pub fn starts(self) -> bool {
        matches!(self, Self::Starts | Self::Resumes | Self::ReloadsAll)
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

/// What a target does to tasks, as far as that can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach<'a> {
    Task(Deed, &'a ReplicationArn),
    /// Something runs that may touch any task: what it is.
    Hidden(&'static str),
    /// It is only written down: where.
    Nothing(&'static str),
}

/// What the targets of rules and schedules are, by the service in their ARN.
const SERVICES: [(&str, Reach<'static>); 17] = [
    ("lambda", Reach::Hidden("a Lambda function")),
    ("states", Reach::Hidden("a state machine")),
    ("ssm", Reach::Hidden("an SSM document")),
    ("ecs", Reach::Hidden("an ECS task")),
    ("batch", Reach::Hidden("a Batch job")),
    ("codebuild", Reach::Hidden("a CodeBuild project")),
    ("codepipeline", Reach::Hidden("a pipeline")),
    ("glue", Reach::Hidden("a Glue workflow")),
    ("redshift", Reach::Hidden("a Redshift statement")),
    ("sagemaker", Reach::Hidden("a SageMaker pipeline")),
    ("events", Reach::Hidden("another event bus")),
    ("execute-api", Reach::Hidden("an API")),
    ("sqs", Reach::Hidden("a queue")),
    ("sns", Reach::Hidden("a topic")),
    ("kinesis", Reach::Hidden("a stream")),
    ("firehose", Reach::Hidden("a delivery stream")),
    ("logs", Reach::Nothing("a log group")),
];

/// Starts the ARN of a target that is a call of the DMS API itself.
const CALLS: &str = ":scheduler:::aws-sdk:databasemigration:";

impl Target {
    pub fn new(id: Option<Untrusted>, arn: Untrusted, input: Option<&str>) -> Self {
        let deed = deed(arn.raw(), input.unwrap_or_default());
        Self { id, arn, deed }
    }

    /// What it does to tasks, as far as that can be known.
    pub fn reach(&self) -> Reach<'_> {
        if let Some((deed, task)) = &self.deed {
            return Reach::Task(*deed, task);
        }
        let arn = self.arn.raw();
        if arn.contains(CALLS) {
            return Reach::Hidden("a DMS call that names no task");
        }
        let service = arn.split(':').nth(2).unwrap_or_default();
        if service == "scheduler" {
            return Reach::Hidden("a call of another API");
        }
        let known = SERVICES.iter().find(|(name, _)| *name == service);
        known.map_or(Reach::Hidden("another service"), |(_, reach)| *reach)
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
        "startReplicationTask" => (start(&input, "StartReplicationTaskType"), "ReplicationTaskArn"),
        "startReplication" => (start(&input, "StartReplicationType"), "ReplicationConfigArn"),
        "stopReplicationTask" => (Deed::Stops, "ReplicationTaskArn"),
        "stopReplication" => (Deed::Stops, "ReplicationConfigArn"),
        "reloadTables" => (Deed::Reloads, "ReplicationTaskArn"),
        "reloadReplicationTables" => (Deed::Reloads, "ReplicationConfigArn"),
        _ => return named(&input).map(|task| (Deed::Names, task)),
    };
    let task = input.get(key)?.as_str()?;
    ReplicationArn::parse(task).ok().map(|task| (deed, task))
}

/// What a start does is said by its type alone.
fn start(input: &Value, key: &str) -> Deed {
    match input.get(key).and_then(Value::as_str) {
        Some("reload-target") => Deed::ReloadsAll,
        Some("resume-processing") => Deed::Resumes,
        _ => Deed::Starts,
    }
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
