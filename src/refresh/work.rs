//! What a step works with: the plan, the session on the target, the ledger there, AWS, the journal, the wishes of people.
//!
//! Start at [`Work`]. Whatever a step makes durable goes through here or through [`Held`], since these know the kill points; a
//! step only reads through anything else. Steps wait with [`Work::wait`] and [`Work::beside`], never by themselves: so the
//! session stays alive, the ledger shows that somebody is there, and a wish is heard within a second.

use super::held::{Door, Held};
use super::journal::Journal;
use super::late;
use super::ledger::{self, ObjKind};
use super::plan::Plan;
use super::runner::marks::RUN;
use super::steps::notify;
use super::trouble::Trouble;
use crate::aws::Reader;
use crate::change::{Confirmed, Executor, Notice, Notifier, Time, Way};
use crate::model::audit::State;
use crate::model::change::{Change, Outcome, Ruling, Verb};
use crate::model::masking::Key;
use crate::model::refresh::{
    Away, AwayKind, Line, LoadProgress, PlanHash, PlannedStep, RefreshId, StepKind, StepName, WishFor,
};
use crate::model::{ProblemKind, Untrusted};
use crate::store::runs::{self, Phase, Writer};
use crate::store::{Settings, points};
use jiff::Timestamp;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often a wish is looked for.
const LOOK_EACH: Duration = Duration::from_secs(1);
/// How often the server hears a word from us while we wait.
const PING_EACH: Duration = Duration::from_secs(30);

/// AWS, as a run has it.
#[derive(Debug)]
pub struct Aws {
    pub reader: Reader,
    executor: Executor,
    notifier: Option<Notifier>,
}

impl Aws {
    pub fn new(reader: Reader, executor: Executor, notifier: Option<Notifier>) -> Self {
        Self { reader, executor, notifier }
    }
}

/// Something that was asked of AWS.
#[derive(Debug, Clone, PartialEq)]
pub enum Changed {
    Done(Outcome),
    /// It was as wanted already, and how.
    Nothing(String),
}

/// What follows where nothing was changed: only what was throttled is sent again without end, since it surely was not done.
pub(super) fn unsent(problem: Option<ProblemKind>, words: String) -> Trouble {
    match problem {
        Some(ProblemKind::NoCredentials | ProblemKind::ExpiredCredentials) => Trouble::Credentials(words),
        Some(ProblemKind::Throttled | ProblemKind::Timeout | ProblemKind::Unreachable | ProblemKind::Service) => {
            Trouble::Lost(words)
        }
        Some(ProblemKind::AccessDenied | ProblemKind::Configuration | ProblemKind::NotFound) => Trouble::Refused(words),
        Some(ProblemKind::InvalidState | ProblemKind::Internal) | None => Trouble::Failed(words),
    }
}

/// The key of masking, in memory only.
#[derive(Clone)]
pub(super) struct MaskingKey(Arc<Key>);

impl std::fmt::Debug for MaskingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MaskingKey")
    }
}

impl std::ops::Deref for MaskingKey {
    type Target = Key;

    fn deref(&self) -> &Key {
        &self.0
    }
}

/// One refresh that is being carried out. See the module's first line.
#[derive(Debug)]
pub struct Work {
    pub id: RefreshId,
    pub plan: Arc<Plan>,
    pub target: Held,
    pub source: Door,
    /// The same database as `target`, for sessions beside it that only look.
    pub beside: Door,
    pub aws: Option<Aws>,
    pub time: Time,
    pub who: Writer,
    pub(super) masking_key: Option<MaskingKey>,
    pub(super) journal: Journal,
    pub(super) confirmed: Confirmed<PlanHash>,
    pub(super) store: Settings,
    pub(super) told: watch::Receiver<Option<WishFor>>,
    /// The row in the ledger is there, and is ours.
    pub(super) in_ledger: bool,
    /// Everything is to be put back, and why.
    pub(super) undoing: Option<String>,
    /// A wish stops nothing at this moment: something is being put back.
    pub(super) deaf: bool,
    pub(super) pinged: Instant,
    pub(super) began: Timestamp,
    /// Somebody was told that it takes long, or that was looked up.
    pub(super) late_told: bool,
    /// What steps are played as.
    #[cfg(test)]
    pub(super) script: Option<Arc<std::sync::Mutex<super::runner::tests::Script>>>,
}

impl Work {
    /// With the key of masking. It is kept nowhere: whoever takes the run up finds it anew and gives it.
    #[must_use]
    pub fn with_masking_key(mut self, key: Key) -> Self {
        self.masking_key = Some(MaskingKey(Arc::new(key)));
        self
    }

    pub fn now(&self) -> Timestamp {
        (self.time.now)()
    }

    /// AWS.
    ///
    /// # Errors
    /// This run has none: a mistake of whoever began it.
    pub fn aws(&mut self) -> Result<&mut Aws, Trouble> {
        self.aws.as_mut().ok_or_else(|| Trouble::refused("this run was begun without AWS"))
    }

