//! What a person sees when something failed: one problem, saying what, where, why and what to do.

use crate::model::untrusted::shown;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The classes that lead to different behaviour; everything else is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// No credentials were found anywhere.
    NoCredentials,
    /// Credentials were found and are no longer accepted; they are asked for again when they change.
    ExpiredCredentials,
    /// The service said no to this identity.
    AccessDenied,
    /// Too many requests; retried by the limiter.
    Throttled,
    /// No answer in time.
    Timeout,
    /// No connection.
    Unreachable,
    /// The thing asked about is not there.
    NotFound,
    /// The service refused because of the state it is in.
    InvalidState,
    /// The service failed (5xx), or its answer could not be read.
    Service,
    /// A file or an argument is wrong.
    Configuration,
    /// Our own fault.
    Internal,
}

/// One clear problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub kind: ProblemKind,
    /// What failed and where, in one line: `dms:DescribeReplicationTasks in eu-west-1: throttled`.
    pub summary: String,
    /// Why, in the words of whoever refused. May come from outside: show with [`Problem::lines`].
    pub detail: String,
    /// What to do now.
    pub hint: String,
    pub request_id: Option<String>,
    pub at: Timestamp,
}

impl Problem {
    /// The problem as clean lines for a terminal: summary, detail, hint, request id; empty ones left out.
    pub fn lines(&self) -> Vec<String> {
        let request = self.request_id.as_deref().map(|id| format!("request id {id}")).unwrap_or_default();
        [self.summary.as_str(), &self.detail, &self.hint, &request]
            .iter()
            .filter(|line| !line.is_empty())
            .map(|line| shown(line).into_owned())
            .collect()
    }
}
