//! What went wrong, from whatever the service or the network gave: one table of error codes.
//!
//! Classified by code *string*: some real codes (`InvalidParameterCombinationException`) stand in no API model, so a typed
//! SDK reports them as unhandled.

use super::refusals;
use crate::model::operation::{Access, Operation};
use crate::model::{Problem, ProblemKind, Region};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;
use std::time::Duration;

/// Classes that are treated differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Throttled,
    Expired,
    /// The signature does not fit: wrong secret, or a clock that is off.
    Signature,
    Denied,
    NotFound,
    State,
    /// We asked wrongly.
    Request,
    /// The service failed.
    Fault,
    Timeout,
    Unreachable,
    Undecodable,
    /// A code this table does not have.
    Unknown,
}

/// How a call ended, free of SDK types.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Failure {
    pub code: Option<String>,
    pub message: String,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    pub timed_out: bool,
    /// The answer began and did not end.
    pub cut: bool,
    pub request_id: Option<String>,
}

/// Error codes by class. `*` at the end stands for any ending.
const CODES: &[(Class, &[&str])] = &[
    (
        Class::Throttled,
        &[
            "ThrottlingException",
            "Throttling",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "LimitExceededException",
            "SlowDown",
        ],
    ),
    (
        Class::Expired,
        &[
            "ExpiredTokenException",
            "ExpiredToken",
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "TokenRefreshRequired",
        ],
    ),
    (
        Class::Signature,
        &[
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "IncompleteSignature",
            "IncompleteSignatureException",
        ],
    ),
    (
        Class::Denied,
        &[
            "AccessDenied*",
            "AuthorizationError*",
            "KMSAccessDeniedFault",
            "UnauthorizedOperation",
            "NotAuthorized",
            "OptInRequired",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "AuthFailure",
        ],
    ),
    (
        Class::NotFound,
        &["ResourceNotFoundFault", "ResourceNotFoundException", "ResourceNotFound", "NotFound", "NotFoundException"],
    ),
    (
        Class::State,
        &[
            "InvalidResourceStateFault",
            "InvalidParameterCombinationException",
            "InvalidParameterCombination",
            "InvalidOperationFault",
            "InvalidRequestException",
        ],
    ),
    (
        Class::Request,
        &[
            "ValidationException",
            "ValidationError",
            "InvalidParameterValueException",
            "InvalidParameterValue",
            "InvalidParameterException",
            "InvalidParameter",
            "MissingParameter",
            "MissingRequiredParameterException",
            "SerializationException",
            "UnknownOperationException",
            "InvalidAction",
            "InvalidNextToken",
        ],
    ),
    (
        Class::Fault,
        &[
            "InternalFailure",
            "InternalServerError",
            "InternalServiceError",
            "InternalServiceFault",
            "InternalError",
            "InternalErrorException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
        ],
    ),
];

/// The table, then the status, then the transport.
pub(super) fn classify(failure: &Failure) -> Class {
    if let Some(class) = failure.code.as_deref().and_then(by_code) {
        return class;
    }
    match failure.status {
        _ if failure.cut => Class::Unreachable,
        Some(200..=299) => Class::Undecodable,
        Some(429) => Class::Throttled,
        Some(401 | 403) => Class::Denied,
        Some(500..) => Class::Fault,
        Some(_) => Class::Unknown,
        None if failure.timed_out => Class::Timeout,
        None => Class::Unreachable,
    }
}

fn by_code(code: &str) -> Option<Class> {
    // Some protocols send `namespace#Code` or `Code:http://…`.
    let code = code.rsplit('#').next().unwrap_or(code).split(':').next().unwrap_or(code);
    let fits = |pattern: &&str| match pattern.strip_suffix('*') {
        Some(start) => code.starts_with(start),
        None => *pattern == code,
    };
    CODES.iter().find(|(_, patterns)| patterns.iter().any(fits)).map(|(class, _)| *class)
}

/// One row per class: what a person is told, and how often it is tried at all.
struct Treatment {
    kind: ProblemKind,
    word: &'static str,
    hint: &'static str,
    attempts: u32,
}

