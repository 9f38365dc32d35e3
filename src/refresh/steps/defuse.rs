//! Outboxes, jobs and tokens of production do nothing on the target: what the plan says of each table is run, each statement
//! in one transaction with its mark. On the MySQL family TRUNCATE and whatever defines something commit by themselves; what
//! this program writes for such a table does the same when it is run twice.

use super::session;
use crate::model::masking::defuse::Action;
use crate::model::refresh::PlannedStep;
use crate::model::untrusted::shown;
use crate::refresh::ledger;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;
use crate::store::points;
use std::sync::Arc;

/// Each statement, with the name of its mark, the table it is for, and whether a person wrote it.
fn statements(work: &Work) -> Vec<(String, String, String, bool)> {
    let each = work.plan.defuse.iter().enumerate().flat_map(|(nth, one)| {
        let own = matches!(one.asked.action, Action::File(_));
        one.sql
            .iter()
            .enumerate()
            .map(move |(part, sql)| (format!("{nth}.{part}"), one.asked.table.clone(), sql.clone(), own))
    });
    each.collect()
}

pub(super) async fn probe(work: &mut Work, step: &PlannedStep) -> Result<Probe, Trouble> {
    let all = statements(work);
    let marks = ledger::marks(&mut work.target).await?;
    let done = |(name, ..): &&(String, String, String, bool)| {
        marks.iter().any(|mark| mark.step == step.name.0 && mark.key == *name)
    };
    Ok(match all.iter().filter(done).count() {
        0 => Probe::NotYet,
        done if done == all.len() => Probe::Done(said(done)),
        _ => Probe::Partly,
    })
}

fn said(statements: usize) -> String {
    if statements == 1 { "1 statement was run".to_owned() } else { format!("{statements} statements were run") }
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    session::ready(work).await?;
    let plan = Arc::clone(&work.plan);
    for one in plan.defuse.iter().filter(|one| one.sql.is_empty()) {
        work.warn(step, format!("{} is not there: nothing is done about it", shown(&one.asked.table))).await?;
    }
    let all = statements(work);
    for (nth, (name, table, sql, own)) in all.iter().enumerate() {
        work.good_moment()?;
        if ledger::marked(&mut work.target, &step.name, name).await?.is_some() {
            continue;
        }
        work.note(step, format!("{} of {}: {}", nth + 1, all.len(), shown(table))).await?;
        once(work, step, (name, sql, *own)).await.map_err(|trouble| trouble.at(&shown(table)))?;
    }
    Ok(Came::done(said(all.len())))
}

async fn once(work: &mut Work, step: &PlannedStep, (name, sql, own): (&str, &str, bool)) -> Result<(), Trouble> {
    let outside = points::mutant("mark-outside");
    work.target.begin().await?;
    if own {
        session::as_of_others(work).await?;
    }
    work.target.script(sql).await?;
    if !outside {
        ledger::mark(&mut work.target, &step.name, name, "").await?;
    }
    work.target.commit().await?;
    if outside {
        ledger::mark(&mut work.target, &step.name, name, "").await?;
    }
    Ok(())
}
