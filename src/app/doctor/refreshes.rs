//! The refreshes that the configuration names: is their task there, may they load its target, can both databases be opened?
//! The plan of each says the rest.

use super::{Area, Finding};
use crate::app::validate::sides::{Means, SideAsked};
use crate::app::{Failure, Setup};
use crate::aws::Reader;
use crate::change::TaskFacts;
use crate::model::change::{Destination, Verb};
use crate::model::refresh::Settings;
use crate::model::untrusted::shown;
use crate::validate::merge::Side;
use std::time::Duration;

/// Task, endpoints, secrets and logins, of all of them at the same time.
const PATIENCE: Duration = Duration::from_secs(45);

/// What one refresh found.
pub type Seen<'a> = (&'a str, &'a Settings, Result<Facts, Failure>);

/// What is there.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Where its task writes to, or why that is not known.
    target_at: Result<Destination, String>,
    /// Why source and target cannot be opened.
    closed: Vec<String>,
}

/// Looks at each. Nobody is asked for a password.
pub async fn gather<'a>(reader: &Reader, setup: &'a Setup) -> Vec<Seen<'a>> {
    let one = async |(name, settings): (&'a String, &'a Settings)| {
        let facts = tokio::time::timeout(PATIENCE, Box::pin(look(reader, setup, settings))).await;
        let late = || Failure::could_not(format!("no answer within {} s", PATIENCE.as_secs()));
        (name.as_str(), settings, facts.unwrap_or_else(|_| Err(late())))
    };
    futures_util::future::join_all(setup.refreshes.iter().map(one)).await
}

async fn look(reader: &Reader, setup: &Setup, settings: &Settings) -> Result<Facts, Failure> {
    let task = crate::app::headless::the_task(reader, &settings.task).await?;
    let facts = TaskFacts::read(reader, &task.arn, &Verb::Reload { until: None }).await?;
    let means = Means::of(setup, Some(reader), false);
    let mut closed = Vec::new();
    let sides = [(Side::Source, &settings.source, &task.source), (Side::Target, &settings.target, &task.target)];
    for (side, name, endpoint) in sides {
        let endpoint = || SideAsked::Endpoint(endpoint.clone());
        let asked = name.as_ref().map_or_else(endpoint, |name| SideAsked::Database(name.clone()));
        if let Err(failure) = means.find(side, &asked).await {
            closed.push(failure.lines.join("; "));
        }
    }
    let [_, target_at] = facts.places;
    Ok(Facts { target_at, closed })
}

pub fn judge(all: &[Seen<'_>], safeguards: &crate::model::change::Safeguards) -> Vec<Finding> {
    all.iter().map(|(name, settings, seen)| one(name, settings, seen, safeguards)).collect()
}

fn one(
    name: &str,
    settings: &Settings,
    seen: &Result<Facts, Failure>,
    safeguards: &crate::model::change::Safeguards,
) -> Finding {
    let area = Area::Refreshes;
    let section = format!("[refresh.{name}]");
    let facts = match seen {
        Ok(facts) => facts,
        Err(failure) => {
            let mut lines = failure.lines.iter().map(|line| shown(line).into_owned());
            let message = lines.next().unwrap_or_default();
            let rest: Vec<String> = lines.collect();
            return Finding::failed(area, name, message, format!("Correct {section}, or what it names."))
                .because(rest.join(" "));
        }
    };
    let at = match &facts.target_at {
        Ok(at) => at,
        Err(why) => {
            let message = format!("which database task {} loads is not known", shown(&settings.task));
            return Finding::unknown(area, name, message, "See that its target endpoint, or its secret, can be read.")
                .because(shown(why));
        }
    };
    if let Some(pattern) = safeguards.protects(at) {
        let message = format!("its task loads {at}, which is protected by {:?}", shown(pattern));
        return Finding::failed(area, name, message, "Look at the target of the task: nothing is loaded there.");
    }
    if !settings.to.contains(at) {
        let may: Vec<String> = settings.to.iter().map(ToString::to_string).collect();
        let message = format!("its task loads {at}, and it may load only {}", may.join(", "));
        return Finding::failed(area, name, message, format!("If that is meant, name it in `to` of {section}."));
    }
    if let Some(first) = facts.closed.first() {
        let message = format!("it may load {at}, and not both of its databases can be opened");
        return Finding::failed(area, name, message, format!("Correct {section}, or what it names."))
            .because(shown(first));
    }
    Finding::passed(area, name, format!("may load {at}; source and target can be opened"))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;
    use crate::model::change::Safeguards;
    use crate::model::refresh::{Cadence, Load, Purpose};

    #[test]
    fn a_refresh_is_well_where_it_may_load_its_target_and_both_databases_can_be_opened() {
        let to = vec![Destination::new("staging", "shop")];
        let settings = Settings::new("nightly", (Purpose::DataRefresh, Load::FullLoad, Cadence::OneTime), to);
        let facts = |host: &str, closed: &[&str]| {
            let closed = closed.iter().map(|why| (*why).to_owned()).collect();
            Ok(Facts { target_at: Ok(Destination::new(host, "shop")), closed })
        };
        let unknown = || Ok(Facts { target_at: Err("its secret is closed".into()), closed: Vec::new() });
        for (seen, protected, verdict, part) in [
            (facts("staging", &[]), "prod/*", Verdict::Passed, "may load staging/shop"),
            (facts("other", &[]), "prod/*", Verdict::Failed, "may load only staging/shop"),
            (facts("staging", &[]), "stag*/*", Verdict::Failed, "is protected"),
            (facts("staging", &["target: no route"]), "prod/*", Verdict::Failed, "not both"),
            (unknown(), "prod/*", Verdict::Unknown, "is not known"),
            (Err(Failure::usage("no task \"nightly\"")), "prod/*", Verdict::Failed, "no task"),
        ] {
            let safeguards = Safeguards { protected: vec![protected.into()], ..Safeguards::default() };
            let all = [("a", &settings, seen)];
            let found = judge(&all, &safeguards).remove(0);
            assert!(found.verdict == verdict && found.message.raw().contains(part), "{found:?}");
            assert_eq!(found.action.is_none(), verdict == Verdict::Passed, "{found:?}");
        }
    }
}
