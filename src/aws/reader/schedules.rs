//! Rules of EventBridge on every bus, and schedules of EventBridge Scheduler in every group.

use super::{Reader, pages};
use crate::aws::answer::Answer;
use crate::aws::convert;
use crate::aws::failure::Class;
use crate::aws::limiter::Urgency;
use crate::aws::whole::{self, WholeSchedule};
use crate::aws::wire::{Refused, Reply};
use crate::model::Problem;
use crate::model::operation::Operation;
use crate::model::schedule::{Schedule, Target};

/// The largest page of every operation here.
const PAGE: i32 = 100;
/// There in every account and region.
const DEFAULT_BUS: &str = "default";

/// A part that cannot be read leaves the rest. Whatever makes every further request pointless ends the asking, `false`,
/// and is an error only where there is nothing yet that could be told.
fn part<T>(answer: &mut Answer<Vec<T>>, refused: Refused) -> Result<bool, Problem> {
    let go_on = match refused.class {
        // Deleted between the list and the question: not there, so nothing is missing.
        Class::NotFound => return Ok(true),
        Class::Denied | Class::Request | Class::State | Class::Undecodable | Class::Unknown => true,
        _ if answer.value.is_empty() => return Err(refused.into()),
        _ => false,
    };
    answer.missing.push(refused.into());
    Ok(go_on)
}

impl Reader {
    /// Every rule on every event bus, with its targets. A bus or targets that may not be read are in
    /// [`Answer::missing`]; where buses may not be listed the default bus is read alone.
    pub async fn rules(&self) -> Result<Answer<Vec<Schedule>>, Problem> {
        let mut answer: Answer<Vec<Schedule>> = Answer::default();
        for bus in self.buses(&mut answer).await? {
            if let Err(refused) = self.rules_on(&bus, &mut answer).await {
                let denied = refused.class == Class::Denied;
                // Nothing could be read at all.
                if denied && answer.value.is_empty() && bus == DEFAULT_BUS {
                    return Err(refused.into());
                }
                if !part(&mut answer, refused)? {
                    return Ok(answer);
                }
            }
        }
        for at in 0..answer.value.len() {
            let (bus, name) = (answer.value[at].group.raw().to_owned(), answer.value[at].name.raw().to_owned());
            match self.targets(&bus, &name, &mut answer).await {
                Ok(targets) => answer.value[at].targets = Some(targets),
                Err(refused) => {
                    let denied = refused.class == Class::Denied;
                    if !part(&mut answer, refused)? || denied {
                        break;
                    }
                }
            }
        }
        Ok(answer)
    }

    async fn buses(&self, answer: &mut Answer<Vec<Schedule>>) -> Result<Vec<String>, Problem> {
        let events = &self.wire.clients.events;
        let mut names = Vec::new();
        let result = pages!(
            @next_token self,
            Operation::ListEventBuses,
            |token| events.list_event_buses().limit(PAGE).set_next_token(token),
            |answer, page| names.extend(page.event_buses().iter().filter_map(|bus| bus.name()).map(str::to_owned))
        );
        if let Err(refused) = result {
            part(answer, refused)?;
        }
        if !names.iter().any(|name| name == DEFAULT_BUS) {
            names.insert(0, DEFAULT_BUS.to_owned());
        }
        Ok(names)
    }

    async fn rules_on(&self, bus: &str, answer: &mut Answer<Vec<Schedule>>) -> Result<(), Refused> {
        let events = &self.wire.clients.events;
        pages!(
            @next_token self,
            Operation::ListRules,
            |token| events.list_rules().event_bus_name(bus).limit(PAGE).set_next_token(token),
            |answer, page| answer.value.extend(page.rules().iter().map(|rule| convert::rule(rule, bus)))
        )
    }

