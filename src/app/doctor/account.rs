//! Which region, and who we are there.

use super::{Area, Finding, Verdict, permissions, task_logs};
use crate::app::Flags;
use crate::aws::{self, Connected, Place};
use crate::model::{Problem, ProblemKind};
use std::time::Duration;

/// The region, and who named it.
pub fn region(flags: &Flags, settings: &aws::Settings, place: Option<&Result<Place, Problem>>) -> Finding {
    let (area, check) = (Area::Account, "region");
    match place {
        Some(Ok(Place { region: Some(region), .. })) => {
            let set = |name: &str| std::env::var(name).is_ok_and(|text| !text.is_empty());
            let named = match () {
                () if flags.region.is_some() => "--region",
                () if settings.region.is_some() => "the configuration",
                () if set("AWS_REGION") => "AWS_REGION",
                () if set("AWS_DEFAULT_REGION") => "AWS_DEFAULT_REGION",
                () => "the profile, or this instance",
            };
            Finding::passed(area, check, format!("{}, named by {named}", region.0))
        }
        Some(Ok(Place { region: None, profile })) => {
            let message = format!("no AWS region is set (profile {profile})");
            Finding::failed(
                area,
                check,
                message,
                "Pass --region eu-west-1, set AWS_REGION, or put region into the configuration.",
            )
        }
        Some(Err(problem)) => Finding::problem(area, check, verdict(problem), problem),
        None => Finding::unknown(area, check, "the profile could not be read in time", "Look at ~/.aws/config."),
    }
}

/// Who we are; `None` where nobody said so in time.
pub fn identity(answer: Option<&Result<Connected, Problem>>, limit: Duration) -> Finding {
    let (area, check) = (Area::Account, "identity");
    match answer {
        Some(Ok(Connected { scope, identity, .. })) => {
            let until = identity.expires.map(|at| format!("; the credentials end at {at:.0}")).unwrap_or_default();
            let (account, profile) = (&scope.account.0, &scope.profile);
            let message = format!("{} in account {account} (profile {profile}){until}", identity.arn.raw());
            Finding::passed(area, check, message)
        }
        Some(Err(problem)) => Finding::problem(area, check, verdict(problem), problem),
        None => {
            let message = format!("nobody said who we are within {} s", limit.as_secs());
            Finding::unknown(
                area,
                check,
                message,
                "Check the network, VPN and proxy, and whatever gives the credentials.",
            )
        }
    }
}

/// Whether the problem is an answer, or only the lack of one.
fn verdict(problem: &Problem) -> Verdict {
    match problem.kind {
        ProblemKind::NoCredentials
        | ProblemKind::ExpiredCredentials
        | ProblemKind::AccessDenied
        | ProblemKind::Configuration => Verdict::Failed,
        _ => Verdict::Unknown,
    }
}

/// Everything that AWS was not asked about.
pub fn not_asked(why: &str, action: &str) -> Vec<Finding> {
    let of = |area, check: &str| Finding::unknown(area, check, why, action);
    let account = ["region", "identity", "clock"].map(|check| of(Area::Account, check));
    let mut findings: Vec<Finding> = account.into();
    findings.extend(permissions::needed().map(|row| of(Area::Permissions, row.action)));
    findings.push(of(Area::Logs, task_logs::ALL));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Region;
    use jiff::Timestamp;

    fn problem(kind: ProblemKind) -> Problem {
        let text = || "words".to_owned();
        let at = Timestamp::UNIX_EPOCH;
        Problem { kind, summary: text(), detail: text(), hint: text(), request_id: None, at }
    }

    #[test]
    fn who_we_are_failed_or_could_not_be_told() {
        for (kind, want) in [
            (ProblemKind::NoCredentials, Verdict::Failed),
            (ProblemKind::ExpiredCredentials, Verdict::Failed),
            (ProblemKind::AccessDenied, Verdict::Failed),
            (ProblemKind::Configuration, Verdict::Failed),
            (ProblemKind::Unreachable, Verdict::Unknown),
            (ProblemKind::Timeout, Verdict::Unknown),
            (ProblemKind::Throttled, Verdict::Unknown),
            (ProblemKind::Service, Verdict::Unknown),
        ] {
            let found = identity(Some(&Err(problem(kind))), Duration::from_secs(1));
            assert_eq!((found.verdict, found.action.is_some()), (want, true), "{kind:?}");
        }
        assert_eq!(identity(None, Duration::from_secs(12)).verdict, Verdict::Unknown);
    }

    #[test]
    fn a_region_says_who_named_it_and_none_what_to_do() {
        let flags = Flags { region: Some("eu-west-1".into()), ..Flags::default() };
        let named = aws::Settings { region: Some("eu-west-1".into()), ..aws::Settings::default() };
        let place = |region: Option<&str>| {
            Ok(Place { profile: "p".into(), region: region.map(|region| Region(region.into())) })
        };
        let here = Some(place(Some("eu-west-1")));
        let told = |flags: &Flags, settings: &aws::Settings| region(flags, settings, here.as_ref());
        assert_eq!(told(&flags, &named).message.raw(), "eu-west-1, named by --region");
        assert_eq!(told(&Flags::default(), &named).message.raw(), "eu-west-1, named by the configuration");
        let none = region(&Flags::default(), &aws::Settings::default(), Some(&place(None)));
        assert!(none.verdict == Verdict::Failed && none.action.unwrap().raw().contains("--region"));
        let wrong = Err(problem(ProblemKind::Configuration));
        assert_eq!(region(&flags, &named, Some(&wrong)).verdict, Verdict::Failed);
        assert_eq!(region(&flags, &named, None).verdict, Verdict::Unknown);
    }
}
