//! `refresh watch`: what is done after each load that a rule starts, by a process that stays. Start at [`Watching::found`].
//!
//! It looks at the task, since that tells of a stop also when it happened while nobody looked; which loads were gone on from
//! stands in the ledger on the target. A run of its own that was broken off is taken up again before anything else. It changes
//! nothing but what the plan of the part after the load says.

use super::late::Looks;
use super::means::{door, notifier};
use super::order::{Answer, Begin, Further, What};
use super::plan::Eyes;
use super::{plan, runs};
use crate::app::{Failure, Setup, headless};
use crate::aws::Reader;
use crate::console::terminal::{Signal, Signals};
use crate::model::ReplicationArn;
use crate::model::refresh::{Finding, Level, RefreshId, RunHead, RunState, StepKind};
use crate::model::shell::quoted;
use crate::model::task::Task;
use crate::model::untrusted::shown;
use crate::refresh::plan::Built;
use crate::refresh::plan::watch::{accepts, after_load};
use crate::refresh::watch::{Next, is_watched, left, next, over, overdue, taken};
use crate::refresh::{self, Door, Plan, Trouble};
use crate::store;
use crate::validate::merge::Side;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Between two looks at the task: DMS has little to give away.
const EACH: Duration = Duration::from_secs(15);
/// Between two attempts to go on with a run that wants credentials.
const AGAIN: Duration = Duration::from_mins(10);
/// The topic is told of a load that could not be gone on from at so many looks: ten minutes.
const LOOKS: u32 = 40;

/// What a look came to.
#[derive(Debug)]
pub enum Found {
    /// Carry this out.
    Do(Box<What>),
    /// Tell this; worse than nothing: `true`.
    Say(String, bool),
    /// Somebody wants it to end.
    End,
}

/// See the module's first line.
pub struct Watching {
    setup: Arc<Setup>,
    name: String,
    task: ReplicationArn,
    reader: Reader,
    target: Door,
    /// The newest start that was over before anybody watched.
    since: Option<Timestamp>,
    /// Starts that are done with, as far as this process knows.
    done: Vec<Timestamp>,
    /// The load that a run was begun for.
    begun: Option<Timestamp>,
    /// The load that is over and waits to be gone on from, and how often that was in vain.
    waits: Option<(Timestamp, u32)>,
    tried: Option<(RefreshId, Instant)>,
    told: Option<String>,
    late: Looks,
    /// The next look is not at once.
    rests: bool,
    runtime: Runtime,
    signals: Signals,
}

impl std::fmt::Debug for Watching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Watching({})", self.name)
    }
}

impl Watching {
    /// Makes sure that this refresh can be watched for, and remembers what was over before.
    ///
    /// # Errors
    /// It cannot, and why; nothing may be changed here; AWS or a database cannot be asked; the folder of runs cannot be written.
    pub fn open(setup: Setup, name: &str) -> Result<(Self, Vec<String>), Failure> {
        setup.may_change()?;
        let runtime = super::carry::runtime()?;
        let setup = Arc::new(setup);
        let settings = plan::settings(&setup, name)?.clone();
        let (reader, task, built, mut notes, signals) = runtime.block_on(async {
            let signals = Signals::listen().map_err(|error| Failure::could_not(format!("signals: {error}")))?;
            let reader = headless::connect(&setup).await?;
            let task = headless::the_task(&reader, &settings.task).await?;
            let (built, notes) = Box::pin(plan::built(&setup, &reader, name, Eyes::Nobody)).await?;
            Ok::<_, Failure>((reader, task, built, notes, signals))
        })?;
        acceptable(&built)?;
        let target = door(Arc::clone(&setup), reader.clone(), Side::Target, settings.target, task.arn.clone());
        let waits_for = |since| runtime.block_on(waits_for(&task, since, &target));
        may_open(&setup, name, &built, waits_for)?;
        let since = since(&setup, name, &task, &mut notes)?;
        let (task, name) = (task.arn, name.to_owned());
        let (done, begun, waits, tried, told) = (Vec::new(), None, None, None, None);
        let (late, rests) = (Looks::default(), false);
        let this = Self {
            setup,
            name,
            task,
            reader,
            target,
            since,
            done,
            begun,
            waits,
            tried,
            told,
            late,
            rests,
            runtime,
            signals,
        };
        Ok((this, notes))
    }

