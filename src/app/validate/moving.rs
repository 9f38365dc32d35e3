//! A comparison of what moves: the task it hangs on, when it begins, how often, and who is told how it ended.
//!
//! Start at [`Around`]: it is asked before each run when that begins, and hears after each how it ended. `again.rs` has the
//! beats, `gate.rs` what a run waits for once it has begun, `tell.rs` the words of a message.

use super::again::{Beat, Standstill};
use super::tell::{About, notice};
use super::watch::{Sight, Watched, watch, words};
use super::{Done, Event, Failure, Signals, job};
use crate::app::change::whence;
use crate::app::{Setup, headless};
use crate::aws::{self, Answer, Connected, Limiters, Reader, Urgency};
use crate::change::{Authority, Notifier, Time};
use crate::model::audit::State;
use crate::model::listing::validations::Summary;
use crate::model::task::Task;
use crate::model::topic::{Audience, TopicArn};
use crate::model::validation::{Gate, GateSeen, RunId, Trigger};
use crate::store::Audit;
use crate::validate::gate::{LIMIT, TIMEOUT, fitting};
use jiff::{SignedDuration, Timestamp};

/// What the command line says of it.
#[derive(Debug, Clone, Default)]
pub struct Moving {
    /// Both latencies are at most this; `None`: five seconds.
    pub limit: Option<SignedDuration>,
    /// How long a gate is waited for; `None`: ten minutes.
    pub timeout: Option<SignedDuration>,
    /// The gate is waived, and why.
    pub no_gate: Option<String>,
    /// Not before the task has stopped.
    pub when_stopped: bool,
    pub every: Option<SignedDuration>,
    /// Who is told how it ended.
    pub notify: Option<TopicArn>,
}

impl Moving {
    /// With what the configuration says, where the command line says nothing.
    #[must_use]
    pub fn or(self, limit: Option<SignedDuration>, timeout: Option<SignedDuration>) -> Self {
        if self.no_gate.is_some() {
            return self;
        }
        Self { limit: self.limit.or(limit), timeout: self.timeout.or(timeout), ..self }
    }

    /// Something was said that means nothing without a task.
    fn needs_task(&self) -> Option<&'static str> {
        [
            (self.limit.is_some(), "--gate"),
            (self.timeout.is_some(), "--gate-timeout"),
            (self.no_gate.is_some(), "--no-gate"),
            (self.when_stopped, "--when-stopped"),
        ]
        .into_iter()
        .find_map(|(said, word)| said.then_some(word))
    }
}

/// A run that may begin.
#[derive(Debug)]
pub struct Begin {
    pub id: RunId,
    pub trigger: Trigger,
    pub gate: Gate,
    pub watched: Option<Watched>,
}

/// What stands around the runs of one command.
#[derive(Debug)]
pub struct Around {
    moving: Moving,
    from: String,
    task: Option<(Reader, Task)>,
    notifier: Option<Notifier>,
    beat: Option<Beat>,
    runs: u64,
    /// Exit status of the run before.
    last: Option<u8>,
}

impl Around {
    /// Signs in where AWS is needed: for a task, or for a topic. What cannot work is said before anything is compared.
    ///
    /// # Errors
    /// A flag that means nothing here, no such task or topic, nobody who may publish, no answer.
    pub async fn begin(
        moving: &Moving,
        setup: Option<&Setup>,
        task: Option<&str>,
        tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        if let (Some(word), None) = (moving.needs_task(), task) {
            return Err(Failure::usage(format!(
                "{word} is about a task: name the one that moves these rows with --task"
            )));
        }
        let authority = match (&moving.notify, setup) {
            (Some(_), Some(setup)) => Some(setup.mode.authority()?),
            _ => None,
        };
        let mut it = Self {
            moving: moving.clone(),
            from: whence::here().host,
            task: None,
            notifier: None,
            beat: None,
            runs: 0,
            last: None,
        };
        if task.is_none() && moving.notify.is_none() {
            return Ok(it);
        }
        let setup = setup.ok_or_else(|| Failure::could_not("nobody is signed in who could ask about a task"))?;
        let connected = aws::connect(&setup.aws, &Limiters::default()).await?;
        if let Some(name) = task {
            let task = headless::the_task(&connected.reader, name).await?;
            it.task = Some((connected.reader.at(Urgency::Visible), task));
        }
        if let (Some(topic), Some(authority)) = (&moving.notify, authority) {
            look_at(topic, &connected, tell).await?;
            it.notifier = Some(notifier(setup, &authority, &connected, topic.clone()).await?);
        }
        Ok(it)
    }

