//! `cutover refresh run NAME`: its plan, the question, and then a process of its own that is followed until it ends.

use super::super::print;
use super::{EXIT, Following, Meant, plan, tell};
use crate::app::change::{answer_and_go_on, plan_patience, somebody_is_there};
use crate::app::refresh::{self, follow};
use crate::app::{Failure, Setup};
use crate::model::refresh::Shown;
use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = EXIT)]
pub struct Arguments {
    /// Name of a [refresh.NAME] of the configuration
    name: String,
    #[command(flatten)]
    meant: Meant,
    #[command(flatten)]
    following: Following,
}

pub fn run(setup: Setup, arguments: &Arguments) -> Result<u8, Failure> {
    setup.may_change()?;
    somebody_is_there(arguments.meant.yes, "--yes --target HOST/DB")?;
    let (built, notes) = refresh::plan::plan(&setup, &arguments.name)?;
    print::notes(&plan::whole(&built.shown));
    for note in notes {
        print::note(&note);
    }
    if !built.shown.may_run() {
        return Err(Failure {
            status: 1,
            lines: vec!["it was not begun: the plan above says what forbids it".to_owned()],
        });
    }
    let answer = arguments.meant.or_else(|| asked(&built.shown))?;
    let Following { foreground, output } = arguments.following;
    let mut telling = tell::Telling::new(output);
    let followed = if foreground {
        let what = refresh::begun(&setup, &built, &answer)?;
        follow::in_this_process(setup, what, false, &mut |told| telling.tell(told))
    } else {
        follow::attached(&setup, true, || refresh::start(&setup, &built, &answer), &mut |told| telling.tell(told))
    };
    telling.end(followed)
}

fn asked(shown: &Shown) -> Result<String, Failure> {
    let at = shown.answer.shown();
    let question = format!(
        "This empties tables of {at} and loads them again. Type {at} and Enter to do it, anything else to leave it:"
    );
    answer_and_go_on(&question, plan_patience()).ok_or_else(|| {
        let line = format!("not confirmed: no answer within {} minutes", plan_patience().as_secs() / 60);
        Failure { status: 1, lines: vec![line, "Nothing was changed.".to_owned()] }
    })
}
