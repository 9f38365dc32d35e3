//! What stands around tasks: schedules that are about to touch a running one, subscriptions that tell nobody.

use super::{after, minutes};
use crate::model::Subject;
use crate::model::alert::facts::{OfSchedule, OfSubscription};
use crate::model::alert::words::{length, moment};
use crate::model::alert::{Context, Limit, Outcome};
use crate::model::health::Health;
use crate::model::schedule::Deed;
use crate::model::task::{Task, TaskStatus};
use crate::model::topic::Audience;

pub fn fires_soon(of: &OfSchedule<'_>, context: &Context<'_>) -> Outcome {
    let running = |task: &&Task| matches!(task.status, TaskStatus::Running | TaskStatus::Starting);
    let mut deeds: Vec<(Deed, &Task)> = of
        .schedule
        .deeds()
        .filter_map(|(deed, arn)| Some((deed, *of.tasks.get(arn)?)))
        .filter(|(_, task)| running(task))
        .collect();
    if deeds.is_empty() {
        return if of.schedule.targets.is_none() {
            Outcome::unknown("its targets were not read")
        } else {
            Outcome::NOT_DUE
        };
    }
    let Some(next) = of.next else { return Outcome::NOT_DUE };
    let within = minutes(context.limit(Limit::FireWithin));
    let left = next.duration_since(context.now);
    if left > within {
        return Outcome::GOOD.until(after(next, -within));
    }
    // What is lost is told first.
    let rank = |deed: Deed| match deed {
        Deed::Reloads | Deed::ReloadsAll => 0,
        Deed::Stops => 1,
        Deed::Starts | Deed::Resumes => 2,
        Deed::Names => 3,
    };
    deeds.sort_by_key(|(deed, _)| rank(*deed));
    let (deed, task) = deeds[0];
    let does = match deed {
        Deed::Reloads => "reloads tables of",
        Deed::Stops => "stops",
        Deed::Starts => "starts",
        Deed::Resumes => "resumes",
        Deed::ReloadsAll => "reloads all of",
        Deed::Names => "calls something that names",
    };
    let severity =
        if matches!(deed, Deed::Reloads | Deed::ReloadsAll | Deed::Stops) { Health::Critical } else { Health::Warning };
    let when = moment(next, context.now);
    let name = task.name.shown();
    let message = format!("fires in {} and {does} {name}, which is running", length(left));
    let as_of = of.facts.stated(&Subject::Schedules).and_then(|stated| stated.as_of);
    let finding = Outcome::bad(severity, message).evidence(format!("at {when} UTC: {}", of.schedule.words()));
    Outcome::from(finding.dated(as_of)).until(Some(next))
}

pub fn dead(of: &OfSubscription<'_>, _context: &Context<'_>) -> Outcome {
    if !of.subscription.is_dead() {
        return Outcome::GOOD;
    }
    let why = match of.subscription.status.raw() {
        "no-permission" => "DMS may not publish to its topic",
        "topic-not-exist" => "its topic does not exist",
        _ if of.subscription.audience == Audience::NoTopic => "its topic does not exist",
        _ => "nobody has confirmed a subscription to its topic",
    };
    let as_of = of.facts.stated(&Subject::Subscriptions).and_then(|stated| stated.as_of);
    let finding = Outcome::bad(Health::Warning, format!("nobody is told of events: {why}"));
    finding.evidence(of.subscription.topic.shown().into_owned()).dated(as_of).into()
}
