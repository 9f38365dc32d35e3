//! The audit as rows.

use super::{Column, column, hidden, time};
use crate::model::audit::{Activity, How};
use serde_json::{Value, json};

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const COLUMNS: &[Column] = &[
    hidden("id"),
    column("asked_at", "ASKED"),
    hidden("ended_at"),
    column("result", "RESULT"),
    hidden("state"),
    column("kind", "WHAT"),
    column("name", "NAME"),
    hidden("arn"),
    hidden("environment"),
    column("account", "ACCOUNT"),
    hidden("region"),
    hidden("profile"),
    hidden("caller"),
    column("os_user", "WHO"),
    column("host", "FROM"),
    hidden("pid"),
    hidden("tty"),
    hidden("version"),
    hidden("confirmed_by"),
    hidden("preview"),
    hidden("precondition"),
    hidden("aws_command"),
    hidden("request_id"),
    column("outcome", "OUTCOME"),
    column("advice", "TO DO"),
    hidden("mine"),
    hidden("open"),
];

pub fn cells(activity: &Activity) -> Vec<Value> {
    let Activity { entry, mine, open, advice, .. } = activity;
    vec![
        json!(entry.id),
        time(Some(entry.asked_at)),
        time(entry.ended_at),
        json!(activity.result()),
        json!(entry.state.word()),
        json!(entry.kind),
        json!(entry.name),
        json!(entry.arn.raw()),
        json!(entry.environment),
        json!(entry.scope.account.0),
        json!(entry.scope.region.0),
        json!(entry.scope.profile),
        json!(entry.caller.raw()),
        json!(entry.whence.os_user),
        json!(entry.whence.host),
        json!(entry.whence.pid),
        json!(entry.whence.tty),
        json!(entry.whence.version),
        json!(entry.confirmed_by.map(How::word)),
        json!(entry.preview),
        entry.precondition.clone(),
        json!(entry.aws_command),
        json!(entry.request_id),
        json!(entry.outcome),
        json!((!advice.is_empty()).then_some(advice)),
        json!(mine),
        json!(open),
    ]
}