    /// The task on which the gate hangs.
    pub fn task(&self) -> Option<&Task> {
        self.task.as_ref().map(|(_, task)| task)
    }

    /// Waits until the next run may begin; `None`: somebody wants to end before that.
    pub async fn due(
        &mut self,
        signals: &mut Signals,
        tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>,
    ) -> Result<Option<Begin>, Failure> {
        let now = Timestamp::now();
        if let Some(every) = self.moving.every {
            let beat = *self.beat.get_or_insert_with(|| Beat::new(now, every));
            if self.runs > 0 {
                let at = beat.next(now);
                tell(Event::Gate(&GateSeen::Waiting { why: format!("the next begins at {at:.0}") }))?;
                if !until(at, signals).await {
                    return Ok(None);
                }
            }
        }
        let mut fresh = self.runs == 0;
        if self.moving.when_stopped {
            match self.stopped(signals, tell).await? {
                Some(task) => self.keep(task),
                None => return Ok(None),
            }
            fresh = true;
        }
        if !fresh {
            match self.current(signals, tell).await? {
                Some(task) => self.keep(task),
                None if self.task.is_some() => return Ok(None),
                None => {}
            }
        }
        self.runs += 1;
        let trigger = match self.moving.every {
            _ if self.moving.when_stopped => Trigger::Stopped,
            Some(every) => Trigger::Every(every),
            None => Trigger::Operator,
        };
        let watched = self.task.as_ref().map(|(reader, task)| Watched::new(reader.clone(), task.arn.clone()));
        Ok(Some(Begin { id: job::id(Timestamp::now()), trigger, gate: self.gate(), watched }))
    }

    fn keep(&mut self, now: Task) {
        if let Some((_, task)) = &mut self.task {
            *task = now;
        }
    }

    /// When a run may begin.
    pub fn gate(&self) -> Gate {
        let Moving { limit, timeout, no_gate, .. } = &self.moving;
        match (&self.task, no_gate) {
            (None, _) => Gate::NoTask,
            (Some(_), Some(reason)) => Gate::Waived { reason: reason.clone() },
            (Some((_, task)), None) => fitting(task, limit.unwrap_or(LIMIT), timeout.unwrap_or(TIMEOUT)),
        }
    }

    /// The task as it is after it has stopped; `None`: somebody wants to end before that. An AWS that does not answer is
    /// told, and waited for.
    async fn stopped(
        &self,
        signals: &mut Signals,
        tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>,
    ) -> Result<Option<Task>, Failure> {
        let Some((reader, task)) = &self.task else { return Ok(None) };
        let mut watch = watch(Watched::new(reader.clone(), task.arn.clone()));
        let (mut standstill, mut said) = (Standstill::default(), String::new());
        loop {
            let Sight { evidence, looked, .. } = watch.sights.borrow_and_update().clone();
            if evidence.gone {
                return Err(Failure::could_not(format!("{} is not there any more", task.name.shown())));
            }
            let mut why = "the task is not read yet".to_owned();
            if let Some(task) = evidence.task.filter(|_| looked.is_some()) {
                if standstill.see(&task) {
                    return Ok(Some(task));
                }
                why = standstill.words(&task);
            }
            if let Some(problem) = evidence.problem {
                why = format!("{why}; {problem}");
            }
            if why != said {
                tell(Event::Gate(&GateSeen::Waiting { why: why.clone() }))?;
                said = why;
            }
            tokio::select! {
                () = signals.next() => return Ok(None),
                changed = watch.sights.changed() => if changed.is_err() {
                    return Err(Failure::could_not("the task is not watched any more"));
                }
            }
        }
    }

    /// The task as it is now: which gate fits may have changed since the last run.
    async fn current(
        &self,
        signals: &mut Signals,
        tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>,
    ) -> Result<Option<Task>, Failure> {
        let Some((reader, task)) = &self.task else { return Ok(None) };
        let pause = Watched::new(reader.clone(), task.arn.clone()).every;
        loop {
            let asked = reader.tasks_in_brief(std::slice::from_ref(&task.arn));
            let asked = tokio::select! {
                () = signals.next() => return Ok(None),
                asked = asked => asked,
            };
            let problem = match asked {
                Ok(Answer { mut value, mut missing, .. }) => match (value.pop(), missing.pop()) {
                    (Some(task), _) => return Ok(Some(task)),
                    (None, Some(problem)) => problem,
                    // The gate says so, and then somebody is told.
                    (None, None) => return Ok(Some(task.clone())),
                },
                Err(problem) => problem,
            };
            tell(Event::Gate(&GateSeen::Waiting { why: words(&problem) }))?;
            if !until(Timestamp::now() + pause, signals).await {
                return Ok(None);
            }
        }
    }

