//! `cutover refresh`: loads of a target with everything around them, as the configuration names them. One file a verb;
//! `tell.rs` is what becomes known of a run, as a person and as a program is told.

mod abort;
mod amend;
mod attach;
mod go_on;
mod pause;
mod plan;
mod run;
mod status;
mod tell;
mod watch;

use super::Common;
use crate::app::refresh::{Answer, late, obey};
use crate::app::{Failure, Setup};
use crate::model::change::Destination;
use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show everything that a refresh would do, in order, in words and in SQL, and what forbids it. Changes nothing
    Plan(plan::Arguments),
    /// Carry a refresh out, after its plan and a confirmation, in a process that goes on by itself
    Run(run::Arguments),
    /// What runs there are, or where one stands: its steps, what is away, its log
    Status(status::Arguments),
    /// Follow a run until it ends; leaving leaves it alone
    Attach(attach::Arguments),
    /// Ask a run to stop at the end of its transaction; `resume` goes on
    Pause(pause::Arguments),
    /// Go on with a run that was paused, killed, or wanted credentials or somebody's attention
    Resume(go_on::Resume),
    /// Give a run that stopped after its load what the configuration says now (masking, own steps, comparisons, orphans), and go on
    Amend(amend::Arguments),
    /// Go on with a run whose journal is lost or on another machine, from the ledger on its target
    Recover(go_on::Recover),
    /// End a migration that is parked: drain, stop the task, put everything back
    Finish(go_on::Finish),
    /// Stay, and do what comes after a load each time that a rule has started one
    Watch(watch::Arguments),
    /// End a run: before the load everything is put back, after it the rest waits for somebody
    Abort(abort::Arguments),
    /// What the process of a run does; its order comes through standard input
    #[command(hide = true)]
    CarryOut,
    /// What the process does that waits beside a run, to tell that it is late
    #[command(hide = true)]
    WaitBeside,
}

/// How it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people
    Table,
    /// JSON Lines; names are promised, see docs/json.md
    Json,
}

/// How a plan is confirmed without a question.
#[derive(Debug, Args)]
struct Meant {
    /// Do not ask: this is meant; with --target
    #[arg(long, requires = "target")]
    yes: bool,
    /// Host and database that are overwritten, both exactly, as they are shown
    #[arg(long, value_name = "HOST/DB", requires = "yes")]
    target: Option<Destination>,
}

impl Meant {
    /// By the flags, else as it is typed.
    fn or_else(&self, asked: impl FnOnce() -> Result<String, Failure>) -> Result<Answer, Failure> {
        match self.target.clone().filter(|_| self.yes) {
            Some(target) => Ok(Answer::Flag(target)),
            None => asked().map(Answer::Typed),
        }
    }
}

/// How whoever begins or goes on with a run is told of it.
#[derive(Debug, Args)]
struct Following {
    /// Carry it out in this process instead of one of its own: for systemd and cron
    #[arg(long)]
    foreground: bool,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Output::Table, value_name = "FORMAT")]
    output: Output,
}

const EXIT: &str = "Exit status: 0 done (or parked), 1 refused, failed, or not done yet, 2 usage or configuration, 3 it could not be told.";

pub fn run(common: &Common, arguments: &Arguments) -> Result<u8, Failure> {
    match arguments.what {
        What::CarryOut => return obey(),
        What::WaitBeside => return late::wait(),
        _ => {}
    }
    let setup: Setup = common.setup()?;
    match &arguments.what {
        What::Plan(arguments) => plan::run(&setup, arguments),
        What::Run(arguments) => run::run(setup, arguments),
        What::Status(arguments) => status::run(&setup, arguments),
        What::Attach(arguments) => attach::run(&setup, arguments),
        What::Pause(arguments) => pause::run(&setup, arguments),
        What::Resume(arguments) => arguments.run(setup),
        What::Amend(arguments) => amend::run(setup, arguments),
        What::Recover(arguments) => arguments.run(setup),
        What::Finish(arguments) => arguments.run(setup),
        What::Watch(arguments) => watch::run(setup, arguments),
        What::Abort(arguments) => abort::run(&setup, arguments),
        What::CarryOut => obey(),
        What::WaitBeside => late::wait(),
    }
}
