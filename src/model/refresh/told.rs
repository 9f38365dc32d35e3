//! What the console is told of refreshes, and what it asks of one: plain data between `app` and the screens.

use super::{
    Cadence, Load, LoadedTable, Purpose, RefreshName, RunHead, RunSeen, RunState, Settings, Shown, StepKind, WishFor,
};
use crate::model::{Problem, Untrusted};

/// A `[refresh.NAME]`, as a list names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    pub name: RefreshName,
    pub task: String,
    pub purpose: Purpose,
    pub load: Load,
    pub cadence: Cadence,
    /// `HOST/DB` of each that it may load.
    pub to: Vec<String>,
    /// Something is done to columns with somebody's data.
    pub masked: bool,
}

impl Prepared {
    pub fn of(name: &str, settings: &Settings) -> Self {
        Self {
            name: RefreshName(name.to_owned()),
            task: settings.task.clone(),
            purpose: settings.purpose,
            load: settings.load,
            cadence: settings.cadence,
            to: settings.to.iter().map(ToString::to_string).collect(),
            masked: settings.masking.is_some(),
        }
    }
}

/// What the journals here say, and the ledgers on the targets of the configuration of runs that have none here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journals {
    /// The newest first.
    pub heads: Vec<RunHead>,
    /// Why there may be more.
    pub unread: Vec<Problem>,
    /// Refreshes whose target could not be looked at, and why.
    pub unseen: Vec<(RefreshName, String)>,
}

/// Runs with a journal here and those without, the newest first: what the journal says is nearer.
pub fn joined(here: Vec<RunHead>, elsewhere: &[RunHead]) -> Vec<RunHead> {
    let others = elsewhere.iter().filter(|other| !here.iter().any(|head| head.id == other.id)).cloned();
    let others: Vec<RunHead> = others.collect();
    let mut all = here;
    all.extend(others);
    all.sort_by(|one, other| other.id.cmp(&one.id));
    all
}

/// One run, with what its plan says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunTold {
    pub seen: RunSeen,
    /// `HOST/DB`: what is typed before it goes on. `None`: its plan cannot be read by this program.
    pub answer: Option<Untrusted>,
    pub tables: Vec<LoadedTable>,
}

/// A plan, and whether it may be begun from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub plan: Shown,
    /// What a person should know besides.
    pub notes: Vec<String>,
    /// Why it may not, though nothing in the plan forbids it: read-only mode.
    pub refused: Option<String>,
}

/// What is asked of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Pause,
    Abort {
        /// Else DMS goes on with what it does. Before the load there is nothing to stop.
        stop_task: bool,
    },
    Resume,
    /// After a load that failed: what it has not loaded is loaded once more, and then it goes on.
    LoadAgain {
        /// All of it, else the tables that are not complete.
        whole: bool,
    },
    Finish,
}

impl Deed {
    pub fn word(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Abort { .. } => "abort",
            Self::Resume => "resume",
            Self::LoadAgain { .. } => "load again",
            Self::Finish => "finish",
        }
    }

    /// What the runner is told, where there is one.
    pub fn wish(self) -> Option<WishFor> {
        match self {
            Self::Pause => Some(WishFor::Pause),
            Self::Abort { stop_task: true } => Some(WishFor::AbortStoppingTask),
            Self::Abort { stop_task: false } => Some(WishFor::AbortLeavingTask),
            Self::Resume | Self::LoadAgain { .. } | Self::Finish => None,
        }
    }

    /// What is typed before it is done: what writes to the target asks for the target.
    pub fn expects(self, answer: &Untrusted) -> String {
        match self {
            Self::Pause | Self::Abort { .. } => self.word().to_owned(),
            Self::Resume | Self::LoadAgain { .. } | Self::Finish => answer.raw().to_owned(),
        }
    }

    /// Why it makes no sense for a run that stands so.
    ///
    /// # Errors
    /// In words for whoever asked.
    pub fn fits(self, head: &RunHead) -> Result<(), &'static str> {
        let works = head.state.is_under_way() && head.alive != Some(false);
        match (self, head.state) {
            (_, RunState::Done) => Err("it is done"),
            (_, RunState::Undone) => Err("it is over, and everything is as it was"),
            (Self::Pause, _) if !works => Err("no process works on it"),
            (Self::Pause | Self::Abort { .. }, RunState::Undoing) => Err("it is being undone already"),
            (Self::Resume, _) if works => Err("a process works on it"),
            (Self::Resume, RunState::Parked) => Err("it is parked: finish ends it"),
            (Self::LoadAgain { whole }, state)
                if state != RunState::NeedsAttention || !(head.is_at_load() || whole && head.is_after_load()) =>
            {
                Err("its load has not failed")
            }
            (Self::Finish, state) if state != RunState::Parked => Err("only a run that is parked is finished"),
            _ => Ok(()),
        }
    }
}

