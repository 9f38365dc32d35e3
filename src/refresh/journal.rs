//! The journal while a run is carried out: the file, and what to do when the disk says no.
//!
//! Before the load nothing new is begun without it. What puts things back goes on in memory, says so, and writes what it missed
//! as soon as the disk takes it again.

use super::trouble::Trouble;
use crate::model::Untrusted;
use crate::model::audit::How;
use crate::model::refresh::{Away, Line, LoadProgress, PlanHash, RunState, StepName, StepSeen};
use crate::store::points;
use crate::store::runs::{self, News, Phase};
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

/// What was missed is kept up to so much.
const PENDING: usize = 10_000;

/// See the module's first line.
#[derive(Debug)]
pub struct Journal {
    file: runs::Journal,
    steps: Vec<StepSeen>,
    away: Vec<Away>,
    /// Not yet written: the disk said no.
    pending: Vec<News>,
    /// Why it is not written at this moment.
    broken: Option<String>,
    /// It goes on in memory.
    lenient: bool,
    /// Who else hears of the lines.
    lines: Option<UnboundedSender<Line>>,
}

impl Journal {
    pub(super) fn new(
        file: runs::Journal,
        steps: Vec<StepSeen>,
        away: Vec<Away>,
        lines: Option<UnboundedSender<Line>>,
    ) -> Self {
        Self { file, steps, away, pending: Vec::new(), broken: None, lenient: false, lines }
    }

    pub fn steps(&self) -> &[StepSeen] {
        &self.steps
    }

    pub fn away(&self) -> &[Away] {
        &self.away
    }

    /// Why it is not written at this moment.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// From now on a disk that says no stops nothing.
    pub(super) fn be_lenient(&mut self, lenient: bool) {
        self.lenient = lenient;
    }

    pub(super) async fn write(&mut self, news: Vec<News>) -> Result<(), Trouble> {
        points::at("before journal");
        let room = PENDING.saturating_sub(self.pending.len());
        self.pending.extend(news.into_iter().take(room));
        match self.file.write(&self.pending).await {
            Ok(()) => {
                self.pending.clear();
                if self.broken.take().is_some() {
                    self.tell("the journal is written again", None, false);
                }
                points::at("after journal");
                Ok(())
            }
            Err(error) if self.lenient => {
                if self.broken.is_none() {
                    self.tell(&format!("the journal cannot be written, this goes on without it: {error}"), None, true);
                }
                self.broken = Some(error.to_string());
                Ok(())
            }
            Err(error) => {
                self.broken = Some(error.to_string());
                Err(error.into())
            }
        }
    }

    fn tell(&self, text: &str, step: Option<&StepName>, bad: bool) {
        if let Some(lines) = &self.lines {
            // Nobody may be listening any more.
            let _ = lines.send(Line { at: Timestamp::now(), step: step.cloned(), text: Untrusted::new(text), bad });
        }
    }

    /// A line of the log.
    pub(super) async fn line(&mut self, line: Line) -> Result<(), Trouble> {
        if let Some(lines) = &self.lines {
            let _ = lines.send(line.clone());
        }
        self.write(vec![News::Line(line)]).await
    }

    /// A step as it is now, with what else became known.
    pub(super) async fn step(
        &mut self,
        nth: usize,
        change: impl FnOnce(&mut StepSeen),
        mut news: Vec<News>,
    ) -> Result<(), Trouble> {
        if let Some(seen) = self.steps.get_mut(nth) {
            change(seen);
            news.insert(0, News::Step { nth, seen: seen.clone() });
        }
        self.write(news).await
    }

    /// The run has another plan from here on.
    pub(super) async fn amended(
        &mut self,
        (plan, hash, how): (String, PlanHash, How),
        steps: Vec<StepSeen>,
    ) -> Result<(), Trouble> {
        self.steps.clone_from(&steps);
        self.write(vec![News::Amended { plan, hash, how, steps }]).await
    }

    pub(super) async fn attempt(
        &mut self,
        (step, n): (&StepName, u32),
        phase: Phase,
        (words, class): (String, Option<&str>),
        at: Timestamp,
    ) -> Result<(), Trouble> {
        let class = class.map(str::to_owned);
        self.write(vec![News::Attempt { step: step.clone(), n, phase, at, words, class }]).await
    }

    pub(super) async fn state(
        &mut self,
        state: RunState,
        step: Option<&StepName>,
        why: Option<&str>,
        ended: Option<Timestamp>,
    ) -> Result<(), Trouble> {
        let why = why.map(Untrusted::new);
        self.write(vec![News::State { state, step: step.cloned(), why, ended }]).await
    }

    pub(super) async fn load(&mut self, load: LoadProgress) -> Result<(), Trouble> {
        self.write(vec![News::Load(load)]).await
    }

    /// What is away now, all of it.
    pub(super) async fn set_away(&mut self, away: Vec<Away>) -> Result<(), Trouble> {
        if away == self.away {
            return Ok(());
        }
        let key = |one: &Away| (one.kind, one.name.clone());
        let gone = self.away.iter().filter(|old| !away.iter().any(|new| key(new) == key(old)));
        let mut news: Vec<News> = gone.map(|old| News::Back { kind: old.kind, name: old.name.clone() }).collect();
        news.extend(away.iter().filter(|new| !self.away.contains(new)).cloned().map(News::Away));
        self.away = away;
        self.write(news).await
    }
}
