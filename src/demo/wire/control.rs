//! The demo's own switchboard, beside AWS on the same listener: `GET /_demo/faults`, `POST /_demo/fault`,
//! `GET /_demo/requests`, how often what was asked, and `GET /_demo/messages`, what has been published to topics.

use crate::demo::faults::{Fault, FaultError, TABLE};
use crate::demo::stage::Stage;
use crate::demo::world::Message;
use hyper::Method;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    name: String,
    value: Option<serde_json::Value>,
    /// A service or an operation.
    op: Option<String>,
    #[serde(default = "on")]
    on: bool,
}

fn on() -> bool {
    true
}

/// Status and JSON of an answer; `None` where the path is not the demo's.
pub fn answer(stage: &Arc<Stage>, method: &Method, path: &str, body: &[u8]) -> Option<(u16, String)> {
    let rest = path.strip_prefix("/_demo/")?;
    Some(match (method, rest) {
        (&Method::GET, "faults") => (200, list(stage).to_string()),
        (&Method::GET, "requests") => (200, serde_json::json!(stage.asked()).to_string()),
        (&Method::GET, "messages") => (200, messages(stage).to_string()),
        (&Method::POST, "fault") => match switch(stage, body) {
            Ok(()) => (200, list(stage).to_string()),
            Err(why) => (400, serde_json::json!({ "error": why }).to_string()),
        },
        _ => (
            404,
            serde_json::json!({ "error": "GET /_demo/faults, requests or messages, or POST /_demo/fault" }).to_string(),
        ),
    })
}

fn switch(stage: &Arc<Stage>, body: &[u8]) -> Result<(), String> {
    let switch: Switch = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let value = match &switch.value {
        None | Some(serde_json::Value::Null) => None,
        Some(serde_json::Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    };
    if switch.on {
        let fault = Fault::new(&switch.name, value.as_deref(), switch.op.as_deref());
        stage.switch_on(fault.map_err(|error| error.to_string())?);
        return Ok(());
    }
    let row = TABLE.iter().find(|row| row.word == switch.name);
    let Some(row) = row else {
        // The same words as when switching on.
        let unknown = Fault::new(&switch.name, None, None).map(|_| ()).map_err(|error: FaultError| error.to_string());
        return unknown;
    };
    stage.switch_off(row.name, value.as_deref());
    Ok(())
}

/// Every fault, what it takes, what it does, and where it is on.
fn list(stage: &Stage) -> serde_json::Value {
    let faults = stage.faults();
    TABLE
        .iter()
        .map(|row| {
            let takes = row.takes.to_string();
            let on: Vec<_> =
                faults.on(row.name).map(|fault| serde_json::json!({"value": fault.value, "op": fault.op})).collect();
            serde_json::json!({"name": row.word, "takes": takes, "doc": row.doc, "on": on})
        })
        .collect()
}

/// Every message published, oldest first.
fn messages(stage: &Arc<Stage>) -> serde_json::Value {
    stage.with(|world, _| {
        let shape = |message: &Message| {
            serde_json::json!({"id": message.id, "topic": message.topic, "subject": message.subject,
                "message": message.text, "at": message.at})
        };
        world.messages().iter().map(shape).collect()
    })
}
