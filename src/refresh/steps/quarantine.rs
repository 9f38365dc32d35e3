//! Nobody but this program, DMS and superusers can open a new session on the target until it is verified: the right CONNECT is
//! taken from everybody else, in one transaction with what it was. PostgreSQL only. A limit of connections would keep DMS out,
//! too. Who is connected stays, which is said.

use crate::db::Value;
use crate::db::schema::identity;
use crate::model::engine::Engine;
use crate::model::refresh::PlannedStep;
use crate::model::untrusted::shown;
use crate::refresh::ledger::{self, Obj, ObjKind, ObjState};
use crate::refresh::steps::deeds::{self, Deed, How, Refusal};
use crate::refresh::steps::load;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;
use serde::{Deserialize, Serialize};

/// Most names that are told.
const TOLD: usize = 8;

/// Who has the right to connect, as the catalogue says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Grant {
    /// `None`: everybody.
    role: Option<String>,
    may_give: bool,
    /// By the owner of the database, as what this program gives would be.
    by_owner: bool,
    /// It is the owner's own.
    is_owner: bool,
}

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
    let database = database(work).await?;
    let prior = grants(work).await?;
    if let Some(odd) = prior.iter().find(|grant| !grant.by_owner) {
        return Err(Trouble::Refused(format!(
            "{} may connect by a grant that is not the owner's: it could not be put back the same",
            name(odd.role.as_deref())
        )));
    }
    let keep = keep(work).await?;
    // The owner could give it to himself at any time.
    let is_kept = |grant: &&Grant| grant.is_owner || grant.role.as_ref().is_some_and(|role| keep.contains(role));
    let (mut take, mut give_back) = (Vec::new(), Vec::new());
    for grant in prior.iter().filter(|grant| !is_kept(grant)) {
        let role = role_sql(grant.role.as_deref());
        take.push(format!("REVOKE CONNECT ON DATABASE {database} FROM {role}"));
        let option = if grant.may_give { " WITH GRANT OPTION" } else { "" };
        give_back.push(format!("GRANT CONNECT ON DATABASE {database} TO {role}{option}"));
    }
    // Who came in by a right of everybody's needs one of his own meanwhile.
    for role in keep.iter().filter(|role| !prior.iter().any(|grant| grant.role.as_ref() == Some(role))) {
        let role = role_sql(Some(role));
        take.insert(0, format!("GRANT CONNECT ON DATABASE {database} TO {role}"));
        give_back.push(format!("REVOKE CONNECT ON DATABASE {database} FROM {role}"));
    }
    let ident = format!("CONNECT on {database}");
    let json = serde_json::to_string(&prior).map_err(|error| Trouble::refused(error.to_string()))?;
    let restore = give_back.iter().map(|statement| format!("{statement};")).collect::<Vec<String>>().join("\n");
    let row = Obj { kind: ObjKind::Access, ident: ident.clone(), restore, json, state: ObjState::Present, error: None };
    ledger::put(&mut work.target, &[row]).await?;
    let deed = [Deed::new(&ident, Vec::new(), take, ObjState::Dropped)];
    deeds::all(work, step, ObjKind::Access, &deed, How::quick(Refusal::Stops, "rights")).await?;
    told(work, step, &keep).await?;
    let taken: Vec<String> =
        prior.iter().filter(|grant| !is_kept(grant)).map(|grant| name(grant.role.as_deref())).collect();
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
        .map(|row| text(row.first()))
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
    let now = grants(work).await?;
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

async fn database(work: &mut Work) -> Result<String, Trouble> {
    let rows = work.target.query("SELECT CAST(current_database() AS text)", &[]).await?;
    let name = text(rows.first().and_then(|row| row.first()));
    Ok(work.target.dialect().quoted(&name))
}

async fn grants(work: &mut Work) -> Result<Vec<Grant>, Trouble> {
    let rows = work.target.query(include_str!("../../../sql/postgresql/connect_rights.sql"), &[]).await?;
    let grant = |row: &Vec<Value>| Grant {
        role: row.first().and_then(Value::as_text).map(std::borrow::Cow::into_owned),
        may_give: row.get(1).is_some_and(Value::is_true),
        by_owner: row.get(2).is_some_and(Value::is_true),
        is_owner: row.get(3).is_some_and(Value::is_true),
    };
    Ok(rows.iter().map(grant).collect())
}

/// The user of this program, and the one that DMS signs in with.
async fn keep(work: &mut Work) -> Result<Vec<String>, Trouble> {
    let rows = work.target.query("SELECT CAST(session_user AS text)", &[]).await?;
    let mut keep = vec![text(rows.first().and_then(|row| row.first()))];
    // A target that was found by the endpoint has the endpoint's user.
    if work.plan.target_way.name.is_some() {
        let of_dms = user_of_dms(work).await?;
        let sql = "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1";
        if work.target.query(sql, &[of_dms.as_str().into()]).await?.is_empty() {
            return Err(Trouble::Refused(format!(
                "the target has no user {}, whom the endpoint of the task names: DMS could be kept out",
                shown(&of_dms)
            )));
        }
        if !keep.contains(&of_dms) {
            keep.push(of_dms);
        }
    }
    Ok(keep)
}

async fn user_of_dms(work: &mut Work) -> Result<String, Trouble> {
    let arn = work.plan.task.arn.clone();
    let reader = &work.aws()?.reader;
    let tasks = reader.tasks_in_full(&[arn]).await?.value;
    let target = tasks.into_iter().next().map(|task| task.target);
    let endpoints = reader.endpoints().await?.value;
    let endpoint = endpoints.into_iter().find(|endpoint| Some(&endpoint.arn) == target.as_ref());
    let Some(endpoint) = endpoint else { return Err(Trouble::refused("the task or its target endpoint is gone")) };
    if let Some(user) = &endpoint.username {
        return Ok(user.raw().to_owned());
    }
    if let Some(secret) = &endpoint.secret {
        let secret = reader.secret(secret.raw()).await?.value;
        let user = serde_json::from_str::<serde_json::Value>(secret.expose())
            .ok()
            .and_then(|json| json.get("username")?.as_str().map(str::to_owned));
        if let Some(user) = user {
            return Ok(user);
        }
    }
    Err(Trouble::refused(format!(
        "endpoint {} does not say which user DMS signs in with: a quarantine could keep DMS out",
        endpoint.name.shown()
    )))
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_text).map(std::borrow::Cow::into_owned).unwrap_or_default()
}

fn role_sql(role: Option<&str>) -> String {
    role.map_or_else(|| "PUBLIC".to_owned(), |role| crate::db::Dialect::of(Engine::PostgreSql).quoted(role))
}

fn name(role: Option<&str>) -> String {
    role.map_or_else(|| "everybody".to_owned(), |role| shown(role).into_owned())
}

fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(TOLD);
    let list = names[..names.len() - more].join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}
