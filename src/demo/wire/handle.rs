//! One request, from HTTP to HTTP.

use super::call::{self, Call, Service};
use super::value::Value;
use super::{control, rest, spoil};
use crate::demo::faults::Plan;
use crate::demo::stage::Stage;
use crate::demo::world::{ACCOUNT, Refusal, World};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::{Request, Response};
use std::sync::Arc;

/// Larger than any request of these services: 500 metric queries take about 200 kB.
const MAX_BODY: usize = 4 << 20;

/// The connection ends here, without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
pub struct Cut;

/// What a request to change something is about, as it names it.
fn named(input: &Value) -> &str {
    let names = ["ReplicationTaskArn", "ReplicationConfigArn", "EndpointArn", "Name"];
    names.iter().find_map(|name| input.text_of(name)).unwrap_or_default()
}

/// Answers one request, or cuts its connection.
pub async fn handle(stage: Arc<Stage>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|_| Cut)?.to_bytes();
    if let Some((status, json)) = control::answer(&stage, &head.method, head.uri.path(), &body) {
        return respond(status, "application/json", &[], json.into_bytes());
    }
    let request_id = stage.request_id();
    let now = stage.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let headers = [("x-amzn-requestid", request_id.as_str()), ("date", now.as_str())];
    let refuse = |from: Option<(Service, call::Protocol)>, refusal: &Refusal| {
        let written = call::refuse(from, refusal, &request_id);
        let extra = written.query_error.as_deref().map(|error| ("x-amzn-query-error", error));
        let cbor = (written.content_type == "application/cbor").then_some(("smithy-protocol", "rpc-v2-cbor"));
        let kind = written.error_type.map(|kind| ("x-amzn-errortype", kind));
        let headers: Vec<_> = headers.iter().copied().chain(extra).chain(cbor).chain(kind).collect();
        respond(written.status, written.content_type, &headers, written.body)
    };
    let read = rest::read(&head.method, &head.uri, &head.headers, &body)
        .unwrap_or_else(|| Call::read(head.uri.path(), &head.headers, &body));
    let mut call = match read {
        Ok(call) => call,
        Err(unread) => return refuse(unread.from, &unread.refusal),
    };
    stage.count(call.service, &call.operation);
    if World::is_change(call.service, &call.operation) {
        stage.count_change(call.service, &call.operation, named(&call.input));
    }
    let mut plan = stage.plan(call.service, &call.operation);
    let keys = head.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    plan.account = plan.account.and_then(|account| of_keys(&account, keys));
    if !plan.delay.is_zero() {
        tokio::time::sleep(plan.delay).await;
    }
    if plan.cut {
        return Err(Cut);
    }
    if let Some(refusal) = &plan.refuse {
        return refuse(Some(call.from()), refusal);
    }
    if plan.hostile {
        spoil::undo_hostile(&mut call.input);
    }
    let answer = if World::is_change(call.service, &call.operation) {
        stage.with(|world, now| world.change(&call.operation, &call.input, now))
    } else {
        let (world, now) = stage.as_of(plan.stale);
        world.read(call.service, &call.operation, &call.input, now)
    };
    if plan.lose {
        return Err(Cut);
    }
    match answer {
        Err(mut refusal) => {
            if plan.hostile {
                refusal.message = spoil::hostile(&refusal.message);
            }
            refuse(Some(call.from()), &refusal)
        }
        Ok(mut answer) => {
            spoil_answer(&plan, &mut answer);
            let body = call.write(&answer, &request_id);
            let cbor = (call.protocol == call::Protocol::Cbor).then_some(("smithy-protocol", "rpc-v2-cbor"));
            let headers: Vec<_> = headers.into_iter().chain(cbor).collect();
            respond(200, call::content_type(call.protocol), &headers, body)
        }
    }
}

/// The account of `ACCOUNT` or, for requests signed with this access key only, of `ACCOUNT:KEY`.
fn of_keys(account: &str, authorization: &str) -> Option<String> {
    match account.split_once(':') {
        None => Some(account.to_owned()),
        Some((account, key)) => authorization.contains(&format!("Credential={key}/")).then(|| account.to_owned()),
    }
}

fn spoil_answer(plan: &Plan, answer: &mut super::Value) {
    if plan.no_last_update {
        spoil::leave_out(answer, "LastUpdateTime");
    }
    if let Some(account) = plan.account.as_deref().filter(|_| answer.get("UserId").is_some()) {
        spoil::replace_account(answer, ACCOUNT, account);
    }
    if plan.hostile {
        spoil::make_hostile(answer);
    }
}

fn respond(
    status: u16,
    content_type: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Result<Response<Full<Bytes>>, Cut> {
    let mut builder = Response::builder().status(status).header("content-type", content_type);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Full::new(Bytes::from(body))).map_err(|_| Cut)
}
