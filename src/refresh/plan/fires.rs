//! What starts the task by itself, and who else hears when it stops. Start at [`read`].

use super::findings::Findings;
use crate::aws::Reader;
use crate::model::ReplicationArn;
use crate::model::change::Named;
use crate::model::refresh::{Settings, StepKind};
use crate::model::schedule::{Deed, Reach, Schedule, ScheduleState};
use crate::model::untrusted::shown;
use serde::{Deserialize, Serialize};

/// Who hears that the task has stopped, and may act on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumers {
    /// In words: `function refresh-staging, by subscription dms-tasks`.
    pub acting: Vec<String>,
    /// What could not be read, so that there may be more.
    pub unknown: Vec<String>,
}

/// The rules and schedules of the configuration, as they are now, in its order.
pub(super) async fn read(
    settings: &Settings,
    reader: &Reader,
    task: &ReplicationArn,
    found: &mut Findings,
) -> (Vec<Schedule>, Consumers) {
    let (rules, schedules) = (reader.rules().await, reader.schedules().await);
    let mut all: Vec<Schedule> = Vec::new();
    let mut consumers = Consumers::default();
    for (part, what) in [(rules, "rules of EventBridge"), (schedules, "schedules of EventBridge Scheduler")] {
        let missing = match part {
            Ok(answer) => {
                all.extend(answer.value);
                answer.missing
            }
            Err(problem) => vec![problem],
        };
        for problem in missing {
            let why = format!("{what} could not be read: {}", problem.summary);
            let named = "See that they can be read; without, nobody knows what starts the task meanwhile.";
            found.warning(StepKind::ScheduleOff, why.clone(), named);
            consumers.unknown.push(why);
        }
    }
    let ours = named(settings, &all, found);
    others(settings, &all, task, found);
    listeners(reader, &all, &mut consumers).await;
    (ours, consumers)
}

fn named(settings: &Settings, all: &[Schedule], found: &mut Findings) -> Vec<Schedule> {
    let mut ours = Vec::with_capacity(settings.schedules.len());
    for named in &settings.schedules {
        let name = named.full();
        let Some(schedule) = all.iter().find(|one| Named::of(one) == *named) else {
            let what = format!("there is no {name}, or it may not be read");
            found.blocking(StepKind::ScheduleOff, what, "Look at its name in `cutover schedules`.");
            continue;
        };
        match &schedule.state {
            ScheduleState::Disabled => {
                found.note(StepKind::ScheduleOff, format!("{name} is off already, and stays so afterwards"));
            }
            ScheduleState::Other(word) => {
                let what = format!("{name} is {:?}, which this version does not know", shown(word));
                found.blocking(StepKind::ScheduleOff, what, "Look for a newer cutover.");
            }
            ScheduleState::EnabledWithAllManagementEvents => {
                let what = format!(
                    "{name} also gets every management event of CloudTrail: switched off and on again it would not, so it could \
                     not be put back as it was"
                );
                let do_this = "Have another rule start the task, and name that one.";
                found.blocking(StepKind::ScheduleOff, what, do_this);
            }
            ScheduleState::Enabled => {}
        }
        if let Some(service) = &schedule.managed_by {
            let what = format!("{name} is managed by {}, and nobody else can switch it", service.shown());
            found.blocking(StepKind::ScheduleOff, what, "Take it out of `schedules`, and have that service pause it.");
        }
        ours.push(schedule.clone());
    }
    ours
}

/// What is on, starts the task, and is not named: it would fire into the refresh.
fn others(settings: &Settings, all: &[Schedule], task: &ReplicationArn, found: &mut Findings) {
    let is_on = |schedule: &&Schedule| {
        matches!(schedule.state, ScheduleState::Enabled | ScheduleState::EnabledWithAllManagementEvents)
    };
    for schedule in all.iter().filter(is_on) {
        let named = Named::of(schedule);
        if settings.schedules.contains(&named) {
            continue;
        }
        let name = named.full();
        let deed = |wanted: fn(Deed) -> bool| schedule.deeds().any(|(deed, of)| of == task && wanted(deed));
        if deed(Deed::starts) {
            let what = format!("{name} starts this task too ({}), and would fire into the refresh", schedule.words());
            found.blocking(StepKind::ScheduleOff, what, format!("Name it: schedules = [{name:?}], or disable it."));
        } else if deed(|deed| deed == Deed::Names) {
            let what = format!("{name} hands this task to something that may start it");
            found.warning(StepKind::ScheduleOff, what, "If it does, name it in `schedules`.");
        }
    }
}

/// Functions and the like that hear of a stop: by a subscription of DMS, or by a rule for events.
async fn listeners(reader: &Reader, all: &[Schedule], consumers: &mut Consumers) {
    for rule in all.iter().filter(|rule| rule.event_pattern && rule.state != ScheduleState::Disabled) {
        for target in rule.targets.iter().flatten() {
            if matches!(target.reach(), Reach::Hidden(_) | Reach::Task(..)) {
                consumers.acting.push(format!("{}, by {} if its pattern fits", target.words(), Named::of(rule).full()));
            }
        }
    }
    let subscriptions = match reader.event_subscriptions().await {
        Ok(answer) => {
            consumers.unknown.extend(answer.missing.into_iter().map(|problem| problem.summary));
            answer.value
        }
        Err(problem) => {
            consumers.unknown.push(format!("subscriptions of DMS could not be read: {}", problem.summary));
            return;
        }
    };
    for one in subscriptions.iter().filter(|one| one.enabled) {
        let name = one.name.shown();
        let topic = match reader.topic(one.topic.raw()).await {
            Ok(answer) => answer.value,
            Err(problem) => {
                consumers.unknown.push(format!("topic of subscription {name}: {}", problem.summary));
                continue;
            }
        };
        let Some(topic) = topic else { continue };
        let Some(subscribers) = topic.subscribers else {
            consumers.unknown.push(format!("who hears subscription {name} may not be listed"));
            continue;
        };
        // A person who reads a mail does nothing by himself.
        let acts = |protocol: &str| ["lambda", "sqs", "http", "https", "firehose"].contains(&protocol);
        for heard in subscribers.iter().filter(|heard| heard.confirmed && acts(heard.protocol.raw())) {
            let (protocol, endpoint) = (heard.protocol.shown(), heard.endpoint.shown());
            consumers.acting.push(format!("{protocol} {endpoint}, by subscription {name}"));
        }
    }
}
