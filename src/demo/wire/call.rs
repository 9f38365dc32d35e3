//! Which operation of which service a request asks for, and how its answer or refusal is written.

use super::value::Value;
use super::{cbor, json, query, rest};
use crate::demo::world::Refusal;
use hyper::HeaderMap;

/// The services the embedded AWS speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    Dms,
    CloudWatch,
    Sts,
    Events,
    Scheduler,
    Logs,
    Sns,
    Secrets,
}

impl Service {
    /// As IAM and `--fault` spell it.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Dms => "dms",
            Self::CloudWatch => "cloudwatch",
            Self::Sts => "sts",
            Self::Events => "events",
            Self::Scheduler => "scheduler",
            Self::Logs => "logs",
            Self::Sns => "sns",
            Self::Secrets => "secretsmanager",
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Self::Sns => "http://sns.amazonaws.com/doc/2010-03-31/",
            _ => "http://monitoring.amazonaws.com/doc/2010-08-01/",
        }
    }
}

/// How the request came, so that its answer goes back the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// awsJson, `1.0` or `1.1`.
    Json(&'static str),
    /// rpcv2Cbor: the Rust SDK for `CloudWatch`.
    Cbor,
    /// awsQuery: STS, SNS, and old `CloudWatch` clients.
    Query,
    /// restJson1: EventBridge Scheduler.
    Rest,
}

/// One request, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub service: Service,
    pub operation: String,
    pub protocol: Protocol,
    pub input: Value,
}

/// A request that was not taken: who would have answered, as far as that is known, and why not.
#[derive(Debug)]
pub struct Unread {
    pub from: Option<(Service, Protocol)>,
    pub refusal: Refusal,
}

impl Unread {
    fn of(from: Option<(Service, Protocol)>, refusal: Refusal) -> Self {
        Self { from, refusal }
    }
}

/// `x-amz-target` prefix, service, protocol version (the service models' `targetPrefix` and `jsonVersion`).
const TARGETS: [(&str, Service, &str); 5] = [
    ("AmazonDMSv20160101", Service::Dms, "1.1"),
    ("GraniteServiceVersion20100801", Service::CloudWatch, "1.0"),
    ("AWSEvents", Service::Events, "1.1"),
    ("Logs_20140328", Service::Logs, "1.1"),
    ("secretsmanager", Service::Secrets, "1.1"),
];

impl Call {
    /// Recognises a request. Without an `Authorization` header nothing is looked at further, as at AWS's front door.
    pub fn read(path: &str, headers: &HeaderMap, body: &[u8]) -> Result<Self, Unread> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let target = header("x-amz-target").and_then(|target| target.split_once('.'));
        let rpc = path.strip_prefix("/service/GraniteServiceVersion20100801/operation/");
        let (service, operation, protocol) = match (target, rpc) {
            (Some((prefix, operation)), _) => match TARGETS.iter().find(|(known, ..)| *known == prefix) {
                Some((_, service, version)) => (*service, operation.to_owned(), Protocol::Json(version)),
                None => return Err(Unread::of(None, Refusal::unknown_operation())),
            },
            (None, Some(operation)) => (Service::CloudWatch, operation.to_owned(), Protocol::Cbor),
            (None, None) => {
                let form = query::decode(body);
                let service = match form.text_of("Version") {
                    Some("2010-08-01") => Service::CloudWatch,
                    Some("2011-06-15") => Service::Sts,
                    Some("2010-03-31") => Service::Sns,
                    _ => return Err(Unread::of(None, Refusal::unknown_operation())),
                };
                (service, form.text_of("Action").unwrap_or_default().to_owned(), Protocol::Query)
            }
        };
        let mut call = Self { service, operation, protocol, input: Value::Map(Vec::new()) };
        if header("authorization").is_none() {
            return Err(Unread::of(Some(call.from()), Refusal::no_token()));
        }
        let input = match protocol {
            Protocol::Json(_) => json::decode(body).map_err(|e| e.to_string()),
            Protocol::Cbor => cbor::decode(body).map_err(|e| e.to_string()),
            Protocol::Query => Ok(query::decode(body)),
            // Taken by `rest.rs` before.
            Protocol::Rest => Ok(Value::Map(Vec::new())),
        };
        match input {
            Ok(input @ Value::Map(_)) => {
                call.input = input;
                Ok(call)
            }
            Ok(_) => Err(Unread::of(Some(call.from()), Refusal::serialization("Start of structure or map expected"))),
            Err(why) => Err(Unread::of(Some(call.from()), Refusal::serialization(why))),
        }
    }

    /// Service and protocol.
    pub fn from(&self) -> (Service, Protocol) {
        (self.service, self.protocol)
    }

    /// Body of the answer.
    pub fn write(&self, answer: &Value, request_id: &str) -> Vec<u8> {
        match self.protocol {
            Protocol::Json(_) | Protocol::Rest => json::encode(answer),
            Protocol::Cbor => cbor::encode(answer),
            Protocol::Query => query::encode(&self.operation, self.service.namespace(), answer, request_id),
        }
    }
}

/// A refusal as it stands on the wire.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    pub status: u16,
    pub content_type: &'static str,
    /// `x-amzn-query-error`, of services that once spoke awsQuery.
    pub query_error: Option<String>,
    /// `x-amzn-errortype`, where the body does not say it.
    pub error_type: Option<&'static str>,
    pub body: Vec<u8>,
}

/// The code in an awsQuery answer where it differs, and the HTTP status that goes with it.
const QUERY_CODES: [(&str, &str, u16); 6] = [
    ("ThrottlingException", "Throttling", 400),
    ("ExpiredTokenException", "ExpiredToken", 403),
    ("MissingAuthenticationTokenException", "MissingAuthenticationToken", 403),
    ("AccessDeniedException", "AccessDenied", 403),
    ("UnknownOperationException", "InvalidAction", 400),
    ("InvalidParameterValueException", "InvalidParameterValue", 400),
];

