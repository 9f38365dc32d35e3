//! Alerts as rows. There is no command that prints them: the console writes what its own rounds have found.

use super::{Column, column, hidden, time};
use crate::model::alert::{Alert, severity_word};
use serde_json::{Value, json};

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const COLUMNS: &[Column] = &[
    column("severity", "SEVERITY"),
    column("place", "WHERE"),
    column("id", "ID"),
    column("message", "WHAT"),
    hidden("evidence"),
    column("since", "SINCE"),
    hidden("as_of"),
    hidden("known"),
    column("acknowledged", "ACKNOWLEDGED"),
    hidden("acknowledged_until"),
];

/// `place` is the name of what it is about.
pub fn cells(alert: &Alert, place: &str) -> Vec<Value> {
    vec![
        json!(severity_word(alert.severity)),
        json!(place),
        json!(alert.id()),
        json!(alert.message),
        json!(alert.evidence),
        time(Some(alert.since)),
        time(alert.as_of),
        json!(alert.blind.is_none()),
        json!(alert.ack.as_ref().map(|ack| &ack.reason)),
        time(alert.ack.as_ref().map(|ack| ack.until)),
    ]
}