    /// The setup, for whoever carries something out.
    pub fn setup(&self) -> Setup {
        Setup::clone(&self.setup)
    }

    /// Waits until there is something to do or to say. Blocks.
    ///
    /// # Errors
    /// The folder of runs cannot be read.
    pub fn found(&mut self) -> Result<Found, Failure> {
        loop {
            let rests = std::mem::take(&mut self.rests);
            if let Some(found) = (!rests).then(|| self.look()).flatten() {
                return Ok(found);
            }
            let (runtime, signals) = (&self.runtime, &mut self.signals);
            let ended = runtime.block_on(async {
                let ended = async { while !matches!(signals.next().await, Signal::End(_)) {} };
                tokio::time::timeout(every(EACH), ended).await.is_ok()
            });
            if ended {
                return Ok(Found::End);
            }
        }
    }

    /// A run that was begun here has ended so.
    pub fn ended(&mut self, head: &RunHead) {
        self.tried = Some((head.id.clone(), Instant::now()));
        // One that was undone is not tried again with the same load: it would come to the same.
        if head.state.is_over() {
            self.done.extend(self.begun.take());
        }
    }

    /// It could not be carried out at this moment. What is to be said besides.
    pub fn failed(&mut self, why: &str) -> Option<String> {
        self.rests = true;
        self.in_vain(why)
    }

    /// A load that waits could not be gone on from: the topic is told once. What came of that.
    fn in_vain(&mut self, why: &str) -> Option<String> {
        let (start, looks) = self.waits.as_mut()?;
        *looks += 1;
        let at = clock(*start);
        (*looks == LOOKS).then(|| self.tell(&format!("the load that began at {at} is still not gone on from: {why}")))
    }

    /// Tells the topic of a load that nobody goes on from, and what came of that; without a topic nobody is told.
    fn tell(&self, what: &str) -> String {
        let told = self.runtime.block_on(async {
            let settings = plan::settings(&self.setup, &self.name)?;
            let Some(topic) = &settings.topic else { return Ok(vec!["there is no topic to tell".to_owned()]) };
            let connected = headless::connected(&self.setup).await?;
            let mut notifier = notifier(&self.setup, &connected, topic).await?;
            Ok::<_, Failure>(Box::pin(notifier.publish(&left(&self.name, &settings.task, what))).await.lines)
        });
        told.map_or_else(|failure| format!("nobody was told: {}", failure.lines.join("; ")), |lines| lines.join("; "))
    }

    /// Nothing that is said again and again.
    fn say(&mut self, text: String, bad: bool) -> Option<Found> {
        if self.told.as_ref() == Some(&text) {
            return None;
        }
        self.told = Some(text.clone());
        Some(Found::Say(text, bad))
    }

    fn say_in_vain(&mut self, why: String) -> Option<Found> {
        match self.in_vain(&why) {
            Some(told) => self.say(format!("{why}; {told}"), true),
            None => self.say(why, true),
        }
    }

    fn look(&mut self) -> Option<Found> {
        let setup = Arc::clone(&self.setup);
        if let Some(text) = self.runtime.block_on(self.late.now_and_then(&setup, &self.target)) {
            return Some(Found::Say(text, true));
        }
        let open = self.runtime.block_on(runs::open_of(&setup, &self.name));
        let found = match open {
            Err(failure) => Err(failure),
            Ok(Some(head)) => return self.open_run(&head),
            Ok(None) => self.at_the_task(),
        };
        // Whatever fails is tried again at the next look.
        found.unwrap_or_else(|failure| self.say_in_vain(failure.lines.join("; ")))
    }