/// Writes a refusal the way the service writes it in the protocol of the request.
pub fn refuse(call: Option<(Service, Protocol)>, refusal: &Refusal, request_id: &str) -> Written {
    let (service, protocol) = call.unwrap_or((Service::Dms, Protocol::Json("1.1")));
    let ours = refusal.status >= 500;
    let known = QUERY_CODES.iter().find(|(code, ..)| *code == refusal.code);
    let (query_code, query_status) = match known {
        // SNS has a word of its own for it.
        Some(("AccessDeniedException", ..)) if service == Service::Sns => ("AuthorizationError", 403),
        Some((_, code, status)) => (*code, *status),
        None => (refusal.code, refusal.status),
    };
    let query_error = (service == Service::CloudWatch && protocol != Protocol::Query)
        .then(|| format!("{query_code};{}", if ours { "Receiver" } else { "Sender" }));
    let kind = match service {
        Service::CloudWatch => format!("com.amazonaws.cloudwatch#{}", refusal.code),
        _ => refusal.code.to_owned(),
    };
    let message = Some(refusal.message.as_str()).filter(|message| !message.is_empty());
    let body = Value::map([("__type", kind.into()), ("message", message.into())]);
    match protocol {
        Protocol::Json(_) => Written {
            status: refusal.status,
            content_type: content_type(protocol),
            query_error,
            error_type: None,
            body: json::encode(&body),
        },
        Protocol::Cbor => Written {
            status: refusal.status,
            content_type: content_type(protocol),
            query_error,
            error_type: None,
            body: cbor::encode(&body),
        },
        Protocol::Rest => Written {
            status: rest::status(refusal),
            content_type: content_type(protocol),
            query_error: None,
            error_type: Some(refusal.code),
            body: json::encode(&Value::map([("Message", message.into())])),
        },
        Protocol::Query => Written {
            status: query_status,
            content_type: content_type(protocol),
            query_error: None,
            error_type: None,
            body: query::encode_error(service.namespace(), query_code, &refusal.message, ours, request_id),
        },
    }
}

/// Content type of answers.
pub fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Json("1.0") => "application/x-amz-json-1.0",
        Protocol::Json(_) => "application/x-amz-json-1.1",
        Protocol::Rest => "application/json",
        Protocol::Cbor => "application/cbor",
        Protocol::Query => "text/xml",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (hyper::header::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn each_protocol_is_recognised_by_what_its_clients_send() {
        let signed = ("authorization", "AWS4-HMAC-SHA256 x");
        let dms = ("x-amz-target", "AmazonDMSv20160101.DescribeEndpoints");
        let cw = ("x-amz-target", "GraniteServiceVersion20100801.GetMetricData");
        for (path, pairs, body, want) in [
            ("/", vec![signed, dms], "{}", (Service::Dms, "DescribeEndpoints", Protocol::Json("1.1"))),
            ("/", vec![signed, cw], "", (Service::CloudWatch, "GetMetricData", Protocol::Json("1.0"))),
            (
                "/service/GraniteServiceVersion20100801/operation/GetMetricData",
                vec![signed],
                "",
                (Service::CloudWatch, "GetMetricData", Protocol::Cbor),
            ),
            (
                "/",
                vec![signed],
                "Action=GetCallerIdentity&Version=2011-06-15",
                (Service::Sts, "GetCallerIdentity", Protocol::Query),
            ),
            ("/", vec![signed], "Action=ListTopics&Version=2010-03-31", (Service::Sns, "ListTopics", Protocol::Query)),
            (
                "/",
                vec![signed, ("x-amz-target", "secretsmanager.GetSecretValue")],
                "{}",
                (Service::Secrets, "GetSecretValue", Protocol::Json("1.1")),
            ),
        ] {
            let call = Call::read(path, &headers(&pairs), body.as_bytes()).unwrap();
            assert_eq!((call.service, call.operation.as_str(), call.protocol), want);
        }
    }

    #[test]
    fn a_request_that_cannot_be_taken_says_why() {
        let dms = ("x-amz-target", "AmazonDMSv20160101.DescribeEndpoints");
        let signed = ("authorization", "x");
        for (pairs, body, want) in [
            (vec![dms], "{}", "MissingAuthenticationTokenException"),
            (vec![dms, signed], "{", "SerializationException"),
            (vec![dms, signed], "[]", "SerializationException"),
            (vec![signed], "hello", "UnknownOperationException"),
            (vec![signed, ("x-amz-target", "Kinesis_20131202.GetRecords")], "{}", "UnknownOperationException"),
        ] {
            let unread = Call::read("/", &headers(&pairs), body.as_bytes()).unwrap_err();
            assert_eq!(unread.refusal.code, want);
        }
    }

    #[test]
    fn a_refusal_is_written_as_the_service_writes_it() {
        let written = refuse(Some((Service::Dms, Protocol::Json("1.1"))), &Refusal::throttled(), "id");
        assert_eq!(written.status, 400);
        assert_eq!(
            String::from_utf8(written.body).unwrap(),
            r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#
        );
        let written = refuse(Some((Service::CloudWatch, Protocol::Cbor)), &Refusal::throttled(), "id");
        assert_eq!(written.query_error.as_deref(), Some("Throttling;Sender"));
        let written = refuse(Some((Service::Sts, Protocol::Query)), &Refusal::expired(), "id");
        let body = String::from_utf8(written.body).unwrap();
        assert_eq!(written.status, 403);
        assert!(body.contains("<Code>ExpiredToken</Code>") && body.contains("<RequestId>id</RequestId>"), "{body}");
    }
}
