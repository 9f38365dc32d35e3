//! What validations would use: of each that the configuration names, whether its task is there and both databases can be
//! opened; of the endpoints of all other tasks, whether their secrets can be read and their servers answer.
//!
//! Nobody waits for long, and nobody is asked for a password.

use super::{Area, Finding};
use crate::app::validate::sides::{Means, SideAsked, lacks_password};
use crate::app::validate::subject::Subject;
use crate::app::{Failure, Setup};
use crate::aws::{Reader, Serverless, TaskDetail};
use crate::model::EndpointArn;
use crate::model::untrusted::shown;
use crate::validate::merge::Side;
use futures_util::StreamExt as _;
use std::collections::BTreeMap;
use std::time::Duration;

/// Task, endpoints, secrets and logins of one validation.
const PATIENCE: Duration = Duration::from_secs(45);
/// One endpoint: its secret and its server.
const ANSWERS: Duration = Duration::from_secs(10);
/// Endpoints that are looked at, at the same time and in all: an account may have hundreds.
const ABREAST: usize = 8;
const MOST: usize = 40;

/// What was found.
#[derive(Debug)]
pub struct Facts<'a> {
    /// By the name of the validation: how its source and target were found.
    named: Vec<(&'a str, Result<[String; 2], Failure>)>,
    /// By the name of the endpoint: how it cannot be opened, if it cannot. Or why nobody knows which there are.
    endpoints: Result<Vec<(String, Option<String>)>, String>,
    /// Endpoints that were not looked at.
    more: usize,
}

pub async fn gather<'a>(reader: &Reader, setup: &'a Setup) -> Facts<'a> {
    let one = async |name: &'a str| {
        let found = tokio::time::timeout(PATIENCE, Box::pin(found(reader, setup, name))).await;
        (name, found.unwrap_or_else(|_| Err(late(PATIENCE))))
    };
    let named = futures_util::future::join_all(Subject::names(setup).map(one));
    let (named, (endpoints, more)) = tokio::join!(named, endpoints(reader, setup));
    Facts { named, endpoints, more }
}

fn late(within: Duration) -> Failure {
    Failure::could_not(format!("no answer within {} s", within.as_secs()))
}

async fn found(reader: &Reader, setup: &Setup, name: &str) -> Result<[String; 2], Failure> {
    let subject = Subject::named(setup, Some(reader), name).await?;
    let sides = subject.sides(&Means::of(setup, Some(reader), false)).await?;
    Ok(sides.map(|side| format!("{} by {}", shown(&side.database.place()), side.by)))
}

/// Endpoints of all tasks.
async fn endpoints(reader: &Reader, setup: &Setup) -> (Result<Vec<(String, Option<String>)>, String>, usize) {
    let told = tokio::time::timeout(PATIENCE, async {
        tokio::join!(reader.tasks(TaskDetail::Brief, Serverless::Include), reader.endpoints())
    })
    .await;
    let (tasks, all) = match told {
        Ok((Ok(tasks), Ok(all))) => (tasks.value, all.value),
        Ok((Err(problem), _) | (_, Err(problem))) => return (Err(problem.summary), 0),
        Err(_) => return (Err(late(PATIENCE).lines.join(" ")), 0),
    };
    let mut used: BTreeMap<&EndpointArn, Side> = BTreeMap::new();
    for task in &tasks {
        used.insert(&task.source, Side::Source);
        used.insert(&task.target, Side::Target);
    }
    let means = Means::of(setup, Some(reader), false);
    let name = |arn: &EndpointArn| {
        let known = all.iter().find(|endpoint| endpoint.arn == *arn).map(|endpoint| endpoint.name.raw().to_owned());
        known.unwrap_or_else(|| arn.0.clone())
    };
    let more = used.len().saturating_sub(MOST);
    let looks = used.into_iter().take(MOST).map(|(arn, side)| {
        let name = name(arn);
        async move {
            let asked = SideAsked::Endpoint(arn.clone());
            let opened = tokio::time::timeout(ANSWERS, Box::pin(means.find(side, &asked))).await;
            let why = opened.unwrap_or_else(|_| Err(late(ANSWERS))).err().map(|failure| first(&failure, side));
            (name, why)
        }
    });
    let mut seen: Vec<(String, Option<String>)> =
        futures_util::stream::iter(looks).buffer_unordered(ABREAST).collect().await;
    seen.sort();
    (Ok(seen), more)
}