    /// Between transactions: whether somebody wishes that it stops here.
    ///
    /// # Errors
    /// [`Trouble::Wish`].
    pub fn good_moment(&mut self) -> Result<(), Trouble> {
        if self.deaf || self.target.in_transaction() {
            return Ok(());
        }
        let told = *self.told.borrow();
        match told.or_else(|| runs::take_wish(&self.store, &self.id)) {
            Some(wish) => Err(Trouble::Wish(wish)),
            None => Ok(()),
        }
    }

    /// Between steps: also what somebody on another machine wishes.
    pub(super) async fn between_steps(&mut self) -> Result<(), Trouble> {
        self.good_moment()?;
        self.look_at_the_clock().await?;
        if self.deaf || !self.in_ledger {
            return Ok(());
        }
        ledger::wished(&mut self.target).await?.map_or(Ok(()), |wish| Err(Trouble::Wish(wish)))
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// A wish; the session was lost.
    pub async fn wait(&mut self, span: Duration) -> Result<(), Trouble> {
        let mut left = span;
        loop {
            self.alive().await?;
            let part = left.min(LOOK_EACH);
            (self.time.wait)(part).await;
            left -= part;
            if left.is_zero() {
                return self.alive().await;
            }
        }
    }

    /// Does something that takes long and needs no session of ours, and keeps ours alive meanwhile. What is done is dropped
    /// where somebody wishes that it stops.
    ///
    /// # Errors
    /// A wish; the session was lost.
    pub async fn beside<T>(&mut self, long: impl Future<Output = T>) -> Result<T, Trouble> {
        let mut long = pin!(long);
        loop {
            tokio::select! {
                done = &mut long => return Ok(done),
                () = (self.time.wait)(LOOK_EACH) => self.alive().await?,
            }
        }
    }

    /// A sign of life where it is due, and a look at wishes.
    async fn alive(&mut self) -> Result<(), Trouble> {
        self.good_moment()?;
        if self.pinged.elapsed() < PING_EACH || self.target.in_transaction() {
            return Ok(());
        }
        self.pinged = Instant::now();
        if !self.in_ledger {
            return self.target.ping().await;
        }
        let wish = ledger::beat(&mut self.target, (self.time.now)()).await?;
        self.look_at_the_clock().await?;
        match wish {
            Some(wish) if !self.deaf => Err(Trouble::Wish(wish)),
            _ => Ok(()),
        }
    }

    /// Tells somebody, once in a run, that it takes longer than was said: this one, or whoever waits beside it (`late.rs`).
    async fn look_at_the_clock(&mut self) -> Result<(), Trouble> {
        let Some(due) = late::due(&self.plan, self.began).filter(|_| !self.late_told && self.in_ledger) else {
            return Ok(());
        };
        if self.now() < due || self.target.in_transaction() || late::is_past_park(self.journal.steps()) {
            return Ok(());
        }
        let run = StepName(RUN.to_owned());
        // Before it is sent: rather not at all than twice.
        if ledger::mark_once(&mut self.target, &run, late::MARK, late::TOLD).await? && !notify::overdue(self).await {
            // It surely was not sent: somebody else may.
            ledger::unmark(&mut self.target, &run, late::MARK).await?;
        }
        self.late_told = true;
        Ok(())
    }

    /// A line of the log.
    ///
    /// # Errors
    /// The journal cannot be written, before the load.
    pub async fn say(&mut self, step: &PlannedStep, text: impl Into<String>) -> Result<(), Trouble> {
        self.line(Some(&step.name), text.into(), false).await
    }

    /// A line that a person should see.
    ///
    /// # Errors
    /// As [`Work::say`].
    pub async fn warn(&mut self, step: &PlannedStep, text: impl Into<String>) -> Result<(), Trouble> {
        self.line(Some(&step.name), text.into(), true).await
    }

    pub(super) async fn line(&mut self, step: Option<&StepName>, text: String, bad: bool) -> Result<(), Trouble> {
        let line = Line { at: self.now(), step: step.cloned(), text: Untrusted::new(text), bad };
        self.journal.line(line).await
    }

    /// What the step is at, for whoever watches: `validating 3 of 12 keys`.
    ///
    /// # Errors
    /// As [`Work::say`].
    pub async fn note(&mut self, step: &PlannedStep, note: impl Into<String>) -> Result<(), Trouble> {
        let note = note.into();
        match self.nth(&step.name) {
            // Whoever waits says the same again and again.
            Some(nth) if self.journal.steps().get(nth).is_some_and(|seen| seen.note == note) => Ok(()),
            Some(nth) => self.journal.step(nth, |seen| seen.note = note, Vec::new()).await,
            None => Ok(()),
        }
    }

    pub(super) fn nth(&self, name: &StepName) -> Option<usize> {
        self.plan.steps.iter().position(|step| step.name == *name)
    }

    /// How far the load is.
    ///
    /// # Errors
    /// As [`Work::say`].
    pub async fn loading(&mut self, load: LoadProgress) -> Result<(), Trouble> {
        self.journal.load(load).await
    }

    /// Shows what is away as the ledger has it. Done after every step; a long one does it in between, too.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn show_away(&mut self) -> Result<(), Trouble> {
        if !self.in_ledger {
            return Ok(());
        }
        let mut away = Vec::new();
        for (kind, shown, back) in [
            (ObjKind::Key, AwayKind::Key, StepKind::KeysBack),
            (ObjKind::Trigger, AwayKind::Trigger, StepKind::TriggersOn),
            (ObjKind::Schedule, AwayKind::Schedule, StepKind::ScheduleBack),
            (ObjKind::Access, AwayKind::Access, StepKind::QuarantineOff),
        ] {
            for obj in ledger::objs(&mut self.target, kind).await?.into_iter().filter(|obj| obj.state.is_away()) {
                let name = Untrusted::new(obj.ident);
                let known = self.journal.away().iter().find(|known| known.kind == shown && known.name == name);
                away.push(Away {
                    kind: shown,
                    since: known.map_or_else(|| self.now(), |known| known.since),
                    name,
                    prior: Untrusted::new(obj.restore),
                    comes_back: back.into(),
                });
            }
        }
        self.journal.set_away(away).await
    }