    async fn targets(&self, bus: &str, rule: &str, answer: &mut Answer<Vec<Schedule>>) -> Result<Vec<Target>, Refused> {
        let events = &self.wire.clients.events;
        let mut found = Vec::new();
        pages!(
            @next_token self.at(Urgency::Background),
            Operation::ListTargetsByRule,
            |token| { events.list_targets_by_rule().event_bus_name(bus).rule(rule).limit(PAGE).set_next_token(token) },
            |answer, page| found.extend(page.targets().iter().map(convert::rule_target))
        )?;
        Ok(found)
    }

    /// One rule with its targets, and nothing about any other.
    pub async fn rule(&self, bus: &str, name: &str) -> Result<Answer<Schedule>, Problem> {
        Ok(whole::rule(&self.wire, bus, name).await?)
    }

    /// One schedule, all of it.
    pub async fn schedule(&self, group: &str, name: &str) -> Result<WholeSchedule, Problem> {
        Ok(whole::schedule(&self.wire, group, name).await?)
    }

    /// Every rule and schedule of exactly this name, as lists have them. What could not be listed is in
    /// [`Answer::missing`]: there may be another one.
    pub async fn called(&self, name: &str) -> Result<Answer<Vec<Schedule>>, Problem> {
        let mut answer: Answer<Vec<Schedule>> = Answer::default();
        let (events, scheduler) = (&self.wire.clients.events, &self.wire.clients.scheduler);
        for bus in self.buses(&mut answer).await? {
            let listed = pages!(
                @next_token self,
                Operation::ListRules,
                |token| events.list_rules().event_bus_name(&bus).name_prefix(name).limit(PAGE).set_next_token(token),
                |answer, page| answer.value.extend(page.rules().iter().map(|rule| convert::rule(rule, &bus)))
            );
            if let Err(refused) = listed {
                part(&mut answer, refused)?;
            }
        }
        let listed = pages!(
            @next_token self,
            Operation::ListSchedules,
            |token| scheduler.list_schedules().name_prefix(name).max_results(PAGE).set_next_token(token),
            |answer, page| answer.value.extend(page.schedules().iter().map(convert::summary))
        );
        if let Err(refused) = listed {
            part(&mut answer, refused)?;
        }
        answer.value.retain(|schedule| schedule.name.raw() == name);
        Ok(answer)
    }

    /// Every schedule of every group. The list has neither expression nor time zone, so each is asked for; where that is
    /// not allowed they stand there without, and [`Answer::missing`] says so.
    pub async fn schedules(&self) -> Result<Answer<Vec<Schedule>>, Problem> {
        let scheduler = &self.wire.clients.scheduler;
        let mut answer: Answer<Vec<Schedule>> = Answer::default();
        let mut listed = Vec::new();
        // Without a group: the schedules of all of them.
        let result = pages!(
            @next_token self,
            Operation::ListSchedules,
            |token| scheduler.list_schedules().max_results(PAGE).set_next_token(token),
            |answer, page| listed.extend(page.schedules().iter().map(convert::summary))
        );
        // What the pages before the one that failed had is told all the same.
        let mut done = result.is_err();
        if let Err(refused) = result {
            if listed.is_empty() {
                return Err(refused.into());
            }
            answer.missing.push(refused.into());
        }
        for summary in listed {
            if done {
                answer.value.push(summary);
                continue;
            }
            match self.whole(&summary).await {
                Ok(reply) => {
                    answer.page(reply.stated);
                    answer.value.push(convert::schedule(summary, &reply.value));
                }
                Err(refused) => {
                    let denied = refused.class == Class::Denied;
                    if refused.class != Class::NotFound {
                        answer.value.push(summary);
                    }
                    done = !part(&mut answer, refused)? || denied;
                }
            }
        }
        Ok(answer)
    }

    async fn whole(
        &self,
        summary: &Schedule,
    ) -> Result<Reply<aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput>, Refused> {
        let scheduler = &self.wire.clients.scheduler;
        self.wire
            .send(Operation::GetSchedule, Urgency::Background, 0, |witness| {
                let request = scheduler.get_schedule().group_name(summary.group.raw()).name(summary.name.raw());
                request.customize().interceptor(witness).send()
            })
            .await
    }
}
