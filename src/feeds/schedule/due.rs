//! Which topic is wanted, due when, how urgent, and what exactly is asked.

use super::state::{Entry, FeedState};
use super::{Job, Topic, later};
use crate::aws::Urgency;
use crate::feeds::book::{KEEP, KEEP_CHARTS};
use crate::feeds::cadence::{self, Kind};
use crate::feeds::known::Known;
use crate::feeds::metrics::{self, INSTANCES_EVERY, OVERLAP_MINUTES, SHORTEST_WINDOW_MINUTES, charts_every};
use crate::model::ReplicationArn;
use crate::model::log_place::LogSource;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Settings are asked one task at a time up to this many, then for all in one list.
const ONE_BY_ONE: usize = 20;

/// Tags are asked for so many tasks in one call, so that the first of 600 are in use before the last are read.
const TAGS_AT_ONCE: usize = 20;

impl FeedState {
    /// The interval of this topic at the moment; `None` where it is not asked regularly.
    pub fn every(&self, topic: &Topic) -> Option<SignedDuration> {
        self.every_with(topic, self.entries.get(topic).map_or(1, |entry| entry.requests))
    }

    /// The same, where the requests of the last round are at hand.
    fn every_with(&self, topic: &Topic, requests: u32) -> Option<SignedDuration> {
        let every = |kind, requests| Some(cadence::every(kind, self.looking.looking, requests));
        match topic {
            Topic::Identity if self.expired => Some(cadence::PROBE),
            Topic::Identity => every(Kind::Identity, 0),
            Topic::Tasks => every(Kind::Tasks, requests),
            Topic::Instances if self.looking.looking && self.unmeasurable => Some(cadence::MISSING_PART),
            Topic::Instances => every(Kind::Instances, requests),
            Topic::Endpoints => every(Kind::Endpoints, requests),
            Topic::Connections => every(Kind::Connections, requests),
            Topic::Settings => every(Kind::Settings, requests),
            // Asked task by task.
            Topic::Tags => every(Kind::Tags, u32::try_from(self.known.len()).unwrap_or(u32::MAX)),
            Topic::Metrics => Some(SignedDuration::from_mins(1)),
            Topic::Events => every(Kind::Events, requests),
            Topic::Schedules => every(Kind::Schedules, requests),
            Topic::Subscriptions => every(Kind::Subscriptions, requests),
            Topic::Maintenance => every(Kind::Maintenance, requests),
            Topic::InstanceMetrics => Some(SignedDuration::from_mins(INSTANCES_EVERY)),
            Topic::Charts(_) => Some(SignedDuration::from_mins(charts_every(self.settings.dollars_per_day))),
            Topic::Tables(arn) if self.looking.tables_of.as_ref() == Some(arn) => every(Kind::OpenTables, requests),
            Topic::Definition(arn) if self.looking.definition_of.as_ref() == Some(arn) => {
                every(Kind::OpenDefinition, requests)
            }
            Topic::Tables(_) | Topic::Definition(_) => None,
            Topic::Log(_) if self.logless.contains(topic) => Some(cadence::NO_LOG),
            Topic::Log(_) => every(Kind::Log, requests),
            Topic::LogErrors(_) if self.logless.contains(topic) => Some(cadence::NO_LOG_BEHIND),
            // Asked task by task: what one takes is a part of a round in which every one takes as much.
            Topic::LogErrors(_) => every(Kind::LogErrors, self.logged.max(1).saturating_mul(requests.max(1))),
            Topic::TableErrors(arn) => {
                let task = self.known.get(arn)?;
                let kind = error_kind(task);
                every(kind, if kind == Kind::KnownErrors { self.with_errors } else { self.without_errors })
            }
        }
    }

