//! What scheduling remembers, and how it takes in what happened.

use super::due::error_kind;
use super::{Event, Looking, Outcome, Topic, later};
use crate::aws::Urgency;
use crate::feeds::cadence::{self, Kind};
use crate::feeds::known::Known;
use crate::feeds::settings::Settings;
use crate::model::log_place::LogSource;
use crate::model::{ProblemKind, ReplicationArn, Subject};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    /// When it was last asked.
    pub(super) asked: Option<Timestamp>,
    /// When it last ended, and how often it failed since it last did not.
    pub(super) ended: Option<Timestamp>,
    pub(super) answered: Option<Timestamp>,
    pub(super) failures: u32,
    pub(super) in_flight: Option<(u64, Urgency)>,
    /// Not before, the first time: spreads tasks that are asked one by one.
    pub(super) first: Option<Timestamp>,
    /// Requests of the last round.
    pub(super) requests: u32,
    pub(super) asked_now: bool,
}

/// Everything scheduling remembers.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, not a state machine")]
pub struct FeedState {
    pub(super) settings: Settings,
    pub(super) looking: Looking,
    pub(super) known: BTreeMap<ReplicationArn, Known>,
    pub(super) entries: BTreeMap<Topic, Entry>,
    pub(super) serverless_seen: bool,
    pub(super) serverless_asked: Option<Timestamp>,
    /// Tasks whose settings are known, with the start they were read after.
    pub(super) settled: BTreeMap<ReplicationArn, Option<Timestamp>>,
    pub(super) untagged: Vec<ReplicationArn>,
    /// Tasks whose metrics were asked at least once, and those being asked.
    pub(super) measured: BTreeSet<ReplicationArn>,
    pub(super) measuring: Vec<ReplicationArn>,
    /// Counts over `known`, kept because every interval needs them.
    pub(super) with_errors: u32,
    pub(super) without_errors: u32,
    pub(super) unmeasurable: bool,
    /// Tasks in whose logs errors are looked for.
    pub(super) logged: u32,
    /// Logs that have nothing to read.
    pub(super) logless: BTreeSet<Topic>,
    /// Credentials are not accepted: only the probe is sent.
    pub(super) expired: bool,
    pub(super) last_id: u64,
    /// Something happened that can change what is wanted.
    stale: bool,
}

/// Topics that are not about one task; some of them only where there is a reason.
const ALWAYS: [Topic; 13] = [
    Topic::Identity,
    Topic::Tasks,
    Topic::Instances,
    Topic::Endpoints,
    Topic::Connections,
    Topic::Settings,
    Topic::Tags,
    Topic::Metrics,
    Topic::Events,
    Topic::Schedules,
    Topic::Subscriptions,
    Topic::Maintenance,
    Topic::InstanceMetrics,
];

