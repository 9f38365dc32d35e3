//! Tables of a task as rows.

use super::{Column, column, hidden, time};
use crate::model::table::{TableRow, ValidationState};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const COLUMNS: &[Column] = &[
    column("schema", "SCHEMA"),
    column("table", "TABLE"),
    column("state", "STATE"),
    column("full_load_rows", "LOADED ROWS"),
    column("inserts", "INS"),
    column("updates", "UPD"),
    column("deletes", "DEL"),
    column("ddls", "DDL"),
    hidden("applied_inserts"),
    hidden("applied_updates"),
    hidden("applied_deletes"),
    hidden("applied_ddls"),
    column("backlog", "BACKLOG"),
    column("validation_state", "VALIDATION"),
    column("validation_pending", "PENDING"),
    column("validation_failed", "FAILED"),
    column("validation_suspended", "SUSPENDED"),
    hidden("full_load_start"),
    hidden("full_load_end"),
    column("last_update", "LAST UPDATE"),
    hidden("stated_at"),
];

/// `stated` is when the service told of the tables.
pub fn cells(row: &TableRow, stated: Option<Timestamp>) -> Vec<Value> {
    let (captured, applied) = (row.captured, row.applied);
    vec![
        json!(row.schema.raw()),
        json!(row.table.raw()),
        json!(row.state.raw()),
        json!(row.full_load_rows),
        json!(captured.inserts),
        json!(captured.updates),
        json!(captured.deletes),
        json!(captured.ddls),
        json!(applied.inserts),
        json!(applied.updates),
        json!(applied.deletes),
        json!(applied.ddls),
        json!(row.backlog()),
        json!(row.validation.as_ref().map(ValidationState::raw)),
        json!(row.validation_pending),
        json!(row.validation_failed),
        json!(row.validation_suspended),
        time(row.full_load_start),
        time(row.full_load_end),
        time(row.last_update),
        time(stated),
    ]
}