/// A side is a matter of a comparison.
fn first(failure: &Failure, side: Side) -> String {
    let line = failure.lines.first().map(String::as_str).unwrap_or_default();
    line.strip_prefix(&format!("{}: ", side.word())).unwrap_or(line).to_owned()
}

pub fn judge(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = facts.named.iter().map(|(name, found)| one(name, found)).collect();
    findings.extend(of_endpoints(facts));
    findings
}

fn one(name: &str, found: &Result<[String; 2], Failure>) -> Finding {
    let (area, section) = (Area::Databases, format!("[validation.{name}]"));
    match found {
        Ok([source, target]) => Finding::passed(area, section, format!("source {source}; target {target}")),
        Err(failure) => {
            let mut lines = failure.lines.iter().map(|line| shown(line).into_owned());
            let message = lines.next().unwrap_or_default();
            let rest = lines.collect::<Vec<_>>().join("; ");
            if lacks_password(failure) {
                let action = "Set the variable, or answer when the validation asks for it.";
                return Finding::unknown(area, section, "there is no password here", action).because(message);
            }
            let action = format!("Correct {section}, or what it names.");
            Finding::failed(area, section, message, action).because(rest)
        }
    }
}

/// Nobody said that any of them will be validated: no more than a note.
fn of_endpoints(facts: &Facts<'_>) -> Option<Finding> {
    let (area, check) = (Area::Databases, "endpoints of tasks");
    let action = "A validation needs them: let this identity read their secrets, open the way to their servers, or name another \
                  way with endpoint = \"NAME\" in a [databases.NAME].";
    let all = match &facts.endpoints {
        Ok(all) if all.is_empty() => return None,
        Ok(all) => all,
        Err(why) => {
            let message = "which there are is not known";
            return Some(Finding::untried(area, check, message, action).because(shown(why)));
        }
    };
    let closed: Vec<&(String, Option<String>)> = all.iter().filter(|(_, why)| why.is_some()).collect();
    let more = if facts.more > 0 { format!("; {} more were not looked at", facts.more) } else { String::new() };
    let message = format!("{} of {} can be opened from here{more}", all.len() - closed.len(), all.len());
    if closed.is_empty() {
        return Some(Finding::passed(area, check, message));
    }
    let why = |(name, why): &&(String, Option<String>)| {
        format!("{}: {}", shown(name), shown(why.as_deref().unwrap_or_default()))
    };
    let detail = closed.iter().map(why).collect::<Vec<_>>().join("; ");
    Some(Finding::untried(area, check, message, action).because(detail))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn what_a_validation_would_use_is_told_before_somebody_needs_it() {
        let good = || Ok(["a:1/x by [databases.a]".to_owned(), "b:2/y by [databases.b]".to_owned()]);
        let failed =
            |lines: &[&str]| Err(Failure { status: 3, lines: lines.iter().map(|line| (*line).to_owned()).collect() });
        let closed = |why: Option<&str>| ("billing-target".to_owned(), why.map(str::to_owned));
        let open = ("billing-source".to_owned(), None);
        for (named, endpoints, more, want) in [
            (good(), Ok(vec![]), 0, vec![(Verdict::Passed, "source a:1/x")]),
            (failed(&["no task \"t\""]), Ok(vec![]), 0, vec![(Verdict::Failed, "no task")]),
            (
                failed(&["source: no password", "the password can stand in CUTOVER_A_PASSWORD"]),
                Ok(vec![]),
                0,
                vec![(Verdict::Unknown, "no password here")],
            ),
            (good(), Ok(vec![open.clone()]), 0, vec![(Verdict::Passed, ""), (Verdict::Passed, "1 of 1 can be opened")]),
            (
                good(),
                Ok(vec![open.clone(), closed(Some("no route"))]),
                3,
                vec![(Verdict::Passed, ""), (Verdict::Untried, "1 of 2 can be opened from here; 3 more")],
            ),
            (good(), Err("denied".to_owned()), 0, vec![(Verdict::Passed, ""), (Verdict::Untried, "not known")]),
        ] {
            let found = judge(&Facts { named: vec![("a", named)], endpoints, more });
            assert_eq!(found.len(), want.len(), "{found:?}");
            for (finding, (verdict, part)) in found.iter().zip(want) {
                assert!(finding.verdict == verdict && finding.message.raw().contains(part), "{part}: {finding:?}");
                assert_eq!(finding.action.is_none(), verdict == Verdict::Passed, "{finding:?}");
            }
        }
    }
}
