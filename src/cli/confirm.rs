//! What is the same for every command that changes something: what confirms it, the question, and how its end is told. The
//! preview and the question go to standard error, what came of it to standard output.

use super::print::{self, Column, Format, List};
use crate::app::Failure;
use crate::app::change::{Ended, Open, answer, patience};
use crate::model::change::{Destination, Grade};
use clap::Args;
use serde_json::Value;

/// For changes of which some cannot be undone.
#[derive(Debug, Args)]
pub struct Confirming {
    /// Do not ask: this is meant. Enough only for what can be undone
    #[arg(long, conflicts_with_all = ["confirm", "dry_run"])]
    yes: bool,
    /// Do not ask: the exact name of the task that is meant; with --target
    #[arg(long, value_name = "NAME", requires = "target", conflicts_with = "dry_run")]
    confirm: Option<String>,
    /// Host and database the task writes to, both exactly; HOST/ where its endpoint names no database
    #[arg(long, value_name = "HOST/DB", requires = "confirm")]
    target: Option<Destination>,
    /// Only look, also in read-only mode: what would come of it, and whether it may be done
    #[arg(long)]
    pub dry_run: bool,
}

impl Confirming {
    /// The command line says so; nobody is asked.
    pub fn said(&self) -> bool {
        self.yes || self.confirm.is_some()
    }

    /// Shows what would come of it, and does it when it is confirmed.
    pub fn confirmed(&self, open: Open) -> Result<Ended, Failure> {
        by(open, self.yes, self.confirm.as_deref(), self.target.as_ref())
    }
}

/// Shows what would come of it, and does it when it is confirmed: by a flag, by name and database, or by the name typed.
pub fn by(open: Open, yes: bool, name: Option<&str>, destination: Option<&Destination>) -> Result<Ended, Failure> {
    match (name, destination) {
        (Some(name), Some(destination)) => {
            print::notes(&open.preview.lines());
            open.by_name(name, destination)
        }
        _ => confirmed(open, yes),
    }
}

/// Shows what would come of it, and does it when it is confirmed: by the flag, or by the name typed.
fn confirmed(open: Open, yes: bool) -> Result<Ended, Failure> {
    print::notes(&open.preview.lines());
    if yes {
        return open.by_flag(yes);
    }
    let name = open.preview.change.answer().shown().into_owned();
    // A long preview may have pushed this off the screen.
    let destroys = match &open.preview.grade {
        Grade::Destroys { destination: Some(at) } => format!("This destroys rows in {at}. "),
        Grade::Destroys { destination: None } => "This destroys rows. ".to_owned(),
        Grade::Undoable | Grade::Lasting { .. } => String::new(),
    };
    let question = format!("{destroys}Type {name} and Enter to do it, anything else to leave it:");
    match answer(&question, patience()) {
        Some(answer) => open.typed(&answer),
        None => Err(open.unconfirmed(&format!("no answer within {} s", patience().as_secs()))),
    }
}

/// Tells how it ended: sentences for a person, one row for a program. What went wrong is told where problems are told.
pub fn end(ended: &Ended, format: Format, columns: &'static [Column], row: Vec<Value>) -> Result<u8, Failure> {
    let status = ended.ending.status();
    match format {
        Format::Table if status == 0 => print::out(&sentences(ended))?,
        Format::Table => {}
        format => List { columns, rows: vec![row] }.print(format)?,
    }
    if status == 0 { Ok(status) } else { Err(Failure { status, lines: ended.lines.clone() }) }
}

/// What happened, and where it is written down.
fn sentences(ended: &Ended) -> String {
    let mut lines = ended.lines.clone();
    if let Some(outcome) = &ended.outcome {
        let known = |id: &&String| lines.iter().any(|line| line.contains(id.as_str()));
        let request_id = outcome.request_id.as_ref().filter(|id| !known(id));
        lines.extend(request_id.map(|id| format!("request id {id}")));
        lines.extend(outcome.audit.iter().chain(&ended.found.audit).map(|id| format!("audit {id}")));
    }
    print::lines(&lines)
}
