//! The same with the AWS CLI, a line for each request; for the ticket, and as the way out where we refuse.

use crate::change::facts::TaskFacts;
use crate::change::preview::shell::{json, place};
use crate::model::change::{ReloadHow, StartFrom, TableName, Until, Verb};
use crate::model::shell::quoted;
use crate::model::{ReplicationKind, Scope};
use serde_json::json;

/// Classic and serverless have the same calls under other names.
struct Words {
    arn: &'static str,
    start: &'static str,
    start_type: &'static str,
    stop: &'static str,
    reload: &'static str,
}

const CLASSIC: Words = Words {
    arn: "replication-task-arn",
    start: "start-replication-task",
    start_type: "start-replication-task-type",
    stop: "stop-replication-task",
    reload: "reload-tables",
};

const SERVERLESS: Words = Words {
    arn: "replication-config-arn",
    start: "start-replication",
    start_type: "start-replication-type",
    stop: "stop-replication",
    reload: "reload-replication-tables",
};

pub fn aws(facts: &TaskFacts, verb: &Verb, scope: &Scope) -> String {
    let task = &facts.task;
    let words = match task.arn.kind() {
        ReplicationKind::Classic => CLASSIC,
        ReplicationKind::Serverless => SERVERLESS,
    };
    let (arn, place) = (format!("--{} {}", words.arn, quoted(task.arn.as_str())), place(scope));
    let start = |how: &str, from: String, until: Option<&Until>| {
        let until = until.map(|until| format!(" --cdc-stop-position {}", quoted(until.raw()))).unwrap_or_default();
        format!("aws dms {} {arn} --{} {how}{from}{until} {place}", words.start, words.start_type)
    };
    match verb {
        Verb::Start { from, until } => start("start-replication", begin(from), until.as_ref()),
        Verb::Resume { until } => start("resume-processing", String::new(), until.as_ref()),
        Verb::Reload { until } => start("reload-target", String::new(), until.as_ref()),
        Verb::Stop => format!("aws dms {} {arn} {place}", words.stop),
        Verb::ReloadTables { tables, how } => {
            let how = match how {
                ReloadHow::Data => "data-reload",
                ReloadHow::Validation => "validate-only",
            };
            let line = |batch: &[TableName]| {
                let tables =
                    batch.iter().map(|one| json!({ "SchemaName": one.schema.raw(), "TableName": one.table.raw() }));
                let tables = json(&tables.collect());
                format!("aws dms {} {arn} --tables-to-reload {tables} --reload-option {how} {place}", words.reload)
            };
            tables.chunks(TableName::IN_ONE_REQUEST).map(line).collect::<Vec<_>>().join("\n")
        }
        Verb::TestConnections => {
            let instance = task.instance.as_ref().map(|instance| quoted(&instance.0)).unwrap_or_default();
            let line = |endpoint: &str| {
                let endpoint = quoted(endpoint);
                format!(
                    "aws dms test-connection --replication-instance-arn {instance} --endpoint-arn {endpoint} {place}"
                )
            };
            if instance.is_empty() {
                String::new()
            } else {
                format!("{}\n{}", line(&task.source.0), line(&task.target.0))
            }
        }
    }
}

fn begin(from: &StartFrom) -> String {
    match from {
        StartFrom::Beginning | StartFrom::Now => String::new(),
        StartFrom::Time(at) => format!(" --cdc-start-time {}", at.strftime("%Y-%m-%dT%H:%M:%S%.fZ")),
        StartFrom::Position(position) => format!(" --cdc-start-position {}", quoted(position)),
    }
}
