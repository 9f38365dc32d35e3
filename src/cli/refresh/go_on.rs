//! `cutover refresh resume`, `recover` and `finish`: a run that is there goes on, with the plan that was confirmed when it began.

use super::{EXIT, Following, tell};
use crate::app::change::{answer_and_go_on, patience, somebody_is_there};
use crate::app::refresh::order::What;
use crate::app::refresh::{self, Further, LoadAgain, follow, found, shown_now};
use crate::app::{Failure, Setup};
use crate::model::refresh::{RefreshId, RefreshName, RunSeen, RunState, StepState};
use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = EXIT)]
pub struct Resume {
    /// Name of a refresh: its newest run; or the id of a run
    #[arg(value_name = "NAME|RUN")]
    named: String,
    /// The load failed: have the tables loaded that are not complete (resume-processing), then go on
    #[arg(long, conflicts_with = "load_again")]
    load_unfinished: bool,
    /// The load failed: have all of it loaded again (reload-target), then go on
    #[arg(long)]
    load_again: bool,
    #[command(flatten)]
    common: GoingOn,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT)]
pub struct Recover {
    /// Name of a [refresh.NAME] of the configuration, which says where the target is
    name: String,
    /// Id of the run, where the ledger has more than one
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    #[command(flatten)]
    common: GoingOn,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT)]
pub struct Finish {
    /// Name of a refresh: its newest run; or the id of a run
    #[arg(value_name = "NAME|RUN")]
    named: String,
    /// Do not ask: this is meant
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    common: GoingOn,
}

#[derive(Debug, Args)]
struct GoingOn {
    /// A session of another machine that still has the target is ended: that machine is gone
    #[arg(long)]
    take_over: bool,
    #[command(flatten)]
    following: Following,
}

impl Resume {
    pub fn run(&self, setup: Setup) -> Result<u8, Failure> {
        let id = found(&setup, &self.named)?.id;
        let further = match (self.load_unfinished, self.load_again) {
            (true, _) => Further::LoadAgain { id, how: LoadAgain::Unfinished },
            (_, true) => Further::LoadAgain { id, how: LoadAgain::Whole },
            _ => Further::Resume(id),
        };
        go_on(setup, further, &self.common)
    }
}

impl Recover {
    pub fn run(&self, setup: Setup) -> Result<u8, Failure> {
        let id = self.run.clone().map(RefreshId);
        go_on(setup, Further::Recover { name: RefreshName(self.name.clone()), id }, &self.common)
    }
}

impl Finish {
    pub fn run(&self, setup: Setup) -> Result<u8, Failure> {
        setup.may_change()?;
        let seen = shown_now(&setup, &self.named)?;
        if seen.head.state == RunState::Parked {
            somebody_is_there(self.yes, "--yes")?;
            if !self.yes {
                asked(&seen)?;
            }
        }
        go_on(setup, Further::Finish(seen.head.id), &self.common)
    }
}

fn asked(seen: &RunSeen) -> Result<(), Failure> {
    let is_left = |state: &StepState| *state == StepState::Waiting;
    let left: Vec<&str> =
        seen.steps.iter().filter(|step| is_left(&step.state)).map(|step| step.name.0.as_str()).collect();
    let name = &seen.head.name.0;
    let question = format!(
        "This ends the replication into {}: {}. Nothing may write to the source any more. Type {name} and Enter to do it, \
         anything else to leave it:",
        seen.head.target.place,
        left.join(", ")
    );
    match answer_and_go_on(&question, patience()) {
        Some(said) if said == *name => Ok(()),
        Some(_) => Err(unmeant("that is not the name")),
        None => Err(unmeant(&format!("no answer within {} s", patience().as_secs()))),
    }
}

fn unmeant(why: &str) -> Failure {
    Failure { status: 1, lines: vec![format!("not confirmed: {why}"), "Nothing was changed.".to_owned()] }
}

fn go_on(setup: Setup, further: Further, common: &GoingOn) -> Result<u8, Failure> {
    setup.may_change()?;
    let GoingOn { take_over, following: Following { foreground, output } } = *common;
    let mut telling = tell::Telling::new(output);
    let followed = if foreground {
        let what = What::Further(further);
        follow::in_this_process(setup, what, take_over, &mut |told| telling.tell(told))
    } else {
        let begin = || refresh::go_on(&setup, further, take_over);
        follow::attached(&setup, false, begin, &mut |told| telling.tell(told))
    };
    telling.end(followed)
}
