//! Files with values: what differs, and a script that would make it equal. New files, for their owner only.

use super::Inner;
use crate::app::validate::repair;
use crate::app::values::Deed;
use crate::app::{Failure, write};
use crate::console::message::Outcome;
use crate::model::untrusted::shown;
use crate::model::validation::RunId;
use crate::model::validation::told::{RunTold, TableTold, Writing};
use crate::validate::names::dotted;

/// Other names are tried where one is taken.
const NAMES: u32 = 20;

impl Inner {
    pub(super) async fn write(
        &self,
        run: &RunId,
        nth: Option<usize>,
        what: Writing,
        path: &str,
        answer: &str,
    ) -> Outcome {
        match self.text(run, nth, (what, path), answer).await {
            Ok(text) => new_file(path, &text),
            Err(failure) => Outcome::Failed(failure.lines.join(" ")),
        }
    }

    async fn text(
        &self,
        run: &RunId,
        nth: Option<usize>,
        (what, path): (Writing, &str),
        answer: &str,
    ) -> Result<String, Failure> {
        self.may_read()?;
        let Some(nth) = nth else { return Err(Failure::could_not("no table is named")) };
        let known = self.known(run, nth).await?;
        let plan = known.table(nth)?;
        let name = dotted(&plan.source);
        if shown(&name) != answer {
            return Err(Failure::could_not("that was not the name of the table"));
        }
        let told = self.whole(run).await?;
        let table = told.tables.iter().find(|table| table.nth == nth);
        let Some(TableTold { result, rows, .. }) = table else {
            return Err(Failure::could_not("this table is not done"));
        };
        let deed = if what == Writing::Values { Deed::Export } else { Deed::Repair };
        self.note(deed, run, &name).await?;
        match what {
            Writing::Values => {
                let rows = repair::with_values(known.sides.clone(), plan, rows).await?;
                let tables = vec![TableTold { nth, result: result.clone(), rows }];
                // Of all other tables it says nothing.
                repair::on_paper(&RunTold { tables, planned: None, summary: None, ..told.clone() }, path, true)
            }
            Writing::Repair { deletes } => {
                let tables = [repair::Asked { plan, result, rows }];
                Ok(repair::script(known.sides.clone(), &tables, deletes).await?.text)
            }
        }
    }
}

/// Under this name, or the next one that is free.
fn new_file(path: &str, text: &str) -> Outcome {
    let (stem, end) = path.rsplit_once('.').unwrap_or((path, "txt"));
    for nth in 1..=NAMES {
        let name = if nth == 1 { path.to_owned() } else { format!("{stem}-{nth}.{end}") };
        match write::new_file(&name, text) {
            Outcome::Taken => {}
            other => return other,
        }
    }
    Outcome::Taken
}
