//! A step of the configuration: a SQL file on the target, or a command on this machine.
//!
//! SQL stands in one transaction with its mark, so it is done once whatever is killed. A command is marked when it has ended
//! well; what it does by itself when it is run twice is its own affair, unless a probe of its own says more. `command.rs` is
//! how one is run: no shell, nothing of our secrets, its output stripped and bounded.

mod command;

use super::session;
use crate::db::Value;
use crate::model::refresh::{Again, CustomStep, Does, PlannedStep};
use crate::refresh::ledger;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;

/// Name of the mark of a step that is done.
const DONE: &str = "done";

fn custom(work: &Work, step: &PlannedStep) -> Result<CustomStep<String>, Trouble> {
    let found = work.plan.custom(&step.name).cloned();
    found.ok_or_else(|| Trouble::Refused(format!("the plan does not say what step {} does", step.name.0)))
}

pub(super) async fn probe(work: &mut Work, step: &PlannedStep) -> Result<Probe, Trouble> {
    let custom = custom(work, step)?;
    command::end_left_behind(work, step).await?;
    let (is_done, by) = match &custom.again {
        Again::Mark => {
            (ledger::marked(&mut work.target, &step.name, DONE).await?.is_some(), "its mark is in the ledger")
        }
        Again::ProbeSql(sql) => (ask(work, sql).await?, "its probe on the target says so"),
        Again::ProbeCommand(argv) => match command::run(work, step, argv, None).await? {
            0 => (true, "its probe says so"),
            1 => (false, ""),
            other => return Err(Trouble::Failed(format!("its probe ended with {other}; 0 is done, 1 is not"))),
        },
    };
    Ok(if is_done { Probe::Done(by.to_owned()) } else { Probe::NotYet })
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    let custom = custom(work, step)?;
    match &custom.does {
        Does::Sql(sql) => script(work, step, sql, custom.again == Again::Mark).await,
        Does::Command(argv) => {
            command::end_left_behind(work, step).await?;
            match command::run(work, step, argv, Some("pid")).await? {
                0 => {}
                code => return Err(Trouble::Failed(format!("the command ended with {code}"))),
            }
            if custom.again == Again::Mark {
                ledger::mark(&mut work.target, &step.name, DONE, "").await?;
            }
            Ok(Came::done("the command ended well"))
        }
    }
}

async fn script(work: &mut Work, step: &PlannedStep, sql: &str, mark: bool) -> Result<Came, Trouble> {
    work.target.begin().await?;
    session::as_of_others(work).await?;
    work.target.script(sql).await?;
    if mark && !crate::store::points::mutant("mark-outside") {
        ledger::mark(&mut work.target, &step.name, DONE, "").await?;
    }
    work.target.commit().await?;
    if mark && crate::store::points::mutant("mark-outside") {
        ledger::mark(&mut work.target, &step.name, DONE, "").await?;
    }
    Ok(Came::done("the script was run"))
}

/// One row with one value: true, or a number that is not zero.
async fn ask(work: &mut Work, sql: &str) -> Result<bool, Trouble> {
    work.target.begin().await?;
    session::as_of_others(work).await?;
    let rows = work.target.query(sql, &[]).await?;
    work.target.rollback().await?;
    match rows.as_slice() {
        [row] if row.len() == 1 => Ok(row.first().is_some_and(Value::is_true)),
        _ => Err(Trouble::refused("the probe must give one row with one value")),
    }
}
