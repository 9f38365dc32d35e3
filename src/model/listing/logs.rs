//! Lines of a log as rows.

use super::{Column, column, hidden, time};
use crate::model::log_line::{self, Severity};
use crate::model::log_sign;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const COLUMNS: &[Column] = &[
    hidden("kind"),
    column("at", "AT"),
    hidden("until"),
    hidden("ingested_at"),
    hidden("event_id"),
    column("stream", "STREAM"),
    column("severity", "SEVERITY"),
    column("component", "COMPONENT"),
    hidden("code"),
    column("message", "MESSAGE"),
    hidden("source"),
    column("sign", "SIGN"),
    hidden("meaning"),
    hidden("action"),
    hidden("text"),
];

/// One event, as far as it is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    pub at: Timestamp,
    pub ingested: Option<Timestamp>,
    pub id: Option<&'a str>,
    pub stream: &'a str,
    pub text: &'a str,
}

pub fn line(said: &Said<'_>) -> Vec<Value> {
    let Said { at, ingested, id, stream, text } = *said;
    let line = log_line::parse(text);
    let sign = log_sign::find(text);
    vec![
        json!("line"),
        time(Some(at)),
        Value::Null,
        time(ingested),
        json!(id),
        json!(stream),
        json!(log_line::severity(text).map(Severity::word)),
        json!(line.map(|line| line.component)),
        json!(line.and_then(|line| line.code)),
        json!(line.map_or(text, |line| line.message)),
        json!(line.and_then(|line| line.source).map(|(file, number)| format!("{file}:{number}"))),
        json!(sign.map(|sign| sign.id)),
        json!(sign.map(|sign| sign.meaning)),
        json!(sign.map(|sign| sign.action).filter(|action| !action.is_empty())),
        json!(text),
    ]
}

/// A stretch of time instead of a line: `gap` or `filled`.
pub fn stretch(kind: &str, from: Timestamp, to: Timestamp, message: &str) -> Vec<Value> {
    let cells = COLUMNS.iter().map(|column| match column.name {
        "kind" => json!(kind),
        "at" => time(Some(from)),
        "until" => time(Some(to)),
        "message" => json!(message),
        _ => Value::Null,
    });
    cells.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_as_long_as_its_columns_and_in_their_order() {
        let at = Timestamp::UNIX_EPOCH;
        let text = "1: 2026-01-15T14:03:22 [SORTER          ]W:  Reading from source is paused  (sorter.c:7)";
        let row = line(&Said { at, ingested: None, id: Some("7"), stream: "s", text });
        let value = |name: &str| &row[COLUMNS.iter().position(|column| column.name == name).unwrap()];
        assert_eq!(row.len(), COLUMNS.len());
        assert_eq!(
            (value("event_id"), value("severity"), value("source")),
            (&json!("7"), &json!("warning"), &json!("sorter.c:7"))
        );
        assert_eq!((value("sign"), value("text")), (&json!("reading-paused"), &json!(text)));
        let gap = stretch("gap", at, at, "throttled");
        assert_eq!((gap.len(), &gap[0], &gap[9]), (COLUMNS.len(), &json!("gap"), &json!("throttled")));
    }
}