    /// Keeps what a person can run without this program: in the ledger, and in a file of this user. Says where that is.
    ///
    /// # Errors
    /// Either cannot be written: then nothing may be taken away.
    pub async fn keep_restore_sql(&mut self, text: &str) -> Result<PathBuf, Trouble> {
        if !points::mutant("restore-local") {
            ledger::restore_sql(&mut self.target, text).await?;
        }
        points::at("before restore.sql");
        let path = runs::restore_sql(&self.store, &self.id, text)?;
        points::at("after restore.sql");
        Ok(path)
    }

    /// Changes something at AWS, as the plan says: looked at, judged, audited, sent once.
    ///
    /// # Errors
    /// It is not legal; it is not of this plan; it could not be sent; or it was sent and nobody knows ([`Trouble::Lost`]: look).
    pub async fn change(&mut self, step: &StepName, change: &Change, way: Way) -> Result<Changed, Trouble> {
        let now = self.now();
        let n = self.attempts(step);
        let aws = self.aws.as_mut().ok_or_else(|| Trouble::refused("this run was begun without AWS"))?;
        let draft = Box::pin(aws.executor.draft_on(change, way)).await?;
        match draft.ruling {
            Ruling::Legal => {}
            Ruling::Nothing(how) => return Ok(Changed::Nothing(how)),
            Ruling::Refused(refusal) => {
                return Err(Trouble::Refused(format!("{} {}", refusal.why, refusal.do_this)));
            }
        }
        let command = draft.preview.aws_command.clone();
        let confirmed = Confirmed::by_plan(&self.confirmed, draft.preview, way, now)
            .map_err(|why| Trouble::Refused(format!("{}: {why}", change.name())))?;
        self.journal.attempt((step, n), Phase::EffectSeen, (command, None), now).await?;
        points::at("before aws");
        // Who was taken over meanwhile has lost the session, and sends nothing any more. A stop does no harm.
        let fenced = !matches!(change, Change::Task { verb: Verb::Stop, .. });
        let (target, mut lost) = (&mut self.target, None);
        let still = async {
            match if fenced { target.ping().await } else { Ok(()) } {
                Ok(()) => Ok(()),
                Err(trouble) => Err(lost.insert(trouble).to_string()),
            }
        };
        let outcome = Box::pin(aws.executor.execute_if(confirmed, still)).await;
        points::at("after aws");
        if let Some(trouble) = lost {
            return Err(trouble);
        }
        let words = outcome.lines.join("; ");
        let class = Some(outcome.state.word()).filter(|_| outcome.state != State::Done);
        let told = self.journal.attempt((step, n), Phase::EffectSeen, (words.clone(), class), outcome.at).await;
        if let (Err(trouble), State::Done | State::Unknown) = (&told, outcome.state) {
            // It was sent, whatever the disk says: nobody may take it for refused.
            return Err(Trouble::Lost(trouble.to_string()));
        }
        told?;
        match outcome.state {
            State::Done => Ok(Changed::Done(outcome)),
            State::Unknown => Err(Trouble::Lost(words)),
            State::Asked | State::Sent | State::Refused | State::Failed => Err(unsent(outcome.problem, words)),
        }
    }

    /// Tells the topic of the plan. There is none: nobody is told, which is said.
    ///
    /// # Errors
    /// It could not be sent.
    pub async fn notify(&mut self, notice: &Notice) -> Result<Changed, Trouble> {
        let Some(notifier) = self.aws.as_mut().and_then(|aws| aws.notifier.as_mut()) else {
            return Ok(Changed::Nothing("there is no topic to tell".to_owned()));
        };
        points::at("before notice");
        let outcome = Box::pin(notifier.publish(notice)).await;
        points::at("after notice");
        match outcome.state {
            State::Done => Ok(Changed::Done(outcome)),
            // A message that may have gone is not sent twice.
            State::Unknown => Ok(Changed::Nothing(outcome.lines.join("; "))),
            _ => Err(unsent(outcome.problem, outcome.lines.join("; "))),
        }
    }

    pub(super) fn attempts(&self, step: &StepName) -> u32 {
        self.nth(step).and_then(|nth| self.journal.steps().get(nth)).map_or(0, |seen| seen.attempts)
    }
}