const fn treatment(class: Class) -> Treatment {
    let (kind, word, hint, attempts) = match class {
        Class::Throttled => (
            ProblemKind::Throttled,
            "throttled",
            "The request rate is shared by everything in this account and region.",
            5,
        ),
        Class::Expired => (
            ProblemKind::ExpiredCredentials,
            "the credentials are no longer accepted",
            "Sign in again (for example `aws sso login`). New credentials are picked up by themselves.",
            1,
        ),
        Class::Signature => (
            ProblemKind::AccessDenied,
            "the signature is not accepted",
            "Check the clock of this machine and the secret access key.",
            1,
        ),
        Class::Denied => (ProblemKind::AccessDenied, "access denied", "", 1),
        Class::NotFound => {
            (ProblemKind::NotFound, "not found", "It may have been deleted. Check account and region.", 1)
        }
        Class::State => {
            (ProblemKind::InvalidState, "not possible in its present state", "Look at the status of the task.", 1)
        }
        Class::Request => (
            ProblemKind::Internal,
            "the service does not understand the request",
            "This is a fault of this program. Please report it with the request id.",
            1,
        ),
        Class::Fault => (
            ProblemKind::Service,
            "the service failed",
            "If it stays so: https://health.aws.amazon.com/health/status.",
            3,
        ),
        Class::Timeout => (ProblemKind::Timeout, "no answer in time", "Check the network, VPN and proxy.", 2),
        Class::Unreachable => {
            (ProblemKind::Unreachable, "no connection", "Check the network, VPN, proxy and endpoint URL.", 3)
        }
        Class::Undecodable => (
            ProblemKind::Service,
            "the answer could not be read",
            "Something between here and AWS (a proxy, a custom endpoint) may have answered instead of AWS.",
            1,
        ),
        Class::Unknown => (ProblemKind::Service, "refused", "", 1),
    };
    Treatment { kind, word, hint, attempts }
}

/// How long to wait before attempt number `next` (2 is the first retry), or `None` when it is over. Full jitter over an
/// exponential: `random` is 0 to 1 (AWS Architecture Blog, "Exponential Backoff And Jitter").
pub(super) fn retry_after(class: Class, next: u32, random: f64) -> Option<Duration> {
    if next > treatment(class).attempts {
        return None;
    }
    let base: f64 = if class == Class::Throttled { 1.0 } else { 0.25 };
    let ceiling = (base * f64::from(1_u32 << next.clamp(2, 8).saturating_sub(2))).min(8.0);
    Some(Duration::from_secs_f64(ceiling * (0.25 + 0.75 * random.clamp(0.0, 1.0))))
}

/// The problem a person sees.
pub(super) fn problem(operation: Operation, region: &Region, failure: &Failure, at: Timestamp) -> Problem {
    let class = classify(failure);
    let treatment = treatment(class);
    let action = operation.action();
    let detail = match (&failure.code, failure.status) {
        (Some(code), _) if failure.message.is_empty() => code.clone(),
        (Some(code), _) => format!("{code}: {}", failure.message),
        (None, Some(status)) => format!("HTTP {status}: {}", failure.message),
        (None, None) => failure.message.clone(),
    };
    let hint = match class {
        Class::State | Class::Request if operation.row().access == Access::Write && action.starts_with("dms:") => {
            refusals::hint(&failure.message).to_owned()
        }
        Class::Denied => {
            let needed: Vec<&str> = [action].into_iter().chain(operation.row().besides.iter().copied()).collect();
            format!("This identity needs {}. Policies that are enough stand in assets/iam/.", needed.join(" and "))
        }
        _ => treatment.hint.to_owned(),
    };
    Problem {
        kind: treatment.kind,
        summary: format!("{action} in {}: {}", region.0, treatment.word),
        detail,
        hint,
        request_id: failure.request_id.clone(),
        at,
    }
}

/// Takes an SDK error apart.
pub(super) fn read<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let response = error.raw_response();
    let mut failure = Failure {
        status: response.map(|response| response.status().as_u16()),
        request_id: response.and_then(request_id),
        timed_out: matches!(error, SdkError::TimeoutError(_))
            || matches!(error, SdkError::DispatchFailure(dispatch) if dispatch.is_timeout()),
        cut: matches!(error, SdkError::ResponseError(_)),
        ..Failure::default()
    };
    if let SdkError::ServiceError(service) = error {
        failure.code = service.err().code().map(str::to_owned);
        service.err().message().unwrap_or_default().clone_into(&mut failure.message);
    }
    if failure.message.is_empty() {
        failure.message = match failure.code {
            Some(_) => String::new(),
            None => causes(error),
        };
    }
    failure
}

