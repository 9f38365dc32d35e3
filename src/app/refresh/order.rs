//! What the process of a run is told, through its standard input: nothing of it stands on a command line, which everybody on
//! the machine can read.

use crate::app::{DemoFlags, Failure, Flags, Setup};
use crate::model::change::Destination;
use crate::model::refresh::{PlanHash, RefreshId, RefreshName};
use crate::refresh::{LoadAgain, Plan};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The whole of it.
#[derive(Serialize, Deserialize)]
pub struct Order {
    pub what: What,
    pub place: Whereabouts,
    /// A session of another machine that still has the target is ended: somebody said that it is gone.
    pub take_over: bool,
}

/// The same of the process that waits beside a run.
#[derive(Serialize, Deserialize)]
pub struct Beside {
    pub run: RefreshId,
    pub place: Whereabouts,
}

/// What is to be carried out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum What {
    Begin(Box<Begin>),
    Amend(Box<Amend>),
    Further(Further),
}

/// A run that is there goes on with another plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Amend {
    /// With the id of the run.
    pub begin: Begin,
    /// All of it is loaded once more first.
    pub again: bool,
}

/// A run that nobody has begun.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Begin {
    pub id: RefreshId,
    pub plan: Plan,
    /// Of the plan that was shown.
    pub hash: PlanHash,
    pub made: Timestamp,
    pub answer: Answer,
}

/// How somebody said that a plan is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// As it was typed.
    Typed(String),
    /// `--yes --target HOST/DB`.
    Flag(Destination),
}

/// A run that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Further {
    Resume(RefreshId),
    Finish(RefreshId),
    /// What its task has not loaded, or all of it, is loaded once more, and then it goes on.
    LoadAgain {
        id: RefreshId,
        how: LoadAgain,
    },
    /// From the ledger on the target.
    Recover {
        name: RefreshName,
        id: Option<RefreshId>,
    },
}

/// Where configuration, AWS and journals are.
#[derive(Clone, Serialize, Deserialize)]
pub struct Whereabouts {
    pub profile: Option<String>,
    pub region: Option<String>,
    pub config: Option<PathBuf>,
    pub read_only: bool,
    pub operate: bool,
    /// The embedded AWS that is there already.
    pub demo: Option<InDemo>,
}

/// Of the demo's.
#[derive(Clone, Serialize, Deserialize)]
pub struct InDemo {
    pub endpoint: String,
    /// Where its audit and its journals are.
    pub state: PathBuf,
    pub source: Option<String>,
    pub target: Option<String>,
}

impl Whereabouts {
    /// Of this program.
    ///
    /// # Errors
    /// The embedded AWS is not there yet.
    pub fn of(setup: &Setup) -> Result<Self, Failure> {
        let Flags { profile, region, config, read_only, operate, theme: _ } = setup.flags.clone();
        let demo = match &setup.demo {
            None => None,
            Some(flags) => {
                let endpoint = setup.demo_at.get().cloned();
                let endpoint = endpoint.ok_or_else(|| Failure::could_not("the embedded AWS is not there yet"))?;
                let state = setup.store.dir.clone().unwrap_or_default();
                Some(InDemo { endpoint, state, source: flags.source.clone(), target: flags.target.clone() })
            }
        };
        Ok(Self { profile, region, config, read_only, operate, demo })
    }

    /// The same setup in another process.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration.
    pub fn setup(self) -> Result<Setup, Failure> {
        let Self { profile, region, config, read_only, operate, demo } = self;
        match demo {
            None => Setup::load(Flags { profile, region, config, read_only, operate, theme: None }),
            Some(InDemo { endpoint, state, source, target }) => {
                let flags = DemoFlags { source, target, ..DemoFlags::default() };
                Setup::of_demo(flags, config.as_deref(), (state, endpoint), read_only)
            }
        }
    }
}

/// The first and only line on standard output of a run's process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// It has the target and its journal, and goes on.
    Begun(RefreshId),
    Refused {
        status: u8,
        lines: Vec<String>,
    },
}
