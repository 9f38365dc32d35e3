//! Why a request was refused, before any protocol has written it down.

/// An AWS error: modelled or not is the client's business, on the wire both look the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    pub code: &'static str,
    pub message: String,
    /// HTTP status.
    pub status: u16,
}

impl Refusal {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), status: 400 }
    }

    /// Modelled, of DMS.
    pub fn invalid_state(message: impl Into<String>) -> Self {
        Self::new("InvalidResourceStateFault", message)
    }

    /// Modelled, of DMS. Also what a filter that matches nothing gives.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundFault", message)
    }

    /// What most services call it, EventBridge and its Scheduler among them.
    pub fn not_found_exception(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", message)
    }

    /// What most services call a request that is wrong.
    pub fn validation_exception(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// A rule that a service keeps for itself.
    pub fn managed_rule(message: impl Into<String>) -> Self {
        Self::new("ManagedRuleException", message)
    }

    /// Not in the model's error list: a typed SDK calls it unhandled.
    pub fn combination(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterCombinationException", message)
    }

    /// Not in the DMS model's error list either.
    pub fn parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValueException", message)
    }

    /// `CloudWatch`'s and STS's own check of a request.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationError", message)
    }

    /// `CloudWatch` Logs' own check of a request.
    pub fn logs_parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    /// Modelled, of `CloudWatch` Logs.
    pub fn logs_not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", message)
    }

    /// SNS's own check of a request.
    pub fn sns_parameter(message: impl std::fmt::Display) -> Self {
        Self::new("InvalidParameter", format!("Invalid parameter: {message}"))
    }

    /// Modelled, of SNS.
    pub fn no_topic() -> Self {
        Self { status: 404, ..Self::new("NotFound", "Topic does not exist") }
    }

    /// Modelled, of Secrets Manager.
    pub fn secrets_parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    /// Modelled, of Secrets Manager.
    pub fn secrets_token() -> Self {
        Self::new("InvalidNextTokenException", "The NextToken value is invalid.")
    }

    /// The body is not what the protocol says.
    pub fn serialization(message: impl Into<String>) -> Self {
        Self::new("SerializationException", message)
    }

    pub fn unknown_operation() -> Self {
        Self::new("UnknownOperationException", "")
    }

    pub fn throttled() -> Self {
        Self::new("ThrottlingException", "Rate exceeded")
    }

    pub fn expired() -> Self {
        Self::new("ExpiredTokenException", "The security token included in the request is expired")
    }

    pub fn no_token() -> Self {
        Self::new("MissingAuthenticationTokenException", "Missing Authentication Token")
    }

    /// IAM says no.
    pub fn denied(who: &str, action: &str) -> Self {
        let message = format!(
            "User: {who} is not authorized to perform: {action} on resource: * because no identity-based policy \
             allows the {action} action"
        );
        Self::new("AccessDeniedException", message)
    }

    /// DMS itself was denied: modelled, and rarer than IAM's.
    pub fn denied_fault() -> Self {
        Self::new("AccessDeniedFault", "AWS DMS was denied access to the endpoint. Check the permissions of its role.")
    }

    pub fn internal() -> Self {
        Self {
            code: "InternalFailure",
            message: "We encountered an internal error. Please try again.".into(),
            status: 500,
        }
    }
}