    /// Whether it is asked at all at the moment.
    pub(super) fn wanted(&self, topic: &Topic) -> bool {
        match topic {
            Topic::Identity
            | Topic::Tasks
            | Topic::Instances
            | Topic::Endpoints
            | Topic::Connections
            | Topic::Events
            | Topic::Schedules
            | Topic::Subscriptions
            | Topic::Maintenance => true,
            Topic::InstanceMetrics => self.known.values().any(|task| task.instance.is_some() && task.measurable),
            Topic::Charts(arn) => {
                let asked = self.entries.get(topic).is_some_and(|entry| entry.asked_now || entry.in_flight.is_some());
                let measured = self.known.get(arn).is_some_and(|task| task.measurable);
                measured && (asked || self.looking.looking && self.looking.charts_of.as_ref() == Some(arn))
            }
            Topic::Settings => !self.known.is_empty(),
            Topic::Tags => !self.settings.tags.is_empty() && (!self.untagged.is_empty() || !self.known.is_empty()),
            Topic::Metrics => self.known.values().any(|task| task.measurable && task.has_run),
            Topic::Tables(arn) => {
                let asked = self.entries.get(topic).is_some_and(|entry| entry.asked_now || entry.in_flight.is_some());
                asked || self.looking.tables_of.as_ref() == Some(arn)
            }
            // Until its settings are known, nobody can say where the log of a task is.
            Topic::Log(source) => {
                let settled = match source {
                    LogSource::Task(arn) => self.settled.contains_key(arn),
                    LogSource::Group(_) => true,
                };
                settled && self.looking.log_of.as_ref() == Some(source)
            }
            Topic::LogErrors(arn) => self.has_log(arn),
            Topic::Definition(arn) => {
                let asked = self.entries.get(topic).is_some_and(|entry| entry.asked_now || entry.in_flight.is_some());
                asked || self.looking.definition_of.as_ref() == Some(arn)
            }
            // The open task's tables say it all.
            Topic::TableErrors(arn) => {
                let asked = self.entries.get(topic).is_some_and(|entry| entry.asked_now || entry.in_flight.is_some());
                asked || self.known.get(arn).is_some_and(|task| task.has_run) && !self.tables_open(arn)
            }
        }
    }

    pub(super) fn tables_open(&self, arn: &ReplicationArn) -> bool {
        self.looking.looking && self.looking.tables_of.as_ref() == Some(arn)
    }

    /// When this topic is due; `None` while it is under way.
    pub(super) fn due(&self, topic: &Topic, entry: &Entry) -> Option<Timestamp> {
        if entry.in_flight.is_some() {
            return None;
        }
        if entry.asked_now {
            return Some(Timestamp::MIN);
        }
        // Before the interval, which costs a look at the task: of 600 most wait here for their place in the round.
        let Some(asked) = entry.asked else { return Some(entry.first.unwrap_or(Timestamp::MIN)) };
        let every = self.every_with(topic, entry.requests)?;
        if entry.failures > 0 {
            let wait = match topic {
                _ if self.expired => every,
                Topic::Log(_) => cadence::backoff(entry.failures, every).min(cadence::LOG_PATIENCE),
                _ => cadence::backoff(entry.failures, every),
            };
            return Some(later(entry.ended.unwrap_or(asked), wait));
        }
        Some(match topic {
            Topic::Metrics if self.unmeasured() => later(asked, cadence::NEWCOMERS),
            Topic::Metrics => cadence::next_metrics(asked),
            Topic::InstanceMetrics | Topic::Charts(_) => {
                // Just behind the full minute, like all metrics.
                cadence::next_metrics(later(asked, every - SignedDuration::from_mins(1)))
            }
            Topic::Settings if !self.unsettled().is_empty() => later(asked, cadence::NEWCOMERS),
            Topic::Tags if !self.untagged.is_empty() => later(asked, cadence::NEWCOMERS),
            _ => later(asked, every),
        })
    }

    /// Some task's metrics were never asked.
    pub(super) fn unmeasured(&self) -> bool {
        self.known.iter().any(|(arn, task)| task.measurable && task.has_run && !self.measured.contains(arn))
    }

    /// Tasks whose settings are not known, or were read before their newest start.
    pub(super) fn unsettled(&self) -> Vec<ReplicationArn> {
        let old = |(arn, task): &(&ReplicationArn, &Known)| self.settled.get(*arn) != Some(&task.start);
        self.known.iter().filter(old).map(|(arn, _)| arn.clone()).collect()
    }

