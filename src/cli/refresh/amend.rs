//! `cutover refresh amend NAME`: a run that stopped after its load gets what the configuration says now, and goes on.

use super::super::print;
use super::{EXIT, Following, Meant, plan, tell};
use crate::app::change::{answer_and_go_on, plan_patience, somebody_is_there};
use crate::app::refresh::amend::{Amended, amended, meant};
use crate::app::refresh::{follow, start_meant};
use crate::app::{Failure, Setup};
use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = EXIT)]
pub struct Arguments {
    /// Name of a refresh: its newest run; or the id of a run
    #[arg(value_name = "NAME|RUN")]
    named: String,
    /// Have all of it loaded once more first (reload-target): needed where rows were changed already by what is other now
    #[arg(long)]
    load_again: bool,
    #[command(flatten)]
    meant: Meant,
    #[command(flatten)]
    following: Following,
}

pub fn run(setup: Setup, arguments: &Arguments) -> Result<u8, Failure> {
    setup.may_change()?;
    somebody_is_there(arguments.meant.yes, "--yes --target HOST/DB")?;
    let amended = amended(&setup, &arguments.named)?;
    print::notes(&words(&amended));
    for note in &amended.notes {
        print::note(note);
    }
    let refused = |line: String| Err(Failure { status: 1, lines: vec![line, "Nothing was changed.".to_owned()] });
    if !amended.may_run() {
        return refused("what was found above forbids it".to_owned());
    }
    if let Some(why) = amended.needs_load.as_ref().filter(|_| !arguments.load_again) {
        return refused(format!("{why}: with --load-again everything is loaded once more first"));
    }
    let answer = arguments.meant.or_else(|| asked(&amended, arguments.load_again))?;
    let what = meant(&setup, &amended, arguments.load_again, &answer)?;
    let Following { foreground, output } = arguments.following;
    let mut telling = tell::Telling::new(output);
    let followed = if foreground {
        follow::in_this_process(setup, what, false, &mut |told| telling.tell(told))
    } else {
        follow::attached(&setup, true, || start_meant(&setup, what), &mut |told| telling.tell(told))
    };
    telling.end(followed)
}

fn words(amended: &Amended) -> Vec<String> {
    let head = &amended.head;
    let mut lines = vec![format!("run {} of {}, {}", head.id.0, head.name.0, head.state.word())];
    lines.push("What is other than when it was confirmed".to_owned());
    lines.extend(amended.changes.iter().map(|line| format!("  {line}")));
    if !amended.findings.is_empty() {
        lines.push("What was found".to_owned());
        lines.extend(amended.findings.iter().flat_map(plan::finding));
    }
    lines
}

fn asked(amended: &Amended, again: bool) -> Result<String, Failure> {
    let at = amended.answer();
    let first =
        if again { format!("This empties tables of {at}, loads them again and") } else { format!("The run on {at}") };
    let question = format!("{first} goes on with this plan. Type {at} and Enter to do it, anything else to leave it:");
    answer_and_go_on(&question, plan_patience()).ok_or_else(|| {
        let line = format!("not confirmed: no answer within {} minutes", plan_patience().as_secs() / 60);
        Failure { status: 1, lines: vec![line, "Nothing was changed.".to_owned()] }
    })
}
