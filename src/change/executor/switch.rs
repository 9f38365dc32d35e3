//! Rules and schedules: what is read of them, how they are switched, what is said of it.

use super::Drafter;
use crate::aws::{Reader, Sent, Serverless, Signed, TaskDetail, WholeSchedule};
use crate::change::called::{Called, worst};
use crate::change::preview;
use crate::model::change::{Grade, Named, Preview, Refusal, Safeguards, Switch};
use crate::model::schedule::{Schedule, ScheduleKind, ScheduleState};
use crate::model::untrusted::shown;
use crate::model::{Problem, Untrusted};
use jiff::Timestamp;

/// One rule or schedule, as it can be written back.
pub(super) struct ScheduleFacts {
    pub schedule: Schedule,
    whole: Option<WholeSchedule>,
    /// Tasks that it would begin or load, read where it is to be enabled.
    called: Vec<Called>,
}

impl ScheduleFacts {
    pub async fn read(reader: &Reader, what: &Named) -> Result<Self, Problem> {
        let (group, name) = (what.group.raw(), what.name.raw());
        match what.kind {
            ScheduleKind::Rule => {
                Ok(Self { schedule: reader.rule(group, name).await?.value, whole: None, called: Vec::new() })
            }
            ScheduleKind::Schedule => {
                let whole = reader.schedule(group, name).await?;
                Ok(Self { schedule: whole.schedule(), whole: Some(whole), called: Vec::new() })
            }
        }
    }

    /// With the tasks that it would begin or load once it is enabled. Disabling depends on none of them.
    pub async fn with_called(self, reader: &Reader, to: Switch) -> Result<Self, Problem> {
        match to {
            Switch::Disable => Ok(self),
            Switch::Enable => Ok(Self { called: Called::read(reader, &self.schedule).await?, ..self }),
        }
    }

    pub fn grade(&self) -> Grade {
        worst(&self.called)
    }

    /// What the configuration forbids of that which it would do.
    pub fn forbidden(&self, safeguards: &Safeguards) -> Option<Refusal> {
        self.called.iter().find_map(|one| one.refused(safeguards))
    }

    /// Fields that writing it back would lose.
    pub fn unknown(&self) -> &[String] {
        self.whole.as_ref().map_or(&[], WholeSchedule::unknown)
    }

    pub async fn send(&self, signed: &Signed, what: &Named, to: Switch) -> Sent {
        let (group, name) = (what.group.raw(), what.name.raw());
        match (&self.whole, to) {
            (Some(whole), to) => signed.update_schedule(whole, to == Switch::Enable).await,
            (None, Switch::Enable) => signed.enable_rule(group, name).await,
            (None, Switch::Disable) => signed.disable_rule(group, name).await,
        }
    }
}

impl Drafter {
    pub(super) async fn preview_switch(&self, facts: ScheduleFacts, what: &Named, to: Switch) -> Preview {
        let names = if facts.schedule.deeds().next().is_some() {
            // Without names there are ARNs, which say the same.
            let tasks = self.reader().tasks(TaskDetail::Brief, Serverless::Include).await.unwrap_or_default();
            tasks.value.into_iter().map(|task| (task.arn, task.name)).collect()
        } else {
            Vec::new()
        };
        let (scope, environment) = (self.reader().scope(), self.environment());
        let preview = preview::switch(what.clone(), facts.schedule, to, scope, environment, &names, self.now());
        preview::called(preview, &facts.called)
    }
}

pub(super) fn done(what: &Named, to: Switch, before: &Schedule, now: Timestamp) -> Vec<String> {
    let mut lines = vec![format!("{} {}", to.done(), what.full())];
    if to == Switch::Disable {
        lines.extend(preview::once_more(before, now));
    }
    lines.push(preview::put_back(what, to));
    lines
}

pub(super) fn wanted(to: Switch) -> ScheduleState {
    match to {
        Switch::Enable => ScheduleState::Enabled,
        Switch::Disable => ScheduleState::Disabled,
    }
}

/// What a person needs to know of a difference: the state, or else which part.
pub(super) fn difference(then: &Schedule, now: &Schedule) -> String {
    if then.state != now.state {
        return format!("it was {}, and is {} now", shown(then.state.raw()), shown(now.state.raw()));
    }
    let text = |text: &Option<Untrusted>| text.as_ref().map_or_else(|| "none".into(), |text| text.shown().into_owned());
    let parts = [
        (then.expression != now.expression)
            .then(|| format!("its expression was {} and is {}", text(&then.expression), text(&now.expression))),
        (then.time_zone != now.time_zone)
            .then(|| format!("its time zone was {} and is {}", text(&then.time_zone), text(&now.time_zone))),
        (then.targets != now.targets).then(|| "it calls something else".to_owned()),
        (then.modified != now.modified).then(|| {
            let at = |at: Option<Timestamp>| at.map_or_else(|| "an unknown time".to_owned(), |at| at.to_string());
            format!("it was last written at {}, and not at {}", at(now.modified), at(then.modified))
        }),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "something about it is different".to_owned() } else { parts.join("; ") }
}