/// The chain of causes in one line, without the SDK's debug dump of the response.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let line = error.to_string();
        if !line.is_empty() && lines.last() != Some(&line) && line != "unhandled error" {
            lines.push(line);
        }
        next = error.source();
    }
    if lines.is_empty() { DisplayErrorContext(error).to_string() } else { lines.join(": ") }
}

/// Request id of any AWS protocol.
pub(super) fn request_id(response: &HttpResponse) -> Option<String> {
    let headers = response.headers();
    ["x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id"]
        .into_iter()
        .find_map(|name| headers.get(name))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coded(code: &str, status: u16) -> Failure {
        Failure { code: Some(code.into()), status: Some(status), ..Failure::default() }
    }

    #[test]
    fn every_way_to_fail_has_its_class() {
        use Class::*;
        let plain = |status| Failure { status, ..Failure::default() };
        for (failure, want) in [
            (coded("ThrottlingException", 400), Throttled),
            (coded("Throttling", 400), Throttled),
            (plain(Some(429)), Throttled),
            (coded("ExpiredTokenException", 400), Expired),
            (coded("ExpiredToken", 403), Expired),
            (coded("UnrecognizedClientException", 400), Expired),
            (coded("InvalidClientTokenId", 403), Expired),
            (coded("SignatureDoesNotMatch", 403), Signature),
            (coded("AccessDeniedException", 400), Denied),
            (coded("AccessDeniedFault", 400), Denied),
            (coded("AccessDenied", 403), Denied),
            (plain(Some(403)), Denied),
            (coded("ResourceNotFoundFault", 400), NotFound),
            (coded("InvalidResourceStateFault", 400), State),
            (coded("InvalidParameterCombinationException", 400), State),
            (coded("com.amazonaws.dms#InvalidParameterCombinationException", 400), State),
            (coded("InvalidParameterValueException:http://internal.amazon.com/", 400), Request),
            (coded("InternalFailure", 500), Fault),
            (plain(Some(503)), Fault),
            (coded("SomethingNewException", 500), Fault),
            (coded("SomethingNewException", 400), Unknown),
            (plain(Some(200)), Undecodable),
            (Failure { timed_out: true, ..Failure::default() }, Timeout),
            (Failure { cut: true, status: Some(200), ..Failure::default() }, Unreachable),
            (plain(None), Unreachable),
        ] {
            assert_eq!(classify(&failure), want, "{failure:?}");
        }
    }

    #[test]
    fn only_what_may_pass_by_itself_is_tried_again_and_never_for_ever() {
        use Class::*;
        for (class, attempts) in [
            (Throttled, 5),
            (Fault, 3),
            (Unreachable, 3),
            (Timeout, 2),
            (Denied, 1),
            (Expired, 1),
            (Signature, 1),
            (NotFound, 1),
            (State, 1),
            (Request, 1),
            (Undecodable, 1),
            (Unknown, 1),
        ] {
            let tried = (2..100).take_while(|next| retry_after(class, *next, 0.5).is_some()).count() + 1;
            assert_eq!(tried, attempts, "{class:?}");
        }
    }

    #[test]
    fn waiting_grows_stays_bounded_and_is_spread() {
        let ms = |next, random| retry_after(Class::Throttled, next, random).map(|wait| wait.as_millis());
        assert_eq!((ms(2, 0.0), ms(2, 1.0)), (Some(250), Some(1000)));
        assert_eq!((ms(5, 0.0), ms(5, 1.0)), (Some(2000), Some(8000)));
    }

    #[test]
    fn a_problem_says_what_where_why_and_what_to_do() {
        let failure = Failure {
            code: Some("AccessDeniedException".into()),
            message: "User: arn:aws:iam::1:user/jane is not authorized".into(),
            status: Some(400),
            request_id: Some("r-1".into()),
            ..Failure::default()
        };
        let region = Region("eu-west-1".into());
        let problem = problem(Operation::GetMetricData, &region, &failure, Timestamp::UNIX_EPOCH);
        assert_eq!(problem.kind, ProblemKind::AccessDenied);
        assert_eq!(problem.summary, "cloudwatch:GetMetricData in eu-west-1: access denied");
        assert!(problem.detail.starts_with("AccessDeniedException: User"));
        assert!(problem.hint.contains("cloudwatch:GetMetricData"));
        assert_eq!(problem.request_id.as_deref(), Some("r-1"));
    }
}