impl RunHead {
    /// It should be carried out, and its process is gone.
    pub fn is_left(&self) -> bool {
        self.state.is_under_way() && self.alive == Some(false)
    }

    /// A process works on it, as far as can be told.
    pub fn is_working(&self) -> bool {
        self.state.is_under_way() && !self.is_left()
    }

    /// It does not go on by itself, and something is not as it should be.
    pub fn needs_attention(&self) -> bool {
        self.state == RunState::NeedsAttention || self.is_left()
    }

    /// It stands at its load: begun, or waiting for its end.
    pub fn is_at_load(&self) -> bool {
        let at = |kind: StepKind| self.step.as_ref().is_some_and(|step| step.0 == kind.word());
        at(StepKind::Load) || at(StepKind::Wait)
    }

    /// It stopped after its load: what the configuration says of what comes then may become another thing.
    pub fn may_be_amended(&self) -> bool {
        self.state == RunState::NeedsAttention && self.is_after_load()
    }

    /// It has loaded, and its schedules are off: a step of the configuration, whose place is not told here, counts as such.
    pub fn is_after_load(&self) -> bool {
        let Some(step) = &self.step else { return false };
        let kind = StepKind::ALL.into_iter().find(|kind| step.0 == kind.word());
        kind.is_none_or(|kind| kind > StepKind::Load && kind <= StepKind::ScheduleBack)
    }

    /// How it stands, as people write it.
    pub fn standing(&self) -> &'static str {
        match self.state {
            _ if self.is_left() => "interrupted",
            RunState::NeedsAttention => "needs attention",
            RunState::NeedsCredentials => "needs credentials",
            other => other.word(),
        }
    }

    /// The one command that goes on with it.
    pub fn command(&self) -> Option<String> {
        let name = crate::model::shell::quoted(&self.name.0);
        if let Some(elsewhere) = &self.elsewhere {
            let by = crate::model::shell::quoted(&elsewhere.by.0);
            // Called otherwise in the configuration of whoever began it.
            let run = if elsewhere.by == self.name {
                String::new()
            } else {
                format!(" --run {}", crate::model::shell::quoted(&self.id.0))
            };
            return (!self.is_working()).then(|| format!("cutover refresh recover {by}{run}"));
        }
        match self.state {
            RunState::Parked => Some(format!("cutover refresh finish {name}")),
            RunState::Paused | RunState::NeedsCredentials | RunState::NeedsAttention => {
                Some(format!("cutover refresh resume {name}"))
            }
            _ if self.is_left() => Some(format!("cutover refresh resume {name}")),
            _ => None,
        }
    }
}

/// Runs of a name, the newest first as they come.
pub fn last_of<'a>(heads: &'a [RunHead], name: &RefreshName) -> Option<&'a RunHead> {
    heads.iter().filter(|head| head.name == *name).max_by(|a, b| (a.began, &a.id).cmp(&(b.began, &b.id)))
}

/// Whether this run stands where the load has begun: only forward is a way from there.
pub fn is_past_load(seen: &RunSeen) -> bool {
    let pivot = seen.steps.iter().find(|step| step.kind.is_pivot());
    pivot.is_some_and(|step| step.attempts > 0 || step.began.is_some())
}