    /// When somebody should look again even if nothing happens; `None` while everything is under way.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.entries
            .iter()
            .filter(|(topic, _)| self.allowed(topic))
            .filter_map(|(topic, entry)| self.due(topic, entry))
            .min()
    }

    /// When a topic that failed is tried again.
    pub fn retry_at(&self, topic: &Topic) -> Option<Timestamp> {
        let entry = self.entries.get(topic)?;
        self.due(topic, entry).filter(|_| self.allowed(topic))
    }

    pub(super) fn allowed(&self, topic: &Topic) -> bool {
        !self.expired || *topic == Topic::Identity
    }

    pub(super) fn urgency(&self, topic: &Topic, entry: &Entry) -> Urgency {
        let first = entry.asked.is_none();
        match topic {
            _ if entry.asked_now => Urgency::Interactive,
            // The first screen, and a screen just opened, are waited for.
            Topic::Tasks | Topic::Charts(_) | Topic::Definition(_) | Topic::Log(_) if first => Urgency::Interactive,
            Topic::Tables(arn) if first && self.tables_open(arn) => Urgency::Interactive,
            Topic::Identity | Topic::Charts(_) => Urgency::Visible,
            Topic::Instances | Topic::Metrics if first => Urgency::Visible,
            Topic::Tasks | Topic::Metrics | Topic::Definition(_) | Topic::Log(_) if self.looking.looking => {
                Urgency::Visible
            }
            Topic::Tables(arn) if self.tables_open(arn) => Urgency::Visible,
            Topic::TableErrors(arn) if self.looking.looking && self.looking.visible.contains(arn) => Urgency::Visible,
            _ => Urgency::Background,
        }
    }

    /// How far back a window has to reach so that no point is missed: at first as far as points are kept.
    fn minutes_since(&self, topic: &Topic, kept: SignedDuration, now: Timestamp) -> i64 {
        let last = self.entries.get(topic).and_then(|entry| entry.answered);
        let since = last.map_or(kept, |last| now.duration_since(last).min(kept));
        (since.as_mins() + OVERLAP_MINUTES).max(SHORTEST_WINDOW_MINUTES)
    }

    pub(super) fn job(&self, topic: &Topic, now: Timestamp) -> Option<Job> {
        Some(match topic {
            Topic::Identity => Job::Identity,
            Topic::Tasks => {
                let long_ago = |asked: Timestamp| now < asked || now.duration_since(asked) >= cadence::SERVERLESS_AGAIN;
                Job::Tasks { serverless: self.serverless_seen || self.serverless_asked.is_none_or(long_ago) }
            }
            Topic::Instances => Job::Instances,
            Topic::Endpoints => Job::Endpoints,
            Topic::Connections => Job::Connections,
            Topic::Events => Job::Events,
            Topic::Schedules => Job::Schedules,
            Topic::Subscriptions => Job::Subscriptions,
            Topic::Maintenance => Job::Maintenance,
            Topic::InstanceMetrics => Job::InstanceMetrics { minutes: self.minutes_since(topic, KEEP, now) },
            Topic::Charts(arn) => {
                Job::Charts { arn: arn.clone(), minutes: self.minutes_since(topic, KEEP_CHARTS, now) }
            }
            Topic::Settings => {
                let unsettled = self.unsettled();
                let all = unsettled.is_empty() || unsettled.len() > ONE_BY_ONE;
                Job::Settings { arns: if all { self.known.keys().cloned().collect() } else { unsettled }, all }
            }
            Topic::Tags if self.untagged.is_empty() => Job::Tags(self.known.keys().cloned().collect()),
            Topic::Tags => Job::Tags(self.untagged.iter().take(TAGS_AT_ONCE).cloned().collect()),
            Topic::Metrics => {
                let visible = self.looking.visible.iter().chain(&self.looking.tables_of).cloned().collect();
                let last = self.entries.get(topic).and_then(|entry| entry.answered);
                let instances = self.known.values().filter_map(|task| task.instance.as_ref()).collect::<BTreeSet<_>>();
                let charts = self.looking.charts_of.is_some();
                let cap = metrics::left(self.settings.dollars_per_day, instances.len(), charts);
                let plan = metrics::plan(&self.known, &visible, &self.measured, last, cap, now);
                if plan.queries.is_empty() {
                    return None;
                }
                Job::Metrics { queries: plan.queries, minutes: plan.window }
            }
            Topic::Tables(arn) => Job::Tables(arn.clone()),
            Topic::Definition(arn) => Job::Settings { arns: vec![arn.clone()], all: false },
            Topic::TableErrors(arn) => Job::TableErrors(arn.clone()),
            Topic::Log(source) => Job::Log(source.clone()),
            Topic::LogErrors(arn) => Job::LogErrors(arn.clone()),
        })
    }
}

pub(super) fn error_kind(task: &Known) -> Kind {
    if task.tables_in_error { Kind::KnownErrors } else { Kind::QuietErrors }
}
