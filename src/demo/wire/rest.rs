//! restJson1, which EventBridge Scheduler speaks: the operation is in method and path, its input in path, query and body.

use super::Value;
use super::call::{Call, Protocol, Service, Unread};
use crate::demo::world::Refusal;
use hyper::{HeaderMap, Method, Uri};
use std::borrow::Cow;

/// The request, where method and path are of a service that speaks restJson1.
pub fn read(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Option<Result<Call, Unread>> {
    let mut path = uri.path().trim_start_matches('/').split('/');
    let (head, name) = (path.next()?, path.next().filter(|name| !name.is_empty()));
    let listed = matches!(head, "schedules" | "schedule-groups") && path.next().is_none();
    if !listed || headers.contains_key("x-amz-target") {
        return None;
    }
    let mut members: Vec<(Cow<'static, str>, Value)> = Vec::new();
    for pair in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        // One operation spells its group's name otherwise than it is called everywhere else.
        let key = if key == "groupName" { Cow::Borrowed("GroupName") } else { Cow::Owned(key.to_owned()) };
        members.push((key, super::query::unescape(value).into()));
    }
    let operation = match (head, name, method) {
        ("schedules", None, &Method::GET) => "ListSchedules",
        ("schedules", Some(name), &Method::GET) => {
            members.push((Cow::Borrowed("Name"), super::query::unescape(name).into()));
            "GetSchedule"
        }
        ("schedules", Some(name), &Method::PUT) => {
            members.push((Cow::Borrowed("Name"), super::query::unescape(name).into()));
            "UpdateSchedule"
        }
        ("schedule-groups", None, &Method::GET) => "ListScheduleGroups",
        _ => "",
    };
    let call = Call {
        service: Service::Scheduler,
        operation: operation.to_owned(),
        protocol: Protocol::Rest,
        input: Value::Map(members),
    };
    let refuse = |refusal| Some(Err(Unread { from: Some(call.from()), refusal }));
    if headers.get("authorization").is_none() {
        return refuse(Refusal::no_token());
    }
    if operation.is_empty() {
        return refuse(Refusal::unknown_operation());
    }
    match (super::json::decode(body), call) {
        (Ok(Value::Map(said)), Call { input: Value::Map(mut members), operation, service, protocol }) => {
            members.extend(said);
            Some(Ok(Call { service, operation, protocol, input: Value::Map(members) }))
        }
        (_, call) => Some(Err(Unread {
            from: Some(call.from()),
            refusal: Refusal::validation_exception("the body is not a JSON object".to_owned()),
        })),
    }
}

/// HTTP status that goes with a code; the JSON protocols say 400 to all of them.
pub fn status(refusal: &Refusal) -> u16 {
    match refusal.code {
        "AccessDeniedException" | "ExpiredTokenException" | "MissingAuthenticationTokenException" => 403,
        "ResourceNotFoundException" | "UnknownOperationException" => 404,
        "ThrottlingException" => 429,
        _ => refusal.status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_its_method_and_path() {
        let mut signed = HeaderMap::new();
        signed.insert("authorization", "x".parse().unwrap());
        let read = |method: Method, uri: &str| read(&method, &uri.parse().unwrap(), &signed, b"");
        for (uri, operation, member) in [
            ("/schedules?MaxResults=7&NextToken=a%20b", "ListSchedules", ("NextToken", "a b")),
            ("/schedules/a%2Bb?groupName=migrations", "GetSchedule", ("Name", "a+b")),
            ("/schedules/a?groupName=migrations", "GetSchedule", ("GroupName", "migrations")),
            ("/schedule-groups?NamePrefix=m", "ListScheduleGroups", ("NamePrefix", "m")),
        ] {
            let call = read(Method::GET, uri).unwrap().unwrap();
            assert_eq!((call.operation.as_str(), call.input.text_of(member.0)), (operation, Some(member.1)), "{uri}");
        }
        for (method, uri) in [(Method::POST, "/schedules/a"), (Method::DELETE, "/schedule-groups/a")] {
            assert_eq!(read(method, uri).unwrap().unwrap_err().refusal.code, "UnknownOperationException");
        }
        assert!(read(Method::POST, "/").is_none() && read(Method::GET, "/schedules/a/b").is_none());
        let unsigned = super::read(&Method::GET, &"/schedules".parse().unwrap(), &HeaderMap::new(), b"");
        assert_eq!(unsigned.unwrap().unwrap_err().refusal.code, "MissingAuthenticationTokenException");
    }
}
