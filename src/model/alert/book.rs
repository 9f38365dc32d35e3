//! What was raised and still stands. Judging goes through every rule for everything there is; what comes out is compared
//! with what stood before, so that each alert knows since when it stands and whether somebody has acknowledged it.

use super::digest::{Digest, TaskDigest};
use super::facts::{Facts, OfInstance, OfSchedule, OfSubscription, OfTask, Tasks};
use super::limits::{Limits, Settings};
use super::table::TABLE;
use super::{Check, Context, Finding, Found, Outcome, Place, Rule};
use crate::model::ReplicationArn;
use crate::model::health::Health;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Somebody has seen it, and says why it may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    pub reason: String,
    pub at: Timestamp,
    /// From then on it counts again.
    pub until: Timestamp,
    /// How bad it was; worse, it counts again.
    severity: Health,
}

/// One thing wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    pub rule: &'static Rule,
    pub place: Place,
    /// `Ok` is a note: worth knowing, nothing wrong.
    pub severity: Health,
    pub message: String,
    pub evidence: Option<String>,
    /// Time of the evidence.
    pub as_of: Option<Timestamp>,
    pub since: Timestamp,
    /// It stood when we could first tell: it may have begun before.
    pub at_least: bool,
    /// When it was last found to hold.
    pub seen: Timestamp,
    /// Why it cannot be said any more whether it holds; until then it stands.
    pub blind: Option<&'static str>,
    /// Of what happens again and again: the newest.
    occurred: Option<Timestamp>,
    pub ack: Option<Ack>,
}

impl Alert {
    pub fn id(&self) -> &'static str {
        self.rule.id
    }

    /// Worth knowing, and nothing wrong.
    pub fn is_note(&self) -> bool {
        self.severity == Health::Ok
    }

    /// Wants somebody's attention: no note, and not acknowledged.
    pub fn counts(&self) -> bool {
        !self.is_note() && self.ack.is_none()
    }

    fn take(&mut self, finding: Finding, now: Timestamp) {
        let Finding { severity, message, evidence, as_of, since, occurred } = finding;
        let worse = self.ack.as_ref().is_some_and(|ack| severity > ack.severity);
        let again = self.ack.as_ref().is_some_and(|ack| occurred.is_some_and(|at| at > ack.at));
        if worse || again {
            self.ack = None;
        }
        if let Some(since) = since {
            (self.since, self.at_least) = (since, false);
        }
        (self.severity, self.message, self.evidence, self.as_of) = (severity, message, evidence, as_of);
        (self.occurred, self.seen, self.blind) = (occurred, now, None);
    }

    fn new(rule: &'static Rule, place: Place, finding: Finding, was_clear: bool, now: Timestamp) -> Self {
        let mut alert = Self {
            rule,
            place,
            severity: finding.severity,
            message: String::new(),
            evidence: None,
            as_of: None,
            since: now,
            at_least: !was_clear,
            seen: now,
            blind: None,
            occurred: None,
            ack: None,
        };
        alert.take(finding, now);
        alert
    }
}

/// A rule that cannot see: what an operator believes to be watched, and is not.
#[derive(Debug, Clone, PartialEq)]
pub struct Unchecked {
    pub rule: &'static Rule,
    pub why: &'static str,
    /// How many things it cannot judge, and of how many it applies to.
    pub blind: usize,
    pub of: usize,
}

/// Rules that found nothing wrong last time, one bit each by place in the table. Only what was clear before is new when
/// it is raised; what was not known is only news.
type Clear = u64;
const _: () = assert!(TABLE.len() <= Clear::BITS as usize, "a wider type for the bits");