    /// A run of this name on this machine that is not over.
    fn open_run(&mut self, head: &RunHead) -> Option<Found> {
        let (id, word, name) = (&head.id.0, head.state.word(), quoted(&self.name));
        if head.alive == Some(true) {
            return self.say(format!("run {id} is under way"), false);
        }
        let kept = self.runtime.block_on(store::runs::kept(&self.setup.store, &head.id)).ok().flatten();
        let plan = kept.and_then(|kept| serde_json::from_str::<Plan>(&kept.plan).ok());
        let is_ours = plan.is_some_and(|plan| is_watched(&plan));
        let waited = self.tried.as_ref().is_none_or(|(tried, at)| *tried != head.id || at.elapsed() >= AGAIN);
        let broken_off = head.alive == Some(false) && head.state.is_under_way();
        let wants = head.state == RunState::NeedsCredentials || broken_off;
        if is_ours && wants && waited {
            self.tried = Some((head.id.clone(), Instant::now()));
            return Some(Found::Do(Box::new(What::Further(Further::Resume(head.id.clone())))));
        }
        let why = head.why.as_ref().map(|why| format!(": {}", why.shown())).unwrap_or_default();
        self.say(
            format!("run {id} is {word}{why}. Nothing new is begun before it has ended: cutover refresh resume {name}"),
            true,
        )
    }

    fn at_the_task(&mut self) -> Result<Option<Found>, Failure> {
        let task = self.task_now()?;
        let start = match next(&task, self.since, &self.done) {
            Next::Nothing | Next::Waits => {
                self.waits = None;
                return Ok(None);
            }
            Next::Failed(start, why) => {
                self.done.push(start);
                // It stays as it is: whoever watches next says nothing of it. A disk that says no has it said twice.
                let _ = store::runs::watch_since(&self.setup.store, &self.name, Some(start));
                return Ok(Some(
                    self.left(&format!("the load that began at {} came to no good end: {why}", clock(start))),
                ));
            }
            Next::GoOn(start) => start,
        };
        if self.waits.is_none_or(|(waits, _)| waits != start) {
            self.waits = Some((start, 0));
        }
        let (open, all) = self
            .runtime
            .block_on(async {
                let open = refresh::open_runs(&self.target).await?;
                Ok::<_, Trouble>((open, taken(&self.target, &self.task).await?))
            })
            .map_err(|trouble| failed(&trouble))?;
        if all.contains(&start) {
            self.done.push(start);
            return Ok(None);
        }
        if let Some(run) = open.first() {
            let late = overdue(run, Timestamp::now()).map(|late| format!(". {late}")).unwrap_or_default();
            let (id, host, word) = (&run.id.0, shown(&run.host), run.state.word());
            let text = format!(
                "run {id}, begun on {host}, is {word}: nothing new is begun on this target before it has ended (cutover refresh \
                 recover {}){late}",
                quoted(&run.name.0)
            );
            return Ok(self.say_in_vain(text));
        }
        let what = self.order(start)?;
        Ok(Some(what))
    }

    /// Nobody goes on from a load: whoever looks hears it, and the topic.
    fn left(&mut self, what: &str) -> Found {
        self.waits = None;
        Found::Say(format!("{what}; {}", self.tell(what)), true)
    }

    fn task_now(&self) -> Result<Task, Failure> {
        let arns = [self.task.clone()];
        let mut answer = self.runtime.block_on(self.reader.tasks_in_brief(&arns))?;
        let gone = || Failure::could_not(format!("the task is gone: {}", self.task.as_str()));
        answer.value.pop().ok_or_else(gone)
    }

