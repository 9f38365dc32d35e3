//! Files with values: what differs, and a script that would make it equal. New files, for their owner only.

use super::Inner;
use crate::app::validate::repair;
use crate::app::values::{Deed, Noted};
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
        let (outcome, noted) = match Box::pin(self.text(run, nth, (what, path), answer)).await {
            Ok((text, noted)) => (new_file(path, &text), Some(noted)),
            Err((failure, noted)) => (Outcome::Failed(failure.lines.join(" ")), noted),
        };
        if let Some(noted) = noted {
            let why = match &outcome {
                Outcome::Written { .. } => None,
                Outcome::Taken => Some("files of that name are there"),
                Outcome::Failed(why) => Some(why.as_str()),
            };
            noted.ended(why).await;
        }
        outcome
    }

    async fn text(
        &self,
        run: &RunId,
        nth: Option<usize>,
        (what, path): (Writing, &str),
        answer: &str,
    ) -> Result<(String, Noted), (Failure, Option<Noted>)> {
        let refused = |failure: Failure| (failure, None);
        self.may_read().map_err(refused)?;
        let Some(nth) = nth else { return Err(refused(Failure::could_not("no table is named"))) };
        let known = self.known(run, nth).await.map_err(refused)?;
        let plan = known.table(nth).map_err(refused)?;
        let name = dotted(&plan.source);
        if shown(&name) != answer {
            return Err(refused(Failure::could_not("that was not the name of the table")));
        }
        let told = self.whole(run).await.map_err(refused)?;
        let table = told.tables.iter().find(|table| table.nth == nth);
        let Some(TableTold { result, rows, .. }) = table else {
            return Err(refused(Failure::could_not("this table is not done")));
        };
        let deed = if what == Writing::Values { Deed::Export } else { Deed::Repair };
        // Who asked is written down before a row is read, and what came of it after.
        let noted = self.asked(deed, run, &name).await.map_err(refused)?;
        let text = async {
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
        };
        match Box::pin(text).await {
            Ok(text) => Ok((text, noted)),
            Err(failure) => Err((failure, Some(noted))),
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