/// Everything that stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Book {
    settings: Settings,
    digest: Digest,
    /// Worst first, for each thing.
    alerts: BTreeMap<Place, Vec<Alert>>,
    clear: BTreeMap<Place, Clear>,
    unchecked: Vec<Unchecked>,
    first_look: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Book {
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// When it was first judged.
    pub fn first_look(&self) -> Option<Timestamp> {
        self.first_look
    }

    /// From then on a judgement may differ though nothing new is heard.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    pub fn all(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values().flatten()
    }

    /// Worst first.
    pub fn of(&self, place: &Place) -> &[Alert] {
        self.alerts.get(place).map_or(&[], Vec::as_slice)
    }

    pub fn get(&self, place: &Place, id: &str) -> Option<&Alert> {
        self.of(place).iter().find(|alert| alert.id() == id)
    }

    /// What is not watched though it should be, in the order of the table.
    pub fn unchecked(&self) -> &[Unchecked] {
        &self.unchecked
    }

    /// Somebody says that this one may stand until then. A reason is theirs to give; an empty one is kept as it is.
    pub fn acknowledge(&mut self, place: &Place, id: &str, reason: String, until: Timestamp, now: Timestamp) {
        let alert = self.alerts.get_mut(place).and_then(|all| all.iter_mut().find(|alert| alert.id() == id));
        if let Some(alert) = alert {
            alert.ack = Some(Ack { reason, at: now, until, severity: alert.severity });
            self.until = [self.until, Some(until)].into_iter().flatten().min();
        }
    }

    /// And takes it back.
    pub fn recall(&mut self, place: &Place, id: &str) {
        if let Some(alert) = self.alerts.get_mut(place).and_then(|all| all.iter_mut().find(|alert| alert.id() == id)) {
            alert.ack = None;
        }
    }

    /// Judges everything. Returns whether something critical stands that did not before, or was not critical.
    pub fn judge(&mut self, facts: &dyn Facts, now: Timestamp) -> bool {
        self.digest.refresh(facts, now);
        let first_look = *self.first_look.get_or_insert(now);
        let mut judging = Judging {
            old: std::mem::take(&mut self.alerts),
            new: BTreeMap::new(),
            was_clear: std::mem::take(&mut self.clear),
            clear: BTreeMap::new(),
            unchecked: vec![(None, 0, 0); TABLE.len()],
            until: None,
            first_look,
            alarming: false,
            now,
        };
        judging.everything(facts, &self.digest, &self.settings);
        self.alerts = judging.new;
        self.clear = judging.clear;
        self.until = judging.until;
        let blind = TABLE.iter().zip(judging.unchecked);
        self.unchecked =
            blind.filter_map(|(rule, (why, blind, of))| Some(Unchecked { rule, why: why?, blind, of })).collect();
        judging.alarming
    }
}

/// One round.
struct Judging {
    old: BTreeMap<Place, Vec<Alert>>,
    new: BTreeMap<Place, Vec<Alert>>,
    was_clear: BTreeMap<Place, Clear>,
    clear: BTreeMap<Place, Clear>,
    /// By place in the table: the first reason for being blind, how often blind, how often it applies.
    unchecked: Vec<(Option<&'static str>, usize, usize)>,
    until: Option<Timestamp>,
    first_look: Timestamp,
    alarming: bool,
    now: Timestamp,
}

impl Judging {
    fn everything(&mut self, facts: &dyn Facts, digest: &Digest, settings: &Settings) {
        let tasks = Tasks::of(facts);
        let common = settings.common();
        let nothing = TaskDigest::default();
        for task in facts.tasks() {
            let digest = digest.task(&task.arn).unwrap_or(&nothing);
            let of = OfTask::new(facts, task, digest, self.now);
            let limits = settings.of_task(task.name.raw());
            self.thing(Place::Task(task.arn.clone()), &limits, |check, context| match check {
                Check::Task(check) => Some(check(&of, context)),
                _ => None,
            });
        }
        for instance in facts.instances() {
            let on_it = tasks.on_instance.get(&instance.arn).map_or(&[][..], Vec::as_slice);
            let of = OfInstance { facts, instance, tasks: on_it };
            self.thing(Place::Instance(instance.arn.clone()), &common, |check, context| match check {
                Check::Instance(check) => Some(check(&of, context)),
                _ => None,
            });
        }
        for (place, schedule) in facts.schedules().iter().enumerate() {
            let of = OfSchedule { facts, schedule, next: digest.next(place), tasks: &tasks.by_arn };
            // The limits of the first task it touches: they may differ from task to task.
            let limits = schedule.deeds().find_map(|(_, arn)| tasks.by_arn.get(arn));
            let limits = limits.map_or(common, |task| settings.of_task(task.name.raw()));
            self.thing(Place::schedule(schedule), &limits, |check, context| match check {
                Check::Schedule(check) => Some(check(&of, context)),
                _ => None,
            });
        }
        for subscription in facts.subscriptions() {
            let of = OfSubscription { facts, subscription };
            let place = Place::Subscription(subscription.name.clone());
            self.thing(place, &common, |check, context| match check {
                Check::Subscription(check) => Some(check(&of, context)),
                _ => None,
            });
        }
    }

