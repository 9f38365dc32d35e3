//! One rule or schedule, worked out: when it fires next, and what it does to tasks.

use super::super::world::World;
use crate::model::schedule::{Coming, Deed, NoNext, Reach, Schedule, ScheduleKind, ScheduleState, Target};
use crate::model::task::TaskStatus;
use crate::model::{ReplicationArn, Untrusted};
use jiff::{SignedDuration, Timestamp, Zoned};

/// What fires within this is marked.
pub const SOON: SignedDuration = SignedDuration::from_hours(1);

/// What a rule or schedule does to tasks, one target after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    Task {
        deed: Deed,
        arn: ReplicationArn,
        /// `None` where the task is not listed here.
        name: Option<String>,
        /// It is to be started, and it runs.
        clash: bool,
    },
    Hidden(&'static str),
    Nothing(&'static str),
}

impl Does {
    /// Name of its task, or the last part of its ARN.
    fn called(name: Option<&String>, arn: &ReplicationArn) -> String {
        name.cloned().unwrap_or_else(|| crate::model::untrusted::shown(&arn.resource_id().0).into_owned())
    }

    pub fn words(&self) -> String {
        match self {
            Self::Task { deed, arn, name, .. } => format!("{} {}", deed.word(), Self::called(name.as_ref(), arn)),
            Self::Hidden(what) => format!("hidden: {what}"),
            Self::Nothing(what) => (*what).to_owned(),
        }
    }
}

/// What is computed from one rule or schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub when: String,
    /// When it fires next; of a disabled one, when it would.
    pub next: Result<Zoned, NoNext>,
    pub period: Option<SignedDuration>,
    /// `None` where its targets could not be read.
    pub does: Option<Vec<Does>>,
    /// What a filter looks in.
    pub(super) text: String,
    /// Place by name, by words of its times, by bus or group.
    pub(super) ranks: [u32; 3],
}

impl Line {
    pub(super) fn of(schedule: &Schedule, now: Timestamp) -> Self {
        Self {
            when: schedule.words(),
            next: first(schedule, now),
            period: schedule.period(),
            does: None,
            text: String::new(),
            ranks: [0; 3],
        }
    }

    /// What its targets are called and whether they run.
    pub(super) fn join(&mut self, schedule: &Schedule, world: &World) {
        self.does = does(schedule, world, may_fire(schedule) && self.next != Err(NoNext::Over));
        let parts = [
            schedule.name.raw(),
            schedule.group.raw(),
            schedule.kind.word(),
            schedule.state.raw(),
            &self.when,
            schedule.expression.as_ref().map_or("", Untrusted::raw),
            schedule.description.as_ref().map_or("", Untrusted::raw),
            &starts_words(self),
        ];
        self.text = parts.join("\n").to_lowercase();
    }

    /// It starts a task that runs.
    pub fn clashes(&self) -> bool {
        self.does.iter().flatten().any(|does| matches!(does, Does::Task { clash: true, .. }))
    }
}

/// When it fires next, were it enabled.
pub(super) fn first(schedule: &Schedule, now: Timestamp) -> Result<Zoned, NoNext> {
    let coming = schedule.coming(now, 1)?;
    coming.iter().find_map(Coming::fires).cloned().ok_or(NoNext::Over)
}

/// Anything but switched off: a state nobody here has heard of may fire.
pub fn may_fire(schedule: &Schedule) -> bool {
    schedule.state != ScheduleState::Disabled
}

/// Fires within the hour, as far as that is known.
pub fn is_soon(schedule: &Schedule, line: &Line, now: Timestamp) -> bool {
    let within = match &line.next {
        Ok(at) => at.timestamp().duration_since(now) <= SOON,
        Err(NoNext::Uncounted) => line.period.is_some_and(|period| period <= SOON),
        Err(_) => false,
    };
    within && may_fire(schedule)
}

/// What the targets could not be read of: those of a rule, or the input of a schedule's.
fn unread(schedule: &Schedule) -> bool {
    schedule.targets.is_none() || schedule.kind == ScheduleKind::Schedule && schedule.expression.is_none()
}

/// What it does to tasks, each thing once; `None` where that could not be read.
fn does(schedule: &Schedule, world: &World, fires: bool) -> Option<Vec<Does>> {
    let one = |target: &Target| match target.reach() {
        Reach::Task(deed, arn) => {
            let task = world.task(arn);
            let runs = task.is_some_and(|task| matches!(task.status, TaskStatus::Running | TaskStatus::Starting));
            Does::Task {
                deed,
                arn: arn.clone(),
                name: task.map(|task| task.name.shown().into_owned()),
                clash: fires && runs && deed.starts(),
            }
        }
        Reach::Hidden(what) => Does::Hidden(what),
        Reach::Nothing(what) => Does::Nothing(what),
    };
    let targets = schedule.targets.as_ref().filter(|_| !unread(schedule))?;
    let mut all: Vec<Does> = Vec::new();
    for does in targets.iter().map(one) {
        if !all.contains(&does) {
            all.push(does);
        }
    }
    Some(all)
}

/// Text of the STARTS column.
pub fn starts_words(line: &Line) -> String {
    match &line.does {
        None => "not read".to_owned(),
        Some(all) => all.iter().map(Does::words).collect::<Vec<_>>().join(", "),
    }
}
