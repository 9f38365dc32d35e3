//! `cutover refresh abort NAME`: before the load everything is put back; after it the task is stopped or left, as somebody says.

use super::{Output, pause, tell};
use crate::app::change::{answer, patience, somebody_is_there};
use crate::app::refresh::{is_elsewhere, shown_now, wish};
use crate::app::{Failure, Setup};
use crate::model::refresh::{RunSeen, RunState, StepState, WishFor};
use clap::Args;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 it does not go on: it is undone, or after the load waits for somebody; 1 it is not: it had ended before; 2 usage or configuration, 3 it could not be told."
)]
pub struct Arguments {
    /// Name of a refresh: its newest run; or the id of a run
    #[arg(value_name = "NAME|RUN")]
    named: String,
    /// Once the load has begun: stop the task, too
    #[arg(long, conflicts_with = "leave_task")]
    stop_task: bool,
    /// Once the load has begun: leave the task as it is
    #[arg(long)]
    leave_task: bool,
    /// A session of another machine that has the target is ended: that machine is gone
    #[arg(long)]
    take_over: bool,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Output::Table, value_name = "FORMAT")]
    output: Output,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    setup.may_change()?;
    if is_elsewhere(setup, &arguments.named)? {
        let wished = match (arguments.stop_task, arguments.leave_task) {
            (true, _) => WishFor::AbortStoppingTask,
            (_, true) => WishFor::AbortLeavingTask,
            _ => {
                let line = "its journal is on another machine: say --stop-task or --leave-task, for the case that the load has begun";
                return Err(Failure::usage(line));
            }
        };
        return pause::elsewhere(setup, &arguments.named, wished);
    }
    let seen = shown_now(setup, &arguments.named)?;
    let wished = match (arguments.stop_task, arguments.leave_task) {
        (true, _) => WishFor::AbortStoppingTask,
        (_, true) => WishFor::AbortLeavingTask,
        // Nothing runs that could be left running.
        _ if !has_loaded(&seen) || seen.head.state.is_over() => WishFor::AbortLeavingTask,
        _ => asked(&seen)?,
    };
    let id = seen.head.id;
    let told = wish(setup, &id, wished, arguments.take_over)?;
    tell::until(setup, id, &told, arguments.output, |state| {
        matches!(state, RunState::Undone | RunState::NeedsAttention)
    })
}

/// The load has been begun, as far as the journal knows.
fn has_loaded(seen: &RunSeen) -> bool {
    let is_begun = |state: &StepState| !matches!(state, StepState::Waiting | StepState::Undone);
    seen.steps.iter().any(|step| step.kind.is_pivot() && is_begun(&step.state))
}

fn asked(seen: &RunSeen) -> Result<WishFor, Failure> {
    somebody_is_there(false, "--stop-task or --leave-task")?;
    let task = seen.head.task.shown();
    let question = format!(
        "The load has begun, so the old rows of {} are gone and stay gone: schedules stay off until somebody has looked. Task {task}: \
         type stop to stop it, leave to leave it as it is, anything else to go on:",
        seen.head.target.place
    );
    match answer(&question, patience()).as_deref() {
        Some("stop") => Ok(WishFor::AbortStoppingTask),
        Some("leave") => Ok(WishFor::AbortLeavingTask),
        _ => Err(Failure { status: 1, lines: vec!["not aborted: the run goes on".to_owned()] }),
    }
}