    /// A run has ended: tells who wants to know. Gives the end of the command where nothing comes after it.
    ///
    /// # Errors
    /// Nobody listens to what is told.
    pub async fn ended(
        &mut self,
        begin: (&RunId, Trigger),
        ended: Result<Summary, Failure>,
        tables: &[Done],
        tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>,
    ) -> Result<Option<Result<u8, Failure>>, Failure> {
        if let Ok(summary) = &ended {
            tell(Event::Ended(summary))?;
        }
        self.tell_topic(begin, &ended, tables, tell).await?;
        let last = match &ended {
            Ok(summary) => summary.interrupted,
            // What is wrong with the arguments will not be right next time.
            Err(failure) => failure.status == Failure::usage("").status && self.runs == 1,
        };
        if last || self.moving.every.is_none() {
            return Ok(Some(ended.map(|summary| summary.verdict.status())));
        }
        self.last = Some(match &ended {
            Ok(summary) => summary.verdict.status(),
            Err(failure) => {
                tell(Event::Failed(failure))?;
                failure.status
            }
        });
        Ok(None)
    }

    async fn tell_topic(
        &mut self,
        (id, trigger): (&RunId, Trigger),
        ended: &Result<Summary, Failure>,
        tables: &[Done],
        tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let Some(notifier) = &mut self.notifier else { return Ok(()) };
        let task = self.task.as_ref().map(|(_, task)| task.name.raw());
        let notice = notice(&About { id, trigger, task, from: &self.from }, ended, tables);
        let outcome = notifier.publish(&notice).await;
        if outcome.state == State::Done {
            return outcome.lines.into_iter().try_for_each(|line| tell(Event::Note(line)));
        }
        tell(Event::Failed(&Failure::could_not_all(outcome.lines)))
    }

    /// Exit status of a command that was ended while it waited: that of its last run.
    pub fn interrupted(&self) -> Result<u8, Failure> {
        self.last.ok_or_else(|| Failure::could_not("interrupted before anything was compared"))
    }
}

/// Waits until then; `false`: somebody wants to end before that.
async fn until(at: Timestamp, signals: &mut Signals) -> bool {
    let wait = at.duration_since(Timestamp::now()).try_into().unwrap_or_default();
    tokio::select! {
        () = signals.next() => false,
        () = tokio::time::sleep(wait) => true,
    }
}

/// Whether the topic is there, and whether anybody would hear of it.
async fn look_at(
    topic: &TopicArn,
    connected: &Connected,
    tell: &mut dyn FnMut(Event<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let region = &connected.scope.region.0;
    if topic.region() != region {
        let line = format!("--notify: the topic is of {}, and this is {region}", topic.region());
        return Err(Failure::usage(line));
    }
    let note = match connected.reader.topic(topic.as_str()).await {
        Ok(answer) => match answer.value.map(|topic| topic.audience()) {
            None => return Err(Failure::usage(format!("--notify: there is no topic {}", topic.as_str()))),
            Some(Audience::Known { confirmed: 0, .. }) => format!("nobody is subscribed to {}", topic.name()),
            Some(_) => return Ok(()),
        },
        // Publishing is another permission.
        Err(problem) => format!("whether {} is there is not known: {}", topic.name(), words(&problem)),
    };
    tell(Event::Note(note))
}

async fn notifier(
    setup: &Setup,
    authority: &Authority,
    connected: &Connected,
    topic: TopicArn,
) -> Result<Notifier, Failure> {
    let whence = whence::here();
    let audit = Audit::open(&setup.store, &whence).await;
    let audit = audit.map_err(|error| error.problem("the audit cannot be written, so nobody may be told"))?;
    let time = Time { now: Timestamp::now, wait: |span| Box::pin(tokio::time::sleep(span)) };
    Ok(Notifier::new(authority, connected, topic, (audit, whence), setup.environment.clone(), time)?)
}
