//! Events as rows.

use super::{Column, column, hidden, time};
use crate::model::Untrusted;
use crate::model::event::{Category, Event};
use serde_json::{Value, json};

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const COLUMNS: &[Column] = &[
    column("time", "TIME"),
    hidden("source_type"),
    column("source", "SOURCE"),
    column("severity", "SEVERITY"),
    column("category", "CATEGORY"),
    column("message", "MESSAGE"),
    column("meaning", "MEANING"),
    hidden("categories"),
];

pub fn cells(event: &Event) -> Vec<Value> {
    let meaning = event.meaning();
    vec![
        time(Some(event.at)),
        json!(event.source_type.raw()),
        json!(event.source.raw()),
        json!(meaning.map(|meaning| meaning.weight.word())),
        json!(event.category().map(Category::word)),
        json!(event.message.raw()),
        json!(meaning.map(|meaning| meaning.words)),
        json!(event.categories.iter().map(Untrusted::raw).collect::<Vec<_>>()),
    ]
}
