//! Nobody but this program, DMS and superusers can open a new session on the target until it is verified: the right CONNECT is
//! taken from everybody else, in one transaction with what it was. PostgreSQL only. A limit of connections would keep DMS out,
//! too. Who is connected stays, which is said.

use crate::db::schema::identity;
use crate::model::engine::Engine;
use crate::model::refresh::PlannedStep;
use crate::refresh::connect::{self, Grant, Rights, name};
use crate::refresh::ledger::{self, Obj, ObjKind, ObjState};
use crate::refresh::steps::deeds::{self, Deed, How, Refusal};
use crate::refresh::steps::load;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;

/// Most names that are told.
const TOLD: usize = 8;

async fn access(work: &mut Work) -> Result<Vec<Obj>, Trouble> {
    ledger::objs(&mut work.target, ObjKind::Access).await
}

pub(super) async fn probe(work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    // The ledger and the rights change in one transaction.
    let is_on = access(work).await?.iter().any(|obj| obj.state.is_away());
    Ok(if is_on { Probe::Done("the right to connect is taken away already".to_owned()) } else { Probe::NotYet })
}

pub(super) async fn probe_off(work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    let is_on = access(work).await?.iter().any(|obj| obj.state.is_away());
    Ok(if is_on { Probe::NotYet } else { Probe::Done("who could connect can connect".to_owned()) })
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    if work.target.dialect().engine != Engine::PostgreSql {
        return Err(Trouble::refused(
            "a quarantine is for PostgreSQL: other engines cannot keep new connections out of one database",
        ));
    }
    if access(work).await?.iter().any(|obj| obj.state.is_away()) {
        return Ok(Came::done("the right to connect is taken away already"));
    }
    let rights = rights(work).await?;
    let (take, give_back) = rights.statements().map_err(Trouble::Refused)?;
    let Rights { database, prior, keep } = &rights;
    let ident = format!("CONNECT on {database}");
    let json = serde_json::to_string(prior).map_err(|error| Trouble::refused(error.to_string()))?;
    let restore = give_back.iter().map(|statement| format!("{statement};")).collect::<Vec<String>>().join("\n");
    let row = Obj { kind: ObjKind::Access, ident: ident.clone(), restore, json, state: ObjState::Present, error: None };
    ledger::put(&mut work.target, &[row]).await?;
    let deed = [Deed::new(&ident, Vec::new(), take, ObjState::Dropped)];
    deeds::all(work, step, ObjKind::Access, &deed, How::quick(Refusal::Stops, "rights")).await?;
    told(work, step, keep).await?;
    let taken: Vec<String> = rights.taken().map(|grant| name(grant.role.as_deref())).collect();
    Ok(Came::done(if taken.is_empty() {
        "nobody else had the right to connect".to_owned()
    } else {
        format!("taken from {}", listed(&taken))
    }))
}

/// Who is in, and who can come in all the same: by a role that may.
async fn told(work: &mut Work, step: &PlannedStep, keep: &[String]) -> Result<(), Trouble> {
    let rows = work.target.query(include_str!("../../../sql/postgresql/may_connect.sql"), &[]).await?;
    let others: Vec<String> = rows
        .iter()
        .map(|row| connect::text(row.first()))
        .filter(|role| !keep.contains(role))
        .map(|role| name(Some(&role)))
        .collect();
    if !others.is_empty() {
        let words = format!("these can still connect, by a role that they belong to: {}", listed(&others));
        work.warn(step, words).await?;
    }
    let here = identity::others(work.target.session()?).await?;
    let number = here.sessions.len() as u64 + here.hidden;
    if number > 0 {
        let words = format!("{number} other sessions are open on the target, and stay");
        work.warn(step, words).await?;
    }
    Ok(())
}

pub(super) async fn run_off(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    // Others see the rows from here on.
    load::still_ours(work).await?;
    put_back(work, step).await.map(Came::Done)
}

pub(super) async fn undo(work: &mut Work, step: &PlannedStep) -> Result<String, Trouble> {
    put_back(work, step).await
}

async fn put_back(work: &mut Work, step: &PlannedStep) -> Result<String, Trouble> {
    let away: Vec<Obj> = access(work).await?.into_iter().filter(|obj| obj.state.is_away()).collect();
    let Some(first) = away.first() else { return Ok("no right was taken away".to_owned()) };
    let prior: Vec<Grant> = serde_json::from_str(&first.json).map_err(|error| {
        Trouble::Refused(format!("the ledger on the target has rights that make no sense to this program: {error}"))
    })?;
    let deeds: Vec<Deed> = away
        .iter()
        .map(|obj| Deed::new(&obj.ident, Vec::new(), vec![unended(&obj.restore)], ObjState::Valid))
        .collect();
    deeds::all(work, step, ObjKind::Access, &deeds, How::quick(Refusal::Stops, "rights")).await?;
    let now = connect::grants(work.target.session()?).await?;
    if let Some(missing) = prior.iter().find(|grant| !now.contains(grant)) {
        return Err(Trouble::Failed(format!("{} may still not connect", name(missing.role.as_deref()))));
    }
    for new in now.iter().filter(|grant| !prior.contains(grant)) {
        let words = format!("{} may connect since then, by somebody else's grant", name(new.role.as_deref()));
        work.warn(step, words).await?;
    }
    Ok("who could connect before can connect again".to_owned())
}

/// Several statements; what runs them ends the last one itself.
fn unended(statements: &str) -> String {
    statements.strip_suffix(';').unwrap_or(statements).to_owned()
}

async fn rights(work: &mut Work) -> Result<Rights, Trouble> {
    // A target that was found by the endpoint has the endpoint's user.
    let of_dms = match work.plan.target_way.name {
        Some(_) => {
            let arn = work.plan.task.arn.clone();
            let reader = &work.aws()?.reader;
            let task = reader.tasks_in_full(&[arn]).await?.value.into_iter().next();
            let task = task.ok_or_else(|| Trouble::refused("the task is gone"))?;
            Some(connect::user_of_dms(reader, &task.target).await?)
        }
        None => None,
    };
    Rights::read(work.target.session()?, of_dms).await
}

fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(TOLD);
    let list = names[..names.len() - more].join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}