impl FeedState {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            looking: Looking { looking: true, ..Looking::default() },
            known: BTreeMap::new(),
            entries: BTreeMap::new(),
            serverless_seen: false,
            serverless_asked: None,
            settled: BTreeMap::new(),
            untagged: Vec::new(),
            measured: BTreeSet::new(),
            measuring: Vec::new(),
            with_errors: 0,
            without_errors: 0,
            unmeasurable: false,
            logged: 0,
            logless: BTreeSet::new(),
            expired: false,
            last_id: 0,
            stale: true,
        }
    }

    /// The task whose charts are on screen.
    pub fn charts_of(&self) -> Option<&ReplicationArn> {
        self.looking.charts_of.as_ref()
    }

    /// Dollars a day that metrics may cost.
    pub fn dollars_cap(&self) -> f64 {
        self.settings.dollars_per_day
    }

    pub(super) fn apply(&mut self, now: Timestamp, event: Event) {
        self.stale |= !matches!(event, Event::Tick | Event::Ended { .. } | Event::Log { .. } | Event::Together(_));
        match event {
            Event::Tick => {}
            Event::AskNow(subjects) => {
                for topic in subjects.iter().filter_map(topic_of) {
                    self.look_for_log(&topic);
                    self.ask_now(topic);
                }
                if self.expired {
                    self.ask_now(Topic::Identity);
                }
            }
            Event::Look(looking) => self.looking = looking,
            Event::Ended { id, topic, outcome } => self.ended(now, id, &topic, &outcome),
            Event::Tasks { known, serverless } => {
                self.measured.retain(|arn| known.contains_key(arn));
                self.settled.retain(|arn, _| known.contains_key(arn));
                self.logless.retain(|topic| match topic {
                    Topic::LogErrors(arn) | Topic::Log(LogSource::Task(arn)) => known.contains_key(arn),
                    _ => true,
                });
                let count = |kind| known.values().filter(|task| task.has_run && error_kind(task) == kind).count();
                self.with_errors = u32::try_from(count(Kind::KnownErrors)).unwrap_or(u32::MAX);
                self.without_errors = u32::try_from(count(Kind::QuietErrors)).unwrap_or(u32::MAX);
                self.unmeasurable = known.values().any(|task| !task.measurable);
                self.known = known;
                self.serverless_seen = serverless;
                self.count_logged();
            }
            Event::Settled(arns) => {
                for arn in arns {
                    if let Some(task) = self.known.get(&arn) {
                        self.settled.insert(arn, task.start);
                    }
                }
                self.count_logged();
            }
            Event::Log { topic, there: true } => {
                self.logless.remove(&topic);
            }
            Event::Log { topic, there: false } => {
                self.logless.insert(topic);
            }
            Event::Untagged(arns) => self.untagged = arns,
            Event::Together(events) => events.into_iter().for_each(|event| self.apply(now, event)),
        }
    }

    fn count_logged(&mut self) {
        let logged = self.known.keys().filter(|arn| self.has_log(arn)).count();
        self.logged = u32::try_from(logged).unwrap_or(u32::MAX);
    }

    /// It has run, so it may have written, and its settings say where.
    pub(super) fn has_log(&self, arn: &ReplicationArn) -> bool {
        self.settled.contains_key(arn) && self.known.get(arn).is_some_and(|task| task.has_run)
    }

    /// A person asks for a log that was not there: logging may have been switched on since its settings were read.
    fn look_for_log(&mut self, topic: &Topic) {
        if let (true, Topic::Log(LogSource::Task(arn))) = (self.logless.contains(topic), topic) {
            self.settled.remove(arn);
        }
    }

    pub(super) fn ask_now(&mut self, topic: Topic) {
        let entry = self.entries.entry(topic).or_default();
        // One under way that a person already waits for is not asked twice.
        if entry.in_flight.is_none_or(|(_, urgency)| urgency != Urgency::Interactive) {
            entry.in_flight = None;
            entry.asked_now = true;
        }
    }

    pub(super) fn ended(&mut self, now: Timestamp, id: u64, topic: &Topic, outcome: &Outcome) {
        let Some(entry) = self.entries.get_mut(topic) else { return };
        if entry.in_flight.is_none_or(|(in_flight, _)| in_flight != id) {
            return; // replaced meanwhile
        }
        entry.in_flight = None;
        // What was asked once is forgotten when it ends.
        self.stale |=
            matches!(topic, Topic::Tables(_) | Topic::TableErrors(_) | Topic::Charts(_) | Topic::Definition(_));
        entry.ended = Some(now);
        match outcome {
            Outcome::Answered { requests } => {
                entry.answered = entry.asked;
                entry.failures = 0;
                entry.requests = *requests;
                if *topic == Topic::Metrics {
                    self.measured.extend(self.measuring.drain(..));
                }
                if self.expired && *topic == Topic::Identity {
                    self.expired = false;
                    // Everything that failed meanwhile is due at once.
                    for entry in self.entries.values_mut().filter(|entry| entry.failures > 0) {
                        entry.failures = 0;
                        entry.asked = None;
                        entry.first = None;
                    }
                }
            }
            Outcome::Failed(kind) => {
                entry.failures = entry.failures.saturating_add(1);
                if matches!(kind, ProblemKind::ExpiredCredentials | ProblemKind::NoCredentials) && !self.expired {
                    self.expired = true;
                    if *topic != Topic::Identity {
                        self.entries.entry(Topic::Identity).or_default().asked_now = true;
                    }
                }
            }
        }
    }

    /// Entries for what is wanted, none for what is not. Only after something that can change it: with 600 tasks this is
    /// most of the work.
    pub(super) fn refresh(&mut self, now: Timestamp) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let mut wanted: Vec<Topic> = ALWAYS.to_vec();
        wanted.extend(self.looking.tables_of.clone().map(Topic::Tables));
        wanted.extend(self.looking.charts_of.clone().map(Topic::Charts));
        wanted.extend(self.looking.definition_of.clone().map(Topic::Definition));
        wanted.extend(self.known.keys().cloned().map(Topic::TableErrors));
        wanted.extend(self.looking.log_of.clone().map(Topic::Log));
        wanted.extend(self.known.keys().cloned().map(Topic::LogErrors));
        wanted.retain(|topic| self.wanted(topic));
        let mut new_logs = 0;
        for (place, topic) in wanted.into_iter().enumerate() {
            if self.entries.contains_key(&topic) {
                continue;
            }
            let first = match &topic {
                Topic::TableErrors(arn) => self.spread(arn, place, now),
                Topic::LogErrors(_) => {
                    new_logs += 1;
                    Some(later(now, SignedDuration::from_millis((new_logs - 1) * cadence::LOG_SPACING)))
                }
                // We were connected by asking who we are.
                Topic::Identity => Some(later(now, cadence::every(Kind::Identity, true, 0))),
                _ => None,
            };
            self.entries.insert(topic, Entry { first, requests: 1, ..Entry::default() });
        }
        let gone: Vec<Topic> = self.entries.keys().filter(|topic| !self.wanted(topic)).cloned().collect();
        for topic in gone {
            self.entries.remove(&topic);
        }
    }

    /// The first look at a task's errors: at once where there are some, else at its place in the round.
    pub(super) fn spread(&self, arn: &ReplicationArn, place: usize, now: Timestamp) -> Option<Timestamp> {
        let task = self.known.get(arn)?;
        if task.tables_in_error {
            return None;
        }
        let every = self.every(&Topic::TableErrors(arn.clone()))?;
        let (place, of) = (i64::try_from(place).ok()?, i64::try_from(self.known.len().max(1)).ok()?);
        Some(later(now, SignedDuration::from_secs(every.as_secs() * (place % of) / of)))
    }
}

/// `None` for what nothing asks about by itself.
fn topic_of(subject: &Subject) -> Option<Topic> {
    Some(match subject {
        Subject::Identity => Topic::Identity,
        Subject::Tasks => Topic::Tasks,
        Subject::Instances => Topic::Instances,
        Subject::Endpoints => Topic::Endpoints,
        Subject::Connections => Topic::Connections,
        Subject::Metrics => Topic::Metrics,
        Subject::Tables(arn) => Topic::Tables(arn.clone()),
        Subject::TableErrors(arn) => Topic::TableErrors(arn.clone()),
        Subject::Events => Topic::Events,
        Subject::Schedules => Topic::Schedules,
        Subject::Subscriptions => Topic::Subscriptions,
        Subject::Maintenance => Topic::Maintenance,
        Subject::InstanceMetrics => Topic::InstanceMetrics,
        Subject::Charts(arn) => Topic::Charts(arn.clone()),
        Subject::Definition(arn) => Topic::Definition(arn.clone()),
        Subject::Log(source) => Topic::Log(source.clone()),
        // The databases are none of AWS's business.
        Subject::LogErrors | Subject::Databases(_) => return None,
    })
}