    /// The part after the load, as the configuration and both databases are now.
    fn order(&mut self, start: Timestamp) -> Result<Found, Failure> {
        let built = Box::pin(plan::built(&self.setup, &self.reader, &self.name, Eyes::Nobody));
        let (built, _) = self.runtime.block_on(built)?;
        acceptable(&built)?;
        let plan = after_load(&built.plan);
        if let Some(one) = forbids(&built, &plan).first() {
            self.done.push(start);
            let finding = format!("{}: {}", one.step.word(), one.what.shown());
            return Ok(self.left(&format!("the load that began at {} is left alone: {finding}", clock(start))));
        }
        let hash = plan.hash().map_err(|error| Failure::could_not(error.to_string()))?;
        let (made, target) = (built.shown.made, plan.destination.clone());
        let id = refresh::new_id(Timestamp::now());
        self.begun = Some(start);
        Ok(Found::Do(Box::new(What::Begin(Box::new(Begin { id, plan, hash, made, answer: Answer::Flag(target) })))))
    }
}

/// What was over when somebody watched for the first time on this machine, or at the newest run in whose journal it stands.
fn since(setup: &Setup, name: &str, task: &Task, notes: &mut Vec<String>) -> Result<Option<Timestamp>, Failure> {
    let known = store::runs::watched_since(&setup.store, name).map_err(unkept)?;
    if let Some(since) = known {
        return Ok(since);
    }
    let since = over(task);
    store::runs::watch_since(&setup.store, name, since).map_err(unkept)?;
    if let Some(since) = since {
        notes.push(format!("watched for the first time here: what began at {} or before is left alone", clock(since)));
    }
    Ok(since)
}

#[allow(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn unkept(error: store::StoreError) -> Failure {
    error.problem("what was over before cannot be kept").into()
}

fn acceptable(built: &Built) -> Result<(), Failure> {
    refuse(&accepts(&built.plan, &built.consumers))
}

/// What forbids the part after a load is said at once; unless one waits for it: then it is left alone, and the topic is told.
fn may_open(
    setup: &Setup,
    name: &str,
    built: &Built,
    waits_for: impl FnOnce(Option<Timestamp>) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let found = forbids(built, &after_load(&built.plan));
    let known = if found.is_empty() { None } else { store::runs::watched_since(&setup.store, name).map_err(unkept)? };
    match known {
        Some(since) if waits_for(since)? => Ok(()),
        _ => refuse(&found),
    }
}

/// Whether a load is over and nobody has taken it.
async fn waits_for(task: &Task, since: Option<Timestamp>, target: &Door) -> Result<bool, Failure> {
    let taken = taken(target, &task.arn).await.map_err(|trouble| failed(&trouble))?;
    Ok(matches!(next(task, since, &taken), Next::GoOn(_)))
}

fn failed(trouble: &Trouble) -> Failure {
    Failure::could_not(shown(&trouble.to_string()).into_owned())
}

fn refuse(found: &[Finding]) -> Result<(), Failure> {
    if found.is_empty() {
        return Ok(());
    }
    let mut lines = vec!["this refresh cannot be watched for:".to_owned()];
    for one in found {
        lines.push(format!("{}: {}", one.step.word(), one.what.shown()));
        lines.push(format!("  {}", shown(&one.do_this)));
    }
    Err(Failure { status: 1, lines })
}

/// What forbids the part after the load; what is about the load itself does not.
fn forbids(built: &Built, plan: &Plan) -> Vec<Finding> {
    let is_of_it = |step: StepKind| step != StepKind::Load && plan.steps.iter().any(|one| one.kind == step);
    let blocking = built.shown.findings.iter().filter(|one| one.level == Level::Blocking && is_of_it(one.step));
    blocking.cloned().collect()
}

fn clock(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A test that cannot wait says how much shorter; nothing of that is in a release build.
pub(super) fn every(each: Duration) -> Duration {
    #[cfg(debug_assertions)]
    if let Some(millis) = std::env::var("CUTOVER_TEST_LOOKS_EVERY").ok().and_then(|text| text.parse().ok()) {
        return Duration::from_millis(millis);
    }
    each
}
