//! What to tell a person when there are no usable credentials.

use super::chain::NothingFound;
use crate::model::{Problem, ProblemKind};
use aws_credential_types::provider::error::CredentialsError;
use jiff::Timestamp;
use std::error::Error;

const HOW: &str = "Set AWS_PROFILE or pass --profile, sign in with `aws sso login`, or export AWS_ACCESS_KEY_ID and \
                   AWS_SECRET_ACCESS_KEY. To look around without an account: cutover demo.";

/// Words in a provider's own error, and what they mean. First match counts.
const WORDS: &[(&str, ProblemKind)] = &[
    ("ExpiredToken", ProblemKind::ExpiredCredentials),
    ("expired", ProblemKind::ExpiredCredentials),
    ("token is not valid", ProblemKind::ExpiredCredentials),
    ("InvalidClientTokenId", ProblemKind::ExpiredCredentials),
    ("UnauthorizedException", ProblemKind::ExpiredCredentials),
    ("AccessDenied", ProblemKind::AccessDenied),
    ("ForbiddenException", ProblemKind::AccessDenied),
    ("Throttl", ProblemKind::Throttled),
    ("timed out", ProblemKind::Timeout),
    ("timeout", ProblemKind::Timeout),
    ("dispatch failure", ProblemKind::Unreachable),
    ("dns error", ProblemKind::Unreachable),
    ("failed to load cached SSO token", ProblemKind::ExpiredCredentials),
    ("cached SSO token", ProblemKind::ExpiredCredentials),
];

/// The problem for an error of the chain. `profile` is the one in use.
pub(in crate::aws) fn problem(error: &CredentialsError, profile: &str, at: Timestamp) -> Problem {
    if let Some(nothing) = error.source().and_then(|source| source.downcast_ref::<NothingFound>()) {
        return none_found(nothing, profile, at);
    }
    let why = causes(error);
    let kind = match error {
        CredentialsError::InvalidConfiguration(_) => ProblemKind::Configuration,
        CredentialsError::ProviderTimedOut(_) => ProblemKind::Timeout,
        _ => WORDS.iter().find(|(word, _)| why.contains(word)).map_or(ProblemKind::NoCredentials, |(_, kind)| *kind),
    };
    let (summary, hint) = match kind {
        ProblemKind::Configuration => {
            ("cannot be used", "Correct the profile; `aws configure list` shows what applies.")
        }
        ProblemKind::ExpiredCredentials => {
            ("have expired", "Sign in again, for example `aws sso login`. New credentials are picked up by themselves.")
        }
        ProblemKind::AccessDenied => {
            ("were refused", "The role may not be assumed by this identity; check its trust policy.")
        }
        ProblemKind::Timeout | ProblemKind::Unreachable | ProblemKind::Throttled => {
            ("could not be fetched", "Check the network, VPN and proxy; it is tried again.")
        }
        _ => ("could not be loaded", HOW),
    };
    Problem {
        kind,
        summary: format!("credentials of profile {profile}: {summary}"),
        detail: why,
        hint: hint.to_owned(),
        request_id: None,
        at,
    }
}

fn none_found(NothingFound(tried): &NothingFound, profile: &str, at: Timestamp) -> Problem {
    let tried: Vec<String> = tried
        .iter()
        .map(|one| if one.why.is_empty() { one.name.to_owned() } else { format!("{} ({})", one.name, one.why) })
        .collect();
    Problem {
        kind: ProblemKind::NoCredentials,
        summary: format!("no AWS credentials found (profile {profile})"),
        detail: format!("tried: {}", tried.join("; ")),
        hint: HOW.to_owned(),
        request_id: None,
        at,
    }
}

/// The chain of causes; secrets never stand in these.
fn causes(error: &CredentialsError) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut next: Option<&dyn Error> = Some(error);
    while let Some(error) = next {
        let line = error.to_string();
        if lines.last() != Some(&line) {
            lines.push(line);
        }
        next = error.source();
    }
    lines.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::credentials::chain::Tried;

    #[test]
    fn no_credentials_names_every_provider_tried_and_what_to_do() {
        let tried = |name, why: &str| Tried { name, why: why.into() };
        let error = CredentialsError::not_loaded(NothingFound(vec![
            tried("environment", "environment variable not set"),
            tried("profile", ""),
            tried("instance metadata", "the instance metadata service does not answer"),
        ]));
        let problem = problem(&error, "default", Timestamp::UNIX_EPOCH);
        assert_eq!(problem.kind, ProblemKind::NoCredentials);
        for word in
            ["environment (environment variable not set)", "; profile; ", "instance metadata", "does not answer"]
        {
            assert!(problem.detail.contains(word), "{word}: {}", problem.detail);
        }
        assert!(problem.hint.contains("AWS_PROFILE") && problem.hint.contains("cutover demo"));
    }

    #[test]
    fn a_provider_that_failed_is_told_apart_by_its_own_words() {
        for (error, want) in [
            (
                CredentialsError::provider_error("ExpiredTokenException: The security token"),
                ProblemKind::ExpiredCredentials,
            ),
            (CredentialsError::provider_error("the SSO session has expired"), ProblemKind::ExpiredCredentials),
            (
                CredentialsError::provider_error("AccessDenied: not authorized to perform sts:AssumeRole"),
                ProblemKind::AccessDenied,
            ),
            (CredentialsError::provider_error("dispatch failure: dns error"), ProblemKind::Unreachable),
            (CredentialsError::invalid_configuration("profile formed an infinite loop"), ProblemKind::Configuration),
            (CredentialsError::provider_timed_out(std::time::Duration::from_secs(1)), ProblemKind::Timeout),
            (CredentialsError::provider_error("exit status 1"), ProblemKind::NoCredentials),
        ] {
            assert_eq!(problem(&error, "p", Timestamp::UNIX_EPOCH).kind, want, "{error:?}");
        }
    }
}