    /// Every rule for one thing.
    fn thing(&mut self, place: Place, limits: &Limits, look: impl Fn(Check, &Context<'_>) -> Option<Outcome>) {
        let mut old = self.old.remove(&place).unwrap_or_default();
        let was_clear = self.was_clear.remove(&place).unwrap_or_default();
        let mut clear = Clear::default();
        let mut stands = Vec::new();
        for (at, rule) in TABLE.iter().enumerate() {
            let before = old.iter().position(|alert| alert.id() == rule.id).map(|at| old.swap_remove(at));
            let context = Context { limits, now: self.now, stands: before.as_ref().map(|alert| alert.severity) };
            let Some(Outcome { found, until }) = look(rule.check, &context) else { continue };
            self.offer(until);
            let count = &mut self.unchecked[at];
            count.2 += usize::from(found != Found::NotDue);
            let stood = before.as_ref().map_or(Health::Ok, |alert| alert.severity);
            let alert = match (found, before) {
                (Found::NotDue | Found::Good, _) => {
                    clear |= 1 << at;
                    continue;
                }
                (Found::Unknown(why), before) => {
                    count.0 = count.0.or(Some(why));
                    count.1 += 1;
                    // What is not known clears nothing.
                    let Some(mut alert) = before else { continue };
                    alert.blind = Some(why);
                    alert
                }
                (Found::Bad(finding), Some(mut alert)) => {
                    alert.take(*finding, self.now);
                    alert
                }
                (Found::Bad(finding), None) => {
                    Alert::new(rule, place.clone(), *finding, was_clear & (1 << at) != 0, self.now)
                }
            };
            stands.push(self.settled(alert, stood, was_clear & (1 << at) != 0));
        }
        self.clear.insert(place.clone(), clear);
        if !stands.is_empty() {
            stands.sort_by_key(|alert| (!alert.counts(), std::cmp::Reverse(alert.severity)));
            self.new.insert(place, stands);
        }
    }

    /// Drops an acknowledgement that is over, and notes what is alarming: critical, and new.
    fn settled(&mut self, mut alert: Alert, stood: Health, was_clear: bool) -> Alert {
        if alert.ack.as_ref().is_some_and(|ack| self.now >= ack.until) {
            alert.ack = None;
        }
        self.offer(alert.ack.as_ref().map(|ack| ack.until));
        let critical = stood != Health::Critical && alert.severity == Health::Critical;
        // What began before we looked is not new, however late we hear of it; what got worse is.
        let new = stood != Health::Ok || (was_clear && alert.since >= self.first_look);
        self.alarming |= critical && new && alert.ack.is_none();
        alert
    }

    fn offer(&mut self, at: Option<Timestamp>) {
        let ahead = at.filter(|at| *at > self.now);
        self.until = [self.until, ahead].into_iter().flatten().min();
    }
}

/// What is wrong with each task right now, worst first, without anything that stood before: for commands.
pub fn judged_once(facts: &dyn Facts, settings: Settings, now: Timestamp) -> BTreeMap<ReplicationArn, Vec<Alert>> {
    let mut book = Book::new(settings);
    book.judge(facts, now);
    let tasks = book.alerts.into_iter().filter_map(|(place, alerts)| match place {
        Place::Task(arn) => Some((arn, alerts)),
        _ => None,
    });
    tasks.collect()
}

/// How a task is: the worst that stands.
pub fn verdict(alerts: &[Alert]) -> Health {
    alerts.iter().map(|alert| alert.severity).max().unwrap_or(Health::Ok)
}
