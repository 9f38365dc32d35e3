//! `cutover refresh watch NAME --yes`: after each load that a rule starts, everything that comes after a load. Stays until it
//! is told to end.

use super::super::print;
use super::{Output, tell};
use crate::app::refresh::follow::in_this_process;
use crate::app::refresh::late;
use crate::app::refresh::watch::{Found, Watching};
use crate::app::{Failure, Setup};
use crate::model::Untrusted;
use crate::model::listing::json_line;
use crate::model::refresh::{Line, RunState};
use clap::Args;
use jiff::Timestamp;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 it was told to end, 1 it cannot be watched for (or, with --once, the run did not end well), 2 usage or configuration, 3 it could not be told."
)]
pub struct Arguments {
    /// Name of a [refresh.NAME] of the configuration
    name: String,
    /// This is meant: rows on the target are masked and changed without a further question
    #[arg(long, required_unless_present = "late")]
    yes: bool,
    /// Only tell of runs on this target that have not ended in time (`notice_after`), whoever began them; for every refresh
    #[arg(long, conflicts_with_all = ["yes", "once"])]
    late: bool,
    /// End after the first load that was gone on from
    #[arg(long)]
    once: bool,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Output::Table, value_name = "FORMAT")]
    output: Output,
}

pub fn run(setup: Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let name = &arguments.name;
    if arguments.late {
        say(arguments.output, &format!("watching for runs on the target of {name} that are late"), false)?;
        return late::watch(setup, name, &mut |text| say(arguments.output, text, true));
    }
    // Not more than the flag says: without it clap does not come here.
    if !arguments.yes {
        return Err(Failure::usage("pass --yes where this is meant"));
    }
    let (mut watching, notes) = Watching::open(setup, &arguments.name)?;
    for note in notes {
        print::note(&note);
    }
    say(arguments.output, &format!("watching for loads of {name} that a rule starts"), false)?;
    loop {
        let what = match watching.found()? {
            Found::End => return Ok(0),
            Found::Say(text, bad) => {
                say(arguments.output, &text, bad)?;
                continue;
            }
            Found::Do(what) => *what,
        };
        let mut telling = tell::Telling::new(arguments.output);
        let followed = in_this_process(watching.setup(), what, false, &mut |told| telling.tell(told));
        let head = match &followed {
            Ok((seen, _)) => seen.head.clone(),
            // Somebody else has the target, or the disk is full: told, and tried again.
            Err(failure) => {
                say(arguments.output, &failure.lines.join("; "), true)?;
                if let Some(told) = watching.failed(&failure.lines.join("; ")) {
                    say(arguments.output, &told, true)?;
                }
                continue;
            }
        };
        let status = telling.end(followed)?;
        watching.ended(&head);
        // Whoever told the run to pause has told this to end.
        if head.state == RunState::Paused {
            return Ok(0);
        }
        if arguments.once && head.state != RunState::NeedsCredentials {
            return Ok(status);
        }
    }
}

fn say(output: Output, text: &str, bad: bool) -> Result<(), Failure> {
    let line = Line { at: Timestamp::now(), step: None, text: Untrusted::new(text), bad };
    match output {
        Output::Table => print::note(&line.text.shown()),
        Output::Json => print::out(&(json_line(&tell::line_json(&line)) + "\n"))?,
    }
    Ok(())
}
